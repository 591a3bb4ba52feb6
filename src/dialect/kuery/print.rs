//! Syntax tree → text, laid out as a good Elastic engineer would: operators in lower case, one conjunct a line where a
//! line does not hold them all.

use super::parse::is_space;
use super::tree::{Expression, Literal, Part, Query, Values};
use crate::dialect::layout::{Doc, all, group, nest, render, text};
use crate::dialect::leaf::Leaves;
use std::sync::LazyLock;

/// The leaf operators.
static LEAVES: LazyLock<Leaves> = LazyLock::new(|| {
    Leaves::new(&[
        ("test", include_str!("../../../templates/kuery/test.j2")),
        ("range", include_str!("../../../templates/kuery/range.j2")),
    ])
});

/// Columns that a line may have.
const WIDTH: usize = 120;

/// The query as text, without a line break at its end; a query without an expression gives an empty text.
pub fn print(query: &Query) -> String {
    match &query.root {
        Some(root) => render(&group(expression(root, true)), WIDTH),
        None => String::new(),
    }
}

/// `top`: no bracket stands around the expression, so that lines behind the first are indented.
fn expression(shown: &Expression, top: bool) -> Doc {
    match shown {
        Expression::Or(items, _) => operands(items.iter().map(|item| expression(item, false)), " or", top),
        Expression::And(items, _) => operands(items.iter().map(|item| expression(item, false)), " and", top),
        Expression::Not(inner, _) => all([text("not "), expression(inner, false)]),
        Expression::Group(inner, _) => brackets("(", expression(inner, false), ")"),
        Expression::Nested { field, inner, .. } => {
            all([text(name(field)), brackets(":{ ", expression(inner, false), " }")])
        }
        Expression::Range { field, operator, value, .. } => {
            let operands = [("field", &*name(field)), ("operator", operator.text()), ("value", &*literal(value))];
            text(LEAVES.write("range", &operands))
        }
        Expression::Test { field, values: Values::One(value), .. } => {
            text(LEAVES.write("test", &[("field", &name(field)), ("value", &literal(value))]))
        }
        Expression::Test { field, values: tested, .. } => {
            all([text(LEAVES.write("test", &[("field", &name(field)), ("value", "")])), values(tested)])
        }
        Expression::Anywhere(value) => text(literal(value)),
    }
}

/// Operands with the operator at the ends of lines.
fn operands(items: impl Iterator<Item = Doc>, operator: &str, top: bool) -> Doc {
    let mut docs = Vec::new();
    let mut items = items.peekable();
    while let Some(item) = items.next() {
        docs.push(group(item));
        if items.peek().is_some() {
            docs.push(text(operator));
            docs.push(Doc::Line);
        }
    }
    if top { nest(2, Doc::All(docs)) } else { Doc::All(docs) }
}

/// A bracketed part: on one line, else its content indented on lines of its own.
fn brackets(open: &str, inner: Doc, close: &str) -> Doc {
    let (open, close) = (open.to_owned(), close.to_owned());
    let soft = || if open.ends_with(' ') { Doc::Line } else { Doc::Soft };
    group(all([text(open.trim_end()), nest(2, all([soft(), inner])), soft(), text(close.trim_start())]))
}

fn values(shown: &Values) -> Doc {
    match shown {
        Values::One(value) => text(literal(value)),
        Values::Or(items, _) => list(items, "or"),
        Values::And(items, _) => list(items, "and"),
        Values::Not(inner, _) => all([text("not "), values(inner)]),
        Values::Group(inner, _) => brackets("(", values(inner), ")"),
    }
}

/// Values with the operator between them, as many to a line as fit.
fn list(items: &[Values], operator: &str) -> Doc {
    let simple = items.iter().all(|item| matches!(item, Values::One(_)));
    let mut docs = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let last = at + 1 == items.len();
        let joined = if last { values(item) } else { all([values(item), text(format!(" {operator}"))]) };
        if !simple && at > 0 {
            docs.push(Doc::Line);
        }
        docs.push(joined);
    }
    if simple { Doc::Fill(docs) } else { Doc::All(docs) }
}

/// A field name: bare, with the escapes that KQL wants; quoted where it was quoted.
fn name(field: &Literal) -> String {
    literal(field)
}

/// A value as it must be written to be read back the same.
pub(super) fn literal(value: &Literal) -> String {
    if value.quoted || value.parts.is_empty() {
        return quoted(&value.plain());
    }
    let mut out = String::new();
    for part in &value.parts {
        match part {
            Part::Any => out.push('*'),
            Part::Text(text) => unquoted(text, &mut out),
        }
    }
    out
}

/// A text in quotes: backslash and quote escaped, control characters named.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\\' | '"' => {
                out.push('\\');
                out.push(character);
            }
            _ => control(character, &mut out),
        }
    }
    out.push('"');
    out
}

/// A character, or its escape where it cannot be seen.
fn control(character: char, out: &mut String) {
    match character {
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        _ if character.is_control() || character == '\u{a0}' => {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        }
        _ => out.push(character),
    }
}

/// Text outside quotes. A word that the reader would take for an operator has its first letter written as `\uXXXX`,
/// which every reader of KQL takes for a letter.
fn unquoted(text: &str, out: &mut String) {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied();
    let word = |index: usize, word: &str| {
        word.chars()
            .enumerate()
            .all(|(offset, letter)| at(index + offset).is_some_and(|c| c.eq_ignore_ascii_case(&letter)))
            && at(index + word.len()).is_none_or(is_space)
    };
    for (index, character) in characters.iter().copied().enumerate() {
        let before = index == 0 || at(index - 1).is_some_and(is_space);
        match character {
            '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            _ if word(index, "not") || before && (word(index, "or") || word(index, "and")) => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => control(character, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use crate::diagnostic::Span;

    fn back(parts: Vec<Part>, is_quoted: bool) {
        let shown = Literal { parts, quoted: is_quoted, span: Span::default() };
        let text = format!("f:{}", literal(&shown));
        let Some(Expression::Test { values: Values::One(found), .. }) = parse(&text).unwrap().root else {
            panic!("{text}");
        };
        assert_eq!((found.parts, found.quoted), (shown.parts, is_quoted), "{text}");
    }

    #[test]
    fn every_literal_is_read_back_as_it_was() {
        let texts = [
            "a",
            "a b",
            "C:\\Program Files\\..\\tmp",
            "a\"b",
            "a*b",
            "x\ty",
            "(a) {b}",
            "not a",
            "a not b",
            "knot b",
            "a or b",
            "or b",
            "a and",
            "null",
            "\\not a",
            "\\u0041",
            "é\u{a0}ü",
            "?",
            "10.0.0.0/8",
            "a\nb",
            "\\",
            "nothing",
        ];
        for text in texts {
            back(vec![Part::Text(text.to_owned())], true);
            back(vec![Part::Text(text.to_owned())], false);
            back(vec![Part::Any, Part::Text(text.to_owned()), Part::Any], false);
        }
        back(vec![Part::Any, Part::Text(" a ".to_owned()), Part::Any], false);
        back(vec![], true);
    }
}
