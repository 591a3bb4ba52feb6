//! `batch`: JSON requests in, JSON answers out, one a line (design, "The command").
//!
//! A bad request is answered and does not end the run; every answer is flushed, so that an editor can wait for it.

use super::Status;
use super::input::{Types, type_map};
use super::output::Session;
use super::run::{Outcome, Request as RunRequest, evaluate};
use crate::diagnostic::{Diagnostic, Severity, codes, line_column};
use crate::dialect::{NoHelpers, ReadContext, Registry};
use crate::fields::Schemas;
use crate::model::{Detection, LogSource, PlatformId, TypeMap};
use crate::platform::{ReadEnv, TypeSource};
use crate::source::NoSiblings;
use crate::translate::{Env, FieldMode, FileForm, Goal, Options, translate_logic};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// The longest request, in bytes.
const MAX_LINE: usize = 256 << 20;

#[derive(Deserialize)]
struct Request {
    op: String,
    #[serde(default)]
    dialect: Option<String>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    fields: Option<String>,
    #[serde(default)]
    events: Vec<Json>,
    #[serde(default)]
    tables: HashMap<String, Vec<Json>>,
    #[serde(default)]
    types: HashMap<String, String>,
    #[serde(default)]
    now: Option<String>,
}

/// What went wrong with a request: findings about the query, in its own bytes.
struct Failed(Vec<Diagnostic>);

impl From<Diagnostic> for Failed {
    fn from(found: Diagnostic) -> Self {
        Failed(vec![found])
    }
}

struct Answer {
    fields: Map<String, Json>,
    diagnostics: Vec<Diagnostic>,
}

/// Answers every request of standard input.
pub fn run(session: &mut Session) {
    let server = Server { registry: Registry::default(), schemas: Schemas::built_in().clone() };
    let mut input = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                let found = Diagnostic::error(codes::cli::BAD_REQUEST, format!("standard input: {error}"));
                session.report(&found, "-", "", Status::Unusable);
                return;
            }
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut text = server.answer(&line).to_string();
        text.push('\n');
        // A reader that went away ends the run.
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

struct Server {
    registry: Registry,
    schemas: Schemas,
}

impl Server {
    fn answer(&self, line: &[u8]) -> Json {
        let too_large = line.len() > MAX_LINE;
        let raw: Result<Json, _> = if too_large { Ok(Json::Null) } else { serde_json::from_slice(line) };
        let id = raw.as_ref().ok().and_then(|value| value.get("id")).cloned().unwrap_or(Json::Null);
        let bad = |message: String| Failed::from(Diagnostic::error(codes::cli::BAD_REQUEST, message));
        let request = match raw {
            _ if too_large => Err(bad("the request is too large".to_owned())),
            Err(error) => Err(bad(format!("the line is no JSON: {error}"))),
            Ok(value) => serde_json::from_value::<Request>(value)
                .map_err(|error| bad(format!("the request is not understood: {error}"))),
        };
        let query = request.as_ref().ok().and_then(|request| request.query.clone()).unwrap_or_default();
        let mut answer = Map::new();
        answer.insert("id".to_owned(), id);
        let outcome = request.and_then(|request| self.carry_out(&request));
        let (ok, diagnostics, fields) = match outcome {
            Ok(answer) => (true, answer.diagnostics, answer.fields),
            Err(Failed(diagnostics)) => (false, diagnostics, Map::new()),
        };
        answer.insert("ok".to_owned(), Json::Bool(ok));
        let diagnostics: Vec<Json> = diagnostics.iter().map(|found| diagnostic_json(found, &query)).collect();
        answer.insert("diagnostics".to_owned(), Json::Array(diagnostics));
        answer.extend(fields);
        Json::Object(answer)
    }

    fn carry_out(&self, request: &Request) -> Result<Answer, Failed> {
        let missing = |what: &str| Diagnostic::error(codes::cli::BAD_REQUEST, format!("`{what}` is missing"));
        let query = request.query.as_deref().ok_or_else(|| missing("query"))?;
        let name = request.dialect.as_deref().ok_or_else(|| missing("dialect"))?;
        let dialect = self.registry.get(name).ok_or_else(|| self.unknown(name))?;
        let mut answer = Answer { fields: Map::new(), diagnostics: Vec::new() };
        let mut put = |key: &str, value: Json| answer.fields.insert(key.to_owned(), value);
        match request.op.as_str() {
            "parse" => {
                let inventory = dialect.inventory(query).map_err(Failed)?;
                let names = |counts: &std::collections::BTreeMap<String, usize>| {
                    Json::Array(counts.keys().cloned().map(Json::String).collect())
                };
                put("operators", names(&inventory.operators));
                put("functions", names(&inventory.functions));
                put("string_operators", names(&inventory.string_operators));
                put("tables", names(&inventory.tables));
            }
            "format" => {
                put("output", Json::String(dialect.format(query).map_err(Failed)?));
            }
            "translate" => return self.translate(request, dialect, query),
            "run" => {
                let types = type_map(&request.types)?;
                let outcome = evaluate(&RunRequest {
                    registry: &self.registry,
                    dialect,
                    query,
                    events: &request.events,
                    tables: &request.tables,
                    types: &types,
                    now: request.now.as_deref(),
                    helpers: &NoHelpers,
                })
                .map_err(Failed)?;
                match outcome {
                    Outcome::Matches(matches) => {
                        put("matches", Json::Array(matches.into_iter().map(Json::Bool).collect()));
                    }
                    Outcome::Table { columns, rows } => {
                        let columns =
                            columns.into_iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
                        put("columns", Json::Array(columns));
                        put("rows", Json::Array(rows.into_iter().map(Json::Array).collect()));
                    }
                }
            }
            other => {
                return Err(Diagnostic::error(
                    codes::cli::BAD_REQUEST,
                    format!("there is no operation `{other}`; there are parse, format, translate and run"),
                )
                .into());
            }
        }
        Ok(answer)
    }

    fn unknown(&self, name: &str) -> Diagnostic {
        let names: Vec<&str> = self.registry.iter().map(|dialect| dialect.name()).collect();
        Diagnostic::error(codes::cli::UNKNOWN_DIALECT, format!("there is no dialect `{name}`"))
            .help(format!("the dialects are {}", names.join(", ")))
    }

    fn translate(
        &self,
        request: &Request,
        dialect: &'static dyn crate::dialect::Dialect,
        query: &str,
    ) -> Result<Answer, Failed> {
        let to = request.to.as_deref().ok_or_else(|| Diagnostic::error(codes::cli::BAD_REQUEST, "`to` is missing"))?;
        let goal = match (PlatformId::by_name(to), self.registry.get(to)) {
            // `panther` is a platform and a dialect; a query asks for the language.
            (_, Some(dialect)) => Goal::Dialect(dialect.name()),
            (Some(platform), None) => Goal::Platform(platform),
            (None, None) => return Err(self.unknown(to).into()),
        };
        let fields = match request.fields.as_deref() {
            None | Some("map") => FieldMode::Map,
            Some("strict") => FieldMode::Strict,
            Some("keep") => FieldMode::Keep,
            Some(other) => {
                return Err(Diagnostic::error(
                    codes::cli::BAD_REQUEST,
                    format!("`fields` is `{other}`; it takes map, strict or keep"),
                )
                .into());
            }
        };
        let given = type_map(&request.types)?;
        let types = Types { schemas: &self.schemas, given: &given };
        let (detection, diagnostics) = self.read(dialect, query, &types, fields, &given)?;
        let only_given = OnlyGiven(&given);
        let source: &dyn TypeSource = if fields == FieldMode::Keep { &only_given } else { &types };
        let env = Env {
            registry: &self.registry,
            schemas: &self.schemas,
            types: &given,
            read: ReadEnv { registry: &self.registry, helpers: &NoHelpers, siblings: &NoSiblings, types: source },
        };
        let options = Options { goal, form: FileForm::Query, fields, table: None, verify: true, attack: None };
        let outcome = translate_logic(&detection, dialect.platform(), &env, &options);
        let mut answer = Answer { fields: Map::new(), diagnostics };
        match outcome {
            Ok(found) => {
                answer.fields.insert("output".to_owned(), Json::String(found.text.clone()));
                answer.fields.insert("verdict".to_owned(), Json::String(found.verdict.name().to_owned()));
                let losses: Vec<Json> = found.losses.iter().map(|loss| loss_json(loss, query)).collect();
                answer.fields.insert("losses".to_owned(), Json::Array(losses));
                if found.unverified {
                    answer.fields.insert("unverified".to_owned(), Json::Bool(true));
                }
                if let Some(verification) = &found.verification {
                    answer
                        .fields
                        .insert("verification".to_owned(), serde_json::to_value(verification).unwrap_or(Json::Null));
                }
            }
            Err(refused) => {
                answer.fields.insert("output".to_owned(), Json::Null);
                answer.fields.insert("verdict".to_owned(), Json::String("refused".to_owned()));
                answer.fields.insert("losses".to_owned(), Json::Array(Vec::new()));
                answer.diagnostics.extend(refused.refusals.into_iter().map(|refusal| {
                    let found = Diagnostic::error(refusal.code, refusal.message);
                    match refusal.span {
                        Some(span) => found.at(span),
                        None => found,
                    }
                }));
            }
        }
        Ok(answer)
    }

    fn read(
        &self,
        dialect: &dyn crate::dialect::Dialect,
        query: &str,
        types: &Types<'_>,
        fields: FieldMode,
        given: &TypeMap,
    ) -> Result<(Detection, Vec<Diagnostic>), Failed> {
        let layered = dialect.platform().map(|platform| types.types(platform, &[]));
        // Kept names are no names of a field table: only the types of the request hold.
        let context_types: &dyn crate::model::FieldTypes = match (&layered, fields) {
            (Some(layered), FieldMode::Map | FieldMode::Strict) => layered.as_ref(),
            _ => given,
        };
        let context =
            ReadContext { types: context_types, registry: &self.registry, helpers: &NoHelpers, log_sources: &[] };
        let read = dialect.read(query, &context).map_err(Failed)?;
        let mut detection = Detection::new(read.logic);
        detection.unread = read.unread;
        detection.outputs = read.outputs;
        detection.log_sources = vec![LogSource { names: read.tables, ..LogSource::default() }];
        Ok((detection, read.diagnostics))
    }
}

/// The types of a request, and no others.
struct OnlyGiven<'a>(&'a TypeMap);

impl TypeSource for OnlyGiven<'_> {
    fn types(&self, _platform: PlatformId, _sources: &[String]) -> Box<dyn crate::model::FieldTypes + '_> {
        Box::new(self.0.clone())
    }
}

/// A finding as JSON: code, severity, message, help, and the place in bytes and as line and column.
pub fn diagnostic_json(found: &Diagnostic, text: &str) -> Json {
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut out = json!({
        "code": found.code.name(), "severity": severity, "message": found.message, "help": found.next_step(),
    });
    if let (Some(span), Some(out)) = (found.span, out.as_object_mut()) {
        let at = line_column(text, span.start);
        out.insert("start".to_owned(), json!(span.start));
        out.insert("end".to_owned(), json!(span.end));
        out.insert("line".to_owned(), json!(at.line));
        out.insert("column".to_owned(), json!(at.column));
    }
    out
}

fn loss_json(loss: &crate::model::Loss, text: &str) -> Json {
    let at = loss.span.map(|span| line_column(text, span.start));
    json!({
        "code": loss.code.name(), "scope": loss.scope.name(), "direction": loss.direction.name(),
        "message": loss.message, "line": at.map(|at| at.line), "column": at.map(|at| at.column),
        "text": loss.span.map(|span| span.text(text)),
    })
}
