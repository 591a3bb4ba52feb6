//! What a rule's Python uses, counted on its syntax tree.

use crate::dialect::Inventory;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ModModule, Stmt, UnaryOp};

/// Methods and functions on text.
const ON_TEXT: &[&str] = &[
    "startswith",
    "endswith",
    "lower",
    "upper",
    "strip",
    "split",
    "replace",
    "join",
    "find",
    "format",
    "match",
    "search",
    "fullmatch",
    "fnmatch",
    "casefold",
    "title",
    "removeprefix",
    "removesuffix",
    "partition",
];

struct Counter(Inventory);

impl<'a> Visitor<'a> for Counter {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let word = match statement {
            Stmt::If(_) => Some("if"),
            Stmt::For(_) => Some("for"),
            Stmt::While(_) => Some("while"),
            Stmt::Try(_) => Some("try"),
            Stmt::Match(_) => Some("match"),
            Stmt::Return(_) => Some("return"),
            _ => None,
        };
        if let Some(word) = word {
            Inventory::count(&mut self.0.operators, word);
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                let name = match &*call.func {
                    Expr::Name(name) => Some(name.id.as_str()),
                    Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
                    _ => None,
                };
                if let Some(name) = name {
                    Inventory::count(&mut self.0.functions, name);
                    if ON_TEXT.contains(&name) {
                        Inventory::count(&mut self.0.string_operators, name);
                    }
                }
            }
            Expr::BoolOp(node) => {
                let word = if node.op == BoolOp::And { "and" } else { "or" };
                Inventory::count(&mut self.0.operators, word);
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => Inventory::count(&mut self.0.operators, "not"),
            Expr::Compare(node) => {
                for op in &node.ops {
                    let word = match op {
                        CmpOp::Eq => "==",
                        CmpOp::NotEq => "!=",
                        CmpOp::Lt => "<",
                        CmpOp::LtE => "<=",
                        CmpOp::Gt => ">",
                        CmpOp::GtE => ">=",
                        CmpOp::Is => "is",
                        CmpOp::IsNot => "is not",
                        CmpOp::In => "in",
                        CmpOp::NotIn => "not in",
                    };
                    Inventory::count(&mut self.0.operators, word);
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Counts the operators and functions of a module.
pub(super) fn of(syntax: &ModModule) -> Inventory {
    let mut counter = Counter(Inventory::default());
    for statement in &syntax.body {
        counter.visit_stmt(statement);
    }
    counter.0
}
