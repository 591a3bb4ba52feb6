//! Fields and log sources: source platform → common names → target platform (spec/field-resolver.md).
//!
//! A [`Schema`] is one log source with a row for each field; rows are data (`schemas/fields/*.yml`), so that mappings
//! are reviewed without reading code. [`to_common`] and [`from_common`] are pure: the same input gives the same output.

mod derived;
mod ecs;
mod index;
mod kinds;
mod lookup;
mod map;
mod project;
mod registry;
mod schema;
mod several;
mod types;
mod words;

pub use derived::Derived;
pub use ecs::ecs_type;
pub use kinds::{EventKind, KIND};
pub use lookup::{Found, find_row};
pub use map::{
    FieldPolicy, Mapped, Unmapped, common_column, from_common, parts_from_common, parts_to_common, rename_expr,
    to_common,
};
pub use project::{LOG_TYPE, project, project_readable, unproject};
pub use schema::{Confidence, PlatformScope, Row, Schema, SchemaError, Schemas};
pub use several::{SOURCE, Sources, TABLE};
pub use types::SchemaTypes;
