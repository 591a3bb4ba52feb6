//! The operators behind a source, one by one.

use super::super::bind::{Col, Columns, Ty, functions};
use super::super::syntax::{
    Call, Expr as Node, ExprKind, Operator, OperatorKind, Ordered, Parse, ParsePart as SyntaxPart, SortOrder,
};
use super::flow::{self, Flow};
use super::project::{pattern, patterns};
use super::summarize::{name_of, unique};
use super::table::tag;
use super::{Binding, Lowerer};
use crate::diagnostic::{Span, codes};
use crate::model::function::kusto::aggregate;
use crate::model::{
    Column, ExpandKind, Expr, NamePattern, NullsOrder, ParseKind, ParsePart, Predicate, Select, SortKey, Source,
    StepKind, Value,
};

impl<'a> Lowerer<'a> {
    /// Applies an operator.
    pub(super) fn operator(&mut self, flow: &mut Flow, operator: &'a Operator, comments: Vec<String>) {
        let span = operator.span;
        match &operator.kind {
            OperatorKind::Where(item) => {
                let predicate = self.commented(&item.value, &flow.columns, true);
                self.note_bounds(&predicate);
                let comments = comments_left(&predicate, comments);
                flow.filter(predicate, span, comments);
            }
            OperatorKind::Extend(items) | OperatorKind::Serialize(items) => {
                if matches!(operator.kind, OperatorKind::Serialize(_)) || items.iter().any(|item| windowed(&item.value))
                {
                    self.settle(flow, span);
                }
                self.extend(flow, items, span, comments);
            }
            OperatorKind::Project(items) => {
                let mut list = Vec::new();
                let mut names = Vec::new();
                if items.iter().any(|item| windowed(&item.value)) {
                    self.settle(flow, span);
                }
                for item in items {
                    for (name, value) in self.item(item, &flow.columns) {
                        let name = unique(name, &mut names);
                        list.push(Col { name, ty: value.ty, value: value.expr });
                    }
                }
                self.replace_columns(flow, list, span, comments);
            }
            OperatorKind::ProjectAway(list) => self.away(flow, list, span, comments),
            OperatorKind::ProjectKeep(list) | OperatorKind::ProjectByNames(list) => {
                let ordered = matches!(operator.kind, OperatorKind::ProjectByNames(_));
                let patterns = patterns(list);
                if flow.columns.is_closed() {
                    let kept: Vec<Col> = flow
                        .columns
                        .listed()
                        .iter()
                        .filter(|column| patterns.iter().any(|pattern| pattern.fits(&column.name)))
                        .cloned()
                        .collect();
                    self.replace_columns(flow, kept, span, comments);
                } else {
                    self.settle(flow, span);
                    let closed = !patterns.iter().any(|pattern| pattern.0.contains('*'));
                    let mut columns = if closed { Columns::closed(Vec::new()) } else { Columns::open() };
                    for pattern in patterns.iter().filter(|pattern| !pattern.0.contains('*')) {
                        if let Some(column) = flow.columns.get(&pattern.0, self.types, Ty::Unknown) {
                            columns.set(Col::plain(&pattern.0, column.ty));
                        }
                    }
                    flow.push(StepKind::Select(Select::Keep { names: patterns, ordered }), span, comments);
                    flow.columns = columns;
                }
            }
            OperatorKind::ProjectRename(items) => {
                let mut pairs = Vec::new();
                for item in items {
                    if let (Some(new), ExprKind::Name(old)) = (item.name(), &item.value.unwrap_parentheses().kind) {
                        pairs.push((new.text.clone(), old.text.clone()));
                    } else {
                        let index = self.miss(codes::kusto::UNREAD_OPERATOR, "this form of `project-rename`", span);
                        self.settle(flow, span);
                        flow.push(StepKind::Unread(index), span, Vec::new());
                        return;
                    }
                }
                self.rename(flow, pairs, span, comments);
            }
            OperatorKind::ProjectReorder(list) => {
                if flow.settled {
                    let names = list.iter().filter_map(|ordered| pattern(&ordered.item.value)).collect();
                    flow.push(StepKind::Select(Select::Reorder(names)), span, comments);
                } else if flow.columns.is_closed() {
                    let names: Vec<NamePattern> =
                        list.iter().filter_map(|ordered| pattern(&ordered.item.value)).collect();
                    let mut columns = flow.columns.listed().to_vec();
                    columns.sort_by_key(|column| {
                        names.iter().position(|name| name.fits(&column.name)).unwrap_or(usize::MAX)
                    });
                    flow.columns = Columns::closed(columns);
                    flow.remark(comments, span);
                } else {
                    flow.remark(comments, span);
                }
            }
            OperatorKind::Summarize(summarize) => {
                let stars = summarize.aggregates.iter().any(|item| match &item.value.unwrap_parentheses().kind {
                    ExprKind::Call(call) => call.arguments.iter().any(|item| matches!(item.value.kind, ExprKind::Star)),
                    _ => false,
                });
                if stars {
                    self.settle(flow, span);
                }
                let (step, columns) = self.summarize(summarize, &flow.columns);
                flow.close_filters();
                flow.push(step, span, comments);
                flow.columns = columns;
            }
            OperatorKind::Count(name) => {
                let name = name.as_ref().map_or("Count", |name| name.text.as_str());
                flow.close_filters();
                let value = Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None);
                let aggregates = vec![Column { name: name.to_owned(), value }];
                flow.push(StepKind::Aggregate { aggregates, by: Vec::new(), inline: false }, span, comments);
                flow.columns = Columns::closed(vec![Col::plain(name, Ty::Long)]);
            }
            OperatorKind::Distinct(items) => {
                let star = items.iter().any(|item| matches!(item.value.kind, ExprKind::Star));
                if star {
                    self.settle(flow, span);
                    let columns = vec![Column { name: "*".to_owned(), value: Expr::AnyField }];
                    flow.push(StepKind::Distinct(columns), span, comments);
                    return;
                }
                let mut names = Vec::new();
                let mut list = Vec::new();
                let mut columns = Vec::new();
                for item in items {
                    for (name, value) in self.item(item, &flow.columns) {
                        self.check_key(&value, "keeps distinct", item.value.span);
                        let name = unique(name, &mut names);
                        list.push(Col::plain(&name, value.ty));
                        columns.push(Column { name, value: value.expr });
                    }
                }
                flow.close_filters();
                flow.push(StepKind::Distinct(columns), span, comments);
                flow.columns = Columns::closed(list);
            }
            OperatorKind::Sort(keys) => {
                let keys = keys.iter().map(|key| self.sort_key(key, &flow.columns)).collect();
                flow.order(StepKind::Sort(keys), span, comments);
            }
            OperatorKind::Take(item) | OperatorKind::Sample(item) => {
                self.settle(flow, span);
                let count = self.scalar(&item.value, &flow.columns);
                flow.push(StepKind::Limit(count.expr), span, comments);
            }
            OperatorKind::Top { count, by } => {
                self.settle(flow, span);
                let key = self.sort_key(by, &flow.columns);
                let count = self.scalar(&count.value, &flow.columns);
                flow.push(StepKind::Sort(vec![key]), span, comments);
                flow.push(StepKind::Limit(count.expr), span, Vec::new());
            }
            OperatorKind::SampleDistinct { count, of } => {
                let count = self.scalar(&count.value, &flow.columns);
                let value = self.scalar(&of.value, &flow.columns);
                let name = name_of(&of.value).unwrap_or_else(|| "Column1".to_owned());
                flow.close_filters();
                let columns = vec![Column { name: name.clone(), value: value.expr }];
                flow.push(StepKind::Distinct(columns), span, comments);
                flow.push(StepKind::Limit(count.expr), span, Vec::new());
                flow.columns = Columns::closed(vec![Col::plain(name, value.ty)]);
            }
            OperatorKind::Union(parts) => {
                self.settle(flow, span);
                self.union(operator, parts, Some(flow));
            }
            OperatorKind::Join(_) | OperatorKind::Lookup(_) => self.join(flow, operator, comments),
            OperatorKind::MvExpand { items, limit } => {
                self.settle(flow, span);
                let kind = match operator.parameter_word("bagexpansion").or(operator.parameter_word("kind")) {
                    Some("array") => ExpandKind::Array,
                    _ => ExpandKind::Bag,
                };
                let index = operator.parameter_word("with_itemindex").map(str::to_owned);
                let limit = limit.as_ref().and_then(|node| match self.scalar(node, &flow.columns).expr {
                    Expr::Literal(Value::Int(count)) => u64::try_from(count).ok(),
                    _ => None,
                });
                let columns = self.expanded(items, flow);
                for (column, ty) in &columns {
                    flow.columns.set(Col::plain(&column.name, *ty));
                }
                if let Some(index) = &index {
                    flow.columns.set(Col::plain(index, Ty::Long));
                }
                let columns = columns.into_iter().map(|(column, _)| column).collect();
                let step = StepKind::Expand { columns, kind, index, limit, keep_empty: false };
                flow.push(step, span, comments);
            }
            OperatorKind::MvApply(apply) => self.mv_apply(flow, apply, span, comments),
            OperatorKind::Parse(parse) => self.parse(flow, operator, parse, false, comments),
            OperatorKind::ParseWhere(parse) => self.parse(flow, operator, parse, true, comments),
            OperatorKind::As(name) => {
                let copy = flow.clone();
                self.define(&name.text, Binding::Table(std::rc::Rc::new(copy)));
            }
            OperatorKind::Search(search) if search.tables.is_none() => {
                let predicate = self.search(&search.condition, &flow.columns, true);
                flow.filter(predicate, span, comments);
                if flow.settled {
                    let table = match &flow.source {
                        Source::Table(name) => name.clone(),
                        _ => "search_arg0".to_owned(),
                    };
                    tag(flow, "$table", table, span);
                }
            }
            OperatorKind::Invoke(node) => {
                if let ExprKind::Call(call) = &node.unwrap_parentheses().kind
                    && let Some(Binding::Function(function, at)) = self.lookup(&call.name.text)
                {
                    let (function, at) = (*function, *at);
                    self.invoke(flow, function, at, call, span);
                } else if let ExprKind::Call(call) = &node.unwrap_parentheses().kind {
                    self.invoke_workspace(flow, operator, call, comments);
                } else {
                    self.unread_operator(flow, operator);
                }
            }
            OperatorKind::MakeSeries(series) => self.make_series(flow, operator, series, comments),
            OperatorKind::Evaluate { call, schema } => {
                self.evaluate(flow, operator, call, schema.as_ref(), comments);
            }
            OperatorKind::ParseKv { value, keys, with } => {
                self.parse_kv(flow, operator, (value, keys, with.as_deref()), comments);
            }
            OperatorKind::TopNested(levels) => self.top_nested(flow, operator, levels, comments),
            OperatorKind::TopHitters { count, of, by } => {
                self.top_hitters(flow, (count, of, by.as_ref()), span, comments);
            }
            OperatorKind::Partition(partition) => self.partition(flow, operator, partition, comments),
            // How rows are drawn, not which.
            OperatorKind::Render { .. } | OperatorKind::AssertSchema(_) => flow.remark(comments, span),
            _ => self.unread_operator(flow, operator),
        }
    }

    pub(super) fn unread_operator(&mut self, flow: &mut Flow, operator: &'a Operator) {
        let reason = match &operator.kind {
            OperatorKind::Evaluate { call, .. } => format!("the plugin `{}`", call.name.text),
            OperatorKind::Invoke(node) => match &node.unwrap_parentheses().kind {
                ExprKind::Call(call) => format!("the function `{}`, which the query does not define,", call.name.text),
                _ => "`invoke`".to_owned(),
            },
            other => format!("the operator `{}`", other.name()),
        };
        let index = self.miss(codes::kusto::UNREAD_OPERATOR, reason, operator.span);
        self.settle(flow, operator.span);
        flow.push(StepKind::Unread(index), operator.span, Vec::new());
        flow.columns = Columns::open();
    }

    pub(super) fn invoke(
        &mut self,
        flow: &mut Flow,
        function: &'a super::super::syntax::Function,
        at: usize,
        call: &'a Call,
        span: Span,
    ) {
        let (Some(result), Some((first, rest))) = (&function.body.result, function.parameters.split_first()) else {
            let index = self.miss(codes::kusto::UNREAD_OPERATOR, "this form of `invoke`", span);
            self.settle(flow, span);
            flow.push(StepKind::Unread(index), span, Vec::new());
            return;
        };
        let mut arguments = vec![(first.name.text.as_str(), Binding::Table(std::rc::Rc::new(flow.clone())))];
        for (parameter, item) in rest.iter().zip(&call.arguments) {
            let value = self.scalar(&item.value, &Columns::closed(Vec::new()));
            arguments.push((parameter.name.text.as_str(), Binding::Scalar(value)));
        }
        *flow = self.inside(at, |this| {
            for (name, binding) in arguments {
                this.define(name, binding);
            }
            for statement in &function.body.statements {
                this.statement(statement);
            }
            this.table(result, None)
        });
    }

    pub(super) fn sort_key(&mut self, key: &'a Ordered, columns: &Columns) -> SortKey {
        let descending = !matches!(key.order, Some(SortOrder::Ascending | SortOrder::GrannyAscending));
        // Null is the smallest value.
        let nulls = match key.nulls {
            Some(super::super::syntax::NullsOrder::First) => NullsOrder::First,
            Some(super::super::syntax::NullsOrder::Last) => NullsOrder::Last,
            None if descending => NullsOrder::Last,
            None => NullsOrder::First,
        };
        let value = self.scalar(&key.item.value, columns);
        self.check_key(&value, "orders by", key.item.value.span);
        SortKey { value: value.expr, descending, nulls }
    }

    pub(super) fn parse(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        parse: &'a Parse,
        filter: bool,
        comments: Vec<String>,
    ) {
        let span = operator.span;
        self.settle(flow, span);
        let subject = self.scalar(&parse.value, &flow.columns).into_text();
        let kind = match operator.parameter_word("kind") {
            Some("regex") => ParseKind::Regex,
            Some("relaxed") => ParseKind::Relaxed,
            _ => ParseKind::Simple,
        };
        let mut parts = Vec::new();
        if kind == ParseKind::Regex
            && let Some(flags) = operator.parameter_word("flags")
        {
            let flags: String = flags.chars().filter(|flag| matches!(flag, 'i' | 's' | 'm' | 'U')).collect();
            parts.push(ParsePart::Text(format!("(?{flags})")));
        }
        for part in &parse.pattern {
            match part {
                SyntaxPart::Star(_) => parts.push(ParsePart::Skip),
                SyntaxPart::Text(literal) => parts.push(ParsePart::Text(literal.as_str().unwrap_or("").to_owned())),
                SyntaxPart::Column { name, ty } => {
                    let ty = ty.as_ref().map(|ty| ty.text.clone());
                    let bound = ty.as_deref().map_or(Ty::String, Ty::by_name);
                    flow.columns.set(Col::plain(&name.text, bound));
                    parts.push(ParsePart::Column(name.text.clone(), ty));
                }
            }
        }
        flow.push(StepKind::Parse { subject: subject.expr, kind, parts, filter }, span, comments);
    }
}

/// Comments of a step that no test carries.
pub(super) fn comments_left(predicate: &Predicate, comments: Vec<String>) -> Vec<String> {
    let mut carried: Vec<String> = Vec::new();
    crate::model::walk::visit_predicate(predicate, |test| carried.extend(test.comments.iter().cloned()), |_| {});
    comments.into_iter().filter(|comment| !carried.contains(comment)).collect()
}

/// Whether an expression depends on the rows before and behind, or yields several columns: it is a step of its own.
pub(super) fn windowed(node: &Node) -> bool {
    struct Windows(bool);
    impl<'t> super::super::syntax::Visitor<'t> for Windows {
        fn call(&mut self, call: &'t Call) {
            self.0 |= functions::scalar(&call.name.text)
                .is_some_and(|function| flow::is_window(function) || functions::several(function).is_some());
            super::super::syntax::walk_call(self, call);
        }
    }
    let mut windows = Windows(false);
    super::super::syntax::Visitor::expr(&mut windows, node);
    windows.0
}
