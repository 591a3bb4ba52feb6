//! The ground on which two rules meet: which events are made, and how each side stores them.

use crate::evaluate::{Access, Context, EvalError};
use crate::fields::{self, Schema, SchemaTypes, Sources};
use crate::model::function::elastic;
use crate::model::walk;
use crate::model::{
    Expr, FieldPath, FieldType, FieldTypes, Logic, PlatformId, Remembered, Shape, TICKS_PER_SECOND, TestCase, TestKind,
    Value, function,
};
use crate::rewrite::typed::EventShape;
use crate::verify::events::Options;
use crate::verify::{self, Ground, Side};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};

/// The fixed time of evaluation: 2024-01-01T00:00:00Z. Any would do; the same one every time keeps the bytes the same.
const NOW: i64 = 738_885 * 86_400 * TICKS_PER_SECOND;

/// Under which names the sides read events.
pub(super) enum Names<'a> {
    /// Each under its platform's, mapped through the log source's field table.
    Mapped { sources: Sources<'a>, from: PlatformId, to: PlatformId },
    /// Both under the same, with the types given for the source and those that the target was written for.
    Kept { given: &'a dyn FieldTypes, target: &'a dyn FieldTypes },
}

/// What a comparison found, with the events as both sides store them.
pub(super) struct Held {
    pub(super) comparison: verify::Comparison,
    wider: Option<(Json, Json)>,
    narrower: Option<(Json, Json)>,
}

impl Held {
    /// The smallest event that only the right side matches.
    pub(super) fn wider(&self) -> Option<Json> {
        self.wider.as_ref().map(|pair| counterexample(pair, false))
    }

    /// The smallest event that only the left side matches.
    pub(super) fn narrower(&self) -> Option<Json> {
        self.narrower.as_ref().map(|pair| counterexample(pair, true))
    }
}

fn counterexample((left, right): &(Json, Json), source: bool) -> Json {
    json!({"source_event": left, "target_event": right, "source": source, "target": !source})
}

/// What is known of the left side beside its logic.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// It in common names.
    pub(super) common: Option<&'a Logic>,
    /// It as declared fields let it be said: its tests are the ones that events can decide.
    pub(super) settled: Option<&'a Logic>,
    /// The rule's own tests.
    pub(super) tests: &'a [TestCase],
}

/// Runs two rules over events made from both.
///
/// # Errors
/// What cannot be run on either side, see [`EvalError`].
pub(super) fn hold(
    left: (&Logic, Option<PlatformId>),
    right: (&Logic, Option<PlatformId>),
    names: &Names<'_>,
    known: &Known<'_>,
) -> Result<Held, EvalError> {
    match names {
        Names::Mapped { sources, from, to } => mapped(left.0, right.0, sources, (*from, *to), known),
        Names::Kept { given, target } => {
            // Logic that stays on its platform keeps the types that it was read by.
            let own = Remembered::new(if left.1 == right.1 { *target } else { *given });
            let target = Remembered::new(*target);
            let left_context = Context::new(Access::of(left.1), &own, NOW);
            let right_context = Context::new(Access::of(right.1), &target, NOW);
            let left_side = Side { logic: left.0, context: &left_context };
            let right_side = Side { logic: right.0, context: &right_context };
            kept(left_side, right_side, left.1 == right.1)
        }
    }
}

/// Common events made from both sides, and the rule's own test events, as each platform stores them.
fn mapped(
    left: &Logic,
    right: &Logic,
    sources: &Sources<'_>,
    (from, to): (PlatformId, PlatformId),
    known: &Known<'_>,
) -> Result<Held, EvalError> {
    let schema = sources.first;
    let types = CommonTypes(sources.all());
    let types = Remembered::new(&types);
    let context = Context::new(Access::Common, &types, NOW);
    let source = known.common.cloned().unwrap_or_else(|| fields::parts_to_common(left.clone(), from, sources).logic);
    let target = fields::parts_to_common(right.clone(), to, sources).logic;
    let (left_types, right_types) =
        (SchemaTypes { schemas: sources.all(), platform: from }, SchemaTypes { schemas: sources.all(), platform: to });
    let (left_types, right_types) = (Remembered::new(&left_types), Remembered::new(&right_types));
    let left_context = Context::new(Access::of(Some(from)), &left_types, NOW);
    let right_context = Context::new(Access::of(Some(to)), &right_types, NOW);
    let project = |event: &Json| {
        let schema = sources.of_event(event);
        (fields::project_readable(event, schema, from), fields::project_readable(event, schema, to))
    };
    // A Panther rule asks for the types of values; what the translation claims, it claims for events as declared.
    let shape = (from == PlatformId::Panther).then(|| EventShape::new(&left_types, BTreeMap::new()));
    let kinds = kinds_asked(&source);
    let declared = |event: &Json| {
        sources.of_event(event).admits(event, [from, to], &kinds)
            && shape.as_ref().is_none_or(|shape| shape.conforms(&fields::project_readable(event, schema, from)))
    };
    // Elastic raises one alert for a new value, others one for each event that has it: only the values are compared.
    let new = new_values(&source).or_else(|| new_values(&target));
    let named = |path: &str, platform: PlatformId| {
        let name = fields::common_column(path, schema, platform)?;
        new.as_ref().is_none_or(|new| new.contains(&name)).then_some(name)
    };
    let ground = Ground {
        makers: vec![Side { logic: &source, context: &context }, Side { logic: &target, context: &context }],
        options: Options::common(),
        admits: &declared,
        settled: known.settled,
        project: &project,
        names: Some([&|name| named(name, from), &|name| named(name, to)]),
        samples: known
            .tests
            .iter()
            .filter(|test| !test.event.is_array())
            .map(|test| fields::unproject(&test.event, schema, from))
            .collect(),
    };
    run(Side { logic: left, context: &left_context }, Side { logic: right, context: &right_context }, &ground)
}

/// The kinds of events that the rule names.
fn kinds_asked(logic: &Logic) -> Vec<String> {
    let mut kinds = Vec::new();
    walk::visit(
        logic,
        |test| {
            if let (Some(field), TestKind::In { values, .. }) = (test.subject.as_field(), &test.kind)
                && field.path.as_column() == Some(fields::KIND)
            {
                kinds.extend(values.iter().filter_map(|value| match value.as_literal() {
                    Some(Value::String(name)) => Some(name.clone()),
                    _ => None,
                }));
            }
        },
        |_| {},
    );
    kinds
}

/// The fields whose values must be new, where that is what the rule looks for.
fn new_values(logic: &Logic) -> Option<Vec<String>> {
    let Logic::Shape(shape) = logic else { return None };
    let Shape::NewValue { of, .. } = shape.as_ref() else { return None };
    Some(of.iter().filter_map(|value| value.as_field()).map(|field| field.path.to_string()).collect())
}

/// Events under the rule's own names, which both sides read.
fn kept(left: Side<'_>, right: Side<'_>, one_platform: bool) -> Result<Held, EvalError> {
    let kinds = literal_kinds(left.logic);
    let types = left.context.types;
    let admits = |event: &Json| !holds_untyped_list(event, "", types) && fits_literals(event, "", types, &kinds);
    let new = new_values(left.logic).or_else(|| new_values(right.logic));
    let named =
        |path: &str| new.as_ref().is_none_or(|new| new.iter().any(|name| name == path)).then(|| path.to_owned());
    let mut ground = Ground::raw(left, right);
    if !one_platform {
        ground.options = Options::common();
        ground.admits = &admits;
        ground.names = Some([&named, &named]);
    }
    run(left, right, &ground)
}

fn run<'a>(left: Side<'a>, right: Side<'a>, ground: &Ground<'a>) -> Result<Held, EvalError> {
    let comparison = verify::compare(left, right, ground)?;
    let stored = |event: &Option<Json>| {
        event.as_ref().map(|event| match event {
            // A stream of events, each stored by itself.
            Json::Array(events) => {
                let (left, right) = events.iter().map(ground.project).unzip();
                (Json::Array(left), Json::Array(right))
            }
            event => (ground.project)(event),
        })
    };
    let (wider, narrower) = (stored(&comparison.wider), stored(&comparison.narrower));
    Ok(Held { comparison, wider, narrower })
}

/// Types of common names.
struct CommonTypes<'a>(Vec<&'a Schema>);

impl FieldTypes for CommonTypes<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        self.0.iter().find_map(|schema| schema.row(&FieldPath::parse(name))).map(|row| row.kind)
    }
}

/// The fields of which a function takes the text: whoever asks for the length of a value says that it is one.
fn texts(subject: &Expr) -> Vec<String> {
    let Expr::Call(called, args) = subject else { return Vec::new() };
    let takes_text = matches!(
        *called,
        function::LENGTH
            | function::SUBSTRING
            | elastic::SLICE
            | elastic::INDEX_OF
            | elastic::INDEX_OF_FOLD
            | elastic::BETWEEN
            | elastic::BETWEEN_FOLD
            | elastic::ES_SUBSTRING
    );
    let own = args.first().filter(|_| takes_text).and_then(Expr::as_field).map(|field| field.path.to_string());
    own.into_iter().chain(args.iter().flat_map(texts)).collect()
}

/// The JSON kinds of the literals that each field is compared with.
fn literal_kinds(logic: &Logic) -> HashMap<String, Vec<std::mem::Discriminant<Json>>> {
    let mut kinds: HashMap<String, Vec<std::mem::Discriminant<Json>>> = HashMap::new();
    walk::visit(
        logic,
        |test| {
            for field in texts(&test.subject) {
                kinds.entry(field).or_default().push(std::mem::discriminant(&Json::String(String::new())));
            }
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
