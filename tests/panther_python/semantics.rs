//! Panther's quirks in Python, a test each.

use super::{read_with, run};
use ruleglot::dialect::NoHelpers;
use serde_json::{Value as Json, json};

/// Panther's quirks, one a line: what it is, the body of `rule(event)`, an event, the verdict of Panther's runtime.
#[test]
fn semantics_of_panthers_python() {
    let cases: &[(&str, &str, Json, bool)] = &[
        ("get gives the default where the key is absent", "return event.get('a', 'x') == 'x'", json!({}), true),
        ("get gives null where the key is null", "return event.get('a', 'x') == 'x'", json!({"a": null}), false),
        (
            "deep_get gives the default for null too",
            "return event.deep_get('a', 'b', default='x') == 'x'",
            json!({"a": {"b": null}}),
            true,
        ),
        (
            "deep_get does not look into lists",
            "return event.deep_get('a', 'b', default='x') == 'x'",
            json!({"a": [{"b": 1}]}),
            true,
        ),
        ("keys ignore case", "return event.get('EventName') == 'x'", json!({"eventname": "x"}), true),
        ("an exception is no alert", "return not event.get('a').startswith('x')", json!({}), false),
        (
            "an exception in a condition is no alert",
            "if event.get('a').get('b'):\n        return False\n    return True",
            json!({"a": "text"}),
            false,
        ),
        ("only a boolean counts", "return event.get('a')", json!({"a": "yes"}), false),
        ("true is one", "return event.get('a') == 1", json!({"a": true}), true),
        ("a number is no text", "return event.get('a') == '1'", json!({"a": 1}), false),
        ("in a text is a part of it", "return 'bc' in event.get('a')", json!({"a": "abcd"}), true),
        ("in a list is a member of it", "return 'bc' in event.get('a')", json!({"a": ["abcd"]}), false),
        ("a list is no member of a set", "return event.get('a') not in {'x'}", json!({"a": ["y"]}), false),
        ("a read-only list is no list", "return isinstance(event.get('a'), list)", json!({"a": [1]}), false),
        (
            "deep_walk gives the last distinct value",
            "return event.deep_walk('a', 'b', return_val='last') == 2",
            json!({"a": [{"b": 1}, {"b": 2}, {"b": 1}]}),
            true,
        ),
        (
            "deep_walk of one value is no list",
            "return event.deep_walk('a', 'b') == 1",
            json!({"a": [{"b": 1}, {"b": 1}]}),
            true,
        ),
        (
            "any stops before an exception",
            "return any(x.get('b') for x in event.get('a', []))",
            json!({"a": [{"b": 1}, 5]}),
            true,
        ),
        (
            "any does not pass an exception",
            "return any(x.get('b') for x in event.get('a', []))",
            json!({"a": [5, {"b": 1}]}),
            false,
        ),
        (
            "try and except",
            "try:\n        return event['a']['b'] == 1\n    except (KeyError, TypeError):\n        return True",
            json!({"a": {}}),
            true,
        ),
        (
            "a loop collects",
            "found = []\n    for x in event.get('a', []):\n        if x > 1:\n            found.append(x)\n    return len(found) == 2",
            json!({"a": [1, 2, 3]}),
            true,
        ),
        (
            "a match statement",
            "match event.get('a'):\n        case 'x' | 'y':\n            return True\n        case _:\n            return False",
            json!({"a": "y"}),
            true,
        ),
        ("a walrus", "return (m := event.get('a')) is not None and m > 3", json!({"a": 4}), true),
        (
            "a dict is looked up by a field",
            "return {'x': 1, 'y': 2}.get(event.get('a'), 0) > 1",
            json!({"a": "y"}),
            true,
        ),
    ];
    for (name, body, event, expected) in cases {
        let read = read_with(&format!("def rule(event):\n    {body}\n"), &NoHelpers, &[])
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(read.unread.is_empty(), "{name}: {:?}", read.unread);
        assert_eq!(run(&read.logic.as_filter().unwrap(), event), Ok(*expected), "{name}");
    }
}

#[test]
fn a_text_or_list_that_is_repeated_is_its_value() {
    for (constant, value) in [
        ("'ab' * 2000", json!("ab".repeat(2000))),
        ("1500 * 'x'", json!("x".repeat(1500))),
        ("'ab' * -1", json!("")),
        ("'ab' * True", json!("ab")),
        ("[1, 'x'] * 2", json!([1, "x", 1, "x"])),
    ] {
        let text = format!("LONG = {constant}\n\n\ndef rule(event):\n    return event.get('a') == LONG\n");
        let read = read_with(&text, &NoHelpers, &[]).unwrap();
        assert!(read.unread.is_empty(), "{constant}: {:?}", read.unread);
        let filter = read.logic.as_filter().unwrap();
        assert_eq!(run(&filter, &json!({ "a": value })), Ok(true), "{constant}");
        assert_eq!(run(&filter, &json!({ "a": null })), Ok(false), "{constant}");
        let length = format!("LONG = {constant}\n\n\ndef rule(event):\n    return event.get('a') == len(LONG)\n");
        let filter = read_with(&length, &NoHelpers, &[]).unwrap().logic.as_filter().unwrap();
        let long = value.as_str().map_or_else(|| value.as_array().map_or(0, Vec::len), str::len);
        assert_eq!(run(&filter, &json!({ "a": long })), Ok(true), "{constant}");
    }
}

#[test]
fn what_is_repeated_too_often_is_named() {
    for (text, reason) in [
        ("X = 'ab' * 10 ** 9\n\n\ndef rule(event):\n    return event.get('a') == X\n", "repeats a text or list"),
        ("def rule(event):\n    return 'ab' * event.get('n') == 'abab'\n", "as often as the event says"),
        ("def rule(event):\n    return event.get('a') * 2 == 'abab'\n", "a text or list of the event"),
    ] {
        let read = read_with(text, &NoHelpers, &[]).unwrap();
        assert!(read.unread.iter().any(|entry| entry.reason.contains(reason)), "{text}: {:?}", read.unread);
    }
    // beside a number it is an error, whatever is repeated
    let text = "def rule(event):\n    return 3 * event.get('a') >= 6 or 2 * event.get('a') + 1 > 9\n";
    let read = read_with(text, &NoHelpers, &[]).unwrap();
    assert!(read.unread.is_empty(), "{:?}", read.unread);
    for (value, verdict) in
        [(json!(2), Some(true)), (json!(1), Some(false)), (json!("aaa"), Some(false)), (json!([9]), Some(false))]
    {
        let found = run(&read.logic.as_filter().unwrap(), &json!({ "a": value }));
        assert_eq!(found.ok(), verdict, "{value}");
    }
    // a product of numbers is read
    let read = read_with("def rule(event):\n    return int(event.get('a')) * 2 == 8\n", &NoHelpers, &[]).unwrap();
    assert_eq!(run(&read.logic.as_filter().unwrap(), &json!({"a": "4"})), Ok(true));
}

struct Models;

impl ruleglot::dialect::Helpers for Models {
    fn module(&self, name: &str) -> Option<String> {
        (name == "door_data_model").then(|| {
            "def get_actor(event):\n    return event.deep_get(\"badge\", \"owner\") or \"nobody\"\n".to_owned()
        })
    }

    fn data_models(&self) -> Vec<String> {
        vec![
            "AnalysisType: datamodel\nDataModelID: Door\nLogTypes:\n  - Custom.Door\nFilename: door_data_model.py\n\
             Enabled: true\nMappings:\n  - Name: actor\n    Method: get_actor\n  - Name: place\n    Path: $.door.room\n"
                .to_owned(),
        ]
    }
}

#[test]
fn udm_goes_through_the_data_model_of_the_log_type() {
    let text = "def rule(event):\n    return event.udm('actor') == 'kim' and event.udm('place') == 'vault'\n";
    let read = read_with(text, &Models, &["Custom.Door".to_owned()]).unwrap();
    assert!(read.unread.is_empty(), "{:?}", read.unread);
    let filter = read.logic.as_filter().unwrap();
    let event = json!({"p_log_type": "Custom.Door", "badge": {"owner": "kim"}, "door": {"room": "vault"}});
    assert_eq!(run(&filter, &event), Ok(true));
    // another log type has no data model: the names are fields of the event itself
    assert_eq!(run(&filter, &json!({"badge": {"owner": "kim"}, "door": {"room": "vault"}})), Ok(false));
    assert_eq!(run(&filter, &json!({"p_log_type": "Other", "actor": "kim", "place": "vault"})), Ok(true));
}

#[test]
fn a_policy_alerts_where_it_returns_false_and_only_there() {
    let text = "def policy(resource):\n    return resource.get('Encrypted', False)\n";
    let read = read_with(text, &NoHelpers, &[]).unwrap();
    let filter = read.logic.as_filter().unwrap();
    assert_eq!(run(&filter, &json!({"Encrypted": false})), Ok(true));
    assert_eq!(run(&filter, &json!({"Encrypted": true})), Ok(false));
    // what is no boolean is an error, and no alert
    assert_eq!(run(&filter, &json!({"Encrypted": "no"})), Ok(false));
}

#[test]
fn a_dotted_key_is_one_key() {
    let text = "def rule(event):\n    return event.get('a.b') == 1 or event.deep_get('c', 'd') == 1\n";
    let filter = read_with(text, &NoHelpers, &[]).unwrap().logic.as_filter().unwrap();
    assert_eq!(run(&filter, &json!({"a.b": 1})), Ok(true));
    assert_eq!(run(&filter, &json!({"a": {"b": 1}})), Ok(false));
    assert_eq!(run(&filter, &json!({"c.d": 1})), Ok(false));
}

#[test]
fn grouping_counting_and_severity_are_read_from_their_functions() {
    let text = "def rule(event):\n    return True\n\ndef title(event):\n    return f\"by {event.get('user')}\"\n\n\
                def dedup(event):\n    return event.get('user')\n\ndef unique(event):\n    return event.get('host')\n\n\
                def severity(event):\n    if event.get('admin'):\n        return 'CRITICAL'\n    return 'DEFAULT'\n\n\
                def alert_context(event):\n    return {'host': event.get('host')}\n";
    let read = read_with(text, &NoHelpers, &[]).unwrap();
    let alerting = read.alerting.unwrap();
    let dedup = alerting.dedup.unwrap();
    assert!(alerting.title.is_some() && dedup.by.len() == 1 && dedup.unique.is_some());
    assert_eq!(alerting.severity.len(), 1);
    assert_eq!(read.outputs[0].name, "host");
}
