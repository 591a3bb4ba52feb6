//! Membership: in texts, lists, sets and dicts, and the keys of a dict.

use super::exec::Exec;
use super::flow::Exc;
use super::ops::comparable;
use super::pred;
use super::value::{E, Kinds, SeqKind, V, step};
use crate::diagnostic::Span;
use crate::model::{Case, Expr, Predicate, Quantifier, Segment, TestKind, Typing, function};

impl Exec<'_> {
    /// Whether each member of one collection is in another.
    pub fn subset(&mut self, members: &V, whole: &V, at: Span) -> Predicate {
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

    pub fn one_of(&mut self, item: &V, members: &[V], at: Span) -> Predicate {
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
    pub fn contained(&mut self, item: &V, e: &E, at: Span) -> Predicate {
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
}
