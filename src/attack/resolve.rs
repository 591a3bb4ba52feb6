//! What a mapping as written means in a release of the matrix.

use super::matrix::{Matrix, Technique};
use crate::model::AttackRef;

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Issue {
    /// The technique was revoked; its successor is counted.
    Revoked {
        /// As written.
        id: String,
        /// The successor.
        to: String,
    },
    /// The technique was deprecated without a successor; it is not counted.
    Deprecated {
        /// As written.
        id: String,
    },
    /// There is no technique of this id.
    UnknownTechnique {
        /// As written.
        id: String,
        /// An id that is one edit away, if there is one.
        near: Option<String>,
    },
    /// There is no tactic of this name.
    UnknownTactic {
        /// As written.
        name: String,
    },
    /// The technique is not in that tactic; it is counted in its own tactics.
    NotInTactic {
        /// The technique.
        id: String,
        /// The tactic as written.
        tactic: String,
    },
    /// A tactic that this release split in two, without a technique that would decide which one is meant.
    SplitTactic {
        /// As written.
        name: String,
    },
}

impl Issue {
    /// The issue as a sentence.
    pub fn message(&self) -> String {
        match self {
            Issue::Revoked { id, to } => format!("{id} was revoked; it is counted as its successor {to}"),
            Issue::Deprecated { id } => format!("{id} is deprecated and is not counted"),
            Issue::UnknownTechnique { id, near: Some(near) } => format!("{id} is no technique; did you mean {near}?"),
            Issue::UnknownTechnique { id, near: None } => format!("{id} is no technique"),
            Issue::UnknownTactic { name } => format!("{name} is no tactic"),
            Issue::NotInTactic { id, tactic } => {
                format!("{id} is not in the tactic {tactic}; it is counted in its own tactics")
            }
            Issue::SplitTactic { name } => {
                format!("{name} was split into Stealth and Defense Impairment, and no technique says which is meant")
            }
        }
    }
}

/// A mapping in a release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// The technique or sub-technique in use that is meant.
    pub technique: Option<String>,
    /// Short names of the tactics under which it counts.
    pub tactics: Vec<String>,
    /// What is wrong with the mapping.
    pub issues: Vec<Issue>,
}

/// Resolves a mapping. The technique decides where a tactic was renamed or split; a mapping is never crossed with
/// tactics that the technique is not in.
pub fn resolve(mapping: &AttackRef, matrix: &Matrix) -> Resolved {
    let mut resolved = Resolved::default();
    let stated = mapping.tactic.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let tactic = stated.and_then(|name| matrix.tactic(name));
    let split = stated.is_some_and(|name| is_split(name, matrix));
    if let Some(name) = stated
        && tactic.is_none()
        && !split
    {
        resolved.issues.push(Issue::UnknownTactic { name: name.to_owned() });
    }
    let written = mapping.technique.as_deref().map(str::trim).filter(|id| !id.is_empty());
    let Some(id) = written else {
        match (split, tactic, stated) {
            (true, _, Some(name)) => resolved.issues.push(Issue::SplitTactic { name: name.to_owned() }),
            (false, Some(tactic), _) => resolved.tactics.push(tactic.shortname.clone()),
            _ => {}
        }
        return resolved;
    };
    let Some(technique) = current(id, matrix, &mut resolved.issues) else { return resolved };
    resolved.technique = Some(technique.id.clone());
    resolved.tactics = match tactic {
        Some(tactic) if technique.tactics.contains(&tactic.shortname) => vec![tactic.shortname.clone()],
        // The release moved the technique out of the tactic: the technique decides.
        _ if split => technique.tactics.clone(),
        Some(tactic) => {
            resolved.issues.push(Issue::NotInTactic { id: technique.id.clone(), tactic: tactic.name.clone() });
            technique.tactics.clone()
        }
        None => technique.tactics.clone(),
    };
    resolved
}

/// Whether a name means the tactic that version 19 split: its old name, or its id, which the first half kept.
fn is_split(name: &str, matrix: &Matrix) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    matrix.tactic("TA0112").is_some()
        && (letters.eq_ignore_ascii_case("defenseevasion") || letters.eq_ignore_ascii_case("TA0005"))
}

/// The technique in use that an id means.
fn current<'a>(id: &str, matrix: &'a Matrix, issues: &mut Vec<Issue>) -> Option<&'a Technique> {
    let upper = id.to_ascii_uppercase();
    match matrix.technique(&upper) {
        Some(technique) if technique.is_current() => Some(technique),
        Some(_) => match matrix.successor(&upper) {
            Some(successor) => {
                issues.push(Issue::Revoked { id: id.to_owned(), to: successor.id.clone() });
                Some(successor)
            }
            None => {
                issues.push(Issue::Deprecated { id: id.to_owned() });
                None
            }
        },
        None => {
            issues.push(Issue::UnknownTechnique { id: id.to_owned(), near: near(&upper, matrix) });
            None
        }
    }
}

/// An id in use that one edit away from a wrong one: a letter too many, too few, or another one.
fn near(id: &str, matrix: &Matrix) -> Option<String> {
    let mut found = matrix.current().filter(|technique| one_edit(id, &technique.id));
    match (found.next(), found.next()) {
        // Several candidates are a guess, and a guess is no help.
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

fn one_edit(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (rest_left, rest_right) = (left.get(common..).unwrap_or(&[]), right.get(common..).unwrap_or(&[]));
    let skip = |bytes: &[u8]| bytes.get(1..).unwrap_or(&[]).to_vec();
    match left.len().cmp(&right.len()) {
        std::cmp::Ordering::Equal => skip(rest_left) == skip(rest_right),
        std::cmp::Ordering::Greater => skip(rest_left) == rest_right,
        std::cmp::Ordering::Less => rest_left == skip(rest_right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(tactic: &str, technique: &str) -> Resolved {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mapping = AttackRef { tactic: some(tactic), technique: some(technique), ..AttackRef::default() };
        resolve(&mapping, Matrix::built_in("19").unwrap())
    }

    #[test]
    fn a_pair_counts_under_its_tactic_alone() {
        let found = resolved("TA0001", "T1078");
        assert_eq!((found.tactics, found.issues), (vec!["initial-access".to_owned()], vec![]));
    }

    #[test]
    fn a_revoked_technique_counts_as_its_successor() {
        let found = resolved("", "T1562.001");
        assert_eq!(found.technique.as_deref(), Some("T1685"));
        assert!(matches!(found.issues.as_slice(), [Issue::Revoked { .. }]));
    }

    #[test]
    fn the_technique_decides_between_the_halves_of_defense_evasion() {
        assert_eq!(resolved("Defense Evasion", "T1685").tactics, ["defense-impairment"]);
        assert_eq!(resolved("TA0005", "T1014").tactics, ["stealth"]);
        assert!(matches!(resolved("DefenseEvasion", "").issues.as_slice(), [Issue::SplitTactic { .. }]));
    }

    #[test]
    fn tactics_are_never_crossed_with_techniques() {
        let found = resolved("Impact", "T1078");
        assert!(!found.tactics.contains(&"impact".to_owned()));
        assert!(matches!(found.issues.as_slice(), [Issue::NotInTactic { .. }]));
    }

    #[test]
    fn wrong_ids_are_named() {
        assert!(matches!(resolved("TA999", "").issues.as_slice(), [Issue::UnknownTactic { .. }]));
        assert!(matches!(resolved("TA003", "T1556").issues.as_slice(), [Issue::UnknownTactic { .. }]));
        assert!(matches!(resolved("", "T10178").issues.as_slice(), [Issue::UnknownTechnique { .. }]));
        assert!(matches!(resolved("", "T1026").issues.as_slice(), [Issue::Deprecated { .. }]));
    }
}
