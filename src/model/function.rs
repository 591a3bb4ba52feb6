//! Functions by their meaning. One constant a meaning; the comment states null, type and error behaviour.
//!
//! A dialect whose function differs in any of these gets a constant of its own, named after the difference.

use super::Function;
pub use super::function_python::*;

pub mod elastic;
pub mod kusto;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Function = Function($text);)*
        /// Every function, for looking one up by name.
        pub const ALL: &[Function] = &[$($name),*];
    };
}

functions! {
    /// Lower case of a text; null of anything else.
    LOWER = "lower";
    /// Upper case of a text; null of anything else.
    UPPER = "upper";
    /// A text without white space at both ends; null of anything else.
    TRIM = "trim";
    /// Number of characters (code points) of a text; null of anything else.
    LENGTH = "length";
    /// Number of elements of a list; null of anything else.
    COUNT_ELEMENTS = "count_elements";
    /// A value as text: numbers and booleans as JSON prints them, lists and objects as compact JSON; null of null.
    TO_TEXT = "to_text";
    /// Kusto `tostring`: like `to_text`, but the empty text of null.
    TO_TEXT_OR_EMPTY = "to_text_or_empty";
    /// Texts joined in order; null where any argument is null.
    CONCAT = "concat";
    /// Texts joined in order, null as the empty text (Kusto `strcat`).
    CONCAT_OR_EMPTY = "concat_or_empty";
    /// The first argument that is not null.
    COALESCE = "coalesce";
    /// Parts of a text between separators, as a list; null of anything else. An empty separator is an error.
    SPLIT = "split";
    /// Element of a list at an index, negative from the end; null out of range.
    ELEMENT_AT = "element_at";
    /// Part of a text: start (code points, from 0), optional length; null of anything else.
    SUBSTRING = "substring";
    /// Text with every occurrence of the second argument replaced by the third.
    REPLACE = "replace";
    /// Sum of two numbers; null where either is null.
    ADD = "add";
    /// Difference of two numbers; null where either is null.
    SUBTRACT = "subtract";
    /// Product of two numbers; null where either is null.
    MULTIPLY = "multiply";
    /// Quotient of two numbers as a fraction; null where either is null or the divisor is zero.
    DIVIDE = "divide";
    /// Remainder with the sign of the dividend; null where either is null or the divisor is zero.
    REMAINDER = "remainder";
    /// The contrary number.
    NEGATE = "negate";
    /// The whole number in a text or number; null where there is none.
    TO_INT = "to_int";
    /// The number in a text or number; null where there is none.
    TO_DOUBLE = "to_double";
    /// The point in time in a text; null where there is none.
    TO_TIME = "to_time";
    /// The time of evaluation.
    NOW = "now";
    /// A text read as JSON; the text itself where it is none.
    PARSE_JSON = "parse_json";
}

/// The function of this name.
pub fn by_name(name: &str) -> Option<Function> {
    let kusto = kusto::ALL.iter().chain(kusto::aggregate::ALL).map(|(function, _)| function);
    ALL.iter().chain(elastic::ALL).chain(kusto).chain(PYTHON_ALL).copied().find(|function| function.0 == name)
}
