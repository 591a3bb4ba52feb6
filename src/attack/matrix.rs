//! The matrix of a release.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A tactic: a column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tactic {
    /// `TA0001`.
    pub id: String,
    /// `initial-access`.
    pub shortname: String,
    /// `Initial Access`.
    pub name: String,
}

/// A technique or sub-technique.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Technique {
    /// `T1078` or `T1078.004`.
    pub id: String,
    /// Its name, without the parent's.
    #[serde(default)]
    pub name: String,
    /// Short names of its tactics.
    #[serde(default)]
    pub tactics: Vec<String>,
    /// The technique that a sub-technique belongs to.
    #[serde(default)]
    pub parent: Option<String>,
    /// No longer in use, without a successor.
    #[serde(default)]
    pub deprecated: bool,
    /// The successor of a revoked technique.
    #[serde(default)]
    pub revoked_by: Option<String>,
}

impl Technique {
    /// Whether the technique is part of the matrix: neither revoked nor deprecated.
    pub fn is_current(&self) -> bool {
        !self.deprecated && self.revoked_by.is_none()
    }
}

#[derive(Debug, Deserialize)]
struct MatrixFile {
    version: String,
    #[serde(default)]
    terms: String,
    tactics: Vec<Tactic>,
    techniques: Vec<Technique>,
}

/// Text that is no matrix.
#[derive(Debug, thiserror::Error)]
#[error("not ATT&CK data of the expected shape: {0}")]
pub struct MatrixError(#[from] serde_json::Error);

/// A release of the Enterprise matrix.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// `19.0`.
    pub version: String,
    /// MITRE's copyright line and terms.
    pub terms: String,
    /// The tactics in the order of the matrix.
    pub tactics: Vec<Tactic>,
    techniques: BTreeMap<String, Technique>,
}

static V19: LazyLock<Option<Matrix>> =
    LazyLock::new(|| Matrix::parse(include_str!("../../schemas/attack/enterprise-19.0.json")).ok());
static V18: LazyLock<Option<Matrix>> =
    LazyLock::new(|| Matrix::parse(include_str!("../../schemas/attack/enterprise-18.1.json")).ok());

impl Matrix {
    /// Reads a release.
    ///
    /// # Errors
    /// Text that is not JSON of the shape of `schemas/attack/enterprise-19.0.json`.
    pub fn parse(text: &str) -> Result<Self, MatrixError> {
        let file: MatrixFile = serde_json::from_str(text)?;
        Ok(Self {
            version: file.version,
            terms: file.terms.trim().to_owned(),
            tactics: file.tactics,
            techniques: file.techniques.into_iter().map(|technique| (technique.id.clone(), technique)).collect(),
        })
    }

    /// A release that comes with the program: `19`, `19.0`, `18`, `18.1`.
    pub fn built_in(version: &str) -> Option<&'static Matrix> {
        match version.trim_start_matches('v') {
            "19" | "19.0" => V19.as_ref(),
            "18" | "18.1" => V18.as_ref(),
            _ => None,
        }
    }

    /// The technique of this id, revoked and deprecated ones included.
    pub fn technique(&self, id: &str) -> Option<&Technique> {
        self.techniques.get(id)
    }

    /// Techniques and sub-techniques of the matrix in the order of their ids.
    pub fn current(&self) -> impl Iterator<Item = &Technique> {
        self.techniques.values().filter(|technique| technique.is_current())
    }

    /// A tactic by id, short name or name, in any case and with or without spaces and hyphens.
    pub fn tactic(&self, name: &str) -> Option<&Tactic> {
        let wanted = squash(name);
        self.tactics.iter().find(|tactic| {
            tactic.id.eq_ignore_ascii_case(name.trim())
                || squash(&tactic.shortname) == wanted
                || squash(&tactic.name) == wanted
        })
    }

    /// Follows successors of a revoked technique to the one in use.
    pub fn successor(&self, id: &str) -> Option<&Technique> {
        let mut technique = self.technique(id)?;
        // A chain of successors is short; the bound keeps broken data from looping.
        for _ in 0..8 {
            match &technique.revoked_by {
                Some(next) => technique = self.technique(next)?,
                None => return technique.is_current().then_some(technique),
            }
        }
        None
    }
}

/// A name without case, spaces, hyphens and underscores.
fn squash(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_releases_have_the_published_counts() {
        for (version, tactics, techniques, subs) in [("19", 15, 222, 475), ("18.1", 14, 216, 475)] {
            let matrix = Matrix::built_in(version).unwrap();
            assert_eq!(matrix.tactics.len(), tactics);
            assert_eq!(matrix.current().filter(|technique| technique.parent.is_none()).count(), techniques);
            assert_eq!(matrix.current().filter(|technique| technique.parent.is_some()).count(), subs);
        }
    }

    #[test]
    fn tactics_are_found_under_every_spelling() {
        let matrix = Matrix::built_in("19").unwrap();
        for name in ["TA0006", "ta0006", "CredentialAccess", "credential-access", "Credential Access"] {
            assert_eq!(matrix.tactic(name).map(|tactic| tactic.id.as_str()), Some("TA0006"), "{name}");
        }
    }
}
