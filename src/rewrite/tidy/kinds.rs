//! Kinds of JSON values as masks: what a test needs its subject to be, and what it says of it.

use crate::model::{ArrayMode, Expr, JsonKind, Segment, Test, TestKind, Value};

pub(super) const NULL: u8 = 1;
pub(super) const TEXT: u8 = 2;
pub(super) const WHOLE: u8 = 4;
pub(super) const FRACTION: u8 = 8;
pub(super) const FLAG: u8 = 16;
pub(super) const LIST: u8 = 32;
pub(super) const DICT: u8 = 64;
pub(super) const OTHER: u8 = 128;
pub(super) const ANYTHING: u8 = 255;

/// Whether an expression gives one value, a list included.
pub(super) fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => field.mode == ArrayMode::Whole && !field.path.0.contains(&Segment::Any),
        Expr::Path(_, path, mode) => *mode == ArrayMode::Whole && !path.0.contains(&Segment::Any),
        _ => true,
    }
}

/// The kind of a value that has such a part.
pub(super) fn container(segment: &Segment) -> u8 {
    match segment {
        Segment::Key(_) | Segment::KeyPattern(_) => DICT,
        Segment::Index(_) | Segment::Any | Segment::Paired { .. } => LIST,
        Segment::Json => TEXT,
    }
}

/// The kinds as a mask.
pub(super) fn mask_of(kinds: &[JsonKind]) -> u8 {
    kinds.iter().fold(0, |mask, kind| {
        mask | match kind {
            JsonKind::String => TEXT,
            JsonKind::Number => WHOLE | FRACTION,
            JsonKind::Integer => WHOLE,
            JsonKind::Boolean => FLAG,
            JsonKind::Array => LIST,
            JsonKind::Object => DICT,
        }
    })
}

/// The kinds that equal this value.
fn value_mask(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::String(_) => TEXT,
        // Python's numbers and booleans equal each other
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => WHOLE | FRACTION | FLAG,
        Value::Array(_) => LIST,
        Value::Object(_) => DICT,
        Value::DateTime(_) | Value::Duration(_) => OTHER,
    }
}

/// The kinds that the subject of a test is of where the test holds.
pub(super) fn implied(test: &Test) -> u8 {
    let some = ANYTHING & !NULL;
    match &test.kind {
        TestKind::Equals { value, .. } => value.as_literal().map_or(some, value_mask),
        TestKind::In { values, .. } => values
            .iter()
            .map(|value| match value.as_literal() {
                Some(Value::Array(_)) | None => some,
                Some(value) => value_mask(value),
            })
            .fold(0, |mask, kinds| mask | kinds),
        TestKind::Contains { .. }
        | TestKind::StartsWith { .. }
        | TestKind::EndsWith { .. }
        | TestKind::Wildcard { .. }
        | TestKind::Regex { .. }
        | TestKind::Cidr { .. }
        | TestKind::Ip { .. } => TEXT,
        TestKind::Compare { value, .. } => match value.as_literal() {
            Some(Value::Int(_) | Value::Double(_)) => WHOLE | FRACTION | FLAG,
            Some(Value::String(_)) => TEXT,
            _ => some,
        },
        TestKind::IsKind { kinds } => mask_of(kinds),
        TestKind::Truthy | TestKind::Present => some,
        _ => ANYTHING,
    }
}
