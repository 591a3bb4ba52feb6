//! Files of several queries.
//!
//! The portal's editors take a blank line as the end of a query. A text that parses whole is not split, because blank
//! lines inside a rule's query are legal; only where it does not, and blank lines cut it into pieces, is each piece a
//! query of its own.

use super::parse::parse;
use super::syntax::Script;
use crate::diagnostic::{Diagnostic, Span};

/// A query of a text and where it stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its place in the text.
    pub span: Span,
    /// Its tree; spans count from the start of the piece.
    pub script: Script,
}

/// Parses a text of one query, or of several with blank lines between.
///
/// # Errors
/// The syntax errors of the whole text where it is one query, or where none of its pieces is a query; else those of
/// the pieces that are none. Spans count in the whole text.
pub fn parse_all(text: &str) -> Result<Vec<Piece>, Vec<Diagnostic>> {
    let whole = match parse(text) {
        Ok(script) => return Ok(vec![Piece { span: Span::new(0, text.len()), script }]),
        Err(errors) => errors,
    };
    let spans = blocks(text);
    if spans.len() < 2 {
        return Err(whole);
    }
    let (mut pieces, mut errors) = (Vec::new(), Vec::new());
    for span in spans {
        match parse(span.text(text)) {
            Ok(script) if script.statements.is_empty() => {}
            Ok(script) => pieces.push(Piece { span, script }),
            Err(found) => errors.extend(found.into_iter().map(|it| it.map_spans(|inner| inner.shift(span.start)))),
        }
    }
    match (pieces.is_empty(), errors.is_empty()) {
        (true, _) => Err(whole),
        (false, true) => Ok(pieces),
        (false, false) => Err(errors),
    }
}

/// The pieces between blank lines, without white space around, empty ones left out.
pub fn blocks(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut current: Option<Span> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim().is_empty() {
            spans.extend(current.take());
        } else {
            let end = start + line.trim_end().len();
            current = Some(current.map_or(Span::new(start, end), |span| Span::new(span.start, end)));
        }
    }
    spans.extend(current);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_parses_whole_is_one_query() {
        let pieces = parse_all("let a = 1;\n\nT\n\n| where x == a").unwrap();
        assert_eq!(pieces.len(), 1);
        assert_eq!(pieces[0].script.statements.len(), 2);
    }

    #[test]
    fn blank_lines_part_queries() {
        let text = "// first\nT | take 1\n\n\n// second\nU\n| take 2\n\n// the end\n";
        let pieces = parse_all(text).unwrap();
        assert_eq!(
            pieces.iter().map(|piece| piece.span.text(text)).collect::<Vec<_>>(),
            ["// first\nT | take 1", "// second\nU\n| take 2"]
        );
    }

    #[test]
    fn errors_are_those_of_the_piece_at_its_place() {
        let text = "T | take 1\n\nU | wher x";
        let errors = parse_all(text).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].span.unwrap().text(text), "wher");
    }
}
