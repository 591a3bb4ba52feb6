//! What Kusto can say, and the dialect itself.

use super::raise;
use super::{inventory, lower, parse};
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::{Dialect, Inventory, Read, ReadContext, WriteContext};
use crate::model::walk::{self, Fold};
use crate::model::{
    ArrayMode, Case, Direction, Expr, FieldRef, FieldTypes, Logic, Loss, PlatformId, Predicate, Segment, Shape, Stage,
    Step, Test, TestKind, WildcardPart,
};
use crate::plan::{Support, Target};

/// The dialect.
pub struct Kusto;

impl Dialect for Kusto {
    fn name(&self) -> &'static str {
        "kusto"
    }

    fn platform(&self) -> Option<PlatformId> {
        Some(PlatformId::Sentinel)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["kql", "kusto"]
    }

    fn inventory(&self, text: &str) -> Result<Inventory, Vec<Diagnostic>> {
        inventory(text)
    }

    fn format(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        super::format(text)
    }

    fn read(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        Ok(lower::lower(text, &parse(text)?, context))
    }

    fn read_own_tables<'t>(
        &self,
        text: &str,
        context: &ReadContext<'_>,
        types: &dyn Fn(&[String]) -> Box<dyn FieldTypes + 't>,
    ) -> Result<Read, Vec<Diagnostic>> {
        let script = parse(text)?;
        let tables: Vec<String> = super::of_script(&script).tables.into_keys().collect();
        let types = types(&tables);
        let context = ReadContext { types: types.as_ref(), log_sources: &tables, ..*context };
        Ok(lower::lower(text, &script, &context))
    }

    fn read_rows(&self, text: &str, context: &ReadContext<'_>) -> Result<Read, Vec<Diagnostic>> {
        super::read_rows(text, context)
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(self)
    }

    fn write(&self, logic: &Logic, context: &WriteContext<'_>) -> String {
        match raise::write(logic, context.types, context.tables) {
            Ok(text) => super::format(&text).map_or(text, |text| text.trim_end().to_owned()),
            // Unreachable for logic that was planned: the target answers through the same functions.
            Err(reason) => format!("// not written: {reason}"),
        }
    }
}

fn answer<T>(said: Result<(), String>) -> Support<T> {
    match said {
        Ok(()) => Support::Exactly,
        Err(reason) => Support::No(reason),
    }
}

impl Target for Kusto {
    fn name(&self) -> &'static str {
        "Kusto"
    }

    fn adopt(&self, logic: Logic, types: &dyn FieldTypes) -> Logic {
        super::foreign::adopt(logic, types)
    }

    fn test(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        let with = |kind: TestKind| Predicate::Test(Test { kind, ..test.clone() });
        // A column holds one value: every mode asks for it.
        let mut last = LastOfDistinct::default();
        let other = walk::test_parts(&mut last, test.clone());
        if last.found {
            if !last.spreads {
                return Support::As(other.into());
            }
            return match raise::test(&other, negated, types) {
                Ok(()) => {
                    let message = "the last element stands for the last of the distinct values: they differ where its value also stands earlier in the list, or where it has none";
                    let loss = Loss::matching(codes::kusto::LAST_VALUE, Direction::Either, message, Some(test.span));
                    Support::Approximately(other.into(), vec![loss])
                }
                Err(reason) => Support::No(reason),
            };
        }
        if let TestKind::Wildcard { pattern, case } = &test.kind
            && let Some(simple) = simple_wildcard(pattern, *case)
        {
            return Support::As(with(simple));
        }
        match raise::test(test, negated, types) {
            Ok(()) if test.kind.folds_ascii_only() => {
                let message = "Kusto ignores the case of every letter, Elastic that of ASCII letters";
                let loss = Loss::matching(codes::kusto::FOLDING, Direction::Wider, message, Some(test.span));
                Support::Approximately(test.clone().into(), vec![loss])
            }
            Ok(()) => Support::Exactly,
            Err(reason) => self.otherwise(test, negated, types).unwrap_or(Support::No(reason)),
        }
    }

    fn predicate(&self, predicate: &Predicate, types: &dyn FieldTypes) -> Support<Predicate> {
        answer(raise::predicate(predicate, types))
    }

    fn expr(&self, expr: &Expr, types: &dyn FieldTypes) -> Support<Expr> {
        answer(raise::expr(expr, types))
    }

    fn step(&self, step: &Step, types: &dyn FieldTypes) -> Support<Step> {
        let Some(summed) = super::foreign::sums(step) else { return answer(raise::step(step, types)) };
        match raise::step(&summed, types) {
            Ok(()) => {
                let message = "Kusto's sum of no value is 0, Elastic's is null and meets no comparison";
                let loss = Loss::matching(codes::kusto::SUM_OF_NONE, Direction::Either, message, Some(step.span));
                Support::Approximately(summed, vec![loss])
            }
            Err(reason) => Support::No(reason),
        }
    }

    fn shape(&self, shape: &Shape, types: &dyn FieldTypes) -> Support<Shape> {
        match shape {
            Shape::Sequence { .. } => sequence(shape, types),
            _ => answer(raise::shape_of(shape, types)),
        }
    }
}

/// Takes the last value for the last of the distinct ones.
#[derive(Default)]
struct LastOfDistinct {
    found: bool,
    /// Whether a list is on the way, so that the two may differ.
    spreads: bool,
}

impl Fold for LastOfDistinct {
    fn field(&mut self, field: FieldRef) -> Expr {
        if field.mode != ArrayMode::LastDistinct {
            return Expr::Field(field);
        }
        self.found = true;
        self.spreads |= field.path.0.contains(&Segment::Any);
        Expr::Field(FieldRef { mode: ArrayMode::Last, ..field })
    }
}

impl Kusto {
    /// Another form of a test that cannot be said as it stands.
    fn otherwise(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Option<Support<Predicate>> {
        let with = |kind: TestKind| Test { kind, comments: Vec::new(), ..test.clone() };
        let said = |form: &Test| raise::test(form, negated, types).is_ok();
        let lose = |direction: Direction, message: &str| {
            vec![Loss::matching(codes::kusto::EMPTY_IS_MISSING, direction, message, Some(test.span))]
        };
        match &test.kind {
            // Empty and missing text are one.
            TestKind::Present | TestKind::KeyPresent | TestKind::Truthy => {
                let empty = with(TestKind::Empty);
                if raise::test(&empty, !negated, types).is_err() {
                    return None;
                }
                let message = "Kusto keeps a missing text as the empty text, so a field that is there and empty counts as missing";
                Some(Support::Approximately(Predicate::Test(empty).negate(), lose(Direction::Narrower, message)))
            }
            TestKind::Equals { value, .. } if value.as_text() == Some("") => {
                let empty = with(TestKind::Empty);
                said(&empty).then(|| {
                    let message = "Kusto keeps a missing text as the empty text, so a missing field equals it too";
                    Support::Approximately(Predicate::Test(empty), lose(Direction::Wider, message))
                })
            }
            TestKind::In { values, case, typing } if values.iter().any(|value| value.as_text() == Some("")) => {
                let rest: Vec<Expr> = values.iter().filter(|value| value.as_text() != Some("")).cloned().collect();
                let rest = with(TestKind::In { values: rest, case: *case, typing: *typing });
                let empty = with(TestKind::Empty);
                (said(&rest) && said(&empty)).then(|| {
                    let message = "Kusto keeps a missing text as the empty text, so a missing field equals it too";
                    let form = Predicate::any([rest.into(), empty.into()]);
                    Support::Approximately(form, lose(Direction::Wider, message))
                })
            }
            TestKind::Phrase { text, slop: 0 } => {
                let term = with(TestKind::Term { value: Expr::text(text.clone()), case: Case::Ignore });
                said(&term).then(|| {
                    let message = "Kusto's terms end at every character that is neither letter nor digit; Elasticsearch's words do not end at `_`, nor at `.` between letters";
                    Support::Approximately(
                        term.into(),
                        vec![Loss::matching(codes::kusto::TERMS, Direction::Either, message, Some(test.span))],
                    )
                })
            }
            TestKind::Tokens { text, all } => {
                let terms: Vec<Test> = text
                    .split(|letter: char| !letter.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .map(|word| with(TestKind::Term { value: Expr::text(word), case: Case::Ignore }))
                    .collect();
                (!terms.is_empty() && terms.iter().all(said)).then(|| {
                    let message = "Kusto's terms end at every character that is neither letter nor digit; Elasticsearch's words do not end at `_`, nor at `.` between letters";
                    let terms = terms.into_iter().map(Predicate::from);
                    let form = if *all { Predicate::all(terms) } else { Predicate::any(terms) };
                    Support::Approximately(
                        form,
                        vec![Loss::matching(codes::kusto::TERMS, Direction::Either, message, Some(test.span))],
                    )
                })
            }
            _ => None,
        }
    }
}

/// A sequence: its stages are planned by themselves, so that only its frame is asked about here.
fn sequence(shape: &Shape, types: &dyn FieldTypes) -> Support<Shape> {
    let mut frame = shape.clone();
    let Shape::Sequence { stages, absent, until, unordered, .. } = &mut frame else {
        return Support::No("this shape".to_owned());
    };
    let pairs = |stages: &[Stage]| -> bool {
        stages.iter().enumerate().all(|(at, one)| {
            stages.iter().skip(at + 1).all(|other| raise::sequence::disjoint(&one.filter, &other.filter))
        })
    };
    let apart = if *unordered {
        pairs(stages)
    } else {
        stages.windows(2).all(pairs) && stages.iter().all(|stage| stage.runs <= 1)
    };
    let mut losses = vec![Loss::output(
        codes::kusto::SEQUENCE_ONCE,
        "an alert shows the keys of a sequence with its first and last time, and not the events themselves",
    )];
    let lose =
        |direction: Direction, message: &str| Loss::matching(codes::kusto::SEQUENCE_ORDER, direction, message, None);
    losses.push(match (*unordered, apart) {
        (true, true) => Loss::alerting(
            codes::kusto::SEQUENCE_ONCE,
            Direction::Either,
            "one sample a key; Elastic reports up to the number of samples that the request asks for",
        ),
        (true, false) => lose(Direction::Wider, "one event that meets two conditions of the sample counts for both"),
        (false, true) => lose(Direction::Wider, "events of the same time count as in order"),
        (false, false) => lose(Direction::Narrower, "events of the same time count as not in order"),
    });
    for stage in stages.iter_mut().chain(absent.iter_mut().map(|absent| &mut absent.stage)).chain(until) {
        stage.filter = Predicate::Always(true);
    }
    match raise::shape_of(&frame, types) {
        Ok(()) => Support::Approximately(shape.clone(), losses),
        Err(reason) => Support::No(reason),
    }
}

/// Prefix, suffix and substring patterns by their own operators; a pattern of `*` alone is presence.
fn simple_wildcard(pattern: &[WildcardPart], case: Case) -> Option<TestKind> {
    use WildcardPart::{Many, Text};
    match pattern {
        [] => Some(TestKind::Equals { value: Expr::text(""), case, typing: crate::model::Typing::Typed }),
        [Many] => Some(TestKind::Present),
        [Text(text)] => {
            Some(TestKind::Equals { value: Expr::text(text.clone()), case, typing: crate::model::Typing::Typed })
        }
        [Text(text), Many] => Some(TestKind::StartsWith { value: Expr::text(text.clone()), case }),
        [Many, Text(text)] => Some(TestKind::EndsWith { value: Expr::text(text.clone()), case }),
        [Many, Text(text), Many] => Some(TestKind::Contains { value: Expr::text(text.clone()), case }),
        _ => None,
    }
}
