//! Kusto's functions on times and lengths of time.

use super::clock::{self, DAY, Date, HOUR, MINUTE, SECOND, UNIX_EPOCH};
use super::{arithmetic, convert};
use crate::model::function::kusto as k;
use crate::model::{Function, Value};

/// Calls a function on times; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y) = (arg(0), arg(1));
    let number = |at: usize| arguments.get(at).and_then(convert::to_long);
    let time = convert::to_time(x);
    let moved = |start: fn(i64, i64) -> i64| {
        let offset = if arguments.len() > 1 { convert::to_long(y)? } else { 0 };
        Some(start(time?, offset))
    };
    let at =
        |ticks: Option<i64>| ticks.filter(|ticks| arithmetic::in_calendar(*ticks)).map_or(Value::Null, Value::DateTime);
    let part = |read: fn(i64) -> i64| time.map_or(Value::Null, |ticks| Value::Int(read(ticks)));
    Some(match function {
        k::STARTOFDAY => at(moved(day)),
        k::STARTOFWEEK => at(moved(week)),
        k::STARTOFMONTH => at(moved(month)),
        k::STARTOFYEAR => at(moved(year)),
        k::ENDOFDAY => at(moved(|ticks, offset| day(ticks, offset.saturating_add(1)) - 1)),
        k::ENDOFWEEK => at(moved(|ticks, offset| week(ticks, offset.saturating_add(1)) - 1)),
        k::ENDOFMONTH => at(moved(|ticks, offset| month(ticks, offset.saturating_add(1)) - 1)),
        k::ENDOFYEAR => at(moved(|ticks, offset| year(ticks, offset.saturating_add(1)) - 1)),
        k::DAYOFWEEK => time.map_or(Value::Null, |ticks| Value::Duration(weekday(ticks) * DAY)),
        k::DAYOFMONTH => part(|ticks| clock::date_of(ticks).day),
        k::DAYOFYEAR => part(day_of_year),
        k::HOUROFDAY => part(|ticks| ticks.rem_euclid(DAY) / HOUR),
        k::MONTHOFYEAR => part(|ticks| clock::date_of(ticks).month),
        k::GETYEAR => part(|ticks| clock::date_of(ticks).year),
        k::WEEK_OF_YEAR => part(iso_week),
        k::DATETIME_ADD => match (x.as_str(), number(1), convert::to_time(arg(2))) {
            (Some(unit), Some(amount), Some(ticks)) => at(add(unit, amount, ticks)),
            _ => Value::Null,
        },
        k::DATETIME_DIFF => match (x.as_str(), convert::to_time(y), convert::to_time(arg(2))) {
            (Some(unit), Some(later), Some(earlier)) => {
                difference(unit, later, earlier).map_or(Value::Null, Value::Int)
            }
            _ => Value::Null,
        },
        k::DATETIME_PART => match (x.as_str(), convert::to_time(y)) {
            (Some(unit), Some(ticks)) => named_part(unit, ticks).map_or(Value::Null, Value::Int),
            _ => Value::Null,
        },
        k::MAKE_DATETIME => {
            let part = |at: usize, default: i64| if arguments.len() > at { number(at) } else { Some(default) };
            make(part).map_or(Value::Null, Value::DateTime)
        }
        k::MAKE_TIMESPAN => {
            let parts: Vec<&Value> = arguments.iter().collect();
            let padded = match parts.as_slice() {
                [hours, minutes] => Some((None, *hours, *minutes, None)),
                [hours, minutes, seconds] => Some((None, *hours, *minutes, Some(*seconds))),
                [days, hours, minutes, seconds] => Some((Some(*days), *hours, *minutes, Some(*seconds))),
                _ => None,
            };
            let made = padded.and_then(|(days, hours, minutes, seconds)| {
                let days = days.map_or(Some(0), convert::to_long)?;
                let seconds = seconds.map_or(Some(0.0), convert::to_double)?;
                Some(
                    days * DAY
                        + convert::to_long(hours)? * HOUR
                        + convert::to_long(minutes)? * MINUTE
                        + (seconds * SECOND as f64).round() as i64,
                )
            });
            made.map_or(Value::Null, Value::Duration)
        }
        k::FORMAT_DATETIME => match (time, y.as_str()) {
            (Some(ticks), Some(format)) => Value::String(format_time(ticks, format)),
            _ => Value::text(""),
        },
        k::FORMAT_TIMESPAN => match (convert::to_duration(x), y.as_str()) {
            (Some(ticks), Some(format)) => Value::String(format_duration(ticks, format)),
            _ => Value::text(""),
        },
        k::UNIXTIME_SECONDS => unix(x, SECOND as f64),
        k::UNIXTIME_MILLISECONDS => unix(x, SECOND as f64 / 1e3),
        k::UNIXTIME_MICROSECONDS => unix(x, SECOND as f64 / 1e6),
        k::UNIXTIME_NANOSECONDS => unix(x, SECOND as f64 / 1e9),
        _ => return None,
    })
}

fn unix(value: &Value, unit: f64) -> Value {
    let ticks = match value {
        Value::Int(number) if unit >= 1.0 => number.checked_mul(unit as i64),
        _ => convert::to_double(value).map(|number| (number * unit).round() as i64),
    };
    ticks
        .and_then(|ticks| ticks.checked_add(UNIX_EPOCH))
        .filter(|ticks| arithmetic::in_calendar(*ticks))
        .map_or(Value::Null, Value::DateTime)
}

fn day(ticks: i64, offset: i64) -> i64 {
    (ticks - ticks.rem_euclid(DAY)).saturating_add(offset.saturating_mul(DAY))
}

/// Days since Sunday; 0001-01-01 was a Monday.
fn weekday(ticks: i64) -> i64 {
    (ticks.div_euclid(DAY) + 1).rem_euclid(7)
}

fn week(ticks: i64, offset: i64) -> i64 {
    day(ticks, offset.saturating_mul(7).saturating_sub(weekday(ticks)))
}

fn month(ticks: i64, offset: i64) -> i64 {
    let Date { year, month, .. } = clock::date_of(ticks);
    let count = year.saturating_mul(12).saturating_add(month - 1).saturating_add(offset.clamp(-200_000, 200_000));
    clock::ticks_of(count.div_euclid(12), count.rem_euclid(12) + 1, 1)
}

fn year(ticks: i64, offset: i64) -> i64 {
    clock::ticks_of(clock::date_of(ticks).year.saturating_add(offset.clamp(-20_000, 20_000)), 1, 1)
}

fn day_of_year(ticks: i64) -> i64 {
    (ticks - year(ticks, 0)).div_euclid(DAY) + 1
}

fn iso_week(ticks: i64) -> i64 {
    // The week of a day is that of its Thursday.
    let monday = (weekday(ticks) + 6).rem_euclid(7);
    let thursday = ticks + (3 - monday) * DAY;
    (day_of_year(thursday) - 1) / 7 + 1
}

fn unit_ticks(unit: &str) -> Option<i64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "week" => 7 * DAY,
        "day" => DAY,
        "hour" => HOUR,
        "minute" => MINUTE,
        "second" => SECOND,
        "millisecond" => SECOND / 1_000,
        "microsecond" => SECOND / 1_000_000,
        _ => return None,
    })
}

fn months_of(unit: &str) -> Option<i64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "year" => 12,
        "quarter" => 3,
        "month" => 1,
        _ => return None,
    })
}

fn add(unit: &str, amount: i64, ticks: i64) -> Option<i64> {
    match months_of(unit) {
        Some(months) => Some(clock::add_months(ticks, amount.checked_mul(months)?)),
        None => match unit.to_ascii_lowercase().as_str() {
            "nanosecond" => ticks.checked_add(amount / 100),
            _ => ticks.checked_add(amount.checked_mul(unit_ticks(unit)?)?),
        },
    }
}

fn difference(unit: &str, later: i64, earlier: i64) -> Option<i64> {
    let months = |ticks: i64| {
        let date = clock::date_of(ticks);
        date.year * 12 + date.month - 1
    };
    Some(match unit.to_ascii_lowercase().as_str() {
        "year" => clock::date_of(later).year - clock::date_of(earlier).year,
        "quarter" => months(later).div_euclid(3) - months(earlier).div_euclid(3),
        "month" => months(later) - months(earlier),
        "week" => (week(later, 0) - week(earlier, 0)) / (7 * DAY),
        "nanosecond" => (later - earlier).checked_mul(100)?,
        other => {
            let unit = unit_ticks(other)?;
            later.div_euclid(unit) - earlier.div_euclid(unit)
        }
    })
}

fn named_part(unit: &str, ticks: i64) -> Option<i64> {
    let date = clock::date_of(ticks);
    Some(match unit.to_ascii_lowercase().as_str() {
        "year" => date.year,
        "quarter" => (date.month - 1) / 3 + 1,
        "month" => date.month,
        "week_of_year" | "weekofyear" | "week" => iso_week(ticks),
        "day" => date.day,
        "dayofyear" => day_of_year(ticks),
        "hour" => ticks.rem_euclid(DAY) / HOUR,
        "minute" => ticks.rem_euclid(HOUR) / MINUTE,
        "second" => ticks.rem_euclid(MINUTE) / SECOND,
        "millisecond" => ticks.rem_euclid(SECOND) / (SECOND / 1_000),
        "microsecond" => ticks.rem_euclid(SECOND) / (SECOND / 1_000_000),
        "nanosecond" => ticks.rem_euclid(SECOND) * 100,
        _ => return None,
    })
}

fn make(part: impl Fn(usize, i64) -> Option<i64>) -> Option<i64> {
    let (year, month, day) = (part(0, 1)?, part(1, 1)?, part(2, 1)?);
    let (hour, minute, second) = (part(3, 0)?, part(4, 0)?, part(5, 0)?);
    let fits = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=clock::days_in(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    fits.then(|| clock::ticks_of(year, month, day) + hour * HOUR + minute * MINUTE + second * SECOND)
}

/// Runs of one letter are a part of the time; every other character stands for itself.
fn format_time(ticks: i64, format: &str) -> String {
    let Date { year, month, day } = clock::date_of(ticks);
    let hour = ticks.rem_euclid(DAY) / HOUR;
    let mut out = String::new();
    runs(format, |letter, length| {
        let two = |number: i64| if length > 1 { format!("{number:02}") } else { number.to_string() };
        match letter {
            'y' if length > 2 => out.push_str(&format!("{year:04}")),
            'y' => out.push_str(&two(year % 100)),
            'M' if length > 3 => out.push_str(&format!("{month:02}{month:02}")),
            'M' if length == 3 => out.push_str(&format!("{month:02}{month}")),
            'M' => out.push_str(&two(month)),
            'd' if length > 3 => out.push_str(&format!("{day:02}{day:02}")),
            'd' if length == 3 => out.push_str(&format!("{day:02}{day}")),
            'd' => out.push_str(&two(day)),
            'H' => out.push_str(&two(hour)),
            'h' => out.push_str(&two((hour + 11) % 12 + 1)),
            'm' => out.push_str(&two(ticks.rem_euclid(HOUR) / MINUTE)),
            's' => out.push_str(&two(ticks.rem_euclid(MINUTE) / SECOND)),
            'f' | 'F' => fraction(&mut out, ticks.rem_euclid(SECOND), letter, length),
            't' => out.push_str(match (hour < 12, length > 1) {
                (true, true) => "AM",
                (false, true) => "PM",
                (true, false) => "A",
                (false, false) => "P",
            }),
            other => (0..length).for_each(|_| out.push(other)),
        }
    });
    out
}

fn format_duration(ticks: i64, format: &str) -> String {
    let mut out = String::new();
    if ticks < 0 {
        out.push('-');
    }
    let ticks = ticks.saturating_abs();
    runs(format, |letter, length| {
        let number = match letter {
            'd' => ticks / DAY,
            'H' | 'h' => ticks % DAY / HOUR,
            'm' => ticks % HOUR / MINUTE,
            's' => ticks % MINUTE / SECOND,
            'f' | 'F' => return fraction(&mut out, ticks % SECOND, letter, length),
            other => return (0..length).for_each(|_| out.push(other)),
        };
        out.push_str(&format!("{number:0>length$}"));
    });
    out
}

fn fraction(out: &mut String, ticks: i64, letter: char, length: usize) {
    let digits = format!("{ticks:07}");
    let digits = digits.get(..length.min(7)).unwrap_or("");
    out.push_str(if letter == 'F' { digits.trim_end_matches('0') } else { digits });
}

fn runs(format: &str, mut each: impl FnMut(char, usize)) {
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut length = 1;
        while letters.peek() == Some(&letter) {
            letters.next();
            length += 1;
        }
        each(letter, length);
    }
}
