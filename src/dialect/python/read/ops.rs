//! Truth, comparison, membership, arithmetic and indexing.

use super::exec::Exec;
use super::flow::Exc;
use super::module::Module;
use super::pred;
use super::value::{Env, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::{Case, Expr, Ordering, Predicate, TestKind, Typing, Value};
use ruff_python_ast::{self as ast, CmpOp};
use std::rc::Rc;

impl Exec<'_> {
    /// Python's truth of a value.
    pub fn truthy(&mut self, value: &V, at: Span) -> Predicate {
        let place = self.at(at);
        self.leaf_conditions(value, at, &mut |this, leaf| match leaf {
            V::None | V::Unbound => Predicate::Always(false),
            V::Bool(flag) => Predicate::Always(*flag),
            V::Int(number) => Predicate::Always(*number != 0),
            V::Float(number) => Predicate::Always(*number != 0.0),
            V::Str(text) => Predicate::Always(!text.is_empty()),
            V::Truth(met) => (**met).clone(),
            V::Seq(_, items) => Predicate::Always(!items.is_empty()),
            V::Dict(items) => Predicate::Always(!items.is_empty()),
            V::Expr(e) => {
                if e.kinds.within(Kinds::NONE.or(Kinds::MATCH).or(Kinds::TIME)) {
                    return pred::not_none(e, place);
                }
                pred::truthy(e.expr.clone(), place)
            }
            V::Gen(made) if made.lazy => Predicate::Always(true),
            V::Gen(_) => this.any_of(leaf, at, &mut |_, _| Predicate::Always(true)),
            V::Cat(_, parts) => {
                let mut met = Vec::new();
                for part in parts.iter() {
                    met.push(this.truthy(part, at));
                }
                pred::any(met)
            }
            V::Bound(..) => this.unknown_predicate(at, "decides by an attribute that is not followed"),
            _ => Predicate::Always(true),
        })
    }

    pub fn compare(&mut self, node: &ast::ExprCompare, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(node);
        let mut left = self.eval(&node.left, env, module);
        let mut conditions: Vec<Predicate> = Vec::new();
        for (op, right) in node.ops.iter().zip(node.comparators.iter()) {
            let reach = pred::all(conditions.iter().cloned());
            let previous = left.clone();
            let (met, right) = self.under(&reach, |this| {
                let right = this.eval(right, env, module);
                (this.comparison(*op, &previous, &right, at), right)
            });
            conditions.push(met);
            left = right;
        }
        V::truth(pred::all(conditions))
    }

    pub fn comparison(&mut self, op: CmpOp, left: &V, right: &V, at: Span) -> Predicate {
        match op {
            CmpOp::Eq => self.equal(left, right, at),
            CmpOp::NotEq => pred::not(self.equal(left, right, at)),
            CmpOp::Is => self.identical(left, right, at),
            CmpOp::IsNot => pred::not(self.identical(left, right, at)),
            CmpOp::In => self.contains(left, right, at),
            CmpOp::NotIn => pred::not(self.contains(left, right, at)),
            CmpOp::Lt => self.order(left, right, Ordering::Less, at),
            CmpOp::LtE => self.order(left, right, Ordering::LessOrEqual, at),
            CmpOp::Gt => self.order(left, right, Ordering::Greater, at),
            CmpOp::GtE => self.order(left, right, Ordering::GreaterOrEqual, at),
        }
    }

    /// Python's `==`.
    pub fn equal(&mut self, left: &V, right: &V, at: Span) -> Predicate {
        self.leaf_conditions(left, at, &mut |this, left| {
            let left = left.clone();
            this.leaf_conditions(right, at, &mut |this, right| this.equal_leaves(&left, right, at))
        })
    }

    pub fn equal_leaves(&mut self, left: &V, right: &V, at: Span) -> Predicate {
        let place = self.at(at);
        match (left, right) {
            (V::Bound(value, what), V::Ext(name)) | (V::Ext(name), V::Bound(value, what)) if **what == *"type" => {
                let (value, name) = (value.clone(), name.clone());
                self.type_is(&value, &name, at)
            }
            (V::Bound(..), _) | (_, V::Bound(..)) => {
                self.unknown_predicate(at, "compares an attribute that is not followed")
            }
            (V::Member(a, m), V::Member(b, n)) => Predicate::Always(a == b && m == n),
            (V::Str(a), V::Str(b)) => Predicate::Always(a == b),
            (V::None, V::None) => Predicate::Always(true),
            (a, b) if a.is_scalar() && b.is_scalar() => Predicate::Always(match (number(a), number(b)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            }),
            (V::Truth(met), other) | (other, V::Truth(met))
                if matches!(other, V::Bool(_) | V::Int(_) | V::Truth(_)) =>
            {
                match other {
                    V::Truth(other) => pred::ite(met, (**other).clone(), pred::not((**other).clone())),
                    other => match number(other) {
                        Some(1.0) => (**met).clone(),
                        Some(0.0) => pred::not((**met).clone()),
                        _ => Predicate::Always(false),
                    },
                }
            }
            (V::Expr(e), V::None) | (V::None, V::Expr(e)) => pred::not(pred::not_none(e, place)),
            (V::Expr(e), other) | (other, V::Expr(e)) if !matches!(other, V::Expr(_)) => {
                let (mine, theirs) = (comparable(e.kinds), comparable(other.kinds()));
                if !mine.meets(theirs) {
                    return Predicate::Always(false);
                }
                match (other.constant(), other.to_expr()) {
                    (Some(value), _) => pred::equals(e.expr.clone(), value, place),
                    (None, Some(expr)) => self.equal_exprs(&e.expr, expr, place),
                    _ => Predicate::Always(false),
                }
            }
            (V::Expr(a), V::Expr(b)) => {
                let same = self.equal_exprs(&a.expr, b.expr.clone(), place);
                let both_none = pred::all([pred::not(pred::not_none(a, place)), pred::not(pred::not_none(b, place))]);
                pred::any([same, both_none])
            }
            (a, b) if is_set(a) && is_set(b) => {
                let (there, back) = (self.subset(a, b, at), self.subset(b, a, at));
                pred::all([there, back])
            }
            (V::Seq(a_kind, a), V::Seq(b_kind, b)) => {
                if a_kind != b_kind || (a.len() != b.len() && *a_kind != SeqKind::Set) {
                    return Predicate::Always(false);
                }
                let mut met = Vec::new();
                for (x, y) in a.iter().zip(b.iter()) {
                    met.push(self.equal(x, y, at));
                }
                pred::all(met)
            }
            (a, b) => match (a.to_expr(), b.to_expr()) {
                (Some(x), Some(y)) if a.kinds().meets(b.kinds()) => self.equal_exprs(&x, y, place),
                (Some(_), Some(_)) => Predicate::Always(false),
                _ => Predicate::Always(a == b),
            },
        }
    }

    /// `type(value) == name`: of this very type; Panther's read-only lists and dicts are of types of their own.
    fn type_is(&mut self, value: &V, name: &str, at: Span) -> Predicate {
        let wanted = match name {
            "str" => Kinds::STR,
            "int" => Kinds::INT,
            "float" => Kinds::FLOAT,
            "bool" => Kinds::BOOL,
            "list" => Kinds::LIST,
            "dict" => Kinds::DICT,
            _ => return self.unknown_predicate(at, "compares the type of a value"),
        };
        let place = self.at(at);
        self.leaf_conditions(value, at, &mut |this, leaf| match leaf {
            V::Expr(e) if e.frozen && wanted.meets(Kinds::LIST.or(Kinds::DICT)) => Predicate::Always(false),
            V::Expr(e) => pred::kind(e, wanted, place),
            V::Seq(SeqKind::List, _) => Predicate::Always(wanted == Kinds::LIST),
            V::None | V::Bool(_) | V::Truth(_) | V::Int(_) | V::Float(_) | V::Str(_) | V::Dict(_) => {
                Predicate::Always(leaf.kinds() == wanted)
            }
            _ => this.unknown_predicate(at, "compares the type of a value"),
        })
    }

    pub fn equal_exprs(&mut self, left: &Expr, right: Expr, place: Span) -> Predicate {
        pred::test(
            left.clone(),
            TestKind::Equals { value: right, case: Case::Sensitive, typing: Typing::Python },
            place,
        )
    }

    /// Python's `is`.
    pub fn identical(&mut self, left: &V, right: &V, at: Span) -> Predicate {
        let place = self.at(at);
        self.leaf_conditions(left, at, &mut |this, left| {
            let left = left.clone();
            this.leaf_conditions(right, at, &mut |this, right| match (&left, right) {
                (V::Expr(e), V::Bool(flag)) | (V::Bool(flag), V::Expr(e)) => {
                    if !e.kinds.meets(Kinds::BOOL) {
                        return Predicate::Always(false);
                    }
                    pred::test(
                        e.expr.clone(),
                        TestKind::Equals {
                            value: Expr::Literal(Value::Bool(*flag)),
                            case: Case::Sensitive,
                            typing: Typing::Typed,
                        },
                        place,
                    )
                }
                (V::Bool(a), V::Bool(b)) => Predicate::Always(a == b),
                (V::Bound(..), _) | (_, V::Bound(..)) => this.equal_leaves(&left, right, at),
                (V::Bool(_), other) | (other, V::Bool(_)) if !matches!(other, V::Truth(_)) => Predicate::Always(false),
                (a, b) => this.equal_leaves(a, b, at),
            })
        })
    }

    pub fn order(&mut self, left: &V, right: &V, ordering: Ordering, at: Span) -> Predicate {
        let place = self.at(at);
        let (left, right) = (&self.beside_number(left, right), &self.beside_number(right, left));
        self.leaf_conditions(left, at, &mut |this, left| {
            let left = left.clone();
            this.leaf_conditions(right, at, &mut |this, right| {
                if is_set(&left) && is_set(right) {
                    return this.order_sets(&left, right, ordering, at);
                }
                if left.is_scalar() && right.is_scalar() {
                    let found = match (&left, right) {
                        (V::Str(a), V::Str(b)) => Some(a.cmp(b)),
                        (a, b) => match (number(a), number(b)) {
                            (Some(a), Some(b)) => a.partial_cmp(&b),
                            _ => None,
                        },
                    };
                    let Some(found) = found else {
                        this.require(Predicate::Always(false), Exc::Type);
                        return Predicate::Always(false);
                    };
                    return Predicate::Always(match ordering {
                        Ordering::Less => found.is_lt(),
                        Ordering::LessOrEqual => found.is_le(),
                        Ordering::Greater => found.is_gt(),
                        Ordering::GreaterOrEqual => found.is_ge(),
                    });
                }
                let times = Kinds::TIME.or(Kinds::DELTA);
                let mut classes = Vec::new();
                for class in [Kinds::NUMBER, Kinds::STR, Kinds::TIME, Kinds::DELTA] {
                    if left.kinds().meets(class) && right.kinds().meets(class) {
                        classes.push(pred::all([this.of_kind(&left, class, at), this.of_kind(right, class, at)]));
                    }
                }
                let _ = times;
                let ok = pred::any(classes);
                this.require(ok, Exc::Type);
                let (subject, value, ordering) = match (left.is_scalar(), left.to_expr(), right.to_expr()) {
                    (false, Some(a), Some(b)) => (a, b, ordering),
                    (true, Some(a), Some(b)) => (b, a, flip(ordering)),
                    _ => return this.unknown_predicate(at, "orders values that have no order"),
                };
                pred::test(subject, TestKind::Compare { ordering, value, typing: Typing::Python }, place)
            })
        })
    }

    /// `<=` of sets: each member of the one is a member of the other.
    pub fn order_sets(&mut self, left: &V, right: &V, ordering: Ordering, at: Span) -> Predicate {
        let (small, large) = match ordering {
            Ordering::Less | Ordering::LessOrEqual => (left, right),
            Ordering::Greater | Ordering::GreaterOrEqual => (right, left),
        };
        let within = self.subset(small, large, at);
        if matches!(ordering, Ordering::LessOrEqual | Ordering::GreaterOrEqual) {
            return within;
        }
        let back = self.subset(large, small, at);
        pred::all([within, pred::not(back)])
    }
}

/// Sets, as far as that is written in the rule.
pub(super) fn is_set(value: &V) -> bool {
    match value {
        V::Seq(kind, _) | V::Cat(kind, _) => *kind == SeqKind::Set,
        V::Gen(made) => made.kind == SeqKind::Set,
        _ => false,
    }
}

/// Kinds that can be equal: numbers and booleans are one.
pub(super) fn comparable(kinds: Kinds) -> Kinds {
    if kinds.meets(Kinds::NUMBER) { kinds.or(Kinds::NUMBER) } else { kinds }
}

pub(super) fn number(value: &V) -> Option<f64> {
    match value {
        V::Bool(flag) => Some(f64::from(u8::from(*flag))),
        V::Int(number) => Some(*number as f64),
        V::Float(number) => Some(*number),
        _ => None,
    }
}

pub(super) fn flip(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::Less => Ordering::Greater,
        Ordering::LessOrEqual => Ordering::GreaterOrEqual,
        Ordering::Greater => Ordering::Less,
        Ordering::GreaterOrEqual => Ordering::LessOrEqual,
    }
}
