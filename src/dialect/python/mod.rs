//! Panther's Python: `rule(event)` and `policy(resource)`, read symbolically, written as a good rule.
//!
//! There is no grammar of our own: `ruff_python_parser` parses Python 3 as Python does.

mod inventory;
mod read;
mod syntax;
mod write;

use crate::diagnostic::Diagnostic;
use crate::dialect::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::model::{Logic, PlatformId};
use crate::plan::Target;

/// The dialect `python`.
pub struct Python;

/// The one instance, for the registry.
pub static PYTHON: Python = Python;

impl Dialect for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Panther)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["py"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        Ok(inventory::of(&syntax::parse(text)?))
    }

    /// Python keeps its own layout: formatters such as black and ruff lay it out, so the text comes back as it is.
    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        syntax::parse(text)?;
        Ok(text.to_owned())
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        read::read(text, context)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&write::PythonTarget)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        write::write(logic, context)
    }
}
