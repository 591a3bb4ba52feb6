//! Panther's rule files: YAML, with a Python file beside it or a `Detection:` inside, and the helpers of a repository.

mod helpers;
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
        &[Format::PantherYaml]
    }

    fn rules(&self, file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
        read::rules(file, format, env)
    }

    fn logic(&self, _file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
        read::logic(rule, env)
    }

    fn output_formats(&self) -> &'static [OutputFormat] {
        &[OutputFormat::Yaml]
    }

    fn write(&self, request: &WriteRequest<'_>) -> Written {
        write::write(request)
    }
}
