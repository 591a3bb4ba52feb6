//! One shape for every Elastic format: the keys of Kibana's rule, and `metadata` and `transform` as detection-rules has
//! them beside it.

use super::page;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::source::{Entry, Format, Node, SourceFile, Value, parse_json, parse_ndjson, parse_toml};

/// The rules of a file in canonical shape, each with its own document, and what is to be said about the rest.
pub(super) struct Found {
    pub rules: Vec<(Node, Node)>,
    /// Items of exception lists that stand in the same export.
    pub exceptions: Vec<Node>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds the rules of a file.
pub(super) fn rules(file: &SourceFile, format: Format) -> Found {
    let mut found = Found { rules: Vec::new(), exceptions: Vec::new(), diagnostics: Vec::new() };
    match format {
        Format::ElasticToml => match parse_toml(&file.text) {
            Ok(parsed) => toml(parsed.root, &mut found),
            Err(error) => found.diagnostics.push(error),
        },
        Format::PrebuiltPage => {
            let rule = page::rule(&file.text);
            found.rules.push((rule.clone(), rule));
        }
        _ => json(file, &mut found),
    }
    if found.rules.is_empty() && found.diagnostics.is_empty() {
        let message = "there is no Elastic rule in this file";
        found.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, message));
    }
    found
}

fn toml(root: Node, found: &mut Found) {
    let Some(rule) = root.get("rule").filter(|rule| rule.is_map()) else {
        let message = "there is no table [rule] in this file";
        found.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, message));
        return;
    };
    found.rules.push((flat(rule, &root), root));
}

/// `[rule]` with the tables around it: `new_terms` as Kibana spells it, `metadata` and `transform` beside.
pub(super) fn flat(rule: &Node, root: &Node) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in rule.entries() {
        let terms = &entry.value;
        if entry.key != "new_terms" || !terms.is_map() {
            entries.push(entry.clone());
            continue;
        }
        let named =
            |key: &str, value: &Node| Entry { key: key.to_owned(), key_span: entry.key_span, value: value.clone() };
        entries.extend(terms.get("value").map(|value| named("new_terms_fields", value)));
        let start =
            terms.get("history_window_start").and_then(|list| list.items().first()).and_then(|item| item.get("value"));
        entries.extend(start.map(|value| named("history_window_start", value)));
    }
    for key in ["metadata", "transform"] {
        entries.extend(root.entry(key).cloned());
    }
    Node::new(Value::Map(entries), rule.span)
}

fn json(file: &SourceFile, found: &mut Found) {
    // An export has a document a line; a single document may stretch over lines, whatever the file is called.
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let lines = file.text.lines().filter(|line| !line.trim().is_empty()).take(2).count();
    if lines > 1 && parse_json(first).is_ok() {
        per_line(parse_ndjson(&file.text), found);
        return;
    }
    match parse_json(&file.text) {
        Ok(parsed) => {
            found.diagnostics.extend(parsed.diagnostics);
            document(parsed.root, found);
        }
        // A bad first line must not hide the others.
        Err(error) => {
            let lines = if lines > 1 && file.extension() != "json" { parse_ndjson(&file.text) } else { Vec::new() };
            if lines.iter().any(|line| line.parsed.is_ok()) {
                per_line(lines, found)
            } else {
                found.diagnostics.push(error)
            }
        }
    }
}

fn per_line(lines: Vec<crate::source::NdjsonLine>, found: &mut Found) {
    for line in lines {
        match line.parsed {
            Ok(parsed) => {
                found.diagnostics.extend(parsed.diagnostics);
                document(parsed.root, found);
            }
            Err(error) => found.diagnostics.push(error),
        }
    }
}

fn document(node: Node, found: &mut Found) {
    if let Value::Seq(items) = node.value {
        items.into_iter().for_each(|item| document(item, found));
        return;
    }
    if let Some(data) =
        ["data", "rules", "objects"].iter().find_map(|key| node.get(key)).filter(|data| !data.items().is_empty())
    {
        data.items().iter().for_each(|item| document(item.clone(), found));
        return;
    }
    let has = |key: &str| node.get(key).is_some();
    // A saved object of Fleet's package.
    if let Some(attributes) = node.get("attributes").filter(|inner| inner.get("rule_id").is_some()) {
        return document(attributes.clone(), found);
    }
    if has("exported_count") || has("exported_rules_count") || has("missing_rules") {
        return;
    }
    if has("list_id") && !has("rule_id") {
        if has("entries") {
            found.exceptions.push(node);
        }
        return;
    }
    if has("rule_id") || (has("name") && has("type") && (has("query") || has("risk_score"))) {
        found.rules.push((restored(&node), node));
        return;
    }
    if node.is_map() {
        let message = "this document is no rule and was left alone";
        found.diagnostics.push(Diagnostic::note(codes::source::NOT_A_RULE, message).at(first_line(node.span)));
    } else {
        let message = format!("a rule is an object, and here stands {}", node.kind());
        found.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, message).at(node.span));
    }
}

fn first_line(span: Span) -> Span {
    Span::new(span.start, span.end.min(span.start + 1))
}

/// Kibana's `meta` is free: what detection-rules has beside the rule is kept there by the writer.
fn restored(node: &Node) -> Node {
    let Some(kept) = node.at(&["meta", KEPT_IN]) else { return node.clone() };
    let Value::Map(mut entries) = node.value.clone() else { return node.clone() };
    for key in ["metadata", "transform"] {
        entries.extend(kept.entry(key).cloned());
    }
    Node { value: Value::Map(entries), ..node.clone() }
}

/// The member of `meta` that keeps what Kibana's rule has no place for.
pub(super) const KEPT_IN: &str = "detection_rules";
