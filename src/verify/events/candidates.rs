//! Values that meet a test, and values that just miss it.

use super::sample::{self, Choice};
use crate::evaluate::time::{MILLISECOND, to_iso};
use crate::evaluate::{address, coerce, regex, text};
use crate::model::{
    Anchor, Case, IpClass, JsonKind, Ordering, TICKS_PER_SECOND, TestKind, Typing, Value, WildcardPart,
};
use ipnet::IpNet;
use serde_json::{Value as Json, json};
use std::net::IpAddr;

/// Listed values that are looked at: the first ones, one in the middle and the last.
const LISTED: usize = 4;

/// Values around a test, likely hits first, then what nearly hits. None is promised to hit or miss: the test decides.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Values that should meet the test.
    pub hits: Vec<Json>,
    /// Values that should just miss it.
    pub misses: Vec<Json>,
}

impl Around {
    fn hit(&mut self, value: impl Into<Json>) {
        let value = value.into();
        if !self.hits.contains(&value) {
            self.hits.push(value);
        }
    }

    fn miss(&mut self, value: impl Into<Json>) {
        let value = value.into();
        if !self.misses.contains(&value) {
            self.misses.push(value);
        }
    }
}

/// A text whose letters are of the other case.
fn other_case(text: &str) -> String {
    let swap = |character: char| {
        if character.is_lowercase() {
            character.to_uppercase().collect::<String>()
        } else {
            character.to_lowercase().collect()
        }
    };
    text.chars().map(swap).collect()
}

fn without_last(text: &str) -> String {
    let mut shorter = text.to_owned();
    shorter.pop();
    shorter
}

/// Values around a test whose operands have these values (of a test with two bounds: low, high).
pub fn around(kind: &TestKind, operands: &[Value]) -> Around {
    let mut found = Around::default();
    match kind {
        TestKind::Equals { case, typing, .. } | TestKind::In { case, typing, .. } => {
            equals(&mut found, operands, *case, *typing);
        }
        TestKind::Contains { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", "x"], ["", "x"]);
            found.miss(without_last(text));
        }),
        TestKind::StartsWith { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", ""], ["", "x"]);
            found.miss(format!("x{text}"));
            found.miss(without_last(text));
        }),
        TestKind::EndsWith { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", "x"], ["", ""]);
            found.miss(format!("{text}x"));
            found.miss(without_last(text));
        }),
        TestKind::Term { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", "a_"], ["", "-b"]);
            found.hit(format!("one {text} two"));
            found.miss(format!("{text}x"));
            found.miss(format!("x{text}"));
        }),
        TestKind::TermPrefix { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", "a_"], ["", "x"]);
            found.miss(format!("x{text}"));
        }),
        TestKind::TermSuffix { case, .. } => each_text(operands, |text| {
            affix(&mut found, text, *case, ["", "x"], ["", "-b"]);
            found.miss(format!("{text}x"));
        }),
        TestKind::Phrase { text, .. } => phrase(&mut found, text),
        TestKind::Tokens { text: wanted, all } => {
            let tokens = text::tokens(wanted);
            if *all {
                found.hit(tokens.join(" "));
                found.hit(tokens.iter().rev().cloned().collect::<Vec<_>>().join(", "));
            }
            for token in tokens.iter().take(LISTED) {
                if *all {
                    found.miss(token.clone());
                } else {
                    found.hit(format!("some {token} more"));
                }
            }
            found.hit(other_case(wanted));
            found.miss(tokens.concat() + "x");
        }
        TestKind::TokenWildcard { pattern } => {
            found.hit(format!("some {} more", sample::wildcard(pattern, "ab")));
            found.hit(other_case(&sample::wildcard(pattern, "")));
            found.miss(format!("x{}x", sample::wildcard(pattern, " ")));
        }
        TestKind::Wildcard { pattern, case } => wildcard(&mut found, pattern, *case),
        TestKind::Regex { flavour, anchor, case, .. } => each_text(operands, |pattern| {
            if let Some(hir) = regex::syntax(pattern, *flavour, *anchor) {
                let count = sample::branches(&hir).min(LISTED);
                let mut samples = Vec::new();
                for (branch, extra) in (0..count).map(|branch| (branch, 0)).chain([(0, 1), (count, 2)]) {
                    samples.extend(sample::sample(&hir, Choice { branch, extra }));
                }
                for text in samples {
                    if *anchor == Anchor::Search {
                        found.hit(text.clone());
                        found.hit(format!("x {text} y"));
                    } else {
                        found.hit(text.clone());
                        found.miss(format!("x {text} y"));
                    }
                    found.miss(format!("{text}x"));
                    match case {
                        Case::Sensitive => found.miss(other_case(&text)),
                        _ => found.hit(other_case(&text)),
                    }
                    found.miss(without_last(&text));
                }
            }
            for text in ["", "a", "ab", "1"] {
                found.miss(text);
            }
        }),
        TestKind::Fuzzy { text, distance, .. } => {
            found.hit(text.as_str());
            found.hit(without_last(text));
            found.hit(format!("{}{text}", "x".repeat(usize::from(*distance))));
            found.miss(format!("{}{text}", "x".repeat(usize::from(*distance) + 1)));
            found.miss(other_case(text));
        }
        TestKind::Cidr { networks } => {
            let shown = listed(networks.len());
            for network in
                shown.iter().filter_map(|at| networks.get(*at)).filter_map(|text| address::parse_network(text))
            {
                cidr(&mut found, &network);
            }
            found.miss("not an address");
        }
        TestKind::Ip { class } => {
            for (text, classes) in ADDRESSES {
                if classes.contains(class) { found.hit(*text) } else { found.miss(*text) }
            }
            found.miss("not an address");
        }
        TestKind::Compare { ordering, .. } => {
            for operand in operands {
                bound(&mut found, operand, *ordering);
            }
        }
        TestKind::Range { low, high, .. } => {
            let mut rest = operands.iter();
            let (low_value, high_value) =
                (low.as_ref().and_then(|_| rest.next()), high.as_ref().and_then(|_| rest.next()));
            if let (Some(low), Some(high)) = (low_value, high_value)
                && let Some(middle) = middle(low, high)
            {
                found.hit(middle);
            }
            for (value, ordering) in [(low_value, Ordering::GreaterOrEqual), (high_value, Ordering::LessOrEqual)] {
                if let Some(value) = value {
                    bound(&mut found, value, ordering);
                }
            }
        }
        TestKind::Present => {
            found.hit("x");
            found.hit(0);
            found.hit(false);
            found.hit("");
            // An address field and a date field hold nothing else.
            found.hit("192.0.2.10");
            found.hit("2026-01-02T03:04:05Z");
        }
        TestKind::KeyPresent => {
            found.hit("x");
            found.hit(Json::Null);
            found.hit("");
        }
        TestKind::Empty => {
            found.hit("");
            found.hit(json!([]));
            found.hit(json!({}));
            found.miss("x");
            found.miss(" ");
            found.miss(0);
            found.miss(false);
        }
        TestKind::Truthy => {
            found.hit(true);
            found.hit("x");
            found.hit(1);
            found.hit(json!(["x"]));
            found.miss(false);
            found.miss(0);
            found.miss("");
        }
        TestKind::IsKind { kinds } => {
            for (kind, value) in [
                (JsonKind::String, json!("x")),
                (JsonKind::Integer, json!(1)),
                (JsonKind::Number, json!(1.5)),
                (JsonKind::Boolean, json!(true)),
                (JsonKind::Array, json!(["x"])),
                (JsonKind::Object, json!({"x": 1})),
            ] {
                if kinds.contains(&kind) { found.hit(value) } else { found.miss(value) }
            }
        }
    }
    found
}

const ADDRESSES: &[(&str, &[IpClass])] = &[
    ("10.1.2.3", &[IpClass::Any, IpClass::V4, IpClass::Private]),
    ("8.8.8.8", &[IpClass::Any, IpClass::V4, IpClass::Public]),
    ("2606:4700::1111", &[IpClass::Any, IpClass::V6, IpClass::Public]),
    ("fe80::1", &[IpClass::Any, IpClass::V6, IpClass::Private]),
    ("127.0.0.1", &[IpClass::Any, IpClass::V4, IpClass::Private]),
    ("100.64.0.1", &[IpClass::Any, IpClass::V4]),
    ("192.168.7.9", &[IpClass::Any, IpClass::V4, IpClass::Private]),
];

/// Indexes of a long list that are looked at.
fn listed(length: usize) -> Vec<usize> {
    if length <= LISTED {
        return (0..length).collect();
    }
    vec![0, 1, length / 2, length - 1]
}

fn each_text(operands: &[Value], mut each: impl FnMut(&str)) {
    for at in listed(operands.len()) {
        if let Some(text) = operands.get(at).and_then(Value::as_str) {
            each(text);
        }
    }
}

/// The text alone, with what may stand around it, and in the other case.
fn affix(found: &mut Around, text: &str, case: Case, before: [&str; 2], behind: [&str; 2]) {
    for (before, behind) in before.iter().zip(behind) {
        found.hit(format!("{before}{text}{behind}"));
    }
    let swapped = other_case(text);
    if swapped != text {
        if case == Case::Sensitive { found.miss(swapped) } else { found.hit(swapped) }
    }
}

fn equals(found: &mut Around, operands: &[Value], case: Case, typing: Typing) {
    let flat: Vec<&Value> = operands
        .iter()
        .flat_map(|operand| match operand {
            Value::Array(items) if operands.len() == 1 => items.iter().collect::<Vec<_>>(),
            other => vec![other],
        })
        .collect();
    for operand in listed(flat.len()).into_iter().filter_map(|at| flat.get(at)) {
        let json = coerce::to_json(operand);
        found.hit(json.clone());
        match operand {
            Value::String(text) => {
                let swapped = other_case(text);
                if swapped != *text {
                    if case == Case::Sensitive { found.miss(swapped) } else { found.hit(swapped) }
                }
                if let Some(number) = coerce::to_number(operand) {
                    if typing == Typing::Typed {
                        found.miss(coerce::to_json(&number))
                    } else {
                        found.hit(coerce::to_json(&number))
                    }
                    found.miss(coerce::to_json(&next(&number, 1)));
                }
                if text == "true" || text == "false" {
                    found.hit(text == "true");
                    found.miss(text != "true");
                }
                if let Some(network) = address::parse_network(text)
                    && text.contains(['.', ':'])
                {
                    cidr(found, &network);
                }
                found.miss(format!("{text}x"));
                found.miss(format!("x{text}"));
                found.miss(without_last(text));
            }
            Value::Int(_) | Value::Double(_) => {
                found.miss(coerce::to_json(&next(operand, 1)));
                found.miss(coerce::to_json(&next(operand, -1)));
                let text = coerce::to_text(operand).into_owned();
                if typing == Typing::Typed { found.miss(text) } else { found.hit(text) }
            }
            Value::Bool(flag) => {
                found.miss(!*flag);
                found.miss(coerce::to_text(operand).into_owned());
                found.miss(i64::from(*flag));
            }
            Value::DateTime(ticks) => {
                found.miss(to_iso(ticks.saturating_add(TICKS_PER_SECOND)));
                found.miss(to_iso(ticks.saturating_sub(TICKS_PER_SECOND)));
            }
            Value::Array(items) => {
                let mut longer: Vec<Json> = items.iter().map(coerce::to_json).collect();
                longer.push(json!("x"));
                found.miss(Json::Array(longer));
            }
            _ => {}
        }
    }
}

fn next(number: &Value, by: i64) -> Value {
    match number {
        Value::Int(whole) => Value::Int(whole.saturating_add(by)),
        Value::Double(fraction) => Value::Double(fraction + by as f64),
        other => other.clone(),
    }
}

fn phrase(found: &mut Around, text: &str) {
    let tokens = text::tokens(text);
    found.hit(text);
    found.hit(format!("some {} more", tokens.join(" ")));
    found.hit(other_case(text));
    found.hit(tokens.join(" - "));
    if tokens.len() > 1 {
        found.miss(tokens.join(" between "));
        found.miss(tokens.iter().rev().cloned().collect::<Vec<_>>().join(" "));
    }
    found.miss(format!("x{}x", tokens.join(" ")));
    found.miss(tokens.concat() + "x");
    found.miss(without_last(&tokens.join(" ")));
}

fn wildcard(found: &mut Around, pattern: &[WildcardPart], case: Case) {
    let plain = sample::wildcard(pattern, "");
    let filled = sample::wildcard(pattern, "abc");
    found.hit(filled.clone());
    found.hit(plain.clone());
    found.hit(sample::wildcard(pattern, " a\\b/c.d "));
    let swapped = other_case(&plain);
    if swapped != plain {
        if case == Case::Sensitive { found.miss(swapped) } else { found.hit(swapped) }
    }
    for (at, part) in pattern.iter().enumerate() {
        if let WildcardPart::Text(text) = part {
            let mut shorter = pattern.to_vec();
            if let Some(part) = shorter.get_mut(at) {
                *part = WildcardPart::Text(without_last(text));
            }
            found.miss(sample::wildcard(&shorter, "abc"));
        }
    }
    if pattern.contains(&WildcardPart::One) {
        let none: Vec<WildcardPart> = pattern.iter().filter(|part| **part != WildcardPart::One).cloned().collect();
        found.miss(sample::wildcard(&none, ""));
    }
    found.miss(format!("x{plain}"));
    found.miss(format!("{plain}x"));
}

fn cidr(found: &mut Around, network: &IpNet) {
    let (first, last) = (network.network(), network.broadcast());
    found.hit(first.to_string());
    found.hit(last.to_string());
    found.hit(step(first, 1).filter(|middle| network.contains(middle)).unwrap_or(first).to_string());
    for outside in [step(first, -1), step(last, 1)].into_iter().flatten() {
        found.miss(outside.to_string());
    }
    match network {
        IpNet::V4(_) => found.miss("2001:db8::1"),
        IpNet::V6(_) => found.miss("10.0.0.1"),
    }
}

/// The neighbouring address.
fn step(address: IpAddr, by: i8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => {
            let number = i64::from(u32::from(v4)) + i64::from(by);
            u32::try_from(number).ok().map(|number| IpAddr::V4(number.into()))
        }
        IpAddr::V6(v6) => {
            let number = u128::from(v6);
            let number = if by < 0 { number.checked_sub(1) } else { number.checked_add(1) };
            number.map(|number| IpAddr::V6(number.into()))
        }
    }
}

/// Values at and beside a bound.
fn bound(found: &mut Around, operand: &Value, ordering: Ordering) {
    let (above, closed) = match ordering {
        Ordering::Less => (false, false),
        Ordering::LessOrEqual => (false, true),
        Ordering::Greater => (true, false),
        Ordering::GreaterOrEqual => (true, true),
    };
    let mut sort = |value: Json, order: i8| {
        let hit = if order == 0 { closed } else { (order > 0) == above };
        if hit { found.hit(value) } else { found.miss(value) }
    };
    match operand {
        Value::Int(_) | Value::Double(_) => {
            for by in [1, -1, 0, 100, -100] {
                sort(coerce::to_json(&next(operand, by)), by.signum() as i8);
            }
            if let Some(number) = operand.as_f64().filter(|number| number.abs() < 1e12) {
                sort(json!(number + 0.5), 1);
                sort(json!(number - 0.5), -1);
            }
        }
        Value::DateTime(ticks) => {
            for (by, order) in
                [(60 * TICKS_PER_SECOND, 1), (-60 * TICKS_PER_SECOND, -1), (0, 0), (MILLISECOND, 1), (-MILLISECOND, -1)]
            {
                sort(json!(to_iso(ticks.saturating_add(by))), order);
            }
        }
        Value::Duration(ticks) => {
            for by in [TICKS_PER_SECOND, -TICKS_PER_SECOND, 0] {
                sort(coerce::to_json(&Value::Duration(ticks.saturating_add(by))), by.signum() as i8);
            }
        }
        Value::String(text) => {
            if let Some(number) = coerce::to_number(operand) {
                for by in [1, -1, 0] {
                    sort(coerce::to_json(&next(&number, by)), by.signum() as i8);
                }
            }
            if let Some(period) = crate::evaluate::time::parse_period(text) {
                for (tick, order) in [(period.last + 1, 1), (period.first - 1, -1), (period.first, 0), (period.last, 0)]
                {
                    sort(json!(to_iso(tick - tick.rem_euclid(MILLISECOND))), order);
                }
            }
            sort(json!(format!("{text}0")), 1);
            sort(json!(without_last(text)), -1);
            sort(json!(text), 0);
        }
        _ => {}
    }
}

fn middle(low: &Value, high: &Value) -> Option<Json> {
    Some(match (low, high) {
        (Value::Int(low), Value::Int(high)) => json!(low.checked_add(*high)? / 2),
        (Value::DateTime(low), Value::DateTime(high)) => json!(to_iso(low / 2 + high / 2)),
        (Value::String(low), Value::String(_)) => json!(format!("{low}5")),
        _ => json!((low.as_f64()? + high.as_f64()?) / 2.0),
    })
}
