//! What is likely wrong with a query although it can be read: names that the table reference lacks, types that the
//! engine refuses together, conditions that are never true.

use super::super::bind::{Columns, schema};
use super::Lowerer;
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::model::{Case, Expr, Pipeline, Predicate, StepKind, Test, TestKind, Value};

impl Lowerer<'_> {
    fn warn(&mut self, code: Code, message: String, span: Span) {
        let known = self.diagnostics.iter().any(|found| found.message == message);
        if !known {
            self.diagnostics.push(Diagnostic::warning(code, message).at(span));
        }
    }

    /// A table that the reference does not have.
    pub(super) fn check_table(&mut self, name: &str, span: Span) {
        if schema::table(name).is_some() || name.ends_with("_CL") {
            return;
        }
        let date = schema::SCHEMA_DATE;
        let near = match schema::near(name, schema::names()) {
            Some(near) => format!("; `{near}` is near"),
            None => " (a newer table, or a function of the workspace?)".to_owned(),
        };
        let message = format!("the table reference of {date} has no table `{name}`{near}");
        self.warn(codes::kusto::UNKNOWN_TABLE, message, span);
    }

    /// A column that the table's reference does not have.
    pub(super) fn check_column(&mut self, name: &str, columns: &Columns, span: Span) {
        let Some(table) = columns.table() else { return };
        let custom = ["_s", "_d", "_b", "_g", "_t", "_CF"].iter().any(|ending| name.ends_with(ending));
        if custom || columns.has(name) || self.types.type_of(name).is_some() || name.starts_with('$') {
            return;
        }
        let near = match schema::near(name, table.columns().map(|(column, _)| column)) {
            Some(near) => format!("; `{near}` is near"),
            None => String::new(),
        };
        let (date, table) = (schema::SCHEMA_DATE, table.name);
        let message = format!("the reference of {date} has no column `{name}` in table `{table}`{near}");
        self.warn(codes::kusto::UNKNOWN_COLUMN, message, span);
    }

    /// Filters of which no row is left: a false condition, or one value that must be two.
    pub(super) fn never_true(&mut self, pipeline: &Pipeline) {
        for step in &pipeline.steps {
            let StepKind::Filter(predicate) = &step.kind else { continue };
            if *predicate == Predicate::Always(false) {
                let message = "this condition is never true".to_owned();
                self.warn(codes::kusto::NEVER_TRUE, message, step.span);
                continue;
            }
            let mut seen: Vec<(&Expr, &str, bool)> = Vec::new();
            for conjunct in predicate.conjuncts() {
                let Predicate::Test(Test { subject, kind: TestKind::Equals { value, case, .. }, span, .. }) = conjunct
                else {
                    continue;
                };
                let Expr::Literal(Value::String(text)) = value else { continue };
                let exact = *case == Case::Sensitive;
                let differs = |other: &str, also: bool| {
                    if exact && also { other != text } else { other.to_lowercase() != text.to_lowercase() }
                };
                if let Some((_, other, _)) =
                    seen.iter().find(|(known, other, also)| *known == subject && differs(other, *also))
                {
                    let message = format!("one value cannot be `{other}` and `{text}`");
                    self.diagnostics.push(Diagnostic::warning(codes::kusto::NEVER_TRUE, message).at(*span));
                }
                seen.push((subject, text, exact));
            }
        }
    }
}
