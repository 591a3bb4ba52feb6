//! What stands beside `rule`: `title`, `dedup`, `unique`, `severity` and `alert_context`.

use super::layout;
use super::text::{self, Binds, Printer};
use crate::model::{Detection, Expr, Severity, Value, function as f};

/// The functions that the detection's alerts need.
pub(super) fn functions(detection: &Detection, root: &str, printer: &mut Printer<'_>) -> Vec<String> {
    let mut functions = Vec::new();
    let alerting = &detection.alerting;
    if let Some(text) = alerting.title.as_ref().and_then(|title| shown(title, printer)) {
        functions.push(format!("def title({root}):\n{}", formatted(&text, root)));
    }
    let dedup = alerting.dedup.as_ref();
    let by = dedup.map(|dedup| dedup.by.as_slice()).filter(|by| !by.is_empty());
    let by = by.or_else(|| alerting.suppression.as_ref().map(|suppression| suppression.by.as_slice()));
    if let Some(text) = by.and_then(|by| group(by, printer)) {
        functions.push(format!("def dedup({root}):\n{}", returned(&text)));
    }
    if let Some(unique) = dedup.and_then(|dedup| dedup.unique.as_ref()).and_then(|value| shown(value, printer)) {
        functions.push(format!("def unique({root}):\n{}", returned(&unique)));
    }
    functions.extend(severity(detection, root, printer));
    let mut lines = String::new();
    for output in &detection.outputs {
        if let Some(code) = printer.expr(&output.value) {
            let key = format!("{}: ", text::quoted(&output.name));
            lines.push_str(&format!("        {key}{},\n", layout::value(&code.text, 8, key.len() + 1)));
        }
    }
    if !lines.is_empty() {
        functions.push(format!("def alert_context({root}):\n    return {{\n{lines}    }}"));
    }
    functions
}

/// The return of a text; where the line would be too long, what it shows has names.
fn formatted(text: &str, root: &str) -> String {
    if text.len() + 11 <= super::WIDTH || !text.starts_with("f\"") {
        return returned(text);
    }
    let (lines, text) = layout::named_holes(root, text);
    lines.into_iter().chain([returned(&text)]).collect::<Vec<_>>().join("\n")
}

/// The values of a group as one text.
fn group(by: &[Expr], printer: &mut Printer<'_>) -> Option<String> {
    if let [one] = by {
        return shown(one, printer);
    }
    let parts: Option<Vec<String>> = by.iter().map(|value| Some(printer.expr(value)?.within(Binds::Or))).collect();
    let parts = parts.filter(|parts| !parts.is_empty())?;
    let holes: Vec<String> = parts.iter().map(|part| format!("{{{}}}", part.replace('"', "'"))).collect();
    let line = format!("f\"{}\"", holes.join(":"));
    let plain = parts.iter().all(|part| !part.contains(['\'', '\\', '{']));
    if plain && line.len() + 11 <= super::WIDTH {
        return Some(line);
    }
    let texts: Vec<String> = by.iter().map(|value| shown(value, printer)).collect::<Option<_>>()?;
    Some(format!("\":\".join([{}])", texts.join(", ")))
}

fn returned(text: &str) -> String {
    layout::statement("return ", text, "", 4).trim_end().to_owned()
}

fn severity(detection: &Detection, root: &str, printer: &mut Printer<'_>) -> Option<String> {
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
            Some(code) => {
                lines.push_str(&layout::statement("if ", &layout::truth(&code.text), ":", 4));
                lines.push_str(&format!("        return \"{name}\"\n"));
            }
            None => {}
        }
    }
    if lines.is_empty() {
        return None;
    }
    if !whole {
        lines.push_str("    return \"DEFAULT\"\n");
    }
    Some(format!("def severity({root}):\n{}", lines.trim_end()))
}

/// A value as the text that an alert shows.
fn shown(value: &Expr, printer: &mut Printer<'_>) -> Option<String> {
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
