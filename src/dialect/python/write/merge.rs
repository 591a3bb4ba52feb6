//! Alternatives that ask the same of one value, put together: `x.startswith(("a", "b"))` instead of two questions.

use crate::model::{Case, Expr, Predicate, TestKind, WildcardPart};

/// What several words are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    StartsWith,
    EndsWith,
    Contains,
    Term,
}

/// Alternatives that are printed together.
pub(super) enum Group<'p> {
    /// One condition as it is.
    One(&'p Predicate),
    /// One of these words, in the same way, in the same value.
    Texts { subject: &'p Expr, asks: Asks, words: Vec<&'p str>, case: Case },
    /// One of these patterns fits the same value.
    Patterns { subject: &'p Expr, patterns: Vec<&'p [WildcardPart]>, case: Case },
}

/// The alternatives, those put together that can be; each group stands where its first one stood.
pub(super) fn groups(items: &[Predicate]) -> Vec<Group<'_>> {
    let mut found: Vec<Group<'_>> = Vec::new();
    for item in items {
        if let Some((subject, pattern, case)) = pattern(item) {
            let same = found.iter_mut().find_map(|group| match group {
                Group::Patterns { subject: known, patterns, case: mode } if *known == subject && *mode == case => {
                    Some(patterns)
                }
                _ => None,
            });
            match same {
                Some(patterns) if patterns.contains(&pattern) => {}
                Some(patterns) => patterns.push(pattern),
                None => found.push(Group::Patterns { subject, patterns: vec![pattern], case }),
            }
            continue;
        }
        let Some((subject, asks, word, case)) = word(item) else {
            found.push(Group::One(item));
            continue;
        };
        let same = found.iter_mut().find_map(|group| match group {
            Group::Texts { subject: known, asks: kind, words, case: mode }
                if *known == subject && *kind == asks && *mode == case =>
            {
                Some(words)
            }
            _ => None,
        });
        match same {
            Some(words) if words.contains(&word) => {}
            Some(words) => words.push(word),
            None => found.push(Group::Texts { subject, asks, words: vec![word], case }),
        }
    }
    // A single word or pattern is asked for as it is.
    for group in &mut found {
        if let Group::Patterns { subject, patterns, case } = group
            && let [only] = patterns.as_slice()
            && let Some(item) = items.iter().find(|item| pattern(item) == Some((*subject, *only, *case)))
        {
            *group = Group::One(item);
            continue;
        }
        if let Group::Texts { subject, asks, words, case } = group
            && let [only] = words.as_slice()
            && let Some(item) = items.iter().find(|item| word(item) == Some((*subject, *asks, *only, *case)))
        {
            *group = Group::One(item);
        }
    }
    found
}

/// A pattern with wildcards that a whole value is asked to fit.
fn pattern(predicate: &Predicate) -> Option<(&Expr, &[WildcardPart], Case)> {
    let Predicate::Test(test) = predicate else { return None };
    let TestKind::Wildcard { pattern, case } = &test.kind else { return None };
    let whole = test.subject.as_field().is_some_and(|field| field.mode == crate::model::ArrayMode::Whole);
    whole.then_some((&test.subject, pattern.as_slice(), *case))
}

fn word(predicate: &Predicate) -> Option<(&Expr, Asks, &str, Case)> {
    let Predicate::Test(test) = predicate else { return None };
    let whole = test.subject.as_field().is_some_and(|field| field.mode == crate::model::ArrayMode::Whole);
    let (asks, value, case) = match &test.kind {
        TestKind::StartsWith { value, case } => (Asks::StartsWith, value, *case),
        TestKind::EndsWith { value, case } => (Asks::EndsWith, value, *case),
        TestKind::Contains { value, case } => (Asks::Contains, value, *case),
        TestKind::Term { value, case } => (Asks::Term, value, *case),
        _ => return None,
    };
    let text = value.as_literal()?.as_str().filter(|text| !text.is_empty() && whole)?;
    Some((&test.subject, asks, text, case))
}
