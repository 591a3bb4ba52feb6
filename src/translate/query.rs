//! The query of a rule: normalise, map, plan, print and verify for one target language.

use super::{Env, FieldMode, Options, VerificationEntry, keep, remaining, shown, source, verification};
use crate::diagnostic::codes;
use crate::dialect::{Dialect, WriteContext};
use crate::fields::{self, Mapped, Schema, SchemaTypes, Sources, Unmapped};
use crate::model::walk::{self, Fold};
use crate::model::{
    ArrayMode, Detection, Direction, Expr, FieldType, FieldTypes, Logic, Loss, OutputField, PlatformId, Predicate,
    Scope, Segment, Source, StepKind, Test, TestKind, Verdict,
};
use crate::plan::{self, Refusal};
use crate::platform::Columns;
use crate::rewrite::normalise::normalise;
use crate::rewrite::presence::without_implied_presence;
use crate::rewrite::typed::{self, EventShape};
use std::collections::BTreeSet;

/// A translated query.
#[derive(Clone)]
pub struct QueryTranslation {
    /// The target language.
    pub dialect: &'static dyn Dialect,
    /// The query.
    pub text: String,
    /// The logic as it was planned and printed, in the target's names.
    pub logic: Logic,
    /// What is claimed.
    pub verdict: Verdict,
    /// Verification was switched off.
    pub unverified: bool,
    /// Losses; spans count in the source's query text.
    pub losses: Vec<Loss>,
    /// Fields without a counterpart.
    pub unmapped: Vec<String>,
    /// What verification found.
    pub verification: Option<VerificationEntry>,
    /// Tables, index patterns or log types of the target.
    pub sources: Vec<String>,
    /// The columns that the query returns.
    pub columns: Columns,
    /// What alerts show, as the columns that hold it; empty where no columns were made for it.
    pub outputs: Vec<OutputField>,
    /// The log source, where its field table was used.
    pub schema: Option<String>,
    /// Assumptions, stated once a run.
    pub assumptions: Vec<String>,
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The reasons.
    pub refusals: Vec<Refusal>,
    /// Fields without a counterpart.
    pub unmapped: Vec<String>,
}

impl Refused {
    fn one(code: crate::diagnostic::Code, message: impl Into<String>) -> Self {
        Self { refusals: vec![Refusal { code, message: message.into(), span: None }], unmapped: Vec::new() }
    }
}

/// The logic in the target's names.
pub(super) struct Named<'a> {
    pub(super) logic: Logic,
    pub(super) losses: Vec<Loss>,
    pub(super) unmapped: Vec<Unmapped>,
    /// The field table that was used; `None` where names were kept.
    pub(super) schema: Option<&'a Schema>,
    /// The field tables of its parts.
    pub(super) sources: Option<Sources<'a>>,
    /// The logic in common names, for verification.
    pub(super) common: Option<Logic>,
    /// The logic in the source's names as the declared fields let it be said, where that differs: its tests are the
    /// ones that events can decide.
    pub(super) settled: Option<Logic>,
}

/// Translates a detection's logic into one language. `from` is the platform in whose names it stands.
///
/// # Errors
/// The reasons why it cannot be written there.
pub fn translate_query(
    detection: &Detection,
    from: Option<PlatformId>,
    dialect: &'static dyn Dialect,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Result<QueryTranslation, Refused> {
    translate_known(detection, from, dialect, env, options, &[])
}

/// As [`translate_query`], with losses that the logic comes with.
pub(super) fn translate_known(
    detection: &Detection,
    from: Option<PlatformId>,
    dialect: &'static dyn Dialect,
    env: &Env<'_>,
    options: &Options<'_>,
    known: &[Loss],
) -> Result<QueryTranslation, Refused> {
    let Some(target) = dialect.target() else {
        return Err(Refused::one(codes::plan::NOT_WRITABLE, format!("{} cannot be written yet", dialect.name())));
    };
    if let Logic::Unread(index) = detection.logic {
        let reason = detection.unread.get(index).map_or("it is missing", |entry| entry.reason.as_str());
        return Err(Refused::one(codes::plan::LOGIC_UNREAD, format!("the rule's logic is not read: {reason}")));
    }
    if options.form == super::FileForm::Query && matches!(detection.logic, Logic::Shape(_)) && !target.carries_shapes()
    {
        let message = format!(
            "a bare {} query selects events and cannot hold what the rule counts over them; write a rule file",
            target.name()
        );
        return Err(Refused::one(codes::plan::SHAPE_BESIDE, message));
    }
    let to = dialect.platform();
    let simpler = from_elsewhere(detection, from, to);
    let detection = simpler.as_ref().unwrap_or(detection);
    let named = rename(detection, from, to, env, options)?;
    let names: Vec<String> = named.unmapped.iter().map(|field| field.name.clone()).collect();
    // Logic that stays on its platform keeps the types that it was read by.
    let read_from: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    let own = to.filter(|_| from == to).map(|platform| env.read.types.types(platform, &read_from));
    let types = target_types(named.sources.as_ref(), to, own.as_deref().unwrap_or(env.types));
    let normal = normalise(match to {
        Some(PlatformId::Elastic) => walk::logic(&mut AnyPresent, named.logic.clone()),
        _ => named.logic.clone(),
    });
    let planned = plan::plan(&normal, &detection.unread, target, &types)
        .map_err(|refusals| Refused { refusals, unmapped: names.clone() })?;
    let left_out: Vec<&Loss> = planned.losses.iter().filter(|loss| loss.code == codes::plan::LEFT_OUT).collect();
    if let (Some(schema), Some(to), false) = (named.schema, to, left_out.is_empty())
        && remaining::only_source(&planned.logic, to, schema)
    {
        let refusal = |loss: &&Loss| Refusal {
            code: codes::plan::NOTHING_LEFT,
            message: format!("nothing of the condition would remain; {}", loss.message),
            span: loss.span,
        };
        return Err(Refused { refusals: left_out.iter().map(refusal).collect(), unmapped: names });
    }
    let mut losses = known.to_vec();
    losses.extend(named.losses.iter().cloned());
    losses.extend(planned.losses);
    if to == Some(PlatformId::Sentinel) && from != to {
        losses.extend(super::empty::losses(&detection.logic, env.types));
    }
    let mut losses = once_each(losses);
    // Events that hold no empty text lose nothing where it counts as a missing one.
    let no_empty =
        |schema: &&Schema| from.and_then(|from| schema.scopes.get(&from)).is_some_and(|scope| scope.no_empty);
    if named.sources.as_ref().is_some_and(|sources| sources.all().iter().all(no_empty)) {
        losses.retain(|loss| loss.code != codes::kusto::EMPTY_IS_MISSING);
    }
    let sources = target_sources(detection, &named, from, to, options);
    // Panther's Python names the fields of the alert in its own names, which are made later; on its own platform it
    // must mean the same of every event, also of one that no declared field allows.
    let panther = to == Some(PlatformId::Panther);
    let undeclared = crate::model::TypeMap::default();
    let context = WriteContext {
        types: if panther && from == to { &undeclared } else { &types },
        tables: &sources,
        detection: Some(detection).filter(|_| !panther || from == to),
    };
    let shown =
        shown::columns(detection, &named, (from, to), target, &types).filter(|_| planned.logic.as_filter().is_some());
    let written =
        shown.as_ref().map_or_else(|| planned.logic.clone(), |shown| shown::with(&planned.logic, &shown.step));
    let text = dialect.write(&written, &context);
    let columns = match (named.schema, &shown, from == to) {
        // A query of the same platform may return more than is known here.
        (_, _, true) | (None, _, _) => Columns::Unknown,
        (Some(schema), shown, false) if to == Some(PlatformId::Sentinel) => {
            Columns::Known(table_columns(schema, shown.as_ref()))
        }
        _ => Columns::Unknown,
    };
    let mut translated = QueryTranslation {
        dialect,
        text,
        logic: planned.logic,
        verdict: Verdict::Exact,
        unverified: !options.verify,
        losses,
        unmapped: names,
        verification: None,
        columns,
        outputs: shown.map(|shown| shown.outputs).unwrap_or_default(),
        schema: named.schema.map(|schema| schema.source.clone()),
        assumptions: assumptions(from, to, options),
        sources,
    };
    if options.verify {
        verification::verify(detection, from, &named, &types, &mut translated, env)?;
    }
    let matching = translated.losses.iter().any(|loss| loss.scope == Scope::Match);
    if matching {
        translated.verdict = Verdict::Approximate;
    }
    Ok(translated)
}

/// The same loss at the same place is told once.
fn once_each(losses: Vec<Loss>) -> Vec<Loss> {
    let mut told: Vec<Loss> = Vec::with_capacity(losses.len());
    for loss in losses {
        if !told.contains(&loss) {
            told.push(loss);
        }
    }
    told
}

/// Elasticsearch knows no difference between a value that is there and some value that is there: said in one way, both
/// are seen to be the same.
struct AnyPresent;

impl Fold for AnyPresent {
    fn test(&mut self, mut test: Test) -> Predicate {
        if let (Expr::Field(field), TestKind::Present) = (&mut test.subject, &test.kind)
            && field.mode == ArrayMode::Whole
        {
            field.mode = ArrayMode::Any;
        }
        Predicate::Test(walk::test_parts(self, test))
    }
}

/// The detection for another platform: presence that other tests imply is not asked for.
fn from_elsewhere(detection: &Detection, from: Option<PlatformId>, to: Option<PlatformId>) -> Option<Detection> {
    (from != to).then(|| Detection { logic: without_implied_presence(detection.logic.clone()), ..detection.clone() })
}

/// The logic under the target's names: kept, or mapped through the log source's field table.
fn rename<'a>(
    detection: &Detection,
    from: Option<PlatformId>,
    to: Option<PlatformId>,
    env: &Env<'a>,
    options: &Options<'_>,
) -> Result<Named<'a>, Refused> {
    let mapped = from.is_some() && from != to && options.fields != FieldMode::Keep;
    let logic = events_source(detection.logic.clone(), mapped);
    let kept = |logic: Logic| Named {
        logic: keep::keep(logic, from, to, env.types),
        losses: Vec::new(),
        unmapped: Vec::new(),
        schema: None,
        sources: None,
        common: None,
        settled: None,
    };
    let (Some(from), Some(to)) = (from, to) else { return Ok(kept(logic)) };
    if from == to || options.fields == FieldMode::Keep {
        return Ok(kept(logic));
    }
    let Some(sources) = source::choose_sources(detection, (from, to), env.schemas) else {
        let named: Vec<&str> =
            detection.log_sources.iter().flat_map(|source| &source.names).map(String::as_str).collect();
        return Err(Refused::one(
            codes::fields::NO_SOURCE,
            format!("no field table is known for the log source of this rule ({})", named.join(", ")),
        ));
    };
    let schema = sources.first;
    if !schema.scopes.contains_key(&to) {
        return Err(Refused::one(
            codes::fields::NO_SOURCE,
            format!("{} has no counterpart on {}", schema.title, to.name()),
        ));
    }
    let settled = (from == PlatformId::Panther).then(|| settle(logic.clone(), detection, schema));
    let null_guards = settled.as_ref().map(|settled| settled.null_guards.clone()).unwrap_or_default();
    let settled = settled.map(|settled| settled.logic);
    let common = fields::parts_to_common(settled.clone().unwrap_or(logic), from, &sources);
    let mapped = fields::parts_from_common(common.logic.clone(), to, &sources);
    check(&common, &mapped, options)?;
    remaining::possible(&common, &mapped)?;
    remaining::enough(settled.as_ref().unwrap_or(&detection.logic), &common, &mapped, schema, (from, to))?;
    let unmapped = remaining::once(&common, &mapped).into_iter().cloned().collect();
    let mut losses = common.losses;
    losses.extend(mapped.losses);
    if !sources.several() {
        let others = source::left_behind(detection, from, schema, env.schemas);
        if !others.is_empty() {
            let message = format!(
                "the rule names no kind of events, so it looks at others as well: {}; only those of {} are looked at",
                others.join(", "),
                schema.title
            );
            losses.push(Loss::matching(codes::fields::KIND_MISSING, Direction::Narrower, message, None));
        }
    }
    losses.extend(null_guards.into_iter().map(|span| {
        let message = "a field that is there and null stops the rule with an error; elsewhere it counts as missing";
        Loss::matching(codes::fields::NULL_GUARD, Direction::Wider, message, Some(span))
    }));
    Ok(Named {
        logic: mapped.logic,
        losses,
        unmapped,
        schema: Some(schema),
        sources: Some(sources),
        common: Some(common.logic),
        settled,
    })
}

/// A Panther rule's logic with the questions answered that the field table and the rule's log types answer.
fn settle(logic: Logic, detection: &Detection, schema: &Schema) -> typed::Settled {
    let types = SchemaTypes { schemas: vec![schema], platform: PlatformId::Panther };
    typed::by_types(logic, &EventShape::new(&types, shown::log_types(detection)))
}

fn check(common: &Mapped, mapped: &Mapped, options: &Options<'_>) -> Result<(), Refused> {
    let all = remaining::once(common, mapped);
    let strict = options.fields.policy() == fields::FieldPolicy::Strict && !all.is_empty();
    if !(strict || common.broken || mapped.broken) {
        return Ok(());
    }
    Err(Refused {
        refusals: all
            .iter()
            .map(|field| Refusal {
                code: codes::fields::UNMAPPED,
                message: format!("`{}` has no counterpart: {}", field.name, field.reason),
                span: None,
            })
            .collect(),
        unmapped: all.iter().map(|field| field.name.clone()).collect(),
    })
}

/// Tables that the query names become the rule's events: which table that is on the target is decided there. `mapped`:
/// the names are another platform's; a pipeline over one table then reads the rule's events, too.
fn events_source(logic: Logic, mapped: bool) -> Logic {
    struct Events(bool);
    impl Fold for Events {
        fn source(&mut self, source: Source) -> Source {
            match source {
                Source::Table(_) => Source::Events,
                other => walk::source_parts(self, other),
            }
        }
        // On its own platform a query inside a condition keeps the table that it names.
        fn expr(&mut self, expr: Expr) -> Expr {
            match expr {
                Expr::Rows(_) | Expr::Scalar(_) if self.0 => expr,
                other => walk::expr_parts(self, other),
            }
        }
    }
    struct Tables(BTreeSet<String>);
    impl Fold for Tables {
        fn source(&mut self, source: Source) -> Source {
            if let Source::Table(name) = &source {
                self.0.insert(name.clone());
            }
            walk::source_parts(self, source)
        }
    }
    // More than one table is a join or union of log sources; their names are needed then.
    let one = || {
        let mut tables = Tables(BTreeSet::new());
        walk::logic(&mut tables, logic.clone());
        tables.0.len() == 1
    };
    if logic.as_filter().is_some() || mapped && one() { walk::logic(&mut Events(!mapped), logic) } else { logic }
}

/// The columns of the table and those that the query makes.
fn table_columns(schema: &Schema, shown: Option<&shown::Shown>) -> Vec<String> {
    let mut names: Vec<String> = schema
        .rows
        .iter()
        .filter_map(|row| row.paths.get(&PlatformId::Sentinel))
        .filter_map(|path| match path.0.first() {
            Some(Segment::Key(name)) => Some(name.clone()),
            _ => None,
        })
        .collect();
    if let Some(StepKind::Extend(columns) | StepKind::Project(columns)) = shown.map(|shown| &shown.step.kind) {
        names.extend(columns.iter().map(|column| column.name.clone()));
    }
    names.sort();
    names.dedup();
    names
}

fn target_sources(
    detection: &Detection,
    named: &Named<'_>,
    from: Option<PlatformId>,
    to: Option<PlatformId>,
    options: &Options<'_>,
) -> Vec<String> {
    if let (Some(sources), Some(to)) = (&named.sources, to) {
        let first = |schema: &Schema| schema.scopes.get(&to).and_then(|scope| scope.names.first()).cloned();
        return sources.all().into_iter().filter_map(first).collect();
    }
    if let Some(table) = options.table {
        return vec![table.to_owned()];
    }
    if from == to {
        return detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    }
    match to {
        Some(PlatformId::Sentinel) => vec!["Events".to_owned()],
        _ => Vec::new(),
    }
}

fn assumptions(from: Option<PlatformId>, to: Option<PlatformId>, options: &Options<'_>) -> Vec<String> {
    if options.fields == FieldMode::Keep && from != to && to == Some(PlatformId::Sentinel) {
        let table = options.table.unwrap_or("Events");
        return vec![format!(
            "field names are kept: the query reads flat columns of the table {table}, one value each unless typed []"
        )];
    }
    Vec::new()
}

/// The types of the target's fields: from the field table, else as the user gave them for the source's names.
pub(super) enum TargetTypes<'a> {
    Schema(SchemaTypes<'a>),
    Given(&'a dyn FieldTypes),
}

impl FieldTypes for TargetTypes<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        match self {
            TargetTypes::Schema(types) => types.type_of(name),
            TargetTypes::Given(types) => types.type_of(name),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            TargetTypes::Schema(types) => types.names(),
            TargetTypes::Given(types) => types.names(),
        }
    }

    fn matching(&self, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        match self {
            TargetTypes::Schema(types) => types.matching(fits),
            TargetTypes::Given(types) => types.matching(fits),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            TargetTypes::Schema(types) => types.is_empty(),
            TargetTypes::Given(types) => types.is_empty(),
        }
    }
}

pub(super) fn target_types<'a>(
    sources: Option<&Sources<'a>>,
    to: Option<PlatformId>,
    given: &'a dyn FieldTypes,
) -> TargetTypes<'a> {
    match (sources, to) {
        (Some(sources), Some(to)) => TargetTypes::Schema(SchemaTypes { schemas: sources.all(), platform: to }),
        _ => TargetTypes::Given(given),
    }
}
