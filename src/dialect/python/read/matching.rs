//! `match`: patterns as conditions on the subject.

use super::exec::Exec;
use super::flow::{Flow, join};
use super::module::Module;
use super::pred;
use super::value::{Env, Kinds, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::Predicate;
use ruff_python_ast::{self as ast};
use std::rc::Rc;

impl Exec<'_> {
    pub fn match_statement(&mut self, node: &ast::StmtMatch, env: Env, module: &Rc<Module>) -> Flow {
        let mut env = env;
        let subject = self.eval(&node.subject, &mut env, module);
        let raised = self.raised(&env);
        let mut flow = self.cases(&subject, &node.cases, env, module);
        flow.exits.splice(0..0, raised);
        flow
    }

    pub fn cases(&mut self, subject: &V, cases: &[ast::MatchCase], env: Env, module: &Rc<Module>) -> Flow {
        let Some((case, rest)) = cases.split_first() else { return Flow::falls(env) };
        let mut inner = env.clone();
        let mut condition = self.pattern(subject, &case.pattern, &mut inner, module);
        if let Some(guard) = &case.guard {
            let met = condition.clone();
            let more = self.under(&met, |this| {
                let value = this.eval(guard, &mut inner, module);
                this.truthy(&value, span(&**guard))
            });
            condition = pred::all([condition, more]);
        }
        let raised = self.raised(&env);
        let mut flow = match condition {
            Predicate::Always(true) => self.block(&case.body, inner, module),
            Predicate::Always(false) => self.cases(subject, rest, env, module),
            condition => {
                let then = self.block(&case.body, inner, module);
                let otherwise = self.cases(subject, rest, env, module);
                join(condition, then, otherwise)
            }
        };
        flow.exits.splice(0..0, raised);
        flow
    }

    pub fn pattern(&mut self, subject: &V, pattern: &ast::Pattern, env: &mut Env, module: &Rc<Module>) -> Predicate {
        let at = span(pattern);
        match pattern {
            ast::Pattern::MatchValue(node) => {
                let value = self.eval(&node.value, env, module);
                self.equal(subject, &value, at)
            }
            ast::Pattern::MatchSingleton(node) => {
                let value = match node.value {
                    ast::Singleton::None => V::None,
                    ast::Singleton::True => V::Bool(true),
                    ast::Singleton::False => V::Bool(false),
                };
                self.identical(subject, &value, at)
            }
            ast::Pattern::MatchOr(node) => {
                let mut met = Vec::new();
                for part in &node.patterns {
                    met.push(self.pattern(subject, part, env, module));
                }
                pred::any(met)
            }
            ast::Pattern::MatchAs(node) => {
                let met = match &node.pattern {
                    Some(inner) => self.pattern(subject, inner, env, module),
                    None => Predicate::Always(true),
                };
                if let Some(name) = &node.name {
                    Rc::make_mut(env).insert(name.to_string(), subject.clone());
                }
                met
            }
            ast::Pattern::MatchSequence(node) => {
                if let V::Seq(_, items) = subject
                    && !node.patterns.iter().any(|part| matches!(part, ast::Pattern::MatchStar(_)))
                {
                    if items.len() != node.patterns.len() {
                        return Predicate::Always(false);
                    }
                    let mut met = Vec::new();
                    for (item, part) in items.iter().zip(&node.patterns) {
                        met.push(self.pattern(item, part, env, module));
                    }
                    return pred::all(met);
                }
                self.match_sequence(subject, &node.patterns, env, module, at)
            }
            ast::Pattern::MatchMapping(node) => self.match_mapping(subject, node, env, module, at),
            ast::Pattern::MatchClass(node) => {
                let met = self.eval(&node.cls, env, module);
                let met = self.is_instance(subject, &met, at);
                match (node.arguments.patterns.as_slice(), node.arguments.keywords.is_empty()) {
                    ([], true) => met,
                    ([inner], true) => {
                        let more = self.under(&met, |this| this.pattern(subject, inner, env, module));
                        pred::all([met, more])
                    }
                    _ => self.unknown_predicate(at, "matches the attributes of a value"),
                }
            }
            _ => self.unknown_predicate(at, "matches the shape of a value"),
        }
    }

    /// `case [a, b, *rest]`: a list of that length whose members fit.
    pub fn match_sequence(
        &mut self,
        subject: &V,
        patterns: &[ast::Pattern],
        env: &mut Env,
        module: &Rc<Module>,
        at: Span,
    ) -> Predicate {
        let V::Expr(e) = subject else { return self.unknown_predicate(at, "matches the shape of a value") };
        let e = e.clone();
        let place = self.at(at);
        let star = patterns.iter().position(|part| matches!(part, ast::Pattern::MatchStar(_)));
        let fixed = patterns.len() - usize::from(star.is_some());
        let is_list = pred::kind(&e, Kinds::LIST, place);
        let list = V::expr(e.expr.clone(), Kinds::LIST, e.frozen);
        let length = crate::model::Expr::Call(crate::model::function::PYTHON_LEN, vec![e.expr.clone()]);
        let count = crate::model::Value::Int(i64::try_from(fixed).unwrap_or(0));
        let long = match star {
            None => pred::equals(length, count, place),
            Some(_) if fixed == 0 => Predicate::Always(true),
            Some(_) => pred::test(
                length,
                crate::model::TestKind::Compare {
                    ordering: crate::model::Ordering::GreaterOrEqual,
                    value: crate::model::Expr::Literal(count),
                    typing: crate::model::Typing::Python,
                },
                place,
            ),
        };
        let mut met = pred::all([is_list, long]);
        for (index, part) in patterns.iter().enumerate() {
            let place = i64::try_from(index).unwrap_or(0);
            let behind = i64::try_from(patterns.len() - index).unwrap_or(0);
            let reach = met.clone();
            let more = self.under(&reach, |this| match part {
                ast::Pattern::MatchStar(node) => {
                    if let Some(name) = &node.name {
                        let end = if behind == 1 { V::None } else { V::Int(1 - behind) };
                        let rest = this.slice(&list, &V::Int(place), &end, &V::None, at);
                        Rc::make_mut(env).insert(name.to_string(), rest);
                    }
                    Predicate::Always(true)
                }
                part => {
                    let at_index = if star.is_some_and(|star| index > star) { -behind } else { place };
                    let (item, _) = this.watched(|this| this.subscript(&list, &V::Int(at_index), at));
                    this.pattern(&item, part, env, module)
                }
            });
            met = pred::all([met, more]);
        }
        met
    }

    /// `case {"key": pattern}`: a dict with these keys whose values fit.
    pub fn match_mapping(
        &mut self,
        subject: &V,
        node: &ast::PatternMatchMapping,
        env: &mut Env,
        module: &Rc<Module>,
        at: Span,
    ) -> Predicate {
        let V::Expr(e) = subject else { return self.unknown_predicate(at, "matches the shape of a value") };
        if node.rest.is_some() {
            return self.unknown_predicate(at, "keeps the rest of a dict that it matches");
        }
        let e = e.clone();
        let place = self.at(at);
        let mut met = pred::kind(&e, Kinds::DICT, place);
        for (key, part) in node.keys.iter().zip(&node.patterns) {
            let key = self.eval(key, env, module);
            let V::Str(_) = key else { return self.unknown_predicate(at, "matches a key that is no text") };
            let there = self.has_key(&e, &key, place);
            met = pred::all([met, there]);
            let reach = met.clone();
            let more = self.under(&reach, |this| {
                let item = this.at_key(&e, &key);
                this.pattern(&item, part, env, module)
            });
            met = pred::all([met, more]);
        }
        met
    }
}
