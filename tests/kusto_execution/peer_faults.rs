//! Faults of other translators (spec/peer-faults.md), each with the right answer: the meaning on events, and the form in
//! the other language. Names: U and a number are faults of Uncoder, P of pySigma, R of rsigma.

use crate::shared::{condition, dialect, read, write};
use crate::translated::{rule, translate};
use ruleglot::diagnostic::Span;
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{
    Anchor, Case, Expr, FieldType, Logic, PlatformId, Predicate, RegexFlavour, Test, TestKind, TypeMap, Typing,
};
use ruleglot::platform::OutputFormat;
use ruleglot::translate::{FieldMode, FileForm, Goal};
use serde_json::{Value as Json, json};

/// 2024-06-15T12:00:00Z in ticks.
const NOW: i64 = 638_540_496_000_000_000;

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

/// A query in another language, names kept: these parts stand in it, and both select what the events say.
fn kept(from: &str, query: &str, given: &[(&str, &str)], to: &str, parts: &[&str], events: &Json) {
    let types = types(given);
    let found = translate(from, query, to, &types, true).unwrap_or_else(|error| panic!("{query}: {error}"));
    for part in parts {
        assert!(found.text.contains(part), "{part} is not in\n{}", found.text);
    }
    let back = condition(to, &found.text, &types);
    let sides = [(from, &found.condition), (to, &back)];
    for (language, condition) in sides {
        let context = Context::new(Access::of(dialect(language).platform()), &types, NOW);
        for pair in events.as_array().unwrap() {
            let got = matches(condition, &pair[0], &context);
            assert_eq!(got.ok(), pair[1].as_bool(), "{language} on {}\n{}", pair[0], found.text);
        }
    }
}

fn refused(from: &str, query: &str, to: &str) -> String {
    match translate(from, query, to, &types(&[]), true) {
        Ok(found) => panic!("{query} is written as {}", found.text),
        Err(reason) => reason,
    }
}

#[test]
fn u1_in_kusto() {
    let events = json!([
        [{"event.category": "process", "process.name": "mknod"}, false], [{"process.name": "mknod"}, true],
        [{"event.category": "file", "process.name": "mknod"}, true], [{"event.category": "file"}, false]
    ]);
    let parts = ["['event.category'] != \"process\"", "['process.name'] == \"mknod\""];
    kept("kuery", "not event.category:process and process.name:mknod", &[], "kusto", &parts, &events);
    kept("lucene", "NOT event.category:process AND process.name:mknod", &[], "kusto", &parts, &events);
}

#[test]
fn u2_in_kusto() {
    let events =
        json!([[{"process.name": "cmd.exe"}, true], [{"event.category": "network"}, true], [{"x": "or"}, false]]);
    let parts = ["['process.name'] == \"cmd.exe\" or ['event.category'] == \"network\""];
    kept("kuery", "process.name:cmd.exe or event.category:network", &[], "kusto", &parts, &events);
}

#[test]
fn u3_in_kusto() {
    let events = json!([[{"tags": ["B", "A"]}, true], [{"tags": ["A"]}, false], [{"tags": ["A\" and \"B"]}, false]]);
    let parts = ["set_has_element(tags, \"A\")", "set_has_element(tags, \"B\")"];
    kept("kuery", "tags:(\"A\" and \"B\")", &[("tags", "keyword[]")], "kusto", &parts, &events);
}

#[test]
fn u4_in_kusto() {
    let events = json!([[{"process.name": "a"}, true], [{"process.name": "b"}, false], [{"process.name": "a and not b"}, false]]);
    kept("kuery", "process.name:(a and not b)", &[], "kusto", &["['process.name'] == \"a\""], &events);
}

#[test]
fn u5_in_kusto() {
    let events = json!([
        [{"event.action": "google.x.CreateBadRule"}, true], [{"event.action": "google.*.Create*Rule"}, true],
        [{"event.action": "google.x.Create"}, false], [{"event.action": "googlexx.CreateRule"}, false]
    ]);
    let parts = [r"matches regex", r"google\..*\.Create.*Rule"];
    kept("kuery", "event.action:google.*.Create*Rule", &[], "kusto", &parts, &events);
    let events = json!([[{"f": "xaybz"}, true], [{"f": "a*b"}, true], [{"f": "ba"}, false]]);
    kept("kuery", "f:*a*b*", &[], "kusto", &["f matches regex"], &events);
}

#[test]
fn u6_and_p2_a_missing_text_is_empty_in_kusto() {
    let events = json!([[{}, true], [{"f": "*"}, false], [{"f": "x"}, false]]);
    for (language, query) in [("kuery", "not f:*"), ("lucene", "NOT _exists_:f"), ("eql", "any where f == null")] {
        kept(language, query, &[], "kusto", &["| where isempty(f)"], &events);
    }
    let events = json!([[{}, true], [{"n": 0}, false]]);
    kept("kuery", "not n:*", &[("n", "long")], "kusto", &["| where isnull(n)"], &events);
}

#[test]
fn u7_in_kusto() {
    let events = json!([[{"source.ip": "10.2.3.4"}, true], [{"source.ip": "11.0.0.1"}, false], [{}, false]]);
    let parts = ["ipv4_is_in_range(['source.ip'], \"10.0.0.0/8\")"];
    kept("kuery", "source.ip:10.0.0.0/8", &[("source.ip", "ip")], "kusto", &parts, &events);
    let events = json!([[{"source.ip": "10.2.3.4"}, false], [{"source.ip": "11.0.0.1"}, true], [{}, true]]);
    kept("kuery", "not source.ip:10.0.0.0/8", &[("source.ip", "ip")], "kusto", &["!= true"], &events);
}

#[test]
fn u8_in_kusto() {
    let events = json!([[{"user_agent.original": "curl"}, true], [{"user_agent.original": "curl/8"}, false]]);
    kept("kuery", "user_agent.original:curl", &[], "kusto", &["['user_agent.original'] == \"curl\""], &events);
}

const WINDOWS_RULE: &str = r#"
[metadata]
creation_date = "2024/01/01"
integration = ["endpoint", "windows"]
maturity = "production"
updated_date = "2024/01/01"

[rule]
author = ["A"]
description = "An archive tool packs a share."
from = "now-9m"
index = ["logs-endpoint.events.process-*"]
language = "LANGUAGE"
license = "Elastic License v2"
name = "Archive tool packs a share"
risk_score = 47
rule_id = "7a1f2f3e-0000-4000-8000-0000000000aa"
severity = "medium"
timestamp_override = "event.ingested"
type = "TYPE"
query = '''
QUERY
'''
THREAT
"#;

fn windows_rule(kind: &str, language: &str, query: &str, more: &str) -> String {
    WINDOWS_RULE.replace("LANGUAGE", language).replace("TYPE", kind).replace("QUERY", query).replace("THREAT", more)
}

#[test]
fn u9_arguments_are_no_auditd_field() {
    let text = windows_rule("query", "kuery", "event.category:process and process.name:rar.exe and process.args:a", "");
    for platform in [PlatformId::Sentinel, PlatformId::Panther] {
        let found = rule("rule.toml", &text, Goal::Platform(platform), FileForm::Rule(None), FieldMode::Map);
        for file in &found.files {
            assert!(!file.text.contains("a3"), "{}", file.text);
        }
        // Where the platform keeps no list of arguments, the rule says so by the field's name.
        let said = found.unmapped.iter().any(|name| name.contains("process.args"))
            || found.losses.iter().any(|loss| loss.message.contains("process.args"))
            || !found.refusals.is_empty();
        let mapped = found.files.iter().any(|file| file.text.contains("CommandLine"));
        assert!(said || mapped, "{platform:?}: {:?} {:?}", found.verdict, found.refusals);
    }
}

#[test]
fn u10_a_list_over_lines_is_a_list() {
    let query = "process where process.name : (\n  \"a.exe\",\n  \"b.exe\"\n)";
    let events = json!([
        [{"event.category": "process", "process.name": "A.exe"}, true],
        [{"event.category": "process", "process.name": "b.exe"}, true],
        [{"event.category": "process", "process.name": "c.exe"}, false]
    ]);
    kept("eql", query, &[], "kusto", &["['process.name'] in~ (\"a.exe\", \"b.exe\")"], &events);
}

#[test]
fn u11_a_regular_expression_is_one() {
    let query = "process where process.name regex~ \"\"\"a[0-9]\"\"\"";
    let events = json!([
        [{"event.category": "process", "process.name": "A1"}, true],
        [{"event.category": "process", "process.name": "a10"}, false],
        [{"event.category": "process", "process.name": "a[0-9]"}, false]
    ]);
    kept("eql", query, &[], "kusto", &["matches regex \"(?i)^a[0-9]$\""], &events);
}

#[test]
fn u12_p6_the_category_and_the_case_stay() {
    let events = json!([
        [{"event.category": "process", "process.name": "cmd.exe"}, true],
        [{"event.category": "process", "process.name": "CMD.exe"}, false],
        [{"event.category": "file", "process.name": "cmd.exe"}, false]
    ]);
    let parts = ["['event.category'] == \"process\"", "['process.name'] == \"cmd.exe\""];
    kept("eql", "process where process.name == \"cmd.exe\"", &[], "kusto", &parts, &events);
    let parts = ["event.category:process", "process.name:cmd.exe"];
    kept("eql", "process where process.name == \"cmd.exe\"", &[], "lucene", &parts, &events);
    kept("eql", "process where process.name == \"cmd.exe\"", &[], "kuery", &parts, &events);
}

const SIGN_IN_RULE: &str = r#"
[metadata]
creation_date = "2024/01/01"
integration = ["azure"]
maturity = "production"
updated_date = "2024/01/01"

[rule]
author = ["A"]
description = "Many users fail to sign in from one address."
from = "now-60m"
interval = "30m"
index = ["logs-azure.signinlogs-*"]
language = "kuery"
license = "Elastic License v2"
name = "Password spraying"
risk_score = 47
rule_id = "7a1f2f3e-0000-4000-8000-0000000000ab"
severity = "medium"
type = "TYPE"
query = '''
data_stream.dataset:azure.signinlogs and azure.signinlogs.properties.app_display_name:"Azure Portal"
'''
MORE
"#;

fn sign_in_rule(kind: &str, more: &str) -> String {
    SIGN_IN_RULE.replace("TYPE", kind).replace("MORE", more)
}

#[test]
fn u13_a_threshold_and_new_terms_are_carried() {
    let threshold = sign_in_rule("threshold", "[rule.threshold]\nfield = [\"source.ip\"]\nvalue = 25\n");
    let distinct = sign_in_rule(
        "threshold",
        "[rule.threshold]\nfield = [\"source.ip\"]\nvalue = 1\n[[rule.threshold.cardinality]]\nfield = \"azure.signinlogs.properties.user_principal_name\"\nvalue = 10\n",
    );
    let new_terms = sign_in_rule(
        "new_terms",
        "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"source.ip\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-14d\"\n",
    );
    let sentinel = |text: &str| {
        let goal = Goal::Platform(PlatformId::Sentinel);
        let found = rule("rule.toml", text, goal, FileForm::Rule(None), FieldMode::Map);
        assert!(found.refusals.is_empty(), "{:?}", found.refusals);
        found.query.unwrap()
    };
    let text = sentinel(&threshold);
    assert!(text.contains("summarize Count = count() by IPAddress") && text.contains("Count >= 25"), "{text}");
    let text = sentinel(&distinct);
    assert!(text.contains("count_distinct(UserPrincipalName)") && text.contains(">= 10"), "{text}");
    let text = sentinel(&new_terms);
    assert!(text.contains("leftanti") && text.contains("ago(14d)"), "{text}");
    // A bare query of a language that cannot count is refused by name.
    for language in ["kuery", "lucene"] {
        for text in [&threshold, &distinct, &new_terms] {
            let found = rule("rule.toml", text, Goal::Dialect(language), FileForm::Query, FieldMode::Keep);
            assert!(found.files.is_empty(), "{:?}", found.query);
            assert!(found.refusals[0].message.contains("rule file"), "{:?}", found.refusals);
        }
    }
    // Elastic's own rule file keeps them.
    let found = rule("rule.toml", &threshold, Goal::Dialect("kuery"), FileForm::Rule(None), FieldMode::Map);
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    let file = &found.files[0].text;
    assert!(file.contains("type = \"threshold\"") && file.contains("value = 25"), "{file}");
    // Panther counts in its Threshold.
    let goal = Goal::Platform(PlatformId::Panther);
    let found = rule("rule.toml", &threshold, goal, FileForm::Rule(None), FieldMode::Map);
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    let file = &found.files[0].text;
    assert!(file.contains("Threshold: 25") && file.contains("DedupPeriodMinutes: 60"), "{file}");
}

#[test]
fn u14_u15_not_equal_is_one_negation() {
    let events = json!([[{"EventID": 4624}, false], [{"EventID": 4625}, true], [{}, true]]);
    let given = &[("EventID", "long")];
    for (to, part) in [("eql", "EventID != 4624"), ("lucene", "NOT EventID:4624"), ("kuery", "not EventID:4624")] {
        kept("kusto", "SecurityEvent | where EventID != 4624", given, to, &[part], &events);
    }
    kept("kusto", "SecurityEvent | where EventID != 4624", given, "esql", &[], &events);
}

#[test]
fn u16_a_list_that_let_defines_is_a_list() {
    let query = "let bad = dynamic([\"a\", \"b\"]);\nSecurityEvent\n| where Account in (bad)";
    let events = json!([[{"Account": "a"}, true], [{"Account": "b"}, true], [{"Account": "bad"}, false]]);
    for (to, part) in
        [("lucene", "Account:(a OR b)"), ("kuery", "Account:(a or b)"), ("eql", "Account in (\"a\", \"b\")")]
    {
        kept("kusto", query, &[], to, &[part], &events);
    }
}

#[test]
fn u17_a_count_is_no_field() {
    let query = "SecurityEvent | where EventID == 4625 | summarize c = count() by Account | where c > 10";
    for language in ["lucene", "kuery"] {
        let reason = refused("kusto", query, language);
        assert!(!reason.is_empty());
    }
    if let Ok(found) = translate("kusto", query, "esql", &types(&[]), true) {
        assert!(found.text.contains("STATS") && found.text.contains("10"), "{}", found.text);
    }
}

#[test]
fn u18_a_pipe_in_a_text_is_text() {
    let query = "SecurityEvent | where CommandLine contains \"a | where b\"";
    let events = json!([[{"CommandLine": "x A | where B y"}, true], [{"CommandLine": "a"}, false], [{"CommandLine": "b"}, false]]);
    kept("kusto", query, &[], "eql", &["a | where b"], &events);
    kept("kusto", query, &[], "lucene", &[], &events);
}

#[test]
fn u19_p5_a_suffix_is_a_suffix_and_its_dot_a_dot() {
    let events = json!([
        [{"Image": "C:\\x.EXE"}, true], [{"Image": "C:\\x.exe"}, true],
        [{"Image": "C:\\x.exe.txt"}, false], [{"Image": "C:\\xAexe"}, false]
    ]);
    for language in ["esql", "eql", "lucene"] {
        kept("kusto", "SecurityEvent | where Image endswith \".exe\"", &[], language, &[], &events);
    }
    kept("eql", "any where Image : \"*.exe\"", &[], "esql", &[], &events);
    kept("eql", "any where Image : \"*.exe\"", &[], "kusto", &["Image endswith \".exe\""], &events);
}

#[test]
fn u20_what_is_written_as_json_is_json_and_keeps_sub_techniques() {
    let threat = r#"
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
[[rule.threat.technique.subtechnique]]
id = "T1059.001"
name = "PowerShell"
reference = "https://attack.mitre.org/techniques/T1059/001/"
[[rule.threat.technique.subtechnique]]
id = "T1059.003"
name = "Windows Command Shell"
reference = "https://attack.mitre.org/techniques/T1059/003/"
"#;
    let text = windows_rule("query", "lucene", "event.category:process AND process.name:(a.exe OR b.exe)", threat);
    let form = |format| FileForm::Rule(Some(format));
    let kibana =
        rule("rule.toml", &text, Goal::Platform(PlatformId::Elastic), form(OutputFormat::Ndjson), FieldMode::Map);
    let line: Json = serde_json::from_str(kibana.files[0].text.trim()).unwrap();
    let found = line.to_string();
    assert!(found.contains("T1059.001") && found.contains("T1059.003"), "{found}");
    let arm = rule("rule.toml", &text, Goal::Platform(PlatformId::Sentinel), form(OutputFormat::Arm), FieldMode::Map);
    assert!(arm.refusals.is_empty(), "{:?}", arm.refusals);
    let written: Json = serde_json::from_str(&arm.files[0].text).unwrap();
    assert!(written.to_string().contains("T1059.001") && written.to_string().contains("T1059.003"), "{written}");
}

#[test]
fn u21_what_cannot_be_said_leaves_no_rest() {
    let query = "SecurityEvent\n| where Account == \"x\"\n| where geo_point_in_circle(\n    todouble(Longitude),\n    todouble(Latitude),\n    1.5,\n    2.5,\n    1000)";
    match translate("kusto", query, "lucene", &types(&[]), true) {
        Ok(found) => {
            assert_eq!(found.text, "Account:x");
            assert!(found.losses.iter().any(|loss| loss.message.contains("left out")), "{:?}", found.losses);
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
}

#[test]
fn u22_a_rule_is_read_in_the_language_that_it_names() {
    let registry = ruleglot::dialect::Registry::default();
    let types = ruleglot::platform::UntypedSource;
    let env = ruleglot::platform::ReadEnv {
        registry: &registry,
        helpers: &ruleglot::dialect::NoHelpers,
        siblings: &ruleglot::source::NoSiblings,
        types: &types,
    };
    for (kind, language, query) in [
        ("eql", "eql", "process where process.name : \"a.exe\""),
        ("query", "kuery", "process.name:a.exe and not user.name:b"),
        ("query", "lucene", "process.name:a.exe AND NOT user.name:b"),
        ("esql", "esql", "from logs-* metadata _id | where process.name == \"a.exe\""),
    ] {
        let text = windows_rule(kind, language, query, "");
        let file = ruleglot::source::SourceFile::from_text("rule.toml", text);
        let format = ruleglot::source::detect(&file).unwrap();
        let (rules, _) = ruleglot::platform::read(&file, format, &env).unwrap();
        assert_eq!(rules[0].dialect(), Some(language));
        assert!(rules[0].detection().unwrap().unread.is_empty(), "{:?}", rules[0].detection().unwrap().unread);
    }
}

#[test]
fn p3_a_word_without_a_field_is_searched_for() {
    let found = translate("lucene", "mimikatz", "kusto", &types(&[]), true);
    match found {
        Ok(found) => {
            assert!(!found.text.contains("where \"mimikatz\""), "{}", found.text);
            assert!(found.text.contains("* has \"mimikatz\""), "{}", found.text);
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
    if let Ok(found) = translate("lucene", "mimikatz", "eql", &types(&[]), true) {
        assert!(!found.text.contains("where \"mimikatz\""), "{}", found.text);
    }
}

#[test]
fn p4_a_wildcard_inside_keeps_its_case_mode() {
    let events = json!([[{"f": "xaYbz"}, false], [{"f": "A y B"}, true], [{"f": "ab"}, true]]);
    kept("eql", "any where f : \"a*b\"", &[], "kusto", &["(?is)^a.*b$"], &events);
    let events = json!([[{"f": "A y B"}, false], [{"f": "a y b"}, true]]);
    kept("kuery", "f:a*b", &[], "kusto", &["(?s)^a.*b$"], &events);
}

const AUDIT_RULE: &str = "id: 7a1f2f3e-0000-4000-8000-0000000000ac
name: An application gets a new secret
description: An application gets a new secret.
severity: Medium
requiredDataConnectors: []
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics:
  - Persistence
relevantTechniques:
  - T1098
query: |
  AuditLogs
  | where OperationName == \"Update application\"
version: 1.0.0
kind: Scheduled
";

#[test]
fn p6_the_log_source_is_carried() {
    let goal = Goal::Platform(PlatformId::Elastic);
    let found = rule("rule.yaml", AUDIT_RULE, goal, FileForm::Rule(None), FieldMode::Map);
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    let text = &found.files[0].text;
    assert!(text.contains("logs-azure.auditlogs-*") && !text.contains("from *"), "{text}");
    let text = sign_in_rule("query", "");
    let goal = Goal::Platform(PlatformId::Sentinel);
    let found = rule("rule.toml", &text, goal, FileForm::Rule(None), FieldMode::Map);
    assert!(found.query.as_deref().is_some_and(|query| query.starts_with("SigninLogs")), "{:?}", found.query);
}

#[test]
fn p8_a_cased_wildcard_a_count_of_values_and_a_time_span() {
    // A star in a test that keeps case is a star of `like`, not of `==`.
    let events = json!([[{"Image": "C:\\Git.EXE x"}, true], [{"Image": "C:\\git.exe"}, false]]);
    kept("kusto", "SecurityEvent | where Image contains_cs \"Git.EXE\"", &[], "eql", &[], &events);
    kept("kuery", "Image:*Git.EXE*", &[], "eql", &["like"], &events);
    // Distinct values are counted as such, or not at all.
    let distinct = "SecurityEvent | summarize n = dcount(Account) by Computer | where n >= 10";
    if let Ok(found) = translate("kusto", distinct, "eql", &types(&[]), true) {
        panic!("EQL counts no distinct values: {}", found.text);
    }
    if let Ok(found) = translate("kusto", distinct, "esql", &types(&[]), true) {
        assert!(found.text.contains("COUNT_DISTINCT"), "{}", found.text);
    }
    // The time span of a sequence stays.
    let sequence =
        "sequence by host.id with maxspan=5m [process where process.name == \"a\"] [file where file.name == \"b\"]";
    let found = translate("eql", sequence, "kusto", &types(&[]), true).unwrap();
    assert!(found.text.contains("+ 5m") && found.text.contains("['host.id']"), "{}", found.text);
}
