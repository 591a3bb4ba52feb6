//! From detection model to query text. What cannot be said is an `Err` with the reason, so that the target answers for
//! exactly what is written: both go through the same functions.

mod condition;
mod literal;
mod scalar;
pub(super) mod sequence;
mod shape;
mod steps;
mod tables;

use crate::model::{
    ArrayMode, Expr, FieldPath, FieldRef, FieldTypes, Logic, Pipeline, Predicate, Segment, Shape, Step, StepKind, Test,
    Var,
};

use super::bind::Ty;

/// Why something cannot be said: a sentence that follows "Kusto cannot say this: ".
pub(super) type Said<T> = Result<T, String>;

/// The state of one writing.
pub(super) struct Raiser<'a> {
    types: &'a dyn FieldTypes,
    /// Operators that must stand before the condition that is being written: counts of list elements.
    before: Vec<String>,
    /// Whether the condition may ask for such operators.
    may_count: bool,
    elements: Vec<(Var, String)>,
    counts: usize,
}

impl<'a> Raiser<'a> {
    pub fn new(types: &'a dyn FieldTypes) -> Self {
        Self { types, before: Vec::new(), may_count: true, elements: Vec::new(), counts: 0 }
    }

    /// The type of a field, by its dotted name.
    fn ty(&self, field: &FieldRef) -> Ty {
        let name = name_of(&field.path);
        // What stands inside a column is dynamic to the engine, whatever the field holds: it is converted where a text is
        // needed, and it cannot be grouped by as it stands.
        if field.path.0.len() > 1 {
            return Ty::Dynamic;
        }
        match self.types.type_of(&name) {
            Some(ty) => Ty::from(ty),
            None if matches!(name.as_str(), "TimeGenerated" | "Timestamp") => Ty::DateTime,
            None => Ty::Unknown,
        }
    }

    fn is_list(&self, field: &FieldRef) -> bool {
        self.types.type_of(&name_of(&field.path)).is_some_and(|ty| ty.list)
    }

    /// The steps of a pipeline as lines, each an operator with its `|`.
    fn lines(&mut self, steps: &[Step], out: &mut Vec<String>) -> Said<()> {
        for step in steps {
            out.extend(step.comments.iter().flat_map(|comment| comment.lines()).map(|line| format!("// {line}")));
            match &step.kind {
                StepKind::Filter(predicate) => self.filter(predicate, out)?,
                _ => out.push(self.step(step)?),
            }
        }
        Ok(())
    }

    /// A filter as lines: conditions on list elements are counted first.
    fn filter(&mut self, predicate: &Predicate, out: &mut Vec<String>) -> Said<()> {
        let (mut plain, mut counted) = (Vec::new(), Vec::new());
        for conjunct in predicate.conjuncts() {
            let comments = comments_of(conjunct);
            let known = self.before.len();
            let text = self.condition(conjunct, false, condition::Place::And)?;
            if self.before.len() > known { counted.push((text, comments)) } else { plain.push((text, comments)) }
        }
        if matches!(predicate, Predicate::Always(false)) {
            plain.push(("false".to_owned(), Vec::new()));
        }
        push_where(plain, out);
        out.append(&mut self.before);
        push_where(counted, out);
        Ok(())
    }

    /// A pipeline as text, one operator a line.
    fn pipeline(&mut self, pipeline: &Pipeline, tables: &[String]) -> Said<String> {
        let mut lines = vec![self.source(&pipeline.source, tables)?];
        self.lines(&pipeline.steps, &mut lines)?;
        Ok(lines.join("\n"))
    }
}

/// The whole text of a rule's logic.
pub(super) fn write(logic: &Logic, types: &dyn FieldTypes, tables: &[String]) -> Said<String> {
    let mut raiser = Raiser::new(types);
    match logic {
        Logic::Pipeline(pipeline) => raiser.pipeline(pipeline, tables),
        Logic::Shape(found) => shape::write(&mut raiser, found, tables),
        Logic::Unread(_) => Err("its logic was not read".to_owned()),
    }
}

/// Whether a condition can be said.
pub(super) fn test(test: &Test, negated: bool, types: &dyn FieldTypes) -> Said<()> {
    Raiser::new(types).test(test, negated).map(drop)
}

/// Whether a quantified condition can be said.
pub(super) fn predicate(predicate: &Predicate, types: &dyn FieldTypes) -> Said<()> {
    Raiser::new(types).condition(predicate, false, condition::Place::And).map(drop)
}

/// Whether a value can be said.
pub(super) fn expr(expr: &Expr, types: &dyn FieldTypes) -> Said<()> {
    Raiser::new(types).scalar(expr).map(drop)
}

/// Whether a step can be said.
pub(super) fn step(step: &Step, types: &dyn FieldTypes) -> Said<()> {
    Raiser::new(types).step(step).map(drop)
}

/// One `where`: on one line if it is short, else a conjunct a line.
fn push_where(conjuncts: Vec<(String, Vec<String>)>, out: &mut Vec<String>) {
    const WIDTH: usize = 100;
    if conjuncts.is_empty() {
        return;
    }
    let mut texts = Vec::new();
    for (text, comments) in conjuncts {
        if !comments.is_empty() {
            if !texts.is_empty() {
                join_where(&std::mem::take(&mut texts), WIDTH, out);
            }
            out.extend(comments.into_iter().map(|comment| format!("// {comment}")));
        }
        texts.push(text);
    }
    join_where(&texts, WIDTH, out);
}

fn join_where(texts: &[String], width: usize, out: &mut Vec<String>) {
    let line = match texts {
        [one] => format!("| where {}", scalar::strip(one)),
        many => format!("| where {}", many.join(" and ")),
    };
    if line.len() <= width && !line.contains('\n') {
        out.push(line);
    } else {
        out.extend(texts.iter().map(|text| format!("| where {}", scalar::strip(text))));
    }
}

fn comments_of(predicate: &Predicate) -> Vec<String> {
    let mut comments = Vec::new();
    crate::model::walk::visit_predicate(
        predicate,
        |test| comments.extend(test.comments.iter().flat_map(|comment| comment.lines()).map(str::to_owned)),
        |_| {},
    );
    comments
}

/// The dotted name of a path, as types are listed.
fn name_of(path: &FieldPath) -> String {
    let keys: Vec<&str> = path
        .0
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(key) | Segment::KeyPattern(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    keys.join(".")
}

/// Whether a reference may stand for several values.
fn is_many(field: &FieldRef, list: bool) -> bool {
    let spread = field
        .path
        .0
        .iter()
        .any(|segment| matches!(segment, Segment::Any | Segment::KeyPattern(_) | Segment::Paired { .. }));
    spread || (list && field.mode != ArrayMode::Whole)
}

/// A value of constants as text.
pub(super) fn value_text(expr: &Expr, types: &dyn FieldTypes) -> Said<String> {
    Raiser::new(types).scalar(expr).map(|term| term.text)
}

/// A column's name as text.
pub(super) fn name_text(name: &str) -> String {
    literal::name(name)
}

/// A text as a literal.
pub(super) fn text_literal(text: &str) -> String {
    literal::text(text)
}

/// Whether a shape can be said.
pub(super) fn shape_of(found: &Shape, types: &dyn FieldTypes) -> Said<()> {
    let tables = ["Events".to_owned()];
    shape::write(&mut Raiser::new(types), found, &tables).map(drop)
}
