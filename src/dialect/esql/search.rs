//! Where a condition may ask the index: `field : value` instead of MV_CONTAINS.
//!
//! Both ask each value of a field and are never null. The search reads better and every version with full-text
//! functions knows it, but it takes fields of the index only, and none behind STATS or LIMIT.

use std::collections::HashSet;

use super::tree::*;
use crate::model::{FieldKind, FieldTypes, ParsePart, Select, StepKind};

/// What the commands so far have left of the index.
#[derive(Default)]
pub struct Searchable {
    computed: HashSet<String>,
    ended: bool,
    /// Something else than a filter was passed.
    changed: bool,
}

impl Searchable {
    /// Whether nothing but filters was passed: only there may a query in KQL stand.
    pub fn on_events(&self) -> bool {
        !self.changed
    }

    /// Takes note of rows that are no events.
    pub fn compute(&mut self) {
        self.changed = true;
    }

    /// Takes note of a step: the columns that it computes are no fields of the index.
    pub fn pass(&mut self, step: &StepKind) {
        self.changed |= !matches!(step, StepKind::Filter(_));
        match step {
            StepKind::Filter(_) | StepKind::Sort(_) | StepKind::Select(Select::Keep { .. } | Select::Drop(_)) => {}
            StepKind::Extend(columns) | StepKind::Project(columns) => {
                self.computed.extend(columns.iter().map(|column| column.name.clone()));
            }
            StepKind::Select(Select::Rename(pairs)) => {
                self.computed.extend(pairs.iter().flat_map(|(new, old)| [new.clone(), old.clone()]));
            }
            StepKind::Expand { columns, .. } => {
                self.computed.extend(columns.iter().map(|column| column.name.clone()));
            }
            StepKind::Parse { parts, .. } => self.computed.extend(parts.iter().filter_map(|part| match part {
                ParsePart::Column(name, _) => Some(name.clone()),
                _ => None,
            })),
            _ => self.ended = true,
        }
    }

    /// Writes the searches of a WHERE as such. The words of analysed text are something else than its whole.
    pub fn search(&self, expr: &mut Expr, types: &dyn FieldTypes) {
        if self.ended {
            return;
        }
        match &mut expr.kind {
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter_mut().for_each(|operand| self.search(operand, types));
            }
            ExprKind::Not(inner) => self.search(inner, types),
            ExprKind::Call { name, args, .. } if name == "mv_contains" => {
                let [Expr { kind: ExprKind::Name(field), .. }, Expr { kind: ExprKind::Literal(_), .. }] =
                    args.as_slice()
                else {
                    return;
                };
                let analysed = types.type_of(&field.name).is_some_and(|found| found.kind == FieldKind::Text);
                if analysed || self.computed.contains(&field.name) {
                    return;
                }
                let mut args = std::mem::take(args).into_iter();
                if let (Some(left), Some(right)) = (args.next(), args.next()) {
                    expr.kind = ExprKind::Matches { left: Box::new(left), right: Box::new(right) };
                }
            }
            _ => {}
        }
    }
}
