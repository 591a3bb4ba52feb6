//! What a loop leaves behind: values that grow from round to round.

use super::binding::mentions;
use super::exec::Exec;
use super::flow::Exit;
use super::iterate::some;
use super::pred;
use super::value::{Gen, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::model::{ArrayMode, Expr, FieldPath, Predicate, Segment, Var, function};
use std::rc::Rc;

impl Exec<'_> {
    /// A name at the round that ends a loop.
    pub fn at_exit(
        &mut self,
        value: &V,
        outer: Option<&V>,
        name: &str,
        first_of: &dyn Fn(Expr) -> Expr,
        var: &Var,
        at: Span,
    ) -> V {
        if let (V::Cat(kind, parts), Some(outer)) = (value, outer)
            && let Some((V::Carried(_), more)) = parts.split_first()
            && !more.iter().any(V::carried)
        {
            let rest = V::Cat(*kind, Rc::new(more.to_vec()));
            return match rest.to_expr() {
                Some(expr) => V::Cat(*kind, Rc::new(vec![outer.clone(), V::expr(first_of(expr), Kinds::LIST, false)])),
                None => self.unsupported(at, format!("keeps functions in `{name}`")),
            };
        }
        if value.carried() {
            return V::Carried(Rc::from(name));
        }
        match value.to_expr() {
            Some(expr) if mentions(&expr, var) => V::expr(first_of(expr), value.kinds(), value.frozen()),
            _ => value.clone(),
        }
    }

    /// What a name holds after all rounds.
    #[allow(clippy::too_many_arguments, reason = "the parts of a loop")]
    pub fn accumulated(
        &mut self,
        value: &V,
        outer: &V,
        name: &str,
        list: &Expr,
        var: &Var,
        when: &Predicate,
        at: Span,
    ) -> V {
        let mut changes: Vec<(Predicate, V)> = Vec::new();
        flatten(value, when.clone(), &mut changes);
        changes.retain(|(guard, change)| *guard != Predicate::Always(false) && *change != V::Carried(Rc::from(name)));
        if let Some(index) = changes.iter().find_map(|(_, change)| change.unknown()) {
            return V::Unknown(index);
        }
        let appended = |change: &V| match change {
            V::Cat(_, parts) => match parts.split_first() {
                Some((V::Carried(known), more)) if **known == *name && !more.iter().any(V::carried) => {
                    Some(more.to_vec())
                }
                _ => None,
            },
            _ => None,
        };
        let entered = |change: &V| match change {
            V::Bound(inner, op) if **op == *"[]=" => match &**inner {
                V::Seq(_, parts) => match parts.as_slice() {
                    [V::Carried(known), key, item] if **known == *name && !key.carried() && !item.carried() => {
                        Some(V::Seq(SeqKind::Tuple, Rc::new(vec![key.clone(), item.clone()])))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let summed = |change: &V| match change {
            V::Bound(inner, op) if **op == *"+" => match &**inner {
                V::Seq(_, parts) => match parts.as_slice() {
                    [V::Carried(known), by] if **known == *name && !by.carried() => Some(by.clone()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        if changes.is_empty() {
            return outer.clone();
        }
        if changes.iter().all(|(_, change)| appended(change).is_some()) {
            let kind = match outer {
                V::Seq(kind, _) | V::Cat(kind, _) => *kind,
                _ => SeqKind::List,
            };
            let single = match changes.as_slice() {
                [(guard, change)] => match appended(change).as_deref() {
                    Some([V::Seq(_, items)]) => match items.as_slice() {
                        [item] => Some((guard.clone(), item.clone())),
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            };
            let (when, value, nested) = match single {
                Some((guard, item)) => (guard, item, false),
                None => {
                    let nothing = V::Seq(kind, Rc::new(Vec::new()));
                    let value = changes.iter().rev().fold(nothing, |rest, (guard, change)| {
                        let more = appended(change).unwrap_or_default();
                        V::ite(guard, V::Cat(kind, Rc::new(more)), rest)
                    });
                    (Predicate::Always(true), value, true)
                }
            };
            let made =
                V::Gen(Rc::new(Gen { list: list.clone(), var: var.clone(), when, value, nested, lazy: false, kind }));
            return match outer {
                V::Seq(_, items) if items.is_empty() => made,
                _ => V::Cat(kind, Rc::new(vec![outer.clone(), made])),
            };
        }
        if let V::Dict(known) = outer
            && changes.iter().all(|(_, change)| entered(change).is_some())
        {
            // each round puts one entry in: the dict of all of them, the later ones over the earlier
            let mut pair = V::None;
            for (guard, change) in changes.iter().rev() {
                let Some(entry) = entered(change) else { continue };
                pair = if pair == V::None { entry } else { V::ite(guard, entry, pair) };
            }
            let guard = pred::any(changes.iter().map(|(guard, _)| guard.clone()));
            let Some(pair) = pair.to_expr() else {
                return self.unsupported(at, format!("keeps functions in `{name}`"));
            };
            let entries = Expr::Collect {
                list: Box::new(list.clone()),
                var: var.clone(),
                when: Box::new(guard),
                value: Box::new(pair),
                distinct: false,
            };
            let before = V::list(
                known
                    .iter()
                    .map(|(key, item)| V::Seq(SeqKind::Tuple, Rc::new(vec![key.clone(), item.clone()])))
                    .collect(),
            );
            let all = match (known.is_empty(), before.to_expr()) {
                (true, _) => entries,
                (false, Some(before)) => Expr::Call(function::PYTHON_FLATTEN, vec![Expr::List(vec![before, entries])]),
                (false, None) => return self.unsupported(at, format!("keeps functions in `{name}`")),
            };
            return V::call(function::PYTHON_DICT, vec![all], Kinds::DICT);
        }
        if changes.iter().all(|(_, change)| summed(change).is_some()) {
            let mut value = V::Int(0);
            for (guard, change) in changes.iter().rev() {
                value = V::ite(guard, summed(change).unwrap_or(V::Int(0)), value);
            }
            let Some(value) = value.to_expr() else { return self.unsupported(at, format!("adds up `{name}`")) };
            let collected = Expr::Collect {
                list: Box::new(list.clone()),
                var: var.clone(),
                when: Box::new(Predicate::Always(true)),
                value: Box::new(value),
                distinct: false,
            };
            let sum = V::call(function::PYTHON_SUM, vec![collected], Kinds::INT.or(Kinds::FLOAT));
            return self.binary(ruff_python_ast::Operator::Add, &sum, outer, at);
        }
        if changes.iter().any(|(_, change)| change.carried()) {
            return self.unsupported(at, format!("builds `{name}` from round to round of a loop"));
        }
        let changed = some(list, var, pred::any(changes.iter().map(|(guard, _)| guard.clone())));
        if let Some(((_, first), rest)) = changes.split_first()
            && rest.iter().all(|(_, change)| change == first)
            && first.to_expr().is_none_or(|expr| !mentions(&expr, var))
        {
            return V::ite(&changed, first.clone(), outer.clone());
        }
        let kinds = changes.iter().fold(Kinds(0), |kinds, (_, change)| kinds.or(change.kinds()));
        let frozen = changes.iter().any(|(_, change)| change.frozen());
        let guard = pred::any(changes.iter().map(|(guard, _)| guard.clone()));
        let mut value = V::None;
        for (guard, change) in changes.into_iter().rev() {
            value = if value == V::None { change } else { V::ite(&guard, change, value) };
        }
        let Some(expr) = value.to_expr() else { return self.unsupported(at, format!("keeps functions in `{name}`")) };
        let collected = Expr::Collect {
            list: Box::new(list.clone()),
            var: var.clone(),
            when: Box::new(guard),
            value: Box::new(expr),
            distinct: false,
        };
        let last = Expr::Path(Box::new(collected), FieldPath(vec![Segment::Index(-1)]), ArrayMode::Whole);
        V::ite(&changed, V::expr(last, kinds, frozen), outer.clone())
    }
}

pub(super) fn flatten(value: &V, path: Predicate, into: &mut Vec<(Predicate, V)>) {
    match value {
        V::Ite(condition, a, b) => {
            flatten(a, pred::all([path.clone(), (**condition).clone()]), into);
            flatten(b, pred::all([path, pred::not((**condition).clone())]), into);
        }
        other => into.push((path, other.clone())),
    }
}

pub(super) fn way_name(exit: &Exit, index: usize) -> String {
    match exit {
        Exit::Raise(..) => format!("raises {index}"),
        Exit::Return(_) => format!("returns {index}"),
        Exit::Break(_) | Exit::Continue(_) => format!("stops {index}"),
    }
}

pub(super) fn same_exit(a: &Exit, b: &Exit) -> bool {
    match (a, b) {
        (Exit::Return(a), Exit::Return(b)) => a == b,
        (Exit::Raise(a, _), Exit::Raise(b, _)) => a == b,
        (Exit::Break(a), Exit::Break(b)) => a == b,
        _ => false,
    }
}
