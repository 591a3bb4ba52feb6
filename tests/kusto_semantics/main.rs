//! Kusto's meaning, against material beside the project: public rules and recorded answers of the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

mod binder;
mod document;
mod golden;
#[allow(dead_code, reason = "the syntax tests use more of it")]
#[path = "../kusto_syntax/judge.rs"]
mod judge;
mod public;
mod recognise;

use ruleglot::dialect::{NoHelpers, ReadContext, Registry, kusto};
use ruleglot::model::{FieldTypes, TypeMap};
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("RULEGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if root.is_dir() {
        Some(root)
    } else {
        println!("skipped: no shared material");
        None
    }
}

fn read(text: &str, types: &dyn FieldTypes) -> Result<ruleglot::dialect::Read, String> {
    let registry = Registry::default();
    let context = ReadContext { types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    kusto::read(text, &context)
        .map_err(|errors| errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; "))
}

/// A condition read, planned and written again.
fn rewritten(query: &str, types: &TypeMap) -> String {
    let read = read(query, types).unwrap();
    let dialect = Registry::default().get("kusto").unwrap();
    let planned = ruleglot::plan::plan(&read.logic, &read.unread, dialect.target().unwrap(), types);
    match planned {
        Ok(planned) => {
            let context = ruleglot::dialect::WriteContext { types, tables: &read.tables, detection: None };
            dialect.write(&planned.logic, &context)
        }
        Err(refusals) => format!("{refusals:?} {:?}", read.unread),
    }
}

#[test]
fn faults_of_other_translators_are_not_repeated() {
    let types = TypeMap::default();
    for (query, expected) in [
        // U14: a negated number keeps its operator.
        ("T | where EventID != 4624", "EventID != 4624"),
        // U16: names of `let` stand for their values.
        ("let bad = dynamic([\"a\", \"b\"]); T | where Account in (bad)", "Account in (\"a\", \"b\")"),
        // U17: a condition on an aggregate stays behind it.
        ("T | summarize c = count() by User | where c > 10", "| where c > 10"),
        // U18: a pipe inside a text is text.
        ("T | where X contains \"a | where b\"", "X contains \"a | where b\""),
        // U19: a suffix stays a suffix.
        ("T | where X endswith \".exe\"", "X endswith \".exe\""),
    ] {
        let written = rewritten(query, &types);
        assert!(written.contains(expected), "{query}\n{written}");
    }
}
