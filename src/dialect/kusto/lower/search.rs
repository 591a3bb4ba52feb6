//! The condition of `search`.

use super::super::bind::Columns;
use super::super::syntax::{Expr as Node, ExprKind, Literal, LiteralValue};
use super::Lowerer;
use crate::model::function;
use crate::model::{Expr, Predicate};

impl<'a> Lowerer<'a> {
    /// The condition of `search`: bare texts are terms of any column.
    pub(super) fn search(&mut self, node: &'a Node, columns: &Columns, want: bool) -> Predicate {
        match &node.kind {
            ExprKind::Paren(inner) => self.search(inner, columns, want),
            ExprKind::Literal(Literal { value: LiteralValue::String { text, .. }, .. }) => {
                let case = crate::model::Case::Ignore;
                let kind = if text.contains('*') {
                    let pattern = search_pattern(text);
                    crate::model::TestKind::Regex {
                        pattern: Expr::text(pattern),
                        flavour: crate::model::RegexFlavour::Re2,
                        anchor: crate::model::Anchor::Search,
                        case,
                    }
                } else {
                    crate::model::TestKind::Term { value: Expr::text(text.clone()), case }
                };
                let every = Expr::Call(function::TO_TEXT, vec![Expr::AnyField]);
                let found = Predicate::from(crate::model::Test::new(every, kind, node.span));
                if want { found } else { found.negate() }
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let parts: Vec<Predicate> =
                    operands.iter().map(|operand| self.search(operand, columns, want)).collect();
                if matches!(node.kind, ExprKind::And(_)) == want {
                    Predicate::all(parts)
                } else {
                    Predicate::any(parts)
                }
            }
            ExprKind::Call(call) if call.name.text == "not" => match call.arguments.first() {
                Some(item) => self.search(&item.value, columns, !want),
                None => self.truth(node, columns, want),
            },
            ExprKind::Star => Predicate::Always(want),
            _ => self.truth(node, columns, want),
        }
    }
}

/// A search pattern with `*` as a regular expression over terms.
pub(super) fn search_pattern(text: &str) -> String {
    let pieces: Vec<String> = text.split('*').map(crate::model::regex_text).collect();
    let body = pieces.join(".*");
    let start = if text.starts_with('*') { "" } else { r"(?:^|[^\p{L}\p{N}])" };
    let end = if text.ends_with('*') { "" } else { r"(?:$|[^\p{L}\p{N}])" };
    format!("{start}{body}{end}")
}
