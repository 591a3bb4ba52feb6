//! The tabular operators.

use super::super::syntax::{
    Expr, ExprKind, Item, NamedValue, NullsOrder, Operator, OperatorKind, Ordered, SortOrder, Summarize,
};
use super::Rule;
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::names::{name, name_expr, name_if, take_name, wildcard};

/// The keyword that an operator was written with, where there is more than one.
fn keyword(part: &Part<'_>, canonical: &'static str) -> &'static str {
    const OTHERS: [&str; 6] = ["filter", "order", "limit", "mvexpand", "mvapply", "where"];
    let text = part.as_str();
    OTHERS
        .into_iter()
        .find(|other| *other != canonical && text.starts_with(other) && !text.starts_with(canonical))
        .unwrap_or(canonical)
}

impl Builder<'_> {
    /// Any operator.
    pub fn operator(&self, part: Part<'_>) -> Built<Operator> {
        let span = self.span(&part);
        let rule = part.as_rule();
        let text = part.clone();
        let mut parts = Cursor::new(part);
        // The keyword; `top-nested` begins with its first level.
        if rule != Rule::top_nested && rule != Rule::inline_external_table {
            parts.take()?;
        }
        let mut parameters = Vec::new();
        while let Some(Rule::param | Rule::union_param | Rule::kind_param | Rule::reduce_param | Rule::graph_param) =
            parts.peek()
        {
            parameters.push(self.named_value(parts.take()?)?);
        }
        let kind = self.kind(rule, &mut parts, &mut parameters, &text)?;
        Ok(Operator { keyword: keyword(&text, kind.name()), kind, parameters, span })
    }

    fn kind(
        &self,
        rule: Rule,
        parts: &mut Cursor<'_>,
        parameters: &mut Vec<NamedValue>,
        text: &Part<'_>,
    ) -> Built<OperatorKind> {
        Ok(match rule {
            Rule::r#where => OperatorKind::Where(self.take_item(parts)?),
            Rule::extend => OperatorKind::Extend(self.items(parts)?),
            Rule::project => OperatorKind::Project(self.items(parts)?),
            Rule::project_rename => OperatorKind::ProjectRename(self.items(parts)?),
            Rule::project_away => OperatorKind::ProjectAway(column_patterns(parts)),
            Rule::project_keep => OperatorKind::ProjectKeep(column_patterns(parts)),
            Rule::project_by_names => OperatorKind::ProjectByNames(self.expression_list(parts)?),
            Rule::project_reorder => OperatorKind::ProjectReorder(self.reordered(parts)?),
            Rule::summarize => OperatorKind::Summarize(self.summarize(parts)?),
            Rule::distinct => OperatorKind::Distinct(self.items(parts)?),
            Rule::serialize => OperatorKind::Serialize(self.items(parts)?),
            Rule::print => OperatorKind::Print(self.items(parts)?),
            Rule::sort => {
                parts.skip(Rule::kw_by);
                OperatorKind::Sort(self.ordered_list(parts)?)
            }
            Rule::take => OperatorKind::Take(self.take_item(parts)?),
            Rule::sample => OperatorKind::Sample(self.take_item(parts)?),
            Rule::sample_distinct => {
                let count = self.take_item(parts)?;
                parts.skip(Rule::kw_of);
                OperatorKind::SampleDistinct { count, of: self.take_item(parts)? }
            }
            Rule::top => {
                let count = self.take_item(parts)?;
                parts.skip(Rule::kw_by);
                OperatorKind::Top { count, by: self.ordered(parts.take()?)? }
            }
            Rule::top_hitters => {
                let count = self.take_item(parts)?;
                parts.skip(Rule::kw_of);
                let of = self.take_item(parts)?;
                let by = if parts.skip(Rule::kw_by) { Some(self.take_item(parts)?) } else { None };
                OperatorKind::TopHitters { count, of, by }
            }
            Rule::top_nested => self.top_nested(parts)?,
            Rule::join => OperatorKind::Join(Box::new(self.join(parts)?)),
            Rule::lookup => OperatorKind::Lookup(Box::new(self.join(parts)?)),
            Rule::r#union => {
                let mut sources = Vec::new();
                while parts.peek().is_some() {
                    sources.push(self.source(parts)?);
                }
                OperatorKind::Union(sources)
            }
            Rule::as_name => OperatorKind::As(take_name(parts)?),
            Rule::count => {
                parts.skip(Rule::kw_as);
                OperatorKind::Count(name_if(parts))
            }
            Rule::consume => OperatorKind::Consume,
            Rule::execute_and_cache => OperatorKind::ExecuteAndCache,
            Rule::getschema => OperatorKind::GetSchema,
            Rule::invoke => OperatorKind::Invoke(self.invoke(parts)?),
            Rule::assert_schema => OperatorKind::AssertSchema(self.schema(parts.take()?)?),
            Rule::range => {
                let name = take_name(parts)?;
                parts.skip(Rule::kw_from);
                let from = self.take_expression(parts)?;
                parts.skip(Rule::kw_to);
                let to = self.take_expression(parts)?;
                parts.skip(Rule::kw_step);
                OperatorKind::Range { name, from, to, step: self.take_expression(parts)? }
            }
            Rule::mv_expand => self.mv_expand(parts)?,
            Rule::mv_apply => self.mv_apply(parts)?,
            Rule::parse => OperatorKind::Parse(self.parse_pattern(parts)?),
            Rule::parse_where => OperatorKind::ParseWhere(self.parse_pattern(parts)?),
            Rule::parse_kv => {
                let value = self.take_expression(parts)?;
                parts.skip(Rule::kw_as);
                let keys = self.schema(parts.take()?)?;
                let with = match parts.take_if(Rule::kv_with) {
                    Some(with) => {
                        let mut inner = Cursor::new(with);
                        inner.skip(Rule::kw_with);
                        Some(self.named_values(&mut inner, Rule::kv_property)?)
                    }
                    None => None,
                };
                OperatorKind::ParseKv { value, keys, with }
            }
            Rule::evaluate => self.evaluate(parts)?,
            Rule::make_series => OperatorKind::MakeSeries(Box::new(self.make_series(parts)?)),
            Rule::search => OperatorKind::Search(Box::new(self.search(parts, parameters)?)),
            Rule::find => OperatorKind::Find(Box::new(self.find(parts, parameters)?)),
            Rule::fork => self.fork(parts)?,
            Rule::facet => self.facet(parts)?,
            Rule::partition => self.partition(parts)?,
            Rule::partition_by => {
                let by = self.simple_path(parts.take()?)?;
                let id = match parts.take_if(Rule::partition_id) {
                    Some(part) => {
                        let mut inner = Cursor::new(part);
                        inner.skip(Rule::kw_id);
                        Some(self.literal_expr(&mut inner)?)
                    }
                    None => None,
                };
                OperatorKind::PartitionBy { by, id, body: self.pipe(parts.take()?)? }
            }
            Rule::reduce => {
                parts.skip(Rule::kw_by);
                let by = self.take_item(parts)?;
                let with = match parts.take_if(Rule::reduce_with) {
                    Some(with) => {
                        let mut inner = Cursor::new(with);
                        inner.skip(Rule::kw_with);
                        Some(self.named_values(&mut inner, Rule::reduce_param)?)
                    }
                    None => None,
                };
                OperatorKind::Reduce { by, with }
            }
            Rule::render => self.render(parts, parameters)?,
            Rule::scan => OperatorKind::Scan(Box::new(self.scan(parts)?)),
            Rule::macro_expand => OperatorKind::MacroExpand(Box::new(self.macro_expand(parts)?)),
            Rule::make_graph => OperatorKind::MakeGraph(Box::new(self.make_graph(parts)?)),
            Rule::graph_match => OperatorKind::GraphMatch(Box::new(self.graph_match(parts)?)),
            Rule::graph_shortest_paths => OperatorKind::GraphShortestPaths(Box::new(self.graph_match(parts)?)),
            Rule::graph_to_table => self.graph_to_table(parts)?,
            Rule::graph_mark_components => OperatorKind::GraphMarkComponents,
            Rule::graph_where_nodes => OperatorKind::GraphWhereNodes(self.take_expression(parts)?),
            Rule::graph_where_edges => OperatorKind::GraphWhereEdges(self.take_expression(parts)?),
            Rule::inline_external_table => OperatorKind::InlineExternalTable(text.as_str().trim_end().into()),
            _ => return Err(internal()),
        })
    }

    /// A table of `union`: in parentheses, or a path.
    pub fn source(&self, parts: &mut Cursor<'_>) -> Built<Expr> {
        let part = parts.take()?;
        match part.as_rule() {
            Rule::paren => {
                let span = exact(&part);
                Ok(Expr { kind: ExprKind::Paren(Box::new(self.pipe_in(part)?)), span })
            }
            _ => self.simple_path(part),
        }
    }

    /// `entity` and `simple_path` of the grammar.
    pub fn simple_path(&self, part: Part<'_>) -> Built<Expr> {
        self.path(&mut Cursor::new(part))
    }

    pub fn ordered(&self, part: Part<'_>) -> Built<Ordered> {
        let mut parts = Cursor::new(part);
        let item = self.take_item(&mut parts)?;
        self.ordered_behind(item, &mut parts)
    }

    fn ordered_behind(&self, item: Item, parts: &mut Cursor<'_>) -> Built<Ordered> {
        let mut span = item.span;
        let order = match parts.take_if(Rule::order) {
            Some(part) => {
                span = span.to(exact(&part));
                Some(match part.as_str() {
                    "asc" => SortOrder::Ascending,
                    "desc" => SortOrder::Descending,
                    "granny-asc" => SortOrder::GrannyAscending,
                    _ => SortOrder::GrannyDescending,
                })
            }
            None => None,
        };
        let nulls = match parts.take_if(Rule::nulls) {
            Some(part) => {
                span = span.to(exact(&part));
                let first = part.into_inner().any(|inner| inner.as_rule() == Rule::kw_first);
                Some(if first { NullsOrder::First } else { NullsOrder::Last })
            }
            None => None,
        };
        Ok(Ordered { item, order, nulls, span })
    }

    pub fn ordered_list(&self, parts: &mut Cursor<'_>) -> Built<Vec<Ordered>> {
        let mut list = Vec::new();
        while let Some(part) = parts.take_if(Rule::ordered) {
            list.push(self.ordered(part)?);
        }
        Ok(list)
    }

    fn reordered(&self, parts: &mut Cursor<'_>) -> Built<Vec<Ordered>> {
        let mut list = Vec::new();
        while let Some(part) = parts.take_if(Rule::reordered) {
            let mut inner = Cursor::new(part);
            let item = Item::new(column_pattern(inner.take()?));
            list.push(self.ordered_behind(item, &mut inner)?);
        }
        Ok(list)
    }

    /// A whole `summarize` of the grammar, as it stands in `materialized-view-combine`.
    pub fn summarize_clause(&self, part: Part<'_>) -> Built<Summarize> {
        let mut parts = Cursor::new(part);
        parts.pop();
        let parameters = self.named_values(&mut parts, Rule::param)?;
        Ok(Summarize { parameters, ..self.summarize(&mut parts)? })
    }

    fn summarize(&self, parts: &mut Cursor<'_>) -> Built<Summarize> {
        let aggregates = self.items(parts)?;
        let (mut by, mut bin) = (None, None);
        if let Some(groups) = parts.take_if(Rule::groups) {
            let mut inner = Cursor::new(groups);
            inner.skip(Rule::kw_by);
            by = Some(self.items(&mut inner)?);
            if let Some(old) = inner.take_if(Rule::old_bin) {
                let mut old = Cursor::new(old);
                old.skip(Rule::kw_bin);
                bin = Some(self.take_expression(&mut old)?);
            }
        }
        Ok(Summarize { aggregates, by, bin, parameters: Vec::new() })
    }
}

/// A column or a wildcard.
fn column_pattern(part: Part<'_>) -> Expr {
    let span = exact(&part);
    match part.as_rule() {
        Rule::wildcard => Expr { kind: ExprKind::Wildcard(wildcard(part)), span },
        _ => name_expr(name(part)),
    }
}

fn column_patterns(parts: &mut Cursor<'_>) -> Vec<Expr> {
    std::iter::from_fn(|| parts.pop()).map(column_pattern).collect()
}
