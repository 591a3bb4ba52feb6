//! What a build may ask of coverage: nothing lost, a share reached, techniques that must have a rule.

use super::count::Report;
use super::matrix::percent;
use crate::attack::Matrix;
use crate::diagnostic::{Diagnostic, codes};
use std::collections::BTreeSet;

/// What changed against an earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Techniques that have a rule now and had none.
    pub gained: Vec<String>,
    /// Techniques that had a rule and have none now.
    pub lost: Vec<String>,
}

/// Compares with an earlier report, the JSON that `coverage --format json` wrote. Its ids are read in the release that is
/// counted now: what that release revoked counts as its successor, what it no longer has cannot be lost.
///
/// # Errors
/// Text that is no such report.
pub fn changed(report: &Report, baseline: &str, matrix: &Matrix) -> Result<Changed, String> {
    let json: serde_json::Value = serde_json::from_str(baseline).map_err(|error| error.to_string())?;
    let rows = json.get("techniques").and_then(serde_json::Value::as_array).ok_or("it has no list `techniques`")?;
    let id = |row: &serde_json::Value| row.get("id").and_then(serde_json::Value::as_str).map(str::to_owned);
    // A release moves sub-techniques to other parents: of another release only what rules named themselves counts.
    let same = json.get("attack_version").and_then(serde_json::Value::as_str).is_none_or(|own| own == matrix.version);
    let named = |row: &&serde_json::Value| same || row.get("direct").and_then(serde_json::Value::as_u64) != Some(0);
    let before: Vec<String> =
        rows.iter().filter(named).map(id).collect::<Option<_>>().ok_or("a technique has no `id`")?;
    let before: BTreeSet<String> =
        before.iter().filter_map(|id| matrix.successor(id)).map(|technique| technique.id.clone()).collect();
    let now: BTreeSet<String> = report.techniques.iter().map(|row| row.id.clone()).collect();
    Ok(Changed { gained: now.difference(&before).cloned().collect(), lost: before.difference(&now).cloned().collect() })
}

/// The least share, written `30` or `30%`; `None` for what is no share.
pub fn share(text: &str) -> Option<f64> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

/// A finding where fewer techniques have a rule.
pub fn below(report: &Report, least: f64) -> Option<Diagnostic> {
    let share = percent(report);
    (share < least).then(|| {
        let (covered, total) = (report.techniques_covered, report.techniques_total);
        let message = format!("{covered} of {total} techniques have a rule, {share:.1} %; {least} % are asked for");
        Diagnostic::error(codes::attack::TOO_LITTLE, message)
    })
}

/// Findings for techniques that must have a rule and have none; `Err` names those that the release does not know.
///
/// # Errors
/// Ids that are no technique in use.
pub fn missing(report: &Report, ids: &[String], matrix: &Matrix) -> Result<Vec<Diagnostic>, Vec<String>> {
    let wanted: Vec<String> = ids.iter().map(|id| id.trim().to_ascii_uppercase()).filter(|id| !id.is_empty()).collect();
    let unknown: Vec<String> = wanted
        .iter()
        .filter(|id| matrix.technique(id).is_none_or(|technique| !technique.is_current()))
        .cloned()
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let covered = |id: &&String| report.techniques.iter().any(|row| row.id == **id);
    let told = |id: &String| {
        let name = matrix.technique(id).map(|technique| technique.name.clone()).unwrap_or_default();
        Diagnostic::error(codes::attack::REQUIRED, format!("{id} {name} has no rule"))
    };
    Ok(wanted.iter().filter(|id| !covered(id)).map(told).collect())
}
