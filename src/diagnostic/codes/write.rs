//! What a rule file had to give up or change so that its platform takes it.

codes! {
    NAME_SHORTENED = "name-shortened": "The title is longer than the platform allows.", "Give the rule a shorter title.";
    TEXT_SHORTENED = "text-shortened": "Prose of the rule does not fit the limits of the platform.", "Keep the missing part in a playbook or wiki and link it.";
    MOVED_TO_TEXT = "moved-to-text": "A field has no home in the target and went into its free text.", "Nothing, unless a program reads the field.";
    FIELD_DROPPED = "field-dropped": "A field has no home in the target.", "Set it by hand where the target keeps such things.";
    SEVERITY_CHANGED = "severity-changed": "The target has no such severity.", "Check the severity of the written rule.";
    DEFAULT_USED = "default-used": "The target demands a value that the source does not state.", "Check the named default.";
    SCHEDULE_CHANGED = "schedule-changed": "The target does not allow this schedule.", "Check how often the rule runs and how far it looks back.";
    OVERLAP = "overlapping-runs": "Runs overlap, and the target does not remove repeated alerts.", "Accept repeated alerts, or filter by ingestion time.";
    STREAMING = "streaming-to-schedule": "The source judges every event as it arrives; the target runs on a schedule.", "Choose a schedule that is fast enough.";
    GROUPING_CHANGED = "grouping-changed": "The target groups, suppresses or counts alerts in another way.", "Check the alerts of the written rule.";
    ATTACK_CHANGED = "attack-changed": "The target takes another release of ATT&CK.", "Nothing, unless reports compare releases.";
    ATTACK_DROPPED = "attack-dropped": "A mapping to ATT&CK is not known to the release that the target takes.", "Correct the mapping in the source rule.";
    ENTITY_DROPPED = "entity-dropped": "An entity names a column that the query does not return.", "Return the column, or map another one.";
    OUTPUT_DROPPED = "output-dropped": "A value that an alert showed cannot be shown by the target.", "Look the value up in the events.";
    CONNECTOR_UNKNOWN = "connector-unknown": "No data connector is known for the tables of the rule.", "Add the connector by hand.";
    BARE_QUERY = "bare-query": "A bare query cannot carry how its rule raises alerts.", "Write a rule file, or set it where the query is run.";
    QUERY_TOO_LONG = "query-too-long": "The query is longer than the platform allows.", "Split the rule, or move lists into a watchlist.";
    FORMAT_UNSUPPORTED = "format-unsupported": "The platform has no such file format.", "Ask for one of the formats that the message names.";
}
