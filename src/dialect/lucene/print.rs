//! Syntax tree → text. One clause a line where a line does not hold them all; words are escaped where Lucene's grammar
//! or Elasticsearch's reading of `<` and `>` demands it.

use super::parse::is_space;
use super::tree::{Body, Bound, Clause, Conjunction, Modifier, Part, Query};
use crate::dialect::layout::{Doc, all, group, nest, render, text};
use crate::dialect::leaf::Leaves;
use std::sync::LazyLock;

/// The leaf operators.
static LEAVES: LazyLock<Leaves> = LazyLock::new(|| {
    Leaves::new(&[
        ("test", include_str!("../../../templates/lucene/test.j2")),
        ("range", include_str!("../../../templates/lucene/range.j2")),
        ("phrase", include_str!("../../../templates/lucene/phrase.j2")),
        ("fuzzy", include_str!("../../../templates/lucene/fuzzy.j2")),
        ("regexp", include_str!("../../../templates/lucene/regexp.j2")),
    ])
});

/// Columns that a line may have.
const WIDTH: usize = 120;

/// Stand behind a backslash for white space while the layout engine, which trims lines, works.
const SPACES: [(char, char); 5] =
    [(' ', '\u{e000}'), ('\t', '\u{e001}'), ('\n', '\u{e002}'), ('\r', '\u{e003}'), ('\u{3000}', '\u{e004}')];

/// The character that stands for this white space; any other character as it is.
fn stand_in(character: char) -> char {
    SPACES.iter().find(|(space, _)| *space == character).map_or(character, |(_, other)| *other)
}

/// The query as text, without a line break at its end.
pub fn print(query: &Query) -> String {
    let laid_out = render(&group(nest(2, clauses(query))), WIDTH);
    let mut out = String::with_capacity(laid_out.len());
    let mut characters = laid_out.chars();
    while let Some(character) = characters.next() {
        out.push(character);
        if character == '\\' {
            let space =
                |escaped| SPACES.iter().find(|(_, other)| *other == escaped).map_or(escaped, |(space, _)| *space);
            out.extend(characters.next().map(space));
        }
    }
    out
}

fn clauses(query: &Query) -> Doc {
    let mut docs = Vec::new();
    for (at, clause) in query.clauses.iter().enumerate() {
        if at > 0 {
            docs.push(text(match clause.conjunction {
                Some(Conjunction::And) => " AND",
                Some(Conjunction::Or) => " OR",
                None => "",
            }));
            docs.push(Doc::Line);
        }
        docs.push(group(shown(clause, query.clauses.len() == 1)));
    }
    Doc::All(docs)
}

/// `alone`: no other clause stands beside it, so that several words need no escape to stay one text.
fn shown(clause: &Clause, alone: bool) -> Doc {
    let before = String::from(match clause.modifier {
        Some(Modifier::Required) => "+",
        Some(Modifier::Minus) => "-",
        Some(Modifier::Not) => "NOT ",
        None => "",
    });
    let tested = |value: &str| match &clause.field {
        Some(field) => LEAVES.write("test", &[("field", &name(&field.name)), ("value", value)]),
        None => value.to_owned(),
    };
    let boost = clause.boost.as_ref().map(|boost| format!("^{boost}")).unwrap_or_default();
    match &clause.body {
        Body::Group(inner) => {
            let (open, close) = (text(before + &tested("(")), text(format!("){boost}")));
            group(all([open, nest(2, all([Doc::Soft, members(inner)])), Doc::Soft, close]))
        }
        Body::Text(words)
            if alone
                && before.is_empty()
                && clause.field.is_none()
                && boost.is_empty()
                && words.split(' ').all(is_plain) =>
        {
            text(words.clone())
        }
        other => text(before + &tested(&body(other)) + &boost),
    }
}

/// The content of a group: a plain list of values is filled, anything else has a clause a line.
fn members(query: &Query) -> Doc {
    let simple = query
        .clauses
        .iter()
        .all(|clause| clause.field.is_none() && clause.modifier.is_none() && !matches!(clause.body, Body::Group(_)));
    if !simple || query.clauses.len() < 2 {
        return clauses(query);
    }
    let mut docs = Vec::new();
    for (at, clause) in query.clauses.iter().enumerate() {
        let behind = match query.clauses.get(at + 1).map(|next| next.conjunction) {
            Some(Some(Conjunction::And)) => " AND",
            Some(Some(Conjunction::Or)) => " OR",
            _ => "",
        };
        docs.push(all([shown(clause, false), text(behind)]));
    }
    Doc::Fill(docs)
}

fn body(body: &Body) -> String {
    match body {
        Body::Group(_) => String::new(),
        Body::Text(text) => bare(text),
        Body::Pattern(parts) => {
            let mut out = String::new();
            for part in parts {
                match part {
                    Part::Any => out.push('*'),
                    Part::One => out.push('?'),
                    Part::Text(text) => text.chars().for_each(|character| escaped(character, &mut out)),
                }
            }
            out
        }
        Body::Phrase { text, slop } => {
            LEAVES.write("phrase", &[("text", &in_quotes(text)), ("slop", slop.as_deref().unwrap_or(""))])
        }
        Body::Fuzzy { text, distance } => LEAVES.write("fuzzy", &[("word", &bare(text)), ("distance", distance)]),
        Body::Regexp(pattern) => LEAVES.write("regexp", &[("pattern", pattern)]),
        Body::Range { low, high, low_included, high_included } => LEAVES.write(
            "range",
            &[
                ("open", if *low_included { "[" } else { "{" }),
                ("low", &bound(low.as_ref())),
                ("high", &bound(high.as_ref())),
                ("close", if *high_included { "]" } else { "}" }),
            ],
        ),
    }
}

/// A field name: the characters of the grammar and wildcards escaped.
pub(super) fn name(name: &str) -> String {
    bare(name)
}

/// A word: escaped so that it is read back the same. A space in it is escaped, too.
fn bare(text: &str) -> String {
    let mut out = String::new();
    if matches!(text, "AND" | "OR" | "NOT" | "&&" | "||") {
        out.push('\\');
        out.push_str(text);
    } else {
        // A comparison sign at the start is one whether it is escaped or not.
        let signs = text.len() - text.trim_start_matches(['<', '>', '=']).len();
        let (signs, rest) = if text.starts_with(['<', '>']) { text.split_at(signs.min(2)) } else { ("", text) };
        out.push_str(signs);
        rest.chars().for_each(|character| escaped(character, &mut out));
    }
    out
}

/// Whether a word needs no escape at all.
pub(super) fn is_plain(word: &str) -> bool {
    let start = |character: char| {
        character.is_alphanumeric() || matches!(character, '_' | '.' | '@' | '$' | '%' | '#' | ',' | ';')
    };
    word.chars().next().is_some_and(start)
        && word.chars().all(|character| start(character) || character == '-')
        && !matches!(word, "AND" | "OR" | "NOT" | "TO")
}

/// A character of a word, with a backslash where it means something: to the grammar, or to Elasticsearch.
fn escaped(character: char, out: &mut String) {
    match character {
        '+' | '=' | '!' | '<' | '>' | '(' | ')' | '{' | '}' | '[' | ']' | '^' | '"' | '~' | '*' | '?' | ':' | '\\'
        | '/' | '&' | '|' => {
            out.push('\\');
            out.push(character);
        }
        // Inside a word a hyphen is one; at its start it means "not".
        '-' if !out.is_empty() && !out.ends_with([' ', '*', '?']) => out.push('-'),
        '-' => out.push_str("\\-"),
        _ if is_space(character) => {
            out.push('\\');
            out.push(stand_in(character));
        }
        _ => out.push(character),
    }
}

/// A text as it stands between quotes.
fn in_quotes(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn bound(bound: Option<&Bound>) -> String {
    match bound {
        None => "*".to_owned(),
        Some(bound)
            if !bound.quoted
                && !bound.text.is_empty()
                && !bound.text.contains([' ', ']', '}', '"', '\\'])
                && bound.text != "*" =>
        {
            bound.text.clone()
        }
        Some(bound) => LEAVES.write("phrase", &[("text", &in_quotes(&bound.text)), ("slop", "")]),
    }
}
