//! Conditions: every operator with its case, its wildcards and what it says of missing fields.

use super::{Gap, Lowering};
use crate::diagnostic::codes::elastic;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::elastic::lower::Refused;
use crate::dialect::elastic::{join, lower};
use crate::dialect::eql::tree::*;
use crate::model::{
    Anchor, ArrayMode, Case, Expr as Value, FieldKind, FieldRef, FieldType, Ordering, Predicate, RegexFlavour, Test,
    TestKind, Typing, WildcardPart, function, lucene_regex,
};

impl Lowering<'_> {
    /// A condition; what cannot be read stands in it as [`Predicate::Unread`].
    pub(super) fn condition(&mut self, expr: &Expr) -> Predicate {
        match &expr.kind {
            ExprKind::Or(operands) => join::any(operands.iter().map(|operand| self.condition(operand)).collect()),
            ExprKind::And(operands) => join::all(operands.iter().map(|operand| self.condition(operand)).collect()),
            ExprKind::Not(inner) => self.condition(inner).negate(),
            _ => self.leaf(expr),
        }
    }

    fn leaf(&mut self, expr: &Expr) -> Predicate {
        let mut predicate = match self.test(expr) {
            Ok(predicate) => predicate,
            Err(gap) => Predicate::Unread { index: self.leave(gap), span: expr.span },
        };
        if let Some(words) = self.comments.remove(&expr.span.start)
            && let Some(test) = first_test(&mut predicate)
        {
            test.comments = words;
        }
        predicate
    }

    fn test(&mut self, expr: &Expr) -> Result<Predicate, Gap> {
        match &expr.kind {
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, left, right),
            ExprKind::In { left, negated, fold, items } => {
                let case = if *fold { Case::IgnoreAscii } else { Case::Sensitive };
                let mut found = Vec::new();
                for item in items {
                    let ExprKind::Literal(literal) = &item.kind else {
                        let reason = "Elasticsearch takes constants in a list, nothing else";
                        return Err((elastic::EQL_FIELDS, reason.to_owned(), item.span));
                    };
                    // A list never finds null.
                    if literal.value != Constant::Null {
                        found.push(self.equals(left, literal, case, expr.span)?);
                    }
                }
                let found = join::any(found);
                Ok(if *negated { found.negate() } else { found })
            }
            ExprKind::Match { left, op, patterns } => {
                let found = patterns.iter().map(|pattern| self.pattern(left, *op, pattern, expr.span));
                Ok(join::any(found.collect::<Result<_, _>>()?))
            }
            ExprKind::Literal(Literal { value: Constant::Boolean(flag), .. }) => Ok(Predicate::Always(*flag)),
            ExprKind::Literal(Literal { value: Constant::Null, .. }) => Ok(Predicate::Always(false)),
            ExprKind::Field(field) => {
                let kind = TestKind::Equals {
                    value: Value::Literal(true.into()),
                    case: Case::Sensitive,
                    typing: Typing::Mapped(FieldType::scalar(FieldKind::Boolean)),
                };
                Ok(Test::new(any(field), kind, expr.span).into())
            }
            ExprKind::Call { name, fold, args, .. } => self.call(expr, name, *fold, args),
            ExprKind::Subquery { relation, .. } => {
                Err((elastic::EQL_UNREAD, format!("Elasticsearch has no `{relation} of`"), expr.span))
            }
            _ => Err((elastic::EQL_TYPE, "this is a value, not a condition".to_owned(), expr.span)),
        }
    }

    /// The field as its mapping knows it, tested in this case. Analysed text has no whole value that EQL could test;
    /// Elasticsearch then uses a keyword sub-field or refuses the query.
    fn mapped(&mut self, field: &Field, case: Case, span: Span) -> lower::Field {
        let mut found = lower::Field::named(&field.name, self.types);
        found.subject = any(field);
        if case != Case::Sensitive {
            found.case = case;
        }
        if found.kind == Some(FieldKind::Text) {
            found.kind = Some(FieldKind::Keyword);
            let message =
                format!("{} is analysed text; EQL tests whole values, so a keyword sub-field is assumed", field.name);
            if !self.diagnostics.iter().any(|known| known.message == message) {
                self.diagnostics.push(Diagnostic::warning(elastic::EQL_TYPE, message).at(span));
            }
        }
        found
    }

    /// `left == literal` in this case, by the mapping of the field.
    fn equals(&mut self, left: &Expr, literal: &Literal, case: Case, span: Span) -> Result<Predicate, Gap> {
        let refused = |Refused(code, reason)| (code, reason, span);
        match &left.kind {
            ExprKind::Field(field) => {
                let mut found = self.mapped(field, case, span);
                let (text, assumed) = match &literal.value {
                    Constant::Text(text) => (text.clone(), FieldKind::Keyword),
                    Constant::Integer(_) | Constant::Number(_) => (literal.text.clone(), FieldKind::Double),
                    Constant::Boolean(_) => (literal.text.clone(), FieldKind::Boolean),
                    Constant::Null => {
                        return Ok(Predicate::negate(Test::new(found.subject, TestKind::Present, span).into()));
                    }
                };
                let kind = *found.kind.get_or_insert(assumed);
                let texts = matches!(literal.value, Constant::Text(_));
                // Case means nothing where there are no letters.
                if !matches!(kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic) {
                    found.case = Case::Sensitive;
                }
                lower::equals(&found, &text, texts, span).map_err(refused)
            }
            _ => {
                let subject = self.value(left)?;
                let value = Value::Literal(constant(&literal.value));
                Ok(Test::new(subject, TestKind::Equals { value, case, typing: Typing::Typed }, span).into())
            }
        }
    }

    fn compare(&mut self, whole: &Expr, op: Comparison, left: &Expr, right: &Expr) -> Result<Predicate, Gap> {
        if let (ExprKind::Literal(_), false) = (&left.kind, matches!(right.kind, ExprKind::Literal(_))) {
            return self.compare(whole, mirrored(op), right, left);
        }
        let span = whole.span;
        let ExprKind::Literal(literal) = &right.kind else {
            if matches!(left.kind, ExprKind::Field(_)) || super::value::has_field(right) {
                let reason = "Elasticsearch compares a field with a constant only, never with another field";
                return Err((elastic::EQL_FIELDS, reason.to_owned(), span));
            }
            return self.computed(op, left, right, span);
        };
        let field = matches!(left.kind, ExprKind::Field(_));
        if literal.value == Constant::Null {
            let subject = match &left.kind {
                ExprKind::Field(field) => any(field),
                _ => self.value(left)?,
            };
            let present = Predicate::from(Test::new(subject, TestKind::Present, span));
            return match op {
                Comparison::Equal => Ok(present.negate()),
                Comparison::NotEqual => Ok(present),
                _ => Ok(Predicate::Always(false)),
            };
        }
        match op {
            Comparison::Equal => self.equals(left, literal, Case::Sensitive, span),
            // bool.must_not: true of events without the field.
            Comparison::NotEqual if field => self.equals(left, literal, Case::Sensitive, span).map(Predicate::negate),
            _ if field => self.ordered(op, left, literal, span),
            _ => self.computed(op, left, right, span),
        }
    }

    fn ordered(&mut self, op: Comparison, left: &Expr, literal: &Literal, span: Span) -> Result<Predicate, Gap> {
        let ExprKind::Field(field) = &left.kind else { return self.computed(op, left, left, span) };
        let mut found = self.mapped(field, Case::Sensitive, span);
        let (text, assumed) = match &literal.value {
            Constant::Text(text) => (text.clone(), FieldKind::Keyword),
            Constant::Boolean(_) | Constant::Null => {
                return Err((elastic::EQL_TYPE, format!("{} has no order", literal.text), span));
            }
            _ => (literal.text.clone(), FieldKind::Double),
        };
        found.kind.get_or_insert(assumed);
        let end = |closed| Some((text.as_str(), closed));
        let (low, high) = match op {
            Comparison::Less => (None, end(false)),
            Comparison::LessOrEqual => (None, end(true)),
            Comparison::Greater => (end(false), None),
            _ => (end(true), None),
        };
        lower::range(&found, low, high, span).map_err(|Refused(code, reason)| (code, reason, span))
    }

    /// A comparison that Elasticsearch runs as a script: null makes it false, `!=` included.
    fn computed(&mut self, op: Comparison, left: &Expr, right: &Expr, span: Span) -> Result<Predicate, Gap> {
        let (subject, value) = (self.value(left)?, self.value(right)?);
        let (case, typing) = (Case::Sensitive, Typing::Typed);
        let order = |ordering| TestKind::Compare { ordering, value: value.clone(), typing };
        let kind = match op {
            Comparison::Less => order(Ordering::Less),
            Comparison::LessOrEqual => order(Ordering::LessOrEqual),
            Comparison::Greater => order(Ordering::Greater),
            Comparison::GreaterOrEqual => order(Ordering::GreaterOrEqual),
            Comparison::Equal | Comparison::NotEqual => TestKind::Equals { value, case, typing },
        };
        let test = Predicate::from(Test::new(subject.clone(), kind, span));
        Ok(match op {
            Comparison::NotEqual => {
                let present = Test::new(subject, TestKind::Present, span).into();
                Predicate::All(vec![present, test.negate()])
            }
            _ => test,
        })
    }

    /// `left : pattern`, `like`, `regex` and their folding forms.
    fn pattern(&mut self, left: &Expr, op: StringOp, pattern: &Literal, span: Span) -> Result<Predicate, Gap> {
        let case = match op {
            StringOp::Colon | StringOp::LikeFold | StringOp::RegexFold => Case::IgnoreAscii,
            StringOp::Like | StringOp::Regex => Case::Sensitive,
        };
        let Constant::Text(text) = &pattern.value else { return self.equals(left, pattern, case, span) };
        if matches!(op, StringOp::Regex | StringOp::RegexFold) {
            lucene_regex::parse(text).map_err(|reason| (elastic::EQL_TYPE, reason, pattern.span))?;
            let kind = TestKind::Regex {
                pattern: Value::text(text.clone()),
                flavour: RegexFlavour::Lucene,
                anchor: Anchor::Whole,
                case,
            };
            let subject = self.subject(left)?;
            return Ok(Test::new(subject, kind, span).into());
        }
        let ExprKind::Field(field) = &left.kind else {
            let (subject, parts) = (self.value(left)?, wildcard(text));
            let kind = match parts.as_slice() {
                [WildcardPart::Text(text)] => {
                    TestKind::Equals { value: Value::text(text.clone()), case, typing: Typing::Typed }
                }
                _ => TestKind::Wildcard { pattern: parts, case },
            };
            return Ok(Test::new(subject, kind, span).into());
        };
        let mut found = self.mapped(field, case, span);
        if !text.contains(['*', '?']) {
            // `:` with a network finds the addresses in it.
            let network = text.contains('/') && text.parse::<ipnet::IpNet>().is_ok();
            if found.kind.is_none() && network && op == StringOp::Colon {
                return Ok(Test::new(found.subject, TestKind::Cidr { networks: vec![text.clone()] }, span).into());
            }
            return self.equals(left, pattern, case, span);
        }
        if !matches!(found.kind, None | Some(FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Dynamic)) {
            found.kind = Some(FieldKind::Keyword);
        }
        lower::pattern(&found, wildcard(text), span).map_err(|Refused(code, reason)| (code, reason, span))
    }

    fn subject(&mut self, expr: &Expr) -> Result<Value, Gap> {
        match &expr.kind {
            ExprKind::Field(field) => Ok(any(field)),
            _ => self.value(expr),
        }
    }

    /// A function that yields a condition. Elasticsearch makes prefix, wildcard and terms queries of them where the
    /// operand is a constant, and a script elsewhere; a field's every value is asked.
    fn call(&mut self, whole: &Expr, name: &str, fold: bool, args: &[Expr]) -> Result<Predicate, Gap> {
        let span = whole.span;
        let case = if fold { Case::IgnoreAscii } else { Case::Sensitive };
        let texts = |args: &[Expr]| -> Result<Vec<Literal>, Gap> {
            let literals = args.iter().map(|arg| match &arg.kind {
                ExprKind::Literal(literal) if matches!(literal.value, Constant::Text(_)) => Ok(literal.clone()),
                _ => Err((elastic::EQL_FUNCTION, format!("`{name}` takes texts written out"), arg.span)),
            });
            literals.collect()
        };
        match (name.to_ascii_lowercase().as_str(), args) {
            (function @ ("startswith" | "endswith" | "stringcontains"), [subject, value]) => {
                let (subject, value) = (self.subject(subject)?, self.value(value)?);
                let kind = match function {
                    "startswith" => TestKind::StartsWith { value, case },
                    "endswith" => TestKind::EndsWith { value, case },
                    _ => TestKind::Contains { value, case },
                };
                Ok(Test::new(subject, kind, span).into())
            }
            ("cidrmatch", [subject, networks @ ..]) if !networks.is_empty() => {
                let subject = self.subject(subject)?;
                let mut found = Vec::new();
                for literal in texts(networks)? {
                    let Constant::Text(text) = literal.value else { continue };
                    if text.parse::<ipnet::IpNet>().is_err() && text.parse::<std::net::IpAddr>().is_err() {
                        return Err((elastic::EQL_FUNCTION, format!("{text:?} is no network"), literal.span));
                    }
                    found.push(text);
                }
                Ok(Test::new(subject, TestKind::Cidr { networks: found }, span).into())
            }
            ("wildcard", [subject, patterns @ ..]) if !patterns.is_empty() => {
                let op = if fold { StringOp::LikeFold } else { StringOp::Like };
                let found = texts(patterns)?.into_iter().map(|pattern| self.pattern(subject, op, &pattern, span));
                Ok(join::any(found.collect::<Result<_, _>>()?))
            }
            ("match", [subject, patterns @ ..]) if !patterns.is_empty() => {
                let op = if fold { StringOp::RegexFold } else { StringOp::Regex };
                let found = texts(patterns)?.into_iter().map(|pattern| self.pattern(subject, op, &pattern, span));
                Ok(join::any(found.collect::<Result<_, _>>()?))
            }
            _ => {
                let reason = format!("`{name}` with {} arguments is no condition", args.len());
                Err((elastic::EQL_FUNCTION, reason, span))
            }
        }
    }
}

/// A field of which any value counts.
pub(super) fn any(field: &Field) -> Value {
    Value::Field(FieldRef { path: lower::path(&field.name), mode: ArrayMode::Any, optional: field.optional })
}

pub(super) fn constant(value: &Constant) -> crate::model::Value {
    match value {
        Constant::Text(text) => text.as_str().into(),
        Constant::Integer(number) => (*number).into(),
        Constant::Number(number) => crate::model::Value::Double(*number),
        Constant::Boolean(flag) => (*flag).into(),
        Constant::Null => crate::model::Value::Null,
    }
}

/// `*` is any run of characters, `?` is one; nothing escapes them.
pub(super) fn wildcard(text: &str) -> Vec<WildcardPart> {
    let mut parts: Vec<WildcardPart> = Vec::new();
    for character in text.chars() {
        match (character, parts.last_mut()) {
            ('*', Some(WildcardPart::Many)) => {}
            ('*', _) => parts.push(WildcardPart::Many),
            ('?', _) => parts.push(WildcardPart::One),
            (other, Some(WildcardPart::Text(text))) => text.push(other),
            (other, _) => parts.push(WildcardPart::Text(other.to_string())),
        }
    }
    parts
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

/// The functions that yield values, by their names in lower case.
pub(super) const VALUES: &[(&str, crate::model::Function)] = &[
    ("length", function::LENGTH),
    ("concat", function::CONCAT),
    ("string", function::TO_TEXT),
    ("add", function::ADD),
    ("subtract", function::SUBTRACT),
    ("multiply", function::MULTIPLY),
    ("divide", function::elastic::DIVIDE),
    ("modulo", function::REMAINDER),
];
