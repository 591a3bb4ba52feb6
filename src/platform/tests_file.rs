//! `<rule>.tests.yml`: the tests of a rule whose own format has no place for them.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::TestCase;
use crate::source::{Siblings, SourceFile, parse_yaml, write_yaml};
use serde_json::{Value as Json, json};

/// What stands behind the stem of the rule's file name.
pub const SUFFIX: &str = ".tests.yml";

/// The tests as the text of such a file; `None` where there are none.
pub fn write(tests: &[TestCase]) -> Option<String> {
    if tests.is_empty() {
        return None;
    }
    let tests: Vec<Json> = tests
        .iter()
        .map(|test| {
            // A list is a stream of events, for rules that count or compare.
            let key = if test.event.is_array() { "events" } else { "event" };
            json!({ "name": test.name, "expected": test.expected, key: test.event })
        })
        .collect();
    Some(write_yaml(&json!({ "tests": tests })))
}

/// The tests that stand beside a rule file.
///
/// # Errors
/// One diagnostic where the file is there and cannot be used.
pub fn beside(file: &SourceFile, siblings: &dyn Siblings) -> Result<Vec<TestCase>, Diagnostic> {
    let Some(stem) = file.path.file_stem() else { return Ok(Vec::new()) };
    let name = format!("{}{SUFFIX}", stem.to_string_lossy());
    match siblings.open(&name) {
        None => Ok(Vec::new()),
        Some(opened) => opened.and_then(|tests| read(&tests.text)).map_err(|error| Diagnostic {
            message: format!("the tests in {name} cannot be used: {}", error.message),
            span: None,
            labels: Vec::new(),
            ..error
        }),
    }
}

/// Reads the text of such a file.
///
/// # Errors
/// One diagnostic: no YAML, or a test without `expected`, or without `event` and `events`.
pub fn read(text: &str) -> Result<Vec<TestCase>, Diagnostic> {
    let root = parse_yaml(text)?.root;
    let wrong = |message: &str, span| Diagnostic::error(codes::source::WRONG_TYPE, message).at(span);
    // The list may stand alone, without its key.
    let alone = (!root.items().is_empty()).then_some(&root);
    let Some(tests) = root.get("tests").or(alone) else {
        return Err(wrong("there is no list `tests`", root.span));
    };
    let mut cases = Vec::new();
    for (index, test) in tests.items().iter().enumerate() {
        let expected = test.get("expected").and_then(|flag| flag.as_bool());
        let event = test.get("event").or_else(|| test.get("events"));
        let (Some(expected), Some(event)) = (expected, event) else {
            return Err(wrong("a test needs `expected` (true or false) and `event` or `events`", test.span));
        };
        let name =
            test.get("name").and_then(|name| name.scalar_text()).unwrap_or_else(|| format!("test {}", index + 1));
        cases.push(TestCase { name, event: event.to_json(), expected, mocked: false });
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_read_back() {
        let tests = vec![
            TestCase {
                name: "invite: ok".to_owned(),
                event: json!({"a": {"b": [1, "x\ny"]}}),
                expected: true,
                mocked: false,
            },
            TestCase { name: "other".to_owned(), event: json!({}), expected: false, mocked: false },
        ];
        assert_eq!(read(&write(&tests).unwrap()).unwrap(), tests);
        assert!(read("tests:\n  - name: x\n").is_err());
    }
}
