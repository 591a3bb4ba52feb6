//! A part under what is known at its place.

use super::arena::{Arena, Id, Node, Of};
use super::facts::Facts;
use super::kinds::{ANYTHING, LIST, NULL, mask_of};
use super::literal::of_text;
use crate::model::{Test, TestKind};
use std::collections::HashSet;

/// Steps of one run; what is left when they are used up stays as it is.
const STEPS: usize = 3_000_000;

/// Simplifies the parts of an arena.
pub(super) struct Simplifier {
    pub(super) arena: Arena,
    facts: Facts,
    steps: usize,
}

impl Simplifier {
    pub(super) fn new() -> Self {
        Self { arena: Arena::default(), facts: Facts::default(), steps: STEPS }
    }

    /// The part, simplified with nothing known.
    pub(super) fn run(&mut self, id: Id) -> Id {
        self.simplify(id)
    }

    fn simplify(&mut self, id: Id) -> Id {
        if self.steps == 0 {
            return id;
        }
        self.steps -= 1;
        if let Some(flag) = self.facts.truth(id) {
            return self.arena.always(flag);
        }
        match self.arena.node(id).clone() {
            Node::All(items) => self.several(items, true),
            Node::Any(items) => self.several(items, false),
            Node::Not(inner) => {
                let inner = self.simplify(inner);
                self.arena.not(inner)
            }
            Node::Elements { quantifier, list, var, body } => {
                let body = self.simplify(body);
                self.arena.elements(quantifier, list, var, body)
            }
            Node::Test { subject, test, needs } => match self.answer(subject, &test, needs) {
                Some(flag) => self.arena.always(flag),
                None => id,
            },
            Node::Always(_) | Node::Whole(_) => id,
        }
    }

    /// Parts of which all must hold, or one: each is asked where the others hold, or do not.
    fn several(&mut self, mut items: Vec<Id>, all: bool) -> Id {
        if self.each(&mut items, all) {
            return self.arena.always(!all);
        }
        let joined = self.arena.joined(items, all);
        self.factored(joined, all)
    }

    /// Simplifies each part beside the others as they are by now; true when one of them decides.
    fn each(&mut self, items: &mut [Id], all: bool) -> bool {
        if let [only] = items {
            *only = self.simplify(*only);
            return matches!(self.arena.node(*only), Node::Always(flag) if *flag != all);
        }
        let (left, right) = items.split_at_mut(items.len() / 2);
        self.beside(left, right, all) || self.beside(right, left, all)
    }

    /// Simplifies some of the parts where the others hold, or do not; true when one of them decides.
    fn beside(&mut self, part: &mut [Id], others: &[Id], all: bool) -> bool {
        if part.is_empty() {
            return false;
        }
        let mark = self.facts.mark();
        for id in others {
            self.steps = self.steps.saturating_sub(1);
            self.facts.learn(*id, all, &mut self.arena);
        }
        let decided = self.each(part, all);
        self.facts.back_to(mark);
        decided
    }

    /// What stands in every alternative stands once beside them: `(a and b) or (a and c)` is `a and (b or c)`.
    fn factored(&mut self, id: Id, all: bool) -> Id {
        let items = match (self.arena.node(id), all) {
            (Node::All(items), true) | (Node::Any(items), false) => items.clone(),
            _ => return id,
        };
        let parts: Vec<Vec<Id>> = items.iter().map(|item| self.parts(*item, !all)).collect();
        let Some((first, others)) = parts.split_first() else { return id };
        let mut common: Vec<Id> = first.clone();
        for other in others {
            let other: HashSet<Id> = other.iter().copied().collect();
            common.retain(|id| other.contains(id));
            if common.is_empty() {
                return self.neighbours(&items, &parts, all).unwrap_or(id);
            }
        }
        let shared: HashSet<Id> = common.iter().copied().collect();
        let rests: Vec<Id> = parts.iter().map(|part| self.rest(part, &shared, all)).collect();
        let inner = self.arena.joined(rests, all);
        common.push(inner);
        self.arena.joined(common, !all)
    }

    /// The same for alternatives that stand beside each other and begin alike; `None` where there are none.
    fn neighbours(&mut self, items: &[Id], parts: &[Vec<Id>], all: bool) -> Option<Id> {
        let mut made: Vec<Id> = Vec::new();
        let mut at = 0;
        while let (Some(item), Some(part)) = (items.get(at), parts.get(at)) {
            let same = |other: &&Vec<Id>| other.len() > 1 && part.len() > 1 && other.first() == part.first();
            let run = 1 + parts.iter().skip(at + 1).take_while(same).count();
            if run == 1 {
                made.push(*item);
            } else {
                let group: Vec<Id> = items.iter().skip(at).take(run).copied().collect();
                let joined = self.arena.joined(group, all);
                made.push(self.factored(joined, all));
            }
            at += run;
        }
        (made.len() < items.len()).then(|| self.arena.joined(made, all))
    }

    fn parts(&self, id: Id, all: bool) -> Vec<Id> {
        match (self.arena.node(id), all) {
            (Node::All(items), true) | (Node::Any(items), false) => items.clone(),
            _ => vec![id],
        }
    }

    fn rest(&mut self, part: &[Id], shared: &HashSet<Id>, all: bool) -> Id {
        let rest = part.iter().filter(|id| !shared.contains(id)).copied().collect();
        self.arena.joined(rest, !all)
    }

    /// The answer of a test where what is known settles it.
    fn answer(&self, subject: Of, test: &Test, needs: u8) -> Option<bool> {
        if let Some(text) = self.facts.text(subject)
            && let Some(answer) = of_text(text, &test.kind)
        {
            return Some(answer);
        }
        let mask = self.facts.mask(subject);
        if mask == ANYTHING {
            return None;
        }
        match &test.kind {
            TestKind::IsKind { kinds } => {
                let wanted = mask_of(kinds);
                (mask & !wanted == 0).then_some(true).or((mask & wanted == 0).then_some(false))
            }
            TestKind::KeyPresent => (mask & NULL == 0).then_some(true),
            TestKind::Present if mask & (NULL | LIST) == 0 => Some(true),
            TestKind::Present if mask == NULL => Some(false),
            TestKind::Present | TestKind::Empty => None,
            _ => (mask & needs == 0).then_some(false),
        }
    }
}
