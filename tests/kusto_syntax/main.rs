//! Kusto's parser, inventory and formatter beside Microsoft's own parser, on the shared corpus of public queries.
//!
//! The corpus and the judge lie outside the repository (`../shared`, or `$RULEGLOT_SHARED`; the judge is installed by
//! `judges/setup.sh`). Where they are absent the sweeps say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

mod damage;
mod fmt;
mod judge;
mod own;

use std::collections::{BTreeMap, BTreeSet};

use judge::{Corpus, judge};
use ruleglot::dialect::kusto;
use serde_json::Value;

/// Accepted by the official parser and not by ours, or the other way round, with the reason.
fn reason(query: &str) -> Option<&'static str> {
    // `.show`, `.create`: the official library reads control commands with a grammar of their own; they are no queries.
    query.trim_start().starts_with('.').then_some("a control command")
}

#[test]
fn accepts_what_the_official_parser_accepts() {
    let Some(corpus) = Corpus::load() else { return };
    let (mut accepted, mut split) = (0, 0);
    let mut wrong = Vec::new();
    for entry in &corpus.queries {
        let ours = kusto::parse(&entry.text);
        match (entry.official_ok, &ours) {
            (true, Ok(_)) => accepted += 1,
            (true, Err(errors)) if reason(&entry.text).is_none() => {
                wrong.push(format!("{}: {}", entry.id, errors[0].message))
            }
            (false, Ok(_)) => wrong.push(format!("{}: accepted", entry.id)),
            (false, Err(_)) => split += usize::from(kusto::parse_all(&entry.text).is_ok()),
            _ => {}
        }
    }
    println!(
        "{} queries, {accepted} accepted, {split} more as several queries with blank lines between",
        corpus.queries.len()
    );
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), wrong);
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn names(map: &BTreeMap<String, usize>) -> BTreeSet<String> {
    map.keys().cloned().collect()
}

/// What parse.js counts among `binops` that is no operator on strings.
const OTHER_OPERATORS: [&str; 19] = [
    "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "<>", "and", "or", "between", "!between", "unary -",
    "unary +", "",
];

#[test]
fn inventory_equals_the_official_parsers() {
    let Some(corpus) = Corpus::load() else { return };
    let accepted: Vec<_> = corpus.queries.iter().filter(|entry| entry.official_ok).collect();
    let texts: Vec<&str> = accepted.iter().map(|entry| entry.text.as_str()).collect();
    let Some(verdicts) = judge(&texts, &[]) else { return };
    let mut wrong = Vec::new();
    for (entry, verdict) in accepted.iter().zip(&verdicts) {
        let ours = kusto::inventory(&entry.text).unwrap();
        let mut functions = BTreeSet::new();
        for list in ["scalar_fns", "agg_fns", "other_fns"] {
            functions.extend(keys(&verdict[list]));
        }
        let tables = verdict["tables"].as_array().into_iter().flatten();
        let tables: BTreeSet<String> = tables.filter_map(Value::as_str).map(str::to_owned).collect();
        let string_operators =
            keys(&verdict["binops"]).into_iter().filter(|name| !OTHER_OPERATORS.contains(&name.as_str())).collect();
        for (what, ours, official) in [
            ("operators", names(&ours.operators), keys(&verdict["ops"])),
            ("functions", names(&ours.functions), functions),
            ("string operators", names(&ours.string_operators), string_operators),
            ("tables", names(&ours.tables), tables),
        ] {
            if ours != official {
                wrong.push(format!("{} {what}: ours {ours:?}, official {official:?}", entry.id));
            }
        }
        // How often each operator stands in the query agrees too.
        for (name, count) in verdict["ops"].as_object().into_iter().flatten() {
            if ours.operators.get(name).copied().unwrap_or(0) as u64 != count.as_u64().unwrap_or(0) {
                wrong.push(format!("{} {name}: {count} times", entry.id));
            }
        }
    }
    println!("{} queries", accepted.len());
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}
