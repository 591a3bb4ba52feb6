//! Conversions between types, and values as text (spec/kusto-semantics.md).

use super::clock::{self, DAY, HOUR, MINUTE, SECOND, UNIX_EPOCH};
use crate::model::Value;
use serde_json::{Map, Number, Value as Json};

/// A value as JSON. Times are ISO 8601 texts, lengths of time `d.hh:mm:ss`; numbers that JSON cannot say are texts.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Double(number) => {
            Number::from_f64(*number).map_or_else(|| Json::from(double_text(*number)), Json::Number)
        }
        Value::String(text) => Json::from(text.as_str()),
        Value::DateTime(ticks) => Json::from(time_text(*ticks)),
        Value::Duration(ticks) => Json::from(duration_text(*ticks)),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<Map<_, _>>())
        }
    }
}

/// Kusto's `tostring` of a value of a scalar type; empty for null.
pub fn scalar_text(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => dynamic_text(other),
    }
}

/// Kusto's `tostring` of a dynamic value: text as it is, else compact JSON; empty for null.
pub fn dynamic_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => double_text(*number),
        Value::String(text) => text.clone(),
        Value::DateTime(ticks) => time_text(*ticks),
        Value::Duration(ticks) => duration_text(*ticks),
        Value::Array(_) | Value::Object(_) => json_text(value),
    }
}

/// Compact JSON, numbers as Kusto prints them.
pub fn json_text(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value);
    out
}

fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (key, item)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Json::from(key.as_str()).to_string());
                out.push(':');
                write_json(out, item);
            }
            out.push('}');
        }
        Value::Double(number) if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e15 => {
            out.push_str(&format!("{number:.1}"));
        }
        Value::Double(number) if number.is_finite() => out.push_str(&double_text(*number)),
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        other => out.push_str(&Json::from(dynamic_text(other)).to_string()),
    }
}

/// A number with a fraction as .NET prints it: shortest digits, no `.0`, `E+16` above.
pub fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}E{sign}{digits:0>2}");
    }
    format!("{number}")
}

/// A time as ISO 8601 with seven digits of a second.
pub fn time_text(ticks: i64) -> String {
    let clock::Date { year, month, day } = clock::date_of(ticks);
    let rest = ticks.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:07}Z",
        rest / HOUR,
        rest / MINUTE % 60,
        rest / SECOND % 60,
        rest % SECOND
    )
}

/// A length of time as `d.hh:mm:ss.fffffff`, days and fraction only where there are any.
pub fn duration_text(ticks: i64) -> String {
    let (sign, rest) = if ticks < 0 { ("-", ticks.unsigned_abs()) } else { ("", ticks.unsigned_abs()) };
    let (day, hour, minute, second) = (DAY as u64, HOUR as u64, MINUTE as u64, SECOND as u64);
    let days = if rest >= day { format!("{}.", rest / day) } else { String::new() };
    let fraction = if rest % second > 0 { format!(".{:07}", rest % second) } else { String::new() };
    let (hours, minutes, seconds) = (rest / hour % 24, rest / minute % 60, rest / second % 60);
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// `tolong`; `None` stands for null.
pub fn to_long(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        // Beyond 64 bits the nearest.
        Value::Double(number) => number.is_finite().then_some(*number as i64),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::DateTime(ticks) | Value::Duration(ticks) => Some(*ticks),
        Value::String(text) => {
            let text = text.trim();
            if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                return u64::from_str_radix(digits, 16).ok().map(|number| number as i64);
            }
            text.parse::<i64>().ok()
        }
        _ => None,
    }
}

/// `todouble`; `None` stands for null.
pub fn to_double(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::DateTime(ticks) | Value::Duration(ticks) => Some(*ticks as f64),
        Value::String(text) => {
            let text = text.trim();
            let lower = text.to_ascii_lowercase();
            match lower.as_str() {
                "nan" => Some(f64::NAN),
                "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
                "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
                _ if lower.starts_with("0x") => to_long(value).map(|number| number as f64),
                _ => lower.parse().ok(),
            }
        }
        _ => None,
    }
}

/// `tobool`; `None` stands for null.
pub fn to_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Int(number) => Some(*number != 0),
        Value::Double(number) => Some(*number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => other.parse::<i64>().ok().map(|number| number != 0),
        },
        _ => None,
    }
}

/// `todatetime`: ticks; `None` stands for null.
pub fn to_time(value: &Value) -> Option<i64> {
    match value {
        Value::DateTime(ticks) => Some(*ticks),
        Value::Int(ticks) => Some(*ticks).filter(|ticks| super::arithmetic::in_calendar(*ticks)),
        Value::Double(ticks) => Some(*ticks as i64).filter(|ticks| super::arithmetic::in_calendar(*ticks)),
        Value::String(text) => parse_time(text),
        _ => None,
    }
}

/// Reads a time: ISO 8601 with `T` or a space, parts from the right left out, a zone or none (then UTC); also
/// `month/day/year`. Ticks.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, rest) = text.split_at_checked(split)?;
    let rest = rest.get(1..).unwrap_or("").trim();
    let (year, month, day) = if date.contains('/') {
        let mut parts = date.split('/').map(|part| part.parse::<i64>().ok());
        let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() {
            return None;
        }
        (year, month, day)
    } else {
        let mut parts = date.split('-');
        let year = parts.next()?;
        if year.len() != 4 || !date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return named_date(text);
        }
        let part = |text: Option<&str>| match text {
            None => Some(1),
            Some(text) if (1..=2).contains(&text.len()) => text.parse::<i64>().ok(),
            Some(_) => None,
        };
        let (month, day) = (part(parts.next())?, part(parts.next())?);
        if parts.next().is_some() {
            return None;
        }
        (year.parse::<i64>().ok()?, month, day)
    };
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > clock::days_in(year, month) {
        return None;
    }
    let ticks = clock::ticks_of(year, month, day) + time_of_day(rest)?;
    super::arithmetic::in_calendar(ticks).then_some(ticks)
}

/// `Tue, 02 Jan 2007 13:45:30 GMT` and the like.
fn named_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let mut parts = text.split_whitespace();
    let first = parts.next()?;
    let second = parts.next()?.trim_end_matches(',');
    let (day, month) = if first.bytes().all(|byte| byte.is_ascii_digit()) { (first, second) } else { (second, first) };
    let name = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| *known == name)? as i64 + 1;
    let (day, year) = (day.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let rest: Vec<&str> = parts.collect();
    if !(1..=9999).contains(&year) || day < 1 || day > clock::days_in(year, month) {
        return None;
    }
    Some(clock::ticks_of(year, month, day) + time_of_day(&rest.join(" "))?)
}

/// `13:45:30.5Z`, `1:45 PM`, `13:45+02:00`: ticks of the day, less the zone; empty is midnight.
fn time_of_day(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let mut text = text;
    let mut zone = 0;
    if let Some(rest) =
        text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("GMT")).or_else(|| text.strip_suffix("UTC"))
    {
        text = rest.trim_end();
    } else if let Some(at) = text.rfind(['+', '-']) {
        let (rest, offset) = text.split_at_checked(at)?;
        let (sign, digits) = offset.split_at_checked(1)?;
        let (hours, minutes) = match digits.split_once(':') {
            Some(pair) => pair,
            None if digits.len() == 4 => digits.split_at_checked(2)?,
            None => (digits, "0"),
        };
        zone = hours.parse::<i64>().ok()? * HOUR + minutes.parse::<i64>().ok()? * MINUTE;
        if sign == "-" {
            zone = -zone;
        }
        text = rest.trim_end();
    }
    let upper = text.to_ascii_uppercase();
    let (text, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(rest), _) => (rest.trim_end().to_owned(), Some(false)),
        (_, Some(rest)) => (rest.trim_end().to_owned(), Some(true)),
        _ => (upper, None),
    };
    let mut parts = text.split(':');
    let mut hour = parts.next()?.parse::<i64>().ok()?;
    let minute = parts.next().map_or(Some(0), |part| part.parse::<i64>().ok())?;
    let (second, part) = match parts.next() {
        None => (0, 0),
        Some(part) => match part.split_once('.') {
            None => (part.parse::<i64>().ok()?, 0),
            Some((second, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (second.parse::<i64>().ok()?, clock::fraction(digits))
            }
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    match half {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    Some(hour * HOUR + minute * MINUTE + second * SECOND + part - zone)
}

/// `totimespan`: ticks; `None` stands for null.
pub fn to_duration(value: &Value) -> Option<i64> {
    match value {
        Value::Duration(ticks) => Some(*ticks),
        Value::Int(ticks) => Some(*ticks),
        Value::String(text) => parse_duration(text),
        _ => None,
    }
}

/// Reads a length of time: `1.02:03:04.5`, `02:03`, `1d`, `1.5h`, `100tick`. Ticks.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let ticks = if text.contains(':') { clock_duration(text)? } else { unit_duration(text)? };
    Some(if negative { -ticks } else { ticks })
}

fn clock_duration(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (first, minute, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (days, hour) = match first.split_once('.') {
        Some((days, hour)) => (days.parse::<i64>().ok()?, hour.parse::<i64>().ok()?),
        None => (0, first.parse::<i64>().ok()?),
    };
    let (second, part) = match third.unwrap_or("0").split_once('.') {
        Some((second, digits)) => (second.parse::<i64>().ok()?, clock::fraction(digits)),
        None => (third.unwrap_or("0").parse::<i64>().ok()?, 0),
    };
    let minute = minute.parse::<i64>().ok()?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    days.checked_mul(DAY)?.checked_add(hour * HOUR + minute * MINUTE + second * SECOND + part)
}

fn unit_duration(text: &str) -> Option<i64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(at)?;
    if unit.is_empty() && number.contains('.') {
        return None;
    }
    let unit = match unit {
        "" | "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => SECOND / 1_000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => SECOND / 1_000_000,
        "tick" | "ticks" => 1,
        _ => return None,
    };
    match number.trim().parse::<i64>() {
        Ok(number) => number.checked_mul(unit),
        Err(_) => {
            let ticks = number.trim().parse::<f64>().ok()? * unit as f64;
            (ticks.is_finite() && ticks.abs() < 9.2e18).then_some(ticks.round() as i64)
        }
    }
}

/// Seconds since 1970 of ticks, for those who count so.
pub fn unix_seconds(ticks: i64) -> f64 {
    (ticks - UNIX_EPOCH) as f64 / SECOND as f64
}

/// `parse_json`: the JSON of a text, the text itself where it is none; null where it is empty.
pub fn parse_json(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Null;
    }
    match serde_json::from_str::<Json>(text) {
        Ok(json) => Value::from(&json),
        Err(_) => Value::text(text),
    }
}

/// Everything but letters, digits and `-._~` as percent escapes.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_print_to_the_tick() {
        for (text, printed) in [
            ("2020-01-01", "2020-01-01T00:00:00.0000000Z"),
            ("2020-01-01 13:45", "2020-01-01T13:45:00.0000000Z"),
            ("2020-06-15T13:45:09.1234567Z", "2020-06-15T13:45:09.1234567Z"),
            ("2020-06-15T13:45:09+02:00", "2020-06-15T11:45:09.0000000Z"),
            ("12/31/2020", "2020-12-31T00:00:00.0000000Z"),
        ] {
            assert_eq!(parse_time(text).map(time_text).as_deref(), Some(printed), "{text}");
        }
        for text in ["", "not a date", "2020-13-01", "2021-02-29", "2020-01-01T25:00"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_read_and_print() {
        for (text, printed) in
            [("1d", "1.00:00:00"), ("1.5h", "01:30:00"), ("1tick", "00:00:00.0000001"), ("1.02:03:04", "1.02:03:04")]
        {
            assert_eq!(parse_duration(text).map(duration_text).as_deref(), Some(printed));
        }
        assert_eq!(duration_text(-DAY), "-1.00:00:00");
        assert_eq!(parse_duration("abc"), None);
    }
}
