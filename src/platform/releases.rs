//! ATT&CK in the release that a platform takes (spec/coverage.md): 18.1 for Sentinel and for Elastic before 9.5.

use crate::attack::Matrix;

/// The technique of an earlier release: itself, its successor there, or the one that a later release revoked in favour
/// of it. `None` where that release has nothing of the kind.
pub(super) fn earlier(id: &str, old: &Matrix, new: Option<&Matrix>) -> Option<String> {
    if let Some(found) = old.successor(id) {
        return Some(found.id.clone());
    }
    let replaced = old.current().find(|technique| {
        new.and_then(|matrix| matrix.technique(&technique.id)).and_then(|later| later.revoked_by.as_deref()) == Some(id)
    });
    replaced.map(|technique| technique.id.clone())
}
