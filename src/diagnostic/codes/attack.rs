//! ATT&CK mappings and coverage.

codes! {
    MAPPING = "attack-mapping": "A mapping to ATT&CK is revoked, deprecated, unknown, or no pair of the matrix.", "Correct the mapping in the rule; the id in use stands in the message.";
    UNMAPPED_RULE = "attack-unmapped": "The rule maps to no technique.", "Add the technique that the rule detects.";
    BAD_DATA = "attack-data": "The ATT&CK data cannot be used.", "Hand in JSON of the shape of schemas/attack/enterprise-19.0.json, or leave --attack-data out.";
}
