//! Panther's YAML: what match expressions mean, rule files both ways, and Panther's own tools as judges.
//!
//! `RULEGLOT_PANTHER_ANALYSIS` names a copy of panther-analysis (default: `../shared/panther-analysis`); the judge is
//! `judges/panther/pat.py` of the shared material with the environment that `judges/setup.sh` makes. What is not there
//! is skipped with a line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ruleglot::dialect::{Dialect, NoHelpers, ReadContext, Registry};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{Bundle, PlatformId, Predicate, TypeMap};
use ruleglot::platform::panther::{Repository, STEM};
use ruleglot::platform::{
    self, Columns, OutputFormat, Platform, ReadEnv, ReadRule, Role, UntypedSource, WriteRequest, Written,
};
use ruleglot::source::{Folder, Format, NoSiblings, SourceFile, parse_yaml};
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shared() -> PathBuf {
    std::env::var_os("RULEGLOT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from)
}

fn analysis() -> Option<PathBuf> {
    let named = std::env::var_os("RULEGLOT_PANTHER_ANALYSIS");
    let folder = named.map_or_else(|| shared().join("panther-analysis"), PathBuf::from);
    if folder.join("rules").is_dir() {
        return Some(folder);
    }
    println!("skipped: no panther-analysis at {}", folder.display());
    None
}

/// The judge's command, where it is installed.
fn judge() -> Option<Command> {
    let home = std::env::var_os("JUDGES")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))?;
    let (python, script) = (home.join("panther-venv/bin/python"), shared().join("judges/panther/pat.py"));
    if !python.is_file() || !script.is_file() {
        println!("skipped: no judge at {} or {}", python.display(), script.display());
        return None;
    }
    let mut command = Command::new(python);
    command.arg(script).env("PANTHER_ANALYSIS", "/nowhere");
    Some(command)
}

fn read_yaml(text: &str) -> Predicate {
    let (types, registry) = (TypeMap::default(), Registry::default());
    let context = ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    let read =
        ruleglot::dialect::panther::Panther.read(text, &context).unwrap_or_else(|found| panic!("{text}: {found:?}"));
    read.logic.as_filter().unwrap()
}

fn holds(predicate: &Predicate, event: &Json) -> bool {
    let types = TypeMap::default();
    matches(predicate, event, &Context::new(Access::Panther, &types, 0)).unwrap()
}

fn check(cases: &[(&str, Json, bool)]) {
    for (text, event, expected) in cases {
        assert_eq!(holds(&read_yaml(text), event), *expected, "{text} on {event}");
    }
}

#[test]
fn equality_is_typed_and_a_missing_field_equals_nothing() {
    check(&[
        ("{Key: a, Condition: Equals, Value: 1}", json!({"a": 1}), true),
        ("{Key: a, Condition: Equals, Value: 1}", json!({"a": 1.0}), true),
        ("{Key: a, Condition: Equals, Value: 1}", json!({"a": "1"}), false),
        ("{Key: a, Condition: Equals, Value: '1'}", json!({"a": 1}), false),
        ("{Key: a, Condition: Equals, Value: true}", json!({"a": 1}), false),
        ("{Key: a, Condition: Equals, Value: x}", json!({}), false),
        ("{Key: a, Condition: Equals, Value: x}", json!({"a": "X"}), false),
        ("{Key: a, Condition: Equals, Value: x}", json!({"a": ["x"]}), false),
        ("{Key: a, Condition: DoesNotEqual, Value: x}", json!({}), true),
        ("{Key: a, Condition: DoesNotEqual, Value: x}", json!({"a": null}), true),
        ("{Key: a, Condition: DoesNotEqual, Value: x}", json!({"a": "x"}), false),
        ("{Key: a, Condition: IEquals, Value: x}", json!({"a": "X"}), true),
        ("{Key: a, Condition: IDoesNotEqual, Value: x}", json!({"a": "X"}), false),
    ]);
}

#[test]
fn text_conditions_need_text_on_both_sides() {
    check(&[
        ("{Key: a, Condition: StartsWith, Value: ab}", json!({"a": "abc"}), true),
        ("{Key: a, Condition: StartsWith, Value: ab}", json!({"a": ["abc"]}), false),
        ("{Key: a, Condition: IStartsWith, Value: ab}", json!({"a": "ABc"}), true),
        ("{Key: a, Condition: DoesNotStartWith, Value: ab}", json!({}), true),
        ("{Key: a, Condition: EndsWith, Value: bc}", json!({"a": "abc"}), true),
        ("{Key: a, Condition: EndsWith, Value: bc}", json!({"a": 5}), false),
        ("{Key: a, Condition: StartsWith, Value: 5}", json!({"a": "5x"}), false),
        ("{Key: a, Condition: DoesNotStartWith, Value: 5}", json!({"a": "5x"}), true),
        ("{Key: a, Condition: IDoesNotEndWith, Value: BC}", json!({"a": "abc"}), false),
    ]);
}

#[test]
fn contains_is_a_part_of_text_or_of_a_member() {
    check(&[
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": "abc"}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": ["b", "x"]}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": ["abc"]}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": []}), false),
        ("{KeyPath: a.b, Condition: Contains, Value: b}", json!({"a": {"b": ["x", "abc"]}}), true),
        ("{KeyPath: a.b, Condition: Contains, Value: b}", json!({"a": [{"b": "abc"}]}), false),
        ("{Key: a, Condition: Contains, Value: 5}", json!({"a": [4, 5]}), true),
        ("{Key: a, Condition: Contains, Value: 5}", json!({"a": 5}), false),
        ("{Key: a, Condition: Has, Value: b}", json!({"a": "abc"}), true),
        ("{Key: a, Condition: DoesNotHave, Value: b}", json!({"a": "abc"}), false),
        ("{Key: a, Condition: DoesNotContain, Value: b}", json!({}), true),
        ("{Key: a, Condition: IContains, Value: B}", json!({"a": ["xbx"]}), true),
    ]);
}

#[test]
fn contains_asks_an_object_for_its_very_key() {
    check(&[
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": {"b": 1}}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": {"b": null}}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": {"abc": 1}}), false),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": {"x": "b"}}), false),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": {"B": 1}}), false),
        ("{Key: a, Condition: DoesNotContain, Value: b}", json!({"a": {"b": 1}}), false),
        ("{Key: a, Condition: IContains, Value: b}", json!({"a": {"b": 1}}), true),
        ("{Key: a, Condition: IContains, Value: b}", json!({"a": {"B": 1}}), false),
        ("{Key: a, Condition: IContains, Value: B}", json!({"a": {"B": 1}}), true),
        // In a list, an object's keys are asked as well, where case counts.
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": ["x", {"b": 1}]}), true),
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": [{"B": 1}]}), false),
        ("{Key: a, Condition: IContains, Value: b}", json!({"a": [{"b": 1}]}), false),
        ("{KeyPath: a.c, Condition: Contains, Value: b}", json!({"a": {"c": {"b": 1}}}), true),
        ("{KeyPath: a.c, Condition: Contains, Value: b}", json!({"a": {"c": [{"b": 1}]}}), true),
        ("{KeyPath: a.c, Condition: IContains, Value: b}", json!({"a": {"c": [{"b": 1}]}}), false),
        ("{Condition: Contains, Values: [{Key: a}, {Key: k}]}", json!({"a": {"b": 1}, "k": "b"}), true),
        // A number raises a TypeError in Panther's core.
        ("{Key: a, Condition: Contains, Value: b}", json!({"a": 5}), false),
    ]);
}

/// Panther's own filters on texts, lists and objects, asked through the environment of the judge.
#[test]
fn panthers_core_agrees_on_contains() {
    let Some(judge) = judge() else { return };
    const ASK: &str = "import json, sys\nfrom panther_core.filter import Filter\nfor line in sys.stdin:\n    \
        q = json.loads(line)\n    try:\n        print(json.dumps(Filter(q['filter']).filter(q['event'])))\n    \
        except Exception:\n        print('null')\n";
    let mut random = Random(7);
    let (mut input, mut asked) = (String::new(), Vec::new());
    let names = ["b", "B", "ab", "x", "abc", ""];
    for _ in 0..4000 {
        let name = |random: &mut Random| names[random.below(names.len())].to_owned();
        let member = |random: &mut Random| match random.below(3) {
            0 => json!({ name(random): 1 }),
            _ => json!(name(random)),
        };
        let held = match random.below(4) {
            0 => json!(name(&mut random)),
            1 => json!({ name(&mut random): name(&mut random), name(&mut random): 1 }),
            2 => Json::Array((0..random.below(4)).map(|_| member(&mut random)).collect()),
            _ => Json::Null,
        };
        let event = if random.below(2) == 0 { json!({ "a": held }) } else { json!({ "n": { "a": held } }) };
        let path = if random.below(2) == 0 { "a" } else { "n.a" };
        let value = name(&mut random);
        let (condition, operator) = [
            ("Contains", "contains"),
            ("DoesNotContain", "!contains"),
            ("IContains", "insensitive_contains"),
            ("IDoesNotContain", "!insensitive_contains"),
        ][random.below(4)];
        let request = json!({ "filter": { "target": path, "operator": operator, "value": value }, "event": event });
        input.push_str(&format!("{request}\n"));
        asked.push((format!("{{KeyPath: {path}, Condition: {condition}, Value: '{value}'}}"), event));
    }
    let mut child = Command::new(judge.get_program())
        .args(["-c", ASK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), asked.len());
    for ((text, event), answer) in asked.iter().zip(answers.lines()) {
        assert_eq!(holds(&read_yaml(text), event).to_string(), answer, "{text} on {event}");
    }
}

#[test]
fn in_is_intersection_for_a_list_field() {
    check(&[
        ("{Key: a, Condition: IsIn, Values: [x, y]}", json!({"a": "y"}), true),
        ("{Key: a, Condition: IsIn, Values: [x, y]}", json!({"a": ["z", "y"]}), true),
        ("{KeyPath: a.b, Condition: IsIn, Values: [x, y]}", json!({"a": {"b": ["z", "y"]}}), true),
        ("{KeyPath: a.b, Condition: IsNotIn, Values: [x, y]}", json!({"a": {"b": ["z", "y"]}}), false),
        ("{Key: a, Condition: IsIn, Values: [x, y]}", json!({"a": "Y"}), false),
        ("{Key: a, Condition: IsNotIn, Values: [x, y]}", json!({}), true),
        ("{Key: a, Condition: IsIn, Values: [1, 2]}", json!({"a": "1"}), false),
    ]);
}

#[test]
fn absent_null_and_empty_are_three_things() {
    check(&[
        ("{Key: a, Condition: Exists}", json!({"a": null}), true),
        ("{Key: a, Condition: Exists}", json!({}), false),
        ("{Key: a, Condition: DoesNotExist}", json!({}), true),
        ("{Key: a, Condition: IsNull}", json!({"a": null}), true),
        ("{Key: a, Condition: IsNull}", json!({}), true),
        ("{Key: a, Condition: IsNull}", json!({"a": []}), false),
        ("{Key: a, Condition: IsNotNull}", json!({"a": ""}), true),
        ("{Key: a, Condition: IsNotNull}", json!({"a": []}), true),
        ("{Key: a, Condition: IsNullOrEmpty}", json!({"a": []}), true),
        ("{Key: a, Condition: IsNullOrEmpty}", json!({"a": 0}), false),
        ("{Key: a, Condition: IsNotNullOrEmpty}", json!({"a": {}}), false),
    ]);
}

#[test]
fn an_exception_is_no_alert() {
    // A number against text raises a TypeError in Panther's runtime, an address that is none a ValueError.
    check(&[
        ("{Key: a, Condition: IsGreaterThan, Value: 5}", json!({"a": 6}), true),
        ("{Key: a, Condition: IsGreaterThan, Value: 5}", json!({"a": "6"}), false),
        ("{Key: a, Condition: IsGreaterThan, Value: 5}", json!({}), false),
        ("{Key: a, Condition: IsGreaterThan, Value: 0}", json!({"a": true}), false),
        ("{Key: a, Condition: IsGreaterThanOrEquals, Value: 5}", json!({"a": 5}), true),
        ("{Key: a, Condition: IsGreaterThanOrEqual, Value: 5}", json!({"a": 5.0}), true),
        ("{Key: a, Condition: IsLessThan, Value: 5}", json!({"a": 5}), false),
        ("{Key: a, Condition: IsLessThanOrEquals, Value: 5}", json!({"a": 5}), true),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/8}", json!({"a": "x"}), false),
        ("{Key: a, Condition: IsIPAddressPublic}", json!({"a": "x"}), false),
    ]);
}

#[test]
fn address_conditions() {
    check(&[
        ("{Key: a, Condition: IsIPAddress}", json!({"a": "10.0.0.1"}), true),
        ("{Key: a, Condition: IsIPAddress}", json!({"a": "10.0.0"}), false),
        ("{Key: a, Condition: IsIPv4Address}", json!({"a": "::1"}), false),
        ("{Key: a, Condition: IsIPv6Address}", json!({"a": "::1"}), true),
        ("{Key: a, Condition: IsIPAddressPublic}", json!({"a": "8.8.8.8"}), true),
        ("{Key: a, Condition: IsIPAddressPublic}", json!({"a": "10.0.0.1"}), false),
        ("{Key: a, Condition: IsIPAddressPrivate}", json!({"a": "10.0.0.1"}), true),
        ("{Key: a, Condition: IsNotIPAddressPrivate}", json!({"a": "x"}), true),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/8}", json!({"a": "10.1.2.3"}), true),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/8}", json!({"a": "11.1.2.3"}), false),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 'fd00::/8'}", json!({"a": "10.1.2.3"}), false),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/255.255.0.0}", json!({"a": "10.0.2.3"}), true),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/255.255.0.0}", json!({"a": "10.1.2.3"}), false),
        ("{Key: a, Condition: IsIPAddressInCIDR, Value: 10.0.0.0/0.255.255.255}", json!({"a": "10.1.2.3"}), true),
    ]);
}

#[test]
fn combinators_absolutes_and_two_keys() {
    let two = "[{Key: a, Condition: Exists}, {Key: b, Condition: Exists}]";
    let with = |combinator: &str| format!("[{{{combinator}: {two}}}]");
    for (combinator, one, both, neither) in [
        ("All", false, true, false),
        ("Any", true, true, false),
        ("OnlyOne", true, false, false),
        ("None", false, false, true),
    ] {
        let predicate = read_yaml(&with(combinator));
        assert_eq!(holds(&predicate, &json!({"a": 1})), one, "{combinator}");
        assert_eq!(holds(&predicate, &json!({"a": 1, "b": 1})), both, "{combinator}");
        assert_eq!(holds(&predicate, &json!({"c": 1})), neither, "{combinator}");
    }
    check(&[
        (two, json!({"a": 1}), false),
        ("{Condition: AlwaysTrue}", json!({}), true),
        ("{Condition: AlwaysFalse}", json!({}), false),
        ("{Condition: Equals, Values: [{Key: a}, {KeyPath: b.c}]}", json!({"a": "x", "b": {"c": "x"}}), true),
        ("{Condition: Equals, Values: [{Key: a}, {Key: b}]}", json!({}), true),
        ("{Condition: DoesNotEqual, Values: [{Key: a}, {Key: b}]}", json!({"a": 1}), true),
        ("{Condition: IsGreaterThan, Values: [{Key: a}, {Key: b}]}", json!({"a": 2, "b": 1}), true),
    ]);
}

#[test]
fn list_comprehensions_go_through_lists_only() {
    let one = |quantifier: &str| {
        format!("{{Key: l, Condition: {quantifier}, Expressions: [{{Key: t, Condition: Equals, Value: U}}]}}")
    };
    for (quantifier, some, all, empty, absent, single) in [
        ("AnyElement", true, true, false, false, false),
        ("AllElements", false, true, true, true, true),
        ("NoElement", false, false, true, true, true),
        ("OnlyOneElement", true, true, false, false, false),
    ] {
        let predicate = read_yaml(&one(quantifier));
        assert_eq!(holds(&predicate, &json!({"l": [{"t": "V"}, {"t": "U"}]})), some, "{quantifier}");
        assert_eq!(holds(&predicate, &json!({"l": [{"t": "U"}]})), all, "{quantifier}");
        assert_eq!(holds(&predicate, &json!({"l": []})), empty, "{quantifier}");
        assert_eq!(holds(&predicate, &json!({})), absent, "{quantifier}");
        assert_eq!(holds(&predicate, &json!({"l": {"t": "U"}})), single, "{quantifier}");
    }
}

#[test]
fn every_key_form_finds_its_value() {
    check(&[
        ("{DeepKey: [a, 0, b], Condition: Equals, Value: x}", json!({"a": [{"b": "x"}]}), true),
        ("{KeyPath: 'a[0].b', Condition: Equals, Value: x}", json!({"a": [{"b": "x"}]}), true),
        ("{KeyPath: 'a[*].b', Condition: Contains, Value: x}", json!({"a": [{"b": "y"}, {"b": "x"}]}), true),
        ("{KeyPath: 'a[*].b', Condition: Equals, Value: x}", json!({"a": [{"b": "x"}]}), false),
        ("{KeyPath: '\"odd-key\".x', Condition: Equals, Value: 1}", json!({"odd-key": {"x": 1}}), true),
        (
            "{Enrichment: {Table: tor, Selector: ip, FieldPath: name}, Condition: Equals, Value: n}",
            json!({"p_enrichment": {"tor": {"ip": {"name": "n"}}}}),
            true,
        ),
    ]);
}

#[test]
fn keys_of_an_event_are_case_insensitive() {
    check(&[(
        "{KeyPath: useridentity.TYPE, Condition: Equals, Value: Root}",
        json!({"userIdentity": {"type": "Root"}}),
        true,
    )]);
}

#[test]
fn on_and_off_and_dates_are_text_in_yaml_1_2() {
    check(&[
        ("- {Key: mfa, Condition: Equals, Value: on}", json!({"mfa": "on"}), true),
        ("- {Key: mfa, Condition: Equals, Value: on}", json!({"mfa": true}), false),
        ("- {Key: mfa, Condition: Equals, Value: no}", json!({"mfa": "no"}), true),
        ("- {Key: day, Condition: Equals, Value: 2024-01-31}", json!({"day": "2024-01-31"}), true),
    ]);
}

fn python(text: &str, event: Json) -> bool {
    let (types, registry) = (TypeMap::default(), Registry::default());
    let context = ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    let read = registry.get("python").unwrap().read(text, &context).unwrap();
    assert!(read.unread.is_empty(), "{text}: {:?}", read.unread);
    holds(&read.logic.as_filter().unwrap(), &event)
}

#[test]
fn rule_must_return_exactly_a_bool() {
    let rule = "def rule(event):\n    return event.get('a')\n";
    assert!(python(rule, json!({"a": true})));
    for other in [json!({"a": "x"}), json!({"a": 1}), json!({})] {
        assert!(!python(rule, other.clone()), "{other}");
    }
}

#[test]
fn a_default_is_for_an_absent_key_and_deep_get_for_null_too() {
    let get = "def rule(event):\n    return event.get('a', 'x') == 'x'\n";
    assert!(python(get, json!({})) && !python(get, json!({"a": null})));
    let deep = "def rule(event):\n    return event.deep_get('a', 'b', default='x') == 'x'\n";
    assert!(python(deep, json!({})) && python(deep, json!({"a": {"b": null}})));
}

/// Reads a rule file as the command does.
fn read_file(path: &Path) -> (Vec<ReadRule>, Vec<ruleglot::diagnostic::Diagnostic>) {
    let file = SourceFile::open(path).unwrap();
    let folder = path.parent().unwrap();
    let (registry, helpers, siblings) = (Registry::default(), Repository::above(folder), Folder(folder.to_owned()));
    let env = ReadEnv { registry: &registry, helpers: &helpers, siblings: &siblings, types: &UntypedSource };
    platform::read(&file, Format::PantherYaml, &env).unwrap()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.file_name().unwrap().to_string_lossy().starts_with('.') {
            found.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|name| name == "yml" || name == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_corpus_is_read_whole_and_its_tests_pass() {
    let mut seen = 0;
    for path in yaml_files(&root().join("corpus/panther")) {
        let (rules, diagnostics) = read_file(&path);
        assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", path.display());
        let detection = rules[0].detection().unwrap();
        assert!(detection.unread.is_empty(), "{}: {:?}", path.display(), detection.unread);
        let condition = detection.logic.as_filter().unwrap();
        let verdicts = |expected: bool| detection.tests.iter().filter(|test| test.expected == expected).count();
        assert!(verdicts(true) > 0 && verdicts(false) > 1, "{}", path.display());
        for test in &detection.tests {
            assert_eq!(holds(&condition, &test.event), test.expected, "{}: {}", path.display(), test.name);
        }
        seen += 1;
    }
    assert!(seen >= 9);
}

#[test]
fn the_invite_rule_says_what_its_page_says_and_what_the_page_left_out() {
    let (rules, _) = read_file(&root().join("corpus/panther/azure_invite_external_users.yml"));
    let detection = rules[0].detection().unwrap();
    assert_eq!(detection.meta.id.as_deref(), Some("Azure.Audit.InviteExternalUsers"));
    assert_eq!(detection.meta.severity, Some(ruleglot::model::Severity::Low));
    assert_eq!(detection.log_sources[0].names, ["Azure.Audit"]);
    assert_eq!(detection.attack[0].tactic.as_deref(), Some("TA0001"));
    assert_eq!(detection.attack[0].technique.as_deref(), Some("T1078"));
    let mut names: Vec<&str> = detection.outputs.iter().map(|output| output.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "actor_id",
            "actor_upn",
            "category",
            "operationName",
            "source_ip_address",
            "target_id",
            "target_name",
            "value"
        ]
    );
    let shown = ruleglot::dialect::condition::print(
        &detection.logic.as_filter().unwrap(),
        &TypeMap::default(),
        ruleglot::dialect::condition::Detail::Brief,
    );
    for part in ["\"success\"", "\"Invite external user\"", "ends_with", "userPrincipalName"] {
        assert!(shown.contains(part), "{shown}");
    }
}

fn write_again(rule: &ReadRule) -> Option<(Written, String)> {
    let detection = rule.detection()?;
    let types = TypeMap::default();
    let dialect = Registry::default().get(rule.dialect()?)?;
    let target = dialect.target()?;
    let planned = ruleglot::plan::plan(&detection.logic, &detection.unread, target, &types).ok()?;
    let context = ruleglot::dialect::WriteContext { types: &types, tables: &[], detection: Some(detection) };
    let query = dialect.write(&planned.logic, &context);
    let bundle: Bundle = detection.clone().into();
    let request = WriteRequest {
        bundle: &bundle,
        source: Some(PlatformId::Panther),
        format: OutputFormat::Yaml,
        dialect: dialect.name(),
        query: &query,
        carried: false,
        attack: None,
        columns: &Columns::Unknown,
        sources: &[],
        connectors: &[],
    };
    Some((ruleglot::platform::panther::Panther.write(&request), query))
}

#[test]
fn a_rule_written_again_loses_nothing() {
    for path in yaml_files(&root().join("corpus/panther")) {
        let (rules, _) = read_file(&path);
        if rules[0].dialect() != Some("panther") {
            continue;
        }
        let (written, _) = write_again(&rules[0]).unwrap();
        assert!(written.losses.is_empty(), "{:?}", written.losses);
        let text = &written.files[0].text;
        let again = parse_yaml(text).unwrap().root.to_json();
        let own = parse_yaml(&std::fs::read_to_string(&path).unwrap()).unwrap().root.to_json();
        for (key, value) in own.as_object().unwrap() {
            assert_eq!(again.get(key), Some(value), "{}: {key}", path.display());
        }
        assert_eq!(again.as_object().unwrap().len(), own.as_object().unwrap().len(), "{}", path.display());
    }
}

/// A rule of another platform, written for Panther.
fn foreign(dialect: &str, query: &str) -> Written {
    let mut detection = ruleglot::platform::placeholder();
    detection.meta.id = Some("0b1c".into());
    detection.meta.title = Some("Guests & partners <invited>".into());
    detection.meta.severity = Some(ruleglot::model::Severity::Informational);
    detection.meta.false_positives = vec!["Planned projects".into()];
    detection.meta.references = vec!["https://example.com/a".into(), "https://example.com/b".into()];
    for (tactic, technique) in
        [(Some("Persistence"), Some("T1098")), (None, Some("T1078.004")), (Some("Initial Access"), None)]
    {
        detection.attack.push(ruleglot::model::AttackRef {
            tactic: tactic.map(str::to_owned),
            technique: technique.map(str::to_owned),
            written: "x".into(),
            span: None,
        });
    }
    detection.tests.push(ruleglot::model::TestCase {
        name: "a match".into(),
        event: json!({"operationName": "on"}),
        expected: true,
        mocked: false,
    });
    let bundle: Bundle = detection.into();
    ruleglot::platform::panther::Panther.write(&WriteRequest {
        bundle: &bundle,
        source: Some(PlatformId::Sentinel),
        format: OutputFormat::Yaml,
        dialect,
        query,
        carried: false,
        attack: None,
        columns: &Columns::Unknown,
        sources: &["Azure.Audit".to_owned()],
        connectors: &[],
    })
}

#[test]
fn a_rule_of_another_platform_gets_a_whole_panther_rule() {
    let written = foreign("panther", "- Key: operationName\n  Condition: Equals\n  Value: 'on'\n");
    let rule = parse_yaml(&written.files[0].text).unwrap().root.to_json();
    assert_eq!(rule["RuleID"], "Azure.Audit.GuestsPartnersInvited");
    assert_eq!(rule["DisplayName"], "Guests partners invited");
    assert_eq!(rule["Severity"], "Info");
    assert_eq!(rule["Reports"]["MITRE ATT&CK"][0], "TA0003:T1098");
    assert!(rule["Reports"]["MITRE ATT&CK"][1].as_str().unwrap().ends_with(":T1078.004"));
    assert_eq!(rule["Detection"][0]["Value"], "on");
    assert_eq!(rule["Tests"][0]["ExpectedResult"], true);
    assert!(rule["Runbook"].as_str().unwrap().contains("Planned projects"));
    let keys: Vec<&str> = rule.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.first(), Some(&"AnalysisType"));
    assert_eq!(keys.last(), Some(&"Tests"));
    let code = foreign("python", "def rule(event):\n    return True\n");
    assert_eq!(code.files.len(), 2);
    assert_eq!(code.files[1].role, Role::Code);
    assert!(code.files[0].text.contains(&format!("Filename: {STEM}.py")));
}

#[test]
fn written_rules_pass_panthers_own_schema() {
    let Some(mut judge) = judge() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut texts = vec![
        foreign("panther", "- Key: operationName\n  Condition: Equals\n  Value: x\n").files[0].text.clone(),
        foreign("python", "def rule(event):\n    return True\n").files[0].text.clone(),
    ];
    for path in yaml_files(&root().join("corpus/panther")) {
        let (rules, _) = read_file(&path);
        texts.extend(write_again(&rules[0]).map(|(written, _)| written.files[0].text.clone()));
    }
    judge.arg("--schema");
    for (at, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("rule{at}.yml"));
        std::fs::write(&path, text.replace(STEM, "rule")).unwrap();
        judge.arg(path);
    }
    let output = judge.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A small seeded generator: the same seed gives the same events.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Expressions that the judge and the written semantics agree on; `a` and `b` are the fields, `l` a list.
fn expressions() -> Vec<String> {
    let mut found = Vec::new();
    for condition in [
        "Equals",
        "DoesNotEqual",
        "IEquals",
        "StartsWith",
        "DoesNotStartWith",
        "EndsWith",
        "IStartsWith",
        "IEndsWith",
        "Contains",
        "DoesNotContain",
        "IContains",
        "IDoesNotContain",
        "IDoesNotStartWith",
        "Has",
    ] {
        for value in ["ab", "'1'", "''", "AB"] {
            found.push(format!("{{Key: a, Condition: {condition}, Value: {value}}}"));
            found.push(format!("{{KeyPath: n.a, Condition: {condition}, Value: {value}}}"));
        }
    }
    for condition in
        ["Equals", "DoesNotEqual", "IsGreaterThan", "IsGreaterThanOrEquals", "IsLessThan", "IsLessThanOrEquals"]
    {
        for value in ["1", "0", "1.5", "-3"] {
            found.push(format!("{{Key: a, Condition: {condition}, Value: {value}}}"));
        }
    }
    for condition in ["Exists", "DoesNotExist", "IsNull", "IsNotNull", "IsNullOrEmpty", "IsNotNullOrEmpty"] {
        found.push(format!("{{Key: a, Condition: {condition}}}"));
        found.push(format!("{{KeyPath: n.a, Condition: {condition}}}"));
        found.push(format!("{{KeyPath: 'l[0].t', Condition: {condition}}}"));
    }
    for condition in ["IsIn", "IsNotIn"] {
        found.push(format!("{{Key: a, Condition: {condition}, Values: [ab, '1']}}"));
        found.push(format!("{{KeyPath: n.a, Condition: {condition}, Values: [1, 2]}}"));
    }
    for condition in ["IsIPAddress", "IsIPv4Address", "IsIPv6Address", "IsIPAddressPublic", "IsIPAddressPrivate"] {
        found.push(format!("{{Key: ip, Condition: {condition}}}"));
    }
    for network in ["10.0.0.0/8", "'fd00::/8'", "192.0.2.1"] {
        found.push(format!("{{Key: ip, Condition: IsIPAddressInCIDR, Value: {network}}}"));
        found.push(format!("{{Key: ip, Condition: IsNotIPAddressInCIDR, Value: {network}}}"));
    }
    for condition in ["AnyElement", "AllElements", "NoElement", "OnlyOneElement"] {
        found.push(format!(
            "{{Key: l, Condition: {condition}, Expressions: [{{Key: t, Condition: Equals, Value: ab}}, {{Key: u, Condition: DoesNotEqual, Value: 1}}]}}"
        ));
    }
    for condition in ["Equals", "DoesNotEqual", "IEquals", "StartsWith", "IDoesNotEndWith"] {
        found.push(format!("{{Condition: {condition}, Values: [{{Key: a}}, {{KeyPath: n.a}}]}}"));
    }
    let simple = found.clone();
    let mut random = Random(20_261_121);
    for _ in 0..300 {
        let mut pick = || simple[random.below(simple.len())].clone();
        let (one, two, three) = (pick(), pick(), pick());
        let (outer, inner) =
            (["All", "Any", "OnlyOne", "None"][random.below(4)], ["All", "Any", "OnlyOne", "None"][random.below(4)]);
        found.push(format!("{{{outer}: [{one}, {{{inner}: [{two}, {three}]}}]}}"));
    }
    found
}

fn event(random: &mut Random) -> Json {
    let scalars = [
        json!("ab"),
        json!("AB"),
        json!("abx"),
        json!("xab"),
        json!("1"),
        json!(""),
        json!(1),
        json!(0),
        json!(1.5),
        json!(2),
        json!(-3),
        json!(true),
        json!(false),
        json!(null),
        json!({}),
        json!({"x": 1}),
    ];
    let addresses = ["10.1.2.3", "8.8.8.8", "fd00::1", "2001:4860::1", "192.0.2.1", "x", "", "10.1.2"];
    let mut event = serde_json::Map::new();
    let pick = |random: &mut Random| scalars[random.below(scalars.len())].clone();
    for key in ["a", "A"] {
        if random.below(3) > 0 {
            event.insert(key.to_owned(), pick(random));
            break;
        }
    }
    match random.below(4) {
        0 => {}
        1 => drop(event.insert("n".to_owned(), pick(random))),
        _ => drop(event.insert("n".to_owned(), json!({ "a": pick(random) }))),
    }
    if random.below(4) > 0 {
        event.insert("ip".to_owned(), json!(addresses[random.below(addresses.len())]));
    }
    match random.below(5) {
        0 => {}
        1 => drop(event.insert("l".to_owned(), pick(random))),
        count => {
            let items: Vec<Json> = (1..count).map(|_| json!({ "t": pick(random), "u": pick(random) })).collect();
            event.insert("l".to_owned(), Json::Array(items));
        }
    }
    Json::Object(event)
}

#[test]
fn the_judge_agrees_on_generated_events() {
    let Some(mut judge) = judge() else { return };
    let mut child =
        judge.arg("--server").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut random = Random(99);
    let mut asked = Vec::new();
    let mut input = String::new();
    for text in expressions() {
        let events: Vec<Json> = (0..60).map(|_| event(&mut random)).collect();
        let request = json!({ "yaml": format!("Detection:\n  - {text}\n"), "events": events });
        input.push_str(&format!("{request}\n"));
        asked.push((text, events));
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<Json> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), asked.len());
    let (mut agree, mut differ) = (0, Vec::new());
    for ((text, events), answer) in asked.iter().zip(&answers) {
        let predicate = read_yaml(&format!("Detection:\n  - {text}\n"));
        for (event, verdict) in events.iter().zip(answer["results"].as_array().unwrap()) {
            if holds(&predicate, event) == verdict["match"].as_bool().unwrap() {
                agree += 1;
            } else {
                differ.push(format!("{text} on {event}: the judge says {verdict}"));
            }
        }
    }
    println!("{agree} verdicts agree, {} differ", differ.len());
    assert!(
        differ.is_empty(),
        "{} of {}:\n{}",
        differ.len(),
        agree + differ.len(),
        differ[..differ.len().min(20)].join("\n")
    );
}

#[test]
fn every_yaml_of_panther_analysis_is_read() {
    let Some(folder) = analysis() else { return };
    let (mut rules, mut other, mut unread, mut tests) = (0, 0, 0, 0);
    let mut errors = Vec::new();
    for path in yaml_files(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.lines().any(|line| line.starts_with("AnalysisType:")) || path.starts_with(folder.join("templates")) {
            continue;
        }
        let file = SourceFile::open(&path).unwrap();
        let registry = Registry::default();
        let siblings = Folder(path.parent().unwrap().to_owned());
        let env = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &siblings, types: &UntypedSource };
        // The metadata half: the Python itself is the business of another sweep.
        let read = ruleglot::platform::panther::Panther.rules(&file, Format::PantherYaml, &env);
        for found in read.diagnostics.iter().chain(read.rules.iter().flat_map(|rule| &rule.diagnostics)) {
            if found.severity == ruleglot::diagnostic::Severity::Error {
                errors.push(format!("{}: {}", path.display(), found.message));
            }
        }
        if read.rules.is_empty() {
            other += 1;
        }
        for rule in read.rules {
            rules += 1;
            assert!(rule.detection.meta.id.is_some(), "{}", path.display());
            tests += rule.detection.tests.len();
            let yaml = rule.query.as_ref().is_some_and(|query| query.dialect == "panther");
            if rule.query.is_none() {
                unread += 1;
                let rule = ruleglot::platform::panther::Panther.logic(&file, rule, &env);
                assert_ne!(
                    rule.detection().unwrap().unread[0].reason,
                    "the query has not been read",
                    "{}",
                    path.display()
                );
            } else if yaml {
                let rule = ruleglot::platform::panther::Panther.logic(&file, rule, &env);
                let detection = rule.detection().unwrap();
                let condition = detection.logic.as_filter().unwrap();
                for test in &detection.tests {
                    assert_eq!(holds(&condition, &test.event), test.expected, "{}: {}", path.display(), test.name);
                }
            }
        }
    }
    println!("{rules} rules with {tests} tests, {unread} without readable logic, {other} other documents");
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(rules > 1000 && other > 100);
}

#[test]
fn documents_without_readable_logic_are_named() {
    for (text, reason) in [
        (
            "AnalysisType: correlation_rule\nRuleID: A\nSeverity: High\nDetection:\n  - Sequence: []\n    Schedule: {RateMinutes: 20, TimeoutMinutes: 5}\n    LookbackWindowMinutes: 30\n",
            "Sequence",
        ),
        (
            "AnalysisType: scheduled_query\nQueryName: A\nEnabled: true\nQuery: SELECT 1\nSchedule: {RateMinutes: 30, TimeoutMinutes: 2}\n",
            "SQL",
        ),
        ("AnalysisType: rule\nRuleID: A\nBaseDetection: B\n", "derived from B"),
        ("AnalysisType: rule\nRuleID: A\nFilename: gone.py\nLogTypes: [X]\nSeverity: Low\n", "gone.py"),
    ] {
        let file = SourceFile::from_text("rule.yml", text);
        let registry = Registry::default();
        let env = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &UntypedSource };
        let (rules, _) = platform::read(&file, Format::PantherYaml, &env).unwrap();
        let detection = rules[0].detection().unwrap();
        assert_eq!(detection.meta.id.as_deref(), Some("A"));
        assert!(detection.unread[0].reason.contains(reason), "{:?}", detection.unread);
        assert_eq!(detection.logic, ruleglot::model::Logic::Unread(0));
    }
}
