//! Steps over whole tables as text, and calls that yield several columns.

use super::literal;
use super::scalar::strip;
use super::{Raiser, Said};
use crate::dialect::kusto::bind::functions;
use crate::model::{Column, Expr, Segment, Series, TableStep, UnpackConflict};

/// The call that an expression takes one of several values of, and which.
pub(super) fn value_at(expr: &Expr) -> Option<(&Expr, usize)> {
    let Expr::Path(base, path, _) = expr else { return None };
    let (Expr::Call(function, _), [Segment::Index(at)]) = (base.as_ref(), path.0.as_slice()) else { return None };
    functions::several(*function)?;
    Some((base, usize::try_from(*at).ok()?))
}

impl Raiser<'_> {
    /// Columns of which some are the values of one call: `(a, b) = series_fit_line(x)`.
    pub(super) fn columns_of_calls(&mut self, columns: &[Column]) -> Said<String> {
        let mut parts = Vec::new();
        let mut rest = columns;
        while let Some((first, tail)) = rest.split_first() {
            let Some((call, 0)) = value_at(&first.value) else {
                if value_at(&first.value).is_some() {
                    return Err("one of several values of a call, away from the others".to_owned());
                }
                parts.push(self.columns(std::slice::from_ref(first))?);
                rest = tail;
                continue;
            };
            let mut names = vec![literal::name(&first.name)];
            rest = tail;
            while let Some((next, tail)) = rest.split_first() {
                if value_at(&next.value) != Some((call, names.len())) {
                    break;
                }
                names.push(literal::name(&next.name));
                rest = tail;
            }
            let call = self.scalar(call)?.text;
            parts.push(match names.as_slice() {
                [one] => format!("{one} = {call}"),
                many => format!("({}) = {call}", many.join(", ")),
            });
        }
        Ok(parts.join(", "))
    }

    /// A step over the whole table.
    pub(super) fn table_step(&mut self, step: &TableStep) -> Said<String> {
        Ok(match step {
            TableStep::Series(series) => self.series(series)?,
            TableStep::KeyValues(pairs) => {
                let subject = self.text_of(&pairs.subject)?;
                let mut options = vec![
                    format!("pair_delimiter={}", literal::text(&pairs.pair)),
                    format!("kv_delimiter={}", literal::text(&pairs.separator)),
                ];
                match pairs.quotes.as_slice() {
                    [(open, close)] if open == close => {
                        options.push(format!("quote={}", literal::text(&open.to_string())));
                    }
                    [(open, close)] => {
                        let (open, close) = (literal::text(&open.to_string()), literal::text(&close.to_string()));
                        options.push(format!("quote=({open}, {close})"));
                    }
                    _ => {}
                }
                options.extend(pairs.escape.map(|escape| format!("escape={}", literal::text(&escape.to_string()))));
                if pairs.greedy {
                    options.push("greedy=true".to_owned());
                }
                format!("| parse-kv {subject} as ({}) with ({})", schema(&pairs.keys), options.join(", "))
            }
            TableStep::TopNested(levels) => {
                let mut parts = Vec::new();
                for level in levels {
                    let count = match &level.count {
                        Some(count) => format!("{} ", self.scalar(count)?.text),
                        None => String::new(),
                    };
                    let of = self.columns(std::slice::from_ref(&level.of))?;
                    let others = match &level.others {
                        Some(others) => format!(" with others = {}", self.scalar(others)?.text),
                        None => String::new(),
                    };
                    let by = self.scalar(&level.by.value)?.text;
                    let order = if level.descending { "" } else { " asc" };
                    let name = literal::name(&level.by.name);
                    parts.push(format!("{count}of {of}{others} by {name} = {by}{order}"));
                }
                format!("| top-nested {}", parts.join(", top-nested "))
            }
            TableStep::Partition { by, steps } => {
                let by = self.scalar(by)?.text;
                let mut lines = Vec::new();
                Raiser::new(self.types).lines(steps, &mut lines)?;
                let body = lines.join("\n    ");
                let body = body.strip_prefix("| ").unwrap_or(&body).to_owned();
                format!("| partition by {by} (\n    {body}\n)")
            }
            TableStep::Unpack(unpack) => {
                let mut arguments = vec![literal::name(&unpack.column)];
                if !unpack.prefix.is_empty() {
                    arguments.push(format!("OutputColumnPrefix={}", literal::text(&unpack.prefix)));
                }
                match unpack.conflict {
                    UnpackConflict::Error => {}
                    UnpackConflict::KeepSource => arguments.push("columnsConflict=\"keep_source\"".to_owned()),
                    UnpackConflict::ReplaceSource => arguments.push("columnsConflict=\"replace_source\"".to_owned()),
                }
                if !unpack.ignored.is_empty() {
                    let names: Vec<String> = unpack.ignored.iter().map(|name| literal::text(name)).collect();
                    arguments.push(format!("ignoredProperties=dynamic([{}])", names.join(", ")));
                }
                let schema = unpack.schema.as_ref().map_or(String::new(), |keys| format!(" : ({})", schema(keys)));
                format!("| evaluate bag_unpack({}){schema}", arguments.join(", "))
            }
            TableStep::Pivot { column, aggregate, by } => {
                let mut arguments = vec![literal::name(column), self.scalar(aggregate)?.text];
                arguments.extend(by.iter().flatten().map(|name| literal::name(name)));
                format!("| evaluate pivot({})", arguments.join(", "))
            }
            TableStep::Networks(networks) => {
                let right = self.sub(&networks.right)?;
                let mut arguments = vec![right, literal::name(&networks.address), literal::name(&networks.network)];
                arguments.extend(networks.also.iter().map(|name| literal::name(name)));
                if networks.unmatched {
                    arguments.push("return_unmatched = true".to_owned());
                }
                format!("| evaluate ipv4_lookup({})", arguments.join(", "))
            }
            TableStep::Invoke { name, arguments } => {
                let arguments =
                    arguments.iter().map(|argument| Ok(self.scalar(argument)?.text)).collect::<Said<Vec<_>>>()?;
                format!("| invoke {name}({})", arguments.join(", "))
            }
        })
    }

    fn series(&mut self, series: &Series) -> Said<String> {
        let mut aggregates = Vec::new();
        for (column, default) in &series.aggregates {
            let value = strip(&self.scalar(&column.value)?.text);
            let default = self.scalar(default)?.text;
            aggregates.push(format!("{} = {value} default={default}", literal::name(&column.name)));
        }
        let axis = self.columns(std::slice::from_ref(&series.axis))?;
        let mut text = |expr: &Option<Expr>| -> Said<Option<String>> {
            expr.as_ref().map(|expr| Ok(self.scalar(expr)?.text)).transpose()
        };
        let (from, to, step) = (text(&series.from)?, text(&series.to)?, text(&Some(series.step.clone()))?);
        let step = step.unwrap_or_default();
        let range = match (series.closed, from, to) {
            (true, Some(from), Some(to)) => format!("in range({from}, {to}, {step})"),
            (true, ..) => return Err("a series in a range without ends".to_owned()),
            (false, from, to) => {
                let from = from.map_or(String::new(), |from| format!("from {from} "));
                let to = to.map_or(String::new(), |to| format!("to {to} "));
                format!("{from}{to}step {step}")
            }
        };
        let by = self.columns(&series.by)?;
        let by = if by.is_empty() { by } else { format!(" by {by}") };
        let kind = if series.nonempty { "kind=nonempty " } else { "" };
        Ok(format!("| make-series {kind}{} on {axis} {range}{by}", aggregates.join(", ")))
    }
}

fn schema(keys: &[(String, String)]) -> String {
    keys.iter().map(|(name, ty)| format!("{}: {ty}", literal::name(name))).collect::<Vec<_>>().join(", ")
}
