//! A YAML file of Panther → rules, and the logic of each.

use super::rule;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::dialect::panther::{read_alerting, read_filters};
use crate::model::{Detection, Logic, PlatformId, Predicate, Test, walk};
use crate::platform::read::{RawQuery, RawRule, ReadEnv, ReadRule, RuleFile, query_logic, unread_logic};
use crate::source::{Format, Node, QueryText, SourceFile, parse_yaml};

/// What a document is by its `AnalysisType`.
fn kind(root: &Node) -> String {
    match root.get("AnalysisType").and_then(Node::scalar_text) {
        Some(kind) => kind,
        None if root.get("PolicyID").is_some() => "policy".to_owned(),
        None => "rule".to_owned(),
    }
}

/// Reads everything but the logic.
pub(super) fn rules(file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
    let parsed = match parse_yaml(&file.text) {
        Ok(parsed) => parsed,
        Err(error) => return RuleFile::failed(error),
    };
    let mut read = RuleFile { rules: Vec::new(), diagnostics: parsed.diagnostics };
    let root = parsed.root;
    if !root.is_map() {
        let message = format!("a rule is a mapping, and here stands {}", root.kind());
        read.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, message).at(root.span));
        return read;
    }
    let kind = kind(&root);
    match kind.as_str() {
        "rule" | "scheduled_rule" | "policy" | "correlation_rule" | "scheduled_query" | "saved_query" => {}
        "pack" | "global" | "datamodel" | "lookup_table" | "scheduled_prompt" => {
            let message = format!("this is a {} of Panther, no rule", kind.replace('_', " "));
            read.diagnostics.push(Diagnostic::note(codes::source::NOT_A_RULE, message));
            return read;
        }
        other => {
            let message = format!("`{other}` is no AnalysisType of Panther");
            let at = root.get("AnalysisType").map_or(root.span, |node| node.span);
            read.diagnostics.push(Diagnostic::error(codes::source::UNKNOWN_VALUE, message).at(at));
            return read;
        }
    }
    let mut diagnostics = Vec::new();
    let detection = rule::detection(&root, &kind, &mut diagnostics);
    let query = query(file, &root, &kind, env, &mut diagnostics);
    read.rules.push(RawRule { detection, query, node: root, format, diagnostics });
    read
}

/// The query of a rule: its Python file, or its own `Detection:`.
fn query(
    file: &SourceFile,
    root: &Node,
    kind: &str,
    env: &ReadEnv<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RawQuery> {
    if !matches!(kind, "rule" | "scheduled_rule" | "policy") {
        return None;
    }
    if root.get("Detection").is_some() {
        return Some(RawQuery { dialect: "panther".to_owned(), text: QueryText::whole(file), file: None });
    }
    let named = root.get("Filename")?;
    let name = named.scalar_text().unwrap_or_default();
    match env.siblings.open(&name) {
        Some(Ok(code)) => {
            Some(RawQuery { dialect: "python".to_owned(), text: QueryText::whole(&code), file: Some(code) })
        }
        Some(Err(error)) => {
            let message = format!("{name} cannot be used: {}", error.message);
            diagnostics.push(Diagnostic { message, span: Some(named.span), labels: Vec::new(), ..error });
            None
        }
        None => {
            let message = format!("{name} does not stand beside the rule");
            diagnostics.push(Diagnostic::error(codes::panther::CODE_MISSING, message).at(named.span));
            None
        }
    }
}

/// Reads the logic.
pub(super) fn logic(raw: RawRule, env: &ReadEnv<'_>) -> ReadRule {
    let RawRule { mut detection, query, node, format, mut diagnostics } = raw;
    match &query {
        Some(query) => {
            let own = detection.alerting.dedup.take();
            diagnostics.extend(query_logic(&mut detection, query, PlatformId::Panther, env));
            // Periods stand in the YAML, groups in the code: both make the one dedup of the rule.
            detection.alerting.dedup = match (own, detection.alerting.dedup.take()) {
                (Some(own), Some(found)) => Some(crate::model::Dedup {
                    window: own.window.or(found.window),
                    threshold: own.threshold.or(found.threshold),
                    ..found
                }),
                (own, found) => own.or(found),
            };
            if query.dialect == "python" {
                beside_python(&node, &mut detection, &mut diagnostics, env);
            }
        }
        None => without_query(&node, &mut detection),
    }
    ReadRule { bundle: detection.into(), query, format, diagnostics }
}

/// Inline filters stand before the Python; what is wrong in them leaves the logic unread.
fn beside_python(node: &Node, detection: &mut Detection, diagnostics: &mut Vec<Diagnostic>, env: &ReadEnv<'_>) {
    let sources: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    let types = env.types.types(PlatformId::Panther, &sources);
    if node.get("AlertTitle").is_some() || node.get("GroupBy").is_some() || node.get("DynamicSeverities").is_some() {
        // A derived rule may state these beside the code of its base.
        let (alerting, outputs, found) = read_alerting(node, types.as_ref());
        diagnostics.extend(found);
        detection.alerting.title = alerting.title.or(detection.alerting.title.take());
        detection.outputs.extend(outputs);
    }
    let Some(filters) = node.get("InlineFilters") else { return };
    match read_filters(filters, types.as_ref()) {
        Ok(Predicate::All(items)) if items.is_empty() => {}
        Ok(filter) => {
            if let Some(condition) = detection.logic.as_filter() {
                let span = match &detection.logic {
                    Logic::Pipeline(pipeline) => pipeline.steps.first().map(|step| step.span).unwrap_or_default(),
                    _ => Span::default(),
                };
                let all = Predicate::all([without_spans(filter), condition]);
                detection.logic = Logic::filter(all, span);
            }
        }
        Err(found) => {
            diagnostics.extend(found);
            let reason = "the rule's InlineFilters cannot be read";
            unread_logic(detection, codes::panther::BAD_EXPRESSION, reason, None, "InlineFilters");
        }
    }
}

/// The same condition without places: they would count in another file than those of the Python.
fn without_spans(predicate: Predicate) -> Predicate {
    struct Strip;
    impl walk::Fold for Strip {
        fn test(&mut self, mut test: Test) -> Predicate {
            test.span = Span::default();
            Predicate::Test(walk::test_parts(self, test))
        }
    }
    walk::Fold::predicate(&mut Strip, predicate)
}

/// Logic that no dialect reads, by its name (rule 5).
fn without_query(node: &Node, detection: &mut Detection) {
    let text = |key: &str| node.get(key).and_then(Node::scalar_text);
    let sql = ["Query", "SnowflakeQuery", "AthenaQuery", "DatabricksQuery"]
        .into_iter()
        .find_map(|key| node.get(key).map(|found| (key, found)));
    let (code, reason, at, written) = if kind(node) == "correlation_rule" {
        let shape = node.get("Detection").map(Node::items).and_then(<[Node]>::first);
        let name = if shape.is_some_and(|shape| shape.get("Sequence").is_some()) { "Sequence" } else { "Group" };
        let reason = format!("a correlation rule ({name}) over the matches of other rules is not read yet");
        (codes::panther::CORRELATION_UNREAD, reason, node.get("Detection").map(|found| found.span), String::new())
    } else if let Some((key, found)) = sql {
        let reason = format!("a query in SQL ({key}) is not read yet");
        (codes::panther::SQL_UNREAD, reason, Some(found.span), found.scalar_text().unwrap_or_default())
    } else if let Some(base) = text("BaseDetection") {
        let reason = format!("the rule is derived from {base}, whose logic stands elsewhere");
        (codes::panther::DERIVED_UNREAD, reason, node.get("BaseDetection").map(|found| found.span), base)
    } else if let Some(name) = text("Filename") {
        let reason = format!("{name} cannot be read");
        (codes::panther::CODE_MISSING, reason, node.get("Filename").map(|found| found.span), name)
    } else {
        let reason = "the rule has neither Detection nor Filename".to_owned();
        (codes::source::NO_QUERY, reason, Some(node.span), String::new())
    };
    unread_logic(detection, code, reason, at, &written);
}
