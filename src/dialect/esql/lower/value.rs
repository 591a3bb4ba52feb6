//! Values: null in, null out, and null of several values, except for the functions that take lists.

use super::{Gap, Lowering, column};
use crate::diagnostic::Span;
use crate::diagnostic::codes::elastic;
use crate::dialect::esql::tree::*;
use crate::model::function::elastic as functions;
use crate::model::{ArrayMode, CaseArm, Expr as Value, Function, TICKS_PER_SECOND, Value as Constants, function};

impl Lowering<'_> {
    /// A value that is compared or computed with: several values are null.
    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Gap> {
        self.valued(expr, ArrayMode::Single)
    }

    /// A value that is kept as it stands, lists included: a column, a group, an argument of an MV function.
    pub(super) fn whole(&mut self, expr: &Expr) -> Result<Value, Gap> {
        self.valued(expr, ArrayMode::Whole)
    }

    fn valued(&mut self, expr: &Expr, mode: ArrayMode) -> Result<Value, Gap> {
        match &expr.kind {
            ExprKind::Name(name) => Ok(column(&name.name, mode)),
            ExprKind::Literal(literal) => constant(literal),
            ExprKind::Array(items) => Ok(Value::List(items.iter().map(constant).collect::<Result<_, _>>()?)),
            ExprKind::Negative(inner) => Ok(Value::Call(function::NEGATE, vec![self.value(inner)?])),
            ExprKind::Arithmetic { first, rest } => {
                let calendar = |operand: &Expr| months_of(operand).is_some();
                // `1 month + t` is `t + 1 month`.
                let mut value = match rest.first() {
                    Some((Operator::Add, second)) if calendar(first) && !calendar(second) => {
                        let months = Value::Literal(months_of(first).unwrap_or_default().into());
                        Value::Call(functions::ES_ADD_MONTHS, vec![self.value(second)?, months])
                    }
                    _ => self.value(first)?,
                };
                let rest = if calendar(first) { rest.get(1..).unwrap_or_default() } else { rest.as_slice() };
                for (sign, operand) in rest {
                    let months = match sign {
                        Operator::Add => months_of(operand),
                        Operator::Subtract => months_of(operand).and_then(i64::checked_neg),
                        _ => None,
                    };
                    value = match months {
                        Some(months) => {
                            Value::Call(functions::ES_ADD_MONTHS, vec![value, Value::Literal(months.into())])
                        }
                        None => Value::Call(operator(*sign), vec![value, self.value(operand)?]),
                    };
                }
                Ok(value)
            }
            ExprKind::Cast { inner, to } => {
                let inner = self.whole(inner)?;
                cast(inner, to, expr.span)
            }
            ExprKind::Call { name, args, .. } => self.call(expr, name, args),
            ExprKind::Param(name) => {
                Err((elastic::ESQL_UNREAD, format!("the parameter {name} has no value"), expr.span))
            }
            ExprKind::Map(_) => Err((elastic::ESQL_UNREAD, "options of a function are not read".to_owned(), expr.span)),
            _ => self.boolean(expr),
        }
    }

    /// A condition as a value: true, false or null.
    fn boolean(&mut self, expr: &Expr) -> Result<Value, Gap> {
        let before = self.unread.len();
        let (yes, no) = (self.truth(expr, true), self.truth(expr, false));
        // A value of which a part was not read is not read.
        if let Some(gap) = self.unread.get(before) {
            return Err((gap.code, gap.reason.clone(), gap.span.unwrap_or(expr.span)));
        }
        if yes.clone().negate() == no {
            return Ok(Value::Truth(Box::new(yes)));
        }
        let flag = |flag: bool| Value::Literal(flag.into());
        let arms = vec![CaseArm { when: yes, then: flag(true) }, CaseArm { when: no, then: flag(false) }];
        Ok(Value::Case(arms, Box::new(Value::Literal(Constants::Null))))
    }

    fn call(&mut self, whole: &Expr, name: &str, args: &[Expr]) -> Result<Value, Gap> {
        if super::condition::is_condition(name) {
            return self.boolean(whole);
        }
        match (name, args) {
            ("date_trunc", [width, value]) | ("bucket", [value, width]) if months_of(width).is_some() => {
                let months = months_of(width).filter(|months| *months > 0);
                let Some(months) = months else {
                    return Err((elastic::ESQL_UNREAD, "a width of no time is none".to_owned(), width.span));
                };
                return Ok(Value::Call(
                    functions::ES_DATE_TRUNC_MONTHS,
                    vec![Value::Literal(months.into()), self.value(value)?],
                ));
            }
            // A constant text as a time is that time.
            ("to_datetime", [Expr { kind: ExprKind::Literal(Literal { value: Constant::Text(text), .. }), .. }]) => {
                if let Some(ticks) = super::condition::time(text) {
                    return Ok(Value::Literal(Constants::DateTime(ticks)));
                }
            }
            _ => {}
        }
        match name {
            // Pairs of a condition and a value, then the value of all others.
            "case" if args.len() >= 2 => {
                let before = self.unread.len();
                let mut arms = Vec::new();
                for pair in args.chunks_exact(2) {
                    if let [when, then] = pair {
                        arms.push(CaseArm { when: self.truth(when, true), then: self.whole(then)? });
                    }
                }
                let otherwise = match args.len() % 2 {
                    1 => args.last().map(|last| self.whole(last)).transpose()?,
                    _ => None,
                };
                if let Some(gap) = self.unread.get(before) {
                    return Err((gap.code, gap.reason.clone(), gap.span.unwrap_or(whole.span)));
                }
                Ok(Value::Case(arms, Box::new(otherwise.unwrap_or(Value::Literal(Constants::Null)))))
            }
            _ => {
                let function = function(name, args.len()).ok_or_else(|| self.no_counterpart(name, whole.span))?;
                // Conversions take each value of several.
                let lists = name.starts_with("mv_")
                    || name.starts_with("to_") && !matches!(name, "to_lower" | "to_upper")
                    || name == "coalesce";
                let mut values = Vec::new();
                for arg in args {
                    values.push(if lists { self.whole(arg)? } else { self.value(arg)? });
                }
                Ok(Value::Call(function, values))
            }
        }
    }
}

pub(super) fn operator(operator: Operator) -> Function {
    match operator {
        Operator::Add => function::ADD,
        Operator::Subtract => function::SUBTRACT,
        Operator::Multiply => function::MULTIPLY,
        Operator::Divide => functions::DIVIDE,
        Operator::Remainder => function::REMAINDER,
    }
}

/// `value::type`, one after the other.
pub(super) fn cast(value: Value, to: &[String], span: Span) -> Result<Value, Gap> {
    to.iter().try_fold(value, |value, to| {
        let name = match to.as_str() {
            "string" | "keyword" | "text" => "to_string",
            "long" => "to_long",
            "int" | "integer" => "to_integer",
            "double" => "to_double",
            "bool" | "boolean" => "to_boolean",
            "datetime" | "date" => "to_datetime",
            "ip" => "to_ip",
            other => {
                return Err((
                    elastic::ESQL_UNREAD,
                    format!("the cast to {other} has no counterpart in the model"),
                    span,
                ));
            }
        };
        if let ("to_datetime", Value::Literal(Constants::String(text))) = (name, &value)
            && let Some(ticks) = super::condition::time(text)
        {
            return Ok(Value::Literal(Constants::DateTime(ticks)));
        }
        match function(name, 1) {
            Some(function) => Ok(Value::Call(function, vec![value])),
            None => Err((elastic::ESQL_UNREAD, format!("{name} has no counterpart in the model"), span)),
        }
    })
}

/// The function of this name and number of arguments.
pub(super) fn function(name: &str, count: usize) -> Option<Function> {
    functions::ESQL
        .iter()
        .find(|(known, least, most, _)| *known == name && (*least..=*most).contains(&count))
        .map(|(_, _, _, function)| *function)
}

pub(super) fn constant(literal: &Literal) -> Result<Value, Gap> {
    Ok(Value::Literal(match &literal.value {
        Constant::Text(text) => text.as_str().into(),
        Constant::Integer(number) => (*number).into(),
        Constant::Number(number) => Constants::Double(*number),
        Constant::Boolean(flag) => (*flag).into(),
        Constant::Null => Constants::Null,
        Constant::Time(count, unit) => match seconds(unit) {
            Some(seconds) => Constants::Duration((*count as f64 * seconds * TICKS_PER_SECOND as f64) as i64),
            None => {
                let reason = format!("a length of time in {unit} is no fixed one");
                return Err((elastic::ESQL_UNREAD, reason, literal.span));
            }
        },
    }))
}

/// How many calendar months a length of time in months, quarters or years is.
pub(super) fn months_of(expr: &Expr) -> Option<i64> {
    let ExprKind::Literal(Literal { value: Constant::Time(count, unit), .. }) = &expr.kind else { return None };
    let months = match unit.as_str() {
        "month" | "months" | "mo" => 1,
        "quarter" | "quarters" | "q" => 3,
        "year" | "years" | "yr" | "y" => 12,
        _ => return None,
    };
    count.checked_mul(months)
}

/// The length of a unit of time; months and years have none.
pub(super) fn seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}
