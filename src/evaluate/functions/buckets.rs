//! ES|QL's `DATE_TRUNC` and `BUCKET`: fixed lengths counted from 1970, weeks from Monday, calendar months from January of
//! the year 1, and the width that parts a span into a number of buckets (Elasticsearch, `Rounding` and `Bucket`).

use super::super::time;
use super::elastic::moment;
use crate::model::{TICKS_PER_SECOND, Value};

const WEEK: i64 = 7 * time::DAY;

/// The start of the bucket of a width that a value lies in: of a time by a length of time, of a number by a number.
pub(super) fn truncated(value: &Value, width: &Value) -> Value {
    match (width, value) {
        (Value::Duration(width), _) if *width > 0 => {
            moment(value).map_or(Value::Null, |at| Value::DateTime(fixed(at, *width)))
        }
        _ => match (width.as_f64(), value.as_f64()) {
            (Some(width), Some(value)) if width > 0.0 => Value::Double((value / width).floor() * width),
            _ => Value::Null,
        },
    }
}

fn fixed(at: i64, width: i64) -> i64 {
    // The year 1 began on a Monday.
    let origin = if width == WEEK { 0 } else { time::UNIX_EPOCH };
    at - (at - origin).rem_euclid(width)
}

/// The start of the months that a time lies in, so many at a time; `None` where the count is no number of months.
pub(super) fn month(at: i64, months: i64) -> Option<i64> {
    let date = time::civil(at);
    let since = (date.year - 1) * 12 + date.month - 1;
    let start = since - since.checked_rem_euclid(months).filter(|_| months > 0)?;
    Some(time::days_from_civil(1 + start.div_euclid(12), start.rem_euclid(12) + 1, 1) * time::DAY)
}

/// The time so many months later, at most on the last day of that month; `None` beyond the calendar.
pub(super) fn moved(at: i64, months: i64) -> Option<i64> {
    let date = time::civil(at);
    let count = (date.year * 12 + date.month - 1).checked_add(months)?;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    if !(1..=9999).contains(&year) {
        return None;
    }
    Some(time::days_from_civil(year, month, date.day.min(time::days_in_month(year, month))) * time::DAY + date.ticks)
}

/// A width that Elasticsearch chooses among.
#[derive(Clone, Copy)]
enum Width {
    Months(i64),
    Ticks(i64),
}

impl Width {
    fn start(self, at: i64) -> Option<i64> {
        match self {
            Width::Months(months) => month(at, months),
            Width::Ticks(width) => Some(fixed(at, width)),
        }
    }

    fn next(self, start: i64) -> Option<i64> {
        match self {
            Width::Months(months) => moved(start, months),
            Width::Ticks(width) => start.checked_add(width),
        }
    }

    /// Whether so many of it reach over the span.
    fn is_enough(self, buckets: i64, from: i64, to: i64) -> bool {
        let Some(mut at) = self.start(from) else { return false };
        for _ in 0..buckets.min(10_000) {
            match self.next(at) {
                Some(next) => at = next,
                None => return true,
            }
            if at >= to {
                return true;
            }
        }
        false
    }
}

/// The widths that people expect, wide to narrow.
fn widths() -> [Width; 20] {
    let second = TICKS_PER_SECOND;
    let millisecond = time::MILLISECOND;
    [
        Width::Months(12),
        Width::Months(1),
        Width::Ticks(WEEK),
        Width::Ticks(time::DAY),
        Width::Ticks(12 * 3600 * second),
        Width::Ticks(3 * 3600 * second),
        Width::Ticks(3600 * second),
        Width::Ticks(30 * 60 * second),
        Width::Ticks(10 * 60 * second),
        Width::Ticks(5 * 60 * second),
        Width::Ticks(60 * second),
        Width::Ticks(30 * second),
        Width::Ticks(10 * second),
        Width::Ticks(5 * second),
        Width::Ticks(second),
        Width::Ticks(100 * millisecond),
        Width::Ticks(50 * millisecond),
        Width::Ticks(10 * millisecond),
        Width::Ticks(5 * millisecond),
        Width::Ticks(millisecond),
    ]
}

/// `BUCKET(value, buckets, from, to)`: the start of the bucket, where the width is the narrowest that needs no more than
/// so many buckets from one end to the other.
pub(super) fn by_number(value: &Value, buckets: &Value, from: &Value, to: &Value) -> Value {
    let Value::Int(count) = buckets else { return Value::Null };
    if let (Some(at), Some(from), Some(to)) = (moment(value), moment(from), moment(to)) {
        let mut chosen = Width::Months(12);
        for width in widths() {
            if !width.is_enough(*count, from, to) {
                break;
            }
            chosen = width;
        }
        return chosen.start(at).map_or(Value::Null, Value::DateTime);
    }
    match (value.as_f64(), from.as_f64(), to.as_f64()) {
        (Some(value), Some(from), Some(to)) if *count > 0 => {
            let precise = (to - from) / *count as f64;
            let power = 10f64.powf(precise.log10().ceil());
            let width = if precise < power / 2.0 { power / 2.0 } else { power };
            Value::Double((value / width).floor() * width)
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        time::parse_time(text).unwrap()
    }

    #[test]
    fn lengths_are_counted_from_where_elasticsearch_counts() {
        let cut = |text: &str, days: i64| match truncated(&Value::text(text), &Value::Duration(days * time::DAY)) {
            Value::DateTime(ticks) => time::to_iso(ticks),
            other => panic!("{other:?}"),
        };
        // 2024-01-10 was a Wednesday; 1970-01-01 a Thursday.
        assert_eq!(cut("2024-01-10T05:00:00Z", 1), "2024-01-10T00:00:00Z");
        assert_eq!(cut("2024-01-10T05:00:00Z", 7), "2024-01-08T00:00:00Z");
        assert_eq!(cut("1970-01-10", 3), "1970-01-10T00:00:00Z");
        assert_eq!(cut("1970-01-20", 14), "1970-01-15T00:00:00Z");
    }

    #[test]
    fn months_are_of_the_calendar() {
        let cut = |text: &str, months| time::to_iso(month(at(text), months).unwrap());
        assert_eq!(cut("2024-05-31T23:59:59Z", 1), "2024-05-01T00:00:00Z");
        assert_eq!(cut("2024-05-31", 3), "2024-04-01T00:00:00Z");
        assert_eq!(cut("2024-05-31", 12), "2024-01-01T00:00:00Z");
        assert_eq!(month(at("2024-05-31"), 0), None);
        let later = |text: &str, months| time::to_iso(moved(at(text), months).unwrap());
        assert_eq!(later("2024-01-31T10:00:00Z", 1), "2024-02-29T10:00:00Z");
        assert_eq!(later("2024-03-31", -1), "2024-02-29T00:00:00Z");
        assert_eq!(later("2024-02-29", 12), "2025-02-28T00:00:00Z");
        assert_eq!(moved(at("2024-02-29"), i64::MAX), None);
    }

    #[test]
    fn a_number_of_buckets_finds_its_width() {
        let at = Value::text("1985-10-09T10:11:12Z");
        let by = |count: i64, from: &str, to: &str| match by_number(
            &at,
            &Value::Int(count),
            &Value::text(from),
            &Value::text(to),
        ) {
            Value::DateTime(ticks) => time::to_iso(ticks),
            other => panic!("{other:?}"),
        };
        // The examples of Elasticsearch's reference: 20 buckets over a year are months, 100 are weeks.
        assert_eq!(by(20, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z"), "1985-10-01T00:00:00Z");
        assert_eq!(by(100, "1985-01-01T00:00:00Z", "1986-01-01T00:00:00Z"), "1985-10-07T00:00:00Z");
        let number = by_number(&Value::Int(50_500), &Value::Int(20), &Value::Int(25_324), &Value::Int(74_999));
        assert_eq!(number, Value::Double(50_000.0));
    }
}
