//! Grammar cases. What Apache Lucene says of each is in tests/elastic_kl.rs.

use super::parse::parse;
use super::print::print;
use super::tree::{Body, Occurrence, Part, Query};
use crate::diagnostic::codes::{elastic, syntax};

/// The query in Lucene's own notation for parsed queries.
fn shape(text: &str) -> String {
    fn body(body: &Body) -> String {
        match body {
            Body::Group(inner) => format!("({})", query(inner)),
            Body::Text(text) => text.clone(),
            Body::Pattern(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Any => "<*>".to_owned(),
                    Part::One => "<?>".to_owned(),
                })
                .collect(),
            Body::Phrase { text, slop } => {
                format!("\"{text}\"{}", slop.as_ref().map(|s| format!("~{s}")).unwrap_or_default())
            }
            Body::Fuzzy { text, distance } => format!("{text}~{distance}"),
            Body::Regexp(pattern) => format!("/{pattern}/"),
            Body::Range { low, high, low_included, high_included } => {
                let end = |bound: &Option<super::tree::Bound>| {
                    bound.as_ref().map_or("*".to_owned(), |bound| bound.text.clone())
                };
                let (open, close) = (if *low_included { '[' } else { '{' }, if *high_included { ']' } else { '}' });
                format!("{open}{} TO {}{close}", end(low), end(high))
            }
        }
    }
    fn query(shown: &Query) -> String {
        let occurrences = shown.occurrences();
        let parts = shown.clauses.iter().zip(occurrences).map(|(clause, occurrence)| {
            let sign = match occurrence {
                Occurrence::Must => "+",
                Occurrence::Should => "",
                Occurrence::MustNot => "-",
            };
            let field = clause.field.as_ref().map(|field| format!("{}:", field.name)).unwrap_or_default();
            let boost = clause.boost.as_ref().map(|boost| format!("^{boost}")).unwrap_or_default();
            format!("{sign}{field}{}{boost}", body(&clause.body))
        });
        parts.collect::<Vec<_>>().join(" | ")
    }
    query(&parse(text).unwrap())
}

#[test]
fn structure() {
    let cases = [
        ("a OR b AND c", "a | +b | +c"),
        ("a AND b OR c", "+a | +b | c"),
        ("a AND NOT b OR c", "+a | -b | c"),
        ("a && !b || c", "+a | -b | c"),
        ("+a -b c", "+a | -b | c"),
        ("NOT a", "-a"),
        ("NOT a AND b", "-a | +b"),
        ("f:(a OR (b AND NOT c))", "f:(a | (+b | -c))"),
        ("foo bar", "foo bar"),
        ("f:foo bar baz AND x:y", "f:foo | bar | +baz | +x:y"),
        ("foo bar:x", "foo | bar:x"),
        ("foo bar*", "foo | bar<*>"),
        ("foo AND bar baz qux", "+foo | +bar | baz qux"),
        ("foo bar baz~", "foo bar | baz~"),
        ("a:b and c:d", "a:b | and | c:d"),
        ("foo&&bar", "foo&&bar"),
        ("ANDx ORy NOTz", "ANDx ORy NOTz"),
        ("AND* ", "AND<*>"),
        ("a - b", "a | \"-\" | b"),
        ("a-b", "a-b"),
        ("f: foo", "f:foo"),
        ("f :foo", "f:foo"),
        ("*:*", "*:<*>"),
        (r"process.\*:x", "process.*:x"),
        ("_exists_:user.name", "_exists_:user.name"),
        ("[1 TO 5]", "[1 TO 5]"),
        ("f:{* TO \"a b\"]^2", "f:{* TO a b]^2"),
        ("f:[2020-01-01T00:00:00Z TO now-1d}", "f:[2020-01-01T00:00:00Z TO now-1d}"),
        ("f:[TO TO TO]", "f:[TO TO TO]"),
        ("f:/a\\/b|c d/ AND g:1", "+f:/a\\/b|c d/ | +g:1"),
        (r"f:/[a-z]:\\/ AND g:1", r"+f:/[a-z]:\\/ | +g:1"),
        ("roam~ roam~1 \"a b\"~3", "roam~ | roam~1 | \"a b\"~3"),
        ("foo^2~1", "foo~1^2"),
        ("f:>=5", "f:>=5"),
        (r"f:a\ b*\?c", "f:a b<*>?c"),
        (r"f:C\:\\Win*", r"f:C:\Win<*>"),
        (r"f:\u0041", "f:A"),
        (r#"f:"a\"b\\c""#, r#"f:"a"b\c""#),
        ("f:a**b??", "f:a<*>b<?><?>"),
        ("a AND (b)^3", "+a | +(b)^3"),
        ("é\u{3000}ü", "é ü"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn errors_say_where_and_what() {
    let cases = [
        ("f:(a OR b", syntax::UNCLOSED, 2),
        ("f:\"a", syntax::UNCLOSED, 2),
        ("AND", syntax::SYNTAX, 0),
        ("a AND", syntax::SYNTAX, 5),
        ("a AND OR b", syntax::SYNTAX, 6),
        ("f:()", syntax::SYNTAX, 3),
        ("foo*:x", syntax::SYNTAX, 4),
        ("a:b:c", syntax::SYNTAX, 3),
        ("f:[1 2]", syntax::SYNTAX, 5),
        ("a)", syntax::SYNTAX, 1),
        ("ip:10.0.0.0/8", syntax::SYNTAX, 11),
        (r"f:\u00", elastic::LUCENE_ESCAPE, 2),
    ];
    for (text, code, at) in cases {
        let found = parse(text).err().unwrap_or_else(|| panic!("{text} is read"));
        assert_eq!((found.code, found.span.map(|span| span.start)), (code, Some(at)), "{text}: {}", found.message);
    }
    assert_eq!(parse(" \n").unwrap_err().code, syntax::EMPTY);
}

#[test]
fn nesting_is_bounded_and_cheap() {
    let deep = |depth: usize| format!("{}a:x{}", "(".repeat(depth), ")".repeat(depth));
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let tree = parse(&deep(200)).unwrap();
            assert_eq!(print(&tree).matches('(').count(), 200);
            assert_eq!(parse(&deep(201)).unwrap_err().code, syntax::TOO_DEEP);
            let started = std::time::Instant::now();
            assert!(parse(&("(".repeat(190) + "a:x")).is_err());
            assert!(parse(&("a:(x OR ".repeat(30))).is_err());
            assert!(parse(&("a ".repeat(3000) + ")")).is_err());
            assert!(parse(&("/".to_owned() + &"\\/".repeat(100_000) + "x")).is_ok());
            assert!(started.elapsed().as_secs() < 2);
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn printing_reads_back_the_same() {
    let texts = [
        "a OR b AND c",
        "+a -b c",
        "NOT a AND (b OR c)^2",
        "foo bar",
        "f:foo bar baz AND x:y",
        r"process.\*:x",
        "f:[1 TO 5}",
        "f:{* TO \"a b\"]^2",
        "f:/a\\/b|c d/",
        "roam~ x:\"a b\"~3",
        "f:>=5",
        r"f:a\ b*\?c",
        "*:*",
        r"f:\-a\-b",
        r#"f:"a\"b\\c""#,
        r"\AND",
        r"a \OR b",
        "a - b",
        r"f:\ ",
        r"f:\<x",
        r#"f:["a]b" TO c]"#,
        "f:[TO TO TO]",
        "é\u{3000}ü",
        r"a:\!\+\-",
        r"f:*\ \-x*",
        "ANDx ORy",
        r"a\ b c",
        r"f:a\ b",
        "f:(>5 AND <=10)",
        "(foo bar) OR f:(a b)",
        "f:*a\\\t",
        "f:(a OR b\\ )",
    ];
    for text in texts {
        let printed = print(&parse(text).unwrap());
        assert_eq!(shape(&printed), shape(text), "{text} printed as {printed}");
        assert_eq!(print(&parse(&printed).unwrap()), printed, "{text}");
    }
}
