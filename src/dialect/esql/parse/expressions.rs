//! Expressions, names and constants.

use super::{Result, Rule, Stream, internal, span_of};
use crate::diagnostic::codes::{elastic, syntax};
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::esql::tree::*;
use pest::iterators::Pair;

pub(super) fn expr(pair: Pair<'_, Rule>) -> Result<Expr> {
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
            if values.as_rule() == Rule::subquery {
                let query = super::commands::commands(values)?;
                return Ok(Expr::new(ExprKind::InQuery { left, negated, query }, whole));
            }
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
pub(super) fn value(pair: Pair<'_, Rule>) -> Result<Expr> {
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

pub(super) fn signed(parts: &mut Stream<'_>) -> Result<Expr> {
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

pub(super) fn constant(pair: &Pair<'_, Rule>) -> Result<Expr> {
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

pub(super) fn literal(pair: &Pair<'_, Rule>) -> Result<Literal> {
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
pub(super) fn string_value(written: &str) -> String {
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

/// Where the last token inside ends; white space and comments behind it are left out.
pub(super) fn last_token(pair: Pair<'_, Rule>) -> usize {
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

pub(super) fn name(pair: &Pair<'_, Rule>) -> Name {
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
