//! Which columns the rows have behind each step, as far as the query itself says it: behind an aggregate or a projection
//! they are known, so that a pattern of names can be spelt out for a target that has no such patterns.

use crate::model::{Column, NamePattern, Select, Source, Step, StepKind};

/// The columns of a source; `None` where events have whatever fields they have.
pub(super) fn of_source(source: &Source) -> Option<Vec<String>> {
    match source {
        Source::Inline(table) => Some(table.columns.iter().map(|(name, _)| name.clone()).collect()),
        Source::Row(columns) => Some(names(columns)),
        Source::Range { name, .. } => Some(vec![name.clone()]),
        Source::Events | Source::Table(_) | Source::Union(_) | Source::Pipeline(_) => None,
    }
}

/// The columns behind a step whose input has these.
pub(super) fn behind(step: &StepKind, columns: Option<Vec<String>>) -> Option<Vec<String>> {
    match step {
        StepKind::Filter(_) | StepKind::Sort(_) | StepKind::Limit(_) => columns,
        StepKind::Project(made) | StepKind::Distinct(made) if made.iter().all(|column| column.name != "*") => {
            Some(names(made))
        }
        StepKind::Aggregate { aggregates, by, inline: false } if aggregates.iter().all(|column| column.name != "*") => {
            Some(names(aggregates).into_iter().chain(names(by)).collect())
        }
        StepKind::Extend(made) => columns.map(|columns| with(columns, names(made))),
        StepKind::Expand { columns: made, index, .. } => columns
            .map(|columns| with(columns, made.iter().map(|column| column.name.clone()).chain(index.clone()).collect())),
        StepKind::Select(select) => columns.map(|columns| selected(select, columns)),
        _ => None,
    }
}

/// The step with the columns that its patterns mean in their place; `None` where it has no pattern.
pub(super) fn spelt_out(step: &Step, columns: &[String]) -> Option<Step> {
    let spelt = |patterns: &[NamePattern], ordered: bool| -> Option<Vec<NamePattern>> {
        patterns.iter().any(|pattern| pattern.0.contains('*')).then(|| {
            let kept = kept(patterns, ordered, columns);
            kept.into_iter().map(NamePattern).collect()
        })
    };
    let select = match &step.kind {
        StepKind::Select(Select::Keep { names, ordered }) => {
            Select::Keep { names: spelt(names, *ordered)?, ordered: *ordered }
        }
        StepKind::Select(Select::Drop(names)) => Select::Drop(spelt(names, false)?),
        _ => return None,
    };
    Some(Step { kind: StepKind::Select(select), ..step.clone() })
}

fn selected(select: &Select, columns: Vec<String>) -> Vec<String> {
    match select {
        Select::Keep { names, ordered } => kept(names, *ordered, &columns),
        Select::Drop(patterns) => {
            columns.into_iter().filter(|name| !patterns.iter().any(|pattern| pattern.fits(name))).collect()
        }
        Select::Reorder(patterns) => {
            let mut first = kept(patterns, true, &columns);
            first.extend(columns.iter().filter(|name| !first.contains(name)).cloned().collect::<Vec<_>>());
            first
        }
        Select::Rename(pairs) => columns
            .into_iter()
            .map(|name| pairs.iter().find(|(_, old)| *old == name).map_or(name, |(new, _)| new.clone()))
            .collect(),
    }
}

/// The columns that patterns mean, in the order of the table or of the patterns; a name that stands by itself keeps its
/// own place.
fn kept(patterns: &[NamePattern], ordered: bool, columns: &[String]) -> Vec<String> {
    if !ordered {
        return columns.iter().filter(|name| patterns.iter().any(|pattern| pattern.fits(name))).cloned().collect();
    }
    let mut found: Vec<String> = Vec::new();
    for pattern in patterns {
        let named = |name: &&String| {
            pattern.fits(name) && (pattern.0 == **name || !patterns.iter().any(|other| other.0 == **name))
        };
        for name in columns.iter().filter(named) {
            if !found.contains(name) {
                found.push(name.clone());
            }
        }
    }
    found
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

fn with(mut columns: Vec<String>, made: Vec<String>) -> Vec<String> {
    columns.retain(|name| !made.contains(name));
    columns.extend(made);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::Expr;

    fn patterns(names: &[&str]) -> Vec<NamePattern> {
        names.iter().map(|name| NamePattern((*name).to_owned())).collect()
    }

    #[test]
    fn a_pattern_behind_an_aggregate_is_spelt_out() {
        let column = |name: &str| Column { name: name.to_owned(), value: Expr::whole(name) };
        let aggregate = StepKind::Aggregate {
            aggregates: vec![column("Esql.count"), column("Esql.names")],
            by: vec![column("user.name")],
            inline: false,
        };
        let columns = behind(&aggregate, None).unwrap();
        let keep = StepKind::Select(Select::Keep { names: patterns(&["user.name", "Esql.*"]), ordered: true });
        let spelt = spelt_out(&Step::new(keep, Span::default()), &columns).unwrap();
        let expected = patterns(&["user.name", "Esql.count", "Esql.names"]);
        assert_eq!(spelt.kind, StepKind::Select(Select::Keep { names: expected, ordered: true }));
    }

    #[test]
    fn columns_of_events_are_not_known() {
        assert_eq!(of_source(&Source::Events), None);
        assert_eq!(behind(&StepKind::Extend(Vec::new()), None), None);
        assert_eq!(
            behind(
                &StepKind::Select(Select::Rename(vec![("b".to_owned(), "a".to_owned())])),
                Some(vec!["a".to_owned(), "c".to_owned()])
            ),
            Some(vec!["b".to_owned(), "c".to_owned()])
        );
    }
}
