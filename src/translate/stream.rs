//! Verification of logic that makes rows of its own: pipelines and shapes, over streams of events.

use super::query::{QueryTranslation, Refused};
use super::report::VerificationEntry;
use super::verification::bug;
use crate::diagnostic::codes;
use crate::evaluate::{Access, Context};
use crate::model::{Direction, FieldTypes, Logic, Loss, PlatformId, Scope};
use crate::verify::compare::compare_here;

/// Compares two pipelines or shapes of one platform over streams of events made from both. Between platforms the claim
/// rests on the plan alone, which a named loss says.
///
/// # Errors
/// A difference that no loss explains.
pub(super) fn verify(
    source: &Logic,
    back: &Logic,
    from: Option<PlatformId>,
    types: &dyn FieldTypes,
    translated: &mut QueryTranslation,
    now: i64,
) -> Result<(), Refused> {
    if from != translated.dialect.platform() {
        not_run(translated, "rows that a rule makes itself are not yet compared between two platforms");
        return Ok(());
    }
    let context = Context::new(Access::of(from), types, now);
    let found = match compare_here(source, back, &context) {
        Ok(found) => found,
        Err(error) => {
            not_run(translated, &format!("the two sides could not be run on events: {error}"));
            return Ok(());
        }
    };
    let explained = translated.losses.iter().any(|loss| loss.scope == Scope::Match);
    if let Some((event, left, right)) = found.counterexample()
        && !explained
    {
        return Err(bug(
            translated,
            format!(
                "the output differs from the source, and nothing explains it: {event} (source {left}, output {right})"
            ),
        ));
    }
    translated.verification = Some(VerificationEntry {
        events: found.events,
        agree: found.agree,
        decided: found.decided,
        tests: found.tests,
        counterexample: found.counterexample().map(|(event, _, _)| event.clone()),
    });
    Ok(())
}

fn not_run(translated: &mut QueryTranslation, message: &str) {
    translated.unverified = true;
    translated.losses.push(Loss::matching(codes::verify::NOT_RUN, Direction::Either, message, None));
}
