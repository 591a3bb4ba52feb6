//! Platforms: the rule files of Panther, Elastic and Sentinel, read into detections and written from them.
//!
//! Reading has two halves: metadata (enough for coverage), then the logic, which goes through the dialect registry.

mod duration;
pub mod elastic;
mod ids;
pub mod panther;
mod read;
mod releases;
pub mod sentinel;
mod template;
pub mod tests_file;
mod write;

pub use read::{
    NoTypes, RawQuery, RawRule, ReadEnv, ReadRule, RuleFile, TypeSource, UntypedSource, placeholder, query_logic,
    unread_logic,
};
pub use releases::AttackRelease;
pub use write::{Columns, OutputFile, OutputFormat, Role, WriteRequest, Written};

use crate::diagnostic::{Diagnostic, codes};
use crate::model::PlatformId;
use crate::source::{Format, SourceFile};

/// A platform's rule files.
pub trait Platform: Sync {
    /// Which platform.
    fn id(&self) -> PlatformId;

    /// The formats it reads.
    fn formats(&self) -> &'static [Format];

    /// Reads everything but the logic. Never fails as a whole: what cannot be read is among the diagnostics.
    fn rules(&self, file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile;

    /// Reads the logic of a rule that [`Platform::rules`] returned for the same file.
    fn logic(&self, file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule;

    /// The formats it writes, the usual one first.
    fn output_formats(&self) -> &'static [OutputFormat];

    /// Writes rule files. Whatever had to be changed for the platform to take the rule is among the losses.
    fn write(&self, request: &WriteRequest<'_>) -> Written;
}

/// The platforms, one line each.
static PLATFORMS: &[&dyn Platform] = &[&panther::Panther, &sentinel::Sentinel, &elastic::Elastic];

/// The platform of this id; `None` where its files cannot be read yet.
pub fn platform(id: PlatformId) -> Option<&'static dyn Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.id() == id)
}

/// The platform that reads this format; `None` for bare queries and catalogue pages.
pub fn platform_of(format: Format) -> Option<&'static dyn Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.formats().contains(&format))
}

/// Reads metadata and logic of every rule of a file.
///
/// # Errors
/// One diagnostic where no platform reads this format.
pub fn read(
    file: &SourceFile,
    format: Format,
    env: &ReadEnv<'_>,
) -> Result<(Vec<ReadRule>, Vec<Diagnostic>), Diagnostic> {
    if let Format::Query(dialect) = format {
        return Ok((vec![read::bare_query(file, dialect, env)], Vec::new()));
    }
    let Some(platform) = platform_of(format) else {
        let message = format!("rule files of the format {} cannot be read", format.name());
        return Err(Diagnostic::error(codes::source::UNKNOWN_FORMAT, message));
    };
    let rules = platform.rules(file, format, env);
    let read = rules.rules.into_iter().map(|rule| platform.logic(file, rule, env)).collect();
    Ok((read, rules.diagnostics))
}
