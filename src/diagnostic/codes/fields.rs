//! Field and log-source mapping.

codes! {}
