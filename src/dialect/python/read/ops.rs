//! Truth, comparison, membership, arithmetic and indexing.

use super::exec::{Exc, Exec};
use super::module::Module;
use super::pred;
use super::value::{E, Env, Kinds, SeqKind, V, step};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::{Case, Expr, Ordering, Predicate, Quantifier, Segment, TestKind, Typing, Value, function};
use ruff_python_ast::{self as ast, CmpOp, Operator};
use std::rc::Rc;

/// Keys of a dict that are told apart one by one; a longer dict is looked up as a whole.
const MAX_ARMS: usize = 48;

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

    fn comparison(&mut self, op: CmpOp, left: &V, right: &V, at: Span) -> Predicate {
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

    fn equal_leaves(&mut self, left: &V, right: &V, at: Span) -> Predicate {
        let place = self.at(at);
        match (left, right) {
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

    fn equal_exprs(&mut self, left: &Expr, right: Expr, place: Span) -> Predicate {
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
                (V::Bool(_), other) | (other, V::Bool(_)) if !matches!(other, V::Truth(_)) => Predicate::Always(false),
                (a, b) => this.equal_leaves(a, b, at),
            })
        })
    }

    fn order(&mut self, left: &V, right: &V, ordering: Ordering, at: Span) -> Predicate {
        let place = self.at(at);
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
    fn order_sets(&mut self, left: &V, right: &V, ordering: Ordering, at: Span) -> Predicate {
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

    /// Whether each member of one collection is in another.
    fn subset(&mut self, members: &V, whole: &V, at: Span) -> Predicate {
        let found = self.any_of(members, at, &mut |this, member| pred::not(this.contains(member, whole, at)));
        pred::not(found)
    }

    /// Whether a leaf is of one of these kinds.
    pub fn of_kind(&mut self, leaf: &V, wanted: Kinds, at: Span) -> Predicate {
        let place = self.at(at);
        match leaf {
            V::Expr(e) => pred::kind(e, wanted, place),
            other => Predicate::Always(other.kinds().meets(wanted)),
        }
    }

    /// Requires that a value can be a member of a set or a key of a dict.
    pub fn require_hashable(&mut self, value: &V, at: Span) {
        self.leaves(&value.clone(), &mut |this, leaf| {
            let ok = pred::not(this.of_kind(leaf, Kinds::LIST.or(Kinds::DICT), at));
            if matches!(leaf, V::Expr(_)) {
                this.require(ok, Exc::Type);
            }
            V::None
        });
    }

    /// Python's `in`.
    pub fn contains(&mut self, item: &V, container: &V, at: Span) -> Predicate {
        let place = self.at(at);
        self.leaf_conditions(container, at, &mut |this, container| match container {
            V::Seq(kind, members) => {
                if *kind == SeqKind::Set {
                    this.require_hashable(item, at);
                }
                this.one_of(item, members, at)
            }
            V::Dict(items) => {
                this.require_hashable(item, at);
                let keys: Vec<V> = items.iter().map(|(key, _)| key.clone()).collect();
                this.one_of(item, &keys, at)
            }
            V::Cat(kind, parts) => {
                if *kind == SeqKind::Set {
                    this.require_hashable(item, at);
                }
                let mut met = Vec::new();
                for part in parts.iter() {
                    met.push(this.contains(item, part, at));
                }
                pred::any(met)
            }
            V::Gen(made) => {
                if made.kind == SeqKind::Set {
                    this.require_hashable(item, at);
                }
                this.any_of(container, at, &mut |this, member| this.equal(item, member, at))
            }
            V::Str(text) => {
                let text = text.clone();
                this.leaf_conditions(item, at, &mut |this, item| match item {
                    V::Str(part) => Predicate::Always(text.contains(&**part)),
                    V::Expr(e) => {
                        let ok = pred::kind(e, Kinds::STR, place);
                        this.require(ok, Exc::Type);
                        pred::test(
                            Expr::text(&*text),
                            TestKind::Contains { value: e.expr.clone(), case: Case::Sensitive },
                            place,
                        )
                    }
                    _ => {
                        this.require(Predicate::Always(false), Exc::Type);
                        Predicate::Always(false)
                    }
                })
            }
            V::Expr(e) => this.leaf_conditions(item, at, &mut |this, item| this.contained(item, e, at)),
            V::Net(network) => {
                let V::Ip(address) = item else {
                    return this.unknown_predicate(at, "asks a network for something that is no address");
                };
                this.in_network(address, network, at)
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) => {
                this.require(Predicate::Always(false), Exc::Type);
                Predicate::Always(false)
            }
            _ => this.unknown_predicate(at, "asks for a member of something that is no container"),
        })
    }

    fn one_of(&mut self, item: &V, members: &[V], at: Span) -> Predicate {
        let place = self.at(at);
        self.leaf_conditions(item, at, &mut |this, item| {
            if let V::Expr(e) = item
                && members.len() > 1
                && members.iter().all(V::is_scalar)
            {
                let fits: Vec<Expr> = members
                    .iter()
                    .filter(|member| {
                        !matches!(member, V::None) && comparable(e.kinds).meets(comparable(member.kinds()))
                    })
                    .filter_map(V::to_expr)
                    .collect();
                let found = match fits.as_slice() {
                    [] => Predicate::Always(false),
                    [Expr::Literal(one)] => pred::equals(e.expr.clone(), one.clone(), place),
                    _ => pred::test(
                        e.expr.clone(),
                        TestKind::In { values: fits, case: Case::Sensitive, typing: Typing::Python },
                        place,
                    ),
                };
                let none = if members.contains(&V::None) {
                    pred::not(pred::not_none(e, place))
                } else {
                    Predicate::Always(false)
                };
                return pred::any([found, none]);
            }
            let mut met = Vec::new();
            for member in members {
                met.push(this.equal(item, member, at));
            }
            pred::any(met)
        })
    }

    /// `item in e`, where `e` is a list, a text or a dict when the rule runs.
    fn contained(&mut self, item: &V, e: &E, at: Span) -> Predicate {
        let place = self.at(at);
        let list = pred::kind(e, Kinds::LIST.or(Kinds::MATCH), place);
        let text = pred::kind(e, Kinds::STR, place);
        let dict = pred::kind(e, Kinds::DICT, place);
        let item_text = self.of_kind(item, Kinds::STR, at);
        self.require(pred::any([list.clone(), dict.clone(), pred::all([text.clone(), item_text.clone()])]), Exc::Type);
        if e.frozen && dict != Predicate::Always(false) && item_text != Predicate::Always(true) {
            // a key that is no text cannot be put in lower case, and a list or dict is no key at all
            let hashable = pred::not(self.of_kind(item, Kinds::LIST.or(Kinds::DICT), at));
            let empty = pred::not(pred::truthy(e.expr.clone(), place));
            let asked = pred::any([item_text.clone(), pred::all([empty, hashable])]);
            self.require(pred::any([pred::not(dict.clone()), asked]), Exc::Attribute);
        }
        let Some(value) = item.to_expr() else {
            return self.unknown_predicate(at, "asks for a function or module in a container");
        };
        let in_list = if list == Predicate::Always(false) {
            list
        } else {
            let var = self.fresh("item");
            let member = V::expr(Expr::Var(var.clone()), Kinds::JSON, e.frozen);
            let body = self.equal(&member, item, at);
            pred::all([
                list,
                Predicate::Elements { quantifier: Quantifier::Any, list: e.expr.clone(), var, body: Box::new(body) },
            ])
        };
        let in_text = pred::all([
            text,
            item_text,
            pred::test(e.expr.clone(), TestKind::Contains { value: value.clone(), case: Case::Sensitive }, place),
        ]);
        let in_dict =
            if dict == Predicate::Always(false) { dict } else { pred::all([dict, self.has_key(e, item, place)]) };
        pred::any([in_list, in_text, in_dict])
    }

    /// Whether a dict of the event has a key.
    pub fn has_key(&mut self, e: &E, key: &V, place: Span) -> Predicate {
        match (key, e.frozen) {
            (V::Str(key), true) => pred::key_present(step(&e.expr, Segment::Key(key.to_string())), place),
            _ => match key.to_expr() {
                Some(key) => {
                    let name = if e.frozen { function::PYTHON_HAS_ANY_CASE } else { function::PYTHON_HAS };
                    pred::truthy(Expr::Call(name, vec![e.expr.clone(), key]), place)
                }
                None => Predicate::Always(false),
            },
        }
    }

    /// The value behind a key of a dict of the event; null where there is none.
    pub fn at_key(&mut self, e: &E, key: &V) -> V {
        match (key, e.frozen) {
            (V::Str(key), true) => V::expr(step(&e.expr, Segment::Key(key.to_string())), Kinds::JSON, true),
            _ => match key.to_expr() {
                Some(key) => {
                    let name = if e.frozen { function::PYTHON_GET_ANY_CASE } else { function::PYTHON_GET };
                    V::expr(Expr::Call(name, vec![e.expr.clone(), key]), Kinds::JSON, e.frozen)
                }
                None => V::None,
            },
        }
    }

    /// `base[key]`.
    pub fn subscript(&mut self, base: &V, key: &V, at: Span) -> V {
        let place = self.at(at);
        let key = key.clone();
        self.leaves(base, &mut |this, base| match base {
            V::Expr(e) => {
                let e = e.clone();
                this.leaves(&key, &mut |this, key| this.subscript_leaf(&e, key, at))
            }
            V::Seq(_, items) => {
                let items = items.clone();
                this.leaves(&key, &mut |this, key| match key.as_int() {
                    Some(index) => {
                        let length = items.len() as i64;
                        let index = if index < 0 { index + length } else { index };
                        match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                            Some(found) => found.clone(),
                            None => {
                                this.require(Predicate::Always(false), Exc::Index);
                                V::None
                            }
                        }
                    }
                    None => this.unsupported(at, "reads an element at a computed place"),
                })
            }
            V::Dict(items) => {
                let items = items.clone();
                this.leaves(&key, &mut |this, key| {
                    let (value, found) = this.look_up(&items, key, V::None, at);
                    this.require(found, Exc::Key);
                    value
                })
            }
            V::Str(text) => match (key.as_int(), text.chars().count() as i64) {
                (Some(index), length) => {
                    let index = if index < 0 { index + length } else { index };
                    match usize::try_from(index).ok().and_then(|index| text.chars().nth(index)) {
                        Some(found) => V::str(found.to_string()),
                        None => {
                            this.require(Predicate::Always(false), Exc::Index);
                            V::None
                        }
                    }
                }
                _ => this.unsupported(at, "reads a character at a computed place"),
            },
            V::Gen(_) | V::Cat(..) => {
                let Some(expr) = base.to_expr() else { return this.unsupported(at, "reads an element") };
                let e = E { expr, kinds: Kinds::LIST, frozen: element_frozen(base) };
                this.subscript_leaf(&e, &key, at)
            }
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Truth(_) | V::Unbound => {
                this.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            _ => this.unsupported(place, "reads a part of a function or module"),
        })
    }

    fn subscript_leaf(&mut self, e: &E, key: &V, at: Span) -> V {
        let place = self.at(at);
        match key {
            V::Str(_) if e.kinds.meets(Kinds::MATCH) => {
                let arguments = super::calls::Arguments { positional: vec![key.clone()], keywords: Vec::new() };
                self.method(&V::Expr(Rc::new(e.clone())), "group", &arguments, at)
            }
            V::Str(_) => {
                self.require(pred::kind(e, Kinds::DICT, place), Exc::Type);
                let found = self.has_key(e, key, place);
                self.require(found, Exc::Key);
                self.at_key(e, key)
            }
            V::Int(_) | V::Bool(_) => {
                let index = key.as_int().unwrap_or(0);
                let text = pred::kind(e, Kinds::STR, place);
                let list = pred::kind(e, Kinds::LIST.or(Kinds::MATCH), place);
                self.require(pred::any([list.clone(), text.clone()]), Exc::Type);
                let element = step(&e.expr, Segment::Index(index));
                let from_list = if list == Predicate::Always(false) {
                    V::None
                } else {
                    let present = pred::key_present(element.clone(), place);
                    self.require(pred::any([pred::not(list.clone()), present]), Exc::Index);
                    let kinds = if e.kinds.within(Kinds::MATCH.or(Kinds::NONE)) {
                        Kinds::STR.or(Kinds::NONE)
                    } else {
                        element_kinds(&e.expr)
                    };
                    V::expr(element, kinds, e.frozen)
                };
                if text == Predicate::Always(false) {
                    return from_list;
                }
                let character =
                    Expr::Call(function::PYTHON_CHARACTER, vec![e.expr.clone(), Expr::Literal(Value::Int(index))]);
                let there = pred::test(
                    character.clone(),
                    TestKind::IsKind { kinds: vec![crate::model::JsonKind::String] },
                    place,
                );
                self.require(pred::any([pred::not(text.clone()), there]), Exc::Index);
                V::ite(&text, V::expr(character, Kinds::STR, false), from_list)
            }
            V::Expr(k) => {
                // a computed key: of a dict
                self.require(pred::kind(e, Kinds::DICT, place), Exc::Type);
                self.require(pred::kind(k, Kinds::STR, place), Exc::Key);
                let found = self.has_key(e, key, place);
                self.require(found, Exc::Key);
                self.at_key(e, key)
            }
            V::None => {
                self.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            _ => self.unsupported(at, "reads a part at a computed place"),
        }
    }

    /// The value of a key in a dict that the rule writes out, and whether it is there.
    pub fn look_up(&mut self, items: &Rc<Vec<(V, V)>>, key: &V, default: V, at: Span) -> (V, Predicate) {
        if key.is_scalar() {
            return match items.iter().rev().find(|(known, _)| self.same_scalar(known, key)) {
                Some((_, value)) => (value.clone(), Predicate::Always(true)),
                None if items.iter().all(|(known, _)| known.is_scalar()) => (default, Predicate::Always(false)),
                None => (self.unsupported(at, "looks a value up among computed keys"), Predicate::Always(true)),
            };
        }
        self.require_hashable(key, at);
        let keys: Vec<V> = items.iter().map(|(known, _)| known.clone()).collect();
        let found = self.one_of(key, &keys, at);
        if items.len() > MAX_ARMS
            && let (Some(table), Some(key), Some(other)) =
                (V::Dict(items.clone()).to_expr(), key.to_expr(), default.to_expr())
        {
            let kinds = items.iter().fold(default.kinds(), |kinds, (_, value)| kinds.or(value.kinds()));
            return (V::call(function::PYTHON_LOOK_UP, vec![table, key, other], kinds), found);
        }
        // keys of one value together
        let mut groups: Vec<(V, Vec<V>)> = Vec::new();
        for (key, value) in items.iter() {
            match groups.iter_mut().find(|(known, _)| known == value) {
                Some((_, keys)) => keys.push(key.clone()),
                None => groups.push((value.clone(), vec![key.clone()])),
            }
        }
        let mut value = default;
        for (then, keys) in groups.into_iter().rev() {
            let met = self.one_of(key, &keys, at);
            value = V::ite(&met, then, value);
        }
        (value, found)
    }

    fn same_scalar(&self, a: &V, b: &V) -> bool {
        match (a, b) {
            (V::Str(a), V::Str(b)) => a == b,
            (V::None, V::None) => true,
            _ => match (number(a), number(b)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// `base[low:high:step]`.
    pub fn slice(&mut self, base: &V, low: &V, high: &V, by: &V, at: Span) -> V {
        if let (V::Seq(kind, items), V::None) = (base, by)
            && let (Some(low), Some(high)) = (bound(low, 0), bound(high, i64::MAX))
        {
            let (low, high) = clamp(low, high, items.len());
            return V::Seq(*kind, Rc::new(items.get(low..high).unwrap_or(&[]).to_vec()));
        }
        if let (V::Str(text), V::None) = (base, by)
            && let (Some(low), Some(high)) = (bound(low, 0), bound(high, i64::MAX))
        {
            let characters: Vec<char> = text.chars().collect();
            let (low, high) = clamp(low, high, characters.len());
            return V::str(characters.get(low..high).unwrap_or(&[]).iter().collect::<String>());
        }
        self.leaves(base, &mut |this, leaf| {
            this.require_kind(leaf, Kinds::STR.or(Kinds::LIST), Exc::Type, at);
            let kinds = leaf.kinds().and(Kinds::STR.or(Kinds::LIST));
            match this.calls_model(function::PYTHON_SLICE, &[leaf, low, high, by], kinds, at) {
                // a slice of a read-only list is a tuple
                V::Expr(e) => V::expr(e.expr.clone(), e.kinds, false),
                other => other,
            }
        })
    }

    /// Arithmetic.
    pub fn binary(&mut self, op: Operator, left: &V, right: &V, at: Span) -> V {
        self.leaves(left, &mut |this, left| {
            let left = left.clone();
            this.leaves(right, &mut |this, right| this.binary_leaves(op, &left, right, at))
        })
    }

    fn binary_leaves(&mut self, op: Operator, left: &V, right: &V, at: Span) -> V {
        use Operator::{Add, BitAnd, BitOr, Div, FloorDiv, Mod, Mult, Sub};
        match (op, left, right) {
            (Add, V::Str(a), V::Str(b)) => return V::str(format!("{a}{b}")),
            (Mult, V::Str(text), V::Int(count)) if (0..=1000).contains(count) => {
                return V::str(text.repeat(usize::try_from(*count).unwrap_or(0)));
            }
            (Add, V::Int(a), V::Int(b)) => return V::Int(a.wrapping_add(*b)),
            (Sub, V::Int(a), V::Int(b)) => return V::Int(a.wrapping_sub(*b)),
            (Mult, V::Int(a), V::Int(b)) => return V::Int(a.wrapping_mul(*b)),
            (FloorDiv, V::Int(a), V::Int(b)) if *b > 0 => return V::Int(a.div_euclid(*b)),
            (Mod, V::Int(a), V::Int(b)) if *b > 0 => return V::Int(a.rem_euclid(*b)),
            (Operator::Pow, V::Int(a), V::Int(b)) if (0..=62).contains(b) => {
                return V::Int(a.wrapping_pow(u32::try_from(*b).unwrap_or(0)));
            }
            (Add | Sub | Mult | Div, a, b) if a.is_scalar() && b.is_scalar() => {
                if let (Some(x), Some(y)) = (number(a), number(b)) {
                    return match op {
                        Add => V::Float(x + y),
                        Sub => V::Float(x - y),
                        Mult => V::Float(x * y),
                        _ if y != 0.0 => V::Float(x / y),
                        _ => {
                            self.require(Predicate::Always(false), Exc::Zero);
                            V::None
                        }
                    };
                }
            }
            (Add | BitOr, V::Seq(a_kind, a), V::Seq(b_kind, b)) if a_kind == b_kind => {
                return V::Seq(*a_kind, Rc::new(a.iter().chain(b.iter()).cloned().collect()));
            }
            (Add, a, b)
                if a.kinds() == Kinds::LIST
                    && b.kinds() == Kinds::LIST
                    && !matches!((a, b), (V::Expr(_), V::Expr(_))) =>
            {
                if a.frozen() || b.frozen() {
                    self.require(Predicate::Always(false), Exc::Type);
                    return V::None;
                }
                return V::Cat(SeqKind::List, Rc::new(vec![a.clone(), b.clone()]));
            }
            // a read-only list cannot be added to
            (Add, V::Expr(e), b) if e.frozen && b.kinds() == Kinds::LIST => {
                let place = self.at(at);
                self.require(pred::not(pred::kind(e, Kinds::JSON, place)), Exc::Type);
                return V::None;
            }
            (Add, a, V::Expr(e)) if e.frozen && a.kinds() == Kinds::LIST => {
                self.require(Predicate::Always(false), Exc::Type);
                return V::None;
            }
            (Add, V::Expr(e), b) if !e.frozen && b.kinds() == Kinds::LIST && !matches!(b, V::Expr(_)) => {
                self.require_kind(left, Kinds::LIST, Exc::Type, at);
                return V::Cat(SeqKind::List, Rc::new(vec![left.clone(), b.clone()]));
            }
            (Add, a, V::Expr(e)) if !e.frozen && a.kinds() == Kinds::LIST && !matches!(a, V::Expr(_)) => {
                self.require_kind(right, Kinds::LIST, Exc::Type, at);
                return V::Cat(SeqKind::List, Rc::new(vec![left.clone(), right.clone()]));
            }
            (BitOr, V::Dict(a), V::Dict(b)) => {
                let mut items = (**a).clone();
                for (key, value) in b.iter() {
                    match items.iter_mut().find(|(known, _)| known == key) {
                        Some((_, slot)) => *slot = value.clone(),
                        None => items.push((key.clone(), value.clone())),
                    }
                }
                return V::Dict(Rc::new(items));
            }
            (BitOr, a, b) if is_set(a) && is_set(b) => {
                return V::Cat(SeqKind::Set, Rc::new(vec![a.clone(), b.clone()]));
            }
            (BitOr, V::Ext(a), V::Ext(b)) => return V::Ext(Rc::from(format!("{a}|{b}"))),
            (BitAnd, a, b) if is_set(a) && is_set(b) => return self.intersection(a, b, at),
            (Sub, a, b) if is_set(a) && is_set(b) => return self.difference(a, b, at),
            (Mod, V::Str(text), _) => return self.percent(&text.clone(), right, at),
            _ => {}
        }
        let (texts, numbers) = (Kinds::STR, Kinds::NUMBER);
        let times = Kinds::TIME.or(Kinds::DELTA);
        if op == Add && (left.kinds().within(texts) || right.kinds().within(texts)) {
            self.require_kind(left, texts, Exc::Type, at);
            self.require_kind(right, texts, Exc::Type, at);
            return self.concat(vec![left.clone(), right.clone()], at);
        }
        if left.kinds().meets(times) || right.kinds().meets(times) {
            return self.time_arithmetic(op, left, right, at);
        }
        if op == Add && left.kinds().meets(texts) && right.kinds().meets(texts) {
            // both unknown: texts, numbers or lists
            let both = pred::all([self.of_kind(left, texts, at), self.of_kind(right, texts, at)]);
            let sums = pred::all([self.of_kind(left, numbers, at), self.of_kind(right, numbers, at)]);
            let free = !left.frozen() && !right.frozen();
            let lists = if free && left.kinds().meets(Kinds::LIST) && right.kinds().meets(Kinds::LIST) {
                pred::all([self.of_kind(left, Kinds::LIST, at), self.of_kind(right, Kinds::LIST, at)])
            } else {
                Predicate::Always(false)
            };
            self.require(pred::any([both.clone(), sums, lists.clone()]), Exc::Type);
            let joined = self.calls_model(function::CONCAT, &[left, right], Kinds::STR, at);
            let sum = self.calls_model(function::ADD, &[left, right], Kinds::INT.or(Kinds::FLOAT), at);
            if lists != Predicate::Always(false) {
                let pair = V::list(vec![left.clone(), right.clone()]);
                let all = self.calls_model(function::PYTHON_FLATTEN, &[&pair], Kinds::LIST, at);
                let rest = V::ite(&both, joined, sum);
                return V::ite(&lists, all, rest);
            }
            return V::ite(&both, joined, sum);
        }
        self.require_kind(left, numbers, Exc::Type, at);
        self.require_kind(right, numbers, Exc::Type, at);
        let kinds =
            if left.kinds().or(right.kinds()).meets(Kinds::FLOAT) { Kinds::INT.or(Kinds::FLOAT) } else { Kinds::INT };
        if matches!(op, Div | FloorDiv | Mod) {
            let zero = self.equal(right, &V::Int(0), at);
            self.require(pred::not(zero), Exc::Zero);
        }
        match op {
            Add => self.calls_model(function::ADD, &[left, right], kinds, at),
            Sub => self.calls_model(function::SUBTRACT, &[left, right], kinds, at),
            Mult => self.calls_model(function::MULTIPLY, &[left, right], kinds, at),
            Div => self.calls_model(function::DIVIDE, &[left, right], Kinds::FLOAT, at),
            FloorDiv => self.calls_model(function::PYTHON_FLOOR_DIVIDE, &[left, right], kinds, at),
            Mod => self.calls_model(function::PYTHON_MODULO, &[left, right], kinds, at),
            _ => self.unsupported(at, "computes with bits or powers"),
        }
    }

    /// `text % values` with `%s` and `%%`.
    fn percent(&mut self, text: &str, values: &V, at: Span) -> V {
        let given: Vec<V> = match values {
            V::Seq(SeqKind::Tuple, items) => items.to_vec(),
            V::Dict(_) | V::Gen(_) | V::Cat(..) => return self.unsupported(at, "formats a text by `%`"),
            other => vec![other.clone()],
        };
        let (mut parts, mut rest, mut next) = (Vec::new(), text, given.into_iter());
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(V::str(before));
            if let Some(after) = after.strip_prefix('%') {
                parts.push(V::str("%"));
                rest = after;
                continue;
            }
            let Some(after) = after.strip_prefix('s') else {
                return self.unsupported(at, "formats a text by `%` with more than `%s`");
            };
            let Some(value) = next.next() else {
                self.require(Predicate::Always(false), Exc::Type);
                return V::None;
            };
            parts.push(self.str_of(&value, at));
            rest = after;
        }
        if next.next().is_some() {
            self.require(Predicate::Always(false), Exc::Type);
            return V::None;
        }
        parts.push(V::str(rest));
        self.concat(parts, at)
    }

    /// Elements of `left` that are in `right`.
    pub fn intersection(&mut self, left: &V, right: &V, at: Span) -> V {
        self.filtered(left, right, true, at)
    }

    /// Elements of `left` that are not in `right`.
    pub fn difference(&mut self, left: &V, right: &V, at: Span) -> V {
        self.filtered(left, right, false, at)
    }

    fn filtered(&mut self, left: &V, right: &V, keep: bool, at: Span) -> V {
        // the members of a constant are asked one by one; the others are filtered as a list
        if let (V::Seq(_, items), true) = (left, matches!(right, V::Seq(..))) {
            let mut kept = Vec::new();
            for item in items.iter() {
                let met = self.contains(item, right, at);
                let met = if keep { met } else { pred::not(met) };
                let one = V::Seq(SeqKind::Set, Rc::new(vec![item.clone()]));
                kept.push(V::ite(&met, one, V::Seq(SeqKind::Set, Rc::new(Vec::new()))));
            }
            return V::Cat(SeqKind::Set, Rc::new(kept));
        }
        if keep && matches!(left, V::Seq(..)) && !matches!(right, V::Seq(..)) {
            return self.filtered(right, left, keep, at);
        }
        let right = right.clone();
        self.map_elements(left, SeqKind::Set, at, &mut |this, member| {
            let met = this.contains(member, &right, at);
            (if keep { met } else { pred::not(met) }, member.clone())
        })
    }

    /// The parts of a value that is unpacked into names, a starred one after the first `before` of them.
    pub fn unpack_rest(&mut self, value: &V, before: usize, after: usize, at: Span) -> Vec<V> {
        let count = before + after;
        if let Some(index) = value.unknown() {
            return vec![V::Unknown(index); count + 1];
        }
        if let V::Seq(_, items) = value {
            if items.len() < count {
                self.require(Predicate::Always(false), Exc::Value);
                return vec![V::None; count + 1];
            }
            let end = items.len() - after;
            let mut parts: Vec<V> = items.iter().take(before).cloned().collect();
            parts.push(V::list(items.get(before..end).unwrap_or(&[]).to_vec()));
            parts.extend(items.iter().skip(end).cloned());
            return parts;
        }
        let place = self.at(at);
        if let V::Ite(condition, a, b) = value {
            let then = self.under(condition, |this| this.unpack_rest(a, before, after, at));
            let contrary = pred::not((**condition).clone());
            let otherwise = self.under(&contrary, |this| this.unpack_rest(b, before, after, at));
            return then.into_iter().zip(otherwise).map(|(a, b)| V::ite(condition, a, b)).collect();
        }
        let Some(expr) = value.to_expr() else {
            let unknown = self.unsupported(at, "unpacks a value of unknown length");
            return vec![unknown; count + 1];
        };
        let e = E { expr: expr.clone(), kinds: value.kinds(), frozen: value.frozen() };
        let is_list = pred::kind(&e, Kinds::LIST.or(Kinds::MATCH), place);
        self.require(is_list, Exc::Type);
        let number = |count: usize| i64::try_from(count).unwrap_or(0);
        let enough = pred::test(
            Expr::Call(function::PYTHON_LEN, vec![expr.clone()]),
            TestKind::Compare {
                ordering: Ordering::GreaterOrEqual,
                value: Expr::Literal(Value::Int(number(count))),
                typing: Typing::Python,
            },
            place,
        );
        self.require(enough, Exc::Value);
        let list = V::expr(expr.clone(), Kinds::LIST, e.frozen);
        let part = |index: i64| V::expr(step(&expr, Segment::Index(index)), element_kinds(&expr), e.frozen);
        let mut parts: Vec<V> = (0..before).map(|index| part(number(index))).collect();
        let end = if after == 0 { V::None } else { V::Int(-number(after)) };
        let rest = self.slice(&list, &V::Int(number(before)), &end, &V::None, at);
        parts.push(rest);
        parts.extend((0..after).map(|index| part(number(index) - number(after))));
        parts
    }

    /// The parts of a value that is unpacked into this many names.
    pub fn unpack(&mut self, value: &V, count: usize, at: Span) -> Vec<V> {
        if let V::Seq(_, items) = value {
            if items.len() == count {
                return items.to_vec();
            }
            self.require(Predicate::Always(false), Exc::Value);
            return vec![V::None; count];
        }
        if let Some(index) = value.unknown() {
            return vec![V::Unknown(index); count];
        }
        let place = self.at(at);
        if let V::Ite(condition, a, b) = value {
            let then = self.under(condition, |this| this.unpack(a, count, at));
            let contrary = pred::not((**condition).clone());
            let otherwise = self.under(&contrary, |this| this.unpack(b, count, at));
            return then.into_iter().zip(otherwise).map(|(a, b)| V::ite(condition, a, b)).collect();
        }
        let Some(expr) = value.to_expr() else {
            let unknown = self.unsupported(at, "unpacks a value of unknown length");
            return vec![unknown; count];
        };
        let kinds = value.kinds();
        let e = E { expr: expr.clone(), kinds, frozen: value.frozen() };
        let is_list = pred::kind(&e, Kinds::LIST.or(Kinds::MATCH), place);
        self.require(is_list, Exc::Type);
        self.require(
            pred::equals(
                Expr::Call(function::PYTHON_LEN, vec![expr.clone()]),
                Value::Int(i64::try_from(count).unwrap_or(0)),
                place,
            ),
            Exc::Value,
        );
        (0..count)
            .map(|index| {
                let index = i64::try_from(index).unwrap_or(0);
                V::expr(step(&expr, Segment::Index(index)), element_kinds(&expr), e.frozen)
            })
            .collect()
    }
}

/// What the elements of a list that a function makes may be.
pub(super) fn element_kinds(list: &Expr) -> Kinds {
    match list {
        Expr::Call(name, _) if [function::SPLIT, function::PYTHON_SPLIT, function::PYTHON_KEYS].contains(name) => {
            Kinds::STR
        }
        Expr::Call(name, arguments) if *name == function::PYTHON_SLICE => {
            arguments.first().map_or(Kinds::JSON, element_kinds)
        }
        _ => Kinds::JSON,
    }
}

fn element_frozen(value: &V) -> bool {
    match value {
        V::Gen(made) => made.value.frozen(),
        _ => false,
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
fn comparable(kinds: Kinds) -> Kinds {
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

fn flip(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::Less => Ordering::Greater,
        Ordering::LessOrEqual => Ordering::GreaterOrEqual,
        Ordering::Greater => Ordering::Less,
        Ordering::GreaterOrEqual => Ordering::LessOrEqual,
    }
}

fn bound(value: &V, missing: i64) -> Option<i64> {
    match value {
        V::None => Some(missing),
        other => other.as_int(),
    }
}

fn clamp(low: i64, high: i64, length: usize) -> (usize, usize) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = |index: i64| if index < 0 { (index + length).max(0) } else { index.min(length) };
    let (low, high) = (place(low), place(high));
    (usize::try_from(low).unwrap_or(0), usize::try_from(high.max(low)).unwrap_or(0))
}
