//! Types of fields as a platform's mapping states them.

use std::cell::RefCell;
use std::collections::HashMap;

/// What a field holds; names as in the command's contract (`batch`, `--types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FieldKind {
    /// Exact text.
    #[default]
    Keyword,
    /// Exact text, indexed for wildcards; tests as keyword.
    Wildcard,
    /// Analysed text: tested by tokens.
    Text,
    /// A whole number.
    Long,
    /// A number with a fraction.
    Double,
    /// An address, version 4 or 6.
    Ip,
    /// A point in time.
    Date,
    /// True or false.
    Boolean,
    /// Nested JSON whose shape is not declared (Kusto `dynamic`, Elastic `flattened`).
    Dynamic,
    /// A length of time (Kusto `timespan`).
    Timespan,
    /// A GUID column of Kusto; text elsewhere.
    Guid,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FieldType {
    /// What each value is.
    pub kind: FieldKind,
    /// Whether the field holds several values (`[]` behind the name).
    pub list: bool,
}

impl FieldType {
    /// A single-valued type.
    pub const fn scalar(kind: FieldKind) -> Self {
        Self { kind, list: false }
    }

    /// Reads `keyword`, `long[]` and so on; `None` for an unknown name. Elastic's `nested` is a list of objects that are
    /// tested one by one: `dynamic[]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, list) = match text.trim().strip_suffix("[]") {
            Some(name) => (name, true),
            None => (text.trim(), false),
        };
        if name == "nested" {
            return Some(Self { kind: FieldKind::Dynamic, list: true });
        }
        let kind = match name {
            "keyword" | "constant_keyword" | "string" => FieldKind::Keyword,
            "wildcard" => FieldKind::Wildcard,
            "text" | "match_only_text" => FieldKind::Text,
            "long" | "int" | "integer" | "short" | "byte" | "unsigned_long" => FieldKind::Long,
            "double" | "real" | "float" | "half_float" | "scaled_float" | "decimal" => FieldKind::Double,
            "ip" => FieldKind::Ip,
            "date" | "datetime" => FieldKind::Date,
            "boolean" | "bool" => FieldKind::Boolean,
            "dynamic" | "object" | "flattened" => FieldKind::Dynamic,
            "timespan" => FieldKind::Timespan,
            "guid" => FieldKind::Guid,
            _ => return None,
        };
        Some(Self { kind, list })
    }
}

/// Where a dialect asks for the type of a field of the source platform.
pub trait FieldTypes {
    /// The type of a field by its dotted name; `None` where nothing is known of it.
    fn type_of(&self, name: &str) -> Option<FieldType>;

    /// The names that are known, for expanding patterns and for near names; may be empty.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The known names that fit.
    fn matching(&self, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.names().into_iter().filter(|name| fits(name)).collect()
    }

    /// Whether no name is known.
    fn is_empty(&self) -> bool {
        self.names().is_empty()
    }
}

/// The types of another, each looked up once: who runs a rule on many events asks for the same few all the time.
pub struct Remembered<'a> {
    types: &'a dyn FieldTypes,
    known: RefCell<HashMap<String, Option<FieldType>>>,
}

impl<'a> Remembered<'a> {
    /// Nothing is looked up yet.
    pub fn new(types: &'a dyn FieldTypes) -> Self {
        Self { types, known: RefCell::default() }
    }
}

impl FieldTypes for Remembered<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        if let Some(found) = self.known.borrow().get(name) {
            return *found;
        }
        let found = self.types.type_of(name);
        self.known.borrow_mut().insert(name.to_owned(), found);
        found
    }

    fn names(&self) -> Vec<String> {
        self.types.names()
    }

    fn matching(&self, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.types.matching(fits)
    }

    fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

/// Types given by name. An unknown field has no type.
#[derive(Debug, Clone, Default)]
pub struct TypeMap(pub HashMap<String, FieldType>);

impl FieldTypes for TypeMap {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        self.0.get(name).copied()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().cloned().collect();
        names.sort();
        names
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
