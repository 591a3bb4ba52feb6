//! Verification.

codes! {}
