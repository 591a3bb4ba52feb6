//! Wildcards without backtracking over more than the last `*`: time at worst the product of both lengths.

use super::{fold, fold_char};
use crate::model::{Case, WildcardPart};

/// A piece of a pattern, ready to be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// This character under the case mode.
    Char(char),
    /// One character.
    One,
    /// Any run.
    Many,
}

/// The pattern as the case mode compares it.
pub fn fold_pattern(pattern: &[WildcardPart], case: Case) -> Vec<Folded> {
    let mut folded = Vec::new();
    for part in pattern {
        match part {
            WildcardPart::Text(text) => folded.extend(fold(text, case).chars().map(Folded::Char)),
            WildcardPart::One => folded.push(Folded::One),
            WildcardPart::Many if folded.last() == Some(&Folded::Many) => {}
            WildcardPart::Many => folded.push(Folded::Many),
        }
    }
    folded
}

/// Whether the whole text fits the pattern made by [`fold_pattern`] with the same case mode.
pub fn wildcard(text: &str, pattern: &[Folded], case: Case) -> bool {
    let text: Vec<char> = match case {
        Case::Sensitive => text.chars().collect(),
        Case::IgnoreAscii => text.chars().map(|character| character.to_ascii_lowercase()).collect(),
        Case::Ignore => text.chars().map(fold_char).collect(),
    };
    let (mut at, mut piece) = (0, 0);
    let mut resume: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match pattern.get(piece) {
            Some(Folded::Char(character)) => text.get(at) == Some(character),
            Some(Folded::One) => true,
            Some(Folded::Many) => {
                resume = Some((at, piece + 1));
                piece += 1;
                continue;
            }
            None => false,
        };
        if fits {
            at += 1;
            piece += 1;
        } else if let Some((from, after)) = resume {
            resume = Some((from + 1, after));
            at = from + 1;
            piece = after;
        } else {
            return false;
        }
    }
    pattern.get(piece..).is_some_and(|rest| rest.iter().all(|piece| *piece == Folded::Many))
}

/// Whether the whole text fits a pattern of `*` written as text, case-sensitive (names of fields).
pub fn wildcard_text(text: &str, pattern: &str) -> bool {
    let pattern: Vec<Folded> = pattern
        .chars()
        .map(|character| if character == '*' { Folded::Many } else { Folded::Char(character) })
        .collect();
    wildcard(text, &pattern, Case::Sensitive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_fit() {
        for (pattern, text, fits) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("*abc", "ababc", true),
            ("*", "", true),
            ("a**b", "axxb", true),
            ("", "", true),
            ("", "a", false),
            ("*é*", "café!", true),
        ] {
            assert_eq!(wildcard_text(text, pattern), fits, "{pattern} {text}");
        }
        let one = fold_pattern(&[WildcardPart::Text("A".into()), WildcardPart::One], Case::Ignore);
        assert!(wildcard("aé", &one, Case::Ignore) && !wildcard("a", &one, Case::Ignore));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!wildcard_text(&"a".repeat(5000), &pattern));
    }
}
