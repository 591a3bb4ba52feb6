//! Elastic KQL (`kuery`): the query language of Kibana's search bar and of a third of Elastic's rules.

pub mod parse;
pub mod print;
pub mod tree;

#[cfg(test)]
mod tests;
