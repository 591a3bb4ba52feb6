//! Elastic KQL and Lucene against real rules and against Apache Lucene.
//!
//! The rules and the judge are read from `../shared` (or `$RULEGLOT_SHARED`) and `$JUDGES`; where they are absent, a test
//! says so and passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod corpus;
mod events;
mod judge;
mod random;
mod semantics;
mod shared;
mod sweep;
