//! Functions, aggregates and steps of Elastic's languages in Kusto's own, before anything is planned: each answer is the
//! same value. What would lose something is left as it is, for planning to refuse or to name the loss.
//!
//! Elastic's functions answer null for null; a missing text is the empty text here, so the presence of a text is asked
//! for where it decides (spec/elastic-semantics.md, "ES|QL"; spec/kusto-semantics.md).

use crate::diagnostic::Span;
use crate::evaluate::time::{DAY, UNIX_EPOCH, is_aligned};
use crate::model::function::kusto::aggregate;
use crate::model::function::{self, elastic, kusto};
use crate::model::walk::{self, Fold};
use crate::model::{
    CaseArm, Column, ExpandColumn, Expr, FieldKind, FieldTypes, Function, Logic, Ordering, ParseKind, ParsePart,
    Pipeline, Predicate, Step, StepKind, TICKS_PER_SECOND, Test, TestKind, Typing, Value,
};
use std::collections::HashMap;

/// The logic with everything that Kusto has under another name in that name.
pub(super) fn adopt(logic: Logic, types: &dyn FieldTypes) -> Logic {
    walk::logic(&mut Adopting { types, span: Span::default(), computed: HashMap::new() }, logic)
}

/// What is known of a computed column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Computed {
    /// A list; whether its elements are texts.
    List { texts: bool },
    /// Anything else.
    Other,
}

struct Adopting<'a> {
    types: &'a dyn FieldTypes,
    /// Of the step that is being folded.
    span: Span,
    computed: HashMap<String, Computed>,
}

impl Fold for Adopting<'_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        match walk::expr_parts(self, expr) {
            Expr::Call(function, args) => self.call(function, args),
            Expr::Aggregate(function, args, filter) => self.aggregate(function, args, filter.map(|filter| *filter)),
            other => other,
        }
    }

    fn step(&mut self, step: Step) -> Step {
        self.span = step.span;
        let step = walk::step_parts(self, step);
        self.learn(&step.kind);
        match step.kind {
            StepKind::Parse { subject, kind: ParseKind::Dissect, parts, filter } if is_plain(&parts) => {
                Step { kind: StepKind::Parse { subject, kind: ParseKind::Simple, parts, filter }, ..step }
            }
            kind => Step { kind, ..step },
        }
    }

    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        let outer = std::mem::take(&mut self.computed);
        let source = self.source(pipeline.source);
        let mut steps: Vec<Step> = Vec::new();
        let mut comments = Vec::new();
        for step in pipeline.steps {
            match self.expand(step) {
                Ok(step) => {
                    let mut step = self.step(step);
                    step.comments.splice(0..0, comments.drain(..));
                    steps.push(step);
                }
                Err(step) => comments.extend(step.comments),
            }
        }
        self.computed = outer;
        Pipeline { source, steps }
    }
}

impl Adopting<'_> {
    /// The expansion of a list as Kusto expands it, where a row without elements goes: one element, null, takes their
    /// place. `Err` where the column holds one value, so that there is nothing to expand.
    fn expand(&self, step: Step) -> Result<Step, Step> {
        let StepKind::Expand { columns, kind, index: None, limit: None, keep_empty: true } = &step.kind else {
            return Ok(step);
        };
        let [ExpandColumn { name, value: Expr::Field(field), to: None }] = columns.as_slice() else { return Ok(step) };
        let texts = match self.computed.get(&field.path.to_string()) {
            Some(Computed::List { texts }) => *texts,
            Some(Computed::Other) => return Err(step),
            None => match self.types.type_of(&field.path.to_string()) {
                Some(found) if found.list => {
                    matches!(found.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text)
                }
                Some(found) if found.kind == FieldKind::Dynamic => false,
                _ => return Err(step),
            },
        };
        let list = Expr::Field(field.clone());
        let count = Expr::Call(function::COUNT_ELEMENTS, vec![list.clone()]);
        let zero = Expr::Literal(Value::Int(0));
        let empty = Test::new(count, equals(zero), step.span);
        let arms = vec![CaseArm { when: empty.into(), then: Expr::Literal(Value::Null) }];
        let column = ExpandColumn {
            name: name.clone(),
            value: Expr::Case(arms, Box::new(list)),
            to: texts.then(|| "string".to_owned()),
        };
        let kind = StepKind::Expand { columns: vec![column], kind: *kind, index: None, limit: None, keep_empty: false };
        Ok(Step { kind, ..step })
    }

    fn learn(&mut self, kind: &StepKind) {
        let mut add = |column: &Column| {
            let found = match &column.value {
                Expr::Aggregate(aggregate::MAKE_SET | aggregate::MAKE_LIST, args, _) => {
                    Computed::List { texts: args.first().is_some_and(|arg| self.may_be_text(arg)) }
                }
                Expr::List(_) | Expr::Call(function::SPLIT | elastic::ES_SPLIT, _) => Computed::List { texts: true },
                Expr::Field(field) if field.path.to_string() == column.name => return None,
                _ => Computed::Other,
            };
            Some((column.name.clone(), found))
        };
        let found: Vec<_> = match kind {
            StepKind::Extend(columns) | StepKind::Project(columns) => columns.iter().filter_map(&mut add).collect(),
            StepKind::Aggregate { aggregates, by, .. } => aggregates.iter().chain(by).filter_map(&mut add).collect(),
            StepKind::Expand { columns, .. } => {
                columns.iter().map(|column| (column.name.clone(), Computed::Other)).collect()
            }
            StepKind::Parse { parts, .. } => parts
                .iter()
                .filter_map(|part| match part {
                    ParsePart::Column(name, _) => Some((name.clone(), Computed::Other)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        self.computed.extend(found);
    }

    /// Whether a value may be a text, so that it is empty where it is missing.
    fn may_be_text(&self, value: &Expr) -> bool {
        match value {
            Expr::Literal(Value::String(_)) => true,
            Expr::Field(field) => match self.types.type_of(&field.path.to_string()) {
                Some(found) => {
                    matches!(found.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip)
                }
                None => !matches!(field.path.to_string().as_str(), "@timestamp" | "TimeGenerated" | "Timestamp"),
            },
            Expr::Call(called, _) => {
                [function::LOWER, function::UPPER, function::TRIM, function::CONCAT_OR_EMPTY, kusto::SUBSTRING]
                    .contains(called)
            }
            Expr::Case(arms, otherwise) => {
                self.may_be_text(otherwise) || arms.iter().any(|arm| self.may_be_text(&arm.then))
            }
            _ => false,
        }
    }

    /// What is known of a computed list.
    fn list(&self, value: &Expr) -> Option<Computed> {
        let name = value.as_field()?.path.to_string();
        self.computed.get(&name).copied().filter(|found| matches!(found, Computed::List { .. }))
    }

    /// Whether a column holds one value.
    fn is_single(&self, value: &Expr) -> bool {
        let Some(field) = value.as_field() else { return false };
        let name = field.path.to_string();
        match self.computed.get(&name) {
            Some(found) => *found == Computed::Other,
            None => self.types.type_of(&name).is_none_or(|found| !found.list && found.kind != FieldKind::Dynamic),
        }
    }

    fn present(&self, value: &Expr) -> Predicate {
        Test::new(value.clone(), TestKind::Present, self.span).into()
    }

    fn call(&self, called: Function, args: Vec<Expr>) -> Expr {
        match self.same(called, &args) {
            Some(same) => same,
            None => Expr::Call(called, args),
        }
    }

    fn same(&self, called: Function, args: &[Expr]) -> Option<Expr> {
        Some(match (called, args) {
            (elastic::ES_TO_STRING, [value]) if self.may_be_text(value) || is_whole(value, self.types) => {
                Expr::Call(function::TO_TEXT, vec![value.clone()])
            }
            (elastic::ES_DATE_TRUNC | elastic::ES_BUCKET, [first, second]) => {
                let (width, time) = match (first, second) {
                    (Expr::Literal(Value::Duration(width)), time) | (time, Expr::Literal(Value::Duration(width))) => {
                        (*width, time)
                    }
                    _ => return None,
                };
                if width <= 0 {
                    return None;
                }
                let mut args = vec![time.clone(), Expr::Literal(Value::Duration(width))];
                if is_aligned(width) {
                    Expr::Call(kusto::BIN, args)
                } else {
                    args.push(Expr::Literal(Value::DateTime(UNIX_EPOCH)));
                    Expr::Call(kusto::BIN_AT, args)
                }
            }
            (elastic::ES_DATE_TRUNC_MONTHS, [Expr::Literal(Value::Int(1)), time]) => {
                Expr::Call(kusto::STARTOFMONTH, vec![time.clone()])
            }
            (elastic::ES_DATE_TRUNC_MONTHS, [Expr::Literal(Value::Int(12)), time]) => {
                Expr::Call(kusto::STARTOFYEAR, vec![time.clone()])
            }
            (elastic::ES_ADD_MONTHS, [time, months]) => {
                Expr::Call(kusto::DATETIME_ADD, vec![Expr::text("month"), months.clone(), time.clone()])
            }
            (elastic::ES_DATE_DIFF, [unit, from, to]) => {
                let width = unit_of(unit.as_text()?)?;
                let between = Expr::Call(kusto::SUBTRACT, vec![to.clone(), from.clone()]);
                let units = Expr::Call(kusto::DIVIDE, vec![between, Expr::Literal(Value::Duration(width))]);
                Expr::Call(kusto::TOLONG, vec![units])
            }
            (elastic::ES_DATE_EXTRACT, [part, time]) => {
                let part = match part.as_text()?.to_ascii_lowercase().as_str() {
                    "hour_of_day" => "hour",
                    "minute_of_hour" => "minute",
                    "second_of_minute" => "second",
                    "day_of_month" => "day",
                    "month_of_year" => "month",
                    "year" => "year",
                    _ => return None,
                };
                Expr::Call(kusto::DATETIME_PART, vec![Expr::text(part), time.clone()])
            }
            (elastic::ES_REPLACE, [text, pattern, with]) => {
                let (pattern, with) = (pattern.as_text()?, with.as_text()?);
                regex::Regex::new(pattern).ok()?;
                if with.contains('\\') {
                    return None;
                }
                let with = with.replace('$', "\\");
                Expr::Call(kusto::REPLACE_REGEX, vec![text.clone(), Expr::text(pattern), Expr::text(with)])
            }
            (elastic::ES_SUBSTRING, [text, Expr::Literal(Value::Int(start)), rest @ ..]) if *start >= 1 => {
                let mut args = vec![text.clone(), Expr::Literal(Value::Int(start - 1))];
                args.extend(rest.iter().cloned());
                Expr::Call(kusto::SUBSTRING, args)
            }
            (elastic::ES_LEFT, [text, count]) => {
                Expr::Call(kusto::SUBSTRING, vec![text.clone(), Expr::Literal(Value::Int(0)), count.clone()])
            }
            (elastic::ES_FROM_BASE64, [text]) => Expr::Call(kusto::BASE64_DECODE_TOSTRING, vec![text.clone()]),
            (elastic::ES_TO_BASE64, [text]) => Expr::Call(kusto::BASE64_ENCODE_TOSTRING, vec![text.clone()]),
            (elastic::ES_MV_COUNT, [list]) if self.list(list).is_some() => {
                Expr::Call(function::COUNT_ELEMENTS, vec![list.clone()])
            }
            (elastic::ES_MV_CONCAT, [list, between]) if self.list(list).is_some() => {
                Expr::Call(kusto::STRCAT_ARRAY, vec![list.clone(), between.clone()])
            }
            // Of one value, its first, last, least and greatest are that value.
            (
                elastic::ES_MV_FIRST
                | elastic::ES_MV_LAST
                | elastic::ES_MV_MIN
                | elastic::ES_MV_MAX
                | elastic::ES_MV_DEDUPE,
                [value],
            )
            | (elastic::ES_MV_CONCAT, [value, _])
                if self.is_single(value) =>
            {
                value.clone()
            }
            (elastic::ES_ABS, [number]) => Expr::Call(kusto::ABS, vec![number.clone()]),
            (elastic::ES_CEIL, [number]) => Expr::Call(kusto::CEILING, vec![number.clone()]),
            (elastic::ES_ROUND, _) => Expr::Call(kusto::ROUND, args.to_vec()),
            (function::COALESCE, [first, rest @ ..]) if !rest.is_empty() && !is_empty_text(rest) => {
                let otherwise = match rest {
                    [one] => one.clone(),
                    _ => self.call(function::COALESCE, rest.to_vec()),
                };
                let arms = vec![CaseArm { when: self.present(first), then: first.clone() }];
                Expr::Case(arms, Box::new(otherwise))
            }
            // Null where any part is.
            (function::CONCAT, _) => {
                let joined = Expr::Call(function::CONCAT_OR_EMPTY, args.to_vec());
                let parts = args.iter().filter(|arg| arg.as_literal().is_none());
                let there: Vec<Predicate> = parts.map(|part| self.present(part)).collect();
                if there.is_empty() {
                    return Some(joined);
                }
                let arms = vec![CaseArm { when: Predicate::all(there), then: joined }];
                Expr::Case(arms, Box::new(Expr::text("")))
            }
            (elastic::DIVIDE, [left, right]) if right.as_literal().is_some_and(|value| value.as_f64() != Some(0.0)) => {
                Expr::Call(kusto::DIVIDE, vec![left.clone(), right.clone()])
            }
            _ => return None,
        })
    }

    fn aggregate(&self, called: Function, args: Vec<Expr>, filter: Option<Predicate>) -> Expr {
        let there =
            |value: &Expr| Some(Box::new(Predicate::all(filter.clone().into_iter().chain([self.present(value)]))));
        let with =
            |called: Function, args: &[Expr]| Expr::Aggregate(called, args.to_vec(), filter.clone().map(Box::new));
        let count = |value: &Expr| Expr::Aggregate(aggregate::COUNT_ROWS, Vec::new(), there(value));
        match (called, args.as_slice()) {
            (elastic::AGG_COUNT, [value]) => count(value),
            (elastic::AGG_PRESENT | elastic::AGG_ABSENT, [value]) => {
                let one = Expr::Literal(Value::Int(1));
                let kind = TestKind::Compare { ordering: Ordering::GreaterOrEqual, value: one, typing: Typing::Typed };
                let some: Predicate = Test::new(count(value), kind, self.span).into();
                Expr::Truth(Box::new(if called == elastic::AGG_PRESENT { some } else { some.negate() }))
            }
            // Sums of what is always there; of nothing, ES|QL's sum is null and Kusto's is 0.
            (elastic::AGG_SUM, [value]) if is_always(value) => with(aggregate::SUM, &args),
            (elastic::AGG_AVG, [_]) => with(aggregate::AVG, &args),
            (elastic::AGG_STD_DEV, [_]) => with(aggregate::STDEVP, &args),
            (elastic::AGG_VARIANCE, [_]) => with(aggregate::VARIANCEP, &args),
            (elastic::AGG_FIRST, [value, time]) => with(aggregate::ARG_MIN, &[time.clone(), value.clone()]),
            (elastic::AGG_LAST, [value, time]) => with(aggregate::ARG_MAX, &[time.clone(), value.clone()]),
            // A missing text is no value of a set, and not the least one.
            (aggregate::MAKE_SET | aggregate::MIN | aggregate::MAX, [value])
                if self.may_be_text(value) && !asks_presence(filter.as_ref(), value) =>
            {
                Expr::Aggregate(called, args.clone(), there(value))
            }
            _ => Expr::Aggregate(called, args, filter.map(Box::new)),
        }
    }
}

/// The step with Kusto's sum in place of Elastic's, which is null where there is no value; `None` where there is none.
pub(super) fn sums(step: &Step) -> Option<Step> {
    if !matches!(step.kind, StepKind::Aggregate { .. }) {
        return None;
    }
    struct Sums(bool);
    impl Fold for Sums {
        fn expr(&mut self, expr: Expr) -> Expr {
            match walk::expr_parts(self, expr) {
                Expr::Aggregate(elastic::AGG_SUM, args, filter) => {
                    self.0 = true;
                    Expr::Aggregate(aggregate::SUM, args, filter)
                }
                other => other,
            }
        }
    }
    let mut sums = Sums(false);
    let summed = walk::step_parts(&mut sums, step.clone());
    sums.0.then_some(summed)
}

/// Whether a condition asks for the presence of a value already, or that it is not the empty text.
fn asks_presence(filter: Option<&Predicate>, value: &Expr) -> bool {
    filter.is_some_and(|filter| {
        filter.conjuncts().iter().any(|conjunct| match conjunct {
            Predicate::Test(Test { subject, kind: TestKind::Present, .. }) => subject == value,
            Predicate::Not(inner) => {
                matches!(&**inner, Predicate::Test(Test { subject, kind: TestKind::Empty, .. }) if subject == value)
            }
            _ => false,
        })
    })
}

fn equals(value: Expr) -> TestKind {
    TestKind::Equals { value, case: crate::model::Case::Sensitive, typing: Typing::Typed }
}

/// Whether a number is never null.
fn is_always(value: &Expr) -> bool {
    match value {
        Expr::Literal(value) => !value.is_null(),
        Expr::Case(arms, otherwise) => is_always(otherwise) && arms.iter().all(|arm| is_always(&arm.then)),
        _ => false,
    }
}

fn is_whole(value: &Expr, types: &dyn FieldTypes) -> bool {
    let Some(field) = value.as_field() else { return false };
    types.type_of(&field.path.to_string()).is_some_and(|found| found.kind == FieldKind::Long && !found.list)
}

/// The empty text as the last resort: a missing text is that anyway.
fn is_empty_text(rest: &[Expr]) -> bool {
    matches!(rest, [one] if one.as_text() == Some(""))
}

/// Keys and the texts between them, nothing joined or padded; the last key takes the rest.
fn is_plain(parts: &[ParsePart]) -> bool {
    let plain =
        parts.iter().all(|part| matches!(part, ParsePart::Skip | ParsePart::Text(_) | ParsePart::Column(_, None)));
    plain && ParsePart::are_apart(parts)
}

/// The length of a unit by ES|QL's names of it.
fn unit_of(unit: &str) -> Option<i64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "millisecond" | "milliseconds" | "ms" => TICKS_PER_SECOND / 1_000,
        "second" | "seconds" | "ss" | "s" => TICKS_PER_SECOND,
        "minute" | "minutes" | "mi" | "n" => 60 * TICKS_PER_SECOND,
        "hour" | "hours" | "hh" => 3_600 * TICKS_PER_SECOND,
        "day" | "days" | "dd" | "d" => DAY,
        "week" | "weeks" | "wk" | "ww" => 7 * DAY,
        _ => return None,
    })
}
