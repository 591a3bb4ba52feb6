//! Tables: sources, and the operators behind them.

use super::super::bind::{Col, Columns, Ty, functions, schema};
use super::super::syntax::{
    Call, DataTable, Expr as Node, ExprKind, Item, Literal, LiteralValue, MvApply, MvItem, Operator, OperatorKind,
    Ordered, ParameterType, Parse, ParsePart as SyntaxPart, Path, Schema, SortOrder, StepKind as PathStep, TypeOf,
};
use super::flow::{self, Flow};
use super::scalar::{self, Typed};
use super::summarize::{contains_aggregate, name_of, unique};
use super::{Binding, Lowerer, MAX_CALLS};
use crate::diagnostic::{Span, codes};
use crate::model::function;
use crate::model::function::kusto::aggregate;
use crate::model::{
    Column, ExpandColumn, ExpandKind, Expr, InlineTable, NamePattern, NullsOrder, ParseKind, ParsePart, Predicate,
    Select, SortKey, Source, StepKind, Value, Var,
};

/// Whether a call by this name is a scalar.
pub(super) fn is_scalar_call(name: &str) -> bool {
    let name = functions::canonical(name);
    functions::scalar(name).is_some()
        || functions::aggregate(name).is_some()
        || super::condition::is_predicate(name)
        || matches!(
            name,
            "iff" | "iif" | "case" | "ago" | "now" | "toscalar" | "typeof" | "strcat" | "pack_columns" | "dcount_hll"
        )
        || (crate::dialect::kusto::functions::is_built_in(name) && !names_tables(name))
}

/// Built-in functions that yield tables.
fn names_tables(name: &str) -> bool {
    matches!(
        name,
        "table"
            | "cluster"
            | "database"
            | "workspace"
            | "materialize"
            | "view"
            | "external_table"
            | "materialized_view"
            | "stored_query_result"
            | "cosmosdb_sql_request"
            | "graph"
            | "entity_group"
            | "app"
            | "resource"
            | "adx"
            | "arg"
    )
}

impl<'a> Lowerer<'a> {
    /// A tabular expression. `input` is what an expression without a source works on.
    pub(super) fn table(&mut self, node: &'a Node, input: Option<Flow>) -> Flow {
        if !self.burn(4) {
            return self.gap(codes::kusto::TOO_LARGE, "a query that grows this large when written out", node.span);
        }
        match &node.kind {
            ExprKind::Paren(inner) | ExprKind::Materialize(inner) => self.table(inner, input),
            ExprKind::DataScope { value, .. } => self.table(value, input),
            ExprKind::ToValue { scalar: false, query, .. } => self.table(query, input),
            ExprKind::Name(name) => self.named_table(&name.text, node.span),
            ExprKind::Call(call) => self.called_table(call, node.span),
            ExprKind::Path(path) => self.remote_table(path, node.span),
            ExprKind::DataTable(table) => self.datatable(table),
            ExprKind::ExternalData(data) => {
                let mut flow = self.gap(
                    codes::kusto::UNREAD_SOURCE,
                    "`externaldata`, rows from outside the workspace,",
                    node.span,
                );
                flow.columns = Columns::closed(schema_columns(&data.schema));
                flow
            }
            ExprKind::Query(query) => {
                let mut operators = query.operators.as_slice();
                let mut before = node.span.start;
                let mut flow = match (&query.source, input) {
                    (Some(source), _) => {
                        let flow = self.table(source, None);
                        before = source.span.end;
                        flow
                    }
                    (None, Some(flow)) => flow,
                    (None, None) => {
                        let Some((first, rest)) = operators.split_first() else {
                            return self.gap(codes::kusto::UNREAD_SOURCE, "a query without a source", node.span);
                        };
                        operators = rest;
                        before = first.span.end;
                        self.first_operator(first)
                    }
                };
                for operator in operators {
                    let comments = self.comments_in(Span::new(before + 1, operator.span.end));
                    self.operator(&mut flow, operator, comments);
                    before = operator.span.end;
                }
                flow
            }
            ExprKind::Wildcard(wildcard) => {
                let reason = format!("tables by the pattern `{}`", wildcard.pattern);
                self.gap(codes::kusto::UNREAD_SOURCE, reason, node.span)
            }
            _ => self.gap(codes::kusto::UNREAD_SOURCE, "this source of rows", node.span),
        }
    }

    /// Rows that are not read.
    fn gap(&mut self, code: crate::diagnostic::Code, reason: impl Into<String>, span: Span) -> Flow {
        let index = self.miss(code, reason, span);
        let mut flow = Flow::rows(flow::nothing(), Columns::open());
        flow.push(StepKind::Unread(index), span, Vec::new());
        flow
    }

    fn named_table(&mut self, name: &str, span: Span) -> Flow {
        match self.lookup(name) {
            Some(Binding::Table(flow)) => {
                let flow = (**flow).clone();
                let cost = flow.cost();
                if !self.burn(cost) {
                    let reason = "a query that grows this large when written out";
                    return self.gap(codes::kusto::TOO_LARGE, reason, span);
                }
                return flow;
            }
            Some(Binding::Function(function, at)) => {
                let (function, at) = (*function, *at);
                return self.called_function(function, at, None, span);
            }
            Some(Binding::Scalar(value)) => {
                // `let x = 5; T | where y in (x)` never comes here; an unread value may.
                if let Expr::Unread(index) = value.expr {
                    let mut flow = Flow::rows(flow::nothing(), Columns::open());
                    flow.push(StepKind::Unread(index), span, Vec::new());
                    return flow;
                }
                return self.gap(codes::kusto::UNREAD_SOURCE, format!("the value `{name}` as a table"), span);
            }
            None => {}
        }
        self.log_table(name, span)
    }

    fn log_table(&mut self, name: &str, span: Span) -> Flow {
        self.check_table(name, span);
        if !self.tables.iter().any(|known| known == name) {
            self.tables.push(name.to_owned());
        }
        let columns = schema::table(name).map_or_else(Columns::open, Columns::of_table);
        Flow::events(Source::Table(name.to_owned()), columns)
    }

    fn called_table(&mut self, call: &'a Call, span: Span) -> Flow {
        let name = call.name.text.as_str();
        if let Some(Binding::Function(function, at)) = self.lookup(name) {
            let (function, at) = (*function, *at);
            return self.called_function(function, at, Some(call), span);
        }
        match (name, call.arguments.first().map(|item| &item.value)) {
            ("materialize" | "view", Some(inner)) => self.table(inner, None),
            ("table", Some(inner)) => {
                let value = self.scalar(inner, &Columns::closed(Vec::new()));
                match value.expr.as_text() {
                    Some(table) => {
                        let table = table.to_owned();
                        self.named_table(&table, span)
                    }
                    None => self.gap(codes::kusto::UNREAD_SOURCE, "a table named by a value", span),
                }
            }
            ("_GetWatchlist", Some(_)) => {
                // The watchlist is a table of its own; its columns are the workspace's affair.
                let text = call.span.text(self.text);
                let name = if text.is_empty() { name.to_owned() } else { text.to_owned() };
                self.several = true;
                Flow::events(Source::Table(name), Columns::open())
            }
            (_, None) => self.log_table(name, span),
            _ => self.gap(codes::kusto::UNREAD_SOURCE, format!("the table function `{name}` with arguments"), span),
        }
    }

    /// A tabular function of the script, written out.
    fn called_function(
        &mut self,
        function: &'a super::super::syntax::Function,
        at: usize,
        call: Option<&'a Call>,
        span: Span,
    ) -> Flow {
        let Some(result) = &function.body.result else {
            return self.gap(codes::kusto::UNREAD_SOURCE, "an empty function", span);
        };
        if self.calls >= MAX_CALLS {
            return self.gap(codes::kusto::TOO_LARGE, "a chain of calls this long", span);
        }
        let arguments = match call {
            Some(call) => self.arguments(function, call, &Columns::closed(Vec::new())),
            None => Vec::new(),
        };
        self.inside(at, |this| {
            for (name, binding) in arguments {
                this.define(name, binding);
            }
            for statement in &function.body.statements {
                this.statement(statement);
            }
            this.table(result, None)
        })
    }

    /// `cluster("c").database("d").T`, `workspace("w").T`
    fn remote_table(&mut self, path: &'a Path, span: Span) -> Flow {
        match path.steps.last().map(|step| &step.kind) {
            Some(PathStep::Member(name)) => self.log_table(&name.text, span),
            Some(PathStep::Call(call)) => self.called_table(call, span),
            _ => self.gap(codes::kusto::UNREAD_SOURCE, "this source of rows", span),
        }
    }

    fn datatable(&mut self, table: &'a DataTable) -> Flow {
        let columns = schema_columns(&table.schema);
        let width = columns.len().max(1);
        let mut rows = Vec::new();
        let mut row = Vec::new();
        for (at, node) in table.values.iter().enumerate() {
            let ty = columns.get(at % width).map_or(Ty::Unknown, |column| column.ty);
            let value = self.scalar(node, &Columns::closed(Vec::new()));
            let value = match value.expr {
                Expr::Literal(literal) => cell(literal, ty),
                Expr::Unread(index) => {
                    let mut flow = Flow::rows(flow::nothing(), Columns::closed(columns));
                    flow.push(StepKind::Unread(index), node.span, Vec::new());
                    return flow;
                }
                _ => {
                    let mut flow =
                        self.gap(codes::kusto::UNREAD_SOURCE, "a computed value of a `datatable`", node.span);
                    flow.columns = Columns::closed(columns);
                    return flow;
                }
            };
            row.push(value);
            if row.len() == width {
                rows.push(std::mem::take(&mut row));
            }
        }
        let named = columns.iter().map(|column| (column.name.clone(), column.ty.name().to_owned())).collect();
        Flow::rows(Source::Inline(InlineTable { columns: named, rows }), Columns::closed(columns))
    }

    /// An operator that starts a query.
    fn first_operator(&mut self, operator: &'a Operator) -> Flow {
        let nowhere = Columns::closed(Vec::new());
        match &operator.kind {
            OperatorKind::Union(parts) => self.union(operator, parts, None),
            OperatorKind::Print(items) => {
                let mut names = Vec::new();
                let mut columns = Vec::new();
                let mut list = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let value = self.scalar(&item.value, &nowhere);
                    let name = item.name().map_or_else(|| format!("print_{at}"), |name| name.text.clone());
                    let name = unique(name, &mut names);
                    list.push(Col::plain(&name, value.ty));
                    columns.push(Column { name, value: value.expr });
                }
                Flow::rows(Source::Row(columns), Columns::closed(list))
            }
            OperatorKind::Range { name, from, to, step } => {
                let (from, to) = (self.scalar(from, &nowhere), self.scalar(to, &nowhere));
                let step = self.scalar(step, &nowhere);
                let columns = Columns::closed(vec![Col::plain(&name.text, from.ty)]);
                let source = Source::Range { name: name.text.clone(), from: from.expr, to: to.expr, step: step.expr };
                Flow::rows(source, columns)
            }
            other => {
                let reason = format!("a query that starts with `{}`", other.name());
                self.gap(codes::kusto::UNREAD_OPERATOR, reason, operator.span)
            }
        }
    }

    fn union(&mut self, operator: &'a Operator, parts: &'a [Node], first: Option<&mut Flow>) -> Flow {
        self.several |= first.is_some() || parts.len() > 1;
        let mut flows: Vec<Flow> = Vec::new();
        for part in parts {
            let mut flow = self.table(part, None);
            if let Some(name) = operator.parameter_word("withsource").or(operator.parameter_word("with_source")) {
                let table = match &flow.source {
                    Source::Table(table) => table.clone(),
                    _ => String::new(),
                };
                let table = if table.is_empty() { format!("union_arg{}", flows.len()) } else { table };
                tag(&mut flow, name, table, operator.span);
            }
            flows.push(flow);
        }
        let open = flows.iter().any(|flow| !flow.columns.is_closed())
            || first.as_ref().is_some_and(|flow| !flow.columns.is_closed());
        let mut columns = if open { Columns::open() } else { Columns::closed(Vec::new()) };
        let known = first.iter().flat_map(|flow| flow.columns.known());
        for (name, ty) in known.chain(flows.iter().flat_map(|flow| flow.columns.known())) {
            if !columns.has(&name) {
                columns.set(Col::plain(name, ty));
            }
        }
        let pipelines = flows.iter_mut().map(Flow::pipeline).collect();
        match first {
            None => Flow::events(Source::Union(pipelines), columns),
            Some(flow) => {
                flow.push(StepKind::Union(pipelines), operator.span, Vec::new());
                flow.columns = columns;
                flow.clone()
            }
        }
    }

    fn settle(&mut self, flow: &mut Flow, span: Span) {
        if !flow.settle() {
            let index = self.miss(codes::kusto::UNREAD, "columns that replace each other", span);
            flow.push(StepKind::Unread(index), span, Vec::new());
        }
    }

    /// Applies an operator.
    fn operator(&mut self, flow: &mut Flow, operator: &'a Operator, comments: Vec<String>) {
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
                        .filter(|column| patterns.iter().any(|pattern| fits(&pattern.0, &column.name)))
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
                        names.iter().position(|name| fits(&name.0, &column.name)).unwrap_or(usize::MAX)
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
                } else {
                    self.unread_operator(flow, operator);
                }
            }
            // How rows are drawn, not which.
            OperatorKind::Render { .. } => flow.remark(comments, span),
            _ => self.unread_operator(flow, operator),
        }
    }

    fn unread_operator(&mut self, flow: &mut Flow, operator: &'a Operator) {
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

    fn invoke(
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

    /// The columns that an item of `extend` or `project` makes.
    fn item(&mut self, item: &'a Item, columns: &Columns) -> Vec<(String, Typed)> {
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
                vec![(name.unwrap_or_else(|| "Column".to_owned()), value)]
            }
        }
    }

    fn extend(&mut self, flow: &mut Flow, items: &'a [Item], span: Span, comments: Vec<String>) {
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
    fn replace_columns(&mut self, flow: &mut Flow, list: Vec<Col>, span: Span, comments: Vec<String>) {
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

    fn away(&mut self, flow: &mut Flow, list: &'a [Node], span: Span, comments: Vec<String>) {
        let patterns = patterns(list);
        let wild = patterns.iter().any(|pattern| pattern.0.contains('*'));
        if flow.settled || (wild && !flow.columns.is_closed()) {
            self.settle(flow, span);
            for (name, _) in flow.columns.known() {
                if patterns.iter().any(|pattern| fits(&pattern.0, &name)) {
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
                .filter(|column| !patterns.iter().any(|pattern| fits(&pattern.0, &column.name)))
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

    fn rename(&mut self, flow: &mut Flow, pairs: Vec<(String, String)>, span: Span, comments: Vec<String>) {
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

    fn sort_key(&mut self, key: &'a Ordered, columns: &Columns) -> SortKey {
        let descending = !matches!(key.order, Some(SortOrder::Ascending | SortOrder::GrannyAscending));
        // Null is the smallest value.
        let nulls = match key.nulls {
            Some(super::super::syntax::NullsOrder::First) => NullsOrder::First,
            Some(super::super::syntax::NullsOrder::Last) => NullsOrder::Last,
            None if descending => NullsOrder::Last,
            None => NullsOrder::First,
        };
        SortKey { value: self.scalar(&key.item.value, columns).expr, descending, nulls }
    }

    fn expanded(&mut self, items: &'a [MvItem], flow: &Flow) -> Vec<(ExpandColumn, Ty)> {
        let mut out = Vec::new();
        for item in items {
            let Some(named) = &item.item else { continue };
            let value = self.scalar(&named.value, &flow.columns);
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

    fn mv_apply(&mut self, flow: &mut Flow, apply: &'a MvApply, span: Span, comments: Vec<String>) {
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
    fn counted(&mut self, flow: &mut Flow, apply: &'a MvApply) -> bool {
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

    fn parse(
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

    /// The condition of `search`: bare texts are terms of any column.
    fn search(&mut self, node: &'a Node, columns: &Columns, want: bool) -> Predicate {
        match &node.kind {
            ExprKind::Paren(inner) => self.search(inner, columns, want),
            ExprKind::Literal(Literal { value: LiteralValue::String { text, .. }, .. }) => {
                let case = crate::model::Case::Ignore;
                let kind = if text.contains('*') {
                    let pattern = search_pattern(text);
                    crate::model::TestKind::Regex {
                        pattern: Expr::text(pattern),
                        flavour: crate::model::RegexFlavour::Re2,
                        anchor: crate::model::Anchor::Search,
                        case,
                    }
                } else {
                    crate::model::TestKind::Term { value: Expr::text(text.clone()), case }
                };
                let every = Expr::Call(function::TO_TEXT, vec![Expr::AnyField]);
                let found = Predicate::from(crate::model::Test::new(every, kind, node.span));
                if want { found } else { found.negate() }
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let parts: Vec<Predicate> =
                    operands.iter().map(|operand| self.search(operand, columns, want)).collect();
                if matches!(node.kind, ExprKind::And(_)) == want {
                    Predicate::all(parts)
                } else {
                    Predicate::any(parts)
                }
            }
            ExprKind::Call(call) if call.name.text == "not" => match call.arguments.first() {
                Some(item) => self.search(&item.value, columns, !want),
                None => self.truth(node, columns, want),
            },
            ExprKind::Star => Predicate::Always(want),
            _ => self.truth(node, columns, want),
        }
    }
}

/// Puts a column with the name of the table in front.
fn tag(flow: &mut Flow, name: &str, table: String, span: Span) {
    let value = Expr::text(table);
    if flow.settled {
        flow.push(StepKind::Extend(vec![Column { name: name.to_owned(), value }]), span, Vec::new());
        flow.push(StepKind::Select(Select::Reorder(vec![NamePattern(name.to_owned())])), span, Vec::new());
        let mut columns = vec![Col::plain(name, Ty::String)];
        columns.extend(flow.columns.listed().iter().filter(|column| column.name != name).cloned());
        if flow.columns.is_closed() {
            flow.columns = Columns::closed(columns);
        } else {
            flow.columns.set(Col::plain(name, Ty::String));
        }
    } else {
        flow.columns.set(Col { name: name.to_owned(), ty: Ty::String, value });
    }
}

/// A search pattern with `*` as a regular expression over terms.
fn search_pattern(text: &str) -> String {
    let pieces: Vec<String> = text.split('*').map(regex::escape).collect();
    let body = pieces.join(".*");
    let start = if text.starts_with('*') { "" } else { r"(?:^|[^\p{L}\p{N}])" };
    let end = if text.ends_with('*') { "" } else { r"(?:$|[^\p{L}\p{N}])" };
    format!("{start}{body}{end}")
}

/// Comments of a step that no test carries.
fn comments_left(predicate: &Predicate, comments: Vec<String>) -> Vec<String> {
    let mut carried: Vec<String> = Vec::new();
    crate::model::walk::visit_predicate(predicate, |test| carried.extend(test.comments.iter().cloned()), |_| {});
    comments.into_iter().filter(|comment| !carried.contains(comment)).collect()
}

/// Whether an expression depends on the rows before and behind.
fn windowed(node: &Node) -> bool {
    struct Windows(bool);
    impl<'t> super::super::syntax::Visitor<'t> for Windows {
        fn call(&mut self, call: &'t Call) {
            self.0 |= functions::scalar(&call.name.text).is_some_and(flow::is_window);
            super::super::syntax::walk_call(self, call);
        }
    }
    let mut windows = Windows(false);
    super::super::syntax::Visitor::expr(&mut windows, node);
    windows.0
}

fn is_count(node: &Node) -> bool {
    match &node.unwrap_parentheses().kind {
        ExprKind::Call(call) => {
            (call.name.text == "count" && call.arguments.is_empty())
                || (call.name.text == "countif" && call.arguments.len() == 1 && !contains_aggregate_in(call))
        }
        _ => false,
    }
}

fn contains_aggregate_in(call: &Call) -> bool {
    call.arguments.iter().any(|item| contains_aggregate(&item.value))
}

fn schema_columns(schema: &Schema) -> Vec<Col> {
    schema
        .columns
        .iter()
        .map(|column| {
            let ty = match &column.ty {
                ParameterType::Scalar(name) => Ty::by_name(&name.text),
                _ => Ty::Unknown,
            };
            Col::plain(&column.name.text, ty)
        })
        .collect()
}

/// A cell of a `datatable`, in the type of its column.
fn cell(value: Value, ty: Ty) -> Value {
    use crate::evaluate::functions::convert;
    if value.is_null() {
        return if ty == Ty::String { Value::text("") } else { Value::Null };
    }
    match ty {
        Ty::String => Value::String(convert::scalar_text(&value)),
        Ty::Long => convert::to_long(&value).map_or(Value::Null, Value::Int),
        Ty::Real => convert::to_double(&value).map_or(Value::Null, Value::Double),
        Ty::Bool => convert::to_bool(&value).map_or(Value::Null, Value::Bool),
        Ty::DateTime => convert::to_time(&value).map_or(Value::Null, Value::DateTime),
        Ty::Timespan => convert::to_duration(&value).map_or(Value::Null, Value::Duration),
        Ty::Guid => Value::String(convert::scalar_text(&value).to_ascii_lowercase()),
        Ty::Dynamic | Ty::Unknown => value,
    }
}

fn patterns(list: &[Node]) -> Vec<NamePattern> {
    list.iter().filter_map(pattern).collect()
}

fn pattern(node: &Node) -> Option<NamePattern> {
    match &node.unwrap_parentheses().kind {
        ExprKind::Name(name) => Some(NamePattern(name.text.clone())),
        ExprKind::Wildcard(wildcard) => Some(NamePattern(wildcard.pattern.clone())),
        ExprKind::Star => Some(NamePattern("*".to_owned())),
        _ => None,
    }
}

/// Whether a name fits a pattern of `*`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}
