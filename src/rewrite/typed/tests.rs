use super::*;
use crate::diagnostic::Span;
use crate::model::{FieldType, TypeMap};
use std::collections::BTreeMap;

fn types() -> TypeMap {
    let mut types = TypeMap::default();
    for (name, kind) in [
        ("user.name", "keyword"),
        ("count", "long"),
        ("flag", "boolean"),
        ("details[].value", "keyword"),
        ("raw", "dynamic"),
    ] {
        types.0.insert(name.to_owned(), FieldType::parse(kind).unwrap());
    }
    types
}

fn test(subject: Expr, kind: TestKind) -> Predicate {
    Predicate::Test(Test::new(subject, kind, Span::default()))
}

fn name() -> Expr {
    Expr::whole("user.name")
}

fn is(subject: Expr, kinds: &[JsonKind]) -> Predicate {
    test(subject, TestKind::IsKind { kinds: kinds.to_vec() })
}

fn present(subject: Expr) -> Predicate {
    test(subject, TestKind::Present)
}

fn event() -> Expr {
    Expr::Field(FieldRef::new(FieldPath::default(), ArrayMode::Whole))
}

fn keys(names: &[&str]) -> Expr {
    Expr::Literal(Value::Array(names.iter().map(|name| Value::text(*name)).collect()))
}

fn domain(text: Expr) -> Expr {
    let parts = Expr::Call(function::SPLIT, vec![text, Expr::text("@")]);
    Expr::Path(Box::new(parts), FieldPath(vec![Segment::Index(-1)]), ArrayMode::Whole)
}

fn ends_with(subject: Expr, value: Expr) -> Predicate {
    test(subject, TestKind::EndsWith { value, case: Case::Sensitive })
}

fn walk_last() -> Expr {
    let arguments = vec![
        event(),
        keys(&["details", "value"]),
        Expr::text(""),
        Expr::text("last"),
        Expr::Literal(Value::Bool(true)),
    ];
    Expr::Call(function::PANTHER_DEEP_WALK, arguments)
}

fn last_detail() -> Expr {
    let path = FieldPath::parse("details[].value");
    Expr::Call(function::COALESCE, vec![Expr::Field(FieldRef::new(path, ArrayMode::LastDistinct)), Expr::text("")])
}

#[test]
fn guards_of_a_type_are_answered_by_the_declaration() {
    let types = types();
    let constants = BTreeMap::from([("p_log_type".to_owned(), vec!["A.B".to_owned()])]);
    let shape = EventShape::new(&types, constants);
    let text = [JsonKind::String];
    let all = [JsonKind::String, JsonKind::Number, JsonKind::Boolean, JsonKind::Array, JsonKind::Object];
    let has = |path: &[&str]| test(Expr::Call(function::PYTHON_HAS_PATH, vec![event(), keys(path)]), TestKind::Truthy);
    for (given, expected) in [
        (is(name(), &text), present(name())),
        (is(name(), &[JsonKind::Array]), Predicate::Always(false)),
        (is(Expr::whole("raw"), &text), is(Expr::whole("raw"), &text)),
        (is(Expr::whole("raw"), &all), present(Expr::whole("raw"))),
        (is(Expr::whole("user"), &[JsonKind::Object]), present(Expr::whole("user"))),
        (test(name(), TestKind::Truthy), test(name(), TestKind::Empty).negate()),
        (test(Expr::whole("user.name.deeper"), TestKind::KeyPresent), Predicate::Always(false)),
        (has(&["user", "name"]), test(name(), TestKind::KeyPresent)),
        (Predicate::any([is(name(), &text), Predicate::Not(Box::new(is(name(), &all)))]), Predicate::Always(true)),
        (test(Expr::whole("p_log_type"), equals(Value::text("A.B"))), Predicate::Always(true)),
        (test(Expr::whole("p_log_type"), equals(Value::text("C"))), Predicate::Always(false)),
        (test(domain(name()), TestKind::KeyPresent), present(name())),
        (is(walk_last(), &text), Predicate::Always(true)),
        (ends_with(walk_last(), Expr::text("")), Predicate::Always(true)),
        (
            test(Expr::Call(function::PYTHON_GET, vec![event(), Expr::text("count")]), equals(Value::Int(1))),
            test(Expr::whole("count"), equals(Value::Int(1))),
        ),
    ] {
        assert_eq!(condition_by_types(given.clone(), &shape), expected, "{given:?}");
    }
}

/// A rule that compares the last detail with the domain of a user, its defaults spelt out.
#[test]
fn a_default_leaves_the_comparison_and_one_guard() {
    let types = types();
    let shape = EventShape::new(&types, BTreeMap::new());
    let there = is(name(), &[JsonKind::String, JsonKind::Number, JsonKind::Boolean, JsonKind::Array, JsonKind::Object]);
    let given = Predicate::Not(Box::new(Predicate::Any(vec![
        Predicate::All(vec![there.clone(), ends_with(walk_last(), domain(name()))]),
        Predicate::All(vec![there.negate(), ends_with(walk_last(), Expr::text(""))]),
    ])));
    let operand = Expr::Call(function::COALESCE, vec![domain(name()), Expr::text("")]);
    let expected =
        Predicate::All(vec![ends_with(last_detail(), operand).negate(), test(name(), TestKind::Empty).negate()]);
    assert_eq!(condition_by_types(given, &shape), expected);
}
