//! Verification of logic that makes rows of its own: pipelines and shapes, over one stream of events.

use super::Env;
use super::query::{QueryTranslation, Refused};
use crate::diagnostic::codes;
use crate::model::{Direction, FieldTypes, Logic, Loss, PlatformId};

/// Compares two pipelines or shapes. Where they are the same logic nothing needs to run; elsewhere the claim rests on
/// the plan alone, which the verdict says.
///
/// # Errors
/// None yet; a difference found will be one.
pub(super) fn verify(
    source: &Logic,
    back: &Logic,
    from: Option<PlatformId>,
    _types: &dyn FieldTypes,
    translated: &mut QueryTranslation,
    _env: &Env<'_>,
) -> Result<(), Refused> {
    if from == translated.dialect.platform() && source == back {
        return Ok(());
    }
    translated.unverified = true;
    translated.losses.push(Loss::matching(
        codes::verify::NOT_RUN,
        Direction::Either,
        "rows that a rule makes itself are not yet compared on a stream of events",
        None,
    ));
    Ok(())
}
