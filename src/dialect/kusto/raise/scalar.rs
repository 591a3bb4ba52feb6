//! Values as text.

use super::condition::Place;
use super::literal;
use super::{Raiser, Said};
use crate::dialect::kusto::bind::{Ty, functions};
use crate::model::function::{self, kusto};
use crate::model::{ArrayMode, Expr, Function, Predicate, Segment, Test, TestKind, Value};

/// A value as text.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// The text, ready to stand as an operand.
    pub text: String,
    pub ty: Ty,
    /// A condition that must hold beside a test of the value, and whose contrary stands beside its negation.
    pub guard: Option<String>,
}

impl Term {
    fn new(text: impl Into<String>, ty: Ty) -> Self {
        Self { text: text.into(), ty, guard: None }
    }
}

impl Raiser<'_> {
    /// The subject or operand of a test.
    pub(super) fn term(&mut self, expr: &Expr) -> Said<Term> {
        self.scalar(expr)
    }

    /// A value as a text: dynamic ones converted.
    pub(super) fn text_of(&mut self, expr: &Expr) -> Said<String> {
        let Term { text, ty, .. } = self.scalar(expr)?;
        Ok(match ty {
            Ty::String | Ty::Unknown | Ty::Guid => text,
            _ => format!("tostring({text})"),
        })
    }

    /// A value.
    pub(super) fn scalar(&mut self, expr: &Expr) -> Said<Term> {
        match expr {
            Expr::Literal(value) => Ok(Term::new(literal::value(value), of_value(value))),
            Expr::Field(field) => {
                let mut path = field.path.clone();
                match field.mode {
                    ArrayMode::Whole | ArrayMode::Any | ArrayMode::Single => {}
                    ArrayMode::First | ArrayMode::Last => {
                        let at = Segment::Index(if field.mode == ArrayMode::First { 0 } else { -1 });
                        let mut spread = false;
                        for segment in path.0.iter_mut().filter(|segment| **segment == Segment::Any) {
                            *segment = at.clone();
                            spread = true;
                        }
                        if !spread && self.is_list(field) {
                            path.0.push(at);
                        }
                    }
                    _ => return Err("several values as one".to_owned()),
                }
                let ty = if path == field.path { self.ty(field) } else { Ty::Dynamic };
                let text = literal::field(&path).ok_or("several values as one")?;
                Ok(Term::new(text, ty))
            }
            Expr::Var(var) => match self.elements.iter().rev().find(|(name, _)| name == var) {
                Some((_, name)) => Ok(Term::new(name.clone(), Ty::Dynamic)),
                None => Err("a value bound elsewhere".to_owned()),
            },
            Expr::Path(..) if super::tables::value_at(expr).is_some() => {
                Err("one of several values of a call, away from its column".to_owned())
            }
            Expr::Path(base, path, _) => {
                let base = self.scalar(base)?;
                let text = literal::path(&base.text, &path.0).ok_or("several values as one")?;
                Ok(Term::new(text, Ty::Dynamic))
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            // The first of two texts that is not empty.
            Expr::Case(arms, otherwise) if is_first_text(arms) => {
                let first = self.text_of(arms.first().map_or(otherwise, |arm| &arm.then))?;
                let second = self.text_of(otherwise)?;
                let second = match second.strip_prefix("coalesce(").and_then(|rest| rest.strip_suffix(')')) {
                    Some(rest) if matches!(&**otherwise, Expr::Case(arms, _) if is_first_text(arms)) => rest,
                    _ => &second,
                };
                Ok(Term::new(format!("coalesce({first}, {second})"), Ty::String))
            }
            Expr::Case(arms, otherwise) => {
                let mut conditions = Vec::new();
                let mut values = Vec::new();
                for arm in arms {
                    let may = std::mem::replace(&mut self.may_count, false);
                    let when = self.condition(&arm.when, false, Place::Inside);
                    self.may_count = may;
                    conditions.push(strip(&when?));
                    values.push((self.scalar(&arm.then)?, &arm.then));
                }
                values.push((self.scalar(otherwise)?, otherwise.as_ref()));
                // Where one value is dynamic all are, or the engine takes another type for the whole.
                let dynamic = values.iter().any(|(term, value)| value.as_literal().is_none() && term.ty == Ty::Dynamic);
                let mut ty = Ty::Unknown;
                let mut parts = Vec::new();
                let mut conditions = conditions.into_iter();
                for (term, value) in values {
                    let term = match value {
                        Expr::Literal(found) if dynamic && term.ty != Ty::Dynamic => {
                            Term::new(literal::dynamic(found), Ty::Dynamic)
                        }
                        _ => term,
                    };
                    ty = ty.common(term.ty);
                    parts.extend(conditions.next());
                    parts.push(term.text);
                }
                let name = if arms.len() == 1 { "iff" } else { "case" };
                Ok(Term::new(format!("{name}({})", parts.join(", ")), ty))
            }
            Expr::Truth(inner) => {
                let may = std::mem::replace(&mut self.may_count, false);
                let text = self.condition(inner, false, Place::Inside);
                self.may_count = may;
                Ok(Term::new(format!("({})", strip(&text?)), Ty::Bool))
            }
            Expr::List(items) => {
                let items =
                    items.iter().map(|item| self.scalar(item).map(|term| term.text)).collect::<Said<Vec<_>>>()?;
                Ok(Term::new(format!("pack_array({})", items.join(", ")), Ty::Dynamic))
            }
            Expr::Object(members) => {
                let mut parts = Vec::new();
                for (name, value) in members {
                    parts.push(literal::text(name));
                    parts.push(self.scalar(value)?.text);
                }
                Ok(Term::new(format!("bag_pack({})", parts.join(", ")), Ty::Dynamic))
            }
            Expr::Scalar(pipeline) => {
                let query = Raiser::new(self.types).pipeline(pipeline, &[])?;
                Ok(Term::new(format!("toscalar(\n    {}\n)", query.replace('\n', "\n    ")), Ty::Unknown))
            }
            Expr::Aggregate(function, arguments, filter) => self.aggregate(*function, arguments, filter.as_deref()),
            Expr::Collect { .. } => Err("a list made of the elements of another".to_owned()),
            Expr::Rows(_) => Err("the rows of a sub-query as a value".to_owned()),
            Expr::AnyField => Err("every column as a value".to_owned()),
            Expr::Unread(_) => Err("part of the rule was not read".to_owned()),
        }
    }

    fn aggregate(
        &mut self,
        function: Function,
        arguments: &[Expr],
        filter: Option<&crate::model::Predicate>,
    ) -> Said<Term> {
        let name = functions::aggregate_spelling(function).ok_or_else(|| format!("the aggregate `{}`", function.0))?;
        let mut parts =
            arguments.iter().map(|item| self.scalar(item).map(|term| term.text)).collect::<Said<Vec<_>>>()?;
        let mut name = name.to_owned();
        if let Some(filter) = filter {
            let condition = strip(&self.condition(filter, false, Place::Inside)?);
            parts.insert(parts.len().min(1), condition);
            name.push_str(if name.contains('_') && name.starts_with("make") { "_if" } else { "if" });
        }
        let ty = match kusto::aggregate::returns(function) {
            Some(kusto::Returns::Kind(kind)) => Ty::from(kind),
            _ => Ty::Unknown,
        };
        Ok(Term::new(format!("{name}({})", parts.join(", ")), ty))
    }

    fn call(&mut self, function: Function, arguments: &[Expr]) -> Said<Term> {
        if let [Expr::AnyField] = arguments {
            return Err("every column as a value".to_owned());
        }
        let operator = match function {
            kusto::ADD | function::ADD => Some("+"),
            kusto::SUBTRACT | function::SUBTRACT => Some("-"),
            kusto::MULTIPLY | function::MULTIPLY => Some("*"),
            kusto::DIVIDE => Some("/"),
            kusto::MODULO => Some("%"),
            _ => None,
        };
        if function == kusto::SUBTRACT
            && let [Expr::Call(function::NOW, none), Expr::Literal(Value::Duration(ticks))] = arguments
            && none.is_empty()
        {
            return Ok(Term::new(format!("ago({})", literal::duration(*ticks)), Ty::DateTime));
        }
        let mut terms = arguments.iter().map(|item| self.scalar(item)).collect::<Said<Vec<_>>>()?;
        if let (Some(operator), [left, right]) = (operator, terms.as_slice()) {
            let ty = left.ty.common(right.ty);
            return Ok(Term::new(format!("({} {operator} {})", left.text, right.text), ty));
        }
        if let (kusto::NEGATE | function::NEGATE, [value]) = (function, terms.as_slice()) {
            return Ok(Term::new(format!("-({})", value.text), value.ty));
        }
        let text_argument = |term: &Term| match term.ty {
            Ty::String | Ty::Unknown => term.text.clone(),
            _ => format!("tostring({})", term.text),
        };
        // Functions of other dialects that the language has under another name.
        match (function, terms.as_slice()) {
            (function::TO_TEXT | function::TO_TEXT_OR_EMPTY | kusto::TOSTRING, [value]) => {
                let text =
                    if value.ty == Ty::String { value.text.clone() } else { format!("tostring({})", value.text) };
                return Ok(Term::new(text, Ty::String));
            }
            (function::LOWER, [value]) => {
                return Ok(Term::new(format!("tolower({})", text_argument(value)), Ty::String));
            }
            (function::UPPER, [value]) => {
                return Ok(Term::new(format!("toupper({})", text_argument(value)), Ty::String));
            }
            (function::TRIM, [value]) => {
                return Ok(Term::new(format!("trim(@\"\\s+\", {})", text_argument(value)), Ty::String));
            }
            (function::LENGTH, [value]) => {
                // The length of a missing text is null to other platforms and 0 here.
                let shown = text_argument(value);
                let mut term = Term::new(format!("strlen({shown})"), Ty::Long);
                term.text = format!("iff(isempty({shown}), long(null), strlen({shown}))");
                return Ok(term);
            }
            (function::TO_DOUBLE, [value]) => return Ok(Term::new(format!("todouble({})", value.text), Ty::Real)),
            (function::TO_INT, [value]) => return Ok(Term::new(format!("tolong({})", value.text), Ty::Long)),
            (function::TO_TIME, [value]) => return Ok(Term::new(format!("todatetime({})", value.text), Ty::DateTime)),
            (function::ELEMENT_AT | kusto::INDEX, [list, index]) => {
                return Ok(Term::new(format!("{}[{}]", list.text, index.text), Ty::Dynamic));
            }
            (function::SPLIT, [text, separator]) => {
                return Ok(Term::new(format!("split({}, {})", text_argument(text), separator.text), Ty::Dynamic));
            }
            (kusto::COLUMN_IFEXISTS, [column, otherwise]) => {
                let Some(name) = arguments.first().and_then(Expr::as_field).and_then(|field| field.path.as_column())
                else {
                    return Err("a computed value in place of a column's name".to_owned());
                };
                let text = format!("column_ifexists({}, {})", literal::text(name), otherwise.text);
                return Ok(Term::new(text, column.ty.common(otherwise.ty)));
            }
            (kusto::ISNULL, [value]) => return Ok(Term::new(format!("isnull({})", value.text), Ty::Bool)),
            // A missing text is the empty text anyway.
            (function::COALESCE, [value, _])
                if arguments.get(1).and_then(Expr::as_text) == Some("")
                    && matches!(value.ty, Ty::String | Ty::Dynamic) =>
            {
                return Ok(Term::new(text_argument(value), Ty::String));
            }
            // Only what is dynamic can be told from the empty text where it is missing.
            (function::COALESCE, [value, otherwise]) if value.ty == Ty::Dynamic && otherwise.ty == Ty::String => {
                let text = format!("iff(isnull({0}), {1}, tostring({0}))", value.text, otherwise.text);
                return Ok(Term::new(text, Ty::String));
            }
            (function::CONCAT_OR_EMPTY, _) => {
                let parts: Vec<String> = terms.iter().map(|term| term.text.clone()).collect();
                return Ok(Term::new(format!("strcat({})", parts.join(", ")), Ty::String));
            }
            _ => {}
        }
        let name = functions::spelling(function).ok_or_else(|| format!("the function `{}`", function.0))?;
        let types: Vec<Ty> = terms.iter().map(|term| term.ty).collect();
        let ty = match function {
            function::NOW => Ty::DateTime,
            function::REPLACE => Ty::String,
            function::COUNT_ELEMENTS => Ty::Long,
            _ => kusto::returns(function).map_or(Ty::Unknown, |returns| Ty::of_result(returns, &types)),
        };
        let parts: Vec<String> = terms.drain(..).map(|term| term.text).collect();
        Ok(Term::new(format!("{name}({})", parts.join(", ")), ty))
    }
}

/// Whether a choice is of a text where it is not empty: `coalesce` passes over empty texts.
fn is_first_text(arms: &[crate::model::CaseArm]) -> bool {
    let [arm] = arms else { return false };
    matches!(&arm.when, Predicate::Not(inner)
        if matches!(&**inner, Predicate::Test(Test { subject, kind: TestKind::Empty, .. }) if *subject == arm.then))
}

/// A condition without the parentheses around the whole of it.
pub(super) fn strip(text: &str) -> String {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return text.to_owned() };
    let mut depth = 0i32;
    // The quote of the text inside, and whether a backslash escapes there: not in a verbatim one.
    let mut quote: Option<(char, bool)> = None;
    let mut escaped = false;
    let mut last = ' ';
    for letter in inner.chars() {
        let before = std::mem::replace(&mut last, letter);
        match (quote, letter) {
            (Some(_), _) if escaped => escaped = false,
            (Some((_, true)), '\\') => escaped = true,
            (Some((open, _)), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some((letter, before != '@')),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth < 0 {
                    return text.to_owned();
                }
            }
            _ => {}
        }
    }
    inner.to_owned()
}

fn of_value(value: &Value) -> Ty {
    match value {
        Value::String(_) => Ty::String,
        Value::Int(_) => Ty::Long,
        Value::Double(_) => Ty::Real,
        Value::Bool(_) => Ty::Bool,
        Value::DateTime(_) => Ty::DateTime,
        Value::Duration(_) => Ty::Timespan,
        Value::Null | Value::Array(_) | Value::Object(_) => Ty::Dynamic,
    }
}
