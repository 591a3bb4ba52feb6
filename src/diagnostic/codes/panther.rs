//! Panther's YAML and Python.

codes! {}
