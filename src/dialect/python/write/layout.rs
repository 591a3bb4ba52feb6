//! How a written function looks: values that it reads often get a name, long conditions stand one a line.

use super::WIDTH;

/// Names that a variable must not have: keywords, and functions that the text calls or readers know.
const TAKEN: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "elif",
    "else",
    "for",
    "while",
    "def",
    "class",
    "return",
    "lambda",
    "from",
    "import",
    "as",
    "with",
    "try",
    "except",
    "finally",
    "pass",
    "none",
    "true",
    "false",
    "del",
    "global",
    "raise",
    "yield",
    "match",
    "case",
    "async",
    "await",
    "assert",
    "break",
    "continue",
    "nonlocal",
    "re",
    "json",
    "str",
    "list",
    "dict",
    "set",
    "tuple",
    "any",
    "all",
    "len",
    "id",
    "type",
    "hash",
    "filter",
    "map",
    "input",
    "format",
    "object",
    "max",
    "min",
    "sum",
    "abs",
    "int",
    "float",
    "bool",
    "bytes",
    "range",
    "zip",
    "dir",
    "vars",
    "property",
    "next",
    "iter",
    "sorted",
    "round",
    "print",
    "open",
    "repr",
    "event",
    "resource",
    "item",
    "value",
    "isinstance",
    "getattr",
    "fnmatchcase",
    "ip_address",
    "ip_network",
];

/// Gives a name to every field that the expressions read more than once; the assignments come back.
pub(super) fn locals(root: &str, texts: &mut [String]) -> Vec<String> {
    let mut reads: Vec<(String, usize)> = Vec::new();
    for text in texts.iter() {
        for read in field_reads(root, text) {
            match reads.iter_mut().find(|(known, _)| *known == read) {
                Some((_, count)) => *count += 1,
                None => reads.push((read, 1)),
            }
        }
    }
    reads.retain(|(_, count)| *count > 1);
    // a longer read may hold a shorter one inside
    let words: Vec<String> = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut names: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for (read, _) in &reads {
        let free = |name: &String| {
            !TAKEN.contains(&name.as_str()) && !names.contains(name) && !words.iter().any(|word| word == name)
        };
        let Some(name) = candidates(root, read).into_iter().find(free) else { continue };
        for text in texts.iter_mut() {
            *text = text.replace(read.as_str(), &name);
        }
        lines.push(format!("{name} = {read}"));
        names.push(name);
    }
    lines
}

/// The reads of plain fields in a text: `event.get("a")` and `event.deep_get("a", "b")`.
fn field_reads(root: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for method in [format!("{root}.get(\""), format!("{root}.deep_get(\"")] {
        for (start, _) in text.match_indices(method.as_str()) {
            // part of a longer name
            if text
                .get(..start)
                .and_then(|before| before.chars().last())
                .is_some_and(|c| c.is_alphanumeric() || c == '_')
            {
                continue;
            }
            let Some(rest) = text.get(start..) else { continue };
            if let Some(end) = closing(rest)
                && let Some(read) = rest.get(..end)
            {
                found.push(read.to_owned());
            }
        }
    }
    found
}

/// Where the first bracket of a text is closed again, one behind it.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Names for a read, the shortest first: its last key, then with the keys before it.
fn candidates(root: &str, read: &str) -> Vec<String> {
    let keys: Vec<String> = read.split('"').skip(1).step_by(2).map(snake).collect();
    let mut names = Vec::new();
    for count in 1..=keys.len() {
        let from = keys.len() - count;
        names.push(keys.get(from..).unwrap_or(&[]).join("_"));
    }
    if let Some(whole) = names.last() {
        names.push(format!("{root}_{whole}"));
    }
    names.retain(|name| name.len() > 1 && name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_lowercase()));
    names
}

/// `userName` → `user_name`; what no name can hold is left out.
fn snake(key: &str) -> String {
    let mut out = String::new();
    let mut before = '_';
    for character in key.chars() {
        if character.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        if character.is_ascii_alphanumeric() {
            out.push(character.to_ascii_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        before = character;
    }
    out.trim_matches('_').to_owned()
}

/// A condition that stands in brackets, broken at its `or` and `and` where it is longer than a line.
pub(super) fn broken(text: &str, indent: usize) -> String {
    if indent + text.len() <= WIDTH {
        return text.to_owned();
    }
    let margin = " ".repeat(indent);
    for word in ["or", "and"] {
        let parts = at_top(text, &format!(" {word} "));
        if parts.len() > 1 {
            let lines: Vec<String> = parts.iter().map(|part| broken(part, indent)).collect();
            return lines.join(&format!("\n{margin}{word} "));
        }
    }
    for open in ["(", "not (", "bool("] {
        if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(')'))
            && closing(text) == Some(text.len())
        {
            return format!("{open}\n{margin}    {}\n{margin})", broken(inner, indent + 4));
        }
    }
    text.to_owned()
}

/// The text split at a word outside of brackets and quotes.
fn at_top<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    let (mut parts, mut start, mut skip) = (Vec::new(), 0, 0);
    for (at, character) in text.char_indices() {
        if at < skip {
            continue;
        }
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ' ') if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with(word)) => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + word.len();
                skip = start;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_twice_gets_a_name() {
        let read = "event.deep_get(\"user\", \"userName\")";
        let mut texts = vec![format!("{read} is None"), format!("not {read} or event.get(\"type\") == \"{{x}}\"")];
        assert_eq!(locals("event", &mut texts), [format!("user_name = {read}")]);
        assert_eq!(texts, ["user_name is None", "not user_name or event.get(\"type\") == \"{x}\""]);
        let mut texts = vec!["event.get(\"type\") == 1 or event.get(\"type\") == 2".to_owned()];
        assert_eq!(locals("event", &mut texts), ["event_type = event.get(\"type\")"]);
    }

    #[test]
    fn long_conditions_break_at_their_words() {
        let part = "x".repeat(60);
        let text = format!("{part} and ({part} or \"{part} or b\")");
        let expected = format!("{part}\n        and (\n            {part}\n            or \"{part} or b\"\n        )");
        assert_eq!(broken(&text, 8), expected);
        assert_eq!(broken("a or b", 8), "a or b");
    }
}
