//! Model → syntax tree, in the form that a good Elastic engineer would write: values of one field in one list.

use super::tree::{Expression, Literal, Part, Query, RangeOperator, Values};
use crate::diagnostic::Span;
use crate::dialect::elastic::say::{Ask, Language, Leaf, Said, say};
use crate::dialect::elastic::support::flatten;
use crate::model::{Expr, FieldTypes, Ordering, Predicate, WildcardPart};

/// A query for a condition that was planned for KQL.
pub fn raise(predicate: &Predicate, types: &dyn FieldTypes) -> Query {
    Query { root: Some(expression(predicate, types)) }
}

const NOWHERE: Span = Span::new(0, 0);

fn text(text: &str, quoted: bool) -> Literal {
    Literal::text(text, quoted, NOWHERE)
}

/// `*:*`, which every document meets.
fn everything() -> Expression {
    let any = || Literal { parts: vec![Part::Any], quoted: false, span: NOWHERE };
    Expression::Test { field: any(), values: Values::One(any()), span: NOWHERE }
}

fn not(inner: Expression) -> Expression {
    let inner = match inner {
        Expression::Or(..) | Expression::And(..) | Expression::Not(..) => Expression::Group(Box::new(inner), NOWHERE),
        other => other,
    };
    Expression::Not(Box::new(inner), NOWHERE)
}

fn expression(predicate: &Predicate, types: &dyn FieldTypes) -> Expression {
    match predicate {
        Predicate::Always(true) | Predicate::Unread { .. } => everything(),
        Predicate::Always(false) => not(everything()),
        Predicate::Not(inner) => not(expression(inner, types)),
        Predicate::All(items) => {
            let mut out = Vec::new();
            for group in grouped(items, false, types) {
                out.push(match group {
                    Group::Leaves(field, said) => test(field, said, Values::And),
                    Group::Other(item) => match expression(item, types) {
                        inner @ Expression::Or(..) => Expression::Group(Box::new(inner), NOWHERE),
                        other => other,
                    },
                });
            }
            several(out, Expression::And)
        }
        Predicate::Any(items) => {
            let mut out = Vec::new();
            for group in grouped(items, true, types) {
                out.push(match group {
                    Group::Leaves(field, said) => test(field, said, Values::Or),
                    Group::Other(item) => match expression(item, types) {
                        inner @ Expression::And(..) => Expression::Group(Box::new(inner), NOWHERE),
                        other => other,
                    },
                });
            }
            several(out, Expression::Or)
        }
        Predicate::Test(found) => match say(found, Language::Kuery, types) {
            Ok(leaf) => self::leaf(leaf),
            Err(_) => everything(),
        },
        Predicate::Elements { list, var, body, .. } => {
            let Expr::Field(field) = list else { return everything() };
            let Some(flat) = flatten(body, var, field) else { return everything() };
            let outer = field.path.to_string();
            let mut inner = expression(&flat, types);
            relative(&mut inner, &format!("{outer}."));
            Expression::Nested { field: self::field(&outer), inner: Box::new(inner), span: NOWHERE }
        }
        // Planning spells this out.
        Predicate::ExactlyOne(items) => expression(&Predicate::Any(items.clone()), types),
    }
}

/// Operands each once: tests that differ elsewhere may be one in KQL.
fn several(items: Vec<Expression>, join: fn(Vec<Expression>, Span) -> Expression) -> Expression {
    let few = items.len() <= MOST_COMPARED;
    let mut kept: Vec<Expression> = Vec::with_capacity(items.len());
    for item in items {
        if !few || !kept.contains(&item) {
            kept.push(item);
        }
    }
    if kept.len() == 1 { kept.remove(0) } else { join(kept, NOWHERE) }
}

/// So many operands are held against each other.
const MOST_COMPARED: usize = 200;

enum Group<'a> {
    /// Values of one field that stand side by side.
    Leaves(String, Vec<Said>),
    /// Anything else.
    Other(&'a Predicate),
}

/// Neighbours that ask for values of the same field, together. A list of several values is a choice already, so in a
/// conjunction it stays a test of its own.
fn grouped<'a>(items: &'a [Predicate], choice: bool, types: &dyn FieldTypes) -> Vec<Group<'a>> {
    let mut out: Vec<Group<'a>> = Vec::new();
    for item in items {
        let leaf = match item {
            Predicate::Test(test) => say(test, Language::Kuery, types).ok(),
            _ => None,
        };
        if let Some(Leaf { field: Some(field), ask: Ask::Values(said) }) = leaf
            && (choice || said.len() == 1)
        {
            match out.last_mut() {
                Some(Group::Leaves(other, known)) if *other == field => known.extend(said),
                _ => out.push(Group::Leaves(field, said)),
            }
            continue;
        }
        out.push(Group::Other(item));
    }
    out
}

fn test(name: String, said: Vec<Said>, join: fn(Vec<Values>, Span) -> Values) -> Expression {
    let mut values: Vec<Values> = said.into_iter().map(|said| Values::One(literal(said))).collect();
    let values =
        if values.len() == 1 { values.remove(0) } else { Values::Group(Box::new(join(values, NOWHERE)), NOWHERE) };
    Expression::Test { field: field(&name), values, span: NOWHERE }
}

/// A field name; `*` in it stands for any part of a name. A name that is no plain word is quoted.
fn field(name: &str) -> Literal {
    if !name.contains('*') && !is_bare(name) {
        return text(name, true);
    }
    let mut parts = Vec::new();
    for (at, piece) in name.split('*').enumerate() {
        if at > 0 && parts.last() != Some(&Part::Any) {
            parts.push(Part::Any);
        }
        if !piece.is_empty() {
            parts.push(Part::Text(piece.to_owned()));
        }
    }
    Literal { parts, quoted: false, span: NOWHERE }
}

fn leaf(leaf: Leaf) -> Expression {
    match (leaf.field, leaf.ask) {
        (Some(name), Ask::Values(said)) => test(name, said, Values::Or),
        (None, Ask::Values(said)) => {
            several(said.into_iter().map(|said| Expression::Anywhere(literal(said))).collect(), Expression::Or)
        }
        (Some(name), Ask::Compare(ordering, value)) => {
            let operator = match ordering {
                Ordering::Less => RangeOperator::Less,
                Ordering::LessOrEqual => RangeOperator::LessEqual,
                Ordering::Greater => RangeOperator::Greater,
                Ordering::GreaterOrEqual => RangeOperator::GreaterEqual,
            };
            Expression::Range { field: field(&name), operator, value: literal(Said::Exact(value)), span: NOWHERE }
        }
        (Some(name), Ask::Exists) => {
            let any = Literal { parts: vec![Part::Any], quoted: false, span: NOWHERE };
            Expression::Test { field: field(&name), values: Values::One(any), span: NOWHERE }
        }
        _ => everything(),
    }
}

/// A value: bare where it needs no escape, else quoted; words of analysed text keep the form that their meaning needs.
fn literal(said: Said) -> Literal {
    match said {
        Said::Exact(value) => {
            let quoted = !is_bare(&value);
            text(&value, quoted)
        }
        Said::Phrase(value, _) => text(&value, true),
        Said::Words(value) => text(&value, false),
        Said::Pattern(parts) => Literal {
            parts: parts
                .into_iter()
                .map(|part| match part {
                    WildcardPart::Text(text) => Part::Text(text),
                    WildcardPart::Many | WildcardPart::One => Part::Any,
                })
                .collect(),
            quoted: false,
            span: NOWHERE,
        },
    }
}

fn is_bare(value: &str) -> bool {
    !value.is_empty()
        && !value.chars().any(|character| {
            character.is_whitespace()
                || character.is_control()
                || matches!(character, '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}')
        })
        && !["and", "or", "not", "null"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Names inside `outer:{ }` are told from there.
fn relative(expression: &mut Expression, outer: &str) {
    match expression {
        Expression::Or(items, _) | Expression::And(items, _) => items.iter_mut().for_each(|item| relative(item, outer)),
        Expression::Not(inner, _) | Expression::Group(inner, _) => relative(inner, outer),
        Expression::Nested { field, .. } | Expression::Range { field, .. } | Expression::Test { field, .. } => {
            if let Some(Part::Text(text)) = field.parts.first_mut()
                && let Some(short) = text.strip_prefix(outer)
            {
                *text = short.to_owned();
            }
        }
        Expression::Anywhere(_) => {}
    }
}
