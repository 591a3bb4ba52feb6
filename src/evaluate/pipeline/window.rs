//! Functions that look at the rows before and behind: their values are computed for all rows first.

use super::rows::Data;
use crate::evaluate::functions::{convert, kusto_list as list};
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::function::kusto as k;
use crate::model::walk::{self, Fold};
use crate::model::{ArrayMode, Expr, FieldPath, FieldRef, Function, Value};

/// What the names of columns for the time being start with.
const MARK: char = '\u{1}';

fn is_window(function: Function) -> bool {
    [k::PREV, k::NEXT, k::ROW_NUMBER, k::ROW_CUMSUM, k::ROW_RANK_DENSE, k::ROW_RANK_MIN, k::ROW_WINDOW_SESSION]
        .contains(&function)
}

/// Whether an expression depends on other rows.
pub fn is_windowed(expr: &Expr) -> bool {
    struct Windows(bool);
    impl Fold for Windows {
        fn expr(&mut self, expr: Expr) -> Expr {
            self.0 |= matches!(&expr, Expr::Call(function, _) if is_window(*function));
            walk::expr_parts(self, expr)
        }
    }
    let mut windows = Windows(false);
    windows.expr(expr.clone());
    windows.0
}

/// The expression with calls that depend on other rows replaced by columns of their values.
pub fn prepare(expr: &Expr, data: &mut Data, context: &Context<'_>) -> Result<Expr, EvalError> {
    struct Prepare<'x, 'c> {
        data: &'x mut Data,
        context: &'x Context<'c>,
        error: Option<EvalError>,
    }
    impl Fold for Prepare<'_, '_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            match walk::expr_parts(self, expr) {
                Expr::Call(k::PACK_ALL, _) => {
                    let names = self.data.columns.iter().map(|(name, _)| name).filter(|name| !name.starts_with(MARK));
                    Expr::Object(names.map(|name| (name.clone(), column(name))).collect())
                }
                Expr::Call(function, arguments) if is_window(function) => {
                    match values(function, &arguments, self.data, self.context) {
                        Ok(values) => {
                            let name = format!("{MARK}{}", self.data.columns.len());
                            let ty = arguments.first().and_then(|argument| self.data.type_of(argument));
                            let ty = if matches!(function, k::PREV | k::NEXT | k::ROW_CUMSUM) { ty } else { None };
                            self.data.set(&name, ty, values, self.context);
                            column(&name)
                        }
                        Err(error) => {
                            self.error.get_or_insert(error);
                            Expr::Literal(Value::Null)
                        }
                    }
                }
                other => other,
            }
        }
    }
    let packs = {
        struct Packs(bool);
        impl Fold for Packs {
            fn expr(&mut self, expr: Expr) -> Expr {
                self.0 |= matches!(&expr, Expr::Call(k::PACK_ALL, _));
                walk::expr_parts(self, expr)
            }
        }
        let mut packs = Packs(false);
        packs.expr(expr.clone());
        packs.0
    };
    if !packs && !is_windowed(expr) {
        return Ok(expr.clone());
    }
    let mut prepare = Prepare { data, context, error: None };
    let expr = prepare.expr(expr.clone());
    match prepare.error {
        Some(error) => Err(error),
        None => Ok(expr),
    }
}

/// Takes the columns for the time being away.
pub fn clear(data: &mut Data) {
    if data.columns.iter().any(|(name, _)| name.starts_with(MARK)) {
        data.columns.retain(|(name, _)| !name.starts_with(MARK));
        for row in &mut data.rows {
            if let Value::Object(cells) = row {
                cells.retain(|(name, _)| !name.starts_with(MARK));
            }
        }
    }
}

fn column(name: &str) -> Expr {
    Expr::Field(FieldRef::new(FieldPath::column(name), ArrayMode::Whole))
}

fn values(function: Function, arguments: &[Expr], data: &Data, context: &Context<'_>) -> Result<Vec<Value>, EvalError> {
    let each = |at: usize| -> Result<Option<Vec<Value>>, EvalError> {
        let Some(argument) = arguments.get(at) else { return Ok(None) };
        let values = data.rows.iter().map(|row| eval(argument, &Scope::new(row, Access::Common), context));
        values.collect::<Result<Vec<_>, _>>().map(Some)
    };
    let flags = |values: Option<Vec<Value>>| -> Vec<bool> {
        match values {
            Some(values) => values.iter().map(|value| *value == Value::Bool(true)).collect(),
            None => vec![false; data.rows.len()],
        }
    };
    let first = each(0)?;
    Ok(match function {
        k::PREV | k::NEXT => {
            let values = first.unwrap_or_default();
            let distance = each(1)?.and_then(|values| values.first().and_then(convert::to_long)).unwrap_or(1);
            let default = each(2)?.and_then(|values| values.into_iter().next()).unwrap_or(Value::Null);
            let distance = if function == k::PREV { -distance } else { distance };
            (0..values.len())
                .map(|at| {
                    let place = i64::try_from(at).unwrap_or(0).saturating_add(distance);
                    usize::try_from(place).ok().and_then(|place| values.get(place)).unwrap_or(&default).clone()
                })
                .collect()
        }
        k::ROW_NUMBER => {
            let start = first.and_then(|values| values.first().and_then(convert::to_long)).unwrap_or(1);
            let mut next = start;
            let mut number = |anew: bool| {
                if anew {
                    next = start;
                }
                next += 1;
                Value::Int(next - 1)
            };
            flags(each(1)?).into_iter().map(&mut number).collect()
        }
        k::ROW_CUMSUM => {
            let mut total: Option<Value> = None;
            let values = first.unwrap_or_default();
            let restarts = flags(each(1)?);
            values
                .into_iter()
                .zip(restarts)
                .map(|(value, anew)| {
                    if anew {
                        total = None;
                    }
                    if !value.is_null() {
                        total = Some(match &total {
                            None => value,
                            Some(known) => crate::evaluate::functions::arithmetic_sum([known, &value].into_iter())
                                .unwrap_or(Value::Null),
                        });
                    }
                    total.clone().unwrap_or(Value::Int(0))
                })
                .collect()
        }
        k::ROW_RANK_DENSE | k::ROW_RANK_MIN => {
            let values = first.unwrap_or_default();
            let restarts = flags(each(1)?);
            let (mut rank, mut place) = (0i64, 0i64);
            let mut before: Option<Value> = None;
            values
                .into_iter()
                .zip(restarts)
                .map(|(value, anew)| {
                    if anew {
                        (rank, place, before) = (0, 0, None);
                    }
                    place += 1;
                    if !before.as_ref().is_some_and(|before| list::same(before, &value)) {
                        rank = if function == k::ROW_RANK_DENSE { rank + 1 } else { place };
                    }
                    before = Some(value);
                    Value::Int(rank)
                })
                .collect()
        }
        _ => {
            // row_window_session(time, most from the first, most between, restart)
            let values = first.unwrap_or_default();
            let most = |at: usize| -> Result<i64, EvalError> {
                Ok(each(at)?.and_then(|values| values.first().and_then(convert::to_duration)).unwrap_or(i64::MAX))
            };
            let (whole, between) = (most(1)?, most(2)?);
            let restarts = flags(each(3)?);
            let (mut start, mut last): (Option<i64>, i64) = (None, 0);
            values
                .iter()
                .zip(restarts)
                .map(|(value, anew)| {
                    let Value::DateTime(ticks) = value else { return Value::Null };
                    let goes_on = start.is_some_and(|start| !anew && ticks - start <= whole && ticks - last <= between);
                    if !goes_on {
                        start = Some(*ticks);
                    }
                    last = *ticks;
                    start.map_or(Value::Null, Value::DateTime)
                })
                .collect()
        }
    })
}
