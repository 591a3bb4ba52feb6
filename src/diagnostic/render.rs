//! The one file that draws diagnostics for a terminal or a log.

use super::{Diagnostic, Severity};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// Whether escape sequences may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain text, for files and pipes.
    Plain,
    /// Colours, for a terminal.
    Colour,
}

/// Draws one diagnostic: the reason, the source line with the place underlined, the code and the next step.
///
/// `path` names the text for the reader, `source` is the text that the spans count in.
pub fn render(diagnostic: &Diagnostic, path: &str, source: &str, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.name());
    let mut group = match diagnostic.span {
        Some(span) => {
            let range = clamp(span.start, span.end, source);
            let mut snippet = Snippet::source(source).path(path).annotation(AnnotationKind::Primary.span(range));
            for label in &diagnostic.labels {
                let range = clamp(label.span.start, label.span.end, source);
                snippet = snippet.annotation(AnnotationKind::Context.span(range).label(label.text.as_str()));
            }
            title.element(snippet)
        }
        None => title.element(annotate_snippets::Origin::path(path)),
    };
    if !diagnostic.next_step().is_empty() {
        group = group.element(Level::HELP.message(diagnostic.next_step()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    renderer.render(&[group])
}

/// A range that lies inside the text on character boundaries, so that drawing cannot fail.
fn clamp(start: usize, end: usize, source: &str) -> std::ops::Range<usize> {
    let inside = |mut at: usize| {
        at = at.min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = inside(start);
    start..inside(end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Span, codes};

    #[test]
    fn shows_line_place_code_and_next_step() {
        let found = Diagnostic::error(codes::syntax::SYNTAX, "found `)`, expected an expression").at(Span::new(8, 9));
        let text = render(&found, "rule.kql", "T | and )", Style::Plain);
        assert!(text.contains("error[syntax]: found `)`, expected an expression"), "{text}");
        assert!(text.contains("rule.kql:1:9"), "{text}");
        assert!(text.contains("help: "), "{text}");
    }

    #[test]
    fn spans_outside_the_text_do_not_panic() {
        let found = Diagnostic::error(codes::syntax::SYNTAX, "x").at(Span::new(90, 95));
        assert!(render(&found, "p", "é", Style::Plain).contains("error[syntax]"));
    }
}
