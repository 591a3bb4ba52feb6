//! Kusto, the query language of Microsoft Sentinel and Defender.
//!
//! Text becomes the tree of [`syntax`] ([`parse`], or [`parse_all`] for files of several queries), and the tree becomes
//! text again, without the detection model.

pub mod functions;
mod inventory;
mod parse;
mod split;
pub mod syntax;

pub use inventory::{inventory, of_script};
pub use parse::parse;
pub use split::{Piece, parse_all};
