//! `dialects`: what each dialect can read and write, found by trying.

use super::output::Session;
use crate::diagnostic::Span;
use crate::dialect::{Dialect, NoHelpers, ReadContext, Registry};
use crate::model::{Anchor, Pipeline, Predicate, RegexFlavour};
use crate::model::{
    ArrayMode, Case, Expr, FieldKind, FieldPath, FieldRef, FieldType, IpClass, Ordering, Shape, Test, TestKind,
    TypeMap, Typing, Value, WildcardPart,
};
use crate::model::{Logic, Scope};
use crate::plan::{self, Planned};

/// Carries out the command: a table with a line for each kind of test and shape, a column a dialect.
pub fn run(session: &mut Session) {
    let registry = Registry::default();
    let mut out = String::from("| says |");
    for dialect in registry.iter() {
        out.push_str(&format!(" {} |", dialect.name()));
    }
    out.push_str("\n|---|");
    for _ in registry.iter() {
        out.push_str("---|");
    }
    out.push('\n');
    for (name, logic) in probes() {
        out.push_str(&format!("| {name} |"));
        for dialect in registry.iter() {
            out.push_str(&format!(" {} |", try_one(dialect, &logic, name)));
        }
        out.push('\n');
    }
    out.push_str(
        "\nyes: written exactly and read back; loss: written with a named loss; no: refused; read: not written yet.\n",
    );
    session.print(&out);
}

/// Tests of addresses and of analysed text are tried on a field of that type.
fn types_for(probe: &str) -> TypeMap {
    let kind = match probe {
        "CIDR" | "private address" => FieldKind::Ip,
        "token phrase" => FieldKind::Text,
        _ => return TypeMap::default(),
    };
    TypeMap([("field".to_owned(), FieldType::scalar(kind))].into_iter().collect())
}

fn try_one(dialect: &'static dyn Dialect, logic: &Logic, probe: &str) -> &'static str {
    let types = types_for(probe);
    let Some(target) = dialect.target() else { return "read" };
    match plan::plan(logic, &[], target, &types) {
        Ok(Planned { logic, losses }) => {
            let context = crate::dialect::WriteContext { types: &types, tables: &[], detection: None };
            let text = dialect.write(&logic, &context);
            let registry = Registry::default();
            let read = dialect.read(
                &text,
                &ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] },
            );
            match read {
                Ok(read) if !read.unread.is_empty() => "no",
                Err(_) => "no",
                Ok(_) if losses.iter().any(|loss| loss.scope == Scope::Match) => "loss",
                Ok(_) => "yes",
            }
        }
        Err(_) => "no",
    }
}

fn field(dialect_mode: ArrayMode) -> Expr {
    Expr::Field(FieldRef::new(FieldPath::parse("field"), dialect_mode))
}

/// One probe for each kind of test and shape of the model.
fn probes() -> Vec<(&'static str, Logic)> {
    let text = || Expr::text("value");
    let sensitive = Case::Sensitive;
    let typing = Typing::Text;
    let kinds: Vec<(&'static str, TestKind)> = vec![
        ("equals", TestKind::Equals { value: text(), case: sensitive, typing }),
        ("equals, case ignored", TestKind::Equals { value: text(), case: Case::Ignore, typing }),
        ("in a list", TestKind::In { values: vec![text(), Expr::text("other")], case: sensitive, typing }),
        (
            "in a list, case ignored",
            TestKind::In { values: vec![text(), Expr::text("other")], case: Case::Ignore, typing },
        ),
        ("contains", TestKind::Contains { value: text(), case: sensitive }),
        ("contains, case ignored", TestKind::Contains { value: text(), case: Case::Ignore }),
        ("starts with", TestKind::StartsWith { value: text(), case: sensitive }),
        ("ends with", TestKind::EndsWith { value: text(), case: sensitive }),
        ("term", TestKind::Term { value: text(), case: Case::Ignore }),
        ("token phrase", TestKind::Phrase { text: "a value".to_owned(), slop: 0 }),
        (
            "wildcard",
            TestKind::Wildcard {
                pattern: vec![WildcardPart::Text("a".into()), WildcardPart::Many, WildcardPart::Text("b".into())],
                case: sensitive,
            },
        ),
        (
            "regular expression",
            TestKind::Regex {
                pattern: Expr::text("a[0-9]+"),
                flavour: RegexFlavour::Re2,
                anchor: Anchor::Search,
                case: sensitive,
            },
        ),
        ("CIDR", TestKind::Cidr { networks: vec!["10.0.0.0/8".to_owned()] }),
        ("private address", TestKind::Ip { class: IpClass::Private }),
        (
            "greater than",
            TestKind::Compare {
                ordering: Ordering::Greater,
                value: Expr::Literal(Value::Int(5)),
                typing: Typing::Typed,
            },
        ),
        ("present", TestKind::Present),
        ("empty", TestKind::Empty),
        (
            "field against field",
            TestKind::Equals {
                value: Expr::Field(FieldRef::new(FieldPath::parse("other"), ArrayMode::Whole)),
                case: sensitive,
                typing,
            },
        ),
    ];
    let filter = |kind: TestKind| Predicate::Test(Test::new(field(ArrayMode::Whole), kind, Span::default()));
    let mut probes: Vec<(&'static str, Logic)> =
        kinds.into_iter().map(|(name, kind)| (name, Logic::filter(filter(kind), Span::default()))).collect();
    let events =
        || Pipeline::filter(filter(TestKind::Equals { value: text(), case: sensitive, typing }), Span::default());
    let shape = |shape: Shape| Logic::Shape(Box::new(shape));
    probes.push((
        "threshold",
        shape(Shape::Threshold { events: events(), by: vec![field(ArrayMode::Whole)], at_least: 5, window: Some(300) }),
    ));
    probes.push((
        "new value",
        shape(Shape::NewValue { events: events(), of: vec![field(ArrayMode::Whole)], history: 86_400, recent: None }),
    ));
    probes
}
