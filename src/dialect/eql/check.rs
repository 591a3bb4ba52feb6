//! What Elasticsearch refuses of a query that follows the grammar: types, arities, comparisons of two fields.

use super::tree::*;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::elastic;

/// What an expression yields; fields may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Null,
    Any,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Text => "a text",
            Kind::Number => "a number",
            Kind::Boolean => "a condition",
            Kind::Null => "null",
            Kind::Any => "anything",
        }
    }

    fn accepts(self, other: Kind) -> bool {
        self == other || self == Kind::Any || other == Kind::Any
    }
}

/// Name in lower case, argument types, how many of them are needed, whether the last may repeat, result.
type Signature = (&'static str, &'static [Kind], usize, bool, Kind);

/// The functions of Elasticsearch's EQL. `~` behind the name folds case and changes nothing here.
const FUNCTIONS: &[Signature] = &[
    ("add", &[Kind::Number, Kind::Number], 2, false, Kind::Number),
    ("between", &[Kind::Text, Kind::Text, Kind::Text, Kind::Boolean], 3, false, Kind::Text),
    ("cidrmatch", &[Kind::Text, Kind::Text], 2, true, Kind::Boolean),
    ("concat", &[Kind::Any], 1, true, Kind::Text),
    ("divide", &[Kind::Number, Kind::Number], 2, false, Kind::Number),
    ("endswith", &[Kind::Text, Kind::Text], 2, false, Kind::Boolean),
    ("indexof", &[Kind::Text, Kind::Text, Kind::Number], 2, false, Kind::Number),
    ("length", &[Kind::Text], 1, false, Kind::Number),
    ("match", &[Kind::Text, Kind::Text], 2, true, Kind::Boolean),
    ("modulo", &[Kind::Number, Kind::Number], 2, false, Kind::Number),
    ("multiply", &[Kind::Number, Kind::Number], 2, false, Kind::Number),
    ("number", &[Kind::Text, Kind::Number], 1, false, Kind::Number),
    ("startswith", &[Kind::Text, Kind::Text], 2, false, Kind::Boolean),
    ("string", &[Kind::Any], 1, false, Kind::Text),
    ("stringcontains", &[Kind::Text, Kind::Text], 2, false, Kind::Boolean),
    ("substring", &[Kind::Text, Kind::Number, Kind::Number], 2, false, Kind::Text),
    ("subtract", &[Kind::Number, Kind::Number], 2, false, Kind::Number),
    ("wildcard", &[Kind::Text, Kind::Text], 2, true, Kind::Boolean),
];

/// Every finding of a parsed query, in order. All are errors: Elasticsearch would not run the query.
pub fn check(query: &Query) -> Vec<Diagnostic> {
    let mut found = Checker { diagnostics: Vec::new() };
    match &query.base {
        Base::Event(filter) => found.filter(filter),
        Base::Sequence(sequence) => {
            sequence.terms.iter().chain(&sequence.until).for_each(|term| found.filter(&term.filter));
        }
        Base::Sample(sample) => sample.terms.iter().for_each(|term| found.filter(&term.filter)),
    }
    for pipe in &query.pipes {
        let count = |arg: &Expr| matches!(&arg.kind, ExprKind::Literal(Literal { value: Constant::Integer(count), .. }) if *count >= 0);
        if matches!(pipe.name.as_str(), "head" | "tail") && !(pipe.args.len() == 1 && pipe.args.iter().all(count)) {
            let message = format!("`{}` takes one whole number", pipe.name);
            found.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(pipe.span));
        }
    }
    found.diagnostics
}

struct Checker {
    diagnostics: Vec<Diagnostic>,
}

impl Checker {
    fn filter(&mut self, filter: &Filter) {
        self.expect(&filter.condition, Kind::Boolean, "the condition");
    }

    fn expect(&mut self, expr: &Expr, wanted: Kind, what: &str) {
        let kind = self.kind(expr);
        if !wanted.accepts(kind) {
            let message = format!("{what} is {}, expected {}", kind.name(), wanted.name());
            self.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(expr.span));
        }
    }

    fn kind(&mut self, expr: &Expr) -> Kind {
        match &expr.kind {
            ExprKind::Or(operands) | ExprKind::And(operands) => {
                operands.iter().for_each(|operand| self.expect(operand, Kind::Boolean, "this operand"));
                Kind::Boolean
            }
            ExprKind::Not(inner) => {
                self.expect(inner, Kind::Boolean, "what `not` turns around");
                Kind::Boolean
            }
            ExprKind::Compare { op, left, right } => {
                self.compare(expr, *op, left, right);
                Kind::Boolean
            }
            ExprKind::In { left, items, .. } => {
                let kind = self.kind(left);
                for item in items {
                    self.expect(item, kind, "this value");
                    if has_field(item) {
                        self.two_fields(item);
                    }
                }
                Kind::Boolean
            }
            ExprKind::Match { left, op, patterns } => {
                self.expect(left, Kind::Text, &format!("what stands before `{}`", op.text()));
                for pattern in patterns {
                    let number = *op == StringOp::Colon;
                    if !matches!(pattern.value, Constant::Text(_)) && !number {
                        let message = format!("`{}` takes texts", op.text());
                        self.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(pattern.span));
                    }
                }
                Kind::Boolean
            }
            ExprKind::Arithmetic { first, rest } => {
                self.expect(first, Kind::Number, "this operand");
                rest.iter().for_each(|(_, operand)| self.expect(operand, Kind::Number, "this operand"));
                Kind::Number
            }
            ExprKind::Negative(inner) => {
                self.expect(inner, Kind::Number, "what the sign stands before");
                Kind::Number
            }
            ExprKind::Call { name, args, name_span, .. } => self.call(expr, name, *name_span, args),
            ExprKind::Field(_) => Kind::Any,
            ExprKind::Literal(literal) => match literal.value {
                Constant::Text(_) => Kind::Text,
                Constant::Integer(_) | Constant::Number(_) => Kind::Number,
                Constant::Boolean(_) => Kind::Boolean,
                Constant::Null => Kind::Null,
            },
            ExprKind::Subquery { filter, .. } => {
                self.filter(filter);
                Kind::Boolean
            }
        }
    }

    fn compare(&mut self, whole: &Expr, op: Comparison, left: &Expr, right: &Expr) {
        let (one, other) = (self.kind(left), self.kind(right));
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if has_field(left) && has_field(right) {
            self.two_fields(whole);
        } else if one == Kind::Null || other == Kind::Null {
            if !equality {
                let message = format!("null cannot stand beside `{}`", op.text());
                self.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(whole.span));
            }
        } else if !one.accepts(other) {
            let message = format!("{} is compared with {}", one.name(), other.name());
            self.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(whole.span));
        } else if !equality && (one == Kind::Boolean || other == Kind::Boolean) {
            let message = format!("a condition cannot stand beside `{}`", op.text());
            self.diagnostics.push(Diagnostic::error(elastic::EQL_TYPE, message).at(whole.span));
        }
    }

    fn two_fields(&mut self, at: &Expr) {
        let message = "Elasticsearch compares a field with a constant only, never with another field";
        self.diagnostics.push(Diagnostic::error(elastic::EQL_FIELDS, message).at(at.span));
    }

    fn call(&mut self, whole: &Expr, name: &str, name_span: crate::diagnostic::Span, args: &[Expr]) -> Kind {
        let lower = name.to_ascii_lowercase();
        let Some((_, types, needed, repeats, result)) = FUNCTIONS.iter().find(|signature| signature.0 == lower) else {
            self.diagnostics
                .push(Diagnostic::error(elastic::EQL_FUNCTION, format!("EQL has no function `{name}`")).at(name_span));
            args.iter().for_each(|arg| {
                self.kind(arg);
            });
            return Kind::Any;
        };
        if args.len() < *needed || (!repeats && args.len() > types.len()) {
            let message = format!(
                "`{name}` takes {needed}{} arguments, not {}",
                if *repeats { " or more" } else { "" },
                args.len()
            );
            self.diagnostics.push(Diagnostic::error(elastic::EQL_FUNCTION, message).at(whole.span));
        }
        for (arg, wanted) in args.iter().zip(types.iter().chain(std::iter::repeat(types.last().unwrap_or(&Kind::Any))))
        {
            let null = matches!(&arg.kind, ExprKind::Literal(Literal { value: Constant::Null, .. }));
            if !null {
                self.expect(arg, *wanted, &format!("this argument of `{name}`"));
            }
        }
        for arg in args.iter().skip(1) {
            if matches!(lower.as_str(), "cidrmatch" | "match" | "wildcard") && !matches!(arg.kind, ExprKind::Literal(_))
            {
                let message = format!("`{name}` takes texts written out behind its first argument");
                self.diagnostics.push(Diagnostic::error(elastic::EQL_FUNCTION, message).at(arg.span));
            }
        }
        *result
    }
}

fn has_field(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Field(_) => true,
        ExprKind::Literal(_) | ExprKind::Subquery { .. } => false,
        ExprKind::Or(operands) | ExprKind::And(operands) => operands.iter().any(has_field),
        ExprKind::Not(inner) | ExprKind::Negative(inner) => has_field(inner),
        ExprKind::Compare { left, right, .. } => has_field(left) || has_field(right),
        ExprKind::In { left, .. } | ExprKind::Match { left, .. } => has_field(left),
        ExprKind::Arithmetic { first, rest } => has_field(first) || rest.iter().any(|(_, operand)| has_field(operand)),
        ExprKind::Call { args, .. } => args.iter().any(has_field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::eql::parse;

    #[test]
    fn what_elasticsearch_would_not_run() {
        for (condition, code) in [
            ("a", None),
            ("\"text\"", Some("eql-type")),
            ("a == 1 and 2", Some("eql-type")),
            ("not \"x\"", Some("eql-type")),
            ("a.b == c.d", Some("eql-fields")),
            ("length(a) - length(b) == 1", None),
            ("length(a) == b", Some("eql-fields")),
            ("length(a) == \"x\"", Some("eql-type")),
            ("a < null", Some("eql-type")),
            ("a == null", None),
            ("a like 1", Some("eql-type")),
            ("startsWith(a)", Some("eql-function")),
            ("startsWith~(a, b)", None),
            ("cidrMatch(a, b)", Some("eql-function")),
            ("shout(a) == 1", Some("eql-function")),
            ("1 + \"x\" == 2", Some("eql-type")),
        ] {
            let query =
                parse(&format!("any where {condition}")).unwrap_or_else(|error| panic!("{condition}: {error:?}"));
            let found = check(&query);
            assert_eq!(found.first().map(|diagnostic| diagnostic.code.name()), code, "{condition}: {found:?}");
        }
    }
}
