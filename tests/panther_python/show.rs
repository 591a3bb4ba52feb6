//! A condition as a tree of short lines, for looking at what was extracted.

use ruleglot::model::{Expr, Predicate, Test, TestKind, Value};
use std::fmt::Write as _;

/// The tree; tests whose number is in `marked` have a mark before them.
pub fn tree(predicate: &Predicate, marked: &[usize]) -> String {
    let mut out = String::new();
    let mut number = 0;
    part(predicate, 0, &mut number, marked, &mut out);
    out
}

fn part(predicate: &Predicate, depth: usize, number: &mut usize, marked: &[usize], out: &mut String) {
    let pad = "  ".repeat(depth);
    let mut several = |word: &str, items: &[Predicate], out: &mut String| {
        let _ = writeln!(out, "  {pad}{word}");
        items.iter().for_each(|item| part(item, depth + 1, number, marked, out));
    };
    match predicate {
        Predicate::All(items) => several("all", items, out),
        Predicate::Any(items) => several("any", items, out),
        Predicate::ExactlyOne(items) => several("one", items, out),
        Predicate::Not(inner) => several("not", std::slice::from_ref(inner), out),
        Predicate::Elements { quantifier, list, var, body } => {
            several(&format!("{quantifier:?} {} in {}", var.0, expr(list)), std::slice::from_ref(body), out);
        }
        Predicate::Test(found) => {
            let mark = if marked.contains(number) { "* " } else { "  " };
            *number += 1;
            let _ = writeln!(out, "{mark}{pad}{}", test(found));
        }
        Predicate::Always(flag) => drop(writeln!(out, "  {pad}{flag}")),
        Predicate::Unread { index, .. } => drop(writeln!(out, "  {pad}unread {index}")),
    }
}

fn flat(predicate: &Predicate) -> String {
    let joined =
        |items: &[Predicate], word: &str| format!("({})", items.iter().map(flat).collect::<Vec<_>>().join(word));
    match predicate {
        Predicate::All(items) => joined(items, " & "),
        Predicate::Any(items) => joined(items, " | "),
        Predicate::Not(inner) => format!("!{}", flat(inner)),
        Predicate::Test(found) => test(found),
        Predicate::Elements { quantifier, list, var, body } => {
            format!("{quantifier:?} {} in {}: {}", var.0, expr(list), flat(body))
        }
        other => format!("{other:?}"),
    }
}

fn test(test: &Test) -> String {
    let subject = expr(&test.subject);
    match &test.kind {
        TestKind::Equals { value, .. } => format!("{subject} = {}", expr(value)),
        TestKind::In { values, .. } => {
            let listed: Vec<String> = values.iter().take(4).map(expr).collect();
            format!("{subject} in [{}{}]", listed.join(", "), if values.len() > 4 { ", ..." } else { "" })
        }
        TestKind::Contains { value, .. } => format!("{subject} contains {}", expr(value)),
        TestKind::StartsWith { value, .. } => format!("{subject} starts {}", expr(value)),
        TestKind::EndsWith { value, .. } => format!("{subject} ends {}", expr(value)),
        TestKind::Regex { pattern, .. } => format!("{subject} =~ {}", expr(pattern)),
        TestKind::Compare { ordering, value, .. } => format!("{subject} {ordering:?} {}", expr(value)),
        TestKind::IsKind { kinds } => format!("{subject} is {kinds:?}"),
        other => format!("{subject} {other:?}"),
    }
}

fn expr(found: &Expr) -> String {
    match found {
        Expr::Literal(Value::String(text)) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Expr::Literal(value) => format!("{value:?}").chars().take(80).collect(),
        Expr::Field(field) if field.path.0.is_empty() => "event".to_owned(),
        Expr::Field(field) => format!("{}", field.path),
        Expr::Var(var) => format!("${}", var.0),
        Expr::Path(base, path, _) => format!("{}.{path}", expr(base)),
        Expr::Call(name, arguments) => {
            format!("{}({})", name.0, arguments.iter().map(expr).collect::<Vec<_>>().join(", "))
        }
        Expr::Case(arms, otherwise) => {
            let arms: Vec<String> =
                arms.iter().map(|arm| format!("{} -> {}", flat(&arm.when), expr(&arm.then))).collect();
            format!("case[{}; else {}]", arms.join("; "), expr(otherwise))
        }
        Expr::Truth(inner) => format!("truth({})", flat(inner)),
        Expr::List(items) => format!("[{}]", items.iter().map(expr).collect::<Vec<_>>().join(", ")),
        Expr::Collect { list, var, when, value, .. } => {
            format!("[{} for {} in {} if {}]", expr(value), var.0, expr(list), flat(when))
        }
        other => format!("{other:?}").chars().take(200).collect(),
    }
}
