//! Field and log-source mapping.

codes! {
    UNMAPPED = "field-unmapped": "A field of the rule has no counterpart on the target platform.", "Map the field with --overlay FILE, or add the condition by hand.";
    DOUBTFUL = "field-doubtful": "The field exists on both platforms, but its values may differ.", "Compare the values of some events on both platforms.";
    NO_SOURCE = "log-source-unknown": "The rule's log source is in no field table.", "Give a field table with --overlay FILE, or keep the names with --fields keep.";
    OUTPUT_LOST = "output-lost": "The alert shows less than the source rule's alert.", "Look the value up in the raw event, or map its field with --overlay FILE.";
    GROUP_LOST = "group-lost": "Alerts are grouped by a field without a counterpart.", "Group alerts by hand in the target, or map the field with --overlay FILE.";
    KIND_MISSING = "event-kind-missing": "Events of a kind that the rule looks for have no counterpart in the target's table.", "Search them with a rule of their own, where the target has a table for them.";
    KIND_ALIKE = "event-kind-alike": "The target does not tell a kind of events that the rule looks for from another.", "Add a condition by hand, if the other events are too many.";
    NULL_GUARD = "null-counts-as-missing": "A field that is there and null counts as missing.", "Accept it, unless the log writes nulls for this field.";
}
