//! Reading: `rule(event)` or `policy(resource)` executed symbolically into a condition. Nothing is run.
//!
//! `module` finds names, `exec` follows statements, `eval` and `ops` expressions, `loops` quantifiers, `calls`,
//! `methods` and `library` functions, `udm` data models; `alerts` reads the functions beside the rule, `rewrite::tidy`
//! simplifies the result. Semantics: `spec/panther-python.md` and Panther's runtime.

mod accumulate;
mod alerts;
mod arithmetic;
mod binding;
mod builtins;
mod calls;
mod class;
mod comprehend;
mod contain;
mod effects;
mod eval;
mod exec;
mod flow;
mod invoke;
mod iterate;
mod keys;
mod library;
mod loops;
mod matching;
mod methods;
pub(super) mod module;
mod ops;
mod pred;
mod scope;
mod subscript;
mod trying;
mod udm;
mod value;

use crate::diagnostic::codes::panther;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::{Helpers, Read, ReadContext};
use crate::model::{Logic, Predicate};
use exec::Exec;
use flow::Exit;
use module::{Binding, Function, Loader, Module};
use ruff_text_size::Ranged;
use std::rc::Rc;
use value::V;

/// Stack on which a rule is followed, in bytes; touched only as far as it is needed.
const STACK: usize = 256 << 20;

/// Reads a rule file's Python.
///
/// # Errors
/// Text that is no Python 3, and text without `rule` or `policy`.
pub(super) fn read(text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
    let (helpers, log_sources) = (context.helpers, context.log_sources);
    // calls inside calls inside expressions: the depth is bounded, the caller's stack may still be too small for it
    let reader = || stacker::grow(STACK, || execute(text, &Source { helpers, log_sources }));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(reader)).unwrap_or_else(|_| {
        Err(vec![Diagnostic::error(panther::PYTHON_BUDGET, "the rule could not be followed to its end")])
    })
}

/// What of the context the reader needs.
struct Source<'a> {
    helpers: &'a dyn Helpers,
    log_sources: &'a [String],
}

fn execute(text: &str, context: &Source<'_>) -> Result<Read, Vec<Diagnostic>> {
    let syntax = super::syntax::parse(text)?;
    let module = Rc::new(Module::new("", syntax));
    let loader = Loader::new(context.helpers);
    let (function, wanted) = match (module.names.get("rule"), module.names.get("policy")) {
        (Some(Binding::Function(node)), _) => (node.clone(), true),
        (_, Some(Binding::Function(node))) => (node.clone(), false),
        _ => {
            return Err(vec![Diagnostic::error(
                panther::NO_RULE,
                "there is neither `def rule(event)` nor `def policy(resource)` in the text",
            )]);
        }
    };
    let at = Span::new(function.range().start().to_usize(), function.range().end().to_usize());
    let function = Rc::new(Function { module: module.clone(), node: function });
    let mut stateful = std::collections::BTreeSet::new();
    let (mut exec, flow) = loop {
        value::start_counting();
        let mut exec = Exec::new(&loader, context.log_sources, text);
        exec.stateful = stateful.clone();
        let flow = exec.run(&function, vec![V::event()], at);
        // a variable of a module that this rule changes has not the value that stands in the text: read once more
        let found: std::collections::BTreeSet<_> = exec.kept.union(&stateful).cloned().collect();
        if found == stateful {
            break (exec, flow);
        }
        stateful = found;
    };
    if value::spent() >= exec.nodes {
        // what was found so far is too large to be of use: the whole rule is one part that is not read
        let V::Unknown(index) = exec.exhausted(at) else { return Err(Vec::new()) };
        let mut read = Read::new(Logic::filter(Predicate::Unread { index: 0, span: at }, at));
        read.unread = exec.unread.into_iter().skip(index).take(1).collect();
        return Ok(read);
    }
    let mut met = Predicate::Always(false);
    for (guard, exit) in flow.exits.into_iter().rev() {
        met = match exit {
            Exit::Return(value) => {
                // what a rule returns must be a boolean, anything else is an error of the rule
                let exact = exec.identical(&value, &V::Bool(wanted), at);
                pred::ite(&guard, exact, met)
            }
            _ => pred::all([pred::not(guard), met]),
        };
    }
    let met = crate::rewrite::tidy::tidy(met);
    let mut read = Read::new(Logic::filter(met, at));
    read.unread = exec.unread;
    alerts::read(&module, &loader, context, &stateful, text, &mut read);
    keep_used(&mut read);
    Ok(read)
}

/// Drops entries of `unread` that the condition does not need: parts that no path reaches.
fn keep_used(read: &mut Read) {
    let Some(condition) = read.logic.as_filter() else { return };
    let mut used: Vec<usize> = Vec::new();
    alerts::unread_in(&condition, &mut used);
    used.sort_unstable();
    used.dedup();
    if used.len() == read.unread.len() {
        return;
    }
    let entries = std::mem::take(&mut read.unread);
    read.unread =
        entries.into_iter().enumerate().filter(|(index, _)| used.contains(index)).map(|(_, entry)| entry).collect();
    let logic = std::mem::replace(&mut read.logic, Logic::Unread(0));
    read.logic = alerts::renumber(logic, &used);
}
