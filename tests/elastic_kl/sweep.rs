//! Sweeps over public rules.

use crate::shared::{Ecs, Untyped, dialect, kuery_rules, lucene_queries, read, write};
use ruleglot::model::{Expr, FieldTypes, Predicate, Test};

/// Whether two conditions are the same, wherever they stand in their texts.
pub fn same(left: &Predicate, right: &Predicate) -> bool {
    fn blank(test: &Test) -> (Expr, String) {
        (test.subject.clone(), format!("{:?}", test.kind))
    }
    match (left, right) {
        (Predicate::Test(left), Predicate::Test(right)) => blank(left) == blank(right),
        (Predicate::Not(left), Predicate::Not(right)) => same(left, right),
        (Predicate::All(left), Predicate::All(right)) | (Predicate::Any(left), Predicate::Any(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Predicate::Always(left), Predicate::Always(right)) => left == right,
        (
            Predicate::Elements { list, var, body, .. },
            Predicate::Elements { list: other_list, var: other_var, body: other_body, .. },
        ) => list == other_list && var == other_var && same(body, other_body),
        _ => false,
    }
}

/// Writes the query's model in its own dialect and reads it back.
fn there_and_back(name: &str, text: &str, types: &dyn FieldTypes) -> Result<(), String> {
    let first = read(name, text, types)?;
    if !first.unread.is_empty() {
        return Err(format!("unread: {:?}", first.unread));
    }
    let (written, planned) = write(name, &first.logic, types)?;
    if !planned.losses.is_empty() {
        return Err(format!("losses: {:?}", planned.losses));
    }
    let second = read(name, &written, types).map_err(|error| format!("{written}: {error}"))?;
    let (first, second) = (first.logic.as_filter().unwrap(), second.logic.as_filter().unwrap());
    if !same(&first, &second) {
        return Err(format!("\nwritten {written}\nfirst  {first:#?}\nsecond {second:#?}"));
    }
    let formatted = dialect(name).format(text).map_err(|error| format!("{error:?}"))?;
    let third = read(name, &formatted, types).map_err(|error| format!("formatted {formatted}: {error}"))?;
    if !same(&first, &third.logic.as_filter().unwrap()) {
        return Err(format!("formatted {formatted}"));
    }
    match dialect(name).format(&formatted) {
        Ok(again) if again == formatted => Ok(()),
        other => Err(format!("formatting is not stable: {formatted} / {other:?}")),
    }
}

fn sweep(name: &str, rules: &[(String, String)], types: &dyn FieldTypes, known: usize) {
    let mut failed = 0;
    for (id, text) in rules {
        if let Err(reason) = there_and_back(name, text, types) {
            failed += 1;
            println!("{id}: {}", reason.chars().take(1500).collect::<String>());
        }
    }
    println!("{name}: {} of {} rules are read and written back the same", rules.len() - failed, rules.len());
    assert!(failed <= known, "{failed} rules");
}

#[test]
fn kuery_rules_come_back_from_the_model_as_they_were() {
    let Some(rules) = kuery_rules() else { return };
    sweep("kuery", &rules, &Ecs, 0);
    sweep("kuery", &rules, &Untyped, 0);
}

#[test]
fn lucene_queries_come_back_from_the_model_as_they_were() {
    let Some(rules) = lucene_queries() else { return };
    // Apache Lucene refuses the regular expressions of five: a quotation mark in them is never closed.
    sweep("lucene", &rules, &Untyped, 5);
}
