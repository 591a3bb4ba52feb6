//! Writes ordered JSON as the YAML that people write: two spaces, block scalars for text of several lines, quotes only
//! where they are needed.

use super::yaml::core_schema;
use serde_json::Value as Json;

/// A mapping, list or scalar as a YAML document with a final line end.
///
/// Strings that any YAML version would read as something else (dates, `on`, `1_000`) are quoted. What is read back is
/// equal to what was given.
pub fn write_yaml(json: &Json) -> String {
    let mut out = String::new();
    match json {
        Json::Object(entries) if !entries.is_empty() => mapping(entries, 0, &mut out),
        Json::Array(items) if !items.is_empty() => sequence(items, 0, &mut out),
        other => {
            out.push_str(inline(other, 0).trim_start());
            out.push('\n');
        }
    }
    out
}

fn mapping(entries: &serde_json::Map<String, Json>, indent: usize, out: &mut String) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 || !out.ends_with("- ") {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&scalar_text(key));
        out.push(':');
        value_after(value, indent, out);
    }
}

fn sequence(items: &[Json], indent: usize, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 || !out.ends_with("- ") {
            out.push_str(&" ".repeat(indent));
        }
        out.push('-');
        match item {
            Json::Object(entries) if !entries.is_empty() => {
                out.push(' ');
                mapping(entries, indent + 2, out);
            }
            Json::Array(inner) if !inner.is_empty() => {
                out.push(' ');
                sequence(inner, indent + 2, out);
            }
            other => {
                out.push_str(&inline(other, indent));
                out.push('\n');
            }
        }
    }
}

/// What stands behind `key:`, its line end included.
fn value_after(value: &Json, indent: usize, out: &mut String) {
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            out.push('\n');
            mapping(entries, indent + 2, out);
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            sequence(items, indent + 2, out);
        }
        other => {
            out.push_str(&inline(other, indent));
            out.push('\n');
        }
    }
}

/// A scalar or empty collection behind `:` or `-`, with the space before it.
fn inline(value: &Json, indent: usize) -> String {
    match value {
        Json::Null => " null".to_owned(),
        Json::Bool(flag) => format!(" {flag}"),
        Json::Number(number) => format!(" {}", number_text(number)),
        Json::Array(_) => " []".to_owned(),
        Json::Object(_) => " {}".to_owned(),
        Json::String(text) => match block(text, indent + 2) {
            Some(block) => format!(" {block}"),
            None => format!(" {}", scalar_text(text)),
        },
    }
}

/// A number so that the core schema reads it back (JSON's `1e20` does; kept as it is).
fn number_text(number: &serde_json::Number) -> String {
    number.to_string()
}

/// A literal block scalar, without its last line end; `None` where the text has one line or cannot stand in one.
fn block(text: &str, indent: usize) -> Option<String> {
    let bad = |next: char| {
        next != '\n'
            && next != '\t'
            && (next.is_control() || matches!(next, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}'))
    };
    if !text.contains('\n') || text.contains(bad) || text.trim().is_empty() {
        return None;
    }
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    let chomp = match ends {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let first = body.split('\n').find(|line| !line.is_empty()).unwrap_or("");
    let leads = first.starts_with([' ', '\t'])
        || body.starts_with('\n') && body.split('\n').any(|line| !line.is_empty() && line.trim().is_empty());
    let explicit = if leads { "2" } else { "" };
    let pad = " ".repeat(indent);
    let mut out = format!("|{explicit}{chomp}");
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&pad);
            out.push_str(line);
        }
    }
    out.push_str(&"\n".repeat(ends.saturating_sub(1)));
    Some(out)
}

fn scalar_text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let simple = !text
        .contains(|next: char| next.is_control() || matches!(next, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}'));
    if simple && (text.contains('\\') || text.contains('"')) && !text.contains('\'') {
        return format!("'{text}'");
    }
    if simple && text.contains(['\\', '"']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            control if control.is_control() || matches!(control, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether a text of one line can stand without quotes and is read as that text by YAML 1.1 and 1.2.
pub fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let safe_first = first.is_alphanumeric()
        || "/_$+.(^;<\\=~".contains(first)
        || (first == '-' && text.len() > 1 && !text.starts_with("- ") && !text.starts_with("---"));
    if !safe_first || text.ends_with([' ', ':']) || text.contains(": ") || text.contains(" #") {
        return false;
    }
    if text.contains(|next: char| next.is_control() || matches!(next, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
        return false;
    }
    if first == '=' && text.len() == 1 || text.starts_with("...") || text.starts_with("<<") {
        return false;
    }
    core_schema(text).is_none() && !old_schema(text)
}

/// What YAML 1.1 takes for something other than text: other words for booleans, dates, base 60, underscores.
fn old_schema(text: &str) -> bool {
    let word = matches!(text.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digit_first = body.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let odd_number = digit_first
        && body.chars().any(|next| next.is_ascii_digit())
        && body.chars().all(|next| next.is_ascii_hexdigit() || "._:xob+-TZt ".contains(next))
        && (body.contains(['_', ':']) || body.starts_with("0b") || body.starts_with("0x") || date(body));
    word || odd_number
}

fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let four = parts.next().is_some_and(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()));
    four && parts
        .next()
        .is_some_and(|month| matches!(month.len(), 1 | 2) && month.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::parse_yaml;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn looks_as_people_write_it() {
        let text = write_yaml(&json!({
            "id": "x", "version": "1.0.0", "enabled": true, "threshold": 0, "on": "yes",
            "tactics": ["Persistence", "T1078.004"], "empty": [], "none": null, "date": "2024-01-01",
            "description": "First.\n\nSecond: line.\n",
            "query": "T\n| where A == \"x\"", "colon": "a: b", "quote": "say \"x\"", "path": "C:\\x", "dash": "-",
            "entityMappings": [{"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "Ip"}]}]
        }));
        let expected = "id: x\nversion: 1.0.0\nenabled: true\nthreshold: 0\n\"on\": \"yes\"\ntactics:\n  - Persistence\n  - T1078.004\nempty: []\nnone: null\ndate: \"2024-01-01\"\ndescription: |\n  First.\n\n  Second: line.\nquery: |-\n  T\n  | where A == \"x\"\ncolon: \"a: b\"\nquote: say \"x\"\npath: C:\\x\ndash: \"-\"\nentityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: Address\n        columnName: Ip\n";
        assert_eq!(text, expected);
    }

    fn json_tree() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            "[ -~\n\t]{0,20}",
            "\\PC{0,12}",
            prop::sample::select(vec![
                "", " ", "\n", "on", "1.0", "0x1", "-", "- a", "a: b", "a #b", "'", "\"", "\\", " x\ny", "x\n\n",
                "\n x", "?", "! x", "&a", "*a", "1e5", "---", "...", "[", "{}", "%a", "@", "`", "|", ">", "null", "~",
                "=", "<<", "a\r\nb", "\u{85}", "\u{feff}", "\tx\ny", " \n\nx", "x\n \n", "\n\n", "12:30:45", "a:",
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            text.clone().prop_map(Json::from)
        ];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::vec((text.clone(), inner), 0..5)
                    .prop_map(|list| Json::Object(list.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(tree in json_tree()) {
            let text = write_yaml(&tree);
            let read = parse_yaml(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
            prop_assert_eq!(read.root.to_json(), tree, "{}", text);
        }
    }
}
