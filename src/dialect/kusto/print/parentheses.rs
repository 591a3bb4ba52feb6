//! How tightly expressions bind, and which parentheses go.

use super::super::syntax::{ArithmeticOp, Expr, ExprKind};

/// How tightly an expression binds, from the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    /// A pipeline: only where a whole query may stand.
    Query,
    Or,
    And,
    /// `==`, `!=`, `in`, `between`
    Equality,
    /// `<`, `>`, ...
    Relation,
    Sum,
    Product,
    /// A string operator.
    Text,
    Sign,
    /// Names, calls, paths, literals, brackets.
    Primary,
}

/// How tightly an expression binds.
pub(super) fn binding(expr: &Expr) -> Binding {
    match &expr.kind {
        ExprKind::Query(_) => Binding::Query,
        ExprKind::Or(_) => Binding::Or,
        ExprKind::And(_) => Binding::And,
        ExprKind::Compare { op, .. } if op.is_equality() => Binding::Equality,
        ExprKind::Compare { .. } => Binding::Relation,
        ExprKind::In { .. } | ExprKind::Between { .. } => Binding::Equality,
        ExprKind::Arithmetic { rest, .. } => match rest.first() {
            Some((ArithmeticOp::Add | ArithmeticOp::Subtract, _)) => Binding::Sum,
            _ => Binding::Product,
        },
        ExprKind::Text { .. } => Binding::Text,
        ExprKind::Sign { .. } => Binding::Sign,
        // A data scope takes no steps, and `totable(...)` neither.
        ExprKind::DataScope { .. } | ExprKind::ToValue { scalar: false, .. } => Binding::Sign,
        _ => Binding::Primary,
    }
}

/// The expression to print where at least `least` must bind: parentheses that neither the language nor a reader needs
/// are taken off.
pub(super) fn strip(expr: &Expr, least: Binding) -> &Expr {
    let mut expr = expr;
    while let ExprKind::Paren(inner) = &expr.kind {
        let double = matches!(inner.kind, ExprKind::Paren(_));
        if double || is_redundant(inner, least) {
            expr = inner;
        } else {
            break;
        }
    }
    expr
}

/// Whether parentheses around `inner` change nothing.
fn is_redundant(inner: &Expr, least: Binding) -> bool {
    let binds = binding(inner);
    match inner.kind {
        // Only inside parentheses are these what they are.
        ExprKind::Query(_) | ExprKind::Star | ExprKind::Wildcard(_) => false,
        // For the reader: `(a and b) or c`, `(a + b) > c`.
        ExprKind::And(_) if least == Binding::And => false,
        ExprKind::Arithmetic { .. } if least > Binding::Or => false,
        _ => binds >= least,
    }
}

/// Whether an expression without parentheses of its own needs some where at least `least` must bind.
pub(super) fn needs(expr: &Expr, least: Binding) -> bool {
    binding(expr) < least
}
