//! Field names kept as they are: only how a field is read changes from platform to platform (design, `--fields keep`).

use crate::model::walk::{self, Fold};
use crate::model::{
    ArrayMode, Expr, FieldKind, FieldPath, FieldRef, FieldType, FieldTypes, Logic, PlatformId, Predicate, Segment,
    Source, Test, TestKind, Typing, Value,
};

/// The logic read from flat columns (Sentinel), flattened fields (Elastic) or nested keys (Panther) of the same names.
///
/// A column holds one value unless its type says otherwise. Logic that stays on its platform is returned as it is.
pub fn keep(logic: Logic, from: Option<PlatformId>, to: Option<PlatformId>, types: &dyn FieldTypes) -> Logic {
    match to {
        Some(to) if from != Some(to) => walk::logic(&mut Keeper { to, types }, logic),
        _ => logic,
    }
}

struct Keeper<'a> {
    to: PlatformId,
    types: &'a dyn FieldTypes,
}

impl Keeper<'_> {
    /// The type of a field: as given, else what the operand tells (design, "Verification": untyped, numbers are double,
    /// booleans boolean, all else keyword).
    fn kind(&self, field: &FieldRef, operand: Option<&Value>) -> FieldType {
        self.types.type_of(&field.path.to_string()).unwrap_or(FieldType::scalar(match operand {
            Some(Value::Int(_) | Value::Double(_)) => FieldKind::Double,
            Some(Value::Bool(_)) => FieldKind::Boolean,
            _ => FieldKind::Keyword,
        }))
    }

    fn path(&self, path: FieldPath) -> FieldPath {
        match self.to {
            // Flat columns: keys up to the first list are one name.
            PlatformId::Sentinel => {
                let keys = path.0.iter().take_while(|segment| matches!(segment, Segment::Key(_))).count();
                let name: Vec<&str> = path
                    .0
                    .iter()
                    .take(keys)
                    .filter_map(|segment| match segment {
                        Segment::Key(key) => Some(key.as_str()),
                        _ => None,
                    })
                    .collect();
                if name.is_empty() {
                    return path;
                }
                let mut flat = FieldPath::column(name.join("."));
                flat.0.extend(path.0.into_iter().skip(keys));
                flat
            }
            PlatformId::Elastic | PlatformId::Panther => FieldPath(
                path.0
                    .into_iter()
                    .flat_map(|segment| match segment {
                        Segment::Key(key) => key.split('.').map(|part| Segment::Key(part.to_owned())).collect(),
                        other => vec![other],
                    })
                    .collect(),
            ),
        }
    }

    fn operand(kind: &TestKind) -> Option<&Value> {
        match kind {
            TestKind::Equals { value, .. } | TestKind::Compare { value, .. } => value.as_literal(),
            TestKind::In { values, .. } => values.first().and_then(Expr::as_literal),
            TestKind::Range { low, high, .. } => {
                low.as_ref().or(high.as_ref()).and_then(|(value, _)| value.as_literal())
            }
            _ => None,
        }
    }
}

impl Fold for Keeper<'_> {
    fn test(&mut self, test: Test) -> Predicate {
        let kind = test.subject.as_field().map(|field| self.kind(field, Self::operand(&test.kind)));
        let untyped =
            test.subject.as_field().is_some_and(|field| self.types.type_of(&field.path.to_string()).is_none());
        let mut test = walk::test_parts(self, test);
        let Some(kind) = kind else { return Predicate::Test(test) };
        let rule = |typing: Typing| match self.to {
            PlatformId::Elastic => Typing::Mapped(kind),
            PlatformId::Panther => Typing::Python,
            PlatformId::Sentinel if matches!(typing, Typing::Mapped(_) | Typing::Python) => Typing::Typed,
            PlatformId::Sentinel => typing,
        };
        let typed = |value: Expr| match value {
            Expr::Literal(value) => Expr::Literal(in_type(value, kind)),
            other => other,
        };
        // Elastic reads the number 5 of an untyped field as the text "5": so must a column whose type nobody knows.
        let as_text = |typing: Typing, values: &[&Expr]| {
            matches!(typing, Typing::Mapped(_))
                && untyped
                && self.to == PlatformId::Sentinel
                && values.iter().any(|value| value.as_text().is_some_and(looks_typed))
        };
        if self.to == PlatformId::Sentinel
            && kind.kind == FieldKind::Ip
            && let Some(same) = spelt_in_many_ways(&test)
        {
            return same;
        }
        test.kind = match test.kind {
            TestKind::Equals { value, case, typing } if as_text(typing, &[&value]) => {
                TestKind::Equals { value, case, typing: Typing::Text }
            }
            TestKind::In { values, case, typing } if as_text(typing, &values.iter().collect::<Vec<_>>()) => {
                TestKind::In { values, case, typing: Typing::Text }
            }
            TestKind::Equals { value, case, typing } => {
                TestKind::Equals { value: typed(value), case, typing: rule(typing) }
            }
            TestKind::In { values, case, typing } => {
                TestKind::In { values: values.into_iter().map(typed).collect(), case, typing: rule(typing) }
            }
            TestKind::Compare { ordering, value, typing } => {
                TestKind::Compare { ordering, value: typed(value), typing: rule(typing) }
            }
            TestKind::Range { low, high, typing } => TestKind::Range {
                low: low.map(|(value, closed)| (typed(value), closed)),
                high: high.map(|(value, closed)| (typed(value), closed)),
                typing: rule(typing),
            },
            other => other,
        };
        Predicate::Test(test)
    }

    fn field(&mut self, field: FieldRef) -> Expr {
        let list = self.types.type_of(&field.path.to_string()).is_some_and(|kind| kind.list)
            || field.path.0.contains(&Segment::Any);
        let mode = match (self.to, field.mode) {
            (PlatformId::Elastic, ArrayMode::Whole | ArrayMode::Single) => ArrayMode::Any,
            (PlatformId::Sentinel | PlatformId::Panther, ArrayMode::Any | ArrayMode::Single) if !list => {
                ArrayMode::Whole
            }
            (_, mode) => mode,
        };
        Expr::Field(FieldRef { path: self.path(field.path), mode, optional: field.optional })
    }

    fn source(&mut self, source: Source) -> Source {
        match source {
            // The table of the target is the caller's to name.
            Source::Table(_) => Source::Events,
            other => walk::source_parts(self, other),
        }
    }
}

/// An address of version 6 is spelt in many ways: a column of text is asked for the address, not for the text. `None`
/// where the text alone decides.
fn spelt_in_many_ways(test: &Test) -> Option<Predicate> {
    let values = match &test.kind {
        TestKind::Equals { value, typing: Typing::Mapped(_), .. } => std::slice::from_ref(value),
        TestKind::In { values, typing: Typing::Mapped(_), .. } => values.as_slice(),
        _ => return None,
    };
    let six = |value: &&Expr| value.as_text().is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok());
    let (networks, texts): (Vec<&Expr>, Vec<&Expr>) = values.iter().partition(six);
    if networks.is_empty() {
        return None;
    }
    let networks = networks.into_iter().filter_map(Expr::as_text).map(|text| format!("{text}/128")).collect();
    let addresses = Test { kind: TestKind::Cidr { networks }, ..test.clone() };
    let case = crate::model::Case::Sensitive;
    let kind = TestKind::In { values: texts.iter().map(|&text| text.clone()).collect(), case, typing: Typing::Typed };
    let others = (!texts.is_empty()).then(|| Predicate::Test(Test { kind, comments: Vec::new(), ..test.clone() }));
    Some(Predicate::any(std::iter::once(Predicate::Test(addresses)).chain(others)))
}

/// Whether a text could be a number or a boolean in the events.
fn looks_typed(text: &str) -> bool {
    text.parse::<f64>().is_ok() || matches!(text, "true" | "false")
}

/// A literal as a value of this type; unchanged where it does not fit.
fn in_type(value: Value, kind: FieldType) -> Value {
    match (kind.kind, &value) {
        (FieldKind::Long, Value::String(text)) => text.parse().map_or(value, Value::Int),
        (FieldKind::Double, Value::String(text)) => text.parse().map_or(value, Value::Double),
        (FieldKind::Boolean, Value::String(text)) => text.parse().map_or(value, Value::Bool),
        (FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip, Value::Int(number)) => {
            Value::String(number.to_string())
        }
        (FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text, Value::Bool(flag)) => {
            Value::String(flag.to_string())
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TypeMap;

    #[test]
    fn names_become_flat_columns_and_lists_stay_paths() {
        let types = TypeMap::default();
        let keeper = Keeper { to: PlatformId::Sentinel, types: &types };
        assert_eq!(keeper.path(FieldPath::parse("a.b")), FieldPath::column("a.b"));
        assert_eq!(keeper.path(FieldPath::parse("a.b[0].c")).0.len(), 3);
        let keeper = Keeper { to: PlatformId::Panther, types: &types };
        assert_eq!(keeper.path(FieldPath::column("a.b")), FieldPath::parse("a.b"));
    }
}
