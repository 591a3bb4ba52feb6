//! A test → how a query says it. One function answers both "can it be said?" and "how?", so that planning and printing
//! cannot disagree.

use super::dates;
use super::lower::{is_caseless, kind_name, kind_of, number};
use super::regex;
use crate::model::{
    Anchor, ArrayMode, Case, Expr, FieldKind, FieldTypes, Ordering, RegexFlavour, Segment, Test, TestKind, Typing,
    Value, WildcardPart,
};

/// The languages that are written through this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// KQL.
    Kuery,
    /// Lucene.
    Lucene,
}

impl Language {
    /// The name in messages.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Kuery => "KQL",
            Self::Lucene => "Lucene",
        }
    }
}

/// A test as a query says it: a field and what stands behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The field; `None` for a search in every field.
    pub field: Option<String>,
    /// What is asked of it.
    pub ask: Ask,
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// One of these values; never empty.
    Values(Vec<Said>),
    /// A value against a bound.
    Compare(Ordering, String),
    /// A value between two bounds; the flags say whether they belong to the range.
    Range((String, bool), (String, bool)),
    /// Any value.
    Exists,
    /// Lucene only: a regular expression, in its own syntax, slashes escaped.
    Regexp(String),
    /// Lucene only: a word within so many edits.
    Fuzzy(String, u8),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The whole value.
    Exact(String),
    /// Words in their order, with the places that they may be apart.
    Phrase(String, u32),
    /// Some of these words.
    Words(String),
    /// A pattern.
    Pattern(Vec<WildcardPart>),
}

/// How the language says a test.
///
/// # Errors
/// Why it cannot.
pub fn say(test: &Test, language: Language, types: &dyn FieldTypes) -> Result<Leaf, String> {
    let field = subject(&test.subject)?;
    let kind = field.as_deref().and_then(|name| kind_of(name, types));
    let said = Saying { field: field.as_deref(), kind, language };
    let ask = said.ask(&test.kind)?;
    Ok(Leaf { field, ask })
}

/// The name of a field; `None` for every field.
///
/// # Errors
/// Why Elastic has no name for it.
pub fn subject(subject: &Expr) -> Result<Option<String>, String> {
    match subject {
        Expr::AnyField => Ok(None),
        Expr::Field(field) => match field.mode {
            ArrayMode::Any | ArrayMode::Whole => name(&field.path.0).map(Some),
            _ => Err("it asks for one, or every one, of several values, and Elastic asks for any of them".to_owned()),
        },
        Expr::Call(..) | Expr::Path(..) | Expr::Case(..) => Err("it tests a computed value".to_owned()),
        _ => Err("it tests no field".to_owned()),
    }
}

/// A path as Elastic names it: objects and lists on the way are flattened.
pub(super) fn name(segments: &[Segment]) -> Result<String, String> {
    let mut keys: Vec<&str> = Vec::new();
    for segment in segments {
        match segment {
            Segment::Key(key) | Segment::KeyPattern(key) => keys.push(key),
            Segment::Any => {}
            Segment::Index(_) => return Err("Elastic flattens lists and has no index into them".to_owned()),
            Segment::Paired { .. } => {
                return Err("Elastic flattens lists of objects and cannot pair their members".to_owned());
            }
            Segment::Json => return Err("Elastic reads no JSON inside a text".to_owned()),
        }
    }
    if keys.is_empty() { Err("it tests no field".to_owned()) } else { Ok(keys.join(".")) }
}

struct Saying<'a> {
    field: Option<&'a str>,
    kind: Option<FieldKind>,
    language: Language,
}

impl Saying<'_> {
    fn shown(&self) -> &str {
        self.field.unwrap_or("*")
    }

    fn of_type(&self) -> String {
        format!("{} is of type {}", self.shown(), kind_name(self.kind.unwrap_or_default()))
    }

    /// Whether values are kept as they are, and patterns over the whole value are possible.
    fn is_exact_text(&self) -> bool {
        matches!(
            self.kind.unwrap_or_default(),
            FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic | FieldKind::Guid | FieldKind::Timespan
        )
    }

    fn ask(&self, kind: &TestKind) -> Result<Ask, String> {
        match kind {
            TestKind::Equals { value, case, typing } => Ok(Ask::Values(vec![self.exact(value, *case, *typing)?])),
            TestKind::In { values, case, typing } if !values.is_empty() => {
                values.iter().map(|value| self.exact(value, *case, *typing)).collect::<Result<_, _>>().map(Ask::Values)
            }
            TestKind::StartsWith { value, case } => {
                self.pattern(&[WildcardPart::Text(self.text(value)?), WildcardPart::Many], *case)
            }
            TestKind::EndsWith { value, case } => {
                self.pattern(&[WildcardPart::Many, WildcardPart::Text(self.text(value)?)], *case)
            }
            TestKind::Contains { value, case } => {
                self.pattern(&[WildcardPart::Many, WildcardPart::Text(self.text(value)?), WildcardPart::Many], *case)
            }
            TestKind::Wildcard { pattern, case } => self.pattern(pattern, *case),
            TestKind::Phrase { text, slop } => {
                self.analysed()?;
                if *slop > 0 && self.language == Language::Kuery {
                    return Err("KQL finds words of a phrase only side by side".to_owned());
                }
                Ok(Ask::Values(vec![Said::Phrase(text.clone(), *slop)]))
            }
            TestKind::Tokens { text, all: false } => {
                self.analysed()?;
                if self.language == Language::Kuery && text.trim() != text || text.is_empty() {
                    return Err("white space around words cannot be written".to_owned());
                }
                if self.language == Language::Lucene && text.starts_with(['<', '>']) {
                    return Err("a comparison sign would be read into the words".to_owned());
                }
                Ok(Ask::Values(vec![Said::Words(text.clone())]))
            }
            TestKind::TokenWildcard { pattern } => {
                self.analysed()?;
                self.writable(pattern)?;
                if pattern
                    .iter()
                    .any(|part| matches!(part, WildcardPart::Text(text) if text.contains(char::is_whitespace)))
                {
                    return Err("a pattern for one word holds white space".to_owned());
                }
                Ok(Ask::Values(vec![Said::Pattern(pattern.clone())]))
            }
            TestKind::Regex {
                pattern,
                flavour: RegexFlavour::Lucene,
                anchor: Anchor::Whole,
                case: Case::Sensitive,
            } if self.language == Language::Lucene => {
                self.exact_text()?;
                let pattern = self.text(pattern)?;
                regex::to_lucene(&pattern, RegexFlavour::Lucene, Anchor::Whole, Case::Sensitive).map(Ask::Regexp)
            }
            TestKind::Regex { .. } if self.language == Language::Kuery => {
                Err("KQL has no regular expressions".to_owned())
            }
            TestKind::Fuzzy { text, distance, transpositions: true } if self.language == Language::Lucene => {
                self.exact_text()?;
                Ok(Ask::Fuzzy(text.clone(), *distance))
            }
            TestKind::Fuzzy { .. } => Err(format!("{} has no such search for similar words", self.language.shown())),
            TestKind::Cidr { networks } if !networks.is_empty() => {
                if self.kind != Some(FieldKind::Ip) {
                    return Err(format!("networks are found on fields of type ip only, and {}", self.of_type()));
                }
                Ok(Ask::Values(networks.iter().map(|network| Said::Exact(network.clone())).collect()))
            }
            TestKind::Compare { ordering, value, .. } => Ok(Ask::Compare(*ordering, self.bound(value)?)),
            TestKind::Range { low: Some((low, low_closed)), high: Some((high, high_closed)), .. } => {
                // What names one day is said by the day.
                if let (Expr::Literal(Value::DateTime(from)), Expr::Literal(Value::DateTime(until)), true, false) =
                    (low, high, *low_closed, *high_closed)
                    && self.kind == Some(FieldKind::Date)
                    && let Some(text) = dates::print(*from)
                    && let Some(named) = dates::shorter(&text, *from, *until)
                {
                    return Ok(Ask::Values(vec![Said::Exact(named)]));
                }
                if self.language == Language::Kuery {
                    return Err("KQL tests each end of a range by itself, so that two values of a list may meet them"
                        .to_owned());
                }
                Ok(Ask::Range((self.bound(low)?, *low_closed), (self.bound(high)?, *high_closed)))
            }
            TestKind::Present if self.field.is_some() => Ok(Ask::Exists),
            other => Err(reason(other)),
        }
    }

    fn analysed(&self) -> Result<(), String> {
        match self.kind {
            Some(FieldKind::Text) => Ok(()),
            _ => Err(format!("words are found in analysed text only, and {}", self.of_type())),
        }
    }

    fn exact_text(&self) -> Result<(), String> {
        if self.is_exact_text() {
            return Ok(());
        }
        Err(match self.kind {
            Some(FieldKind::Text) => format!("{} is analysed text, of which only words can be tested", self.shown()),
            _ => format!("patterns are found on text only, and {}", self.of_type()),
        })
    }

    /// A text constant.
    fn text(&self, value: &Expr) -> Result<String, String> {
        value
            .as_text()
            .map(str::to_owned)
            .ok_or_else(|| "it compares with a computed value or another field".to_owned())
    }

    /// Case can be left out of account where the field does so, or where the text has none.
    fn case(&self, text: &str, case: Case) -> Result<(), String> {
        let caseless = self.field.is_some_and(is_caseless);
        match case {
            Case::Ignore | Case::IgnoreAscii if caseless => Ok(()),
            Case::Sensitive if !caseless => Ok(()),
            _ if text.to_lowercase() == text.to_uppercase() => Ok(()),
            Case::Sensitive => Err(format!("{} holds its values in lower case", self.shown())),
            _ => Err(format!("{} compares {} with regard to case", self.language.shown(), self.shown())),
        }
    }

    fn exact(&self, value: &Expr, case: Case, typing: Typing) -> Result<Said, String> {
        let Expr::Literal(value) = value else {
            if self.kind == Some(FieldKind::Date)
                && let Some(math) = dates::print_now(value)
            {
                return Ok(Said::Exact(math));
            }
            return Err("it compares with a computed value or another field".to_owned());
        };
        let wrong = || Err(format!("the value cannot stand in the field, because {}", self.of_type()));
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Int(whole) => whole.to_string(),
            Value::Double(number) if number.is_finite() => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::DateTime(ticks) if self.kind == Some(FieldKind::Date) => {
                return match dates::print(*ticks) {
                    Some(text) => Ok(Said::Exact(text)),
                    None => Err("a date field is no finer than a millisecond".to_owned()),
                };
            }
            _ => return wrong(),
        };
        match self.kind.unwrap_or_default() {
            FieldKind::Text => Err(format!("{} is analysed text, which is not compared as a whole", self.shown())),
            FieldKind::Long | FieldKind::Double => match number(&text) {
                Some(_) => Ok(Said::Exact(text)),
                None => wrong(),
            },
            FieldKind::Boolean if matches!(text.as_str(), "true" | "false") => Ok(Said::Exact(text)),
            FieldKind::Ip if text.parse::<std::net::IpAddr>().is_ok() => Ok(Said::Exact(text)),
            FieldKind::Date if dates::parse(&text) == Ok(dates::Moment::Math) => Ok(Said::Exact(text)),
            FieldKind::Boolean | FieldKind::Ip | FieldKind::Date => wrong(),
            _ => {
                // A number of another JSON type than the field's text never equals it where types count.
                if matches!(typing, Typing::Typed | Typing::Python)
                    && self.kind.is_some()
                    && !matches!(value, Value::String(_))
                {
                    return wrong();
                }
                self.case(&text, case)?;
                Ok(Said::Exact(text))
            }
        }
    }

    fn pattern(&self, parts: &[WildcardPart], case: Case) -> Result<Ask, String> {
        self.exact_text()?;
        for part in parts {
            if let WildcardPart::Text(text) = part {
                self.case(text, case)?;
            }
        }
        let parts: Vec<WildcardPart> =
            parts.iter().filter(|part| **part != WildcardPart::Text(String::new())).cloned().collect();
        if !parts.contains(&WildcardPart::Many) && !parts.contains(&WildcardPart::One) {
            return Err("it is no pattern".to_owned());
        }
        if parts.iter().all(|part| *part == WildcardPart::Many) && self.field.is_some() {
            return Ok(Ask::Exists);
        }
        self.writable(&parts)?;
        Ok(Ask::Values(vec![Said::Pattern(parts)]))
    }

    /// What the grammar of KQL cannot hold, and where Kibana takes a pattern apart.
    fn writable(&self, parts: &[WildcardPart]) -> Result<(), String> {
        if self.language == Language::Lucene {
            return Ok(());
        }
        if parts.contains(&WildcardPart::One) {
            return Err("KQL has no wildcard for one character".to_owned());
        }
        let spaced = |part: Option<&WildcardPart>, at: fn(&str) -> Option<char>| match part {
            Some(WildcardPart::Text(text)) => at(text).is_some_and(char::is_whitespace),
            _ => false,
        };
        if spaced(parts.first(), |text| text.chars().next()) || spaced(parts.last(), |text| text.chars().next_back()) {
            return Err("KQL trims white space at the ends of a pattern".to_owned());
        }
        let whole = matches!(self.kind, None | Some(FieldKind::Keyword)) && self.field.is_some();
        let space =
            |part: &WildcardPart| matches!(part, WildcardPart::Text(text) if text.contains(char::is_whitespace));
        if !whole && parts.iter().any(space) {
            return Err(format!(
                "Kibana takes a pattern apart at spaces unless the field is of type keyword, and {}",
                self.of_type()
            ));
        }
        Ok(())
    }

    /// An end of a range.
    fn bound(&self, value: &Expr) -> Result<String, String> {
        if self.field.is_none() {
            return Err("a range without a field".to_owned());
        }
        let wrong = || Err(format!("the bound does not fit the field, because {}", self.of_type()));
        match (self.kind, value) {
            (Some(FieldKind::Long | FieldKind::Double) | None, Expr::Literal(Value::Int(whole))) => {
                Ok(whole.to_string())
            }
            (Some(FieldKind::Long | FieldKind::Double) | None, Expr::Literal(Value::Double(number)))
                if number.is_finite() =>
            {
                Ok(number.to_string())
            }
            (Some(FieldKind::Date), Expr::Literal(Value::DateTime(ticks))) => match dates::print(*ticks) {
                Some(text) => Ok(text),
                None => Err("a date field is no finer than a millisecond".to_owned()),
            },
            (Some(FieldKind::Date) | None, Expr::Call(..)) => match dates::print_now(value) {
                Some(math) => Ok(math),
                None => Err("it compares with a computed value".to_owned()),
            },
            (Some(FieldKind::Date), Expr::Literal(Value::String(text)))
                if dates::parse(text) == Ok(dates::Moment::Math) =>
            {
                Ok(text.clone())
            }
            (Some(FieldKind::Ip), Expr::Literal(Value::String(text))) if text.parse::<std::net::IpAddr>().is_ok() => {
                Ok(text.clone())
            }
            (None, Expr::Literal(Value::String(text))) if number(text).is_none() && dates::parse(text).is_err() => {
                Ok(text.clone())
            }
            (Some(FieldKind::Keyword | FieldKind::Wildcard), Expr::Literal(Value::String(text))) => Ok(text.clone()),
            (_, Expr::Literal(_)) => wrong(),
            _ => Err("it compares with a computed value or another field".to_owned()),
        }
    }
}

/// Why a kind of test has no words in either language.
fn reason(kind: &TestKind) -> String {
    match kind {
        TestKind::Term { .. } | TestKind::TermPrefix { .. } | TestKind::TermSuffix { .. } => {
            "it tests for a term bounded by what is neither letter nor digit".to_owned()
        }
        TestKind::Tokens { .. } => "it asks for all of several words".to_owned(),
        TestKind::Ip { .. } => "it tests for a class of addresses".to_owned(),
        TestKind::KeyPresent => "Elastic does not tell a null from a missing field".to_owned(),
        TestKind::IsKind { .. } => "it tests the type of a value".to_owned(),
        TestKind::Regex { .. } => "it is a regular expression of another kind".to_owned(),
        TestKind::In { .. } | TestKind::Cidr { .. } => "it compares with an empty list".to_owned(),
        _ => "it has no such test".to_owned(),
    }
}
