//! Ids of written rules: the same source gives the same id (rule 9).

use crate::model::{Metadata, PlatformId};
use uuid::Uuid;

/// The namespace of every id that the program makes. Never changed: rules in use are found again by their id.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d1f_0b6e_7c52_4d0f_9a3e_2c8b_61f4_7ad9);

/// The id of a rule on `target` that comes from `source`: UUIDv5 of the source's id, or of its title and query where it
/// has none.
pub(super) fn rule_id(meta: &Metadata, source: Option<PlatformId>, target: PlatformId, query: &str) -> String {
    let own = match (&meta.id, &meta.title) {
        (Some(id), _) => id.clone(),
        (None, Some(title)) => title.clone(),
        (None, None) => query.to_owned(),
    };
    let name = format!("{}:{}:{own}", source.map_or("query", PlatformId::name), target.name());
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}
