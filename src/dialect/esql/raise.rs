//! Model → syntax tree, for logic that planning passed.
//!
//! The model's "not" is true of what is missing; ES|QL's is null. So a denied test asks for the missing value too,
//! unless a test of presence stands beside it.

use super::format::pattern_text;
use super::kept;
use super::say;
use super::search::Searchable;
use super::tree::*;
use crate::diagnostic::Span;
use crate::model::function::kusto::aggregate;
use crate::model::{
    ArrayMode, Column, Expr as Value, FieldTypes, Logic, NullsOrder, ParseKind, ParsePart, Pipeline, Predicate, Select,
    Shape, Source, StepKind, Test, TestKind, Unread,
};

/// The tree of a query that reads `tables`; `logs-*` where none is named. What `unread` holds of ES|QL stands in it as it
/// was written.
pub fn raise(logic: &Logic, unread: &[Unread], tables: &[String], types: &dyn FieldTypes) -> Query {
    let mut raise =
        Raise { unread, tables, types, settings: Vec::new(), commands: Vec::new(), searchable: Searchable::default() };
    match logic {
        Logic::Pipeline(pipeline) => raise.pipeline(pipeline, true),
        Logic::Shape(shape) => raise.shape(shape),
        Logic::Unread(_) => raise.from(&Source::Events, false),
    }
    Query { settings: raise.settings, commands: raise.commands, comments: Vec::new() }
}

/// A predicate as a condition that is true exactly where it holds.
///
/// # Errors
/// What of it ES|QL cannot say.
pub fn condition(predicate: &Predicate, types: &dyn FieldTypes) -> Result<Expr, String> {
    Conditions { unread: &[], types, on_events: false }.holds(predicate)
}

struct Raise<'a> {
    unread: &'a [Unread],
    tables: &'a [String],
    types: &'a dyn FieldTypes,
    settings: Vec<Setting>,
    commands: Vec<Command>,
    /// The columns that searches of the index can ask for.
    searchable: Searchable,
}

impl Raise<'_> {
    fn push(&mut self, kind: CommandKind) {
        self.commands.push(Command { kind, span: Span::default(), notes: Vec::new() });
    }

    fn pipeline(&mut self, pipeline: &Pipeline, top: bool) {
        let aggregates =
            pipeline.steps.iter().any(|step| matches!(step.kind, StepKind::Aggregate { .. } | StepKind::Distinct(_)));
        match &pipeline.source {
            Source::Row(columns) => {
                let fields = self.fields(columns);
                self.push(CommandKind::Row(fields));
            }
            Source::Pipeline(inner) => self.pipeline(inner, false),
            Source::Union(parts) => self.union(parts),
            source => self.from(source, top && !aggregates),
        }
        if matches!(pipeline.source, Source::Row(_) | Source::Pipeline(_) | Source::Union(_)) {
            self.searchable.compute();
        }
        for step in &pipeline.steps {
            let before = self.commands.len();
            self.step(&step.kind);
            self.searchable.pass(&step.kind);
            if let Some(command) = self.commands.get_mut(before) {
                command.notes.clone_from(&step.comments);
            }
        }
    }

    /// `FROM (FROM ..), (FROM ..)`.
    fn union(&mut self, parts: &[Pipeline]) {
        let query = |part: &Pipeline| {
            let outer = std::mem::take(&mut self.commands);
            self.searchable = Searchable::default();
            self.pipeline(part, false);
            Index::Query(std::mem::replace(&mut self.commands, outer))
        };
        let indices = parts.iter().map(query).collect();
        self.push(CommandKind::From { series: false, indices, metadata: Vec::new() });
    }

    /// What was kept of a step as it was written.
    fn kept(&self, index: usize) -> Option<&str> {
        self.unread.get(index).map(|entry| entry.text.as_str())
    }

    fn from(&mut self, source: &Source, metadata: bool) {
        let names: Vec<String> = match source {
            Source::Table(name) => vec![name.clone()],
            _ if self.tables.is_empty() => vec!["logs-*".to_owned()],
            _ => self.tables.to_vec(),
        };
        let indices = names.into_iter().map(|name| {
            let plain =
                name.chars().all(|one| one.is_alphanumeric() || "-_.*+~@<>{}".contains(one)) && !name.is_empty();
            let text = if plain { name.clone() } else { super::format::quote(&name) };
            Index::Pattern { name, text, span: Span::default() }
        });
        let metadata = if metadata { ["_id", "_version", "_index"].map(str::to_owned).to_vec() } else { Vec::new() };
        let indices = indices.collect();
        self.push(CommandKind::From { series: false, indices, metadata });
    }

    fn step(&mut self, kind: &StepKind) {
        match kind {
            StepKind::Filter(Predicate::Always(true)) => {}
            StepKind::Filter(predicate) => {
                let conditions =
                    Conditions { unread: self.unread, types: self.types, on_events: self.searchable.on_events() };
                let mut found = conditions.holds(predicate).unwrap_or_else(|_| flag(true));
                self.searchable.search(&mut found, self.types);
                self.push(CommandKind::Where(found));
            }
            StepKind::Unread(index) => {
                if let Some(command) = self.kept(*index).and_then(kept::command) {
                    self.commands.push(command);
                } else if let Some(settings) = self.kept(*index).and_then(kept::settings) {
                    self.settings.extend(settings);
                }
            }
            StepKind::Extend(columns) if self.one_command(columns).is_some() => {
                self.commands.extend(self.one_command(columns));
            }
            StepKind::Extend(columns) => {
                let fields = self.fields(columns);
                self.push(CommandKind::Eval(fields));
            }
            StepKind::Project(columns) => {
                let computed: Vec<Column> = columns.iter().filter(|column| !names_itself(column)).cloned().collect();
                if !computed.is_empty() {
                    let fields = self.fields(&computed);
                    self.push(CommandKind::Eval(fields));
                }
                self.push(CommandKind::Keep(columns.iter().map(|column| say::name(&column.name)).collect()));
            }
            StepKind::Select(Select::Keep { names, .. }) => {
                let names = names.iter().map(|pattern| pattern_name(&pattern.0)).collect();
                self.push(CommandKind::Keep(names));
            }
            StepKind::Select(Select::Drop(names)) if !names.is_empty() => {
                let names = names.iter().map(|pattern| pattern_name(&pattern.0)).collect();
                self.push(CommandKind::Drop(names));
            }
            StepKind::Select(Select::Rename(pairs)) => {
                let pairs = pairs.iter().map(|(new, old)| (say::name(old), say::name(new))).collect();
                self.push(CommandKind::Rename(pairs));
            }
            StepKind::Aggregate { aggregates, by, inline } => {
                let by = self.fields(by);
                let aggregates = aggregates.iter().filter_map(|column| self.aggregate(column)).collect();
                self.push(CommandKind::Stats { inline: *inline, aggregates, by });
            }
            StepKind::Distinct(columns) => {
                let by = self.fields(columns);
                self.push(CommandKind::Stats { inline: false, aggregates: Vec::new(), by });
            }
            StepKind::Sort(keys) => {
                let orders = keys.iter().filter_map(|key| {
                    let value = self.value(&key.value)?;
                    let first = key.nulls == NullsOrder::First;
                    let nulls_first = (first != key.descending).then_some(first);
                    Some(Order { value, descending: key.descending, nulls_first, span: Span::default() })
                });
                let orders = orders.collect();
                self.push(CommandKind::Sort(orders));
            }
            StepKind::Limit(count) => {
                if let Ok(count) = say::value(count, self.types) {
                    self.push(CommandKind::Limit(count));
                }
            }
            StepKind::Expand { columns, .. } => {
                for column in columns {
                    if !names_itself(&Column { name: column.name.clone(), value: column.value.clone() }) {
                        let made = Column { name: column.name.clone(), value: column.value.clone() };
                        let fields = self.fields(&[made]);
                        self.push(CommandKind::Eval(fields));
                    }
                    self.push(CommandKind::MvExpand(say::name(&column.name)));
                }
            }
            StepKind::Parse { subject, kind, parts, .. } => {
                let Ok(subject) = say::value(subject, self.types) else { return };
                let texts = parts.iter().filter_map(|part| match part {
                    ParsePart::Text(pattern) => Some(text(pattern)),
                    _ => None,
                });
                self.push(match kind {
                    ParseKind::Grok => CommandKind::Grok { subject, patterns: texts.collect() },
                    _ => CommandKind::Dissect {
                        subject,
                        pattern: text(&dissect_pattern(parts)),
                        options: dissect_options(parts),
                    },
                });
            }
            _ => {}
        }
    }

    /// The command that all of these columns were made by.
    fn one_command(&self, columns: &[Column]) -> Option<Command> {
        let mut indices = columns.iter().map(|column| match &column.value {
            Value::Unread(index) => Some(*index),
            _ => None,
        });
        let first = indices.next()??;
        let same = indices.all(|index| index == Some(first));
        if same { self.kept(first).and_then(kept::column_command) } else { None }
    }

    fn aggregate(&self, column: &Column) -> Option<Aggregate> {
        if let Value::Unread(index) = &column.value {
            let found = kept::aggregate(self.kept(*index)?)?;
            let field = Field { name: Some(say::name(&column.name)), ..found.field };
            return Some(Aggregate { field, ..found });
        }
        let (value, filter) = match &column.value {
            Value::Aggregate(function, args, filter) => {
                let plain = Value::Aggregate(*function, args.clone(), None);
                let filter = filter.as_ref().and_then(|filter| {
                    // COUNT_DISTINCT asks for presence by itself; what stands beside that is a filter.
                    if say::counts_what_is_there(*function, args, filter) {
                        return None;
                    }
                    let mut left: Vec<Predicate> = filter.conjuncts().to_vec();
                    if left.len() > 1 {
                        left.retain(|conjunct| !say::counts_what_is_there(*function, args, conjunct));
                    }
                    condition(&Predicate::all(left), self.types).ok()
                });
                (say::value(&plain, self.types).ok()?, filter)
            }
            other => (say::value(other, self.types).ok()?, None),
        };
        let field = Field { name: Some(say::name(&column.name)), value, span: Span::default() };
        Some(Aggregate { field, filter, span: Span::default() })
    }

    fn value(&self, value: &Value) -> Option<Expr> {
        match value {
            Value::Unread(index) => kept::condition(self.kept(*index)?),
            value => say::value(value, self.types).ok(),
        }
    }

    fn fields(&self, columns: &[Column]) -> Vec<Field> {
        let field = |column: &Column| {
            let value = self.value(&column.value)?;
            let name = if names_itself(column) { None } else { Some(say::name(&column.name)) };
            Some(Field { name, value, span: Span::default() })
        };
        columns.iter().filter_map(field).collect()
    }

    /// A threshold is a count by group, a cardinality a count of distinct values.
    fn shape(&mut self, shape: &Shape) {
        let (events, by, value, name, at_least) = match shape {
            Shape::Threshold { events, by, at_least, .. } => {
                (events, by, Value::Aggregate(aggregate::COUNT_ROWS, Vec::new(), None), "event_count", at_least)
            }
            Shape::Cardinality { events, of, by, at_least, .. } => {
                (events, by, Value::Aggregate(aggregate::COUNT_DISTINCT, of.clone(), None), "distinct_count", at_least)
            }
            _ => return self.from(&Source::Events, false),
        };
        self.pipeline(events, false);
        let column = Column { name: name.to_owned(), value };
        let aggregates = self.aggregate(&column).into_iter().collect();
        let by = by.iter().filter_map(|key| {
            let value = say::value(key, self.types).ok()?;
            Some(Field { name: None, value, span: Span::default() })
        });
        let by = by.collect();
        self.push(CommandKind::Stats { inline: false, aggregates, by });
        let left = Box::new(Expr::new(ExprKind::Name(say::name(name)), Span::default()));
        let count = Literal {
            value: Constant::Integer(i64::try_from(*at_least).unwrap_or(i64::MAX)),
            text: at_least.to_string(),
            span: Span::default(),
        };
        let right = Box::new(Expr::new(ExprKind::Literal(count), Span::default()));
        let compare = ExprKind::Compare { op: Comparison::GreaterOrEqual, left, right };
        self.push(CommandKind::Where(Expr::new(compare, Span::default())));
    }
}

fn names_itself(column: &Column) -> bool {
    column.value.as_field().is_some_and(|field| say::field_name(field).is_ok_and(|name| name == column.name))
}

fn pattern_name(pattern: &str) -> Name {
    Name { name: pattern.to_owned(), text: pattern_text(pattern), span: Span::default() }
}

fn text(value: &str) -> Literal {
    Literal { value: Constant::Text(value.to_owned()), text: super::format::quote(value), span: Span::default() }
}

/// The pattern of DISSECT from its pieces.
fn dissect_pattern(parts: &[ParsePart]) -> String {
    let piece = |part: &ParsePart| match part {
        ParsePart::Skip => "%{}".to_owned(),
        ParsePart::Text(text) => text.clone(),
        ParsePart::Separator(_) => String::new(),
        ParsePart::Column(name, None) => format!("%{{{name}}}"),
        ParsePart::Column(name, Some(modifiers)) => {
            let (inner, padding) = match modifiers.strip_suffix("->") {
                Some(inner) => (inner, "->"),
                None => (modifiers.as_str(), ""),
            };
            let (sign, place) = inner.split_at(inner.len().min(1));
            format!("%{{{sign}{name}{place}{padding}}}")
        }
    };
    parts.iter().map(piece).collect()
}

fn dissect_options(parts: &[ParsePart]) -> Vec<(Name, Expr)> {
    let between = parts.iter().find_map(|part| match part {
        ParsePart::Separator(between) => Some(between),
        _ => None,
    });
    let value = |between: &String| Expr::new(ExprKind::Literal(text(between)), Span::default());
    between.map(|between| vec![(say::name("append_separator"), value(between))]).unwrap_or_default()
}

fn flag(flag: bool) -> Expr {
    let literal = Literal { value: Constant::Boolean(flag), text: flag.to_string(), span: Span::default() };
    Expr::new(ExprKind::Literal(literal), Span::default())
}

struct Conditions<'a> {
    unread: &'a [Unread],
    types: &'a dyn FieldTypes,
    /// The condition stands on the events themselves, behind nothing but filters.
    on_events: bool,
}

impl Conditions<'_> {
    fn expr(&self, kind: ExprKind) -> Expr {
        Expr::new(kind, Span::default())
    }

    /// True where the predicate holds.
    fn holds(&self, predicate: &Predicate) -> Result<Expr, String> {
        match predicate {
            Predicate::Always(always) => Ok(flag(*always)),
            Predicate::All(items) => self.all(items),
            Predicate::Any(items) => {
                let mut operands: Vec<Expr> = Vec::new();
                for item in items {
                    let next = self.holds(item)?;
                    if !operands.last_mut().is_some_and(|last| join(last, &next)) {
                        operands.push(next);
                    }
                }
                Ok(if operands.len() == 1 { operands.remove(0) } else { self.expr(ExprKind::Or(operands)) })
            }
            Predicate::Not(inner) => self.fails(inner, false),
            Predicate::Test(test) => self.test(test),
            Predicate::Unread { index, .. } => {
                let found = self.unread.get(*index).and_then(|entry| kept::condition(&entry.text));
                found.ok_or_else(|| "a condition that was not read".to_owned())
            }
            _ => Err("a condition on elements of a list".to_owned()),
        }
    }

    fn test(&self, test: &Test) -> Result<Expr, String> {
        let search = if self.on_events { say::test_of_events(test, self.types) } else { None };
        let mut found = match search {
            Some(found) => found,
            None => say::test(test, false, self.types).map_err(|support| match support {
                crate::plan::Support::No(reason) => reason,
                _ => "a condition that was not planned".to_owned(),
            })?,
        };
        found.notes.clone_from(&test.comments);
        Ok(found)
    }

    /// A conjunction: a denied test beside the presence of its own subject needs no further guard.
    fn all(&self, items: &[Predicate]) -> Result<Expr, String> {
        let present = |predicate: &Predicate| match predicate {
            Predicate::Test(Test { subject, kind: TestKind::Present, .. }) => Some(subject.clone()),
            _ => None,
        };
        let guarded: Vec<Value> = items.iter().filter_map(present).collect();
        let mut operands: Vec<Expr> = Vec::new();
        // The words at a presence that is not said by itself.
        let mut words: Vec<String> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            // What reading a denied comparison makes: its presence is said by the comparison itself.
            let spoken = present(item).filter(asks_for_one).is_some_and(|subject| {
                let mut behind =
                    items.iter().skip(at + 1).skip_while(|next| present(next).as_ref().is_some_and(asks_for_one));
                matches!(behind.next(), Some(Predicate::Not(inner))
                    if only_subject(inner).as_ref() == Some(&subject) || operand(inner) == Some(&subject))
            });
            let mut found = match item {
                Predicate::Test(test) if spoken => {
                    words.extend(test.comments.iter().cloned());
                    continue;
                }
                Predicate::Not(inner) => match only_subject(inner) {
                    Some(subject) => {
                        let known = guarded.contains(&subject)
                            && operand(inner).is_none_or(|operand| guarded.contains(operand));
                        self.fails(inner, known)?
                    }
                    None => self.holds(item)?,
                },
                _ => self.holds(item)?,
            };
            found.notes.splice(0..0, words.drain(..));
            operands.push(found);
        }
        Ok(match operands.len() {
            0 => flag(true),
            1 => operands.remove(0),
            _ => self.expr(ExprKind::And(operands)),
        })
    }

    /// True where the predicate does not hold. `guarded`: its subject is known to be there.
    fn fails(&self, predicate: &Predicate, guarded: bool) -> Result<Expr, String> {
        match predicate {
            Predicate::Always(always) => Ok(flag(!always)),
            Predicate::Not(inner) => self.holds(inner),
            Predicate::All(items) => {
                let operands = items.iter().map(|item| self.fails(item, guarded)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.expr(ExprKind::Or(operands)))
            }
            Predicate::Any(items) => {
                // Searches are never null: none of them holds.
                let asked = items.iter().map(|item| self.holds(item)).collect::<Result<Vec<_>, _>>();
                if let Some(asked) = asked.ok().filter(|asked| asked.len() > 1 && asked.iter().all(never_null)) {
                    return Ok(negated(self.expr(ExprKind::Or(asked))));
                }
                let together = guarded.then(|| self.holds(predicate)).transpose()?;
                if let Some(whole) = together.filter(|whole| !matches!(whole.kind, ExprKind::Or(_))) {
                    return Ok(negated(whole));
                }
                let operands = items.iter().map(|item| self.fails(item, guarded)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.expr(ExprKind::And(operands)))
            }
            Predicate::Test(test) => {
                let found = self.test(test)?;
                let never_null = matches!(&found.kind, ExprKind::IsNull { .. }) || never_null(&found);
                let denied = negated(found);
                if guarded || never_null {
                    return Ok(denied);
                }
                let mut operands = Vec::new();
                for subject in nullable(test) {
                    let left = Box::new(say::value(&subject, self.types)?);
                    operands.push(self.expr(ExprKind::IsNull { left, negated: false }));
                }
                operands.push(denied);
                Ok(self.expr(ExprKind::Or(operands)))
            }
            Predicate::Unread { .. } => Ok(self.expr(ExprKind::Not(Box::new(self.holds(predicate)?)))),
            _ => Err("a condition on elements of a list".to_owned()),
        }
    }
}

/// A search of the index or of a list: false where there is nothing.
fn never_null(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { name, .. } if matches!(name.as_str(), "mv_contains" | "kql" | "match" | "match_phrase"))
}

/// What makes a test null: the fields of its subject and of its operand.
fn nullable(test: &Test) -> Vec<Value> {
    let mut found = Vec::new();
    fields(&test.subject, &mut found);
    if let TestKind::Equals { value, .. }
    | TestKind::Compare { value, .. }
    | TestKind::StartsWith { value, .. }
    | TestKind::EndsWith { value, .. }
    | TestKind::Contains { value, .. } = &test.kind
    {
        fields(value, &mut found);
    }
    found
}

fn fields(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Field(_) if !found.contains(value) => found.push(value.clone()),
        // A function of several may be null for other reasons; the whole is asked then.
        Value::Call(function, args) => {
            let simple = matches!(
                *function,
                crate::model::function::LOWER
                    | crate::model::function::UPPER
                    | crate::model::function::elastic::ES_MV_CONCAT
            );
            match args.first() {
                Some(inner) if simple => fields(inner, found),
                // Another value stands for a missing one.
                _ if *function == crate::model::function::COALESCE
                    && args.last().is_some_and(|last| last.as_text().is_some()) => {}
                _ if args.iter().any(|arg| arg.as_literal().is_none()) => found.push(value.clone()),
                _ => {}
            }
        }
        Value::Case(..) => found.push(value.clone()),
        _ => {}
    }
}

/// The subject of a test, or of all tests of a disjunction.
fn only_subject(predicate: &Predicate) -> Option<Value> {
    match predicate {
        Predicate::Test(test) => Some(test.subject.clone()),
        Predicate::Any(items) => {
            let first = only_subject(items.first()?)?;
            items.iter().all(|item| only_subject(item).as_ref() == Some(&first)).then_some(first)
        }
        _ => None,
    }
}

/// A field or computed value that the test compares with.
fn operand(predicate: &Predicate) -> Option<&Value> {
    let Predicate::Test(Test { kind: TestKind::Equals { value, .. } | TestKind::Compare { value, .. }, .. }) =
        predicate
    else {
        return None;
    };
    matches!(value, Value::Field(_)).then_some(value)
}

/// Whether a presence is that of one value, as reading ES|QL asks for it, and not "is not null".
fn asks_for_one(subject: &Value) -> bool {
    match subject {
        Value::Field(field) => field.mode == ArrayMode::Single,
        Value::Call(..) | Value::Case(..) => true,
        _ => false,
    }
}

/// The contrary in its usual spelling.
fn negated(mut expr: Expr) -> Expr {
    match &mut expr.kind {
        ExprKind::Compare { op: op @ Comparison::Equal, .. } => {
            *op = Comparison::NotEqual;
            expr
        }
        ExprKind::IsNull { negated, .. } => {
            *negated = !*negated;
            expr
        }
        ExprKind::In { negated, .. } | ExprKind::Like { negated, .. } => {
            *negated = !*negated;
            expr
        }
        _ => {
            let notes = std::mem::take(&mut expr.notes);
            let mut not = Expr::new(ExprKind::Not(Box::new(expr)), Span::default());
            not.notes = notes;
            not
        }
    }
}

/// Patterns of one value in one list. LIKE takes a list since 9.1; RLIKE later, so its patterns stay apart.
fn join(last: &mut Expr, next: &Expr) -> bool {
    let ExprKind::Like { left: right, negated: false, regex: false, patterns: more } = &next.kind else { return false };
    match &mut last.kind {
        ExprKind::Like { left, negated: false, regex: false, patterns }
            if left.kind == right.kind && next.notes.is_empty() =>
        {
            patterns.extend(more.iter().cloned());
            true
        }
        _ => false,
    }
}
