//! Kusto and Sentinel's rule files.

codes! {}
