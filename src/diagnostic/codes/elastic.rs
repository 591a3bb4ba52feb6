//! KQL, Lucene, EQL, ES|QL and Elastic's rule files.

codes! {
    EQL_STAGES = "eql-stages": "The stages of an EQL sequence or sample do not fit together.", "Correct the stages; Elasticsearch refuses them as they are.";
    EQL_TIME = "eql-time": "A length of time in EQL is not one.", "Write a whole number and a unit: ms, s, m, h or d.";
    EQL_PIPE = "eql-pipe": "EQL has no such pipe.", "Use head or tail, the pipes that Elasticsearch knows.";
    LUCENE_ESCAPE = "lucene-escape": "A backslash escape that Lucene refuses.", "Write the character itself, or two backslashes for a backslash.";
}
