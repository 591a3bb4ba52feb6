//! Panther's Python: rules of our own in the style of Panther's users, Panther's semantics, hostile text, and the rules
//! of panther-analysis, compared with Panther's own runtime.
//!
//! `RULEGLOT_PANTHER_ANALYSIS` names a copy of panther-analysis (default: `../shared/panther-analysis`); the judge is
//! `judges/panther/pat.py` of the shared material with the environment that `judges/setup.sh` makes. What is not there
//! is skipped with a line. `RULEGLOT_PANTHER_WHOLE=1` takes every rule instead of a sample, `RULEGLOT_SEED=n` other
//! events, `RULEGLOT_PANTHER_ONLY=text` the rules whose path or id holds the text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod analysis;
mod hostile;
mod judge;
mod mutate;
mod semantics;
mod show;
mod style;
mod translated;

use ruleglot::dialect::{Helpers, Read, ReadContext, Registry};
use ruleglot::evaluate::{Access, Context, EvalError, matches};
use ruleglot::model::{Predicate, TypeMap};
use ruleglot::verify::decide::Deciding;
use ruleglot::verify::events::{Options, events_for};
use ruleglot::verify::idle::idle;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

fn shared() -> PathBuf {
    std::env::var_os("RULEGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from)
}

fn seed(name: &str) -> u64 {
    let mut seed = 0xcbf2_9ce4_8422_2325u64;
    for byte in name.bytes() {
        seed = (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let extra = std::env::var("RULEGLOT_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()).unwrap_or(0);
    seed.wrapping_add(extra.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
}

fn run(predicate: &Predicate, event: &Json) -> Result<bool, EvalError> {
    let types = TypeMap::default();
    matches(predicate, event, &Context::new(Access::Panther, &types, 638_000_000_000_000_000))
}

fn read_with(
    text: &str,
    helpers: &dyn Helpers,
    log_sources: &[String],
) -> Result<Read, Vec<ruleglot::diagnostic::Diagnostic>> {
    let (registry, types) = (Registry::default(), TypeMap::default());
    let context = ReadContext { types: &types, registry: &registry, helpers, log_sources };
    registry.get("python").unwrap().read(text, &context)
}

/// The rule written as Python again: code and what was lost; `Err` where the plan refuses.
fn written(read: &Read) -> Result<String, String> {
    let (registry, types) = (Registry::default(), TypeMap::default());
    let python = registry.get("python").unwrap();
    match ruleglot::plan::plan(&read.logic, &read.unread, python.target().unwrap(), &types) {
        Ok(planned) if planned.losses.is_empty() => {
            let mut detection = ruleglot::model::Detection::new(planned.logic.clone());
            detection.alerting = read.alerting.clone().unwrap_or_default();
            detection.outputs = read.outputs.clone();
            let context = ruleglot::dialect::WriteContext { types: &types, tables: &[], detection: Some(&detection) };
            Ok(python.write(&planned.logic, &context))
        }
        Ok(planned) => Err(planned.losses[0].message.clone()),
        Err(refusals) => Err(refusals.first().map_or(String::new(), |refusal| refusal.message.clone())),
    }
}

/// The tests of a condition: which of them some event decides, and which can be shown to decide none.
#[derive(Debug, Default, Clone, Copy)]
struct Decided {
    tests: usize,
    decided: usize,
    /// Shown to decide no event: what must hold beside them never does, or settles them.
    idle: usize,
}

impl Decided {
    fn add(&mut self, more: Decided) {
        self.tests += more.tests;
        self.decided += more.decided;
        self.idle += more.idle;
    }

    fn not_reached(&self) -> usize {
        self.tests - self.decided - self.idle
    }
}

/// Tests of one condition for which a proof is looked for.
const MOST_PROOFS: usize = 150;

/// At least 75 mutated events, and those for which single tests of the condition decide.
fn events(name: &str, filter: &Predicate, own: &[Json]) -> (Vec<Json>, Decided) {
    let (fields, values) = mutate::mentioned(filter);
    let mut random = mutate::Random(seed(name));
    let mut events: Vec<Json> = (0..75).map(|_| mutate::event(&mut random, own, &fields, &values)).collect();
    let types = TypeMap::default();
    let context = Context::new(Access::Panther, &types, 638_000_000_000_000_000);
    let deciding = Deciding::new(filter);
    let options = Options { most: 120 + 2 * deciding.tests().min(600), ..Options::raw(Access::Panther) };
    if let Ok(made) = events_for(&[filter], &context, &options) {
        events.extend(made.into_iter().map(|made| made.event).filter(Json::is_object));
    }
    let mut decided = vec![false; deciding.tests()];
    for event in events.iter().chain(own) {
        if let Ok(decision) = deciding.decide(&ruleglot::model::Value::from(event), &context) {
            decision.tests.iter().for_each(|test| decided[*test] = true);
        }
    }
    let missing: Vec<usize> = (0..decided.len()).filter(|test| !decided[*test]).collect();
    let idle = missing.iter().take(MOST_PROOFS).filter(|test| idle(filter, **test).is_some()).count();
    let found = Decided { tests: decided.len(), decided: decided.len() - missing.len(), idle };
    if std::env::var_os("RULEGLOT_UNDECIDED").is_some() && found.not_reached() > 0 {
        println!("  {name}: {found:?}");
        if std::env::var_os("RULEGLOT_SHOW").is_some() {
            println!("{}", show::tree(filter, &missing));
        }
    }
    (events, found)
}

fn request(text: &str, events: &[Json]) -> Json {
    json!({ "py": text, "events": events })
}
