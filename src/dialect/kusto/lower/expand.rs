//! Lists as rows: `mv-expand` and `mv-apply`.

use super::super::bind::{Col, Ty};
use super::super::syntax::{Call, Expr as Node, ExprKind, MvApply, MvItem, OperatorKind, TypeOf};
use super::Lowerer;
use super::flow::Flow;
use super::summarize::{contains_aggregate, name_of};
use crate::diagnostic::Span;
use crate::model::function;
use crate::model::{ExpandColumn, Expr, Predicate, Source, StepKind, Value, Var};

impl<'a> Lowerer<'a> {
    pub(super) fn expanded(&mut self, items: &'a [MvItem], flow: &Flow) -> Vec<(ExpandColumn, Ty)> {
        let mut out = Vec::new();
        for item in items {
            let Some(named) = &item.item else { continue };
            let value = self.scalar(&named.value, &flow.columns);
            self.check_list(&value, named.value.span);
            let name = named.name().map(|name| name.text.clone()).or_else(|| name_of(&named.value));
            let to = match &item.to {
                Some(TypeOf::Scalar(name)) => Some(name.text.clone()),
                _ => None,
            };
            let ty = to.as_deref().map_or(Ty::Dynamic, Ty::by_name);
            let column = ExpandColumn { name: name.unwrap_or_else(|| "Column1".to_owned()), value: value.expr, to };
            out.push((column, ty));
        }
        out
    }

    pub(super) fn mv_apply(&mut self, flow: &mut Flow, apply: &'a MvApply, span: Span, comments: Vec<String>) {
        if self.counted(flow, apply) {
            flow.remark(comments, span);
            return;
        }
        self.settle(flow, span);
        let columns = self.expanded(&apply.items, flow);
        let mut inner = Flow::rows(Source::Events, flow.columns.clone());
        for (column, ty) in &columns {
            inner.columns.set(Col::plain(&column.name, *ty));
        }
        let mut body = self.table(&apply.body, Some(inner));
        let after = body.columns.clone();
        let steps = body.pipeline().steps;
        for (name, ty) in after.known() {
            flow.columns.set(Col::plain(name, ty));
        }
        let columns = columns.into_iter().map(|(column, _)| column).collect();
        flow.push(StepKind::Apply { columns, steps }, span, comments);
    }

    /// `mv-apply t = X on (where ... | summarize n = count())`: a column `n` with the number of elements that fit, and
    /// still one row for each event.
    pub(super) fn counted(&mut self, flow: &mut Flow, apply: &'a MvApply) -> bool {
        let ([item], None, None) = (apply.items.as_slice(), &apply.limit, &apply.id) else { return false };
        let (Some(named), None) = (&item.item, &item.to) else { return false };
        let ExprKind::Query(query) = &apply.body.unwrap_parentheses().kind else { return false };
        if flow.settled || query.source.is_some() {
            return false;
        }
        let Some((last, steps)) = query.operators.split_last() else { return false };
        let OperatorKind::Summarize(summarize) = &last.kind else { return false };
        if summarize.by.as_ref().is_some_and(|by| !by.is_empty())
            || !steps.iter().all(|step| matches!(step.kind, OperatorKind::Where(_) | OperatorKind::Extend(_)))
            || !summarize.aggregates.iter().all(|item| is_count(&item.value))
        {
            return false;
        }
        let Some(name) = named.name().map(|name| name.text.clone()).or_else(|| name_of(&named.value)) else {
            return false;
        };
        let list = self.scalar(&named.value, &flow.columns);
        let var = Var(self.fresh("element"));
        let mut columns = flow.columns.clone();
        columns.set(Col { name, ty: Ty::Dynamic, value: Expr::Var(var.clone()) });
        let mut conditions = Vec::new();
        for step in steps {
            match &step.kind {
                OperatorKind::Where(item) => conditions.push(self.truth(&item.value, &columns, true)),
                OperatorKind::Extend(items) => {
                    for item in items {
                        for (name, value) in self.item(item, &columns) {
                            columns.set(Col { name, ty: value.ty, value: value.expr });
                        }
                    }
                }
                _ => {}
            }
        }
        for item in &summarize.aggregates {
            let ExprKind::Call(call) = &item.value.unwrap_parentheses().kind else { continue };
            let mut all = conditions.clone();
            let mut default = "count_";
            if call.name.text == "countif" {
                default = "countif_";
                if let Some(condition) = call.arguments.first() {
                    all.push(self.truth(&condition.value, &columns, true));
                }
            }
            let name = item.name().map_or(default, |name| name.text.as_str()).to_owned();
            let found = Expr::Collect {
                list: Box::new(list.expr.clone()),
                var: var.clone(),
                when: Box::new(Predicate::all(all)),
                value: Box::new(Expr::Literal(Value::Int(1))),
                distinct: false,
            };
            let value = Expr::Call(function::COUNT_ELEMENTS, vec![found]);
            flow.columns.set(Col { name, ty: Ty::Long, value });
        }
        true
    }
}

pub(super) fn is_count(node: &Node) -> bool {
    match &node.unwrap_parentheses().kind {
        ExprKind::Call(call) => {
            (call.name.text == "count" && call.arguments.is_empty())
                || (call.name.text == "countif" && call.arguments.len() == 1 && !contains_aggregate_in(call))
        }
        _ => false,
    }
}

pub(super) fn contains_aggregate_in(call: &Call) -> bool {
    call.arguments.iter().any(|item| contains_aggregate(&item.value))
}
