//! Putting values into an event at a path.

use crate::model::{FieldPath, Segment};
use serde_json::{Map, Value as Json};

/// The greatest index that is filled up to.
const FARTHEST: usize = 64;

/// A path as events are built along it: keys split at their dots, patterns given a name.
pub fn buildable(path: &FieldPath) -> FieldPath {
    let mut segments = Vec::with_capacity(path.0.len());
    for segment in &path.0 {
        match segment {
            Segment::Key(name) if name.contains('.') && !name.split('.').any(str::is_empty) => {
                segments.extend(name.split('.').map(|part| Segment::Key(part.to_owned())));
            }
            Segment::KeyPattern(pattern) => segments.push(Segment::Key(pattern.replace('*', "any"))),
            other => segments.push(other.clone()),
        }
    }
    FieldPath(segments)
}

/// Sets the value at a path, or takes it away (`None`). Lists on the way are used at their first element; an object
/// that stands in the way keeps its place and the rest of the path becomes a flat key.
pub fn put(event: &mut Json, path: &[Segment], value: Option<&Json>) {
    let Some((first, rest)) = path.split_first() else {
        if let Some(value) = value {
            *event = value.clone();
        }
        return;
    };
    match first {
        Segment::Key(name) | Segment::KeyPattern(name) => put_key(event, name, rest, value),
        Segment::Any => put_element(event, 0, rest, value),
        Segment::Index(index) => {
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let at = if *index < 0 {
                let length = event.as_array().map_or(0, Vec::len).max(back);
                length.saturating_sub(back)
            } else {
                back
            };
            if at <= FARTHEST && back <= FARTHEST {
                if *index < 0 {
                    pad(event, back);
                }
                put_element(event, at, rest, value);
            }
        }
        Segment::Paired { key, equals, .. } => put_pair(event, key, equals, rest, value),
        Segment::Json => {
            let mut inner = event.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null);
            put(&mut inner, rest, value);
            if value.is_some() || !inner.is_null() {
                *event = Json::String(inner.to_string());
            }
        }
    }
}

fn put_key(event: &mut Json, name: &str, rest: &[Segment], value: Option<&Json>) {
    if let Json::Array(items) = event
        && !items.is_empty()
    {
        if let Some(item) = items.first_mut() {
            put_key(item, name, rest, value);
        }
        return;
    }
    if !event.is_object() {
        if value.is_none() {
            return;
        }
        *event = Json::Object(Map::new());
    }
    let Json::Object(members) = event else { return };
    if rest.is_empty() {
        match value {
            Some(value) => {
                members.insert(name.to_owned(), value.clone());
            }
            None => {
                members.shift_remove(name);
            }
        }
        return;
    }
    match (members.get_mut(name), rest.first()) {
        // A scalar stands where an object is needed: the rest becomes part of a flat key.
        (Some(inner), Some(Segment::Key(next))) if !matches!(inner, Json::Object(_) | Json::Array(_) | Json::Null) => {
            put_key(event, &format!("{name}.{next}"), rest.get(1..).unwrap_or_default(), value);
        }
        (Some(inner), _) => put(inner, rest, value),
        (None, _) if value.is_none() => {}
        (None, _) => {
            let mut inner = Json::Null;
            put(&mut inner, rest, value);
            members.insert(name.to_owned(), inner);
        }
    }
}

fn pad(event: &mut Json, length: usize) {
    if !event.is_array() {
        *event = if event.is_null() { Json::Array(Vec::new()) } else { Json::Array(vec![event.take()]) };
    }
    if let Json::Array(items) = event {
        while items.len() < length {
            items.push(Json::Null);
        }
    }
}

fn put_element(event: &mut Json, at: usize, rest: &[Segment], value: Option<&Json>) {
    if value.is_none() && event.as_array().is_none_or(|items| items.len() <= at) {
        return;
    }
    pad(event, at + 1);
    let Json::Array(items) = event else { return };
    match (rest.is_empty(), value) {
        (true, None) => {
            items.remove(at);
        }
        _ => {
            if let Some(item) = items.get_mut(at) {
                put(item, rest, value);
            }
        }
    }
}

fn put_pair(event: &mut Json, key: &str, equals: &str, rest: &[Segment], value: Option<&Json>) {
    pad(event, 0);
    let Json::Array(items) = event else { return };
    let fits = |item: &Json| item.get(key).and_then(Json::as_str) == Some(equals);
    if !items.iter().any(fits) {
        if value.is_none() {
            return;
        }
        let mut member = Map::new();
        member.insert(key.to_owned(), Json::String(equals.to_owned()));
        items.push(Json::Object(member));
    }
    if let Some(item) = items.iter_mut().find(|item| fits(item))
        && !rest.is_empty()
    {
        put(item, rest, value);
    }
}

/// The node at a path as [`put`] would reach it.
pub fn node<'e>(event: &'e mut Json, path: &[Segment]) -> Option<&'e mut Json> {
    let mut at = event;
    for segment in path {
        at = match segment {
            Segment::Key(name) | Segment::KeyPattern(name) => match at {
                Json::Array(items) => items.first_mut()?.get_mut(name)?,
                other => other.get_mut(name)?,
            },
            Segment::Any => at.get_mut(0)?,
            Segment::Index(index) => {
                let length = i64::try_from(at.as_array()?.len()).ok()?;
                let index = if *index < 0 { length + index } else { *index };
                at.get_mut(usize::try_from(index).ok()?)?
            }
            Segment::Paired { key, equals, .. } => at
                .as_array_mut()?
                .iter_mut()
                .find(|item| item.get(key).and_then(Json::as_str) == Some(equals.as_str()))?,
            Segment::Json => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_stand_where_paths_lead() {
        let mut event = json!({});
        for (path, value) in [
            ("a.b", json!(1)),
            ("a.c", json!(2)),
            ("l[].x", json!("u")),
            ("l[].y", json!("v")),
            ("i[1].z", json!(true)),
            ("p[key=id].value", json!("w")),
            ("t[json()].k", json!(3)),
            ("last[-1]", json!(9)),
        ] {
            put(&mut event, &FieldPath::parse(path).0, Some(&value));
        }
        assert_eq!(
            event,
            json!({"a": {"b": 1, "c": 2}, "l": [{"x": "u", "y": "v"}], "i": [null, {"z": true}],
                   "p": [{"key": "id", "value": "w"}], "t": "{\"k\":3}", "last": [9]})
        );
        put(&mut event, &FieldPath::parse("a.b.d").0, Some(&json!(4)));
        assert_eq!(event.get("a"), Some(&json!({"b": 1, "c": 2, "b.d": 4})));
        put(&mut event, &FieldPath::parse("a.c").0, None);
        put(&mut event, &FieldPath::parse("nowhere.c").0, None);
        assert_eq!(event.get("a"), Some(&json!({"b": 1, "b.d": 4})));
        assert_eq!(event.get("nowhere"), None);
    }
}
