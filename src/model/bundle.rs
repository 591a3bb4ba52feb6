//! What a translation works on: one or more detections with references between them.

use super::Detection;

/// How one detection depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// A correlation rule and the rule whose matches it correlates.
    Signal,
    /// A rule over the rows of a scheduled query.
    Query,
}

/// A reference between two detections of a bundle, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// The detection that refers.
    pub from: usize,
    /// The detection that is referred to.
    pub to: usize,
    /// How.
    pub kind: LinkKind,
}

/// Detections that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bundle {
    /// The detections; the first is the one that raises alerts.
    pub detections: Vec<Detection>,
    /// References between them.
    pub links: Vec<Link>,
}

impl From<Detection> for Bundle {
    fn from(detection: Detection) -> Self {
        Self { detections: vec![detection], links: Vec::new() }
    }
}
