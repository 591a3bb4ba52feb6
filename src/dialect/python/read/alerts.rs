//! What the functions beside the rule say of its alerts: title, grouping, severity, context.

use super::exec::Exec;
use super::module::{Binding, Function, Loader, Module};
use super::value::V;
use crate::diagnostic::codes::panther;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::Read;
use crate::model::walk::{Fold, expr_parts, predicate_parts};
use crate::model::{Alerting, Dedup, DynamicSeverity, Expr, Logic, OutputField, Predicate, Severity, Value};
use ruff_text_size::Ranged;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Reads `title`, `dedup`, `unique`, `severity` and `alert_context` into `read`. What cannot be read is a note:
/// it changes no match.
///
/// `stateful` are the variables of modules that the rule itself changes.
pub(super) fn read(
    module: &Rc<Module>,
    loader: &Loader<'_>,
    source: &super::Source<'_>,
    stateful: &BTreeSet<(String, String)>,
    text: &str,
    read: &mut Read,
) {
    let mut alerting = Alerting::default();
    let mut dedup = Dedup::default();
    let mut found = false;
    for name in ["title", "dedup", "unique", "severity", "alert_context"] {
        let Some(Binding::Function(node)) = module.names.get(name) else { continue };
        let at = Span::new(node.name.range().start().to_usize(), node.name.range().end().to_usize());
        let mut exec = Exec::new(loader, source.log_sources, text);
        exec.stateful.clone_from(stateful);
        exec.nodes = super::exec::MAX_OUTPUT_NODES;
        super::value::start_counting();
        let function = Rc::new(Function { module: module.clone(), node: node.clone() });
        let flow = exec.run(&function, vec![V::event()], at);
        let value = exec.value_of(flow);
        let mut missing: Vec<String> = Vec::new();
        let expression = |missing: &mut Vec<String>, value: &V, what: &str| match value.to_expr() {
            Some(expr) if !is_unread(&expr) => Some(expr),
            _ => {
                missing.push(what.to_owned());
                None
            }
        };
        match name {
            "title" => alerting.title = expression(&mut missing, &value, "the title"),
            "dedup" => {
                found = true;
                dedup.by = expression(&mut missing, &value, "what groups alerts").into_iter().collect();
            }
            "unique" => {
                found = true;
                dedup.unique = expression(&mut missing, &value, "what is counted once");
            }
            "severity" => {
                let mut arms = Vec::new();
                severities(&value, Predicate::Always(true), &mut arms);
                for (when, value) in arms {
                    let severity = match &value {
                        V::Str(text) if text.eq_ignore_ascii_case("default") => continue,
                        V::Str(text) => match Severity::parse(text) {
                            Some(severity) => Ok(severity),
                            None => continue,
                        },
                        other => match expression(&mut missing, other, "a severity") {
                            Some(expr) => Err(Box::new(expr)),
                            None => continue,
                        },
                    };
                    let mut used = Vec::new();
                    unread_in(&when, &mut used);
                    if !used.is_empty() {
                        missing.push("the condition of a severity".to_owned());
                        continue;
                    }
                    alerting.severity.push(DynamicSeverity { when: crate::rewrite::tidy::tidy(when), severity });
                }
            }
            _ => outputs(&value, &mut |name, value| {
                if let Some(expr) = expression(&mut missing, value, name) {
                    match read.outputs.iter_mut().find(|field| field.name == name) {
                        Some(field) => field.value = expr,
                        None => read.outputs.push(OutputField { name: name.to_owned(), value: expr }),
                    }
                }
            }),
        }
        if !missing.is_empty() {
            let reason = exec.unread.first().map_or(String::new(), |entry| format!(" ({})", entry.reason));
            read.diagnostics.push(
                Diagnostic::note(
                    panther::PYTHON_OUTPUT,
                    format!("`{name}` is read in part only: {} cannot be read{reason}", missing.join(", ")),
                )
                .at(at),
            );
        }
    }
    if found {
        alerting.dedup = Some(dedup);
    }
    read.alerting = Some(alerting);
}

fn severities(value: &V, path: Predicate, into: &mut Vec<(Predicate, V)>) {
    match value {
        V::Ite(condition, a, b) => {
            severities(a, super::pred::all([path.clone(), (**condition).clone()]), into);
            severities(b, super::pred::all([path, super::pred::not((**condition).clone())]), into);
        }
        V::None | V::Unbound => {}
        other => into.push((path, other.clone())),
    }
}

/// The keys of the returned dict with their values.
fn outputs(value: &V, field: &mut dyn FnMut(&str, &V)) {
    match value {
        V::Dict(items) => {
            for (key, value) in items.iter() {
                if let Some(name) = key.as_str() {
                    field(name, value);
                }
            }
        }
        // each branch shows its own fields; a field of both is a case distinction
        V::Ite(condition, a, b) => match (&**a, &**b) {
            (V::Dict(x), V::Dict(y)) => {
                let mut names: Vec<&V> = x.iter().map(|(key, _)| key).collect();
                names.extend(y.iter().map(|(key, _)| key).filter(|key| !x.iter().any(|(known, _)| known == *key)));
                for key in names {
                    let side = |items: &[(V, V)]| {
                        items.iter().find(|(known, _)| known == key).map_or(V::None, |(_, value)| value.clone())
                    };
                    if let Some(name) = key.as_str() {
                        field(name, &V::ite(condition, side(x), side(y)));
                    }
                }
            }
            (V::Dict(_), _) => outputs(a, field),
            (_, V::Dict(_)) => outputs(b, field),
            _ => {
                outputs(a, field);
                outputs(b, field);
            }
        },
        V::None | V::Unbound => {}
        V::Expr(e) if e.expr == Expr::Literal(Value::Null) => {}
        other => field("alert_context", other),
    }
}

fn is_unread(expr: &Expr) -> bool {
    struct Finder(bool);
    impl Fold for Finder {
        fn expr(&mut self, expr: Expr) -> Expr {
            self.0 |= matches!(expr, Expr::Unread(_));
            if self.0 { expr } else { expr_parts(self, expr) }
        }
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            self.0 |= matches!(predicate, Predicate::Unread { .. });
            if self.0 { predicate } else { predicate_parts(self, predicate) }
        }
    }
    let mut finder = Finder(false);
    finder.expr(expr.clone());
    finder.0
}

/// The entries of `unread` that a condition refers to.
pub(super) fn unread_in(predicate: &Predicate, into: &mut Vec<usize>) {
    struct Finder<'a>(&'a mut Vec<usize>);
    impl Fold for Finder<'_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            if let Expr::Unread(index) = &expr {
                self.0.push(*index);
            }
            expr_parts(self, expr)
        }
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            if let Predicate::Unread { index, .. } = &predicate {
                self.0.push(*index);
            }
            predicate_parts(self, predicate)
        }
    }
    Finder(into).predicate(predicate.clone());
}

/// The logic with the entries of `unread` numbered by their place in `used`.
pub(super) fn renumber(logic: Logic, used: &[usize]) -> Logic {
    struct Renumber<'a>(&'a [usize]);
    impl Renumber<'_> {
        fn new_index(&self, index: usize) -> usize {
            self.0.iter().position(|old| *old == index).unwrap_or(index)
        }
    }
    impl Fold for Renumber<'_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            match expr {
                Expr::Unread(index) => Expr::Unread(self.new_index(index)),
                other => expr_parts(self, other),
            }
        }
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            match predicate {
                Predicate::Unread { index, span } => Predicate::Unread { index: self.new_index(index), span },
                other => predicate_parts(self, other),
            }
        }
    }
    crate::model::walk::logic(&mut Renumber(used), logic)
}
