//! ES|QL's `DISSECT`: a text taken apart at fixed separators, as Elasticsearch's dissect library does it.

use crate::model::{ParsePart, Value};

/// A key of the pattern and the text behind it.
struct Piece<'p> {
    /// The column; empty for a key that is skipped.
    name: &'p str,
    /// `+`, with its place where one is written.
    append: Option<Option<i64>>,
    /// `->`: repeated separators behind the value are skipped.
    padded: bool,
    /// What ends the value; empty for the last key, which takes the rest.
    until: &'p str,
}

/// A pattern, ready to be used on many texts.
pub struct Pattern<'p> {
    leading: &'p str,
    pieces: Vec<Piece<'p>>,
    /// What stands between the pieces that are appended to one column.
    between: &'p str,
}

impl<'p> Pattern<'p> {
    /// The pattern of these parts.
    pub fn new(parts: &'p [ParsePart]) -> Self {
        let mut pattern = Pattern { leading: "", pieces: Vec::new(), between: "" };
        for part in parts {
            match part {
                ParsePart::Separator(text) => pattern.between = text,
                ParsePart::Text(text) => match pattern.pieces.last_mut() {
                    None => pattern.leading = text,
                    Some(piece) => piece.until = text,
                },
                ParsePart::Skip => {
                    pattern.pieces.push(Piece { name: "", append: None, padded: false, until: "" });
                }
                ParsePart::Column(name, modifiers) => {
                    let modifiers = modifiers.as_deref().unwrap_or("");
                    let (inner, padded) = match modifiers.strip_suffix("->") {
                        Some(inner) => (inner, true),
                        None => (modifiers, false),
                    };
                    let append = inner.strip_prefix('+').map(|place| place.trim_start_matches('/').parse().ok());
                    let name = if inner.starts_with('?') { "" } else { name.as_str() };
                    pattern.pieces.push(Piece { name, append, padded, until: "" });
                }
            }
        }
        pattern
    }

    /// The columns that the pattern makes, each once.
    pub fn columns(&self) -> Vec<&'p str> {
        let mut names: Vec<&str> = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.name.is_empty()) {
            if !names.contains(&piece.name) {
                names.push(piece.name);
            }
        }
        names
    }

    /// The texts of the columns; `None` where the text does not fit.
    pub fn apply(&self, text: &str) -> Option<Vec<(&'p str, Value)>> {
        let mut found: Vec<(usize, &str)> = Vec::with_capacity(self.pieces.len());
        let rest = text.strip_prefix(self.leading).filter(|rest| !rest.is_empty())?;
        let mut at = text.len() - rest.len();
        let mut start = at;
        let mut index = 0;
        let mut until = self.pieces.first()?.until;
        let mut open = true;
        while open && !until.is_empty() {
            let Some(next) = text.get(at..).and_then(|rest| rest.find(until)) else { break };
            found.push((index, text.get(start..at + next)?));
            at += next + until.len();
            // Separators in a row stand for empty values, or are skipped.
            while open && text.get(at..).is_some_and(|rest| rest.starts_with(until)) {
                at += until.len();
                if !self.pieces.get(index).is_some_and(|piece| piece.padded) {
                    if index + 1 == self.pieces.len() {
                        open = false;
                    } else {
                        index += 1;
                        found.push((index, ""));
                    }
                }
            }
            if !open || index + 1 == self.pieces.len() {
                open = false;
                break;
            }
            index += 1;
            until = self.pieces.get(index)?.until;
            start = at;
        }
        if open && index + 1 == self.pieces.len() && found.len() < self.pieces.len() && until.is_empty() {
            found.push((index, text.get(start..)?));
        }
        if found.len() < self.pieces.len() {
            return None;
        }
        Some(self.named(&found))
    }

    fn named(&self, found: &[(usize, &str)]) -> Vec<(&'p str, Value)> {
        let mut columns: Vec<(&str, Vec<(i64, &str)>)> = Vec::new();
        for (at, (index, text)) in found.iter().enumerate() {
            let Some(piece) = self.pieces.get(*index).filter(|piece| !piece.name.is_empty()) else { continue };
            let place = piece.append.flatten().unwrap_or(i64::try_from(at).unwrap_or(0));
            match columns.iter_mut().find(|(name, _)| *name == piece.name) {
                Some((_, texts)) if piece.append.is_some() => texts.push((place, text)),
                Some((_, texts)) => *texts = vec![(place, text)],
                None => columns.push((piece.name, vec![(place, text)])),
            }
        }
        columns
            .into_iter()
            .map(|(name, mut texts)| {
                texts.sort_by_key(|(place, _)| *place);
                let texts: Vec<&str> = texts.into_iter().map(|(_, text)| text).collect();
                (name, Value::String(texts.join(self.between)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, modifiers: &str) -> ParsePart {
        ParsePart::Column(name.into(), (!modifiers.is_empty()).then(|| modifiers.into()))
    }

    fn run(parts: &[ParsePart], text: &str) -> Option<String> {
        let found = Pattern::new(parts).apply(text)?;
        let cells: Vec<String> =
            found.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("?"))).collect();
        Some(cells.join(" "))
    }

    #[test]
    fn each_line_of_the_library() {
        let text = |text: &str| ParsePart::Text(text.into());
        let cases: Vec<(Vec<ParsePart>, &str, Option<&str>)> = vec![
            (vec![column("a", ""), text(" "), column("b", "")], "x y", Some("a=x b=y")),
            // The last key takes the rest.
            (vec![column("a", ""), text(" "), column("b", "")], "x y z", Some("a=x b=y z")),
            // A separator that is not there: nothing fits.
            (vec![column("a", ""), text("-"), column("b", "")], "x y", None),
            // Text in front must stand in front.
            (vec![text("<"), column("a", ""), text(">")], "<x>", Some("a=x")),
            (vec![text("<"), column("a", ""), text(">")], "x>", None),
            // Separators in a row stand for empty values, unless padding is skipped.
            (vec![column("a", ""), text(","), column("b", ""), text(","), column("c", "")], "1,,3", Some("a=1 b= c=3")),
            (vec![column("a", "->"), text(" "), column("b", "")], "x    y", Some("a=x b=y")),
            (vec![column("", "?->"), text(" "), column("b", "")], "x    y", Some("b=y")),
            // Appended pieces, in their order or the one written.
            (vec![column("a", "+"), text(" "), column("a", "+")], "x y", Some("a=xy")),
            (vec![column("a", "+/2"), text(" "), column("a", "+/1")], "x y", Some("a=yx")),
            (
                vec![ParsePart::Separator("-".into()), column("a", "+"), text(" "), column("a", "+")],
                "x y",
                Some("a=x-y"),
            ),
            (vec![ParsePart::Skip, text(":"), column("b", "")], "x:y", Some("b=y")),
        ];
        for (parts, text, expected) in cases {
            assert_eq!(run(&parts, text).as_deref(), expected, "{parts:?} {text}");
        }
    }
}
