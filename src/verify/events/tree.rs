//! A condition as the generator sees it: connectives over leaves, each leaf a test whose fields are paths of the event.
//!
//! A name bound by a quantifier becomes the first element of its list; a quantifier over a list in the rule itself
//! becomes one copy of its body for each value.

use super::place::buildable;
use crate::evaluate::Access;
use crate::model::walk::{self, Fold};
use crate::model::{ArrayMode, Expr, FieldPath, FieldRef, Predicate, Quantifier, Segment, Test, Value, Var};

/// Values of a list in the rule that get a copy of the body: the first ones and the last.
const COPIES: usize = 8;

/// Connectives over leaves.
#[derive(Debug)]
pub enum Node {
    /// The same for every event.
    Always(bool),
    /// All of them.
    All(Vec<Node>),
    /// Some of them.
    Any(Vec<Node>),
    /// Exactly one of them.
    One(Vec<Node>),
    /// The contrary.
    Not(Box<Node>),
    /// The leaf of this index.
    Leaf(usize),
    /// The body at the first element of a list, which must stand there so many times.
    Repeat(Box<Node>, FieldPath, u64),
}

/// A test with its fields.
#[derive(Debug)]
pub struct Leaf {
    /// The test alone, names resolved.
    pub predicate: Predicate,
    /// The same test.
    pub test: Test,
    /// Its number in reading order, as [`crate::verify::decide`] counts.
    pub number: usize,
    /// Paths of the fields it reads, the first one of its subject where that has one.
    pub fields: Vec<FieldPath>,
    /// The name of its first field, equal for equal fields.
    pub group: String,
    /// Tests inside its expressions.
    pub inner: Vec<Leaf>,
}

/// A condition taken apart.
#[derive(Debug)]
pub struct Tree {
    /// The connectives.
    pub root: Node,
    /// The leaves in reading order.
    pub leaves: Vec<Leaf>,
    /// Lists that quantifiers go through, or that paths spread over, once each.
    pub lists: Vec<FieldPath>,
}

struct Builder {
    access: Access,
    leaves: Vec<Leaf>,
    lists: Vec<FieldPath>,
    number: usize,
}

/// Takes a condition apart.
pub fn tree(predicate: &Predicate, access: Access) -> Tree {
    let mut builder = Builder { access, leaves: Vec::new(), lists: Vec::new(), number: 0 };
    let root = builder.node(predicate);
    Tree { root, leaves: builder.leaves, lists: builder.lists }
}

impl Builder {
    fn node(&mut self, predicate: &Predicate) -> Node {
        let mut each = |operands: &[Predicate]| operands.iter().map(|operand| self.node(operand)).collect::<Vec<_>>();
        match predicate {
            Predicate::Always(flag) => Node::Always(*flag),
            Predicate::All(operands) => Node::All(each(operands)),
            Predicate::Any(operands) => Node::Any(each(operands)),
            Predicate::ExactlyOne(operands) => Node::One(each(operands)),
            Predicate::Not(inner) => Node::Not(Box::new(self.node(inner))),
            Predicate::Test(test) => {
                let leaf = leaf(test.clone(), self.number, self.access);
                self.number += 1;
                for path in leaf.fields.iter().chain(leaf.inner.iter().flat_map(|inner| &inner.fields)) {
                    for (at, segment) in path.0.iter().enumerate() {
                        if matches!(segment, Segment::Any)
                            && let Some(head) = path.0.get(..at)
                        {
                            self.list(FieldPath(head.to_vec()));
                        }
                    }
                }
                self.leaves.push(leaf);
                Node::Leaf(self.leaves.len() - 1)
            }
            Predicate::Elements { quantifier, list, var, body } => self.elements(*quantifier, list, var, body),
            Predicate::Unread { .. } => Node::Always(false),
        }
    }

    fn list(&mut self, path: FieldPath) {
        if !self.lists.contains(&path) {
            self.lists.push(path);
        }
    }

    fn elements(&mut self, quantifier: Quantifier, list: &Expr, var: &Var, body: &Predicate) -> Node {
        if let Some(items) = own_list(list) {
            let first = self.number;
            let mut copies = Vec::new();
            let mut after = first;
            let skip = items.len().saturating_sub(1);
            for (_, item) in items.iter().enumerate().filter(|(at, _)| *at < COPIES - 1 || *at == skip) {
                self.number = first;
                let copy = replace(body.clone(), var, item);
                copies.push(self.node(&copy));
                after = self.number;
            }
            if copies.is_empty() {
                self.node(body);
                after = self.number;
            }
            self.number = after;
            return match quantifier {
                Quantifier::All => Node::All(copies),
                Quantifier::ExactlyOne => Node::One(copies),
                Quantifier::AtLeast(0) => Node::Always(true),
                Quantifier::Any | Quantifier::AtLeast(_) => Node::Any(copies),
            };
        }
        let element = first_element(list);
        let path = field_of(&element).map(|path| {
            let mut head = path;
            head.0.pop();
            head
        });
        if let Some(path) = &path {
            self.list(path.clone());
        }
        let inner = self.node(&replace(body.clone(), var, &element));
        match (quantifier, path) {
            (Quantifier::AtLeast(0), _) => Node::Always(true),
            (Quantifier::AtLeast(count), Some(path)) if count > 1 => Node::Repeat(Box::new(inner), path, count),
            _ => inner,
        }
    }
}

/// The items of a list that stands in the rule.
fn own_list(list: &Expr) -> Option<Vec<Expr>> {
    match list {
        Expr::List(items) => Some(items.clone()),
        Expr::Literal(Value::Array(items)) => Some(items.iter().cloned().map(Expr::Literal).collect()),
        _ => None,
    }
}

/// The first element of a list, as a field where the list is one.
fn first_element(list: &Expr) -> Expr {
    match list {
        Expr::Field(field) => {
            let mut path = FieldPath(first_of_each(&field.path));
            let spread = field.path.0.iter().any(|segment| matches!(segment, Segment::Any));
            let ends = matches!(field.path.0.last(), Some(Segment::Any));
            if !(ends || spread && field.mode == ArrayMode::Whole) {
                path = path.then(Segment::Index(0));
            }
            Expr::Field(FieldRef::new(path, ArrayMode::Whole))
        }
        other => Expr::Path(Box::new(other.clone()), FieldPath(vec![Segment::Index(0)]), ArrayMode::Whole),
    }
}

fn first_of_each(path: &FieldPath) -> Vec<Segment> {
    path.0
        .iter()
        .map(|segment| if matches!(segment, Segment::Any) { Segment::Index(0) } else { segment.clone() })
        .collect()
}

fn field_of(expr: &Expr) -> Option<FieldPath> {
    expr.as_field().map(|field| field.path.clone())
}

struct Replace<'a> {
    var: &'a Var,
    by: &'a Expr,
}

impl Fold for Replace<'_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Var(name) if name == *self.var => self.by.clone(),
            Expr::Path(base, path, mode) => match self.expr(*base) {
                Expr::Field(field) if field.mode == ArrayMode::Whole => {
                    let mut joined = field.path;
                    joined.0.extend(path.0);
                    Expr::Field(FieldRef::new(joined, mode))
                }
                base => Expr::Path(Box::new(base), path, mode),
            },
            other => walk::expr_parts(self, other),
        }
    }
}

/// A bound name replaced by an expression.
fn replace(predicate: Predicate, var: &Var, by: &Expr) -> Predicate {
    Replace { var, by }.predicate(predicate)
}

/// A test with its fields and inner tests.
fn leaf(test: Test, number: usize, access: Access) -> Leaf {
    let mut fields = Vec::new();
    let mut inner = Vec::new();
    let mut add = |field: &FieldRef| {
        let path = buildable(&field.path);
        if !fields.contains(&path) {
            fields.push(path);
        }
    };
    let predicate = Predicate::Test(test.clone());
    walk::visit_predicate(
        &Predicate::Test(Test { kind: crate::model::TestKind::Present, ..test.clone() }),
        |_| {},
        &mut add,
    );
    walk::visit_predicate(&predicate, |_| {}, &mut add);
    if has_any_field(&test.subject) {
        let path = FieldPath::keys(["message"]);
        if !fields.contains(&path) {
            fields.push(path);
        }
    }
    conditions(&test.subject, &mut |condition| {
        walk::visit_predicate(condition, |found| inner.push(leaf(found.clone(), number, access)), |_| {});
    });
    let group = fields.first().map_or_else(String::new, |path| {
        let name = FieldPath(first_of_each(path)).to_string();
        if access == Access::Panther { name.to_lowercase() } else { name }
    });
    Leaf { predicate, test, number, fields, group, inner }
}

fn has_any_field(expr: &Expr) -> bool {
    match expr {
        Expr::AnyField => true,
        Expr::Call(_, arguments) | Expr::List(arguments) => arguments.iter().any(has_any_field),
        Expr::Path(base, _, _) => has_any_field(base),
        _ => false,
    }
}

/// Calls `each` with the conditions inside an expression, names bound there resolved.
fn conditions(expr: &Expr, each: &mut dyn FnMut(&Predicate)) {
    match expr {
        Expr::Truth(condition) => each(condition),
        Expr::Case(arms, otherwise) => {
            for arm in arms {
                each(&arm.when);
                conditions(&arm.then, each);
            }
            conditions(otherwise, each);
        }
        Expr::Collect { list, var, when, .. } => {
            each(&replace((**when).clone(), var, &first_element(list)));
            conditions(list, each);
        }
        Expr::Call(_, arguments) | Expr::List(arguments) => {
            arguments.iter().for_each(|argument| conditions(argument, each));
        }
        Expr::Path(base, _, _) => conditions(base, each),
        Expr::Object(members) => members.iter().for_each(|(_, member)| conditions(member, each)),
        _ => {}
    }
}

impl Node {
    /// Whether the leaf stands in this part.
    pub fn holds_leaf(&self, leaf: usize) -> bool {
        match self {
            Node::Always(_) => false,
            Node::All(parts) | Node::Any(parts) | Node::One(parts) => parts.iter().any(|part| part.holds_leaf(leaf)),
            Node::Not(inner) | Node::Repeat(inner, _, _) => inner.holds_leaf(leaf),
            Node::Leaf(index) => *index == leaf,
        }
    }
}
