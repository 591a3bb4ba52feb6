//! Aggregates and the names that their columns get.

use super::super::bind::{Col, Columns, Ty, functions};
use super::super::syntax::{Call, Expr as Node, ExprKind, Item, Names, StepKind as PathStep, Summarize};
use super::Lowerer;
use super::scalar::Typed;
use crate::diagnostic::codes;
use crate::model::function::kusto::{self, aggregate};
use crate::model::{Column, Expr, Function, Predicate, StepKind, Value};

/// A computed column with its type.
pub(super) struct Named {
    pub column: Column,
    pub ty: Ty,
}

impl<'a> Lowerer<'a> {
    /// `summarize ...`: the step and the columns behind it.
    pub(super) fn summarize(&mut self, summarize: &'a Summarize, columns: &Columns) -> (StepKind, Columns) {
        let mut names: Vec<String> = Vec::new();
        let mut by = Vec::new();
        for item in summarize.by.iter().flatten() {
            let value = self.scalar(&item.value, columns);
            let name = match item.name() {
                Some(name) => name.text.clone(),
                None => name_of(&item.value).unwrap_or_else(|| "Column".to_owned()),
            };
            self.check_key(&value, "groups by", item.value.span);
            let name = unique(name, &mut names);
            self.derived(&name, &value);
            by.push(Named { column: Column { name, value: value.expr }, ty: value.ty });
        }
        let mut aggregates = Vec::new();
        for item in &summarize.aggregates {
            aggregates.extend(self.aggregate_item(item, columns, &mut names));
        }
        let mut list: Vec<Col> = by.iter().map(|named| Col::plain(&named.column.name, named.ty)).collect();
        let mut open = false;
        for named in &aggregates {
            if named.column.name == "*" {
                // arg_max(x, *): every column of the input.
                if !columns.is_closed() {
                    open = true;
                }
                for (name, ty) in columns.known() {
                    if !list.iter().any(|column| column.name == name) {
                        list.push(Col::plain(name, ty));
                    }
                }
            } else {
                list.push(Col::plain(&named.column.name, named.ty));
            }
        }
        let mut after = if open { Columns::open() } else { Columns::closed(Vec::new()) };
        for column in list {
            after.set(column);
        }
        let strip = |named: Vec<Named>| named.into_iter().map(|named| named.column).collect();
        (StepKind::Aggregate { aggregates: strip(aggregates), by: strip(by), inline: false }, after)
    }

    pub(super) fn aggregate_item(&mut self, item: &'a Item, columns: &Columns, names: &mut Vec<String>) -> Vec<Named> {
        let given: Vec<Option<String>> = match &item.names {
            Names::None => Vec::new(),
            Names::One(name) => vec![Some(name.text.clone())],
            Names::List(list) => list.iter().map(|name| Some(name.text.clone())).collect(),
        };
        if let ExprKind::Call(call) = &item.value.unwrap_parentheses().kind {
            match functions::aggregate(&call.name.text) {
                Some((function @ (aggregate::ARG_MAX | aggregate::ARG_MIN), _)) => {
                    return self.extreme(function, call, columns, &given, names);
                }
                Some((aggregate::TAKE_ANY, false)) if call.arguments.len() > 1 || stars(call) => {
                    return self.take_any(call, columns, &given, names);
                }
                None if matches!(call.name.text.as_str(), "percentiles" | "percentilesw") => {
                    return self.percentiles(call, columns, &given, names);
                }
                _ => {}
            }
        }
        let value = self.aggregate(&item.value, columns);
        let name = match given.into_iter().next().flatten() {
            Some(name) => name,
            None => default_name(&item.value),
        };
        vec![Named { column: Column { name: unique(name, names), value: value.expr }, ty: value.ty }]
    }

    /// `arg_max(x, a, b)` is a column for x and one for each further value, all of the same row.
    fn extreme(
        &mut self,
        function: Function,
        call: &'a Call,
        columns: &Columns,
        given: &[Option<String>],
        names: &mut Vec<String>,
    ) -> Vec<Named> {
        let mut out = Vec::new();
        let Some((first, rest)) = call.arguments.split_first() else {
            let index =
                self.miss(codes::kusto::UNREAD_FUNCTION, format!("`{}` without arguments", call.name.text), call.span);
            return vec![Named {
                column: Column { name: "Column".to_owned(), value: Expr::Unread(index) },
                ty: Ty::Unknown,
            }];
        };
        let key = self.scalar(&first.value, columns);
        let name = given.first().cloned().flatten();
        let name = name.unwrap_or_else(|| name_of(&first.value).unwrap_or_else(|| default_name_of_call(call)));
        out.push(Named {
            column: Column {
                name: unique(name, names),
                value: Expr::Aggregate(function, vec![key.expr.clone(), key.expr.clone()], None),
            },
            ty: key.ty,
        });
        for (at, item) in rest.iter().enumerate() {
            if matches!(item.value.kind, ExprKind::Star) {
                let value = Expr::Aggregate(function, vec![key.expr.clone()], None);
                out.push(Named { column: Column { name: "*".to_owned(), value }, ty: Ty::Unknown });
                continue;
            }
            let value = self.scalar(&item.value, columns);
            let name = given.get(at + 1).cloned().flatten().or_else(|| item.name().map(|name| name.text.clone()));
            let name = name.or_else(|| name_of(&item.value)).unwrap_or_else(|| "Column".to_owned());
            out.push(Named {
                column: Column {
                    name: unique(name, names),
                    value: Expr::Aggregate(function, vec![key.expr.clone(), value.expr], None),
                },
                ty: value.ty,
            });
        }
        out
    }

    fn take_any(
        &mut self,
        call: &'a Call,
        columns: &Columns,
        given: &[Option<String>],
        names: &mut Vec<String>,
    ) -> Vec<Named> {
        let mut out = Vec::new();
        for (at, item) in call.arguments.iter().enumerate() {
            if matches!(item.value.kind, ExprKind::Star) {
                let value = Expr::Aggregate(aggregate::TAKE_ANY, Vec::new(), None);
                out.push(Named { column: Column { name: "*".to_owned(), value }, ty: Ty::Unknown });
                continue;
            }
            let value = self.scalar(&item.value, columns);
            let name = given.get(at).cloned().flatten().or_else(|| name_of(&item.value));
            out.push(Named {
                column: Column {
                    name: unique(name.unwrap_or_else(|| "Column".to_owned()), names),
                    value: Expr::Aggregate(aggregate::TAKE_ANY, vec![value.expr], None),
                },
                ty: value.ty,
            });
        }
        out
    }

    fn percentiles(
        &mut self,
        call: &'a Call,
        columns: &Columns,
        given: &[Option<String>],
        names: &mut Vec<String>,
    ) -> Vec<Named> {
        let Some((first, ranks)) = call.arguments.split_first() else { return Vec::new() };
        let value = self.scalar(&first.value, columns);
        let stem = name_of(&first.value).unwrap_or_default();
        let mut out = Vec::new();
        if call.name.text == "percentilesw" {
            let index = self.miss(codes::kusto::UNREAD_FUNCTION, "the function `percentilesw`", call.span);
            out.push(Named {
                column: Column { name: "Column".to_owned(), value: Expr::Unread(index) },
                ty: Ty::Unknown,
            });
            return out;
        }
        for (at, rank) in ranks.iter().enumerate() {
            let rank = self.scalar(&rank.value, columns);
            let label = match rank.expr.as_literal() {
                Some(literal) => crate::evaluate::functions::convert::scalar_text(literal).replace('.', "_"),
                None => at.to_string(),
            };
            let name = given.get(at).cloned().flatten().unwrap_or(format!("percentile_{stem}_{label}"));
            out.push(Named {
                column: Column {
                    name: unique(name, names),
                    value: Expr::Aggregate(aggregate::PERCENTILE, vec![value.expr.clone(), rank.expr], None),
                },
                ty: value.ty,
            });
        }
        out
    }

    /// An expression over aggregates: `round(avg(x), 2)`, `sum(a) * 1.0 / count()`.
    pub(super) fn aggregate(&mut self, node: &'a Node, columns: &Columns) -> Typed {
        match &node.kind {
            ExprKind::Paren(inner) => self.aggregate(inner, columns),
            ExprKind::Sign { negative, operand } => {
                let value = self.aggregate(operand, columns);
                if *negative { super::scalar::call(kusto::NEGATE, vec![value]) } else { value }
            }
            ExprKind::Arithmetic { first, rest } => {
                let mut left = self.aggregate(first, columns);
                for (op, operand) in rest {
                    let right = self.aggregate(operand, columns);
                    left = super::scalar::arithmetic(*op, left, right);
                }
                left
            }
            ExprKind::Path(path) if matches!(&path.first.kind, ExprKind::Call(call) if contains_aggregate_call(call)) =>
            {
                let mut base = self.aggregate(&path.first, columns);
                for step in &path.steps {
                    let segment = match &step.kind {
                        PathStep::Member(name) => Some(crate::model::Segment::Key(name.text.clone())),
                        PathStep::Index(index) | PathStep::DotIndex(index) => match self.scalar(index, columns).expr {
                            Expr::Literal(Value::String(key)) => Some(crate::model::Segment::Key(key)),
                            Expr::Literal(Value::Int(index)) => Some(crate::model::Segment::Index(index)),
                            _ => None,
                        },
                        _ => None,
                    };
                    match segment {
                        Some(segment) => base = Typed::new(super::scalar::into(base.expr, segment), Ty::Dynamic),
                        None => return Typed::unread(self.miss(codes::kusto::UNREAD, "this path", node.span)),
                    }
                }
                base
            }
            ExprKind::Call(call) => self.aggregate_call(call, node, columns),
            ExprKind::Compare { op, left, right } if contains_aggregate(left) || contains_aggregate(right) => {
                let (left, right) = (self.aggregate(left, columns), self.aggregate(right, columns));
                let both = self.compare(*op, left, right, node.span);
                super::scalar::truth_value(both.yes, both.no)
            }
            _ => self.scalar(node, columns),
        }
    }

    fn aggregate_call(&mut self, call: &'a Call, node: &'a Node, columns: &Columns) -> Typed {
        let name = call.name.text.as_str();
        let user = matches!(self.lookup(name), Some(super::Binding::Function(..)));
        if !user && let Some((function, conditional)) = functions::aggregate(name) {
            let mut arguments = call.arguments.as_slice();
            let mut filter = None;
            if conditional {
                // make_set_if(x, condition, limit): the condition is second; countif(condition): the only one.
                let at = if function == aggregate::COUNT_ROWS { 0 } else { 1 };
                if let Some(item) = arguments.get(at) {
                    filter = Some(Box::new(self.truth(&item.value, columns, true)));
                }
                arguments = match (at, arguments) {
                    (1, [first, ..]) => std::slice::from_ref(first),
                    _ => &[],
                };
            }
            let mut values: Vec<Typed> = arguments.iter().map(|item| self.scalar(&item.value, columns)).collect();
            if let Some(item) = call.arguments.get(2).filter(|_| conditional && function != aggregate::COUNT_ROWS) {
                values.push(self.scalar(&item.value, columns));
            }
            if let Some(Expr::Unread(index)) =
                values.iter().map(|value| &value.expr).find(|expr| matches!(expr, Expr::Unread(_)))
            {
                return Typed::unread(*index);
            }
            let canonical = aggregate_word(function);
            self.check_arguments(canonical, &values, call.span);
            if function == aggregate::COUNT_ROWS {
                // count(x) counts rows, nulls included.
                values.clear();
            }
            let types: Vec<Ty> = values.iter().map(|value| value.ty).collect();
            let ty = aggregate::returns(function).map_or(Ty::Unknown, |returns| Ty::of_result(returns, &types));
            let filter = filter.filter(|predicate| predicate.as_ref() != &Predicate::Always(true));
            let values = values.into_iter().map(|value| value.expr).collect();
            return Typed::new(Expr::Aggregate(function, values, filter), ty);
        }
        if !user && contains_aggregate_call(call) {
            match functions::canonical(name) {
                "gettype" => {
                    if let Some(item) = call.arguments.first() {
                        let value = self.aggregate(&item.value, columns);
                        if !matches!(value.ty, Ty::Dynamic | Ty::Unknown) {
                            return Typed::literal(Value::text(value.ty.name()), Ty::String);
                        }
                        return super::scalar::call(kusto::GETTYPE, vec![value]);
                    }
                }
                "tostring" => {
                    return match call.arguments.first() {
                        Some(item) => self.aggregate(&item.value, columns).into_text(),
                        None => self.scalar(node, columns),
                    };
                }
                "iff" | "iif" => {
                    if let [when, then, otherwise] = call.arguments.as_slice() {
                        let when = self.aggregate(&when.value, columns);
                        let (then, otherwise) =
                            (self.aggregate(&then.value, columns), self.aggregate(&otherwise.value, columns));
                        let ty = then.ty.common(otherwise.ty);
                        let when = match when.expr {
                            Expr::Truth(inner) => *inner,
                            expr => crate::model::Test::new(
                                expr,
                                crate::model::TestKind::Equals {
                                    value: Expr::Literal(Value::Bool(true)),
                                    case: crate::model::Case::Sensitive,
                                    typing: crate::model::Typing::Typed,
                                },
                                node.span,
                            )
                            .into(),
                        };
                        let arm = crate::model::CaseArm { when, then: then.expr };
                        return Typed::new(Expr::Case(vec![arm], Box::new(otherwise.expr)), ty);
                    }
                }
                canonical => {
                    if let Some(function) = functions::scalar(canonical) {
                        let values: Vec<Typed> =
                            call.arguments.iter().map(|item| self.aggregate(&item.value, columns)).collect();
                        if let Some(Expr::Unread(index)) =
                            values.iter().map(|value| &value.expr).find(|expr| matches!(expr, Expr::Unread(_)))
                        {
                            return Typed::unread(*index);
                        }
                        return super::scalar::call(function, values);
                    }
                }
            }
            let reason = format!("the function `{name}` over aggregates");
            return Typed::unread(self.miss(codes::kusto::UNREAD_FUNCTION, reason, call.span));
        }
        if !user && functions::scalar(name).is_none() && !super::table::is_scalar_call(name) {
            let reason = format!("the aggregate `{name}`");
            return Typed::unread(self.miss(codes::kusto::UNREAD_FUNCTION, reason, call.span));
        }
        self.scalar(node, columns)
    }
}

/// The spelling of an aggregate.
fn aggregate_word(function: Function) -> &'static str {
    functions::aggregate_spelling(function).unwrap_or_default()
}

fn stars(call: &Call) -> bool {
    call.arguments.iter().any(|item| matches!(item.value.kind, ExprKind::Star))
}

fn contains_aggregate_call(call: &Call) -> bool {
    functions::aggregate(&call.name.text).is_some() || call.arguments.iter().any(|item| contains_aggregate(&item.value))
}

/// Whether an aggregate stands inside an expression.
pub(super) fn contains_aggregate(node: &Node) -> bool {
    match &node.kind {
        ExprKind::Call(call) => contains_aggregate_call(call),
        ExprKind::Paren(inner) | ExprKind::Sign { operand: inner, .. } => contains_aggregate(inner),
        ExprKind::Arithmetic { first, rest } => {
            contains_aggregate(first) || rest.iter().any(|(_, operand)| contains_aggregate(operand))
        }
        ExprKind::Compare { left, right, .. } => contains_aggregate(left) || contains_aggregate(right),
        ExprKind::Path(path) => contains_aggregate(&path.first),
        _ => false,
    }
}

/// The name that an expression gives its column: that of the column it is about.
pub(super) fn name_of(node: &Node) -> Option<String> {
    match &node.kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Paren(inner) => name_of(inner),
        ExprKind::Path(path) => {
            let mut name = name_of(&path.first)?;
            for step in &path.steps {
                match &step.kind {
                    PathStep::Member(member) => {
                        name.push('_');
                        name.push_str(&member.text);
                    }
                    PathStep::Index(index) | PathStep::DotIndex(index) => match &index.kind {
                        ExprKind::Literal(literal) => {
                            name.push('_');
                            match super::scalar::value(literal)? {
                                Value::String(text) => name.push_str(&text),
                                Value::Int(number) => name.push_str(&number.to_string()),
                                _ => return None,
                            }
                        }
                        _ => return None,
                    },
                    _ => return None,
                }
            }
            Some(name)
        }
        // Conversions keep the name of what they convert; every other call leaves its column nameless.
        ExprKind::Call(call) => match functions::canonical(&call.name.text) {
            "tostring" | "tolong" | "toint" | "todouble" | "tobool" | "todatetime" | "totimespan" | "todecimal"
            | "toguid" | "bin" | "floor" | "parse_json" | "tohex" | "startofday" | "startofweek" | "startofmonth"
            | "startofyear" | "endofday" | "endofweek" | "endofmonth" | "endofyear" | "bin_at" => {
                name_of(&call.arguments.first()?.value)
            }
            _ => None,
        },
        _ => None,
    }
}

fn default_name(node: &Node) -> String {
    match &node.unwrap_parentheses().kind {
        ExprKind::Call(call) if functions::aggregate(&call.name.text).is_some() => default_name_of_call(call),
        ExprKind::Call(call) => match (functions::canonical(&call.name.text), call.arguments.first()) {
            ("tostring" | "tolong" | "toint" | "todouble" | "tobool" | "todatetime" | "round", Some(item)) => {
                default_name(&item.value)
            }
            _ => "Column".to_owned(),
        },
        _ => "Column".to_owned(),
    }
}

/// `count_`, `sum_x`, `set_x`, `percentile_x_95`.
fn default_name_of_call(call: &Call) -> String {
    let spelled = call.name.text.as_str();
    let stem = call.arguments.first().and_then(|item| name_of(&item.value)).unwrap_or_default();
    match spelled {
        "count" => format!("count_{stem}"),
        "make_set" | "makeset" | "make_set_if" => format!("set_{stem}"),
        "make_list" | "makelist" | "make_list_if" | "make_list_with_nulls" => format!("list_{stem}"),
        "make_bag" | "make_dictionary" | "make_bag_if" => format!("bag_{stem}"),
        "take_any" | "any" => {
            if spelled == "any" {
                format!("any_{stem}")
            } else {
                stem
            }
        }
        "take_anyif" | "anyif" => stem,
        "arg_max" | "argmax" => format!("max_{stem}"),
        "arg_min" | "argmin" => format!("min_{stem}"),
        "percentile" => {
            let rank = call.arguments.get(1).and_then(|item| match &item.value.kind {
                ExprKind::Literal(literal) => super::scalar::value(literal),
                _ => None,
            });
            match rank {
                Some(rank) => format!(
                    "percentile_{stem}_{}",
                    crate::evaluate::functions::convert::scalar_text(&rank).replace('.', "_")
                ),
                None => format!("percentile_{stem}_"),
            }
        }
        other => format!("{other}_{stem}"),
    }
}

/// A name that is not taken: `x`, `x1`, `x2`.
pub(super) fn unique(name: String, taken: &mut Vec<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 0;
    if name == "Column" {
        number = 1;
        candidate = "Column1".to_owned();
    }
    while taken.contains(&candidate) {
        number += 1;
        candidate = format!("{name}{number}");
    }
    taken.push(candidate.clone());
    candidate
}
