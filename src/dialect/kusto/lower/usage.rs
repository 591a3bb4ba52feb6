//! What a query's own use says of the type of a column of which nothing else is known.

use super::super::bind::Ty;
use super::super::syntax::{
    self, CompareOp, Expr, ExprKind, InOp, LiteralValue, Script, TextTest, Visitor, walk_expr, walk_script,
};
use std::collections::HashMap;

/// Types of names by how they are used; names used in two ways are not in it.
pub(super) fn guesses(script: &Script) -> HashMap<&str, Ty> {
    let mut uses = Uses { guesses: HashMap::new() };
    walk_script(&mut uses, script);
    uses.guesses.retain(|_, ty| *ty != Ty::Unknown);
    uses.guesses
}

struct Uses<'a> {
    guesses: HashMap<&'a str, Ty>,
}

impl<'a> Uses<'a> {
    fn note(&mut self, expr: &'a Expr, ty: Ty) {
        if ty == Ty::Unknown {
            return;
        }
        if let ExprKind::Name(name) = &expr.unwrap_parentheses().kind {
            self.guesses
                .entry(name.text.as_str())
                .and_modify(|known| {
                    *known = match (*known, ty) {
                        (a, b) if a == b => a,
                        (Ty::Long, Ty::Real) | (Ty::Real, Ty::Long) => Ty::Real,
                        // A number compared with a text literal is still text; `ResultType == 0` beside `has`.
                        (Ty::String, Ty::Long | Ty::Real) | (Ty::Long | Ty::Real, Ty::String) => Ty::String,
                        _ => Ty::Unknown,
                    }
                })
                .or_insert(ty);
        }
    }

    fn compared(&mut self, left: &'a Expr, right: &'a Expr) {
        let (left_ty, right_ty) = (of(left), of(right));
        self.note(left, right_ty);
        self.note(right, left_ty);
    }
}

/// The type of an expression, as far as it shows without names.
fn of(expr: &Expr) -> Ty {
    match &expr.unwrap_parentheses().kind {
        ExprKind::Literal(literal) => match &literal.value {
            LiteralValue::Dynamic(_) | LiteralValue::Unknown(_) => Ty::Unknown,
            value => Ty::from(value.ty()),
        },
        ExprKind::Sign { operand, .. } => of(operand),
        ExprKind::Call(call) => match call.name.text.as_str() {
            "ago" | "now" | "todatetime" | "startofday" => Ty::DateTime,
            "tolower" | "toupper" | "tostring" | "strcat" => Ty::String,
            _ => Ty::Unknown,
        },
        _ => Ty::Unknown,
    }
}

impl<'a> Visitor<'a> for Uses<'a> {
    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotEqual { .. }, left, right } => {
                self.compared(left, right);
            }
            ExprKind::Compare { left, right, .. } => self.compared(left, right),
            ExprKind::Text { op, left, .. } if op.test != TextTest::Search => self.note(left, Ty::String),
            ExprKind::In { op, left, list } => {
                if matches!(op, InOp::HasAny | InOp::HasAll) {
                    self.note(left, Ty::String);
                }
                for item in list {
                    let ty = match &item.unwrap_parentheses().kind {
                        ExprKind::Literal(syntax::Literal {
                            value: LiteralValue::Dynamic(syntax::Json { kind: syntax::JsonKind::Array(items), .. }),
                            ..
                        }) => match items.first().map(|item| &item.kind) {
                            Some(syntax::JsonKind::Literal(literal)) => Ty::from(literal.value.ty()),
                            _ => Ty::Unknown,
                        },
                        _ => of(item),
                    };
                    self.note(left, ty);
                }
            }
            ExprKind::Between { value, low, .. } => self.note(value, of(low)),
            ExprKind::Call(call) => {
                if let ("tolower" | "toupper" | "strlen" | "split" | "trim", Some(argument)) =
                    (call.name.text.as_str(), call.arguments.first())
                {
                    self.note(&argument.value, Ty::String);
                }
            }
            ExprKind::Path(path) => self.note(&path.first, Ty::Dynamic),
            _ => {}
        }
        walk_expr(self, expr);
    }
}
