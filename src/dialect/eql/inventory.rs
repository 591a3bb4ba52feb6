//! What a query uses, counted on the tree.

use super::tree::*;
use crate::dialect::Inventory;

/// Operators, functions, operators on text, and the event categories as tables.
pub fn inventory(query: &Query) -> Inventory {
    let mut found = Inventory::default();
    match &query.base {
        Base::Event(event) => filter(event, &mut found),
        Base::Sequence(sequence) => {
            Inventory::count(&mut found.operators, "sequence");
            sequence.by.iter().for_each(|key| expr(key, &mut found));
            sequence.terms.iter().for_each(|stage| term(stage, &mut found));
            if let Some(until) = &sequence.until {
                Inventory::count(&mut found.operators, "until");
                term(until, &mut found);
            }
        }
        Base::Sample(sample) => {
            Inventory::count(&mut found.operators, if sample.join { "join" } else { "sample" });
            sample.by.iter().for_each(|key| expr(key, &mut found));
            sample.terms.iter().for_each(|stage| term(stage, &mut found));
        }
    }
    for pipe in &query.pipes {
        Inventory::count(&mut found.operators, &pipe.name);
        pipe.args.iter().for_each(|arg| expr(arg, &mut found));
    }
    found
}

fn term(term: &Term, found: &mut Inventory) {
    filter(&term.filter, found);
    term.by.iter().for_each(|key| expr(key, found));
}

fn filter(filter: &Filter, found: &mut Inventory) {
    Inventory::count(&mut found.tables, filter.category.as_deref().unwrap_or("any"));
    expr(&filter.condition, found);
}

fn expr(expression: &Expr, found: &mut Inventory) {
    let mut operator = |word: &str, times: usize| (0..times).for_each(|_| Inventory::count(&mut found.operators, word));
    match &expression.kind {
        ExprKind::Or(operands) => {
            operator("or", operands.len().saturating_sub(1));
            operands.iter().for_each(|operand| expr(operand, found));
        }
        ExprKind::And(operands) => {
            operator("and", operands.len().saturating_sub(1));
            operands.iter().for_each(|operand| expr(operand, found));
        }
        ExprKind::Not(inner) => {
            operator("not", 1);
            expr(inner, found);
        }
        ExprKind::Compare { op, left, right } => {
            operator(op.text(), 1);
            expr(left, found);
            expr(right, found);
        }
        ExprKind::In { left, negated, fold, items } => {
            operator(if *fold { "in~" } else { "in" }, 1);
            if *negated {
                operator("not", 1);
            }
            expr(left, found);
            items.iter().for_each(|item| expr(item, found));
        }
        ExprKind::Match { left, op, .. } => {
            Inventory::count(&mut found.string_operators, op.text());
            expr(left, found);
        }
        ExprKind::Arithmetic { first, rest } => {
            rest.iter().for_each(|(op, _)| operator(op.text(), 1));
            expr(first, found);
            rest.iter().for_each(|(_, operand)| expr(operand, found));
        }
        ExprKind::Negative(inner) => {
            operator("-", 1);
            expr(inner, found);
        }
        ExprKind::Call { name, fold, args, .. } => {
            Inventory::count(&mut found.functions, &format!("{name}{}", if *fold { "~" } else { "" }));
            args.iter().for_each(|arg| expr(arg, found));
        }
        ExprKind::Subquery { relation, filter: inner } => {
            operator(relation, 1);
            filter(inner, found);
        }
        ExprKind::Field(_) | ExprKind::Literal(_) => {}
    }
}
