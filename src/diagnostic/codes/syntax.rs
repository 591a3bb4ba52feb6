//! What any parser can say of a query text.

codes! {
    SYNTAX = "syntax": "The text does not follow the language's grammar.", "Correct the query at the marked place.";
    UNCLOSED = "unclosed": "A bracket or quote is opened and never closed.", "Close it, or remove the opening one.";
    TOO_DEEP = "too-deep": "The query nests deeper than 200 levels.", "Simplify the query; no rule that people wrote nests this deep.";
    TOO_LARGE = "too-large": "The text is larger than a query can be.", "Hand in the query alone, without data.";
    UNKNOWN_OPERATOR = "unknown-operator": "The language has no operator of this name.", "Use an operator of the language.";
    UNKNOWN_FUNCTION = "unknown-function": "The language has no function of this name.", "Use a function of the language.";
    UNKNOWN_ESCAPE = "unknown-escape": "A backslash stands before a character that needs none; both are kept.", "Write two backslashes for one.";
    NAMED_UNREAD = "named-unread": "The text says that a part of the rule was not read.", "Read the rule from its own source.";
    EMPTY = "empty": "There is no query in the text.", "Hand in a file that holds a query or a rule.";
}
