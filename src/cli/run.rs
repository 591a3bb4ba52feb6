//! `run`: a query or rule over events, without a SIEM.

use super::Status;
use super::args::RunArgs;
use super::input::{Found, Workspace, read_events};
use super::output::Session;
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::{Dialect, Helpers, NoHelpers, ReadContext, Registry};
use crate::evaluate::{self, Access, Context, EvalError};
use crate::model::{
    FieldKind, FieldType, FieldTypes, Logic, Pipeline, PlatformId, Source, StepKind, TICKS_PER_SECOND, TypeMap, Unread,
    Value,
};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What to run.
pub struct Request<'a> {
    /// The dialects.
    pub registry: &'a Registry,
    /// The query's dialect.
    pub dialect: &'static dyn Dialect,
    /// The query.
    pub query: &'a str,
    /// The rows of every table that the query names and `tables` lacks.
    pub events: &'a [Json],
    /// Rows by table.
    pub tables: &'a HashMap<String, Vec<Json>>,
    /// Types of the fields.
    pub types: &'a TypeMap,
    /// The time of evaluation, ISO 8601.
    pub now: Option<&'a str>,
    /// Panther's helpers.
    pub helpers: &'a dyn Helpers,
}

/// What a run gives.
pub enum Outcome {
    /// Which events match: the query keeps rows.
    Matches(Vec<bool>),
    /// The rows of a query that makes rows of its own.
    Table {
        /// Name and type of each column.
        columns: Vec<(String, &'static str)>,
        /// The rows.
        rows: Vec<Vec<Json>>,
    },
}

/// Reads and runs a query.
///
/// # Errors
/// Syntax errors; parts that are not read; what cannot be run.
pub fn evaluate(request: &Request<'_>) -> Result<Outcome, Vec<Diagnostic>> {
    let types = ColumnTypes::new(request);
    let context = ReadContext { types: &types, registry: request.registry, helpers: request.helpers, log_sources: &[] };
    let read = request.dialect.read_rows(request.query, &context)?;
    let now = now(request.now, request.events, request.tables)?;
    run_logic(&read.logic, &read.unread, Access::of(request.dialect.platform()), &types, request, now)
}

fn run_logic(
    logic: &Logic,
    unread: &[Unread],
    access: Access,
    types: &dyn FieldTypes,
    request: &Request<'_>,
    now: i64,
) -> Result<Outcome, Vec<Diagnostic>> {
    let failed = |error: &EvalError| vec![not_run(error, unread)];
    let mut context = Context::new(access, types, now);
    context.tables =
        request.tables.iter().map(|(name, rows)| (name.clone(), rows.iter().map(Value::from).collect())).collect();
    if keeps_rows(logic, request.tables) {
        let mut matches = Vec::with_capacity(request.events.len());
        let condition = logic.as_filter();
        for event in request.events {
            let verdict = match &condition {
                Some(condition) => evaluate::matches(condition, event, &context),
                None => {
                    context.events = vec![Value::from(event)];
                    evaluate::run(logic, &context).map(|table| !table.rows.is_empty())
                }
            };
            matches.push(verdict.map_err(|error| failed(&error))?);
        }
        return Ok(Outcome::Matches(matches));
    }
    context.events = request.events.iter().map(Value::from).collect();
    let table = evaluate::run(logic, &context).map_err(|error| failed(&error))?;
    let columns: Vec<(String, &'static str)> =
        table.columns.iter().map(|(name, kind)| (name.clone(), type_name(*kind))).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(to_json).collect()).collect();
    Ok(Outcome::Table { columns, rows })
}

/// Whether every row of the result is a row of the events: filters and columns, over tables that are the events.
fn keeps_rows(logic: &Logic, tables: &HashMap<String, Vec<Json>>) -> bool {
    let Logic::Pipeline(pipeline) = logic else { return false };
    over_events(pipeline, tables)
        && pipeline.steps.iter().all(|step| {
            matches!(step.kind, StepKind::Filter(_) | StepKind::Extend(_) | StepKind::Project(_) | StepKind::Select(_))
        })
}

fn over_events(pipeline: &Pipeline, tables: &HashMap<String, Vec<Json>>) -> bool {
    match &pipeline.source {
        Source::Events => true,
        Source::Table(name) => !tables.contains_key(name),
        _ => false,
    }
}

/// Why logic was not run, at its place.
pub fn not_run(error: &EvalError, unread: &[Unread]) -> Diagnostic {
    match error {
        EvalError::Unread(index) => match unread.get(*index) {
            Some(entry) => {
                let found = Diagnostic::error(entry.code, format!("not run: {}", entry.reason));
                match entry.span {
                    Some(span) => found.at(span),
                    None => found,
                }
            }
            None => Diagnostic::error(codes::cli::NOT_RUN, "not run: part of the rule is not read"),
        },
        other => Diagnostic::error(codes::cli::NOT_RUN, format!("not run: {other}")),
    }
}

/// Types as given, with columns that hold only numbers or booleans in every row of the request told by these
/// (design: untyped, numbers are double, booleans boolean, all else keyword).
struct ColumnTypes<'a> {
    given: &'a TypeMap,
    told: HashMap<String, FieldType>,
}

impl<'a> ColumnTypes<'a> {
    fn new(request: &Request<'a>) -> Self {
        let mut told: HashMap<String, Option<FieldKind>> = HashMap::new();
        let rows = request.events.iter().chain(request.tables.values().flatten());
        for row in rows {
            tell(row, String::new(), &mut told);
        }
        let told = told.into_iter().filter_map(|(name, kind)| Some((name, FieldType::scalar(kind?)))).collect();
        Self { given: request.types, told }
    }
}

fn tell(value: &Json, name: String, told: &mut HashMap<String, Option<FieldKind>>) {
    let kind = match value {
        Json::Object(members) => {
            for (key, inner) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                tell(inner, name, told);
            }
            return;
        }
        Json::Array(items) => {
            for item in items {
                tell(item, name.clone(), told);
            }
            return;
        }
        Json::Null => return,
        Json::Number(_) => FieldKind::Double,
        Json::Bool(_) => FieldKind::Boolean,
        Json::String(_) => FieldKind::Keyword,
    };
    let known = told.entry(name).or_insert(Some(kind));
    if *known != Some(kind) {
        *known = None;
    }
}

impl FieldTypes for ColumnTypes<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        self.given.type_of(name).or_else(|| self.told.get(name).copied().filter(|kind| kind.kind != FieldKind::Keyword))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.given.names();
        names.extend(self.told.keys().cloned());
        names.sort();
        names.dedup();
        names
    }
}

/// The time of evaluation: as given, else the newest event's, else the epoch.
pub fn now(given: Option<&str>, events: &[Json], tables: &HashMap<String, Vec<Json>>) -> Result<i64, Vec<Diagnostic>> {
    if let Some(text) = given {
        return parse_time(text).ok_or_else(|| {
            vec![Diagnostic::error(codes::cli::BAD_OPTION, format!("`{text}` is no time in ISO 8601"))]
        });
    }
    let newest = events.iter().chain(tables.values().flatten()).filter_map(event_time).max();
    Ok(newest.unwrap_or(UNIX_EPOCH))
}

/// 1970-01-01 in ticks since 0001-01-01.
const UNIX_EPOCH: i64 = 719_162 * 86_400 * TICKS_PER_SECOND;

fn event_time(event: &Json) -> Option<i64> {
    ["@timestamp", "TimeGenerated", "p_event_time", "Timestamp"].iter().find_map(|name| match event.get(name)? {
        Json::String(text) => parse_time(text),
        Json::Number(millis) => Some(UNIX_EPOCH + millis.as_i64()?.checked_mul(TICKS_PER_SECOND / 1000)?),
        _ => None,
    })
}

fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    i64::try_from(stamp.as_nanosecond() / 100).ok().map(|ticks| ticks + UNIX_EPOCH)
}

/// The name of a column's type as Kusto spells it.
fn type_name(kind: Option<FieldType>) -> &'static str {
    match kind.map(|kind| (kind.kind, kind.list)) {
        None => "dynamic",
        Some((_, true)) => "dynamic",
        Some((kind, false)) => match kind {
            FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip => "string",
            FieldKind::Long => "long",
            FieldKind::Double => "real",
            FieldKind::Date => "datetime",
            FieldKind::Boolean => "bool",
            FieldKind::Dynamic => "dynamic",
            FieldKind::Timespan => "timespan",
            FieldKind::Guid => "guid",
        },
    }
}

/// A value as the contract spells it: datetimes as ISO 8601, timespans as {"$ts": seconds}.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::String(text) => json!(text),
        Value::DateTime(ticks) => Json::String(iso(*ticks)),
        Value::Duration(ticks) => json!({"$ts": *ticks as f64 / TICKS_PER_SECOND as f64}),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), to_json(value))).collect())
        }
    }
}

fn iso(ticks: i64) -> String {
    let nanos = i128::from(ticks - UNIX_EPOCH) * 100;
    jiff::Timestamp::from_nanosecond(nanos).map_or_else(|_| ticks.to_string(), |stamp| format!("{stamp:.7}"))
}

/// Carries out the command.
pub fn run(args: &RunArgs, session: &mut Session) {
    let workspace =
        Workspace::with(args.from.as_deref(), args.helpers.as_deref(), None, args.types.as_deref(), session);
    let events_path = args.events.clone().unwrap_or_else(|| PathBuf::from("-"));
    let events = match read_events(&events_path) {
        Ok(events) => events,
        Err(found) => return session.report(&found, &events_path.display().to_string(), "", Status::Unusable),
    };
    let mut tables = HashMap::new();
    for entry in &args.tables {
        let Some((name, file)) = entry.split_once('=') else {
            let found = Diagnostic::error(codes::cli::BAD_OPTION, format!("`{entry}` is not NAME=FILE"));
            return session.report(&found, "--table", "", Status::Unusable);
        };
        match read_events(Path::new(file)) {
            Ok(rows) => {
                tables.insert(name.to_owned(), rows);
            }
            Err(found) => return session.report(&found, file, "", Status::Unusable),
        }
    }
    let Some((outcome, name, text)) = outcome(args, &workspace, &events, &tables, session) else { return };
    match outcome {
        Ok(outcome) => print(outcome, &events, args.verdicts, session, &name),
        Err(found) => {
            for found in found {
                session.report(&found, &name, &text, Status::Unusable);
            }
        }
    }
}

type RunResult = (Result<Outcome, Vec<Diagnostic>>, String, String);

/// Runs the file or the text of the command line; spans count in the text that comes back.
fn outcome(
    args: &RunArgs,
    workspace: &Workspace,
    events: &[Json],
    tables: &HashMap<String, Vec<Json>>,
    session: &mut Session,
) -> Option<RunResult> {
    if let Some(path) = &args.path {
        let found = Found { path: path.clone(), relative: path.clone(), named: true };
        let loaded = workspace.load(&found, session)?;
        let name = path.display().to_string();
        let Some(rule) = loaded.rules.into_iter().next() else {
            let found = Diagnostic::error(codes::cli::NO_RULES, "the file holds no rule");
            session.report(&found, &name, &loaded.file.text, Status::Unusable);
            return None;
        };
        if rule.failed() {
            return Some((Err(rule.diagnostics), name, loaded.file.text));
        }
        let detection = rule.detection()?;
        let platform = rule.platform(&workspace.registry);
        let types = crate::cli::input::Types { schemas: &workspace.schemas, given: &workspace.types };
        let sources: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
        let types = crate::platform::TypeSource::types(&types, platform.unwrap_or(PlatformId::Panther), &sources);
        let request = Request {
            registry: &workspace.registry,
            dialect: workspace.registry.iter().next()?,
            query: "",
            events,
            tables,
            types: &workspace.types,
            now: args.now.as_deref(),
            helpers: &NoHelpers,
        };
        let outcome = now(args.now.as_deref(), events, tables).and_then(|now| {
            run_logic(&detection.logic, &detection.unread, Access::of(platform), types.as_ref(), &request, now)
        });
        return Some((outcome, name, loaded.file.text));
    }
    let query = args.query.clone()?;
    let Some(dialect) = args.from.as_deref().and_then(|name| workspace.registry.get(name)) else {
        let found = Diagnostic::error(codes::cli::BAD_OPTION, "--query needs --from DIALECT");
        session.report(&found, "--query", "", Status::Unusable);
        return None;
    };
    let request = Request {
        registry: &workspace.registry,
        dialect,
        query: &query,
        events,
        tables,
        types: &workspace.types,
        now: args.now.as_deref(),
        helpers: &NoHelpers,
    };
    Some((evaluate(&request), "--query".to_owned(), query.clone()))
}

fn print(outcome: Outcome, events: &[Json], verdicts: bool, session: &mut Session, name: &str) {
    let mut out = String::new();
    match outcome {
        Outcome::Matches(matches) => {
            for (index, (matched, event)) in matches.iter().zip(events).enumerate() {
                if verdicts {
                    out.push_str(&format!("{{\"index\":{index},\"match\":{matched}}}\n"));
                } else if *matched {
                    out.push_str(&event.to_string());
                    out.push('\n');
                }
            }
        }
        Outcome::Table { .. } if verdicts => {
            let found = Diagnostic::error(
                codes::cli::NOT_RUN,
                "the rule makes rows of its own, so there is no verdict for each event",
            );
            return session.report(&found, name, "", Status::Unusable);
        }
        Outcome::Table { columns, rows } => {
            for row in rows {
                let row: serde_json::Map<String, Json> =
                    columns.iter().map(|(name, _)| name.clone()).zip(row).collect();
                out.push_str(&Json::Object(row).to_string());
                out.push('\n');
            }
        }
    }
    session.print(&out);
}
