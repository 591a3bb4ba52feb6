//! Values: arithmetic and the functions that yield no condition. Null in, null out.

use super::condition::{VALUES, any, constant};
use super::{Gap, Lowering};
use crate::diagnostic::codes::elastic;
use crate::dialect::eql::tree::*;
use crate::model::{Expr as Value, function};

impl Lowering<'_> {
    /// A value; an error says why the model has none for it.
    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Gap> {
        match &expr.kind {
            ExprKind::Field(field) => Ok(any(field)),
            ExprKind::Literal(literal) => Ok(Value::Literal(constant(&literal.value))),
            ExprKind::Negative(inner) => Ok(Value::Call(function::NEGATE, vec![self.value(inner)?])),
            ExprKind::Arithmetic { first, rest } => {
                let mut value = self.value(first)?;
                for (operator, operand) in rest {
                    let function = match operator {
                        Operator::Add => function::ADD,
                        Operator::Subtract => function::SUBTRACT,
                        Operator::Multiply => function::MULTIPLY,
                        Operator::Divide => function::elastic::DIVIDE,
                        Operator::Remainder => function::REMAINDER,
                    };
                    value = Value::Call(function, vec![value, self.value(operand)?]);
                }
                Ok(value)
            }
            ExprKind::Call { name, fold, args, .. } => self.function(expr, name, *fold, args),
            _ => {
                let predicate = self.condition(expr);
                Ok(Value::Truth(Box::new(predicate)))
            }
        }
    }

    fn function(&mut self, whole: &Expr, name: &str, fold: bool, args: &[Expr]) -> Result<Value, Gap> {
        let lower = name.to_ascii_lowercase();
        let function = match (lower.as_str(), args.len()) {
            ("substring", 2 | 3) => Some(function::elastic::SLICE),
            ("number", 1) => Some(function::TO_DOUBLE),
            ("indexof", 2 | 3) => {
                Some(if fold { function::elastic::INDEX_OF_FOLD } else { function::elastic::INDEX_OF })
            }
            ("between", 3 | 4) => Some(if fold { function::elastic::BETWEEN_FOLD } else { function::elastic::BETWEEN }),
            _ => VALUES.iter().find(|(known, _)| *known == lower).map(|(_, function)| *function),
        };
        let Some(function) = function else {
            let condition = matches!(
                lower.as_str(),
                "startswith" | "endswith" | "stringcontains" | "cidrmatch" | "wildcard" | "match"
            );
            if condition {
                return Ok(Value::Truth(Box::new(self.condition(whole))));
            }
            let reason = format!("the function `{name}` with {} arguments has no counterpart in the model", args.len());
            return Err((elastic::EQL_FUNCTION, reason, whole.span));
        };
        Ok(Value::Call(function, args.iter().map(|arg| self.value(arg)).collect::<Result<_, _>>()?))
    }
}

/// Whether a field stands somewhere in the expression.
pub(super) fn has_field(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Field(_) => true,
        ExprKind::Negative(inner) => has_field(inner),
        ExprKind::Arithmetic { first, rest } => has_field(first) || rest.iter().any(|(_, operand)| has_field(operand)),
        ExprKind::Call { args, .. } => args.iter().any(has_field),
        _ => false,
    }
}
