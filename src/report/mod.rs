//! Reports for people: what a rule does.

mod explain;
mod shown;

pub use explain::{ConditionPart, Explanation, FieldEntry, UnreadEntry, explain};
pub use shown::{OutputEntry, shown};
