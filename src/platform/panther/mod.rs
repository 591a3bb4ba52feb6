//! Panther's rule files: YAML, with a Python file beside it or a `Detection:` inside, the helpers of a repository,
//! and pages of a catalogue that show such a rule.

mod helpers;
mod page;
mod read;
mod rule;
mod write;

pub use helpers::Repository;
pub use write::STEM;

use super::{OutputFormat, Platform, RawRule, ReadEnv, ReadRule, RuleFile, WriteRequest, Written};
use crate::model::PlatformId;
use crate::source::{Format, SourceFile};

/// The platform Panther.
pub struct Panther;

impl Platform for Panther {
    fn id(&self) -> PlatformId {
        PlatformId::Panther
    }

    fn formats(&self) -> &'static [Format] {
        &[Format::PantherYaml, Format::CataloguePage]
    }

    fn rules(&self, file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
        if format == Format::CataloguePage { page::rules(file) } else { read::rules(file, format, env) }
    }

    fn logic(&self, file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
        if rule.format == Format::CataloguePage { page::logic(file, rule, env) } else { read::logic(rule, env) }
    }

    fn output_formats(&self) -> &'static [OutputFormat] {
        &[OutputFormat::Yaml]
    }

    fn write(&self, request: &WriteRequest<'_>) -> Written {
        write::write(request)
    }
}
