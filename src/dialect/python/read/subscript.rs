//! Parts of values: elements, slices, look-ups, unpacking.

use super::exec::Exec;
use super::flow::Exc;
use super::ops::number;
use super::pred;
use super::value::{E, Kinds, V, step};
use crate::diagnostic::Span;
use crate::model::{Expr, Ordering, Predicate, Segment, TestKind, Typing, Value, function};
use std::rc::Rc;

/// Keys of a dict that are told apart one by one; a longer dict is looked up as a whole.
pub(super) const MAX_ARMS: usize = 48;

impl Exec<'_> {
    /// `base[key]`.
    pub fn subscript(&mut self, base: &V, key: &V, at: Span) -> V {
        let place = self.at(at);
        let key = key.clone();
        self.leaves(base, &mut |this, base| match base {
            V::Expr(e) => {
                let e = e.clone();
                this.leaves(&key, &mut |this, key| this.subscript_leaf(&e, key, at))
            }
            V::Seq(_, items) => {
                let items = items.clone();
                this.leaves(&key, &mut |this, key| match key.as_int() {
                    Some(index) => {
                        let length = items.len() as i64;
                        let index = if index < 0 { index + length } else { index };
                        match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                            Some(found) => found.clone(),
                            None => {
                                this.require(Predicate::Always(false), Exc::Index);
                                V::None
                            }
                        }
                    }
                    None => this.unsupported(at, "reads an element at a computed place"),
                })
            }
            V::Dict(items) => {
                let items = items.clone();
                this.leaves(&key, &mut |this, key| {
                    let (value, found) = this.look_up(&items, key, V::None, at);
                    this.require(found, Exc::Key);
                    value
                })
            }
            V::Str(text) => match (key.as_int(), text.chars().count() as i64) {
                (Some(index), length) => {
                    let index = if index < 0 { index + length } else { index };
                    match usize::try_from(index).ok().and_then(|index| text.chars().nth(index)) {
                        Some(found) => V::str(found.to_string()),
                        None => {
                            this.require(Predicate::Always(false), Exc::Index);
                            V::None
                        }
                    }
                }
                _ => this.unsupported(at, "reads a character at a computed place"),
            },
            V::Gen(_) | V::Cat(..) => {
                let Some(expr) = base.to_expr() else { return this.unsupported(at, "reads an element") };
                let e = E { expr, kinds: Kinds::LIST, frozen: element_frozen(base) };
                this.subscript_leaf(&e, &key, at)
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) | V::Unbound => {
                this.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            _ => this.unsupported(place, "reads a part of a function or module"),
        })
    }

    pub fn subscript_leaf(&mut self, e: &E, key: &V, at: Span) -> V {
        let place = self.at(at);
        match key {
            V::Str(_) if e.kinds.meets(Kinds::MATCH) => {
                let arguments = super::calls::Arguments { positional: vec![key.clone()], keywords: Vec::new() };
                self.method(&V::Expr(Rc::new(e.clone())), "group", &arguments, at)
            }
            V::Str(_) => {
                self.require(pred::kind(e, Kinds::DICT, place), Exc::Type);
                let found = self.has_key(e, key, place);
                self.require(found, Exc::Key);
                self.at_key(e, key)
            }
            V::Int(_) | V::Bool(_) => {
                let index = key.as_int().unwrap_or(0);
                let text = pred::kind(e, Kinds::STR, place);
                let list = pred::kind(e, Kinds::LIST.or(Kinds::MATCH), place);
                self.require(pred::any([list.clone(), text.clone()]), Exc::Type);
                let element = step(&e.expr, Segment::Index(index));
                let from_list = if list == Predicate::Always(false) {
                    V::None
                } else {
                    let present = pred::key_present(element.clone(), place);
                    self.require(pred::any([pred::not(list.clone()), present]), Exc::Index);
                    let kinds = if e.kinds.within(Kinds::MATCH.or(Kinds::NONE)) {
                        Kinds::STR.or(Kinds::NONE)
                    } else {
                        element_kinds(&e.expr)
                    };
                    V::expr(element, kinds, e.frozen)
                };
                if text == Predicate::Always(false) {
                    return from_list;
                }
                let character =
                    Expr::Call(function::PYTHON_CHARACTER, vec![e.expr.clone(), Expr::Literal(Value::Int(index))]);
                let there = pred::test(
                    character.clone(),
                    TestKind::IsKind { kinds: vec![crate::model::JsonKind::String] },
                    place,
                );
                self.require(pred::any([pred::not(text.clone()), there]), Exc::Index);
                V::ite(&text, V::expr(character, Kinds::STR, false), from_list)
            }
            V::Expr(k) => {
                // a computed key: of a dict
                self.require(pred::kind(e, Kinds::DICT, place), Exc::Type);
                self.require(pred::kind(k, Kinds::STR, place), Exc::Key);
                let found = self.has_key(e, key, place);
                self.require(found, Exc::Key);
                self.at_key(e, key)
            }
            V::None => {
                self.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            _ => self.unsupported(at, "reads a part at a computed place"),
        }
    }

    /// The value of a key in a dict that the rule writes out, and whether it is there.
    pub fn look_up(&mut self, items: &Rc<Vec<(V, V)>>, key: &V, default: V, at: Span) -> (V, Predicate) {
        if key.is_scalar() {
            return match items.iter().rev().find(|(known, _)| self.same_scalar(known, key)) {
                Some((_, value)) => (value.clone(), Predicate::Always(true)),
                None if items.iter().all(|(known, _)| known.is_scalar()) => (default, Predicate::Always(false)),
                None => (self.unsupported(at, "looks a value up among computed keys"), Predicate::Always(true)),
            };
        }
        self.require_hashable(key, at);
        let keys: Vec<V> = items.iter().map(|(known, _)| known.clone()).collect();
        let found = self.one_of(key, &keys, at);
        if items.len() > MAX_ARMS
            && let (Some(table), Some(key), Some(other)) =
                (V::Dict(items.clone()).to_expr(), key.to_expr(), default.to_expr())
        {
            let kinds = items.iter().fold(default.kinds(), |kinds, (_, value)| kinds.or(value.kinds()));
            return (V::call(function::PYTHON_LOOK_UP, vec![table, key, other], kinds), found);
        }
        // keys of one value together
        let mut groups: Vec<(V, Vec<V>)> = Vec::new();
        for (key, value) in items.iter() {
            match groups.iter_mut().find(|(known, _)| known == value) {
                Some((_, keys)) => keys.push(key.clone()),
                None => groups.push((value.clone(), vec![key.clone()])),
            }
        }
        let mut value = default;
        for (then, keys) in groups.into_iter().rev() {
            let met = self.one_of(key, &keys, at);
            value = V::ite(&met, then, value);
        }
        (value, found)
    }

    pub fn same_scalar(&self, a: &V, b: &V) -> bool {
        match (a, b) {
            (V::Str(a), V::Str(b)) => a == b,
            (V::None, V::None) => true,
            _ => match (number(a), number(b)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// `base[low:high:step]`.
    pub fn slice(&mut self, base: &V, low: &V, high: &V, by: &V, at: Span) -> V {
        if let (V::Seq(kind, items), V::None) = (base, by)
            && let (Some(low), Some(high)) = (bound(low, 0), bound(high, i64::MAX))
        {
            let (low, high) = clamp(low, high, items.len());
            return V::Seq(*kind, Rc::new(items.get(low..high).unwrap_or(&[]).to_vec()));
        }
        if let (V::Str(text), V::None) = (base, by)
            && let (Some(low), Some(high)) = (bound(low, 0), bound(high, i64::MAX))
        {
            let characters: Vec<char> = text.chars().collect();
            let (low, high) = clamp(low, high, characters.len());
            return V::str(characters.get(low..high).unwrap_or(&[]).iter().collect::<String>());
        }
        self.leaves(base, &mut |this, leaf| {
            this.require_kind(leaf, Kinds::STR.or(Kinds::LIST), Exc::Type, at);
            let kinds = leaf.kinds().and(Kinds::STR.or(Kinds::LIST));
            match this.calls_model(function::PYTHON_SLICE, &[leaf, low, high, by], kinds, at) {
                // a slice of a read-only list is a tuple
                V::Expr(e) => V::expr(e.expr.clone(), e.kinds, false),
                other => other,
            }
        })
    }

    /// The parts of a value that is unpacked into names, a starred one after the first `before` of them.
    pub fn unpack_rest(&mut self, value: &V, before: usize, after: usize, at: Span) -> Vec<V> {
        let count = before + after;
        if let Some(index) = value.unknown() {
            return vec![V::Unknown(index); count + 1];
        }
        if let V::Seq(_, items) = value {
            if items.len() < count {
                self.require(Predicate::Always(false), Exc::Value);
                return vec![V::None; count + 1];
            }
            let end = items.len() - after;
            let mut parts: Vec<V> = items.iter().take(before).cloned().collect();
            parts.push(V::list(items.get(before..end).unwrap_or(&[]).to_vec()));
            parts.extend(items.iter().skip(end).cloned());
            return parts;
        }
        let place = self.at(at);
        if let V::Ite(condition, a, b) = value {
            let then = self.under(condition, |this| this.unpack_rest(a, before, after, at));
            let contrary = pred::not((**condition).clone());
            let otherwise = self.under(&contrary, |this| this.unpack_rest(b, before, after, at));
            return then.into_iter().zip(otherwise).map(|(a, b)| V::ite(condition, a, b)).collect();
        }
        let Some(expr) = value.to_expr() else {
            let unknown = self.unsupported(at, "unpacks a value of unknown length");
            return vec![unknown; count + 1];
        };
        let e = E { expr: expr.clone(), kinds: value.kinds(), frozen: value.frozen() };
        let is_list = pred::kind(&e, Kinds::LIST.or(Kinds::MATCH), place);
        self.require(is_list, Exc::Type);
        let number = |count: usize| i64::try_from(count).unwrap_or(0);
        let enough = pred::test(
            Expr::Call(function::PYTHON_LEN, vec![expr.clone()]),
            TestKind::Compare {
                ordering: Ordering::GreaterOrEqual,
                value: Expr::Literal(Value::Int(number(count))),
                typing: Typing::Python,
            },
            place,
        );
        self.require(enough, Exc::Value);
        let list = V::expr(expr.clone(), Kinds::LIST, e.frozen);
        let part = |index: i64| V::expr(step(&expr, Segment::Index(index)), element_kinds(&expr), e.frozen);
        let mut parts: Vec<V> = (0..before).map(|index| part(number(index))).collect();
        let end = if after == 0 { V::None } else { V::Int(-number(after)) };
        let rest = self.slice(&list, &V::Int(number(before)), &end, &V::None, at);
        parts.push(rest);
        parts.extend((0..after).map(|index| part(number(index) - number(after))));
        parts
    }

    /// The parts of a value that is unpacked into this many names.
    pub fn unpack(&mut self, value: &V, count: usize, at: Span) -> Vec<V> {
        if let V::Seq(_, items) = value {
            if items.len() == count {
                return items.to_vec();
            }
            self.require(Predicate::Always(false), Exc::Value);
            return vec![V::None; count];
        }
        if let Some(index) = value.unknown() {
            return vec![V::Unknown(index); count];
        }
        let place = self.at(at);
        if let V::Ite(condition, a, b) = value {
            let then = self.under(condition, |this| this.unpack(a, count, at));
            let contrary = pred::not((**condition).clone());
            let otherwise = self.under(&contrary, |this| this.unpack(b, count, at));
            return then.into_iter().zip(otherwise).map(|(a, b)| V::ite(condition, a, b)).collect();
        }
        let Some(expr) = value.to_expr() else {
            let unknown = self.unsupported(at, "unpacks a value of unknown length");
            return vec![unknown; count];
        };
        let kinds = value.kinds();
        let e = E { expr: expr.clone(), kinds, frozen: value.frozen() };
        let is_list = pred::kind(&e, Kinds::LIST.or(Kinds::MATCH), place);
        self.require(is_list, Exc::Type);
        self.require(
            pred::equals(
                Expr::Call(function::PYTHON_LEN, vec![expr.clone()]),
                Value::Int(i64::try_from(count).unwrap_or(0)),
                place,
            ),
            Exc::Value,
        );
        (0..count)
            .map(|index| {
                let index = i64::try_from(index).unwrap_or(0);
                V::expr(step(&expr, Segment::Index(index)), element_kinds(&expr), e.frozen)
            })
            .collect()
    }
}

/// What the elements of a list that a function makes may be.
pub(super) fn element_kinds(list: &Expr) -> Kinds {
    match list {
        Expr::Call(name, _) if [function::SPLIT, function::PYTHON_SPLIT, function::PYTHON_KEYS].contains(name) => {
            Kinds::STR
        }
        Expr::Call(name, arguments) if *name == function::PYTHON_SLICE => {
            arguments.first().map_or(Kinds::JSON, element_kinds)
        }
        _ => Kinds::JSON,
    }
}

pub(super) fn element_frozen(value: &V) -> bool {
    match value {
        V::Gen(made) => made.value.frozen(),
        _ => false,
    }
}

pub(super) fn bound(value: &V, missing: i64) -> Option<i64> {
    match value {
        V::None => Some(missing),
        other => other.as_int(),
    }
}

pub(super) fn clamp(low: i64, high: i64, length: usize) -> (usize, usize) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = |index: i64| if index < 0 { (index + length).max(0) } else { index.min(length) };
    let (low, high) = (place(low), place(high));
    (usize::try_from(low).unwrap_or(0), usize::try_from(high.max(low)).unwrap_or(0))
}
