//! A walk over the tree in source order.

use super::{
    Call, EntityGroup, Expr, ExprKind, FunctionBody, GraphElement, Item, JoinCondition, LetValue, MakeGraphWith,
    MakeSeriesRange, NamedValue, Operator, OperatorKind, Ordered, Parameter, PatternCase, Script, Statement,
    StatementKind, StepKind, Summarize,
};

/// Something that looks at every node. Each method has a default that goes on to the children; an override calls the
/// `walk_...` function of the same name to do so.
pub trait Visitor<'a> {
    /// A statement.
    fn statement(&mut self, statement: &'a Statement) {
        walk_statement(self, statement);
    }

    /// An expression.
    fn expr(&mut self, expr: &'a Expr) {
        walk_expr(self, expr);
    }

    /// An operator.
    fn operator(&mut self, operator: &'a Operator) {
        walk_operator(self, operator);
    }

    /// A function call, wherever it stands.
    fn call(&mut self, call: &'a Call) {
        walk_call(self, call);
    }

    /// The body of a function or of a pattern's case.
    fn body(&mut self, body: &'a FunctionBody) {
        walk_body(self, body);
    }
}

/// Visits every statement.
pub fn walk_script<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, script: &'a Script) {
    for statement in &script.statements {
        visitor.statement(statement);
    }
}

/// Visits the children of a statement.
pub fn walk_statement<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, statement: &'a Statement) {
    match &statement.kind {
        StatementKind::Let(statement) => match &statement.value {
            LetValue::Expr(value) => visitor.expr(value),
            LetValue::Function(function) => {
                parameters(visitor, &function.parameters);
                visitor.body(&function.body);
            }
            LetValue::EntityGroup(entities) => exprs(visitor, entities),
            LetValue::EntityGroupCall(call) => visitor.call(call),
        },
        StatementKind::Set { value, .. } => exprs(visitor, value),
        StatementKind::QueryParameters(list) => parameters(visitor, list),
        StatementKind::Pattern(pattern) => {
            for PatternCase { values, body, .. } in pattern.declaration.iter().flat_map(|it| &it.cases) {
                exprs(visitor, values);
                visitor.body(body);
            }
        }
        StatementKind::Alias { value, .. } => visitor.expr(value),
        StatementKind::Restrict { entities, with } => {
            exprs(visitor, entities);
            named_values(visitor, with.iter().flatten());
        }
        StatementKind::Query(query) => visitor.expr(query),
    }
}

/// Visits the children of a function's body.
pub fn walk_body<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, body: &'a FunctionBody) {
    for statement in &body.statements {
        visitor.statement(statement);
    }
    exprs(visitor, &body.result);
}

/// Visits the arguments of a call.
pub fn walk_call<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, call: &'a Call) {
    items(visitor, &call.arguments);
}

/// Visits the children of an expression.
pub fn walk_expr<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, expr: &'a Expr) {
    match &expr.kind {
        ExprKind::Name(_)
        | ExprKind::Wildcard(_)
        | ExprKind::Star
        | ExprKind::At
        | ExprKind::Literal(_)
        | ExprKind::TypeOf(_)
        | ExprKind::ContextualDataTable { .. }
        | ExprKind::InlineExternalTable(_) => {}
        ExprKind::Call(call) => visitor.call(call),
        ExprKind::Path(path) => {
            visitor.expr(&path.first);
            for step in &path.steps {
                match &step.kind {
                    StepKind::Index(index) | StepKind::DotIndex(index) => visitor.expr(index),
                    StepKind::Call(call) => visitor.call(call),
                    StepKind::Member(_) | StepKind::Wildcard(_) | StepKind::IndexWildcard(_) | StepKind::At => {}
                }
            }
        }
        ExprKind::DataScope { value, .. } => visitor.expr(value),
        ExprKind::Paren(inner)
        | ExprKind::Bracketed(inner)
        | ExprKind::Sign { operand: inner, .. }
        | ExprKind::Materialize(inner) => {
            visitor.expr(inner);
        }
        ExprKind::Arithmetic { first, rest } => {
            visitor.expr(first);
            for (_, operand) in rest {
                visitor.expr(operand);
            }
        }
        ExprKind::Compare { left, right, .. } | ExprKind::Text { left, right, .. } => {
            visitor.expr(left);
            visitor.expr(right);
        }
        ExprKind::In { left, list, .. } => {
            visitor.expr(left);
            exprs(visitor, list);
        }
        ExprKind::Between { value, low, high, .. } => {
            visitor.expr(value);
            visitor.expr(low);
            visitor.expr(high);
        }
        ExprKind::And(operands) | ExprKind::Or(operands) => exprs(visitor, operands),
        ExprKind::Query(query) => {
            exprs(visitor, &query.source);
            for operator in &query.operators {
                visitor.operator(operator);
            }
        }
        ExprKind::ToValue { query, .. } => visitor.expr(query),
        ExprKind::DataTable(table) => {
            named_values(visitor, &table.parameters);
            exprs(visitor, &table.values);
        }
        ExprKind::ExternalData(data) => {
            named_values(visitor, &data.parameters);
            exprs(visitor, &data.uris);
            named_values(visitor, data.with.iter().flatten());
        }
        ExprKind::ViewCombine(combine) => {
            visitor.expr(&combine.view);
            visitor.expr(&combine.base);
            visitor.expr(&combine.delta);
            summarize(visitor, &combine.aggregations);
        }
    }
}

/// Visits the children of an operator.
pub fn walk_operator<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, operator: &'a Operator) {
    named_values(visitor, &operator.parameters);
    match &operator.kind {
        OperatorKind::As(_)
        | OperatorKind::AssertSchema(_)
        | OperatorKind::Consume
        | OperatorKind::Count(_)
        | OperatorKind::ExecuteAndCache
        | OperatorKind::GetSchema
        | OperatorKind::GraphMarkComponents
        | OperatorKind::InlineExternalTable(_) => {}
        OperatorKind::Distinct(list)
        | OperatorKind::Extend(list)
        | OperatorKind::Print(list)
        | OperatorKind::Project(list)
        | OperatorKind::ProjectRename(list)
        | OperatorKind::Serialize(list) => items(visitor, list),
        OperatorKind::Evaluate { call, .. } => visitor.call(call),
        OperatorKind::Facet { by, with } => {
            exprs(visitor, by);
            exprs(visitor, with.iter().map(|with| &with.body));
        }
        OperatorKind::Find(find) => {
            exprs(visitor, find.tables.iter().flatten());
            visitor.expr(&find.condition);
        }
        OperatorKind::Fork(branches) => exprs(visitor, branches.iter().map(|branch| &branch.body)),
        OperatorKind::GraphMatch(found) | OperatorKind::GraphShortestPaths(found) => {
            for element in found.patterns.iter().flatten() {
                if let GraphElement::Edge { range: Some(range), .. } = element {
                    visitor.expr(&range.0);
                    visitor.expr(&range.1);
                }
            }
            exprs(visitor, &found.condition);
            items(visitor, found.project.iter().flatten());
        }
        OperatorKind::GraphToTable(outputs) => {
            named_values(visitor, outputs.iter().flat_map(|output| &output.parameters));
        }
        OperatorKind::GraphWhereNodes(expr) | OperatorKind::GraphWhereEdges(expr) | OperatorKind::Invoke(expr) => {
            visitor.expr(expr);
        }
        OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
            visitor.expr(&join.right);
            match &join.condition {
                Some(JoinCondition::On(list)) => exprs(visitor, list),
                Some(JoinCondition::Where(condition)) => visitor.expr(condition),
                None => {}
            }
        }
        OperatorKind::MacroExpand(expand) => {
            match &expand.group {
                EntityGroup::Expr(group) => visitor.expr(group),
                EntityGroup::List(list) => exprs(visitor, list),
            }
            for statement in &expand.statements {
                visitor.statement(statement);
            }
        }
        OperatorKind::MakeGraph(graph) => {
            if let Some(MakeGraphWith::Tables(tables)) = &graph.with {
                exprs(visitor, tables.iter().map(|(table, _)| table));
            }
            if let Some((column, body)) = &graph.partitioned_by {
                visitor.expr(column);
                visitor.expr(body);
            }
        }
        OperatorKind::MakeSeries(series) => {
            for aggregate in &series.aggregates {
                visitor.expr(&aggregate.item.value);
                items(visitor, &aggregate.default);
            }
            visitor.expr(&series.on.value);
            match &series.range {
                MakeSeriesRange::FromToStep { from, to, step } => {
                    exprs(visitor, from.as_deref());
                    exprs(visitor, to.as_deref());
                    visitor.expr(step);
                }
                MakeSeriesRange::InRange(list) => items(visitor, list),
            }
            items(visitor, series.by.iter().flatten());
        }
        OperatorKind::MvApply(apply) => {
            items(visitor, apply.items.iter().filter_map(|it| it.item.as_ref()));
            exprs(visitor, &apply.limit);
            exprs(visitor, &apply.id);
            visitor.expr(&apply.body);
        }
        OperatorKind::MvExpand { items: list, limit } => {
            items(visitor, list.iter().filter_map(|it| it.item.as_ref()));
            exprs(visitor, limit);
        }
        OperatorKind::Parse(parse) | OperatorKind::ParseWhere(parse) => visitor.expr(&parse.value),
        OperatorKind::ParseKv { value, with, .. } => {
            visitor.expr(value);
            named_values(visitor, with.iter().flatten());
        }
        OperatorKind::Partition(partition) => {
            visitor.expr(&partition.by);
            exprs(visitor, &partition.scope);
            visitor.expr(&partition.body);
        }
        OperatorKind::PartitionBy { by, id, body } => {
            visitor.expr(by);
            exprs(visitor, id);
            visitor.expr(body);
        }
        OperatorKind::ProjectAway(list)
        | OperatorKind::ProjectByNames(list)
        | OperatorKind::ProjectKeep(list)
        | OperatorKind::Union(list) => exprs(visitor, list),
        OperatorKind::ProjectReorder(list) | OperatorKind::Sort(list) => ordered(visitor, list),
        OperatorKind::Range { from, to, step, .. } => {
            visitor.expr(from);
            visitor.expr(to);
            visitor.expr(step);
        }
        OperatorKind::Reduce { by, with } => {
            visitor.expr(&by.value);
            named_values(visitor, with.iter().flatten());
        }
        OperatorKind::Render { with, .. } => named_values(visitor, with.iter().flatten()),
        OperatorKind::Sample(item) | OperatorKind::Take(item) | OperatorKind::Where(item) => visitor.expr(&item.value),
        OperatorKind::SampleDistinct { count, of } => items(visitor, [count, of]),
        OperatorKind::Scan(scan) => {
            ordered(visitor, scan.order.iter().flatten());
            exprs(visitor, scan.partition.iter().flatten());
            parameters(visitor, scan.declare.iter().flatten());
            for step in &scan.steps {
                visitor.expr(&step.condition);
                exprs(visitor, step.assignments.iter().map(|(_, value)| value));
            }
        }
        OperatorKind::Search(search) => {
            exprs(visitor, search.tables.iter().flatten());
            visitor.expr(&search.condition);
        }
        OperatorKind::Summarize(it) => summarize(visitor, it),
        OperatorKind::Top { count, by } => {
            visitor.expr(&count.value);
            visitor.expr(&by.item.value);
        }
        OperatorKind::TopHitters { count, of, by } => {
            items(visitor, [Some(count), Some(of), by.as_ref()].into_iter().flatten())
        }
        OperatorKind::TopNested(levels) => {
            for level in levels {
                items(visitor, &level.count);
                visitor.expr(&level.of.value);
                exprs(visitor, &level.others);
                visitor.expr(&level.by.item.value);
            }
        }
    }
}

fn summarize<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, summarize: &'a Summarize) {
    named_values(visitor, &summarize.parameters);
    items(visitor, &summarize.aggregates);
    items(visitor, summarize.by.iter().flatten());
    exprs(visitor, &summarize.bin);
}

fn exprs<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, list: impl IntoIterator<Item = &'a Expr>) {
    for expr in list {
        visitor.expr(expr);
    }
}

fn items<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, list: impl IntoIterator<Item = &'a Item>) {
    for item in list {
        visitor.expr(&item.value);
    }
}

fn ordered<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, list: impl IntoIterator<Item = &'a Ordered>) {
    for ordered in list {
        visitor.expr(&ordered.item.value);
    }
}

fn named_values<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, list: impl IntoIterator<Item = &'a NamedValue>) {
    for value in list {
        exprs(visitor, &value.values);
    }
}

fn parameters<'a, V: Visitor<'a> + ?Sized>(visitor: &mut V, list: impl IntoIterator<Item = &'a Parameter>) {
    for parameter in list {
        exprs(visitor, &parameter.default);
    }
}
