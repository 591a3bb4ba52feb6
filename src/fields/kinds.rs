//! Kinds of a log source's events, and the conditions by which each platform tells them apart.
//!
//! "A file was created" is `event.type: creation` in Elastic and `ActionType == "FileCreated"` in Defender. A test of
//! such a field is a question about kinds: it holds of some and not of others. So it becomes a condition on the common
//! field [`KIND`], and that a condition in the other platform's words. Every kind is a row of data.

use super::schema::Schema;
use crate::model::{Case, Expr, FieldPath, PlatformId, TestKind, Value, WildcardPart};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The common field that names an event's kind.
pub const KIND: &str = "kind";

/// A kind of events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventKind {
    /// Its common name.
    pub name: String,
    /// The values of the fields that mark it; a platform that is not named has no such events.
    #[serde(default)]
    elastic: BTreeMap<String, String>,
    #[serde(default)]
    sentinel: BTreeMap<String, String>,
    #[serde(default)]
    panther: BTreeMap<String, String>,
    /// What few rules ask for, or another agent's word for the same: only meant where a rule names it.
    #[serde(default)]
    pub minor: bool,
    /// What a reader must know of its counterpart.
    #[serde(default)]
    pub note: Option<String>,
}

impl EventKind {
    /// The values by which a platform marks it; empty where it has no such events.
    pub fn marks(&self, platform: PlatformId) -> &BTreeMap<String, String> {
        match platform {
            PlatformId::Elastic => &self.elastic,
            PlatformId::Sentinel => &self.sentinel,
            PlatformId::Panther => &self.panther,
        }
    }

    /// Whether the platform has such events.
    pub fn on(&self, platform: PlatformId) -> bool {
        !self.marks(platform).is_empty()
    }
}

/// What a test says of a log source's kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The kinds of which it holds.
    pub kinds: Vec<String>,
    /// Values that it names and no kind has.
    pub unknown: Vec<String>,
}

/// Condition on kinds in a platform's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    /// The field and the values that it must have; `None`: every event of the log source there is of these kinds.
    pub test: Option<(String, Vec<String>)>,
    /// No event there is of any of these kinds.
    pub nothing: bool,
    /// Kinds that were asked for and are not there.
    pub missing: Vec<String>,
    /// Kinds that are marked alike there and were not asked for.
    pub alike: Vec<String>,
}

impl Schema {
    /// Whether a field of a platform marks kinds.
    pub(super) fn is_mark(&self, platform: PlatformId, field: &str) -> bool {
        self.kinds.iter().any(|kind| kind.marks(platform).contains_key(field))
    }

    /// Whether a field of a platform only tells which events of the log source are meant.
    pub fn tells_kind(&self, platform: PlatformId, field: &str) -> bool {
        self.is_mark(platform, field)
            || self.scopes.get(&platform).is_some_and(|scope| scope.constants.contains_key(field))
    }

    /// The kind of this name.
    pub fn kind(&self, name: &str) -> Option<&EventKind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// The values that mark a common event on a platform.
    pub(super) fn marks_of<'a>(
        &'a self,
        event: &Json,
        platform: PlatformId,
    ) -> impl Iterator<Item = (&'a String, &'a String)> {
        let kind = event.get(KIND).and_then(Json::as_str).and_then(|name| self.kind(name));
        kind.into_iter().flat_map(move |kind| kind.marks(platform))
    }

    /// The kind of a platform's event: the first all of whose marks it has.
    pub(super) fn kind_of(&self, event: &Json, platform: PlatformId) -> Option<&str> {
        let at = |field: &str| event.get(field).or_else(|| event.pointer(&format!("/{}", field.replace('.', "/"))));
        let has = |field: &str, value: &str| match at(field) {
            Some(Json::String(text)) => text == value,
            Some(Json::Array(items)) => items.iter().any(|item| item.as_str() == Some(value)),
            Some(other) => {
                let text = other.to_string();
                text == value
            }
            None => false,
        };
        let of = |kind: &&EventKind| {
            kind.on(platform) && kind.marks(platform).iter().all(|(field, value)| has(field, value))
        };
        self.kinds.iter().find(of).map(|kind| kind.name.as_str())
    }

    /// Whether a common event is one that both platforms have, of a kind that is usual or asked for.
    pub fn admits(&self, event: &Json, platforms: [PlatformId; 2], asked: &[String]) -> bool {
        if self.kinds.is_empty() {
            return true;
        }
        let kind = event.get(KIND).and_then(Json::as_str).and_then(|name| self.kind(name));
        kind.is_some_and(|kind| {
            platforms.into_iter().all(|platform| kind.on(platform)) && (!kind.minor || asked.contains(&kind.name))
        })
    }

    /// The kinds of a platform's events that a rule means that asks for none.
    pub(super) fn kinds_on(&self, platform: PlatformId) -> Vec<String> {
        let of = |kind: &&EventKind| kind.on(platform) && !kind.minor;
        self.kinds.iter().filter(of).map(|kind| kind.name.clone()).collect()
    }

    /// These kinds, and the minor ones that share a mark with a usual one of them.
    pub(super) fn with_minor(&self, names: &[String], platform: PlatformId) -> Vec<String> {
        let usual: Vec<&EventKind> =
            self.kinds.iter().filter(|kind| !kind.minor && names.contains(&kind.name)).collect();
        let shares = |kind: &EventKind| {
            usual.iter().any(|one| {
                let marks = one.marks(platform);
                kind.marks(platform).iter().any(|(field, value)| marks.get(field) == Some(value))
            })
        };
        let of = |kind: &&EventKind| names.contains(&kind.name) || kind.minor && shares(kind);
        self.kinds.iter().filter(of).map(|kind| kind.name.clone()).collect()
    }

    /// The kinds of which a test of a marking field holds; `None` where that cannot be told.
    pub(super) fn asked(&self, platform: PlatformId, field: &str, test: &TestKind) -> Option<Asked> {
        let mut hit = Vec::new();
        for kind in &self.kinds {
            let value = kind.marks(platform).get(field);
            let holds = match value {
                Some(value) => holds(test, value)?,
                None => false,
            };
            if holds {
                hit.push(kind);
            }
        }
        // A minor kind is meant by a value of its own, not by one that it shares.
        let major =
            |value: Option<&String>| hit.iter().any(|kind| !kind.minor && kind.marks(platform).get(field) == value);
        let meant = |kind: &&&EventKind| !kind.minor || !major(kind.marks(platform).get(field));
        let kinds = hit.iter().filter(meant).map(|kind| kind.name.clone()).collect();
        let known = |value: &String| {
            self.kinds
                .iter()
                .filter_map(|kind| kind.marks(platform).get(field))
                .any(|mark| mark == value || case_of(test) != Case::Sensitive && mark.eq_ignore_ascii_case(value))
        };
        let unknown = named(test).into_iter().filter(|value| !known(value)).collect();
        Some(Asked { kinds, unknown })
    }

    /// The condition that holds of these kinds on a platform; `None` where no field tells them apart there.
    pub(super) fn marked(&self, platform: PlatformId, kinds: &[String]) -> Option<Marked> {
        let there: Vec<&EventKind> = self.kinds.iter().filter(|kind| kind.on(platform)).collect();
        let (asked, others): (Vec<&EventKind>, Vec<&EventKind>) =
            there.iter().partition(|kind| kinds.contains(&kind.name));
        let missing = kinds.iter().filter(|name| !asked.iter().any(|kind| kind.name == **name)).cloned().collect();
        let names = |kinds: &[&EventKind]| kinds.iter().map(|kind| kind.name.clone()).collect::<Vec<_>>();
        if asked.is_empty() {
            return Some(Marked { test: None, nothing: true, missing, alike: Vec::new() });
        }
        // A minor kind is no rival: it is another agent's word, or not what such events usually are.
        let others: Vec<&EventKind> = others.into_iter().filter(|kind| !kind.minor).collect();
        // The kinds that are marked in every way like one that is asked for cannot be told from it.
        let (alike, rivals): (Vec<&EventKind>, Vec<&EventKind>) =
            others.into_iter().partition(|kind| asked.iter().any(|one| one.marks(platform) == kind.marks(platform)));
        let alike = names(&alike);
        if rivals.is_empty() {
            return Some(Marked { test: None, nothing: false, missing, alike });
        }
        // What a kind is stands in the field with fewer words for it (`event.type` before `event.action`).
        let fields: Vec<&String> = asked.first().map(|kind| kind.marks(platform).keys().rev().collect())?;
        let value = |kind: &EventKind, field: &String| kind.marks(platform).get(field).cloned();
        for field in fields {
            let Some(values) = asked.iter().map(|kind| value(kind, field)).collect::<Option<Vec<_>>>() else {
                continue;
            };
            if rivals.iter().all(|kind| value(kind, field).is_none_or(|value| !values.contains(&value))) {
                let mut once: Vec<String> = Vec::new();
                for value in values {
                    if !once.contains(&value) {
                        once.push(value);
                    }
                }
                return Some(Marked { test: Some((field.clone(), once)), nothing: false, missing, alike });
            }
        }
        None
    }
}

/// Whether a test holds of a value; `None` where it is not one of those that name values.
pub(super) fn holds(test: &TestKind, value: &str) -> Option<bool> {
    let same = |left: &str, case: Case| {
        if case == Case::Sensitive { left == value } else { left.eq_ignore_ascii_case(value) }
    };
    Some(match test {
        TestKind::Equals { value: operand, case, .. } => same(&text(operand)?, *case),
        TestKind::In { values, case, .. } => {
            let values: Vec<String> = values.iter().map(text).collect::<Option<_>>()?;
            values.iter().any(|operand| same(operand, *case))
        }
        TestKind::StartsWith { value: operand, case } => {
            with_case(value, *case).starts_with(&with_case(&text(operand)?, *case))
        }
        TestKind::EndsWith { value: operand, case } => {
            with_case(value, *case).ends_with(&with_case(&text(operand)?, *case))
        }
        TestKind::Contains { value: operand, case } => {
            with_case(value, *case).contains(&with_case(&text(operand)?, *case))
        }
        TestKind::Wildcard { pattern, case } => {
            let folded: Vec<WildcardPart> = pattern
                .iter()
                .map(|part| match part {
                    WildcardPart::Text(text) => WildcardPart::Text(with_case(text, *case)),
                    other => other.clone(),
                })
                .collect();
            fits(&folded, &with_case(value, *case).chars().collect::<Vec<_>>())
        }
        TestKind::Present | TestKind::KeyPresent => true,
        _ => return None,
    })
}

fn with_case(text: &str, case: Case) -> String {
    if case == Case::Sensitive { text.to_owned() } else { text.to_lowercase() }
}

/// Whether a short value fits a pattern.
fn fits(pattern: &[WildcardPart], value: &[char]) -> bool {
    match pattern.split_first() {
        None => value.is_empty(),
        Some((WildcardPart::One, rest)) => value.split_first().is_some_and(|(_, behind)| fits(rest, behind)),
        Some((WildcardPart::Many, rest)) => (0..=value.len()).any(|at| fits(rest, value.get(at..).unwrap_or_default())),
        Some((WildcardPart::Text(text), rest)) => {
            let text: Vec<char> = text.chars().collect();
            value.strip_prefix(text.as_slice()).is_some_and(|behind| fits(rest, behind))
        }
    }
}

fn case_of(test: &TestKind) -> Case {
    match test {
        TestKind::Equals { case, .. } | TestKind::In { case, .. } => *case,
        _ => Case::Sensitive,
    }
}

/// The whole values that a test names.
pub(super) fn named(test: &TestKind) -> Vec<String> {
    match test {
        TestKind::Equals { value, .. } => text(value).into_iter().collect(),
        TestKind::In { values, .. } => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Expr) -> Option<String> {
    match value.as_literal()? {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The path of the common field.
pub(super) fn kind_path() -> FieldPath {
    FieldPath::column(KIND)
}
