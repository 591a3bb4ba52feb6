//! Events made from a condition: for each test values that meet it and values that just miss it, combined so that each
//! decides the outcome once.

use ruleglot::evaluate::{Context, matches};
use ruleglot::model::lucene_regex::{self, Node};
use ruleglot::model::{Expr, FieldKind, Ordering, Predicate, Segment, TestKind, Typing, Value, WildcardPart, walk};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A small generator of numbers (xorshift), seeded by the query.
pub struct Random(u64);

impl Random {
    pub fn new(seed: &str) -> Self {
        let hash = seed
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self(hash | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }

    fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// Values for a field: some that meet a test, some that miss it.
#[derive(Default, Debug)]
struct Candidates {
    good: Vec<Json>,
    near: Vec<Json>,
}

/// The name of the field that a test asks for, `*` filled in; searches of every field get one of their own.
fn field(subject: &Expr) -> Option<String> {
    match subject {
        Expr::Field(field) => {
            let keys: Vec<String> = field
                .path
                .0
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Key(key) => Some(key.clone()),
                    Segment::KeyPattern(pattern) => Some(pattern.replace('*', "0")),
                    _ => None,
                })
                .collect();
            Some(keys.join("."))
        }
        Expr::AnyField => Some("made.up".to_owned()),
        _ => None,
    }
}

fn flipped(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_ascii_lowercase() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() }
        })
        .collect()
}

fn around(good: &str) -> Vec<Json> {
    let mut near = vec![json!(flipped(good)), json!(format!("{good}x")), json!(format!("x{good}")), json!("")];
    if let Some((at, _)) = good.char_indices().next_back() {
        near.push(json!(good[..at]));
    }
    near
}

fn fill(pattern: &[WildcardPart], random: &mut Random) -> String {
    let mut out = String::new();
    for part in pattern {
        match part {
            WildcardPart::Text(text) => out.push_str(text),
            WildcardPart::Many => out.push_str(["", "q", "a b\\c"][random.below(3)]),
            WildcardPart::One => out.push(['z', '\\', ' '][random.below(3)]),
        }
    }
    out
}

/// A text that fits a regular expression; complements and intersections are tried at random.
fn sample(node: &Node, random: &mut Random, out: &mut String) {
    match node {
        Node::Nothing | Node::Empty | Node::Both(_) | Node::Not(_) => {}
        Node::Class(ranges) => {
            let (low, high) = ranges[random.below(ranges.len())];
            let wide = u32::from(high) - u32::from(low);
            let shift = if low == '\0' { 97 + random.below(26) as u32 } else { random.below(wide as usize + 1) as u32 };
            out.push(char::from_u32(u32::from(low) + shift.min(wide)).unwrap_or('a'));
        }
        Node::Concat(parts) => parts.iter().for_each(|part| sample(part, random, out)),
        Node::Union(parts) => sample(&parts[random.below(parts.len())], random, out),
        Node::Repeat(inner, low, high) => {
            let most = high.unwrap_or(low + 2).min(low + 3);
            for _ in 0..(*low + random.below((most - low) as usize + 1) as u32) {
                sample(inner, random, out);
            }
        }
    }
}

fn literal(value: &Expr) -> Option<&Value> {
    value.as_literal()
}

fn as_json(value: &Value) -> Json {
    match value {
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Bool(flag) => json!(flag),
        Value::String(text) => json!(text),
        Value::DateTime(ticks) => json!((ticks - 621_355_968_000_000_000) / 10_000),
        _ => json!("2024-01-01T00:00:00Z"),
    }
}

fn shifted(value: &Value, by: i64) -> Json {
    match value {
        Value::Int(number) => json!(number + by),
        Value::Double(number) => json!(number + by as f64),
        Value::DateTime(ticks) => json!((ticks + by * 10_000 - 621_355_968_000_000_000) / 10_000),
        Value::String(text) => match text.parse::<std::net::Ipv4Addr>() {
            Ok(address) => {
                json!(std::net::Ipv4Addr::from_bits(u32::from(address).wrapping_add_signed(by as i32)).to_string())
            }
            Err(_) if by > 0 => json!(format!("{text}a")),
            Err(_) => json!(text.chars().skip(1).collect::<String>()),
        },
        other => as_json(other),
    }
}

fn candidates(kind: &TestKind, random: &mut Random) -> Candidates {
    let mut found = Candidates::default();
    let text = |value: &Expr| value.as_text().unwrap_or("").to_owned();
    match kind {
        TestKind::Equals { value, typing, .. } => equal(&[value], *typing, &mut found),
        TestKind::In { values, typing, .. } => equal(&values.iter().collect::<Vec<_>>(), *typing, &mut found),
        TestKind::StartsWith { value, .. } => {
            let start = text(value);
            found.good = vec![json!(start), json!(format!("{start}zz \\z"))];
            found.near = around(&start);
        }
        TestKind::EndsWith { value, .. } => {
            let end = text(value);
            found.good = vec![json!(end), json!(format!("C:\\z z{end}"))];
            found.near = around(&end);
        }
        TestKind::Contains { value, .. } => {
            let part = text(value);
            found.good = vec![json!(part), json!(format!("z {part}\\z"))];
            found.near = around(&part);
        }
        TestKind::Wildcard { pattern, .. } => {
            found.good = (0..3).map(|_| json!(fill(pattern, random))).collect();
            found.near = around(found.good[0].as_str().unwrap());
        }
        TestKind::TokenWildcard { pattern } => {
            let word = fill(pattern, random);
            found.good = vec![json!(format!("some {word} here")), json!(flipped(&word)), json!(pattern_text(pattern))];
            found.near = vec![json!(format!("x{word}x")), json!("nothing here")];
        }
        TestKind::Phrase { text, .. } | TestKind::Tokens { text, .. } => {
            let words: Vec<&str> = text.split_whitespace().collect();
            let reversed: Vec<&str> = words.iter().rev().copied().collect();
            found.good = vec![json!(text), json!(format!("before {text} after")), json!(flipped(text))];
            found.near = vec![
                json!(reversed.join(" ")),
                json!(words.join(" between ")),
                json!(format!("x{text}x")),
                json!(words.first().copied().unwrap_or("")),
            ];
        }
        TestKind::Regex { pattern, .. } => {
            if let Ok(node) = lucene_regex::parse(&text(pattern)) {
                for _ in 0..4 {
                    let mut sampled = String::new();
                    sample(&node, random, &mut sampled);
                    found.near.extend(around(&sampled));
                    found.good.push(json!(sampled));
                }
            }
        }
        TestKind::Fuzzy { text, .. } => {
            let swapped: String =
                text.chars().skip(1).take(1).chain(text.chars().take(1)).chain(text.chars().skip(2)).collect();
            found.good = vec![json!(text), json!(format!("{text}x")), json!(swapped)];
            found.near = vec![json!(format!("{text}xx")), json!(format!("{text}xxx")), json!(flipped(text))];
        }
        TestKind::Cidr { networks } => {
            for network in networks {
                let net: ipnet::IpNet = match network.parse() {
                    Ok(net) => net,
                    Err(_) => match network.parse::<std::net::IpAddr>() {
                        Ok(address) => address.into(),
                        Err(_) => continue,
                    },
                };
                found.good.push(json!(net.network().to_string()));
                found.good.push(json!(net.broadcast().to_string()));
            }
            found.near = vec![json!("8.8.8.8"), json!("2a00::1")];
        }
        TestKind::Compare { value, ordering, .. } => {
            let Some(value) = literal(value) else {
                found.good = vec![json!("2024-06-15T11:00:00Z")];
                return found;
            };
            let away = if matches!(ordering, Ordering::Less | Ordering::LessOrEqual) { -1 } else { 1 };
            found.good = vec![shifted(value, away)];
            found.near = vec![as_json(value), shifted(value, -away)];
        }
        TestKind::Range { low, high, .. } => {
            for (bound, inward) in [(low, 1), (high, -1)] {
                if let Some((Expr::Literal(value), _)) = bound {
                    found.good.push(shifted(value, inward));
                    found.near.push(as_json(value));
                    found.near.push(shifted(value, -inward));
                }
            }
        }
        _ => found.good = vec![json!("anything"), json!("")],
    }
    found
}

fn pattern_text(pattern: &[WildcardPart]) -> String {
    pattern.iter().map(|part| if let WildcardPart::Text(text) = part { text.as_str() } else { "" }).collect()
}

fn equal(values: &[&Expr], typing: Typing, found: &mut Candidates) {
    for value in values.iter().filter_map(|value| literal(value)) {
        let good = as_json(value);
        match &good {
            Json::String(text) => {
                if found.near.len() < 12 {
                    found.near.extend(around(text));
                }
                // A mapped number or boolean may stand as text, too.
                if matches!(typing, Typing::Mapped(kind) if kind.kind == FieldKind::Ip) {
                    found.near = vec![json!("8.8.8.8")];
                }
            }
            Json::Number(_) => {
                found.near.push(shifted(value, 1));
                found.good.push(json!(good.to_string()));
            }
            _ => found.near.push(json!(false)),
        }
        found.good.push(good);
    }
}

/// Events for a condition; at least one meets it where the search finds one.
pub fn events(condition: &Predicate, context: &Context<'_>, seed: &str, count: usize) -> Vec<Json> {
    let mut random = Random::new(seed);
    let mut fields: BTreeMap<String, Candidates> = BTreeMap::new();
    let mut searches = 0;
    walk::visit_predicate(
        condition,
        |test| {
            let Some(mut name) = field(&test.subject) else { return };
            if test.subject == Expr::AnyField {
                name = format!("{name}{}", searches % 4);
                searches += 1;
            }
            let more = candidates(&test.kind, &mut random);
            let known = fields.entry(name).or_default();
            known.good.extend(more.good);
            known.near.extend(more.near);
        },
        |_| {},
    );
    // The judge reads malformed addresses, numbers and dates in ways of its own.
    for (name, candidates) in &mut fields {
        let kind = context.types.type_of(name).map(|found| found.kind);
        let keep = |json: &Json| match (kind, json) {
            (Some(FieldKind::Ip), Json::String(text)) => text.parse::<std::net::IpAddr>().is_ok(),
            (Some(FieldKind::Long | FieldKind::Double), Json::String(text)) => text.parse::<f64>().is_ok(),
            (Some(FieldKind::Date), Json::String(text)) => text.starts_with("20"),
            _ => true,
        };
        candidates.good.retain(keep);
        candidates.near.retain(keep);
        if kind == Some(FieldKind::Ip) {
            candidates.near.push(json!("203.0.113.9"));
        }
    }
    // Untyped numbers and texts in one field would have two types in one index.
    for candidates in fields.values_mut() {
        let all = || candidates.good.iter();
        if all().any(Json::is_number) && !all().all(Json::is_number) {
            let numeric = |json: &Json| json.is_number();
            candidates.good.retain(numeric);
            candidates.near.retain(numeric);
        }
    }
    let names: Vec<String> = fields.keys().cloned().collect();
    let pick = |random: &mut Random, name: &str, bias: usize| -> Option<Json> {
        let known = &fields[name];
        match random.below(10) {
            roll if roll < bias => random.one(&known.good).cloned(),
            8 => None,
            9 => {
                let (one, other) = (random.one(&known.good).cloned(), random.one(&known.near).cloned());
                Some(Json::Array(one.into_iter().chain(other).collect()))
            }
            _ => random.one(&known.near).cloned(),
        }
    };
    let build = |values: &BTreeMap<String, Json>| Json::Object(values.clone().into_iter().collect::<Map<_, _>>());
    let fill = |random: &mut Random, bias: usize| -> BTreeMap<String, Json> {
        names.iter().filter_map(|name| pick(random, name, bias).map(|value| (name.clone(), value))).collect()
    };
    let mut out: Vec<Json> = vec![json!({})];
    // One event that meets the condition, by chance or by climbing, then its neighbours.
    let mut best: Option<BTreeMap<String, Json>> = None;
    for round in 0..250 {
        let sparse = round % 2 == 1;
        let mut values = fill(&mut random, 8);
        if sparse {
            let keep = random.below(names.len()) + 1;
            while values.len() > keep {
                let name = values.keys().nth(random.below(values.len())).cloned().unwrap();
                values.remove(&name);
            }
        }
        if matches(condition, &build(&values), context) == Ok(true) {
            best = Some(values);
            break;
        }
    }
    if let Some(best) = best {
        out.push(build(&best));
        for name in &names {
            if out.len() >= count {
                break;
            }
            for bias in [0, 8] {
                let mut changed = best.clone();
                match pick(&mut random, name, bias) {
                    Some(value) => changed.insert(name.clone(), value),
                    None => changed.remove(name),
                };
                out.push(build(&changed));
            }
        }
    }
    while out.len() < count {
        let bias = [3, 6, 8][random.below(3)];
        out.push(build(&fill(&mut random, bias)));
    }
    out.truncate(count);
    out
}
