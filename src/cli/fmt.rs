//! `fmt`: queries laid out afresh.

use super::Status;
use super::args::FmtArgs;
use super::input::{Workspace, open};
use super::output::Session;
use super::translate::write_aside;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Format, SourceFile, detect};
use std::path::Path;

/// Carries out the command: query files are rewritten in place, standard input goes to standard output.
pub fn run(args: &FmtArgs, session: &mut Session) {
    let workspace = Workspace::with(args.from.as_deref(), None, None, None, session);
    for found in workspace.files(&args.paths, session) {
        let name = found.path.display().to_string();
        let file = match open(&found.path) {
            Ok(file) => file,
            Err(error) => {
                session.report(&error, &name, "", Status::Unusable);
                continue;
            }
        };
        let dialect = match (detect(&file), &args.from) {
            (Some(Format::Query(dialect)), _) => dialect,
            (_, Some(dialect)) if found.named => dialect.as_str(),
            _ if found.named => {
                let error = Diagnostic::error(codes::source::UNKNOWN_FORMAT, "this is no query file that is known")
                    .help("Name the language with --from DIALECT.");
                session.report(&error, &name, "", Status::Unusable);
                continue;
            }
            _ => continue,
        };
        let Some(dialect) = workspace.registry.get(dialect) else { continue };
        match dialect.format(&file.text) {
            Ok(text) => put(args, &found.path, &file, &with_newline(text), session),
            Err(errors) => {
                for error in errors {
                    session.report(&error, &name, &file.text, Status::Unusable);
                }
            }
        }
    }
}

fn with_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn put(args: &FmtArgs, path: &Path, file: &SourceFile, text: &str, session: &mut Session) {
    let name = path.display().to_string();
    if path.as_os_str() == "-" && !args.check {
        return session.print(text);
    }
    if file.text == text {
        return;
    }
    if args.check {
        let found = Diagnostic::error(codes::cli::STALE, "the query is not laid out as `fmt` would");
        return session.report(&found, &name, "", Status::Findings);
    }
    let text = if file.crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
    if let Err(error) = write_aside(path, &text) {
        let found = Diagnostic::error(codes::cli::NOT_WRITTEN, format!("cannot be written: {error}"));
        session.report(&found, &name, "", Status::Unusable);
    }
}
