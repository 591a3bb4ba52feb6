//! Scripts and statements.

use super::super::syntax::{
    Directive, Function, FunctionBody, Let, LetValue, Pattern, PatternCase, PatternDeclaration, Script, Span,
    Statement, StatementKind,
};
use super::Rule;
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::names::{name, take_name};

impl Builder<'_> {
    /// A whole text; comments are added by the caller.
    pub fn script(&self, part: Part<'_>) -> Built<Script> {
        let mut script = Script { span: Span::new(0, self.text.len()), ..Script::default() };
        let mut parts = Cursor::new(part);
        while let Some(part) = parts.pop() {
            match part.as_rule() {
                Rule::directive => {
                    let text = part.as_str().trim_end().to_owned();
                    script.directives.push(Directive { text, span: self.span(&part) });
                }
                Rule::EOI => {}
                Rule::last_semicolon => script.semicolon = true,
                _ => script.statements.push(self.statement(part)?),
            }
        }
        Ok(script)
    }

    /// One statement.
    pub fn statement(&self, part: Part<'_>) -> Built<Statement> {
        let span = self.span(&part);
        let rule = part.as_rule();
        let mut parts = Cursor::new(part);
        if rule != Rule::query_statement {
            parts.take()?;
        }
        let kind = match rule {
            Rule::query_statement => StatementKind::Query(self.pipe(parts.take()?)?),
            Rule::let_statement => StatementKind::Let(self.let_value(&mut parts)?),
            Rule::set_statement => {
                let name = take_name(&mut parts)?;
                let value = if parts.peek().is_some() { Some(self.take_expression(&mut parts)?) } else { None };
                StatementKind::Set { name, value }
            }
            Rule::alias_statement => {
                parts.skip(Rule::kw_database);
                StatementKind::Alias { name: take_name(&mut parts)?, value: self.take_expression(&mut parts)? }
            }
            Rule::parameters_statement => {
                parts.skip(Rule::kw_query_parameters);
                StatementKind::QueryParameters(self.parameters(&mut parts)?)
            }
            Rule::pattern_statement => {
                parts.skip(Rule::kw_pattern);
                StatementKind::Pattern(Box::new(self.pattern(&mut parts)?))
            }
            Rule::restrict_statement => {
                parts.skip(Rule::kw_access);
                parts.skip(Rule::kw_to);
                let mut entities = Vec::new();
                while let Some(entity) = parts.take_if(Rule::entity) {
                    entities.push(self.simple_path(entity)?);
                }
                let with = match parts.take_if(Rule::properties) {
                    Some(part) => Some(self.properties(part)?),
                    None => None,
                };
                StatementKind::Restrict { entities, with }
            }
            _ => return Err(internal()),
        };
        Ok(Statement { kind, span })
    }

    fn let_value(&self, parts: &mut Cursor<'_>) -> Built<Let> {
        let name = take_name(parts)?;
        let part = parts.take()?;
        let span = exact(&part);
        let value = match part.as_rule() {
            Rule::materialize => {
                let inner = Box::new(self.pipe_in(part)?);
                let kind = super::super::syntax::ExprKind::Materialize(inner);
                LetValue::Expr(super::super::syntax::Expr { kind, span })
            }
            Rule::entity_group => {
                let mut inner = Cursor::new(part);
                let keyword = inner.take()?;
                match inner.take_if(Rule::arguments) {
                    Some(arguments) => LetValue::EntityGroupCall(self.call_of(super::names::name(keyword), arguments)?),
                    None => LetValue::EntityGroup(self.expression_list(&mut inner)?),
                }
            }
            Rule::function => {
                let mut inner = Cursor::new(part);
                let view = inner.skip(Rule::kw_view);
                let parameters = self.parameters(&mut inner)?;
                let body = self.body(inner.take()?)?;
                LetValue::Function(Box::new(Function { view, parameters, body, span }))
            }
            _ => LetValue::Expr(self.pipe(part)?),
        };
        Ok(Let { name, value })
    }

    /// `function_body` and `case_body` of the grammar.
    fn body(&self, part: Part<'_>) -> Built<FunctionBody> {
        let mut body = FunctionBody { statements: Vec::new(), result: None, semicolon: false, span: exact(&part) };
        let mut parts = Cursor::new(part);
        while let Some(part) = parts.pop() {
            match part.as_rule() {
                Rule::pipe => body.result = Some(self.pipe(part)?),
                Rule::body_end => body.semicolon = true,
                _ => body.statements.push(self.statement(part)?),
            }
        }
        Ok(body)
    }

    fn pattern(&self, parts: &mut Cursor<'_>) -> Built<Pattern> {
        let name = name(parts.take()?);
        if parts.peek().is_none() {
            return Ok(Pattern { name, declaration: None });
        }
        let parameters = self.columns(parts)?;
        let path = match parts.take_if(Rule::pattern_path) {
            Some(part) => Some(self.parameter(part.into_inner().next().ok_or_else(internal)?)?),
            None => None,
        };
        let mut cases = Vec::new();
        while let Some(part) = parts.take_if(Rule::pattern_case) {
            let span = exact(&part);
            let mut inner = Cursor::new(part);
            let values = self.expression_list(&mut inner)?;
            let path = match inner.take_if(Rule::case_path) {
                Some(part) => Some(self.literal(&mut Cursor::new(part))?),
                None => None,
            };
            cases.push(PatternCase { values, path, body: self.body(inner.take()?)?, span });
        }
        Ok(Pattern { name, declaration: Some(PatternDeclaration { parameters, path, cases }) })
    }
}
