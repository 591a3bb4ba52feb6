//! What becomes of a rule when a condition at some place in it is left out (rules 6 and 7 of the model).
//!
//! Leaving a condition out makes it true. Under a conjunction that lets more events through; under a negation, in what
//! must be absent or on the far side of an anti-join it lets fewer through; before a count that is compared with a
//! number nobody can tell. Mapping and planning ask here, so that both leave out by the same rule.

use super::{Expr, FieldRef, Join, JoinKind, Predicate, Quantifier, Segment, Step, StepKind, TableStep, walk};
use std::collections::BTreeSet;

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// More events that meet it make the rule wider.
    Asserted,
    /// More events that meet it make the rule narrower.
    Denied,
    /// More events that meet it make another rule.
    Fixed,
}

impl Place {
    /// The place under a negation here.
    pub const fn negated(self) -> Self {
        match self {
            Place::Asserted => Place::Denied,
            Place::Denied => Place::Asserted,
            Place::Fixed => Place::Fixed,
        }
    }

    /// The constant that stands for a condition that is left out here so that the rule only becomes wider; `None` where
    /// there is none.
    pub const fn widening(self) -> Option<bool> {
        match self {
            Place::Asserted => Some(true),
            Place::Denied => Some(false),
            Place::Fixed => None,
        }
    }

    /// The place of what a quantifier says of each element.
    pub const fn of_elements(self, quantifier: Quantifier) -> Self {
        match quantifier {
            Quantifier::Any | Quantifier::All | Quantifier::AtLeast(_) => self,
            Quantifier::ExactlyOne => Place::Fixed,
        }
    }

    /// The place of the right side of a join whose rows stand here.
    pub const fn of_right_side(self, kind: JoinKind) -> Self {
        match kind {
            JoinKind::Inner
            | JoinKind::LookupInner
            | JoinKind::LeftSemi
            | JoinKind::RightSemi
            | JoinKind::RightAnti
            | JoinKind::RightOuter => self,
            JoinKind::LeftAnti => self.negated(),
            JoinKind::InnerUnique | JoinKind::LeftOuter | JoinKind::FullOuter | JoinKind::Lookup => Place::Fixed,
        }
    }

    /// The place of the rows that go into each step and, last, of those that leave the last step, which stand here.
    pub fn of_steps(self, steps: &[Step]) -> Vec<Self> {
        let mut places = vec![self];
        let mut leaving = self;
        for (index, step) in steps.iter().enumerate().rev() {
            leaving = match &step.kind {
                StepKind::Table(table) if matches!(**table, TableStep::KeyValues(_) | TableStep::Unpack(_)) => leaving,
                StepKind::Limit(_) | StepKind::Table(_) | StepKind::Unread(_) => Place::Fixed,
                StepKind::Join(join) => leaving.of_left_side(join),
                StepKind::Aggregate { by, .. } => {
                    let groups: BTreeSet<&str> = by.iter().map(|column| column.name.as_str()).collect();
                    if only_of_groups(steps.get(index + 1..).unwrap_or_default(), groups) {
                        leaving
                    } else {
                        Place::Fixed
                    }
                }
                StepKind::Apply { .. }
                | StepKind::Filter(_)
                | StepKind::Extend(_)
                | StepKind::Project(_)
                | StepKind::Select(_)
                | StepKind::Union(_)
                | StepKind::Expand { .. }
                | StepKind::Parse { .. }
                | StepKind::Sort(_)
                | StepKind::Distinct(_) => leaving,
            };
            places.push(leaving);
        }
        places.reverse();
        places
    }

    const fn of_left_side(self, join: &Join) -> Self {
        match join.kind {
            JoinKind::Inner
            | JoinKind::LookupInner
            | JoinKind::LeftSemi
            | JoinKind::LeftAnti
            | JoinKind::LeftOuter
            | JoinKind::Lookup
            | JoinKind::RightSemi => self,
            JoinKind::RightAnti => self.negated(),
            JoinKind::InnerUnique | JoinKind::RightOuter | JoinKind::FullOuter => Place::Fixed,
        }
    }
}

/// Whether every later step keeps or drops rows by what makes a group, never by what was computed of the group.
fn only_of_groups<'a>(later: &'a [Step], mut groups: BTreeSet<&'a str>) -> bool {
    for step in later {
        match &step.kind {
            StepKind::Filter(condition) => {
                if !reads_only(condition, &groups) {
                    return false;
                }
            }
            StepKind::Extend(columns) => {
                for column in columns {
                    groups.remove(column.name.as_str());
                }
            }
            StepKind::Project(columns) => {
                let kept: BTreeSet<&str> = columns
                    .iter()
                    .filter(|column| is_column(&column.value, &column.name))
                    .map(|column| column.name.as_str())
                    .collect();
                groups.retain(|name| kept.contains(name));
            }
            StepKind::Sort(_) => {}
            _ => return false,
        }
    }
    true
}

fn is_column(value: &Expr, name: &str) -> bool {
    matches!(value, Expr::Field(field) if matches!(field.path.0.as_slice(), [Segment::Key(key)] if key == name))
}

fn reads_only(condition: &Predicate, names: &BTreeSet<&str>) -> bool {
    let known =
        |field: &FieldRef| matches!(field.path.0.first(), Some(Segment::Key(name)) if names.contains(name.as_str()));
    let (mut named, mut read) = (true, true);
    walk::visit_predicate(condition, |test| named &= test.subject != Expr::AnyField, |field| read &= known(field));
    named && read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{Column, Pipeline, Source, Test, TestKind, Value};

    fn filter(name: &str) -> Step {
        let test = Test::new(Expr::whole(name), TestKind::Present, Span::default());
        Step::new(StepKind::Filter(Predicate::Test(test)), Span::default())
    }

    fn aggregate(by: &str) -> Step {
        let column = |name: &str| Column { name: name.to_owned(), value: Expr::whole(name) };
        let kind = StepKind::Aggregate { aggregates: vec![column("count_")], by: vec![column(by)], inline: false };
        Step::new(kind, Span::default())
    }

    fn join(kind: JoinKind) -> Step {
        let right = Pipeline { source: Source::Events, steps: Vec::new() };
        Step::new(StepKind::Join(Box::new(Join { kind, right, on: Vec::new() })), Span::default())
    }

    #[test]
    fn rows_before_a_step_widen_narrow_or_change_the_rule() {
        use Place::{Asserted, Denied, Fixed};
        let limit = Step::new(StepKind::Limit(Expr::Literal(Value::Int(5))), Span::default());
        for (what, steps, expected) in [
            ("filters only", vec![filter("a"), filter("b")], Asserted),
            ("groups without a condition on them", vec![aggregate("User")], Asserted),
            ("a condition on the group's key", vec![aggregate("User"), filter("User")], Asserted),
            ("a condition on the count", vec![aggregate("User"), filter("count_")], Fixed),
            ("a first so many", vec![limit], Fixed),
            ("an inner join", vec![join(JoinKind::Inner)], Asserted),
            ("one row a key", vec![join(JoinKind::InnerUnique)], Fixed),
            ("what has no partner on the right", vec![join(JoinKind::LeftAnti)], Asserted),
            ("what has no partner on the left", vec![join(JoinKind::RightAnti)], Denied),
        ] {
            assert_eq!(Asserted.of_steps(&steps).first(), Some(&expected), "{what}");
        }
    }

    #[test]
    fn the_right_side_of_an_anti_join_is_denied() {
        assert_eq!(Place::Asserted.of_right_side(JoinKind::LeftAnti), Place::Denied);
        assert_eq!(Place::Denied.of_right_side(JoinKind::LeftAnti), Place::Asserted);
        assert_eq!(Place::Asserted.of_right_side(JoinKind::LeftOuter), Place::Fixed);
        assert_eq!(Place::Asserted.of_right_side(JoinKind::Inner), Place::Asserted);
    }

    #[test]
    fn the_constant_widens() {
        assert_eq!(Place::Asserted.widening(), Some(true));
        assert_eq!(Place::Asserted.negated().widening(), Some(false));
        assert_eq!(Place::Fixed.negated().widening(), None);
        assert_eq!(Place::Asserted.of_elements(Quantifier::ExactlyOne), Place::Fixed);
    }
}
