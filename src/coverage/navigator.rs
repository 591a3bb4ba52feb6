//! ATT&CK Navigator layers, format 4.5.

use super::count::Report;
use crate::attack::Matrix;
use serde_json::{Value as Json, json};

/// The coverage as a layer: scores are rolled-up counts of rules, comments name the rules.
///
/// Revoked and deprecated ids never appear; a technique stands once, for all its tactics.
pub fn layer(report: &Report, matrix: &Matrix, name: &str) -> Json {
    let highest = report.techniques.iter().map(|row| row.rolled_up).max().unwrap_or(1);
    let has_subs = |id: &str| report.techniques.iter().any(|row| row.parent.as_deref() == Some(id));
    let techniques: Vec<Json> = report
        .techniques
        .iter()
        .map(|row| {
            let mut entry = json!({"techniqueID": row.id, "score": row.rolled_up, "enabled": true});
            if let Some(entry) = entry.as_object_mut() {
                if !row.rules.is_empty() {
                    entry.insert("comment".into(), Json::String(row.rules.join("\n")));
                }
                let metadata: Vec<Json> = [("direct", row.direct), ("with sub-techniques", row.rolled_up)]
                    .into_iter()
                    .map(|(name, value)| json!({"name": name, "value": value.to_string()}))
                    .collect();
                entry.insert("metadata".into(), Json::Array(metadata));
                if has_subs(&row.id) {
                    entry.insert("showSubtechniques".into(), Json::Bool(true));
                }
            }
            entry
        })
        .collect();
    let major = matrix.version.split('.').next().unwrap_or(&matrix.version);
    json!({
        "name": name,
        "versions": {"attack": major, "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": format!(
            "{} rules, {} of {} techniques (ATT&CK v{}). {}",
            report.rules, report.techniques_covered, report.techniques_total, matrix.version, matrix.terms
        ),
        "sorting": 3,
        "techniques": techniques,
        // A light maximum keeps labels readable in the dark theme.
        "gradient": {"colors": ["#ffffff", "#8ec5ff"], "minValue": 0, "maxValue": highest},
        "legendItems": [{"label": "score: rules, sub-techniques included", "color": "#8ec5ff"}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::{CoverageRule, count};
    use crate::model::AttackRef;

    #[test]
    fn scores_are_numbers_and_versions_are_present() {
        let matrix = Matrix::built_in("19").unwrap();
        let rule = CoverageRule {
            id: "a".into(),
            title: "A".into(),
            dialect: "kuery".into(),
            path: "a.toml".into(),
            runs: true,
            attack: vec![AttackRef { technique: Some("T1078.004".into()), ..AttackRef::default() }],
        };
        let layer = layer(&count(&[rule], matrix), matrix, "rules");
        assert_eq!(layer["versions"]["attack"], "19");
        assert!(layer["techniques"].as_array().unwrap().iter().all(|entry| entry["score"].is_number()));
    }
}
