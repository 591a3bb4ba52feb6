//! How a rule names a place in an event (rule 3).

use std::fmt;

/// One step of a path into an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// The member of this name.
    Key(String),
    /// The element at this index; negative counts from the end.
    Index(i64),
    /// Every element of a list (`[]`): the path then stands for several values.
    Any,
    /// Every member whose name fits this pattern of `*` (`a.*.b`).
    KeyPattern(String),
    /// The elements of a list of objects whose member `key` equals `equals` exactly: `[key=value]`, paired by key.
    Paired {
        /// The member that is compared.
        key: String,
        /// What it must equal, as text.
        equals: String,
        /// Whether case is ignored.
        ignore_case: bool,
    },
    /// The text found so far, read as JSON.
    Json,
}

/// A path into an event: segments from the top.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// A path of plain keys, split at dots. `[]`, `[3]` and `[name=value]` behind a key are read as the notation of
    /// [`fmt::Display`]; anything else in brackets stays part of the key.
    pub fn parse(text: &str) -> Self {
        let mut segments = Vec::new();
        for part in split_outside_brackets(text) {
            let (key, brackets) = match part.find('[') {
                Some(at) if part.ends_with(']') => part.split_at(at),
                _ => (part, ""),
            };
            if !key.is_empty() {
                segments.push(if key.contains('*') {
                    Segment::KeyPattern(key.to_owned())
                } else {
                    Segment::Key(key.to_owned())
                });
            }
            for inner in brackets.split(']').filter_map(|piece| piece.strip_prefix('[')) {
                segments.push(match (inner, inner.parse::<i64>(), inner.split_once('=')) {
                    ("", _, _) => Segment::Any,
                    ("json()", _, _) => Segment::Json,
                    (_, Ok(index), _) => Segment::Index(index),
                    (_, _, Some((key, value))) => {
                        Segment::Paired { key: key.to_owned(), equals: value.to_owned(), ignore_case: false }
                    }
                    _ => Segment::Key(inner.to_owned()),
                });
            }
        }
        FieldPath(segments)
    }

    /// A path of one key that is taken as it stands, dots included (a flat column such as `['a.b']`).
    pub fn column(name: impl Into<String>) -> Self {
        FieldPath(vec![Segment::Key(name.into())])
    }

    /// A path of these plain keys.
    pub fn keys<I: IntoIterator<Item = S>, S: Into<String>>(keys: I) -> Self {
        FieldPath(keys.into_iter().map(|key| Segment::Key(key.into())).collect())
    }

    /// The name of a path that is a single key.
    pub fn as_column(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Segment::Key(name)] => Some(name),
            _ => None,
        }
    }

    /// The path with another segment behind it.
    #[must_use]
    pub fn then(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0usize, 0usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                parts.push(text.get(from..at).unwrap_or(""));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or(""));
    parts
}

impl fmt::Display for FieldPath {
    /// The notation of the field tables: `a.b[0].c[].d[key=name].e[json()]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) | Segment::KeyPattern(key) => {
                    if at > 0 {
                        formatter.write_str(".")?;
                    }
                    formatter.write_str(key)?;
                }
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Any => formatter.write_str("[]")?,
                Segment::Paired { key, equals, .. } => write!(formatter, "[{key}={equals}]")?,
                Segment::Json => formatter.write_str("[json()]")?,
            }
        }
        Ok(())
    }
}

/// What is tested when a reference yields several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArrayMode {
    /// The value as it stands: a scalar column, a JSON value. A list is one value, a list.
    Whole,
    /// Some value (Elastic's fields, `any(...)`). Lists on the way and at the end are flattened.
    Any,
    /// Every value; true where there is none.
    All,
    /// The first value.
    First,
    /// The last value.
    Last,
    /// The list of distinct values in the order of their appearance (Panther's `deep_walk`).
    Distinct,
    /// The last of the distinct values (`deep_walk(return_val="last")`).
    LastDistinct,
    /// The one value; no value where there are several (ES|QL: a multi-value is null in a comparison).
    Single,
}

/// A reference to a place in the event or row at hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// Where.
    pub path: FieldPath,
    /// How several values are treated.
    pub mode: ArrayMode,
    /// Written as optional (EQL's `?f`): an unmapped field is null instead of an error.
    pub optional: bool,
}

impl FieldRef {
    /// A reference in this mode.
    pub fn new(path: FieldPath, mode: ArrayMode) -> Self {
        Self { path, mode, optional: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_reads_back() {
        for text in ["a.b", "a[0].b", "a[].b[-1].c", "a[key=User-Agent].value", "a.*.b", "a[json()].b"] {
            assert_eq!(FieldPath::parse(text).to_string(), text);
        }
        assert_eq!(FieldPath::parse("a[].b").0.len(), 3);
    }
}
