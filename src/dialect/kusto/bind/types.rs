//! Types of scalars as far as semantics depend on them.

use crate::dialect::kusto::syntax::ScalarType;
use crate::model::function::kusto::Returns;
use crate::model::{FieldKind, FieldType};

/// The type of a scalar. `int` and `long`, `real` and `decimal` behave alike and are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::dialect::kusto) enum Ty {
    Bool,
    DateTime,
    Dynamic,
    Guid,
    Long,
    Real,
    String,
    Timespan,
    /// A column of which nothing is known; each event's own value tells.
    Unknown,
}

impl Ty {
    /// Whether values of this type are never null.
    pub fn never_null(self) -> bool {
        self == Ty::String
    }

    /// The name of the type in the language.
    pub fn name(self) -> &'static str {
        match self {
            Ty::Bool => "bool",
            Ty::DateTime => "datetime",
            Ty::Dynamic => "dynamic",
            Ty::Guid => "guid",
            Ty::Long => "long",
            Ty::Real => "real",
            Ty::String => "string",
            Ty::Timespan => "timespan",
            Ty::Unknown => "unknown",
        }
    }

    /// The type by a name of the language; unknown for anything else.
    pub fn by_name(name: &str) -> Ty {
        ScalarType::parse(name).map_or(Ty::Unknown, Ty::from)
    }

    /// The type of a function's result.
    pub fn of_result(returns: Returns, arguments: &[Ty]) -> Ty {
        let at = |index: usize| arguments.get(index).copied().unwrap_or(Ty::Unknown);
        match returns {
            Returns::Kind(kind) => Ty::from(kind),
            Returns::First => at(0),
            Returns::Second => at(1),
            Returns::Common => arguments.iter().copied().reduce(Ty::common).unwrap_or(Ty::Unknown),
            Returns::Arithmetic => at(0),
        }
    }

    /// The type that two branches share.
    pub fn common(self, other: Ty) -> Ty {
        match (self, other) {
            _ if self == other => self,
            (Ty::Long, Ty::Real) | (Ty::Real, Ty::Long) => Ty::Real,
            (Ty::Unknown, known) | (known, Ty::Unknown) => known,
            _ => Ty::Dynamic,
        }
    }
}

impl From<ScalarType> for Ty {
    fn from(ty: ScalarType) -> Self {
        match ty {
            ScalarType::Bool => Ty::Bool,
            ScalarType::DateTime => Ty::DateTime,
            ScalarType::Decimal | ScalarType::Real => Ty::Real,
            ScalarType::Dynamic => Ty::Dynamic,
            ScalarType::Guid => Ty::Guid,
            ScalarType::Int | ScalarType::Long => Ty::Long,
            ScalarType::String => Ty::String,
            ScalarType::Timespan => Ty::Timespan,
        }
    }
}

impl From<FieldKind> for Ty {
    fn from(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Ip => Ty::String,
            FieldKind::Long => Ty::Long,
            FieldKind::Double => Ty::Real,
            FieldKind::Date => Ty::DateTime,
            FieldKind::Boolean => Ty::Bool,
            FieldKind::Dynamic => Ty::Dynamic,
            FieldKind::Timespan => Ty::Timespan,
            FieldKind::Guid => Ty::Guid,
        }
    }
}

impl From<FieldType> for Ty {
    fn from(ty: FieldType) -> Self {
        if ty.list { Ty::Dynamic } else { Ty::from(ty.kind) }
    }
}
