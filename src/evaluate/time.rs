//! Points in time: texts as platforms write them, Elasticsearch's date mathematics, calendar arithmetic.
//!
//! The unit is the model's: ticks of 100 ns since 0001-01-01T00:00:00Z.

use crate::model::{TICKS_PER_SECOND, Value};

/// Ticks of a day.
pub const DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Whether multiples of a length of time lie the same counted from the year 1 (Kusto's `bin`) and as Elasticsearch counts
/// them: those that part a day, days, and weeks, which start on Monday for both.
pub const fn is_aligned(width: i64) -> bool {
    width > 0 && (DAY % width == 0 || width == 7 * DAY)
}
/// Ticks of a millisecond.
pub const MILLISECOND: i64 = TICKS_PER_SECOND / 1000;
/// 1970-01-01T00:00:00Z.
pub const UNIX_EPOCH: i64 = 719_162 * DAY;

/// A date and time of day of the proleptic Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year, 1 to 9999.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
    /// Ticks since midnight.
    pub ticks: i64,
}

/// Days since 0001-01-01 of a date; the month may lie outside 1 to 12 and counts on from the year then.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 306
}

/// The calendar date of a point in time.
pub fn civil(ticks: i64) -> Civil {
    let days = ticks.div_euclid(DAY) + 306;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Civil { year, month, day: day_of_year - (153 * shifted + 2) / 5 + 1, ticks: ticks.rem_euclid(DAY) }
}

/// The number of days of a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1)
}

/// ISO 8601 with `Z`, with as many digits behind the second as are not zero (none, 3 or 7).
pub fn to_iso(ticks: i64) -> String {
    let date = civil(ticks);
    let seconds = date.ticks / TICKS_PER_SECOND;
    let fraction = date.ticks % TICKS_PER_SECOND;
    let fraction = match fraction {
        0 => String::new(),
        whole if whole % MILLISECOND == 0 => format!(".{:03}", whole / MILLISECOND),
        other => format!(".{other:07}"),
    };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z", date.year, date.month, date.day)
}

/// What a text that may leave out parts of a date stands for: first and last tick of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first tick.
    pub first: i64,
    /// The last tick.
    pub last: i64,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        if count < least {
            return None;
        }
        self.0 = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn take(&mut self, bytes: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if bytes.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
}

/// Reads ISO 8601 as Elasticsearch's `strict_date_optional_time` and log files write it: `2024`, `2024-01`,
/// `2024-01-31`, a time behind `T` or a space, a fraction of up to nine digits, `Z`, `UTC` or an offset.
pub fn parse_period(text: &str) -> Option<Period> {
    let mut reader = Reader(text.trim().as_bytes());
    let year = reader.digits(4, 4)?;
    let (mut month, mut day, mut unit) = (1, 1, None);
    if reader.take(b"-") {
        month = reader.digits(1, 2)?;
        unit = Some("M");
        if reader.take(b"-") {
            day = reader.digits(1, 2)?;
            unit = Some("d");
        }
    }
    let has_date = unit == Some("d");
    let mut ticks = 0;
    let mut length = DAY;
    if has_date && reader.take(b"Tt ") && !reader.0.is_empty() {
        let hour = reader.digits(1, 2)?;
        let (mut minute, mut second, mut fraction) = (0, 0, 0);
        length = 3600 * TICKS_PER_SECOND;
        if reader.take(b":") {
            minute = reader.digits(2, 2)?;
            length = 60 * TICKS_PER_SECOND;
            if reader.take(b":") {
                second = reader.digits(2, 2)?;
                length = TICKS_PER_SECOND;
                if reader.take(b".,") {
                    let before = reader.0.len();
                    let digits = reader.digits(1, 9)?;
                    let count = u32::try_from(before - reader.0.len()).ok()?;
                    fraction = digits * 10i64.pow(9 - count) / 100;
                    length = (10i64.pow(9 - count) / 100).max(1);
                }
            }
        }
        if hour > 24 || minute > 59 || second > 60 || (hour == 24 && minute + second + fraction > 0) {
            return None;
        }
        ticks = (hour * 3600 + minute * 60 + second) * TICKS_PER_SECOND + fraction;
        while reader.take(b" ") {}
        match reader.0 {
            b"UTC" | b"utc" | b"GMT" => reader.0 = &[],
            _ => {
                if !reader.take(b"Zz") {
                    let negative = reader.0.first() == Some(&b'-');
                    if reader.take(b"+-") {
                        let hours = reader.digits(2, 2)?;
                        let _ = reader.take(b":");
                        let minutes = if reader.0.is_empty() { 0 } else { reader.digits(2, 2)? };
                        let offset = (hours * 60 + minutes) * 60 * TICKS_PER_SECOND;
                        ticks += if negative { offset } else { -offset };
                    }
                }
            }
        }
    } else {
        let _ = reader.take(b"Zz");
    }
    if !reader.0.is_empty() || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let first = days_from_civil(year, month, day) * DAY + ticks;
    let last = match unit {
        None => days_from_civil(year + 1, 1, 1) * DAY,
        Some("M") => days_from_civil(year, month + 1, 1) * DAY,
        _ => first + length,
    } - 1;
    Some(Period { first, last })
}

/// The point in time of a text, the first tick where parts are left out.
pub fn parse_time(text: &str) -> Option<i64> {
    parse_period(text).map(|period| period.first)
}

/// The time of milliseconds since 1970.
pub fn from_epoch_millis(millis: i64) -> Option<i64> {
    millis.checked_mul(MILLISECOND)?.checked_add(UNIX_EPOCH)
}

/// What a value stands for on an Elasticsearch date field: a time, text with date mathematics (`now-1d/d`,
/// `2024-01-01||+1M`), or milliseconds since 1970. `None` for anything else.
pub fn mapped_period(value: &Value, now: i64) -> Option<Period> {
    let at = |tick: i64| Period { first: tick, last: tick };
    match value {
        Value::DateTime(ticks) => Some(at(*ticks)),
        Value::Int(millis) => from_epoch_millis(*millis).map(at),
        Value::Double(millis) if millis.abs() < 9e15 => from_epoch_millis(*millis as i64).map(at),
        Value::String(text) => {
            let text = text.trim();
            if let Some(math) = text.strip_prefix("now") {
                return date_math(at(now), math);
            }
            if let Some((anchor, math)) = text.split_once("||") {
                return date_math(mapped_period(&Value::text(anchor), now)?, math);
            }
            match text.parse::<i64>() {
                // Four digits are a year to `strict_date_optional_time`, which is tried first.
                Ok(millis) if text.len() != 4 => from_epoch_millis(millis).map(at),
                _ => parse_period(text),
            }
        }
        _ => None,
    }
}

/// Applies `+1d`, `-2h`, `/d` in order; `/` makes a period of the whole unit.
fn date_math(anchor: Period, math: &str) -> Option<Period> {
    let mut period = anchor;
    let mut reader = Reader(math.as_bytes());
    while let Some(&sign) = reader.0.first() {
        reader.take(b"+-/").then_some(())?;
        let amount = if sign == b'/' { 1 } else { reader.digits(1, 9).unwrap_or(1) };
        let (&unit, rest) = reader.0.split_first()?;
        reader.0 = rest;
        if sign == b'/' {
            let first = floor(period.first, unit)?;
            period = Period { first, last: shift(first, unit, 1)? - 1 };
        } else {
            let amount = if sign == b'-' { -amount } else { amount };
            let length = period.last - period.first;
            let first = shift(period.first, unit, amount)?;
            period = Period { first, last: first + length };
        }
    }
    Some(period)
}

fn shift(ticks: i64, unit: u8, amount: i64) -> Option<i64> {
    let fixed = |length: i64| amount.checked_mul(length)?.checked_add(ticks);
    match unit {
        b's' => fixed(TICKS_PER_SECOND),
        b'm' => fixed(60 * TICKS_PER_SECOND),
        b'h' | b'H' => fixed(3600 * TICKS_PER_SECOND),
        b'd' => fixed(DAY),
        b'w' => fixed(7 * DAY),
        b'M' | b'y' => {
            let months = if unit == b'y' { amount.checked_mul(12)? } else { amount };
            Some(add_months(ticks, months))
        }
        _ => None,
    }
}

/// The same day some months on; the last day of the month where it is shorter.
pub fn add_months(ticks: i64, months: i64) -> i64 {
    let date = civil(ticks);
    let (year, month) =
        (date.year + (date.month - 1 + months).div_euclid(12), (date.month - 1 + months).rem_euclid(12) + 1);
    days_from_civil(year, month, date.day.min(days_in_month(year, month))) * DAY + date.ticks
}

fn floor(ticks: i64, unit: u8) -> Option<i64> {
    let date = civil(ticks);
    let fixed = |length: i64| Some(ticks - ticks.rem_euclid(length));
    match unit {
        b's' => fixed(TICKS_PER_SECOND),
        b'm' => fixed(60 * TICKS_PER_SECOND),
        b'h' | b'H' => fixed(3600 * TICKS_PER_SECOND),
        b'd' => fixed(DAY),
        // 0001-01-01 was a Monday, and Elasticsearch's weeks start on Monday.
        b'w' => fixed(7 * DAY),
        b'M' => Some(days_from_civil(date.year, date.month, 1) * DAY),
        b'y' => Some(days_from_civil(date.year, 1, 1) * DAY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_goes_both_ways() {
        for (ticks, iso) in [
            (0, "0001-01-01T00:00:00Z"),
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH + 1_709_210_096 * TICKS_PER_SECOND, "2024-02-29T12:34:56Z"),
            (UNIX_EPOCH + 120 * MILLISECOND, "1970-01-01T00:00:00.120Z"),
            (UNIX_EPOCH + 1, "1970-01-01T00:00:00.0000001Z"),
        ] {
            assert_eq!(to_iso(ticks), iso);
            assert_eq!(parse_time(iso), Some(ticks), "{iso}");
        }
        for day in (0..800_000).step_by(37) {
            let date = civil(day * DAY);
            assert_eq!(days_from_civil(date.year, date.month, date.day), day);
        }
    }

    #[test]
    fn texts_of_log_files_are_read() {
        let noon = parse_time("2024-02-29T12:00:00Z");
        for text in ["2024-02-29 12:00", "2024-02-29T13:00:00+01:00", "2024-02-29T12:00:00.000000 UTC", "2024-02-29T12"]
        {
            assert_eq!(parse_time(text), noon, "{text}");
        }
        for text in ["", "2024-13-01", "2023-02-29", "12:00", "yesterday", "2024-02-29T25:00", "20240229"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_without_time_stands_for_the_whole_day() {
        let period = parse_period("2024-01-31").unwrap();
        assert_eq!(period.last - period.first, DAY - 1);
        let period = parse_period("2024-02").unwrap();
        assert_eq!(period.last - period.first, 29 * DAY - 1);
    }

    #[test]
    fn date_math_is_relative_to_now() {
        let now = parse_time("2024-03-31T10:20:30Z").unwrap();
        for (text, first) in [
            ("now", "2024-03-31T10:20:30Z"),
            ("now-1d", "2024-03-30T10:20:30Z"),
            ("now-1M", "2024-02-29T10:20:30Z"),
            ("now/d", "2024-03-31T00:00:00Z"),
            ("now-7d/w", "2024-03-18T00:00:00Z"),
            ("2024-01-01||+1M/d", "2024-02-01T00:00:00Z"),
            ("1709210096000", "2024-02-29T12:34:56Z"),
        ] {
            assert_eq!(
                mapped_period(&Value::text(text), now).map(|period| to_iso(period.first)).as_deref(),
                Some(first),
                "{text}"
            );
        }
        assert_eq!(mapped_period(&Value::text("now-1q"), now), None);
    }
}
