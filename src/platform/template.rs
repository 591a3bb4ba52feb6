//! Text skeletons of rule files, rendered from `templates/`.

use minijinja::{Environment, Value};
use std::sync::LazyLock;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = crate::template::environment().unwrap_or_default();
    let texts = [
        ("sentinel/description", include_str!("../../templates/sentinel/description.j2")),
        ("elastic/note", include_str!("../../templates/elastic/note.j2")),
        ("panther/runbook", include_str!("../../templates/panther/runbook.j2")),
    ];
    for (name, text) in texts {
        // A template that does not parse is caught by the test below; rendering it then gives nothing.
        let _ = environment.add_template(name, text);
    }
    environment
});

/// Renders a template; nothing where it cannot be rendered, which a test rules out.
pub(super) fn render(name: &str, context: Value) -> String {
    TEMPLATES.get_template(name).and_then(|template| template.render(context)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        assert_eq!(TEMPLATES.templates().count(), 3);
    }
}
