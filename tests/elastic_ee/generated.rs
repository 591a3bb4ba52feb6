//! EQL event queries from a seeded program, executed here and by the judge: every operator, function, form of case,
//! wildcard, list, optional field, escape and comment.

use super::support::{Random, judge, seed};
use super::{indexed, kinds_of, read};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldKind, FieldType, TypeMap};
use ruleglot::verify::events::{Options, events_for};
use serde_json::json;
use std::collections::BTreeMap;

/// Queries that must be run by both sides.
const QUERIES: usize = 900;

const TEXTS: &[&str] =
    &["cmd.exe", "CMD.exe", "a b", "", "C:\\Temp\\x", "say \"hi\"", "tab\there", "a*b", "é", "10.0.0.7"];
const TEXT_FIELDS: &[&str] = &["name", "path", "user.id", "`odd-name`", "?maybe", "?opt.inner"];
const PATTERNS: &[&str] = &["cmd*", "*.EXE", "?md.exe", "*b*", "C:\\\\*", "a?b", "*", "é*", "x"];
const REGEXES: &[&str] = &["cmd.*", "[a-c]+.*", "C:.*", "(a|b) .", ".*\\.exe", "x?"];

struct Made<'a>(&'a mut Random);

impl Made<'_> {
    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.0.below(list.len())]
    }

    /// A text as EQL writes it: with escapes, or raw.
    fn quoted(&mut self, text: &str) -> String {
        let raw = !text.contains('"') && !text.contains('\t');
        if raw && self.0.below(4) == 0 {
            return format!("\"\"\"{text}\"\"\"");
        }
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
        match self.0.below(8) {
            0 if text.contains('a') => format!("\"{}\"", escaped.replace('a', "\\u{61}")),
            _ => format!("\"{escaped}\""),
        }
    }

    fn text(&mut self) -> String {
        let text = self.of(TEXTS);
        self.quoted(text)
    }

    fn pattern(&mut self) -> String {
        // The backslash is doubled in the list: a pattern is written as it stands.
        let text = self.of(PATTERNS).replace("\\\\", "\\");
        self.quoted(&text)
    }

    fn list(&mut self, item: fn(&mut Self) -> String) -> String {
        let count = 1 + self.0.below(3);
        let items: Vec<String> = (0..count).map(|_| item(self)).collect();
        format!("({})", items.join(", "))
    }

    fn field(&mut self) -> &'static str {
        self.of(TEXT_FIELDS)
    }

    fn fold(&mut self) -> &'static str {
        self.of(&["", "~"])
    }

    fn comment(&mut self) -> &'static str {
        self.of(&["", "", "", " /* between */ ", " // to the end\n ", " /* two\n lines */ "])
    }

    fn condition(&mut self, depth: usize) -> String {
        let inner = if depth == 0 { 3 } else { 0 };
        match inner + self.0.below(12 - inner) {
            0 => format!("({} and {}{})", self.condition(depth - 1), self.comment(), self.condition(depth - 1)),
            1 => format!("({} or {} {})", self.condition(depth - 1), self.condition(depth - 1), self.comment()),
            2 => format!("not ({})", self.condition(depth - 1)),
            3 => format!("{} {} {}", self.field(), self.of(&["==", "!="]), self.text()),
            4 => format!("{} : {}", self.field(), self.pattern()),
            5 => format!("{} : {}", self.field(), self.list(Self::pattern)),
            6 => {
                let word = self.of(&["in", "not in", "in~", "not in~"]);
                format!("{} {word} {}", self.field(), self.list(Self::text))
            }
            7 => {
                let word = self.of(&["like", "like~"]);
                format!("{} {word} {}", self.field(), self.list(Self::pattern))
            }
            8 => {
                let pattern = self.of(REGEXES);
                let quoted = self.quoted(pattern);
                format!("{} {} {quoted}", self.field(), self.of(&["regex", "regex~"]))
            }
            9 => format!("{} {} null", self.field(), self.of(&["==", "!="])),
            10 => self.number(),
            _ => self.function(),
        }
    }

    fn number(&mut self) -> String {
        let value = self.of(&["0", "3", "-2", "4.5", "1024"]);
        match self.0.below(6) {
            0 => format!("size {} {value}", self.of(&["<", "<=", ">", ">="])),
            1 => format!("size {} {value}", self.of(&["==", "!="])),
            2 => format!("size in ({value}, 7)"),
            3 => format!("flag == {}", self.of(&["true", "false"])),
            4 => format!("size {} 2 > {value}", self.of(&["+", "-", "*"])),
            _ => format!("size % 3 == {}", self.of(&["0", "1", "2"])),
        }
    }

    fn function(&mut self) -> String {
        let (field, fold) = (self.field(), self.fold());
        let part = self.of(&["c", "CMD", ".exe", "a", "\\\\", " "]);
        match self.0.below(13) {
            0 => format!("startsWith{fold}({field}, \"{part}\")"),
            1 => format!("endsWith{fold}({field}, \"{part}\")"),
            2 => format!("stringContains{fold}({field}, \"{part}\")"),
            3 => "cidrMatch(address, \"10.0.0.0/8\", \"::1/128\")".to_owned(),
            4 => format!("length({field}) {} {}", self.of(&["==", ">", "<="]), self.0.below(8)),
            5 => format!("substring({field}, 0, 3) == \"{}\"", self.of(&["cmd", "CMD", "C:\\\\"])),
            6 => format!("substring({field}, -4) == \".exe\""),
            7 => format!("indexOf{fold}({field}, \"{part}\") {} {}", self.of(&["==", ">"]), self.0.below(3)),
            8 => format!("between{fold}({field}, \"c\", \"e\") == \"md.\""),
            9 => format!("concat({field}, \"-\", \"x\") == \"{}-x\"", self.of(&["cmd.exe", "a b"])),
            10 => format!("string(size) == \"{}\"", self.0.below(5)),
            11 => format!("number({field}) > {}", self.0.below(5)),
            _ => format!("add(size, {}) > 3", self.0.below(5)),
        }
    }

    fn query(&mut self) -> String {
        let category = self.of(&["any", "process", "file"]);
        format!("{category} where {}{}", self.comment(), self.condition(2))
    }
}

#[test]
fn generated_queries_select_what_the_judge_selects() {
    let mut random = Random(seed(20_261_127));
    let types = TypeMap::default();
    let context = Context::new(Access::Elastic, &types, 0);
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    let mut asked = Vec::new();
    for _ in 0..QUERIES {
        let query = Made(&mut random).query();
        let found = match ruleglot::dialect::eql::parse(&query) {
            Ok(_) => read("eql", &query),
            Err(error) => panic!("{query}: {}", error.message),
        };
        if let Some(gap) = found.unread.first() {
            *skipped.entry(gap.reason.clone()).or_default() += 1;
            continue;
        }
        let condition = found.logic.as_filter().unwrap();
        let options = Options { most: 40, cross_types: false, ..Options::raw(Access::Elastic) };
        let events = match events_for(&[&condition], &context, &options) {
            Ok(events) => events.into_iter().map(|made| made.event).collect::<Vec<_>>(),
            Err(error) => {
                *skipped.entry(error.to_string()).or_default() += 1;
                continue;
            }
        };
        let mut kinds = kinds_of(&condition);
        kinds.insert("size".to_owned(), FieldKind::Double);
        kinds.insert("flag".to_owned(), FieldKind::Boolean);
        let types = TypeMap(kinds.iter().map(|(name, kind)| (name.clone(), FieldType::scalar(*kind))).collect());
        let context = Context::new(Access::Elastic, &types, 0);
        let answers: Vec<bool> = events.iter().map(|event| matches(&condition, event, &context).unwrap()).collect();
        let indexed: Vec<_> = events.iter().map(|event| indexed(event, "", &kinds)).collect();
        asked.push((query, events, indexed, answers));
    }
    println!("{} of {QUERIES} queries run here, not run: {skipped:#?}", asked.len());
    let requests = asked.iter().map(|(query, _, indexed, _)| json!({"query": query, "events": indexed}));
    let Some(verdicts) = judge("eql_judge.py", &["batch"], requests) else { return };
    let (mut run, mut total, mut matched, mut differences) = (0, 0, 0, Vec::new());
    for ((query, events, _, answers), verdict) in asked.iter().zip(&verdicts) {
        if verdict["ok"] != true {
            *skipped.entry(format!("the judge: {}", verdict["error"])).or_default() += 1;
            continue;
        }
        run += 1;
        for ((event, ours), theirs) in events.iter().zip(answers).zip(verdict["results"].as_array().unwrap()) {
            // The judge folds every letter, Lucene's automata fold those of ASCII. Of several values it computes with the
            // first, where Elasticsearch's scripts (`multiValueDocValues`) take each.
            let computed = ["+", "-", "*", "%"].iter().any(|sign| query.contains(&format!("size {sign} ")));
            if event.to_string().contains('É') || computed && event["size"].is_array() {
                continue;
            }
            total += 1;
            matched += usize::from(*ours);
            if *ours != theirs.as_bool().unwrap_or(false) {
                differences.push(format!("{query}\n    we say {ours}: {event}"));
            }
        }
    }
    println!("{} of {total} events of {run} queries alike, {matched} matched; {skipped:#?}", total - differences.len());
    differences.iter().take(25).for_each(|text| println!("--- {text}"));
    assert!(run >= 500 && matched > total / 10, "{run} queries, {matched} of {total} events");
    assert!(differences.is_empty(), "{} events differ", differences.len());
}
