//! What a rule actively suppresses: its top-level NOT(...) conjuncts, as catalogue pages list them.

use crate::model::{Anchor, Case, Expr, Ordering, Predicate, Quantifier, Test, TestKind, Value};

/// One excluded predicate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusion {
    /// The field, as its path is written.
    pub field: String,
    /// What is asked of it inside the NOT: `ne`, `eq`, `contains`, ...
    pub kind: String,
    /// The values, as text.
    pub values: Vec<String>,
    /// Rows of the same number are excluded only together (`not (a and b)`).
    pub together: Option<usize>,
}

/// The exclusions of a condition, ordered by field, kind and values.
///
/// `not (a ne "x" or b ne "y")` gives a row for each alternative. A quantified condition gives rows of its body.
pub fn exclusions(predicate: &Predicate) -> Vec<Exclusion> {
    let mut rows = Vec::new();
    let mut groups = 0;
    for conjunct in predicate.conjuncts() {
        if let Predicate::Not(inner) = conjunct {
            alternatives(inner, &mut rows, &mut groups);
        }
    }
    rows.sort();
    rows.dedup();
    rows
}

fn alternatives(predicate: &Predicate, rows: &mut Vec<Exclusion>, groups: &mut usize) {
    match predicate {
        Predicate::Any(items) => items.iter().for_each(|item| alternatives(item, rows, groups)),
        Predicate::All(items) | Predicate::ExactlyOne(items) => {
            let start = rows.len();
            items.iter().for_each(|item| alternatives(item, rows, groups));
            *groups += 1;
            for row in rows.iter_mut().skip(start) {
                row.together = Some(*groups);
            }
        }
        Predicate::Not(inner) => match inner.as_ref() {
            Predicate::Test(test) => rows.push(row(test, true)),
            // not (not (a and b)) asserts; what is suppressed is each part's contrary.
            Predicate::All(items) => {
                items.iter().for_each(|item| alternatives(&item.clone().negate(), rows, groups));
            }
            Predicate::Not(twice) => alternatives(twice, rows, groups),
            _ => {}
        },
        Predicate::Test(test) => rows.push(row(test, false)),
        Predicate::Elements { quantifier: Quantifier::Any, body, .. } => alternatives(body, rows, groups),
        Predicate::Elements { .. } | Predicate::Always(_) | Predicate::Unread { .. } => {}
    }
}

fn row(test: &Test, denied: bool) -> Exclusion {
    let (word, values) = words(&test.kind);
    let kind = match (denied, word) {
        (false, word) => word.to_owned(),
        (true, "eq") => "ne".to_owned(),
        (true, "exists") => "is null".to_owned(),
        (true, word) => format!("not {word}"),
    };
    Exclusion { field: value(&test.subject), kind, values, together: None }
}

/// The word of a test, as the condition text has it, and its operands.
fn words(kind: &TestKind) -> (&'static str, Vec<String>) {
    let one = |word, operand: &Expr| (word, vec![value(operand)]);
    match kind {
        TestKind::Equals { value: operand, case, .. } => {
            one(if *case == Case::Sensitive { "eq" } else { "ieq" }, operand)
        }
        TestKind::In { values, .. } => ("in", values.iter().map(value).collect()),
        TestKind::Contains { value: operand, .. } => one("contains", operand),
        TestKind::StartsWith { value: operand, .. } => one("starts_with", operand),
        TestKind::EndsWith { value: operand, .. } => one("ends_with", operand),
        TestKind::Term { value: operand, .. } => one("has", operand),
        TestKind::TermPrefix { value: operand, .. } => one("has_prefix", operand),
        TestKind::TermSuffix { value: operand, .. } => one("has_suffix", operand),
        TestKind::Phrase { text, .. } => ("phrase", vec![text.clone()]),
        TestKind::Tokens { text, .. } => ("tokens", vec![text.clone()]),
        TestKind::TokenWildcard { pattern } | TestKind::Wildcard { pattern, .. } => {
            let text = pattern.iter().map(|part| match part {
                crate::model::WildcardPart::Text(text) => text.as_str(),
                crate::model::WildcardPart::Many => "*",
                crate::model::WildcardPart::One => "?",
            });
            ("wildcard", vec![text.collect()])
        }
        TestKind::Regex { pattern, anchor, .. } => {
            one(if *anchor == Anchor::Search { "matches" } else { "matches_whole" }, pattern)
        }
        TestKind::Fuzzy { text, .. } => ("fuzzy", vec![text.clone()]),
        TestKind::Cidr { networks } => ("in_cidr", networks.clone()),
        TestKind::Ip { .. } => ("is ip", Vec::new()),
        TestKind::Compare { ordering, value: operand, .. } => {
            let word = match ordering {
                Ordering::Less => "lt",
                Ordering::LessOrEqual => "le",
                Ordering::Greater => "gt",
                Ordering::GreaterOrEqual => "ge",
            };
            one(word, operand)
        }
        TestKind::Range { low, high, .. } => {
            ("between", low.iter().chain(high).map(|(operand, _)| value(operand)).collect())
        }
        TestKind::Present => ("exists", Vec::new()),
        TestKind::KeyPresent => ("has_key", Vec::new()),
        TestKind::Empty => ("is empty", Vec::new()),
        TestKind::Truthy => ("is truthy", Vec::new()),
        TestKind::IsKind { .. } => ("is", Vec::new()),
    }
}

/// A value for people: text without quotes, fields by their path.
fn value(expr: &Expr) -> String {
    match expr {
        Expr::Literal(Value::String(text)) => text.clone(),
        Expr::Literal(Value::Int(number)) => number.to_string(),
        Expr::Literal(Value::Double(number)) => format!("{number:?}"),
        Expr::Literal(Value::Bool(flag)) => flag.to_string(),
        Expr::Literal(Value::Null) => "null".to_owned(),
        Expr::Literal(_) => "a constant".to_owned(),
        Expr::Field(field) => field.path.to_string(),
        Expr::Var(var) => var.0.clone(),
        Expr::Path(base, path, _) => format!("{}.{path}", value(base)),
        Expr::Call(function, arguments) => {
            format!("{}({})", function.0, arguments.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Expr::List(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Expr::AnyField => "any field".to_owned(),
        _ => "a computed value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::Typing;

    fn eq(field: &str, value: &str) -> Predicate {
        let kind = TestKind::Equals { value: Expr::text(value), case: Case::Sensitive, typing: Typing::Typed };
        Predicate::Test(Test::new(Expr::whole(field), kind, Span::default()))
    }

    #[test]
    fn the_table_of_a_catalogue_page() {
        let denied = Predicate::Any(vec![
            eq("properties.result", "success").negate(),
            eq("operationName", "Invite external user").negate(),
        ]);
        let rows: Vec<_> =
            exclusions(&denied.negate()).into_iter().map(|row| (row.field, row.kind, row.values)).collect();
        assert_eq!(
            rows,
            [
                ("operationName".to_owned(), "ne".to_owned(), vec!["Invite external user".to_owned()]),
                ("properties.result".to_owned(), "ne".to_owned(), vec!["success".to_owned()]),
            ]
        );
    }

    #[test]
    fn a_conjunction_under_not_is_excluded_together() {
        let both = Predicate::All(vec![eq("a", "1"), eq("b", "2")]);
        let rows = exclusions(&Predicate::All(vec![eq("c", "3"), both.negate(), eq("d", "4").negate()]));
        let shown: Vec<_> = rows.iter().map(|row| (row.field.as_str(), row.kind.as_str(), row.together)).collect();
        assert_eq!(shown, [("a", "eq", Some(1)), ("b", "eq", Some(1)), ("d", "eq", None)]);
    }
}
