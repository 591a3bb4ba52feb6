//! YAML 1.2 (core schema) to the tree: `on`, `off`, `yes` and `no` are text, and so are dates.

use super::{Entry, MAX_DEPTH, Node, Parsed, Value};
use crate::diagnostic::{Diagnostic, Span, codes};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};
use std::collections::{HashMap, HashSet};

/// The greatest number of nodes that aliases may expand to.
const MAX_EXPANDED: usize = 200_000;

/// Reads the first document of a YAML text.
///
/// # Errors
/// One diagnostic: the syntax error, a tab in the indentation, nesting deeper than [`MAX_DEPTH`].
pub fn parse_yaml(text: &str) -> Result<Parsed, Diagnostic> {
    let documents = parse_yaml_documents(text)?;
    let empty = || Parsed { root: Node::new(Value::Null, Span::new(0, 0)), diagnostics: Vec::new() };
    Ok(documents.into_iter().next().unwrap_or_else(empty))
}

/// Reads every document of a YAML text (`---` between them).
///
/// # Errors
/// As [`parse_yaml`]; an error in one document is an error of the text.
pub fn parse_yaml_documents(text: &str) -> Result<Vec<Parsed>, Diagnostic> {
    match documents(text, text) {
        // libyaml takes flow collections whose lines are not indented, and so do the platforms.
        Err(error) => match super::flow::joined(text).map(|joined| documents(text, &joined)) {
            Some(Ok(documents)) => Ok(documents),
            _ => Err(error),
        },
        read => read,
    }
}

/// Reads `parsed`, whose bytes stand where those of `text` stand.
fn documents(text: &str, parsed: &str) -> Result<Vec<Parsed>, Diagnostic> {
    let offsets = Offsets::new(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(parsed) {
        let (event, span) = event.map_err(|error| scan_error(text, &offsets, &error))?;
        let span = Span::new(offsets.byte(span.start), offsets.byte(span.end));
        builder.event(event, span, text)?;
    }
    Ok(builder.documents)
}

/// Bytes of the parser's character indexes.
struct Offsets {
    /// Empty for ASCII, where both are the same.
    bytes: Vec<usize>,
    length: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { bytes, length: text.len() }
    }

    fn byte(&self, marker: Marker) -> usize {
        if self.bytes.is_empty() {
            return marker.index().min(self.length);
        }
        self.bytes.get(marker.index()).copied().unwrap_or(self.length)
    }
}

/// The parser's error in our words; a tab in the indentation of the line, or of one above it, is the likely cause.
fn scan_error(text: &str, offsets: &Offsets, error: &ScanError) -> Diagnostic {
    let at = offsets.byte(*error.marker());
    let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let tab_in = |start: usize| {
        let line = text.get(start..)?.split('\n').next()?;
        let lead = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line.get(..lead)?.find('\t')?;
        Some(Span::new(start + tab, start + tab + 1))
    };
    let previous = text.get(..line_start.saturating_sub(1)).map(|before| before.rfind('\n').map_or(0, |end| end + 1));
    let tab = tab_in(line_start).or_else(|| previous.filter(|start| *start < line_start).and_then(tab_in));
    let next = text.get(at..).and_then(|rest| rest.find('\n')).map(|end| at + end + 1);
    if let Some(span) = tab.or_else(|| next.filter(|_| error.info().contains("tab")).and_then(tab_in)) {
        return Diagnostic::error(codes::source::TAB, "a tab stands in the indentation").at(span);
    }
    let info = error.info();
    if info.contains("recursion limit") || info.contains("nested too deep") {
        return too_deep(Span::new(at, at));
    }
    let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |next| at + next.len_utf8());
    let found = Diagnostic::error(codes::source::YAML, format!("this is no valid YAML: {info}")).at(Span::new(at, end));
    match unclosed(text) {
        Some((bracket, opened)) => {
            found.label(Span::new(opened, opened + 1), format!("this `{bracket}` may never be closed"))
        }
        None => found,
    }
}

/// The last bracket of flow style that opens a value and is never closed, outside quotes and block scalars as far as a
/// glance can tell: only a hint beside the parser's own error.
fn unclosed(text: &str) -> Option<(char, usize)> {
    let mut open = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut quote = None;
        let mut before = ' ';
        for (column, next) in line.char_indices() {
            match (quote, next) {
                (None, '#') if before == ' ' => break,
                (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(next),
                (Some(open), close) if open == close => quote = None,
                (None, '[' | '{') if " [{,:-".contains(before) => open.push((next, at + column)),
                (None, ']' | '}') => {
                    open.pop();
                }
                _ => {}
            }
            before = next;
        }
        at += line.len();
    }
    open.pop()
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::source::FILE_TOO_DEEP, format!("the file nests deeper than {MAX_DEPTH} levels")).at(span)
}

/// A list or mapping whose end has not come.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<(String, Span)>,
    /// Where each key of a mapping is in its entries.
    keys: HashMap<String, usize>,
}

#[derive(Default)]
struct Builder {
    documents: Vec<Parsed>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    diagnostics: Vec<Diagnostic>,
    expanded: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span, text: &str) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref().filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.clone());
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let span = if block { with_header(text, span) } else { span };
                let node = scalar(&value, style, tag.as_deref(), span);
                self.value(node, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(Value::Seq(Vec::new()), anchor, span)?,
            Event::MappingStart(anchor, _) => self.open(Value::Map(Vec::new()), anchor, span)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.stack.pop() {
                    open.node.span = Span::new(open.node.span.start, trimmed_end(text, open.node.span.start, span.end));
                    merge(&mut open.node, text);
                    self.value(open.node, open.anchor);
                }
            }
            Event::Alias(anchor) => {
                let mut node = self.anchors.get(&anchor).cloned().unwrap_or_else(|| Node::new(Value::Null, span));
                self.expanded += count(&node);
                if self.expanded > MAX_EXPANDED || self.stack.len() + depth(&node) > MAX_DEPTH {
                    let message = "the aliases of this file expand to more than a rule can hold";
                    return Err(Diagnostic::error(codes::source::ALIASES, message).at(span));
                }
                node.span = span;
                self.value(node, 0);
            }
            Event::DocumentEnd => {
                if self.documents.last().is_some_and(|last| !self.diagnostics.is_empty() && last.diagnostics.is_empty())
                {
                    let found = std::mem::take(&mut self.diagnostics);
                    if let Some(last) = self.documents.last_mut() {
                        last.diagnostics = found;
                    }
                }
                self.anchors.clear();
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, value: Value, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.stack.push(Open { node: Node::new(value, span), anchor, key: None, keys: HashMap::new() });
        Ok(())
    }

    /// A finished value goes to the list or mapping around it, or is the document.
    fn value(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.documents.push(Parsed { root: node, diagnostics: Vec::new() });
            return;
        };
        match &mut open.node.value {
            Value::Seq(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                None => open.key = Some((key_text(&node), node.span)),
                Some((key, key_span)) => {
                    let entry = Entry { key: key.clone(), key_span, value: node };
                    match open.keys.get(&key).and_then(|at| entries.get_mut(*at)) {
                        Some(first) => {
                            let message = format!("the key `{key}` stands twice; the last value counts");
                            let found = Diagnostic::warning(codes::source::DUPLICATE_KEY, message).at(key_span);
                            self.diagnostics.push(found.label(first.key_span, "first here"));
                            *first = entry;
                        }
                        None => {
                            open.keys.insert(key, entries.len());
                            entries.push(entry);
                        }
                    }
                }
            },
            _ => {}
        }
    }
}

/// The parser lets a block scalar start at its first character; here it starts at its header (`|`, `>-`).
fn with_header(text: &str, span: Span) -> Span {
    let before = text.get(..span.start).unwrap_or("").trim_end();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let header = before.get(line..).unwrap_or("");
    let starts = header.match_indices(['|', '>']).map(|(at, _)| at).find(|at| {
        let rest = header
            .get(at + 1..)
            .unwrap_or("")
            .trim_start_matches(|next: char| next.is_ascii_digit() || "+-".contains(next));
        rest.is_empty() || rest.trim_start().starts_with('#')
    });
    starts.map_or(span, |at| Span::new(line + at, span.end))
}

/// A collection ends behind its last character that is not white space.
fn trimmed_end(text: &str, start: usize, end: usize) -> usize {
    text.get(start..end).map_or(end, |inner| start + inner.trim_end().len())
}

/// `<<: *other`: members of the other mapping that this one lacks.
fn merge(node: &mut Node, text: &str) {
    let Value::Map(entries) = &mut node.value else { return };
    let Some(at) = entries.iter().position(|entry| entry.key_span.text(text) == "<<") else { return };
    let sources: Vec<Entry> = match entries.get(at).map(|entry| &entry.value.value) {
        Some(Value::Map(inner)) => inner.clone(),
        Some(Value::Seq(items)) if items.iter().all(Node::is_map) => {
            items.iter().flat_map(|item| item.entries().to_vec()).collect()
        }
        _ => return,
    };
    entries.remove(at);
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    entries.extend(sources.into_iter().filter(|entry| known.insert(entry.key.clone())));
}

fn key_text(node: &Node) -> String {
    match &node.value {
        Value::Null => node.written.clone().unwrap_or_default(),
        Value::Seq(_) | Value::Map(_) => node.to_json().to_string(),
        _ => node.scalar_text().unwrap_or_default(),
    }
}

fn count(node: &Node) -> usize {
    1 + node.items().iter().map(count).sum::<usize>()
        + node.entries().iter().map(|entry| count(&entry.value)).sum::<usize>()
}

fn depth(node: &Node) -> usize {
    let inner = node.items().iter().map(depth).chain(node.entries().iter().map(|entry| depth(&entry.value)));
    1 + inner.max().unwrap_or(0)
}

/// A scalar by the core schema of YAML 1.2; quoted and block scalars are text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>, span: Span) -> Node {
    let as_text = || Node::new(Value::String(text.to_owned()), span);
    let plain = style == ScalarStyle::Plain && tag.is_none();
    if !plain && !matches!(tag, Some("int" | "float" | "bool" | "null")) {
        return as_text();
    }
    match core_schema(text) {
        Some(value) => Node { value, span, written: Some(text.to_owned()) },
        None => as_text(),
    }
}

/// What a plain scalar is other than text.
pub(super) fn core_schema(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let radix = |digits: &str, radix: u32| {
        let good = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        good.then(|| i64::from_str_radix(digits, radix).ok().map(Value::Int)).flatten()
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.strip_prefix('+').unwrap_or(text).parse::<i64>() {
            Ok(number) => Some(Value::Int(number)),
            Err(_) => text.parse().ok().map(Value::Float),
        };
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let good_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0,
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let good_exponent = exponent.is_none_or(|part| !part.is_empty() && digits(part));
    (good_mantissa && good_exponent).then(|| text.parse().ok().map(Value::Float)).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::{QueryText, SourceFile};
    use super::*;

    fn root(text: &str) -> Node {
        parse_yaml(text).unwrap().root
    }

    #[test]
    fn words_of_yaml_1_1_are_text() {
        let node = root("a: on\nb: no\nc: y\nd: 2024-01-01\ne: 1_000\nf: 012\ng: 12:30\n");
        for (key, text) in [("a", "on"), ("b", "no"), ("c", "y"), ("d", "2024-01-01"), ("e", "1_000"), ("g", "12:30")] {
            assert_eq!(node.get(key).unwrap().as_str(), Some(text), "{key}");
        }
        assert_eq!(node.get("f").unwrap().value, Value::Int(12));
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let node = root("a: 1.0\nb: 1.0.0\nc: 0x10\nd: -3\ne: .5\nf: 1e3\ng: '1.0'\n");
        assert_eq!(node.get("a").unwrap().scalar_text().as_deref(), Some("1.0"));
        assert_eq!(node.get("b").unwrap().as_str(), Some("1.0.0"));
        assert_eq!(node.get("c").unwrap().value, Value::Int(16));
        assert_eq!(node.get("d").unwrap().value, Value::Int(-3));
        assert_eq!(node.get("e").unwrap().value, Value::Float(0.5));
        assert_eq!(node.get("f").unwrap().value, Value::Float(1000.0));
        assert_eq!(node.get("g").unwrap().as_str(), Some("1.0"));
    }

    #[test]
    fn a_key_that_stands_twice_is_reported() {
        let parsed = parse_yaml("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(parsed.diagnostics.len(), 1);
        assert_eq!(parsed.diagnostics[0].span, Some(Span::new(10, 11)));
        assert_eq!(parsed.root.get("a").unwrap().as_i64(), Some(3));
    }

    #[test]
    fn tabs_brackets_and_depth_are_one_diagnostic_each() {
        let code = |text: &str| parse_yaml(text).unwrap_err().code.name();
        assert_eq!(code("a:\n\tb: 1\n"), "yaml-tab");
        assert_eq!(code("a:\n  b: 1\n\tc: 1\n"), "yaml-tab");
        assert_eq!(code("a: [1, 2\nb: 3\n"), "yaml");
        assert_eq!(code(&format!("a: {}", "[".repeat(10_000))), "file-too-deep");
        assert_eq!(code(&"- ".repeat(10_000)), "file-too-deep");
        assert_eq!(code(&format!("a: {}1{}", "{a: ".repeat(250), "}".repeat(250))), "file-too-deep");
    }

    #[test]
    fn aliases_are_expanded_within_bounds() {
        let node = root("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n");
        assert_eq!(node.at(&["c", "b"]).unwrap().as_i64(), Some(1));
        assert_eq!(node.at(&["d", "b"]).unwrap().as_i64(), Some(1));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let last = level - 1;
            bomb += &format!("a{level}: &a{level} [*a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}]\n");
        }
        assert_eq!(parse_yaml(&bomb).unwrap_err().code.name(), "yaml-aliases");
    }

    /// Every word of the query is found at its own place in the file.
    fn words_map(text: &str) {
        let file = SourceFile::from_text("rule.yml", text);
        let node = root(text).get("query").unwrap().clone();
        let query = QueryText::of(&file, &node).unwrap();
        let mut at = 0;
        for word in query.text.split_whitespace() {
            let start = at + query.text[at..].find(word).unwrap();
            let span = query.map.to_file(Span::new(start, start + word.len()));
            assert_eq!(span.text(text), word, "in {text:?} ({:?})", query.map);
            at = start + word.len();
        }
    }

    #[test]
    fn query_offsets_map_to_the_file() {
        words_map("é: ü\nquery: |\n  T\n    | where A == \"ü\"\n\n  | take 5\nx: 1\n");
        words_map("a:\n    query: |2-\n        T\n      | take 5\n".replace("a:\n    ", "").as_str());
        words_map("query: >-\n  T | where A\n  | take 5\n\n  | x\n");
        words_map("query: T | where A\nb: 1\n");
        words_map("query: 'T | where A == ''x'''\n".replace("''x''", "x").as_str());
        words_map("query: \"T | where A\\n| take 5\"\n");
        words_map("query: \"T | where A\n   | take \\\n   5\"\n");
    }

    #[test]
    fn escapes_map_to_their_spelling() {
        let text = "query: 'a == ''x'' and b'\n";
        let file = SourceFile::from_text("rule.yml", text);
        let query = QueryText::of(&file, root(text).get("query").unwrap()).unwrap();
        assert_eq!(query.text, "a == 'x' and b");
        assert_eq!(query.map.to_file(Span::new(5, 8)).text(text), "''x''");
        assert_eq!(query.map.to_file(Span::new(13, 14)).text(text), "b");
    }
}
