//! How a path leaves a block, and two paths as one.

use super::pred;
use super::value::{Env, V};
use crate::model::Predicate;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Exceptions, as far as handlers tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exc {
    Key,
    Index,
    Attribute,
    Type,
    Value,
    Name,
    Zero,
    /// An exception that the rule raises itself, or any that a handler cannot name.
    Other,
}

/// How a path leaves a block.
#[derive(Debug, Clone)]
pub(super) enum Exit {
    Return(V),
    Raise(Exc, Env),
    Break(Env),
    Continue(Env),
}

/// What a block does: the first exit whose guard holds, else the names as they are behind it.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub exits: Vec<(Predicate, Exit)>,
    pub fall: Option<Env>,
}

impl Flow {
    pub fn falls(env: Env) -> Self {
        Flow { exits: Vec::new(), fall: Some(env) }
    }

    pub fn exits(exit: Exit) -> Self {
        Flow { exits: vec![(Predicate::Always(true), exit)], fall: None }
    }
}

pub(super) fn exception_of(name: &str) -> Option<Exc> {
    Some(match name {
        "KeyError" => Exc::Key,
        "IndexError" => Exc::Index,
        "AttributeError" => Exc::Attribute,
        "TypeError" => Exc::Type,
        "ValueError" | "JSONDecodeError" | "UnicodeDecodeError" | "ParserError" | "AddressValueError"
        | "NetmaskValueError" => Exc::Value,
        "NameError" | "UnboundLocalError" => Exc::Name,
        "ZeroDivisionError" => Exc::Zero,
        _ => return None,
    })
}

/// Two branches of a condition as one flow.
pub(super) fn join(condition: Predicate, then: Flow, otherwise: Flow) -> Flow {
    let with = |guard: &Predicate, exits: Vec<(Predicate, Exit)>| {
        exits.into_iter().map(|(inner, exit)| (pred::all([guard.clone(), inner]), exit)).collect::<Vec<_>>()
    };
    let contrary = pred::not(condition.clone());
    match (then.fall, otherwise.fall) {
        (None, fall) => {
            let mut exits = with(&condition, then.exits);
            exits.extend(otherwise.exits);
            Flow { exits, fall }
        }
        (Some(fall), None) => {
            let mut exits = with(&contrary, otherwise.exits);
            exits.extend(then.exits);
            Flow { exits, fall: Some(fall) }
        }
        (Some(a), Some(b)) => {
            let mut exits = with(&condition, then.exits);
            exits.extend(with(&contrary, otherwise.exits));
            Flow { exits, fall: Some(merge(&condition, &a, &b)) }
        }
    }
}

/// The names behind two branches.
pub(super) fn merge(condition: &Predicate, then: &Env, otherwise: &Env) -> Env {
    if Rc::ptr_eq(then, otherwise) {
        return then.clone();
    }
    let mut names = BTreeMap::new();
    for (name, value) in then.iter() {
        let merged = match otherwise.get(name) {
            Some(other) if other == value => value.clone(),
            Some(other) => V::ite(condition, value.clone(), other.clone()),
            None => V::ite(condition, value.clone(), V::Unbound),
        };
        names.insert(name.clone(), merged);
    }
    for (name, value) in otherwise.iter() {
        if !then.contains_key(name) {
            names.insert(name.clone(), V::ite(condition, V::Unbound, value.clone()));
        }
    }
    Rc::new(names)
}
