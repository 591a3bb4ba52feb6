//! The shared corpus, and Microsoft's parser run once for many queries.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// Where the shared material lies; `None`, with a line that says so, where it is absent.
fn shared() -> Option<PathBuf> {
    let root = match std::env::var_os("RULEGLOT_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    if root.is_dir() {
        return Some(root);
    }
    println!("skipped: no shared material at {}", root.display());
    None
}

/// A query of the corpus.
pub struct Entry {
    pub id: String,
    pub text: String,
    pub official_ok: bool,
}

/// The corpus of public queries.
pub struct Corpus {
    pub queries: Vec<Entry>,
}

impl Corpus {
    pub fn load() -> Option<Corpus> {
        let text = std::fs::read_to_string(shared()?.join("corpus/kusto-queries/queries.jsonl")).ok()?;
        let queries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).map(|entry| Entry {
            id: entry["id"].as_str().unwrap().to_owned(),
            text: entry["query"].as_str().unwrap().to_owned(),
            official_ok: entry["official_ok"].as_bool().unwrap(),
        });
        Some(Corpus { queries: queries.collect() })
    }
}

/// The official parser's verdicts, in order. They are kept beside the test programs, so that running again is quick.
pub fn judge(queries: &[&str], options: &[&str]) -> Option<Vec<Value>> {
    let program = shared()?.join("judges/kusto/parse.js");
    let lines: String = queries.iter().map(|query| format!("{}\n", json!({ "query": query }))).collect();
    let mut hasher = DefaultHasher::new();
    (&lines, options).hash(&mut hasher);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let stem = format!("kusto-{:016x}", hasher.finish());
    let (input, output) = (folder.join(format!("{stem}.in.jsonl")), folder.join(format!("{stem}.out.jsonl")));
    if !output.exists() {
        std::fs::write(&input, lines).unwrap();
        let partial = output.with_extension("partial");
        let status =
            Command::new("node").arg(program).arg(&input).arg(&partial).args(options).arg("--no-split").output();
        match status {
            Ok(done) if done.status.success() => std::fs::rename(&partial, &output).unwrap(),
            Ok(done) => {
                println!("skipped: the official parser cannot be run: {}", String::from_utf8_lossy(&done.stderr));
                return None;
            }
            Err(error) => {
                println!("skipped: node cannot be run: {error}");
                return None;
            }
        }
    }
    let text = std::fs::read_to_string(&output).unwrap();
    let verdicts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), queries.len());
    Some(verdicts)
}
