//! Operators that make values: numbers, texts, sets.

use super::exec::Exec;
use super::flow::Exc;
use super::ops::{is_set, number};
use super::pred;
use super::value::{Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::model::{Predicate, function};
use ruff_python_ast::Operator;
use std::rc::Rc;

/// The longest text or list that is made by repeating one, in bytes or members.
const LONGEST: usize = 100_000;

impl Exec<'_> {
    /// Arithmetic.
    pub fn binary(&mut self, op: Operator, left: &V, right: &V, at: Span) -> V {
        let (left, right) = match op {
            Operator::Mult => (left.clone(), right.clone()),
            _ => (self.beside_number(left, right), self.beside_number(right, left)),
        };
        let (left, right) = (&left, &right);
        self.leaves(left, &mut |this, left| {
            let left = left.clone();
            this.leaves(right, &mut |this, right| this.binary_leaves(op, &left, right, at))
        })
    }

    /// A number of Python, which has no bounds; here 64 bits are.
    fn whole(&mut self, number: Option<i64>, at: Span) -> V {
        match number {
            Some(number) => V::Int(number),
            None => self.unsupported(at, "uses a number beyond 64 bits"),
        }
    }

    pub fn binary_leaves(&mut self, op: Operator, left: &V, right: &V, at: Span) -> V {
        use Operator::{Add, BitAnd, BitOr, BitXor, Div, FloorDiv, Mod, Mult, Sub};
        match (op, left, right) {
            (Add, V::Str(a), V::Str(b)) => return V::str(format!("{a}{b}")),
            (Mult, some @ (V::Str(_) | V::Seq(..)), times) | (Mult, times, some @ (V::Str(_) | V::Seq(..))) => {
                return self.repeated(some, times, at);
            }
            (Add, V::Int(a), V::Int(b)) => return self.whole(a.checked_add(*b), at),
            (Sub, V::Int(a), V::Int(b)) => return self.whole(a.checked_sub(*b), at),
            (Mult, V::Int(a), V::Int(b)) => return self.whole(a.checked_mul(*b), at),
            (FloorDiv, V::Int(a), V::Int(b)) if *b > 0 => return V::Int(a.div_euclid(*b)),
            (Mod, V::Int(a), V::Int(b)) if *b > 0 => return V::Int(a.rem_euclid(*b)),
            (Operator::Pow, V::Int(a), V::Int(b)) if *b >= 0 => {
                let power = u32::try_from(*b).ok().and_then(|power| a.checked_pow(power));
                return self.whole(power, at);
            }
            (Add | Sub | Mult | Div, a, b) if a.is_scalar() && b.is_scalar() => {
                if let (Some(x), Some(y)) = (number(a), number(b)) {
                    return match op {
                        Add => V::Float(x + y),
                        Sub => V::Float(x - y),
                        Mult => V::Float(x * y),
                        _ if y != 0.0 => V::Float(x / y),
                        _ => {
                            self.require(Predicate::Always(false), Exc::Zero);
                            V::None
                        }
                    };
                }
            }
            (Add | BitOr, V::Seq(a_kind, a), V::Seq(b_kind, b)) if a_kind == b_kind => {
                return V::Seq(*a_kind, Rc::new(a.iter().chain(b.iter()).cloned().collect()));
            }
            (Add, a, b)
                if a.kinds() == Kinds::LIST
                    && b.kinds() == Kinds::LIST
                    && !matches!((a, b), (V::Expr(_), V::Expr(_))) =>
            {
                if a.frozen() || b.frozen() {
                    self.require(Predicate::Always(false), Exc::Type);
                    return V::None;
                }
                return V::Cat(SeqKind::List, Rc::new(vec![a.clone(), b.clone()]));
            }
            // a read-only list cannot be added to
            (Add, V::Expr(e), b) if e.frozen && b.kinds() == Kinds::LIST => {
                let place = self.at(at);
                self.require(pred::not(pred::kind(e, Kinds::JSON, place)), Exc::Type);
                return V::None;
            }
            (Add, a, V::Expr(e)) if e.frozen && a.kinds() == Kinds::LIST => {
                self.require(Predicate::Always(false), Exc::Type);
                return V::None;
            }
            (Add, V::Expr(e), b) if !e.frozen && b.kinds() == Kinds::LIST && !matches!(b, V::Expr(_)) => {
                self.require_kind(left, Kinds::LIST, Exc::Type, at);
                return V::Cat(SeqKind::List, Rc::new(vec![left.clone(), b.clone()]));
            }
            (Add, a, V::Expr(e)) if !e.frozen && a.kinds() == Kinds::LIST && !matches!(a, V::Expr(_)) => {
                self.require_kind(right, Kinds::LIST, Exc::Type, at);
                return V::Cat(SeqKind::List, Rc::new(vec![left.clone(), right.clone()]));
            }
            (BitOr, V::Dict(a), V::Dict(b)) => {
                let mut items = (**a).clone();
                for (key, value) in b.iter() {
                    match items.iter_mut().find(|(known, _)| known == key) {
                        Some((_, slot)) => *slot = value.clone(),
                        None => items.push((key.clone(), value.clone())),
                    }
                }
                return V::Dict(Rc::new(items));
            }
            (BitOr, a, b) if is_set(a) && is_set(b) => {
                return V::Cat(SeqKind::Set, Rc::new(vec![a.clone(), b.clone()]));
            }
            (BitOr, V::Ext(a), V::Ext(b)) => return V::Ext(Rc::from(format!("{a}|{b}"))),
            (BitAnd, a, b) if is_set(a) && is_set(b) => return self.intersection(a, b, at),
            (Sub, a, b) if is_set(a) && is_set(b) => return self.difference(a, b, at),
            (BitXor, a, b) if is_set(a) && is_set(b) => {
                let (mine, theirs) = (self.difference(a, b, at), self.difference(b, a, at));
                return V::Cat(SeqKind::Set, Rc::new(vec![mine, theirs]));
            }
            // of booleans, the operators of bits are the connectives
            (BitAnd | BitOr | BitXor, a, b) if a.as_truth().is_some() && b.as_truth().is_some() => {
                let (Some(a), Some(b)) = (a.as_truth(), b.as_truth()) else { return V::None };
                return V::truth(match op {
                    BitAnd => pred::all([a, b]),
                    BitOr => pred::any([a, b]),
                    _ => pred::ite(&a, pred::not(b.clone()), b),
                });
            }
            // a list of no known origin may be a set
            (Sub | BitAnd | BitOr | BitXor, a, b)
                if [a, b].iter().any(
                    |side| matches!(side, V::Expr(e) if !e.frozen && e.kinds.0 != 0 && e.kinds.within(Kinds::LIST)),
                ) =>
            {
                return self.unsupported(at, "combines sets that are not followed");
            }
            (Mod, V::Str(text), _) => return self.percent(&text.clone(), right, at),
            _ => {}
        }
        let (texts, numbers) = (Kinds::STR, Kinds::NUMBER);
        let times = Kinds::TIME.or(Kinds::DELTA);
        if op == Add && (left.kinds().within(texts) || right.kinds().within(texts)) {
            self.require_kind(left, texts, Exc::Type, at);
            self.require_kind(right, texts, Exc::Type, at);
            return self.concat(vec![left.clone(), right.clone()], at);
        }
        if left.kinds().meets(times) || right.kinds().meets(times) {
            return self.time_arithmetic(op, left, right, at);
        }
        if op == Add && left.kinds().meets(texts) && right.kinds().meets(texts) {
            // both unknown: texts, numbers or lists
            let both = pred::all([self.of_kind(left, texts, at), self.of_kind(right, texts, at)]);
            let sums = pred::all([self.of_kind(left, numbers, at), self.of_kind(right, numbers, at)]);
            let free = !left.frozen() && !right.frozen();
            let lists = if free && left.kinds().meets(Kinds::LIST) && right.kinds().meets(Kinds::LIST) {
                pred::all([self.of_kind(left, Kinds::LIST, at), self.of_kind(right, Kinds::LIST, at)])
            } else {
                Predicate::Always(false)
            };
            self.require(pred::any([both.clone(), sums, lists.clone()]), Exc::Type);
            let joined = self.calls_model(function::CONCAT, &[left, right], Kinds::STR, at);
            let sum = self.calls_model(function::ADD, &[left, right], Kinds::INT.or(Kinds::FLOAT), at);
            if lists != Predicate::Always(false) {
                let pair = V::list(vec![left.clone(), right.clone()]);
                let all = self.calls_model(function::PYTHON_FLATTEN, &[&pair], Kinds::LIST, at);
                let rest = V::ite(&both, joined, sum);
                return V::ite(&lists, all, rest);
            }
            return V::ite(&both, joined, sum);
        }
        let repeats = |some: &V, times: &V| some.kinds().meets(texts.or(Kinds::LIST)) && times.kinds().meets(numbers);
        if op == Mult && (repeats(left, right) || repeats(right, left)) {
            // a text or list of the event, so many times in a row, is not followed; a product is
            let both = pred::all([self.of_kind(left, numbers, at), self.of_kind(right, numbers, at)]);
            let product = self.calls_model(function::MULTIPLY, &[left, right], Kinds::INT.or(Kinds::FLOAT), at);
            if both == Predicate::Always(true) {
                return product;
            }
            let repeated = self.unsupported(at, "repeats a text or list of the event");
            if let V::Unknown(index) = &repeated {
                self.repeated.insert(*index);
            }
            return V::ite(&both, product, repeated);
        }
        self.require_kind(left, numbers, Exc::Type, at);
        self.require_kind(right, numbers, Exc::Type, at);
        let kinds =
            if left.kinds().or(right.kinds()).meets(Kinds::FLOAT) { Kinds::INT.or(Kinds::FLOAT) } else { Kinds::INT };
        if matches!(op, Div | FloorDiv | Mod) {
            let zero = self.equal(right, &V::Int(0), at);
            self.require(pred::not(zero), Exc::Zero);
        }
        match op {
            Add => self.calls_model(function::ADD, &[left, right], kinds, at),
            Sub => self.calls_model(function::SUBTRACT, &[left, right], kinds, at),
            Mult => self.calls_model(function::MULTIPLY, &[left, right], kinds, at),
            Div => self.calls_model(function::DIVIDE, &[left, right], Kinds::FLOAT, at),
            FloorDiv => self.calls_model(function::PYTHON_FLOOR_DIVIDE, &[left, right], kinds, at),
            Mod => self.calls_model(function::PYTHON_MODULO, &[left, right], kinds, at),
            _ => self.unsupported(at, "computes with bits or powers"),
        }
    }

    /// A value that meets another one in arithmetic or in an order: where that is a number, a repeated text or list raises
    /// an error like None, whatever stands in it.
    pub(super) fn beside_number(&self, value: &V, other: &V) -> V {
        if self.repeated.is_empty() || other.kinds().meets(Kinds::STR.or(Kinds::LIST)) {
            return value.clone();
        }
        match value {
            V::Unknown(index) if self.repeated.contains(index) => V::None,
            V::Ite(condition, then, otherwise) => {
                V::ite(condition, self.beside_number(then, other), self.beside_number(otherwise, other))
            }
            other => other.clone(),
        }
    }

    /// A text or list of the rule, so many times in a row; never, for a number below one.
    fn repeated(&mut self, some: &V, times: &V, at: Span) -> V {
        let Some(times) = times.as_int() else {
            if times.kinds().meets(Kinds::INT.or(Kinds::BOOL)) {
                return self.unsupported(at, "repeats a text or list as often as the event says");
            }
            self.require(Predicate::Always(false), Exc::Type);
            return V::None;
        };
        let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
        let length = match some {
            V::Str(text) => text.len(),
            V::Seq(_, items) => items.len(),
            _ => 0,
        };
        if length.saturating_mul(times) > LONGEST {
            return self.unsupported(at, format!("repeats a text or list to more than {LONGEST} members"));
        }
        match some {
            V::Str(text) => V::str(text.repeat(times)),
            V::Seq(SeqKind::Set, _) => {
                self.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            V::Seq(kind, items) => {
                V::Seq(*kind, Rc::new(items.iter().cloned().cycle().take(length.saturating_mul(times)).collect()))
            }
            _ => V::None,
        }
    }

    /// `text % values` with `%s` and `%%`.
    pub fn percent(&mut self, text: &str, values: &V, at: Span) -> V {
        let given: Vec<V> = match values {
            V::Seq(SeqKind::Tuple, items) => items.to_vec(),
            V::Dict(_) | V::Gen(_) | V::Cat(..) => return self.unsupported(at, "formats a text by `%`"),
            other => vec![other.clone()],
        };
        let (mut parts, mut rest, mut next) = (Vec::new(), text, given.into_iter());
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(V::str(before));
            if let Some(after) = after.strip_prefix('%') {
                parts.push(V::str("%"));
                rest = after;
                continue;
            }
            let Some(after) = after.strip_prefix('s') else {
                return self.unsupported(at, "formats a text by `%` with more than `%s`");
            };
            let Some(value) = next.next() else {
                self.require(Predicate::Always(false), Exc::Type);
                return V::None;
            };
            parts.push(self.str_of(&value, at));
            rest = after;
        }
        if next.next().is_some() {
            self.require(Predicate::Always(false), Exc::Type);
            return V::None;
        }
        parts.push(V::str(rest));
        self.concat(parts, at)
    }

    /// Elements of `left` that are in `right`.
    pub fn intersection(&mut self, left: &V, right: &V, at: Span) -> V {
        self.filtered(left, right, true, at)
    }

    /// Elements of `left` that are not in `right`.
    pub fn difference(&mut self, left: &V, right: &V, at: Span) -> V {
        self.filtered(left, right, false, at)
    }

    pub fn filtered(&mut self, left: &V, right: &V, keep: bool, at: Span) -> V {
        // the members of a constant are asked one by one; the others are filtered as a list
        if let (V::Seq(_, items), true) = (left, matches!(right, V::Seq(..))) {
            let mut kept = Vec::new();
            for item in items.iter() {
                let met = self.contains(item, right, at);
                let met = if keep { met } else { pred::not(met) };
                let one = V::Seq(SeqKind::Set, Rc::new(vec![item.clone()]));
                kept.push(V::ite(&met, one, V::Seq(SeqKind::Set, Rc::new(Vec::new()))));
            }
            return V::Cat(SeqKind::Set, Rc::new(kept));
        }
        if keep && matches!(left, V::Seq(..)) && !matches!(right, V::Seq(..)) {
            return self.filtered(right, left, keep, at);
        }
        let right = right.clone();
        self.map_elements(left, SeqKind::Set, at, &mut |this, member| {
            let met = this.contains(member, &right, at);
            (if keep { met } else { pred::not(met) }, member.clone())
        })
    }
}
