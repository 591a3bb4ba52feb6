//! ATT&CK in the release that a platform takes (spec/coverage.md): 18.1 for Sentinel and for Elastic before 9.5, 19.0 for
//! Elastic from 9.5 on.

use crate::attack::{Issue, Matrix, resolve};
use crate::model::AttackRef;

/// The release of ATT&CK whose names and ids a target takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttackRelease {
    /// 18.1, with Defense Evasion in one piece.
    #[default]
    V18,
    /// 19.0, with Stealth and Defense Impairment.
    V19,
}

impl AttackRelease {
    /// The release that a version of the Elastic Stack takes, such as `9.4`, `v9.5.1` or `8.19`; `None` where the text is
    /// no version.
    pub fn of_stack(version: &str) -> Option<Self> {
        let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next().unwrap_or(Some(0))?;
        if parts.any(|part| part.is_none()) {
            return None;
        }
        Some(if (major, minor) >= (9, 5) { AttackRelease::V19 } else { AttackRelease::V18 })
    }

    /// The version in words.
    pub const fn name(self) -> &'static str {
        match self {
            AttackRelease::V18 => "ATT&CK 18",
            AttackRelease::V19 => "ATT&CK 19",
        }
    }

    /// The matrix of the release.
    pub fn matrix(self) -> Option<&'static Matrix> {
        Matrix::built_in(match self {
            AttackRelease::V18 => "18.1",
            AttackRelease::V19 => "19.0",
        })
    }

    /// The technique in use in this release that an id of any release means; `None` where there is none.
    pub(super) fn technique(self, id: &str) -> Option<String> {
        let matrix = self.matrix()?;
        match self {
            AttackRelease::V18 => earlier(id, matrix, AttackRelease::V19.matrix()),
            AttackRelease::V19 => matrix.successor(id).map(|found| found.id.clone()),
        }
    }

    /// What a tactic of any release is called in this one.
    pub(super) fn tactic(self, written: &str) -> TacticIn {
        let Some(matrix) = self.matrix() else { return TacticIn::Unknown };
        let one = |id: &str| matrix.tactic(id).map_or(TacticIn::Unknown, |tactic| TacticIn::One(tactic.id.clone()));
        if self == AttackRelease::V19 {
            // The technique decides which half of Defense Evasion is meant; TA0005 is a name of both.
            let alone = AttackRef { tactic: Some(written.to_owned()), ..AttackRef::default() };
            let found = resolve(&alone, matrix);
            if found.issues.iter().any(|issue| matches!(issue, Issue::SplitTactic { .. })) {
                return TacticIn::Halves;
            }
            return one(written);
        }
        let half =
            |tactic: &crate::attack::Tactic| matches!(tactic.shortname.as_str(), "stealth" | "defense-impairment");
        match one(written) {
            TacticIn::Unknown if AttackRelease::V19.matrix().and_then(|new| new.tactic(written)).is_some_and(half) => {
                one("TA0005")
            }
            found => found,
        }
    }
}

/// A tactic in another release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TacticIn {
    /// This one.
    One(String),
    /// Stealth or Defense Impairment, as the technique says.
    Halves,
    /// None.
    Unknown,
}

/// The tactics that Defense Evasion became in 19.
pub(super) const HALVES: [&str; 2] = ["TA0005", "TA0112"];

/// The technique of an earlier release: itself, its successor there, or the one that a later release revoked in favour
/// of it. `None` where that release has nothing of the kind.
fn earlier(id: &str, old: &Matrix, new: Option<&Matrix>) -> Option<String> {
    if let Some(found) = old.successor(id) {
        return Some(found.id.clone());
    }
    let replaced = old.current().find(|technique| {
        new.and_then(|matrix| matrix.technique(&technique.id)).and_then(|later| later.revoked_by.as_deref()) == Some(id)
    });
    replaced.map(|technique| technique.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_before_9_5_takes_attack_18() {
        for (version, release) in [
            ("8.19", Some(AttackRelease::V18)),
            ("9.4.2", Some(AttackRelease::V18)),
            ("9", Some(AttackRelease::V18)),
            ("9.5", Some(AttackRelease::V19)),
            ("v10.0", Some(AttackRelease::V19)),
            ("nine", None),
            ("9.x", None),
            ("9.5.beta", None),
        ] {
            assert_eq!(AttackRelease::of_stack(version), release, "{version}");
        }
    }
}
