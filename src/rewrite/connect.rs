//! Connectives that are simplified while they are made, where that costs nothing.

use crate::model::Predicate;

/// All of them; equal ones once, false as soon as one is.
pub fn all(items: impl IntoIterator<Item = Predicate>) -> Predicate {
    let mut kept: Vec<Predicate> = Vec::new();
    for item in items {
        match item {
            Predicate::Always(true) => {}
            Predicate::Always(false) => return Predicate::Always(false),
            Predicate::All(inner) => {
                for part in inner {
                    if !kept.contains(&part) {
                        kept.push(part);
                    }
                }
            }
            other => {
                if !kept.contains(&other) {
                    kept.push(other);
                }
            }
        }
    }
    Predicate::all(kept)
}

/// One of them; equal ones once, true as soon as one is.
pub fn any(items: impl IntoIterator<Item = Predicate>) -> Predicate {
    let mut kept: Vec<Predicate> = Vec::new();
    for item in items {
        match item {
            Predicate::Always(false) => {}
            Predicate::Always(true) => return Predicate::Always(true),
            Predicate::Any(inner) => {
                for part in inner {
                    if !kept.contains(&part) {
                        kept.push(part);
                    }
                }
            }
            other => {
                if !kept.contains(&other) {
                    kept.push(other);
                }
            }
        }
    }
    Predicate::any(kept)
}

/// The contrary. What could not be read stays what it is: its contrary is as unknown.
pub fn not(predicate: Predicate) -> Predicate {
    match predicate {
        unread @ Predicate::Unread { .. } => unread,
        other => other.negate(),
    }
}
