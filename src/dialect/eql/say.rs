//! Which tests and values EQL can say, and how. Planning asks whether, raising takes the answer: they cannot differ.

use super::format::{field_text, quote};
use super::tree::*;
use crate::diagnostic::Span;
use crate::diagnostic::codes::elastic;
use crate::dialect::elastic::{dates, lower, regex};
use crate::model::{
    ArrayMode, Case, Direction, Expr as Value, FieldKind, FieldRef, FieldTypes, IpClass, Loss, Ordering, Predicate,
    RegexFlavour, Segment, Test, TestKind, Value as Constants, WildcardPart, function,
};
use crate::plan::Support;

/// A test as an expression, or how else it can be said.
pub fn test(test: &Test, types: &dyn FieldTypes) -> Result<Expr, Support<Predicate>> {
    let say = Say { types, span: test.span };
    if let Some(other) = say.through_case(test)? {
        return Err(Support::As(other));
    }
    if !matches!(test.subject, Value::Field(_)) {
        return say.computed(test);
    }
    say.field_test(test)
}

fn no<T>(reason: impl Into<String>) -> Result<T, Support<Predicate>> {
    Err(Support::No(reason.into()))
}

/// The name of a field that EQL can write: plain keys only.
pub fn field_name(field: &FieldRef) -> Result<String, String> {
    let mut keys = Vec::new();
    for segment in &field.path.0 {
        match segment {
            Segment::Key(key) => keys.push(key.as_str()),
            // Elasticsearch flattens lists: a step into one is no step at all.
            Segment::Any => {}
            Segment::Index(_) => {
                return Err(format!("{} is an element at a place, and fields have no order", field.path));
            }
            Segment::KeyPattern(_) => return Err(format!("{} stands for several fields", field.path)),
            Segment::Paired { .. } => {
                return Err(format!("{} pairs values inside a list, which Elasticsearch flattens", field.path));
            }
            Segment::Json => return Err(format!("{} reads JSON inside a text", field.path)),
        }
    }
    if keys.is_empty() { Err("the event as a whole is no field".to_owned()) } else { Ok(keys.join(".")) }
}

/// A field as an expression.
pub fn field(field: &FieldRef, span: Span) -> Result<Expr, String> {
    let name = field_name(field)?;
    let text = field_text(&name);
    Ok(Expr::new(ExprKind::Field(Field { name, optional: field.optional, text }), span))
}

struct Say<'a> {
    types: &'a dyn FieldTypes,
    span: Span,
}

impl Say<'_> {
    fn expr(&self, kind: ExprKind) -> Expr {
        Expr::new(kind, self.span)
    }

    fn field(&self, reference: &FieldRef) -> Result<Expr, Support<Predicate>> {
        let list =
            || field_name(reference).ok().and_then(|name| self.types.type_of(&name)).is_some_and(|found| found.list);
        match reference.mode {
            ArrayMode::Any | ArrayMode::Whole | ArrayMode::Single | ArrayMode::Distinct => {}
            ArrayMode::All if list() => return no("a condition on all values of a field; EQL asks for any of them"),
            ArrayMode::First | ArrayMode::Last | ArrayMode::LastDistinct if list() => {
                return no("fields have no first or last value in Elasticsearch");
            }
            _ => {}
        }
        field(reference, self.span).map_err(Support::No)
    }

    fn kind_of(&self, subject: &Value) -> Option<FieldKind> {
        let name = field_name(subject.as_field()?).ok()?;
        lower::kind_of(&name, self.types).map(|kind| lower::written_kind(&name, kind))
    }

    /// A test of `lower(field)` is a test of the field in the right case.
    fn through_case(&self, test: &Test) -> Result<Option<Predicate>, Support<Predicate>> {
        let Value::Call(name, args) = &test.subject else { return Ok(None) };
        let fold: fn(&str) -> String = match *name {
            function::LOWER => |text| text.to_lowercase(),
            function::UPPER => |text| text.to_uppercase(),
            _ => return Ok(None),
        };
        let [inner] = args.as_slice() else { return Ok(None) };
        // A text in the other case is never found.
        let fits = |value: &Value| value.as_text().is_some_and(|text| fold(text) == text);
        let case = Case::Ignore;
        let kind = match &test.kind {
            TestKind::Equals { value, typing, .. } if fits(value) => {
                TestKind::Equals { value: value.clone(), case, typing: *typing }
            }
            TestKind::In { values, typing, .. } if values.iter().all(fits) => {
                TestKind::In { values: values.clone(), case, typing: *typing }
            }
            TestKind::Contains { value, .. } if fits(value) => TestKind::Contains { value: value.clone(), case },
            TestKind::StartsWith { value, .. } if fits(value) => TestKind::StartsWith { value: value.clone(), case },
            TestKind::EndsWith { value, .. } if fits(value) => TestKind::EndsWith { value: value.clone(), case },
            TestKind::Wildcard { pattern, .. }
                if pattern.iter().all(|part| !matches!(part, WildcardPart::Text(text) if fold(text) != *text)) =>
            {
                TestKind::Wildcard { pattern: pattern.clone(), case }
            }
            TestKind::Present => TestKind::Present,
            _ => return Ok(None),
        };
        Ok(Some(Predicate::Test(Test { subject: inner.clone(), kind, ..test.clone() })))
    }

    fn field_test(&self, test: &Test) -> Result<Expr, Support<Predicate>> {
        let Value::Field(reference) = &test.subject else { return no("it has no field") };
        let left = self.field(reference)?;
        let kind = self.kind_of(&test.subject);
        let same = |kind: TestKind| Predicate::Test(Test { kind, ..test.clone() });
        let present = || same(TestKind::Present);
        match &test.kind {
            TestKind::Present => Ok(self.against_null(left, Comparison::NotEqual)),
            TestKind::KeyPresent => Err(Support::Approximately(
                present(),
                vec![
                    self.loss(Direction::Narrower, "Elasticsearch does not know a field that is there without a value"),
                ],
            )),
            TestKind::Empty => {
                let empty = TestKind::Equals {
                    value: Value::text(""),
                    case: Case::Sensitive,
                    typing: crate::model::Typing::Mapped(Default::default()),
                };
                match kind {
                    None | Some(FieldKind::Keyword | FieldKind::Wildcard) => {
                        Err(Support::As(Predicate::Any(vec![present().negate(), same(empty)])))
                    }
                    _ => Err(Support::As(present().negate())),
                }
            }
            TestKind::Truthy => {
                let equals = |value: Constants| {
                    same(TestKind::Equals {
                        value: Value::Literal(value),
                        case: Case::Sensitive,
                        typing: crate::model::Typing::Mapped(crate::model::FieldType::scalar(kind.unwrap_or_default())),
                    })
                };
                Err(Support::As(match kind {
                    Some(FieldKind::Boolean) => equals(Constants::Bool(true)),
                    Some(FieldKind::Long | FieldKind::Double) => {
                        Predicate::All(vec![present(), equals(Constants::Int(0)).negate()])
                    }
                    None | Some(FieldKind::Keyword | FieldKind::Wildcard) => {
                        Predicate::All(vec![present(), equals("".into()).negate()])
                    }
                    _ => present(),
                }))
            }
            TestKind::Equals { value, case, .. } => self.equals(test, left, std::slice::from_ref(value), *case, kind),
            TestKind::In { values, case, .. } => self.equals(test, left, values, *case, kind),
            TestKind::StartsWith { value, case } => {
                self.part(left, "startsWith", value, *case, |text| vec![text, WildcardPart::Many])
            }
            TestKind::EndsWith { value, case } => {
                self.part(left, "endsWith", value, *case, |text| vec![WildcardPart::Many, text])
            }
            TestKind::Contains { value, case } => self
                .part(left, "stringContains", value, *case, |text| vec![WildcardPart::Many, text, WildcardPart::Many]),
            TestKind::Wildcard { pattern, case } => match wildcard_text(pattern) {
                Some(text) => {
                    let fold = self.folds(*case, &text)?;
                    Ok(self.matching(left, if fold { StringOp::Colon } else { StringOp::Like }, vec![text]))
                }
                None => Err(Support::As(same(TestKind::Regex {
                    pattern: Value::text(plain_slashes(&regex::wildcard(pattern, Case::Sensitive))),
                    flavour: RegexFlavour::Lucene,
                    anchor: crate::model::Anchor::Whole,
                    case: *case,
                }))),
            },
            TestKind::Regex { pattern, flavour, anchor, case } => {
                let Some(pattern) = pattern.as_text() else { return no("the regular expression is computed") };
                let fold = self.folds(*case, pattern)?;
                let text = match (flavour, anchor) {
                    (RegexFlavour::Lucene, crate::model::Anchor::Whole) => pattern.to_owned(),
                    // Inline flags decide the case of a part, so the pattern is written out where it has some.
                    _ if fold && !pattern.contains("(?") => {
                        regex::to_lucene(pattern, *flavour, *anchor, Case::Sensitive).map_err(Support::No)?
                    }
                    _ => {
                        let text = regex::to_lucene(pattern, *flavour, *anchor, *case).map_err(Support::No)?;
                        return Ok(self.matching(left, StringOp::Regex, vec![plain_slashes(&text)]));
                    }
                };
                let op = if fold { StringOp::RegexFold } else { StringOp::Regex };
                Ok(self.matching(left, op, vec![plain_slashes(&text)]))
            }
            TestKind::Cidr { networks } => {
                let mut args = vec![left];
                args.extend(networks.iter().map(|network| self.text(network)));
                Ok(self.call("cidrMatch", false, args))
            }
            TestKind::Ip { class } => {
                let networks = |list: &[&str]| {
                    same(TestKind::Cidr { networks: list.iter().map(|one| (*one).to_owned()).collect() })
                };
                Err(Support::As(match class {
                    IpClass::Any => networks(&["0.0.0.0/0", "::/0"]),
                    IpClass::V4 => networks(&["0.0.0.0/0"]),
                    IpClass::V6 => networks(&["::/0"]),
                    IpClass::Private | IpClass::Public => return no("a list of private networks must be written out"),
                }))
            }
            TestKind::Compare { ordering, value, .. } => {
                let right = self.operand(value, kind)?;
                if matches!(
                    &right.kind,
                    ExprKind::Literal(Literal { value: Constant::Boolean(_) | Constant::Null, .. })
                ) {
                    return Err(Support::As(Predicate::Always(false)));
                }
                Ok(self.comparison(left, order(*ordering), right))
            }
            TestKind::Range { low, high, typing } => {
                let bound = |end: &Option<(Value, bool)>, open: Ordering, closed: Ordering| {
                    end.as_ref().map(|(value, included)| {
                        let ordering = if *included { closed } else { open };
                        same(TestKind::Compare { ordering, value: value.clone(), typing: *typing })
                    })
                };
                let low = bound(low, Ordering::Greater, Ordering::GreaterOrEqual);
                let high = bound(high, Ordering::Less, Ordering::LessOrEqual);
                // Elasticsearch joins both ends of one field into one range, so that one value lies between them.
                Err(Support::As(Predicate::all(low.into_iter().chain(high))))
            }
            TestKind::Term { value, case }
            | TestKind::TermPrefix { value, case }
            | TestKind::TermSuffix { value, case } => {
                let Some(text) = value.as_text().filter(|text| !text.is_empty()) else {
                    return no("it has no test for words inside a text");
                };
                if kind.is_some_and(|kind| !matches!(kind, FieldKind::Keyword | FieldKind::Wildcard)) {
                    return no("it has no test for words inside a text");
                }
                let pattern = Value::text(regex::term(&test.kind, text, Case::Sensitive));
                let anchor = crate::model::Anchor::Whole;
                let kind = TestKind::Regex { pattern, flavour: RegexFlavour::Lucene, anchor, case: *case };
                let message = "letters and digits beyond ASCII end a term";
                Err(Support::Approximately(same(kind), vec![self.loss(Direction::Wider, message)]))
            }
            TestKind::Phrase { .. } | TestKind::Tokens { .. } | TestKind::TokenWildcard { .. } => {
                no("it tests whole values and never the words of analysed text")
            }
            TestKind::Fuzzy { .. } => no("it has no fuzzy comparison"),
            TestKind::IsKind { .. } => no("it has no test for the type of a value"),
        }
    }

    /// A test of a computed value: Elasticsearch runs it as a script.
    fn computed(&self, test: &Test) -> Result<Expr, Support<Predicate>> {
        let left = self.value(&test.subject)?;
        let right = |value: &Value| self.value(value);
        match &test.kind {
            TestKind::Present => Ok(self.against_null(left, Comparison::NotEqual)),
            TestKind::Equals { value, case: Case::Sensitive, .. } => {
                self.constants(&left, value)?;
                Ok(self.comparison(left, Comparison::Equal, right(value)?))
            }
            TestKind::Compare { ordering, value, .. } => {
                self.constants(&left, value)?;
                Ok(self.comparison(left, order(*ordering), right(value)?))
            }
            TestKind::In { values, case, typing } => {
                let each = values.iter().map(|value| {
                    let kind = TestKind::Equals { value: value.clone(), case: *case, typing: *typing };
                    Predicate::Test(Test { kind, ..test.clone() })
                });
                Err(Support::As(Predicate::any(each)))
            }
            TestKind::StartsWith { value, case } => self.string_call("startsWith", left, value, *case),
            TestKind::EndsWith { value, case } => self.string_call("endsWith", left, value, *case),
            TestKind::Contains { value, case } => self.string_call("stringContains", left, value, *case),
            TestKind::Equals { value, case, .. } => match value.as_text() {
                Some(text) if !text.contains(['*', '?']) => {
                    self.folds(*case, text)?;
                    Ok(self.matching(left, StringOp::Colon, vec![text.to_owned()]))
                }
                _ => no("a computed value is compared in its own case only"),
            },
            TestKind::Wildcard { pattern, case } => match wildcard_text(pattern) {
                Some(text) => {
                    let fold = self.folds(*case, &text)?;
                    Ok(self.matching(left, if fold { StringOp::Colon } else { StringOp::Like }, vec![text]))
                }
                None => no("a star or question mark cannot be escaped in a pattern"),
            },
            TestKind::Regex { pattern, flavour: RegexFlavour::Lucene, anchor: crate::model::Anchor::Whole, case } => {
                let Some(pattern) = pattern.as_text() else { return no("the regular expression is computed") };
                let fold = self.folds(*case, pattern)?;
                let op = if fold { StringOp::RegexFold } else { StringOp::Regex };
                Ok(self.matching(left, op, vec![pattern.to_owned()]))
            }
            _ => no("a computed value can only be compared"),
        }
    }

    /// One side of a comparison is a constant.
    fn constants(&self, left: &Expr, right: &Value) -> Result<(), Support<Predicate>> {
        match right {
            Value::Literal(Constants::Null) => Err(Support::As(Predicate::Always(false))),
            Value::Literal(_) => Ok(()),
            _ if matches!(left.kind, ExprKind::Literal(_)) => Ok(()),
            _ => no("Elasticsearch compares a field with a constant only, never with another field"),
        }
    }

    /// A value expression.
    fn value(&self, value: &Value) -> Result<Expr, Support<Predicate>> {
        match value {
            Value::Literal(constant) => self.constant(constant, None),
            Value::Field(reference) => self.field(reference),
            Value::Call(name, args) => {
                let values = || args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>();
                let arithmetic =
                    |operator: Operator| -> Result<Expr, Support<Predicate>> {
                        let mut values = values()?.into_iter();
                        match (values.next(), values.next()) {
                            (Some(first), Some(second)) => Ok(self
                                .expr(ExprKind::Arithmetic { first: Box::new(first), rest: vec![(operator, second)] })),
                            _ => no("an operand is missing"),
                        }
                    };
                let name = match *name {
                    function::ADD => return arithmetic(Operator::Add),
                    function::SUBTRACT => return arithmetic(Operator::Subtract),
                    function::MULTIPLY => return arithmetic(Operator::Multiply),
                    function::elastic::DIVIDE => return arithmetic(Operator::Divide),
                    function::REMAINDER => return arithmetic(Operator::Remainder),
                    function::NEGATE => match values()?.pop() {
                        Some(inner) => return Ok(self.expr(ExprKind::Negative(Box::new(inner)))),
                        None => return no("an operand is missing"),
                    },
                    function::SUBSTRING => return self.substring(args),
                    function::LENGTH => ("length", false),
                    function::CONCAT => ("concat", false),
                    function::TO_TEXT => ("string", false),
                    function::TO_DOUBLE => ("number", false),
                    function::elastic::SLICE => ("substring", false),
                    function::elastic::INDEX_OF => ("indexOf", false),
                    function::elastic::INDEX_OF_FOLD => ("indexOf", true),
                    function::elastic::BETWEEN => ("between", false),
                    function::elastic::BETWEEN_FOLD => ("between", true),
                    other => return no(format!("it has no function for `{}`", other.0)),
                };
                Ok(self.call(name.0, name.1, values()?))
            }
            Value::Truth(predicate) => match predicate.as_ref() {
                Predicate::Test(inner) => test(inner, self.types),
                Predicate::Always(flag) => self.constant(&Constants::Bool(*flag), None),
                _ => no("a compound condition is no value"),
            },
            Value::AnyField => no("every test names its field"),
            _ => no("this value has no counterpart"),
        }
    }

    /// `substring(text, start, length)` of the model names a length, EQL's an end.
    fn substring(&self, args: &[Value]) -> Result<Expr, Support<Predicate>> {
        let index = |value: Option<&Value>| match value {
            Some(Value::Literal(Constants::Int(index))) if *index >= 0 => Some(*index),
            _ => None,
        };
        let (Some(text), Some(start)) = (args.first(), index(args.get(1))) else {
            return no("a part of a text from a computed place");
        };
        let mut values = vec![self.value(text)?, self.constant(&Constants::Int(start), None)?];
        if args.len() > 2 {
            let Some(length) = index(args.get(2)) else { return no("a part of a text of computed length") };
            values.push(self.constant(&Constants::Int(start + length), None)?);
        }
        Ok(self.call("substring", false, values))
    }

    fn part(
        &self,
        left: Expr,
        function: &str,
        value: &Value,
        case: Case,
        pattern: impl Fn(WildcardPart) -> Vec<WildcardPart>,
    ) -> Result<Expr, Support<Predicate>> {
        match value.as_text() {
            Some("") => Ok(self.against_null(left, Comparison::NotEqual)),
            Some(text) if !text.contains(['*', '?']) => {
                let fold = self.folds(case, text)?;
                let text = wildcard_text(&pattern(WildcardPart::Text(text.to_owned()))).unwrap_or_default();
                Ok(self.matching(left, if fold { StringOp::Colon } else { StringOp::Like }, vec![text]))
            }
            _ => self.string_call(function, left, value, case),
        }
    }

    fn string_call(&self, name: &str, left: Expr, value: &Value, case: Case) -> Result<Expr, Support<Predicate>> {
        let fold = self.folds(case, value.as_text().unwrap_or("a"))?;
        let right = self.value(value)?;
        Ok(self.call(name, fold, vec![left, right]))
    }

    /// Equality with one of these.
    fn equals(
        &self,
        test: &Test,
        left: Expr,
        values: &[Value],
        case: Case,
        kind: Option<FieldKind>,
    ) -> Result<Expr, Support<Predicate>> {
        // Null equals nothing.
        let values: Vec<&Value> =
            values.iter().filter(|value| !matches!(value, Value::Literal(Constants::Null))).collect();
        let moments = values.iter().any(|value| matches!(value, Value::Literal(Constants::DateTime(_))));
        if kind == Some(FieldKind::Date) && !moments && values.iter().any(|value| value.as_text().is_some()) {
            return no("a date that is compared as text");
        }
        let operands = values.iter().map(|value| self.operand(value, kind)).collect::<Result<Vec<_>, _>>()?;
        let texts: Option<Vec<String>> = operands
            .iter()
            .map(|operand| match &operand.kind {
                ExprKind::Literal(Literal { value: Constant::Text(text), .. }) => Some(text.clone()),
                _ => None,
            })
            .collect();
        let fold = match &texts {
            Some(texts) => self.folds(case, &texts.concat())?,
            None => false,
        };
        match (operands.len(), texts) {
            (0, _) => Err(Support::As(Predicate::Always(false))),
            (_, Some(texts)) if fold && texts.iter().all(|text| !text.contains(['*', '?'])) => {
                Ok(self.matching(left, StringOp::Colon, texts))
            }
            (1, _) if !fold => {
                let mut operands = operands;
                match operands.pop() {
                    Some(right) => Ok(self.comparison(left, Comparison::Equal, right)),
                    None => no("the operand is missing"),
                }
            }
            (_, texts) => {
                let kinds = |operand: &Expr| match &operand.kind {
                    ExprKind::Literal(literal) => std::mem::discriminant(&literal.value),
                    _ => std::mem::discriminant(&Constant::Null),
                };
                let mixed = texts.is_none()
                    && operands.windows(2).any(|pair| match pair {
                        [one, other] => kinds(one) != kinds(other),
                        _ => false,
                    });
                if mixed {
                    let each = values.iter().map(|value| {
                        let TestKind::In { case, typing, .. } = &test.kind else {
                            return Predicate::Test(test.clone());
                        };
                        let kind = TestKind::Equals { value: (*value).clone(), case: *case, typing: *typing };
                        Predicate::Test(Test { kind, ..test.clone() })
                    });
                    return Err(Support::As(Predicate::any(each)));
                }
                Ok(self.expr(ExprKind::In { left: Box::new(left), negated: false, fold, items: operands }))
            }
        }
    }

    /// A constant by the type of the field it stands beside.
    fn operand(&self, value: &Value, kind: Option<FieldKind>) -> Result<Expr, Support<Predicate>> {
        match value {
            Value::Literal(constant) => self.constant(constant, kind),
            Value::Call(..) => match dates::print_now(value) {
                Some(text) => Ok(self.text(&text)),
                None => no("Elasticsearch compares a field with a constant only, never with a computed value"),
            },
            Value::Field(_) => no("Elasticsearch compares a field with a constant only, never with another field"),
            _ => no("the operand has no counterpart"),
        }
    }

    fn constant(&self, constant: &Constants, kind: Option<FieldKind>) -> Result<Expr, Support<Predicate>> {
        let number = matches!(kind, Some(FieldKind::Long | FieldKind::Double));
        let textual = matches!(kind, Some(FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip));
        let (value, text) = match constant {
            Constants::String(text) if number => match lower::number(text) {
                Some(Constants::Int(number)) => (Constant::Integer(number), number.to_string()),
                Some(Constants::Double(number)) => (Constant::Number(number), number_text(number)),
                _ => return Err(Support::As(Predicate::Always(false))),
            },
            Constants::String(text) if kind == Some(FieldKind::Boolean) => match text.as_str() {
                "true" => (Constant::Boolean(true), text.clone()),
                "false" => (Constant::Boolean(false), text.clone()),
                _ => return Err(Support::As(Predicate::Always(false))),
            },
            Constants::String(text) => return Ok(self.text(text)),
            Constants::Int(number) if textual => return Ok(self.text(&number.to_string())),
            Constants::Double(number) if textual => return Ok(self.text(&number.to_string())),
            Constants::Bool(flag) if textual => return Ok(self.text(&flag.to_string())),
            Constants::Int(number) => (Constant::Integer(*number), number.to_string()),
            Constants::Double(number) if number.is_finite() => (Constant::Number(*number), number_text(*number)),
            Constants::Bool(flag) => (Constant::Boolean(*flag), flag.to_string()),
            Constants::Null => (Constant::Null, "null".to_owned()),
            Constants::DateTime(ticks) => match dates::print(*ticks) {
                Some(text) => return Ok(self.text(&text)),
                None => return no("a date out of range"),
            },
            _ => return no("it has no such constant"),
        };
        Ok(self.expr(ExprKind::Literal(Literal { value, text, span: self.span })))
    }

    fn text(&self, text: &str) -> Expr {
        let value = Constant::Text(text.to_owned());
        self.expr(ExprKind::Literal(Literal { value, text: quote(text), span: self.span }))
    }

    fn against_null(&self, left: Expr, op: Comparison) -> Expr {
        let null = Literal { value: Constant::Null, text: "null".to_owned(), span: self.span };
        self.comparison(left, op, self.expr(ExprKind::Literal(null)))
    }

    fn comparison(&self, left: Expr, op: Comparison, right: Expr) -> Expr {
        self.expr(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) })
    }

    fn matching(&self, left: Expr, op: StringOp, patterns: Vec<String>) -> Expr {
        let literal = |text: String| Literal { text: quote(&text), value: Constant::Text(text), span: self.span };
        let patterns = patterns.into_iter().map(literal).collect();
        self.expr(ExprKind::Match { left: Box::new(left), op, patterns })
    }

    fn call(&self, name: &str, fold: bool, args: Vec<Expr>) -> Expr {
        self.expr(ExprKind::Call { name: name.to_owned(), fold, name_span: self.span, args })
    }

    /// Whether case is folded. Elasticsearch folds ASCII letters only; a text of others that is folded over all of
    /// Unicode cannot be said.
    fn folds(&self, case: Case, text: &str) -> Result<bool, Support<Predicate>> {
        match case {
            Case::Sensitive => Ok(false),
            Case::IgnoreAscii => Ok(true),
            Case::Ignore if text.chars().all(|one| one.is_ascii() || one.to_lowercase().eq(one.to_uppercase())) => {
                Ok(true)
            }
            Case::Ignore => no("it folds the case of ASCII letters only"),
        }
    }

    fn loss(&self, direction: Direction, message: &str) -> Loss {
        Loss::matching(elastic::ELASTIC_VALUES, direction, message, Some(self.span))
    }
}

fn order(ordering: Ordering) -> Comparison {
    match ordering {
        Ordering::Less => Comparison::Less,
        Ordering::LessOrEqual => Comparison::LessOrEqual,
        Ordering::Greater => Comparison::Greater,
        Ordering::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}

fn number_text(number: f64) -> String {
    let text = number.to_string();
    if text.contains(['.', 'e', 'E']) { text } else { format!("{text}.0") }
}

fn plain_slashes(pattern: &str) -> String {
    pattern.replace("\\/", "/")
}

/// A pattern in EQL's notation, which has no escapes: `None` where a text holds a wildcard of its own.
fn wildcard_text(pattern: &[WildcardPart]) -> Option<String> {
    let mut out = String::new();
    for part in pattern {
        match part {
            WildcardPart::Many => out.push('*'),
            WildcardPart::One => out.push('?'),
            WildcardPart::Text(text) if text.contains(['*', '?']) => return None,
            WildcardPart::Text(text) => out.push_str(text),
        }
    }
    Some(out)
}
