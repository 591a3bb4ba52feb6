//! The string operators, old spellings included.

/// What a string operator tests; the semantics are in `spec/kusto-semantics.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextTest {
    /// `=~`, `!~`: the whole value (`==` and `!=` are comparisons of any type).
    Equals,
    /// `has`: a whole term, or a phrase of terms.
    Has,
    /// `hasprefix`: a term starts with it.
    HasPrefix,
    /// `hassuffix`: a term ends with it.
    HasSuffix,
    /// `contains`: a substring.
    Contains,
    /// `startswith`: the value starts with it.
    StartsWith,
    /// `endswith`: the value ends with it.
    EndsWith,
    /// `like`: a pattern with `*`.
    Like,
    /// `matches regex`: an unanchored RE2 search.
    MatchesRegex,
    /// `:` of `search` and `find`: the column has the term.
    Search,
}

/// A string operator: what it tests, negated or not, with regard to case or not, and how it was spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextOp {
    /// What it tests.
    pub test: TextTest,
    /// `!has`, `!~`, `notlike`.
    pub negated: bool,
    /// Whether case matters (`has_cs`, `matches regex`).
    pub case_sensitive: bool,
    /// As written: `!contains` or its old spelling `notcontains`.
    pub spelling: &'static str,
}

const fn op(spelling: &'static str, test: TextTest, negated: bool, case_sensitive: bool) -> TextOp {
    TextOp { test, negated, case_sensitive, spelling }
}

/// Every spelling the language knows. The first of several with one meaning is the canonical one.
pub const TEXT_OPS: [TextOp; 35] = [
    op("=~", TextTest::Equals, false, false),
    op("!~", TextTest::Equals, true, false),
    op("has", TextTest::Has, false, false),
    op("!has", TextTest::Has, true, false),
    op("has_cs", TextTest::Has, false, true),
    op("!has_cs", TextTest::Has, true, true),
    op("hasprefix", TextTest::HasPrefix, false, false),
    op("!hasprefix", TextTest::HasPrefix, true, false),
    op("hasprefix_cs", TextTest::HasPrefix, false, true),
    op("!hasprefix_cs", TextTest::HasPrefix, true, true),
    op("hassuffix", TextTest::HasSuffix, false, false),
    op("!hassuffix", TextTest::HasSuffix, true, false),
    op("hassuffix_cs", TextTest::HasSuffix, false, true),
    op("!hassuffix_cs", TextTest::HasSuffix, true, true),
    op("contains", TextTest::Contains, false, false),
    op("!contains", TextTest::Contains, true, false),
    op("contains_cs", TextTest::Contains, false, true),
    op("!contains_cs", TextTest::Contains, true, true),
    op("startswith", TextTest::StartsWith, false, false),
    op("!startswith", TextTest::StartsWith, true, false),
    op("startswith_cs", TextTest::StartsWith, false, true),
    op("!startswith_cs", TextTest::StartsWith, true, true),
    op("endswith", TextTest::EndsWith, false, false),
    op("!endswith", TextTest::EndsWith, true, false),
    op("endswith_cs", TextTest::EndsWith, false, true),
    op("!endswith_cs", TextTest::EndsWith, true, true),
    op("matches regex", TextTest::MatchesRegex, false, true),
    op(":", TextTest::Search, false, false),
    op("like", TextTest::Like, false, false),
    op("notlike", TextTest::Like, true, false),
    op("likecs", TextTest::Like, false, true),
    op("notlikecs", TextTest::Like, true, true),
    op("notcontains", TextTest::Contains, true, false),
    op("containscs", TextTest::Contains, false, true),
    op("notcontainscs", TextTest::Contains, true, true),
];

impl TextOp {
    /// The operator written so; `None` when there is none.
    pub fn parse(spelling: &str) -> Option<Self> {
        TEXT_OPS.into_iter().find(|op| op.spelling == spelling)
    }

    /// The canonical operator of this meaning. `None` where the language has none: no negated `matches regex`, no
    /// case-sensitive `=~` (that is `==`), no negated or case-sensitive `:`.
    pub fn new(test: TextTest, negated: bool, case_sensitive: bool) -> Option<Self> {
        TEXT_OPS.into_iter().find(|op| op.test == test && op.negated == negated && op.case_sensitive == case_sensitive)
    }

    /// The canonical spelling: `!contains` for `notcontains`.
    pub fn canonical(self) -> &'static str {
        Self::new(self.test, self.negated, self.case_sensitive).map_or(self.spelling, |op| op.spelling)
    }
}
