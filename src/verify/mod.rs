//! Verification: events made from the rules themselves, and two rules run over them (ARCHITECTURE.md, rules 7 and 8).
//!
//! [`events`] makes events for which each test of a rule decides the outcome; [`decide`] says which test decides on
//! an event; [`compare`] runs two sides over the same events and shows the smallest event on which they differ;
//! [`stream`] does so for queries that look at many events together.

pub mod compare;
mod conditions;
pub mod decide;
pub mod events;
pub mod idle;
mod shrink;
mod stream;
#[cfg(test)]
mod tests;

pub use compare::{Comparison, Ground, Naming, Relation, Side, compare, compare_here};
pub use conditions::{alone, condition, row_condition};
