//! Statements: what a block of a function does on every path through it.

use super::flow::{Exc, Exit, Flow, exception_of, join};
use super::module::{Function, Loader, Module};
use super::pred;
use super::scope::{GLOBAL, name_of};
use super::value::{Env, Kinds, V};
use crate::diagnostic::codes::panther;
use crate::diagnostic::{Code, Span};
use crate::dialect::python::syntax::span;
use crate::model::{Predicate, Unread};
use ruff_python_ast::{self as ast, Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Nodes that may be visited for one rule; a rule that people wrote takes a few thousand.
pub(super) const FUEL: usize = 150_000;

/// Functions inside functions.
pub(super) const MAX_CALLS: usize = 12;

/// Expressions and blocks inside each other.
pub(super) const MAX_DEPTH: usize = 90;

/// Nodes of expressions and conditions that are made on the way, copies included.
pub(super) const MAX_NODES: usize = 2_000_000;

/// The same for a function beside the rule, whose value is only shown.
pub(super) const MAX_OUTPUT_NODES: usize = 150_000;

/// The symbolic execution of one rule.
pub(super) struct Exec<'a> {
    pub loader: &'a Loader<'a>,
    pub log_sources: &'a [String],
    pub text: &'a str,
    pub unread: Vec<Unread>,
    /// What must hold for the expressions evaluated so far to raise no exception, in order.
    pub checks: Vec<(Predicate, Exc)>,
    /// The call in the rule's own text through which helper code is being read.
    pub site: Option<Span>,
    pub fuel: usize,
    /// Nodes of expressions that may be made.
    pub nodes: usize,
    pub depth: usize,
    pub calls: Vec<(usize, String)>,
    /// What the statements of a class see, by the class.
    pub class_scopes: HashMap<usize, Rc<Module>>,
    pub constants: HashMap<(usize, String), V>,
    pub resolving: BTreeSet<(usize, String)>,
    pub vars: BTreeMap<String, usize>,
    /// Functions called, for notes.
    pub models: Option<Rc<super::udm::Models>>,
    /// Variables of modules that some path of the rule rebinds or changes in place: their value depends on the
    /// events before.
    pub kept: BTreeSet<(String, String)>,
    /// Variables of modules that were found so before: they have no value.
    pub stateful: BTreeSet<(String, String)>,
    /// Which entries of `unread` stand for a text or list of the event that is repeated: no number.
    pub repeated: BTreeSet<usize>,
}

impl<'a> Exec<'a> {
    pub fn new(loader: &'a Loader<'a>, log_sources: &'a [String], text: &'a str) -> Self {
        Exec {
            loader,
            log_sources,
            text,
            unread: Vec::new(),
            checks: Vec::new(),
            site: None,
            fuel: FUEL,
            nodes: MAX_NODES,
            depth: 0,
            calls: Vec::new(),
            class_scopes: HashMap::new(),
            constants: HashMap::new(),
            resolving: BTreeSet::new(),
            vars: BTreeMap::new(),
            models: None,
            kept: BTreeSet::new(),
            stateful: BTreeSet::new(),
            repeated: BTreeSet::new(),
        }
    }

    /// Names something that cannot be read and gives the value that stands for it.
    pub fn unread(&mut self, at: Span, code: Code, reason: impl Into<String>) -> V {
        let at = self.site.unwrap_or(at);
        let line = crate::diagnostic::line_column(self.text, at.start).line;
        let reason = format!("line {line}: {}", reason.into());
        if let Some(index) = self.unread.iter().position(|entry| entry.span == Some(at) && entry.reason == reason) {
            return V::Unknown(index);
        }
        self.unread.push(Unread { code, reason, span: Some(at), text: at.text(self.text).to_owned() });
        V::Unknown(self.unread.len() - 1)
    }

    /// The same for syntax and functions outside of what is read.
    pub fn unsupported(&mut self, at: Span, reason: impl Into<String>) -> V {
        self.unread(at, panther::PYTHON_UNREAD, reason)
    }

    /// The place in the rule's own text.
    pub fn at(&self, at: Span) -> Span {
        self.site.unwrap_or(at)
    }

    /// Takes fuel; false when the budget is spent.
    pub fn burn(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0 && super::value::spent() < self.nodes && self.depth < MAX_DEPTH
    }

    /// The value for a rule that is too large to follow.
    pub fn exhausted(&mut self, at: Span) -> V {
        // told once: a list of a million members is spent at every one behind the limit
        if let Some(index) = self.unread.iter().position(|entry| entry.code == panther::PYTHON_BUDGET) {
            return V::Unknown(index);
        }
        self.unread(at, panther::PYTHON_BUDGET, "has more paths or deeper calls than are followed")
    }

    pub fn require(&mut self, ok: Predicate, exception: Exc) {
        super::value::spend(crate::rewrite::tidy::predicate_weight(&ok, 50_000));
        if ok != Predicate::Always(true) && !self.checks.iter().any(|(known, _)| *known == ok) {
            self.checks.push((ok, exception));
        }
    }

    /// Runs `inner` where `condition` holds: what it requires is required only there.
    pub fn under<T>(&mut self, condition: &Predicate, inner: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.checks.len();
        let saved = std::mem::take(&mut self.checks);
        let result = inner(self);
        let made = std::mem::replace(&mut self.checks, saved);
        debug_assert_eq!(self.checks.len(), mark);
        if made.is_empty() {
            return result;
        }
        let contrary = pred::not(condition.clone());
        super::value::spend(crate::rewrite::tidy::predicate_weight(condition, 50_000) * made.len());
        for (ok, exception) in made {
            // what is required on every path needs not be required on this one
            if !self.checks.iter().any(|(known, _)| *known == ok) {
                self.require(pred::any([contrary.clone(), ok]), exception);
            }
        }
        result
    }

    /// Runs `inner` and hands back what it requires instead of requiring it here.
    pub fn watched<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> (T, Vec<(Predicate, Exc)>) {
        let saved = std::mem::take(&mut self.checks);
        let result = inner(self);
        let made = std::mem::replace(&mut self.checks, saved);
        (result, made)
    }

    /// The exceptions of what was evaluated since the last exit.
    pub fn raised(&mut self, env: &Env) -> Vec<(Predicate, Exit)> {
        std::mem::take(&mut self.checks)
            .into_iter()
            .map(|(ok, exception)| (pred::not(ok), Exit::Raise(exception, env.clone())))
            .collect()
    }

    /// A block of statements.
    pub fn block(&mut self, body: &[Stmt], env: Env, module: &Rc<Module>) -> Flow {
        let mut flow = Flow::falls(env);
        self.depth += 1;
        for statement in body {
            let Some(env) = flow.fall.take() else { break };
            if !self.burn() {
                let value = self.exhausted(span(statement));
                flow.exits.push((Predicate::Always(true), Exit::Return(value)));
                break;
            }
            let next = self.statement(statement, env, module);
            for (guard, _) in &next.exits {
                super::value::spend(crate::rewrite::tidy::predicate_weight(guard, 50_000));
            }
            let mut closed = false;
            for (guard, exit) in next.exits {
                if guard == Predicate::Always(false) {
                    continue;
                }
                closed = guard == Predicate::Always(true);
                flow.exits.push((guard, exit));
                if closed {
                    break;
                }
            }
            flow.fall = if closed { None } else { next.fall };
        }
        self.depth -= 1;
        flow
    }

    pub fn statement(&mut self, statement: &Stmt, env: Env, module: &Rc<Module>) -> Flow {
        let at = span(statement);
        match statement {
            Stmt::Return(node) => {
                let mut env = env;
                let value = match &node.value {
                    Some(value) => self.eval(value, &mut env, module),
                    None => V::None,
                };
                let mut exits = self.raised(&env);
                exits.push((Predicate::Always(true), Exit::Return(value)));
                Flow { exits, fall: None }
            }
            Stmt::If(node) => {
                let mut branches: Vec<(Option<&Expr>, &[Stmt])> = vec![(Some(&node.test), &node.body)];
                branches.extend(node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body[..])));
                self.branches(&branches, env, module)
            }
            Stmt::Assign(node) => {
                let mut env = env;
                let value = self.eval(&node.value, &mut env, module);
                for target in &node.targets {
                    self.assign(target, value.clone(), &mut env, module);
                }
                Flow { exits: self.raised(&env), fall: Some(env) }
            }
            Stmt::AnnAssign(node) => {
                let mut env = env;
                if let Some(value) = &node.value {
                    let value = self.eval(value, &mut env, module);
                    self.assign(&node.target, value, &mut env, module);
                }
                Flow { exits: self.raised(&env), fall: Some(env) }
            }
            Stmt::AugAssign(node) => {
                let mut env = env;
                let before = self.eval(&node.target, &mut env, module);
                let with = self.eval(&node.value, &mut env, module);
                let value = match (&before, node.op) {
                    // a sum or list that grows from round to round
                    (V::Carried(name), ast::Operator::Add) if !name.is_empty() => {
                        if with.kinds().within(Kinds::LIST) && with.kinds().0 != 0 {
                            V::Cat(super::value::SeqKind::List, Rc::new(vec![before.clone(), with]))
                        } else {
                            let parts = vec![before.clone(), with];
                            let parts = V::Seq(super::value::SeqKind::Tuple, Rc::new(parts));
                            V::Bound(Rc::new(parts), Rc::from("+"))
                        }
                    }
                    _ => self.binary(node.op, &before, &with, at),
                };
                self.assign(&node.target, value, &mut env, module);
                Flow { exits: self.raised(&env), fall: Some(env) }
            }
            Stmt::Expr(node) => {
                let mut env = env;
                self.effect(&node.value, &mut env, module);
                Flow { exits: self.raised(&env), fall: Some(env) }
            }
            Stmt::Pass(_) => Flow::falls(env),
            Stmt::Break(_) => Flow::exits(Exit::Break(env)),
            Stmt::Continue(_) => Flow::exits(Exit::Continue(env)),
            Stmt::For(node) => self.for_loop(node, env, module),
            Stmt::Try(node) => self.try_statement(node, env, module),
            Stmt::Match(node) => self.match_statement(node, env, module),
            Stmt::Raise(node) => {
                let exception = node.exc.as_deref().map_or(Exc::Other, |raised| {
                    let name = match raised {
                        Expr::Call(call) => name_of(&call.func),
                        other => name_of(other),
                    };
                    exception_of(&name).unwrap_or(Exc::Other)
                });
                Flow::exits(Exit::Raise(exception, env))
            }
            Stmt::Assert(node) => {
                let mut env = env;
                let value = self.eval(&node.test, &mut env, module);
                let ok = self.truthy(&value, at);
                self.require(ok, Exc::Other);
                Flow { exits: self.raised(&env), fall: Some(env) }
            }
            Stmt::FunctionDef(node) => {
                let mut env = env;
                let function = Rc::new(Function { module: module.clone(), node: Rc::new(node.clone()) });
                let seen = env.clone();
                Rc::make_mut(&mut env).insert(node.name.to_string(), V::Function(function, Some(seen)));
                Flow::falls(env)
            }
            Stmt::Import(node) => {
                let mut env = env;
                for alias in &node.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    let value = self.import(alias.name.as_str(), None);
                    Rc::make_mut(&mut env).insert(bound, value);
                }
                Flow::falls(env)
            }
            Stmt::ImportFrom(node) => {
                let mut env = env;
                let from = node.module.as_ref().map(|name| name.to_string()).unwrap_or_default();
                for alias in &node.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    let value = self.import(&from, Some(alias.name.as_str()));
                    Rc::make_mut(&mut env).insert(bound, value);
                }
                Flow::falls(env)
            }
            Stmt::Global(node) => {
                let mut env = env;
                for name in &node.names {
                    Rc::make_mut(&mut env).insert(format!("{GLOBAL}{name}"), V::None);
                }
                Flow::falls(env)
            }
            Stmt::Nonlocal(_) => {
                Flow::exits(Exit::Return(self.unsupported(at, "changes a variable of the function around it")))
            }
            Stmt::Delete(node) => {
                let mut env = env;
                for target in &node.targets {
                    match target {
                        Expr::Name(name) => {
                            Rc::make_mut(&mut env).insert(name.id.to_string(), V::Unbound);
                        }
                        _ => {
                            let value = self.unsupported(at, "deletes a part of a value");
                            return Flow::exits(Exit::Return(value));
                        }
                    }
                }
                Flow::falls(env)
            }
            Stmt::While(_) => {
                Flow::exits(Exit::Return(self.unsupported(at, "repeats for as long as a condition holds")))
            }
            Stmt::With(_) => Flow::exits(Exit::Return(self.unsupported(at, "opens a resource"))),
            _ => Flow::exits(Exit::Return(self.unsupported(at, "uses a statement that is not read"))),
        }
    }

    pub fn branches(&mut self, branches: &[(Option<&Expr>, &[Stmt])], env: Env, module: &Rc<Module>) -> Flow {
        let Some(((test, body), rest)) = branches.split_first() else { return Flow::falls(env) };
        let Some(test) = test else { return self.block(body, env, module) };
        let mut env = env;
        let value = self.eval(test, &mut env, module);
        let condition = self.truthy(&value, span(*test));
        let raised = self.raised(&env);
        let rest_flow = |this: &mut Self, env: Env| this.branches(rest, env, module);
        let mut flow = match condition {
            Predicate::Always(true) => self.block(body, env, module),
            Predicate::Always(false) => rest_flow(self, env),
            condition => {
                let then = self.block(body, env.clone(), module);
                let otherwise = rest_flow(self, env);
                join(condition, then, otherwise)
            }
        };
        flow.exits.splice(0..0, raised);
        flow
    }

    pub fn unknown_predicate(&mut self, at: Span, reason: &str) -> Predicate {
        match self.unsupported(at, reason) {
            V::Unknown(index) => Predicate::Unread { index, span: self.at(at) },
            _ => Predicate::Always(false),
        }
    }
}
