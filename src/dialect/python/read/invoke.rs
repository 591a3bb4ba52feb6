//! Functions whose bodies are read: parameters, the paths through them and the value that these return.

use super::exec::{Exec, MAX_CALLS};
use super::flow::{Exc, Exit, Flow};
use super::module::Function;
use super::pred;
use super::scope::CLOSURE;
use super::value::{Env, V};
use crate::diagnostic::Span;
use crate::diagnostic::codes::panther;
use crate::model::Predicate;
use std::rc::Rc;

impl Exec<'_> {
    /// Runs a function of the rule on these arguments.
    pub fn run(&mut self, function: &Rc<Function>, arguments: Vec<V>, at: Span) -> Flow {
        match self.parameters(function, None, arguments, Vec::new(), at) {
            Ok(env) => {
                self.checks.clear();
                self.block(&function.node.body, env, &function.module)
            }
            Err(_) => Flow::exits(Exit::Raise(Exc::Type, Env::default())),
        }
    }

    /// A call of a function whose body is known.
    pub fn call_function(
        &mut self,
        function: &Rc<Function>,
        seen: Option<&Env>,
        positional: Vec<V>,
        keywords: Vec<(String, V)>,
        at: Span,
    ) -> V {
        let node = &function.node;
        let key = (Rc::as_ptr(&function.module) as usize, format!("{}@{:?}", node.name, node.range));
        if self.calls.contains(&key) {
            return self.unread(at, panther::PYTHON_RECURSION, format!("calls `{}`, which calls itself", node.name));
        }
        if self.calls.len() >= MAX_CALLS || !self.burn() {
            return self.exhausted(at);
        }
        let saved_site = self.site;
        if !function.module.name.is_empty() && self.site.is_none() {
            self.site = Some(at);
        }
        let bound = self.parameters(function, seen, positional, keywords, at).map(|mut env| {
            if seen.is_some() {
                // the function itself, for calls of itself, and a mark: names may be bound after the definition
                let names = Rc::make_mut(&mut env);
                let own = V::Function(function.clone(), seen.cloned());
                names.entry(node.name.to_string()).or_insert(own);
                names.insert(CLOSURE.to_owned(), V::None);
            }
            env
        });
        let result = match bound {
            Ok(env) => {
                self.calls.push(key);
                let saved = std::mem::take(&mut self.checks);
                let flow = self.block(&node.body, env, &function.module);
                self.checks = saved;
                self.calls.pop();
                self.value_of(flow)
            }
            Err(value) => value,
        };
        self.site = saved_site;
        result
    }

    pub fn parameters(
        &mut self,
        function: &Rc<Function>,
        seen: Option<&Env>,
        positional: Vec<V>,
        mut keywords: Vec<(String, V)>,
        at: Span,
    ) -> Result<Env, V> {
        let node = &function.node;
        let mut env: Env = seen.cloned().unwrap_or_default();
        let names = Rc::make_mut(&mut env);
        let plain: Vec<_> = node.parameters.posonlyargs.iter().chain(node.parameters.args.iter()).collect();
        let mut given = positional.into_iter();
        let mut missing = Vec::new();
        for parameter in &plain {
            let name = parameter.parameter.name.to_string();
            if let Some(value) = given.next() {
                names.insert(name, value);
            } else if let Some(at) = keywords.iter().position(|(known, _)| *known == name) {
                names.insert(name, keywords.remove(at).1);
            } else {
                missing.push((name, parameter.default.as_deref()));
            }
        }
        let rest: Vec<V> = given.collect();
        match &node.parameters.vararg {
            Some(parameter) => {
                names.insert(parameter.name.to_string(), V::Seq(super::value::SeqKind::Tuple, Rc::new(rest)));
            }
            None if !rest.is_empty() => {
                self.require(Predicate::Always(false), Exc::Type);
                return Err(V::None);
            }
            None => {}
        }
        for parameter in node.parameters.kwonlyargs.iter() {
            let name = parameter.parameter.name.to_string();
            match keywords.iter().position(|(known, _)| *known == name) {
                Some(at) => {
                    names.insert(name, keywords.remove(at).1);
                }
                None => missing.push((name, parameter.default.as_deref())),
            }
        }
        match &node.parameters.kwarg {
            Some(parameter) => {
                let items = keywords.into_iter().map(|(name, value)| (V::str(name), value)).collect();
                names.insert(parameter.name.to_string(), V::Dict(Rc::new(items)));
            }
            None if !keywords.is_empty() => {
                self.require(Predicate::Always(false), Exc::Type);
                return Err(V::None);
            }
            None => {}
        }
        for (name, default) in missing {
            let Some(default) = default else {
                self.require(Predicate::Always(false), Exc::Type);
                return Err(V::None);
            };
            let mut scope = Env::default();
            let value = self.eval(default, &mut scope, &function.module);
            Rc::make_mut(&mut env).insert(name, value);
        }
        let _ = at;
        Ok(env)
    }

    /// The value that a function's paths return; exceptions become checks.
    pub fn value_of(&mut self, flow: Flow) -> V {
        let mut kinds: Vec<Exc> = Vec::new();
        for (_, exit) in &flow.exits {
            if let Exit::Raise(exception, _) = exit
                && !kinds.contains(exception)
            {
                kinds.push(*exception);
            }
        }
        for kind in kinds {
            let mut ok = Predicate::Always(true);
            for (guard, exit) in flow.exits.iter().rev() {
                ok = match exit {
                    Exit::Raise(exception, _) if *exception == kind => pred::all([pred::not(guard.clone()), ok]),
                    _ if ok == Predicate::Always(true) => ok,
                    _ => pred::any([guard.clone(), ok]),
                };
            }
            self.require(ok, kind);
        }
        let mut value = V::None;
        let mut first = flow.fall.is_none();
        for (guard, exit) in flow.exits.into_iter().rev() {
            match exit {
                Exit::Return(returned) => {
                    value = if first { returned } else { V::ite(&guard, returned, value) };
                    first = false;
                }
                // `break` and `continue` end inside their loops; an exception is a check
                Exit::Raise(..) | Exit::Break(_) | Exit::Continue(_) => {}
            }
        }
        value
    }
}
