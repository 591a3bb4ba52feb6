//! Places of constants by their value: long sets and dicts of a module are made in one go.

use super::value::V;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(PartialEq, Eq, Hash)]
enum Key {
    None,
    Flag(bool),
    Whole(i64),
    Fraction(u64),
    Text(Rc<str>),
}

fn key(value: &V) -> Option<Key> {
    Some(match value {
        V::None => Key::None,
        V::Bool(flag) => Key::Flag(*flag),
        V::Int(number) => Key::Whole(*number),
        V::Float(number) => Key::Fraction(number.to_bits()),
        V::Str(text) => Key::Text(text.clone()),
        _ => return None,
    })
}

/// The places of values that were seen.
#[derive(Default)]
pub(super) struct Keys {
    known: HashMap<Key, usize>,
    others: Vec<(V, usize)>,
}

impl Keys {
    /// The place of a value that is known; of a new one, this place is kept.
    pub fn place(&mut self, value: &V, new: usize) -> Option<usize> {
        let Some(key) = key(value) else {
            if let Some((_, place)) = self.others.iter().find(|(known, _)| known == value) {
                return Some(*place);
            }
            self.others.push((value.clone(), new));
            return None;
        };
        match self.known.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(new);
                None
            }
        }
    }
}

/// The values once each, in the order of their first appearance.
pub(super) fn once(values: impl IntoIterator<Item = V>) -> Vec<V> {
    let (mut keys, mut kept) = (Keys::default(), Vec::new());
    for value in values {
        if keys.place(&value, kept.len()).is_none() {
            kept.push(value);
        }
    }
    kept
}
