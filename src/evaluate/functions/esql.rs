//! ES|QL's functions of times, encodings and numbers ([`crate::model::function::elastic`]): null of what they do not
//! know.

use super::super::{EvalError, address, time};
use super::{buckets, convert, elastic, kusto_text};
use crate::model::function::elastic as f;
use crate::model::{Function, TICKS_PER_SECOND, Value};
use std::net::IpAddr;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Calls a function of this file; `None` where it is none of it.
pub fn call(function: Function, arguments: &[Value]) -> Option<Result<Value, EvalError>> {
    let null = Value::Null;
    let arg = |index: usize| arguments.get(index).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    let text = |make: fn(&str) -> Option<Value>| x.as_str().and_then(make).unwrap_or(Value::Null);
    let number = |make: fn(f64) -> f64| x.as_f64().map(make).filter(|made| made.is_finite()).map(Value::Double);
    let int = |length: usize| i64::try_from(length).ok().map(Value::Int);
    Some(Ok(match function {
        f::ES_DATE_TRUNC => buckets::truncated(y, x),
        f::ES_BUCKET if arguments.len() > 3 => buckets::by_number(x, y, z, arg(3)),
        f::ES_BUCKET => buckets::truncated(x, y),
        f::ES_DATE_TRUNC_MONTHS => match (x, elastic::moment(y)) {
            (Value::Int(months), Some(at)) => buckets::month(at, *months).map_or(Value::Null, Value::DateTime),
            _ => Value::Null,
        },
        f::ES_ADD_MONTHS => match (elastic::moment(x), y) {
            (Some(at), Value::Int(months)) => buckets::moved(at, *months).map_or(Value::Null, Value::DateTime),
            _ => Value::Null,
        },
        f::ES_DATE_EXTRACT => match (x.as_str(), elastic::moment(y)) {
            (Some(part), Some(ticks)) => match extract(part, ticks) {
                Some(number) => Value::Int(number),
                None => return Some(Err(EvalError::Unsupported(format!("the part of a date `{part}`")))),
            },
            _ => Value::Null,
        },
        f::ES_DATE_FORMAT => {
            let (pattern, at) = if arguments.len() > 1 { (x.as_str(), y) } else { (Some(ISO), x) };
            match (pattern, elastic::moment(at)) {
                (Some(pattern), Some(ticks)) => return Some(format(pattern, ticks).map(Value::String)),
                _ => Value::Null,
            }
        }
        f::ES_DATE_PARSE => {
            let (pattern, text) = if arguments.len() > 1 { (x.as_str(), y) } else { (Some(ISO), x) };
            match (pattern, text.as_str()) {
                (Some(ISO), Some(text)) => time::parse_time(text).map_or(Value::Null, Value::DateTime),
                (Some(pattern), Some(text)) => {
                    return Some(parse(pattern, text).map(|found| found.map_or(Value::Null, Value::DateTime)));
                }
                _ => Value::Null,
            }
        }
        f::ES_DAY_NAME => elastic::moment(x)
            .and_then(|ticks| DAYS.get(usize::try_from(extract("day_of_week", ticks)? - 1).ok()?))
            .map_or(Value::Null, |name| Value::text(*name)),
        f::ES_MONTH_NAME => elastic::moment(x)
            .and_then(|ticks| MONTHS.get(usize::try_from(time::civil(ticks).month - 1).ok()?))
            .map_or(Value::Null, |name| Value::text(*name)),
        f::ES_FROM_BASE64 => text(|text| {
            let bytes = kusto_text::base64_decode(text.trim_end_matches('='))?;
            String::from_utf8(bytes).ok().map(Value::String)
        }),
        f::ES_TO_BASE64 => text(|text| Some(Value::String(kusto_text::base64_encode(text.as_bytes())))),
        f::ES_URL_ENCODE => text(|text| Some(Value::String(convert::percent_encoded(text).replace("%20", "+")))),
        f::ES_URL_ENCODE_COMPONENT => text(|text| Some(Value::String(convert::percent_encoded(text)))),
        f::ES_BYTE_LENGTH => x.as_str().and_then(|text| int(text.len())).unwrap_or(Value::Null),
        f::ES_BIT_LENGTH => x.as_str().and_then(|text| int(text.len().saturating_mul(8))).unwrap_or(Value::Null),
        f::ES_LOG if arguments.len() > 1 => match (x.as_f64(), y.as_f64()) {
            (Some(base), Some(value)) if base > 0.0 && base != 1.0 && value > 0.0 => Value::Double(value.log(base)),
            _ => Value::Null,
        },
        f::ES_LOG => number(f64::ln).unwrap_or(Value::Null),
        f::ES_LOG10 => number(f64::log10).unwrap_or(Value::Null),
        f::ES_EXP => number(f64::exp).unwrap_or(Value::Null),
        f::ES_SIGNUM => match x.as_f64() {
            Some(0.0) => Value::Double(0.0),
            Some(number) => Value::Double(number.signum()),
            None => Value::Null,
        },
        f::ES_IP_PREFIX => match (x.as_str().and_then(address::parse), y, z) {
            (Some(address), Value::Int(four), Value::Int(six)) => {
                prefix(address, *four, *six).map_or(Value::Null, |address| Value::String(address.to_string()))
            }
            _ => Value::Null,
        },
        f::ES_MV_ZIP => {
            let by = if arguments.len() > 2 { z.as_str() } else { Some(",") };
            let (one, other) = (elastic::list(x), elastic::list(y));
            let part = |items: &[Value], at: usize| items.get(at).and_then(Value::as_str).map(str::to_owned);
            let pairs = (0..one.len().max(other.len())).map(|at| match (part(one, at), part(other, at)) {
                (Some(left), Some(right)) => Value::String(format!("{left}{}{right}", by.unwrap_or(","))),
                (left, right) => left.or(right).map_or(Value::Null, Value::String),
            });
            if by.is_none() { Value::Null } else { elastic::flat(pairs.collect()) }
        }
        f::ES_MV_PERCENTILE => {
            let numbers: Vec<f64> = elastic::list(x).iter().filter_map(Value::as_f64).collect();
            match y.as_f64() {
                Some(rank) if !numbers.is_empty() => Value::Double(elastic::percentile(&numbers, rank)),
                _ => Value::Null,
            }
        }
        f::ES_MV_MEDIAN => {
            let numbers: Vec<f64> = elastic::list(x).iter().filter_map(Value::as_f64).collect();
            let whole = elastic::list(x).iter().all(|item| matches!(item, Value::Int(_)));
            match (numbers.is_empty(), whole) {
                (true, _) => Value::Null,
                // Whole numbers stay whole: the mean of the middle two is truncated.
                (false, true) => Value::Int(elastic::percentile(&numbers, 50.0).trunc() as i64),
                (false, false) => Value::Double(elastic::percentile(&numbers, 50.0)),
            }
        }
        f::ES_MV_UNION => {
            let mut kept: Vec<Value> = Vec::new();
            for item in elastic::list(x).iter().chain(elastic::list(y)) {
                if !kept.contains(item) {
                    kept.push(item.clone());
                }
            }
            elastic::flat(kept)
        }
        _ => return None,
    }))
}

/// The form that `DATE_FORMAT` and `DATE_PARSE` use when none is written.
const ISO: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

/// A part of a time by the name of Java's chrono field.
fn extract(part: &str, ticks: i64) -> Option<i64> {
    let date = time::civil(ticks);
    let seconds = date.ticks / TICKS_PER_SECOND;
    let day_of_year =
        time::days_from_civil(date.year, date.month, date.day) - time::days_from_civil(date.year, 1, 1) + 1;
    let epoch_day = (ticks - time::UNIX_EPOCH).div_euclid(time::DAY);
    Some(match part.to_ascii_lowercase().as_str() {
        "year" | "year_of_era" | "yyyy" => date.year,
        "month_of_year" => date.month,
        "proleptic_month" => date.year * 12 + date.month - 1,
        "day_of_month" => date.day,
        "day_of_year" => day_of_year,
        // 1970-01-01 was a Thursday; Monday is 1.
        "day_of_week" => (epoch_day + 3).rem_euclid(7) + 1,
        "aligned_week_of_year" => (day_of_year - 1) / 7 + 1,
        "aligned_week_of_month" => (date.day - 1) / 7 + 1,
        "aligned_day_of_week_in_month" => (date.day - 1) % 7 + 1,
        "aligned_day_of_week_in_year" => (day_of_year - 1) % 7 + 1,
        "epoch_day" => epoch_day,
        "hour_of_day" => seconds / 3600,
        "clock_hour_of_day" => (seconds / 3600 + 23) % 24 + 1,
        "hour_of_ampm" => seconds / 3600 % 12,
        "clock_hour_of_ampm" => (seconds / 3600 + 11) % 12 + 1,
        "ampm_of_day" => seconds / 43_200,
        "minute_of_hour" => seconds / 60 % 60,
        "minute_of_day" => seconds / 60,
        "second_of_minute" => seconds % 60,
        "second_of_day" => seconds,
        "milli_of_second" => date.ticks % TICKS_PER_SECOND / time::MILLISECOND,
        "milli_of_day" => date.ticks / time::MILLISECOND,
        "micro_of_second" => date.ticks % TICKS_PER_SECOND / 10,
        "nano_of_second" => date.ticks % TICKS_PER_SECOND * 100,
        "instant_seconds" => (ticks - time::UNIX_EPOCH).div_euclid(TICKS_PER_SECOND),
        "offset_seconds" => 0,
        "era" => 1,
        _ => return None,
    })
}

/// A piece of one of Java's patterns of dates: a letter so many times, or text.
enum Piece {
    Letter(char, usize),
    Text(String),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut characters = pattern.chars().peekable();
    let add = |found: &mut Vec<Piece>, character: char| match found.last_mut() {
        Some(Piece::Text(text)) => text.push(character),
        _ => found.push(Piece::Text(character.to_string())),
    };
    while let Some(character) = characters.next() {
        match character {
            '\'' if characters.peek() == Some(&'\'') => {
                characters.next();
                add(&mut found, '\'');
            }
            '\'' => {
                for inner in characters.by_ref().take_while(|inner| *inner != '\'') {
                    add(&mut found, inner);
                }
            }
            letter if letter.is_ascii_alphabetic() => match found.last_mut() {
                Some(Piece::Letter(last, count)) if *last == letter => *count += 1,
                _ => found.push(Piece::Letter(letter, 1)),
            },
            other => add(&mut found, other),
        }
    }
    found
}

fn unknown(letter: char) -> EvalError {
    EvalError::Unsupported(format!("the letter `{letter}` of a pattern of dates"))
}

fn format(pattern: &str, ticks: i64) -> Result<String, EvalError> {
    let date = time::civil(ticks);
    let part = |name: &str| extract(name, ticks).unwrap_or(0);
    let name = |names: &[&str], at: i64, count: usize| {
        let name = usize::try_from(at - 1).ok().and_then(|at| names.get(at)).copied().unwrap_or("");
        if count < 4 { name.chars().take(3).collect() } else { name.to_owned() }
    };
    let mut out = String::new();
    for piece in pieces(pattern) {
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Letter(letter, count) => out.push_str(&match letter {
                'y' | 'u' if count == 2 => format!("{:02}", date.year % 100),
                'y' | 'u' => format!("{:0count$}", date.year),
                'M' | 'L' if count > 2 => name(&MONTHS, date.month, count),
                'M' | 'L' => format!("{:0count$}", date.month),
                'd' => format!("{:0count$}", date.day),
                'D' => format!("{:0count$}", part("day_of_year")),
                'E' => name(&DAYS, part("day_of_week"), count),
                'e' => part("day_of_week").to_string(),
                'H' => format!("{:0count$}", part("hour_of_day")),
                'k' => format!("{:0count$}", part("clock_hour_of_day")),
                'h' => format!("{:0count$}", part("clock_hour_of_ampm")),
                'K' => format!("{:0count$}", part("hour_of_ampm")),
                'a' => if part("ampm_of_day") == 0 { "AM" } else { "PM" }.to_owned(),
                'm' => format!("{:0count$}", part("minute_of_hour")),
                's' => format!("{:0count$}", part("second_of_minute")),
                'S' => format!("{:09}", part("nano_of_second")).chars().take(count).collect(),
                'X' => "Z".to_owned(),
                'x' if count > 2 => "+00:00".to_owned(),
                'x' | 'Z' => "+0000".to_owned(),
                'z' | 'V' => "Z".to_owned(),
                other => return Err(unknown(other)),
            }),
        }
    }
    Ok(out)
}

/// The time in a text of this pattern; `None` where it does not fit.
fn parse(pattern: &str, text: &str) -> Result<Option<i64>, EvalError> {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let (mut seconds, mut fraction, mut afternoon, mut offset) = (0i64, 0i64, None, 0i64);
    let mut rest = text;
    for piece in pieces(pattern) {
        match piece {
            Piece::Text(expected) => match rest.strip_prefix(expected.as_str()) {
                Some(left) => rest = left,
                None => return Ok(None),
            },
            Piece::Letter(letter @ ('M' | 'L' | 'E'), count @ 3..) => {
                let names: &[&str] = if letter == 'E' { &DAYS } else { &MONTHS };
                let found = names.iter().zip(1i64..).find_map(|(name, at)| {
                    let short = if count < 4 { name.get(..3).unwrap_or(name) } else { name };
                    let start = rest.get(..short.len())?;
                    start.eq_ignore_ascii_case(short).then(|| (at, rest.get(short.len()..).unwrap_or("")))
                });
                let Some((at, left)) = found else { return Ok(None) };
                rest = left;
                if letter != 'E' {
                    month = at;
                }
            }
            Piece::Letter('a', _) => {
                afternoon = match rest.get(..2) {
                    Some(half) if half.eq_ignore_ascii_case("am") => Some(false),
                    Some(half) if half.eq_ignore_ascii_case("pm") => Some(true),
                    _ => return Ok(None),
                };
                rest = rest.get(2..).unwrap_or("");
            }
            Piece::Letter('X' | 'x' | 'Z' | 'z' | 'V', _) => match zone(rest) {
                Some((found, left)) => (offset, rest) = (found, left),
                None => return Ok(None),
            },
            Piece::Letter(letter, count) => {
                let most = match (letter, count) {
                    ('y' | 'u', 1 | 4) => 4,
                    (_, 1) => 2,
                    (_, count) => count,
                };
                let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
                let (digits, left) = rest.split_at(length);
                let Ok(number) = digits.parse::<i64>() else { return Ok(None) };
                rest = left;
                match letter {
                    'y' | 'u' if count == 2 => year = 2000 + number,
                    'y' | 'u' => year = number,
                    'M' | 'L' => month = number,
                    'd' => day = number,
                    'H' | 'k' => seconds += number % 24 * 3600,
                    'h' | 'K' => seconds += number % 12 * 3600,
                    'm' => seconds += number * 60,
                    's' => seconds += number,
                    'S' => {
                        let places = u32::try_from(length).unwrap_or(9).min(7);
                        fraction = number * 10i64.pow(7 - places);
                    }
                    other => return Err(unknown(other)),
                }
            }
        }
    }
    let in_calendar = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= time::days_in_month(year, month)
        && seconds < 86_400;
    if !rest.is_empty() || !in_calendar {
        return Ok(None);
    }
    seconds += if afternoon == Some(true) { 43_200 } else { 0 } - offset;
    Ok(Some(time::days_from_civil(year, month, day) * time::DAY + seconds * TICKS_PER_SECOND + fraction))
}

/// An offset from UTC in seconds, and what stands behind it.
fn zone(text: &str) -> Option<(i64, &str)> {
    if let Some(left) = text.strip_prefix('Z').or_else(|| text.strip_prefix("UTC")) {
        return Some((0, left));
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let hours: i64 = text.get(1..3)?.parse().ok()?;
    let left = text.get(3..)?;
    let left = left.strip_prefix(':').unwrap_or(left);
    match left.get(..2).and_then(|minutes| minutes.parse::<i64>().ok()) {
        Some(minutes) => Some((sign * (hours * 3600 + minutes * 60), left.get(2..)?)),
        None => Some((sign * hours * 3600, left)),
    }
}

fn prefix(address: IpAddr, four: i64, six: i64) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => {
            let bits = u32::try_from(four).ok().filter(|bits| *bits <= 32)?;
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let bits = u32::try_from(six).ok().filter(|bits| *bits <= 128)?;
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_by_its_own_definition() {
        let text = Value::text;
        let at = |text: &str| Value::DateTime(time::parse_time(text).unwrap());
        let int = Value::Int;
        let list = |items: &[&str]| Value::Array(items.iter().copied().map(Value::text).collect());
        let cases: Vec<(Function, Vec<Value>, Value)> = vec![
            (f::ES_DATE_EXTRACT, vec![text("hour_of_day"), at("2024-06-15T13:14:15Z")], int(13)),
            (f::ES_DATE_EXTRACT, vec![text("DAY_OF_WEEK"), at("2024-06-15T00:00:00Z")], int(6)),
            (f::ES_DATE_EXTRACT, vec![text("day_of_year"), at("2024-12-31T00:00:00Z")], int(366)),
            (f::ES_DATE_FORMAT, vec![text("yyyy-MM-dd"), at("2024-06-05T00:00:00Z")], text("2024-06-05")),
            (f::ES_DATE_FORMAT, vec![text("EEE d MMM''yy HH"), at("2024-06-05T07:00:00Z")], text("Wed 5 Jun'24 07")),
            (f::ES_DATE_FORMAT, vec![at("2024-06-05T07:00:00Z")], text("2024-06-05T07:00:00.000Z")),
            (f::ES_DATE_PARSE, vec![text("yyyy-MM-dd"), text("2024-06-05")], at("2024-06-05T00:00:00Z")),
            (
                f::ES_DATE_PARSE,
                vec![text("dd/MMM/yyyy:HH:mm:ss Z"), text("05/Jun/2024:07:08:09 +0200")],
                at("2024-06-05T05:08:09Z"),
            ),
            (f::ES_DATE_PARSE, vec![text("yyyy-MM-dd"), text("2024-13-05")], Value::Null),
            (f::ES_DAY_NAME, vec![at("2024-06-15T00:00:00Z")], text("Saturday")),
            (f::ES_MONTH_NAME, vec![at("2024-06-15T00:00:00Z")], text("June")),
            (f::ES_TO_BASE64, vec![text("elastic")], text("ZWxhc3RpYw==")),
            (f::ES_FROM_BASE64, vec![text("ZWxhc3RpYw==")], text("elastic")),
            (f::ES_FROM_BASE64, vec![text("!")], Value::Null),
            (f::ES_URL_ENCODE, vec![text("a b/c")], text("a+b%2Fc")),
            (f::ES_URL_ENCODE_COMPONENT, vec![text("a b/c")], text("a%20b%2Fc")),
            (f::ES_BYTE_LENGTH, vec![text("é")], int(2)),
            (f::ES_BIT_LENGTH, vec![text("ab")], int(16)),
            (f::ES_LOG, vec![Value::Double(2.0), Value::Double(8.0)], Value::Double(3.0)),
            (f::ES_LOG10, vec![int(0)], Value::Null),
            (f::ES_SIGNUM, vec![int(-7)], Value::Double(-1.0)),
            (f::ES_IP_PREFIX, vec![text("10.1.2.3"), int(24), int(0)], text("10.1.2.0")),
            (f::ES_MV_ZIP, vec![list(&["a", "b"]), list(&["1", "2"]), text("-")], list(&["a-1", "b-2"])),
            (f::ES_MV_MEDIAN, vec![Value::Array(vec![int(1), int(2), int(9), int(4)])], int(3)),
            (f::ES_MV_PERCENTILE, vec![Value::Array(vec![int(0), int(10)]), int(25)], Value::Double(2.5)),
            (f::ES_MV_UNION, vec![text("a"), list(&["a", "b"])], list(&["a", "b"])),
        ];
        for (function, arguments, expected) in cases {
            assert_eq!(call(function, &arguments).unwrap().unwrap(), expected, "{}{arguments:?}", function.0);
        }
        assert!(call(f::ES_DATE_FORMAT, &[text("q"), at("2024-06-15T00:00:00Z")]).unwrap().is_err());
    }
}
