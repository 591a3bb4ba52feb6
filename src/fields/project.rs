//! A common event as each platform stores it (spec/field-resolver.md, 3: event projection).

use super::registry;
use super::schema::{Row, Schema};
use super::several::{SOURCE, TABLE};
use super::words;
use crate::model::{FieldKind, FieldPath, PlatformId, Segment};
use serde_json::{Map, Value as Json};

/// Where Panther says which log source an event belongs to.
pub const LOG_TYPE: &str = "p_log_type";

/// The event under a platform's names: every row's values, the log source's constants, and nothing else.
///
/// A list becomes a list, or an object with index keys where the platform pivots it (`.*.`).
pub fn project(event: &Json, schema: &Schema, platform: PlatformId) -> Json {
    projected(event, schema, platform, false)
}

/// The event as [`project`] gives it, with every value under its further names too: what a rule of that platform may read.
pub fn project_readable(event: &Json, schema: &Schema, platform: PlatformId) -> Json {
    projected(event, schema, platform, true)
}

fn projected(event: &Json, schema: &Schema, platform: PlatformId, every_name: bool) -> Json {
    let mut event = words::completed(event, schema);
    if schema.scopes.get(&platform).is_some_and(|scope| scope.no_empty) {
        drop_empty(&mut event);
    }
    let event = &event;
    let mut out = Json::Object(Map::new());
    if let Some(scope) = schema.scopes.get(&platform) {
        // Panther's own name for the log source stands in every event.
        if let (PlatformId::Panther, Some(name)) = (platform, scope.names.first()) {
            put(&mut out, &[At::Key(LOG_TYPE.to_owned())], Json::String(name.clone()));
        }
        for (field, values) in &scope.constants {
            if let Some(value) = values.first() {
                put(&mut out, &concrete(&FieldPath::parse(field), &[]), Json::String(value.clone()));
            }
        }
        if let Some(discriminator) = &scope.discriminator
            && let Some(value) = discriminator.values.first()
        {
            for field in std::iter::once(&discriminator.field).chain(&discriminator.also) {
                put(&mut out, &concrete(&FieldPath::parse(field), &[]), Json::String(value.clone()));
            }
        }
    }
    for (field, value) in schema.marks_of(event, platform) {
        let path = FieldPath::parse(field);
        let kind = super::lookup::find_row(schema, platform, &path).map(|found| found.row.type_on(platform).kind);
        put(&mut out, &concrete(&path, &[]), in_type(value.clone(), kind.unwrap_or(FieldKind::Keyword)));
    }
    for derived in schema.derived.iter().filter(|_| platform == PlatformId::Elastic) {
        if let Some(value) = derived.value_of(event) {
            put(&mut out, &concrete(&FieldPath::parse(&derived.elastic), &[]), Json::String(value.to_owned()));
        }
    }
    for row in &schema.rows {
        let Some(path) = row.paths.get(&platform) else { continue };
        // An extension is in the whole name.
        if row.extension.contains(&platform) {
            continue;
        }
        // A row for a whole list only names it; its members have rows of their own. Words of a line are in the line.
        if row.name.0.last() == Some(&Segment::Any) || words::is_line(row, platform) {
            continue;
        }
        // Common names are exact, as Sentinel's are.
        let also = row.also.get(&platform).into_iter().flatten().filter(|_| every_name);
        let paths: Vec<&FieldPath> = also.chain([path]).collect();
        each(event, &row.name.0, PlatformId::Sentinel, &mut Vec::new(), &mut |indexes, value| {
            for path in &paths {
                put(&mut out, &concrete(path, indexes), convert(value, row, platform));
            }
        });
    }
    several_columns(event, schema, platform, &mut out);
    if let (PlatformId::Sentinel, Some(_), Some(table)) =
        (platform, event.get(SOURCE), schema.scopes.get(&platform).and_then(|scope| scope.names.first()))
    {
        put(&mut out, &[At::Key(TABLE.to_owned())], Json::String(table.clone()));
    }
    out
}

/// Takes empty texts, lists and objects out, and null with them. Returns whether nothing is left.
fn drop_empty(value: &mut Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => {
            items.retain_mut(|item| !drop_empty(item));
            items.is_empty()
        }
        Json::Object(members) => {
            members.retain(|_, member| !drop_empty(member));
            members.is_empty()
        }
        _ => false,
    }
}

/// What one field says, in several columns: the same for the same value, and other for another.
fn several_columns(event: &Json, schema: &Schema, platform: PlatformId, out: &mut Json) {
    for row in &schema.rows {
        let Some(columns) = row.columns.get(&platform) else { continue };
        let mut found = None;
        each(event, &row.name.0, PlatformId::Sentinel, &mut Vec::new(), &mut |_, value| {
            if !value.is_null() {
                found = Some(value.to_string());
            }
        });
        let Some(text) = found else { continue };
        if row.registry {
            let path = serde_json::from_str::<String>(&text).unwrap_or(text);
            let (key, value) = registry::split(&path);
            for (column, part) in columns.iter().zip([key, value]) {
                put(out, &concrete(column, &[]), Json::String(part));
            }
            continue;
        }
        let number = text.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 30_000;
        for column in columns {
            let Some(name) = column.as_column() else { continue };
            if out.get(name).is_some_and(|known| !known.is_null()) {
                continue;
            }
            let kind = super::lookup::find_row(schema, platform, column).map(|found| found.row.type_on(platform).kind);
            let value = match kind {
                Some(FieldKind::Long) => Json::from(number),
                Some(FieldKind::Date) => Json::String(format!(
                    "2023-12-{:02}T{:02}:{:02}:{:02}Z",
                    1 + number % 28,
                    number % 24,
                    number % 60,
                    number / 600
                )),
                _ => Json::String(text.clone()),
            };
            put(out, &concrete(column, &[]), value);
        }
    }
}

/// A platform's event under common names: what [`project`] does, backwards. Fields without a row are left out.
pub fn unproject(event: &Json, schema: &Schema, platform: PlatformId) -> Json {
    let mut out = Json::Object(Map::new());
    if let Some(kind) = schema.kind_of(event, platform) {
        put(&mut out, &concrete(&super::kinds::kind_path(), &[]), Json::String(kind.to_owned()));
    }
    for row in &schema.rows {
        let apart = words::is_line(row, platform) || row.extension.contains(&platform);
        if row.name.0.last() == Some(&Segment::Any) || apart {
            continue;
        }
        let paths = row.paths.get(&platform).into_iter().chain(row.also.get(&platform).into_iter().flatten());
        for path in paths {
            let mut found = false;
            each(event, &path.0, platform, &mut Vec::new(), &mut |indexes, value| {
                found = true;
                put(&mut out, &concrete(&row.name, indexes), to_common(value, row, platform));
            });
            if found {
                break;
            }
        }
    }
    out
}

/// Calls `found` with every value at a path and the indexes that lead to it.
fn each(
    value: &Json,
    path: &[Segment],
    platform: PlatformId,
    indexes: &mut Vec<usize>,
    found: &mut impl FnMut(&[usize], &Json),
) {
    match path.split_first() {
        None => found(indexes, value),
        Some((Segment::Key(key), rest)) => {
            if let Some(inner) = member(value, key, platform) {
                each(inner, rest, platform, indexes, found);
            }
        }
        Some((Segment::Any, rest)) => {
            for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                indexes.push(index);
                each(inner, rest, platform, indexes, found);
                indexes.pop();
            }
        }
        Some((Segment::KeyPattern(_), rest)) => {
            for (key, inner) in value.as_object().into_iter().flatten() {
                let Ok(index) = key.parse() else { continue };
                indexes.push(index);
                each(inner, rest, platform, indexes, found);
                indexes.pop();
            }
        }
        // Text that holds JSON.
        Some((Segment::Json, rest)) => {
            if let Some(inner) = value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok()) {
                each(&inner, rest, platform, indexes, found);
            }
        }
        Some(_) => {}
    }
}

/// A member of an object; Panther's keys are case-insensitive.
fn member<'a>(value: &'a Json, key: &str, platform: PlatformId) -> Option<&'a Json> {
    let members = value.as_object()?;
    members.get(key).or_else(|| match platform {
        PlatformId::Panther => members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, inner)| inner),
        _ => None,
    })
}

/// A step of a path without any choice left.
enum At {
    Key(String),
    Index(usize),
    /// Text that holds JSON.
    Text,
}

fn concrete(path: &FieldPath, indexes: &[usize]) -> Vec<At> {
    let mut indexes = indexes.iter();
    path.0
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => At::Key(key.clone()),
            Segment::KeyPattern(_) => At::Key(indexes.next().copied().unwrap_or(0).to_string()),
            Segment::Index(index) => At::Index(usize::try_from(*index).unwrap_or(0)),
            Segment::Json => At::Text,
            _ => At::Index(indexes.next().copied().unwrap_or(0)),
        })
        .collect()
}

/// Sets the value at a path of keys in a common event.
pub(super) fn set(event: &mut Json, path: &FieldPath, value: Json) {
    put(event, &concrete(path, &[]), value);
}

fn put(target: &mut Json, path: &[At], value: Json) {
    let Some((first, rest)) = path.split_first() else {
        // A whole object beside members that have rows of their own.
        match (&mut *target, value) {
            (Json::Object(known), Json::Object(more)) => known.extend(more),
            (_, value) => *target = value,
        }
        return;
    };
    match first {
        At::Text => {
            let known = target.as_str().and_then(|text| serde_json::from_str(text).ok());
            let mut inner: Json = known.unwrap_or(Json::Null);
            put(&mut inner, rest, value);
            *target = Json::String(inner.to_string());
        }
        At::Key(key) => {
            // A member of a list of objects: one object more, as flattened events hold it.
            if let Json::Array(items) = target {
                let mut item = Json::Object(Map::new());
                put(&mut item, path, value);
                items.push(item);
                return;
            }
            if !target.is_object() {
                *target = Json::Object(Map::new());
            }
            if let Some(members) = target.as_object_mut() {
                put(members.entry(key.clone()).or_insert(Json::Null), rest, value);
            }
        }
        At::Index(index) => {
            if !target.is_array() {
                *target = Json::Array(Vec::new());
            }
            if let Some(items) = target.as_array_mut() {
                while items.len() <= *index {
                    items.push(Json::Null);
                }
                if let Some(item) = items.get_mut(*index) {
                    put(item, rest, value);
                }
            }
        }
    }
}

/// A value in the platform's type and spelling.
fn convert(value: &Json, row: &Row, platform: PlatformId) -> Json {
    respell(value, row, (None, row.kind.kind), (Some(platform), row.type_on(platform).kind))
}

/// A platform's value in the common type and spelling.
fn to_common(value: &Json, row: &Row, platform: PlatformId) -> Json {
    respell(value, row, (Some(platform), row.type_on(platform).kind), (None, row.kind.kind))
}

fn respell(
    value: &Json,
    row: &Row,
    from: (Option<PlatformId>, FieldKind),
    to: (Option<PlatformId>, FieldKind),
) -> Json {
    if let Json::Array(items) = value {
        return Json::Array(items.iter().map(|item| respell(item, row, from, to)).collect());
    }
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        other => return other.clone(),
    };
    let spelt = row.value(&text, from.0, to.0);
    if spelt.is_none() && from.1 == to.1 {
        return value.clone();
    }
    in_type(spelt.unwrap_or(text), to.1)
}

/// A text as a value of this type, where it is one.
fn in_type(text: String, kind: FieldKind) -> Json {
    match kind {
        FieldKind::Long => text.parse::<i64>().map_or(Json::String(text.clone()), Json::from),
        FieldKind::Double => text.parse::<f64>().map_or(Json::String(text.clone()), Json::from),
        FieldKind::Boolean => text.parse::<bool>().map_or(Json::String(text.clone()), Json::from),
        _ => Json::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Schemas;
    use serde_json::json;

    #[test]
    fn lists_become_lists_or_objects_with_index_keys() {
        let schema = Schemas::built_in().get("entra_audit").unwrap();
        let event = json!({"operation": "x", "targets": [{"display_name": "a"}, {"display_name": "b"}]});
        let elastic = project(&event, schema, PlatformId::Elastic);
        assert_eq!(elastic["azure"]["auditlogs"]["properties"]["target_resources"]["1"]["display_name"], "b");
        assert_eq!(elastic["data_stream"]["dataset"], "azure.auditlogs");
        let sentinel = project(&event, schema, PlatformId::Sentinel);
        assert_eq!(sentinel["TargetResources"][1]["displayName"], "b");
        let panther = project(&event, schema, PlatformId::Panther);
        assert_eq!(panther["properties"]["targetResources"][0]["displayName"], "a");
        assert_eq!(panther["category"], "AuditLogs");
        for platform in PlatformId::ALL {
            assert_eq!(unproject(&project(&event, schema, platform), schema, platform), event);
        }
    }
}
