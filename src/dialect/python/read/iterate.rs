//! Going through a value: its elements as a quantifier over a list of the event, or one by one.

use super::exec::Exec;
use super::flow::Exc;
use super::loops::MAX_UNROLLED;
use super::pred;
use super::value::{E, Gen, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::model::{
    ArrayMode, Case, CaseArm, Expr, FieldPath, Predicate, Quantifier, Segment, TestKind, Typing, Var, function,
};
use std::rc::Rc;

/// What a list of the event yields when it is gone through.
pub(super) struct Source {
    /// When it is this kind of container.
    pub when: Predicate,
    pub list: Expr,
    pub kinds: Kinds,
    pub frozen: bool,
}

impl Exec<'_> {
    /// The ways in which a value of the event can be gone through: as a list, or by its characters or keys.
    pub fn sources(&mut self, e: &E, at: Span) -> (Source, Option<Source>) {
        let place = self.at(at);
        let iterable = Kinds::LIST.or(Kinds::STR).or(Kinds::DICT).or(Kinds::MATCH);
        self.require(pred::kind(e, iterable, place), Exc::Type);
        let list = Source {
            when: pred::kind(e, Kinds::LIST.or(Kinds::MATCH), place),
            list: e.expr.clone(),
            kinds: super::subscript::element_kinds(&e.expr),
            frozen: e.frozen,
        };
        let others = e.kinds.and(Kinds::STR.or(Kinds::DICT));
        let rest = (others.0 != 0).then(|| Source {
            when: pred::kind(e, others, place),
            list: Expr::Call(function::PYTHON_ITERATE, vec![e.expr.clone()]),
            kinds: Kinds::STR,
            frozen: false,
        });
        (list, rest)
    }

    /// Whether some member of a collection meets `body`, asked in order until one does.
    pub fn any_of(&mut self, value: &V, at: Span, body: &mut dyn FnMut(&mut Self, &V) -> Predicate) -> Predicate {
        let place = self.at(at);
        if let Some(one) = value.one_collection() {
            return self.any_of(&one, at, body);
        }
        match value {
            V::Ite(..) | V::Unknown(_) | V::Carried(_) => {
                self.leaf_conditions(value, at, &mut |this, leaf| this.any_of(leaf, at, body))
            }
            V::Seq(_, items) if items.len() > 5 * MAX_UNROLLED => match self.exhausted(at) {
                V::Unknown(index) => Predicate::Unread { index, span: place },
                _ => Predicate::Always(false),
            },
            V::Seq(_, items) => {
                let mut found = Predicate::Always(false);
                for item in items.iter() {
                    let reach = pred::not(found.clone());
                    if reach == Predicate::Always(false) || !self.burn() {
                        break;
                    }
                    let met = self.under(&reach, |this| body(this, item));
                    found = pred::any([found, met]);
                }
                if self.fuel == 0 {
                    let V::Unknown(index) = self.exhausted(at) else { return found };
                    return Predicate::Unread { index, span: place };
                }
                found
            }
            V::Cat(_, parts) => {
                let mut found = Predicate::Always(false);
                for part in parts.iter() {
                    let reach = pred::not(found.clone());
                    let met = self.under(&reach, |this| this.any_of(part, at, body));
                    found = pred::any([found, met]);
                }
                found
            }
            V::Dict(items) => {
                let keys = V::list(items.iter().map(|(key, _)| key.clone()).collect());
                self.any_of(&keys, at, body)
            }
            V::Str(text) => {
                let characters = V::list(text.chars().map(|character| V::str(character.to_string())).collect());
                self.any_of(&characters, at, body)
            }
            V::Gen(made) => {
                let made = made.clone();
                let (met, checks) = self.watched(|this| {
                    let met = this.under(&made.when, |this| {
                        if made.nested { this.any_of(&made.value, at, body) } else { body(this, &made.value) }
                    });
                    pred::all([made.when.clone(), met])
                });
                self.some_element(&made.list, &made.var, met, checks, place)
            }
            V::Expr(e) => {
                let (list, rest) = self.sources(e, at);
                let mut found = Vec::new();
                for (first, source) in [(true, Some(list)), (false, rest)] {
                    let Some(source) = source else { continue };
                    if source.when == Predicate::Always(false) {
                        continue;
                    }
                    let var = self.fresh(if first { "item" } else { "part" });
                    let member = V::expr(Expr::Var(var.clone()), source.kinds, source.frozen);
                    let met = self.under(&source.when, |this| {
                        let (met, checks) = this.watched(|this| body(this, &member));
                        if !first && met == Predicate::Always(false) && never(&checks) {
                            // text or a dict raises at its first character or key
                            let (_, exception) =
                                checks.first().cloned().unwrap_or((Predicate::Always(true), Exc::Type));
                            this.require(pred::not(pred::truthy(e.expr.clone(), place)), exception);
                            return met;
                        }
                        this.some_element(&source.list, &var, met, checks, place)
                    });
                    found.push(pred::all([source.when, met]));
                }
                pred::any(found)
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) | V::Unbound => {
                self.require(Predicate::Always(false), Exc::Type);
                Predicate::Always(false)
            }
            _ => self.unknown_predicate(at, "goes through something that is no collection"),
        }
    }

    /// `Elements` with the exceptions of the elements before the first that meets the body.
    pub fn some_element(
        &mut self,
        list: &Expr,
        var: &Var,
        met: Predicate,
        checks: Vec<(Predicate, Exc)>,
        place: Span,
    ) -> Predicate {
        if let Some((_, exception)) = checks.first() {
            let exception = *exception;
            let ok = pred::all(checks.into_iter().map(|(ok, _)| ok));
            if met == Predicate::Always(false) {
                self.require(every(list, var, ok), exception);
            } else {
                let raises = first_is(list, var, pred::any([met.clone(), pred::not(ok.clone())]), &ok, place);
                self.require(pred::not(raises), exception);
            }
        }
        some(list, var, met)
    }

    /// A comprehension: what `work` makes of each member that it wants.
    pub fn map_elements(
        &mut self,
        value: &V,
        kind: SeqKind,
        at: Span,
        work: &mut dyn FnMut(&mut Self, &V) -> (Predicate, V),
    ) -> V {
        self.generate(value, kind, false, at, work)
    }

    /// The same; when `nested`, what is made of a member is a sequence of members.
    pub fn generate(
        &mut self,
        value: &V,
        kind: SeqKind,
        nested: bool,
        at: Span,
        work: &mut dyn FnMut(&mut Self, &V) -> (Predicate, V),
    ) -> V {
        let place = self.at(at);
        let nothing = V::Seq(kind, Rc::new(Vec::new()));
        if let Some(one) = value.one_collection() {
            return self.generate(&one, kind, nested, at, work);
        }
        match value {
            V::Ite(..) | V::Unknown(_) | V::Carried(_) => {
                self.leaves(value, &mut |this, leaf| this.generate(leaf, kind, nested, at, work))
            }
            V::Seq(_, items) => {
                if items.len() > MAX_UNROLLED {
                    return self.exhausted(at);
                }
                let (mut parts, mut run): (Vec<V>, Vec<V>) = (Vec::new(), Vec::new());
                for item in items.iter() {
                    let (when, made) = work(self, item);
                    match (when, nested) {
                        (Predicate::Always(false), _) => {}
                        (Predicate::Always(true), false) => {
                            if kind != SeqKind::Set || !run.contains(&made) {
                                run.push(made);
                            }
                        }
                        (when, nested) => {
                            if !run.is_empty() {
                                parts.push(V::Seq(kind, Rc::new(std::mem::take(&mut run))));
                            }
                            let made = if nested { made } else { V::Seq(kind, Rc::new(vec![made])) };
                            parts.push(V::ite(&when, made, nothing.clone()));
                        }
                    }
                }
                if parts.is_empty() {
                    return V::Seq(kind, Rc::new(run));
                }
                if !run.is_empty() {
                    parts.push(V::Seq(kind, Rc::new(run)));
                }
                match parts.as_slice() {
                    [one] => one.clone(),
                    _ => V::Cat(kind, Rc::new(parts)),
                }
            }
            V::Cat(_, parts) => {
                let made: Vec<V> = parts.iter().map(|part| self.generate(part, kind, nested, at, work)).collect();
                V::Cat(kind, Rc::new(made))
            }
            V::Dict(items) => {
                let keys = V::list(items.iter().map(|(key, _)| key.clone()).collect());
                self.generate(&keys, kind, nested, at, work)
            }
            V::Str(text) => {
                let characters = V::list(text.chars().map(|character| V::str(character.to_string())).collect());
                self.generate(&characters, kind, nested, at, work)
            }
            V::Gen(made) if !made.nested => {
                let made = made.clone();
                let ((when, value), checks) = self.watched(|this| {
                    let (when, value) = this.under(&made.when, |this| work(this, &made.value));
                    (pred::all([made.when.clone(), when]), value)
                });
                self.require_every(&made.list, &made.var, checks);
                if let Some(index) = value.unknown() {
                    return V::Unknown(index);
                }
                V::Gen(Rc::new(Gen {
                    list: made.list.clone(),
                    var: made.var.clone(),
                    when,
                    value,
                    nested,
                    lazy: false,
                    kind,
                }))
            }
            V::Gen(_) => match value.to_expr() {
                Some(expr) => self.generate(&V::expr(expr, Kinds::LIST, value.frozen()), kind, nested, at, work),
                None => self.unsupported(at, "goes through a list of functions"),
            },
            V::Expr(e) => {
                let (list, rest) = self.sources(e, at);
                let mut made = nothing;
                for (first, source) in [(false, rest), (true, Some(list))] {
                    let Some(source) = source else { continue };
                    if source.when == Predicate::Always(false) {
                        continue;
                    }
                    let var = self.fresh(if first { "item" } else { "part" });
                    let member = V::expr(Expr::Var(var.clone()), source.kinds, source.frozen);
                    let one = self.under(&source.when, |this| {
                        let ((when, value), checks) = this.watched(|this| work(this, &member));
                        if !first && never(&checks) {
                            let (_, exception) =
                                checks.first().cloned().unwrap_or((Predicate::Always(true), Exc::Type));
                            this.require(pred::not(pred::truthy(e.expr.clone(), place)), exception);
                            return None;
                        }
                        this.require_every(&source.list, &var, checks);
                        if let Some(index) = value.unknown() {
                            return Some(V::Unknown(index));
                        }
                        if when == Predicate::Always(false) {
                            return None;
                        }
                        Some(V::Gen(Rc::new(Gen {
                            list: source.list.clone(),
                            var,
                            when,
                            value,
                            nested,
                            lazy: false,
                            kind,
                        })))
                    });
                    if let Some(one) = one {
                        made = V::ite(&source.when, one, made);
                    }
                }
                made
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) | V::Unbound => {
                self.require(Predicate::Always(false), Exc::Type);
                nothing
            }
            _ => self.unsupported(at, "goes through something that is no collection"),
        }
    }

    /// A check of every element, asked only up to the first that a generator yields; `None` where it is no such check.
    pub fn until_first(&mut self, ok: &Predicate, made: &Gen, at: Span) -> Option<Predicate> {
        let place = self.at(at);
        match ok {
            Predicate::Elements { quantifier: Quantifier::All, list, var, body }
                if *list == made.list && *var == made.var =>
            {
                let asked = pred::any([made.when.clone(), pred::not((**body).clone())]);
                Some(pred::not(first_is(list, var, asked, body, place)))
            }
            Predicate::Any(items) => {
                let (index, relaxed) = items
                    .iter()
                    .enumerate()
                    .find_map(|(index, item)| Some((index, self.until_first(item, made, at)?)))?;
                let others =
                    items.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, item)| item.clone());
                Some(pred::any(others.chain([relaxed])))
            }
            _ => None,
        }
    }

    pub fn require_every(&mut self, list: &Expr, var: &Var, checks: Vec<(Predicate, Exc)>) {
        for (ok, exception) in checks {
            self.require(every(list, var, ok), exception);
        }
    }

    /// A collection as a sequence of its members (`list(x)`).
    pub fn as_list(&mut self, value: &V, at: Span) -> V {
        match value {
            V::Seq(_, items) => V::Seq(SeqKind::List, items.clone()),
            V::Cat(_, items) => V::Cat(SeqKind::List, items.clone()),
            V::Gen(made) => V::Gen(Rc::new(Gen { lazy: false, ..(**made).clone() })),
            V::Expr(e) if e.kinds.within(Kinds::LIST) => V::expr(e.expr.clone(), e.kinds, false),
            other => {
                self.map_elements(other, SeqKind::List, at, &mut |_, member| (Predicate::Always(true), member.clone()))
            }
        }
    }
}

/// Some element of a list.
pub(super) fn some(list: &Expr, var: &Var, body: Predicate) -> Predicate {
    if body == Predicate::Always(false) {
        return body;
    }
    Predicate::Elements { quantifier: Quantifier::Any, list: list.clone(), var: var.clone(), body: Box::new(body) }
}

/// Every element of a list.
pub(super) fn every(list: &Expr, var: &Var, body: Predicate) -> Predicate {
    if body == Predicate::Always(true) {
        return body;
    }
    Predicate::Elements { quantifier: Quantifier::All, list: list.clone(), var: var.clone(), body: Box::new(body) }
}

/// Whether the first element that `when` picks raises.
pub(super) fn first_is(list: &Expr, var: &Var, when: Predicate, ok: &Predicate, place: Span) -> Predicate {
    let collected = Expr::Collect {
        list: Box::new(list.clone()),
        var: var.clone(),
        when: Box::new(when),
        value: Box::new(Expr::Case(
            vec![CaseArm { when: ok.clone(), then: Expr::text("meets") }],
            Box::new(Expr::text("raises")),
        )),
        distinct: false,
    };
    pred::test(
        Expr::Path(Box::new(collected), FieldPath(vec![Segment::Index(0)]), ArrayMode::Whole),
        TestKind::Equals { value: Expr::text("raises"), case: Case::Sensitive, typing: Typing::Python },
        place,
    )
}

pub(super) fn never(checks: &[(Predicate, Exc)]) -> bool {
    checks.iter().any(|(ok, _)| *ok == Predicate::Always(false))
}
