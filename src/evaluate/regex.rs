//! Regular expressions of each flavour, compiled once per evaluation.

use super::EvalError;
use super::python_regex;
use crate::model::{Anchor, Case, RegexFlavour, lucene_regex};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// An expression that is ready to be matched in linear time.
#[derive(Debug)]
pub enum Pattern {
    /// By the `regex` crate.
    Regex(Regex),
    /// With complement or intersection: by derivatives, bounded.
    Lucene(Rc<lucene_regex::Node>, String),
}

impl Pattern {
    /// Whether the text fits, anchored as was asked.
    ///
    /// # Errors
    /// [`EvalError::Regex`] where a bounded match gives up.
    pub fn is_match(&self, text: &str) -> Result<bool, EvalError> {
        match self {
            Pattern::Regex(regex) => Ok(regex.is_match(text)),
            Pattern::Lucene(node, pattern) => lucene_regex::is_match(node, text)
                .map_err(|reason| EvalError::Regex { pattern: pattern.clone(), reason }),
        }
    }
}

type Key = (RegexFlavour, Anchor, Case);

/// Compiled expressions by what was asked for.
#[derive(Default)]
pub struct Cache(RefCell<HashMap<Key, HashMap<String, Rc<Pattern>>>>);

impl Cache {
    /// The compiled expression.
    ///
    /// # Errors
    /// [`EvalError::Regex`] where the pattern is wrong or cannot be matched in linear time.
    pub fn get(
        &self,
        pattern: &str,
        flavour: RegexFlavour,
        anchor: Anchor,
        case: Case,
    ) -> Result<Rc<Pattern>, EvalError> {
        let key = (flavour, anchor, case);
        if let Some(found) = self.0.borrow().get(&key).and_then(|patterns| patterns.get(pattern)) {
            return Ok(Rc::clone(found));
        }
        let compiled = Rc::new(
            compile(pattern, flavour, anchor, case)
                .map_err(|reason| EvalError::Regex { pattern: pattern.to_owned(), reason })?,
        );
        self.0.borrow_mut().entry(key).or_default().insert(pattern.to_owned(), Rc::clone(&compiled));
        Ok(compiled)
    }
}

fn compile(pattern: &str, flavour: RegexFlavour, anchor: Anchor, case: Case) -> Result<Pattern, String> {
    let translated = translate(pattern, flavour, anchor)?;
    let Some(body) = translated else {
        if case != Case::Sensitive {
            return Err("a complement or intersection that ignores case is not run here".to_owned());
        }
        return lucene_regex::parse(pattern).map(|node| Pattern::Lucene(node, pattern.to_owned()));
    };
    let body = if case == Case::IgnoreAscii { ignore_ascii_case(&body)? } else { body };
    let anchored = match anchor {
        Anchor::Search => body,
        Anchor::Start => format!(r"\A(?:{body}{})", end_of(&body)),
        Anchor::Whole => format!(r"\A(?:{body}{})\z", end_of(&body)),
    };
    RegexBuilder::new(&anchored)
        .case_insensitive(case == Case::Ignore)
        .dot_matches_new_line(flavour == RegexFlavour::Lucene)
        .nest_limit(250)
        .build()
        .map(Pattern::Regex)
        .map_err(|error| reason(&error))
}

/// A line break behind a verbose pattern keeps a comment at its end from hiding the bracket that follows.
fn end_of(pattern: &str) -> &'static str {
    let flags = pattern.strip_prefix("(?").and_then(|rest| rest.split([')', ':', '-']).next()).unwrap_or("");
    if flags.contains('x') && flags.bytes().all(|byte| byte.is_ascii_alphabetic()) { "\n" } else { "" }
}

/// The pattern in the syntax of the `regex` crate; `None` for Lucene's complement and intersection.
fn translate(pattern: &str, flavour: RegexFlavour, anchor: Anchor) -> Result<Option<String>, String> {
    match flavour {
        RegexFlavour::Re2 => Ok(Some(pattern.to_owned())),
        RegexFlavour::Python => python_regex::translate(pattern, anchor).map(Some),
        RegexFlavour::Lucene => {
            lucene_regex::parse(pattern)?;
            Ok(lucene_regex::to_re2(pattern).ok())
        }
    }
}

/// The last line of the crate's message says what is wrong; the lines before draw the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("it is wrong");
    last.trim().trim_start_matches("error: ").to_owned()
}

/// The pattern in the `regex` crate's syntax as a tree; `None` where it is wrong. For making texts that fit.
pub fn syntax(pattern: &str, flavour: RegexFlavour, anchor: Anchor) -> Option<Hir> {
    let body = translate(pattern, flavour, anchor).ok()??;
    regex_syntax::ParserBuilder::new()
        .dot_matches_new_line(flavour == RegexFlavour::Lucene)
        .nest_limit(250)
        .build()
        .parse(&body)
        .ok()
}

/// A pattern under which ASCII letters, and no others, ignore case.
fn ignore_ascii_case(pattern: &str) -> Result<String, String> {
    let hir = regex_syntax::ParserBuilder::new()
        .dot_matches_new_line(true)
        .nest_limit(250)
        .build()
        .parse(pattern)
        .map_err(|error| error.to_string())?;
    Ok(widen(hir)?.to_string())
}

fn widen(hir: Hir) -> Result<Hir, String> {
    Ok(match hir.into_kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|error| error.to_string())?;
            Hir::concat(
                text.chars()
                    .map(|character| Hir::class(Class::Unicode(both_cases([(character, character)]))))
                    .collect(),
            )
        }
        HirKind::Class(Class::Unicode(class)) => {
            Hir::class(Class::Unicode(both_cases(class.iter().map(|range| (range.start(), range.end())))))
        }
        HirKind::Repetition(mut repetition) => {
            repetition.sub = Box::new(widen(*repetition.sub)?);
            Hir::repetition(repetition)
        }
        HirKind::Capture(mut capture) => {
            capture.sub = Box::new(widen(*capture.sub)?);
            Hir::capture(capture)
        }
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(widen).collect::<Result<_, _>>()?),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(widen).collect::<Result<_, _>>()?),
        HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Class(other) => Hir::class(other),
    })
}

fn both_cases(ranges: impl IntoIterator<Item = (char, char)>) -> ClassUnicode {
    let mut class = ClassUnicode::new(std::iter::empty::<ClassUnicodeRange>());
    for (start, end) in ranges {
        class.push(ClassUnicodeRange::new(start, end));
        for (first, last, other) in [('a', 'z', 'A'), ('A', 'Z', 'a')] {
            let (low, high) = (start.max(first), end.min(last));
            if low <= high {
                let shift = |character: char| {
                    char::from_u32(u32::from(character) - u32::from(first) + u32::from(other)).unwrap_or(character)
                };
                class.push(ClassUnicodeRange::new(shift(low), shift(high)));
            }
        }
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, flavour: RegexFlavour, anchor: Anchor, case: Case, text: &str) -> Result<bool, EvalError> {
        Cache::default().get(pattern, flavour, anchor, case)?.is_match(text)
    }

    #[test]
    fn anchors_and_case() {
        use Anchor::{Search, Start, Whole};
        use Case::{Ignore, IgnoreAscii, Sensitive};
        use RegexFlavour::{Lucene, Python, Re2};
        for (pattern, flavour, anchor, case, text, expected) in [
            ("b+", Re2, Search, Sensitive, "abbc", true),
            ("b+", Re2, Start, Sensitive, "abbc", false),
            ("a|b", Re2, Whole, Sensitive, "ab", false),
            ("(?i)ADMIN", Re2, Search, Sensitive, "an admin", true),
            ("ADMIN", Re2, Search, Sensitive, "an admin", false),
            ("é", Re2, Whole, Ignore, "É", true),
            ("é", Re2, Whole, IgnoreAscii, "É", false),
            ("caf[a-z]", Re2, Whole, IgnoreAscii, "CAFE", true),
            (r"\d+#x", Re2, Whole, Sensitive, "12#x", true),
            ("a.c", Lucene, Whole, Sensitive, "a\nc", true),
            ("a.c", Re2, Whole, Sensitive, "a\nc", false),
            ("ab", Lucene, Whole, Sensitive, "xab", false),
            ("a~bc", Lucene, Whole, Sensitive, "axc", true),
            ("a~bc", Lucene, Whole, Sensitive, "abc", false),
            ("^abc$", Lucene, Whole, Sensitive, "abc", false),
            (r"^abc$", Python, Search, Sensitive, "abc\n", true),
            (r"^abc$", Python, Whole, Sensitive, "abc", true),
        ] {
            assert_eq!(fits(pattern, flavour, anchor, case, text), Ok(expected), "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_is_not_regular_is_refused_by_name() {
        for (pattern, flavour) in [
            (r"(?=a)b", RegexFlavour::Python),
            (r"(?<!a)b", RegexFlavour::Re2),
            (r"(a)\1", RegexFlavour::Python),
            ("(", RegexFlavour::Re2),
            ("a{1000}{1000}{1000}", RegexFlavour::Re2),
        ] {
            let refused = fits(pattern, flavour, Anchor::Search, Case::Sensitive, "ab");
            assert!(
                matches!(&refused, Err(EvalError::Regex { reason, .. }) if !reason.is_empty()),
                "{pattern}: {refused:?}"
            );
        }
    }
}
