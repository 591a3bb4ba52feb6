//! Comprehensions, generators and what consumes them.

use super::exec::Exec;
use super::module::Module;
use super::pred;
use super::value::{Env, Gen, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::{Predicate, function};
use ruff_python_ast::{self as ast, Expr as Node};
use std::rc::Rc;

impl Exec<'_> {
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

    pub fn comprehend(
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

    pub fn conditions(&mut self, tests: &[Node], env: &mut Env, module: &Rc<Module>) -> Predicate {
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

    pub fn quantify_over(
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
}
