//! What a query uses, counted on its tree.

use super::tree::{Expression, Literal, Query, Values};
use crate::dialect::Inventory;

/// Counts connectives and comparisons, wildcards, quoted texts and tests for any value.
pub fn inventory(query: &Query) -> Inventory {
    let mut found = Inventory::default();
    if let Some(root) = &query.root {
        expression(root, &mut found);
    }
    found
}

fn operator(found: &mut Inventory, word: &str, times: usize) {
    for _ in 0..times {
        Inventory::count(&mut found.operators, word);
    }
}

fn expression(shown: &Expression, found: &mut Inventory) {
    match shown {
        Expression::Or(items, _) => {
            operator(found, "or", items.len().saturating_sub(1));
            items.iter().for_each(|item| expression(item, found));
        }
        Expression::And(items, _) => {
            operator(found, "and", items.len().saturating_sub(1));
            items.iter().for_each(|item| expression(item, found));
        }
        Expression::Not(inner, _) => {
            operator(found, "not", 1);
            expression(inner, found);
        }
        Expression::Group(inner, _) => expression(inner, found),
        Expression::Nested { inner, .. } => {
            operator(found, "{}", 1);
            expression(inner, found);
        }
        Expression::Range { operator: sign, .. } => operator(found, sign.text(), 1),
        Expression::Test { values: tested, .. } => {
            operator(found, ":", 1);
            values(tested, found);
        }
        Expression::Anywhere(value) => literal(value, found),
    }
}

fn values(shown: &Values, found: &mut Inventory) {
    match shown {
        Values::One(value) => literal(value, found),
        Values::Or(items, _) => {
            operator(found, "or", items.len().saturating_sub(1));
            items.iter().for_each(|item| values(item, found));
        }
        Values::And(items, _) => {
            operator(found, "and", items.len().saturating_sub(1));
            items.iter().for_each(|item| values(item, found));
        }
        Values::Not(inner, _) => {
            operator(found, "not", 1);
            values(inner, found);
        }
        Values::Group(inner, _) => values(inner, found),
    }
}

fn literal(value: &Literal, found: &mut Inventory) {
    if value.quoted {
        Inventory::count(&mut found.string_operators, "quoted");
    } else if value.is_only_wildcard() {
        Inventory::count(&mut found.string_operators, "exists");
    } else if value.has_wildcard() {
        Inventory::count(&mut found.string_operators, "wildcard");
    }
}
