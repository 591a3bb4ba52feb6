//! Tests of texts, and membership in lists.

use super::super::bind::{Columns, Ty};
use super::super::syntax::{Expr as Node, ExprKind, InOp, TextOp, TextTest};
use super::Lowerer;
use super::condition::{self, Both};
use super::scalar::Typed;
use crate::diagnostic::{Span, codes};
use crate::model::function;
use crate::model::{Anchor, Case, Expr, Predicate, Quantifier, RegexFlavour, Test, TestKind, Value, Var, WildcardPart};

impl<'a> Lowerer<'a> {
    /// `left op right` for an operator on texts.
    pub(super) fn text_test(
        &mut self,
        op: TextOp,
        left: &'a Node,
        right: &'a Node,
        columns: &Columns,
        span: Span,
    ) -> Both {
        let left = match &left.kind {
            ExprKind::Star => Typed::new(Expr::AnyField, Ty::String),
            _ => self.scalar(left, columns),
        };
        let right = self.scalar(right, columns);
        for side in [&left, &right] {
            if let Expr::Unread(index) = side.expr {
                let gap = Predicate::Unread { index, span };
                return Both { yes: gap.clone(), no: gap };
            }
        }
        self.check_text(&left, &right, span);
        let case = if op.case_sensitive { Case::Sensitive } else { Case::Ignore };
        let both = match op.test {
            TextTest::Equals => {
                let (left, right) = if left.expr.as_literal().is_some() && right.expr.as_literal().is_none() {
                    (right, left)
                } else {
                    (left, right)
                };
                condition::equality(left, right, Case::Ignore, span)
            }
            TextTest::MatchesRegex => match right.expr.as_text() {
                Some("") => Both::certain(Predicate::Always(true)),
                Some(pattern) => Both::certain(regex(left, pattern, span)),
                None => {
                    let kind = TestKind::Regex {
                        pattern: right.expr,
                        flavour: RegexFlavour::Re2,
                        anchor: Anchor::Search,
                        case: Case::Sensitive,
                    };
                    Both::certain(Test::new(text_subject(left), kind, span).into())
                }
            },
            TextTest::Like => match right.expr.as_text() {
                Some(pattern) => {
                    let kind = TestKind::Wildcard { pattern: wildcard(pattern), case };
                    Both::certain(Test::new(text_subject(left), kind, span).into())
                }
                None => {
                    let gap = self.missed(codes::kusto::UNREAD, "`like` with a computed pattern", span);
                    Both { yes: gap.clone(), no: gap }
                }
            },
            test => Both::certain(text(test, left, right, case, span)),
        };
        if op.negated { both.negated() } else { both }
    }

    /// `left in (...)` and its kin.
    pub(super) fn membership(
        &mut self,
        op: InOp,
        left: &'a Node,
        list: &'a [Node],
        columns: &Columns,
        span: Span,
    ) -> Both {
        let left = match &left.kind {
            ExprKind::Star => Typed::new(Expr::AnyField, Ty::String),
            _ => self.scalar(left, columns),
        };
        if !matches!(op, InOp::In | InOp::NotIn) {
            self.check_text_list(&left, span);
        }
        let mut items: Vec<Typed> = Vec::new();
        for node in list {
            if self.is_table(node) && !self.is_column(node, columns) {
                self.several = true;
                let mut flow = self.table(node, None);
                let ty = flow.columns.known().first().map_or(Ty::Unknown, |(_, ty)| *ty);
                items.push(Typed::new(Expr::Rows(Box::new(flow.pipeline())), ty));
                continue;
            }
            let item = self.scalar(node, columns);
            match item.expr {
                Expr::Literal(Value::Array(values)) => {
                    items.extend(values.into_iter().map(|value| {
                        let ty = of_value(&value);
                        Typed::literal(value, ty)
                    }));
                }
                // A bag counts as its keys' values nowhere; null adds nothing.
                Expr::Literal(Value::Null) => {}
                expr => items.push(Typed::new(expr, item.ty)),
            }
        }
        for side in std::iter::once(&left).chain(&items) {
            if let Expr::Unread(index) = side.expr {
                let gap = Predicate::Unread { index, span };
                return Both { yes: gap.clone(), no: gap };
            }
        }
        if let InOp::HasAny | InOp::HasAll = op {
            return Both::certain(self.has_list(op == InOp::HasAll, left, items, span));
        }
        let case = if op.is_case_sensitive() { Case::Sensitive } else { Case::Ignore };
        let both = within(left, items, case, span);
        if op.is_negated() { both.negated() } else { both }
    }

    fn is_column(&self, node: &Node, columns: &Columns) -> bool {
        match &node.unwrap_parentheses().kind {
            ExprKind::Name(name) => {
                self.lookup(&name.text).is_none() && columns.get(&name.text, self.types, Ty::Unknown).is_some()
            }
            _ => false,
        }
    }

    fn has_list(&mut self, all: bool, left: Typed, items: Vec<Typed>, span: Span) -> Predicate {
        let mut parts = Vec::new();
        for item in items {
            if item.expr.as_literal().is_some() {
                parts.push(text(TextTest::Has, left.clone(), item.into_text(), Case::Ignore, span));
            } else {
                // Each element of a list that is not constant: a dynamic value, or the rows of a table.
                let var = Var(self.fresh("item"));
                let kind = TestKind::Term {
                    value: Expr::Call(function::TO_TEXT_OR_EMPTY, vec![Expr::Var(var.clone())]),
                    case: Case::Ignore,
                };
                let body = Test::new(text_subject(left.clone()), kind, span).into();
                let quantifier = if all { Quantifier::All } else { Quantifier::Any };
                parts.push(Predicate::Elements { quantifier, list: item.expr, var, body: Box::new(body) });
            }
        }
        if all {
            if parts.contains(&Predicate::Always(false)) { Predicate::Always(false) } else { Predicate::all(parts) }
        } else if parts.contains(&Predicate::Always(true)) {
            Predicate::Always(true)
        } else {
            Predicate::any(parts)
        }
    }
}

/// The type of a constant inside a dynamic list.
fn of_value(value: &Value) -> Ty {
    match value {
        Value::String(_) => Ty::String,
        Value::Int(_) => Ty::Long,
        Value::Double(_) => Ty::Real,
        Value::Bool(_) => Ty::Bool,
        Value::DateTime(_) => Ty::DateTime,
        Value::Duration(_) => Ty::Timespan,
        Value::Null | Value::Array(_) | Value::Object(_) => Ty::Dynamic,
    }
}

/// `left in (items)`: one null side is false.
fn within(left: Typed, items: Vec<Typed>, case: Case, span: Span) -> Both {
    let mut case = case;
    let mut left = left;
    let mut items = items;
    if let Some(constant) = left.expr.as_literal().cloned()
        && !items.is_empty()
        && items.iter().all(|item| item.expr.as_literal().is_some())
    {
        let found = items.into_iter().any(|item| {
            condition::equality(Typed::literal(constant.clone(), left.ty), item, case, span).yes
                == Predicate::Always(true)
        });
        return Both::certain(Predicate::Always(found));
    }
    // tolower(x) in ("a", "b") is x in~ ("a", "b"), less what cannot be lower case.
    if let Expr::Call(fold, arguments) = &left.expr
        && (*fold == function::LOWER || *fold == function::UPPER)
        && items.iter().all(|item| item.expr.as_text().is_some())
    {
        if case == Case::Sensitive {
            let lower = *fold == function::LOWER;
            items.retain(|item| {
                item.expr
                    .as_text()
                    .is_some_and(|text| if lower { text.to_lowercase() == text } else { text.to_uppercase() == text })
            });
        }
        case = Case::Ignore;
        if let Some(inner) = arguments.first() {
            left = Typed::new(inner.clone(), Ty::String);
        }
    }
    let texts = matches!(left.ty, Ty::String | Ty::Unknown);
    let mut values = Vec::new();
    let mut with_empty = false;
    for item in items {
        let item = condition::coerce(item, left.ty);
        match item.expr.as_text() {
            Some("") if texts => with_empty = true,
            _ => values.push(item.expr),
        }
    }
    let (subject, typing) = condition::subject(left);
    let mut parts: Vec<Predicate> = Vec::new();
    match values.len() {
        0 => {}
        1 if values.first().is_some_and(|value| value.as_literal().is_some()) => {
            let value = values.remove(0);
            parts.push(Test::new(subject.clone(), TestKind::Equals { value, case, typing }, span).into());
        }
        _ => parts.push(Test::new(subject.clone(), TestKind::In { values, case, typing }, span).into()),
    }
    if with_empty {
        parts.push(Test::new(subject, TestKind::Empty, span).into());
    }
    Both::certain(Predicate::any(parts))
}

/// What an operator on texts tests: the text of a dynamic value.
pub(super) fn text_subject(left: Typed) -> Expr {
    if left.ty == Ty::Dynamic && !condition::is_leaf(&left.expr) {
        return left.into_text().expr;
    }
    condition::subject(left).0
}

fn text(test: TextTest, left: Typed, right: Typed, case: Case, span: Span) -> Predicate {
    let mut case = case;
    let mut left = left;
    if let Some(constant) = right.expr.as_text() {
        if constant.is_empty() {
            return Predicate::Always(true);
        }
        if let Some(tested) = left.expr.as_literal() {
            let tested = Value::String(crate::evaluate::functions::convert::scalar_text(tested));
            left = Typed::literal(tested, Ty::String);
        }
        if let Expr::Call(fold, arguments) = &left.expr
            && (*fold == function::LOWER || *fold == function::UPPER)
        {
            let folded = if *fold == function::LOWER { constant.to_lowercase() } else { constant.to_uppercase() };
            if case == Case::Sensitive && folded != constant {
                return Predicate::Always(false);
            }
            if let Some(inner) = arguments.first() {
                case = Case::Ignore;
                left = Typed::new(inner.clone(), Ty::String);
            }
        }
    }
    let constant = right.expr.as_literal().is_some();
    let value = right.into_text().expr;
    let kind = match test {
        TextTest::Contains => TestKind::Contains { value: value.clone(), case },
        TextTest::StartsWith => TestKind::StartsWith { value: value.clone(), case },
        TextTest::EndsWith => TestKind::EndsWith { value: value.clone(), case },
        TextTest::HasPrefix => TestKind::TermPrefix { value: value.clone(), case },
        TextTest::HasSuffix => TestKind::TermSuffix { value: value.clone(), case },
        _ => TestKind::Term { value: value.clone(), case },
    };
    let found = Test::new(text_subject(left), kind, span).into();
    if constant {
        return found;
    }
    // An empty text is in every text.
    Predicate::any([found, Test::new(value, TestKind::Empty, span).into()])
}

/// `left matches regex pattern`.
fn regex(left: Typed, pattern: &str, span: Span) -> Predicate {
    let (pattern, case) = match pattern.strip_prefix("(?i)") {
        Some(rest) => (rest, Case::Ignore),
        None => (pattern, Case::Sensitive),
    };
    let kind =
        TestKind::Regex { pattern: Expr::text(pattern), flavour: RegexFlavour::Re2, anchor: Anchor::Search, case };
    Test::new(text_subject(left), kind, span).into()
}

/// `like` patterns know `*` alone.
fn wildcard(pattern: &str) -> Vec<WildcardPart> {
    let mut parts = Vec::new();
    for (at, piece) in pattern.split('*').enumerate() {
        if at > 0 && parts.last() != Some(&WildcardPart::Many) {
            parts.push(WildcardPart::Many);
        }
        if !piece.is_empty() {
            parts.push(WildcardPart::Text(piece.to_owned()));
        }
    }
    parts
}
