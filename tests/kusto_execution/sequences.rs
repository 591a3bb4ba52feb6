//! EQL's sequences written as joins: on streams of events the same keys are found, by our evaluator and, where it knows
//! the operators, by the open engine.

use crate::engine::{self, Request};
use crate::shared::{Untyped, read, rules};
use crate::table::{self, Column};
use crate::translated::translate;
use ruleglot::evaluate::{Access, Context, coerce, matches, run, time};
use ruleglot::model::{Expr, Logic, Predicate, Shape, Stage, TICKS_PER_SECOND, Value};
use ruleglot::verify::events::{Options, events_for, put};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// 2024-06-15T12:00:00Z in ticks.
const NOW: i64 = 638_540_496_000_000_000;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

fn stages(shape: &Shape) -> Vec<&Stage> {
    match shape {
        Shape::Sequence { stages, absent, until, .. } => {
            stages.iter().chain(absent.iter().map(|absent| &absent.stage)).chain(until).collect()
        }
        _ => Vec::new(),
    }
}

/// Streams of events around a sequence: events of each stage and near misses, with a few keys, at times of their own.
fn streams(shape: &Shape, seed: u64, number: usize) -> Vec<Vec<Json>> {
    let context = Context::new(Access::Elastic, &Untyped, NOW);
    let options = Options { most: 12, empty_text: false, ..Options::common() };
    let mut random = Random(seed | 1);
    let all = stages(shape);
    let mut pools: Vec<Vec<Json>> = Vec::new();
    for stage in &all {
        let made = events_for(&[&stage.filter], &context, &options).unwrap_or_default();
        let mut hits: Vec<Json> = Vec::new();
        let mut misses: Vec<Json> = Vec::new();
        for event in made {
            let hit = matches(&stage.filter, &event.event, &context) == Ok(true);
            if hit { hits.push(event.event) } else { misses.push(event.event) }
        }
        misses.truncate(1);
        hits.truncate(4);
        hits.extend(misses);
        pools.push(hits);
    }
    let span = match shape {
        Shape::Sequence { max_span: Some(seconds), .. } => (*seconds as usize).max(2),
        _ => 100,
    };
    (0..number)
        .map(|_| {
            let mut times = BTreeSet::new();
            while times.len() < 10 {
                times.insert(random.below((span * 3).max(30)));
            }
            let mut stream = Vec::new();
            for (at, second) in times.into_iter().enumerate() {
                let kind = if random.below(3) == 0 { random.below(pools.len()) } else { at % pools.len().max(1) };
                let Some(pool) = pools.get(kind).filter(|pool| !pool.is_empty()) else { continue };
                let mut event = pool[random.below(pool.len())].clone();
                let key = random.below(8);
                for path in all[kind].by.iter().filter_map(Expr::as_field).map(|field| &field.path) {
                    let value = json!(if key < 7 { "k1" } else { "k2" });
                    put(&mut event, &path.0, (random.below(20) > 0).then_some(&value));
                }
                let time = time::to_iso(NOW + i64::try_from(second).unwrap() * TICKS_PER_SECOND);
                event["@timestamp"] = json!(time);
                event["TimeGenerated"] = json!(time);
                stream.push(event);
            }
            stream
        })
        .collect()
}

/// The keys that a logic finds in a stream: the first columns of its rows.
fn keys(logic: &Logic, access: Access, stream: &[Json], number: usize) -> Result<Vec<String>, String> {
    let mut context = Context::new(access, &Untyped, NOW + 1_000_000 * TICKS_PER_SECOND);
    context.events = stream.iter().map(Value::from).collect();
    let table = run(logic, &context).map_err(|error| error.to_string())?;
    let mut found: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().take(number).map(|cell| coerce::to_text(cell).into_owned()).collect();
            cells.join("|")
        })
        .collect();
    found.sort();
    Ok(found)
}

fn fields(filters: &[&Predicate]) -> BTreeMap<String, Column> {
    let mut found = BTreeMap::new();
    for filter in filters {
        for (name, column) in table::columns(filter, &Untyped) {
            let known = found.entry(name).or_insert(column);
            if *known != column {
                *known = Column::Text;
            }
        }
    }
    found
}

fn check(sequences: Vec<(String, String)>, number_of_streams: usize) -> (usize, usize, usize) {
    let (mut written, mut found_some, mut differ) = (0, 0, 0);
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    let mut texts = Vec::new();
    let mut schema = BTreeMap::new();
    for (id, query) in &sequences {
        let translated = match translate("eql", query, "kusto", &Untyped, false) {
            Ok(translated) => translated,
            Err(reason) => {
                println!("{id}: {reason}");
                continue;
            }
        };
        let Logic::Shape(shape) = &translated.logic else { continue };
        let all = stages(shape);
        let mut columns = fields(&all.iter().map(|stage| &stage.filter).collect::<Vec<_>>());
        for name in all.iter().flat_map(|stage| &stage.by).filter_map(Expr::as_field) {
            columns.entry(name.path.to_string()).or_insert(Column::Text);
        }
        columns.insert("TimeGenerated".to_owned(), Column::Time);
        let listed: Vec<String> =
            columns.iter().map(|(name, column)| format!("['{name}']:{}", column.kusto())).collect();
        let table = format!("Events{written}");
        schema.insert(table.clone(), format!("({})", listed.join(", ")));
        texts.push(translated.text.replace("Events\n", &format!("{table}\n")));
        written += 1;
        let back = read("kusto", &translated.text, &Untyped).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(back.unread.is_empty(), "{id}: {:?}\n{}", back.unread, translated.text);
        let number = all[0].by.len();
        let mut some = false;
        let mut wrong = None;
        for (at, stream) in streams(shape, 77 + written as u64, number_of_streams).into_iter().enumerate() {
            // A column has one type: numbers are no texts.
            let kept = table::statements(&table, &columns, &stream).1;
            let numbers = |event: &Json| {
                columns.iter().all(|(name, column)| {
                    let path: String = name.split('.').map(|part| format!("/{part}")).collect();
                    matches!(column, Column::Text | Column::Time) || !event.pointer(&path).is_some_and(Json::is_string)
                })
            };
            let stream: Vec<Json> = kept.iter().map(|at| stream[*at].clone()).filter(|event| numbers(event)).collect();
            let source = keys(&translated.logic, Access::Elastic, &stream, number).unwrap();
            let target = keys(&back.logic, Access::Sentinel, &stream, number)
                .unwrap_or_else(|error| panic!("{id}: {error}\n{}", translated.text));
            some |= !source.is_empty();
            // Without keys the row's times stand first: only their number counts.
            let same = if number == 0 { source.len() == target.len() } else { source == target };
            if !same && wrong.is_none() {
                wrong = Some(format!("{source:?} against {target:?} on {}", json!(stream)));
            }
            if at < 2 && number > 0 && !translated.text.contains("prev(") {
                let (setup, kept) = table::statements(&table, &columns, &stream);
                if kept.len() == stream.len() {
                    requests.push(Request { setup, query: texts.last().unwrap().clone() });
                    expected.push((id.clone(), source, number, translated.text.clone()));
                }
            }
        }
        found_some += usize::from(some);
        if let Some(wrong) = wrong {
            differ += 1;
            println!("{id}: {wrong}\n{query}\n{}", translated.text);
        }
    }
    if let Some(verdicts) = engine::official(&texts, &schema) {
        for (text, verdict) in texts.iter().zip(verdicts) {
            let findings = verdict["semantic"].as_array().map_or(0, Vec::len);
            assert!(verdict["ok"] == true && findings == 0, "{} {}\n{text}", verdict["first"], verdict["semantic"]);
        }
    }
    let mut executed = 0;
    if engine::installed() {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for ((id, source, number, text), answer) in expected.iter().zip(engine::run(&requests)) {
            match answer {
                Ok(rows) => {
                    executed += 1;
                    let mut theirs: Vec<String> = rows
                        .iter()
                        .map(|row| {
                            let cells: Vec<String> =
                                row.iter().take(*number).map(|cell| cell.as_str().unwrap_or("").to_owned()).collect();
                            cells.join("|")
                        })
                        .collect();
                    theirs.sort();
                    if theirs != *source {
                        differ += 1;
                        println!("{id}: the engine finds {theirs:?} and not {source:?}\n{text}");
                    }
                }
                Err(error) => *reasons.entry(error.chars().take(120).collect()).or_default() += 1,
            }
        }
        println!("{executed} streams run by the engine; refused: {reasons:#?}");
    }
    println!("{} sequences, {written} written, {found_some} found in some stream, {differ} differ", sequences.len());
    (written, found_some, differ)
}

#[test]
fn sequences_of_our_own_find_the_same_keys() {
    let process = "[process where process.name == \"a.exe\"]";
    let file = "[file where file.extension : (\"ps1\", \"js\")]";
    let network = "[network where destination.port == 445]";
    let own: Vec<(String, String)> = [
        format!("sequence by host.id with maxspan=1m {process} {file}"),
        format!("sequence by host.id, user.name with maxspan=30s {process} {file} {network}"),
        format!("sequence with maxspan=5m {process} by process.entity_id {file} by file.owner_id"),
        format!("sequence by host.id {process} {network}"),
        format!("sequence with maxspan=10s {process} {file}"),
        format!("sequence by host.id with maxspan=1m {process} ![file where file.name == \"b\"] {network}"),
        format!("sequence by host.id with maxspan=1m ![file where file.name == \"b\"] {process} {network}"),
        format!("sequence by host.id with maxspan=1m {process} {network} ![file where file.name == \"b\"]"),
        format!("sequence by host.id with maxspan=1m {process} {network} until [file where file.name == \"b\"]"),
        format!("sequence by host.id with maxspan=1m {process} with runs=3 {network}"),
        "sequence by user.name with maxspan=1m [authentication where event.outcome == \"failure\"] with runs=4"
            .to_owned(),
        format!("sequence by host.id with maxspan=1m {process} [process where process.name : \"*.exe\"]"),
        format!("sequence by ?host.id with maxspan=1m {process} {file}"),
        format!("sample by host.id {process} {file} {network}"),
    ]
    .into_iter()
    .map(|query| (query.clone(), query))
    .collect();
    let total = own.len();
    let (written, found, differ) = check(own, 24);
    assert_eq!((written, differ), (total, 0));
    assert!(found >= total - 2, "{found}");
}

#[test]
fn sequences_of_the_corpus_find_the_same_keys() {
    let Some(rules) = rules("eql") else { return };
    let sequences: Vec<_> = rules
        .into_iter()
        .filter(|(_, query)| query.trim_start().starts_with("sequence") || query.trim_start().starts_with("sample"))
        .step_by(std::env::var("RULEGLOT_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(4))
        .collect();
    let (_, _, differ) = check(sequences, 5);
    assert_eq!(differ, 0);
}

#[test]
fn the_text_of_a_sequence_reads_like_a_rule() {
    let query = "sequence by host.id with maxspan=5m\n  [process where process.name == \"a.exe\"]\n  [network where destination.port == 445]";
    let found = translate("eql", query, "kusto", &Untyped, false).unwrap();
    assert_eq!(
        found.text,
        "Events
| where ['event.category'] == \"process\" and ['process.name'] == \"a.exe\"
| where isnotempty(['host.id'])
| project Time1 = TimeGenerated, ['host.id']
| join kind=inner (
    Events
    | where ['event.category'] == \"network\" and ['destination.port'] == 445
    | where isnotempty(['host.id'])
    | project Time2 = TimeGenerated, ['host.id']
) on ['host.id']
| where Time2 >= Time1 and Time2 <= Time1 + 5m
| summarize FirstTime = max(Time1) by ['host.id'], LastTime = Time2
| summarize LastTime = min(LastTime) by ['host.id'], FirstTime"
    );
}
