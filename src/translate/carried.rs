//! A rule that stays on its platform and that the model cannot hold whole: its query goes over letter by letter.
//!
//! Another format or new metadata asks nothing of the logic. What cannot be read, printed or run, such as the query of a
//! machine-learning job, is then carried as it stands, which no comparison on events could make more exact.

use super::{Env, FileForm, Goal, Options, Translation};
use crate::diagnostic::codes;
use crate::dialect::Dialect;
use crate::model::{Loss, Verdict};
use crate::platform::{self, Columns, ReadRule, WriteRequest};

/// The rule's own language as the goal, where the goal is the platform that it is in: who changes the format of a rule
/// does not want it in another language.
pub(super) fn own_language<'a>(rule: &'a ReadRule, env: &Env<'_>, options: &Options<'_>) -> Option<Goal<'a>> {
    let Goal::Platform(to) = options.goal else { return None };
    let language = env.registry.get(rule.dialect()?)?;
    (language.platform() == Some(to) && language.target().is_some()).then(|| Goal::Dialect(language.name()))
}

/// The rule's files with its own query, where the goal is the platform, or the language, that it is already in.
/// `found`: what translating the logic came to, and thus the reason.
pub(super) fn carried(
    rule: &ReadRule,
    found: &Translation,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Option<Translation> {
    let FileForm::Rule(format) = options.form else { return None };
    let own = platform::platform_of(rule.format)?;
    let language = rule.dialect();
    let stays = match options.goal {
        Goal::Platform(to) => own.id() == to,
        Goal::Dialect(name) => language == Some(name),
    };
    let of_language = language.and_then(|name| env.registry.get(name)).and_then(Dialect::platform);
    if !stays || of_language.is_some_and(|platform| platform != own.id()) {
        return None;
    }
    let formats = own.output_formats();
    let format = format.or_else(|| formats.first().copied()).filter(|format| formats.contains(format))?;
    let query = rule.query.as_ref().map_or("", |query| query.text.text.as_str());
    let written = own.write(&WriteRequest {
        bundle: &rule.bundle,
        source: Some(own.id()),
        format,
        dialect: language.unwrap_or_default(),
        query,
        carried: true,
        attack: options.attack,
        columns: &Columns::Unknown,
        sources: &[],
        connectors: &[],
    });
    let reason = found.refusals.iter().map(|refusal| refusal.message.as_str());
    let reason = reason.chain(found.losses.iter().map(|loss| loss.message.as_str())).next().unwrap_or_default();
    let message = format!("the query is carried as it stands, letter by letter, since it is not said again: {reason}");
    let mut losses = vec![Loss::output(codes::plan::CARRIED, message)];
    losses.extend(written.losses);
    Some(Translation {
        verdict: Verdict::Exact,
        unverified: true,
        dialect: language.map(str::to_owned),
        query: Some(query.to_owned()).filter(|query| !query.is_empty()),
        files: written.files,
        format: format.name().to_owned(),
        losses,
        refusals: Vec::new(),
        unmapped: Vec::new(),
        verification: None,
        assumptions: Vec::new(),
    })
}
