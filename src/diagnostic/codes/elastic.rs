//! KQL, Lucene, EQL, ES|QL and Elastic's rule files.

codes! {
    EQL_STAGES = "eql-stages": "The stages of an EQL sequence or sample do not fit together.", "Correct the stages; Elasticsearch refuses them as they are.";
    EQL_TIME = "eql-time": "A length of time in EQL is not one.", "Write a whole number and a unit: ms, s, m, h or d.";
    EQL_PIPE = "eql-pipe": "EQL has no such pipe.", "Use head or tail, the pipes that Elasticsearch knows.";
    TYPE_ASSUMED = "elastic-type-assumed": "The type of a field is not known; it is read as keyword.", "Give the type with --types or an overlay where the field is not a keyword.";
    VALUE_REFUSED = "elastic-value-refused": "Elasticsearch refuses this value for the type of the field.", "Correct the value, or the type of the field.";
    ANALYSED = "elastic-analysed": "This search over the words of analysed text has no counterpart in the model.", "Search for whole words, or use a keyword field.";
    DATE_MATH = "elastic-date-math": "This date math is not reckoned here.", "Write a fixed date, or an offset in seconds, minutes, hours, days or weeks.";
    APPROXIMATE = "elastic-approximate": "Elastic has no test that means exactly this; the nearest one is written.", "Look at the named difference; accept it, or choose another target language.";
    FLATTENED = "elastic-flattened": "Elastic flattens lists of objects, so conditions on one element are met by several.", "Accept more alerts, or map the field as nested.";
    KUERY_OPERATOR_AT_END = "kuery-operator-at-end": "A value ends with an operator word, as if the rest were missing.", "Finish the query, or put the value in quotes.";
    KUERY_CONTROL = "kuery-control-character": "A backslash escape in quotes stands for a tab or a line break.", "Write two backslashes where a path is meant.";
    LUCENE_OPTIONAL = "lucene-optional": "A clause beside a required one only weighs the score and selects nothing.", "Put parentheses around what belongs together, or join it with AND.";
    LUCENE_LOWER_CASE = "lucene-lower-case": "A word of lower case is searched for; Lucene's operators are AND, OR and NOT.", "Write the operator in capitals, or the rule as KQL.";
    LUCENE_REGEX = "lucene-regex": "Lucene reads part of this regular expression as plain characters.", "Write the class or the anchor out; Lucene's expressions always fit the whole value.";
    LUCENE_REGEX_REFUSED = "lucene-regex-refused": "Lucene refuses this regular expression.", "Correct it at the named place.";
    LUCENE_COMPARISON = "lucene-comparison": "A comparison sign stands without its value.", "Write the value right behind the sign, or a range such as [x TO *].";
    LUCENE_ESCAPE = "lucene-escape": "A backslash escape that Lucene refuses.", "Write the character itself, or two backslashes for a backslash.";
    EQL_TYPE = "eql-type": "An operand of an EQL query has a type that Elasticsearch refuses there.", "Correct the operand; the query does not run as it is.";
    EQL_FIELDS = "eql-fields": "An EQL query compares two fields.", "Compare with a constant, or join two stages of a sequence by the fields.";
    EQL_FUNCTION = "eql-function": "A function call of an EQL query does not fit the function.", "Correct the name or the arguments.";
    EQL_UNREAD = "eql-unread": "A part of an EQL query that is read but has no place in the model.", "Carry it over by hand; the rest of the query is translated.";
    ELASTIC_VALUES = "elastic-no-value": "Elasticsearch keeps values only: a field without one does not exist.", "Accept that events with an empty field are treated as events without it.";
    ELASTIC_OUTPUT = "elastic-output": "What an alert shows differs.", "Choose the columns in the rule's own settings.";
    ELASTIC_RUNS = "elastic-runs": "A threshold is written as a sequence of runs, which counts in its own way.", "Use a threshold rule where the number of alerts matters.";
    ESQL_TIME = "esql-time": "A length of time in ES|QL is not one.", "Write a whole number and a unit such as minutes or days.";
    FILTER = "elastic-filter": "A filter beside the query is written in a way that is not understood.", "Write the filter into the query.";
    FILTER_OFF = "elastic-filter-off": "A filter beside the query is switched off.", "Remove it, or switch it on.";
    RULE_TYPE = "elastic-rule-type": "The logic of this type of rule stands outside of any query.", "Build it on the target by hand; the rest of the rule is carried.";
    EXCEPTIONS = "elastic-exceptions": "The rule refers to exceptions that do not stand in its file.", "Carry the exceptions over by hand; without them the rule alerts more.";
    ESQL_UNREAD = "esql-unread": "A part of an ES|QL query that is read but has no place in the model.", "Carry it over by hand; the rest of the query is translated.";
    ESQL_MULTIVALUE = "esql-multi-value": "ES|QL compares a field only where it holds one value; several are null.", "Expand the field with MV_EXPAND, or ask for the rule as KQL or EQL, which test any value.";
}
