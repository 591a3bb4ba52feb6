//! ES|QL: Elasticsearch's piped query language.

pub mod format;
pub mod inventory;
mod parse;
pub mod tree;

pub use parse::parse;
