//! The condition text, both ways.

use super::*;
use crate::model::{
    ArrayMode, Case, CaseArm, Expr, FieldKind, FieldPath, FieldRef, FieldType, IpClass, JsonKind, Ordering, Quantifier,
    RegexFlavour, Segment, Test, TestKind, Typing, Value, Var, WildcardPart, function,
};

fn read(text: &str) -> Predicate {
    let read = parsed(text, &TypeMap::default()).unwrap_or_else(|found| panic!("{text}: {found:?}"));
    strip(read.predicate)
}

fn refused(text: &str) -> Diagnostic {
    parsed(text, &TypeMap::default()).err().unwrap_or_else(|| panic!("{text} was read"))
}

/// The predicate without spans.
fn strip(predicate: Predicate) -> Predicate {
    struct Strip;
    impl crate::model::walk::Fold for Strip {
        fn test(&mut self, mut test: Test) -> Predicate {
            test.span = Span::default();
            Predicate::Test(crate::model::walk::test_parts(self, test))
        }
    }
    crate::model::walk::Fold::predicate(&mut Strip, predicate)
}

fn is(subject: Expr, kind: TestKind) -> Predicate {
    Predicate::Test(Test::new(subject, kind, Span::default()))
}

fn eq(field: &str, value: impl Into<Value>) -> Predicate {
    let kind = TestKind::Equals { value: Expr::Literal(value.into()), case: Case::Sensitive, typing: Typing::Typed };
    is(Expr::whole(field), kind)
}

fn shown(predicate: &Predicate) -> String {
    print(predicate, &TypeMap::default(), Detail::Full)
}

#[test]
fn the_text_of_a_catalogue_page_reads_and_prints_as_it_stands() {
    let text = "not (properties.result ne \"success\" or operationName ne \"Invite external user\")";
    let predicate = read(text);
    let denied = Predicate::Any(vec![
        eq("properties.result", "success").negate(),
        eq("operationName", "Invite external user").negate(),
    ]);
    assert_eq!(predicate, Predicate::Not(Box::new(denied)));
    assert_eq!(shown(&predicate), text);
}

#[test]
fn or_binds_weaker_than_and_and_and_weaker_than_not() {
    let (a, b, c) = (eq("a", 1), eq("b", 2), eq("c", 3));
    let expected = Predicate::Any(vec![a.clone(), Predicate::All(vec![b.clone().negate(), c.clone()])]);
    assert_eq!(read("a eq 1 or not b eq 2 and c eq 3"), expected);
    let grouped = Predicate::All(vec![Predicate::Any(vec![a, b]), c]);
    assert_eq!(read("(a = 1 || b == 2) && c eq 3"), grouped);
    assert_eq!(shown(&grouped), "(a eq 1 or b eq 2) and c eq 3");
}

#[test]
fn spellings_of_other_languages_mean_the_same() {
    for (text, same) in [
        ("a != 'x'", "a ne \"x\""),
        ("a not equals 'x'", "a ne \"x\""),
        ("a =~ 'x'", "a eq~ \"x\""),
        ("a ieq 'x'", "a eq~ \"x\""),
        ("a !~ 'x'", "a ne~ \"x\""),
        ("a not in ('x', 'y')", "a not in (\"x\", \"y\")"),
        ("a NOT IN ['x', 'y']", "a not in (\"x\", \"y\")"),
        ("a nin ('x')", "a not in (\"x\")"),
        ("not a contains 'x'", "a not contains \"x\""),
        ("a does_not_contain 'x'", "a not contains \"x\""),
        ("a startswith 'x' AND b ends with 'y'", "a starts_with \"x\" and b ends_with \"y\""),
        ("a regex 'x.*'", "a matches \"x.*\""),
        ("a is null", "a is null"),
        ("a eq null", "a is null"),
        ("a ne null", "a exists"),
        ("a is not null", "a exists"),
        ("not exists(a)", "a is null"),
        ("a not exists", "a is null"),
        ("a is_empty", "a is empty"),
        ("a is true", "a eq true"),
        ("a between 1 and 5", "a between (ge 1, le 5)"),
        ("a between (ge 1, lt 5)", "a between (ge 1, lt 5)"),
        ("a contains ('x', 'y')", "a contains \"x\" or a contains \"y\""),
        ("a contains_all ('x', 'y')", "a contains \"x\" and a contains \"y\""),
        ("a in ('x', null)", "a is null or a in (\"x\")"),
        ("src cidr '10.0.0.0/8'", "src in_cidr \"10.0.0.0/8\""),
        ("contains(a, 'x')", "a contains \"x\""),
        ("a >= 5 and a lt 9", "a ge 5 and a lt 9"),
        ("a[*].b eq 'x'", "a[].b eq \"x\""),
        ("a eq b.c", "a eq b.c"),
        ("true", "true"),
    ] {
        assert_eq!(shown(&read(text)), same, "{text}");
        assert_eq!(read(same), read(text), "{same}");
    }
}

#[test]
fn ne_is_true_of_a_missing_field() {
    // By rule 1 a test is false of a missing value, so its contrary is true of it.
    assert_eq!(read("a ne \"x\""), eq("a", "x").negate());
}

#[test]
fn a_field_of_several_values_means_any_of_them() {
    let types = TypeMap([("tags".to_owned(), FieldType { kind: FieldKind::Keyword, list: true })].into());
    let predicate = parsed("tags eq \"x\"", &types).unwrap().predicate;
    let Predicate::Test(test) = &predicate else { panic!() };
    assert_eq!(test.subject, Expr::any("tags"));
    assert_eq!(print(&predicate, &types, Detail::Full), "tags eq \"x\"");
    assert_eq!(shown(&predicate), "any(tags) eq \"x\"");
    assert_eq!(print(&predicate, &TypeMap::default(), Detail::Brief), "tags eq \"x\"");
}

/// One predicate for every test kind, value and quantifier of the model.
fn everything() -> Vec<Predicate> {
    let f = || Expr::whole("f");
    let text = |text: &str| Expr::text(text);
    let mut all = vec![
        Predicate::Always(true),
        Predicate::Always(false),
        Predicate::All(vec![]),
        Predicate::Any(vec![]),
        Predicate::ExactlyOne(vec![eq("a", 1), Predicate::Any(vec![eq("b", 2), eq("c", 3)])]),
        Predicate::All(vec![eq("a", 1)]),
        Predicate::Any(vec![Predicate::All(vec![eq("a", 1)]), eq("b", true)]),
        Predicate::All(vec![Predicate::All(vec![eq("a", 1), eq("b", 1)]), eq("c", 1)]),
        Predicate::Not(Box::new(Predicate::Not(Box::new(eq("a", 1))))),
        Predicate::Not(Box::new(Predicate::Always(true))),
    ];
    for quantifier in [Quantifier::Any, Quantifier::All, Quantifier::ExactlyOne, Quantifier::AtLeast(3)] {
        let element = Expr::Path(Box::new(Expr::Var(Var("t".into()))), FieldPath::parse("a.b[0]"), ArrayMode::Whole);
        all.push(Predicate::Elements {
            quantifier,
            list: Expr::any("targets[].inner"),
            var: Var("t".into()),
            body: Box::new(Predicate::Any(vec![
                is(element, TestKind::Contains { value: text("x"), case: Case::Ignore }),
                is(Expr::Var(Var("t".into())), TestKind::Present),
            ])),
        });
    }
    for case in [Case::Sensitive, Case::Ignore, Case::IgnoreAscii] {
        for typing in [
            Typing::Typed,
            Typing::Python,
            Typing::Text,
            Typing::Mapped(FieldType { kind: FieldKind::Text, list: true }),
        ] {
            all.push(is(f(), TestKind::Equals { value: text("x"), case, typing }));
            all.push(is(f(), TestKind::In { values: vec![text("x"), Expr::whole("g")], case, typing }));
        }
        for value in [text("x\"\\\n\u{7}é"), Expr::whole("g.h")] {
            let value = || value.clone();
            all.push(is(f(), TestKind::Contains { value: value(), case }));
            all.push(is(f(), TestKind::StartsWith { value: value(), case }));
            all.push(is(f(), TestKind::EndsWith { value: value(), case }));
            all.push(is(f(), TestKind::Term { value: value(), case }));
            all.push(is(f(), TestKind::TermPrefix { value: value(), case }));
            all.push(is(f(), TestKind::TermSuffix { value: value(), case }));
            for anchor in [crate::model::Anchor::Search, crate::model::Anchor::Start, crate::model::Anchor::Whole] {
                for flavour in [RegexFlavour::Re2, RegexFlavour::Lucene, RegexFlavour::Python] {
                    all.push(is(f(), TestKind::Regex { pattern: value(), flavour, anchor, case }));
                }
            }
        }
        let pattern = vec![WildcardPart::Text("a*\\".into()), WildcardPart::Many, WildcardPart::One];
        all.push(is(f(), TestKind::Wildcard { pattern, case }));
    }
    for ordering in [Ordering::Less, Ordering::LessOrEqual, Ordering::Greater, Ordering::GreaterOrEqual] {
        all.push(is(f(), TestKind::Compare { ordering, value: Expr::Literal(5.into()), typing: Typing::Python }));
    }
    let low = || Some((Expr::Literal(1.into()), true));
    let high = || Some((Expr::Literal(Value::Double(2.5)), false));
    for (low, high) in [(low(), high()), (low(), None), (None, high()), (None, None)] {
        all.push(is(f(), TestKind::Range { low, high, typing: Typing::Typed }));
    }
    all.extend([
        is(f(), TestKind::In { values: vec![], case: Case::Sensitive, typing: Typing::Typed }),
        is(
            f(),
            TestKind::In { values: vec![Expr::Literal(Value::Null)], case: Case::Sensitive, typing: Typing::Typed },
        ),
        is(f(), TestKind::Equals { value: Expr::Literal(Value::Null), case: Case::Sensitive, typing: Typing::Python }),
        is(f(), TestKind::Phrase { text: "a b".into(), slop: 0 }),
        is(f(), TestKind::Phrase { text: "a b".into(), slop: 2 }),
        is(f(), TestKind::Tokens { text: "a b".into(), all: true }),
        is(f(), TestKind::Tokens { text: "a b".into(), all: false }),
        is(f(), TestKind::TokenWildcard { pattern: vec![WildcardPart::Text("a".into()), WildcardPart::Many] }),
        is(f(), TestKind::Fuzzy { text: "a".into(), distance: 2, transpositions: true }),
        is(f(), TestKind::Fuzzy { text: "a".into(), distance: 1, transpositions: false }),
        is(f(), TestKind::Cidr { networks: vec!["10.0.0.0/8".into(), "::1".into()] }),
        is(f(), TestKind::Present),
        is(f(), TestKind::KeyPresent),
        is(f(), TestKind::Empty),
        is(f(), TestKind::Truthy),
        is(f(), TestKind::IsKind { kinds: vec![JsonKind::String, JsonKind::Array] }),
        is(f(), TestKind::IsKind { kinds: vec![JsonKind::Integer] }),
        is(f(), TestKind::IsKind { kinds: vec![] }),
    ]);
    for class in [IpClass::Any, IpClass::V4, IpClass::V6, IpClass::Public, IpClass::Private] {
        all.push(is(f(), TestKind::Ip { class }));
    }
    for value in values() {
        all.push(is(value.clone(), TestKind::Truthy));
        all.push(is(f(), TestKind::Contains { value, case: Case::Sensitive }));
    }
    let denied: Vec<Predicate> = all.iter().map(|found| Predicate::Not(Box::new(found.clone()))).collect();
    all.extend(denied);
    all
}

fn values() -> Vec<Expr> {
    let path = |segments: Vec<Segment>| FieldPath(segments);
    let key = |name: &str| Segment::Key(name.to_owned());
    let mut all = vec![
        Expr::AnyField,
        Expr::Literal(Value::Double(f64::INFINITY)),
        Expr::Literal(Value::Double(-2.0)),
        Expr::Literal(Value::Int(i64::MIN)),
        Expr::Literal(Value::Array(vec![1.into(), Value::Object(vec![("a\"".into(), Value::Null)])])),
        Expr::Literal(Value::DateTime(637_134_336_000_000_001)),
        Expr::Literal(Value::Duration(-15_000_000)),
        Expr::List(vec![Expr::text("a"), Expr::whole("b")]),
        Expr::Object(vec![("k".into(), Expr::whole("b"))]),
        Expr::Truth(Box::new(eq("a", 1))),
        Expr::Call(function::CONCAT, vec![Expr::Call(function::LOWER, vec![Expr::whole("a")]), Expr::text("x")]),
        Expr::Case(vec![CaseArm { when: eq("a", 1), then: Expr::text("x") }], Box::new(Expr::Literal(Value::Null))),
        Expr::Path(
            Box::new(Expr::Call(function::PARSE_JSON, vec![Expr::whole("a")])),
            FieldPath::parse("b"),
            ArrayMode::Last,
        ),
        Expr::Path(Box::new(Expr::whole("a")), path(vec![Segment::Index(0)]), ArrayMode::Whole),
        Expr::Aggregate(function::COALESCE, vec![Expr::whole("a")], Some(Box::new(eq("a", 1)))),
    ];
    for distinct in [true, false] {
        for when in [Predicate::Always(true), eq("a", 1)] {
            all.push(Expr::Collect {
                list: Box::new(Expr::whole("l")),
                var: Var("odd name".into()),
                when: Box::new(when),
                value: Box::new(Expr::Var(Var("odd name".into()))),
                distinct,
            });
        }
    }
    for mode in [
        ArrayMode::Whole,
        ArrayMode::Any,
        ArrayMode::All,
        ArrayMode::First,
        ArrayMode::Last,
        ArrayMode::Distinct,
        ArrayMode::LastDistinct,
        ArrayMode::Single,
    ] {
        for segments in [
            vec![],
            vec![key("a"), key("b-c"), key("0"), Segment::Index(-1), Segment::Any, Segment::Json],
            vec![key("odd `name`"), key("a.b"), key("")],
            vec![key("not"), key("and")],
            vec![key("é")],
            vec![Segment::Any, key("x")],
            vec![Segment::KeyPattern("a*".into()), Segment::KeyPattern("odd *".into()), key("*")],
            vec![key("a"), Segment::Paired { key: "k".into(), equals: "v\"".into(), ignore_case: false }],
            vec![key("a"), Segment::Paired { key: "k k".into(), equals: "v".into(), ignore_case: true }],
        ] {
            all.push(Expr::Field(FieldRef::new(path(segments), mode)));
        }
    }
    all.push(Expr::Field(FieldRef { optional: true, ..FieldRef::new(FieldPath::parse("a"), ArrayMode::Any) }));
    all
}

#[test]
fn every_predicate_of_the_model_reads_back_as_it_was() {
    for predicate in everything() {
        let text = shown(&predicate);
        assert_eq!(read(&text), predicate, "{text}");
        let formatted = Condition.format(&text).unwrap();
        assert_eq!(read(&formatted), predicate, "{formatted}");
        assert_eq!(Condition.format(&formatted).unwrap(), formatted);
    }
}

/// A condition of these parts, put together at random: `all` and `any` in turn, some of them denied.
fn nested(next: &mut impl FnMut(usize) -> usize, parts: &[Predicate], depth: usize, conjunction: bool) -> Predicate {
    if depth == 0 || next(3) == 0 {
        return parts[next(parts.len())].clone();
    }
    let count = 2 + next(3);
    let items: Vec<Predicate> = (0..count).map(|_| nested(next, parts, depth - 1, !conjunction)).collect();
    let joined = if conjunction { Predicate::All(items) } else { Predicate::Any(items) };
    if next(4) == 0 { Predicate::Not(Box::new(joined)) } else { joined }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..proptest::prelude::ProptestConfig::default()
    })]

    #[test]
    fn any_condition_that_is_printed_reads_back_as_it_was(seed in proptest::prelude::any::<u64>()) {
        // parts that are themselves conditions of several would change their shape inside another
        let single = |found: &Predicate| matches!(found, Predicate::Test(_) | Predicate::Elements { .. });
        let parts: Vec<Predicate> = everything().into_iter().filter(single).collect();
        let mut state = seed | 1;
        let mut next = |limit: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % limit.max(1) as u64) as usize
        };
        let predicate = nested(&mut next, &parts, 4, seed % 2 == 0);
        let text = shown(&predicate);
        proptest::prop_assert_eq!(read(&text), predicate.clone(), "{}", text);
        let formatted = Condition.format(&text).unwrap();
        proptest::prop_assert_eq!(read(&formatted), predicate, "{}", formatted);
    }
}

#[test]
fn comments_stay_with_their_tests() {
    let text = "// only these\na eq 1 // one\nand b eq 2 /* two */ // last\n";
    let formatted = Condition.format(text).unwrap();
    for comment in ["// only these", "// one", "// two", "// last"] {
        assert!(formatted.contains(comment), "{formatted}");
    }
    assert_eq!(Condition.format(&formatted).unwrap(), formatted);
    assert_eq!(shown(&read("'http://x' eq a")), "\"http://x\" eq a");
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    for (text, code, message) in [
        ("", "empty", "the text holds no condition"),
        ("a eq", "syntax", "`eq` takes a value"),
        ("a", "syntax", "`a` alone is no condition, expected an operator"),
        ("(a eq 1", "unclosed", "`(` is never closed"),
        ("a eq \"x", "unclosed", "`\"` is never closed"),
        ("a containz \"x\"", "unknown-operator", "there is no operator `containz`"),
        ("a eq lowr(b)", "unknown-function", "there is no function `lowr`"),
        ("a eq 1 and", "syntax", "found the end of the query, expected a condition"),
        ("a eq 1 b eq 2", "syntax", "found `b`"),
        ("a lt~ 1", "syntax", "`lt` has no case to ignore"),
        ("a eq 1 | count", "syntax", "found `|`"),
    ] {
        let found = refused(text);
        assert_eq!(found.code.name(), code, "{text}: {found:?}");
        assert!(found.message.starts_with(message), "{text}: {}", found.message);
    }
}

#[test]
fn nesting_is_bounded_and_costs_linear_time() {
    assert_eq!(refused(&"(".repeat(10_000)).code.name(), "too-deep");
    assert_eq!(refused(&"not ".repeat(10_000)).code.name(), "too-deep");
    for unit in ["(", "not (", "truth(", "any of (", "any $x in a where (", "lower(", "a in (lower(", "case(when "] {
        let depth = 190 / unit.matches(['(', 'n']).count().max(1);
        let text = format!("{}x", unit.repeat(depth));
        let start = std::time::Instant::now();
        assert!(parsed(&text, &TypeMap::default()).is_err());
        assert!(start.elapsed().as_millis() < 1000, "{unit}: {:?}", start.elapsed());
    }
    let deep = format!("{}a eq 1{}", "not (".repeat(90), ")".repeat(90));
    assert!(Condition.format(&deep).is_ok());
}

#[test]
fn long_conditions_break_where_people_break_them() {
    let names: Vec<String> = (0..12).map(|at| format!("\"operation number {at}\"")).collect();
    let text = format!("a eq 1 and operation in ({}) and (b eq 2 or c eq 3)", names.join(", "));
    let formatted = Condition.format(&text).unwrap();
    assert!(formatted.lines().all(|line| line.len() <= 100), "{formatted}");
    assert!(formatted.starts_with("a eq 1\nand operation in (\n  \"operation number 0\","), "{formatted}");
}

#[test]
fn counts_what_a_condition_uses() {
    let found = Condition.inventory("not (a ne 'x' or lower(b) contains 'y') and c in ('z')").unwrap();
    assert_eq!(found.operators.keys().map(String::as_str).collect::<Vec<_>>(), ["and", "in", "ne", "not", "or"]);
    assert_eq!(found.string_operators.keys().collect::<Vec<_>>(), ["contains"]);
    assert_eq!(found.functions.keys().collect::<Vec<_>>(), ["lower"]);
}
