//! Kusto and Sentinel's rule files.

codes! {
    UNREAD = "kusto-unread": "Part of the query is not understood.", "Rewrite the marked part, or translate it by hand.";
    UNREAD_OPERATOR = "kusto-operator": "A tabular operator is not understood.", "Rewrite the query without the operator, or translate it by hand.";
    UNREAD_FUNCTION = "kusto-function": "A function is not understood.", "Rewrite the query without the function, or translate it by hand.";
    UNREAD_SOURCE = "kusto-source": "Rows come from a place that is not in the events.", "Name a table, or translate the query by hand.";
    UNKNOWN_COLUMN = "kusto-column": "There is no such column at this point of the query.", "Name a column that the steps before keep.";
    UNKNOWN_TABLE = "kusto-table": "The table is not in the table reference.", "Check the name; newer tables are not in the reference.";
    NOT_A_CONDITION = "kusto-condition": "A value stands where a condition must.", "Compare the value with something.";
    TYPE = "kusto-type": "The engine refuses these types together.", "Convert one side with toint(), todatetime() or tostring().";
    REFUSED = "kusto-refused": "Sentinel refuses the query when the rule is saved.", "Convert one side with toint(), todatetime() or tostring(), or name a column that is there.";
    NEVER_TRUE = "kusto-never": "A condition can never be true.", "Correct the condition; the rule finds nothing as it stands.";
    TIME_FILTER = "kusto-time-filter": "The query's time filter contradicts the rule's schedule.", "Make queryPeriod at least as long as the query looks back.";
    AGE_FILTER = "kusto-age-filter": "A filter keeps what is younger than an age, and the rule speaks of what is older.", "Turn the comparison round if the older ones are meant; it is kept as written.";
    ENTITY_COLUMN = "kusto-entity": "An entity is mapped to a column that the query does not return.", "Keep the column to the end of the query, or map another.";
    SEVERAL_QUERIES = "kusto-several": "The text holds several queries.", "Keep one query a file.";
    EMPTY_IS_MISSING = "kusto-empty": "Kusto cannot tell an empty text from a missing one.", "Check that the field is never empty where it is there.";
    FOLDING = "kusto-folding": "Kusto ignores case of every letter, Elastic that of ASCII letters.", "Nothing, unless names differ in the case of other letters alone.";
    SEQUENCE_ONCE = "kusto-sequence": "A sequence becomes a join that returns its keys and times.", "Look the events of the key up between the two times.";
    SEQUENCE_ORDER = "kusto-sequence-order": "The order of events of the same time is not known.", "Nothing, unless the source writes many events with one time.";
    SUM_OF_NONE = "kusto-sum-of-none": "A sum of no value is 0 instead of null.", "Check that the field is there in every group, or ask for its presence.";
    TERMS = "kusto-terms": "Kusto splits texts into terms otherwise.", "Compare with samples of the field.";
    LAST_VALUE = "kusto-last": "The last value stands for the last distinct value.", "Check that the list holds no value twice.";
    TOO_LARGE = "kusto-too-large": "The query grows too large when its functions are written out.", "Simplify the query.";
}
