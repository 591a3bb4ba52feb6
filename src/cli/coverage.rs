//! `coverage`: ATT&CK coverage of rules.

use super::Status;
use super::args::{CoverageArgs, CoverageFormat};
use super::input::Workspace;
use super::output::Session;
use super::translate::{rule_id, tell_reading};
use crate::attack::Matrix;
use crate::coverage::{self, CoverageRule};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::SourceFile;

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
            });
        }
    }
    let report = coverage::count(&rules, &matrix);
    let text = match args.format {
        CoverageFormat::Md => coverage::markdown(&report).map_err(|error| error.to_string()),
        CoverageFormat::Csv => Ok(coverage::csv(&report)),
        CoverageFormat::Json => pretty(&report),
        CoverageFormat::Navigator => pretty(&coverage::layer(&report, &matrix, "Detection rules")),
    };
    match text {
        Ok(text) => session.print(&text),
        Err(reason) => {
            let found = Diagnostic::error(codes::cli::NOT_WRITTEN, reason);
            session.report(&found, "coverage", "", Status::Unusable);
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
