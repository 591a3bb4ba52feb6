//! TOML to the tree.

use super::{Entry, Node, Parsed, Value};
use crate::diagnostic::{Diagnostic, Span, codes};
use toml_edit::{Document, Item, TableLike, Value as Toml};

/// Reads a TOML text. Tables nest at most 80 deep.
///
/// # Errors
/// One diagnostic: the syntax error, or nesting too deep.
pub fn parse_toml(text: &str) -> Result<Parsed, Diagnostic> {
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or("syntax error").to_owned();
        let at = error.span().map_or(Span::new(0, 0), Span::from);
        if message.contains("recurs") {
            return Diagnostic::error(codes::source::FILE_TOO_DEEP, "the file nests deeper than 80 levels").at(at);
        }
        Diagnostic::error(codes::source::TOML, format!("this is no valid TOML: {message}")).at(at)
    })?;
    let root = table(document.as_table(), Span::new(0, text.len()), text);
    Ok(Parsed { root, diagnostics: Vec::new() })
}

fn table(table: &dyn TableLike, span: Span, text: &str) -> Node {
    let entries = table.iter().filter_map(|(name, item)| {
        let key_span = table.get_key_value(name).and_then(|(key, _)| key.span()).map_or(span, Span::from);
        let value = node(item, key_span, text)?;
        Some(Entry { key: name.to_owned(), key_span, value })
    });
    Node::new(Value::Map(entries.collect()), span)
}

fn node(item: &Item, fallback: Span, text: &str) -> Option<Node> {
    let span = item.span().map_or(fallback, Span::from);
    match item {
        Item::None => None,
        Item::Value(inner) => Some(value(inner, fallback, text)),
        Item::Table(inner) => Some(table(inner, span, text)),
        Item::ArrayOfTables(inner) => {
            let items = inner.iter().map(|element| table(element, element.span().map_or(span, Span::from), text));
            Some(Node::new(Value::Seq(items.collect()), span))
        }
    }
}

fn value(item: &Toml, fallback: Span, text: &str) -> Node {
    let span = item.span().map_or(fallback, Span::from);
    let written = || Some(span.text(text).to_owned());
    match item {
        Toml::String(inner) => Node::new(Value::String(inner.value().clone()), span),
        Toml::Integer(inner) => Node { value: Value::Int(*inner.value()), span, written: written() },
        Toml::Float(inner) => Node { value: Value::Float(*inner.value()), span, written: written() },
        Toml::Boolean(inner) => Node::new(Value::Bool(*inner.value()), span),
        Toml::Datetime(inner) => Node::new(Value::String(inner.value().to_string()), span),
        Toml::Array(inner) => {
            Node::new(Value::Seq(inner.iter().map(|element| value(element, span, text)).collect()), span)
        }
        Toml::InlineTable(inner) => table(inner, span, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{QueryText, SourceFile};
    use super::*;

    #[test]
    fn tables_arrays_and_order() {
        let text = "[rule]\nb = 1\na = [\"x\", 'y']\n[[rule.threat]]\nid = \"T1\"\n[[rule.threat]]\nid = \"T2\"\n[rule.\"a.b\"]\nc = { d = true }\n";
        let root = parse_toml(text).unwrap().root;
        assert_eq!(
            root.to_json().to_string(),
            "{\"rule\":{\"b\":1,\"a\":[\"x\",\"y\"],\"threat\":[{\"id\":\"T1\"},{\"id\":\"T2\"}],\"a.b\":{\"c\":{\"d\":true}}}}"
        );
        assert_eq!(root.at(&["rule", "b"]).unwrap().span.text(text), "1");
        assert_eq!(root.at(&["rule"]).unwrap().entry("a").unwrap().key_span.text(text), "a");
    }

    #[test]
    fn bad_toml_is_one_diagnostic() {
        let code = |text: &str| parse_toml(text).unwrap_err().code.name();
        assert_eq!(code("a = [1, 2\n"), "toml");
        assert_eq!(code("a = 1\na = 2\n"), "toml");
        assert_eq!(code(&format!("a = {}", "[".repeat(10_000))), "file-too-deep");
        assert_eq!(code(&format!("[{}]", vec!["a"; 10_000].join("."))), "file-too-deep");
    }

    #[test]
    fn query_offsets_map_to_the_file() {
        for text in [
            "q = '''\nprocess where a == \"\\\\x\"\n  and b\n'''\n",
            "q = \"\"\"\nprocess where a and \\\n   b\n\"\"\"\n",
            "q = \"process where a == \\\"é\\\" and b\"\n",
            "q = 'process and b'\n",
        ] {
            let file = SourceFile::from_text("a.toml", text);
            let query = QueryText::of(&file, parse_toml(text).unwrap().root.get("q").unwrap()).unwrap();
            let at = query.text.rfind('b').unwrap();
            let mapped = query.map.to_file(Span::new(at, at + 1));
            assert_eq!((mapped.text(text), mapped.start), ("b", text.rfind('b').unwrap()), "{text:?}");
            assert_eq!(query.map.to_file(Span::new(0, 7)).text(text), "process");
        }
    }
}
