//! A field, a value, a pattern, a range → a test, by the field's mapping.

use super::dates::{self, Moment};
use crate::diagnostic::codes::elastic as codes;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{
    ArrayMode, Case, Expr, FieldKind, FieldPath, FieldRef, FieldType, FieldTypes, Ordering, Predicate, Segment, Test,
    TestKind, Typing, Value, WildcardPart,
};

/// Why a value cannot be tested: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused(pub Code, pub String);

fn date(text: &str) -> Result<Moment, Refused> {
    dates::parse(text).map_err(|reason| Refused(codes::DATE_MATH, reason))
}

/// A field as its mapping knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The values of the field, any of which may meet a test.
    pub subject: Expr,
    /// The name as written; `None` for a search in every field.
    pub name: Option<String>,
    /// What it holds, where that is known.
    pub kind: Option<FieldKind>,
    /// Whether its values are indexed in lower case.
    pub case: Case,
}

impl Field {
    /// The field of this name. `*` in it stands for any part of a name.
    ///
    /// Two names are known without a schema: `@timestamp`, and the multi-fields of ECS: `.caseless` holds its
    /// field's values in lower case, `.text` analyses them.
    pub fn named(name: &str, types: &dyn FieldTypes) -> Self {
        let subject = Expr::Field(FieldRef::new(path(name), ArrayMode::Any));
        let case = if is_caseless(name) { Case::Ignore } else { Case::Sensitive };
        Self { subject, name: Some(name.to_owned()), kind: kind_of(name, types), case }
    }

    /// Every field of the event.
    pub fn every() -> Self {
        Self { subject: Expr::AnyField, name: None, kind: None, case: Case::Sensitive }
    }
}

/// The type that a value of the field must be written in: ECS maps the code of an event as a keyword, whatever numbers it
/// holds elsewhere, and EQL and ES|QL refuse a number beside a keyword.
pub fn written_kind(name: &str, kind: FieldKind) -> FieldKind {
    if name == "event.code" && kind == FieldKind::Long { FieldKind::Keyword } else { kind }
}

/// The type of a field by name; for a pattern the one that all names have that fit it.
pub fn kind_of(name: &str, types: &dyn FieldTypes) -> Option<FieldKind> {
    if name.contains('*') {
        // A field table knows names that are patterns themselves (`target_resources.*.id`).
        if let Some(found) = types.type_of(name) {
            return Some(found.kind);
        }
        let known = types.matching(&|known| !known.contains('*') && fits(name, known));
        let mut kinds = known.iter().map(|known| kind_of(known, types));
        let first = kinds.next()??;
        return kinds.all(|kind| kind == Some(first)).then_some(first);
    }
    match types.type_of(name) {
        Some(found) => Some(found.kind),
        None if name == "@timestamp" => Some(FieldKind::Date),
        None if is_caseless(name) => Some(FieldKind::Keyword),
        None if name.ends_with(".text") => Some(FieldKind::Text),
        None => None,
    }
}

/// Whether the name is that of a multi-field in lower case.
pub fn is_caseless(name: &str) -> bool {
    name.ends_with(".caseless")
}

/// Whether a name fits a pattern of `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The path of a dotted name; nothing in it is an index.
pub fn path(name: &str) -> FieldPath {
    FieldPath(
        name.split('.')
            .map(
                |key| {
                    if key.contains('*') { Segment::KeyPattern(key.to_owned()) } else { Segment::Key(key.to_owned()) }
                },
            )
            .collect(),
    )
}

fn mapped(kind: FieldKind) -> Typing {
    Typing::Mapped(FieldType::scalar(kind))
}

fn test(field: &Field, kind: TestKind, span: Span) -> Predicate {
    Predicate::Test(Test::new(field.subject.clone(), kind, span))
}

/// `field:value` without wildcards: equality by the mapping, on analysed text the words: in their order and side by
/// side where the value was quoted, else some of them.
///
/// # Errors
/// Why Elasticsearch refuses the value for this field.
pub fn equals(field: &Field, text: &str, quoted: bool, span: Span) -> Result<Predicate, Refused> {
    let equal = |value: Value, kind: FieldKind| {
        let kind = TestKind::Equals { value: Expr::Literal(value), case: field.case, typing: mapped(kind) };
        Ok(test(field, kind, span))
    };
    match field.kind.unwrap_or_default() {
        FieldKind::Text if quoted => Ok(test(field, TestKind::Phrase { text: text.to_owned(), slop: 0 }, span)),
        FieldKind::Text => Ok(test(field, TestKind::Tokens { text: text.to_owned(), all: false }, span)),
        kind @ (FieldKind::Long | FieldKind::Double) => match number(text) {
            // A whole-number field holds no fraction.
            Some(Value::Double(_)) if kind == FieldKind::Long => Ok(Predicate::Always(false)),
            Some(value) => equal(value, kind),
            None => Err(refuses(text, field, kind)),
        },
        FieldKind::Boolean => match text {
            "true" => equal(Value::Bool(true), FieldKind::Boolean),
            "false" | "" => equal(Value::Bool(false), FieldKind::Boolean),
            _ => Err(refuses(text, field, FieldKind::Boolean)),
        },
        FieldKind::Ip if text.contains('/') => match text.parse::<ipnet::IpNet>() {
            Ok(_) => Ok(test(field, TestKind::Cidr { networks: vec![text.to_owned()] }, span)),
            Err(_) => Err(refuses(text, field, FieldKind::Ip)),
        },
        FieldKind::Ip => match text.parse::<std::net::IpAddr>() {
            Ok(_) => equal(Value::text(text), FieldKind::Ip),
            Err(_) => Err(refuses(text, field, FieldKind::Ip)),
        },
        FieldKind::Date => match date(text)? {
            Moment::Span { from, until } => {
                let bound = |ticks| Expr::Literal(Value::DateTime(ticks));
                let kind = TestKind::Range {
                    low: Some((bound(from), true)),
                    high: Some((bound(until), false)),
                    typing: mapped(FieldKind::Date),
                };
                Ok(test(field, kind, span))
            }
            Moment::Now(value) => {
                let kind = TestKind::Equals { value, case: field.case, typing: mapped(FieldKind::Date) };
                Ok(test(field, kind, span))
            }
            Moment::Math => equal(Value::text(text), FieldKind::Date),
        },
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic | FieldKind::Timespan | FieldKind::Guid => {
            equal(Value::text(text), FieldKind::Keyword)
        }
    }
}

/// `field:pattern` with wildcards. `*` alone asks for any value.
///
/// # Errors
/// That Elasticsearch has no wildcards on fields of this type.
pub fn pattern(field: &Field, parts: Vec<WildcardPart>, span: Span) -> Result<Predicate, Refused> {
    use WildcardPart::{Many, Text};
    if !parts.is_empty() && parts.iter().all(|part| *part == Many) {
        return Ok(match field.name {
            Some(_) => test(field, TestKind::Present, span),
            None => Predicate::Always(true),
        });
    }
    match field.kind.unwrap_or_default() {
        FieldKind::Text => Ok(test(field, TestKind::TokenWildcard { pattern: parts }, span)),
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic | FieldKind::Timespan | FieldKind::Guid => {
            let case = field.case;
            let kind = match parts.as_slice() {
                [Text(text), Many] => TestKind::StartsWith { value: Expr::text(text.clone()), case },
                [Many, Text(text)] => TestKind::EndsWith { value: Expr::text(text.clone()), case },
                [Many, Text(text), Many] => TestKind::Contains { value: Expr::text(text.clone()), case },
                _ => TestKind::Wildcard { pattern: parts, case },
            };
            Ok(test(field, kind, span))
        }
        kind => Err(Refused(
            codes::VALUE_REFUSED,
            format!(
                "Elasticsearch refuses wildcards on the field {}, which is of type {}",
                shown(field),
                kind_name(kind)
            ),
        )),
    }
}

/// One end of a range: the text and whether it belongs to the range.
pub type End<'a> = (&'a str, bool);

/// The type that the ends of a range speak for, where the mapping is not known: numbers are numbers, and date math makes
/// sense for dates alone.
pub fn assumed(ends: &[&str]) -> FieldKind {
    if !ends.is_empty() && ends.iter().all(|text| number(text).is_some()) {
        FieldKind::Double
    } else if ends.iter().any(|text| text.starts_with("now") && dates::parse(text).is_ok()) {
        FieldKind::Date
    } else {
        FieldKind::Keyword
    }
}

/// A range by the mapping. One value must lie between both ends.
///
/// # Errors
/// Why Elasticsearch refuses a bound for this field.
pub fn range(field: &Field, low: Option<End<'_>>, high: Option<End<'_>>, span: Span) -> Result<Predicate, Refused> {
    let kind =
        field.kind.unwrap_or_else(|| assumed(&[low, high].into_iter().flatten().map(|end| end.0).collect::<Vec<_>>()));
    let bound = |end: Option<End<'_>>, upper: bool| match end {
        Some((text, closed)) => operand(field, kind, text, closed, upper).map(Some),
        None => Ok(None),
    };
    let (low, high) = (bound(low, false)?, bound(high, true)?);
    let typing = mapped(kind);
    let kind = match (low, high) {
        (None, None) => TestKind::Present,
        (Some((value, closed)), None) => TestKind::Compare {
            ordering: if closed { Ordering::GreaterOrEqual } else { Ordering::Greater },
            value,
            typing,
        },
        (None, Some((value, closed))) => {
            TestKind::Compare { ordering: if closed { Ordering::LessOrEqual } else { Ordering::Less }, value, typing }
        }
        (low, high) => TestKind::Range { low, high, typing },
    };
    Ok(test(field, kind, span))
}

/// An end of a range as a value, and whether it belongs to the range. A date names a length of time: what is "up to and
/// including" or "after" it begins where it ends.
fn operand(field: &Field, kind: FieldKind, text: &str, closed: bool, upper: bool) -> Result<(Expr, bool), Refused> {
    let value = match kind {
        FieldKind::Long | FieldKind::Double => number(text),
        FieldKind::Ip => text.parse::<std::net::IpAddr>().ok().map(|_| Value::text(text)),
        FieldKind::Date => match date(text)? {
            Moment::Span { until, .. } if upper && closed => return Ok((Expr::Literal(Value::DateTime(until)), false)),
            Moment::Span { until, .. } if !upper && !closed => {
                return Ok((Expr::Literal(Value::DateTime(until)), true));
            }
            Moment::Span { from, .. } => Some(Value::DateTime(from)),
            Moment::Now(value) => return Ok((value, closed)),
            Moment::Math => Some(Value::text(text)),
        },
        FieldKind::Text => {
            let reason = format!("a range over the words of the analysed text {} has no counterpart", shown(field));
            return Err(Refused(codes::ANALYSED, reason));
        }
        FieldKind::Boolean => None,
        _ => Some(Value::text(text)),
    };
    match value {
        Some(value) => Ok((Expr::Literal(value), closed)),
        None => Err(refuses(text, field, kind)),
    }
}

/// The number that Elasticsearch reads in a text: whole where it is, else with a fraction.
pub fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::Int(whole));
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let number = text.parse::<f64>().ok().filter(|number| plain && number.is_finite())?;
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Some(Value::Int(number as i64))
    } else {
        Some(Value::Double(number))
    }
}

fn refuses(text: &str, field: &Field, kind: FieldKind) -> Refused {
    let (name, kind) = (shown(field), kind_name(kind));
    Refused(
        codes::VALUE_REFUSED,
        format!("Elasticsearch refuses the value {text:?} for the field {name}, which is of type {kind}"),
    )
}

fn shown(field: &Field) -> &str {
    field.name.as_deref().unwrap_or("*")
}

/// The name of a type for people.
pub fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Keyword => "keyword",
        FieldKind::Wildcard => "wildcard",
        FieldKind::Text => "text",
        FieldKind::Long => "long",
        FieldKind::Double => "double",
        FieldKind::Ip => "ip",
        FieldKind::Date => "date",
        FieldKind::Boolean => "boolean",
        FieldKind::Dynamic => "flattened",
        FieldKind::Timespan => "timespan",
        FieldKind::Guid => "guid",
    }
}

/// A search in every field: in the event's values as they are, and in the words of analysed text and the networks of
/// addresses where the mapping tells of such fields. Fields that refuse the value are left out, as Elasticsearch does.
pub fn everywhere(types: &dyn FieldTypes, make: impl Fn(&Field) -> Result<Predicate, Refused>) -> Predicate {
    let special = types
        .names()
        .into_iter()
        .filter(|name| !name.contains('*') && matches!(kind_of(name, types), Some(FieldKind::Text | FieldKind::Ip)));
    let fields = std::iter::once(Field::every()).chain(special.map(|name| Field::named(&name, types)));
    let items = fields.filter_map(|field| make(&field).ok()).filter(|item| !is_plain_address(item)).collect();
    super::join::any(items)
}

/// An address alone is among the event's values already.
fn is_plain_address(item: &Predicate) -> bool {
    let Predicate::Test(test) = item else { return false };
    matches!(test.kind, TestKind::Equals { typing: Typing::Mapped(mapped), .. } if mapped.kind == FieldKind::Ip)
}

/// A wildcard pattern cut at its spaces, as `query_string` does: plain words side by side stay together.
pub fn split_at_spaces(parts: &[WildcardPart]) -> Vec<Vec<WildcardPart>> {
    let mut pieces: Vec<Vec<WildcardPart>> = vec![Vec::new()];
    for part in parts {
        let WildcardPart::Text(text) = part else {
            if let Some(piece) = pieces.last_mut() {
                piece.push(part.clone());
            }
            continue;
        };
        for (at, word) in text.split(char::is_whitespace).enumerate() {
            if at > 0 {
                pieces.push(Vec::new());
            }
            if let Some(piece) = pieces.last_mut()
                && !word.is_empty()
            {
                piece.push(WildcardPart::Text(word.to_owned()));
            }
        }
    }
    let mut joined: Vec<Vec<WildcardPart>> = Vec::new();
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        if let ([WildcardPart::Text(word)], Some([WildcardPart::Text(before)])) =
            (piece.as_slice(), joined.last_mut().map(Vec::as_mut_slice))
        {
            before.push(' ');
            before.push_str(word);
            continue;
        }
        joined.push(piece);
    }
    joined
}

/// The fields whose types nobody told, with what was assumed of each.
#[derive(Debug, Default)]
pub struct Assumptions(Vec<(String, Span, FieldKind)>);

impl Assumptions {
    /// Notes a field of unknown type; nothing where no types are known at all, as there would be no end of it.
    pub fn note(&mut self, name: &str, kind: FieldKind, span: Span, types: &dyn FieldTypes) {
        let untold = kind_of(name, types).is_none() && !types.is_empty();
        if untold && !self.0.iter().any(|(other, _, known)| other == name && *known == kind) {
            self.0.push((name.to_owned(), span, kind));
        }
    }

    /// The note for the reader, at the first of the fields.
    pub fn tell(&self) -> Option<Diagnostic> {
        let (_, span, _) = self.0.first()?;
        let mut kinds: Vec<FieldKind> = Vec::new();
        for (_, _, kind) in &self.0 {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        let told: Vec<String> = kinds
            .into_iter()
            .map(|kind| {
                let names: Vec<&str> =
                    self.0.iter().filter(|entry| entry.2 == kind).map(|entry| entry.0.as_str()).collect();
                format!("{} (read as {})", names.join(", "), kind_name(kind))
            })
            .collect();
        let message = format!("no type is known of {}", told.join(", "));
        Some(Diagnostic::note(codes::TYPE_ASSUMED, message).at(*span))
    }
}
