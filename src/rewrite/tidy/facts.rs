//! What is known where a part of a condition is asked, added on the way in and taken back on the way out.

use super::arena::{Arena, Id, Node, Of};
use super::kinds::{ANYTHING, DICT, LIST, NULL, TEXT, container, implied, is_whole, mask_of};
use crate::model::{ArrayMode, Case, Expr, FieldPath, FieldRef, TestKind, Typing, Value, function};
use std::collections::HashMap;
use std::rc::Rc;

/// What was known before, to be put back.
enum Before {
    Truth(Id, Option<bool>),
    Kinds(Of, Option<u8>),
    Text(Of, Option<Rc<str>>),
}

/// What is known.
#[derive(Default)]
pub(super) struct Facts {
    truth: HashMap<Id, bool>,
    kinds: HashMap<Of, u8>,
    /// Subjects that are known to be this text.
    texts: HashMap<Of, Rc<str>>,
    log: Vec<Before>,
    /// What follows for others from a subject that is not null: each is of these kinds.
    follows: HashMap<Of, Rc<[(Of, u8)]>>,
}

impl Facts {
    /// A place to come back to.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets what was learnt since.
    pub(super) fn back_to(&mut self, mark: usize) {
        fn put<K: std::hash::Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, old: Option<V>) {
            match old {
                Some(old) => drop(map.insert(key, old)),
                None => drop(map.remove(&key)),
            }
        }
        while self.log.len() > mark {
            match self.log.pop() {
                Some(Before::Truth(id, old)) => put(&mut self.truth, id, old),
                Some(Before::Kinds(of, old)) => put(&mut self.kinds, of, old),
                Some(Before::Text(of, old)) => put(&mut self.texts, of, old),
                None => return,
            }
        }
    }

    /// Whether a part is known to hold, or not to.
    pub(super) fn truth(&self, id: Id) -> Option<bool> {
        self.truth.get(&id).copied()
    }

    /// The kinds that a subject can still be of.
    pub(super) fn mask(&self, of: Of) -> u8 {
        self.kinds.get(&of).copied().unwrap_or(ANYTHING)
    }

    /// The text that a subject is known to be.
    pub(super) fn text(&self, of: Of) -> Option<&str> {
        self.texts.get(&of).map(|text| &**text)
    }

    fn note(&mut self, id: Id, holds: bool) {
        let old = self.truth.insert(id, holds);
        self.log.push(Before::Truth(id, old));
    }

    fn narrow(&mut self, of: Of, mask: u8) {
        let old = self.kinds.get(&of).copied();
        let new = old.unwrap_or(ANYTHING) & mask;
        if old != Some(new) {
            self.kinds.insert(of, new);
            self.log.push(Before::Kinds(of, old));
        }
    }

    /// Learns that a part holds, or that it does not.
    pub(super) fn learn(&mut self, id: Id, holds: bool, arena: &mut Arena) {
        match arena.node(id).clone() {
            Node::All(items) if holds => {
                items.into_iter().for_each(|item| self.learn(item, true, arena));
                self.note(id, true);
            }
            Node::Any(items) if !holds => {
                items.into_iter().for_each(|item| self.learn(item, false, arena));
                self.note(id, false);
            }
            Node::Not(inner) => self.learn(inner, !holds, arena),
            // Of several values some can be of one kind and some of another.
            Node::Test { test, .. } if !is_whole(&test.subject) => self.note(id, holds),
            Node::Test { subject, test, .. } => {
                match (holds, &test.kind) {
                    (true, kind) => {
                        self.learn_kinds(subject, implied(&test), arena);
                        if matches!(kind, TestKind::KeyPresent) {
                            self.learn_inside(subject, arena);
                        }
                        if let TestKind::Equals { value, case: Case::Sensitive, typing: Typing::Python } = kind
                            && let Some(Value::String(text)) = value.as_literal()
                        {
                            let old = self.texts.insert(subject, Rc::from(text.as_str()));
                            self.log.push(Before::Text(subject, old));
                        }
                    }
                    (false, TestKind::IsKind { kinds }) => {
                        self.learn_kinds(subject, !mask_of(kinds), arena);
                    }
                    (false, TestKind::Present) => self.narrow(subject, NULL),
                    (false, _) => {}
                }
                self.note(id, holds);
            }
            Node::All(_) | Node::Any(_) | Node::Elements { .. } => self.note(id, holds),
            Node::Always(_) | Node::Whole(_) => {}
        }
    }

    fn learn_kinds(&mut self, of: Of, mask: u8, arena: &mut Arena) {
        self.narrow(of, mask);
        if mask & NULL == 0 {
            self.learn_inside(of, arena);
        }
    }

    /// What follows for the values that a subject stands in, or is made of, from its being there.
    fn learn_inside(&mut self, of: Of, arena: &mut Arena) {
        let found = match self.follows.get(&of) {
            Some(known) => known.clone(),
            None => {
                let found: Rc<[(Of, u8)]> = follows(of, arena).into();
                self.follows.insert(of, found.clone());
                found
            }
        };
        for (other, mask) in found.iter() {
            self.narrow(*other, *mask);
        }
    }
}

/// The kinds of other subjects that follow from a subject's being there.
fn follows(of: Of, arena: &mut Arena) -> Vec<(Of, u8)> {
    let Some(expr) = arena.subject(of).cloned() else { return Vec::new() };
    let mut found = Vec::new();
    inside(&expr, arena, &mut found);
    found
}

fn inside(expr: &Expr, arena: &mut Arena, found: &mut Vec<(Of, u8)>) {
    match expr {
        Expr::Call(name, arguments)
            if [function::LOWER, function::UPPER, function::TRIM, function::SPLIT].contains(name) =>
        {
            if let Some(first) = arguments.first() {
                found.push((arena.of(first), TEXT));
                inside(first, arena, found);
            }
        }
        Expr::Path(base, path, ArrayMode::Whole) => {
            for end in 1..path.0.len() {
                let (before, after) = path.0.split_at(end);
                let Some(next) = after.first() else { continue };
                let inner = Expr::Path(base.clone(), FieldPath(before.to_vec()), ArrayMode::Whole);
                found.push((arena.of(&inner), container(next)));
            }
            if let Some(first) = path.0.first() {
                found.push((arena.of(base), container(first)));
                inside(base, arena, found);
            }
        }
        Expr::Field(field) if field.mode == ArrayMode::Whole => {
            for end in 1..field.path.0.len() {
                let (before, after) = field.path.0.split_at(end);
                let Some(next) = after.first() else { continue };
                let inner = FieldRef::new(FieldPath(before.to_vec()), ArrayMode::Whole);
                found.push((arena.of(&Expr::Field(inner)), container(next)));
            }
        }
        _ => {}
    }
    debug_assert!(found.iter().all(|(_, mask)| [TEXT, LIST, DICT].contains(mask)));
}
