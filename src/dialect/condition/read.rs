//! Pairs of the grammar → predicates of the model. What the operators mean is told in docs/condition.md.

use super::operators::{Op, Operator, by_spelling, near, takes_case};
use super::parse::{Rule, internal, span_of};
use super::value::{Values, operand, variable};
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::syntax::Comment;
use crate::model::{
    Anchor, Case, Expr, FieldType, FieldTypes, IpClass, JsonKind, Predicate, Quantifier, RegexFlavour, Test, TestKind,
    Typing, Unread, Value, WildcardPart,
};
use pest::iterators::Pair;

pub(super) type Result<T> = std::result::Result<T, Diagnostic>;

/// What reading a condition gathers beside the predicate.
pub(super) struct Reader<'a> {
    /// Types of fields: a field that holds several values stands for any of them.
    pub types: &'a dyn FieldTypes,
    /// Parts that the text itself names as unread.
    pub unread: Vec<Unread>,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
    comments: std::vec::IntoIter<Comment>,
    next_comment: Option<Comment>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(types: &'a dyn FieldTypes, comments: Vec<Comment>) -> Self {
        let mut comments = comments.into_iter();
        let next_comment = comments.next();
        Self { types, unread: Vec::new(), diagnostics: Vec::new(), comments, next_comment }
    }

    /// Comments that stand before this place and were not handed out yet.
    pub(super) fn comments_before(&mut self, place: usize) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(comment) = self.next_comment.take_if(|comment| comment.span.start < place) {
            words.push(comment.words());
            self.next_comment = self.comments.next();
        }
        words
    }

    /// A condition: `or` of `and` of denied or asserted parts.
    pub(super) fn condition(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        let mut alternatives = Vec::new();
        let mut conjuncts = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_or => alternatives.push(std::mem::take(&mut conjuncts)),
                Rule::kw_and => {}
                _ => conjuncts.push(self.unary(part)?),
            }
        }
        alternatives.push(conjuncts);
        let mut joined: Vec<Predicate> = alternatives
            .into_iter()
            .map(|mut all| if all.len() == 1 { all.remove(0) } else { Predicate::All(all) })
            .collect();
        Ok(if joined.len() == 1 { joined.remove(0) } else { Predicate::Any(joined) })
    }

    fn unary(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        let mut denied = 0usize;
        let mut parts = pair.into_inner();
        let mut part = parts.next().ok_or_else(internal)?;
        while part.as_rule() == Rule::negation {
            denied += 1;
            part = parts.next().ok_or_else(internal)?;
        }
        let mut predicate = self.primary(part)?;
        for _ in 0..denied {
            predicate = Predicate::Not(Box::new(predicate));
        }
        Ok(predicate)
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        match pair.as_rule() {
            Rule::group => self.condition(pair.into_inner().next().ok_or_else(internal)?),
            Rule::quantified => self.quantified(pair),
            Rule::several => self.several(pair),
            Rule::unread => {
                let span = span_of(&pair);
                Ok(Predicate::Unread { index: self.name_unread(pair.as_str(), span), span })
            }
            _ => self.test(pair),
        }
    }

    /// A part that the text itself calls unread stays unread.
    pub(super) fn name_unread(&mut self, text: &str, span: Span) -> usize {
        self.unread.push(Unread {
            code: syntax::NAMED_UNREAD,
            reason: "the text itself says that this part of the rule was not read".to_owned(),
            span: Some(span),
            text: text.trim().to_owned(),
        });
        self.unread.len() - 1
    }

    fn quantified(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        let mut quantifier = Quantifier::Any;
        let mut var = None;
        let mut list = None;
        let mut body = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::quantifier => {
                    let word = part.into_inner().next().ok_or_else(internal)?;
                    quantifier = match word.as_rule() {
                        Rule::kw_all => Quantifier::All,
                        Rule::kw_one => Quantifier::ExactlyOne,
                        Rule::at_least => Quantifier::AtLeast(whole(&word)?),
                        _ => Quantifier::Any,
                    };
                }
                Rule::variable => var = Some(variable(&part)),
                Rule::kw_in | Rule::kw_where => {}
                Rule::group => body = Some(self.condition(part.into_inner().next().ok_or_else(internal)?)?),
                _ => list = Some(operand(self, part)?),
            }
        }
        match (var, list, body) {
            (Some(var), Some(list), Some(body)) => {
                Ok(Predicate::Elements { quantifier, list, var, body: Box::new(body) })
            }
            _ => Err(internal()),
        }
    }

    fn several(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        let mut kind = Rule::kw_all;
        let mut items = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::condition => items.push(self.condition(part)?),
                Rule::kw_of => {}
                other => kind = other,
            }
        }
        Ok(match kind {
            Rule::kw_any => Predicate::Any(items),
            Rule::kw_one => Predicate::ExactlyOne(items),
            _ => Predicate::All(items),
        })
    }

    fn test(&mut self, pair: Pair<'_, Rule>) -> Result<Predicate> {
        let span = span_of(&pair);
        let mut parts = pair.into_inner();
        let first = parts.next().ok_or_else(internal)?;
        let mut predicate = match parts.next() {
            None => self.alone(first, span)?,
            Some(rest) => {
                let subject = operand(self, first)?;
                match rest.as_rule() {
                    Rule::between => self.between(rest, subject, span)?,
                    Rule::is => self.is(rest, subject, span)?,
                    _ => self.compare(rest, subject, span)?,
                }
            }
        };
        // A constant holds no comments; they go to the next test.
        if !matches!(predicate, Predicate::Always(_)) {
            let comments = self.comments_before(span.end);
            if !comments.is_empty() {
                attach(&mut predicate, comments);
            }
        }
        Ok(predicate)
    }

    /// A value without an operator: a constant, or an operator in the form of a function.
    fn alone(&mut self, pair: Pair<'_, Rule>, span: Span) -> Result<Predicate> {
        let text = pair.as_str().trim();
        match pair.as_rule() {
            Rule::truth => return self.condition(pair.into_inner().next().ok_or_else(internal)?),
            Rule::literal if text.eq_ignore_ascii_case("true") => return Ok(Predicate::Always(true)),
            Rule::literal if text.eq_ignore_ascii_case("false") => return Ok(Predicate::Always(false)),
            Rule::call => {
                let name = pair.clone().into_inner().next().ok_or_else(internal)?;
                if let Some(operator) = by_spelling(name.as_str()) {
                    let mut given = pair.into_inner().skip(1);
                    if let Some(subject) = given.next() {
                        let subject = operand(self, subject)?;
                        let mut values = Values::default();
                        for value in given {
                            values.add(self, value)?;
                        }
                        return self.build(operator, name.as_str(), subject, values, Suffix::default(), span);
                    }
                }
            }
            _ => {}
        }
        Err(Diagnostic::error(syntax::SYNTAX, format!("`{text}` alone is no condition, expected an operator"))
            .at(span)
            .help("Compare it with a value, or write `exists` or `is truthy` behind it."))
    }

    fn compare(&mut self, pair: Pair<'_, Rule>, subject: Expr, span: Span) -> Result<Predicate> {
        let mut denied = false;
        let mut spelling = String::new();
        let mut place = span;
        let mut suffix = Suffix::default();
        let mut values = Values::default();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_not | Rule::bang => denied = true,
                Rule::operator => {
                    place = span_of(&part);
                    for piece in part.into_inner() {
                        match piece.as_rule() {
                            Rule::fold if piece.as_str() == "~" => suffix.case = Some(Case::Ignore),
                            Rule::fold => suffix.case = Some(Case::IgnoreAscii),
                            Rule::typing => suffix.typing = piece.as_str().trim_start_matches(':').to_owned(),
                            _ => spelling = piece.as_str().to_owned(),
                        }
                    }
                }
                Rule::values => {
                    values.bracketed = true;
                    for value in part.into_inner() {
                        values.add(self, value)?;
                    }
                }
                Rule::option => {
                    let word = part.as_str().split_whitespace().next().unwrap_or("").to_owned();
                    let number = part.into_inner().find(|inner| inner.as_rule() == Rule::integer);
                    let number = number.map_or(Ok(0), |inner| whole(&inner))?;
                    suffix.options.push((word, number));
                }
                _ => values.add(self, part)?,
            }
        }
        let Some(mut operator) = by_spelling(&spelling) else {
            let near = near(&spelling);
            let help = match near.is_empty() {
                true => "docs/condition.md lists the operators.".to_owned(),
                false => format!("Did you mean `{}`?", near.join("` or `")),
            };
            let message = format!("there is no operator `{spelling}`");
            return Err(Diagnostic::error(syntax::UNKNOWN_OPERATOR, message).at(place).help(help));
        };
        operator.negated ^= denied;
        self.build(operator, &spelling, subject, values, suffix, span).map_err(|found| match found.span {
            Some(_) => found,
            None => found.at(place),
        })
    }

    fn build(
        &mut self,
        operator: Operator,
        spelling: &str,
        subject: Expr,
        values: Values,
        suffix: Suffix,
        span: Span,
    ) -> Result<Predicate> {
        let wrong = |message: String| Diagnostic::error(syntax::SYNTAX, message);
        let case = match (suffix.case, operator.fold) {
            (Some(case), _) => case,
            (None, true) => Case::Ignore,
            (None, false) => Case::Sensitive,
        };
        if case != Case::Sensitive && !takes_case(operator.op) {
            return Err(wrong(format!("`{spelling}` has no case to ignore")));
        }
        let test = |kind: TestKind| Predicate::Test(Test::new(subject.clone(), kind, span));
        let one = |values: &Values| match values.items.as_slice() {
            [value] => Ok(value.clone()),
            _ => Err(wrong(format!("`{spelling}` takes one value, found {}", values.items.len()))),
        };
        let text = |values: &Values| match values.items.as_slice() {
            [Expr::Literal(Value::String(text))] => Ok(text.clone()),
            _ => Err(wrong(format!("`{spelling}` takes one text"))),
        };
        let none = |kind: TestKind| match values.items.is_empty() && !values.bracketed {
            true => Ok(test(kind)),
            false => Err(wrong(format!("`{spelling}` takes no value"))),
        };
        let predicate = match operator.op {
            Op::Present => none(TestKind::Present)?,
            Op::KeyPresent => none(TestKind::KeyPresent)?,
            Op::Empty => none(TestKind::Empty)?,
            Op::Equals | Op::In => {
                let typing = suffix.typing()?;
                let list = operator.op == Op::In || values.items.len() + usize::from(values.null) != 1;
                if !list && values.null {
                    test(TestKind::Present).negate()
                } else if !list {
                    test(TestKind::Equals { value: one(&values)?, case, typing })
                } else {
                    if !values.bracketed && values.items.len() != 1 {
                        return Err(wrong(format!("`{spelling}` takes a value")));
                    }
                    let null = values.null;
                    let items = match (values.bracketed, values.items.as_slice()) {
                        (false, [Expr::List(items)]) => items.clone(),
                        _ => values.items,
                    };
                    let listed = test(TestKind::In { values: items, case, typing });
                    if null { Predicate::Any(vec![test(TestKind::Present).negate(), listed]) } else { listed }
                }
            }
            Op::Compare(ordering) => {
                test(TestKind::Compare { ordering, value: one(&values)?, typing: suffix.typing()? })
            }
            Op::Cidr => {
                let networks = values.items.iter().map(|value| value.as_text().map(str::to_owned));
                let networks: Option<Vec<String>> = networks.collect();
                test(TestKind::Cidr {
                    networks: networks
                        .filter(|networks| !networks.is_empty() || values.bracketed)
                        .ok_or_else(|| wrong(format!("`{spelling}` takes networks as text")))?,
                })
            }
            Op::Phrase => test(TestKind::Phrase { text: text(&values)?, slop: suffix.small("slop")? }),
            Op::TokensAll => test(TestKind::Tokens { text: text(&values)?, all: true }),
            Op::TokensAny => test(TestKind::Tokens { text: text(&values)?, all: false }),
            Op::TokenWildcard => test(TestKind::TokenWildcard { pattern: wildcard(&text(&values)?) }),
            Op::Fuzzy => test(TestKind::Fuzzy {
                text: text(&values)?,
                distance: u8::try_from(suffix.small("distance")?).unwrap_or(u8::MAX),
                transpositions: suffix.options.iter().any(|(word, _)| word == "transpositions"),
            }),
            op => {
                if values.items.is_empty() && !values.bracketed {
                    return Err(wrong(format!("`{spelling}` takes a value")));
                }
                let flavour = suffix.flavour(op)?;
                let mut tests = Vec::new();
                for value in values.items {
                    tests.push(test(text_test(op, value, case, flavour, spelling)?));
                }
                match tests.len() {
                    1 => tests.remove(0),
                    _ if operator.every => Predicate::All(tests),
                    _ => Predicate::Any(tests),
                }
            }
        };
        let known = match operator.op {
            Op::Phrase => &["slop"][..],
            Op::Fuzzy => &["distance", "transpositions"][..],
            _ => &[][..],
        };
        if let Some((word, _)) = suffix.options.iter().find(|(word, _)| !known.contains(&word.as_str())) {
            return Err(wrong(format!("`{spelling}` has no `{word}`")));
        }
        let typed = matches!(operator.op, Op::Equals | Op::In | Op::Compare(_));
        let flavoured = matches!(operator.op, Op::Matches | Op::MatchesStart | Op::MatchesWhole);
        if !suffix.typing.is_empty() && !typed && !flavoured {
            return Err(wrong(format!("`{spelling}` has no `:{}`", suffix.typing)));
        }
        Ok(if operator.negated { contrary(predicate) } else { predicate })
    }

    fn between(&mut self, pair: Pair<'_, Rule>, subject: Expr, span: Span) -> Result<Predicate> {
        let (mut denied, mut suffix) = (false, Suffix::default());
        let (mut low, mut high) = (None, None);
        let mut plain = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_not => denied = true,
                Rule::kw_and => {}
                Rule::between_operator => {
                    let typing = part.into_inner().find(|inner| inner.as_rule() == Rule::typing);
                    suffix.typing = typing.map_or("", |inner| inner.as_str()).trim_start_matches(':').to_owned();
                }
                Rule::bounds => {
                    for bound in part.into_inner() {
                        let place = span_of(&bound);
                        let mut inner = bound.into_inner();
                        let word = inner.next().ok_or_else(internal)?.as_str().to_ascii_lowercase();
                        let value = operand(self, inner.next().ok_or_else(internal)?)?;
                        let (side, closed) = match word.as_str() {
                            "ge" | ">=" => (&mut low, true),
                            "gt" | ">" => (&mut low, false),
                            "le" | "<=" => (&mut high, true),
                            _ => (&mut high, false),
                        };
                        if side.replace((value, closed)).is_some() {
                            return Err(Diagnostic::error(syntax::SYNTAX, "the same side is bounded twice").at(place));
                        }
                    }
                }
                _ => plain.push(operand(self, part)?),
            }
        }
        if let [first, second] = plain.as_slice() {
            (low, high) = (Some((first.clone(), true)), Some((second.clone(), true)));
        }
        let kind = TestKind::Range { low, high, typing: suffix.typing()? };
        let predicate = Predicate::Test(Test::new(subject, kind, span));
        Ok(if denied { Predicate::Not(Box::new(predicate)) } else { predicate })
    }

    fn is(&mut self, pair: Pair<'_, Rule>, subject: Expr, span: Span) -> Result<Predicate> {
        let mut denied = false;
        let mut found = None;
        for part in pair.into_inner() {
            let place = span_of(&part);
            match part.as_rule() {
                Rule::kw_is => {}
                Rule::kw_not => denied = true,
                Rule::classes => {
                    let mut kinds = Vec::new();
                    for name in part.into_inner() {
                        let place = span_of(&name);
                        kinds.push(json_kind(name.as_str()).ok_or_else(|| unknown_class(name.as_str(), place))?);
                    }
                    found = Some(Predicate::Test(Test::new(subject.clone(), TestKind::IsKind { kinds }, span)));
                }
                Rule::literal if part.as_str().trim().eq_ignore_ascii_case("null") => {
                    found = Some(Predicate::Test(Test::new(subject.clone(), TestKind::Present, span)).negate());
                }
                Rule::field => {
                    let name = part.as_str().trim();
                    let kind = class(name).ok_or_else(|| unknown_class(name, place))?;
                    found = Some(Predicate::Test(Test::new(subject.clone(), kind, span)));
                }
                _ => {
                    let value = operand(self, part)?;
                    let kind = TestKind::Equals { value, case: Case::Sensitive, typing: Typing::Typed };
                    found = Some(Predicate::Test(Test::new(subject.clone(), kind, span)));
                }
            }
        }
        let predicate = found.ok_or_else(internal)?;
        Ok(if denied { contrary(predicate) } else { predicate })
    }
}

/// The contrary; `is not null` is one test, not two denials.
fn contrary(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Not(inner) => *inner,
        asserted => Predicate::Not(Box::new(asserted)),
    }
}

/// What stands behind an operator's name.
#[derive(Default)]
struct Suffix {
    case: Option<Case>,
    typing: String,
    options: Vec<(String, u64)>,
}

impl Suffix {
    fn typing(&self) -> Result<Typing> {
        Ok(match self.typing.as_str() {
            "" | "typed" => Typing::Typed,
            "python" => Typing::Python,
            "as_text" => Typing::Text,
            name => match FieldType::parse(name) {
                Some(kind) => Typing::Mapped(kind),
                None => return Err(Diagnostic::error(syntax::SYNTAX, format!("there is no type `{name}`"))),
            },
        })
    }

    fn flavour(&self, op: Op) -> Result<RegexFlavour> {
        match (self.typing.as_str(), op) {
            ("" | "re2", _) => Ok(RegexFlavour::Re2),
            ("lucene", Op::Matches | Op::MatchesStart | Op::MatchesWhole) => Ok(RegexFlavour::Lucene),
            ("python", Op::Matches | Op::MatchesStart | Op::MatchesWhole) => Ok(RegexFlavour::Python),
            (name, _) => Err(Diagnostic::error(syntax::SYNTAX, format!("`:{name}` has no meaning here"))),
        }
    }

    fn small(&self, word: &str) -> Result<u32> {
        let given = self.options.iter().find(|(name, _)| name == word).map_or(0, |(_, number)| *number);
        u32::try_from(given).map_err(|_| Diagnostic::error(syntax::SYNTAX, format!("`{word}` is too large")))
    }
}

fn text_test(op: Op, value: Expr, case: Case, flavour: RegexFlavour, spelling: &str) -> Result<TestKind> {
    let regex = |anchor| TestKind::Regex { pattern: value.clone(), flavour, anchor, case };
    Ok(match op {
        Op::Contains => TestKind::Contains { value, case },
        Op::StartsWith => TestKind::StartsWith { value, case },
        Op::EndsWith => TestKind::EndsWith { value, case },
        Op::Term => TestKind::Term { value, case },
        Op::TermPrefix => TestKind::TermPrefix { value, case },
        Op::TermSuffix => TestKind::TermSuffix { value, case },
        Op::Matches => regex(Anchor::Search),
        Op::MatchesStart => regex(Anchor::Start),
        Op::MatchesWhole => regex(Anchor::Whole),
        Op::Wildcard => match value.as_text() {
            Some(pattern) => TestKind::Wildcard { pattern: wildcard(pattern), case },
            None => {
                return Err(Diagnostic::error(syntax::SYNTAX, format!("`{spelling}` takes its pattern as text")));
            }
        },
        _ => return Err(internal()),
    })
}

/// A pattern of `*` and `?`; a backslash takes the next character as it is.
fn wildcard(pattern: &str) -> Vec<WildcardPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let part = match letter {
            '*' => WildcardPart::Many,
            '?' => WildcardPart::One,
            '\\' => {
                text.push(letters.next().unwrap_or('\\'));
                continue;
            }
            other => {
                text.push(other);
                continue;
            }
        };
        if !text.is_empty() {
            parts.push(WildcardPart::Text(std::mem::take(&mut text)));
        }
        parts.push(part);
    }
    if !text.is_empty() {
        parts.push(WildcardPart::Text(text));
    }
    parts
}

fn json_kind(name: &str) -> Option<JsonKind> {
    Some(match name {
        "string" => JsonKind::String,
        "number" => JsonKind::Number,
        "integer" => JsonKind::Integer,
        "boolean" => JsonKind::Boolean,
        "list" => JsonKind::Array,
        "object" => JsonKind::Object,
        _ => return None,
    })
}

fn class(name: &str) -> Option<TestKind> {
    Some(match name {
        "present" => TestKind::Present,
        "empty" => TestKind::Empty,
        "truthy" => TestKind::Truthy,
        "ip" => TestKind::Ip { class: IpClass::Any },
        "ipv4" => TestKind::Ip { class: IpClass::V4 },
        "ipv6" => TestKind::Ip { class: IpClass::V6 },
        "public_ip" => TestKind::Ip { class: IpClass::Public },
        "private_ip" => TestKind::Ip { class: IpClass::Private },
        other => TestKind::IsKind { kinds: vec![json_kind(other)?] },
    })
}

fn unknown_class(name: &str, span: Span) -> Diagnostic {
    let known = "null, present, empty, truthy, ip, ipv4, ipv6, public_ip, private_ip, string, number, integer, boolean, list, object";
    Diagnostic::error(syntax::UNKNOWN_OPERATOR, format!("`is {name}` is not known"))
        .at(span)
        .help(format!("`is` takes a value or one of: {known}."))
}

fn whole(pair: &Pair<'_, Rule>) -> Result<u64> {
    let digits: String = pair.as_str().chars().filter(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| Diagnostic::error(syntax::SYNTAX, "the number is too large").at(span_of(pair)))
}

/// Gives comments to the first test inside.
fn attach(predicate: &mut Predicate, comments: Vec<String>) {
    match predicate {
        Predicate::Test(test) => test.comments.extend(comments),
        Predicate::Not(inner) => attach(inner, comments),
        Predicate::All(items) | Predicate::Any(items) | Predicate::ExactlyOne(items) => {
            if let Some(first) = items.first_mut() {
                attach(first, comments);
            }
        }
        Predicate::Elements { body, .. } => attach(body, comments),
        Predicate::Always(_) | Predicate::Unread { .. } => {}
    }
}
