//! Planning conditions: every leaf is said, said otherwise, or left out where that only widens.

use super::forms;
use super::{Refusal, Support, Target};
use crate::diagnostic::{Code, Span, codes};
use crate::model::walk::{self, Fold};
use crate::model::{Direction, FieldTypes, Loss, Pipeline, Place, Predicate, Test, Unread};

/// How often a form may be exchanged for another before it is given up.
const MAX_FORMS: usize = 8;

/// State of one planning: what was lost and what cannot be done.
pub(super) struct Planner<'a> {
    pub(super) target: &'a dyn Target,
    pub(super) types: &'a dyn FieldTypes,
    unread: &'a [Unread],
    /// Where the condition stands that is being planned.
    place: Place,
    /// Whether the condition stands on the events themselves, behind nothing but filters.
    pub(super) on_events: bool,
    pub(super) losses: Vec<Loss>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(target: &'a dyn Target, types: &'a dyn FieldTypes, unread: &'a [Unread]) -> Self {
        Self {
            target,
            types,
            unread,
            place: Place::Asserted,
            on_events: false,
            losses: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// What could not be read, by its index.
    pub(super) fn unread(&self, index: usize) -> Option<&'a Unread> {
        self.unread.get(index)
    }

    /// Whether the target writes this part as it stands.
    pub(super) fn carries(&self, index: usize) -> bool {
        self.unread(index).is_some_and(|entry| self.target.carries(entry))
    }

    /// Names the part that is written as it stands: nothing is known of it, so nothing is claimed.
    pub(super) fn carry(&mut self, index: usize, span: Span) {
        let reason = self.unread(index).map_or("it could not be read", |entry| entry.reason.as_str());
        let message = format!("written as it stands, because it was not read: {reason}");
        self.losses.push(Loss::matching(codes::plan::PART_CARRIED, Direction::Either, message, Some(span)));
    }

    pub(super) fn refuse(&mut self, code: Code, reason: &str, span: Option<Span>) {
        let message = format!("{} cannot say this: {reason}", self.target.name());
        self.refusals.push(Refusal { code, message, span });
    }

    /// Plans a part that stands at another place.
    pub(super) fn at<T>(&mut self, place: Place, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.place, place);
        let planned = part(self);
        self.place = outer;
        planned
    }

    /// Where what is planned now stands.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Plans the whole condition of a rule. Where nothing but a constant would remain, the rule is refused with the
    /// reasons of all that was left out.
    pub(super) fn top(&mut self, condition: &Predicate) -> Option<Predicate> {
        let before = self.losses.len();
        let planned = simplify(self.predicate(condition, false)?);
        let left_out: Vec<Loss> =
            self.losses.iter().skip(before).filter(|loss| loss.code == codes::plan::LEFT_OUT).cloned().collect();
        if matches!(planned, Predicate::Always(_)) && !left_out.is_empty() {
            for loss in left_out {
                self.refusals.push(Refusal {
                    code: codes::plan::NOTHING_LEFT,
                    message: format!("nothing of the condition would remain: {}", loss.message),
                    span: loss.span,
                });
            }
            return None;
        }
        Some(planned)
    }

    /// Plans a condition inside a larger logic.
    pub(super) fn inner(&mut self, condition: &Predicate) -> Option<Predicate> {
        self.predicate(condition, false).map(simplify)
    }

    fn predicate(&mut self, predicate: &Predicate, negated: bool) -> Option<Predicate> {
        match predicate {
            Predicate::Always(_) => Some(predicate.clone()),
            Predicate::All(items) => Some(Predicate::All(self.each(items, negated)?)),
            Predicate::Any(items) => Some(Predicate::Any(self.each(items, negated)?)),
            Predicate::Not(inner) => Some(Predicate::Not(Box::new(self.predicate(inner, !negated)?))),
            Predicate::Test(test) => self.test(test, negated, 0),
            Predicate::Unread { index, span } if self.carries(*index) => {
                self.carry(*index, *span);
                Some(predicate.clone())
            }
            Predicate::Unread { index, span } => {
                let reason = self.unread.get(*index).map_or("it could not be read", |entry| entry.reason.as_str());
                let message = format!("left out, because it was not read: {reason}");
                self.leave_out(message, Some(*span), negated)
            }
            Predicate::ExactlyOne(items) => match self.target.predicate(predicate, self.types) {
                Support::No(_) => self.predicate(&forms::exactly_one(items), negated),
                support => self.supported(support, predicate, negated),
            },
            Predicate::Elements { .. } => {
                let support = self.target.predicate(predicate, self.types);
                self.supported(support, predicate, negated)
            }
        }
    }

    fn each(&mut self, items: &[Predicate], negated: bool) -> Option<Vec<Predicate>> {
        items.iter().map(|item| self.predicate(item, negated)).collect()
    }

    fn supported(&mut self, support: Support<Predicate>, asked: &Predicate, negated: bool) -> Option<Predicate> {
        match support {
            Support::Exactly => Some(asked.clone()),
            Support::As(other) if &other != asked => self.predicate(&other, negated),
            Support::As(other) => Some(other),
            Support::Approximately(other, losses) => {
                self.lose(losses, negated);
                Some(other)
            }
            Support::No(reason) => {
                let message = format!("left out, because {} cannot say it: {reason}", self.target.name());
                self.leave_out(message, span_of(asked), negated)
            }
        }
    }

    fn asked(&self, test: &Test, negated: bool) -> Support<Predicate> {
        if self.on_events {
            self.target.test_of_events(test, negated, self.types)
        } else {
            self.target.test(test, negated, self.types)
        }
    }

    fn test(&mut self, test: &Test, negated: bool, depth: usize) -> Option<Predicate> {
        let support = self.asked(test, negated);
        let (reason, approximate) = match support {
            Support::Exactly => return Some(Predicate::Test(test.clone())),
            Support::As(other) if depth < MAX_FORMS => return self.form(&said_once(other, test), test, negated, depth),
            Support::As(_) => ("its forms refer to each other".to_owned(), None),
            Support::Approximately(other, losses) => (String::new(), Some((other, losses))),
            Support::No(reason) => (reason, None),
        };
        // Another form that means the same and that the target says exactly beats an approximate one.
        if depth < MAX_FORMS {
            for form in forms::of(test) {
                if self.says_exactly(&form, negated) {
                    return Some(said_once(form, test));
                }
            }
        }
        if let Some((other, losses)) = approximate {
            self.lose(losses, negated);
            return Some(said_once(other, test));
        }
        if has_query(test) {
            // What another query finds is the point of such a rule; without it, it would be another rule.
            self.refuse(
                codes::plan::SHAPE_UNSAYABLE,
                "it compares with the rows of another query, which needs a rule of its own kind",
                Some(test.span),
            );
            return None;
        }
        let message = format!("left out, because {} cannot say it: {reason}", self.target.name());
        self.leave_out(message, Some(test.span), negated)
    }

    /// Plans a form that the target itself proposed; its tests are asked again, one level deeper.
    fn form(&mut self, form: &Predicate, asked: &Test, negated: bool, depth: usize) -> Option<Predicate> {
        Some(match form {
            Predicate::Test(test) if test == asked => form.clone(),
            Predicate::Test(test) => self.test(test, negated, depth + 1)?,
            Predicate::All(items) => Predicate::All(self.forms(items, asked, negated, depth)?),
            Predicate::Any(items) => Predicate::Any(self.forms(items, asked, negated, depth)?),
            Predicate::Not(inner) => Predicate::Not(Box::new(self.form(inner, asked, !negated, depth)?)),
            other => self.predicate(other, negated)?,
        })
    }

    fn forms(&mut self, items: &[Predicate], asked: &Test, negated: bool, depth: usize) -> Option<Vec<Predicate>> {
        items.iter().map(|item| self.form(item, asked, negated, depth)).collect()
    }

    fn says_exactly(&self, form: &Predicate, negated: bool) -> bool {
        match form {
            Predicate::Always(_) => true,
            Predicate::Test(test) => self.asked(test, negated) == Support::Exactly,
            Predicate::All(items) | Predicate::Any(items) => items.iter().all(|item| self.says_exactly(item, negated)),
            Predicate::Not(inner) => self.says_exactly(inner, !negated),
            _ => false,
        }
    }

    fn lose(&mut self, losses: Vec<Loss>, negated: bool) {
        let place = if negated { self.place.negated() } else { self.place };
        self.losses.extend(losses.into_iter().map(|mut loss| {
            loss.direction = match place {
                Place::Asserted => loss.direction,
                Place::Denied => loss.direction.negated(),
                Place::Fixed => Direction::Either,
            };
            loss
        }));
    }

    /// The constant that widens the whole rule, with the loss. Where nothing widens, the rule is refused.
    fn leave_out(&mut self, message: String, span: Option<Span>, negated: bool) -> Option<Predicate> {
        let place = if negated { self.place.negated() } else { self.place };
        let Some(constant) = place.widening() else {
            let message = format!("{message}; the rule counts or compares what this condition selects");
            self.refusals.push(Refusal { code: codes::plan::CANNOT_LEAVE_OUT, message, span });
            return None;
        };
        self.losses.push(Loss::matching(codes::plan::LEFT_OUT, Direction::Wider, message, span));
        Some(Predicate::Always(constant))
    }
}

/// The form of a test with the test's comments at its first part only: they were written once.
fn said_once(form: Predicate, test: &Test) -> Predicate {
    struct Once<'a> {
        words: &'a [String],
        said: bool,
    }
    impl Fold for Once<'_> {
        fn test(&mut self, mut test: Test) -> Predicate {
            if test.comments == self.words {
                if self.said {
                    test.comments.clear();
                }
                self.said = true;
            }
            Predicate::Test(test)
        }
    }
    if test.comments.is_empty() {
        return form;
    }
    Once { words: &test.comments, said: false }.predicate(form)
}

/// Whether an operand of the test is a sub-query.
fn has_query(test: &Test) -> bool {
    struct Queries(bool);
    impl Fold for Queries {
        fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
            self.0 = true;
            pipeline
        }
    }
    let mut queries = Queries(false);
    walk::test_parts(&mut queries, test.clone());
    queries.0
}

fn span_of(predicate: &Predicate) -> Option<Span> {
    let mut span: Option<Span> = None;
    crate::model::walk::visit_predicate(
        predicate,
        |test| span = Some(span.map_or(test.span, |all| all.to(test.span))),
        |_| {},
    );
    span
}

/// Folds constants and flattens, so that what was left out leaves no trace.
fn simplify(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::All(items) => {
            let items: Vec<_> = items.into_iter().map(simplify).collect();
            if items.contains(&Predicate::Always(false)) { Predicate::Always(false) } else { Predicate::all(items) }
        }
        Predicate::Any(items) => {
            let items: Vec<_> = items.into_iter().map(simplify).collect();
            if items.contains(&Predicate::Always(true)) { Predicate::Always(true) } else { Predicate::any(items) }
        }
        Predicate::Not(inner) => simplify(*inner).negate(),
        other => other,
    }
}
