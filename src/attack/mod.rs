//! MITRE ATT&CK: the matrix as data, and what a rule's mapping means in it (spec/coverage.md).
//!
//! The version is data, never code: [`Matrix::parse`] reads any release in the shape of `schemas/attack/*.json`.

mod matrix;
mod resolve;

pub use matrix::{Matrix, MatrixError, Tactic, Technique};
pub use resolve::{Issue, Resolved, resolve};
