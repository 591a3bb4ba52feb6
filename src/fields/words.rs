//! Words of a command line: a list on one platform, one text with blanks between them on another.
//!
//! `process.args` holds the words that a process was started with; Defender and Panther keep the line. A test of one
//! word becomes a search of the line for it between blanks or quotes (spec/field-doubts.md, `proc.args`). What the
//! shell did with quotes and blanks inside a word is not known there, so such rows are never exact.

use super::schema::{Row, Schema};
use crate::model::{Anchor, Case, Expr, PlatformId, RegexFlavour, TestKind, Value, WildcardPart, regex_text};
use serde_json::Value as Json;

/// What stands before a word of a line: nothing, a blank or a quote.
const BEFORE: &str = r#"(^|[\s"])"#;
/// What stands behind a word.
const BEHIND: &str = r#"([\s"]|$)"#;

/// A test of one word as a test of the line. `None` where the line cannot answer it.
pub(super) fn in_line(kind: &TestKind) -> Option<TestKind> {
    Some(match kind {
        TestKind::Equals { value, case, .. } => search(format!("{BEFORE}{}{BEHIND}", quoted(value)?), *case),
        TestKind::In { values, case, .. } => {
            let words: Vec<String> = values.iter().map(quoted).collect::<Option<_>>()?;
            search(format!("{BEFORE}({}){BEHIND}", words.join("|")), *case)
        }
        TestKind::StartsWith { value, case } => search(format!("{BEFORE}{}", quoted(value)?), *case),
        TestKind::EndsWith { value, case } => search(format!("{}{BEHIND}", quoted(value)?), *case),
        TestKind::Wildcard { pattern, case } => wildcard(pattern, *case),
        TestKind::Contains { .. } | TestKind::Present | TestKind::KeyPresent => kind.clone(),
        _ => return None,
    })
}

fn wildcard(pattern: &[WildcardPart], case: Case) -> TestKind {
    let open = |part: Option<&WildcardPart>| part == Some(&WildcardPart::Many);
    let inner: String = pattern
        .iter()
        .enumerate()
        .filter(|(at, part)| **part != WildcardPart::Many || (*at > 0 && at + 1 < pattern.len()))
        .map(|(_, part)| match part {
            WildcardPart::Text(text) => regex_text(text),
            WildcardPart::Many => ".*".to_owned(),
            WildcardPart::One => ".".to_owned(),
        })
        .collect();
    if let [WildcardPart::Many, WildcardPart::Text(text), WildcardPart::Many] = pattern {
        return TestKind::Contains { value: Expr::text(text.clone()), case };
    }
    let before = if open(pattern.first()) { "" } else { BEFORE };
    let behind = if open(pattern.last()) { "" } else { BEHIND };
    search(format!("{before}{inner}{behind}"), case)
}

fn search(pattern: String, case: Case) -> TestKind {
    TestKind::Regex { pattern: Expr::text(pattern), flavour: RegexFlavour::Re2, anchor: Anchor::Search, case }
}

fn quoted(value: &Expr) -> Option<String> {
    match value.as_literal()? {
        Value::String(text) if !text.is_empty() => Some(regex_text(text)),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A test of a file's extension as tests of which one must hold of the whole name. `None` where the name cannot answer
/// it. An extension is what follows the last dot.
pub(super) fn as_ending(kind: &TestKind) -> Option<Vec<TestKind>> {
    let ending = |value: &Expr, case: Case| match value.as_literal()? {
        Value::String(text) if !text.is_empty() && !text.contains('.') => {
            Some(TestKind::EndsWith { value: Expr::text(format!(".{text}")), case })
        }
        _ => None,
    };
    match kind {
        TestKind::Equals { value, case, .. } => Some(vec![ending(value, *case)?]),
        TestKind::In { values, case, .. } => values.iter().map(|value| ending(value, *case)).collect(),
        TestKind::Wildcard { pattern, case } => {
            if pattern.iter().any(|part| matches!(part, WildcardPart::Text(text) if text.contains('.'))) {
                return None;
            }
            let inner: String = pattern
                .iter()
                .map(|part| match part {
                    WildcardPart::Text(text) => regex_text(text),
                    WildcardPart::Many => "[^.]*".to_owned(),
                    WildcardPart::One => "[^.]".to_owned(),
                })
                .collect();
            Some(vec![search(format!(r"\.{inner}$"), *case)])
        }
        TestKind::StartsWith { value, case } => {
            let text = quoted(value)?;
            (!text.contains('.')).then(|| vec![search(format!(r"\.{text}[^.]*$"), *case)])
        }
        TestKind::Present | TestKind::KeyPresent => {
            Some(vec![TestKind::Contains { value: Expr::text("."), case: Case::Sensitive }])
        }
        _ => None,
    }
}

/// An event in which words and line go together where only one of them is given, and a name and its extension always.
pub(super) fn completed(event: &Json, schema: &Schema) -> Json {
    let mut event = event.clone();
    for row in schema.rows.iter().filter(|row| !row.extension.is_empty()) {
        let Some(whole) = whole_of(row, schema) else { continue };
        let known = |path: &str| event.pointer(path).and_then(Json::as_str).map(str::to_owned);
        match (known(&pointer(row)), known(&pointer(whole))) {
            (_, Some(name)) => {
                let ending = name.rsplit_once('.').map_or(Json::Null, |(_, ending)| Json::String(ending.to_owned()));
                crate::fields::project::set(&mut event, &row.name, ending);
            }
            (Some(ending), None) => {
                crate::fields::project::set(&mut event, &whole.name, Json::String(format!("file.{ending}")));
            }
            (None, None) => {}
        }
    }
    for row in schema.rows.iter().filter(|row| !row.one_line.is_empty()) {
        let Some(line) = line_of(row, schema) else { continue };
        let (words, text) = (pointer(row), pointer(line));
        let known = |path: &str| event.pointer(path).filter(|value| !value.is_null()).cloned();
        match (known(&words), known(&text)) {
            (Some(given), None) => {
                let given = match &given {
                    Json::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(" "),
                    other => word(other),
                };
                crate::fields::project::set(&mut event, &line.name, Json::String(given));
            }
            (None, Some(Json::String(given))) => {
                let given = given.split_whitespace().map(|word| Json::String(word.to_owned())).collect();
                crate::fields::project::set(&mut event, &row.name, Json::Array(given));
            }
            _ => {}
        }
    }
    event
}

/// The row of the whole line on a platform where the words are not kept apart.
pub(super) fn line_of<'a>(row: &Row, schema: &'a Schema) -> Option<&'a Row> {
    let platform = row.one_line.first()?;
    let path = row.paths.get(platform)?;
    schema.rows.iter().find(|other| other.one_line.is_empty() && other.paths.get(platform) == Some(path))
}

/// The row of the whole name on a platform that has no extension of its own.
fn whole_of<'a>(row: &Row, schema: &'a Schema) -> Option<&'a Row> {
    let platform = row.extension.first()?;
    let path = row.paths.get(platform)?;
    schema.rows.iter().find(|other| other.extension.is_empty() && other.paths.get(platform) == Some(path))
}

/// Whether a row's words stand in one line on the platform.
pub(super) fn is_line(row: &Row, platform: PlatformId) -> bool {
    row.one_line.contains(&platform)
}

fn word(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pointer(row: &Row) -> String {
    row.name.0.iter().map(|segment| format!("/{}", segment_text(segment))).collect()
}

fn segment_text(segment: &crate::model::Segment) -> String {
    match segment {
        crate::model::Segment::Key(key) => key.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Schemas, project};
    use crate::model::Typing;
    use serde_json::json;

    fn pattern(kind: &TestKind) -> String {
        match in_line(kind) {
            Some(TestKind::Regex { pattern: Expr::Literal(Value::String(text)), .. }) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_word_is_found_between_blanks_and_quotes_only() {
        let kind = TestKind::Equals { value: Expr::text("-enc"), case: Case::Sensitive, typing: Typing::Typed };
        let found = regex::Regex::new(&pattern(&kind)).unwrap();
        for (line, expected) in [
            ("powershell.exe -enc AAAA", true),
            ("-enc", true),
            (r#"cmd "-enc""#, true),
            ("powershell.exe -encoded AAAA", false),
            ("x-enc y", false),
        ] {
            assert_eq!(found.is_match(line), expected, "{line}");
        }
        let list = TestKind::In {
            values: vec![Expr::text("/add"), Expr::text("a.b")],
            case: Case::Ignore,
            typing: Typing::Typed,
        };
        assert_eq!(pattern(&list), r#"(^|[\s"])(/add|a\.b)([\s"]|$)"#);
        let wild = |pattern: Vec<WildcardPart>| TestKind::Wildcard { pattern, case: Case::Ignore };
        let text = |text: &str| WildcardPart::Text(text.to_owned());
        assert_eq!(pattern(&wild(vec![text("-e"), WildcardPart::Many])), r#"(^|[\s"])-e"#);
        assert!(matches!(
            in_line(&wild(vec![WildcardPart::Many, text("http"), WildcardPart::Many])),
            Some(TestKind::Contains { .. })
        ));
        assert_eq!(in_line(&TestKind::Cidr { networks: vec!["10.0.0.0/8".to_owned()] }), None);
    }

    #[test]
    fn a_name_and_its_extension_are_told_together() {
        let schema = Schemas::built_in().get("endpoint_file").unwrap();
        let event = json!({"kind": "created", "file": {"extension": "exe"}});
        assert_eq!(project(&event, schema, PlatformId::Sentinel)["FileName"], "file.exe");
        let event = json!({"kind": "created", "file": {"name": "a.tar.gz"}});
        assert_eq!(project(&event, schema, PlatformId::Elastic)["file"]["extension"], "gz");
    }

    #[test]
    fn words_and_line_are_told_together() {
        let schema = Schemas::built_in().get("endpoint_process").unwrap();
        let event = json!({"proc": {"args": ["net.exe", "user", "/add"]}});
        assert_eq!(project(&event, schema, PlatformId::Sentinel)["ProcessCommandLine"], "net.exe user /add");
        let event = json!({"proc": {"cmd": "net.exe  user"}});
        assert_eq!(project(&event, schema, PlatformId::Elastic)["process"]["args"], json!(["net.exe", "user"]));
    }
}
