//! Reports for people: what a rule does, and what changed in it.

mod changes;
mod explain;
mod shown;

pub use changes::{Change, changes};
pub use explain::{ConditionPart, Explanation, FieldEntry, UnreadEntry, explain};
pub use shown::{OutputEntry, shown};
