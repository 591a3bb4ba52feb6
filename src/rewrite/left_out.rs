//! Columns that were not read, left out: what an alert shows loses them, which rows there are does not depend on them
//! (rule 5).

use crate::model::walk::{self, Fold};
use crate::model::{Column, Expr, FieldRef, NamePattern, Pipeline, Predicate, Select, Step, StepKind};

/// A column that is left out, and the entry of `unread` that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Index into `unread`.
    pub index: usize,
}

/// The pipeline without the columns that were not read; `None` where there are none, or something that was read needs
/// one of them. Conditions that were not read stay where they are.
pub fn without_columns(pipeline: &Pipeline) -> Option<(Pipeline, Vec<LeftOut>)> {
    let mut gone: Vec<LeftOut> = Vec::new();
    let mut all: Vec<LeftOut> = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    for (at, step) in pipeline.steps.iter().enumerate() {
        let kind = match &step.kind {
            StepKind::Extend(columns) => {
                let mut kept: Vec<Column> = Vec::new();
                for column in columns {
                    match &column.value {
                        Expr::Unread(index) => {
                            gone.push(LeftOut { name: column.name.clone(), index: *index });
                            all.push(LeftOut { name: column.name.clone(), index: *index });
                        }
                        value if reads(value, &gone) => return None,
                        _ => {
                            gone.retain(|left| left.name != column.name);
                            kept.push(column.clone());
                        }
                    }
                }
                StepKind::Extend(kept)
            }
            StepKind::Select(Select::Keep { names, ordered }) => {
                StepKind::Select(Select::Keep { names: remaining(names, &gone), ordered: *ordered })
            }
            StepKind::Select(Select::Drop(names)) => {
                let kind = StepKind::Select(Select::Drop(remaining(names, &gone)));
                gone.retain(|left| !names.iter().any(|name| name.fits(&left.name)));
                kind
            }
            StepKind::Select(Select::Rename(pairs)) => {
                let mut kept = Vec::new();
                for (new, old) in pairs {
                    match gone.iter_mut().find(|left| left.name == *old) {
                        Some(left) => left.name.clone_from(new),
                        None => kept.push((new.clone(), old.clone())),
                    }
                }
                StepKind::Select(Select::Rename(kept))
            }
            // An order alone chooses no rows.
            StepKind::Sort(keys) if !limited(pipeline.steps.get(at + 1..).unwrap_or_default()) => {
                let kept = keys.iter().filter(|key| !matches!(key.value, Expr::Unread(_)) && !reads(&key.value, &gone));
                StepKind::Sort(kept.cloned().collect())
            }
            other => {
                if needs(step, &gone) {
                    return None;
                }
                if matches!(
                    other,
                    StepKind::Aggregate { inline: false, .. } | StepKind::Project(_) | StepKind::Distinct(_)
                ) {
                    gone.clear();
                }
                other.clone()
            }
        };
        let empty = match &kind {
            StepKind::Extend(columns) => columns.is_empty(),
            StepKind::Select(Select::Keep { names, .. } | Select::Drop(names)) => names.is_empty(),
            StepKind::Select(Select::Rename(pairs)) => pairs.is_empty(),
            StepKind::Sort(keys) => keys.is_empty(),
            _ => false,
        };
        if !empty {
            steps.push(Step { kind, ..step.clone() });
        }
    }
    (!all.is_empty()).then(|| (Pipeline { source: pipeline.source.clone(), steps }, all))
}

fn remaining(names: &[NamePattern], gone: &[LeftOut]) -> Vec<NamePattern> {
    names.iter().filter(|name| !gone.iter().any(|left| left.name == name.0)).cloned().collect()
}

fn limited(later: &[Step]) -> bool {
    later.iter().any(|step| matches!(step.kind, StepKind::Limit(_) | StepKind::Table(_)))
}

fn reads(value: &Expr, gone: &[LeftOut]) -> bool {
    let mut reading = Reading { gone, found: false };
    reading.expr(value.clone());
    reading.found
}

fn needs(step: &Step, gone: &[LeftOut]) -> bool {
    let mut reading = Reading { gone, found: false };
    reading.step(step.clone());
    reading.found
}

/// Whether something reads a column that is gone, or is a value that was not read.
struct Reading<'a> {
    gone: &'a [LeftOut],
    found: bool,
}

impl Fold for Reading<'_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        self.found |= matches!(expr, Expr::Unread(_));
        walk::expr_parts(self, expr)
    }

    fn field(&mut self, field: FieldRef) -> Expr {
        let name = field.path.to_string();
        self.found |= self.gone.iter().any(|left| {
            name.strip_prefix(left.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        Expr::Field(field)
    }

    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        walk::predicate_parts(self, predicate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{Source, Test, TestKind};

    fn pipeline(steps: Vec<StepKind>) -> Pipeline {
        let steps = steps.into_iter().map(|kind| Step::new(kind, Span::default())).collect();
        Pipeline { source: Source::Events, steps }
    }

    fn keep(names: &[&str]) -> StepKind {
        let names = names.iter().map(|&name| NamePattern(name.to_owned())).collect();
        StepKind::Select(Select::Keep { names, ordered: true })
    }

    #[test]
    fn columns_go_and_what_names_them_goes_with_them() {
        let unread = Column { name: "verdict".to_owned(), value: Expr::Unread(3) };
        let made = || StepKind::Extend(vec![unread.clone()]);
        let condition = StepKind::Filter(Predicate::Unread { index: 4, span: Span::default() });
        let (rest, left) =
            without_columns(&pipeline(vec![made(), condition.clone(), keep(&["a", "verdict"])])).unwrap();
        assert_eq!(rest, pipeline(vec![condition, keep(&["a"])]));
        assert_eq!(left, [LeftOut { name: "verdict".to_owned(), index: 3 }]);
        let test = Test::new(Expr::whole("verdict"), TestKind::Present, Span::default());
        assert_eq!(without_columns(&pipeline(vec![made(), StepKind::Filter(test.into())])), None);
        assert_eq!(without_columns(&pipeline(vec![keep(&["a"])])), None);
    }
}
