//! The command line and batch.

codes! {
    UNKNOWN_DIALECT = "unknown-dialect": "There is no dialect or platform of this name.", "See `ruleglot dialects` for the names.";
    BAD_OPTION = "bad-option": "An option's value cannot be used.", "See `ruleglot help` for the values that it takes.";
    NO_RULES = "no-rules": "No rule file was found at this path.", "Name a file or a folder that holds rule files; --from names the dialect of a query without a telling file name.";
    EXISTS = "file-exists": "The file to be written is there already.", "Give --force to replace it, or another --out.";
    NAME_TAKEN = "name-taken": "Two rules would be written to the same file name; the second gets a number.", "Nothing is lost; rename one of the sources to get other names.";
    NOT_WRITTEN = "not-written": "A file could not be written.", "Check the folder and its permissions.";
    REFUSED = "refused": "The rule was not translated.", "See the reason at the marked place.";
    LOSSY = "lossy": "The translation loses something, and --strict was given.", "Read the losses, then leave --strict out or correct the rule.";
    MARKERS = "inject-markers": "The page does not have one pair of markers.", "Put `[//]: # (BEGIN ruleglot)` and `[//]: # (END ruleglot)` on lines of their own.";
    STALE = "stale": "A written file differs from what would be written now.", "Run the same command without --check.";
    TEST_FAILED = "test-failed": "A test of the rule does not give the expected verdict.", "Compare the event with the rule's conditions; `ruleglot explain` lists them.";
    NOT_RUN = "not-run": "The rule could not be run.", "See the reason; a rule with anything unread is never run as if it were whole.";
    BAD_EVENTS = "bad-events": "The events cannot be read.", "Hand in one JSON object a line, or a JSON array of objects.";
    BAD_REQUEST = "bad-request": "The request is not understood.", "See the contract of `batch` in the README.";
}
