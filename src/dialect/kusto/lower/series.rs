//! `make-series`, and functions that yield several values at once.

use super::super::bind::{Col, Columns, Ty, functions};
use super::super::syntax::{ExprKind, Item, MakeSeries, MakeSeriesRange, Names, Operator};
use super::Lowerer;
use super::flow::Flow;
use super::scalar::{self, Typed};
use super::summarize::{name_of, unique};
use crate::model::{Column, Expr, Segment, Series, StepKind, TableStep, Value};

impl<'a> Lowerer<'a> {
    /// `make-series ... on ... from ... to ... step ... by ...`
    pub(super) fn make_series(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        series: &'a MakeSeries,
        comments: Vec<String>,
    ) {
        let mut names: Vec<String> = Vec::new();
        let mut list: Vec<Col> = Vec::new();
        let mut by = Vec::new();
        for item in series.by.iter().flatten() {
            let (name, value) = self.named(item, &flow.columns, &mut names);
            list.push(Col::plain(&name, value.ty));
            by.push(Column { name, value: value.expr });
        }
        let mut aggregates = Vec::new();
        for made in &series.aggregates {
            let default = match &made.default {
                Some(item) => self.scalar(&item.value, &flow.columns).expr,
                None => Expr::Literal(Value::Int(0)),
            };
            for named in self.aggregate_item(&made.item, &flow.columns, &mut names) {
                list.push(Col::plain(&named.column.name, Ty::Dynamic));
                aggregates.push((named.column, default.clone()));
            }
        }
        let (name, value) = self.named(&series.on, &flow.columns, &mut names);
        list.push(Col::plain(&name, Ty::Dynamic));
        let axis = Column { name, value: value.expr };
        let columns = flow.columns.clone();
        let (from, to, step, closed) = match &series.range {
            MakeSeriesRange::FromToStep { from, to, step } => {
                let mut bound = |node: &'a Option<Box<super::super::syntax::Expr>>| {
                    node.as_ref().map(|node| self.scalar(node, &columns).expr)
                };
                let (from, to) = (bound(from), bound(to));
                (from, to, self.scalar(step, &columns).expr, false)
            }
            MakeSeriesRange::InRange(items) => {
                let mut ends = items.iter().map(|item| self.scalar(&item.value, &columns).expr);
                let (from, to) = (ends.next(), ends.next());
                let Some(step) = ends.next() else {
                    self.unread_operator(flow, operator);
                    return;
                };
                (from, to, step, true)
            }
        };
        flow.close_filters();
        let nonempty = operator.parameter_word("kind") == Some("nonempty");
        let step = Series { aggregates, axis, from, to, step, by, nonempty, closed };
        flow.push(StepKind::Table(Box::new(TableStep::Series(step))), operator.span, comments);
        flow.columns = Columns::closed(list);
    }

    /// A value with the name that its column gets.
    pub(super) fn named(&mut self, item: &'a Item, columns: &Columns, names: &mut Vec<String>) -> (String, Typed) {
        let value = self.scalar(&item.value, columns);
        let name = match item.name() {
            Some(name) => name.text.clone(),
            None => name_of(&item.value).unwrap_or_else(|| "Column".to_owned()),
        };
        (unique(name, names), value)
    }

    /// The columns of a call that yields several values: all of them without a name, the first with one name, as many as
    /// there are names otherwise.
    pub(super) fn several_values(&mut self, item: &'a Item, columns: &Columns) -> Option<Vec<(String, Typed)>> {
        let parts = several(&item.value)?;
        let ExprKind::Call(call) = &item.value.unwrap_parentheses().kind else { return None };
        let value = self.scalar(&item.value, columns);
        let stem = call.arguments.first().and_then(|item| name_of(&item.value)).unwrap_or_default();
        let names: Vec<String> = match &item.names {
            Names::None => parts.iter().map(|part| format!("{}_{stem}_{part}", call.name.text)).collect(),
            Names::One(name) => vec![name.text.clone()],
            Names::List(list) => list.iter().map(|name| name.text.clone()).collect(),
        };
        let column = |(at, name): (usize, String)| {
            let expr = match value.expr {
                Expr::Unread(index) => Expr::Unread(index),
                ref call => scalar::into(call.clone(), Segment::Index(i64::try_from(at).unwrap_or(0))),
            };
            let ty = match parts.get(at) {
                Some(&("line_fit" | "baseline" | "seasonal" | "trend" | "residual" | "ad_flag" | "ad_score")) => {
                    Ty::Dynamic
                }
                Some(&("periods" | "scores")) => Ty::Dynamic,
                Some(&("min_idx" | "max_idx" | "split_idx")) => Ty::Long,
                _ => Ty::Real,
            };
            (name, Typed::new(expr, ty))
        };
        Some(names.into_iter().enumerate().map(column).collect())
    }
}

/// The names of the values that a call yields, where it yields several.
pub(super) fn several(node: &super::super::syntax::Expr) -> Option<&'static [&'static str]> {
    match &node.unwrap_parentheses().kind {
        ExprKind::Call(call) => functions::scalar(&call.name.text).and_then(functions::several),
        _ => None,
    }
}
