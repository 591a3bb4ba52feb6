//! Lays the value of a text scalar beside its spelling in the file, so that a place in one is a place in the other.
//!
//! The parsers give the value and where it stands; this module walks both together. It trusts nothing: where the two
//! do not fit, the map is coarse (the whole value), never wrong.

use super::query::{Piece, TextMap};
use crate::diagnostic::Span;

/// The map of a text value that stands at `span` of `source`.
pub(super) fn align(value: &str, source: &str, span: Span) -> TextMap {
    let raw = span.text(source);
    let spelling = Spelling::of(raw);
    let pieces = match spelling {
        Spelling::Block => block(value, raw, span.start),
        _ => walk(value, raw, span.start, spelling),
    };
    match pieces {
        Some(pieces) => TextMap::new(pieces, span),
        None => TextMap::coarse(span),
    }
}

/// How a scalar is spelt, told by its first characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// YAML `|` or `>`.
    Block,
    /// `"..."` of any format, `"""..."""` of TOML: backslash escapes.
    Escaped(usize),
    /// `'...'`: a doubled quote is one (YAML); TOML has none in it.
    Single,
    /// `'''...'''` of TOML: as it stands.
    Literal,
    /// YAML without quotes.
    Plain,
}

impl Spelling {
    fn of(raw: &str) -> Self {
        if raw.starts_with('|') || raw.starts_with('>') {
            Spelling::Block
        } else if raw.starts_with("\"\"\"") && raw.len() >= 6 {
            Spelling::Escaped(3)
        } else if raw.starts_with('"') {
            Spelling::Escaped(1)
        } else if raw.starts_with("'''") && raw.ends_with("'''") && raw.len() >= 6 {
            Spelling::Literal
        } else if raw.starts_with('\'') {
            Spelling::Single
        } else {
            Spelling::Plain
        }
    }
}

/// Pieces in the making; neighbours of equal length melt together.
struct Pieces {
    list: Vec<Piece>,
    text: usize,
}

impl Pieces {
    fn push(&mut self, text_len: usize, file: usize, file_len: usize) {
        let same = text_len == file_len;
        match self.list.last_mut() {
            Some(last) if same && last.text_len == last.file_len && last.file + last.file_len == file => {
                last.text_len += text_len;
                last.file_len += file_len;
            }
            _ if text_len > 0 => self.list.push(Piece { text: self.text, text_len, file, file_len }),
            _ => {}
        }
        self.text += text_len;
    }
}

/// A YAML block scalar: line by line for `|`; for `>` where lines are joined, word by word.
fn block(value: &str, raw: &str, offset: usize) -> Option<Vec<Piece>> {
    let header = raw.find('\n')? + 1;
    if raw.starts_with('>') {
        return walk(value, raw.get(header..)?, offset + header, Spelling::Plain);
    }
    let body = raw.get(header..)?;
    let lead = |text: &str| {
        let line = text.split('\n').find(|line| !line.trim_matches(' ').is_empty())?;
        Some(line.len() - line.trim_start_matches(' ').len())
    };
    let indent = match lead(value) {
        Some(inner) => lead(body)?.checked_sub(inner)?,
        None => 0,
    };
    let mut pieces = Pieces { list: Vec::new(), text: 0 };
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let cut = (line.len() - line.trim_start_matches(' ').len()).min(indent);
        let content = line.get(cut..)?;
        let rest = value.get(pieces.text..)?;
        let content = if content.len() > rest.len() { content.get(..rest.len())? } else { content };
        if !rest.starts_with(content) {
            return None;
        }
        pieces.push(content.len(), offset + header + at + cut, content.len());
        at += line.len();
        if pieces.text == value.len() {
            break;
        }
    }
    // A file that ends without a line end still gives the last line one.
    let missing = value.get(pieces.text..)?;
    if !missing.is_empty() && missing.bytes().all(|byte| byte == b'\n') {
        pieces.push(missing.len(), offset + raw.len(), 0);
    }
    (pieces.text == value.len()).then_some(pieces.list)
}

/// Walks value and spelling together: escapes decoded, folded white space laid side by side.
fn walk(value: &str, raw: &str, offset: usize, spelling: Spelling) -> Option<Vec<Piece>> {
    let quotes = match spelling {
        Spelling::Escaped(count) => count,
        Spelling::Single => 1,
        Spelling::Literal => 3,
        Spelling::Plain | Spelling::Block => 0,
    };
    let mut at = quotes;
    if quotes == 3 && raw.get(at..)?.starts_with('\n') {
        at += 1;
    }
    let mut pieces = Pieces { list: Vec::new(), text: 0 };
    while pieces.text < value.len() {
        let (left, right) = (value.get(pieces.text..)?, raw.get(at..)?);
        if let (Spelling::Escaped(_), true) = (spelling, right.starts_with('\\')) {
            let (decoded, length) = escape(right)?;
            if !left.starts_with(decoded.as_str()) {
                return None;
            }
            pieces.push(decoded.len(), offset + at, length);
            at += length;
            continue;
        }
        if spelling == Spelling::Single && right.starts_with("''") {
            if !left.starts_with('\'') {
                return None;
            }
            pieces.push(1, offset + at, 2);
            at += 2;
            continue;
        }
        let (next, found) = (left.chars().next()?, right.chars().next()?);
        let folds = !matches!(spelling, Spelling::Literal | Spelling::Escaped(3));
        if folds && found.is_ascii_whitespace() && (found == '\n' || next != found) {
            let length = right.len() - right.trim_start_matches([' ', '\t', '\n']).len();
            let same = left.len() - left.trim_start_matches([' ', '\n']).len();
            pieces.push(same, offset + at, length);
            at += length;
        } else if next == found {
            pieces.push(next.len_utf8(), offset + at, next.len_utf8());
            at += next.len_utf8();
        } else {
            return None;
        }
    }
    Some(pieces.list)
}

/// An escape at the start of `raw`: what it stands for and how many bytes it takes. Covers JSON, YAML and TOML.
fn escape(raw: &str) -> Option<(String, usize)> {
    let kind = raw.get(1..)?.chars().next()?;
    let code = |digits: usize| {
        let number = u32::from_str_radix(raw.get(2..2 + digits)?, 16).ok()?;
        Some((number, 2 + digits))
    };
    let one = |text: &str| Some((text.to_owned(), 1 + kind.len_utf8()));
    match kind {
        'n' => one("\n"),
        't' | '\t' => one("\t"),
        'r' => one("\r"),
        'b' => one("\u{8}"),
        'f' => one("\u{c}"),
        'e' => one("\u{1b}"),
        'a' => one("\u{7}"),
        'v' => one("\u{b}"),
        '0' => one("\0"),
        'N' => one("\u{85}"),
        '_' => one("\u{a0}"),
        'L' => one("\u{2028}"),
        'P' => one("\u{2029}"),
        '"' => one("\""),
        '\\' => one("\\"),
        '/' => one("/"),
        ' ' if raw.get(1..)?.trim_start_matches([' ', '\t']).starts_with('\n') => line_end(raw),
        ' ' => one(" "),
        '\n' => line_end(raw),
        'x' => code(2).and_then(|(number, length)| Some((char::from_u32(number)?.to_string(), length))),
        'U' => code(8).and_then(|(number, length)| Some((char::from_u32(number)?.to_string(), length))),
        'u' => {
            let (high, length) = code(4)?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((char::from_u32(high)?.to_string(), length));
            }
            let low = u32::from_str_radix(raw.get(6..)?.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
            let number = 0x10000 + ((high - 0xd800) << 10) + low.checked_sub(0xdc00)?;
            Some((char::from_u32(number)?.to_string(), 12))
        }
        _ => None,
    }
}

/// A backslash at the end of a line: the break and the white space behind it are nothing.
fn line_end(raw: &str) -> Option<(String, usize)> {
    let rest = raw.get(1..)?;
    Some((String::new(), 1 + rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len()))
}
