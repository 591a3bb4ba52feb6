//! Conditions that only choose events: what every event of the log source says, and of which kind it is.

use super::super::kinds::{self, kind_path};
use super::super::registry;
use super::super::schema::Schema;
use super::super::several::{SOURCE, TABLE};
use super::{Mapper, Side, typed};
use crate::diagnostic::{Span, codes};
use crate::model::walk::Fold;
use crate::model::{
    ArrayMode, Case, Direction, Expr, FieldPath, FieldRef, FieldType, Loss, Pipeline, Place, PlatformId, Predicate,
    Stage, Step, StepKind, Test, TestKind, Typing, Value,
};

impl Mapper<'_> {
    /// A condition that the log source answers; `None` where it asks for something else.
    pub(super) fn told_by_source(&mut self, test: &Test) -> Option<Predicate> {
        let Expr::Field(field) = &test.subject else { return None };
        if self.is_computed(field) {
            return None;
        }
        match self.side {
            Side::ToCommon => {
                let name = field.path.to_string();
                if self.schema.is_mark(self.platform, &name) {
                    return self.kinds_asked(&name, test);
                }
                self.derived(&name, test).or_else(|| self.constant(&name, test))
            }
            Side::FromCommon if field.path == kind_path() => Some(self.kinds_marked(test)),
            // The table that holds the events of this log source.
            Side::FromCommon if field.path.as_column() == Some(SOURCE) => {
                let table = self.schema.scopes.get(&self.platform)?.names.first()?;
                Some(named(TABLE, table))
            }
            Side::FromCommon => None,
        }
    }

    /// A condition on a field that is made from others, as the conditions under which it has the values asked for.
    fn derived(&mut self, name: &str, test: &Test) -> Option<Predicate> {
        let schema = self.schema;
        let derived = schema.derived.iter().find(|derived| derived.elastic == name)?;
        if self.platform != PlatformId::Elastic {
            return None;
        }
        Some(match derived.condition(test, schema) {
            Ok(condition) => {
                if let Some(note) = &derived.note {
                    let message = format!("`{name}` is made from other fields: {note}");
                    self.lose(codes::fields::DOUBTFUL, Direction::Either, message, test.span);
                }
                condition
            }
            Err(reason) => self.leave_out(Some(test.span), super::Unmapped { name: name.to_owned(), reason }),
        })
    }

    /// A condition on a field that holds the same on every event of the log source.
    fn constant(&mut self, name: &str, test: &Test) -> Option<Predicate> {
        let known = self.schema.scopes.get(&self.platform)?.constants.get(name)?;
        let mut holds = false;
        for value in known {
            holds |= kinds::holds(&test.kind, value)?;
        }
        let elsewhere: Vec<String> = kinds::named(&test.kind)
            .into_iter()
            .filter(|value| !known.iter().any(|own| own.eq_ignore_ascii_case(value)))
            .collect();
        if !elsewhere.is_empty() && self.place == Place::Asserted {
            let message = format!(
                "events whose `{name}` is {} are not searched: they are in another table than {}",
                quoted(&elsewhere),
                self.schema.title
            );
            self.lose(codes::fields::KIND_MISSING, Direction::Narrower, message, test.span);
        }
        Some(Predicate::Always(holds))
    }

    /// A condition on a field that marks kinds of events, as the kinds of which it holds.
    fn kinds_asked(&mut self, name: &str, test: &Test) -> Option<Predicate> {
        let asked = self.schema.asked(self.platform, name, &test.kind)?;
        if !asked.unknown.is_empty() && self.place != Place::Denied {
            let message = format!(
                "events whose `{name}` is {} are not searched: nothing is known of their counterpart",
                quoted(&asked.unknown)
            );
            self.lose(codes::fields::KIND_MISSING, Direction::Narrower, message, test.span);
        }
        if asked.kinds.is_empty() {
            return Some(Predicate::Always(false));
        }
        Some(kind_test(&asked.kinds, test.span))
    }

    /// The kinds of a condition in the platform's words.
    fn kinds_marked(&mut self, test: &Test) -> Predicate {
        let wanted = kinds::named(&test.kind);
        let platform = self.platform.name();
        let Some(marked) = self.schema.marked(self.platform, &wanted) else {
            let reason = format!("{platform} does not tell these kinds of events apart: {}", wanted.join(", "));
            return self.leave_out(Some(test.span), super::Unmapped { name: kinds::KIND.to_owned(), reason });
        };
        let missing = &marked.missing;
        if !missing.is_empty() && self.place != Place::Denied {
            let notes = self.notes(missing);
            let message =
                format!("{} of {platform} has no events of the kind {}{notes}", self.schema.title, quoted(missing));
            self.lose(codes::fields::KIND_MISSING, Direction::Narrower, message, test.span);
        }
        if marked.nothing {
            return Predicate::Always(false);
        }
        if !marked.alike.is_empty() && test.span != Span::default() {
            let direction = match self.place {
                Place::Asserted => Direction::Wider,
                Place::Denied => Direction::Narrower,
                Place::Fixed => Direction::Either,
            };
            let message =
                format!("{platform} does not tell these events from those of the kind {}", quoted(&marked.alike));
            self.lose(codes::fields::KIND_ALIKE, direction, message, test.span);
        }
        for name in &wanted {
            if let Some(note) =
                self.schema.kind(name).filter(|kind| kind.on(self.platform)).and_then(|kind| kind.note.clone())
            {
                self.lose(
                    codes::fields::DOUBTFUL,
                    Direction::Either,
                    format!("the kind of event `{name}`: {note}"),
                    test.span,
                );
            }
        }
        match marked.test {
            None => Predicate::Always(true),
            Some((field, values)) => Predicate::Test(self.mark_test(&field, &values, test.span)),
        }
    }

    fn notes(&self, kinds: &[String]) -> String {
        let notes: Vec<String> =
            kinds.iter().filter_map(|name| self.schema.kind(name)).filter_map(|kind| kind.note.clone()).collect();
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
    }

    fn mark_test(&self, field: &str, values: &[String], span: Span) -> Test {
        let path = FieldPath::parse(field);
        let kind = super::lookup::find_row(self.schema, self.platform, &path)
            .map_or(FieldType::default(), |found| found.row.type_on(self.platform));
        let (mode, typing) = match self.platform {
            PlatformId::Elastic => (ArrayMode::Any, Typing::Mapped(kind)),
            PlatformId::Sentinel => (ArrayMode::Whole, Typing::Typed),
            PlatformId::Panther => (ArrayMode::Whole, Typing::Python),
        };
        let literal = |value: &String| Expr::Literal(typed(&Value::String(value.clone()), kind));
        let case = Case::Sensitive;
        let kind = match values {
            [value] => TestKind::Equals { value: literal(value), case, typing },
            values => TestKind::In { values: values.iter().map(literal).collect(), case, typing },
        };
        Test::new(Expr::Field(FieldRef::new(path, mode)), kind, span)
    }

    /// A rule that asks for no kind of events means every kind that its platform has.
    pub(super) fn say_kinds(&self, pipeline: &mut Pipeline) {
        let kinds = self.schema.kinds_on(self.platform);
        if kinds.is_empty() {
            return;
        }
        match pipeline.steps.first_mut() {
            Some(Step { kind: StepKind::Filter(first), .. }) => {
                *first = with_kinds(std::mem::replace(first, Predicate::Always(true)), &kinds);
            }
            _ => pipeline
                .steps
                .insert(0, Step::new(StepKind::Filter(kind_test(&kinds, Span::default())), Span::default())),
        }
    }

    /// A stage of a sequence by the field table of its own events: those of the log source and of the kinds it means.
    pub(super) fn stage_of(&mut self, number: usize, stage: Stage) -> Stage {
        let outer = self.schema;
        let own = self.sources.and_then(|sources| sources.stages.get(number).copied());
        self.schema = own.unwrap_or(outer);
        // What only names the log source is answered here, as in a rule that filters.
        let filter = match self.side {
            Side::ToCommon => {
                Predicate::all(stage.filter.conjuncts().iter().filter(|conjunct| !self.says_nothing(conjunct)).cloned())
            }
            Side::FromCommon => stage.filter,
        };
        let filter = self.predicate(filter);
        let by = self.keys(stage.by, stage.span);
        let filter = match (self.side, own) {
            (Side::ToCommon, own) => {
                let kinds = self.schema.kinds_on(self.platform);
                let filter = if kinds.is_empty() { filter } else { with_kinds(filter, &kinds) };
                match own {
                    Some(schema) => Predicate::all([named(SOURCE, &schema.source), filter]),
                    None => filter,
                }
            }
            (Side::FromCommon, Some(_)) => filter,
            (Side::FromCommon, None) => self.with_discriminator(filter),
        };
        self.schema = outer;
        Stage { filter, by, runs: stage.runs, span: stage.span }
    }

    /// Keys that events share: where a platform has no single column for one, its several columns.
    fn keys(&mut self, by: Vec<Expr>, span: Span) -> Vec<Expr> {
        let mut keys: Vec<Expr> = Vec::new();
        for key in by {
            let columns = key
                .as_field()
                .filter(|_| self.side == Side::FromCommon)
                .and_then(|field| super::lookup::find_common(self.schema, &field.path))
                .and_then(|found| found.row.columns.get(&self.platform).cloned());
            match columns {
                Some(columns) => {
                    for column in columns {
                        let key = Expr::Field(FieldRef::new(column, ArrayMode::Whole));
                        if !keys.contains(&key) {
                            keys.push(key);
                        }
                    }
                }
                None => {
                    let known = self.losses.len();
                    let key = self.expr(key);
                    for loss in self.losses.iter_mut().skip(known) {
                        loss.span = loss.span.or(Some(span));
                    }
                    if self.side == Side::ToCommon || !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
        }
        keys
    }

    /// A condition on the path of a registry value where key and name of the value stand apart.
    pub(super) fn registry_path(&mut self, test: &Test) -> Option<Predicate> {
        let Expr::Field(field) = &test.subject else { return None };
        if self.side != Side::FromCommon {
            return None;
        }
        let row = super::lookup::find_common(self.schema, &field.path)?.row.clone();
        let [key, value] = row.registry.then(|| row.columns.get(&self.platform))??.as_slice() else { return None };
        let Some(alternatives) = registry::apart(&test.kind) else {
            let reason = format!("{} keeps key and value apart, which cannot be asked this", self.platform.name());
            return Some(self.leave_out(Some(test.span), super::Unmapped { name: row.name.to_string(), reason }));
        };
        self.note_confidence(&row, test.span, Some(&test.kind));
        let of = |column: &FieldPath, kind: TestKind| {
            let subject = Expr::Field(FieldRef::new(column.clone(), ArrayMode::Whole));
            Predicate::Test(Test { subject, kind, ..test.clone() })
        };
        Some(Predicate::any(alternatives.into_iter().map(|(of_key, of_value)| {
            Predicate::all(std::iter::once(of(key, of_key)).chain(of_value.map(|kind| of(value, kind))))
        })))
    }

    fn lose(&mut self, code: crate::diagnostic::Code, direction: Direction, message: String, span: Span) {
        let span = Some(span).filter(|span| *span != Span::default());
        let loss = Loss::matching(code, direction, message, span);
        if !self.losses.contains(&loss) {
            self.losses.push(loss);
        }
    }
}

/// The condition that a column holds this text.
fn named(column: &str, text: &str) -> Predicate {
    let subject = Expr::Field(FieldRef::new(FieldPath::column(column), ArrayMode::Whole));
    let kind = TestKind::Equals { value: Expr::text(text), case: Case::Sensitive, typing: Typing::Typed };
    Test::new(subject, kind, Span::default()).into()
}

fn with_kinds(condition: Predicate, kinds: &[String]) -> Predicate {
    if condition.conjuncts().iter().any(|conjunct| kinds_of(conjunct).is_some()) {
        return condition;
    }
    Predicate::all([kind_test(kinds, Span::default()), condition])
}

/// The condition that an event is of one of these kinds.
fn kind_test(kinds: &[String], span: Span) -> Predicate {
    let subject = Expr::Field(FieldRef::new(kind_path(), ArrayMode::Whole));
    let values = kinds.iter().map(|name| Expr::text(name.clone())).collect();
    Test::new(subject, TestKind::In { values, case: Case::Sensitive, typing: Typing::Typed }, span).into()
}

fn kinds_of(predicate: &Predicate) -> Option<(Vec<String>, Span)> {
    let Predicate::Test(Test { subject: Expr::Field(field), kind: kind @ TestKind::In { .. }, span, .. }) = predicate
    else {
        return None;
    };
    (field.path == kind_path()).then(|| (kinds::named(kind), *span))
}

/// Several conditions on the kind as one, where the first of them stands.
pub(super) fn one_of_kinds(items: Vec<Predicate>, schema: &Schema, platform: PlatformId) -> Vec<Predicate> {
    let sets: Vec<Vec<String>> = items.iter().filter_map(kinds_of).map(|(names, _)| names).collect();
    let Some((first, others)) = sets.split_first() else { return items };
    if others.is_empty() {
        return items;
    }
    let mut common = schema.with_minor(first, platform);
    for other in others {
        let other = schema.with_minor(other, platform);
        common.retain(|name| other.contains(name));
    }
    // What usually happens is meant, and what every one of the conditions names.
    let usual = |name: &String| schema.kind(name).is_some_and(|kind| !kind.minor);
    if common.iter().any(usual) {
        common.retain(|name| usual(name) || sets.iter().any(|set| set.contains(name)));
    }
    let mut said = false;
    let mut merged = Vec::new();
    for item in items {
        match kinds_of(&item) {
            None => merged.push(item),
            Some(_) if said => {}
            Some((_, span)) => {
                said = true;
                merged.push(if common.is_empty() { Predicate::Always(false) } else { kind_test(&common, span) });
            }
        }
    }
    merged
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
