//! Laws of evaluation, verification and normalising, over random conditions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use ruleglot::diagnostic::Span;
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{
    Anchor, ArrayMode, Case, Expr, FieldPath, FieldRef, JsonKind, Ordering, Predicate, Quantifier, RegexFlavour, Test,
    TestKind, TypeMap, Typing, Value, Var, WildcardPart,
};
use ruleglot::rewrite::normalise::{PASSES, normalise_predicate};
use ruleglot::rewrite::tidy::tidy;
use ruleglot::verify::events::{Options, events_for};
use ruleglot::verify::{Relation, compare_here};

fn field() -> impl Strategy<Value = Expr> {
    (prop::sample::select(vec!["a", "b.c", "l[].k", "m"]), prop::bool::ANY).prop_map(|(path, any)| {
        let mode = if any { ArrayMode::Any } else { ArrayMode::Whole };
        Expr::Field(FieldRef::new(FieldPath::parse(path), mode))
    })
}

fn text() -> impl Strategy<Value = Expr> {
    prop::sample::select(vec!["x", "Admin", "a b", "1", ""]).prop_map(Expr::text)
}

fn case() -> impl Strategy<Value = Case> {
    prop::sample::select(vec![Case::Sensitive, Case::Ignore, Case::IgnoreAscii])
}

fn typing() -> impl Strategy<Value = Typing> {
    prop::sample::select(vec![Typing::Typed, Typing::Python, Typing::Text])
}

fn kind() -> impl Strategy<Value = TestKind> {
    prop_oneof![
        (text(), case(), typing()).prop_map(|(value, case, typing)| TestKind::Equals { value, case, typing }),
        (prop::collection::vec(text(), 1..4), case(), typing()).prop_map(|(values, case, typing)| TestKind::In {
            values,
            case,
            typing
        }),
        (text(), case()).prop_map(|(value, case)| TestKind::Contains { value, case }),
        (text(), case()).prop_map(|(value, case)| TestKind::StartsWith { value, case }),
        (text(), case()).prop_map(|(value, case)| TestKind::EndsWith { value, case }),
        (text(), case()).prop_map(|(value, case)| TestKind::Term { value, case }),
        (0i64..4).prop_map(|number| TestKind::Compare {
            ordering: Ordering::Greater,
            value: Expr::Literal(Value::Int(number)),
            typing: Typing::Typed
        }),
        case().prop_map(|case| TestKind::Wildcard {
            pattern: vec![WildcardPart::Text("A".into()), WildcardPart::Many, WildcardPart::One],
            case
        }),
        case().prop_map(|case| TestKind::Regex {
            pattern: Expr::text("ad(min|d)[0-9]?"),
            flavour: RegexFlavour::Re2,
            anchor: Anchor::Search,
            case
        }),
        Just(TestKind::Present),
        Just(TestKind::Empty),
        Just(TestKind::Truthy),
    ]
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let leaf = prop_oneof![
        8 => (field(), kind()).prop_map(|(subject, kind)| Predicate::Test(Test::new(subject, kind, Span::default()))),
        1 => prop::bool::ANY.prop_map(Predicate::Always),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::All),
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::Any),
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::ExactlyOne),
            2 => inner.clone().prop_map(|inner| Predicate::Not(Box::new(inner))),
            1 => (inner, prop::sample::select(vec![Quantifier::Any, Quantifier::All, Quantifier::ExactlyOne, Quantifier::AtLeast(2)]), kind())
                .prop_map(|(outer, quantifier, kind)| Predicate::Elements {
                    quantifier,
                    list: Expr::whole("l"),
                    var: Var("x".into()),
                    body: Box::new(Predicate::Any(vec![
                        Predicate::Test(Test::new(
                            Expr::Path(Box::new(Expr::Var(Var("x".into()))), FieldPath::parse("k"), ArrayMode::Whole),
                            kind,
                            Span::default(),
                        )),
                        outer,
                    ])),
                }),
        ]
    })
}

/// How many cases are tried: `PROPTEST_CASES`, or what a run of all tests has time for.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// What is asked of one value of an event by a rule in Python.
fn python_test() -> impl Strategy<Value = Predicate> {
    let subject = prop::sample::select(vec!["a", "b", "b.c", "b.c.d", "e"]).prop_map(Expr::whole);
    let text = || prop::sample::select(vec!["x", "y", "xy", ""]).prop_map(Expr::text);
    let literal = || prop_oneof![text(), (0i64..3).prop_map(|number| Expr::Literal(Value::Int(number)))];
    let kinds = prop::sample::subsequence(
        vec![
            JsonKind::String,
            JsonKind::Number,
            JsonKind::Integer,
            JsonKind::Boolean,
            JsonKind::Array,
            JsonKind::Object,
        ],
        1..4,
    );
    let (case, typing) = (Case::Sensitive, Typing::Python);
    let kind = prop_oneof![
        2 => kinds.prop_map(|kinds| TestKind::IsKind { kinds }),
        2 => literal().prop_map(move |value| TestKind::Equals { value, case, typing }),
        1 => prop::collection::vec(literal(), 1..3).prop_map(move |values| TestKind::In { values, case, typing }),
        1 => text().prop_map(move |value| TestKind::Contains { value, case }),
        1 => text().prop_map(move |value| TestKind::StartsWith { value, case: Case::Ignore }),
        1 => (0i64..3).prop_map(move |number| TestKind::Compare {
            ordering: Ordering::Less,
            value: Expr::Literal(Value::Int(number)),
            typing
        }),
        1 => Just(TestKind::Present),
        1 => Just(TestKind::KeyPresent),
        1 => Just(TestKind::Truthy),
        1 => Just(TestKind::Empty),
    ];
    (subject, kind).prop_map(|(subject, kind)| Predicate::Test(Test::new(subject, kind, Span::default())))
}

/// Branches and guards over few tests, so that one says something of another.
fn program() -> impl Strategy<Value = Predicate> {
    python_test().prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::All),
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::Any),
            2 => inner.clone().prop_map(|inner| Predicate::Not(Box::new(inner))),
            // `x if guard else y`
            2 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(guard, then, otherwise)| {
                let contrary = Predicate::Not(Box::new(guard.clone()));
                Predicate::Any(vec![Predicate::All(vec![guard, then]), Predicate::All(vec![contrary, otherwise])])
            }),
            1 => (inner.clone(), inner).prop_map(|(common, other)| {
                Predicate::Any(vec![Predicate::All(vec![common.clone(), other]), common])
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tidying_keeps_the_meaning(given in program()) {
        let types = TypeMap::default();
        let tidy = tidy(given.clone());
        let context = Context::new(Access::Panther, &types, 0);
        let options = Options { most: 80, ..Options::raw(Access::Panther) };
        for event in events_for(&[&given, &tidy], &context, &options).unwrap() {
            prop_assert_eq!(
                matches(&given, &event.event, &context).unwrap(),
                matches(&tidy, &event.event, &context).unwrap(),
                "{} {:?}", event.event, tidy
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normalising_keeps_the_meaning_and_is_done_once(given in predicate()) {
        let types = TypeMap::default();
        let normal = normalise_predicate(given.clone());
        prop_assert_eq!(&normalise_predicate(normal.clone()), &normal);
        for access in [Access::Common, Access::Elastic] {
            let context = Context::new(access, &types, 0);
            for event in events_for(&[&given, &normal], &context, &Options { most: 60, ..Options::raw(access) }).unwrap() {
                prop_assert_eq!(
                    matches(&given, &event.event, &context).unwrap(),
                    matches(&normal, &event.event, &context).unwrap(),
                    "{} {:?}", event.event, normal
                );
            }
        }
    }

    #[test]
    fn each_pass_keeps_the_meaning_and_is_idempotent(given in predicate()) {
        let types = TypeMap::default();
        let context = Context::new(Access::Common, &types, 0);
        let events = events_for(&[&given], &context, &Options { most: 40, ..Options::common() }).unwrap();
        for (name, pass) in PASSES {
            let changed = pass(given.clone());
            prop_assert_eq!(&pass(changed.clone()), &changed, "{}", name);
            for event in &events {
                prop_assert_eq!(
                    matches(&given, &event.event, &context).unwrap(),
                    matches(&changed, &event.event, &context).unwrap(),
                    "{} {}", name, event.event
                );
            }
        }
    }

    #[test]
    fn the_contrary_is_the_contrary(given in predicate()) {
        let types = TypeMap::default();
        for access in [Access::Common, Access::Elastic, Access::Sentinel, Access::Panther] {
            let context = Context::new(access, &types, 0);
            let contrary = Predicate::Not(Box::new(given.clone()));
            for event in events_for(&[&given], &context, &Options { most: 40, ..Options::raw(access) }).unwrap() {
                prop_assert_ne!(
                    matches(&given, &event.event, &context).unwrap(),
                    matches(&contrary, &event.event, &context).unwrap()
                );
            }
        }
    }

    #[test]
    fn a_rule_is_equivalent_to_itself_and_to_its_normal_form(given in predicate()) {
        let types = TypeMap::default();
        let context = Context::new(Access::Common, &types, 0);
        let left = ruleglot::model::Logic::filter(given.clone(), Span::default());
        let right = ruleglot::model::Logic::filter(normalise_predicate(given), Span::default());
        let found = compare_here(&left, &right, &context).unwrap();
        prop_assert_eq!(found.relation(), Relation::Equivalent);
        prop_assert_eq!(found.events, found.agree);
        prop_assert_eq!(compare_here(&left, &right, &context).unwrap(), found);
    }
}
