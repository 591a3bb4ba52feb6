//! Faults of other translators (spec/peer-faults.md), each with the right answer: the meaning on events, and the form in
//! the other language.

use crate::judge::NOW;
use crate::shared::{condition, read, write};
use ruleglot::diagnostic::Span;
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{Anchor, Case, Expr, FieldType, Logic, Predicate, RegexFlavour, Test, TestKind, TypeMap, Typing};
use serde_json::{Value as Json, json};

fn types(given: &[(&str, &str)]) -> TypeMap {
    TypeMap(given.iter().map(|(name, kind)| ((*name).to_owned(), FieldType::parse(kind).unwrap())).collect())
}

fn check(fault: &str, from: &str, query: &str, given: &[(&str, &str)], to: &str, expected: &str, events: Json) {
    let types = types(given);
    let found = read(from, query, &types).unwrap();
    assert!(found.unread.is_empty(), "{fault}: {:?}", found.unread);
    let (written, planned) = write(to, &found.logic, &types).unwrap();
    assert!(planned.losses.is_empty(), "{fault}: {:?}", planned.losses);
    assert_eq!(written, expected, "{fault}");
    let context = Context::new(Access::Elastic, &types, NOW);
    for (language, text) in [(from, query), (to, expected)] {
        let condition = condition(language, text, &types);
        for pair in events.as_array().unwrap() {
            let got = matches(&condition, &pair[0], &context);
            assert_eq!(got.ok(), pair[1].as_bool(), "{fault}: {language} {text} on {}", pair[0]);
        }
    }
}

#[test]
fn u1_a_negation_stays_with_its_test() {
    let events = json!([
        [{"event.category": "process", "process.name": "mknod"}, false], [{"process.name": "mknod"}, true],
        [{"event.category": "file", "process.name": "mknod"}, true], [{"event.category": "file"}, false]
    ]);
    let (kuery, lucene) =
        ("not event.category:process and process.name:mknod", "NOT event.category:process AND process.name:mknod");
    check("U1", "kuery", kuery, &[], "lucene", lucene, events.clone());
    check("U1", "lucene", lucene, &[], "kuery", kuery, events);
}

#[test]
fn u2_a_branch_stays_a_branch() {
    let events =
        json!([[{"process.name": "cmd.exe"}, true], [{"event.category": ["network"]}, true], [{"x": "or"}, false]]);
    check(
        "U2",
        "kuery",
        "process.name:cmd.exe or event.category:network",
        &[],
        "lucene",
        "process.name:cmd.exe OR event.category:network",
        events,
    );
}

#[test]
fn u3_r3_a_list_with_and_is_several_tests() {
    let events = json!([[{"tags": ["B", "A"]}, true], [{"tags": "A"}, false], [{"tags": "A\" and \"B"}, false]]);
    check("U3", "kuery", "tags:(\"A\" and \"B\")", &[], "lucene", "tags:(A AND B)", events.clone());
    check("R3", "lucene", "tags:(\"A\" AND \"B\")", &[], "kuery", "tags:(A and B)", events);
}

#[test]
fn u4_r3_a_list_with_not_is_read() {
    let events = json!([[{"process.name": "a"}, true], [{"process.name": ["a", "b"]}, false], [{"process.name": "a and not b"}, false]]);
    let (kuery, lucene) = ("process.name:(a and not b)", "process.name:(a AND NOT b)");
    check("U4", "kuery", kuery, &[], "lucene", "process.name:a AND NOT process.name:b", events.clone());
    check("R3", "lucene", lucene, &[], "kuery", "process.name:a and not process.name:b", events);
}

#[test]
fn u5_a_wildcard_inside_is_one() {
    let events = json!([
        [{"event.action": "google.x.CreateBadRule"}, true], [{"event.action": "google.*.Create*Rule"}, true],
        [{"event.action": "google.x.Create"}, false], [{"event.action": "xgoogle.x.CreateRule"}, false]
    ]);
    check(
        "U5",
        "kuery",
        "event.action:google.*.Create*Rule",
        &[],
        "lucene",
        "event.action:google.*.Create*Rule",
        events,
    );
    let events = json!([[{"f": "xaybz"}, true], [{"f": "a*b"}, true], [{"f": "ba"}, false]]);
    check("U5", "kuery", "f:*a*b*", &[], "lucene", "f:*a*b*", events);
}

#[test]
fn u6_a_missing_field_is_a_missing_field() {
    let events = json!([[{}, true], [{"f": null}, true], [{"f": "*"}, false], [{"f": ""}, false]]);
    check("U6", "kuery", "not f:*", &[], "lucene", "NOT _exists_:f", events.clone());
    check("U6", "lucene", "NOT f:*", &[], "kuery", "not f:*", events);
}

#[test]
fn u7_r2_a_network_is_no_text() {
    let given = &[("source.ip", "ip")];
    let events = json!([[{"source.ip": "10.2.3.4"}, true], [{"source.ip": "10.0.0.0/8"}, false], [{"source.ip": "11.0.0.1"}, false]]);
    check("U7", "kuery", "source.ip:10.0.0.0/8", given, "lucene", "source.ip:\"10.0.0.0/8\"", events.clone());
    check("R2", "lucene", "source.ip:\"10.0.0.0/8\"", given, "kuery", "source.ip:10.0.0.0/8", events);
}

#[test]
fn u8_a_name_with_an_underscore_and_a_dot_is_one_name() {
    let events = json!([[{"user_agent": {"original": "curl"}}, true], [{"user_agent.original": "curl/8"}, false]]);
    check("U8", "kuery", "user_agent.original:curl", &[], "lucene", "user_agent.original:curl", events);
}

#[test]
fn u15_not_equal_is_not_and_a_test() {
    let kind = TestKind::Equals { value: Expr::text("4624"), case: Case::Sensitive, typing: Typing::Typed };
    let test = Predicate::Test(Test::new(Expr::any("event.code"), kind, Span::default()));
    let logic = Logic::filter(test.negate(), Span::default());
    assert_eq!(write("lucene", &logic, &types(&[])).unwrap().0, "NOT event.code:4624");
    assert_eq!(write("kuery", &logic, &types(&[])).unwrap().0, "not event.code:4624");
}

#[test]
fn r1_operators_of_kql_in_a_lucene_text_are_warned_of() {
    let text = "not event.category:process and process.name:mknod";
    let found = read("lucene", text, &types(&[])).unwrap();
    let warned = found.diagnostics.iter().filter(|found| found.code.name() == "lucene-lower-case").count();
    assert_eq!(warned, 2, "{:?}", found.diagnostics);
    let context_types = types(&[]);
    let context = Context::new(Access::Elastic, &context_types, NOW);
    let condition = condition("lucene", text, &context_types);
    assert_eq!(matches(&condition, &json!({"event.category": "process"}), &context), Ok(true));
    assert_eq!(matches(&condition, &json!({"x": "and"}), &context), Ok(true));
}

#[test]
fn p7_a_regular_expression_that_searches_is_open_at_both_ends() {
    let logic = |pattern: &str| {
        let kind = TestKind::Regex {
            pattern: Expr::text(pattern),
            flavour: RegexFlavour::Re2,
            anchor: Anchor::Search,
            case: Case::Sensitive,
        };
        Logic::filter(Predicate::Test(Test::new(Expr::any("f"), kind, Span::default())), Span::default())
    };
    let none = types(&[]);
    for (pattern, expected) in
        [("a+b", "f:/.*a+b.*/"), (r"(?i)\.ps1$", r"f:/.*\.[pP][sS]1/"), (r"^\d+/x", r"f:/[0-9]+\/x.*/")]
    {
        assert_eq!(write("lucene", &logic(pattern), &none).unwrap().0, expected);
        assert!(write("kuery", &logic(pattern), &none).is_err(), "KQL has no regular expressions");
    }
}
