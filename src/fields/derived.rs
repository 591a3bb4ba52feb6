//! Fields that an agent makes from others.
//!
//! Elastic's integrations write `event.outcome: failure` where CloudTrail has an error code, and `event.action:
//! audit-log-cleared` for event 1102 of Windows. No other platform has such a field; all have what it is made from. So a
//! test of it becomes the conditions under which it has the values that the test holds of. Every value is a row of data.

use super::kinds;
use super::schema::Schema;
use crate::diagnostic::Span;
use crate::model::{
    ArrayMode, Case, Expr, FieldPath, FieldRef, FieldType, PlatformId, Predicate, Segment, Test, TestKind, Typing,
    Value,
};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A field of Elastic's events that is made from others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// Its name in Elastic.
    pub elastic: String,
    /// Its values, no two of which can hold at once.
    values: Vec<DerivedValue>,
    /// The value where none of the conditions is met.
    #[serde(default)]
    otherwise: Option<String>,
    /// What a reader must know.
    #[serde(default)]
    pub note: Option<String>,
}

/// A value and when the field has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DerivedValue {
    value: String,
    /// Further spellings that versions of the integration have used.
    #[serde(default)]
    or: Vec<String>,
    /// It has the value when all conditions of one of these are met: common field and what it must hold.
    when: Vec<BTreeMap<String, Given>>,
}

/// What a common field must hold.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Given {
    /// `present` or `absent`.
    There(There),
    /// One of these values.
    Is(Vec<Json>),
    /// A value other than these.
    Not {
        /// The values.
        not: Vec<Json>,
    },
    /// One of these texts in any case.
    AnyCase {
        /// The texts.
        any_case: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum There {
    Present,
    Absent,
}

impl Derived {
    /// The condition on common fields that says what a test of this field says.
    ///
    /// # Errors
    /// Why it cannot be said: the test names a value of which nothing is known, or asks what only all values could answer.
    pub(super) fn condition(&self, test: &Test, schema: &Schema) -> Result<Predicate, String> {
        let holds = |value: &DerivedValue| -> Option<bool> {
            let mut any = false;
            for spelling in std::iter::once(&value.value).chain(&value.or) {
                any |= kinds::holds(&test.kind, spelling)?;
            }
            Some(any)
        };
        let asks = || "what it asks cannot be told from the values that are known".to_owned();
        let mut met = Vec::new();
        for value in &self.values {
            if holds(value).ok_or_else(asks)? {
                met.push(value);
            }
        }
        let named = kinds::named(&test.kind);
        let otherwise = match &self.otherwise {
            Some(value) => kinds::holds(&test.kind, value).ok_or_else(asks)?,
            // There are values of which nothing is known: only whole values that are known can be told.
            None => match (&test.kind, named.iter().find(|name| !self.knows(name))) {
                (TestKind::Equals { .. } | TestKind::In { .. }, None) => false,
                (TestKind::Equals { .. } | TestKind::In { .. }, Some(unknown)) => {
                    return Err(format!("nothing is known of the events whose value is `{unknown}`"));
                }
                _ => return Err(asks()),
            },
        };
        let said =
            |values: &[&DerivedValue]| {
                Predicate::any(one_list_each(values).iter().map(|given| {
                    Predicate::all(given.iter().map(|(field, given)| given.say(field, test.span, schema)))
                }))
            };
        if !otherwise {
            return Ok(said(&met));
        }
        let others: Vec<&DerivedValue> =
            self.values.iter().filter(|value| !met.iter().any(|known| std::ptr::eq(*known, *value))).collect();
        // Every value but these, the one that stands for all else included.
        Ok(if others.is_empty() { Predicate::Always(true) } else { said(&others).negate() })
    }

    fn knows(&self, name: &str) -> bool {
        self.values
            .iter()
            .any(|value| std::iter::once(&value.value).chain(&value.or).any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// The value that the field has in a common event.
    pub(super) fn value_of(&self, event: &Json) -> Option<&str> {
        let met = |given: &BTreeMap<String, Given>| given.iter().all(|(field, given)| given.met(field, event));
        let found = self.values.iter().find(|value| value.when.iter().any(met));
        found.map(|value| value.value.as_str()).or(self.otherwise.as_deref())
    }
}

impl Schema {
    /// Whether a platform's field is made from others.
    pub fn derives(&self, platform: PlatformId, field: &str) -> bool {
        platform == PlatformId::Elastic && self.derived.iter().any(|derived| derived.elastic == field)
    }
}

/// Alternatives with lists of values of one field brought together: `EventID in (4728, 4732)` and not one test a value.
fn one_list_each(values: &[&DerivedValue]) -> Vec<BTreeMap<String, Given>> {
    let mut found: Vec<BTreeMap<String, Given>> = Vec::new();
    for given in values.iter().flat_map(|value| &value.when) {
        let alone = |given: &BTreeMap<String, Given>| match given.iter().next() {
            Some((field, Given::Is(_))) if given.len() == 1 => Some(field.clone()),
            _ => None,
        };
        let field = alone(given);
        let same = field.as_ref().and_then(|_| found.iter_mut().find(|known| alone(known) == field));
        match (same.and_then(|known| known.values_mut().next()), given.values().next()) {
            (Some(Given::Is(list)), Some(Given::Is(more))) => list.extend(more.iter().cloned()),
            _ => found.push(given.clone()),
        }
    }
    found
}

impl Given {
    /// The condition on the common field.
    fn say(&self, field: &str, span: Span, schema: &Schema) -> Predicate {
        let path = FieldPath::parse(field);
        let kind = schema.row(&path).map_or(FieldType::default(), |row| row.kind);
        let several = kind.list || path.0.contains(&Segment::Any);
        let mode = if several { ArrayMode::Any } else { ArrayMode::Whole };
        let subject = Expr::Field(FieldRef::new(path, mode));
        let test = |kind: TestKind| Predicate::Test(Test::new(subject.clone(), kind, span));
        let literal = |value: &Json| match value {
            Json::Number(number) => number.as_i64().map_or(Value::String(number.to_string()), Value::Int),
            Json::Bool(flag) => Value::Bool(*flag),
            Json::String(text) => Value::String(text.clone()),
            other => Value::String(other.to_string()),
        };
        let among = |values: Vec<Value>, case: Case| {
            let typing = Typing::Typed;
            let mut values: Vec<Expr> = values.into_iter().map(Expr::Literal).collect();
            match (values.len(), values.pop()) {
                (1, Some(value)) => TestKind::Equals { value, case, typing },
                (_, last) => TestKind::In { values: values.into_iter().chain(last).collect(), case, typing },
            }
        };
        match self {
            // Where no event holds an empty text, absent and empty are one.
            Given::There(there) if !several && schema.holds_no_empty(PlatformId::Elastic, kind) => {
                let empty = test(TestKind::Empty);
                if *there == There::Present { empty.negate() } else { empty }
            }
            Given::There(There::Present) => test(TestKind::Present),
            Given::There(There::Absent) => test(TestKind::Present).negate(),
            Given::Is(values) => test(among(values.iter().map(literal).collect(), Case::Sensitive)),
            Given::Not { not } => Predicate::all([
                test(TestKind::Present),
                test(among(not.iter().map(literal).collect(), Case::Sensitive)).negate(),
            ]),
            Given::AnyCase { any_case } => {
                test(among(any_case.iter().cloned().map(Value::String).collect(), Case::Ignore))
            }
        }
    }

    /// Whether a common event meets it.
    fn met(&self, field: &str, event: &Json) -> bool {
        let mut values = Vec::new();
        collect(event, &FieldPath::parse(field).0, &mut values);
        match self {
            Given::There(There::Present) => !values.is_empty(),
            Given::There(There::Absent) => values.is_empty(),
            Given::Is(list) => values.iter().any(|value| list.contains(value)),
            Given::Not { not } => !values.is_empty() && !values.iter().any(|value| not.contains(value)),
            Given::AnyCase { any_case } => values.iter().any(|value| {
                value.as_str().is_some_and(|text| any_case.iter().any(|own| own.to_lowercase() == text.to_lowercase()))
            }),
        }
    }
}

/// The values at a path of a common event; null counts as none.
fn collect<'a>(value: &'a Json, path: &[Segment], found: &mut Vec<&'a Json>) {
    match path.split_first() {
        None if value.is_null() => {}
        None => found.push(value),
        Some((Segment::Key(key), rest)) => {
            if let Some(inner) = value.get(key) {
                collect(inner, rest, found);
            }
        }
        Some((_, rest)) => {
            for inner in value.as_array().into_iter().flatten() {
                collect(inner, rest, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Schemas, project};
    use serde_json::json;

    fn outcome(source: &str, event: &Json) -> Json {
        let schema = Schemas::built_in().get(source).unwrap();
        project(event, schema, PlatformId::Elastic)["event"]["outcome"].clone()
    }

    #[test]
    fn an_outcome_is_made_as_the_integration_makes_it() {
        for (source, event, expected) in [
            ("aws_cloudtrail", json!({}), "success"),
            ("aws_cloudtrail", json!({"error": {"code": "AccessDenied"}}), "failure"),
            ("aws_cloudtrail", json!({"error": {"message": "no"}}), "failure"),
            ("gcp_audit", json!({"status": {"code": 0}}), "success"),
            ("gcp_audit", json!({"status": {"code": 7}}), "failure"),
            ("gcp_audit", json!({"authz": [{"granted": true}]}), "success"),
            ("gcp_audit", json!({"authz": [{"granted": false}]}), "failure"),
            ("gcp_audit", json!({}), "unknown"),
            ("m365_audit", json!({"result_status": "PartiallySucceeded"}), "success"),
            ("m365_audit", json!({"result_status": "Failed"}), "failure"),
            ("m365_audit", json!({}), "success"),
            ("okta_system", json!({"outcome": {"result": "ALLOW"}}), "success"),
            ("okta_system", json!({"outcome": {"result": "DENY"}}), "failure"),
            ("okta_system", json!({"outcome": {"result": "SKIPPED"}}), "unknown"),
        ] {
            assert_eq!(outcome(source, &event), expected, "{source} {event}");
        }
    }

    #[test]
    fn every_name_is_a_common_field() {
        for schema in &Schemas::built_in().all {
            for derived in &schema.derived {
                for given in derived.values.iter().flat_map(|value| &value.when) {
                    for field in given.keys() {
                        assert!(schema.row(&FieldPath::parse(field)).is_some(), "{}: {field}", schema.source);
                    }
                }
            }
        }
    }
}
