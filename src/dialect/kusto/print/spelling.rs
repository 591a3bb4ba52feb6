//! The spelling of names and literals that a tree does not spell itself.

use super::super::parse::is_reserved;
use super::super::syntax::{Literal, LiteralValue, Name};
use crate::dialect::leaf::Leaves;
use std::sync::LazyLock;

/// The leaf texts.
static LEAVES: LazyLock<Leaves> =
    LazyLock::new(|| Leaves::new(&[("typed", include_str!("../../../../templates/kusto/typed.j2"))]));

/// A name as it must be written to be one.
pub(super) fn name(name: &Name) -> String {
    match &name.spelling {
        Some(spelling) => spelling.to_string(),
        None if name.span.end > name.span.start || is_plain(&name.text) => name.text.clone(),
        None => format!("[{}]", quoted(&name.text)),
    }
}

/// Whether a name can stand without brackets.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    let special = matches!(name, "kind" | "withsource" | "with_source");
    first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_') && (special || !is_reserved(name))
}

/// A string in the form that shows it best: verbatim where backslashes would double, else in double quotes.
pub(super) fn quoted(value: &str) -> String {
    let control = value.chars().any(char::is_control);
    if !control && value.contains('\\') {
        return if value.contains('"') && !value.contains('\'') {
            format!("@'{value}'")
        } else {
            format!("@\"{}\"", value.replace('"', "\"\""))
        };
    }
    if !control && value.contains('"') && !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A literal other than `dynamic(...)`.
pub(super) fn literal(literal: &Literal) -> String {
    if let Some(spelling) = &literal.spelling {
        return spelling.to_string();
    }
    let typed = |name: &str, value: Option<String>| {
        LEAVES.write("typed", &[("name", name), ("value", &value.unwrap_or_else(|| "null".to_owned()))])
    };
    match &literal.value {
        LiteralValue::String { text, hidden } => format!("{}{}", if *hidden { "h" } else { "" }, quoted(text)),
        LiteralValue::Bool(Some(value)) => value.to_string(),
        LiteralValue::Long(Some(value)) => value.to_string(),
        LiteralValue::Bool(None) => "bool(null)".to_owned(),
        LiteralValue::Long(None) => "long(null)".to_owned(),
        LiteralValue::Int(value) => typed("int", value.map(|value| value.to_string())),
        LiteralValue::Real(Some(value)) if value.is_finite() => real(*value),
        LiteralValue::Real(value) => typed("real", value.map(real)),
        LiteralValue::Decimal(value) => typed("decimal", value.clone()),
        LiteralValue::Guid(value) => typed("guid", value.clone()),
        LiteralValue::DateTime(value) => typed("datetime", value.map(datetime)),
        LiteralValue::Timespan(Some(value)) => timespan(*value),
        LiteralValue::Timespan(None) => "timespan(null)".to_owned(),
        LiteralValue::Dynamic(_) => "dynamic(null)".to_owned(),
        LiteralValue::Unknown(ty) => typed(ty.name(), None),
    }
}

fn real(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+inf" } else { "-inf" }.to_owned();
    }
    let shown = format!("{value:?}");
    // Rust writes `1e20`; the language wants a digit behind the sign of an exponent only.
    shown
}

const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `1d`, `90m`, `1.5s`: the largest unit that divides, else `time(...)`.
fn timespan(ticks: i64) -> String {
    for (unit, size) in [("d", DAY), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", SECOND / 1000)] {
        if ticks != 0 && ticks % size == 0 {
            return format!("{}{unit}", ticks / size);
        }
    }
    if ticks == 0 { "0s".to_owned() } else { format!("{ticks}tick") }
}

/// ISO 8601 without a time where it is midnight.
fn datetime(ticks: i64) -> String {
    let (mut days, time) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    let mut year = 1;
    for (span, years) in [(146_097, 400), (36_524, 100), (1_461, 4), (365, 1)] {
        let most = if years == 100 || years == 1 { 3 } else { i64::MAX };
        let count = (days / span).min(most);
        days -= count * span;
        year += count * years;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut month = 1;
    for length in [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let date = format!("{year:04}-{month:02}-{:02}", days + 1);
    if time == 0 {
        return date;
    }
    let (seconds, fraction) = (time / SECOND, time % SECOND);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction =
        if fraction == 0 { String::new() } else { format!(".{fraction:07}").trim_end_matches('0').to_owned() };
    format!("{date}T{clock}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_verbatim_where_backslashes_would_double() {
        for (value, expected) in [
            ("a", r#""a""#),
            (r"C:\Windows", r#"@"C:\Windows""#),
            (r#"say "hi""#, r#"'say "hi"'"#),
            ("it's \"so\"", r#""it's \"so\"""#),
            (r#"\"'"#, r#"@"\""'""#),
            ("a\tb\\", r#""a\tb\\""#),
        ] {
            assert_eq!(quoted(value), expected);
        }
    }

    #[test]
    fn names_are_bracketed_where_they_must() {
        for (value, expected) in [
            ("Account", "Account"),
            ("a.b", r#"["a.b"]"#),
            ("and", r#"["and"]"#),
            ("kind", "kind"),
            ("1a", r#"["1a"]"#),
        ] {
            assert_eq!(name(&Name::new(value)), expected);
        }
    }

    #[test]
    fn values_without_a_spelling() {
        for (value, expected) in [
            (LiteralValue::Timespan(Some(90 * 60 * SECOND)), "90m"),
            (LiteralValue::Timespan(Some(2 * DAY)), "2d"),
            (LiteralValue::DateTime(Some(621_355_968_000_000_000)), "datetime(1970-01-01)"),
            (LiteralValue::DateTime(Some(637_134_335_999_999_990)), "datetime(2019-12-31T23:59:59.999999Z)"),
            (LiteralValue::DateTime(Some(631_138_176_000_000_000)), "datetime(2000-12-31)"),
            (LiteralValue::Int(None), "int(null)"),
            (LiteralValue::Real(Some(1.0)), "1.0"),
            (LiteralValue::Real(Some(f64::NAN)), "real(nan)"),
        ] {
            assert_eq!(literal(&Literal::new(value)), expected);
        }
    }
}
