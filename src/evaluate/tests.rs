//! One case per rule of semantics, over whole conditions.

use super::*;
use crate::diagnostic::Span;
use crate::model::{
    Anchor, ArrayMode, Case, FieldKind, FieldPath, FieldRef, FieldType, IpClass, JsonKind, Ordering, Quantifier,
    RegexFlavour, Test, TestKind, TypeMap, Typing, Var, WildcardPart,
};
use serde_json::json;

fn test(subject: Expr, kind: TestKind) -> Predicate {
    Predicate::Test(Test::new(subject, kind, Span::default()))
}

fn field(path: &str, mode: ArrayMode) -> Expr {
    Expr::Field(FieldRef::new(FieldPath::parse(path), mode))
}

fn equals(value: impl Into<Value>) -> TestKind {
    TestKind::Equals { value: Expr::Literal(value.into()), case: Case::Sensitive, typing: Typing::Typed }
}

fn held(predicate: &Predicate, event: &Json, access: Access) -> bool {
    let types = TypeMap::default();
    let context = Context::new(access, &types, time::parse_time("2024-06-15T12:00:00Z").unwrap());
    matches(predicate, event, &context).unwrap()
}

/// Kind, values that meet it, values that do not. Null and a missing field are tried with each.
#[test]
fn every_kind_of_test() {
    let text = |value: &str| Expr::text(value);
    let ignore = Case::Ignore;
    let sensitive = Case::Sensitive;
    let many = || WildcardPart::Many;
    let part = |text: &str| WildcardPart::Text(text.into());
    let long = Typing::Mapped(FieldType::scalar(FieldKind::Long));
    for (kind, hits, misses) in [
        (equals("a"), vec![json!("a")], vec![json!("A"), json!("ab"), json!(["a"]), json!(1)]),
        (equals(1), vec![json!(1), json!(1.0)], vec![json!("1"), json!(true), json!(2)]),
        (
            TestKind::In { values: vec![text("a"), Expr::List(vec![text("b")])], case: ignore, typing: Typing::Typed },
            vec![json!("A"), json!("b")],
            vec![json!("c"), json!("")],
        ),
        (
            TestKind::Contains { value: text("b"), case: sensitive },
            vec![json!("abc")],
            vec![json!("ABC"), json!(["b"])],
        ),
        (TestKind::Contains { value: text(""), case: sensitive }, vec![json!("abc"), json!("")], vec![json!(1)]),
        (TestKind::StartsWith { value: text("Ab"), case: ignore }, vec![json!("aBc")], vec![json!("cab")]),
        (TestKind::EndsWith { value: text("bc"), case: sensitive }, vec![json!("abc")], vec![json!("abC")]),
        (TestKind::Term { value: text("cmd"), case: ignore }, vec![json!("a_CMD.exe")], vec![json!("cmd2")]),
        (TestKind::TermPrefix { value: text("cm"), case: ignore }, vec![json!("x cmd")], vec![json!("xcmd")]),
        (TestKind::TermSuffix { value: text("md"), case: ignore }, vec![json!("cmd x")], vec![json!("cmdx")]),
        (
            TestKind::Phrase { text: "quick fox".into(), slop: 0 },
            vec![json!("The QUICK, fox!")],
            vec![json!("quick red fox"), json!("quick foxes")],
        ),
        (TestKind::Tokens { text: "a b".into(), all: true }, vec![json!("b and a")], vec![json!("a")]),
        (TestKind::Tokens { text: "a b".into(), all: false }, vec![json!("xx B")], vec![json!("ab")]),
        (
            TestKind::TokenWildcard { pattern: vec![part("po"), many()] },
            vec![json!("run Powershell")],
            vec![json!("xpo")],
        ),
        (
            TestKind::Wildcard { pattern: vec![part("a"), WildcardPart::One, many()], case: sensitive },
            vec![json!("ab"), json!("abcd")],
            vec![json!("a"), json!("Ab"), json!("xab")],
        ),
        (
            TestKind::Regex {
                pattern: text(r"^a\d"),
                flavour: RegexFlavour::Re2,
                anchor: Anchor::Search,
                case: sensitive,
            },
            vec![json!("a1"), json!("a12")],
            vec![json!("A1"), json!("ba1"), json!(1)],
        ),
        (
            TestKind::Fuzzy { text: "admin".into(), distance: 1, transpositions: true },
            vec![json!("amdin")],
            vec![json!("root")],
        ),
        (
            TestKind::Cidr { networks: vec!["10.0.0.0/8".into(), "fe80::/10".into()] },
            vec![json!("10.9.9.9"), json!("fe80::1")],
            vec![json!("11.0.0.0"), json!("x")],
        ),
        (
            TestKind::Ip { class: IpClass::Private },
            vec![json!("192.168.0.1")],
            vec![json!("8.8.8.8"), json!("nothing")],
        ),
        (
            TestKind::Compare {
                ordering: Ordering::Greater,
                value: Expr::Literal(Value::Int(5)),
                typing: Typing::Typed,
            },
            vec![json!(6), json!(5.5)],
            vec![json!(5), json!("6")],
        ),
        (
            TestKind::Compare { ordering: Ordering::Greater, value: text("5"), typing: long },
            vec![json!(6), json!("6")],
            vec![json!(5), json!("x")],
        ),
        (
            TestKind::Range {
                low: Some((Expr::Literal(Value::Int(1)), true)),
                high: Some((Expr::Literal(Value::Int(3)), false)),
                typing: Typing::Typed,
            },
            vec![json!(1), json!(2.9)],
            vec![json!(3), json!(0)],
        ),
        (TestKind::Range { low: None, high: None, typing: Typing::Typed }, vec![json!(1)], vec![]),
        (TestKind::Present, vec![json!(""), json!(0), json!(false), json!({}), json!([])], vec![]),
        (TestKind::Truthy, vec![json!(1), json!("x"), json!([0])], vec![json!(0), json!(""), json!([]), json!(false)]),
        (
            TestKind::IsKind { kinds: vec![JsonKind::Integer, JsonKind::Object] },
            vec![json!(1), json!({})],
            vec![json!(1.5), json!("1"), json!([])],
        ),
    ] {
        let predicate = test(Expr::whole("f"), kind.clone());
        let contrary = predicate.clone().negate();
        for (values, expected) in [(hits, true), (misses, false)] {
            for value in values {
                let event = json!({"f": value});
                assert_eq!(held(&predicate, &event, Access::Common), expected, "{kind:?} {event}");
                assert_eq!(held(&contrary, &event, Access::Common), !expected, "not {kind:?} {event}");
            }
        }
        for event in [json!({}), json!({"f": null})] {
            assert!(!held(&predicate, &event, Access::Common), "{kind:?} {event}");
        }
    }
}

#[test]
fn an_empty_list_has_no_element_that_is_present() {
    assert!(!held(&test(Expr::any("f"), TestKind::Present), &json!({"f": []}), Access::Common));
    assert!(!held(&test(Expr::whole("f"), TestKind::Present), &json!({"f": []}), Access::Elastic));
}

#[test]
fn emptiness_and_keys_know_missing_values() {
    let empty = test(Expr::whole("f"), TestKind::Empty);
    for event in [json!({}), json!({"f": null}), json!({"f": ""}), json!({"f": []}), json!({"f": {}})] {
        assert!(held(&empty, &event, Access::Common), "{event}");
    }
    for event in [json!({"f": 0}), json!({"f": " "}), json!({"f": false})] {
        assert!(!held(&empty, &event, Access::Common), "{event}");
    }
    let key = test(Expr::whole("f"), TestKind::KeyPresent);
    assert!(held(&key, &json!({"F": null}), Access::Panther) && !held(&key, &json!({}), Access::Panther));
}

#[test]
fn array_modes() {
    use ArrayMode::{All, Any, Distinct, First, Last, LastDistinct, Single, Whole};
    let event = json!({"f": ["a", "b", "a"], "one": ["a"], "none": []});
    for (path, mode, value, expected) in [
        ("f", Whole, "a", false),
        ("f", Any, "b", true),
        ("f", All, "a", false),
        ("one", All, "a", true),
        ("none", All, "a", true),
        ("missing", All, "a", true),
        ("f", First, "a", true),
        ("f", Last, "a", true),
        ("f", LastDistinct, "b", true),
        ("f", Single, "a", false),
        ("one", Single, "a", true),
        ("f", Distinct, "a", false),
    ] {
        assert_eq!(held(&test(field(path, mode), equals(value)), &event, Access::Common), expected, "{path} {mode:?}");
    }
    let distinct = test(
        field("f", Distinct),
        TestKind::Equals {
            value: Expr::List(vec![Expr::text("a"), Expr::text("b")]),
            case: Case::Sensitive,
            typing: Typing::Python,
        },
    );
    assert!(held(&distinct, &event, Access::Common));
}

#[test]
fn quantifiers_over_elements() {
    let body = |value: &str| {
        Box::new(test(
            Expr::Path(Box::new(Expr::Var(Var("x".into()))), FieldPath::parse("k"), ArrayMode::Whole),
            equals(value),
        ))
    };
    let over =
        |quantifier| Predicate::Elements { quantifier, list: Expr::whole("l"), var: Var("x".into()), body: body("a") };
    let list = |keys: &[&str]| json!({"l": keys.iter().map(|key| json!({"k": key})).collect::<Vec<_>>()});
    for (quantifier, event, expected) in [
        (Quantifier::Any, list(&["b", "a"]), true),
        (Quantifier::Any, json!({}), false),
        (Quantifier::All, list(&["a", "a"]), true),
        (Quantifier::All, list(&["a", "b"]), false),
        (Quantifier::All, json!({"l": null}), true),
        (Quantifier::ExactlyOne, list(&["a", "b"]), true),
        (Quantifier::ExactlyOne, list(&["a", "a"]), false),
        (Quantifier::AtLeast(2), list(&["a", "b", "a"]), true),
        (Quantifier::AtLeast(2), list(&["a"]), false),
        (Quantifier::Any, json!({"l": {"k": "a"}}), true),
    ] {
        assert_eq!(held(&over(quantifier), &event, Access::Common), expected, "{quantifier:?} {event}");
    }
}

#[test]
fn elements_keep_pairs_together_and_flattened_fields_do_not() {
    let apart = json!({"l": [{"a": 1, "b": 0}, {"a": 0, "b": 1}]});
    let flat = Predicate::all([test(Expr::any("l.a"), equals(1)), test(Expr::any("l.b"), equals(1))]);
    assert!(held(&flat, &apart, Access::Elastic));
    let of = |key: &str| Expr::Path(Box::new(Expr::Var(Var("x".into()))), FieldPath::parse(key), ArrayMode::Whole);
    let paired = Predicate::Elements {
        quantifier: Quantifier::Any,
        list: Expr::whole("l"),
        var: Var("x".into()),
        body: Box::new(Predicate::all([test(of("a"), equals(1)), test(of("b"), equals(1))])),
    };
    assert!(!held(&paired, &apart, Access::Common));
}

#[test]
fn nothing_unread_is_run() {
    let types = TypeMap::default();
    let context = Context::new(Access::Common, &types, 0);
    let unread = Predicate::Any(vec![Predicate::Always(true), Predicate::Unread { index: 3, span: Span::default() }]);
    assert_eq!(matches(&unread, &json!({}), &context), Err(EvalError::Unread(3)));
    let inside = test(Expr::Unread(1), TestKind::Present);
    assert_eq!(matches(&inside, &json!({}), &context), Err(EvalError::Unread(1)));
    assert_eq!(run(&Logic::filter(unread, Span::default()), &context), Err(EvalError::Unread(3)));
}

#[test]
fn a_field_is_compared_with_a_field() {
    let same =
        test(Expr::whole("a"), TestKind::Equals { value: Expr::whole("b"), case: Case::Ignore, typing: Typing::Typed });
    assert!(held(&same, &json!({"a": "X", "b": "x"}), Access::Common));
    assert!(!held(&same, &json!({"a": null, "b": null}), Access::Common));
    assert!(!held(&same, &json!({}), Access::Common));
}

#[test]
fn any_leaf_of_the_event_may_meet_a_search() {
    let search = test(Expr::AnyField, TestKind::Term { value: Expr::text("evil"), case: Case::Ignore });
    assert!(held(&search, &json!({"a": [{"b": "so EVIL"}]}), Access::Common));
    assert!(!held(&search, &json!({"evil": "no"}), Access::Common));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let mut predicate = test(Expr::whole("a"), TestKind::Present);
    for _ in 0..400 {
        predicate = Predicate::Not(Box::new(predicate));
    }
    assert!(!held(&predicate, &json!({}), Access::Common));
    for _ in 0..200 {
        predicate = Predicate::Not(Box::new(predicate));
    }
    let types = TypeMap::default();
    let context = Context::new(Access::Common, &types, 0);
    assert!(std::matches!(matches(&predicate, &json!({}), &context), Err(EvalError::TooMuch(_))));
}
