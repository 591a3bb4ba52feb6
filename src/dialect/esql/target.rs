//! What ES|QL can say of a model.

use super::{foreign, kept, raise, say};
use crate::diagnostic::codes::elastic;
use crate::model::function::elastic as functions;
use crate::model::walk::{self, Fold};
use crate::model::{
    ArrayMode, Direction, Expr, FieldRef, FieldTypes, Logic, Loss, ParseKind, Predicate, Quantifier, Select, Shape,
    Step, StepKind, Test, Unread,
};
use crate::plan::{Support, Target};

/// Takes the first and the last value of a field for the first and last element of the list.
#[derive(Default)]
struct Ends {
    found: bool,
}

impl Fold for Ends {
    fn field(&mut self, field: FieldRef) -> Expr {
        let function = match field.mode {
            ArrayMode::First => functions::ES_MV_FIRST,
            ArrayMode::Last | ArrayMode::LastDistinct => functions::ES_MV_LAST,
            _ => return Expr::Field(field),
        };
        self.found = true;
        Expr::Call(function, vec![Expr::Field(FieldRef { mode: ArrayMode::Whole, ..field })])
    }
}

/// ES|QL as a target: exact where a field holds one value.
pub struct EsqlTarget;

impl Target for EsqlTarget {
    fn name(&self) -> &'static str {
        "ES|QL"
    }

    fn carries(&self, entry: &Unread) -> bool {
        kept::is_own(entry)
    }

    fn test(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        let mut ends = Ends::default();
        let other = walk::test_parts(&mut ends, test.clone());
        if ends.found {
            // The forms that a test has here are asked for one by one: what is approximate already is not planned again.
            let mut said = other.clone();
            for _ in 0..4 {
                match say::test(&said, negated, types) {
                    Ok(_) => {
                        let message = "Elasticsearch keeps the values of a list sorted and each once, so the first and the last of them are not the first and last elements";
                        let loss =
                            Loss::matching(elastic::ESQL_MULTIVALUE, Direction::Either, message, Some(test.span));
                        return Support::Approximately(said.into(), vec![loss]);
                    }
                    Err(Support::As(Predicate::Test(form))) => said = form,
                    Err(Support::No(reason)) => return Support::No(reason),
                    Err(_) => break,
                }
            }
            return Support::No("values of a field have no order in Elasticsearch".to_owned());
        }
        match say::test(test, negated, types) {
            Ok(_) => Support::Exactly,
            Err(other) => other,
        }
    }

    fn test_of_events(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        match say::test_of_events(test, types) {
            Some(_) => Support::Exactly,
            None => self.test(test, negated, types),
        }
    }

    fn predicate(&self, predicate: &Predicate, _types: &dyn FieldTypes) -> Support<Predicate> {
        match predicate {
            Predicate::Elements { quantifier: Quantifier::Any, list, var, body } => {
                crate::dialect::elastic_elements::any_element(list, var, body)
            }
            Predicate::Elements { .. } => {
                Support::No("a condition on how many elements of a list; fields are flattened".to_owned())
            }
            _ => Support::No("it has no such connective".to_owned()),
        }
    }

    fn expr(&self, expr: &Expr, types: &dyn FieldTypes) -> Support<Expr> {
        match say::value(expr, types) {
            Ok(_) => Support::Exactly,
            Err(reason) => Support::No(reason),
        }
    }

    fn step(&self, step: &Step, types: &dyn FieldTypes) -> Support<Step> {
        let values = |values: &[&Expr]| match values.iter().find_map(|value| say::value(value, types).err()) {
            None => Support::Exactly,
            Some(reason) => Support::No(reason),
        };
        match &step.kind {
            StepKind::Extend(columns) | StepKind::Project(columns) | StepKind::Distinct(columns) => {
                values(&columns.iter().map(|column| &column.value).collect::<Vec<_>>())
            }
            StepKind::Select(Select::Reorder(_)) => Support::Approximately(
                Step { kind: StepKind::Select(Select::Drop(Vec::new())), ..step.clone() },
                vec![Loss::output(elastic::ELASTIC_OUTPUT, "the order of the columns is left as it is")],
            ),
            StepKind::Select(_) => Support::Exactly,
            StepKind::Aggregate { aggregates, by, .. } => {
                for column in aggregates {
                    let (value, filter) = match &column.value {
                        Expr::Aggregate(function, args, filter) => {
                            (Expr::Aggregate(*function, args.clone(), None), filter.as_deref())
                        }
                        other => (other.clone(), None),
                    };
                    if let Err(reason) = say::value(&value, types) {
                        return Support::No(reason);
                    }
                    if let Some(Err(reason)) = filter.map(|filter| raise::condition(filter, types)) {
                        return Support::No(reason);
                    }
                }
                values(&by.iter().map(|column| &column.value).collect::<Vec<_>>())
            }
            StepKind::Sort(keys) => values(&keys.iter().map(|key| &key.value).collect::<Vec<_>>()),
            StepKind::Limit(count) => values(&[count]),
            StepKind::Expand { columns, index: None, limit: None, keep_empty, .. } => {
                let made = values(&columns.iter().map(|column| &column.value).collect::<Vec<_>>());
                match made {
                    Support::Exactly
                        if columns.len() > 1 && !columns.iter().all(|column| named(&column.name, &column.value)) =>
                    {
                        Support::No("several lists cannot be expanded side by side".to_owned())
                    }
                    Support::Exactly if columns.len() > 1 => {
                        Support::No("several lists cannot be expanded side by side".to_owned())
                    }
                    Support::Exactly if !keep_empty => Support::Approximately(
                        step.clone(),
                        vec![Loss::matching(
                            elastic::ESQL_MULTIVALUE,
                            Direction::Wider,
                            "MV_EXPAND keeps rows without a value",
                            Some(step.span),
                        )],
                    ),
                    other => other,
                }
            }
            StepKind::Parse { subject, kind: ParseKind::Dissect | ParseKind::Grok, filter: false, .. } => {
                values(&[subject])
            }
            StepKind::Parse { subject, kind: ParseKind::Simple, parts, filter: false }
                if foreign::is_dissect(parts) =>
            {
                let kind = StepKind::Parse {
                    subject: subject.clone(),
                    kind: ParseKind::Dissect,
                    parts: parts.iter().map(foreign::dissect_part).collect(),
                    filter: false,
                };
                Support::As(Step { kind, ..step.clone() })
            }
            StepKind::Parse { .. } => Support::No("it takes texts apart with DISSECT and GROK only".to_owned()),
            StepKind::Join(_) => Support::No("it joins lookup indices only".to_owned()),
            StepKind::Union(_) => Support::No("it unites indices, not queries".to_owned()),
            _ => Support::No("it has no such command".to_owned()),
        }
    }

    fn shape(&self, shape: &Shape, types: &dyn FieldTypes) -> Support<Shape> {
        let filters = |events: &crate::model::Pipeline| Logic::Pipeline(events.clone()).as_filter().is_some();
        let keys = |keys: &[Expr]| keys.iter().find_map(|key| say::value(key, types).err());
        let windowed = |window: Option<u64>| match window {
            None => Support::Exactly,
            Some(_) => Support::Approximately(
                shape.clone(),
                vec![Loss::alerting(
                    elastic::ELASTIC_RUNS,
                    Direction::Either,
                    "events are counted over the rule's look-back, not over a window of their own",
                )],
            ),
        };
        match shape {
            Shape::Threshold { events, by, window, .. } if filters(events) => match keys(by) {
                None => windowed(*window),
                Some(reason) => Support::No(reason),
            },
            Shape::Cardinality { events, of, by, window, .. } if filters(events) && of.len() == 1 => {
                match keys(by).or_else(|| keys(of)) {
                    None => windowed(*window),
                    Some(reason) => Support::No(reason),
                }
            }
            Shape::Threshold { .. } | Shape::Cardinality { .. } => {
                Support::No("it counts plain events only".to_owned())
            }
            Shape::NewValue { .. } => {
                Support::No("new values are a rule type of Elastic (new_terms), no ES|QL query".to_owned())
            }
            Shape::Sequence { .. } | Shape::Absence { .. } => {
                Support::No("it relates no events in time; EQL does".to_owned())
            }
        }
    }
}

fn named(name: &str, value: &Expr) -> bool {
    value.as_field().is_some_and(|field| field.path.to_string() == name)
}
