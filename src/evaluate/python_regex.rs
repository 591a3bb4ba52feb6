//! Python's `re` in the syntax of the `regex` crate.
//!
//! Differences that matter: `$` also fits before a final line break; `\Z` is the end; `[`, `&&`, `--` and `~~` are
//! plain inside a class; `{,n}` is a repetition and a brace that is none is plain; `\<` and `\>` are plain.
//! Look-around, back-references, conditions, possessive and atomic groups are refused by name.

use crate::model::Anchor;

/// The pattern in the syntax of the `regex` crate, without the anchor.
///
/// # Errors
/// The construct that has no counterpart, in words.
pub fn translate(pattern: &str, anchor: Anchor) -> Result<String, String> {
    let multiline = inline_flags(pattern).contains('m');
    let mut output = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut quantified = false;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or("");
        let was_quantified = std::mem::take(&mut quantified);
        match character {
            '\\' => rest = escape(after, &mut output, false)?,
            '[' => rest = class(after, &mut output)?,
            '$' if !multiline && anchor != Anchor::Whole => {
                output.push_str(r"(?:\n?\z)");
                rest = after;
            }
            '(' if after.starts_with('?') => {
                group(after)?;
                output.push('(');
                rest = after;
            }
            '{' => match braces(after) {
                Some((text, behind)) => {
                    output.push_str(&text);
                    rest = behind;
                    quantified = true;
                }
                None => {
                    output.push_str(r"\{");
                    rest = after;
                }
            },
            '}' => {
                output.push_str(r"\}");
                rest = after;
            }
            '+' if was_quantified => return Err("possessive quantifiers are not run here".to_owned()),
            '*' | '+' | '?' => {
                output.push(character);
                rest = after;
                quantified = !was_quantified;
            }
            other => {
                output.push(other);
                rest = after;
            }
        }
    }
    Ok(output)
}

fn inline_flags(pattern: &str) -> &str {
    let flags = pattern.strip_prefix("(?").and_then(|rest| rest.split(')').next()).unwrap_or("");
    if flags.bytes().all(|byte| byte.is_ascii_lowercase()) { flags } else { "" }
}

/// Refuses groups that are not regular, by name.
fn group(after: &str) -> Result<(), String> {
    for (start, name) in [
        ("?=", "look-ahead"),
        ("?!", "look-ahead"),
        ("?<=", "look-behind"),
        ("?<!", "look-behind"),
        ("?P=", "a back-reference"),
        ("?(", "a conditional group"),
        ("?>", "an atomic group"),
    ] {
        if after.starts_with(start) {
            return Err(format!("{name} is not regular and is not run here"));
        }
    }
    let flags = after.get(1..).and_then(|rest| rest.split([')', ':']).next()).unwrap_or("");
    if flags.bytes().all(|byte| byte.is_ascii_lowercase()) && flags.contains('a') {
        return Err("the flag `a` (ASCII classes) is not run here".to_owned());
    }
    Ok(())
}

/// `m`, `m,n`, `m,` and `,n` between braces; `None` where the brace is plain.
fn braces(after: &str) -> Option<(String, &str)> {
    let (inner, behind) = after.split_once('}')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let text = match inner.split_once(',') {
        None if !inner.is_empty() && digits(inner) => inner.to_owned(),
        Some((low, high)) if digits(low) && digits(high) && inner != "," => {
            format!("{},{high}", if low.is_empty() { "0" } else { low })
        }
        _ => return None,
    };
    Some((format!("{{{text}}}"), behind))
}

/// An escape, without its backslash; what is left of the pattern.
fn escape<'p>(after: &'p str, output: &mut String, in_class: bool) -> Result<&'p str, String> {
    let Some(character) = after.chars().next() else { return Err("the pattern ends in a backslash".to_owned()) };
    let rest = after.get(character.len_utf8()..).unwrap_or("");
    match character {
        '0' => {
            let count = rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            octal(rest.get(..count).unwrap_or(""), output);
            return Ok(rest.get(count..).unwrap_or(""));
        }
        '1'..='9' => {
            let digits = after.get(..3).filter(|text| text.bytes().all(|byte| (b'0'..=b'7').contains(&byte)));
            match digits {
                Some(digits) => {
                    octal(digits, output);
                    return Ok(after.get(3..).unwrap_or(""));
                }
                None => return Err("a back-reference is not regular and is not run here".to_owned()),
            }
        }
        'Z' if !in_class => output.push_str(r"\z"),
        'b' if in_class => output.push_str(r"\x08"),
        'N' => return Err("named characters are not run here".to_owned()),
        'A' | 'b' | 'B' if !in_class => {
            output.push('\\');
            output.push(character);
        }
        'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'u' | 'U' => {
            output.push('\\');
            output.push(character);
        }
        letter if letter.is_ascii_alphabetic() => return Err(format!("`\\{letter}` is no escape of Python")),
        other => literal(other, output),
    }
    Ok(rest)
}

fn octal(digits: &str, output: &mut String) {
    let code = u32::from_str_radix(digits, 8).unwrap_or(0);
    output.push_str(&format!(r"\x{{{code:x}}}"));
}

/// A character that stands for itself.
fn literal(character: char, output: &mut String) {
    if character.is_ascii_punctuation() && character != '<' && character != '>' {
        output.push('\\');
    }
    output.push(character);
}

/// A class behind its `[`; what is left of the pattern.
fn class<'p>(after: &'p str, output: &mut String) -> Result<&'p str, String> {
    output.push('[');
    let mut rest = after;
    if let Some(behind) = rest.strip_prefix('^') {
        output.push('^');
        rest = behind;
    }
    let mut first = true;
    loop {
        let Some(character) = rest.chars().next() else { return Err("a class is not closed".to_owned()) };
        let behind = rest.get(character.len_utf8()..).unwrap_or("");
        match character {
            ']' if !first => {
                output.push(']');
                return Ok(behind);
            }
            '\\' => rest = escape(behind, output, true)?,
            '[' | ']' | '&' | '~' => {
                literal(character, output);
                rest = behind;
            }
            // A hyphen at either end is plain; two hyphens are an operator to the crate.
            '-' if first || behind.starts_with(']') || behind.starts_with('-') => {
                output.push_str(r"\-");
                rest = behind;
            }
            other => {
                output.push(other);
                rest = behind;
            }
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pattern, text, whether Python's `re.search` finds it.
    #[test]
    fn differences_to_the_crate_are_levelled() {
        for (pattern, text, expected) in [
            (r"a$", "a\n", true),
            (r"a$", "a\nb", false),
            (r"(?m)a$", "a\nb", true),
            (r"a\Z", "a\n", false),
            (r"[[]x", "[x", true),
            (r"[a&&b]+$", "&", true),
            (r"[]a]+$", "]a", true),
            (r"[^]]", "]", false),
            (r"[a-]", "-", true),
            (r"[\w.-]+@", "a.b-c@", true),
            (r"a{,2}b", "aab", true),
            (r"^a{x}$", "a{x}", true),
            (r"\<a\>", "<a>", true),
            (r"\/etc\/", "/etc/", true),
            (r"\x41\u0042", "AB", true),
            (r"\101", "A", true),
            (r"[\b]", "\u{8}", true),
            (r"(?P<n>a)b", "ab", true),
            (r"(?i)abc", "ABC", true),
            (r"a+?b", "aab", true),
            (r"{", "{", true),
        ] {
            let translated = translate(pattern, Anchor::Search).unwrap();
            let regex = regex::Regex::new(&translated).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(regex.is_match(text), expected, "{pattern} -> {translated}");
        }
        for pattern in [r"(?=a)", r"(?<!a)", r"(a)\1", r"(?P=n)", r"a++", r"(?>a)", r"\q", "a\\", r"[a", r"(?a)\w"] {
            assert!(translate(pattern, Anchor::Search).is_err(), "{pattern}");
        }
    }
}
