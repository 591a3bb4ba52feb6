//! What a rule of another platform lacks to be a good rule of Panther's: a title that names who did it, and a context
//! with what the rule looked at.

use crate::fields::Schema;
use crate::model::{
    ArrayMode, Detection, Expr, FieldKind, FieldPath, Logic, OutputField, PlatformId, Segment, function, walk,
};

/// Common names of the fields that say who acted, the best first.
const ACTORS: &[&str] = &[
    "actor.user.upn",
    "actor.email",
    "actor.alt_id",
    "principal.email",
    "user.upn",
    "user.principal_name",
    "actor.arn",
    "actor.name",
    "user.email",
    "user.name",
    "caller.name",
    "user.id",
    "actor",
];
/// Common names of the fields that say on which host.
const HOSTS: &[&str] = &["host.name", "host", "device.name"];
/// Common names of the fields that say from which address.
const ADDRESSES: &[&str] = &["src.ip", "source.ip", "client.ip", "actor.ip", "actor.user.ip", "caller.ip"];
/// Fields of a rule's own that a context shows at most.
const MOST: usize = 10;

/// Entities of the alert in the target's names: kind and value.
pub(super) type Entities = Vec<(String, Expr)>;

/// Adds title and context where the source has none.
pub(super) fn complete(detection: &mut Detection, entities: &Entities, schema: Option<&Schema>) {
    let of_kind = |kind: &str| {
        entities
            .iter()
            .find(|(known, value)| known.eq_ignore_ascii_case(kind) && plain(value))
            .map(|(_, value)| value.clone())
    };
    let actor = of_kind("Account").or_else(|| known(schema, ACTORS));
    let host = of_kind("Host").or_else(|| known(schema, HOSTS));
    let address = of_kind("IP").or_else(|| known(schema, ADDRESSES));
    if detection.alerting.title.is_none() {
        let who = actor.clone().map(|value| ("by", value));
        let who = who.or_else(|| host.clone().map(|value| ("on", value)));
        let who = who.or_else(|| address.clone().map(|value| ("from", value)));
        let name = detection.meta.title.as_deref().unwrap_or("").trim().trim_end_matches('.');
        if let Some((word, value)) = who.filter(|_| !name.is_empty()) {
            let shown = Expr::Call(function::COALESCE, vec![value, Expr::text("<unknown>")]);
            let parts = vec![Expr::text(format!("{name} {word} [")), shown, Expr::text("]")];
            detection.alerting.title = Some(Expr::Call(function::CONCAT_OR_EMPTY, parts));
        }
    }
    let mut outputs = once(std::mem::take(&mut detection.outputs));
    if outputs.is_empty() {
        for value in tested(&detection.logic).into_iter().take(MOST) {
            add(&mut outputs, value);
        }
    }
    let shown = entities.iter().map(|(_, value)| value.clone()).filter(plain);
    for value in shown.chain([actor, address].into_iter().flatten()) {
        add(&mut outputs, value);
    }
    detection.outputs = outputs;
}

/// Each value once; of two names the one that is no more than a place for an entity goes.
fn once(outputs: Vec<OutputField>) -> Vec<OutputField> {
    let place = |output: &OutputField| output.name.ends_with("CustomEntity") || output.name.contains("_0_");
    let mut found: Vec<OutputField> = Vec::new();
    let mut elsewhere = Vec::new();
    for output in outputs {
        // Panther shows the time of an event with every alert
        if output.value.as_field().is_some_and(|field| field.path.as_column() == Some("p_event_time")) {
            continue;
        }
        // the path of another platform is no name here
        if output.name.contains(['.', '@']) && plain(&output.value) {
            elsewhere.push(output.value);
            continue;
        }
        match found.iter_mut().find(|known| known.value == output.value) {
            Some(known) if place(known) && !place(&output) => *known = output,
            Some(_) => {}
            None => found.push(output),
        }
    }
    elsewhere.into_iter().for_each(|value| add(&mut found, value));
    found
}

/// Adds a field under its own name, unless it is shown already.
fn add(outputs: &mut Vec<OutputField>, value: Expr) {
    if outputs.iter().any(|output| output.value == value) {
        return;
    }
    let Some(field) = value.as_field() else { return };
    let keys: Vec<&str> = field
        .path
        .0
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let free = |name: &String| !outputs.iter().any(|output| output.name == *name);
    let names = (1..=keys.len()).filter_map(|count| Some(keys.get(keys.len() - count..)?.join("_")));
    if let Some(name) = names.into_iter().find(free) {
        outputs.push(OutputField { name, value });
    }
}

fn plain(value: &Expr) -> bool {
    value.as_field().is_some_and(|field| {
        field.mode == ArrayMode::Whole && field.path.0.iter().all(|segment| matches!(segment, Segment::Key(_)))
    })
}

/// The fields that a rule's condition asks for, in order.
fn tested(logic: &Logic) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    walk::visit(
        logic,
        |_| {},
        |field| {
            let value = Expr::Field(field.clone());
            if plain(&value) && !found.contains(&value) {
                found.push(value);
            }
        },
    );
    found
}

/// The first of these fields that the log source has on Panther as one text.
fn known(schema: Option<&Schema>, names: &[&str]) -> Option<Expr> {
    let schema = schema?;
    names.iter().find_map(|name| {
        let row = schema.row(&FieldPath::parse(name))?;
        let kind = row.type_on(PlatformId::Panther);
        let text = !kind.list && matches!(kind.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Ip);
        let value =
            Expr::Field(crate::model::FieldRef::new(row.paths.get(&PlatformId::Panther)?.clone(), ArrayMode::Whole));
        (text && plain(&value)).then_some(value)
    })
}
