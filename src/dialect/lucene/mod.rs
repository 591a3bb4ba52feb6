//! Lucene's query language as Elasticsearch's `query_string` reads it (`lucene`).

mod inventory;
mod lower;
pub mod parse;
pub mod print;
mod raise;
pub mod tree;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::elastic::say::Language;
use crate::dialect::elastic::support::Filtering;
use crate::dialect::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::model::{Logic, PlatformId};
use crate::plan::Target;

/// The dialect.
pub struct Lucene;

impl Dialect for Lucene {
    fn name(&self) -> &'static str {
        "lucene"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Elastic)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["lucene"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        parse::parse(text).map_err(|error| vec![error]).map(|query| inventory::inventory(&query))
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        parse::parse(text).map_err(|error| vec![error]).map(|query| print::print(&query))
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let query = parse::parse(text).map_err(|error| vec![error])?;
        let lowered = lower::lower(&query, text, context.types);
        let mut read = Read::new(Logic::filter(lowered.predicate, Span::new(0, text.len())));
        read.unread = lowered.unread;
        read.diagnostics = lowered.diagnostics;
        Ok(read)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&Filtering(Language::Lucene))
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        let condition = crate::dialect::elastic::condition(logic);
        print::print(&raise::raise(&condition, context.types))
    }
}
