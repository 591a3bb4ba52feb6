//! Conditions on elements of a list, for languages whose fields are flattened.

use crate::diagnostic::codes::elastic;
use crate::model::{ArrayMode, Direction, Expr, FieldRef, Loss, Predicate, Segment, Test, Var};
use crate::plan::Support;

/// "Some element meets the condition" over flattened fields: exact where the condition is one test of the element or
/// one of several; wider where several tests must hold of the same element.
pub fn any_element(list: &Expr, var: &Var, body: &Predicate) -> Support<Predicate> {
    let Some(field) = list.as_field() else { return Support::No("the list is computed".to_owned()) };
    let mut mixed = false;
    match flatten(field, var, body, &mut mixed) {
        None => Support::No("a condition on elements of a list that is no plain test of them".to_owned()),
        Some(predicate) if mixed => {
            let message =
                format!("the values of {} are flattened, so different elements may meet the conditions", field.path);
            let span = first_span(body);
            Support::Approximately(predicate, vec![Loss::matching(elastic::FLATTENED, Direction::Wider, message, span)])
        }
        Some(predicate) => Support::As(predicate),
    }
}

fn flatten(list: &FieldRef, var: &Var, body: &Predicate, mixed: &mut bool) -> Option<Predicate> {
    match body {
        Predicate::Always(true) => None,
        Predicate::Test(test) => {
            let subject = match &test.subject {
                Expr::Var(name) if name == var => list.path.clone(),
                Expr::Path(inner, path, _) if matches!(inner.as_ref(), Expr::Var(name) if name == var) => {
                    let mut whole = list.path.clone();
                    whole.0.extend(path.0.iter().filter(|segment| !matches!(segment, Segment::Any)).cloned());
                    whole
                }
                _ => return None,
            };
            let subject = Expr::Field(FieldRef { path: subject, mode: ArrayMode::Any, optional: list.optional });
            Some(Predicate::Test(Test { subject, ..test.clone() }))
        }
        Predicate::Any(items) => {
            Some(Predicate::any(items.iter().map(|item| flatten(list, var, item, mixed)).collect::<Option<Vec<_>>>()?))
        }
        Predicate::All(items) => {
            *mixed |= items.len() > 1;
            Some(Predicate::all(items.iter().map(|item| flatten(list, var, item, mixed)).collect::<Option<Vec<_>>>()?))
        }
        // "Some element is not x" is no test of flattened values.
        _ => None,
    }
}

fn first_span(body: &Predicate) -> Option<crate::diagnostic::Span> {
    match body {
        Predicate::Test(test) => Some(test.span),
        Predicate::All(items) | Predicate::Any(items) => items.iter().find_map(first_span),
        _ => None,
    }
}
