//! Writing: a condition as a rule file that Panther runs, with the functions beside it.

mod functions;
mod helpers;
mod layout;
mod text;

use crate::model::walk::{self, Fold};
use crate::model::{
    Detection, Expr, FieldTypes, Logic, PlatformId, Predicate, Severity, Shape, Source, Step, StepKind, Test, Value,
    function as f,
};
use crate::plan::{Support, Target};
use text::{Binds, Printer};

/// Lines longer than this are broken.
const WIDTH: usize = 100;

/// What Python can say: whatever can be printed exactly.
pub(super) struct PythonTarget;

impl Target for PythonTarget {
    fn name(&self) -> &'static str {
        "python"
    }

    fn test(&self, test: &Test, _negated: bool, _types: &dyn FieldTypes) -> Support<Predicate> {
        if sayable(&Predicate::Test(test.clone())) {
            return Support::Exactly;
        }
        Support::No("this kind of test has no exact form in Python".to_owned())
    }

    fn predicate(&self, predicate: &Predicate, _types: &dyn FieldTypes) -> Support<Predicate> {
        match predicate {
            Predicate::Elements { .. } | Predicate::ExactlyOne(_) if sayable(predicate) => Support::Exactly,
            _ => Support::No("this condition has no exact form in Python".to_owned()),
        }
    }

    fn expr(&self, expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        // a variable is bound by the quantifier around it
        let mut printer = Printer::default();
        if printer.expr(&Free.expr(expr.clone())).is_some() {
            return Support::Exactly;
        }
        Support::No("this value has no exact form in Python".to_owned())
    }

    fn step(&self, _step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        Support::No("a streaming rule sees one event and can only filter".to_owned())
    }

    fn shape(&self, _shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        Support::No("a streaming rule sees one event and keeps nothing in mind".to_owned())
    }
}

/// Replaces variables by a field, so that a part can be tried on its own.
struct Free;

impl Fold for Free {
    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Var(_) => Expr::whole("item"),
            other => walk::expr_parts(self, other),
        }
    }
}

fn sayable(predicate: &Predicate) -> bool {
    Printer::default().predicate(&Free.predicate(predicate.clone())).is_some()
}

/// The rule file's text.
pub(super) fn write(logic: &Logic, detection: Option<&Detection>) -> String {
    let policy = detection.is_some_and(is_policy);
    let (name, root) = if policy { ("policy", "resource") } else { ("rule", "event") };
    let mut printer = Printer::of(root);
    let mut functions = Vec::new();
    functions.push(format!("def {name}({root}):\n{}", body(&conditions(logic), policy, &mut printer)));
    if let Some(detection) = detection {
        beside(detection, root, &mut printer, &mut functions);
    }
    let (imports, texts) = helpers::prelude(&printer.used);
    let mut out = String::new();
    let (plain, from): (Vec<String>, Vec<String>) = imports.into_iter().partition(|line| line.starts_with("import "));
    for line in plain.iter().chain(&from) {
        out.push_str(line);
        out.push('\n');
    }
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    let blocks: Vec<String> = texts.into_iter().chain(functions).collect();
    out.push_str(&blocks.join("\n\n\n"));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Whether the detection was a policy of Panther: it returns false where it alerts.
fn is_policy(detection: &Detection) -> bool {
    let own = detection.extras.get(&PlatformId::Panther).and_then(|own| own.get("document"));
    own.and_then(|own| own.get("AnalysisType")).and_then(serde_json::Value::as_str) == Some("policy")
}

/// The conjuncts of all filters.
fn conditions(logic: &Logic) -> Vec<Predicate> {
    let Logic::Pipeline(pipeline) = logic else { return vec![Predicate::Always(true)] };
    debug_assert!(matches!(pipeline.source, Source::Events | Source::Table(_)));
    let mut all = Vec::new();
    for step in &pipeline.steps {
        if let StepKind::Filter(predicate) = &step.kind {
            all.extend(predicate.conjuncts().iter().cloned());
        }
    }
    if all.is_empty() { vec![Predicate::Always(true)] } else { all }
}

/// Early returns for all conditions but the last; `denied`: the function returns false where they hold.
fn body(conditions: &[Predicate], denied: bool, printer: &mut Printer) -> String {
    let (yes, no) = if denied { ("False", "True") } else { ("True", "False") };
    let Some((last, before)) = conditions.split_last() else { return format!("    return {yes}") };
    let mut texts: Vec<String> = Vec::new();
    for condition in before {
        // the contrary of a contrary is the thing itself
        let code = match condition {
            Predicate::Not(inner) => printer.predicate(inner),
            other => printer.predicate(other).map(|code| text::negated(&code)),
        };
        texts.extend(code.map(|code| code.text));
    }
    texts.push(match printer.predicate(last) {
        Some(code) if denied => text::negated(&code).text,
        Some(code) => code.text,
        None => no.to_owned(),
    });
    let mut out = String::new();
    for line in layout::locals(printer.root, &mut texts) {
        out.push_str(&format!("    {line}\n"));
    }
    let Some((returned, guards)) = texts.split_last() else { return out };
    for guard in guards {
        if guard.len() + 8 <= WIDTH {
            out.push_str(&format!("    if {guard}:\n        return {no}\n"));
        } else {
            out.push_str(&format!("    if (\n        {}\n    ):\n        return {no}\n", layout::broken(guard, 8)));
        }
    }
    if returned.len() + 11 <= WIDTH {
        out.push_str(&format!("    return {returned}"));
    } else {
        out.push_str(&format!("    return (\n        {}\n    )", layout::broken(returned, 8)));
    }
    out
}

/// `title`, `dedup`, `severity` and `alert_context`.
fn beside(detection: &Detection, root: &str, printer: &mut Printer, functions: &mut Vec<String>) {
    if let Some(title) = &detection.alerting.title
        && let Some(text) = shown(title, printer)
    {
        functions.push(format!("def title({root}):\n    return {text}"));
    }
    if let Some(dedup) = &detection.alerting.dedup {
        let parts: Vec<String> = dedup.by.iter().filter_map(|value| shown(value, printer)).collect();
        match parts.as_slice() {
            [] => {}
            [one] => functions.push(format!("def dedup({root}):\n    return {one}")),
            many => functions.push(format!("def dedup({root}):\n    return \":\".join([{}])", many.join(", "))),
        }
        if let Some(unique) = dedup.unique.as_ref().and_then(|value| shown(value, printer)) {
            functions.push(format!("def unique({root}):\n    return {unique}"));
        }
    }
    if !detection.alerting.severity.is_empty() {
        let mut lines = String::new();
        let mut whole = false;
        for arm in &detection.alerting.severity {
            let Ok(severity) = arm.severity else { continue };
            let name = match severity {
                Severity::Informational => "INFO",
                Severity::Low => "LOW",
                Severity::Medium => "MEDIUM",
                Severity::High => "HIGH",
                Severity::Critical => "CRITICAL",
            };
            match printer.predicate(&arm.when) {
                Some(code) if code.text == "True" => {
                    lines.push_str(&format!("    return \"{name}\"\n"));
                    whole = true;
                    break;
                }
                Some(code) => lines.push_str(&format!("    if {}:\n        return \"{name}\"\n", code.text)),
                None => {}
            }
        }
        if !lines.is_empty() {
            if !whole {
                lines.push_str("    return \"DEFAULT\"\n");
            }
            functions.push(format!("def severity({root}):\n{}", lines.trim_end()));
        }
    }
    let mut lines = String::new();
    for output in &detection.outputs {
        if let Some(code) = printer.expr(&output.value) {
            lines.push_str(&format!("        {}: {},\n", text::quoted(&output.name), code.text));
        }
    }
    if !lines.is_empty() {
        functions.push(format!("def alert_context({root}):\n    return {{\n{lines}    }}"));
    }
}

/// A value as the text that an alert shows.
fn shown(value: &Expr, printer: &mut Printer) -> Option<String> {
    if let Expr::Call(name, parts) = value
        && (*name == f::CONCAT || *name == f::CONCAT_OR_EMPTY)
    {
        let mut out = String::new();
        for part in parts {
            match part {
                Expr::Literal(Value::String(fixed)) => {
                    let quoted = text::quoted(&fixed.replace('{', "{{").replace('}', "}}"));
                    out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or(""));
                }
                Expr::Call(inner, arguments) if *inner == f::PYTHON_STR => {
                    let code = printer.expr(arguments.first()?)?;
                    if code.text.contains('\'') {
                        return Some(printer.expr(value)?.text);
                    }
                    out.push_str(&format!("{{{}}}", code.text.replace('"', "'")));
                }
                other => {
                    let code = printer.expr(other)?;
                    if code.text.contains('\'') {
                        return Some(format!("str({})", printer.expr(value)?.text));
                    }
                    out.push_str(&format!("{{{}}}", code.within(Binds::Or).replace('"', "'")));
                }
            }
        }
        // quotes inside the holes were turned: a text with both kinds is joined by a function instead
        if !out.contains('\\') {
            return Some(format!("f\"{out}\""));
        }
    }
    let code = printer.expr(value)?;
    if matches!(value, Expr::Literal(Value::String(_))) {
        return Some(code.text);
    }
    Some(format!("str({})", code.text))
}
