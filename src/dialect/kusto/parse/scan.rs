//! One pass over the text before the grammar runs: comments, brackets, quotes and the bound on nesting.

use super::super::syntax::{Comment, CommentPlace};
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::{MAX_DEPTH, MAX_LENGTH};

/// What the pass found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Comments in order.
    pub comments: Vec<Comment>,
    /// The deepest nesting of brackets.
    pub depth: usize,
    /// Brackets that are never closed, from the outermost.
    pub unclosed: Vec<Span>,
    /// A closing bracket without its opener, or with another one.
    pub stray: Option<(Span, Option<Span>)>,
}

/// Types whose name directly before `(` makes any text up to `)` a literal.
const TYPED: [&[u8]; 13] = [
    b"datetime",
    b"date",
    b"timespan",
    b"time",
    b"long",
    b"int64",
    b"int32",
    b"int",
    b"real",
    b"double",
    b"decimal",
    b"bool",
    b"guid",
];

/// Reads the text.
///
/// # Errors
/// [`syntax::TOO_LARGE`]; [`syntax::TOO_DEEP`] where brackets pass [`MAX_DEPTH`]; [`syntax::UNCLOSED`] for a string that
/// its line does not close, and [`syntax::SYNTAX`] for an escape that the language does not know.
pub(crate) fn scan(text: &str) -> Result<Scan, Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Err(Diagnostic::error(syntax::TOO_LARGE, format!("the query has {} bytes", text.len())));
    }
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, open: Vec::new(), found: Scan::default() };
    scanner.run()?;
    scanner.found.unclosed = scanner.open.iter().map(|at| Span::new(*at, at + 1)).collect();
    anchor(text, &mut scanner.found.comments);
    Ok(scanner.found)
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    open: Vec<usize>,
    found: Scan,
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn run(&mut self) -> Result<(), Diagnostic> {
        self.directives();
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'/' if self.byte(self.at + 1) == b'/' => self.comment(),
                b'"' | b'\'' => self.string(byte)?,
                b'`' | b'~' if self.byte(self.at + 1) == byte && self.byte(self.at + 2) == byte => self.fenced(byte)?,
                b'(' | b'[' | b'{' => {
                    self.open.push(self.at);
                    self.found.depth = self.found.depth.max(self.open.len());
                    if self.open.len() > MAX_DEPTH {
                        return Err(Diagnostic::error(
                            syntax::TOO_DEEP,
                            format!("brackets nest deeper than {MAX_DEPTH} levels"),
                        )
                        .at(Span::new(self.at, self.at + 1)));
                    }
                    self.at += 1;
                }
                b')' | b']' | b'}' => self.close(byte),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'0'..=b'9' => self.word(),
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    /// Passes over the lines that start with `#` in front of a script; what looks like a comment there is none.
    fn directives(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            match (self.byte(self.at + blank), self.byte(self.at + blank + 1)) {
                (b'#', _) => {
                    self.at += blank;
                    let line = self.text.get(self.at..).unwrap_or("");
                    self.at += line.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(line.len());
                }
                // A comment may stand between.
                (b'/', b'/') => {
                    self.at += blank;
                    self.comment();
                }
                _ => return,
            }
        }
    }

    fn close(&mut self, byte: u8) {
        let span = Span::new(self.at, self.at + 1);
        self.at += 1;
        match self.open.pop() {
            Some(opener) => {
                let matches = matches!((self.byte(opener), byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
                if !matches && self.found.stray.is_none() {
                    self.found.stray = Some((span, Some(Span::new(opener, opener + 1))));
                }
            }
            None => {
                self.found.stray.get_or_insert((span, None));
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while matches!(self.byte(self.at), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'0'..=b'9') {
            self.at += 1;
        }
        if self.byte(self.at) == b'(' && self.at - start <= 8 {
            let word = self.bytes.get(start..self.at).unwrap_or(b"");
            if TYPED.contains(&word) {
                let line = self.text.get(self.at..).unwrap_or("");
                if let Some(end) = line.find([')', '\n', '\r'])
                    && line.as_bytes().get(end) == Some(&b')')
                {
                    self.at += end + 1;
                }
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        let text = rest.get(..rest.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(rest.len())).unwrap_or("");
        self.at = start + text.len();
        let text = text.trim_end();
        let before = self.text.get(..start).unwrap_or("");
        let gap = before.trim_end_matches([' ', '\t', '\u{a0}', '\u{feff}']);
        let own_line = gap.is_empty() || gap.ends_with('\n') || gap.ends_with('\r');
        let above = gap.strip_suffix('\n').map_or(gap, |gap| gap.strip_suffix('\r').unwrap_or(gap));
        let blank_before = own_line && above.trim_end_matches([' ', '\t']).ends_with(['\n', '\r']);
        self.found.comments.push(Comment {
            text: text.to_owned(),
            span: Span::new(start, start + text.len()),
            place: if own_line { CommentPlace::OwnLine } else { CommentPlace::Trailing },
            anchor: start,
            blank_before,
        });
    }

    /// A string in single or double quotes; verbatim where `@` stands directly before.
    fn string(&mut self, quote: u8) -> Result<(), Diagnostic> {
        let start = self.at;
        let verbatim = start > 0 && self.byte(start - 1) == b'@';
        self.at += 1;
        loop {
            let byte = self.byte(self.at);
            match byte {
                _ if byte == quote => {
                    self.at += 1;
                    if verbatim && self.byte(self.at) == quote {
                        self.at += 1;
                        continue;
                    }
                    return Ok(());
                }
                b'\\' if !verbatim => match escape(self.bytes.get(self.at + 1..).unwrap_or(b"")) {
                    Some(length) => self.at += 1 + length,
                    None => return Err(self.bad_escape(quote)),
                },
                b'\n' | b'\r' => return Err(self.unclosed(start, 1, char::from(quote).to_string())),
                0 if self.at >= self.bytes.len() => {
                    return Err(self.unclosed(start, 1, char::from(quote).to_string()));
                }
                _ => self.at += 1,
            }
        }
    }

    /// A string over several lines between ```` ``` ```` or `~~~`.
    fn fenced(&mut self, fence: u8) -> Result<(), Diagnostic> {
        let start = self.at;
        let marker = if fence == b'`' { "```" } else { "~~~" };
        match self.text.get(start + 3..).and_then(|rest| rest.find(marker)) {
            Some(end) => {
                self.at = start + 3 + end + 3;
                Ok(())
            }
            None => Err(self.unclosed(start, 3, marker.to_owned())),
        }
    }

    fn unclosed(&self, start: usize, length: usize, marker: String) -> Diagnostic {
        Diagnostic::error(syntax::UNCLOSED, format!("the string is never closed, expected `{marker}`"))
            .at(Span::new(start, start + length))
            .help("Close the string on the line where it starts.")
    }

    fn bad_escape(&self, quote: u8) -> Diagnostic {
        let rest = self.text.get(self.at..).unwrap_or("");
        let length = rest.chars().take(2).map(char::len_utf8).sum::<usize>();
        let shown = rest.get(..length).unwrap_or("\\").escape_debug().to_string().replace("\\\\", "\\");
        let quote = char::from(quote);
        Diagnostic::error(syntax::SYNTAX, format!("`{shown}` is no escape that the language knows"))
            .at(Span::new(self.at, self.at + length))
            .help(format!("Write `\\\\` for a backslash, or make the string verbatim: `@{quote}...{quote}`."))
    }
}

/// The length of an escape behind its backslash; `None` where the language has no such escape.
fn escape(rest: &[u8]) -> Option<usize> {
    let hex = |digits: usize| {
        let digits_there = rest.get(1..=digits)?;
        digits_there.iter().all(u8::is_ascii_hexdigit).then_some(1 + digits)
    };
    match rest.first()? {
        b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'0'..=b'7' => Some(1),
        b'u' => hex(4),
        b'U' => hex(8),
        b'x' => hex(2),
        _ => None,
    }
}

/// Gives each comment the place of the token it belongs to.
fn anchor(text: &str, comments: &mut [Comment]) {
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}';
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(comments.len());
    let mut last: Option<(usize, Option<usize>)> = None;
    for comment in comments.iter() {
        let at = text.get(..comment.span.start).unwrap_or("").trim_end_matches(blank).len();
        let token = match last {
            Some((end, token)) if end == at => token,
            _ => (at > 0).then_some(at),
        };
        previous.push(token);
        last = Some((comment.span.end, token));
    }
    let mut following: Option<(usize, Option<usize>)> = None;
    for (comment, previous) in comments.iter_mut().zip(previous).rev() {
        let rest = text.get(comment.span.end..).unwrap_or("");
        let at = text.len() - rest.trim_start_matches(blank).len();
        let next = match following {
            Some((start, token)) if start == at => token,
            _ => (at < text.len()).then_some(at),
        };
        following = Some((comment.span.start, next));
        comment.anchor = match comment.place {
            CommentPlace::OwnLine => next.or(previous),
            CommentPlace::Trailing => previous.or(next),
        }
        .unwrap_or(comment.span.start);
    }
}
