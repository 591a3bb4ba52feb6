//! Regular expressions of other flavours in Lucene's words: for the whole value, without anchors, classes by name or
//! flags.

use crate::model::lucene_regex::{self, Node};
use crate::model::{Anchor, Case, RegexFlavour, TestKind, WildcardPart};
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::rc::Rc;

/// A pattern as Lucene would have it: it fits the whole value and minds case.
///
/// # Errors
/// What of the pattern Lucene has no words for.
pub fn to_lucene(pattern: &str, flavour: RegexFlavour, anchor: Anchor, case: Case) -> Result<String, String> {
    let (open_left, open_right) = match anchor {
        Anchor::Search => (true, true),
        Anchor::Start => (false, true),
        Anchor::Whole => (false, false),
    };
    let node = match flavour {
        RegexFlavour::Lucene => {
            let node = lucene_regex::parse(pattern)?;
            if !open_left && !open_right && case == Case::Sensitive {
                return Ok(slashes(pattern));
            }
            concat([left(open_left), vec![node], left(open_right)].concat())
        }
        RegexFlavour::Re2 | RegexFlavour::Python => {
            let hir = regex_syntax::ParserBuilder::new().build().parse(&ascii_classes(pattern)?).map_err(|error| {
                format!("the regular expression is not understood: {}", first_line(&error.to_string()))
            })?;
            let reader = Reader { newline_at_end: flavour == RegexFlavour::Python };
            reader.both(&hir, open_left, open_right)?
        }
    };
    let mut out = String::new();
    print(&node, 0, case != Case::Sensitive, &mut out);
    if out.chars().count() > LONGEST {
        return Err(format!("Elasticsearch takes regular expressions of at most {LONGEST} characters"));
    }
    Ok(out)
}

/// What an index takes unless it is set otherwise (`index.max_regex_length`).
const LONGEST: usize = 1000;

/// Kusto's term, its beginning or its end as a pattern for the whole value; a term ends at what is no letter or digit of
/// ASCII, which is less than Kusto has.
pub fn term(asked: &TestKind, text: &str, case: Case) -> String {
    let bound = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let start = !matches!(asked, TestKind::TermSuffix { .. }) && bound(text.chars().next());
    let end = !matches!(asked, TestKind::TermPrefix { .. }) && bound(text.chars().next_back());
    let before = if start { "(.*[^0-9A-Za-z])?" } else { ".*" };
    let after = if end { "([^0-9A-Za-z].*)?" } else { ".*" };
    format!("{before}{}{after}", texts(std::iter::once(text), case))
}

/// One of several texts as a pattern.
pub fn texts<'a>(texts: impl Iterator<Item = &'a str>, case: Case) -> String {
    let parts: Vec<Vec<WildcardPart>> = texts.map(|text| vec![WildcardPart::Text(text.to_owned())]).collect();
    let printed: Vec<String> = parts.iter().map(|parts| wildcard(parts, case)).collect();
    match printed.as_slice() {
        [one] => one.clone(),
        _ => format!("({})", printed.join("|")),
    }
}

/// A wildcard pattern as a regular expression.
pub fn wildcard(parts: &[WildcardPart], case: Case) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            WildcardPart::Many => out.push_str(".*"),
            WildcardPart::One => out.push('.'),
            WildcardPart::Text(text) => {
                text.chars()
                    .for_each(|character| print_class(&[(character, character)], case != Case::Sensitive, &mut out));
            }
        }
    }
    out
}

fn first_line(text: &str) -> &str {
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("").trim()
}

/// A slash ends the expression in a query, unless a backslash stands before it.
fn slashes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                out.push('\\');
                out.extend(characters.next());
            }
            '/' => out.push_str("\\/"),
            _ => out.push(character),
        }
    }
    out
}

/// `\d`, `\w` and `\s` written out: RE2 means ASCII by them.
fn ascii_classes(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len());
    let mut inside = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let Some(escaped) = characters.next() else {
                    out.push('\\');
                    break;
                };
                let class = match escaped.to_ascii_lowercase() {
                    'd' => "0-9",
                    'w' => "0-9A-Za-z_",
                    's' => r"\t\n\x0c\r ",
                    _ => {
                        out.push('\\');
                        out.push(escaped);
                        continue;
                    }
                };
                match (inside, escaped.is_ascii_uppercase()) {
                    (true, false) => out.push_str(class),
                    (false, negated) => out.push_str(&format!("[{}{class}]", if negated { "^" } else { "" })),
                    (true, true) => out.push_str(&format!("[^{class}]")),
                }
            }
            '[' if !inside => {
                inside = true;
                out.push('[');
                // A bracket in first place is a character of the class.
                let rest = characters.as_str();
                let first = rest.strip_prefix('^').unwrap_or(rest);
                if rest.len() != first.len() {
                    out.extend(characters.next());
                }
                if first.starts_with(']') {
                    out.push_str(r"\]");
                    characters.next();
                }
            }
            '[' if characters.as_str().starts_with(':') => {
                return Err("classes such as [:alpha:] are not carried over".to_owned());
            }
            '[' => out.push_str(r"\["),
            ']' => {
                inside = false;
                out.push(']');
            }
            '&' | '~' if inside => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    Ok(out)
}

fn any_text() -> Rc<Node> {
    Rc::new(Node::Repeat(Rc::new(Node::Class(vec![('\0', char::MAX)])), 0, None))
}

fn left(open: bool) -> Vec<Rc<Node>> {
    if open { vec![any_text()] } else { Vec::new() }
}

fn concat(parts: Vec<Rc<Node>>) -> Rc<Node> {
    let mut flat: Vec<Rc<Node>> = Vec::new();
    for part in parts {
        match &*part {
            Node::Empty => {}
            Node::Concat(inner) => flat.extend(inner.iter().cloned()),
            _ => flat.push(part),
        }
    }
    // Any text behind any text is any text.
    let any = any_text();
    flat.dedup_by(|right, left| *right == any && *left == any);
    match flat.len() {
        0 => Rc::new(Node::Empty),
        1 => flat.remove(0),
        _ => Rc::new(Node::Concat(flat)),
    }
}

fn union(mut parts: Vec<Rc<Node>>) -> Rc<Node> {
    let mut seen: Vec<Rc<Node>> = Vec::new();
    parts.retain(|part| {
        let new = !seen.contains(part);
        if new {
            seen.push(Rc::clone(part));
        }
        new
    });
    if parts.len() == 1 { parts.remove(0) } else { Rc::new(Node::Union(parts)) }
}

struct Reader {
    /// Python's `$` also holds before a line break that ends the text.
    newline_at_end: bool,
}

impl Reader {
    fn end(&self) -> Rc<Node> {
        if self.newline_at_end {
            Rc::new(Node::Repeat(Rc::new(Node::Class(vec![('\n', '\n')])), 0, Some(1)))
        } else {
            Rc::new(Node::Empty)
        }
    }

    /// The expression with what may stand before and behind it.
    fn both(&self, hir: &Hir, open_left: bool, open_right: bool) -> Result<Rc<Node>, String> {
        match hir.kind() {
            HirKind::Alternation(parts) => {
                Ok(union(parts.iter().map(|part| self.both(part, open_left, open_right)).collect::<Result<_, _>>()?))
            }
            HirKind::Capture(inner) => self.both(&inner.sub, open_left, open_right),
            HirKind::Look(Look::Start) => Ok(concat(left(open_right))),
            HirKind::Look(Look::End) => Ok(concat([left(open_left), vec![self.end()]].concat())),
            HirKind::Concat(parts) => {
                let (Some((first, rest)), Some((last, _))) = (parts.split_first(), parts.split_last()) else {
                    return Ok(concat(left(open_left || open_right)));
                };
                let mut nodes = vec![self.lead(first, open_left)?];
                let middle = rest.len().saturating_sub(1);
                for part in rest.iter().take(middle) {
                    nodes.push(self.plain(part)?);
                }
                nodes.push(self.trail(last, open_right)?);
                Ok(concat(nodes))
            }
            _ => Ok(concat([left(open_left), vec![self.plain(hir)?], left(open_right)].concat())),
        }
    }

    /// The first part with what may stand before it.
    fn lead(&self, hir: &Hir, open: bool) -> Result<Rc<Node>, String> {
        match hir.kind() {
            HirKind::Look(Look::Start) => Ok(Rc::new(Node::Empty)),
            HirKind::Capture(inner) => self.lead(&inner.sub, open),
            HirKind::Alternation(parts) => {
                Ok(union(parts.iter().map(|part| self.lead(part, open)).collect::<Result<_, _>>()?))
            }
            HirKind::Concat(parts) => match parts.split_first() {
                Some((first, rest)) => {
                    let mut nodes = vec![self.lead(first, open)?];
                    for part in rest {
                        nodes.push(self.plain(part)?);
                    }
                    Ok(concat(nodes))
                }
                None => Ok(concat(left(open))),
            },
            _ => Ok(concat([left(open), vec![self.plain(hir)?]].concat())),
        }
    }

    /// The last part with what may stand behind it.
    fn trail(&self, hir: &Hir, open: bool) -> Result<Rc<Node>, String> {
        match hir.kind() {
            HirKind::Look(Look::End) => Ok(self.end()),
            HirKind::Capture(inner) => self.trail(&inner.sub, open),
            HirKind::Alternation(parts) => {
                Ok(union(parts.iter().map(|part| self.trail(part, open)).collect::<Result<_, _>>()?))
            }
            HirKind::Concat(parts) => match parts.split_last() {
                Some((last, before)) => {
                    let mut nodes = Vec::new();
                    for part in before {
                        nodes.push(self.plain(part)?);
                    }
                    nodes.push(self.trail(last, open)?);
                    Ok(concat(nodes))
                }
                None => Ok(concat(left(open))),
            },
            _ => Ok(concat([vec![self.plain(hir)?], left(open)].concat())),
        }
    }

    /// A part that stands between others.
    fn plain(&self, hir: &Hir) -> Result<Rc<Node>, String> {
        Ok(match hir.kind() {
            HirKind::Empty => Rc::new(Node::Empty),
            HirKind::Literal(literal) => {
                let text =
                    std::str::from_utf8(&literal.0).map_err(|_| "the regular expression matches bytes".to_owned())?;
                concat(text.chars().map(|character| Rc::new(Node::Class(vec![(character, character)]))).collect())
            }
            HirKind::Class(Class::Unicode(class)) => {
                let ranges: Vec<(char, char)> =
                    class.ranges().iter().map(|range| (range.start(), range.end())).collect();
                Rc::new(if ranges.is_empty() { Node::Nothing } else { Node::Class(ranges) })
            }
            HirKind::Class(Class::Bytes(_)) => return Err("the regular expression matches bytes".to_owned()),
            HirKind::Look(_) => {
                return Err("Lucene's regular expressions have no anchors and no word boundaries inside".to_owned());
            }
            HirKind::Repetition(repetition) => {
                Rc::new(Node::Repeat(self.plain(&repetition.sub)?, repetition.min, repetition.max))
            }
            HirKind::Capture(inner) => self.plain(&inner.sub)?,
            HirKind::Concat(parts) => concat(parts.iter().map(|part| self.plain(part)).collect::<Result<_, _>>()?),
            HirKind::Alternation(parts) => union(parts.iter().map(|part| self.plain(part)).collect::<Result<_, _>>()?),
        })
    }
}

/// Writes a node in Lucene's syntax. `level`: 0 any node may stand bare, 1 inside a concatenation or intersection, 2
/// before a repetition.
fn print(node: &Node, level: u8, ignore_case: bool, out: &mut String) {
    let grouped = match node {
        Node::Union(_) | Node::Both(_) => level > 0,
        Node::Concat(_) | Node::Repeat(..) | Node::Not(_) => level > 1,
        _ => false,
    };
    if grouped {
        out.push('(');
    }
    match node {
        Node::Nothing => out.push('#'),
        Node::Empty => out.push_str("()"),
        Node::Class(ranges) => print_class(ranges, ignore_case, out),
        Node::Concat(parts) => parts.iter().for_each(|part| print(part, 1, ignore_case, out)),
        Node::Union(parts) | Node::Both(parts) => {
            let sign = if matches!(node, Node::Union(_)) { '|' } else { '&' };
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push(sign);
                }
                print(part, u8::from(sign == '&'), ignore_case, out);
            }
        }
        Node::Not(inner) => {
            out.push('~');
            print(inner, 2, ignore_case, out);
        }
        Node::Repeat(inner, low, high) => {
            print(inner, 2, ignore_case, out);
            match (low, high) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (low, None) => out.push_str(&format!("{{{low},}}")),
                (low, Some(high)) if low == high => out.push_str(&format!("{{{low}}}")),
                (low, Some(high)) => out.push_str(&format!("{{{low},{high}}}")),
            }
        }
    }
    if grouped {
        out.push(')');
    }
}

/// Letters whose other case is far from ASCII; folding by Unicode brings them in, and no reader wants to see them.
const RARE: [char; 2] = ['\u{212a}', '\u{17f}'];

fn print_class(ranges: &[(char, char)], ignore_case: bool, out: &mut String) {
    if ranges == [('\0', char::MAX)] {
        out.push('.');
        return;
    }
    let mut shown: Vec<(char, char)> =
        ranges.iter().copied().filter(|(low, high)| low != high || !RARE.contains(low) || ranges.len() == 1).collect();
    if ignore_case {
        fold(&mut shown);
    }
    if let [(low, high)] = shown.as_slice()
        && low == high
    {
        print_character(*low, out);
        return;
    }
    // Both cases of one letter read best with the small letter first.
    if let [(upper, upper_end), (lower, lower_end)] = shown.as_slice()
        && upper == upper_end
        && lower == lower_end
        && upper.to_lowercase().eq([*lower])
    {
        out.push_str(&format!("[{lower}{upper}]"));
        return;
    }
    let open = shown.last().is_some_and(|(_, high)| *high == char::MAX);
    if open {
        shown = gaps(&shown);
    }
    out.push_str(if open { "[^" } else { "[" });
    for (low, high) in shown {
        print_class_end(low, out);
        if low != high {
            out.push('-');
            print_class_end(high, out);
        }
    }
    out.push(']');
}

/// Adds the other case of every letter; ranges of letters beyond ASCII are left as they are.
fn fold(ranges: &mut Vec<(char, char)>) {
    let mut more = Vec::new();
    for (low, high) in ranges.iter().copied() {
        if low == high {
            let other = |mut letters: Vec<char>| (letters.len() == 1).then(|| letters.pop()).flatten();
            let cases = [other(low.to_lowercase().collect()), other(low.to_uppercase().collect())];
            more.extend(cases.into_iter().flatten().map(|letter| (letter, letter)));
            continue;
        }
        for (start, end, by) in [('a', 'z', -32i32), ('A', 'Z', 32)] {
            let (from, to) = (low.max(start), high.min(end));
            if from <= to {
                let moved = |letter: char| u32::from(letter).checked_add_signed(by).and_then(char::from_u32);
                more.extend(moved(from).zip(moved(to)));
            }
        }
    }
    ranges.extend(more);
    ranges.sort_unstable();
    let mut merged: Vec<(char, char)> = Vec::new();
    for (low, high) in ranges.drain(..) {
        match merged.last_mut() {
            Some(last) if u32::from(low) <= u32::from(last.1) + 1 => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    *ranges = merged;
}

/// What lies between ranges that reach to the end.
fn gaps(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut out = Vec::new();
    let mut from = Some('\0');
    for (low, high) in ranges {
        if let Some(start) = from
            && start < *low
            && let Some(end) = u32::from(*low).checked_sub(1).map(|end| char::from_u32(end).unwrap_or('\u{d7ff}'))
        {
            out.push((start, end));
        }
        from = char::from_u32(u32::from(*high) + 1);
    }
    out
}

/// A character outside a class.
fn print_character(character: char, out: &mut String) {
    if matches!(
        character,
        '.' | '?'
            | '+'
            | '*'
            | '|'
            | '{'
            | '}'
            | '['
            | ']'
            | '('
            | ')'
            | '"'
            | '\\'
            | '#'
            | '@'
            | '&'
            | '<'
            | '>'
            | '~'
            | '/'
    ) {
        out.push('\\');
    }
    out.push(character);
}

fn print_class_end(character: char, out: &mut String) {
    if matches!(character, '\\' | ']' | '[' | '^' | '-' | '/' | '"') {
        out.push('\\');
    }
    out.push(character);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_flavours_in_lucenes_words() {
        let cases = [
            ("foo", Anchor::Search, Case::Sensitive, ".*foo.*"),
            ("^foo", Anchor::Search, Case::Sensitive, "foo.*"),
            (r"\.exe$", Anchor::Search, Case::Ignore, r".*\.[eE][xX][eE]"),
            (r"(?i)a\d+", Anchor::Whole, Case::Sensitive, "[aA][0-9]+"),
            (r"(^|[^a-z])has($|x)", Anchor::Search, Case::Sensitive, "(()|.*[^a-z])has(()|x.*)"),
            ("a|^b$|c$", Anchor::Search, Case::Sensitive, ".*a.*|b|.*c"),
            ("(?:ab)?c*?", Anchor::Whole, Case::Sensitive, "(ab)?c*"),
            ("a/b<c>#\"@", Anchor::Whole, Case::Sensitive, "a\\/b\\<c\\>\\#\\\"\\@"),
            ("[^\\s]x", Anchor::Whole, Case::Sensitive, "[^\t-\n\u{c}-\r ]x"),
            ("[ks]", Anchor::Whole, Case::Ignore, "[KSks]"),
            ("k", Anchor::Whole, Case::Ignore, "[kK]"),
            ("(?i)k", Anchor::Whole, Case::Sensitive, "[kK]"),
            ("[a-f0-9]", Anchor::Whole, Case::Ignore, "[0-9A-Fa-f]"),
        ];
        for (pattern, anchor, case, expected) in cases {
            let found = to_lucene(pattern, RegexFlavour::Re2, anchor, case).unwrap();
            assert_eq!(found, expected, "{pattern}");
            lucene_regex::parse(&found).unwrap();
        }
        assert!(to_lucene(r"a\bb", RegexFlavour::Re2, Anchor::Search, Case::Sensitive).is_err());
        assert!(to_lucene("(?=a)", RegexFlavour::Python, Anchor::Search, Case::Sensitive).is_err());
        assert_eq!(to_lucene("a$", RegexFlavour::Python, Anchor::Search, Case::Sensitive).unwrap(), ".*a\n?");
    }
}
