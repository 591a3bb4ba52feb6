//! Calls: of functions that are read, of Python's builtins, of statements that change a value in place.

use super::builtins::generators;
use super::exec::Exec;
use super::flow::Exc;
use super::module::Module;
use super::pred;
use super::value::{Env, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::Predicate;
use ruff_python_ast::{self as ast, Expr as Node};
use std::rc::Rc;

/// The arguments of a call.
pub(super) struct Arguments {
    pub positional: Vec<V>,
    pub keywords: Vec<(String, V)>,
}

impl Arguments {
    pub fn get(&self, index: usize) -> Option<&V> {
        self.positional.get(index)
    }

    pub fn keyword(&self, name: &str) -> Option<&V> {
        self.keywords.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// An argument by place or name.
    pub fn either(&self, index: usize, name: &str) -> Option<&V> {
        self.get(index).or_else(|| self.keyword(name))
    }
}

impl Exec<'_> {
    pub fn arguments(&mut self, node: &ast::Arguments, env: &mut Env, module: &Rc<Module>) -> Result<Arguments, V> {
        let (mut positional, mut keywords) = (Vec::new(), Vec::new());
        for argument in &node.args {
            if let Node::Starred(starred) = argument {
                match self.eval(&starred.value, env, module) {
                    V::Seq(_, items) => positional.extend(items.iter().cloned()),
                    V::Unknown(index) => return Err(V::Unknown(index)),
                    _ => {
                        return Err(self.unsupported(span(argument), "spreads a list of unknown length over arguments"));
                    }
                }
            } else {
                positional.push(self.eval(argument, env, module));
            }
        }
        for keyword in &node.keywords {
            let value = self.eval(&keyword.value, env, module);
            match (&keyword.arg, value) {
                (Some(name), value) => keywords.push((name.to_string(), value)),
                (None, V::Dict(items)) => {
                    for (key, value) in items.iter() {
                        if let Some(name) = key.as_str() {
                            keywords.push((name.to_owned(), value.clone()));
                        }
                    }
                }
                (None, V::Unknown(index)) => return Err(V::Unknown(index)),
                (None, _) => return Err(self.unsupported(span(keyword), "spreads an unknown dict over arguments")),
            }
        }
        Ok(Arguments { positional, keywords })
    }

    pub fn call(&mut self, node: &ast::ExprCall, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(node);
        if let (Node::Name(name), [Node::Generator(generator)]) = (&*node.func, &*node.arguments.args)
            && matches!(name.id.as_str(), "any" | "all")
            && node.arguments.keywords.is_empty()
            && !env.contains_key(name.id.as_str())
        {
            return V::truth(self.quantify(generator, name.id.as_str() == "all", env, module));
        }
        if let (Node::Name(name), [Node::Generator(generator), rest @ ..]) = (&*node.func, &*node.arguments.args)
            && name.id.as_str() == "next"
            && node.arguments.keywords.is_empty()
            && !env.contains_key("next")
        {
            let mut positional = vec![self.lazily(generator, env, module)];
            for argument in rest {
                positional.push(self.eval(argument, env, module));
            }
            return self.builtin("next", &Arguments { positional, keywords: Vec::new() }, at);
        }
        if let Node::Attribute(attribute) = &*node.func {
            let base = self.eval(&attribute.value, env, module);
            let arguments = match self.arguments(&node.arguments, env, module) {
                Ok(arguments) => arguments,
                Err(value) => return value,
            };
            let name = attribute.attr.as_str();
            if matches!(
                name,
                "append"
                    | "add"
                    | "extend"
                    | "update"
                    | "pop"
                    | "remove"
                    | "insert"
                    | "setdefault"
                    | "clear"
                    | "discard"
                    | "sort"
            ) && !matches!(base, V::Ext(_) | V::Module(_))
            {
                return self.changed(attribute, &base, &arguments, env, module, at);
            }
            return self.call_attribute(&base, name, &arguments, at);
        }
        let mut callee = self.eval(&node.func, env, module);
        // a function of this very scope sees the names as they are now
        if let (Node::Name(_), V::Function(_, seen @ Some(_))) = (&*node.func, &mut callee) {
            *seen = Some(env.clone());
        }
        let arguments = match self.arguments(&node.arguments, env, module) {
            Ok(arguments) => arguments,
            Err(value) => return value,
        };
        self.apply(&callee, &arguments, at)
    }

    /// A generator of which the first member alone is asked: what comes behind it raises nothing.
    pub fn lazily(&mut self, generator: &ast::ExprGenerator, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(generator);
        let (value, checks) = self.watched(|this| this.eval(&Node::Generator(generator.clone()), env, module));
        let mut made = Vec::new();
        generators(&value, &mut made);
        for (ok, exception) in checks {
            let ok = match made.iter().find_map(|made| self.until_first(&ok, made, at)) {
                Some(relaxed) => relaxed,
                None => ok,
            };
            self.require(ok, exception);
        }
        value
    }

    pub fn call_attribute(&mut self, base: &V, name: &str, arguments: &Arguments, at: Span) -> V {
        match base {
            V::Ext(module) => {
                let full = format!("{module}.{name}");
                self.library(&full, arguments, at)
            }
            V::Module(module) => {
                let module = module.clone();
                let callee = self.import(&module.name, Some(name));
                self.apply(&callee, arguments, at)
            }
            V::Class(class, module) => {
                let (class, module) = (class.clone(), module.clone());
                self.call_of_class(&class, &module, name, arguments, at)
            }
            V::Member(..) => self.unsupported(at, "calls a method of an enumeration"),
            other => self.leaves(other, &mut |this, leaf| this.method(leaf, name, arguments, at)),
        }
    }

    /// Calls a value.
    pub fn apply(&mut self, callee: &V, arguments: &Arguments, at: Span) -> V {
        match callee {
            V::Function(function, seen) => {
                let (function, seen) = (function.clone(), seen.clone());
                self.call_function(
                    &function,
                    seen.as_ref(),
                    arguments.positional.clone(),
                    arguments.keywords.clone(),
                    at,
                )
            }
            V::Lambda(lambda) => {
                let lambda = lambda.clone();
                let mut env = lambda.env.clone();
                if let Some(parameters) = &lambda.node.parameters {
                    let mut given = arguments.positional.iter();
                    for parameter in parameters.posonlyargs.iter().chain(parameters.args.iter()) {
                        let name = parameter.parameter.name.to_string();
                        let value = match (given.next(), arguments.keyword(&name), &parameter.default) {
                            (Some(value), ..) | (None, Some(value), _) => value.clone(),
                            (None, None, Some(default)) => self.eval(default, &mut env.clone(), &lambda.module),
                            (None, None, None) => {
                                self.require(Predicate::Always(false), Exc::Type);
                                V::None
                            }
                        };
                        Rc::make_mut(&mut env).insert(name, value);
                    }
                }
                self.eval(&lambda.node.body, &mut env, &lambda.module)
            }
            V::Ext(name) => {
                let name = name.clone();
                if name.contains('.') { self.library(&name, arguments, at) } else { self.builtin(&name, arguments, at) }
            }
            V::Bound(base, name) => {
                let (base, name) = (base.clone(), name.clone());
                self.call_attribute(&base, &name, arguments, at)
            }
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.apply(a, arguments, at));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.apply(b, arguments, at));
                V::ite(condition, then, otherwise)
            }
            V::Unknown(index) => V::Unknown(*index),
            V::None | V::Bool(_) | V::Int(_) | V::Str(_) | V::Float(_) | V::Unbound => {
                self.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            V::Class(class, _) => {
                let reason = format!("makes an object of the class `{}`", class.name);
                self.unsupported(at, reason)
            }
            _ => self.unsupported(at, "calls a value of the event"),
        }
    }
}
