//! Lengths of time as rule files spell them.

/// The seconds of a length of time: `5m`, `1h`, `14d`, `1H` (repository and Elastic form), `P1D`, `PT1H30M` (ISO 8601),
/// `1.02:00:00`, `00:05:00` (.NET). Months and years have no fixed length and are refused.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix(['P', 'p']) {
        return iso(rest);
    }
    if text.contains(':') {
        return dotnet(text);
    }
    short(text)
}

fn unit(letter: char) -> Option<u64> {
    match letter {
        's' | 'S' => Some(1),
        'm' | 'M' => Some(60),
        'h' | 'H' => Some(3600),
        'd' | 'D' => Some(86_400),
        'w' | 'W' => Some(604_800),
        _ => None,
    }
}

fn short(text: &str) -> Option<u64> {
    let letter = text.chars().last()?;
    let number = text.strip_suffix(letter)?;
    number.trim_end().parse::<u64>().ok()?.checked_mul(unit(letter)?)
}

fn iso(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text, ""),
    };
    if date.is_empty() && time.is_empty() || date.contains(['M', 'm', 'Y', 'y', 'H', 'h', 'S', 's']) {
        return None;
    }
    parts(date)?.checked_add(parts(time)?)
}

fn parts(text: &str) -> Option<u64> {
    let (mut seconds, mut digits) = (0u64, String::new());
    for next in text.chars() {
        if next.is_ascii_digit() {
            digits.push(next);
        } else {
            seconds = seconds.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit(next)?)?)?;
            digits.clear();
        }
    }
    digits.is_empty().then_some(seconds)
}

fn dotnet(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) if clock.contains(':') => (days.parse::<u64>().ok()?, clock),
        _ => (0, text),
    };
    let mut numbers = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?);
    days.checked_mul(86_400)?.checked_add(hours.checked_mul(3600)? + minutes.checked_mul(60)? + seconds)
}

/// The shortest repository form: `1d`, `90m`, `45s`.
pub fn short_form(seconds: u64) -> String {
    for (letter, length) in [('d', 86_400), ('h', 3600), ('m', 60)] {
        if seconds > 0 && seconds.is_multiple_of(length) {
            return format!("{}{letter}", seconds / length);
        }
    }
    format!("{seconds}s")
}

/// ISO 8601: `P1D`, `PT1H`, `PT90M`, `P1DT12H`; `PT0S` for nothing.
pub fn iso_form(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut out = String::from("P");
    if days > 0 {
        out.push_str(&format!("{days}D"));
    }
    if rest > 0 || days == 0 {
        out.push('T');
    }
    for (letter, length, below) in [('H', 3600, 86_400), ('M', 60, 3600), ('S', 1, 60)] {
        let count = rest % below / length;
        if count > 0 || (seconds == 0 && letter == 'S') {
            out.push_str(&format!("{count}{letter}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for (text, seconds) in [
            ("5m", 300),
            ("1h", 3600),
            ("14d", 1_209_600),
            ("1H", 3600),
            ("P1D", 86_400),
            ("PT1H", 3600),
            ("PT5M", 300),
            ("P1DT12H", 129_600),
            ("P2W", 1_209_600),
            ("00:05:00", 300),
            ("1.02:00:00", 93_600),
            ("30s", 30),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for text in ["", "1", "d", "P", "PT", "P1M", "1y", "PT1D2", "x:y", "99999999999999999999d", "P1Y"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn forms_read_back() {
        for seconds in [0, 1, 60, 90, 300, 3600, 5400, 86_400, 129_600, 1_209_600] {
            assert_eq!(parse(&iso_form(seconds)), Some(seconds), "{}", iso_form(seconds));
            assert_eq!(parse(&short_form(seconds)), Some(seconds), "{}", short_form(seconds));
        }
        assert_eq!(
            (iso_form(5400).as_str(), iso_form(86_400).as_str(), short_form(5400).as_str()),
            ("PT1H30M", "P1D", "90m")
        );
    }
}
