//! The plan step: what of a model a target can say exactly, what only with a named loss, and what not at all.
//!
//! A dialect describes itself as a [`Target`]; this module knows no dialect.

mod target;

pub use target::{Support, Target};
