//! Other forms of a test that mean exactly the same, tried in order when a target cannot say the first one.

use crate::model::{Anchor, Case, Expr, Predicate, RegexFlavour, Test, TestKind, Value, WildcardPart, regex_text};

/// Exactly one of these, in and, or and not.
pub(super) fn exactly_one(items: &[Predicate]) -> Predicate {
    Predicate::any(items.iter().enumerate().map(|(at, item)| {
        Predicate::all(
            items.iter().enumerate().map(
                |(other, predicate)| {
                    if other == at { item.clone() } else { predicate.clone().negate() }
                },
            ),
        )
    }))
}

/// The forms of a test, simplest first.
pub(super) fn of(test: &Test) -> Vec<Predicate> {
    let with = |kind: TestKind| Predicate::Test(Test { kind, ..test.clone() });
    let mut forms = Vec::new();
    match &test.kind {
        TestKind::In { values, case, typing } => {
            forms.push(Predicate::any(
                values
                    .iter()
                    .map(|value| with(TestKind::Equals { value: value.clone(), case: *case, typing: *typing })),
            ));
            if let Some(texts) = values.iter().map(|value| value.as_text()).collect::<Option<Vec<_>>>() {
                let pattern = texts.iter().map(|text| regex_text(text)).collect::<Vec<_>>().join("|");
                forms.push(with(regex_kind(format!("({pattern})"), Anchor::Whole, *case)));
            }
        }
        TestKind::Equals { value, case, typing } => {
            forms.push(with(TestKind::In { values: vec![value.clone()], case: *case, typing: *typing }));
            if let Some(text) = value.as_text() {
                let pattern = vec![WildcardPart::Text(text.to_owned())];
                forms.push(with(TestKind::Wildcard { pattern, case: *case }));
                forms.push(with(regex_kind(regex_text(text), Anchor::Whole, *case)));
            }
        }
        TestKind::StartsWith { value: Expr::Literal(Value::String(text)), case } => {
            let pattern = vec![WildcardPart::Text(text.clone()), WildcardPart::Many];
            forms.push(with(TestKind::Wildcard { pattern, case: *case }));
            forms.push(with(regex_kind(format!("(?s){}.*", regex_text(text)), Anchor::Whole, *case)));
        }
        TestKind::EndsWith { value: Expr::Literal(Value::String(text)), case } => {
            let pattern = vec![WildcardPart::Many, WildcardPart::Text(text.clone())];
            forms.push(with(TestKind::Wildcard { pattern, case: *case }));
            forms.push(with(regex_kind(format!("(?s).*{}", regex_text(text)), Anchor::Whole, *case)));
        }
        TestKind::Contains { value: Expr::Literal(Value::String(text)), case } => {
            let pattern = vec![WildcardPart::Many, WildcardPart::Text(text.clone()), WildcardPart::Many];
            forms.push(with(TestKind::Wildcard { pattern, case: *case }));
            forms.push(with(regex_kind(regex_text(text), Anchor::Search, *case)));
        }
        TestKind::Wildcard { pattern, case } => {
            forms.extend(simple_wildcard(pattern, *case).map(with));
            forms.push(with(regex_kind(wildcard_regex(pattern), Anchor::Whole, *case)));
        }
        TestKind::Term { value: Expr::Literal(Value::String(text)), case } if !text.is_empty() => {
            let pattern = format!(r"(^|[^\p{{L}}\p{{N}}]){}($|[^\p{{L}}\p{{N}}])", regex_text(text));
            forms.push(with(regex_kind(pattern, Anchor::Search, *case)));
        }
        TestKind::TermPrefix { value: Expr::Literal(Value::String(text)), case } if !text.is_empty() => {
            let pattern = format!(r"(^|[^\p{{L}}\p{{N}}]){}", regex_text(text));
            forms.push(with(regex_kind(pattern, Anchor::Search, *case)));
        }
        TestKind::TermSuffix { value: Expr::Literal(Value::String(text)), case } if !text.is_empty() => {
            let pattern = format!(r"{}($|[^\p{{L}}\p{{N}}])", regex_text(text));
            forms.push(with(regex_kind(pattern, Anchor::Search, *case)));
        }
        _ => {}
    }
    forms
}

fn regex_kind(pattern: String, anchor: Anchor, case: Case) -> TestKind {
    TestKind::Regex { pattern: Expr::text(pattern), flavour: RegexFlavour::Re2, anchor, case }
}

/// Prefix, suffix and substring patterns by their own names.
fn simple_wildcard(pattern: &[WildcardPart], case: Case) -> Option<TestKind> {
    use WildcardPart::{Many, Text};
    match pattern {
        [Text(text), Many] => Some(TestKind::StartsWith { value: Expr::text(text.clone()), case }),
        [Many, Text(text)] => Some(TestKind::EndsWith { value: Expr::text(text.clone()), case }),
        [Many, Text(text), Many] => Some(TestKind::Contains { value: Expr::text(text.clone()), case }),
        _ => None,
    }
}

/// A wildcard pattern as a regular expression for the whole value. Line breaks are characters like any other.
fn wildcard_regex(pattern: &[WildcardPart]) -> String {
    let body: String = pattern
        .iter()
        .map(|part| match part {
            WildcardPart::Text(text) => regex_text(text),
            WildcardPart::Many => ".*".to_owned(),
            WildcardPart::One => ".".to_owned(),
        })
        .collect();
    format!("(?s){body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    #[test]
    fn exactly_one_spelt_out() {
        let item = |name: &str| Predicate::Test(Test::new(Expr::any(name), TestKind::Present, Span::default()));
        let (a, b) = (item("a"), item("b"));
        assert_eq!(
            exactly_one(&[a.clone(), b.clone()]),
            Predicate::Any(vec![
                Predicate::All(vec![a.clone(), b.clone().negate()]),
                Predicate::All(vec![a.negate(), b]),
            ])
        );
    }

    #[test]
    fn wildcards_escape_what_a_regex_would_read() {
        let pattern = vec![WildcardPart::Text("a.b".into()), WildcardPart::Many, WildcardPart::One];
        assert_eq!(wildcard_regex(&pattern), r"(?s)a\.b.*.");
    }

    #[test]
    fn a_prefix_wildcard_is_a_prefix() {
        let kind = TestKind::Wildcard {
            pattern: vec![WildcardPart::Text("x".into()), WildcardPart::Many],
            case: Case::Sensitive,
        };
        let forms = of(&Test::new(Expr::any("f"), kind, Span::default()));
        assert!(matches!(forms.first(), Some(Predicate::Test(Test { kind: TestKind::StartsWith { .. }, .. }))));
    }
}
