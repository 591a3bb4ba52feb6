//! The field tables and their file format.

use super::derived::Derived;
use super::index::Index;
use super::kinds::EventKind;
use crate::model::{FieldKind, FieldPath, FieldType, PlatformId};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How sure a row is that its names mean the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The same value on every platform that the row names.
    Exact,
    /// The same thing, but values can differ in a way that the note tells.
    Approximate,
    /// Nobody has seen evidence on every platform.
    Uncertain,
}

/// A value of a field that platforms spell differently.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ValueRow {
    /// The spelling in common events.
    pub common: String,
    /// Spellings by platform; a platform that is not named spells it like `common`.
    #[serde(flatten)]
    pub platforms: BTreeMap<String, String>,
}

/// A row as the file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFile {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    elastic: Option<String>,
    #[serde(default)]
    sentinel: Option<String>,
    #[serde(default)]
    panther: Option<String>,
    confidence: Confidence,
    #[serde(default)]
    also: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    types: BTreeMap<String, String>,
    #[serde(default)]
    tables: Vec<String>,
    #[serde(default)]
    values: Vec<ValueRow>,
    #[serde(default)]
    one_line: Vec<String>,
    #[serde(default)]
    extension: Vec<String>,
    #[serde(default)]
    columns: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    registry: bool,
    #[serde(default)]
    selects: bool,
    #[serde(default)]
    case_varies: bool,
    #[serde(default)]
    note: Option<String>,
}

/// One field of a log source under its names on every platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The common name; `[]` marks a list on the way.
    pub name: FieldPath,
    /// The type of a value in common events.
    pub kind: FieldType,
    /// The name on each platform that has the field.
    pub paths: BTreeMap<PlatformId, FieldPath>,
    /// Further names that are read and never written.
    pub also: BTreeMap<PlatformId, Vec<FieldPath>>,
    /// Types where a platform's differs from `kind`.
    pub types: BTreeMap<PlatformId, FieldType>,
    /// Sentinel tables that have the column, where not all of the log source do.
    pub tables: Vec<String>,
    /// Values spelt differently by platform.
    pub values: Vec<ValueRow>,
    /// Platforms that keep the words of this list in one text, with blanks between them.
    pub one_line: Vec<PlatformId>,
    /// Columns that together say the same on a platform that has no single one: as keys, they stand for it.
    pub columns: BTreeMap<PlatformId, Vec<FieldPath>>,
    /// Platforms that have only the whole file name of which this is the extension.
    pub extension: Vec<PlatformId>,
    /// It is the path of a registry value, whose key and name stand in the two `columns` elsewhere.
    pub registry: bool,
    /// A condition on it chooses among events that are told apart by other means elsewhere (the operating system): it
    /// is not what a rule looks for.
    pub selects: bool,
    /// Values are the same but for upper and lower case: a test that ignores case is exact.
    pub case_varies: bool,
    /// How sure the row is.
    pub confidence: Confidence,
    /// What a reader must know, shown in reports.
    pub note: Option<String>,
}

impl Row {
    /// The type of the field on a platform.
    pub fn type_on(&self, platform: PlatformId) -> FieldType {
        self.types.get(&platform).copied().unwrap_or(self.kind)
    }

    /// A literal's spelling on another platform; `None`: the common spelling.
    pub fn value(&self, literal: &str, from: Option<PlatformId>, to: Option<PlatformId>) -> Option<String> {
        let spelt = |row: &ValueRow, platform: Option<PlatformId>| {
            platform.and_then(|platform| row.platforms.get(platform.name()).cloned()).unwrap_or(row.common.clone())
        };
        self.values.iter().find(|row| spelt(row, from) == literal).map(|row| spelt(row, to))
    }
}

/// A condition that tells events of a log source apart from others under the same name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discriminator {
    /// The field, in the platform's names.
    pub field: String,
    /// Its values for this log source.
    #[serde(default)]
    pub values: Vec<String>,
    /// Values of other log sources under the same name, which must be kept out.
    #[serde(default)]
    pub other_values: Vec<String>,
    /// Further fields that say the same.
    #[serde(default)]
    pub also: Vec<String>,
    /// Common names of fields that, once pinned to a value, make the condition unnecessary.
    #[serde(default)]
    pub implied_by: Vec<String>,
}

/// Where a log source lives on a platform.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct PlatformScope {
    /// Index patterns, tables or log types; the first is written.
    #[serde(default)]
    pub names: Vec<String>,
    /// Further names that are read and never written.
    #[serde(default)]
    pub also: Vec<String>,
    /// Connector (Sentinel) or integration (Elastic).
    #[serde(default)]
    pub connector: Option<String>,
    /// What tells its events apart.
    #[serde(default)]
    pub discriminator: Option<Discriminator>,
    /// Empty texts, lists and objects are taken out of every event before it is kept (Elastic's ingest pipelines).
    #[serde(default)]
    pub no_empty: bool,
    /// Fields with the same value on every event: a condition on one of them says nothing.
    #[serde(default)]
    pub constants: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaFile {
    source: String,
    title: String,
    elastic: Option<PlatformScope>,
    sentinel: Option<PlatformScope>,
    panther: Option<PlatformScope>,
    #[serde(default)]
    kinds: Vec<EventKind>,
    #[serde(default)]
    derived: Vec<Derived>,
    fields: Vec<RowFile>,
}

/// A log source with its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The common name of the log source (`entra_audit`).
    pub source: String,
    /// Its name for people.
    pub title: String,
    /// Where it lives.
    pub scopes: BTreeMap<PlatformId, PlatformScope>,
    /// Kinds of its events, where platforms mark them in their own ways.
    pub kinds: Vec<EventKind>,
    /// Fields that an agent makes from others.
    pub derived: Vec<Derived>,
    /// Its fields. Who changes them changes a copy: what was looked up in a table is remembered by it.
    pub rows: Vec<Row>,
    index: Index,
}

/// A field table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not YAML of the expected shape.
    #[error("{0}")]
    Yaml(#[from] serde_yaml::Error),
    /// Not JSON of the expected shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A type name that is none.
    #[error("field `{field}`: there is no type `{name}`")]
    Type {
        /// The row.
        field: String,
        /// The name.
        name: String,
    },
}

impl Schema {
    /// Reads a field table.
    ///
    /// # Errors
    /// Text that is no YAML, unknown keys and unknown types.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        Self::of(serde_yaml::from_str(text)?)
    }

    /// Reads a field table in the form in which the program carries it.
    fn from_json(text: &str) -> Result<Self, SchemaError> {
        Self::of(serde_json::from_str(text)?)
    }

    fn of(file: SchemaFile) -> Result<Self, SchemaError> {
        let scopes = [
            (PlatformId::Elastic, file.elastic),
            (PlatformId::Sentinel, file.sentinel),
            (PlatformId::Panther, file.panther),
        ];
        Ok(Schema {
            source: file.source,
            title: file.title,
            scopes: scopes.into_iter().filter_map(|(platform, scope)| Some((platform, scope?))).collect(),
            kinds: file.kinds,
            derived: file.derived,
            rows: file.fields.into_iter().map(row).collect::<Result<_, _>>()?,
            index: Index::default(),
        })
    }

    /// Whether a text field of this type is never there and empty on a platform.
    pub(super) fn holds_no_empty(&self, platform: PlatformId, kind: FieldType) -> bool {
        let text = matches!(kind.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text) && !kind.list;
        text && self.scopes.get(&platform).is_some_and(|scope| scope.no_empty)
    }

    /// The row of this common name.
    pub fn row(&self, name: &FieldPath) -> Option<&Row> {
        self.index.candidates(&self.rows, None, name).find(|row| &row.name == name)
    }

    /// The rows that a path may belong to under the names of a platform (`None`: of common events), in their order.
    pub(super) fn candidates(&self, platform: Option<PlatformId>, path: &FieldPath) -> impl Iterator<Item = &Row> {
        self.index.candidates(&self.rows, platform, path)
    }

    /// The dotted names of a platform's fields, sorted, each once.
    pub fn names(&self, platform: PlatformId) -> &[String] {
        self.index.dotted(&self.rows, platform)
    }
}

fn row(file: RowFile) -> Result<Row, SchemaError> {
    let parse_type = |name: &str| {
        FieldType::parse(name).ok_or_else(|| SchemaError::Type { field: file.name.clone(), name: name.to_owned() })
    };
    let kind = parse_type(&file.kind)?;
    let mut types = BTreeMap::new();
    for (platform, name) in &file.types {
        if let Some(platform) = PlatformId::by_name(platform) {
            types.insert(platform, parse_type(name)?);
        }
    }
    let paths = [
        (PlatformId::Elastic, file.elastic),
        (PlatformId::Sentinel, file.sentinel),
        (PlatformId::Panther, file.panther),
    ];
    Ok(Row {
        name: FieldPath::parse(&file.name),
        kind,
        paths: paths.into_iter().filter_map(|(platform, path)| Some((platform, FieldPath::parse(&path?)))).collect(),
        also: file
            .also
            .iter()
            .filter_map(|(platform, names)| {
                let paths = names.iter().map(|name| FieldPath::parse(name)).collect();
                Some((PlatformId::by_name(platform)?, paths))
            })
            .collect(),
        types,
        tables: file.tables,
        values: file.values,
        one_line: file.one_line.iter().filter_map(|platform| PlatformId::by_name(platform)).collect(),
        extension: file.extension.iter().filter_map(|platform| PlatformId::by_name(platform)).collect(),
        columns: file
            .columns
            .iter()
            .filter_map(|(platform, names)| {
                Some((PlatformId::by_name(platform)?, names.iter().map(|name| FieldPath::parse(name)).collect()))
            })
            .collect(),
        registry: file.registry,
        selects: file.selects,
        case_varies: file.case_varies,
        confidence: file.confidence,
        note: file.note,
    })
}

/// The field tables of the program and of the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Schemas {
    /// The tables in the order in which they are tried.
    pub all: Vec<Schema>,
}

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("OUT_DIR"), "/fields/", $name, ".json")))),*]
    };
}

/// The tables that come with the program: the names of their files, and what `build.rs` has made of these.
const EMBEDDED: &[(&str, &str)] = embedded![
    "entra_audit",
    "entra_signin",
    "aws_cloudtrail",
    "azure_activity",
    "gcp_audit",
    "github_audit",
    "google_workspace",
    "kubernetes_audit",
    "m365_audit",
    "okta_system",
    "endpoint_process",
    "endpoint_file",
    "endpoint_registry",
    "endpoint_network",
    "endpoint_library",
    "windows_powershell",
    "windows_security"
];

static BUILT_IN: LazyLock<Schemas> = LazyLock::new(|| Schemas {
    // A broken table of our own is found by the test below; at run time it is left out rather than fatal.
    all: EMBEDDED.iter().filter_map(|(_, json)| Schema::from_json(json).ok()).collect(),
});

impl Schemas {
    /// The tables that come with the program.
    pub fn built_in() -> &'static Schemas {
        &BUILT_IN
    }

    /// The table of this log source.
    pub fn get(&self, source: &str) -> Option<&Schema> {
        self.all.iter().find(|schema| schema.source == source)
    }

    /// These tables with a user's laid over them: a row of the same name replaces ours, a new one is added, and a new
    /// log source is tried first.
    ///
    /// # Errors
    /// Text that is no field table.
    pub fn overlay(mut self, text: &str) -> Result<Self, SchemaError> {
        let overlay = Schema::parse(text)?;
        match self.all.iter_mut().find(|schema| schema.source == overlay.source) {
            Some(schema) => {
                schema.index = Index::default();
                schema.scopes.extend(overlay.scopes);
                for kind in overlay.kinds {
                    schema.kinds.retain(|old| old.name != kind.name);
                    schema.kinds.insert(0, kind);
                }
                for derived in overlay.derived {
                    schema.derived.retain(|old| old.elastic != derived.elastic);
                    schema.derived.push(derived);
                }
                for row in overlay.rows {
                    schema.rows.retain(|old| old.name != row.name);
                    schema.rows.insert(0, row);
                }
            }
            None => self.all.insert(0, overlay),
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_embedded_table_reads_and_names_each_row_once() {
        for (name, json) in EMBEDDED {
            let path = std::path::Path::new("schemas/fields").join(name).with_extension("yml");
            let schema = Schema::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
            assert_eq!(schema, Schema::from_json(json).unwrap(), "{name}: what is carried is another table");
            let mut seen = HashSet::new();
            for row in &schema.rows {
                assert!(seen.insert(row.name.to_string()), "{}: {} twice", schema.source, row.name);
                assert!(!row.paths.is_empty(), "{}: {} is nowhere", schema.source, row.name);
                for path in row.paths.values() {
                    assert!(!path.to_string().contains(['"', '\'']), "{}: {path} quotes a key", schema.source);
                }
            }
        }
    }

    #[test]
    fn an_overlay_replaces_rows_and_adds_log_sources() {
        let text = "source: entra_audit\ntitle: x\nfields:\n- {name: operation, type: keyword, elastic: my.op, confidence: exact}\n";
        let schemas = Schemas::built_in().clone().overlay(text).unwrap();
        let row = schemas.get("entra_audit").unwrap().row(&FieldPath::parse("operation")).unwrap().clone();
        assert_eq!(row.paths.get(&PlatformId::Elastic), Some(&FieldPath::parse("my.op")));
    }

    #[test]
    fn unknown_keys_of_an_overlay_are_errors() {
        assert!(Schema::parse("source: a\ntitle: b\nfields: []\nfoo: 1\n").is_err());
    }
}
