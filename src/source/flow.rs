//! Flow collections that reach back to the column of their key.
//!
//! YAML wants every line of `{...}` and `[...]` indented deeper than the block around it. libyaml, which Panther and
//! Sentinel use, does not insist, and people close brackets below the key.

/// The text with each flow collection of several lines on one: line breaks between its tokens, and its comments, are
/// blanks. Every byte stays where it was. `None` where nothing is to be joined.
pub(super) fn joined(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut changed = false;
    let mut at = 0;
    // The indentation of a block scalar's key, while inside of one.
    let mut block: Option<usize> = None;
    while at < bytes.len() {
        let end = bytes.get(at..)?.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found);
        let line = text.get(at..end)?;
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some(outer) = block {
            if line.trim().is_empty() || indent > outer {
                at = end + 1;
                continue;
            }
            block = None;
        }
        if is_block_header(line) {
            block = Some(key_indent(line));
            at = end + 1;
            continue;
        }
        match opening(line) {
            Some(start) => {
                let (after, blanked) = collection(&mut bytes, at + start)?;
                changed |= blanked;
                at = bytes
                    .get(after..)?
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(bytes.len(), |found| after + found)
                    + 1;
            }
            None => at = end + 1,
        }
    }
    if changed { String::from_utf8(bytes).ok() } else { None }
}

/// Whether the line ends with the header of a block scalar (`|`, `>-`, `|2`).
fn is_block_header(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or("").trim_end();
    let word = line.rsplit([' ', '\t']).next().unwrap_or("");
    let mut letters = word.chars();
    matches!(letters.next(), Some('|' | '>'))
        && letters.all(|letter| matches!(letter, '+' | '-' | '0'..='9'))
        && (line.trim_start() == word || line.contains(": ") || line.trim_start().starts_with("- "))
}

/// The column of the key, behind the dashes of a list.
fn key_indent(line: &str) -> usize {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let mut indent = spaces;
    let mut rest = line.get(spaces..).unwrap_or("");
    while let Some(inner) = rest.strip_prefix("- ") {
        if !inner.contains(": ") && !inner.trim_end().ends_with(':') {
            break;
        }
        let deeper = inner.len() - inner.trim_start_matches(' ').len();
        indent += 2 + deeper;
        rest = inner.trim_start_matches(' ');
    }
    indent
}

/// Where a flow collection opens as the value of the line.
fn opening(line: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = line.get(at..)?;
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        at += spaces;
        let rest = line.get(at..)?;
        if rest.starts_with(['{', '[']) {
            return Some(at);
        }
        if rest.starts_with("- ") {
            at += 2;
        } else if let Some(found) = key_end(rest) {
            at += found;
        } else {
            return None;
        }
    }
}

/// The length of `key: ` at the start, quoted or plain.
fn key_end(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
    if let Some(quote) = quote {
        let close = rest.get(1..)?.find(quote)? + 2;
        return rest.get(close..)?.starts_with(": ").then_some(close + 2);
    }
    let colon = rest.find(": ")?;
    let key = rest.get(..colon)?;
    (!key.contains(['#', '"', '\'', '{', '['])).then_some(colon + 2)
}

/// Blanks the line breaks of the collection that opens at `start`; its end and whether there were any.
fn collection(bytes: &mut [u8], start: usize) -> Option<(usize, bool)> {
    let (mut depth, mut at, mut blanked) = (0usize, start, false);
    loop {
        match *bytes.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some((at + 1, blanked));
                }
            }
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if *bytes.get(at)? == b'\\' { 2 } else { 1 };
                }
            }
            // A quote inside a plain word opens nothing.
            b'\'' if matches!(bytes.get(at.wrapping_sub(1)), Some(b' ' | b',' | b'[' | b'{' | b':' | b'\n')) => {
                at += 1;
                while *bytes.get(at)? != b'\'' {
                    at += 1;
                }
            }
            b'#' if matches!(bytes.get(at.wrapping_sub(1)), Some(b' ' | b'\n')) => {
                while bytes.get(at).is_some_and(|byte| *byte != b'\n') {
                    *bytes.get_mut(at)? = b' ';
                    at += 1;
                }
                continue;
            }
            b'\n' => {
                *bytes.get_mut(at)? = b' ';
                blanked = true;
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_may_close_below_its_key() {
        let text =
            "a:\n  - Log: {\n    \"x\": [1, # one\n    2],\n    \"y\": \"}\"\n    }\n  - b: |\n      {\n    c: 1\n";
        let flat = joined(text).unwrap();
        assert_eq!(flat.len(), text.len());
        assert_eq!(flat.lines().count(), 5, "{flat}");
        let read = super::super::parse_yaml(text).unwrap().root.to_json();
        assert_eq!(read["a"][0]["Log"], serde_json::json!({"x": [1, 2], "y": "}"}));
        assert_eq!(read["a"][1]["b"], "{\n");
    }

    #[test]
    fn what_needs_no_joining_is_left_alone() {
        assert_eq!(joined("a: [1, 2]\nb: x[0]\nc: |\n  {\n  }\n"), None);
        assert_eq!(joined("a: {\n"), None);
    }
}
