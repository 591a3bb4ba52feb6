//! `diff`: what changed between two versions of a rule: in meaning, in what stands beside the logic, then in the text.

use super::Status;
use super::args::{DiffArgs, DiffFormat};
use super::input::{Types, Workspace};
use super::output::Session;
use super::verify::{load, side};
use crate::dialect::NoHelpers;
use crate::platform::ReadEnv;
use crate::report::{Change, changes};
use crate::source::NoSiblings;
use crate::translate::{Comparison, Env, compare};
use serde_json::json;
use similar::TextDiff;

/// Carries out the command: 0 where nothing but the text changed, 1 where something did, 2 for what cannot be read.
pub fn run(args: &DiffArgs, session: &mut Session) {
    let workspace = Workspace::with(args.from.as_deref(), args.helpers.as_deref(), None, None, session);
    let (Some(first), Some(second)) = (load(&args.old, &workspace, session), load(&args.new, &workspace, session))
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
    let meaning = compare(left, right, false, &env);
    let found = changes(left.0, right.0);
    let (old, new) = (args.old.display().to_string(), args.new.display().to_string());
    let text = TextDiff::from_lines(first.file.text.as_str(), second.file.text.as_str());
    let text = text.unified_diff().context_radius(3).header(&old, &new).to_string();
    // Logic that cannot be compared has changed as far as can be told, unless not a letter has.
    let same = meaning.as_ref().map_or(text.is_empty(), |meaning| meaning.verdict == "equivalent");
    if !same || !found.is_empty() {
        session.raise(Status::Findings);
    }
    session.print(&match args.format {
        DiffFormat::Text => told(&meaning, &found, &text),
        DiffFormat::Json => as_json(&meaning, &found, &text),
    });
}

fn told(meaning: &Result<Comparison, String>, found: &[Change], text: &str) -> String {
    let mut out = match meaning {
        Ok(meaning) => {
            let mut out = format!(
                "meaning: {} ({} of {} events agree)\n",
                meaning.verdict, meaning.entry.agree, meaning.entry.events
            );
            for (event, word) in [(&meaning.wider, "new"), (&meaning.narrower, "old")] {
                if let Some(event) = event {
                    // Rules of one platform read the same event.
                    let one = event.get("source_event").filter(|own| Some(*own) == event.get("target_event"));
                    let event = one.unwrap_or(event);
                    out.push_str(&format!("only the {word} rule matches:\n{event:#}\n"));
                }
            }
            out
        }
        Err(reason) => format!("meaning: not compared: {reason}\n"),
    };
    for change in found {
        let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > 80 || text.contains('\n'));
        let line = match (&change.before, &change.after) {
            _ if long(&change.before) || long(&change.after) => format!("{}: changed, see the text\n", change.what),
            (Some(before), Some(after)) => format!("{}: {before} -> {after}\n", change.what),
            (Some(before), None) => format!("{}: - {before}\n", change.what),
            (None, Some(after)) => format!("{}: + {after}\n", change.what),
            (None, None) => continue,
        };
        out.push_str(&line);
    }
    if !text.is_empty() {
        out.push('\n');
        out.push_str(text);
    }
    out
}

fn as_json(meaning: &Result<Comparison, String>, found: &[Change], text: &str) -> String {
    let meaning = match meaning {
        Ok(meaning) => json!({
            "relation": meaning.verdict,
            "events": meaning.entry.events,
            "agree": meaning.entry.agree,
            "only_new": meaning.wider,
            "only_old": meaning.narrower,
        }),
        Err(reason) => json!({ "not_compared": reason }),
    };
    let changes: Vec<_> = found
        .iter()
        .map(|change| json!({ "what": change.what, "before": change.before, "after": change.after }))
        .collect();
    format!("{:#}\n", json!({ "meaning": meaning, "changes": changes, "text": text }))
}
