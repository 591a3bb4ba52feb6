//! Tests for a translated rule, made from the events of verification: a rule arrives with what it finds and with what it
//! just misses.

use crate::diagnostic::codes;
use crate::evaluate::{Access, Context, matches};
use crate::model::walk::{self, Fold};
use crate::model::{Expr, FieldTypes, Logic, Loss, PlatformId, Predicate, TestCase};
use crate::verify::events::{Options, events_for};
use crate::verify::row_condition;
use serde_json::Value as Json;

/// The fixed time of evaluation, that of verification.
const NOW: i64 = 738_885 * 86_400 * crate::model::TICKS_PER_SECOND;
/// Events that are tried.
const TRIED: usize = 120;
/// Tests of each verdict that are kept.
const KEPT: usize = 3;

/// Leaves out the tests whose verdict the translation does not share, and adds made ones where a verdict has none.
///
/// In: the written rule's logic in the target's names, the target's types, the tests that travelled. Out: what was left
/// out, as losses of output.
pub(super) fn complete(logic: &Logic, to: PlatformId, types: &dyn FieldTypes, tests: &mut Vec<TestCase>) -> Vec<Loss> {
    let Some(condition) = row_condition(logic) else { return Vec::new() };
    let context = Context::new(Access::of(Some(to)), types, NOW);
    let mut losses = Vec::new();
    tests.retain(|test| {
        let agrees = matches(&condition, &test.event, &context) == Ok(test.expected);
        if !agrees {
            let message = format!("the test `{}` is left out: the written rule decides it otherwise", test.name);
            losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
        }
        agrees
    });
    let lacks = |expected: bool| !tests.iter().any(|test| test.expected == expected && !test.mocked);
    let (positive, negative) = (lacks(true), lacks(false));
    if !positive && !negative {
        return losses;
    }
    let options = Options { most: TRIED, empty_text: false, ..Options::common() };
    let Ok(made) = events_for(&[&condition], &context, &options) else { return losses };
    let fields = fields_in_order(&condition);
    let mut names: Vec<String> = tests.iter().map(|test| test.name.clone()).collect();
    let mut shown: Vec<usize> = Vec::new();
    let (mut found, mut missed) = (0, 0);
    for event in made {
        if !event.event.is_object() {
            continue;
        }
        let Ok(expected) = matches(&condition, &event.event, &context) else { continue };
        let news: Vec<usize> =
            event.decides.iter().map(|(_, test)| *test).filter(|test| !shown.contains(test)).collect();
        let count = if expected { &mut found } else { &mut missed };
        let wanted = if expected { positive } else { negative };
        // one of each at least, more where they show another test at work
        if !wanted || *count >= KEPT || (*count > 0 && (news.is_empty() || expected)) {
            continue;
        }
        *count += 1;
        if !expected {
            shown.extend(&news);
        }
        let name = match (expected, news.first().and_then(|test| fields.get(*test)).and_then(Option::as_deref)) {
            (true, _) => "Match".to_owned(),
            (false, Some(field)) => format!("No match: {field}"),
            (false, None) => "No match".to_owned(),
        };
        let mut unique = name.clone();
        while names.contains(&unique) {
            unique = format!("{name} ({})", names.iter().filter(|known| known.starts_with(&name)).count() + 1);
            if names.contains(&unique) {
                unique.push('+');
            }
        }
        names.push(unique.clone());
        tests.push(TestCase { name: unique, event: event.event, expected, mocked: false });
    }
    if positive && found == 0 {
        let message = "no event was made that the written rule finds: it arrives without a test that matches";
        losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
    }
    // an empty event meets few rules
    if negative && missed == 0 && matches(&condition, &Json::Object(serde_json::Map::new()), &context) == Ok(false) {
        let event = serde_json::json!({ "p_log_type": "Other" });
        tests.push(TestCase { name: "No match".to_owned(), event, expected: false, mocked: false });
    }
    losses
}

/// The field of each test, in reading order.
fn fields_in_order(condition: &Predicate) -> Vec<Option<String>> {
    struct Finder(Vec<Option<String>>);
    impl Fold for Finder {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            match predicate {
                Predicate::Test(test) => {
                    self.0.push(field_of(&test.subject));
                    Predicate::Test(test)
                }
                other => walk::predicate_parts(self, other),
            }
        }
        fn expr(&mut self, expr: Expr) -> Expr {
            expr
        }
    }
    let mut finder = Finder(Vec::new());
    finder.predicate(condition.clone());
    finder.0
}

fn field_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Field(field) => Some(field.path.to_string()),
        Expr::Path(_, path, _) => Some(path.to_string()),
        Expr::Call(_, arguments) => arguments.iter().find_map(field_of),
        _ => None,
    }
}
