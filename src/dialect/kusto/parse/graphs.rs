//! `scan`, `macro-expand` and the graph operators.

use super::super::syntax::{
    EntityGroup, GraphElement, GraphMatch, GraphOutput, MacroExpand, MakeGraph, MakeGraphWith, OperatorKind, Scan,
    ScanStep,
};
use super::Rule;
use super::cursor::{Builder, Built, Cursor, Part, exact, internal};
use super::names::{name, name_if, take_name};

impl Builder<'_> {
    /// `scan` behind its parameters.
    pub fn scan(&self, parts: &mut Cursor<'_>) -> Built<Scan> {
        let mut scan = Scan { order: None, partition: None, declare: None, steps: Vec::new() };
        while let Some(part) = parts.pop() {
            let (rule, span) = (part.as_rule(), self.span(&part));
            let mut inner = Cursor::new(part);
            match rule {
                Rule::scan_order => {
                    inner.skip(Rule::kw_order);
                    inner.skip(Rule::kw_by);
                    scan.order = Some(self.ordered_list(&mut inner)?);
                }
                Rule::scan_partition => {
                    inner.skip(Rule::kw_partition);
                    inner.skip(Rule::kw_by);
                    scan.partition = Some(self.expression_list(&mut inner)?);
                }
                Rule::scan_declare => {
                    inner.skip(Rule::kw_declare);
                    scan.declare = Some(self.parameters(&mut inner)?);
                }
                Rule::scan_step => {
                    inner.skip(Rule::kw_step);
                    let name = take_name(&mut inner)?;
                    let optional = inner.skip(Rule::kw_optional);
                    let output = inner.take_if(Rule::scan_output);
                    let output = output.and_then(|part| part.into_inner().last()).map(super::names::name);
                    let condition = self.take_expression(&mut inner)?;
                    let mut assignments = Vec::new();
                    while let Some(part) = inner.take_if(Rule::assignment) {
                        let mut assignment = Cursor::new(part);
                        let column = take_name(&mut assignment)?;
                        assignments.push((column, self.take_expression(&mut assignment)?));
                    }
                    scan.steps.push(ScanStep { name, optional, output, condition, assignments, span });
                }
                _ => {}
            }
        }
        Ok(scan)
    }

    /// `macro-expand` behind its parameters.
    pub fn macro_expand(&self, parts: &mut Cursor<'_>) -> Built<MacroExpand> {
        let group = parts.take()?;
        let group = match group.as_rule() {
            Rule::entity_group => {
                let mut inner = Cursor::new(group);
                let keyword = inner.take()?;
                match inner.take_if(Rule::arguments) {
                    Some(arguments) => {
                        let call = self.call_of(name(keyword), arguments)?;
                        EntityGroup::Expr(super::super::syntax::Expr {
                            span: call.span,
                            kind: super::super::syntax::ExprKind::Call(Box::new(call)),
                        })
                    }
                    None => EntityGroup::List(self.expression_list(&mut inner)?),
                }
            }
            _ => EntityGroup::Expr(self.simple_path(group.into_inner().next().ok_or_else(internal)?)?),
        };
        let alias = super::clauses::alias(parts, Rule::kw_as);
        let mut statements = Vec::new();
        let mut semicolon = false;
        while let Some(part) = parts.pop() {
            if part.as_rule() == Rule::last_semicolon {
                semicolon = true;
            } else {
                statements.push(self.statement(part)?);
            }
        }
        Ok(MacroExpand { group, alias, statements, semicolon })
    }

    /// `make-graph` behind its parameters.
    pub fn make_graph(&self, parts: &mut Cursor<'_>) -> Built<MakeGraph> {
        let source = take_name(parts)?;
        let directed = parts.take()?.as_str() == "-->";
        let target = take_name(parts)?;
        let with = match parts.peek() {
            Some(Rule::node_id) => {
                let name = parts.take()?.into_inner().nth(1).ok_or_else(internal)?;
                Some(MakeGraphWith::NodeId(super::names::name(name)))
            }
            Some(Rule::graph_tables) => {
                let mut tables = Vec::new();
                for part in parts.take()?.into_inner().filter(|part| part.as_rule() == Rule::graph_table) {
                    let mut inner = Cursor::new(part);
                    let table = self.sole_operand(inner.take()?)?;
                    inner.skip(Rule::kw_on);
                    tables.push((table, take_name(&mut inner)?));
                }
                Some(MakeGraphWith::Tables(tables))
            }
            _ => None,
        };
        let partitioned_by = match parts.take_if(Rule::partitioned_by) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.pop();
                Some((self.simple_path(inner.take()?)?, self.pipe(inner.take()?)?))
            }
            None => None,
        };
        Ok(MakeGraph { source, directed, target, with, partitioned_by })
    }

    /// `graph-match` and `graph-shortest-paths` behind their parameters.
    pub fn graph_match(&self, parts: &mut Cursor<'_>) -> Built<GraphMatch> {
        let mut patterns = Vec::new();
        while let Some(part) = parts.take_if(Rule::graph_pattern) {
            patterns.push(part.into_inner().map(|part| self.graph_element(part)).collect::<Built<Vec<_>>>()?);
        }
        let condition = match parts.take_if(Rule::graph_where) {
            Some(part) => Some(self.pipe_in(part)?),
            None => None,
        };
        let project = match parts.take_if(Rule::graph_project) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                inner.pop();
                Some(self.items(&mut inner)?)
            }
            None => None,
        };
        Ok(GraphMatch { patterns, condition, project })
    }

    fn graph_element(&self, part: Part<'_>) -> Built<GraphElement> {
        let span = exact(&part);
        let rule = part.as_rule();
        let mut parts = Cursor::new(part);
        if rule == Rule::graph_node {
            return Ok(GraphElement::Node { name: name_if(&mut parts), span });
        }
        let first = parts.take()?;
        let open = ["-->", "<--", "--", "-[", "<-["].into_iter().find(|token| *token == first.as_str());
        let open = open.ok_or_else(internal)?;
        let name = name_if(&mut parts);
        let range = match parts.take_if(Rule::edge_range) {
            Some(part) => {
                let mut inner = Cursor::new(part);
                Some(Box::new((self.sole_operand(inner.take()?)?, self.sole_operand(inner.take()?)?)))
            }
            None => None,
        };
        let close = parts.pop().map(|part| if part.as_str() == "]->" { "]->" } else { "]-" });
        Ok(GraphElement::Edge { open, name, range, close, span })
    }

    /// `graph-to-table` behind its keyword.
    pub fn graph_to_table(&self, parts: &mut Cursor<'_>) -> Built<OperatorKind> {
        let mut outputs = Vec::new();
        while let Some(part) = parts.take_if(Rule::graph_output) {
            let span = self.span(&part);
            let mut inner = Cursor::new(part);
            let nodes = inner.take()?.as_rule() == Rule::kw_nodes;
            let alias = super::clauses::alias(&mut inner, Rule::kw_as);
            let parameters = self.named_values(&mut inner, Rule::graph_param)?;
            outputs.push(GraphOutput { nodes, alias, parameters, span });
        }
        Ok(OperatorKind::GraphToTable(outputs))
    }
}
