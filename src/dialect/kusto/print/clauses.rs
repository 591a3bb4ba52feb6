//! The operators with clauses of their own.

use super::super::syntax::{
    EntityGroup, Expr, Find, FindColumn, FindProject, ForkBranch, GraphElement, GraphMatch, GraphOutput, MacroExpand,
    MakeGraph, MakeGraphWith, MakeSeries, MakeSeriesItem, MakeSeriesRange, MvItem, Name, Scan, TopNested,
};
use super::expressions::{expr_span, item_span};
use super::operators::spread;
use super::{INDENT, Printer, lines};
use crate::dialect::layout::{Doc, all, group, nest, text};

impl Printer<'_> {
    pub fn top_nested(&mut self, levels: &[TopNested]) -> Doc {
        let docs = self.separated(
            levels,
            |level| level.span,
            |this, level| {
                let open = this.leaf("top-nested", level.span);
                let mut docs = vec![open];
                if let Some(count) = &level.count {
                    docs.push(text(" "));
                    docs.push(this.item(count));
                }
                docs.push(text(" of "));
                docs.push(this.item(&level.of));
                docs.push(this.optional(" with others=", level.others.as_ref()));
                docs.push(text(" by "));
                docs.push(this.one_ordered(&level.by));
                Doc::All(docs)
            },
        );
        group(nest(INDENT, lines(docs)))
    }

    pub fn mv_item(&mut self, item: &MvItem) -> Doc {
        let value = match &item.item {
            Some(item) => self.item_kept(item),
            None => all([]),
        };
        let to = match &item.to {
            Some(ty) => {
                let space = if item.item.is_some() { " to " } else { "to " };
                let ty = self.type_of(ty, super::Span::new(item.span.end, item.span.end));
                all([text(space), ty])
            }
            None => all([]),
        };
        all([value, to])
    }

    /// An item whose parentheses stay where a word of the operator would read on.
    fn item_kept(&mut self, item: &super::super::syntax::Item) -> Doc {
        match item.names {
            super::super::syntax::Names::None => self.operand_kept(&item.value),
            _ => self.item(item),
        }
    }

    pub fn make_series(&mut self, series: &MakeSeries) -> Doc {
        let docs = self.separated(
            &series.aggregates,
            |it| it.item.span,
            |this, MakeSeriesItem { item, default }| {
                let item = this.item_kept(item);
                let default = match default {
                    Some(default) => {
                        let default = this.item(default);
                        all([text(" default="), default])
                    }
                    None => all([]),
                };
                all([item, default])
            },
        );
        let mut all_docs = vec![text(" "), nest(INDENT, lines(docs))];
        all_docs.push(self.behind(series.on.span.start));
        all_docs.push(Doc::Line);
        all_docs.push(self.before(series.on.span.start));
        all_docs.push(text("on "));
        all_docs.push(self.item(&series.on));
        match &series.range {
            MakeSeriesRange::FromToStep { from, to, step } => {
                for (word, value) in [("from ", from), ("to ", to)] {
                    if let Some(value) = value {
                        all_docs.push(self.clause(word, value));
                    }
                }
                all_docs.push(self.clause("step ", step));
            }
            MakeSeriesRange::InRange(items) => {
                let docs = self.separated(items, item_span, Self::item);
                let close = items.last().map_or(0, |last| last.span.end + 1);
                let list = self.bracketed("(", docs, ")", close, false);
                all_docs.extend([Doc::Line, text("in range"), list]);
            }
        }
        if let Some(by) = &series.by {
            let start = by.first().map_or(0, |first| first.span.start);
            all_docs.push(self.behind(start));
            all_docs.push(Doc::Line);
            all_docs.push(self.before(start));
            let docs = self.separated(by, item_span, Self::item);
            all_docs.push(text("by "));
            all_docs.push(group(nest(INDENT, lines(docs))));
        }
        group(nest(INDENT, Doc::All(all_docs)))
    }

    /// ` datascope=word`
    pub fn scope(&mut self, scope: Option<&Name>) -> Doc {
        match scope {
            Some(scope) => {
                let scope = self.name(scope);
                all([text(" datascope="), scope])
            }
            None => all([]),
        }
    }

    /// ` in (A, B*)`
    pub fn tables(&mut self, tables: Option<&[Expr]>, next: usize) -> Doc {
        let Some(tables) = tables else { return all([]) };
        let docs = self.separated(tables, expr_span, |this, table| this.source(table));
        let close = tables.last().map_or(next, |last| last.span.end + 1);
        all([text(" in "), self.bracketed("(", docs, ")", close, true)])
    }

    fn source(&mut self, table: &Expr) -> Doc {
        match &table.kind {
            super::super::syntax::ExprKind::Query(query) => group(self.query(query, false)),
            _ => self.scalar(table),
        }
    }

    pub fn find_columns(&mut self, find: &Find) -> Doc {
        let mut docs = Vec::new();
        match &find.project {
            Some(FindProject::Columns(columns)) => {
                docs.push(text(" project"));
                docs.push(self.find_list(columns));
            }
            Some(FindProject::Smart) => docs.push(text(" project-smart")),
            None => {}
        }
        if let Some(columns) = &find.project_away {
            docs.push(text(" __projectAway"));
            docs.push(self.find_list(columns));
        }
        Doc::All(docs)
    }

    fn find_list(&mut self, columns: &[FindColumn]) -> Doc {
        let docs = self.separated(
            columns,
            |column| match column {
                FindColumn::Pack(span) | FindColumn::Star(span) => *span,
                FindColumn::Column { name, .. } => name.span,
            },
            |this, column| match column {
                FindColumn::Pack(span) => this.leaf("pack(*)", *span),
                FindColumn::Star(span) => this.leaf("*", *span),
                FindColumn::Column { name, ty } => {
                    let name = this.name(name);
                    match ty {
                        Some(ty) => {
                            let ty = this.name(ty);
                            all([name, text(":"), ty])
                        }
                        None => name,
                    }
                }
            },
        );
        spread(docs, true)
    }

    pub fn fork(&mut self, branches: &[ForkBranch]) -> Doc {
        let mut docs = Vec::new();
        for branch in branches {
            docs.push(Doc::Hard);
            docs.push(self.before(branch.span.start));
            if let Some(name) = &branch.name {
                docs.push(self.name(name));
                docs.push(text(" = "));
            }
            docs.push(self.block(&branch.body, "(", ")", branch.span.end));
        }
        nest(INDENT, Doc::All(docs))
    }

    pub fn scan(&mut self, scan: &Scan, end: usize) -> Doc {
        let mut docs = Vec::new();
        if let Some(order) = &scan.order {
            let order = self.ordered_list(order);
            docs.extend([text(" order by "), order]);
        }
        if let Some(partition) = &scan.partition {
            let list = self.separated(partition, expr_span, Self::scalar);
            docs.extend([text(" partition by "), lines(list)]);
        }
        if let Some(declare) = &scan.declare {
            let list = self.separated(declare, |parameter| parameter.span, Self::parameter);
            let close = declare.last().map_or(0, |last| last.span.end + 1);
            let list = self.bracketed("(", list, ")", close, false);
            docs.extend([text(" declare "), list]);
        }
        let head = group(nest(INDENT, Doc::All(docs)));
        let mut steps = Vec::new();
        for step in &scan.steps {
            steps.push(self.behind(step.span.start));
            steps.push(Doc::Hard);
            steps.push(self.before(step.span.start));
            let name = self.name(&step.name);
            steps.extend([text("step "), name]);
            if step.optional {
                steps.push(text(" optional"));
            }
            if let Some(output) = &step.output {
                let output = self.name(output);
                steps.extend([text(" output="), output]);
            }
            let condition = self.scalar(&step.condition);
            steps.extend([text(": "), group(nest(INDENT, condition))]);
            if let Some((first, _)) = step.assignments.first() {
                steps.push(self.behind(first.span.start));
                let list = self.separated(
                    &step.assignments,
                    |(name, _)| name.span,
                    |this, (name, value)| {
                        let name = this.name(name);
                        let value = this.scalar(value);
                        all([name, text(" = "), value])
                    },
                );
                steps.extend([text(" => "), group(nest(INDENT, lines(list)))]);
            }
            steps.push(text(";"));
        }
        let behind = self.before(end.saturating_sub(1));
        all([head, text(" with ("), nest(INDENT, all([Doc::All(steps), behind])), Doc::Hard, text(")")])
    }

    pub fn macro_expand(&mut self, expand: &MacroExpand, end: usize) -> Doc {
        let group_doc = match &expand.group {
            EntityGroup::Expr(group) => self.scalar(group),
            EntityGroup::List(list) => {
                let docs = self.separated(list, expr_span, Self::scalar);
                let close = list.last().map_or(0, |last| last.span.end + 1);
                all([text("entity_group "), self.bracketed("[", docs, "]", close, false)])
            }
        };
        let alias = match &expand.alias {
            Some(alias) => {
                let alias = self.name(alias);
                all([text(" as "), alias])
            }
            None => all([]),
        };
        let body = self.statements(&expand.statements, expand.semicolon);
        let behind = self.before(end.saturating_sub(1));
        all([
            text(" "),
            group_doc,
            alias,
            text(" ("),
            nest(INDENT, all([Doc::Hard, body, behind])),
            Doc::Hard,
            text(")"),
        ])
    }

    pub fn make_graph(&mut self, graph: &MakeGraph, end: usize) -> Doc {
        let source = self.name(&graph.source);
        let target = self.name(&graph.target);
        let mut docs = vec![text(" "), source, text(if graph.directed { " --> " } else { " -- " }), target];
        match &graph.with {
            Some(MakeGraphWith::NodeId(name)) => {
                let name = self.name(name);
                docs.extend([text(" with_node_id="), name]);
            }
            Some(MakeGraphWith::Tables(tables)) => {
                let list = self.separated(
                    tables,
                    |(table, _)| table.span,
                    |this, (table, column)| {
                        let table = this.scalar(table);
                        let column = this.name(column);
                        all([table, text(" on "), column])
                    },
                );
                docs.extend([text(" with"), spread(list, false)]);
            }
            None => {}
        }
        if let Some((column, body)) = &graph.partitioned_by {
            let column = self.scalar(column);
            let body = self.block(body, "(", ")", end);
            docs.extend([text(" partitioned-by "), column, text(" "), body]);
        }
        Doc::All(docs)
    }

    pub fn graph_match(&mut self, found: &GraphMatch) -> Doc {
        let patterns = self.separated(
            &found.patterns,
            |pattern| match pattern.first() {
                Some(GraphElement::Node { span, .. } | GraphElement::Edge { span, .. }) => *span,
                None => super::Span::default(),
            },
            |this, pattern| {
                let docs: Vec<Doc> = pattern.iter().map(|element| this.graph_element(element)).collect();
                Doc::All(docs)
            },
        );
        let mut docs = vec![spread(patterns, false)];
        let mut clauses = Vec::new();
        if let Some(condition) = &found.condition {
            clauses.push(self.behind(condition.span.start));
            clauses.push(Doc::Hard);
            clauses.push(self.before(condition.span.start));
            let condition = self.whole(condition);
            clauses.extend([text("where "), nest(INDENT, group(condition))]);
        }
        if let Some(project) = &found.project {
            let start = project.first().map_or(0, |first| first.span.start);
            clauses.push(self.behind(start));
            clauses.push(Doc::Hard);
            clauses.push(self.before(start));
            let items = self.separated(project, item_span, Self::item);
            clauses.extend([text("project"), spread(items, false)]);
        }
        docs.push(nest(INDENT, Doc::All(clauses)));
        Doc::All(docs)
    }

    fn graph_element(&mut self, element: &GraphElement) -> Doc {
        match element {
            GraphElement::Node { name, span } => {
                let open = self.leaf("(", *span);
                let name = name.as_ref().map_or_else(|| all([]), |name| self.name(name));
                all([open, name, text(")")])
            }
            GraphElement::Edge { open, name, range, close, span } => {
                let open = self.leaf(*open, *span);
                let name = name.as_ref().map_or_else(|| all([]), |name| self.name(name));
                let range = match range {
                    Some(range) => {
                        let from = self.scalar(&range.0);
                        let to = self.scalar(&range.1);
                        all([text("*"), from, text(".."), to])
                    }
                    None => all([]),
                };
                all([open, name, range, text(close.unwrap_or(""))])
            }
        }
    }

    pub fn graph_to_table(&mut self, outputs: &[GraphOutput]) -> Doc {
        let docs = self.separated(
            outputs,
            |output| output.span,
            |this, output| {
                let open = this.leaf(if output.nodes { "nodes" } else { "edges" }, output.span);
                let alias = match &output.alias {
                    Some(alias) => {
                        let alias = this.name(alias);
                        all([text(" as "), alias])
                    }
                    None => all([]),
                };
                all([open, alias, this.parameters_behind(&output.parameters)])
            },
        );
        spread(docs, false)
    }
}
