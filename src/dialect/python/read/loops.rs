//! Loops and comprehensions as quantifiers and collections.

use super::accumulate::{same_exit, way_name};
use super::binding::{assigned_names, has_break, mentions};
use super::exec::Exec;
use super::flow::{Exc, Exit, Flow, join, merge};
use super::iterate::{Source, some};
use super::module::Module;
use super::pred;
use super::value::{E, Env, Kinds, V};
use crate::dialect::python::syntax::span;
use crate::model::{
    ArrayMode, Case, CaseArm, Expr, FieldPath, Predicate, Quantifier, Segment, TestKind, Typing, Value, Var,
};
use ruff_python_ast::{self as ast, Expr as Node};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The longest list of constants that a loop is written out for.
pub(super) const MAX_UNROLLED: usize = 400;

/// Paths that leave in the same way, each with the names as they are then.
type Paths = Vec<(Predicate, Env)>;

impl Exec<'_> {
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

    pub fn go_through(&mut self, over: &V, node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
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

    pub fn go_through_event(&mut self, e: &E, node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
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

    pub fn unroll(&mut self, items: &[V], node: &ast::StmtFor, env: Env, module: &Rc<Module>) -> Flow {
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
    pub fn elements(
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
}

/// A quantifier that only asks whether there is an element.
pub(super) fn is_any_of_nothing(guard: &Predicate) -> bool {
    matches!(guard, Predicate::Elements { quantifier: Quantifier::Any, body, .. } if **body == Predicate::Always(true))
}

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
