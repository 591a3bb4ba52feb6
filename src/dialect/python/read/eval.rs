//! Expressions.

use super::exec::Exec;
use super::flow::Exc;
use super::module::Module;
use super::pred;
use super::value::{Env, Kinds, Lambda, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::{Predicate, function};
use ruff_python_ast::{self as ast, BoolOp, Expr, Number, UnaryOp};
use std::rc::Rc;

impl Exec<'_> {
    /// The value of an expression; what it needs to raise no exception is required.
    pub fn eval(&mut self, node: &Expr, env: &mut Env, module: &Rc<Module>) -> V {
        if !self.burn() {
            return self.exhausted(span(node));
        }
        self.depth += 1;
        let value = self.eval_inner(node, env, module);
        self.depth -= 1;
        value
    }

    fn eval_inner(&mut self, node: &Expr, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(node);
        match node {
            Expr::NoneLiteral(_) => V::None,
            Expr::BooleanLiteral(node) => V::Bool(node.value),
            Expr::StringLiteral(node) => V::str(node.value.to_str()),
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(number) => match number.as_i64() {
                    Some(number) => V::Int(number),
                    None => self.unsupported(at, "uses a number beyond 64 bits"),
                },
                Number::Float(number) => V::Float(*number),
                Number::Complex { .. } => self.unsupported(at, "uses a complex number"),
            },
            Expr::Name(node) => self.name(node.id.as_str(), env, module, at),
            Expr::FString(node) => self.f_string(node, env, module),
            Expr::List(node) => self.sequence(SeqKind::List, &node.elts, env, module),
            Expr::Tuple(node) => self.sequence(SeqKind::Tuple, &node.elts, env, module),
            Expr::Set(node) => self.sequence(SeqKind::Set, &node.elts, env, module),
            Expr::Dict(node) => self.dict(node, env, module),
            Expr::BoolOp(node) => self.bool_op(node, env, module),
            Expr::UnaryOp(node) => {
                let value = self.eval(&node.operand, env, module);
                match node.op {
                    UnaryOp::Not => {
                        let met = self.truthy(&value, at);
                        V::truth(pred::not(met))
                    }
                    UnaryOp::USub => match value {
                        V::Int(number) => V::Int(number.wrapping_neg()),
                        V::Float(number) => V::Float(-number),
                        other => self.leaves(&other, &mut |this, leaf| {
                            this.require_kind(leaf, Kinds::NUMBER, Exc::Type, at);
                            this.calls_model(function::NEGATE, &[leaf], Kinds::INT.or(Kinds::FLOAT), at)
                        }),
                    },
                    UnaryOp::UAdd => value,
                    UnaryOp::Invert => self.unsupported(at, "inverts the bits of a number"),
                }
            }
            Expr::If(node) => {
                let test = self.eval(&node.test, env, module);
                let condition = self.truthy(&test, span(&*node.test));
                match condition {
                    Predicate::Always(true) => self.eval(&node.body, env, module),
                    Predicate::Always(false) => self.eval(&node.orelse, env, module),
                    condition => {
                        let then = self.under(&condition, |this| this.eval(&node.body, env, module));
                        let contrary = pred::not(condition.clone());
                        let otherwise = self.under(&contrary, |this| this.eval(&node.orelse, env, module));
                        V::ite(&condition, then, otherwise)
                    }
                }
            }
            Expr::Named(node) => {
                let value = self.eval(&node.value, env, module);
                self.assign(&node.target, value.clone(), env, module);
                value
            }
            Expr::Lambda(node) => {
                V::Lambda(Rc::new(Lambda { node: node.clone(), env: env.clone(), module: module.clone() }))
            }
            Expr::Compare(node) => self.compare(node, env, module),
            Expr::BinOp(node) => {
                let left = self.eval(&node.left, env, module);
                let right = self.eval(&node.right, env, module);
                self.binary(node.op, &left, &right, at)
            }
            Expr::Subscript(node) => {
                let base = self.eval(&node.value, env, module);
                if let Expr::Slice(slice) = &*node.slice {
                    let mut bound = |this: &mut Self, part: &Option<Box<Expr>>| match part {
                        Some(part) => this.eval(part, env, module),
                        None => V::None,
                    };
                    let low = bound(self, &slice.lower);
                    let high = bound(self, &slice.upper);
                    let step = bound(self, &slice.step);
                    return self.slice(&base, &low, &high, &step, at);
                }
                let key = self.eval(&node.slice, env, module);
                self.subscript(&base, &key, at)
            }
            Expr::Attribute(node) => {
                let base = self.eval(&node.value, env, module);
                self.attribute(&base, node.attr.as_str(), at)
            }
            Expr::Call(node) => self.call(node, env, module),
            Expr::ListComp(node) => self.comprehension(SeqKind::List, &node.elt, &node.generators, false, env, module),
            Expr::SetComp(node) => self.comprehension(SeqKind::Set, &node.elt, &node.generators, false, env, module),
            Expr::Generator(node) => self.comprehension(SeqKind::List, &node.elt, &node.generators, true, env, module),
            Expr::DictComp(node) => self.dict_comprehension(node, env, module),
            Expr::Starred(node) => self.eval(&node.value, env, module),
            _ => self.unsupported(at, "uses an expression that is not read"),
        }
    }

    fn f_string(&mut self, node: &ast::ExprFString, env: &mut Env, module: &Rc<Module>) -> V {
        let mut parts = Vec::new();
        for part in node.value.iter() {
            match part {
                ast::FStringPart::Literal(text) => parts.push(V::str(text.as_str())),
                ast::FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(text) => parts.push(V::str(&*text.value)),
                            ast::InterpolatedStringElement::Interpolation(hole) => {
                                let at = span(&*hole.expression);
                                if let Some(debug) = &hole.debug_text {
                                    parts.push(V::str(format!("{}{}", debug.leading(), debug.trailing())));
                                }
                                let value = self.eval(&hole.expression, env, module);
                                let value = match hole.conversion {
                                    ast::ConversionFlag::None | ast::ConversionFlag::Str => value,
                                    ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => {
                                        self.leaves(&value, &mut |this, leaf| {
                                            this.calls_model(function::PYTHON_REPR, &[leaf], Kinds::STR, at)
                                        })
                                    }
                                };
                                let spec = hole.format_spec.as_ref().map(|spec| {
                                    spec.elements
                                        .iter()
                                        .map(|part| part.as_literal().map(|text| text.value.to_string()))
                                        .collect::<Option<String>>()
                                });
                                let piece = match spec {
                                    None => self.str_of(&value, at),
                                    Some(Some(spec)) if spec.is_empty() => self.str_of(&value, at),
                                    Some(Some(spec)) => self.leaves(&value, &mut |this, leaf| {
                                        this.calls_model(
                                            function::PYTHON_FORMAT,
                                            &[leaf, &V::str(spec.clone())],
                                            Kinds::STR,
                                            at,
                                        )
                                    }),
                                    Some(None) => self.unsupported(at, "formats a value by a computed width"),
                                };
                                parts.push(piece);
                            }
                        }
                    }
                }
            }
        }
        self.concat(parts, span(node))
    }

    /// Texts in a row.
    pub fn concat(&mut self, parts: Vec<V>, at: Span) -> V {
        if let Some(index) = parts.iter().find_map(V::unknown) {
            return V::Unknown(index);
        }
        let mut merged: Vec<V> = Vec::new();
        for part in parts {
            match (merged.last_mut(), &part) {
                (Some(V::Str(before)), V::Str(more)) => *before = Rc::from(format!("{before}{more}")),
                (_, V::Str(text)) if text.is_empty() => {}
                _ => merged.push(part),
            }
        }
        match merged.as_slice() {
            [] => V::str(""),
            [one] => one.clone(),
            many => {
                let refs: Vec<&V> = many.iter().collect();
                self.calls_model(function::CONCAT, &refs, Kinds::STR, at)
            }
        }
    }

    fn sequence(&mut self, kind: SeqKind, items: &[Expr], env: &mut Env, module: &Rc<Module>) -> V {
        let (mut parts, mut run): (Vec<V>, Vec<V>) = (Vec::new(), Vec::new());
        for item in items {
            if self.fuel == 0 {
                return self.exhausted(span(item));
            }
            if let Expr::Starred(node) = item {
                let value = self.eval(&node.value, env, module);
                match value {
                    V::Seq(_, more) => run.extend(more.iter().cloned()),
                    other => {
                        if !run.is_empty() {
                            parts.push(V::Seq(kind, Rc::new(std::mem::take(&mut run))));
                        }
                        parts.push(self.as_list(&other, span(item)));
                    }
                }
            } else {
                run.push(self.eval(item, env, module));
            }
        }
        if kind == SeqKind::Set && run.iter().all(V::is_scalar) {
            run = super::keys::once(run);
        }
        if parts.is_empty() {
            return V::Seq(kind, Rc::new(run));
        }
        if !run.is_empty() {
            parts.push(V::Seq(kind, Rc::new(run)));
        }
        V::Cat(kind, Rc::new(parts))
    }

    fn dict(&mut self, node: &ast::ExprDict, env: &mut Env, module: &Rc<Module>) -> V {
        let mut items: Vec<(V, V)> = Vec::new();
        let mut keys = super::keys::Keys::default();
        let mut insert = |items: &mut Vec<(V, V)>, key: V, value: V| match keys
            .place(&key, items.len())
            .and_then(|place| items.get_mut(place))
        {
            Some((_, slot)) => *slot = value,
            None => items.push((key, value)),
        };
        for item in &node.items {
            if self.fuel == 0 {
                return self.exhausted(span(node));
            }
            match &item.key {
                Some(key) => {
                    let key = self.eval(key, env, module);
                    let value = self.eval(&item.value, env, module);
                    insert(&mut items, key, value);
                }
                None => match self.eval(&item.value, env, module) {
                    V::Dict(more) => {
                        for (key, value) in more.iter() {
                            insert(&mut items, key.clone(), value.clone());
                        }
                    }
                    V::Unknown(index) => return V::Unknown(index),
                    _ => return self.unsupported(span(node), "merges a dict whose keys are not known"),
                },
            }
        }
        V::Dict(Rc::new(items))
    }

    fn bool_op(&mut self, node: &ast::ExprBoolOp, env: &mut Env, module: &Rc<Module>) -> V {
        let Some((first, rest)) = node.values.split_first() else { return V::None };
        let value = self.eval(first, env, module);
        self.bool_rest(node.op, value, span(first), rest, env, module)
    }

    fn bool_rest(&mut self, op: BoolOp, value: V, at: Span, rest: &[Expr], env: &mut Env, module: &Rc<Module>) -> V {
        let Some((next, rest)) = rest.split_first() else { return value };
        let met = self.truthy(&value, at);
        let goes_on = match op {
            BoolOp::And => met.clone(),
            BoolOp::Or => pred::not(met.clone()),
        };
        if goes_on == Predicate::Always(false) {
            return value;
        }
        let other = self.under(&goes_on, |this| {
            let other = this.eval(next, env, module);
            this.bool_rest(op, other, span(next), rest, env, module)
        });
        if let (Some(a), Some(b)) = (value.as_truth(), other.as_truth()) {
            return V::truth(match op {
                BoolOp::And => pred::all([a, b]),
                BoolOp::Or => pred::any([a, b]),
            });
        }
        // a value that is long to write is not written twice
        if op == BoolOp::Or
            && let V::Expr(e) = &value
            && crate::rewrite::tidy::weight(&e.expr, 13) > 12
            && other.constant().is_some()
        {
            let kinds = e.kinds.without(Kinds::NONE).or(other.kinds());
            if let V::Expr(made) = self.calls_model(function::PYTHON_OR, &[&value, &other], kinds, at) {
                return V::expr(made.expr.clone(), kinds, e.frozen);
            }
        }
        match op {
            BoolOp::And => V::ite(&met, other, self.where_falsy(value)),
            BoolOp::Or => V::ite(&met, self.where_truthy(value), other),
        }
    }

    /// A value that is known to be true: `None` is ruled out.
    fn where_truthy(&mut self, value: V) -> V {
        match value {
            V::Expr(e) => V::expr(e.expr.clone(), e.kinds.without(Kinds::NONE), e.frozen),
            V::Ite(condition, a, b) => match (always_falsy(&a), always_falsy(&b)) {
                (true, _) => self.where_truthy((*b).clone()),
                (_, true) => self.where_truthy((*a).clone()),
                _ => {
                    let (a, b) = (self.where_truthy((*a).clone()), self.where_truthy((*b).clone()));
                    V::ite(&condition, a, b)
                }
            },
            other => other,
        }
    }

    fn where_falsy(&mut self, value: V) -> V {
        match value {
            V::Truth(_) => V::Bool(false),
            other => other,
        }
    }

    /// Applies `work` to every value that this may be, each under its own condition.
    pub fn leaves(&mut self, value: &V, work: &mut dyn FnMut(&mut Self, &V) -> V) -> V {
        match value {
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.leaves(a, work));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.leaves(b, work));
                V::ite(condition, then, otherwise)
            }
            V::Unknown(index) => V::Unknown(*index),
            V::Carried(_) => V::Carried(Rc::from("")),
            leaf => work(self, leaf),
        }
    }

    /// The same for a condition.
    pub fn leaf_conditions(
        &mut self,
        value: &V,
        at: Span,
        work: &mut dyn FnMut(&mut Self, &V) -> Predicate,
    ) -> Predicate {
        match value {
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.leaf_conditions(a, at, work));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.leaf_conditions(b, at, work));
                pred::ite(condition, then, otherwise)
            }
            V::Unknown(index) => Predicate::Unread { index: *index, span: self.at(at) },
            V::Carried(_) => self.unknown_predicate(at, "decides by what an earlier round of a loop left behind"),
            leaf => work(self, leaf),
        }
    }

    /// A call of a function of the model on values.
    pub fn calls_model(&mut self, function: crate::model::Function, arguments: &[&V], kinds: Kinds, at: Span) -> V {
        let mut expressions = Vec::new();
        for argument in arguments {
            if let Some(index) = argument.unknown() {
                return V::Unknown(index);
            }
            if argument.carried() {
                return V::Carried(Rc::from(""));
            }
            match argument.to_expr() {
                Some(expr) => expressions.push(expr),
                None => return self.unsupported(at, "hands a function or module to an operation"),
            }
        }
        V::call(function, expressions, kinds)
    }

    /// Requires that a value is of one of these kinds.
    pub fn require_kind(&mut self, leaf: &V, wanted: Kinds, exception: Exc, at: Span) {
        let at = self.at(at);
        let ok = match leaf {
            V::Expr(e) => pred::kind(e, wanted, at),
            V::Unknown(_) | V::Carried(_) | V::Ite(..) => Predicate::Always(true),
            other => Predicate::Always(other.kinds().meets(wanted)),
        };
        self.require(ok, exception);
    }
}

fn always_falsy(value: &V) -> bool {
    match value {
        V::None | V::Bool(false) | V::Int(0) => true,
        V::Float(number) => *number == 0.0,
        V::Str(text) => text.is_empty(),
        V::Seq(_, items) => items.is_empty(),
        V::Dict(items) => items.is_empty(),
        _ => false,
    }
}
