//! The text of leaf operators, rendered from `templates/<dialect>/`.

use minijinja::{Environment, Value};
use std::collections::BTreeMap;

/// The leaf templates of one dialect, parsed once.
pub struct Leaves(Environment<'static>);

impl Leaves {
    /// Parses templates given as name and text. One that does not parse is missing, and [`Self::write`] says so.
    pub fn new(templates: &[(&'static str, &'static str)]) -> Self {
        let mut environment = crate::template::environment().unwrap_or_default();
        for (name, text) in templates {
            // An error here is the project's own; the test of each dialect renders every template.
            let _ = environment.add_template(name, text.trim_end_matches('\n'));
        }
        Self(environment)
    }

    /// The operator with its operands. An error of the template stands in the text, where no reader can miss it.
    pub fn write(&self, name: &str, operands: &[(&str, &str)]) -> String {
        let named: BTreeMap<String, Value> =
            operands.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let context = Value::from(named);
        self.0
            .get_template(name)
            .and_then(|template| template.render(context))
            .unwrap_or_else(|error| format!("<<<{name}: {error}>>>"))
    }
}
