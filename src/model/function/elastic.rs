//! Functions whose null, type and error behaviour is Elasticsearch's own (EQL's scripts; spec/elastic-semantics.md).
//! Null in any argument gives null unless it says otherwise; so does an argument of another type.

use super::super::Function;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Function = Function($text);)*
        /// Every function of this file.
        pub const ALL: &[Function] = &[$($name),*];
    };
}

functions! {
    /// Quotient: truncated towards zero for two whole numbers, else a fraction; null for a zero divisor.
    DIVIDE = "elastic_divide";
    /// Part of a text from an index up to another, in characters from 0; a negative index counts from the end, one out
    /// of range is moved to the nearest end; to the end of the text without the third argument (EQL `substring`).
    SLICE = "slice";
    /// Where the second text first stands in the first, in characters from 0, at or behind the optional third argument;
    /// null where it does not (EQL `indexOf`).
    INDEX_OF = "index_of";
    /// The same, whatever the case.
    INDEX_OF_FOLD = "index_of_fold";
    /// The text between the first occurrence of the second argument and the next occurrence of the third; the empty
    /// text where either is missing; up to the last occurrence where the optional fourth is true (EQL `between`).
    BETWEEN = "between";
    /// The same, whatever the case.
    BETWEEN_FOLD = "between_fold";
}
