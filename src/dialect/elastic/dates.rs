//! Dates as Elasticsearch's mapping reads them (`strict_date_optional_time||epoch_millis`), and date math.

use crate::model::{Expr, TICKS_PER_SECOND, Value, function};

/// Ticks of a millisecond: the finest that a `date` field holds.
const MILLISECOND: i64 = TICKS_PER_SECOND / 1000;

/// Ticks from 0001-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 62_135_596_800 * TICKS_PER_SECOND;

/// A date as written: the part of time that it names.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// From a tick up to another: `2024-01-01` is the whole day.
    Span {
        /// The first tick.
        from: i64,
        /// The first tick behind it.
        until: i64,
    },
    /// Reckoned from the time of evaluation, to the millisecond.
    Now(Expr),
    /// Date math with calendar months or rounding, which stays as it is written.
    Math,
}

/// Reads a date or date math (`now-1d`, `2024-01-01||+1h`).
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Moment, String> {
    let refused = || format!("Elasticsearch reads no date in {text:?}");
    let (anchor, math) = match text.strip_prefix("now") {
        Some(math) => (None, math),
        None => match text.split_once("||") {
            Some((date, math)) => (Some(absolute(date).ok_or_else(refused)?), math),
            None => {
                let (from, until) = absolute(text).ok_or_else(refused)?;
                return Ok(Moment::Span { from, until });
            }
        },
    };
    let Some(offset) = offset(math, text)? else { return Ok(Moment::Math) };
    Ok(match anchor {
        Some((from, until)) => Moment::Span { from: from + offset, until: until + offset },
        None if offset == 0 => Moment::Now(Expr::Call(function::NOW, Vec::new())),
        None => {
            let (name, by) = if offset < 0 { (function::SUBTRACT, -offset) } else { (function::ADD, offset) };
            let now = Expr::Call(function::NOW, Vec::new());
            Moment::Now(Expr::Call(name, vec![now, Expr::Literal(Value::Duration(by))]))
        }
    })
}

/// The sum of `+1d-2h` in ticks; `None` where the calendar decides: months, years, rounding.
fn offset(math: &str, text: &str) -> Result<Option<i64>, String> {
    let mut sum: i64 = 0;
    let mut fixed = true;
    let mut rest = math;
    while let Some(sign) = rest.chars().next() {
        rest = rest.get(sign.len_utf8()..).unwrap_or("");
        let factor = match sign {
            '+' => 1,
            '-' => -1,
            '/' => {
                fixed = false;
                0
            }
            _ => return Err(format!("Elasticsearch reads no date in {text:?}")),
        };
        let digits = if sign == '/' { 0 } else { rest.bytes().take_while(u8::is_ascii_digit).count() };
        let count: i64 = match rest.get(..digits) {
            Some("") | None => 1,
            Some(digits) => digits.parse().map_err(|_| format!("a number in the date {text:?} is too large"))?,
        };
        rest = rest.get(digits..).unwrap_or("");
        let unit = rest.chars().next().unwrap_or(' ');
        rest = rest.get(unit.len_utf8()..).unwrap_or("");
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' | 'H' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            'M' | 'y' => {
                fixed = false;
                0
            }
            _ => return Err(format!("Elasticsearch reads no date in {text:?}")),
        };
        let moved = count.checked_mul(seconds).and_then(|seconds| seconds.checked_mul(TICKS_PER_SECOND * factor));
        sum = moved
            .and_then(|moved| sum.checked_add(moved))
            .ok_or_else(|| format!("the date {text:?} is too far away"))?;
    }
    Ok(fixed.then_some(sum))
}

/// The first tick that a date names, and the first behind it.
fn absolute(text: &str) -> Option<(i64, i64)> {
    let bytes = text.as_bytes();
    if bytes.len() > 4 && bytes.iter().all(u8::is_ascii_digit) {
        let ticks = UNIX_EPOCH.checked_add(text.parse::<i64>().ok()?.checked_mul(MILLISECOND)?)?;
        return Some((ticks, ticks + MILLISECOND));
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|part| number(part, 2).ok_or(())).transpose().ok()?;
    let day = parts.next().map(|part| number(part, 2).ok_or(())).transpose().ok()?;
    if parts.next().is_some() || time.is_some() && day.is_none() {
        return None;
    }
    let start = midnight(year, month.unwrap_or(1), day.unwrap_or(1))?;
    let Some(time) = time.filter(|time| !time.is_empty()) else {
        let until = match (month, day) {
            (_, Some(_)) => start + 86_400 * TICKS_PER_SECOND,
            (Some(12), None) | (None, None) => midnight(year + 1, 1, 1)?,
            (Some(month), None) => midnight(year, month + 1, 1)?,
        };
        return Some((start, until));
    };
    let (clock, zone) = split_zone(time)?;
    let (whole, fraction) = match clock.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = whole.split(':');
    let hour = number(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = parts.next().map(|part| number(part, 2).filter(|minute| *minute < 60).ok_or(())).transpose().ok()?;
    let second = parts.next().map(|part| number(part, 2).filter(|second| *second < 60).ok_or(())).transpose().ok()?;
    if parts.next().is_some() || fraction.is_some() && second.is_none() {
        return None;
    }
    let seconds = hour * 3600 + minute.unwrap_or(0) * 60 + second.unwrap_or(0) - zone;
    let mut from = start + seconds * TICKS_PER_SECOND;
    let length = match (minute, second, fraction) {
        (None, ..) => 3600 * TICKS_PER_SECOND,
        (Some(_), None, _) => 60 * TICKS_PER_SECOND,
        (_, Some(_), None) => TICKS_PER_SECOND,
        (_, _, Some(fraction)) => {
            if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // A date field holds milliseconds; what is finer is cut off.
            let padded = format!("{fraction:0<3}");
            from += padded.get(..3)?.parse::<i64>().ok()? * MILLISECOND;
            match fraction.len() {
                1 => 100 * MILLISECOND,
                2 => 10 * MILLISECOND,
                _ => MILLISECOND,
            }
        }
    };
    Some((from, from + length))
}

/// Digits of exactly this width.
fn number(text: &str, width: usize) -> Option<i64> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    let date =
        jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let seconds = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    seconds.checked_mul(TICKS_PER_SECOND)?.checked_add(UNIX_EPOCH)
}

/// The clock time and the zone's offset in seconds; UTC where none is named.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (clock, zone) = time.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.chars().skip(1).filter(|character| *character != ':').collect();
    let hours = number(digits.get(..2)?, 2)?;
    let minutes = match digits.get(2..)? {
        "" => 0,
        minutes => number(minutes, 2)?,
    };
    Some((clock, sign * (hours * 3600 + minutes * 60)))
}

/// A point in time as text that Elasticsearch reads as exactly this millisecond; `None` where it is finer than that.
pub fn print(ticks: i64) -> Option<String> {
    let since = ticks.checked_sub(UNIX_EPOCH)?;
    if since % MILLISECOND != 0 {
        return None;
    }
    let at = jiff::Timestamp::from_millisecond(since / MILLISECOND).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// The shortest text for a length of time that a date names: a day, a minute, a second; `None` where none does.
///
/// `text` is the start as [`print`] writes it.
pub fn shorter(text: &str, from: i64, until: i64) -> Option<String> {
    [10, 16, 19, 23].into_iter().find_map(|length| {
        let short = text.get(..length)?;
        (absolute(short) == Some((from, until))).then(|| short.to_owned())
    })
}

/// `now` with an offset as date math; `None` where the expression is something else.
pub fn print_now(expr: &Expr) -> Option<String> {
    let Expr::Call(name, arguments) = expr else { return None };
    let is_now = |expr: &Expr| matches!(expr, Expr::Call(name, _) if *name == function::NOW);
    match arguments.as_slice() {
        [] if *name == function::NOW => Some("now".to_owned()),
        [now, Expr::Literal(Value::Duration(ticks))] if is_now(now) => {
            let sign = match () {
                () if [function::SUBTRACT, function::kusto::SUBTRACT].contains(name) => '-',
                () if [function::ADD, function::kusto::ADD].contains(name) => '+',
                () => return None,
            };
            if *ticks < 0 || ticks % TICKS_PER_SECOND != 0 {
                return None;
            }
            let seconds = ticks / TICKS_PER_SECOND;
            let (count, unit) = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')]
                .into_iter()
                .find(|(length, _)| seconds % length == 0)
                .map(|(length, unit)| (seconds / length, unit))?;
            Some(format!("now{sign}{count}{unit}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_time_that_it_names() {
        let cases = [
            ("2024", "2024-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z"),
            ("2024-02", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
            ("2024-12-31", "2024-12-31T00:00:00.000Z", "2025-01-01T00:00:00.000Z"),
            ("2024-02-29T10:20", "2024-02-29T10:20:00.000Z", "2024-02-29T10:21:00.000Z"),
            ("2024-02-29T10:20:30", "2024-02-29T10:20:30.000Z", "2024-02-29T10:20:31.000Z"),
            ("2024-02-29T10:20:30.5+02:00", "2024-02-29T08:20:30.500Z", "2024-02-29T08:20:30.600Z"),
            ("1700000000000", "2023-11-14T22:13:20.000Z", "2023-11-14T22:13:20.001Z"),
            ("2024-01-01||+1d-1h", "2024-01-01T23:00:00.000Z", "2024-01-02T23:00:00.000Z"),
        ];
        for (text, from, until) in cases {
            let Ok(Moment::Span { from: start, until: end }) = parse(text) else { panic!("{text}") };
            assert_eq!((print(start).unwrap(), print(end).unwrap()), (from.to_owned(), until.to_owned()), "{text}");
        }
        for text in
            ["", "x", "2024-13", "2024-1-1", "2024-01-01T25", "nowish", "2024-01-01T10:20:30.1.2", "now/", "now-1x"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_the_calendar_decides_stays_as_written() {
        for text in ["now/d", "now-1d/d", "now-1M", "2024-01-01||/M"] {
            assert_eq!(parse(text), Ok(Moment::Math), "{text}");
        }
    }

    #[test]
    fn now_is_printed_as_it_was_read() {
        for text in ["now", "now-1d", "now+90m", "now-36h"] {
            let Ok(Moment::Now(expr)) = parse(text) else { panic!("{text}") };
            assert_eq!(print_now(&expr).as_deref(), Some(text));
        }
    }
}
