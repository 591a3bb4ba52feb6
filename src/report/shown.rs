//! What an alert shows: the fields that a rule puts into it, and where their values come from.

use crate::model::{ArrayMode, Detection, Expr, FieldPath, Value, function, walk};
use serde::Serialize;

/// A value that the alert shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputEntry {
    /// The name in the alert.
    pub field: String,
    /// The field it comes from, where it is another one; `None` where it is computed of several or the same.
    pub source: Option<String>,
}

/// The fields that alerts show, then those that only the title shows, under the last key of their path.
pub fn shown(detection: &Detection) -> Vec<OutputEntry> {
    let mut entries: Vec<OutputEntry> = detection
        .outputs
        .iter()
        .map(|output| {
            let source = place(&output.value).map(|path| plain(&path));
            OutputEntry { field: output.name.clone(), source: source.filter(|path| *path != output.name) }
        })
        .collect();
    let mut places = Vec::new();
    if let Some(title) = &detection.alerting.title {
        Places { found: &mut places }.expr(title);
    }
    for path in places {
        let source = plain(&path);
        let known = |entry: &OutputEntry| entry.source.as_ref() == Some(&source) || entry.field == source;
        let name = source.rsplit('.').next().unwrap_or(&source).to_owned();
        if name.is_empty() || entries.iter().any(|entry| known(entry) || entry.field == name) {
            continue;
        }
        entries.push(OutputEntry { source: Some(source).filter(|source| *source != name), field: name });
    }
    entries
}

/// The one place that a value is read from, defaults for a missing one aside.
fn place(value: &Expr) -> Option<FieldPath> {
    let mut found = Vec::new();
    Places { found: &mut found }.result(value).then_some(())?;
    found.dedup();
    match found.as_slice() {
        [path] => Some(path.clone()),
        _ => None,
    }
}

/// Collects places in an event.
struct Places<'f> {
    found: &'f mut Vec<FieldPath>,
}

impl Places<'_> {
    fn add(&mut self, path: FieldPath) {
        if !path.0.is_empty() && !self.found.contains(&path) {
            self.found.push(path);
        }
    }

    /// The places that the value itself is taken from, unchanged; `false` where it is made of something else.
    fn result(&mut self, value: &Expr) -> bool {
        match value {
            Expr::Literal(_) => true,
            Expr::Case(arms, otherwise) => arms.iter().all(|arm| self.result(&arm.then)) && self.result(otherwise),
            Expr::Call(function::COALESCE, values) => values.iter().all(|value| self.result(value)),
            other => match reached(other) {
                Some(path) => {
                    self.add(path);
                    true
                }
                None => false,
            },
        }
    }

    /// Every place that a value is computed from.
    fn expr(&mut self, value: &Expr) {
        struct Inside<'p, 'f>(&'p mut Places<'f>);
        impl walk::Fold for Inside<'_, '_> {
            fn predicate(&mut self, predicate: crate::model::Predicate) -> crate::model::Predicate {
                // What a value depends on is not what it shows.
                predicate
            }
            fn expr(&mut self, expr: Expr) -> Expr {
                match reached(&expr) {
                    Some(path) => {
                        self.0.add(path);
                        expr
                    }
                    None => walk::expr_parts(self, expr),
                }
            }
        }
        walk::Fold::expr(&mut Inside(self), value.clone());
    }
}

/// The place in the event that an expression reads; `None` for what is computed.
fn reached(value: &Expr) -> Option<FieldPath> {
    let below = |base: &Expr, keys: Vec<String>| {
        let mut path = reached(base)?;
        path.0.extend(FieldPath::keys(keys).0);
        Some(path)
    };
    match value {
        Expr::Field(field) => Some(field.path.clone()),
        Expr::Path(base, path, ArrayMode::Whole) => {
            let mut whole = reached(base)?;
            whole.0.extend(path.0.iter().cloned());
            Some(whole)
        }
        Expr::Call(function::PYTHON_GET | function::PYTHON_GET_ANY_CASE, arguments) => match arguments.as_slice() {
            [base, key, ..] => below(base, vec![key.as_text()?.to_owned()]),
            _ => None,
        },
        Expr::Call(function::PYTHON_DEEP_GET | function::PANTHER_DEEP_WALK, arguments) => match arguments.as_slice() {
            [base, Expr::Literal(Value::Array(keys)), ..] => {
                below(base, keys.iter().map(|key| key.as_str().map(str::to_owned)).collect::<Option<_>>()?)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A path as catalogue pages write it: list marks left out.
fn plain(path: &FieldPath) -> String {
    path.to_string().replace("[]", "").replace("[0]", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{CaseArm, Logic, OutputField, Predicate, Test, TestKind};

    fn event() -> Expr {
        Expr::whole("")
    }

    fn with_default(path: &str) -> Expr {
        let when = Predicate::Test(Test::new(Expr::whole(path), TestKind::KeyPresent, Span::default()));
        Expr::Case(vec![CaseArm { when, then: Expr::whole(path) }], Box::new(Expr::text("")))
    }

    fn walked(keys: &[&str]) -> Expr {
        let keys = Expr::Literal(Value::Array(keys.iter().map(|key| Value::text(*key)).collect()));
        Expr::Call(function::PANTHER_DEEP_WALK, vec![event(), keys, Expr::text(""), Expr::text("all")])
    }

    #[test]
    fn defaults_and_walks_lead_to_the_field_and_the_title_adds_its_own() {
        let mut detection = Detection::new(Logic::filter(Predicate::Always(true), Span::default()));
        let output = |name: &str, value: Expr| OutputField { name: name.to_owned(), value };
        detection.outputs = vec![
            output("op", with_default("op")),
            output("actor", with_default("by.user.name")),
            output("target", walked(&["targets", "id"])),
            output("both", Expr::Call(function::CONCAT, vec![with_default("a"), with_default("b")])),
        ];
        let parts = vec![with_default("by.user.name"), Expr::text(" invited "), walked(&["details", "value"])];
        detection.alerting.title = Some(Expr::Call(function::CONCAT, parts));
        let found: Vec<(String, Option<String>)> =
            shown(&detection).into_iter().map(|entry| (entry.field, entry.source)).collect();
        let expected = [
            ("op", None),
            ("actor", Some("by.user.name")),
            ("target", Some("targets.id")),
            ("both", None),
            ("value", Some("details.value")),
        ];
        let expected: Vec<(String, Option<String>)> =
            expected.into_iter().map(|(field, source)| (field.to_owned(), source.map(str::to_owned))).collect();
        assert_eq!(found, expected);
    }
}
