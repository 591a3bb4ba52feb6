//! Mapping logic from a platform's names to common names and on to another platform's.
//!
//! What has no counterpart is replaced by the constant that widens the rule (spec/field-resolver.md, 3): a condition
//! left out under a conjunction lets more events through, and under a negation the constant is the other one.

mod events;

use super::lookup::{self, NoPath};
use super::schema::{Confidence, Row, Schema};
use super::several::Sources;
use super::words;
use crate::diagnostic::{Span, codes};
use crate::model::walk::{self, Fold};
use crate::model::{
    AbsentStage, ArrayMode, Direction, Expr, FieldKind, FieldPath, FieldRef, FieldType, Join, JsonKind, Logic, Loss,
    Pipeline, Place, PlatformId, Predicate, Quantifier, Segment, Shape, Source, Step, StepKind, Test, TestKind, Typing,
    Value, Var,
};
use std::collections::BTreeSet;

/// What happens to conditions on fields that have no counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldPolicy {
    /// They are left out where that only widens the rule, with a named loss.
    Map,
    /// They refuse the rule.
    Strict,
}

/// A field without a counterpart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// Its name in the rule.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Mapped logic.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The logic in the other names.
    pub logic: Logic,
    /// What was lost, each at its place in the query.
    pub losses: Vec<Loss>,
    /// Fields without a counterpart.
    pub unmapped: Vec<Unmapped>,
    /// Whether something that is no condition (a group key, a computed column) needs an unmapped field: then the rule
    /// cannot be translated at all.
    pub broken: bool,
}

/// Logic of a platform in common names. Conditions that only name the log source are removed.
pub fn to_common(logic: Logic, platform: PlatformId, schema: &Schema) -> Mapped {
    run(logic, Side::ToCommon, platform, schema)
}

/// Logic in common names in a platform's names, with the condition that tells the log source's events apart.
pub fn from_common(logic: Logic, platform: PlatformId, schema: &Schema) -> Mapped {
    run(logic, Side::FromCommon, platform, schema)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    ToCommon,
    FromCommon,
}

/// [`to_common`] for a rule whose parts read log sources of their own.
pub fn parts_to_common(logic: Logic, platform: PlatformId, sources: &Sources<'_>) -> Mapped {
    run_parts(logic, Side::ToCommon, platform, sources)
}

/// [`from_common`] for a rule whose parts read log sources of their own.
pub fn parts_from_common(logic: Logic, platform: PlatformId, sources: &Sources<'_>) -> Mapped {
    run_parts(logic, Side::FromCommon, platform, sources)
}

fn run(logic: Logic, side: Side, platform: PlatformId, schema: &Schema) -> Mapped {
    run_parts(logic, side, platform, &Sources::one(schema))
}

fn run_parts(logic: Logic, side: Side, platform: PlatformId, sources: &Sources<'_>) -> Mapped {
    let mut mapper = Mapper::new(side, platform, sources.first);
    mapper.sources = sources.several().then_some(sources);
    let logic = match side {
        Side::ToCommon => walk::logic(&mut mapper, elements_to_any(logic)),
        Side::FromCommon => walk::logic(&mut mapper, logic),
    };
    Mapped { logic, losses: mapper.losses, unmapped: mapper.unmapped.into_iter().collect(), broken: mapper.broken }
}

struct Mapper<'a> {
    side: Side,
    platform: PlatformId,
    schema: &'a Schema,
    /// Where the part stands that is being mapped.
    place: Place,
    losses: Vec<Loss>,
    unmapped: BTreeSet<Unmapped>,
    broken: bool,
    /// Set while a test is mapped: the first field of it without a counterpart.
    missing: Option<Unmapped>,
    /// Whether a test is being mapped, which can be left out; anything else cannot.
    in_test: bool,
    /// Columns that the pipeline itself made; they keep their names.
    computed: BTreeSet<String>,
    /// Lists whose elements are bound at this place: variable, path of the list before and after mapping.
    elements: Vec<(Var, FieldPath, FieldPath)>,
    /// Whether an odd number of negations stands around this place.
    negated: bool,
    /// The tables of the parts, where they differ.
    sources: Option<&'a Sources<'a>>,
}

impl<'a> Mapper<'a> {
    fn new(side: Side, platform: PlatformId, schema: &'a Schema) -> Self {
        Self {
            side,
            platform,
            schema,
            place: Place::Asserted,
            losses: Vec::new(),
            unmapped: BTreeSet::new(),
            broken: false,
            missing: None,
            in_test: false,
            computed: BTreeSet::new(),
            elements: Vec::new(),
            negated: false,
            sources: None,
        }
    }
}

impl Mapper<'_> {
    /// The row and the new reference for a field; remembers why there is none.
    fn find(&mut self, field: &FieldRef) -> Option<(Row, FieldRef)> {
        let fail = |mapper: &mut Self, reason: String| {
            let name = if field.path.0.is_empty() { "the whole event".to_owned() } else { field.path.to_string() };
            mapper.missing.get_or_insert(Unmapped { name, reason });
            None
        };
        match self.side {
            Side::ToCommon => match lookup::find_row(self.schema, self.platform, &field.path) {
                Some(found) => {
                    let several = found.lists.contains(&Segment::Any) || found.row.kind.list;
                    let mode = match field.mode {
                        ArrayMode::Any if !several => ArrayMode::Whole,
                        mode => mode,
                    };
                    let path = lookup::common_path(&found);
                    Some((found.row.clone(), FieldRef { path, mode, optional: false }))
                }
                None => fail(self, format!("the field table of {} has no such field", self.schema.title)),
            },
            Side::FromCommon => {
                let Some(found) = lookup::find_common(self.schema, &field.path) else {
                    return fail(self, "it was not mapped to a common name".to_owned());
                };
                match lookup::platform_path(&found, self.platform, field.mode) {
                    Ok((path, mode)) => Some((found.row.clone(), FieldRef { path, mode, optional: false })),
                    Err(NoPath::Absent) => {
                        let why = found.row.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                        fail(self, format!("{} has no field for it{why}", self.platform.name()))
                    }
                    Err(NoPath::Flattened) => fail(
                        self,
                        format!("{} flattens this list, so one element cannot be told apart", self.platform.name()),
                    ),
                }
            }
        }
    }

    /// A condition left out: the constant that widens, and the loss. Where nothing widens, the rule cannot do without,
    /// unless the condition only chooses among events.
    fn leave_out(&mut self, span: Option<Span>, missing: Unmapped) -> Predicate {
        let selects = self.schema.rows.iter().any(|row| row.selects && row.name.to_string() == missing.name);
        let Some(constant) = self.place.widening() else {
            if selects {
                let message = format!("the condition on `{}` is left out: {}", missing.name, missing.reason);
                self.losses.push(Loss::matching(codes::fields::UNMAPPED, Direction::Either, message, span));
                self.unmapped.insert(missing);
                return Predicate::Always(!self.negated);
            }
            self.broken = true;
            self.unmapped.insert(missing);
            return Predicate::Always(true);
        };
        let message = format!("the condition on `{}` is left out: {}", missing.name, missing.reason);
        self.losses.push(Loss::matching(codes::fields::UNMAPPED, Direction::Wider, message, span));
        self.unmapped.insert(missing);
        Predicate::Always(constant)
    }

    fn note_confidence(&mut self, row: &Row, span: Span, kind: Option<&TestKind>) {
        let ignores_case = kind.is_some_and(ignores_case);
        // Where only addresses are kept, being there says that there is an address; other platforms keep the raw text.
        if self.side == Side::FromCommon
            && row.kind.kind == FieldKind::Ip
            && row.type_on(self.platform).kind != FieldKind::Ip
            && matches!(kind, Some(TestKind::Present))
        {
            let direction = match self.place {
                Place::Asserted => Direction::Wider,
                Place::Denied => Direction::Narrower,
                Place::Fixed => Direction::Either,
            };
            let why = row.note.as_deref().unwrap_or("it holds texts that are no address, too");
            let message = format!("`{}` may be there without an address: {why}", row.name);
            self.losses.push(Loss::matching(codes::fields::DOUBTFUL, direction, message, Some(span)));
        }
        if self.side != Side::FromCommon || row.confidence == Confidence::Exact || ignores_case && row.case_varies {
            return;
        }
        let why = row.note.as_deref().unwrap_or("nobody has compared the values on every platform");
        let message = format!("`{}` may hold other values there: {why}", row.name);
        let loss = Loss::matching(codes::fields::DOUBTFUL, Direction::Either, message, Some(span));
        if !self.losses.contains(&loss) {
            self.losses.push(loss);
        }
    }

    fn map_test(&mut self, test: Test) -> Predicate {
        let span = test.span;
        if self.side == Side::ToCommon
            && let Some(known) = self.known_kind(&test)
        {
            return known;
        }
        if let Some(told) = self.told_by_source(&test) {
            return told;
        }
        if let Some(apart) = self.registry_path(&test) {
            return apart;
        }
        let outer = (std::mem::replace(&mut self.in_test, true), self.missing.take());
        let row = match &test.subject {
            Expr::Field(field) if !self.is_computed(field) => self.find(field).map(|(row, _)| row),
            _ => None,
        };
        let place = std::mem::replace(&mut self.place, Place::Fixed);
        let mut mapped = walk::test_parts(self, test);
        self.place = place;
        self.in_test = outer.0;
        if let Some(missing) = std::mem::replace(&mut self.missing, outer.1) {
            return self.leave_out(Some(span), missing);
        }
        if let Some(row) = row {
            self.note_confidence(&row, span, Some(&mapped.kind));
            if self.side == Side::FromCommon && words::is_line(&row, self.platform) {
                return match words::in_line(&mapped.kind) {
                    Some(kind) => Predicate::Test(Test { kind, ..mapped }),
                    None => self.leave_out(
                        Some(span),
                        Unmapped {
                            name: row.name.to_string(),
                            reason: format!(
                                "{} keeps the words in one line, which cannot be asked this",
                                self.platform.name()
                            ),
                        },
                    ),
                };
            }
            if self.side == Side::FromCommon && row.extension.contains(&self.platform) {
                return match words::as_ending(&mapped.kind) {
                    Some(kinds) => {
                        Predicate::any(kinds.into_iter().map(|kind| Predicate::Test(Test { kind, ..mapped.clone() })))
                    }
                    None => self.leave_out(
                        Some(span),
                        Unmapped {
                            name: row.name.to_string(),
                            reason: format!(
                                "{} has only the whole file name, which cannot be asked this",
                                self.platform.name()
                            ),
                        },
                    ),
                };
            }
            match self.literals(&row, mapped) {
                Ok(test) => mapped = test,
                Err(missing) => return self.leave_out(Some(span), missing),
            }
            // Where no event holds an empty text, to be there is to be there and not empty: the platforms that keep
            // empty texts are asked for that.
            if self.side == Side::ToCommon
                && mapped.kind == TestKind::Present
                && self.schema.holds_no_empty(self.platform, row.kind)
            {
                return Predicate::Test(Test { kind: TestKind::Empty, ..mapped }).negate();
            }
        }
        Predicate::Test(mapped)
    }

    /// A test for a JSON type on a field whose type the table states, or on the event itself: it says no more than that
    /// there is a value.
    fn known_kind(&self, test: &Test) -> Option<Predicate> {
        let TestKind::IsKind { kinds } = &test.kind else { return None };
        let Expr::Field(field) = &test.subject else { return None };
        if field.path.0.is_empty() {
            return Some(Predicate::Always(kinds.contains(&JsonKind::Object)));
        }
        let row = lookup::find_row(self.schema, self.platform, &field.path)?.row;
        let held: &[JsonKind] = match (row.kind.list, row.type_on(self.platform).kind) {
            (true, _) => &[JsonKind::Array],
            (_, FieldKind::Dynamic) => return None,
            (_, FieldKind::Long) => &[JsonKind::Integer, JsonKind::Number],
            (_, FieldKind::Double) => &[JsonKind::Number],
            (_, FieldKind::Boolean) => &[JsonKind::Boolean],
            _ => &[JsonKind::String],
        };
        if !held.iter().any(|kind| kinds.contains(kind)) {
            return Some(Predicate::Always(false));
        }
        let present = Test { kind: TestKind::Present, ..test.clone() };
        let mut mapper = Mapper::new(self.side, self.platform, self.schema);
        Some(mapper.map_test(present))
    }

    /// Literals in the spelling, type and type rule of the other side.
    fn literals(&self, row: &Row, mut test: Test) -> Result<Test, Unmapped> {
        let kind = match self.side {
            Side::ToCommon => row.kind,
            Side::FromCommon => row.type_on(self.platform),
        };
        let (from, to) = match self.side {
            Side::ToCommon => (Some(self.platform), None),
            Side::FromCommon => (None, Some(self.platform)),
        };
        let spelt = |expr: &Expr| -> Result<Expr, Unmapped> {
            let Expr::Literal(value) = expr else { return Ok(expr.clone()) };
            if row.values.is_empty() {
                return Ok(Expr::Literal(typed(value, kind)));
            }
            match literal_text(value).and_then(|text| row.value(&text, from, to)) {
                Some(text) => Ok(Expr::Literal(typed(&Value::String(text), kind))),
                None => Err(Unmapped {
                    name: row.name.to_string(),
                    reason: "this value has no counterpart in the table of values".to_owned(),
                }),
            }
        };
        let rule = |typing: Typing| match (self.side, self.platform) {
            (Side::FromCommon, PlatformId::Elastic) => Typing::Mapped(kind),
            (Side::FromCommon, PlatformId::Panther) => Typing::Python,
            _ if kind.kind == FieldKind::Dynamic => typing,
            _ => Typing::Typed,
        };
        test.kind = match test.kind {
            TestKind::Equals { value, case, typing } => {
                TestKind::Equals { value: spelt(&value)?, case, typing: rule(typing) }
            }
            TestKind::In { values, case, typing } => {
                TestKind::In { values: values.iter().map(spelt).collect::<Result<_, _>>()?, case, typing: rule(typing) }
            }
            TestKind::Compare { ordering, value, typing } => {
                TestKind::Compare { ordering, value: spelt(&value)?, typing: rule(typing) }
            }
            TestKind::Range { low, high, typing } => TestKind::Range { low, high, typing: rule(typing) },
            kind @ (TestKind::Present | TestKind::KeyPresent | TestKind::Empty | TestKind::Truthy) => kind,
            kind if row.values.is_empty() => kind,
            _ => {
                return Err(Unmapped {
                    name: row.name.to_string(),
                    reason: "its values are spelt differently there, and only whole values can be exchanged".to_owned(),
                });
            }
        };
        Ok(test)
    }

    fn is_computed(&self, field: &FieldRef) -> bool {
        matches!(field.path.0.first(), Some(Segment::Key(name)) if self.computed.contains(name))
    }

    /// Whether a conjunct only says which log source is meant, or what every event of it says anyway.
    fn says_nothing(&self, predicate: &Predicate) -> bool {
        let Some(scope) = self.schema.scopes.get(&self.platform) else { return false };
        match predicate {
            Predicate::Test(Test { subject: Expr::Field(field), kind, .. }) => {
                let name = field.path.to_string();
                let values: Vec<String> = match kind {
                    TestKind::Equals { value, .. } => value.as_literal().and_then(literal_text).into_iter().collect(),
                    TestKind::In { values, .. } => values
                        .iter()
                        .map(|value| value.as_literal().and_then(literal_text))
                        .collect::<Option<_>>()
                        .unwrap_or_default(),
                    _ => return false,
                };
                let constant =
                    scope.constants.get(&name).is_some_and(|known| values.iter().any(|value| known.contains(value)));
                let named = scope.discriminator.as_ref().is_some_and(|discriminator| {
                    (discriminator.field == name || discriminator.also.contains(&name))
                        && discriminator.values.iter().all(|value| values.contains(value))
                        && !values.is_empty()
                });
                constant || named
            }
            Predicate::Any(items) => !items.is_empty() && items.iter().any(|item| self.says_nothing(item)),
            _ => false,
        }
    }

    /// The condition that tells this log source's events apart from others under the same name.
    fn discriminator(&self) -> Option<Predicate> {
        let discriminator = self.schema.scopes.get(&self.platform)?.discriminator.as_ref()?;
        let mode = if self.platform == PlatformId::Elastic { ArrayMode::Any } else { ArrayMode::Whole };
        let typing = match self.platform {
            PlatformId::Elastic => Typing::Mapped(FieldType::default()),
            PlatformId::Panther => Typing::Python,
            PlatformId::Sentinel => Typing::Typed,
        };
        let test = |values: &[String]| {
            let subject = Expr::Field(FieldRef::new(FieldPath::parse(&discriminator.field), mode));
            let case = crate::model::Case::Sensitive;
            let kind = match values {
                [value] => TestKind::Equals { value: Expr::text(value.clone()), case, typing },
                values => TestKind::In { values: values.iter().cloned().map(Expr::text).collect(), case, typing },
            };
            Predicate::Test(Test::new(subject, kind, Span::default()))
        };
        // Where the events of this log source cannot be told by what they are, the others are kept out.
        Some(if discriminator.implied_by.is_empty() {
            test(&discriminator.values)
        } else {
            test(&discriminator.other_values).negate()
        })
    }
}

impl Fold for Mapper<'_> {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match predicate {
            Predicate::Not(inner) => {
                self.place = self.place.negated();
                self.negated = !self.negated;
                let inner = self.predicate(*inner);
                self.place = self.place.negated();
                self.negated = !self.negated;
                inner.negate()
            }
            Predicate::All(items) => {
                let items: Vec<_> = items.into_iter().map(|item| self.predicate(item)).collect();
                Predicate::all(match self.side {
                    Side::ToCommon => events::one_of_kinds(items, self.schema, self.platform),
                    Side::FromCommon => items,
                })
            }
            Predicate::Any(items) => {
                let items: Vec<_> = items.into_iter().map(|item| self.predicate(item)).collect();
                if items.contains(&Predicate::Always(true)) { Predicate::Always(true) } else { Predicate::any(items) }
            }
            Predicate::ExactlyOne(items) => self.at(Place::Fixed, |mapper| {
                Predicate::ExactlyOne(items.into_iter().map(|item| mapper.predicate(item)).collect())
            }),
            Predicate::Elements { quantifier, list, var, body } => self.elements(quantifier, list, var, *body),
            other => walk::predicate_parts(self, other),
        }
    }

    fn test(&mut self, test: Test) -> Predicate {
        self.map_test(test)
    }

    fn field(&mut self, field: FieldRef) -> Expr {
        if self.is_computed(&field) {
            return Expr::Field(field);
        }
        match self.find(&field) {
            Some((row, mapped)) => {
                if !self.in_test {
                    self.note_confidence(&row, Span::default(), None);
                }
                Expr::Field(mapped)
            }
            None => {
                if !self.in_test
                    && let Some(missing) = self.missing.take()
                {
                    self.broken = true;
                    self.unmapped.insert(missing);
                }
                Expr::Field(field)
            }
        }
    }

    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Path(base, path, mode) => match *base {
                Expr::Var(var) => self.element_path(var, path, mode),
                base => Expr::Path(Box::new(self.expr(base)), path, mode),
            },
            other => walk::expr_parts(self, other),
        }
    }

    fn step(&mut self, step: Step) -> Step {
        let kind = match step.kind {
            StepKind::Filter(condition) => {
                let kept = match self.side {
                    Side::ToCommon => Predicate::all(
                        condition.conjuncts().iter().filter(|conjunct| !self.says_nothing(conjunct)).cloned(),
                    ),
                    Side::FromCommon => condition,
                };
                StepKind::Filter(self.predicate(kept))
            }
            StepKind::Join(join) => {
                let Join { kind, right, on } = *join;
                let right = self.at(self.place.of_right_side(kind), |mapper| mapper.pipeline(right));
                let on = on.into_iter().map(|(left, right)| (self.expr(left), self.expr(right))).collect();
                StepKind::Join(Box::new(Join { kind, right, on }))
            }
            StepKind::Union(others) => StepKind::Union(others.into_iter().map(|other| self.pipeline(other)).collect()),
            other => {
                let other = Step::new(other, step.span);
                let mapped = self.at(Place::Fixed, |mapper| walk::step_parts(mapper, other).kind);
                self.remember_columns(&mapped);
                mapped
            }
        };
        Step { kind, span: step.span, comments: step.comments }
    }

    fn shape(&mut self, shape: Shape) -> Shape {
        match shape {
            // Fewer conditions make more values old: what is new cannot be widened.
            Shape::NewValue { events, of, history, recent } => Shape::NewValue {
                events: self.at(Place::Fixed, |mapper| mapper.pipeline(events)),
                of: of.into_iter().map(|value| self.expr(value)).collect(),
                history,
                recent,
            },
            Shape::Sequence { stages, absent, max_span, until, unordered } => {
                let mut number = 0..;
                let mut part = |mapper: &mut Self, place: Place, stage| {
                    let number = number.next().unwrap_or(0);
                    mapper.at(place, |mapper| mapper.stage_of(number, stage))
                };
                let (here, denied) = (self.place, self.place.negated());
                Shape::Sequence {
                    stages: stages.into_iter().map(|stage| part(self, here, stage)).collect(),
                    absent: absent
                        .into_iter()
                        .map(|item| AbsentStage { stage: part(self, denied, item.stage), before: item.before })
                        .collect(),
                    max_span,
                    until: until.map(|stage| part(self, denied, stage)),
                    unordered,
                }
            }
            Shape::Absence { events, without, on, window } => Shape::Absence {
                events: self.pipeline(events),
                without: self.at(self.place.negated(), |mapper| mapper.pipeline(without)),
                on: on.into_iter().map(|(left, right)| (self.expr(left), self.expr(right))).collect(),
                window,
            },
            counted @ (Shape::Threshold { .. } | Shape::Cardinality { .. }) => walk::shape_parts(self, counted),
        }
    }

    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        let outer = self.schema;
        if let (Some(sources), Source::Table(name)) = (self.sources, &pipeline.source) {
            self.schema = sources.of_table(name, self.platform).unwrap_or(outer);
        }
        let mapped = self.mapped_pipeline(pipeline);
        self.schema = outer;
        mapped
    }
}

impl Mapper<'_> {
    fn mapped_pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        let computed = std::mem::take(&mut self.computed);
        let mut places = self.place.of_steps(&pipeline.steps).into_iter();
        let source = self.at(places.next().unwrap_or(Place::Fixed), |mapper| mapper.source(pipeline.source));
        // What a step says counts for the rows that leave it.
        let steps =
            pipeline.steps.into_iter().zip(places).map(|(step, place)| self.at(place, |mapper| mapper.step(step)));
        let steps = steps.collect();
        let mut mapped = Pipeline { source, steps };
        self.computed = computed;
        if matches!(mapped.source, Source::Events | Source::Table(_)) {
            match self.side {
                Side::ToCommon => self.say_kinds(&mut mapped),
                Side::FromCommon => self.add_discriminator(&mut mapped),
            }
        }
        mapped
    }

    /// Maps a part that stands at another place.
    fn at<T>(&mut self, place: Place, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.place, place);
        let mapped = part(self);
        self.place = outer;
        mapped
    }

    /// A condition on the events of a stage, with what tells them apart from others under the same name.
    fn with_discriminator(&self, condition: Predicate) -> Predicate {
        if self.pins(&condition) {
            return condition;
        }
        Predicate::all(self.discriminator().into_iter().chain([condition]))
    }

    fn add_discriminator(&self, pipeline: &mut Pipeline) {
        // A rule that pins a field to a value that only this log source has needs no further condition.
        let pinned = pipeline.steps.first().is_some_and(|step| match &step.kind {
            StepKind::Filter(condition) => self.pins(condition),
            _ => false,
        });
        if pinned {
            return;
        }
        let Some(condition) = self.discriminator() else { return };
        match pipeline.steps.first_mut() {
            Some(Step { kind: StepKind::Filter(first), .. }) => {
                *first = Predicate::all([condition, std::mem::replace(first, Predicate::Always(true))]);
            }
            _ => pipeline.steps.insert(0, Step::new(StepKind::Filter(condition), Span::default())),
        }
    }

    fn pins(&self, condition: &Predicate) -> bool {
        let Some(discriminator) = self.schema.scopes.get(&self.platform).and_then(|scope| scope.discriminator.as_ref())
        else {
            return false;
        };
        condition.conjuncts().iter().any(|conjunct| match conjunct {
            Predicate::Test(Test { subject: Expr::Field(field), kind, .. }) => {
                lookup::find_row(self.schema, self.platform, &field.path)
                    .is_some_and(|found| discriminator.implied_by.contains(&found.row.name.to_string()))
                    && matches!(kind, TestKind::Equals { .. } | TestKind::In { .. })
            }
            _ => false,
        })
    }

    fn remember_columns(&mut self, kind: &StepKind) {
        let names: Vec<&String> = match kind {
            StepKind::Extend(columns) | StepKind::Project(columns) | StepKind::Distinct(columns) => {
                columns.iter().map(|column| &column.name).collect()
            }
            StepKind::Aggregate { aggregates, by, .. } => {
                aggregates.iter().chain(by).map(|column| &column.name).collect()
            }
            StepKind::Expand { columns, index, .. } => columns.iter().map(|column| &column.name).chain(index).collect(),
            _ => return,
        };
        self.computed.extend(names.into_iter().cloned());
    }

    /// A condition on elements: the list is mapped by its own row, paths inside by the rows of its elements.
    fn elements(&mut self, quantifier: Quantifier, list: Expr, var: Var, body: Predicate) -> Predicate {
        let Expr::Field(field) = &list else {
            // A list that is computed from a field without a counterpart: the whole condition is left out.
            let outer = (std::mem::replace(&mut self.in_test, true), self.missing.take());
            let list = self.at(Place::Fixed, |mapper| mapper.expr(list));
            self.in_test = outer.0;
            if let Some(missing) = std::mem::replace(&mut self.missing, outer.1) {
                return self.leave_out(None, missing);
            }
            let body = Box::new(self.at(self.place.of_elements(quantifier), |mapper| mapper.predicate(body)));
            return Predicate::Elements { quantifier, list, var, body };
        };
        let before = match field.path.0.last() {
            Some(Segment::Any) => field.path.clone(),
            _ => field.path.clone().then(Segment::Any),
        };
        self.missing = None;
        let reference = FieldRef::new(before.clone(), ArrayMode::Any);
        let Some((_, after)) = self.find(&reference) else {
            let missing = self
                .missing
                .take()
                .unwrap_or(Unmapped { name: field.path.to_string(), reason: "the list has no counterpart".to_owned() });
            return self.leave_out(None, missing);
        };
        if self.side == Side::FromCommon && self.platform == PlatformId::Elastic {
            let missing = Unmapped {
                name: before.to_string(),
                reason: "elastic flattens lists of objects, so what belongs to one element is lost".to_owned(),
            };
            return self.leave_out(None, missing);
        }
        let mut list_path = after.path.clone();
        if list_path.0.last() == Some(&Segment::Any) {
            list_path.0.pop();
        }
        self.elements.push((var.clone(), before, after.path));
        let body = self.at(self.place.of_elements(quantifier), |mapper| mapper.predicate(body));
        self.elements.pop();
        let list = Expr::Field(FieldRef::new(list_path, ArrayMode::Whole));
        Predicate::Elements { quantifier, list, var, body: Box::new(body) }
    }

    /// A path inside an element: mapped as the whole path, then made relative to the mapped list again.
    fn element_path(&mut self, var: Var, path: FieldPath, mode: ArrayMode) -> Expr {
        let Some((_, before, after)) = self.elements.iter().rev().find(|(name, _, _)| *name == var).cloned() else {
            return Expr::Path(Box::new(Expr::Var(var)), path, mode);
        };
        let whole = FieldPath(before.0.iter().chain(&path.0).cloned().collect());
        if let Some((_, mapped)) = self.find(&FieldRef::new(whole, ArrayMode::Any)) {
            if let Some(rest) = mapped.path.0.strip_prefix(after.0.as_slice()) {
                return Expr::Path(Box::new(Expr::Var(var)), FieldPath(rest.to_vec()), mode);
            }
            self.missing.get_or_insert(Unmapped {
                name: mapped.path.to_string(),
                reason: "it is not inside the same list there".to_owned(),
            });
        }
        Expr::Path(Box::new(Expr::Var(var)), path, mode)
    }
}

/// "Some element meets one test" says the same as a test of any value at that path, which every platform has.
fn elements_to_any(logic: Logic) -> Logic {
    struct Flatten;
    impl Fold for Flatten {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            let Predicate::Elements { quantifier: Quantifier::Any, list: Expr::Field(list), var, body } = &predicate
            else {
                return walk::predicate_parts(self, predicate);
            };
            let Predicate::Test(test) = body.as_ref() else { return walk::predicate_parts(self, predicate) };
            let path = match &test.subject {
                Expr::Path(base, path, _) if **base == Expr::Var(var.clone()) => path.clone(),
                Expr::Var(name) if name == var => FieldPath::default(),
                _ => return walk::predicate_parts(self, predicate),
            };
            let mut segments = list.path.0.clone();
            if segments.last() != Some(&Segment::Any) {
                segments.push(Segment::Any);
            }
            segments.extend(path.0);
            let subject = Expr::Field(FieldRef::new(FieldPath(segments), ArrayMode::Any));
            Predicate::Test(Test { subject, ..test.clone() })
        }
    }
    walk::logic(&mut Flatten, logic)
}

/// Whether a test takes upper and lower case for the same.
fn ignores_case(kind: &TestKind) -> bool {
    match kind {
        TestKind::Equals { case, .. }
        | TestKind::In { case, .. }
        | TestKind::Contains { case, .. }
        | TestKind::StartsWith { case, .. }
        | TestKind::EndsWith { case, .. }
        | TestKind::Wildcard { case, .. }
        | TestKind::Regex { case, .. }
        | TestKind::Term { case, .. } => *case != crate::model::Case::Sensitive,
        TestKind::Present | TestKind::KeyPresent | TestKind::Empty => true,
        _ => false,
    }
}

fn literal_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A literal in the type of a field; unchanged where it does not fit.
fn typed(value: &Value, kind: FieldType) -> Value {
    match (kind.kind, value) {
        (FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip, Value::Int(number)) => {
            Value::String(number.to_string())
        }
        (FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text, Value::Bool(flag)) => {
            Value::String(flag.to_string())
        }
        (FieldKind::Long, Value::String(text)) => text.parse().map_or_else(|_| value.clone(), Value::Int),
        (FieldKind::Double, Value::String(text)) => text.parse().map_or_else(|_| value.clone(), Value::Double),
        (FieldKind::Boolean, Value::String(text)) => text.parse().map_or_else(|_| value.clone(), Value::Bool),
        _ => value.clone(),
    }
}

/// An expression of one platform in another's names.
///
/// # Errors
/// The first field of it that has no counterpart.
pub fn rename_expr(expr: &Expr, from: PlatformId, to: PlatformId, schema: &Schema) -> Result<Expr, Unmapped> {
    let mut mapped = expr.clone();
    for (side, platform) in [(Side::ToCommon, from), (Side::FromCommon, to)] {
        let mut mapper = Mapper::new(side, platform, schema);
        mapped = mapper.expr(mapped);
        if let Some(missing) = mapper.missing.or_else(|| mapper.unmapped.pop_first()) {
            return Err(missing);
        }
    }
    Ok(mapped)
}

/// The common name of a platform's column; `None` where the field table has no row for it.
pub fn common_column(column: &str, schema: &Schema, platform: PlatformId) -> Option<String> {
    lookup::find_row(schema, platform, &FieldPath::parse(column)).map(|found| lookup::common_path(&found).to_string())
}
