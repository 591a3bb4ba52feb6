//! ES|QL pipelines over rows: each command and aggregate by its own definition.

use super::read;
use ruleglot::evaluate::{Access, Context, coerce, run, time};
use ruleglot::model::{TypeMap, Value};

/// The events of every case.
const EVENTS: &str = r#"[
    {"@timestamp":"2026-01-01T00:00:00Z","host":{"name":"h1"},"user":{"name":"ann"},"n":1,"tags":["a","b"],"line":"GET /x 10.0.0.1"},
    {"@timestamp":"2026-01-01T00:01:00Z","host":{"name":"h1"},"user":{"name":"bob"},"n":3,"tags":["b"],"line":"POST /y 10.0.0.2"},
    {"@timestamp":"2026-01-01T00:02:00Z","host":{"name":"h2"},"user":{"name":"ann"},"n":8,"line":"odd"},
    {"@timestamp":"2026-01-01T00:03:00Z","host":{"name":"h2"},"n":4,"tags":["c","c"]}
]"#;

/// What the line says, the commands behind FROM, the rows as text.
const CASES: &[(&str, &str, &[&str])] = &[
    ("COUNT(*) counts rows", "STATS c = COUNT(*) BY host.name", &["2 h1", "2 h2"]),
    ("COUNT(f) counts values", "STATS c = COUNT(tags)", &["5"]),
    ("COUNT_DISTINCT counts each value once", "STATS c = COUNT_DISTINCT(tags)", &["3"]),
    ("null is no value to count", "STATS c = COUNT_DISTINCT(user.name), d = COUNT(user.name)", &["2 3"]),
    ("VALUES gathers each value once", "STATS v = MV_SORT(VALUES(tags))", &["[a,b,c]"]),
    (
        "VALUES of one is no list, of none null",
        "STATS v = VALUES(tags) BY user.name | WHERE user.name == \"bob\"",
        &["b bob"],
    ),
    ("MIN, MAX, SUM, AVG", "STATS a = MIN(n), b = MAX(n), c = SUM(n), d = AVG(n)", &["1 8 16 4.0"]),
    ("MIN of times", "STATS a = MIN(@timestamp) BY host.name", &["2026-01-01T00:00:00Z h1", "2026-01-01T00:02:00Z h2"]),
    (
        "MEDIAN and PERCENTILE lie between values",
        "STATS a = MEDIAN(n), b = PERCENTILE(n, 50), c = PERCENTILE(n, 100)",
        &["3.5 3.5 8.0"],
    ),
    (
        "STD_DEV and VARIANCE of a population",
        "STATS a = STD_DEV(n), b = VARIANCE(n) | EVAL a = ROUND(a, 3)",
        &["2.55 6.5"],
    ),
    ("MEDIAN_ABSOLUTE_DEVIATION", "STATS a = MEDIAN_ABSOLUTE_DEVIATION(n)", &["1.5"]),
    ("WEIGHTED_AVG", "STATS a = WEIGHTED_AVG(n, n)", &["5.625"]),
    ("TOP", "STATS a = TOP(n, 2, \"desc\")", &["[8,4]"]),
    ("FIRST and LAST by time", "STATS a = FIRST(n, @timestamp), b = LAST(n, @timestamp)", &["1 4"]),
    ("PRESENT and ABSENT", "STATS a = PRESENT(user.name), b = ABSENT(nothing)", &["true true"]),
    ("an aggregate's own WHERE", "STATS a = COUNT(*) WHERE n > 2, b = COUNT(*)", &["3 4"]),
    ("null is a group of its own", "STATS c = COUNT(*) BY user.name", &["2 ann", "1 bob", "1 null"]),
    ("a row belongs to the group of each value", "STATS c = COUNT(*) BY tags", &["1 a", "2 b", "1 null", "1 c"]),
    ("STATS of nothing is one row", "WHERE n > 99 | STATS c = COUNT(*), s = SUM(n)", &["0 null"]),
    ("STATS BY of nothing is no row", "WHERE n > 99 | STATS c = COUNT(*) BY host.name", &[]),
    ("aggregates in arithmetic", "STATS a = MAX(n) - MIN(n) + COUNT(*)", &["11"]),
    (
        "DATE_TRUNC groups",
        "STATS c = COUNT(*) BY b = DATE_TRUNC(2 minutes, @timestamp)",
        &["2 2026-01-01T00:00:00Z", "2 2026-01-01T00:02:00Z"],
    ),
    (
        "DATE_TRUNC by the calendar",
        "LIMIT 1 | EVAL t = \"2024-05-31T10:00:00Z\"::DATETIME, a = DATE_TRUNC(1 month, t), b = DATE_TRUNC(1 quarter, t), \
         c = DATE_TRUNC(1 year, t), d = DATE_TRUNC(1 week, t), e = BUCKET(t, 2 months) | KEEP a, b, c, d, e",
        &["2024-05-01T00:00:00Z 2024-04-01T00:00:00Z 2024-01-01T00:00:00Z 2024-05-27T00:00:00Z 2024-05-01T00:00:00Z"],
    ),
    (
        "BUCKET groups by the calendar",
        "STATS c = COUNT(*) BY b = BUCKET(@timestamp, 1 month)",
        &["4 2026-01-01T00:00:00Z"],
    ),
    (
        "BUCKET finds its width",
        "STATS c = COUNT(*) BY b = BUCKET(@timestamp, 5, \"2026-01-01T00:00:00Z\", \"2026-01-01T00:05:00Z\")",
        &["1 2026-01-01T00:00:00Z", "1 2026-01-01T00:01:00Z", "1 2026-01-01T00:02:00Z", "1 2026-01-01T00:03:00Z"],
    ),
    (
        "times move by the calendar",
        "LIMIT 1 | EVAL t = TO_DATETIME(\"2024-01-31\"), a = t + 1 month, b = t - 1 quarter, c = 1 year + t - 1 day | KEEP a, b, c",
        &["2024-02-29T00:00:00Z 2023-10-31T00:00:00Z 2025-01-30T00:00:00Z"],
    ),
    (
        "DATE_DIFF counts whole units",
        "LIMIT 1 | EVAL f = TO_DATETIME(\"2023-11-30\"), t = TO_DATETIME(\"2024-02-29\"), a = DATE_DIFF(\"month\", f, t), \
         b = DATE_DIFF(\"qq\", f, t), c = DATE_DIFF(\"years\", f, t), d = DATE_DIFF(\"week\", f, t), e = DATE_DIFF(\"dy\", f, t), \
         g = DATE_DIFF(\"nanoseconds\", f, t) | KEEP a, b, c, d, e, g",
        &["2 0 0 13 91 null"],
    ),
    ("DATE_DIFF of aggregates", "STATS d = DATE_DIFF(\"seconds\", MIN(@timestamp), MAX(@timestamp))", &["180"]),
    (
        "INLINE STATS keeps the rows",
        "INLINE STATS m = MAX(n) BY host.name | WHERE n == m | KEEP host.name, n",
        &["h1 3", "h2 8"],
    ),
    ("MV_EXPAND makes a row of each value and keeps null", "MV_EXPAND tags | STATS c = COUNT(*)", &["6"]),
    ("MV_EXPAND leaves one value", "MV_EXPAND tags | WHERE tags == \"b\" | KEEP n", &["1", "3"]),
    (
        "DISSECT",
        "DISSECT line \"%{verb} %{path} %{address}\" | KEEP verb, address",
        &["GET 10.0.0.1", "POST 10.0.0.2", "null null", "null null"],
    ),
    (
        "DISSECT appends",
        "DISSECT line \"%{+a} %{} %{+a}\" APPEND_SEPARATOR=\"-\" | WHERE a IS NOT NULL | KEEP a",
        &["GET-10.0.0.1", "POST-10.0.0.2"],
    ),
    (
        "GROK",
        "GROK line \"%{WORD:verb} %{NOTSPACE:path} %{IP:address}\" | WHERE address IS NOT NULL | KEEP path",
        &["/x", "/y"],
    ),
    ("KEEP orders, an unknown name is null", "WHERE n == 1 | KEEP n, host.name", &["1 h1"]),
    ("DROP by pattern", "WHERE n == 1 | KEEP host.name, user.name, n | DROP user.*", &["h1 1"]),
    ("RENAME", "WHERE n == 1 | RENAME n AS m | KEEP m", &["1"]),
    ("SORT puts null last, descending first", "SORT user.name, n | KEEP n", &["1", "8", "3", "4"]),
    ("SORT DESC", "SORT user.name DESC, n DESC | KEEP n", &["4", "3", "8", "1"]),
    ("LIMIT", "SORT n DESC | LIMIT 1 | KEEP n", &["8"]),
    ("EVAL sees what it made", "EVAL a = n * 2, b = a + 1 | WHERE n == 3 | KEEP a, b", &["6 7"]),
    ("whole numbers divide to whole numbers", "EVAL a = n / 2 | WHERE n == 3 | KEEP a", &["1"]),
    (
        "CASE in EVAL",
        "EVAL a = CASE(n > 5, \"many\", n > 2, \"some\", \"few\") | STATS c = COUNT(*) BY a",
        &["1 few", "2 some", "1 many"],
    ),
    ("ROW", "STATS c = COUNT(*) | EVAL a = TO_STRING(c), b = CONCAT(a, \"!\") | KEEP b", &["4!"]),
];

fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
        Value::DateTime(ticks) => time::to_iso(*ticks),
        other => coerce::to_text(other).into_owned(),
    }
}

/// The rows of a query over the events, cells parted by spaces.
fn rows(commands: &str) -> Result<Vec<String>, String> {
    let query = format!("FROM logs-* | {commands}");
    let found = read("esql", &query);
    if let Some(gap) = found.unread.first() {
        return Err(gap.reason.clone());
    }
    let types = TypeMap::default();
    let mut context = Context::new(Access::Elastic, &types, time::parse_time("2026-01-01T00:05:00Z").unwrap());
    let events: Vec<serde_json::Value> = serde_json::from_str(EVENTS).unwrap();
    context.events = events.iter().map(Value::from).collect();
    let table = run(&found.logic, &context).map_err(|error| error.to_string())?;
    Ok(table.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect())
}

#[test]
fn each_command_and_aggregate() {
    let mut failed = Vec::new();
    for (line, commands, expected) in CASES {
        let found = rows(commands);
        if found.as_deref() != Ok(&expected.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>()[..]) {
            failed.push(format!("{line}: {commands}\n    {found:?}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What needs more than events is syntax with a span, and refused by name.
#[test]
fn what_events_do_not_decide_is_refused_by_name() {
    for (commands, word) in [
        ("ENRICH hosts ON host.name", "ENRICH"),
        ("LOOKUP JOIN threats ON source.ip", "JOIN"),
        ("COMPLETION answer = prompt WITH {\"inference_id\": \"m\"}", "COMPLETION"),
        ("CHANGE_POINT n ON @timestamp", "CHANGE_POINT"),
        ("SAMPLE 0.1", "SAMPLE"),
        ("FORK (WHERE n > 1) (WHERE n < 2)", "FORK"),
        ("LIMIT 2 BY host.name", "LIMIT"),
        ("URI_PARTS p = line", "URI"),
        ("REGISTERED_DOMAIN d = line", "REGISTERED"),
        ("USER_AGENT u = line", "USER"),
        ("IP_LOCATION g = source.ip", "IP"),
        ("RERANK \"q\" ON line WITH {\"inference_id\": \"m\"}", "RERANK"),
        ("FUSE", "FUSE"),
        ("MMR v LIMIT 3", "MMR"),
        ("DEDUP host.name", "DEDUP"),
    ] {
        let reason = rows(commands).unwrap_err();
        assert!(reason.contains(word.split('_').next().unwrap()), "{commands}: {reason}");
    }
}
