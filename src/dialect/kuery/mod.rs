//! Elastic KQL (`kuery`): the query language of Kibana's search bar and of a third of Elastic's rules.

mod inventory;
mod lower;
pub mod parse;
pub mod print;
mod raise;
pub mod tree;

#[cfg(test)]
mod tests;

use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::elastic::say::Language;
use crate::dialect::elastic::support::Filtering;
use crate::dialect::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::model::{Logic, PlatformId};
use crate::plan::Target;

/// The dialect.
pub struct Kuery;

/// Reads a text that holds a query.
fn parse_query(text: &str) -> Result<tree::Query, Vec<Diagnostic>> {
    let query = parse::parse(text).map_err(|error| vec![error])?;
    match query.root {
        Some(_) => Ok(query),
        None => Err(vec![Diagnostic::error(codes::EMPTY, "the text holds no query")]),
    }
}

impl Dialect for Kuery {
    fn name(&self) -> &'static str {
        "kuery"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Elastic)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["kuery"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        parse_query(text).map(|query| inventory::inventory(&query))
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        parse_query(text).map(|query| print::print(&query))
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let query = parse_query(text)?;
        let lowered = lower::lower(&query, text, context.types);
        let mut read = Read::new(Logic::filter(lowered.predicate, Span::new(0, text.len())));
        read.unread = lowered.unread;
        read.diagnostics = lowered.diagnostics;
        Ok(read)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&Filtering(Language::Kuery))
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        let condition = crate::dialect::elastic::condition(logic);
        print::print(&raise::raise(&condition, context.types))
    }
}
