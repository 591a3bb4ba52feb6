//! The events of one condition: for each test an event that it decides, and that event with other values in its field.

use super::invert::{Assignment, is_blank};
use super::place::{node, put};
use super::solve::{Solver, apply, fieldless, name};
use super::tree::{Leaf, tree};
use super::{Options, Pool};
use crate::evaluate::{Context, EvalError};
use crate::model::{ArrayMode, Expr, FieldKind, FieldPath, Predicate, Segment, TestKind, Value};
use crate::verify::decide::Deciding;
use serde_json::{Map, Value as Json, json};

/// How often another choice of branches is tried before a test is given up.
const TURNS: usize = 6;
/// Tests of a rule times those of them that get events of their own.
const MOST_WORK: usize = 60_000;
/// Tests of one rule that get an event beyond the limit.
const MOST_TESTS: usize = 600;
/// Evaluations that may be spent on tests that nothing has decided yet.
const LAST_RESORT: usize = 400;

/// Adds the events of a condition to the pool.
pub fn fill(
    pool: &mut Pool,
    predicate: &Predicate,
    deciding: &Deciding<'_>,
    context: &Context<'_>,
    options: &Options,
) -> Result<(), EvalError> {
    let tree = tree(predicate, context.access);
    let solver = Solver::new(&tree, context, options);
    let mut decided = vec![false; deciding.tests()];
    let mut bases: Vec<(usize, Json, Json)> = Vec::new();
    for turn in 0..2 {
        for wanted in [true, false] {
            if let Some(event) = solver.outcome(wanted, turn) {
                pool.add(event);
            }
        }
    }
    // The work grows with the square of the number of tests: of very many only some get events of their own.
    let step = (tree.leaves.len() * tree.leaves.len()).div_ceil(MOST_WORK).max(1);
    for (index, leaf) in tree.leaves.iter().enumerate().step_by(step) {
        let mut best: Option<(bool, Json, Json)> = None;
        for turn in 0..TURNS {
            let pair: Vec<Json> =
                [true, false].iter().filter_map(|answer| solver.around_leaf(index, *answer, turn)).collect();
            let choice = solver.branched();
            let mut decides = false;
            for event in &pair {
                for test in deciding.decide(&Value::from(event), context)?.tests {
                    if let Some(flag) = decided.get_mut(test) {
                        *flag = true;
                    }
                    decides |= test == leaf.number;
                }
            }
            if let (Some(first), Some(last)) = (pair.first(), pair.last())
                && (decides || best.is_none())
            {
                best = Some((decides, first.clone(), last.clone()));
            }
            if decides || !choice {
                break;
            }
        }
        if let Some((_, hit, miss)) = best {
            bases.push((index, hit, miss));
        }
    }
    // A rule of many tests gets room for one event of each.
    pool.most = pool.most.max(pool.events.len() + tree.leaves.len().min(MOST_TESTS));
    // Every test's own pair first, so that a tight limit takes variants before it takes tests.
    for (_, hit, _) in &bases {
        pool.add(hit.clone());
    }
    for (_, _, miss) in &bases {
        pool.add(miss.clone());
    }
    let mut rounds: Vec<Vec<Json>> = Vec::with_capacity(bases.len());
    for (index, hit, miss) in &bases {
        let Some(leaf) = tree.leaves.get(*index) else { continue };
        let mut events = of_leaf(leaf, hit, &solver, context, options);
        events.extend(of_lists(leaf, hit, miss, &tree.lists));
        rounds.push(events);
    }
    let longest = rounds.iter().map(Vec::len).max().unwrap_or(0);
    for round in 0..longest {
        for events in &rounds {
            if let Some(event) = events.get(round) {
                pool.add(event.clone());
            }
        }
    }
    pool.add(json!({}));
    if decided.contains(&false) {
        last_resort(pool, &solver, deciding, &mut decided, context)?;
    }
    Ok(())
}

/// The base event with other values in the field of the test, the most telling first.
fn of_leaf(leaf: &Leaf, base: &Json, solver: &Solver<'_>, context: &Context<'_>, options: &Options) -> Vec<Json> {
    let around = solver.around(leaf, base);
    let mut assignments: Vec<Assignment> = Vec::new();
    let longest = around.hits.len().max(around.misses.len());
    let own: Vec<&FieldPath> = leaf.fields.iter().take(2).collect();
    let mut values = Vec::new();
    for at in 0..longest {
        values.extend(around.misses.get(at));
        values.extend(around.hits.get(at));
    }
    let (early, late) = values.split_at(values.len().min(6));
    assignments.extend(early.iter().filter_map(|value| solver.assignment(leaf, value)));
    for path in &own {
        assignments.push(vec![((*path).clone(), None)]);
        assignments.push(vec![((*path).clone(), Some(Json::Null))]);
    }
    let text = own.first().is_some_and(|path| match context.types.type_of(&name(path)) {
        Some(kind) => {
            matches!(kind.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Dynamic)
        }
        None => around.hits.first().is_none_or(Json::is_string) || options.cross_types,
    });
    if text {
        assignments.extend(solver.assignment(leaf, &json!("")));
    }
    if holds_lists(leaf, context, options) {
        let hit = around.hits.first().cloned().unwrap_or(json!("x"));
        let miss = around.misses.first().cloned().unwrap_or(json!("other"));
        for list in [json!([hit]), json!([miss, hit]), json!([hit, miss]), json!([miss]), json!([])] {
            if !matches!(leaf.test.kind, TestKind::IsKind { .. }) || !list.as_array().is_some_and(Vec::is_empty) {
                assignments.extend(solver.assignment(leaf, &list));
            }
        }
    }
    assignments.extend(late.iter().filter_map(|value| solver.assignment(leaf, value)));
    assignments
        .iter()
        .map(|assignment| {
            let mut event = base.clone();
            apply(&mut event, assignment);
            event
        })
        .collect()
}

/// Whether the field of the test may hold a list where its path names a single place.
fn holds_lists(leaf: &Leaf, context: &Context<'_>, options: &Options) -> bool {
    if fieldless(&leaf.test.subject) {
        return false;
    }
    let Some(path) = leaf.fields.first() else { return false };
    match context.types.type_of(&name(path)) {
        Some(kind) => kind.list || kind.kind == FieldKind::Dynamic || options.many,
        None => {
            let several = match &leaf.test.subject {
                Expr::Field(field) => {
                    matches!(
                        field.mode,
                        ArrayMode::Distinct | ArrayMode::LastDistinct | ArrayMode::All | ArrayMode::Last
                    )
                }
                _ => false,
            };
            options.many || options.cross_types || several
        }
    }
}

/// The base event with other elements in the lists that the test goes through.
fn of_lists(leaf: &Leaf, hit: &Json, miss: &Json, lists: &[FieldPath]) -> Vec<Json> {
    let mut events = Vec::new();
    for list in lists {
        let through = |path: &FieldPath| {
            path.0.len() > list.0.len()
                && path.0.iter().zip(&list.0).all(|(left, right)| left == right)
                && matches!(path.0.get(list.0.len()), Some(Segment::Any | Segment::Index(0)))
        };
        let Some(path) =
            leaf.fields.iter().chain(leaf.inner.iter().flat_map(|inner| &inner.fields)).find(|path| through(path))
        else {
            continue;
        };
        let element = |event: &Json| -> Option<Json> {
            let mut event = event.clone();
            node(&mut event, &list.0).and_then(|found| found.as_array().and_then(|items| items.first().cloned()))
        };
        let (Some(hit_element), Some(miss_element)) = (element(hit), element(miss)) else { continue };
        let mut with = |items: Option<Json>| {
            let mut event = hit.clone();
            put(&mut event, &list.0, items.as_ref());
            events.push(event);
        };
        with(Some(json!([miss_element, hit_element])));
        with(Some(json!([hit_element, miss_element])));
        with(Some(json!([hit_element, hit_element])));
        with(Some(json!([])));
        with(None);
        with(Some(Json::Null));
        with(Some(hit_element.clone()));
        // What the test looks for in one element and everything else in another: together or apart?
        let rest = path.0.get(list.0.len() + 1..).unwrap_or_default();
        if !rest.is_empty() {
            let mut hits = hit_element.clone();
            let alone = node(&mut hits, rest).cloned();
            if let Some(alone) = alone {
                let mut other = Json::Object(Map::new());
                put(&mut other, rest, Some(&alone));
                let mut without = miss_element.clone();
                if without == hit_element {
                    put(&mut without, rest, None);
                }
                if !is_blank(&without) {
                    with(Some(json!([without, other])));
                    with(Some(json!([other, without])));
                }
            }
        }
    }
    events
}

/// Tries values of undecided tests in events that are there already.
fn last_resort(
    pool: &mut Pool,
    solver: &Solver<'_>,
    deciding: &Deciding<'_>,
    decided: &mut [bool],
    context: &Context<'_>,
) -> Result<(), EvalError> {
    for event in &pool.events {
        for test in deciding.decide(&Value::from(event), context)?.tests {
            if let Some(flag) = decided.get_mut(test) {
                *flag = true;
            }
        }
    }
    let present: Vec<Json> = pool.events.iter().take(40).cloned().collect();
    let mut spent = 0;
    for leaf in &solver.tree.leaves {
        if decided.get(leaf.number).copied().unwrap_or(true) {
            continue;
        }
        'search: for base in &present {
            let around = solver.around(leaf, base);
            for value in around.hits.iter().take(3).chain(around.misses.iter().take(3)) {
                let Some(assignment) = solver.assignment(leaf, value) else { continue };
                let mut event = base.clone();
                apply(&mut event, &assignment);
                spent += 1;
                if spent > LAST_RESORT {
                    return Ok(());
                }
                let found = deciding.decide(&Value::from(&event), context)?;
                if found.tests.contains(&leaf.number) {
                    if let Some(flag) = decided.get_mut(leaf.number) {
                        *flag = true;
                    }
                    pool.most = pool.most.max(pool.events.len() + 1);
                    pool.add(event);
                    break 'search;
                }
            }
        }
    }
    Ok(())
}
