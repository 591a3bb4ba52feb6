//! Guards that hold a rule back from a missing value, said as what they come to.

use super::{EventShape, Typed, What};
use crate::diagnostic::Span;
use crate::model::walk::{self, Fold};
use crate::model::{ArrayMode, Expr, FieldPath, JsonKind, Predicate, Segment, Test, TestKind, Value, function};
use crate::rewrite::connect;

/// Presence tests beside other conditions, as the narrower or wider test that comes to the same there.
///
/// `x is there and f(x)` is `x is not empty and f(x)` where `f("")` is false: most platforms store a missing text and an
/// empty one alike, and say the second form without loss. A value that is computed from `x` is there too.
pub(super) fn as_filled(condition: Predicate, shape: &EventShape<'_>) -> Predicate {
    Guards { shape }.predicate(condition)
}

struct Guards<'s, 'a> {
    shape: &'s EventShape<'a>,
}

impl Fold for Guards<'_, '_> {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match walk::predicate_parts(self, predicate) {
            Predicate::All(items) => connect::all(self.beside(items, false)),
            Predicate::Any(items) => connect::any(self.beside(items, true)),
            other => other,
        }
    }
}

impl Guards<'_, '_> {
    /// The operands of a conjunction, or of a disjunction with every guard in its contrary.
    fn beside(&self, items: Vec<Predicate>, negated: bool) -> Vec<Predicate> {
        let mut items = items;
        for index in 0..items.len() {
            let Some((test, path)) = items.get(index).and_then(|item| guard(item, negated)) else { continue };
            let (test, path) = (test.clone(), path.clone());
            let others: Vec<Predicate> =
                items.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, item)| item.clone()).collect();
            let outcome = |value: Value| {
                let mut typed = Typed { shape: self.shape, elements: Vec::new(), put: Some((path.clone(), value)) };
                let rest = others.iter().map(|item| typed.predicate(item.clone())).collect::<Vec<_>>();
                if negated { connect::any(rest) } else { connect::all(rest) }
            };
            let settles = |value: Value| outcome(value) == Predicate::Always(negated);
            let text = self.shape.at(&path) == What::Kind(JsonKind::String);
            let kind = match test.kind {
                TestKind::KeyPresent if !settles(Value::Null) => continue,
                _ if text && settles(Value::text("")) => None,
                TestKind::KeyPresent => Some(TestKind::Present),
                _ => Some(test.kind.clone()),
            };
            let said = match kind {
                Some(kind) => Predicate::Test(Test { kind, ..test }),
                None => Predicate::Test(Test { kind: TestKind::Empty, ..test }).negate(),
            };
            if let Some(slot) = items.get_mut(index) {
                *slot = if negated { said.negate() } else { said };
            }
        }
        let there: Vec<FieldPath> = items
            .iter()
            .filter_map(|item| if negated { filled(&connect::not(item.clone())) } else { filled(item) })
            .collect();
        items.into_iter().map(|item| Operands { there: &there }.predicate(item)).collect()
    }
}

/// A presence test, or its contrary where `negated`, of a field as it stands.
fn guard(item: &Predicate, negated: bool) -> Option<(&Test, &FieldPath)> {
    let test = match (item, negated) {
        (Predicate::Test(test), false) => test,
        (Predicate::Not(inner), true) => match inner.as_ref() {
            Predicate::Test(test) => test,
            _ => return None,
        },
        _ => return None,
    };
    let field = test.subject.as_field().filter(|field| field.mode == ArrayMode::Whole)?;
    matches!(test.kind, TestKind::Present | TestKind::KeyPresent).then_some((test, &field.path))
}

/// The field that a conjunct says is there.
fn filled(item: &Predicate) -> Option<FieldPath> {
    let test = match item {
        Predicate::Test(test) if matches!(test.kind, TestKind::Present) => test,
        Predicate::Not(inner) => match inner.as_ref() {
            Predicate::Test(test) if test.kind == TestKind::Empty => test,
            _ => return None,
        },
        _ => return None,
    };
    test.subject.as_field().filter(|field| field.mode == ArrayMode::Whole).map(|field| field.path.clone())
}

/// Operands that are computed from a field that is there, marked as never null.
struct Operands<'f> {
    there: &'f [FieldPath],
}

impl Fold for Operands<'_> {
    fn test(&mut self, mut test: Test) -> Predicate {
        if let TestKind::Contains { value, .. } | TestKind::StartsWith { value, .. } | TestKind::EndsWith { value, .. } =
            &mut test.kind
            && value.as_literal().is_none()
            && self.there(value)
        {
            let operand = std::mem::replace(value, Expr::Literal(Value::Null));
            *value = Expr::Call(function::COALESCE, vec![operand, Expr::text("")]);
        }
        Predicate::Test(test)
    }
}

impl Operands<'_> {
    fn there(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => field.mode == ArrayMode::Whole && self.there.contains(&field.path),
            Expr::Call(function::LOWER | function::UPPER | function::TRIM, arguments) => {
                arguments.iter().all(|argument| self.there(argument))
            }
            Expr::Path(base, path, _) => match (base.as_ref(), path.0.as_slice()) {
                (Expr::Call(function::SPLIT, arguments), [Segment::Index(0 | -1)]) => {
                    arguments.first().is_some_and(|text| self.there(text))
                        && arguments.get(1).and_then(Expr::as_text).is_some_and(|separator| !separator.is_empty())
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// A condition without the conjuncts `x is missing or has a value`, which only keep out an explicit null, and where these
/// stood.
pub(super) fn without_null_guards(condition: Predicate) -> (Predicate, Vec<Span>) {
    let only_null = |item: &Predicate| -> Option<Span> {
        let Predicate::Any(items) = item else { return None };
        let [one, other] = items.as_slice() else { return None };
        for (absent, there) in [(one, other), (other, one)] {
            let (Predicate::Not(absent), Predicate::Test(there)) = (absent, there) else { continue };
            if let Predicate::Test(key) = absent.as_ref()
                && key.kind == TestKind::KeyPresent
                && there.kind == TestKind::Present
                && key.subject == there.subject
            {
                return Some(there.span);
            }
        }
        None
    };
    let mut spans = Vec::new();
    let kept: Vec<Predicate> = condition
        .conjuncts()
        .iter()
        .filter(|item| match only_null(item) {
            Some(span) => {
                spans.push(span);
                false
            }
            None => true,
        })
        .cloned()
        .collect();
    if spans.is_empty() { (condition, spans) } else { (connect::all(kept), spans) }
}

/// `not (a or not b)` as `not a and b`, where that takes a negation away.
pub(super) fn without_outer_negation(predicate: Predicate) -> Predicate {
    struct Outer;
    impl Fold for Outer {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            match walk::predicate_parts(self, predicate) {
                Predicate::Not(inner) => match *inner {
                    Predicate::Any(items) if items.iter().any(|item| matches!(item, Predicate::Not(_))) => {
                        connect::all(items.into_iter().map(connect::not))
                    }
                    Predicate::All(items) if items.iter().any(|item| matches!(item, Predicate::Not(_))) => {
                        connect::any(items.into_iter().map(connect::not))
                    }
                    other => connect::not(other),
                },
                Predicate::All(items) => connect::all(items),
                Predicate::Any(items) => connect::any(items),
                other => other,
            }
        }
    }
    // At the top every operand of a denied disjunction is a condition of its own.
    let predicate = Outer.predicate(predicate);
    let conjuncts = predicate.conjuncts().iter().flat_map(|item| match item {
        Predicate::Not(inner) => match inner.as_ref() {
            Predicate::Any(items) => items.iter().cloned().map(connect::not).collect(),
            _ => vec![item.clone()],
        },
        _ => vec![item.clone()],
    });
    connect::all(conjuncts.collect::<Vec<_>>())
}
