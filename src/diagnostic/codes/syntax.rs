//! What any parser can say of a query text.

codes! {
    SYNTAX = "syntax": "The text does not follow the language's grammar.", "Correct the query at the marked place.";
    UNCLOSED = "unclosed": "A bracket or quote is opened and never closed.", "Close it, or remove the opening one.";
    TOO_DEEP = "too-deep": "The query nests deeper than 200 levels.", "Simplify the query; no rule that people wrote nests this deep.";
    TOO_LARGE = "too-large": "The text is larger than a query can be.", "Hand in the query alone, without data.";
    EMPTY = "empty": "There is no query in the text.", "Hand in a file that holds a query or a rule.";
}
