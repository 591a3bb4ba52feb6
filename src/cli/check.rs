//! `check`: parse and lint.

use super::Status;
use super::args::{CheckArgs, FindingsFormat};
use super::input::Workspace;
use super::output::Session;
use crate::attack::Matrix;
use crate::check::check;
use crate::diagnostic::{Diagnostic, Severity, codes, line_column};
use serde_json::{Value as Json, json};

struct Finding {
    path: String,
    text: String,
    diagnostic: Diagnostic,
}

/// Carries out the command: findings of severity error exit 1, files that cannot be read or parsed exit 2.
pub fn run(args: &CheckArgs, session: &mut Session) {
    let Some(matrix) = Matrix::built_in(&args.attack_version) else {
        let found = Diagnostic::error(
            codes::attack::BAD_DATA,
            format!("version {} of ATT&CK does not come with the program", args.attack_version),
        )
        .help("19 and 18.1 come with the program.");
        return session.report(&found, "--attack-version", "", Status::Unusable);
    };
    let workspace = Workspace::new(&args.read, session);
    let mut findings = Vec::new();
    let (mut files, mut rules) = (0, 0);
    let found = workspace.files(&args.read.paths, session);
    for loaded in workspace.load_all(&found, session).into_iter().flatten() {
        files += 1;
        let path = loaded.file.path.display().to_string();
        let mut add = |path: &str, text: &str, diagnostic: Diagnostic| {
            findings.push(Finding { path: path.to_owned(), text: text.to_owned(), diagnostic });
        };
        for diagnostic in &loaded.diagnostics {
            add(&path, &loaded.file.text, diagnostic.clone());
            if diagnostic.severity == Severity::Error {
                session.raise(Status::Unusable);
            }
        }
        for rule in &loaded.rules {
            rules += 1;
            let own = rule.query.as_ref().and_then(|query| query.file.as_ref());
            let (query_path, query_text) = match own {
                Some(own) => (own.path.display().to_string(), own.text.as_str()),
                None => (path.clone(), loaded.file.text.as_str()),
            };
            for diagnostic in &rule.diagnostics {
                if diagnostic.severity == Severity::Error {
                    session.raise(Status::Unusable);
                }
                let diagnostic = crate::check::weighed(diagnostic);
                if diagnostic.severity == Severity::Error {
                    session.raise(Status::Findings);
                }
                add(&query_path, query_text, diagnostic);
            }
            for diagnostic in check(rule, matrix) {
                let in_query = diagnostic.code != codes::attack::MAPPING;
                let (path, text) = if in_query {
                    (query_path.as_str(), query_text)
                } else {
                    (path.as_str(), loaded.file.text.as_str())
                };
                if diagnostic.severity == Severity::Error {
                    session.raise(Status::Findings);
                }
                add(path, text, diagnostic);
            }
        }
    }
    match args.format {
        FindingsFormat::Text => {
            for finding in &findings {
                // Weights were raised above; showing one must not raise another.
                session.say(&crate::diagnostic::render(
                    &finding.diagnostic,
                    &finding.path,
                    &finding.text,
                    crate::diagnostic::Style::Plain,
                ));
            }
            let count = |severity| findings.iter().filter(|finding| finding.diagnostic.severity == severity).count();
            session.print(&format!(
                "{files} files, {rules} rules: {} errors, {} warnings, {} notes\n",
                count(Severity::Error),
                count(Severity::Warning),
                count(Severity::Note)
            ));
        }
        FindingsFormat::Json => print_json(
            &json!({
                "files": files, "rules": rules, "findings": findings.iter().map(finding_json).collect::<Vec<_>>(),
            }),
            session,
        ),
        FindingsFormat::Sarif => print_json(&sarif(&findings), session),
        FindingsFormat::Github => {
            let lines: String = findings.iter().map(github).collect();
            session.print(&lines);
        }
    }
}

fn print_json(value: &Json, session: &mut Session) {
    session.print(&format!("{value:#}\n"));
}

fn severity(finding: &Finding) -> &'static str {
    match finding.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn finding_json(finding: &Finding) -> Json {
    let mut out = super::batch::diagnostic_json(&finding.diagnostic, &finding.text);
    if let Some(out) = out.as_object_mut() {
        out.insert("path".to_owned(), json!(finding.path));
    }
    out
}

fn sarif(findings: &[Finding]) -> Json {
    let results: Vec<Json> = findings
        .iter()
        .map(|finding| {
            let start = finding.diagnostic.span.map_or(0, |span| span.start);
            let end = finding.diagnostic.span.map_or(0, |span| span.end);
            let (from, to) = (line_column(&finding.text, start), line_column(&finding.text, end));
            json!({
                "ruleId": finding.diagnostic.code.name(),
                "level": severity(finding),
                "message": {"text": format!("{}. {}", finding.diagnostic.message, finding.diagnostic.next_step())},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": finding.path},
                    "region": {"startLine": from.line, "startColumn": from.column,
                               "endLine": to.line, "endColumn": to.column},
                }}],
            })
        })
        .collect();
    let rules: Vec<Json> = codes::all()
        .map(|code| {
            json!({
                "id": code.name(), "shortDescription": {"text": code.meaning()}, "help": {"text": code.next()},
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "ruleglot", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A workflow command of GitHub Actions.
fn github(finding: &Finding) -> String {
    let at = line_column(&finding.text, finding.diagnostic.span.map_or(0, |span| span.start));
    let level = if severity(finding) == "note" { "notice" } else { severity(finding) };
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::{level} file={},line={},col={},title={}::{}\n",
        property(&finding.path),
        at.line,
        at.column,
        property(finding.diagnostic.code.name()),
        escape(&finding.diagnostic.message)
    )
}
