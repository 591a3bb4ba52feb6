//! The judges: Microsoft's parser and binder, and an open Kusto engine over DuckDB.

use crate::shared::shared;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn home() -> Option<PathBuf> {
    std::env::var_os("JUDGES")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))
}

/// A statement for the engine: SQL that makes its tables, then a query.
pub struct Request {
    pub setup: Vec<String>,
    pub query: String,
}

/// Whether the engine is installed.
pub fn installed() -> bool {
    let python = home().map(|home| home.join("kusto-venv/bin/python"));
    let there = python.is_some_and(|python| python.exists()) && shared("judges/kusto/execute.py").is_some();
    if !there {
        println!("skipped: the open Kusto engine is not installed");
    }
    there
}

/// The engine's answers, in order: rows, or why it refused. Two processes share the work.
pub fn run(requests: &[Request]) -> Vec<Result<Vec<Vec<Json>>, String>> {
    let half = requests.len().div_ceil(2).max(1);
    let threads: Vec<_> = requests
        .chunks(half)
        .map(|chunk| {
            let text: String = chunk
                .iter()
                .map(|request| format!("{}\n", json!({"setup": request.setup, "q": request.query})))
                .collect();
            std::thread::spawn(move || one(&text))
        })
        .collect();
    let answers: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    answers
}

fn one(text: &str) -> Vec<Result<Vec<Vec<Json>>, String>> {
    let mut child = Command::new(home().unwrap().join("kusto-venv/bin/python"))
        .arg(shared("judges/kusto/execute.py").unwrap())
        .arg("duckdb-kql")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let answer: Json = serde_json::from_str(line).unwrap();
            match answer["err"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(serde_json::from_value(answer["rows"].clone()).unwrap()),
            }
        })
        .collect()
}

/// Microsoft's verdicts on queries, each bound to the tables of `schema` (name → `(column:type, ...)`).
pub fn official(queries: &[String], schema: &BTreeMap<String, String>) -> Option<Vec<Json>> {
    let program = shared("judges/kusto/parse.js")?;
    let folder = tempfile::tempdir().unwrap();
    let (input, output, tables) =
        (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"), folder.path().join("schema.json"));
    let lines: String = queries.iter().map(|query| format!("{}\n", json!({ "query": query }))).collect();
    std::fs::write(&input, lines).unwrap();
    std::fs::write(&tables, json!(schema).to_string()).unwrap();
    let done = Command::new("node")
        .arg(program)
        .args([&input, &output])
        .arg("--schema")
        .arg(&tables)
        .arg("--no-split")
        .output();
    match done {
        Ok(done) if done.status.success() => {}
        Ok(done) => {
            println!("skipped: the official parser cannot be run: {}", String::from_utf8_lossy(&done.stderr));
            return None;
        }
        Err(error) => {
            println!("skipped: node cannot be run: {error}");
            return None;
        }
    }
    let verdicts: Vec<Json> =
        std::fs::read_to_string(&output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), queries.len());
    Some(verdicts)
}
