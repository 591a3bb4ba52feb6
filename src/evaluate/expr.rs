//! Values of expressions. An expression over a field in mode any has several values, each of which counts.

use super::access::{self, Found};
use super::context::Bound;
use super::predicate::{elements, holds_at};
use super::{Context, EvalError, Scope, compare, functions, pipeline};
use crate::model::{ArrayMode, Case, Expr, FieldRef, Typing, Value};
use std::borrow::Cow;

/// The greatest number of combinations of arguments that one call is tried with.
const MOST_COMBINATIONS: usize = 10_000;
/// How deep expressions and predicates may nest; readers bound their input far below it.
pub(super) const DEEPEST: usize = 500;

/// How several values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// There is at most one, and it is the value.
    One,
    /// Any of them.
    Any,
    /// All of them.
    All,
}

/// What an expression yields.
#[derive(Debug)]
pub struct Values<'v> {
    /// Whether the key is there, whatever its value; of a computed value, whether it is not null.
    pub key: bool,
    /// The values.
    pub values: Vec<Cow<'v, Value>>,
    /// How they count.
    pub count: Count,
}

impl<'v> Values<'v> {
    fn one(value: Cow<'v, Value>) -> Self {
        Self { key: !value.is_null(), values: vec![value], count: Count::One }
    }

    /// The values as one: several become a list, none null.
    pub fn single(mut self) -> Cow<'v, Value> {
        match (self.values.len(), self.count) {
            (0, _) => Cow::Owned(Value::Null),
            (1, _) => self.values.pop().unwrap_or(Cow::Owned(Value::Null)),
            _ => Cow::Owned(Value::Array(self.values.into_iter().map(Cow::into_owned).collect())),
        }
    }
}

/// Evaluates an expression.
pub fn values<'v>(
    expr: &'v Expr,
    scope: &Scope<'v>,
    context: &Context<'_>,
    depth: usize,
) -> Result<Values<'v>, EvalError> {
    let Some(depth) = depth.checked_add(1).filter(|depth| *depth < DEEPEST) else {
        return Err(EvalError::TooMuch("an expression nested this deep".to_owned()));
    };
    Ok(match expr {
        Expr::Literal(value) => Values::one(Cow::Borrowed(value)),
        Expr::Field(field) => by_mode(
            access::find(scope.row, &field.path, scope.access, field.mode != ArrayMode::Whole, context),
            field.mode,
            spreads(field),
        ),
        Expr::AnyField => {
            let mut found = Vec::new();
            access::leaves(scope.row, &mut found);
            Values { key: true, values: found, count: Count::Any }
        }
        Expr::Var(name) => match scope.lookup(&name.0) {
            Some(value) => Values::one(Cow::Borrowed(value)),
            None => return Err(EvalError::Unsupported(format!("the unbound name `{}`", name.0))),
        },
        Expr::Path(base, path, mode) => {
            let base = values(base, scope, context, depth)?;
            let field = FieldRef::new(path.clone(), *mode);
            let mut merged = Found::default();
            for value in &base.values {
                let found = access::find_inside(value, path, scope.access, *mode != ArrayMode::Whole);
                merged.key |= found.key;
                merged.values.extend(found.values.into_iter().map(|value| Cow::Owned(value.into_owned())));
            }
            let spread = spreads(&field);
            let mut result = by_mode(merged, *mode, spread);
            if base.count != Count::One && *mode == ArrayMode::Whole && !spread {
                result.count = base.count;
            }
            result
        }
        Expr::Call(function, arguments) => call(*function, arguments, scope, context, depth)?,
        Expr::Case(arms, otherwise) => {
            for arm in arms {
                if holds_at(&arm.when, scope, context, depth)? {
                    return values(&arm.then, scope, context, depth);
                }
            }
            values(otherwise, scope, context, depth)?
        }
        Expr::Truth(predicate) => Values::one(Cow::Owned(Value::Bool(holds_at(predicate, scope, context, depth)?))),
        Expr::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                list.push(value(item, scope, context, depth)?.into_owned());
            }
            Values::one(Cow::Owned(Value::Array(list)))
        }
        Expr::Object(members) => {
            let mut entries = Vec::with_capacity(members.len());
            for (name, member) in members {
                entries.push((name.clone(), value(member, scope, context, depth)?.into_owned()));
            }
            Values::one(Cow::Owned(Value::Object(entries)))
        }
        Expr::Collect { list, var, when, value: each, distinct } => {
            let mut collected: Vec<Value> = Vec::new();
            for element in elements(list, scope, context, depth)? {
                let bound = Bound { name: &var.0, value: &element, outer: scope.bound };
                let inner = Scope { row: scope.row, access: scope.access, bound: Some(&bound) };
                if holds_at(when, &inner, context, depth)? {
                    let found = value(each, &inner, context, depth)?.into_owned();
                    if !*distinct || !collected.iter().any(|other| same(other, &found, context)) {
                        collected.push(found);
                    }
                }
            }
            Values::one(Cow::Owned(Value::Array(collected)))
        }
        Expr::Aggregate(function, _, _) => {
            return Err(EvalError::Unsupported(format!("the aggregate `{}` outside an aggregating step", function.0)));
        }
        Expr::Scalar(sub) => {
            let table = pipeline::run(sub, context)?;
            let cell = table.rows.first().and_then(|row| row.first()).cloned();
            Values::one(Cow::Owned(cell.unwrap_or(Value::Null)))
        }
        Expr::Rows(sub) => {
            let table = pipeline::run(sub, context)?;
            let column = table.rows.into_iter().filter_map(|row| row.into_iter().next()).collect();
            Values::one(Cow::Owned(Value::Array(column)))
        }
        Expr::Unread(index) => return Err(EvalError::Unread(*index)),
    })
}

/// The value of an expression; several become a list, none null.
pub fn value<'v>(
    expr: &'v Expr,
    scope: &Scope<'v>,
    context: &Context<'_>,
    depth: usize,
) -> Result<Cow<'v, Value>, EvalError> {
    values(expr, scope, context, depth).map(Values::single)
}

/// Whether a path names several places by itself.
fn spreads(field: &FieldRef) -> bool {
    use crate::model::Segment;
    field.path.0.iter().any(|segment| matches!(segment, Segment::Any | Segment::KeyPattern(_)))
}

fn by_mode(found: Found<'_>, mode: ArrayMode, spread: bool) -> Values<'_> {
    let Found { key, mut values } = found;
    let (values, count) = match mode {
        ArrayMode::Whole if spread => {
            let list: Vec<Value> = values.into_iter().map(Cow::into_owned).collect();
            (if key || !list.is_empty() { vec![Cow::Owned(Value::Array(list))] } else { Vec::new() }, Count::One)
        }
        ArrayMode::Whole if values.len() > 1 => {
            let list = values.into_iter().map(Cow::into_owned).collect();
            (vec![Cow::Owned(Value::Array(list))], Count::One)
        }
        ArrayMode::Whole => (values, Count::One),
        ArrayMode::Any => (values, Count::Any),
        ArrayMode::All => (values, Count::All),
        ArrayMode::First => {
            values.truncate(1);
            (values, Count::One)
        }
        ArrayMode::Last => (values.pop().into_iter().collect(), Count::One),
        ArrayMode::Distinct => {
            let list = distinct(values);
            (if key { vec![Cow::Owned(Value::Array(list))] } else { Vec::new() }, Count::One)
        }
        ArrayMode::LastDistinct => (distinct(values).pop().map(Cow::Owned).into_iter().collect(), Count::One),
        ArrayMode::Single => {
            let single = if values.len() == 1 { values } else { Vec::new() };
            (single, Count::One)
        }
    };
    Values { key, values, count }
}

/// Values that are not null, each once, in the order of their first appearance.
fn distinct(values: Vec<Cow<'_, Value>>) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    for value in values {
        if !value.is_null() && !list.contains(&*value) {
            list.push(value.into_owned());
        }
    }
    list
}

fn same(left: &Value, right: &Value, context: &Context<'_>) -> bool {
    (left.is_null() && right.is_null()) || compare::equal(left, right, Case::Sensitive, Typing::Typed, context)
}

/// A function of each combination of the arguments' values.
fn call<'v>(
    function: crate::model::Function,
    arguments: &'v [Expr],
    scope: &Scope<'v>,
    context: &Context<'_>,
    depth: usize,
) -> Result<Values<'v>, EvalError> {
    let mut lists = Vec::with_capacity(arguments.len());
    let (mut count, mut combinations) = (Count::One, 1usize);
    for argument in arguments {
        let mut found = values(argument, scope, context, depth)?;
        if found.count != Count::One {
            count = found.count;
        } else if found.values.is_empty() {
            found.values.push(Cow::Owned(Value::Null));
        }
        combinations = combinations.saturating_mul(found.values.len());
        lists.push(found.values);
    }
    if combinations > MOST_COMBINATIONS {
        return Err(EvalError::TooMuch(format!("a call of `{}` with this many values", function.0)));
    }
    let mut results = Vec::with_capacity(combinations);
    for combination in 0..combinations {
        let mut rest = combination;
        let mut chosen = Vec::with_capacity(lists.len());
        for list in &lists {
            chosen.push(list.get(rest % list.len().max(1)).map_or(Value::Null, |value| value.clone().into_owned()));
            rest /= list.len().max(1);
        }
        results.push(Cow::Owned(functions::call(function, &chosen, context)?));
    }
    if count == Count::Any {
        results.retain(|value: &Cow<'_, Value>| !value.is_null());
    }
    let key = results.iter().any(|value| !value.is_null());
    Ok(Values { key, values: results, count })
}
