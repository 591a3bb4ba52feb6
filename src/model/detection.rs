//! A detection with everything a rule file says beside its logic.

use super::{Expr, Logic, Predicate};
use crate::diagnostic::{Code, Span};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A platform where rules live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlatformId {
    /// Panther.
    Panther,
    /// Elastic Security.
    Elastic,
    /// Microsoft Sentinel, with Defender XDR's tables.
    Sentinel,
}

impl PlatformId {
    /// Every platform.
    pub const ALL: [PlatformId; 3] = [PlatformId::Panther, PlatformId::Elastic, PlatformId::Sentinel];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            PlatformId::Panther => "panther",
            PlatformId::Elastic => "elastic",
            PlatformId::Sentinel => "sentinel",
        }
    }

    /// The platform of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}

/// How bad an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Sentinel and Panther: informational.
    Informational,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical; Sentinel has none.
    Critical,
}

impl Severity {
    /// Reads any platform's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "info" | "informational" => Some(Severity::Informational),
            "low" => Some(Severity::Low),
            "medium" => Some(Severity::Medium),
            "high" => Some(Severity::High),
            "critical" => Some(Severity::Critical),
            _ => None,
        }
    }

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Informational => "informational",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// Identity and prose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// The rule's id as written.
    pub id: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// What the rule finds.
    pub description: Option<String>,
    /// How bad an alert is.
    pub severity: Option<Severity>,
    /// Elastic's risk score, 0 to 100.
    pub risk_score: Option<i64>,
    /// Whether the rule is switched on.
    pub enabled: Option<bool>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// What else causes alerts.
    pub false_positives: Vec<String>,
    /// Investigation guide, Markdown.
    pub notes: Option<String>,
    /// What must be set up first, Markdown.
    pub setup: Option<String>,
    /// What to do on an alert.
    pub runbook: Option<String>,
    /// Free tags.
    pub tags: Vec<String>,
    /// Date of creation as written.
    pub created: Option<String>,
    /// Date of the last change as written.
    pub updated: Option<String>,
    /// Version as written.
    pub version: Option<String>,
    /// Licence as written.
    pub license: Option<String>,
    /// production, experimental, deprecated... as written.
    pub status: Option<String>,
}

/// A mapping to MITRE ATT&CK as the rule states it; what it resolves to is `attack`'s answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttackRef {
    /// Tactic id (`TA0001`) or, where only a name is written, that name.
    pub tactic: Option<String>,
    /// Technique or sub-technique id (`T1078`, `T1078.004`) as written.
    pub technique: Option<String>,
    /// The text as written, for reports.
    pub written: String,
    /// Where it stands in the rule file.
    pub span: Option<Span>,
}

/// A log source as a platform names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSource {
    /// The common name (`entra_audit`), where one is known.
    pub id: Option<String>,
    /// The platform's own names: tables, index patterns, log types.
    pub names: Vec<String>,
    /// Connector or integration names as written.
    pub connectors: Vec<String>,
}

/// How a rule is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ScheduleKind {
    /// On a schedule, over a look-back.
    #[default]
    Scheduled,
    /// On every event as it arrives (Panther rules).
    Streaming,
    /// Near real time (Sentinel NRT).
    NearRealTime,
    /// By a person: hunting queries, bare queries.
    Manual,
}

/// When a rule runs and how far it looks back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schedule {
    /// How it is run.
    pub kind: ScheduleKind,
    /// Seconds between runs.
    pub interval: Option<u64>,
    /// Seconds each run looks back.
    pub lookback: Option<u64>,
    /// The look-back that the rule file states, where the query's own time filters narrow it.
    pub stated_lookback: Option<u64>,
    /// Look-back that the query's own time filters state, in seconds; merged into `lookback` by the reader.
    pub query_lookback: Option<u64>,
}

/// Comparison of a count with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TriggerOp {
    /// More than.
    Greater,
    /// Fewer than.
    Less,
    /// Exactly.
    Equal,
    /// Anything but.
    NotEqual,
}

/// How many rows raise an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// The comparison.
    pub op: TriggerOp,
    /// With this number of rows.
    pub count: u64,
}

/// Repeated alerts of one group become one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dedup {
    /// What makes a group; empty: the whole rule.
    pub by: Vec<Expr>,
    /// For how long, in seconds.
    pub window: Option<u64>,
    /// Whether each group member is counted once by value (Panther `unique()`).
    pub unique: Option<Expr>,
    /// Events of a group that raise an alert (Panther `Threshold`).
    pub threshold: Option<u64>,
}

/// No further alerts for a time (Elastic alert suppression, Sentinel suppression).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suppression {
    /// What makes a group; empty: the whole rule.
    pub by: Vec<Expr>,
    /// For how long, in seconds; `None`: per rule execution.
    pub duration: Option<u64>,
    /// Events without a group are suppressed too.
    pub missing_too: bool,
}

/// How rows become alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupingMode {
    /// All rows of a run in one alert.
    SingleAlert,
    /// One alert a row.
    AlertPerResult,
}

/// What happens once events match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alerting {
    /// How many rows raise an alert.
    pub trigger: Option<Trigger>,
    /// Grouping of repeated alerts.
    pub dedup: Option<Dedup>,
    /// Silence after an alert.
    pub suppression: Option<Suppression>,
    /// Rows to alerts.
    pub grouping: Option<GroupingMode>,
    /// The greatest number of alerts of a run (Elastic `max_signals`).
    pub max_alerts: Option<u64>,
    /// The title of an alert, computed.
    pub title: Option<Expr>,
    /// The severity of an alert, computed or by condition.
    pub severity: Vec<DynamicSeverity>,
    /// Whether matches raise alerts at all (Panther `CreateAlert`, Elastic building blocks).
    pub create_alert: Option<bool>,
}

/// A severity that depends on the event.
#[derive(Debug, Clone, PartialEq)]
pub struct DynamicSeverity {
    /// When.
    pub when: Predicate,
    /// Then this severity, or the value of an expression.
    pub severity: Result<Severity, Box<Expr>>,
}

/// A value that an alert shows.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputField {
    /// The name in the alert.
    pub name: String,
    /// The value.
    pub value: Expr,
}

/// One identifier of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityField {
    /// The identifier (`FullName`, `Address`).
    pub identifier: String,
    /// The column or field that holds it.
    pub column: String,
}

/// An entity that an alert names (Sentinel's entity mapping).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// `Account`, `IP`, `Host`...
    pub kind: String,
    /// Its identifiers.
    pub fields: Vec<EntityField>,
    /// Where it stands in the rule file.
    pub span: Option<Span>,
}

/// An event with the verdict that the rule must give.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// The name of the test.
    pub name: String,
    /// The event, in the platform's own shape.
    pub event: Json,
    /// Whether the rule must match it.
    pub expected: bool,
    /// Whether the test replaces functions of the rule (Panther `Mocks`); such a test is not run.
    pub mocked: bool,
}

/// Something of the rule that could not be read (rule 5).
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The stable code.
    pub code: Code,
    /// Why, as a sentence.
    pub reason: String,
    /// Where it stands in the query text.
    pub span: Option<Span>,
    /// The text as written.
    pub text: String,
}

/// A rule, whatever its dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// Identity and prose.
    pub meta: Metadata,
    /// MITRE ATT&CK mappings as written.
    pub attack: Vec<AttackRef>,
    /// Where its events come from.
    pub log_sources: Vec<LogSource>,
    /// What it looks for.
    pub logic: Logic,
    /// When it runs.
    pub schedule: Schedule,
    /// What happens on a match.
    pub alerting: Alerting,
    /// What an alert shows.
    pub outputs: Vec<OutputField>,
    /// Entities that an alert names.
    pub entities: Vec<Entity>,
    /// Events with their expected verdict.
    pub tests: Vec<TestCase>,
    /// What else the source file had, by platform: writing that platform again loses nothing.
    pub extras: BTreeMap<PlatformId, Json>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

impl Detection {
    /// A detection with this logic and nothing else.
    pub fn new(logic: Logic) -> Self {
        Self {
            meta: Metadata::default(),
            attack: Vec::new(),
            log_sources: Vec::new(),
            logic,
            schedule: Schedule::default(),
            alerting: Alerting::default(),
            outputs: Vec::new(),
            entities: Vec::new(),
            tests: Vec::new(),
            extras: BTreeMap::new(),
            unread: Vec::new(),
        }
    }
}
