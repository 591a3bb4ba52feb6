//! Scalar expressions with their types.

use super::super::bind::{Columns, Ty, columns, functions};
use super::super::syntax::{
    ArithmeticOp, Call, Expr as Node, ExprKind, Json, JsonKind, Literal, LiteralValue, Path, StepKind,
};
use super::{Binding, Lowerer, MAX_CALLS};
use crate::diagnostic::{Span, codes};
use crate::model::function::{self, kusto};
use crate::model::{ArrayMode, CaseArm, Expr, FieldPath, FieldRef, Function, Predicate, Segment, Value};

/// A value and its type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub expr: Expr,
    pub ty: Ty,
}

impl Typed {
    pub fn new(expr: Expr, ty: Ty) -> Self {
        Self { expr, ty }
    }

    pub fn literal(value: Value, ty: Ty) -> Self {
        Self { expr: Expr::Literal(value), ty }
    }

    pub fn unread(index: usize) -> Self {
        Self { expr: Expr::Unread(index), ty: Ty::Unknown }
    }

    /// The value as text, as `tostring` makes it.
    pub fn into_text(self) -> Typed {
        if self.ty == Ty::String {
            return self;
        }
        if let Expr::Literal(value) = &self.expr {
            let text = if self.ty == Ty::Dynamic {
                crate::evaluate::functions::convert::dynamic_text(value)
            } else {
                crate::evaluate::functions::convert::scalar_text(value)
            };
            return Typed::literal(Value::String(text), Ty::String);
        }
        let function = match self.ty {
            Ty::Dynamic => function::TO_TEXT_OR_EMPTY,
            Ty::Unknown | Ty::Guid | Ty::Long => function::TO_TEXT,
            _ => kusto::TOSTRING,
        };
        Typed::new(Expr::Call(function, vec![self.expr]), Ty::String)
    }
}

/// The greatest expression that a column may stand for; larger ones become columns of their own.
pub(super) const MAX_HELPER: usize = 300;

/// The nodes of an expression, counted up to a limit.
pub(super) fn size(expr: &Expr, limit: usize) -> usize {
    fn predicate(subject: &Predicate, limit: usize) -> usize {
        let (mut tests, mut fields) = (1, 0);
        crate::model::walk::visit_predicate(subject, |_| tests += 2, |_| fields += 1);
        usize::min(tests + fields, limit)
    }
    if limit == 0 {
        return 1;
    }
    let list = |items: &[Expr]| items.iter().map(|item| size(item, limit - 1)).sum::<usize>();
    1 + match expr {
        Expr::Call(_, arguments) | Expr::List(arguments) => list(arguments),
        Expr::Path(base, ..) => size(base, limit - 1),
        Expr::Case(arms, otherwise) => {
            arms.iter().map(|arm| predicate(&arm.when, limit) + size(&arm.then, limit - 1)).sum::<usize>()
                + size(otherwise, limit - 1)
        }
        Expr::Truth(inner) => predicate(inner, limit),
        Expr::Object(members) => members.iter().map(|(_, value)| size(value, limit - 1)).sum(),
        Expr::Collect { list, when, value, .. } => {
            size(list, limit - 1) + predicate(when, limit) + size(value, limit - 1)
        }
        Expr::Scalar(_) | Expr::Rows(_) => limit,
        _ => 0,
    }
}

impl<'a> Lowerer<'a> {
    /// The value of an expression over these columns.
    pub(super) fn scalar(&mut self, node: &'a Node, columns: &Columns) -> Typed {
        if !self.burn(1) {
            let index = self.miss(codes::kusto::TOO_LARGE, "a query that grows this large when written out", node.span);
            return Typed::unread(index);
        }
        match &node.kind {
            ExprKind::Name(name) => self.name(&name.text, columns, node.span),
            ExprKind::Literal(literal) => match value(literal) {
                Some(value) => Typed::literal(value, Ty::from(literal.value.ty())),
                None => Typed::unread(self.miss(codes::kusto::UNREAD, "this literal", node.span)),
            },
            ExprKind::Paren(inner) => self.scalar(inner, columns),
            ExprKind::Sign { negative, operand } => {
                let value = self.scalar(operand, columns);
                if *negative { call(kusto::NEGATE, vec![value]) } else { value }
            }
            ExprKind::Arithmetic { first, rest } => {
                let mut left = self.scalar(first, columns);
                for (op, operand) in rest {
                    let right = self.scalar(operand, columns);
                    self.check_operation(*op, &left, &right, node.span);
                    left = arithmetic(*op, left, right);
                }
                left
            }
            ExprKind::Path(path) => self.path(path, columns, node.span),
            ExprKind::Call(found) => self.call(found, columns),
            ExprKind::ToValue { scalar: true, query, .. } => {
                self.several = true;
                let mut flow = self.table(query, None);
                let ty = flow.columns.known().first().map_or(Ty::Unknown, |(_, ty)| *ty);
                Typed::new(Expr::Scalar(Box::new(flow.pipeline())), ty)
            }
            ExprKind::Compare { .. }
            | ExprKind::Text { .. }
            | ExprKind::In { .. }
            | ExprKind::Between { .. }
            | ExprKind::And(_)
            | ExprKind::Or(_) => self.boolean(node, columns),
            ExprKind::Query(_) | ExprKind::Materialize(_) if self.is_table(node) => {
                self.several = true;
                let mut flow = self.table(node, None);
                let ty = flow.columns.known().first().map_or(Ty::Unknown, |(_, ty)| *ty);
                Typed::new(Expr::Rows(Box::new(flow.pipeline())), ty)
            }
            _ => Typed::unread(self.miss(codes::kusto::UNREAD, "this expression", node.span)),
        }
    }

    fn name(&mut self, name: &str, columns: &Columns, span: Span) -> Typed {
        if !columns.has(name)
            && let Some(Binding::Scalar(value)) = self.lookup(name)
        {
            let value = value.clone();
            self.burn(size(&value.expr, MAX_HELPER));
            return value;
        }
        let event_time = matches!(name, "TimeGenerated" | "Timestamp" | "timestamp");
        let guess = match self.guesses.get(name) {
            _ if event_time => Ty::DateTime,
            Some(ty) => *ty,
            None => Ty::Unknown,
        };
        match columns.get(name, self.types, guess) {
            Some(column) => {
                if guess != Ty::Unknown && !event_time && column.ty == guess && !columns.has(name) {
                    self.guessed(name);
                }
                self.check_column(name, columns, span);
                self.burn(size(&column.value, MAX_HELPER));
                Typed::new(column.value, column.ty)
            }
            None => {
                let message = format!("there is no column `{name}` at this point of the query (KS142)");
                if !self.diagnostics.iter().any(|known| known.message == message) {
                    let found = crate::diagnostic::Diagnostic::warning(codes::kusto::REFUSED, message);
                    self.diagnostics.push(found.at(span));
                }
                let reason = format!("`{name}`, which is no column here,");
                Typed::unread(self.miss(codes::kusto::UNKNOWN_COLUMN, reason, span))
            }
        }
    }

    fn path(&mut self, path: &'a Path, columns: &Columns, span: Span) -> Typed {
        let mut base = self.scalar(&path.first, columns);
        self.check_path(&base, span);
        for step in &path.steps {
            let segment = match &step.kind {
                StepKind::Member(name) => Some(Segment::Key(name.text.clone())),
                StepKind::Index(index) | StepKind::DotIndex(index) => match self.scalar(index, columns).expr {
                    Expr::Literal(Value::String(key)) => Some(Segment::Key(key)),
                    Expr::Literal(Value::Int(index)) => Some(Segment::Index(index)),
                    Expr::Unread(index) => return Typed::unread(index),
                    dynamic => {
                        let function = kusto::INDEX;
                        base = Typed::new(Expr::Call(function, vec![base.expr, dynamic]), Ty::Dynamic);
                        continue;
                    }
                },
                _ => None,
            };
            let Some(segment) = segment else {
                return Typed::unread(self.miss(codes::kusto::UNREAD, "this path", span));
            };
            base = Typed::new(into(base.expr, segment), Ty::Dynamic);
        }
        base
    }

    fn call(&mut self, found: &'a Call, columns: &Columns) -> Typed {
        let name = found.name.text.as_str();
        if let Some(Binding::Function(function, at)) = self.lookup(name) {
            let (function, at) = (*function, *at);
            return self.user_function(function, at, found, columns);
        }
        let argument = |at: usize| found.arguments.get(at).map(|item| &item.value);
        match (functions::canonical(name), argument(0), argument(1)) {
            ("iff" | "iif", Some(condition), Some(then)) => {
                let when = self.truth(condition, columns, true);
                let then = self.scalar(then, columns);
                let otherwise = match argument(2) {
                    Some(node) => self.scalar(node, columns),
                    None => Typed::literal(Value::Null, then.ty),
                };
                case(vec![(when, then)], otherwise)
            }
            ("case", Some(_), _) => {
                let mut arms = Vec::new();
                let mut rest = found.arguments.as_slice();
                while let [when, then, tail @ ..] = rest {
                    let when = self.truth(&when.value, columns, true);
                    arms.push((when, self.scalar(&then.value, columns)));
                    rest = tail;
                }
                let otherwise = match rest.first() {
                    Some(item) => self.scalar(&item.value, columns),
                    None => Typed::literal(Value::Null, Ty::Unknown),
                };
                case(arms, otherwise)
            }
            ("ago", Some(span), None) => {
                let span = self.scalar(span, columns);
                self.check_arguments("ago", std::slice::from_ref(&span), found.span);
                call(kusto::SUBTRACT, vec![call(function::NOW, Vec::new()), span])
            }
            ("now", None, _) => call(function::NOW, Vec::new()),
            ("now", Some(offset), None) => {
                let offset = self.scalar(offset, columns);
                arithmetic(ArithmeticOp::Add, call(function::NOW, Vec::new()), offset)
            }
            ("tostring", Some(value), None) => self.scalar(value, columns).into_text(),
            ("parse_json", Some(value), _) => {
                let value = self.scalar(value, columns);
                self.check_arguments("parse_json", std::slice::from_ref(&value), found.span);
                parse_json(value)
            }
            ("materialize", Some(value), _) => self.scalar(value, columns),
            ("extract_json", Some(path), Some(text)) => {
                let (path, text) = (self.scalar(path, columns), self.scalar(text, columns));
                call(kusto::EXTRACT_JSON, vec![path, text])
            }
            ("column_ifexists", Some(name), Some(otherwise)) => {
                let otherwise = self.scalar(otherwise, columns);
                match self.scalar(name, columns).expr.as_text() {
                    Some(name) if columns.is_closed() && !columns.has(name) => otherwise,
                    Some(name) => {
                        let column = columns.get(name, self.types, otherwise.ty);
                        let value = column.map_or(otherwise.clone(), |column| Typed::new(column.value, column.ty));
                        if columns.has(name) || value.ty == Ty::String && otherwise.expr.as_text() == Some("") {
                            return value;
                        }
                        call(kusto::COLUMN_IFEXISTS, vec![value, otherwise])
                    }
                    None => Typed::unread(self.miss(codes::kusto::UNREAD, "a column named by a value", found.span)),
                }
            }
            ("strcat", ..) => {
                let texts = found.arguments.iter().map(|item| self.scalar(&item.value, columns).into_text());
                call(function::CONCAT_OR_EMPTY, texts.collect())
            }
            // replace(regex, rewrite, text) is replace_regex(text, regex, rewrite).
            ("replace_regex", Some(pattern), Some(rewrite)) if name == "replace" => {
                let (pattern, rewrite) = (self.scalar(pattern, columns), self.scalar(rewrite, columns));
                match argument(2) {
                    Some(text) => {
                        let text = self.scalar(text, columns).into_text();
                        call(kusto::REPLACE_REGEX, vec![text, pattern, rewrite])
                    }
                    None => {
                        Typed::unread(self.miss(codes::kusto::UNREAD_FUNCTION, "this form of `replace`", found.span))
                    }
                }
            }
            ("split", Some(text), Some(separator)) => {
                let mut values = vec![self.scalar(text, columns).into_text(), self.scalar(separator, columns)];
                if let Some(index) = argument(2) {
                    values.push(self.scalar(index, columns));
                }
                call(kusto::SPLIT, values)
            }
            ("coalesce", ..) => {
                let values: Vec<Typed> = found.arguments.iter().map(|item| self.scalar(&item.value, columns)).collect();
                match values.as_slice() {
                    [only] => only.clone(),
                    _ => call(kusto::COALESCE, values),
                }
            }
            ("gettype", Some(node), None) => {
                let value = self.scalar(node, columns);
                match value.ty {
                    Ty::Long if is_int(node) => Typed::literal(Value::text("int"), Ty::String),
                    Ty::Dynamic | Ty::Unknown => call(kusto::GETTYPE, vec![value]),
                    ty => Typed::literal(Value::text(ty.name()), Ty::String),
                }
            }
            ("tolower" | "toupper", Some(text), None) => {
                let text = self.scalar(text, columns).into_text();
                let function = if functions::canonical(name) == "tolower" { function::LOWER } else { function::UPPER };
                call(function, vec![text])
            }
            ("tolong" | "toint", Some(value), None) => {
                let value = self.scalar(value, columns);
                if value.ty == Ty::Long && functions::canonical(name) == "tolong" {
                    return value;
                }
                call(if functions::canonical(name) == "toint" { kusto::TOINT } else { kusto::TOLONG }, vec![value])
            }
            ("todatetime", Some(value), None) => {
                let value = self.scalar(value, columns);
                if value.ty == Ty::DateTime { value } else { call(kusto::TODATETIME, vec![value]) }
            }
            ("bag_pack" | "pack", ..) => {
                let values: Vec<Typed> = found.arguments.iter().map(|item| self.scalar(&item.value, columns)).collect();
                call(kusto::BAG_PACK, values)
            }
            ("pack_all", ..) => Typed::new(Expr::Call(kusto::PACK_ALL, Vec::new()), Ty::Dynamic),
            (word, ..) if super::condition::is_predicate(word) => self.predicate_call(found, columns),
            (word, ..) => match functions::scalar(word) {
                Some(function) => {
                    let values: Vec<Typed> =
                        found.arguments.iter().map(|item| self.scalar(&item.value, columns)).collect();
                    if let Some(Expr::Unread(index)) =
                        values.iter().map(|value| &value.expr).find(|expr| matches!(expr, Expr::Unread(_)))
                    {
                        return Typed::unread(*index);
                    }
                    self.check_arguments(functions::canonical(name), &values, found.span);
                    call(function, texts(function, values))
                }
                None => {
                    let reason = format!("the function `{name}`");
                    Typed::unread(self.miss(codes::kusto::UNREAD_FUNCTION, reason, found.span))
                }
            },
        }
    }

    /// A call of a function that the script defines, written out.
    fn user_function(
        &mut self,
        function: &'a super::super::syntax::Function,
        at: usize,
        found: &'a Call,
        columns: &Columns,
    ) -> Typed {
        let Some(result) = &function.body.result else {
            return Typed::unread(self.miss(codes::kusto::UNREAD, "an empty function", found.span));
        };
        if self.calls >= MAX_CALLS {
            return Typed::unread(self.miss(codes::kusto::TOO_LARGE, "a chain of calls this long", found.span));
        }
        let arguments = self.arguments(function, found, columns);
        self.inside(at, |this| {
            for (name, binding) in arguments {
                this.define(name, binding);
            }
            for statement in &function.body.statements {
                this.statement(statement);
            }
            this.scalar(result, &Columns::closed(Vec::new()))
        })
    }

    /// The parameters of a function with the values of a call.
    pub(super) fn arguments(
        &mut self,
        function: &'a super::super::syntax::Function,
        found: &'a Call,
        columns: &Columns,
    ) -> Vec<(&'a str, Binding<'a>)> {
        let mut bound = Vec::new();
        for (at, parameter) in function.parameters.iter().enumerate() {
            let named = found
                .arguments
                .iter()
                .find(|item| item.name().is_some_and(|name| name.text == parameter.name.text))
                .or_else(|| found.arguments.get(at).filter(|item| item.name().is_none()));
            let node = named.map(|item| &item.value).or(parameter.default.as_ref());
            let binding = match (node, &parameter.ty) {
                (Some(node), super::super::syntax::ParameterType::Scalar(ty)) => {
                    let mut value = self.scalar(node, columns);
                    if value.ty == Ty::Unknown {
                        value.ty = Ty::by_name(&ty.text);
                    }
                    Binding::Scalar(value)
                }
                (Some(node), _) => Binding::Table(std::rc::Rc::new(self.table(node, None))),
                (None, _) => {
                    let reason = format!("the missing argument `{}`", parameter.name.text);
                    Binding::Scalar(Typed::unread(self.miss(codes::kusto::UNREAD, reason, found.span)))
                }
            };
            bound.push((parameter.name.text.as_str(), binding));
        }
        bound
    }

    /// A condition as a value: true, false or null.
    pub(super) fn boolean(&mut self, node: &'a Node, columns: &Columns) -> Typed {
        let yes = self.truth(node, columns, true);
        let no = self.truth(node, columns, false);
        truth_value(yes, no)
    }
}

/// A boolean from the conditions under which it is true and false.
pub(super) fn truth_value(yes: Predicate, no: Predicate) -> Typed {
    match yes {
        Predicate::Always(flag) => return Typed::literal(Value::Bool(flag), Ty::Bool),
        _ if yes.clone().negate() == no => return Typed::new(Expr::Truth(Box::new(yes)), Ty::Bool),
        _ => {}
    }
    let arms = vec![
        CaseArm { when: yes, then: Expr::Literal(Value::Bool(true)) },
        CaseArm { when: no, then: Expr::Literal(Value::Bool(false)) },
    ];
    Typed::new(Expr::Case(arms, Box::new(Expr::Literal(Value::Null))), Ty::Bool)
}

/// A place inside a value.
pub(super) fn into(base: Expr, segment: Segment) -> Expr {
    match base {
        Expr::Field(mut field) if field.mode == ArrayMode::Whole => {
            field.path.0.push(segment);
            Expr::Field(field)
        }
        Expr::Path(inner, path, ArrayMode::Whole) => Expr::Path(inner, path.then(segment), ArrayMode::Whole),
        other => Expr::Path(Box::new(other), FieldPath(vec![segment]), ArrayMode::Whole),
    }
}

/// `parse_json(x)`: the dynamic value itself where `x` is the text of one, else the JSON inside a text.
fn parse_json(value: Typed) -> Typed {
    let expr = match value.expr {
        Expr::Call(function, mut arguments)
            if (function == function::TO_TEXT_OR_EMPTY || function == function::TO_TEXT) && arguments.len() == 1 =>
        {
            let inner = arguments.remove(0);
            // Portal-made queries unwrap every level of a bag so. Values that hold JSON as text are unwrapped in truth.
            if holds_json_text(&inner) {
                return Typed::new(json(inner), Ty::Dynamic);
            }
            return Typed::new(inner, Ty::Dynamic);
        }
        Expr::Literal(Value::String(text)) => {
            return Typed::literal(crate::evaluate::functions::convert::parse_json(&text), Ty::Dynamic);
        }
        other => other,
    };
    if value.ty == Ty::Dynamic {
        if holds_json_text(&expr) {
            return Typed::new(json(expr), Ty::Dynamic);
        }
        return Typed::new(expr, Ty::Dynamic);
    }
    Typed::new(json(expr), Ty::Dynamic)
}

fn json(expr: Expr) -> Expr {
    match expr {
        Expr::Field(FieldRef { mode: ArrayMode::Whole, .. }) | Expr::Path(_, _, ArrayMode::Whole) => {
            into(expr, Segment::Json)
        }
        other => Expr::Call(kusto::PARSE_JSON, vec![other]),
    }
}

/// Whether a place in a bag holds JSON as text: the last key says so in the logs that Sentinel collects (`newValue`,
/// `Properties_d.requestbody`), and any text that came out of JSON text before.
fn holds_json_text(expr: &Expr) -> bool {
    const NAMES: [&str; 9] = [
        "newvalue",
        "oldvalue",
        "value",
        "requestbody",
        "responsebody",
        "additionalfields",
        "rawdata",
        "body",
        "message",
    ];
    let path = match expr {
        Expr::Field(field) => &field.path,
        Expr::Path(_, path, _) => path,
        Expr::Var(_) => return false,
        _ => return true,
    };
    let last = path.0.iter().rev().find_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        _ => None,
    });
    matches!(path.0.last(), Some(Segment::Key(_)))
        && last.is_some_and(|key| NAMES.iter().any(|name| key.eq_ignore_ascii_case(name)))
}

/// A call; folded where every argument is a constant.
pub(super) fn call(function: Function, arguments: Vec<Typed>) -> Typed {
    let types: Vec<Ty> = arguments.iter().map(|argument| argument.ty).collect();
    let ty = match function {
        function::NOW => Ty::DateTime,
        function::LOWER
        | function::UPPER
        | function::CONCAT_OR_EMPTY
        | function::REPLACE
        | function::TO_TEXT
        | function::TO_TEXT_OR_EMPTY => Ty::String,
        function::COUNT_ELEMENTS => Ty::Long,
        kusto::NEGATE => types.first().copied().unwrap_or(Ty::Unknown),
        _ => kusto::returns(function).map_or(Ty::Unknown, |returns| Ty::of_result(returns, &types)),
    };
    let literals: Option<Vec<Value>> = arguments.iter().map(|argument| argument.expr.as_literal().cloned()).collect();
    if let Some(values) = literals
        && function != function::NOW
        && let Some(value) = crate::evaluate::functions::fold(function, &values)
    {
        return Typed::literal(value, ty);
    }
    Typed::new(Expr::Call(function, arguments.into_iter().map(|argument| argument.expr).collect()), ty)
}

/// A binary operation with the type of its result.
pub(super) fn arithmetic(op: ArithmeticOp, left: Typed, right: Typed) -> Typed {
    let function = match op {
        ArithmeticOp::Add => kusto::ADD,
        ArithmeticOp::Subtract => kusto::SUBTRACT,
        ArithmeticOp::Multiply => kusto::MULTIPLY,
        ArithmeticOp::Divide => kusto::DIVIDE,
        ArithmeticOp::Modulo => kusto::MODULO,
    };
    let ty = match (op, left.ty, right.ty) {
        // What the other side is decides: a time, a length of time or a number.
        (ArithmeticOp::Add, Ty::DateTime, Ty::Unknown) | (ArithmeticOp::Add, Ty::Unknown, Ty::DateTime) => Ty::DateTime,
        (_, Ty::Unknown, _) | (_, _, Ty::Unknown) => Ty::Unknown,
        (ArithmeticOp::Subtract, Ty::DateTime, Ty::DateTime) | (ArithmeticOp::Modulo, Ty::DateTime, _) => Ty::Timespan,
        (_, Ty::DateTime, _) | (_, _, Ty::DateTime) => Ty::DateTime,
        (ArithmeticOp::Divide, Ty::Timespan, Ty::Timespan) => Ty::Real,
        (_, Ty::Timespan, _) | (_, _, Ty::Timespan) => Ty::Timespan,
        (_, Ty::Real, _) | (_, _, Ty::Real) => Ty::Real,
        (_, Ty::Long, _) | (_, _, Ty::Long) => Ty::Long,
        (_, Ty::Dynamic, _) | (_, _, Ty::Dynamic) => Ty::Dynamic,
        _ => Ty::Unknown,
    };
    // ago(1d) - 1h is ago(1d + 1h): look-backs stay visible.
    if let (kusto::SUBTRACT, Expr::Call(kusto::SUBTRACT, inner), Expr::Literal(Value::Duration(more))) =
        (function, &left.expr, &right.expr)
        && let [base @ Expr::Call(function::NOW, _), Expr::Literal(Value::Duration(less))] = inner.as_slice()
    {
        let total = Expr::Literal(Value::Duration(less.saturating_add(*more)));
        return Typed::new(Expr::Call(kusto::SUBTRACT, vec![base.clone(), total]), ty);
    }
    if let (kusto::ADD, Expr::Call(function::NOW, _), Expr::Literal(Value::Duration(offset))) =
        (function, &left.expr, &right.expr)
        && *offset < 0
    {
        let back = Expr::Literal(Value::Duration(offset.saturating_neg()));
        return Typed::new(Expr::Call(kusto::SUBTRACT, vec![left.expr, back]), ty);
    }
    let mut result = call(function, vec![left, right]);
    result.ty = ty;
    result
}

/// A case distinction with the type that its branches share.
fn case(arms: Vec<(Predicate, Typed)>, otherwise: Typed) -> Typed {
    let mut ty = otherwise.ty;
    for (_, then) in &arms {
        ty = ty.common(then.ty);
    }
    let mut kept: Vec<CaseArm> = Vec::new();
    for (when, then) in arms {
        match when {
            Predicate::Always(false) => {}
            Predicate::Always(true) => {
                if kept.is_empty() {
                    return Typed::new(then.expr, ty);
                }
                return Typed::new(Expr::Case(kept, Box::new(then.expr)), ty);
            }
            when => kept.push(CaseArm { when, then: then.expr }),
        }
    }
    if kept.is_empty() {
        return Typed::new(otherwise.expr, ty);
    }
    Typed::new(Expr::Case(kept, Box::new(otherwise.expr)), ty)
}

/// Arguments of functions on texts, with dynamic values as their text.
fn texts(function: Function, mut values: Vec<Typed>) -> Vec<Typed> {
    let places: &[usize] = match function {
        kusto::STRLEN
        | kusto::STRING_SIZE
        | kusto::REVERSE
        | kusto::URL_DECODE
        | kusto::BASE64_DECODE_TOSTRING
        | kusto::SUBSTRING
        | kusto::COUNTOF
        | kusto::PARSE_COMMAND_LINE
        | kusto::PARSE_URL
        | kusto::PARSE_PATH => &[0],
        kusto::TRIM | kusto::TRIM_START | kusto::TRIM_END => &[0, 1],
        kusto::INDEXOF | kusto::STRCMP => &[0, 1],
        kusto::EXTRACT => &[0, 2],
        function::REPLACE | kusto::REPLACE_REGEX => &[0, 1, 2],
        _ => &[],
    };
    for place in places {
        if let Some(value) = values.get_mut(*place) {
            *value = value.clone().into_text();
        }
    }
    if function == kusto::EXTRACT_ALL
        && let Some(last) = values.last_mut()
    {
        *last = last.clone().into_text();
    }
    if function == kusto::STRCAT_DELIM {
        values = values.into_iter().map(Typed::into_text).collect();
    }
    values
}

/// Whether an expression shows itself to be of type `int`, which behaves as `long` but for its name.
fn is_int(node: &Node) -> bool {
    match &node.unwrap_parentheses().kind {
        ExprKind::Call(call) => call.name.text == "toint",
        ExprKind::Literal(literal) => matches!(literal.value, LiteralValue::Int(_)),
        _ => false,
    }
}

/// The value of a literal; `None` where its inside is not understood.
pub(super) fn value(literal: &Literal) -> Option<Value> {
    Some(match &literal.value {
        LiteralValue::String { text, .. } => Value::String(text.clone()),
        LiteralValue::Bool(flag) => flag.map_or(Value::Null, Value::Bool),
        LiteralValue::Int(number) => number.map_or(Value::Null, |number| Value::Int(i64::from(number))),
        LiteralValue::Long(number) => number.map_or(Value::Null, Value::Int),
        LiteralValue::Real(number) => number.map_or(Value::Null, Value::Double),
        LiteralValue::Decimal(text) => match text {
            None => Value::Null,
            Some(text) => text.trim().parse().map(Value::Double).ok()?,
        },
        LiteralValue::Guid(text) => text.clone().map_or(Value::Null, Value::String),
        LiteralValue::DateTime(ticks) => ticks.map_or(Value::Null, Value::DateTime),
        LiteralValue::Timespan(ticks) => ticks.map_or(Value::Null, Value::Duration),
        LiteralValue::Dynamic(json) => dynamic(json)?,
        LiteralValue::Unknown(_) => return None,
    })
}

fn dynamic(json: &Json) -> Option<Value> {
    Some(match &json.kind {
        JsonKind::Null => Value::Null,
        JsonKind::Literal(literal) => value(literal)?,
        JsonKind::Array(items) => Value::Array(items.iter().map(dynamic).collect::<Option<_>>()?),
        JsonKind::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, item)| Some((name.as_str()?.to_owned(), dynamic(item)?)))
                .collect::<Option<_>>()?,
        ),
        JsonKind::Parameter(_) => return None,
    })
}

/// The column that an expression is, by name.
pub(super) fn plain_column(expr: &Expr) -> Option<&str> {
    expr.as_field().and_then(|field| field.path.as_column())
}

/// A reference to a column.
pub(super) fn column(name: &str) -> Expr {
    columns::field(name)
}
