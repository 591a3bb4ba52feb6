//! The corpus, the judges and damaged queries for the EQL and ES|QL sweeps.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The languages of these sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Eql,
    Esql,
}

/// The folder of shared material, where there is one.
pub fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("RULEGLOT_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    folder.is_dir().then_some(folder)
}

/// Path and query of every public rule in this language; empty where the corpus is absent.
pub fn rules(language: Language) -> Vec<(String, String)> {
    let Some(shared) = shared() else {
        println!("skipped: no shared corpus");
        return Vec::new();
    };
    let name = if language == Language::Eql { "eql" } else { "esql" };
    let mut found = Vec::new();
    let mut folders = vec![shared.join("corpus/elastic-rules")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
                let rule = &table["rule"];
                if rule.get("language").and_then(|language| language.as_str()) == Some(name)
                    && let Some(query) = rule.get("query").and_then(|query| query.as_str())
                {
                    found.push((path.display().to_string(), query.to_owned()));
                }
            }
        }
    }
    found.sort();
    found
}

/// Runs a judge of `judges/elastic` over JSON lines; `None` where it is not installed.
pub fn judge(
    script: &str,
    args: &[&str],
    lines: impl Iterator<Item = serde_json::Value>,
) -> Option<Vec<serde_json::Value>> {
    let judges = std::env::var_os("JUDGES").map(PathBuf::from);
    let judges =
        judges.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))?;
    let python = judges.join("elastic-venv/bin/python");
    let script = shared().map(|shared| shared.join("judges/elastic").join(script));
    let (Some(script), true) = (script, python.is_file()) else {
        println!("skipped: no judge");
        return None;
    };
    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
    // Two processes, because the judges are slow.
    let half = lines.len().div_ceil(2);
    let parts: Vec<Vec<String>> = lines.chunks(half.max(1)).map(<[String]>::to_vec).collect();
    let running: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let mut child = Command::new(&python)
                .arg(&script)
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let writer = std::thread::spawn(move || {
                for line in part {
                    if writeln!(stdin, "{line}").is_err() {
                        return;
                    }
                }
            });
            (child, writer)
        })
        .collect();
    let mut answers = Vec::new();
    for (mut child, writer) in running {
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            answers.push(serde_json::from_str(&line.unwrap()).unwrap());
        }
        writer.join().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(answers.len(), lines.len(), "the judge answered another number of lines");
    Some(answers)
}

/// A small generator of numbers; the same seed gives the same queries.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// The seed of a sweep: `RULEGLOT_SEED`, else the one that is always taken.
pub fn seed(usual: u64) -> u64 {
    std::env::var("RULEGLOT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// `count` queries, each a query of the corpus with one to three small damages.
pub fn damage(corpus: &[String], count: usize, seed: u64) -> Vec<String> {
    if corpus.is_empty() {
        return Vec::new();
    }
    let mut random = Random(seed);
    (0..count)
        .map(|_| {
            let mut tokens = tokens(&corpus[random.below(corpus.len())]);
            for _ in 0..=random.below(3) {
                hurt(&mut tokens, &mut random);
            }
            tokens.concat()
        })
        .collect()
}

const STRANGERS: &[&str] = &[
    " and ",
    " or ",
    " not ",
    "(",
    ")",
    "[",
    "]",
    ",",
    "|",
    " : ",
    " == ",
    " = ",
    " != ",
    " < ",
    " in ",
    " like ",
    "\"x*\"",
    "\"",
    "5",
    "1.5",
    " null ",
    " true ",
    "field.name",
    "*",
    "-",
    "+",
    " where ",
    " by ",
    " with ",
    "`",
    "?",
    "{",
    "}",
    "::",
    " is ",
    "//",
    "/*",
    "\\",
    "'x'",
    "@",
    ";",
    " NOT ",
    " AND ",
];

fn hurt(tokens: &mut Vec<String>, random: &mut Random) {
    if tokens.is_empty() {
        return;
    }
    let at = random.below(tokens.len());
    match random.below(7) {
        0 => {
            tokens.remove(at);
        }
        1 => {
            let again = tokens[at].clone();
            tokens.insert(at, again);
        }
        2 => {
            let other = random.below(tokens.len());
            tokens.swap(at, other);
        }
        3 => tokens.insert(at, STRANGERS[random.below(STRANGERS.len())].to_owned()),
        4 => tokens[at] = STRANGERS[random.below(STRANGERS.len())].to_owned(),
        5 => {
            let token = &tokens[at];
            let cut = random.below(token.chars().count());
            tokens[at] = token.chars().enumerate().filter(|(index, _)| *index != cut).map(|(_, one)| one).collect();
        }
        _ => tokens.truncate(at),
    }
}

/// Words, strings, numbers, runs of white space and single characters.
fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|next: char| !next.is_alphanumeric() && next != '_' && next != '.').unwrap_or(rest.len())
        } else if first.is_whitespace() {
            rest.find(|next: char| !next.is_whitespace()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        found.push(token.to_owned());
        rest = after;
    }
    found
}

/// Prints how often and how both sides disagree: what the judge says, what we say, the query.
pub fn report_differences(name: &str, total: usize, differences: &[(bool, String, String, String)]) {
    println!("{name}: {} of {total} agree", total - differences.len());
    for (theirs, error, ours, query) in differences {
        let short: String = query.chars().take(if std::env::var_os("FULL").is_some() { 10_000 } else { 300 }).collect();
        println!("--- judge {} {error}\n    we say {ours}\n    {short}", if *theirs { "accepts" } else { "refuses" });
    }
}
