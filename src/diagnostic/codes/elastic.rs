//! KQL, Lucene, EQL, ES|QL and Elastic's rule files.

codes! {
    EQL_STAGES = "eql-stages": "The stages of an EQL sequence or sample do not fit together.", "Correct the stages; Elasticsearch refuses them as they are.";
    EQL_TIME = "eql-time": "A length of time in EQL is not one.", "Write a whole number and a unit: ms, s, m, h or d.";
    EQL_PIPE = "eql-pipe": "EQL has no such pipe.", "Use head or tail, the pipes that Elasticsearch knows.";
    LUCENE_ESCAPE = "lucene-escape": "A backslash escape that Lucene refuses.", "Write the character itself, or two backslashes for a backslash.";
    EQL_TYPE = "eql-type": "An operand of an EQL query has a type that Elasticsearch refuses there.", "Correct the operand; the query does not run as it is.";
    EQL_FIELDS = "eql-fields": "An EQL query compares two fields.", "Compare with a constant, or join two stages of a sequence by the fields.";
    EQL_FUNCTION = "eql-function": "A function call of an EQL query does not fit the function.", "Correct the name or the arguments.";
}
