//! Lucene's regular expressions (`RegExp` of Apache Lucene 8, all flags on), read exactly, turned into the syntax of RE2
//! where that can say them, and matched here where it cannot (complement, intersection).
//!
//! They always fit the whole value. `.` is any character, line breaks included; `^`, `$`, `\d` and `(?` mean nothing
//! special; `@ # & ~ <n-m> "…"` are operators (spec/elastic-semantics.md).

use std::collections::HashMap;
use std::rc::Rc;

/// How deep groups may nest.
const MAX_DEPTH: usize = 200;

/// How many values an interval `<n-m>` may have.
const MAX_INTERVAL: u64 = 10_000;

/// How many different residues of an expression matching may visit.
const MAX_STATES: usize = 20_000;

/// A regular expression as a tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// No text at all fits.
    Nothing,
    /// Only the empty text fits.
    Empty,
    /// One character of these ranges.
    Class(Vec<(char, char)>),
    /// One behind the other.
    Concat(Vec<Rc<Node>>),
    /// One of them.
    Union(Vec<Rc<Node>>),
    /// All of them.
    Both(Vec<Rc<Node>>),
    /// The contrary.
    Not(Rc<Node>),
    /// So many times; without a maximum when `None`.
    Repeat(Rc<Node>, u32, Option<u32>),
}

/// Reads a pattern.
///
/// # Errors
/// Why Lucene refuses the pattern, in words.
pub fn parse(pattern: &str) -> Result<Rc<Node>, String> {
    if pattern.is_empty() {
        return Ok(Rc::new(Node::Empty));
    }
    let mut reader = Reader { text: pattern.chars().collect(), at: 0, depth: 0 };
    let node = reader.union()?;
    match reader.peek() {
        None => Ok(node),
        Some(found) => Err(format!("the regular expression goes on with `{found}` where it should end")),
    }
}

/// The pattern in the syntax of RE2 and Rust's `regex`, without anchors; it must fit the whole value.
///
/// # Errors
/// Why Lucene refuses the pattern, or that RE2 has no complement or intersection.
pub fn to_re2(pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    if print(&*parse(pattern)?, 0, &mut out) {
        Ok(out)
    } else {
        Err("complement `~` and intersection `&` have no counterpart in other regular expressions".to_owned())
    }
}

/// Whether the whole text fits.
///
/// # Errors
/// Why Lucene refuses the pattern, or that it is too complex to be decided here.
pub fn is_match(node: &Rc<Node>, text: &str) -> Result<bool, String> {
    let mut known: HashMap<(Rc<Node>, char), Rc<Node>> = HashMap::new();
    let mut state = Rc::clone(node);
    for character in text.chars() {
        let key = (Rc::clone(&state), character);
        state = match known.get(&key) {
            Some(next) => Rc::clone(next),
            None => {
                let mut budget = MAX_STATES;
                let next = derivative(&state, character, &mut budget)?;
                known.insert(key, Rc::clone(&next));
                next
            }
        };
        if *state == Node::Nothing {
            return Ok(false);
        }
    }
    Ok(nullable(&state))
}

struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Result<char, String> {
        let found = self.peek().ok_or("the regular expression ends too early")?;
        self.at += 1;
        Ok(found)
    }

    fn union(&mut self) -> Result<Rc<Node>, String> {
        let mut parts = vec![self.intersection()?];
        while self.take('|') {
            parts.push(self.intersection()?);
        }
        Ok(union(parts))
    }

    fn intersection(&mut self) -> Result<Rc<Node>, String> {
        let mut parts = vec![self.concat()?];
        while self.take('&') {
            parts.push(self.concat()?);
        }
        Ok(both(parts))
    }

    fn concat(&mut self) -> Result<Rc<Node>, String> {
        let mut parts = vec![self.repeat()?];
        while self.peek().is_some_and(|next| !matches!(next, ')' | '|' | '&')) {
            parts.push(self.repeat()?);
        }
        Ok(concat(parts))
    }

    fn repeat(&mut self) -> Result<Rc<Node>, String> {
        let mut node = self.complement()?;
        loop {
            node = match self.peek() {
                Some('?') => repeat(node, 0, Some(1)),
                Some('*') => repeat(node, 0, None),
                Some('+') => repeat(node, 1, None),
                Some('{') => {
                    self.at += 1;
                    let low = self.number()?.ok_or("a number is missing behind `{`")?;
                    let high = if self.take(',') { self.number()? } else { Some(low) };
                    if !self.take('}') {
                        return Err("`{` is never closed".to_owned());
                    }
                    node = repeat(node, low, high);
                    continue;
                }
                _ => return Ok(node),
            };
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Option<u32>, String> {
        let from = self.at;
        while self.peek().is_some_and(|next| next.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.text.get(from..self.at).unwrap_or(&[]).iter().collect();
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| format!("{digits} is too large a number"))
    }

    fn complement(&mut self) -> Result<Rc<Node>, String> {
        let mut times = 0usize;
        while self.take('~') {
            times += 1;
        }
        let node = self.class()?;
        Ok(if times % 2 == 1 { Rc::new(Node::Not(node)) } else { node })
    }

    fn class(&mut self) -> Result<Rc<Node>, String> {
        if !self.take('[') {
            return self.simple();
        }
        let negated = self.take('^');
        let mut ranges = Vec::new();
        // The first character belongs to the class whatever it is, `]` too.
        loop {
            let low = self.character()?;
            let high = if self.take('-') { self.character()? } else { low };
            if low > high {
                return Err(format!("the range {low}-{high} runs backwards"));
            }
            ranges.push((low, high));
            match self.peek() {
                Some(']') => break,
                None => return Err("`[` is never closed".to_owned()),
                Some(_) => {}
            }
        }
        self.at += 1;
        Ok(class(ranges, negated))
    }

    fn character(&mut self) -> Result<char, String> {
        self.take('\\');
        self.next()
    }

    fn simple(&mut self) -> Result<Rc<Node>, String> {
        if self.take('.') {
            return Ok(any());
        }
        if self.take('#') {
            return Ok(Rc::new(Node::Nothing));
        }
        if self.take('@') {
            return Ok(repeat(any(), 0, None));
        }
        if self.take('"') {
            return self.until('"').map(|text| literal(&text));
        }
        if self.take('<') {
            return self.until('>').and_then(|text| interval(&text));
        }
        if self.take('(') {
            if self.take(')') {
                return Ok(Rc::new(Node::Empty));
            }
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(format!("groups nest deeper than {MAX_DEPTH} levels"));
            }
            let node = self.union()?;
            self.depth -= 1;
            return if self.take(')') { Ok(node) } else { Err("`(` is never closed".to_owned()) };
        }
        let found = self.character()?;
        Ok(class(vec![(found, found)], false))
    }

    fn until(&mut self, close: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(found) if found == close => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(found) => text.push(found),
                None => return Err(format!("`{close}` is missing")),
            }
            self.at += 1;
        }
    }
}

fn literal(text: &str) -> Rc<Node> {
    concat(text.chars().map(|character| class(vec![(character, character)], false)).collect())
}

/// `<n-m>`: a number between both, with any leading zeros unless both ends have the same number of digits.
fn interval(text: &str) -> Result<Rc<Node>, String> {
    let wrong = || format!("<{text}> is no interval of numbers");
    let (low, high) = text.split_once('-').ok_or_else(wrong)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(low) || !digits(high) {
        return Err(wrong());
    }
    let width = if low.len() == high.len() { low.len() } else { 0 };
    let ends = (low.parse::<u64>().map_err(|_| wrong())?, high.parse::<u64>().map_err(|_| wrong())?);
    let (low, high) = (ends.0.min(ends.1), ends.0.max(ends.1));
    if high - low >= MAX_INTERVAL {
        return Err(format!("the interval <{text}> has more than {MAX_INTERVAL} numbers"));
    }
    let numbers = union((low..=high).map(|number| literal(&format!("{number:0width$}"))).collect());
    Ok(if width == 0 { concat(vec![repeat(class(vec![('0', '0')], false), 0, None), numbers]) } else { numbers })
}

fn any() -> Rc<Node> {
    Rc::new(Node::Class(vec![('\0', char::MAX)]))
}

/// Ranges in order without overlap; the contrary of them when negated.
fn class(mut ranges: Vec<(char, char)>, negated: bool) -> Rc<Node> {
    ranges.sort_unstable();
    let mut merged: Vec<(char, char)> = Vec::new();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if low <= last.1 || after(last.1) == Some(low) => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    if negated {
        let mut others = Vec::new();
        let mut from = Some('\0');
        for (low, high) in merged {
            if let Some(start) = from
                && start < low
                && let Some(end) = before(low)
            {
                others.push((start, end));
            }
            from = after(high);
        }
        others.extend(from.map(|start| (start, char::MAX)));
        merged = others;
    }
    Rc::new(if merged.is_empty() { Node::Nothing } else { Node::Class(merged) })
}

fn after(character: char) -> Option<char> {
    let next = u32::from(character) + 1;
    char::from_u32(if next == 0xD800 { 0xE000 } else { next })
}

fn before(character: char) -> Option<char> {
    let next = u32::from(character).checked_sub(1)?;
    char::from_u32(if next == 0xDFFF { 0xD7FF } else { next })
}

fn concat(parts: Vec<Rc<Node>>) -> Rc<Node> {
    let mut flat: Vec<Rc<Node>> = Vec::with_capacity(parts.len());
    for part in parts {
        match &*part {
            Node::Nothing => return part,
            Node::Empty => {}
            Node::Concat(inner) => flat.extend(inner.iter().cloned()),
            _ => flat.push(part),
        }
    }
    match flat.len() {
        0 => Rc::new(Node::Empty),
        1 => flat.remove(0),
        _ => Rc::new(Node::Concat(flat)),
    }
}

fn union(parts: Vec<Rc<Node>>) -> Rc<Node> {
    let mut flat: Vec<Rc<Node>> = Vec::with_capacity(parts.len());
    for part in parts {
        match &*part {
            Node::Nothing => {}
            Node::Union(inner) => flat.extend(inner.iter().cloned()),
            _ => flat.push(part),
        }
    }
    flat.sort();
    flat.dedup();
    match flat.len() {
        0 => Rc::new(Node::Nothing),
        1 => flat.remove(0),
        _ => Rc::new(Node::Union(flat)),
    }
}

fn both(mut parts: Vec<Rc<Node>>) -> Rc<Node> {
    parts.sort();
    parts.dedup();
    if parts.iter().any(|part| **part == Node::Nothing) {
        return Rc::new(Node::Nothing);
    }
    if parts.len() == 1 { parts.remove(0) } else { Rc::new(Node::Both(parts)) }
}

fn repeat(node: Rc<Node>, low: u32, high: Option<u32>) -> Rc<Node> {
    match (high, &*node) {
        (Some(high), _) if high < low => Rc::new(Node::Nothing),
        (Some(0), _) | (_, Node::Empty) => Rc::new(Node::Empty),
        (Some(1), _) if low == 1 => node,
        (None, Node::Repeat(_, 0, None)) if low <= 1 => node,
        _ => Rc::new(Node::Repeat(node, low, high)),
    }
}

fn nullable(node: &Node) -> bool {
    match node {
        Node::Nothing | Node::Class(_) => false,
        Node::Empty => true,
        Node::Concat(parts) | Node::Both(parts) => parts.iter().all(|part| nullable(part)),
        Node::Union(parts) => parts.iter().any(|part| nullable(part)),
        Node::Not(inner) => !nullable(inner),
        Node::Repeat(inner, low, _) => *low == 0 || nullable(inner),
    }
}

/// What must follow once `character` is read (Brzozowski's derivative).
fn derivative(node: &Rc<Node>, character: char, budget: &mut usize) -> Result<Rc<Node>, String> {
    *budget = budget.checked_sub(1).ok_or("the regular expression is too complex to be run here")?;
    Ok(match &**node {
        Node::Nothing | Node::Empty => Rc::new(Node::Nothing),
        Node::Class(ranges) => {
            let fits = ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
            Rc::new(if fits { Node::Empty } else { Node::Nothing })
        }
        Node::Concat(parts) => {
            let mut choices = Vec::new();
            for (at, part) in parts.iter().enumerate() {
                let mut rest = vec![derivative(part, character, budget)?];
                rest.extend(parts.iter().skip(at + 1).cloned());
                choices.push(concat(rest));
                if !nullable(part) {
                    break;
                }
            }
            union(choices)
        }
        Node::Union(parts) => {
            union(parts.iter().map(|part| derivative(part, character, budget)).collect::<Result<_, _>>()?)
        }
        Node::Both(parts) => {
            both(parts.iter().map(|part| derivative(part, character, budget)).collect::<Result<_, _>>()?)
        }
        Node::Not(inner) => Rc::new(Node::Not(derivative(inner, character, budget)?)),
        Node::Repeat(inner, low, high) => {
            let rest = repeat(Rc::clone(inner), low.saturating_sub(1), high.map(|high| high.saturating_sub(1)));
            concat(vec![derivative(inner, character, budget)?, rest])
        }
    })
}

/// Writes the node for RE2; `false` where that is not possible. `level`: 0 any node may stand bare, 1 inside a
/// concatenation, 2 before a repetition.
fn print(node: &Node, level: u8, out: &mut String) -> bool {
    let grouped = match node {
        Node::Union(_) => level > 0,
        Node::Concat(_) | Node::Repeat(..) => level > 1,
        _ => false,
    };
    if grouped {
        out.push_str("(?:");
    }
    let possible = match node {
        Node::Nothing => {
            out.push_str(r"[^\x{0}-\x{10FFFF}]");
            true
        }
        Node::Empty => {
            out.push_str("(?:)");
            true
        }
        Node::Class(ranges) => {
            print_class(ranges, out);
            true
        }
        Node::Concat(parts) => parts.iter().all(|part| print(part, 1, out)),
        Node::Union(parts) => parts.iter().enumerate().all(|(at, part)| {
            if at > 0 {
                out.push('|');
            }
            print(part, 0, out)
        }),
        Node::Both(_) | Node::Not(_) => false,
        Node::Repeat(inner, low, high) => {
            let possible = print(inner, 2, out);
            match (low, high) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (low, None) => out.push_str(&format!("{{{low},}}")),
                (low, Some(high)) if low == high => out.push_str(&format!("{{{low}}}")),
                (low, Some(high)) => out.push_str(&format!("{{{low},{high}}}")),
            }
            possible
        }
    };
    if grouped {
        out.push(')');
    }
    possible
}

fn print_class(ranges: &[(char, char)], out: &mut String) {
    if let [(low, high)] = ranges {
        if (*low, *high) == ('\0', char::MAX) {
            out.push_str("(?s:.)");
            return;
        }
        if low == high {
            out.push_str(&regex::escape(low.encode_utf8(&mut [0; 4])));
            return;
        }
    }
    // A class that reaches to the end of Unicode is better told by what it leaves out.
    let open = ranges.last().is_some_and(|(_, high)| *high == char::MAX);
    let shown: Vec<(char, char)> = if open { left_out(ranges) } else { ranges.to_vec() };
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

/// The ranges between these; the last reaches to the end.
fn left_out(ranges: &[(char, char)]) -> Vec<(char, char)> {
    match &*class(ranges.to_vec(), true) {
        Node::Class(others) => others.clone(),
        _ => Vec::new(),
    }
}

fn print_class_end(character: char, out: &mut String) {
    if character.is_alphanumeric() || matches!(character, ' ' | '_' | '/' | '.' | ':' | ',') {
        out.push(character);
    } else if character.is_ascii_graphic() {
        out.push('\\');
        out.push(character);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(character)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each case was measured on Apache Lucene 8.7: pattern, texts that fit, texts that do not.
    #[test]
    fn as_lucene_reads_them() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (r"\d", &["d"], &["1"]),
            (r"[^\d]", &["1", "\n", "😀"], &["d"]),
            (r"[\d-z]", &["d", "w"], &["-", "a"]),
            (r"\\d", &[r"\d"], &["d"]),
            ("a&&b", &[], &["a", "b"]),
            ("(a|ab)&ab", &["ab"], &["a"]),
            ("a|b&b", &["a", "b"], &[]),
            ("~a", &["", "aa", "b"], &["a"]),
            ("~ab", &["b", "a b"], &["ab"]),
            ("a~b", &["a", "a b"], &["ab"]),
            ("(?:a)", &["?:a"], &["a"]),
            ("(?i)a", &["?ia"], &["a", "A"]),
            ("{", &["{"], &[]),
            ("[]a]", &["a", "]"], &["b"]),
            ("[-a]", &["-", "a"], &["b"]),
            ("[a-z-9]", &["q", "-"], &[","]),
            ("<1-12>", &["1", "05", "12"], &["13", "0"]),
            ("<01-12>", &["05", "12"], &["5"]),
            ("@", &["", "a\nb"], &[]),
            ("#", &[], &["", "#"]),
            ("\"a b\"", &["a b"], &["ab"]),
            ("()", &[""], &["a"]),
            ("a**", &["", "aa"], &["b"]),
            ("", &[""], &["a"]),
            ("^a$", &["^a$"], &["a"]),
            ("a{2,1}", &[], &["a", "aa"]),
            ("a{2,}b{1}", &["aab", "aaab"], &["ab"]),
            (r"C:\\.*\/x", &["C:\\a/x"], &["C:/x"]),
            (".", &["\n", "😀"], &["ab"]),
            ("[ -~]", &["~", " "], &["é"]),
        ];
        for (pattern, fit, unfit) in cases {
            let node = parse(pattern).unwrap();
            let other = to_re2(pattern).ok().map(|text| regex::Regex::new(&format!(r"\A(?:{text})\z")).unwrap());
            for (texts, expected) in [(fit, true), (unfit, false)] {
                for text in *texts {
                    assert_eq!(is_match(&node, text), Ok(expected), "{pattern} on {text}");
                    assert!(
                        other.as_ref().is_none_or(|other| other.is_match(text) == expected),
                        "{pattern} on {text}: {other:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_lucene_refuses_is_refused() {
        for pattern in [
            "~", "a{", "a{1", "a{1,", "[^]", "[a", "[a-", "[a-]", "<a>", "<", "\"a", "(", "a)", "a|", "a&", "\\",
            "[z-a]",
        ] {
            assert!(parse(pattern).is_err(), "{pattern}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"~".repeat(100_000)).is_err());
    }

    #[test]
    fn classes_are_readable_in_re2() {
        assert_eq!(to_re2(r"[^\\ ]+\.exe").unwrap(), r"[^ \\]+\.exe");
        assert_eq!(to_re2(".*(a|bc)?").unwrap(), "(?s:.)*(?:a|bc)?");
    }

    #[test]
    fn long_texts_take_linear_time() {
        let node = parse("(~(.*a.{30}b.*))&(.*x)").unwrap();
        assert!(is_match(&node, &("ab".repeat(2000) + "x")).is_ok());
    }
}
