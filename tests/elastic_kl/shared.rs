//! Rules, types and the judge that the tests share.

use ruleglot::dialect::{Dialect, NoHelpers, Read, ReadContext, Registry, WriteContext};
use ruleglot::model::{FieldKind, FieldType, FieldTypes, Logic, Predicate};
use ruleglot::plan::{Planned, plan};
use std::path::{Path, PathBuf};

/// The folder of shared material, where it is there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RULEGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Types as ECS gives them to names, by ending: enough for rules over many log sources.
pub struct Ecs;

impl FieldTypes for Ecs {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let kind = match name {
            "message" | "powershell.file.script_block_text" => FieldKind::Text,
            "@timestamp" => FieldKind::Date,
            _ => match last {
                "caseless" => FieldKind::Keyword,
                "text" => FieldKind::Text,
                "ip" | "nat_ip" => FieldKind::Ip,
                "port" | "args_count" | "bytes" | "script_block_length" | "pid" => FieldKind::Long,
                "script_block_entropy_bits" | "script_block_surprisal_stdev" => FieldKind::Double,
                "WithinSizeRangeMinimum" | "OperationCount" => FieldKind::Long,
                "command_line" => FieldKind::Wildcard,
                _ => return None,
            },
        };
        Some(FieldType::scalar(kind))
    }
}

/// No types at all.
pub struct Untyped;

impl FieldTypes for Untyped {
    fn type_of(&self, _name: &str) -> Option<FieldType> {
        None
    }
}

/// A dialect of the registry.
pub fn dialect(name: &str) -> &'static dyn Dialect {
    Registry::default().get(name).unwrap()
}

/// Reads a query.
pub fn read(name: &str, text: &str, types: &dyn FieldTypes) -> Result<Read, String> {
    let registry = Registry::default();
    let context = ReadContext { types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    dialect(name).read(text, &context).map_err(|errors| format!("{errors:?}"))
}

/// The condition of a query.
pub fn condition(name: &str, text: &str, types: &dyn FieldTypes) -> Predicate {
    read(name, text, types).unwrap_or_else(|error| panic!("{text}: {error}")).logic.as_filter().unwrap()
}

/// Plans logic for a dialect and writes it.
pub fn write(name: &str, logic: &Logic, types: &dyn FieldTypes) -> Result<(String, Planned), String> {
    let to = dialect(name);
    let planned = plan(logic, &[], to.target().unwrap(), types).map_err(|refusals| format!("{refusals:?}"))?;
    let context = WriteContext { types, tables: &[], detection: None };
    Ok((to.write(&planned.logic, &context), planned))
}

/// The kuery rules of the public set: file name and query.
pub fn kuery_rules() -> Option<Vec<(String, String)>> {
    rules("kuery")
}

/// The rules of the public set in a language: file name and query.
pub fn rules(language: &str) -> Option<Vec<(String, String)>> {
    let root = shared("corpus/elastic-rules")?;
    let mut rules = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let file: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
            let Some(rule) = file.get("rule").and_then(toml::Value::as_table) else { continue };
            let text = |key: &str| rule.get(key).and_then(toml::Value::as_str);
            if let (Some(found), Some(query)) = (text("language"), text("query"))
                && found == language
            {
                rules.push((path.file_name().unwrap().to_string_lossy().into_owned(), query.to_owned()));
            }
        }
    }
    rules.sort();
    Some(rules)
}

/// The public Lucene queries: id and query.
pub fn lucene_queries() -> Option<Vec<(String, String)>> {
    let path = shared("corpus/lucene-queries/queries.jsonl")?;
    let text = std::fs::read_to_string(path).unwrap();
    let field = |json: &serde_json::Value, key: &str| json[key].as_str().unwrap().to_owned();
    Some(
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|json| (field(&json, "id"), field(&json, "query")))
            .collect(),
    )
}
