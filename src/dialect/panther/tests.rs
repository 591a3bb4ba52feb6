//! Match expressions: what they mean, and that they are written as they were read.

use super::*;
use crate::model::{FieldKind, FieldType, TypeMap};
use serde_json::json;

fn lowered(text: &str) -> Result<(Predicate, Vec<Diagnostic>), Vec<Diagnostic>> {
    let types = TypeMap::default();
    let root = tree(text)?;
    let mut lower = Lower::new(&types, false);
    let predicate = lower.all(expressions(&root)?);
    let failed = lower.diagnostics.iter().any(|found| found.severity == Severity::Error);
    if failed { Err(lower.diagnostics) } else { Ok((predicate, lower.diagnostics)) }
}

fn read(text: &str) -> Predicate {
    lowered(text).unwrap_or_else(|found| panic!("{text}: {found:?}")).0
}

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

#[test]
fn what_is_wrong_is_named_at_its_place() {
    for (text, code, message, help) in [
        ("{Key: a, Condition: Equal, Value: 1}", "panther-unknown-condition", "`Equal`", Some("`Equals`")),
        (
            "{Key: a, Condition: MatchesRegexWhatever, Value: 1}",
            "panther-unknown-condition",
            "`MatchesRegexWhatever`",
            None,
        ),
        ("{Key: a, Conditions: Equals, Value: 1}", "panther-bad-expression", "no Condition", None),
        ("{Key: a, Condition: Equals, Valeu: 1}", "panther-bad-expression", "`Valeu`", Some("`Value`")),
        ("{Key: a, Condition: Equals}", "panther-bad-value", "takes a Value", None),
        ("{Key: a, Condition: IsIn, Value: x}", "panther-bad-value", "takes Values", None),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: nowhere}", "panther-bad-value", "takes a network", None),
        ("{Key: a, KeyPath: b, Condition: Exists}", "panther-bad-key", "both name the key", None),
        ("{KeyPath: 'a..b', Condition: Exists}", "panther-bad-key", "no key path", None),
        ("{Condition: Equals, Values: [{Key: a}]}", "panther-bad-expression", "two keys are compared, found 1", None),
        ("{Condition: Equals, Value: 1}", "panther-bad-expression", "takes a key", None),
        ("[{Any: [], All: []}]", "panther-bad-expression", "stands alone", None),
        ("[x]", "panther-bad-expression", "is a mapping, found text", None),
        ("Detection: 5", "panther-bad-expression", "found a number", None),
        ("a: [", "yaml", "", None),
        ("", "empty", "", None),
    ] {
        let found = lowered(text).err().unwrap_or_else(|| panic!("{text} was read"));
        let first = &found[0];
        assert_eq!(first.code.name(), code, "{text}: {first:?}");
        assert!(first.message.contains(message), "{text}: {}", first.message);
        if let Some(help) = help {
            assert!(first.next_step().contains(help), "{text}: {}", first.next_step());
        }
    }
}

#[test]
fn inline_filters_know_less() {
    let types = TypeMap::default();
    let filters = |text: &str| read_filters(&tree(text).unwrap(), &types);
    assert!(filters("[{All: [{KeyPath: a.b, Condition: Equals, Value: 1}]}]").is_ok());
    assert!(filters("[{All: []}]").is_ok());
    for text in [
        "[{Key: a, Condition: Exists}]",
        "[{None: [{KeyPath: a, Condition: Exists}]}]",
        "[{KeyPath: a, Condition: AnyElement, Expressions: []}]",
    ] {
        assert_eq!(filters(text).unwrap_err()[0].code.name(), "panther-filter-limit", "{text}");
    }
}

/// Expressions of every kind, as they stand in a rule.
const ROUND_TRIPS: &[&str] = &[
    "[{Key: a, Condition: Equals, Value: x}, {Key: b, Condition: DoesNotEqual, Value: 5}]",
    "[{KeyPath: a.b, Condition: IContains, Value: x}]",
    "[{KeyPath: a.b, Condition: DoesNotContain, Value: x}, {Key: c, Condition: Contains, Value: 5}, {Key: c, Condition: DoesNotContain, Value: 5}]",
    "[{KeyPath: a.b, Condition: Contains, Value: 5}, {KeyPath: a.b, Condition: DoesNotContain, Value: 5}]",
    "[{KeyPath: a.b, Condition: IsIn, Values: [x, y]}, {Key: a, Condition: IsNotIn, Values: [1, 2]}]",
    "[{Key: a, Condition: Exists}, {Key: a, Condition: DoesNotExist}, {Key: a, Condition: IsNull}, {Key: a, Condition: IsNotNull}]",
    "[{Key: a, Condition: IsNullOrEmpty}, {Key: a, Condition: IsNotNullOrEmpty}]",
    "[{Key: a, Condition: IsGreaterThan, Value: 5}, {Key: a, Condition: IsLessThanOrEquals, Value: 9.5}]",
    "[{Key: a, Condition: IsIPv4Address}, {Key: a, Condition: IsNotIPAddressPublic}]",
    "[{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/8}, {Key: a, Condition: IsNotIPAddressInCIDR, Value: 10.0.0.0/8}]",
    "[{Condition: AlwaysTrue}, {Condition: AlwaysFalse}]",
    "[{Condition: Equals, Values: [{Key: a}, {KeyPath: b.c}]}, {Condition: IsLessThan, Values: [{Key: a}, {Key: b}]}]",
    "[{Condition: DoesNotEqual, Values: [{Key: a}, {Key: b}]}, {Condition: IDoesNotStartWith, Values: [{Key: a}, {Key: b}]}]",
    "[{Any: [{Key: a, Condition: Exists}, {All: [{Key: b, Condition: Exists}, {Key: c, Condition: Exists}]}]}]",
    "[{OnlyOne: [{Key: a, Condition: Exists}, {None: [{Key: b, Condition: Exists}]}]}]",
    "[{None: [{Key: a, Condition: Exists}, {Key: b, Condition: Exists}]}]",
    "[{Key: l, Condition: AnyElement, Expressions: [{Key: t, Condition: Equals, Value: U}, {KeyPath: n.m, Condition: IsIn, Values: [a]}]}]",
    "[{KeyPath: x.l, Condition: AllElements, Expressions: [{Key: t, Condition: Equals, Value: U}]}]",
    "[{KeyPath: x.l, Condition: NoElement, Expressions: [{Key: t, Condition: Equals, Value: U}]}, {Key: z, Condition: Exists}]",
    "[{KeyPath: x.l, Condition: OnlyOneElement, Expressions: [{Key: i, Condition: AnyElement, Expressions: [{Key: t, Condition: Exists}]}]}]",
    "[{Enrichment: {Table: t, Selector: s, FieldPath: a.b}, Condition: Equals, Value: x}]",
    "[{KeyPath: 'a[*].b', Condition: Contains, Value: x}, {KeyPath: 'a[0].b', Condition: StartsWith, Value: x}]",
];

#[test]
fn what_was_read_is_written_as_it_stood() {
    for text in ROUND_TRIPS {
        let predicate = read(text);
        let written = detection(&predicate, &TypeMap::default()).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        let original = parse_yaml(text).unwrap().root.to_json();
        assert_eq!(Json::Array(written.clone()), original, "{text}");
        assert_eq!(strip(read(&write_yaml(&Json::Array(written)))), strip(predicate), "{text}");
    }
}

#[test]
fn the_plan_step_finds_every_part_sayable() {
    for text in ROUND_TRIPS {
        let types = TypeMap::default();
        let logic = Logic::filter(read(text), Span::default());
        let planned =
            crate::plan::plan(&logic, &[], &PantherTarget, &types).unwrap_or_else(|found| panic!("{text}: {found:?}"));
        assert!(planned.losses.is_empty(), "{text}: {:?}", planned.losses);
        let context = WriteContext { types: &types, tables: &[], detection: None };
        assert!(parse_yaml(&Panther.write(&planned.logic, &context)).is_ok());
    }
}

#[test]
fn conditions_of_other_platforms_find_a_form() {
    let types = TypeMap([("tags".to_owned(), FieldType { kind: FieldKind::Keyword, list: true })].into());
    let test =
        |path: &str, kind: crate::model::TestKind| Predicate::Test(Test::new(Expr::any(path), kind, Span::default()));
    let equals = |value: &str| crate::model::TestKind::Equals {
        value: Expr::text(value),
        case: crate::model::Case::Sensitive,
        typing: crate::model::Typing::Typed,
    };
    let shown = |predicate: &Predicate| detection(predicate, &types).map(|found| Json::Array(found).to_string());
    assert_eq!(shown(&test("tags", equals("x"))).unwrap(), r#"[{"Key":"tags","Condition":"IsIn","Values":["x"]}]"#);
    assert_eq!(
        shown(&test("targets[].type", equals("x"))).unwrap(),
        r#"[{"Key":"targets","Condition":"AnyElement","Expressions":[{"Key":"type","Condition":"Equals","Value":"x"}]}]"#
    );
    assert_eq!(
        shown(&test("targets[].type", equals("x")).negate()).unwrap(),
        r#"[{"Key":"targets","Condition":"NoElement","Expressions":[{"Key":"type","Condition":"Equals","Value":"x"}]}]"#
    );
    let both = Predicate::All(vec![test("a", equals("1x")), test("b", equals("2x"))]).negate();
    assert_eq!(
        shown(&both).unwrap(),
        r#"[{"Any":[{"Key":"a","Condition":"DoesNotEqual","Value":"1x"},{"Key":"b","Condition":"DoesNotEqual","Value":"2x"}]}]"#
    );
    let regex = crate::model::TestKind::Regex {
        pattern: Expr::text("x"),
        flavour: crate::model::RegexFlavour::Re2,
        anchor: crate::model::Anchor::Search,
        case: crate::model::Case::Sensitive,
    };
    assert!(shown(&test("a", regex)).unwrap_err().contains("regular expressions"));
}

#[test]
fn what_stands_beside_the_detection_is_read() {
    let text = "AnalysisType: rule\nLogTypes: [GitHub.Audit]\nDetection:\n  - {Key: action, Condition: Equals, Value: repo.destroy}\n\
        AlertTitle: 'Repository [{repo}] of {org.name}'\nGroupBy:\n  - Key: org\nAlertContext:\n  - KeyName: who\n    KeyValue: {Key: actor}\n\
        DynamicSeverities:\n  - ChangeTo: HIGH\n    Conditions:\n      - {Key: public, Condition: Equals, Value: true}\n\
        InlineFilters:\n  - {KeyPath: org, Condition: DoesNotEqual, Value: test}\n";
    let types = TypeMap::default();
    let registry = crate::dialect::Registry::default();
    let context =
        ReadContext { types: &types, registry: &registry, helpers: &crate::dialect::NoHelpers, log_sources: &[] };
    let read = Panther.read(text, &context).unwrap();
    let alerting = read.alerting.unwrap();
    assert_eq!(read.tables, ["GitHub.Audit"]);
    assert_eq!(read.outputs.len(), 1);
    assert_eq!(alerting.dedup.as_ref().unwrap().by.len(), 1);
    assert_eq!(alerting.severity[0].severity, Ok(crate::model::Severity::High));
    assert_eq!(read.logic.as_filter().unwrap().conjuncts().len(), 2);
    let written = Json::Object(write_alerting(&alerting, &read.outputs, &types).unwrap());
    assert_eq!(written["AlertTitle"], "Repository [{repo}] of {org.name}");
    assert_eq!(written["GroupBy"], json!([{"Key": "org"}]));
    assert_eq!(written["DynamicSeverities"][0]["ChangeTo"], "High");
}

#[test]
fn layout_keeps_comments_and_meaning() {
    let text = "-   Key:   a   \n    Condition: Exists\n";
    assert_eq!(Panther.format(text).unwrap(), "- Key: a\n  Condition: Exists\n");
    let text = "- Key: a # why   \n  Condition: Exists\n";
    assert_eq!(Panther.format(text).unwrap(), "- Key: a # why\n  Condition: Exists\n");
}
