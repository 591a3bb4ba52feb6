//! `verify`: two rules held against each other on events made from both.

use super::Status;
use super::args::{FieldsArg, VerifyArgs};
use super::input::{Found, Loaded, Types, Workspace};
use super::output::Session;
use super::translate::tell_reading;
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::NoHelpers;
use crate::model::{Detection, PlatformId};
use crate::platform::ReadEnv;
use crate::source::NoSiblings;
use crate::translate::{Env, compare};
use std::path::Path;

/// Carries out the command: 0 equivalent, 1 not, 2 where they cannot be compared.
pub fn run(args: &VerifyArgs, session: &mut Session) {
    let workspace = Workspace::with(
        args.from.as_deref(),
        args.helpers.as_deref(),
        args.overlay.as_deref(),
        args.types.as_deref(),
        session,
    );
    let (Some(first), Some(second)) =
        (load(&args.source, &workspace, session), load(&args.target, &workspace, session))
    else {
        return;
    };
    let (Some(left), Some(right)) = (side(&first, &workspace, session), side(&second, &workspace, session)) else {
        return;
    };
    let types = Types { schemas: &workspace.schemas, given: &workspace.types };
    let env = Env {
        registry: &workspace.registry,
        schemas: &workspace.schemas,
        types: &workspace.types,
        read: ReadEnv { registry: &workspace.registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &types },
    };
    match compare(left, right, args.fields == FieldsArg::Keep, &env) {
        Ok(found) => {
            let mut out = format!(
                "{}: {} of {} events agree, {} of {} tests of the first rule decided one\n",
                found.verdict, found.entry.agree, found.entry.events, found.entry.decided, found.entry.tests
            );
            for (event, word) in [(&found.wider, "second"), (&found.narrower, "first")] {
                if let Some(event) = event {
                    out.push_str(&format!("only the {word} rule matches:\n{event:#}\n"));
                    session.raise(Status::Findings);
                }
            }
            session.print(&out);
        }
        Err(reason) => {
            let found = Diagnostic::error(codes::verify::NOT_RUN, reason);
            session.report(&found, &args.target.display().to_string(), "", Status::Unusable);
        }
    }
}

/// The file, with what reading has to say told.
pub(super) fn load(path: &Path, workspace: &Workspace, session: &mut Session) -> Option<Loaded> {
    let found = Found { path: path.to_owned(), relative: path.to_owned(), named: true };
    let loaded = workspace.load(&found, session)?;
    tell_reading(&loaded, session);
    Some(loaded)
}

/// The first rule of a file and whose field names it is written in.
pub(super) fn side<'a>(
    loaded: &'a Loaded,
    workspace: &Workspace,
    session: &mut Session,
) -> Option<(&'a Detection, Option<PlatformId>)> {
    let rule = loaded.rules.first().filter(|rule| !rule.failed());
    let Some(detection) = rule.and_then(|rule| rule.detection()) else {
        let found = Diagnostic::error(codes::cli::NO_RULES, "the file holds no rule that could be read");
        session.report(&found, &loaded.file.path.display().to_string(), "", Status::Unusable);
        return None;
    };
    let platform = rule.and_then(|rule| rule.platform(&workspace.registry));
    Some((detection, platform))
}
