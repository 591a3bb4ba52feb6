//! Model → syntax tree. Every group of mixed clauses gets its parentheses, because Lucene's operators have no precedence.

use super::print::is_plain;
use super::tree::{Body, Bound, Clause, Conjunction, Field, Modifier, Part, Query};
use crate::diagnostic::Span;
use crate::dialect::elastic::say::{Ask, Language, Leaf, Said, say};
use crate::model::{FieldTypes, Ordering, Predicate, WildcardPart};

const NOWHERE: Span = Span::new(0, 0);

/// A query for a condition that was planned for Lucene.
pub fn raise(predicate: &Predicate, types: &dyn FieldTypes) -> Query {
    query(predicate, types)
}

fn clause(field: Option<&str>, body: Body) -> Clause {
    let field = field.map(|name| Field { name: name.to_owned(), span: NOWHERE });
    Clause { conjunction: None, modifier: None, field, body, boost: None, span: NOWHERE }
}

/// `*:*`, which every document meets.
fn everything() -> Clause {
    clause(Some("*"), Body::Pattern(vec![Part::Any]))
}

/// The predicate as clauses of one level.
fn query(predicate: &Predicate, types: &dyn FieldTypes) -> Query {
    match predicate {
        Predicate::All(items) => {
            let clauses = grouped(items, false, types).into_iter().map(|group| match group {
                Group::Leaves(name, said) => values(name.as_deref(), said, Conjunction::And),
                Group::Other(Predicate::Not(inner)) => negated(inner, types),
                Group::Other(item) => one(item, types),
            });
            joined(clauses.collect(), Conjunction::And)
        }
        Predicate::Any(items) => {
            let clauses = grouped(items, true, types).into_iter().map(|group| match group {
                Group::Leaves(name, said) => values(name.as_deref(), said, Conjunction::Or),
                // Beside OR a bare NOT would forbid, not choose.
                Group::Other(item @ (Predicate::Not(_) | Predicate::Always(false))) => {
                    clause(None, Body::Group(query(item, types)))
                }
                Group::Other(item) => one(item, types),
            });
            joined(clauses.collect(), Conjunction::Or)
        }
        Predicate::Not(inner) => joined(vec![negated(inner, types)], Conjunction::And),
        Predicate::Always(false) => {
            joined(vec![Clause { modifier: Some(Modifier::Not), ..everything() }], Conjunction::And)
        }
        other => joined(vec![one(other, types)], Conjunction::And),
    }
}

fn joined(mut clauses: Vec<Clause>, conjunction: Conjunction) -> Query {
    for clause in clauses.iter_mut().skip(1) {
        clause.conjunction = Some(conjunction);
    }
    Query { clauses, span: NOWHERE }
}

fn negated(inner: &Predicate, types: &dyn FieldTypes) -> Clause {
    let found = match inner {
        Predicate::Not(_) => clause(None, Body::Group(query(inner, types))),
        _ => one(inner, types),
    };
    Clause { modifier: Some(Modifier::Not), ..found }
}

/// The predicate as one clause.
fn one(predicate: &Predicate, types: &dyn FieldTypes) -> Clause {
    match predicate {
        Predicate::Test(test) => match say(test, Language::Lucene, types) {
            Ok(found) => leaf(found),
            Err(_) => everything(),
        },
        Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) | Predicate::Always(false) => {
            let mut inner = query(predicate, types);
            // One clause alone needs no parentheses.
            match (inner.clauses.pop(), inner.clauses.is_empty()) {
                (Some(only), true) if only.modifier.is_none() => only,
                (Some(last), _) => {
                    inner.clauses.push(last);
                    clause(None, Body::Group(inner))
                }
                (None, _) => everything(),
            }
        }
        _ => everything(),
    }
}

enum Group<'a> {
    /// Values of one field that stand side by side.
    Leaves(Option<String>, Vec<Said>),
    /// Anything else.
    Other(&'a Predicate),
}

/// Neighbours that ask for values of the same field, together. A list of several values is a choice already, so in a
/// conjunction it stays a test of its own.
fn grouped<'a>(items: &'a [Predicate], choice: bool, types: &dyn FieldTypes) -> Vec<Group<'a>> {
    let mut out: Vec<Group<'a>> = Vec::new();
    for item in items {
        let found = match item {
            Predicate::Test(test) => say(test, Language::Lucene, types).ok(),
            _ => None,
        };
        if let Some(Leaf { field: field @ Some(_), ask: Ask::Values(said) }) = found
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

/// One value, or several in parentheses.
fn values(name: Option<&str>, said: Vec<Said>, conjunction: Conjunction) -> Clause {
    let mut bodies: Vec<Body> = said.into_iter().map(body).collect();
    match (bodies.pop(), bodies.is_empty()) {
        (Some(only), true) => clause(name, only),
        (last, _) => {
            bodies.extend(last);
            let clauses = bodies.into_iter().map(|body| clause(None, body)).collect();
            clause(name, Body::Group(joined(clauses, conjunction)))
        }
    }
}

fn leaf(leaf: Leaf) -> Clause {
    let name = leaf.field.as_deref();
    match leaf.ask {
        Ask::Values(said) => values(name, said, Conjunction::Or),
        Ask::Exists => match name {
            Some(name) => clause(Some("_exists_"), exists(name)),
            None => everything(),
        },
        Ask::Compare(ordering, value) => {
            let end = |included: bool| (Some(Bound { quoted: false, text: value.clone() }), included);
            let ((low, low_included), (high, high_included)) = match ordering {
                Ordering::Less => ((None, true), end(false)),
                Ordering::LessOrEqual => ((None, true), end(true)),
                Ordering::Greater => (end(false), (None, true)),
                Ordering::GreaterOrEqual => (end(true), (None, true)),
            };
            clause(name, Body::Range { low, high, low_included, high_included })
        }
        Ask::Range((low, low_included), (high, high_included)) => {
            let bound = |text| Some(Bound { text, quoted: false });
            clause(name, Body::Range { low: bound(low), high: bound(high), low_included, high_included })
        }
        Ask::Regexp(pattern) => clause(name, Body::Regexp(pattern)),
        Ask::Fuzzy(text, distance) => clause(name, Body::Fuzzy { text, distance: distance.to_string() }),
    }
}

/// The name of a field as a value; `*` in it is a wildcard.
fn exists(name: &str) -> Body {
    if !name.contains('*') {
        return Body::Text(name.to_owned());
    }
    let mut parts = Vec::new();
    for (at, piece) in name.split('*').enumerate() {
        if at > 0 {
            parts.push(Part::Any);
        }
        if !piece.is_empty() {
            parts.push(Part::Text(piece.to_owned()));
        }
    }
    Body::Pattern(parts)
}

/// A value: bare where it needs no escape, else quoted; words of analysed text keep the form that their meaning needs.
fn body(said: Said) -> Body {
    match said {
        Said::Exact(value) if is_plain(&value) => Body::Text(value),
        Said::Exact(text) => Body::Phrase { text, slop: None },
        Said::Phrase(text, 0) => Body::Phrase { text, slop: None },
        Said::Phrase(text, slop) => Body::Phrase { text, slop: Some(slop.to_string()) },
        Said::Words(text) => Body::Text(text),
        Said::Pattern(parts) => Body::Pattern(
            parts
                .into_iter()
                .map(|part| match part {
                    WildcardPart::Text(text) => Part::Text(text),
                    WildcardPart::Many => Part::Any,
                    WildcardPart::One => Part::One,
                })
                .collect(),
        ),
    }
}
