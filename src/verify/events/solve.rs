//! Finding an event on which chosen tests have chosen answers.

use super::Options;
use super::candidates::{Around, around};
use super::invert::{Assignment, invert};
use super::place::{node, put};
use super::tree::{Leaf, Node, Tree};
use crate::evaluate::{Access, Context, Scope, coerce, eval, holds};
use crate::model::{Expr, FieldKind, FieldPath, FieldType, TestKind, Value};
use serde_json::{Map, Value as Json, json};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Proposals that are tried for one field.
const MOST_TRIED: usize = 80;
/// Tests that shall not hold whose values are looked at.
const MOST_REFUSED: usize = 6;
/// Alternatives of a disjunction that are tried.
const MOST_BRANCHES: usize = 12;

/// A test and the answer it shall have.
type Literal = (usize, bool);

/// An event in the making.
#[derive(Clone)]
pub struct State<'t> {
    /// The event so far.
    pub event: Json,
    chosen: HashMap<&'t str, Vec<Literal>>,
    answers: HashMap<usize, bool>,
    /// Groups with literals that the event was not yet made for, in the order of their appearance.
    open: Vec<&'t str>,
    /// Disjunctions that some part must answer.
    pending: Vec<(&'t [Node], bool, bool)>,
    repeat: Vec<(&'t FieldPath, u64)>,
}

impl State<'_> {
    fn new() -> Self {
        Self {
            event: Json::Object(Map::new()),
            chosen: HashMap::new(),
            answers: HashMap::new(),
            open: Vec::new(),
            pending: Vec::new(),
            repeat: Vec::new(),
        }
    }
}

/// Solves for one condition.
pub struct Solver<'a> {
    /// The condition taken apart.
    pub tree: &'a Tree,
    context: &'a Context<'a>,
    options: &'a Options,
    known: RefCell<HashMap<Vec<Literal>, Option<Assignment>>>,
    branched: Cell<bool>,
}

impl<'a> Solver<'a> {
    /// A solver that remembers what it found for each field.
    pub fn new(tree: &'a Tree, context: &'a Context<'a>, options: &'a Options) -> Self {
        Self { tree, context, options, known: RefCell::new(HashMap::new()), branched: Cell::new(false) }
    }

    /// An event on which the leaf has the answer, and the rest of the condition leaves the outcome to it where that
    /// can be. `turn` chooses other branches where there are several.
    pub fn around_leaf(&self, leaf: usize, answer: bool, turn: usize) -> Option<Json> {
        let mut state = State::new();
        let reached = self.set(&mut state, leaf, answer) && self.reach(&self.tree.root, leaf, &mut state);
        if reached { self.finish(state, turn) } else { None }
    }

    /// An event with this outcome of the whole condition.
    pub fn outcome(&self, wanted: bool, turn: usize) -> Option<Json> {
        let mut state = State::new();
        if self.want(&self.tree.root, wanted, &mut state) { self.finish(state, turn) } else { None }
    }

    /// Whether there was a choice of branches since this was last asked.
    pub fn branched(&self) -> bool {
        self.branched.take()
    }

    /// Lets the leaf decide: everything beside its way to the root is neutral.
    fn reach(&self, part: &'a Node, leaf: usize, state: &mut State<'a>) -> bool {
        let beside = |parts: &'a [Node], wanted: bool, state: &mut State<'a>| {
            let mut own = None;
            for part in parts {
                if own.is_none() && part.holds_leaf(leaf) {
                    own = Some(part);
                } else if !self.want(part, wanted, state) {
                    return false;
                }
            }
            own.is_some_and(|own| self.reach(own, leaf, state))
        };
        match part {
            Node::Always(_) => false,
            Node::Leaf(index) => *index == leaf,
            Node::Not(inner) => self.reach(inner, leaf, state),
            Node::Repeat(inner, path, count) => {
                state.repeat.push((path, *count));
                self.reach(inner, leaf, state)
            }
            Node::All(parts) => beside(parts, true, state),
            Node::Any(parts) | Node::One(parts) => beside(parts, false, state),
        }
    }

    /// Makes the part true or false; where some part of it must be chosen, that is put off until all that is forced
    /// is known. `false` where the part contradicts what is chosen already.
    fn want(&self, part: &'a Node, wanted: bool, state: &mut State<'a>) -> bool {
        match (part, wanted) {
            (Node::Always(flag), _) => *flag == wanted,
            (Node::Leaf(leaf), _) => self.set(state, *leaf, wanted),
            (Node::Not(inner), _) => self.want(inner, !wanted, state),
            (Node::Repeat(inner, path, count), _) => {
                if wanted {
                    state.repeat.push((path, *count));
                }
                self.want(inner, wanted, state)
            }
            (Node::All(parts), true) => parts.iter().all(|part| self.want(part, true, state)),
            (Node::Any(parts) | Node::One(parts), false) => parts.iter().all(|part| self.want(part, false, state)),
            (Node::All(parts), false) => Self::later(parts, false, false, state),
            (Node::Any(parts), true) => Self::later(parts, true, false, state),
            (Node::One(parts), true) => Self::later(parts, true, true, state),
        }
    }

    fn later(parts: &'a [Node], wanted: bool, only: bool, state: &mut State<'a>) -> bool {
        state.pending.push((parts, wanted, only));
        !parts.is_empty()
    }

    /// Makes the event for what is forced, then answers each disjunction by its first part that can be had.
    fn finish(&self, mut state: State<'a>, turn: usize) -> Option<Json> {
        if !self.close(&mut state) {
            return None;
        }
        while let Some((parts, wanted, only)) = state.pending.pop() {
            let count = parts.len();
            self.branched.set(self.branched.get() || count > 1);
            let mut found = None;
            for step in 0..count.min(MOST_BRANCHES) {
                let at = (turn + step) % count.max(1);
                let mut tried = state.clone();
                let done = parts.get(at).is_some_and(|part| self.want(part, wanted, &mut tried))
                    && (!only
                        || parts
                            .iter()
                            .enumerate()
                            .all(|(other, part)| other == at || self.want(part, !wanted, &mut tried)))
                    && self.close(&mut tried);
                if done {
                    found = Some(tried);
                    break;
                }
            }
            state = found?;
        }
        self.repeated(&mut state);
        Some(state.event)
    }

    /// Adds a literal; `false` where its contrary is there.
    fn set(&self, state: &mut State<'a>, leaf: usize, answer: bool) -> bool {
        let Some(found) = self.tree.leaves.get(leaf) else { return false };
        match state.answers.insert(leaf, answer) {
            Some(known) if known != answer => return false,
            Some(_) => return true,
            None => {}
        }
        let literals = state.chosen.entry(&found.group).or_default();
        literals.push((leaf, answer));
        if !state.open.contains(&found.group.as_str()) {
            state.open.push(&found.group);
        }
        true
    }

    /// Gives each field with new literals a value under which all of its literals hold.
    fn close(&self, state: &mut State<'a>) -> bool {
        for group in std::mem::take(&mut state.open) {
            let Some(literals) = state.chosen.get(group) else { continue };
            let mut key = literals.clone();
            key.sort_unstable();
            key.dedup();
            let alone = key.iter().all(|(leaf, _)| self.leaf(*leaf).is_some_and(|leaf| leaf.fields.len() <= 1));
            let solution = if alone {
                let known = self.known.borrow().get(&key).cloned();
                known.unwrap_or_else(|| {
                    let solution = self.solve(&Json::Object(Map::new()), &key);
                    self.known.borrow_mut().insert(key, solution.clone());
                    solution
                })
            } else {
                self.solve(&state.event, &key)
            };
            let Some(assignment) = solution else { return false };
            apply(&mut state.event, &assignment);
        }
        true
    }

    fn leaf(&self, index: usize) -> Option<&Leaf> {
        self.tree.leaves.get(index)
    }

    fn meets(&self, event: &Json, literals: &[Literal]) -> bool {
        let value = Value::from(event);
        let scope = Scope::new(&value, self.context.access);
        literals.iter().all(|(leaf, answer)| {
            self.leaf(*leaf)
                .is_some_and(|leaf| holds(&leaf.predicate, &scope, self.context).is_ok_and(|held| held == *answer))
        })
    }

    /// The first proposal under which all literals hold.
    fn solve(&self, event: &Json, literals: &[Literal]) -> Option<Assignment> {
        let mut filled = event.clone();
        let mut defaults = Assignment::new();
        for (leaf, _) in literals {
            if let Some(leaf) = self.leaf(*leaf) {
                defaults.extend(self.defaults(leaf, &mut filled));
            }
        }
        let proposals = self.proposals(&filled, literals);
        for proposal in proposals.into_iter().take(MOST_TRIED) {
            let mut tried = filled.clone();
            apply(&mut tried, &proposal);
            if self.meets(&tried, literals) {
                let mut all = defaults.clone();
                all.extend(proposal);
                return Some(all);
            }
        }
        self.meets(event, literals).then(Vec::new)
    }

    /// Values for the fields of a test's operands that the event lacks.
    fn defaults(&self, leaf: &Leaf, event: &mut Json) -> Assignment {
        let mut added = Assignment::new();
        for path in leaf.fields.iter().skip(1) {
            if node(event, &path.0).is_none_or(|found| found.is_null()) {
                let value = match self.context.types.type_of(&name(path)).map(|kind| kind.kind) {
                    Some(FieldKind::Long | FieldKind::Double) => json!(5),
                    Some(FieldKind::Boolean) => json!(true),
                    Some(FieldKind::Ip) => json!("10.1.2.3"),
                    Some(FieldKind::Date) => json!("2024-01-01T00:00:00Z"),
                    _ => json!("alpha"),
                };
                put(event, &path.0, Some(&value));
                added.push((path.clone(), Some(value)));
            }
        }
        added
    }

    fn proposals(&self, event: &Json, literals: &[Literal]) -> Vec<Assignment> {
        let mut list = Vec::new();
        let mut arounds = Vec::new();
        let mut refused = 0;
        for (leaf, answer) in literals {
            refused += usize::from(!answer);
            let Some(leaf) = self.leaf(*leaf) else { continue };
            if *answer || refused <= MOST_REFUSED {
                arounds.push((leaf, *answer, self.around(leaf, event)));
            }
        }
        // Literals on one field: what meets the tests that shall hold comes first, then texts made of several.
        for (leaf, _, around) in arounds.iter().filter(|(_, answer, _)| *answer) {
            self.propose(leaf, &around.hits, &mut list);
            self.inner(leaf, event, &mut list);
        }
        if let Some((leaf, _, _)) = arounds.first() {
            let positive: Vec<&(&Leaf, bool, Around)> = arounds.iter().filter(|(_, answer, _)| *answer).collect();
            if positive.len() > 1 {
                self.propose(leaf, &combined(&positive), &mut list);
            }
            if positive.is_empty() {
                let text = arounds.iter().any(|(_, _, around)| around.hits.first().is_some_and(Json::is_string));
                if text {
                    self.propose(leaf, &[json!("other")], &mut list);
                }
            }
        }
        for (leaf, answer, around) in &arounds {
            self.propose(leaf, &around.misses, &mut list);
            if !answer {
                self.inner(leaf, event, &mut list);
                self.propose(leaf, &around.hits, &mut list);
            }
        }
        for (leaf, _, _) in &arounds {
            list.extend(leaf.fields.first().map(|path| vec![(path.clone(), None)]));
            self.propose(leaf, &[Json::Null, json!(""), json!([]), json!("other"), json!(5), json!(true)], &mut list);
        }
        list
    }

    /// Values around a test, its operands evaluated on the event.
    pub fn around(&self, leaf: &Leaf, event: &Json) -> Around {
        let value = Value::from(event);
        let scope = Scope::new(&value, self.context.access);
        let operand = |expr: &Expr| eval(expr, &scope, self.context).unwrap_or(Value::Null);
        let operands: Vec<Value> = match &leaf.test.kind {
            TestKind::Equals { value, .. }
            | TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
            | TestKind::Term { value, .. }
            | TestKind::TermPrefix { value, .. }
            | TestKind::TermSuffix { value, .. }
            | TestKind::Regex { pattern: value, .. }
            | TestKind::Compare { value, .. } => match operand(value) {
                Value::Array(items) if !matches!(leaf.test.kind, TestKind::Equals { .. }) => items,
                single => vec![single],
            },
            TestKind::In { values, .. } => values
                .iter()
                .flat_map(|value| match operand(value) {
                    Value::Array(items) => items,
                    single => vec![single],
                })
                .collect(),
            TestKind::Range { low, high, .. } => {
                [low, high].into_iter().flatten().map(|(bound, _)| operand(bound)).collect()
            }
            _ => Vec::new(),
        };
        let mut found = around(&leaf.test.kind, &operands);
        // A constant that is looked for in a field: the field holds it, or a list with it.
        if fieldless(&leaf.test.subject)
            && let Ok(subject) = eval(&leaf.test.subject, &scope, self.context)
        {
            let json = coerce::to_json(&subject);
            found = Around { hits: vec![json.clone(), json!([json.clone()]), json!(["x", json])], misses: Vec::new() };
            if let Some(text) = subject.as_str() {
                found.hits.push(json!(text.get(..1).unwrap_or("")));
                found.misses.push(json!(format!("{text}x")));
                found.misses.push(json!([format!("{text}x")]));
            }
        }
        found
    }

    /// Proposals that give the test's subject (of a constant subject: its operand) these values.
    fn propose(&self, leaf: &Leaf, values: &[Json], list: &mut Vec<Assignment>) {
        for value in values {
            if let Some(assignment) = self.assignment(leaf, value) {
                list.push(assignment);
            }
        }
    }

    /// What gives the test's subject this value, as far as the fields' types allow it.
    pub fn assignment(&self, leaf: &Leaf, value: &Json) -> Option<Assignment> {
        let assignment = if fieldless(&leaf.test.subject) {
            vec![(leaf.fields.first()?.clone(), Some(value.clone()))]
        } else {
            invert(&leaf.test.subject, value)?
        };
        assignment
            .into_iter()
            .map(|(path, value)| match value {
                Some(value) => self.fitting(&path, value).map(|value| (path, Some(value))),
                None => Some((path, None)),
            })
            .collect()
    }

    /// The value as the field's type allows it; `None` where it does not.
    fn fitting(&self, path: &FieldPath, value: Json) -> Option<Json> {
        if value.as_str() == Some("") && !self.options.empty_text {
            return None;
        }
        if self.options.cross_types && self.context.access != Access::Sentinel {
            return Some(value);
        }
        match self.context.types.type_of(&name(path)) {
            Some(kind) => fit(value, kind, self.options.many),
            None => Some(value),
        }
    }

    /// Proposals that answer the tests inside a test's expressions: all met, each alone, none.
    fn inner(&self, leaf: &Leaf, event: &Json, list: &mut Vec<Assignment>) {
        let mut all = Assignment::new();
        let mut none = Assignment::new();
        for inner in &leaf.inner {
            let around = self.around(inner, event);
            let hit = around.hits.first().and_then(|hit| self.assignment(inner, hit));
            let miss = around.misses.first().and_then(|miss| self.assignment(inner, miss));
            if let Some(hit) = hit {
                list.push(hit.clone());
                all.extend(hit);
            }
            none.extend(miss.into_iter().flatten());
        }
        if !leaf.inner.is_empty() {
            list.push(all);
            list.push(none);
        }
    }

    /// Lists that need several elements get copies of their first.
    fn repeated(&self, state: &mut State<'a>) {
        for (path, count) in std::mem::take(&mut state.repeat) {
            if let Some(Json::Array(items)) = node(&mut state.event, &path.0)
                && let Some(first) = items.first().cloned()
            {
                while (items.len() as u64) < count.min(64) {
                    items.push(first.clone());
                }
            }
        }
    }
}

/// Puts an assignment into an event.
pub fn apply(event: &mut Json, assignment: &Assignment) {
    for (path, value) in assignment {
        put(event, &path.0, value.as_ref());
    }
}

/// The dotted name of a path, as types are listed.
pub fn name(path: &FieldPath) -> String {
    let keys: Vec<&str> = path
        .0
        .iter()
        .filter_map(|segment| match segment {
            crate::model::Segment::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    keys.join(".")
}

/// Whether an expression reads no field.
pub fn fieldless(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) | Expr::Unread(_) => true,
        Expr::List(items) | Expr::Call(_, items) => items.iter().all(fieldless),
        _ => false,
    }
}

/// A value as a field of this type holds it; `None` where it cannot.
fn fit(value: Json, kind: FieldType, many: bool) -> Option<Json> {
    if let Json::Array(items) = value {
        if !kind.list && !many && kind.kind != FieldKind::Dynamic {
            return None;
        }
        return items
            .into_iter()
            .map(|item| fit(item, FieldType::scalar(kind.kind), false))
            .collect::<Option<Vec<_>>>()
            .map(Json::Array);
    }
    if value.is_null() {
        return Some(value);
    }
    let text = match &value {
        Json::String(text) => text.clone(),
        Json::Object(_) if kind.kind != FieldKind::Dynamic => return None,
        other => other.to_string(),
    };
    match kind.kind {
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Guid => Some(Json::String(text)),
        FieldKind::Long => text.parse::<i64>().ok().map(Json::from),
        FieldKind::Double => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| {
            text.parse::<i64>().map_or_else(|_| text.parse::<f64>().map_or(Json::Null, Json::from), Json::from)
        }),
        FieldKind::Boolean => text.parse::<bool>().ok().map(Json::Bool),
        FieldKind::Ip => crate::evaluate::address::parse(&text).map(|_| Json::String(text)),
        FieldKind::Date => match &value {
            Json::Number(_) => Some(value),
            _ => crate::evaluate::time::parse_time(&text).map(|_| Json::String(text)),
        },
        FieldKind::Dynamic | FieldKind::Timespan => Some(value),
    }
}

/// Values for several tests that shall all hold of one field: texts joined in the order that each kind allows, and a
/// list of all.
fn combined(positive: &[&(&Leaf, bool, Around)]) -> Vec<Json> {
    let mut ordered: Vec<(u8, &str)> = Vec::new();
    let mut all = Vec::new();
    for (leaf, _, around) in positive {
        let Some(hit) = around.hits.first() else { continue };
        all.push(hit.clone());
        let rank = match leaf.test.kind {
            TestKind::StartsWith { .. } => 0,
            TestKind::EndsWith { .. } => 2,
            _ => 1,
        };
        ordered.extend(hit.as_str().map(|text| (rank, text)));
    }
    ordered.sort_by_key(|(rank, _)| *rank);
    let texts: Vec<&str> = ordered.iter().map(|(_, text)| *text).collect();
    let backwards: Vec<&str> = texts.iter().rev().copied().collect();
    let mut values = Vec::new();
    for order in [&texts, &backwards] {
        values.push(json!(order.concat()));
        values.push(json!(order.join(" ")));
    }
    let numbers: Vec<f64> = all.iter().filter_map(Json::as_f64).collect();
    if numbers.len() > 1 {
        let sum: f64 = numbers.iter().sum();
        values.push(json!((sum / numbers.len() as f64).round() as i64));
    }
    values.push(Json::Array(all));
    values
}
