//! Every rule of spec/kusto-semantics.md, by its section: text, rows, expected answer. A condition is asked of one row;
//! a query brings its own rows. The open engine answers the same where it knows the construct.

use super::{TypeMap, read, shared};
use ruleglot::dialect::{NoHelpers, ReadContext, Registry, kusto};
use ruleglot::evaluate::{Access, Context, functions::convert};
use ruleglot::model::Value;

/// The rows that a query yields, cells by `|`, rows by `;`.
fn answer(query: &str) -> Result<String, String> {
    let types = TypeMap::default();
    let registry = Registry::default();
    let context = ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    let read = kusto::read_rows(query, &context).map_err(|errors| errors[0].message.clone())?;
    if let Some(unread) = read.unread.first() {
        return Err(unread.reason.clone());
    }
    let mut context = Context::new(Access::Sentinel, &types, convert::parse_time("2026-01-01").unwrap());
    context.events_for_any_table = false;
    let table = ruleglot::evaluate::run(&read.logic, &context).map_err(|error| error.to_string())?;
    let rows = table.rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|"));
    Ok(rows.collect::<Vec<_>>().join(";"))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Double(number) => format!("{number}"),
        Value::Array(_) | Value::Object(_) => convert::to_json(value).to_string(),
        other => convert::scalar_text(other),
    }
}

/// Whether a row of these columns meets a condition.
fn holds(columns: &str, condition: &str) -> bool {
    let query = format!("print {columns} | where {condition} | count");
    match answer(&query).unwrap_or_else(|reason| panic!("{query}: {reason}")).as_str() {
        "1" => true,
        "0" => false,
        other => panic!("{query}: {other}"),
    }
}

type Conditions = &'static [(&'static str, &'static str, &'static str, bool)];
type Queries = &'static [(&'static str, &'static str, &'static str)];

/// Section "String operators".
const STRING_OPERATORS: Conditions = &[
    ("equality is sensitive to case", "x='Door'", "x == 'door'", false),
    ("equality is of the whole value", "x='Door'", "x == 'Doo'", false),
    ("<> is !=", "x='Door'", "x <> 'door'", true),
    ("=~ folds case", "x='Door'", "x =~ 'dOOR'", true),
    ("=~ folds Unicode", "x='CAFÉ'", "x =~ 'café'", true),
    ("!~ is its contrary", "x='Door'", "x !~ 'DOOR'", false),
    ("in is sensitive to case", "x='Door'", "x in ('door', 'DOOR')", false),
    ("in takes a dynamic array", "x='Door'", "x in (dynamic(['Door', 'Gate']))", true),
    ("in takes a subquery of one column", "x='Door'", "x in ((print y = 'Door'))", true),
    ("!in is its contrary", "x='Door'", "x !in ('Door')", false),
    ("in~ folds Unicode", "x='MÜLLER'", "x in~ ('müller')", true),
    ("!in~ is its contrary", "x='MÜLLER'", "x !in~ ('müller')", false),
    ("has finds whole terms", "x='the blue door'", "x has 'blue'", true),
    ("has finds no part of a term", "x='the bluest door'", "x has 'blue'", false),
    ("has folds case", "x='the BLUE door'", "x has 'blue'", true),
    ("has_cs does not", "x='the BLUE door'", "x has_cs 'blue'", false),
    ("!has is its contrary", "x='the blue door'", "x !has 'blue'", false),
    ("!has_cs is its contrary", "x='the BLUE door'", "x !has_cs 'blue'", true),
    ("hasprefix finds the start of a term", "x='the bluest door'", "x hasprefix 'BLUE'", true),
    ("hasprefix_cs is sensitive to case", "x='the bluest door'", "x hasprefix_cs 'BLUE'", false),
    ("hassuffix finds the end of a term", "x='the end.'", "x hassuffix 'END'", true),
    ("endswith does not stop at terms", "x='the end.'", "x endswith 'end'", false),
    ("!hassuffix is its contrary", "x='the end.'", "x !hassuffix 'end'", false),
    ("hassuffix_cs is sensitive to case", "x='the end.'", "x hassuffix_cs 'END'", false),
    ("has_any finds one of the terms", "x='the blue door'", "x has_any ('red', 'BLUE')", true),
    ("has_any finds terms, no parts", "x='the blue door'", "x has_any ('red', 'blu')", false),
    ("has_all asks for all terms", "x='the blue door'", "x has_all ('Door', 'BLUE')", true),
    ("has_all misses none", "x='the blue door'", "x has_all ('Door', 'red')", false),
    ("not(has_any) is its negation", "x='the blue door'", "not(x has_any ('red', 'blu'))", true),
    ("contains folds case", "x='Blackbird'", "x contains 'KBI'", true),
    ("contains_cs does not", "x='Blackbird'", "x contains_cs 'KBI'", false),
    ("!contains is its contrary", "x='Blackbird'", "x !contains 'kbi'", false),
    ("startswith folds case", "x='Blackbird'", "x startswith 'BLACK'", true),
    ("startswith_cs does not", "x='Blackbird'", "x startswith_cs 'BLACK'", false),
    ("!startswith is its contrary", "x='Blackbird'", "x !startswith 'bird'", true),
    ("endswith folds case", "x='Blackbird'", "x endswith 'BIRD'", true),
    ("endswith_cs does not", "x='Blackbird'", "x endswith_cs 'BIRD'", false),
    ("!endswith is its contrary", "x='Blackbird'", "x !endswith 'BIRD'", false),
    ("matches regex is sensitive to case", "x='Blackbird'", "x matches regex 'BIRD'", false),
    ("matches regex takes (?i)", "x='Blackbird'", "x matches regex '(?i)BIRD'", true),
    ("matches regex searches", "x='Blackbird'", "x matches regex 'ck.i'", true),
    ("not(matches regex) is its negation", "x='Blackbird'", "not(x matches regex 'ck.i')", false),
    ("between includes its low end", "x=1", "x between (1 .. 3)", true),
    ("between includes its high end", "x=3", "x between (1 .. 3)", true),
    ("!between excludes both", "x=3", "x !between (1 .. 3)", false),
    ("between takes times", "x=datetime(2024-01-02)", "x between (datetime(2024-01-01) .. 1d)", true),
    ("between takes lengths of time", "x=2h", "x between (1h .. 2h)", true),
    ("has of nothing is true", "x='a'", "x has ''", true),
    ("contains of nothing is true", "x='a'", "x contains ''", true),
    ("startswith of nothing is true", "x='a'", "x startswith ''", true),
    ("endswith of nothing is true", "x='a'", "x endswith ''", true),
    ("!contains of nothing is false", "x='a'", "x !contains ''", false),
];

/// Section "What a term is".
const TERMS: Conditions = &[
    ("letters of every script make terms", "x='ПриветМир'", "x has 'привет'", false),
    ("accented letters belong to terms", "x='café'", "x has 'café'", true),
    ("accented letters are no delimiters", "x='café'", "x has 'caf'", false),
    ("an underscore delimits", "x='alpha_beta'", "x has 'alpha'", true),
    ("digits between underscores are terms", "x='1_2_3'", "x has '1'", true),
    ("dots, dashes and slashes delimit", "x='a.b-c/d'", "x has_all ('a', 'b', 'c', 'd')", true),
    ("backslashes, commas, semicolons delimit", "x=@'a\\b,c;d'", "x has_all ('a', 'b', 'c', 'd')", true),
    ("plus, equals and white space delimit", "x='a+b=c\\td\\ne'", "x has_all ('a', 'b', 'c', 'd', 'e')", true),
    ("a phrase has term boundaries at both ends", "x='version=1.2.3'", "x has '2.3'", true),
    ("a phrase does not end inside a term", "x='version=1.2.34'", "x has '2.3'", false),
    ("a path of two parts is a phrase", r"x=@'C:\Windows\System32\cmd.exe'", r"x has @'System32\cmd'", true),
    ("short terms behave the same", "x='go co 34 1'", "x has 'co' and x has '34' and x has '1'", true),
    ("short terms find no parts", "x='cold 345'", "x has 'co' or x has '34'", false),
];

/// Section "Null, empty, missing".
const NULLS: Conditions = &[
    ("a text is never null", "x=tostring(dynamic(null))", "isnull(x)", false),
    ("an absent text is empty", "x=tostring(dynamic(null))", "isempty(x) and x == ''", true),
    ("isempty of another null is true", "x=long(null)", "isempty(x)", true),
    ("== with one null is false", "x=long(null)", "x == 1", false),
    ("in with a null is false", "x=long(null)", "x in (1, 2)", false),
    ("!= with one null keeps the row", "x=long(null)", "x != 1", true),
    ("!in with a null keeps the row", "x=long(null)", "x !in (1, 2)", true),
    ("!= of a missing property keeps the row", "d=dynamic({'a': 1})", "d.b != 'x'", true),
    ("!~ of a missing property keeps the row", "d=dynamic({'a': 1})", "d.b !~ 'x'", true),
    ("!has of a missing property keeps the row", "d=dynamic({'a': 1})", "d.b !has 'x'", true),
    ("!contains of a missing property keeps the row", "d=dynamic({'a': 1})", "d.b !contains 'x'", true),
    ("!startswith of a missing property keeps the row", "d=dynamic({'a': 1})", "d.b !startswith 'x'", true),
    ("null == null drops the row", "x=long(null)", "x == x", false),
    ("null != null drops the row", "x=long(null)", "x != x", false),
    ("an order with null drops the row", "x=long(null)", "x > 0", false),
    ("so does its negation", "x=long(null)", "not(x > 0)", false),
    ("toint of no number is null, and no 0", "x='xyz'", "toint(x) == 0", false),
    ("arithmetic with null is null", "x=long(null)", "isnull(x + 1)", true),
];

/// Section "Null, empty, missing", what needs rows.
const NULL_QUERIES: Queries = &[
    (
        "aggregates of nulls",
        "datatable(x: long) [long(null), long(null)] | summarize sum(x), avg(x), min(x), max(x), count(x)",
        "0|NaN|null|null|2",
    ),
    (
        "join pairs null keys",
        "datatable(k: long, l: string) [long(null), 'a'] | join kind=inner (datatable(k: long, r: string) [long(null), 'b']) on k | project l, r",
        "a|b",
    ),
    (
        "leftouter pairs null keys",
        "datatable(k: long, l: string) [long(null), 'a'] | join kind=leftouter (datatable(k: long, r: string) [long(null), 'b']) on k | project l, r",
        "a|b",
    ),
    (
        "a missing text of leftouter is empty",
        "datatable(k: long) [1] | join kind=leftouter (datatable(k: long, r: string, n: long) [2, 'b', 3]) on k | project r, n, isempty(r)",
        "|null|true",
    ),
    ("sort is descending by default, null last", "datatable(x: long) [1, long(null), 2] | sort by x", "2;1;null"),
    ("null is the smallest", "datatable(x: long) [1, long(null), 2] | sort by x asc", "null;1;2"),
    (
        "join is innerunique by default",
        "datatable(k: long, l: string) [1, 'a', 1, 'b'] | join (datatable(k: long, r: string) [1, 'x', 1, 'y']) on k | count",
        "2",
    ),
    (
        "kind=inner keeps every left row",
        "datatable(k: long, l: string) [1, 'a', 1, 'b'] | join kind=inner (datatable(k: long, r: string) [1, 'x', 1, 'y']) on k | count",
        "4",
    ),
    ("% is Euclidean", "print a = -7 % 3", "2"),
    ("division of whole numbers truncates", "print a = 7 / 2, b = -7 / 2", "3|-3"),
    (
        "a day of the week is a length of time from Sunday",
        "print a = dayofweek(datetime(2024-01-07)), b = dayofweek(datetime(2024-01-08))",
        "00:00:00|1.00:00:00",
    ),
    ("weeks start on Sunday", "print a = startofweek(datetime(2024-01-10)) == datetime(2024-01-07)", "true"),
    ("substring counts code points", "print a = substring('äöü', 1, 1)", "ö"),
    ("split out of range is null", "print a = isnull(split('a,b', ',', 5)[0])", "true"),
    ("indexof of nothing is null", "print a = isnull(indexof('abc', ''))", "true"),
    (
        "bins of time are anchored at the year 1",
        "print a = bin(datetime(1955-11-05), 7d) == datetime(1955-10-31)",
        "true",
    ),
];

/// Section "Dynamic values".
const DYNAMICS: Conditions = &[
    ("a missing property is null", "d=dynamic({'a': 1})", "isnull(d.b)", true),
    ("a path through nothing is null", "d=dynamic({'a': 1})", "isnull(d.b.c[3])", true),
    ("an index counts from the end", "d=dynamic([1, 2])", "d[-1] == 2", true),
    ("an index out of range is null", "d=dynamic([1, 2])", "isnull(d[10])", true),
    ("names of properties are sensitive to case", "d=dynamic({'a': 1})", "isnull(d.A)", true),
    ("== takes a dynamic value", "d=dynamic({'a': 'Door'})", "d.a == 'Door'", true),
    ("=~ takes a dynamic value", "d=dynamic({'a': 'Door'})", "d.a =~ 'door'", true),
    ("in~ takes a dynamic value", "d=dynamic({'a': 'Door'})", "d.a in~ ('door')", true),
    ("has takes a dynamic value", "d=dynamic({'a': 'the door'})", "d.a has 'door'", true),
    ("has_any takes a dynamic value", "d=dynamic({'a': 'the door'})", "d.a has_any ('gate', 'door')", true),
    ("matches regex takes a dynamic value", "d=dynamic({'a': 'the door'})", "d.a matches regex 'd..r'", true),
    (
        "strlen and tolower take a dynamic value",
        "d=dynamic({'a': 'Door'})",
        "strlen(d.a) == 4 and tolower(d.a) == 'door'",
        true,
    ),
    ("isempty takes a dynamic value", "d=dynamic({'a': ''})", "isempty(d.a)", true),
    ("an order takes a dynamic value", "d=dynamic({'n': 7})", "d.n > 5", true),
    ("tostring of nothing is empty", "d=dynamic({'a': 1})", "tostring(d.b) == ''", true),
    ("tostring(missing) != keeps the row", "d=dynamic({'a': 1})", "tostring(d.b) != 'x'", true),
    ("isempty(tostring()) tests absence", "d=dynamic({'a': 1})", "isempty(tostring(d.b))", true),
    ("JSON null is null", "d=parse_json('null')", "isnull(d)", true),
    ("JSON null inside a bag is null", "d=parse_json('{\"a\": null}')", "isnull(d.a)", true),
    ("what is no JSON is a text", "d=parse_json('not json')", "d == 'not json'", true),
    ("JSON of nothing is null", "d=parse_json('')", "isnull(d)", true),
];

/// Section "Dynamic values", what needs rows.
const DYNAMIC_QUERIES: Queries = &[
    (
        "mv-expand drops the row of an empty array and keeps that of null",
        "datatable(k: string, d: dynamic) ['a', dynamic([]), 'b', dynamic(null), 'c', dynamic([1, 2])] | mv-expand d | project k",
        "b;c;c",
    ),
    (
        "texts are compared after mv-expand by tostring",
        "print d = dynamic(['x', 'y']) | mv-expand d | where tostring(d) == 'y' | count",
        "1",
    ),
];

/// Section "Types the binder enforces": comparisons that are legal, and how they come out.
const LEGAL: Conditions = &[
    ("a text equals a number by its text", "ResultType='0'", "ResultType == 0", true),
    ("a text in a list of numbers", "x='2'", "x in (1, 2)", true),
    ("a number equals a text of it", "x=5", "x == '5'", true),
    ("a number in a list of texts", "x=5", "x in ('5', '6')", true),
    ("a time equals a text of it", "x=datetime(2024-01-01)", "x == '2024-01-01'", true),
    ("a truth equals a text of it", "x=true", "x == 'true'", true),
    ("verbatim texts keep backslashes", "x='a\\\\b'", "x == @'a\\b'", true),
    ("a quote doubles in a verbatim text", "x='it\\'s'", "x == @'it''s'", true),
    ("obfuscated texts are texts", "x='a'", "x == h'a'", true),
    ("texts of several lines", "x='a\\nb'", "x == ```a\nb```", true),
];

/// What the document does not list by case, and the operators over whole tables, as the engine's documentation has them.
const TABLES: Queries = &[
    (
        "make-series fills steps without rows with the default",
        "datatable(t: datetime, n: long) [datetime(2024-01-01), 1, datetime(2024-01-03), 3] | make-series s = sum(n) default=0 on t from datetime(2024-01-01) to datetime(2024-01-04) step 1d | project s",
        "[1,0,3]",
    ),
    (
        "make-series without ends goes from the first to the last step",
        "datatable(t: long, n: long) [1, 1, 3, 3] | make-series s = sum(n) default=-1 on t step 1 | project s, t",
        "[1,-1,3]|[1,2,3]",
    ),
    (
        "make-series ends before `to`",
        "datatable(t: long, n: long) [0, 1, 4, 5] | make-series s = count() on t from 0 to 4 step 2 | project s",
        "[1,0]",
    ),
    (
        "bag_unpack makes columns of members",
        "datatable(k: string, d: dynamic) ['a', dynamic({'x': 1}), 'b', dynamic({'y': 2})] | evaluate bag_unpack(d) | project k, x, y",
        "a|1|null;b|null|2",
    ),
    (
        "pivot makes columns of values",
        "datatable(u: string, r: string) ['a', 'ok', 'a', 'bad', 'b', 'ok'] | evaluate pivot(r) | project u, ok, bad | sort by u asc",
        "a|1|1;b|1|0",
    ),
    (
        "ipv4_lookup pairs addresses with networks",
        "datatable(ip: string) ['10.1.2.3', '192.168.0.1'] | evaluate ipv4_lookup((datatable(net: string, site: string) ['10.1.0.0/16', 'west']), ip, net) | project ip, site",
        "10.1.2.3|west",
    ),
    (
        "ipv4_lookup keeps unmatched rows when asked",
        "datatable(ip: string) ['10.1.2.3', '192.168.0.1'] | evaluate ipv4_lookup((datatable(net: string, site: string) ['10.1.0.0/16', 'west']), ip, net, return_unmatched = true) | project ip, site",
        "10.1.2.3|west;192.168.0.1|",
    ),
    (
        "parse-kv takes pairs out of a text",
        "print s = 'user=ann;age=41' | parse-kv s as (user: string, age: long, none: string) with (pair_delimiter=';', kv_delimiter='=') | project user, age, none",
        "ann|41|",
    ),
    (
        "top-nested ranks level by level",
        "datatable(a: string, b: string, n: long) ['x', 'p', 5, 'x', 'q', 7, 'y', 'p', 1] | top-nested 1 of a by sum(n), top-nested 1 of b by sum(n)",
        "x|12|q|7",
    ),
    (
        "partition runs steps over each part",
        "datatable(a: string, n: long) ['x', 1, 'x', 2, 'y', 3] | partition by a (top 1 by n desc) | sort by a asc",
        "x|2;y|3",
    ),
    (
        "has_any_ipv4 finds whole addresses",
        "print a = has_any_ipv4('from 10.0.0.1 to', '10.0.0.1'), b = has_any_ipv4('10.0.0.12', '10.0.0.1')",
        "true|false",
    ),
];

fn conditions(section: &str, cases: Conditions) {
    let mut wrong = Vec::new();
    for (rule, columns, condition, expected) in cases {
        if holds(columns, condition) != *expected {
            wrong.push(format!("{rule}: {columns}: {condition}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "section \"{section}\":\n{}", wrong.join("\n"));
}

fn queries(section: &str, cases: Queries) {
    let mut wrong = Vec::new();
    for (rule, query, expected) in cases {
        match answer(query) {
            Ok(found) if found == *expected => {}
            Ok(found) => wrong.push(format!("{rule}: {query}\n   expected {expected}\n   got      {found}")),
            Err(reason) => wrong.push(format!("{rule}: {query}: {reason}")),
        }
    }
    assert!(wrong.is_empty(), "section \"{section}\":\n{}", wrong.join("\n"));
}

#[test]
fn string_operators() {
    conditions("String operators", STRING_OPERATORS);
    // "no `!has_any`/`!has_all`", "no `!matches regex`", spellings that the parser does not have.
    for wrong in [
        "x !has_any ('a')",
        "x !has_all ('a')",
        "x !matches regex 'a'",
        "x hascs 'a'",
        "x startswithcs 'a'",
        "x nothas 'a'",
    ] {
        assert!(read(&format!("T | where {wrong}"), &TypeMap::default()).is_err(), "{wrong}");
    }
    // Old spellings that it has.
    for old in ["x notcontains 'a'", "x containscs 'a'", "x notcontainscs 'a'", "x like 'a'", "x notlike 'a'"] {
        assert!(read(&format!("T | where {old}"), &TypeMap::default()).is_ok(), "{old}");
    }
}

#[test]
fn what_a_term_is() {
    conditions("What a term is", TERMS);
}

#[test]
fn null_empty_missing() {
    conditions("Null, empty, missing", NULLS);
    queries("Null, empty, missing", NULL_QUERIES);
}

#[test]
fn dynamic_values() {
    conditions("Dynamic values", DYNAMICS);
    queries("Dynamic values", DYNAMIC_QUERIES);
}

#[test]
fn types_that_the_binder_lets_pass() {
    conditions("Types the binder enforces", LEGAL);
    // An unknown escape is a syntax error.
    assert!(read("print x = \"\\j\"", &TypeMap::default()).is_err());
}

#[test]
fn operators_over_whole_tables() {
    queries("operators over whole tables", TABLES);
}

/// The open engine's answers to the same questions; where it refuses one, or is known to be wrong, it is not asked.
#[test]
fn the_open_engine_agrees() {
    use std::io::Write;
    let Some(shared) = shared() else { return };
    let home = std::env::var("HOME").unwrap_or_default();
    let python = std::env::var("JUDGES").unwrap_or(format!("{home}/.cache/rule-judges")) + "/kusto-venv/bin/python";
    let mut asked: Vec<(String, String)> = Vec::new();
    for cases in [STRING_OPERATORS, TERMS, NULLS, DYNAMICS, LEGAL] {
        for (rule, columns, condition, _) in cases {
            asked.push(((*rule).to_owned(), format!("print {columns} | where {condition} | count")));
        }
    }
    for cases in [NULL_QUERIES, DYNAMIC_QUERIES, TABLES] {
        asked.extend(cases.iter().map(|(rule, query, _)| ((*rule).to_owned(), (*query).to_owned())));
    }
    let child = std::process::Command::new(python)
        .arg(shared.join("judges/kusto/execute.py"))
        .arg("duckdb-kql")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: the open engine is not installed");
        return;
    };
    let lines: String = asked.iter().map(|(_, query)| serde_json::json!({ "q": query }).to_string() + "\n").collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let (mut agree, mut refused, mut differ) = (0, 0, Vec::new());
    for ((rule, query), line) in asked.iter().zip(String::from_utf8_lossy(&output.stdout).lines()) {
        let verdict: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(rows) = verdict["rows"].as_array() else {
            refused += 1;
            continue;
        };
        let cell = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => "null".to_owned(),
            other => other.to_string(),
        };
        let theirs: Vec<String> =
            rows.iter().map(|row| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join("|")).collect();
        let ours = answer(query).unwrap();
        if theirs.join(";") == ours {
            agree += 1
        } else {
            differ.push(format!("{rule}: {ours} here, {} there", theirs.join(";")))
        }
    }
    println!("the open engine: {agree} agree, {} differ, {refused} refused", differ.len());
    for line in &differ {
        println!("   {line}");
    }
    assert!(agree * 100 >= (agree + differ.len()) * 85, "{}", differ.join("\n"));
}
