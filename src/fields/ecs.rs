//! Types of the Elastic Common Schema: what a field of Elastic's is where no field table of the log source says.
//!
//! A rule that compares `source.ip` with a network means an address whatever index it reads; as a keyword the comparison
//! would be one of texts and never hold.

use crate::model::FieldType;
use std::collections::HashMap;
use std::sync::LazyLock;

static TYPES: LazyLock<HashMap<&'static str, FieldType>> = LazyLock::new(|| {
    let lines = include_str!("../../schemas/ecs_types.txt").lines().filter(|line| !line.starts_with('#'));
    let of_line = |line: &'static str| {
        let (kind, names) = line.split_once(':')?;
        let kind = FieldType::parse(kind)?;
        Some(names.split_whitespace().map(move |name| (name, kind)))
    };
    lines.filter_map(of_line).flatten().collect()
});

/// The type of a field in the Elastic Common Schema; `None` where the schema has no such field, or it is not listed.
pub fn ecs_type(name: &str) -> Option<FieldType> {
    TYPES.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines: Vec<&str> =
            include_str!("../../schemas/ecs_types.txt").lines().filter(|line| !line.starts_with('#')).collect();
        let names: usize = lines.iter().map(|line| line.split_whitespace().count() - 1).sum();
        assert_eq!(TYPES.len(), names);
        for (name, kind) in [("source.ip", "ip"), ("process.pid", "long"), ("@timestamp", "date"), ("message", "text")]
        {
            assert_eq!(ecs_type(name), FieldType::parse(kind), "{name}");
        }
        assert_eq!(ecs_type("okta.event_type"), None);
    }
}
