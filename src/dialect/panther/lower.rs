//! Match expressions → predicates (spec/panther-simple-detections.md, "Semantics").
//!
//! A missing or null field equals nothing, contains nothing, orders with nothing and is in no list; a denied condition
//! is the contrary, and true of it. An error of Panther's runtime (a number against text) is no match here.

use super::conditions::{self, Asks, Condition};
use super::contains::or_key;
use super::key;
use crate::diagnostic::codes::panther as codes;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::model::{
    ArrayMode, Case, Expr, FieldKind, FieldPath, FieldRef, FieldType, FieldTypes, JsonKind, Predicate, Quantifier,
    Segment, Test, TestKind, Typing, Value, Var,
};
use crate::source::{Entry, Node};

const COMBINATORS: [&str; 4] = ["All", "Any", "OnlyOne", "None"];

/// Reads match expressions and gathers what is wrong with them.
pub(super) struct Lower<'a> {
    pub types: &'a dyn FieldTypes,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether these are inline filters, which know less.
    pub filters: bool,
    /// Elements of the list comprehensions around the expression.
    elements: Vec<Var>,
}

impl<'a> Lower<'a> {
    pub(super) fn new(types: &'a dyn FieldTypes, filters: bool) -> Self {
        Self { types, diagnostics: Vec::new(), filters, elements: Vec::new() }
    }

    fn error(&mut self, code: crate::diagnostic::Code, message: impl Into<String>, span: Span) -> Predicate {
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
        Predicate::Always(false)
    }

    /// A list of expressions, all of which must hold; a single mapping stands for a list of one.
    pub(super) fn all(&mut self, node: &Node) -> Predicate {
        let mut items = self.list(node);
        if items.len() == 1 { items.remove(0) } else { Predicate::All(items) }
    }

    fn list(&mut self, node: &Node) -> Vec<Predicate> {
        if node.is_map() {
            return vec![self.one(node)];
        }
        if !matches!(node.value, crate::source::Value::Seq(_)) {
            let message = format!("a list of match expressions is expected, found {}", node.kind());
            return vec![self.error(codes::BAD_EXPRESSION, message, node.span)];
        }
        node.items().iter().map(|item| self.one(item)).collect()
    }

    /// One match expression.
    pub(super) fn one(&mut self, node: &Node) -> Predicate {
        if !node.is_map() {
            let message = format!("a match expression is a mapping, found {}", node.kind());
            return self.error(codes::BAD_EXPRESSION, message, node.span);
        }
        if let Some(entry) = COMBINATORS.iter().find_map(|name| node.entry(name)) {
            return self.combinator(node, entry);
        }
        let Some(named) = node.entry("Condition") else {
            return self.no_condition(node);
        };
        let Some(name) = named.value.as_str() else {
            let message = format!("Condition is {}, not text", named.value.kind());
            return self.error(codes::BAD_EXPRESSION, message, named.value.span);
        };
        let Some(condition) = conditions::by_name(name) else {
            let near = conditions::near(name);
            let found = Diagnostic::error(codes::UNKNOWN_CONDITION, format!("Panther has no condition `{name}`"))
                .at(named.value.span);
            self.diagnostics.push(match near.is_empty() {
                true => found,
                false => found.help(format!("Did you mean `{}`?", near.join("` or `"))),
            });
            return Predicate::Always(false);
        };
        let known = ["Condition", "Value", "Values", "Expressions"];
        if let Some(entry) =
            node.entries().iter().find(|entry| !known.contains(&&*entry.key) && !key::KEYS.contains(&&*entry.key))
        {
            return self.stray(entry, known.iter().chain(&key::KEYS));
        }
        let path = match key::of(node) {
            Ok(path) => path,
            Err(found) => {
                self.diagnostics.push(found);
                return Predicate::Always(false);
            }
        };
        if self.filters && (node.get("Key").is_some() || node.get("DeepKey").is_some()) {
            let message = "inline filters name their field by KeyPath or Enrichment only";
            return self.error(codes::FILTER_LIMIT, message, node.span);
        }
        let predicate = match (condition.asks, path) {
            (Asks::Always(flag), None) => Predicate::Always(flag),
            (Asks::Always(_), Some(_)) => self.error(codes::BAD_EXPRESSION, format!("{name} takes no key"), node.span),
            (Asks::Elements(quantifier), Some(path)) => self.comprehension(node, quantifier, path),
            (_, Some(path)) => self.test(node, condition, path),
            (_, None) => self.two_keys(node, condition),
        };
        if condition.denied { predicate.negate_once() } else { predicate }
    }

    fn combinator(&mut self, node: &Node, entry: &Entry) -> Predicate {
        if let Some(other) = node.entries().iter().find(|other| other.key != entry.key) {
            let message = format!("{} stands beside {}; a combinator stands alone", other.key, entry.key);
            return self.error(codes::BAD_EXPRESSION, message, other.key_span);
        }
        if self.filters && matches!(entry.key.as_str(), "OnlyOne" | "None") {
            let message = format!("inline filters know All and Any, not {}", entry.key);
            return self.error(codes::FILTER_LIMIT, message, entry.key_span);
        }
        let items = self.list(&entry.value);
        match entry.key.as_str() {
            "All" => Predicate::All(items),
            "Any" => Predicate::Any(items),
            "OnlyOne" => Predicate::ExactlyOne(items),
            _ => Predicate::Not(Box::new(Predicate::Any(items))),
        }
    }

    fn no_condition(&mut self, node: &Node) -> Predicate {
        let wanted = COMBINATORS.iter().chain(["Condition"].iter());
        match node.entries().first() {
            Some(entry) if !key::KEYS.contains(&&*entry.key) => self.stray(entry, wanted),
            _ => self.error(codes::BAD_EXPRESSION, "the match expression has no Condition", node.span),
        }
    }

    fn stray<'n>(&mut self, entry: &Entry, known: impl Iterator<Item = &'n &'n str>) -> Predicate {
        let found = Diagnostic::error(codes::BAD_EXPRESSION, format!("a match expression has no `{}`", entry.key))
            .at(entry.key_span);
        self.diagnostics.push(match did_you_mean(&entry.key, known.copied()) {
            Some(help) => found.help(help),
            None => found,
        });
        Predicate::Always(false)
    }

    /// The value at a path of the event, or of the element at hand.
    fn subject(&self, path: FieldPath) -> Expr {
        match self.elements.last() {
            Some(var) => Expr::Path(Box::new(Expr::Var(var.clone())), path, ArrayMode::Whole),
            None => Expr::Field(FieldRef::new(path, ArrayMode::Whole)),
        }
    }

    fn comprehension(&mut self, node: &Node, quantifier: Quantifier, path: FieldPath) -> Predicate {
        if self.filters {
            let message = "inline filters know no list comprehension";
            return self.error(codes::FILTER_LIMIT, message, node.span);
        }
        let Some(inner) = node.get("Expressions") else {
            let message = "a condition on elements takes Expressions";
            return self.error(codes::BAD_EXPRESSION, message, node.span);
        };
        let list = self.subject(path.clone());
        let known_list =
            self.elements.is_empty() && self.types.type_of(&path.to_string()).is_some_and(|kind| kind.list);
        let name = match self.elements.len() {
            0 => "element".to_owned(),
            depth => format!("element{}", depth + 1),
        };
        let var = Var(name);
        self.elements.push(var.clone());
        let body = self.all(inner);
        self.elements.pop();
        let found = Predicate::Elements { quantifier, list: list.clone(), var, body: Box::new(body) };
        // What is no list has no elements; the model would take a single value for a list of one.
        if known_list || path.0.contains(&Segment::Any) {
            return found;
        }
        let is_list = Predicate::Test(Test::new(list, TestKind::IsKind { kinds: vec![JsonKind::Array] }, node.span));
        match quantifier {
            Quantifier::All => Predicate::Any(vec![is_list.negate(), found]),
            _ => Predicate::All(vec![is_list, found]),
        }
    }

    /// A test of one key.
    fn test(&mut self, node: &Node, condition: Condition, path: FieldPath) -> Predicate {
        let span = node.span;
        let case = if condition.fold { Case::Ignore } else { Case::Sensitive };
        let subject = self.subject(path.clone());
        let test = |kind: TestKind| Predicate::Test(Test::new(subject.clone(), kind, span));
        if let Some(entry) = node.entry("Expressions") {
            let message = format!("{} takes no Expressions", condition.name);
            return self.error(codes::BAD_EXPRESSION, message, entry.key_span);
        }
        if matches!(condition.asks, Asks::Exists | Asks::IsNull | Asks::IsNullOrEmpty | Asks::Ip(_)) {
            let found = match condition.asks {
                Asks::Exists => test(TestKind::KeyPresent),
                Asks::IsNull => test(TestKind::Present).negate_once(),
                Asks::IsNullOrEmpty => test(TestKind::Empty),
                Asks::Ip(class) => test(TestKind::Ip { class }),
                _ => Predicate::Always(false),
            };
            return match node.get("Value").map(|value| value.as_bool()) {
                None | Some(Some(true)) => found,
                Some(Some(false)) => found.negate_once(),
                Some(None) => {
                    let message = format!("{} takes no value", condition.name);
                    self.error(codes::BAD_VALUE, message, node.get("Value").map_or(span, |value| value.span))
                }
            };
        }
        if condition.asks == Asks::IsIn {
            let Some(values) = node.get("Values") else {
                return self.error(codes::BAD_VALUE, format!("{} takes Values", condition.name), span);
            };
            let mut listed = Vec::new();
            for value in values.items() {
                match scalar(value) {
                    Some(found) => listed.push(Expr::Literal(found)),
                    None => {
                        let message = format!("{} is among Values, which are text, numbers or booleans", value.kind());
                        return self.error(codes::BAD_VALUE, message, value.span);
                    }
                }
            }
            if !matches!(values.value, crate::source::Value::Seq(_)) {
                return self.error(codes::BAD_VALUE, format!("Values is {}, not a list", values.kind()), values.span);
            }
            let kind = TestKind::In { values: listed, case, typing: Typing::Python };
            return self.member(path, kind, span);
        }
        let Some(given) = node.get("Value") else {
            let message = format!("{} takes a Value", condition.name);
            return self.error(codes::BAD_VALUE, message, node.get("Values").map_or(span, |values| values.span));
        };
        if given.is_null() && condition.asks == Asks::Equals {
            return test(TestKind::Present).negate_once();
        }
        let Some(value) = scalar(given) else {
            let message =
                format!("the Value of {} is {}, not text, a number or a boolean", condition.name, given.kind());
            return self.error(codes::BAD_VALUE, message, given.span);
        };
        let is_text = matches!(value, Value::String(_));
        let literal = || Expr::Literal(value.clone());
        match condition.asks {
            Asks::Equals if condition.fold => test(TestKind::Equals { value: literal(), case, typing: Typing::Python }),
            Asks::Equals => test(TestKind::Equals { value: literal(), case, typing: Typing::Typed }),
            Asks::StartsWith | Asks::EndsWith | Asks::Contains if !is_text && condition.asks != Asks::Contains => {
                self.never(condition, given.span)
            }
            Asks::StartsWith => test(TestKind::StartsWith { value: literal(), case }),
            Asks::EndsWith => test(TestKind::EndsWith { value: literal(), case }),
            Asks::Contains if is_text => self.contains(path, literal(), case, span),
            // What is no text can only be a member of a list.
            Asks::Contains => {
                let kind = TestKind::In { values: vec![literal()], case: Case::Sensitive, typing: Typing::Python };
                let is_list = test(TestKind::IsKind { kinds: vec![JsonKind::Array] });
                Predicate::All(vec![is_list, self.any_member(path, kind, span)])
            }
            Asks::Compare(ordering) => match value {
                Value::Bool(_) => self.never(condition, given.span),
                _ => test(TestKind::Compare { ordering, value: literal(), typing: Typing::Typed }),
            },
            Asks::InCidr => match value.as_str().and_then(network) {
                Some(network) => test(TestKind::Cidr { networks: vec![network] }),
                None => {
                    let message = format!("{} takes a network such as 10.0.0.0/8", condition.name);
                    self.error(codes::BAD_VALUE, message, given.span)
                }
            },
            _ => Predicate::Always(false),
        }
    }

    fn never(&mut self, condition: Condition, span: Span) -> Predicate {
        let message = format!("{} with this value is false of every event", condition.name);
        self.diagnostics.push(Diagnostic::warning(codes::NEVER_MATCHES, message).at(span));
        Predicate::Always(false)
    }

    /// What is declared of a field that holds one kind of value, lists of it included.
    fn declared(&self, path: &FieldPath) -> Option<FieldType> {
        let plain = self.elements.is_empty() && !path.0.contains(&Segment::Any);
        let declared = if plain { self.types.type_of(&path.to_string()) } else { None };
        declared.filter(|found| found.kind != FieldKind::Dynamic)
    }

    /// `Contains`: a part of a text, a member of a list or a part of one, a key of an object.
    fn contains(&self, path: FieldPath, value: Expr, case: Case, span: Span) -> Predicate {
        let found = self.member(path.clone(), TestKind::Contains { value: value.clone(), case }, span);
        if self.declared(&path).is_some() {
            return found;
        }
        or_key(found, self.subject(path), &value, case, span)
    }

    /// A test that a list passes when one of its elements does.
    fn member(&self, path: FieldPath, kind: TestKind, span: Span) -> Predicate {
        if self.declared(&path).is_some_and(|found| !found.list) {
            return Predicate::Test(Test::new(self.subject(path), kind, span));
        }
        // A field at the top has no list on its way that would be gone through as well.
        if self.elements.is_empty() && path.0.len() == 1 {
            let subject = Expr::Field(FieldRef::new(path, ArrayMode::Any));
            return Predicate::Test(Test::new(subject, kind, span));
        }
        self.any_member(path, kind, span)
    }

    /// A test of the elements of a list, one by one.
    fn any_member(&self, path: FieldPath, kind: TestKind, span: Span) -> Predicate {
        let var = Var("value".to_owned());
        let body = Predicate::Test(Test::new(Expr::Var(var.clone()), kind, span));
        let list = self.subject(path);
        Predicate::Elements { quantifier: Quantifier::Any, list, var, body: Box::new(body) }
    }

    /// A test of one key against another. Two nulls are equal.
    fn two_keys(&mut self, node: &Node, condition: Condition) -> Predicate {
        let Some(values) = node.get("Values") else {
            let message = format!("{} takes a key", condition.name);
            return self.error(codes::BAD_EXPRESSION, message, node.span);
        };
        if self.filters {
            let message = "inline filters do not compare two keys";
            return self.error(codes::FILTER_LIMIT, message, node.span);
        }
        let mut paths = Vec::new();
        for item in values.items() {
            match key::of(item) {
                Ok(Some(path)) => paths.push(path),
                Ok(None) => {
                    let message = "without a key of its own a condition compares two keys: Values holds key specifiers";
                    return self.error(codes::BAD_EXPRESSION, message, item.span);
                }
                Err(found) => {
                    self.diagnostics.push(found);
                    return Predicate::Always(false);
                }
            }
        }
        let [left, right] = paths.as_slice() else {
            let message = format!("two keys are compared, found {}", paths.len());
            return self.error(codes::BAD_EXPRESSION, message, values.span);
        };
        let (path, subject, value) = (left.clone(), self.subject(left.clone()), self.subject(right.clone()));
        let span = node.span;
        let case = if condition.fold { Case::Ignore } else { Case::Sensitive };
        let test = |subject: &Expr, kind: TestKind| Predicate::Test(Test::new(subject.clone(), kind, span));
        match condition.asks {
            Asks::Equals => {
                let typing = if condition.fold { Typing::Python } else { Typing::Typed };
                let null = |subject: &Expr| test(subject, TestKind::Present).negate();
                let both_null = Predicate::All(vec![null(&subject), null(&value)]);
                Predicate::Any(vec![both_null, test(&subject, TestKind::Equals { value, case, typing })])
            }
            Asks::StartsWith => test(&subject, TestKind::StartsWith { value, case }),
            Asks::EndsWith => test(&subject, TestKind::EndsWith { value, case }),
            Asks::Contains => self.contains(path, value, case, span),
            Asks::Compare(ordering) => test(&subject, TestKind::Compare { ordering, value, typing: Typing::Typed }),
            _ => {
                let message = format!("{} does not compare two keys", condition.name);
                self.error(codes::BAD_EXPRESSION, message, node.span)
            }
        }
    }
}

/// Text, number or boolean of a YAML value.
fn scalar(node: &Node) -> Option<Value> {
    Some(match &node.value {
        crate::source::Value::String(text) => Value::String(text.clone()),
        crate::source::Value::Int(number) => Value::Int(*number),
        crate::source::Value::Float(number) => Value::Double(*number),
        crate::source::Value::Bool(flag) => Value::Bool(*flag),
        _ => return None,
    })
}

/// Whether Python's `ip_network(text, False)` takes the text.
pub(super) fn is_network(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || text.parse::<ipnet::IpNet>().is_ok()
}

/// A network as the model writes it: a netmask or the mask of its hosts, as Python's `ip_network` takes them, becomes
/// the length of a prefix.
fn network(text: &str) -> Option<String> {
    if is_network(text) {
        return Some(text.to_owned());
    }
    let (base, mask) = text.split_once('/')?;
    let base: std::net::Ipv4Addr = base.trim().parse().ok()?;
    let mask = u32::from(mask.trim().parse::<std::net::Ipv4Addr>().ok()?);
    let length = if mask.leading_ones() + mask.trailing_zeros() == 32 {
        mask.leading_ones()
    } else if mask.leading_zeros() + mask.trailing_ones() == 32 {
        mask.leading_zeros()
    } else {
        return None;
    };
    Some(format!("{base}/{length}"))
}

/// Denial that keeps its shape: constants too stay as they are written.
trait NegateOnce {
    fn negate_once(self) -> Predicate;
}

impl NegateOnce for Predicate {
    fn negate_once(self) -> Predicate {
        match self {
            Predicate::Not(inner) => *inner,
            other => Predicate::Not(Box::new(other)),
        }
    }
}
