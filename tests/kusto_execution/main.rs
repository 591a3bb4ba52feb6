//! Elastic's languages written as Kusto with names kept: accepted by Microsoft's parser and binder, and executed on an
//! open Kusto engine they select the events that the source selects.
//!
//! The rules and the judges are read from `../shared` (or `$RULEGLOT_SHARED`) and `$JUDGES`; where they are absent, a test
//! says so and passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod engine;
mod generated;
mod peer_faults;
mod relational;
mod selection;
mod sequences;
#[path = "../elastic_kl/shared.rs"]
#[allow(dead_code, reason = "helpers of another test program")]
mod shared;
mod table;
mod translated;
