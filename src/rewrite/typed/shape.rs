//! What the declared fields of a log source say of the values in its events.

use crate::model::{FieldKind, FieldPath, FieldType, FieldTypes, JsonKind, Segment};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// What a value is, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Of this JSON type.
    Kind(JsonKind),
    /// There never is one: the path goes on below a value that holds nothing.
    Nothing,
    /// Nobody knows.
    Unknown,
}

/// The declared fields of a log source as a tree, and fields that every event of it holds with the same value.
pub struct EventShape<'a> {
    types: &'a dyn FieldTypes,
    root: Node,
    constants: BTreeMap<String, Vec<String>>,
}

#[derive(Default)]
struct Node {
    leaf: Option<FieldType>,
    members: HashMap<String, Node>,
    element: Option<Box<Node>>,
}

enum At<'n> {
    Node(&'n Node),
    Value(FieldKind),
}

impl<'a> EventShape<'a> {
    /// The tree of the names that `types` knows; keys are found whatever their case. `constants`: the values that a
    /// field may have, where every event has one of them.
    pub fn new(types: &'a dyn FieldTypes, constants: BTreeMap<String, Vec<String>>) -> Self {
        let mut root = Node::default();
        for name in types.names() {
            let path = FieldPath::parse(&name);
            // A field inside a list holds several values because of the list.
            let inside = path.0.contains(&Segment::Any);
            let kind = types.type_of(&name).map(|kind| FieldType { list: kind.list && !inside, ..kind });
            root.insert(&path.0, kind);
        }
        Self { types, root, constants }
    }

    /// The values that a field may have, where every event has one of them.
    pub fn constant(&self, path: &FieldPath) -> Option<&[String]> {
        self.constants.get(&path.to_string()).map(Vec::as_slice)
    }

    /// What a path leads to.
    pub fn at(&self, path: &FieldPath) -> What {
        let mut at = At::Node(&self.root);
        for segment in &path.0 {
            at = match next(at, segment) {
                Ok(next) => next,
                Err(What::Unknown) => return self.types.type_of(&path.to_string()).map_or(What::Unknown, of_type),
                Err(other) => return other,
            };
        }
        match at {
            At::Value(kind) => of_kind(kind),
            At::Node(node) => match node.leaf {
                _ if node.element.is_some() => What::Kind(JsonKind::Array),
                Some(kind) if kind.kind == FieldKind::Dynamic && !kind.list => What::Unknown,
                _ if !node.members.is_empty() || path.0.is_empty() => What::Kind(JsonKind::Object),
                Some(kind) => of_type(kind),
                None => What::Unknown,
            },
        }
    }

    /// The path that a chain of keys leads along, lists on the way gone through (Panther's `deep_walk`), and how many lists
    /// are on the way; one at the end is not. `None` where the tree knows no such path.
    pub fn through_lists(&self, base: &FieldPath, keys: &[String]) -> Option<(FieldPath, usize)> {
        let mut path = base.clone();
        let mut lists = 0;
        for key in keys {
            if self.at(&path) == What::Kind(JsonKind::Array) {
                path = path.then(Segment::Any);
                lists += 1;
            }
            path = path.then(Segment::Key(key.clone()));
            if self.at(&path) == What::Unknown {
                return None;
            }
        }
        Some((path, lists))
    }

    /// Whether every value of an event is of the type that is declared for its place.
    pub fn conforms(&self, event: &Json) -> bool {
        self.root.conforms(event)
    }
}

impl Node {
    fn conforms(&self, value: &Json) -> bool {
        match value {
            Json::Null => true,
            Json::Array(items) => match &self.element {
                Some(element) => items.iter().all(|item| element.conforms(item)),
                // One value stands for a list of itself elsewhere, but a list never for one value.
                None => self.leaf.is_none_or(|kind| kind.list || kind.kind == FieldKind::Dynamic),
            },
            Json::Object(members) => {
                self.element.is_none()
                    && (!self.members.is_empty() || self.leaf.is_none_or(|kind| kind.kind == FieldKind::Dynamic))
                    && members.iter().all(|(key, inner)| {
                        self.members.get(&key.to_ascii_lowercase()).is_none_or(|member| member.conforms(inner))
                    })
            }
            _ if self.element.is_some() => false,
            _ if !self.members.is_empty() => false,
            value => match self.leaf.map(|kind| kind.kind) {
                None | Some(FieldKind::Dynamic) => true,
                Some(FieldKind::Long) => value.is_i64() || value.is_u64(),
                Some(FieldKind::Double) => value.is_number(),
                Some(FieldKind::Boolean) => value.is_boolean(),
                Some(_) => value.is_string(),
            },
        }
    }

    fn insert(&mut self, path: &[Segment], kind: Option<FieldType>) {
        let Some((first, rest)) = path.split_first() else {
            self.leaf = kind;
            return;
        };
        match first {
            Segment::Key(key) => self.members.entry(key.to_ascii_lowercase()).or_default().insert(rest, kind),
            Segment::Any => {
                self.element.get_or_insert_default().insert(rest, kind);
            }
            _ => {}
        }
    }
}

fn next<'n>(at: At<'n>, segment: &Segment) -> Result<At<'n>, What> {
    let node = match at {
        At::Node(node) => node,
        At::Value(FieldKind::Dynamic) => return Err(What::Unknown),
        // A single value stands for itself where every element is meant.
        At::Value(kind) if *segment == Segment::Any => return Ok(At::Value(kind)),
        At::Value(_) => return Err(What::Nothing),
    };
    match segment {
        Segment::Key(key) => match (node.members.get(&key.to_ascii_lowercase()), node.leaf) {
            (Some(member), _) => Ok(At::Node(member)),
            (None, Some(kind)) if kind.kind == FieldKind::Dynamic => Err(What::Unknown),
            (None, Some(_)) if node.members.is_empty() => Err(What::Nothing),
            _ => Err(What::Unknown),
        },
        Segment::Any | Segment::Index(_) | Segment::Paired { .. } => match (&node.element, node.leaf) {
            (Some(element), _) => Ok(At::Node(element)),
            (None, Some(kind)) if kind.list => Ok(At::Value(kind.kind)),
            (None, Some(kind)) if kind.kind == FieldKind::Dynamic => Err(What::Unknown),
            (None, Some(kind)) if *segment == Segment::Any => Ok(At::Value(kind.kind)),
            (None, Some(_)) => Err(What::Nothing),
            _ => Err(What::Unknown),
        },
        _ => Err(What::Unknown),
    }
}

fn of_type(kind: FieldType) -> What {
    if kind.list { What::Kind(JsonKind::Array) } else { of_kind(kind.kind) }
}

fn of_kind(kind: FieldKind) -> What {
    match kind {
        FieldKind::Dynamic => What::Unknown,
        FieldKind::Long => What::Kind(JsonKind::Integer),
        FieldKind::Double => What::Kind(JsonKind::Number),
        FieldKind::Boolean => What::Kind(JsonKind::Boolean),
        _ => What::Kind(JsonKind::String),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TypeMap;

    fn types() -> TypeMap {
        let mut types = TypeMap::default();
        for (name, kind) in
            [("a.b", "keyword"), ("a.n", "long"), ("l[].v", "keyword"), ("tags", "keyword[]"), ("d", "dynamic")]
        {
            types.0.insert(name.to_owned(), FieldType::parse(kind).unwrap());
        }
        types
    }

    #[test]
    fn a_path_leads_to_what_the_names_say() {
        let types = types();
        let shape = EventShape::new(&types, BTreeMap::new());
        for (path, what) in [
            ("", What::Kind(JsonKind::Object)),
            ("a", What::Kind(JsonKind::Object)),
            ("A.B", What::Kind(JsonKind::String)),
            ("a.n", What::Kind(JsonKind::Integer)),
            ("a.b.c", What::Nothing),
            ("a.b[0]", What::Nothing),
            ("a.x", What::Unknown),
            ("l", What::Kind(JsonKind::Array)),
            ("l[0]", What::Kind(JsonKind::Object)),
            ("l[].v", What::Kind(JsonKind::String)),
            ("l.v", What::Unknown),
            ("tags", What::Kind(JsonKind::Array)),
            ("tags[]", What::Kind(JsonKind::String)),
            ("d", What::Unknown),
            ("d.x", What::Unknown),
        ] {
            assert_eq!(shape.at(&FieldPath::parse(path)), what, "{path}");
        }
    }

    #[test]
    fn an_event_is_as_declared_or_not() {
        let types = types();
        let shape = EventShape::new(&types, BTreeMap::new());
        for (event, conforms) in [
            (serde_json::json!({"a": {"b": "x", "n": 1}, "l": [{"v": "y"}, null], "d": {"x": [1]}, "other": 7}), true),
            (serde_json::json!({"A": {"B": null}}), true),
            (serde_json::json!({"a": {"b": {"c": 1}}}), false),
            (serde_json::json!({"a": {"b": ["x"]}}), false),
            (serde_json::json!({"a": {"n": "1"}}), false),
            (serde_json::json!({"l": {"v": "y"}}), false),
            (serde_json::json!({"tags": "x"}), true),
        ] {
            assert_eq!(shape.conforms(&event), conforms, "{event}");
        }
    }

    #[test]
    fn keys_lead_through_lists() {
        let types = types();
        let shape = EventShape::new(&types, BTreeMap::new());
        let keys = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let walked = |text: &str| shape.through_lists(&FieldPath::default(), &keys(text));
        assert_eq!(walked("l.v"), Some((FieldPath::parse("l[].v"), 1)));
        assert_eq!(walked("a.b"), Some((FieldPath::parse("a.b"), 0)));
        assert_eq!(walked("tags"), Some((FieldPath::parse("tags"), 0)));
        assert_eq!(walked("a.x"), None);
    }
}
