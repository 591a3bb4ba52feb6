//! Python rules of panther-analysis, read where the repository lies on this machine; skipped where it does not.
//!
//! `RULEGLOT_PANTHER_ANALYSIS` names the folder (default: `../shared/panther-analysis` beside the project).
//! `RULEGLOT_PANTHER_JUDGE` names a command that answers as `judges/panther/pat.py --server` does; with it the rules are
//! compared with Panther's own runtime.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ruleglot::dialect::{Helpers, ReadContext, Registry};
use ruleglot::evaluate::{Access, Context, EvalError, matches};
use ruleglot::model::{Predicate, TypeMap};
use ruleglot::source::parse_yaml;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod mutate {
    use serde_json::{Value as Json, json};

    /// A small seeded generator: the same seed gives the same events.
    pub struct Random(pub u64);

    impl Random {
        pub fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % limit.max(1) as u64) as usize
        }
    }

    fn paths(value: &Json, at: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
        match value {
            Json::Object(entries) => {
                for (key, inner) in entries {
                    at.push(key.clone());
                    into.push(at.clone());
                    paths(inner, at, into);
                    at.pop();
                }
            }
            Json::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    at.push(index.to_string());
                    into.push(at.clone());
                    paths(inner, at, into);
                    at.pop();
                }
            }
            _ => {}
        }
    }

    fn slot<'v>(value: &'v mut Json, path: &[String]) -> Option<&'v mut Json> {
        let mut at = value;
        for step in path {
            at = match at {
                Json::Object(entries) => entries.get_mut(step)?,
                Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    fn put(value: &mut Json, path: &[String], new: Json) {
        let mut at = value;
        for (index, step) in path.iter().enumerate() {
            if !at.is_object() {
                return;
            }
            let entries = at.as_object_mut().unwrap();
            if index + 1 == path.len() {
                entries.insert(step.clone(), new);
                return;
            }
            let next = entries.entry(step.clone()).or_insert_with(|| json!({}));
            if next.is_null() {
                *next = json!({});
            }
            at = next;
        }
    }

    fn near(random: &mut Random, value: &Json) -> Json {
        match (value, random.below(6)) {
            (Json::String(text), 0) => json!(text.to_uppercase()),
            (Json::String(text), 1) => json!(text.to_lowercase()),
            (Json::String(text), 2) => json!(format!("{text}x")),
            (Json::String(text), 3) => json!(format!("x{text}")),
            (Json::String(text), 4) => json!(text.chars().skip(1).collect::<String>()),
            (Json::String(text), _) => json!([text]),
            (Json::Number(number), kind) => match (number.as_i64(), kind) {
                (Some(whole), 0) => json!(whole + 1),
                (Some(whole), 1) => json!(whole - 1),
                (Some(whole), 2) => json!(whole.to_string()),
                (Some(whole), 3) => json!(-whole),
                _ => json!(0),
            },
            (Json::Bool(flag), 0..=2) => json!(!flag),
            (Json::Bool(flag), 3) => json!(flag.to_string()),
            (Json::Array(items), 0) => json!([items.clone(), vec![null_or(items)]].concat()),
            (Json::Array(items), 1) => json!(items.iter().rev().cloned().collect::<Vec<_>>()),
            (Json::Array(items), 2) => items.first().cloned().unwrap_or(Json::Null),
            (Json::Array(items), 3) => json!(items.iter().skip(1).cloned().collect::<Vec<_>>()),
            (Json::Array(items), _) => json!([items.clone(), items.clone()].concat()),
            (other, 4) => json!([other]),
            _ => Json::Null,
        }
    }

    fn null_or(items: &[Json]) -> Json {
        if items.len().is_multiple_of(2) { Json::Null } else { json!({}) }
    }

    /// An event made from one of the rule's own: keys dropped, nulled, emptied, changed, values that the rule names put
    /// at places that it reads.
    pub fn event(random: &mut Random, events: &[Json], fields: &[Vec<String>], values: &[Json]) -> Json {
        let mut event = match events.len() {
            0 => json!({}),
            count => events[random.below(count)].clone(),
        };
        let rounds = 1 + random.below(3);
        for _ in 0..rounds {
            let mut all = Vec::new();
            paths(&event, &mut Vec::new(), &mut all);
            let kind = random.below(12);
            if kind >= 7 && !fields.is_empty() {
                // a place that the rule reads
                let path = fields[random.below(fields.len())].clone();
                let new = match kind {
                    7 if !values.is_empty() => values[random.below(values.len())].clone(),
                    8 if !values.is_empty() => {
                        let value = values[random.below(values.len())].clone();
                        near(random, &value)
                    }
                    9 => Json::Null,
                    10 => match slot(&mut event, &path) {
                        Some(found) => {
                            let found = found.clone();
                            near(random, &found)
                        }
                        None => json!(""),
                    },
                    _ => {
                        if let Some((last, before)) = path.split_last()
                            && let Some(Json::Object(entries)) = slot(&mut event, before)
                        {
                            entries.shift_remove(last);
                        }
                        continue;
                    }
                };
                put(&mut event, &path, new);
                continue;
            }
            if all.is_empty() {
                continue;
            }
            let path = all[random.below(all.len())].clone();
            let Some((last, before)) = path.split_last() else { continue };
            match kind {
                0 | 1 => match slot(&mut event, before) {
                    Some(Json::Object(entries)) => {
                        entries.shift_remove(last);
                    }
                    Some(Json::Array(items)) => {
                        if let Ok(index) = last.parse::<usize>()
                            && index < items.len()
                        {
                            items.remove(index);
                        }
                    }
                    _ => {}
                },
                2 => {
                    if let Some(found) = slot(&mut event, &path) {
                        *found = Json::Null;
                    }
                }
                3 => {
                    if let Some(found) = slot(&mut event, &path) {
                        *found = match found {
                            Json::String(_) => json!(""),
                            Json::Array(_) => json!([]),
                            Json::Object(_) => json!({}),
                            _ => json!("text"),
                        };
                    }
                }
                4 => {
                    if let Some(Json::Object(entries)) = slot(&mut event, before)
                        && let Some(value) = entries.shift_remove(last)
                    {
                        entries.insert(
                            if random.below(2) == 0 { last.to_uppercase() } else { last.to_lowercase() },
                            value,
                        );
                    }
                }
                _ => {
                    if let Some(found) = slot(&mut event, &path) {
                        *found = near(random, &found.clone());
                    }
                }
            }
        }
        event
    }
}

struct Repository {
    modules: BTreeMap<String, String>,
    models: Vec<String>,
}

impl Helpers for Repository {
    fn module(&self, name: &str) -> Option<String> {
        self.modules.get(name).cloned()
    }

    fn data_models(&self) -> Vec<String> {
        self.models.clone()
    }
}

fn files(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            into.push(path);
        }
    }
}

fn root() -> Option<PathBuf> {
    let path = match std::env::var_os("RULEGLOT_PANTHER_ANALYSIS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/panther-analysis"),
    };
    path.join("rules").is_dir().then_some(path)
}

fn repository(root: &Path) -> Repository {
    let mut modules = BTreeMap::new();
    let mut paths = Vec::new();
    files(&root.join("global_helpers"), "py", &mut paths);
    files(&root.join("data_models"), "py", &mut paths);
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        modules.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    let mut paths = Vec::new();
    files(&root.join("data_models"), "yml", &mut paths);
    let models = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    Repository { modules, models }
}

struct Rule {
    path: PathBuf,
    id: String,
    policy: bool,
    text: String,
    log_types: Vec<String>,
    /// Event, expected, mocked.
    tests: Vec<(Json, bool, bool)>,
}

fn rules(root: &Path, folders: &[&str]) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut paths = Vec::new();
    for folder in folders {
        files(&root.join(folder), "yml", &mut paths);
    }
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = match parse_yaml(&text) {
            Ok(parsed) => parsed,
            Err(error) => {
                println!("  not read: {}: {}", path.display(), error.message);
                continue;
            }
        };
        let yaml = parsed.root.to_json();
        let kind = yaml["AnalysisType"].as_str().unwrap_or("").to_owned();
        if !matches!(kind.as_str(), "rule" | "policy" | "scheduled_rule") {
            continue;
        }
        let Some(file) = yaml["Filename"].as_str() else { continue };
        let Ok(text) = std::fs::read_to_string(path.with_file_name(file)) else { continue };
        let strings = |value: &Json| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let tests = yaml["Tests"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|test| {
                let log = if test["Log"].is_null() { &test["Resource"] } else { &test["Log"] };
                let event = match log {
                    Json::String(text) => serde_json::from_str(text).unwrap_or(Json::Null),
                    other => other.clone(),
                };
                let mocked = test["Mocks"].as_array().is_some_and(|mocks| !mocks.is_empty());
                (event, test["ExpectedResult"].as_bool().unwrap_or(false), mocked)
            })
            .collect();
        rules.push(Rule {
            id: yaml["RuleID"].as_str().or(yaml["PolicyID"].as_str()).unwrap_or("?").to_owned(),
            policy: kind == "policy",
            path,
            text,
            log_types: strings(&yaml["LogTypes"]),
            tests,
        });
    }
    rules
}

fn run(predicate: &Predicate, event: &Json) -> Result<bool, EvalError> {
    let types = TypeMap::default();
    let context = Context::new(Access::Panther, &types, 638_000_000_000_000_000);
    matches(predicate, event, &context)
}

/// The places that a condition reads and the constants that it names.
fn mentioned(predicate: &Predicate) -> (Vec<Vec<String>>, Vec<Json>) {
    use ruleglot::model::walk::{Fold, expr_parts, predicate_parts};
    use ruleglot::model::{ArrayMode, Expr, Segment, Value};
    struct Finder(Vec<Vec<String>>, Vec<Json>);
    impl Fold for Finder {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            predicate_parts(self, predicate)
        }
        fn expr(&mut self, expr: Expr) -> Expr {
            match &expr {
                Expr::Field(field) => {
                    let keys: Vec<String> = field
                        .path
                        .0
                        .iter()
                        .map_while(|segment| match segment {
                            Segment::Key(key) => Some(key.clone()),
                            _ => None,
                        })
                        .collect();
                    if !keys.is_empty() && !self.0.contains(&keys) {
                        self.0.push(keys);
                    }
                    let _ = ArrayMode::Whole;
                }
                Expr::Literal(value) => {
                    let json = match value {
                        Value::String(text) => json!(text),
                        Value::Int(number) => json!(number),
                        Value::Bool(flag) => json!(flag),
                        _ => Json::Null,
                    };
                    if !json.is_null() && !self.1.contains(&json) && self.1.len() < 200 {
                        self.1.push(json);
                    }
                }
                _ => {}
            }
            expr_parts(self, expr)
        }
    }
    let mut finder = Finder(Vec::new(), Vec::new());
    finder.predicate(predicate.clone());
    (finder.0, finder.1)
}

#[test]
fn rules_of_panther_analysis() {
    let Some(root) = root() else {
        println!("skipped: no panther-analysis (RULEGLOT_PANTHER_ANALYSIS)");
        return;
    };
    let folder = std::env::var("RULEGLOT_PANTHER_FOLDER").unwrap_or_else(|_| "rules".to_owned());
    let folders: Vec<&str> = folder.split(',').collect();
    let only = std::env::var("RULEGLOT_PANTHER_ONLY").ok();
    let helpers = repository(&root);
    let registry = Registry::default();
    let types = TypeMap::default();
    let python = registry.get("python").unwrap();
    let (mut total, mut whole, mut agree, mut tested) = (0, 0, 0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut slowest = (0u128, String::new());
    let mut judge = Judge::start();
    let (mut compared, mut differing, mut events_tried) = (0, Vec::new(), 0);
    let (mut written, mut rewritten_differ) = (0, Vec::new());
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for rule in rules(&root, &folders) {
        if only.as_ref().is_some_and(|only| !rule.path.display().to_string().contains(only) && rule.id != *only) {
            continue;
        }
        total += 1;
        let context =
            ReadContext { types: &types, registry: &registry, helpers: &helpers, log_sources: &rule.log_types };
        let start = std::time::Instant::now();
        let read = match python.read(&rule.text, &context) {
            Ok(read) => read,
            Err(errors) => {
                *reasons.entry(errors[0].message.clone()).or_default() += 1;
                continue;
            }
        };
        let took = start.elapsed().as_millis();
        if took > 300 {
            println!("  slow: {took} ms {}", rule.id);
        }
        if took > slowest.0 {
            slowest = (took, rule.id.clone());
        }
        let filter = read.logic.as_filter().unwrap();
        if std::env::var_os("RULEGLOT_SHOW").is_some() {
            println!("{filter:#?}\n{:#?}\n{:#?}", read.unread, read.outputs);
        }
        if let Some(first) = read.unread.first() {
            let reason = first.reason.split_once(": ").map_or(first.reason.as_str(), |(_, reason)| reason);
            *reasons
                .entry(format!("{} [{}]", reason, if reasons.len() < 1000 { &rule.id } else { "" }))
                .or_default() += 1;
            continue;
        }
        whole += 1;
        let mut good = true;
        for (index, (event, expected, mocked)) in rule.tests.iter().enumerate() {
            if *mocked {
                continue;
            }
            tested += 1;
            let found = run(&filter, event);
            // a policy alerts where it returns false
            if found != Ok(*expected != rule.policy) {
                good = false;
                wrong.push(format!("{} test {index}: expected {expected}, got {found:?}", rule.id));
            }
        }
        agree += usize::from(good);
        if let Some(judge) = &mut judge
            && !rule.policy
        {
            let (fields, values) = mentioned(&filter);
            let mut seed = 0xcbf2_9ce4_8422_2325u64;
            for byte in rule.id.bytes() {
                seed = (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            let extra = std::env::var("RULEGLOT_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()).unwrap_or(0);
            let mut random = mutate::Random(seed.wrapping_add(extra) | 1);
            let own: Vec<Json> = rule.tests.iter().map(|(event, ..)| event.clone()).collect();
            let events: Vec<Json> = (0..75).map(|_| mutate::event(&mut random, &own, &fields, &values)).collect();
            let answers = judge.ask(&json!({"rule": rule.path, "events": events}));
            match ruleglot::plan::plan(&read.logic, &read.unread, python.target().unwrap(), &types) {
                Ok(planned) if planned.losses.is_empty() => {
                    let mut detection = ruleglot::model::Detection::new(planned.logic.clone());
                    detection.alerting = read.alerting.clone().unwrap_or_default();
                    detection.outputs = read.outputs.clone();
                    let context =
                        ruleglot::dialect::WriteContext { types: &types, tables: &[], detection: Some(&detection) };
                    let text = python.write(&planned.logic, &context);
                    if std::env::var_os("RULEGLOT_SHOW").is_some() {
                        println!("{text}");
                    }
                    written += 1;
                    let again = judge.ask(&json!({"py": text, "events": events}));
                    if again.len() != answers.len() {
                        rewritten_differ.push(format!("{}: does not load\n{text}", rule.id));
                    }
                    for ((event, theirs), ours) in events.iter().zip(&answers).zip(&again) {
                        if theirs.0 != ours.0 || !ours.1.is_empty() {
                            rewritten_differ.push(format!(
                                "{}: theirs {}, rewritten {} {}\n      {event}",
                                rule.id, theirs.0, ours.0, ours.1
                            ));
                            break;
                        }
                    }
                }
                Ok(_) => *refused.entry("with losses".to_owned()).or_default() += 1,
                Err(refusals) => {
                    *refused.entry(refusals.first().map_or(String::new(), |r| r.message.clone())).or_default() += 1;
                }
            }
            compared += 1;
            let mut shown = false;
            for (event, answer) in events.iter().zip(&answers) {
                events_tried += 1;
                let found = run(&filter, event);
                if found != Ok(answer.0) && !shown {
                    shown = true;
                    differing.push(format!(
                        "{} ({}): theirs {} {}, ours {found:?}\n      {event}",
                        rule.id,
                        rule.path.file_stem().unwrap().to_string_lossy(),
                        answer.0,
                        answer.1
                    ));
                }
            }
        }
    }
    println!(
        "rules {total}, whole {whole} ({:.1} %), own tests {tested}, rules that agree with all {agree}",
        100.0 * whole as f64 / total as f64
    );
    println!("slowest {slowest:?} ms");
    for (reason, count) in &reasons {
        println!("  {count:3} {reason}");
    }
    for line in &wrong {
        println!("  wrong: {line}");
    }
    if compared > 0 {
        println!(
            "compared {compared} rules on {events_tried} events; {} differ ({:.2} % agree)",
            differing.len(),
            100.0 * (compared - differing.len()) as f64 / compared as f64
        );
        for line in &differing {
            println!("  differs: {line}");
        }
        println!("written back {written}; {} differ", rewritten_differ.len());
        for (reason, count) in &refused {
            println!("  {count:3} not written: {reason}");
        }
        for line in &rewritten_differ {
            println!("  rewritten: {line}");
        }
    }
}

/// Panther's own runtime, asked over a pipe.
struct Judge {
    child: std::process::Child,
    answers: std::io::BufReader<std::process::ChildStdout>,
}

impl Judge {
    fn start() -> Option<Self> {
        let command = std::env::var("RULEGLOT_PANTHER_JUDGE").ok()?;
        let mut parts = command.split_whitespace();
        let mut child = std::process::Command::new(parts.next()?)
            .args(parts)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the judge starts");
        let answers = std::io::BufReader::new(child.stdout.take().unwrap());
        Some(Judge { child, answers })
    }

    fn ask(&mut self, request: &Json) -> Vec<(bool, String)> {
        use std::io::{BufRead, Write};
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{request}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the judge has ended");
            let Ok(answer) = serde_json::from_str::<Json>(&line) else { continue };
            if answer.get("results").is_none() && answer.get("error").is_none() {
                continue;
            }
            return answer["results"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|result| {
                    (result["match"].as_bool().unwrap_or(false), result["error"].as_str().unwrap_or("").to_owned())
                })
                .collect();
        }
    }
}

struct None_;

impl Helpers for None_ {
    fn module(&self, name: &str) -> Option<String> {
        match name {
            "panther_cycle_a" => {
                Some("from panther_cycle_b import second\n\ndef first(e):\n    return second(e)\n".into())
            }
            "panther_cycle_b" => {
                Some("from panther_cycle_a import first\n\ndef second(e):\n    return first(e)\n".into())
            }
            _ => None,
        }
    }
}

fn read_alone(text: &str) -> Result<ruleglot::dialect::Read, Vec<ruleglot::diagnostic::Diagnostic>> {
    let registry = Registry::default();
    let types = TypeMap::default();
    let context = ReadContext { types: &types, registry: &registry, helpers: &None_, log_sources: &[] };
    registry.get("python").unwrap().read(text, &context)
}

/// Panther's quirks, one a line: what it is, the body of `rule(event)`, an event, the verdict of Panther's runtime.
#[test]
fn semantics_of_panthers_python() {
    let cases: &[(&str, &str, Json, bool)] = &[
        ("get gives the default where the key is absent", "return event.get('a', 'x') == 'x'", json!({}), true),
        ("get gives null where the key is null", "return event.get('a', 'x') == 'x'", json!({"a": null}), false),
        (
            "deep_get gives the default for null too",
            "return event.deep_get('a', 'b', default='x') == 'x'",
            json!({"a": {"b": null}}),
            true,
        ),
        (
            "deep_get does not look into lists",
            "return event.deep_get('a', 'b', default='x') == 'x'",
            json!({"a": [{"b": 1}]}),
            true,
        ),
        ("keys ignore case", "return event.get('EventName') == 'x'", json!({"eventname": "x"}), true),
        ("an exception is no alert", "return not event.get('a').startswith('x')", json!({}), false),
        (
            "an exception in a condition is no alert",
            "if event.get('a').get('b'):\n        return False\n    return True",
            json!({"a": "text"}),
            false,
        ),
        ("only a boolean counts", "return event.get('a')", json!({"a": "yes"}), false),
        ("true is one", "return event.get('a') == 1", json!({"a": true}), true),
        ("a number is no text", "return event.get('a') == '1'", json!({"a": 1}), false),
        ("in a text is a part of it", "return 'bc' in event.get('a')", json!({"a": "abcd"}), true),
        ("in a list is a member of it", "return 'bc' in event.get('a')", json!({"a": ["abcd"]}), false),
        ("a list is no member of a set", "return event.get('a') not in {'x'}", json!({"a": ["y"]}), false),
        ("a read-only list is no list", "return isinstance(event.get('a'), list)", json!({"a": [1]}), false),
        (
            "deep_walk gives the last distinct value",
            "return event.deep_walk('a', 'b', return_val='last') == 2",
            json!({"a": [{"b": 1}, {"b": 2}, {"b": 1}]}),
            true,
        ),
        (
            "deep_walk of one value is no list",
            "return event.deep_walk('a', 'b') == 1",
            json!({"a": [{"b": 1}, {"b": 1}]}),
            true,
        ),
        (
            "any stops before an exception",
            "return any(x.get('b') for x in event.get('a', []))",
            json!({"a": [{"b": 1}, 5]}),
            true,
        ),
        (
            "any does not pass an exception",
            "return any(x.get('b') for x in event.get('a', []))",
            json!({"a": [5, {"b": 1}]}),
            false,
        ),
        (
            "try and except",
            "try:\n        return event['a']['b'] == 1\n    except (KeyError, TypeError):\n        return True",
            json!({"a": {}}),
            true,
        ),
        (
            "a loop collects",
            "found = []\n    for x in event.get('a', []):\n        if x > 1:\n            found.append(x)\n    return len(found) == 2",
            json!({"a": [1, 2, 3]}),
            true,
        ),
        (
            "a match statement",
            "match event.get('a'):\n        case 'x' | 'y':\n            return True\n        case _:\n            return False",
            json!({"a": "y"}),
            true,
        ),
        ("a walrus", "return (m := event.get('a')) is not None and m > 3", json!({"a": 4}), true),
        (
            "a dict is looked up by a field",
            "return {'x': 1, 'y': 2}.get(event.get('a'), 0) > 1",
            json!({"a": "y"}),
            true,
        ),
    ];
    for (name, body, event, expected) in cases {
        let read = read_alone(&format!("def rule(event):\n    {body}\n")).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(read.unread.is_empty(), "{name}: {:?}", read.unread);
        assert_eq!(run(&read.logic.as_filter().unwrap(), event), Ok(*expected), "{name}");
    }
}

#[test]
fn hostile_python_ends_in_a_diagnostic_within_a_second() {
    let nested = format!("def rule(event):\n    return {}1{}\n", "(".repeat(5000), ")".repeat(5000));
    let negated = format!("def rule(event):\n    return {}event\n", "not ".repeat(5000));
    let wide = format!(
        "X = [{}]\n\ndef rule(event):\n    return any(x in event.get('a') for x in X)\n",
        "'a', ".repeat(100_000)
    );
    let doubling = format!(
        "def rule(event):\n    x = event.get('a')\n{}    return x == 1\n",
        "    x = x + x if event.get('b') else x or event.get('c')\n".repeat(60)
    );
    let texts = [
        nested,
        negated,
        wide,
        doubling,
        "def f(e):\n    return f(e)\n\ndef rule(event):\n    return f(event)\n".to_owned(),
        "from panther_cycle_a import first\n\ndef rule(event):\n    return first(event)\n".to_owned(),
        "from panther_nowhere import helper\n\ndef rule(event):\n    return helper(event)\n".to_owned(),
        "def rule(event):\n    print event\n    return True\n".to_owned(),
        "def title(event):\n    return 'x'\n".to_owned(),
        "def rule(event):\n    while event.get('a'):\n        pass\n    return True\n".to_owned(),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let told = match read_alone(&text) {
            Ok(read) => !read.unread.is_empty(),
            Err(errors) => !errors.is_empty(),
        };
        let head: String = text.chars().take(60).collect();
        assert!(told, "nothing was said of {head}");
        println!("{:?} {head}", start.elapsed());
        assert!(start.elapsed().as_secs() < 5, "too slow: {head}");
    }
}
