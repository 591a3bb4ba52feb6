//! Names and constants as text.

use crate::evaluate::functions::convert;
use crate::model::{FieldPath, Segment, Value};

/// A name as it stands in a query; in brackets where it must.
pub(super) fn name(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !is_keyword(name);
    if plain { name.to_owned() } else { format!("['{}']", escape(name, '\'')) }
}

/// Words that cannot stand for a column.
fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "and"
            | "or"
            | "not"
            | "in"
            | "has"
            | "contains"
            | "between"
            | "by"
            | "where"
            | "let"
            | "set"
            | "true"
            | "false"
            | "null"
            | "project"
            | "extend"
            | "summarize"
            | "join"
            | "on"
            | "kind"
            | "union"
            | "take"
            | "limit"
            | "top"
            | "sort"
            | "order"
            | "asc"
            | "desc"
            | "count"
            | "distinct"
            | "print"
            | "range"
            | "step"
            | "to"
            | "from"
            | "parse"
            | "with"
            | "search"
            | "find"
            | "as"
            | "datatable"
            | "dynamic"
            | "datetime"
            | "timespan"
            | "time"
            | "guid"
            | "int"
            | "long"
            | "real"
            | "double"
            | "string"
            | "bool"
            | "decimal"
            | "date"
            | "typeof"
            | "if"
            | "declare"
            | "pattern"
            | "restrict"
            | "access"
            | "alias"
            | "database"
            | "cluster"
            | "table"
            | "invoke"
            | "facet"
            | "fork"
            | "filter"
            | "evaluate"
            | "consume"
            | "getschema"
            | "lookup"
            | "reduce"
            | "render"
            | "sample"
            | "scan"
            | "serialize"
            | "partition"
            | "toscalar"
            | "totable"
            | "materialize"
            | "nulls"
            | "first"
            | "last"
            | "default"
            | "view"
            | "of"
            | "id"
            | "bin"
            | "hint"
            | "pack"
            | "like"
            | "matches"
            | "regex"
            | "startswith"
            | "endswith"
            | "hasprefix"
            | "hassuffix"
    )
}

/// A text with the escapes of a quoted literal.
fn escape(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out
}

/// A text literal; verbatim where backslashes would double.
pub(super) fn text(text: &str) -> String {
    let verbatim = text.contains('\\') && !text.chars().any(char::is_control);
    match (verbatim, text.contains('"'), text.contains('\'')) {
        (true, false, _) => format!("@\"{text}\""),
        (true, true, false) => format!("@'{text}'"),
        _ => format!("\"{}\"", escape(text, '"')),
    }
}

/// A constant.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "dynamic(null)".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => double(*number),
        Value::String(string) => text(string),
        Value::DateTime(ticks) => format!("datetime({})", time(*ticks)),
        Value::Duration(ticks) => duration(*ticks),
        Value::Array(_) | Value::Object(_) => format!("dynamic({})", json(value)),
    }
}

/// A constant of type dynamic.
pub(super) fn dynamic(value: &Value) -> String {
    format!("dynamic({})", json(value))
}

fn json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("\"{}\": {}", escape(key, '"'), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => format!("\"{}\"", escape(text, '"')),
        Value::Null => "null".to_owned(),
        other => self::value(other),
    }
}

fn double(number: f64) -> String {
    if number.is_nan() {
        "real(nan)".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "real(+inf)" } else { "real(-inf)" }.to_owned()
    } else if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.1}")
    } else {
        let text = format!("{number}");
        if text.len() > 24 { format!("{number:e}") } else { text }
    }
}

fn time(ticks: i64) -> String {
    let text = convert::time_text(ticks);
    let text = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    match text.strip_suffix("T00:00:") {
        Some(date) => date.to_owned(),
        None if text.ends_with(':') => format!("{text}00"),
        None => text.to_owned(),
    }
}

/// A length of time: `1d`, `90m`, else `time(1.02:03:04)`.
pub(super) fn duration(ticks: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(864_000_000_000, "d"), (36_000_000_000, "h"), (600_000_000, "m"), (10_000_000, "s"), (10_000, "ms")];
    if ticks == 0 {
        return "0s".to_owned();
    }
    for (unit, name) in UNITS {
        if ticks % unit == 0 {
            return format!("{}{name}", ticks / unit);
        }
    }
    format!("time({})", convert::duration_text(ticks))
}

/// A path from a base: `.a["b c"][0]`; `None` for segments that only a quantifier says.
pub(super) fn path(base: &str, path: &[Segment]) -> Option<String> {
    let mut out = base.to_owned();
    for segment in path {
        match segment {
            Segment::Key(key) => {
                let shown = name(key);
                if shown.starts_with('[') {
                    out.push_str(&format!("[{}]", text(key)));
                } else {
                    out.push('.');
                    out.push_str(&shown);
                }
            }
            Segment::Index(index) => out.push_str(&format!("[{index}]")),
            Segment::Json => out = format!("parse_json(tostring({out}))"),
            Segment::Any | Segment::KeyPattern(_) | Segment::Paired { .. } => return None,
        }
    }
    Some(out)
}

/// A path of an event.
pub(super) fn field(field: &FieldPath) -> Option<String> {
    match field.0.split_first() {
        Some((Segment::Key(column), rest)) => path(&name(column), rest),
        _ => None,
    }
}
