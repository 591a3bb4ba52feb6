//! The five detections that started the project, translated to every platform, held against what is known of them:
//! verdicts, named losses, and the conditions that must stand in the output. Judges of others confirm where installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod judges;

use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::Command;

const INVITE: &str = "corpus/panther/azure_invite_external_users.yml";
const NEW_INVITER: &str = "corpus/kusto/guest_invites_by_new_inviters.yaml";
const GUEST_NAME: &str = "corpus/kuery/external_guest_invitation.toml";
const UNREDEEMED: &str = "corpus/kusto/unredeemed_guest_invites.yaml";
const PRIVILEGED: &str = "corpus/kusto/guest_performs_privileged_operation.yaml";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where the shared material lies; `None`, with a line that says so, where it is absent.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("RULEGLOT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no shared material at {}", folder.display());
    None
}

struct Translated {
    query: String,
    rule: Json,
}

/// One rule translated; the query is empty where it is refused.
fn translate(file: &str, to: &str) -> Translated {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json").display().to_string();
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .args(["translate", file, "--to", to, "--format", "query", "--report", &report])
        .current_dir(root())
        .output()
        .unwrap();
    let report: Json = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    Translated { query: String::from_utf8(run.stdout).unwrap(), rule: report["rules"][0].clone() }
}

fn codes(rule: &Json) -> Vec<String> {
    let list = |key: &str| rule[key].as_array().cloned().unwrap_or_default();
    list("losses").iter().chain(&list("refusals")).map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
}

/// Rule, target, verdicts that are right, texts that the query must hold.
const TABLE: &[(&str, &str, &[&str], &[&str])] = &[
    (
        INVITE,
        "sentinel",
        &["approximate"],
        &[
            "OperationName == \"Invite external user\"",
            "Result == \"success\"",
            "tostring(AdditionalDetails[-1].value) !endswith_cs tostring(",
            "split(tostring(InitiatedBy.user.userPrincipalName), \"@\")[-1]",
            "isnotempty(tostring(InitiatedBy.user.userPrincipalName))",
        ],
    ),
    (
        INVITE,
        "esql",
        &["approximate"],
        &[
            "ENDS_WITH",
            "COALESCE(MV_LAST(azure.auditlogs.properties.additional_details.value), \"\")",
            "azure.auditlogs.operation_name == \"Invite external user\"",
        ],
    ),
    (INVITE, "elastic", &["approximate"], &["azure.auditlogs.operation_name", "event.outcome"]),
    (GUEST_NAME, "sentinel", &["exact"], &["mv-apply", "\"guest\""]),
    (GUEST_NAME, "panther", &["exact"], &["guest"]),
    (GUEST_NAME, "elastic", &["exact"], &["display_name:guest"]),
    (NEW_INVITER, "sentinel", &["exact"], &["!in", "AuditLogs", "Inviter = "]),
    (UNREDEEMED, "sentinel", &["exact"], &["leftanti", "ago(5d)"]),
    (PRIVILEGED, "sentinel", &["exact", "approximate"], &["join kind=inner", "tostring(InitiatedBy.user.ipAddress)"]),
    (NEW_INVITER, "panther", &["approximate", "refused"], &[]),
    (NEW_INVITER, "elastic", &["approximate", "refused"], &[]),
    (UNREDEEMED, "panther", &["approximate", "refused"], &[]),
    (UNREDEEMED, "elastic", &["approximate", "refused"], &[]),
    (PRIVILEGED, "panther", &["approximate", "refused"], &[]),
    (PRIVILEGED, "elastic", &["approximate", "refused"], &[]),
];

#[test]
fn the_five_detections_to_every_other_platform() {
    for (file, to, verdicts, parts) in TABLE {
        let found = translate(file, to);
        let verdict = found.rule["verdict"].as_str().unwrap();
        assert!(verdicts.contains(&verdict), "{file} to {to}: {verdict}: {:#}", found.rule);
        for part in *parts {
            assert!(found.query.contains(part), "{file} to {to}: no `{part}` in\n{}", found.query);
        }
        let named = codes(&found.rule);
        let differs = found.rule["losses"].as_array().unwrap().iter().any(|loss| loss["scope"] == "match");
        if verdict != "refused" {
            assert_eq!(verdict == "approximate", differs, "{file} to {to}: {:#}", found.rule);
        }
        if verdict != "exact" {
            assert!(!named.is_empty(), "{file} to {to}: {verdict} without a reason");
        }
        assert!(!named.iter().any(|code| code == "verification-failed"), "{file} to {to}: {:#}", found.rule);
    }
}

#[test]
fn the_last_of_the_details_is_a_named_loss() {
    assert!(codes(&translate(INVITE, "sentinel").rule).contains(&"kusto-last".to_owned()));
    assert!(codes(&translate(INVITE, "esql").rule).contains(&"esql-multi-value".to_owned()));
}

/// The page of a catalogue and the rule behind it show the same outputs.
#[test]
fn a_catalogue_page_is_read_as_the_rule_it_shows() {
    let Some(shared) = shared() else { return };
    let Ok(folder) = std::fs::read_dir(shared.join("seeds")) else {
        println!("skipped: no seeds");
        return;
    };
    let page = folder
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("000_")));
    let Some(page) = page else {
        println!("skipped: no page");
        return;
    };
    let explain = |path: &str| -> Json {
        let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
            .args(["explain", path, "--format", "json"])
            .current_dir(root())
            .output()
            .unwrap();
        serde_json::from_slice::<Json>(&run.stdout).unwrap()[0].clone()
    };
    let (page, rule) = (explain(&page.display().to_string()), explain(INVITE));
    assert_eq!(page["outputs"], rule["outputs"], "eight fields with their sources");
    assert_eq!(page["outputs"].as_array().unwrap().len(), 8);
    assert_eq!(page["exclusions"].as_array().unwrap().len(), 2, "{page:#}");
    assert!(page["unread"][0]["reason"].as_str().unwrap().contains("imperative"), "{page:#}");
}
