//! `explain`: what a rule does.

use super::Status;
use super::args::{ExplainArgs, ExplainFormat};
use super::input::Workspace;
use super::output::Session;
use super::translate::{source_text, tell_reading};
use crate::diagnostic::{Diagnostic, codes};
use crate::report::{Explanation, explain};
use crate::template;

/// Carries out the command.
pub fn run(args: &ExplainArgs, session: &mut Session) {
    let workspace = Workspace::new(&args.read, session);
    let mut all = Vec::new();
    for found in workspace.files(&args.read.paths, session) {
        let Some(loaded) = workspace.load(&found, session) else { continue };
        tell_reading(&loaded, session);
        for rule in &loaded.rules {
            let platform = rule.platform(&workspace.registry);
            let text = source_text(&loaded, rule);
            all.extend(explain(rule, platform, &workspace.registry, &workspace.schemas, text));
        }
    }
    let text = match args.format {
        ExplainFormat::Json => serde_json::to_string_pretty(&all).map(|text| text + "\n").map_err(|e| e.to_string()),
        ExplainFormat::Md | ExplainFormat::Text => all
            .iter()
            .map(markdown)
            .collect::<Result<Vec<_>, _>>()
            .map(|pages| pages.join("\n"))
            .map_err(|e| e.to_string()),
    };
    match text {
        Ok(text) => session.print(&text),
        Err(reason) => {
            let found = Diagnostic::error(codes::cli::NOT_WRITTEN, reason);
            session.report(&found, "explain", "", Status::Unusable);
        }
    }
}

fn markdown(rule: &Explanation) -> Result<String, minijinja::Error> {
    #[derive(serde::Serialize)]
    struct Page<'a> {
        rule: &'a Explanation,
    }
    template::render(include_str!("../../templates/report/explain.md.j2"), &Page { rule })
}
