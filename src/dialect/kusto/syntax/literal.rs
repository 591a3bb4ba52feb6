//! Literals: exact spelling and parsed value.

use super::Span;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// What it stands for.
    pub value: LiteralValue,
    /// The source text where the canonical spelling of `value` differs from it (`@'...'`, `1d`, `datetime(2020-1-1)`).
    /// `None` for literals made by hand; a printer then writes the canonical spelling.
    pub spelling: Option<Box<str>>,
    /// Where it stands.
    pub span: Span,
}

impl Literal {
    /// A literal made by hand, printed in canonical spelling.
    pub fn new(value: LiteralValue) -> Self {
        Self { value, spelling: None, span: Span::default() }
    }

    /// A string literal made by hand.
    pub fn string(text: impl Into<String>) -> Self {
        Self::new(LiteralValue::String { text: text.into(), hidden: false })
    }

    /// The text of a string literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            LiteralValue::String { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// The value of a literal. Typed nulls (`int(null)`) are `None` of their type.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// `"a"`, `'a'`, `@"a"`, ```` ```a``` ````, `h"a"`; adjacent strings are one (`"a" "b"`).
    String {
        /// The text, escapes resolved.
        text: String,
        /// Obfuscated (`h"..."`): hidden from the engine's own logs.
        hidden: bool,
    },
    /// `true`, `bool(null)`
    Bool(Option<bool>),
    /// `int(5)`
    Int(Option<i32>),
    /// `5`, `0xff`, `long(5)`, `-5` where a sign is part of the literal
    Long(Option<i64>),
    /// `1.5`, `real(1)`, `real(nan)`
    Real(Option<f64>),
    /// `decimal(1.5)`, as written between the parentheses
    Decimal(Option<String>),
    /// `guid(...)`, lower case with dashes
    Guid(Option<String>),
    /// `datetime(2020-01-01 10:00)`: ticks of 100 ns since 0001-01-01 00:00 UTC
    DateTime(Option<i64>),
    /// `1d`, `2.5h`, `time(1.02:03:04)`: ticks of 100 ns
    Timespan(Option<i64>),
    /// `dynamic(...)`
    Dynamic(Json),
    /// A typed literal whose inside this reader does not understand (`datetime(soon)`); the official parser accepts
    /// any text there. The spelling has it all.
    Unknown(ScalarType),
}

impl LiteralValue {
    /// The type of the literal.
    pub fn ty(&self) -> ScalarType {
        match self {
            Self::String { .. } => ScalarType::String,
            Self::Bool(_) => ScalarType::Bool,
            Self::Int(_) => ScalarType::Int,
            Self::Long(_) => ScalarType::Long,
            Self::Real(_) => ScalarType::Real,
            Self::Decimal(_) => ScalarType::Decimal,
            Self::Guid(_) => ScalarType::Guid,
            Self::DateTime(_) => ScalarType::DateTime,
            Self::Timespan(_) => ScalarType::Timespan,
            Self::Dynamic(_) => ScalarType::Dynamic,
            Self::Unknown(ty) => *ty,
        }
    }

    /// Whether it is the null of its type.
    pub fn is_null(&self) -> bool {
        matches!(
            self,
            Self::Bool(None)
                | Self::Int(None)
                | Self::Long(None)
                | Self::Real(None)
                | Self::Decimal(None)
                | Self::Guid(None)
                | Self::DateTime(None)
                | Self::Timespan(None)
                | Self::Dynamic(Json { kind: JsonKind::Null, .. })
        )
    }
}

/// The value inside `dynamic(...)`, whose scalars may be any literal of the language.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// What it is.
    pub kind: JsonKind,
    /// Where it stands.
    pub span: Span,
}

/// What a JSON value is.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// A string, number, `true`, `datetime(...)`, nested `dynamic(...)`.
    Literal(Box<Literal>),
    /// `[...]`
    Array(Vec<Json>),
    /// `{"name": value, ...}`: names are string literals.
    Object(Vec<(Literal, Json)>),
    /// `{name}`, a client parameter.
    Parameter(Box<str>),
}

/// The scalar types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScalarType {
    /// `bool`, `boolean`
    Bool,
    /// `datetime`, `date`
    DateTime,
    /// `decimal`
    Decimal,
    /// `dynamic`
    Dynamic,
    /// `guid`, `uuid`, `uniqueid`
    Guid,
    /// `int`, `int32`, and the small and unsigned types that the language reads as it
    Int,
    /// `long`, `int64`, and the wide unsigned types
    Long,
    /// `real`, `double`, `float`
    Real,
    /// `string`
    String,
    /// `timespan`, `time`
    Timespan,
}

impl ScalarType {
    /// Reads a type's name, old spellings included; `None` for anything else. Case matters, as in the language.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "bool" | "boolean" => Self::Bool,
            "datetime" | "date" => Self::DateTime,
            "decimal" => Self::Decimal,
            "dynamic" => Self::Dynamic,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "int" | "int32" | "int16" | "int8" | "uint" | "uint32" | "uint16" | "uint8" => Self::Int,
            "long" | "int64" | "ulong" | "uint64" => Self::Long,
            "real" | "double" | "float" => Self::Real,
            "string" => Self::String,
            "timespan" | "time" => Self::Timespan,
            _ => return None,
        })
    }

    /// The name the language's documentation uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::DateTime => "datetime",
            Self::Decimal => "decimal",
            Self::Dynamic => "dynamic",
            Self::Guid => "guid",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::String => "string",
            Self::Timespan => "timespan",
        }
    }
}
