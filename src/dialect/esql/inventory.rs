//! What a query uses, counted on the tree.

use super::tree::*;
use crate::dialect::Inventory;

/// Commands as operators, functions, operators on text, index patterns as tables.
pub fn inventory(query: &Query) -> Inventory {
    let mut found = Inventory::default();
    commands(&query.commands, &mut found);
    found
}

fn commands(list: &[Command], found: &mut Inventory) {
    for command in list {
        Inventory::count(&mut found.operators, name(&command.kind));
        match &command.kind {
            CommandKind::From { indices, .. } => {
                for index in indices {
                    match index {
                        Index::Pattern { name, .. } => Inventory::count(&mut found.tables, name),
                        Index::Query(inner) => commands(inner, found),
                    }
                }
            }
            CommandKind::Where(condition) => expr(condition, found),
            CommandKind::Row(fields) | CommandKind::Eval(fields) => {
                fields.iter().for_each(|field| expr(&field.value, found))
            }
            CommandKind::Stats { aggregates, by, .. } => {
                for aggregate in aggregates {
                    expr(&aggregate.field.value, found);
                    if let Some(filter) = &aggregate.filter {
                        expr(filter, found);
                    }
                }
                by.iter().for_each(|field| expr(&field.value, found));
            }
            CommandKind::Sort(orders) => orders.iter().for_each(|order| expr(&order.value, found)),
            CommandKind::Limit(count) => expr(count, found),
            CommandKind::Dissect { subject, .. } | CommandKind::Grok { subject, .. } => expr(subject, found),
            CommandKind::Fork(branches) => branches.iter().for_each(|branch| commands(branch, found)),
            CommandKind::Other { exprs, .. } => exprs.iter().for_each(|one| expr(one, found)),
            CommandKind::Show
            | CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Rename(_)
            | CommandKind::MvExpand(_) => {}
        }
    }
}

/// The name of a command in lower case, words joined by `_`.
pub fn name(kind: &CommandKind) -> &'static str {
    match kind {
        CommandKind::From { series: false, .. } => "from",
        CommandKind::From { .. } => "ts",
        CommandKind::Row(_) => "row",
        CommandKind::Show => "show",
        CommandKind::Where(_) => "where",
        CommandKind::Eval(_) => "eval",
        CommandKind::Stats { inline: false, .. } => "stats",
        CommandKind::Stats { .. } => "inline_stats",
        CommandKind::Keep(_) => "keep",
        CommandKind::Drop(_) => "drop",
        CommandKind::Rename(_) => "rename",
        CommandKind::Sort(_) => "sort",
        CommandKind::Limit(_) => "limit",
        CommandKind::Dissect { .. } => "dissect",
        CommandKind::Grok { .. } => "grok",
        CommandKind::MvExpand(_) => "mv_expand",
        CommandKind::Fork(_) => "fork",
        CommandKind::Other { name, .. } => name,
    }
}

fn expr(expression: &Expr, found: &mut Inventory) {
    match &expression.kind {
        ExprKind::Or(operands) | ExprKind::And(operands) => {
            let word = if matches!(expression.kind, ExprKind::Or(_)) { "or" } else { "and" };
            (1..operands.len()).for_each(|_| Inventory::count(&mut found.operators, word));
            operands.iter().for_each(|operand| expr(operand, found));
        }
        ExprKind::Not(inner) => {
            Inventory::count(&mut found.operators, "not");
            expr(inner, found);
        }
        ExprKind::Compare { op, left, right } => {
            Inventory::count(&mut found.operators, op.text());
            expr(left, found);
            expr(right, found);
        }
        ExprKind::In { left, items, .. } => {
            Inventory::count(&mut found.operators, "in");
            expr(left, found);
            items.iter().for_each(|item| expr(item, found));
        }
        ExprKind::InQuery { left, query, .. } => {
            Inventory::count(&mut found.operators, "in");
            expr(left, found);
            commands(query, found);
        }
        ExprKind::Like { left, regex, .. } => {
            Inventory::count(&mut found.string_operators, if *regex { "rlike" } else { "like" });
            expr(left, found);
        }
        ExprKind::IsNull { left, negated } => {
            Inventory::count(&mut found.operators, if *negated { "is not null" } else { "is null" });
            expr(left, found);
        }
        ExprKind::Matches { left, right } => {
            Inventory::count(&mut found.string_operators, ":");
            expr(left, found);
            expr(right, found);
        }
        ExprKind::Arithmetic { first, rest } => {
            expr(first, found);
            for (operator, operand) in rest {
                Inventory::count(&mut found.operators, operator.text());
                expr(operand, found);
            }
        }
        ExprKind::Negative(inner) => expr(inner, found),
        ExprKind::Cast { inner, .. } => {
            Inventory::count(&mut found.operators, "::");
            expr(inner, found);
        }
        ExprKind::Call { name, args, .. } => {
            Inventory::count(&mut found.functions, name);
            args.iter().for_each(|arg| expr(arg, found));
        }
        ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Array(_) | ExprKind::Map(_) | ExprKind::Param(_) => {}
    }
}
