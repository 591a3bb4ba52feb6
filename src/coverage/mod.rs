//! ATT&CK coverage of a set of rules: counting, and the forms in which it is published (spec/coverage.md).

mod count;
mod gate;
mod inject;
mod matrix;
mod navigator;
mod table;

pub use count::{CoverageRule, InvalidMapping, Report, TacticRow, TechniqueRow, UnmappedRule, count};
pub use gate::{Changed, below, changed, missing, share};
pub use inject::inject;
pub use matrix::{badge, html, percent};
pub use navigator::layer;
pub use table::{csv, markdown};
