//! A text as a regular expression that fits just this text.

/// Escapes what RE2 and Python read as more than itself, and nothing else, so that `net-user` stays readable. Not for
/// the inside of a class, and not for Lucene's expressions, which have more operators.
pub fn regex_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// Whether a search by this regular expression, in the syntax of the `regex` crate, finds the empty text. Compiled only
/// where its length leaves that open.
pub fn matches_empty(pattern: &str) -> bool {
    let shortest = regex_syntax::Parser::new().parse(pattern).ok().and_then(|tree| tree.properties().minimum_len());
    shortest == Some(0) && regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_the_empty_text() {
        for (pattern, found) in [
            ("", true),
            ("a*", true),
            ("^$", true),
            (r"\b", false),
            (r"\B", true),
            ("(?i)^a?$", true),
            ("a", false),
            ("a|", true),
            ("[a&&b]", false),
            ("(", false),
        ] {
            assert_eq!(matches_empty(pattern), found, "{pattern}");
        }
    }

    #[test]
    fn only_what_means_something_is_escaped() {
        assert_eq!(regex_text(r"C:\a-b.exe (x86) #1 ~&"), r"C:\\a-b\.exe \(x86\) #1 ~&");
        for text in ["a.b", "x-y [z]", "^$", "tab\tend", "(?i)", "über"] {
            let found = regex::Regex::new(&format!("^{}$", regex_text(text))).unwrap();
            assert!(found.is_match(text), "{text}");
        }
    }
}
