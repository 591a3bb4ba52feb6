//! Syntax tree and field types → model. Semantics: spec/elastic-semantics.md, "Lucene (query_string)".

use super::tree::{Body, Bound, Clause, Occurrence, Part, Query};
use crate::diagnostic::codes::elastic as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::elastic::join;
use crate::dialect::elastic::lower::{Assumptions, End, Field, Refused, assumed, equals, everywhere, pattern, range};
use crate::model::{
    Anchor, Expr, FieldKind, FieldTypes, Predicate, RegexFlavour, Test, TestKind, Unread, WildcardPart, lucene_regex,
};

/// What a tree means.
pub struct Lowered {
    /// The condition on an event.
    pub predicate: Predicate,
    /// What Elasticsearch would refuse, or what the model has no words for.
    pub unread: Vec<Unread>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lowers a query; `text` is the source of its spans.
pub fn lower(query: &Query, text: &str, types: &dyn FieldTypes) -> Lowered {
    let mut lowering =
        Lowering { text, types, unread: Vec::new(), diagnostics: Vec::new(), assumed: Assumptions::default() };
    let predicate = lowering.query(query, None);
    lowering.diagnostics.extend(lowering.assumed.tell());
    Lowered { predicate, unread: lowering.unread, diagnostics: lowering.diagnostics }
}

struct Lowering<'a> {
    text: &'a str,
    types: &'a dyn FieldTypes,
    unread: Vec<Unread>,
    diagnostics: Vec<Diagnostic>,
    assumed: Assumptions,
}

impl Lowering<'_> {
    /// Clauses with Lucene's own logic: what must match, else what may; and what must not.
    fn query(&mut self, query: &Query, field: Option<&str>) -> Predicate {
        let occurrences = query.occurrences();
        let required = occurrences.contains(&Occurrence::Must);
        let (mut must, mut should) = (Vec::new(), Vec::new());
        for (clause, occurrence) in query.clauses.iter().zip(&occurrences) {
            if *occurrence == Occurrence::Should && required {
                let message = format!("{:?} is optional here and selects nothing", clause.span.text(self.text));
                self.diagnostics.push(Diagnostic::warning(codes::LUCENE_OPTIONAL, message).at(clause.span));
                continue;
            }
            let found = self.clause(clause, field);
            match occurrence {
                Occurrence::Must => must.push(found),
                Occurrence::MustNot => must.push(found.negate()),
                // The choice stands where its first clause stood.
                Occurrence::Should if should.is_empty() => {
                    should.push(found);
                    must.push(Predicate::Always(true));
                }
                Occurrence::Should => should.push(found),
            }
        }
        if !should.is_empty()
            && let Some(place) = occurrences.iter().position(|occurrence| *occurrence == Occurrence::Should)
            && let Some(slot) = must.get_mut(place)
        {
            *slot = join::any(should);
        }
        join::all(must)
    }

    fn clause(&mut self, clause: &Clause, outer: Option<&str>) -> Predicate {
        let own = clause.field.as_ref();
        let name = own.map(|field| field.name.as_str()).or(outer);
        if let Body::Group(inner) = &clause.body {
            return self.query(inner, name);
        }
        let span = clause.span;
        if name == Some("_exists_") {
            return self.exists(&clause.body, span);
        }
        self.look_at(clause);
        let found = match name {
            None | Some("*") => {
                let types = self.types;
                let body = &clause.body;
                match body {
                    Body::Pattern(parts) if parts.iter().all(|part| *part == Part::Any) => Ok(Predicate::Always(true)),
                    Body::Regexp(pattern) if lucene_regex::parse(pattern).is_err() => {
                        test(&Field::every(), body, name.is_some(), span)
                    }
                    _ => Ok(everywhere(types, |field| test(field, body, name.is_some(), span))),
                }
            }
            Some(name) => {
                let at = own.map_or(span, |field| field.span);
                let kind = match &clause.body {
                    Body::Range { low, high, .. } => {
                        assumed(&[low, high].into_iter().flatten().map(|bound| bound.text.as_str()).collect::<Vec<_>>())
                    }
                    Body::Text(text) if text.starts_with(['<', '>']) => {
                        assumed(&[text.trim_start_matches(['<', '>', '='])])
                    }
                    _ => FieldKind::Keyword,
                };
                self.assumed.note(name, kind, at, self.types);
                test(&Field::named(name, self.types), &clause.body, true, span)
            }
        };
        self.read(found, span)
    }

    fn exists(&mut self, body: &Body, span: Span) -> Predicate {
        let name = match body {
            Body::Text(text) | Body::Phrase { text, .. } => text.clone(),
            Body::Pattern(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    Part::Any => "*",
                    Part::One => "?",
                })
                .collect(),
            _ => {
                let reason = "`_exists_` wants the name of a field behind it".to_owned();
                return self.read(Err(Refused(codes::VALUE_REFUSED, reason)), span);
            }
        };
        if name == "*" {
            return Predicate::Always(true);
        }
        Predicate::Test(Test::new(Field::named(&name, self.types).subject, TestKind::Present, span))
    }

    fn read(&mut self, found: Result<Predicate, Refused>, span: Span) -> Predicate {
        match found {
            Ok(predicate) => predicate,
            Err(Refused(code, reason)) => {
                let index = self.unread.len();
                self.unread.push(Unread { code, reason, span: Some(span), text: span.text(self.text).to_owned() });
                Predicate::Unread { index, span }
            }
        }
    }

    /// Warns of what Lucene reads as it stands and was surely meant otherwise.
    fn look_at(&mut self, clause: &Clause) {
        match &clause.body {
            Body::Text(text) if clause.field.is_none() => {
                if let Some(word) = text.split(' ').find(|word| matches!(*word, "and" | "or" | "not")) {
                    let message = format!("`{word}` is searched for as a word");
                    self.diagnostics.push(Diagnostic::warning(codes::LUCENE_LOWER_CASE, message).at(clause.span));
                }
            }
            Body::Regexp(pattern) => {
                if let Some(found) = foreign(pattern) {
                    let message = format!("Lucene reads `{found}` in this regular expression as plain characters");
                    self.diagnostics.push(Diagnostic::warning(codes::LUCENE_REGEX, message).at(clause.span));
                }
            }
            _ => {}
        }
    }
}

/// A class, an anchor or a flag of other flavours in a pattern; Lucene has none of them.
fn foreign(pattern: &str) -> Option<&'static str> {
    let mut characters = pattern.chars().peekable();
    let mut inside = false;
    let mut first = true;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => return Some("\\d"),
                Some('w') => return Some("\\w"),
                Some('s') => return Some("\\s"),
                Some('b') => return Some("\\b"),
                _ => {}
            },
            '[' => inside = true,
            ']' => inside = false,
            '(' if !inside && characters.peek() == Some(&'?') => return Some("(?"),
            '^' if first => return Some("^"),
            '$' if !inside && characters.peek().is_none() => return Some("$"),
            _ => {}
        }
        first = false;
    }
    None
}

/// What a clause asks of one field. `named`: the field stands in the query, so that comparison signs mean something.
fn test(field: &Field, body: &Body, named: bool, span: Span) -> Result<Predicate, Refused> {
    match body {
        Body::Text(text) if named && text.starts_with(['<', '>']) => compare(field, text, span),
        Body::Text(text) => equals(field, text, false, span),
        Body::Pattern(parts) => pattern(field, parts.iter().map(wildcard).collect(), span),
        Body::Phrase { text, slop } => {
            let found = equals(field, text, true, span)?;
            let moves = slop.as_ref().and_then(|slop| slop.parse::<f32>().ok()).map_or(0, |slop| slop.max(0.0) as u32);
            Ok(match found {
                Predicate::Test(Test { subject, kind: TestKind::Phrase { text, .. }, span, comments }) => {
                    Predicate::Test(Test { subject, kind: TestKind::Phrase { text, slop: moves }, span, comments })
                }
                other => other,
            })
        }
        Body::Fuzzy { text, distance } => fuzzy(field, text, distance, span),
        Body::Regexp(written) => regexp(field, written, span),
        Body::Range { low, high, low_included, high_included } => {
            fn end(bound: Option<&Bound>, included: bool) -> Option<End<'_>> {
                bound.map(|bound| (bound.text.as_str(), included))
            }
            range(field, end(low.as_ref(), *low_included), end(high.as_ref(), *high_included), span)
        }
        Body::Group(_) => Err(Refused(codes::VALUE_REFUSED, "a group stands where a value should".to_owned())),
    }
}

fn wildcard(part: &Part) -> WildcardPart {
    match part {
        Part::Text(text) => WildcardPart::Text(text.clone()),
        Part::Any => WildcardPart::Many,
        Part::One => WildcardPart::One,
    }
}

/// `f:>=5`. Elasticsearch looks at the text behind its escapes, so that `\>` is the same sign.
fn compare(field: &Field, text: &str, span: Span) -> Result<Predicate, Refused> {
    let above = text.starts_with('>');
    let rest = text.get(1..).unwrap_or("");
    let (value, closed) = match rest.strip_prefix('=') {
        Some(value) => (value, true),
        None => (rest, false),
    };
    if value.trim().is_empty() {
        let reason = format!("the comparison {text:?} has no value behind it");
        return Err(Refused(codes::LUCENE_COMPARISON, reason));
    }
    let end = Some((value, closed));
    if above { range(field, end, None, span) } else { range(field, None, end, span) }
}

/// `word~n`: the whole value within so many edits, two letters that change places counting as one.
fn fuzzy(field: &Field, text: &str, distance: &str, span: Span) -> Result<Predicate, Refused> {
    match field.kind.unwrap_or_default() {
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic | FieldKind::Guid | FieldKind::Timespan => {}
        FieldKind::Text => {
            let reason = "similar words of analysed text cannot be told in the model".to_owned();
            return Err(Refused(codes::ANALYSED, reason));
        }
        _ => {
            let reason = format!("Elasticsearch finds similar words in text only; {text:?} is asked of another type");
            return Err(Refused(codes::VALUE_REFUSED, reason));
        }
    }
    let distance = edits(distance, text.chars().count())?;
    let kind = TestKind::Fuzzy { text: text.to_owned(), distance, transpositions: true };
    Ok(Predicate::Test(Test::new(field.subject.clone(), kind, span)))
}

/// The number of edits behind `~`: none written or `AUTO` goes by the length of the word, a fraction is a similarity.
fn edits(written: &str, length: usize) -> Result<u8, Refused> {
    if written.is_empty() || written.eq_ignore_ascii_case("auto") {
        return Ok(match length {
            0..=2 => 0,
            3..=5 => 1,
            _ => 2,
        });
    }
    let refused = || Refused(codes::VALUE_REFUSED, format!("`~{written}` is no number of edits"));
    let number: f32 = written.parse().map_err(|_| refused())?;
    if number < 0.0 || number >= 1.0 && number.fract() != 0.0 {
        return Err(refused());
    }
    Ok(if number >= 1.0 {
        number.min(2.0) as u8
    } else if number == 0.0 {
        0
    } else {
        ((1.0 - number) * length as f32).min(2.0) as u8
    })
}

fn regexp(field: &Field, written: &str, span: Span) -> Result<Predicate, Refused> {
    lucene_regex::parse(written)
        .map_err(|reason| Refused(codes::LUCENE_REGEX_REFUSED, format!("Lucene refuses it: {reason}")))?;
    match field.kind.unwrap_or_default() {
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic | FieldKind::Guid | FieldKind::Timespan => {
            let kind = TestKind::Regex {
                pattern: Expr::text(unslashed(written)),
                flavour: RegexFlavour::Lucene,
                anchor: Anchor::Whole,
                case: field.case,
            };
            Ok(Predicate::Test(Test::new(field.subject.clone(), kind, span)))
        }
        FieldKind::Text => {
            let reason = "a regular expression over the words of analysed text has no counterpart".to_owned();
            Err(Refused(codes::ANALYSED, reason))
        }
        _ => {
            let reason = "Elasticsearch refuses regular expressions on fields of this type".to_owned();
            Err(Refused(codes::VALUE_REFUSED, reason))
        }
    }
}

/// A pattern without the escapes that the slashes around it demanded. An escaped backslash at its end is put into a
/// class, because before a slash it could not be told from one.
fn unslashed(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut characters = written.chars();
    let mut last = None;
    while let Some(character) = characters.next() {
        last = None;
        match (character, if character == '\\' { characters.next() } else { None }) {
            ('\\', Some('/')) => out.push('/'),
            ('\\', escaped) => {
                out.push('\\');
                out.extend(escaped);
                last = escaped;
            }
            (other, _) => out.push(other),
        }
    }
    if last == Some('\\') {
        out.truncate(out.len().saturating_sub(2));
        out.push_str(r"[\\]");
    }
    out
}
