//! How a platform finds the values of a field in an event ([`Access`]).

use super::coerce;
use super::text::wildcard_text;
use super::{Access, Context};
use crate::model::{FieldKind, FieldPath, FieldType, Segment, Value};
use std::borrow::Cow;

/// What stands at a path.
#[derive(Debug, Default)]
pub struct Found<'v> {
    /// Whether the key is there, whatever its value.
    pub key: bool,
    /// The values, lists unflattened unless the walk flattens.
    pub values: Vec<Cow<'v, Value>>,
}

/// How a walk treats lists and names.
#[derive(Clone, Copy)]
struct Walk {
    access: Access,
    /// Lists on the way stand for their elements.
    flatten: bool,
}

/// The values at a path of an event or row. `flatten`: lists on the way are gone through, and lists at the end are
/// given as their elements.
pub fn find<'v>(root: &'v Value, path: &FieldPath, access: Access, flatten: bool, context: &Context<'_>) -> Found<'v> {
    let flatten = flatten || access == Access::Elastic;
    let walk = Walk { access, flatten };
    let mut found = Found::default();
    match access {
        Access::Sentinel => from_column(root, path, walk, context, &mut found),
        _ => walk.go(root, &path.0, &mut found),
    }
    if access == Access::Elastic
        && !found.key
        && let Some(base) = multi_field_base(path)
    {
        walk.go(root, base, &mut found);
    }
    if flatten {
        found.values = flat(std::mem::take(&mut found.values));
    }
    if access == Access::Elastic {
        found.values.retain(|value| !value.is_null());
        if let Some(kind) = context.types.type_of(&plain_name(path)) {
            coerce_all(&mut found.values, kind, coerce::by_mapping);
        }
    }
    found
}

/// The values at a path inside a value that is no row (an element, the result of a function).
pub fn find_inside<'v>(value: &'v Value, path: &FieldPath, access: Access, flatten: bool) -> Found<'v> {
    let flatten = flatten || access == Access::Elastic;
    let mut found = Found::default();
    Walk { access, flatten }.go(value, &path.0, &mut found);
    if flatten {
        found.values = flat(std::mem::take(&mut found.values));
    }
    found
}

/// The field that a multi-field of ECS indexes a second time: it is not in the event under its own name.
fn multi_field_base(path: &FieldPath) -> Option<&[Segment]> {
    match path.0.split_last() {
        Some((Segment::Key(last), base)) if !base.is_empty() && matches!(last.as_str(), "caseless" | "text") => {
            Some(base)
        }
        _ => None,
    }
}

/// A column of Sentinel: read by its type; text is never null; dynamic text is JSON.
fn from_column<'v>(root: &'v Value, path: &FieldPath, walk: Walk, context: &Context<'_>, found: &mut Found<'v>) {
    let name = plain_name(path);
    let Some(kind) = context.types.type_of(&name) else {
        let column = path.0.first().and_then(|segment| match segment {
            Segment::Key(name) if path.0.len() > 1 => Some(name),
            _ => None,
        });
        let dynamic = column.filter(|name| {
            context.types.type_of(name).is_some_and(|kind| matches!(kind.kind, FieldKind::Dynamic | FieldKind::Keyword))
        });
        let text = dynamic.and_then(|name| root.get(name)).and_then(Value::as_str);
        if let (Some(text), Some(rest)) = (text, path.0.get(1..)) {
            found.key = true;
            if let Some(json) = coerce::parse_json(text) {
                walk.go_owned(&json, rest, found);
            }
            return;
        }
        return walk.go(root, &path.0, found);
    };
    walk.go(root, &path.0, found);
    // What stands inside a column is dynamic, whatever the field table says of it: null where it is missing.
    let inside = path.0.len() > 1 && context.types.type_of(first_key(path)).is_none_or(|column| !column.list);
    if inside && !kind.list {
        return;
    }
    if kind.list {
        found.values = flat(std::mem::take(&mut found.values));
    }
    coerce_all(&mut found.values, kind, coerce::by_column);
    if !kind.list && coerce::is_text(kind.kind) {
        found.values.retain(|value| !value.is_null());
        if found.values.is_empty() {
            found.values.push(Cow::Owned(Value::String(String::new())));
        }
    }
}

fn coerce_all(values: &mut [Cow<'_, Value>], kind: FieldType, read: fn(&Value, FieldKind) -> Option<Value>) {
    for value in values {
        if let Some(other) = read(value, kind.kind) {
            *value = Cow::Owned(other);
        }
    }
}

/// The column that a path starts in.
fn first_key(path: &FieldPath) -> &str {
    match path.0.first() {
        Some(Segment::Key(name)) => name,
        _ => "",
    }
}

/// The dotted name of a path without indexes, as types are listed.
pub fn plain_name(path: &FieldPath) -> Cow<'_, str> {
    if let [Segment::Key(name)] = path.0.as_slice() {
        return Cow::Borrowed(name);
    }
    let mut name = String::new();
    for segment in &path.0 {
        if let Segment::Key(key) | Segment::KeyPattern(key) = segment {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(key);
        }
    }
    Cow::Owned(name)
}

/// Lists replaced by their elements, at any depth.
fn flat(values: Vec<Cow<'_, Value>>) -> Vec<Cow<'_, Value>> {
    if !values.iter().any(|value| matches!(**value, Value::Array(_))) {
        return values;
    }
    let mut result = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Cow::Borrowed(Value::Array(items)) => result.extend(flat(items.iter().map(Cow::Borrowed).collect())),
            Cow::Owned(Value::Array(items)) => result.extend(flat(items.into_iter().map(Cow::Owned).collect())),
            other => result.push(other),
        }
    }
    result
}

/// Every leaf value of an event, lists and objects gone through, in order.
pub fn leaves<'v>(value: &'v Value, found: &mut Vec<Cow<'v, Value>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(entries) => entries.iter().for_each(|(_, item)| leaves(item, found)),
        leaf => found.push(Cow::Borrowed(leaf)),
    }
}

impl Walk {
    /// Follows the segments from a value.
    fn go<'v>(self, value: &'v Value, segments: &[Segment], found: &mut Found<'v>) {
        let Some((first, rest)) = segments.split_first() else {
            found.key = true;
            found.values.push(Cow::Borrowed(value));
            return;
        };
        match (first, value) {
            (Segment::Key(_) | Segment::KeyPattern(_), Value::Array(items)) if self.flatten => {
                items.iter().for_each(|item| self.go(item, segments, found));
            }
            (Segment::Key(_) | Segment::KeyPattern(_), Value::Object(_)) => self.run(value, segments, found),
            (Segment::Index(index), Value::Array(items)) => {
                if let Some(item) = at(items, *index) {
                    self.go(item, rest, found);
                }
            }
            // A list that a pipeline has turned into an object keeps its indexes as names.
            (Segment::Index(index), Value::Object(_)) => {
                if let Some(item) = value.get(&index.to_string()) {
                    self.go(item, rest, found);
                }
            }
            (Segment::Any, Value::Array(items)) => items.iter().for_each(|item| self.go(item, rest, found)),
            (Segment::Any, Value::Null) => {}
            (Segment::Any, single) => self.go(single, rest, found),
            (Segment::Paired { key, equals, ignore_case }, list) => {
                let elements = match list {
                    Value::Array(items) => items.as_slice(),
                    single => std::slice::from_ref(single),
                };
                for element in elements {
                    if self.pairs(element, key, equals, *ignore_case) {
                        self.go(element, rest, found);
                    }
                }
            }
            (Segment::Json, Value::String(text)) => {
                if let Some(json) = coerce::parse_json(text) {
                    self.go_owned(&json, rest, found);
                }
            }
            (Segment::Json, Value::Array(_) | Value::Object(_)) => self.go(value, rest, found),
            _ => {}
        }
    }

    /// [`Self::go`] over a value that does not live long enough.
    fn go_owned(self, value: &Value, segments: &[Segment], found: &mut Found<'_>) {
        let mut inner = Found::default();
        self.go(value, segments, &mut inner);
        found.key |= inner.key;
        found.values.extend(inner.values.into_iter().map(|value| Cow::Owned(value.into_owned())));
    }

    fn pairs(self, element: &Value, key: &str, equals: &str, ignore_case: bool) -> bool {
        let path = [Segment::Key(key.to_owned())];
        let mut member = Found::default();
        self.go(element, &path, &mut member);
        let case = if ignore_case { crate::model::Case::Ignore } else { crate::model::Case::Sensitive };
        member.values.iter().any(|value| super::text::equal(&coerce::to_text(value), equals, case))
    }

    /// One key of Panther's events: the exact one, else one in another case. A dot is a character like any other.
    fn key<'v>(self, object: &'v Value, name: &str, rest: &[Segment], found: &mut Found<'v>) {
        let Value::Object(entries) = object else { return };
        let exact = entries.iter().find(|(key, _)| key == name);
        let there = exact.or_else(|| {
            let lower = name.to_lowercase();
            entries.iter().find(|(key, _)| key.to_lowercase() == lower)
        });
        if let Some((_, inner)) = there {
            self.go(inner, rest, found);
        }
    }

    /// Follows the names at the front of the segments through an object. Names may stand there nested or flat.
    fn run<'v>(self, object: &'v Value, segments: &[Segment], found: &mut Found<'v>) {
        if let (Access::Panther, Some((Segment::Key(name), rest))) = (self.access, segments.split_first()) {
            return self.key(object, name, rest, found);
        }
        let names = segments.iter().take_while(|segment| matches!(segment, Segment::Key(_) | Segment::KeyPattern(_)));
        let count = names.clone().count();
        let rest = segments.get(count..).unwrap_or_default();
        if names.clone().any(|segment| matches!(segment, Segment::KeyPattern(_))) {
            return self.patterns(object, segments, found);
        }
        let joined;
        let name = match segments {
            [Segment::Key(name), ..] if count == 1 => name.as_str(),
            _ => {
                let parts: Vec<&str> = names
                    .filter_map(|segment| if let Segment::Key(name) = segment { Some(name.as_str()) } else { None })
                    .collect();
                joined = parts.join(".");
                &joined
            }
        };
        self.name(object, name, rest, found);
    }

    /// Finds a dotted name in an object; `true` where its key is there.
    fn name<'v>(self, value: &'v Value, name: &str, rest: &[Segment], found: &mut Found<'v>) -> bool {
        let entries = match value {
            Value::Object(entries) => entries,
            Value::Array(items) if self.flatten => {
                let mut any = false;
                for item in items {
                    any |= self.name(item, name, rest, found);
                }
                return any;
            }
            _ => return false,
        };
        let every = self.access == Access::Elastic;
        let mut any = false;
        for (key, inner) in entries {
            let reached = match remainder(name, key) {
                Some("") => {
                    self.go(inner, rest, found);
                    found.key |= rest.is_empty();
                    true
                }
                Some(behind) => self.name(inner, behind, rest, found),
                None => false,
            };
            any |= reached;
            if reached && !every {
                return true;
            }
        }
        any
    }

    /// Names with `*`. Elastic's reach over dots; elsewhere each stands for one member.
    fn patterns<'v>(self, value: &'v Value, segments: &[Segment], found: &mut Found<'v>) {
        if self.access != Access::Elastic {
            return self.member_patterns(value, segments, found);
        }
        let count =
            segments.iter().take_while(|segment| matches!(segment, Segment::Key(_) | Segment::KeyPattern(_))).count();
        let parts: Vec<&str> = segments
            .iter()
            .take(count)
            .filter_map(|segment| match segment {
                Segment::Key(name) | Segment::KeyPattern(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let rest = segments.get(count..).unwrap_or_default();
        self.flat_patterns(value, &parts.join("."), String::new(), rest, found);
    }

    fn flat_patterns<'v>(
        self,
        value: &'v Value,
        pattern: &str,
        prefix: String,
        rest: &[Segment],
        found: &mut Found<'v>,
    ) {
        match value {
            Value::Array(items) if items.iter().any(|item| matches!(item, Value::Object(_))) => {
                items.iter().for_each(|item| self.flat_patterns(item, pattern, prefix.clone(), rest, found));
            }
            Value::Object(entries) => {
                for (key, inner) in entries {
                    let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    self.flat_patterns(inner, pattern, name, rest, found);
                }
            }
            leaf if wildcard_text(&prefix, pattern) => self.go(leaf, rest, found),
            _ => {}
        }
    }

    fn member_patterns<'v>(self, value: &'v Value, segments: &[Segment], found: &mut Found<'v>) {
        match (segments.split_first(), value) {
            (Some((Segment::KeyPattern(pattern), rest)), Value::Object(entries)) => {
                let pattern = if self.access == Access::Panther { pattern.to_lowercase() } else { pattern.clone() };
                for (key, inner) in entries {
                    let fits = match self.access {
                        Access::Panther => wildcard_text(&key.to_lowercase(), &pattern),
                        _ => wildcard_text(key, &pattern),
                    };
                    if fits {
                        self.go(inner, rest, found);
                    }
                }
            }
            (Some((Segment::Key(name), rest)), Value::Object(_)) => {
                self.name(value, name, rest, found);
            }
            _ => {}
        }
    }
}

/// What is left of a dotted name behind a key: nothing where the key is the whole name, `None` where the key is no
/// part of it.
fn remainder<'n>(name: &'n str, key: &str) -> Option<&'n str> {
    let tail = name.strip_prefix(key)?;
    if tail.is_empty() { Some("") } else { tail.strip_prefix('.').filter(|behind| !behind.is_empty()) }
}

fn at(items: &[Value], index: i64) -> Option<&Value> {
    let index = if index < 0 { i64::try_from(items.len()).ok()?.checked_add(index)? } else { index };
    items.get(usize::try_from(index).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TypeMap;
    use serde_json::{Value as Json, json};

    fn values(event: Json, path: &str, access: Access, flatten: bool, types: &[(&str, &str)]) -> Json {
        let types =
            TypeMap(types.iter().map(|(name, kind)| ((*name).to_owned(), FieldType::parse(kind).unwrap())).collect());
        let context = Context::new(access, &types, 0);
        let event = Value::from(&event);
        let found = find(&event, &FieldPath::parse(path), access, flatten, &context);
        Json::Array(found.values.iter().map(|value| coerce::to_json(value)).collect())
    }

    #[test]
    fn a_flat_key_equals_a_nested_one_but_for_panther() {
        // Panther's `deep_get` asks for each key by itself (spec/panther-python.md).
        assert_eq!(values(json!({"a.b": 1}), "a.b", Access::Panther, false, &[]), json!([]));
        for access in [Access::Common, Access::Elastic, Access::Sentinel] {
            for event in [
                json!({"a": {"b": {"c": 1}}}),
                json!({"a.b.c": 1}),
                json!({"a": {"b.c": 1}}),
                json!({"a.b": {"c": 1}}),
                json!({"a": 5, "a.b.c": 1}),
            ] {
                assert_eq!(values(event.clone(), "a.b.c", access, false, &[]), json!([1]), "{event} {access:?}");
            }
            assert_eq!(values(json!({"ab": {"c": 1}}), "a.b.c", access, false, &[]), json!([]));
        }
        let context_types = TypeMap::default();
        let context = Context::new(Access::Sentinel, &context_types, 0);
        let event = Value::from(&json!({"a": {"b": 1}}));
        assert_eq!(find(&event, &FieldPath::column("a.b"), Access::Sentinel, false, &context).values.len(), 1);
    }

    #[test]
    fn elastic_flattens_objects_and_lists_and_drops_null() {
        let event = json!({"a": [{"b": ["x", ["y"]]}, {"b": null}, {"c": 1}], "a.b": "z", "e": []});
        assert_eq!(values(event.clone(), "a.b", Access::Elastic, false, &[]), json!(["x", "y", "z"]));
        assert_eq!(values(event, "e", Access::Elastic, false, &[]), json!([]));
    }

    #[test]
    fn elastic_reads_a_typed_field_by_its_mapping() {
        let types = [("code", "keyword"), ("n", "long"), ("flag", "boolean")];
        assert_eq!(
            values(json!({"code": [4625, true]}), "code", Access::Elastic, false, &types),
            json!(["4625", "true"])
        );
        assert_eq!(values(json!({"n": "12"}), "n", Access::Elastic, false, &types), json!([12]));
        assert_eq!(values(json!({"flag": "true"}), "flag", Access::Elastic, false, &types), json!([true]));
    }

    #[test]
    fn elastic_field_patterns_reach_over_dots() {
        let event = json!({"a": {"x": {"y": {"b": 1}}, "z.b": 2}, "c": {"b": 3}});
        assert_eq!(values(event.clone(), "a.*.b", Access::Elastic, false, &[]), json!([1, 2]));
        assert_eq!(values(event, "a.*.b", Access::Common, true, &[]), json!([]));
        assert_eq!(
            values(json!({"a": {"x": {"b": 1}, "y": {"b": 2}}}), "a.*.b", Access::Common, true, &[]),
            json!([1, 2])
        );
    }

    #[test]
    fn sentinel_text_is_never_null_and_dynamic_text_is_json() {
        let types = [("Name", "keyword"), ("Props", "dynamic"), ("Result", "keyword"), ("Time", "date"), ("N", "long")];
        assert_eq!(values(json!({}), "Name", Access::Sentinel, false, &types), json!([""]));
        assert_eq!(values(json!({"Name": null}), "Name", Access::Sentinel, false, &types), json!([""]));
        assert_eq!(values(json!({"name": "x"}), "Name", Access::Sentinel, false, &types), json!([""]));
        assert_eq!(values(json!({"Result": 0}), "Result", Access::Sentinel, false, &types), json!(["0"]));
        assert_eq!(
            values(json!({"Props": "{\"a\":[{\"b\":1}]}"}), "Props.a[0].b", Access::Sentinel, false, &types),
            json!([1])
        );
        assert_eq!(values(json!({"N": "7"}), "N", Access::Sentinel, false, &types), json!([7]));
    }

    #[test]
    fn panther_keys_ignore_case_and_prefer_the_exact_one() {
        assert_eq!(values(json!({"EventName": "x"}), "eventname", Access::Panther, false, &[]), json!(["x"]));
        assert_eq!(values(json!({"A": 1, "a": 2}), "a", Access::Panther, false, &[]), json!([2]));
        assert_eq!(values(json!({"A": {"B": 1}}), "a.b", Access::Panther, false, &[]), json!([1]));
    }

    #[test]
    fn lists_on_the_way_count_only_where_asked() {
        let event = json!({"a": [{"b": 1}, {"b": [2, 3]}]});
        assert_eq!(values(event.clone(), "a.b", Access::Common, false, &[]), json!([]));
        assert_eq!(values(event.clone(), "a.b", Access::Common, true, &[]), json!([1, 2, 3]));
        assert_eq!(values(event.clone(), "a[].b", Access::Common, false, &[]), json!([1, [2, 3]]));
        assert_eq!(values(event.clone(), "a[1].b", Access::Common, false, &[]), json!([[2, 3]]));
        assert_eq!(values(event.clone(), "a[-2].b", Access::Common, false, &[]), json!([1]));
        assert_eq!(values(event, "a[5].b", Access::Common, false, &[]), json!([]));
    }

    #[test]
    fn paired_elements_and_json_text() {
        let event = json!({"d": [{"key": "User-Agent", "value": "curl"}, {"key": "id", "value": 7}], "t": "{\"x\": 1}", "u": "no json"});
        assert_eq!(values(event.clone(), "d[key=id].value", Access::Common, false, &[]), json!([7]));
        assert_eq!(values(event.clone(), "d[key=ID].value", Access::Common, false, &[]), json!([]));
        assert_eq!(values(event.clone(), "t[json()].x", Access::Common, false, &[]), json!([1]));
        assert_eq!(values(event, "u[json()].x", Access::Common, false, &[]), json!([]));
    }
}
