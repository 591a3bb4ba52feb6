//! Key specifiers, and the fields inside an alert title.

use crate::diagnostic::codes::panther as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{FieldPath, Segment};
use crate::source::{Node, Value};
use pest::Parser;

#[derive(pest_derive::Parser)]
#[grammar = "grammars/panther.pest"]
struct Grammar;

/// The names of the key specifiers.
pub(super) const KEYS: [&str; 4] = ["Key", "DeepKey", "KeyPath", "Enrichment"];

/// The longest key path, in bytes.
const MAX_PATH: usize = 4096;

fn bad(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_KEY, message).at(span)
}

/// The path of a mapping's key specifier; `Ok(None)` where it has none.
pub(super) fn of(node: &Node) -> Result<Option<FieldPath>, Diagnostic> {
    let mut found = KEYS.iter().filter_map(|name| node.entry(name));
    let Some(entry) = found.next() else { return Ok(None) };
    if let Some(second) = found.next() {
        return Err(bad(format!("{} and {} both name the key", entry.key, second.key), second.key_span));
    }
    let value = &entry.value;
    match entry.key.as_str() {
        "Key" => match value.scalar_text() {
            Some(key) => Ok(Some(FieldPath(vec![Segment::Key(key)]))),
            None => Err(bad(format!("Key is {}, not text", value.kind()), value.span)),
        },
        "DeepKey" => {
            let mut segments = Vec::new();
            for part in value.items() {
                segments.push(match &part.value {
                    Value::Int(index) => Segment::Index(*index),
                    Value::String(key) => Segment::Key(key.clone()),
                    _ => return Err(bad("a part of DeepKey is neither text nor a whole number", part.span)),
                });
            }
            if segments.is_empty() {
                return Err(bad("DeepKey takes a list of names and indexes", value.span));
            }
            Ok(Some(FieldPath(segments)))
        }
        "KeyPath" => match value.as_str() {
            Some(text) => parse_path(text, value.span).map(Some),
            None => Err(bad(format!("KeyPath is {}, not text", value.kind()), value.span)),
        },
        _ => {
            let part = |name: &str| {
                value
                    .get(name)
                    .and_then(Node::as_str)
                    .ok_or_else(|| bad(format!("Enrichment has no {name}"), value.span))
            };
            let mut path = FieldPath::keys(["p_enrichment", part("Table")?, part("Selector")?]);
            path.0.extend(parse_path(part("FieldPath")?, value.span)?.0);
            Ok(Some(path))
        }
    }
}

/// Reads `a.b[0].c`.
pub(super) fn parse_path(text: &str, span: Span) -> Result<FieldPath, Diagnostic> {
    if text.len() > MAX_PATH {
        return Err(bad(format!("the key path has {} bytes", text.len()), span));
    }
    let mut pairs = Grammar::parse(Rule::key_path, text).map_err(|error| {
        let at = match error.location {
            pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
        };
        let rest: String = text.get(at..).unwrap_or("").chars().take(8).collect();
        let found = if rest.is_empty() { "its end".to_owned() } else { format!("`{rest}`") };
        bad(format!("`{text}` is no key path: a name, an index or `[*]` is missing at {found}"), span)
    })?;
    let mut segments = Vec::new();
    for part in pairs.next().into_iter().flat_map(pest::iterators::Pair::into_inner) {
        let text = part.as_str();
        segments.push(match part.as_rule() {
            Rule::bare => Segment::Key(text.to_owned()),
            Rule::quoted | Rule::single => {
                let inner = part.into_inner().next().map_or("", |inner| inner.as_str());
                let mut key = String::new();
                let mut letters = inner.chars();
                while let Some(letter) = letters.next() {
                    key.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
                }
                Segment::Key(key)
            }
            Rule::every => Segment::Any,
            Rule::index => {
                let digits = text.trim_matches(|letter| letter == '[' || letter == ']');
                Segment::Index(digits.parse().map_err(|_| bad("the index is too large", span))?)
            }
            _ => continue,
        });
    }
    Ok(FieldPath(segments))
}

/// A piece of an alert title.
pub(super) enum Piece {
    Text(String),
    Field(FieldPath),
}

/// The pieces of an alert title; what stands in braces and is no key path stays text.
pub(super) fn title(text: &str) -> Vec<Piece> {
    let whole = || vec![Piece::Text(text.to_owned())];
    let Ok(mut pairs) = Grammar::parse(Rule::title, text) else { return whole() };
    let mut pieces: Vec<Piece> = Vec::new();
    for part in pairs.next().into_iter().flat_map(pest::iterators::Pair::into_inner) {
        match part.as_rule() {
            Rule::interpolation => {
                let inner = part.clone().into_inner().next().map_or("", |path| path.as_str());
                match parse_path(inner.trim(), Span::default()) {
                    Ok(path) => pieces.push(Piece::Field(path)),
                    Err(_) => pieces.push(Piece::Text(part.as_str().to_owned())),
                }
            }
            Rule::text => pieces.push(Piece::Text(part.as_str().to_owned())),
            _ => {}
        }
    }
    pieces
}

/// A path as Panther's YAML names it: one plain key, else a key path. `None` where it has no name for it.
pub(super) fn write(path: &FieldPath) -> Option<(&'static str, String)> {
    match path.0.as_slice() {
        [] => None,
        [Segment::Key(key)] => Some(("Key", key.clone())),
        segments => {
            let mut text = String::new();
            for (at, segment) in segments.iter().enumerate() {
                match segment {
                    Segment::Key(key) if key.is_empty() => return None,
                    Segment::Key(key) => {
                        if at > 0 {
                            text.push('.');
                        }
                        let plain = key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                        if plain {
                            text.push_str(key);
                        } else {
                            text.push_str(&format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")));
                        }
                    }
                    Segment::Index(index) => text.push_str(&format!("[{index}]")),
                    Segment::Any => text.push_str("[*]"),
                    Segment::KeyPattern(_) | Segment::Paired { .. } | Segment::Json => return None,
                }
            }
            Some(("KeyPath", text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_paths_read_and_write() {
        for (text, segments) in [
            (
                "a.b[0].c",
                vec![Segment::Key("a".into()), Segment::Key("b".into()), Segment::Index(0), Segment::Key("c".into())],
            ),
            ("foo[*].bar", vec![Segment::Key("foo".into()), Segment::Any, Segment::Key("bar".into())]),
            ("\"foo-bar\".x", vec![Segment::Key("foo-bar".into()), Segment::Key("x".into())]),
            ("a[-1]", vec![Segment::Key("a".into()), Segment::Index(-1)]),
        ] {
            let path = parse_path(text, Span::default()).unwrap();
            assert_eq!(path.0, segments, "{text}");
            assert_eq!(write(&path), Some(("KeyPath", text.to_owned())));
        }
        assert_eq!(parse_path("foo-bar.x", Span::default()).unwrap(), FieldPath::keys(["foo-bar", "x"]));
        assert_eq!(parse_path("a['odd.key']", Span::default()).unwrap(), FieldPath::keys(["a", "odd.key"]));
        for wrong in ["", "a..b", "a.", "a[", "a[x]", ".a", "a]b"] {
            assert_eq!(parse_path(wrong, Span::default()).unwrap_err().code, codes::BAD_KEY, "{wrong}");
        }
    }

    #[test]
    fn titles_hold_fields_in_braces() {
        let shown: Vec<String> = title("User [{actor.name}] did {x {y}")
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Field(path) => format!("<{path}>"),
            })
            .collect();
        assert_eq!(shown.concat(), "User [<actor.name>] did {x <y>");
    }
}
