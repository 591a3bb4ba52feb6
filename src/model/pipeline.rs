//! Pipelines: a source of rows, then steps.

use super::{Expr, Predicate, Value};
use crate::diagnostic::Span;

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name of the column.
    pub name: String,
    /// Its value.
    pub value: Expr,
}

/// A name or a pattern of names with `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(pub String);

impl NamePattern {
    /// Whether a name fits; `*` stands for any run of characters, also none.
    pub fn fits(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let pieces: Vec<&str> = pieces.collect();
        let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
        for piece in middle {
            match rest.find(piece) {
                Some(at) => rest = rest.get(at + piece.len()..).unwrap_or(""),
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// Rows that stand in the query itself.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineTable {
    /// Names and types of the columns, types as the dialect spells them.
    pub columns: Vec<(String, String)>,
    /// The rows, one value a column.
    pub rows: Vec<Vec<Value>>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The events of the rule's log sources.
    Events,
    /// A table, index pattern or data stream by name.
    Table(String),
    /// Rows of several sources, columns matched by name.
    Union(Vec<Pipeline>),
    /// The rows of another pipeline.
    Pipeline(Box<Pipeline>),
    /// Rows in the query.
    Inline(InlineTable),
    /// One row of these columns (Kusto `print`, ES|QL `ROW`).
    Row(Vec<Column>),
    /// One row for each value from, to, by.
    Range {
        /// Name of the column.
        name: String,
        /// First value.
        from: Expr,
        /// Last value, inclusive.
        to: Expr,
        /// Distance.
        step: Expr,
    },
}

/// Which columns stay.
#[derive(Debug, Clone, PartialEq)]
pub enum Select {
    /// Only these, in the order of the input (Kusto `project-keep`) or of the patterns (`ordered`: ES|QL `KEEP`).
    Keep {
        /// The columns.
        names: Vec<NamePattern>,
        /// Whether the order of the patterns is that of the result.
        ordered: bool,
    },
    /// All but these.
    Drop(Vec<NamePattern>),
    /// These first, the rest behind them.
    Reorder(Vec<NamePattern>),
    /// New name, old name.
    Rename(Vec<(String, String)>),
}

/// How rows of two sides are paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// One left row for each key, paired with every right row (Kusto's default).
    InnerUnique,
    /// Every pair.
    Inner,
    /// Every pair, and left rows without a partner.
    LeftOuter,
    /// Every pair, and right rows without a partner.
    RightOuter,
    /// Every pair, and rows of both sides without a partner.
    FullOuter,
    /// Left rows with a partner.
    LeftSemi,
    /// Right rows with a partner.
    RightSemi,
    /// Left rows without a partner.
    LeftAnti,
    /// Right rows without a partner.
    RightAnti,
    /// Kusto `lookup`: like left outer, key columns of the right side dropped.
    Lookup,
    /// Kusto `lookup kind=inner`.
    LookupInner,
}

/// A join with another pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// How.
    pub kind: JoinKind,
    /// The other side.
    pub right: Pipeline,
    /// Pairs of keys: of the left row, of the right row.
    pub on: Vec<(Expr, Expr)>,
}

/// How lists become rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpandKind {
    /// An object becomes one object a member (Kusto `bagexpansion=bag`, the default).
    Bag,
    /// An object becomes a pair `[name, value]` a member.
    Array,
}

/// A column that is expanded.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandColumn {
    /// The name of the column in the result.
    pub name: String,
    /// The list.
    pub value: Expr,
    /// The type each element is converted to, as the dialect spells it.
    pub to: Option<String>,
}

/// How a text is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParseKind {
    /// Kusto `parse`, `kind=simple`: text and wildcards.
    Simple,
    /// Kusto `parse kind=relaxed`.
    Relaxed,
    /// Kusto `parse kind=regex`.
    Regex,
    /// ES|QL `DISSECT`.
    Dissect,
    /// ES|QL `GROK`.
    Grok,
}

/// A piece of a pattern that takes a text apart.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsePart {
    /// Skips to the next piece (`*`).
    Skip,
    /// This text (or pattern of a dialect's own).
    Text(String),
    /// A column of this name and type; of `DISSECT` the modifiers of its key (`+`, `+/2`, `->`, `?->`).
    Column(String, Option<String>),
    /// What stands between the pieces that `DISSECT` appends to one column.
    Separator(String),
}

impl ParsePart {
    /// Whether a text stands between any two columns or skipped pieces, and one of these takes the rest: such a pattern
    /// takes texts apart in the same way for Kusto's `parse` and for `DISSECT`.
    pub fn are_apart(parts: &[Self]) -> bool {
        let is_text = |part: &Self| matches!(part, ParsePart::Text(_));
        parts.windows(2).all(|pair| pair.iter().any(is_text)) && parts.last().is_some_and(|last| !is_text(last))
    }
}

/// Where null stands in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// Behind all values.
    Last,
}

/// A key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// The value.
    pub value: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where null stands.
    pub nulls: NullsOrder,
}

/// An aggregate of a group, named; kept as a column whose value holds [`Expr::Aggregate`].
pub type Aggregate = Column;

/// What a step does to the rows.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Keeps the rows that meet the condition.
    Filter(Predicate),
    /// Adds columns, or replaces those of the same name; later ones see earlier ones.
    Extend(Vec<Column>),
    /// Keeps only these columns.
    Project(Vec<Column>),
    /// Keeps, drops, reorders or renames columns.
    Select(Select),
    /// One row for each group.
    Aggregate {
        /// The values of a group.
        aggregates: Vec<Aggregate>,
        /// What makes a group.
        by: Vec<Column>,
        /// Whether the input rows stay and the values are added to them (ES|QL `INLINE STATS`).
        inline: bool,
    },
    /// Pairs rows with another pipeline's.
    Join(Box<Join>),
    /// Adds the rows of other pipelines.
    Union(Vec<Pipeline>),
    /// One row for each element of lists.
    Expand {
        /// The lists, expanded side by side.
        columns: Vec<ExpandColumn>,
        /// What becomes of objects.
        kind: ExpandKind,
        /// Name of a column with the index of the element.
        index: Option<String>,
        /// The greatest number of rows for one input row.
        limit: Option<u64>,
        /// Whether a row without elements stays (ES|QL) or goes (Kusto: an empty list goes, null stays).
        keep_empty: bool,
    },
    /// Expands lists and runs steps over the rows of each input row (Kusto `mv-apply`).
    Apply {
        /// The lists.
        columns: Vec<ExpandColumn>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Takes a text apart into columns.
    Parse {
        /// The text.
        subject: Expr,
        /// How.
        kind: ParseKind,
        /// The pattern.
        parts: Vec<ParsePart>,
        /// Whether rows that do not fit go.
        filter: bool,
    },
    /// Orders the rows.
    Sort(Vec<SortKey>),
    /// Keeps the first rows, this many.
    Limit(Expr),
    /// Keeps each combination of these values once.
    Distinct(Vec<Column>),
    /// A step over the whole table that few dialects have.
    Table(Box<super::TableStep>),
    /// Whatever is not understood: counts as unread (rule 5). The index of its entry in `unread`.
    Unread(usize),
}

/// A step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Where it stands in the query text.
    pub span: Span,
    /// Comments of the source that stand with it, without their markers.
    pub comments: Vec<String>,
}

impl Step {
    /// A step without comments.
    pub fn new(kind: StepKind, span: Span) -> Self {
        Self { kind, span, comments: Vec::new() }
    }
}

/// A source and steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Where rows come from.
    pub source: Source,
    /// What is done to them, in order.
    pub steps: Vec<Step>,
}

impl Pipeline {
    /// A pipeline of one filter over the rule's events.
    pub fn filter(predicate: Predicate, span: Span) -> Self {
        Self { source: Source::Events, steps: vec![Step::new(StepKind::Filter(predicate), span)] }
    }
}
