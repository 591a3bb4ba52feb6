//! Panther's match expressions: the YAML of `Detection:`, `InlineFilters:` and `DynamicSeverities:`.
//!
//! The text of a query is YAML: the value of `Detection:` (a list, or one expression), or a mapping with a `Detection:`
//! and what stands beside it in a rule. Semantics: spec/panther-simple-detections.md.

mod alert;
mod conditions;
mod contains;
mod key;
mod lower;
mod raise;

#[cfg(test)]
mod tests;

pub use alert::{severity_word, write as write_alerting};

use super::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::diagnostic::codes::{panther as codes, syntax};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::model::walk::{self, Fold};
use crate::model::{Direction, Expr, FieldTypes, Logic, Loss, PlatformId, Predicate, Shape, Step, Test};
use crate::plan::{Support, Target};
use crate::source::{Node, Value, parse_yaml, write_yaml};
use lower::Lower;
use raise::Raise;
use serde_json::Value as Json;

/// The dialect `panther`.
pub struct Panther;

/// The longest query text, in bytes.
const MAX_LENGTH: usize = 4 << 20;

fn tree(text: &str) -> Result<Node, Vec<Diagnostic>> {
    if text.len() > MAX_LENGTH {
        return Err(vec![Diagnostic::error(syntax::TOO_LARGE, format!("the text has {} bytes", text.len()))]);
    }
    if text.trim().is_empty() {
        return Err(vec![Diagnostic::error(syntax::EMPTY, "the text holds no detection")]);
    }
    parse_yaml(text).map(|parsed| parsed.root).map_err(|found| vec![found])
}

/// The match expressions of a text: its `Detection:`, or all of it.
fn expressions(root: &Node) -> Result<&Node, Vec<Diagnostic>> {
    let found = match (root.get("Detection"), root.get("AnalysisType")) {
        (Some(detection), _) => detection,
        (None, Some(_)) => {
            let message = "the rule has no Detection";
            return Err(vec![Diagnostic::error(codes::BAD_EXPRESSION, message).at(root.span)]);
        }
        (None, None) => root,
    };
    match found.value {
        Value::Seq(_) | Value::Map(_) => Ok(found),
        _ => {
            let message = format!("Detection is a list of match expressions, found {}", found.kind());
            Err(vec![Diagnostic::error(codes::BAD_EXPRESSION, message).at(found.span)])
        }
    }
}

/// The condition of a rule's `InlineFilters:`, which stand before whatever detects.
///
/// # Errors
/// Every expression that Panther would refuse.
pub fn read_filters(filters: &Node, types: &dyn FieldTypes) -> Result<Predicate, Vec<Diagnostic>> {
    let mut lower = Lower::new(types, true);
    let predicate = lower.all(filters);
    let failed = lower.diagnostics.iter().any(|found| found.severity == Severity::Error);
    if failed { Err(lower.diagnostics) } else { Ok(predicate) }
}

/// What the YAML beside a rule's logic says of its alerts (`AlertTitle`, `GroupBy`, `DynamicSeverities`,
/// `AlertContext`), with what is wrong in it.
pub fn read_alerting(
    rule: &Node,
    types: &dyn FieldTypes,
) -> (crate::model::Alerting, Vec<crate::model::OutputField>, Vec<Diagnostic>) {
    let mut lower = Lower::new(types, false);
    let (alerting, outputs) = alert::read(rule, &mut lower);
    (alerting, outputs, lower.diagnostics)
}

/// The match expressions of a condition, or why Panther's YAML cannot say it.
///
/// # Errors
/// The reason, in words that follow "Panther's YAML cannot say this: ".
pub fn detection(predicate: &Predicate, types: &dyn FieldTypes) -> Result<Vec<Json>, String> {
    Raise::new(types).detection(predicate)
}

impl Dialect for Panther {
    fn name(&self) -> &'static str {
        "panther"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Panther)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        let root = tree(text)?;
        let mut found = Inventory::default();
        count(expressions(&root)?, &mut found);
        for log_type in root.get("LogTypes").map(Node::texts).unwrap_or_default() {
            Inventory::count(&mut found.tables, &log_type);
        }
        Ok(found)
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        let root = tree(text)?;
        expressions(&root)?;
        if has_comments(text, &root) {
            // A comment stays where it stands: only white space at the ends of lines goes.
            let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
            let trimmed = format!("{}\n", lines.join("\n"));
            let same = parse_yaml(&trimmed).is_ok_and(|parsed| parsed.root.to_json() == root.to_json());
            return Ok(if same { trimmed } else { text.to_owned() });
        }
        Ok(write_yaml(&root.to_json()))
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let root = tree(text)?;
        let detection = expressions(&root)?;
        let mut lower = Lower::new(context.types, false);
        let mut predicate = lower.all(detection);
        let whole_rule = root.get("Detection").is_some();
        let mut alerting = None;
        let mut outputs = Vec::new();
        if whole_rule {
            let (found, values) = alert::read(&root, &mut lower);
            (alerting, outputs) = (Some(found), values);
            if let Some(filters) = root.get("InlineFilters") {
                match read_filters(filters, context.types) {
                    Ok(filter) => predicate = Predicate::All(vec![filter, predicate]),
                    Err(found) => lower.diagnostics.extend(found),
                }
            }
        }
        if lower.diagnostics.iter().any(|found| found.severity == Severity::Error) {
            return Err(lower.diagnostics);
        }
        let mut read = Read::new(Logic::filter(predicate, detection.span));
        read.diagnostics = lower.diagnostics;
        read.alerting = alerting;
        read.outputs = outputs;
        read.tables = root.get("LogTypes").map(Node::texts).unwrap_or_default();
        Ok(read)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&PantherTarget)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        let predicate = logic.as_filter().unwrap_or(Predicate::Always(false));
        let found = detection(&predicate, context.types).unwrap_or_default();
        write_yaml(&Json::Array(found))
    }
}

fn count(node: &Node, found: &mut Inventory) {
    for item in node.items() {
        count(item, found);
    }
    for entry in node.entries() {
        match (entry.key.as_str(), entry.value.as_str()) {
            ("Condition", Some(name)) => {
                use conditions::Asks;
                let on_text = conditions::by_name(name)
                    .is_some_and(|known| matches!(known.asks, Asks::Contains | Asks::StartsWith | Asks::EndsWith));
                Inventory::count(if on_text { &mut found.string_operators } else { &mut found.operators }, name);
            }
            ("All" | "Any" | "OnlyOne" | "None", _) => {
                Inventory::count(&mut found.operators, &entry.key);
                count(&entry.value, found);
            }
            ("Expressions", _) => count(&entry.value, found),
            _ => {}
        }
    }
}

/// Whether a `#` stands outside of all values.
fn has_comments(text: &str, root: &Node) -> bool {
    let mut spans = Vec::new();
    scalars(root, &mut spans);
    text.char_indices()
        .filter(|(at, letter)| {
            *letter == '#' && (*at == 0 || text.get(..*at).is_some_and(|before| before.ends_with([' ', '\t', '\n'])))
        })
        .any(|(at, _)| !spans.iter().any(|span: &Span| span.start <= at && at < span.end))
}

fn scalars(node: &Node, spans: &mut Vec<Span>) {
    node.items().iter().for_each(|item| scalars(item, spans));
    for entry in node.entries() {
        spans.push(entry.key_span);
        scalars(&entry.value, spans);
    }
    if !matches!(node.value, Value::Seq(_) | Value::Map(_)) {
        spans.push(node.span);
    }
}

struct PantherTarget;

fn support(predicate: &Predicate, types: &dyn FieldTypes) -> Support<Predicate> {
    match Raise::new(types).one(predicate) {
        Ok(_) => Support::Exactly,
        Err(reason) => Support::No(reason),
    }
}

impl Target for PantherTarget {
    fn name(&self) -> &'static str {
        "Panther's YAML"
    }

    /// `Contains` asks an object for its key by itself, so that the key needs no condition of its own.
    fn adopt(&self, logic: Logic, _types: &dyn FieldTypes) -> Logic {
        struct Contains;
        impl Fold for Contains {
            fn predicate(&mut self, predicate: Predicate) -> Predicate {
                walk::predicate_parts(self, contains::without_key(&predicate).unwrap_or(predicate))
            }
        }
        walk::logic(&mut Contains, logic)
    }

    fn test(&self, test: &Test, _negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        match support(&Predicate::Test(test.clone()), types) {
            Support::Exactly if test.kind.folds_ascii_only() => {
                let message = "Panther ignores the case of every letter, Elastic that of ASCII letters";
                let loss = Loss::matching(codes::FOLDING, Direction::Wider, message, Some(test.span));
                Support::Approximately(test.clone().into(), vec![loss])
            }
            found => found,
        }
    }

    fn predicate(&self, predicate: &Predicate, types: &dyn FieldTypes) -> Support<Predicate> {
        match predicate {
            // Its parts are asked for one by one.
            Predicate::ExactlyOne(items) if items.iter().all(|item| support(item, types) == Support::Exactly) => {
                Support::Exactly
            }
            other => support(other, types),
        }
    }

    fn expr(&self, expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        match expr {
            Expr::Literal(_) | Expr::Field(_) => Support::Exactly,
            _ => Support::No("it has no computed values".to_owned()),
        }
    }

    fn step(&self, _step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        Support::No("a detection is one filter over single events".to_owned())
    }

    fn shape(&self, _shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        Support::No("a detection is one filter over single events".to_owned())
    }
}
