//! Python text to a syntax tree, with the nesting bounded before the parser sees it.

use crate::diagnostic::codes::{panther, syntax};
use crate::diagnostic::{Diagnostic, Span};
use ruff_python_ast::ModModule;
use ruff_text_size::{Ranged, TextRange};

/// The deepest nesting of brackets, blocks or operators that is read.
const MAX_DEPTH: usize = 200;
/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 2_000_000;

/// The span of a node.
pub(super) fn span(node: &impl Ranged) -> Span {
    of_range(node.range())
}

fn of_range(range: TextRange) -> Span {
    Span::new(range.start().to_usize(), range.end().to_usize())
}

/// Parses a module of Python 3.
///
/// # Errors
/// Text that is too long, nests too deep, or is no Python 3 (`syntax`, `python-2`, `too-deep`, `too-large`).
pub(super) fn parse(text: &str) -> Result<ModModule, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        return Err(vec![Diagnostic::error(syntax::TOO_LARGE, "the text is longer than 2 MB")]);
    }
    if text.contains('\0') {
        return Err(vec![Diagnostic::error(syntax::SYNTAX, "the text holds a zero byte and is no Python")]);
    }
    if let Some(at) = too_deep(text) {
        return Err(vec![
            Diagnostic::error(syntax::TOO_DEEP, "brackets, blocks or operators nest deeper than 200 levels")
                .at(Span::new(at, at + 1)),
        ]);
    }
    match ruff_python_parser::parse_module(text) {
        Ok(parsed) => {
            if parsed.syntax().body.is_empty() {
                return Err(vec![Diagnostic::error(syntax::EMPTY, "there is no statement in the text")]);
            }
            Ok(parsed.into_syntax())
        }
        Err(error) => {
            let at = of_range(error.location);
            let line = text.get(..at.start).unwrap_or("").rfind('\n').map_or(0, |at| at + 1);
            let rest = text.get(line..).unwrap_or("").lines().next().unwrap_or("").trim_start();
            let old = rest.starts_with("print ")
                || rest.starts_with("exec ")
                || (rest.starts_with("except ") && rest.contains(", "))
                || (rest.starts_with("raise ") && rest.contains(", "));
            let diagnostic = if old {
                Diagnostic::error(panther::PYTHON_2, "this is Python 2, which Panther does not run")
            } else {
                Diagnostic::error(syntax::SYNTAX, lower_first(&error.error.to_string()))
            };
            Err(vec![diagnostic.at(at)])
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The place where nesting passes the bound: brackets, indentation, chains of unary and binary operators in one
/// statement, all of which a recursive parser pays for with stack.
fn too_deep(text: &str) -> Option<usize> {
    let (mut brackets, mut operators, mut words, mut quote): (usize, usize, usize, Option<(u8, bool)>) =
        (0, 0, 0, None);
    let bytes = text.as_bytes();
    let (mut at, mut indents): (usize, Vec<usize>) = (0, vec![0]);
    let mut line_start = true;
    while let Some(&byte) = bytes.get(at) {
        if let Some((mark, triple)) = quote {
            if byte == b'\\' {
                at += 2;
                continue;
            }
            let closes = byte == mark && (!triple || bytes.get(at..at + 3) == Some(&[mark; 3]));
            if closes || (byte == b'\n' && !triple) {
                quote = None;
                at += if triple { 3 } else { 1 };
                continue;
            }
            at += 1;
            continue;
        }
        if line_start && brackets == 0 {
            let width = bytes.get(at..).unwrap_or(&[]).iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            at += width;
            line_start = false;
            if !matches!(bytes.get(at), None | Some(b'\n' | b'#' | b'\r')) {
                (operators, words) = (0, 0);
                while indents.last().is_some_and(|last| *last > width) {
                    indents.pop();
                }
                if indents.last().is_none_or(|last| *last < width) {
                    indents.push(width);
                }
                if indents.len() > MAX_DEPTH / 2 {
                    return Some(at);
                }
            }
            continue;
        }
        match byte {
            b'#' => {
                at += bytes.get(at..).unwrap_or(&[]).iter().take_while(|b| **b != b'\n').count();
                continue;
            }
            b'\'' | b'"' => {
                let triple = bytes.get(at..at + 3) == Some(&[byte; 3]);
                quote = Some((byte, triple));
                at += if triple { 3 } else { 1 };
                continue;
            }
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b'\n' => line_start = true,
            b',' => (operators, words) = (0, 0),
            b':' => operators = 0,
            b'-' | b'~' | b'+' if matches!(bytes.get(at + 1), Some(b'-' | b'~' | b'+')) => words += 1,
            b'+' | b'-' | b'~' | b'*' | b'/' | b'%' | b'|' | b'&' | b'^' | b'.' | b'=' | b'<' | b'>' => operators += 1,
            b'a'..=b'z' => {
                let word = bytes
                    .get(at..)
                    .unwrap_or(&[])
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                if matches!(bytes.get(at..at + word), Some(b"not" | b"lambda" | b"if" | b"else" | b"await" | b"elif")) {
                    words += 1;
                }
                at += word;
                continue;
            }
            _ => {}
        }
        if brackets > MAX_DEPTH || words > MAX_DEPTH || operators > 5 * MAX_DEPTH {
            return Some(at);
        }
        at += 1;
    }
    None
}
