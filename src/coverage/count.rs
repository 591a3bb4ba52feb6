//! Counting: a rule counts once for a technique, sub-techniques roll up to their parent and never down.

use crate::attack::{Matrix, resolve};
use crate::model::AttackRef;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What coverage needs to know of a rule.
#[derive(Debug, Clone)]
pub struct CoverageRule {
    /// The rule's id, or its path where it has none.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The dialect it is written in.
    pub dialect: String,
    /// Its file.
    pub path: String,
    /// Its mappings as written.
    pub attack: Vec<AttackRef>,
    /// Whether it runs; a rule that is switched off detects nothing and covers nothing.
    pub runs: bool,
}

/// A rule by name: one without a mapping that counts, or one that does not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UnmappedRule {
    /// The rule's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its file.
    pub path: String,
}

/// A mapping with something wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InvalidMapping {
    /// The rule's id.
    pub rule: String,
    /// Its file.
    pub path: String,
    /// The mapping as written.
    pub written: String,
    /// What is wrong.
    pub message: String,
}

/// A technique or sub-technique of the matrix with its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TechniqueRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The technique of a sub-technique.
    pub parent: Option<String>,
    /// Short names of its tactics.
    pub tactics: Vec<String>,
    /// Rules that name this id itself.
    pub direct: usize,
    /// Rules that name this id or a sub-technique of it, each once.
    pub rolled_up: usize,
    /// Direct rules by dialect.
    pub by_dialect: BTreeMap<String, usize>,
    /// Ids of the direct rules.
    pub rules: Vec<String>,
}

/// A tactic with the share of its techniques that have rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TacticRow {
    /// Its id.
    pub id: String,
    /// Its short name.
    pub shortname: String,
    /// Its name.
    pub name: String,
    /// Techniques (no sub-techniques) of the matrix in this tactic.
    pub techniques: usize,
    /// Those with at least one rule counted for this tactic, sub-techniques included.
    pub covered: usize,
    /// Rules counted for this tactic, each once.
    pub rules: usize,
    /// Those rules by dialect.
    pub by_dialect: BTreeMap<String, usize>,
}

/// The coverage of a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The release of ATT&CK.
    pub attack_version: String,
    /// MITRE's copyright line and terms.
    pub attack_terms: String,
    /// Number of rules.
    pub rules: usize,
    /// Dialects of the rules, sorted.
    pub dialects: Vec<String>,
    /// Techniques of the matrix (no sub-techniques): all, with rules.
    pub techniques_total: usize,
    /// Techniques with at least one rule, sub-techniques included.
    pub techniques_covered: usize,
    /// Sub-techniques of the matrix.
    pub subtechniques_total: usize,
    /// Sub-techniques with at least one rule.
    pub subtechniques_covered: usize,
    /// Every tactic in the order of the matrix.
    pub tactics: Vec<TacticRow>,
    /// Techniques and sub-techniques with at least one rule, by id.
    pub techniques: Vec<TechniqueRow>,
    /// Rules that do not run: switched off or deprecated. They cover nothing.
    pub off: Vec<UnmappedRule>,
    /// Rules without a mapping that counts.
    pub unmapped: Vec<UnmappedRule>,
    /// Mappings with something wrong.
    pub invalid: Vec<InvalidMapping>,
}

/// Counts the coverage of rules in a release.
pub fn count(rules: &[CoverageRule], matrix: &Matrix) -> Report {
    let mut direct: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut tactics: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut tactic_techniques: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut unmapped, mut invalid) = (BTreeSet::new(), BTreeSet::new());
    let entry =
        |rule: &CoverageRule| UnmappedRule { id: rule.id.clone(), title: rule.title.clone(), path: rule.path.clone() };
    for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.runs) {
        let mut counted = false;
        for mapping in &rule.attack {
            let resolved = resolve(mapping, matrix);
            invalid.extend(resolved.issues.iter().map(|issue| InvalidMapping {
                rule: rule.id.clone(),
                path: rule.path.clone(),
                written: mapping.written.clone(),
                message: issue.message(),
            }));
            counted |= resolved.technique.is_some();
            let technique = resolved.technique.as_deref().and_then(|id| matrix.technique(id));
            if let Some(technique) = technique {
                direct.entry(technique.id.as_str()).or_default().insert(index);
            }
            for tactic in resolved.tactics {
                if let Some(technique) = technique {
                    let top = technique.parent.as_ref().unwrap_or(&technique.id);
                    tactic_techniques.entry(tactic.clone()).or_default().insert(top.clone());
                }
                tactics.entry(tactic).or_default().insert(index);
            }
        }
        if !counted {
            unmapped.insert(entry(rule));
        }
    }
    let mut rolled: BTreeMap<&str, BTreeSet<usize>> = direct.clone();
    for (id, indexes) in &direct {
        if let Some(parent) = matrix.technique(id).and_then(|technique| technique.parent.as_deref()) {
            rolled.entry(parent).or_default().extend(indexes);
        }
    }
    let dialect_counts = |indexes: &BTreeSet<usize>| {
        let mut counts = BTreeMap::new();
        for rule in indexes.iter().filter_map(|index| rules.get(*index)) {
            *counts.entry(rule.dialect.clone()).or_insert(0) += 1;
        }
        counts
    };
    let techniques: Vec<TechniqueRow> = rolled
        .iter()
        .filter_map(|(id, all)| {
            let technique = matrix.technique(id)?;
            let own = direct.get(id).cloned().unwrap_or_default();
            Some(TechniqueRow {
                id: technique.id.clone(),
                name: technique.name.clone(),
                parent: technique.parent.clone(),
                tactics: technique.tactics.clone(),
                direct: own.len(),
                rolled_up: all.len(),
                by_dialect: dialect_counts(&own),
                rules: own.iter().filter_map(|index| rules.get(*index)).map(|rule| rule.id.clone()).collect(),
            })
        })
        .collect();
    let in_matrix = |sub: bool| matrix.current().filter(move |technique| technique.parent.is_some() == sub);
    let none = BTreeSet::new();
    Report {
        attack_version: matrix.version.clone(),
        attack_terms: matrix.terms.clone(),
        rules: rules.len(),
        dialects: rules.iter().map(|rule| rule.dialect.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        techniques_total: in_matrix(false).count(),
        techniques_covered: techniques.iter().filter(|row| row.parent.is_none()).count(),
        subtechniques_total: in_matrix(true).count(),
        subtechniques_covered: techniques.iter().filter(|row| row.parent.is_some()).count(),
        tactics: matrix
            .tactics
            .iter()
            .map(|tactic| {
                let indexes = tactics.get(&tactic.shortname).unwrap_or(&none);
                TacticRow {
                    id: tactic.id.clone(),
                    shortname: tactic.shortname.clone(),
                    name: tactic.name.clone(),
                    techniques: in_matrix(false)
                        .filter(|technique| technique.tactics.contains(&tactic.shortname))
                        .count(),
                    covered: tactic_techniques.get(&tactic.shortname).map_or(0, BTreeSet::len),
                    rules: indexes.len(),
                    by_dialect: dialect_counts(indexes),
                }
            })
            .collect(),
        techniques,
        off: rules.iter().filter(|rule| !rule.runs).map(entry).collect::<BTreeSet<_>>().into_iter().collect(),
        unmapped: unmapped.into_iter().collect(),
        invalid: invalid.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, dialect: &str, techniques: &[&str]) -> CoverageRule {
        CoverageRule {
            id: id.to_owned(),
            title: id.to_owned(),
            dialect: dialect.to_owned(),
            path: format!("{id}.yml"),
            runs: true,
            attack: techniques
                .iter()
                .map(|technique| AttackRef {
                    technique: Some((*technique).to_owned()),
                    written: (*technique).to_owned(),
                    ..AttackRef::default()
                })
                .collect(),
        }
    }

    fn row<'a>(report: &'a Report, id: &str) -> &'a TechniqueRow {
        report.techniques.iter().find(|row| row.id == id).unwrap()
    }

    #[test]
    fn a_rule_with_a_technique_and_its_sub_technique_counts_once_for_the_technique() {
        let report = count(&[rule("a", "kuery", &["T1078", "T1078.004"])], Matrix::built_in("19").unwrap());
        assert_eq!((row(&report, "T1078").direct, row(&report, "T1078").rolled_up), (1, 1));
        assert_eq!(report.techniques_covered, 1);
    }

    #[test]
    fn sub_techniques_roll_up_and_never_down() {
        let rules = [rule("a", "kuery", &["T1078.004"]), rule("b", "kusto", &["T1078"])];
        let report = count(&rules, Matrix::built_in("19").unwrap());
        assert_eq!((row(&report, "T1078").direct, row(&report, "T1078").rolled_up), (1, 2));
        assert_eq!((row(&report, "T1078.004").direct, row(&report, "T1078.004").rolled_up), (1, 1));
    }

    #[test]
    fn rules_without_a_valid_technique_are_listed() {
        let report = count(&[rule("a", "kuery", &["T10178"]), rule("b", "eql", &[])], Matrix::built_in("19").unwrap());
        assert_eq!(report.unmapped.len(), 2);
        assert_eq!(report.invalid.len(), 1);
    }
}
