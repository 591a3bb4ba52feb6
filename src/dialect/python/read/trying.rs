//! `try`: which paths a handler leads back, and which leave.

use super::exec::Exec;
use super::flow::{Exc, Exit, Flow, exception_of, merge};
use super::module::Module;
use super::pred;
use super::scope::name_of;
use super::value::{Env, V};
use crate::dialect::python::syntax::span;
use crate::model::Predicate;
use ruff_python_ast::{self as ast, Expr};
use std::rc::Rc;

impl Exec<'_> {
    pub fn try_statement(&mut self, node: &ast::StmtTry, env: Env, module: &Rc<Module>) -> Flow {
        let body = self.block(&node.body, env, module);
        let mut flow = Flow { exits: Vec::new(), fall: None };
        // paths that a handler leads back behind the statement: when, and the names then
        let mut caught: Vec<(Predicate, Env)> = Vec::new();
        let mut earlier: Vec<Predicate> = Vec::new();
        for (guard, exit) in body.exits {
            let Exit::Raise(exception, raised_env) = &exit else {
                flow.exits.push((pred::all(earlier.iter().cloned().map(pred::not).chain([guard])), exit));
                continue;
            };
            let mut handled = false;
            for handler in &node.handlers {
                let ast::ExceptHandler::ExceptHandler(handler) = handler;
                let Some(catches) = self.catches(handler.type_.as_deref(), *exception) else {
                    let value = self.unsupported(span(handler), "catches exceptions that cannot be told apart");
                    return Flow::exits(Exit::Return(value));
                };
                if !catches {
                    continue;
                }
                handled = true;
                let mut env = raised_env.clone();
                if let Some(name) = &handler.name {
                    let value = self.unsupported(span(handler), "reads an exception");
                    self.unread.truncate(self.unread.len().saturating_sub(1));
                    let _ = value;
                    Rc::make_mut(&mut env).insert(name.to_string(), V::Ext(Rc::from("exception")));
                }
                let inner = self.block(&handler.body, env, module);
                let reach = pred::all(earlier.iter().cloned().map(pred::not).chain([guard.clone()]));
                let mut inside: Vec<Predicate> = Vec::new();
                for (inner_guard, inner_exit) in inner.exits {
                    flow.exits.push((pred::all([reach.clone(), inner_guard.clone()]), inner_exit));
                    inside.push(inner_guard);
                }
                if let Some(env) = inner.fall {
                    caught.push((reach, env));
                    earlier.push(guard.clone());
                }
                break;
            }
            if !handled {
                flow.exits.push((pred::all(earlier.iter().cloned().map(pred::not).chain([guard])), exit));
            }
        }
        let mut fall = body.fall;
        if let Some(env) = fall.take() {
            let rest = self.block(&node.orelse, env, module);
            for (guard, exit) in rest.exits {
                flow.exits.push((pred::all(earlier.iter().cloned().map(pred::not).chain([guard])), exit));
            }
            fall = rest.fall;
        }
        flow.fall = caught.into_iter().rev().fold(fall, |after, (reach, env)| {
            Some(match after {
                Some(after) => merge(&reach, &env, &after),
                None => env,
            })
        });
        // once a handler leads behind the statement, an exit that always holds holds only on the other paths
        if flow.fall.is_some()
            && let Some((guard, _)) = flow.exits.last_mut()
            && *guard == Predicate::Always(true)
        {
            *guard = pred::all(earlier.iter().cloned().map(pred::not));
        }
        if node.finalbody.is_empty() {
            return flow;
        }
        let Some(env) = flow.fall.take() else { return flow };
        let last = self.block(&node.finalbody, env, module);
        flow.exits.extend(last.exits);
        flow.fall = last.fall;
        flow
    }

    /// Whether a handler catches an exception; `None` where that cannot be told.
    pub fn catches(&self, written: Option<&Expr>, exception: Exc) -> Option<bool> {
        let Some(written) = written else { return Some(true) };
        let names: Vec<String> = match written {
            Expr::Tuple(node) => node.elts.iter().map(name_of).collect(),
            other => vec![name_of(other)],
        };
        let mut unclear = false;
        for name in &names {
            let found = match name.as_str() {
                "Exception" | "BaseException" => return Some(true),
                "LookupError" => matches!(exception, Exc::Key | Exc::Index),
                "ArithmeticError" => exception == Exc::Zero,
                name => match exception_of(name) {
                    Some(caught) => caught == exception,
                    None => {
                        unclear |= matches!(exception, Exc::Other | Exc::Value);
                        false
                    }
                },
            };
            if found {
                return Some(true);
            }
        }
        if unclear { None } else { Some(false) }
    }
}
