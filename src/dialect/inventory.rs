//! What a query uses, counted on its syntax tree.

use std::collections::BTreeMap;

/// Names with the number of their uses, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Operators: tabular operators (Kusto), commands (ES|QL), connectives and comparisons elsewhere.
    pub operators: BTreeMap<String, usize>,
    /// Functions, aggregates included.
    pub functions: BTreeMap<String, usize>,
    /// Operators on text.
    pub string_operators: BTreeMap<String, usize>,
    /// Tables, index patterns or log types that the query names.
    pub tables: BTreeMap<String, usize>,
}

impl Inventory {
    /// Counts one more use of `word` in one of the lists.
    pub fn count(list: &mut BTreeMap<String, usize>, word: &str) {
        match list.get_mut(word) {
            Some(count) => *count += 1,
            None => {
                list.insert(word.to_owned(), 1);
            }
        }
    }
}
