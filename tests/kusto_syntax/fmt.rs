//! The laws of the formatter, on every accepted query of the corpus.

use ruleglot::dialect::kusto;
use serde_json::Value;

use crate::judge::{Corpus, judge};

/// The official tree without redundant parentheses.
pub fn without_parentheses(tree: &Value) -> Value {
    match tree {
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(kind), Value::String(_), inner, Value::String(_)] if kind == "ParenthesizedExpression" => {
                without_parentheses(inner)
            }
            _ => Value::Array(parts.iter().map(without_parentheses).collect()),
        },
        other => other.clone(),
    }
}

fn comments(text: &str) -> Vec<String> {
    let pieces = kusto::parse_all(text).unwrap();
    pieces.into_iter().flat_map(|piece| piece.script.comments).map(|comment| comment.text).collect()
}

#[test]
fn formatting_keeps_tokens_and_comments_and_is_stable() {
    let Some(corpus) = Corpus::load() else { return };
    let originals: Vec<&str> =
        corpus.queries.iter().filter(|entry| entry.official_ok).map(|entry| entry.text.as_str()).collect();
    let mut wrong = Vec::new();
    let mut formatted = Vec::new();
    for original in &originals {
        let once = kusto::format(original).unwrap();
        match kusto::format(&once) {
            Ok(twice) if twice == once => {}
            Ok(twice) => wrong.push(format!("not stable:\n{once}\n-- then --\n{twice}")),
            Err(errors) => wrong.push(format!("not accepted: {}\n{once}", errors[0].message)),
        }
        if kusto::parse_all(&once).is_ok() && comments(&once) != comments(original) {
            wrong.push(format!("comments differ:\n{once}"));
        }
        if once.lines().any(|line| line.ends_with(' ') || line.trim().is_empty()) && !original.contains("```") {
            wrong.push(format!("a blank line, or white space at the end of one:\n{once}"));
        }
        formatted.push(once);
    }
    println!("{} queries", originals.len());
    assert!(wrong.is_empty(), "{} wrong, the first:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n====\n"));
    let formatted: Vec<&str> = formatted.iter().map(String::as_str).collect();
    let (Some(before), Some(after)) = (judge(&originals, &["--tree"]), judge(&formatted, &["--tree"])) else { return };
    let mut wrong = Vec::new();
    for ((before, after), (original, formatted)) in before.iter().zip(&after).zip(originals.iter().zip(&formatted)) {
        if after["ok"] != Value::Bool(true) {
            wrong.push(format!("the official parser refuses: {}\n{formatted}", after["first"]));
        } else if without_parentheses(&before["tree"]) != without_parentheses(&after["tree"]) {
            wrong.push(format!("another tree:\n{original}\n-- became --\n{formatted}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong, the first:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n====\n"));
}
