//! Syntax tree and field types → model. Semantics: spec/elastic-semantics.md, "Kibana KQL".

use super::tree::{Expression, Literal, Part, Query, RangeOperator, Values};
use crate::diagnostic::codes::elastic as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::elastic::join;
use crate::dialect::elastic::lower::{
    Assumptions, Field, Refused, assumed, equals, everywhere, path, pattern, range, split_at_spaces,
};
use crate::model::{
    ArrayMode, Expr, FieldKind, FieldRef, FieldTypes, Predicate, Quantifier, Test, Unread, Var, WildcardPart,
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
    let mut lowering = Lowering {
        text,
        types,
        unread: Vec::new(),
        diagnostics: Vec::new(),
        assumed: Assumptions::default(),
        nested: Vec::new(),
    };
    let predicate = query.root.as_ref().map_or(Predicate::Always(true), |root| lowering.expression(root));
    lowering.diagnostics.extend(lowering.assumed.tell());
    Lowered { predicate, unread: lowering.unread, diagnostics: lowering.diagnostics }
}

struct Lowering<'a> {
    text: &'a str,
    types: &'a dyn FieldTypes,
    unread: Vec<Unread>,
    diagnostics: Vec<Diagnostic>,
    assumed: Assumptions,
    /// Nested fields around the expression, outermost first.
    nested: Vec<String>,
}

impl Lowering<'_> {
    fn expression(&mut self, shown: &Expression) -> Predicate {
        match shown {
            Expression::Or(items, _) => join::any(items.iter().map(|item| self.expression(item)).collect()),
            Expression::And(items, _) => join::all(items.iter().map(|item| self.expression(item)).collect()),
            Expression::Not(inner, _) => self.expression(inner).negate(),
            Expression::Group(inner, _) => self.expression(inner),
            Expression::Nested { field, inner, .. } => self.nested(field, inner),
            Expression::Range { field, operator, value, span } => {
                let text = value.plain();
                let field = self.field(field, assumed(&[&text]));
                let (low, high) = match operator {
                    RangeOperator::Less => (None, Some((text.as_str(), false))),
                    RangeOperator::LessEqual => (None, Some((text.as_str(), true))),
                    RangeOperator::Greater => (Some((text.as_str(), false)), None),
                    RangeOperator::GreaterEqual => (Some((text.as_str(), true)), None),
                };
                self.read(range(&field, low, high, *span), *span)
            }
            Expression::Test { field, values, .. } => {
                let at = field.span;
                let field =
                    if field.is_only_wildcard() { Field::every() } else { self.field(field, FieldKind::Keyword) };
                self.values(&field, values, at)
            }
            Expression::Anywhere(value) => self.value(&Field::every(), value, value.span),
        }
    }

    fn values(&mut self, field: &Field, shown: &Values, at: Span) -> Predicate {
        match shown {
            Values::One(value) => self.value(field, value, at.to(value.span)),
            Values::Or(items, _) => join::any(items.iter().map(|item| self.values(field, item, item.span())).collect()),
            Values::And(items, _) => {
                join::all(items.iter().map(|item| self.values(field, item, item.span())).collect())
            }
            Values::Not(inner, span) => self.values(field, inner, *span).negate(),
            Values::Group(inner, span) => self.values(field, inner, at.to(*span)),
        }
    }

    fn value(&mut self, field: &Field, value: &Literal, span: Span) -> Predicate {
        self.look_at(value);
        let parts: Vec<WildcardPart> = value
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => WildcardPart::Text(text.clone()),
                Part::Any => WildcardPart::Many,
            })
            .collect();
        let types = self.types;
        let found = if field.name.is_none() {
            Ok(everywhere(types, |field| test(field, value, &parts, span)))
        } else {
            test(field, value, &parts, span)
        };
        self.read(found, span)
    }

    /// The field of this name; `kind` is what is assumed of it where its type is not known.
    fn field(&mut self, field: &Literal, kind: FieldKind) -> Field {
        let name = field.plain();
        let Some(outer) = self.nested.last() else {
            self.assumed.note(&name, kind, field.span, self.types);
            return Field::named(&name, self.types);
        };
        let full = format!("{outer}.{name}");
        let base = Box::new(Expr::Var(Var(outer.clone())));
        self.assumed.note(&full, kind, field.span, self.types);
        let named = Field::named(&full, self.types);
        Field { subject: Expr::Path(base, path(&name), ArrayMode::Any), ..named }
    }

    fn nested(&mut self, field: &Literal, inner: &Expression) -> Predicate {
        let name = field.plain();
        let full = self.nested.last().map_or_else(|| name.clone(), |outer| format!("{outer}.{name}"));
        let list = match self.nested.last() {
            Some(outer) => Expr::Path(Box::new(Expr::Var(Var(outer.clone()))), path(&name), ArrayMode::Any),
            None => Expr::Field(FieldRef::new(path(&name), ArrayMode::Any)),
        };
        self.nested.push(full.clone());
        let body = Box::new(self.expression(inner));
        self.nested.pop();
        Predicate::Elements { quantifier: Quantifier::Any, list, var: Var(full), body }
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

    /// Warns of what is read as Kibana reads it and surely meant otherwise.
    fn look_at(&mut self, value: &Literal) {
        let written = value.span.text(self.text);
        if value.quoted {
            let path = written.contains(":\\") || written.contains("\\\\") || written.contains(".\\");
            if path && value.plain().contains(['\t', '\n', '\r']) {
                let message = "an escape in this path stands for a tab or a line break";
                self.diagnostics.push(Diagnostic::warning(codes::KUERY_CONTROL, message).at(value.span));
            }
            return;
        }
        let last = written.rsplit(char::is_whitespace).next().unwrap_or("");
        let operator = ["and", "or", "not"].iter().any(|word| last.eq_ignore_ascii_case(word));
        if operator && last.len() < written.len() {
            let message = format!("the value {written:?} ends with an operator word");
            self.diagnostics.push(Diagnostic::warning(codes::KUERY_OPERATOR_AT_END, message).at(value.span));
        }
    }
}

/// One value of one field.
fn test(field: &Field, value: &Literal, parts: &[WildcardPart], span: Span) -> Result<Predicate, Refused> {
    if !value.has_wildcard() {
        return equals(field, &value.plain(), value.quoted, span);
    }
    // Kibana builds a wildcard query for a keyword, and a query string, which is cut at spaces, for all else.
    let whole = matches!(field.kind, None | Some(FieldKind::Keyword | FieldKind::Dynamic)) && field.name.is_some();
    if whole || value.is_only_wildcard() {
        return pattern(field, parts.to_vec(), span);
    }
    let mut found = Vec::new();
    for piece in split_at_spaces(parts) {
        found.push(match piece.as_slice() {
            [WildcardPart::Text(text)] => equals(field, text, false, span)?,
            [WildcardPart::Many] if field.name.is_some() => {
                Predicate::Test(Test::new(field.subject.clone(), crate::model::TestKind::Present, span))
            }
            _ => pattern(field, piece, span)?,
        });
    }
    Ok(join::any(found))
}
