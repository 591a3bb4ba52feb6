//! Tabular operators.

use super::super::syntax::{
    Expr, ExprKind, Item, JoinCondition, Names, NullsOrder, Operator, OperatorKind, Ordered, ParsePart, Span, Summarize,
};
use super::expressions::{expr_span, item_span};
use super::parentheses::Binding;
use super::{INDENT, Printer, lines};
use crate::dialect::layout::{Doc, all, group, nest, text};

fn ordered_span(ordered: &Ordered) -> Span {
    ordered.span
}

impl Printer<'_> {
    /// An operator without the `|` in front.
    pub fn operator(&mut self, operator: &Operator) -> Doc {
        let keyword = match operator.kind {
            // The keyword is part of the first level, and of the text as written.
            OperatorKind::TopNested(_) | OperatorKind::InlineExternalTable(_) => self.before(operator.span.start),
            _ => self.leaf(operator.keyword, operator.span),
        };
        // These have something else between the keyword and the parameters.
        let parameters = match operator.kind {
            OperatorKind::Render { .. } | OperatorKind::Find(_) => all([]),
            _ => self.parameters_behind(&operator.parameters),
        };
        let end = operator.span.end;
        let body = match &operator.kind {
            OperatorKind::Where(item) => {
                let condition = self.item(item);
                all([text(" "), condition])
            }
            OperatorKind::Extend(items)
            | OperatorKind::Project(items)
            | OperatorKind::ProjectRename(items)
            | OperatorKind::Distinct(items)
            | OperatorKind::Serialize(items)
            | OperatorKind::Print(items) => self.items(items),
            OperatorKind::ProjectAway(list) | OperatorKind::ProjectKeep(list) => {
                let docs = self.separated(list, expr_span, Self::column_pattern);
                spread(docs, true)
            }
            OperatorKind::ProjectByNames(list) => {
                let docs = self.separated(list, expr_span, Self::scalar);
                spread(docs, true)
            }
            OperatorKind::ProjectReorder(list) => {
                let docs = self.separated(list, ordered_span, |this, it| {
                    let column = this.column_pattern(&it.item.value);
                    let order = it.order.map_or_else(String::new, |order| format!(" {}", order.spelling()));
                    all([column, text(order)])
                });
                spread(docs, true)
            }
            OperatorKind::Sort(list) => {
                let docs = self.separated(list, ordered_span, Self::ordered);
                all([text(" by"), spread(docs, false)])
            }
            OperatorKind::Summarize(summarize) => self.summarize(summarize),
            OperatorKind::Take(item) | OperatorKind::Sample(item) => {
                let item = self.item(item);
                all([text(" "), item])
            }
            OperatorKind::SampleDistinct { count, of } => {
                let count = self.item(count);
                let of = self.item(of);
                all([text(" "), count, text(" of "), of])
            }
            OperatorKind::Top { count, by } => {
                let count = self.item(count);
                let by = self.ordered(by);
                all([text(" "), count, text(" by "), by])
            }
            OperatorKind::TopHitters { count, of, by } => {
                let count = self.item(count);
                let of = self.item(of);
                let by = match by {
                    Some(by) => {
                        let by = self.item(by);
                        all([text(" by "), by])
                    }
                    None => all([]),
                };
                all([text(" "), count, text(" of "), of, by])
            }
            OperatorKind::TopNested(levels) => self.top_nested(levels),
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
                let right = self.table(&join.right);
                let condition = match &join.condition {
                    Some(JoinCondition::On(list)) => {
                        let behind = self.behind(list.first().map_or(0, |first| first.span.start));
                        let docs = self.separated(list, expr_span, Self::scalar);
                        all([behind, text(" on"), spread(docs, true)])
                    }
                    Some(JoinCondition::Where(condition)) => {
                        let condition = self.scalar(condition);
                        all([text(" where "), nest(INDENT, group(condition))])
                    }
                    None => all([]),
                };
                all([text(" "), right, condition])
            }
            OperatorKind::Union(tables) => {
                let docs = self.separated(tables, expr_span, Self::table);
                spread(docs, true)
            }
            OperatorKind::As(name) => {
                let name = self.name(name);
                all([text(" "), name])
            }
            OperatorKind::Count(name) => match name {
                Some(name) => {
                    let name = self.name(name);
                    all([text(" as "), name])
                }
                None => all([]),
            },
            OperatorKind::Consume
            | OperatorKind::ExecuteAndCache
            | OperatorKind::GetSchema
            | OperatorKind::GraphMarkComponents => all([]),
            OperatorKind::Invoke(call) => {
                let call = self.scalar(call);
                all([text(" "), call])
            }
            OperatorKind::AssertSchema(schema) => {
                let schema = self.schema(schema);
                all([text(" "), schema])
            }
            OperatorKind::Range { name, from, to, step } => {
                let name = self.name(name);
                let mut docs = vec![text(" "), name];
                for (word, value) in [("from ", from), ("to ", to), ("step ", step)] {
                    docs.push(self.clause(word, value));
                }
                group(nest(INDENT, Doc::All(docs)))
            }
            OperatorKind::MvExpand { items, limit } => {
                let docs = self.separated(items, |item| item.span, Self::mv_item);
                let items = spread(docs, false);
                let limit = self.optional(" limit ", limit.as_ref());
                all([items, limit])
            }
            OperatorKind::MvApply(apply) => {
                let docs = self.separated(&apply.items, |item| item.span, Self::mv_item);
                let items = spread(docs, false);
                let limit = self.optional(" limit ", apply.limit.as_ref());
                let id = self.optional(" id ", apply.id.as_ref());
                let behind = self.behind(apply.body.span.start);
                let body = self.block(&apply.body, "(", ")", end);
                all([items, limit, id, behind, text(" on "), body])
            }
            OperatorKind::Parse(parse) | OperatorKind::ParseWhere(parse) => {
                let value = self.operand_kept(&parse.value);
                let mut parts = Vec::new();
                for part in &parse.pattern {
                    parts.push(match part {
                        ParsePart::Star(span) => self.leaf("*", *span),
                        ParsePart::Text(literal) => self.literal(literal),
                        ParsePart::Column { name, ty } => {
                            let name = self.name(name);
                            let ty = match ty {
                                Some(ty) => {
                                    let ty = self.name(ty);
                                    all([text(":"), ty])
                                }
                                None => all([]),
                            };
                            all([name, ty])
                        }
                    });
                }
                all([text(" "), value, text(" with"), if parts.is_empty() { all([]) } else { spread(parts, true) }])
            }
            OperatorKind::ParseKv { value, keys, with } => {
                let value = self.scalar(value);
                let keys = self.schema(keys);
                let with = match with {
                    Some(with) => {
                        let with = self.with(with, "", end);
                        all([text(" "), with])
                    }
                    None => all([]),
                };
                all([text(" "), value, text(" as "), keys, with])
            }
            OperatorKind::Evaluate { call, schema } => {
                let call = self.call(call);
                let schema = match schema {
                    Some(it) => {
                        let star = match (it.star, it.star_comma) {
                            (true, true) => "*, ",
                            (true, false) => "*",
                            (false, true) => ",",
                            (false, false) => "",
                        };
                        let columns = self.schema_behind(&it.schema, star);
                        all([text(" : "), columns])
                    }
                    None => all([]),
                };
                all([text(" "), call, schema])
            }
            OperatorKind::MakeSeries(series) => self.make_series(series),
            OperatorKind::Search(search) => {
                let scope = self.scope(search.data_scope.as_ref());
                let tables = self.tables(search.tables.as_deref(), search.condition.span.start);
                let condition = match &search.condition.kind {
                    ExprKind::Star => self.leaf("*", search.condition.span),
                    _ => self.scalar(&search.condition),
                };
                all([scope, tables, text(" "), nest(INDENT, group(condition))])
            }
            OperatorKind::Find(find) => {
                let scope = self.scope(find.data_scope.as_ref());
                let parameters = self.parameters_behind(&operator.parameters);
                let tables = self.tables(find.tables.as_deref(), find.condition.span.start);
                let condition = self.scalar(&find.condition);
                let word = if find.where_keyword { " where " } else { " " };
                let columns = self.find_columns(find);
                all([scope, parameters, tables, text(word), nest(INDENT, group(condition)), columns])
            }
            OperatorKind::Fork(branches) => self.fork(branches),
            OperatorKind::Facet { by, with } => {
                let docs = self.separated(by, expr_span, Self::scalar);
                let by = spread(docs, true);
                let with = match with {
                    Some(with) if with.parenthesized => {
                        let body = self.block(&with.body, "(", ")", end);
                        all([text(" with "), body])
                    }
                    Some(with) => {
                        let body = self.whole(&with.body);
                        all([text(" with "), body])
                    }
                    None => all([]),
                };
                all([text(" by"), by, with])
            }
            OperatorKind::Partition(partition) => {
                let by = self.scalar(&partition.by);
                let scope = self.optional(" in ", partition.scope.as_ref());
                let (open, close) = if partition.braces { ("{", "}") } else { ("(", ")") };
                let body = self.block(&partition.body, open, close, end);
                all([text(" by "), by, scope, text(" "), body])
            }
            OperatorKind::PartitionBy { by, id, body } => {
                let by = self.scalar(by);
                let id = self.optional(" id ", id.as_ref());
                let body = self.block(body, "(", ")", end);
                all([text(" "), by, id, text(" "), body])
            }
            OperatorKind::Reduce { by, with } => {
                let by = self.item(by);
                let with = match with {
                    Some(with) => {
                        let docs = self.separated(with, |value| value.span, Self::named_value);
                        all([text(" with"), if docs.is_empty() { all([]) } else { spread(docs, false) }])
                    }
                    None => all([]),
                };
                all([text(" by "), by, with])
            }
            OperatorKind::Render { chart, with, leading_comma } => {
                let chart = self.name(chart);
                let parameters = self.parameters_behind(&operator.parameters);
                let with = match with {
                    Some(with) => {
                        let with = self.with(with, if *leading_comma { ", " } else { "" }, end);
                        all([text(" "), with])
                    }
                    None => all([]),
                };
                all([text(" "), chart, parameters, with])
            }
            OperatorKind::Scan(scan) => self.scan(scan, end),
            OperatorKind::MacroExpand(expand) => self.macro_expand(expand, end),
            OperatorKind::MakeGraph(graph) => self.make_graph(graph, end),
            OperatorKind::GraphMatch(found) | OperatorKind::GraphShortestPaths(found) => self.graph_match(found),
            OperatorKind::GraphToTable(outputs) => self.graph_to_table(outputs),
            OperatorKind::GraphWhereNodes(condition) | OperatorKind::GraphWhereEdges(condition) => {
                let condition = self.scalar(condition);
                all([text(" "), nest(INDENT, group(condition))])
            }
            OperatorKind::InlineExternalTable(spelling) => text(spelling.to_string()),
        };
        all([keyword, parameters, body])
    }

    /// Items behind a keyword: on its line where they fit; named ones one a line, plain ones filled.
    fn items(&mut self, items: &[Item]) -> Doc {
        let fill = items.iter().all(|item| item.names == Names::None && is_short(&item.value));
        let docs = self.separated(items, item_span, Self::item);
        spread(docs, fill)
    }

    /// Aggregates and groups.
    pub fn summarize(&mut self, summarize: &Summarize) -> Doc {
        let aggregates = self.separated(&summarize.aggregates, item_span, Self::item);
        let many = aggregates.len() > 1;
        let mut docs = Vec::new();
        if !aggregates.is_empty() {
            docs.push(if many { Doc::Line } else { text(" ") });
            docs.push(lines(aggregates.into_iter().map(group).collect()));
        }
        if let Some(by) = &summarize.by {
            let start = by.first().map_or(0, |first| first.span.start);
            docs.push(self.behind(start));
            docs.push(Doc::Line);
            docs.push(self.before(start));
            let fill = by.iter().all(|item| is_short(&item.value));
            let groups = self.separated(by, item_span, Self::item);
            let groups: Vec<Doc> = groups.into_iter().map(group).collect();
            let groups = if fill && !groups.iter().any(Doc::is_broken) { Doc::Fill(groups) } else { lines(groups) };
            docs.push(text("by "));
            docs.push(group(nest(INDENT, groups)));
            if let Some(bin) = &summarize.bin {
                let bin = self.scalar(bin);
                docs.extend([text(" bin="), bin]);
            }
        }
        group(nest(INDENT, Doc::All(docs)))
    }

    fn ordered(&mut self, ordered: &Ordered) -> Doc {
        let item = self.item(&ordered.item);
        let mut words = String::new();
        if let Some(order) = ordered.order {
            words.push(' ');
            words.push_str(order.spelling());
        }
        match ordered.nulls {
            Some(NullsOrder::First) => words.push_str(" nulls first"),
            Some(NullsOrder::Last) => words.push_str(" nulls last"),
            None => {}
        }
        all([item, text(words)])
    }

    /// An order as it stands in other operators' clauses.
    pub fn ordered_list(&mut self, list: &[Ordered]) -> Doc {
        let docs = self.separated(list, ordered_span, Self::ordered);
        lines(docs)
    }

    /// One order.
    pub fn one_ordered(&mut self, ordered: &Ordered) -> Doc {
        self.ordered(ordered)
    }

    fn column_pattern(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Wildcard(wildcard) => self.wildcard(wildcard),
            _ => self.scalar(expr),
        }
    }

    /// A word and a value on a line of their own where the group breaks.
    pub fn clause(&mut self, word: &str, value: &Expr) -> Doc {
        let behind = self.behind(value.span.start);
        let before = self.before(value.span.start);
        let value = self.scalar(value);
        all([behind, Doc::Line, before, text(word), value])
    }

    /// A word and a value, when there is one.
    pub fn optional(&mut self, word: &str, value: Option<&Expr>) -> Doc {
        match value {
            Some(value) => {
                let behind = self.behind(value.span.start);
                let value = self.scalar(value);
                all([behind, text(word), value])
            }
            None => all([]),
        }
    }

    /// An expression whose outer parentheses stay: what follows could read on.
    pub fn operand_kept(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Paren(_) => self.operand(expr, Binding::Query),
            _ => self.scalar(expr),
        }
    }
}

/// Documents behind a keyword: one stays on its line, several go below where they do not fit.
pub(super) fn spread(docs: Vec<Doc>, fill: bool) -> Doc {
    if docs.is_empty() {
        return all([]);
    }
    let single = docs.len() == 1;
    let broken = docs.iter().any(Doc::is_broken);
    let docs: Vec<Doc> = docs.into_iter().map(group).collect();
    if single {
        return all([text(" "), lines(docs)]);
    }
    let inner = if fill && !broken { Doc::Fill(docs) } else { lines(docs) };
    group(nest(INDENT, all([Doc::Line, inner])))
}

/// Whether a value is short enough for a filled list.
fn is_short(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Star | ExprKind::Path(_) => true,
        ExprKind::Call(call) => {
            call.arguments.len() <= 2
                && call
                    .arguments
                    .iter()
                    .all(|argument| matches!(argument.value.kind, ExprKind::Name(_) | ExprKind::Literal(_)))
        }
        _ => false,
    }
}
