//! Sources of rows: tables, functions that yield them, rows in the query, unions.

use super::super::bind::{Col, Columns, Ty, functions, schema};
use super::super::raise;
use super::super::syntax::{
    Call, DataTable, Expr as Node, ExprKind, ExternalData, Operator, OperatorKind, ParameterType, Path, Schema,
    StepKind as PathStep,
};
use super::flow::{self, Flow};
use super::summarize::unique;
use super::{Binding, Lowerer, MAX_CALLS};
use crate::diagnostic::{Span, codes};
use crate::model::{Column, Expr, InlineTable, NamePattern, Select, Source, StepKind, Value};

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
            ExprKind::ExternalData(data) => self.external(data, node.span),
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
    pub(super) fn gap(&mut self, code: crate::diagnostic::Code, reason: impl Into<String>, span: Span) -> Flow {
        let index = self.miss(code, reason, span);
        let mut flow = Flow::rows(flow::nothing(), Columns::open());
        flow.push(StepKind::Unread(index), span, Vec::new());
        flow
    }

    pub(super) fn named_table(&mut self, name: &str, span: Span) -> Flow {
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

    pub(super) fn log_table(&mut self, name: &str, span: Span) -> Flow {
        self.check_table(name, span);
        if !self.tables.iter().any(|known| known == name) {
            self.tables.push(name.to_owned());
        }
        let columns = schema::table(name).map_or_else(Columns::open, Columns::of_table);
        Flow::events(Source::Table(name.to_owned()), columns)
    }

    pub(super) fn called_table(&mut self, call: &'a Call, span: Span) -> Flow {
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
            // `name()` of a table that `let` names is that table.
            (_, None) => self.named_table(name, span),
            (_, Some(_)) => self.workspace_function(call, span),
        }
    }

    /// A function of the workspace, such as `_GetWatchlist("x")` or a parser: a table of its own, named by the call with
    /// its arguments written out. Its columns are the workspace's affair.
    fn workspace_function(&mut self, call: &'a Call, span: Span) -> Flow {
        let name = call.name.text.as_str();
        let mut arguments = Vec::new();
        for item in &call.arguments {
            let value = self.scalar(&item.value, &Columns::closed(Vec::new())).expr;
            if let Expr::Unread(index) = value {
                let mut flow = Flow::rows(flow::nothing(), Columns::open());
                flow.push(StepKind::Unread(index), span, Vec::new());
                return flow;
            }
            match raise::value_text(&value, self.types) {
                Ok(text) => arguments.push(match item.name() {
                    Some(name) => format!("{}={text}", name.text),
                    None => text,
                }),
                Err(_) => {
                    let reason = format!("the table function `{name}` with these arguments");
                    return self.gap(codes::kusto::UNREAD_SOURCE, reason, span);
                }
            }
        }
        self.several = true;
        Flow::events(Source::Table(format!("{name}({})", arguments.join(", "))), Columns::open())
    }

    /// `externaldata (...) [...]`: rows from outside the workspace, a table of their own named by the whole of it.
    fn external(&mut self, data: &'a ExternalData, span: Span) -> Flow {
        let columns = schema_columns(&data.schema);
        let nothing = Columns::closed(Vec::new());
        let mut uris = Vec::new();
        for uri in &data.uris {
            match self.scalar(uri, &nothing).expr.as_text() {
                Some(text) => uris.push(raise::text_literal(text)),
                None => {
                    let mut flow = self.gap(codes::kusto::UNREAD_SOURCE, "`externaldata` from a computed place", span);
                    flow.columns = Columns::closed(columns);
                    return flow;
                }
            }
        }
        let mut options = Vec::new();
        for option in data.with.iter().flatten() {
            let value = match option.value().map(|value| self.scalar(value, &nothing).expr) {
                Some(Expr::Literal(Value::String(text))) => raise::text_literal(&text),
                Some(Expr::Literal(Value::Bool(flag))) => flag.to_string(),
                _ => option.word().unwrap_or_default().to_owned(),
            };
            options.push(format!("{}={value}", option.name.text));
        }
        let schema: Vec<String> =
            columns.iter().map(|column| format!("{}: {}", raise::name_text(&column.name), column.ty.name())).collect();
        let with = if options.is_empty() { String::new() } else { format!(" with ({})", options.join(", ")) };
        let name = format!("externaldata ({}) [{}]{with}", schema.join(", "), uris.join(", "));
        self.several = true;
        Flow::events(Source::Table(name), Columns::closed(columns))
    }

    /// A tabular function of the script, written out.
    pub(super) fn called_function(
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
    pub(super) fn remote_table(&mut self, path: &'a Path, span: Span) -> Flow {
        match path.steps.last().map(|step| &step.kind) {
            Some(PathStep::Member(name)) => self.log_table(&name.text, span),
            Some(PathStep::Call(call)) => self.called_table(call, span),
            _ => self.gap(codes::kusto::UNREAD_SOURCE, "this source of rows", span),
        }
    }

    pub(super) fn datatable(&mut self, table: &'a DataTable) -> Flow {
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
    pub(super) fn first_operator(&mut self, operator: &'a Operator) -> Flow {
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

    pub(super) fn union(&mut self, operator: &'a Operator, parts: &'a [Node], first: Option<&mut Flow>) -> Flow {
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

    pub(super) fn settle(&mut self, flow: &mut Flow, span: Span) {
        if !flow.settle() {
            let index = self.miss(codes::kusto::UNREAD, "columns that replace each other", span);
            flow.push(StepKind::Unread(index), span, Vec::new());
        }
    }
}

/// Puts a column with the name of the table in front.
pub(super) fn tag(flow: &mut Flow, name: &str, table: String, span: Span) {
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

pub(super) fn schema_columns(schema: &Schema) -> Vec<Col> {
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
pub(super) fn cell(value: Value, ty: Ty) -> Value {
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
