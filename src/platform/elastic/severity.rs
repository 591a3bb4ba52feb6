//! Severities that depend on the event, as far as Elastic has them.

use crate::model::{Alerting, Case, Expr, Predicate, Severity, TestKind, Value};
use serde_json::{Value as Json, json};

/// Severities by the value of a field, and how many of the rule's cannot be said so: Elastic compares one field with one
/// text, and of several that apply the highest counts.
pub(super) fn mapping(alerting: &Alerting) -> (Vec<Json>, usize) {
    let mut entries = Vec::new();
    let mut lost = 0;
    let mut before: Option<Severity> = None;
    for arm in &alerting.severity {
        let entry = match (&arm.when, &arm.severity) {
            (Predicate::Test(test), Ok(severity)) => match (&test.subject, &test.kind) {
                (Expr::Field(field), TestKind::Equals { value, case: Case::Sensitive, .. }) => {
                    value.as_literal().and_then(Value::as_str).map(|value| {
                        let word = format!("{severity:?}").to_ascii_lowercase().replace("informational", "low");
                        (*severity, json!({ "field": field.path.to_string(), "operator": "equals", "value": value, "severity": word }))
                    })
                }
                _ => None,
            },
            _ => None,
        };
        match entry {
            // The first that applies counts in the source.
            Some((severity, entry)) if before.is_none_or(|before| severity <= before) => {
                before = Some(severity);
                entries.push(entry);
            }
            _ => {
                lost = alerting.severity.len() - entries.len();
                break;
            }
        }
    }
    (entries, lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{DynamicSeverity, Test, Typing};

    fn arm(value: &str, severity: Severity) -> DynamicSeverity {
        let kind = TestKind::Equals { value: Expr::text(value), case: Case::Sensitive, typing: Typing::Typed };
        let when = Predicate::Test(Test::new(Expr::whole("user.type"), kind, Span::default()));
        DynamicSeverity { when, severity: Ok(severity) }
    }

    #[test]
    fn the_first_that_applies_must_be_the_highest() {
        let with = |severity: Vec<DynamicSeverity>| Alerting { severity, ..Alerting::default() };
        let (entries, lost) = mapping(&with(vec![arm("root", Severity::Critical), arm("admin", Severity::High)]));
        assert_eq!((entries.len(), lost), (2, 0));
        assert_eq!(
            entries[0],
            json!({"field": "user.type", "operator": "equals", "value": "root", "severity": "critical"})
        );
        let (entries, lost) = mapping(&with(vec![arm("admin", Severity::High), arm("root", Severity::Critical)]));
        assert_eq!((entries.len(), lost), (1, 1));
        let always = DynamicSeverity { when: Predicate::Always(true), severity: Ok(Severity::Low) };
        assert_eq!(mapping(&with(vec![always])).1, 1);
    }
}
