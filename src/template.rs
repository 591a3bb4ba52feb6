//! Templates: one environment for all, undefined names are errors and nothing is escaped behind the author's back.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use serde::Serialize;

/// An environment as every template of the project expects it: block tags on lines of their own leave no lines.
///
/// # Errors
/// Never: the syntax is minijinja's own.
pub fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("cell", |text: String| cell(&text));
    Ok(environment)
}

/// Renders one template text with the data in it under its own field names.
///
/// # Errors
/// A template that does not parse, or that asks for a name the data lacks.
pub fn render(template: &str, data: &impl Serialize) -> Result<String, Error> {
    environment()?.render_str(template, minijinja::value::Value::from(minijinja::value::Serde(data)))
}

/// Text inside a table cell of Markdown or MDX: no cell border, no tag, no expression (the filter `cell`).
pub fn cell(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('{', "&#123;")
        .replace('}', "&#125;")
        .replace('|', "\\|")
        .replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_the_table_or_the_page() {
        assert_eq!(cell("a|b <c> {d}\ne"), "a\\|b &lt;c> &#123;d&#125; e");
    }
}
