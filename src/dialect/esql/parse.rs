//! Query text → syntax tree.

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::tree::*;
use crate::diagnostic::codes::{elastic, syntax};
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{Scan, explain, scan, with_room};

#[derive(pest_derive::Parser)]
#[grammar = "grammars/esql.pest"]
struct Grammar;

type Result<T> = std::result::Result<T, Diagnostic>;
type Stream<'i> = std::iter::Peekable<Pairs<'i, Rule>>;

/// Parses an ES|QL query. Spans are bytes of `text`.
///
/// Errors: one diagnostic with the place where the text stops being ES|QL. Nesting is bounded before the grammar runs.
pub fn parse(text: &str) -> Result<Query> {
    let found = scan(text)?;
    let commands = with_room(found.depth, || build(text, &found))??;
    Ok(Query { commands, comments: found.comments })
}

fn build(text: &str, found: &Scan) -> Result<Vec<Command>> {
    let pairs = Grammar::parse(Rule::query, text);
    let mut pairs = pairs.map_err(|error| hint(text, explain(text, &error, found, describe)))?;
    commands(pairs.next().ok_or_else(internal)?)
}

fn hint(text: &str, diagnostic: Diagnostic) -> Diagnostic {
    let Some(span) = diagnostic.span else { return diagnostic };
    let at = text.get(span.start..).unwrap_or("");
    if at.starts_with('\'') {
        diagnostic.help("Write strings in double quotes, or raw in \"\"\"triple quotes\"\"\".")
    } else if at.starts_with("=~") || at.starts_with('=') {
        diagnostic.help("Compare with `==`; wrap both sides in TO_LOWER to ignore case.")
    } else {
        diagnostic
    }
}

fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::query | Rule::kw_from | Rule::kw_ts | Rule::from | Rule::row | Rule::show => "FROM, ROW or SHOW",
        Rule::where_ | Rule::eval | Rule::stats | Rule::keep | Rule::drop | Rule::rename | Rule::sort | Rule::limit => {
            "a command"
        }
        Rule::dissect | Rule::grok | Rule::mv_expand | Rule::enrich | Rule::join | Rule::change_point => "a command",
        Rule::completion | Rule::rerank | Rule::sample | Rule::fork | Rule::fuse => "a command",
        Rule::kw_and | Rule::kw_or => "AND or OR",
        Rule::comparison | Rule::predicate | Rule::match_op => "an operator",
        Rule::expr | Rule::call | Rule::function | Rule::group | Rule::kw_not | Rule::sign | Rule::field => {
            "an expression"
        }
        Rule::name | Rule::part => "a name",
        Rule::pattern | Rule::wild => "a field name or pattern",
        Rule::integer | Rule::decimal | Rule::time_span | Rule::array | Rule::param | Rule::double_param => "a value",
        Rule::kw_true | Rule::kw_false | Rule::kw_null => "a value",
        Rule::string => "a text",
        Rule::patterns | Rule::values => "a value or a list in brackets",
        Rule::index | Rule::bare_index => "an index pattern",
        Rule::kw_by | Rule::grouping => "BY",
        Rule::kw_on => "ON",
        Rule::kw_as => "AS",
        Rule::kw_with => "WITH",
        Rule::assign => "`=`",
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

fn commands(pair: Pair<'_, Rule>) -> Result<Vec<Command>> {
    pair.into_inner().filter(|part| part.as_rule() != Rule::EOI).map(command).collect()
}

fn inner_expr(pair: &Pair<'_, Rule>) -> Result<Expr> {
    let found = pair.clone().into_inner().find(|part| part.as_rule() == Rule::expr);
    expr(found.ok_or_else(internal)?)
}

fn command(pair: Pair<'_, Rule>) -> Result<Command> {
    let mut span = span_of(&pair);
    // A command ends with its last token; comments behind it are not its own.
    span.end = last_token(pair.clone()).max(span.start);
    let kind = match pair.as_rule() {
        Rule::from => from(pair)?,
        Rule::row => CommandKind::Row(fields_in(pair)?),
        Rule::show => CommandKind::Show,
        Rule::where_ => CommandKind::Where(inner_expr(&pair)?),
        Rule::eval => CommandKind::Eval(fields_in(pair)?),
        Rule::stats => stats(pair)?,
        Rule::keep => CommandKind::Keep(patterns_in(pair)),
        Rule::drop => CommandKind::Drop(patterns_in(pair)),
        Rule::rename => CommandKind::Rename(
            pair.into_inner().filter(|part| part.as_rule() == Rule::renaming).map(renaming).collect::<Result<_>>()?,
        ),
        Rule::sort => {
            let orders = pair.into_inner().filter(|part| part.as_rule() == Rule::order).map(order);
            CommandKind::Sort(orders.collect::<Result<_>>()?)
        }
        Rule::limit => {
            let count = pair.into_inner().find(|part| part.as_rule() != Rule::kw_limit).ok_or_else(internal)?;
            CommandKind::Limit(constant(&count)?)
        }
        Rule::dissect => dissect(&pair)?,
        Rule::grok => {
            let (subject, patterns) = subject_and_texts(&pair)?;
            CommandKind::Grok { subject, patterns }
        }
        Rule::mv_expand => {
            let found = pair.into_inner().find(|part| part.as_rule() == Rule::name).ok_or_else(internal)?;
            CommandKind::MvExpand(name(&found))
        }
        Rule::fork => {
            let branches = pair.into_inner().filter(|part| part.as_rule() == Rule::branch).map(commands);
            CommandKind::Fork(branches.collect::<Result<_>>()?)
        }
        rule => {
            let name = match rule {
                Rule::enrich => "enrich",
                Rule::join => "join",
                Rule::change_point => "change_point",
                Rule::completion => "completion",
                Rule::rerank => "rerank",
                Rule::sample => "sample",
                _ if pair.as_str().get(..3).is_some_and(|word| word.eq_ignore_ascii_case("rrf")) => "rrf",
                _ => "fuse",
            };
            let text = span.text(pair.get_input()).to_owned();
            CommandKind::Other { name, text, exprs: exprs_in(pair)? }
        }
    };
    Ok(Command { kind, span, notes: Vec::new() })
}

/// Where the last token inside ends; white space and comments behind it are left out.
fn last_token(pair: Pair<'_, Rule>) -> usize {
    let text = pair.get_input();
    let own = pair.as_span();
    let mut current = pair;
    let mut end = own.end();
    loop {
        let span = current.as_span();
        match current.into_inner().next_back() {
            Some(inner) => current = inner,
            None => {
                end = end.min(span.start() + span.as_str().trim_end().len());
                break;
            }
        }
    }
    // Brackets are no pairs of their own.
    let mut at = end;
    while let Some(rest) = text.get(at..own.end()) {
        let next = rest.trim_start();
        at += rest.len() - next.len();
        if next.starts_with("//") {
            at += next.find('\n').unwrap_or(next.len());
        } else if next.starts_with("/*") {
            at += next.find("*/").map_or(next.len(), |close| close + 2);
        } else if next.starts_with(['(', ')', '[', ']', '{', '}']) {
            at += 1;
            end = at;
        } else {
            break;
        }
        if at >= own.end() {
            break;
        }
    }
    end
}

fn renaming(pair: Pair<'_, Rule>) -> Result<(Name, Name)> {
    let turned = pair.clone().into_inner().any(|part| part.as_rule() == Rule::assign);
    let mut names = patterns_in(pair).into_iter();
    match (names.next(), names.next()) {
        (Some(one), Some(other)) => Ok(if turned { (other, one) } else { (one, other) }),
        _ => Err(internal()),
    }
}

fn dissect(pair: &Pair<'_, Rule>) -> Result<CommandKind> {
    let (subject, mut patterns) = subject_and_texts(pair)?;
    let options = pair.clone().into_inner().filter(|part| part.as_rule() == Rule::options).flat_map(Pair::into_inner);
    let options = options.map(|option| {
        let mut parts = option.into_inner();
        let name = name(&parts.next().ok_or_else(internal)?);
        let value = parts.find(|part| part.as_rule() != Rule::assign).ok_or_else(internal)?;
        Ok((name, constant(&value)?))
    });
    let options = options.collect::<Result<_>>()?;
    Ok(CommandKind::Dissect { subject, pattern: patterns.pop().ok_or_else(internal)?, options })
}

/// Every expression directly inside a command that is kept as it stands.
fn exprs_in(pair: Pair<'_, Rule>) -> Result<Vec<Expr>> {
    let mut found = Vec::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::expr => found.push(expr(part)?),
            Rule::primary_cast => found.push(casted(part)?),
            Rule::fields => found.extend(fields(part)?.into_iter().map(|field| field.value)),
            _ => {}
        }
    }
    Ok(found)
}

fn subject_and_texts(pair: &Pair<'_, Rule>) -> Result<(Expr, Vec<Literal>)> {
    let mut subject = None;
    let mut texts = Vec::new();
    for part in pair.clone().into_inner() {
        match part.as_rule() {
            Rule::primary_cast => subject = Some(casted(part)?),
            Rule::string => texts.push(literal(&part)?),
            _ => {}
        }
    }
    Ok((subject.ok_or_else(internal)?, texts))
}

fn casted(pair: Pair<'_, Rule>) -> Result<Expr> {
    signed(&mut pair.into_inner().peekable())
}

fn from(pair: Pair<'_, Rule>) -> Result<CommandKind> {
    let mut series = false;
    let (mut indices, mut metadata) = (Vec::new(), Vec::new());
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_ts => series = true,
            Rule::index => {
                let span = span_of(&part);
                let inner = part.into_inner().next().ok_or_else(internal)?;
                indices.push(match inner.as_rule() {
                    Rule::subquery => Index::Query(commands(inner)?),
                    Rule::string => {
                        Index::Pattern { name: string_value(inner.as_str()), text: inner.as_str().to_owned(), span }
                    }
                    _ => Index::Pattern { name: inner.as_str().to_owned(), text: inner.as_str().to_owned(), span },
                });
            }
            Rule::metadata => {
                let names = part.into_inner().filter(|inner| inner.as_rule() == Rule::bare_index);
                metadata.extend(names.map(|inner| inner.as_str().to_owned()));
            }
            _ => {}
        }
    }
    Ok(CommandKind::From { series, indices, metadata })
}

fn stats(pair: Pair<'_, Rule>) -> Result<CommandKind> {
    let mut inline = false;
    let (mut aggregates, mut by) = (Vec::new(), Vec::new());
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_inline | Rule::kw_inlinestats => inline = true,
            Rule::aggregates => {
                for aggregate in part.into_inner() {
                    let mut inner = aggregate.into_inner();
                    let field = field(inner.next().ok_or_else(internal)?)?;
                    let filter = inner.find(|part| part.as_rule() == Rule::expr).map(expr).transpose()?;
                    let span = filter.as_ref().map_or(field.span, |filter| field.span.to(filter.span));
                    aggregates.push(Aggregate { field, filter, span });
                }
            }
            Rule::grouping => by = fields_in(part)?,
            _ => {}
        }
    }
    Ok(CommandKind::Stats { inline, aggregates, by })
}

fn fields_in(pair: Pair<'_, Rule>) -> Result<Vec<Field>> {
    fields(pair.into_inner().find(|part| part.as_rule() == Rule::fields).ok_or_else(internal)?)
}

fn fields(pair: Pair<'_, Rule>) -> Result<Vec<Field>> {
    pair.into_inner().map(field).collect()
}

fn field(pair: Pair<'_, Rule>) -> Result<Field> {
    let start = span_of(&pair);
    let mut parts = pair.into_inner().peekable();
    let named = parts.next_if(|part| part.as_rule() == Rule::name).map(|part| name(&part));
    let value = expr(parts.find(|part| part.as_rule() == Rule::expr).ok_or_else(internal)?)?;
    let span = Span::new(start.start, value.span.end);
    Ok(Field { name: named, value, span })
}

fn patterns_in(pair: Pair<'_, Rule>) -> Vec<Name> {
    pair.into_inner().filter(|part| part.as_rule() == Rule::pattern).map(|part| name(&part)).collect()
}

fn order(pair: Pair<'_, Rule>) -> Result<Order> {
    let start = span_of(&pair).start;
    let end = last_token(pair.clone());
    let value = inner_expr(&pair)?;
    let has = |rule: Rule| pair.clone().into_inner().any(|part| part.as_rule() == rule);
    let nulls_first = if has(Rule::kw_nulls) { Some(has(Rule::kw_first)) } else { None };
    let span = Span::new(start, end.max(value.span.end));
    Ok(Order { value, descending: has(Rule::kw_desc), nulls_first, span })
}

fn name(pair: &Pair<'_, Rule>) -> Name {
    let (mut name, mut text, mut quoted) = (String::new(), String::new(), false);
    let mut characters = pair.as_str().chars().peekable();
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
    Name { name, text, span: span_of(pair) }
}

fn expr(pair: Pair<'_, Rule>) -> Result<Expr> {
    let mut parts = pair.into_inner().peekable();
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

fn comparison(written: &str) -> Comparison {
    match written {
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        _ => Comparison::GreaterOrEqual,
    }
}

fn predicate(left: Expr, pair: Pair<'_, Rule>) -> Result<Expr> {
    let whole = left.span.to(Span::new(left.span.end, last_token(pair.clone()).max(left.span.end)));
    let mut parts = pair.into_inner().peekable();
    let left = Box::new(left);
    let mut negated = parts.next_if(|part| part.as_rule() == Rule::kw_not).is_some();
    let operator = parts.next().ok_or_else(internal)?;
    let kind = match operator.as_rule() {
        Rule::comparison => {
            let right = Box::new(sum(&mut parts)?);
            let span = left.span.to(right.span);
            return Ok(Expr::new(ExprKind::Compare { op: comparison(operator.as_str()), left, right }, span));
        }
        Rule::kw_in => {
            let values = parts.next().ok_or_else(internal)?;
            ExprKind::In { left, negated, items: values.into_inner().map(value).collect::<Result<_>>()? }
        }
        Rule::kw_like | Rule::kw_rlike => {
            let regex = operator.as_rule() == Rule::kw_rlike;
            let patterns = parts.next().ok_or_else(internal)?.into_inner().map(|part| constant(&part));
            ExprKind::Like { left, negated, regex, patterns: patterns.collect::<Result<_>>()? }
        }
        Rule::kw_is => {
            negated = parts.next_if(|part| part.as_rule() == Rule::kw_not).is_some();
            ExprKind::IsNull { left, negated }
        }
        _ => {
            let field = match &left.kind {
                ExprKind::Cast { inner, .. } => &inner.kind,
                other => other,
            };
            if !matches!(field, ExprKind::Name(_)) {
                let message = "`:` stands behind a field name only";
                return Err(Diagnostic::error(syntax::SYNTAX, message).at(left.span));
            }
            let right = Box::new(signed(&mut parts)?);
            ExprKind::Matches { left, right }
        }
    };
    Ok(Expr::new(kind, whole))
}

/// A value of an IN list: a sum, or one comparison of two.
fn value(pair: Pair<'_, Rule>) -> Result<Expr> {
    let mut parts = pair.into_inner().peekable();
    let one = sum(&mut parts)?;
    let Some(operator) = parts.next() else { return Ok(one) };
    let other = sum(&mut parts)?;
    let span = one.span.to(other.span);
    let (left, right) = (Box::new(one), Box::new(other));
    Ok(Expr::new(ExprKind::Compare { op: comparison(operator.as_str()), left, right }, span))
}

/// A flat run of signed values and arithmetic operators, products before sums.
fn sum(parts: &mut Stream<'_>) -> Result<Expr> {
    let mut first = signed(parts)?;
    let mut product: Vec<(Operator, Expr)> = Vec::new();
    let mut sums: Vec<(Operator, Expr)> = Vec::new();
    let mut pending: Option<(Operator, Expr)> = None;
    loop {
        let operator = parts.next_if(|part| part.as_rule() == Rule::arithmetic).map(|part| match part.as_str() {
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            _ => Operator::Remainder,
        });
        if let Some(operator) = operator.filter(|operator| operator.is_product()) {
            product.push((operator, signed(parts)?));
            continue;
        }
        match pending.take() {
            Some((before, value)) => sums.push((before, arithmetic(value, std::mem::take(&mut product)))),
            None => first = arithmetic(first, std::mem::take(&mut product)),
        }
        match operator {
            Some(operator) => pending = Some((operator, signed(parts)?)),
            None => return Ok(arithmetic(first, sums)),
        }
    }
}

fn arithmetic(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    let Some((_, last)) = rest.last() else { return first };
    let span = first.span.to(last.span);
    Expr::new(ExprKind::Arithmetic { first: Box::new(first), rest }, span)
}

fn signed(parts: &mut Stream<'_>) -> Result<Expr> {
    let mut start = None;
    let mut negative = false;
    while let Some(sign) = parts.next_if(|part| part.as_rule() == Rule::sign) {
        start = start.or(Some(span_of(&sign)));
        negative ^= sign.as_str() == "-";
    }
    let mut value = primary(parts.next().ok_or_else(internal)?)?;
    let mut casts = Vec::new();
    let mut end = value.span;
    while let Some(cast) = parts.next_if(|part| part.as_rule() == Rule::cast) {
        end = span_of(&cast);
        let to = cast.into_inner().next().ok_or_else(internal)?;
        casts.push(to.as_str().trim_matches('`').to_ascii_lowercase());
    }
    if !casts.is_empty() {
        let span = value.span.to(end);
        value = Expr::new(ExprKind::Cast { inner: Box::new(value), to: casts }, span);
    }
    let span = start.map_or(value.span, |start| start.to(value.span));
    if !negative {
        return Ok(Expr::new(value.kind, span));
    }
    Ok(match value.kind {
        ExprKind::Literal(Literal { value: Constant::Integer(number), text, .. }) => {
            negated_literal(Constant::Integer(-number), &text, span)
        }
        ExprKind::Literal(Literal { value: Constant::Number(number), text, .. }) => {
            negated_literal(Constant::Number(-number), &text, span)
        }
        ExprKind::Literal(Literal { value: Constant::Time(number, unit), text, .. }) => {
            negated_literal(Constant::Time(-number, unit), &text, span)
        }
        _ => Expr::new(ExprKind::Negative(Box::new(value)), span),
    })
}

fn negated_literal(value: Constant, text: &str, span: Span) -> Expr {
    Expr::new(ExprKind::Literal(Literal { value, text: format!("-{text}"), span }), span)
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
            let (mut args, mut star) = (Vec::new(), false);
            for part in parts {
                if part.as_rule() == Rule::star {
                    star = true;
                    continue;
                }
                for arg in part.into_inner() {
                    let at = span_of(&arg);
                    args.push(match arg.as_rule() {
                        Rule::map => Expr::new(ExprKind::Map(arg.as_str().trim_end().to_owned()), at),
                        _ => expr(arg)?,
                    });
                }
            }
            let name = function.as_str().trim_matches('`').to_ascii_lowercase();
            Ok(Expr::new(ExprKind::Call { name, name_span: span_of(&function), args, star }, span))
        }
        Rule::name => {
            let found = name(&pair);
            let parts: Vec<Rule> = pair.into_inner().map(|part| part.as_rule()).collect();
            if parts.len() == 1 && parts.first() != Some(&Rule::part) {
                return Ok(Expr::new(ExprKind::Param(found.text), span));
            }
            Ok(Expr::new(ExprKind::Name(found), span))
        }
        _ => constant(&pair),
    }
}

fn constant(pair: &Pair<'_, Rule>) -> Result<Expr> {
    let span = span_of(pair);
    let kind = match pair.as_rule() {
        Rule::param | Rule::double_param => ExprKind::Param(pair.as_str().to_owned()),
        Rule::array => {
            let mut items = Vec::new();
            let mut negative = false;
            for part in pair.clone().into_inner() {
                if part.as_rule() == Rule::sign {
                    negative = part.as_str() == "-";
                    continue;
                }
                let mut item = literal(&part)?;
                if std::mem::take(&mut negative) {
                    item.text.insert(0, '-');
                    item.value = match item.value {
                        Constant::Integer(number) => Constant::Integer(-number),
                        Constant::Number(number) => Constant::Number(-number),
                        other => other,
                    };
                }
                items.push(item);
            }
            ExprKind::Array(items)
        }
        _ => ExprKind::Literal(literal(pair)?),
    };
    Ok(Expr::new(kind, span))
}

fn literal(pair: &Pair<'_, Rule>) -> Result<Literal> {
    let span = span_of(pair);
    let written = span.text(pair.get_input());
    let value = match pair.as_rule() {
        Rule::kw_true => Constant::Boolean(true),
        Rule::kw_false => Constant::Boolean(false),
        Rule::kw_null => Constant::Null,
        Rule::integer | Rule::decimal => match written.parse::<i64>() {
            Ok(number) => Constant::Integer(number),
            Err(_) => Constant::Number(written.parse().unwrap_or(f64::NAN)),
        },
        Rule::time_span => {
            let mut parts = pair.clone().into_inner();
            let count = parts.next().ok_or_else(internal)?;
            let unit = parts.next().ok_or_else(internal)?.as_str().to_ascii_lowercase();
            let Ok(count) = count.as_str().parse::<i64>() else {
                return Err(Diagnostic::error(elastic::ESQL_TIME, "the length of time is too large").at(span));
            };
            Constant::Time(count, unit)
        }
        _ => Constant::Text(string_value(written)),
    };
    Ok(Literal { value, text: written.to_owned(), span })
}

/// The text of a string as written: raw between triple quotes, else with escapes resolved.
fn string_value(written: &str) -> String {
    if let Some(raw) = written.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
        return raw.to_owned();
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
            Some('t') => value.push('\t'),
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
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
        let query = parse(&format!("FROM x | WHERE {text}")).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        match query.commands.into_iter().nth(1).unwrap().kind {
            CommandKind::Where(condition) => condition,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn precedence_of_words_and_signs() {
        let ExprKind::Or(operands) = condition_of("not a == 1 and b == 2 or c == 3").kind else { panic!() };
        assert!(matches!(&operands[0].kind, ExprKind::And(inner) if matches!(inner[0].kind, ExprKind::Not(_))));
        let ExprKind::Compare { left, .. } = condition_of("a + b * -c::long > 1").kind else { panic!() };
        let ExprKind::Arithmetic { rest, .. } = left.kind else { panic!() };
        let ExprKind::Arithmetic { rest, .. } = &rest[0].1.kind else { panic!() };
        assert!(matches!(&rest[0].1.kind, ExprKind::Negative(inner) if matches!(inner.kind, ExprKind::Cast { .. })));
    }

    #[test]
    fn every_command_is_read() {
        for command in [
            "WHERE a LIKE \"x*\" AND b NOT RLIKE \"y\" OR c IN (1, 2) AND d IS NOT NULL AND e : \"z\"",
            "WHERE a LIKE (\"x*\", \"y\") AND NOT b RLIKE (\"a\", \"b\")",
            "WHERE KQL(\"a: b\") AND MATCH(a, \"b\", {\"operator\": \"and\"}) AND @timestamp > NOW() - 14 days",
            "EVAL a = CASE(b == 1, \"x\", \"y\"), c = [1, -2], `d e` = ?p, f = ??g(a)",
            "STATS a = COUNT(*), b = SUM(c) WHERE d > 1, VALUES(e) BY f, g = DATE_TRUNC(1 hour, @timestamp)",
            "STATS BY a",
            "INLINE STATS a = MAX(b) BY c",
            "INLINESTATS a = MAX(b)",
            "KEEP a.*, `b c`, *d*, ?p",
            "DROP a",
            "RENAME a AS b, c = d",
            "SORT a DESC NULLS LAST, b, LENGTH(c) ASC",
            "LIMIT 10",
            "DISSECT a \"%{b} %{c}\" APPEND_SEPARATOR=\",\"",
            "GROK a \"%{WORD:b}\", \"%{WORD:c}\"",
            "MV_EXPAND a.b",
            "ENRICH _any:policy ON a WITH b, c = d",
            "LOOKUP JOIN other ON a, b",
            "LEFT LOOKUP JOIN other AS o ON a == b",
            "CHANGE_POINT a ON b AS c, d",
            "COMPLETION a = CONCAT(b, \"c\") WITH {\"inference_id\": \"x\"}",
            "COMPLETION a WITH model",
            "RERANK \"q\" ON a, b = LENGTH(c) WITH {\"inference_id\": \"x\"}",
            "SAMPLE 0.1",
            "FORK (WHERE a == 1 | LIMIT 1) (SORT b)",
            "FUSE",
            "FUSE LINEAR SCORE BY a KEY BY b WITH {\"x\": {\"y\": 1}}",
        ] {
            let text = format!("FROM logs-*, \"a b\", remote:logs-x::data METADATA _id, _index | {command} // c");
            let query = parse(&text).unwrap_or_else(|error| panic!("{command}: {} {:?}", error.message, error.span));
            assert_eq!(query.commands.len(), 2, "{command}");
            assert_eq!(query.commands[1].span.text(&text), command);
        }
        assert!(parse("ROW a = 1, b = \"x\" | EVAL c = a").is_ok());
        assert!(parse("SHOW INFO").is_ok());
        assert!(parse("FROM (FROM a | WHERE b == 1), c | LIMIT 1").is_ok());
        assert!(parse("TS metrics | STATS a = RATE(b)").is_ok());
    }

    #[test]
    fn strings_and_names() {
        let ExprKind::Compare { left, right, .. } = condition_of(r#"a . `b``c`.as == """x\"y"""""#).kind else {
            panic!()
        };
        assert!(matches!(&left.kind, ExprKind::Name(name) if name.name == "a.b`c.as"));
        assert!(
            matches!(&right.kind, ExprKind::Literal(literal) if literal.value == Constant::Text("x\\\"y\"".to_owned()))
        );
        assert!(matches!(condition_of("first(a) == last(b)").kind, ExprKind::Compare { .. }));
    }

    #[test]
    fn what_is_no_esql_is_refused_in_words() {
        for (text, message) in [
            ("WHERE a == 1", "expected FROM, ROW or SHOW"),
            ("FROM x | WHERE a = 1", "found `=`"),
            ("FROM x | WHERE a == 'x'", "found `'`"),
            ("FROM x | WHERE (a == 1", "`(` is never closed"),
            ("FROM x | SUMMARIZE a", "found `SUMMARIZE`, expected a command"),
            ("FROM x | WHERE a IN ()", "found `)`"),
            ("FROM x | WHERE a == [1, \"x\"]", "found `\"`"),
            ("FROM x | WHERE a + 1 : \"x\"", "`:` stands behind a field name only"),
            ("FROM x | LIMIT -1", "found `-`"),
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
        for level in ["(", "not (", "f("] {
            assert!(run(format!("from x | where {}true{}", level.repeat(200), ")".repeat(200))).is_ok());
            assert_eq!(run(format!("from x | where {}true", level.repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
        }
        assert!(run(format!("from x | where a == {}1", "1 + ".repeat(20_000))).is_ok());
        assert!(run(format!("from x | where a{} == 1", "::long".repeat(20_000))).is_ok());
        assert!(run(format!("from x | where a == {}1", "- ".repeat(20_000))).is_ok());
        assert_eq!(run(format!("from {}", "(from ".repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
    }
}
