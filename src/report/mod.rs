//! Reports for people: what a rule does.

mod explain;

pub use explain::{ConditionPart, Explanation, FieldEntry, OutputEntry, UnreadEntry, explain};
