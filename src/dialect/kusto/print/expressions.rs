//! Expressions.

use super::super::syntax::{
    Call, DataTable, Expr, ExprKind, ExternalData, InOp, Item, Json, JsonKind, Literal, LiteralValue, Name, NamedValue,
    Names, Path, Query, Span, StepKind, TypeOf, TypeOfColumn, Wildcard,
};
use super::parentheses::{Binding, needs, strip};
use super::{INDENT, Printer, lines, spelling, with_comma};
use crate::dialect::layout::{Doc, all, group, nest, text};

pub(super) fn expr_span(expr: &Expr) -> Span {
    expr.span
}

pub(super) fn item_span(item: &Item) -> Span {
    item.span
}

impl Printer<'_> {
    /// An expression where a whole query may stand.
    pub fn whole(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Query(query) => self.query(query, true),
            _ => self.operand(expr, Binding::Or),
        }
    }

    /// A scalar where anything but a pipeline may stand, without parentheses around it.
    pub fn scalar(&mut self, expr: &Expr) -> Doc {
        self.operand(expr, Binding::Or)
    }

    /// An operand that must bind at least so tightly.
    pub fn operand(&mut self, expr: &Expr, least: Binding) -> Doc {
        let expr = strip(expr, least);
        if needs(expr, least) { self.in_parentheses(expr, expr.span.end) } else { self.bare(expr) }
    }

    /// `( ... )`; `end` is where the closing parenthesis ends.
    pub fn in_parentheses(&mut self, inner: &Expr, end: usize) -> Doc {
        match &inner.kind {
            ExprKind::Query(query) => {
                let body = self.query(query, false);
                let behind = self.before(end.saturating_sub(1));
                group(all([text("("), nest(INDENT, all([Doc::Soft, body, behind])), Doc::Soft, text(")")]))
            }
            _ => {
                let body = self.scalar(inner);
                let behind = self.before(end.saturating_sub(1));
                group(all([text("("), nest(INDENT, all([Doc::Soft, body, behind])), Doc::Soft, text(")")]))
            }
        }
    }

    /// A sub-query in parentheses that always has lines of its own.
    pub fn block(&mut self, body: &Expr, open: &str, close: &str, end: usize) -> Doc {
        let inner = self.whole(body);
        let behind = self.before(end.saturating_sub(1));
        all([text(open), nest(INDENT, all([Doc::Hard, inner, behind])), Doc::Hard, text(close)])
    }

    /// Parentheses that stand because a table is meant: `join (U | ...)`, `union (T)`.
    pub fn table(&mut self, expr: &Expr) -> Doc {
        let mut expr = expr;
        while let ExprKind::Paren(inner) = &expr.kind
            && let ExprKind::Paren(_) = &inner.kind
        {
            expr = inner;
        }
        match &expr.kind {
            ExprKind::Paren(inner) if matches!(inner.kind, ExprKind::Query(_)) => {
                let before = self.before(expr.span.start);
                all([before, self.block(inner, "(", ")", expr.span.end)])
            }
            ExprKind::Paren(inner) => {
                let before = self.before(expr.span.start);
                all([before, self.in_parentheses(inner, expr.span.end)])
            }
            ExprKind::Query(_) => self.block(expr, "(", ")", expr.span.end),
            _ => self.operand(expr, Binding::Sign),
        }
    }

    /// A pipeline. With `broken` every operator has a line of its own; without, a pipeline of one operator may share one.
    pub fn query(&mut self, query: &Query, broken: bool) -> Doc {
        let broken = broken || query.operators.len() > 1;
        let mut docs = Vec::new();
        if let Some(source) = &query.source {
            docs.push(match &source.kind {
                ExprKind::Paren(_) => self.table(source),
                _ => self.operand(source, Binding::Or),
            });
        }
        for operator in &query.operators {
            if !docs.is_empty() {
                docs.push(self.behind(operator.span.start));
                docs.push(if broken { Doc::Hard } else { Doc::Line });
                docs.push(self.before(operator.span.start));
                docs.push(text("| "));
            }
            docs.push(self.operator(operator));
        }
        Doc::All(docs)
    }

    fn bare(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Wildcard(wildcard) => self.wildcard(wildcard),
            ExprKind::Star => self.leaf("*", expr.span),
            ExprKind::At => self.leaf("@", expr.span),
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::TypeOf(ty) => self.type_of(ty, expr.span),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Path(path) => self.path(path),
            ExprKind::DataScope { value, scope } => {
                let value = self.operand(value, Binding::Primary);
                let scope = self.name(scope);
                all([value, text(" datascope="), scope])
            }
            ExprKind::Paren(inner) => {
                let before = self.before(expr.span.start);
                all([before, self.in_parentheses(inner, expr.span.end)])
            }
            ExprKind::Bracketed(inner) => {
                let before = self.before(expr.span.start);
                let inner = self.scalar(inner);
                all([before, text("["), inner, text("]")])
            }
            ExprKind::Sign { negative, operand } => {
                let sign = self.leaf(if *negative { "-" } else { "+" }, expr.span);
                all([sign, self.operand(operand, Binding::Primary)])
            }
            ExprKind::Arithmetic { first, rest } => self.arithmetic(first, rest, expr),
            ExprKind::Compare { op, left, right } => {
                let least = if op.is_equality() { Binding::Relation } else { Binding::Sum };
                self.binary(left, op.spelling(), right, least)
            }
            ExprKind::Text { op, left, right } => self.binary(left, op.spelling, right, Binding::Sign),
            ExprKind::In { op, left, list } => self.in_list(*op, left, list, expr.span.end),
            ExprKind::Between { negated, value, low, high } => {
                let value = self.operand(value, Binding::Relation);
                let behind = self.behind(low.span.start);
                let low = self.scalar(low);
                let between = self.behind(high.span.start);
                let high = self.scalar(high);
                let word = if *negated { " !between (" } else { " between (" };
                all([value, behind, text(word), low, between, text(" .. "), high, text(")")])
            }
            ExprKind::And(operands) => self.chain(operands, "and ", Binding::And, Binding::Equality),
            ExprKind::Or(operands) => self.chain(operands, "or ", Binding::Or, Binding::And),
            // A pipeline where only a scalar may stand gets its parentheses before this.
            ExprKind::Query(query) => self.query(query, false),
            ExprKind::ToValue { scalar, kind, query } => {
                let word = if *scalar { "toscalar" } else { "totable" };
                let open = self.leaf(word, expr.span);
                let kind = match kind {
                    Some(kind) => {
                        let kind = self.name(kind);
                        all([text(" kind="), kind, text(" ")])
                    }
                    None => all([]),
                };
                let body = match &query.kind {
                    ExprKind::Paren(_) => {
                        let body = self.table(query);
                        all([text("("), body, text(")")])
                    }
                    _ => self.in_parentheses(query, expr.span.end),
                };
                all([open, kind, body])
            }
            ExprKind::Materialize(query) => {
                let open = self.leaf("materialize", expr.span);
                let body = match &query.kind {
                    ExprKind::Query(_) => self.block(query, "(", ")", expr.span.end),
                    ExprKind::Paren(_) => {
                        let body = self.table(query);
                        all([text("("), body, text(")")])
                    }
                    _ => self.in_parentheses(query, expr.span.end),
                };
                all([open, body])
            }
            ExprKind::DataTable(table) => self.data_table(table, expr.span),
            ExprKind::ExternalData(data) => self.external_data(data, expr.span),
            ExprKind::ContextualDataTable { id, schema } => {
                let open = self.leaf("__contextual_datatable ", expr.span);
                let id = self.scalar(id);
                all([open, id, text(" "), self.schema(schema)])
            }
            ExprKind::ViewCombine(combine) => {
                let open = self.leaf("materialized-view-combine", expr.span);
                let mut docs = vec![open];
                for (word, part) in [(" (", &combine.view), (" base (", &combine.base), (" delta (", &combine.delta)] {
                    let part = self.whole(part);
                    docs.extend([text(word), nest(INDENT, part), text(")")]);
                }
                let summarize = self.summarize(&combine.aggregations);
                let parameters = self.parameters_behind(&combine.aggregations.parameters);
                docs.extend([text(" aggregations (summarize"), parameters, summarize, text(")")]);
                all(docs)
            }
            ExprKind::InlineExternalTable(spelling) => self.leaf(spelling.to_string(), expr.span),
        }
    }

    pub fn name(&mut self, name: &Name) -> Doc {
        self.leaf(spelling::name(name), name.span)
    }

    pub fn wildcard(&mut self, wildcard: &Wildcard) -> Doc {
        let words = if wildcard.bracketed { format!("[{}]", wildcard.pattern) } else { wildcard.pattern.clone() };
        self.leaf(words, wildcard.span)
    }

    pub fn literal(&mut self, literal: &Literal) -> Doc {
        match (&literal.value, &literal.spelling) {
            (LiteralValue::Dynamic(json), None) => {
                let open = self.leaf("dynamic(", literal.span);
                let json = self.json(json);
                all([open, json, text(")")])
            }
            _ => self.leaf(spelling::literal(literal), literal.span),
        }
    }

    fn json(&mut self, json: &Json) -> Doc {
        match &json.kind {
            JsonKind::Null => self.leaf("null", json.span),
            JsonKind::Literal(literal) => self.literal(literal),
            JsonKind::Parameter(name) => self.leaf(name.to_string(), json.span),
            JsonKind::Array(values) => {
                let before = self.before(json.span.start);
                let docs = self.separated(values, |value| value.span, Self::json);
                let plain = values.iter().all(|value| matches!(value.kind, JsonKind::Literal(_) | JsonKind::Null));
                all([before, self.bracketed("[", docs, "]", json.span.end, plain)])
            }
            JsonKind::Object(members) => {
                let before = self.before(json.span.start);
                let docs = self.separated(
                    members,
                    |(name, _)| name.span,
                    |this, (name, value)| {
                        let name = this.literal(name);
                        all([name, text(": "), this.json(value)])
                    },
                );
                all([before, self.bracketed("{", docs, "}", json.span.end, false)])
            }
        }
    }

    pub fn type_of(&mut self, ty: &TypeOf, span: Span) -> Doc {
        let open = self.leaf("typeof(", span);
        let inner = match ty {
            TypeOf::Scalar(name) => self.name(name),
            TypeOf::Columns(columns) => {
                let docs = columns.iter().map(|column| match column {
                    TypeOfColumn::Star(_) => text("*"),
                    TypeOfColumn::Column(column) => self.parameter(column),
                });
                let docs: Vec<Doc> = docs.collect();
                let mut out = Vec::new();
                for doc in docs {
                    if !out.is_empty() {
                        out.push(text(", "));
                    }
                    out.push(doc);
                }
                Doc::All(out)
            }
        };
        all([open, inner, text(")")])
    }

    pub fn call(&mut self, call: &Call) -> Doc {
        let name = self.name(&call.name);
        // `bool(` and `guid(` without a space would be literals.
        let space =
            if matches!(call.name.text.as_str(), "bool" | "guid") && !call.name.is_bracketed() { " " } else { "" };
        let docs = self.separated(&call.arguments, item_span, Self::argument);
        let plain = call.arguments.len() > 8 && call.arguments.iter().all(is_plain);
        all([name, text(space), self.bracketed("(", docs, ")", call.span.end, plain)])
    }

    fn argument(&mut self, item: &Item) -> Doc {
        let doc = self.item(item);
        group(doc)
    }

    /// `x = value`, `(a, b) = value`, `value`.
    pub fn item(&mut self, item: &Item) -> Doc {
        let names = match &item.names {
            Names::None => return self.item_value(&item.value, Binding::Or),
            Names::One(name) => self.name(name),
            Names::List(names) => {
                let before = self.before(item.span.start);
                let docs = self.separated(names, |name| name.span, Self::name);
                all([before, text("("), lines(docs), text(")")])
            }
        };
        let behind = self.behind(item.value.span.start);
        // Parentheses around a condition that is given a name show where it begins.
        let value = match strip(&item.value, Binding::Sum) {
            paren if matches!(paren.kind, ExprKind::Paren(_)) => self.operand(paren, Binding::Sum),
            value => self.item_value(value, Binding::Or),
        };
        all([names, behind, text(" = "), value])
    }

    fn item_value(&mut self, value: &Expr, least: Binding) -> Doc {
        match &value.kind {
            ExprKind::Star => self.leaf("*", value.span),
            _ => {
                let chain = matches!(strip(value, least).kind, ExprKind::And(_) | ExprKind::Or(_));
                let value = group(self.operand(value, least));
                // Further conjuncts stand deeper than the first; brackets indent what is in them.
                if chain { nest(INDENT, value) } else { value }
            }
        }
    }

    fn path(&mut self, path: &Path) -> Doc {
        let mut docs = vec![match &path.first.kind {
            ExprKind::Paren(inner)
                if !matches!(inner.kind, ExprKind::Name(_) | ExprKind::Call(_) | ExprKind::Path(_)) =>
            {
                self.bare(&path.first)
            }
            _ => self.operand(&path.first, Binding::Primary),
        }];
        for step in &path.steps {
            docs.push(self.before(step.span.start));
            match &step.kind {
                StepKind::Member(name) => docs.extend([text("."), self.name(name)]),
                StepKind::Index(index) => docs.extend([text("["), self.scalar(index), text("]")]),
                StepKind::DotIndex(index) => docs.extend([text(".["), self.scalar(index), text("]")]),
                StepKind::Call(call) => docs.extend([text("."), self.call(call)]),
                StepKind::Wildcard(wildcard) => docs.extend([text("."), self.wildcard(wildcard)]),
                StepKind::IndexWildcard(wildcard) => docs.push(self.wildcard(wildcard)),
                StepKind::At => docs.push(text(".@")),
            }
        }
        Doc::All(docs)
    }

    fn arithmetic(&mut self, first: &Expr, rest: &[(super::super::syntax::ArithmeticOp, Expr)], whole: &Expr) -> Doc {
        let mine = super::parentheses::binding(whole);
        let tighter = if mine == Binding::Sum { Binding::Product } else { Binding::Text };
        let mut docs = vec![self.operand(first, mine)];
        for (op, operand) in rest {
            docs.push(self.behind(operand.span.start));
            docs.push(Doc::Line);
            docs.push(text(format!("{} ", op.spelling())));
            docs.push(self.operand(operand, tighter));
        }
        group(nest(INDENT, Doc::All(docs)))
    }

    fn binary(&mut self, left: &Expr, operator: &str, right: &Expr, least: Binding) -> Doc {
        let left = self.operand(left, least);
        let behind = self.behind(right.span.start);
        let right = self.operand(right, least);
        all([left, behind, text(format!(" {operator} ")), right])
    }

    fn chain(&mut self, operands: &[Expr], word: &str, mine: Binding, others: Binding) -> Doc {
        let mut docs = Vec::new();
        for (index, operand) in flattened(operands, mine).into_iter().enumerate() {
            if index > 0 {
                docs.push(self.behind(operand.span.start));
                docs.push(Doc::Line);
                docs.push(self.before(operand.span.start));
                docs.push(text(word));
            }
            docs.push(if matches!(operand.kind, ExprKind::Star) {
                self.leaf("*", operand.span)
            } else {
                let doc = self.operand(operand, others);
                group(doc)
            });
        }
        Doc::All(docs)
    }

    fn in_list(&mut self, op: InOp, left: &Expr, list: &[Expr], end: usize) -> Doc {
        let left = self.operand(left, Binding::Relation);
        let behind = self.behind(list.first().map_or(0, |first| first.span.start));
        let open = text(format!(" {} ", op.spelling()));
        let body = match list {
            [single] => match &single.kind {
                ExprKind::Query(_) => self.in_parentheses(single, end),
                // A table in parentheses stays so.
                ExprKind::Paren(_) => {
                    let inner = match strip(single, Binding::Query) {
                        paren if matches!(paren.kind, ExprKind::Paren(_)) => self.bare(paren),
                        inner if matches!(inner.kind, ExprKind::Literal(_)) => self.bare(inner),
                        inner => {
                            let inner = self.scalar(inner);
                            all([text("("), inner, text(")")])
                        }
                    };
                    let behind = self.before(end.saturating_sub(1));
                    all([text("("), inner, behind, text(")")])
                }
                _ => {
                    let inner = self.scalar(single);
                    let behind = self.before(end.saturating_sub(1));
                    all([text("("), inner, behind, text(")")])
                }
            },
            _ => {
                let docs = self.separated(list, expr_span, Self::scalar);
                self.bracketed("(", docs, ")", end, true)
            }
        };
        all([left, behind, open, body])
    }

    fn data_table(&mut self, table: &DataTable, span: Span) -> Doc {
        let open = self.leaf("datatable", span);
        let parameters = self.parameters_behind(&table.parameters);
        let schema = self.schema(&table.schema);
        let mut values = self.separated(&table.values, expr_span, Self::scalar);
        if table.trailing_comma {
            with_comma(&mut values);
        }
        let columns = table.schema.columns.len().max(1);
        let mut rows = Vec::new();
        let mut row = Vec::new();
        for value in values {
            row.push(value);
            if row.len() == columns {
                rows.push(lines(std::mem::take(&mut row)));
            }
        }
        if !row.is_empty() {
            rows.push(lines(row));
        }
        let rows: Vec<Doc> = rows.into_iter().map(group).collect();
        let open_bracket = if table.leading_comma { "[," } else { "[" };
        let space = if table.parameters.is_empty() { "" } else { " " };
        let body = self.bracketed(open_bracket, rows, "]", span.end, columns == 1);
        all([open, parameters, text(space), schema, text(" "), body])
    }

    fn external_data(&mut self, data: &ExternalData, span: Span) -> Doc {
        let open = self.leaf(if data.underscored { "external_data" } else { "externaldata" }, span);
        let parameters = self.parameters_behind(&data.parameters);
        let space = if data.parameters.is_empty() { "" } else { " " };
        let schema = self.schema(&data.schema);
        let end = data.uris.last().map_or(0, |last| last.span.end + 1);
        let mut uris = self.separated(&data.uris, expr_span, Self::whole);
        if data.trailing_comma {
            with_comma(&mut uris);
        }
        let uris = self.bracketed("[", uris, "]", end, false);
        let with = match &data.with {
            Some(with) => {
                let with = self.with(with, "", span.end);
                all([Doc::Line, with])
            }
            None => all([]),
        };
        group(all([open, parameters, text(space), schema, nest(INDENT, all([Doc::Line, uris, with]))]))
    }

    /// `with (name=value, ...)`
    pub fn with(&mut self, values: &[NamedValue], leading: &str, end: usize) -> Doc {
        let before = self.before(values.first().map_or(0, |first| first.span.start));
        let docs = self.separated(values, |value| value.span, Self::named_value);
        let open = format!("({leading}");
        all([before, text("with "), self.bracketed(&open, docs, ")", end, false)])
    }

    /// `name=value`
    pub fn named_value(&mut self, value: &NamedValue) -> Doc {
        let name = self.name(&value.name);
        let docs = self.separated(&value.values, expr_span, |this, value| this.operand(value, Binding::Sign));
        all([name, text(if value.equals { "=" } else { " " }), lines(docs)])
    }

    /// Parameters behind a keyword, each with a space in front.
    pub fn parameters_behind(&mut self, parameters: &[NamedValue]) -> Doc {
        let mut docs = Vec::new();
        for parameter in parameters {
            docs.push(text(" "));
            docs.push(self.named_value(parameter));
        }
        Doc::All(docs)
    }
}

/// Whether an argument is a name or a literal.
fn is_plain(item: &Item) -> bool {
    matches!(item.value.kind, ExprKind::Name(_) | ExprKind::Literal(_)) && item.names == Names::None
}

/// The operands of a chain; a chain of the same operator in front needs no parentheses and is part of it.
fn flattened(operands: &[Expr], mine: Binding) -> Vec<&Expr> {
    let mut list: Vec<&Expr> = operands.iter().collect();
    while let Some(first) = list.first() {
        let mut inner = *first;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        match &inner.kind {
            ExprKind::And(more) if mine == Binding::And => list.splice(..1, more).for_each(drop),
            ExprKind::Or(more) if mine == Binding::Or => list.splice(..1, more).for_each(drop),
            _ => break,
        }
    }
    list
}
