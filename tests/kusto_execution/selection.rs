//! The corpus written as Kusto, judged by the parser and by execution.

use crate::engine::{self, Request};
use crate::shared::{Ecs, Untyped, lucene_queries, rules};
use crate::table::{self, Column};
use crate::translated::{Translated, translate};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldTypes, Scope};
use ruleglot::verify::events::{Options, events_for};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// 2024-06-15T12:00:00Z in ticks.
const NOW: i64 = 638_540_496_000_000_000;

/// A query to be run on both sides.
struct Case {
    id: String,
    translated: Translated,
    table: String,
    columns: BTreeMap<String, Column>,
    events: Vec<Json>,
    kept: Vec<usize>,
    setup: Vec<String>,
}

/// What came of a set of queries.
#[derive(Default)]
struct Outcome {
    total: usize,
    refused: BTreeMap<String, usize>,
    executed: usize,
    not_executed: BTreeMap<String, usize>,
    exact: usize,
    events: usize,
    selected: usize,
    differ: Vec<String>,
    explained: usize,
}

fn cases(language: &str, queries: Vec<(String, String)>, types: &dyn FieldTypes, outcome: &mut Outcome) -> Vec<Case> {
    let context = Context::new(Access::Elastic, types, NOW);
    let mut cases = Vec::new();
    for (id, query) in queries {
        outcome.total += 1;
        let translated = match translate(language, &query, "kusto", types, false) {
            Ok(translated) => translated,
            Err(reason) => {
                *outcome.refused.entry(reason).or_default() += 1;
                continue;
            }
        };
        // Kusto keeps an empty text as a missing one; where that matters, a loss says so.
        let lossless = !translated.losses.iter().any(|loss| loss.scope == Scope::Match);
        let options = Options { empty_text: lossless, most: 60, ..Options::common() };
        let events: Vec<Json> = match events_for(&[&translated.condition], &context, &options) {
            Ok(made) => made.into_iter().map(|made| made.event).collect(),
            Err(error) => {
                *outcome.refused.entry(format!("no events: {error}")).or_default() += 1;
                continue;
            }
        };
        let columns = table::columns(&translated.condition, types);
        let name = format!("Events{}", cases.len());
        let (setup, kept) = table::statements(&name, &columns, &events);
        cases.push(Case { id, translated, table: name, columns, events, kept, setup });
    }
    cases
}

/// The query over the table of its own.
fn over(case: &Case) -> String {
    case.translated.text.replacen("Events", &case.table, 1)
}

fn construct(error: &str) -> String {
    let part = error.split('\'').nth(1).unwrap_or(error);
    part.chars().take(80).collect()
}

fn compare(cases: &[Case], types: &dyn FieldTypes, outcome: &mut Outcome) {
    let requests: Vec<Request> = cases
        .iter()
        .map(|case| Request { setup: case.setup.clone(), query: format!("{}\n| project RowNumber", over(case)) })
        .collect();
    let context = Context::new(Access::Elastic, types, NOW);
    for (case, answer) in cases.iter().zip(engine::run(&requests)) {
        let rows = match answer {
            Ok(rows) => rows,
            Err(error) => {
                *outcome.not_executed.entry(construct(&error)).or_default() += 1;
                continue;
            }
        };
        outcome.executed += 1;
        let lossless = !case.translated.losses.iter().any(|loss| loss.scope == Scope::Match);
        outcome.exact += usize::from(lossless);
        let theirs: BTreeSet<usize> = rows.iter().map(|row| row[0].as_u64().unwrap() as usize).collect();
        let mut wrong = None;
        for at in &case.kept {
            let event = &case.events[*at];
            let ours = matches(&case.translated.condition, event, &context).unwrap();
            outcome.events += 1;
            outcome.selected += usize::from(ours);
            if ours != theirs.contains(at) && wrong.is_none() {
                wrong = Some(format!("source {ours}: {event}"));
            }
        }
        let Some(wrong) = wrong else { continue };
        // A loss other than that of the empty text may explain a difference.
        let explained = case.translated.losses.iter().any(|loss| {
            let emptiness = loss.code.name() == "kusto-empty" && !loss.message.contains("equals it too");
            loss.scope == Scope::Match && !emptiness
        });
        if explained {
            outcome.explained += 1;
        } else {
            outcome.differ.push(format!("{}: {wrong}\n{}", case.id, case.translated.text));
        }
    }
}

fn accepted(cases: &[Case]) -> Option<usize> {
    let queries: Vec<String> = cases.iter().map(over).collect();
    let schema: BTreeMap<String, String> = cases
        .iter()
        .map(|case| {
            let columns: Vec<String> =
                case.columns.iter().map(|(name, column)| format!("['{name}']:{}", column.kusto())).collect();
            (case.table.clone(), format!("({})", columns.join(", ")))
        })
        .collect();
    let verdicts = engine::official(&queries, &schema)?;
    let mut refused = 0;
    for (case, verdict) in cases.iter().zip(verdicts) {
        let findings = verdict["semantic"].as_array().map_or(0, Vec::len);
        if verdict["ok"] != true || findings > 0 {
            refused += 1;
            println!("{}: {} {}\n{}", case.id, verdict["first"], verdict["semantic"], case.translated.text);
        }
    }
    Some(refused)
}

/// Runs every `step`th query, or what `$RULEGLOT_EVERY` says.
pub fn sweep(language: &str, queries: Option<Vec<(String, String)>>, types: &dyn FieldTypes, step: usize) {
    let Some(mut queries) = queries else { return };
    if !engine::installed() {
        return;
    }
    let step = std::env::var("RULEGLOT_EVERY").ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(step);
    queries = queries.into_iter().step_by(step.max(1)).collect();
    let mut outcome = Outcome::default();
    let cases = cases(language, queries, types, &mut outcome);
    if let Some(refused) = accepted(&cases) {
        assert_eq!(refused, 0, "queries that Microsoft's parser and binder refuse");
    }
    compare(&cases, types, &mut outcome);
    println!(
        "{language}: {} queries, {} written, {} executed ({} without a loss), {} events, {} selected, {} differ, {} differ as a loss says",
        outcome.total,
        cases.len(),
        outcome.executed,
        outcome.exact,
        outcome.events,
        outcome.selected,
        outcome.differ.len(),
        outcome.explained,
    );
    println!("  not written: {:#?}\n  not executed: {:#?}", outcome.refused, outcome.not_executed);
    outcome.differ.iter().for_each(|wrong| println!("{wrong}"));
    assert!(outcome.differ.is_empty(), "{} queries differ", outcome.differ.len());
    assert!(outcome.executed * 100 >= outcome.total * 80, "{} of {}", outcome.executed, outcome.total);
}

#[test]
fn kuery_rules_written_as_kusto_select_the_same() {
    sweep("kuery", rules("kuery"), &Ecs, 1);
}

#[test]
fn eql_event_queries_written_as_kusto_select_the_same() {
    let events = rules("eql").map(|rules| {
        rules.into_iter().filter(|(_, query)| !query.contains("sequence") && !query.contains("sample by")).collect()
    });
    sweep("eql", events, &Ecs, 1);
}

#[test]
fn lucene_queries_written_as_kusto_select_the_same() {
    sweep("lucene", lucene_queries(), &Untyped, 5);
}
