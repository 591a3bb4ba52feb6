//! What platforms share while they read: the environment, raw rules, and the way of a query through the registry.

use crate::diagnostic::{Code, Diagnostic, Severity, Span, codes};
use crate::dialect::{Helpers, Read, ReadContext, Registry};
use crate::model::{Bundle, Detection, FieldType, FieldTypes, Logic, PlatformId, ScheduleKind, Unread};
use crate::source::{Format, Node, QueryText, Siblings, SourceFile};

/// Where field types come from: the schema of a log source, or the command line.
pub trait TypeSource {
    /// The types of the fields of these log sources (tables, index patterns, log types) on this platform.
    fn types(&self, platform: PlatformId, sources: &[String]) -> Box<dyn FieldTypes + '_>;
}

/// No type is known of any field.
pub struct NoTypes;

impl FieldTypes for NoTypes {
    fn type_of(&self, _name: &str) -> Option<FieldType> {
        None
    }
}

/// No schema at all.
pub struct UntypedSource;

impl TypeSource for UntypedSource {
    fn types(&self, _platform: PlatformId, _sources: &[String]) -> Box<dyn FieldTypes + '_> {
        Box::new(NoTypes)
    }
}

/// What a platform may ask for while it reads.
#[derive(Clone, Copy)]
pub struct ReadEnv<'a> {
    /// The dialects.
    pub registry: &'a Registry,
    /// Panther's helpers and data models.
    pub helpers: &'a dyn Helpers,
    /// Files beside the rule file (Panther's `Filename`).
    pub siblings: &'a dyn Siblings,
    /// Field types.
    pub types: &'a dyn TypeSource,
}

/// A query of a rule, not read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct RawQuery {
    /// The name of its dialect.
    pub dialect: String,
    /// The query and its place in the file.
    pub text: QueryText,
    /// The file it stands in, where that is not the rule file (Panther's `.py`).
    pub file: Option<SourceFile>,
}

/// A rule whose logic has not been read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRule {
    /// Everything but logic and what the query itself says; the logic is a [`placeholder`].
    pub detection: Detection,
    /// The query; `None` where the rule has none, or none that a dialect reads.
    pub query: Option<RawQuery>,
    /// The rule's own part of the file's tree, for what the platform needs again with the logic.
    pub node: Node,
    /// The format it was read from.
    pub format: Format,
    /// Warnings about this rule, in places of the rule file.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the metadata half of reading gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleFile {
    /// The rules in the order of the file.
    pub rules: Vec<RawRule>,
    /// What is to be said about the file as a whole, or about parts that are no rule.
    pub diagnostics: Vec<Diagnostic>,
}

impl RuleFile {
    /// A file that could not be read.
    pub fn failed(diagnostic: Diagnostic) -> Self {
        Self { rules: Vec::new(), diagnostics: vec![diagnostic] }
    }
}

/// A rule with its logic.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRule {
    /// The detection, with others that belong to it. Spans of logic, outputs and unread count in the query's text.
    pub bundle: Bundle,
    /// The query with its place in the file; `None` where there is none.
    pub query: Option<RawQuery>,
    /// The format it was read from.
    pub format: Format,
    /// What is to be said, in places of the rule file; of the query's own file, where it has one.
    pub diagnostics: Vec<Diagnostic>,
}

impl ReadRule {
    /// The detection that raises alerts.
    pub fn detection(&self) -> Option<&Detection> {
        self.bundle.detections.first()
    }

    /// The name of the query's dialect.
    pub fn dialect(&self) -> Option<&str> {
        self.query.as_ref().map(|query| query.dialect.as_str())
    }

    /// The platform in whose names the logic stands: the language's, else the one whose rule file this is.
    pub fn platform(&self, registry: &Registry) -> Option<PlatformId> {
        let of_language =
            self.dialect().and_then(|name| registry.get(name)).and_then(crate::dialect::Dialect::platform);
        of_language.or_else(|| super::platform_of(self.format).map(super::Platform::id))
    }

    /// The place in the file of a span of the query.
    pub fn to_file(&self, span: Span) -> Span {
        self.query.as_ref().map_or(span, |query| query.text.map.to_file(span))
    }

    /// Whether an error stood in the way of reading the rule.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// A detection whose logic is to be read later.
pub fn placeholder() -> Detection {
    let mut detection = Detection::new(Logic::Unread(0));
    detection.unread.push(Unread {
        code: codes::source::NO_QUERY,
        reason: "the query has not been read".to_owned(),
        span: None,
        text: String::new(),
    });
    detection
}

/// Gives a detection logic that cannot be read, by name (rule 5).
pub fn unread_logic(detection: &mut Detection, code: Code, reason: impl Into<String>, span: Option<Span>, text: &str) {
    detection.unread = vec![Unread { code, reason: reason.into(), span, text: text.to_owned() }];
    detection.logic = Logic::Unread(0);
}

/// Reads a query through the registry and puts what it says into the detection: logic, unread, outputs, tables, alerting
/// and look-back. A syntax error leaves the logic unread.
///
/// Diagnostics come back in places of the file. `types` are those of the rule's log sources on `platform`; the query's
/// own tables are asked for by their names when the rule file names no source.
pub fn query_logic(
    detection: &mut Detection,
    query: &RawQuery,
    platform: PlatformId,
    env: &ReadEnv<'_>,
) -> Vec<Diagnostic> {
    let to_file = |found: Diagnostic| found.map_spans(|span| query.text.map.to_file(span));
    let text = query.text.text.as_str();
    let Some(dialect) = env.registry.get(&query.dialect) else {
        let reason = format!("the language {} cannot be read", query.dialect);
        unread_logic(detection, codes::source::UNKNOWN_FORMAT, reason, None, text);
        return Vec::new();
    };
    let sources: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    let types = env.types.types(platform, &sources);
    let context =
        ReadContext { types: types.as_ref(), registry: env.registry, helpers: env.helpers, log_sources: &sources };
    let read = if sources.is_empty() {
        dialect.read_own_tables(text, &context, &|tables| env.types.types(platform, tables))
    } else {
        dialect.read(text, &context)
    };
    match read {
        Ok(read) => {
            let diagnostics = read.diagnostics.iter().cloned().map(to_file).collect();
            take(detection, read);
            diagnostics
        }
        Err(errors) => {
            unread_logic(detection, codes::syntax::SYNTAX, "the query has a syntax error", None, text);
            errors.into_iter().map(to_file).collect()
        }
    }
}

/// What the query says beside its logic goes where the rule file is silent.
fn take(detection: &mut Detection, read: Read) {
    detection.logic = read.logic;
    detection.unread = read.unread;
    detection.outputs.extend(read.outputs);
    detection.schedule.query_lookback = read.lookback;
    match detection.log_sources.first_mut() {
        Some(source) if source.names.is_empty() => source.names = read.tables,
        Some(_) => {}
        None if read.tables.is_empty() => {}
        None => detection.log_sources.push(crate::model::LogSource { names: read.tables, ..Default::default() }),
    }
    if let Some(alerting) = read.alerting {
        let own = &mut detection.alerting;
        own.title = own.title.take().or(alerting.title);
        own.dedup = own.dedup.take().or(alerting.dedup);
        own.suppression = own.suppression.take().or(alerting.suppression);
        own.trigger = own.trigger.or(alerting.trigger);
        own.grouping = own.grouping.or(alerting.grouping);
        own.max_alerts = own.max_alerts.or(alerting.max_alerts);
        own.create_alert = own.create_alert.or(alerting.create_alert);
        if own.severity.is_empty() {
            own.severity = alerting.severity;
        }
    }
}

/// A file that holds nothing but a query: no identity, run by hand.
pub(super) fn bare_query(file: &SourceFile, dialect: &'static str, env: &ReadEnv<'_>) -> ReadRule {
    let query = RawQuery { dialect: dialect.to_owned(), text: QueryText::whole(file), file: None };
    let mut detection = placeholder();
    detection.schedule.kind = ScheduleKind::Manual;
    let platform = env.registry.get(dialect).and_then(|dialect| dialect.platform()).unwrap_or(PlatformId::Panther);
    let diagnostics = query_logic(&mut detection, &query, platform, env);
    ReadRule { bundle: detection.into(), query: Some(query), format: Format::Query(dialect), diagnostics }
}
