//! ATT&CK mappings and coverage.

codes! {}
