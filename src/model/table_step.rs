//! Steps over whole tables that few dialects have. Each is named after what it does; the dialect whose semantics it has
//! is told beside it.

use super::Expr;
use super::pipeline::{Aggregate, Column, Pipeline, Step};

/// A step over a whole table.
#[derive(Debug, Clone, PartialEq)]
pub enum TableStep {
    /// Lists of aggregates over equal steps of an axis (Kusto `make-series`).
    Series(Series),
    /// Columns of `key=value` pairs inside a text (Kusto `parse-kv`).
    KeyValues(KeyValues),
    /// The greatest groups, and inside each the greatest groups of the next level (Kusto `top-nested`).
    TopNested(Vec<NestedLevel>),
    /// Steps that run over the rows of each value apart (Kusto `partition`).
    Partition {
        /// What tells the parts.
        by: Expr,
        /// What runs over each part.
        steps: Vec<Step>,
    },
    /// The members of a bag as columns of their own, the bag gone (Kusto `evaluate bag_unpack`).
    Unpack(Unpack),
    /// The values of a column as columns (Kusto `evaluate pivot`).
    Pivot {
        /// The column whose values become columns.
        column: String,
        /// What stands in their cells.
        aggregate: Expr,
        /// The columns that make a row; every other column of the input where `None`.
        by: Option<Vec<String>>,
    },
    /// Pairs rows by the network that an address lies in (Kusto `evaluate ipv4_lookup`).
    Networks(Box<Networks>),
    /// A function of the workspace that gets the rows and hands rows back; its definition is not in the rule.
    Invoke {
        /// Its name.
        name: String,
        /// What it gets beside the rows.
        arguments: Vec<Expr>,
    },
}

/// Lists of aggregates over equal steps of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The aggregates, each with the value of a step without rows.
    pub aggregates: Vec<(Aggregate, Expr)>,
    /// The axis.
    pub axis: Column,
    /// Where the axis starts; at the first step with rows when `None`.
    pub from: Option<Expr>,
    /// Where it ends, itself not part of it; behind the last step with rows when `None`.
    pub to: Option<Expr>,
    /// The length of a step.
    pub step: Expr,
    /// What makes a series of its own.
    pub by: Vec<Column>,
    /// Whether a table without rows still gives one series (`kind=nonempty`).
    pub nonempty: bool,
    /// Whether the ends are those of `in range(...)`: the steps count from zero, and the last end belongs to the axis.
    pub closed: bool,
}

/// `key=value` pairs inside a text.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyValues {
    /// The text.
    pub subject: Expr,
    /// Name and type of each column.
    pub keys: Vec<(String, String)>,
    /// What stands between pairs.
    pub pair: String,
    /// What stands between a key and its value.
    pub separator: String,
    /// What values are quoted with: opening and closing.
    pub quotes: Vec<(char, char)>,
    /// What stands in front of a quote that belongs to the value.
    pub escape: Option<char>,
    /// Whether a value goes on until the next pair that looks like one.
    pub greedy: bool,
}

/// One level of [`TableStep::TopNested`].
#[derive(Debug, Clone, PartialEq)]
pub struct NestedLevel {
    /// How many groups stay; all when `None`.
    pub count: Option<Expr>,
    /// What makes a group.
    pub of: Column,
    /// The value that stands for all other groups together, if they are kept as one.
    pub others: Option<Expr>,
    /// The aggregate that orders them.
    pub by: Aggregate,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// The members of a bag as columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Unpack {
    /// The column of bags.
    pub column: String,
    /// What the names of the new columns start with.
    pub prefix: String,
    /// Which column stays where names meet.
    pub conflict: UnpackConflict,
    /// Members that are left out.
    pub ignored: Vec<String>,
    /// The columns that the query says will come, name and type; `None` where the rows tell.
    pub schema: Option<Vec<(String, String)>>,
}

/// Which column stays where a member has the name of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnpackConflict {
    /// The query fails.
    Error,
    /// The column.
    KeepSource,
    /// The member.
    ReplaceSource,
}

/// Pairs rows by the network that an address lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct Networks {
    /// The table of networks.
    pub right: Pipeline,
    /// The column of addresses.
    pub address: String,
    /// The column of networks on the right.
    pub network: String,
    /// Further columns that must be equal on both sides.
    pub also: Vec<String>,
    /// Whether rows without a network stay.
    pub unmatched: bool,
}

impl TableStep {
    /// What the step does, for a reader, without a final full stop.
    pub fn purpose(&self) -> &'static str {
        match self {
            TableStep::Series(_) => "makes lists of values over equal steps of time",
            TableStep::KeyValues(_) => "takes pairs of keys and values out of a text",
            TableStep::TopNested(_) => "keeps the greatest groups, level by level",
            TableStep::Partition { .. } => "runs steps over each value's rows apart",
            TableStep::Unpack(_) => "makes columns of the members of a bag",
            TableStep::Pivot { .. } => "makes columns of the values of a column",
            TableStep::Networks(_) => "pairs addresses with the networks that they lie in",
            TableStep::Invoke { .. } => "calls a function of the workspace",
        }
    }

    /// The expressions of the step itself, those of inner pipelines and steps aside.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            TableStep::Series(series) => {
                let values = series.aggregates.iter().flat_map(|(column, default)| [&column.value, default]);
                let axis = [Some(&series.axis.value), series.from.as_ref(), series.to.as_ref(), Some(&series.step)];
                values.chain(axis.into_iter().flatten()).chain(series.by.iter().map(|column| &column.value)).collect()
            }
            TableStep::KeyValues(pairs) => vec![&pairs.subject],
            TableStep::TopNested(levels) => levels
                .iter()
                .flat_map(|level| {
                    [level.count.as_ref(), Some(&level.of.value), level.others.as_ref(), Some(&level.by.value)]
                })
                .flatten()
                .collect(),
            TableStep::Partition { by, .. } => vec![by],
            TableStep::Pivot { aggregate, .. } => vec![aggregate],
            TableStep::Invoke { arguments, .. } => arguments.iter().collect(),
            TableStep::Unpack(_) | TableStep::Networks(_) => Vec::new(),
        }
    }

    /// Rebuilds the step with each of its parts replaced.
    pub fn rebuilt<F: super::walk::Fold + ?Sized>(self, fold: &mut F) -> Self {
        match self {
            TableStep::Series(series) => TableStep::Series(Series {
                aggregates: series
                    .aggregates
                    .into_iter()
                    .map(|(column, default)| (column_parts(fold, column), fold.expr(default)))
                    .collect(),
                axis: column_parts(fold, series.axis),
                from: series.from.map(|value| fold.expr(value)),
                to: series.to.map(|value| fold.expr(value)),
                step: fold.expr(series.step),
                by: series.by.into_iter().map(|column| column_parts(fold, column)).collect(),
                nonempty: series.nonempty,
                closed: series.closed,
            }),
            TableStep::KeyValues(pairs) => {
                TableStep::KeyValues(KeyValues { subject: fold.expr(pairs.subject), ..pairs })
            }
            TableStep::TopNested(levels) => TableStep::TopNested(
                levels
                    .into_iter()
                    .map(|level| NestedLevel {
                        count: level.count.map(|value| fold.expr(value)),
                        of: column_parts(fold, level.of),
                        others: level.others.map(|value| fold.expr(value)),
                        by: column_parts(fold, level.by),
                        descending: level.descending,
                    })
                    .collect(),
            ),
            TableStep::Partition { by, steps } => TableStep::Partition {
                by: fold.expr(by),
                steps: steps.into_iter().map(|step| fold.step(step)).collect(),
            },
            TableStep::Pivot { column, aggregate, by } => {
                TableStep::Pivot { column, aggregate: fold.expr(aggregate), by }
            }
            TableStep::Networks(networks) => {
                TableStep::Networks(Box::new(Networks { right: fold.pipeline(networks.right), ..*networks }))
            }
            TableStep::Invoke { name, arguments } => TableStep::Invoke {
                name,
                arguments: arguments.into_iter().map(|argument| fold.expr(argument)).collect(),
            },
            leaf @ TableStep::Unpack(_) => leaf,
        }
    }

    /// The steps that stand inside the step.
    pub fn inner_steps(&self) -> &[Step] {
        match self {
            TableStep::Partition { steps, .. } => steps,
            _ => &[],
        }
    }

    /// The pipeline that stands inside the step.
    pub fn inner_pipeline(&self) -> Option<&Pipeline> {
        match self {
            TableStep::Networks(networks) => Some(&networks.right),
            _ => None,
        }
    }
}

fn column_parts<F: super::walk::Fold + ?Sized>(fold: &mut F, column: Column) -> Column {
    Column { name: column.name, value: fold.expr(column.value) }
}
