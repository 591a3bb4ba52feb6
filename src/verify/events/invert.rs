//! What an event must hold for an expression to yield a value. A proposal: whether it does is evaluated.

use super::place::buildable;
use crate::evaluate::coerce;
use crate::model::{Expr, FieldPath, Function, Segment, function};
use serde_json::{Map, Value as Json, json};

/// Values for paths of an event; `None` takes the key away.
pub type Assignment = Vec<(FieldPath, Option<Json>)>;

/// Proposes values of fields so that the expression yields `wanted`; `None` where nothing is known.
pub fn invert(expr: &Expr, wanted: &Json) -> Option<Assignment> {
    match expr {
        Expr::Field(field) => Some(vec![(buildable(&field.path), Some(wanted.clone()))]),
        Expr::AnyField => Some(vec![(FieldPath::keys(["message"]), Some(wanted.clone()))]),
        Expr::Literal(value) => (coerce::to_json(value) == *wanted).then(Vec::new),
        Expr::Path(base, path, _) => invert(base, &wrapped(&path.0, wanted)),
        Expr::Call(called, arguments) => call(*called, arguments, wanted),
        Expr::Case(arms, otherwise) => {
            invert(otherwise, wanted).or_else(|| arms.iter().find_map(|arm| invert(&arm.then, wanted)))
        }
        Expr::List(items) => {
            let wanted = wanted.as_array().and_then(|list| list.first()).unwrap_or(wanted);
            items.iter().find_map(|item| invert(item, wanted))
        }
        Expr::Collect { list, value, .. } => match (value.as_ref(), wanted) {
            (Expr::Path(_, path, _), Json::Array(items)) => {
                invert(list, &Json::Array(items.iter().map(|item| wrapped(&path.0, item)).collect()))
            }
            _ => invert(list, wanted),
        },
        Expr::Object(_)
        | Expr::Var(_)
        | Expr::Truth(_)
        | Expr::Aggregate(..)
        | Expr::Scalar(_)
        | Expr::Rows(_)
        | Expr::Unread(_) => None,
    }
}

/// A value inside the objects and lists that a path goes through.
fn wrapped(path: &[Segment], wanted: &Json) -> Json {
    let mut event = Json::Null;
    super::place::put(&mut event, path, Some(wanted));
    event
}

/// The inverse of the functions whose names stand for one; of others, the value is tried on the argument itself.
fn call(called: Function, arguments: &[Expr], wanted: &Json) -> Option<Assignment> {
    let first = arguments.first()?;
    let number = |at: usize| arguments.get(at).and_then(Expr::as_literal).and_then(crate::model::Value::as_f64);
    let text = |at: usize| arguments.get(at).and_then(Expr::as_text);
    if called == function::LENGTH {
        return invert(first, &json!("x".repeat(length(wanted)?)));
    }
    if called == function::COUNT_ELEMENTS {
        return invert(first, &Json::Array((0..length(wanted)?).map(|at| json!(format!("v{at}"))).collect()));
    }
    if called == function::PARSE_JSON || called == function::PYTHON_JSON_LOADS {
        return invert(first, &json!(wanted.to_string()));
    }
    if called == function::PYTHON_IS_JSON {
        return invert(first, &if *wanted == json!(true) { json!("{\"a\": 1}") } else { json!("no json") });
    }
    if called == function::PYTHON_GET || called == function::PYTHON_GET_ANY_CASE {
        return below(first, vec![text(1)?.to_owned()], wanted);
    }
    if called == function::PYTHON_HAS_PATH {
        return below(first, keys_of(arguments.get(1)?)?, &json!("x"));
    }
    if called == function::PYTHON_DEEP_GET {
        return below(first, keys_of(arguments.get(1)?)?, wanted);
    }
    if called == function::PYTHON_STR {
        return invert(first, &json!(plain(wanted)));
    }
    if called == function::CONCAT || called == function::CONCAT_OR_EMPTY {
        return concat(arguments, wanted.as_str()?);
    }
    if called == function::SPLIT || called == function::PYTHON_SPLIT {
        let separator = text(1)?;
        let joined = match wanted {
            Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(separator),
            single => plain(single),
        };
        return invert(first, &json!(joined));
    }
    if called == function::ELEMENT_AT {
        let index = number(1)? as i64;
        return invert(first, &wrapped(&[Segment::Index(index)], wanted));
    }
    if called == function::SUBSTRING {
        let skip = number(1).unwrap_or(0.0).clamp(0.0, 100.0) as usize;
        return invert(first, &json!("x".repeat(skip) + &plain(wanted)));
    }
    if called == function::TO_INT || called == function::TO_DOUBLE {
        return invert(first, wanted);
    }
    if let (Some(by), Some(value)) = (number(1), wanted.as_f64()) {
        let undone = [
            (function::ADD, value - by),
            (function::SUBTRACT, value + by),
            (function::MULTIPLY, value / by),
            (function::DIVIDE, value * by),
        ];
        if let Some((_, result)) = undone.iter().find(|(other, _)| *other == called) {
            return invert(first, &whole(*result)?);
        }
    }
    if called == function::NEGATE {
        return invert(first, &whole(-wanted.as_f64()?)?);
    }
    arguments
        .iter()
        .find(|argument| !matches!(argument, Expr::Literal(_)))
        .and_then(|argument| invert(argument, wanted))
}

/// A value below keys of another one; of a field, each key is a field of its own.
fn below(base: &Expr, keys: Vec<String>, wanted: &Json) -> Option<Assignment> {
    if let Expr::Field(field) = base {
        let path = keys.into_iter().fold(field.path.clone(), |path, key| path.then(Segment::Key(key)));
        return Some(vec![(buildable(&path), Some(wanted.clone()))]);
    }
    invert(base, &keys.into_iter().rev().fold(wanted.clone(), |inner, key| json!({ key: inner })))
}

/// Keys that stand as a list of literals.
fn keys_of(keys: &Expr) -> Option<Vec<String>> {
    match keys {
        Expr::Literal(crate::model::Value::Array(keys)) => {
            keys.iter().map(|key| key.as_str().map(str::to_owned)).collect()
        }
        Expr::List(keys) => keys.iter().map(|key| key.as_text().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn length(wanted: &Json) -> Option<usize> {
    wanted.as_f64().filter(|length| (0.0..=512.0).contains(length)).map(|length| length as usize)
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn whole(number: f64) -> Option<Json> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Some(json!(number as i64))
    } else {
        serde_json::Number::from_f64(number).map(Json::Number)
    }
}

/// Texts around the only part that can vary are taken off; of several such parts the first gets the rest.
fn concat(arguments: &[Expr], wanted: &str) -> Option<Assignment> {
    let mut rest = wanted;
    let mut assignment = Assignment::new();
    let mut open: Option<&Expr> = None;
    for argument in arguments {
        match argument.as_text() {
            Some(fixed) => {
                let at = rest.find(fixed)?;
                let (before, behind) = rest.split_at(at);
                match open.take() {
                    Some(part) => assignment.extend(invert(part, &json!(before))?),
                    None if !before.is_empty() => return None,
                    None => {}
                }
                rest = behind.get(fixed.len()..)?;
            }
            None => {
                if let Some(part) = open.replace(argument) {
                    let cut = rest.chars().next().map_or(0, char::len_utf8);
                    let (before, behind) = rest.split_at(cut);
                    assignment.extend(invert(part, &json!(before))?);
                    rest = behind;
                }
            }
        }
    }
    if let Some(part) = open {
        assignment.extend(invert(part, &json!(rest))?);
    }
    Some(assignment)
}

/// Whether a value is an object without members, as a list element that was only padded.
pub fn is_blank(value: &Json) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}
