//! Kusto's functions on texts. A text of type string is never null, so null is the empty text here.

use super::convert;
use crate::evaluate::EvalError;
use crate::model::function::kusto as k;
use crate::model::{Function, Value};
use regex::Regex;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

thread_local! {
    static PATTERNS: RefCell<HashMap<String, Rc<Regex>>> = RefCell::new(HashMap::new());
}

/// The longest text that a repetition makes, in bytes.
const LONGEST: usize = 1 << 24;

/// A compiled pattern; compiled once a thread.
pub fn pattern(text: &str) -> Result<Rc<Regex>, EvalError> {
    PATTERNS.with_borrow_mut(|known| {
        if let Some(regex) = known.get(text) {
            return Ok(Rc::clone(regex));
        }
        let regex = Regex::new(text)
            .map_err(|error| EvalError::Regex { pattern: text.to_owned(), reason: error.to_string() })?;
        if known.len() > 512 {
            known.clear();
        }
        let regex = Rc::new(regex);
        known.insert(text.to_owned(), Rc::clone(&regex));
        Ok(regex)
    })
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(convert::scalar_text(other)),
    }
}

/// Calls a function on texts; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Option<Result<Value, EvalError>> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    let whole = |value: &Value| convert::to_long(value);
    Some(Ok(match function {
        k::STRLEN => Value::Int(count(text(x).chars().count())),
        k::STRING_SIZE => Value::Int(count(text(x).len())),
        k::SUBSTRING => {
            let text = text(x);
            let total = count(text.chars().count());
            let start = whole(y).unwrap_or(0);
            let start = if start < 0 { total + start } else { start };
            if start < 0 {
                return Some(Ok(Value::text("")));
            }
            let length = if arguments.len() > 2 { whole(z).unwrap_or(0).max(0) } else { i64::MAX };
            let (start, length) = (usize::try_from(start).unwrap_or(0), usize::try_from(length).unwrap_or(usize::MAX));
            Value::String(text.chars().skip(start).take(length).collect())
        }
        k::SPLIT => {
            let (source, separator) = (text(x), text(y));
            let parts: Vec<Value> = if separator.is_empty() {
                vec![Value::text(source.as_ref())]
            } else {
                source.split(separator.as_ref()).map(Value::text).collect()
            };
            match arguments.get(2) {
                None => Value::Array(parts),
                Some(index) => {
                    let found = whole(index).and_then(|at| usize::try_from(at).ok()).and_then(|at| parts.get(at));
                    found.map_or(Value::Null, |part| Value::Array(vec![part.clone()]))
                }
            }
        }
        k::STRCAT_DELIM => {
            let parts: Vec<Cow<'_, str>> = arguments.iter().skip(1).map(text).collect();
            Value::String(parts.join(&text(x)))
        }
        k::STRCAT_ARRAY => match x {
            Value::Array(items) => {
                let parts: Vec<String> = items.iter().map(convert::dynamic_text).collect();
                Value::String(parts.join(&text(y)))
            }
            _ => Value::text(""),
        },
        k::STRREP => {
            let times = usize::try_from(whole(y).unwrap_or(0)).unwrap_or(0).min(1024);
            let (one, separator) = (text(x), text(z));
            if (one.len() + separator.len()).saturating_mul(times) > LONGEST {
                return Some(Err(EvalError::TooMuch("a text repeated this often".to_owned())));
            }
            Value::String(vec![one.as_ref(); times].join(&separator))
        }
        k::STRCMP => Value::Int(text(x).cmp(&text(y)) as i64),
        k::REVERSE => Value::String(text(x).chars().rev().collect()),
        k::TRANSLATE => {
            let (from, to): (Vec<char>, Vec<char>) = (text(x).chars().collect(), text(y).chars().collect());
            let replaced = text(z)
                .chars()
                .filter_map(|letter| match from.iter().position(|known| *known == letter) {
                    None => Some(letter),
                    Some(at) => to.get(at).or(to.last()).copied(),
                })
                .collect();
            Value::String(replaced)
        }
        k::TRIM | k::TRIM_START | k::TRIM_END => {
            let expression = text(x);
            let mut left = 0;
            let source = text(y);
            let mut right = source.len();
            if function != k::TRIM_END {
                match pattern(&format!("^(?:{expression})")) {
                    Ok(regex) => left = regex.find(&source).map_or(0, |found| found.end()),
                    Err(error) => return Some(Err(error)),
                }
            }
            if function != k::TRIM_START {
                match pattern(&format!("(?:{expression})$")) {
                    Ok(regex) => {
                        let rest = source.get(left..).unwrap_or("");
                        right = regex.find(rest).map_or(right, |found| left + found.start());
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            Value::text(source.get(left..right).unwrap_or(""))
        }
        k::REPLACE_REGEX => {
            let source = text(x);
            let rewrite = rewrite(&text(z));
            match pattern(&text(y)) {
                Ok(regex) => Value::String(regex.replace_all(&source, rewrite.as_str()).into_owned()),
                Err(error) => return Some(Err(error)),
            }
        }
        k::REPLACE_STRINGS => {
            let mut source = text(x).into_owned();
            if let (Value::Array(from), Value::Array(to)) = (y, z) {
                for (from, to) in from.iter().zip(to) {
                    let from = text(from);
                    if !from.is_empty() {
                        source = source.replace(from.as_ref(), &text(to));
                    }
                }
            }
            Value::String(source)
        }
        k::INDEXOF => index_of(arguments),
        k::INDEXOF_REGEX => match pattern(&text(y)) {
            Ok(regex) => {
                let source = text(x);
                let found = regex.find(&source);
                found.map_or(Value::Int(-1), |found| {
                    Value::Int(count(source.get(..found.start()).unwrap_or("").chars().count()))
                })
            }
            Err(error) => return Some(Err(error)),
        },
        k::COUNTOF => {
            let (source, sought) = (text(x), text(y));
            if z.as_str() == Some("regex") {
                match pattern(&sought) {
                    Ok(regex) => Value::Int(count(regex.find_iter(&source).count())),
                    Err(error) => return Some(Err(error)),
                }
            } else if sought.is_empty() {
                Value::Int(0)
            } else {
                let found = source
                    .char_indices()
                    .filter(|(at, _)| source.get(*at..).is_some_and(|rest| rest.starts_with(sought.as_ref())));
                Value::Int(count(found.count()))
            }
        }
        k::EXTRACT => match pattern(&text(x)) {
            Ok(regex) => {
                let source = text(z);
                let group = usize::try_from(whole(y).unwrap_or(0)).unwrap_or(usize::MAX);
                let found =
                    regex.captures(&source).and_then(|captures| captures.get(group)).map(|found| found.as_str());
                let found = Value::text(found.unwrap_or(""));
                match arguments.get(3).and_then(Value::as_str) {
                    None => found,
                    Some(kind) => return Some(Ok(by_type(kind, &found))),
                }
            }
            Err(error) => return Some(Err(error)),
        },
        k::EXTRACT_ALL => return Some(extract_all(arguments)),
        k::EXTRACT_JSON => {
            let parsed = match y {
                Value::String(text) => convert::parse_json(text),
                other => other.clone(),
            };
            Value::String(convert::dynamic_text(&json_path(&parsed, &text(x))))
        }
        k::HAS_ANY_INDEX => match y {
            Value::Array(items) => {
                let source = text(x).to_lowercase();
                let found = items.iter().position(|item| has_term(&source, &text(item).to_lowercase()));
                Value::Int(found.map_or(-1, count))
            }
            _ => Value::Null,
        },
        k::URL_DECODE => Value::String(url_decode(&text(x))),
        k::URL_ENCODE => Value::String(convert::percent_encoded(&text(x))),
        k::BASE64_DECODE_TOSTRING => {
            Value::String(base64_decode(&text(x)).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
        }
        k::BASE64_ENCODE_TOSTRING => Value::String(base64_encode(text(x).as_bytes())),
        k::PARSE_URL => parse_url(&text(x)),
        k::PARSE_URLQUERY => {
            let query = text(x);
            let query = query.split_once('?').map_or(query.as_ref(), |(_, query)| query);
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let members = pairs.map(|(name, value)| (name.to_owned(), Value::text(value))).collect();
            Value::Object(vec![("Query Parameters".to_owned(), Value::Object(members))])
        }
        k::REGEX_QUOTE => Value::String(regex::escape(&text(x))),
        k::ISASCII => Value::Bool(text(x).is_ascii()),
        k::PARSE_CSV => parse_csv(&text(x)),
        k::PARSE_PATH => parse_path(&text(x)),
        k::PARSE_COMMAND_LINE => command_line(&text(x)),
        k::PARSE_VERSION => parse_version(&text(x)),
        _ => return None,
    }))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The fields of the first line of comma-separated values; quotes doubled inside quotes.
fn parse_csv(text: &str) -> Value {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(Value::String(std::mem::take(&mut field))),
            '\r' | '\n' if !quoted => break,
            other => field.push(other),
        }
    }
    fields.push(Value::String(field));
    Value::Array(fields)
}

/// Whether a text has a term; both lower case.
fn has_term(source: &str, term: &str) -> bool {
    if term.is_empty() {
        return true;
    }
    source.match_indices(term).any(|(at, _)| {
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        let behind = source.get(at + term.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !behind.is_some_and(char::is_alphanumeric)
    })
}

/// `\1` of a rewrite as `${1}`; `$` stands for itself.
fn rewrite(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                out.push_str(&format!("${{{digit}}}"));
                letters.next();
            }
            ('\\', Some('\\')) => {
                out.push('\\');
                letters.next();
            }
            ('$', _) => out.push_str("$$"),
            _ => out.push(letter),
        }
    }
    out
}

/// A captured text in the type that `typeof(...)` names.
fn by_type(kind: &str, value: &Value) -> Value {
    match kind {
        "long" | "int" => convert::to_long(value).map_or(Value::Null, Value::Int),
        "real" | "double" | "decimal" => convert::to_double(value).map_or(Value::Null, Value::Double),
        "datetime" | "date" => convert::to_time(value).map_or(Value::Null, Value::DateTime),
        "timespan" | "time" => convert::to_duration(value).map_or(Value::Null, Value::Duration),
        "bool" => convert::to_bool(value).map_or(Value::Null, Value::Bool),
        _ => value.clone(),
    }
}

fn index_of(arguments: &[Value]) -> Value {
    let (Some(source), Some(sought)) = (arguments.first(), arguments.get(1)) else { return Value::Null };
    let (source, sought) = (text(source), text(sought));
    if sought.is_empty() {
        return Value::Null;
    }
    let number = |at: usize| arguments.get(at).and_then(convert::to_long);
    let total = count(source.chars().count());
    let start = number(2).unwrap_or(0);
    let start = if start < 0 { (total + start).max(0) } else { start };
    let length = number(3).filter(|length| *length >= 0).unwrap_or(i64::MAX);
    let mut wanted = number(4).unwrap_or(1);
    for (at, (byte, _)) in source.char_indices().enumerate() {
        let at = count(at);
        if at < start || at.saturating_sub(start).saturating_add(count(sought.chars().count())) > length {
            continue;
        }
        if source.get(byte..).is_some_and(|rest| rest.starts_with(sought.as_ref())) {
            wanted -= 1;
            if wanted <= 0 {
                return Value::Int(at);
            }
        }
    }
    Value::Int(-1)
}

fn extract_all(arguments: &[Value]) -> Result<Value, EvalError> {
    let null = Value::Null;
    let regex = pattern(&text(arguments.first().unwrap_or(&null)))?;
    let source = text(arguments.last().unwrap_or(&null));
    let chosen: Option<Vec<usize>> = match (arguments.len(), arguments.get(1)) {
        (3, Some(Value::Array(groups))) => {
            Some(groups.iter().filter_map(convert::to_long).filter_map(|group| usize::try_from(group).ok()).collect())
        }
        _ => None,
    };
    let groups =
        chosen.unwrap_or_else(|| if regex.captures_len() > 1 { (1..regex.captures_len()).collect() } else { vec![0] });
    let mut out = Vec::new();
    for captures in regex.captures_iter(&source) {
        let found = |group: &usize| Value::text(captures.get(*group).map_or("", |found| found.as_str()));
        out.push(match groups.as_slice() {
            [one] => found(one),
            many => Value::Array(many.iter().map(found).collect()),
        });
    }
    Ok(if out.is_empty() { Value::Null } else { Value::Array(out) })
}

/// The value at `$.a.b[0]`.
fn json_path(value: &Value, path: &str) -> Value {
    let path = crate::model::FieldPath::parse(path.trim_start_matches('$').trim_start_matches('.'));
    let mut at = value;
    for segment in &path.0 {
        let next = match segment {
            crate::model::Segment::Key(key) => at.get(key.trim_matches(['\'', '"'])),
            crate::model::Segment::Index(index) => match at {
                Value::Array(items) => usize::try_from(*index).ok().and_then(|index| items.get(index)),
                _ => None,
            },
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return Value::Null,
        }
    }
    at.clone()
}

fn url_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let source = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = source.get(at) {
        let hex = source.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (byte, hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                at += 3;
            }
            (b'+', _) => {
                bytes.push(b' ');
                at += 1;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn base64_encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4usize {
            if place <= chunk.len() {
                let index = (bits >> (18 - 6 * place)) & 63;
                out.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'=')));
            } else {
                out.push('=');
            }
        }
    }
    out
}

pub(super) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0u32);
    let body = text.trim().trim_end_matches('=');
    for byte in body.bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

fn bag(members: Vec<(&str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn parse_url(url: &str) -> Value {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let Some((scheme, rest)) = rest.split_once("://") else { return Value::Null };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host, ""),
    };
    let parameters = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), Value::text(value)))
        .collect();
    bag(vec![
        ("Scheme", Value::text(scheme)),
        ("Host", Value::text(host)),
        ("Port", Value::text(port)),
        ("Path", Value::text(path)),
        ("Username", Value::text(user)),
        ("Password", Value::text(password)),
        ("Query Parameters", Value::Object(parameters)),
        ("Fragment", Value::text(fragment)),
    ])
}

fn parse_path(path: &str) -> Value {
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    let (rest, stream) = match rest.rsplit_once(':') {
        Some((before, stream)) if before.len() > 1 && !stream.contains(['\\', '/']) => (before, stream),
        _ => (rest, ""),
    };
    let cut = rest.rfind(['\\', '/']);
    let (directory, name) = match cut {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at + 1..).unwrap_or("")),
        None => ("", rest),
    };
    let parent = directory.rsplit(['\\', '/']).next().unwrap_or("");
    let root = match rest.get(..2) {
        Some(drive) if drive.ends_with(':') => drive.to_owned(),
        _ if rest.starts_with('/') => "/".to_owned(),
        _ => String::new(),
    };
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    bag(vec![
        ("Scheme", Value::text(scheme)),
        ("RootPath", Value::String(root)),
        ("DirectoryPath", Value::text(directory)),
        ("DirectoryName", Value::text(parent)),
        ("Filename", Value::text(name)),
        ("Extension", Value::text(extension)),
        ("AlternateDataStreamName", Value::text(stream)),
    ])
}

/// Arguments as Windows splits a command line: white space outside quotes; `\"` is a quote.
fn command_line(line: &str) -> Value {
    let mut arguments = Vec::new();
    let (mut current, mut quoted, mut begun) = (String::new(), false, false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'"') => {
                letters.next();
                current.push('"');
                begun = true;
            }
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            letter if letter.is_whitespace() && !quoted => {
                if begun {
                    arguments.push(Value::String(std::mem::take(&mut current)));
                    begun = false;
                }
            }
            letter => {
                current.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        arguments.push(Value::String(current));
    }
    if arguments.is_empty() { Value::Null } else { Value::Array(arguments) }
}

/// Up to four numbers, each of up to eight digits, as one.
fn parse_version(text: &str) -> Value {
    let mut total = 0f64;
    let parts: Vec<&str> = text.trim().split('.').collect();
    if parts.len() > 4 || parts.iter().any(|part| part.is_empty() || part.len() > 8) {
        return Value::Null;
    }
    for at in 0..4 {
        let number = match parts.get(at).map(|part| part.parse::<u64>()) {
            Some(Ok(number)) => number as f64,
            Some(Err(_)) => return Value::Null,
            None => 0.0,
        };
        total = total * 1e8 + number;
    }
    Value::Double(total)
}
