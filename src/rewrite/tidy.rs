//! Removes from a condition what its other parts imply: guards of a type that a test asks for anyway.

use super::connect as pred;
use crate::model::{
    ArrayMode, Expr, FieldPath, FieldRef, JsonKind, Predicate, Segment, Test, TestKind, Value, function,
};
use std::rc::Rc;

const NULL: u8 = 1;
const TEXT: u8 = 2;
const WHOLE: u8 = 4;
const FRACTION: u8 = 8;
const FLAG: u8 = 16;
const LIST: u8 = 32;
const DICT: u8 = 64;
const OTHER: u8 = 128;
const ANYTHING: u8 = 255;

/// Conditions beyond this size are left as they are.
const MAX_SIZE: usize = 1500;
const MAX_WEIGHT: usize = 6000;

/// The parts of a condition, counted up to a limit.
pub fn size(predicate: &Predicate, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    let of = |items: &[Predicate]| {
        let mut total = 1;
        for item in items {
            if total >= limit {
                break;
            }
            total += size(item, limit - total);
        }
        total
    };
    match predicate {
        Predicate::All(items) | Predicate::Any(items) | Predicate::ExactlyOne(items) => of(items),
        Predicate::Not(inner) => of(std::slice::from_ref(inner)),
        Predicate::Elements { body, .. } => of(std::slice::from_ref(body)),
        _ => 1,
    }
}

/// The nodes of an expression, counted up to a limit.
pub fn weight(expr: &Expr, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    let mut total = 1;
    let mut add = |inner: usize| total += inner;
    match expr {
        Expr::Path(base, ..) => add(weight(base, limit - 1)),
        Expr::Call(_, items) | Expr::List(items) => {
            for item in items {
                if total >= limit {
                    break;
                }
                total += weight(item, limit - total);
            }
        }
        Expr::Object(members) => {
            for (_, item) in members {
                if total >= limit {
                    break;
                }
                total += weight(item, limit - total);
            }
        }
        Expr::Case(arms, otherwise) => {
            for arm in arms {
                if total >= limit {
                    break;
                }
                total += predicate_weight(&arm.when, limit - total);
                total += weight(&arm.then, limit.saturating_sub(total));
            }
            total += weight(otherwise, limit.saturating_sub(total));
        }
        Expr::Truth(inner) => add(predicate_weight(inner, limit - 1)),
        Expr::Collect { list, when, value, .. } => {
            total += weight(list, limit - total);
            total += predicate_weight(when, limit.saturating_sub(total));
            total += weight(value, limit.saturating_sub(total));
        }
        _ => {}
    }
    total
}

/// The nodes of a condition, its expressions included, counted up to a limit.
pub fn predicate_weight(predicate: &Predicate, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    let mut total = 1;
    match predicate {
        Predicate::All(items) | Predicate::Any(items) | Predicate::ExactlyOne(items) => {
            for item in items {
                if total >= limit {
                    break;
                }
                total += predicate_weight(item, limit - total);
            }
        }
        Predicate::Not(inner) => total += predicate_weight(inner, limit - total),
        Predicate::Elements { list, body, .. } => {
            total += weight(list, limit - total);
            total += predicate_weight(body, limit.saturating_sub(total));
        }
        Predicate::Test(test) => {
            total += weight(&test.subject, limit - total);
            if let TestKind::Equals { value, .. }
            | TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
            | TestKind::Compare { value, .. } = &test.kind
            {
                total += weight(value, limit.saturating_sub(total));
            }
        }
        _ => {}
    }
    total
}

/// Whether an expression gives one value, a list included.
fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => field.mode == ArrayMode::Whole && !field.path.0.contains(&Segment::Any),
        Expr::Path(_, path, mode) => *mode == ArrayMode::Whole && !path.0.contains(&Segment::Any),
        _ => true,
    }
}

/// Equal but for the places in the text.
fn alike(left: &Predicate, right: &Predicate) -> bool {
    let each = |left: &[Predicate], right: &[Predicate]| {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| alike(left, right))
    };
    match (left, right) {
        (Predicate::Test(left), Predicate::Test(right)) => left.subject == right.subject && left.kind == right.kind,
        (Predicate::Not(left), Predicate::Not(right)) => alike(left, right),
        (Predicate::All(left), Predicate::All(right)) | (Predicate::Any(left), Predicate::Any(right)) => {
            each(left, right)
        }
        _ => left == right,
    }
}

/// What is known where a part of a condition is asked.
#[derive(Clone, Default)]
struct Facts {
    kinds: Vec<(Rc<Expr>, u8)>,
    holds: Vec<Rc<Predicate>>,
    fails: Vec<Rc<Predicate>>,
}

impl Facts {
    /// What follows from a condition that holds.
    fn of(predicate: &Predicate) -> Self {
        let mut facts = Facts::default();
        facts.holds(predicate);
        facts
    }

    fn add(&mut self, more: &Facts) {
        self.kinds.extend(more.kinds.iter().cloned());
        self.holds.extend(more.holds.iter().cloned());
        self.fails.extend(more.fails.iter().cloned());
    }

    fn mask(&self, expr: &Expr) -> u8 {
        self.kinds.iter().filter(|(known, _)| **known == *expr).fold(ANYTHING, |mask, (_, kinds)| mask & kinds)
    }

    fn learn(&mut self, expr: &Expr, mask: u8) {
        self.kinds.push((Rc::new(expr.clone()), mask));
        if mask & NULL != 0 {
            return;
        }
        match expr {
            Expr::Call(name, arguments)
                if [function::LOWER, function::UPPER, function::TRIM, function::SPLIT].contains(name) =>
            {
                if let Some(first) = arguments.first() {
                    self.learn(first, TEXT);
                }
            }
            Expr::Path(base, path, ArrayMode::Whole) => self.learn_base(base, path),
            Expr::Field(field) if field.mode == ArrayMode::Whole => {
                for end in 1..field.path.0.len() {
                    let (before, after) = field.path.0.split_at(end);
                    let Some(next) = after.first() else { continue };
                    let inner = FieldRef::new(FieldPath(before.to_vec()), ArrayMode::Whole);
                    self.kinds.push((Rc::new(Expr::Field(inner)), container(next)));
                }
            }
            _ => {}
        }
    }

    fn learn_base(&mut self, base: &Expr, path: &FieldPath) {
        for end in 1..path.0.len() {
            let (before, after) = path.0.split_at(end);
            let Some(next) = after.first() else { continue };
            let inner = Expr::Path(Box::new(base.clone()), FieldPath(before.to_vec()), ArrayMode::Whole);
            self.kinds.push((Rc::new(inner), container(next)));
        }
        if let Some(first) = path.0.first() {
            self.learn(&base.clone(), container(first));
        }
    }

    fn holds(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::All(items) => {
                items.iter().for_each(|item| self.holds(item));
                self.holds.push(Rc::new(predicate.clone()));
            }
            Predicate::Not(inner) => self.fails(inner),
            Predicate::Test(test) => {
                self.learn(&test.subject, implied(test));
                if let TestKind::KeyPresent = test.kind {
                    match &test.subject {
                        Expr::Path(base, path, ArrayMode::Whole) => self.learn_base(base, path),
                        Expr::Field(field) => {
                            for end in 1..field.path.0.len() {
                                let (before, after) = field.path.0.split_at(end);
                                let Some(next) = after.first() else { continue };
                                let inner = FieldRef::new(FieldPath(before.to_vec()), ArrayMode::Whole);
                                self.kinds.push((Rc::new(Expr::Field(inner)), container(next)));
                            }
                        }
                        _ => {}
                    }
                }
                self.holds.push(Rc::new(predicate.clone()));
            }
            Predicate::Any(_) | Predicate::Elements { .. } => self.holds.push(Rc::new(predicate.clone())),
            _ => {}
        }
    }

    fn fails(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Any(items) => {
                items.iter().for_each(|item| self.fails(item));
                self.fails.push(Rc::new(predicate.clone()));
            }
            Predicate::Not(inner) => self.holds(inner),
            Predicate::Test(test) => {
                match &test.kind {
                    TestKind::IsKind { kinds } => self.learn(&test.subject, !mask_of(kinds)),
                    TestKind::Present if is_whole(&test.subject) => self.learn(&test.subject, NULL),
                    _ => {}
                }
                self.fails.push(Rc::new(predicate.clone()));
            }
            Predicate::All(_) | Predicate::Elements { .. } => self.fails.push(Rc::new(predicate.clone())),
            _ => {}
        }
    }
}

fn container(segment: &Segment) -> u8 {
    match segment {
        Segment::Key(_) | Segment::KeyPattern(_) => DICT,
        Segment::Index(_) | Segment::Any | Segment::Paired { .. } => LIST,
        Segment::Json => TEXT,
    }
}

fn mask_of(kinds: &[JsonKind]) -> u8 {
    kinds.iter().fold(0, |mask, kind| {
        mask | match kind {
            JsonKind::String => TEXT,
            JsonKind::Number => WHOLE | FRACTION,
            JsonKind::Integer => WHOLE,
            JsonKind::Boolean => FLAG,
            JsonKind::Array => LIST,
            JsonKind::Object => DICT,
        }
    })
}

fn value_mask(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::String(_) => TEXT,
        // Python's numbers and booleans equal each other
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => WHOLE | FRACTION | FLAG,
        Value::Array(_) => LIST,
        Value::Object(_) => DICT,
        Value::DateTime(_) | Value::Duration(_) => OTHER,
    }
}

/// The kinds that the subject of a test is of where the test holds.
fn implied(test: &Test) -> u8 {
    let some = ANYTHING & !NULL;
    match &test.kind {
        TestKind::Equals { value, .. } => value.as_literal().map_or(some, value_mask),
        TestKind::In { values, .. } => values
            .iter()
            .map(|value| match value.as_literal() {
                Some(Value::Array(_)) | None => some,
                Some(value) => value_mask(value),
            })
            .fold(0, |mask, kinds| mask | kinds),
        TestKind::Contains { .. }
        | TestKind::StartsWith { .. }
        | TestKind::EndsWith { .. }
        | TestKind::Wildcard { .. }
        | TestKind::Regex { .. }
        | TestKind::Cidr { .. }
        | TestKind::Ip { .. } => TEXT,
        TestKind::Compare { value, .. } => match value.as_literal() {
            Some(Value::Int(_) | Value::Double(_)) => WHOLE | FRACTION | FLAG,
            Some(Value::String(_)) => TEXT,
            _ => some,
        },
        TestKind::IsKind { kinds } => mask_of(kinds),
        TestKind::Truthy | TestKind::Present => some,
        _ => ANYTHING,
    }
}

/// The condition without what its own parts imply.
pub fn tidy(predicate: Predicate) -> Predicate {
    if size(&predicate, MAX_SIZE + 1) > MAX_SIZE || predicate_weight(&predicate, MAX_WEIGHT + 1) > MAX_WEIGHT {
        return predicate;
    }
    let mut budget = 200_000;
    let once = simplify(predicate, &Facts::default(), &mut budget);
    simplify(once, &Facts::default(), &mut budget)
}

fn simplify(predicate: Predicate, facts: &Facts, budget: &mut usize) -> Predicate {
    let cost = 1 + facts.kinds.len() + facts.holds.len() + facts.fails.len();
    if *budget < cost {
        return predicate;
    }
    *budget -= cost;
    if facts.holds.iter().any(|known| alike(known, &predicate)) {
        return Predicate::Always(true);
    }
    if facts.fails.iter().any(|known| alike(known, &predicate)) {
        return Predicate::Always(false);
    }
    match predicate {
        Predicate::All(items) => {
            let mut items = items;
            let mut implied: Vec<Facts> = items.iter().map(Facts::of).collect();
            for index in 0..items.len() {
                let mut known = facts.clone();
                for (other, more) in implied.iter().enumerate() {
                    if other != index {
                        known.add(more);
                    }
                }
                let Some(slot) = items.get_mut(index) else { continue };
                let item = std::mem::replace(slot, Predicate::Always(true));
                let simple = simplify(item, &known, budget);
                if simple == Predicate::Always(false) {
                    return simple;
                }
                if let (Some(slot), Some(own)) = (items.get_mut(index), implied.get_mut(index)) {
                    *own = Facts::of(&simple);
                    *slot = simple;
                }
            }
            pred::all(items)
        }
        Predicate::Any(items) => {
            let mut items = items;
            for index in 0..items.len() {
                let mut known = facts.clone();
                for (other, item) in items.iter().enumerate() {
                    if other != index {
                        known.fails(item);
                    }
                }
                let Some(slot) = items.get_mut(index) else { continue };
                let item = std::mem::replace(slot, Predicate::Always(false));
                let simple = simplify(item, &known, budget);
                if simple == Predicate::Always(true) {
                    return simple;
                }
                if let Some(slot) = items.get_mut(index) {
                    *slot = simple;
                }
            }
            together(pred::any(items))
        }
        Predicate::Not(inner) => pred::not(simplify(*inner, facts, budget)),
        Predicate::Elements { quantifier, list, var, body } => {
            let body = simplify(*body, facts, budget);
            match (&quantifier, &body) {
                (crate::model::Quantifier::Any, Predicate::Always(false)) => Predicate::Always(false),
                (crate::model::Quantifier::All, Predicate::Always(true)) => Predicate::Always(true),
                _ => Predicate::Elements { quantifier, list, var, body: Box::new(body) },
            }
        }
        Predicate::Test(test) => {
            let mask = facts.mask(&test.subject);
            if mask == ANYTHING {
                return Predicate::Test(test);
            }
            let needs = implied(&test);
            match &test.kind {
                TestKind::IsKind { kinds } => {
                    let wanted = mask_of(kinds);
                    if mask & !wanted == 0 {
                        return Predicate::Always(true);
                    }
                    if mask & wanted == 0 {
                        return Predicate::Always(false);
                    }
                }
                TestKind::KeyPresent if mask & NULL == 0 => return Predicate::Always(true),
                TestKind::Present if mask & (NULL | LIST) == 0 => return Predicate::Always(true),
                TestKind::Present if mask == NULL => return Predicate::Always(false),
                TestKind::KeyPresent | TestKind::Empty => {}
                _ if mask & needs == 0 => return Predicate::Always(false),
                _ => {}
            }
            Predicate::Test(test)
        }
        other => other,
    }
}

/// Equalities of one value as one membership.
fn together(predicate: Predicate) -> Predicate {
    let Predicate::Any(items) = predicate else { return predicate };
    let mut kept: Vec<Predicate> = Vec::new();
    for item in items {
        if let Predicate::Test(test) = &item
            && let Some((subject, values, case, typing)) = membership(test)
            && let Some(Predicate::Test(known)) = kept.iter_mut().find(|known| match known {
                Predicate::Test(known) => {
                    membership(known).is_some_and(|(other, _, c, t)| *other == *subject && c == case && t == typing)
                }
                _ => false,
            })
            && let Some((_, mut all, ..)) = membership(known)
        {
            for value in values {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            known.kind = TestKind::In { values: all, case, typing };
            continue;
        }
        kept.push(item);
    }
    pred::any(kept)
}

fn membership(test: &Test) -> Option<(&Expr, Vec<Expr>, crate::model::Case, crate::model::Typing)> {
    match &test.kind {
        TestKind::Equals { value: value @ Expr::Literal(literal), case, typing }
            if !matches!(literal, Value::Array(_) | Value::Object(_) | Value::Null) =>
        {
            Some((&test.subject, vec![value.clone()], *case, *typing))
        }
        TestKind::In { values, case, typing }
            if values.iter().all(|value| {
                matches!(value, Expr::Literal(literal) if !matches!(literal, Value::Array(_) | Value::Object(_) | Value::Null))
            }) =>
        {
            Some((&test.subject, values.clone(), *case, *typing))
        }
        _ => None,
    }
}
