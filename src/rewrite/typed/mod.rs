//! Conditions on events whose fields are declared: what a rule asks about the type of a value is answered by the
//! declaration, so that its guards go and what is left can be said in any language.
//!
//! Panther's rules are full of such guards: whether a value is a text before it is compared, whether a path leads
//! anywhere before it is followed, a default for what is missing (spec/panther-python.md). The meaning is kept for
//! every event that is as declared; `verify` runs the rule as it was read against the translation all the same.

mod constant;
mod guards;
mod shape;

pub use shape::{EventShape, What};

use super::connect;
use super::tidy::tidy;
use crate::diagnostic::Span;
use crate::model::walk::{self, Fold};
use crate::model::{
    Anchor, ArrayMode, Case, CaseArm, Expr, FieldPath, FieldRef, Function, JsonKind, Logic, Predicate, Quantifier,
    RegexFlavour, Segment, Step, StepKind, Test, TestKind, Typing, Value, Var, function,
};

/// Logic as the declared fields let it be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The logic.
    pub logic: Logic,
    /// Where a condition was left out that only keeps out events in which a field is there and null.
    pub null_guards: Vec<Span>,
}

/// The logic as the declared fields let it be said: guards settled, paths followed, functions of one language replaced
/// by forms of the model.
pub fn by_types(logic: Logic, shape: &EventShape<'_>) -> Settled {
    struct Filters<'s, 'a>(&'s EventShape<'a>, Vec<Span>);
    impl Fold for Filters<'_, '_> {
        fn step(&mut self, step: Step) -> Step {
            match step.kind {
                StepKind::Filter(condition) => {
                    let (condition, spans) = guards::without_null_guards(condition_by_types(condition, self.0));
                    self.1.extend(spans);
                    Step { kind: StepKind::Filter(condition), ..step }
                }
                _ => walk::step_parts(self, step),
            }
        }
    }
    let mut filters = Filters(shape, Vec::new());
    let logic = walk::logic(&mut filters, logic);
    Settled { logic, null_guards: filters.1 }
}

/// [`by_types`] of one condition.
pub fn condition_by_types(condition: Predicate, shape: &EventShape<'_>) -> Predicate {
    let mut typed = Typed { shape, elements: Vec::new(), put: None };
    let mut condition = condition;
    for _ in 0..2 {
        condition = tidy(typed.predicate(condition));
        condition = guards::as_filled(condition, shape);
    }
    guards::without_outer_negation(tidy(condition))
}

/// A value as the declared fields let it be said; a default for a missing field stays a default.
pub fn value_by_types(value: Expr, shape: &EventShape<'_>) -> Expr {
    struct Defaults;
    impl Fold for Defaults {
        fn expr(&mut self, expr: Expr) -> Expr {
            let expr = walk::expr_parts(self, expr);
            let Expr::Case(arms, otherwise) = &expr else { return expr };
            let ([arm], Some(default)) = (arms.as_slice(), otherwise.as_literal()) else { return expr };
            let Predicate::Test(Test { subject, kind: TestKind::Present | TestKind::KeyPresent, .. }) = &arm.when
            else {
                return expr;
            };
            if *subject != arm.then {
                return expr;
            }
            match default {
                Value::Null => subject.clone(),
                default => Expr::Call(function::COALESCE, vec![subject.clone(), Expr::Literal(default.clone())]),
            }
        }
    }
    let value = Typed { shape, elements: Vec::new(), put: None }.expr(value);
    Defaults.expr(value)
}

/// The rewriting of one condition.
struct Typed<'s, 'a> {
    shape: &'s EventShape<'a>,
    /// Elements bound at this place: variable and the path that it stands for.
    elements: Vec<(Var, FieldPath)>,
    /// A field that is taken to hold this value.
    put: Option<(FieldPath, Value)>,
}

impl Typed<'_, '_> {
    /// The path that an expression reads, and in which mode.
    fn place(&self, expr: &Expr) -> Option<(FieldPath, ArrayMode)> {
        let bound = |var: &Var| self.elements.iter().rev().find(|(name, _)| name == var).map(|(_, path)| path.clone());
        match expr {
            Expr::Field(field) => Some((field.path.clone(), field.mode)),
            Expr::Var(var) => Some((bound(var)?, ArrayMode::Whole)),
            Expr::Path(base, path, mode) => match base.as_ref() {
                Expr::Var(var) => {
                    let mut whole = bound(var)?;
                    whole.0.extend(path.0.iter().cloned());
                    Some((whole, *mode))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a value is where there is one.
    fn what(&self, expr: &Expr) -> What {
        if let Some((path, mode)) = self.place(expr) {
            return match mode {
                ArrayMode::Distinct | ArrayMode::All => What::Unknown,
                _ => self.shape.at(&path),
            };
        }
        match expr {
            Expr::Literal(value) => constant::kind_of(value).map_or(What::Unknown, What::Kind),
            Expr::Path(base, path, _) if is_part(base, path) => What::Kind(JsonKind::String),
            Expr::Call(function::LOWER | function::UPPER | function::TRIM | function::CONCAT, _) => {
                What::Kind(JsonKind::String)
            }
            Expr::Call(function::SPLIT, _) => What::Kind(JsonKind::Array),
            Expr::Call(function::COALESCE, arguments) => {
                let mut found: Option<What> = None;
                for argument in arguments {
                    match (self.what(argument), found) {
                        (What::Nothing, _) => {}
                        (what, None) => found = Some(what),
                        (what, Some(known)) if what == known => {}
                        _ => return What::Unknown,
                    }
                }
                found.unwrap_or(What::Unknown)
            }
            _ => What::Unknown,
        }
    }

    /// A call in the model's own words.
    fn said(&self, function: Function, mut arguments: Vec<Expr>) -> Expr {
        if let Some(value) = constant::call(function, &arguments) {
            return Expr::Literal(value);
        }
        let path = match (function, arguments.as_slice()) {
            (function::PYTHON_GET | function::PYTHON_GET_ANY_CASE, [_, key]) => {
                key.as_text().map(|key| FieldPath::keys([key]))
            }
            (function::PYTHON_DEEP_GET, [_, keys, ..]) => texts(keys).map(FieldPath::keys),
            (function::PANTHER_DEEP_WALK, [base, keys, default, mode, _]) => {
                match self.walked(base, keys, default, mode) {
                    Some(said) => return said,
                    None => None,
                }
            }
            (function::COALESCE, [first, ..]) if never_null(first) => return first.clone(),
            _ => None,
        };
        match path {
            Some(path) if arguments.first().is_some_and(|base| self.place(base).is_some()) => {
                below(arguments.swap_remove(0), path)
            }
            _ => Expr::Call(function, arguments),
        }
    }

    /// Panther's `deep_walk` where the declared fields tell the way. A list at the end is the value as it stands; of a list
    /// on the way, one of the distinct values.
    fn walked(&self, base: &Expr, keys: &Expr, default: &Expr, mode: &Expr) -> Option<Expr> {
        let Expr::Field(field) = base else { return None };
        let (path, lists) = self.shape.through_lists(&field.path, &texts(keys)?)?;
        let mode = match (lists, mode.as_text()?, self.shape.at(&path)) {
            (_, _, What::Nothing | What::Unknown) => return None,
            (0, _, _) => ArrayMode::Whole,
            (1, "last", What::Kind(JsonKind::String | JsonKind::Integer | JsonKind::Boolean)) => {
                ArrayMode::LastDistinct
            }
            (1, "first", What::Kind(JsonKind::String | JsonKind::Integer | JsonKind::Boolean)) => ArrayMode::First,
            _ => return None,
        };
        let found = Expr::Field(FieldRef::new(path, mode));
        Some(match default {
            Expr::Literal(Value::Null) => found,
            default => Expr::Call(function::COALESCE, vec![found, default.clone()]),
        })
    }

    /// A question that a function answers with true or false, as a condition.
    fn asked(&self, subject: &Expr, test: &Test) -> Option<Predicate> {
        let Expr::Call(function, arguments) = subject else { return None };
        let path = match (*function, arguments.as_slice()) {
            (function::PYTHON_HAS | function::PYTHON_HAS_ANY_CASE, [_, key]) => FieldPath::keys([key.as_text()?]),
            (function::PYTHON_HAS_PATH, [_, keys]) => FieldPath::keys(texts(keys)?),
            (function::PANTHER_DEEP_WALK_RUNS, [Expr::Field(field), keys, ..]) => {
                let (path, lists) = self.shape.through_lists(&field.path, &texts(keys)?)?;
                // A text, number or boolean can always be one of several distinct values; without a list on the way
                // nothing is collected.
                return match self.shape.at(&path) {
                    What::Unknown => None,
                    What::Kind(JsonKind::Array | JsonKind::Object) if lists > 0 => None,
                    _ => Some(Predicate::Always(true)),
                };
            }
            _ => return None,
        };
        let base = arguments.first()?;
        self.place(base)?;
        let subject = below(base.clone(), path);
        Some(self.settle(Test { subject, kind: TestKind::KeyPresent, ..test.clone() }))
    }

    /// A test as far as the declared fields answer it.
    fn settle(&self, test: Test) -> Predicate {
        let with = |kind: TestKind| Test { kind, ..test.clone() };
        if let Some(outcome) = constant::settled(&test) {
            return Predicate::Always(outcome);
        }
        if let Some(said) = matched(&test).or_else(|| self.first_collected(&test)) {
            return said;
        }
        match (&test.subject, &test.kind) {
            (Expr::Truth(condition), TestKind::Truthy) => return condition.as_ref().clone(),
            (subject @ Expr::Call(..), TestKind::Truthy) => {
                if let Some(said) = self.asked(subject, &test) {
                    return said;
                }
            }
            // Lower and upper case, and what a text is split into, are there where the text is.
            (
                Expr::Call(function::LOWER | function::UPPER | function::TRIM, arguments),
                TestKind::Present | TestKind::KeyPresent,
            ) => {
                if let [inner] = arguments.as_slice() {
                    return self.settle(Test { subject: inner.clone(), kind: TestKind::Present, ..test.clone() });
                }
            }
            (Expr::Path(base, path, _), TestKind::Present | TestKind::KeyPresent) => {
                if let Some(said) = self.part_is_there(base, path, &test) {
                    return said;
                }
            }
            _ => {}
        }
        if let Some((path, _)) = self.place(&test.subject)
            && let Some(values) = self.shape.constant(&path)
            && let Some(outcome) = of_constant(values, &test.kind)
        {
            return Predicate::Always(outcome);
        }
        if never_null(&test.subject) && matches!(test.kind, TestKind::Present | TestKind::KeyPresent) {
            return Predicate::Always(true);
        }
        if let TestKind::IsKind { kinds } = &test.kind
            && every_kind(kinds)
        {
            return self.settle(with(TestKind::Present));
        }
        let kind = match self.what(&test.subject) {
            What::Kind(kind) => kind,
            What::Nothing => return Predicate::Always(test.kind == TestKind::Empty),
            What::Unknown => return Predicate::Test(test),
        };
        let places = || with(TestKind::Present);
        match &test.kind {
            TestKind::IsKind { kinds } => match is_kind(kind, kinds) {
                Some(true) => self.settle(places()),
                Some(false) => Predicate::Always(false),
                None => Predicate::Test(test),
            },
            TestKind::Truthy => match kind {
                JsonKind::String | JsonKind::Array | JsonKind::Object => {
                    Predicate::Test(with(TestKind::Empty)).negate()
                }
                JsonKind::Boolean => Predicate::Test(with(equals(Value::Bool(true)))),
                JsonKind::Integer | JsonKind::Number => {
                    connect::all([Predicate::Test(places()), Predicate::Test(with(equals(Value::Int(0)))).negate()])
                }
            },
            TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
                if value.as_text() == Some("") && kind == JsonKind::String =>
            {
                self.settle(places())
            }
            _ => Predicate::Test(test),
        }
    }

    /// A test of what a loop left with: of the value that it yields for the first element that meets a condition. Where
    /// the loop yields one constant whatever the element, that is whether any element meets the condition.
    fn first_collected(&self, test: &Test) -> Option<Predicate> {
        let Expr::Path(base, path, _) = &test.subject else { return None };
        let (Expr::Collect { list, var, when, value, .. }, [Segment::Index(0)]) = (base.as_ref(), path.0.as_slice())
        else {
            return None;
        };
        let mut values = Vec::new();
        match value.as_ref() {
            Expr::Literal(value) => values.push(value.clone()),
            Expr::Case(arms, otherwise) => {
                for then in arms.iter().map(|arm| &arm.then).chain([otherwise.as_ref()]) {
                    values.push(then.as_literal()?.clone());
                }
                // The elements for which nothing is yielded are those that do not meet the condition.
                values.retain(|value| !value.is_null());
            }
            _ => return None,
        }
        let mut outcomes = values.iter().map(|value| constant::test(value, &test.kind));
        let first = outcomes.next()??;
        if !outcomes.all(|outcome| outcome == Some(first)) {
            return None;
        }
        if !first {
            return Some(Predicate::Always(false));
        }
        Some(match when.as_ref() {
            Predicate::Always(false) => Predicate::Always(false),
            _ => Predicate::Elements {
                quantifier: Quantifier::Any,
                list: list.as_ref().clone(),
                var: var.clone(),
                body: when.clone(),
            },
        })
    }

    /// Whether a part of a text between separators is there.
    fn part_is_there(&self, base: &Expr, path: &FieldPath, test: &Test) -> Option<Predicate> {
        let Expr::Call(function::SPLIT, arguments) = base else { return None };
        let ([text, separator], [Segment::Index(index)]) = (arguments.as_slice(), path.0.as_slice()) else {
            return None;
        };
        let separator = separator.as_text().filter(|separator| !separator.is_empty())?;
        let kind = match index {
            0 | -1 => TestKind::Present,
            1 | -2 => TestKind::Contains { value: Expr::text(separator), case: Case::Sensitive },
            _ => return None,
        };
        Some(self.settle(Test { subject: text.clone(), kind, ..test.clone() }))
    }
}

impl Typed<'_, '_> {
    /// A case distinction without the arms that no event reaches.
    fn cases(&mut self, arms: Vec<CaseArm>, otherwise: Expr) -> Expr {
        let mut kept = Vec::new();
        for arm in arms {
            let when = tidy(self.predicate(arm.when));
            match when {
                Predicate::Always(false) => {}
                Predicate::Always(true) if kept.is_empty() => return self.expr(arm.then),
                Predicate::Always(true) => return Expr::Case(kept, Box::new(self.expr(arm.then))),
                when => kept.push(CaseArm { when, then: self.expr(arm.then) }),
            }
        }
        let otherwise = self.expr(otherwise);
        if kept.is_empty() { otherwise } else { Expr::Case(kept, Box::new(otherwise)) }
    }
}

impl Fold for Typed<'_, '_> {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match predicate {
            Predicate::All(items) => {
                connect::all(items.into_iter().map(|item| self.predicate(item)).collect::<Vec<_>>())
            }
            Predicate::Any(items) => {
                connect::any(items.into_iter().map(|item| self.predicate(item)).collect::<Vec<_>>())
            }
            Predicate::Not(inner) => connect::not(self.predicate(*inner)),
            Predicate::Elements { quantifier, list, var, body } => {
                let list = self.expr(list);
                let place = self.place(&list).map(|(path, _)| path.then(Segment::Any));
                if place.as_ref().is_some_and(|place| self.shape.at(place) == What::Nothing) {
                    return Predicate::Always(quantifier == Quantifier::All);
                }
                let bound = place.is_some();
                self.elements.extend(place.map(|place| (var.clone(), place)));
                let body = self.predicate(*body);
                if bound {
                    self.elements.pop();
                }
                match (&quantifier, &body) {
                    (Quantifier::Any, Predicate::Always(false)) => Predicate::Always(false),
                    (Quantifier::All, Predicate::Always(true)) => Predicate::Always(true),
                    _ => Predicate::Elements { quantifier, list, var, body: Box::new(body) },
                }
            }
            other => walk::predicate_parts(self, other),
        }
    }

    fn test(&mut self, test: Test) -> Predicate {
        let test = walk::test_parts(self, test);
        self.settle(test)
    }

    fn field(&mut self, field: FieldRef) -> Expr {
        match &self.put {
            Some((path, value)) if field.path == *path && field.mode == ArrayMode::Whole => {
                Expr::Literal(value.clone())
            }
            _ => Expr::Field(field),
        }
    }

    fn expr(&mut self, expr: Expr) -> Expr {
        let expr = match expr {
            Expr::Collect { list, var, when, value, distinct } => {
                let list = self.expr(*list);
                let place = self.place(&list).map(|(path, _)| path.then(Segment::Any));
                let bound = place.is_some();
                self.elements.extend(place.map(|place| (var.clone(), place)));
                let when = tidy(self.predicate(*when));
                let value = self.expr(*value);
                if bound {
                    self.elements.pop();
                }
                return Expr::Collect {
                    list: Box::new(list),
                    var,
                    when: Box::new(when),
                    value: Box::new(value),
                    distinct,
                };
            }
            Expr::Case(arms, otherwise) => return self.cases(arms, *otherwise),
            other => other,
        };
        match walk::expr_parts(self, expr) {
            Expr::Call(function, arguments) => self.said(function, arguments),
            Expr::Path(base, path, mode) => match *base {
                Expr::Literal(value) => match constant::inside(&value, &path) {
                    Some(found) => Expr::Literal(found),
                    None => Expr::Path(Box::new(Expr::Literal(value)), path, mode),
                },
                Expr::Field(field) if field.mode == ArrayMode::Whole => {
                    let mut whole = field.path;
                    whole.0.extend(path.0);
                    Expr::Field(FieldRef { path: whole, mode, optional: field.optional })
                }
                Expr::Path(inner, first, ArrayMode::Whole) => {
                    let mut whole = first;
                    whole.0.extend(path.0);
                    Expr::Path(inner, whole, mode)
                }
                base => Expr::Path(Box::new(base), path, mode),
            },
            other => other,
        }
    }
}

/// Whether a text fits a regular expression, asked of the match that it yields.
fn matched(test: &Test) -> Option<Predicate> {
    let Expr::Call(function::PYTHON_RE_MATCH, arguments) = &test.subject else { return None };
    let [text, pattern, mode] = arguments.as_slice() else { return None };
    if !matches!(test.kind, TestKind::Truthy | TestKind::Present) || pattern.as_text().is_none() {
        return None;
    }
    let anchor = match mode.as_text()? {
        "match" => Anchor::Start,
        "search" => Anchor::Search,
        "fullmatch" => Anchor::Whole,
        _ => return None,
    };
    let kind =
        TestKind::Regex { pattern: pattern.clone(), flavour: RegexFlavour::Python, anchor, case: Case::Sensitive };
    Some(Predicate::Test(Test { subject: text.clone(), kind, ..test.clone() }))
}

/// A place below another.
fn below(base: Expr, path: FieldPath) -> Expr {
    match base {
        Expr::Field(field) => {
            let mut whole = field.path;
            whole.0.extend(path.0);
            Expr::Field(FieldRef::new(whole, field.mode))
        }
        Expr::Path(inner, first, mode) => {
            let mut whole = first;
            whole.0.extend(path.0);
            Expr::Path(inner, whole, mode)
        }
        other => Expr::Path(Box::new(other), path, ArrayMode::Whole),
    }
}

/// The texts of a constant list.
fn texts(expr: &Expr) -> Option<Vec<String>> {
    match expr.as_literal()? {
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// One of the parts that a text is split into.
fn is_part(base: &Expr, path: &FieldPath) -> bool {
    matches!((base, path.0.as_slice()), (Expr::Call(function::SPLIT, _), [Segment::Index(_)]))
}

/// Whether an expression always has a value.
fn never_null(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value) => !value.is_null(),
        Expr::Call(function::COALESCE, arguments) => arguments.iter().any(never_null),
        Expr::Call(function::CONCAT, arguments) => arguments.iter().all(never_null),
        _ => false,
    }
}

fn equals(value: Value) -> TestKind {
    TestKind::Equals { value: Expr::Literal(value), case: Case::Sensitive, typing: Typing::Python }
}

/// Whether every value that is not null is of one of these kinds.
fn every_kind(kinds: &[JsonKind]) -> bool {
    [JsonKind::String, JsonKind::Number, JsonKind::Boolean, JsonKind::Array, JsonKind::Object]
        .iter()
        .all(|kind| kinds.contains(kind))
}

/// Whether a value of this kind is of one of those; `None` where that depends on the value.
fn is_kind(kind: JsonKind, wanted: &[JsonKind]) -> Option<bool> {
    match kind {
        JsonKind::Integer => Some(wanted.contains(&JsonKind::Integer) || wanted.contains(&JsonKind::Number)),
        JsonKind::Number if wanted.contains(&JsonKind::Number) => Some(true),
        JsonKind::Number if wanted.contains(&JsonKind::Integer) => None,
        kind => Some(wanted.contains(&kind)),
    }
}

/// A test of a field that holds one of these texts in every event.
fn of_constant(values: &[String], kind: &TestKind) -> Option<bool> {
    let mut outcomes = values.iter().map(|value| constant::test(&Value::text(value.clone()), kind));
    let first = outcomes.next()??;
    outcomes.all(|outcome| outcome == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests;
