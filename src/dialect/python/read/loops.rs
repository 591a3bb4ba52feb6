//! Loops and comprehensions as quantifiers and collections.

use super::exec::{Exc, Exec, Exit, Flow, join, merge};
use super::module::Module;
use super::pred;
use super::value::{E, Env, Gen, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::walk::{Fold, expr_parts};
use crate::model::{
    ArrayMode, Case, CaseArm, Expr, FieldPath, Predicate, Quantifier, Segment, TestKind, Typing, Value, Var, function,
};
use ruff_python_ast::{self as ast, Expr as Node, Stmt};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The longest list of constants that a loop is written out for.
const MAX_UNROLLED: usize = 400;

/// What a list of the event yields when it is gone through.
struct Source {
    /// When it is this kind of container.
    when: Predicate,
    list: Expr,
    kinds: Kinds,
    frozen: bool,
}

impl Exec<'_> {
    /// The ways in which a value of the event can be gone through: as a list, or by its characters or keys.
    fn sources(&mut self, e: &E, at: Span) -> (Source, Option<Source>) {
        let place = self.at(at);
        let iterable = Kinds::LIST.or(Kinds::STR).or(Kinds::DICT).or(Kinds::MATCH);
        self.require(pred::kind(e, iterable, place), Exc::Type);
        let list = Source {
            when: pred::kind(e, Kinds::LIST.or(Kinds::MATCH), place),
            list: e.expr.clone(),
            kinds: super::ops::element_kinds(&e.expr),
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
    fn some_element(
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
    fn generate(
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

    fn require_every(&mut self, list: &Expr, var: &Var, checks: Vec<(Predicate, Exc)>) {
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

    pub fn comprehension(
        &mut self,
        kind: SeqKind,
        element: &Node,
        generators: &[ast::Comprehension],
        lazy: bool,
        env: &mut Env,
        module: &Rc<Module>,
    ) -> V {
        let mut scope = env.clone();
        let made =
            self.comprehend(kind, generators, &mut scope, module, &mut |this, env| this.eval(element, env, module));
        match made {
            V::Gen(made) if lazy => V::Gen(Rc::new(Gen { lazy, ..(*made).clone() })),
            other => other,
        }
    }

    fn comprehend(
        &mut self,
        kind: SeqKind,
        generators: &[ast::Comprehension],
        env: &mut Env,
        module: &Rc<Module>,
        element: &mut dyn FnMut(&mut Self, &mut Env) -> V,
    ) -> V {
        let Some((first, rest)) = generators.split_first() else { return V::None };
        let at = span(&first.iter);
        let over = self.eval(&first.iter, env, module);
        let nested = !rest.is_empty();
        let outer = env.clone();
        self.generate(&over, kind, nested, at, &mut |this, member| {
            let mut env = outer.clone();
            this.assign(&first.target, member.clone(), &mut env, module);
            let when = this.conditions(&first.ifs, &mut env, module);
            if when == Predicate::Always(false) {
                return (when, V::None);
            }
            let value = this.under(&when, |this| {
                if nested { this.comprehend(kind, rest, &mut env, module, element) } else { element(this, &mut env) }
            });
            (when, value)
        })
    }

    fn conditions(&mut self, tests: &[Node], env: &mut Env, module: &Rc<Module>) -> Predicate {
        let mut when = Predicate::Always(true);
        for test in tests {
            let reach = when.clone();
            let met = self.under(&reach, |this| {
                let value = this.eval(test, env, module);
                this.truthy(&value, span(test))
            });
            when = pred::all([when, met]);
        }
        when
    }

    /// `any(... for ...)`, or `all` when `every` is set.
    pub fn quantify(
        &mut self,
        node: &ast::ExprGenerator,
        every: bool,
        env: &mut Env,
        module: &Rc<Module>,
    ) -> Predicate {
        let mut scope = env.clone();
        let found = self.quantify_over(&node.generators, &node.elt, every, &mut scope, module);
        if every { pred::not(found) } else { found }
    }

    fn quantify_over(
        &mut self,
        generators: &[ast::Comprehension],
        element: &Node,
        contrary: bool,
        env: &mut Env,
        module: &Rc<Module>,
    ) -> Predicate {
        let Some((first, rest)) = generators.split_first() else {
            let value = self.eval(element, env, module);
            let met = self.truthy(&value, span(element));
            return if contrary { pred::not(met) } else { met };
        };
        let over = self.eval(&first.iter, env, module);
        let outer = env.clone();
        self.any_of(&over, span(&first.iter), &mut |this, member| {
            let mut env = outer.clone();
            this.assign(&first.target, member.clone(), &mut env, module);
            let when = this.conditions(&first.ifs, &mut env, module);
            if when == Predicate::Always(false) {
                return when;
            }
            let met = this.under(&when, |this| this.quantify_over(rest, element, contrary, &mut env, module));
            pred::all([when, met])
        })
    }

    pub fn dict_comprehension(&mut self, node: &ast::ExprDictComp, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(node);
        let Some(key) = &node.key else { return self.unsupported(at, "spreads a dict inside a comprehension") };
        let mut scope = env.clone();
        let pairs = self.comprehend(SeqKind::List, &node.generators, &mut scope, module, &mut |this, env| {
            let key = this.eval(key, env, module);
            let value = this.eval(&node.value, env, module);
            this.require_hashable(&key, at);
            V::Seq(SeqKind::Tuple, Rc::new(vec![key, value]))
        });
        self.dict_of(&pairs, at)
    }

    /// A dict of pairs.
    pub fn dict_of(&mut self, pairs: &V, at: Span) -> V {
        if let V::Seq(_, items) = pairs {
            let mut entries: Vec<(V, V)> = Vec::new();
            for pair in items.iter() {
                let parts = self.unpack(pair, 2, at);
                let [key, value] = parts.as_slice() else { continue };
                if key.unknown().is_none() && !key.is_scalar() {
                    return self.calls_model(function::PYTHON_DICT, &[pairs], Kinds::DICT, at);
                }
                match entries.iter_mut().find(|(known, _)| known == key) {
                    Some((_, slot)) => *slot = value.clone(),
                    None => entries.push((key.clone(), value.clone())),
                }
            }
            return V::Dict(Rc::new(entries));
        }
        self.leaves(pairs, &mut |this, leaf| this.calls_model(function::PYTHON_DICT, &[leaf], Kinds::DICT, at))
    }

    /// A `for` statement.
    pub fn for_loop(&mut self, node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
        let mut env = env;
        let over = self.eval(&node.iter, &mut env, module);
        // what the collection needs is asked once, before the first round
        let mut raised = self.raised(&env);
        let mut flow = self.go_through(&over, node, env.clone(), module);
        raised.extend(self.raised(&env));
        flow.exits.splice(0..0, raised);
        flow
    }

    fn go_through(&mut self, over: &V, node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
        let at = span(&*node.iter);
        if let Some(one) = over.one_collection() {
            return self.go_through(&one, node, env, module);
        }
        match over {
            V::Unknown(index) => Flow::exits(Exit::Return(V::Unknown(*index))),
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.go_through(a, node, env.clone(), module));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.go_through(b, node, env, module));
                join((**condition).clone(), then, otherwise)
            }
            V::Seq(_, items) if items.len() <= MAX_UNROLLED => self.unroll(items, node, env, module),
            V::Seq(_, _) => Flow::exits(Exit::Return(self.exhausted(at))),
            V::Dict(items) => {
                let keys: Vec<V> = items.iter().map(|(key, _)| key.clone()).collect();
                self.unroll(&keys, node, env, module)
            }
            V::Str(text) => {
                let characters: Vec<V> = text.chars().map(|character| V::str(character.to_string())).collect();
                self.unroll(&characters, node, env, module)
            }
            V::Cat(_, parts) if node.orelse.is_empty() && !has_break(&node.body) => {
                let mut flow = Flow::falls(env);
                for part in parts.iter() {
                    let Some(env) = flow.fall.take() else { break };
                    let saved = std::mem::take(&mut self.checks);
                    let next = self.go_through(part, node, env.clone(), module);
                    let made = std::mem::replace(&mut self.checks, saved);
                    flow.exits.extend(made.into_iter().map(|(ok, exc)| (pred::not(ok), Exit::Raise(exc, env.clone()))));
                    flow.exits.extend(next.exits);
                    flow.fall = next.fall;
                }
                flow
            }
            V::Gen(made) if !made.nested => {
                let made = made.clone();
                self.elements(&made.list, &made.var, &made.when, &made.value, node, env, module)
            }
            V::Gen(_) | V::Cat(..) => match over.to_expr() {
                Some(expr) => {
                    let e = E { expr, kinds: Kinds::LIST, frozen: over.frozen() };
                    self.go_through_event(&e, node, env, module)
                }
                None => Flow::exits(Exit::Return(self.unsupported(at, "goes through a list of functions"))),
            },
            V::Expr(e) => {
                let e = e.clone();
                self.go_through_event(&e, node, env, module)
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) | V::Unbound => {
                self.require(Predicate::Always(false), Exc::Type);
                Flow::falls(env)
            }
            _ => Flow::exits(Exit::Return(self.unsupported(at, "goes through something that is no collection"))),
        }
    }

    fn go_through_event(&mut self, e: &E, node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
        let at = span(&*node.iter);
        let place = self.at(at);
        let ((list, rest), checks) = self.watched(|this| this.sources(e, at));
        let needed: Vec<_> =
            checks.into_iter().map(|(ok, exception)| (pred::not(ok), Exit::Raise(exception, env.clone()))).collect();
        let hint = match &*node.target {
            Node::Name(name) => name.id.to_string(),
            _ => "item".to_owned(),
        };
        let run = |this: &mut Self, source: &Source, env: Env| {
            let var = this.fresh(&hint);
            let member = V::expr(Expr::Var(var.clone()), source.kinds, source.frozen);
            this.elements(&source.list, &var, &Predicate::Always(true), &member, node, env, module)
        };
        let mut by_list = run(self, &list, env.clone());
        let Some(rest) = rest else {
            by_list.exits.splice(0..0, needed);
            return by_list;
        };
        let by_part = run(self, &rest, env.clone());
        let raises_at_once = by_part
            .exits
            .first()
            .is_some_and(|(guard, exit)| matches!(exit, Exit::Raise(..)) && is_any_of_nothing(guard));
        let by_part = if raises_at_once {
            // nothing to go through: the loop ends at once, by its `else` where it has one
            let mut flow = if node.orelse.is_empty() {
                Flow::falls(env.clone())
            } else {
                self.block(&node.orelse, env.clone(), module)
            };
            if let Some((_, exit)) = by_part.exits.into_iter().next() {
                flow.exits.insert(0, (pred::truthy(e.expr.clone(), place), exit));
            }
            flow
        } else {
            by_part
        };
        let mut flow = join(list.when, by_list, by_part);
        flow.exits.splice(0..0, needed);
        flow
    }

    fn unroll(&mut self, items: &[V], node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
        let Some((item, rest)) = items.split_first() else { return self.block(&node.orelse, env, module) };
        let mut env = env;
        self.assign(&node.target, item.clone(), &mut env, module);
        let raised: Vec<_> = std::mem::take(&mut self.checks)
            .into_iter()
            .map(|(ok, exception)| (pred::not(ok), Exit::Raise(exception, env.clone())))
            .collect();
        let flow = self.block(&node.body, env, module);
        let (mut exits, continues) = divert(flow.exits, |exit| match exit {
            Exit::Continue(env) => Some(env.clone()),
            _ => None,
        });
        exits.splice(0..0, raised);
        let fall = gather(continues, flow.fall);
        let (mut exits, breaks) = divert(exits, |exit| match exit {
            Exit::Break(env) => Some(env.clone()),
            _ => None,
        });
        let broken = pred::any(breaks.iter().map(|(reach, _)| reach.clone()));
        let after = gather(breaks, None);
        let next = match fall {
            Some(env) if self.burn() => Some(self.unroll(rest, node, env, module)),
            Some(_) => Some(Flow::exits(Exit::Return(self.exhausted(span(node))))),
            None => None,
        };
        let next = match (after, next) {
            (Some(after), Some(next)) => join(broken, Flow::falls(after), next),
            (Some(after), None) => Flow::falls(after),
            (None, Some(next)) => next,
            (None, None) => Flow { exits: Vec::new(), fall: None },
        };
        // an exit whose guard was asked before cannot be taken
        for (guard, exit) in next.exits {
            let again = matches!(exit, Exit::Raise(..))
                && exits.iter().any(|(known, before)| matches!(before, Exit::Raise(..)) && *known == guard);
            if !again {
                exits.push((guard, exit));
            }
        }
        Flow { exits, fall: next.fall }
    }

    /// A loop over a list of the event.
    #[allow(clippy::too_many_arguments, reason = "the parts of a loop")]
    fn elements(
        &mut self,
        list: &Expr,
        var: &Var,
        when: &Predicate,
        member: &V,
        node: &ast::StmtFor,
        env: Env,
        module: &Rc<Module>,
    ) -> Flow {
        let place = self.at(span(node));
        let mut assigned = BTreeSet::new();
        assigned_names(&node.body, &mut assigned);
        let mut inner = env.clone();
        for name in &assigned {
            if env.contains_key(name) {
                Rc::make_mut(&mut inner).insert(name.clone(), V::Carried(Rc::from(name.as_str())));
            }
        }
        let saved = std::mem::take(&mut self.checks);
        self.assign(&node.target, member.clone(), &mut inner, module);
        let raised: Vec<_> = std::mem::replace(&mut self.checks, saved)
            .into_iter()
            .map(|(ok, exception)| (pred::not(ok), Exit::Raise(exception, inner.clone())))
            .collect();
        let mut flow = self.block(&node.body, inner, module);
        flow.exits.splice(0..0, raised);
        let (exits, continues) = divert(flow.exits, |exit| match exit {
            Exit::Continue(env) => Some(env.clone()),
            _ => None,
        });
        let fall = gather(continues, flow.fall);

        // the ways out of the loop, each with the condition on an element
        let mut ways: Vec<(Predicate, Exit)> = Vec::new();
        let mut before: Vec<Predicate> = vec![when.clone()];
        for (guard, exit) in exits {
            let exact = pred::all(before.iter().cloned().chain([guard.clone()]));
            before.push(pred::not(guard));
            if let Exit::Return(V::Unknown(index)) = &exit {
                return Flow::exits(Exit::Return(V::Unknown(*index)));
            }
            if let Exit::Return(value) = &exit
                && value.carried()
            {
                let value = self.unsupported(span(node), "returns what an earlier round of a loop left behind");
                return Flow::exits(Exit::Return(value));
            }
            let split = match &exit {
                Exit::Return(V::Truth(met)) => vec![
                    (pred::all([exact.clone(), (**met).clone()]), Exit::Return(V::Bool(true))),
                    (pred::all([exact, pred::not((**met).clone())]), Exit::Return(V::Bool(false))),
                ],
                _ => vec![(exact, exit)],
            };
            for (exact, exit) in split {
                match ways.iter_mut().find(|(_, known)| same_exit(known, &exit)) {
                    Some((known, _)) => *known = pred::any([known.clone(), exact]),
                    None => ways.push((exact, exit)),
                }
            }
        }
        ways.retain(|(guard, _)| *guard != Predicate::Always(false));
        let leaves = pred::any(ways.iter().map(|(guard, _)| guard.clone()));
        let first_of = |value: Expr| {
            let collected = Expr::Collect {
                list: Box::new(list.clone()),
                var: var.clone(),
                when: Box::new(leaves.clone()),
                value: Box::new(value),
                distinct: false,
            };
            Expr::Path(Box::new(collected), FieldPath(vec![Segment::Index(0)]), ArrayMode::Whole)
        };
        let which = |this: &[(Predicate, Exit)]| {
            let arms = this
                .iter()
                .enumerate()
                .map(|(index, (guard, exit))| CaseArm { when: guard.clone(), then: Expr::text(way_name(exit, index)) })
                .collect();
            first_of(Expr::Case(arms, Box::new(Expr::Literal(Value::Null))))
        };
        let mut out: Vec<(Predicate, Exit)> = Vec::new();
        let others = ways.iter().filter(|(_, exit)| !matches!(exit, Exit::Raise(..))).count();
        let breaks = ways.iter().any(|(_, exit)| matches!(exit, Exit::Break(_)));
        let mut after_break: Option<(Predicate, Env)> = None;
        let mut order: Vec<usize> = (0..ways.len()).collect();
        order.sort_by_key(|index| !matches!(ways.get(*index), Some((_, Exit::Raise(..)))));
        for index in order {
            let Some((guard, exit)) = ways.get(index) else { continue };
            let raises = matches!(exit, Exit::Raise(..));
            let decided = if ways.len() == 1 || (!raises && others == 1) {
                some(list, var, guard.clone())
            } else {
                pred::test(
                    which(&ways),
                    TestKind::Equals {
                        value: Expr::text(way_name(exit, index)),
                        case: Case::Sensitive,
                        typing: Typing::Python,
                    },
                    place,
                )
            };
            match exit {
                Exit::Return(value) => {
                    let value = match value.to_expr() {
                        Some(expr) if mentions(&expr, var) => V::expr(first_of(expr), value.kinds(), value.frozen()),
                        _ => value.clone(),
                    };
                    out.push((decided, Exit::Return(value)));
                }
                Exit::Break(after) => {
                    let mut names = env.clone();
                    for (name, value) in after.iter() {
                        let outer = env.get(name);
                        if outer == Some(value) || *value == V::Carried(Rc::from(name.as_str())) && outer.is_some() {
                            continue;
                        }
                        let value = self.at_exit(value, outer, name, &first_of, var, span(node));
                        Rc::make_mut(&mut names).insert(name.clone(), value);
                    }
                    after_break = Some((decided, names));
                }
                Exit::Raise(exception, _) => out.push((decided, Exit::Raise(*exception, env.clone()))),
                Exit::Continue(_) => {}
            }
        }

        // what the rounds leave behind
        let mut names = env.clone();
        if let Some(fall) = fall {
            for (name, value) in fall.iter() {
                let outer = env.get(name);
                let carried = V::Carried(Rc::from(name.as_str()));
                if outer == Some(value) || (*value == carried && outer.is_some()) {
                    continue;
                }
                let after = match outer {
                    // a name of the loop alone: reading it afterwards is not followed
                    None => carried,
                    Some(_) if breaks => {
                        self.unsupported(span(node), format!("changes `{name}` in a loop that ends early"))
                    }
                    Some(outer) => self.accumulated(value, outer, name, list, var, when, span(node)),
                };
                Rc::make_mut(&mut names).insert(name.clone(), after);
            }
        }
        let mut flow =
            if node.orelse.is_empty() { Flow::falls(names) } else { self.block(&node.orelse, names, module) };
        if let Some((broken, names)) = after_break {
            flow = join(broken, Flow::falls(names), flow);
        }
        out.append(&mut flow.exits);
        Flow { exits: out, fall: flow.fall }
    }

    /// A name at the round that ends a loop.
    fn at_exit(
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
    fn accumulated(
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

fn flatten(value: &V, path: Predicate, into: &mut Vec<(Predicate, V)>) {
    match value {
        V::Ite(condition, a, b) => {
            flatten(a, pred::all([path.clone(), (**condition).clone()]), into);
            flatten(b, pred::all([path, pred::not((**condition).clone())]), into);
        }
        other => into.push((path, other.clone())),
    }
}

fn way_name(exit: &Exit, index: usize) -> String {
    match exit {
        Exit::Raise(..) => format!("raises {index}"),
        Exit::Return(_) => format!("returns {index}"),
        Exit::Break(_) | Exit::Continue(_) => format!("stops {index}"),
    }
}

fn same_exit(a: &Exit, b: &Exit) -> bool {
    match (a, b) {
        (Exit::Return(a), Exit::Return(b)) => a == b,
        (Exit::Raise(a, _), Exit::Raise(b, _)) => a == b,
        (Exit::Break(a), Exit::Break(b)) => a == b,
        _ => false,
    }
}

/// Some element of a list.
fn some(list: &Expr, var: &Var, body: Predicate) -> Predicate {
    if body == Predicate::Always(false) {
        return body;
    }
    Predicate::Elements { quantifier: Quantifier::Any, list: list.clone(), var: var.clone(), body: Box::new(body) }
}

/// Every element of a list.
fn every(list: &Expr, var: &Var, body: Predicate) -> Predicate {
    if body == Predicate::Always(true) {
        return body;
    }
    Predicate::Elements { quantifier: Quantifier::All, list: list.clone(), var: var.clone(), body: Box::new(body) }
}

/// Whether the first element that `when` picks raises.
fn first_is(list: &Expr, var: &Var, when: Predicate, ok: &Predicate, place: Span) -> Predicate {
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

fn never(checks: &[(Predicate, Exc)]) -> bool {
    checks.iter().any(|(ok, _)| *ok == Predicate::Always(false))
}

/// A quantifier that only asks whether there is an element.
fn is_any_of_nothing(guard: &Predicate) -> bool {
    matches!(guard, Predicate::Elements { quantifier: Quantifier::Any, body, .. } if **body == Predicate::Always(true))
}

/// Paths that leave in the same way, each with the names as they are then.
type Paths = Vec<(Predicate, Env)>;

/// Takes the exits that `pick` wants out of a list; the guards of the others then say that none of those was taken.
pub(super) fn divert(
    exits: Vec<(Predicate, Exit)>,
    pick: impl Fn(&Exit) -> Option<Env>,
) -> (Vec<(Predicate, Exit)>, Paths) {
    let (mut kept, mut taken, mut earlier): (Vec<_>, Vec<(Predicate, Env)>, Vec<Predicate>) = Default::default();
    for (guard, exit) in exits {
        let reach = pred::all(earlier.iter().cloned().map(pred::not).chain([guard.clone()]));
        match pick(&exit) {
            Some(env) => {
                taken.push((reach, env));
                earlier.push(guard);
            }
            None => kept.push((reach, exit)),
        }
    }
    (kept, taken)
}

/// The names behind several paths: the first whose condition holds, else `fall`.
pub(super) fn gather(paths: Vec<(Predicate, Env)>, fall: Option<Env>) -> Option<Env> {
    paths.into_iter().rev().fold(fall, |after, (reach, env)| {
        Some(match after {
            Some(after) => merge(&reach, &env, &after),
            None => env,
        })
    })
}

fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(node) => has_break(&node.body) || node.elif_else_clauses.iter().any(|clause| has_break(&clause.body)),
        Stmt::Try(node) => {
            has_break(&node.body)
                || has_break(&node.orelse)
                || node.handlers.iter().any(|handler| {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    has_break(&handler.body)
                })
        }
        _ => false,
    })
}

/// The names that statements bind or change.
pub(super) fn assigned_names(body: &[Stmt], into: &mut BTreeSet<String>) {
    let mut targets = |target: &Node| target_names(target, into);
    for statement in body {
        match statement {
            Stmt::Assign(node) => node.targets.iter().for_each(&mut targets),
            Stmt::AnnAssign(node) => targets(&node.target),
            Stmt::AugAssign(node) => targets(&node.target),
            Stmt::Expr(node) => {
                if let Node::Call(call) = &*node.value
                    && let Node::Attribute(attribute) = &*call.func
                    && matches!(
                        attribute.attr.as_str(),
                        "append" | "add" | "extend" | "update" | "insert" | "remove" | "pop"
                    )
                {
                    targets(&attribute.value);
                }
            }
            _ => {}
        }
    }
    for statement in body {
        match statement {
            Stmt::If(node) => {
                assigned_names(&node.body, into);
                node.elif_else_clauses.iter().for_each(|clause| assigned_names(&clause.body, into));
            }
            Stmt::For(node) => {
                target_names(&node.target, into);
                assigned_names(&node.body, into);
                assigned_names(&node.orelse, into);
            }
            Stmt::Try(node) => {
                assigned_names(&node.body, into);
                assigned_names(&node.orelse, into);
                assigned_names(&node.finalbody, into);
                for handler in &node.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    assigned_names(&handler.body, into);
                }
            }
            Stmt::Match(node) => node.cases.iter().for_each(|case| assigned_names(&case.body, into)),
            _ => {}
        }
    }
}

pub(super) fn target_names(target: &Node, into: &mut BTreeSet<String>) {
    match target {
        Node::Name(name) => {
            into.insert(name.id.to_string());
        }
        Node::Tuple(ast::ExprTuple { elts, .. }) | Node::List(ast::ExprList { elts, .. }) => {
            elts.iter().for_each(|part| target_names(part, into));
        }
        Node::Subscript(node) => target_names(&node.value, into),
        Node::Starred(node) => target_names(&node.value, into),
        _ => {}
    }
}

/// Whether an expression reads a variable.
pub(super) fn mentions(expr: &Expr, var: &Var) -> bool {
    struct Finder<'a>(&'a Var, bool);
    impl Fold for Finder<'_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            if let Expr::Var(found) = &expr
                && found == self.0
            {
                self.1 = true;
            }
            if self.1 { expr } else { expr_parts(self, expr) }
        }
    }
    let mut finder = Finder(var, false);
    finder.expr(expr.clone());
    finder.1
}
