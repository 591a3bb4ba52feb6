//! `join` and `lookup`.

use super::super::bind::{Col, Columns, Ty};
use super::super::syntax::{
    CompareOp, Expr as Node, ExprKind, JoinCondition, Operator, OperatorKind, StepKind as PathStep,
};
use super::Lowerer;
use super::flow::Flow;
use super::scalar::column;
use crate::diagnostic::codes;
use crate::model::{Expr, Join, JoinKind, StepKind};

impl<'a> Lowerer<'a> {
    /// Applies `join` or `lookup`.
    pub(super) fn join(&mut self, flow: &mut Flow, operator: &'a Operator, comments: Vec<String>) {
        let span = operator.span;
        self.several = true;
        let (join, lookup) = match &operator.kind {
            OperatorKind::Join(join) => (join, false),
            OperatorKind::Lookup(join) => (join, true),
            _ => return,
        };
        let word = operator.parameter_word("kind").map(str::to_ascii_lowercase);
        let kind = match (lookup, word.as_deref()) {
            (true, None | Some("leftouter")) => JoinKind::Lookup,
            (true, Some("inner")) => JoinKind::LookupInner,
            (false, None | Some("innerunique")) => JoinKind::InnerUnique,
            (false, Some("inner")) => JoinKind::Inner,
            (false, Some("leftouter")) => JoinKind::LeftOuter,
            (false, Some("rightouter")) => JoinKind::RightOuter,
            (false, Some("fullouter")) => JoinKind::FullOuter,
            (false, Some("leftsemi")) => JoinKind::LeftSemi,
            (false, Some("rightsemi")) => JoinKind::RightSemi,
            (false, Some("leftanti" | "anti" | "leftantisemi")) => JoinKind::LeftAnti,
            (false, Some("rightanti" | "rightantisemi")) => JoinKind::RightAnti,
            (_, Some(other)) => {
                let reason = format!("the join kind `{other}`");
                let index = self.miss(codes::kusto::UNREAD_OPERATOR, reason, span);
                flow.settle();
                flow.push(StepKind::Unread(index), span, Vec::new());
                flow.columns = Columns::open();
                return;
            }
        };
        flow.settle();
        let mut right = self.table(&join.right, None);
        right.settle();
        let keys = match &join.condition {
            Some(JoinCondition::On(list)) => {
                let mut keys = Vec::new();
                let read = list.iter().all(|node| {
                    let before = keys.len();
                    Self::keys(node, &mut keys);
                    keys.len() > before
                });
                read.then_some(keys)
            }
            _ => None,
        };
        let Some(keys) = keys else {
            let index = self.miss(codes::kusto::UNREAD_OPERATOR, "this condition of a join", span);
            flow.push(StepKind::Unread(index), span, Vec::new());
            flow.columns = Columns::open();
            return;
        };
        for (left_key, right_key) in &keys {
            if let (Some(left_name), Some(right_name)) =
                (super::scalar::plain_column(left_key), super::scalar::plain_column(right_key))
            {
                let of = |columns: &Columns, name: &str, types| {
                    columns.get(name, types, Ty::Unknown).map_or(Ty::Unknown, |column| column.ty)
                };
                let left_ty = of(&flow.columns, left_name, self.types);
                let right_ty = of(&right.columns, right_name, self.types);
                self.check_join(left_ty, right_ty, (left_name, right_name), span);
            }
        }
        let shared: Vec<String> =
            keys.iter().filter_map(|(_, right)| super::scalar::plain_column(right).map(str::to_owned)).collect();
        let columns = joined(kind, &flow.columns, &right.columns, &shared);
        let step = Join { kind, right: right.pipeline(), on: keys };
        flow.push(StepKind::Join(Box::new(step)), span, comments);
        flow.columns = columns;
    }

    fn keys(node: &Node, keys: &mut Vec<(Expr, Expr)>) {
        match &node.unwrap_parentheses().kind {
            ExprKind::Name(name) => keys.push((column(&name.text), column(&name.text))),
            ExprKind::And(operands) => {
                for operand in operands {
                    Self::keys(operand, keys);
                }
            }
            ExprKind::Compare { op: CompareOp::Equal, left: one, right: other } => {
                let (Some((a, one)), Some((b, other))) = (side(one), side(other)) else { return };
                match (a, b) {
                    (true, false) => keys.push((column(one), column(other))),
                    (false, true) => keys.push((column(other), column(one))),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// `$left.x` or `$right.x`: whether it is the left side, and the column.
fn side(node: &Node) -> Option<(bool, &str)> {
    let ExprKind::Path(path) = &node.unwrap_parentheses().kind else { return None };
    let ExprKind::Name(first) = &path.first.kind else { return None };
    let left = match first.text.as_str() {
        "$left" => true,
        "$right" => false,
        _ => return None,
    };
    match path.steps.as_slice() {
        [step] => match &step.kind {
            PathStep::Member(name) => Some((left, &name.text)),
            PathStep::Index(index) | PathStep::DotIndex(index) => match &index.kind {
                ExprKind::Literal(literal) => literal.as_str().map(|name| (left, name)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The columns behind a join: the right side's get a number where the left has their name.
fn joined(kind: JoinKind, left: &Columns, right: &Columns, keys: &[String]) -> Columns {
    match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => return left.clone(),
        JoinKind::RightSemi | JoinKind::RightAnti => return right.clone(),
        _ => {}
    }
    let closed = left.is_closed() && right.is_closed();
    let mut columns = if closed { Columns::closed(Vec::new()) } else { Columns::open() };
    for (name, ty) in left.known() {
        columns.set(Col::plain(name, ty));
    }
    let lookup = matches!(kind, JoinKind::Lookup | JoinKind::LookupInner);
    let all: Vec<(String, Ty)> = right.known();
    for (name, ty) in all {
        if lookup && keys.contains(&name) {
            continue;
        }
        let mut candidate = name.clone();
        let mut number = 0;
        while columns.has(&candidate) {
            number += 1;
            candidate = format!("{name}{number}");
        }
        columns.set(Col::plain(candidate, ty));
    }
    columns
}
