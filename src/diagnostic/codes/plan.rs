//! Losses and refusals of a translation.

codes! {
    LEFT_OUT = "condition-left-out": "A condition could not be carried over and was left out where that only widens the rule.", "Add the condition by hand where the target allows it, or accept more alerts.";
    CANNOT_LEAVE_OUT = "condition-needed": "A condition cannot be carried over, and without it the rule would count, compare or look back on other events.", "Choose another target language, or map the fields with --overlay.";
    PART_CARRIED = "carried-as-written": "A part of the query was not read; the target is its own language, so it stands there as it was written.", "Compare the part by eye; what it finds was not compared on events.";
    COLUMN_LEFT_OUT = "column-left-out": "A column that could not be read is left out of what an alert shows.", "Add the column by hand where the target allows it.";
    NOTHING_LEFT = "nothing-left": "Without the conditions that cannot be carried over nothing, or less than half, would remain of the rule.", "Choose another target language, or map the fields with --overlay.";
    STEP_UNSAYABLE = "step-unsayable": "The target has no step like this one.", "Choose another target language; a later version may know this step.";
    SHAPE_DIFFERS = "shape-differs": "A kind of rule says nearly what the steps of the query say.", "Compare the two on some events of your own.";
    SHAPE_UNSAYABLE = "shape-unsayable": "The target has no rule of this kind.", "Choose another target language; a later version may know this kind of rule.";
    BUNDLE = "detections-not-written": "The rule works together with other detections of its file.", "Translate them, too, and connect them by hand.";
    SHAPE_BESIDE = "shape-beside-query": "The language selects events; what counts them stands in the rule file.", "Write a rule file instead of a bare query, or choose a language that counts.";
    LOGIC_UNREAD = "logic-unread": "The rule's logic could not be read, so there is nothing to translate.", "Translate its logic by hand; metadata and ATT&CK are read all the same.";
    CARRIED = "query-carried": "The rule stays on its platform and its query goes over letter by letter, neither said again nor run.", "Nothing, unless the rule is to be moved to another platform: then the reason named here stands in the way.";
    NOT_WRITABLE = "not-writable": "This dialect can be read but not written yet.", "Choose another target language.";
}
