//! The command line and batch.

codes! {}
