//! What a query returns of a group, as the single event shows it: a streaming rule has no groups to show.

use super::{Columns, choose, time};
use crate::model::function::kusto::aggregate;
use crate::model::walk::{self, Fold};
use crate::model::{Column, Expr, FieldRef, Logic, OutputField, Segment, StepKind};

/// The outputs over the event; an output that only a group has (a count, its first time) is left out.
pub fn of_event(logic: &Logic, outputs: &[OutputField]) -> Vec<OutputField> {
    let Logic::Pipeline(pipeline) = logic else { return outputs.to_vec() };
    let mut columns = Columns::default();
    // names of columns that no event has
    let mut of_groups: Vec<String> = Vec::new();
    for step in &pipeline.steps {
        match &step.kind {
            StepKind::Aggregate { aggregates, by, inline } => {
                let before = columns.clone();
                for column in by {
                    columns.set(&column.name, before.resolve(&column.value));
                }
                for column in aggregates {
                    match of_one(column) {
                        Some(value) => {
                            columns.set(&column.name, before.resolve(value));
                            of_groups.retain(|name| *name != column.name);
                        }
                        None => of_groups.push(column.name.clone()),
                    }
                }
                columns.closed |= !inline;
            }
            StepKind::Distinct(by) => {
                let before = columns.clone();
                for column in by {
                    columns.set(&column.name, before.resolve(&column.value));
                }
            }
            StepKind::Filter(_) | StepKind::Sort(_) | StepKind::Limit(_) => {}
            StepKind::Extend(list) | StepKind::Project(list) => {
                let lost: Vec<String> = list
                    .iter()
                    .filter(|column| reads(&column.value, &of_groups))
                    .map(|column| column.name.clone())
                    .collect();
                if choose(&step.kind, &mut columns).is_none() {
                    return Vec::new();
                }
                of_groups.extend(lost);
            }
            StepKind::Select(_) if choose(&step.kind, &mut columns).is_some() => {}
            _ => return Vec::new(),
        }
    }
    outputs
        .iter()
        .filter(|output| !reads(&output.value, &of_groups))
        .map(|output| OutputField { name: output.name.clone(), value: columns.resolve(&output.value) })
        .filter(|output| !time::is_event_time(&output.value))
        .collect()
}

/// The value that an aggregate has over a single event; `None` where it says something of the group alone.
fn of_one(column: &Column) -> Option<&Expr> {
    let Expr::Aggregate(function, arguments, None) = &column.value else { return None };
    let value = match *function {
        aggregate::MIN | aggregate::MAX | aggregate::MAKE_SET | aggregate::MAKE_LIST | aggregate::TAKE_ANY => {
            arguments.first()?
        }
        aggregate::ARG_MAX | aggregate::ARG_MIN => arguments.get(1)?,
        _ => return None,
    };
    (!time::is_event_time(value)).then_some(value)
}

/// Whether an expression reads one of these columns.
fn reads(expr: &Expr, names: &[String]) -> bool {
    struct Reads<'a>(&'a [String], bool);
    impl Fold for Reads<'_> {
        fn field(&mut self, field: FieldRef) -> Expr {
            if let Some(Segment::Key(key)) = field.path.0.first() {
                self.1 |= self.0.contains(key);
            }
            Expr::Field(field)
        }
        fn expr(&mut self, expr: Expr) -> Expr {
            self.1 |= matches!(expr, Expr::Aggregate(..));
            walk::expr_parts(self, expr)
        }
    }
    let mut reader = Reads(names, false);
    reader.expr(expr.clone());
    reader.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{Pipeline, Source, Step};

    #[test]
    fn an_event_shows_its_own_values_and_no_count() {
        let column = |name: &str, value: Expr| Column { name: name.to_owned(), value };
        let aggregate = |function, value: &str| Expr::Aggregate(function, vec![Expr::whole(value)], None);
        let steps = [
            StepKind::Extend(vec![column("Account", Expr::whole("UserId"))]),
            StepKind::Aggregate {
                aggregates: vec![
                    column("Count", Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None)),
                    column("First", aggregate(aggregate::MIN, "TimeGenerated")),
                    column("Hosts", aggregate(aggregate::MAKE_SET, "Computer")),
                ],
                by: vec![column("Account", Expr::whole("Account"))],
                inline: false,
            },
            StepKind::Extend(vec![column("Twice", Expr::whole("Count")), column("Entity", Expr::whole("Account"))]),
        ];
        let steps = steps.into_iter().map(|kind| Step::new(kind, Span::default())).collect();
        let logic = Logic::Pipeline(Pipeline { source: Source::Events, steps });
        let outputs: Vec<OutputField> = ["Count", "First", "Hosts", "Account", "Twice", "Entity"]
            .map(|name| OutputField { name: name.to_owned(), value: Expr::whole(name) })
            .into();
        let found: Vec<(String, Expr)> =
            of_event(&logic, &outputs).into_iter().map(|output| (output.name, output.value)).collect();
        assert_eq!(
            found,
            [
                ("Hosts".to_owned(), Expr::whole("Computer")),
                ("Account".to_owned(), Expr::whole("UserId")),
                ("Entity".to_owned(), Expr::whole("UserId"))
            ]
        );
    }
}
