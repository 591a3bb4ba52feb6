//! Tables of Sentinel and Defender with their columns, embedded (`schemas/sentinel_tables.txt`).

use crate::model::{FieldKind, FieldType};
use std::collections::HashMap;
use std::sync::OnceLock;

/// When the table reference was taken; newer tables and columns are not in it.
pub const SCHEMA_DATE: &str = "2024-09";

static TEXT: &str = include_str!("../../../../schemas/sentinel_tables.txt");

/// A table of the reference.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    columns: &'static str,
}

impl Table {
    /// The type of a column, by its exact name; `None` where the reference has no such column.
    pub fn type_of(&self, column: &str) -> Option<FieldType> {
        if column.is_empty() || column.contains([',', ' ', '=']) {
            return None;
        }
        self.groups().find(|(_, names)| names.split(',').any(|name| name == column)).map(|(kind, _)| kind)
    }

    /// Names and types of all columns.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, FieldType)> {
        self.groups().flat_map(|(kind, names)| names.split(',').map(move |name| (name, kind)))
    }

    fn groups(&self) -> impl Iterator<Item = (FieldType, &'static str)> + use<> {
        self.columns.split(' ').filter_map(|group| {
            let (ty, names) = group.split_once('=')?;
            Some((FieldType::parse(ty).unwrap_or(FieldType::scalar(FieldKind::Keyword)), names))
        })
    }
}

/// The table of this exact name.
pub fn table(name: &str) -> Option<Table> {
    index().get(name).copied()
}

/// The names of all tables, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = index().keys().copied().collect();
    names.sort_unstable();
    names
}

fn index() -> &'static HashMap<&'static str, Table> {
    static INDEX: OnceLock<HashMap<&'static str, Table>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once(' ')).map(|(name, columns)| (name, Table { name, columns })).collect()
    })
}

/// The known name nearest to one that is not known, if it is near enough to be meant: other case, or at most two edits
/// (one in short names).
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if name.chars().count() < 5 { 1 } else { 2 };
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        if candidate.eq_ignore_ascii_case(name) {
            return Some(candidate);
        }
        if candidate.len().abs_diff(name.len()) <= limit {
            let distance = distance(name, candidate);
            if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, a) in left.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let cost = if a.eq_ignore_ascii_case(b) { diagonal } else { diagonal + 1 };
            diagonal = *cell;
            before = cost.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_columns_and_near_names() {
        let audit = table("AuditLogs").unwrap();
        assert_eq!(audit.type_of("InitiatedBy"), Some(FieldType::scalar(FieldKind::Dynamic)));
        assert_eq!(audit.type_of("operationname"), None);
        assert!(table("NoSuchTable").is_none());
        assert_eq!(near("SigninLog", names()), Some("SigninLogs"));
        assert_eq!(near("Resullt", ["Result", "ResultType"]), Some("Result"));
        assert!(names().len() > 700);
    }
}
