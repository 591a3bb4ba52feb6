//! A pipeline while it is read.

use super::super::bind::{Col, Columns};
use crate::diagnostic::Span;
use crate::model::function::kusto;
use crate::model::{
    Column, Expr, FieldRef, InlineTable, NamePattern, OutputField, Pipeline, Predicate, Select, Source, Step, StepKind,
    walk,
};

/// A pipeline while it is read.
///
/// At first rows are events: conditions are kept in `filters`, speaking of the event's own fields, and computed columns
/// in `columns`. The first operator that does more than filter and compute settles it: what was computed becomes a step.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub source: Source,
    pub columns: Columns,
    pub settled: bool,
    filters: Vec<Step>,
    sort: Option<Step>,
    steps: Vec<Step>,
    comments: Vec<String>,
    computed: Span,
}

impl Flow {
    /// Events of a table: what filters and computes is kept apart.
    pub fn events(source: Source, columns: Columns) -> Self {
        Self {
            source,
            columns,
            settled: false,
            filters: Vec::new(),
            sort: None,
            steps: Vec::new(),
            comments: Vec::new(),
            computed: Span::default(),
        }
    }

    /// Rows that are no events: every operator is a step.
    pub fn rows(source: Source, columns: Columns) -> Self {
        Self { settled: true, ..Self::events(source, columns) }
    }

    /// About how large a copy is.
    pub fn cost(&self) -> usize {
        16 * (self.steps.len() + self.filters.len()) + 4 * self.columns.listed().len()
    }

    /// Adds a condition.
    pub fn filter(&mut self, predicate: Predicate, span: Span, comments: Vec<String>) {
        let step = Step { kind: StepKind::Filter(predicate), span, comments };
        if self.settled { self.steps.push(step) } else { self.filters.push(step) }
    }

    /// Adds a step behind everything so far; the pipeline must be settled.
    pub fn push(&mut self, kind: StepKind, span: Span, comments: Vec<String>) {
        self.steps.push(Step { kind, span, comments });
    }

    /// Notes the order of the rows.
    pub fn order(&mut self, kind: StepKind, span: Span, comments: Vec<String>) {
        let step = Step { kind, span, comments };
        if self.settled { self.steps.push(step) } else { self.sort = Some(step) }
    }

    /// Keeps the comments of an operator that computes columns.
    pub fn remark(&mut self, comments: Vec<String>, span: Span) {
        self.comments.extend(comments);
        self.computed = if self.computed == Span::default() { span } else { self.computed.to(span) };
    }

    /// Conditions and order become steps; columns go on standing for what they were computed from.
    pub fn close_filters(&mut self) {
        if !self.settled {
            self.settled = true;
            self.steps.append(&mut self.filters);
            self.steps.extend(self.sort.take());
            if let Some(first) = self.steps.first_mut() {
                first.comments.append(&mut self.comments);
            }
        }
    }

    /// Whatever was computed becomes a step; every column stands for itself from here on. `false` where columns replace
    /// each other in a circle.
    pub fn settle(&mut self) -> bool {
        if self.settled {
            return true;
        }
        let comments = std::mem::take(&mut self.comments);
        self.close_filters();
        let mut fine = true;
        if self.columns.is_closed() {
            let list =
                self.columns.listed().iter().map(|col| Column { name: col.name.clone(), value: col.value.clone() });
            let step = StepKind::Project(list.collect());
            self.steps.push(Step { kind: step, span: self.computed, comments });
        } else {
            let mut computed: Vec<Col> =
                self.columns.listed().iter().filter(|column| !column.is_plain()).cloned().collect();
            let mut ordered = Vec::new();
            while !computed.is_empty() {
                // A column goes last whose old value others are computed from.
                let free = computed.iter().enumerate().position(|(at, column)| {
                    !computed
                        .iter()
                        .enumerate()
                        .any(|(other, reader)| other != at && reads(&reader.value, &column.name))
                });
                fine &= free.is_some();
                let next = computed.remove(free.unwrap_or(0));
                ordered.push(Column { name: next.name, value: next.value });
            }
            if !ordered.is_empty() {
                self.steps.push(Step { kind: StepKind::Extend(ordered), span: self.computed, comments });
            }
            let gone: Vec<NamePattern> = self.columns.removed().iter().cloned().map(NamePattern).collect();
            if !gone.is_empty() {
                let step = StepKind::Select(Select::Drop(gone));
                self.steps.push(Step { kind: step, span: self.computed, comments: Vec::new() });
            }
        }
        self.columns.settle();
        fine
    }

    /// The whole as a pipeline.
    pub fn pipeline(&mut self) -> Pipeline {
        self.settle();
        Pipeline { source: std::mem::replace(&mut self.source, Source::Events), steps: std::mem::take(&mut self.steps) }
    }

    /// The steps of a rule; of one that only filters, the filters alone (what it computes are its outputs).
    pub fn take_steps(&mut self) -> Vec<Step> {
        if !self.settled {
            if let Some(first) = self.filters.first_mut() {
                first.comments.append(&mut self.comments);
            }
            return std::mem::take(&mut self.filters);
        }
        std::mem::take(&mut self.steps)
    }

    /// The columns that the query itself makes or names.
    pub fn outputs(&self) -> Vec<OutputField> {
        self.columns
            .listed()
            .iter()
            .filter(|col| self.columns.is_closed() || self.settled || !col.is_plain())
            .map(|col| OutputField { name: col.name.clone(), value: col.value.clone() })
            .collect()
    }
}

/// Whether an expression reads a column.
pub(super) fn reads(expr: &Expr, name: &str) -> bool {
    struct Reads<'a>(&'a str, bool);
    impl walk::Fold for Reads<'_> {
        fn field(&mut self, field: FieldRef) -> Expr {
            if matches!(field.path.0.first(), Some(crate::model::Segment::Key(key)) if key == self.0) {
                self.1 = true;
            }
            Expr::Field(field)
        }
    }
    let mut reader = Reads(name, false);
    walk::Fold::expr(&mut reader, expr.clone());
    reader.1
}

/// Whether an expression depends on the rows before and behind.
pub(super) fn is_window(function: crate::model::Function) -> bool {
    [
        kusto::PREV,
        kusto::NEXT,
        kusto::ROW_NUMBER,
        kusto::ROW_CUMSUM,
        kusto::ROW_RANK_DENSE,
        kusto::ROW_RANK_MIN,
        kusto::ROW_WINDOW_SESSION,
    ]
    .contains(&function)
}

/// A source without rows and columns, for what is not read.
pub(super) fn nothing() -> Source {
    Source::Inline(InlineTable { columns: Vec::new(), rows: Vec::new() })
}

/// Consecutive filters at the start become one; the comments of a step go to its first test.
pub(super) fn join_filters(pipeline: &mut Pipeline) {
    let count = pipeline.steps.iter().take_while(|step| matches!(step.kind, StepKind::Filter(_))).count();
    if count == 0 {
        return;
    }
    let rest = pipeline.steps.split_off(count);
    let mut span: Option<Span> = None;
    let mut conditions = Vec::new();
    for step in pipeline.steps.drain(..) {
        if let StepKind::Filter(predicate) = step.kind {
            span = Some(span.map_or(step.span, |known| known.to(step.span)));
            conditions.push(super::comments::attach(predicate, step.comments));
        }
    }
    pipeline.steps.push(Step::new(StepKind::Filter(Predicate::all(conditions)), span.unwrap_or_default()));
    pipeline.steps.extend(rest);
}
