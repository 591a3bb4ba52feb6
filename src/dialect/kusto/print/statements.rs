//! Scripts, statements, functions, schemas.

use super::super::syntax::{
    ExprKind, FunctionBody, LetValue, Parameter, ParameterType, PatternCase, Schema, Script, Statement, StatementKind,
};
use super::{INDENT, Printer, with_comma};
use crate::dialect::layout::{Doc, all, group, nest, text};

fn parameter_span(parameter: &Parameter) -> super::Span {
    parameter.span
}

impl Printer<'_> {
    /// A whole script with every comment.
    pub fn script(&mut self, script: &Script) -> Doc {
        let mut docs = Vec::new();
        for directive in &script.directives {
            docs.push(self.leaf(directive.text.clone(), directive.span));
            docs.push(Doc::Hard);
        }
        docs.push(self.statements(&script.statements, script.semicolon));
        let rest = self.before(usize::MAX);
        docs.push(rest);
        Doc::All(docs)
    }

    /// Statements with `;` between, each on a line of its own.
    pub fn statements(&mut self, statements: &[Statement], last: bool) -> Doc {
        let mut docs = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                docs.push(Doc::Hard);
            }
            docs.push(self.before(statement.span.start));
            docs.push(self.statement(statement));
            let next = statements.get(index + 1);
            if next.is_some() || last {
                docs.push(text(";"));
            }
            docs.push(self.behind(next.map_or(usize::MAX, |next| next.span.start)));
        }
        Doc::All(docs)
    }

    fn statement(&mut self, statement: &Statement) -> Doc {
        let end = statement.span.end;
        match &statement.kind {
            StatementKind::Query(query) => match &query.kind {
                ExprKind::Paren(_) => self.table(query),
                _ => self.whole(query),
            },
            StatementKind::Let(binding) => {
                let name = self.name(&binding.name);
                let open = all([text("let "), name, text(" =")]);
                match &binding.value {
                    LetValue::Expr(value) => match &value.kind {
                        ExprKind::Query(_) => {
                            let behind = self.behind(value.span.start);
                            let value = self.whole(value);
                            all([open, behind, nest(INDENT, all([Doc::Hard, value]))])
                        }
                        ExprKind::Paren(_) => {
                            let value = self.table(value);
                            all([open, text(" "), value])
                        }
                        _ => {
                            let value = self.scalar(value);
                            all([open, text(" "), group(value)])
                        }
                    },
                    LetValue::Function(function) => {
                        let view = self.before(function.span.start);
                        let word = if function.view { " view " } else { " " };
                        let body_start = function.body.span.start;
                        let docs = self.separated(&function.parameters, parameter_span, Self::parameter);
                        let parameters = self.bracketed("(", docs, ")", body_start, false);
                        let body = self.body(&function.body);
                        all([open, view, text(word), parameters, text(" "), body])
                    }
                    LetValue::EntityGroup(entities) => {
                        let docs = self.separated(entities, |entity| entity.span, Self::scalar);
                        all([open, text(" entity_group "), self.bracketed("[", docs, "]", end, false)])
                    }
                    LetValue::EntityGroupCall(call) => {
                        let call = self.call(call);
                        all([open, text(" "), call])
                    }
                }
            }
            StatementKind::Set { name, value } => {
                let name = self.name(name);
                let value = match value {
                    Some(value) => {
                        let value = self.scalar(value);
                        all([text(" = "), value])
                    }
                    None => all([]),
                };
                all([text("set "), name, value])
            }
            StatementKind::QueryParameters(parameters) => {
                let docs = self.separated(parameters, parameter_span, Self::parameter);
                all([text("declare query_parameters "), self.bracketed("(", docs, ")", end, false)])
            }
            StatementKind::Alias { name, value } => {
                let name = self.name(name);
                let value = self.scalar(value);
                all([text("alias database "), name, text(" = "), value])
            }
            StatementKind::Restrict { entities, with } => {
                let docs = self.separated(entities, |entity| entity.span, Self::scalar);
                let close = entities.last().map_or(0, |last| last.span.end + 1);
                let entities = self.bracketed("(", docs, ")", close, false);
                let with = match with {
                    Some(with) => {
                        let with = self.with(with, "", end);
                        all([text(" "), with])
                    }
                    None => all([]),
                };
                all([text("restrict access to "), entities, with])
            }
            StatementKind::Pattern(pattern) => {
                let name = self.name(&pattern.name);
                let open = all([text("declare pattern "), name]);
                let Some(declaration) = &pattern.declaration else { return open };
                let docs = self.separated(&declaration.parameters, parameter_span, Self::parameter);
                let close = declaration.parameters.last().map_or(0, |last| last.span.end + 1);
                let parameters = self.bracketed("(", docs, ")", close, false);
                let path = match &declaration.path {
                    Some(path) => {
                        let path = self.parameter(path);
                        all([text("["), path, text("]")])
                    }
                    None => all([]),
                };
                let mut cases = Vec::new();
                for PatternCase { values, path, body, span } in &declaration.cases {
                    cases.push(Doc::Hard);
                    cases.push(self.before(span.start));
                    let docs = self.separated(values, |value| value.span, Self::scalar);
                    let close = values.last().map_or(0, |last| last.span.end + 1);
                    cases.push(self.bracketed("(", docs, ")", close, false));
                    if let Some(path) = path {
                        let path = self.literal(path);
                        cases.extend([text(".["), path, text("]")]);
                    }
                    cases.push(text(" = "));
                    cases.push(self.body(body));
                    cases.push(text(";"));
                }
                let behind = self.before(end.saturating_sub(1));
                all([
                    open,
                    text(" = "),
                    parameters,
                    path,
                    text(" {"),
                    nest(INDENT, all([Doc::All(cases), behind])),
                    Doc::Hard,
                    text("}"),
                ])
            }
        }
    }

    /// `{ ... }`: on one line where it is one short value.
    fn body(&mut self, body: &FunctionBody) -> Doc {
        let tabular = body.result.as_ref().is_some_and(|result| matches!(result.kind, ExprKind::Query(_)));
        let line = || if tabular || !body.statements.is_empty() { Doc::Hard } else { Doc::Line };
        let mut docs = Vec::new();
        for (index, statement) in body.statements.iter().enumerate() {
            docs.push(Doc::Hard);
            docs.push(self.before(statement.span.start));
            docs.push(self.statement(statement));
            docs.push(text(";"));
            let next = body.statements.get(index + 1).map(|next| next.span.start);
            let next = next.or(body.result.as_ref().map(|result| result.span.start)).unwrap_or(body.span.end);
            docs.push(self.behind(next));
        }
        if let Some(result) = &body.result {
            docs.push(line());
            docs.push(self.before(result.span.start));
            docs.push(match &result.kind {
                ExprKind::Paren(_) => self.table(result),
                _ => self.whole(result),
            });
            if body.semicolon {
                docs.push(text(";"));
            }
        }
        docs.push(self.before(body.span.end.saturating_sub(1)));
        if body.statements.is_empty() && body.result.is_none() {
            let inner = Doc::All(docs);
            return if inner.is_broken() {
                all([text("{"), nest(INDENT, inner), Doc::Hard, text(if body.semicolon { ";}" } else { "}" })])
            } else {
                text(if body.semicolon { "{;}" } else { "{}" })
            };
        }
        group(all([text("{"), nest(INDENT, Doc::All(docs)), line(), text("}")]))
    }

    /// `name:type = default`
    pub fn parameter(&mut self, parameter: &Parameter) -> Doc {
        let name = self.name(&parameter.name);
        let ty = match &parameter.ty {
            ParameterType::Scalar(ty) => self.name(ty),
            ParameterType::AnyTable(span) => self.leaf("(*)", *span),
            ParameterType::Table(schema) => self.schema(schema),
        };
        let default = match &parameter.default {
            Some(default) => {
                let default = self.scalar(default);
                all([text(" = "), default])
            }
            None => all([]),
        };
        all([name, text(":"), ty, default])
    }

    /// `(name:type, ...)`
    pub fn schema(&mut self, schema: &Schema) -> Doc {
        self.schema_behind(schema, "")
    }

    /// The same with something in front of the first column.
    pub fn schema_behind(&mut self, schema: &Schema, first: &str) -> Doc {
        let mut docs = self.separated(&schema.columns, parameter_span, Self::parameter);
        if schema.trailing_comma {
            with_comma(&mut docs);
        }
        let open = format!("({}{first}", if schema.leading_comma { "," } else { "" });
        self.bracketed(&open, docs, ")", schema.span.end, true)
    }
}
