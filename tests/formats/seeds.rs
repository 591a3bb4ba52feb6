//! The texts that started the project, cut out of their pages as they stand.

use super::support::{metadata, read_text, shared};
use ruleglot::diagnostic::Severity as Level;
use ruleglot::model::Severity;

/// The part of a page between two lines.
fn cut(page: &str, from: &str, to: &str) -> String {
    let start = page.find(from).unwrap() + from.len();
    let end = page[start..].find(to).unwrap() + start;
    page[start..end].trim_matches('\n').to_owned() + "\n"
}

fn seed(name: &str) -> Option<String> {
    let folder = shared("seeds")?;
    Some(std::fs::read_to_string(folder.join(name)).unwrap())
}

#[test]
fn guest_users_invited_by_new_inviters() {
    let Some(page) = seed("001_b57ed83c5f8d349b.txt") else { return };
    let (rules, diagnostics) =
        read_text("rule.yaml", &cut(&page, "Analytic Rule Definition\n", "Required Data Sources"));
    assert!(diagnostics.iter().all(|found| found.severity < Level::Error), "{diagnostics:?}");
    let rule = metadata(rules[0].detection().unwrap());
    assert_eq!(rule.meta.severity, Some(Severity::Medium));
    assert_eq!((rule.schedule.interval, rule.schedule.lookback), (Some(86_400), Some(14 * 86_400)));
    assert_eq!(rule.entities.len(), 2);
    assert_eq!(rule.entities[1].fields.len(), 3);
    assert_eq!(rule.meta.tags, ["AADSecOpsGuide"]);
    assert!(rules[0].query.as_ref().unwrap().text.text.contains("project-reorder"));
}

#[test]
fn guest_account_initiating_a_privileged_operation() {
    let Some(page) = seed("004_dd94634cd61816e7.txt") else { return };
    let (rules, diagnostics) =
        read_text("rule.yaml", &cut(&page, "Analytic Rule Definition\n", "Required Data Sources"));
    assert!(diagnostics.iter().all(|found| found.severity < Level::Error), "{diagnostics:?}");
    let rule = metadata(rules[0].detection().unwrap());
    assert_eq!(rule.meta.version.as_deref(), Some("1.0.0"));
    assert_eq!(rule.attack.len(), 5);
    assert_eq!(rule.entities.len(), 2);
    assert_eq!(rule.meta.severity, None);
}

#[test]
fn prebuilt_rule_page() {
    let Some(page) = seed("002_fa804d787ae6df29.txt") else { return };
    let (rules, diagnostics) = read_text("page.md", &page);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert!(!rules[0].failed(), "{:?}", rules[0].diagnostics);
    let rule = rules[0].detection().unwrap();
    assert_eq!(rule.meta.title.as_deref(), Some("Azure External Guest User Invitation"));
    assert_eq!(rule.meta.severity, Some(Severity::Low));
    assert_eq!((rule.meta.risk_score, rule.alerting.max_alerts), (Some(21), Some(100)));
    assert_eq!((rule.schedule.interval, rule.schedule.lookback), (Some(300), Some(1500)));
    assert_eq!(rule.meta.references.len(), 1);
    assert!(rule.meta.references[0].starts_with("https://") && !rule.meta.references[0].contains(']'));
    assert_eq!(rule.meta.tags.len(), 6);
    assert_eq!(rule.log_sources[0].names, ["filebeat-*", "logs-azure*"]);
    assert_eq!(rule.meta.license.as_deref(), Some("Elastic License v2"));
    assert_eq!(rule.attack.len(), 2);
    assert_eq!(rule.attack[1].tactic.as_deref(), Some("TA0003"));
    let query = rules[0].query.as_ref().unwrap();
    assert!(query.text.text.starts_with("event.dataset:azure.auditlogs") && query.text.text.ends_with("success)"));
    assert_eq!(query.dialect, "kuery");
    assert!(rule.unread.is_empty());
}
