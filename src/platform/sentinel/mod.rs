//! Microsoft Sentinel and Defender XDR: analytics and hunting YAML, ARM JSON, portal exports, custom detections
//! (spec/sentinel-rule-formats.md).
//!
//! Every format is first brought into one shape, the keys of the analytics YAML ("canonical"), with the spans of the
//! file; one reader then reads that shape. Writing goes the same way back.

mod arm;
mod canonical;
mod defender;
mod describe;
mod entities;
mod limits;
mod new_rule;
mod read;
mod title;
mod write;

use super::{OutputFormat, Platform, RawRule, ReadEnv, ReadRule, RuleFile, WriteRequest, Written};
use crate::model::PlatformId;
use crate::source::{Format, SourceFile};

/// The platform.
pub struct Sentinel;

impl Platform for Sentinel {
    fn id(&self) -> PlatformId {
        PlatformId::Sentinel
    }

    fn formats(&self) -> &'static [Format] {
        &[Format::SentinelYaml, Format::SentinelHunting, Format::SentinelArm, Format::DefenderYaml]
    }

    fn rules(&self, file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
        read::rules(file, format, env)
    }

    fn logic(&self, file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
        read::logic(file, rule, env)
    }

    fn output_formats(&self) -> &'static [OutputFormat] {
        &[OutputFormat::Yaml, OutputFormat::Arm, OutputFormat::Hunting, OutputFormat::Defender]
    }

    fn write(&self, request: &WriteRequest<'_>) -> Written {
        write::write(request)
    }
}
