//! EQL: Elasticsearch's event query language.
//!
//! Text → tree: [`parse`]; tree → text: [`format`]; tree → model: [`lower`]; model → tree: [`raise`]; what
//! Elasticsearch would refuse of a tree: [`check`]. Semantics: spec/elastic-semantics.md, "EQL".

pub mod check;
pub mod format;
pub mod inventory;
pub mod lower;
mod parse;
mod raise;
mod say;
mod target;
pub mod tree;
mod walk;

pub use parse::parse;
pub use raise::raise;

use super::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::diagnostic::Diagnostic;
use crate::model::{Logic, PlatformId};
use crate::plan::Target;

/// The dialect.
pub struct Eql;

impl Dialect for Eql {
    fn name(&self) -> &'static str {
        "eql"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Elastic)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["eql"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        Ok(inventory::inventory(&parse(text).map_err(|error| vec![error])?))
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        Ok(format::print(&parse(text).map_err(|error| vec![error])?, text))
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let query = parse(text).map_err(|error| vec![error])?;
        let mut read = lower::lower(&query, text, context.types);
        read.diagnostics.extend(check::check(&query));
        Ok(read)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&target::EqlTarget)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        format::print(&raise(logic, context.types), "")
    }
}
