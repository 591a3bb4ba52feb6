//! What Microsoft's validation demands of a rule (`.script/tests` of Azure-Sentinel, spec/sentinel-rule-formats.md).

use crate::diagnostic::codes;
use crate::model::{Direction, Loss, Severity};
use crate::platform::duration;

/// Characters of a name.
pub(super) const NAME: usize = 256;
/// Characters of a description.
pub(super) const DESCRIPTION: usize = 5000;
/// Characters of a query.
pub(super) const QUERY: usize = 10_000;
/// Entity mappings of a rule.
pub(super) const ENTITIES: usize = 5;
/// Identifiers of an entity mapping.
pub(super) const IDENTIFIERS: usize = 3;
/// Custom details of a rule.
pub(super) const DETAILS: usize = 20;

const MINUTES_5: u64 = 300;
const HOUR: u64 = 3600;
const DAYS_2: u64 = 2 * 86_400;
const DAYS_14: u64 = 14 * 86_400;

/// The frequency and period that Sentinel allows nearest to what is asked for, in seconds, with a loss for each change.
pub(super) fn schedule(interval: u64, lookback: u64, losses: &mut Vec<Loss>) -> (u64, u64) {
    let show = duration::short_form;
    let mut change =
        |direction, message: String| losses.push(Loss::alerting(codes::write::SCHEDULE_CHANGED, direction, message));
    let mut period = lookback.clamp(MINUTES_5, DAYS_14);
    if lookback > DAYS_14 {
        let message = format!("the rule looks back {} and Sentinel at most 14d", show(lookback));
        change(Direction::Either, message);
    } else if lookback < MINUTES_5 {
        change(Direction::Wider, format!("the rule looks back {} and Sentinel at least 5m", show(lookback)));
    }
    let mut frequency = interval.clamp(MINUTES_5, DAYS_14);
    if frequency != interval {
        let message = format!(
            "the rule runs every {} and Sentinel between 5m and 14d: every {}",
            show(interval),
            show(frequency)
        );
        change(Direction::Either, message);
    }
    if period >= DAYS_2 && frequency < HOUR {
        let message = format!(
            "the rule runs every {}; with a period of {} Sentinel runs it at most every hour",
            show(frequency),
            show(period)
        );
        change(Direction::Either, message);
        frequency = HOUR;
    }
    if period < frequency {
        // Reading less than the time between runs would miss events; Sentinel refuses it.
        let message = format!(
            "the rule looks back {} every {}; Sentinel looks back at least as far",
            show(period),
            show(frequency)
        );
        change(Direction::Wider, message);
        period = frequency;
    }
    (frequency, period)
}

/// A text of at most `limit` characters, cut at a word; `None` where it fits.
pub(super) fn shortened(text: &str, limit: usize) -> Option<String> {
    if text.chars().count() <= limit {
        return None;
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    let at = cut.rfind(char::is_whitespace).filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    Some(format!("{}…", cut.get(..at).unwrap_or(&cut).trim_end()))
}

/// Sentinel's severity word; Critical becomes High, with a loss.
pub(super) fn severity(severity: Option<Severity>, losses: &mut Vec<Loss>) -> &'static str {
    match severity {
        Some(Severity::Informational) => "Informational",
        Some(Severity::Low) => "Low",
        Some(Severity::Medium) => "Medium",
        Some(Severity::High) => "High",
        Some(Severity::Critical) => {
            let message = "Sentinel's severities stop at High; the rule is Critical".to_owned();
            losses.push(Loss::output(codes::write::SEVERITY_CHANGED, message));
            "High"
        }
        None => {
            let message = "the rule states no severity and Sentinel demands one: Medium".to_owned();
            losses.push(Loss::output(codes::write::DEFAULT_USED, message));
            "Medium"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_stay_within_what_microsoft_validates() {
        let cases = [
            ((300, 540), (300, 540), 0),
            ((300, 1_209_600), (3600, 1_209_600), 1),
            ((300, 172_800), (3600, 172_800), 1),
            ((86_400, 3600), (86_400, 86_400), 1),
            ((60, 60), (300, 300), 2),
            ((300, 7_776_000), (3600, 1_209_600), 2),
        ];
        for ((interval, lookback), expected, count) in cases {
            let mut losses = Vec::new();
            assert_eq!(schedule(interval, lookback, &mut losses), expected);
            assert_eq!(losses.len(), count, "{interval} {lookback} {losses:?}");
        }
    }

    #[test]
    fn long_text_is_cut_at_a_word() {
        assert_eq!(shortened("one two three", 13), None);
        assert_eq!(shortened("one two three", 10).as_deref(), Some("one two…"));
    }
}
