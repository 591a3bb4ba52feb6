//! Our own queries: every construct of the grammar, beside the official parser where it is there; layouts as they must
//! look; what must be refused, in words; and texts made to hurt.

use std::time::{Duration, Instant};

use ruleglot::dialect::kusto;
use serde_json::Value;

use crate::fmt::without_parentheses;
use crate::judge::judge;

/// One query a construct. Nothing here means anything; all of it is grammatical.
const QUERIES: &[&str] = &[
    "T",
    "",
    "// nothing but a comment",
    "T;",
    "T | where a == 1; U | take 2",
    "#crp x\nT | take 1",
    "T | where a = 1",
    "T | filter a <> b",
    "T | where ['a b'] has_cs 'x' and [\"c\"] !hasprefix_cs @\"y\" or not(d hassuffix ```z```)",
    "T | where a notcontains 'x' and b containscs 'y' and c notcontainscs 'z' and d like 'a*' and e notlikecs 'b'",
    "T | where a matches regex @'^\\d+$' and b !in~ ('x', 'y') and c has_all ('u', 'v') and d has_any (list)",
    "T | where a between (1 .. 5) and b !between (ago(1d) .. now()) and -c < +2.5e3 and d % 2 == 0",
    "T | where a in ((U | where b > 1 | project c)) and d in (V | project e) and f !in (dynamic([1, 'x', null, {\"k\": -1.5}]))",
    "T | where * has 'x' and * == 'y' and a : 'z'",
    "T | where (a or b) and ((c)) and (d == 1) and ((e and f) or g) and ((h) + (i) * j) / 2 > 1",
    "T | where a.b.c[0][\"d\"].['e f'][-1].g() == x and (y).z == 1 and [x] == 2",
    "T | extend a = 1d, b = 2.5h, c = time(1.02:03:04), d = datetime(2024-01-01 10:00), e = guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
    "T | extend a = int(5), b = long(null), c = real(nan), d = decimal(1.5), e = bool(true), f = 0xff, g = 1., h = h'secret', i = h@\"p\"",
    "T | extend a = 'one' \"two\" @'three', b = typeof(string), c = dynamic({}), d = dynamic([]), e = dynamic(null), f = dynamic(datetime(2020-01-01))",
    "T | extend (a, b) = f(x), c = case(a, 1, b, 2, 3), d = iif(a, b, c), e = bin (TimeGenerated, 1h), g = {param}, h = guid (x)",
    "T | project a, b = c, ['d e'] = f",
    "T | project",
    "T | project-away a, b*, *_s, *c*",
    "T | project-keep a* | project-rename x = y | project-reorder a asc, b* desc, c granny-asc | project-by-names 'a', b",
    "T | summarize count(), makeset(a) by b, bin(TimeGenerated, 1h), c = d",
    "T | summarize hint.strategy=shuffle hint.shufflekey=a hint.num_partitions=5 arg_max(t, *) by a | summarize by a | summarize",
    "T | distinct * | distinct a, b | count | count as n | consume | getschema | getschema kind=csl",
    "T | order by a asc nulls last, b desc, c nulls first | sort by d | top 5 by e desc nulls first | take 3 | limit 4 | sample 2",
    "T | sample-distinct 5 of a | top-hitters 3 of a by b | top-nested 3 of a with others = 'x' by count(), top-nested of b by max(c) desc",
    "T | join kind=inner hint.remote=left (U | where b) on a, $left.b == $right.c | join (V) on d | join W on e | join X where f == g",
    "T | lookup kind=leftouter (U) on a",
    "union withsource=Source kind=outer isfuzzy=true A, B*, (C | where d), database('x').E, workspace('y').F*, ['G h'] | take 1",
    "T | union A, materialized(B)",
    "T | as hint.materialized=true X | serialize | serialize n = row_number() | invoke f(1).g(2) | evaluate hint.distribution=single bag_unpack(d) : (*, a:string, b:long)",
    "T | evaluate pivot(a, count()) : (a:string)",
    "range x from 1 to 10 step 2",
    "print a = 1, b = 'c', toscalar(T | count), toscalar kind=nooptimization (T)",
    "T | mv-expand a | mvexpand kind=array b = c to typeof(long), d limit 5 | mv-expand bagexpansion=array with_itemindex=i e",
    "T | mv-apply x = y to typeof(string), z limit 3 on (where x > 1 | summarize count()) | mv-apply e on (take 1)",
    "T | parse kind=regex flags=U a with * 'x' b:long 'y' c * | parse-where a with 'x' b | parse a with",
    "T | parse-kv a as (b:string, c:long) with (pair_delimiter=';', kv_delimiter='=', quote='\"', greedy=true)",
    "T | make-series kind=nonempty n = count() default=0, m = avg(x) on TimeGenerated from ago(7d) to now() step 1h by a, b",
    "T | make-series count() on t in range(ago(1d), now(), 1h)",
    "T | make-series count() on t step 1h",
    "search 'x'",
    "search kind=case_sensitive in (A, B*) 'x' and a : 'y' | take 1",
    "T | search * | search * and a == 1",
    "find in (A, database('b').C*) where d == 1 project e, f:string, pack(*)",
    "find withsource=T where a == 1 project-smart",
    "find 'x'",
    "T | fork (where a) b = (take 5 | project c) (U | count)",
    "T | facet by a, b.c with (where d | take 1) | facet by e with take 2 | facet by f",
    "T | partition hint.strategy=native by a (top 1 by b) | partition by c { U | where d }",
    "T | reduce by a with threshold=0.1, characters='x' | reduce kind=source by b",
    "T | render timechart with (title='x y', xcolumn=a, ycolumns=b, c, series=d, ymin=0, legend=hidden)",
    "T | render piechart | render barchart kind=stacked title='x' by a, b | render mychart",
    "T | scan with_match_id=m order by t asc partition by a declare (x:long = 0) with (step s: b == 1; step e optional output=last: c > s.x => x = s.x + 1, y = 2;)",
    "T | make-graph a --> b with U on id, V on k | graph-match cycles=none (x)-[e*1..3]->(y)<--(z), (u)--(w) where x.n == 'a' project x.n, c = count()",
    "T | make-graph a -- b with_node_id=n | graph-to-table nodes as N with_node_id=i, edges as E | graph-mark-components kind=weak with_component_id=c",
    "T | make-graph a --> b partitioned-by p (graph-shortest-paths (x)-[e*1..5]->(y) project e)",
    "T | assert-schema (a:string, b:long) | __executeAndCache",
    "macro-expand isfuzzy=true entity_group [cluster('a').database('b'), cluster('c').database('d')] as X (X.T | where a; X.U;)",
    "datatable(a:string, b:long) ['x', 1, 'y', -2,]",
    "externaldata(a:string) [h@'https://example.org/x.csv', 'y'] with (format='csv', ignoreFirstRecord=true) | where a",
    "external_data(a:string)['x']",
    "let x = 5; let y = T | where a; let z = materialize(T | where b); let w = dynamic(['p', 'q']); y | where c in (w)",
    "let f = (a:string, b:long = 5, T:(x:string, y:long), U:(*)) { let c = a; T | where d == c }; f('x')",
    "let f = () { 1 }; let g = view () { T }; let h = (a:bool) { }; f()",
    "let e = entity_group [cluster('a').database('b')]; let k = entity_group('n'); T",
    "declare query_parameters(a:string = 'x', b:timespan = 1d); T | where c == a",
    "declare pattern p = (a:string)[b:string] { ('x').['y'] = { T | take 1 }; ('z').['w'] = { U }; }; p('x').y",
    "declare pattern p; T",
    "set notruncation; set maxmemory = 5; restrict access to (T, U*, database('x').V) with (AllowManagedIdentityAuthentication=true); T",
    "alias database d = cluster('c').database('e'); T",
    "T datascope=hotcache | where a",
    "let range = 5; let count = 1; T | where range > count and kind == 'x' and kind.a == 1",
    "T // behind\n// own\n| where a == 1 // one\n    and b == 2\n    // two\n    and c in ('x', // three\n 'y' // four\n // five\n)\n// six\n| take 5 // seven\n// eight",
    "let x = 1; // one\n// two\nlet f = (a:long) { // three\n a // four\n };\n\n\nT | join ( // five\nU // six\n) on // seven\n a | summarize // eight\n count() // nine\n by // ten\n b",
];

#[test]
fn every_construct_is_read_and_laid_out_as_the_official_parser_reads_it() {
    let mut formatted = Vec::new();
    for query in QUERIES {
        if let Err(errors) = kusto::parse(query) {
            panic!("{query}: {}", errors[0].message);
        }
        let once = kusto::format(query).unwrap();
        assert_eq!(kusto::format(&once).unwrap(), once, "{query}");
        let comments =
            |text: &str| kusto::parse(text).unwrap().comments.into_iter().map(|it| it.text).collect::<Vec<_>>();
        assert_eq!(comments(&once), comments(query), "{once}");
        formatted.push(once);
    }
    let formatted: Vec<&str> = formatted.iter().map(String::as_str).collect();
    let (Some(before), Some(after)) = (judge(QUERIES, &["--tree"]), judge(&formatted, &["--tree"])) else { return };
    for ((before, after), (query, formatted)) in before.iter().zip(&after).zip(QUERIES.iter().zip(&formatted)) {
        assert_eq!(before["ok"], Value::Bool(true), "{query}: {}", before["first"]);
        assert_eq!(after["ok"], Value::Bool(true), "{formatted}: {}", after["first"]);
        assert_eq!(without_parentheses(&before["tree"]), without_parentheses(&after["tree"]), "{formatted}");
    }
}

/// What neither we nor the official parser take, with the words of our diagnostic.
const REFUSED: &[(&str, &str)] = &[
    ("T | where and x", "found `and`, expected an expression"),
    ("T | wher a == 1", "found `wher`, expected a tabular operator such as `where`"),
    ("T | where a == b == c", "found `==` behind a comparison, expected `and`, `or` or the end of the expression"),
    ("T | where a has_any 'x'", "found `'x'`, expected `(`"),
    ("T | where (a == 1 | take 5", "`(` is never closed, expected `)`"),
    ("T | where a in ('b',)", "found `)`, expected an expression"),
    ("T | where a == \"C:\\jobs\"", "`\\j` is no escape that the language knows"),
    ("T | where a == \"abc", "the string is never closed, expected `\"`"),
    ("T | where a)", "found `)`, which closes nothing"),
    ("T | join (U) on", "found the end of the query, expected an expression"),
    ("T | order a", "found `a`, expected `by`"),
    ("T |", "found the end of the query, expected a tabular operator such as `where`"),
    ("T | project a,", "found the end of the query, expected an expression"),
    ("T | where a matches  regex 'x'", "found `matches`, expected `|` or an operator"),
    ("T | where 12345678-1234-1234-1234-123456789012 == a", "found `12345678`, expected an expression"),
    ("T | summarize count() foo", "found `foo`, expected `by`, `|` or an operator"),
    ("T;;", "found `;`, expected an expression"),
    ("datatable(a:int)[x]", "found `x`, expected a value"),
    ("let f = (a:strin) { a }; T", "found `strin`, expected a type such as `string`"),
    ("T | extend a = (b, c)", "found `,`, expected `)` or an operator"),
];

#[test]
fn what_is_wrong_is_told_in_words() {
    let mut wrong = Vec::new();
    for (query, message) in REFUSED {
        let errors = kusto::parse(query).unwrap_err();
        if errors[0].message != *message {
            wrong.push(format!("{query}: {}", errors[0].message));
        }
        assert_eq!(errors.len(), 1, "{query}");
        assert!(errors[0].span.is_some(), "{query}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let queries: Vec<&str> = REFUSED.iter().map(|(query, _)| *query).collect();
    for (query, verdict) in queries.iter().zip(judge(&queries, &[]).unwrap_or_default()) {
        assert_eq!(verdict["ok"], Value::Bool(false), "{query}");
    }
}

#[test]
fn layouts() {
    for (query, expected) in [
        ("T|where a==1|project b,c", "T\n| where a == 1\n| project b, c\n"),
        (
            "let x=T|where a;x|join kind=inner(U|project b)on b",
            "let x =\n    T\n    | where a;\nx\n| join kind=inner (\n    U\n    | project b\n) on b\n",
        ),
        ("T | where ((a) == (1)) and (b or c)", "T\n| where a == 1 and (b or c)\n"),
        ("T | where (a and b) or c", "T\n| where (a and b) or c\n"),
        ("T | extend x = (a == 1), y = (b), z = ((c))", "T\n| extend x = (a == 1), y = b, z = c\n"),
        (
            "T | where OperationName == 'Add member to role' and Result == 'success' and InitiatedBy.user.userPrincipalName != 'x'",
            "T\n| where OperationName == 'Add member to role'\n    and Result == 'success'\n    and InitiatedBy.user.userPrincipalName != 'x'\n",
        ),
        (
            "T | where EventID in (4624, 4625, 4634, 4647, 4648, 4672, 4720, 4722, 4723, 4724, 4725, 4726, 4732, 4733, 4756)",
            "T\n| where EventID in (\n    4624, 4625, 4634, 4647, 4648, 4672, 4720, 4722, 4723, 4724, 4725, 4726, 4732, 4733, 4756\n)\n",
        ),
        (
            "T | summarize Count = count(), First = min(TimeGenerated), Last = max(TimeGenerated), Hosts = make_set(Computer) by Account",
            "T\n| summarize\n    Count = count(),\n    First = min(TimeGenerated),\n    Last = max(TimeGenerated),\n    Hosts = make_set(Computer)\n    by Account\n",
        ),
        ("T // one\n\n\n// two\n| take 5 // three", "T // one\n// two\n| take 5 // three\n"),
        ("T | where a // x\n and b", "T\n| where a // x\n    and b\n"),
    ] {
        assert_eq!(kusto::format(query).unwrap(), expected);
    }
    // Several queries keep one blank line between.
    assert_eq!(kusto::format("T | take 1\n\n\nU | take 2").unwrap(), "T\n| take 1\n\nU\n| take 2\n");
}

fn quick<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = run();
    assert!(start.elapsed() < Duration::from_secs(10), "{what} takes {:?}", start.elapsed());
    done
}

#[test]
fn nesting_is_bounded_and_costs_no_stack() {
    // A stack as threads have it by default.
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        for (open, close) in
            [("(", ")"), ("not(", ")"), ("a in (", ")"), ("f([", "])"), ("dynamic([", "])"), ("iff(a, (b + ", "), c)")]
        {
            let depth = if open.matches(['(', '[']).count() == 2 { 99 } else { 199 };
            let inner = if open.starts_with("dynamic") { "1" } else { "x == 1" };
            let text = format!("T | where {}{inner}{}", open.repeat(depth), close.repeat(depth));
            // Whatever the verdict, it comes soon; what is read can be laid out and dropped.
            if quick(open, || kusto::parse(&text)).is_ok() {
                assert!(quick(open, || kusto::format(&text)).is_ok());
            }
            for broken in [text.trim_end_matches(close).to_owned(), format!("{text})"), text.replace("x == 1", "x ==")]
            {
                let _ = quick(open, || kusto::parse(&broken));
            }
        }
        for bracket in ["(", "[", "{", "((", "not(", "T | join (", "let f = () {"] {
            let errors = quick(bracket, || kusto::parse(&bracket.repeat(10_000))).unwrap_err();
            assert_eq!(errors.len(), 1);
            assert_eq!(errors[0].code.name(), "too-deep");
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn long_chains_do_not_nest() {
    for (start, link) in [
        ("T | where a", " and a"),
        ("T | where a", " or a == 1"),
        ("T | where a", " + 1"),
        ("T | where a", ".b"),
        ("T", " | where a"),
        ("T | where a in (1", ", 1"),
        ("", "// comment\n"),
        ("T | where - - a", " -"),
    ] {
        let text = format!("{start}{}{}", link.repeat(20_000), if start.contains('(') { ")" } else { "" });
        if quick(link, || kusto::parse(&text)).is_ok() {
            quick(link, || kusto::format(&text)).unwrap();
        }
    }
}
