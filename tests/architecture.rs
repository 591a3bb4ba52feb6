//! The floors of ARCHITECTURE.md hold: a module imports only from floors below its own, dialects do not know one
//! another, and every dialect has its four places.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, from the top. Modules of one floor may import each other only where `SAME_FLOOR` says so.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["coverage", "report"],
    &["translate", "check"],
    &["verify"],
    &["platform"],
    &["dialect"],
    &["plan", "evaluate"],
    &["rewrite", "fields", "attack"],
    &["model", "source"],
    &["diagnostic", "template"],
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|name| name == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The floor of a module, from the top.
fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The module of the crate that a file belongs to: `dialect` for `src/dialect/kuery/lower.rs`.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// What a text imports of the crate: the path behind each `crate::`, comments and tests left out.
fn imports(text: &str) -> Vec<Vec<String>> {
    let code: String = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or("")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    code.match_indices("crate::")
        .flat_map(|(at, _)| {
            let path = &code[at + "crate::".len()..];
            let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
            let head: Vec<String> =
                path[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            match path[end..].strip_prefix('{') {
                // use crate::{a::b, c}
                Some(group) if head.is_empty() => group[..group.find('}').unwrap_or(0)]
                    .split(',')
                    .map(|part| part.trim().split("::").map(str::to_owned).collect())
                    .collect(),
                _ => vec![head],
            }
        })
        .filter(|path: &Vec<String>| !path.is_empty())
        .collect()
}

/// Every import that points to the same floor or upward, as "file: path".
fn upward() -> Vec<String> {
    let mut found = Vec::new();
    for path in rust_files(&root().join("src")) {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let own = floor(&module).unwrap_or_else(|| panic!("{} belongs to no floor", path.display()));
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            let Some(other) = floor(&import[0]) else { continue };
            if import[0] != module && other <= own {
                found.push(format!("{}: crate::{}", path.display(), import.join("::")));
            }
        }
    }
    found
}

fn dialects() -> Vec<String> {
    ruleglot::dialect::Registry::default().iter().map(|dialect| dialect.name().to_owned()).collect()
}

#[test]
fn a_module_imports_only_from_floors_below_its_own() {
    let found = upward();
    assert!(found.is_empty(), "imports that point upward or sideways:\n{}", found.join("\n"));
}

#[test]
fn dialects_do_not_know_one_another() {
    let names = dialects();
    for name in &names {
        for path in rust_files(&root().join("src/dialect").join(name)) {
            for import in imports(&fs::read_to_string(&path).unwrap()) {
                if import[0] == "dialect" && import.len() > 1 && names.contains(&import[1]) && &import[1] != name {
                    panic!("{} imports crate::{}", path.display(), import.join("::"));
                }
            }
        }
    }
}

#[test]
fn every_dialect_has_its_four_places_and_every_place_a_dialect() {
    let names = dialects();
    assert!(!names.is_empty());
    for name in &names {
        // Python is parsed by a library; every other language has a grammar of its own.
        let grammar = name == "python" || root().join("grammars").join(format!("{name}.pest")).is_file();
        assert!(grammar, "grammars/{name}.pest is missing");
        for place in ["src/dialect", "templates", "corpus"] {
            let folder = root().join(place).join(name);
            let files = fs::read_dir(&folder).map(Iterator::count).unwrap_or(0);
            assert!(files > 0, "{place}/{name} is missing or empty");
        }
    }
    for entry in fs::read_dir(root().join("grammars")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&name), "grammars/{name}.pest has no dialect in the registry");
    }
}

#[test]
fn the_parser_crates_of_rule_files_are_named_in_source_alone() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        for name in ["saphyr_parser", "toml_edit", "jsonc_parser", "toml::de"] {
            if text.contains(name) && module_of(&path) != "source" {
                named.entry(name.to_owned()).or_default().push(path.display().to_string());
            }
        }
    }
    assert!(named.is_empty(), "{named:?}");
}
