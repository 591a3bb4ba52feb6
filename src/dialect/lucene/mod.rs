//! Lucene's query language as Elasticsearch's `query_string` reads it (`lucene`).

pub mod parse;
pub mod print;
pub mod tree;

#[cfg(test)]
mod tests;
