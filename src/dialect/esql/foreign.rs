//! Functions of other languages in those of ES|QL: each answer is the same value, made of functions that it has.
//!
//! A missing text is the empty text to Kusto's functions and null to ES|QL's, so that most of them stand in `COALESCE`
//! (spec/kusto-semantics.md, spec/elastic-semantics.md).

use crate::evaluate::time::{DAY, is_aligned};
use crate::model::function::{self, elastic as own, kusto};
use crate::model::{Expr, FieldTypes, Function, ParsePart, TICKS_PER_SECOND, Value};

/// The call in functions of ES|QL; `None` where it has none that mean the same.
pub(super) fn call(function: Function, args: &[Expr], types: &dyn FieldTypes) -> Option<Expr> {
    Some(match (function, args) {
        (kusto::ADD, [left, right]) if moves(left, right) => binary(function::ADD, left, right),
        (kusto::SUBTRACT, [left, right]) if moves(left, right) => binary(function::SUBTRACT, left, right),
        (kusto::MULTIPLY, [left, right]) if is_number(left) || is_number(right) => {
            binary(function::MULTIPLY, left, right)
        }
        (kusto::DATETIME_DIFF, [unit, to, from]) => boundaries(unit.as_text()?, to, from)?,
        (kusto::BIN, [time, Expr::Literal(Value::Duration(width))]) if is_aligned(*width) => truncated(*width, time),
        (kusto::STARTOFDAY, [time]) => truncated(DAY, time),
        (kusto::STARTOFDAY, [time, offset]) => moved(truncated(DAY, time), DAY.checked_mul(offset_of(offset)?)?),
        (kusto::STARTOFMONTH, [time]) => months(1, time),
        (kusto::STARTOFMONTH, [time, offset]) => later(months(1, time), offset_of(offset)?),
        (kusto::STARTOFYEAR, [time]) => months(12, time),
        (kusto::STARTOFYEAR, [time, offset]) => later(months(12, time), offset_of(offset)?.checked_mul(12)?),
        (kusto::DATETIME_ADD, [unit, count, time]) => {
            let count = offset_of(count)?;
            match unit.as_text()?.to_ascii_lowercase().as_str() {
                "month" => later(time.clone(), count),
                "quarter" => later(time.clone(), count.checked_mul(3)?),
                "year" => later(time.clone(), count.checked_mul(12)?),
                "week" => moved(time.clone(), DAY.checked_mul(count.checked_mul(7)?)?),
                other => moved(time.clone(), width_of(other)?.checked_mul(count)?),
            }
        }
        // A week of Kusto starts on Sunday, one of Elasticsearch on Monday.
        (kusto::STARTOFWEEK, [time]) => moved(truncated(7 * DAY, &moved(time.clone(), DAY)), -DAY),
        (function::TO_TEXT_OR_EMPTY | kusto::TOSTRING, [value]) => text_or_empty(value, types)?,
        (function::CONCAT_OR_EMPTY, [one]) => text_or_empty(one, types)?,
        (function::CONCAT_OR_EMPTY, _) => {
            Expr::Call(function::CONCAT, args.iter().map(|arg| text_or_empty(arg, types)).collect::<Option<Vec<_>>>()?)
        }
        (kusto::STRLEN, [text]) => or(Expr::Call(function::LENGTH, vec![text.clone()]), 0),
        (kusto::STRING_SIZE, [text]) => or(Expr::Call(own::ES_BYTE_LENGTH, vec![text.clone()]), 0),
        (kusto::SUBSTRING, [text, Expr::Literal(Value::Int(start)), rest @ ..])
            if *start >= 0 && rest.iter().all(is_number) =>
        {
            let mut args = vec![text.clone(), Expr::Literal(Value::Int(*start))];
            args.extend(rest.iter().cloned());
            or(Expr::Call(function::SUBSTRING, args), "")
        }
        (kusto::REVERSE, [text]) => or(Expr::Call(own::ES_REVERSE, vec![text.clone()]), ""),
        _ => return None,
    })
}

/// The aggregate in those of ES|QL; `None` where it has none that means the same.
pub(super) fn aggregate(function: Function, args: &[Expr]) -> Option<Expr> {
    use kusto::aggregate::{AVG, SUM};
    match function {
        SUM => Some(or(Expr::Aggregate(own::AGG_SUM, args.to_vec(), None), 0)),
        AVG => Some(Expr::Aggregate(own::AGG_AVG, args.to_vec(), None)),
        _ => None,
    }
}

fn binary(function: Function, left: &Expr, right: &Expr) -> Expr {
    Expr::Call(function, vec![left.clone(), right.clone()])
}

/// Whether a sum or difference is one of numbers, or of a time and a length: times have no difference in ES|QL.
fn moves(left: &Expr, right: &Expr) -> bool {
    let length = |value: &Expr| matches!(value, Expr::Literal(Value::Duration(_)));
    is_number(left) || is_number(right) || (length(right) && !length(left))
}

/// A value that is a number whatever the events hold.
fn is_number(value: &Expr) -> bool {
    match value {
        Expr::Literal(Value::Int(_) | Value::Double(_)) => true,
        Expr::Aggregate(found, ..) => [kusto::aggregate::COUNT_ROWS, kusto::aggregate::COUNT_DISTINCT].contains(found),
        Expr::Call(found, args) => match *found {
            kusto::STRLEN | kusto::STRING_SIZE | function::LENGTH => true,
            kusto::ADD | kusto::SUBTRACT | kusto::MULTIPLY => args.iter().all(is_number),
            _ => false,
        },
        _ => false,
    }
}

fn truncated(width: i64, time: &Expr) -> Expr {
    Expr::Call(own::ES_DATE_TRUNC, vec![Expr::Literal(Value::Duration(width)), time.clone()])
}

/// A time moved by ticks.
fn moved(time: Expr, by: i64) -> Expr {
    match by {
        0 => time,
        _ if by < 0 => Expr::Call(function::SUBTRACT, vec![time, Expr::Literal(Value::Duration(-by))]),
        _ => Expr::Call(function::ADD, vec![time, Expr::Literal(Value::Duration(by))]),
    }
}

fn offset_of(offset: &Expr) -> Option<i64> {
    match offset {
        Expr::Literal(Value::Int(days)) => Some(*days),
        Expr::Call(kusto::NEGATE | function::NEGATE, args) => match args.as_slice() {
            [inner] => offset_of(inner).map(|days| -days),
            _ => None,
        },
        _ => None,
    }
}

/// Kusto counts the boundaries of a unit between two times, ES|QL the whole units.
fn boundaries(unit: &str, to: &Expr, from: &Expr) -> Option<Expr> {
    let width = width_of(&unit.to_ascii_lowercase())?;
    let unit = Expr::text(unit.to_ascii_lowercase());
    Some(Expr::Call(own::ES_DATE_DIFF, vec![unit, truncated(width, from), truncated(width, to)]))
}

/// The length of a unit that has one.
fn width_of(unit: &str) -> Option<i64> {
    Some(match unit {
        "second" => TICKS_PER_SECOND,
        "minute" => 60 * TICKS_PER_SECOND,
        "hour" => 3_600 * TICKS_PER_SECOND,
        "day" => DAY,
        _ => return None,
    })
}

/// The start of the calendar months, so many at a time.
fn months(count: i64, time: &Expr) -> Expr {
    Expr::Call(own::ES_DATE_TRUNC_MONTHS, vec![Expr::Literal(Value::Int(count)), time.clone()])
}

/// A time moved by calendar months.
fn later(time: Expr, months: i64) -> Expr {
    match months {
        0 => time,
        _ => Expr::Call(own::ES_ADD_MONTHS, vec![time, Expr::Literal(Value::Int(months))]),
    }
}

fn or(value: Expr, otherwise: impl Into<Value>) -> Expr {
    Expr::Call(function::COALESCE, vec![value, Expr::Literal(otherwise.into())])
}

/// A value as text, the empty text of null.
fn text_or_empty(value: &Expr, types: &dyn FieldTypes) -> Option<Expr> {
    use crate::model::FieldKind::{Boolean, Double, Dynamic, Keyword, Text, Wildcard};
    Some(match value {
        Expr::Literal(Value::String(_)) => value.clone(),
        Expr::Literal(Value::Int(number)) => Expr::text(number.to_string()),
        Expr::Literal(_) => return None,
        Expr::Call(function::LOWER | function::UPPER | function::TRIM | function::SUBSTRING | function::REPLACE, _) => {
            or(value.clone(), "")
        }
        // These answer with a text, never with null.
        Expr::Call(function::TO_TEXT_OR_EMPTY | function::CONCAT_OR_EMPTY | kusto::SUBSTRING, _) => value.clone(),
        Expr::Field(field) => match types.type_of(&field.path.to_string()).map(|found| found.kind) {
            Some(Keyword | Wildcard | Text) => or(value.clone(), ""),
            // Booleans, fractions and objects look different as text.
            Some(Boolean | Double | Dynamic) => return None,
            _ => or(Expr::Call(own::ES_TO_STRING, vec![value.clone()]), ""),
        },
        _ => return None,
    })
}

/// Whether a pattern of Kusto's `parse` takes texts apart as `DISSECT` does: columns of text and skipped text, with texts
/// between them, the last one taking the rest.
pub(super) fn is_dissect(parts: &[ParsePart]) -> bool {
    let known = parts.iter().all(|part| match part {
        ParsePart::Skip => true,
        ParsePart::Text(text) => !text.is_empty() && !text.contains("%{"),
        ParsePart::Column(_, kind) => kind.as_deref().is_none_or(|kind| kind == "string"),
        ParsePart::Separator(_) => false,
    });
    known && ParsePart::are_apart(parts)
}

/// The same piece of a pattern for `DISSECT`, where a type would be a modifier.
pub(super) fn dissect_part(part: &ParsePart) -> ParsePart {
    match part {
        ParsePart::Column(name, _) => ParsePart::Column(name.clone(), None),
        other => other.clone(),
    }
}
