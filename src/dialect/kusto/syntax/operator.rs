//! The tabular operators.

use super::{Call, Expr, Item, Literal, Name, Parameter, Span, Statement};

/// One tabular operator, with the parameters that stand behind its keyword.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// What it does.
    pub kind: OperatorKind,
    /// The keyword as spelled, from a fixed list: `filter`, `limit`, `order`, `mvexpand` stay.
    pub keyword: &'static str,
    /// `kind = inner`, `hint.strategy = shuffle`, `isfuzzy = true`, `withsource = T`, in order.
    pub parameters: Vec<NamedValue>,
    /// From the keyword to its last token; the `|` in front is not part of it.
    pub span: Span,
}

impl Operator {
    /// An operator made by hand, in canonical spelling and without parameters.
    pub fn new(kind: OperatorKind) -> Self {
        Self { keyword: kind.name(), kind, parameters: Vec::new(), span: Span::default() }
    }

    /// The canonical name: `where` for `filter`, `take` for `limit`, `sort` for `order`, `mv-expand` for `mvexpand`,
    /// `mv-apply` for `mvapply`.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The first parameter of that name, written with one value.
    pub fn parameter(&self, name: &str) -> Option<&NamedValue> {
        self.parameters.iter().find(|parameter| parameter.name.text == name)
    }

    /// The word behind a parameter: `inner` of `kind = inner`, `true` of `isfuzzy = true` as spelled.
    pub fn parameter_word(&self, name: &str) -> Option<&str> {
        self.parameter(name).and_then(NamedValue::word)
    }
}

/// `name = value` behind a keyword or in `with (...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedValue {
    /// The name; dotted names (`hint.strategy`) are one name.
    pub name: Name,
    /// Whether `=` stands between (old `render` forms have none: `render timechart by a, b`).
    pub equals: bool,
    /// The value: a literal, a word ([`super::ExprKind::Name`]), or several names for lists of columns.
    pub values: Vec<Expr>,
    /// From the name to the last value.
    pub span: Span,
}

impl NamedValue {
    /// The single value.
    pub fn value(&self) -> Option<&Expr> {
        match self.values.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The single value when it is a bare word, a string or a Boolean: `inner`, `"inner"`, `true`.
    pub fn word(&self) -> Option<&str> {
        use super::{ExprKind, LiteralValue};
        match &self.value()?.kind {
            ExprKind::Name(name) => Some(&name.text),
            ExprKind::Literal(literal) => match &literal.value {
                LiteralValue::String { text, .. } => Some(text),
                LiteralValue::Bool(Some(true)) => Some("true"),
                LiteralValue::Bool(Some(false)) => Some("false"),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What an operator does.
#[derive(Debug, Clone, PartialEq)]
pub enum OperatorKind {
    /// `as name`
    As(Name),
    /// `assert-schema (name: type, ...)`
    AssertSchema(Schema),
    /// `consume`
    Consume,
    /// `count`, `count as name`
    Count(Option<Name>),
    /// `distinct a, *`
    Distinct(Vec<Item>),
    /// `evaluate plugin(...) : (schema)`
    Evaluate {
        /// The plugin and its arguments.
        call: Call,
        /// The schema it is said to return.
        schema: Option<EvaluateSchema>,
    },
    /// `__executeAndCache`
    ExecuteAndCache,
    /// `extend a = b, ...`
    Extend(Vec<Item>),
    /// `facet by a, b with (...)`
    Facet {
        /// The columns.
        by: Vec<Expr>,
        /// `with operator` or `with (operators)`.
        with: Option<FacetWith>,
    },
    /// `find in (A, B*) where condition project a, b:string, pack(*)`
    Find(Box<Find>),
    /// `fork name = (operators) (operators)`
    Fork(Vec<ForkBranch>),
    /// `getschema`; its `kind` is a parameter.
    GetSchema,
    /// `graph-mark-components`
    GraphMarkComponents,
    /// `graph-match (a)-[e]->(b) where ... project ...`
    GraphMatch(Box<GraphMatch>),
    /// `graph-shortest-paths (a)-[e*1..3]->(b) where ... project ...`
    GraphShortestPaths(Box<GraphMatch>),
    /// `graph-to-table nodes as N, edges as E`
    GraphToTable(Vec<GraphOutput>),
    /// `graph-where-nodes condition`
    GraphWhereNodes(Expr),
    /// `graph-where-edges condition`
    GraphWhereEdges(Expr),
    /// `inline_external_table` behind a `|`, as written.
    InlineExternalTable(Box<str>),
    /// `invoke f(...)`
    Invoke(Expr),
    /// `join kind = inner (right) on a, $left.b == $right.c`
    Join(Box<Join>),
    /// `lookup kind = leftouter (right) on a`
    Lookup(Box<Join>),
    /// `macro-expand group as X ( statements )`
    MacroExpand(Box<MacroExpand>),
    /// `make-graph a --> b with T on id`
    MakeGraph(Box<MakeGraph>),
    /// `make-series a = count() default = 0 on t from x to y step z by b`
    MakeSeries(Box<MakeSeries>),
    /// `mv-apply x = a to typeof(string) limit 5 on (operators)`
    MvApply(Box<MvApply>),
    /// `mv-expand x = a to typeof(string) limit 5`
    MvExpand {
        /// What is expanded.
        items: Vec<MvItem>,
        /// `limit n`
        limit: Option<Expr>,
    },
    /// `parse a with * "x" b: long *`
    Parse(Parse),
    /// `parse-where a with ...`
    ParseWhere(Parse),
    /// `parse-kv a as (x: long, ...) with (pair_delimiter = ";", ...)`
    ParseKv {
        /// What is parsed.
        value: Expr,
        /// The keys.
        keys: Schema,
        /// `with (...)`
        with: Option<Vec<NamedValue>>,
    },
    /// `partition by a (operators)` or `{ query }`
    Partition(Box<Partition>),
    /// `__partitionby a id "x" (operators)`
    PartitionBy {
        /// The column.
        by: Expr,
        /// `id` and its literal.
        id: Option<Expr>,
        /// The operators.
        body: Expr,
    },
    /// `print a = 1, ...`
    Print(Vec<Item>),
    /// `project a, b = c`
    Project(Vec<Item>),
    /// `project-away a, b*`
    ProjectAway(Vec<Expr>),
    /// `project-by-names a, ...`
    ProjectByNames(Vec<Expr>),
    /// `project-keep a, b*`
    ProjectKeep(Vec<Expr>),
    /// `project-rename new = old`
    ProjectRename(Vec<Item>),
    /// `project-reorder a, b* asc`
    ProjectReorder(Vec<Ordered>),
    /// `range x from a to b step c`
    Range {
        /// The column.
        name: Name,
        /// Its first value.
        from: Expr,
        /// Its last value.
        to: Expr,
        /// The distance.
        step: Expr,
    },
    /// `reduce by a with threshold = 0.1`
    Reduce {
        /// The column.
        by: Item,
        /// `with ...`, without parentheses.
        with: Option<Vec<NamedValue>>,
    },
    /// `render timechart with (title = "x")`; old properties without `with (...)` are parameters.
    Render {
        /// The chart.
        chart: Name,
        /// `with (...)`
        with: Option<Vec<NamedValue>>,
        /// Whether a comma stands in front of the first of them.
        leading_comma: bool,
    },
    /// `sample 5`
    Sample(Item),
    /// `sample-distinct 5 of a`
    SampleDistinct {
        /// How many.
        count: Item,
        /// Of what.
        of: Item,
    },
    /// `scan order by a partition by b declare (x: long) with (step s: condition => x = 1;)`
    Scan(Box<Scan>),
    /// `search in (A, B*) "x" and c : "y"`
    Search(Box<Search>),
    /// `serialize a = row_number()`
    Serialize(Vec<Item>),
    /// `sort by a asc nulls last`
    Sort(Vec<Ordered>),
    /// `summarize count() by a, bin(b, 1h)`
    Summarize(Summarize),
    /// `take 5`
    Take(Item),
    /// `top 5 by a desc`
    Top {
        /// How many.
        count: Item,
        /// By what.
        by: Ordered,
    },
    /// `top-hitters 5 of a by b`
    TopHitters {
        /// How many.
        count: Item,
        /// Of what.
        of: Item,
        /// By what.
        by: Option<Item>,
    },
    /// `top-nested 3 of a by count(), top-nested 2 of b by max(c)`
    TopNested(Vec<TopNested>),
    /// `union kind = outer A, (B | where x), C*`
    Union(Vec<Expr>),
    /// `where a == 1`. The grammar allows `where a = 1` too; no engine does.
    Where(Item),
}

impl OperatorKind {
    /// The canonical keyword, as the official parser's reports name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::As(_) => "as",
            Self::AssertSchema(_) => "assert-schema",
            Self::Consume => "consume",
            Self::Count(_) => "count",
            Self::Distinct(_) => "distinct",
            Self::Evaluate { .. } => "evaluate",
            Self::ExecuteAndCache => "__executeAndCache",
            Self::Extend(_) => "extend",
            Self::Facet { .. } => "facet",
            Self::Find(_) => "find",
            Self::Fork(_) => "fork",
            Self::GetSchema => "getschema",
            Self::GraphMarkComponents => "graph-mark-components",
            Self::GraphMatch(_) => "graph-match",
            Self::GraphShortestPaths(_) => "graph-shortest-paths",
            Self::GraphToTable(_) => "graph-to-table",
            Self::GraphWhereNodes(_) => "graph-where-nodes",
            Self::GraphWhereEdges(_) => "graph-where-edges",
            Self::InlineExternalTable(_) => "inline_external_table",
            Self::Invoke(_) => "invoke",
            Self::Join(_) => "join",
            Self::Lookup(_) => "lookup",
            Self::MacroExpand(_) => "macro-expand",
            Self::MakeGraph(_) => "make-graph",
            Self::MakeSeries(_) => "make-series",
            Self::MvApply(_) => "mv-apply",
            Self::MvExpand { .. } => "mv-expand",
            Self::Parse(_) => "parse",
            Self::ParseWhere(_) => "parse-where",
            Self::ParseKv { .. } => "parse-kv",
            Self::Partition(_) => "partition",
            Self::PartitionBy { .. } => "__partitionby",
            Self::Print(_) => "print",
            Self::Project(_) => "project",
            Self::ProjectAway(_) => "project-away",
            Self::ProjectByNames(_) => "project-by-names",
            Self::ProjectKeep(_) => "project-keep",
            Self::ProjectRename(_) => "project-rename",
            Self::ProjectReorder(_) => "project-reorder",
            Self::Range { .. } => "range",
            Self::Reduce { .. } => "reduce",
            Self::Render { .. } => "render",
            Self::Sample(_) => "sample",
            Self::SampleDistinct { .. } => "sample-distinct",
            Self::Scan(_) => "scan",
            Self::Search(_) => "search",
            Self::Serialize(_) => "serialize",
            Self::Sort(_) => "sort",
            Self::Summarize(_) => "summarize",
            Self::Take(_) => "take",
            Self::Top { .. } => "top",
            Self::TopHitters { .. } => "top-hitters",
            Self::TopNested(_) => "top-nested",
            Self::Union(_) => "union",
            Self::Where(_) => "where",
        }
    }
}

/// A list of columns with their types: `(name: type, ...)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {
    /// The columns; a column has no default.
    pub columns: Vec<Parameter>,
    /// Whether a comma stands in front of the first column.
    pub leading_comma: bool,
    /// Whether a comma stands behind the last column.
    pub trailing_comma: bool,
    /// From `(` to `)`.
    pub span: Span,
}

/// `: (*, name: type)` of `evaluate`.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateSchema {
    /// Whether `*` stands in front: the input's columns stay.
    pub star: bool,
    /// Whether a comma stands behind `*`.
    pub star_comma: bool,
    /// The columns.
    pub schema: Schema,
}

/// What stands behind `with` of `facet`.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetWith {
    /// Whether parentheses stand around it.
    pub parenthesized: bool,
    /// The operators; an [`super::ExprKind::Query`] without source.
    pub body: Expr,
}

/// `find`
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// `datascope = all`
    pub data_scope: Option<Name>,
    /// `in (...)`
    pub tables: Option<Vec<Expr>>,
    /// Whether `where` stands in front of the condition.
    pub where_keyword: bool,
    /// The condition.
    pub condition: Expr,
    /// `project ...` or `project-smart`
    pub project: Option<FindProject>,
    /// `__projectAway ...`
    pub project_away: Option<Vec<FindColumn>>,
}

/// What `find` returns.
#[derive(Debug, Clone, PartialEq)]
pub enum FindProject {
    /// `project a, b: string, pack(*)`
    Columns(Vec<FindColumn>),
    /// `project-smart`
    Smart,
}

/// A column of `find ... project`.
#[derive(Debug, Clone, PartialEq)]
pub enum FindColumn {
    /// `pack(*)`
    Pack(Span),
    /// `*`
    Star(Span),
    /// `name` or `name: type`
    Column {
        /// The column.
        name: Name,
        /// Its type as written.
        ty: Option<Name>,
    },
}

/// `name = (operators)` of `fork`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForkBranch {
    /// The name.
    pub name: Option<Name>,
    /// The operators, or a whole query.
    pub body: Expr,
    /// From the name to `)`.
    pub span: Span,
}

/// The right side and the condition of `join` and `lookup`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The right side, its parentheses included ([`super::ExprKind::Paren`]).
    pub right: Expr,
    /// How rows are paired; `join` may have none.
    pub condition: Option<JoinCondition>,
}

/// How `join` pairs rows.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where a == b`
    Where(Expr),
}

/// `macro-expand`
#[derive(Debug, Clone, PartialEq)]
pub struct MacroExpand {
    /// The entity group: a name, a path, a call, or a list of entities.
    pub group: EntityGroup,
    /// `as name`
    pub alias: Option<Name>,
    /// The statements in parentheses.
    pub statements: Vec<Statement>,
    /// Whether `;` stands behind the last of them.
    pub semicolon: bool,
}

/// What `macro-expand` runs over.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityGroup {
    /// A name, a path or a call.
    Expr(Expr),
    /// `entity_group [a, b]`
    List(Vec<Expr>),
}

/// `make-graph`
#[derive(Debug, Clone, PartialEq)]
pub struct MakeGraph {
    /// The column of the source node.
    pub source: Name,
    /// Whether edges have a direction: `-->`, not `--`.
    pub directed: bool,
    /// The column of the target node.
    pub target: Name,
    /// What is known of the nodes.
    pub with: Option<MakeGraphWith>,
    /// `partitioned-by column (operators)`
    pub partitioned_by: Option<(Expr, Expr)>,
}

/// What `make-graph` knows of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum MakeGraphWith {
    /// `with_node_id = name`
    NodeId(Name),
    /// `with T on id, U on id`
    Tables(Vec<(Expr, Name)>),
}

/// `graph-match`, `graph-shortest-paths`
#[derive(Debug, Clone, PartialEq)]
pub struct GraphMatch {
    /// The patterns, each a list of nodes and edges.
    pub patterns: Vec<Vec<GraphElement>>,
    /// `where condition`
    pub condition: Option<Expr>,
    /// `project a = b, ...`
    pub project: Option<Vec<Item>>,
}

/// A node or an edge of a graph pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum GraphElement {
    /// `(name)`
    Node {
        /// The name.
        name: Option<Name>,
        /// From `(` to `)`.
        span: Span,
    },
    /// `-->`, `<--`, `--`, `-[name*1..3]->`, `<-[name]-`, `-[name]-`
    Edge {
        /// The first token: `-->`, `<--`, `--`, `-[`, `<-[`.
        open: &'static str,
        /// The name.
        name: Option<Name>,
        /// `*from..to`
        range: Option<Box<(Expr, Expr)>>,
        /// The last token where the edge has brackets: `]->`, `]-`.
        close: Option<&'static str>,
        /// Where it stands.
        span: Span,
    },
}

/// `nodes as N`, `edges as E` of `graph-to-table`.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphOutput {
    /// `nodes`, else `edges`.
    pub nodes: bool,
    /// `as name`
    pub alias: Option<Name>,
    /// `with_node_id = x`, `with_source_id = x`, `with_target_id = x`
    pub parameters: Vec<NamedValue>,
    /// Where it stands.
    pub span: Span,
}

/// `make-series`
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeries {
    /// The aggregates.
    pub aggregates: Vec<MakeSeriesItem>,
    /// `on column`
    pub on: Item,
    /// The range of the axis.
    pub range: MakeSeriesRange,
    /// `by a, b`
    pub by: Option<Vec<Item>>,
}

/// An aggregate of `make-series` with its default.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeriesItem {
    /// The aggregate.
    pub item: Item,
    /// `default = value`
    pub default: Option<Item>,
}

/// The axis of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub enum MakeSeriesRange {
    /// `from a to b step c`
    FromToStep {
        /// `from`
        from: Option<Box<Expr>>,
        /// `to`
        to: Option<Box<Expr>>,
        /// `step`
        step: Box<Expr>,
    },
    /// `in range(a, b, c)`
    InRange(Vec<Item>),
}

/// `mv-apply`
#[derive(Debug, Clone, PartialEq)]
pub struct MvApply {
    /// What is expanded; the grammar allows a single `to typeof(...)` without a value.
    pub items: Vec<MvItem>,
    /// `limit n`
    pub limit: Option<Expr>,
    /// `id x`
    pub id: Option<Expr>,
    /// The operators in parentheses; an [`super::ExprKind::Query`] without source.
    pub body: Expr,
}

/// An expression of `mv-expand` or `mv-apply`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvItem {
    /// What is expanded; `None` only in `mv-apply to typeof(...) on (...)`.
    pub item: Option<Item>,
    /// `to typeof(type)`
    pub to: Option<super::TypeOf>,
    /// Where it stands.
    pub span: Span,
}

/// `parse`, `parse-where`
#[derive(Debug, Clone, PartialEq)]
pub struct Parse {
    /// What is parsed.
    pub value: Expr,
    /// The parts of the pattern in order.
    pub pattern: Vec<ParsePart>,
}

/// A part of a `parse` pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsePart {
    /// `*`: skip.
    Star(Span),
    /// The text that must follow.
    Text(Literal),
    /// `name` or `name: type`: a new column.
    Column {
        /// The column.
        name: Name,
        /// Its type as written.
        ty: Option<Name>,
    },
}

/// `partition`
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// The column.
    pub by: Expr,
    /// `in` and its dynamic list or function call.
    pub scope: Option<Expr>,
    /// Whether the body stands in braces, a whole query; else in parentheses, operators.
    pub braces: bool,
    /// The body.
    pub body: Expr,
}

/// A value with an order: of `sort`, `top`, `project-reorder`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// The value.
    pub item: Item,
    /// `asc`, `desc` as written.
    pub order: Option<SortOrder>,
    /// `nulls first`, `nulls last`
    pub nulls: Option<NullsOrder>,
    /// Where it stands.
    pub span: Span,
}

/// The order of a sort; without one `sort` is descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`: numbers inside text in their own order.
    GrannyAscending,
    /// `granny-desc`
    GrannyDescending,
}

impl SortOrder {
    /// As written.
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
            Self::GrannyAscending => "granny-asc",
            Self::GrannyDescending => "granny-desc",
        }
    }
}

/// Where nulls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `scan`
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// `order by ...`
    pub order: Option<Vec<Ordered>>,
    /// `partition by ...`
    pub partition: Option<Vec<Expr>>,
    /// `declare (...)`
    pub declare: Option<Vec<Parameter>>,
    /// `with (step ...; ...)`
    pub steps: Vec<ScanStep>,
}

/// `step name optional output=last: condition => a = b;`
#[derive(Debug, Clone, PartialEq)]
pub struct ScanStep {
    /// The name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// `output = all`, `last` or `none`
    pub output: Option<Name>,
    /// The condition.
    pub condition: Expr,
    /// Column and value behind `=>`.
    pub assignments: Vec<(Name, Expr)>,
    /// From `step` to `;`.
    pub span: Span,
}

/// `search`
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// `datascope = all`
    pub data_scope: Option<Name>,
    /// `in (...)`
    pub tables: Option<Vec<Expr>>,
    /// The condition; `*` alone, or `* and condition`, is allowed here only.
    pub condition: Expr,
}

/// `summarize`
#[derive(Debug, Clone, PartialEq)]
pub struct Summarize {
    /// The aggregates; the grammar allows none.
    pub aggregates: Vec<Item>,
    /// `by a, b`
    pub by: Option<Vec<Item>>,
    /// The old `bin = value` behind the groups.
    pub bin: Option<Expr>,
    /// Parameters where it stands inside `materialized-view-combine`; else they are the operator's.
    pub parameters: Vec<NamedValue>,
}

/// One level of `top-nested`.
#[derive(Debug, Clone, PartialEq)]
pub struct TopNested {
    /// How many; all when absent.
    pub count: Option<Item>,
    /// Of what.
    pub of: Item,
    /// `with others = value`
    pub others: Option<Expr>,
    /// By what.
    pub by: Ordered,
    /// Where it stands.
    pub span: Span,
}
