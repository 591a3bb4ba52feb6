//! What a rule does: condition, exclusions, output fields, and where each field maps to.

use super::shown::{OutputEntry, shown};
use crate::diagnostic::line_column;
use crate::dialect::{Registry, WriteContext};
use crate::fields::{LOG_TYPE, Schema, SchemaTypes, Schemas, find_row};
use crate::model::{Column, Detection, FieldPath, Logic, PlatformId, Predicate, Shape, StepKind, TypeMap, walk};
use crate::platform::ReadRule;
use crate::rewrite::exclusions::exclusions;
use crate::rewrite::normalise::normalise;
use crate::rewrite::recognise::outputs;
use crate::rewrite::typed::{self, EventShape};
use crate::translate::choose_schema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A condition of the rule, in the plain text of rule catalogues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionPart {
    /// What it is a condition on: `events`, or the step of a pipeline or shape.
    pub of: String,
    /// The condition.
    pub text: String,
}

/// A predicate that the rule suppresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExclusionEntry {
    /// The field.
    pub field: String,
    /// What is asked of it inside the NOT.
    pub kind: String,
    /// The values.
    pub values: Vec<String>,
}

/// A field of the rule under its names elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldEntry {
    /// As the rule writes it.
    pub name: String,
    /// The common name; `None` where no table knows it.
    pub common: Option<String>,
    /// The name on each platform.
    pub platforms: BTreeMap<String, String>,
    /// exact, approximate or uncertain.
    pub confidence: Option<String>,
    /// What a reader must know.
    pub note: Option<String>,
}

/// Something that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadEntry {
    /// Why.
    pub reason: String,
    /// Line in the rule's file, from 1.
    pub line: Option<usize>,
    /// The text.
    pub text: String,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rule's id.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its dialect.
    pub dialect: Option<String>,
    /// The log source's common name.
    pub log_source: Option<String>,
    /// The conditions, in order.
    pub conditions: Vec<ConditionPart>,
    /// What the rule does beside filtering, a line a step.
    pub steps: Vec<String>,
    /// Predicates that the rule actively suppresses.
    pub exclusions: Vec<ExclusionEntry>,
    /// What the alert shows.
    pub outputs: Vec<OutputEntry>,
    /// The fields of the conditions.
    pub fields: Vec<FieldEntry>,
    /// What was not read.
    pub unread: Vec<UnreadEntry>,
}

/// Explains a rule. `file` is the text that the rule's query stands in.
pub fn explain(
    rule: &ReadRule,
    platform: Option<PlatformId>,
    registry: &Registry,
    schemas: &Schemas,
    file: &str,
) -> Option<Explanation> {
    let read = rule.detection()?;
    let schema = platform.and_then(|platform| choose_schema(read, platform, schemas));
    let told = as_told(read, platform, schema);
    let detection = &told;
    let mut conditions = Vec::new();
    let mut steps = Vec::new();
    let mut excluded = Vec::new();
    // What the author excludes stands in the author's words; only code excludes what no declared field can hold.
    let excluding = if rule.dialect() == Some("python") { &detection.logic } else { &read.logic };
    for (of, predicate) in predicates(excluding, &mut Vec::new()) {
        if of == "events" {
            excluded = exclusions(&predicate)
                .into_iter()
                .map(|row| ExclusionEntry { field: row.field, kind: row.kind, values: row.values })
                .collect();
        }
    }
    for (of, predicate) in predicates(&detection.logic, &mut steps) {
        conditions.push(ConditionPart { of, text: condition_text(&predicate, registry) });
    }
    Some(Explanation {
        id: detection.meta.id.clone(),
        title: detection.meta.title.clone(),
        dialect: rule.dialect().map(str::to_owned),
        log_source: schema.map(|schema| schema.source.clone()),
        conditions,
        steps,
        exclusions: excluded,
        outputs: outputs(detection),
        fields: fields(&detection.logic, platform, schema),
        unread: detection
            .unread
            .iter()
            .map(|entry| UnreadEntry {
                reason: entry.reason.clone(),
                line: entry.span.map(|span| line_column(file, rule.to_file(span).start).line),
                text: entry.text.lines().next().unwrap_or("").trim().to_owned(),
            })
            .collect(),
    })
}

/// The detection as people tell it: questions that the declared fields answer are not asked (Panther's code asks them of
/// every value).
fn as_told(detection: &Detection, platform: Option<PlatformId>, schema: Option<&Schema>) -> Detection {
    let mut told = detection.clone();
    if let (Some(PlatformId::Panther), Some(schema)) = (platform, schema) {
        let types = SchemaTypes { schemas: vec![schema], platform: PlatformId::Panther };
        let names: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
        let log_types = if names.is_empty() { BTreeMap::new() } else { BTreeMap::from([(LOG_TYPE.to_owned(), names)]) };
        let shape = EventShape::new(&types, log_types);
        told.logic = normalise(typed::by_types(told.logic, &shape).logic);
        for output in &mut told.outputs {
            output.value = typed::value_by_types(output.value.clone(), &shape);
        }
    }
    told
}

/// What an alert shows; of groups, what it comes from in their events.
fn outputs(detection: &Detection) -> Vec<OutputEntry> {
    let mut entries = shown(detection);
    let mut of_events = detection.clone();
    of_events.outputs = outputs::of_event(&detection.logic, &detection.outputs);
    for found in shown(&of_events) {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.field == found.field) {
            entry.source = entry.source.take().or(found.source);
        }
    }
    entries
}

/// Columns that the query itself makes.
fn made(logic: &Logic) -> BTreeSet<String> {
    let Logic::Pipeline(pipeline) = logic else { return BTreeSet::new() };
    let mut names = BTreeSet::new();
    for step in &pipeline.steps {
        let columns = match &step.kind {
            StepKind::Extend(columns) | StepKind::Project(columns) => columns.clone(),
            StepKind::Aggregate { aggregates, by, .. } => aggregates.iter().chain(by).cloned().collect(),
            _ => continue,
        };
        let itself = |column: &Column| {
            column.value.as_field().is_some_and(|field| field.path.as_column() == Some(column.name.as_str()))
        };
        names.extend(columns.into_iter().filter(|column| !itself(column)).map(|column| column.name));
    }
    names
}

/// The conditions of logic with what they are conditions on; other steps are told in `steps`.
fn predicates(logic: &Logic, steps: &mut Vec<String>) -> Vec<(String, Predicate)> {
    if let Some(condition) = logic.as_filter() {
        return vec![("events".to_owned(), condition)];
    }
    match logic {
        Logic::Pipeline(pipeline) => {
            let mut found: Vec<(String, Predicate)> = Vec::new();
            let mut before: Vec<Predicate> = Vec::new();
            let mut filters_only = true;
            for (number, step) in pipeline.steps.iter().enumerate() {
                match &step.kind {
                    StepKind::Filter(predicate) if filters_only => before.push(predicate.clone()),
                    StepKind::Filter(predicate) => {
                        found.push((format!("rows after step {number}"), predicate.clone()));
                        steps.push("keeps some rows".to_owned());
                    }
                    other => {
                        filters_only = false;
                        steps.push(step_words(other).to_owned());
                    }
                }
            }
            if !before.is_empty() {
                found.insert(0, ("events".to_owned(), Predicate::all(before)));
            }
            found
        }
        Logic::Shape(shape) => shape_predicates(shape, steps),
        Logic::Unread(_) => Vec::new(),
    }
}

fn shape_predicates(shape: &Shape, steps: &mut Vec<String>) -> Vec<(String, Predicate)> {
    let of_events =
        |events: &crate::model::Pipeline, steps: &mut Vec<String>| predicates(&Logic::Pipeline(events.clone()), steps);
    match shape {
        Shape::Threshold { events, at_least, .. } => {
            let found = of_events(events, steps);
            steps.push(format!("at least {at_least} events of a group"));
            found
        }
        Shape::Cardinality { events, at_least, .. } => {
            let found = of_events(events, steps);
            steps.push(format!("at least {at_least} distinct values in a group"));
            found
        }
        Shape::NewValue { events, history, .. } => {
            let found = of_events(events, steps);
            steps.push(format!("values not seen in the last {} days", history / 86_400));
            found
        }
        Shape::Sequence { stages, absent, .. } => {
            steps.push("events in sequence".to_owned());
            let mut found: Vec<(String, Predicate)> = stages
                .iter()
                .enumerate()
                .map(|(number, stage)| (format!("event {}", number + 1), stage.filter.clone()))
                .collect();
            found.extend(absent.iter().map(|item| ("absent event".to_owned(), item.stage.filter.clone())));
            found
        }
        Shape::Absence { events, without, .. } => {
            let mut found = of_events(events, steps);
            steps.push("without a partner among other events".to_owned());
            for (_, predicate) in of_events(without, steps) {
                found.push(("absent events".to_owned(), predicate));
            }
            found
        }
    }
}

fn step_words(step: &StepKind) -> &'static str {
    match step {
        StepKind::Filter(_) => "keeps some rows",
        StepKind::Extend(_) => "adds columns",
        StepKind::Project(_) | StepKind::Select(_) => "chooses columns",
        StepKind::Aggregate { .. } => "groups rows",
        StepKind::Join(_) => "joins other rows",
        StepKind::Union(_) => "adds rows of other sources",
        StepKind::Expand { .. } | StepKind::Apply { .. } => "makes a row of each element of a list",
        StepKind::Parse { .. } => "takes a text apart",
        StepKind::Sort(_) => "orders rows",
        StepKind::Limit(_) => "keeps the first rows",
        StepKind::Distinct(_) => "keeps distinct rows",
        StepKind::Table(table) => table.purpose(),
        StepKind::Unread(_) => "does something that was not read",
    }
}

/// A condition in the plain text of rule catalogues.
fn condition_text(predicate: &Predicate, registry: &Registry) -> String {
    let types = TypeMap::default();
    let logic = Logic::filter(predicate.clone(), crate::diagnostic::Span::default());
    match registry.get("condition") {
        Some(dialect) => {
            dialect.write(&logic, &WriteContext { types: &types, tables: &[], detection: None }).trim().to_owned()
        }
        None => String::new(),
    }
}

fn fields(logic: &Logic, platform: Option<PlatformId>, schema: Option<&Schema>) -> Vec<FieldEntry> {
    let mut paths = BTreeSet::new();
    walk::visit(
        logic,
        |_| {},
        |field| {
            paths.insert(field.path.clone());
        },
    );
    let made = made(logic);
    let own = |path: &FieldPath| !path.as_column().is_some_and(|name| made.contains(name));
    paths
        .into_iter()
        .filter(|path| !path.0.is_empty() && own(path))
        .map(|path| {
            let found = match (platform, schema) {
                (Some(platform), Some(schema)) => find_row(schema, platform, &path),
                _ => None,
            };
            FieldEntry {
                name: path.to_string(),
                common: found.as_ref().map(|found| found.row.name.to_string()),
                platforms: found
                    .as_ref()
                    .map(|found| {
                        found
                            .row
                            .paths
                            .iter()
                            .map(|(platform, path)| (platform.name().to_owned(), path.to_string()))
                            .collect()
                    })
                    .unwrap_or_default(),
                confidence: found.as_ref().map(|found| format!("{:?}", found.row.confidence).to_lowercase()),
                note: found.and_then(|found| found.row.note.clone()),
            }
        })
        .collect()
}
