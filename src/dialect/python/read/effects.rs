//! Statements that change a value in place.

use super::calls::Arguments;
use super::exec::Exec;
use super::flow::Exc;
use super::module::Module;
use super::value::{Env, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::Predicate;
use ruff_python_ast::{self as ast, Expr as Node};
use std::rc::Rc;

impl Exec<'_> {
    /// An expression as a statement.
    pub fn effect(&mut self, node: &Node, env: &mut Env, module: &Rc<Module>) {
        if let Node::Call(call) = node {
            let name = super::scope::name_of(&call.func);
            let quiet = match &*call.func {
                Node::Name(_) => matches!(name.as_str(), "print" | "dbprint"),
                Node::Attribute(attribute) => {
                    matches!(&*attribute.value, Node::Name(base) if matches!(base.id.as_str(), "logging" | "logger" | "log"))
                }
                _ => false,
            };
            if quiet {
                return;
            }
        }
        let value = self.eval(node, env, module);
        if let Some(index) = value.unknown() {
            // nothing is done with the value: what it needs to run is all that counts, and that is not known
            self.require(Predicate::Unread { index, span: self.at(span(node)) }, Exc::Other);
        }
    }

    /// A method that changes its value in place.
    pub fn changed(
        &mut self,
        target: &ast::ExprAttribute,
        base: &V,
        arguments: &Arguments,
        env: &mut Env,
        module: &Rc<Module>,
        at: Span,
    ) -> V {
        let first = arguments.get(0).cloned();
        let after = match (target.attr.as_str(), base, first) {
            (_, V::Unknown(index), _) => V::Unknown(*index),
            ("append" | "add", V::Seq(kind, items), Some(item)) => {
                if *kind == SeqKind::Set && items.contains(&item) {
                    base.clone()
                } else if *kind == SeqKind::Set && !item.is_scalar() {
                    V::Cat(*kind, Rc::new(vec![base.clone(), V::Seq(*kind, Rc::new(vec![item]))]))
                } else {
                    V::Seq(*kind, Rc::new(items.iter().cloned().chain([item]).collect()))
                }
            }
            ("append" | "add", V::Cat(..) | V::Gen(_) | V::Ite(..) | V::Carried(_), Some(item)) => {
                let kind = if target.attr.as_str() == "add" { SeqKind::Set } else { SeqKind::List };
                appended(base, V::Seq(kind, Rc::new(vec![item])), kind)
            }
            ("append", V::Expr(e), Some(item)) if !e.frozen && e.kinds.within(Kinds::LIST) => {
                appended(base, V::list(vec![item]), SeqKind::List)
            }
            ("extend" | "update", V::Seq(..) | V::Cat(..) | V::Gen(_) | V::Carried(_), Some(more))
                if !matches!(more, V::Dict(_)) =>
            {
                let kind = if target.attr.as_str() == "update" { SeqKind::Set } else { SeqKind::List };
                let more = self.as_list(&more, at);
                appended(base, more, kind)
            }
            ("update", V::Dict(items), more) => {
                let mut entries = (**items).clone();
                let mut unknown = None;
                if let Some(more) = &more {
                    match more {
                        V::Dict(more) => {
                            for (key, value) in more.iter() {
                                put(&mut entries, key.clone(), value.clone());
                            }
                        }
                        V::Unknown(index) => unknown = Some(V::Unknown(*index)),
                        _ => unknown = Some(self.unsupported(at, "merges a dict whose keys are not known")),
                    }
                }
                for (name, value) in &arguments.keywords {
                    put(&mut entries, V::str(name.clone()), value.clone());
                }
                unknown.unwrap_or(V::Dict(Rc::new(entries)))
            }
            ("setdefault", V::Dict(items), Some(key)) if key.is_scalar() => {
                if let Some((_, value)) = items.iter().find(|(known, _)| *known == key) {
                    return value.clone();
                }
                let value = arguments.get(1).cloned().unwrap_or(V::None);
                let mut entries = (**items).clone();
                put(&mut entries, key, value.clone());
                self.assign(&target.value, V::Dict(Rc::new(entries)), env, module);
                return value;
            }
            ("pop", V::Dict(items), Some(key)) if key.is_scalar() => {
                let found = items.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
                let rest: Vec<_> = items.iter().filter(|(known, _)| *known != key).cloned().collect();
                self.assign(&target.value, V::Dict(Rc::new(rest)), env, module);
                return match (found, arguments.get(1)) {
                    (Some(value), _) => value,
                    (None, Some(default)) => default.clone(),
                    (None, None) => {
                        self.require(Predicate::Always(false), Exc::Key);
                        V::None
                    }
                };
            }
            ("remove" | "discard", V::Seq(kind, items), Some(item))
                if item.is_scalar() && items.iter().all(V::is_scalar) =>
            {
                match items.iter().position(|known| *known == item) {
                    Some(place) => {
                        let rest: Vec<V> = items
                            .iter()
                            .enumerate()
                            .filter(|(at, _)| *at != place)
                            .map(|(_, item)| item.clone())
                            .collect();
                        V::Seq(*kind, Rc::new(rest))
                    }
                    None => {
                        if target.attr.as_str() == "remove" {
                            self.require(Predicate::Always(false), Exc::Value);
                        }
                        base.clone()
                    }
                }
            }
            // read-only values have none of these methods
            (_, V::Expr(e), _) if e.frozen => {
                self.require(Predicate::Always(false), Exc::Attribute);
                return V::None;
            }
            (name, ..) => self.unsupported(at, format!("changes a value in place by `{name}`")),
        };
        match &*target.value {
            Node::Name(name) if !env.contains_key(name.id.as_str()) && after.unknown().is_none() => {
                let unknown = self.unsupported(at, format!("changes `{}`, a variable of the module", name.id));
                self.assign(&target.value, unknown, env, module);
            }
            Node::Name(_) | Node::Subscript(_) => self.assign(&target.value, after, env, module),
            _ => {
                if after.unknown().is_none() {
                    self.unsupported(at, "changes a value that has no name");
                }
            }
        }
        V::None
    }
}

pub(super) fn appended(base: &V, more: V, kind: SeqKind) -> V {
    match base {
        V::Cat(known, parts) => V::Cat(*known, Rc::new(parts.iter().cloned().chain([more]).collect())),
        _ => V::Cat(kind, Rc::new(vec![base.clone(), more])),
    }
}

pub(super) fn put(entries: &mut Vec<(V, V)>, key: V, value: V) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, slot)) => *slot = value,
        None => entries.push((key, value)),
    }
}
