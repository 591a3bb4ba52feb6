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
    one_read(root, texts);
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

/// A field that is read as a text somewhere is read so wherever it is compared with texts: one name does for both.
fn one_read(root: &str, texts: &mut [String]) {
    let mut defaulted: Vec<String> = texts.iter().flat_map(|text| field_reads(root, text)).collect();
    defaulted.retain(|read| read.ends_with(DEFAULT));
    defaulted.dedup();
    for read in defaulted {
        let Some(keys) = read.strip_suffix(DEFAULT).and_then(|read| read.split_once('(')).map(|(_, keys)| keys) else {
            continue;
        };
        for plain in [format!("{root}.get({keys})"), format!("{root}.deep_get({keys})")] {
            for text in texts.iter_mut() {
                for with in [" == \"", " != \"", " in (\"", " not in (\"", " in {\""] {
                    let (wanted, wide) = (format!("{plain}{with}"), format!("{read}{with}"));
                    let empty = format!("{plain}{with}\"");
                    if !text.contains(&empty) {
                        *text = text.replace(&wanted, &wide);
                    }
                }
                for word in [" in ", " not in "] {
                    let mut out = String::new();
                    let mut rest = text.as_str();
                    let wanted = format!("{plain}{word}");
                    // a list with a name is in capitals, and holds no empty text
                    while let Some(at) = rest.find(&wanted) {
                        let (before, after) = rest.split_at(at);
                        let after = after.get(wanted.len()..).unwrap_or("");
                        let named = after.starts_with(|first: char| first.is_ascii_uppercase());
                        out.push_str(before);
                        out.push_str(&if named { format!("{read}{word}") } else { wanted.clone() });
                        rest = after;
                    }
                    out.push_str(rest);
                    *text = out;
                }
            }
        }
    }
}

/// The end of a read that gives the empty text where there is none.
const DEFAULT: &str = ", default=\"\")";

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

/// The characters of a text that stand outside of quotes, each with its place; the marks are left out.
struct Unquoted<'t> {
    characters: std::str::CharIndices<'t>,
    /// The mark of the quote that is open.
    quote: Option<char>,
    escaped: bool,
}

impl<'t> Unquoted<'t> {
    fn new(text: &'t str) -> Self {
        Self { characters: text.char_indices(), quote: None, escaped: false }
    }
}

impl Iterator for Unquoted<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (at, character) = self.characters.next()?;
            match (self.quote, character) {
                (Some(_), _) if self.escaped => self.escaped = false,
                (Some(_), '\\') => self.escaped = true,
                (Some(mark), _) if character == mark => self.quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => self.quote = Some(character),
                (None, _) => return Some((at, character)),
            }
        }
    }
}

/// Where the first bracket of a text is closed again, one behind it.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, character) in Unquoted::new(text) {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
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
    let plain = read.split(", default=").next().unwrap_or(read);
    let keys: Vec<String> = plain.split('"').skip(1).step_by(2).map(snake).collect();
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
pub(super) fn snake(key: &str) -> String {
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

/// A condition that stands in brackets, broken as black breaks it where it is longer than a line.
pub(super) fn broken(text: &str, indent: usize) -> String {
    broken_after(text, indent, "")
}

/// As [`broken`], for a line that begins with a word.
fn broken_after(text: &str, indent: usize, word: &str) -> String {
    if indent + word.len() + text.len() <= WIDTH {
        return format!("{word}{text}");
    }
    let margin = " ".repeat(indent);
    let parts = conjuncts(text);
    if parts.len() > 1 && word.is_empty() {
        let lines: Vec<String> = parts.iter().map(|(word, part)| broken_after(part, indent, word)).collect();
        return lines.join(&format!("\n{margin}"));
    }
    if let Some((head, body)) = last_brackets(text) {
        let inner = inside(head, body, indent + 4);
        let close = text.chars().last().unwrap_or(')');
        return format!("{word}{head}\n{margin}    {inner}\n{margin}{close}");
    }
    format!("{word}{text}")
}

/// A line `before text after`, broken as black breaks it; ends with a line feed.
pub(super) fn statement(before: &str, text: &str, after: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    if indent + before.len() + text.len() + after.len() <= WIDTH {
        return format!("{margin}{before}{text}{after}\n");
    }
    // a single call or denial opens its own brackets, and so does the second of two conditions
    if conjuncts(text).len() <= 2
        && let Some((head, body)) = last_brackets(text)
        && indent + before.len() + head.len() <= WIDTH
    {
        let inner = inside(head, body, indent + 4);
        let close = text.chars().last().unwrap_or(')');
        return format!("{margin}{before}{head}\n{margin}    {inner}\n{margin}{close}{after}\n");
    }
    if last_brackets(text).is_none() && conjuncts(text).len() == 1 && indent + 4 + text.len() > WIDTH {
        return format!("{margin}{before}{text}{after}\n");
    }
    format!("{margin}{before}(\n{margin}    {}\n{margin}){after}\n", broken(text, indent + 4))
}

/// A formatted text whose line is too long: what it shows gets names, whose lines come back with it.
pub(super) fn named_holes(root: &str, text: &str) -> (Vec<String>, String) {
    let mut lines = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut out = text.to_owned();
    for method in ["deep_get(", "get("] {
        let opening = format!("{{{root}.{method}");
        while let Some(at) = out.find(&opening) {
            let Some(end) = out.get(at + 1..).and_then(closing).map(|end| at + 1 + end) else { break };
            let read = out.get(at + 1..end).unwrap_or("").replace('\'', "\"");
            let free = |name: &String| !TAKEN.contains(&name.as_str()) && !names.contains(name);
            let Some(name) = candidates(root, &read).into_iter().find(free) else { break };
            out.replace_range(at + 1..end, &name);
            lines.push(statement(&format!("{name} = "), &read, "", 4).trim_end().to_owned());
            names.push(name);
        }
    }
    (lines, out)
}

/// A value behind other text of a line, broken where the line would be too long.
pub(super) fn value(text: &str, indent: usize, before: usize) -> String {
    if indent + before + text.len() <= WIDTH {
        return text.to_owned();
    }
    match last_brackets(text) {
        Some((head, body)) => {
            let close = text.chars().last().unwrap_or(')');
            let margin = " ".repeat(indent);
            format!("{head}\n{margin}    {}\n{margin}{close}", inside(head, body, indent + 4))
        }
        None => text.to_owned(),
    }
}

/// A call on a line that begins with other text, its arguments on a line of their own where it is too long.
pub(super) fn call(before: &str, text: &str) -> String {
    if before.len() + text.len() <= WIDTH {
        return text.to_owned();
    }
    match last_brackets(text) {
        Some((head, body)) => format!("{head}\n    {}\n)", inside(head, body, 4)),
        None => text.to_owned(),
    }
}

/// What stands in brackets, on lines of its own.
fn inside(head: &str, body: &str, indent: usize) -> String {
    // black puts the values of a list that it opens on lines of their own, the arguments of a call only where they must
    let before = head.get(..head.len().saturating_sub(1)).and_then(|before| before.chars().last());
    let list = before.is_none_or(|last| !last.is_alphanumeric() && !matches!(last, '_' | ')' | ']'));
    let several = list && at_top(body, ", ").len() > 1 && at_top(body, " for ").len() == 1;
    if indent + body.len() <= WIDTH && !several {
        return body.to_owned();
    }
    let margin = " ".repeat(indent);
    let arguments = at_top(body, ", ");
    let loops = at_top(body, " for ");
    if loops.len() > 1 {
        let lines: Vec<String> = loops
            .iter()
            .enumerate()
            .map(|(at, part)| broken_after(part, indent, if at == 0 { "" } else { "for " }))
            .collect();
        return lines.join(&format!("\n{margin}"));
    }
    if arguments.len() > 1 {
        let lines: Vec<String> = arguments.iter().map(|part| format!("{},", broken_after(part, indent, ""))).collect();
        return lines.join(&format!("\n{margin}"));
    }
    broken_after(body, indent, "")
}

/// The text before the last brackets, the opening one included, and what they hold; `None` where the text does not end
/// with brackets.
fn last_brackets(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let end = closing(rest)?;
        if at + end < text.len() {
            at += end;
            continue;
        }
        let open = at + opening(rest)? + 1;
        let (head, body) = (text.get(..open)?, text.get(open..text.len().checked_sub(1)?)?);
        return (!body.is_empty()).then_some((head, body));
    }
    None
}

/// Where the first bracket outside of quotes opens.
fn opening(text: &str) -> Option<usize> {
    Unquoted::new(text).find(|(_, character)| matches!(character, '(' | '[' | '{')).map(|(at, _)| at)
}

/// The parts between `and` and `or` at the top, each with the word before it.
fn conjuncts(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    for (at, alternative) in at_top(text, " or ").into_iter().enumerate() {
        for (index, part) in at_top(alternative, " and ").into_iter().enumerate() {
            let word = match (at, index) {
                (0, 0) => "",
                (_, 0) => "or ",
                _ => "and ",
            };
            found.push((word, part));
        }
    }
    found
}

/// A condition of which only the truth counts: a found match needs no `bool(..)`.
pub(super) fn truth(text: &str) -> String {
    let mut out = text.to_owned();
    let mut from = 0;
    while let Some(at) = out.get(from..).and_then(|rest| rest.find("bool(")).map(|at| at + from) {
        let before = out.get(..at).and_then(|before| before.chars().last());
        let depth_free = before.is_none_or(|c| c == ' ' || c == '(');
        let end = out.get(at..).and_then(closing).map(|end| at + end);
        match end {
            Some(end) if depth_free && truthy_place(&out, at, end) => {
                let inner = out.get(at + 5..end - 1).unwrap_or("").to_owned();
                // What holds together less tightly than what stands around it keeps its brackets.
                let loose = [" if ", " or ", " and "].iter().any(|word| at_top(&inner, word).len() > 1);
                let alone = at == 0 && end == out.len();
                out.replace_range(at..end, &if loose && !alone { format!("({inner})") } else { inner });
                from = at;
            }
            _ => from = at + 5,
        }
    }
    out
}

/// Whether what stands there is asked for its truth only: at the top, or in brackets that only group.
fn truthy_place(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (text.get(..start).unwrap_or(""), text.get(end..).unwrap_or(""));
    let grouped = |before: &str| {
        before.is_empty()
            || [" and ", " or ", "not "].iter().any(|word| before.ends_with(word))
            || before.ends_with('(')
    };
    let mut rest = before;
    if !grouped(rest) || !(after.is_empty() || [" and ", " or ", ")"].iter().any(|word| after.starts_with(word))) {
        return false;
    }
    // every bracket around it groups, and calls nothing
    let mut open: Vec<usize> = Vec::new();
    let mut outside = Unquoted::new(rest);
    for (at, character) in outside.by_ref() {
        match character {
            '(' | '[' | '{' => open.push(at),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    if outside.quote.is_some() {
        return false;
    }
    while let Some(at) = open.pop() {
        rest = rest.get(..at).unwrap_or("");
        if !grouped(rest) {
            return false;
        }
    }
    true
}

/// The text split at a word outside of brackets and quotes.
fn at_top<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let mut depth = 0usize;
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, character) in Unquoted::new(text) {
        if at < start {
            continue;
        }
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with(word)) => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + word.len();
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
        let text = format!("any({part} in x for {part} in event.get(\"a\"))");
        assert_eq!(
            broken(&text, 8),
            format!("any(\n            {part} in x\n            for {part} in event.get(\"a\")\n        )")
        );
    }

    #[test]
    fn a_match_needs_no_bool_where_its_truth_counts() {
        for (text, expected) in [
            ("not bool(re.search(r\"x\", a))", "not re.search(r\"x\", a)"),
            ("b or (c and bool(re.search(r\"x\", a)))", "b or (c and re.search(r\"x\", a))"),
            ("not bool(x if y else z)", "not (x if y else z)"),
            ("bool(x if y else z) or a", "(x if y else z) or a"),
            ("bool(x or y) and a", "(x or y) and a"),
            ("bool(x if y else z)", "x if y else z"),
            ("sum([bool(x), bool(y)]) == 1", "sum([bool(x), bool(y)]) == 1"),
            ("any(bool(x) for x in y)", "any(bool(x) for x in y)"),
            ("\"bool(x)\" in a", "\"bool(x)\" in a"),
            ("\"a or bool(x)\" in a", "\"a or bool(x)\" in a"),
        ] {
            assert_eq!(truth(text), expected);
        }
    }

    #[test]
    fn one_name_does_for_a_field_read_as_a_text_and_compared() {
        let read = "event.deep_get(\"name\", default=\"\")";
        let mut texts = vec!["event.get(\"name\") == \"x\"".to_owned(), format!("{read}.startswith(\"y\")")];
        assert_eq!(locals("event", &mut texts), [format!("event_name = {read}")]);
        assert_eq!(texts, ["event_name == \"x\"", "event_name.startswith(\"y\")"]);
    }
}
