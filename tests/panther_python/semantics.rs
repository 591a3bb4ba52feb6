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
