//! The tree of a rule file, whatever the format: values with their place.

use crate::diagnostic::Span;
use serde_json::{Map, Number, Value as Json};

/// A value of a rule file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or one too large for [`Value::Int`].
    Float(f64),
    /// Text; TOML's dates and times too, as written.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// Members in the order of the file; of a key that stands twice the last one only.
    Map(Vec<Entry>),
}

/// A value with its place in the file and, for scalars other than text, its spelling there.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands, in bytes of the file's text; quotes and block headers included.
    pub span: Span,
    /// How a number, boolean or null is spelt (`1.10`); `None` for text, lists and mappings.
    pub written: Option<String>,
}

/// A member of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, written: None }
    }

    /// The value behind a key of a mapping, by exact name.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The member of this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a text value.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Any scalar as the text that stands in the file: `1.0` of a number, `true` of a boolean. `None` of null, lists
    /// and mappings.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(flag) => Some(self.written.clone().unwrap_or_else(|| flag.to_string())),
            Value::Int(number) => Some(self.written.clone().unwrap_or_else(|| number.to_string())),
            Value::Float(number) => Some(self.written.clone().unwrap_or_else(|| number.to_string())),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The flag of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The number of a whole number; a fraction of zero counts (`5.0`).
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Int(number) => Some(number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
            _ => None,
        }
    }

    /// The elements of a list; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The members of a mapping; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is a mapping.
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// What it is, for messages: "a list".
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The scalars of a list as text, or a single scalar as a list of one.
    pub fn texts(&self) -> Vec<String> {
        match &self.value {
            Value::Seq(items) => items.iter().filter_map(Node::scalar_text).collect(),
            _ => self.scalar_text().into_iter().collect(),
        }
    }

    /// The smallest span around the value and all that is in it: a TOML table spans its header alone.
    pub fn extent(&self) -> Span {
        let members = self.entries().iter().map(|entry| entry.key_span.to(entry.value.extent()));
        self.items().iter().map(Node::extent).chain(members).fold(self.span, Span::to)
    }

    /// A tree without places, from ordered JSON.
    pub fn from_json(json: &Json) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => Value::Seq(items.iter().map(Node::from_json).collect()),
            Json::Object(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_span: Span::default(),
                        value: Node::from_json(value),
                    })
                    .collect(),
            ),
        };
        let written = matches!(json, Json::Number(_)).then(|| json.to_string());
        Node { value, span: Span::default(), written }
    }

    /// The whole tree as ordered JSON. A fraction whose spelling JSON would change (`1.10`) becomes text.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Int(number) => Json::Number((*number).into()),
            Value::Float(number) => match (&self.written, Number::from_f64(*number)) {
                (None, Some(json)) => Json::Number(json),
                (Some(written), Some(json)) if json.to_string() == *written => Json::Number(json),
                (Some(written), _) => match written.parse::<u64>() {
                    Ok(whole) => Json::Number(whole.into()),
                    Err(_) => Json::String(written.clone()),
                },
                (None, None) => Json::String(number.to_string()),
            },
            Value::String(text) => Json::String(text.clone()),
            Value::Seq(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => Json::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_keeps_its_spelling() {
        let node = Node { value: Value::Float(1.1), span: Span::default(), written: Some("1.10".to_owned()) };
        assert_eq!(node.scalar_text().as_deref(), Some("1.10"));
        assert_eq!(node.to_json(), Json::String("1.10".to_owned()));
        let same = Node { written: Some("1.0".to_owned()), value: Value::Float(1.0), span: Span::default() };
        assert_eq!(same.to_json().to_string(), "1.0");
    }
}
