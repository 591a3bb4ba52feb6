//! ruleglot translates detection rules between Panther, Elastic and Microsoft Sentinel through one detection model.
//!
//! ARCHITECTURE.md tells the way of a rule through these modules, and the numbered rules of the model.

pub mod attack;
pub mod check;
pub mod cli;
pub mod coverage;
pub mod diagnostic;
pub mod dialect;
pub mod evaluate;
pub mod fields;
pub mod model;
pub mod plan;
pub mod platform;
pub mod report;
pub mod rewrite;
pub mod source;
pub mod template;
pub mod translate;
pub mod verify;
