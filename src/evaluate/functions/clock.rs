//! Calendar arithmetic on ticks of 100 ns since 0001-01-01 (proleptic Gregorian calendar, UTC).

/// Ticks of a day.
pub(crate) const DAY: i64 = 864_000_000_000;
/// Ticks of an hour.
pub(crate) const HOUR: i64 = 36_000_000_000;
/// Ticks of a minute.
pub(crate) const MINUTE: i64 = 600_000_000;
/// Ticks of a second.
pub(crate) const SECOND: i64 = 10_000_000;
/// Ticks of 1970-01-01.
pub(crate) const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// A date of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// Year, from 1.
    pub year: i64,
    /// Month, from 1.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
}

/// The date that ticks fall on.
pub(crate) fn date_of(ticks: i64) -> Date {
    // Howard Hinnant's civil_from_days, with days counted from 0000-03-01.
    let days = ticks.div_euclid(DAY) + 306;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Date { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
}

/// Midnight of a date, which may lie outside the month (the calendar goes on).
pub(crate) fn ticks_of(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 306).saturating_mul(DAY)
}

/// How many days a month has.
pub(crate) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The same day a number of months later, at most the last of that month.
pub(crate) fn add_months(ticks: i64, months: i64) -> i64 {
    let Date { year, month, day } = date_of(ticks);
    let count = year.saturating_mul(12).saturating_add(month - 1).saturating_add(months);
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    if !(1..=9999).contains(&year) {
        return -1;
    }
    ticks_of(year, month, day.min(days_in(year, month))) + ticks.rem_euclid(DAY)
}

/// Ticks of a second's fraction written in digits: `5` is half a second.
pub(crate) fn fraction(digits: &str) -> i64 {
    let mut ticks = 0;
    for at in 0..7 {
        let digit = digits.as_bytes().get(at).map_or(0, |byte| i64::from(byte.wrapping_sub(b'0')));
        ticks = ticks * 10 + digit;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_ticks_agree() {
        assert_eq!(ticks_of(1970, 1, 1), UNIX_EPOCH);
        assert_eq!(ticks_of(1, 1, 1), 0);
        for days in (0..3_652_059).step_by(97) {
            let date = date_of(days * DAY);
            assert_eq!(ticks_of(date.year, date.month, date.day), days * DAY);
        }
        assert_eq!(date_of(add_months(ticks_of(2020, 3, 31), -1)), Date { year: 2020, month: 2, day: 29 });
    }
}
