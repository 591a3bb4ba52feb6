//! EQL: Elasticsearch's event query language.

mod parse;
pub mod tree;

pub use parse::parse;
