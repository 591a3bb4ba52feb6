//! Tests of one value: kind, case and type rule are always stated (rules 1, 2 and 4).

use super::{Expr, FieldType, Value};
use crate::diagnostic::Span;

/// Whether upper and lower case differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// They differ.
    Sensitive,
    /// They do not, over all of Unicode (simple case folding).
    Ignore,
    /// ASCII letters do not differ, others do (Elasticsearch's `case_insensitive`).
    IgnoreAscii,
}

/// How values of different types compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typing {
    /// By JSON type: 1 equals 1.0, nothing else crosses types.
    Typed,
    /// As Python compares: like [`Typing::Typed`], and `True == 1`; lists and dicts by content.
    Python,
    /// The operand is coerced by the field's mapping (Elastic).
    Mapped(FieldType),
    /// Both sides as text: numbers and booleans as they print in JSON.
    Text,
}

/// An order between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ordering {
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// Whose regular expressions a pattern is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegexFlavour {
    /// RE2 and its like (Kusto).
    Re2,
    /// Lucene's: no classes such as `\d`, no anchors, operators `@ & < > ~ #`.
    Lucene,
    /// Python's `re`.
    Python,
}

/// Where a pattern must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// Anywhere.
    Search,
    /// At the start (`re.match`).
    Start,
    /// The whole value.
    Whole,
}

/// A piece of a wildcard pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WildcardPart {
    /// Exactly this text.
    Text(String),
    /// Any run of characters, also none (`*`).
    Many,
    /// One character (`?`).
    One,
}

/// Kinds of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IpClass {
    /// Any address.
    Any,
    /// Version 4.
    V4,
    /// Version 6.
    V6,
    /// Not reserved for private or special use.
    Public,
    /// Reserved for private or special use.
    Private,
}

/// Types of JSON values, for tests such as `isinstance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonKind {
    /// Text.
    String,
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// What is asked of the value. Every kind is false of a missing or null value unless it says otherwise,
/// and false of a value whose type it does not know.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the comment of a kind names its operands")]
pub enum TestKind {
    /// The whole value equals the operand. False where either side is null.
    Equals { value: Expr, case: Case, typing: Typing },
    /// The whole value equals one of the operands. An operand that yields a list counts as its elements.
    In { values: Vec<Expr>, case: Case, typing: Typing },
    /// The text contains the operand (empty operand: true of every text).
    Contains { value: Expr, case: Case },
    /// The text starts with the operand.
    StartsWith { value: Expr, case: Case },
    /// The text ends with the operand.
    EndsWith { value: Expr, case: Case },
    /// The text contains the operand bounded by what is neither letter nor digit (Kusto `has`).
    Term { value: Expr, case: Case },
    /// A term of the text starts with the operand (Kusto `hasprefix`).
    TermPrefix { value: Expr, case: Case },
    /// A term of the text ends with the operand (Kusto `hassuffix`).
    TermSuffix { value: Expr, case: Case },
    /// The analysed text holds these tokens next to each other, in this order; `slop` moves are allowed
    /// (Elasticsearch `match_phrase` under the standard analyser).
    Phrase { text: String, slop: u32 },
    /// The analysed text holds all, or some, of the tokens of `text` (Elasticsearch `match`).
    Tokens { text: String, all: bool },
    /// Some token of the analysed text fits the pattern, ignoring case.
    TokenWildcard { pattern: Vec<WildcardPart> },
    /// The whole value fits the pattern.
    Wildcard { pattern: Vec<WildcardPart>, case: Case },
    /// The value fits a regular expression.
    Regex { pattern: Expr, flavour: RegexFlavour, anchor: Anchor, case: Case },
    /// The whole value is within this many edits of the operand (Lucene `term~1`).
    Fuzzy { text: String, distance: u8, transpositions: bool },
    /// The value is an address in one of these networks (an address alone is a network of one).
    Cidr { networks: Vec<String> },
    /// The value is an address of this class.
    Ip { class: IpClass },
    /// The value orders so against the operand. Numbers with numbers, times with times, text with text by code point.
    Compare { ordering: Ordering, value: Expr, typing: Typing },
    /// One value lies between both bounds. `true` beside a bound means that the bound itself belongs to it.
    Range { low: Option<(Expr, bool)>, high: Option<(Expr, bool)>, typing: Typing },
    /// There is a value, and it is not null. Empty text counts; an empty list counts as a whole, it has no value of its
    /// own where any element is asked for.
    Present,
    /// The key is there, whatever its value (Panther `Exists`).
    KeyPresent,
    /// Null, missing, empty text, empty list or empty object. True of a missing value.
    Empty,
    /// Python's truth: not null, false, zero or empty.
    Truthy,
    /// The value is of this JSON type.
    IsKind { kinds: Vec<JsonKind> },
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What is tested.
    pub subject: Expr,
    /// What is asked of it.
    pub kind: TestKind,
    /// Where it stands in the query text.
    pub span: Span,
    /// Comments of the source that stand with it, without their markers.
    pub comments: Vec<String>,
}

impl Test {
    /// A test without comments.
    pub fn new(subject: Expr, kind: TestKind, span: Span) -> Self {
        Self { subject, kind, span, comments: Vec::new() }
    }
}

impl From<Test> for super::Predicate {
    fn from(test: Test) -> Self {
        super::Predicate::Test(test)
    }
}

impl TestKind {
    /// Whether the test ignores the case of ASCII letters only (Elasticsearch), and its constants hold other letters with
    /// case: a language that folds every letter says more.
    pub fn folds_ascii_only(&self) -> bool {
        let other = |letter: char| !letter.is_ascii() && (letter.is_lowercase() || letter.is_uppercase());
        let cased = |text: &str| text.chars().any(other);
        let holds = |value: &Expr| value.as_text().is_some_and(cased);
        match self {
            TestKind::Equals { value, case: Case::IgnoreAscii, .. }
            | TestKind::Contains { value, case: Case::IgnoreAscii }
            | TestKind::StartsWith { value, case: Case::IgnoreAscii }
            | TestKind::EndsWith { value, case: Case::IgnoreAscii }
            | TestKind::Regex { pattern: value, case: Case::IgnoreAscii, .. } => holds(value),
            TestKind::In { values, case: Case::IgnoreAscii, .. } => values.iter().any(holds),
            TestKind::Wildcard { pattern, case: Case::IgnoreAscii } => {
                pattern.iter().any(|part| matches!(part, WildcardPart::Text(text) if cased(text)))
            }
            _ => false,
        }
    }

    /// Whether the number zero meets the test; true, too, where that cannot be told from its constants.
    pub fn met_by_zero(&self) -> bool {
        let number = |value: &Expr| value.as_literal().and_then(Value::as_f64);
        let holds = |ordering: Ordering, limit: f64| match ordering {
            Ordering::Less => 0.0 < limit,
            Ordering::LessOrEqual => 0.0 <= limit,
            Ordering::Greater => 0.0 > limit,
            Ordering::GreaterOrEqual => 0.0 >= limit,
        };
        match self {
            TestKind::Equals { value, .. } => number(value).is_none_or(|number| number == 0.0),
            TestKind::In { values, .. } => values.iter().any(|value| number(value).is_none_or(|number| number == 0.0)),
            TestKind::Compare { ordering, value, .. } => number(value).is_none_or(|limit| holds(*ordering, limit)),
            TestKind::Range { low, high, .. } => {
                let side = |bound: &Option<(Expr, bool)>, open: Ordering, closed: Ordering| {
                    bound.as_ref().is_none_or(|(value, closed_too)| {
                        number(value).is_none_or(|limit| holds(if *closed_too { closed } else { open }, limit))
                    })
                };
                side(low, Ordering::Greater, Ordering::GreaterOrEqual)
                    && side(high, Ordering::Less, Ordering::LessOrEqual)
            }
            _ => true,
        }
    }
}
