//! Columns at a point of a pipeline.

use super::schema::Table;
use super::types::Ty;
use crate::model::{ArrayMode, Expr, FieldPath, FieldRef, FieldTypes};

/// A column and what it stands for.
#[derive(Debug, Clone)]
pub(in crate::dialect::kusto) struct Col {
    pub name: String,
    pub ty: Ty,
    /// Its value over the row at hand: the column itself, or what a helper column was computed from.
    pub value: Expr,
}

impl Col {
    /// A column that stands for itself.
    pub fn plain(name: impl Into<String>, ty: Ty) -> Self {
        let name = name.into();
        Self { value: field(&name), name, ty }
    }

    /// Whether it stands for itself.
    pub fn is_plain(&self) -> bool {
        self.value.as_field().and_then(|field| field.path.as_column()) == Some(self.name.as_str())
    }
}

/// A reference to a column.
pub(in crate::dialect::kusto) fn field(name: &str) -> Expr {
    Expr::Field(FieldRef::new(FieldPath::column(name), ArrayMode::Whole))
}

/// What may be there beside the listed columns.
#[derive(Debug, Clone, Copy)]
enum Rest {
    /// Nothing.
    Nothing,
    /// The columns of a known table.
    Table(Table),
    /// Anything.
    Anything,
}

/// The columns of a table at a point of a pipeline.
#[derive(Debug, Clone)]
pub(in crate::dialect::kusto) struct Columns {
    list: Vec<Col>,
    removed: Vec<String>,
    rest: Rest,
}

impl Columns {
    /// Exactly these.
    pub fn closed(list: Vec<Col>) -> Self {
        Self { list, removed: Vec::new(), rest: Rest::Nothing }
    }

    /// Those of a known table; columns that it lacks may exist all the same, as the reference ages.
    pub fn of_table(table: Table) -> Self {
        Self { list: Vec::new(), removed: Vec::new(), rest: Rest::Table(table) }
    }

    /// Anything.
    pub fn open() -> Self {
        Self { list: Vec::new(), removed: Vec::new(), rest: Rest::Anything }
    }

    /// Whether every column is listed.
    pub fn is_closed(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    /// The table whose columns these are.
    pub fn table(&self) -> Option<Table> {
        match self.rest {
            Rest::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The listed columns, in order.
    pub fn listed(&self) -> &[Col] {
        &self.list
    }

    /// Every known column: the table's, then the listed ones.
    pub fn known(&self) -> Vec<(String, Ty)> {
        let mut all: Vec<(String, Ty)> = Vec::new();
        if let Rest::Table(table) = self.rest {
            all.extend(
                table
                    .columns()
                    .filter(|(name, _)| !self.removed.iter().any(|gone| gone == name))
                    .filter(|(name, _)| !self.list.iter().any(|column| column.name == *name))
                    .map(|(name, ty)| (name.to_owned(), Ty::from(ty))),
            );
        }
        all.extend(self.list.iter().map(|column| (column.name.clone(), column.ty)));
        all
    }

    /// The column of this name; `None` where there certainly is none. `types` are given types, `guess` what the query's
    /// own use says of a column of which nothing else is known.
    pub fn get(&self, name: &str, types: &dyn FieldTypes, guess: Ty) -> Option<Col> {
        if let Some(column) = self.list.iter().find(|column| column.name == name) {
            return Some(column.clone());
        }
        if self.removed.iter().any(|gone| gone == name) {
            return None;
        }
        let given = || types.type_of(name).map(Ty::from);
        let ty = match self.rest {
            Rest::Nothing => return None,
            Rest::Table(table) => given().or_else(|| table.type_of(name).map(Ty::from)),
            Rest::Anything => given(),
        };
        Some(Col::plain(name, ty.unwrap_or(guess)))
    }

    /// Whether a column of this name certainly exists.
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|column| column.name == name)
            || matches!(self.rest, Rest::Table(table) if table.type_of(name).is_some()
                && !self.removed.iter().any(|gone| gone == name))
    }

    /// Adds a column, or replaces the one of its name in its place.
    pub fn set(&mut self, column: Col) {
        match self.list.iter_mut().find(|known| known.name == column.name) {
            Some(known) => *known = column,
            None => self.list.push(column),
        }
    }

    /// Removes a column.
    pub fn remove(&mut self, name: &str) {
        self.list.retain(|column| column.name != name);
        if !self.is_closed() {
            self.removed.push(name.to_owned());
        }
    }

    /// Columns that the query took away from an open table.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Puts a column in the place of another.
    pub fn rename(&mut self, old: &str, column: Col) {
        match self.list.iter_mut().find(|known| known.name == old) {
            Some(known) => *known = column,
            None => {
                if !self.is_closed() {
                    self.removed.push(old.to_owned());
                }
                self.list.push(column);
            }
        }
    }

    /// Every column stands for itself from here on.
    pub fn settle(&mut self) {
        for column in &mut self.list {
            if !column.is_plain() {
                column.value = field(&column.name);
            }
        }
    }
}
