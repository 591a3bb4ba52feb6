//! Text → syntax tree.

use super::tree::{Expression, Literal, Part, Query, RangeOperator, Values};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{MAX_DEPTH, MAX_LENGTH, Scan, explain};
use pest::Parser;
use pest::iterators::Pair;

/// The generated parser; the grammar's rules are its own business.
mod grammar {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammars/kuery.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// Reads a KQL text as Kibana does. A text of white space is a query without an expression.
///
/// Errors: what is wrong with the text, at its place; brackets nested deeper than [`MAX_DEPTH`]; a text longer than
/// [`MAX_LENGTH`] bytes.
pub fn parse(text: &str) -> Result<Query, Diagnostic> {
    let scan = scan(text)?;
    let mut pairs = Grammar::parse(Rule::query, text).map_err(|error| explain(text, &error, &scan, describe))?;
    let root =
        pairs.next().and_then(|query| query.into_inner().find(|pair| pair.as_rule() == Rule::or_query)).map(or_query);
    Ok(Query { root })
}

/// The names that people know the grammar's rules by.
fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end of the query",
        Rule::or_query | Rule::and_query | Rule::not_query | Rule::expression | Rule::group => "a field test",
        Rule::range | Rule::range_op => "a comparison",
        Rule::test => "`:`",
        Rule::value_group | Rule::value_or | Rule::value_and | Rule::value_not => "a list of values",
        Rule::literal | Rule::quoted | Rule::unquoted => "a field name or a value",
        Rule::or_op => "`or`",
        Rule::and_op => "`and`",
        Rule::not_op => "`not`",
        _ => return None,
    })
}

/// Bounds the nesting of brackets and notes what is never closed, so that the grammar may recurse freely.
fn scan(text: &str) -> Result<Scan, Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Err(Diagnostic::error(codes::TOO_LARGE, format!("the query has {} bytes", text.len())));
    }
    let mut open: Vec<(usize, &'static str)> = Vec::new();
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                // Inside quotes only a quote or a backslash can be escaped; skipping any character does no harm.
                bytes.next();
            }
            b'"' => quote = if quote.is_some() { None } else { Some(at) },
            _ if quote.is_some() => {}
            b'(' => open.push((at, ")")),
            b'{' => open.push((at, "}")),
            b')' | b'}' => {
                open.pop();
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            let message = format!("brackets nest deeper than {MAX_DEPTH} levels");
            return Err(Diagnostic::error(codes::TOO_DEEP, message).at(Span::new(at, at + 1)));
        }
    }
    let unclosed = match quote {
        Some(at) => Some((Span::new(at, at + 1), "\"")),
        None => open.last().map(|(at, close)| (Span::new(*at, *at + 1), *close)),
    };
    Ok(Scan { unclosed, ..Scan::default() })
}

fn span(pair: &Pair<'_, Rule>) -> Span {
    Span::new(pair.as_span().start(), pair.as_span().end())
}

/// One item stands for itself; several become what `join` makes of them.
fn joined<T>(mut items: Vec<T>, span: impl Fn(&T) -> Span, join: impl FnOnce(Vec<T>, Span) -> T) -> Option<T> {
    if items.len() < 2 {
        return items.pop();
    }
    let whole = span(items.first()?).to(span(items.last()?));
    Some(join(items, whole))
}

fn nothing(at: Span) -> Expression {
    Expression::Anywhere(Literal { parts: vec![Part::Any], quoted: false, span: at })
}

fn or_query(pair: Pair<'_, Rule>) -> Expression {
    let at = span(&pair);
    let items = pair.into_inner().filter(|pair| pair.as_rule() == Rule::and_query).map(and_query).collect();
    joined(items, Expression::span, Expression::Or).unwrap_or_else(|| nothing(at))
}

fn and_query(pair: Pair<'_, Rule>) -> Expression {
    let at = span(&pair);
    let items = pair.into_inner().filter(|pair| pair.as_rule() == Rule::not_query).map(not_query).collect();
    joined(items, Expression::span, Expression::And).unwrap_or_else(|| nothing(at))
}

fn not_query(pair: Pair<'_, Rule>) -> Expression {
    let whole = span(&pair);
    let mut negated = None;
    let mut found = nothing(whole);
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::not_op => negated = Some(span(&pair)),
            Rule::group => {
                let at = span(&pair);
                if let Some(inner) = pair.into_inner().next() {
                    found = Expression::Group(Box::new(or_query(inner)), at);
                }
            }
            _ => found = expression(pair),
        }
    }
    match negated {
        Some(not) => {
            let at = not.to(found.span());
            Expression::Not(Box::new(found), at)
        }
        None => found,
    }
}

fn expression(pair: Pair<'_, Rule>) -> Expression {
    let mut inner = pair.into_inner();
    let at = inner.peek().map(|pair| span(&pair)).unwrap_or_default();
    let field = match inner.next() {
        Some(pair) => literal(pair),
        None => return nothing(at),
    };
    let Some(next) = inner.next() else { return Expression::Anywhere(field) };
    if next.as_rule() == Rule::range {
        let mut parts = next.into_inner();
        let operator = match parts.next().map(|pair| pair.as_str()) {
            Some("<") => RangeOperator::Less,
            Some("<=") => RangeOperator::LessEqual,
            Some(">") => RangeOperator::Greater,
            _ => RangeOperator::GreaterEqual,
        };
        let value = parts.next().map_or_else(|| Literal::text("", true, at), literal);
        let span = field.span.to(value.span);
        return Expression::Range { field, operator, value, span };
    }
    let Some(tested) = next.into_inner().next() else { return Expression::Anywhere(field) };
    let span = field.span.to(span(&tested));
    match tested.as_rule() {
        Rule::nested => {
            let inner = tested.into_inner().next().map_or_else(|| nothing(span), or_query);
            Expression::Nested { field, inner: Box::new(inner), span }
        }
        _ => {
            let values = values(tested);
            let span = field.span.to(values.span());
            Expression::Test { field, values, span }
        }
    }
}

/// A list in parentheses or a single literal.
fn values(pair: Pair<'_, Rule>) -> Values {
    let at = span(&pair);
    match pair.as_rule() {
        Rule::value_group => {
            let inner = pair.into_inner().next().and_then(value_or);
            Values::Group(Box::new(inner.unwrap_or_else(|| Values::One(Literal::text("", true, at)))), at)
        }
        _ => Values::One(literal(pair)),
    }
}

fn value_or(pair: Pair<'_, Rule>) -> Option<Values> {
    let items = pair.into_inner().filter(|pair| pair.as_rule() == Rule::value_and).filter_map(value_and).collect();
    joined(items, Values::span, Values::Or)
}

fn value_and(pair: Pair<'_, Rule>) -> Option<Values> {
    let items = pair.into_inner().filter(|pair| pair.as_rule() == Rule::value_not).filter_map(value_not).collect();
    joined(items, Values::span, Values::And)
}

fn value_not(pair: Pair<'_, Rule>) -> Option<Values> {
    let mut negated = None;
    let mut found = None;
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::not_op => negated = Some(span(&pair)),
            _ => found = Some(values(pair)),
        }
    }
    let found = found?;
    Some(match negated {
        Some(not) => {
            let at = not.to(found.span());
            Values::Not(Box::new(found), at)
        }
        None => found,
    })
}

/// A literal with its escapes resolved; its span ends where its text ends, without white space behind it.
fn literal(pair: Pair<'_, Rule>) -> Literal {
    let whole = span(&pair);
    let raw = pair.as_str();
    match raw.strip_prefix('"') {
        Some(rest) => Literal::text(unquote(rest.strip_suffix('"').unwrap_or(rest)), true, whole),
        None => {
            let end = whole.start + raw.trim_end_matches(is_space).len();
            Literal { parts: unescape(raw), quoted: false, span: Span::new(whole.start, end) }
        }
    }
}

/// White space of the grammar.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

/// `uXXXX` at the start of `rest`, which stands behind a backslash: the character and the rest.
///
/// Half of a surrogate pair is joined with an escaped second half; alone it becomes the replacement character.
fn unicode(rest: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let first = unit(rest)?;
    let after = rest.get(5..)?;
    if (0xD800..0xDC00).contains(&first) {
        let second = after.strip_prefix('\\').and_then(unit).filter(|second| (0xDC00..0xE000).contains(second));
        if let Some(second) = second {
            let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Some((char::from_u32(code)?, after.get(6..)?));
        }
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), after))
}

/// `\t`, `\r` and `\n` without their backslash.
fn space_escape(character: char) -> Option<char> {
    match character {
        't' => Some('\t'),
        'r' => Some('\r'),
        'n' => Some('\n'),
        _ => None,
    }
}

/// The text between quotes: `\\`, `\"`, `\t`, `\r`, `\n`, `\uXXXX`; any other backslash stays as it is.
fn unquote(mut rest: &str) -> String {
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        if let Some((character, after)) = unicode(rest) {
            out.push(character);
            rest = after;
            continue;
        }
        let next = rest.chars().next();
        match next.and_then(|next| space_escape(next).or(matches!(next, '\\' | '"').then_some(next))) {
            Some(character) => {
                out.push(character);
                rest = rest.get(1..).unwrap_or("");
            }
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}

/// The parts of an unquoted literal.
///
/// `\not` before white space is the word "not" (the escape that Kibana writes), elsewhere `\n` is a line break.
fn unescape(raw: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or("");
        rest = after;
        match character {
            '*' => {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                if parts.last() != Some(&Part::Any) {
                    parts.push(Part::Any);
                }
            }
            '\\' => {
                let word = after.get(..3).unwrap_or("");
                let keyword = ["or", "and", "not"]
                    .iter()
                    .find(|word| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
                if let Some((character, remaining)) = unicode(after) {
                    text.push(character);
                    rest = remaining;
                } else if word.eq_ignore_ascii_case("not")
                    && after.get(3..).and_then(|rest| rest.chars().next()).is_none_or(is_space)
                {
                    text.push_str(word);
                    rest = after.get(3..).unwrap_or("");
                } else if let Some(space) = after.chars().next().and_then(space_escape) {
                    text.push(space);
                    rest = after.get(1..).unwrap_or("");
                } else if let Some(keyword) = keyword {
                    text.push_str(after.get(..keyword.len()).unwrap_or(""));
                    rest = after.get(keyword.len()..).unwrap_or("");
                } else if let Some(next) = after.chars().next() {
                    text.push(next);
                    rest = after.get(next.len_utf8()..).unwrap_or("");
                }
            }
            _ => text.push(character),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    // Kibana trims the literal after it has resolved the escapes.
    if let Some(Part::Text(text)) = parts.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(Part::Text(text)) = parts.last_mut() {
        text.truncate(text.trim_end().len());
    }
    parts.retain(|part| *part != Part::Text(String::new()));
    parts
}
