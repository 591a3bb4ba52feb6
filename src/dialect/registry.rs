//! The list of dialects: one line each.

use super::Dialect;

/// Every dialect of the program.
pub struct Registry {
    dialects: Vec<&'static dyn Dialect>,
}

/// The dialects, one line each.
#[rustfmt::skip]
static DIALECTS: &[&dyn Dialect] = &[
    &super::condition::Condition,
    &super::eql::Eql,
    &super::esql::Esql,
    &super::kuery::Kuery,
    &super::kusto::Kusto,
    &super::lucene::Lucene,
    &super::panther::Panther,
    &super::python::Python,
];

impl Default for Registry {
    fn default() -> Self {
        Self { dialects: DIALECTS.to_vec() }
    }
}

impl Registry {
    /// The dialect of this name.
    pub fn get(&self, name: &str) -> Option<&'static dyn Dialect> {
        self.dialects.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// The dialect whose bare query files have this extension.
    pub fn by_extension(&self, extension: &str) -> Option<&'static dyn Dialect> {
        self.dialects.iter().copied().find(|dialect| dialect.extensions().contains(&extension))
    }

    /// All dialects in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Dialect> + '_ {
        self.dialects.iter().copied()
    }
}
