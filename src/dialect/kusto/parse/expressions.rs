//! Expressions: the grammar's flat rows become trees here, by precedence.
//!
//! From the loosest: `or`, `and`, equality with `in` and `between` (one of them, never two in a row), `< > <= >=` (one),
//! `+ -`, `* / %`, string operators (one), sign, path.

use super::super::syntax::{
    ArithmeticOp, Call, CompareOp, DataTable, Expr, ExprKind, ExternalData, InOp, Item, Names, Path, Query, Span, Step,
    StepKind, TextOp, ViewCombine,
};
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::names::{is_name, name, name_expr, take_name, wildcard};
use super::{Rule, literals};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::syntax;

fn kind(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

/// The operator that cannot stand where it does: comparisons do not chain.
fn no_chain(parts: &Cursor<'_>) -> Box<Diagnostic> {
    let (text, start) = (parts.peek_text(), parts.peek_start());
    Box::new(
        Diagnostic::error(
            syntax::SYNTAX,
            format!("found `{text}` behind a comparison, expected `and`, `or` or the end of the expression"),
        )
        .at(Span::new(start, start + text.len()))
        .help("Comparisons do not chain: join them with `and`, or put one in parentheses."),
    )
}

/// A `*` where no operator makes sense of it.
fn no_star(expr: &Expr) -> Built<()> {
    match expr.kind {
        ExprKind::Star => {
            Err(Box::new(Diagnostic::error(syntax::SYNTAX, "found `*`, expected an expression").at(expr.span)))
        }
        _ => Ok(()),
    }
}

impl Builder<'_> {
    /// An `expression` of the grammar.
    pub fn expression(&self, part: Part<'_>) -> Built<Expr> {
        let mut parts = Cursor::new(part);
        let expr = self.or(&mut parts)?;
        match parts.peek() {
            None => Ok(expr),
            Some(_) => Err(no_chain(&parts)),
        }
    }

    /// The next part, which must be an expression.
    pub fn take_expression(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        self.expression(parts.take()?)
    }

    /// Every following expression.
    pub fn expression_list(&self, parts: &mut Cursor<'_>) -> Built<Vec<Expr>> {
        let mut list = Vec::new();
        while let Some(part) = parts.take_if(Rule::expression) {
            list.push(self.expression(part)?);
        }
        Ok(list)
    }

    fn or(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.and(parts)?;
        self.chain(parts, "or", first, Self::and, ExprKind::Or)
    }

    fn and(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.equality(parts)?;
        self.chain(parts, "and", first, Self::equality, ExprKind::And)
    }

    fn chain<'i>(
        &self,
        parts: &mut Cursor<'i>,
        word: &str,
        first: Expr,
        operand: fn(&Self, &mut Cursor<'i>) -> Built<Expr>,
        make: fn(Vec<Expr>) -> ExprKind,
    ) -> Built<Expr> {
        if parts.peek() != Some(Rule::logical) || parts.peek_text() != word {
            return Ok(first);
        }
        let mut span = first.span;
        let mut operands = vec![first];
        while parts.peek() == Some(Rule::logical) && parts.peek_text() == word {
            parts.pop();
            let next = operand(self, parts)?;
            span = span.to(next.span);
            operands.push(next);
        }
        Ok(kind(make(operands), span))
    }

    fn equality(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let left = self.relation(parts)?;
        match parts.peek() {
            Some(Rule::compare) => {
                let op = compare_op(&parts.take()?)?;
                if !op.is_equality() {
                    return Err(internal());
                }
                if op != CompareOp::Equal {
                    no_star(&left)?;
                }
                let right = self.relation(parts)?;
                no_star(&right)?;
                let span = left.span.to(right.span);
                Ok(kind(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, span))
            }
            Some(Rule::in_operator) => {
                no_star(&left)?;
                let op = in_op(parts.take()?.as_str())?;
                let list = parts.take()?;
                let span = left.span.to(exact(&list));
                Ok(kind(ExprKind::In { op, left: Box::new(left), list: self.in_list(list)? }, span))
            }
            Some(Rule::between) => {
                no_star(&left)?;
                let negated = parts.take()?.as_str().starts_with('!');
                let bounds = parts.take()?;
                let span = left.span.to(exact(&bounds));
                let mut inner = Cursor::new(bounds);
                let low = Box::new(self.take_expression(&mut inner)?);
                let high = Box::new(self.take_expression(&mut inner)?);
                Ok(kind(ExprKind::Between { negated, value: Box::new(left), low, high }, span))
            }
            _ => {
                no_star(&left)?;
                Ok(left)
            }
        }
    }

    fn relation(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let left = self.sum(parts)?;
        if parts.peek() != Some(Rule::compare) || matches!(parts.peek_text(), "==" | "!=" | "<>") {
            return Ok(left);
        }
        no_star(&left)?;
        let op = compare_op(&parts.take()?)?;
        let right = self.sum(parts)?;
        no_star(&right)?;
        let span = left.span.to(right.span);
        Ok(kind(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, span))
    }

    fn sum(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.product(parts)?;
        self.arithmetic(parts, first, |op| matches!(op, ArithmeticOp::Add | ArithmeticOp::Subtract), Self::product)
    }

    fn product(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.text_test(parts)?;
        self.arithmetic(parts, first, |op| !matches!(op, ArithmeticOp::Add | ArithmeticOp::Subtract), Self::text_test)
    }

    fn arithmetic<'i>(
        &self,
        parts: &mut Cursor<'i>,
        first: Expr,
        mine: fn(ArithmeticOp) -> bool,
        operand: fn(&Self, &mut Cursor<'i>) -> Built<Expr>,
    ) -> Built<Expr> {
        let mut rest = Vec::new();
        let mut span = first.span;
        while parts.peek() == Some(Rule::arithmetic) {
            let Some(op) = arithmetic_op(parts.peek_text()).filter(|op| mine(*op)) else { break };
            parts.pop();
            let next = operand(self, parts)?;
            no_star(&next)?;
            span = span.to(next.span);
            rest.push((op, next));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        no_star(&first)?;
        Ok(kind(ExprKind::Arithmetic { first: Box::new(first), rest }, span))
    }

    fn text_test(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let left = self.signed(parts)?;
        let Some(part) = parts.take_if(Rule::text_operator) else { return Ok(left) };
        let op = TextOp::parse(part.as_str()).ok_or_else(internal)?;
        let right = self.signed(parts)?;
        no_star(&right)?;
        if parts.peek() == Some(Rule::text_operator) {
            return Err(no_chain(parts));
        }
        let span = left.span.to(right.span);
        Ok(kind(ExprKind::Text { op, left: Box::new(left), right: Box::new(right) }, span))
    }

    fn signed(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let Some(sign) = parts.take_if(Rule::sign) else { return self.path(parts) };
        let operand = self.path(parts)?;
        no_star(&operand)?;
        let span = exact(&sign).to(operand.span);
        Ok(kind(ExprKind::Sign { negative: sign.as_str() == "-", operand: Box::new(operand) }, span))
    }

    /// A primary expression with its steps.
    pub fn path(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.primary(parts)?;
        let mut steps = Vec::new();
        let mut span = first.span;
        while let Some(
            rule @ (Rule::member | Rule::index | Rule::entity_member | Rule::index_wildcard | Rule::simple_member),
        ) = parts.peek()
        {
            let part = parts.take()?;
            let step_span = self.span(&part);
            span = span.to(step_span);
            let mut inner = Cursor::new(part);
            let step = match rule {
                Rule::index => StepKind::Index(self.take_expression(&mut inner)?),
                Rule::index_wildcard => StepKind::IndexWildcard(wildcard(inner.take()?)),
                _ => self.member(&mut inner)?,
            };
            steps.push(Step { kind: step, span: step_span });
        }
        if steps.is_empty() {
            return Ok(first);
        }
        no_star(&first)?;
        Ok(kind(ExprKind::Path(Path { first: Box::new(first), steps }), span))
    }

    fn member(&self, parts: &mut Cursor<'_>) -> Built<StepKind> {
        Ok(match parts.peek() {
            Some(Rule::at) => StepKind::At,
            Some(Rule::wildcard) => StepKind::Wildcard(wildcard(parts.take()?)),
            Some(Rule::dot_index) => {
                let mut inner = Cursor::new(parts.take()?);
                match inner.peek() {
                    Some(Rule::bracketed_wildcard) => StepKind::Wildcard(wildcard(inner.take()?)),
                    _ => StepKind::DotIndex(self.take_expression(&mut inner)?),
                }
            }
            _ => {
                let name = take_name(parts)?;
                match parts.take_if(Rule::arguments) {
                    Some(arguments) => StepKind::Call(self.call_of(name, arguments)?),
                    None => StepKind::Member(name),
                }
            }
        })
    }

    fn primary(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let Some(rule) = parts.peek() else { return Err(internal()) };
        if is_name(Some(rule)) {
            let name = take_name(parts)?;
            return match parts.peek() {
                Some(Rule::arguments) => {
                    let call = self.call_of(name, parts.take()?)?;
                    let span = call.span;
                    Ok(kind(ExprKind::Call(Box::new(call)), span))
                }
                Some(Rule::data_scope) => {
                    let part = parts.take()?;
                    let span = name.span.to(self.span(&part));
                    let scope = self.data_scope(part)?;
                    Ok(kind(ExprKind::DataScope { value: Box::new(name_expr(name)), scope }, span))
                }
                _ => Ok(name_expr(name)),
            };
        }
        if literals::is_literal(Some(rule)) {
            return self.literal_expr(parts);
        }
        let part = parts.take()?;
        let span = self.span(&part);
        Ok(match rule {
            Rule::paren => kind(ExprKind::Paren(Box::new(self.pipe_in(part)?)), span),
            Rule::star_operand => kind(ExprKind::Star, Span::new(span.start, span.start + 1)),
            Rule::at => kind(ExprKind::At, span),
            Rule::wildcard | Rule::bracketed_wildcard => kind(ExprKind::Wildcard(wildcard(part)), span),
            Rule::bracketed_expression => {
                kind(ExprKind::Bracketed(Box::new(self.take_expression(&mut Cursor::new(part))?)), span)
            }
            Rule::toscalar | Rule::totable => {
                let mut inner = Cursor::new(part);
                inner.pop();
                let option = match inner.take_if(Rule::kind_param) {
                    Some(option) => {
                        let value = self.named_value(option)?.values.pop();
                        value.and_then(|value| match value.kind {
                            ExprKind::Name(name) => Some(name),
                            _ => None,
                        })
                    }
                    None => None,
                };
                let query = Box::new(self.pipe(inner.take()?)?);
                kind(ExprKind::ToValue { scalar: rule == Rule::toscalar, kind: option, query }, span)
            }
            Rule::datatable => kind(ExprKind::DataTable(Box::new(self.data_table(part)?)), span),
            Rule::externaldata => kind(ExprKind::ExternalData(Box::new(self.external_data(part)?)), span),
            Rule::contextual_table => {
                let mut inner = Cursor::new(part);
                inner.pop();
                let id = Box::new(self.take_expression(&mut inner)?);
                kind(ExprKind::ContextualDataTable { id, schema: self.schema(inner.take()?)? }, span)
            }
            Rule::view_combine => {
                let mut inner = Cursor::new(part);
                let mut pipes = Vec::new();
                let mut aggregations = None;
                while let Some(part) = inner.pop() {
                    match part.as_rule() {
                        Rule::pipe => pipes.push(self.pipe(part)?),
                        Rule::summarize => aggregations = Some(self.summarize_clause(part)?),
                        _ => {}
                    }
                }
                let mut pipes = pipes.into_iter();
                match (pipes.next(), pipes.next(), pipes.next(), aggregations) {
                    (Some(view), Some(base), Some(delta), Some(aggregations)) => {
                        kind(ExprKind::ViewCombine(Box::new(ViewCombine { view, base, delta, aggregations })), span)
                    }
                    _ => return Err(internal()),
                }
            }
            _ => return Err(internal()),
        })
    }

    /// The expression inside a pair of brackets that holds one `pipe`.
    pub fn pipe_in(&self, part: Part<'_>) -> Built<Expr> {
        let pipe = part.into_inner().find(|inner| inner.as_rule() == Rule::pipe).ok_or_else(internal)?;
        self.pipe(pipe)
    }

    /// A source with its operators, or operators alone: `pipe` and `operators` of the grammar.
    pub fn pipe(&self, part: Part<'_>) -> Built<Expr> {
        let mut parts = Cursor::new(part);
        let source = match parts.peek() {
            Some(Rule::expression) => Some(self.take_expression(&mut parts)?),
            Some(Rule::contextual_table) => Some(self.primary(&mut parts)?),
            _ => None,
        };
        self.query(source, &mut parts)
    }

    /// Operators behind a source.
    fn query(&self, source: Option<Expr>, parts: &mut Cursor<'_>) -> Built<Expr> {
        let mut operators = Vec::new();
        while let Some(part) = parts.pop() {
            // The look-ahead of the grammar leaves nothing behind; every part is an operator.
            operators.push(self.operator(part)?);
        }
        match (source, operators.is_empty()) {
            (Some(source), true) => Ok(source),
            (source, _) => {
                let first = source.as_ref().map(|source| source.span);
                let last = operators.last().map(|operator| operator.span);
                let start = first.or_else(|| operators.first().map(|operator| operator.span));
                let span = match (start, last) {
                    (Some(start), Some(last)) => start.to(last),
                    _ => return Err(internal()),
                };
                Ok(kind(ExprKind::Query(Box::new(Query { source, operators })), span))
            }
        }
    }

    fn in_list(&self, part: Part<'_>) -> Built<Vec<Expr>> {
        let mut parts = Cursor::new(part);
        if parts.peek() != Some(Rule::expression) {
            return Ok(vec![self.query(None, &mut parts)?]);
        }
        let mut list = self.expression_list(&mut parts)?;
        match (parts.peek(), list.len()) {
            (None, _) => Ok(list),
            (Some(_), 1) => Ok(vec![self.query(list.pop(), &mut parts)?]),
            _ => Err(internal()),
        }
    }

    /// `name(arguments)` where the two are apart.
    pub fn call_of(&self, name: super::super::syntax::Name, arguments: Part<'_>) -> Built<Call> {
        let span = name.span.to(exact(&arguments));
        let mut parts = Cursor::new(arguments);
        let mut arguments = Vec::new();
        while let Some(part) = parts.pop() {
            arguments.push(match part.as_rule() {
                Rule::star_argument => star_item(&part),
                _ => self.item(part)?,
            });
        }
        Ok(Call { name, arguments, span })
    }

    /// A `call` of the grammar.
    pub fn call(&self, part: Part<'_>) -> Built<Call> {
        let mut parts = Cursor::new(part);
        let name = take_name(&mut parts)?;
        self.call_of(name, parts.take()?)
    }

    /// A value with or without names; a bare `*` where the grammar has one.
    pub fn item(&self, part: Part<'_>) -> Built<Item> {
        if part.as_rule() == Rule::star {
            return Ok(star_item(&part));
        }
        let start = part.as_span().start();
        let mut parts = Cursor::new(part);
        let names = match parts.take_if(Rule::names) {
            Some(names) => self.names(names),
            None => Names::None,
        };
        let value = self.take_expression(&mut parts)?;
        let span = Span::new(start, value.span.end);
        Ok(Item { names, value, span })
    }

    /// The next part, which must be an item.
    pub fn take_item(&self, parts: &mut Cursor<'_>) -> Built<Item> {
        self.item(parts.take()?)
    }

    /// Every following item.
    pub fn items(&self, parts: &mut Cursor<'_>) -> Built<Vec<Item>> {
        let mut list = Vec::new();
        while let Some(Rule::item | Rule::star) = parts.peek() {
            list.push(self.take_item(parts)?);
        }
        Ok(list)
    }

    /// `datascope = word`
    pub fn data_scope(&self, part: Part<'_>) -> Built<super::super::syntax::Name> {
        part.into_inner().find(|inner| inner.as_rule() == Rule::data_scope_word).map(name).ok_or_else(internal)
    }

    fn data_table(&self, part: Part<'_>) -> Built<DataTable> {
        let mut parts = Cursor::new(part);
        parts.skip(Rule::kw_datatable);
        let parameters = self.named_values(&mut parts, Rule::param)?;
        let schema = self.schema(parts.take()?)?;
        let leading_comma = parts.skip(Rule::leading_comma);
        let mut values = Vec::new();
        while let Some(value) = parts.take_if(Rule::literal_value) {
            values.push(self.literal_expr(&mut Cursor::new(value))?);
        }
        let trailing_comma = parts.skip(Rule::trailing_comma);
        Ok(DataTable { parameters, schema, values, leading_comma, trailing_comma })
    }

    fn external_data(&self, part: Part<'_>) -> Built<ExternalData> {
        let mut parts = Cursor::new(part);
        let underscored = parts.take()?.as_str().contains('_');
        let parameters = self.named_values(&mut parts, Rule::param)?;
        let schema = self.schema(parts.take()?)?;
        let mut uris = Vec::new();
        while let Some(uri) = parts.take_if(Rule::pipe) {
            uris.push(self.pipe(uri)?);
        }
        let trailing_comma = parts.skip(Rule::trailing_comma);
        let with = match parts.take_if(Rule::properties) {
            Some(part) => Some(self.properties(part)?),
            None => None,
        };
        Ok(ExternalData { underscored, parameters, schema, uris, trailing_comma, with })
    }
}

/// A bare `*` in a list of items.
fn star_item(part: &Part<'_>) -> Item {
    let span = exact(part);
    let span = Span::new(span.start, span.start + 1);
    Item { names: Names::None, value: kind(ExprKind::Star, span), span }
}

fn compare_op(part: &Part<'_>) -> Built<CompareOp> {
    Ok(match part.as_str() {
        "==" => CompareOp::Equal,
        "!=" => CompareOp::NotEqual { angled: false },
        "<>" => CompareOp::NotEqual { angled: true },
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessOrEqual,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::GreaterOrEqual,
        _ => return Err(internal()),
    })
}

fn arithmetic_op(text: &str) -> Option<ArithmeticOp> {
    Some(match text {
        "+" => ArithmeticOp::Add,
        "-" => ArithmeticOp::Subtract,
        "*" => ArithmeticOp::Multiply,
        "/" => ArithmeticOp::Divide,
        "%" => ArithmeticOp::Modulo,
        _ => return None,
    })
}

fn in_op(text: &str) -> Built<InOp> {
    Ok(match text {
        "in" => InOp::In,
        "!in" => InOp::NotIn,
        "in~" => InOp::InInsensitive,
        "!in~" => InOp::NotInInsensitive,
        "has_any" => InOp::HasAny,
        "has_all" => InOp::HasAll,
        _ => return Err(internal()),
    })
}
