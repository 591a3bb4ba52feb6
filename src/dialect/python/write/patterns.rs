//! Patterns against texts: one in its place or under a name, several of one value as a list.

use super::text::{Binds, Code, Printer, escaped, raw};
use crate::model::{Case, Expr, WildcardPart};

/// A pattern with wildcards as a regular expression that fits the whole of a text.
pub(super) fn glob(pattern: &[WildcardPart]) -> String {
    let mut glob = String::from("(?s)");
    for part in pattern {
        match part {
            WildcardPart::Text(text) => glob.push_str(&escaped(text)),
            WildcardPart::Many => glob.push_str(".*"),
            WildcardPart::One => glob.push('.'),
        }
    }
    glob
}

/// Whether the pattern does not fit the empty text, as which a missing text is read.
fn never_empty(pattern: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(""))
}

impl Printer<'_> {
    /// One of several patterns against one value: a list of them and one question.
    pub(super) fn patterns(&mut self, subject: &Expr, patterns: &[&[WildcardPart]], case: Case) -> Option<Code> {
        let code = self.expr(subject)?;
        self.need("re");
        let globs: Vec<String> = patterns.iter().map(|pattern| glob(pattern)).collect();
        let listed: Vec<String> = globs.iter().map(|pattern| raw(pattern)).collect();
        let values = self.constants.listed(subject, "patterns", &listed, ('(', ')'));
        let flags = if case == Case::Sensitive { "" } else { ", re.IGNORECASE" };
        let asked = |text: &str| format!("any(re.fullmatch(pattern, {text}{flags}) for pattern in {values})");
        if self.is_text(subject) && globs.iter().all(|pattern| never_empty(pattern)) {
            let text = self.text_of(subject, &code);
            return Some(Code::atom(asked(&text)));
        }
        Some(Code::at(format!("isinstance({0}, str) and {1}", code.text, asked(&code.text)), Binds::And))
    }

    /// A pattern against a value that may be no text, or against a declared text.
    pub(super) fn guarded(&mut self, subject: &Expr, value: &str, method: &str, pattern: &str, case: Case) -> Code {
        // a missing text reads as the empty one, which the pattern must not fit
        if never_empty(pattern) && self.is_text(subject) {
            let text = self.text_of(subject, &Code::atom(value));
            return self.regex(subject, method, pattern, case, &text);
        }
        let found = self.regex(subject, method, pattern, case, value);
        Code::at(format!("isinstance({value}, str) and {}", found.text), Binds::And)
    }

    /// A pattern against a text: in its place, or as a constant where it is long.
    pub(super) fn regex(&mut self, subject: &Expr, method: &str, pattern: &str, case: Case, text: &str) -> Code {
        self.need("re");
        let flags = if case == Case::Sensitive { "" } else { ", re.IGNORECASE" };
        let compiled = format!("re.compile({}{flags})", raw(pattern));
        Code::atom(match self.constants.pattern(subject, pattern, &compiled) {
            Some(name) => format!("bool({name}.{method}({text}))"),
            None => format!("bool(re.{method}({}, {text}{flags}))", raw(pattern)),
        })
    }
}
