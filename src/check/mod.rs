//! Lints of a rule that was read: ATT&CK mappings, tests, what was not read. Parsing has reported its own errors.

pub mod age;

use crate::attack::{Matrix, resolve};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::model::{Detection, Logic, StepKind};
use crate::platform::ReadRule;

/// What is wrong with a rule beyond what reading found; spans count in the rule file.
pub fn check(rule: &ReadRule, matrix: &Matrix) -> Vec<Diagnostic> {
    let Some(detection) = rule.detection() else { return Vec::new() };
    let mut found = Vec::new();
    for mapping in &detection.attack {
        for issue in resolve(mapping, matrix).issues {
            let diagnostic = Diagnostic::warning(codes::attack::MAPPING, issue.message());
            found.push(match mapping.span {
                Some(span) => diagnostic.at(span),
                None => diagnostic,
            });
        }
    }
    let mapped = detection.attack.iter().any(|mapping| resolve(mapping, matrix).technique.is_some());
    // A bare query has no place for a mapping.
    if !mapped && !matches!(rule.format, crate::source::Format::Query(_)) {
        found.push(Diagnostic::note(codes::attack::UNMAPPED_RULE, "the rule maps to no ATT&CK technique"));
    }
    if let Some(columns) = returned(&detection.logic) {
        for entity in &detection.entities {
            for field in entity.fields.iter().filter(|field| !columns.contains(&field.column.as_str())) {
                let message = format!(
                    "the entity {} is mapped to the column `{}`, which the query does not return",
                    entity.kind, field.column
                );
                let diagnostic = Diagnostic::warning(codes::kusto::ENTITY_COLUMN, message);
                found.push(match entity.span {
                    Some(span) => diagnostic.at(span),
                    None => diagnostic,
                });
            }
        }
    }
    if rule.dialect() == Some("kusto") {
        found.extend(schedule(detection));
        found.extend(age::inverted(rule));
    }
    for entry in &detection.unread {
        let diagnostic = Diagnostic::warning(entry.code, format!("not read: {}", entry.reason));
        found.push(match entry.span {
            Some(span) => diagnostic.at(rule.to_file(span)),
            None => diagnostic,
        });
    }
    found
}

/// A diagnostic of reading with the weight that it has for a rule that is to be deployed: what the engine refuses when
/// the rule is saved is an error.
pub fn weighed(diagnostic: &Diagnostic) -> Diagnostic {
    let mut found = diagnostic.clone();
    if found.code == codes::kusto::REFUSED {
        found.severity = Severity::Error;
    }
    found
}

/// Time filters of the query that the rule's schedule contradicts.
fn schedule(detection: &Detection) -> Vec<Diagnostic> {
    let (stated, query) = (&detection.schedule, detection.schedule.query_lookback);
    let mut found = Vec::new();
    let mut warn = |message: String| found.push(Diagnostic::warning(codes::kusto::TIME_FILTER, message));
    let period = stated.stated_lookback.or(stated.lookback);
    if let (Some(query), Some(period)) = (query, period)
        && query > period
    {
        warn(format!(
            "the query looks back {} and the rule gives it {}: what is older is never seen",
            show(query),
            show(period)
        ));
    }
    if let (Some(interval), Some(period)) = (stated.interval, period) {
        let seen = query.map_or(period, |query| query.min(period));
        if seen < interval {
            warn(format!(
                "the rule runs every {} and looks back {}: events in between are never seen",
                show(interval),
                show(seen)
            ));
        }
    }
    found
}

fn show(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// The columns that a query returns, where its last steps say all of them.
fn returned(logic: &Logic) -> Option<Vec<&str>> {
    let Logic::Pipeline(pipeline) = logic else { return None };
    for step in pipeline.steps.iter().rev() {
        match &step.kind {
            StepKind::Filter(_) | StepKind::Sort(_) | StepKind::Limit(_) => {}
            StepKind::Project(columns) | StepKind::Distinct(columns) => {
                return Some(columns.iter().map(|column| column.name.as_str()).collect());
            }
            StepKind::Aggregate { aggregates, by, inline: false } => {
                return Some(by.iter().chain(aggregates).map(|column| column.name.as_str()).collect());
            }
            _ => return None,
        }
    }
    None
}
