//! The plain infix text of rule catalogues, and what `explain` prints. docs/condition.md is its description for people.
//!
//! The text says everything a predicate of the model holds, so that what is printed reads back as the same predicate.

mod operators;
mod parse;
mod print;
mod read;
mod target;
#[cfg(test)]
mod tests;
mod value;

pub use print::{Detail, print, print_value};

use super::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{FieldTypes, Logic, PlatformId, Predicate, TypeMap};
use crate::plan::Target;
use parse::Rule;
use read::Reader;

/// The dialect `condition`.
pub struct Condition;

/// What a condition text holds.
struct Parsed {
    predicate: Predicate,
    unread: Vec<crate::model::Unread>,
    diagnostics: Vec<Diagnostic>,
    /// Comments behind the last test.
    rest: Vec<String>,
}

fn parsed(text: &str, types: &(dyn FieldTypes + Sync)) -> Result<Parsed, Diagnostic> {
    parse::parse(text, |pair, comments| {
        let mut reader = Reader::new(types, comments);
        let predicate = reader.condition(pair)?;
        let rest = reader.comments_before(usize::MAX);
        Ok(Parsed { predicate, unread: reader.unread, diagnostics: reader.diagnostics, rest })
    })
}

/// The types that the text's own fields have, asked for before a thread may read the text.
fn asked(types: &dyn FieldTypes) -> TypeMap {
    let known = types.names().into_iter().filter_map(|name| types.type_of(&name).map(|kind| (name, kind)));
    TypeMap(known.filter(|(_, kind)| kind.list).collect())
}

impl Dialect for Condition {
    fn name(&self) -> &'static str {
        "condition"
    }

    fn platform(&self) -> Option<PlatformId> {
        None
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["condition"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        parse::parse(text, |pair, _| {
            let mut found = Inventory::default();
            for part in pair.into_inner().flatten() {
                match part.as_rule() {
                    Rule::kw_and => Inventory::count(&mut found.operators, "and"),
                    Rule::kw_or => Inventory::count(&mut found.operators, "or"),
                    Rule::negation => Inventory::count(&mut found.operators, "not"),
                    Rule::kw_is => Inventory::count(&mut found.operators, "is"),
                    Rule::between_operator => Inventory::count(&mut found.operators, "between"),
                    Rule::function => Inventory::count(&mut found.functions, part.as_str()),
                    Rule::word | Rule::symbol => {
                        let name = part.as_str();
                        let on_text = operators::by_spelling(name).is_some_and(|known| operators::takes_text(known.op));
                        Inventory::count(
                            if on_text { &mut found.string_operators } else { &mut found.operators },
                            name,
                        );
                    }
                    _ => {}
                }
            }
            Ok(found)
        })
        .map_err(|found| vec![found])
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        let types = TypeMap::default();
        let read = parsed(text, &types).map_err(|found| vec![found])?;
        let mut out = print(&read.predicate, &types, Detail::Full);
        for comment in read.rest {
            out.push_str(&format!("\n// {comment}"));
        }
        out.push('\n');
        Ok(out)
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        let read = parsed(text, &asked(context.types)).map_err(|found| vec![found])?;
        let start = text.len() - text.trim_start().len();
        let span = Span::new(start, text.trim_end().len().max(start));
        let mut result = Read::new(Logic::filter(read.predicate, span));
        result.unread = read.unread;
        result.diagnostics = read.diagnostics;
        Ok(result)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&target::ConditionTarget)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        let predicate = logic.as_filter().unwrap_or(Predicate::Always(true));
        let mut out = print(&predicate, context.types, Detail::Full);
        out.push('\n');
        out
    }
}
