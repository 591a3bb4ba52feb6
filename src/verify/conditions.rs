//! The condition under which an event survives a pipeline, computed columns written out.

use crate::model::walk::{self, Fold};
use crate::model::{
    Column, Expr, FieldPath, FieldRef, Logic, Pipeline, Predicate, Segment, Select, Source, Step, StepKind,
};
use std::collections::HashMap;

/// Whether the logic looks at each event alone: what it says of one does not depend on others.
pub fn alone(logic: &Logic) -> bool {
    let Logic::Pipeline(pipeline) = logic else { return false };
    fn own(pipeline: &Pipeline) -> bool {
        let source = match &pipeline.source {
            Source::Events | Source::Table(_) => true,
            Source::Pipeline(inner) => own(inner),
            _ => false,
        };
        source && steps(&pipeline.steps)
    }
    fn steps(list: &[Step]) -> bool {
        list.iter().all(|step| {
            matches!(
                step.kind,
                StepKind::Filter(_)
                    | StepKind::Extend(_)
                    | StepKind::Project(_)
                    | StepKind::Select(_)
                    | StepKind::Sort(_)
                    | StepKind::Distinct(_)
                    | StepKind::Expand { .. }
                    | StepKind::Apply { .. }
                    | StepKind::Parse { .. }
            )
        })
    }
    own(pipeline)
}

/// The condition under which a row of an event survives, where that is all there is to the logic: filters, and columns
/// that are computed, renamed, kept or dropped.
pub fn row_condition(logic: &Logic) -> Option<Predicate> {
    keeps_rows(logic).then(|| condition(logic).unwrap_or(Predicate::Always(true)))
}

fn keeps_rows(logic: &Logic) -> bool {
    let Logic::Pipeline(pipeline) = logic else { return false };
    alone(logic)
        && !matches!(pipeline.source, Source::Pipeline(_))
        && pipeline.steps.iter().all(|step| {
            matches!(
                step.kind,
                StepKind::Filter(_)
                    | StepKind::Extend(_)
                    | StepKind::Project(_)
                    | StepKind::Select(_)
                    | StepKind::Sort(_)
                    | StepKind::Distinct(_)
            )
        })
}

/// The condition of the filters before the first step that looks at several events, computed columns replaced by what
/// they are computed from. `None` for a pipeline without filters and for shapes.
pub fn condition(logic: &Logic) -> Option<Predicate> {
    match logic {
        Logic::Pipeline(pipeline) => of_pipeline(pipeline),
        _ => None,
    }
}

/// [`condition`] of a pipeline.
pub fn of_pipeline(pipeline: &Pipeline) -> Option<Predicate> {
    let mut found = Vec::new();
    let mut columns = Columns::default();
    collect(pipeline, &mut columns, &mut found);
    if found.is_empty() { None } else { Some(Predicate::all(found)) }
}

fn collect(pipeline: &Pipeline, columns: &mut Columns, found: &mut Vec<Predicate>) {
    if let Source::Pipeline(inner) = &pipeline.source {
        collect(inner, columns, found);
    }
    for step in &pipeline.steps {
        match &step.kind {
            StepKind::Filter(predicate) => found.push(columns.predicate(predicate.clone())),
            StepKind::Extend(list) => columns.extend(list),
            StepKind::Project(list) => columns.project(list),
            StepKind::Select(Select::Rename(pairs)) => {
                for (new, old) in pairs {
                    let value = columns.expr(Expr::Field(FieldRef::new(
                        FieldPath::column(old.clone()),
                        crate::model::ArrayMode::Whole,
                    )));
                    columns.0.insert(new.clone(), value);
                }
            }
            StepKind::Expand { columns: list, .. } => {
                for column in list {
                    let value = columns.expr(column.value.clone());
                    let element =
                        Expr::Path(Box::new(value), FieldPath(vec![Segment::Index(0)]), crate::model::ArrayMode::Whole);
                    columns.0.insert(column.name.clone(), element);
                }
            }
            StepKind::Select(_) | StepKind::Sort(_) | StepKind::Distinct(_) => {}
            _ => return,
        }
    }
}

/// What computed columns stand for.
#[derive(Default)]
struct Columns(HashMap<String, Expr>);

impl Columns {
    fn extend(&mut self, list: &[Column]) {
        for column in list {
            let value = self.expr(column.value.clone());
            self.0.insert(column.name.clone(), value);
        }
    }

    fn project(&mut self, list: &[Column]) {
        let kept: Vec<(String, Expr)> =
            list.iter().map(|column| (column.name.clone(), self.expr(column.value.clone()))).collect();
        self.0 = kept
            .into_iter()
            .filter(|(name, value)| {
                // A column that is only kept stays itself.
                value.as_field().is_none_or(|field| field.path.as_column() != Some(name))
            })
            .collect();
    }
}

impl Fold for Columns {
    fn field(&mut self, field: FieldRef) -> Expr {
        let Some((Segment::Key(name), rest)) = field.path.0.split_first() else { return Expr::Field(field) };
        match (self.0.get(name), rest.is_empty()) {
            (None, _) => Expr::Field(field),
            (Some(Expr::Field(whole)), _) => {
                let mut path = whole.path.clone();
                path.0.extend(rest.iter().cloned());
                Expr::Field(FieldRef { path, mode: field.mode, optional: field.optional })
            }
            (Some(value), true) => value.clone(),
            (Some(value), false) => Expr::Path(Box::new(value.clone()), FieldPath(rest.to_vec()), field.mode),
        }
    }

    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        // A query inside an expression has columns of its own.
        pipeline
    }

    fn expr(&mut self, expr: Expr) -> Expr {
        walk::expr_parts(self, expr)
    }
}
