//! Names: what they are bound to, on which paths, and where they come from.

use super::exec::Exec;
use super::flow::Exc;
use super::module::{Binding, Function, Module};
use super::pred;
use super::value::{Env, Kinds, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::Predicate;
use ruff_python_ast::{self as ast, Expr};
use std::rc::Rc;

/// What a name of a scope starts with that says that the name after it is the module's.
pub(super) const GLOBAL: &str = "global ";

/// The name that marks the scope of a function inside a function.
pub(super) const CLOSURE: &str = "closure ";

impl Exec<'_> {
    /// Binds a target to a value.
    pub fn assign(&mut self, target: &Expr, value: V, env: &mut Env, module: &Rc<Module>) {
        match target {
            Expr::Name(name) => {
                if env.contains_key(&format!("{GLOBAL}{}", name.id)) {
                    self.kept.insert((module.name.clone(), name.id.to_string()));
                }
                Rc::make_mut(env).insert(name.id.to_string(), value);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                if let Some(star) = elts.iter().position(|part| matches!(part, Expr::Starred(_))) {
                    let parts = self.unpack_rest(&value, star, elts.len() - star - 1, span(target));
                    for (part, value) in elts.iter().zip(parts) {
                        let part = if let Expr::Starred(starred) = part { &starred.value } else { part };
                        self.assign(part, value, env, module);
                    }
                    return;
                }
                let parts = self.unpack(&value, elts.len(), span(target));
                for (part, value) in elts.iter().zip(parts) {
                    self.assign(part, value, env, module);
                }
            }
            Expr::Subscript(node) => {
                let key = self.eval(&node.slice, env, module);
                let before = self.eval(&node.value, env, module);
                if let Expr::Name(name) = &*node.value
                    && !env.contains_key(name.id.as_str())
                    && before.unknown().is_none()
                {
                    self.kept.insert((module.name.clone(), name.id.to_string()));
                }
                let after = match (&before, &key) {
                    (V::Carried(_), key) if !key.carried() && !value.carried() && key.unknown().is_none() => {
                        self.require_hashable(key, span(target));
                        match value.unknown() {
                            Some(index) => V::Unknown(index),
                            None => {
                                let parts =
                                    V::Seq(super::value::SeqKind::Tuple, Rc::new(vec![before, key.clone(), value]));
                                V::Bound(Rc::new(parts), Rc::from("[]="))
                            }
                        }
                    }
                    (V::Dict(items), key)
                        if key.unknown().is_none() && !key.carried() && key.to_expr().is_some() && !key.is_scalar() =>
                    {
                        self.require_hashable(key, span(target));
                        let pair = |key: &V, item: &V| {
                            V::Seq(super::value::SeqKind::Tuple, Rc::new(vec![key.clone(), item.clone()]))
                        };
                        let mut pairs: Vec<V> = items.iter().map(|(key, item)| pair(key, item)).collect();
                        pairs.push(pair(key, &value));
                        let pairs = V::list(pairs);
                        self.calls_model(crate::model::function::PYTHON_DICT, &[&pairs], Kinds::DICT, span(target))
                    }
                    (V::Dict(items), key) if key.is_scalar() => {
                        let mut items = (**items).clone();
                        match items.iter_mut().find(|(known, _)| known == key) {
                            Some((_, slot)) => *slot = value,
                            None => items.push((key.clone(), value)),
                        }
                        V::Dict(Rc::new(items))
                    }
                    (V::Unknown(_), _) => before.clone(),
                    _ => match before.unknown().or(value.unknown()) {
                        Some(index) => V::Unknown(index),
                        None => self.unsupported(span(target), "changes a part of a value in place"),
                    },
                };
                self.assign(&node.value, after, env, module);
            }
            other => {
                // a class that is changed has not the values that stand in the text
                if let Expr::Attribute(node) = other
                    && let Expr::Name(name) = &*node.value
                    && !env.contains_key(name.id.as_str())
                {
                    self.kept.insert((module.name.clone(), name.id.to_string()));
                }
                self.unsupported(span(target), "assigns to an attribute");
            }
        }
    }

    /// The value of a name.
    pub fn name(&mut self, name: &str, env: &Env, module: &Rc<Module>, at: Span) -> V {
        if let Some(value) = env.get(name) {
            return self.bound_value(value.clone(), Predicate::Always(true));
        }
        if let Some(value) = self.global(name, module, at) {
            return value;
        }
        if super::builtins::is_builtin(name) {
            return V::Ext(Rc::from(name));
        }
        if env.contains_key(CLOSURE) {
            return self.unsupported(at, format!("reads `{name}`, which the function around it binds later"));
        }
        self.require(Predicate::Always(false), Exc::Name);
        V::None
    }

    /// A value whose unbound paths are asked for.
    pub fn bound_value(&mut self, value: V, reach: Predicate) -> V {
        match value {
            V::Unbound => {
                self.require(pred::not(reach), Exc::Name);
                V::Unbound
            }
            V::Ite(condition, then, otherwise) if has_unbound(&then) || has_unbound(&otherwise) => {
                let a = self.bound_value((*then).clone(), pred::all([reach.clone(), (*condition).clone()]));
                let b = self.bound_value((*otherwise).clone(), pred::all([reach, pred::not((*condition).clone())]));
                match (&a, &b) {
                    (V::Unbound, _) => b,
                    (_, V::Unbound) => a,
                    _ => V::ite(&condition, a, b),
                }
            }
            other => other,
        }
    }

    /// A name at the top of a module.
    pub fn global(&mut self, name: &str, module: &Rc<Module>, at: Span) -> Option<V> {
        let binding = module.names.get(name)?.clone();
        Some(match binding {
            Binding::Function(node) => V::Function(self.function(module, &node), None),
            Binding::Import { module, name } => self.import(&module, name.as_deref()),
            Binding::Other => self.unsupported(at, format!("uses `{name}`, whose value cannot be followed")),
            Binding::Constant(_) | Binding::Class(_)
                if self.stateful.contains(&(module.name.clone(), name.to_owned())) =>
            {
                self.unsupported(at, format!("uses `{name}`, which keeps its value from event to event"))
            }
            Binding::Class(class) => V::Class(class, module.clone()),
            Binding::Constant(value) => {
                let key = (Rc::as_ptr(module) as usize, name.to_owned());
                if let Some(known) = self.constants.get(&key) {
                    return Some(known.clone());
                }
                if !self.resolving.insert(key.clone()) {
                    return Some(self.unsupported(at, format!("uses `{name}`, which refers to itself")));
                }
                let mut env = Env::default();
                let (value, _) = self.watched(|this| this.eval(&value, &mut env, module));
                self.resolving.remove(&key);
                self.constants.insert(key, value.clone());
                value
            }
        })
    }

    pub fn function(&mut self, module: &Rc<Module>, node: &Rc<ast::StmtFunctionDef>) -> Rc<Function> {
        Rc::new(Function { module: module.clone(), node: node.clone() })
    }

    /// What an import binds.
    pub fn import(&mut self, module: &str, name: Option<&str>) -> V {
        match (self.loader.module(module), name) {
            (Some(found), None) => V::Module(found),
            (Some(found), Some(name)) => {
                if super::library::built_in(module, name) {
                    return V::Ext(Rc::from(format!("{module}.{name}")));
                }
                match self.global(name, &found, Span::default()) {
                    Some(value) => value,
                    None => V::Ext(Rc::from(format!("{module}.{name}"))),
                }
            }
            (None, None) => V::Ext(Rc::from(module)),
            (None, Some(name)) => match self.loader.module(&format!("{module}.{name}")) {
                Some(found) => V::Module(found),
                None => V::Ext(Rc::from(format!("{module}.{name}"))),
            },
        }
    }

    /// A name for the element of a list, unique within the rule.
    pub fn fresh(&mut self, hint: &str) -> crate::model::Var {
        let count = self.vars.entry(hint.to_owned()).or_insert(0);
        *count += 1;
        crate::model::Var(if *count == 1 { hint.to_owned() } else { format!("{hint}_{count}") })
    }
}

pub(super) fn has_unbound(value: &V) -> bool {
    match value {
        V::Unbound => true,
        V::Ite(_, a, b) => has_unbound(a) || has_unbound(b),
        _ => false,
    }
}

pub(super) fn name_of(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(node) => node.attr.to_string(),
        _ => String::new(),
    }
}
