//! A text beside a time or an address is one: read from ES|QL, run here, translated to Kusto and run there.

use super::{read_typed, translated::translate};
use ruleglot::evaluate::{Access, Context, matches, run, time};
use ruleglot::model::{FieldType, Logic, TypeMap, Value};

/// The condition, and events with their verdicts.
type Case = (&'static str, &'static [(&'static str, bool)]);

const CASES: &[Case] = &[
    (
        r#"t <= "2024-01-01""#,
        &[
            (r#"{"t":"2024-01-01T00:00:00Z"}"#, true),
            (r#"{"t":"2024-01-01T05:00:00Z"}"#, false),
            (r#"{"t":"2023-12-31T23:59:59.999Z"}"#, true),
            ("{}", false),
        ],
    ),
    (r#"t > "2024-01-01""#, &[(r#"{"t":"2024-01-01T05:00:00Z"}"#, true), (r#"{"t":"2024-01-01T00:00:00Z"}"#, false)]),
    (r#"t == "2024-01-01""#, &[(r#"{"t":"2024-01-01T00:00:00Z"}"#, true), (r#"{"t":"2024-01-01T05:00:00Z"}"#, false)]),
    (
        r#"t != "2024-01-01""#,
        &[(r#"{"t":"2024-01-01T00:00:00Z"}"#, false), (r#"{"t":"2024-01-01T05:00:00Z"}"#, true), ("{}", false)],
    ),
    (
        r#""2024-01-01T06:00:00+02:00" < t"#,
        &[(r#"{"t":"2024-01-01T04:00:00.001Z"}"#, true), (r#"{"t":"2024-01-01T04:00:00Z"}"#, false)],
    ),
    (
        r#"DATE_TRUNC(1 day, t) == "2024-01-01""#,
        &[(r#"{"t":"2024-01-01T05:00:00Z"}"#, true), (r#"{"t":"2024-01-02T00:00:00Z"}"#, false), ("{}", false)],
    ),
    (
        r#"DATE_TRUNC(1 week, t) == "2024-01-08""#,
        &[(r#"{"t":"2024-01-14T23:00:00Z"}"#, true), (r#"{"t":"2024-01-07T00:00:00Z"}"#, false)],
    ),
    (
        r#"DATE_TRUNC(3 days, t) == "2024-01-03""#,
        &[(r#"{"t":"2024-01-05T23:00:00Z"}"#, true), (r#"{"t":"2024-01-06T00:00:00Z"}"#, false)],
    ),
    (
        r#"DATE_TRUNC(1 month, t) == "2024-02-01""#,
        &[(r#"{"t":"2024-02-29T23:00:00Z"}"#, true), (r#"{"t":"2024-03-01T00:00:00Z"}"#, false)],
    ),
    (
        r#"BUCKET(t, 1 year) == "2024-01-01""#,
        &[(r#"{"t":"2024-12-31T23:00:00Z"}"#, true), (r#"{"t":"2025-01-01T00:00:00Z"}"#, false)],
    ),
    (
        r#"t IN ("2024-01-01", "2024-02-01T10:00:00Z")"#,
        &[
            (r#"{"t":"2024-01-01T00:00:00Z"}"#, true),
            (r#"{"t":"2024-02-01T10:00:00Z"}"#, true),
            (r#"{"t":"2024-02-01T11:00:00Z"}"#, false),
        ],
    ),
    (
        r#"t NOT IN ("2024-01-01", "2024-02-01T10:00:00Z")"#,
        &[(r#"{"t":"2024-01-01T00:00:00Z"}"#, false), (r#"{"t":"2024-02-01T11:00:00Z"}"#, true), ("{}", false)],
    ),
    (
        r#"t >= "2024-01-01" AND t < "2024-01-02""#,
        &[(r#"{"t":"2024-01-01T23:59:59Z"}"#, true), (r#"{"t":"2024-01-02T00:00:00Z"}"#, false)],
    ),
    (
        "t > NOW() - 1 day AND t <= NOW()",
        &[(r#"{"t":"2024-06-14T12:00:01Z"}"#, true), (r#"{"t":"2024-06-14T12:00:00Z"}"#, false)],
    ),
    ("t > NOW() - 1 month", &[(r#"{"t":"2024-05-15T12:00:01Z"}"#, true), (r#"{"t":"2024-05-15T12:00:00Z"}"#, false)]),
    (
        r#"t + 1 year <= "2025-02-28""#,
        &[(r#"{"t":"2024-02-29T00:00:00Z"}"#, true), (r#"{"t":"2024-03-01T00:00:00Z"}"#, false)],
    ),
    (
        r#"t - 1 hour > "2024-01-01T00:00:00Z"::DATETIME"#,
        &[(r#"{"t":"2024-01-01T01:00:01Z"}"#, true), (r#"{"t":"2024-01-01T01:00:00Z"}"#, false)],
    ),
    (
        r#"TO_DATETIME("2024-01-01") < t"#,
        &[(r#"{"t":"2024-01-01T01:00:00Z"}"#, true), (r#"{"t":"2023-12-31T00:00:00Z"}"#, false)],
    ),
    (r#"a == "10.0.0.1""#, &[(r#"{"a":"10.0.0.1"}"#, true), (r#"{"a":"10.0.0.2"}"#, false), ("{}", false)]),
    (
        r#"a IN ("10.0.0.1", "2001:db8::1")"#,
        &[(r#"{"a":"2001:0db8:0::1"}"#, true), (r#"{"a":"10.0.0.1"}"#, true), (r#"{"a":"10.0.0.3"}"#, false)],
    ),
    (r#"TO_IP(s) == "2001:db8::1""#, &[(r#"{"s":"2001:0DB8:0:0::1"}"#, true), (r#"{"s":"x"}"#, false)]),
    (
        r#"a > "10.0.0.9" AND a <= "10.0.0.10""#,
        &[(r#"{"a":"10.0.0.10"}"#, true), (r#"{"a":"10.0.0.9"}"#, false), (r#"{"a":"10.0.0.100"}"#, false)],
    ),
];

fn types() -> TypeMap {
    let names = [("t", "date"), ("a", "ip"), ("s", "keyword")];
    TypeMap(names.map(|(name, kind)| (name.to_owned(), FieldType::parse(kind).unwrap())).into())
}

/// Whether some row of the event survives.
fn keeps(logic: &Logic, access: Access, types: &TypeMap, event: &serde_json::Value) -> Result<bool, String> {
    let mut context = Context::new(access, types, time::parse_time("2024-06-15T12:00:00Z").unwrap());
    match logic.as_filter() {
        Some(condition) => matches(&condition, event, &context).map_err(|error| error.to_string()),
        None => {
            context.events = vec![Value::from(event)];
            run(logic, &context).map(|table| !table.rows.is_empty()).map_err(|error| error.to_string())
        }
    }
}

#[test]
fn texts_beside_times_and_addresses() {
    let types = types();
    let mut failed = Vec::new();
    let mut refused = Vec::new();
    for (condition, events) in CASES {
        let query = format!("FROM logs-* | WHERE {condition}");
        let found = read_typed("esql", &query, &types);
        assert!(found.unread.is_empty(), "{query}: {:?}", found.unread);
        let own = translate("esql", &query, "esql", &types).unwrap_or_else(|reason| panic!("{query}: {reason}"));
        let again = read_typed("esql", &own.text, &types);
        assert!(again.unread.is_empty(), "{query}: {:?}\n{}", again.unread, own.text);
        let kusto = translate("esql", &query, "kusto", &types);
        let kusto = kusto.map(|found| (read_typed("kusto", &found.text, &types).logic, found));
        if let Err(reason) = &kusto {
            refused.push(format!("{condition}: {reason}"));
        }
        for (event, expected) in *events {
            let event: serde_json::Value = serde_json::from_str(event).unwrap();
            let mut check = |what: &str, verdict: Result<bool, String>| {
                if verdict != Ok(*expected) {
                    failed.push(format!("{what} {query}\n    {event} -> {verdict:?}"));
                }
            };
            check("read", keeps(&found.logic, Access::Elastic, &types, &event));
            check("printed", keeps(&again.logic, Access::Elastic, &types, &event));
            if let Ok((logic, found)) = &kusto
                && found.verdict == "exact"
            {
                check(&found.text, keeps(logic, Access::Sentinel, &types, &event));
            }
        }
    }
    println!("not in Kusto: {refused:#?}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // Kusto has no order of addresses, and no test for what a text would be as one.
    assert_eq!(refused.len(), 2, "{refused:#?}");
}

/// What Elasticsearch refuses when the query is run is not read as something else.
#[test]
fn texts_that_are_no_times_are_not_read_as_texts() {
    for condition in [
        r#"t > "now-1d""#,
        r#"t == "yesterday""#,
        "t > 1700000000000",
        r#"t > "1700000000000""#,
        r#"a == "10.0.0.0/8""#,
        r#"NOW() > "soon""#,
        r#"DATE_TRUNC(1 day, t) == "x""#,
    ] {
        let found = read_typed("esql", &format!("FROM logs-* | WHERE {condition} AND s == \"x\""), &types());
        assert_eq!(found.unread.len(), 1, "{condition}");
        assert!(found.unread[0].reason.contains("Elasticsearch refuses"), "{}", found.unread[0].reason);
        assert_eq!(found.unread[0].text, condition);
    }
}
