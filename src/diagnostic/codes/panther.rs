//! Panther's YAML and Python.

codes! {
    PYTHON_2 = "python-2": "The text is Python 2.", "Port the rule to Python 3; Panther runs nothing else.";
    NO_RULE = "no-rule-function": "The Python text defines neither `rule` nor `policy`.", "Hand in the Python file of a rule or policy.";
    PYTHON_UNREAD = "python-unread": "A part of the rule's Python is not read into the model.", "Write the condition by hand in the target, or simplify the Python.";
    PYTHON_BUDGET = "python-too-large": "The rule has more paths, calls or nesting than are followed.", "Split the rule, or simplify its helpers.";
    PYTHON_RECURSION = "python-recursion": "A function calls itself, directly or through others.", "Write the function without recursion.";
    PYTHON_HELPER = "python-helper-missing": "A helper that the rule imports was not found.", "Put the rule below a folder with global_helpers/, or name it with --helpers.";
    PYTHON_CACHE = "python-cache": "The rule keeps state between events.", "Use a correlation or scheduled rule in the target; a filter has no memory.";
    PYTHON_CLOCK = "python-clock": "The rule asks for the time at which it runs.", "State the window in the target's schedule.";
    PYTHON_LOOK_UP = "python-look-up": "The rule looks something up outside of the event.", "Enrich the events, or write the look-up in the target.";
    PYTHON_OUTPUT = "python-output-unread": "A function beside the rule is not read whole.", "Complete the alert's fields by hand.";
    UNKNOWN_CONDITION = "panther-unknown-condition": "Panther has no condition of this name.", "Use a condition of Panther's match expressions; Panther's own check lets a misspelt one pass.";
    BAD_EXPRESSION = "panther-bad-expression": "A match expression is not built as Panther builds them.", "Give it a key, a Condition and what that condition takes.";
    BAD_KEY = "panther-bad-key": "A key specifier cannot be read.", "Write Key, DeepKey, KeyPath or Enrichment as Panther's reference shows.";
    BAD_VALUE = "panther-bad-value": "A condition has a value that it cannot take.", "Give the condition a value of the right kind.";
    NEVER_MATCHES = "panther-never-matches": "A condition is false of every event.", "Check the value of the condition.";
    FILTER_LIMIT = "panther-filter-limit": "Inline filters know fewer expressions than a detection.", "Use KeyPath or Enrichment, All and Any, and no list comprehension.";
    CODE_MISSING = "panther-code-missing": "The Python file of the rule is not there, or cannot be used.", "Put the file that Filename names beside the YAML.";
    SQL_UNREAD = "panther-sql-unread": "A scheduled query is written in SQL.", "Translate the query by hand.";
    CORRELATION_UNREAD = "panther-correlation-unread": "A correlation rule works on the matches of other rules.", "Translate its rules one by one, and their combination by hand.";
    DERIVED_UNREAD = "panther-derived-unread": "A derived rule takes its logic from another rule.", "Translate the base rule.";
    REALTIME = "panther-realtime": "Panther judges every event as it arrives, and keeps no look-back.", "Nothing, unless events must be counted over a longer time than a dedup period.";
    COUNTING = "panther-counting": "Panther counts events of a group within a dedup period, not rows of a run.", "Check Threshold and DedupPeriodMinutes of the written rule.";
    FOLDING = "panther-folding": "Python ignores the case of every letter, Elasticsearch that of ASCII letters.", "Nothing, unless letters beyond ASCII in both cases tell events apart.";
    PAGE_IMPERATIVE = "panther-page-imperative": "A catalogue page shows only the structured part of a rule that also runs imperative logic.", "Translate the rule's own files, which hold all of it.";
    PAGE_EXCLUSION = "panther-page-exclusion": "A catalogue page lists an exclusion that its condition does not have.", "Compare the page with the rule's own file.";
}
