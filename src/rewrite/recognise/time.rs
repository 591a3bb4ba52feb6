//! Bounds on the event time that count back from now.

use crate::model::function::{self, kusto};
use crate::model::{Expr, Ordering, Predicate, TICKS_PER_SECOND, Test, TestKind, Value};

/// The names under which platforms keep the time of an event.
const TIMES: [&str; 4] = ["TimeGenerated", "Timestamp", "@timestamp", "p_event_time"];

/// Whether an expression is the time of the event.
pub fn is_event_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(kusto::INGESTION_TIME, _))
        || expr.as_field().and_then(|field| field.path.as_column()).is_some_and(|name| TIMES.contains(&name))
}

/// How long before now a time is, in ticks; `None` for anything but now less a constant.
pub fn before_now(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Call(function::NOW, _) => Some(0),
        Expr::Call(kusto::SUBTRACT, arguments) => match arguments.as_slice() {
            [Expr::Call(function::NOW, _), Expr::Literal(Value::Duration(ticks))] => Some(*ticks),
            _ => None,
        },
        _ => None,
    }
}

/// A stretch of time, in ticks before now: from where, and until where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stretch {
    /// How long ago it begins.
    pub from: Option<i64>,
    /// How long ago it ends; now when `None`.
    pub until: Option<i64>,
}

impl Stretch {
    /// Takes a condition in: `false` where it is none on the event time that counts from now.
    pub fn takes(&mut self, predicate: &Predicate) -> bool {
        let Predicate::Test(Test { subject, kind, .. }) = predicate else { return false };
        if !is_event_time(subject) {
            return false;
        }
        match kind {
            TestKind::Compare { ordering, value, .. } => {
                let Some(ticks) = before_now(value) else { return false };
                match ordering {
                    Ordering::Greater | Ordering::GreaterOrEqual => self.begins(ticks),
                    Ordering::Less | Ordering::LessOrEqual => self.ends(ticks),
                }
                true
            }
            TestKind::Range { low, high, .. } => {
                let bound = |bound: &Option<(Expr, bool)>| match bound {
                    Some((value, _)) => before_now(value).map(Some),
                    None => Some(None),
                };
                let (Some(low), Some(high)) = (bound(low), bound(high)) else { return false };
                low.into_iter().for_each(|ticks| self.begins(ticks));
                high.into_iter().for_each(|ticks| self.ends(ticks));
                true
            }
            _ => false,
        }
    }

    fn begins(&mut self, ticks: i64) {
        self.from = Some(self.from.map_or(ticks, |known| known.min(ticks)));
    }

    fn ends(&mut self, ticks: i64) {
        if ticks > 0 {
            self.until = Some(self.until.map_or(ticks, |known| known.max(ticks)));
        }
    }
}

/// The stretch of time that conditions name, and the conditions without those.
pub fn split(conditions: impl IntoIterator<Item = Predicate>) -> (Stretch, Vec<Predicate>) {
    let mut stretch = Stretch::default();
    let rest = conditions.into_iter().filter(|condition| !stretch.takes(condition)).collect();
    (stretch, rest)
}

/// Whole seconds of ticks.
pub fn seconds(ticks: i64) -> u64 {
    (ticks.max(0) / TICKS_PER_SECOND).unsigned_abs()
}
