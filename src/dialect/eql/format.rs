//! Syntax tree → text: one conjunct a line, lists filled, comments beside what they stood at.

use super::tree::*;
use crate::diagnostic::Span;
use crate::dialect::layout::{Comments, Doc, all, group, nest, render, text};
use crate::dialect::leaf::Leaves;
use std::sync::LazyLock;

/// The leaf texts.
static LEAVES: LazyLock<Leaves> = LazyLock::new(|| {
    Leaves::new(&[
        ("pipe", include_str!("../../../templates/eql/pipe.j2")),
        ("maxspan", include_str!("../../../templates/eql/maxspan.j2")),
        ("runs", include_str!("../../../templates/eql/runs.j2")),
    ])
});

const WIDTH: usize = 120;

/// The query as text. `source` is the text that the tree's spans and comments come from; empty for a tree that was made.
pub fn print(query: &Query, source: &str) -> String {
    let mut printer = Printer { comments: Comments::new(source, &query.comments) };
    let mut docs = match &query.base {
        Base::Event(filter) => vec![printer.filter(filter, true)],
        Base::Sequence(sequence) => vec![printer.sequence(sequence)],
        Base::Sample(sample) => vec![printer.sample(sample)],
    };
    for pipe in &query.pipes {
        docs.push(Doc::Hard);
        docs.extend(printer.comments.before(pipe.span));
        let args = pipe.args.iter().map(|arg| printer.expr(arg, 0)).collect::<Vec<_>>();
        docs.push(text(LEAVES.write("pipe", &[("name", &pipe.name)])));
        for (at, arg) in args.into_iter().enumerate() {
            docs.push(text(if at == 0 { " " } else { ", " }));
            docs.push(arg);
        }
    }
    docs.extend(printer.comments.rest());
    let mut out = render(&all(docs), WIDTH);
    out.push('\n');
    out
}

/// One expression on its own, on as few lines as fit.
pub fn print_expr(expr: &Expr) -> String {
    render(&Printer { comments: Comments::new("", &[]) }.expr(expr, 0), WIDTH)
}

struct Printer<'a> {
    comments: Comments<'a>,
}

impl Printer<'_> {
    fn filter(&mut self, filter: &Filter, top: bool) -> Doc {
        let mut docs = if top { self.comments.before(filter.span) } else { Vec::new() };
        let category = match &filter.category {
            None => "any".to_owned(),
            Some(name) if is_name(name) => name.clone(),
            Some(name) => quote(name),
        };
        docs.push(text(format!("{category} where")));
        let indent = if top { 2 } else { 4 };
        match &filter.condition.kind {
            ExprKind::And(_) | ExprKind::Or(_) => {
                docs.push(nest(indent, all([Doc::Hard, self.chain(&filter.condition)])));
            }
            _ => {
                let mut inner = self.comments.before(filter.condition.span);
                let line = if inner.is_empty() { Doc::Line } else { Doc::Hard };
                inner.extend(notes(&filter.condition));
                inner.push(self.expr(&filter.condition, 0));
                docs.push(group(nest(indent, all([line, all(inner)]))));
                docs.extend(self.comments.behind(filter.condition.span));
            }
        }
        all(docs)
    }

    fn sequence(&mut self, sequence: &Sequence) -> Doc {
        let mut docs = self.comments.before(sequence.span);
        docs.push(text("sequence"));
        docs.push(self.keys(&sequence.by));
        if let Some(maxspan) = &sequence.maxspan {
            docs.push(text(
                LEAVES.write("maxspan", &[("count", &maxspan.count.to_string()), ("unit", &maxspan.unit.to_string())]),
            ));
        }
        for term in &sequence.terms {
            docs.push(nest(2, all([Doc::Hard, self.term(term)])));
        }
        if let Some(until) = &sequence.until {
            docs.push(Doc::Hard);
            docs.push(text("until"));
            docs.push(nest(2, all([Doc::Hard, self.term(until)])));
        }
        all(docs)
    }

    fn sample(&mut self, sample: &Sample) -> Doc {
        let mut docs = self.comments.before(sample.span);
        docs.push(text(if sample.join { "join" } else { "sample" }));
        docs.push(self.keys(&sample.by));
        for term in &sample.terms {
            docs.push(nest(2, all([Doc::Hard, self.term(term)])));
        }
        all(docs)
    }

    fn term(&mut self, term: &Term) -> Doc {
        let mut docs = self.comments.before(term.span);
        docs.push(text(if term.missing { "![" } else { "[" }));
        docs.push(nest(0, self.filter(&term.filter, false)));
        docs.push(text("]"));
        docs.extend(
            term.extra.iter().filter(|(words, _)| !words.starts_with("as")).map(|(words, _)| text(format!(" {words}"))),
        );
        docs.push(self.keys(&term.by));
        if let Some(runs) = term.runs {
            docs.push(text(LEAVES.write("runs", &[("runs", &runs.to_string())])));
        }
        docs.extend(
            term.extra.iter().filter(|(words, _)| words.starts_with("as")).map(|(words, _)| text(format!(" {words}"))),
        );
        docs.extend(self.comments.behind(term.span));
        all(docs)
    }

    fn keys(&mut self, keys: &[Expr]) -> Doc {
        let mut docs = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            docs.push(text(if at == 0 { " by " } else { ", " }));
            docs.push(self.expr(key, 0));
        }
        all(docs)
    }

    /// The operands of a conjunction or disjunction, each with its comments, broken where the group does not fit.
    fn chain(&mut self, expr: &Expr) -> Doc {
        let (operands, word, level) = match &expr.kind {
            ExprKind::Or(operands) => (operands, " or", 3),
            ExprKind::And(operands) => (operands, " and", 3),
            _ => return self.expr(expr, 0),
        };
        let mut docs = Vec::new();
        for (at, operand) in operands.iter().enumerate() {
            if at > 0 {
                docs.push(Doc::Line);
            }
            docs.extend(self.comments.before(operand.span));
            docs.extend(notes(operand));
            docs.push(self.expr(operand, level));
            if at + 1 < operands.len() {
                docs.push(text(word));
            }
            docs.extend(self.comments.behind(operand.span));
        }
        all(docs)
    }

    fn bracketed(&mut self, inner: Doc) -> Doc {
        group(all([text("("), nest(2, all([Doc::Soft, inner])), Doc::Soft, text(")")]))
    }

    /// The expression where an operator of binding strength `level` stands around it: 0 nothing, 3 and/or/not,
    /// 4 comparison, 5 sum, 6 product, 7 sign.
    fn expr(&mut self, expr: &Expr, level: u8) -> Doc {
        let strength = strength(&expr.kind);
        if strength < level {
            let inner = if strength < 3 { self.chain(expr) } else { self.bare(expr) };
            return self.bracketed(inner);
        }
        if strength < 3 { self.chain(expr) } else { self.bare(expr) }
    }

    fn bare(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Or(_) | ExprKind::And(_) => self.chain(expr),
            ExprKind::Not(inner) => all([text("not "), self.expr(inner, 3)]),
            ExprKind::Compare { op, left, right } => {
                all([self.expr(left, 5), text(format!(" {} ", op.text())), self.expr(right, 5)])
            }
            ExprKind::In { left, negated, fold, items } => {
                let word = format!(" {}in{} ", if *negated { "not " } else { "" }, if *fold { "~" } else { "" });
                all([self.expr(left, 5), text(word), self.list(items.iter().map(|item| (Item::Expr(item), item.span)))])
            }
            ExprKind::Match { left, op, patterns } => {
                let left = self.expr(left, 5);
                let right = match patterns.as_slice() {
                    [one] => text(one.text.clone()),
                    many => self.list(many.iter().map(|one| (Item::Literal(one), one.span))),
                };
                all([left, text(format!(" {} ", op.text())), right])
            }
            ExprKind::Arithmetic { first, rest } => {
                let level = if rest.first().is_some_and(|(op, _)| op.is_product()) { 7 } else { 6 };
                // Chains go from the left: the same strength on the right needs brackets.
                let mut docs = vec![self.expr(first, level - 1)];
                for (op, operand) in rest {
                    docs.push(text(format!(" {} ", op.text())));
                    docs.push(self.expr(operand, level));
                }
                all(docs)
            }
            ExprKind::Negative(inner) => all([text("-"), self.expr(inner, 8)]),
            ExprKind::Call { name, fold, args, .. } => {
                let name = text(format!("{name}{}", if *fold { "~" } else { "" }));
                all([name, self.list(args.iter().map(|arg| (Item::Expr(arg), arg.span)))])
            }
            ExprKind::Field(field) => text(format!("{}{}", if field.optional { "?" } else { "" }, field.text)),
            ExprKind::Literal(literal) => text(literal.text.clone()),
            ExprKind::Subquery { relation, filter } => {
                all([text(format!("{relation} of [")), self.filter(filter, false), text("]")])
            }
        }
    }

    fn list<'t>(&mut self, items: impl ExactSizeIterator<Item = (Item<'t>, Span)>) -> Doc {
        let count = items.len();
        let mut docs = Vec::new();
        let mut commented = false;
        for (at, (item, span)) in items.enumerate() {
            let mut parts = self.comments.before(span);
            parts.push(match item {
                Item::Expr(expr) => self.expr(expr, 0),
                Item::Literal(literal) => text(literal.text.clone()),
            });
            if at + 1 < count {
                parts.push(text(","));
            }
            parts.extend(self.comments.behind(span));
            commented |= parts.iter().any(Doc::is_broken);
            docs.push(all(parts));
        }
        if commented {
            let mut lines = Vec::new();
            for doc in docs {
                lines.push(Doc::Hard);
                lines.push(doc);
            }
            return all([text("("), nest(2, all(lines)), Doc::Hard, text(")")]);
        }
        self.bracketed(Doc::Fill(docs))
    }
}

enum Item<'t> {
    Expr(&'t Expr),
    Literal(&'t Literal),
}

/// The notes of a made expression, each a comment of its own.
fn notes(expr: &Expr) -> Vec<Doc> {
    let words = expr.notes.iter().map(|words| format!("/* {} */", words.replace("*/", "* /")));
    words.flat_map(|words| [text(words), Doc::Hard]).collect()
}

fn strength(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Or(_) => 1,
        ExprKind::And(_) => 2,
        ExprKind::Not(_) => 3,
        ExprKind::Compare { .. } | ExprKind::In { .. } | ExprKind::Match { .. } => 4,
        ExprKind::Arithmetic { rest, .. } => {
            if rest.first().is_some_and(|(op, _)| op.is_product()) {
                6
            } else {
                5
            }
        }
        ExprKind::Negative(_) => 7,
        ExprKind::Literal(Literal { value: Constant::Integer(number), .. }) if *number < 0 => 7,
        ExprKind::Literal(Literal { value: Constant::Number(number), .. }) if *number < 0.0 => 7,
        _ => 8,
    }
}

/// Words that are no names in EQL.
const RESERVED: &[&str] = &[
    "and", "any", "by", "false", "in", "join", "like", "not", "null", "of", "or", "regex", "sample", "sequence",
    "true", "until", "where", "with",
];

/// Whether a part of a name needs no backticks.
pub fn is_name(part: &str) -> bool {
    let mut characters = part.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | '@'))
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
        && !RESERVED.contains(&part)
}

/// A field name with backticks around the parts that need them.
pub fn field_text(name: &str) -> String {
    let parts: Vec<String> = name
        .split('.')
        .map(|part| if is_name(part) { part.to_owned() } else { format!("`{}`", part.replace('`', "``")) })
        .collect();
    parts.join(".")
}

/// A text as an EQL string: raw where that spares escapes, else with escapes.
pub fn quote(value: &str) -> String {
    let raw = value.contains(['\\', '"'])
        && !value.contains("\"\"\"")
        && !value.contains(['\r', '\n'])
        && !value.ends_with('"')
        && !value.starts_with('"')
        && value.chars().filter(|character| matches!(character, '\\' | '"')).count() > 6
        && !value.chars().any(char::is_control);
    if raw {
        return format!("\"\"\"{value}\"\"\"");
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control.is_control() => out.push_str(&format!("\\u{{{:02x}}}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::eql::parse;

    fn format(text: &str) -> String {
        let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let out = print(&query, text);
        let again = parse(&out).unwrap_or_else(|error| panic!("{out}: {error:?}"));
        assert_eq!(print(&again, &out), out, "formatting twice differs");
        out
    }

    #[test]
    fn one_conjunct_a_line() {
        assert_eq!(
            format("process where a==1 and (b:\"x\" or not c in(1,2)) and not (d == 1)"),
            "process where\n  a == 1 and\n  (b : \"x\" or not c in (1, 2)) and\n  not d == 1\n"
        );
        assert_eq!(format("any where  true"), "any where true\n");
    }

    #[test]
    fn conjunctions_in_disjunctions_get_brackets() {
        assert_eq!(format("any where a == 1 and b == 2 or c == 3"), "any where\n  (a == 1 and b == 2) or\n  c == 3\n");
    }

    #[test]
    fn arithmetic_keeps_its_grouping() {
        for line in [
            "any where a - (b - c) == 1\n",
            "any where (a + b) * c == -1\n",
            "any where a - b - c == 1\n",
            "any where -(a + b) == 1\n",
        ] {
            assert_eq!(format(line), line);
        }
    }

    #[test]
    fn comments_stay_beside_what_they_stood_at() {
        let text = "// head\nprocess where a == 1 and // behind a\n  /* before b */ b : (\"x\", // first\n \"y\" /* second */) and\n  /* own line */\n  c == 1 // last\n// end\n";
        assert_eq!(
            format(text),
            "// head\nprocess where\n  a == 1 and // behind a\n  /* before b */ b : (\n    \"x\", // first\n    \"y\" /* second */\n  ) and\n  \
             /* own line */\n  c == 1\n// last\n// end\n"
                .replace("c == 1\n// last", "c == 1 // last")
        );
        let sequence = "sequence by a\n [any where b == 1 // one\n ] by x // two\n [any where c == 1] by y\n";
        assert_eq!(
            format(sequence),
            "sequence by a\n  [any where b == 1 // one\n    ] by x // two\n  [any where c == 1] by y\n"
                .replace("\n    ]", "\n  ]")
        );
    }

    #[test]
    fn long_lists_are_filled() {
        let items: Vec<String> = (0..40).map(|at| format!("\"name{at}\"")).collect();
        let out = format(&format!("any where a in ({})", items.join(",")));
        assert!(out.lines().all(|line| line.len() <= 120), "{out}");
        assert!(out.lines().count() > 4);
    }

    #[test]
    fn strings_and_names_are_quoted_where_they_must_be() {
        assert_eq!(quote("C:\\a\"b\u{1}"), "\"C:\\\\a\\\"b\\u{01}\"");
        assert_eq!(field_text("a.b-c.in.x/y"), "a.`b-c`.`in`.`x/y`");
        for value in ["C:\\Program Files\\x\\y\\z\\a\\b\\c\\d", "\"\"\"", "a\\", "\t", "x\"", "\\\\\\\\\\\\\\\\"] {
            let text = format!("any where a == {}", quote(value));
            let Base::Event(filter) = parse(&text).unwrap().base else { panic!() };
            let ExprKind::Compare { right, .. } = filter.condition.kind else { panic!() };
            let ExprKind::Literal(literal) = right.kind else { panic!() };
            assert_eq!(literal.value, Constant::Text(value.to_owned()), "{text}");
        }
    }
}
