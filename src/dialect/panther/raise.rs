//! Predicates → match expressions. Whatever cannot be said is a reason in words, and Python's business.

use super::conditions::{Asks, name_of};
use super::contains::without_key;
use super::key;
use super::lower::is_network;
use crate::model::{
    ArrayMode, Case, Expr, FieldKind, FieldPath, FieldRef, FieldTypes, JsonKind, Predicate, Quantifier, Segment, Test,
    TestKind, Typing, Value, Var,
};
use serde_json::{Map, Value as Json, json};

pub(super) type Raised = Result<Json, String>;

/// Turns predicates into expressions.
pub(super) struct Raise<'a> {
    pub types: &'a dyn FieldTypes,
    /// Elements of the comprehensions around.
    elements: Vec<Var>,
}

fn unsayable<T>(reason: &str) -> Result<T, String> {
    Err(reason.to_owned())
}

fn expression(key: Map<String, Json>, condition: &str, rest: Option<(&str, Json)>) -> Json {
    let mut found = key;
    found.insert("Condition".to_owned(), Json::String(condition.to_owned()));
    if let Some((name, value)) = rest {
        found.insert(name.to_owned(), value);
    }
    Json::Object(found)
}

fn none(item: Json) -> Json {
    json!({ "None": [item] })
}

fn named(asks: Asks, denied: bool, fold: bool) -> Result<&'static str, String> {
    name_of(asks, denied, fold).ok_or_else(|| "Panther has no condition for it".to_owned())
}

/// A YAML scalar of a constant.
fn scalar(value: &Value) -> Result<Json, String> {
    match value {
        Value::String(text) => Ok(Json::String(text.clone())),
        Value::Int(number) => Ok(json!(number)),
        Value::Double(number) if number.is_finite() => Ok(json!(number)),
        Value::Bool(flag) => Ok(Json::Bool(*flag)),
        _ => unsayable("a value is neither text nor a number nor a boolean"),
    }
}

impl<'a> Raise<'a> {
    pub(super) fn new(types: &'a dyn FieldTypes) -> Self {
        Self { types, elements: Vec::new() }
    }

    /// The list of a `Detection:`; all must hold.
    pub(super) fn detection(&mut self, predicate: &Predicate) -> Result<Vec<Json>, String> {
        match predicate {
            Predicate::All(items) if items.len() > 1 && self.merged(items)?.is_none() => {
                items.iter().map(|item| self.one(item)).collect()
            }
            Predicate::All(items) if items.len() > 1 => Ok(self.merged(items)?.unwrap_or_default()),
            other => Ok(vec![self.one(other)?]),
        }
    }

    /// A single expression.
    pub(super) fn one(&mut self, predicate: &Predicate) -> Raised {
        if let Some(found) = self.pair_of_keys(predicate)? {
            return Ok(found);
        }
        if let Some(found) = without_key(predicate) {
            return self.one(&found);
        }
        match predicate {
            Predicate::Always(flag) => Ok(json!({ "Condition": if *flag { "AlwaysTrue" } else { "AlwaysFalse" } })),
            Predicate::All(items) => match self.merged(items)? {
                Some(mut merged) if merged.len() == 1 => Ok(merged.remove(0)),
                Some(merged) => Ok(json!({ "All": merged })),
                None => Ok(json!({ "All": self.each(items)? })),
            },
            Predicate::Any(items) => match self.every_element(items)? {
                Some(found) => Ok(found),
                None => Ok(json!({ "Any": self.each(items)? })),
            },
            Predicate::ExactlyOne(items) => Ok(json!({ "OnlyOne": self.each(items)? })),
            Predicate::Not(inner) => self.denied(inner),
            Predicate::Test(test) => self.test(test, false),
            Predicate::Elements { quantifier, list, var, body } => self.elements(*quantifier, list, var, body, false),
            Predicate::Unread { .. } => unsayable("a part of it was not read"),
        }
    }

    fn each(&mut self, items: &[Predicate]) -> Result<Vec<Json>, String> {
        items.iter().map(|item| self.one(item)).collect()
    }

    fn denied(&mut self, predicate: &Predicate) -> Raised {
        if let Some(found) = self.pair_of_keys_denied(predicate)? {
            return Ok(found);
        }
        if let Some(found) = without_key(predicate) {
            return self.denied(&found);
        }
        match predicate {
            Predicate::Always(flag) => self.one(&Predicate::Always(!flag)),
            Predicate::Any(items) => match self.every_element(items)? {
                Some(found) => Ok(none(found)),
                None => Ok(json!({ "None": self.each(items)? })),
            },
            Predicate::All(items) => {
                if let Some(mut merged) = self.merged(items)?
                    && merged.len() == 1
                {
                    let mut found = merged.remove(0);
                    return Ok(match found.get("Condition").and_then(Json::as_str) {
                        Some("AnyElement") => {
                            if let Some(map) = found.as_object_mut() {
                                map.insert("Condition".to_owned(), Json::String("NoElement".to_owned()));
                            }
                            found
                        }
                        Some("Contains") => {
                            if let Some(map) = found.as_object_mut() {
                                map.insert("Condition".to_owned(), Json::String("DoesNotContain".to_owned()));
                            }
                            found
                        }
                        _ => none(found),
                    });
                }
                let items = items.iter().map(|item| self.denied(item)).collect::<Result<Vec<_>, _>>()?;
                Ok(json!({ "Any": items }))
            }
            Predicate::Not(inner) => self.one(inner),
            Predicate::Test(test) => self.test(test, true),
            Predicate::Elements { quantifier, list, var, body } => self.elements(*quantifier, list, var, body, true),
            other => Ok(none(self.one(other)?)),
        }
    }

    /// A list test beside a condition on its elements is what a list comprehension asks anyway.
    fn merged(&mut self, items: &[Predicate]) -> Result<Option<Vec<Json>>, String> {
        let guarded = |list: &Expr| {
            items.iter().any(|item| match item {
                Predicate::Elements { quantifier: Quantifier::Any | Quantifier::ExactlyOne, list: other, .. } => {
                    other == list
                }
                _ => false,
            })
        };
        let is_guard = |item: &Predicate| is_list_test(item).is_some_and(guarded);
        if !items.iter().any(is_guard) {
            return Ok(None);
        }
        let mut found = Vec::new();
        for item in items {
            if is_guard(item) {
                continue;
            }
            let guards = |list: &Expr| items.iter().filter_map(is_list_test).any(|guarded| guarded == list);
            found.push(match item {
                // A member that is no text: Contains asks for a list itself.
                Predicate::Elements { quantifier: Quantifier::Any, list, var, body } if guards(list) => {
                    match member(var, body) {
                        Some(TestKind::In { values, .. }) => match values.as_slice() {
                            [Expr::Literal(value)] if !matches!(value, Value::String(_)) => {
                                let key = self.key(list)?;
                                expression(key, "Contains", Some(("Value", scalar(value)?)))
                            }
                            _ => self.one(item)?,
                        },
                        _ => self.one(item)?,
                    }
                }
                other => self.one(other)?,
            });
        }
        Ok(Some(found))
    }

    /// `AllElements`: true of what is no list.
    fn every_element(&mut self, items: &[Predicate]) -> Result<Option<Json>, String> {
        let [Predicate::Not(first), second] = items else { return Ok(None) };
        let Predicate::Elements { quantifier: Quantifier::All, list, var, body } = second else { return Ok(None) };
        if is_list_test(first) != Some(list) {
            return Ok(None);
        }
        self.elements(Quantifier::All, list, var, body, false).map(Some)
    }

    fn elements(&mut self, quantifier: Quantifier, list: &Expr, var: &Var, body: &Predicate, denied: bool) -> Raised {
        if quantifier == Quantifier::Any
            && let Some(kind) = member(var, body)
        {
            return self.kind(list, kind, denied, Lists::Member);
        }
        let key = self.key(list)?;
        let condition = match (quantifier, denied) {
            (Quantifier::Any, false) => "AnyElement",
            (Quantifier::Any, true) => "NoElement",
            (Quantifier::All, _) => "AllElements",
            (Quantifier::ExactlyOne, _) => "OnlyOneElement",
            (Quantifier::AtLeast(1), false) => "AnyElement",
            (Quantifier::AtLeast(_), _) => return unsayable("Panther does not count elements"),
        };
        self.elements.push(var.clone());
        let inner = self.detection(body);
        self.elements.pop();
        let found = expression(key, condition, Some(("Expressions", Json::Array(inner?))));
        Ok(if denied && condition != "NoElement" { none(found) } else { found })
    }

    /// The key specifier of a field or of a place in the element at hand.
    fn key(&self, subject: &Expr) -> Result<Map<String, Json>, String> {
        let path = match (subject, self.elements.last()) {
            (Expr::Field(field), None) => &field.path,
            (Expr::Path(base, path, ArrayMode::Whole | ArrayMode::Any), Some(var))
                if **base == Expr::Var(var.clone()) =>
            {
                path
            }
            (Expr::Field(_), Some(_)) => {
                return unsayable("a list comprehension does not see the event around its elements");
            }
            (Expr::Var(_), _) => return unsayable("a list comprehension has no name for the element itself"),
            _ => return unsayable("Panther's conditions test fields only"),
        };
        specifier(path).ok_or_else(|| format!("{path} has no key path"))
    }

    fn test(&mut self, test: &Test, denied: bool) -> Raised {
        let Expr::Field(field) = &test.subject else {
            return self.kind(&test.subject, &test.kind, denied, Lists::Whole);
        };
        let list = self.types.type_of(&field.path.to_string()).map(|kind| kind.list);
        let spreads = field.path.0.contains(&Segment::Any);
        match field.mode {
            ArrayMode::Whole if spreads => self.kind(&test.subject, &test.kind, denied, Lists::Whole),
            ArrayMode::Whole | ArrayMode::Single if list != Some(true) => {
                self.kind(&test.subject, &test.kind, denied, Lists::Whole)
            }
            ArrayMode::Any if spreads => self.spread(field, test, denied),
            ArrayMode::Any if list == Some(true) => self.kind(&test.subject, &test.kind, denied, Lists::Member),
            ArrayMode::Any => self.kind(&test.subject, &test.kind, denied, Lists::Scalar),
            ArrayMode::Whole => self.kind(&test.subject, &test.kind, denied, Lists::Whole),
            _ => unsayable("Panther's conditions do not choose among several values"),
        }
    }

    /// A test of any value behind `[]`: a comprehension over that list.
    fn spread(&mut self, field: &FieldRef, test: &Test, denied: bool) -> Raised {
        let Some(at) = field.path.0.iter().position(|segment| *segment == Segment::Any) else {
            return unsayable("the path goes through no list");
        };
        let before = FieldPath(field.path.0.iter().take(at).cloned().collect());
        let behind = FieldPath(field.path.0.iter().skip(at + 1).cloned().collect());
        let list = Expr::Field(FieldRef::new(before, ArrayMode::Whole));
        if behind.0.is_empty() {
            return self.kind(&list, &test.kind, denied, Lists::Member);
        }
        let (list, var, inner) = nest(list, behind, self.elements.len(), test);
        let body = inner;
        self.elements(Quantifier::Any, &list, &var, &body, denied)
    }

    /// A condition on a key.
    fn kind(&mut self, subject: &Expr, kind: &TestKind, denied: bool, lists: Lists) -> Raised {
        if lists == Lists::Member
            && !matches!(kind, TestKind::Equals { .. } | TestKind::In { .. } | TestKind::Contains { .. })
        {
            return unsayable("a list comprehension has no name for the element itself");
        }
        let key = self.key(subject)?;
        let value = |name: &str, rest: Json| expression(key.clone(), name, Some(("Value", rest)));
        let bare = |name: &str| expression(key.clone(), name, None);
        match kind {
            TestKind::Equals { value: Expr::Literal(literal), case, typing } => {
                let fold = *case != Case::Sensitive;
                sayable_typing(*typing, literal, self.types, subject)?;
                if lists == Lists::Member {
                    if fold {
                        return unsayable("membership in a list is case-sensitive in Panther");
                    }
                    let name = named(Asks::IsIn, denied, false)?;
                    return Ok(expression(key, name, Some(("Values", json!([scalar(literal)?])))));
                }
                Ok(value(named(Asks::Equals, denied, fold)?, scalar(literal)?))
            }
            TestKind::Equals { value: other, case, .. } => {
                let (left, right) = (Json::Object(key.clone()), Json::Object(self.key(other)?));
                let name = named(Asks::Equals, denied, *case != Case::Sensitive)?;
                let compared = json!({ "Condition": name, "Values": [left, right] });
                // Two missing values are equal to Panther, and to nobody else.
                Ok(match denied {
                    false => json!({ "All": [compared, bare("IsNotNull")] }),
                    true => json!({ "Any": [compared, bare("IsNull")] }),
                })
            }
            TestKind::In { values, case, typing } => {
                let mut literals = Vec::new();
                for listed in values {
                    match listed {
                        Expr::Literal(literal) => {
                            sayable_typing(*typing, literal, self.types, subject)?;
                            literals.push(scalar(literal)?);
                        }
                        _ => return unsayable("Panther's lists of values hold constants only"),
                    }
                }
                if *case != Case::Sensitive {
                    if lists == Lists::Member {
                        return unsayable("membership in a list is case-sensitive in Panther");
                    }
                    let items: Vec<Json> = literals.into_iter().map(|literal| value("IEquals", literal)).collect();
                    return Ok(match denied {
                        false => json!({ "Any": items }),
                        true => json!({ "None": items }),
                    });
                }
                // Values are of one type.
                let mut groups: Vec<Vec<Json>> = Vec::new();
                for literal in literals {
                    let like = |group: &&mut Vec<Json>| {
                        group
                            .first()
                            .is_some_and(|first| std::mem::discriminant(first) == std::mem::discriminant(&literal))
                    };
                    match groups.iter_mut().find(like) {
                        Some(group) => group.push(literal),
                        None => groups.push(vec![literal]),
                    }
                }
                if groups.is_empty() {
                    return self.one(&Predicate::Always(denied));
                }
                let name = named(Asks::IsIn, denied, false)?;
                let mut items: Vec<Json> = groups
                    .into_iter()
                    .map(|group| expression(key.clone(), name, Some(("Values", Json::Array(group)))))
                    .collect();
                Ok(match (items.len(), denied) {
                    (1, _) => items.remove(0),
                    (_, false) => json!({ "Any": items }),
                    (_, true) => json!({ "All": items }),
                })
            }
            TestKind::Contains { value: operand, case } => self.on_text(&key, Asks::Contains, operand, *case, denied),
            TestKind::StartsWith { value: operand, case } => {
                self.on_text(&key, Asks::StartsWith, operand, *case, denied)
            }
            TestKind::EndsWith { value: operand, case } => self.on_text(&key, Asks::EndsWith, operand, *case, denied),
            TestKind::Cidr { networks } => {
                if let Some(network) = networks.iter().find(|network| !is_network(network)) {
                    return Err(format!("`{network}` is no network"));
                }
                let name = named(Asks::InCidr, false, false)?;
                let mut items: Vec<Json> =
                    networks.iter().map(|network| value(name, Json::String(network.clone()))).collect();
                Ok(match (items.len(), denied) {
                    (1, false) => items.remove(0),
                    (1, true) => value(named(Asks::InCidr, true, false)?, json!(networks.first())),
                    (_, false) => json!({ "Any": items }),
                    (_, true) => json!({ "None": items }),
                })
            }
            TestKind::Ip { class } => Ok(bare(named(Asks::Ip(*class), denied, false)?)),
            TestKind::Compare { ordering, value: Expr::Literal(literal), .. } => {
                if matches!(literal, Value::Bool(_)) {
                    return unsayable("booleans have no order");
                }
                let found = value(named(Asks::Compare(*ordering), false, false)?, scalar(literal)?);
                Ok(if denied { none(found) } else { found })
            }
            TestKind::Compare { ordering, value: other, .. } => {
                let name = named(Asks::Compare(*ordering), false, false)?;
                let found =
                    json!({ "Condition": name, "Values": [Json::Object(key.clone()), Json::Object(self.key(other)?)] });
                Ok(if denied { none(found) } else { found })
            }
            TestKind::Range { low, high, typing } => {
                use crate::model::Ordering::{Greater, GreaterOrEqual, Less, LessOrEqual};
                let mut items = Vec::new();
                for (bound, open, closed) in [(low, Greater, GreaterOrEqual), (high, Less, LessOrEqual)] {
                    if let Some((limit, inclusive)) = bound {
                        let ordering = if *inclusive { closed } else { open };
                        let kind = TestKind::Compare { ordering, value: limit.clone(), typing: *typing };
                        items.push(self.kind(subject, &kind, false, lists)?);
                    }
                }
                let found = match items.len() {
                    0 => bare("IsNotNull"),
                    1 => items.remove(0),
                    _ => json!({ "All": items }),
                };
                Ok(if denied { none(found) } else { found })
            }
            TestKind::Present => Ok(bare(named(Asks::IsNull, !denied, false)?)),
            TestKind::KeyPresent => Ok(bare(named(Asks::Exists, denied, false)?)),
            TestKind::Empty => Ok(bare(named(Asks::IsNullOrEmpty, denied, false)?)),
            TestKind::Truthy => {
                let items = [bare("IsNullOrEmpty"), value("Equals", Json::Bool(false)), value("Equals", json!(0))];
                Ok(if denied { json!({ "Any": items }) } else { json!({ "None": items }) })
            }
            TestKind::IsKind { kinds } if kinds.as_slice() == [JsonKind::Array] => {
                let some = expression(
                    key.clone(),
                    "AnyElement",
                    Some(("Expressions", json!([{ "Condition": "AlwaysTrue" }]))),
                );
                let empty =
                    json!({ "All": [bare("IsNullOrEmpty"), bare("IsNotNull"), value("DoesNotEqual", json!(""))] });
                let items = [some, empty];
                Ok(if denied { json!({ "None": items }) } else { json!({ "Any": items }) })
            }
            TestKind::Regex { .. } => unsayable("Panther's YAML has no regular expressions"),
            TestKind::Wildcard { .. } => unsayable("Panther's YAML has no wildcards"),
            _ => unsayable("Panther's YAML has no such condition"),
        }
    }

    fn on_text(&self, key: &Map<String, Json>, asks: Asks, operand: &Expr, case: Case, denied: bool) -> Raised {
        let name = named(asks, denied, case != Case::Sensitive)?;
        match operand {
            Expr::Literal(Value::String(text)) => {
                Ok(expression(key.clone(), name, Some(("Value", Json::String(text.clone())))))
            }
            Expr::Literal(_) => unsayable("a text is compared with what is no text"),
            other => {
                Ok(json!({ "Condition": name, "Values": [Json::Object(key.clone()), Json::Object(self.key(other)?)] }))
            }
        }
    }

    /// Equal, or both null: what Panther's comparison of two keys asks.
    fn pair_of_keys(&mut self, predicate: &Predicate) -> Result<Option<Json>, String> {
        self.pair(predicate, false)
    }

    fn pair_of_keys_denied(&mut self, predicate: &Predicate) -> Result<Option<Json>, String> {
        self.pair(predicate, true)
    }

    fn pair(&mut self, predicate: &Predicate, denied: bool) -> Result<Option<Json>, String> {
        let Predicate::Any(items) = predicate else { return Ok(None) };
        let [Predicate::All(nulls), Predicate::Test(test)] = items.as_slice() else { return Ok(None) };
        let TestKind::Equals { value, case, .. } = &test.kind else { return Ok(None) };
        let [first, second] = nulls.as_slice() else { return Ok(None) };
        if is_null(first) != Some(&test.subject) || is_null(second) != Some(value) {
            return Ok(None);
        }
        let (left, right) = (Json::Object(self.key(&test.subject)?), Json::Object(self.key(value)?));
        let name = named(Asks::Equals, denied, *case != Case::Sensitive)?;
        Ok(Some(json!({ "Condition": name, "Values": [left, right] })))
    }
}

/// How a subject that is a list is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// As one value.
    Whole,
    /// Any of its members.
    Member,
    /// There is a single value.
    Scalar,
}

/// The key specifier of a path.
pub(super) fn specifier(path: &FieldPath) -> Option<Map<String, Json>> {
    // p_enrichment.Table.Selector.path
    if let [Segment::Key(top), Segment::Key(table), Segment::Key(selector), rest @ ..] = path.0.as_slice()
        && top == "p_enrichment"
        && !rest.is_empty()
    {
        let (_, mut field) = key::write(&FieldPath(rest.to_vec()))?;
        if rest.len() == 1 && !field.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            field = format!("\"{}\"", field.replace('\\', "\\\\").replace('"', "\\\""));
        }
        let enrichment = json!({ "Table": table, "Selector": selector, "FieldPath": field });
        return Some(Map::from_iter([("Enrichment".to_owned(), enrichment)]));
    }
    let (name, text) = key::write(path)?;
    Some(Map::from_iter([(name.to_owned(), Json::String(text))]))
}

/// The list that is tested for being one.
fn is_list_test(predicate: &Predicate) -> Option<&Expr> {
    match predicate {
        Predicate::Test(Test { subject, kind: TestKind::IsKind { kinds }, .. })
            if kinds.as_slice() == [JsonKind::Array] =>
        {
            Some(subject)
        }
        _ => None,
    }
}

/// The value that is tested for being null.
fn is_null(predicate: &Predicate) -> Option<&Expr> {
    let Predicate::Not(inner) = predicate else { return None };
    match inner.as_ref() {
        Predicate::Test(Test { subject, kind: TestKind::Present, .. }) => Some(subject),
        _ => None,
    }
}

/// A test of the element itself.
fn member<'p>(var: &Var, body: &'p Predicate) -> Option<&'p TestKind> {
    match body {
        Predicate::Test(test) if test.subject == Expr::Var(var.clone()) => Some(&test.kind),
        _ => None,
    }
}

/// Comprehensions for the lists of a path, outermost first.
fn nest(list: Expr, behind: FieldPath, depth: usize, test: &Test) -> (Expr, Var, Predicate) {
    let var = Var(if depth == 0 { "element".to_owned() } else { format!("element{}", depth + 1) });
    let element = |path: FieldPath| Expr::Path(Box::new(Expr::Var(var.clone())), path, ArrayMode::Whole);
    let body = match behind.0.iter().position(|segment| *segment == Segment::Any) {
        None => Predicate::Test(Test { subject: element(behind), ..test.clone() }),
        Some(at) => {
            let before = FieldPath(behind.0.iter().take(at).cloned().collect());
            let rest = FieldPath(behind.0.iter().skip(at + 1).cloned().collect());
            if rest.0.is_empty() {
                let inner = Var("value".to_owned());
                let body = Predicate::Test(Test { subject: Expr::Var(inner.clone()), ..test.clone() });
                let list = element(before);
                Predicate::Elements { quantifier: Quantifier::Any, list, var: inner, body: Box::new(body) }
            } else {
                let (list, var, body) = nest(element(before), rest, depth + 1, test);
                Predicate::Elements { quantifier: Quantifier::Any, list, var, body: Box::new(body) }
            }
        }
    };
    (list, var, body)
}

/// Panther compares by type; a rule that compares as text or by a mapping means the same only where the constant is of
/// the field's own type.
fn sayable_typing(typing: Typing, literal: &Value, types: &dyn FieldTypes, subject: &Expr) -> Result<(), String> {
    let known = subject.as_field().and_then(|field| types.type_of(&field.path.to_string())).map(|kind| kind.kind);
    let text = matches!(literal, Value::String(_));
    let looks_like_text = literal.as_str().is_some_and(|text| {
        text.parse::<f64>().is_err() && !matches!(text.to_ascii_lowercase().as_str(), "true" | "false")
    });
    let fine = match typing {
        Typing::Typed | Typing::Python => true,
        Typing::Text => looks_like_text || text && known == Some(FieldKind::Keyword),
        Typing::Mapped(kind) => match kind.kind {
            FieldKind::Long | FieldKind::Double => literal.as_f64().is_some(),
            FieldKind::Boolean => matches!(literal, Value::Bool(_)),
            FieldKind::Ip => looks_like_text && literal.as_str().is_some_and(|text| !text.contains(['/', ':'])),
            FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Guid => {
                looks_like_text || text && known == Some(FieldKind::Keyword)
            }
            _ => looks_like_text,
        },
    };
    if fine { Ok(()) } else { unsayable("Panther compares by type, and this rule does not") }
}
