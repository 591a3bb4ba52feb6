//! Recorded answers of the real engine. `canon` and `shown` say when two printed rows are equal, as the judge's
//! `golden_compare.py` does.

use super::{TypeMap, read, shared};
use regex::Regex;
use ruleglot::evaluate::{Access, Context, functions::convert};
use ruleglot::model::Value;
use std::collections::BTreeMap;

fn canon(text: &str) -> String {
    let time = Regex::new(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)?").unwrap();
    let text = time.replace_all(text, |found: &regex::Captures<'_>| {
        let fraction = found.get(3).map_or("", |found| found.as_str()).trim_end_matches('0');
        let fraction: String = fraction.chars().take(6).collect();
        format!("{}D{}.{fraction}", found[1].replace('-', ""), found[2].replace(':', ""))
    });
    let blank = Regex::new(r#"[\s"'\\]"#).unwrap();
    let text = blank.replace_all(&text, "").to_lowercase().replace("infinity", "inf");
    let number = Regex::new(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+").unwrap();
    number
        .replace_all(&text, |found: &regex::Captures<'_>| found[0].parse::<f64>().map_or(found[0].to_owned(), nine))
        .into_owned()
}

/// Nine significant digits, as `%.9g`.
fn nine(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{number:.8e}").parse().unwrap();
    let exponent = rounded.abs().log10().floor() as i32;
    if (-5..9).contains(&exponent) { format!("{rounded}") } else { format!("{rounded:e}") }
}

fn shown(value: &Value, ty: &str) -> String {
    match value {
        Value::Null if ty == "String" => String::new(),
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Double(number) if number.is_nan() => "nan".to_owned(),
        Value::Double(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number}"),
        Value::Double(number) if number.is_finite() => nine(*number),
        Value::Array(_) | Value::Object(_) => convert::to_json(value).to_string(),
        other => convert::dynamic_text(other),
    }
}

#[test]
fn recorded_answers_are_met_or_refused() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("corpus/kusto-golden/answers.jsonl")).unwrap();
    let types = TypeMap::default();
    let sets = Regex::new("make_set|makeset|set_|bag|dcount").unwrap();
    let (mut met, mut named, mut refused, mut wrong) = (0, 0, 0, Vec::new());
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for line in text.lines() {
        let golden: serde_json::Value = serde_json::from_str(line).unwrap();
        let query = golden["kql"].as_str().unwrap();
        let mut refuse = |reason: String| {
            *reasons.entry(reason).or_default() += 1;
        };
        let read = match read(query, &types) {
            Ok(read) => read,
            Err(reason) => {
                refused += 1;
                refuse(format!("syntax: {reason}"));
                continue;
            }
        };
        if let Some(unread) = read.unread.first() {
            refused += 1;
            refuse(unread.reason.clone());
            continue;
        }
        let mut context = Context::new(Access::Sentinel, &types, convert::parse_time("2026-01-01").unwrap());
        context.events_for_any_table = false;
        let table = match ruleglot::evaluate::run(&read.logic, &context) {
            Ok(table) => table,
            Err(error) => {
                refused += 1;
                refuse(error.to_string());
                continue;
            }
        };
        let kinds: Vec<&str> = golden["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column.as_str().unwrap().rsplit(':').next().unwrap())
            .collect();
        let names: Vec<String> = golden["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column.as_str().unwrap().split(':').next().unwrap().to_owned())
            .collect();
        let mut expected: Vec<String> =
            golden["rows"].as_array().unwrap().iter().map(|row| canon(row.as_str().unwrap())).collect();
        let mut actual: Vec<String> = table
            .rows
            .iter()
            .map(|row| {
                let cells: Vec<String> =
                    row.iter().enumerate().map(|(at, value)| shown(value, kinds.get(at).unwrap_or(&""))).collect();
                canon(&format!("({})", cells.join(", ")))
            })
            .collect();
        expected.sort();
        actual.sort();
        if expected != actual && sets.is_match(query) && expected.len() == actual.len() {
            let loose = |rows: &[String]| {
                let mut rows: Vec<Vec<String>> = rows
                    .iter()
                    .map(|row| {
                        let mut parts: Vec<String> =
                            row.split(['[', ']', ',', '{', '}', '(', ')']).map(str::to_owned).collect();
                        parts.sort();
                        parts
                    })
                    .collect();
                rows.sort();
                rows
            };
            if loose(&expected) == loose(&actual) {
                actual.clone_from(&expected);
            }
        }
        if expected == actual {
            met += 1;
            let own: Vec<String> = table.columns.iter().map(|(name, _)| name.clone()).collect();
            if own != names {
                named += 1;
                if std::env::var_os("SHOW_WRONG").is_some() {
                    println!("NAMES {query}\n   expected {names:?}\n   got      {own:?}");
                }
            }
        } else {
            wrong.push(query.to_owned());
            if std::env::var_os("SHOW_WRONG").is_some() {
                println!("WRONG {query}\n   expected {expected:?}\n   got      {actual:?}");
            }
        }
    }
    let run = met + wrong.len();
    println!("{met} of {run} answers met ({named} with other column names), {refused} refused");
    for (reason, count) in &reasons {
        println!("{count:5} {reason}");
    }
    assert!(met * 100 >= run * 95, "{met} of {run}");
}
