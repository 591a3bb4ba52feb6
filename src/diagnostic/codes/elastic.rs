//! KQL, Lucene, EQL, ES|QL and Elastic's rule files.

codes! {}
