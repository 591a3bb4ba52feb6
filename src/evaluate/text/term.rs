//! Kusto's terms: runs of letters and digits of any script; everything else delimits, the underscore too
//! (spec/kusto-semantics.md, "What a term is").

/// Whether the character belongs to a term.
fn is_term(character: char) -> bool {
    character.is_alphanumeric()
}

/// The terms of a text, in order.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character| !is_term(character)).filter(|term| !term.is_empty())
}

/// Whether the place before `at` is no inside of a term; a needle that starts with a delimiter bounds itself.
fn bounded_before(text: &str, at: usize, needle: &str) -> bool {
    let before = text.get(..at).and_then(|head| head.chars().next_back()).is_some_and(is_term);
    !(before && needle.chars().next().is_some_and(is_term))
}

fn bounded_after(text: &str, at: usize, needle: &str) -> bool {
    let after = text.get(at..).and_then(|tail| tail.chars().next()).is_some_and(is_term);
    !(after && needle.chars().next_back().is_some_and(is_term))
}

fn any_place(text: &str, needle: &str, fits: impl Fn(usize) -> bool) -> bool {
    if needle.is_empty() {
        return true;
    }
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(needle)) {
        let at = from + found;
        if fits(at) {
            return true;
        }
        from = at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
    false
}

/// `has`: the needle stands in the text with the end of a term on both sides. True of an empty needle.
pub fn has_term(text: &str, needle: &str) -> bool {
    any_place(text, needle, |at| bounded_before(text, at, needle) && bounded_after(text, at + needle.len(), needle))
}

/// `hasprefix`: a term of the text starts with the needle.
pub fn has_term_prefix(text: &str, needle: &str) -> bool {
    any_place(text, needle, |at| bounded_before(text, at, needle))
}

/// `hassuffix`: a term of the text ends with the needle.
pub fn has_term_suffix(text: &str, needle: &str) -> bool {
    any_place(text, needle, |at| bounded_after(text, at + needle.len(), needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_end_at_everything_but_letters_and_digits() {
        for (text, needle, has) in [
            ("alpha_beta", "alpha", true),
            ("1_2_3", "1", true),
            ("alphabet", "alpha", false),
            ("ПриветМир", "Привет", false),
            ("café", "café", true),
            ("café", "caf", false),
            ("version=1.2.3", "2.3", true),
            ("version=1.2.34", "2.3", false),
            (r"C:\Windows\System32\cmd.exe", r"System32\cmd", true),
            ("abc", "", true),
            ("", "a", false),
            ("xab ab", "ab", true),
            ("foo/bar", "/bar", true),
        ] {
            assert_eq!(has_term(text, needle), has, "{text} has {needle}");
        }
    }

    #[test]
    fn prefix_and_suffix_of_a_term() {
        assert!(has_term_prefix("my powershell.exe", "power") && !has_term_prefix("mypower", "power"));
        assert!(
            has_term_suffix("the end.", "end") && has_term_suffix("weekend", "end") && !has_term_suffix("ends", "end")
        );
    }
}
