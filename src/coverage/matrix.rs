//! Coverage as the matrix: a column a tactic, a cell a technique, for pages of documentation builds (spec/coverage.md).

use super::count::Report;
use crate::attack::{Matrix, Technique};
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

/// A column.
#[derive(Serialize)]
struct Column {
    id: String,
    name: String,
    covered: usize,
    cells: Vec<Cell>,
}

/// A technique under a tactic.
#[derive(Serialize)]
struct Cell {
    id: String,
    name: String,
    link: String,
    /// Rules for it and its sub-techniques, each once.
    rules: usize,
    /// `few`, `some`, `many`, or nothing for none.
    shade: &'static str,
    /// Sub-techniques with a rule of their own, and all of them.
    subs: (usize, usize),
}

/// The matrix as an HTML fragment: lists in a grid under one class, no blank line, nothing loaded from elsewhere.
///
/// # Errors
/// Never for our own template; a broken template is told as text.
pub fn html(report: &Report, matrix: &Matrix) -> Result<String, minijinja::Error> {
    let mut environment = crate::template::environment()?;
    environment.add_template("matrix.html", include_str!("../../templates/report/matrix.html.j2"))?;
    let columns: Vec<Column> = matrix
        .tactics
        .iter()
        .map(|tactic| {
            let of =
                |technique: &&Technique| technique.parent.is_none() && technique.tactics.contains(&tactic.shortname);
            let cells: Vec<Cell> =
                matrix.current().filter(of).map(|technique| cell(technique, report, matrix)).collect();
            let covered = cells.iter().filter(|cell| cell.rules > 0).count();
            Column { id: tactic.id.clone(), name: tactic.name.clone(), covered, cells }
        })
        .collect();
    let rendered = environment.get_template("matrix.html")?.render(context! {
        report => Value::from(Serde(report)),
        columns => Value::from(Serde(&columns)),
    })?;
    // A blank line would end the block of HTML in Markdown.
    Ok(rendered.lines().filter(|line| !line.trim().is_empty()).fold(String::new(), |text, line| text + line + "\n"))
}

fn cell(technique: &Technique, report: &Report, matrix: &Matrix) -> Cell {
    let rules = rules_of(report, &technique.id);
    let subs: Vec<&Technique> =
        matrix.current().filter(|sub| sub.parent.as_deref() == Some(technique.id.as_str())).collect();
    Cell {
        id: technique.id.clone(),
        name: technique.name.clone(),
        link: format!("https://attack.mitre.org/techniques/{}/", technique.id),
        rules,
        shade: match rules {
            0 => "",
            1 => "few",
            2..=4 => "some",
            _ => "many",
        },
        subs: (subs.iter().filter(|sub| rules_of(report, &sub.id) > 0).count(), subs.len()),
    }
}

fn rules_of(report: &Report, id: &str) -> usize {
    report.techniques.iter().find(|row| row.id == id).map_or(0, |row| row.rolled_up)
}

/// The badge that shields.io draws from JSON.
pub fn badge(report: &Report) -> serde_json::Value {
    let share = percent(report);
    let color = match share {
        share if share >= 50.0 => "brightgreen",
        share if share >= 25.0 => "green",
        share if share >= 10.0 => "yellow",
        _ => "orange",
    };
    serde_json::json!({
        "schemaVersion": 1,
        "label": format!("ATT&CK v{}", report.attack_version),
        "message": format!("{} of {} techniques ({share:.0} %)", report.techniques_covered, report.techniques_total),
        "color": color,
    })
}

/// The share of techniques with a rule, in percent.
pub fn percent(report: &Report) -> f64 {
    if report.techniques_total == 0 {
        return 0.0;
    }
    report.techniques_covered as f64 * 100.0 / report.techniques_total as f64
}
