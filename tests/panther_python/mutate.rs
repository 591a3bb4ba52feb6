//! Events made from a rule's own by changing them: seeded, so that the same seed gives the same events.

use ruleglot::model::Predicate;
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
                    entries.insert(if random.below(2) == 0 { last.to_uppercase() } else { last.to_lowercase() }, value);
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

/// The places that a condition reads and the constants that it names.
pub fn mentioned(predicate: &Predicate) -> (Vec<Vec<String>>, Vec<Json>) {
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
