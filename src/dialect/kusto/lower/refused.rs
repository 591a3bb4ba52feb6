//! Types that the engine's binder refuses together (spec/kusto-semantics.md, "Types the binder enforces"; the tables
//! were measured with the official binder). Where a type is only guessed from the query's own use of a column, a warning
//! says so; where it is certain, the engine refuses the rule when it is saved.

use super::super::bind::Ty;
use super::Lowerer;
use super::scalar::Typed;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::dialect::kusto::syntax::ArithmeticOp;
use crate::model::{Expr, Segment};

/// Whether an order between two types is refused.
fn order(left: Ty, right: Ty) -> bool {
    use Ty::{Bool, DateTime, Dynamic, Guid, Long, Real, String, Timespan, Unknown};
    match (left, right) {
        (Unknown, Guid | String) | (Guid | String, Unknown) => true,
        (Unknown, _) | (_, Unknown) => false,
        (Bool, Bool | Long | Real) | (Long | Real, Bool | Long | Real | Dynamic) => false,
        (Dynamic, Dynamic | Long | Real) | (DateTime, DateTime) | (Timespan, Timespan) => false,
        _ => true,
    }
}

/// Whether an operation between two types is refused.
fn operation(op: ArithmeticOp, left: Ty, right: Ty) -> bool {
    use Ty::{Bool, DateTime, Dynamic, Guid, Long, Real, String, Timespan, Unknown};
    if matches!(left, Bool | Guid | String) || matches!(right, Bool | Guid | String) {
        return true;
    }
    if left == Unknown || right == Unknown {
        return false;
    }
    match op {
        ArithmeticOp::Add | ArithmeticOp::Subtract => {
            matches!((left, right), (DateTime | Timespan, Long | Real) | (Long | Real, DateTime | Timespan))
        }
        ArithmeticOp::Multiply => matches!(
            (left, right),
            (DateTime, DateTime | Dynamic | Timespan) | (Dynamic, DateTime | Timespan) | (Timespan, DateTime | Dynamic)
        ),
        ArithmeticOp::Divide | ArithmeticOp::Modulo => {
            matches!((left, right), (DateTime | Timespan, Dynamic) | (Dynamic | Long | Real, DateTime | Timespan))
        }
    }
}

/// Whether a value of this type is no text.
fn no_text(ty: Ty) -> bool {
    !matches!(ty, Ty::String | Ty::Dynamic | Ty::Unknown)
}

impl Lowerer<'_> {
    /// Notes that the type of a column is guessed.
    pub(super) fn guessed(&mut self, name: &str) {
        if !self.unsure.contains(name) {
            self.unsure.insert(name.to_owned());
        }
    }

    /// Notes a column that is computed from columns whose type is guessed.
    pub(super) fn derived(&mut self, name: &str, value: &Typed) {
        if value.ty != Ty::Unknown && !self.unsure.is_empty() && !self.sure(&value.expr) {
            self.guessed(name);
        }
    }

    /// Whether the type of a value is certain.
    fn sure(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => match field.path.0.as_slice() {
                [Segment::Key(name)] => !self.unsure.contains(name),
                _ => true,
            },
            // The result of most functions has one type; of arithmetic and choices it is that of the parts.
            Expr::Call(_, arguments) => arguments.iter().all(|argument| self.sure(argument)),
            Expr::Case(arms, otherwise) => arms.iter().all(|arm| self.sure(&arm.then)) && self.sure(otherwise),
            _ => true,
        }
    }

    fn refuse(&mut self, sides: &[&Typed], message: String, span: Span) {
        if self.diagnostics.iter().any(|found| found.message == message && found.span == Some(span)) {
            return;
        }
        let sure = sides.iter().all(|side| self.sure(&side.expr));
        let code = if sure { codes::kusto::REFUSED } else { codes::kusto::TYPE };
        self.diagnostics.push(Diagnostic::warning(code, message).at(span));
    }

    /// An order of types that the engine refuses together: KS106.
    pub(super) fn check_order(&mut self, left: &Typed, right: &Typed, span: Span) {
        if order(left.ty, right.ty) {
            let message = format!("the engine does not order {} and {} (KS106)", left.ty.name(), right.ty.name());
            self.refuse(&[left, right], message, span);
        }
    }

    /// An operation on types that the engine refuses together: KS106.
    pub(super) fn check_operation(&mut self, op: ArithmeticOp, left: &Typed, right: &Typed, span: Span) {
        if operation(op, left.ty, right.ty) {
            let (left_name, right_name) = (left.ty.name(), right.ty.name());
            let message = format!("the engine does not compute with {left_name} and {right_name} so (KS106)");
            self.refuse(&[left, right], message, span);
        }
    }

    /// An operator on texts whose side is none: KS106.
    pub(super) fn check_text(&mut self, left: &Typed, right: &Typed, span: Span) {
        for side in [left, right] {
            if no_text(side.ty) {
                let message = format!("the engine has no such operator on {} (KS106)", side.ty.name());
                self.refuse(&[side], message, span);
            }
        }
    }

    /// A list of texts asked of a value that is none: KS107.
    pub(super) fn check_text_list(&mut self, left: &Typed, span: Span) {
        if no_text(left.ty) {
            let message = format!("the engine has no such operator on {} (KS107)", left.ty.name());
            self.refuse(&[left], message, span);
        }
    }

    /// A value that must be a condition: KS141.
    pub(super) fn check_condition(&mut self, value: &Typed, span: Span) {
        if !matches!(value.ty, Ty::Bool | Ty::Dynamic | Ty::Unknown) && !matches!(value.expr, Expr::Unread(_)) {
            let message = format!("a {} stands where a condition must (KS141)", value.ty.name());
            self.refuse(&[value], message, span);
        }
    }

    /// A dynamic value that makes groups, an order or keys: KS116, KS241.
    pub(super) fn check_key(&mut self, value: &Typed, what: &str, span: Span) {
        if value.ty == Ty::Dynamic {
            let message = format!("the engine {what} no dynamic value: convert it with tostring() (KS116)");
            self.refuse(&[value], message, span);
        }
    }

    /// Keys of a join: no dynamic value, and one type on both sides: KS241, KS242.
    pub(super) fn check_join(&mut self, left: Ty, right: Ty, (name, other): (&str, &str), span: Span) {
        let message = match (left, right) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => return,
            (Ty::Dynamic, _) | (_, Ty::Dynamic) => "the engine joins on no dynamic value (KS241)".to_owned(),
            (one, other) if one != other => {
                format!("the engine does not join {} with {} (KS242)", one.name(), other.name())
            }
            _ => return,
        };
        let left = Typed::new(super::scalar::column(name), left);
        let right = Typed::new(super::scalar::column(other), right);
        self.refuse(&[&left, &right], message, span);
    }

    /// A place inside a value that has none: KS142.
    pub(super) fn check_path(&mut self, base: &Typed, span: Span) {
        if !matches!(base.ty, Ty::Dynamic | Ty::Unknown) {
            let message = format!("a {} has no places inside (KS142)", base.ty.name());
            self.refuse(&[base], message, span);
        }
    }

    /// What is expanded must be dynamic: KS141.
    pub(super) fn check_list(&mut self, value: &Typed, span: Span) {
        if !matches!(value.ty, Ty::Dynamic | Ty::Unknown) {
            let message = format!("a {} is no list to expand (KS141)", value.ty.name());
            self.refuse(&[value], message, span);
        }
    }

    /// Arguments of the types that a function takes: KS107, KS138, KS141.
    pub(super) fn check_arguments(&mut self, name: &str, values: &[Typed], span: Span) {
        let at = |place: usize| values.get(place);
        let (what, wanted): (Option<&Typed>, &[Ty]) = match name {
            "trim" | "trim_start" | "trim_end" => (at(1), &[Ty::String]),
            "extract" => (at(2), &[Ty::String]),
            "replace_string"
            | "countof"
            | "ipv4_is_private"
            | "parse_url"
            | "url_decode"
            | "base64_decode_tostring" => (at(0), &[Ty::String]),
            "strlen" | "parse_json" => (at(0), &[Ty::String, Ty::Dynamic]),
            "startofday" | "startofweek" | "startofmonth" | "startofyear" | "endofday" | "endofweek" | "endofmonth"
            | "endofyear" | "hourofday" | "dayofweek" | "dayofmonth" | "dayofyear" | "format_datetime" => {
                (at(0), &[Ty::DateTime])
            }
            "datetime_part" => (at(1), &[Ty::DateTime]),
            "ago" => (at(0), &[Ty::Timespan]),
            "abs" => (at(0), &[Ty::Long, Ty::Real, Ty::Timespan]),
            "round" => (at(0), &[Ty::Long, Ty::Real]),
            "array_length" | "array_slice" | "strcat_array" | "set_has_element" | "bag_keys" => (at(0), &[Ty::Dynamic]),
            "sum" => (at(0), &[Ty::Long, Ty::Real, Ty::Timespan, Ty::DateTime]),
            "avg" => (at(0), &[Ty::Long, Ty::Real, Ty::Timespan, Ty::DateTime]),
            _ => return,
        };
        if let Some(value) = what
            && value.ty != Ty::Unknown
            && !wanted.contains(&value.ty)
            && !matches!(value.expr, Expr::Unread(_))
        {
            let names: Vec<&str> = wanted.iter().map(|ty| ty.name()).collect();
            let message = format!("`{name}` takes {}, not {} (KS107)", names.join(" or "), value.ty.name());
            self.refuse(&[value], message, span);
        }
    }
}
