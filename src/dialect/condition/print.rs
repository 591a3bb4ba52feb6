//! Predicates of the model → condition text.

use super::value::{MODES, default_mode, seconds_of_ticks, time_of_ticks};
use crate::dialect::layout::{Doc, all, group, nest, render, text};
use crate::model::{
    Anchor, ArrayMode, Case, Expr, FieldKind, FieldPath, FieldType, FieldTypes, IpClass, JsonKind, Ordering, Predicate,
    Quantifier, RegexFlavour, Segment, Test, TestKind, Typing, Value, WildcardPart,
};
use serde_json::json;

const WIDTH: usize = 100;

/// Words that a field of that name must be quoted for when it stands first.
const KEYWORDS: &[&str] = &["and", "or", "not", "in", "is", "between", "true", "false", "null", "where", "when"];

/// Names with a syntax of their own, which a function of the model does not get.
const TAKEN: &[&str] = &[
    "case",
    "truth",
    "collect",
    "collect_distinct",
    "aggregate",
    "at",
    "literal",
    "datetime",
    "duration",
    "double",
    "unread_value",
    "optional",
    "anywhere",
    "whole",
    "any",
    "all",
    "first",
    "last",
    "distinct",
    "last_distinct",
    "single",
    "subquery",
];

/// How much of a predicate the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of it: the text reads back as the same predicate.
    Full,
    /// What people ask for: type rules and the platform's usual treatment of several values are left out.
    Brief,
}

/// A predicate as condition text.
///
/// `types` are the types of the fields' platform: a path that goes through a list, or a field that holds several
/// values, means any of them without saying so.
pub fn print(predicate: &Predicate, types: &dyn FieldTypes, detail: Detail) -> String {
    render(&Printer { types, detail }.condition(predicate, Level::Free), WIDTH)
}

/// A value expression as condition text, on one line.
pub fn print_value(value: &Expr, types: &dyn FieldTypes, detail: Detail) -> String {
    render(&Printer { types, detail }.value(value), usize::MAX)
}

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Level {
    Free,
    OperandOfOr,
    Operand,
}

struct Printer<'a> {
    types: &'a dyn FieldTypes,
    detail: Detail,
}

impl Printer<'_> {
    fn condition(&self, predicate: &Predicate, level: Level) -> Doc {
        match predicate {
            Predicate::Always(flag) => text(flag.to_string()),
            Predicate::All(items) if items.len() > 1 => self.joined(items, "and", Level::Operand, level),
            Predicate::Any(items) if items.len() > 1 => self.joined(items, "or", Level::OperandOfOr, level),
            Predicate::All(items) => self.several("all", items),
            Predicate::Any(items) => self.several("any", items),
            Predicate::ExactlyOne(items) => self.several("one", items),
            Predicate::Not(inner) => match inner.as_ref() {
                Predicate::Test(test) => self.test(test, true),
                other => all([text("not "), self.condition(other, Level::Operand)]),
            },
            Predicate::Test(test) => self.test(test, false),
            Predicate::Elements { quantifier, list, var, body } => {
                let word = match quantifier {
                    Quantifier::Any => "any".to_owned(),
                    Quantifier::All => "all".to_owned(),
                    Quantifier::ExactlyOne => "one".to_owned(),
                    Quantifier::AtLeast(count) => format!("at_least({count})"),
                };
                all([
                    text(format!("{word} {} in ", variable(&var.0))),
                    self.value(list),
                    text(" where "),
                    brackets(self.condition(body, Level::Free)),
                ])
            }
            Predicate::Unread { index, .. } => text(format!("unread({index})")),
        }
    }

    fn joined(&self, items: &[Predicate], word: &str, inner: Level, level: Level) -> Doc {
        let mut docs = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                docs.push(Doc::Line);
                docs.push(text(format!("{word} ")));
            }
            docs.push(self.condition(item, inner));
        }
        let fits = match word {
            "and" => level != Level::Operand,
            _ => level == Level::Free,
        };
        if fits { group(all(docs)) } else { brackets(all(docs)) }
    }

    fn several(&self, word: &str, items: &[Predicate]) -> Doc {
        let docs = items.iter().map(|item| self.condition(item, Level::Free)).collect();
        all([text(format!("{word} of ")), list("(", docs, ")", false)])
    }

    /// A test, or its contrary.
    fn test(&self, test: &Test, denied: bool) -> Doc {
        let mut docs = Vec::new();
        for comment in &test.comments {
            docs.push(text(format!("// {}", comment.replace(['\n', '\r'], " "))));
            docs.push(Doc::Hard);
        }
        docs.push(self.value(&test.subject));
        docs.push(text(" "));
        let not = if denied { "not " } else { "" };
        match &test.kind {
            TestKind::Equals { value, case, typing } => {
                let word = if denied { "ne" } else { "eq" };
                docs.push(text(format!("{word}{}{} ", fold(*case), self.typing(typing))));
                docs.push(self.operand(value));
            }
            TestKind::In { values, case, typing } => {
                docs.push(text(format!("{not}in{}{} ", fold(*case), self.typing(typing))));
                docs.push(list("(", values.iter().map(|value| self.operand(value)).collect(), ")", true));
            }
            TestKind::Contains { value, case } => docs.extend(self.plain(not, "contains", value, *case)),
            TestKind::StartsWith { value, case } => docs.extend(self.plain(not, "starts_with", value, *case)),
            TestKind::EndsWith { value, case } => docs.extend(self.plain(not, "ends_with", value, *case)),
            TestKind::Term { value, case } => docs.extend(self.plain(not, "has", value, *case)),
            TestKind::TermPrefix { value, case } => docs.extend(self.plain(not, "has_prefix", value, *case)),
            TestKind::TermSuffix { value, case } => docs.extend(self.plain(not, "has_suffix", value, *case)),
            TestKind::Phrase { text: phrase, slop } => {
                docs.push(text(leaf(
                    include_str!("../../../templates/condition/phrase.j2"),
                    json!({ "operator": format!("{not}phrase"), "text": quoted(phrase), "slop": slop }),
                )));
            }
            TestKind::Tokens { text: tokens, all } => {
                let word = if *all { "tokens_all" } else { "tokens_any" };
                docs.push(text(format!("{not}{word} {}", quoted(tokens))));
            }
            TestKind::TokenWildcard { pattern } => {
                docs.push(text(format!("{not}token_wildcard {}", quoted(&wildcard(pattern)))));
            }
            TestKind::Wildcard { pattern, case } => {
                docs.push(text(format!("{not}wildcard{} {}", fold(*case), quoted(&wildcard(pattern)))));
            }
            TestKind::Regex { pattern, flavour, anchor, case } => {
                let word = match anchor {
                    Anchor::Search => "matches",
                    Anchor::Start => "matches_start",
                    Anchor::Whole => "matches_whole",
                };
                let behind = match flavour {
                    RegexFlavour::Re2 => "",
                    RegexFlavour::Lucene => ":lucene",
                    RegexFlavour::Python => ":python",
                };
                let behind = if self.detail == Detail::Brief { "" } else { behind };
                docs.push(text(format!("{not}{word}{}{behind} ", fold(*case))));
                docs.push(self.operand(pattern));
            }
            TestKind::Fuzzy { text: word, distance, transpositions } => {
                docs.push(text(leaf(
                    include_str!("../../../templates/condition/fuzzy.j2"),
                    json!({
                        "operator": format!("{not}fuzzy"),
                        "text": quoted(word),
                        "distance": distance,
                        "transpositions": transpositions,
                    }),
                )));
            }
            TestKind::Cidr { networks } => {
                docs.push(text(format!("{not}in_cidr ")));
                docs.push(match networks.as_slice() {
                    [network] => text(quoted(network)),
                    many => list("(", many.iter().map(|network| text(quoted(network))).collect(), ")", true),
                });
            }
            TestKind::Ip { class } => {
                let name = match class {
                    IpClass::Any => "ip",
                    IpClass::V4 => "ipv4",
                    IpClass::V6 => "ipv6",
                    IpClass::Public => "public_ip",
                    IpClass::Private => "private_ip",
                };
                docs.push(text(format!("is {not}{name}")));
            }
            TestKind::Compare { ordering, value, typing } => {
                docs.push(text(format!("{not}{}{} ", order(*ordering), self.typing(typing))));
                docs.push(self.operand(value));
            }
            TestKind::Range { low, high, typing } => {
                let bound = |word: &str, value: &Expr| all([text(format!("{word} ")), self.operand(value)]);
                let low = low.as_ref().map(|(value, closed)| bound(if *closed { "ge" } else { "gt" }, value));
                let high = high.as_ref().map(|(value, closed)| bound(if *closed { "le" } else { "lt" }, value));
                docs.push(text(format!("{not}between{} ", self.typing(typing))));
                docs.push(list("(", low.into_iter().chain(high).collect(), ")", false));
            }
            TestKind::Present => docs.push(text(if denied { "is null" } else { "exists" })),
            TestKind::KeyPresent => docs.push(text(format!("{not}has_key"))),
            TestKind::Empty => docs.push(text(format!("is {not}empty"))),
            TestKind::Truthy => docs.push(text(format!("is {not}truthy"))),
            TestKind::IsKind { kinds } => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind_name(*kind)).collect();
                docs.push(text(match names.as_slice() {
                    [name] => format!("is {not}{name}"),
                    names => format!("is {not}({})", names.join(", ")),
                }));
            }
        }
        all(docs)
    }

    fn plain(&self, not: &str, word: &str, value: &Expr, case: Case) -> [Doc; 2] {
        [text(format!("{not}{word}{} ", fold(case))), self.operand(value)]
    }

    fn typing(&self, typing: &Typing) -> String {
        match typing {
            _ if self.detail == Detail::Brief => String::new(),
            Typing::Typed => String::new(),
            Typing::Python => ":python".to_owned(),
            Typing::Text => ":as_text".to_owned(),
            Typing::Mapped(kind) => format!(":{}", type_name(*kind)),
        }
    }

    /// A value behind an operator: a bare `null` has a meaning of its own there.
    fn operand(&self, value: &Expr) -> Doc {
        match value {
            Expr::Literal(Value::Null) => text("literal(null)"),
            other => self.value(other),
        }
    }

    fn value(&self, value: &Expr) -> Doc {
        match value {
            Expr::Literal(value) => text(literal(value)),
            Expr::Field(field) => {
                let name = path(&field.path, true);
                let inner = if field.optional { format!("optional({name})") } else { name };
                text(self.mode(inner, field.mode, default_mode(&field.path, self.types)))
            }
            Expr::AnyField => text("anywhere()"),
            Expr::Var(var) => text(variable(&var.0)),
            Expr::Path(base, below, mode) => {
                let inner = match base.as_ref() {
                    Expr::Var(var) if !below.0.is_empty() => format!("{}{}", variable(&var.0), path(below, false)),
                    base => format!("at({}, {})", render(&self.value(base), usize::MAX), path(below, true)),
                };
                text(self.mode(inner, *mode, default_mode(below, &crate::model::TypeMap::default())))
            }
            Expr::Call(function, arguments) => self.call(function.0, arguments),
            Expr::Case(arms, otherwise) => {
                let mut docs: Vec<Doc> = arms
                    .iter()
                    .map(|arm| {
                        all([
                            text("when "),
                            self.condition(&arm.when, Level::Free),
                            text(" then "),
                            self.value(&arm.then),
                        ])
                    })
                    .collect();
                docs.push(all([text("else "), self.value(otherwise)]));
                list("case(", docs, ")", false)
            }
            Expr::Truth(predicate) => all([text("truth"), brackets(self.condition(predicate, Level::Free))]),
            Expr::List(items) => list("[", items.iter().map(|item| self.value(item)).collect(), "]", true),
            Expr::Object(members) => {
                let docs =
                    members.iter().map(|(name, value)| all([text(format!("{}: ", quoted(name))), self.value(value)]));
                list("{", docs.collect(), "}", false)
            }
            Expr::Collect { list: from, var, when, value, distinct } => {
                let word = if *distinct { "collect_distinct" } else { "collect" };
                let mut docs = vec![text(format!("{word}({} in ", variable(&var.0))), self.value(from)];
                if **when != Predicate::Always(true) {
                    docs.extend([text(" when "), self.condition(when, Level::Free)]);
                }
                docs.extend([text(" yield "), self.value(value), text(")")]);
                all(docs)
            }
            Expr::Aggregate(function, arguments, filter) => {
                let mut docs = vec![text("aggregate("), self.call(function.0, arguments)];
                if let Some(filter) = filter {
                    docs.extend([text(" when "), self.condition(filter, Level::Free)]);
                }
                docs.push(text(")"));
                all(docs)
            }
            Expr::Scalar(_) | Expr::Rows(_) => text("subquery()"),
            Expr::Unread(index) => text(format!("unread_value({index})")),
        }
    }

    fn call(&self, name: &str, arguments: &[Expr]) -> Doc {
        let name = if TAKEN.contains(&name) { format!("fn_{name}") } else { name.to_owned() };
        list(&format!("{name}("), arguments.iter().map(|argument| self.value(argument)).collect(), ")", false)
    }

    fn mode(&self, inner: String, mode: ArrayMode, usual: ArrayMode) -> String {
        let untold =
            self.detail == Detail::Brief && matches!(mode, ArrayMode::Any | ArrayMode::Whole | ArrayMode::Single);
        if mode == usual || untold {
            return inner;
        }
        let word = MODES.iter().find(|(_, known)| *known == mode).map_or("whole", |(word, _)| word);
        format!("{word}({inner})")
    }
}

/// The text of a leaf; its template is part of the program, and a test renders it.
fn leaf(template: &str, data: serde_json::Value) -> String {
    crate::template::render(template, &data).unwrap_or_default()
}

/// In brackets, broken over lines where it does not fit.
fn brackets(doc: Doc) -> Doc {
    group(all([text("("), nest(2, all([Doc::Soft, doc])), Doc::Soft, text(")")]))
}

/// A list between two brackets: `fill` puts as many to a line as fit.
fn list(open: &str, items: Vec<Doc>, close: &str, fill: bool) -> Doc {
    if items.is_empty() {
        return text(format!("{open}{close}"));
    }
    let last = items.len() - 1;
    let items: Vec<Doc> =
        items.into_iter().enumerate().map(|(at, item)| if at < last { all([item, text(",")]) } else { item }).collect();
    let inner = if fill {
        Doc::Fill(items)
    } else {
        let mut docs = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                docs.push(Doc::Line);
            }
            docs.push(item);
        }
        all(docs)
    };
    group(all([text(open), nest(2, all([Doc::Soft, inner])), Doc::Soft, text(close)]))
}

fn fold(case: Case) -> &'static str {
    match case {
        Case::Sensitive => "",
        Case::Ignore => "~",
        Case::IgnoreAscii => "~ascii",
    }
}

fn order(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::Less => "lt",
        Ordering::LessOrEqual => "le",
        Ordering::Greater => "gt",
        Ordering::GreaterOrEqual => "ge",
    }
}

fn kind_name(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::String => "string",
        JsonKind::Number => "number",
        JsonKind::Integer => "integer",
        JsonKind::Boolean => "boolean",
        JsonKind::Array => "list",
        JsonKind::Object => "object",
    }
}

/// The name of a type, as [`FieldType::parse`] reads it.
fn type_name(kind: FieldType) -> String {
    let name = match kind.kind {
        FieldKind::Keyword => "keyword",
        FieldKind::Wildcard => "wildcard",
        FieldKind::Text => "text",
        FieldKind::Long => "long",
        FieldKind::Double => "double",
        FieldKind::Ip => "ip",
        FieldKind::Date => "date",
        FieldKind::Boolean => "boolean",
        FieldKind::Dynamic => "dynamic",
        FieldKind::Timespan => "timespan",
        FieldKind::Guid => "guid",
    };
    format!("{name}{}", if kind.list { "[]" } else { "" })
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) if number.is_finite() => format!("{number:?}"),
        Value::Double(number) => format!("double({})", quoted(&number.to_string())),
        Value::String(text) => quoted(text),
        Value::DateTime(ticks) => match time_of_ticks(*ticks) {
            Some(time) => format!("datetime({})", quoted(&time)),
            None => format!("datetime({})", quoted(&ticks.to_string())),
        },
        Value::Duration(ticks) => format!("duration({})", seconds_of_ticks(*ticks)),
        Value::Array(_) | Value::Object(_) => format!("literal({})", constant(value)),
    }
}

/// A constant inside `literal(...)`.
fn constant(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", quoted(name), constant(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => literal(other),
    }
}

/// A text in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn wildcard(pattern: &[WildcardPart]) -> String {
    let mut out = String::new();
    for part in pattern {
        match part {
            WildcardPart::Many => out.push('*'),
            WildcardPart::One => out.push('?'),
            WildcardPart::Text(text) => {
                for letter in text.chars() {
                    if matches!(letter, '*' | '?' | '\\') {
                        out.push('\\');
                    }
                    out.push(letter);
                }
            }
        }
    }
    out
}

fn backticks(text: &str) -> String {
    let mut out = String::from("`");
    for letter in text.chars() {
        if matches!(letter, '`' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('`');
    out
}

fn variable(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if plain { format!("${name}") } else { format!("${}", backticks(name)) }
}

/// A path. `top`: it stands alone, so a path that does not start with a name starts with `^`.
fn path(path: &FieldPath, top: bool) -> String {
    let mut out = String::new();
    for (at, segment) in path.0.iter().enumerate() {
        let first = top && at == 0;
        if first && !matches!(segment, Segment::Key(_) | Segment::KeyPattern(_)) {
            out.push('^');
        }
        match segment {
            Segment::Key(key) => {
                if !first {
                    out.push('.');
                }
                if is_bare(key, first) { out.push_str(key) } else { out.push_str(&backticks(key)) }
            }
            Segment::KeyPattern(key) => {
                if !first {
                    out.push('.');
                }
                let bare = key.contains('*') && is_bare(&key.replace('*', "a"), first);
                if bare {
                    out.push_str(key);
                } else {
                    out.push('*');
                    out.push_str(&backticks(key));
                }
            }
            Segment::Index(index) => out.push_str(&format!("[{index}]")),
            Segment::Any => out.push_str("[]"),
            Segment::Json => out.push_str("[json()]"),
            Segment::Paired { key, equals, ignore_case } => {
                let sign = if *ignore_case { "=~" } else { "=" };
                let key = if is_bare(key, false) { key.clone() } else { backticks(key) };
                out.push_str(&format!("[{key}{sign}{}]", quoted(equals)));
            }
        }
    }
    if out.is_empty() { "^".to_owned() } else { out }
}

fn is_bare(key: &str, first: bool) -> bool {
    let inner = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '@');
    let starts = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | '@');
    !key.is_empty()
        && key.chars().all(inner)
        && (!first || key.starts_with(starts) && !KEYWORDS.iter().any(|word| word.eq_ignore_ascii_case(key)))
}
