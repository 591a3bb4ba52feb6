//! What a value of ES|QL is, as far as the query tells: a text beside a time or an address is read as one.
//!
//! Elasticsearch casts a text constant to the type of the other side of a comparison where that is a date or an address
//! (docs/reference/query-languages/esql, "Implicit casting"). `@timestamp` is a date without any mapping.

use crate::model::function::elastic as own;
use crate::model::function::kusto::aggregate;
use crate::model::{Expr, FieldKind, Function, Value, function};

/// The kind of a value; `field` tells that of a field or column by its dotted name. `None` where it is not known, and of
/// a text constant, which takes the kind of what it stands beside.
pub(super) fn kind(value: &Expr, field: &dyn Fn(&str) -> Option<FieldKind>) -> Option<FieldKind> {
    let first = |values: &[Expr]| values.iter().find_map(|value| kind(value, field));
    match value {
        Expr::Literal(Value::DateTime(_)) => Some(FieldKind::Date),
        Expr::Literal(Value::Int(_)) => Some(FieldKind::Long),
        Expr::Literal(Value::Double(_)) => Some(FieldKind::Double),
        Expr::Literal(Value::Bool(_)) | Expr::Truth(_) => Some(FieldKind::Boolean),
        Expr::Field(found) => field(&found.path.to_string()),
        Expr::Call(function::ADD | function::SUBTRACT, args) => {
            first(args).filter(|kind| matches!(kind, FieldKind::Date | FieldKind::Double))
        }
        Expr::Call(own::ES_BUCKET, args) => args.first().and_then(|value| kind(value, field)),
        Expr::Call(called, args) if keeps(*called) => first(args),
        Expr::Call(called, _) => made_by(*called),
        Expr::Case(arms, otherwise) => {
            arms.iter().find_map(|arm| kind(&arm.then, field)).or_else(|| kind(otherwise, field))
        }
        Expr::Aggregate(
            aggregate::MIN | aggregate::MAX | aggregate::MAKE_SET | own::AGG_TOP | own::AGG_FIRST | own::AGG_LAST,
            args,
            _,
        ) => args.first().and_then(|value| kind(value, field)),
        Expr::Aggregate(aggregate::COUNT_ROWS | aggregate::COUNT_DISTINCT | own::AGG_COUNT, ..) => {
            Some(FieldKind::Long)
        }
        Expr::List(items) => first(items),
        _ => None,
    }
}

/// Functions whose value is of the kind of their arguments.
fn keeps(called: Function) -> bool {
    matches!(
        called,
        function::COALESCE
            | own::ES_GREATEST
            | own::ES_LEAST
            | own::ES_MV_APPEND
            | own::ES_MV_DEDUPE
            | own::ES_MV_FIRST
            | own::ES_MV_LAST
            | own::ES_MV_MAX
            | own::ES_MV_MIN
            | own::ES_MV_SLICE
            | own::ES_MV_SORT
            | own::ES_MV_UNION
            | own::ES_MV_INTERSECTION
    )
}

/// What a function makes, whatever it is given.
fn made_by(called: Function) -> Option<FieldKind> {
    Some(match called {
        function::NOW
        | function::TO_TIME
        | own::ES_DATE_TRUNC
        | own::ES_DATE_TRUNC_MONTHS
        | own::ES_DATE_PARSE
        | own::ES_ADD_MONTHS => FieldKind::Date,
        own::ES_TO_IP | own::ES_IP_PREFIX => FieldKind::Ip,
        function::LOWER
        | function::UPPER
        | function::TRIM
        | function::CONCAT
        | own::ES_TO_STRING
        | own::ES_SUBSTRING
        | own::ES_REPLACE
        | own::ES_LEFT
        | own::ES_RIGHT
        | own::ES_MV_CONCAT
        | own::ES_DATE_FORMAT => FieldKind::Keyword,
        function::LENGTH
        | own::ES_TO_LONG
        | own::ES_TO_INTEGER
        | own::ES_LOCATE
        | own::ES_DATE_DIFF
        | own::ES_DATE_EXTRACT
        | own::ES_MV_COUNT => FieldKind::Long,
        own::ES_TO_DOUBLE => FieldKind::Double,
        own::ES_TO_BOOLEAN => FieldKind::Boolean,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stay_times_through_functions() {
        let field = |name: &str| (name == "t").then_some(FieldKind::Date);
        let time = Expr::whole("t");
        let day = Expr::Literal(Value::Duration(864_000_000_000));
        let truncated = Expr::Call(own::ES_DATE_TRUNC, vec![day.clone(), Expr::whole("u")]);
        assert_eq!(kind(&time, &field), Some(FieldKind::Date));
        assert_eq!(kind(&truncated, &field), Some(FieldKind::Date));
        assert_eq!(kind(&Expr::Call(function::SUBTRACT, vec![time.clone(), day]), &field), Some(FieldKind::Date));
        let least = Expr::Aggregate(aggregate::MIN, vec![time], None);
        assert_eq!(kind(&Expr::Call(own::ES_MV_FIRST, vec![least]), &field), Some(FieldKind::Date));
        assert_eq!(kind(&Expr::whole("u"), &field), None);
        assert_eq!(kind(&Expr::text("2024-01-01"), &field), None);
    }
}
