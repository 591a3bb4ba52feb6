//! What stands beside the logic, in the target's names: outputs, title, groups, tests.

use super::query::QueryTranslation;
use super::{Env, FieldMode, Options};
use crate::diagnostic::Span;
use crate::diagnostic::codes;
use crate::fields::{self, Schema, SchemaTypes};
use crate::model::{
    Alerting, Dedup, Detection, DynamicSeverity, Expr, LogSource, Logic, Loss, OutputField, PlatformId, Predicate,
    Suppression, TestCase,
};
use crate::rewrite::typed::{self, EventShape};
use std::collections::BTreeMap;

/// A detection ready to be written, with what was lost beside the logic.
pub(super) struct Prepared {
    pub(super) detection: Detection,
    pub(super) losses: Vec<Loss>,
}

/// The detection for the target: planned logic, and everything beside it in the target's names.
pub(super) fn for_target(
    source: &Detection,
    from: Option<PlatformId>,
    to: PlatformId,
    translated: &QueryTranslation,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Prepared {
    let schema = translated.schema.as_deref().and_then(|name| env.schemas.get(name));
    let mut names = Names {
        from,
        to,
        schema,
        keep: options.fields == FieldMode::Keep,
        losses: Vec::new(),
        log_types: super::shown::log_types(source),
    };
    let mut detection = source.clone();
    detection.logic = translated.logic.clone();
    detection.unread = Vec::new();
    if from != Some(to) {
        detection.outputs = if translated.outputs.is_empty() {
            names.outputs(&source.outputs)
        } else {
            names.returned(&source.outputs, &translated.outputs)
        };
        detection.alerting = names.alerting(&source.alerting);
        detection.tests = names.tests(&source.tests);
        detection.log_sources = vec![LogSource {
            id: translated.schema.clone(),
            names: translated.sources.clone(),
            connectors: schema
                .and_then(|schema| schema.scopes.get(&to))
                .and_then(|scope| scope.connector.clone())
                .into_iter()
                .collect(),
        }];
    }
    if to == PlatformId::Panther && from != Some(to) {
        let entities = names.entities(source);
        super::panther_alerts::complete(&mut detection, &entities, schema);
        detection.entities.clear();
    }
    Prepared { detection, losses: names.losses }
}

struct Names<'a> {
    from: Option<PlatformId>,
    to: PlatformId,
    schema: Option<&'a Schema>,
    keep: bool,
    losses: Vec<Loss>,
    log_types: BTreeMap<String, Vec<String>>,
}

impl Names<'_> {
    /// A Panther value as the field table lets it be said.
    fn settled(&self, expr: &Expr, schema: &Schema) -> Expr {
        if self.from != Some(PlatformId::Panther) {
            return expr.clone();
        }
        let types = SchemaTypes { schemas: vec![schema], platform: PlatformId::Panther };
        typed::value_by_types(expr.clone(), &EventShape::new(&types, self.log_types.clone()))
    }

    fn expr(&self, expr: &Expr) -> Result<Expr, String> {
        match (self.from, self.schema) {
            _ if self.keep => Ok(expr.clone()),
            (Some(from), Some(schema)) => fields::rename_expr(&self.settled(expr, schema), from, self.to, schema)
                .map_err(|missing| format!("`{}`: {}", missing.name, missing.reason)),
            _ => Ok(expr.clone()),
        }
    }

    fn outputs(&mut self, outputs: &[OutputField]) -> Vec<OutputField> {
        let mut kept = Vec::new();
        for output in outputs {
            match self.expr(&output.value) {
                Ok(value) => kept.push(OutputField { name: output.name.clone(), value }),
                Err(reason) => self.losses.push(Loss::output(
                    codes::fields::OUTPUT_LOST,
                    format!("the alert no longer shows {}: {reason}", output.name),
                )),
            }
        }
        kept
    }

    /// What the query returns of it, each under its column.
    fn returned(&mut self, outputs: &[OutputField], returned: &[OutputField]) -> Vec<OutputField> {
        for output in outputs {
            if returned.iter().all(|kept| kept.name != output.name) {
                let reason = self.expr(&output.value).err().unwrap_or_else(|| "it cannot be a column".to_owned());
                self.losses.push(Loss::output(
                    codes::fields::OUTPUT_LOST,
                    format!("the alert no longer shows {}: {reason}", output.name),
                ));
            }
        }
        returned.to_vec()
    }

    /// The entities of an alert by their kinds, as far as their fields have a counterpart.
    fn entities(&mut self, source: &Detection) -> super::panther_alerts::Entities {
        let mut found = Vec::new();
        for entity in &source.entities {
            for field in &entity.fields {
                let shown = source.outputs.iter().find(|output| output.name == field.column);
                let value = shown.map_or_else(|| Expr::whole(&field.column), |output| output.value.clone());
                match self.expr(&value) {
                    Ok(value) => found.push((entity.kind.clone(), value)),
                    Err(reason) => self.losses.push(Loss::output(
                        codes::fields::OUTPUT_LOST,
                        format!("the alert no longer names the {} of {}: {reason}", entity.kind, field.column),
                    )),
                }
            }
        }
        found
    }

    fn group(&mut self, by: &[Expr], what: &str) -> Option<Vec<Expr>> {
        match by.iter().map(|expr| self.expr(expr)).collect::<Result<Vec<_>, _>>() {
            Ok(by) => Some(by),
            Err(reason) => {
                self.losses.push(Loss::alerting(
                    codes::fields::GROUP_LOST,
                    crate::model::Direction::Wider,
                    format!("{what} by a field without a counterpart is left out: {reason}"),
                ));
                None
            }
        }
    }

    fn alerting(&mut self, source: &Alerting) -> Alerting {
        let mut alerting = source.clone();
        alerting.title = source.title.as_ref().and_then(|title| match self.expr(title) {
            Ok(title) => Some(title),
            Err(reason) => {
                self.losses.push(Loss::output(
                    codes::fields::OUTPUT_LOST,
                    format!("the computed title is left out: {reason}"),
                ));
                None
            }
        });
        alerting.dedup = source.dedup.as_ref().and_then(|dedup| {
            let by = self.group(&dedup.by, "grouping of alerts")?;
            let unique = match &dedup.unique {
                Some(unique) => Some(self.group(std::slice::from_ref(unique), "counting of distinct values")?.pop()?),
                None => None,
            };
            Some(Dedup { by, unique, ..dedup.clone() })
        });
        alerting.suppression = source.suppression.as_ref().and_then(|suppression| {
            let by = self.group(&suppression.by, "suppression of alerts")?;
            Some(Suppression { by, ..suppression.clone() })
        });
        alerting.severity = self.severities(&source.severity);
        alerting
    }

    /// Severities that depend on the event, in the target's names. The first that applies counts, so behind one that
    /// has no counterpart none stays.
    fn severities(&mut self, source: &[DynamicSeverity]) -> Vec<DynamicSeverity> {
        let mut kept = Vec::new();
        for arm in source {
            let severity = match &arm.severity {
                Ok(severity) => Some(Ok(*severity)),
                Err(column) => self.expr(column).ok().map(|column| Err(Box::new(column))),
            };
            match self.condition(&arm.when).zip(severity) {
                Some((when, severity)) => kept.push(DynamicSeverity { when, severity }),
                None => {
                    self.losses.push(Loss::output(
                        codes::fields::OUTPUT_LOST,
                        "the severity that depends on the event is left out; the rule's own severity stays",
                    ));
                    break;
                }
            }
        }
        kept
    }

    /// A condition beside the logic in the target's names; `None` where a field of it has no counterpart.
    fn condition(&self, condition: &Predicate) -> Option<Predicate> {
        let (Some(from), Some(schema), false) = (self.from, self.schema, self.keep) else {
            return Some(condition.clone());
        };
        let mut logic = Logic::filter(condition.clone(), Span::default());
        if from == PlatformId::Panther {
            let types = SchemaTypes { schemas: vec![schema], platform: from };
            logic = typed::by_types(logic, &EventShape::new(&types, self.log_types.clone())).logic;
        }
        let common = fields::to_common(logic, from, schema);
        let mapped = fields::from_common(common.logic.clone(), self.to, schema);
        let whole = [&common, &mapped].iter().all(|side| side.unmapped.is_empty() && !side.broken);
        whole.then(|| mapped.logic.as_filter()).flatten()
    }

    fn tests(&mut self, tests: &[TestCase]) -> Vec<TestCase> {
        tests
            .iter()
            .filter(|test| !test.mocked)
            .map(|test| {
                let event = match (self.from, self.schema) {
                    (Some(from), Some(schema)) if !self.keep => {
                        fields::project(&fields::unproject(&test.event, schema, from), schema, self.to)
                    }
                    _ => test.event.clone(),
                };
                TestCase { event, ..test.clone() }
            })
            .collect()
    }
}
