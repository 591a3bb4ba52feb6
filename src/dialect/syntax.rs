//! What the parsers of several dialects need beside their grammar: comments, a bound on nesting that is checked before
//! pest runs, and syntax errors in words.

use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};

/// How deep brackets may nest; also how many `not` may stand in a row.
pub const MAX_DEPTH: usize = 200;

/// The longest query text, in bytes.
pub const MAX_LENGTH: usize = 4 << 20;

/// A comment as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where, markers included.
    pub span: Span,
    /// As written, markers included, without a line comment's line break.
    pub text: String,
}

impl Comment {
    /// Whether it runs to the end of its line.
    pub fn is_line(&self) -> bool {
        self.text.starts_with("//")
    }

    /// The words alone: no markers, no white space around.
    pub fn words(&self) -> String {
        let inner = match self.text.strip_prefix("//") {
            Some(rest) => rest,
            None => self.text.trim_start_matches("/*").trim_end_matches("*/"),
        };
        inner
            .lines()
            .map(|line| line.trim().trim_start_matches('*').trim())
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned()
    }
}

/// What a pass over the text, before any parsing, finds.
#[derive(Debug, Default)]
pub struct Scan {
    /// All comments, in order.
    pub comments: Vec<Comment>,
    /// The innermost bracket, quote or comment that is never closed, with what is missing.
    pub unclosed: Option<(Span, &'static str)>,
    /// The deepest nesting of brackets and rows of `not`.
    pub depth: usize,
}

/// Runs a parser on a stack that is large enough for [`MAX_DEPTH`] levels, whatever the caller's stack is.
///
/// `depth` is [`Scan::depth`]; what people write never nests deep enough to cost a thread.
///
/// # Errors
/// [`syntax::TOO_DEEP`] where the system gives no such stack.
pub fn with_room<T: Send>(depth: usize, parse: impl FnOnce() -> T + Send) -> Result<T, Diagnostic> {
    const SHALLOW: usize = 32;
    const ROOM: usize = 32 << 20;
    if depth <= SHALLOW {
        return Ok(parse());
    }
    let deep = || Diagnostic::error(syntax::TOO_DEEP, format!("there is no room to read {depth} levels of nesting"));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(ROOM).spawn_scoped(scope, parse).map_err(|_| deep())?;
        thread.join().map_err(|_| deep())
    })
}

/// Reads a text with `//` and `/* */` comments, `"..."` and `"""..."""` strings and backticked names.
///
/// Errors: [`syntax::TOO_LARGE`], [`syntax::EMPTY`], and [`syntax::TOO_DEEP`] where brackets or a row of `not` pass
/// [`MAX_DEPTH`]. A grammar may recurse freely on what passes.
pub fn scan(text: &str) -> Result<Scan, Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Err(Diagnostic::error(syntax::TOO_LARGE, format!("the query has {} bytes", text.len())));
    }
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let starts = |at: usize, what: &str| bytes.get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()));
    let find = |from: usize, what: &str| text.get(from..).and_then(|rest| rest.find(what)).map(|at| from + at);
    let (mut at, mut nots, mut blank) = (0, 0usize, true);
    let mut open: Vec<(usize, &'static str)> = Vec::new();
    let mut found = Scan::default();
    while at < bytes.len() {
        let from = at;
        if starts(at, "//") || starts(at, "/*") {
            let line = byte(at + 1) == b'/';
            let end = if line { find(at, "\n") } else { find(at + 2, "*/").map(|end| end + 2) };
            if end.is_none() && !line {
                found.unclosed = Some((Span::new(at, at + 2), "*/"));
                return Ok(found);
            }
            at = end.unwrap_or(bytes.len());
            let words = text.get(from..at).unwrap_or("").trim_end();
            found.comments.push(Comment { span: Span::new(from, from + words.len()), text: words.to_owned() });
            continue;
        }
        if byte(at).is_ascii_whitespace() {
            at += 1;
            continue;
        }
        blank = false;
        if byte(at) == b'"' {
            let triple = starts(at, "\"\"\"");
            let end = if triple {
                find(at + 3, "\"\"\"").map(|end| {
                    let end = end + 3;
                    end + (0..2).take_while(|extra| byte(end + extra) == b'"').count()
                })
            } else {
                end_of_string(bytes, at)
            };
            match end {
                Some(end) => at = end,
                None => {
                    found.unclosed =
                        Some((Span::new(at, at + if triple { 3 } else { 1 }), if triple { "\"\"\"" } else { "\"" }));
                    return Ok(found);
                }
            }
        } else if byte(at) == b'`' {
            match find(at + 1, "`") {
                Some(end) => at = end + 1,
                None => {
                    found.unclosed = Some((Span::new(at, at + 1), "`"));
                    return Ok(found);
                }
            }
        } else if byte(at).is_ascii_alphabetic() || byte(at) == b'_' {
            while byte(at).is_ascii_alphanumeric() || matches!(byte(at), b'_' | b'.') {
                at += 1;
            }
            if bytes.get(from..at).is_some_and(|word| word.eq_ignore_ascii_case(b"not")) {
                nots += 1;
                found.depth = found.depth.max(open.len() + nots);
                if nots > MAX_DEPTH {
                    return Err(too_deep(Span::new(from, at), "`not`"));
                }
                continue;
            }
        } else {
            match byte(at) {
                b'(' => open.push((at, ")")),
                b'[' => open.push((at, "]")),
                b'{' => open.push((at, "}")),
                b')' | b']' | b'}' => {
                    open.pop();
                }
                _ => {}
            }
            // Signs recurse like brackets do.
            at += 1;
            found.depth = found.depth.max(open.len() + nots);
            if open.len() > MAX_DEPTH {
                return Err(too_deep(Span::new(from, at), "brackets"));
            }
            if matches!(byte(from), b'(' | b'-' | b'+') {
                continue;
            }
        }
        nots = 0;
    }
    if blank {
        return Err(Diagnostic::error(syntax::EMPTY, "the text holds no query"));
    }
    found.unclosed = open.last().map(|(from, close)| (Span::new(*from, *from + 1), *close));
    Ok(found)
}

fn too_deep(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(syntax::TOO_DEEP, format!("{what} nest deeper than {MAX_DEPTH} levels")).at(span)
}

/// The end of a `"..."` string that starts at `at`; `None` where the line ends first.
fn end_of_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b'\n' | b'\r' => return None,
            _ => at += 1,
        }
    }
}

/// The words of comments by the start of the node they belong to: the node behind which a comment stands on the same
/// line, else the next node. `nodes` are the spans of a text's tests and steps; a comment behind all of them belongs to
/// the last.
pub fn attach(text: &str, comments: &[Comment], nodes: &[Span]) -> std::collections::HashMap<usize, Vec<String>> {
    let mut nodes: Vec<Span> = nodes.to_vec();
    nodes.sort();
    let mut found: std::collections::HashMap<usize, Vec<String>> = std::collections::HashMap::new();
    for comment in comments {
        let next = nodes.partition_point(|node| node.start < comment.span.start);
        let before = next.checked_sub(1).and_then(|at| nodes.get(at));
        let same_line = before.filter(|node| {
            let line =
                text.get(node.end.min(comment.span.start)..comment.span.start).is_some_and(|gap| !gap.contains('\n'));
            let last = text.get(comment.span.end..).is_none_or(|rest| {
                rest.trim_start_matches([' ', '\t', '\r', ',', ')', ']']).starts_with('\n') || rest.trim().is_empty()
            });
            line && last
        });
        let words = comment.words();
        if let Some(node) = same_line.or(nodes.get(next)).or(before)
            && !words.is_empty()
        {
            found.entry(node.start).or_default().push(words);
        }
    }
    found
}

/// A pest error in words: what was found, what was expected.
///
/// `describe` names a rule for people; rules without a name are left out. Where the text simply ends inside a bracket
/// or quote, the diagnostic points at the opening one.
pub fn explain<R: pest::RuleType>(
    text: &str,
    error: &pest::error::Error<R>,
    scan: &Scan,
    describe: impl Fn(&R) -> Option<&'static str>,
) -> Diagnostic {
    let at = match error.location {
        pest::error::InputLocation::Pos(at) => at,
        pest::error::InputLocation::Span((at, _)) => at,
    };
    let rest = text.get(at..).unwrap_or("");
    let unclosed = scan.unclosed.filter(|(span, close)| rest.trim().is_empty() || at == span.start && *close != ")");
    if let Some((span, close)) = unclosed {
        let what = text.get(span.start..span.end).unwrap_or("");
        return Diagnostic::error(syntax::UNCLOSED, format!("`{what}` is never closed, expected `{close}`")).at(span);
    }
    let mut expected: Vec<&'static str> = Vec::new();
    if let pest::error::ErrorVariant::ParsingError { positives, .. } = &error.variant {
        for name in positives.iter().filter_map(&describe) {
            if !expected.contains(&name) {
                expected.push(name);
            }
        }
    }
    let (found, length) = found_at(rest);
    let mut message = format!("found {found}");
    if let Some((last, others)) = expected.split_last() {
        message.push_str(", expected ");
        if !others.is_empty() {
            message.push_str(&others.join(", "));
            message.push_str(" or ");
        }
        message.push_str(last);
    }
    Diagnostic::error(syntax::SYNTAX, message).at(Span::new(at, at + length))
}

/// The token at the start of `rest` for people, and its length in bytes.
fn found_at(rest: &str) -> (String, usize) {
    let Some(first) = rest.chars().next() else { return ("the end of the query".to_owned(), 0) };
    let length = if first.is_alphanumeric() || first == '_' {
        rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len())
    } else {
        first.len_utf8()
    };
    let token = rest.get(..length).unwrap_or("");
    let shown = if first.is_control() { token.escape_default().to_string() } else { token.to_owned() };
    (format!("`{shown}`"), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_outside_strings_only() {
        let found = scan("a == \"// no\" /* yes */ and b == \"\"\"/* \" no */\"\"\" // last\n").unwrap();
        let texts: Vec<_> = found.comments.iter().map(|comment| comment.text.as_str()).collect();
        assert_eq!(texts, ["/* yes */", "// last"]);
        assert_eq!(found.comments[0].words(), "yes");
    }

    #[test]
    fn nesting_and_rows_of_not_are_bounded() {
        assert!(scan(&"(".repeat(200)).is_ok());
        assert_eq!(scan(&"(".repeat(201)).unwrap_err().code, syntax::TOO_DEEP);
        assert!(scan(&"not ".repeat(200)).is_ok());
        assert_eq!(scan(&"not ".repeat(201)).unwrap_err().code, syntax::TOO_DEEP);
        assert_eq!(scan(&"not (".repeat(201)).unwrap_err().code, syntax::TOO_DEEP);
        assert!(scan(&"not a and ".repeat(300)).is_ok());
    }

    #[test]
    fn what_is_never_closed_is_named() {
        assert_eq!(scan("a (b").unwrap().unclosed.unwrap().1, ")");
        assert_eq!(scan("a \"b").unwrap().unclosed.unwrap().0, Span::new(2, 3));
        assert_eq!(scan("a /* b").unwrap().unclosed.unwrap().1, "*/");
        assert_eq!(scan("  // only this").unwrap_err().code, syntax::EMPTY);
    }
}
