//! ATT&CK coverage of a set of rules: counting, and the forms in which it is published (spec/coverage.md).

mod count;
mod navigator;
mod table;

pub use count::{CoverageRule, InvalidMapping, Report, TacticRow, TechniqueRow, UnmappedRule, count};
pub use navigator::layer;
pub use table::{csv, markdown};
