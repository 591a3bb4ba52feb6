//! EQL: Elasticsearch's event query language.

pub mod check;
pub mod format;
pub mod inventory;
mod parse;
pub mod tree;

pub use parse::parse;
