//! Opening a file: bytes to text, or one clear diagnostic.

use crate::diagnostic::{Diagnostic, codes};
use std::path::{Path, PathBuf};

/// The greatest size of a file with one rule, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// The greatest size of an export of many rules (`.ndjson`, `.json`), in bytes.
pub const MAX_EXPORT_BYTES: usize = 128 << 20;

/// The text of a file. Line ends are `\n` (line and column stay those of the file) and a byte order mark is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it came from, as the user named it.
    pub path: PathBuf,
    /// The text; every span counts in it.
    pub text: String,
    /// Whether the file has Windows line ends, for writing it back.
    pub crlf: bool,
}

impl SourceFile {
    /// Opens and reads a file.
    ///
    /// # Errors
    /// One diagnostic: unreadable, too large, binary or empty.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let unreadable = |error: std::io::Error| Diagnostic::error(codes::source::UNREADABLE, reason(&error));
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        check_size(path, usize::try_from(size).unwrap_or(usize::MAX))?;
        Self::from_bytes(path, std::fs::read(path).map_err(unreadable)?)
    }

    /// Takes the bytes of a file.
    ///
    /// # Errors
    /// One diagnostic: too large, binary or empty.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        check_size(path, bytes.len())?;
        let text = decode(bytes)?;
        let crlf = text.contains("\r\n");
        let text = if crlf { text.replace("\r\n", "\n") } else { text };
        if text.trim().is_empty() {
            return Err(Diagnostic::error(codes::source::EMPTY_FILE, "the file is empty"));
        }
        Ok(Self { path: path.to_owned(), text, crlf })
    }

    /// Takes a text as it stands, for queries that come from no file.
    pub fn from_text(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), crlf: false }
    }

    /// The extension of the path in lower case; empty where there is none.
    pub fn extension(&self) -> String {
        self.path.extension().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
    }
}

/// Files beside a rule file, by their path relative to it.
pub trait Siblings {
    /// The file of this name; `None` where there is none, an error where it cannot be used.
    fn open(&self, name: &str) -> Option<Result<SourceFile, Diagnostic>>;
}

/// No files at all.
pub struct NoSiblings;

impl Siblings for NoSiblings {
    fn open(&self, _name: &str) -> Option<Result<SourceFile, Diagnostic>> {
        None
    }
}

/// The files of a folder. Names that lead out of it are not followed.
pub struct Folder(pub PathBuf);

impl Siblings for Folder {
    fn open(&self, name: &str) -> Option<Result<SourceFile, Diagnostic>> {
        let plain = Path::new(name)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
        let path = self.0.join(name);
        (plain && path.is_file()).then(|| SourceFile::open(&path))
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read".to_owned(),
        _ => format!("the file cannot be read: {error}"),
    }
}

fn check_size(path: &Path, size: usize) -> Result<(), Diagnostic> {
    let export =
        path.extension().is_some_and(|name| name.eq_ignore_ascii_case("ndjson") || name.eq_ignore_ascii_case("json"));
    let limit = if export { MAX_EXPORT_BYTES } else { MAX_BYTES };
    if size <= limit {
        return Ok(());
    }
    let message = format!("the file has {size} bytes; {limit} is the most that a rule file may have");
    Err(Diagnostic::error(codes::source::FILE_TOO_LARGE, message))
}

/// UTF-8, or UTF-16 that says so by its byte order mark.
fn decode(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    let binary = |message: String| Diagnostic::error(codes::source::BINARY, message);
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).map_err(|_| binary("the file is no valid UTF-16".to_owned()))
    };
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let start = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(binary(format!("the file is binary: byte {at} is zero")));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        binary(format!("the file is no UTF-8 text: byte {at} belongs to no character"))
    })?;
    text.drain(..start);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        SourceFile::from_bytes(Path::new("rule.yml"), bytes.to_vec()).unwrap_err().code.name()
    }

    #[test]
    fn what_is_no_text_is_one_diagnostic() {
        assert_eq!(code(b""), "empty-file");
        assert_eq!(code(b" \r\n\t\n"), "empty-file");
        assert_eq!(code(b"\x7fELF\x02\0\0"), "binary-file");
        assert_eq!(code(b"abc \xff\xfe"), "binary-file");
        assert_eq!(code(&vec![b'a'; 10 << 20]), "file-too-large");
    }

    #[test]
    fn byte_order_marks_and_line_ends_are_taken_away() {
        let file = SourceFile::from_bytes(Path::new("a.yml"), b"\xef\xbb\xbfa: 1\r\nb: 2\r\n".to_vec()).unwrap();
        assert_eq!((file.text.as_str(), file.crlf), ("a: 1\nb: 2\n", true));
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("é: 1".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(SourceFile::from_bytes(Path::new("a.yml"), wide).unwrap().text, "é: 1");
    }

    #[test]
    fn a_missing_file_is_unreadable() {
        assert_eq!(SourceFile::open(Path::new("/nowhere/rule.yml")).unwrap_err().code.name(), "unreadable");
    }
}
