//! `coverage`: ATT&CK coverage of rules.

use super::Status;
use super::args::{CoverageArgs, CoverageFormat};
use super::input::Workspace;
use super::output::Session;
use super::translate::{rule_id, tell_reading, write_aside};
use crate::attack::Matrix;
use crate::coverage::{self, CoverageRule};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Metadata;
use crate::source::SourceFile;
use std::path::Path;

/// Carries out the command.
pub fn run(args: &CoverageArgs, session: &mut Session) {
    let Some(matrix) = matrix(args, session) else { return };
    let workspace = Workspace::new(&args.read, session);
    let mut rules = Vec::new();
    let found = workspace.files(&args.read.paths, session);
    for loaded in workspace.load_all(&found, session).into_iter().flatten() {
        tell_reading(&loaded, session);
        for rule in &loaded.rules {
            let Some(detection) = rule.detection() else { continue };
            rules.push(CoverageRule {
                id: rule_id(&loaded, rule),
                title: detection.meta.title.clone().unwrap_or_default(),
                dialect: rule.dialect().unwrap_or("none").to_owned(),
                path: loaded.relative.display().to_string(),
                attack: detection.attack.clone(),
                runs: runs(&detection.meta),
            });
        }
    }
    let report = coverage::count(&rules, &matrix);
    let text = match args.format {
        CoverageFormat::Md => coverage::markdown(&report).map_err(|error| error.to_string()),
        CoverageFormat::Csv => Ok(coverage::csv(&report)),
        CoverageFormat::Json => pretty(&report),
        CoverageFormat::Navigator => pretty(&coverage::layer(&report, &matrix, "Detection rules")),
        CoverageFormat::Html => coverage::html(&report, &matrix).map_err(|error| error.to_string()),
        CoverageFormat::Badge => pretty(&coverage::badge(&report)),
    };
    match (text, &args.inject) {
        (Ok(text), Some(page)) => put(page, &text, args.check, session),
        (Ok(text), None) => session.print(&text),
        (Err(reason), _) => {
            let found = Diagnostic::error(codes::cli::NOT_WRITTEN, reason);
            session.report(&found, "coverage", "", Status::Unusable);
        }
    }
    gates(args, &report, &matrix, session);
}

/// Whether a rule runs: it is not switched off, and not said to be deprecated.
fn runs(meta: &Metadata) -> bool {
    let deprecated = meta.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("deprecated"));
    meta.enabled != Some(false) && !deprecated
}

/// Puts the coverage into a page, or tells that the page is stale.
fn put(page: &Path, text: &str, check: bool, session: &mut Session) {
    let path = page.display().to_string();
    // The page as it is, byte-order mark and line ends included: only what stands between the markers may change.
    let raw = SourceFile::open(page).and_then(|_| {
        let read = std::fs::read_to_string(page);
        read.map_err(|error| Diagnostic::error(codes::cli::NOT_WRITTEN, format!("the page cannot be read: {error}")))
    });
    let old = match raw {
        Ok(text) => text,
        Err(found) => return session.report(&found, &path, "", Status::Unusable),
    };
    let new = match coverage::inject(&old, text) {
        Ok(new) => new,
        Err(reason) => {
            let found = Diagnostic::error(codes::cli::MARKERS, reason);
            return session.report(&found, &path, "", Status::Unusable);
        }
    };
    if new == old {
        return;
    }
    if check {
        let found = Diagnostic::error(codes::cli::STALE, "the coverage in the page is not that of the rules");
        return session.report(&found, &path, "", Status::Findings);
    }
    if let Err(error) = write_aside(page, &new) {
        session.report(&Diagnostic::error(codes::cli::NOT_WRITTEN, error.to_string()), &path, "", Status::Unusable);
    }
}

/// What the build asks of the coverage.
fn gates(args: &CoverageArgs, report: &coverage::Report, matrix: &Matrix, session: &mut Session) {
    if let Some(path) = &args.baseline {
        let name = path.display().to_string();
        let changed = SourceFile::open(path).and_then(|file| {
            coverage::changed(report, &file.text, matrix)
                .map_err(|reason| Diagnostic::error(codes::attack::BAD_BASELINE, reason))
        });
        match changed {
            Err(found) => session.report(&found, &name, "", Status::Unusable),
            Ok(changed) => {
                if !changed.gained.is_empty() {
                    session.say(&format!("covered since the baseline: {}", changed.gained.join(", ")));
                }
                for id in changed.lost {
                    let technique = matrix.technique(&id).map(|technique| technique.name.as_str()).unwrap_or_default();
                    let message = format!("{id} {technique} has no rule any more");
                    let found = Diagnostic::error(codes::attack::COVERAGE_LOST, message);
                    session.report(&found, &name, "", Status::Findings);
                }
            }
        }
    }
    if let Some(written) = &args.min {
        match coverage::share(written) {
            Some(least) => {
                if let Some(found) = coverage::below(report, least) {
                    session.report(&found, "--min", "", Status::Findings);
                }
            }
            None => {
                let message = format!("`{written}` is no share in percent");
                session.report(&Diagnostic::error(codes::cli::BAD_OPTION, message), "--min", "", Status::Unusable);
            }
        }
    }
    match coverage::missing(report, &args.require, matrix) {
        Ok(missing) => {
            for found in missing {
                session.report(&found, "--require", "", Status::Findings);
            }
        }
        Err(unknown) => {
            let message = format!("no technique of ATT&CK v{}: {}", matrix.version, unknown.join(", "));
            session.report(&Diagnostic::error(codes::cli::BAD_OPTION, message), "--require", "", Status::Unusable);
        }
    }
}

fn pretty(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| error.to_string())
}

/// The release that is asked for; reported where there is none.
fn matrix(args: &CoverageArgs, session: &mut Session) -> Option<Matrix> {
    let found = match &args.attack_data {
        Some(path) => SourceFile::open(path).and_then(|file| {
            Matrix::parse(&file.text).map_err(|error| Diagnostic::error(codes::attack::BAD_DATA, error.to_string()))
        }),
        None => Matrix::built_in(&args.attack_version).cloned().ok_or_else(|| {
            Diagnostic::error(
                codes::attack::BAD_DATA,
                format!("version {} of ATT&CK does not come with the program", args.attack_version),
            )
            .help("19 and 18.1 come with the program; --attack-data FILE takes another one.")
        }),
    };
    match found {
        Ok(matrix) => Some(matrix),
        Err(found) => {
            session.report(&found, "--attack-version", "", Status::Unusable);
            None
        }
    }
}
