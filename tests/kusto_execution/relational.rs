//! Steps over rows between ES|QL and Kusto: what each function and command becomes, and what is lost on the way.
//! Every translation here has been verified on events by the translation itself.

use crate::translated::translate;
use ruleglot::model::TypeMap;

/// What the case shows, the source language, its query, the target language, the lines written behind the source of rows,
/// the codes of the losses.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "a pattern of columns behind STATS is spelt out",
        "esql",
        "FROM logs-* | STATS Esql.count = COUNT(*), Esql.seen = MAX(@timestamp) BY host.name | WHERE Esql.count > 10 | KEEP host.name, Esql.*",
        "kusto",
        &[
            "| summarize ['Esql.count'] = count(), ['Esql.seen'] = max(['@timestamp']) by ['host.name']",
            "| where ['Esql.count'] > 10",
            "| project ['host.name'], ['Esql.count'], ['Esql.seen']",
        ],
        &[],
    ),
    (
        "DATE_TRUNC is bin where both count from the same hour",
        "esql",
        "FROM logs-* | EVAL day = DATE_TRUNC(1 day, @timestamp) | STATS c = COUNT(*) BY user.name, day | WHERE c >= 5",
        "kusto",
        &["| extend day = bin(['@timestamp'], 1d)", "| summarize c = count() by ['user.name'], day", "| where c >= 5"],
        &[],
    ),
    (
        "sets and counts of distinct values leave out what is missing",
        "esql",
        "FROM logs-* | STATS n = COUNT_DISTINCT(user.name), v = VALUES(user.name) BY host.name | WHERE n > 2",
        "kusto",
        &[
            "| summarize",
            "    n = dcountif(['user.name'], isnotempty(['user.name'])),",
            "    v = make_set_if(['user.name'], isnotempty(['user.name']))",
            "    by ['host.name']",
            "| where n > 2",
        ],
        &["kusto-empty", "kusto-empty"],
    ),
    (
        "MV_EXPAND keeps a row without elements",
        "esql",
        "FROM logs-* | STATS v = VALUES(user.name) BY host.name | MV_EXPAND v | WHERE v == \"root\"",
        "kusto",
        &[
            "| summarize v = make_set_if(['user.name'], isnotempty(['user.name'])) by ['host.name']",
            "| mv-expand kind=array v = iff(array_length(v) == 0, dynamic(null), v) to typeof(string)",
            "| where v == \"root\"",
        ],
        &["kusto-empty"],
    ),
    (
        "COALESCE passes over empty texts in Kusto",
        "esql",
        "FROM logs-* | EVAL who = COALESCE(user.name, user.id) | WHERE who == \"root\"",
        "kusto",
        &["| extend who = coalesce(['user.name'], ['user.id'])", "| where who == \"root\""],
        &["kusto-empty"],
    ),
    (
        "a sum of nothing is 0 in Kusto and null in ES|QL",
        "esql",
        "FROM logs-* | STATS s = SUM(bytes) BY host.name | WHERE s > 100",
        "kusto",
        &["| summarize s = sum(bytes) by ['host.name']", "| where s > 100"],
        &["kusto-sum-of-none"],
    ),
    (
        "CONCAT is null where a part is",
        "esql",
        "FROM logs-* | EVAL both = CONCAT(user.name, \"@\", user.domain) | WHERE both == \"a@b\"",
        "kusto",
        &[
            "| extend both = iff(",
            "    isnotempty(['user.name']) and isnotempty(['user.domain']),",
            "    strcat(['user.name'], \"@\", ['user.domain']),",
            "    \"\"",
            ")",
            "| where both == \"a@b\"",
        ],
        &["kusto-empty"],
    ),
    (
        "REPLACE takes a regular expression",
        "esql",
        "FROM logs-* | EVAL clean = REPLACE(process.name, \"[0-9]+\", \"#\") | WHERE clean == \"a#.exe\"",
        "kusto",
        &["| extend clean = replace_regex(['process.name'], \"[0-9]+\", \"#\")", "| where clean == \"a#.exe\""],
        &[],
    ),
    (
        "DISSECT is parse; no event can be made to show it",
        "esql",
        "FROM logs-* | DISSECT message \"%{verb} %{path} took %{time}\" | WHERE verb == \"GET\"",
        "kusto",
        &["| parse message with verb \" \" path \" took \" ['time']", "| where verb == \"GET\""],
        &["verification-not-run"],
    ),
    (
        "a condition inside an aggregate is planned",
        "kusto",
        "Syslog | summarize failed = countif(SeverityLevel =~ \"err\") by HostName | where failed > 3",
        "esql",
        &["| STATS failed = COUNT(*) WHERE TO_LOWER(SeverityLevel) == \"err\" BY HostName", "| WHERE failed > 3"],
        &["esql-multi-value", "esql-multi-value"],
    ),
    (
        "startofday, ago and strcat",
        "kusto",
        "Syslog | where TimeGenerated > startofday(ago(2d)) | extend who = strcat(HostName, \"/\", ProcessName) | summarize dcount(SourceSystem) by who",
        "esql",
        &[
            "| WHERE TimeGenerated > DATE_TRUNC(1 day, NOW() - 2 days)",
            "| STATS dcount_SourceSystem = COUNT_DISTINCT(SourceSystem)",
            "  BY who = CONCAT(COALESCE(TO_STRING(HostName), \"\"), \"/\", COALESCE(TO_STRING(ProcessName), \"\"))",
        ],
        &["esql-multi-value"],
    ),
];

#[test]
fn steps_over_rows_are_written_in_the_other_language() {
    for (what, from, query, to, lines, losses) in CASES {
        let found = translate(from, query, to, &TypeMap::default(), true).unwrap_or_else(|why| panic!("{what}: {why}"));
        let written: Vec<&str> = found.text.trim_end().lines().skip(1).collect();
        assert_eq!(written, *lines, "{what}");
        let codes: Vec<&str> = found.losses.iter().map(|loss| loss.code.name()).collect();
        assert_eq!(codes, *losses, "{what}");
    }
}

/// What has no equal value is refused by name, not written in something near it.
#[test]
fn what_differs_is_refused() {
    for (from, query, to, reason) in [
        ("esql", "FROM logs-* | STATS m = MEDIAN(n) | WHERE m > 3", "kusto", "esql_agg_median"),
        ("kusto", "Syslog | extend d = EndTime - StartTime | where d > 1h", "esql", "kusto_subtract"),
        ("kusto", "Syslog | summarize c = count() by bin(TimeGenerated, 7m) | where c > 3", "esql", "kusto_bin"),
    ] {
        let why = translate(from, query, to, &TypeMap::default(), true).map(|found| found.text).unwrap_err();
        assert!(why.contains(reason), "{query}: {why}");
    }
}
