//! Symbolic Python values: what an expression of a rule is worth, in terms of the event.

use super::module::Function as PyFunction;
use super::pred;
use crate::model::{ArrayMode, CaseArm, Expr, FieldPath, FieldRef, Function, Predicate, Segment, Value, Var, function};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The kinds that a value may be of when the rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(pub u16);

impl Kinds {
    pub const NONE: Kinds = Kinds(1);
    pub const BOOL: Kinds = Kinds(2);
    pub const INT: Kinds = Kinds(4);
    pub const FLOAT: Kinds = Kinds(8);
    pub const STR: Kinds = Kinds(16);
    pub const LIST: Kinds = Kinds(32);
    pub const DICT: Kinds = Kinds(64);
    /// A match of a regular expression: a list of its groups.
    pub const MATCH: Kinds = Kinds(128);
    /// A `datetime`.
    pub const TIME: Kinds = Kinds(256);
    /// A `timedelta`.
    pub const DELTA: Kinds = Kinds(512);
    pub const NUMBER: Kinds = Kinds(2 | 4 | 8);
    /// Whatever JSON holds.
    pub const JSON: Kinds = Kinds(127);

    pub fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
    pub fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }
    pub fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }
    pub fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }
    pub fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }
}

/// A value that depends on the event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct E {
    /// The model's expression; null stands for `None` and for a failed operation.
    pub expr: Expr,
    /// What it may be.
    pub kinds: Kinds,
    /// Whether lists and dicts are Panther's read-only ones, with keys that ignore case.
    pub frozen: bool,
}

/// Kinds of sequence literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeqKind {
    List,
    Tuple,
    Set,
}

/// Elements made from the elements of a list that the event holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gen {
    /// The list; always a list when this is reached.
    pub list: Expr,
    pub var: Var,
    /// Which elements are used.
    pub when: Predicate,
    /// The value of an element, or a sequence of further ones when `nested`.
    pub value: V,
    pub nested: bool,
    /// Whether this is a generator: true as such, even when it yields nothing.
    pub lazy: bool,
    pub kind: SeqKind,
}

/// Cases of one value that are told apart; more become one expression.
const MAX_LEAVES: usize = 10;

thread_local! {
    /// Nodes of expressions and conditions that were made for the function at hand.
    static SPENT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts the nodes of something that was made.
pub(super) fn spend(nodes: usize) {
    SPENT.with(|spent| spent.set(spent.get().saturating_add(nodes)));
}

/// The nodes made so far.
pub(super) fn spent() -> usize {
    SPENT.with(std::cell::Cell::get)
}

/// Starts counting anew, for another function.
pub(super) fn start_counting() {
    SPENT.with(|spent| spent.set(0));
}

/// The largest expression or condition that is followed.
const WEIGHED: usize = 20_000;

/// The scope of names at a point of a function.
pub(super) type Env = Rc<BTreeMap<String, V>>;

/// A lambda with the names it sees.
#[derive(Debug, Clone)]
pub(super) struct Lambda {
    pub node: ruff_python_ast::ExprLambda,
    pub env: Env,
    pub module: Rc<super::module::Module>,
}

/// A symbolic value.
#[derive(Debug, Clone)]
pub(super) enum V {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    Expr(Rc<E>),
    /// A boolean.
    Truth(Rc<Predicate>),
    Seq(SeqKind, Rc<Vec<V>>),
    Dict(Rc<Vec<(V, V)>>),
    Ite(Rc<Predicate>, Rc<V>, Rc<V>),
    Gen(Rc<Gen>),
    /// Several sequences in a row.
    Cat(SeqKind, Rc<Vec<V>>),
    Function(Rc<PyFunction>, Option<Env>),
    Lambda(Rc<Lambda>),
    /// A name of a module that is not read: builtins, the standard library, Panther's core.
    Ext(Rc<str>),
    Module(Rc<super::module::Module>),
    /// A class of a module.
    Class(Rc<super::module::Class>, Rc<super::module::Module>),
    /// A member of an enumeration: its value and its name.
    Member(Rc<V>, Rc<str>),
    /// A method of a value, not called yet.
    Bound(Rc<V>, Rc<str>),
    /// A compiled regular expression; flags are inside the pattern.
    Regex(Rc<str>),
    /// An address.
    Ip(Rc<V>),
    /// A network.
    Net(Rc<V>),
    /// A variable as the round of a loop before this one left it.
    Carried(Rc<str>),
    /// A name that is not bound on this path.
    Unbound,
    /// What could not be read: index into `unread`.
    Unknown(usize),
}

impl PartialEq for V {
    fn eq(&self, other: &V) -> bool {
        match (self, other) {
            (V::None, V::None) | (V::Unbound, V::Unbound) => true,
            (V::Bool(a), V::Bool(b)) => a == b,
            (V::Int(a), V::Int(b)) => a == b,
            (V::Float(a), V::Float(b)) => a == b,
            (V::Str(a), V::Str(b)) => a == b,
            (V::Expr(a), V::Expr(b)) => Rc::ptr_eq(a, b) || a == b,
            (V::Truth(a), V::Truth(b)) => Rc::ptr_eq(a, b) || a == b,
            (V::Seq(k, a), V::Seq(l, b)) | (V::Cat(k, a), V::Cat(l, b)) => k == l && (Rc::ptr_eq(a, b) || a == b),
            (V::Dict(a), V::Dict(b)) => Rc::ptr_eq(a, b) || a == b,
            (V::Ite(c, x, y), V::Ite(d, z, w)) => c == d && x == z && y == w,
            (V::Gen(a), V::Gen(b)) => Rc::ptr_eq(a, b) || a == b,
            (V::Function(a, _), V::Function(b, _)) => Rc::ptr_eq(a, b),
            (V::Lambda(a), V::Lambda(b)) => Rc::ptr_eq(a, b),
            (V::Ext(a), V::Ext(b)) | (V::Regex(a), V::Regex(b)) | (V::Carried(a), V::Carried(b)) => a == b,
            (V::Module(a), V::Module(b)) => Rc::ptr_eq(a, b),
            (V::Class(a, _), V::Class(b, _)) => Rc::ptr_eq(a, b),
            (V::Member(a, m), V::Member(b, n)) => m == n && a == b,
            (V::Bound(a, m), V::Bound(b, n)) => m == n && a == b,
            (V::Ip(a), V::Ip(b)) | (V::Net(a), V::Net(b)) => a == b,
            (V::Unknown(a), V::Unknown(b)) => a == b,
            _ => false,
        }
    }
}

impl V {
    pub fn str(text: impl Into<String>) -> V {
        V::Str(Rc::from(text.into()))
    }

    /// A value of the model, of these kinds.
    pub fn expr(expr: Expr, kinds: Kinds, frozen: bool) -> V {
        let weight = crate::rewrite::tidy::weight(&expr, WEIGHED);
        spend(if weight < WEIGHED { weight } else { usize::MAX });
        V::Expr(Rc::new(E { expr, kinds, frozen }))
    }

    /// A call of a function of the model whose null stands for `None` or an exception asked for elsewhere.
    pub fn call(function: Function, arguments: Vec<Expr>, kinds: Kinds) -> V {
        V::expr(Expr::Call(function, arguments), kinds, false)
    }

    /// The whole event.
    pub fn event() -> V {
        V::expr(Expr::Field(FieldRef::new(FieldPath(Vec::new()), ArrayMode::Whole)), Kinds::DICT, true)
    }

    pub fn truth(predicate: Predicate) -> V {
        match predicate {
            Predicate::Always(flag) => V::Bool(flag),
            other => {
                let weight = crate::rewrite::tidy::predicate_weight(&other, WEIGHED);
                spend(if weight < WEIGHED { weight } else { usize::MAX });
                V::Truth(Rc::new(other))
            }
        }
    }

    pub fn list(items: Vec<V>) -> V {
        V::Seq(SeqKind::List, Rc::new(items))
    }

    /// One of two values.
    pub fn ite(condition: &Predicate, then: V, otherwise: V) -> V {
        match condition {
            Predicate::Always(true) => return then,
            Predicate::Always(false) => return otherwise,
            _ => {}
        }
        if then == otherwise {
            return then;
        }
        if let (Some(a), Some(b)) = (then.as_truth(), otherwise.as_truth()) {
            return V::truth(pred::ite(condition, a, b));
        }
        spend(crate::rewrite::tidy::predicate_weight(condition, WEIGHED));
        let made = V::Ite(Rc::new(condition.clone()), Rc::new(then), Rc::new(otherwise));
        if made.leaf_count(MAX_LEAVES + 1) > MAX_LEAVES { made.collapsed().unwrap_or(made) } else { made }
    }

    fn leaf_count(&self, limit: usize) -> usize {
        match self {
            V::Ite(_, a, b) if limit > 1 => {
                let first = a.leaf_count(limit);
                first + b.leaf_count(limit.saturating_sub(first).max(1))
            }
            _ => 1,
        }
    }

    /// A value of several cases as one expression of the model; `None` where that would lose what is known of them.
    pub fn collapsed(&self) -> Option<V> {
        let mut frozen = None;
        let mut kinds = Kinds(0);
        self.uniform(&mut frozen, &mut kinds).then_some(())?;
        Some(V::expr(self.to_expr()?, kinds, frozen.unwrap_or(false)))
    }

    fn uniform(&self, frozen: &mut Option<bool>, kinds: &mut Kinds) -> bool {
        *kinds = kinds.or(self.kinds());
        match self {
            V::Ite(_, a, b) => a.uniform(frozen, kinds) && b.uniform(frozen, kinds),
            V::Expr(e) if !e.kinds.meets(Kinds::LIST.or(Kinds::DICT)) => true,
            V::Expr(e) => *frozen.get_or_insert(e.frozen) == e.frozen,
            V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Str(_) | V::Truth(_) => true,
            V::Seq(_, items) => items.is_empty(),
            V::Dict(items) => items.is_empty(),
            _ => false,
        }
    }

    /// For loops: several cases that would each be gone through, as one.
    pub fn one_collection(&self) -> Option<V> {
        fn busy(value: &V) -> usize {
            match value {
                V::Ite(_, a, b) => busy(a) + busy(b),
                V::Expr(_) => 1,
                V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Str(_) | V::Truth(_) => 0,
                V::Seq(_, items) if items.is_empty() => 0,
                V::Dict(items) if items.is_empty() => 0,
                _ => 1,
            }
        }
        if matches!(self, V::Ite(..)) && busy(self) > 1 { self.collapsed() } else { None }
    }

    /// The condition of a boolean.
    pub fn as_truth(&self) -> Option<Predicate> {
        match self {
            V::Bool(flag) => Some(Predicate::Always(*flag)),
            V::Truth(predicate) => Some((**predicate).clone()),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            V::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            V::Int(number) => Some(*number),
            V::Bool(flag) => Some(i64::from(*flag)),
            _ => None,
        }
    }

    /// The value where it is the same for every event.
    pub fn constant(&self) -> Option<Value> {
        Some(match self {
            V::None => Value::Null,
            V::Bool(flag) => Value::Bool(*flag),
            V::Int(number) => Value::Int(*number),
            V::Float(number) => Value::Double(*number),
            V::Str(text) => Value::String(text.to_string()),
            V::Seq(_, items) => Value::Array(items.iter().map(V::constant).collect::<Option<_>>()?),
            V::Dict(items) => Value::Object(
                items
                    .iter()
                    .map(|(key, value)| Some((key.as_str()?.to_owned(), value.constant()?)))
                    .collect::<Option<_>>()?,
            ),
            V::Expr(e) => e.expr.as_literal()?.clone(),
            _ => return None,
        })
    }

    /// Whether this is a scalar constant.
    pub fn is_scalar(&self) -> bool {
        matches!(self, V::None | V::Bool(_) | V::Int(_) | V::Float(_) | V::Str(_))
    }

    /// What the value may be.
    pub fn kinds(&self) -> Kinds {
        match self {
            V::None => Kinds::NONE,
            V::Bool(_) | V::Truth(_) => Kinds::BOOL,
            V::Int(_) => Kinds::INT,
            V::Float(_) => Kinds::FLOAT,
            V::Str(_) => Kinds::STR,
            V::Expr(e) => e.kinds,
            V::Seq(..) | V::Gen(_) | V::Cat(..) => Kinds::LIST,
            V::Dict(_) => Kinds::DICT,
            V::Ite(_, a, b) => a.kinds().or(b.kinds()),
            _ => Kinds(0),
        }
    }

    /// Whether lists and dicts inside are Panther's read-only ones.
    pub fn frozen(&self) -> bool {
        match self {
            V::Expr(e) => e.frozen,
            V::Ite(_, a, b) => a.frozen() || b.frozen(),
            _ => false,
        }
    }

    /// The unread entry that this value depends on, if any.
    pub fn unknown(&self) -> Option<usize> {
        match self {
            V::Unknown(index) => Some(*index),
            V::Ite(_, a, b) => a.unknown().or_else(|| b.unknown()),
            V::Seq(_, items) | V::Cat(_, items) => items.iter().find_map(V::unknown),
            V::Dict(items) => items.iter().find_map(|(key, value)| key.unknown().or_else(|| value.unknown())),
            V::Gen(made) => made.value.unknown(),
            V::Ip(inner) | V::Net(inner) | V::Bound(inner, _) => inner.unknown(),
            _ => None,
        }
    }

    /// Whether a value of an earlier round of a loop is inside.
    pub fn carried(&self) -> bool {
        match self {
            V::Carried(_) => true,
            V::Ite(_, a, b) => a.carried() || b.carried(),
            V::Seq(_, items) | V::Cat(_, items) => items.iter().any(V::carried),
            V::Dict(items) => items.iter().any(|(key, value)| key.carried() || value.carried()),
            V::Gen(made) => made.value.carried(),
            V::Truth(_) => false,
            V::Ip(inner) | V::Net(inner) | V::Bound(inner, _) => inner.carried(),
            _ => false,
        }
    }

    /// The model's expression; `None` for what is no value of the model (a function, a module).
    pub fn to_expr(&self) -> Option<Expr> {
        Some(match self {
            V::Expr(e) => e.expr.clone(),
            V::Truth(predicate) => Expr::Truth(Box::new((**predicate).clone())),
            V::Seq(_, items) => match self.constant() {
                Some(value) => Expr::Literal(value),
                None => Expr::List(items.iter().map(V::to_expr).collect::<Option<_>>()?),
            },
            V::Dict(items) => match self.constant() {
                Some(value) => Expr::Literal(value),
                None => {
                    let mut members = Vec::new();
                    for (key, value) in items.iter() {
                        members.push((key.as_str()?.to_owned(), value.to_expr()?));
                    }
                    Expr::Object(members)
                }
            },
            V::Ite(..) => {
                let (mut arms, mut rest) = (Vec::new(), self);
                while let V::Ite(condition, then, otherwise) = rest {
                    arms.push(CaseArm { when: (**condition).clone(), then: then.to_expr()? });
                    rest = otherwise;
                }
                Expr::Case(arms, Box::new(rest.to_expr()?))
            }
            V::Gen(made) => {
                let collected = Expr::Collect {
                    list: Box::new(made.list.clone()),
                    var: made.var.clone(),
                    when: Box::new(made.when.clone()),
                    value: Box::new(made.value.to_expr()?),
                    distinct: made.kind == SeqKind::Set,
                };
                match (made.nested, made.kind) {
                    (true, SeqKind::Set) => {
                        Expr::Call(function::PYTHON_SET, vec![Expr::Call(function::PYTHON_FLATTEN, vec![collected])])
                    }
                    (true, _) => Expr::Call(function::PYTHON_FLATTEN, vec![collected]),
                    _ => collected,
                }
            }
            V::Cat(kind, parts) => {
                let joined = Expr::Call(
                    function::PYTHON_FLATTEN,
                    vec![Expr::List(parts.iter().map(V::to_expr).collect::<Option<_>>()?)],
                );
                match kind {
                    SeqKind::Set => Expr::Call(function::PYTHON_SET, vec![joined]),
                    _ => joined,
                }
            }
            V::Ip(inner) | V::Net(inner) => Expr::Call(function::PYTHON_STR, vec![inner.to_expr()?]),
            V::Unknown(index) => Expr::Unread(*index),
            V::Unbound => Expr::Literal(Value::Null),
            other => Expr::Literal(other.constant()?),
        })
    }
}

/// A place inside an expression.
pub(super) fn step(base: &Expr, segment: Segment) -> Expr {
    match base {
        Expr::Field(field) if field.mode == ArrayMode::Whole => {
            Expr::Field(FieldRef { path: field.path.clone().then(segment), ..field.clone() })
        }
        Expr::Path(inner, path, ArrayMode::Whole) => {
            Expr::Path(inner.clone(), path.clone().then(segment), ArrayMode::Whole)
        }
        other => Expr::Path(Box::new(other.clone()), FieldPath(vec![segment]), ArrayMode::Whole),
    }
}
