//! The operators with clauses of their own.

use super::super::syntax::{
    EvaluateSchema, Expr, ExprKind, FacetWith, Find, FindColumn, FindProject, ForkBranch, Join, JoinCondition,
    MakeSeries, MakeSeriesItem, MakeSeriesRange, MvApply, MvItem, Name, NamedValue, OperatorKind, Parse, ParsePart,
    Partition, Path, Query, Schema, Search, Step, StepKind, TopNested, TypeOf,
};
use super::Rule;
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::names::{name, name_expr, name_if, take_name};

impl Builder<'_> {
    pub fn top_nested(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let mut levels = Vec::new();
        while let Some(part) = parts.take_if(Rule::top_nested_level) {
            let span = self.span(&part);
            let mut inner = Cursor::new(part);
            inner.skip(Rule::kw_top_nested);
            let count = if inner.peek() == Some(Rule::item) { Some(self.take_item(&mut inner)?) } else { None };
            let mut of = Cursor::new(inner.take()?);
            of.skip(Rule::kw_of);
            let of = self.take_item(&mut of)?;
            let others = match inner.take_if(Rule::others) {
                Some(part) => {
                    let value =
                        part.into_inner().find(|inner| inner.as_rule() == Rule::expression).ok_or_else(internal)?;
                    Some(self.expression(value)?)
                }
                None => None,
            };
            inner.skip(Rule::kw_by);
            levels.push(TopNested { count, of, others, by: self.ordered(inner.take()?)?, span });
        }
        Ok(OperatorKind::TopNested(levels))
    }

    pub fn join(&self, parts: &mut Cursor<'_>) -> Built<Join> {
        let right = self.take_expression(parts)?;
        let condition = match parts.pop() {
            Some(part) if part.as_rule() == Rule::on => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_on);
                Some(JoinCondition::On(self.expression_list(&mut inner)?))
            }
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_where);
                Some(JoinCondition::Where(self.take_expression(&mut inner)?))
            }
            None => None,
        };
        Ok(Join { right, condition })
    }

    pub fn invoke(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let first = self.call(parts.take()?)?;
        let mut span = first.span;
        let first = Expr { span, kind: ExprKind::Call(Box::new(first)) };
        let mut steps = Vec::new();
        while let Some(part) = parts.take_if(Rule::call) {
            let call = self.call(part)?;
            span = span.to(call.span);
            steps.push(Step { span: call.span, kind: StepKind::Call(call) });
        }
        if steps.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: ExprKind::Path(Path { first: Box::new(first), steps }), span })
    }

    pub fn expanded_type(&self, parts: &mut Cursor<'_>) -> Built<Option<TypeOf>> {
        match parts.take_if(Rule::to_type) {
            Some(part) => {
                let inner = part.into_inner().find(|inner| inner.as_rule() == Rule::r#typeof).ok_or_else(internal)?;
                self.type_of(inner).map(Some)
            }
            None => Ok(None),
        }
    }

    pub fn mv_item(&self, part: Part<'_>) -> Built<MvItem> {
        let span = self.span(&part);
        let mut parts = Cursor::new(part);
        let item = if parts.peek() == Some(Rule::item) { Some(self.take_item(&mut parts)?) } else { None };
        Ok(MvItem { item, to: self.expanded_type(&mut parts)?, span })
    }

    pub fn limit(&self, parts: &mut Cursor<'_>, rule: Rule) -> Built<Option<Expr>> {
        match parts.take_if(rule) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.pop();
                self.take_expression(&mut inner).map(Some)
            }
            None => Ok(None),
        }
    }

    pub fn mv_expand(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let mut items = Vec::new();
        while let Some(part) = parts.take_if(Rule::mv_item) {
            items.push(self.mv_item(part)?);
        }
        Ok(OperatorKind::MvExpand { items, limit: self.limit(parts, Rule::limit)? })
    }

    pub fn mv_apply(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let mut items = Vec::new();
        while let Some(Rule::apply_item | Rule::only_type) = parts.peek() {
            items.push(self.mv_item(parts.take()?)?);
        }
        let limit = self.limit(parts, Rule::limit)?;
        let id = self.limit(parts, Rule::apply_id)?;
        parts.skip(Rule::kw_on);
        let body = self.pipe(parts.take()?)?;
        Ok(OperatorKind::MvApply(Box::new(MvApply { items, limit, id, body })))
    }

    pub fn parse_pattern(&self, parts: &mut Cursor<'_>) -> Built<Parse> {
        let value = self.take_expression(parts)?;
        parts.skip(Rule::kw_with);
        let mut pattern = Vec::new();
        while let Some(part) = parts.pop() {
            pattern.push(match part.as_rule() {
                Rule::star => ParsePart::Star(exact(&part)),
                Rule::parse_text => ParsePart::Text(self.strings(&mut Cursor::new(part))?),
                _ => {
                    let mut inner = Cursor::new(part);
                    let name = take_name(&mut inner)?;
                    ParsePart::Column { name, ty: inner.pop().map(super::names::name) }
                }
            });
        }
        Ok(Parse { value, pattern })
    }

    pub fn evaluate(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let call = self.call(parts.take()?)?;
        let schema = match parts.take_if(Rule::evaluate_schema) {
            Some(part) => {
                let span = exact(&part);
                let mut inner = Cursor::new(part);
                let leading_comma = inner.skip(Rule::leading_comma);
                let star = inner.skip(Rule::schema_star);
                let star_comma = inner.skip(Rule::star_comma);
                let columns = self.columns(&mut inner)?;
                let trailing_comma = inner.skip(Rule::trailing_comma);
                let schema = Schema { columns, leading_comma, trailing_comma, span };
                Some(EvaluateSchema { star, star_comma, schema })
            }
            None => None,
        };
        Ok(OperatorKind::Evaluate { call, schema })
    }

    pub fn make_series(&self, parts: &mut Cursor<'_>) -> Built<MakeSeries> {
        let mut aggregates = Vec::new();
        while let Some(part) = parts.take_if(Rule::series_item) {
            let mut inner = Cursor::new(part);
            let item = self.take_item(&mut inner)?;
            let default = match inner.take_if(Rule::series_default) {
                Some(part) => {
                    let mut inner = Cursor::new(part);
                    inner.skip(Rule::kw_default);
                    Some(self.take_item(&mut inner)?)
                }
                None => None,
            };
            aggregates.push(MakeSeriesItem { item, default });
        }
        parts.skip(Rule::kw_on);
        let on = self.take_item(parts)?;
        let range = parts.take()?;
        let range = if range.as_rule() == Rule::in_range {
            let mut inner = Cursor::new(range);
            inner.skip(Rule::kw_in);
            inner.skip(Rule::kw_range);
            MakeSeriesRange::InRange(self.items(&mut inner)?)
        } else {
            let mut inner = Cursor::new(range);
            let from = self.limit(&mut inner, Rule::series_from)?.map(Box::new);
            let to = self.limit(&mut inner, Rule::series_to)?.map(Box::new);
            let step = self.limit(&mut inner, Rule::series_step)?.ok_or_else(internal)?;
            MakeSeriesRange::FromToStep { from, to, step: Box::new(step) }
        };
        let by = match parts.take_if(Rule::series_by) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_by);
                Some(self.items(&mut inner)?)
            }
            None => None,
        };
        Ok(MakeSeries { aggregates, on, range, by })
    }

    pub fn tables(&self, parts: &mut Cursor<'_>) -> Built<Option<Vec<Expr>>> {
        let Some(part) = parts.take_if(Rule::tables) else { return Ok(None) };
        let mut inner = Cursor::new(part);
        inner.skip(Rule::kw_in);
        let mut tables = Vec::new();
        while let Some(source) = inner.take_if(Rule::find_source) {
            let mut source = Cursor::new(source);
            let table = self.simple_path(source.take()?)?;
            tables.push(match source.pop() {
                Some(alias) => {
                    let alias = self.operator(alias)?;
                    let span = table.span.to(alias.span);
                    let query = Query { source: Some(table), operators: vec![alias] };
                    Expr { kind: ExprKind::Query(Box::new(query)), span }
                }
                None => table,
            });
        }
        Ok(Some(tables))
    }

    pub fn search(&self, parts: &mut Cursor<'_>, _parameters: &mut [NamedValue]) -> Built<Search> {
        let data_scope = match parts.take_if(Rule::data_scope) {
            Some(part) => Some(self.data_scope(part)?),
            None => None,
        };
        let tables = self.tables(parts)?;
        let condition = match parts.take_if(Rule::star) {
            Some(star) => {
                let span = exact(&star);
                let star = Expr { kind: ExprKind::Star, span };
                if parts.skip(Rule::kw_and) {
                    let condition = self.take_expression(parts)?;
                    let span = span.to(condition.span);
                    Expr { kind: ExprKind::And(vec![star, condition]), span }
                } else {
                    star
                }
            }
            None => self.take_expression(parts)?,
        };
        Ok(Search { data_scope, tables, condition })
    }

    pub fn find(&self, parts: &mut Cursor<'_>, parameters: &mut Vec<NamedValue>) -> Built<Find> {
        let data_scope = match parts.take_if(Rule::data_scope) {
            Some(part) => Some(self.data_scope(part)?),
            None => None,
        };
        parameters.extend(self.named_values(parts, Rule::param)?);
        let tables = self.tables(parts)?;
        let where_keyword = parts.skip(Rule::kw_where);
        let condition = self.take_expression(parts)?;
        let project = match parts.peek() {
            Some(Rule::find_project) => Some(FindProject::Columns(self.find_columns(parts.take()?)?)),
            Some(Rule::project_smart) => {
                parts.pop();
                Some(FindProject::Smart)
            }
            _ => None,
        };
        let project_away = match parts.take_if(Rule::find_away) {
            Some(part) => Some(self.find_columns(part)?),
            None => None,
        };
        Ok(Find { data_scope, tables, where_keyword, condition, project, project_away })
    }

    pub fn find_columns(&self, part: Part<'_>) -> Built<Vec<FindColumn>> {
        let mut parts = Cursor::new(part);
        parts.pop();
        let mut columns = Vec::new();
        while let Some(part) = parts.pop() {
            columns.push(match part.as_rule() {
                Rule::pack_star => FindColumn::Pack(exact(&part)),
                Rule::star => FindColumn::Star(exact(&part)),
                _ => {
                    let mut inner = Cursor::new(part);
                    let name = take_name(&mut inner)?;
                    FindColumn::Column { name, ty: inner.pop().map(super::names::name) }
                }
            });
        }
        Ok(columns)
    }

    pub fn fork(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let mut branches = Vec::new();
        while let Some(part) = parts.take_if(Rule::branch) {
            let span = exact(&part);
            let mut inner = Cursor::new(part);
            let name = name_if(&mut inner);
            branches.push(ForkBranch { name, body: self.pipe(inner.take()?)?, span });
        }
        Ok(OperatorKind::Fork(branches))
    }

    pub fn facet(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        parts.skip(Rule::kw_by);
        let mut by = Vec::new();
        while let Some(part) = parts.take_if(Rule::simple_path) {
            by.push(self.simple_path(part)?);
        }
        let with = match parts.take_if(Rule::facet_with) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_with);
                if inner.skip(Rule::open_paren) {
                    Some(FacetWith { parenthesized: true, body: self.pipe(inner.take()?)? })
                } else {
                    let operator = self.operator(inner.take()?)?;
                    let span = operator.span;
                    let query = Query { source: None, operators: vec![operator] };
                    Some(FacetWith {
                        parenthesized: false,
                        body: Expr { kind: ExprKind::Query(Box::new(query)), span },
                    })
                }
            }
            None => None,
        };
        Ok(OperatorKind::Facet { by, with })
    }

    pub fn partition(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        parts.skip(Rule::kw_by);
        let by = self.simple_path(parts.take()?)?;
        let scope = match parts.take_if(Rule::partition_scope) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_in);
                if inner.peek() == Some(Rule::dynamic) {
                    Some(self.literal_expr(&mut inner)?)
                } else {
                    let call = self.call(inner.take()?)?;
                    Some(Expr { span: call.span, kind: ExprKind::Call(Box::new(call)) })
                }
            }
            None => None,
        };
        let body = parts.take()?;
        let braces = body.as_rule() == Rule::partition_query;
        let body = self.pipe(body.into_inner().next().ok_or_else(internal)?)?;
        Ok(OperatorKind::Partition(Box::new(Partition { by, scope, braces, body })))
    }

    pub fn render(&self, parts: &mut Cursor<'_>, parameters: &mut Vec<NamedValue>) -> Built<OperatorKind> {
        let chart = name(parts.take()?);
        while let Some(part) = parts.take_if(Rule::old_render_property) {
            parameters.push(self.render_property(part)?);
        }
        let mut leading_comma = false;
        let with = match parts.take_if(Rule::render_with) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.skip(Rule::kw_with);
                leading_comma = inner.skip(Rule::leading_comma);
                let mut properties = Vec::new();
                while let Some(property) = inner.take_if(Rule::render_property) {
                    properties.push(self.render_property(property)?);
                }
                Some(properties)
            }
            None => None,
        };
        Ok(OperatorKind::Render { chart, with, leading_comma })
    }

    pub fn render_property(&self, part: Part<'_>) -> Built<NamedValue> {
        let span = self.span(&part);
        let mut parts = Cursor::new(part);
        let first = parts.take()?;
        let rule = first.as_rule();
        let name = name(first);
        let equals = !matches!(rule, Rule::kw_with | Rule::kw_by);
        let mut values = Vec::new();
        match rule {
            Rule::kw_by | Rule::render_columns => {
                while let Some(column) = name_if(&mut parts) {
                    values.push(name_expr(column));
                }
            }
            Rule::render_text | Rule::old_render_title => {
                let operand = parts.take()?;
                values.push(self.sole_operand(operand)?);
            }
            _ => values.push(self.parameter_value(&mut parts)?),
        }
        Ok(NamedValue { name, equals, values, span })
    }

    /// An operand that stands alone: no operators around it.
    pub fn sole_operand(&self, part: Part<'_>) -> Built<Expr> {
        let mut parts = Cursor::new(part);
        match parts.take_if(Rule::sign) {
            Some(sign) => {
                let operand = self.path(&mut parts)?;
                let span = exact(&sign).to(operand.span);
                let negative = sign.as_str() == "-";
                Ok(Expr { kind: ExprKind::Sign { negative, operand: Box::new(operand) }, span })
            }
            None => self.path(&mut parts),
        }
    }
}

/// A name that stands alone behind a keyword.
pub(super) fn alias(parts: &mut Cursor<'_>, word: Rule) -> Option<Name> {
    if parts.skip(word) { name_if(parts) } else { None }
}
