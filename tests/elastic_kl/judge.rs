//! Apache Lucene as the judge: what it selects, our evaluator must select.

use crate::shared::{Ecs, Untyped, kuery_rules, lucene_queries, read, shared, write};
use crate::{events, semantics};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldKind, FieldTypes, Predicate, walk};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program that runs Apache Lucene, where it is installed.
pub fn program() -> Option<PathBuf> {
    let path = shared("judges/elastic/lucene_run.sh")?;
    let home = std::env::var_os("JUDGES")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))?;
    if home.join("lucene/cls").exists() {
        return Some(path);
    }
    println!("skipped: Apache Lucene is not installed in {}", home.display());
    None
}

/// The judge's answers to requests, in their order.
pub fn ask(requests: &[Json]) -> Option<Vec<Json>> {
    let mut child = Command::new("sh").arg(program()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<Json> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    Some(answers)
}

/// The judge's names of the types of a condition's fields.
pub fn judge_types(condition: &Predicate, types: &dyn FieldTypes) -> Json {
    let mut named = serde_json::Map::new();
    walk::visit_predicate(
        condition,
        |_| {},
        |field| {
            let name = field.path.to_string();
            let Some(found) = types.type_of(&name) else { return };
            let kind = match found.kind {
                _ if name.ends_with(".caseless") => "keyword_lower",
                FieldKind::Wildcard => "wildcard",
                FieldKind::Text => "text",
                FieldKind::Long => "long",
                FieldKind::Double => "double",
                FieldKind::Ip => "ip",
                FieldKind::Date => "date",
                FieldKind::Boolean => "boolean",
                _ => "keyword",
            };
            named.insert(name, json!(kind));
        },
    );
    Json::Object(named)
}

/// 2024-06-15T12:00:00Z in ticks.
pub const NOW: i64 = 638_540_496_000_000_000;

struct Case {
    id: String,
    condition: Predicate,
    written: String,
    events: Vec<Json>,
    types: Json,
}

/// Runs every case on the judge and on our evaluator; tells each difference, and gives the number of differing cases.
fn compare(cases: &[Case], types: &dyn FieldTypes) -> Option<usize> {
    let requests: Vec<Json> =
        cases.iter().map(|case| json!({"query": case.written, "events": case.events, "types": case.types})).collect();
    let answers = ask(&requests)?;
    let context = Context::new(Access::Elastic, types, NOW);
    let (mut differ, mut selected, mut total, mut decided) = (0, 0, 0, 0);
    for (case, answer) in cases.iter().zip(answers) {
        if answer["ok"] != json!(true) {
            let error = answer["error"].as_str().unwrap_or("");
            println!("{}: Apache Lucene refuses it: {error}", case.id);
            // A limit of the judge's automata, not a matter of meaning.
            differ +=
                usize::from(!error.contains("TooComplexToDeterminize") && !error.contains("ComplexToDeterminize"));
            continue;
        }
        let mut wrong = None;
        let mut hits = 0;
        for (event, theirs) in case.events.iter().zip(answer["results"].as_array().unwrap()) {
            let ours = matches(&case.condition, event, &context);
            total += 1;
            hits += usize::from(theirs == &json!(true));
            if ours.as_ref().ok() != theirs.as_bool().as_ref() && wrong.is_none() {
                wrong = Some(format!("{event} ours {ours:?}, theirs {theirs}"));
            }
        }
        selected += hits;
        decided += usize::from(hits > 0 && hits < case.events.len());
        if let Some(wrong) = wrong {
            differ += 1;
            println!("{}: {}\n  {wrong}\n  {}", case.id, case.written, answer["parsed"]);
        }
    }
    println!(
        "{} queries on {total} events, {selected} selected, {decided} queries select some and not all, {differ} queries differ",
        cases.len()
    );
    Some(differ)
}

fn cases(
    language: &str,
    rules: Vec<(String, String)>,
    types: &dyn FieldTypes,
    written: impl Fn(&str, &ruleglot::dialect::Read) -> Result<String, String>,
) -> Vec<Case> {
    let context = Context::new(Access::Elastic, types, NOW);
    let mut cases = Vec::new();
    for (id, text) in rules {
        let found = read(language, &text, types).unwrap();
        if !found.unread.is_empty() {
            println!("{id}: {}", found.unread[0].reason);
            continue;
        }
        let condition = found.logic.as_filter().unwrap();
        let written = written(&text, &found).unwrap_or_else(|error| panic!("{id}: {error}"));
        let events = events::events(&condition, &context, &text, 30);
        let types = judge_types(&condition, types);
        cases.push(Case { id, condition, written, events, types });
    }
    cases
}

#[test]
fn lucene_queries_select_what_apache_lucene_selects() {
    let Some(rules) = lucene_queries() else { return };
    if program().is_none() {
        return;
    }
    let cases = cases("lucene", rules, &Untyped, |text, _| Ok(text.to_owned()));
    assert_eq!(compare(&cases, &Untyped), Some(0));
}

#[test]
fn kuery_written_as_lucene_selects_the_same() {
    let Some(rules) = kuery_rules() else { return };
    if program().is_none() {
        return;
    }
    let lucene = |_: &str, found: &ruleglot::dialect::Read| {
        let (text, planned) = write("lucene", &found.logic, &Ecs)?;
        if planned.losses.is_empty() { Ok(text) } else { Err(format!("{:?}", planned.losses)) }
    };
    let typed = cases("kuery", rules, &Ecs, lucene);
    assert_eq!(compare(&typed, &Ecs), Some(0));
}

/// Every case of the semantics table, also on the judge.
#[test]
fn semantics_cases_hold_on_apache_lucene() {
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for case in semantics::cases().into_iter().filter(|case| case.language == "lucene" && case.judged) {
        let types: serde_json::Map<String, Json> =
            case.types.iter().map(|(name, kind)| ((*name).to_owned(), json!(kind))).collect();
        let events: Vec<Json> = case.events.iter().map(|(event, _)| event.clone()).collect();
        requests.push(json!({"query": case.query, "events": events, "types": types}));
        expected.push((case.query, case.events));
    }
    let Some(answers) = ask(&requests) else { return };
    for (answer, (query, events)) in answers.iter().zip(expected) {
        let wanted: Vec<bool> = events.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(answer["results"], json!(wanted), "{query}: {answer}");
    }
}
