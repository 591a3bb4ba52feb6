//! Semantics, one case for each rule of spec/elastic-semantics.md.

use crate::shared::{condition, read};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldType, TypeMap};
use serde_json::{Value as Json, json};

/// A query with what it says of events.
pub struct Case {
    /// The rule of semantics.
    pub rule: &'static str,
    /// The dialect.
    pub language: &'static str,
    /// The query.
    pub query: &'static str,
    /// Types of fields.
    pub types: &'static [(&'static str, &'static str)],
    /// Events, and whether they match.
    pub events: Vec<(Json, bool)>,
    /// Whether the judge can run it, too.
    pub judged: bool,
}

type Types = &'static [(&'static str, &'static str)];

/// Every case.
pub fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    let mut case = |rule: &'static str, language: &'static str, query: &'static str, types: Types, events: Json| {
        let events =
            events.as_array().unwrap().iter().map(|pair| (pair[0].clone(), pair[1].as_bool().unwrap())).collect();
        all.push(Case { rule, language, query, types, events, judged: !rule.starts_with("Elasticsearch") });
    };
    for (kuery, lucene) in [("f:Admin", "f:Admin"), ("f:\"Admin\"", "f:\"Admin\"")] {
        let events = json!([[{"f": "Admin"}, true], [{"f": "admin"}, false], [{"f": "Admin x"}, false], [{}, false]]);
        case("a keyword is compared exactly and with regard to case", "kuery", kuery, &[], events.clone());
        case("a keyword is compared exactly and with regard to case", "lucene", lucene, &[], events);
    }
    let text: Types = &[("m", "text")];
    let phrase = json!([
        [{"m": "run Invoke-Mimikatz now"}, true], [{"m": "INVOKE mimikatz"}, true], [{"m": "mimikatz invoke"}, false],
        [{"m": "invoke the mimikatz"}, false], [{"m": "xInvoke-Mimikatz"}, false]
    ]);
    case("quoted text is a phrase of tokens, not a substring", "kuery", "m:\"Invoke-Mimikatz\"", text, phrase.clone());
    case("quoted text is a phrase of tokens, not a substring", "lucene", "m:\"Invoke-Mimikatz\"", text, phrase);
    let words = json!([[{"m": "only mimikatz"}, true], [{"m": "invoke"}, true], [{"m": "invoked"}, false]]);
    case("unquoted text is any of its tokens", "kuery", "m:Invoke-Mimikatz", text, words.clone());
    case("unquoted text is any of its tokens", "lucene", "m:Invoke-Mimikatz", text, words);
    let tokens = json!([[{"m": "the MIMIKATZ tool"}, true], [{"m": "a mimi b"}, true], [{"m": "xmimi"}, false]]);
    case("wildcards on text fit single tokens", "kuery", "m:Mimi*", text, tokens.clone());
    case("wildcards on text fit single tokens", "lucene", "m:Mimi*", text, tokens);

    let missing =
        json!([[{"f": "x"}, false], [{"f": "y"}, true], [{}, true], [{"f": ["x", "y"]}, false], [{"f": null}, true]]);
    case("not f:x matches documents without f", "kuery", "not f:x", &[], missing.clone());
    case("not f:x matches documents without f", "lucene", "NOT f:x", &[], missing.clone());
    case("a group of nothing but negations is fixed by Elasticsearch", "lucene", "(NOT f:x) AND (-f:z)", &[], missing);
    let both = json!([[{"f": ["a", "b"]}, true], [{"f": "a"}, false], [{"f": "b"}, false], [{"f": "a b"}, false]]);
    case("f:(a and b) is two tests of any value", "kuery", "f:(a and b)", &[], both.clone());
    case("f:(a and b) is two tests of any value", "lucene", "f:(a AND b)", &[], both);
    let some = json!([[{"f": ["c", "b"]}, true], [{"f": "a"}, true], [{"f": "c"}, false]]);
    case("a list of values is a choice", "kuery", "f:(a or b)", &[], some.clone());
    case("a list of values is a choice", "lucene", "f:(a OR b)", &[], some);
    case(
        "a list of values may hold not",
        "kuery",
        "f:(a* and not ab)",
        &[],
        json!([[{"f": "ac"}, true], [{"f": "ab"}, false], [{"f": ["ac", "ab"]}, false], [{"f": "b"}, false]]),
    );
    let exists = json!([[{"f": "x"}, true], [{"f": ""}, true], [{"f": []}, false], [{"f": null}, false], [{}, false], [{"f": 0}, true]]);
    case("f:* asks for any value, the empty text too", "kuery", "f:*", &[], exists.clone());
    case("f:* asks for any value, the empty text too", "lucene", "f:*", &[], exists.clone());
    case("f:* asks for any value, the empty text too", "lucene", "_exists_:f", &[], exists);

    let ip: Types = &[("source.ip", "ip")];
    let network = json!([
        [{"source.ip": "10.1.2.3"}, true], [{"source.ip": "11.0.0.1"}, false], [{"source": {"ip": ["8.8.8.8", "10.0.0.1"]}}, true],
        [{"source.ip": "10.0.0.0/8"}, false], [{}, false]
    ]);
    case("an address field accepts a network as a value", "kuery", "source.ip:10.0.0.0/8", ip, network.clone());
    case("an address field accepts a network as a value", "kuery", "source.ip:\"10.0.0.0/8\"", ip, network.clone());
    case("an address field accepts a network as a value", "lucene", "source.ip:\"10.0.0.0/8\"", ip, network.clone());
    case("an address field accepts a network as a value", "lucene", "source.ip:10.0.0.0\\/8", ip, network);
    case(
        "an address field accepts a network as a value",
        "kuery",
        "source.ip:(10.0.0.0/8 or 127.0.0.1 or \"::1\")",
        ip,
        json!([[{"source.ip": "10.1.2.3"}, true], [{"source.ip": "127.0.0.1"}, true], [{"source.ip": "0:0:0:0:0:0:0:1"}, true], [{"source.ip": "1.1.1.1"}, false]]),
    );
    case(
        "addresses have an order",
        "lucene",
        "source.ip:[10.0.0.9 TO 10.0.0.20}",
        ip,
        json!([[{"source.ip": "10.0.0.10"}, true], [{"source.ip": "10.0.0.20"}, false], [{"source.ip": "10.0.0.1"}, false]]),
    );
    case(
        "field names with * are any of the fields",
        "kuery",
        "a.*.n:x",
        &[],
        json!([[{"a": {"b": {"n": "x"}}}, true], [{"a.b.c.n": "x"}, true], [{"a.n": "x"}, false], [{"a.b.n": "y"}, false]]),
    );
    case(
        "field names with * are any of the fields",
        "lucene",
        "a.\\*.n:x",
        &[],
        json!([[{"a": {"b": {"n": "x"}}}, true], [{"a.b.c.n": "x"}, true], [{"a.n": "x"}, false], [{"a.b.n": "y"}, false]]),
    );
    for kind in [&[][..], &[("code", "keyword")], &[("code", "long")]] {
        case(
            "numbers are coerced by the mapping",
            "kuery",
            "code:\"4625\"",
            kind,
            json!([[{"code": "4625"}, true], [{"code": 4625}, true], [{"code": 4624}, false], [{"code": "46250"}, false]]),
        );
    }
    case(
        "booleans are coerced by the mapping",
        "kuery",
        "b:\"true\" and not c:false",
        &[("b", "boolean"), ("c", "boolean")],
        json!([[{"b": true}, true], [{"b": "true", "c": true}, true], [{"b": true, "c": false}, false]]),
    );
    case(
        "* is the only wildcard of KQL, ? a character",
        "kuery",
        "f:a?c*",
        &[],
        json!([[{"f": "a?cd"}, true], [{"f": "abcd"}, false]]),
    );
    case("a quoted * is a character", "kuery", "f:\"a*\"", &[], json!([[{"f": "a*"}, true], [{"f": "ab"}, false]]));
    case(
        "a tab hides in a path",
        "kuery",
        r#"f:"C:\Program Files\..\tmp""#,
        &[],
        json!([[{"f": "C:\\Program Files\\..\tmp"}, true], [{"f": "C:\\Program Files\\..\\tmp"}, false]]),
    );
    case(
        "words without quotes are one value",
        "kuery",
        "f: foo bar",
        &[],
        json!([[{"f": "foo bar"}, true], [{"f": "foo"}, false]]),
    );
    case(
        "a pattern with a space is one pattern on a keyword",
        "kuery",
        "f:*S3 Browser*",
        &[("f", "keyword")],
        json!([[{"f": "S3 Browser 1"}, true], [{"f": "S3"}, false], [{"f": "Browser"}, false]]),
    );
    case(
        "a pattern with a space is cut on other fields",
        "kuery",
        "f:*S3 Browser*",
        &[("f", "wildcard")],
        json!([[{"f": "S3 Browser 1"}, false], [{"f": "x S3"}, true], [{"f": "Browser x"}, true], [{"f": "x Browser x"}, false]]),
    );
    case(
        "operators of KQL ignore case",
        "kuery",
        "f:a OR NOT g:b AND h:c",
        &[],
        json!([[{"f": "a"}, true], [{"h": "c"}, true], [{"g": "b", "h": "c"}, false], [{}, false]]),
    );
    case(
        "ranges compare any value",
        "kuery",
        "n >= 5 and n < 10",
        &[("n", "long")],
        json!([[{"n": 5}, true], [{"n": 10}, false], [{"n": [1, 20]}, true], [{"n": "7"}, true], [{}, false]]),
    );
    case(
        "a range wants one value between its ends",
        "lucene",
        "n:[5 TO 10}",
        &[("n", "long")],
        json!([[{"n": 5}, true], [{"n": 10}, false], [{"n": [1, 20]}, false], [{"n": "7"}, true], [{}, false]]),
    );
    case(
        "open ends and comparison signs",
        "lucene",
        "n:>=5 AND n:[* TO 9]",
        &[("n", "double")],
        json!([[{"n": 5}, true], [{"n": 9.5}, false], [{"n": 4.9}, false], [{"n": [1, 20]}, true]]),
    );
    case(
        "Elasticsearch reads comparison signs in a group",
        "lucene",
        "n:(>=5 AND <10)",
        &[("n", "long")],
        json!([[{"n": 5}, true], [{"n": 10}, false], [{"n": 1}, false]]),
    );
    case(
        "text ranges go by code point",
        "lucene",
        "f:{a TO c]",
        &[],
        json!([[{"f": "b"}, true], [{"f": "c"}, true], [{"f": "a"}, false], [{"f": "ab"}, true], [{"f": "ca"}, false], [{"f": "B"}, false]]),
    );
    let date: Types = &[("t", "date")];
    let day = json!([
        [{"t": "2024-01-01T00:00:00Z"}, true], [{"t": "2024-01-01T23:59:59.999Z"}, true], [{"t": "2024-01-02T00:00:00Z"}, false],
        [{"t": "2023-12-31T23:59:59Z"}, false]
    ]);
    case("a date names the whole day", "kuery", "t:2024-01-01", date, day.clone());
    case("a date names the whole day", "lucene", "t:\"2024-01-01\"", date, day.clone());
    case("a date as an end of a range is rounded", "kuery", "t >= 2024-01-01 and t <= 2024-01-01", date, day.clone());
    case("a date as an end of a range is rounded", "kuery", "t < 2024-01-02 and t > 2023-12-31", date, day.clone());
    case("a date as an end of a range is rounded", "lucene", "t:[2024-01-01 TO 2024-01-01]", date, day.clone());
    case("a date as an end of a range is rounded", "lucene", "t:{2023-12-31 TO 2024-01-02}", date, day);
    // The tests' clock stands at 2024-06-15T12:00:00Z.
    case(
        "date math",
        "kuery",
        "@timestamp >= now-1d",
        &[],
        json!([[{"@timestamp": "2024-06-14T12:00:00Z"}, true], [{"@timestamp": "2024-06-14T11:59:59Z"}, false]]),
    );
    case(
        "date math is rounded",
        "kuery",
        "@timestamp >= now/d",
        &[],
        json!([[{"@timestamp": "2024-06-15T00:00:00Z"}, true], [{"@timestamp": "2024-06-14T23:59:59Z"}, false]]),
    );
    let objects = json!([
        [{"u": [{"first": "a", "last": "b"}]}, true], [{"u": [{"first": "a", "last": "x"}, {"first": "y", "last": "b"}]}, true],
        [{"u": [{"first": "a"}]}, false]
    ]);
    case("objects in lists are flattened", "kuery", "u.first:a and u.last:b", &[], objects.clone());
    case("objects in lists are flattened", "lucene", "u.first:a AND u.last:b", &[], objects);
    case(
        "a nested field keeps its objects apart",
        "kuery",
        "u:{ first:a and last:b }",
        &[("u", "nested")],
        json!([
            [{"u": [{"first": "a", "last": "b"}]}, true], [{"u": [{"first": "a", "last": "x"}, {"first": "y", "last": "b"}]}, false],
            [{"u": {"first": "a", "last": "b"}}, true], [{}, false]
        ]),
    );
    case(
        "a value alone is searched for in every field",
        "kuery",
        "4625 and *err*",
        &[],
        json!([[{"a": "4625", "b": {"c": "an error"}}, true], [{"a": 4625, "b": ["err"]}, true], [{"a": "4625 x", "b": "err"}, false], [{"a": "4625"}, false]]),
    );
    case(
        "a value alone is searched for in every field",
        "lucene",
        "4625 AND *err*",
        &[],
        json!([[{"a": "4625", "b": {"c": "an error"}}, true], [{"a": "4625 x", "b": "err"}, false], [{"a": "4625"}, false]]),
    );
    case(
        "a search in every field looks into analysed text by tokens",
        "kuery",
        "\"access denied\"",
        &[("m", "text")],
        json!([[{"m": "Access denied to x"}, true], [{"f": "access denied"}, true], [{"f": "Access denied to x"}, false]]),
    );
    case(
        "multi-fields in lower case ignore case",
        "kuery",
        "process.name.caseless:cmd.exe",
        &[],
        json!([[{"process.name": "CMD.exe"}, true], [{"process": {"name": "cmd.exe"}}, true], [{"process.name": "x"}, false]]),
    );
    case(
        "AND makes its neighbours required, what else is optional decides nothing",
        "lucene",
        "f:a OR f:b AND g:c",
        &[],
        json!([[{"f": "a"}, false], [{"f": "b", "g": "c"}, true], [{"f": ["a"], "g": "c"}, false], [{"f": ["a", "b"], "g": "c"}, true]]),
    );
    case(
        "AND makes its neighbours required, what else is optional decides nothing",
        "lucene",
        "f:a AND f:b OR g:c",
        &[],
        json!([[{"g": "c"}, false], [{"f": ["a", "b"]}, true], [{"f": "a", "g": "c"}, false]]),
    );
    case(
        "+ and - and nothing",
        "lucene",
        "+f:a -g:b h:c",
        &[],
        json!([[{"f": "a"}, true], [{"f": "a", "g": "b"}, false], [{"h": "c"}, false], [{"f": "a", "h": "c"}, true]]),
    );
    case(
        "the default operator is OR",
        "lucene",
        "f:a g:b -h:c",
        &[],
        json!([[{"f": "a"}, true], [{"g": "b"}, true], [{}, false], [{"f": "a", "h": "c"}, false]]),
    );
    case(
        "NOT beside OR forbids",
        "lucene",
        "f:a OR NOT g:b",
        &[],
        json!([[{"f": "a"}, true], [{"f": "a", "g": "b"}, false], [{}, false], [{"g": "x"}, false]]),
    );
    case(
        "words in a group are one text to a keyword",
        "lucene",
        "f:(foo bar)",
        &[],
        json!([[{"f": "foo bar"}, true], [{"f": "foo"}, false], [{"f": ["foo", "bar"]}, false]]),
    );
    case(
        "lower-case operators are words",
        "lucene",
        "f:a and g:b",
        &[],
        json!([[{"f": "a"}, true], [{"g": "b"}, true], [{"x": "and"}, true], [{"f": "b"}, false]]),
    );
    case(
        "regular expressions fit the whole value in Lucene's own dialect",
        "lucene",
        r"f:/ab?c\/[0-9]+.*/",
        &[],
        json!([[{"f": "ac/1x"}, true], [{"f": "xac/1"}, false], [{"f": "AC/1"}, false], [{"f": "abc/1\nx"}, true]]),
    );
    case(
        "regular expressions have no anchors and no classes by name",
        "lucene",
        r"f:/^\d$/",
        &[],
        json!([[{"f": "^d$"}, true], [{"f": "1"}, false]]),
    );
    case(
        "? is one character in Lucene",
        "lucene",
        r"f:a?c\?*",
        &[],
        json!([[{"f": "abc?"}, true], [{"f": "ac?"}, false], [{"f": "abcd"}, false], [{"f": "ABC?"}, false]]),
    );
    case(
        "fuzzy words count edits, two letters that change places as one",
        "lucene",
        "f:mimikatz~1",
        &[],
        json!([[{"f": "mimikatz"}, true], [{"f": "mimikats"}, true], [{"f": "mimiaktz"}, true], [{"f": "mimkats"}, false], [{"f": "Mimikatz"}, true], [{"f": "MImikatz"}, false]]),
    );
    case(
        "fuzzy words without a number have two edits",
        "lucene",
        "f:mimikatz~",
        &[],
        json!([[{"f": "mmikats"}, true], [{"f": "mikatz"}, true], [{"f": "mikats"}, false]]),
    );
    case(
        "words of a phrase may be apart",
        "lucene",
        "m:\"quick fox\"~1",
        text,
        json!([[{"m": "the quick brown fox"}, true], [{"m": "quick red brown fox"}, false], [{"m": "fox quick"}, false]]),
    );
    case(
        "a boost selects nothing",
        "lucene",
        "f:a^3 OR (f:b)^2",
        &[],
        json!([[{"f": "a"}, true], [{"f": "b"}, true], [{"f": "c"}, false]]),
    );
    case("*:* is every event", "lucene", "*:* AND NOT f:a", &[], json!([[{}, true], [{"f": "a"}, false]]));
    case("*:* is every event", "kuery", "*:* and not f:a", &[], json!([[{}, true], [{"f": "a"}, false]]));
    case(
        "spaces are escaped in wildcards",
        "lucene",
        r"f:*\ \-enc\ *",
        &[],
        json!([[{"f": "pw -enc x"}, true], [{"f": "pw-encx"}, false]]),
    );
    case(
        "_exists_ of an object",
        "lucene",
        "_exists_:u",
        &[],
        json!([[{"u": {"name": "x"}}, true], [{"v": 1}, false]]),
    );
    all
}

#[test]
fn semantics() {
    let mut wrong = 0;
    for case in cases() {
        let types = TypeMap(
            case.types.iter().map(|(name, kind)| ((*name).to_owned(), FieldType::parse(kind).unwrap())).collect(),
        );
        let found = condition(case.language, case.query, &types);
        let context = Context::new(Access::Elastic, &types, crate::judge::NOW);
        for (event, expected) in &case.events {
            let got = matches(&found, event, &context);
            if got != Ok(*expected) {
                wrong += 1;
                println!(
                    "{}: {} {} on {event}: {got:?}, expected {expected}\n{found:?}",
                    case.rule, case.language, case.query
                );
            }
        }
    }
    assert_eq!(wrong, 0);
}

#[test]
fn what_elasticsearch_refuses_is_not_read() {
    let types = TypeMap(
        [("ip", "ip"), ("n", "long"), ("b", "boolean"), ("m", "text"), ("t", "date")]
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), FieldType::parse(kind).unwrap()))
            .collect(),
    );
    let cases = [
        ("kuery", "ip:10.*", "elastic-value-refused"),
        ("kuery", "ip:host", "elastic-value-refused"),
        ("kuery", "n:x", "elastic-value-refused"),
        ("kuery", "n > x", "elastic-value-refused"),
        ("kuery", "b:yes", "elastic-value-refused"),
        ("kuery", "t:yesterday", "elastic-date-math"),
        ("kuery", "m >= a", "elastic-analysed"),
        ("lucene", "m:foo~", "elastic-analysed"),
        ("lucene", "m:/a.*/", "elastic-analysed"),
        ("lucene", "f:/a{/", "lucene-regex-refused"),
        ("lucene", "f:> 5", "lucene-comparison"),
        ("lucene", "n:4*", "elastic-value-refused"),
    ];
    for (language, query, code) in cases {
        let found = read(language, &format!("f:x {} {query}", if language == "kuery" { "and" } else { "AND" }), &types)
            .unwrap();
        let codes: Vec<&str> = found.unread.iter().map(|entry| entry.code.name()).collect();
        assert_eq!(codes, [code], "{query}");
    }
}

#[test]
fn what_is_surely_meant_otherwise_is_warned_of() {
    let cases = [
        ("kuery", "a:x and", "kuery-operator-at-end"),
        ("kuery", r#"f:"C:\temp""#, "kuery-control-character"),
        ("lucene", "a:b and c:d", "lucene-lower-case"),
        ("lucene", "a:b OR c:d AND e:f", "lucene-optional"),
        ("lucene", r"a:/\d+/", "lucene-regex"),
        ("lucene", "a:/^x$/", "lucene-regex"),
    ];
    for (language, query, code) in cases {
        let found = read(language, query, &TypeMap::default()).unwrap();
        assert!(found.diagnostics.iter().any(|found| found.code.name() == code), "{query}: {:?}", found.diagnostics);
    }
}
