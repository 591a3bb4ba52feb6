//! Steps that are a kind of rule: which shape, that the pass is idempotent, and that the shape written as Kusto yields
//! the same groups as the steps it was recognised in.

use super::{TypeMap, read};
use ruleglot::dialect::{NoHelpers, ReadContext, Registry, WriteContext, kusto};
use ruleglot::evaluate::{Access, Context, functions::convert};
use ruleglot::model::{Expr, Logic, Shape, Value};
use ruleglot::rewrite::recognise::recognise;
use std::collections::BTreeSet;

const DAY: u64 = 86_400;

fn names(list: &[Expr]) -> String {
    let name = |expr: &Expr| expr.as_field().map_or_else(|| format!("{expr:?}"), |field| field.path.to_string());
    list.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn shape_of(query: &str) -> Option<(Logic, usize)> {
    let read = read(query, &TypeMap::default()).unwrap_or_else(|reason| panic!("{query}: {reason}"));
    assert!(read.unread.is_empty(), "{query}: {:?}", read.unread);
    let found = recognise(&read.logic, Some(14 * DAY))?;
    assert!(recognise(&found.logic, Some(14 * DAY)).is_none(), "a shape stays what it is: {query}");
    Some((found.logic, found.losses.len()))
}

fn described(logic: &Logic) -> String {
    let Logic::Shape(shape) = logic else { panic!("{logic:?}") };
    match shape.as_ref() {
        Shape::Threshold { by, at_least, .. } => format!("{at_least} by {}", names(by)),
        Shape::Cardinality { of, by, at_least, .. } => format!("{at_least} of {} by {}", names(of), names(by)),
        Shape::NewValue { of, history, recent, .. } => {
            format!("new {} in {} of {}", names(of), recent.unwrap_or(0), history)
        }
        Shape::Absence { on, .. } => format!("absent on {}", on.len()),
        Shape::Sequence { .. } => "sequence".to_owned(),
    }
}

#[test]
fn steps_are_recognised() {
    for (rule, query, expected) in [
        (
            "a count above a number is a threshold of one more",
            "SigninLogs | where ResultType == '50126' | summarize count() by UserPrincipalName | where count_ > 10",
            Some("11 by UserPrincipalName"),
        ),
        (
            "a count of at least a number is a threshold",
            "SigninLogs | summarize n = count() by UserPrincipalName, IPAddress | where n >= 5",
            Some("5 by UserPrincipalName IPAddress"),
        ),
        (
            "the limit may come from let",
            "let most = 3; SigninLogs | summarize n = count() by UserPrincipalName | where n > most | project UserPrincipalName",
            Some("4 by UserPrincipalName"),
        ),
        (
            "countif counts the events of its condition",
            "SigninLogs | summarize bad = countif(ResultType != '0') by UserPrincipalName | where bad > 2",
            Some("3 by UserPrincipalName"),
        ),
        (
            "distinct values above a number are a cardinality",
            "SigninLogs | summarize ips = dcount(IPAddress) by UserPrincipalName | where ips > 2",
            Some("3 of IPAddress by UserPrincipalName"),
        ),
        (
            "so is the length of a set",
            "SigninLogs | summarize ips = make_set(IPAddress) by UserPrincipalName | where array_length(ips) > 2",
            Some("3 of IPAddress by UserPrincipalName"),
        ),
        (
            "grouping alone is a threshold of one",
            "SigninLogs | where ResultType != '0' | summarize First = min(TimeGenerated), Last = max(TimeGenerated) by UserPrincipalName",
            Some("1 by UserPrincipalName"),
        ),
        (
            "the newest event of a group is a threshold of one",
            "SigninLogs | where ResultType != '0' | summarize arg_max(TimeGenerated, *) by UserPrincipalName",
            Some("1 by UserPrincipalName"),
        ),
        ("distinct is a threshold of one", "SigninLogs | distinct UserPrincipalName", Some("1 by UserPrincipalName")),
        (
            "a bin of time is left out, and that is named",
            "SigninLogs | summarize n = count() by UserPrincipalName, bin(TimeGenerated, 1h) | where n > 5",
            Some("6 by UserPrincipalName"),
        ),
        (
            "a condition on a key is one on the events",
            "SigninLogs | summarize n = count() by UserPrincipalName | where n > 5 and UserPrincipalName endswith '@a.example'",
            Some("6 by UserPrincipalName"),
        ),
        (
            "values that the history lacks are new",
            "let known = SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d)) | where AppDisplayName == 'x' | distinct UserPrincipalName; SigninLogs | where TimeGenerated > ago(1d) | where AppDisplayName == 'x' | where UserPrincipalName !in (known)",
            Some("new UserPrincipalName in 86400 of 1209600"),
        ),
        (
            "leftanti with the history is a new value",
            "SigninLogs | where TimeGenerated > ago(1d) and AppDisplayName == 'x' | join kind=leftanti (SigninLogs | where TimeGenerated between (ago(7d) .. ago(1d)) and AppDisplayName == 'x' | summarize by UserPrincipalName) on UserPrincipalName",
            Some("new UserPrincipalName in 86400 of 604800"),
        ),
        (
            "rightanti with the history on the left is a new value",
            "SigninLogs | where TimeGenerated between (ago(7d) .. ago(1d)) | summarize count() by UserPrincipalName | join kind=rightanti (SigninLogs | where TimeGenerated > ago(1d)) on UserPrincipalName",
            Some("new UserPrincipalName in 86400 of 604800"),
        ),
        (
            "first seen within the last day is a new value",
            "SigninLogs | where AppDisplayName == 'x' | summarize First = min(TimeGenerated) by UserPrincipalName | where First > ago(1d)",
            Some("new UserPrincipalName in 86400 of 1209600"),
        ),
        (
            "leftanti with other events is an absence",
            "SigninLogs | where ResultType == '0' | join kind=leftanti (SigninLogs | where ResultType == '50126' | summarize by UserPrincipalName) on UserPrincipalName",
            Some("absent on 1"),
        ),
        // What is none of these stays a pipeline.
        (
            "an upper limit is no threshold",
            "SigninLogs | summarize n = count() by UserPrincipalName | where n < 3",
            None,
        ),
        ("a sum is no count", "SigninLogs | summarize n = sum(DurationMs) by UserPrincipalName | where n > 3", None),
        (
            "two limits are no threshold",
            "SigninLogs | summarize n = count(), m = dcount(IPAddress) by UserPrincipalName | where n > 3 and m > 2",
            None,
        ),
        ("the first rows are no shape", "SigninLogs | summarize n = count() by UserPrincipalName | top 5 by n", None),
        ("a filter is no shape", "SigninLogs | where ResultType == '0'", None),
        (
            "a gap between history and recent events is no new value",
            "SigninLogs | where TimeGenerated > ago(1d) | join kind=leftanti (SigninLogs | where TimeGenerated between (ago(7d) .. ago(2d)) | distinct UserPrincipalName) on UserPrincipalName",
            None,
        ),
        (
            "a history that asks more is no new value",
            "SigninLogs | where TimeGenerated > ago(1d) | join kind=leftanti (SigninLogs | where TimeGenerated between (ago(7d) .. ago(1d)) | where ResultType == '0' | distinct UserPrincipalName) on UserPrincipalName",
            None,
        ),
    ] {
        let found = shape_of(query).map(|(logic, _)| described(&logic));
        assert_eq!(found.as_deref(), expected, "{rule}");
    }
}

/// Sign-ins of three users over some days.
fn sign_ins() -> Vec<Value> {
    let mut events = Vec::new();
    for (hours, user, ip, result, app) in [
        (1, "ann@a.example", "10.0.0.1", "50126", "x"),
        (2, "ann@a.example", "10.0.0.2", "50126", "x"),
        (3, "ann@a.example", "10.0.0.3", "0", "x"),
        (2, "bob@b.example", "10.0.0.1", "50126", "x"),
        (30, "bob@b.example", "10.0.0.1", "0", "x"),
        (50, "cid@a.example", "10.0.0.9", "50126", "x"),
        (5, "dan@a.example", "10.0.0.9", "0", "y"),
        (90, "dan@a.example", "10.0.0.9", "0", "y"),
    ] {
        let time = convert::parse_time("2026-01-01").unwrap() - hours * 36_000_000_000;
        let event = serde_json::json!({
            "TimeGenerated": convert::time_text(time), "UserPrincipalName": user, "IPAddress": ip,
            "ResultType": result, "AppDisplayName": app,
        });
        events.push(Value::from(&event));
    }
    events
}

/// The users that a query alerts on.
fn users(logic: &Logic) -> BTreeSet<String> {
    let types = TypeMap::default();
    let mut context = Context::new(Access::Sentinel, &types, convert::parse_time("2026-01-01").unwrap());
    context.events = sign_ins();
    context.lookback = Some(14 * DAY);
    let table = ruleglot::evaluate::run(logic, &context).unwrap();
    let at = table.columns.iter().position(|(name, _)| name == "UserPrincipalName").expect("a column of users");
    table.rows.iter().map(|row| convert::scalar_text(&row[at])).collect()
}

fn rows(query: &str) -> Logic {
    let types = TypeMap::default();
    let registry = Registry::default();
    let context = ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    kusto::read_rows(query, &context).unwrap().logic
}

#[test]
fn shapes_written_again_yield_the_same_groups() {
    let dialect = Registry::default().get("kusto").unwrap();
    for query in [
        "SigninLogs | where ResultType == '50126' | summarize count() by UserPrincipalName | where count_ > 1",
        "SigninLogs | summarize bad = countif(ResultType != '0') by UserPrincipalName | where bad >= 2",
        "SigninLogs | summarize ips = dcount(IPAddress) by UserPrincipalName | where ips > 2",
        "SigninLogs | summarize ips = make_set(IPAddress) by UserPrincipalName | where array_length(ips) > 2",
        "SigninLogs | where ResultType != '0' | summarize First = min(TimeGenerated) by UserPrincipalName",
        "SigninLogs | summarize n = count() by UserPrincipalName | where n > 1 and UserPrincipalName endswith '@a.example'",
        "let known = SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d)) | distinct UserPrincipalName; SigninLogs | where TimeGenerated > ago(1d) | where UserPrincipalName !in (known)",
        "SigninLogs | where TimeGenerated > ago(1d) | join kind=leftanti (SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d)) | summarize by UserPrincipalName) on UserPrincipalName",
        "SigninLogs | summarize First = min(TimeGenerated) by UserPrincipalName | where First > ago(1d)",
    ] {
        let (shape, _) = shape_of(query).unwrap_or_else(|| panic!("no shape: {query}"));
        let types = TypeMap::default();
        let context = WriteContext { types: &types, tables: &["SigninLogs".to_owned()], detection: None };
        let written = dialect.write(&shape, &context);
        let (before, after) = (users(&rows(query)), users(&rows(&written)));
        assert!(!before.is_empty(), "{query}");
        assert_eq!(before, after, "{query}\n{written}");
    }
}
