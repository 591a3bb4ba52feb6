//! Operators over whole tables: plugins, pairs of keys and values, nested tops, parts, functions of the workspace.

use super::super::bind::{Col, Columns, Ty, functions};
use super::super::syntax::{
    Call, EvaluateSchema, Expr as Node, ExprKind, Item, NamedValue, Operator, Partition, Schema, SortOrder, TopNested,
};
use super::Lowerer;
use super::flow::Flow;
use super::summarize::name_of;
use super::table::schema_columns;
use crate::diagnostic::Span;
use crate::model::function::kusto::aggregate;
use crate::model::{
    Column, Expr, KeyValues, NestedLevel, Networks, NullsOrder, SortKey, Source, StepKind, TableStep, Unpack,
    UnpackConflict, Value,
};

fn special(step: TableStep) -> StepKind {
    StepKind::Table(Box::new(step))
}

/// Names and types of a schema as the model keeps them.
fn typed(schema: &Schema) -> Vec<(String, String)> {
    schema_columns(schema).into_iter().map(|column| (column.name, column.ty.name().to_owned())).collect()
}

impl<'a> Lowerer<'a> {
    /// `evaluate plugin(...)`
    pub(super) fn evaluate(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        call: &'a Call,
        schema: Option<&'a EvaluateSchema>,
        comments: Vec<String>,
    ) {
        let step = match call.name.text.as_str() {
            "bag_unpack" => self.bag_unpack(flow, call, schema),
            "pivot" => self.pivot(flow, call),
            "ipv4_lookup" => self.networks(flow, call),
            _ => None,
        };
        match step {
            Some((step, columns)) => {
                flow.push(special(step), operator.span, comments);
                flow.columns = columns;
            }
            None => self.unread_operator(flow, operator),
        }
    }

    /// The argument of this name, else the one at this place that has no name.
    fn argument(call: &'a Call, name: &str, at: usize) -> Option<&'a Node> {
        let named = call.arguments.iter().find(|item| item.name().is_some_and(|given| given.text == name));
        named.or_else(|| call.arguments.get(at).filter(|item| item.name().is_none())).map(|item| &item.value)
    }

    fn text_argument(&mut self, node: Option<&'a Node>) -> Option<Option<String>> {
        let Some(node) = node else { return Some(None) };
        self.scalar(node, &Columns::closed(Vec::new())).expr.as_text().map(|text| Some(text.to_owned()))
    }

    fn bag_unpack(
        &mut self,
        flow: &mut Flow,
        call: &'a Call,
        schema: Option<&'a EvaluateSchema>,
    ) -> Option<(TableStep, Columns)> {
        let ExprKind::Name(column) = &call.arguments.first()?.value.unwrap_parentheses().kind else { return None };
        let prefix = self.text_argument(Self::argument(call, "OutputColumnPrefix", 1))?.unwrap_or_default();
        let conflict = match self.text_argument(Self::argument(call, "columnsConflict", 2))?.as_deref() {
            None | Some("error") => UnpackConflict::Error,
            Some("keep_source") => UnpackConflict::KeepSource,
            Some("replace_source") => UnpackConflict::ReplaceSource,
            Some(_) => return None,
        };
        let ignored = match Self::argument(call, "ignoredProperties", 3) {
            None => Vec::new(),
            Some(node) => match self.scalar(node, &Columns::closed(Vec::new())).expr {
                Expr::Literal(Value::Array(items)) => {
                    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
                }
                _ => return None,
            },
        };
        self.settle(flow, call.span);
        let mut columns = if schema.is_some() { Columns::closed(Vec::new()) } else { Columns::open() };
        for (name, ty) in flow.columns.known().into_iter().filter(|(name, _)| *name != column.text) {
            columns.set(Col::plain(name, ty));
        }
        for col in schema.iter().flat_map(|found| schema_columns(&found.schema)) {
            columns.set(col);
        }
        let step = Unpack {
            column: column.text.clone(),
            prefix,
            conflict,
            ignored,
            schema: schema.map(|found| typed(&found.schema)),
        };
        Some((TableStep::Unpack(step), columns))
    }

    fn pivot(&mut self, flow: &mut Flow, call: &'a Call) -> Option<(TableStep, Columns)> {
        let (first, rest) = call.arguments.split_first()?;
        let ExprKind::Name(column) = &first.value.unwrap_parentheses().kind else { return None };
        self.settle(flow, call.span);
        let mut rest = rest;
        let aggregate = match rest.split_first() {
            Some((item, tail)) if super::summarize::contains_aggregate(&item.value) => {
                rest = tail;
                self.aggregate(&item.value, &flow.columns).expr
            }
            _ => Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None),
        };
        let names = rest.iter().map(|item| match &item.value.unwrap_parentheses().kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            _ => None,
        });
        let names: Vec<String> = names.collect::<Option<_>>()?;
        let mut columns = Columns::open();
        for (name, ty) in flow.columns.known() {
            if names.contains(&name) {
                columns.set(Col::plain(name, ty));
            }
        }
        let by = (!names.is_empty()).then_some(names);
        Some((TableStep::Pivot { column: column.text.clone(), aggregate, by }, columns))
    }

    fn networks(&mut self, flow: &mut Flow, call: &'a Call) -> Option<(TableStep, Columns)> {
        let mut plain = call.arguments.iter().filter(|item| item.name().is_none());
        let right = &plain.next()?.value;
        let mut names = plain
            .filter(|item| !matches!(item.value.kind, ExprKind::Literal(_)))
            .map(|item| name_of(&item.value))
            .collect::<Option<Vec<String>>>()?
            .into_iter();
        let (address, network) = (names.next()?, names.next()?);
        let also: Vec<String> = names.collect();
        let flag = call.arguments.iter().rev().find(|item| {
            item.name().is_some_and(|name| name.text == "return_unmatched")
                || matches!(item.value.kind, ExprKind::Literal(_))
        });
        let unmatched = match flag {
            Some(item) => {
                matches!(self.scalar(&item.value, &Columns::closed(Vec::new())).expr, Expr::Literal(Value::Bool(true)))
            }
            None => false,
        };
        self.several = true;
        self.settle(flow, call.span);
        let mut right = self.table(right, None);
        right.settle();
        let closed = flow.columns.is_closed() && right.columns.is_closed();
        let mut columns = if closed { Columns::closed(Vec::new()) } else { Columns::open() };
        for (name, ty) in flow.columns.known().into_iter().chain(right.columns.known()) {
            if !columns.has(&name) {
                columns.set(Col::plain(name, ty));
            }
        }
        let step = Networks { right: right.pipeline(), address, network, also, unmatched };
        Some((TableStep::Networks(Box::new(step)), columns))
    }

    /// `parse-kv text as (name: type, ...) with (...)`
    pub(super) fn parse_kv(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        (value, keys, with): (&'a Node, &'a Schema, Option<&'a [NamedValue]>),
        comments: Vec<String>,
    ) {
        self.settle(flow, operator.span);
        let subject = self.scalar(value, &flow.columns).into_text().expr;
        let nothing = Columns::closed(Vec::new());
        let mut pairs = KeyValues {
            subject,
            keys: typed(keys),
            pair: " ".to_owned(),
            separator: "=".to_owned(),
            quotes: vec![('"', '"'), ('\'', '\'')],
            escape: None,
            greedy: false,
        };
        let mut known = true;
        for option in with.unwrap_or_default() {
            let texts: Vec<String> = option
                .values
                .iter()
                .filter_map(|value| self.scalar(value, &nothing).expr.as_text().map(str::to_owned))
                .collect();
            let one = |text: Option<&String>| text.and_then(|text| text.chars().next());
            match (option.name.text.as_str(), texts.as_slice()) {
                ("pair_delimiter", [text]) => pairs.pair.clone_from(text),
                ("kv_delimiter", [text]) => pairs.separator.clone_from(text),
                ("quote", [open]) => {
                    let open = one(Some(open));
                    pairs.quotes = open.map(|quote| (quote, quote)).into_iter().collect();
                }
                ("quote", [open, close]) => {
                    pairs.quotes = one(Some(open)).zip(one(Some(close))).into_iter().collect();
                }
                ("escape", [text]) => pairs.escape = one(Some(text)),
                ("greedy", _) => pairs.greedy = option.word() == Some("true"),
                _ => known = false,
            }
        }
        if !known || pairs.separator.is_empty() {
            self.unread_operator(flow, operator);
            return;
        }
        for column in schema_columns(keys) {
            flow.columns.set(column);
        }
        flow.push(special(TableStep::KeyValues(pairs)), operator.span, comments);
    }

    /// `top-nested 3 of a by count(), ...`
    pub(super) fn top_nested(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        levels: &'a [TopNested],
        comments: Vec<String>,
    ) {
        let mut names = Vec::new();
        let mut list = Vec::new();
        let mut read = Vec::new();
        for level in levels {
            let count = level.count.as_ref().map(|item| self.scalar(&item.value, &flow.columns).expr);
            let (name, of) = self.named(&level.of, &flow.columns, &mut names);
            let others = level.others.as_ref().map(|node| self.scalar(node, &flow.columns).expr);
            let by = self.aggregate(&level.by.item.value, &flow.columns);
            let label = level.by.item.name().map_or_else(|| format!("aggregated_{name}"), |name| name.text.clone());
            let label = super::summarize::unique(label, &mut names);
            list.push(Col::plain(&name, of.ty));
            list.push(Col::plain(&label, by.ty));
            read.push(NestedLevel {
                count,
                of: Column { name, value: of.expr },
                others,
                by: Column { name: label, value: by.expr },
                descending: !matches!(level.by.order, Some(SortOrder::Ascending | SortOrder::GrannyAscending)),
            });
        }
        flow.close_filters();
        flow.push(special(TableStep::TopNested(read)), operator.span, comments);
        flow.columns = Columns::closed(list);
    }

    /// `top-hitters 5 of a by b`: the groups with the most rows, or the greatest sum.
    pub(super) fn top_hitters(
        &mut self,
        flow: &mut Flow,
        (count, of, by): (&'a Item, &'a Item, Option<&'a Item>),
        span: Span,
        comments: Vec<String>,
    ) {
        let mut names = Vec::new();
        let limit = self.scalar(&count.value, &flow.columns).expr;
        let (name, of) = self.named(of, &flow.columns, &mut names);
        let (label, value, ty) = match by {
            Some(item) => {
                let value = self.scalar(&item.value, &flow.columns);
                let label = format!("approximate_sum_{}", name_of(&item.value).unwrap_or_default());
                (label, Expr::Aggregate(aggregate::SUM, vec![value.expr], None), value.ty)
            }
            None => {
                let value = Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None);
                (format!("approximate_count_{name}"), value, Ty::Long)
            }
        };
        flow.close_filters();
        let by = vec![Column { name: name.clone(), value: of.expr }];
        let aggregates = vec![Column { name: label.clone(), value }];
        flow.push(StepKind::Aggregate { aggregates, by, inline: false }, span, comments);
        let key = SortKey { value: super::scalar::column(&label), descending: true, nulls: NullsOrder::Last };
        flow.push(StepKind::Sort(vec![key]), span, Vec::new());
        flow.push(StepKind::Limit(limit), span, Vec::new());
        flow.columns = Columns::closed(vec![Col::plain(name, of.ty), Col::plain(label, ty)]);
    }

    /// `partition by a (operators)`
    pub(super) fn partition(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        partition: &'a Partition,
        comments: Vec<String>,
    ) {
        let own_source = match &partition.body.unwrap_parentheses().kind {
            ExprKind::Query(query) => query.source.is_some(),
            _ => true,
        };
        if own_source || partition.scope.is_some() {
            self.unread_operator(flow, operator);
            return;
        }
        self.settle(flow, operator.span);
        let by = self.scalar(&partition.by, &flow.columns).expr;
        let inner = Flow::rows(Source::Events, flow.columns.clone());
        let mut body = self.table(&partition.body, Some(inner));
        flow.columns = body.columns.clone();
        let steps = body.pipeline().steps;
        flow.push(special(TableStep::Partition { by, steps }), operator.span, comments);
    }

    /// `invoke f(...)` of a function that the workspace defines.
    pub(super) fn invoke_workspace(
        &mut self,
        flow: &mut Flow,
        operator: &'a Operator,
        call: &'a Call,
        comments: Vec<String>,
    ) {
        if functions::aggregate(&call.name.text).is_some() || functions::scalar(&call.name.text).is_some() {
            self.unread_operator(flow, operator);
            return;
        }
        self.settle(flow, operator.span);
        let arguments: Vec<Expr> =
            call.arguments.iter().map(|item| self.scalar(&item.value, &flow.columns).expr).collect();
        let mut columns = Columns::open();
        for (name, ty) in flow.columns.known() {
            columns.set(Col::plain(name, ty));
        }
        let step = TableStep::Invoke { name: call.name.text.clone(), arguments };
        flow.push(special(step), operator.span, comments);
        flow.columns = columns;
    }
}
