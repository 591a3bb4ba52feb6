//! String literals: from spelling to text.

/// Appends the text of one string literal to `out`; returns whether it is obfuscated (`h"..."`).
pub(super) fn decode(spelling: &str, out: &mut String) -> bool {
    let hidden = spelling.starts_with(['h', 'H']);
    let rest = if hidden { spelling.get(1..).unwrap_or("") } else { spelling };
    for fence in ["```", "~~~"] {
        if let Some(inner) = rest.strip_prefix(fence) {
            out.push_str(inner.strip_suffix(fence).unwrap_or(inner));
            return hidden;
        }
    }
    if let Some(quoted) = rest.strip_prefix('@') {
        let (inner, quote) = unquote(quoted);
        let doubled: &str = if quote == '"' { "\"\"" } else { "''" };
        let single: &str = if quote == '"' { "\"" } else { "'" };
        if inner.contains(doubled) {
            out.push_str(&inner.replace(doubled, single));
        } else {
            out.push_str(inner);
        }
        return hidden;
    }
    let (inner, _) = unquote(rest);
    if inner.contains('\\') {
        unescape(inner, out);
    } else {
        out.push_str(inner);
    }
    hidden
}

/// The inside of a quoted text, and its quote.
fn unquote(text: &str) -> (&str, char) {
    let quote = text.chars().next().unwrap_or('"');
    let inner = text.get(1..).unwrap_or("");
    (inner.strip_suffix(quote).unwrap_or(inner), quote)
}

/// Appends the character of a code given in digits; returns the length of the escape.
fn push_code(out: &mut String, digits: &str, radix: u32, length: usize) -> usize {
    // Half of a surrogate pair, or past the last code point.
    let found = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    out.push(found.unwrap_or(char::REPLACEMENT_CHARACTER));
    length
}

/// Resolves the escapes that the grammar lets through.
fn unescape(inner: &str, out: &mut String) {
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        let Some(first) = rest.chars().next() else { return };
        let used = match first {
            'a' => push_code(out, "7", 16, 1),
            'b' => push_code(out, "8", 16, 1),
            'f' => push_code(out, "c", 16, 1),
            'n' => push_code(out, "a", 16, 1),
            'r' => push_code(out, "d", 16, 1),
            't' => push_code(out, "9", 16, 1),
            'v' => push_code(out, "b", 16, 1),
            'x' => push_code(out, rest.get(1..3).unwrap_or(""), 16, 3),
            'U' => push_code(out, rest.get(1..9).unwrap_or(""), 16, 9),
            'u' => {
                let high = u32::from_str_radix(rest.get(1..5).unwrap_or(""), 16).unwrap_or(0xfffd);
                let low = rest.get(5..7).filter(|next| *next == "\\u").and_then(|_| rest.get(7..11));
                let low = low.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match low {
                    Some(low) if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) => {
                        let joined = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        out.push(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                        11
                    }
                    _ => push_code(out, rest.get(1..5).unwrap_or(""), 16, 5),
                }
            }
            '0'..='7' => {
                let most = if first <= '3' { 3 } else { 2 };
                let length = rest.bytes().take(most).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                push_code(out, rest.get(..length).unwrap_or("0"), 8, length)
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = rest.get(used..).unwrap_or("");
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    fn text(spelling: &str) -> String {
        let mut out = String::new();
        super::decode(spelling, &mut out);
        out
    }

    #[test]
    fn every_form_of_string() {
        for (spelling, expected) in [
            (r#""a\"b""#, "a\"b"),
            (r"'a\\b'", "a\\b"),
            (r"'\t\n\x41\u00e9\101\7'", "\t\n\u{41}\u{e9}A\u{7}"),
            (r"'\ud83d\ude00'", "\u{1f600}"),
            (r#"@"C:\Windows\""x""""#, r#"C:\Windows\"x""#),
            (r"@'it''s'", "it's"),
            ("h'secret'", "secret"),
            ("h@\"C:\\x\"", "C:\\x"),
            ("```a\n\\b```", "a\n\\b"),
            ("~~~a`b~~~", "a`b"),
            ("''", ""),
        ] {
            assert_eq!(text(spelling), expected, "{spelling}");
        }
    }
}
