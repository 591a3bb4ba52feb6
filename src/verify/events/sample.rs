//! Texts that fit a regular expression or a wildcard pattern.

use crate::model::WildcardPart;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The greatest length of a sample, in characters; longer patterns give none.
const LONGEST: usize = 2_000;

/// How a sample is chosen where a pattern leaves a choice.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// Which branch of an alternation, counted round.
    pub branch: usize,
    /// How many repetitions above the least.
    pub extra: u32,
}

/// A text that fits the pattern as far as its boundaries allow; `None` where there is none, or only a long one.
pub fn sample(hir: &Hir, choice: Choice) -> Option<String> {
    let mut text = String::new();
    write(hir, choice, &mut text, 0)?;
    Some(text)
}

fn write(hir: &Hir, choice: Choice, text: &mut String, depth: usize) -> Option<()> {
    if depth > 300 || text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.push_str(std::str::from_utf8(&literal.0).ok()?);
            Some(())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges: Vec<(char, char)> = class.iter().map(|range| (range.start(), range.end())).collect();
            text.push(typical(&ranges)?);
            Some(())
        }
        HirKind::Class(Class::Bytes(class)) => {
            let ranges: Vec<(char, char)> =
                class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect();
            text.push(typical(&ranges)?);
            Some(())
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let count = repetition.min.saturating_add(choice.extra).min(most);
            for _ in 0..count {
                write(&repetition.sub, choice, text, depth + 1)?;
            }
            Some(())
        }
        HirKind::Capture(capture) => write(&capture.sub, choice, text, depth + 1),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, choice, text, depth + 1)),
        HirKind::Alternation(parts) => write(parts.get(choice.branch % parts.len().max(1))?, choice, text, depth + 1),
    }
}

/// The greatest number of branches of an alternation in the pattern.
pub fn branches(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Alternation(parts) => parts.iter().map(branches).max().unwrap_or(1).max(parts.len()),
        HirKind::Concat(parts) => parts.iter().map(branches).max().unwrap_or(1),
        HirKind::Repetition(repetition) => branches(&repetition.sub),
        HirKind::Capture(capture) => branches(&capture.sub),
        _ => 1,
    }
}

/// A character of the ranges that reads well: a letter, else a digit, else something printable.
fn typical(ranges: &[(char, char)]) -> Option<char> {
    let holds = |character: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
    "aAx5 -_./\\".chars().find(|character| holds(*character)).or_else(|| {
        let first = ranges.iter().map(|(low, high)| if *low < ' ' && *high >= ' ' { ' ' } else { *low }).next()?;
        ranges
            .iter()
            .map(|(low, _)| *low)
            .find(|character| character.is_alphanumeric())
            .or_else(|| ranges.iter().map(|(low, _)| *low).find(|character| !character.is_control()))
            .or(Some(first))
    })
}

/// A text that fits a wildcard pattern, with this text for each `*`.
pub fn wildcard(pattern: &[WildcardPart], many: &str) -> String {
    pattern
        .iter()
        .map(|part| match part {
            WildcardPart::Text(text) => text.as_str(),
            WildcardPart::Many => many,
            WildcardPart::One => "q",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fit_their_pattern() {
        for pattern in [
            r"abc",
            r"a|b|c",
            r"[a-f0-9]{32}",
            r"\d+\.\d+",
            r"(?i)powershell(\.exe)?",
            r"^\s*net\s+user$",
            r"[^a-z]x",
            r"(foo|bar)+-\w{2,4}",
        ] {
            let hir = regex_syntax::Parser::new().parse(pattern).unwrap();
            let regex = regex::Regex::new(pattern).unwrap();
            for branch in 0..branches(&hir) {
                for extra in 0..2 {
                    let text = sample(&hir, Choice { branch, extra }).unwrap();
                    assert!(regex.is_match(&text), "{pattern} {text:?}");
                }
            }
        }
        let huge = regex_syntax::Parser::new().parse(r"(?:a{500}){500}").unwrap();
        assert_eq!(sample(&huge, Choice { branch: 0, extra: 0 }), None);
    }
}
