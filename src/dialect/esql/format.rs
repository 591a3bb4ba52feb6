//! Syntax tree → text: one command a line, keywords in capitals, comments beside what they stood at.

use super::tree::*;
use crate::diagnostic::Span;
use crate::dialect::layout::{Comments, Doc, all, group, nest, render, text};
use crate::dialect::leaf::Leaves;
use std::sync::LazyLock;

/// The leaf texts.
static LEAVES: LazyLock<Leaves> = LazyLock::new(|| {
    Leaves::new(&[
        ("metadata", include_str!("../../../templates/esql/metadata.j2")),
        ("mv_expand", include_str!("../../../templates/esql/mv_expand.j2")),
    ])
});

const WIDTH: usize = 120;

/// The query as text. `source` is the text that the tree's spans and comments come from; empty for a tree that was made.
pub fn print(query: &Query, source: &str) -> String {
    let mut printer = Printer { comments: Comments::new(source, &query.comments) };
    let mut docs = Vec::new();
    for setting in &query.settings {
        docs.extend(printer.comments.before(setting.span));
        printer.comments.skip(setting.span);
        docs.extend([text(setting.text.clone()), Doc::Hard]);
    }
    docs.push(printer.commands(&query.commands));
    docs.extend(printer.comments.rest());
    let mut out = render(&all(docs), WIDTH);
    out.push('\n');
    out
}

struct Printer<'a> {
    comments: Comments<'a>,
}

impl Printer<'_> {
    fn commands(&mut self, commands: &[Command]) -> Doc {
        let mut docs = Vec::new();
        for (at, command) in commands.iter().enumerate() {
            if at > 0 {
                docs.push(Doc::Hard);
            }
            docs.extend(self.comments.before(command.span));
            docs.extend(notes(&command.notes));
            if at > 0 {
                docs.push(text("| "));
            }
            docs.push(self.command(&command.kind, command.span));
            docs.extend(self.comments.behind(command.span));
        }
        all(docs)
    }

    fn command(&mut self, kind: &CommandKind, span: Span) -> Doc {
        match kind {
            CommandKind::From { series, indices, metadata } => {
                let mut items = Vec::new();
                for index in indices {
                    items.push(match index {
                        Index::Pattern { text: written, .. } => text(written.clone()),
                        Index::Query(inner) => all([text("("), nest(2, self.commands(inner)), text(")")]),
                    });
                }
                let mut docs = vec![text(if *series { "TS " } else { "FROM " }), filled(items)];
                if !metadata.is_empty() {
                    docs.push(text(LEAVES.write("metadata", &[("fields", &metadata.join(", "))])));
                }
                all(docs)
            }
            CommandKind::Row(fields) => self.fields("ROW", fields),
            CommandKind::Show => text("SHOW INFO"),
            CommandKind::Where(condition) => match &condition.kind {
                ExprKind::And(_) | ExprKind::Or(_) => {
                    all([text("WHERE"), nest(4, all([Doc::Hard, self.chain(condition)]))])
                }
                _ => {
                    let inner = self.expr(condition, 0);
                    all(std::iter::once(text("WHERE ")).chain(notes(&condition.notes)).chain([nest(4, inner)]))
                }
            },
            CommandKind::Eval(fields) => self.fields("EVAL", fields),
            CommandKind::Stats { inline, aggregates, by } => self.stats(*inline, aggregates, by),
            CommandKind::Keep(names) => all([text("KEEP "), nest(4, filled(written(names)))]),
            CommandKind::Drop(names) => all([text("DROP "), nest(4, filled(written(names)))]),
            CommandKind::Rename(pairs) => {
                let pairs = pairs.iter().map(|(old, new)| text(format!("{} AS {}", old.text, new.text)));
                all([text("RENAME "), nest(4, filled(pairs.collect()))])
            }
            CommandKind::Sort(orders) => {
                let mut items = Vec::new();
                for order in orders {
                    let value = self.expr(&order.value, 0);
                    let nulls = match order.nulls_first {
                        None => "",
                        Some(true) => " NULLS FIRST",
                        Some(false) => " NULLS LAST",
                    };
                    items.push(all([value, text(format!("{}{nulls}", if order.descending { " DESC" } else { "" }))]));
                }
                all([text("SORT "), nest(4, filled(items))])
            }
            CommandKind::Limit(count) => all([text("LIMIT "), self.expr(count, 0)]),
            CommandKind::Dissect { subject, pattern, options } => {
                let mut docs = vec![text("DISSECT "), self.expr(subject, 8), text(format!(" {}", pattern.text))];
                for (at, (name, value)) in options.iter().enumerate() {
                    docs.push(text(if at == 0 { " " } else { ", " }));
                    docs.push(text(format!("{} = ", name.text)));
                    docs.push(self.expr(value, 0));
                }
                all(docs)
            }
            CommandKind::Grok { subject, patterns } => {
                let patterns: Vec<&str> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
                all([text("GROK "), self.expr(subject, 8), text(format!(" {}", patterns.join(", ")))])
            }
            CommandKind::MvExpand(name) => text(LEAVES.write("mv_expand", &[("name", &name.text)])),
            CommandKind::Fork(branches) => {
                let mut docs = vec![text("FORK")];
                for branch in branches {
                    docs.push(nest(2, all([Doc::Hard, text("("), nest(2, self.commands(branch)), text(")")])));
                }
                all(docs)
            }
            CommandKind::Other { text: written, .. } => {
                self.comments.skip(span);
                text(written.clone())
            }
        }
    }

    fn stats(&mut self, inline: bool, aggregates: &[Aggregate], by: &[Field]) -> Doc {
        let mut docs = vec![text(if inline { "INLINE STATS" } else { "STATS" })];
        let mut lines = Vec::new();
        for (at, aggregate) in aggregates.iter().enumerate() {
            let mut parts = self.comments.before(aggregate.span);
            parts.push(self.field(&aggregate.field));
            if let Some(filter) = &aggregate.filter {
                parts.push(text(" WHERE "));
                parts.push(group(nest(4, self.expr(filter, 0))));
            }
            if at + 1 < aggregates.len() {
                parts.push(text(","));
            }
            parts.extend(self.comments.behind(aggregate.span));
            lines.push(all(parts));
        }
        let single = lines.len() == 1 && !lines.iter().any(Doc::is_broken);
        for line in lines {
            docs.push(if single { all([text(" "), nest(4, line)]) } else { nest(4, all([Doc::Hard, line])) });
        }
        if !by.is_empty() {
            let mut items = Vec::new();
            for field in by {
                items.push(self.field(field));
            }
            let keys = all([text("BY "), nest(4, filled(items))]);
            docs.push(match (aggregates.is_empty(), single) {
                (true, _) => all([text(" "), keys]),
                (_, true) => group(nest(2, all([Doc::Line, keys]))),
                _ => nest(2, all([Doc::Hard, keys])),
            });
        }
        all(docs)
    }

    fn fields(&mut self, word: &str, fields: &[Field]) -> Doc {
        let mut lines = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let mut parts = self.comments.before(field.span);
            parts.push(self.field(field));
            if at + 1 < fields.len() {
                parts.push(text(","));
            }
            parts.extend(self.comments.behind(field.span));
            lines.push(all(parts));
        }
        match lines.len() {
            1 => all(std::iter::once(text(format!("{word} "))).chain(lines.into_iter().map(|line| nest(4, line)))),
            _ => {
                let lines = lines.into_iter().flat_map(|line| [Doc::Hard, line]);
                all([text(word), nest(4, all(lines))])
            }
        }
    }

    fn field(&mut self, field: &Field) -> Doc {
        match &field.name {
            Some(name) => all([text(format!("{} = ", name.text)), self.expr(&field.value, 0)]),
            None => self.expr(&field.value, 0),
        }
    }

    fn chain(&mut self, expr: &Expr) -> Doc {
        let (operands, word) = match &expr.kind {
            ExprKind::Or(operands) => (operands, "OR "),
            ExprKind::And(operands) => (operands, "AND "),
            _ => return self.expr(expr, 0),
        };
        let mut docs = Vec::new();
        for (at, operand) in operands.iter().enumerate() {
            if at > 0 {
                docs.push(Doc::Line);
            }
            docs.extend(self.comments.before(operand.span));
            docs.extend(notes(&operand.notes));
            if at > 0 {
                docs.push(text(word));
            }
            docs.push(self.expr(operand, 3));
            docs.extend(self.comments.behind(operand.span));
        }
        all(docs)
    }

    fn bracketed(&mut self, inner: Doc) -> Doc {
        group(all([text("("), nest(4, all([Doc::Soft, inner])), Doc::Soft, text(")")]))
    }

    /// The expression where an operator of binding strength `level` stands around it: 0 nothing, 3 and/or/not,
    /// 4 comparison, 5 sum, 6 product, 7 sign, 8 cast.
    fn expr(&mut self, expr: &Expr, level: u8) -> Doc {
        let strength = strength(&expr.kind);
        let inner = if strength < 3 { group(self.chain(expr)) } else { self.bare(expr) };
        if strength < level { self.bracketed(inner) } else { inner }
    }

    fn bare(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Or(_) | ExprKind::And(_) => self.chain(expr),
            ExprKind::Not(inner) => all([text("NOT "), self.expr(inner, 3)]),
            ExprKind::Compare { op, left, right } => {
                all([self.expr(left, 5), text(format!(" {} ", op.text())), self.expr(right, 5)])
            }
            ExprKind::In { left, negated, items } => {
                let left = self.expr(left, 5);
                all([left, text(if *negated { " NOT IN " } else { " IN " }), self.list(items)])
            }
            ExprKind::InQuery { left, negated, query } => {
                let left = self.expr(left, 5);
                let word = text(if *negated { " NOT IN (" } else { " IN (" });
                all([left, word, nest(4, all([Doc::Hard, self.commands(query)])), Doc::Hard, text(")")])
            }
            ExprKind::Like { left, negated, regex, patterns } => {
                let left = self.expr(left, 5);
                let word = format!("{} {} ", if *negated { " NOT" } else { "" }, if *regex { "RLIKE" } else { "LIKE" });
                let right = match patterns.as_slice() {
                    [one] => self.expr(one, 0),
                    many => self.list(many),
                };
                all([left, text(word), right])
            }
            ExprKind::IsNull { left, negated } => {
                all([self.expr(left, 5), text(if *negated { " IS NOT NULL" } else { " IS NULL" })])
            }
            ExprKind::Matches { left, right } => all([self.expr(left, 5), text(" : "), self.expr(right, 7)]),
            ExprKind::Arithmetic { first, rest } => {
                let level = if rest.first().is_some_and(|(op, _)| op.is_product()) { 7 } else { 6 };
                let mut docs = vec![self.expr(first, level - 1)];
                for (op, operand) in rest {
                    docs.push(text(format!(" {} ", op.text())));
                    docs.push(self.expr(operand, level));
                }
                all(docs)
            }
            ExprKind::Negative(inner) => all([text("-"), self.expr(inner, 8)]),
            ExprKind::Cast { inner, to } => {
                let casts: Vec<String> = to.iter().map(|to| format!("::{}", to.to_uppercase())).collect();
                all([self.expr(inner, 9), text(casts.concat())])
            }
            ExprKind::Call { name, args, star, .. } => {
                let name = text(name.to_uppercase());
                match args.as_slice() {
                    _ if *star => all([name, text("(*)")]),
                    // A bracket around one word is never broken.
                    [one] if matches!(one.kind, ExprKind::Name(_) | ExprKind::Literal(_)) => {
                        let mut parts = self.comments.before(one.span);
                        parts.push(self.expr(one, 0));
                        parts.extend(self.comments.behind(one.span));
                        match parts.as_slice() {
                            [_] => all([name, text("("), all(parts), text(")")]),
                            _ => all([name, self.bracketed(all(parts))]),
                        }
                    }
                    many => all([name, self.list(many)]),
                }
            }
            ExprKind::Name(name) => text(name.text.clone()),
            ExprKind::Literal(literal) => text(literal.text.clone()),
            ExprKind::Array(items) => {
                let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
                text(format!("[{}]", items.join(", ")))
            }
            ExprKind::Map(written) | ExprKind::Param(written) => text(written.clone()),
        }
    }

    fn list(&mut self, items: &[Expr]) -> Doc {
        let mut docs = Vec::new();
        let mut broken = false;
        for (at, item) in items.iter().enumerate() {
            let mut parts = self.comments.before(item.span);
            parts.push(self.expr(item, 0));
            if at + 1 < items.len() {
                parts.push(text(","));
            }
            parts.extend(self.comments.behind(item.span));
            broken |= parts.iter().any(Doc::is_broken);
            docs.push(all(parts));
        }
        if broken {
            let lines = docs.into_iter().flat_map(|doc| [Doc::Hard, doc]);
            return all([text("("), nest(4, all(lines)), Doc::Hard, text(")")]);
        }
        self.bracketed(Doc::Fill(docs))
    }
}

fn written(names: &[Name]) -> Vec<Doc> {
    names.iter().map(|name| text(name.text.clone())).collect()
}

/// Items behind commas, as many to a line as fit.
fn filled(items: Vec<Doc>) -> Doc {
    let count = items.len();
    Doc::Fill(
        items
            .into_iter()
            .enumerate()
            .map(|(at, item)| if at + 1 < count { all([item, text(",")]) } else { item })
            .collect(),
    )
}

fn notes(words: &[String]) -> impl Iterator<Item = Doc> + '_ {
    words.iter().flat_map(|words| [Doc::Comment(format!("// {}", words.replace(['\n', '\r'], " "))), Doc::Hard])
}

fn strength(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Or(_) => 1,
        ExprKind::And(_) => 2,
        ExprKind::Not(_) => 3,
        ExprKind::Compare { .. }
        | ExprKind::In { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::Matches { .. } => 4,
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
        ExprKind::Literal(Literal { value: Constant::Time(..), .. }) => 7,
        ExprKind::Cast { .. } => 8,
        _ => 9,
    }
}

/// Words of expressions that are no names.
const RESERVED: &[&str] = &[
    "and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "on", "or",
    "rlike", "true", "where", "with", "as", "metadata",
];

/// Whether a part of a name needs no backticks.
fn is_name(part: &str) -> bool {
    let mut characters = part.chars();
    let start = characters.next();
    let rest = characters.as_str();
    start.is_some_and(|first| first.is_ascii_alphabetic() || (matches!(first, '_' | '@') && !rest.is_empty()))
        && rest.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
        && (part == "as" || !RESERVED.contains(&part.to_ascii_lowercase().as_str()))
}

/// A dotted name with backticks around the parts that need them.
pub fn name_text(name: &str) -> String {
    let parts: Vec<String> = name
        .split('.')
        .map(|part| if is_name(part) { part.to_owned() } else { format!("`{}`", part.replace('`', "``")) })
        .collect();
    parts.join(".")
}

/// A pattern of names: stars stay, parts that need backticks get them.
pub fn pattern_text(pattern: &str) -> String {
    let parts: Vec<String> = pattern
        .split('.')
        .map(|part| {
            let plain = part.replace('*', "x");
            let starred = part.contains('*') && (is_name(&plain) || plain.chars().all(|one| one == 'x'));
            if starred || is_name(part) { part.to_owned() } else { format!("`{}`", part.replace('`', "``")) }
        })
        .collect();
    parts.join(".")
}

/// A text as an ES|QL string: raw where that spares escapes, else with escapes.
pub fn quote(value: &str) -> String {
    let raw = value.chars().filter(|one| matches!(one, '\\' | '"')).count() > 1
        && !value.contains("\"\"\"")
        && !value.contains(['\r', '\n'])
        && !value.ends_with('"')
        && !value.starts_with('"');
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
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::esql::parse;

    fn format(text: &str) -> String {
        let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let out = print(&query, text);
        let again = parse(&out).unwrap_or_else(|error| panic!("{out}: {error:?}"));
        assert_eq!(print(&again, &out), out, "formatting twice differs");
        out
    }

    #[test]
    fn one_command_a_line_and_one_conjunct_a_line() {
        assert_eq!(
            format(
                "from logs-*,x metadata _id|where a==1 and (b like \"x*\" or not c in(1,2))|stats n=count(*),values(d) by e|limit 5"
            ),
            "FROM logs-*, x METADATA _id\n| WHERE\n    a == 1\n    AND (b LIKE \"x*\" OR NOT c IN (1, 2))\n| STATS\n    n = COUNT(*),\n    \
             VALUES(d)\n  BY e\n| LIMIT 5\n"
        );
    }

    #[test]
    fn comments_stay_beside_what_they_stood_at() {
        assert_eq!(
            format(
                "// head\nFROM x // index\n| WHERE a == 1 // first\n  AND /* second */ b == 2\n// about eval\n| EVAL c = 1, // one\n  d = 2\n// end"
            ),
            "// head\nFROM x // index\n| WHERE\n    a == 1 // first\n    /* second */ AND b == 2\n// about eval\n| EVAL\n    c = 1, // one\n    \
             d = 2\n// end\n"
        );
        assert_eq!(
            format("FROM x | COMPLETION a /* in */ WITH m // out\n"),
            "FROM x\n| COMPLETION a /* in */ WITH m // out\n"
        );
    }

    #[test]
    fn what_people_nest_keeps_its_grouping() {
        for line in ["a - (b - c) == 1", "(a + b) * c == -1", "-(a + b) == 1", "(a + b)::LONG == 1", "(a == 1) == true"]
        {
            let text = format!("FROM x\n| WHERE {line}\n");
            assert_eq!(format(&text), text);
        }
    }

    #[test]
    fn strings_and_names_are_quoted_where_they_must_be() {
        for value in ["C:\\a\\b", "\"\"\"", "a\\", "\t", "x\"", "\"\\\"\\", "a\"b\\c\"d"] {
            let text = format!("FROM x | WHERE a == {}", quote(value));
            let query = parse(&text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            let CommandKind::Where(Expr { kind: ExprKind::Compare { right, .. }, .. }) = &query.commands[1].kind else {
                panic!()
            };
            assert!(
                matches!(&right.kind, ExprKind::Literal(literal) if literal.value == Constant::Text(value.to_owned())),
                "{text}"
            );
        }
        assert_eq!(name_text("a.b-c.in.as._.x"), "a.`b-c`.`in`.as.`_`.x");
        assert_eq!(pattern_text("a.*.b-c.d*"), "a.*.`b-c`.d*");
    }
}
