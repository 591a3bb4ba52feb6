//! The parts of a condition, each different one once.

use super::kinds::implied;
use super::literal::of_value;
use super::together::together;
use crate::model::{Expr, Predicate, Quantifier, Test, TestKind, Value, Var};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::rc::Rc;

/// A part of a condition.
pub(super) type Id = usize;
/// What tests ask about.
pub(super) type Of = usize;

/// A part, made of parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Always(bool),
    All(Vec<Id>),
    Any(Vec<Id>),
    Not(Id),
    /// A test, the place of its subject among the subjects, and the kinds that the subject is of where it holds.
    Test {
        subject: Of,
        test: Rc<Test>,
        needs: u8,
    },
    Elements {
        quantifier: Quantifier,
        list: Rc<Expr>,
        var: Var,
        body: Id,
    },
    /// What is not looked into.
    Whole(Rc<Predicate>),
}

/// All parts.
#[derive(Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<Node>,
    nodes_by: HashMap<u64, Vec<Id>>,
    subjects: Vec<Expr>,
    subjects_by: HashMap<u64, Vec<Of>>,
}

impl Arena {
    /// The part; a constant for a number that is none.
    pub(super) fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Always(false))
    }

    /// What a test asks about.
    pub(super) fn subject(&self, of: Of) -> Option<&Expr> {
        self.subjects.get(of)
    }

    /// The number of a part; equal parts have one number. Places in the text do not count: the first is kept.
    fn number(&mut self, node: Node) -> Id {
        let mut hasher = DefaultHasher::new();
        hash_node(&node, &mut hasher);
        let hash = hasher.finish();
        let known = self.nodes_by.get(&hash).into_iter().flatten().copied();
        let same = |id: &Id| self.nodes.get(*id).is_some_and(|own| alike(own, &node));
        if let Some(id) = known.into_iter().find(same) {
            return id;
        }
        let id = self.nodes.len();
        self.nodes.push(node);
        self.nodes_by.entry(hash).or_default().push(id);
        id
    }

    /// The number of a subject.
    pub(super) fn of(&mut self, expr: &Expr) -> Of {
        let mut hasher = DefaultHasher::new();
        hash_expr(expr, &mut hasher);
        let hash = hasher.finish();
        let known = self.subjects_by.get(&hash).into_iter().flatten().copied();
        if let Some(of) = known.into_iter().find(|of| self.subjects.get(*of) == Some(expr)) {
            return of;
        }
        let of = self.subjects.len();
        self.subjects.push(expr.clone());
        self.subjects_by.entry(hash).or_default().push(of);
        of
    }

    /// The part of a condition.
    pub(super) fn add(&mut self, predicate: Predicate) -> Id {
        match predicate {
            Predicate::Always(flag) => self.always(flag),
            Predicate::All(items) => {
                let ids = items.into_iter().map(|item| self.add(item)).collect();
                self.joined(ids, true)
            }
            Predicate::Any(items) => {
                let ids = items.into_iter().map(|item| self.add(item)).collect();
                self.joined(ids, false)
            }
            Predicate::Not(inner) => {
                let id = self.add(*inner);
                self.not(id)
            }
            Predicate::Test(Test { subject: Expr::Case(arms, otherwise), kind, span, comments }) => {
                let test = |subject: Expr| Test { subject, kind: kind.clone(), span, comments: comments.clone() };
                // A question to a value that is chosen is a question to each choice.
                let mut rest = self.add(Predicate::Test(test(*otherwise)));
                for arm in arms.into_iter().rev() {
                    let when = self.add(arm.when);
                    let then = self.add(Predicate::Test(test(arm.then)));
                    let contrary = self.not(when);
                    let chosen = self.joined(vec![when, then], true);
                    let others = self.joined(vec![contrary, rest], true);
                    rest = self.joined(vec![chosen, others], false);
                }
                rest
            }
            Predicate::Test(test) => {
                if let Expr::Literal(value) = &test.subject
                    && let Some(flag) = of_value(value, &test.kind)
                {
                    return self.always(flag);
                }
                let subject = self.of(&test.subject);
                let needs = implied(&test);
                self.number(Node::Test { subject, test: Rc::new(test), needs })
            }
            Predicate::Elements { quantifier, list, var, body } => {
                let body = self.add(*body);
                self.elements(quantifier, Rc::new(list), var, body)
            }
            other => self.number(Node::Whole(Rc::new(other))),
        }
    }

    /// A constant.
    pub(super) fn always(&mut self, flag: bool) -> Id {
        self.number(Node::Always(flag))
    }

    /// All of the parts (`all`), or any of them: flat, each once, and the constant where that can be seen.
    pub(super) fn joined(&mut self, ids: Vec<Id>, all: bool) -> Id {
        let mut kept: Vec<Id> = Vec::with_capacity(ids.len());
        let mut seen: HashSet<Id> = HashSet::new();
        for id in ids {
            match self.node(id) {
                Node::Always(flag) if *flag == all => {}
                Node::Always(_) => return id,
                Node::All(inner) if all => kept.extend(inner.iter().filter(|id| seen.insert(**id)).copied()),
                Node::Any(inner) if !all => kept.extend(inner.iter().filter(|id| seen.insert(**id)).copied()),
                _ if seen.insert(id) => kept.push(id),
                _ => {}
            }
        }
        let contrary = |id: &Id| matches!(self.node(*id), Node::Not(inner) if seen.contains(inner));
        if kept.iter().any(contrary) {
            return self.always(!all);
        }
        match kept.as_slice() {
            [] => self.always(all),
            [one] => *one,
            _ if all => self.number(Node::All(kept)),
            _ => self.number(Node::Any(kept)),
        }
    }

    /// The contrary. What could not be read stays what it is: its contrary is as unknown.
    pub(super) fn not(&mut self, id: Id) -> Id {
        match self.node(id) {
            Node::Always(flag) => {
                let flag = !*flag;
                self.always(flag)
            }
            Node::Not(inner) => *inner,
            Node::Whole(whole) if matches!(**whole, Predicate::Unread { .. }) => id,
            _ => self.number(Node::Not(id)),
        }
    }

    /// A condition on elements.
    pub(super) fn elements(&mut self, quantifier: Quantifier, list: Rc<Expr>, var: Var, body: Id) -> Id {
        match (&quantifier, self.node(body)) {
            (Quantifier::Any, Node::Always(false)) => self.always(false),
            (Quantifier::All, Node::Always(true)) => self.always(true),
            _ => self.number(Node::Elements { quantifier, list, var, body }),
        }
    }

    /// The condition of a part.
    pub(super) fn predicate(&self, id: Id) -> Predicate {
        match self.node(id) {
            Node::Always(flag) => Predicate::Always(*flag),
            Node::All(items) => Predicate::all(items.iter().map(|id| self.predicate(*id))),
            Node::Any(items) => together(Predicate::any(items.iter().map(|id| self.predicate(*id)))),
            Node::Not(inner) => self.predicate(*inner).negate(),
            Node::Test { test, .. } => Predicate::Test((**test).clone()),
            Node::Elements { quantifier, list, var, body } => Predicate::Elements {
                quantifier: *quantifier,
                list: (**list).clone(),
                var: var.clone(),
                body: Box::new(self.predicate(*body)),
            },
            Node::Whole(whole) => (**whole).clone(),
        }
    }
}

/// Equal but for the places in the text.
fn alike(left: &Node, right: &Node) -> bool {
    match (left, right) {
        (Node::Test { subject: one, test: left, .. }, Node::Test { subject: other, test: right, .. }) => {
            one == other && left.kind == right.kind
        }
        (left, right) => left == right,
    }
}

fn hash_node(node: &Node, hasher: &mut DefaultHasher) {
    discriminant(node).hash(hasher);
    match node {
        Node::Always(flag) => flag.hash(hasher),
        Node::All(items) | Node::Any(items) => items.hash(hasher),
        Node::Not(inner) => inner.hash(hasher),
        Node::Test { subject, test, .. } => {
            subject.hash(hasher);
            hash_kind(&test.kind, hasher);
        }
        Node::Elements { list, body, .. } => {
            hash_expr(list, hasher);
            body.hash(hasher);
        }
        Node::Whole(_) => {}
    }
}

/// Equal tests have equal hashes; what tests differ in most is part of them.
fn hash_kind(kind: &TestKind, hasher: &mut DefaultHasher) {
    discriminant(kind).hash(hasher);
    match kind {
        TestKind::Equals { value, .. }
        | TestKind::Contains { value, .. }
        | TestKind::StartsWith { value, .. }
        | TestKind::EndsWith { value, .. }
        | TestKind::Term { value, .. }
        | TestKind::Compare { value, .. } => hash_expr(value, hasher),
        TestKind::In { values, .. } => values.iter().for_each(|value| hash_expr(value, hasher)),
        TestKind::Regex { pattern, .. } => hash_expr(pattern, hasher),
        _ => {}
    }
}

fn hash_expr(expr: &Expr, hasher: &mut DefaultHasher) {
    discriminant(expr).hash(hasher);
    match expr {
        Expr::Field(field) => field.hash(hasher),
        Expr::Var(var) => var.hash(hasher),
        Expr::Path(base, path, _) => {
            hash_expr(base, hasher);
            path.hash(hasher);
        }
        Expr::Call(name, arguments) => {
            name.hash(hasher);
            arguments.iter().for_each(|argument| hash_expr(argument, hasher));
        }
        Expr::Literal(Value::String(text)) => text.hash(hasher),
        Expr::Literal(Value::Int(number)) => number.hash(hasher),
        Expr::List(items) => items.iter().for_each(|item| hash_expr(item, hasher)),
        _ => {}
    }
}
