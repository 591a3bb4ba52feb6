//! What these tests share.

use ruleglot::dialect::{NoHelpers, Registry};
use ruleglot::model::{Bundle, Detection, PlatformId};
use ruleglot::platform::{
    Columns, OutputFormat, ReadEnv, ReadRule, UntypedSource, WriteRequest, Written, platform, read,
};
use ruleglot::source::{Format, NoSiblings, SourceFile, detect};
use std::path::{Path, PathBuf};

/// The folder of shared material; prints why there is nothing to test where it is absent.
pub fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RULEGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(part);
    if !path.exists() {
        println!("skipped: {part} is not there");
        return None;
    }
    Some(path)
}

/// Every file below a folder with this extension.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|name| name == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads a file of this name and text.
pub fn read_text(name: &str, text: &str) -> (Vec<ReadRule>, Vec<ruleglot::diagnostic::Diagnostic>) {
    let file = SourceFile::from_bytes(Path::new(name), text.as_bytes().to_vec()).unwrap();
    read_file(&file)
}

/// Reads a file in the format that it is in.
pub fn read_file(file: &SourceFile) -> (Vec<ReadRule>, Vec<ruleglot::diagnostic::Diagnostic>) {
    let format = detect(file).unwrap_or_else(|| panic!("{}: no format", file.path.display()));
    read_as(file, format)
}

/// Reads a file in this format.
pub fn read_as(file: &SourceFile, format: Format) -> (Vec<ReadRule>, Vec<ruleglot::diagnostic::Diagnostic>) {
    let registry = Registry::default();
    let env = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &UntypedSource };
    read(file, format, &env).unwrap()
}

/// Writes a rule for the platform it came from, its query unchanged.
pub fn write_back(rule: &ReadRule, id: PlatformId, format: OutputFormat) -> Written {
    write(
        &rule.bundle,
        Some(id),
        id,
        format,
        rule.query.as_ref().map_or("", |query| query.text.text.as_str()),
        &Columns::Unknown,
    )
}

/// Writes a bundle.
pub fn write(
    bundle: &Bundle,
    source: Option<PlatformId>,
    target: PlatformId,
    format: OutputFormat,
    query: &str,
    columns: &Columns,
) -> Written {
    let request = WriteRequest {
        bundle,
        source,
        format,
        dialect: "kusto",
        query,
        carried: false,
        attack: None,
        columns,
        sources: &[],
        connectors: &[],
    };
    platform(target).unwrap().write(&request)
}

/// A detection without the places of its parts, and without logic: what metadata is compared by.
pub fn metadata(detection: &Detection) -> Detection {
    let mut plain = detection.clone();
    plain.attack.iter_mut().for_each(|mapping| mapping.span = None);
    plain.entities.iter_mut().for_each(|entity| entity.span = None);
    for severity in &mut plain.alerting.severity {
        if let ruleglot::model::Predicate::Test(test) = &mut severity.when {
            test.span = ruleglot::diagnostic::Span::default();
        }
    }
    plain.logic = ruleglot::model::Logic::Unread(0);
    plain.unread.clear();
    plain.outputs.clear();
    plain.extras.clear();
    plain
}
