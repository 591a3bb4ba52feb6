//! The output parsed back and held against the source on events made from both (rules 7 and 8).

use super::Env;
use super::query::{Named, QueryTranslation, Refused};
use super::report::VerificationEntry;
use crate::diagnostic::{Span, codes};
use crate::dialect::{NoHelpers, ReadContext};
use crate::evaluate::{self, Access, Context, EvalError};
use crate::fields::{self, Schema, SchemaTypes};
use crate::model::walk::{self, Fold};
use crate::model::{
    Detection, Direction, Expr, FieldType, FieldTypes, Logic, Loss, PlatformId, Predicate, Scope, TICKS_PER_SECOND,
    TestKind, Value,
};
use crate::plan::Refusal;
use crate::verify::decide::Deciding;
use crate::verify::events::{Options, events_for};
use crate::verify::row_condition;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};

/// The fixed time of evaluation: 2024-01-01T00:00:00Z. Any would do; the same one every time keeps the bytes the same.
const NOW: i64 = 738_885 * 86_400 * TICKS_PER_SECOND;

/// One side: its condition and how it finds fields.
struct Side<'a> {
    condition: Predicate,
    access: Access,
    types: &'a dyn FieldTypes,
}

/// An event as both sides store it.
struct Pair {
    left: Json,
    right: Json,
}

/// Parses the printed query, runs both sides on events made from the rule, and puts what it found into `translated`.
///
/// # Errors
/// An output that does not parse, or that differs from the source without a loss that explains it: nothing is written.
pub(super) fn verify(
    detection: &Detection,
    from: Option<PlatformId>,
    named: &Named<'_>,
    types: &dyn FieldTypes,
    translated: &mut QueryTranslation,
    env: &Env<'_>,
) -> Result<(), Refused> {
    let back = read_back(types, translated, env)?;
    let source = without_unread(detection.logic.clone());
    let (Some(left), Some(right)) = (row_condition(&source), row_condition(&back)) else {
        // Rows of their own are compared over a stream, see `stream`.
        return super::stream::verify(&source, &back, from, types, translated, NOW);
    };
    let to = translated.dialect.platform();
    let source_types: Box<dyn FieldTypes + '_> = match (named.schema, from) {
        (Some(schema), Some(from)) => Box::new(SchemaTypes { schemas: vec![schema], platform: from }),
        _ => Box::new(Given(env.types)),
    };
    let left = Side { condition: left, access: Access::of(from), types: source_types.as_ref() };
    let right = Side { condition: right, access: Access::of(to), types };
    let pairs = match (named.schema, from, to) {
        (Some(schema), Some(from), Some(to)) => {
            let common = named.common.clone().map(without_unread);
            common_events(detection, common.as_ref(), &back, schema, (from, to))
        }
        _ => raw_events(&left, &right, from == to),
    };
    match pairs.and_then(|pairs| hold_against(&left, &right, &pairs)) {
        Ok(found) => conclude(found, translated),
        Err(error) => {
            translated.unverified = true;
            translated.losses.push(Loss::matching(
                codes::verify::NOT_RUN,
                Direction::Either,
                format!("the two sides could not be run on events: {error}"),
                None,
            ));
            Ok(())
        }
    }
}

struct Given<'a>(&'a dyn FieldTypes);

impl FieldTypes for Given<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        self.0.type_of(name)
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }
}

/// The logic that the printed text means to the target's own reader.
fn read_back(types: &dyn FieldTypes, translated: &QueryTranslation, env: &Env<'_>) -> Result<Logic, Refused> {
    let context = ReadContext { types, registry: env.registry, helpers: &NoHelpers, log_sources: &translated.sources };
    match translated.dialect.read(&translated.text, &context) {
        Ok(read) if read.unread.is_empty() => Ok(read.logic),
        Ok(read) => {
            let reason = read.unread.first().map_or("", |entry| entry.reason.as_str());
            Err(bug(translated, format!("the output is not understood when read back: {reason}")))
        }
        Err(errors) => {
            let reason = errors.first().map_or("", |found| found.message.as_str());
            Err(bug(translated, format!("the output does not parse when read back: {reason}")))
        }
    }
}

pub(super) fn bug(translated: &QueryTranslation, message: String) -> Refused {
    Refused {
        refusals: vec![Refusal { code: codes::verify::BUG, message, span: None }],
        unmapped: translated.unmapped.clone(),
    }
}

/// What was read of the source: parts that were not are left out as the plan leaves them out, where that widens.
fn without_unread(logic: Logic) -> Logic {
    struct Drop(bool);
    impl Fold for Drop {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            match predicate {
                Predicate::Unread { .. } => Predicate::Always(!self.0),
                Predicate::Not(inner) => {
                    self.0 = !self.0;
                    let inner = self.predicate(*inner);
                    self.0 = !self.0;
                    Predicate::Not(Box::new(inner))
                }
                other => walk::predicate_parts(self, other),
            }
        }
    }
    walk::logic(&mut Drop(false), logic)
}

/// Common events made from both sides, and the rule's own test events, as each platform stores them.
fn common_events(
    detection: &Detection,
    common: Option<&Logic>,
    back: &Logic,
    schema: &Schema,
    (from, to): (PlatformId, PlatformId),
) -> Result<Vec<Pair>, EvalError> {
    let types = CommonTypes(schema);
    let context = Context::new(Access::Common, &types, NOW);
    let target = row_condition(&fields::to_common(back.clone(), to, schema).logic);
    let source = common.and_then(row_condition);
    let conditions: Vec<&Predicate> = source.iter().chain(&target).collect();
    let mut events: Vec<Json> = detection
        .tests
        .iter()
        .filter(|test| !test.event.is_array())
        .map(|test| fields::unproject(&test.event, schema, from))
        .collect();
    events.extend(events_for(&conditions, &context, &Options::common())?.into_iter().map(|made| made.event));
    Ok(events
        .iter()
        .map(|event| Pair { left: fields::project(event, schema, from), right: fields::project(event, schema, to) })
        .collect())
}

/// Types of common names.
struct CommonTypes<'a>(&'a Schema);

impl FieldTypes for CommonTypes<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        self.0.row(&crate::model::FieldPath::parse(name)).map(|row| row.kind)
    }
}

/// Events under the rule's own names, which both sides read.
fn raw_events(left: &Side<'_>, right: &Side<'_>, one_platform: bool) -> Result<Vec<Pair>, EvalError> {
    let mut events: Vec<Json> = Vec::new();
    for side in [left, right] {
        let context = Context::new(side.access, side.types, NOW);
        let options = if one_platform { Options::raw(side.access) } else { Options::common() };
        events.extend(events_for(&[&side.condition], &context, &options)?.into_iter().map(|made| made.event));
    }
    if !one_platform {
        let kinds = literal_kinds(&left.condition);
        events
            .retain(|event| !holds_untyped_list(event, "", left.types) && fits_literals(event, "", left.types, &kinds));
    }
    events.dedup();
    Ok(events.into_iter().map(|event| Pair { left: event.clone(), right: event }).collect())
}

/// The JSON kinds of the literals that each field is compared with.
fn literal_kinds(condition: &Predicate) -> HashMap<String, Vec<std::mem::Discriminant<Json>>> {
    let mut kinds: HashMap<String, Vec<std::mem::Discriminant<Json>>> = HashMap::new();
    walk::visit_predicate(
        condition,
        |test| {
            let Some(field) = test.subject.as_field() else { return };
            let operands: Vec<&Expr> = match &test.kind {
                TestKind::Equals { value, .. } | TestKind::Compare { value, .. } => vec![value],
                TestKind::In { values, .. } => values.iter().collect(),
                TestKind::Range { low, high, .. } => low.iter().chain(high).map(|(value, _)| value).collect(),
                _ => Vec::new(),
            };
            let known = kinds.entry(field.path.to_string()).or_default();
            known.extend(operands.into_iter().filter_map(|operand| match operand.as_literal()? {
                Value::Bool(_) => Some(std::mem::discriminant(&Json::Bool(true))),
                Value::Int(_) | Value::Double(_) => Some(std::mem::discriminant(&Json::from(0))),
                _ => Some(std::mem::discriminant(&Json::String(String::new()))),
            }));
        },
        |_| {},
    );
    kinds
}

/// Whether untyped fields hold values of the kinds they are compared with: a column has one type.
fn fits_literals(
    value: &Json,
    name: &str,
    types: &dyn FieldTypes,
    kinds: &HashMap<String, Vec<std::mem::Discriminant<Json>>>,
) -> bool {
    match value {
        Json::Object(members) => members.iter().all(|(key, inner)| {
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            fits_literals(inner, &name, types, kinds)
        }),
        Json::Array(items) => items.iter().all(|item| fits_literals(item, name, types, kinds)),
        Json::Null => true,
        leaf => {
            types.type_of(name).is_some()
                || kinds.get(name).is_none_or(|known| known.is_empty() || known.contains(&std::mem::discriminant(leaf)))
        }
    }
}

/// Whether a field that is not typed as a list holds one: between platforms names are kept for one value each.
fn holds_untyped_list(value: &Json, name: &str, types: &dyn FieldTypes) -> bool {
    match value {
        Json::Object(members) => members.iter().any(|(key, inner)| {
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            holds_untyped_list(inner, &name, types)
        }),
        Json::Array(_) => !types.type_of(name).is_some_and(|kind| kind.list),
        _ => false,
    }
}

/// How one rule relates to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Counts.
    pub entry: VerificationEntry,
    /// An event that the second rule matches and the first does not.
    pub wider: Option<Json>,
    /// An event that the first rule matches and the second does not.
    pub narrower: Option<Json>,
}

impl Comparison {
    /// The second rule against the first: equivalent, wider, narrower or different.
    pub fn verdict(&self) -> &'static str {
        match (&self.wider, &self.narrower) {
            (None, None) => "equivalent",
            (Some(_), None) => "wider",
            (None, Some(_)) => "narrower",
            (Some(_), Some(_)) => "different",
        }
    }
}

/// Compares two rules that filter events, on events made from both. Rules of two platforms are compared on common
/// events unless their names are kept.
///
/// # Errors
/// Why they cannot be compared, as a sentence.
pub fn compare(
    left: (&Detection, Option<PlatformId>),
    right: (&Detection, Option<PlatformId>),
    keep: bool,
    env: &Env<'_>,
) -> Result<Comparison, String> {
    let whole = |detection: &Detection, which: &str| {
        if let Some(entry) = detection.unread.first() {
            return Err(format!("the {which} rule has a part that is not read: {}", entry.reason));
        }
        row_condition(&detection.logic).ok_or_else(|| format!("the {which} rule does more than filter events"))
    };
    let conditions = (whole(left.0, "first")?, whole(right.0, "second")?);
    let schema = match (left.1, right.1) {
        (Some(from), Some(to)) if from != to && !keep => Some((
            super::choose_schema(left.0, from, env.schemas)
                .or_else(|| super::choose_schema(right.0, to, env.schemas))
                .ok_or("no field table is known for the log source; --fields keep compares the names as they are")?,
            from,
            to,
        )),
        _ => None,
    };
    let types = |platform: Option<PlatformId>| -> Box<dyn FieldTypes + '_> {
        match (schema, platform) {
            (Some((schema, _, _)), Some(platform)) => Box::new(SchemaTypes { schemas: vec![schema], platform }),
            _ => Box::new(Given(env.types)),
        }
    };
    let (left_types, right_types) = (types(left.1), types(right.1));
    let first = Side { condition: conditions.0, access: Access::of(left.1), types: left_types.as_ref() };
    let second = Side { condition: conditions.1, access: Access::of(right.1), types: right_types.as_ref() };
    let pairs = match schema {
        Some((schema, from, to)) => {
            let common = fields::to_common(left.0.logic.clone(), from, schema).logic;
            common_events(left.0, Some(&common), &right.0.logic, schema, (from, to))
        }
        None => raw_events(&first, &second, left.1 == right.1),
    };
    let found =
        pairs.and_then(|pairs| hold_against(&first, &second, &pairs)).map_err(|error| format!("not run: {error}"))?;
    Ok(Comparison { entry: found.entry, wider: found.wider, narrower: found.narrower })
}

/// What the comparison found.
struct Found {
    entry: VerificationEntry,
    wider: Option<Json>,
    narrower: Option<Json>,
    undecided: Vec<Span>,
}

fn hold_against(left: &Side<'_>, right: &Side<'_>, pairs: &[Pair]) -> Result<Found, EvalError> {
    let left_context = Context::new(left.access, left.types, NOW);
    let right_context = Context::new(right.access, right.types, NOW);
    let deciding = Deciding::new(&left.condition);
    let mut decided = BTreeSet::new();
    let (mut agree, mut wider, mut narrower) = (0, None, None);
    for pair in pairs {
        let decision = deciding.decide(&Value::from(&pair.left), &left_context)?;
        let other = evaluate::matches(&right.condition, &pair.right, &right_context)?;
        decided.extend(decision.tests);
        match (decision.outcome, other) {
            (true, false) => keep_smallest(&mut narrower, pair),
            (false, true) => keep_smallest(&mut wider, pair),
            _ => agree += 1,
        }
    }
    let undecided = deciding
        .spans()
        .iter()
        .enumerate()
        .filter(|(number, _)| !decided.contains(number))
        .map(|(_, span)| *span)
        .collect();
    Ok(Found {
        entry: VerificationEntry {
            events: pairs.len(),
            agree,
            decided: decided.len(),
            tests: deciding.tests(),
            counterexample: None,
        },
        wider: wider.map(|event| counterexample(event, false)),
        narrower: narrower.map(|event| counterexample(event, true)),
        undecided,
    })
}

fn keep_smallest<'p>(known: &mut Option<&'p Pair>, pair: &'p Pair) {
    let size = |pair: &Pair| pair.left.to_string().len() + pair.right.to_string().len();
    if known.is_none_or(|smallest| size(pair) < size(smallest)) {
        *known = Some(pair);
    }
}

fn counterexample(pair: &Pair, source: bool) -> Json {
    json!({"source_event": pair.left, "target_event": pair.right, "source": source, "target": !source})
}

/// Draws the verdict's conclusions: a difference without a loss that explains it is a bug of ours.
fn conclude(found: Found, translated: &mut QueryTranslation) -> Result<(), Refused> {
    let explains = |direction: Direction| {
        translated.losses.iter().any(|loss| {
            loss.scope == Scope::Match && (loss.direction == direction || loss.direction == Direction::Either)
        })
    };
    let differences = [(found.wider, Direction::Wider, "more"), (found.narrower, Direction::Narrower, "fewer")];
    let mut entry = found.entry;
    for (event, direction, word) in differences {
        let Some(event) = event else { continue };
        if !explains(direction) {
            let message = format!("the output matches {word} events than the source, and nothing explains it: {event}");
            return Err(bug(translated, message));
        }
        entry.counterexample.get_or_insert(event);
    }
    for span in found.undecided {
        translated.losses.push(Loss::matching(
            codes::verify::UNDECIDED,
            Direction::Either,
            "no event was found on which this test alone decides, so its translation is not shown to be right",
            Some(span),
        ));
    }
    translated.verification = Some(entry);
    Ok(())
}
