//! Whether something of the logic was not read: such logic is never run (rule 5).

use crate::model::{Column, Expr, Logic, Pipeline, Predicate, Shape, Source, Stage, Step, StepKind, TestKind};

/// The first index into `unread` that the logic refers to.
pub fn unread(logic: &Logic) -> Option<usize> {
    match logic {
        Logic::Pipeline(pipeline) => in_pipeline(pipeline),
        Logic::Shape(shape) => in_shape(shape),
        Logic::Unread(index) => Some(*index),
    }
}

/// [`unread`] of a condition.
pub fn unread_in(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Always(_) => None,
        Predicate::All(operands) | Predicate::Any(operands) | Predicate::ExactlyOne(operands) => {
            operands.iter().find_map(unread_in)
        }
        Predicate::Not(inner) => unread_in(inner),
        Predicate::Test(test) => in_expr(&test.subject).or_else(|| in_kind(&test.kind)),
        Predicate::Elements { list, body, .. } => in_expr(list).or_else(|| unread_in(body)),
        Predicate::Unread { index, .. } => Some(*index),
    }
}

fn in_kind(kind: &TestKind) -> Option<usize> {
    match kind {
        TestKind::Equals { value, .. }
        | TestKind::Contains { value, .. }
        | TestKind::StartsWith { value, .. }
        | TestKind::EndsWith { value, .. }
        | TestKind::Term { value, .. }
        | TestKind::TermPrefix { value, .. }
        | TestKind::TermSuffix { value, .. }
        | TestKind::Regex { pattern: value, .. }
        | TestKind::Compare { value, .. } => in_expr(value),
        TestKind::In { values, .. } => values.iter().find_map(in_expr),
        TestKind::Range { low, high, .. } => [low, high].into_iter().flatten().find_map(|(bound, _)| in_expr(bound)),
        _ => None,
    }
}

fn in_expr(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Literal(_) | Expr::Field(_) | Expr::AnyField | Expr::Var(_) => None,
        Expr::Path(base, _, _) => in_expr(base),
        Expr::Call(_, arguments) | Expr::List(arguments) => arguments.iter().find_map(in_expr),
        Expr::Case(arms, otherwise) => arms
            .iter()
            .find_map(|arm| unread_in(&arm.when).or_else(|| in_expr(&arm.then)))
            .or_else(|| in_expr(otherwise)),
        Expr::Truth(predicate) => unread_in(predicate),
        Expr::Object(members) => members.iter().find_map(|(_, member)| in_expr(member)),
        Expr::Collect { list, when, value, .. } => in_expr(list).or_else(|| unread_in(when)).or_else(|| in_expr(value)),
        Expr::Aggregate(_, arguments, filter) => {
            arguments.iter().find_map(in_expr).or_else(|| filter.as_deref().and_then(unread_in))
        }
        Expr::Scalar(pipeline) | Expr::Rows(pipeline) => in_pipeline(pipeline),
        Expr::Unread(index) => Some(*index),
    }
}

fn in_columns(columns: &[Column]) -> Option<usize> {
    columns.iter().find_map(|column| in_expr(&column.value))
}

fn in_pairs(pairs: &[(Expr, Expr)]) -> Option<usize> {
    pairs.iter().find_map(|(left, right)| in_expr(left).or_else(|| in_expr(right)))
}

fn in_pipeline(pipeline: &Pipeline) -> Option<usize> {
    let source = match &pipeline.source {
        Source::Events | Source::Table(_) | Source::Inline(_) => None,
        Source::Union(parts) => parts.iter().find_map(in_pipeline),
        Source::Pipeline(inner) => in_pipeline(inner),
        Source::Row(columns) => in_columns(columns),
        Source::Range { from, to, step, .. } => [from, to, step].into_iter().find_map(in_expr),
    };
    source.or_else(|| pipeline.steps.iter().find_map(in_step))
}

fn in_step(step: &Step) -> Option<usize> {
    match &step.kind {
        StepKind::Filter(predicate) => unread_in(predicate),
        StepKind::Extend(columns) | StepKind::Project(columns) | StepKind::Distinct(columns) => in_columns(columns),
        StepKind::Select(_) => None,
        StepKind::Aggregate { aggregates, by, .. } => in_columns(aggregates).or_else(|| in_columns(by)),
        StepKind::Join(join) => in_pipeline(&join.right).or_else(|| in_pairs(&join.on)),
        StepKind::Union(others) => others.iter().find_map(in_pipeline),
        StepKind::Expand { columns, .. } => columns.iter().find_map(|column| in_expr(&column.value)),
        StepKind::Apply { columns, steps } => {
            columns.iter().find_map(|column| in_expr(&column.value)).or_else(|| steps.iter().find_map(in_step))
        }
        StepKind::Parse { subject, .. } => in_expr(subject),
        StepKind::Sort(keys) => keys.iter().find_map(|key| in_expr(&key.value)),
        StepKind::Limit(count) => in_expr(count),
        StepKind::Table(table) => table
            .exprs()
            .into_iter()
            .find_map(in_expr)
            .or_else(|| table.inner_steps().iter().find_map(in_step))
            .or_else(|| table.inner_pipeline().and_then(in_pipeline)),
        StepKind::Unread(index) => Some(*index),
    }
}

fn in_stage(stage: &Stage) -> Option<usize> {
    unread_in(&stage.filter).or_else(|| stage.by.iter().find_map(in_expr))
}

fn in_shape(shape: &Shape) -> Option<usize> {
    match shape {
        Shape::Threshold { events, by, .. } => in_pipeline(events).or_else(|| by.iter().find_map(in_expr)),
        Shape::Cardinality { events, of, by, .. } => {
            in_pipeline(events).or_else(|| of.iter().chain(by).find_map(in_expr))
        }
        Shape::NewValue { events, of, .. } => in_pipeline(events).or_else(|| of.iter().find_map(in_expr)),
        Shape::Sequence { stages, absent, until, .. } => {
            stages.iter().chain(absent.iter().map(|absent| &absent.stage)).chain(until).find_map(in_stage)
        }
        Shape::Absence { events, without, on, .. } => {
            in_pipeline(events).or_else(|| in_pipeline(without)).or_else(|| in_pairs(on))
        }
    }
}
