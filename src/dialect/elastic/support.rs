//! What KQL and Lucene answer as targets: a test as it stands, in other words, nearly, or not at all.

use super::dates;
use super::lower::{is_caseless, kind_of, path};
use super::regex;
use super::say::{Language, name, say, subject};
use crate::diagnostic::codes::elastic as codes;
use crate::model::{
    Anchor, ArrayMode, Case, Direction, Expr, FieldKind, FieldRef, FieldTypes, IpClass, Loss, Ordering, Predicate,
    Quantifier, RegexFlavour, Shape, Step, Test, TestKind, Typing, Value, Var, WildcardPart,
};
use crate::plan::{Support, Target};

/// One of the languages that only filter, as a target.
pub struct Filtering(pub Language);

impl Target for Filtering {
    fn name(&self) -> &'static str {
        self.0.shown()
    }

    fn test(&self, test: &Test, _negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        support(test, self.0, types)
    }

    fn predicate(&self, predicate: &Predicate, types: &dyn FieldTypes) -> Support<Predicate> {
        support_elements(predicate, self.0, types)
    }

    fn expr(&self, expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        support_expr(expr)
    }

    fn step(&self, _step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        Support::No("it only filters events".to_owned())
    }

    fn carries_shapes(&self) -> bool {
        false
    }

    fn shape(&self, shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        support_shape(shape)
    }
}

/// The answer of a target to a test.
fn support(test: &Test, language: Language, types: &dyn FieldTypes) -> Support<Predicate> {
    let refused = match say(test, language, types) {
        Ok(_) => return Support::Exactly,
        Err(reason) => reason,
    };
    match other_form(test, language, types) {
        Some(Form::Same(predicate)) => Support::As(predicate),
        Some(Form::Near(predicate, direction, message)) => {
            let loss = Loss::matching(codes::APPROXIMATE, direction, message, Some(test.span));
            Support::Approximately(predicate, vec![loss])
        }
        None => Support::No(refused),
    }
}

enum Form {
    /// Means the same.
    Same(Predicate),
    /// Errs to this side.
    Near(Predicate, Direction, String),
}

/// The test in words that the language has.
fn other_form(test: &Test, language: Language, types: &dyn FieldTypes) -> Option<Form> {
    let with = |kind: TestKind| Predicate::Test(Test { kind, ..test.clone() });
    let field = match &test.subject {
        Expr::Field(field) => Some(field),
        _ => None,
    };
    let name = subject(&test.subject).ok().flatten();
    let kind = name.as_deref().and_then(|name| kind_of(name, types));
    let scalar = field.is_some_and(|field| field.mode == ArrayMode::Whole);
    let equals = |value: Value| {
        with(TestKind::Equals { value: Expr::Literal(value), case: Case::Sensitive, typing: Typing::Text })
    };
    let text_like = !matches!(
        kind.unwrap_or_default(),
        FieldKind::Text | FieldKind::Long | FieldKind::Double | FieldKind::Ip | FieldKind::Date | FieldKind::Boolean
    );
    match &test.kind {
        TestKind::Equals { value: Expr::Literal(Value::Null), .. } => Some(Form::Same(Predicate::Always(false))),
        TestKind::In { values, .. } if values.is_empty() => Some(Form::Same(Predicate::Always(false))),
        // A value per JSON type that the field never holds can go; what is left may be sayable.
        TestKind::In { values, case, typing } if values.len() > 1 => {
            let say_one = |value: &Expr| {
                let kind = TestKind::Equals { value: value.clone(), case: *case, typing: *typing };
                Test { kind, ..test.clone() }
            };
            let each: Vec<Test> = values.iter().map(say_one).collect();
            let possible = each.iter().all(|one| say(one, language, types).is_ok() || caseless(one, types).is_some());
            if language == Language::Lucene && !possible && *case != Case::Sensitive && text_like {
                let texts = values.iter().map(Expr::as_text).collect::<Option<Vec<_>>>()?;
                return Some(Form::Same(with(lucene(regex::texts(texts.into_iter(), *case)))));
            }
            possible.then(|| Form::Same(Predicate::Any(each.into_iter().map(Predicate::Test).collect())))
        }
        _ if caseless(test, types).is_some() => caseless(test, types).map(Form::Same),
        TestKind::Contains { value, .. } | TestKind::StartsWith { value, .. } | TestKind::EndsWith { value, .. }
            if value.as_text() == Some("") && text_like && field.is_some() =>
        {
            Some(Form::Same(with(TestKind::Present)))
        }
        TestKind::Wildcard { pattern, case } if !pattern.iter().any(|part| !matches!(part, WildcardPart::Text(_))) => {
            let text: String = pattern
                .iter()
                .filter_map(|part| match part {
                    WildcardPart::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            Some(Form::Same(with(TestKind::Equals { value: Expr::text(text), case: *case, typing: Typing::Text })))
        }
        TestKind::Equals { value, case, .. }
            if *case != Case::Sensitive && language == Language::Lucene && text_like =>
        {
            Some(Form::Same(with(lucene(regex::texts([value.as_text()?].into_iter(), *case)))))
        }
        TestKind::StartsWith { value, case }
            if *case != Case::Sensitive && language == Language::Lucene && text_like =>
        {
            let parts = [WildcardPart::Text(value.as_text()?.to_owned()), WildcardPart::Many];
            Some(Form::Same(with(lucene(regex::wildcard(&parts, *case)))))
        }
        TestKind::EndsWith { value, case } if *case != Case::Sensitive && language == Language::Lucene && text_like => {
            let parts = [WildcardPart::Many, WildcardPart::Text(value.as_text()?.to_owned())];
            Some(Form::Same(with(lucene(regex::wildcard(&parts, *case)))))
        }
        TestKind::Contains { value, case } if *case != Case::Sensitive && language == Language::Lucene && text_like => {
            let parts = [WildcardPart::Many, WildcardPart::Text(value.as_text()?.to_owned()), WildcardPart::Many];
            Some(Form::Same(with(lucene(regex::wildcard(&parts, *case)))))
        }
        TestKind::Wildcard { pattern, case }
            if *case != Case::Sensitive && language == Language::Lucene && text_like && field.is_some() =>
        {
            Some(Form::Same(with(lucene(regex::wildcard(pattern, *case)))))
        }
        TestKind::Regex { pattern, flavour, anchor, case } if language == Language::Lucene && text_like => {
            let pattern = regex::to_lucene(pattern.as_text()?, *flavour, *anchor, *case).ok()?;
            let other = lucene(pattern);
            (other != test.kind).then(|| Form::Same(with(other)))
        }
        TestKind::Tokens { text, all: true } => {
            let words = crate::dialect::elastic::words(text);
            let each = words.into_iter().map(|text| with(TestKind::Tokens { text, all: false }));
            Some(Form::Same(Predicate::all(each)))
        }
        TestKind::Range { low: Some((low, low_closed)), high: Some((high, high_closed)), typing } => {
            let typing = *typing;
            let compare = |ordering, value: &Expr| with(TestKind::Compare { ordering, value: value.clone(), typing });
            let above = compare(if *low_closed { Ordering::GreaterOrEqual } else { Ordering::Greater }, low);
            let below = compare(if *high_closed { Ordering::LessOrEqual } else { Ordering::Less }, high);
            let both = Predicate::All(vec![above, below]);
            if language == Language::Lucene {
                return None;
            }
            let sayable =
                |part: &Predicate| matches!(part, Predicate::Test(test) if say(test, language, types).is_ok());
            if !matches!(&both, Predicate::All(parts) if parts.iter().all(sayable)) {
                return None;
            }
            if scalar {
                return Some(Form::Same(both));
            }
            let message =
                format!("in a list of values of {}, one may be above the lower and another below the upper end", name?);
            Some(Form::Near(both, Direction::Wider, message))
        }
        TestKind::Compare { ordering, value, typing }
            if field.is_some_and(|_| matches!(kind, Some(FieldKind::Date))) =>
        {
            // A point in time given as text, or finer than the field.
            let text = value.as_text()?;
            let dates::Moment::Span { from, .. } = dates::parse(text).ok()? else { return None };
            let value = Expr::Literal(Value::DateTime(from));
            Some(Form::Same(with(TestKind::Compare { ordering: *ordering, value, typing: *typing })))
        }
        TestKind::Term { value, case }
        | TestKind::TermPrefix { value, case }
        | TestKind::TermSuffix { value, case } => {
            let text = value.as_text().filter(|text| !text.is_empty())?;
            term(&test.kind, text, *case, name.as_deref()?, kind, language)
                .map(|(found, direction, message)| Form::Near(with(found), direction, message))
        }
        TestKind::Ip { class } if kind == Some(FieldKind::Ip) => match class {
            IpClass::Any => Some(Form::Same(with(TestKind::Present))),
            IpClass::V4 => Some(Form::Same(with(TestKind::Cidr { networks: vec!["0.0.0.0/0".to_owned()] }))),
            IpClass::Private => {
                let networks = PRIVATE.iter().map(|network| (*network).to_owned()).collect();
                let message = "all of 2001::/23 and 192.0.0.0/24 count as reserved, their few public addresses, too";
                Some(Form::Near(with(TestKind::Cidr { networks }), Direction::Wider, message.to_owned()))
            }
            IpClass::V6 | IpClass::Public => None,
        },
        TestKind::KeyPresent => Some(Form::Near(
            with(TestKind::Present),
            Direction::Narrower,
            format!("a null in {} counts as a missing field", name?),
        )),
        TestKind::Empty if text_like => {
            let missing = with(TestKind::Present).negate();
            Some(Form::Same(Predicate::Any(vec![missing, equals(Value::text(""))])))
        }
        TestKind::Empty => Some(Form::Same(with(TestKind::Present).negate())),
        TestKind::Truthy => Some(match kind {
            Some(FieldKind::Boolean) => Form::Same(equals(Value::Bool(true))),
            Some(FieldKind::Long | FieldKind::Double) => {
                Form::Same(Predicate::All(vec![with(TestKind::Present), equals(Value::Int(0)).negate()]))
            }
            Some(FieldKind::Ip | FieldKind::Date | FieldKind::Text) => Form::Same(with(TestKind::Present)),
            Some(_) => Form::Same(Predicate::All(vec![with(TestKind::Present), equals(Value::text("")).negate()])),
            None => Form::Near(
                Predicate::All(vec![with(TestKind::Present), equals(Value::text("")).negate()]),
                Direction::Wider,
                format!("the type of {} is not known, so false and 0 count as values", name?),
            ),
        }),
        // One element of several: any of them is the nearest that Elastic knows.
        kind => {
            let field = field?;
            if !matches!(field.mode, ArrayMode::Single | ArrayMode::First | ArrayMode::Last) {
                return None;
            }
            let any = Expr::Field(FieldRef { mode: ArrayMode::Any, ..field.clone() });
            let near = Test { subject: any, kind: kind.clone(), span: test.span, comments: test.comments.clone() };
            say(&near, language, types).ok()?;
            let message = format!("any value of {} counts, not one chosen among several", field.path);
            let direction = if field.mode == ArrayMode::Single { Direction::Either } else { Direction::Wider };
            Some(Form::Near(Predicate::Test(near), direction, message))
        }
    }
}

/// Networks reserved for private or special use, after the registries of IANA.
const PRIVATE: [&str; 22] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "fc00::/7",
    "fe80::/10",
];

/// Kusto's terms: on analysed text the nearest are its words, else a regular expression that knows ASCII's letters.
fn term(
    asked: &TestKind,
    text: &str,
    case: Case,
    name: &str,
    kind: Option<FieldKind>,
    language: Language,
) -> Option<(TestKind, Direction, String)> {
    if kind == Some(FieldKind::Text) {
        if !matches!(asked, TestKind::Term { .. }) {
            return None;
        }
        let message =
            format!("words of {name} are parted by Unicode's rules: an underscore joins, and case is ignored");
        return Some((TestKind::Phrase { text: text.to_owned(), slop: 0 }, Direction::Either, message));
    }
    let exact = !matches!(
        kind,
        Some(FieldKind::Long | FieldKind::Double | FieldKind::Ip | FieldKind::Date | FieldKind::Boolean)
    );
    if language != Language::Lucene || !exact {
        return None;
    }
    let message = format!("letters and digits beyond ASCII end a term of {name}");
    Some((lucene(regex::term(asked, text, case)), Direction::Wider, message))
}

fn lucene(pattern: String) -> TestKind {
    TestKind::Regex {
        pattern: Expr::text(pattern),
        flavour: RegexFlavour::Lucene,
        anchor: Anchor::Whole,
        case: Case::Sensitive,
    }
}

/// The same test on the field's multi-field in lower case, where the mapping has one.
fn caseless(test: &Test, types: &dyn FieldTypes) -> Option<Predicate> {
    let ignored = match &test.kind {
        TestKind::Equals { case, .. }
        | TestKind::In { case, .. }
        | TestKind::Contains { case, .. }
        | TestKind::StartsWith { case, .. }
        | TestKind::EndsWith { case, .. }
        | TestKind::Wildcard { case, .. } => *case != Case::Sensitive,
        _ => false,
    };
    let name = subject(&test.subject).ok().flatten()?;
    if !ignored || is_caseless(&name) {
        return None;
    }
    let other = format!("{name}.caseless");
    types.type_of(&other)?;
    let subject = Expr::Field(FieldRef::new(path(&other), ArrayMode::Any));
    Some(Predicate::Test(Test { subject, ..test.clone() }))
}

/// Whether a list is of type `nested`, so that its objects are tested one by one.
pub fn is_nested(name: &str, types: &dyn FieldTypes) -> bool {
    types.type_of(name).is_some_and(|found| found.kind == FieldKind::Dynamic && found.list)
}

/// The answer of a target to a condition on the elements of a list.
fn support_elements(predicate: &Predicate, language: Language, types: &dyn FieldTypes) -> Support<Predicate> {
    let Predicate::Elements { quantifier, list, var, body } = predicate else {
        return Support::No("it has no such condition".to_owned());
    };
    if *quantifier != Quantifier::Any {
        return Support::No("Elastic asks of lists whether any value meets a condition, not how many do".to_owned());
    }
    let Expr::Field(field) = list else { return Support::No("it goes through a computed list".to_owned()) };
    let Ok(outer) = name(&field.path.0) else { return Support::No("it goes through a part of a list".to_owned()) };
    let Some(flat) = flatten(body, var, field) else {
        return Support::No("the condition on an element cannot be said of a field".to_owned());
    };
    if language == Language::Kuery && is_nested(&outer, types) {
        return if nested_sayable(&flat, types) {
            Support::Exactly
        } else {
            Support::No("part of the condition on an element cannot be said".to_owned())
        };
    }
    if is_nested(&outer, types) {
        return Support::No(format!("{} cannot look into the nested field {outer}", language.shown()));
    }
    if single(body) {
        return Support::As(flat);
    }
    let message = format!("{outer} is flattened, so the conditions may be met by different elements of the list");
    let loss = Loss::matching(codes::FLATTENED, Direction::Wider, message, None);
    if !nested_sayable_in(&flat, language, types) {
        return Support::No("part of the condition on an element cannot be said".to_owned());
    }
    Support::Approximately(flat, vec![loss])
}

fn nested_sayable(flat: &Predicate, types: &dyn FieldTypes) -> bool {
    nested_sayable_in(flat, Language::Kuery, types)
}

fn nested_sayable_in(flat: &Predicate, language: Language, types: &dyn FieldTypes) -> bool {
    match flat {
        Predicate::Always(_) => true,
        Predicate::All(items) | Predicate::Any(items) => {
            items.iter().all(|item| nested_sayable_in(item, language, types))
        }
        Predicate::Not(inner) => nested_sayable_in(inner, language, types),
        Predicate::Test(test) => say(test, language, types).is_ok(),
        _ => false,
    }
}

/// Whether some element meets the condition exactly where some value meets the flattened one: one test, or a choice.
fn single(body: &Predicate) -> bool {
    match body {
        Predicate::Test(_) => true,
        Predicate::Any(items) => items.iter().all(single),
        _ => false,
    }
}

/// The condition on an element as one on the list's own fields.
pub fn flatten(body: &Predicate, var: &Var, list: &FieldRef) -> Option<Predicate> {
    let each = |items: &[Predicate]| items.iter().map(|item| flatten(item, var, list)).collect::<Option<Vec<_>>>();
    Some(match body {
        Predicate::Always(flag) => Predicate::Always(*flag),
        Predicate::All(items) => Predicate::All(each(items)?),
        Predicate::Any(items) => Predicate::Any(each(items)?),
        Predicate::Not(inner) => Predicate::Not(Box::new(flatten(inner, var, list)?)),
        Predicate::Test(test) => {
            let inner = match &test.subject {
                Expr::Var(name) if name == var => &[],
                Expr::Path(base, path, ArrayMode::Any | ArrayMode::Whole) if **base == Expr::Var(var.clone()) => {
                    path.0.as_slice()
                }
                _ => return None,
            };
            let mut path = list.path.clone();
            path.0.extend(inner.iter().cloned());
            let subject = Expr::Field(FieldRef::new(path, ArrayMode::Any));
            Predicate::Test(Test { subject, ..test.clone() })
        }
        _ => return None,
    })
}

/// The answer of a target to a value expression: a field by its name, nothing computed.
fn support_expr(expr: &Expr) -> Support<Expr> {
    match expr {
        Expr::Field(_) => match subject(expr) {
            Ok(_) => Support::Exactly,
            Err(reason) => Support::No(reason),
        },
        _ => Support::No("it only filters and computes nothing".to_owned()),
    }
}

/// The answer of a target to a shape. A query of these languages selects events; counting them is the business of
/// Elastic's threshold and new-terms rules, whose file carries the rest of the shape beside the query.
fn support_shape(shape: &Shape) -> Support<Shape> {
    let plain = |exprs: &[Expr]| exprs.iter().all(|expr| matches!(subject(expr), Ok(Some(_))));
    match shape {
        Shape::Threshold { by, .. } if plain(by) => Support::Exactly,
        Shape::Cardinality { of, by, .. } if plain(by) && plain(of) && of.len() == 1 => Support::Exactly,
        Shape::NewValue { of, .. } if plain(of) && (1..=3).contains(&of.len()) => Support::Exactly,
        Shape::Threshold { .. } | Shape::Cardinality { .. } => {
            Support::No("an Elastic threshold rule groups by fields, not by computed values".to_owned())
        }
        Shape::NewValue { .. } => Support::No("an Elastic new-terms rule takes one to three fields".to_owned()),
        Shape::Sequence { .. } => Support::No("a query of single events has no order; EQL has".to_owned()),
        Shape::Absence { .. } => Support::No("a query of single events finds nothing that is absent".to_owned()),
    }
}
