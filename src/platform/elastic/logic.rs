//! The logic of a rule: its query, the filters beside it, and what its type adds outside of the query.

use super::read::{ITEMS, before_now, field, rule_type};
use crate::diagnostic::codes::elastic as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::ReadContext;
use crate::dialect::elastic::filters;
use crate::dialect::elastic::lower::path;
use crate::model::function::kusto::aggregate;
use crate::model::walk::{self, Fold};
use crate::model::{
    ArrayMode, Column, Detection, Expr, FieldRef, Logic, Ordering, Pipeline, PlatformId, Predicate, Shape, Stage, Step,
    StepKind, Test, TestKind, Typing,
};
use crate::platform::read::{RawRule, ReadEnv, ReadRule, query_logic, unread_logic};
use crate::source::{Node, SourceFile, Value};

/// Reads the logic of a rule.
pub(super) fn read(file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
    let RawRule { mut detection, mut query, node, format, mut diagnostics } = rule;
    let kind = rule_type(&node);
    let text = query.as_ref().map(|query| query.text.text.clone()).unwrap_or_default();
    match (kind.as_str(), query.as_mut()) {
        ("machine_learning", _) => {
            let jobs = node.get("machine_learning_job_id").map(Node::texts).unwrap_or_default().join(", ");
            let score = node.get("anomaly_threshold").and_then(Node::scalar_text).unwrap_or_default();
            let reason = format!("a machine-learning job decides ({jobs}, anomaly score from {score})");
            unread_logic(&mut detection, codes::RULE_TYPE, reason, None, &jobs);
        }
        ("threat_match", _) => {
            let indices = node.get("threat_index").map(Node::texts).unwrap_or_default().join(", ");
            let reason = format!("events are matched against indicators of other indices ({indices})");
            unread_logic(&mut detection, codes::RULE_TYPE, reason, None, &text);
        }
        ("saved_query", None) => {
            let reason = "the query is saved in Kibana and does not stand in the rule";
            unread_logic(&mut detection, codes::RULE_TYPE, reason, None, "");
        }
        ("query" | "saved_query" | "eql" | "esql" | "threshold" | "new_terms", Some(query)) => {
            diagnostics.extend(query_logic(&mut detection, query, PlatformId::Elastic, env));
            if !matches!(detection.logic, Logic::Unread(_)) {
                let map = &mut query.text.map;
                let length = query.text.text.len();
                other_category(&mut detection, &node, &query.text.text);
                let mut apply = |list: Option<&Node>, exceptions: bool, detection: &mut Detection| {
                    let Some(list) = list.filter(|list| !list.items().is_empty() || !list.entries().is_empty()) else {
                        return;
                    };
                    let shift = map.append(length, list.extent());
                    let place = move |span: Span| {
                        let move_by = |at: usize| at.saturating_add_signed(-shift);
                        Span::new(move_by(span.start), move_by(span.end))
                    };
                    let found = beside(detection, list, exceptions, file, env, &place);
                    diagnostics.extend(found.into_iter().map(|found| found.map_spans(|span| map.to_file(span))));
                };
                apply(node.get("filters"), false, &mut detection);
                apply(node.get(ITEMS), true, &mut detection);
                shape(&mut detection, &kind, &node, &text);
            }
        }
        (_, None) => {
            unread_logic(&mut detection, crate::diagnostic::codes::source::NO_QUERY, "the rule has no query", None, "");
            let message = format!("the rule is of the type {kind} and has no query");
            diagnostics.push(Diagnostic::error(crate::diagnostic::codes::source::NO_QUERY, message));
        }
        (other, Some(_)) => {
            let reason = format!("rules of the type {other} are not known");
            unread_logic(&mut detection, codes::RULE_TYPE, reason, None, &text);
        }
    }
    exceptions_elsewhere(&node, &mut diagnostics);
    ReadRule { bundle: detection.into(), query, format, diagnostics }
}

/// Reads filters or exception items and joins them to the logic.
fn beside(
    detection: &mut Detection,
    list: &Node,
    exceptions: bool,
    file: &SourceFile,
    env: &ReadEnv<'_>,
    place: &dyn Fn(Span) -> Span,
) -> Vec<Diagnostic> {
    let sources: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    let types = env.types.types(PlatformId::Elastic, &sources);
    let context =
        ReadContext { types: types.as_ref(), registry: env.registry, helpers: env.helpers, log_sources: &sources };
    let query_dsl;
    let list = if exceptions {
        query_dsl = Node::new(Value::Seq(list.items().iter().map(exception).collect()), list.span);
        &query_dsl
    } else {
        list
    };
    let found = filters::read(list, &file.text, detection.unread.len(), &context, place);
    detection.unread.extend(found.unread);
    let condition = Predicate::all(found.conditions);
    if condition != Predicate::Always(true) {
        add(&mut detection.logic, &condition, place(list.extent()));
    }
    found.diagnostics
}

/// An exception item as a negated Kibana filter: events that meet all of its entries are left out.
fn exception(item: &Node) -> Node {
    let entries = item.get("entries").map(Node::items).unwrap_or_default();
    let object = |members: Vec<(&str, Node)>, span: Span| {
        let entry = |(key, value): (&str, Node)| crate::source::Entry { key: key.to_owned(), key_span: span, value };
        Node::new(Value::Map(members.into_iter().map(entry).collect()), span)
    };
    let parts = entries.iter().map(|entry| {
        let span = entry.span;
        let text = |key: &str| entry.get(key).and_then(Node::scalar_text);
        let name = text("field").unwrap_or_default();
        let value = entry.get("value").cloned().unwrap_or_else(|| Node::new(Value::Null, span));
        let of_field = |query: &str, body: Node| object(vec![(query, object(vec![(name.as_str(), body)], span))], span);
        let kind = text("type").unwrap_or_default();
        let query = match kind.as_str() {
            "match" => of_field("match_phrase", value),
            "match_any" => {
                let each = value.items().iter().map(|one| of_field("match_phrase", one.clone())).collect();
                object(vec![("bool", object(vec![("should", Node::new(Value::Seq(each), span))], span))], span)
            }
            "exists" => object(
                vec![("exists", object(vec![("field", Node::new(Value::String(name.clone()), span))], span))],
                span,
            ),
            "wildcard" => of_field("wildcard", value),
            other => object(vec![(&format!("exception of the type {other}"), value)], span),
        };
        if text("operator").as_deref() == Some("excluded") {
            object(vec![("bool", object(vec![("must_not", query)], span))], span)
        } else {
            query
        }
    });
    let parts: Vec<Node> = parts.collect();
    let span = item.span;
    let all = object(vec![("bool", object(vec![("filter", Node::new(Value::Seq(parts), span))], span))], span);
    let meta = object(vec![("negate", Node::new(Value::Bool(true), span))], span);
    object(vec![("meta", meta), ("query", all)], span)
}

/// Exceptions that the rule refers to and that do not stand in the file.
fn exceptions_elsewhere(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let lists = node.get("exceptions_list").map(Node::items).unwrap_or_default();
    let here = node.get(ITEMS).map(Node::items).unwrap_or_default();
    let present = |id: &str| here.iter().any(|item| item.get("list_id").and_then(Node::as_str) == Some(id));
    for list in lists {
        let id = list.get("list_id").and_then(Node::scalar_text).unwrap_or_default();
        if !present(&id) {
            let message = format!("the exceptions of the list {id} do not stand in this file");
            diagnostics.push(Diagnostic::note(codes::EXCEPTIONS, message).at(list.span));
        }
    }
}

/// Joins a condition to the events that the logic starts from.
fn add(logic: &mut Logic, condition: &Predicate, span: Span) {
    match logic {
        Logic::Pipeline(pipeline) => add_to(pipeline, condition, span),
        Logic::Shape(shape) => match shape.as_mut() {
            Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } | Shape::NewValue { events, .. } => {
                add_to(events, condition, span);
            }
            Shape::Absence { events, without, .. } => {
                add_to(events, condition, span);
                add_to(without, condition, span);
            }
            Shape::Sequence { stages, absent, until, .. } => {
                let absent = absent.iter_mut().map(|absent| &mut absent.stage);
                let each: Vec<&mut Stage> = stages.iter_mut().chain(absent).chain(until.as_mut()).collect();
                for stage in each {
                    let own = std::mem::replace(&mut stage.filter, Predicate::Always(true));
                    stage.filter = Predicate::all([own, condition.clone()]);
                }
            }
        },
        Logic::Unread(_) => {}
    }
}

/// A pipeline that starts with a filter gets the condition there, any other one a filter before its first step.
fn add_to(pipeline: &mut Pipeline, condition: &Predicate, span: Span) {
    match pipeline.steps.first_mut().map(|step| &mut step.kind) {
        Some(StepKind::Filter(own)) => {
            let before = std::mem::replace(own, Predicate::Always(true));
            *own = Predicate::all([before, condition.clone()]);
        }
        _ => pipeline.steps.insert(0, Step::new(StepKind::Filter(condition.clone()), span)),
    }
}

/// `event_category_override`: EQL's category stands in another field.
fn other_category(detection: &mut Detection, node: &Node, text: &str) {
    let Some(name) = node.get("event_category_override").and_then(Node::as_str) else { return };
    if name == "event.category" {
        return;
    }
    let logic = std::mem::replace(&mut detection.logic, Logic::Unread(0));
    detection.logic = walk::logic(&mut Category { text, other: field(name) }, logic);
}

struct Category<'a> {
    text: &'a str,
    other: Expr,
}

impl Fold for Category<'_> {
    /// The test of the category carries the place of the category's word, where no field is named.
    fn test(&mut self, test: Test) -> Predicate {
        let of_category = test.subject.as_field().is_some_and(|field| field.path.to_string() == "event.category");
        if of_category && !test.span.text(self.text).contains("event.category") {
            return Predicate::Test(Test { subject: self.other.clone(), ..test });
        }
        Predicate::Test(walk::test_parts(self, test))
    }
}

/// What the type of the rule adds: a threshold, new terms.
fn shape(detection: &mut Detection, kind: &str, node: &Node, text: &str) {
    if !matches!(kind, "threshold" | "new_terms") {
        return;
    }
    let Logic::Pipeline(events) = std::mem::replace(&mut detection.logic, Logic::Unread(0)) else { return };
    let made = if kind == "threshold" {
        threshold(events, node)
    } else {
        new_terms(events, node, detection.schedule.lookback).map(|shape| Logic::Shape(Box::new(shape)))
    };
    match made {
        Ok(logic) => detection.logic = logic,
        Err(reason) => unread_logic(detection, codes::RULE_TYPE, reason, None, text),
    }
}

/// Events in which all of these fields have a value: others belong to no group.
fn with_fields(mut events: Pipeline, fields: &[Expr]) -> Pipeline {
    if fields.is_empty() {
        return events;
    }
    let span = events.steps.last().map_or(Span::default(), |step| step.span);
    let present = fields.iter().map(|field| Predicate::Test(Test::new(field.clone(), TestKind::Present, span)));
    add_to(&mut events, &Predicate::all(present), span);
    events
}

fn threshold(events: Pipeline, node: &Node) -> Result<Logic, String> {
    let Some(threshold) = node.get("threshold").filter(|threshold| threshold.is_map()) else {
        return Err("the threshold is not stated".to_owned());
    };
    let names = threshold.get("field").map(Node::texts).unwrap_or_default();
    let by: Vec<Expr> = names.iter().filter(|name| !name.is_empty()).map(|name| field(name)).collect();
    let count = |node: &Node| node.get("value").and_then(Node::as_i64).and_then(|count| u64::try_from(count).ok());
    let Some(at_least) = count(threshold) else { return Err("the threshold states no number".to_owned()) };
    let cardinality = threshold.get("cardinality").map(Node::items).unwrap_or_default();
    let events = with_fields(events, &by);
    let mut distinct: Vec<(String, u64)> = Vec::new();
    for one in cardinality {
        let (Some(name), Some(value)) = (one.get("field").and_then(Node::scalar_text), count(one)) else {
            return Err("the cardinality states no field and number".to_owned());
        };
        distinct.push((name, value));
    }
    match distinct.as_slice() {
        [] => Ok(Logic::Shape(Box::new(Shape::Threshold { events, by, at_least, window: None }))),
        // So many distinct values need as many events: the threshold adds nothing.
        [(name, value)] if at_least <= *value => {
            let of = vec![field(name)];
            let events = with_fields(events, &of);
            Ok(Logic::Shape(Box::new(Shape::Cardinality { events, of, by, at_least: *value, window: None })))
        }
        both => Ok(Logic::Pipeline(counted(events, &names, at_least, both))),
    }
}

/// So many events and so many distinct values of fields, both in one group.
fn counted(mut events: Pipeline, by: &[String], at_least: u64, distinct: &[(String, u64)]) -> Pipeline {
    let span = events.steps.last().map_or(Span::default(), |step| step.span);
    let column = |name: &str, value: Expr| Column { name: name.to_owned(), value };
    let at_least_of = |name: &str, number: u64| {
        let value = Expr::Literal(i64::try_from(number).unwrap_or(i64::MAX).into());
        let kind = TestKind::Compare { ordering: Ordering::GreaterOrEqual, value, typing: Typing::Typed };
        Predicate::Test(Test::new(Expr::whole(name), kind, span))
    };
    let mut aggregates = vec![column("events", Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None))];
    let mut enough = vec![at_least_of("events", at_least)];
    for (name, number) in distinct {
        let subject = Expr::Field(FieldRef::new(path(name), ArrayMode::Whole));
        let present = Predicate::Test(Test::new(subject.clone(), TestKind::Present, span));
        let counted = format!("distinct_{}", name.replace(['.', '@'], "_"));
        let value = Expr::Aggregate(aggregate::COUNT_DISTINCT, vec![subject], Some(Box::new(present)));
        aggregates.push(column(&counted, value));
        enough.push(at_least_of(&counted, *number));
    }
    let by = by.iter().filter(|name| !name.is_empty());
    let by = by.map(|name| column(name, Expr::Field(FieldRef::new(path(name), ArrayMode::Whole)))).collect();
    events.steps.push(Step::new(StepKind::Aggregate { aggregates, by, inline: false }, span));
    events.steps.push(Step::new(StepKind::Filter(Predicate::all(enough)), span));
    events
}

/// A run reports terms among the events of its look-back that the history before them lacks.
fn new_terms(events: Pipeline, node: &Node, recent: Option<u64>) -> Result<Shape, String> {
    let of: Vec<Expr> =
        node.get("new_terms_fields").map(Node::texts).unwrap_or_default().iter().map(|name| field(name)).collect();
    if of.is_empty() {
        return Err("the fields of the new terms are not stated".to_owned());
    }
    let start = node.get("history_window_start").and_then(Node::scalar_text).unwrap_or_default();
    let Some(history) = before_now(&start).filter(|seconds| *seconds > 0) else {
        return Err(format!("the history from {start:?} on has no length that is known"));
    };
    Ok(Shape::NewValue { events: with_fields(events, &of), of, history, recent })
}
