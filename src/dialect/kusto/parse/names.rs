//! Names, wildcards, types, schemas and parameters.

use super::super::syntax::{Expr, ExprKind, Name, NamedValue, Names, Parameter, ParameterType, Schema, Wildcard};
use super::cursor::{Builder, Built, Cursor, Part, exact};
use super::{Rule, strings};

/// A name of any form.
pub(super) fn name(part: Part<'_>) -> Name {
    let span = exact(&part);
    match part.as_rule() {
        Rule::bracketed_name => {
            let (mut text, mut spelling) = (String::new(), String::from("["));
            for string in part.into_inner() {
                strings::decode(string.as_str(), &mut text);
                if spelling.len() > 1 {
                    spelling.push(' ');
                }
                spelling.push_str(string.as_str());
            }
            spelling.push(']');
            Name { text, spelling: Some(spelling.into()), span }
        }
        Rule::braced_name => {
            let spelling = part.as_str();
            Name { text: spelling.to_owned(), spelling: Some(spelling.into()), span }
        }
        _ => Name { text: part.as_str().to_owned(), spelling: None, span },
    }
}

/// Whether a rule is a name.
pub(super) fn is_name(rule: Option<Rule>) -> bool {
    matches!(
        rule,
        Some(
            Rule::plain_name
                | Rule::extended_name
                | Rule::bracketed_name
                | Rule::braced_name
                | Rule::special_name
                | Rule::plain_identifier
        )
    )
}

/// The next part if it is a name.
pub(super) fn name_if(parts: &mut Cursor<'_>) -> Option<Name> {
    if is_name(parts.peek()) { parts.pop().map(name) } else { None }
}

/// The next part, which must be a name.
pub(super) fn take_name(parts: &mut Cursor<'_>) -> Built<Name> {
    parts.take().map(name)
}

/// A name as an expression.
pub(super) fn name_expr(name: Name) -> Expr {
    Expr { span: name.span, kind: ExprKind::Name(name) }
}

/// `a*` or `[a*]`.
pub(super) fn wildcard(part: Part<'_>) -> Wildcard {
    let span = exact(&part);
    match part.as_rule() {
        Rule::bracketed_wildcard => {
            let pattern = part.into_inner().next().map(|inner| inner.as_str().to_owned()).unwrap_or_default();
            Wildcard { pattern, bracketed: true, span }
        }
        _ => Wildcard { pattern: part.as_str().to_owned(), bracketed: false, span },
    }
}

impl Builder<'_> {
    /// The names in front of `=`.
    pub fn names(&self, part: Part<'_>) -> Names {
        let list = part.as_str().starts_with('(');
        let mut names: Vec<Name> = part.into_inner().map(name).collect();
        if !list && names.len() == 1 { names.pop().map_or(Names::None, Names::One) } else { Names::List(names) }
    }

    /// `name = value` behind a keyword.
    pub fn named_value(&self, part: Part<'_>) -> Built<NamedValue> {
        let span = self.span(&part);
        let mut parts = Cursor::new(part);
        let name = take_name(&mut parts)?;
        let value = self.parameter_value(&mut parts)?;
        Ok(NamedValue { name, equals: true, values: vec![value], span })
    }

    /// Every following part of that rule, as `name = value`.
    pub fn named_values(&self, parts: &mut Cursor<'_>, rule: Rule) -> Built<Vec<NamedValue>> {
        let mut values = Vec::new();
        while let Some(part) = parts.take_if(rule) {
            values.push(self.named_value(part)?);
        }
        Ok(values)
    }

    /// A literal, a name or a word.
    pub fn parameter_value(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        if is_name(parts.peek()) || parts.peek() == Some(Rule::param_word) {
            return take_name(parts).map(name_expr);
        }
        self.literal_expr(parts)
    }

    /// `with (name = value, ...)` of `externaldata` and `restrict`.
    pub fn properties(&self, part: Part<'_>) -> Built<Vec<NamedValue>> {
        let mut parts = Cursor::new(part);
        parts.skip(Rule::kw_with);
        let mut values = Vec::new();
        while let Some(property) = parts.take_if(Rule::property) {
            let span = self.span(&property);
            let mut inner = Cursor::new(property);
            let name = take_name(&mut inner)?;
            let value = match inner.peek() {
                Some(Rule::raw_guid) => {
                    let part = inner.take()?;
                    let name = Name {
                        text: part.as_str().to_owned(),
                        spelling: Some(part.as_str().into()),
                        span: exact(&part),
                    };
                    name_expr(name)
                }
                _ => self.parameter_value(&mut inner)?,
            };
            values.push(NamedValue { name, equals: true, values: vec![value], span });
        }
        Ok(values)
    }

    /// `name: type = default`, or `name: type`.
    pub fn parameter(&self, part: Part<'_>) -> Built<Parameter> {
        let span = self.span(&part);
        let mut parts = Cursor::new(part);
        let name = take_name(&mut parts)?;
        let ty = parts.take()?;
        let ty = match ty.as_rule() {
            Rule::table_type => {
                let span = exact(&ty);
                let mut inner = Cursor::new(ty.clone());
                if inner.skip(Rule::any_table) {
                    ParameterType::AnyTable(span)
                } else {
                    ParameterType::Table(self.schema(ty)?)
                }
            }
            _ => ParameterType::Scalar(super::names::name(ty)),
        };
        let default = match parts.peek() {
            None => None,
            Some(_) => Some(self.parameter_value(&mut parts)?),
        };
        Ok(Parameter { name, ty, default, span })
    }

    /// Every following part that is a parameter.
    pub fn parameters(&self, parts: &mut Cursor<'_>) -> Built<Vec<Parameter>> {
        let mut found = Vec::new();
        while let Some(part) = parts.take_if(Rule::parameter) {
            found.push(self.parameter(part)?);
        }
        Ok(found)
    }

    /// `(name: type, ...)`
    pub fn schema(&self, part: Part<'_>) -> Built<Schema> {
        let span = exact(&part);
        let mut parts = Cursor::new(part);
        let leading_comma = parts.skip(Rule::leading_comma);
        let columns = self.columns(&mut parts)?;
        let trailing_comma = parts.skip(Rule::trailing_comma);
        Ok(Schema { columns, leading_comma, trailing_comma, span })
    }

    /// Every following part that is a column of a schema.
    pub fn columns(&self, parts: &mut Cursor<'_>) -> Built<Vec<Parameter>> {
        let mut columns = Vec::new();
        while let Some(part) = parts.take_if(Rule::column) {
            columns.push(self.parameter(part)?);
        }
        Ok(columns)
    }
}
