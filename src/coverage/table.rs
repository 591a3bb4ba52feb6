//! Coverage as Markdown and CSV tables.

use super::count::Report;
use minijinja::context;
use minijinja::value::{Serde, Value};

/// The Markdown report: plain tables that every documentation builder renders.
///
/// # Errors
/// Never for our own template; a broken template is told as text.
pub fn markdown(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = crate::template::environment()?;
    environment.add_template("coverage.md", include_str!("../../templates/report/coverage.md.j2"))?;
    environment.get_template("coverage.md")?.render(context! { report => Value::from(Serde(report)) })
}

/// One line a technique: id, name, tactics, direct and rolled-up counts, a column a dialect, rule ids.
pub fn csv(report: &Report) -> String {
    let mut lines = vec![
        ["technique", "name", "tactics", "direct", "rolled_up"]
            .into_iter()
            .map(str::to_owned)
            .chain(report.dialects.iter().cloned())
            .chain(["rules".to_owned()])
            .map(|field| quoted(&field))
            .collect::<Vec<_>>()
            .join(","),
    ];
    for row in &report.techniques {
        let mut fields = vec![
            row.id.clone(),
            row.name.clone(),
            row.tactics.join(" "),
            row.direct.to_string(),
            row.rolled_up.to_string(),
        ];
        fields.extend(
            report.dialects.iter().map(|dialect| row.by_dialect.get(dialect).copied().unwrap_or(0).to_string()),
        );
        fields.push(row.rules.join(" "));
        lines.push(fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","));
    }
    lines.join("\r\n") + "\r\n"
}

/// A CSV field: quoted where it must be, and never a formula for a spreadsheet.
fn quoted(field: &str) -> String {
    let safe = if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field.to_owned() };
    if safe.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_fields_are_quoted_and_no_formula() {
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
