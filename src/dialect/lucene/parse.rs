//! Text → syntax tree.

use super::tree::{Body, Bound, Clause, Conjunction, Field, Modifier, Part, Query};
use crate::diagnostic::codes::{elastic, syntax as codes};
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{MAX_DEPTH, MAX_LENGTH, Scan, explain};
use pest::Parser;
use pest::iterators::Pair;

/// The generated parser; the grammar's rules are its own business.
mod grammar {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammars/lucene.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// Reads a `query_string` text as Apache Lucene's classic parser does.
///
/// Errors: what is wrong with the text, at its place; an empty text; brackets nested deeper than [`MAX_DEPTH`]; a text
/// longer than [`MAX_LENGTH`] bytes.
pub fn parse(text: &str) -> Result<Query, Diagnostic> {
    let scan = scan(text)?;
    let mut pairs = Grammar::parse(Rule::query, text).map_err(|error| explain(text, &error, &scan, describe))?;
    let clauses = pairs.next().and_then(|query| query.into_inner().find(|pair| pair.as_rule() == Rule::clauses));
    match clauses {
        Some(clauses) => query(clauses),
        None => Err(empty()),
    }
}

fn empty() -> Diagnostic {
    Diagnostic::error(codes::EMPTY, "the text holds no query")
}

/// The names that people know the grammar's rules by.
fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end of the query",
        Rule::clauses | Rule::clause | Rule::group => "a clause",
        Rule::conjunction => "`AND`, `OR`",
        Rule::range | Rule::range_open => "a range",
        Rule::range_close => "`]`, `}`",
        Rule::bound => "the end of a range",
        Rule::to => "`TO`",
        Rule::regexp => "a regular expression",
        Rule::word | Rule::plain | Rule::words => "a word",
        Rule::phrase => "a quoted text",
        _ => return None,
    })
}

/// Bounds the nesting of parentheses and notes what is never closed, so that the grammar may recurse freely.
fn scan(text: &str) -> Result<Scan, Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Err(Diagnostic::error(codes::TOO_LARGE, format!("the query has {} bytes", text.len())));
    }
    if text.trim().is_empty() {
        return Err(empty());
    }
    let mut open: Vec<usize> = Vec::new();
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => quote = if quote.is_some() { None } else { Some(at) },
            // A quote may stand alone in a regular expression, so parentheses count in quotes, too.
            b'(' => open.push(at),
            b')' => {
                open.pop();
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            let message = format!("parentheses nest deeper than {MAX_DEPTH} levels");
            return Err(Diagnostic::error(codes::TOO_DEEP, message).at(Span::new(at, at + 1)));
        }
    }
    let unclosed = match quote {
        Some(at) => Some((Span::new(at, at + 1), "\"")),
        None => open.last().map(|at| (Span::new(*at, *at + 1), ")")),
    };
    Ok(Scan { unclosed, ..Scan::default() })
}

fn span(pair: &Pair<'_, Rule>) -> Span {
    Span::new(pair.as_span().start(), pair.as_span().end())
}

fn query(pair: Pair<'_, Rule>) -> Result<Query, Diagnostic> {
    let whole = span(&pair);
    let mut clauses = Vec::new();
    let mut conjunction = None;
    let mut modifier: Option<(Modifier, Span)> = None;
    for pair in pair.into_inner() {
        let at = span(&pair);
        match pair.as_rule() {
            Rule::conjunction => {
                let and = matches!(pair.as_str(), "AND" | "&&");
                conjunction = Some(if and { Conjunction::And } else { Conjunction::Or });
            }
            Rule::modifier => {
                let found = match pair.as_str() {
                    "+" => Modifier::Required,
                    "-" => Modifier::Minus,
                    _ => Modifier::Not,
                };
                modifier = Some((found, at));
            }
            Rule::words => {
                let words: Vec<&str> = pair.into_inner().map(|word| word.as_str()).collect();
                let body = Body::Text(unescape(&words.join(" "), at)?);
                clauses.push(Clause { conjunction: None, modifier: None, field: None, body, boost: None, span: at });
            }
            _ => {
                let mut found = clause(pair)?;
                found.conjunction = conjunction.take();
                if let Some((kind, at)) = modifier.take() {
                    found.modifier = Some(kind);
                    found.span = at.to(found.span);
                }
                clauses.push(found);
            }
        }
    }
    Ok(Query { clauses, span: whole })
}

fn clause(pair: Pair<'_, Rule>) -> Result<Clause, Diagnostic> {
    let whole = span(&pair);
    let mut found = Clause {
        conjunction: None,
        modifier: None,
        field: None,
        body: Body::Text(String::new()),
        boost: None,
        span: whole,
    };
    for pair in pair.into_inner() {
        let at = span(&pair);
        let text = pair.as_str();
        match pair.as_rule() {
            Rule::field => {
                let name = text.trim_end_matches(':').trim_end_matches(is_space);
                let at = Span::new(at.start, at.start + name.len());
                found.field = Some(Field { name: unescape(name, at)?, span: at });
            }
            Rule::group => {
                if let Some(clauses) = pair.into_inner().next() {
                    found.body = Body::Group(query(clauses)?);
                }
            }
            Rule::range => found.body = range(pair)?,
            Rule::phrase => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
                found.body = Body::Phrase { text: unescape(inner, at)?, slop: None };
            }
            Rule::regexp => {
                found.body = Body::Regexp(text.get(1..text.len().saturating_sub(1)).unwrap_or("").to_owned());
            }
            // A sign with white space behind it is a word; in quotes it stays one wherever it is printed.
            Rule::operator_word => found.body = Body::Phrase { text: text.to_owned(), slop: None },
            Rule::word => found.body = word(text, at)?,
            Rule::boost => found.boost = Some(text.trim_start_matches('^').to_owned()),
            Rule::slop => {
                let behind = text.trim_start_matches('~').to_owned();
                found.body = match found.body {
                    Body::Text(text) => Body::Fuzzy { text, distance: behind },
                    Body::Phrase { text, .. } => Body::Phrase { text, slop: Some(behind) },
                    // Lucene reads `~` behind a wildcard or a regular expression, and does nothing with it.
                    Body::Pattern(_) | Body::Regexp(_) => found.body,
                    Body::Group(_) | Body::Range { .. } | Body::Fuzzy { .. } => {
                        let message = "found `~`, which only words and quoted texts can have";
                        return Err(Diagnostic::error(codes::SYNTAX, message).at(at));
                    }
                };
            }
            _ => {}
        }
    }
    Ok(found)
}

fn range(pair: Pair<'_, Rule>) -> Result<Body, Diagnostic> {
    let (mut low_included, mut high_included) = (true, true);
    let mut bounds = Vec::new();
    for pair in pair.into_inner() {
        let at = span(&pair);
        match pair.as_rule() {
            Rule::range_open => low_included = pair.as_str() == "[",
            Rule::range_close => high_included = pair.as_str() == "]",
            Rule::bound => {
                let text = pair.as_str();
                let inside =
                    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|rest| !rest.is_empty());
                bounds.push(match inside {
                    Some(inside) => Some(Bound { text: unescape(inside, at)?, quoted: true }),
                    None if text == "*" => None,
                    None => Some(Bound { text: unescape(text, at)?, quoted: false }),
                });
            }
            _ => {}
        }
    }
    let mut bounds = bounds.into_iter();
    let (low, high) = (bounds.next().flatten(), bounds.next().flatten());
    Ok(Body::Range { low, high, low_included, high_included })
}

/// White space of the grammar.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

/// A word as text, or as a pattern where it holds a wildcard.
///
/// Elasticsearch hands wildcards on with their backslashes, so `\uXXXX` beside a wildcard is no escape; `\u` is `u`.
/// A trailing `*` alone is a prefix, which has its escapes resolved like text.
fn word(raw: &str, at: Span) -> Result<Body, Diagnostic> {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        let wildcard = match character {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => {
                text.extend(characters.next());
                continue;
            }
            _ => {
                text.push(character);
                continue;
            }
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        if wildcard == Part::One || parts.last() != Some(&Part::Any) {
            parts.push(wildcard);
        }
    }
    if parts.is_empty() {
        return Ok(Body::Text(unescape(raw, at)?));
    }
    if text.is_empty()
        && let [Part::Text(_), Part::Any] = parts.as_slice()
    {
        let prefix = raw.strip_suffix('*').unwrap_or(raw);
        return Ok(Body::Pattern(vec![Part::Text(unescape(prefix, at)?), Part::Any]));
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(Body::Pattern(parts))
}

/// The text with `\x` resolved to `x` and `\uXXXX` to its character.
///
/// Errors: `\u` without four digits, which Lucene refuses.
fn unescape(raw: &str, at: Span) -> Result<String, Diagnostic> {
    if !raw.contains('\\') {
        return Ok(raw.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut buffer = [0u16; 2];
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or("");
        if character != '\\' {
            units.extend_from_slice(character.encode_utf16(&mut buffer));
            continue;
        }
        let Some(escaped) = rest.chars().next() else { break };
        rest = rest.get(escaped.len_utf8()..).unwrap_or("");
        if escaped != 'u' {
            units.extend_from_slice(escaped.encode_utf16(&mut buffer));
            continue;
        }
        let digits = rest.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) => units.push(unit),
            None => {
                let message = "`\\u` wants four hexadecimal digits behind it";
                return Err(Diagnostic::error(elastic::LUCENE_ESCAPE, message).at(at));
            }
        }
        rest = rest.get(4..).unwrap_or("");
    }
    Ok(String::from_utf16_lossy(&units))
}
