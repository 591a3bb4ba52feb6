//! `test`: the rules' own tests, run by the evaluator.

use super::Status;
use super::args::{TestArgs, TestFormat};
use super::input::{Loaded, Types, Workspace, read_events};
use super::output::Session;
use super::run::{not_run, now};
use super::translate::{rule_id, tell_reading};
use crate::diagnostic::{Diagnostic, codes};
use crate::evaluate::{self, Access, Context};
use crate::model::{Detection, PlatformId, TestCase, Value};
use crate::platform::{ReadRule, TypeSource, tests_file};
use crate::source::{Folder, Format};
use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Passed,
    Failed,
    /// The reason is beside it.
    NotRun,
}

#[derive(Debug, Clone, Serialize)]
struct Line {
    rule: String,
    path: String,
    test: String,
    expected: bool,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Carries out the command: a failed test exits 1; a test that cannot be run counts as neither passed nor failed.
pub fn run(args: &TestArgs, session: &mut Session) {
    let workspace = Workspace::new(&args.read, session);
    let further = match &args.events {
        None => Vec::new(),
        Some(path) => match read_events(path).and_then(|events| cases(&events)) {
            Ok(cases) => cases,
            Err(found) => return session.report(&found, &path.display().to_string(), "", Status::Unusable),
        },
    };
    let mut lines = Vec::new();
    for found in workspace.files(&args.read.paths, session) {
        let Some(mut loaded) = workspace.load(&found, session) else { continue };
        tell_reading(&loaded, session);
        let beside = beside(&loaded, session);
        let rules = std::mem::take(&mut loaded.rules);
        for rule in &rules {
            let Some(detection) = rule.detection() else { continue };
            let tests = detection.tests.iter().chain(&beside).chain(&further);
            for test in tests {
                lines.push(one(&loaded, rule, detection, test, &workspace));
            }
        }
    }
    if lines.iter().any(|line| line.outcome == Outcome::Failed) {
        session.raise(Status::Findings);
    }
    let count = |outcome: Outcome| lines.iter().filter(|line| line.outcome == outcome).count();
    let (passed, failed, not_run) = (count(Outcome::Passed), count(Outcome::Failed), count(Outcome::NotRun));
    match args.format {
        TestFormat::Text => {
            let mut out = String::new();
            for line in &lines {
                let word = match line.outcome {
                    Outcome::Passed => continue,
                    Outcome::Failed => "failed",
                    Outcome::NotRun => "not run",
                };
                let reason = line.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
                out.push_str(&format!("{}: {}: {word}{reason}\n", line.path, line.test));
            }
            out.push_str(&format!("{passed} passed, {failed} failed, {not_run} not run\n"));
            session.print(&out);
        }
        TestFormat::Json => {
            let value = serde_json::json!({
                "tests": lines, "passed": passed, "failed": failed, "not_run": not_run,
            });
            session.print(&format!("{value:#}\n"));
        }
        TestFormat::Junit => session.print(&junit(&lines, failed, not_run)),
    }
}

fn one(loaded: &Loaded, rule: &ReadRule, detection: &Detection, test: &TestCase, workspace: &Workspace) -> Line {
    let line = |outcome: Outcome, reason: Option<String>| Line {
        rule: rule_id(loaded, rule),
        path: loaded.file.path.display().to_string(),
        test: test.name.clone(),
        expected: test.expected,
        outcome,
        reason,
    };
    if test.mocked {
        return line(Outcome::NotRun, Some("the test replaces functions of the rule".to_owned()));
    }
    if rule.failed() {
        return line(Outcome::NotRun, Some("the rule could not be read".to_owned()));
    }
    match verdict(rule, detection, test, workspace) {
        Ok(matched) if matched == test.expected => line(Outcome::Passed, None),
        Ok(matched) => {
            let word = |flag: bool| if flag { "a match" } else { "no match" };
            line(Outcome::Failed, Some(format!("expected {}, found {}", word(test.expected), word(matched))))
        }
        Err(found) => line(Outcome::NotRun, Some(found.message)),
    }
}

/// Whether the rule matches a test's event. A pipeline or shape matches if it yields a row.
fn verdict(rule: &ReadRule, detection: &Detection, test: &TestCase, workspace: &Workspace) -> Result<bool, Diagnostic> {
    let platform = rule.platform(&workspace.registry);
    let sources: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    let types = Types { schemas: &workspace.schemas, given: &workspace.types };
    let types = types.types(platform.unwrap_or(PlatformId::Panther), &sources);
    let events = match &test.event {
        serde_json::Value::Array(events) => events.clone(),
        event => vec![event.clone()],
    };
    let now = now(None, &events, &HashMap::new()).map_err(|mut found| {
        found.pop().unwrap_or_else(|| Diagnostic::error(codes::cli::NOT_RUN, "no time of evaluation"))
    })?;
    let mut context = Context::new(Access::of(platform), types.as_ref(), now);
    let error = |error: &evaluate::EvalError| not_run(error, &detection.unread);
    if let (Some(condition), [event]) = (detection.logic.as_filter(), events.as_slice()) {
        return evaluate::matches(&condition, event, &context).map_err(|found| error(&found));
    }
    context.events = events.iter().map(Value::from).collect();
    evaluate::run(&detection.logic, &context).map(|table| !table.rows.is_empty()).map_err(|found| error(&found))
}

/// Tests beside a file that holds a bare query; rule files bring their own.
fn beside(loaded: &Loaded, session: &mut Session) -> Vec<TestCase> {
    if !matches!(loaded.format, Format::Query(_)) {
        return Vec::new();
    }
    let folder = Folder(loaded.file.path.parent().map(Path::to_owned).unwrap_or_default());
    tests_file::beside(&loaded.file, &folder).unwrap_or_else(|found| {
        session.report(&found, &loaded.file.path.display().to_string(), "", Status::Unusable);
        Vec::new()
    })
}

fn cases(items: &[serde_json::Value]) -> Result<Vec<TestCase>, Diagnostic> {
    items
        .iter()
        .enumerate()
        .map(|(number, item)| {
            let event = item.get("event").or_else(|| item.get("events"));
            let expected = item.get("expected").and_then(serde_json::Value::as_bool);
            match (event, expected) {
                (Some(event), Some(expected)) => Ok(TestCase {
                    name: item
                        .get("name")
                        .and_then(serde_json::Value::as_str)
                        .map_or_else(|| format!("test {}", number + 1), str::to_owned),
                    event: event.clone(),
                    expected,
                    mocked: false,
                }),
                _ => Err(Diagnostic::error(
                    codes::cli::BAD_EVENTS,
                    format!("test {} needs `event` and `expected` (true or false)", number + 1),
                )),
            }
        })
        .collect()
}

fn junit(lines: &[Line], failed: usize, not_run: usize) -> String {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ruleglot\" tests=\"{}\" failures=\"{failed}\" skipped=\"{not_run}\">\n",
        lines.len()
    );
    for line in lines {
        let reason = escape(line.reason.as_deref().unwrap_or(""));
        let inner = match line.outcome {
            Outcome::Passed => String::new(),
            Outcome::Failed => format!("<failure message=\"{reason}\"/>"),
            Outcome::NotRun => format!("<skipped message=\"{reason}\"/>"),
        };
        out.push_str(&format!(
            "  <testcase classname=\"{}\" name=\"{}\">{inner}</testcase>\n",
            escape(&line.rule),
            escape(&line.test)
        ));
    }
    out.push_str("</testsuite>\n");
    out
}
