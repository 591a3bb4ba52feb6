//! Field types as a platform's mapping states them, from the rows of a log source.

use super::lookup::find_row;
use super::schema::Schema;
use crate::model::{FieldKind, FieldPath, FieldType, FieldTypes, PlatformId};

/// The types of one platform's fields under some log sources.
pub struct SchemaTypes<'a> {
    /// The log sources, tried in order.
    pub schemas: Vec<&'a Schema>,
    /// Whose names are asked for.
    pub platform: PlatformId,
}

impl FieldTypes for SchemaTypes<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        let path = FieldPath::parse(name);
        self.schemas.iter().find_map(|schema| {
            let found = find_row(schema, self.platform, &path)?;
            let mut kind = found.row.type_on(self.platform);
            // A dynamic value is one value, whatever it holds.
            kind.list |= kind.kind != FieldKind::Dynamic && found.lists.contains(&crate::model::Segment::Any);
            Some(if found.rest.is_empty() { kind } else { FieldType::default() })
        })
    }

    fn names(&self) -> Vec<String> {
        self.matching(&|_| true)
    }

    fn matching(&self, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        let all = self.schemas.iter().flat_map(|schema| schema.names(self.platform));
        let mut names: Vec<String> = all.filter(|name| fits(name)).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    fn is_empty(&self) -> bool {
        self.schemas.iter().all(|schema| schema.names(self.platform).is_empty())
    }
}
