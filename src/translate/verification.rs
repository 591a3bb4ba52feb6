//! The output parsed back and held against the source on events made from both (rules 7 and 8).

use super::Env;
use super::ground::{self, Names};
use super::query::{Named, QueryTranslation, Refused};
use super::report::VerificationEntry;
use crate::diagnostic::{Span, codes};
use crate::dialect::{NoHelpers, ReadContext};
use crate::model::walk::{self, Fold};
use crate::model::{Detection, Direction, Expr, FieldTypes, Logic, Loss, PlatformId, Predicate, Scope, Test};
use crate::plan::Refusal;
use crate::rewrite::left_out;
use crate::verify;
use serde_json::Value as Json;

/// Parses the printed query, runs both sides on events made from the rule, and puts what it found into `translated`.
///
/// # Errors
/// An output that does not parse, or that differs from the source without a loss that explains it: nothing is written.
pub(super) fn verify(
    detection: &Detection,
    from: Option<PlatformId>,
    named: &Named<'_>,
    types: &dyn FieldTypes,
    translated: &mut QueryTranslation,
    env: &Env<'_>,
) -> Result<(), Refused> {
    let back = without_unread(read_back(types, translated, env)?);
    let source = without_unread(detection.logic.clone());
    let to = translated.dialect.platform();
    let names = match (&named.sources, from, to) {
        (Some(sources), Some(from), Some(to)) => Names::Mapped { sources: sources.clone(), from, to },
        _ => Names::Kept { given: env.types, target: types },
    };
    let common = named.common.clone().map(without_unread);
    let settled = named.settled.clone().map(without_unread);
    if let (Some(schema), Some(PlatformId::Panther)) = (named.schema, from) {
        translated.assumptions.push(format!(
            "values of {} are of the types that its field table declares; events with others were not compared",
            schema.title
        ));
    }
    let known = ground::Known { common: common.as_ref(), settled: settled.as_ref(), tests: &detection.tests };
    match ground::hold((&source, from), (&back, to), &names, &known) {
        Ok(found) => {
            let rest = rest(&source, settled.as_ref(), &translated.losses).and_then(|(source, settled)| {
                let known = ground::Known { settled: settled.as_ref(), ..known };
                ground::hold((&source, from), (&back, to), &names, &known).ok()
            });
            conclude(found, rest, translated)
        }
        Err(error) => {
            translated.unverified = true;
            translated.losses.push(Loss::matching(
                codes::verify::NOT_RUN,
                Direction::Either,
                format!("the two sides could not be run on events: {error}"),
                None,
            ));
            Ok(())
        }
    }
}

/// The logic that the printed text means to the target's own reader.
fn read_back(types: &dyn FieldTypes, translated: &QueryTranslation, env: &Env<'_>) -> Result<Logic, Refused> {
    let context = ReadContext { types, registry: env.registry, helpers: &NoHelpers, log_sources: &translated.sources };
    match translated.dialect.read(&translated.text, &context) {
        // What was carried over as it stands is no better read now.
        Ok(read) if read.unread.is_empty() || carried(translated) => {
            Ok(super::shapes::around(&translated.logic, read.logic))
        }
        Ok(read) => {
            let reason = read.unread.first().map_or("", |entry| entry.reason.as_str());
            Err(bug(translated, format!("the output is not understood when read back: {reason}")))
        }
        Err(errors) => {
            let reason = errors.first().map_or("", |found| found.message.as_str());
            Err(bug(translated, format!("the output does not parse when read back: {reason}")))
        }
    }
}

/// Whether the output holds parts that were not read.
fn carried(translated: &QueryTranslation) -> bool {
    translated.losses.iter().any(|loss| loss.code == codes::plan::PART_CARRIED)
}

fn bug(translated: &QueryTranslation, message: String) -> Refused {
    Refused {
        refusals: vec![Refusal { code: codes::verify::BUG, message, span: None }],
        unmapped: translated.unmapped.clone(),
    }
}

/// What was read of the source: parts that were not are left out as the plan leaves them out, where that widens.
fn without_unread(logic: Logic) -> Logic {
    struct Drop(bool);
    impl Fold for Drop {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            match predicate {
                Predicate::Unread { .. } => Predicate::Always(!self.0),
                Predicate::Not(inner) => {
                    self.0 = !self.0;
                    let inner = self.predicate(*inner);
                    self.0 = !self.0;
                    Predicate::Not(Box::new(inner))
                }
                other => walk::predicate_parts(self, other),
            }
        }
    }
    match walk::logic(&mut Drop(false), logic) {
        Logic::Pipeline(pipeline) => {
            let without = left_out::without_columns(&pipeline).map(|(rest, _)| rest);
            Logic::Pipeline(without.unwrap_or(pipeline))
        }
        other => other,
    }
}

/// The source without the conditions that were left out, and what is known of it: what the output claims to say whole.
/// `None` where nothing was left out.
fn rest(source: &Logic, settled: Option<&Logic>, losses: &[Loss]) -> Option<(Logic, Option<Logic>)> {
    let spans = losses.iter().filter(|loss| is_left_out(loss)).filter_map(|loss| loss.span);
    let spans: Vec<Span> = spans.filter(|span| *span != Span::default()).collect();
    // A place that tests of several fields share does not tell which of them was left out.
    let mut subjects = Subjects(Vec::new());
    walk::logic(&mut subjects, source.clone());
    let shared = |span: &Span| {
        let mut here = subjects.0.iter().filter(|(place, _)| place == span).map(|(_, subject)| subject);
        let first = here.next();
        here.any(|other| Some(other) != first)
    };
    if spans.is_empty() || spans.iter().any(shared) {
        return None;
    }
    let without = |logic: &Logic| walk::logic(&mut Without { spans: &spans, denied: false }, logic.clone());
    let found = without(source);
    (found != *source).then(|| (found, settled.map(without)))
}

/// Whether a loss says that a condition was left out because that only widens.
fn is_left_out(loss: &Loss) -> bool {
    loss.direction == Direction::Wider && (loss.code == codes::plan::LEFT_OUT || loss.code == codes::fields::UNMAPPED)
}

/// What each test asks about, with its place.
struct Subjects(Vec<(Span, Expr)>);

impl Fold for Subjects {
    fn test(&mut self, test: Test) -> Predicate {
        self.0.push((test.span, test.subject.clone()));
        Predicate::Test(walk::test_parts(self, test))
    }
}

/// Puts the constant that widens in the place of tests at these places.
struct Without<'a> {
    spans: &'a [Span],
    denied: bool,
}

impl Fold for Without<'_> {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match predicate {
            Predicate::Test(test) if self.spans.contains(&test.span) => Predicate::Always(!self.denied),
            Predicate::Not(inner) => {
                self.denied = !self.denied;
                let inner = self.predicate(*inner);
                self.denied = !self.denied;
                Predicate::Not(Box::new(inner))
            }
            other => walk::predicate_parts(self, other),
        }
    }
}

/// How one rule relates to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Counts.
    pub entry: VerificationEntry,
    /// The word for it: equivalent, wider, narrower or different.
    pub verdict: &'static str,
    /// An event that the second rule matches and the first does not.
    pub wider: Option<Json>,
    /// An event that the first rule matches and the second does not.
    pub narrower: Option<Json>,
}

/// Compares two rules on events made from both. Rules of two platforms are compared on common events unless their names
/// are kept.
///
/// # Errors
/// Why they cannot be compared, as a sentence.
pub fn compare(
    left: (&Detection, Option<PlatformId>),
    right: (&Detection, Option<PlatformId>),
    keep: bool,
    env: &Env<'_>,
) -> Result<Comparison, String> {
    for ((detection, _), which) in [(left, "first"), (right, "second")] {
        if let Some(entry) = detection.unread.first() {
            return Err(format!("the {which} rule has a part that is not read: {}", entry.reason));
        }
    }
    let names = match (left.1, right.1) {
        (Some(from), Some(to)) if from != to && !keep => Names::Mapped {
            sources: super::source::choose_sources(left.0, (from, to), env.schemas)
                .or_else(|| super::choose_schema(right.0, to, env.schemas).map(crate::fields::Sources::one))
                .ok_or("no field table is known for the log source; --fields keep compares the names as they are")?,
            from,
            to,
        },
        _ => Names::Kept { given: env.types, target: env.types },
    };
    let known = ground::Known { common: None, settled: None, tests: &left.0.tests };
    let found = ground::hold((&left.0.logic, left.1), (&right.0.logic, right.1), &names, &known)
        .map_err(|error| format!("not run: {error}"))?;
    let counts = &found.comparison;
    Ok(Comparison {
        entry: VerificationEntry {
            events: counts.events,
            agree: counts.agree,
            decided: counts.decided,
            tests: counts.tests,
            counterexample: None,
        },
        verdict: counts.relation().name(),
        wider: found.wider(),
        narrower: found.narrower(),
    })
}

/// Draws the verdict's conclusions: a difference without a loss that explains it is a bug of ours. `rest`: the comparison
/// without the conditions that were left out, which no loss of theirs may explain.
fn conclude(found: ground::Held, rest: Option<ground::Held>, translated: &mut QueryTranslation) -> Result<(), Refused> {
    let verify::Comparison { events, agree, decided, tests, .. } = found.comparison;
    let mut entry = VerificationEntry { events, agree, decided, tests, counterexample: None };
    entry.counterexample = unexplained(&found, &|_| true, translated)?;
    if events == 0 {
        translated.losses.push(Loss::matching(
            codes::verify::NOT_RUN,
            Direction::Either,
            "no event could be made on which the two sides could be compared",
            None,
        ));
    }
    // What is left out keeps the other tests from deciding: without it they are seen to.
    let mut undecided = found.comparison.undecided;
    if let Some(rest) = rest {
        unexplained(&rest, &|loss| !is_left_out(loss), translated)?;
        entry.decided = entry.decided.max(rest.comparison.decided);
        undecided = rest.comparison.undecided;
    }
    for span in undecided {
        // What a loss already names is not claimed to be right.
        if translated.losses.iter().any(|loss| loss.scope == Scope::Match && loss.span == Some(span)) {
            continue;
        }
        translated.losses.push(Loss::matching(
            codes::verify::UNDECIDED,
            Direction::Either,
            "no event was found on which this test alone decides, so its translation is not shown to be right",
            Some(span),
        ));
    }
    translated.verification = Some(entry);
    Ok(())
}

/// The first event on which the sides differ; each direction must have a loss that explains it.
///
/// # Errors
/// A difference that none of the losses that count explains.
fn unexplained(
    found: &ground::Held,
    counts: &dyn Fn(&Loss) -> bool,
    translated: &QueryTranslation,
) -> Result<Option<Json>, Refused> {
    let explains = |direction: Direction| {
        translated.losses.iter().any(|loss| {
            loss.scope == Scope::Match
                && counts(loss)
                && (loss.direction == direction || loss.direction == Direction::Either)
        })
    };
    let mut first = None;
    let differences = [(found.wider(), Direction::Wider, "more"), (found.narrower(), Direction::Narrower, "fewer")];
    for (event, direction, word) in differences {
        let Some(event) = event else { continue };
        if !explains(direction) {
            let message = format!("the output matches {word} events than the source, and nothing explains it: {event}");
            return Err(bug(translated, message));
        }
        first.get_or_insert(event);
    }
    Ok(first)
}
