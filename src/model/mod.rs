//! The detection model: what a rule means, in words that belong to no dialect.
//!
//! The numbered rules that these types keep are in ARCHITECTURE.md ("Rules of the model").
//! Data only: how it is evaluated is `evaluate`, how it is rewritten is `rewrite`.

mod bundle;
mod detection;
mod expr;
mod field;
pub mod function;
mod function_python;
mod logic;
mod loss;
pub mod lucene_regex;
mod pipeline;
mod place;
mod predicate;
mod regex_text;
mod table_step;
mod test;
mod types;
mod value;
pub mod walk;

pub use bundle::{Bundle, Link, LinkKind};
pub use detection::{
    Alerting, AttackRef, Dedup, Detection, DynamicSeverity, Entity, EntityField, GroupingMode, LogSource, Metadata,
    OutputField, PlatformId, Schedule, ScheduleKind, Severity, Suppression, TestCase, Trigger, TriggerOp, Unread,
};
pub use expr::{CaseArm, Expr, Function, Var};
pub use field::{ArrayMode, FieldPath, FieldRef, Segment};
pub use logic::{AbsentStage, Logic, Shape, Stage};
pub use loss::{Direction, Loss, Scope, Verdict};
pub use pipeline::{
    Aggregate, Column, ExpandColumn, ExpandKind, InlineTable, Join, JoinKind, NamePattern, NullsOrder, ParseKind,
    ParsePart, Pipeline, Select, SortKey, Source, Step, StepKind,
};
pub use place::Place;
pub use predicate::{Predicate, Quantifier};
pub use regex_text::{matches_empty, regex_text};
pub use table_step::{KeyValues, NestedLevel, Networks, Series, TableStep, Unpack, UnpackConflict};
pub use test::{Anchor, Case, IpClass, JsonKind, Ordering, RegexFlavour, Test, TestKind, Typing, WildcardPart};
pub use types::{FieldKind, FieldType, FieldTypes, Remembered, TypeMap};
pub use value::{Object, TICKS_PER_SECOND, Value};
