//! Elastic Security: detection-rules TOML, Kibana's NDJSON, the documentation page of a prebuilt rule
//! (spec/elastic-semantics.md, spec/usage-elastic-toml-fields.txt).
//!
//! Every format is first brought into one shape, the keys of Kibana's rule ("canonical"), with the spans of the file.

mod canonical;
mod kept;
mod logic;
mod new_rule;
mod page;
mod read;
mod severity;
mod threat;
mod write;

use super::{OutputFormat, Platform, RawRule, ReadEnv, ReadRule, RuleFile, WriteRequest, Written};
use crate::model::PlatformId;
use crate::source::{Format, SourceFile};

/// The platform.
pub struct Elastic;

impl Platform for Elastic {
    fn id(&self) -> PlatformId {
        PlatformId::Elastic
    }

    fn formats(&self) -> &'static [Format] {
        &[Format::ElasticToml, Format::KibanaNdjson, Format::PrebuiltPage]
    }

    fn rules(&self, file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
        read::rules(file, format, env)
    }

    fn logic(&self, file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
        logic::read(file, rule, env)
    }

    fn output_formats(&self) -> &'static [OutputFormat] {
        &[OutputFormat::Toml, OutputFormat::Ndjson]
    }

    fn write(&self, request: &WriteRequest<'_>) -> Written {
        write::write(request)
    }
}
