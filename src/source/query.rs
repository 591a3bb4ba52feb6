//! The query inside a rule file, with the way back from its bytes to the file's.

use super::{Node, SourceFile, align};
use crate::diagnostic::Span;

/// A stretch of the query and the stretch of the file it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Start in the query.
    pub text: usize,
    /// Length in the query.
    pub text_len: usize,
    /// Start in the file.
    pub file: usize,
    /// Length in the file; where it equals `text_len` every byte stands for one.
    pub file_len: usize,
}

/// From byte offsets of a query to byte offsets of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMap {
    /// In the order of the query, without gaps.
    pieces: Vec<Piece>,
    /// Where the value stands in the file, for what no piece covers.
    whole: Span,
}

impl TextMap {
    pub(super) fn new(pieces: Vec<Piece>, whole: Span) -> Self {
        Self { pieces, whole }
    }

    /// The map of a text that stands in the file as it is, from this offset on.
    pub fn shifted(offset: usize, length: usize) -> Self {
        let piece = Piece { text: 0, text_len: length, file: offset, file_len: length };
        Self { pieces: vec![piece], whole: Span::new(offset, offset + length) }
    }

    /// The map of a value whose parts cannot be told apart: every place is the whole value.
    pub fn coarse(whole: Span) -> Self {
        Self { pieces: Vec::new(), whole }
    }

    /// Lets offsets behind the end of the query (`length` bytes long) stand for another stretch of the file, for what
    /// belongs to the rule's logic but stands outside of its query. Returns what to subtract from an offset of the file
    /// to have the offset that maps to it.
    pub fn append(&mut self, length: usize, stretch: Span) -> isize {
        let last = self.pieces.last().map_or(0, |piece| piece.text + piece.text_len);
        let text = last.max(length) + 1;
        let size = stretch.end.saturating_sub(stretch.start);
        if self.pieces.is_empty() && length > 0 {
            let whole = Piece {
                text: 0,
                text_len: length,
                file: self.whole.start,
                file_len: self.whole.end - self.whole.start,
            };
            self.pieces.push(whole);
        }
        self.pieces.push(Piece { text, text_len: size, file: stretch.start, file_len: size });
        stretch.start.cast_signed() - text.cast_signed()
    }

    /// The place in the file of a span of the query.
    pub fn to_file(&self, span: Span) -> Span {
        if self.pieces.is_empty() {
            return self.whole;
        }
        let start = self.start(span.start);
        if span.end <= span.start { Span::new(start, start) } else { Span::new(start, self.end(span.end).max(start)) }
    }

    /// The file's offset of the byte at `offset` of the query.
    fn start(&self, offset: usize) -> usize {
        match self.piece(offset) {
            Some(piece) if piece.text_len == piece.file_len => piece.file + (offset - piece.text),
            Some(piece) => piece.file,
            None => self.pieces.last().map_or(self.whole.end, |piece| piece.file + piece.file_len),
        }
    }

    /// The file's offset behind the byte before `offset` of the query.
    fn end(&self, offset: usize) -> usize {
        match self.piece(offset.saturating_sub(1)) {
            Some(piece) if piece.text_len == piece.file_len => piece.file + (offset - piece.text),
            Some(piece) => piece.file + piece.file_len,
            None => self.pieces.last().map_or(self.whole.end, |piece| piece.file + piece.file_len),
        }
    }

    fn piece(&self, offset: usize) -> Option<&Piece> {
        let next = self.pieces.partition_point(|piece| piece.text <= offset);
        self.pieces.get(next.checked_sub(1)?).filter(|piece| offset < piece.text + piece.text_len)
    }
}

/// A query with the map of its bytes to the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryText {
    /// The query as its language sees it.
    pub text: String,
    /// The way back.
    pub map: TextMap,
}

impl QueryText {
    /// The text value of a node of this file's tree; `None` where the node is no text.
    ///
    /// Works on what stands in the file: block scalars, quotes and escapes of YAML, TOML and JSON.
    pub fn of(file: &SourceFile, node: &Node) -> Option<Self> {
        let text = node.as_str()?.to_owned();
        let map = align::align(&text, &file.text, node.span);
        Some(Self { text, map })
    }

    /// The whole text of a file that holds nothing but a query.
    pub fn whole(file: &SourceFile) -> Self {
        Self { text: file.text.clone(), map: TextMap::shifted(0, file.text.len()) }
    }

    /// A stretch of the file that is the query as it stands.
    pub fn slice(file: &SourceFile, span: Span) -> Self {
        Self { text: span.text(&file.text).to_owned(), map: TextMap::shifted(span.start, span.end - span.start) }
    }
}
