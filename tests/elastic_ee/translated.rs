//! Queries translated as the command does it, their names kept.

use super::read;
use ruleglot::dialect::{NoHelpers, Registry};
use ruleglot::fields::Schemas;
use ruleglot::model::{Detection, FieldTypes, Logic, Loss, PlatformId, Predicate, TypeMap};
use ruleglot::platform::{ReadEnv, TypeSource};
use ruleglot::source::NoSiblings;
use ruleglot::translate::{Env, FieldMode, FileForm, Goal, Options, translate_query};

/// What came of a query.
pub struct Translated {
    /// The query.
    pub text: String,
    /// What was lost.
    pub losses: Vec<Loss>,
    /// What is claimed.
    pub verdict: &'static str,
}

struct Same<'a>(&'a TypeMap);

impl TypeSource for Same<'_> {
    fn types(&self, _platform: PlatformId, _sources: &[String]) -> Box<dyn FieldTypes + '_> {
        Box::new(self.0.clone())
    }
}

/// A query written in another language, verified; the reasons where it is refused.
pub fn translate(from: &str, query: &str, to: &str, types: &TypeMap) -> Result<Translated, String> {
    let registry = Registry::default();
    let found = super::read_typed(from, query, types);
    let mut detection = Detection::new(found.logic);
    detection.unread = found.unread;
    let source = Same(types);
    let env = Env {
        registry: &registry,
        schemas: Schemas::built_in(),
        types,
        read: ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &source },
    };
    let options = Options {
        goal: Goal::Dialect(to),
        form: FileForm::Query,
        fields: FieldMode::Keep,
        table: None,
        verify: true,
        attack: None,
    };
    let (from, to) = (registry.get(from).unwrap(), registry.get(to).unwrap());
    let found = translate_query(&detection, from.platform(), to, &env, &options).map_err(|refused| {
        refused.refusals.iter().map(|refusal| refusal.message.as_str()).collect::<Vec<_>>().join("; ")
    })?;
    Ok(Translated { text: found.text, losses: found.losses, verdict: found.verdict.name() })
}

/// A comment at a list of values is said once, however many tests the list becomes.
#[test]
fn a_comment_on_a_list_is_printed_once() {
    let types = TypeMap::default();
    let query = "process where process.args : (\"a*\", \"b*\", \"c\") // said once\n and process.name == \"x\"";
    for to in ["esql", "kusto", "eql"] {
        let found = translate("eql", query, to, &types).unwrap();
        assert_eq!(found.text.matches("said once").count(), 1, "{to}:\n{}", found.text);
    }
    let query = "FROM logs-* | WHERE // said once\n process.args IN (\"a\", \"b\", \"c\")";
    let found = translate("esql", query, "esql", &types).unwrap();
    assert_eq!(found.text.matches("said once").count(), 1, "{}", found.text);
    let query = "any where a.b : (\"x\", \"y?z\") // said once";
    let found = translate("eql", query, "esql", &types).unwrap();
    assert_eq!(found.text.matches("said once").count(), 1, "{}", found.text);
}

/// A text that a computed operand is may be empty, and every text ends with it; a missing one is the same to Kusto.
#[test]
fn an_empty_computed_operand_is_a_named_loss() {
    let query = "any where a.name == \"x\" and not endsWith(string(source.ip), string(host.ip))";
    let found = translate("eql", query, "kusto", &TypeMap::default()).unwrap_or_else(|reason| panic!("{reason}"));
    let wider = |loss: &&Loss| loss.code.name() == "kusto-empty" && loss.direction.name() == "wider";
    assert_eq!(found.losses.iter().filter(wider).count(), 1, "{:?}", found.losses);
}

/// What is left of a query that asks a language model.
const TRIAGE: &str = r#"FROM logs-*
| WHERE process.name == "curl"
| EVAL prompt = CONCAT("look at ", process.command_line)
| COMPLETION triage = prompt WITH {"inference_id": "m"}
| DISSECT triage "verdict=%{verdict} confidence=%{confidence}"
| EVAL verdict = TO_UPPER(verdict), host.id = TO_LOWER(host.id)
// only what is sure
| WHERE verdict IN ("TP", "SUSPICIOUS") AND TO_DOUBLE(confidence) > 0.7 AND user.name != "root" // not root
| SORT verdict
| KEEP host.name, verdict, user.name"#;

#[test]
fn what_depends_on_a_completion_is_unread_and_the_rest_is_read() {
    let found = read("esql", TRIAGE);
    let reasons: Vec<String> = found.unread.iter().map(|entry| format!("{} <- {}", entry.text, entry.reason)).collect();
    let of = |name: &str| format!("it depends on `{name}`, which comes of COMPLETION");
    assert_eq!(
        reasons[1..],
        [
            format!("DISSECT triage \"verdict=%{{verdict}} confidence=%{{confidence}}\" <- {}", of("triage")),
            format!("TO_UPPER(verdict) <- {}", of("verdict")),
            format!("verdict IN (\"TP\", \"SUSPICIOUS\") <- {}", of("verdict")),
            format!("TO_DOUBLE(confidence) > 0.7 <- {}", of("confidence")),
            format!("verdict <- {}", of("verdict")),
        ]
    );
    assert!(reasons[0].starts_with("COMPLETION triage = prompt WITH"), "{}", reasons[0]);
    for entry in &found.unread {
        let span = entry.span.unwrap();
        assert!(!TRIAGE[span.start..span.end].is_empty());
    }
    // The condition beside them is read.
    let Logic::Pipeline(pipeline) = &found.logic else { panic!() };
    let last = pipeline.steps.iter().rev().find_map(|step| match &step.kind {
        ruleglot::model::StepKind::Filter(condition) => Some(condition.clone()),
        _ => None,
    });
    let Some(Predicate::All(items)) = last else { panic!("{last:?}") };
    assert_eq!(items.iter().filter(|item| matches!(item, Predicate::Unread { .. })).count(), 2);
    assert!(items.iter().any(|item| matches!(item, Predicate::Not(_))), "{items:?}");
}

#[test]
fn what_was_not_read_stands_in_esql_as_it_was_written_and_is_left_out_elsewhere() {
    let types = TypeMap::default();
    let found = translate("esql", TRIAGE, "esql", &types).unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(found.verdict, "approximate");
    for part in [
        "| COMPLETION triage = prompt WITH {\"inference_id\": \"m\"}\n",
        "| DISSECT triage \"verdict=%{verdict} confidence=%{confidence}\"\n",
        "verdict = TO_UPPER(verdict),",
        "verdict IN (\"TP\", \"SUSPICIOUS\")",
        "TO_DOUBLE(confidence) > 0.7",
        "| SORT verdict",
        "| KEEP host.name, verdict, user.name",
        "// only what is sure",
        "// not root",
    ] {
        assert!(found.text.contains(part), "{part}\n{}", found.text);
    }
    let codes: Vec<&str> = found.losses.iter().map(|loss| loss.code.name()).collect();
    assert!(codes.iter().all(|code| *code == "carried-as-written"), "{codes:?}");
    assert_eq!(codes.len(), 6, "{:?}", found.losses);
    let found = translate("esql", TRIAGE, "kusto", &types).unwrap_or_else(|reason| panic!("{reason}"));
    assert!(!found.text.contains("verdict") && found.text.contains("root"), "{}", found.text);
    let codes: Vec<&str> = found.losses.iter().map(|loss| loss.code.name()).collect();
    assert!(codes.contains(&"condition-left-out") && codes.contains(&"column-left-out"), "{codes:?}");
}

#[test]
fn a_lookup_may_replace_every_column_but_its_keys() {
    for (commands, unread) in [
        ("LOOKUP JOIN threats ON source.ip | WHERE threat.name IS NOT NULL AND source.ip == \"10.0.0.1\"", 2),
        ("ENRICH hosts ON host.name WITH owner | WHERE owner == \"a\" AND user.name == \"b\"", 2),
        ("ENRICH hosts ON host.name WITH o = owner | WHERE owner == \"a\" AND o == \"b\"", 2),
        ("ENRICH hosts ON host.name | WHERE host.name == \"a\" AND user.name == \"b\"", 2),
        ("URI_PARTS p = url | WHERE p.domain == \"a\" OR parts == \"b\"", 2),
        ("STATS c = COUNT(*) BY host.name | COMPLETION c WITH {\"inference_id\": \"m\"} | WHERE c > 5", 1),
        ("SAMPLE 0.1 | WHERE a == 1", 1),
        ("LIMIT 3 BY a | WHERE a == 1", 1),
        ("WHERE a IN (FROM b | KEEP c) AND d == 1", 1),
        ("EVAL a = NOSUCH(b), c = b | WHERE a == 1 AND c == 1", 2),
    ] {
        let found = read("esql", &format!("FROM logs-* | {commands}"));
        assert_eq!(found.unread.len(), unread, "{commands}: {:?}", found.unread);
    }
    let found = read("esql", "SET time_zone = \"Europe/Berlin\"; FROM logs-* | WHERE a == 1");
    assert_eq!(found.unread[0].text, "SET time_zone = \"Europe/Berlin\";");
    let found = translate("esql", "SET x = 1; FROM logs-* | WHERE a == 1", "esql", &TypeMap::default()).unwrap();
    assert!(found.text.starts_with("SET x = 1;\nFROM logs-*"), "{}", found.text);
}
