//! The command as a person uses it: exit statuses, diagnostics, files, and what the README shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use serde_json::{Value as Json, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn ruleglot(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The fenced blocks of a Markdown text: language and content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((language.to_owned(), content.join("\n")));
        }
    }
    found
}

#[test]
fn the_readme_shows_what_the_program_does() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    let of = |language: &str| -> Vec<String> {
        blocks.iter().filter(|(name, _)| name == language).map(|(_, text)| text.clone()).collect()
    };
    let commands = of("sh");
    assert_eq!(commands.len(), 2, "exactly two commands");
    let words: Vec<&str> = commands[0].strip_prefix("cargo run -- ").unwrap().split(' ').collect();
    let run = ruleglot(&words);
    assert_eq!(status(&run), 0, "{}", err(&run));
    let after = &of("yaml")[0];
    assert!(out(&run).contains(after.as_str()), "the README's output is not what is written:\n{}", out(&run));
    assert!(err(&run).contains(": exact (panther)"), "{}", err(&run));
    let rule = fs::read_to_string(root().join("corpus/kuery/external_guest_invitation.toml")).unwrap();
    assert!(rule.contains(of("kuery")[0].as_str()), "the README's rule is not the corpus rule");
    assert_eq!(commands[1], "cargo test");
    let check = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(check.contains("cargo test"), ".ci/run runs the second command");
}

#[test]
fn the_corpus_passes_its_own_tests() {
    let run = ruleglot(&["test", "corpus", "--format", "json"]);
    let answer: Json = serde_json::from_str(&out(&run)).unwrap();
    assert_eq!(answer["failed"], 0, "{answer:#}");
    assert!(answer["passed"].as_u64().unwrap() >= 37, "{answer:#}");
    assert_eq!(status(&run), 0);
}

#[test]
fn wrong_input_gives_one_diagnostic_each_and_good_files_are_still_translated() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put("binary.toml", b"[rule]\0\0\x01\x02");
    put("empty.yml", b"");
    put("tabs.yaml", b"id: x\nquery: |\n\tT\nqueryPeriod: 1d\n");
    put("unclosed.kuery", b"a:(b or c");
    put("large.kql", &vec![b'a'; 10 << 20]);
    put("deep.kuery", format!("{}a:b{}", "(".repeat(10_000), ")".repeat(10_000)).as_bytes());
    put("good.kuery", b"a:b and not c:d\n");
    let path = folder.path().display().to_string();
    let run = ruleglot(&["translate", &path, "--to", "lucene", "--fields", "keep", "--format", "query"]);
    assert_eq!(status(&run), 2, "{}", err(&run));
    assert!(out(&run).contains("a:b AND NOT c:d"), "{}", out(&run));
    for (name, code) in [
        ("binary.toml", "binary-file"),
        ("empty.yml", "empty-file"),
        ("tabs.yaml", "yaml"),
        ("unclosed.kuery", "unclosed"),
        ("large.kql", "file-too-large"),
        ("deep.kuery", "too-deep"),
    ] {
        let text = err(&run);
        let about: Vec<&str> = text.split("\nerror").filter(|part| part.contains(name)).collect();
        assert_eq!(about.len(), 1, "{name}: one diagnostic, not {}:\n{text}", about.len());
        assert!(about[0].contains(code), "{name}: {code}:\n{}", about[0]);
    }
}

#[test]
fn unusable_command_lines_exit_2() {
    let run = ruleglot(&["translate", "corpus/kuery", "--to", "splunk"]);
    assert_eq!(status(&run), 2);
    assert!(err(&run).contains("unknown-dialect"), "{}", err(&run));
    assert_eq!(status(&ruleglot(&["translate", "/nowhere/at/all", "--to", "kuery"])), 2);
    assert_eq!(status(&ruleglot(&["frobnicate"])), 2);
}

#[test]
fn files_are_replaced_only_with_force_and_check_finds_stale_ones() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out").display().to_string();
    let base = ["translate", "corpus/kuery/github_repository_made_public.toml", "--to", "lucene", "--format", "query"];
    let with = |more: &[&str]| ruleglot(&[&base[..], &["--out", &target], more].concat());
    assert_eq!(status(&with(&[])), 0);
    let written = Path::new(&target).join("github_repository_made_public.lucene");
    let text = fs::read_to_string(&written).unwrap();
    assert_eq!(status(&with(&["--check"])), 0);
    fs::write(&written, "changed").unwrap();
    assert_eq!(status(&with(&["--check"])), 1, "a stale file");
    assert_eq!(status(&with(&[])), 1, "not replaced without --force");
    assert_eq!(fs::read_to_string(&written).unwrap(), "changed");
    assert_eq!(status(&with(&["--force"])), 0);
    assert_eq!(fs::read_to_string(&written).unwrap(), text, "the same bytes twice");
}

#[test]
fn the_report_has_the_shape_of_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    ruleglot(&["translate", "corpus/kuery", "--to", "panther", "--report", &report.display().to_string()]);
    let report: Json = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let rules = report["rules"].as_array().unwrap();
    assert_eq!(report["summary"]["rules"].as_u64().unwrap() as usize, rules.len());
    for rule in rules {
        for key in ["id", "source", "targets", "verdict", "losses", "unmapped", "verification"] {
            assert!(rule.get(key).is_some(), "{key} is missing: {rule:#}");
        }
        assert!(["exact", "approximate", "refused"].contains(&rule["verdict"].as_str().unwrap()));
        assert_eq!(rule["verdict"] == "refused", rule["targets"].as_array().unwrap().is_empty());
        if rule["verdict"] == "exact" {
            assert!(rule["losses"].as_array().unwrap().iter().all(|loss| loss["scope"] != "match"), "{rule:#}");
        }
    }
}

#[test]
fn batch_answers_every_line_in_order() {
    let requests = [
        json!({"op": "parse", "id": 1, "dialect": "kuery", "query": "a:b and c:d"}),
        json!("no request"),
        json!({"op": "run", "id": 3, "dialect": "kuery", "query": "a:b", "events": [{"a": "b"}, {"a": "c"}, {}]}),
        json!({"op": "translate", "id": 4, "dialect": "kuery", "query": "a:b", "to": "lucene", "fields": "keep"}),
        json!({"op": "format", "id": 5, "dialect": "kuery", "query": "a:(b"}),
        json!({"op": "dance", "id": 6, "dialect": "kuery", "query": "a:b"}),
    ];
    let input: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let run = with_input(&["batch"], &input);
    assert_eq!(status(&run), 0);
    let answers: Vec<Json> = out(&run).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    let ok: Vec<bool> = answers.iter().map(|answer| answer["ok"].as_bool().unwrap()).collect();
    assert_eq!(ok, [true, false, true, true, false, false]);
    assert_eq!(answers[2]["matches"], json!([true, false, false]));
    assert_eq!(answers[3]["verdict"], "exact");
    assert_eq!(answers[4]["diagnostics"][0]["line"], 1);
}

#[test]
fn run_prints_a_verdict_for_each_event_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.ndjson");
    fs::write(&events, "{\"a\":\"b\"}\n{\"a\":\"c\"}\n").unwrap();
    let events = events.display().to_string();
    let run = ruleglot(&["run", "--query", "a:b", "--from", "kuery", "--events", &events, "--verdicts"]);
    assert_eq!(out(&run), "{\"index\":0,\"match\":true}\n{\"index\":1,\"match\":false}\n");
    assert_eq!(status(&run), 0);
    let rows = ruleglot(&[
        "run",
        "--query",
        "T | summarize count() by a",
        "--from",
        "kusto",
        "--events",
        &events,
        "--verdicts",
    ]);
    assert_eq!((status(&rows), out(&rows).as_str()), (2, ""), "a rule that is no filter prints none");
}

#[test]
fn verify_tells_rules_apart_by_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (a, b, c) = (put("a.kuery", "x:1 or x:2"), put("b.lucene", "x:(2 OR 1)"), put("c.kuery", "x:1"));
    let same = ruleglot(&["verify", &a, &b]);
    assert_eq!(status(&same), 0, "{}{}", out(&same), err(&same));
    assert!(out(&same).starts_with("equivalent"), "{}", out(&same));
    let narrower = ruleglot(&["verify", &a, &c]);
    assert_eq!(status(&narrower), 1);
    assert!(out(&narrower).starts_with("narrower"), "{}", out(&narrower));
}

#[test]
fn verify_reads_the_helpers_of_panther_rules() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let yaml = |name: &str| {
        format!(
            "AnalysisType: rule\nRuleID: Our.{name}\nFilename: {name}.py\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\n"
        )
    };
    let helper = "def is_admin(event):\n    return event.get(\"role\") == \"admin\"\n";
    put("repository/global_helpers/our_helpers.py", helper);
    put("elsewhere/our_helpers.py", helper);
    let helped = "from our_helpers import is_admin\n\n\ndef rule(event):\n    return is_admin(event)\n";
    let rules = ["repository/rules", "alone"].map(|place| {
        put(&format!("{place}/a.py"), helped);
        put(&format!("{place}/b.py"), "def rule(event):\n    return event.get(\"role\") == \"admin\"\n");
        ["a", "b"].map(|name| put(&format!("{place}/{name}.yml"), &yaml(name)))
    });
    let [[a, b], [lone_a, lone_b]] = &rules;
    let above = ruleglot(&["verify", a, b]);
    assert_eq!(status(&above), 0, "{}{}", out(&above), err(&above));
    let helpers = folder.path().join("elsewhere").display().to_string();
    let named = ruleglot(&["verify", "--helpers", &helpers, lone_a, lone_b]);
    assert_eq!(status(&named), 0, "{}{}", out(&named), err(&named));
    let without = ruleglot(&["verify", lone_a, lone_b]);
    assert_eq!(status(&without), 2, "{}", out(&without));
    assert!(err(&without).contains("our_helpers"), "{}", err(&without));
}

#[test]
fn explain_gives_condition_and_exclusions_of_a_catalogue_page() {
    let run = ruleglot(&["explain", "corpus/condition/invite_external_users.condition"]);
    let text = out(&run);
    assert!(
        text.contains("not (properties.result ne \"success\" or operationName ne \"Invite external user\")"),
        "{text}"
    );
    assert!(text.contains("| operationName | ne | Invite external user |"), "{text}");
    assert!(text.contains("| properties.result | ne | success |"), "{text}");
}

#[test]
fn check_reports_entities_that_the_query_projects_away() {
    let run = ruleglot(&["check", "corpus/kusto/unredeemed_guest_invites.yaml"]);
    for column in ["Inviter", "InviterIp"] {
        assert!(err(&run).contains(&format!("mapped to the column `{column}`")), "{}", err(&run));
    }
    let whole = ruleglot(&["check", "corpus/kusto/guest_invites_by_new_inviters.yaml"]);
    assert!(!err(&whole).contains("kusto-entity"), "{}", err(&whole));
}

#[test]
fn coverage_lists_techniques_and_what_is_wrong() {
    let run = ruleglot(&["coverage", "corpus", "--format", "json"]);
    let report: Json = serde_json::from_str(&out(&run)).unwrap();
    assert_eq!(report["attack_version"], "19.0");
    let row = |id: &str| {
        report["techniques"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap_or(&Json::Null).clone()
    };
    assert!(row("T1078")["rolled_up"].as_u64().unwrap() >= row("T1078")["direct"].as_u64().unwrap());
    assert!(
        report["invalid"].as_array().unwrap().iter().any(|entry| entry["written"]
            .as_str()
            .unwrap()
            .contains("T1562.008")
            || entry["message"].as_str().unwrap().contains("T1562.008")),
        "the revoked id of a corpus rule is named"
    );
    let layer = ruleglot(&["coverage", "corpus", "--format", "navigator"]);
    let layer: Json = serde_json::from_str(&out(&layer)).unwrap();
    assert_eq!(layer["versions"]["layer"], "4.5");
}

#[test]
fn a_difference_is_told_in_meaning_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let old = fs::read_to_string(root().join("corpus/kuery/github_repository_made_public.toml")).unwrap();
    let new = old
        .replace("severity = \"high\"", "severity = \"low\"")
        .replace("event.action:", "user.name:bot and event.action:");
    assert!(new.contains("user.name:bot"), "{new}");
    fs::write(path("old.toml"), &old).unwrap();
    fs::write(path("new.toml"), &new).unwrap();
    fs::write(path("spaced.toml"), old.replace(" and ", "  and  ")).unwrap();
    let run = ruleglot(&["diff", &path("old.toml"), &path("new.toml")]);
    let text = out(&run);
    assert_eq!(status(&run), 1, "{}", err(&run));
    assert!(text.starts_with("meaning: narrower (") && text.contains("only the old rule matches:"), "{text}");
    assert!(text.contains("\nseverity: high -> low\n"), "{text}");
    assert!(text.contains("\n+++ ") && text.contains("bot"), "{text}");
    assert!(text.find("meaning").unwrap() < text.find("--- ").unwrap());
    let json: Json =
        serde_json::from_str(&out(&ruleglot(&["diff", &path("old.toml"), &path("new.toml"), "--format", "json"])))
            .unwrap();
    assert_eq!(json["meaning"]["relation"], "narrower");
    // Another layout is another text and the same rule.
    let spaced = ruleglot(&["diff", &path("old.toml"), &path("spaced.toml")]);
    assert_eq!(status(&spaced), 0, "{}", out(&spaced));
    assert!(out(&spaced).starts_with("meaning: equivalent"), "{}", out(&spaced));
    assert_eq!(status(&ruleglot(&["diff", &path("old.toml"), &path("none.toml")])), 2);
}

#[test]
fn the_matrix_is_one_block_of_html_with_a_cell_a_technique() {
    let run = ruleglot(&["coverage", "corpus", "--format", "html"]);
    let html = out(&run);
    assert!(html.starts_with("<div class=\"ruleglot-matrix\" ") && html.ends_with("</div>\n"), "{html}");
    assert!(!html.contains("\n\n"), "a blank line would end the block in Markdown");
    assert_eq!(html.matches("<ul aria-label=").count(), 15);
    assert!(html.matches("<li").count() > 222 + 15, "a technique stands under each of its tactics");
    for tag in ["ul", "li", "a", "span", "div", "p", "style"] {
        assert_eq!(html.matches(&format!("<{tag}")).count(), html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert!(html.contains("Valid Accounts") && !html.contains("http://") && !html.contains("<script"));
    let badge: Json = serde_json::from_str(&out(&ruleglot(&["coverage", "corpus", "--format", "badge"]))).unwrap();
    assert_eq!(badge["schemaVersion"], 1);
    assert!(badge["message"].as_str().unwrap().contains("of 222 techniques"), "{badge}");
}

#[test]
fn coverage_keeps_a_page_current() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("coverage.md").display().to_string();
    let text = "# Ours\n\n[//]: # (BEGIN ruleglot)\n[//]: # (END ruleglot)\n\nwritten by hand\n";
    fs::write(&page, text).unwrap();
    let stale = ruleglot(&["coverage", "corpus", "--inject", &page, "--check"]);
    assert_eq!((status(&stale), fs::read_to_string(&page).unwrap().as_str()), (1, text), "{}", err(&stale));
    let written = ruleglot(&["coverage", "corpus", "--inject", &page]);
    assert_eq!((status(&written), out(&written)), (0, String::new()), "{}", err(&written));
    let once = fs::read_to_string(&page).unwrap();
    assert!(once.contains("| Technique |") && once.ends_with("\n\nwritten by hand\n"), "{once}");
    ruleglot(&["coverage", "corpus", "--inject", &page]);
    assert_eq!(fs::read_to_string(&page).unwrap(), once, "the same twice");
    assert_eq!(status(&ruleglot(&["coverage", "corpus", "--inject", &page, "--check"])), 0);
    // Bytes outside of the markers stay, whatever the line ends.
    let windows = "\u{feff}# Ours\r\n<!-- BEGIN ruleglot -->\r\n<!-- END ruleglot -->\r\nlast";
    fs::write(&page, windows).unwrap();
    assert_eq!(status(&ruleglot(&["coverage", "corpus", "--format", "badge", "--inject", &page])), 0);
    let kept = fs::read_to_string(&page).unwrap();
    assert!(kept.starts_with("\u{feff}# Ours\r\n<!-- BEGIN ruleglot -->\r\n"), "{kept:?}");
    assert!(kept.ends_with("<!-- END ruleglot -->\r\nlast") && !kept.replace("\r\n", "").contains('\n'), "{kept:?}");
    fs::write(&page, "no markers\n").unwrap();
    let refused = ruleglot(&["coverage", "corpus", "--inject", &page]);
    assert!(status(&refused) == 2 && err(&refused).contains("inject-markers"), "{}", err(&refused));
    assert_eq!(fs::read_to_string(&page).unwrap(), "no markers\n");
}

#[test]
fn a_rule_that_is_off_covers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "AnalysisType: rule\nRuleID: Door.Off\nDisplayName: Door\nEnabled: false\nSeverity: Low\nLogTypes: [Custom.Doors]\nReports:\n  MITRE ATT&CK: [TA0001:T1078]\nDetection:\n  - Key: a\n    Condition: Exists\n";
    fs::write(folder.path().join("door.yml"), rule).unwrap();
    let path = folder.path().display().to_string();
    let report = |format: &str| out(&ruleglot(&["coverage", &path, "--format", format]));
    let json: Json = serde_json::from_str(&report("json")).unwrap();
    assert_eq!((&json["rules"], &json["techniques_covered"]), (&Json::from(1), &Json::from(0)), "{json}");
    assert_eq!(json["off"][0]["id"], "Door.Off");
    assert!(report("md").contains("## Rules that do not run"));
    assert_eq!(status(&ruleglot(&["coverage", &path, "--require", "T1078"])), 1);
}

#[test]
fn a_baseline_of_another_release_loses_nothing_by_being_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("before.json").display().to_string();
    fs::write(&baseline, out(&ruleglot(&["coverage", "corpus", "--format", "json", "--attack-version", "18.1"])))
        .unwrap();
    let run = ruleglot(&["coverage", "corpus", "--baseline", &baseline]);
    assert_eq!(status(&run), 0, "{}", err(&run));
}

#[test]
fn a_build_can_ask_for_coverage() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("before.json");
    let now = out(&ruleglot(&["coverage", "corpus", "--format", "json"]));
    let mut before: Json = serde_json::from_str(&now).unwrap();
    before["techniques"].as_array_mut().unwrap().push(serde_json::json!({"id": "T1123"}));
    fs::write(&baseline, before.to_string()).unwrap();
    let baseline = baseline.display().to_string();
    for (arguments, expected, code) in [
        (vec!["--baseline", &baseline], 1, "attack-coverage-lost"),
        (vec!["--min", "99%"], 1, "attack-too-little"),
        (vec!["--min", "1"], 0, ""),
        (vec!["--min", "much"], 2, "bad-option"),
        (vec!["--require", "T1078,T1123"], 1, "T1123 Audio Capture has no rule"),
        (vec!["--require", "t1078"], 0, ""),
        (vec!["--require", "T9999"], 2, "bad-option"),
        (vec!["--baseline", "corpus/kuery/aws_root_console_login.kuery"], 2, "attack-baseline"),
    ] {
        let run = ruleglot(&[&["coverage", "corpus"][..], &arguments].concat());
        assert_eq!(status(&run), expected, "{arguments:?}: {}", err(&run));
        assert!(err(&run).contains(code), "{arguments:?}: {}", err(&run));
    }
}

/// A link that leads to itself or to nothing, given by name, is one diagnostic; the rest of the run goes on.
#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_told_of_and_good_files_are_still_translated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::os::unix::fs::symlink("second", path("first")).unwrap();
    std::os::unix::fs::symlink("first", path("second")).unwrap();
    std::os::unix::fs::symlink("nothing", path("dangling")).unwrap();
    fs::write(path("good.kuery"), "a:b and not c:d\n").unwrap();
    let (first, dangling, good) = (path("first"), path("dangling"), path("good.kuery"));
    let run =
        ruleglot(&["translate", &first, &dangling, &good, "--to", "lucene", "--fields", "keep", "--format", "query"]);
    assert_eq!(status(&run), 2, "{}", err(&run));
    assert!(out(&run).contains("a:b AND NOT c:d"), "{}", out(&run));
    let text = err(&run);
    assert_eq!(text.matches("error[unreadable]").count(), 2, "one diagnostic each:\n{text}");
    for name in [first, dangling] {
        assert_eq!(text.matches(&format!("--> {name}")).count(), 1, "{name}:\n{text}");
    }
}

/// A folder that may not be read. Permission bits do not hold for root, who runs the program as somebody else.
#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_one_diagnostic_and_good_files_are_still_translated() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    let (closed, good) = (folder.path().join("closed"), folder.path().join("good.kuery"));
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("hidden.kuery"), "x:y\n").unwrap();
    fs::write(&good, "a:b and not c:d\n").unwrap();
    let permit = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    permit(folder.path(), 0o755);
    permit(&closed, 0o000);
    for named in [vec![closed.clone(), good.clone()], vec![folder.path().to_owned()]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruleglot"));
        command.arg("translate").args(&named).args(["--to", "lucene", "--fields", "keep", "--format", "query"]);
        command.current_dir(folder.path()).stdin(Stdio::null());
        if fs::metadata(folder.path()).unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        let Ok(run) = command.output() else {
            println!("skipped: the program cannot be run as somebody else");
            break;
        };
        assert_eq!(status(&run), 2, "{}", err(&run));
        assert!(out(&run).contains("a:b AND NOT c:d"), "{}", out(&run));
        let text = err(&run);
        assert_eq!(text.matches("error[unreadable]").count(), 1, "one diagnostic:\n{text}");
        assert!(text.contains(&closed.display().to_string()), "the folder is named:\n{text}");
    }
    permit(&closed, 0o755);
}

#[test]
fn an_age_filter_the_wrong_way_round_is_kept_and_told_of() {
    let rule = "corpus/kusto/unredeemed_guest_invites.yaml";
    for arguments in [vec!["check", rule], vec!["translate", rule, "--to", "sentinel", "--format", "query"]] {
        let run = ruleglot(&arguments);
        let text = err(&run);
        assert_eq!(text.matches("kusto-age-filter").count(), 1, "{arguments:?}:\n{text}");
        assert!(text.contains("`InvitedAt` is younger than 5d"), "{text}");
        assert_eq!(status(&run), 0, "a warning");
        assert!(arguments[0] == "check" || out(&run).contains("InvitedAt > ago(5d)"), "kept:\n{}", out(&run));
    }
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        err(&ruleglot(&["check", &path.display().to_string()]))
    };
    let query =
        |bound: &str| format!("// tokens older than the limit\nT | where TimeGenerated > ago(14d) | where {bound}\n");
    for (bound, fires) in [
        ("Made > ago(5d)", true),
        ("Made >= ago(5d)", true),
        ("Made < ago(5d)", false),
        ("Made > ago(14d)", false),
        ("TimeGenerated > ago(5d)", false),
        ("Made > ago(5d) and Seen < ago(2d)", false),
        ("not(Made > ago(5d))", false),
    ] {
        assert_eq!(check("rule.kql", &query(bound)).contains("kusto-age-filter"), fires, "{bound}");
    }
    assert!(!check("plain.kql", "T | where Made > ago(5d)\n").contains("kusto-age-filter"), "no word of age");
    let all = err(&ruleglot(&["check", "corpus"]));
    assert_eq!(all.matches("kusto-age-filter").count(), 1, "no other rule of the corpus");
}
