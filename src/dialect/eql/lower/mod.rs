//! Syntax tree + field types → model (spec/elastic-semantics.md, "EQL").

mod condition;
mod value;

use std::collections::HashMap;

use super::tree::*;
use crate::diagnostic::codes::elastic;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::dialect::Read;
use crate::dialect::elastic::join;
use crate::dialect::syntax::attach;
use crate::model::{
    AbsentStage, ArrayMode, Case, Expr as Value, FieldKind, FieldRef, FieldType, FieldTypes, Logic, NullsOrder,
    Pipeline, Predicate, Shape, SortKey, Source, Stage, Step, StepKind, Test, TestKind, Typing, Unread,
};

/// What a query looks for. `text` is what the tree's spans refer to. What the model cannot hold is in `unread`.
pub fn lower(query: &Query, text: &str, types: &dyn FieldTypes) -> Read {
    let mut leaves = Vec::new();
    super::walk::conditions(query, &mut |expr| leaves.push(expr.span));
    let mut lowering = Lowering {
        text,
        types,
        comments: attach(text, &query.comments, &leaves),
        unread: Vec::new(),
        diagnostics: Vec::new(),
    };
    let logic = lowering.query(query);
    let mut read = Read::new(logic);
    read.unread = lowering.unread;
    read.diagnostics = lowering.diagnostics;
    read
}

/// Why something is not in the model: the code, the reason, the place.
type Gap = (Code, String, Span);

struct Lowering<'a> {
    text: &'a str,
    types: &'a dyn FieldTypes,
    comments: HashMap<usize, Vec<String>>,
    unread: Vec<Unread>,
    diagnostics: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn query(&mut self, query: &Query) -> Logic {
        match &query.base {
            Base::Event(filter) => {
                let mut steps = vec![Step::new(StepKind::Filter(self.filter(filter)), filter.span)];
                for pipe in &query.pipes {
                    self.pipe(pipe, &mut steps);
                }
                Logic::Pipeline(Pipeline { source: Source::Events, steps })
            }
            Base::Sequence(sequence) => {
                let shape = self.sequence(sequence);
                self.pipes_of_a_shape(&query.pipes);
                Logic::Shape(Box::new(shape))
            }
            Base::Sample(sample) if sample.join => {
                Logic::Unread(self.leave((elastic::EQL_UNREAD, "Elasticsearch has no `join`".to_owned(), sample.span)))
            }
            Base::Sample(sample) => {
                let stages = sample.terms.iter().map(|term| self.stage(term, &sample.by)).collect();
                self.pipes_of_a_shape(&query.pipes);
                let shape =
                    Shape::Sequence { stages, absent: Vec::new(), max_span: None, until: None, unordered: true };
                Logic::Shape(Box::new(shape))
            }
        }
    }

    /// The category is one more condition: `event.category` holds it. `any` adds none.
    fn filter(&mut self, filter: &Filter) -> Predicate {
        let condition = self.condition(&filter.condition);
        let Some(category) = &filter.category else { return condition };
        let kind = TestKind::Equals {
            value: Value::text(category.clone()),
            case: Case::Sensitive,
            typing: Typing::Mapped(FieldType::scalar(FieldKind::Keyword)),
        };
        let test = Test::new(Value::any("event.category"), kind, filter.category_span);
        join::all(vec![test.into(), condition])
    }

    fn sequence(&mut self, sequence: &Sequence) -> Shape {
        let mut stages = Vec::new();
        let mut absent = Vec::new();
        for term in &sequence.terms {
            let stage = self.stage(term, &sequence.by);
            if term.missing {
                absent.push(AbsentStage { stage, before: stages.len() });
            } else {
                stages.push(stage);
            }
        }
        Shape::Sequence {
            stages,
            absent,
            max_span: sequence.maxspan.as_ref().map(|span| span.milliseconds() as f64 / 1000.0),
            until: sequence.until.as_ref().map(|term| self.stage(term, &sequence.by)),
            unordered: false,
        }
    }

    fn stage(&mut self, term: &Term, shared: &[Expr]) -> Stage {
        for (words, span) in &term.extra {
            self.leave((elastic::EQL_UNREAD, format!("Elasticsearch has no `{words}` behind a stage"), *span));
        }
        let filter = self.filter(&term.filter);
        let by = shared.iter().chain(&term.by).map(|key| self.key(key)).collect();
        Stage { filter, by, runs: term.runs.unwrap_or(1), span: term.span }
    }

    fn key(&mut self, key: &Expr) -> Value {
        match &key.kind {
            ExprKind::Field(field) => {
                let path = crate::dialect::elastic::lower::path(&field.name);
                Value::Field(FieldRef { path, mode: ArrayMode::Whole, optional: field.optional })
            }
            _ => match self.value(key) {
                Ok(value) => value,
                Err(gap) => Value::Unread(self.leave(gap)),
            },
        }
    }

    /// `head` and `tail` keep the first and the last events by time.
    fn pipe(&mut self, pipe: &Pipe, steps: &mut Vec<Step>) {
        let count = match pipe.args.as_slice() {
            [Expr { kind: ExprKind::Literal(Literal { value: Constant::Integer(count), .. }), .. }] => Some(*count),
            _ => None,
        };
        match (pipe.name.as_str(), count) {
            ("head" | "tail", Some(count)) => {
                let key = SortKey {
                    value: Value::whole("@timestamp"),
                    descending: pipe.name == "tail",
                    nulls: NullsOrder::Last,
                };
                steps.push(Step::new(StepKind::Sort(vec![key]), pipe.span));
                let limit = Value::Literal(crate::model::Value::Int(count));
                steps.push(Step::new(StepKind::Limit(limit), pipe.span));
            }
            _ => {
                let reason = format!("the pipe `{}` is not read", pipe.name);
                let index = self.leave((elastic::EQL_UNREAD, reason, pipe.span));
                steps.push(Step::new(StepKind::Unread(index), pipe.span));
            }
        }
    }

    fn pipes_of_a_shape(&mut self, pipes: &[Pipe]) {
        for pipe in pipes {
            let reason = format!("`{}` behind a sequence keeps only some of its hits", pipe.name);
            self.leave((elastic::EQL_UNREAD, reason, pipe.span));
        }
    }

    /// Enters what could not be read, once.
    fn leave(&mut self, (code, reason, span): Gap) -> usize {
        self.unread.push(Unread { code, reason, span: Some(span), text: span.text(self.text).to_owned() });
        self.unread.len() - 1
    }
}
