//! Query languages. Each is a folder of its own name here, a grammar, templates, a corpus, and one line in the registry.
//!
//! Dialects do not import one another: a language inside another is reached through [`Registry`].

pub mod condition;
pub mod elastic;
pub mod elastic_elements;
pub mod eql;
pub mod esql;
mod inventory;
pub mod kuery;
pub mod kusto;
pub mod layout;
pub mod leaf;
pub mod lucene;
pub mod panther;
pub mod python;
mod registry;
pub mod syntax;

pub use inventory::Inventory;
pub use registry::Registry;

use crate::diagnostic::Diagnostic;
use crate::model::{Alerting, Detection, FieldTypes, Logic, OutputField, PlatformId, Unread};
use crate::plan::Target;

/// What a dialect may ask for while it reads a query.
pub struct ReadContext<'a> {
    /// Types of the source platform's fields.
    pub types: &'a dyn FieldTypes,
    /// Every dialect, for languages inside this one.
    pub registry: &'a Registry,
    /// Python modules beside the rule, by module name (Panther's `global_helpers/`), and data models.
    pub helpers: &'a dyn Helpers,
    /// Log types, tables or index patterns that the rule file names; a data model is chosen by them.
    pub log_sources: &'a [String],
}

/// Source texts beside a rule.
pub trait Helpers: Sync {
    /// The text of a Python module (`panther_base_helpers`, or a data model's file).
    fn module(&self, name: &str) -> Option<String>;

    /// YAML texts of the data models.
    fn data_models(&self) -> Vec<String> {
        Vec::new()
    }
}

/// No helpers at all.
pub struct NoHelpers;

impl Helpers for NoHelpers {
    fn module(&self, _name: &str) -> Option<String> {
        None
    }
}

/// What was read from a query.
#[derive(Debug, Clone)]
pub struct Read {
    /// What the query looks for, in the source platform's field names.
    pub logic: Logic,
    /// What could not be read; the logic refers to these by index.
    pub unread: Vec<Unread>,
    /// Warnings and notes; errors are the `Err` of [`Dialect::read`].
    pub diagnostics: Vec<Diagnostic>,
    /// Values the query itself hands to an alert (project, alert_context).
    pub outputs: Vec<OutputField>,
    /// Tables or index patterns the query names.
    pub tables: Vec<String>,
    /// Look-back that the query's own time filters state, in seconds.
    pub lookback: Option<u64>,
    /// What the rule's functions say of alerts (title, severity, dedup); Python and YAML detections only.
    pub alerting: Option<Alerting>,
}

impl Read {
    /// A read query with this logic and nothing else.
    pub fn new(logic: Logic) -> Self {
        Self {
            logic,
            unread: Vec::new(),
            diagnostics: Vec::new(),
            outputs: Vec::new(),
            tables: Vec::new(),
            lookback: None,
            alerting: None,
        }
    }
}

/// What a dialect may ask for while it writes a query.
pub struct WriteContext<'a> {
    /// Types of the target's fields.
    pub types: &'a dyn FieldTypes,
    /// The tables, index patterns or log types to read from, in the target's names; empty where the text names none.
    pub tables: &'a [String],
    /// The detection as planned, for what stands beside the query (Python's title, dedup and alert context).
    pub detection: Option<&'a Detection>,
}

/// A query language.
pub trait Dialect: Sync {
    /// The name on the command line and of the four places.
    fn name(&self) -> &'static str;

    /// Whose rules are written in it; `None` for the neutral `condition`.
    fn platform(&self) -> Option<PlatformId>;

    /// File name extensions of bare query files, without a dot.
    fn extensions(&self) -> &'static [&'static str];

    /// Parses only: counts what the query uses.
    ///
    /// # Errors
    /// The syntax errors of the text.
    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>>;

    /// Lays the text out afresh, meaning and comments untouched.
    ///
    /// # Errors
    /// The syntax errors of the text.
    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>>;

    /// Parses and lowers.
    ///
    /// # Errors
    /// The syntax errors of the text. What parses but is not understood is no error: it is in `unread`.
    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>>;

    /// Parses and lowers a query whose rule names no log source: `types` gives the types of the fields of the tables
    /// that the query names itself.
    ///
    /// # Errors
    /// As [`Dialect::read`].
    fn read_own_tables<'t>(
        &self,
        text: &str,
        context: &ReadContext<'_>,
        types: &dyn Fn(&[String]) -> Box<dyn FieldTypes + 't>,
    ) -> Result<Read, Vec<Diagnostic>> {
        let tables: Vec<String> =
            self.inventory(text).map(|found| found.tables.into_keys().collect()).unwrap_or_default();
        let types = types(&tables);
        self.read(text, &ReadContext { types: types.as_ref(), log_sources: &tables, ..*context })
    }

    /// Parses and lowers for running the query as it stands: columns that only feed an alert and filters on the event
    /// time stay steps. Dialects whose `read` moves nothing out of the logic have no need of their own.
    ///
    /// # Errors
    /// As [`Dialect::read`].
    fn read_rows(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        self.read(text, context)
    }

    /// What the dialect can say; `None` where it cannot be written yet.
    fn target(&self) -> Option<&dyn Target>;

    /// Raises and prints logic that `plan` passed for this dialect's target. Never fails for such logic.
    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String;
}
