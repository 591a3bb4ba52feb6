//! Python's functions of texts, patterns and Base64.

use crate::evaluate::{EvalError, coerce, python_regex};
use crate::model::{Anchor, Function, Value, function as f};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// Patterns that are kept compiled.
const MOST_PATTERNS: usize = 512;

/// Calls a function of texts; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>, EvalError> {
    let null = Value::Null;
    let arg = |index: usize| arguments.get(index).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    let made = |text: String| Ok(Some(Value::String(text)));
    match function {
        f::PYTHON_STR => return made(display(x, *y == Value::Bool(true))),
        f::PYTHON_REPR => return made(repr(x)),
        f::PYTHON_FORMAT => {
            return match format_value(x, y.as_str().unwrap_or("")) {
                Some(text) => made(text),
                None => Err(EvalError::Unsupported("a format specification".to_owned())),
            };
        }
        f::PYTHON_INT => return Ok(Some(to_int(x, y))),
        f::PYTHON_FLOAT => return Ok(Some(to_float(x))),
        f::PYTHON_JSON_DUMPS => return made(json(x)),
        f::PYTHON_JOIN => {
            let (Some(by), Value::Array(items)) = (x.as_str(), y) else { return Ok(Some(Value::Null)) };
            let parts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            return Ok(Some(parts.map_or(Value::Null, |parts| Value::String(parts.join(by)))));
        }
        f::PYTHON_FIND => return Ok(Some(find(x, y.as_str().unwrap_or(""), z))),
        _ => {}
    }
    let Some(text) = x.as_str() else {
        return Ok(match function {
            f::PYTHON_CHARACTER
            | f::PYTHON_STRIP
            | f::PYTHON_RECASE
            | f::PYTHON_CHARACTERS_ARE
            | f::PYTHON_SPLIT
            | f::PYTHON_PARTITION
            | f::PYTHON_REPLACE
            | f::PYTHON_RE_MATCH
            | f::PYTHON_RE_FINDALL
            | f::PYTHON_RE_SUB
            | f::PYTHON_RE_SPLIT
            | f::PYTHON_RE_ESCAPE
            | f::PYTHON_FNMATCH
            | f::PANTHER_DECODED_BASE64 => Some(Value::Null),
            _ => None,
        });
    };
    Ok(Some(match function {
        f::PYTHON_CHARACTER => {
            let characters: Vec<char> = text.chars().collect();
            let length = i64::try_from(characters.len()).unwrap_or(0);
            let index = match y {
                Value::Int(index) if *index < 0 => index + length,
                Value::Int(index) => *index,
                _ => -1,
            };
            match usize::try_from(index).ok().and_then(|index| characters.get(index)) {
                Some(found) => Value::String(found.to_string()),
                None => Value::Null,
            }
        }
        f::PYTHON_STRIP => Value::String(strip(text, y.as_str().unwrap_or(""), z.as_str())),
        f::PYTHON_RECASE => Value::String(recase(text, y.as_str().unwrap_or(""))),
        f::PYTHON_CHARACTERS_ARE => Value::Bool(characters_are(text, y.as_str().unwrap_or(""))),
        f::PYTHON_SPLIT => {
            let limit = match z {
                Value::Int(limit) if *limit >= 0 => usize::try_from(*limit).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            let right = *arg(3) == Value::Bool(true);
            match y.as_str() {
                Some("") => Value::Null,
                Some(by) => list(split_at(text, by, limit, right)),
                None if y.is_null() => list(split_white(text, limit, right)),
                None => Value::Null,
            }
        }
        f::PYTHON_PARTITION => {
            let by = z.as_str().unwrap_or("");
            match y.as_str() {
                Some("splitlines") => list(lines(text)),
                Some(_) if by.is_empty() => Value::Null,
                Some("partition") => list(match text.split_once(by) {
                    Some((a, b)) => vec![a.to_owned(), by.to_owned(), b.to_owned()],
                    None => vec![text.to_owned(), String::new(), String::new()],
                }),
                _ => list(match text.rsplit_once(by) {
                    Some((a, b)) => vec![a.to_owned(), by.to_owned(), b.to_owned()],
                    None => vec![String::new(), String::new(), text.to_owned()],
                }),
            }
        }
        f::PYTHON_REPLACE => {
            let (Some(from), Some(to)) = (y.as_str(), z.as_str()) else { return Ok(Some(Value::Null)) };
            match arg(3) {
                Value::Int(count) if *count >= 0 => {
                    Value::String(text.replacen(from, to, usize::try_from(*count).unwrap_or(0)))
                }
                _ => Value::String(text.replace(from, to)),
            }
        }
        f::PYTHON_RE_ESCAPE => Value::String(escape(text)),
        f::PYTHON_FNMATCH => {
            let Some(pattern) = y.as_str() else { return Ok(Some(Value::Null)) };
            Value::Bool(pattern_of(&glob(pattern), Anchor::Whole)?.is_match(text))
        }
        f::PYTHON_RE_MATCH => {
            let Some(pattern) = y.as_str() else { return Ok(Some(Value::Null)) };
            let anchor = match z.as_str() {
                Some("match") => Anchor::Start,
                Some("fullmatch") => Anchor::Whole,
                _ => Anchor::Search,
            };
            match pattern_of(pattern, anchor)?.captures(text) {
                Some(found) => Value::Array(
                    found
                        .iter()
                        .map(|group| group.map_or(Value::Null, |group| Value::String(group.as_str().to_owned())))
                        .collect(),
                ),
                None => Value::Null,
            }
        }
        f::PYTHON_RE_FINDALL => {
            let Some(pattern) = y.as_str() else { return Ok(Some(Value::Null)) };
            let compiled = pattern_of(pattern, Anchor::Search)?;
            let text_of = |group: Option<regex::Match<'_>>| Value::text(group.map_or("", |group| group.as_str()));
            Value::Array(
                compiled
                    .captures_iter(text)
                    .map(|found| match found.len() {
                        1 => text_of(found.get(0)),
                        2 => text_of(found.get(1)),
                        _ => Value::Array(found.iter().skip(1).map(text_of).collect()),
                    })
                    .collect(),
            )
        }
        f::PYTHON_RE_SUB => {
            let (Some(pattern), Some(with)) = (y.as_str(), z.as_str()) else { return Ok(Some(Value::Null)) };
            let compiled = pattern_of(pattern, Anchor::Search)?;
            let replaced = compiled.replace_all(text, |found: &regex::Captures<'_>| replacement(with, found));
            Value::String(replaced.into_owned())
        }
        f::PYTHON_RE_SPLIT => {
            let Some(pattern) = y.as_str() else { return Ok(Some(Value::Null)) };
            let compiled = pattern_of(pattern, Anchor::Search)?;
            let (mut parts, mut from) = (Vec::new(), 0usize);
            for found in compiled.captures_iter(text) {
                let Some(whole) = found.get(0) else { continue };
                parts.push(Value::text(text.get(from..whole.start()).unwrap_or("")));
                parts.extend(
                    found.iter().skip(1).map(|group| group.map_or(Value::Null, |group| Value::text(group.as_str()))),
                );
                from = whole.end();
            }
            parts.push(Value::text(text.get(from..).unwrap_or("")));
            Value::Array(parts)
        }
        f::PANTHER_DECODED_BASE64 => {
            let least = match y {
                Value::Int(least) => usize::try_from(*least).unwrap_or(0),
                _ => 28,
            };
            Value::String(base64_text(text, least).unwrap_or_default())
        }
        _ => return Ok(None),
    }))
}

fn list(parts: Vec<String>) -> Value {
    Value::Array(parts.into_iter().map(Value::String).collect())
}

/// `str(x)`; `read_only`: lists and dicts are Panther's own, which print their type.
pub fn display(value: &Value, read_only: bool) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) if read_only => format!("ImmutableCaseInsensitiveDict({})", repr(value)),
        Value::Array(items) if read_only => {
            let inner: Vec<String> = items.iter().map(repr).collect();
            let comma = if items.len() == 1 { "," } else { "" };
            format!("ImmutableList(({}{comma}))", inner.join(", "))
        }
        other => repr(other),
    }
}

/// `repr(x)`.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => float(*number),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => format!(
            "{{{}}}",
            entries
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), repr(value)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        other => coerce::to_text(other).into_owned(),
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{number}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn quoted(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(mark);
    out
}

fn format_value(value: &Value, spec: &str) -> Option<String> {
    let digits = spec.strip_prefix('.').and_then(|rest| rest.strip_suffix('f')).and_then(|n| n.parse::<usize>().ok());
    match (digits, value) {
        (Some(digits), value) => {
            let number = value.as_f64()?;
            Some(format!("{number:.digits$}"))
        }
        (None, Value::Int(number)) if spec == "," => {
            let digits = number.unsigned_abs().to_string();
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    out.push(',');
                }
                out.push(digit);
            }
            Some(if *number < 0 { format!("-{out}") } else { out })
        }
        (None, Value::Int(number)) if spec == "d" => Some(number.to_string()),
        (None, value) if spec == "s" => Some(display(value, false)),
        _ => None,
    }
}

fn to_int(value: &Value, base: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::Int(i64::from(*flag)),
        Value::Int(number) => Value::Int(*number),
        Value::Double(number) if number.is_finite() => Value::Int(number.trunc() as i64),
        Value::String(text) => {
            let clean = text.trim();
            let radix = match base {
                Value::Int(radix) => u32::try_from(*radix).unwrap_or(10),
                _ => 10,
            };
            let well_formed = !clean.starts_with('_') && !clean.ends_with('_') && !clean.contains("__");
            let digits = clean.replace('_', "");
            let digits = if radix == 16 { digits.replacen("0x", "", 1).replacen("0X", "", 1) } else { digits };
            if !(2..=36).contains(&radix) || !well_formed {
                return Value::Null;
            }
            match i64::from_str_radix(&digits, radix) {
                Ok(number) => Value::Int(number),
                // beyond 64 bits: still a whole number to Python
                Err(error)
                    if matches!(
                        error.kind(),
                        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
                    ) =>
                {
                    digits.parse::<f64>().map_or(Value::Null, Value::Double)
                }
                Err(_) => Value::Null,
            }
        }
        _ => Value::Null,
    }
}

fn to_float(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::Double(f64::from(u8::from(*flag))),
        Value::Int(number) => Value::Double(*number as f64),
        Value::Double(number) => Value::Double(*number),
        Value::String(text) => {
            let clean = text.trim();
            let plain = clean.trim_start_matches(['+', '-']).to_ascii_lowercase();
            if clean.starts_with('_') || clean.ends_with('_') || clean.contains("__") {
                return Value::Null;
            }
            let number = match plain.as_str() {
                "inf" | "infinity" if clean.starts_with('-') => Some(f64::NEG_INFINITY),
                "inf" | "infinity" => Some(f64::INFINITY),
                "nan" => Some(f64::NAN),
                _ => clean.replace('_', "").parse::<f64>().ok(),
            };
            number.map_or(Value::Null, Value::Double)
        }
        _ => Value::Null,
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => match float(*number).as_str() {
            "nan" => "NaN".to_owned(),
            "inf" => "Infinity".to_owned(),
            "-inf" => "-Infinity".to_owned(),
            text => text.to_owned(),
        },
        Value::String(text) => json_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => format!(
            "{{{}}}",
            entries
                .iter()
                .map(|(key, value)| format!("{}: {}", json_text(key), json(value)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        other => json_text(&coerce::to_text(other)),
    }
}

fn json_text(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (' '..='~').contains(&c) => out.push(c),
            c => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

fn find(value: &Value, what: &str, wanted: &Value) -> Value {
    match value {
        Value::String(text) => {
            let Some(part) = wanted.as_str() else { return Value::Null };
            if what == "count" {
                let count = if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() };
                return Value::Int(i64::try_from(count).unwrap_or(0));
            }
            let at = if what.starts_with('r') { text.rfind(part) } else { text.find(part) };
            match at {
                Some(at) => {
                    let before = text.get(..at).unwrap_or("").chars().count();
                    Value::Int(i64::try_from(before).unwrap_or(0))
                }
                None if what.ends_with("find") => Value::Int(-1),
                None => Value::Null,
            }
        }
        Value::Array(items) => {
            let hits = items.iter().enumerate().filter(|(_, item)| *item == wanted);
            match what {
                "count" => Value::Int(i64::try_from(hits.count()).unwrap_or(0)),
                "index" => {
                    let mut hits = hits;
                    hits.next().map_or(Value::Null, |(at, _)| Value::Int(i64::try_from(at).unwrap_or(0)))
                }
                _ => Value::Null,
            }
        }
        _ => Value::Null,
    }
}

fn white(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn strip(text: &str, how: &str, what: Option<&str>) -> String {
    match (how, what) {
        ("strip", None) => text.trim_matches(white),
        ("lstrip", None) => text.trim_start_matches(white),
        ("rstrip", None) => text.trim_end_matches(white),
        ("strip", Some(set)) => text.trim_matches(|c| set.contains(c)),
        ("lstrip", Some(set)) => text.trim_start_matches(|c| set.contains(c)),
        ("rstrip", Some(set)) => text.trim_end_matches(|c| set.contains(c)),
        ("removeprefix", Some(part)) => text.strip_prefix(part).unwrap_or(text),
        ("removesuffix", Some(part)) => text.strip_suffix(part).unwrap_or(text),
        _ => text,
    }
    .to_owned()
}

fn recase(text: &str, how: &str) -> String {
    let mut out = String::with_capacity(text.len());
    match how {
        "casefold" => return text.to_lowercase().replace('ß', "ss"),
        "title" => {
            let mut inside = false;
            for character in text.chars() {
                if inside {
                    out.extend(character.to_lowercase());
                } else {
                    out.extend(character.to_uppercase());
                }
                inside = character.is_alphabetic();
            }
        }
        "capitalize" => {
            for (index, character) in text.chars().enumerate() {
                if index == 0 {
                    out.extend(character.to_uppercase());
                } else {
                    out.extend(character.to_lowercase());
                }
            }
        }
        _ => {
            for character in text.chars() {
                if character.is_uppercase() {
                    out.extend(character.to_lowercase());
                } else {
                    out.extend(character.to_uppercase());
                }
            }
        }
    }
    out
}

fn characters_are(text: &str, what: &str) -> bool {
    let all = |fits: fn(char) -> bool| !text.is_empty() && text.chars().all(fits);
    match what {
        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(white),
        "isascii" => text.is_ascii(),
        "isupper" => text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        "islower" => text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        "isprintable" => text.chars().all(|c| !c.is_control()),
        "istitle" => !text.is_empty() && recase(text, "title") == text && text.chars().any(char::is_alphabetic),
        "isidentifier" => {
            let mut characters = text.chars();
            characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && characters.all(|c| c.is_alphanumeric() || c == '_')
        }
        _ => false,
    }
}

fn split_at(text: &str, by: &str, limit: usize, right: bool) -> Vec<String> {
    if limit == usize::MAX {
        return text.split(by).map(str::to_owned).collect();
    }
    if right {
        let mut parts: Vec<String> = text.rsplitn(limit.saturating_add(1), by).map(str::to_owned).collect();
        parts.reverse();
        return parts;
    }
    text.splitn(limit.saturating_add(1), by).map(str::to_owned).collect()
}

fn split_white(text: &str, limit: usize, right: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim_matches(white);
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(rest.to_owned());
            break;
        }
        let cut = if right { rest.rfind(white) } else { rest.find(white) };
        match cut {
            Some(at) if right => {
                let width = rest.get(at..).and_then(|s| s.chars().next()).map_or(1, char::len_utf8);
                parts.push(rest.get(at + width..).unwrap_or("").to_owned());
                rest = rest.get(..at).unwrap_or("").trim_end_matches(white);
            }
            Some(at) => {
                parts.push(rest.get(..at).unwrap_or("").to_owned());
                rest = rest.get(at..).unwrap_or("").trim_start_matches(white);
            }
            None => {
                parts.push(rest.to_owned());
                break;
            }
        }
    }
    if right {
        parts.reverse();
    }
    parts
}

fn lines(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let breaks = matches!(
            character,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}' | '\u{1d}' | '\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        );
        if !breaks {
            current.push(character);
            continue;
        }
        if character == '\r' && characters.peek() == Some(&'\n') {
            characters.next();
        }
        parts.push(std::mem::take(&mut current));
    }
    if !current.is_empty() {
        parts.push(current);
    }
    parts
}

/// `re.escape`.
fn escape(text: &str) -> String {
    let special = "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}";
    text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The regular expression of a pattern of `*`, `?` and `[...]`, as `fnmatch.translate` makes it.
fn glob(pattern: &str) -> String {
    let mut out = String::from("(?s)");
    let characters: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        at += 1;
        match character {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' => {
                let mut end = at;
                if characters.get(end) == Some(&'!') {
                    end += 1;
                }
                if characters.get(end) == Some(&']') {
                    end += 1;
                }
                while characters.get(end).is_some_and(|c| *c != ']') {
                    end += 1;
                }
                if characters.get(end).is_none() {
                    out.push_str("\\[");
                    continue;
                }
                let inside: String = characters.get(at..end).unwrap_or(&[]).iter().collect();
                let (negated, inside) = match inside.strip_prefix('!') {
                    Some(rest) => (true, rest.to_owned()),
                    None => (false, inside),
                };
                out.push('[');
                if negated {
                    out.push('^');
                }
                out.push_str(
                    &inside
                        .replace('\\', "\\\\")
                        .replace('[', "\\[")
                        .replace('^', "\\^")
                        .replace('&', "\\&")
                        .replace('~', "\\~"),
                );
                out.push(']');
                at = end + 1;
            }
            other => out.push_str(&escape(&other.to_string())),
        }
    }
    out
}

/// A compiled pattern of Python's `re`, kept for the next event.
fn pattern_of(pattern: &str, anchor: Anchor) -> Result<Rc<Regex>, EvalError> {
    thread_local! {
        static KNOWN: RefCell<HashMap<(String, u8), Rc<Regex>>> = RefCell::new(HashMap::new());
    }
    let key = (
        pattern.to_owned(),
        match anchor {
            Anchor::Search => 0,
            Anchor::Start => 1,
            Anchor::Whole => 2,
        },
    );
    if let Some(found) = KNOWN.with(|known| known.borrow().get(&key).cloned()) {
        return Ok(found);
    }
    let fails = |reason: String| EvalError::Regex { pattern: pattern.to_owned(), reason };
    let (flags, rest) = leading_flags(pattern);
    let inner = python_regex::translate(rest, anchor).map_err(fails)?;
    let text = match anchor {
        Anchor::Search => format!("{flags}{inner}"),
        Anchor::Start => format!("{flags}\\A(?:{inner})"),
        Anchor::Whole => format!("{flags}\\A(?:{inner})\\z"),
    };
    let compiled = Rc::new(
        regex::RegexBuilder::new(&text)
            .size_limit(1 << 22)
            .build()
            .map_err(|error| EvalError::Regex { pattern: pattern.to_owned(), reason: error.to_string() })?,
    );
    KNOWN.with(|known| {
        let mut known = known.borrow_mut();
        if known.len() >= MOST_PATTERNS {
            known.clear();
        }
        known.insert(key, compiled.clone());
    });
    Ok(compiled)
}

/// Flags such as `(?i)` at the front of a pattern, in the syntax of the `regex` crate.
fn leading_flags(pattern: &str) -> (String, &str) {
    let (mut flags, mut rest) = (String::new(), pattern);
    while let Some((letters, behind)) = rest.strip_prefix("(?").and_then(|inner| inner.split_once(')')) {
        if letters.is_empty() || !letters.chars().all(|c| "imsxau".contains(c)) {
            break;
        }
        flags.extend(letters.chars().filter(|c| "imsx".contains(*c)));
        rest = behind;
    }
    (if flags.is_empty() { flags } else { format!("(?{flags})") }, rest)
}

/// A replacement of `re.sub` with its group references.
fn replacement(with: &str, found: &regex::Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = with;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let after = rest.get(at + 1..).unwrap_or("");
        if let Some((name, behind)) = after.strip_prefix("g<").and_then(|inner| inner.split_once('>')) {
            let group = match name.parse::<usize>() {
                Ok(index) => found.get(index),
                Err(_) => found.name(name),
            };
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = behind;
            continue;
        }
        let digits: String = after.chars().take_while(char::is_ascii_digit).take(2).collect();
        if let Ok(index) = digits.parse::<usize>() {
            out.push_str(found.get(index).map_or("", |group| group.as_str()));
            rest = after.get(digits.len()..).unwrap_or("");
            continue;
        }
        let mut characters = after.chars();
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// Properties of addresses as `ipaddress` has them; `None` for one that is not known.
pub fn ip_is(address: IpAddr, property: &str) -> Option<bool> {
    use crate::evaluate::address::is_of;
    use crate::model::IpClass;
    Some(match property {
        "is_private" => is_of(IpClass::Private, address),
        "is_global" => is_of(IpClass::Public, address),
        "is_loopback" => address.is_loopback(),
        "is_multicast" => address.is_multicast(),
        "is_unspecified" => address.is_unspecified(),
        "is_link_local" => match address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first & 0xffc0 == 0xfe80),
        },
        "is_reserved" => match address {
            IpAddr::V4(v4) => v4.octets().first().is_some_and(|first| *first >= 240),
            IpAddr::V6(_) => return None,
        },
        _ => return None,
    })
}

/// The text in Base64 as Panther's `is_base64` finds it; `None` where there is none.
fn base64_text(text: &str, least: usize) -> Option<String> {
    let length = text.chars().count();
    if length < least || !text.is_ascii() {
        return None;
    }
    if length == 32 && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let body = text.trim_end_matches('=');
    if text.len() - body.len() > 2 || !body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/') {
        return None;
    }
    let padded = text.len().div_ceil(4) * 4;
    let pads = padded - body.len();
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0u32, 0u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        buffer = (buffer << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).unwrap_or(0));
        }
    }
    if pads > 2 || body.len() % 4 == 1 {
        return None;
    }
    let printable = |text: &str| {
        let total = text.chars().count();
        let good = text.chars().filter(|c| white(*c) || !c.is_control()).count();
        total > 0 && good as f64 / total as f64 >= 0.7
    };
    if bytes.is_empty() {
        return Some(String::new());
    }
    if bytes.is_ascii() {
        let plain: String = bytes.iter().map(|b| char::from(*b)).collect();
        if printable(&plain) {
            return Some(plain);
        }
    }
    let units: Option<Vec<u16>> = bytes.len().is_multiple_of(2).then(|| {
        bytes.chunks(2).filter_map(|pair| Some(u16::from_le_bytes([*pair.first()?, *pair.get(1)?]))).collect()
    });
    if let Some(wide) = units.and_then(|units| String::from_utf16(&units).ok())
        && printable(&wide)
        && wide.is_ascii()
    {
        return Some(wide);
    }
    String::from_utf8(bytes).ok().filter(|text| printable(text) && text.is_ascii())
}
