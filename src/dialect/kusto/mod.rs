//! Kusto, the query language of Microsoft Sentinel and Defender.
//!
//! Text becomes the tree of [`syntax`] ([`parse`], or [`parse_all`] for files of several queries), and the tree becomes
//! text again, without the detection model. `bind` knows tables, columns and functions; `lower` turns the tree into the
//! model.

pub mod bind;
mod foreign;
pub mod functions;
mod inventory;
mod lower;
mod parse;
mod print;
mod raise;
mod split;
pub mod syntax;
mod target;

pub use inventory::{inventory, of_script};
pub use parse::parse;
pub use print::{format, print, print_expr};
pub use split::{Piece, parse_all};

use crate::diagnostic::Diagnostic;
use crate::dialect::{Read, ReadContext};

pub use target::Kusto;

/// Parses and lowers the last query of a text.
///
/// # Errors
/// The syntax errors of the text.
pub fn read(text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
    Ok(lower::lower(text, &parse(text)?, context))
}

/// Parses and lowers the last query of a text for running it: every step stays, time filters and columns included.
///
/// # Errors
/// The syntax errors of the text.
pub fn read_rows(text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
    Ok(lower::lower_rows(text, &parse(text)?, context))
}
