//! Every ES|QL query that is written, whatever it was written from, is one to Elasticsearch's own grammar.

use super::support::{judge, seed, shared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file in so many is translated, a different choice for every seed; all of them where `RULEGLOT_FULL` is set.
const ONE_IN: usize = 8;

/// The queries of a JSON lines file as files of their own.
fn spread(lines: &Path, folder: &Path, extension: &str) {
    std::fs::create_dir_all(folder).unwrap();
    for (at, line) in std::fs::read_to_string(lines).unwrap().lines().enumerate() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(query) = record["query"].as_str() {
            std::fs::write(folder.join(format!("{at}.{extension}")), query).unwrap();
        }
    }
}

/// The files of a folder with one of these extensions, in order.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().and_then(|extension| extension.to_str()).is_some_and(|one| extensions.contains(&one))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What only versions know that are newer than the judge's.
fn is_newer(query: &str) -> bool {
    ["INLINE STATS", "COMPLETION", "LIMIT BY", "URI_PARTS", "FROM (", "SET "].iter().any(|word| query.contains(word))
}

#[test]
fn every_query_that_is_written_passes_the_judge() {
    let Some(shared) = shared() else {
        println!("skipped: no shared corpus");
        return;
    };
    let work = std::env::temp_dir().join(format!("ruleglot-esql-{}", std::process::id()));
    spread(&shared.join("corpus/kusto-queries/queries.jsonl"), &work.join("in/kusto"), "kusto");
    spread(&shared.join("corpus/lucene-queries/queries.jsonl"), &work.join("in/lucene"), "lucene");
    let mut sources = vec![
        ("elastic", shared.join("corpus/elastic-rules")),
        ("sentinel", shared.join("corpus/sentinel-rules")),
        ("kusto", work.join("in/kusto")),
        ("lucene", work.join("in/lucene")),
    ];
    match std::env::var_os("RULEGLOT_PANTHER_ANALYSIS") {
        Some(folder) => sources.push(("panther", PathBuf::from(folder).join("rules"))),
        None => println!("skipped: no Panther rules"),
    }
    let mut queries: Vec<(String, String)> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let every = if std::env::var_os("RULEGLOT_FULL").is_some() { 1 } else { ONE_IN };
    let first = usize::try_from(seed(3)).unwrap() % every;
    for (name, source) in &sources {
        let rules = files(source, &["toml", "yaml", "yml", "kusto", "lucene"]);
        let rules: Vec<&PathBuf> = rules.iter().skip(first).step_by(every).collect();
        for fields in ["keep", "map"] {
            let out = work.join("out").join(name).join(fields);
            let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
                .args(["translate", "--to", "esql", "--format", "query", "--no-verify", "--fields", fields, "--out"])
                .arg(&out)
                .args(&rules)
                .output()
                .unwrap();
            assert!(run.status.code().is_some_and(|code| code <= 2), "{}", String::from_utf8_lossy(&run.stderr));
            let found = files(&out, &["esql"]);
            counts.insert(format!("{name} {fields}"), found.len());
            for path in found {
                queries.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    println!("written: {counts:?}");
    let verdicts =
        judge("esql_judge.py", &["batch"], queries.iter().map(|(_, query)| serde_json::json!({"query": query})));
    let Some(verdicts) = verdicts else { return };
    let mut failed = Vec::new();
    let mut newer = 0;
    for ((path, query), verdict) in queries.iter().zip(&verdicts) {
        if verdict["ok"] == true {
            continue;
        }
        if is_newer(query) {
            newer += 1;
        } else {
            failed.push(format!("{path}: {}\n{query}", verdict["error"]));
        }
    }
    println!("{} of {} accepted, {newer} newer than the judge", queries.len() - failed.len() - newer, queries.len());
    assert!(counts.iter().all(|(name, count)| *count > 0 || name.ends_with("map")), "{counts:?}");
    assert!(failed.is_empty(), "{} refused\n{}", failed.len(), failed[..failed.len().min(20)].join("\n"));
    std::fs::remove_dir_all(&work).unwrap();
}
