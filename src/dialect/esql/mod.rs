//! ES|QL: Elasticsearch's piped query language.
//!
//! Text → tree: [`parse`]; tree → text: [`format`]; tree → model: [`lower`]; model → tree: [`raise`].
//! Semantics: spec/elastic-semantics.md, "ES|QL".

mod foreign;
pub mod format;
pub mod inventory;
mod kept;
mod kinds;
mod kql;
pub mod lower;
mod parse;
mod raise;
mod say;
mod search;
mod target;
pub mod tree;

pub use parse::parse;
pub use raise::raise;

use super::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::diagnostic::Diagnostic;
use crate::model::{Logic, PlatformId};
use crate::plan::Target;

/// The dialect.
pub struct Esql;

impl Dialect for Esql {
    fn name(&self) -> &'static str {
        "esql"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Elastic)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["esql"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        Ok(inventory::inventory(&parse(text).map_err(|error| vec![error])?))
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        Ok(format::print(&parse(text).map_err(|error| vec![error])?, text))
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let query = parse(text).map_err(|error| vec![error])?;
        Ok(lower::lower(&query, text, context))
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&target::EsqlTarget)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        let unread = context.detection.map_or(&[][..], |detection| &detection.unread);
        format::print(&raise(logic, unread, context.tables, context.types), "")
    }
}
