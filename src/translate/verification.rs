//! The output parsed back and held against the source (rule 8).

use super::Env;
use super::query::{Named, QueryTranslation, Refused};
use crate::diagnostic::codes;
use crate::dialect::{NoHelpers, ReadContext};
use crate::model::{Detection, FieldTypes, Logic, PlatformId};
use crate::plan::Refusal;

/// Parses the printed query, runs both sides on events made from the rule, and puts what it found into `translated`.
///
/// # Errors
/// An output that does not parse, or that differs from the source without a loss that explains it: nothing is written.
pub(super) fn verify(
    _detection: &Detection,
    _from: Option<PlatformId>,
    _named: &Named<'_>,
    types: &dyn FieldTypes,
    translated: &mut QueryTranslation,
    env: &Env<'_>,
) -> Result<(), Refused> {
    let _back = read_back(types, translated, env)?;
    translated.unverified = true;
    Ok(())
}

/// The logic that the printed text means to the target's own reader.
fn read_back(types: &dyn FieldTypes, translated: &QueryTranslation, env: &Env<'_>) -> Result<Logic, Refused> {
    let context = ReadContext { types, registry: env.registry, helpers: &NoHelpers, log_sources: &translated.sources };
    let bug = |message: String| Refused {
        refusals: vec![Refusal { code: codes::verify::BUG, message, span: None }],
        unmapped: translated.unmapped.clone(),
    };
    match translated.dialect.read(&translated.text, &context) {
        Ok(read) if read.unread.is_empty() => Ok(read.logic),
        Ok(read) => {
            let reason = read.unread.first().map_or("", |entry| entry.reason.as_str());
            Err(bug(format!("the output is not understood when read back: {reason}")))
        }
        Err(errors) => {
            let reason = errors.first().map_or("", |found| found.message.as_str());
            Err(bug(format!("the output does not parse when read back: {reason}")))
        }
    }
}
