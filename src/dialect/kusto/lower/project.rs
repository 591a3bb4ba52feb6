//! Operators that compute, choose and rename columns.

use super::super::bind::{Col, Columns, Ty};
use super::super::syntax::{Expr as Node, ExprKind, Item};
use super::Lowerer;
use super::flow::{self, Flow};
use super::scalar::{self, Typed};
use super::summarize::{name_of, unique};
use crate::diagnostic::Span;
use crate::model::{Column, NamePattern, Select, StepKind};

impl<'a> Lowerer<'a> {
    /// The columns that an item of `extend` or `project` makes.
    pub(super) fn item(&mut self, item: &'a Item, columns: &Columns) -> Vec<(String, Typed)> {
        if matches!(item.value.kind, ExprKind::Star) {
            return columns
                .known()
                .into_iter()
                .map(|(name, ty)| {
                    let value =
                        columns.get(&name, self.types, ty).map_or_else(|| scalar::column(&name), |col| col.value);
                    (name, Typed::new(value, ty))
                })
                .collect();
        }
        if let Some(found) = self.several_values(item, columns) {
            return found;
        }
        let value = self.scalar(&item.value, columns);
        match &item.names {
            super::super::syntax::Names::List(names) => {
                // (a, b) = f(): elements of a list.
                let at = |at: usize, name: &super::super::syntax::Name| {
                    let index = crate::model::Segment::Index(i64::try_from(at).unwrap_or(0));
                    (name.text.clone(), Typed::new(scalar::into(value.expr.clone(), index), Ty::Dynamic))
                };
                names.iter().enumerate().map(|(place, name)| at(place, name)).collect()
            }
            _ => {
                let name = item.name().map(|name| name.text.clone()).or_else(|| name_of(&item.value));
                let name = name.unwrap_or_else(|| "Column".to_owned());
                self.derived(&name, &value);
                vec![(name, value)]
            }
        }
    }

    pub(super) fn extend(&mut self, flow: &mut Flow, items: &'a [Item], span: Span, comments: Vec<String>) {
        let mut made: Vec<Column> = Vec::new();
        let mut large = false;
        // Every item sees the columns as they were before.
        let before = flow.columns.clone();
        for item in items {
            for (name, value) in self.item(item, &before) {
                let name = if name == "Column" {
                    let mut taken: Vec<String> = flow.columns.known().into_iter().map(|(name, _)| name).collect();
                    taken.extend(made.iter().map(|column: &Column| column.name.clone()));
                    unique(name, &mut taken)
                } else {
                    name
                };
                large |= scalar::size(&value.expr, scalar::MAX_HELPER) >= scalar::MAX_HELPER;
                if flow.settled {
                    made.push(Column { name, value: value.expr });
                    if let Some(column) = made.last() {
                        flow.columns.set(Col::plain(&column.name, value.ty));
                    }
                } else {
                    flow.columns.set(Col { name, ty: value.ty, value: value.expr });
                }
            }
        }
        if flow.settled {
            let circular = made
                .iter()
                .enumerate()
                .any(|(at, column)| made.iter().take(at).any(|earlier| flow::reads(&column.value, &earlier.name)));
            if circular {
                let own: Vec<String> = made.iter().map(|_| self.fresh("__value")).collect();
                let (first, second) = made
                    .into_iter()
                    .zip(&own)
                    .map(|(column, name)| {
                        let value = scalar::column(name);
                        (Column { name: name.clone(), value: column.value }, Column { name: column.name, value })
                    })
                    .unzip();
                flow.push(StepKind::Extend(first), span, comments);
                flow.push(StepKind::Extend(second), span, Vec::new());
                let gone = own.into_iter().map(NamePattern).collect();
                flow.push(StepKind::Select(Select::Drop(gone)), span, Vec::new());
            } else if !made.is_empty() {
                flow.push(StepKind::Extend(made), span, comments);
            }
        } else {
            flow.remark(comments, span);
            if large {
                self.settle(flow, span);
            }
        }
    }

    /// Only these columns from here on.
    pub(super) fn replace_columns(&mut self, flow: &mut Flow, list: Vec<Col>, span: Span, comments: Vec<String>) {
        if flow.settled {
            let columns = list.iter().map(|col| Column { name: col.name.clone(), value: col.value.clone() }).collect();
            flow.push(StepKind::Project(columns), span, comments);
            flow.columns = Columns::closed(list);
            flow.columns.settle();
        } else {
            let large = list.iter().any(|col| scalar::size(&col.value, scalar::MAX_HELPER) >= scalar::MAX_HELPER);
            flow.columns = Columns::closed(list);
            flow.remark(comments, span);
            if large {
                self.settle(flow, span);
            }
        }
    }

    pub(super) fn away(&mut self, flow: &mut Flow, list: &'a [Node], span: Span, comments: Vec<String>) {
        let patterns = patterns(list);
        let wild = patterns.iter().any(|pattern| pattern.0.contains('*'));
        if flow.settled || (wild && !flow.columns.is_closed()) {
            self.settle(flow, span);
            for (name, _) in flow.columns.known() {
                if patterns.iter().any(|pattern| pattern.fits(&name)) {
                    flow.columns.remove(&name);
                }
            }
            flow.push(StepKind::Select(Select::Drop(patterns)), span, comments);
            return;
        }
        if flow.columns.is_closed() {
            let kept = flow
                .columns
                .listed()
                .iter()
                .filter(|column| !patterns.iter().any(|pattern| pattern.fits(&column.name)))
                .cloned()
                .collect();
            flow.columns = Columns::closed(kept);
        } else {
            for pattern in patterns {
                flow.columns.remove(&pattern.0);
            }
        }
        flow.remark(comments, span);
    }

    pub(super) fn rename(&mut self, flow: &mut Flow, pairs: Vec<(String, String)>, span: Span, comments: Vec<String>) {
        if flow.settled {
            for (new, old) in &pairs {
                let ty = flow.columns.get(old, self.types, Ty::Unknown).map_or(Ty::Unknown, |column| column.ty);
                flow.columns.rename(old, Col::plain(new, ty));
            }
            flow.push(StepKind::Select(Select::Rename(pairs)), span, comments);
            return;
        }
        for (new, old) in pairs {
            if let Some(column) = flow.columns.get(&old, self.types, Ty::Unknown) {
                flow.columns.rename(&old, Col { name: new, ty: column.ty, value: column.value });
            }
        }
        flow.remark(comments, span);
    }
}

pub(super) fn patterns(list: &[Node]) -> Vec<NamePattern> {
    list.iter().filter_map(pattern).collect()
}

pub(super) fn pattern(node: &Node) -> Option<NamePattern> {
    match &node.unwrap_parentheses().kind {
        ExprKind::Name(name) => Some(NamePattern(name.text.clone())),
        ExprKind::Wildcard(wildcard) => Some(NamePattern(wildcard.pattern.clone())),
        ExprKind::Star => Some(NamePattern("*".to_owned())),
        _ => None,
    }
}
