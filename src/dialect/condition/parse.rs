//! Condition text → pest pairs, with the comments set apart and nesting bounded before the grammar runs.

use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{Comment, MAX_DEPTH, MAX_LENGTH, Scan, explain, with_room};
use pest::Parser;
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "grammars/condition.pest"]
struct Grammar;

/// Parses a text and hands its one `condition` pair to `build`, on a stack that is large enough.
///
/// Errors: one diagnostic with the place where the text stops being a condition.
pub(super) fn parse<T: Send>(
    text: &str,
    build: impl FnOnce(Pair<'_, Rule>, Vec<Comment>) -> Result<T, Diagnostic> + Send,
) -> Result<T, Diagnostic> {
    let mut found = scan(text)?;
    let comments = std::mem::take(&mut found.comments);
    with_room(found.depth, || {
        let mut pairs =
            Grammar::parse(Rule::query, text).map_err(|error| hint(text, explain(text, &error, &found, describe)))?;
        let condition = pairs.next().and_then(|query| query.into_inner().next()).ok_or_else(internal)?;
        build(condition, comments)
    })?
}

/// The diagnostic of a tree that the grammar cannot have made.
pub(super) fn internal() -> Diagnostic {
    Diagnostic::error(syntax::SYNTAX, "the condition could not be taken apart")
}

/// Where a pair stands, white space behind it cut off.
pub(super) fn span_of(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    Span::new(span.start(), span.start() + span.as_str().trim_end().len())
}

fn hint(text: &str, diagnostic: Diagnostic) -> Diagnostic {
    let Some(span) = diagnostic.span else { return diagnostic };
    let at = text.get(span.start..).unwrap_or("");
    if at.starts_with(['+', '*', '/', '%']) || at.starts_with("- ") {
        diagnostic.help("Write arithmetic as functions: `add(a, b)`.")
    } else if at.starts_with('|') {
        diagnostic.help("A condition has no pipe; join conditions with `and` and `or`.")
    } else {
        diagnostic
    }
}

fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::condition | Rule::unary | Rule::group | Rule::test | Rule::field | Rule::call => "a condition",
        Rule::kw_and | Rule::kw_or => "`and` or `or`",
        Rule::compare | Rule::operator | Rule::is | Rule::between => "an operator",
        Rule::literal | Rule::values => "a value",
        Rule::kw_in => "`in`",
        Rule::kw_where => "`where`",
        Rule::kw_yield => "`yield`",
        Rule::kw_then => "`then`",
        Rule::kw_else => "`else`",
        Rule::EOI => "the end of the condition",
        _ => return None,
    })
}

/// One pass over the text before any parsing: strings in either quotes, backticked names, comments, brackets.
fn scan(text: &str) -> Result<Scan, Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Err(Diagnostic::error(syntax::TOO_LARGE, format!("the condition has {} bytes", text.len())));
    }
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut found = Scan::default();
    let (mut at, mut nots, mut blank) = (0, 0usize, true);
    let mut open: Vec<(usize, &'static str)> = Vec::new();
    while at < bytes.len() {
        let from = at;
        match byte(at) {
            b'/' if matches!(byte(at + 1), b'/' | b'*') => {
                let line = byte(at + 1) == b'/';
                let rest = text.get(at + 2..).unwrap_or("");
                let end = if line { rest.find('\n') } else { rest.find("*/").map(|end| end + 2) };
                if end.is_none() && !line {
                    found.unclosed = Some((Span::new(at, at + 2), "*/"));
                    return Ok(found);
                }
                at = end.map_or(bytes.len(), |end| at + 2 + end);
                let words = text.get(from..at).unwrap_or("").trim_end();
                found.comments.push(Comment { span: Span::new(from, from + words.len()), text: words.to_owned() });
                continue;
            }
            white if white.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < bytes.len() && byte(at) != quote {
                    at += if byte(at) == b'\\' { 2 } else { 1 };
                }
                if at >= bytes.len() {
                    let close = match quote {
                        b'"' => "\"",
                        b'\'' => "'",
                        _ => "`",
                    };
                    found.unclosed = Some((Span::new(from, from + 1), close));
                    return Ok(found);
                }
                at += 1;
            }
            letter if letter.is_ascii_alphabetic() || letter == b'_' => {
                while byte(at).is_ascii_alphanumeric() || matches!(byte(at), b'_' | b'.') {
                    at += 1;
                }
                if bytes.get(from..at).is_some_and(|word| word.eq_ignore_ascii_case(b"not")) {
                    nots += 1;
                }
            }
            other => {
                at += 1;
                match other {
                    b'!' => nots += 1,
                    b'(' => open.push((from, ")")),
                    b'[' => open.push((from, "]")),
                    b'{' => open.push((from, "}")),
                    b')' | b']' | b'}' => {
                        open.pop();
                    }
                    _ => {}
                }
            }
        }
        blank = false;
        let word = text.get(from..at).unwrap_or("");
        found.depth = found.depth.max(open.len() + nots);
        if open.len() > MAX_DEPTH || nots > MAX_DEPTH {
            let message = format!("brackets and `not` nest deeper than {MAX_DEPTH} levels");
            return Err(Diagnostic::error(syntax::TOO_DEEP, message).at(Span::new(from, at)));
        }
        if !(word == "(" || word == "!" || word.eq_ignore_ascii_case("not")) {
            nots = 0;
        }
    }
    if blank {
        return Err(Diagnostic::error(syntax::EMPTY, "the text holds no condition"));
    }
    found.unclosed = open.last().map(|(from, close)| (Span::new(*from, *from + 1), *close));
    Ok(found)
}
