//! The rows of a field table by the first name of their paths, so that finding one does not go through them all.

use super::schema::Row;
use crate::model::{FieldPath, PlatformId, Segment};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// Made when it is first asked for. A copy of a table makes its own, because its rows may be changed.
#[derive(Debug, Default)]
pub(super) struct Index(OnceLock<BTreeMap<Option<PlatformId>, Names>>);

/// The rows as one platform, or the common event (`None`), names them.
#[derive(Debug, Default)]
struct Names {
    /// Rows by the first key of a path, in lower case on Panther; those that any key may begin are in every list.
    by_key: HashMap<String, Vec<usize>>,
    /// Rows that do not begin with a key of their own.
    any: Vec<usize>,
    /// All rows.
    all: Vec<usize>,
    /// The dotted names, sorted, each once.
    dotted: Vec<String>,
}

impl Clone for Index {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Index {
    /// The rows that a path may belong to under the names of a platform (`None`: of common events), in their order.
    pub(super) fn candidates<'r>(
        &'r self,
        rows: &'r [Row],
        platform: Option<PlatformId>,
        path: &FieldPath,
    ) -> impl Iterator<Item = &'r Row> + use<'r> {
        let names = self.names(rows, platform);
        let numbers = names.map_or(&[] as &[usize], |names| match path.0.first() {
            Some(Segment::Key(key)) => {
                let found = match platform {
                    Some(PlatformId::Panther) => names.by_key.get(&key.to_ascii_lowercase()),
                    _ => names.by_key.get(key),
                };
                found.unwrap_or(&names.any)
            }
            _ => &names.all,
        });
        numbers.iter().filter_map(move |number| rows.get(*number))
    }

    /// The dotted names of a platform's fields, sorted, each once.
    pub(super) fn dotted<'r>(&'r self, rows: &[Row], platform: PlatformId) -> &'r [String] {
        self.names(rows, Some(platform)).map_or(&[], |names| names.dotted.as_slice())
    }

    fn names(&self, rows: &[Row], platform: Option<PlatformId>) -> Option<&Names> {
        let built = self.0.get_or_init(|| {
            let platforms = PlatformId::ALL.iter().copied().map(Some).chain([None]);
            platforms.map(|platform| (platform, Names::of(rows, platform))).collect()
        });
        built.get(&platform)
    }
}

impl Names {
    fn of(rows: &[Row], platform: Option<PlatformId>) -> Self {
        let mut names = Names { all: (0..rows.len()).collect(), ..Names::default() };
        for (number, row) in rows.iter().enumerate() {
            let own = match platform {
                Some(platform) => row.paths.get(&platform),
                None => Some(&row.name),
            };
            let also = platform.and_then(|platform| row.also.get(&platform)).into_iter().flatten();
            for path in own.into_iter().chain(also) {
                let list = match path.0.first() {
                    Some(Segment::Key(key)) => {
                        let key =
                            if platform == Some(PlatformId::Panther) { key.to_ascii_lowercase() } else { key.clone() };
                        names.by_key.entry(key).or_default()
                    }
                    _ => &mut names.any,
                };
                if list.last() != Some(&number) {
                    list.push(number);
                }
            }
            names.dotted.extend(own.map(ToString::to_string));
        }
        for list in names.by_key.values_mut().filter(|_| !names.any.is_empty()) {
            list.extend(&names.any);
            list.sort_unstable();
            list.dedup();
        }
        names.dotted.sort();
        names.dotted.dedup();
        names
    }
}
