//! ATT&CK mappings and coverage.

codes! {
    MAPPING = "attack-mapping": "A mapping to ATT&CK is revoked, deprecated, unknown, or no pair of the matrix.", "Correct the mapping in the rule; the id in use stands in the message.";
    UNMAPPED_RULE = "attack-unmapped": "The rule maps to no technique.", "Add the technique that the rule detects.";
    COVERAGE_LOST = "attack-coverage-lost": "A technique that the baseline covers has no rule any more.", "Bring the rule or its mapping back, or write a new baseline with `coverage --format json`.";
    TOO_LITTLE = "attack-too-little": "Fewer techniques have a rule than --min asks for.", "Add rules or mappings, or ask for less.";
    REQUIRED = "attack-required": "A technique that --require names has no rule.", "Add a rule for it, or take it off the list.";
    BAD_BASELINE = "attack-baseline": "The baseline cannot be read.", "Hand in what `coverage --format json` wrote.";
    BAD_DATA = "attack-data": "The ATT&CK data cannot be used.", "Hand in JSON of the shape of schemas/attack/enterprise-19.0.json, or leave --attack-data out.";
}
