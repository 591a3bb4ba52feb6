//! Tests of values: every kind of [`TestKind`].

use super::expr::{Count, value, values};
use super::regex::Pattern;
use super::{Context, EvalError, Scope, address, coerce, compare, functions, text};
use crate::model::{
    Anchor, Case, Expr, IpClass, JsonKind, Ordering, RegexFlavour, Test, TestKind, Typing, Value, WildcardPart,
};
use ipnet::IpNet;
use std::borrow::Cow;
use std::rc::Rc;

/// A test with its operands evaluated, ready for each value of the subject.
enum Question<'v> {
    Equals {
        operands: Vec<Cow<'v, Value>>,
        all: bool,
        case: Case,
        typing: Typing,
    },
    /// A relation between the subject's text and each operand's, both folded already.
    Text {
        relation: fn(&str, &str) -> bool,
        operands: Vec<String>,
        all: bool,
        case: Case,
    },
    Phrase {
        tokens: Vec<String>,
        slop: u32,
    },
    Tokens {
        tokens: Vec<String>,
        all: bool,
    },
    TokenWildcard(Vec<text::Folded>),
    Wildcard {
        pattern: Vec<text::Folded>,
        case: Case,
    },
    Regex(Vec<Rc<Pattern>>),
    Fuzzy {
        text: &'v str,
        distance: u8,
        transpositions: bool,
    },
    Cidr(Vec<IpNet>),
    Ip(IpClass),
    Compare {
        ordering: Ordering,
        operands: Vec<Cow<'v, Value>>,
        all: bool,
        typing: Typing,
    },
    Range {
        low: Option<(Cow<'v, Value>, Ordering)>,
        high: Option<(Cow<'v, Value>, Ordering)>,
        typing: Typing,
    },
    Present,
    Empty,
    Truthy,
    IsKind(&'v [JsonKind]),
}

/// Whether the test holds of the row.
pub fn holds(test: &Test, scope: &Scope<'_>, context: &Context<'_>, depth: usize) -> Result<bool, EvalError> {
    let subject = values(&test.subject, scope, context, depth)?;
    if matches!(test.kind, TestKind::KeyPresent) {
        return Ok(subject.key);
    }
    let question = question(&test.kind, scope, context, depth)?;
    let ask = |value: &Value| answer(&question, value, context);
    match subject.count {
        Count::One => ask(subject.values.first().map_or(&Value::Null, |value| value)),
        Count::Any if subject.values.is_empty() => ask(&Value::Null),
        Count::Any => {
            for value in &subject.values {
                if ask(value)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Count::All => {
            for value in &subject.values {
                if !ask(value)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

fn question<'v>(
    kind: &'v TestKind,
    scope: &Scope<'v>,
    context: &Context<'_>,
    depth: usize,
) -> Result<Question<'v>, EvalError> {
    let several = |expr: &'v Expr| values(expr, scope, context, depth);
    let relation = |relation: fn(&str, &str) -> bool, expr: &'v Expr, case: Case| {
        let found = several(expr)?;
        Ok::<_, EvalError>(Question::Text {
            relation,
            operands: found
                .values
                .iter()
                .filter_map(|value| value.as_str())
                .map(|operand| text::fold(operand, case).into_owned())
                .collect(),
            all: found.count == Count::All,
            case,
        })
    };
    Ok(match kind {
        TestKind::Equals { value, case, typing } => {
            let found = several(value)?;
            Question::Equals { all: found.count == Count::All, operands: found.values, case: *case, typing: *typing }
        }
        TestKind::In { values: listed, case, typing } => {
            let mut operands = Vec::with_capacity(listed.len());
            for operand in listed {
                for value in several(operand)?.values {
                    match value {
                        Cow::Borrowed(Value::Array(items)) => operands.extend(items.iter().map(Cow::Borrowed)),
                        Cow::Owned(Value::Array(items)) => operands.extend(items.into_iter().map(Cow::Owned)),
                        single => operands.push(single),
                    }
                }
            }
            Question::Equals { operands, all: false, case: *case, typing: *typing }
        }
        TestKind::Contains { value, case } => relation(|text, part| text.contains(part), value, *case)?,
        TestKind::StartsWith { value, case } => relation(|text, part| text.starts_with(part), value, *case)?,
        TestKind::EndsWith { value, case } => relation(|text, part| text.ends_with(part), value, *case)?,
        TestKind::Term { value, case } => relation(text::has_term, value, *case)?,
        TestKind::TermPrefix { value, case } => relation(text::has_term_prefix, value, *case)?,
        TestKind::TermSuffix { value, case } => relation(text::has_term_suffix, value, *case)?,
        TestKind::Phrase { text: phrase, slop } => Question::Phrase { tokens: text::tokens(phrase), slop: *slop },
        TestKind::Tokens { text: wanted, all } => Question::Tokens { tokens: text::tokens(wanted), all: *all },
        TestKind::TokenWildcard { pattern } => Question::TokenWildcard(text::fold_pattern(pattern, Case::Ignore)),
        TestKind::Wildcard { pattern, case } => wildcard(pattern, *case),
        TestKind::Regex { pattern, flavour, anchor, case } => {
            regex(several(pattern)?.values, *flavour, *anchor, *case, context)?
        }
        TestKind::Fuzzy { text, distance, transpositions } => {
            Question::Fuzzy { text, distance: *distance, transpositions: *transpositions }
        }
        TestKind::Cidr { networks } => {
            let mut parsed = Vec::with_capacity(networks.len());
            for network in networks {
                let read = address::parse_network(network)
                    .ok_or_else(|| EvalError::Unsupported(format!("the network `{network}`")))?;
                parsed.push(read);
            }
            Question::Cidr(parsed)
        }
        TestKind::Ip { class } => Question::Ip(*class),
        TestKind::Compare { ordering, value, typing } => {
            let found = several(value)?;
            Question::Compare {
                ordering: *ordering,
                all: found.count == Count::All,
                operands: found.values,
                typing: *typing,
            }
        }
        TestKind::Range { low, high, typing } => {
            let bound = |bound: &'v Option<(Expr, bool)>, open: Ordering, closed: Ordering| match bound {
                Some((expr, inclusive)) => {
                    let limit = value(expr, scope, context, depth)?;
                    Ok::<_, EvalError>(Some((limit, if *inclusive { closed } else { open })))
                }
                None => Ok(None),
            };
            Question::Range {
                low: bound(low, Ordering::Greater, Ordering::GreaterOrEqual)?,
                high: bound(high, Ordering::Less, Ordering::LessOrEqual)?,
                typing: *typing,
            }
        }
        TestKind::Present | TestKind::KeyPresent => Question::Present,
        TestKind::Empty => Question::Empty,
        TestKind::Truthy => Question::Truthy,
        TestKind::IsKind { kinds } => Question::IsKind(kinds),
    })
}

fn wildcard<'v>(pattern: &[WildcardPart], case: Case) -> Question<'v> {
    Question::Wildcard { pattern: text::fold_pattern(pattern, case), case }
}

fn regex<'v>(
    patterns: Vec<Cow<'v, Value>>,
    flavour: RegexFlavour,
    anchor: Anchor,
    case: Case,
    context: &Context<'_>,
) -> Result<Question<'v>, EvalError> {
    let mut compiled = Vec::with_capacity(patterns.len());
    for pattern in patterns.iter().filter_map(|pattern| pattern.as_str()) {
        compiled.push(context.cache.get(pattern, flavour, anchor, case)?);
    }
    Ok(Question::Regex(compiled))
}

fn some_or_all<T>(items: &[T], all: bool, fits: impl FnMut(&T) -> bool) -> bool {
    if all { items.iter().all(fits) } else { items.iter().any(fits) }
}

/// The answer for one value; null stands for a missing one too.
fn answer(question: &Question<'_>, value: &Value, context: &Context<'_>) -> Result<bool, EvalError> {
    let as_text = value.as_str();
    Ok(match question {
        Question::Equals { operands, all, case, typing } => {
            some_or_all(operands, *all, |operand| compare::equal(value, operand, *case, *typing, context))
        }
        Question::Text { relation, operands, all, case } => as_text.is_some_and(|subject| {
            let subject = text::fold(subject, *case);
            some_or_all(operands, *all, |operand| relation(&subject, operand))
        }),
        Question::Phrase { tokens, slop } => {
            text_of(value).is_some_and(|subject| text::has_phrase(&text::tokens(&subject), tokens, *slop))
        }
        Question::Tokens { tokens, all } => text_of(value).is_some_and(|subject| {
            let found = text::tokens(&subject);
            !tokens.is_empty() && some_or_all(tokens, *all, |token| found.contains(token))
        }),
        Question::TokenWildcard(pattern) => text_of(value).is_some_and(|subject| {
            text::tokens(&subject).iter().any(|token| text::wildcard(token, pattern, Case::Ignore))
        }),
        Question::Wildcard { pattern, case } => as_text.is_some_and(|subject| text::wildcard(subject, pattern, *case)),
        Question::Regex(patterns) => {
            let Some(subject) = as_text else { return Ok(false) };
            for pattern in patterns {
                if pattern.is_match(subject)? {
                    return Ok(true);
                }
            }
            false
        }
        Question::Fuzzy { text, distance, transpositions } => {
            as_text.is_some_and(|subject| text::within_edits(subject, text, *distance, *transpositions))
        }
        Question::Cidr(networks) => as_text
            .and_then(address::parse)
            .is_some_and(|found| networks.iter().any(|network| address::contains(network, found))),
        Question::Ip(class) => as_text.and_then(address::parse).is_some_and(|found| address::is_of(*class, found)),
        Question::Compare { ordering, operands, all, typing } => {
            some_or_all(operands, *all, |operand| compare::ordered(value, *ordering, operand, *typing, context))
        }
        Question::Range { low, high, typing } => {
            let within = |bound: &Option<(Cow<'_, Value>, Ordering)>| match bound {
                Some((limit, ordering)) => compare::ordered(value, *ordering, limit, *typing, context),
                None => true,
            };
            !value.is_null() && within(low) && within(high)
        }
        // An empty list is a value where the list itself is tested; elsewhere its elements are, and there are none.
        Question::Present => !value.is_null(),
        Question::Empty => match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        },
        Question::Truthy => functions::python::truthy(value),
        Question::IsKind(kinds) => kinds.iter().any(|kind| is_kind(value, *kind)),
    })
}

/// The text that an analyser sees: numbers and booleans too, as a text field indexes them.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        other => Some(coerce::to_text(other)),
    }
}

fn is_kind(value: &Value, kind: JsonKind) -> bool {
    match kind {
        JsonKind::String => matches!(value, Value::String(_)),
        JsonKind::Number => matches!(value, Value::Int(_) | Value::Double(_)),
        JsonKind::Integer => matches!(value, Value::Int(_)),
        JsonKind::Boolean => matches!(value, Value::Bool(_)),
        JsonKind::Array => matches!(value, Value::Array(_)),
        JsonKind::Object => matches!(value, Value::Object(_)),
    }
}
