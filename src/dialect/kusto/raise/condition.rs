//! Conditions as text. A missing text is the empty text, and other missing values are null: a negated order or address
//! test says what becomes of null (spec/kusto-semantics.md).

use super::literal;
use super::scalar::Term;
use super::{Raiser, Said, is_many};
use crate::dialect::kusto::bind::Ty;
use crate::model::function;
use crate::model::{
    Anchor, ArrayMode, Case, Expr, FieldRef, IpClass, JsonKind, Ordering, Predicate, Quantifier, RegexFlavour, Segment,
    Test, TestKind, Typing, Value, Var, WildcardPart,
};

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An operand of `and`, or alone.
    And,
    /// An operand of `or`.
    Or,
    /// An operand of a comparison or call.
    Inside,
}

const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

impl Raiser<'_> {
    /// A condition, or its contrary.
    pub(super) fn condition(&mut self, predicate: &Predicate, negated: bool, place: Place) -> Said<String> {
        match predicate {
            Predicate::Always(flag) => Ok((*flag != negated).to_string()),
            Predicate::Not(inner) => self.condition(inner, !negated, place),
            Predicate::Any(items) if self.known_pair(items).is_some() => {
                let text = self.known_pair(items).unwrap_or_default();
                Ok(if negated { format!("not({text})") } else { text })
            }
            Predicate::All(items) | Predicate::Any(items) => {
                let conjunction = matches!(predicate, Predicate::All(_)) != negated;
                if items.is_empty() {
                    return Ok(conjunction.to_string());
                }
                if !conjunction
                    && !negated
                    && let Some(text) = self.has_list(items)
                {
                    return Ok(text);
                }
                if !conjunction
                    && negated
                    && let Some(text) = self.has_list(items)
                {
                    return Ok(format!("not({text})"));
                }
                if matches!(predicate, Predicate::Any(_))
                    && negated
                    && let Some(text) = self.has_list(items)
                {
                    return Ok(format!("not({text})"));
                }
                let inner = if conjunction { Place::And } else { Place::Or };
                let alone = items.len() == 1;
                let parts = items
                    .iter()
                    .map(|item| self.condition(item, negated, if alone { place } else { inner }))
                    .collect::<Said<Vec<_>>>()?;
                let text = chain(parts, if conjunction { " and " } else { " or " });
                let bare = alone || place == inner;
                Ok(if bare { text } else { format!("({text})") })
            }
            Predicate::ExactlyOne(_) => Err("exactly one of several conditions".to_owned()),
            Predicate::Test(test) => self.test(test, negated),
            Predicate::Elements { quantifier, list, var, body } => {
                let text = self.elements(*quantifier, list, var, body)?;
                Ok(if negated { format!("not({text})") } else { text })
            }
            Predicate::Unread { .. } => Err("part of the rule was not read".to_owned()),
        }
    }

    /// `a == b` of texts: equal, or both empty; `a has b`: found, or nothing asked for.
    fn known_pair(&mut self, items: &[Predicate]) -> Option<String> {
        let [Predicate::Test(found), rest] = items else { return None };
        match (&found.kind, rest) {
            (TestKind::Equals { value, case, .. }, Predicate::All(both)) => {
                let [Predicate::Test(one), Predicate::Test(other)] = both.as_slice() else { return None };
                let empties = one.kind == TestKind::Empty && other.kind == TestKind::Empty;
                if !empties || one.subject != found.subject || other.subject != *value {
                    return None;
                }
                let (left, right) = (self.text_of(&found.subject).ok()?, self.text_of(value).ok()?);
                let op = if *case == Case::Sensitive { "==" } else { "=~" };
                Some(format!("{left} {op} {right}"))
            }
            (kind, Predicate::Test(empty)) if empty.kind == TestKind::Empty => {
                let (value, op) = text_operator(kind)?;
                if value.as_literal().is_some() || empty.subject != *value {
                    return None;
                }
                let (left, right) = (self.text_of(&found.subject).ok()?, self.text_of(value).ok()?);
                Some(format!("{left} {op} {right}"))
            }
            _ => None,
        }
    }

    /// Several terms of one field as `has_any`.
    fn has_list(&mut self, items: &[Predicate]) -> Option<String> {
        if items.len() < 2 {
            return None;
        }
        let mut subject: Option<&Expr> = None;
        let mut terms = Vec::new();
        for item in items {
            let Predicate::Test(Test { subject: tested, kind: TestKind::Term { value, case }, comments, .. }) = item
            else {
                return None;
            };
            let text = value.as_text()?;
            if *case == Case::Sensitive || text.is_empty() || !comments.is_empty() {
                return None;
            }
            if *subject.get_or_insert(tested) != tested || self.is_several(tested) {
                return None;
            }
            terms.push(literal::text(text));
        }
        let left = self.text_of(subject?).ok()?;
        Some(format!("{left} has_any ({})", terms.join(", ")))
    }

    fn is_several(&self, subject: &Expr) -> bool {
        match subject {
            Expr::Field(field) => is_many(field, self.is_list(field)),
            _ => false,
        }
    }

    /// A test, or its contrary.
    pub(super) fn test(&mut self, test: &Test, negated: bool) -> Said<String> {
        if let Expr::Field(field) = &test.subject {
            match field.mode {
                _ if is_many(field, self.is_list(field)) => return self.of_many(field, test, negated),
                ArrayMode::Whole | ArrayMode::Any | ArrayMode::Single | ArrayMode::First | ArrayMode::Last => {}
                ArrayMode::All => return Err("a test of every value, which is true where there is none".to_owned()),
                ArrayMode::Distinct | ArrayMode::LastDistinct => {
                    return Err("distinct values in the order of their appearance".to_owned());
                }
            }
        }
        let (text, guard) = self.single(&test.subject, &test.kind, negated)?;
        Ok(match guard {
            None => text,
            Some(guard) if negated => format!("({guard} or {text})"),
            Some(guard) => format!("({guard} and {text})"),
        })
    }

    /// A test of one value: its text and, where null or empty needs it, a further condition.
    fn single(&mut self, subject: &Expr, kind: &TestKind, negated: bool) -> Said<(String, Option<String>)> {
        let every = match subject {
            Expr::AnyField => true,
            Expr::Call(crate::model::function::TO_TEXT, arguments) => matches!(arguments.as_slice(), [Expr::AnyField]),
            _ => false,
        };
        if every {
            let Some((value, op)) = text_operator(kind) else {
                return Err("this kind of search in every column".to_owned());
            };
            let value = value.as_text().ok_or("a computed text in every column")?;
            let text = format!("* {op} {}", literal::text(value));
            return Ok((if negated { format!("not({text})") } else { text }, None));
        }
        let Term { text: shown, ty, mut guard } = match subject {
            // No length is needed to tell a missing text from one that the test could meet.
            Expr::Call(function::LENGTH, arguments) if !kind.met_by_zero() => {
                let [text] = arguments.as_slice() else { return Err("a length of several values".to_owned()) };
                Term { text: format!("strlen({})", self.text_of(text)?), ty: Ty::Long, guard: None }
            }
            _ => self.term(subject)?,
        };
        let as_text = |shown: &str| {
            if matches!(ty, Ty::Dynamic | Ty::Long | Ty::Real | Ty::Bool | Ty::DateTime) {
                format!("tostring({shown})")
            } else {
                shown.to_owned()
            }
        };
        let is_text = matches!(ty, Ty::String | Ty::Unknown | Ty::Guid);
        let never = |text: String| if negated { format!("not({text})") } else { text };
        let result = match kind {
            TestKind::Equals { value, case, typing } => {
                self.equals(&shown, ty, value, *case, *typing, negated, &mut guard)?
            }
            TestKind::In { values, case, typing } => {
                let mut texts = Vec::new();
                let mut textual = false;
                for value in values {
                    match value {
                        Expr::Literal(Value::String(text)) if text.is_empty() && is_text => {
                            return Err("an empty text in a list, which a missing column would equal".to_owned());
                        }
                        Expr::Literal(literal) => {
                            textual |= literal.as_str().is_some();
                            texts.push(self.constant(literal, ty, *typing)?);
                        }
                        Expr::Rows(pipeline) => {
                            let query = Raiser::new(self.types).pipeline(pipeline, &[])?;
                            texts.push(format!("(\n        {}\n    )", query.replace('\n', "\n        ")));
                        }
                        other => texts.push(self.scalar(other)?.text),
                    }
                }
                if texts.is_empty() {
                    return Ok((negated.to_string(), None));
                }
                let op = match (case, negated) {
                    (Case::Sensitive, false) => "in",
                    (Case::Sensitive, true) => "!in",
                    (_, false) => "in~",
                    (_, true) => "!in~",
                };
                let left =
                    if *typing == Typing::Text || (textual && ty == Ty::Dynamic) { as_text(&shown) } else { shown };
                format!("{left} {op} {}", list(&texts))
            }
            TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
            | TestKind::Term { value, .. }
            | TestKind::TermPrefix { value, .. }
            | TestKind::TermSuffix { value, .. } => {
                let (_, op) = text_operator(kind).ok_or("this test")?;
                let left = as_text(&shown);
                match value.as_text() {
                    Some("") => {
                        return Ok((format!("{}({left})", if negated { "isempty" } else { "isnotempty" }), None));
                    }
                    Some(text) => {
                        let negation = if negated { "!" } else { "" };
                        format!("{left} {negation}{op} {}", literal::text(text))
                    }
                    None => {
                        let right = self.text_of(value)?;
                        // An operand that is never null may be the empty text, which every text contains.
                        if !never_null(value) {
                            guard = Some(if negated {
                                format!("isempty({right})")
                            } else {
                                format!("isnotempty({right})")
                            });
                        }
                        let negation = if negated { "!" } else { "" };
                        format!("{left} {negation}{op} {right}")
                    }
                }
            }
            TestKind::Wildcard { pattern, case } => {
                let (pattern, empty) = wildcard(pattern, *case);
                let left = as_text(&shown);
                if empty {
                    guard = Some(format!("{}({left})", if negated { "isempty" } else { "isnotempty" }));
                }
                never(format!("{left} matches regex {}", literal::text(&pattern)))
            }
            TestKind::Regex { pattern, flavour, anchor, case } => {
                let left = as_text(&shown);
                match pattern.as_text() {
                    Some(pattern) if only_empty(pattern) => {
                        return Err("it cannot tell an empty text from a missing one".to_owned());
                    }
                    Some(pattern) => {
                        let pattern = to_re2(pattern, *flavour, *anchor, *case)?;
                        if crate::model::matches_empty(&pattern) {
                            guard = Some(format!("{}({left})", if negated { "isempty" } else { "isnotempty" }));
                        }
                        never(format!("{left} matches regex {}", literal::text(&pattern)))
                    }
                    None if *flavour == RegexFlavour::Re2 && *anchor == Anchor::Search && *case == Case::Sensitive => {
                        let right = self.text_of(pattern)?;
                        never(format!("{left} matches regex {right}"))
                    }
                    None => return Err("a computed regular expression of another language".to_owned()),
                }
            }
            TestKind::Cidr { networks } => {
                let left = if ty == Ty::Dynamic { format!("tostring({shown})") } else { shown };
                let text = cidr(&left, networks)?;
                if negated { format!("{text} != true") } else { text }
            }
            TestKind::Ip { class } => {
                let left = if ty == Ty::Dynamic { format!("tostring({shown})") } else { shown };
                let (four, any) = (format!("parse_ipv4({left})"), format!("parse_ipv6({left})"));
                match (class, negated) {
                    (IpClass::V4, false) => format!("isnotnull({four})"),
                    (IpClass::V4, true) => format!("isnull({four})"),
                    (IpClass::Any, false) => format!("isnotempty({any})"),
                    (IpClass::Any, true) => format!("isempty({any})"),
                    (IpClass::V6, false) => format!("(isnotempty({any}) and isnull({four}))"),
                    (IpClass::V6, true) => format!("(isempty({any}) or isnotnull({four}))"),
                    _ => return Err("its functions know other private ranges".to_owned()),
                }
            }
            TestKind::Compare { ordering, value, typing } => {
                let (text, null) = self.compare(&shown, ty, *ordering, value, *typing, negated)?;
                if negated {
                    guard = null;
                }
                text
            }
            TestKind::Range { low, high, typing } => {
                return self.range(&shown, ty, low.as_ref(), high.as_ref(), *typing, negated);
            }
            TestKind::Present => match ty {
                Ty::String | Ty::Unknown | Ty::Guid => {
                    return Err("it keeps a missing text as the empty text".to_owned());
                }
                _ => format!("{}({shown})", if negated { "isnull" } else { "isnotnull" }),
            },
            TestKind::Empty => match ty {
                Ty::String | Ty::Unknown | Ty::Guid => {
                    format!("{}({shown})", if negated { "isnotempty" } else { "isempty" })
                }
                Ty::Dynamic => format!("{}(tostring({shown}))", if negated { "isnotempty" } else { "isempty" }),
                _ => format!("{}({shown})", if negated { "isnotnull" } else { "isnull" }),
            },
            TestKind::Truthy => match ty {
                Ty::Bool => format!("{shown} {} true", if negated { "!=" } else { "==" }),
                Ty::String => format!("{}({shown})", if negated { "isempty" } else { "isnotempty" }),
                Ty::Long | Ty::Real => {
                    if negated {
                        format!("(isnull({shown}) or {shown} == 0)")
                    } else {
                        format!("(isnotnull({shown}) and {shown} != 0)")
                    }
                }
                _ => return Err("truth of a value of any type".to_owned()),
            },
            TestKind::IsKind { kinds } if ty == Ty::Dynamic => {
                let mut names: Vec<&str> = Vec::new();
                for kind in kinds {
                    names.extend(match kind {
                        JsonKind::String => ["\"string\""].as_slice(),
                        JsonKind::Number => &["\"long\"", "\"real\"", "\"int\"", "\"double\""],
                        JsonKind::Integer => &["\"long\"", "\"int\""],
                        JsonKind::Boolean => &["\"bool\""],
                        JsonKind::Array => &["\"array\""],
                        JsonKind::Object => &["\"dictionary\""],
                    });
                }
                format!("gettype({shown}) {} ({})", if negated { "!in" } else { "in" }, names.join(", "))
            }
            TestKind::IsKind { .. } => return Err("its columns have one type each".to_owned()),
            TestKind::KeyPresent => return Err("it cannot tell a missing column from an empty one".to_owned()),
            TestKind::Phrase { .. } | TestKind::Tokens { .. } | TestKind::TokenWildcard { .. } => {
                return Err("it has no analysed text".to_owned());
            }
            TestKind::Fuzzy { .. } => return Err("it has no edit distance".to_owned()),
        };
        Ok((result, guard))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one comparison")]
    fn equals(
        &mut self,
        shown: &str,
        ty: Ty,
        value: &Expr,
        case: Case,
        typing: Typing,
        negated: bool,
        guard: &mut Option<String>,
    ) -> Said<String> {
        let op = match (case, negated) {
            (Case::Sensitive, false) => "==",
            (Case::Sensitive, true) => "!=",
            (_, false) => "=~",
            (_, true) => "!~",
        };
        let Some(literal) = value.as_literal() else {
            // Of two missing texts the model says that they are not equal.
            let right = self.term(value)?;
            let texts = |ty: Ty| matches!(ty, Ty::String | Ty::Unknown | Ty::Guid);
            if texts(ty) && texts(right.ty) {
                *guard = Some(format!("{}({shown})", if negated { "isempty" } else { "isnotempty" }));
                return Ok(format!("{shown} {op} {}", right.text));
            }
            let (left, right_text) = if ty == Ty::Dynamic || right.ty == Ty::Dynamic {
                let left = if ty == Ty::Dynamic { format!("tostring({shown})") } else { shown.to_owned() };
                let other =
                    if right.ty == Ty::Dynamic { format!("tostring({})", right.text) } else { right.text.clone() };
                *guard = Some(format!("{}({left})", if negated { "isempty" } else { "isnotempty" }));
                (left, other)
            } else {
                if negated {
                    *guard = Some(format!("isnull({shown}) or isnull({})", right.text));
                }
                (shown.to_owned(), right.text.clone())
            };
            return Ok(format!("{left} {op} {right_text}"));
        };
        match literal {
            Value::Null => Ok(negated.to_string()),
            Value::String(text) if text.is_empty() && ty != Ty::Dynamic => {
                Err("it cannot tell an empty text from a missing one".to_owned())
            }
            Value::String(text) => {
                let converts = matches!(ty, Ty::Long | Ty::Real | Ty::Bool);
                if converts && typing == Typing::Typed {
                    return Ok(negated.to_string());
                }
                let left = if ty == Ty::Dynamic || converts { format!("tostring({shown})") } else { shown.to_owned() };
                Ok(format!("{left} {op} {}", literal::text(text)))
            }
            Value::Array(_) | Value::Object(_) => Err("a comparison with a list or a bag".to_owned()),
            other => {
                let right = self.constant(other, ty, typing)?;
                let left = if typing == Typing::Text && ty == Ty::Dynamic {
                    format!("tostring({shown})")
                } else {
                    shown.to_owned()
                };
                let op = if negated { "!=" } else { "==" };
                Ok(format!("{left} {op} {right}"))
            }
        }
    }

    /// A constant in the type that the engine compares it in.
    fn constant(&self, value: &Value, ty: Ty, typing: Typing) -> Said<String> {
        Ok(match (value, ty) {
            (Value::Int(_) | Value::Double(_), Ty::String) => {
                literal::text(&crate::evaluate::functions::convert::dynamic_text(value))
            }
            (Value::Int(_) | Value::Double(_) | Value::Bool(_), Ty::Dynamic) if typing == Typing::Text => {
                literal::text(&crate::evaluate::functions::convert::dynamic_text(value))
            }
            (Value::Bool(flag), Ty::String) => literal::text(&flag.to_string()),
            (Value::Array(_) | Value::Object(_), _) => return Err("a comparison with a list or a bag".to_owned()),
            (Value::String(text), Ty::DateTime) => format!("datetime({text})"),
            _ => literal::value(value),
        })
    }

    /// An order; the second text says when either side is null.
    fn compare(
        &mut self,
        shown: &str,
        ty: Ty,
        ordering: Ordering,
        value: &Expr,
        typing: Typing,
        negated: bool,
    ) -> Said<(String, Option<String>)> {
        let ordering = if negated { contrary(ordering) } else { ordering };
        let op = match ordering {
            Ordering::Less => "<",
            Ordering::LessOrEqual => "<=",
            Ordering::Greater => ">",
            Ordering::GreaterOrEqual => ">=",
        };
        let (left, right, nulls) = self.ordered_sides(shown, ty, value, typing)?;
        Ok((format!("{left} {op} {right}"), Some(nulls)))
    }

    /// Both sides of an order, converted to types that the engine orders.
    fn ordered_sides(&mut self, shown: &str, ty: Ty, value: &Expr, typing: Typing) -> Said<(String, String, String)> {
        let null = |text: &str| format!("isnull({text})");
        let Some(literal) = value.as_literal() else {
            let right = self.term(value)?;
            if matches!(ty, Ty::String) || matches!(right.ty, Ty::String) {
                if matches!(right.ty, Ty::DateTime | Ty::Long | Ty::Real)
                    || matches!(ty, Ty::DateTime | Ty::Long | Ty::Real)
                {
                    let convert = |text: &str, own: Ty, other: Ty| match (own, other) {
                        (Ty::String, Ty::DateTime) => format!("todatetime({text})"),
                        (Ty::String, _) => format!("todouble({text})"),
                        _ => text.to_owned(),
                    };
                    let (left, other) = (convert(shown, ty, right.ty), convert(&right.text, right.ty, ty));
                    let nulls = format!("{} or {}", null(&left), null(&other));
                    return Ok((left, other, nulls));
                }
                return Err("an order of two texts".to_owned());
            }
            let nulls = if matches!(value, Expr::Call(..)) {
                null(shown)
            } else {
                format!("{} or {}", null(shown), null(&right.text))
            };
            return Ok((shown.to_owned(), right.text, nulls));
        };
        match (literal, ty) {
            (Value::String(text), Ty::DateTime) => {
                let ticks =
                    crate::evaluate::functions::convert::parse_time(text).ok_or("a time by date mathematics")?;
                Ok((shown.to_owned(), literal::value(&Value::DateTime(ticks)), null(shown)))
            }
            (Value::String(_), Ty::Long | Ty::Real) if matches!(typing, Typing::Mapped(_)) => {
                let number = crate::evaluate::coerce::to_number(literal).ok_or("a text as a number")?;
                Ok((shown.to_owned(), literal::value(&number), null(shown)))
            }
            (Value::String(_), _) => Err("an order of texts".to_owned()),
            (Value::Int(_) | Value::Double(_), Ty::String) => {
                let left = format!("todouble({shown})");
                Ok((left.clone(), literal::value(literal), null(&left)))
            }
            (Value::DateTime(_), Ty::String | Ty::Dynamic | Ty::Unknown) => {
                let left = format!("todatetime({shown})");
                Ok((left.clone(), literal::value(literal), null(&left)))
            }
            (Value::Int(_) | Value::Double(_) | Value::DateTime(_) | Value::Duration(_), _) => {
                Ok((shown.to_owned(), literal::value(literal), null(shown)))
            }
            _ => Err("an order of values that have none".to_owned()),
        }
    }

    fn range(
        &mut self,
        shown: &str,
        ty: Ty,
        low: Option<&(Expr, bool)>,
        high: Option<&(Expr, bool)>,
        typing: Typing,
        negated: bool,
    ) -> Said<(String, Option<String>)> {
        if let (Some((low, true)), Some((high, true)), false) = (low, high, negated) {
            let (left, low, _) = self.ordered_sides(shown, ty, low, typing)?;
            let (other, high, _) = self.ordered_sides(shown, ty, high, typing)?;
            if left == other {
                return Ok((format!("{left} between ({low} .. {high})"), None));
            }
        }
        let mut parts = Vec::new();
        let mut nulls: Vec<String> = Vec::new();
        for (bound, lower) in [(low, true), (high, false)] {
            let Some((value, closed)) = bound else { continue };
            let ordering = match (lower, closed) {
                (true, true) => Ordering::GreaterOrEqual,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::LessOrEqual,
                (false, false) => Ordering::Less,
            };
            let (text, null) = self.compare(shown, ty, ordering, value, typing, negated)?;
            parts.push(text);
            if let Some(null) = null
                && !nulls.contains(&null)
            {
                nulls.push(null);
            }
        }
        if negated {
            nulls.extend(parts);
            return Ok((format!("({})", nulls.join(" or ")), None));
        }
        Ok((parts.join(" and "), None))
    }

    /// A test of some of several values.
    fn of_many(&mut self, field: &FieldRef, test: &Test, negated: bool) -> Said<String> {
        let (list, rest, pair) = split(field)?;
        if rest.is_empty()
            && pair.is_none()
            && field.mode != ArrayMode::All
            && let TestKind::Equals { value: Expr::Literal(value @ Value::String(_)), case: Case::Sensitive, .. } =
                &test.kind
        {
            let list = literal::field(&list).ok_or("a list inside a list")?;
            let text = format!("set_has_element({list}, {})", literal::value(value));
            return Ok(if negated { format!("{text} != true") } else { text });
        }
        let quantifier = match field.mode {
            ArrayMode::Any | ArrayMode::Whole => Quantifier::Any,
            ArrayMode::All => Quantifier::All,
            ArrayMode::First | ArrayMode::Last => {
                let at = if field.mode == ArrayMode::First { 0 } else { -1 };
                if pair.is_some() {
                    return Err("the first or last of paired values".to_owned());
                }
                let mut path = list.then(Segment::Index(at));
                path.0.extend(rest);
                let one = FieldRef::new(path, ArrayMode::Whole);
                return self.test(&Test { subject: Expr::Field(one), ..test.clone() }, negated);
            }
            _ => return Err("distinct values in the order of their appearance".to_owned()),
        };
        let var = Var("element".to_owned());
        let element = if rest.is_empty() {
            Expr::Var(var.clone())
        } else {
            Expr::Path(Box::new(Expr::Var(var.clone())), crate::model::FieldPath(rest), ArrayMode::Whole)
        };
        let mut body = Predicate::Test(Test { subject: element, comments: Vec::new(), ..test.clone() });
        if let Some((key, equals, ignore_case)) = pair {
            let path = crate::model::FieldPath::keys([key]);
            let subject = Expr::Path(Box::new(Expr::Var(var.clone())), path, ArrayMode::Whole);
            let case = if ignore_case { Case::Ignore } else { Case::Sensitive };
            let kind = TestKind::Equals { value: Expr::text(equals), case, typing: Typing::Text };
            body = Predicate::all([Test::new(subject, kind, test.span).into(), body]);
        }
        let list = Expr::Field(FieldRef::new(list, ArrayMode::Whole));
        let text = self.elements(quantifier, &list, &var, &body)?;
        Ok(if negated { format!("not({text})") } else { text })
    }

    /// A condition on the elements of a list: they are counted before the `where`, one row an event.
    fn elements(&mut self, quantifier: Quantifier, list: &Expr, var: &Var, body: &Predicate) -> Said<String> {
        if !self.may_count || !self.elements.is_empty() {
            return Err("a list inside a list".to_owned());
        }
        if let Expr::Rows(pipeline) = list {
            return self.rows(quantifier, pipeline, var, body);
        }
        let list = self.scalar(list)?.text;
        self.counts += 1;
        let number = if self.counts == 1 { String::new() } else { self.counts.to_string() };
        let (element, count) = (format!("Element{number}"), format!("Matches{number}"));
        self.elements.push((var.clone(), element.clone()));
        let negated = quantifier == Quantifier::All;
        let inner = self.condition(body, negated, Place::And);
        self.elements.pop();
        let inner = inner?;
        // A row stays even where the list is empty or missing.
        let rows = format!("iff(array_length({list}) > 0, {list}, dynamic([null]))");
        let guard = format!("isnotnull({element}) and ");
        self.before.push(format!(
            "| mv-apply {element} = {rows} on (summarize {count} = countif({guard}{}))",
            if inner.contains(" or ") && !inner.starts_with('(') { format!("({inner})") } else { inner }
        ));
        Ok(match quantifier {
            Quantifier::Any => format!("{count} > 0"),
            Quantifier::All => format!("{count} == 0"),
            Quantifier::ExactlyOne => format!("{count} == 1"),
            Quantifier::AtLeast(least) => format!("{count} >= {least}"),
        })
    }

    /// `x has_any (T | project y)`.
    fn rows(
        &mut self,
        quantifier: Quantifier,
        pipeline: &crate::model::Pipeline,
        var: &Var,
        body: &Predicate,
    ) -> Said<String> {
        let Predicate::Test(Test { subject, kind: TestKind::Term { value, case: Case::Ignore }, .. }) = body else {
            return Err("this condition on the rows of a sub-query".to_owned());
        };
        let term = matches!(value, Expr::Call(_, arguments) if matches!(arguments.first(), Some(Expr::Var(name)) if name == var));
        let op = match quantifier {
            Quantifier::Any => "has_any",
            Quantifier::All => "has_all",
            _ => return Err("a number of rows of a sub-query".to_owned()),
        };
        if !term {
            return Err("this condition on the rows of a sub-query".to_owned());
        }
        let left = self.text_of(subject)?;
        let query = Raiser::new(self.types).pipeline(pipeline, &[])?;
        Ok(format!("{left} {op} ((\n    {}\n))", query.replace('\n', "\n    ")))
    }
}

/// Operands in one row; very many of them in groups, because the engine's parser refuses a chain of more than some
/// hundred operators as too deep.
fn chain(parts: Vec<String>, operator: &str) -> String {
    const MOST: usize = 200;
    const GROUP: usize = 100;
    if parts.len() <= MOST {
        return parts.join(operator);
    }
    let groups: Vec<String> = parts.chunks(GROUP).map(|group| format!("({})", group.join(operator))).collect();
    groups.join(operator)
}

/// The list that a path goes through: the path to it, the rest inside an element, and the pair that chooses elements.
#[allow(clippy::type_complexity, reason = "the three parts of one path")]
fn split(field: &FieldRef) -> Said<(crate::model::FieldPath, Vec<Segment>, Option<(String, String, bool)>)> {
    let path = &field.path.0;
    let at = path.iter().position(|segment| matches!(segment, Segment::Any | Segment::Paired { .. }));
    if path.iter().any(|segment| matches!(segment, Segment::KeyPattern(_))) {
        return Err("members by a pattern of their names".to_owned());
    }
    let Some(at) = at else { return Ok((field.path.clone(), Vec::new(), None)) };
    let (list, rest) = path.split_at_checked(at).ok_or("this path")?;
    let pair = match rest.first() {
        Some(Segment::Paired { key, equals, ignore_case }) => Some((key.clone(), equals.clone(), *ignore_case)),
        _ => None,
    };
    let rest = rest.get(1..).unwrap_or(&[]).to_vec();
    if rest.iter().any(|segment| matches!(segment, Segment::Any | Segment::Paired { .. })) {
        return Err("a list inside a list".to_owned());
    }
    Ok((crate::model::FieldPath(list.to_vec()), rest, pair))
}

/// Whether a value is a text in every row: another value stands for a missing one.
fn never_null(value: &Expr) -> bool {
    matches!(value, Expr::Call(crate::model::function::COALESCE, values)
        if values.last().is_some_and(|last| last.as_text().is_some()))
}

fn contrary(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::Less => Ordering::GreaterOrEqual,
        Ordering::LessOrEqual => Ordering::Greater,
        Ordering::Greater => Ordering::LessOrEqual,
        Ordering::GreaterOrEqual => Ordering::Less,
    }
}

/// The operator of a test of texts, with its operand.
fn text_operator(kind: &TestKind) -> Option<(&Expr, &'static str)> {
    let (value, case, plain, sensitive) = match kind {
        TestKind::Contains { value, case } => (value, case, "contains", "contains_cs"),
        TestKind::StartsWith { value, case } => (value, case, "startswith", "startswith_cs"),
        TestKind::EndsWith { value, case } => (value, case, "endswith", "endswith_cs"),
        TestKind::Term { value, case } => (value, case, "has", "has_cs"),
        TestKind::TermPrefix { value, case } => (value, case, "hasprefix", "hasprefix_cs"),
        TestKind::TermSuffix { value, case } => (value, case, "hassuffix", "hassuffix_cs"),
        _ => return None,
    };
    Some((value, if *case == Case::Sensitive { sensitive } else { plain }))
}

/// A list in parentheses, wrapped where it is long.
fn list(items: &[String]) -> String {
    let line = format!("({})", items.join(", "));
    if line.len() <= 80 {
        return line;
    }
    let mut out = String::from("(\n");
    for (at, item) in items.iter().enumerate() {
        out.push_str("    ");
        out.push_str(item);
        out.push_str(if at + 1 < items.len() { ",\n" } else { "\n" });
    }
    out.push(')');
    out
}

/// Whether a regular expression asks for the empty text and nothing else.
fn only_empty(pattern: &str) -> bool {
    matches!(pattern, "" | "^$" | "^" | "$" | "()")
}

/// A wildcard pattern as an anchored regular expression, and whether the empty text fits.
fn wildcard(pattern: &[WildcardPart], case: Case) -> (String, bool) {
    let mut body = String::new();
    for part in pattern {
        match part {
            WildcardPart::Text(text) => body.push_str(&crate::model::regex_text(text)),
            WildcardPart::Many => body.push_str(".*"),
            WildcardPart::One => body.push('.'),
        }
    }
    let flags = if case == Case::Sensitive { "(?s)" } else { "(?is)" };
    let empty = pattern.iter().all(|part| match part {
        WildcardPart::Many => true,
        WildcardPart::Text(text) => text.is_empty(),
        WildcardPart::One => false,
    });
    (format!("{flags}^{body}$"), empty)
}

/// A regular expression in the engine's own syntax, for a search.
fn to_re2(pattern: &str, flavour: RegexFlavour, anchor: Anchor, case: Case) -> Said<String> {
    let body = match flavour {
        RegexFlavour::Re2 => pattern.to_owned(),
        RegexFlavour::Lucene => crate::model::lucene_regex::to_re2(pattern)?,
        RegexFlavour::Python => {
            if let Some(what) =
                ["(?=", "(?!", "(?<=", "(?<!", "(?(", "(?x", "(?P="].into_iter().find(|what| pattern.contains(what))
            {
                return Err(format!("its regular expressions have no `{what}...)`"));
            }
            if regex::Regex::new(pattern).is_err() {
                return Err("its regular expressions do not know this pattern".to_owned());
            }
            pattern.replace("\\Z", "\\z")
        }
    };
    // Flags at the start hold for the whole pattern.
    let (flags, body) = match body.strip_prefix("(?").and_then(|rest| rest.split_once(')')) {
        Some((flags, rest)) if !flags.is_empty() && flags.chars().all(|flag| matches!(flag, 'i' | 's' | 'm' | 'U')) => {
            (flags.to_owned(), rest.to_owned())
        }
        _ => (String::new(), body),
    };
    let mut flags = flags;
    if case != Case::Sensitive && !flags.contains('i') {
        flags.insert(0, 'i');
    }
    let alternatives = body.contains('|');
    let group = if alternatives { format!("(?:{body})") } else { body.clone() };
    let body = match anchor {
        Anchor::Search => body,
        Anchor::Start => format!("^{group}"),
        Anchor::Whole => format!("^{group}$"),
    };
    Ok(if flags.is_empty() { body } else { format!("(?{flags}){body}") })
}

fn cidr(left: &str, networks: &[String]) -> Said<String> {
    if networks.is_empty() {
        return Err("a list of no networks".to_owned());
    }
    let mut sorted: Vec<&str> = networks.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    if sorted == PRIVATE {
        return Ok(format!("ipv4_is_private({left})"));
    }
    let (six, four): (Vec<&String>, Vec<&String>) = networks.iter().partition(|network| network.contains(':'));
    let call = |version: &str, networks: &[&String]| match networks {
        [] => None,
        [one] => Some(format!("{version}_is_in_range({left}, {})", literal::text(one))),
        many => {
            let many: Vec<String> = many.iter().map(|network| literal::text(network)).collect();
            Some(format!("{version}_is_in_any_range({left}, {})", many.join(", ")))
        }
    };
    match (call("ipv4", &four), call("ipv6", &six)) {
        (Some(text), None) | (None, Some(text)) => Ok(text),
        // The version 6 functions know both.
        _ => {
            let all: Vec<String> = networks.iter().map(|network| literal::text(network)).collect();
            Ok(format!("ipv6_is_in_any_range({left}, {})", all.join(", ")))
        }
    }
}
