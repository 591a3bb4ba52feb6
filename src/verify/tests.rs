//! Comparing: what is equal, wider, narrower and different, and how it is shown.

use super::events::Options;
use super::events::tests::{fixtures, test};
use super::*;
use crate::diagnostic::Span;
use crate::evaluate::{Access, Context};
use crate::model::{
    ArrayMode, Case, Column, Expr, FieldPath, FieldRef, FieldType, Logic, Ordering, Pipeline, Predicate, Source, Step,
    StepKind, TestKind, TypeMap, Typing, Value, function,
};
use serde_json::{Value as Json, json};

fn eq(subject: Expr, value: &str, case: Case) -> Predicate {
    test(subject, TestKind::Equals { value: Expr::text(value), case, typing: Typing::Typed })
}

fn logic(predicate: Predicate) -> Logic {
    Logic::filter(predicate, Span::default())
}

fn relation(left: Predicate, right: Predicate, access: Access) -> (Relation, Comparison) {
    let types = TypeMap::default();
    let context = Context::new(access, &types, 0);
    let found = compare_here(&logic(left), &logic(right), &context).unwrap();
    (found.relation(), found)
}

#[test]
fn a_rule_is_equivalent_to_itself_and_every_test_is_shown() {
    for (name, predicate) in fixtures() {
        let (found, comparison) = relation(predicate.clone(), predicate, Access::Common);
        assert_eq!(found, Relation::Equivalent, "{name}");
        assert_eq!(comparison.events, comparison.agree);
        assert!(comparison.decided * 100 >= comparison.tests * 95, "{name}: {comparison:?}");
    }
}

#[test]
fn small_differences_are_found() {
    let field = || Expr::whole("a");
    let sensitive = eq(field(), "Admin", Case::Sensitive);
    let ignore = eq(field(), "Admin", Case::Ignore);
    let text = |kind: fn(Expr) -> TestKind| test(field(), kind(Expr::text("cmd")));
    let contains = text(|value| TestKind::Contains { value, case: Case::Ignore });
    let term = text(|value| TestKind::Term { value, case: Case::Ignore });
    let starts = text(|value| TestKind::StartsWith { value, case: Case::Ignore });
    let not_equal_present =
        Predicate::all([test(field(), TestKind::Present), eq(field(), "x", Case::Sensitive).negate()]);
    let not_equal = eq(field(), "x", Case::Sensitive).negate();
    let above = |ordering, value: i64| {
        test(
            Expr::whole("n"),
            TestKind::Compare { ordering, value: Expr::Literal(Value::Int(value)), typing: Typing::Typed },
        )
    };
    for (left, right, expected) in [
        (&sensitive, &ignore, Relation::Wider),
        (&ignore, &sensitive, Relation::Narrower),
        (&contains, &term, Relation::Narrower),
        (&term, &starts, Relation::Different),
        (&not_equal_present, &not_equal, Relation::Wider),
        (&above(Ordering::Greater, 5), &above(Ordering::GreaterOrEqual, 5), Relation::Wider),
        (&above(Ordering::Greater, 5), &above(Ordering::Greater, 6), Relation::Narrower),
        (&above(Ordering::Greater, 5), &above(Ordering::GreaterOrEqual, 6), Relation::Narrower),
    ] {
        let (found, comparison) = relation(left.clone(), right.clone(), Access::Common);
        assert_eq!(found, expected, "{left:?} {right:?} {comparison:?}");
        assert!(comparison.counterexample().is_some());
    }
}

#[test]
fn pairs_in_a_list_are_told_from_flattened_fields() {
    let flat = Predicate::all([
        eq(Expr::any("l[].k"), "role", Case::Sensitive),
        eq(Expr::any("l[].v"), "admin", Case::Sensitive),
    ]);
    let of = |key: &str| {
        Expr::Path(Box::new(Expr::Var(crate::model::Var("x".into()))), FieldPath::parse(key), ArrayMode::Whole)
    };
    let paired = Predicate::Elements {
        quantifier: crate::model::Quantifier::Any,
        list: Expr::whole("l"),
        var: crate::model::Var("x".into()),
        body: Box::new(Predicate::all([eq(of("k"), "role", Case::Sensitive), eq(of("v"), "admin", Case::Sensitive)])),
    };
    for (left, right) in [(&flat, &paired), (&paired, &flat)] {
        let (found, comparison) = relation(left.clone(), right.clone(), Access::Common);
        assert!(matches!(found, Relation::Narrower | Relation::Wider), "{comparison:?}");
    }
}

#[test]
fn a_counterexample_is_small() {
    let many: Vec<Predicate> =
        (0..6).map(|at| eq(Expr::whole(&format!("f{at}")), "unrelated", Case::Sensitive).negate()).collect();
    let left = Predicate::all(many.iter().cloned().chain([eq(Expr::whole("a"), "x", Case::Sensitive)]));
    let right = Predicate::all(many.into_iter().chain([eq(Expr::whole("a"), "x", Case::Ignore)]));
    let (_, comparison) = relation(left, right, Access::Common);
    assert_eq!(comparison.counterexample(), Some((&json!({"a": "X"}), false, true)));
}

#[test]
fn two_platforms_meet_on_common_events() {
    let mut types = TypeMap::default();
    types.0.insert("user".into(), FieldType::parse("keyword").unwrap());
    let elastic = TypeMap::default();
    let mut sentinel = TypeMap::default();
    sentinel.0.insert("UserName".into(), FieldType::parse("keyword").unwrap());
    let common = Context::new(Access::Common, &types, 0);
    let left_context = Context::new(Access::Elastic, &elastic, 0);
    let right_context = Context::new(Access::Sentinel, &sentinel, 0);
    let rename = |event: &Json| {
        let named = |name: &str| event.get("user").map_or(json!({}), |value| json!({ name: value }));
        (named("user.name"), named("UserName"))
    };
    let source = logic(eq(Expr::whole("user"), "root", Case::Sensitive).negate());
    let left = logic(eq(Expr::any("user.name"), "root", Case::Sensitive).negate());
    for (case, expected) in [(Case::Sensitive, Relation::Equivalent), (Case::Ignore, Relation::Narrower)] {
        let right = logic(eq(Expr::whole("UserName"), "root", case).negate());
        let ground = Ground {
            makers: vec![Side { logic: &source, context: &common }],
            options: Options::common(),
            admits: &|_| true,
            settled: None,
            project: &rename,
            names: None,
            samples: vec![json!({"user": "alice"})],
        };
        let found = compare(
            Side { logic: &left, context: &left_context },
            Side { logic: &right, context: &right_context },
            &ground,
        )
        .unwrap();
        assert_eq!(found.relation(), expected, "{found:?}");
        assert_eq!((found.decided, found.tests), (1, 1));
    }
}

#[test]
fn columns_that_are_computed_and_projected_are_written_out() {
    let types = TypeMap::default();
    let context = Context::new(Access::Common, &types, 0);
    let step = |kind| Step::new(kind, Span::default());
    let column = |name: &str, value: Expr| Column { name: name.into(), value };
    let field = |name: &str| Expr::Field(FieldRef::new(FieldPath::column(name), ArrayMode::Whole));
    let query = Logic::Pipeline(Pipeline {
        source: Source::Events,
        steps: vec![
            step(StepKind::Extend(vec![column("who", Expr::Call(function::LOWER, vec![field("user")]))])),
            step(StepKind::Project(vec![column("who", field("who")), column("host", field("computer"))])),
            step(StepKind::Filter(eq(field("who"), "root", Case::Sensitive))),
            step(StepKind::Filter(eq(field("host"), "a", Case::Sensitive))),
        ],
    });
    let plain = logic(Predicate::all([
        eq(Expr::whole("user"), "root", Case::Ignore),
        eq(Expr::whole("computer"), "a", Case::Sensitive),
    ]));
    let found = compare_here(&query, &plain, &context).unwrap();
    assert_eq!(found.relation(), Relation::Equivalent, "{found:?}");
    assert_eq!((found.decided, found.tests), (2, 2));
}

#[test]
fn shapes_are_compared_over_streams() {
    let types = TypeMap::default();
    let context = Context::new(Access::Common, &types, crate::evaluate::time::UNIX_EPOCH * 2);
    let threshold = |at_least, window, case| {
        Logic::Shape(Box::new(crate::model::Shape::Threshold {
            events: Pipeline::filter(eq(Expr::whole("a"), "fail", case), Span::default()),
            by: vec![Expr::whole("user")],
            at_least,
            window,
        }))
    };
    let left = threshold(5, Some(600), Case::Sensitive);
    for (right, expected) in [
        (threshold(5, Some(600), Case::Sensitive), Relation::Equivalent),
        (threshold(4, Some(600), Case::Sensitive), Relation::Wider),
        (threshold(6, Some(600), Case::Sensitive), Relation::Narrower),
        (threshold(5, Some(601), Case::Sensitive), Relation::Wider),
        (threshold(5, None, Case::Sensitive), Relation::Wider),
        (threshold(5, Some(600), Case::Ignore), Relation::Wider),
    ] {
        let found = compare_here(&left, &right, &context).unwrap();
        // The number of events of a group is a column too, so one more event is a difference both ways.
        let same = found.relation() == Relation::Equivalent;
        assert_eq!(same, expected == Relation::Equivalent, "{right:?} {found:?}");
        if expected == Relation::Equivalent {
            assert_eq!((found.decided, found.tests), (1, 1));
        } else {
            assert!(found.wider.is_some() || expected == Relation::Narrower, "{found:?}");
        }
    }
}
