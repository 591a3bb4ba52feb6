//! Which names a piece of Python binds, and what it mentions.

use crate::model::walk::{Fold, expr_parts};
use crate::model::{Expr, Var};
use ruff_python_ast::{self as ast, Expr as Node, Stmt};
use std::collections::BTreeSet;

pub(super) fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(node) => has_break(&node.body) || node.elif_else_clauses.iter().any(|clause| has_break(&clause.body)),
        Stmt::Try(node) => {
            has_break(&node.body)
                || has_break(&node.orelse)
                || node.handlers.iter().any(|handler| {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    has_break(&handler.body)
                })
        }
        _ => false,
    })
}

/// The names that statements bind or change.
pub(super) fn assigned_names(body: &[Stmt], into: &mut BTreeSet<String>) {
    let mut targets = |target: &Node| target_names(target, into);
    for statement in body {
        match statement {
            Stmt::Assign(node) => node.targets.iter().for_each(&mut targets),
            Stmt::AnnAssign(node) => targets(&node.target),
            Stmt::AugAssign(node) => targets(&node.target),
            Stmt::Expr(node) => {
                if let Node::Call(call) = &*node.value
                    && let Node::Attribute(attribute) = &*call.func
                    && matches!(
                        attribute.attr.as_str(),
                        "append" | "add" | "extend" | "update" | "insert" | "remove" | "pop"
                    )
                {
                    targets(&attribute.value);
                }
            }
            _ => {}
        }
    }
    for statement in body {
        match statement {
            Stmt::If(node) => {
                assigned_names(&node.body, into);
                node.elif_else_clauses.iter().for_each(|clause| assigned_names(&clause.body, into));
            }
            Stmt::For(node) => {
                target_names(&node.target, into);
                assigned_names(&node.body, into);
                assigned_names(&node.orelse, into);
            }
            Stmt::Try(node) => {
                assigned_names(&node.body, into);
                assigned_names(&node.orelse, into);
                assigned_names(&node.finalbody, into);
                for handler in &node.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    assigned_names(&handler.body, into);
                }
            }
            Stmt::Match(node) => node.cases.iter().for_each(|case| assigned_names(&case.body, into)),
            _ => {}
        }
    }
}

pub(super) fn target_names(target: &Node, into: &mut BTreeSet<String>) {
    match target {
        Node::Name(name) => {
            into.insert(name.id.to_string());
        }
        Node::Tuple(ast::ExprTuple { elts, .. }) | Node::List(ast::ExprList { elts, .. }) => {
            elts.iter().for_each(|part| target_names(part, into));
        }
        Node::Subscript(node) => target_names(&node.value, into),
        Node::Starred(node) => target_names(&node.value, into),
        _ => {}
    }
}

/// Whether an expression reads a variable.
pub(super) fn mentions(expr: &Expr, var: &Var) -> bool {
    struct Finder<'a>(&'a Var, bool);
    impl Fold for Finder<'_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            if let Expr::Var(found) = &expr
                && found == self.0
            {
                self.1 = true;
            }
            if self.1 { expr } else { expr_parts(self, expr) }
        }
    }
    let mut finder = Finder(var, false);
    finder.expr(expr.clone());
    finder.1
}
