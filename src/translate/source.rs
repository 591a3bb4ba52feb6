//! Which log source a rule reads.

use crate::diagnostic::Span;
use crate::fields::{PlatformScope, Schema, Schemas, Sources, find_row};
use crate::model::{Detection, Expr, Logic, PlatformId, Shape, Stage, TestKind, Value, walk};

/// The field tables of a rule: one, or one for each stage of a sequence whose stages look at different log sources.
pub(super) fn choose_sources<'a>(
    detection: &Detection,
    (from, to): (PlatformId, PlatformId),
    schemas: &'a Schemas,
) -> Option<Sources<'a>> {
    if let Some(stages) = stages(&detection.logic).filter(|_| (from, to) == (PlatformId::Elastic, PlatformId::Sentinel))
    {
        let own = |stage: &&Stage| {
            let logic = Logic::filter(stage.filter.clone(), Span::default());
            choose_schema(&Detection { logic, ..detection.clone() }, from, schemas)
        };
        let own: Option<Vec<&Schema>> = stages.iter().map(own).collect();
        if let Some(own) = own
            && let Some(first) = own.first().copied()
            && own.iter().any(|schema| schema.source != first.source)
            && own.iter().all(|schema| schema.scopes.contains_key(&to))
        {
            return Some(Sources { first, stages: own });
        }
    }
    choose_schema(detection, from, schemas).map(Sources::one)
}

/// The stages of a sequence: those that must come, those that must not, the last.
fn stages(logic: &Logic) -> Option<Vec<&Stage>> {
    let Logic::Shape(shape) = logic else { return None };
    let Shape::Sequence { stages, absent, until, .. } = shape.as_ref() else { return None };
    Some(stages.iter().chain(absent.iter().map(|item| &item.stage)).chain(until).collect())
}

/// The field table of a rule's log source: named by a discriminator of the query, else by the rule file's names, and
/// among several of these the one that knows most of the rule's fields. `None` where nothing points at one.
pub fn choose_schema<'a>(detection: &Detection, platform: PlatformId, schemas: &'a Schemas) -> Option<&'a Schema> {
    let mut fields = Vec::new();
    let mut values: Vec<(String, String)> = Vec::new();
    walk::visit(
        &detection.logic,
        |test| {
            let Some(field) = test.subject.as_field() else { return };
            let name = field.path.to_string();
            let literals: Vec<&Expr> = match &test.kind {
                TestKind::Equals { value, .. } => vec![value],
                TestKind::In { values, .. } => values.iter().collect(),
                _ => return,
            };
            values.extend(literals.into_iter().filter_map(|literal| match literal.as_literal() {
                Some(Value::String(text)) => Some((name.clone(), text.clone())),
                _ => None,
            }));
        },
        |field| fields.push(field.path.clone()),
    );
    let names: Vec<&String> = detection.log_sources.iter().flat_map(|source| &source.names).collect();
    let named_by = |scope: &PlatformScope| {
        names.iter().any(|name| scope.names.iter().chain(&scope.also).any(|own| same(name, own)))
    };
    let naming = schemas.all.iter().filter(|schema| schema.scopes.get(&platform).is_some_and(&named_by)).count();
    let mut best: Option<(usize, &Schema)> = None;
    for schema in &schemas.all {
        let Some(scope) = schema.scopes.get(&platform) else { continue };
        let said = scope.discriminator.as_ref().is_some_and(|discriminator| {
            values.iter().any(|(name, value)| {
                (name == &discriminator.field || discriminator.also.contains(name))
                    && discriminator.values.contains(value)
            })
        });
        let denied = scope.discriminator.as_ref().is_some_and(|discriminator| {
            values.iter().any(|(name, value)| {
                (name == &discriminator.field || discriminator.also.contains(name))
                    && discriminator.other_values.contains(value)
            })
        });
        // A rule that names a data set of its own is not about this log source, whatever its index pattern covers.
        let foreign = platform == PlatformId::Elastic
            && !said
            && scope.discriminator.as_ref().is_some_and(|discriminator| {
                values.iter().any(|(name, _)| name == &discriminator.field || discriminator.also.contains(name))
            });
        // So is a rule that asks for another value of what is the same for all events of this log source.
        let other = values.iter().any(|(name, _)| {
            scope.constants.get(name).is_some_and(|known| {
                let mut asked = values.iter().filter(|(field, _)| field == name).map(|(_, value)| value);
                !asked.any(|value| known.iter().any(|constant| constant.eq_ignore_ascii_case(value)))
            })
        });
        if foreign || (other && !said) {
            continue;
        }
        let named = named_by(scope);
        if !(said || named) {
            continue;
        }
        let knows = |path: &&crate::model::FieldPath| {
            let name = path.to_string();
            find_row(schema, platform, path).is_some()
                || schema.tells_kind(platform, &name)
                || schema.derives(platform, &name)
        };
        let known = fields.iter().filter(knows).count();
        let primary = names.iter().any(|name| scope.names.first().is_some_and(|own| same(name, own)));
        let score = usize::from(said) * 1_000_000 + usize::from(!denied) * 100_000 + known * 10 + usize::from(primary);
        // A name that means one log source alone says which it is, whatever fields the rule reads.
        let alone = named && naming == 1;
        if (said || known > 0 || alone) && best.is_none_or(|(top, _)| score > top) {
            best = Some((score, schema));
        }
    }
    best.map(|(_, schema)| schema)
}

/// The titles of the other log sources whose events the rule looks at as well: its source covers them by name, and no
/// condition of it tells them from those of the table that was chosen. Their events are not looked at any more.
pub(super) fn left_behind<'a>(
    detection: &Detection,
    platform: PlatformId,
    chosen: &Schema,
    schemas: &'a Schemas,
) -> Vec<&'a str> {
    let mut asked: Vec<String> = Vec::new();
    walk::visit(
        &detection.logic,
        |test| asked.extend(test.subject.as_field().map(|field| field.path.to_string())),
        |_| {},
    );
    let names: Vec<&String> = detection.log_sources.iter().flat_map(|source| &source.names).collect();
    let covers = |own: &String| names.iter().any(|name| name.eq_ignore_ascii_case(own) || fits(name, own));
    let Some(known) = chosen.scopes.get(&platform) else { return Vec::new() };
    let other = |schema: &&Schema| {
        let Some(scope) = schema.scopes.get(&platform) else { return false };
        // What is the same for all events of each, and parts the two.
        let mut apart = scope
            .constants
            .iter()
            .filter(|(name, values)| known.constants.get(*name).is_some_and(|own| own != *values))
            .map(|(name, _)| name)
            .peekable();
        schema.source != chosen.source
            && apart.peek().is_some()
            && scope.names.iter().any(covers)
            && !apart.any(|name| asked.contains(name))
    };
    // A rule over the tables of its own names only leaves nothing behind.
    if !known.names.iter().any(covers) {
        return Vec::new();
    }
    schemas.all.iter().filter(other).map(|schema| schema.title.as_str()).collect()
}

/// Whether two names of a source mean the same: equal in any case, or one is a pattern that the other fits.
fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || fits(left, right) || fits(right, left)
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.trim_end_matches('*').starts_with(prefix.trim_end_matches('-')),
        None => false,
    }
}
