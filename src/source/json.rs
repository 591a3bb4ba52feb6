//! JSON, with the comments that ARM templates allow, and JSON lines, both ways.

use super::{Entry, MAX_DEPTH, Node, Parsed, Value};
use crate::diagnostic::{Diagnostic, Span, codes};
use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value as Json;
use std::collections::HashMap;

/// Reads a JSON text.
///
/// # Errors
/// One diagnostic: the syntax error, or nesting deeper than [`MAX_DEPTH`].
pub fn parse_json(text: &str) -> Result<Parsed, Diagnostic> {
    parse_at(text, 0)
}

/// A line of an NDJSON text.
#[derive(Debug, Clone, PartialEq)]
pub struct NdjsonLine {
    /// Where the line stands, without its end.
    pub span: Span,
    /// What it holds; spans count in the whole text.
    pub parsed: Result<Parsed, Diagnostic>,
}

/// Reads JSON lines: each line that is not blank is read on its own, so that a bad one does not stop the others.
pub fn parse_ndjson(text: &str) -> Vec<NdjsonLine> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() {
            let start = at + line.len() - line.trim_start().len();
            lines.push(NdjsonLine { span: Span::new(start, start + content.len()), parsed: parse_at(content, start) });
        }
        at += line.len();
    }
    lines
}

/// Ordered JSON with two spaces of indentation and a final line end.
pub fn write_json(json: &Json) -> String {
    format!("{json:#}\n")
}

/// One line a value.
pub fn write_ndjson<'a>(values: impl IntoIterator<Item = &'a Json>) -> String {
    values.into_iter().map(|value| format!("{value}\n")).collect()
}

fn parse_at(text: &str, offset: usize) -> Result<Parsed, Diagnostic> {
    check_depth(text, offset)?;
    let options = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let range = error.range();
        let at = Span::new(range.start.min(text.len()), range.end.min(text.len())).shift(offset);
        let message = error.kind().to_string();
        Diagnostic::error(codes::source::JSON, format!("this is no valid JSON: {message}")).at(at)
    })?;
    let mut diagnostics = Vec::new();
    let root = match parsed.value {
        Some(value) => node(value, offset, &mut diagnostics),
        None => Node::new(Value::Null, Span::new(offset, offset)),
    };
    Ok(Parsed { root, diagnostics })
}

/// Brackets outside of strings, counted before anything recurses.
fn check_depth(text: &str, offset: usize) -> Result<(), Diagnostic> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let message = format!("the file nests deeper than {MAX_DEPTH} levels");
                    let span = Span::new(at, at + 1).shift(offset);
                    return Err(Diagnostic::error(codes::source::FILE_TOO_DEEP, message).at(span));
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn span(range: Range, offset: usize) -> Span {
    Span::new(range.start, range.end).shift(offset)
}

fn node(value: Ast<'_>, offset: usize, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let place = span(value.range(), offset);
    match value {
        Ast::NullKeyword(_) => Node { value: Value::Null, span: place, written: Some("null".to_owned()) },
        Ast::BooleanLit(flag) => Node::new(Value::Bool(flag.value), place),
        Ast::StringLit(text) => Node::new(Value::String(text.value.into_owned()), place),
        Ast::NumberLit(number) => {
            let value = match number.value.parse::<i64>() {
                Ok(whole) => Value::Int(whole),
                Err(_) => Value::Float(number.value.parse().unwrap_or(f64::NAN)),
            };
            Node { value, span: place, written: Some(number.value.to_owned()) }
        }
        Ast::Array(array) => {
            let items = array.elements.into_iter().map(|item| node(item, offset, diagnostics)).collect();
            Node::new(Value::Seq(items), place)
        }
        Ast::Object(object) => {
            let mut entries: Vec<Entry> = Vec::with_capacity(object.properties.len());
            let mut keys: HashMap<String, usize> = HashMap::new();
            for property in object.properties {
                let (key, range) = match property.name {
                    ObjectPropName::String(text) => (text.value.into_owned(), text.range),
                    ObjectPropName::Word(word) => (word.value.to_owned(), word.range),
                };
                let key_span = span(range, offset);
                let entry = Entry { key: key.clone(), key_span, value: node(property.value, offset, diagnostics) };
                match keys.get(&key).and_then(|at| entries.get_mut(*at)) {
                    Some(first) => {
                        let message = format!("the key `{key}` stands twice; the last value counts");
                        let found = Diagnostic::warning(codes::source::DUPLICATE_KEY, message).at(key_span);
                        diagnostics.push(found.label(first.key_span, "first here"));
                        *first = entry;
                    }
                    None => {
                        keys.insert(key, entries.len());
                        entries.push(entry);
                    }
                }
            }
            Node::new(Value::Map(entries), place)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{QueryText, SourceFile};
    use super::*;

    #[test]
    fn order_and_spelling_survive() {
        let parsed = parse_json("{\"b\": 1, \"a\": [1.0, null, true, 1e2], \"c\": 18446744073709551615}").unwrap();
        assert_eq!(
            parsed.root.to_json().to_string(),
            "{\"b\":1,\"a\":[1.0,null,true,\"1e2\"],\"c\":18446744073709551615}"
        );
    }

    #[test]
    fn bad_json_is_one_diagnostic() {
        let code = |text: &str| parse_json(text).unwrap_err().code.name();
        assert_eq!(code("{\"a\": }"), "json");
        assert_eq!(code("{\"a\": [1, 2}"), "json");
        assert_eq!(code("{\"a\": 1,}"), "json");
        assert_eq!(code(&"[".repeat(10_000)), "file-too-deep");
    }

    #[test]
    fn one_bad_line_does_not_stop_the_others() {
        let text = "{\"a\": 1}\n\n{\"a\": \n {\"a\": 2}\n";
        let lines = parse_ndjson(text);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].parsed.is_err());
        let last = lines[2].parsed.as_ref().unwrap();
        assert_eq!(last.root.get("a").unwrap().span.text(text), "2");
    }

    #[test]
    fn query_offsets_map_through_escapes() {
        let text = r#"{"query": "T\r\n| where A == \"\u00e9\\\\x\" and B"}"#;
        let file = SourceFile::from_text("a.json", text);
        let query = QueryText::of(&file, parse_json(text).unwrap().root.get("query").unwrap()).unwrap();
        assert_eq!(query.text, "T\r\n| where A == \"é\\\\x\" and B");
        let at = query.text.find("\"é").unwrap();
        assert_eq!(query.map.to_file(Span::new(at, at + 7)).text(text), r#"\"\u00e9\\\\x\""#);
        assert_eq!(query.map.to_file(Span::new(query.text.len() - 1, query.text.len())).text(text), "B");
    }
}
