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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_something_is_escaped() {
        assert_eq!(regex_text(r"C:\a-b.exe (x86) #1 ~&"), r"C:\\a-b\.exe \(x86\) #1 ~&");
        for text in ["a.b", "x-y [z]", "^$", "tab\tend", "(?i)", "über"] {
            let found = regex::Regex::new(&format!("^{}$", regex_text(text))).unwrap();
            assert!(found.is_match(text), "{text}");
        }
    }
}
