//! Literals and what is made of them: `dynamic(...)`, `typeof(...)`.

use super::super::syntax::{Expr, ExprKind, Json, JsonKind, Literal, LiteralValue, TypeOf, TypeOfColumn};
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::{Rule, names, strings, values};
use crate::diagnostic::Span;

/// Whether a rule starts a literal.
pub(super) fn is_literal(rule: Option<Rule>) -> bool {
    matches!(
        rule,
        Some(
            Rule::string
                | Rule::boolean
                | Rule::number
                | Rule::signed_number
                | Rule::typed
                | Rule::short_typed
                | Rule::dynamic
                | Rule::r#typeof
                | Rule::braced_name
        )
    )
}

/// The literal's spelling where the canonical one differs from it.
fn spelled(value: &LiteralValue, spelling: &str) -> Option<Box<str>> {
    let canonical = match value {
        LiteralValue::String { text, hidden: false } => {
            spelling.len() == text.len() + 2
                && spelling.starts_with('"')
                && !text.contains(|c: char| c == '\\' || c == '"' || c.is_control())
        }
        LiteralValue::Bool(Some(true)) => spelling == "true",
        LiteralValue::Bool(Some(false)) => spelling == "false",
        LiteralValue::Long(Some(_)) => {
            spelling == "0" || !spelling.starts_with(['0', '+', 'l', 'i']) && !spelling.starts_with("-0")
        }
        _ => false,
    };
    if canonical { None } else { Some(spelling.into()) }
}

fn literal(value: LiteralValue, spelling: &str, span: Span) -> Literal {
    Literal { spelling: spelled(&value, spelling), value, span }
}

impl Builder<'_> {
    /// One literal; adjacent strings are one.
    pub fn literal_expr(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        match parts.peek() {
            Some(Rule::r#typeof) => {
                let part = parts.take()?;
                let span = exact(&part);
                Ok(Expr { kind: ExprKind::TypeOf(self.type_of(part)?), span })
            }
            Some(Rule::braced_name) => names::take_name(parts).map(names::name_expr),
            _ => {
                let literal = self.literal(parts)?;
                Ok(Expr { span: literal.span, kind: ExprKind::Literal(literal) })
            }
        }
    }

    /// One literal that has a value.
    pub fn literal(&self, parts: &mut Cursor<'_>) -> Built<Literal> {
        if parts.peek() == Some(Rule::string) {
            return self.strings(parts);
        }
        let part = parts.take()?;
        let (span, spelling) = (exact(&part), part.as_str());
        let value = match part.as_rule() {
            Rule::boolean => LiteralValue::Bool(Some(spelling.eq_ignore_ascii_case("true"))),
            Rule::number | Rule::signed_number => values::number(spelling),
            Rule::typed | Rule::short_typed | Rule::json_typed => values::typed(spelling),
            Rule::dynamic => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_dynamic);
                return Ok(Literal { value: LiteralValue::Dynamic(self.json(&mut inner)?), spelling: None, span });
            }
            _ => return Err(internal()),
        };
        Ok(literal(value, spelling, span))
    }

    /// Adjacent strings as one literal.
    pub fn strings(&self, parts: &mut Cursor<'_>) -> Built<Literal> {
        let first = parts.take()?;
        let mut span = exact(&first);
        let mut text = String::new();
        let hidden = strings::decode(first.as_str(), &mut text);
        let mut joined: Option<String> = None;
        while let Some(next) = parts.take_if(Rule::string) {
            strings::decode(next.as_str(), &mut text);
            let spelling = joined.get_or_insert_with(|| first.as_str().to_owned());
            // A comment may stand between; it is kept elsewhere.
            spelling.push(' ');
            spelling.push_str(next.as_str());
            span = span.to(exact(&next));
        }
        let value = LiteralValue::String { text, hidden };
        Ok(match joined {
            Some(spelling) => Literal { value, spelling: Some(spelling.into()), span },
            None => literal(value, first.as_str(), span),
        })
    }

    /// A value inside `dynamic(...)`.
    fn json(&self, parts: &mut Cursor<'_>) -> Built<Json> {
        let Some(rule) = parts.peek() else { return Err(internal()) };
        let part = parts.take()?;
        let span = exact(&part);
        let of = |literal: Literal| Json { kind: JsonKind::Literal(Box::new(literal)), span };
        Ok(match rule {
            Rule::json_array => {
                let mut inner = Cursor::new(part);
                let mut values = Vec::new();
                while inner.peek().is_some() {
                    values.push(self.json(&mut inner)?);
                }
                Json { kind: JsonKind::Array(values), span }
            }
            Rule::json_object => {
                let mut inner = Cursor::new(part);
                let mut members = Vec::new();
                while let Some(name) = inner.take_if(Rule::json_name) {
                    let name = self.strings(&mut Cursor::new(name))?;
                    members.push((name, self.json(&mut inner)?));
                }
                Json { kind: JsonKind::Object(members), span }
            }
            Rule::json_text => {
                let text = self.strings(&mut Cursor::new(part))?;
                Json { span: text.span, ..of(text) }
            }
            Rule::json_negative => {
                let number = part.clone().into_inner().next().map_or("", |inner| inner.as_str());
                let spelling = format!("-{number}");
                let value = values::number(&spelling);
                of(Literal { spelling: spelled(&value, &spelling), value, span })
            }
            Rule::null => Json { kind: JsonKind::Null, span },
            Rule::braced_name => Json { kind: JsonKind::Parameter(part.as_str().into()), span },
            Rule::number => of(literal(values::number(part.as_str()), part.as_str(), span)),
            Rule::boolean => {
                let value = LiteralValue::Bool(Some(part.as_str().eq_ignore_ascii_case("true")));
                of(literal(value, part.as_str(), span))
            }
            Rule::json_typed => of(literal(values::typed(part.as_str()), part.as_str(), span)),
            Rule::dynamic => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_dynamic);
                of(Literal { value: LiteralValue::Dynamic(self.json(&mut inner)?), spelling: None, span })
            }
            _ => return Err(internal()),
        })
    }

    /// `typeof(...)`
    pub fn type_of(&self, part: Part<'_>) -> Built<TypeOf> {
        let mut parts = Cursor::new(part);
        parts.skip(Rule::kw_typeof);
        if matches!(parts.peek(), Some(Rule::any_type | Rule::type_word)) {
            return names::take_name(&mut parts).map(TypeOf::Scalar);
        }
        let mut columns = Vec::new();
        while let Some(part) = parts.pop() {
            columns.push(match part.as_rule() {
                Rule::star => TypeOfColumn::Star(exact(&part)),
                _ => TypeOfColumn::Column(Box::new(self.parameter(part)?)),
            });
        }
        Ok(TypeOf::Columns(columns))
    }
}
