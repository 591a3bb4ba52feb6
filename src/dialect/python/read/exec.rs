//! Statements: what a block of a function does on every path through it.

use super::module::{Binding, Function, Loader, Module};
use super::pred;
use super::value::{Env, Kinds, V};
use crate::diagnostic::codes::panther;
use crate::diagnostic::{Code, Span};
use crate::dialect::python::syntax::span;
use crate::model::{Predicate, Unread};
use ruff_python_ast::{self as ast, Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Nodes that may be visited for one rule; a rule that people wrote takes a few thousand.
const FUEL: usize = 150_000;
/// Functions inside functions.
const MAX_CALLS: usize = 12;
/// Expressions and blocks inside each other.
const MAX_DEPTH: usize = 90;
/// Nodes of expressions and conditions that are made on the way, copies included.
const MAX_NODES: usize = 2_000_000;
/// The same for a function beside the rule, whose value is only shown.
pub(super) const MAX_OUTPUT_NODES: usize = 150_000;

/// Exceptions, as far as handlers tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exc {
    Key,
    Index,
    Attribute,
    Type,
    Value,
    Name,
    Zero,
    /// An exception that the rule raises itself, or any that a handler cannot name.
    Other,
}

/// How a path leaves a block.
#[derive(Debug, Clone)]
pub(super) enum Exit {
    Return(V),
    Raise(Exc, Env),
    Break(Env),
    Continue(Env),
}

/// What a block does: the first exit whose guard holds, else the names as they are behind it.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub exits: Vec<(Predicate, Exit)>,
    pub fall: Option<Env>,
}

impl Flow {
    pub fn falls(env: Env) -> Self {
        Flow { exits: Vec::new(), fall: Some(env) }
    }

    pub fn exits(exit: Exit) -> Self {
        Flow { exits: vec![(Predicate::Always(true), exit)], fall: None }
    }
}

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
    calls: Vec<(usize, String)>,
    constants: HashMap<(usize, String), V>,
    resolving: BTreeSet<(usize, String)>,
    pub vars: BTreeMap<String, usize>,
    /// Functions called, for notes.
    pub models: Option<Rc<super::udm::Models>>,
    /// Variables of modules that some path of the rule rebinds or changes in place: their value depends on the
    /// events before.
    pub kept: BTreeSet<(String, String)>,
    /// Variables of modules that were found so before: they have no value.
    pub stateful: BTreeSet<(String, String)>,
}

/// What a name of a scope starts with that says that the name after it is the module's.
const GLOBAL: &str = "global ";
/// The name that marks the scope of a function inside a function.
const CLOSURE: &str = "closure ";

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
            constants: HashMap::new(),
            resolving: BTreeSet::new(),
            vars: BTreeMap::new(),
            models: None,
            kept: BTreeSet::new(),
            stateful: BTreeSet::new(),
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

    fn statement(&mut self, statement: &Stmt, env: Env, module: &Rc<Module>) -> Flow {
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
                let function = Rc::new(Function { module: module.clone(), node: node.clone() });
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

    fn branches(&mut self, branches: &[(Option<&Expr>, &[Stmt])], env: Env, module: &Rc<Module>) -> Flow {
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

    fn try_statement(&mut self, node: &ast::StmtTry, env: Env, module: &Rc<Module>) -> Flow {
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
    fn catches(&self, written: Option<&Expr>, exception: Exc) -> Option<bool> {
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

    fn match_statement(&mut self, node: &ast::StmtMatch, env: Env, module: &Rc<Module>) -> Flow {
        let mut env = env;
        let subject = self.eval(&node.subject, &mut env, module);
        let raised = self.raised(&env);
        let mut flow = self.cases(&subject, &node.cases, env, module);
        flow.exits.splice(0..0, raised);
        flow
    }

    fn cases(&mut self, subject: &V, cases: &[ast::MatchCase], env: Env, module: &Rc<Module>) -> Flow {
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

    fn pattern(&mut self, subject: &V, pattern: &ast::Pattern, env: &mut Env, module: &Rc<Module>) -> Predicate {
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
    fn match_sequence(
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
    fn match_mapping(
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

    pub fn unknown_predicate(&mut self, at: Span, reason: &str) -> Predicate {
        match self.unsupported(at, reason) {
            V::Unknown(index) => Predicate::Unread { index, span: self.at(at) },
            _ => Predicate::Always(false),
        }
    }

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
            _ => {
                self.unsupported(span(target), "assigns to an attribute");
            }
        }
    }

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

    fn parameters(
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

    /// The value of a name.
    pub fn name(&mut self, name: &str, env: &Env, module: &Rc<Module>, at: Span) -> V {
        if let Some(value) = env.get(name) {
            return self.bound_value(value.clone(), Predicate::Always(true));
        }
        if let Some(value) = self.global(name, module, at) {
            return value;
        }
        if super::calls::is_builtin(name) {
            return V::Ext(Rc::from(name));
        }
        if env.contains_key(CLOSURE) {
            return self.unsupported(at, format!("reads `{name}`, which the function around it binds later"));
        }
        self.require(Predicate::Always(false), Exc::Name);
        V::None
    }

    /// A value whose unbound paths are asked for.
    fn bound_value(&mut self, value: V, reach: Predicate) -> V {
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
            Binding::Constant(_) if self.stateful.contains(&(module.name.clone(), name.to_owned())) => {
                self.unsupported(at, format!("uses `{name}`, which keeps its value from event to event"))
            }
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

    fn function(&mut self, module: &Rc<Module>, node: &Rc<ast::StmtFunctionDef>) -> Rc<Function> {
        Rc::new(Function { module: module.clone(), node: (**node).clone() })
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

fn has_unbound(value: &V) -> bool {
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

fn exception_of(name: &str) -> Option<Exc> {
    Some(match name {
        "KeyError" => Exc::Key,
        "IndexError" => Exc::Index,
        "AttributeError" => Exc::Attribute,
        "TypeError" => Exc::Type,
        "ValueError" | "JSONDecodeError" | "UnicodeDecodeError" | "ParserError" | "AddressValueError"
        | "NetmaskValueError" => Exc::Value,
        "NameError" | "UnboundLocalError" => Exc::Name,
        "ZeroDivisionError" => Exc::Zero,
        _ => return None,
    })
}

/// Two branches of a condition as one flow.
pub(super) fn join(condition: Predicate, then: Flow, otherwise: Flow) -> Flow {
    let with = |guard: &Predicate, exits: Vec<(Predicate, Exit)>| {
        exits.into_iter().map(|(inner, exit)| (pred::all([guard.clone(), inner]), exit)).collect::<Vec<_>>()
    };
    let contrary = pred::not(condition.clone());
    match (then.fall, otherwise.fall) {
        (None, fall) => {
            let mut exits = with(&condition, then.exits);
            exits.extend(otherwise.exits);
            Flow { exits, fall }
        }
        (Some(fall), None) => {
            let mut exits = with(&contrary, otherwise.exits);
            exits.extend(then.exits);
            Flow { exits, fall: Some(fall) }
        }
        (Some(a), Some(b)) => {
            let mut exits = with(&condition, then.exits);
            exits.extend(with(&contrary, otherwise.exits));
            Flow { exits, fall: Some(merge(&condition, &a, &b)) }
        }
    }
}

/// The names behind two branches.
pub(super) fn merge(condition: &Predicate, then: &Env, otherwise: &Env) -> Env {
    if Rc::ptr_eq(then, otherwise) {
        return then.clone();
    }
    let mut names = BTreeMap::new();
    for (name, value) in then.iter() {
        let merged = match otherwise.get(name) {
            Some(other) if other == value => value.clone(),
            Some(other) => V::ite(condition, value.clone(), other.clone()),
            None => V::ite(condition, value.clone(), V::Unbound),
        };
        names.insert(name.clone(), merged);
    }
    for (name, value) in otherwise.iter() {
        if !then.contains_key(name) {
            names.insert(name.clone(), V::ite(condition, V::Unbound, value.clone()));
        }
    }
    Rc::new(names)
}
