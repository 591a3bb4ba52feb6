//! Tests of text: case, terms, tokens, wildcards, edits. All run in time linear or at worst quadratic in their input.

mod fuzzy;
mod term;
mod tokens;
mod wildcard;

pub use fuzzy::within_edits;
pub use term::{has_term, has_term_prefix, has_term_suffix, terms};
pub use tokens::{has_phrase, tokens};
pub use wildcard::{Folded, fold_pattern, wildcard, wildcard_text};

use crate::model::Case;
use std::borrow::Cow;

/// A character under Unicode's simple case folding: characters that differ in case alone become the same.
pub fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    // Dotless i folds to itself although its upper case is the ASCII I.
    if character == 'ı' {
        return character;
    }
    let upper = single(character.to_uppercase()).unwrap_or(character);
    single(upper.to_lowercase()).unwrap_or(upper)
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

/// The text as the case mode compares it: equal texts are equal under the mode.
pub fn fold(text: &str, case: Case) -> Cow<'_, str> {
    match case {
        Case::Sensitive => Cow::Borrowed(text),
        Case::IgnoreAscii if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Borrowed(text),
        Case::IgnoreAscii => Cow::Owned(text.to_ascii_lowercase()),
        Case::Ignore if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Borrowed(text),
        Case::Ignore => Cow::Owned(text.chars().map(fold_char).collect()),
    }
}

/// Whether two texts are equal under a case mode.
pub fn equal(left: &str, right: &str, case: Case) -> bool {
    match case {
        Case::Sensitive => left == right,
        Case::IgnoreAscii => left.eq_ignore_ascii_case(right),
        Case::Ignore => left.chars().map(fold_char).eq(right.chars().map(fold_char)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_modes() {
        for (left, right, ignore, ascii) in [
            ("Admin", "aDMIN", true, true),
            ("MÜLLER", "müller", true, false),
            ("CAFÉ", "café", true, false),
            ("σ", "ς", true, false),
            ("\u{212a}", "k", true, false), // the Kelvin sign
            ("ẞ", "ß", true, false),
            ("ß", "ss", false, false),
            ("İ", "i", false, false),
            ("ı", "i", false, false),
            ("a", "b", false, false),
        ] {
            assert_eq!(equal(left, right, Case::Ignore), ignore, "{left} {right}");
            assert_eq!(fold(left, Case::Ignore) == fold(right, Case::Ignore), ignore, "{left} {right}");
            assert_eq!(equal(left, right, Case::IgnoreAscii), ascii, "{left} {right}");
            assert_eq!(fold(left, Case::IgnoreAscii) == fold(right, Case::IgnoreAscii), ascii, "{left} {right}");
            assert!(!equal(left, right, Case::Sensitive));
        }
    }
}
