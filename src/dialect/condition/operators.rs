//! The operators of the condition text by name, spellings of other languages included.

use crate::diagnostic::near_names;
use crate::model::Ordering;

/// What an operator asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equals,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Term,
    TermPrefix,
    TermSuffix,
    Phrase,
    TokensAll,
    TokensAny,
    TokenWildcard,
    Wildcard,
    Matches,
    MatchesStart,
    MatchesWhole,
    Fuzzy,
    Cidr,
    Compare(Ordering),
    Present,
    KeyPresent,
    Empty,
}

/// An operator as it is spelt: what it asks, and what the spelling adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub op: Op,
    /// The spelling denies (`ne`, `not_in`, `is_null`).
    pub negated: bool,
    /// The spelling ignores case (`icontains`, `=~`).
    pub fold: bool,
    /// Every value of a list must meet it (`contains_all`), instead of some.
    pub every: bool,
}

/// Every name without its prefixes; the first name of an operator is the one that is printed.
const NAMES: &[(&str, Op, bool)] = &[
    ("eq", Op::Equals, false),
    ("equals", Op::Equals, false),
    ("==", Op::Equals, false),
    ("=", Op::Equals, false),
    ("ne", Op::Equals, true),
    ("neq", Op::Equals, true),
    ("equal", Op::Equals, false),
    ("!=", Op::Equals, true),
    ("<>", Op::Equals, true),
    ("in", Op::In, false),
    ("nin", Op::In, true),
    ("notin", Op::In, true),
    ("contains", Op::Contains, false),
    ("contain", Op::Contains, false),
    ("starts_with", Op::StartsWith, false),
    ("startswith", Op::StartsWith, false),
    ("starts with", Op::StartsWith, false),
    ("start_with", Op::StartsWith, false),
    ("begins_with", Op::StartsWith, false),
    ("begins with", Op::StartsWith, false),
    ("prefix", Op::StartsWith, false),
    ("ends_with", Op::EndsWith, false),
    ("endswith", Op::EndsWith, false),
    ("ends with", Op::EndsWith, false),
    ("end_with", Op::EndsWith, false),
    ("suffix", Op::EndsWith, false),
    ("has", Op::Term, false),
    ("term", Op::Term, false),
    ("has_prefix", Op::TermPrefix, false),
    ("hasprefix", Op::TermPrefix, false),
    ("has_suffix", Op::TermSuffix, false),
    ("hassuffix", Op::TermSuffix, false),
    ("phrase", Op::Phrase, false),
    ("tokens_all", Op::TokensAll, false),
    ("tokens_any", Op::TokensAny, false),
    ("token_wildcard", Op::TokenWildcard, false),
    ("wildcard", Op::Wildcard, false),
    ("like", Op::Wildcard, false),
    ("glob", Op::Wildcard, false),
    ("matches", Op::Matches, false),
    ("match", Op::Matches, false),
    ("regex", Op::Matches, false),
    ("regexp", Op::Matches, false),
    ("matches_regex", Op::Matches, false),
    ("matches_start", Op::MatchesStart, false),
    ("matches_whole", Op::MatchesWhole, false),
    ("fuzzy", Op::Fuzzy, false),
    ("in_cidr", Op::Cidr, false),
    ("cidr", Op::Cidr, false),
    ("cidr_match", Op::Cidr, false),
    ("cidrmatch", Op::Cidr, false),
    ("lt", Op::Compare(Ordering::Less), false),
    ("<", Op::Compare(Ordering::Less), false),
    ("le", Op::Compare(Ordering::LessOrEqual), false),
    ("lte", Op::Compare(Ordering::LessOrEqual), false),
    ("<=", Op::Compare(Ordering::LessOrEqual), false),
    ("gt", Op::Compare(Ordering::Greater), false),
    (">", Op::Compare(Ordering::Greater), false),
    ("ge", Op::Compare(Ordering::GreaterOrEqual), false),
    ("gte", Op::Compare(Ordering::GreaterOrEqual), false),
    (">=", Op::Compare(Ordering::GreaterOrEqual), false),
    ("exists", Op::Present, false),
    ("exist", Op::Present, false),
    ("present", Op::Present, false),
    ("is_present", Op::Present, false),
    ("is_not_null", Op::Present, false),
    ("missing", Op::Present, true),
    ("absent", Op::Present, true),
    ("is_null", Op::Present, true),
    ("has_key", Op::KeyPresent, false),
    ("is_empty", Op::Empty, false),
    ("is_not_empty", Op::Empty, true),
];

/// The operator of this spelling (any case), with `not_`, `does_not_` or `i` in front and `_any` or `_all` behind.
pub(super) fn by_spelling(spelling: &str) -> Option<Operator> {
    let name = spelling.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    match name.as_str() {
        "=~" => return Some(Operator { op: Op::Equals, negated: false, fold: true, every: false }),
        "!~" => return Some(Operator { op: Op::Equals, negated: true, fold: true, every: false }),
        _ => {}
    }
    let plain = |name: &str| {
        NAMES.iter().find(|(known, ..)| *known == name).map(|(_, op, negated)| Operator {
            op: *op,
            negated: *negated,
            fold: false,
            every: false,
        })
    };
    if let Some(found) = plain(&name) {
        return Some(found);
    }
    let denied = name.strip_prefix("does_not_").or_else(|| name.strip_prefix("not_"));
    if let Some(found) = denied.and_then(by_spelling) {
        return Some(Operator { negated: !found.negated, ..found });
    }
    if let Some(found) = name.strip_prefix('i').and_then(plain) {
        return takes_case(found.op).then_some(Operator { fold: true, ..found });
    }
    let some = name.strip_suffix("_any").and_then(plain).map(|found| (found, false));
    let (found, every) = some.or_else(|| name.strip_suffix("_all").and_then(plain).map(|found| (found, true)))?;
    takes_text(found.op).then_some(Operator { every, ..found })
}

/// The names nearest to a spelling that is none.
pub(super) fn near(spelling: &str) -> Vec<&'static str> {
    near_names(spelling, NAMES.iter().map(|(name, ..)| *name).chain(["not in", "between", "is null"]))
}

/// Whether `~` may stand behind it.
pub(super) fn takes_case(op: Op) -> bool {
    takes_text(op) || matches!(op, Op::Equals | Op::In)
}

/// Whether it tests text, and a list of values therefore means some (or all) of them.
pub(super) fn takes_text(op: Op) -> bool {
    matches!(
        op,
        Op::Contains
            | Op::StartsWith
            | Op::EndsWith
            | Op::Term
            | Op::TermPrefix
            | Op::TermSuffix
            | Op::Wildcard
            | Op::Matches
            | Op::MatchesStart
            | Op::MatchesWhole
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_other_languages() {
        let of = |spelling: &str| by_spelling(spelling).unwrap();
        assert_eq!(of("icontains"), Operator { op: Op::Contains, negated: false, fold: true, every: false });
        assert_eq!(of("not_in"), Operator { op: Op::In, negated: true, fold: false, every: false });
        assert_eq!(of("!~"), Operator { op: Op::Equals, negated: true, fold: true, every: false });
        assert_eq!(of("Starts  With").op, Op::StartsWith);
        assert!(of("contains_all").every && of("does_not_contain").negated && of("is_not_empty").negated);
        assert!(by_spelling("ilt").is_none() && by_spelling("containz").is_none());
        assert_eq!(near("containz").first(), Some(&"contains"));
    }
}
