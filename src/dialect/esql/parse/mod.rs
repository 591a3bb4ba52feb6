//! Query text → syntax tree.

mod commands;
mod expressions;

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use self::commands::{commands, settings};
use super::tree::*;
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{Scan, explain, scan, with_room};

#[derive(pest_derive::Parser)]
#[grammar = "grammars/esql.pest"]
struct Grammar;

type Result<T> = std::result::Result<T, Diagnostic>;
type Stream<'i> = std::iter::Peekable<Pairs<'i, Rule>>;

/// Parses an ES|QL query. Spans are bytes of `text`.
///
/// Errors: one diagnostic with the place where the text stops being ES|QL. Nesting is bounded before the grammar runs.
pub fn parse(text: &str) -> Result<Query> {
    let found = scan(text)?;
    let (settings, commands) = with_room(found.depth, || build(text, &found))??;
    Ok(Query { settings, commands, comments: found.comments })
}

fn build(text: &str, found: &Scan) -> Result<(Vec<Setting>, Vec<Command>)> {
    let pairs = Grammar::parse(Rule::query, text);
    let mut pairs = pairs.map_err(|error| hint(text, explain(text, &error, found, describe)))?;
    let query = pairs.next().ok_or_else(internal)?;
    Ok((settings(query.clone()), commands(query)?))
}

fn hint(text: &str, diagnostic: Diagnostic) -> Diagnostic {
    let Some(span) = diagnostic.span else { return diagnostic };
    let at = text.get(span.start..).unwrap_or("");
    if at.starts_with('\'') {
        diagnostic.help("Write strings in double quotes, or raw in \"\"\"triple quotes\"\"\".")
    } else if at.starts_with("=~") || at.starts_with('=') {
        diagnostic.help("Compare with `==`; wrap both sides in TO_LOWER to ignore case.")
    } else {
        diagnostic
    }
}

fn describe(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::query | Rule::kw_from | Rule::kw_ts | Rule::from | Rule::row | Rule::show | Rule::setting => {
            "FROM, ROW or SHOW"
        }
        Rule::where_ | Rule::eval | Rule::stats | Rule::keep | Rule::drop | Rule::rename | Rule::sort | Rule::limit => {
            "a command"
        }
        Rule::dissect | Rule::grok | Rule::mv_expand | Rule::enrich | Rule::join | Rule::change_point => "a command",
        Rule::completion | Rule::rerank | Rule::sample | Rule::fork | Rule::fuse => "a command",
        Rule::parts | Rule::information | Rule::mmr | Rule::dedup => "a command",
        Rule::kw_and | Rule::kw_or => "AND or OR",
        Rule::comparison | Rule::predicate | Rule::match_op => "an operator",
        Rule::expr | Rule::call | Rule::function | Rule::group | Rule::kw_not | Rule::sign | Rule::field => {
            "an expression"
        }
        Rule::name | Rule::part | Rule::target => "a name",
        Rule::pattern | Rule::wild => "a field name or pattern",
        Rule::integer | Rule::decimal | Rule::time_span | Rule::array | Rule::param | Rule::double_param => "a value",
        Rule::kw_true | Rule::kw_false | Rule::kw_null => "a value",
        Rule::string => "a text",
        Rule::patterns | Rule::values => "a value or a list in brackets",
        Rule::index | Rule::bare_index => "an index pattern",
        Rule::kw_by | Rule::grouping => "BY",
        Rule::kw_on => "ON",
        Rule::kw_as => "AS",
        Rule::kw_with => "WITH",
        Rule::assign => "`=`",
        Rule::EOI => "the end of the query",
        _ => return None,
    })
}

fn internal() -> Diagnostic {
    Diagnostic::error(syntax::SYNTAX, "the query could not be taken apart")
}

fn span_of(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    let kept = span.as_str().trim_end().len();
    Span::new(span.start(), span.start() + kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition_of(text: &str) -> Expr {
        let query = parse(&format!("FROM x | WHERE {text}")).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        match query.commands.into_iter().nth(1).unwrap().kind {
            CommandKind::Where(condition) => condition,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn precedence_of_words_and_signs() {
        let ExprKind::Or(operands) = condition_of("not a == 1 and b == 2 or c == 3").kind else { panic!() };
        assert!(matches!(&operands[0].kind, ExprKind::And(inner) if matches!(inner[0].kind, ExprKind::Not(_))));
        let ExprKind::Compare { left, .. } = condition_of("a + b * -c::long > 1").kind else { panic!() };
        let ExprKind::Arithmetic { rest, .. } = left.kind else { panic!() };
        let ExprKind::Arithmetic { rest, .. } = &rest[0].1.kind else { panic!() };
        assert!(matches!(&rest[0].1.kind, ExprKind::Negative(inner) if matches!(inner.kind, ExprKind::Cast { .. })));
    }

    #[test]
    fn every_command_is_read() {
        for command in [
            "WHERE a LIKE \"x*\" AND b NOT RLIKE \"y\" OR c IN (1, 2) AND d IS NOT NULL AND e : \"z\"",
            "WHERE a LIKE (\"x*\", \"y\") AND NOT b RLIKE (\"a\", \"b\")",
            "WHERE KQL(\"a: b\") AND MATCH(a, \"b\", {\"operator\": \"and\"}) AND @timestamp > NOW() - 14 days",
            "EVAL a = CASE(b == 1, \"x\", \"y\"), c = [1, -2], `d e` = ?p, f = ??g(a)",
            "STATS a = COUNT(*), b = SUM(c) WHERE d > 1, VALUES(e) BY f, g = DATE_TRUNC(1 hour, @timestamp)",
            "STATS BY a",
            "INLINE STATS a = MAX(b) BY c",
            "INLINESTATS a = MAX(b)",
            "KEEP a.*, `b c`, *d*, ?p",
            "DROP a",
            "RENAME a AS b, c = d",
            "SORT a DESC NULLS LAST, b, LENGTH(c) ASC",
            "LIMIT 10",
            "DISSECT a \"%{b} %{c}\" APPEND_SEPARATOR=\",\"",
            "GROK a \"%{WORD:b}\", \"%{WORD:c}\"",
            "MV_EXPAND a.b",
            "ENRICH _any:policy ON a WITH b, c = d",
            "LOOKUP JOIN other ON a, b",
            "LEFT LOOKUP JOIN other AS o ON a == b",
            "CHANGE_POINT a ON b AS c, d",
            "COMPLETION a = CONCAT(b, \"c\") WITH {\"inference_id\": \"x\"}",
            "COMPLETION a WITH model",
            "RERANK \"q\" ON a, b = LENGTH(c) WITH {\"inference_id\": \"x\"}",
            "SAMPLE 0.1",
            "FORK (WHERE a == 1 | LIMIT 1) (SORT b)",
            "FUSE",
            "FUSE LINEAR SCORE BY a GROUP BY d KEY BY b, c WITH {\"x\": {\"y\": 1}}",
            "CHANGE_POINT a",
            "CHANGE_POINT a ON b BY c, d AS e, f",
            "RERANK s = ?q ON a",
            "LIMIT 3 BY a, LENGTH(b)",
            "URI_PARTS parts = url.original",
            "REGISTERED_DOMAIN d = dns.question.name",
            "USER_AGENT ua = user_agent.original WITH {\"regex_file\": \"x.yml\"}",
            "IP_LOCATION geo = source.ip WITH {\"database_file\": \"x.mmdb\"}",
            "MMR a LIMIT 10",
            "MMR [1.0, 2.0]::dense_vector ON a LIMIT 10 WITH {\"lambda\": 0.5}",
            "METRICS_INFO",
            "TS_INFO",
            "DEDUP a, b.*",
            "WHERE a IN (FROM b | WHERE c == 1 | KEEP a) OR d NOT IN (FROM e METADATA _id)",
            "WHERE QSTR(\"a: b\", {\"default_field\": \"c\"}) AND MATCH_PHRASE(a, \"b\")",
            "WHERE a::ip == \"10.0.0.1\"::ip AND b::datetime < NOW() - 1 month",
        ] {
            let text = format!("FROM logs-*, \"a b\", remote:logs-x::data METADATA _id, _index | {command} // c");
            let query = parse(&text).unwrap_or_else(|error| panic!("{command}: {} {:?}", error.message, error.span));
            assert_eq!(query.commands.len(), 2, "{command}");
            assert_eq!(query.commands[1].span.text(&text), command);
        }
        assert!(parse("ROW a = 1, b = \"x\" | EVAL c = a").is_ok());
        let text =
            "SET time_zone = \"Europe/Berlin\"; SET approximation = {\"rows\": 5}, x = true; FROM a // b\n| LIMIT 1";
        let query = parse(text).unwrap();
        assert_eq!(query.settings.len(), 2);
        assert_eq!(query.settings[0].text, "SET time_zone = \"Europe/Berlin\";");
        assert!(parse("FROM a | EVAL set = 1, in = dedup, mmr = uri_parts").is_err());
        assert!(parse("FROM a | EVAL set = 1, dedup = mmr, b = uri_parts").is_ok());
        assert!(parse("FROM a | WHERE b IN (from, to) AND from IN (1)").is_ok());
        assert!(parse("SHOW INFO").is_ok());
        assert!(parse("FROM (FROM a | WHERE b == 1), c | LIMIT 1").is_ok());
        assert!(parse("TS metrics | STATS a = RATE(b)").is_ok());
    }

    #[test]
    fn strings_and_names() {
        let ExprKind::Compare { left, right, .. } = condition_of(r#"a . `b``c`.as == """x\"y"""""#).kind else {
            panic!()
        };
        assert!(matches!(&left.kind, ExprKind::Name(name) if name.name == "a.b`c.as"));
        assert!(
            matches!(&right.kind, ExprKind::Literal(literal) if literal.value == Constant::Text("x\\\"y\"".to_owned()))
        );
        assert!(matches!(condition_of("first(a) == last(b)").kind, ExprKind::Compare { .. }));
    }

    #[test]
    fn what_is_no_esql_is_refused_in_words() {
        for (text, message) in [
            ("WHERE a == 1", "expected FROM, ROW or SHOW"),
            ("FROM x | WHERE a = 1", "found `=`"),
            ("FROM x | WHERE a == 'x'", "found `'`"),
            ("FROM x | WHERE (a == 1", "`(` is never closed"),
            ("FROM x | SUMMARIZE a", "found `SUMMARIZE`, expected a command"),
            ("FROM x | WHERE a IN ()", "found `)`"),
            ("FROM x | WHERE a == [1, \"x\"]", "found `\"`"),
            ("FROM x | WHERE a + 1 : \"x\"", "`:` stands behind a field name only"),
            ("FROM x | LIMIT -1", "found `-`"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.message.contains(message), "{text}: {}", error.message);
        }
    }

    #[test]
    fn two_hundred_levels_fit_a_small_stack() {
        let run = |text: String| {
            std::thread::Builder::new()
                .stack_size(2 << 20)
                .spawn(move || parse(&text).map(|_| ()))
                .unwrap()
                .join()
                .unwrap()
        };
        for level in ["(", "not (", "f("] {
            assert!(run(format!("from x | where {}true{}", level.repeat(200), ")".repeat(200))).is_ok());
            assert_eq!(run(format!("from x | where {}true", level.repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
        }
        assert!(run(format!("from x | where a == {}1", "1 + ".repeat(20_000))).is_ok());
        assert!(run(format!("from x | where a{} == 1", "::long".repeat(20_000))).is_ok());
        assert!(run(format!("from x | where a == {}1", "- ".repeat(20_000))).is_ok());
        assert_eq!(run(format!("from {}", "(from ".repeat(10_000))).unwrap_err().code, syntax::TOO_DEEP);
    }
}
