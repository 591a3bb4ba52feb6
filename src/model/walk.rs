//! Walking the model: one place that knows where predicates and expressions stand inside each other.
//!
//! `Fold` rebuilds a tree; implement the method of the node you change and call the function of the same name here
//! for its parts. `Visit` reads only. Both are as deep as the tree, which the readers bound.

use super::{
    AbsentStage, CaseArm, Column, ExpandColumn, Expr, FieldRef, Join, Logic, Pipeline, Predicate, Shape, SortKey,
    Source, Stage, Step, StepKind, Test, TestKind,
};

/// Rebuilds parts of the model.
pub trait Fold {
    /// A predicate, its parts included.
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        predicate_parts(self, predicate)
    }

    /// A test; what becomes of it may be any predicate.
    fn test(&mut self, test: Test) -> Predicate {
        Predicate::Test(test_parts(self, test))
    }

    /// An expression, its parts included.
    fn expr(&mut self, expr: Expr) -> Expr {
        expr_parts(self, expr)
    }

    /// A field reference; what becomes of it may be any expression.
    fn field(&mut self, field: FieldRef) -> Expr {
        Expr::Field(field)
    }

    /// A step.
    fn step(&mut self, step: Step) -> Step {
        step_parts(self, step)
    }

    /// A pipeline.
    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        pipeline_parts(self, pipeline)
    }

    /// A recognised shape.
    fn shape(&mut self, shape: Shape) -> Shape {
        shape_parts(self, shape)
    }

    /// A source.
    fn source(&mut self, source: Source) -> Source {
        source_parts(self, source)
    }
}

fn list<F: Fold + ?Sized>(fold: &mut F, items: Vec<Expr>) -> Vec<Expr> {
    items.into_iter().map(|item| fold.expr(item)).collect()
}

fn columns<F: Fold + ?Sized>(fold: &mut F, items: Vec<Column>) -> Vec<Column> {
    items.into_iter().map(|column| Column { name: column.name, value: fold.expr(column.value) }).collect()
}

fn keys<F: Fold + ?Sized>(fold: &mut F, items: Vec<(Expr, Expr)>) -> Vec<(Expr, Expr)> {
    items.into_iter().map(|(left, right)| (fold.expr(left), fold.expr(right))).collect()
}

fn expand<F: Fold + ?Sized>(fold: &mut F, items: Vec<ExpandColumn>) -> Vec<ExpandColumn> {
    items.into_iter().map(|column| ExpandColumn { value: fold.expr(column.value), ..column }).collect()
}

/// Rebuilds the parts of a predicate.
pub fn predicate_parts<F: Fold + ?Sized>(fold: &mut F, predicate: Predicate) -> Predicate {
    let mut each = |items: Vec<Predicate>| items.into_iter().map(|item| fold.predicate(item)).collect::<Vec<_>>();
    match predicate {
        Predicate::All(items) => Predicate::All(each(items)),
        Predicate::Any(items) => Predicate::Any(each(items)),
        Predicate::ExactlyOne(items) => Predicate::ExactlyOne(each(items)),
        Predicate::Not(inner) => Predicate::Not(Box::new(fold.predicate(*inner))),
        Predicate::Test(test) => fold.test(test),
        Predicate::Elements { quantifier, list, var, body } => {
            Predicate::Elements { quantifier, list: fold.expr(list), var, body: Box::new(fold.predicate(*body)) }
        }
        leaf @ (Predicate::Always(_) | Predicate::Unread { .. }) => leaf,
    }
}

/// Rebuilds the operands of a test.
pub fn test_parts<F: Fold + ?Sized>(fold: &mut F, test: Test) -> Test {
    let kind = match test.kind {
        TestKind::Equals { value, case, typing } => TestKind::Equals { value: fold.expr(value), case, typing },
        TestKind::In { values, case, typing } => TestKind::In { values: list(fold, values), case, typing },
        TestKind::Contains { value, case } => TestKind::Contains { value: fold.expr(value), case },
        TestKind::StartsWith { value, case } => TestKind::StartsWith { value: fold.expr(value), case },
        TestKind::EndsWith { value, case } => TestKind::EndsWith { value: fold.expr(value), case },
        TestKind::Term { value, case } => TestKind::Term { value: fold.expr(value), case },
        TestKind::TermPrefix { value, case } => TestKind::TermPrefix { value: fold.expr(value), case },
        TestKind::TermSuffix { value, case } => TestKind::TermSuffix { value: fold.expr(value), case },
        TestKind::Regex { pattern, flavour, anchor, case } => {
            TestKind::Regex { pattern: fold.expr(pattern), flavour, anchor, case }
        }
        TestKind::Compare { ordering, value, typing } => {
            TestKind::Compare { ordering, value: fold.expr(value), typing }
        }
        TestKind::Range { low, high, typing } => TestKind::Range {
            low: low.map(|(value, closed)| (fold.expr(value), closed)),
            high: high.map(|(value, closed)| (fold.expr(value), closed)),
            typing,
        },
        leaf => leaf,
    };
    Test { subject: fold.expr(test.subject), kind, span: test.span, comments: test.comments }
}

/// Rebuilds the parts of an expression.
pub fn expr_parts<F: Fold + ?Sized>(fold: &mut F, expr: Expr) -> Expr {
    match expr {
        Expr::Field(field) => fold.field(field),
        Expr::Path(base, path, mode) => Expr::Path(Box::new(fold.expr(*base)), path, mode),
        Expr::Call(function, arguments) => Expr::Call(function, list(fold, arguments)),
        Expr::Case(arms, otherwise) => Expr::Case(
            arms.into_iter().map(|arm| CaseArm { when: fold.predicate(arm.when), then: fold.expr(arm.then) }).collect(),
            Box::new(fold.expr(*otherwise)),
        ),
        Expr::Truth(predicate) => Expr::Truth(Box::new(fold.predicate(*predicate))),
        Expr::List(items) => Expr::List(list(fold, items)),
        Expr::Object(members) => {
            Expr::Object(members.into_iter().map(|(name, value)| (name, fold.expr(value))).collect())
        }
        Expr::Collect { list, var, when, value, distinct } => Expr::Collect {
            list: Box::new(fold.expr(*list)),
            var,
            when: Box::new(fold.predicate(*when)),
            value: Box::new(fold.expr(*value)),
            distinct,
        },
        Expr::Aggregate(function, arguments, filter) => Expr::Aggregate(
            function,
            list(fold, arguments),
            filter.map(|predicate| Box::new(fold.predicate(*predicate))),
        ),
        Expr::Scalar(pipeline) => Expr::Scalar(Box::new(fold.pipeline(*pipeline))),
        Expr::Rows(pipeline) => Expr::Rows(Box::new(fold.pipeline(*pipeline))),
        leaf @ (Expr::Literal(_) | Expr::AnyField | Expr::Var(_) | Expr::Unread(_)) => leaf,
    }
}

/// Rebuilds the parts of a step.
pub fn step_parts<F: Fold + ?Sized>(fold: &mut F, step: Step) -> Step {
    let kind = match step.kind {
        StepKind::Filter(predicate) => StepKind::Filter(fold.predicate(predicate)),
        StepKind::Extend(items) => StepKind::Extend(columns(fold, items)),
        StepKind::Project(items) => StepKind::Project(columns(fold, items)),
        StepKind::Aggregate { aggregates, by, inline } => {
            StepKind::Aggregate { aggregates: columns(fold, aggregates), by: columns(fold, by), inline }
        }
        StepKind::Join(join) => StepKind::Join(Box::new(Join {
            kind: join.kind,
            right: fold.pipeline(join.right),
            on: keys(fold, join.on),
        })),
        StepKind::Union(others) => StepKind::Union(others.into_iter().map(|other| fold.pipeline(other)).collect()),
        StepKind::Expand { columns, kind, index, limit, keep_empty } => {
            StepKind::Expand { columns: expand(fold, columns), kind, index, limit, keep_empty }
        }
        StepKind::Apply { columns, steps } => StepKind::Apply {
            columns: expand(fold, columns),
            steps: steps.into_iter().map(|step| fold.step(step)).collect(),
        },
        StepKind::Parse { subject, kind, parts, filter } => {
            StepKind::Parse { subject: fold.expr(subject), kind, parts, filter }
        }
        StepKind::Sort(items) => {
            StepKind::Sort(items.into_iter().map(|key| SortKey { value: fold.expr(key.value), ..key }).collect())
        }
        StepKind::Limit(count) => StepKind::Limit(fold.expr(count)),
        StepKind::Distinct(items) => StepKind::Distinct(columns(fold, items)),
        StepKind::Table(table) => StepKind::Table(Box::new(table.rebuilt(fold))),
        leaf @ (StepKind::Select(_) | StepKind::Unread(_)) => leaf,
    };
    Step { kind, span: step.span, comments: step.comments }
}

/// Rebuilds the parts of a source.
pub fn source_parts<F: Fold + ?Sized>(fold: &mut F, source: Source) -> Source {
    match source {
        Source::Union(parts) => Source::Union(parts.into_iter().map(|part| fold.pipeline(part)).collect()),
        Source::Pipeline(inner) => Source::Pipeline(Box::new(fold.pipeline(*inner))),
        Source::Row(items) => Source::Row(columns(fold, items)),
        Source::Range { name, from, to, step } => {
            Source::Range { name, from: fold.expr(from), to: fold.expr(to), step: fold.expr(step) }
        }
        leaf @ (Source::Events | Source::Table(_) | Source::Inline(_)) => leaf,
    }
}

/// Rebuilds the source and steps of a pipeline.
pub fn pipeline_parts<F: Fold + ?Sized>(fold: &mut F, pipeline: Pipeline) -> Pipeline {
    Pipeline {
        source: fold.source(pipeline.source),
        steps: pipeline.steps.into_iter().map(|step| fold.step(step)).collect(),
    }
}

/// Rebuilds the condition and the keys of a stage.
pub fn stage<F: Fold + ?Sized>(fold: &mut F, stage: Stage) -> Stage {
    Stage { filter: fold.predicate(stage.filter), by: list(fold, stage.by), ..stage }
}

/// Rebuilds the parts of a detection's logic.
pub fn logic<F: Fold + ?Sized>(fold: &mut F, logic: Logic) -> Logic {
    match logic {
        Logic::Pipeline(pipeline) => Logic::Pipeline(fold.pipeline(pipeline)),
        Logic::Shape(shape) => Logic::Shape(Box::new(fold.shape(*shape))),
        Logic::Unread(index) => Logic::Unread(index),
    }
}

/// Rebuilds the parts of a shape.
pub fn shape_parts<F: Fold + ?Sized>(fold: &mut F, shape: Shape) -> Shape {
    match shape {
        Shape::Threshold { events, by, at_least, window } => {
            Shape::Threshold { events: fold.pipeline(events), by: list(fold, by), at_least, window }
        }
        Shape::Cardinality { events, of, by, at_least, window } => Shape::Cardinality {
            events: fold.pipeline(events),
            of: list(fold, of),
            by: list(fold, by),
            at_least,
            window,
        },
        Shape::NewValue { events, of, history, recent } => {
            Shape::NewValue { events: fold.pipeline(events), of: list(fold, of), history, recent }
        }
        Shape::Sequence { stages, absent, max_span, until, unordered } => Shape::Sequence {
            stages: stages.into_iter().map(|item| stage(fold, item)).collect(),
            absent: absent
                .into_iter()
                .map(|item| AbsentStage { stage: stage(fold, item.stage), before: item.before })
                .collect(),
            max_span,
            until: until.map(|item| stage(fold, item)),
            unordered,
        },
        Shape::Absence { events, without, on, window } => Shape::Absence {
            events: fold.pipeline(events),
            without: fold.pipeline(without),
            on: keys(fold, on),
            window,
        },
    }
}

/// A `Fold` that only reads: it collects while it hands every part back unchanged.
struct Reader<'a, T, F>
where
    T: FnMut(&Test),
    F: FnMut(&FieldRef),
{
    tests: &'a mut T,
    fields: &'a mut F,
}

impl<T: FnMut(&Test), F: FnMut(&FieldRef)> Fold for Reader<'_, T, F> {
    fn test(&mut self, test: Test) -> Predicate {
        (self.tests)(&test);
        Predicate::Test(test_parts(self, test))
    }

    fn field(&mut self, field: FieldRef) -> Expr {
        (self.fields)(&field);
        Expr::Field(field)
    }
}

/// Calls `tests` with every test and `fields` with every field reference of the logic, in reading order.
pub fn visit(subject: &Logic, mut tests: impl FnMut(&Test), mut fields: impl FnMut(&FieldRef)) {
    let mut reader = Reader { tests: &mut tests, fields: &mut fields };
    logic(&mut reader, subject.clone());
}

/// Calls `tests` with every test and `fields` with every field reference of a predicate, in reading order.
pub fn visit_predicate(subject: &Predicate, mut tests: impl FnMut(&Test), mut fields: impl FnMut(&FieldRef)) {
    let mut reader = Reader { tests: &mut tests, fields: &mut fields };
    reader.predicate(subject.clone());
}
