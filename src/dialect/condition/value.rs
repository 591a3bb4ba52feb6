//! Values of the condition text: fields, literals, functions.

use super::parse::{Rule, internal, span_of};
use super::read::{Reader, Result};
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::model::{
    ArrayMode, CaseArm, Expr, FieldPath, FieldRef, FieldTypes, Function, Object, Segment, TICKS_PER_SECOND, Value, Var,
    function,
};
use pest::iterators::Pair;

/// The values behind an operator.
#[derive(Default)]
pub(super) struct Values {
    pub items: Vec<Expr>,
    /// A bare `null` stands among them.
    pub null: bool,
    /// They stand in brackets.
    pub bracketed: bool,
}

impl Values {
    pub(super) fn add(&mut self, reader: &mut Reader<'_>, pair: Pair<'_, Rule>) -> Result<()> {
        if pair.as_rule() == Rule::literal && pair.as_str().trim().eq_ignore_ascii_case("null") {
            self.null = true;
        } else {
            let value = operand(reader, pair)?;
            self.items.push(value);
        }
        Ok(())
    }
}

/// Functions that say how several values of a field are treated.
pub(super) const MODES: &[(&str, ArrayMode)] = &[
    ("whole", ArrayMode::Whole),
    ("any", ArrayMode::Any),
    ("all", ArrayMode::All),
    ("first", ArrayMode::First),
    ("last", ArrayMode::Last),
    ("distinct", ArrayMode::Distinct),
    ("last_distinct", ArrayMode::LastDistinct),
    ("single", ArrayMode::Single),
];

/// What a path without such a function stands for: any value where it goes through a list or the field holds several.
pub(super) fn default_mode(path: &FieldPath, types: &dyn FieldTypes) -> ArrayMode {
    let spreads = path.0.iter().any(|segment| matches!(segment, Segment::Any | Segment::KeyPattern(_)));
    if spreads || types.type_of(&path.to_string()).is_some_and(|kind| kind.list) {
        ArrayMode::Any
    } else {
        ArrayMode::Whole
    }
}

/// A value expression.
pub(super) fn operand(reader: &mut Reader<'_>, pair: Pair<'_, Rule>) -> Result<Expr> {
    let span = span_of(&pair);
    let wrong = |message: String| Diagnostic::error(syntax::SYNTAX, message).at(span);
    match pair.as_rule() {
        Rule::field => {
            let path = field_path(reader, &pair)?;
            let mode = default_mode(&path, reader.types);
            Ok(Expr::Field(FieldRef::new(path, mode)))
        }
        Rule::element => {
            let path = field_path(reader, &pair)?;
            let name = pair.into_inner().next().ok_or_else(internal)?;
            let var = Expr::Var(variable(&name));
            if path.0.is_empty() {
                return Ok(var);
            }
            let mode = default_mode(&path, &crate::model::TypeMap::default());
            Ok(Expr::Path(Box::new(var), path, mode))
        }
        Rule::literal => literal(reader, &pair),
        Rule::list => Ok(Expr::List(pair.into_inner().map(|item| operand(reader, item)).collect::<Result<Vec<_>>>()?)),
        Rule::object => {
            let mut members = Vec::new();
            for member in pair.into_inner() {
                let mut parts = member.into_inner();
                let name = string(reader, &parts.next().ok_or_else(internal)?)?;
                members.push((name, operand(reader, parts.next().ok_or_else(internal)?)?));
            }
            Ok(Expr::Object(members))
        }
        Rule::call => call(reader, pair),
        Rule::truth => Ok(Expr::Truth(Box::new(reader.condition(pair.into_inner().next().ok_or_else(internal)?)?))),
        Rule::case_of => {
            let mut arms = Vec::new();
            let mut otherwise = Expr::Literal(Value::Null);
            for part in pair.into_inner() {
                match part.as_rule() {
                    Rule::arm => {
                        let mut inner = part.into_inner().filter(|piece| !is_word(piece.as_rule()));
                        let when = reader.condition(inner.next().ok_or_else(internal)?)?;
                        let then = operand(reader, inner.next().ok_or_else(internal)?)?;
                        arms.push(CaseArm { when, then });
                    }
                    other if is_word(other) => {}
                    _ => otherwise = operand(reader, part)?,
                }
            }
            Ok(Expr::Case(arms, Box::new(otherwise)))
        }
        Rule::collect => collect(reader, pair),
        Rule::aggregate => {
            let mut parts = pair.into_inner();
            let call = operand(reader, parts.next().ok_or_else(internal)?)?;
            let filter = parts.find(|part| part.as_rule() == Rule::condition);
            let filter = filter.map(|part| reader.condition(part)).transpose()?.map(Box::new);
            match call {
                Expr::Call(function, arguments) => Ok(Expr::Aggregate(function, arguments, filter)),
                _ => Err(wrong("`aggregate` takes a function".to_owned())),
            }
        }
        Rule::at => {
            let mut parts = pair.into_inner();
            let base = operand(reader, parts.next().ok_or_else(internal)?)?;
            let path = field_path(reader, &parts.next().ok_or_else(internal)?)?;
            let mode = default_mode(&path, &crate::model::TypeMap::default());
            Ok(Expr::Path(Box::new(base), path, mode))
        }
        Rule::constant => {
            let inner = operand(reader, pair.into_inner().next().ok_or_else(internal)?)?;
            constant(inner).map(Expr::Literal).ok_or_else(|| wrong("`literal` takes constants only".to_owned()))
        }
        Rule::datetime => {
            let text = string(reader, &pair.into_inner().next().ok_or_else(internal)?)?;
            ticks_of_time(&text)
                .map(|ticks| Expr::Literal(Value::DateTime(ticks)))
                .ok_or_else(|| wrong(format!("`{text}` is no time such as 2024-01-31T10:00:00Z")))
        }
        Rule::duration => {
            let text = pair.into_inner().next().ok_or_else(internal)?.as_str().to_owned();
            ticks_of_seconds(&text)
                .map(|ticks| Expr::Literal(Value::Duration(ticks)))
                .ok_or_else(|| wrong(format!("`{text}` seconds are no length of time")))
        }
        Rule::double => {
            let text = string(reader, &pair.into_inner().next().ok_or_else(internal)?)?;
            let number = text.parse::<f64>().map_err(|_| wrong(format!("`{text}` is no number")))?;
            Ok(Expr::Literal(Value::Double(number)))
        }
        Rule::unread_value => Ok(Expr::Unread(reader.name_unread(pair.as_str(), span))),
        _ => Err(internal()),
    }
}

fn is_word(rule: Rule) -> bool {
    matches!(rule, Rule::kw_when | Rule::kw_then | Rule::kw_else | Rule::kw_yield | Rule::kw_in | Rule::collect_word)
}

fn collect(reader: &mut Reader<'_>, pair: Pair<'_, Rule>) -> Result<Expr> {
    let distinct = pair.as_str().starts_with("collect_distinct");
    let (mut var, mut when) = (None, crate::model::Predicate::Always(true));
    let mut values = Vec::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::variable => var = Some(variable(&part)),
            Rule::condition => when = reader.condition(part)?,
            other if is_word(other) => {}
            _ => values.push(operand(reader, part)?),
        }
    }
    match (var, values.as_slice()) {
        (Some(var), [list, value]) => Ok(Expr::Collect {
            list: Box::new(list.clone()),
            var,
            when: Box::new(when),
            value: Box::new(value.clone()),
            distinct,
        }),
        _ => Err(internal()),
    }
}

fn call(reader: &mut Reader<'_>, pair: Pair<'_, Rule>) -> Result<Expr> {
    let mut parts = pair.into_inner();
    let word = parts.next().ok_or_else(internal)?;
    let place = span_of(&word);
    let name = word.as_str();
    let mut arguments = parts.map(|part| operand(reader, part)).collect::<Result<Vec<_>>>()?;
    if name == "anywhere" && arguments.is_empty() {
        return Ok(Expr::AnyField);
    }
    if let Some((_, mode)) = MODES.iter().find(|(word, _)| *word == name) {
        match arguments.as_mut_slice() {
            [Expr::Field(field)] => {
                field.mode = *mode;
                return Ok(arguments.remove(0));
            }
            [Expr::Path(_, _, found)] => {
                *found = *mode;
                return Ok(arguments.remove(0));
            }
            _ => {}
        }
    }
    if let ("optional", [Expr::Field(field)]) = (name, arguments.as_mut_slice()) {
        field.optional = true;
        return Ok(arguments.remove(0));
    }
    match function_named(name) {
        Some(function) => Ok(Expr::Call(function, arguments)),
        None => {
            let known = function::ALL.iter().map(|function| function.0).chain(MODES.iter().map(|(word, _)| *word));
            let help = did_you_mean(name, known).unwrap_or_else(|| "docs/condition.md lists the functions.".to_owned());
            Err(Diagnostic::error(syntax::UNKNOWN_FUNCTION, format!("there is no function `{name}`"))
                .at(place)
                .help(help))
        }
    }
}

/// A function by the name that the printer gives it: `fn_` stands before names that have a meaning of their own here.
fn function_named(name: &str) -> Option<Function> {
    function::by_name(name).or_else(|| name.strip_prefix("fn_").and_then(function::by_name))
}

fn constant(value: Expr) -> Option<Value> {
    match value {
        Expr::Literal(value) => Some(value),
        Expr::List(items) => items.into_iter().map(constant).collect::<Option<Vec<_>>>().map(Value::Array),
        Expr::Object(members) => members
            .into_iter()
            .map(|(name, value)| constant(value).map(|value| (name, value)))
            .collect::<Option<Object>>()
            .map(Value::Object),
        _ => None,
    }
}

fn literal(reader: &mut Reader<'_>, pair: &Pair<'_, Rule>) -> Result<Expr> {
    let inner = pair.clone().into_inner().next().ok_or_else(internal)?;
    Ok(Expr::Literal(match inner.as_rule() {
        Rule::kw_true => Value::Bool(true),
        Rule::kw_false => Value::Bool(false),
        Rule::kw_null => Value::Null,
        Rule::number => number(inner.as_str())
            .ok_or_else(|| Diagnostic::error(syntax::SYNTAX, "the number is too large").at(span_of(&inner)))?,
        _ => Value::String(string(reader, &inner)?),
    }))
}

fn number(text: &str) -> Option<Value> {
    if text.contains(['.', 'e', 'E']) {
        return text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Double);
    }
    text.parse::<i64>().ok().map(Value::Int)
}

/// The text of a quoted string. `\"`, `\'`, `\\`, `\n`, `\r`, `\t` and `\u{1f600}` are known; a backslash before
/// anything else stands for itself, with a warning.
fn string(reader: &mut Reader<'_>, pair: &Pair<'_, Rule>) -> Result<String> {
    let whole = pair.as_str();
    let inner = whole.get(1..whole.len().saturating_sub(1)).unwrap_or("");
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(quote @ ('"' | '\'' | '\\' | '`')) => text.push(quote),
            Some('u') if letters.as_str().starts_with('{') => {
                let digits: String = letters.as_str().chars().skip(1).take_while(|next| *next != '}').collect();
                let found = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                let found =
                    found.filter(|_| letters.as_str().get(1 + digits.len()..).is_some_and(|r| r.starts_with('}')));
                let found = found.ok_or_else(|| {
                    Diagnostic::error(syntax::SYNTAX, format!("`\\u{{{digits}` names no character")).at(span_of(pair))
                })?;
                text.push(found);
                letters = letters.as_str().get(digits.len() + 2..).unwrap_or("").chars();
            }
            Some(other) => {
                text.push('\\');
                text.push(other);
                let message = format!("`\\{other}` is no escape; the backslash is kept");
                reader.diagnostics.push(Diagnostic::warning(syntax::UNKNOWN_ESCAPE, message).at(span_of(pair)));
            }
            None => text.push('\\'),
        }
    }
    Ok(text)
}

/// A key without its backticks; inside them `\` takes the next character as it is.
fn key_text(text: &str) -> String {
    let Some(inner) = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { return text.to_owned() };
    let mut key = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        key.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
    }
    key
}

/// The name of a bound element, without `$`.
pub(super) fn variable(pair: &Pair<'_, Rule>) -> Var {
    Var(key_text(pair.as_str().trim_start_matches('$')))
}

/// The path of a field or of what stands behind a variable.
fn field_path(reader: &mut Reader<'_>, pair: &Pair<'_, Rule>) -> Result<FieldPath> {
    let mut segments = Vec::new();
    for part in pair.clone().into_inner() {
        let text = part.as_str();
        segments.push(match part.as_rule() {
            Rule::root | Rule::variable => continue,
            Rule::quoted_key => Segment::Key(key_text(text)),
            Rule::pattern => Segment::KeyPattern(key_text(text.trim_start_matches('*'))),
            Rule::every => Segment::Any,
            Rule::json => Segment::Json,
            Rule::index => {
                let digits = text.trim_matches(|letter| letter == '[' || letter == ']');
                Segment::Index(
                    digits
                        .parse()
                        .map_err(|_| Diagnostic::error(syntax::SYNTAX, "the index is too large").at(span_of(&part)))?,
                )
            }
            Rule::paired => {
                let mut inner = part.into_inner();
                let key = key_text(inner.next().ok_or_else(internal)?.as_str());
                let ignore_case = inner.next().ok_or_else(internal)?.as_str() == "=~";
                Segment::Paired { key, equals: string(reader, &inner.next().ok_or_else(internal)?)?, ignore_case }
            }
            _ if text.contains('*') => Segment::KeyPattern(text.to_owned()),
            _ => Segment::Key(text.to_owned()),
        });
    }
    Ok(FieldPath(segments))
}

/// Seconds with a fraction of at most seven digits as ticks.
fn ticks_of_seconds(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim_start_matches('+')),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 7 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ticks = i128::from(whole.parse::<u64>().ok()?) * i128::from(TICKS_PER_SECOND)
        + format!("{fraction:0<7}").parse::<i128>().ok()?;
    i64::try_from(ticks * sign).ok()
}

/// Seconds from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 62_135_596_800;

/// An ISO time as ticks since 0001-01-01.
fn ticks_of_time(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    let seconds = time.as_second().checked_add(EPOCH)?;
    seconds.checked_mul(TICKS_PER_SECOND)?.checked_add(i64::from(time.subsec_nanosecond() / 100))
}

/// Ticks since 0001-01-01 as an ISO time; `None` outside the years that can be written.
pub(super) fn time_of_ticks(ticks: i64) -> Option<String> {
    let seconds = ticks.div_euclid(TICKS_PER_SECOND) - EPOCH;
    let nanoseconds = i32::try_from(ticks.rem_euclid(TICKS_PER_SECOND) * 100).ok()?;
    jiff::Timestamp::new(seconds, nanoseconds).ok().map(|time| time.to_string())
}

/// Ticks as seconds with their fraction.
pub(super) fn seconds_of_ticks(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let (whole, rest) =
        (ticks.unsigned_abs() / TICKS_PER_SECOND as u64, ticks.unsigned_abs() % TICKS_PER_SECOND as u64);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{rest:07}").trim_end_matches('0'))
}
