//! The conditions of Panther's match expressions by name (spec/panther-simple-detections.md, "Conditions").

use crate::diagnostic::near_names;
use crate::model::{IpClass, Ordering, Quantifier};

/// What a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// Equal to `Value`.
    Equals,
    /// Contains `Value`: a part of a text, a member of a list, or a part of a member that is text.
    Contains,
    /// Starts with `Value`.
    StartsWith,
    /// Ends with `Value`.
    EndsWith,
    /// Is among `Values`, or shares a member with them.
    IsIn,
    /// Orders so against `Value`.
    Compare(Ordering),
    /// The key is there.
    Exists,
    /// Missing or null.
    IsNull,
    /// Missing, null or empty.
    IsNullOrEmpty,
    /// An address of this class.
    Ip(IpClass),
    /// An address in the network `Value`.
    InCidr,
    /// So many elements meet `Expressions`.
    Elements(Quantifier),
    /// The same for every event.
    Always(bool),
}

/// A condition by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    pub name: &'static str,
    pub asks: Asks,
    /// The contrary is meant.
    pub denied: bool,
    /// Case is ignored.
    pub fold: bool,
}

const fn plain(name: &'static str, asks: Asks) -> Condition {
    Condition { name, asks, denied: false, fold: false }
}

const fn denied(name: &'static str, asks: Asks) -> Condition {
    Condition { name, asks, denied: true, fold: false }
}

const fn folded(name: &'static str, asks: Asks) -> Condition {
    Condition { name, asks, denied: false, fold: true }
}

const fn folded_denied(name: &'static str, asks: Asks) -> Condition {
    Condition { name, asks, denied: true, fold: true }
}

/// Every condition; of several spellings the first is written.
pub(super) const ALL: &[Condition] = &[
    plain("Equals", Asks::Equals),
    denied("DoesNotEqual", Asks::Equals),
    folded("IEquals", Asks::Equals),
    folded_denied("IDoesNotEqual", Asks::Equals),
    plain("StartsWith", Asks::StartsWith),
    denied("DoesNotStartWith", Asks::StartsWith),
    folded("IStartsWith", Asks::StartsWith),
    folded_denied("IDoesNotStartWith", Asks::StartsWith),
    plain("EndsWith", Asks::EndsWith),
    denied("DoesNotEndWith", Asks::EndsWith),
    folded("IEndsWith", Asks::EndsWith),
    folded_denied("IDoesNotEndWith", Asks::EndsWith),
    plain("Contains", Asks::Contains),
    denied("DoesNotContain", Asks::Contains),
    folded("IContains", Asks::Contains),
    folded_denied("IDoesNotContain", Asks::Contains),
    plain("Has", Asks::Contains),
    denied("DoesNotHave", Asks::Contains),
    plain("IsIn", Asks::IsIn),
    denied("IsNotIn", Asks::IsIn),
    folded("IIsIn", Asks::IsIn),
    folded_denied("IIsNotIn", Asks::IsIn),
    plain("Exists", Asks::Exists),
    denied("DoesNotExist", Asks::Exists),
    plain("IsNull", Asks::IsNull),
    denied("IsNotNull", Asks::IsNull),
    plain("IsNullOrEmpty", Asks::IsNullOrEmpty),
    denied("IsNotNullOrEmpty", Asks::IsNullOrEmpty),
    plain("IsGreaterThan", Asks::Compare(Ordering::Greater)),
    plain("IsGreaterThanOrEquals", Asks::Compare(Ordering::GreaterOrEqual)),
    plain("IsGreaterThanOrEqual", Asks::Compare(Ordering::GreaterOrEqual)),
    plain("IsLessThan", Asks::Compare(Ordering::Less)),
    plain("IsLessThanOrEquals", Asks::Compare(Ordering::LessOrEqual)),
    plain("IsLessThanOrEqual", Asks::Compare(Ordering::LessOrEqual)),
    plain("IsIPAddress", Asks::Ip(IpClass::Any)),
    denied("IsNotIPAddress", Asks::Ip(IpClass::Any)),
    plain("IsIPv4Address", Asks::Ip(IpClass::V4)),
    denied("IsNotIPv4Address", Asks::Ip(IpClass::V4)),
    plain("IsIPv6Address", Asks::Ip(IpClass::V6)),
    denied("IsNotIPv6Address", Asks::Ip(IpClass::V6)),
    plain("IsIPAddressPublic", Asks::Ip(IpClass::Public)),
    denied("IsNotIPAddressPublic", Asks::Ip(IpClass::Public)),
    plain("IsIPAddressPrivate", Asks::Ip(IpClass::Private)),
    denied("IsNotIPAddressPrivate", Asks::Ip(IpClass::Private)),
    plain("IsIPAddressInCIDR", Asks::InCidr),
    denied("IsNotIPAddressInCIDR", Asks::InCidr),
    plain("AnyElement", Asks::Elements(Quantifier::Any)),
    plain("AllElements", Asks::Elements(Quantifier::All)),
    denied("NoElement", Asks::Elements(Quantifier::Any)),
    plain("OnlyOneElement", Asks::Elements(Quantifier::ExactlyOne)),
    plain("AlwaysTrue", Asks::Always(true)),
    plain("AlwaysFalse", Asks::Always(false)),
];

/// The condition of this name, exactly as it is spelt.
pub(super) fn by_name(name: &str) -> Option<Condition> {
    ALL.iter().copied().find(|condition| condition.name == name)
}

/// The name of a condition; `None` where Panther has none for it.
pub(super) fn name_of(asks: Asks, denied: bool, fold: bool) -> Option<&'static str> {
    ALL.iter().find(|known| known.asks == asks && known.denied == denied && known.fold == fold).map(|known| known.name)
}

/// The names nearest to one that is no condition.
pub(super) fn near(name: &str) -> Vec<&'static str> {
    near_names(name, ALL.iter().map(|condition| condition.name))
}
