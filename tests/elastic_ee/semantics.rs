//! One line of the semantics each (spec/elastic-semantics.md, "EQL" and "ES|QL"): dialect, condition, event, whether it
//! matches.

use super::read;
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldType, TypeMap};

/// What the line says, dialect, condition, events with their verdicts.
type Case = (&'static str, &'static str, &'static str, &'static [(&'static str, bool)]);

const CASES: &[Case] = &[
    (
        "`:` folds case and knows * and ?",
        "eql",
        r#"f : "C?D.e*e""#,
        &[(r#"{"f":"cmd.EXE"}"#, true), (r#"{"f":"cmmd.exe"}"#, false), ("{}", false)],
    ),
    ("`:` with a list is a choice", "eql", r#"f : ("a*", "B")"#, &[(r#"{"f":"b"}"#, true), (r#"{"f":"xb"}"#, false)]),
    ("`==` minds case", "eql", r#"f == "CMD.exe""#, &[(r#"{"f":"cmd.EXE"}"#, false), (r#"{"f":"CMD.exe"}"#, true)]),
    ("`==` knows no wildcards", "eql", r#"f == "a*""#, &[(r#"{"f":"abc"}"#, false), (r#"{"f":"a*"}"#, true)]),
    ("`!=` minds case", "eql", r#"f != "A""#, &[(r#"{"f":"a"}"#, true), (r#"{"f":"A"}"#, false)]),
    (
        "`in` minds case, no wildcards",
        "eql",
        r#"f in ("a*", "B")"#,
        &[(r#"{"f":"B"}"#, true), (r#"{"f":"b"}"#, false), (r#"{"f":"abc"}"#, false)],
    ),
    (
        "`in~` folds case, no wildcards",
        "eql",
        r#"f in~ ("a*", "B")"#,
        &[(r#"{"f":"b"}"#, true), (r#"{"f":"abc"}"#, false), (r#"{"f":"A*"}"#, true)],
    ),
    ("`not in` matches what is missing", "eql", r#"f not in ("x")"#, &[("{}", true), (r#"{"f":"x"}"#, false)]),
    ("`like` minds case", "eql", r#"f like "A?c""#, &[(r#"{"f":"abc"}"#, false), (r#"{"f":"Abc"}"#, true)]),
    ("`like~` folds case", "eql", r#"f like~ ("A?c", "x*")"#, &[(r#"{"f":"abc"}"#, true), (r#"{"f":"XY"}"#, true)]),
    ("`regex` is anchored", "eql", r#"f regex "a[0-9]""#, &[(r#"{"f":"xa1"}"#, false), (r#"{"f":"a1"}"#, true)]),
    ("`regex` minds case", "eql", r#"f regex "a[0-9]""#, &[(r#"{"f":"A1"}"#, false)]),
    ("`regex~` folds case", "eql", r#"f regex~ "A[0-9]""#, &[(r#"{"f":"a1"}"#, true)]),
    ("a function minds case", "eql", r#"startsWith(f, "A")"#, &[(r#"{"f":"abc"}"#, false), (r#"{"f":"Abc"}"#, true)]),
    ("a function with ~ folds it", "eql", r#"startsWith~(f, "A")"#, &[(r#"{"f":"abc"}"#, true)]),
    ("endsWith~", "eql", r#"endsWith~(f, "T$")"#, &[(r#"{"f":"host$"}"#, true), (r#"{"f":"host"}"#, false)]),
    ("endsWith", "eql", r#"endsWith(f, "$")"#, &[(r#"{"f":"host$"}"#, true)]),
    ("stringContains", "eql", r#"stringContains(f, "s*")"#, &[(r#"{"f":"as*b"}"#, true), (r#"{"f":"asb"}"#, false)]),
    ("stringContains~", "eql", r#"stringContains~(f, "S")"#, &[(r#"{"f":"asb"}"#, true)]),
    (
        "cidrMatch",
        "eql",
        r#"cidrMatch(f, "10.0.0.0/8", "::1/128")"#,
        &[
            (r#"{"f":"10.1.2.3"}"#, true),
            (r#"{"f":"11.1.2.3"}"#, false),
            (r#"{"f":["11.1.2.3","10.0.0.1"]}"#, true),
            (r#"{"f":"::1"}"#, true),
            ("{}", false),
        ],
    ),
    (
        "not cidrMatch matches what is missing",
        "eql",
        r#"not cidrMatch(f, "10.0.0.0/8")"#,
        &[("{}", true), (r#"{"f":"10.1.2.3"}"#, false)],
    ),
    (
        "a script over several values: any",
        "eql",
        r#"length(f) == 3"#,
        &[(r#"{"f":["a","abc"]}"#, true), (r#"{"f":"ab"}"#, false)],
    ),
    ("a script of null is false", "eql", "length(f) != 3", &[("{}", false), (r#"{"f":"ab"}"#, true)]),
    ("substring", "eql", r#"substring(f, 0, -1) == "host""#, &[(r#"{"f":"host$"}"#, true)]),
    ("concat", "eql", r#"concat(f, ":", g) == "a:1""#, &[(r#"{"f":"a","g":1}"#, true), (r#"{"f":"a"}"#, false)]),
    ("indexOf", "eql", r#"indexOf(f, "c") == 2"#, &[(r#"{"f":"abc"}"#, true), (r#"{"f":"ab"}"#, false)]),
    ("between", "eql", r#"between(f, "<", ">") == "x""#, &[(r#"{"f":"a<x>b"}"#, true)]),
    ("string", "eql", r#"string(f) == "5""#, &[(r#"{"f":5}"#, true)]),
    ("number", "eql", r#"number(f) > 4"#, &[(r#"{"f":"5"}"#, true), (r#"{"f":"x"}"#, false)]),
    (
        "add, subtract, multiply, divide, modulo",
        "eql",
        "f % 4 == 1 and f - 3 > 1 and f * 2 < 11",
        &[(r#"{"f":5}"#, true), (r#"{"f":9}"#, false)],
    ),
    ("any value counts", "eql", r#"f == "x""#, &[(r#"{"f":["a","x"]}"#, true), (r#"{"f":["a"]}"#, false)]),
    (
        "a negation asks that no value does",
        "eql",
        r#"f != "x""#,
        &[(r#"{"f":["a","x"]}"#, false), (r#"{"f":["a"]}"#, true)],
    ),
    ("`!=` matches what is missing", "eql", r#"f != "x""#, &[("{}", true)]),
    ("`not` of a comparison matches what is missing", "eql", "not f > 1", &[("{}", true), (r#"{"f":2}"#, false)]),
    ("`?f != x` matches what is missing", "eql", r#"?f != "x""#, &[("{}", true)]),
    ("`?f == null`", "eql", "?f == null", &[("{}", true), (r#"{"f":"a"}"#, false)]),
    ("`f != null` asks for presence", "eql", "f != null", &[("{}", false), (r#"{"f":""}"#, true)]),
    ("an empty list and null are missing", "eql", "f == null", &[(r#"{"f":[]}"#, true), (r#"{"f":null}"#, true)]),
    (
        "objects in lists are flattened",
        "eql",
        r#"a.b == "1" and a.c == "2""#,
        &[(r#"{"a":[{"b":"1","c":"x"},{"b":"y","c":"2"}]}"#, true)],
    ),
    ("three quotes take a backslash as it is", "eql", r#"f == """C:\temp""""#, &[(r#"{"f":"C:\\temp"}"#, true)]),
    ("a backslash escapes in plain quotes", "eql", r#"f == "C:\\temp""#, &[(r#"{"f":"C:\\temp"}"#, true)]),
    ("a backquoted name", "eql", r#"`f-x` == "1""#, &[(r#"{"f-x":"1"}"#, true)]),
    ("`==` minds case (keyword)", "esql", r#"f == "A""#, &[(r#"{"f":"a"}"#, false), (r#"{"f":"A"}"#, true)]),
    ("`!=` drops what is missing", "esql", r#"f != "x""#, &[("{}", false), (r#"{"f":"y"}"#, true)]),
    ("NOT drops what is missing", "esql", r#"NOT f == "x""#, &[("{}", false), (r#"{"f":"y"}"#, true)]),
    ("NOT IN drops what is missing", "esql", r#"f NOT IN ("x")"#, &[("{}", false), (r#"{"f":"y"}"#, true)]),
    ("NOT LIKE drops what is missing", "esql", r#"f NOT LIKE "x*""#, &[("{}", false), (r#"{"f":"y"}"#, true)]),
    ("NOT RLIKE drops what is missing", "esql", r#"NOT f RLIKE "x.*""#, &[("{}", false), (r#"{"f":"y"}"#, true)]),
    ("OR with IS NULL keeps it", "esql", r#"f IS NULL OR f != "x""#, &[("{}", true), (r#"{"f":"x"}"#, false)]),
    (
        "true OR null is true, false AND null false",
        "esql",
        r#"g == "1" OR f == "x""#,
        &[(r#"{"g":"1"}"#, true), (r#"{"g":"2"}"#, false)],
    ),
    (
        "NOT (false AND null) is true",
        "esql",
        r#"NOT (g == "1" AND f == "x")"#,
        &[(r#"{"g":"2"}"#, true), (r#"{"g":"1"}"#, false)],
    ),
    ("several values compare as null", "esql", r#"f == "x""#, &[(r#"{"f":["a","x"]}"#, false)]),
    ("and so does the contrary", "esql", r#"f != "x""#, &[(r#"{"f":["a","b"]}"#, false)]),
    ("LIKE of several values is null", "esql", r#"f LIKE "a*""#, &[(r#"{"f":["a","ab"]}"#, false)]),
    ("several values are not null", "esql", "f IS NOT NULL", &[(r#"{"f":["a","b"]}"#, true), ("{}", false)]),
    (
        "MV_CONTAINS asks each value",
        "esql",
        r#"MV_CONTAINS(f, "x")"#,
        &[(r#"{"f":["a","x"]}"#, true), (r#"{"f":"x"}"#, true), ("{}", false)],
    ),
    ("MV_FIRST makes one of several", "esql", r#"MV_FIRST(f) == "a""#, &[(r#"{"f":["a","x"]}"#, true)]),
    ("MV_COUNT", "esql", "MV_COUNT(f) > 1", &[(r#"{"f":["a","x"]}"#, true), (r#"{"f":"a"}"#, false), ("{}", false)]),
    ("MV_CONCAT", "esql", r#"MV_CONCAT(f, " ") LIKE "*a x*""#, &[(r#"{"f":["a","x"]}"#, true)]),
    ("LIKE minds case", "esql", r#"f LIKE "A*""#, &[(r#"{"f":"abc"}"#, false), (r#"{"f":"Abc"}"#, true)]),
    ("LIKE knows ?", "esql", r#"f LIKE "a?c""#, &[(r#"{"f":"abc"}"#, true), (r#"{"f":"ac"}"#, false)]),
    ("LIKE with a list", "esql", r#"f LIKE ("a*", "b*")"#, &[(r#"{"f":"bc"}"#, true), (r#"{"f":"cb"}"#, false)]),
    ("RLIKE is anchored", "esql", r#"f RLIKE "b""#, &[(r#"{"f":"abc"}"#, false), (r#"{"f":"b"}"#, true)]),
    ("TO_LOWER folds", "esql", r#"TO_LOWER(f) LIKE "a*""#, &[(r#"{"f":"ABC"}"#, true), ("{}", false)]),
    ("`:` matches any value", "esql", r#"f : "x""#, &[(r#"{"f":["a","x"]}"#, true), ("{}", false)]),
    ("KQL is a search: any value", "esql", r#"KQL("f: *b*")"#, &[(r#"{"f":["abc","x"]}"#, true)]),
    ("and matches what is missing", "esql", r#"NOT KQL("f: b")"#, &[("{}", true), (r#"{"f":"b"}"#, false)]),
    ("null in a list makes NOT IN null", "esql", r#"f NOT IN ("a", null)"#, &[(r#"{"f":"b"}"#, false)]),
    (
        "CASE takes the first true",
        "esql",
        r#"CASE(f == "a", true, false)"#,
        &[(r#"{"f":"a"}"#, true), (r#"{"f":"b"}"#, false), ("{}", false)],
    ),
    ("COALESCE", "esql", r#"COALESCE(f, "none") == "none""#, &[("{}", true), (r#"{"f":"a"}"#, false)]),
    ("CIDR_MATCH", "esql", r#"CIDR_MATCH(f, "10.0.0.0/8")"#, &[(r#"{"f":"10.1.2.3"}"#, true), ("{}", false)]),
    (
        "NOT CIDR_MATCH drops what is missing",
        "esql",
        r#"NOT CIDR_MATCH(f, "10.0.0.0/8")"#,
        &[("{}", false), (r#"{"f":"8.8.8.8"}"#, true)],
    ),
    (
        "STARTS_WITH and ENDS_WITH",
        "esql",
        r#"STARTS_WITH(f, "a") AND ENDS_WITH(f, "c")"#,
        &[(r#"{"f":"abc"}"#, true), (r#"{"f":"Abc"}"#, false)],
    ),
    ("a cast", "esql", "f::integer > 4", &[(r#"{"f":"5"}"#, true), (r#"{"f":"x"}"#, false)]),
    ("arithmetic of null is null", "esql", "f + 1 > 0", &[("{}", false), (r#"{"f":1}"#, true)]),
    ("LENGTH and SUBSTRING", "esql", r#"LENGTH(f) == 3 AND SUBSTRING(f, 1, 1) == "a""#, &[(r#"{"f":"abc"}"#, true)]),
];

#[test]
fn each_line_of_the_semantics() {
    let types =
        TypeMap(["a.b", "a.c", "f-x", "g"].map(|name| (name.to_owned(), FieldType::parse("keyword").unwrap())).into());
    let mut failed = Vec::new();
    for (line, dialect, condition, events) in CASES {
        let query = match *dialect {
            "eql" => format!("any where {condition}"),
            _ => format!("FROM logs-* | WHERE {condition}"),
        };
        let found = read(dialect, &query);
        assert!(found.unread.is_empty(), "{line}: {query}: {:?}", found.unread);
        let predicate = found.logic.as_filter().unwrap();
        let context = Context::new(Access::Elastic, &types, 0);
        for (event, expected) in *events {
            let event: serde_json::Value = serde_json::from_str(event).unwrap();
            let verdict = matches(&predicate, &event, &context);
            if verdict != Ok(*expected) {
                failed.push(format!("{line}: {query}\n    {event} -> {verdict:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The category of an event query is a condition on `event.category`, `any` is none.
#[test]
fn the_category_of_an_eql_query() {
    let types = TypeMap::default();
    let context = Context::new(Access::Elastic, &types, 0);
    let process = serde_json::json!({"event": {"category": ["host", "process"]}, "f": "x"});
    let other = serde_json::json!({"event": {"category": ["file"]}, "f": "x"});
    let holds = |query: &str, event| matches(&read("eql", query).logic.as_filter().unwrap(), event, &context).unwrap();
    assert!(holds(r#"process where f == "x""#, &process) && !holds(r#"process where f == "x""#, &other));
    assert!(holds(r#"any where f == "x""#, &process) && holds(r#"any where f == "x""#, &other));
    assert!(!holds("process where true", &serde_json::json!({"f": "x"})));
}
