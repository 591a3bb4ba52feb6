//! Rule files: opening them, their format, their tree, and the query inside them with its place in the file.
//!
//! The only module that names the YAML, TOML and JSON parsers for rule files. What a tree means is the platforms'.

mod align;
mod detect;
mod file;
mod flow;
mod json;
mod node;
mod query;
mod toml;
mod toml_write;
mod yaml;
mod yaml_write;

pub use detect::{Format, detect};
pub use file::{Folder, MAX_BYTES, MAX_EXPORT_BYTES, NoSiblings, Siblings, SourceFile};
pub use json::{NdjsonLine, parse_json, parse_ndjson, write_json, write_ndjson};
pub use node::{Entry, Node, Value};
pub use query::{QueryText, TextMap};
pub use toml::parse_toml;
pub use toml_write::write_toml;
pub use yaml::{parse_yaml, parse_yaml_documents};
pub use yaml_write::{is_plain, write_yaml};

use crate::diagnostic::Diagnostic;

/// The greatest depth of a rule file's tree.
pub const MAX_DEPTH: usize = 200;

/// A tree with what the reader has to say beside it: warnings such as a key that stands twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree.
    pub root: Node,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}
