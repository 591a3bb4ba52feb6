//! Reading and writing files.

codes! {
    UNREADABLE = "unreadable": "The file cannot be opened or read.", "Check that the path exists and may be read.";
    BINARY = "binary-file": "The file holds binary data, not text.", "Hand in the rule as a text file.";
    EMPTY_FILE = "empty-file": "There is nothing in the file.", "Hand in a file that holds a rule.";
    FILE_TOO_LARGE = "file-too-large": "The file is larger than a rule file can be.", "Hand in the rules alone, without data.";
    UNKNOWN_FORMAT = "unknown-format": "The file is no rule file that is known.", "Hand in a rule file, or name the language of a query with --from.";
    YAML = "yaml": "The file is no valid YAML.", "Correct the YAML at the marked place.";
    TAB = "yaml-tab": "YAML does not allow tabs in indentation.", "Replace the tab by spaces.";
    TOML = "toml": "The file is no valid TOML.", "Correct the TOML at the marked place.";
    JSON = "json": "The file is no valid JSON.", "Correct the JSON at the marked place.";
    FILE_TOO_DEEP = "file-too-deep": "The file nests deeper than 200 levels.", "Flatten the file; no rule nests this deep.";
    DUPLICATE_KEY = "duplicate-key": "A key stands twice in the same mapping; the last one counts.", "Remove one of the two.";
    ALIASES = "yaml-aliases": "The aliases of the file expand to more than a rule can hold.", "Write the repeated parts out.";
    NO_QUERY = "no-query": "The rule file has no query.", "Add the query, or leave the file out.";
    NOT_A_RULE = "not-a-rule": "The document is no rule.", "Hand in a rule; other documents are left alone.";
    WRONG_TYPE = "wrong-type": "A field holds a value of another type than it should.", "Correct the value; it is kept as it stands.";
    BAD_DURATION = "bad-duration": "A length of time cannot be read.", "Write it as 5m, 1h, 1d or PT5M, PT1H, P1D.";
    UNKNOWN_VALUE = "unknown-value": "A field holds a value that the platform does not know.", "Use one of the values that the message names.";
}
