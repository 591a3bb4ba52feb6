//! Grammar cases, one for each rule of spec/elastic-semantics.md that the text alone decides.

use super::parse::parse;
use super::print::print;
use super::tree::{Expression, Literal, Part, Values};
use crate::diagnostic::codes::syntax;

fn value(text: &str) -> Literal {
    match parse(text).unwrap().root {
        Some(Expression::Test { values: Values::One(value), .. }) => value,
        other => panic!("{text}: {other:?}"),
    }
}

/// The query with its structure shown by brackets, from the tree alone.
fn shape(text: &str) -> String {
    fn values(shown: &Values) -> String {
        match shown {
            Values::One(value) => value.plain(),
            Values::Or(items, _) => format!("({})", items.iter().map(values).collect::<Vec<_>>().join("|")),
            Values::And(items, _) => format!("({})", items.iter().map(values).collect::<Vec<_>>().join("&")),
            Values::Not(inner, _) => format!("!{}", values(inner)),
            Values::Group(inner, _) => values(inner),
        }
    }
    fn expression(shown: &Expression) -> String {
        match shown {
            Expression::Or(items, _) => format!("({})", items.iter().map(expression).collect::<Vec<_>>().join("|")),
            Expression::And(items, _) => format!("({})", items.iter().map(expression).collect::<Vec<_>>().join("&")),
            Expression::Not(inner, _) => format!("!{}", expression(inner)),
            Expression::Group(inner, _) => expression(inner),
            Expression::Nested { field, inner, .. } => format!("{}{{{}}}", field.plain(), expression(inner)),
            Expression::Range { field, operator, value, .. } => {
                format!("{}{}{}", field.plain(), operator.text(), value.plain())
            }
            Expression::Test { field, values: tested, .. } => format!("{}={}", field.plain(), values(tested)),
            Expression::Anywhere(value) => format!("?{}", value.plain()),
        }
    }
    parse(text).unwrap().root.as_ref().map(expression).unwrap_or_default()
}

#[test]
fn structure() {
    let cases = [
        ("a:1 or b:2 and not c:3", "(a=1|(b=2&!c=3))"),
        ("a:1 OR b:2 AND NOT c:3", "(a=1|(b=2&!c=3))"),
        ("not (a:1 or b:2)", "!(a=1|b=2)"),
        ("not not_field:x", "!not_field=x"),
        ("a:(x or y and not z)", "a=(x|(y&!z))"),
        ("a:(not (x or y))", "a=!(x|y)"),
        ("a : ( x )", "a=x"),
        ("a:foo bar", "a=foo bar"),
        ("a: foo\n bar and b:1", "(a=foo\n bar&b=1)"),
        ("a >= 5 and b<now-1d", "(a>=5&b<now-1d)"),
        ("a:*", "a=*"),
        ("process.*.name:x", "process.*.name=x"),
        ("foo", "?foo"),
        ("\"foo bar\" and *x*", "(?foo bar&?*x*)"),
        ("files:{ name:x and size > 3 }", "files{(name=x&size>3)}"),
        ("a:x\nor\nb:y", "(a=x|b=y)"),
        ("order:android", "order=android"),
        ("a:or", "a=or"),
        ("f:[1 TO 5]", "f=[1 TO 5]"),
        ("", ""),
        ("  \n", ""),
        ("\"a b\":c", "a b=c"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn escapes() {
    let text = |parts: &str| vec![Part::Text(parts.to_owned())];
    let cases = [
        (r#"f:"C:\Program Files\..\tmp""#, text("C:\\Program Files\\..\tmp")),
        (r#"f:"C:\\Program Files\\..\\tmp""#, text(r"C:\Program Files\..\tmp")),
        (r#"f:"a\"b\\""#, text(r#"a"b\"#)),
        (r#"f:"a*b""#, text("a*b")),
        (r#"f:"\u0041\x""#, text(r"A\x")),
        (r"f:C\:\\Windows\\*.exe", vec![Part::Text(r"C:\Windows\".into()), Part::Any, Part::Text(".exe".into())]),
        (r"f:a\*b", text("a*b")),
        (r"f:\u00e9\t\(x\)", text("é\t(x)")),
        (r"f:\ud83d\ude00", text("😀")),
        (r"f:a \or b", text("a or b")),
        (r"f:a \not b", text("a not b")),
        (r"f:a\nb", text("a\nb")),
        (r"f:a**b", vec![Part::Text("a".into()), Part::Any, Part::Text("b".into())]),
        (r"f:a?b", text("a?b")),
        (r#"f:"""#, vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(value(query).parts, expected, "{query}");
    }
}

#[test]
fn spans_cover_what_is_meant() {
    let text = "not  a:(x or \"y z\" ) ";
    let Some(Expression::Not(inner, span)) = parse(text).unwrap().root else { panic!() };
    assert_eq!(span.text(text), "not  a:(x or \"y z\" )");
    let Expression::Test { field, values, .. } = *inner else { panic!() };
    assert_eq!((field.span.text(text), values.span().text(text)), ("a", "(x or \"y z\" )"));
    let Values::Group(inner, _) = values else { panic!() };
    assert_eq!(inner.span().text(text), "x or \"y z\"");
}

#[test]
fn errors_say_where_and_what() {
    let cases = [
        ("a:(x or y", syntax::UNCLOSED, 2),
        ("a:\"x", syntax::UNCLOSED, 2),
        ("a:x and ", syntax::SYNTAX, 8),
        ("a:x and )", syntax::SYNTAX, 8),
        ("a:", syntax::SYNTAX, 2),
        ("not not a:x", syntax::SYNTAX, 4),
        ("a:b:c", syntax::SYNTAX, 3),
        ("a:knot b", syntax::SYNTAX, 3),
    ];
    for (text, code, at) in cases {
        let found = parse(text).err().unwrap_or_else(|| panic!("{text} is read"));
        assert_eq!((found.code, found.span.map(|span| span.start)), (code, Some(at)), "{text}: {}", found.message);
    }
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
            assert_eq!(parse(&"(".repeat(10_000)).unwrap_err().code, syntax::TOO_DEEP);
            let started = std::time::Instant::now();
            assert!(parse(&("(".repeat(190) + "a:x")).is_err());
            assert!(parse(&("a:(x or ".repeat(30))).is_err());
            assert!(started.elapsed().as_secs() < 2);
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn layout() {
    let cases = [
        ("a:1  AND  not  b : ( x OR y )", "a:1 and not b:(x or y)"),
        ("f:{a:x   and b:y}", "f:{ a:x and b:y }"),
        ("a>=5", "a >= 5"),
    ];
    for (text, expected) in cases {
        assert_eq!(print(&parse(text).unwrap()), expected);
    }
    let long = "event.dataset:azure.auditlogs and azure.auditlogs.operation_name:\"Invite external user\" and \
                event.outcome:(Success or success) and not user.name:(alpha or beta)";
    let expected = "event.dataset:azure.auditlogs and\n  azure.auditlogs.operation_name:\"Invite external user\" and\n  \
                    event.outcome:(Success or success) and\n  not user.name:(alpha or beta)";
    assert_eq!(print(&parse(long).unwrap()), expected);
}
