//! Conditions: when they are true, when they are false; null is neither.

use super::patterns::like;
use super::{Gap, Lowering, column};
use crate::diagnostic::Span;
use crate::diagnostic::codes::elastic;
use crate::dialect::elastic::dates;
use crate::dialect::elastic::lower::{self, Refused};
use crate::dialect::esql::tree::*;
use crate::model::{
    Anchor, ArrayMode, Case, Expr as Value, FieldKind, FieldType, Logic, Ordering, Predicate, RegexFlavour, Test,
    TestKind, Typing, Value as Constants, WildcardPart, lucene_regex,
};

/// Functions that yield a condition.
pub(super) fn is_condition(name: &str) -> bool {
    matches!(
        name,
        "starts_with"
            | "ends_with"
            | "contains"
            | "cidr_match"
            | "mv_contains"
            | "kql"
            | "qstr"
            | "match"
            | "match_phrase"
    )
}

impl Lowering<'_> {
    /// A predicate that holds where the condition is `wanted`.
    pub(super) fn truth(&mut self, expr: &Expr, wanted: bool) -> Predicate {
        match (&expr.kind, wanted) {
            (ExprKind::Or(operands), false) if operands.iter().all(searches) => self.any_search(operands).negate(),
            (ExprKind::Or(operands), true) => {
                let mut found = Vec::new();
                for run in operands.chunk_by(|left, right| searches(left) && searches(right)) {
                    found.push(self.any_search(run));
                }
                Predicate::any(found)
            }
            (ExprKind::And(operands), true) | (ExprKind::Or(operands), false) => {
                Predicate::all(operands.iter().map(|operand| self.truth(operand, wanted)).collect::<Vec<_>>())
            }
            (ExprKind::And(operands), false) => {
                Predicate::any(operands.iter().map(|operand| self.truth(operand, wanted)).collect::<Vec<_>>())
            }
            (ExprKind::Not(inner), _) => self.truth(inner, !wanted),
            _ => {
                let before = self.unread.len();
                let read = match self.depends(expr) {
                    Some(gap) => Err(gap),
                    None => self.leaf(expr, wanted),
                };
                let mut predicate = read.unwrap_or_else(|gap| {
                    // What was left of its parts is in the whole.
                    self.unread.truncate(before);
                    Predicate::Unread { index: self.leave_condition(gap, expr.span, wanted), span: expr.span }
                });
                if let Some(words) = self.comments.remove(&expr.span.start) {
                    match first_test(&mut predicate) {
                        Some(test) => test.comments = words,
                        None => self.orphans.extend(words),
                    }
                }
                predicate
            }
        }
    }

    /// Conditions, any of which may hold: the values that searches ask of one field in one list.
    fn any_search(&mut self, operands: &[Expr]) -> Predicate {
        let mut found = operands.iter().map(|operand| self.truth(operand, true)).collect::<Vec<_>>();
        let noted = |predicate: &Predicate| matches!(predicate, Predicate::Test(test) if !test.comments.is_empty());
        match found.len() {
            1 => found.remove(0),
            // A list of values has no place for the words beside one of them.
            _ if found.iter().any(noted) => Predicate::any(found),
            _ => crate::dialect::elastic::join::any(found),
        }
    }

    fn leaf(&mut self, expr: &Expr, wanted: bool) -> Result<Predicate, Gap> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(Literal { value: Constant::Boolean(flag), .. }) => Ok(Predicate::Always(*flag == wanted)),
            ExprKind::Literal(Literal { value: Constant::Null, .. }) => Ok(Predicate::Always(false)),
            ExprKind::IsNull { left, negated } => {
                // Several values are not null.
                let subject = match &left.kind {
                    ExprKind::Name(name) => column(&name.name, ArrayMode::Any),
                    _ => self.value(left)?,
                };
                let present = Predicate::from(Test::new(subject, TestKind::Present, span));
                Ok(if *negated == wanted { present } else { present.negate() })
            }
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, span, wanted),
            ExprKind::In { left, negated, items } => self.contained(left, items, span, wanted != *negated),
            ExprKind::Like { left, negated, regex, patterns } => {
                let (subject, kinds) = self.patterned(left, *regex, patterns, span)?;
                Ok(decided(&subject, kinds, span, wanted != *negated))
            }
            ExprKind::Matches { left, right } => {
                let name = match &left.kind {
                    ExprKind::Cast { inner, .. } => &inner.kind,
                    other => other,
                };
                let ExprKind::Name(name) = name else { return Err(no_condition(span)) };
                self.searched(name, right, false, span, wanted)
            }
            ExprKind::Call { name, args, .. } if is_condition(name) => self.condition_call(expr, name, args, wanted),
            ExprKind::Name(_) | ExprKind::Call { .. } | ExprKind::Cast { .. } => {
                let subject = self.value(expr)?;
                let kind = TestKind::Equals {
                    value: Value::Literal(wanted.into()),
                    case: Case::Sensitive,
                    typing: Typing::Mapped(FieldType::scalar(FieldKind::Boolean)),
                };
                Ok(Test::new(subject, kind, span).into())
            }
            ExprKind::Param(name) => Err((elastic::ESQL_UNREAD, format!("the parameter {name} has no value"), span)),
            ExprKind::InQuery { .. } => {
                Err((elastic::ESQL_UNREAD, "a condition on the rows of another query is not read".to_owned(), span))
            }
            _ => Err(no_condition(span)),
        }
    }

    /// The field as its mapping knows it, asked for its one value. A computed column has no mapping.
    fn mapped(&self, name: &str) -> lower::Field {
        let mut found = lower::Field::named(name, self.context.types);
        found.subject = column(name, ArrayMode::Single);
        if let Some(kind) = self.computed.get(name) {
            found.kind = *kind;
        }
        // The whole text is compared, never its words.
        if found.kind == Some(FieldKind::Text) {
            found.kind = Some(FieldKind::Keyword);
        }
        found
    }

    fn compare(
        &mut self,
        op: Comparison,
        left: &Expr,
        right: &Expr,
        span: Span,
        wanted: bool,
    ) -> Result<Predicate, Gap> {
        let constant = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(_)) || is_now(expr);
        if constant(left) && !constant(right) {
            return self.compare(mirrored(op), right, left, span, wanted);
        }
        let null = |expr: &Expr| matches!(&expr.kind, ExprKind::Literal(Literal { value: Constant::Null, .. }));
        if null(left) || null(right) {
            return Ok(Predicate::Always(false));
        }
        let (op, wanted) = if op == Comparison::NotEqual { (Comparison::Equal, !wanted) } else { (op, wanted) };
        if let (ExprKind::Name(name), ExprKind::Literal(literal)) = (&left.kind, &right.kind)
            && let Some(text) = literal_text(literal)
        {
            let mut field = self.mapped(&name.name);
            field.kind.get_or_insert(assumed(literal));
            if !matches!(field.kind, Some(FieldKind::Date | FieldKind::Ip | FieldKind::Timespan)) {
                let end = |closed| Some((text.as_str(), closed));
                let found = match op {
                    Comparison::Less => lower::range(&field, None, end(false), span),
                    Comparison::LessOrEqual => lower::range(&field, None, end(true), span),
                    Comparison::Greater => lower::range(&field, end(false), None, span),
                    Comparison::GreaterOrEqual => lower::range(&field, end(true), None, span),
                    _ => lower::equals(&field, &text, true, span),
                };
                let found = found.map_err(|Refused(_, reason)| (elastic::ESQL_UNREAD, reason, span))?;
                return Ok(if wanted { found } else { denied(&field.subject, found, span) });
            }
        }
        let (mut subject, mut value) = (self.value(left)?, self.value(right)?);
        // A text beside a time is a time, and beside an address an address.
        let special = |kind: &FieldKind| matches!(kind, FieldKind::Date | FieldKind::Ip);
        let known = self.kind(&subject).filter(special).or_else(|| self.kind(&value).filter(special));
        if let Some(kind) = known {
            subject = cast(subject, kind, left)?;
            value = cast(value, kind, right)?;
        }
        let typing = match (known, subject.as_field().and_then(|field| self.column_kind(&field.path.to_string()))) {
            (Some(kind), _) | (None, Some(kind)) => Typing::Mapped(FieldType::scalar(kind)),
            (None, None) => Typing::Typed,
        };
        let order = |ordering| TestKind::Compare { ordering, value: value.clone(), typing };
        let kind = match op {
            Comparison::Less => order(Ordering::Less),
            Comparison::LessOrEqual => order(Ordering::LessOrEqual),
            Comparison::Greater => order(Ordering::Greater),
            Comparison::GreaterOrEqual => order(Ordering::GreaterOrEqual),
            _ => TestKind::Equals { value: value.clone(), case: Case::Sensitive, typing },
        };
        let test = Predicate::from(Test::new(subject.clone(), kind, span));
        if wanted {
            return Ok(test);
        }
        let denied = denied(&subject, test, span);
        Ok(match value {
            Value::Literal(_) => denied,
            _ if is_now(right) => denied,
            other => Predicate::all([Test::new(other, TestKind::Present, span).into(), denied]),
        })
    }

    /// `left IN (..)`; null in the list makes "not in" null.
    fn contained(&mut self, left: &Expr, items: &[Expr], span: Span, wanted: bool) -> Result<Predicate, Gap> {
        let null = |item: &&Expr| matches!(&item.kind, ExprKind::Literal(Literal { value: Constant::Null, .. }));
        if !wanted && items.iter().any(|item| null(&item)) {
            return Ok(Predicate::Always(false));
        }
        let mut found = Vec::new();
        let mut others = Vec::new();
        let subject = match &left.kind {
            ExprKind::Name(name) => column(&name.name, ArrayMode::Single),
            _ => self.value(left)?,
        };
        for item in items.iter().filter(|item| !null(item)) {
            found.push(self.compare(Comparison::Equal, left, item, item.span, true)?);
            if !matches!(item.kind, ExprKind::Literal(_)) {
                others.push(Predicate::from(Test::new(self.value(item)?, TestKind::Present, item.span)));
            }
        }
        let mut found = crate::dialect::elastic::join::any(found);
        if let Predicate::Test(test) = &mut found {
            test.span = span;
        }
        if wanted {
            return Ok(found);
        }
        Ok(Predicate::all(others.into_iter().chain([denied(&subject, found, span)])))
    }

    fn patterned(
        &mut self,
        left: &Expr,
        regex: bool,
        patterns: &[Expr],
        span: Span,
    ) -> Result<(Value, Vec<TestKind>), Gap> {
        let subject = self.value(left)?;
        let case = Case::Sensitive;
        let mut kinds = Vec::new();
        for pattern in patterns {
            let ExprKind::Literal(Literal { value: Constant::Text(text), .. }) = &pattern.kind else {
                return Err((elastic::ESQL_UNREAD, "a pattern that is no text is not read".to_owned(), pattern.span));
            };
            kinds.push(if regex {
                lucene_regex::parse(text).map_err(|reason| (elastic::ESQL_UNREAD, reason, pattern.span))?;
                let pattern = Value::text(text.clone());
                TestKind::Regex { pattern, flavour: RegexFlavour::Lucene, anchor: Anchor::Whole, case }
            } else {
                use WildcardPart::{Many, Text};
                let value = |text: &str| Value::text(text.to_owned());
                let keyword = Typing::Mapped(FieldType::scalar(FieldKind::Keyword));
                let parts = like(text);
                match parts.as_slice() {
                    [] => TestKind::Equals { value: value(""), case, typing: keyword },
                    [Many] => TestKind::Present,
                    [Text(text)] => TestKind::Equals { value: value(text), case, typing: keyword },
                    [Text(text), Many] => TestKind::StartsWith { value: value(text), case },
                    [Many, Text(text)] => TestKind::EndsWith { value: value(text), case },
                    [Many, Text(text), Many] => TestKind::Contains { value: value(text), case },
                    _ => TestKind::Wildcard { pattern: parts, case },
                }
            });
        }
        let _ = span;
        Ok((subject, kinds))
    }

    /// `field : value` and MATCH: a search of the index, which asks for any value and is never null.
    fn searched(
        &mut self,
        name: &Name,
        value: &Expr,
        phrase: bool,
        span: Span,
        wanted: bool,
    ) -> Result<Predicate, Gap> {
        let ExprKind::Literal(literal) = &value.kind else {
            return Err((elastic::ESQL_UNREAD, "a search for a computed value is not read".to_owned(), value.span));
        };
        let Some(text) = literal_text(literal) else { return Ok(Predicate::Always(false)) };
        let mut field = lower::Field::named(&name.name, self.context.types);
        field.kind.get_or_insert(assumed(literal));
        let found = lower::equals(&field, &text, phrase, span)
            .map_err(|Refused(_, reason)| (elastic::ESQL_UNREAD, reason, span))?;
        Ok(if wanted { found } else { found.negate() })
    }

    fn condition_call(&mut self, whole: &Expr, name: &str, args: &[Expr], wanted: bool) -> Result<Predicate, Gap> {
        let span = whole.span;
        let case = Case::Sensitive;
        if args.iter().any(|arg| matches!(arg.kind, ExprKind::Map(_))) {
            return Err((elastic::ESQL_UNREAD, format!("options of {} are not read", name.to_uppercase()), span));
        }
        match (name, args) {
            ("starts_with" | "ends_with" | "contains", [subject, value]) => {
                let (subject, value) = (self.value(subject)?, self.value(value)?);
                let kind = match name {
                    "starts_with" => TestKind::StartsWith { value, case },
                    "ends_with" => TestKind::EndsWith { value, case },
                    _ => TestKind::Contains { value, case },
                };
                Ok(decided(&subject, vec![kind], span, wanted))
            }
            ("cidr_match", [subject, networks @ ..]) if !networks.is_empty() => {
                let mut found = Vec::new();
                for network in networks {
                    match &network.kind {
                        ExprKind::Literal(Literal { value: Constant::Text(text), .. }) => found.push(text.clone()),
                        _ => {
                            return Err((
                                elastic::ESQL_UNREAD,
                                "a computed network is not read".to_owned(),
                                network.span,
                            ));
                        }
                    }
                }
                let subject = self.value(subject)?;
                Ok(decided(&subject, vec![TestKind::Cidr { networks: found }], span, wanted))
            }
            ("mv_contains", [list, values]) => {
                let ExprKind::Name(field) = &list.kind else {
                    return Err((elastic::ESQL_UNREAD, "MV_CONTAINS of a computed list is not read".to_owned(), span));
                };
                let literals: Vec<Literal> = match &values.kind {
                    ExprKind::Literal(literal) => vec![literal.clone()],
                    ExprKind::Array(literals) => literals.clone(),
                    _ => {
                        return Err((
                            elastic::ESQL_UNREAD,
                            "MV_CONTAINS of a computed value is not read".to_owned(),
                            span,
                        ));
                    }
                };
                let mut found = self.mapped(&field.name);
                found.subject = column(&field.name, ArrayMode::Any);
                let mut each = Vec::new();
                for literal in &literals {
                    let Some(text) = literal_text(literal) else { continue };
                    let mut found = found.clone();
                    found.kind.get_or_insert(assumed(literal));
                    let test = lower::equals(&found, &text, true, span);
                    each.push(test.map_err(|Refused(_, reason)| (elastic::ESQL_UNREAD, reason, span))?);
                }
                let found = Predicate::all(each);
                Ok(if wanted { found } else { found.negate() })
            }
            ("match", [Expr { kind: ExprKind::Name(field), .. }, value]) => {
                self.searched(field, value, false, span, wanted)
            }
            ("match_phrase", [Expr { kind: ExprKind::Name(field), .. }, value]) => {
                self.searched(field, value, true, span, wanted)
            }
            ("kql" | "qstr", [query]) => {
                let found = self.embedded(if name == "kql" { "kuery" } else { "lucene" }, query, span)?;
                Ok(if wanted { found } else { found.negate() })
            }
            _ => Err((elastic::ESQL_UNREAD, format!("{} in this form is not read", name.to_uppercase()), span)),
        }
    }

    /// A query in another language, read through the registry. It is a search of the index and never null.
    fn embedded(&mut self, language: &str, query: &Expr, span: Span) -> Result<Predicate, Gap> {
        let ExprKind::Literal(Literal { value: Constant::Text(text), .. }) = &query.kind else {
            return Err((elastic::ESQL_UNREAD, "a computed query is not read".to_owned(), query.span));
        };
        let Some(dialect) = self.context.registry.get(language) else {
            return Err((elastic::ESQL_UNREAD, format!("there is no dialect {language}"), span));
        };
        let read = dialect.read(text.trim(), self.context).map_err(|errors| {
            let reason = errors.first().map_or_else(String::new, |error| error.message.clone());
            (elastic::ESQL_UNREAD, format!("the query inside is not {language}: {reason}"), query.span)
        })?;
        if let Some(gap) = read.unread.into_iter().next() {
            return Err((elastic::ESQL_UNREAD, gap.reason, query.span));
        }
        for mut diagnostic in read.diagnostics {
            diagnostic.span = Some(query.span);
            diagnostic.labels.clear();
            self.diagnostics.push(diagnostic);
        }
        let condition = match &read.logic {
            Logic::Pipeline(_) => read.logic.as_filter(),
            _ => None,
        };
        let Some(condition) = condition else {
            return Err((elastic::ESQL_UNREAD, "the query inside is no condition".to_owned(), query.span));
        };
        Ok(placed(condition, span))
    }
}

/// Every test at the place of the whole, because its own places are those of another text.
fn placed(predicate: Predicate, span: Span) -> Predicate {
    struct At(Span);
    impl crate::model::walk::Fold for At {
        fn test(&mut self, mut test: Test) -> Predicate {
            test.span = self.0;
            Predicate::Test(crate::model::walk::test_parts(self, test))
        }
    }
    use crate::model::walk::Fold;
    At(span).predicate(predicate)
}

/// Whether it asks the index or a list, and so is never null: `not (a or b)` is true where none of such holds.
fn searches(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Matches { .. } => true,
        ExprKind::Call { name, .. } => {
            matches!(name.as_str(), "mv_contains" | "kql" | "qstr" | "match" | "match_phrase")
        }
        _ => false,
    }
}

fn no_condition(span: Span) -> Gap {
    (elastic::ESQL_UNREAD, "this is a value, not a condition".to_owned(), span)
}

/// The test is denied: there is a value, and it fails.
fn denied(subject: &Value, test: Predicate, span: Span) -> Predicate {
    match test {
        Predicate::Always(flag) => {
            let present = Test::new(subject.clone(), TestKind::Present, span).into();
            if flag { Predicate::Always(false) } else { present }
        }
        test => Predicate::all([Test::new(subject.clone(), TestKind::Present, span).into(), test.negate()]),
    }
}

/// One of these tests of a value, or none of them.
fn decided(subject: &Value, kinds: Vec<TestKind>, span: Span, wanted: bool) -> Predicate {
    let tests = kinds.into_iter().map(|kind| Predicate::Test(Test::new(subject.clone(), kind, span))).collect();
    let found = crate::dialect::elastic::join::any(tests);
    if wanted { found } else { denied(subject, found, span) }
}

/// What a constant is where the field's type is not known.
fn assumed(literal: &Literal) -> FieldKind {
    match literal.value {
        Constant::Integer(_) | Constant::Number(_) => FieldKind::Double,
        Constant::Boolean(_) => FieldKind::Boolean,
        _ => FieldKind::Keyword,
    }
}

/// A constant beside a time or an address as such: Elasticsearch reads the text that it is. A text that is none, and a
/// number, are refused when the query is run.
fn cast(value: Value, kind: FieldKind, written: &Expr) -> Result<Value, Gap> {
    let refuse = |what: &str| {
        let reason = format!("Elasticsearch refuses {what} beside {}", lower::kind_name(kind));
        Err((elastic::ESQL_UNREAD, reason, written.span))
    };
    match (&value, kind) {
        (Value::Literal(Constants::String(text)), FieldKind::Date) => match time(text) {
            Some(ticks) => Ok(Value::Literal(Constants::DateTime(ticks))),
            None => refuse(&format!("the text {text:?}")),
        },
        (Value::Literal(Constants::String(text)), _) if text.parse::<std::net::IpAddr>().is_err() => {
            refuse(&format!("the text {text:?}"))
        }
        (Value::Literal(Constants::Int(_) | Constants::Double(_) | Constants::Bool(_)), _) => {
            refuse("a constant of another type")
        }
        (Value::List(items), _) => {
            let items = items.iter().map(|item| cast(item.clone(), kind, written)).collect::<Result<_, _>>()?;
            Ok(Value::List(items))
        }
        _ => Ok(value),
    }
}

/// The time that a text names, the first moment of what it leaves open; no date math, and no milliseconds since 1970.
pub(super) fn time(text: &str) -> Option<i64> {
    let plain = text.len() == 4 || text.bytes().any(|byte| !byte.is_ascii_digit());
    match dates::parse(text) {
        Ok(dates::Moment::Span { from, .. }) if plain && !text.contains("||") => Some(from),
        _ => None,
    }
}

fn literal_text(literal: &Literal) -> Option<String> {
    match &literal.value {
        Constant::Text(text) => Some(text.clone()),
        Constant::Integer(_) | Constant::Number(_) | Constant::Boolean(_) => Some(literal.text.to_ascii_lowercase()),
        Constant::Null | Constant::Time(..) => None,
    }
}

/// `NOW()`, moved by a length of time or not.
fn is_now(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { name, .. } => name == "now",
        ExprKind::Arithmetic { first, rest } => {
            is_now(first)
                && rest.iter().all(|(_, operand)| {
                    matches!(&operand.kind, ExprKind::Literal(Literal { value: Constant::Time(..), .. }))
                })
        }
        _ => false,
    }
}

fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn first_test(predicate: &mut Predicate) -> Option<&mut Test> {
    match predicate {
        Predicate::Test(test) => Some(test),
        Predicate::Not(inner) => first_test(inner),
        Predicate::All(items) | Predicate::Any(items) => items.iter_mut().find_map(first_test),
        _ => None,
    }
}
