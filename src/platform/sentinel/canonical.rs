//! One shape for every Sentinel format: the keys of the analytics YAML.

use super::{arm, defender};
use crate::diagnostic::Span;
use crate::source::{Entry, Format, Node, Value};

/// The rules of a file's tree in canonical shape, each with its own part of the tree as it stands.
pub(super) fn rules(root: &Node, format: Format) -> Vec<(Node, Node)> {
    match format {
        Format::SentinelArm => {
            arm::resources(root).into_iter().map(|found| (arm::canonical(&found), found.node)).collect()
        }
        Format::DefenderYaml => {
            let documents = defender::documents(root);
            documents.into_iter().map(|node| (defender::canonical(node), node.clone())).collect()
        }
        _ => vec![(root.clone(), root.clone())],
    }
}

/// Members in the making.
pub(super) struct Members(Vec<Entry>);

impl Members {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Another member, where there is a value.
    pub(super) fn put(&mut self, key: &str, value: Option<Node>) {
        if let Some(value) = value {
            let key_span = value.span;
            self.0.push(Entry { key: key.to_owned(), key_span, value });
        }
    }

    /// Every member of a mapping that is not named in `known`, under its own name.
    pub(super) fn rest(&mut self, of: &Node, known: &[&str]) {
        for entry in of.entries() {
            if !known.contains(&entry.key.as_str()) && !self.0.iter().any(|own| own.key == entry.key) {
                self.0.push(entry.clone());
            }
        }
    }

    /// The mapping.
    pub(super) fn node(self, span: Span) -> Node {
        Node::new(Value::Map(self.0), span)
    }
}

/// A text node at a place.
pub(super) fn text(text: impl Into<String>, span: Span) -> Node {
    Node::new(Value::String(text.into()), span)
}

/// A list node at a place.
pub(super) fn list(items: Vec<Node>, span: Span) -> Node {
    Node::new(Value::Seq(items), span)
}
