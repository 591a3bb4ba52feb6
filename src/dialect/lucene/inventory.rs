//! What a query uses, counted on its tree.

use super::tree::{Body, Conjunction, Modifier, Part, Query};
use crate::dialect::Inventory;

/// Counts connectives, field tests, ranges, and the kinds of searched texts.
pub fn inventory(query: &Query) -> Inventory {
    let mut found = Inventory::default();
    count(query, &mut found);
    found
}

fn count(query: &Query, found: &mut Inventory) {
    for clause in &query.clauses {
        match clause.conjunction {
            Some(Conjunction::And) => Inventory::count(&mut found.operators, "AND"),
            Some(Conjunction::Or) => Inventory::count(&mut found.operators, "OR"),
            None => {}
        }
        match clause.modifier {
            Some(Modifier::Required) => Inventory::count(&mut found.operators, "+"),
            Some(Modifier::Minus) => Inventory::count(&mut found.operators, "-"),
            Some(Modifier::Not) => Inventory::count(&mut found.operators, "NOT"),
            None => {}
        }
        if clause.boost.is_some() {
            Inventory::count(&mut found.operators, "^");
        }
        if let Some(field) = &clause.field {
            Inventory::count(&mut found.operators, if field.name == "_exists_" { "_exists_" } else { ":" });
        }
        let kind = match &clause.body {
            Body::Group(inner) => {
                count(inner, found);
                continue;
            }
            Body::Range { .. } => {
                Inventory::count(&mut found.operators, "range");
                continue;
            }
            Body::Text(_) => continue,
            Body::Pattern(parts) if parts.iter().all(|part| *part == Part::Any) => "exists",
            Body::Pattern(_) => "wildcard",
            Body::Phrase { .. } => "quoted",
            Body::Fuzzy { .. } => "fuzzy",
            Body::Regexp(_) => "regexp",
        };
        Inventory::count(&mut found.string_operators, kind);
    }
}
