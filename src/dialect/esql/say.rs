//! Which tests and values ES|QL can say, and how. Planning asks whether, raising takes the answer: they cannot differ.

use super::format::{name_text, quote};
use super::kinds;
use super::tree::*;
use crate::diagnostic::Span;
use crate::diagnostic::codes::elastic;
use crate::dialect::elastic::{dates, lower, regex};
use crate::model::function::elastic as functions;
use crate::model::function::kusto::aggregate;
use crate::model::{
    Anchor, ArrayMode, Case, Direction, Expr as Value, FieldKind, FieldRef, FieldType, FieldTypes, Function, Loss,
    Ordering, Predicate, RegexFlavour, Segment, TICKS_PER_SECOND, Test, TestKind, Typing, Value as Constants,
    WildcardPart, function,
};
use crate::plan::Support;

/// A test as an expression that is true exactly where the test holds, or how else it can be said.
///
/// `negated` turns the direction of losses that err to one side whatever stands around them.
pub fn test(test: &Test, negated: bool, types: &dyn FieldTypes) -> Result<Expr, Support<Predicate>> {
    Say { types, span: test.span, negated }.test(test)
}

/// A pattern that any value of a field may match, as a search in KQL. It takes fields of the index only, so it must
/// stand in a WHERE behind nothing but others of its kind.
pub fn test_of_events(test: &Test, types: &dyn FieldTypes) -> Option<Expr> {
    let say = Say { types, span: test.span, negated: false };
    let field = test.subject.as_field().filter(|field| field.mode == ArrayMode::Any)?;
    match say.field_type(field) {
        None => {}
        Some(found) if found.list && matches!(found.kind, FieldKind::Keyword | FieldKind::Wildcard) => {}
        Some(_) => return None,
    }
    let query = super::kql::pattern(field, &test.kind)?;
    Some(say.call("kql", vec![say.text(&query)]))
}

/// A value expression.
pub fn value(value: &Value, types: &dyn FieldTypes) -> Result<Expr, String> {
    let say = Say { types, span: Span::default(), negated: false };
    say.value(value).map_err(|support| match support {
        Support::No(reason) => reason,
        _ => "the value has no counterpart".to_owned(),
    })
}

/// The dotted name of a field: plain keys only.
pub fn field_name(field: &FieldRef) -> Result<String, String> {
    let mut keys = Vec::new();
    for segment in &field.path.0 {
        match segment {
            Segment::Key(key) => keys.push(key.as_str()),
            // Elasticsearch flattens lists: a step into one is no step at all.
            Segment::Any => {}
            _ => return Err(format!("{} is no field of its own in Elasticsearch", field.path)),
        }
    }
    let name = keys.join(".");
    match name.split('.').any(str::is_empty) {
        _ if keys.is_empty() => Err("the row as a whole is no field".to_owned()),
        true => Err(format!("{name} has an empty part, which no field of Elasticsearch has")),
        false => Ok(name),
    }
}

/// A name as the tree holds it.
pub fn name(name: &str) -> Name {
    Name { name: name.to_owned(), text: name_text(name), span: Span::default() }
}

/// The spelling of an aggregate.
pub fn aggregate_name(function: Function) -> Option<&'static str> {
    Some(match function {
        aggregate::COUNT_ROWS => "count",
        aggregate::COUNT_DISTINCT => "count_distinct",
        aggregate::MIN => "min",
        aggregate::MAX => "max",
        aggregate::MAKE_SET => "values",
        other => functions::ESQL_AGGREGATES.iter().find(|(_, known)| *known == other)?.0,
    })
}

fn no<T>(reason: impl Into<String>) -> Result<T, Support<Predicate>> {
    Err(Support::No(reason.into()))
}

struct Say<'a> {
    types: &'a dyn FieldTypes,
    span: Span,
    negated: bool,
}

type Said = Result<Expr, Support<Predicate>>;

impl Say<'_> {
    fn expr(&self, kind: ExprKind) -> Expr {
        Expr::new(kind, self.span)
    }

    fn field_type(&self, field: &FieldRef) -> Option<FieldType> {
        let name = field_name(field).ok()?;
        let found = self.types.type_of(&name);
        let found = found.or_else(|| lower::kind_of(&name, self.types).map(FieldType::scalar));
        found.map(|ty| FieldType { kind: lower::written_kind(&name, ty.kind), ..ty })
    }

    fn test(&self, test: &Test) -> Said {
        if let Value::Field(field) = &test.subject
            && field.mode == ArrayMode::Any
            && test.kind != TestKind::Present
        {
            field_name(field).map_err(Support::No)?;
            match self.field_type(field) {
                Some(found) if found.list => return self.any_of_several(test, field),
                // A field of one value: any of its values is that value.
                Some(_) => {}
                // MV_CONTAINS asks each value, of one or of several.
                None if asks_for_constants(&test.kind) => return self.any_of_several(test, field),
                None => {
                    let (single, loss) = self.single(test, field);
                    return self.with_loss(single, loss);
                }
            }
        }
        self.one(test)
    }

    /// The test of a field's one value, and what that loses: rows with several values are dropped either way.
    fn single(&self, test: &Test, field: &FieldRef) -> (Test, Loss) {
        let subject = Value::Field(FieldRef { mode: ArrayMode::Single, ..field.clone() });
        let message = format!("events in which {} holds several values are not found", field.path);
        let direction = if self.negated { Direction::Wider } else { Direction::Narrower };
        let loss = Loss::matching(elastic::ESQL_MULTIVALUE, direction, message, Some(self.span));
        (Test { subject, ..test.clone() }, loss)
    }

    /// The test in the form that the language has, with this loss beside those of the form.
    fn with_loss(&self, test: Test, loss: Loss) -> Said {
        let mut losses = vec![loss];
        let form = self.form(&Predicate::Test(test), &mut losses, 8)?;
        Err(Support::Approximately(form, losses))
    }

    fn form(
        &self,
        predicate: &Predicate,
        losses: &mut Vec<Loss>,
        depth: usize,
    ) -> Result<Predicate, Support<Predicate>> {
        let mut each = |items: &[Predicate]| {
            items.iter().map(|item| self.form(item, losses, depth)).collect::<Result<Vec<_>, _>>()
        };
        match predicate {
            Predicate::Test(test) => match self.one(test) {
                Ok(_) => Ok(predicate.clone()),
                Err(Support::As(other)) if depth > 0 && other != *predicate => self.form(&other, losses, depth - 1),
                Err(Support::As(_)) => Err(Support::No("its forms refer to each other".to_owned())),
                Err(Support::Approximately(other, more)) => {
                    losses.extend(more);
                    Ok(other)
                }
                Err(other) => Err(other),
            },
            Predicate::All(items) => Ok(Predicate::All(each(items)?)),
            Predicate::Any(items) => Ok(Predicate::Any(each(items)?)),
            Predicate::Not(inner) => {
                let contrary = Say { negated: !self.negated, ..*self };
                Ok(Predicate::Not(Box::new(contrary.form(inner, losses, depth)?)))
            }
            other => Ok(other.clone()),
        }
    }

    /// A test of any value of a field that holds several.
    fn any_of_several(&self, test: &Test, field: &FieldRef) -> Said {
        let left = self.value(&Value::Field(field.clone()))?;
        let kind = self.field_type(field).map(|found| found.kind);
        let joined = || {
            let list = Value::Field(FieldRef { mode: ArrayMode::Whole, ..field.clone() });
            Value::Call(functions::ES_MV_CONCAT, vec![list, Value::text("\n")])
        };
        let textual = matches!(kind, Some(FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text));
        match &test.kind {
            // MV_CONTAINS takes a null for an empty list, which every field contains.
            TestKind::Equals { value: Value::Literal(Constants::Null), .. } => {
                Err(Support::As(Predicate::Always(false)))
            }
            TestKind::Equals { value: Value::Literal(constant), case: Case::Sensitive, .. } => {
                let args = vec![left, self.constant(constant, kind)?];
                Ok(self.call("mv_contains", args))
            }
            TestKind::In { values, case, typing } => {
                let each = values.iter().map(|value| {
                    let kind = TestKind::Equals { value: value.clone(), case: *case, typing: *typing };
                    Predicate::Test(Test { kind, ..test.clone() })
                });
                Err(Support::As(Predicate::any(each)))
            }
            // What stands in the joined values and holds no separator stands in one of them.
            TestKind::Contains { value, case }
                if textual && value.as_text().is_some_and(|text| !text.contains('\n')) =>
            {
                let kind = TestKind::Contains { value: value.clone(), case: *case };
                Err(Support::As(Predicate::Test(Test { subject: joined(), kind, ..test.clone() })))
            }
            kind if textual => {
                let parts = match kind {
                    TestKind::Equals { value, .. } => value.as_text().map(|text| vec![text_part(text)]),
                    TestKind::StartsWith { value, .. } => {
                        value.as_text().map(|text| vec![text_part(text), WildcardPart::Many])
                    }
                    TestKind::EndsWith { value, .. } => {
                        value.as_text().map(|text| vec![WildcardPart::Many, text_part(text)])
                    }
                    TestKind::Wildcard { pattern, .. } => Some(pattern.clone()),
                    _ => None,
                };
                let (Some(parts), Some(case)) = (parts, case_of(kind)) else {
                    let (single, loss) = self.single(test, field);
                    return self.with_loss(single, loss);
                };
                let body: String = parts.iter().map(|part| within_line(part, case)).collect();
                let kind = TestKind::Regex {
                    pattern: Value::text(format!("(.*\n)?{body}(\n.*)?")),
                    flavour: RegexFlavour::Lucene,
                    anchor: Anchor::Whole,
                    case: Case::Sensitive,
                };
                let message = format!("a value of {} with a line break counts as several values", field.path);
                let loss = Loss::matching(elastic::ESQL_MULTIVALUE, Direction::Wider, message, Some(self.span));
                Err(Support::Approximately(
                    Predicate::Test(Test { subject: joined(), kind, ..test.clone() }),
                    vec![loss],
                ))
            }
            _ => {
                let (single, loss) = self.single(test, field);
                self.with_loss(single, loss)
            }
        }
    }

    /// A test of one value.
    fn one(&self, test: &Test) -> Said {
        let same = |kind: TestKind| Predicate::Test(Test { kind, ..test.clone() });
        let folded = |kind: TestKind| {
            let subject = Value::Call(function::LOWER, vec![test.subject.clone()]);
            Err(Support::As(Predicate::Test(Test { subject, kind, ..test.clone() })))
        };
        let kind = match test.subject.as_field() {
            Some(field) => self.field_type(field).map(|found| found.kind),
            // A text beside a computed time is a time.
            None => kinds::kind(&test.subject, &|name| lower::kind_of(name, self.types))
                .filter(|kind| *kind == FieldKind::Date),
        };
        let sensitive = Case::Sensitive;
        match &test.kind {
            TestKind::Present => {
                let left = Box::new(self.value(&test.subject)?);
                Ok(self.expr(ExprKind::IsNull { left, negated: true }))
            }
            TestKind::KeyPresent => Err(Support::Approximately(
                same(TestKind::Present),
                vec![Loss::matching(
                    elastic::ELASTIC_VALUES,
                    Direction::Narrower,
                    "Elasticsearch does not know a field that is there without a value",
                    Some(self.span),
                )],
            )),
            TestKind::Empty => {
                let missing = same(TestKind::Present).negate();
                match kind {
                    None | Some(FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text) => {
                        let empty = TestKind::Equals {
                            value: Value::text(""),
                            case: sensitive,
                            typing: Typing::Mapped(FieldType::default()),
                        };
                        Err(Support::As(Predicate::Any(vec![missing, same(empty)])))
                    }
                    _ => Err(Support::As(missing)),
                }
            }
            TestKind::Truthy => {
                let equals = |value: Constants| {
                    let typing = Typing::Mapped(FieldType::scalar(kind.unwrap_or_default()));
                    same(TestKind::Equals { value: Value::Literal(value), case: sensitive, typing })
                };
                let filled = |value: Constants| Predicate::All(vec![same(TestKind::Present), equals(value).negate()]);
                Err(Support::As(match kind {
                    Some(FieldKind::Boolean) => equals(Constants::Bool(true)),
                    Some(FieldKind::Long | FieldKind::Double) => filled(Constants::Int(0)),
                    None | Some(FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text) => filled("".into()),
                    _ => same(TestKind::Present),
                }))
            }
            TestKind::Equals { value: Value::Literal(Constants::Null), .. } => {
                Err(Support::As(Predicate::Always(false)))
            }
            TestKind::Equals { value, case, typing } => {
                if *case != sensitive
                    && let Some(text) = value.as_text()
                {
                    let value = Value::text(text.to_lowercase());
                    return folded(TestKind::Equals { value, case: sensitive, typing: *typing });
                }
                if let (ExprKind::Literal(Literal { value: Constant::Boolean(true), .. }), true) =
                    (&self.operand(value, kind)?.kind, is_boolean(&test.subject))
                {
                    return self.value(&test.subject);
                }
                self.comparison(Comparison::Equal, &test.subject, value, kind)
            }
            TestKind::In { values, case, typing } => {
                if *case != sensitive {
                    let texts: Option<Vec<Value>> = values
                        .iter()
                        .map(|value| value.as_text().map(|text| Value::text(text.to_lowercase())))
                        .collect();
                    return match texts {
                        Some(values) => folded(TestKind::In { values, case: sensitive, typing: *typing }),
                        None => folded(TestKind::In { values: values.clone(), case: sensitive, typing: *typing }),
                    };
                }
                let values: Vec<&Value> =
                    values.iter().filter(|value| !matches!(value, Value::Literal(Constants::Null))).collect();
                if values.is_empty() {
                    return Err(Support::As(Predicate::Always(false)));
                }
                let left = Box::new(self.value(&test.subject)?);
                let items = values.into_iter().map(|value| self.operand(value, kind)).collect::<Result<_, _>>()?;
                Ok(self.expr(ExprKind::In { left, negated: false, items }))
            }
            TestKind::StartsWith { value, case } => {
                self.part(test, "starts_with", value, *case, |text| vec![text, WildcardPart::Many])
            }
            TestKind::EndsWith { value, case } => {
                self.part(test, "ends_with", value, *case, |text| vec![WildcardPart::Many, text])
            }
            TestKind::Contains { value, case } => {
                self.part(test, "contains", value, *case, |text| vec![WildcardPart::Many, text, WildcardPart::Many])
            }
            TestKind::Wildcard { pattern, case } => {
                if *case != sensitive {
                    let pattern = pattern.iter().map(lowered).collect();
                    return folded(TestKind::Wildcard { pattern, case: sensitive });
                }
                self.like(&test.subject, false, like_text(pattern))
            }
            TestKind::Regex { pattern, flavour, anchor, case } => {
                let Some(pattern) = pattern.as_text() else { return no("the regular expression is computed") };
                let text = match (flavour, anchor, case) {
                    (RegexFlavour::Lucene, Anchor::Whole, Case::Sensitive) => pattern.to_owned(),
                    _ => regex::to_lucene(pattern, *flavour, *anchor, *case).map_err(Support::No)?.replace("\\/", "/"),
                };
                self.like(&test.subject, true, text)
            }
            TestKind::Cidr { networks } => {
                let mut subject = self.value(&test.subject)?;
                if kind.is_some_and(|kind| kind != FieldKind::Ip) {
                    subject = self.call("to_ip", vec![subject]);
                }
                let mut args = vec![subject];
                args.extend(networks.iter().map(|network| self.text(network)));
                Ok(self.call("cidr_match", args))
            }
            TestKind::Compare { ordering, value, .. } => {
                let op = match ordering {
                    Ordering::Less => Comparison::Less,
                    Ordering::LessOrEqual => Comparison::LessOrEqual,
                    Ordering::Greater => Comparison::Greater,
                    Ordering::GreaterOrEqual => Comparison::GreaterOrEqual,
                };
                if matches!(value, Value::Literal(Constants::Bool(_) | Constants::Null)) {
                    return Err(Support::As(Predicate::Always(false)));
                }
                self.comparison(op, &test.subject, value, kind)
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
                Err(Support::As(Predicate::all(low.into_iter().chain(high))))
            }
            TestKind::Phrase { text, slop: 0 } => self.search("match_phrase", test, text),
            TestKind::Tokens { text, all: false } => self.search("match", test, text),
            TestKind::Term { value, case }
            | TestKind::TermPrefix { value, case }
            | TestKind::TermSuffix { value, case } => {
                let Some(text) = value.as_text().filter(|text| !text.is_empty()) else {
                    return no("it has no test for words inside a text");
                };
                if kind.is_some_and(|kind| !matches!(kind, FieldKind::Keyword | FieldKind::Wildcard)) {
                    return no("it has no test for words inside a text");
                }
                let kind = TestKind::Regex {
                    pattern: Value::text(regex::term(&test.kind, text, *case)),
                    flavour: RegexFlavour::Lucene,
                    anchor: Anchor::Whole,
                    case: Case::Sensitive,
                };
                let message = "letters and digits beyond ASCII end a term";
                let loss = Loss::matching(elastic::ELASTIC_VALUES, Direction::Wider, message, Some(self.span));
                Err(Support::Approximately(same(kind), vec![loss]))
            }
            TestKind::Phrase { .. } | TestKind::Tokens { .. } | TestKind::TokenWildcard { .. } => {
                no("it has no such search over analysed text")
            }
            TestKind::Fuzzy { .. } => no("it has no fuzzy comparison"),
            TestKind::Ip { .. } => no("a list of networks must be written out"),
            TestKind::IsKind { .. } => no("a column has one type"),
        }
    }

    /// A search of the index. It is read back as one only where the field is known as analysed text.
    fn search(&self, function: &str, test: &Test, text: &str) -> Said {
        let field = test
            .subject
            .as_field()
            .filter(|field| self.field_type(field).is_some_and(|found| found.kind == FieldKind::Text));
        match field {
            Some(_) => Ok(self.call(function, vec![self.value(&test.subject)?, self.text(text)])),
            None => no("words are found in analysed text only"),
        }
    }

    fn part(
        &self,
        test: &Test,
        function: &str,
        value: &Value,
        case: Case,
        pattern: impl Fn(WildcardPart) -> Vec<WildcardPart>,
    ) -> Said {
        let kind = |value: Value, case: Case| match function {
            "starts_with" => TestKind::StartsWith { value, case },
            "ends_with" => TestKind::EndsWith { value, case },
            _ => TestKind::Contains { value, case },
        };
        if case != Case::Sensitive {
            let value = match value.as_text() {
                Some(text) => Value::text(text.to_lowercase()),
                None => Value::Call(function::LOWER, vec![value.clone()]),
            };
            let subject = Value::Call(function::LOWER, vec![test.subject.clone()]);
            let kind = kind(value, Case::Sensitive);
            return Err(Support::As(Predicate::Test(Test { subject, kind, ..test.clone() })));
        }
        match value.as_text() {
            Some("") => Err(Support::As(Predicate::Test(Test { kind: TestKind::Present, ..test.clone() }))),
            Some(text) => self.like(&test.subject, false, like_text(&pattern(text_part(text)))),
            None => Ok(self.call(function, vec![self.value(&test.subject)?, self.value(value)?])),
        }
    }

    fn like(&self, subject: &Value, regex: bool, pattern: String) -> Said {
        let left = Box::new(self.value(subject)?);
        Ok(self.expr(ExprKind::Like { left, negated: false, regex, patterns: vec![self.text(&pattern)] }))
    }

    fn comparison(&self, op: Comparison, left: &Value, right: &Value, kind: Option<FieldKind>) -> Said {
        let (left, right) = (Box::new(self.value(left)?), Box::new(self.operand(right, kind)?));
        Ok(self.expr(ExprKind::Compare { op, left, right }))
    }

    /// A constant by the type of the field it stands beside.
    fn operand(&self, value: &Value, kind: Option<FieldKind>) -> Said {
        match value {
            Value::Literal(constant) => self.constant(constant, kind),
            _ => self.value(value),
        }
    }

    fn value(&self, value: &Value) -> Said {
        match value {
            Value::Literal(constant) => self.constant(constant, None),
            Value::Field(field) => {
                if matches!(field.mode, ArrayMode::All | ArrayMode::First | ArrayMode::Last | ArrayMode::LastDistinct)
                    && self.field_type(field).is_none_or(|found| found.list)
                {
                    return no("values of a field have no order in Elasticsearch");
                }
                let found = field_name(field).map_err(Support::No)?;
                Ok(self.expr(ExprKind::Name(name(&found))))
            }
            Value::Call(function, args) => self.function(*function, args),
            // A part of a text: the values of a computed list keep their order.
            Value::Path(base, path, _) => match (base.as_ref(), path.0.as_slice()) {
                (Value::Call(function::SPLIT | functions::ES_SPLIT, args), [Segment::Index(index)]) => {
                    let parts = self.function(functions::ES_SPLIT, args)?;
                    match index {
                        0 => Ok(self.call("mv_first", vec![parts])),
                        -1 => Ok(self.call("mv_last", vec![parts])),
                        _ => {
                            let at = self.constant(&Constants::Int(*index), None)?;
                            Ok(self.call("mv_slice", vec![parts, at]))
                        }
                    }
                }
                _ => no("this value has no counterpart"),
            },
            Value::Case(arms, otherwise) => {
                let mut args = Vec::new();
                for arm in arms {
                    args.push(super::raise::condition(&arm.when, self.types).map_err(Support::No)?);
                    args.push(self.value(&arm.then)?);
                }
                args.push(self.value(otherwise)?);
                Ok(self.call("case", args))
            }
            Value::Truth(predicate) => super::raise::condition(predicate, self.types).map_err(Support::No),
            Value::List(items) => {
                let mut literals = Vec::new();
                for item in items {
                    match self.value(item)?.kind {
                        ExprKind::Literal(literal) => literals.push(literal),
                        _ => return no("a list of computed values"),
                    }
                }
                if literals.is_empty() {
                    return no("an empty list");
                }
                Ok(self.expr(ExprKind::Array(literals)))
            }
            Value::Aggregate(function, args, filter) => {
                if filter.as_ref().is_some_and(|filter| !counts_what_is_there(*function, args, filter)) {
                    return no("an aggregate with a condition inside another expression");
                }
                self.aggregate(*function, args)
            }
            Value::AnyField => no("every test names its field"),
            _ => no("this value has no counterpart"),
        }
    }

    fn aggregate(&self, function: Function, args: &[Value]) -> Said {
        let Some(spelling) = aggregate_name(function) else {
            return match super::foreign::aggregate(function, args) {
                Some(same) => self.value(&same),
                None => no(format!("it has no aggregate `{}`", function.0)),
            };
        };
        let args = args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>()?;
        let star = spelling == "count" && args.is_empty();
        Ok(self.expr(ExprKind::Call { name: spelling.to_owned(), name_span: self.span, args, star }))
    }

    fn function(&self, function: Function, args: &[Value]) -> Said {
        let values = || args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>();
        let arithmetic = |operator: Operator| -> Said {
            let mut values = values()?.into_iter();
            match (values.next(), values.next()) {
                (Some(first), Some(second)) => {
                    Ok(self.expr(ExprKind::Arithmetic { first: Box::new(first), rest: vec![(operator, second)] }))
                }
                _ => no("an operand is missing"),
            }
        };
        match function {
            function::ADD => arithmetic(Operator::Add),
            function::SUBTRACT => arithmetic(Operator::Subtract),
            function::MULTIPLY => arithmetic(Operator::Multiply),
            functions::DIVIDE => arithmetic(Operator::Divide),
            function::REMAINDER => arithmetic(Operator::Remainder),
            function::NEGATE => match values()?.pop() {
                Some(inner) => Ok(self.expr(ExprKind::Negative(Box::new(inner)))),
                None => no("an operand is missing"),
            },
            functions::ES_DATE_TRUNC_MONTHS => match args {
                [Value::Literal(Constants::Int(months)), time] if *months > 0 => {
                    Ok(self.call("date_trunc", vec![self.months(*months), self.value(time)?]))
                }
                _ => no("a computed width of buckets"),
            },
            functions::ES_ADD_MONTHS => match args {
                [time, Value::Literal(Constants::Int(months))] => {
                    let operator = if *months < 0 { Operator::Subtract } else { Operator::Add };
                    let by = self.months(months.checked_abs().unwrap_or(i64::MAX));
                    let first = Box::new(self.value(time)?);
                    Ok(self.expr(ExprKind::Arithmetic { first, rest: vec![(operator, by)] }))
                }
                _ => no("a computed number of months"),
            },
            function::SUBSTRING => match (args.get(1), args.get(2)) {
                // ES|QL counts from 1.
                (Some(Value::Literal(Constants::Int(start))), None | Some(Value::Literal(Constants::Int(_))))
                    if *start >= 0 =>
                {
                    let mut values = values()?;
                    if let Some(place) = values.get_mut(1) {
                        *place = self.constant(&Constants::Int(start + 1), None)?;
                    }
                    Ok(self.call("substring", values))
                }
                _ => no("a part of a text from a computed place"),
            },
            _ => match functions::ESQL.iter().find(|(_, _, _, known)| *known == function) {
                Some((spelling, least, most, _)) if (*least..=*most).contains(&args.len()) => {
                    Ok(self.call(spelling, values()?))
                }
                _ => match super::foreign::call(function, args, self.types) {
                    Some(same) => self.value(&same),
                    None => no(format!("it has no function for `{}`", function.0)),
                },
            },
        }
    }

    fn constant(&self, constant: &Constants, kind: Option<FieldKind>) -> Said {
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
            Constants::String(text) if kind == Some(FieldKind::Date) => match dates::parse(text) {
                Ok(dates::Moment::Span { .. }) => return Ok(self.text(text)),
                _ => return no("a date that is reckoned by the calendar"),
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
                Some(text) if kind == Some(FieldKind::Date) => return Ok(self.text(&text)),
                Some(text) => return Ok(self.call("to_datetime", vec![self.text(&text)])),
                None => return no("a time finer than a millisecond"),
            },
            Constants::Duration(ticks) => match time_span(*ticks) {
                Some(literal) => literal,
                None => return no("a length of time finer than a millisecond"),
            },
            _ => return no("it has no such constant"),
        };
        Ok(self.expr(ExprKind::Literal(Literal { value, text, span: self.span })))
    }

    /// A length of calendar time: years where it is whole years, a quarter, else months.
    fn months(&self, months: i64) -> Expr {
        let (count, unit) = match months {
            3 => (1, "quarter"),
            _ if months % 12 == 0 && months != 0 => (months / 12, "year"),
            _ => (months, "month"),
        };
        let unit = if count == 1 { unit.to_owned() } else { format!("{unit}s") };
        let text = format!("{count} {unit}");
        self.expr(ExprKind::Literal(Literal { value: Constant::Time(count, unit), text, span: self.span }))
    }

    fn text(&self, text: &str) -> Expr {
        let value = Constant::Text(text.to_owned());
        self.expr(ExprKind::Literal(Literal { value, text: quote(text), span: self.span }))
    }

    fn call(&self, name: &str, args: Vec<Expr>) -> Expr {
        self.expr(ExprKind::Call { name: name.to_owned(), name_span: self.span, args, star: false })
    }
}

/// Whether a test asks for the equality with constants whose type is plain without knowing the field's.
fn asks_for_constants(kind: &TestKind) -> bool {
    let plain = |value: &Value| {
        matches!(
            value,
            Value::Literal(Constants::String(_) | Constants::Int(_) | Constants::Double(_) | Constants::Bool(_))
        )
    };
    match kind {
        TestKind::Equals { value, case: Case::Sensitive, .. } => plain(value),
        TestKind::In { values, case: Case::Sensitive, .. } => values.iter().all(plain),
        _ => false,
    }
}

/// COUNT_DISTINCT counts what is there by itself.
pub fn counts_what_is_there(function: Function, args: &[Value], filter: &Predicate) -> bool {
    let [subject] = args else { return false };
    function == aggregate::COUNT_DISTINCT
        && matches!(filter, Predicate::Test(Test { subject: tested, kind: TestKind::Present, .. }) if tested == subject)
}

/// A column that is used as a condition by itself.
fn is_boolean(subject: &Value) -> bool {
    matches!(subject, Value::Truth(_))
}

fn text_part(text: &str) -> WildcardPart {
    WildcardPart::Text(text.to_owned())
}

fn lowered(part: &WildcardPart) -> WildcardPart {
    match part {
        WildcardPart::Text(text) => WildcardPart::Text(text.to_lowercase()),
        other => other.clone(),
    }
}

fn case_of(kind: &TestKind) -> Option<Case> {
    match kind {
        TestKind::Equals { case, .. }
        | TestKind::StartsWith { case, .. }
        | TestKind::EndsWith { case, .. }
        | TestKind::Wildcard { case, .. } => Some(*case),
        _ => None,
    }
}

/// A piece of a pattern as a regular expression that never passes a line break.
fn within_line(part: &WildcardPart, case: Case) -> String {
    match part {
        WildcardPart::Many => "[^\n]*".to_owned(),
        WildcardPart::One => "[^\n]".to_owned(),
        text => regex::wildcard(std::slice::from_ref(text), case).replace("\\/", "/"),
    }
}

/// A pattern in the notation of LIKE, wildcards of the text itself escaped.
fn like_text(pattern: &[WildcardPart]) -> String {
    let mut out = String::new();
    for part in pattern {
        match part {
            WildcardPart::Many => out.push('*'),
            WildcardPart::One => out.push('?'),
            WildcardPart::Text(text) => {
                for character in text.chars() {
                    if matches!(character, '*' | '?' | '\\') {
                        out.push('\\');
                    }
                    out.push(character);
                }
            }
        }
    }
    out
}

fn number_text(number: f64) -> String {
    let text = number.to_string();
    if text.contains(['.', 'e', 'E']) { text } else { format!("{text}.0") }
}

/// A length of time in the largest unit that fits.
fn time_span(ticks: i64) -> Option<(Constant, String)> {
    let millisecond = TICKS_PER_SECOND / 1000;
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    if ticks % millisecond != 0 {
        return None;
    }
    let milliseconds = ticks / millisecond;
    let (length, unit) = units.into_iter().find(|(length, _)| milliseconds % length == 0)?;
    let count = milliseconds / length;
    let unit = if count.abs() == 1 { unit.to_owned() } else { format!("{unit}s") };
    Some((Constant::Time(count, unit.clone()), format!("{count} {unit}")))
}
