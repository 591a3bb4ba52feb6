//! Connectives that are simplified while they are made, where that costs nothing.

use crate::model::Predicate;

/// All of them; equal ones once, false as soon as one is.
pub fn all(items: impl IntoIterator<Item = Predicate>) -> Predicate {
    joined(items, false).map_or(Predicate::Always(false), Predicate::all)
}

/// One of them; equal ones once, true as soon as one is.
pub fn any(items: impl IntoIterator<Item = Predicate>) -> Predicate {
    joined(items, true).map_or(Predicate::Always(true), Predicate::any)
}

/// The operands once each, those of inner connectives of the same kind among them; `None` where one of them is the
/// constant that decides (`absorbing`).
fn joined(items: impl IntoIterator<Item = Predicate>, absorbing: bool) -> Option<Vec<Predicate>> {
    let mut kept: Vec<Predicate> = Vec::new();
    for item in items {
        let parts = match item {
            Predicate::Always(constant) if constant == absorbing => return None,
            Predicate::Always(_) => continue,
            Predicate::All(inner) if !absorbing => inner,
            Predicate::Any(inner) if absorbing => inner,
            other => vec![other],
        };
        // The operands of an inner connective were told apart when it was made: a chain that grows by one at a time
        // compares the new one only.
        let before = kept.len();
        for part in parts {
            if !kept.iter().take(before).any(|known| *known == part) {
                kept.push(part);
            }
        }
    }
    Some(kept)
}

/// The contrary. What could not be read stays what it is: its contrary is as unknown.
pub fn not(predicate: Predicate) -> Predicate {
    match predicate {
        unread @ Predicate::Unread { .. } => unread,
        other => other.negate(),
    }
}
