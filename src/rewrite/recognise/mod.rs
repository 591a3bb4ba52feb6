//! Relational steps → threshold, cardinality, new value, absence: what a pipeline of one log source means, where other
//! platforms have a kind of rule for it.
//!
//! A shape is recognised only where it says the same as the steps, or where what differs is one of the losses that come
//! with it. The pass is idempotent: a shape stays what it is.

mod absence;
mod counted;
mod new_value;
pub mod outputs;
pub mod time;

use crate::diagnostic::{Code, Span, codes};
use crate::model::walk::{self, Fold};
use crate::model::{
    Direction, Expr, FieldRef, Logic, Loss, NamePattern, Pipeline, Predicate, Segment, Select, Source, Step, StepKind,
    Test, TestKind,
};

/// A shape that was recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The shape.
    pub logic: Logic,
    /// Where it differs from the steps it was recognised in.
    pub losses: Vec<Loss>,
}

/// The shape that a pipeline has; `lookback` is how far the rule looks back in seconds. `None` where there is none, and
/// for logic that is a shape already.
pub fn recognise(logic: &Logic, lookback: Option<u64>) -> Option<Recognised> {
    let Logic::Pipeline(pipeline) = logic else { return None };
    if !matches!(pipeline.source, Source::Events | Source::Table(_)) {
        return None;
    }
    new_value::of(pipeline, lookback).or_else(|| counted::of(pipeline, lookback)).or_else(|| absence::of(pipeline))
}

fn loss(direction: Direction, message: impl Into<String>, span: Option<Span>) -> Loss {
    Loss::matching(SHAPE, direction, message, span)
}

const SHAPE: Code = codes::plan::SHAPE_DIFFERS;

/// What columns stand for, over the event.
#[derive(Debug, Clone, Default)]
struct Columns {
    known: Vec<(String, Expr)>,
    /// Whether there are no other columns.
    closed: bool,
}

impl Columns {
    fn set(&mut self, name: &str, value: Expr) {
        self.known.retain(|(known, _)| known != name);
        self.known.push((name.to_owned(), value));
    }

    fn get(&self, name: &str) -> Option<&Expr> {
        self.known.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// An expression over the columns as one over the event.
    fn resolve(&self, expr: &Expr) -> Expr {
        Resolve(self).expr(expr.clone())
    }

    fn resolve_condition(&self, predicate: &Predicate) -> Predicate {
        Resolve(self).predicate(predicate.clone())
    }
}

struct Resolve<'a>(&'a Columns);

impl Fold for Resolve<'_> {
    fn field(&mut self, field: FieldRef) -> Expr {
        let Some((Segment::Key(name), rest)) = field.path.0.split_first() else { return Expr::Field(field) };
        let Some(value) = self.0.get(name) else { return Expr::Field(field) };
        if rest.is_empty() {
            return value.clone();
        }
        match value {
            Expr::Field(base) => {
                let mut found = field.clone();
                found.path.0 = base.path.0.iter().chain(rest).cloned().collect();
                Expr::Field(found)
            }
            other => Expr::Path(Box::new(other.clone()), crate::model::FieldPath(rest.to_vec()), field.mode),
        }
    }

    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        pipeline
    }
}

/// The conditions that steps put on single events, and the columns behind them; `None` where a step does more than
/// filter, compute and choose columns.
fn of_events(steps: &[Step]) -> Option<(Vec<Predicate>, Columns)> {
    let mut columns = Columns::default();
    let mut conditions = Vec::new();
    for step in steps {
        match &step.kind {
            StepKind::Filter(predicate) => {
                conditions.extend(columns.resolve_condition(predicate).conjuncts().iter().cloned());
            }
            StepKind::Sort(_) => {}
            _ => choose(&step.kind, &mut columns)?,
        }
    }
    Some((conditions, columns))
}

/// Follows a step that computes or chooses columns.
fn choose(kind: &StepKind, columns: &mut Columns) -> Option<()> {
    match kind {
        StepKind::Extend(list) => {
            for column in list {
                let value = columns.resolve(&column.value);
                columns.set(&column.name, value);
            }
        }
        StepKind::Project(list) => {
            let mut next = Columns { known: Vec::new(), closed: true };
            for column in list {
                next.set(&column.name, columns.resolve(&column.value));
            }
            *columns = next;
        }
        StepKind::Select(Select::Rename(pairs)) => {
            for (new, old) in pairs {
                let value = columns.resolve(&Expr::whole(old));
                columns.known.retain(|(known, _)| known != old);
                columns.set(new, value);
            }
        }
        StepKind::Select(Select::Drop(_) | Select::Keep { .. } | Select::Reorder(_)) => {}
        _ => return None,
    }
    Some(())
}

/// The events of a log source that meet conditions.
fn events(conditions: Vec<Predicate>, span: Span) -> Pipeline {
    Pipeline::filter(Predicate::all(conditions), span)
}

/// A value without its conversion to text: groups of texts are groups of the values that they are of.
fn plain(expr: &Expr) -> Expr {
    use crate::model::function::{self, kusto};
    match expr {
        Expr::Call(function::TO_TEXT | function::TO_TEXT_OR_EMPTY | kusto::TOSTRING, arguments) => {
            match arguments.as_slice() {
                [field @ Expr::Field(_)] => field.clone(),
                _ => expr.clone(),
            }
        }
        other => other.clone(),
    }
}

/// Whether the conditions ask that a value be there.
fn asked_for(conditions: &[Predicate], value: &Expr) -> bool {
    conditions.iter().any(|condition| match condition {
        Predicate::Test(test) => {
            plain(&test.subject) == *value
                && matches!(
                    &test.kind,
                    TestKind::Present
                        | TestKind::Equals { .. }
                        | TestKind::In { .. }
                        | TestKind::Contains { .. }
                        | TestKind::StartsWith { .. }
                        | TestKind::EndsWith { .. }
                        | TestKind::Term { .. }
                        | TestKind::Regex { .. }
                        | TestKind::Compare { .. }
                )
        }
        Predicate::Not(inner) => matches!(
            inner.as_ref(),
            Predicate::Test(Test { subject, kind: TestKind::Empty, .. }) if plain(subject) == *value
        ),
        _ => false,
    })
}

/// A condition without places and comments, so that equal ones are equal.
fn bare(predicate: &Predicate) -> Predicate {
    struct Bare;
    impl Fold for Bare {
        fn test(&mut self, test: Test) -> Predicate {
            let mut test = walk::test_parts(self, test);
            test.span = Span::default();
            test.comments.clear();
            Predicate::Test(test)
        }
    }
    Bare.predicate(predicate.clone())
}

/// Names that a step hands on, where it only renames and orders.
fn patterns(names: &[NamePattern]) -> Vec<&str> {
    names.iter().map(|name| name.0.as_str()).collect()
}
