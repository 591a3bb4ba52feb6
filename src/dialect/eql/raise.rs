//! Model → syntax tree, for logic that planning passed.

use super::say;
use super::tree::*;
use crate::diagnostic::Span;
use crate::model::{Expr as Value, FieldTypes, Logic, Pipeline, Predicate, Shape, Stage, StepKind, Value as Constants};

/// The tree of a query.
pub fn raise(logic: &Logic, types: &dyn FieldTypes) -> Query {
    let raise = Raise { types };
    let (base, pipes) = match logic {
        Logic::Pipeline(pipeline) => raise.pipeline(pipeline),
        Logic::Shape(shape) => (raise.shape(shape), Vec::new()),
        Logic::Unread(_) => (Base::Event(raise.filter(&Predicate::Always(true))), Vec::new()),
    };
    Query { base, pipes, comments: Vec::new(), span: Span::default() }
}

struct Raise<'a> {
    types: &'a dyn FieldTypes,
}

impl Raise<'_> {
    fn pipeline(&self, pipeline: &Pipeline) -> (Base, Vec<Pipe>) {
        let mut conditions = Vec::new();
        let mut notes = Vec::new();
        let mut pipes = Vec::new();
        let mut last = false;
        for step in &pipeline.steps {
            match &step.kind {
                StepKind::Filter(predicate) => {
                    conditions.push(predicate.clone());
                    notes.extend(step.comments.iter().cloned());
                }
                StepKind::Sort(keys) => last = keys.first().is_some_and(|key| key.descending),
                StepKind::Limit(Value::Literal(Constants::Int(count))) => {
                    let count = Literal { value: Constant::Integer(*count), text: count.to_string(), span: step.span };
                    pipes.push(Pipe {
                        name: if last { "tail" } else { "head" }.to_owned(),
                        args: vec![Expr::new(ExprKind::Literal(count), step.span)],
                        span: step.span,
                    });
                }
                _ => {}
            }
        }
        let mut filter = self.filter(&Predicate::all(conditions));
        notes.append(&mut filter.condition.notes);
        match &mut filter.condition.kind {
            ExprKind::And(operands) => {
                if let Some(first) = operands.first_mut() {
                    notes.append(&mut first.notes);
                    first.notes = notes;
                }
            }
            _ => filter.condition.notes = notes,
        }
        (Base::Event(filter), pipes)
    }

    fn shape(&self, shape: &Shape) -> Base {
        let Shape::Sequence { stages, absent, max_span, until, unordered } = shape else {
            return Base::Event(self.filter(&Predicate::Always(true)));
        };
        // Keys that every stage shares by name stand in front.
        let all: Vec<&Stage> = stages.iter().chain(absent.iter().map(|item| &item.stage)).chain(until).collect();
        let mut shared = 0;
        while let Some(key) = all.first().and_then(|stage| stage.by.get(shared)) {
            if !all.iter().all(|stage| stage.by.get(shared) == Some(key)) {
                break;
            }
            shared += 1;
        }
        let by = all.first().map_or(Vec::new(), |stage| self.keys(stage.by.get(..shared).unwrap_or(&[])));
        let mut terms = Vec::new();
        for at in 0..=stages.len() {
            terms.extend(
                absent.iter().filter(|item| item.before == at).map(|item| self.term(&item.stage, shared, true)),
            );
            terms.extend(stages.get(at).map(|stage| self.term(stage, shared, false)));
        }
        let span = Span::default();
        if *unordered {
            return Base::Sample(Sample { by, terms, join: false, span });
        }
        let until = until.as_ref().map(|stage| self.term(stage, shared, false));
        Base::Sequence(Sequence { by, maxspan: max_span.map(time), terms, until, span })
    }

    fn term(&self, stage: &Stage, shared: usize, missing: bool) -> Term {
        Term {
            missing,
            filter: self.filter(&stage.filter),
            by: self.keys(stage.by.get(shared..).unwrap_or(&[])),
            runs: Some(stage.runs).filter(|runs| *runs > 1),
            extra: Vec::new(),
            span: stage.span,
        }
    }

    fn keys(&self, keys: &[Value]) -> Vec<Expr> {
        keys.iter().filter_map(|key| say::field(key.as_field()?, Span::default()).ok()).collect()
    }

    /// A category that the condition asks for stands before `where`.
    fn filter(&self, predicate: &Predicate) -> Filter {
        let mut conjuncts: Vec<&Predicate> = predicate.conjuncts().iter().collect();
        let category = conjuncts.iter().position(|conjunct| category(conjunct).is_some());
        let category = category.and_then(|at| category_of(conjuncts.remove(at)));
        let condition = match conjuncts.as_slice() {
            [] => literal(true),
            [one] => self.condition(one),
            many => Expr::new(ExprKind::And(many.iter().map(|one| self.condition(one)).collect()), Span::default()),
        };
        Filter { category, category_span: Span::default(), condition, span: Span::default() }
    }

    fn condition(&self, predicate: &Predicate) -> Expr {
        let expr = |kind| Expr::new(kind, Span::default());
        match predicate {
            Predicate::Always(flag) => literal(*flag),
            Predicate::All(items) => expr(ExprKind::And(items.iter().map(|item| self.condition(item)).collect())),
            Predicate::Any(items) => {
                let mut operands: Vec<Expr> = Vec::new();
                for item in items {
                    let next = self.condition(item);
                    let joined = operands.last_mut().is_some_and(|last| join(last, &next));
                    if !joined {
                        operands.push(next);
                    }
                }
                match operands.len() {
                    1 => operands.remove(0),
                    _ => expr(ExprKind::Or(operands)),
                }
            }
            Predicate::Not(inner) => negated(self.condition(inner)),
            Predicate::Test(test) => {
                let mut found = say::test(test, self.types).unwrap_or_else(|_| literal(true));
                found.notes.clone_from(&test.comments);
                found
            }
            // Planning leaves none of these.
            Predicate::ExactlyOne(_) | Predicate::Elements { .. } | Predicate::Unread { .. } => literal(true),
        }
    }
}

/// The condition that asks for one event category, and no other.
fn category(predicate: &Predicate) -> Option<String> {
    use crate::model::{Case, TestKind};
    let Predicate::Test(test) = predicate else { return None };
    let TestKind::Equals { value, case: Case::Sensitive, .. } = &test.kind else { return None };
    let field = test.subject.as_field()?;
    (field.path.to_string() == "event.category" && !field.optional && test.comments.is_empty())
        .then(|| value.as_text().map(str::to_owned))
        .flatten()
        .filter(|name| name != "any")
}

fn category_of(predicate: &Predicate) -> Option<String> {
    category(predicate)
}

fn literal(flag: bool) -> Expr {
    let literal = Literal { value: Constant::Boolean(flag), text: flag.to_string(), span: Span::default() };
    Expr::new(ExprKind::Literal(literal), Span::default())
}

/// The contrary in its usual spelling: `!=`, `== null`, else `not`.
fn negated(mut expr: Expr) -> Expr {
    match &mut expr.kind {
        ExprKind::Compare { op: op @ Comparison::Equal, left, .. } if matches!(left.kind, ExprKind::Field(_)) => {
            *op = Comparison::NotEqual;
            expr
        }
        ExprKind::Compare { op: op @ Comparison::NotEqual, right, .. }
            if matches!(&right.kind, ExprKind::Literal(Literal { value: Constant::Null, .. })) =>
        {
            *op = Comparison::Equal;
            expr
        }
        _ => {
            let notes = std::mem::take(&mut expr.notes);
            let mut not = Expr::new(ExprKind::Not(Box::new(expr)), Span::default());
            not.notes = notes;
            not
        }
    }
}

/// Values and patterns of one field and one case in one list, as people write them. What follows is joined to what
/// stands before, so that the order stays.
fn join(last: &mut Expr, next: &Expr) -> bool {
    if !next.notes.is_empty() {
        return false;
    }
    let (Some((left, op, mut patterns)), Some((right, other, more))) = (patterns(last), patterns(next)) else {
        return false;
    };
    if left != right || op != other {
        return false;
    }
    patterns.extend(more);
    let left = Box::new(Expr::new(left, last.span));
    last.kind = ExprKind::Match { left, op, patterns };
    true
}

/// A test of texts that can stand in a list of patterns: its field, the operator of the list, its patterns.
fn patterns(expr: &Expr) -> Option<(ExprKind, StringOp, Vec<Literal>)> {
    let plain = |literal: &Literal| matches!(&literal.value, Constant::Text(text) if !text.contains(['*', '?']));
    let of = |operand: &Expr| match &operand.kind {
        ExprKind::Literal(literal) if plain(literal) => Some(literal.clone()),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Match { left, op, patterns } => Some((left.kind.clone(), *op, patterns.clone())),
        ExprKind::Compare { op: Comparison::Equal, left, right } => {
            Some((left.kind.clone(), StringOp::Like, vec![of(right)?]))
        }
        ExprKind::In { left, negated: false, fold, items } => {
            let op = if *fold { StringOp::Colon } else { StringOp::Like };
            Some((left.kind.clone(), op, items.iter().map(of).collect::<Option<_>>()?))
        }
        _ => None,
    }
    .filter(|(left, _, _)| matches!(left, ExprKind::Field(_)))
}

/// Seconds in the largest unit that fits.
fn time(seconds: f64) -> TimeSpan {
    let milliseconds = (seconds * 1000.0).round().max(0.0) as u64;
    let (count, unit) = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        .into_iter()
        .find(|(length, _)| milliseconds >= *length && milliseconds.is_multiple_of(*length))
        .map_or((milliseconds, "ms"), |(length, unit)| (milliseconds / length, unit));
    TimeSpan { count, unit: unit.to_owned(), span: Span::default() }
}
