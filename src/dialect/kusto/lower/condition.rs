//! Conditions: three-valued logic ends here. `truth(e, true)` holds where `e` is true, `truth(e, false)` where it is
//! false; where `e` is null neither does (spec/kusto-semantics.md, "Null, empty, missing").

use super::super::bind::{Columns, Ty, functions};
use super::super::syntax::{Call, CompareOp, Expr as Node, ExprKind, LiteralValue};
use super::Lowerer;
use super::scalar::{self, Typed};
use crate::diagnostic::{Span, codes};
use crate::evaluate::functions::convert;
use crate::model::function::{self, kusto};
use crate::model::{
    ArrayMode, Case, CaseArm, Expr, IpClass, Ordering, Predicate, Quantifier, Segment, Test, TestKind, Typing, Value,
};

/// A condition and its contrary: under which a three-valued one is true, and under which it is false.
pub(super) struct Both {
    pub yes: Predicate,
    pub no: Predicate,
}

impl Both {
    /// A condition that is never null.
    pub fn certain(yes: Predicate) -> Self {
        Self { no: yes.clone().negate(), yes }
    }

    pub fn negated(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    pub fn pick(self, want: bool) -> Predicate {
        if want { self.yes } else { self.no }
    }
}

/// Functions that are conditions.
pub(super) fn is_predicate(name: &str) -> bool {
    matches!(
        name,
        "not"
            | "isempty"
            | "isnotempty"
            | "notempty"
            | "isnull"
            | "isnotnull"
            | "notnull"
            | "ipv4_is_private"
            | "ipv4_is_match"
            | "ipv4_is_in_range"
            | "ipv4_is_in_any_range"
            | "ipv6_is_match"
            | "ipv6_is_in_range"
            | "ipv6_is_in_any_range"
            | "set_has_element"
    )
}

const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

impl<'a> Lowerer<'a> {
    /// The condition under which `node` is true (`want`) or false.
    pub(super) fn truth(&mut self, node: &'a Node, columns: &Columns, want: bool) -> Predicate {
        if !self.burn(1) {
            return self.missed(codes::kusto::TOO_LARGE, "a query that grows this large when written out", node.span);
        }
        match &node.kind {
            ExprKind::Paren(inner) => self.truth(inner, columns, want),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let parts: Vec<Predicate> =
                    operands.iter().map(|operand| self.commented(operand, columns, want)).collect();
                if matches!(node.kind, ExprKind::And(_)) == want {
                    if parts.contains(&Predicate::Always(false)) {
                        return Predicate::Always(false);
                    }
                    Predicate::all(parts)
                } else {
                    if parts.contains(&Predicate::Always(true)) {
                        return Predicate::Always(true);
                    }
                    Predicate::any(parts)
                }
            }
            ExprKind::Literal(literal) => match literal.value {
                LiteralValue::Bool(Some(flag)) => Predicate::Always(flag == want),
                LiteralValue::Bool(None) => Predicate::Always(false),
                _ => self.missed(codes::kusto::NOT_A_CONDITION, "a literal as a condition", node.span),
            },
            ExprKind::Compare { op, left, right } => {
                if matches!(left.kind, ExprKind::Star) {
                    let right = self.scalar(right, columns);
                    let any = Typed::new(Expr::AnyField, Ty::String);
                    return self.compare(*op, any, right, node.span).pick(want);
                }
                let (left, right) = (self.scalar(left, columns), self.scalar(right, columns));
                self.compare(*op, left, right, node.span).pick(want)
            }
            ExprKind::Text { op, left, right } => self.text_test(*op, left, right, columns, node.span).pick(want),
            ExprKind::In { op, left, list } => self.membership(*op, left, list, columns, node.span).pick(want),
            ExprKind::Between { negated, value, low, high } => {
                let value = self.scalar(value, columns);
                let (low, high) = (self.scalar(low, columns), self.scalar(high, columns));
                let high = match (&high.expr, high.ty, low.ty) {
                    // between (t .. 1h) means up to t + 1h.
                    (_, Ty::Timespan, Ty::DateTime) => {
                        scalar::arithmetic(super::super::syntax::ArithmeticOp::Add, low.clone(), high)
                    }
                    _ => high,
                };
                self.between(value, low, high, node.span).pick(want != *negated)
            }
            ExprKind::Call(call) if is_predicate(functions::canonical(&call.name.text)) => {
                self.predicate(call, columns).pick(want)
            }
            _ => {
                let value = self.scalar(node, columns);
                self.flag(value, node.span).pick(want)
            }
        }
    }

    /// A boolean value as a condition.
    fn flag(&mut self, value: Typed, span: Span) -> Both {
        self.check_condition(&value, span);
        match value.expr {
            Expr::Truth(inner) => Both::certain(*inner),
            Expr::Literal(Value::Bool(flag)) => Both::certain(Predicate::Always(flag)),
            Expr::Literal(Value::Null) => Both { yes: Predicate::Always(false), no: Predicate::Always(false) },
            Expr::Unread(index) => {
                let gap = Predicate::Unread { index, span };
                Both { yes: gap.clone(), no: gap }
            }
            _ => self.compare(CompareOp::Equal, value, Typed::literal(Value::Bool(true), Ty::Bool), span),
        }
    }

    pub(super) fn predicate_call(&mut self, call: &'a Call, columns: &Columns) -> Typed {
        let Both { yes, no } = self.predicate(call, columns);
        scalar::truth_value(yes, no)
    }

    /// A call of a function that is a condition.
    fn predicate(&mut self, call: &'a Call, columns: &Columns) -> Both {
        let name = functions::canonical(&call.name.text);
        let mut nodes = call.arguments.iter().map(|item| &item.value);
        let Some(first) = nodes.next() else {
            let gap = self.missed(codes::kusto::UNREAD_FUNCTION, format!("`{name}` without arguments"), call.span);
            return Both { yes: gap.clone(), no: gap };
        };
        if name == "not" {
            return Both { yes: self.truth(first, columns, false), no: self.truth(first, columns, true) };
        }
        let value = self.scalar(first, columns);
        if let Expr::Unread(index) = value.expr {
            let gap = Predicate::Unread { index, span: call.span };
            return Both { yes: gap.clone(), no: gap };
        }
        let rest: Vec<Typed> = nodes.map(|node| self.scalar(node, columns)).collect();
        match name {
            "isempty" => Both::certain(empty(value, call.span)),
            "isnotempty" | "notempty" => Both::certain(empty(value, call.span).negate()),
            "isnull" => Both::certain(null(value, call.span)),
            "isnotnull" | "notnull" => Both::certain(null(value, call.span).negate()),
            "set_has_element" => match (value.expr, rest.into_iter().next()) {
                (Expr::Field(mut field), Some(element)) => {
                    field.mode = ArrayMode::Any;
                    let kind = TestKind::Equals { value: element.expr, case: Case::Sensitive, typing: Typing::Typed };
                    Both::certain(Test::new(Expr::Field(field), kind, call.span).into())
                }
                (list, element) => {
                    let mut arguments = vec![list];
                    arguments.extend(element.map(|element| element.expr));
                    let subject = Expr::Call(kusto::SET_HAS_ELEMENT, arguments);
                    self.flag_of(subject, call.span)
                }
            },
            _ => {
                self.check_arguments(name, std::slice::from_ref(&value), call.span);
                self.network(name, value, &rest, call.span)
            }
        }
    }

    fn flag_of(&mut self, subject: Expr, span: Span) -> Both {
        let truth = Typed::literal(Value::Bool(true), Ty::Bool);
        self.compare(CompareOp::Equal, Typed::new(subject, Ty::Bool), truth, span)
    }

    /// Tests of addresses: null, so neither true nor false, where the value is no address.
    fn network(&mut self, name: &str, value: Typed, rest: &[Typed], span: Span) -> Both {
        let version = if name.starts_with("ipv4") { IpClass::V4 } else { IpClass::Any };
        let mut networks: Option<Vec<String>> = Some(Vec::new());
        if name == "ipv4_is_private" {
            networks = Some(PRIVATE.map(str::to_owned).to_vec());
        } else {
            for argument in rest {
                let texts = match argument.expr.as_literal() {
                    Some(Value::String(text)) => vec![text.clone()],
                    Some(Value::Array(items)) => {
                        items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
                    }
                    Some(Value::Int(prefix)) if name.ends_with("_is_match") => {
                        networks = networks.map(|list| {
                            list.into_iter()
                                .map(|text| format!("{}/{prefix}", text.split('/').next().unwrap_or("")))
                                .collect()
                        });
                        continue;
                    }
                    _ => {
                        networks = None;
                        break;
                    }
                };
                if let Some(list) = &mut networks {
                    list.extend(texts);
                }
            }
        }
        match networks {
            Some(networks) if !networks.is_empty() && networks.iter().all(|text| is_network(text)) => {
                let subject = value.expr;
                let inside: Predicate = Test::new(subject.clone(), TestKind::Cidr { networks }, span).into();
                let address: Predicate = Test::new(subject, TestKind::Ip { class: version }, span).into();
                Both { no: Predicate::all([address, inside.clone().negate()]), yes: inside }
            }
            _ => {
                let function = functions::scalar(name).unwrap_or(kusto::IPV4_IS_MATCH);
                let mut arguments = vec![value.expr];
                arguments.extend(rest.iter().map(|argument| argument.expr.clone()));
                self.flag_of(Expr::Call(function, arguments), span)
            }
        }
    }

    /// `low <= value and value <= high`.
    fn between(&mut self, value: Typed, low: Typed, high: Typed, span: Span) -> Both {
        if let Some(index) = unread(&[&value, &low, &high]) {
            let gap = Predicate::Unread { index, span };
            return Both { yes: gap.clone(), no: gap };
        }
        let below = self.compare(CompareOp::Less, value.clone(), low.clone(), span).yes;
        let above = self.compare(CompareOp::Greater, value.clone(), high.clone(), span).yes;
        let low = coerce(low, value.ty);
        let high = coerce(high, value.ty);
        let typing = Typing::Typed;
        let kind = TestKind::Range { low: Some((low.expr, true)), high: Some((high.expr, true)), typing };
        let no = Predicate::any([below, above]);
        Both { yes: Test::new(value.expr, kind, span).into(), no }
    }

    /// `left op right`.
    pub(super) fn compare(&mut self, op: CompareOp, left: Typed, right: Typed, span: Span) -> Both {
        if let Some(index) = unread(&[&left, &right]) {
            let gap = Predicate::Unread { index, span };
            return Both { yes: gap.clone(), no: gap };
        }
        // The constant to the right.
        let (op, left, right) = if left.expr.as_literal().is_some() && right.expr.as_literal().is_none() {
            (flip(op), right, left)
        } else {
            (op, left, right)
        };
        if !op.is_equality() {
            self.check_order(&left, &right, span);
        }
        match op {
            CompareOp::Equal => equality(left, right, Case::Sensitive, span),
            CompareOp::NotEqual { .. } => equality(left, right, Case::Sensitive, span).negated(),
            CompareOp::Less => ordered(Ordering::Less, left, right, span),
            CompareOp::LessOrEqual => ordered(Ordering::LessOrEqual, left, right, span),
            CompareOp::Greater => ordered(Ordering::Greater, left, right, span),
            CompareOp::GreaterOrEqual => ordered(Ordering::GreaterOrEqual, left, right, span),
        }
    }
}

fn unread(values: &[&Typed]) -> Option<usize> {
    values.iter().find_map(|value| match value.expr {
        Expr::Unread(index) => Some(index),
        _ => None,
    })
}

fn flip(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
        same => same,
    }
}

/// `isempty(x)`.
fn empty(value: Typed, span: Span) -> Predicate {
    if let Some(literal) = value.expr.as_literal() {
        return Predicate::Always(matches!(literal, Value::Null) || literal.as_str() == Some(""));
    }
    if value.ty == Ty::Dynamic && !is_leaf(&value.expr) {
        // An empty list or bag is not empty to Kusto.
        let text = value.into_text();
        return Test::new(text.expr, TestKind::Empty, span).into();
    }
    let (subject, _) = subject(value);
    Test::new(subject, TestKind::Empty, span).into()
}

/// `isnull(x)`.
fn null(value: Typed, span: Span) -> Predicate {
    if let Some(literal) = value.expr.as_literal() {
        return Predicate::Always(matches!(literal, Value::Null) && !value.ty.never_null());
    }
    match value.ty {
        Ty::String => Predicate::Always(false),
        Ty::Dynamic if !is_leaf(&value.expr) => {
            let subject = Expr::Call(kusto::ISNULL, vec![value.expr]);
            let kind = TestKind::Equals {
                value: Expr::Literal(Value::Bool(true)),
                case: Case::Sensitive,
                typing: Typing::Typed,
            };
            Test::new(subject, kind, span).into()
        }
        _ => Predicate::from(Test::new(value.expr, TestKind::Present, span)).negate(),
    }
}

/// Whether an expression is a place in a bag that holds a single value as far as the query tells.
pub(super) fn is_leaf(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => field.path.0.len() > 1 && matches!(field.path.0.last(), Some(Segment::Key(_))),
        Expr::Path(_, path, _) => matches!(path.0.last(), Some(Segment::Key(_))),
        _ => false,
    }
}

/// What is tested: a text of a field is the field itself, compared as text.
pub(super) fn subject(value: Typed) -> (Expr, Typing) {
    match value.expr {
        Expr::Call(function, mut arguments)
            if (function == function::TO_TEXT_OR_EMPTY && arguments.first().is_some_and(is_leaf))
                || (function == function::TO_TEXT
                    && matches!(arguments.first(), Some(Expr::Field(_) | Expr::Path(..) | Expr::Var(_)))) =>
        {
            (arguments.remove(0), Typing::Text)
        }
        other => (other, Typing::Typed),
    }
}

/// A constant in the type of what it is compared with, as the engine converts it.
pub(super) fn coerce(value: Typed, to: Ty) -> Typed {
    let Expr::Literal(literal) = &value.expr else { return value };
    if literal.is_null() {
        return value;
    }
    let converted = match (to, literal) {
        (Ty::String, Value::String(_)) => return value,
        (Ty::String, Value::Int(_) | Value::Double(_)) => Value::String(convert::scalar_text(literal)),
        (Ty::Long | Ty::Real, Value::String(text)) => match text.trim().parse::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => match text.trim().parse::<f64>() {
                Ok(number) => Value::Double(number),
                Err(_) => return value,
            },
        },
        (Ty::DateTime, Value::String(text)) => match convert::parse_time(text) {
            Some(ticks) => Value::DateTime(ticks),
            None => return value,
        },
        (Ty::Timespan, Value::String(text)) => match convert::parse_duration(text) {
            Some(ticks) => Value::Duration(ticks),
            None => return value,
        },
        (Ty::Bool, Value::String(_) | Value::Int(_)) => match convert::to_bool(literal) {
            Some(flag) => Value::Bool(flag),
            None => return value,
        },
        (Ty::Guid, Value::String(text)) => Value::String(text.to_ascii_lowercase()),
        _ => return value,
    };
    Typed::literal(converted, to)
}

/// `left == right`, in this case mode.
pub(super) fn equality(left: Typed, right: Typed, case: Case, span: Span) -> Both {
    if let (Some(a), Some(_)) = (left.expr.as_literal(), right.expr.as_literal()) {
        let right = coerce(right, left.ty);
        let b = right.expr.as_literal().unwrap_or(&Value::Null);
        if a.is_null() && b.is_null() {
            return Both { yes: Predicate::Always(false), no: Predicate::Always(false) };
        }
        let same = match (a, b) {
            (Value::String(a), Value::String(b)) if case == Case::Ignore => a.to_lowercase() == b.to_lowercase(),
            (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => a.as_f64() == b.as_f64(),
            _ => a == b,
        };
        return Both::certain(Predicate::Always(same));
    }
    if right.expr.as_literal().is_none() {
        return fields_equal(left, right, case, span);
    }
    let right = coerce(right, left.ty);
    let Some(constant) = right.expr.as_literal().cloned() else {
        return fields_equal(left, right, case, span);
    };
    if constant.is_null() {
        let present = null(left, span).negate();
        return Both { yes: Predicate::Always(false), no: present };
    }
    match left.expr {
        Expr::Truth(inner) if matches!(constant, Value::Bool(_)) => {
            let both = Both::certain(*inner);
            return if constant == Value::Bool(true) { both } else { both.negated() };
        }
        Expr::Case(arms, otherwise) if constants_only(&arms, &otherwise) => {
            return chosen(arms, *otherwise, left.ty, &right, case, span);
        }
        Expr::Call(function, ref arguments)
            if (function == function::LOWER || function == function::UPPER) && constant.as_str().is_some() =>
        {
            let text = constant.as_str().unwrap_or("");
            let kept = if function == function::LOWER { text.to_lowercase() } else { text.to_uppercase() };
            if kept != text && case == Case::Sensitive {
                return Both::certain(Predicate::Always(false));
            }
            if let Some(inner) = arguments.first() {
                return equality(Typed::new(inner.clone(), Ty::String), right, Case::Ignore, span);
            }
        }
        _ => {}
    }
    if constant.as_str() == Some("") && matches!(left.ty, Ty::String | Ty::Unknown) {
        let (subject, _) = subject(left);
        return Both::certain(Test::new(subject, TestKind::Empty, span).into());
    }
    let (subject, mut typing) = subject(left);
    if typing == Typing::Text && case == Case::Ignore {
        typing = Typing::Text;
    }
    // Neither side is null together: a missing value is unequal.
    Both::certain(Test::new(subject, TestKind::Equals { value: right.expr, case, typing }, span).into())
}

/// Equality of two values that are not constant.
fn fields_equal(left: Typed, right: Typed, case: Case, span: Span) -> Both {
    let texts = matches!(left.ty, Ty::String | Ty::Unknown) && matches!(right.ty, Ty::String | Ty::Unknown);
    let (one, first) = subject(left);
    let (other, second) = subject(right);
    let typing = if first == Typing::Text || second == Typing::Text { Typing::Text } else { Typing::Typed };
    let equal: Predicate = Test::new(one.clone(), TestKind::Equals { value: other.clone(), case, typing }, span).into();
    if texts {
        let empty = |expr: &Expr| Predicate::from(Test::new(expr.clone(), TestKind::Empty, span));
        return Both::certain(Predicate::any([equal, Predicate::all([empty(&one), empty(&other)])]));
    }
    let present = |expr: &Expr| Predicate::from(Test::new(expr.clone(), TestKind::Present, span));
    let some = Predicate::any([present(&one), present(&other)]);
    Both { no: Predicate::all([equal.clone().negate(), some]), yes: equal }
}

fn constants_only(arms: &[CaseArm], otherwise: &Expr) -> bool {
    otherwise.as_literal().is_some() && arms.len() <= 16 && arms.iter().all(|arm| arm.then.as_literal().is_some())
}

/// Which arms of a case distinction between constants equal a constant.
fn chosen(arms: Vec<CaseArm>, otherwise: Expr, ty: Ty, right: &Typed, case: Case, span: Span) -> Both {
    let equal = |then: Expr| equality(Typed::new(then, ty), right.clone(), case, span);
    let (mut yes, mut no, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for arm in arms {
        let Both { yes: same, no: other } = equal(arm.then);
        let here = Predicate::all(before.iter().cloned().chain([arm.when.clone()]));
        if same == Predicate::Always(true) {
            yes.push(here);
        } else if other == Predicate::Always(true) {
            no.push(here);
        }
        before.push(arm.when.negate());
    }
    let Both { yes: same, no: other } = equal(otherwise);
    if same == Predicate::Always(true) {
        yes.push(Predicate::all(before));
    } else if other == Predicate::Always(true) {
        no.push(Predicate::all(before));
    }
    Both { yes: Predicate::any(yes), no: Predicate::any(no) }
}

/// `left op right` for an order; null on either side makes it neither true nor false.
fn ordered(ordering: Ordering, left: Typed, right: Typed, span: Span) -> Both {
    let right = coerce(right, left.ty);
    let contrary = match ordering {
        Ordering::Less => Ordering::GreaterOrEqual,
        Ordering::LessOrEqual => Ordering::Greater,
        Ordering::Greater => Ordering::LessOrEqual,
        Ordering::GreaterOrEqual => Ordering::Less,
    };
    if let (Some(a), Some(b)) = (left.expr.as_literal(), right.expr.as_literal()) {
        let order = match (a, b) {
            (Value::DateTime(a), Value::DateTime(b)) | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
            _ => a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b)),
        };
        let Some(order) = order else {
            return Both { yes: Predicate::Always(false), no: Predicate::Always(false) };
        };
        return Both::certain(Predicate::Always(match ordering {
            Ordering::Less => order.is_lt(),
            Ordering::LessOrEqual => order.is_le(),
            Ordering::Greater => order.is_gt(),
            Ordering::GreaterOrEqual => order.is_ge(),
        }));
    }
    if let Some(counted) = count_of_elements(&left.expr, ordering, right.expr.as_literal()) {
        return Both::certain(counted);
    }
    let test = |ordering: Ordering| {
        let kind = TestKind::Compare { ordering, value: right.expr.clone(), typing: Typing::Typed };
        Predicate::from(Test::new(left.expr.clone(), kind, span))
    };
    Both { yes: test(ordering), no: test(contrary) }
}

/// The number of elements that meet a condition, compared with a constant, as a quantifier.
fn count_of_elements(left: &Expr, ordering: Ordering, right: Option<&Value>) -> Option<Predicate> {
    let Expr::Call(function::COUNT_ELEMENTS, arguments) = left else { return None };
    let [Expr::Collect { list, var, when, distinct: false, .. }] = arguments.as_slice() else { return None };
    let Some(Value::Int(limit)) = right else { return None };
    let (at_least, negated) = match ordering {
        Ordering::Greater => (limit.checked_add(1)?, false),
        Ordering::GreaterOrEqual => (*limit, false),
        Ordering::Less => (*limit, true),
        Ordering::LessOrEqual => (limit.checked_add(1)?, true),
    };
    let least = u64::try_from(at_least).unwrap_or(0);
    let predicate = match least {
        0 => Predicate::Always(true),
        1 => elements(Quantifier::Any, list, var, when),
        _ => elements(Quantifier::AtLeast(least), list, var, when),
    };
    Some(if negated { predicate.negate() } else { predicate })
}

fn elements(quantifier: Quantifier, list: &Expr, var: &crate::model::Var, when: &Predicate) -> Predicate {
    Predicate::Elements { quantifier, list: list.clone(), var: var.clone(), body: Box::new(when.clone()) }
}

/// Whether a text is an address or a network.
fn is_network(text: &str) -> bool {
    text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok()
}
