//! Semantics, one case for each rule of spec/elastic-semantics.md.
