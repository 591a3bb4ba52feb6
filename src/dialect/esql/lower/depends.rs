//! What depends on a command that no event decides (`COMPLETION`, `LOOKUP JOIN`): the columns that it makes, whatever is
//! computed of them, and every condition on either (rule 5).

use std::collections::{HashMap, HashSet};

use super::{Gap, Lowering};
use crate::diagnostic::codes::elastic;
use crate::dialect::esql::tree::*;

/// Columns whose values are not known, by name, with the command that they come of.
#[derive(Default)]
pub(super) struct Unknown {
    columns: HashMap<String, String>,
    /// A command that may have made or replaced any column but these.
    open: Option<(String, HashSet<String>)>,
}

impl Unknown {
    /// The column comes of this command. What stands below the name comes of it as well (`parts.domain`).
    pub(super) fn add(&mut self, name: &str, cause: &str) {
        if let Some((_, known)) = &mut self.open {
            known.remove(name);
        }
        self.columns.insert(name.to_owned(), cause.to_owned());
    }

    /// Any column may come of this command, but for those that it takes over as they are.
    pub(super) fn add_any(&mut self, cause: &str, but: HashSet<String>) {
        let but = but.into_iter().filter(|name| self.cause(name).is_none()).collect();
        self.open = Some((cause.to_owned(), but));
    }

    /// The column has a value that was read.
    pub(super) fn remove(&mut self, name: &str) {
        self.columns.remove(name);
        if let Some((_, known)) = &mut self.open {
            known.insert(name.to_owned());
        }
    }

    /// Nothing of before is left.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The command that the column comes of.
    pub(super) fn cause(&self, name: &str) -> Option<&str> {
        let below = |of: &str| name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if let Some((_, cause)) = self.columns.iter().find(|(column, _)| below(column)) {
            return Some(cause);
        }
        self.open.as_ref().filter(|(_, known)| !known.contains(name)).map(|(cause, _)| cause.as_str())
    }
}

impl Lowering<'_> {
    /// Why the expression cannot be read: the first of its columns that is not known.
    pub(super) fn depends(&self, expr: &Expr) -> Option<Gap> {
        let mut found = None;
        names(expr, &mut |name| {
            if found.is_none()
                && let Some(cause) = self.unknown.cause(&name.name)
            {
                let reason = format!("it depends on `{}`, which comes of {cause}", name.name);
                found = Some((elastic::ESQL_UNREAD, reason, name.span));
            }
        });
        found
    }

    /// The command that the expression depends on.
    pub(super) fn cause_of(&self, expr: &Expr) -> Option<String> {
        let mut found = None;
        names(expr, &mut |name| {
            if found.is_none() {
                found = self.unknown.cause(&name.name).map(str::to_owned);
            }
        });
        found
    }

    /// The columns of a command that is kept as it is: those that it makes, or that it may make any.
    pub(super) fn made_by(&mut self, command: &Command) -> Vec<String> {
        let CommandKind::Other { name, made, keys, .. } = &command.kind else {
            if let CommandKind::Fork(_) = &command.kind {
                self.unknown.add_any("FORK", HashSet::new());
            }
            return Vec::new();
        };
        let cause = super::inventory_name(&command.kind);
        match (*name, made) {
            ("sample" | "limit_by" | "dedup" | "mmr", _) => {}
            ("fuse" | "rrf" | "rerank", _) => self.unknown.add("_score", &cause),
            (_, Some(made)) => made.iter().for_each(|name| self.unknown.add(name, &cause)),
            (_, None) => self.unknown.add_any(&cause, keys.iter().cloned().collect()),
        }
        for name in made.iter().flatten() {
            self.computed.insert(name.clone(), None);
        }
        match name {
            name if crate::dialect::esql::kept::ADD_COLUMNS.contains(name) => made.clone().unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Every field and column that an expression names.
pub(super) fn names<'e>(expr: &'e Expr, found: &mut dyn FnMut(&'e Name)) {
    match &expr.kind {
        ExprKind::Name(name) => found(name),
        ExprKind::Or(operands) | ExprKind::And(operands) => operands.iter().for_each(|one| names(one, found)),
        ExprKind::Not(inner) | ExprKind::Negative(inner) | ExprKind::Cast { inner, .. } => names(inner, found),
        ExprKind::Compare { left, right, .. } | ExprKind::Matches { left, right } => {
            names(left, found);
            names(right, found);
        }
        ExprKind::In { left, items, .. } | ExprKind::Like { left, patterns: items, .. } => {
            names(left, found);
            items.iter().for_each(|item| names(item, found));
        }
        ExprKind::IsNull { left, .. } | ExprKind::InQuery { left, .. } => names(left, found),
        ExprKind::Arithmetic { first, rest } => {
            names(first, found);
            rest.iter().for_each(|(_, operand)| names(operand, found));
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| names(arg, found)),
        ExprKind::Literal(_) | ExprKind::Array(_) | ExprKind::Map(_) | ExprKind::Param(_) => {}
    }
}
