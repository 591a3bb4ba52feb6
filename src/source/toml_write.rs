//! Writes ordered JSON as the TOML of Elastic's detection-rules: plain values first, then tables; `'''` for queries,
//! `"""` for prose of several lines, lists on one line while they fit.

use serde_json::{Map, Value as Json};

/// The width that a list on one line may have.
const WIDTH: usize = 118;

/// A mapping as a TOML document. Null has no spelling in TOML and is left out.
pub fn write_toml(root: &Map<String, Json>) -> String {
    let mut out = String::new();
    table(root, &mut Vec::new(), false, &mut out);
    out
}

/// Whether a value is written as a table or an array of tables of its own.
fn is_table(value: &Json) -> bool {
    match value {
        Json::Object(_) => true,
        Json::Array(items) => !items.is_empty() && items.iter().all(Json::is_object),
        _ => false,
    }
}

/// One blank line before what comes, except at the top.
fn blank_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn table(entries: &Map<String, Json>, path: &mut Vec<String>, element: bool, out: &mut String) {
    let plain: Vec<_> = entries.iter().filter(|(_, value)| !is_table(value) && !value.is_null()).collect();
    let tables: Vec<_> = entries.iter().filter(|(_, value)| is_table(value)).collect();
    if !path.is_empty() && (element || !plain.is_empty() || tables.is_empty()) {
        let name = path.join(".");
        let (open, close) = if element { ("[[", "]]") } else { ("[", "]") };
        blank_line(out);
        out.push_str(&format!("{open}{name}{close}\n"));
    }
    for (name, value) in plain {
        let text =
            if name == "query" || name == "threat_query" { query(value) } else { written(value, key(name).len() + 3) };
        if name == "query" && text.starts_with("'''") {
            blank_line(out);
        }
        out.push_str(&format!("{} = {text}\n", key(name)));
    }
    for (name, value) in tables {
        path.push(key(name));
        match value {
            Json::Object(inner) => table(inner, path, false, out),
            Json::Array(items) => {
                for inner in items.iter().filter_map(Json::as_object) {
                    table(inner, path, true, out);
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { name.to_owned() } else { basic(name) }
}

/// A query: a literal block, so that backslashes stay as they are.
fn query(value: &Json) -> String {
    match value.as_str() {
        Some(text) if literal_fits(text) => format!("'''\n{text}'''"),
        _ => written(value, 0),
    }
}

fn literal_fits(text: &str) -> bool {
    !text.contains("'''")
        && !text.ends_with('\'')
        && !text.contains(|next: char| next.is_control() && next != '\n' && next != '\t')
}

/// A value; `column` is how far to the right it starts.
fn written(value: &Json, column: usize) -> String {
    match value {
        Json::String(text) if text.contains('\n') => prose(text),
        Json::String(text) => basic(text),
        Json::Array(items) => list(items, column),
        Json::Object(entries) => {
            let members = entries.iter().filter(|(_, value)| !value.is_null());
            let members: Vec<_> = members.map(|(name, value)| format!("{} = {}", key(name), single(value))).collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
        }
        Json::Number(number) => number_text(number),
        other => other.to_string(),
    }
}

/// TOML's integers have 64 bits with a sign; anything larger is written as a fraction.
fn number_text(number: &serde_json::Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(_)) if number.is_f64() => number.to_string(),
        (None, Some(float)) => format!("{float:.1}"),
        (None, None) => number.to_string(),
    }
}

/// A value inside a list or inline table, always on one line except for prose.
fn single(value: &Json) -> String {
    match value {
        Json::String(text) => basic(text),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().filter(|item| !item.is_null()).map(single).collect();
            format!("[{}]", items.join(", "))
        }
        other => written(other, 0),
    }
}

fn list(items: &[Json], column: usize) -> String {
    let line: Vec<_> = items.iter().filter(|item| !item.is_null()).map(single).collect();
    let one = format!("[{}]", line.join(", "));
    let prose_inside = items.iter().any(|item| item.as_str().is_some_and(|text| text.contains('\n')));
    if !prose_inside && column + one.len() <= WIDTH {
        return one;
    }
    let mut out = String::from("[\n");
    for item in items.iter().filter(|item| !item.is_null()) {
        let text = match item {
            Json::String(text) if text.contains('\n') => prose(text),
            other => single(other),
        };
        out.push_str(&format!("    {text},\n"));
    }
    out.push(']');
    out
}

/// Text of several lines in a basic block: only what must be escaped is.
fn prose(text: &str) -> String {
    let mut out = String::from("\"\"\"");
    if !text.starts_with(['#', ' ']) || text.starts_with('\n') {
        out.push('\n');
    }
    let mut quotes = 0;
    for next in text.chars() {
        quotes = if next == '"' { quotes + 1 } else { 0 };
        match next {
            '"' if quotes == 3 => {
                out.push_str("\\\"");
                quotes = 0;
            }
            '\\' => out.push_str("\\\\"),
            '\n' | '\t' => out.push(next),
            control if control.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    if quotes > 0 {
        out.pop();
        out.push_str("\\\"");
    }
    out.push_str("\"\"\"");
    out
}

fn basic(text: &str) -> String {
    let mut out = String::from("\"");
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            control if control.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse_toml;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn looks_like_detection_rules() {
        let rule = json!({
            "metadata": {"creation_date": "2026/01/02", "maturity": "production"},
            "rule": {
                "author": ["x"], "description": "One line.\nTwo.\n", "risk_score": 21, "from": "now-9m",
                "query": "process where a == \"C:\\\\x\"\n",
                "threat": [{"framework": "MITRE ATT&CK",
                    "technique": [{"id": "T1", "subtechnique": [{"id": "T1.001"}]}],
                    "tactic": {"id": "TA1"}}],
            }
        });
        let text = write_toml(rule.as_object().unwrap());
        let expected = "[metadata]\ncreation_date = \"2026/01/02\"\nmaturity = \"production\"\n\n[rule]\nauthor = [\"x\"]\ndescription = \"\"\"\nOne line.\nTwo.\n\"\"\"\nrisk_score = 21\nfrom = \"now-9m\"\n\nquery = '''\nprocess where a == \"C:\\\\x\"\n'''\n\n[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n\n[[rule.threat.technique]]\nid = \"T1\"\n\n[[rule.threat.technique.subtechnique]]\nid = \"T1.001\"\n\n[rule.threat.tactic]\nid = \"TA1\"\n";
        assert_eq!(text, expected);
    }

    fn json_tree() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            "[ -~\n\t]{0,16}",
            "\\PC{0,10}",
            "[\"'\\\\\n\r]{0,8}",
            Just("''' \"\"\"\n".to_owned()),
            Just("\n\n\nx\n\n\n".to_owned())
        ];
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            text.clone().prop_map(Json::from)
        ];
        let name = prop_oneof!["[a-z]{1,4}", Just("query".to_owned()), Just("a.b".to_owned())];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::vec((name.clone(), inner), 0..5)
                    .prop_map(|list| Json::Object(list.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(tree in prop::collection::vec(("[a-z]{1,4}", json_tree()), 0..5)) {
            let root: Map<String, Json> = tree.into_iter().collect();
            let text = write_toml(&root);
            let read = parse_toml(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
            prop_assert_eq!(read.root.to_json(), Json::Object(root), "{}", text);
        }
    }
}
