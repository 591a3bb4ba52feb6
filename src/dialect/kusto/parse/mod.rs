//! Query text to syntax tree.
//!
//! A pass over the bytes bounds nesting and finds comments; the grammar (`grammars/kusto.pest`) recognises the text and
//! yields flat lists; builders make the tree of them. Time and memory grow with the text.

mod clauses;
mod cursor;
mod errors;
mod expressions;
mod graphs;
mod literals;
mod names;
mod operators;
mod scan;
mod statements;
mod strings;
mod values;

use pest::Parser;

use super::syntax::Script;
use crate::diagnostic::Diagnostic;
use crate::dialect::syntax::with_room;

#[derive(pest_derive::Parser)]
#[grammar = "grammars/kusto.pest"]
struct Grammar;

/// Parses a text that is one script: statements with `;` between, as the official parser reads it in one go.
///
/// Spans count bytes of `text`. A text without any statement is an empty script, as the official parser has it.
/// [`super::split`] reads files of several queries.
///
/// # Errors
/// Syntax errors, the first of them first: `syntax`, `unclosed`, `too-deep`, `too-large`. Every text is answered in time
/// that grows with its length.
pub fn parse(text: &str) -> Result<Script, Vec<Diagnostic>> {
    let found = scan::scan(text).map_err(|diagnostic| vec![diagnostic])?;
    let script = with_room(found.depth, || build(text, &found)).map_err(|diagnostic| vec![diagnostic])??;
    Ok(Script { comments: found.comments, ..script })
}

fn build(text: &str, found: &scan::Scan) -> Result<Script, Vec<Diagnostic>> {
    let mut pairs = Grammar::parse(Rule::script, text).map_err(|error| errors::explain(text, &error, found))?;
    let builder = cursor::Builder { text, comments: &found.comments };
    let script = pairs.next().ok_or_else(cursor::internal).and_then(|part| builder.script(part));
    script.map_err(|diagnostic| vec![*diagnostic])
}

/// Whether a word can be a name only in brackets.
pub(super) fn is_reserved(word: &str) -> bool {
    Grammar::parse(Rule::reserved, word).is_ok_and(|found| found.as_str().len() == word.len())
}

/// How deep the brackets of a text nest; 0 where it cannot be read.
pub(super) fn depth(text: &str) -> usize {
    scan::scan(text).map_or(0, |found| found.depth)
}
