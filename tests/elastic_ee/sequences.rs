//! EQL sequences and samples on streams of events, against the judge.
//!
//! The judge lists every combination of events that fits; Elasticsearch keeps one begun sequence for a key and stage,
//! and so do we. So every match of ours must be one of the judge's, and a key that matches there must match here. Where
//! the judge is imprecise: with an event that must be missing at the end it finds an older begun sequence that
//! Elasticsearch has already replaced by a newer one (compared for soundness only); with one that must be missing in
//! front it looks at all of the past, where Elasticsearch looks as far back as `maxspan` (not compared; the tests of
//! `evaluate::shape` say it).

use super::read;
use super::support::{Random, judge, seed};
use ruleglot::evaluate::{Access, Context, run, time};
use ruleglot::model::{TypeMap, Value};
use serde_json::json;
use std::collections::BTreeMap;

const START: &str = "2026-01-01T00:00:00Z";

/// A query, whether its samples may be compared by key only, and whether every match of the judge must be found.
struct Shape {
    query: String,
    ordered: bool,
    complete: bool,
}

/// A stage over the kinds of the streams.
fn stage(random: &mut Random) -> String {
    match random.below(5) {
        0 => r#"[any where kind in ("a", "b")]"#.to_owned(),
        1 => r#"[any where kind : "A"]"#.to_owned(),
        2 => r#"[any where kind == "b"]"#.to_owned(),
        3 => r#"[any where kind == "c" and size > 4]"#.to_owned(),
        _ => r#"[any where kind != "a"]"#.to_owned(),
    }
}

fn shape(random: &mut Random) -> Shape {
    let by = ["by user", "by user, host", ""][random.below(3)];
    if random.below(6) == 0 && !by.is_empty() {
        let stages: Vec<String> = (0..2 + random.below(2)).map(|_| stage(random)).collect();
        return Shape { query: format!("sample {by} {}", stages.join(" ")), ordered: false, complete: true };
    }
    let span = if random.below(3) > 0 { format!("with maxspan={}s", 2 + random.below(12)) } else { String::new() };
    let mut complete = true;
    let mut stages: Vec<String> = Vec::new();
    for _ in 0..2 + random.below(2) {
        let runs = if random.below(6) == 0 { format!(" with runs={}", 2 + random.below(2)) } else { String::new() };
        stages.push(stage(random) + &runs);
    }
    if !span.is_empty() && random.below(3) == 0 {
        let at = 1 + random.below(stages.len());
        complete = at < stages.len();
        stages.insert(at, format!("!{}", stage(random)));
    }
    let mut query = format!("sequence {by} {span} {}", stages.join(" "));
    if random.below(4) == 0 {
        query.push_str(&format!(" until {}", stage(random)));
    }
    Shape { query, ordered: true, complete }
}

/// Events of one second each, as the judge and as we read them; some lack a key.
fn stream(random: &mut Random) -> Vec<serde_json::Value> {
    let start = time::parse_time(START).unwrap();
    let length = 4 + random.below(12);
    let mut second = 0i64;
    (0..length)
        .map(|_| {
            second += 1 + random.below(4) as i64;
            let mut event = json!({
                "@timestamp": time::to_iso(start + second * 10_000_000),
                "kind": (["a", "b", "c", "d"][random.below(4)]),
                "size": random.below(10),
                "event": {"category": "process"},
            });
            if random.below(12) > 0 {
                event["user"] = serde_json::Value::from(["ann", "bob"][random.below(2)]);
            }
            if random.below(12) > 0 {
                event["host"] = serde_json::Value::from(["h1", "h2"][random.below(2)]);
            }
            event
        })
        .collect()
}

/// Keys, first and last event of each match; events by their place in the stream.
fn ours(query: &str, events: &[serde_json::Value]) -> Vec<(String, usize, usize)> {
    let types = TypeMap::default();
    let mut context = Context::new(Access::Elastic, &types, time::parse_time("2026-01-01T01:00:00Z").unwrap());
    context.events = events.iter().map(Value::from).collect();
    let found = read("eql", query);
    assert!(found.unread.is_empty(), "{query}: {:?}", found.unread);
    let table = run(&found.logic, &context).unwrap_or_else(|error| panic!("{query}: {error}"));
    let place = |value: &Value| {
        let Value::DateTime(ticks) = value else { panic!("{value:?}") };
        let text = time::to_iso(*ticks);
        events.iter().position(|event| event["@timestamp"] == text.as_str()).unwrap()
    };
    let rows = table.rows.iter().map(|row| {
        let (cells, ends) = row.split_at(row.len() - 2);
        (format!("{cells:?}"), place(&ends[0]), place(&ends[1]))
    });
    rows.collect()
}

/// The key of an event by the fields of the query's `by`.
fn key(query: &str, event: &serde_json::Value) -> String {
    let fields: &[&str] = if query.contains("by user, host") {
        &["user", "host"]
    } else if query.contains("by user") {
        &["user"]
    } else {
        &[]
    };
    let cells: Vec<Value> = fields.iter().map(|field| Value::from(&event[*field])).collect();
    format!("{cells:?}")
}

#[test]
fn sequences_and_samples_find_what_the_judge_finds() {
    let mut random = Random(seed(20_261_121));
    let cases: Vec<(Shape, Vec<serde_json::Value>)> =
        (0..1_500).map(|_| (shape(&mut random), stream(&mut random))).collect();
    let requests = cases.iter().map(|(shape, events)| json!({"query": shape.query, "events": events}));
    let Some(verdicts) = judge("eql_judge.py", &["batch"], requests) else { return };
    let (mut alike, mut matched, mut different) = (0, 0, Vec::new());
    for ((shape, events), verdict) in cases.iter().zip(&verdicts) {
        assert_eq!(verdict["ok"], true, "{}: {verdict}", shape.query);
        let query = &shape.query;
        let found = ours(query, events);
        let mut theirs: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for hit in verdict["matches"].as_array().unwrap() {
            let places: Vec<usize> = hit.as_array().unwrap().iter().map(|at| at.as_u64().unwrap() as usize).collect();
            let (first, last) = (*places.iter().min().unwrap(), *places.iter().max().unwrap());
            theirs.entry(key(query, &events[places[0]])).or_default().push((first, last));
        }
        let sound = found.iter().all(|(key, first, last)| {
            theirs.get(key).is_some_and(|hits| !shape.ordered || hits.contains(&(*first, *last)))
        });
        let complete = !shape.complete || theirs.keys().all(|key| found.iter().any(|(known, ..)| known == key));
        matched += usize::from(!theirs.is_empty());
        if sound && complete {
            alike += 1;
        } else {
            different.push(format!("{query}\n  ours {found:?}\n  judge {theirs:?}\n  {}", json!(events)));
        }
    }
    println!("{alike} of {} streams alike, {matched} with a match", cases.len());
    different.iter().take(12).for_each(|text| println!("--- {text}"));
    assert!(matched > 300, "{matched} streams with a match only");
    assert!(different.is_empty(), "{} streams differ", different.len());
}
