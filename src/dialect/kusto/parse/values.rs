//! The values of numbers and typed literals.
//!
//! The official parser takes any text inside `datetime(...)` and its like; what is not understood here is
//! [`LiteralValue::Unknown`].

use super::super::syntax::{LiteralValue, ScalarType};

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Units of a timespan literal in ticks; nanoseconds are less than a tick and counted apart.
const UNITS: [(&[&str], i64); 7] = [
    (&["d", "day", "days"], DAY),
    (&["h", "hr", "hrs", "hour", "hours"], 3600 * SECOND),
    (&["m", "min", "minute", "minutes"], 60 * SECOND),
    (&["s", "sec", "second", "seconds"], SECOND),
    (&["ms", "milli", "millis", "millisec", "millisecond", "milliseconds"], SECOND / 1000),
    (&["micro", "micros", "microsec", "microsecond", "microseconds"], SECOND / 1_000_000),
    (&["tick", "ticks"], 1),
];

/// A number without a type's name: `5`, `0xff`, `1.5`, `2e3`, `1d`; a sign may stand in front.
pub(super) fn number(text: &str) -> LiteralValue {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return match u64::from_str_radix(hexadecimal, 16) {
            // Sixteen digits stand for the bits of the number.
            Ok(bits) => LiteralValue::Long(Some(signed(bits.cast_signed(), negative))),
            Err(_) => LiteralValue::Unknown(ScalarType::Long),
        };
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            Ok(value) => LiteralValue::Long(Some(value)),
            Err(_) => LiteralValue::Unknown(ScalarType::Long),
        };
    }
    if let Some(ticks) = with_unit(digits) {
        return LiteralValue::Timespan(Some(signed(ticks, negative)));
    }
    match text.parse() {
        Ok(value) => LiteralValue::Real(Some(value)),
        Err(_) => LiteralValue::Unknown(ScalarType::Real),
    }
}

fn signed(value: i64, negative: bool) -> i64 {
    if negative { value.wrapping_neg() } else { value }
}

/// `1.5h` in ticks.
fn with_unit(text: &str) -> Option<i64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (amount, unit) = text.split_at_checked(at)?;
    let amount = amount.trim_end();
    if matches!(unit, "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds") {
        return scaled(amount, 1).map(|nanoseconds| nanoseconds / 100);
    }
    let (_, factor) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
    scaled(amount, *factor)
}

/// A decimal number times a whole factor, rounded towards zero.
fn scaled(amount: &str, factor: i64) -> Option<i64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = fraction.get(..fraction.len().min(18))?;
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let ticks = whole.checked_mul(i128::from(factor))?.checked_add(part * i128::from(factor) / scale)?;
    i64::try_from(ticks).ok()
}

/// `type(text)`
pub(super) fn typed(spelling: &str) -> LiteralValue {
    let Some((name, rest)) = spelling.split_once('(') else { return LiteralValue::Unknown(ScalarType::String) };
    let inside = rest.strip_suffix(')').unwrap_or(rest).trim();
    let inside = match inside.as_bytes() {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => inside.get(1..inside.len() - 1).unwrap_or("").trim(),
        _ => inside,
    };
    let ty = ScalarType::parse(name).unwrap_or(ScalarType::String);
    let null = inside == "null" || inside.is_empty();
    match ty {
        ScalarType::Bool => match inside {
            _ if null => LiteralValue::Bool(None),
            "true" | "True" | "TRUE" | "1" => LiteralValue::Bool(Some(true)),
            "false" | "False" | "FALSE" | "0" => LiteralValue::Bool(Some(false)),
            _ => LiteralValue::Unknown(ty),
        },
        ScalarType::Int => match number(inside) {
            _ if null => LiteralValue::Int(None),
            LiteralValue::Long(Some(value)) => {
                i32::try_from(value).map_or(LiteralValue::Unknown(ty), |value| LiteralValue::Int(Some(value)))
            }
            _ => LiteralValue::Unknown(ty),
        },
        ScalarType::Long => match number(inside) {
            _ if null => LiteralValue::Long(None),
            value @ LiteralValue::Long(_) => value,
            _ => LiteralValue::Unknown(ty),
        },
        ScalarType::Real => match inside {
            _ if null => LiteralValue::Real(None),
            "nan" | "NaN" => LiteralValue::Real(Some(f64::NAN)),
            "+inf" | "inf" => LiteralValue::Real(Some(f64::INFINITY)),
            "-inf" => LiteralValue::Real(Some(f64::NEG_INFINITY)),
            _ => inside.parse().map_or(LiteralValue::Unknown(ty), |value| LiteralValue::Real(Some(value))),
        },
        ScalarType::Decimal if null => LiteralValue::Decimal(None),
        ScalarType::Decimal if is_decimal(inside) => LiteralValue::Decimal(Some(inside.to_owned())),
        ScalarType::Guid if null => LiteralValue::Guid(None),
        ScalarType::Guid => guid(inside).map_or(LiteralValue::Unknown(ty), |value| LiteralValue::Guid(Some(value))),
        ScalarType::DateTime if null => LiteralValue::DateTime(None),
        ScalarType::DateTime => {
            datetime(inside).map_or(LiteralValue::Unknown(ty), |ticks| LiteralValue::DateTime(Some(ticks)))
        }
        ScalarType::Timespan if null => LiteralValue::Timespan(None),
        ScalarType::Timespan => {
            timespan(inside).map_or(LiteralValue::Unknown(ty), |ticks| LiteralValue::Timespan(Some(ticks)))
        }
        _ => LiteralValue::Unknown(ty),
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'))
}

/// Thirty-two hexadecimal digits in the usual groups, with or without braces, in lower case.
fn guid(text: &str) -> Option<String> {
    let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || !(dashed || text.len() == 32) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let group = |from: usize, to: usize| digits.get(from..to).unwrap_or("");
    Some([group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-"))
}

/// `1d`, `1.02:03:04.5`, `02:03`, `5` (days), with a sign, in ticks.
fn timespan(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some(ticks) = with_unit(text) {
        return Some(signed(ticks, negative));
    }
    let (days, clock) = match (text.find('.'), text.find(':')) {
        (_, None) => (text, ""),
        (Some(dot), Some(colon)) if dot < colon => {
            text.split_at_checked(dot).map(|(days, rest)| (days, rest.get(1..).unwrap_or("")))?
        }
        _ => ("0", text),
    };
    let days: i64 = days.parse().ok()?;
    let mut ticks = days.checked_mul(DAY)?;
    if !clock.is_empty() {
        ticks = ticks.checked_add(clock_ticks(clock)?)?;
    }
    Some(signed(ticks, negative))
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fffffff` in ticks.
fn clock_ticks(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds = scaled(parts.next().unwrap_or("0"), SECOND)?;
    let sensible = parts.next().is_none() && hours < 24 && minutes < 60 && seconds < 60 * SECOND && hours >= 0;
    if sensible { Some((hours * 3600 + minutes * 60) * SECOND + seconds) } else { None }
}

/// An ISO 8601 date with or without time and offset, in ticks since 0001-01-01 UTC.
fn datetime(text: &str) -> Option<i64> {
    let (date, rest) = match text.find(['T', ' ', 't']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text.strip_suffix(['Z', 'z']).unwrap_or(text), ""),
    };
    let mut fields = date.split(['-', '/']);
    let first = fields.next()?;
    let (year, month, day): (i64, i64, i64) = if first.len() == 4 {
        (
            first.parse().ok()?,
            fields.next().map_or(Some(1), |month| month.parse().ok())?,
            fields.next().map_or(Some(1), |day| day.parse().ok())?,
        )
    } else {
        // Month first, as the engine reads `12/31/2020`.
        let day = fields.next()?.parse().ok()?;
        (fields.next().filter(|year| year.len() == 4)?.parse().ok()?, first.parse().ok()?, day)
    };
    if fields.next().is_some()
        || !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
    {
        return None;
    }
    let (clock, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock.trim_end(), 0),
        None => match rest.rfind(['+', '-']) {
            Some(at) => {
                let (clock, offset) = rest.split_at_checked(at)?;
                let sign = if offset.starts_with('-') { -1 } else { 1 };
                (clock.trim_end(), sign * clock_ticks(offset.get(1..)?)?)
            }
            None => (rest, 0),
        },
    };
    let time = if clock.is_empty() { 0 } else { clock_ticks(clock)? };
    Some(days_before(year, month, day) * DAY + time - offset)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let past = year - 1;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    past * 365 + past / 4 - past / 100 + past / 400 + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_their_form() {
        assert_eq!(number("5"), LiteralValue::Long(Some(5)));
        assert_eq!(number("-5"), LiteralValue::Long(Some(-5)));
        assert_eq!(number("0xff"), LiteralValue::Long(Some(255)));
        assert_eq!(number("9999999999999999999"), LiteralValue::Unknown(ScalarType::Long));
        assert_eq!(number("1."), LiteralValue::Real(Some(1.0)));
        assert_eq!(number("1.5e3"), LiteralValue::Real(Some(1500.0)));
        assert_eq!(number("1.5h"), LiteralValue::Timespan(Some(5400 * SECOND)));
        assert_eq!(number("-1d"), LiteralValue::Timespan(Some(-DAY)));
        assert_eq!(number("1microsecond"), LiteralValue::Timespan(Some(10)));
        assert_eq!(number("100nanoseconds"), LiteralValue::Timespan(Some(1)));
    }

    #[test]
    fn typed_literals_and_their_nulls() {
        assert_eq!(typed("int(5)"), LiteralValue::Int(Some(5)));
        assert_eq!(typed("int(null)"), LiteralValue::Int(None));
        assert_eq!(typed("int32(9999999999)"), LiteralValue::Unknown(ScalarType::Int));
        assert_eq!(typed("long(0x10)"), LiteralValue::Long(Some(16)));
        assert_eq!(typed("bool(true)"), LiteralValue::Bool(Some(true)));
        assert_eq!(typed("real(-inf)"), LiteralValue::Real(Some(f64::NEG_INFINITY)));
        assert_eq!(typed("decimal(0.1)"), LiteralValue::Decimal(Some("0.1".into())));
        assert_eq!(
            typed("guid({74BE27DE-1E4E-49D9-B579-FE0B331D3642})"),
            LiteralValue::Guid(Some("74be27de-1e4e-49d9-b579-fe0b331d3642".into()))
        );
        assert_eq!(typed("datetime(soon)"), LiteralValue::Unknown(ScalarType::DateTime));
    }

    #[test]
    fn dates_and_timespans_in_ticks() {
        assert_eq!(typed("datetime(0001-01-01)"), LiteralValue::DateTime(Some(0)));
        assert_eq!(typed("datetime(0001-01-02)"), LiteralValue::DateTime(Some(DAY)));
        // The Unix epoch, as .NET counts it.
        let epoch = 621_355_968_000_000_000;
        assert_eq!(typed("datetime(1970-01-01)"), LiteralValue::DateTime(Some(epoch)));
        assert_eq!(typed("datetime(1970-01-01T00:00:01.5Z)"), LiteralValue::DateTime(Some(epoch + 15_000_000)));
        assert_eq!(typed("datetime(1970-01-01 02:00:00 +02:00)"), LiteralValue::DateTime(Some(epoch)));
        assert_eq!(typed("datetime(1/2/1970)"), LiteralValue::DateTime(Some(epoch + DAY)));
        assert_eq!(typed("datetime(1970)"), LiteralValue::DateTime(Some(epoch)));
        assert_eq!(typed("datetime(2021-02-29)"), LiteralValue::Unknown(ScalarType::DateTime));
        assert_eq!(
            typed("time(1.02:03:04.5)"),
            LiteralValue::Timespan(Some(DAY + 2 * 3600 * SECOND + 3 * 60 * SECOND + 45_000_000))
        );
        assert_eq!(typed("time(02:03)"), LiteralValue::Timespan(Some((2 * 3600 + 3 * 60) * SECOND)));
        assert_eq!(typed("timespan(2 days)"), LiteralValue::Timespan(Some(2 * DAY)));
        assert_eq!(typed("time(5)"), LiteralValue::Timespan(Some(5 * DAY)));
        assert_eq!(typed("time(null)"), LiteralValue::Timespan(None));
    }
}
