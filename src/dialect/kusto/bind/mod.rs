//! What names stand for: types of columns, tables with their columns, built-in functions.

pub(super) mod columns;
pub(super) mod functions;
pub mod schema;
pub(super) mod types;

pub(super) use columns::{Col, Columns};
pub(super) use types::Ty;
