//! What platforms share while they write.

use super::AttackRelease;
use crate::model::{Bundle, Loss, PlatformId};

/// A format that a platform writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// The platform's YAML.
    Yaml,
    /// Elastic's detection-rules.
    Toml,
    /// Kibana's import.
    Ndjson,
    /// ARM template.
    Arm,
    /// Sentinel hunting query.
    Hunting,
    /// Defender XDR custom detection.
    Defender,
}

impl OutputFormat {
    /// The name on the command line (`--format`).
    pub const fn name(self) -> &'static str {
        match self {
            OutputFormat::Yaml => "yaml",
            OutputFormat::Toml => "toml",
            OutputFormat::Ndjson => "ndjson",
            OutputFormat::Arm => "arm",
            OutputFormat::Hunting => "hunting",
            OutputFormat::Defender => "defender",
        }
    }

    /// The format of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        use OutputFormat::{Arm, Defender, Hunting, Ndjson, Toml, Yaml};
        [Yaml, Toml, Ndjson, Arm, Hunting, Defender].into_iter().find(|format| format.name() == name)
    }
}

/// The columns that a query returns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Columns {
    /// Nobody knows.
    #[default]
    Unknown,
    /// These, by name.
    Known(Vec<String>),
}

/// What to write.
#[derive(Clone, Copy)]
pub struct WriteRequest<'a> {
    /// The detection, planned for the target, in the target's field names; the first raises alerts.
    pub bundle: &'a Bundle,
    /// The platform the rule comes from; its own platform writes its own fields back unchanged.
    pub source: Option<PlatformId>,
    /// The format.
    pub format: OutputFormat,
    /// The dialect of the query.
    pub dialect: &'a str,
    /// The query, printed.
    pub query: &'a str,
    /// The query is the rule's own, letter by letter: what stands beside it in the rule file (filters) stays there.
    pub carried: bool,
    /// The release of ATT&CK that is asked for; the platform's usual one where `None`.
    pub attack: Option<AttackRelease>,
    /// The columns it returns.
    pub columns: &'a Columns,
    /// Tables, index patterns or log types of the target that hold the events.
    pub sources: &'a [String],
    /// Data connectors or integrations of these sources on the target, where known.
    pub connectors: &'a [String],
}

/// What a written file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The rule.
    Rule,
    /// Code that belongs to the rule.
    Code,
    /// Tests that belong to the rule.
    Tests,
    /// A further rule that the first one needs.
    Part,
}

impl Role {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Rule => "rule",
            Role::Code => "code",
            Role::Tests => "tests",
            Role::Part => "part",
        }
    }
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// What stands behind the stem of its name: `.yaml`, `.tests.yml`.
    pub suffix: String,
    /// Its text.
    pub text: String,
    /// What it is for.
    pub role: Role,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// The files; the rule first.
    pub files: Vec<OutputFile>,
    /// What had to be changed for the platform to take the rule: scopes alerting and output.
    pub losses: Vec<Loss>,
}
