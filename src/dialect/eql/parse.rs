//! Query text → syntax tree.

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::tree::*;
use crate::diagnostic::codes::{elastic, syntax};
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{Scan, explain, scan, with_room};

#[derive(pest_derive::Parser)]
#[grammar = "grammars/eql.pest"]
struct Grammar;

type Result<T> = std::result::Result<T, Diagnostic>;
type Stream<'i> = std::iter::Peekable<Pairs<'i, Rule>>;

/// Parses an EQL query. Spans are bytes of `text`.
///
/// Errors: one diagnostic with the place where the text stops being EQL. Nesting is bounded before the grammar runs.
pub fn parse(text: &str) -> Result<Query> {
    let found = scan(text)?;
    let (base, pipes) = with_room(found.depth, || build(text, &found))??;
    let start = base_span(&base);
    let span = start.to(pipes.last().map_or(start, |pipe| pipe.span));
    Ok(Query { base, pipes, comments: found.comments, span })
}

fn build(text: &str, found: &Scan) -> Result<(Base, Vec<Pipe>)> {
    let pairs = Grammar::parse(Rule::query, text);
    let mut pairs = pairs.map_err(|error| hint(text, explain(text, &error, found, describe)))?;
    let mut parts = stream(pairs.next().ok_or_else(internal)?);
    let base = parts.next().ok_or_else(internal)?;
    let base = match base.as_rule() {
        Rule::event => Base::Event(filter(base)?),
        Rule::sequence => Base::Sequence(sequence(base)?),
        _ => Base::Sample(sample(base)?),
    };
    let pipes = parts.filter(|part| part.as_rule() == Rule::pipe).map(pipe).collect::<Result<Vec<_>>>()?;
    Ok((base, pipes))
}

fn base_span(base: &Base) -> Span {
    match base {
        Base::Event(filter) => filter.span,
        Base::Sequence(sequence) => sequence.span,
        Base::Sample(sample) => sample.span,
    }
}

/// A next step for mistakes that people coming from other languages make.
fn hint(text: &str, diagnostic: Diagnostic) -> Diagnostic {
    let Some(span) = diagnostic.span else { return diagnostic };
    let (before, at) = (text.get(..span.start).unwrap_or("").trim_end(), text.get(span.start..).unwrap_or(""));
    if at.starts_with('\'') {
        diagnostic.help("Write strings in double quotes, or raw in \"\"\"triple quotes\"\"\".")
    } else if at.starts_with("!:") {
        diagnostic.help("Write `not field : value`.")
    } else if at.starts_with('=') {
        diagnostic.help("Compare with `==`, or with `:` to ignore case.")
    } else if ["AND", "OR", "NOT", "IN", "WHERE"].iter().any(|word| at.starts_with(word) || before.ends_with(word)) {
        diagnostic.help("EQL's keywords are lower case.")
    } else {
        diagnostic
    }
}

fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::event | Rule::category | Rule::query => "an event category",
        Rule::kw_where => "`where`",
        Rule::kw_and | Rule::kw_or => "`and` or `or`",
        Rule::comparison | Rule::string_operator | Rule::in_operator | Rule::predicate => "an operator",
        Rule::arithmetic => return None,
        Rule::expr
        | Rule::field
        | Rule::call
        | Rule::function
        | Rule::group
        | Rule::kw_not
        | Rule::sign
        | Rule::subquery => "an expression",
        Rule::number | Rule::dq_string | Rule::raw_string | Rule::old_raw_string => "a value",
        Rule::kw_true | Rule::kw_false | Rule::kw_null => "a value",
        Rule::patterns | Rule::values => "a value or a list in brackets",
        Rule::term | Rule::missing => "`[`",
        Rule::pipe => "`|`",
        Rule::kw_by | Rule::by => "`by`",
        Rule::kw_with | Rule::with_span | Rule::runs => "`with`",
        Rule::kw_until | Rule::until => "`until`",
        Rule::kw_maxspan => "`maxspan`",
        Rule::kw_runs => "`runs`",
        Rule::time_span => "a time such as `5m`",
        Rule::integer => "a whole number",
        Rule::name => "a name",
        Rule::EOI => "the end of the query",
        _ => return None,
    })
}

fn internal() -> Diagnostic {
    Diagnostic::error(syntax::SYNTAX, "the query could not be taken apart")
}

fn span_of(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    let kept = span.as_str().trim_end().len();
    Span::new(span.start(), span.start() + kept)
}

fn stream(pair: Pair<'_, Rule>) -> Stream<'_> {
    pair.into_inner().peekable()
}

fn filter(pair: Pair<'_, Rule>) -> Result<Filter> {
    let span = span_of(&pair);
    let mut parts = stream(pair);
    let category = parts.next().ok_or_else(internal)?;
    let category_span = span_of(&category);
    let written = category.as_str();
    let inner = category.clone().into_inner().next();
    let name = match inner.as_ref().map(Pair::as_rule) {
        Some(Rule::escaped) => unescape_name(written),
        Some(Rule::raw_string | Rule::dq_string) => string_value(written),
        _ => written.to_owned(),
    };
    let any = written == "any";
    parts.next_if(|part| part.as_rule() == Rule::kw_where);
    let condition = expr(parts.next().ok_or_else(internal)?)?;
    let span = Span::new(span.start, condition.span.end);
    Ok(Filter { category: if any { None } else { Some(name) }, category_span, condition, span })
}

fn keys(pair: Pair<'_, Rule>) -> Result<Vec<Expr>> {
    pair.into_inner().filter(|part| part.as_rule() == Rule::expr).map(expr).collect()
}

fn sequence(pair: Pair<'_, Rule>) -> Result<Sequence> {
    let mut span = span_of(&pair);
    let mut sequence = Sequence { by: Vec::new(), maxspan: None, terms: Vec::new(), until: None, span };
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::by => sequence.by = keys(part)?,
            Rule::with_span => {
                for inner in part.into_inner().filter(|inner| inner.as_rule() == Rule::time_span) {
                    sequence.maxspan = Some(time_span(inner)?);
                }
            }
            Rule::term => sequence.terms.push(term(part)?),
            Rule::until => {
                for inner in part.into_inner().filter(|inner| inner.as_rule() == Rule::term) {
                    sequence.until = Some(term(inner)?);
                }
            }
            _ => {}
        }
    }
    if sequence.terms.len() == 1 && sequence.terms.iter().all(|term| term.runs.is_none()) {
        return Err(Diagnostic::error(elastic::EQL_STAGES, "a sequence needs two stages, or one `with runs`").at(span));
    }
    if let Some(until) = sequence.until.iter().find(|until| until.missing) {
        return Err(Diagnostic::error(elastic::EQL_STAGES, "`until` cannot be a missing event").at(until.span));
    }
    if sequence.maxspan.is_none()
        && let Some(term) = sequence.terms.iter().find(|term| term.missing)
    {
        return Err(
            Diagnostic::error(elastic::EQL_STAGES, "a missing event `![...]` needs `with maxspan=...`").at(term.span)
        );
    }
    if sequence.terms.iter().all(|term| term.missing) {
        return Err(Diagnostic::error(elastic::EQL_STAGES, "a sequence needs a stage that is not missing").at(span));
    }
    let last = sequence.until.as_ref().or(sequence.terms.last());
    span.end = last.map_or(span.end, |term| term.span.end);
    same_keys(&sequence.terms, sequence.until.as_ref())?;
    sequence.span = span;
    Ok(sequence)
}

/// Stages of one sequence have the same number of keys.
fn same_keys(terms: &[Term], until: Option<&Term>) -> Result<()> {
    let count = terms.first().map_or(0, |term| term.by.len());
    match terms.iter().chain(until).find(|term| term.by.len() != count) {
        Some(term) => Err(Diagnostic::error(
            elastic::EQL_STAGES,
            format!("this stage has {} keys behind `by`, the first has {count}", term.by.len()),
        )
        .at(term.span)),
        None => Ok(()),
    }
}

fn sample(pair: Pair<'_, Rule>) -> Result<Sample> {
    let mut span = span_of(&pair);
    let mut sample = Sample { by: Vec::new(), terms: Vec::new(), join: false, span };
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_join => sample.join = true,
            Rule::by => sample.by = keys(part)?,
            Rule::term => sample.terms.push(term(part)?),
            Rule::until => {
                for inner in part.into_inner().filter(|inner| inner.as_rule() == Rule::term) {
                    sample.terms.push(term(inner)?);
                }
            }
            _ => {}
        }
    }
    let name = if sample.join { "join" } else { "sample" };
    if sample.terms.len() < 2 {
        return Err(Diagnostic::error(elastic::EQL_STAGES, format!("a {name} needs two stages")).at(span));
    }
    if let Some(term) = sample.terms.iter().find(|term| term.missing || (term.runs.is_some() && !sample.join)) {
        let what = if term.missing { "a missing event" } else { "`with runs`" };
        return Err(Diagnostic::error(elastic::EQL_STAGES, format!("{what} cannot stand in a {name}")).at(term.span));
    }
    if !sample.join && sample.by.is_empty() && sample.terms.iter().all(|term| term.by.is_empty()) {
        return Err(Diagnostic::error(elastic::EQL_STAGES, "a sample needs a key behind `by`").at(span));
    }
    same_keys(&sample.terms, None)?;
    span.end = sample.terms.last().map_or(span.end, |term| term.span.end);
    sample.span = span;
    Ok(sample)
}

fn time_span(pair: Pair<'_, Rule>) -> Result<TimeSpan> {
    let span = span_of(&pair);
    let mut parts = pair.into_inner();
    let count = parts.next().ok_or_else(internal)?;
    let unit = parts.find(|part| part.as_rule() == Rule::name);
    let fail = |message: &str| Err(Diagnostic::error(elastic::EQL_TIME, message).at(span));
    let Ok(value) = count.as_str().parse::<u64>() else { return fail("maxspan is a whole number of a unit") };
    match unit.as_ref().map(Pair::as_str) {
        Some(unit @ ("ms" | "s" | "m" | "h" | "d")) => Ok(TimeSpan { count: value, unit: unit.to_owned(), span }),
        Some(_) => fail("this is no unit of time"),
        None => fail("the unit of time is missing"),
    }
}

fn term(pair: Pair<'_, Rule>) -> Result<Term> {
    let mut span = span_of(&pair);
    let mut missing = false;
    let mut found = None;
    let (mut by, mut runs, mut extra) = (Vec::new(), None, Vec::new());
    let close = |from: usize, text: &str, start: usize| {
        text.get(from - start..).and_then(|rest| rest.find(']')).map_or(from, |at| from + at + 1)
    };
    let text = pair.as_str();
    for part in pair.clone().into_inner() {
        let part_span = span_of(&part);
        match part.as_rule() {
            Rule::missing => missing = true,
            Rule::event => {
                let event = filter(part)?;
                span.end = close(event.span.end, text, span.start);
                found = Some(event);
            }
            Rule::by => {
                by = keys(part)?;
                span.end = by.last().map_or(span.end, |key: &Expr| key.span.end);
            }
            Rule::runs => {
                let count = part.into_inner().find(|inner| inner.as_rule() == Rule::integer);
                let count = count.and_then(|count| count.as_str().parse::<u64>().ok()).unwrap_or(0);
                if !(2..=100).contains(&count) {
                    return Err(
                        Diagnostic::error(elastic::EQL_STAGES, "`runs` is a number from 2 to 100").at(part_span)
                    );
                }
                runs = Some(count);
                span.end = part_span.end;
            }
            Rule::fork | Rule::alias => {
                extra.push((part.as_str().trim_end().to_owned(), part_span));
                span.end = part_span.end;
            }
            _ => {}
        }
    }
    Ok(Term { missing, filter: found.ok_or_else(internal)?, by, runs, extra, span })
}

fn pipe(pair: Pair<'_, Rule>) -> Result<Pipe> {
    let mut span = span_of(&pair);
    let mut parts = stream(pair);
    let name = parts.next().ok_or_else(internal)?;
    let name_span = span_of(&name);
    let args = parts.map(expr).collect::<Result<Vec<_>>>()?;
    if !matches!(name.as_str(), "head" | "tail" | "count" | "unique" | "unique_count" | "filter" | "sort") {
        return Err(
            Diagnostic::error(elastic::EQL_PIPE, format!("`{}` is no pipe of EQL", name.as_str())).at(name_span)
        );
    }
    span.end = args.last().map_or(name_span.end, |arg| arg.span.end);
    Ok(Pipe { name: name.as_str().to_owned(), args, span })
}

fn expr(pair: Pair<'_, Rule>) -> Result<Expr> {
    let mut parts = stream(pair);
    let mut groups: Vec<Vec<Expr>> = Vec::new();
    let mut operands = vec![condition(&mut parts)?];
    while let Some(joint) = parts.next() {
        if joint.as_rule() == Rule::kw_or {
            groups.push(std::mem::take(&mut operands));
        }
        operands.push(condition(&mut parts)?);
    }
    groups.push(operands);
    let conjunctions = groups.into_iter().map(|operands| chain(operands, ExprKind::And)).collect::<Option<Vec<_>>>();
    chain(conjunctions.ok_or_else(internal)?, ExprKind::Or).ok_or_else(internal)
}

/// The only operand, or a chain of them.
fn chain(mut operands: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
    if operands.len() < 2 {
        return operands.pop();
    }
    let span = operands.first()?.span.to(operands.last()?.span);
    Some(Expr::new(kind(operands), span))
}

fn condition(parts: &mut Stream<'_>) -> Result<Expr> {
    let mut nots = Vec::new();
    while let Some(not) = parts.next_if(|part| part.as_rule() == Rule::kw_not) {
        nots.push(span_of(&not).start);
    }
    let mut value = sum(parts)?;
    if let Some(predicate) = parts.next_if(|part| part.as_rule() == Rule::predicate) {
        value = self::predicate(value, predicate)?;
    }
    for start in nots.into_iter().rev() {
        let span = Span::new(start, value.span.end);
        value = Expr::new(ExprKind::Not(Box::new(value)), span);
    }
    Ok(value)
}

fn predicate(left: Expr, pair: Pair<'_, Rule>) -> Result<Expr> {
    let whole = left.span.to(span_of(&pair));
    let mut parts = stream(pair);
    let left = Box::new(left);
    let negated = parts.next_if(|part| part.as_rule() == Rule::kw_not).is_some();
    let operator = parts.next().ok_or_else(internal)?;
    let written = operator.as_str().trim();
    match operator.as_rule() {
        Rule::comparison => {
            let op = match written {
                "==" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                _ => Comparison::GreaterOrEqual,
            };
            let right = Box::new(sum(&mut parts)?);
            let span = left.span.to(right.span);
            Ok(Expr::new(ExprKind::Compare { op, left, right }, span))
        }
        Rule::in_operator => {
            let values = parts.next().ok_or_else(internal)?;
            let items = values.into_inner().map(expr).collect::<Result<Vec<_>>>()?;
            Ok(Expr::new(ExprKind::In { left, negated, fold: written.ends_with('~'), items }, whole))
        }
        _ => {
            let op = match written {
                ":" => StringOp::Colon,
                "like" => StringOp::Like,
                "like~" => StringOp::LikeFold,
                "regex" => StringOp::Regex,
                _ => StringOp::RegexFold,
            };
            let patterns = parts.next().ok_or_else(internal)?;
            let patterns = patterns.into_inner().map(|part| literal(&part)).collect();
            Ok(Expr::new(ExprKind::Match { left, op, patterns }, whole))
        }
    }
}

/// A flat run of signed values and arithmetic operators, products before sums.
fn sum(parts: &mut Stream<'_>) -> Result<Expr> {
    let mut first = signed(parts)?;
    let mut product: Vec<(Operator, Expr)> = Vec::new();
    let mut sums: Vec<(Operator, Expr)> = Vec::new();
    let close =
        |first: Expr, product: &mut Vec<(Operator, Expr)>| -> Expr { arithmetic(first, std::mem::take(product)) };
    let mut pending: Option<(Operator, Expr)> = None;
    while let Some(operator) = parts.next_if(|part| part.as_rule() == Rule::arithmetic) {
        let operator = match operator.as_str() {
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            _ => Operator::Remainder,
        };
        let operand = signed(parts)?;
        if operator.is_product() {
            product.push((operator, operand));
            continue;
        }
        match pending.take() {
            Some((before, value)) => sums.push((before, close(value, &mut product))),
            None => first = close(first, &mut product),
        }
        pending = Some((operator, operand));
    }
    match pending {
        Some((before, value)) => sums.push((before, close(value, &mut product))),
        None => first = close(first, &mut product),
    }
    Ok(arithmetic(first, sums))
}

fn arithmetic(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    let Some((_, last)) = rest.last() else { return first };
    let span = first.span.to(last.span);
    Expr::new(ExprKind::Arithmetic { first: Box::new(first), rest }, span)
}

fn signed(parts: &mut Stream<'_>) -> Result<Expr> {
    let sign = parts.next_if(|part| part.as_rule() == Rule::sign);
    let value = primary(parts.next().ok_or_else(internal)?)?;
    let Some(sign) = sign else { return Ok(value) };
    let span = span_of(&sign).to(value.span);
    if sign.as_str() == "+" {
        return Ok(Expr::new(value.kind, span));
    }
    Ok(match value.kind {
        ExprKind::Literal(Literal { value: Constant::Integer(number), text, .. }) => {
            let literal = Literal { value: Constant::Integer(-number), text: format!("-{text}"), span };
            Expr::new(ExprKind::Literal(literal), span)
        }
        ExprKind::Literal(Literal { value: Constant::Number(number), text, .. }) => {
            let literal = Literal { value: Constant::Number(-number), text: format!("-{text}"), span };
            Expr::new(ExprKind::Literal(literal), span)
        }
        _ => Expr::new(ExprKind::Negative(Box::new(value)), span),
    })
}

fn primary(pair: Pair<'_, Rule>) -> Result<Expr> {
    let span = span_of(&pair);
    match pair.as_rule() {
        Rule::group => {
            let inner = expr(pair.into_inner().next().ok_or_else(internal)?)?;
            Ok(Expr::new(inner.kind, span))
        }
        Rule::call => {
            let mut parts = pair.into_inner();
            let function = parts.next().ok_or_else(internal)?;
            let (name, fold) = match function.as_str().strip_suffix('~') {
                Some(name) => (name, true),
                None => (function.as_str(), false),
            };
            let args = parts.map(expr).collect::<Result<Vec<_>>>()?;
            Ok(Expr::new(ExprKind::Call { name: name.to_owned(), fold, name_span: span_of(&function), args }, span))
        }
        Rule::field => Ok(Expr::new(ExprKind::Field(field(pair.as_str())), span)),
        Rule::subquery => {
            let mut parts = pair.into_inner();
            let relation = parts.next().ok_or_else(internal)?.as_str().to_owned();
            let event = parts.find(|part| part.as_rule() == Rule::event).ok_or_else(internal)?;
            Ok(Expr::new(ExprKind::Subquery { relation, filter: Box::new(filter(event)?) }, span))
        }
        _ => Ok(Expr::new(ExprKind::Literal(literal(&pair)), span)),
    }
}

fn field(written: &str) -> Field {
    let (rest, optional) = match written.strip_prefix('?') {
        Some(rest) => (rest, true),
        None => (written, false),
    };
    let (mut name, mut text, mut quoted) = (String::new(), String::new(), false);
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '`' if quoted && characters.peek() == Some(&'`') => {
                characters.next();
                name.push('`');
                text.push_str("``");
            }
            '`' => {
                quoted = !quoted;
                text.push('`');
            }
            _ if !quoted && character.is_whitespace() => {}
            _ => {
                name.push(character);
                text.push(character);
            }
        }
    }
    Field { name, optional, text }
}

fn literal(pair: &Pair<'_, Rule>) -> Literal {
    let written = pair.as_str();
    let value = match pair.as_rule() {
        Rule::kw_true => Constant::Boolean(true),
        Rule::kw_false => Constant::Boolean(false),
        Rule::kw_null => Constant::Null,
        Rule::number => match written.parse::<i64>() {
            Ok(number) => Constant::Integer(number),
            Err(_) => Constant::Number(written.parse().unwrap_or(f64::NAN)),
        },
        _ => Constant::Text(string_value(written)),
    };
    Literal { value, text: written.to_owned(), span: span_of(pair) }
}

fn unescape_name(written: &str) -> String {
    written.trim_matches('`').replace("``", "`")
}

/// The text of a string as written: raw between triple quotes or behind `?`, else with escapes resolved.
fn string_value(written: &str) -> String {
    if let Some(raw) = written.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
        return raw.to_owned();
    }
    if let Some(raw) = written.strip_prefix("?\"").and_then(|rest| rest.strip_suffix('"')) {
        return raw.replace("\\\"", "\"");
    }
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(written);
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some('b') => value.push('\u{8}'),
            Some('t') => value.push('\t'),
            Some('n') => value.push('\n'),
            Some('f') => value.push('\u{c}'),
            Some('r') => value.push('\r'),
            Some('u') => {
                let code: String = characters.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                value.push(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(other) => value.push(other),
            None => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition_of(text: &str) -> Expr {
        match parse(&format!("any where {text}")).unwrap_or_else(|error| panic!("{text}: {error:?}")).base {
            Base::Event(filter) => filter.condition,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn not_binds_tighter_than_and_and_and_tighter_than_or() {
        let ExprKind::Or(operands) = condition_of("not a == 1 and b == 2 or c == 3").kind else { panic!() };
        let ExprKind::And(inner) = &operands[0].kind else { panic!() };
        assert!(matches!(inner[0].kind, ExprKind::Not(_)));
    }

    #[test]
    fn products_bind_tighter_than_sums() {
        let ExprKind::Compare { left, .. } = condition_of("a + b * c - d == 1").kind else { panic!() };
        let ExprKind::Arithmetic { rest, .. } = left.kind else { panic!() };
        assert_eq!(rest.len(), 2);
        assert!(matches!(&rest[0].1.kind, ExprKind::Arithmetic { rest, .. } if rest[0].0 == Operator::Multiply));
        let ExprKind::Compare { left, .. } = condition_of("a * b - c == 1").kind else { panic!() };
        let ExprKind::Arithmetic { first, rest } = left.kind else { panic!() };
        assert!(matches!(first.kind, ExprKind::Arithmetic { .. }) && rest[0].0 == Operator::Subtract);
    }

    #[test]
    fn strings_resolve_escapes_unless_raw() {
        let value = |text: &str| match condition_of(&format!("a == {text}")).kind {
            ExprKind::Compare { right, .. } => match right.kind {
                ExprKind::Literal(Literal { value: Constant::Text(text), .. }) => text,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(value(r#""C:\\a\tb\"c\u{41}""#), "C:\\a\tb\"cA");
        assert_eq!(value(r#""""C:\a"b""""#), "C:\\a\"b");
        assert_eq!(value(r#"?"C:\a\"b""#), "C:\\a\"b");
        assert!(parse(r#"any where a == "C:\Windows""#).is_err());
    }

    #[test]
    fn fields_keep_backticks_optionality_and_indexes() {
        let field = |text: &str| match condition_of(&format!("{text} == 1")).kind {
            ExprKind::Compare { left, .. } => match left.kind {
                ExprKind::Field(field) => field,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(field("?a.b").name, "a.b");
        assert!(field("?a.b").optional);
        assert_eq!(field("a.`x/y-z`.c").name, "a.x/y-z.c");
        assert_eq!(field("`a``b`").name, "a`b");
        assert_eq!(field("a[0].b").name, "a[0].b");
        assert_eq!(field("@timestamp").name, "@timestamp");
        assert_eq!(field("information.notes").name, "information.notes");
    }

    #[test]
    fn sequences_with_all_their_parts() {
        let text = "sequence by host.id, user.id with maxspan=5m\n [process where true] by a with runs=3\n ![file where b == 1] by c\n \
                    [any where true] by d\nuntil [network where true] by e\n| head 10 | tail 3";
        let query = parse(text).unwrap();
        let Base::Sequence(sequence) = &query.base else { panic!() };
        assert_eq!((sequence.by.len(), sequence.terms.len(), query.pipes.len()), (2, 3, 2));
        assert_eq!(sequence.maxspan.as_ref().unwrap().milliseconds(), 300_000);
        assert_eq!(sequence.terms[0].runs, Some(3));
        assert!(sequence.terms[1].missing && sequence.until.is_some());
        assert_eq!(sequence.terms[1].span.text(text), "![file where b == 1] by c");
        assert!(matches!(parse("sample by a [any where b == 1] [any where c == 1]").unwrap().base, Base::Sample(_)));
    }

    #[test]
    fn what_is_no_eql_is_refused_in_words() {
        for (text, message) in [
            ("process where", "found the end of the query, expected"),
            ("process where a = 1", "found `=`"),
            ("process where a == 'x'", "found `'`"),
            ("process where (a == 1", "`(` is never closed, expected `)`"),
            ("process where a == \"x", "`\"` is never closed"),
            ("process where a AND b", "found `AND`"),
            ("sequence [any where true]", "a sequence needs two stages"),
            ("sequence [any where true] ![any where true]", "needs `with maxspan"),
            ("sequence with maxspan=5 [any where true] [any where true]", "the unit of time is missing"),
            ("sequence [any where true] by a [any where true]", "this stage has 0 keys"),
            ("any where true | shake 1", "`shake` is no pipe of EQL"),
            ("any where a : (1, b)", "found `b`"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.message.contains(message), "{text}: {}", error.message);
        }
    }

    #[test]
    fn two_hundred_levels_fit_a_small_stack() {
        let run = |text: String| {
            std::thread::Builder::new()
                .stack_size(2 << 20)
                .spawn(move || parse(&text).map(|_| ()))
                .unwrap()
                .join()
                .unwrap()
        };
        for level in ["(", "not ("] {
            assert!(run(format!("any where {}true{}", level.repeat(200), ")".repeat(200))).is_ok());
            assert_eq!(run(format!("any where {}true", level.repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
        }
        assert!(run(format!("any where a == {}1", "1 + ".repeat(20_000))).is_ok());
        assert!(run(format!("any where {}b == 1", "a == 1 and ".repeat(20_000))).is_ok());
        assert_eq!(run(format!("any where a == {}1", "f(".repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
    }
}
