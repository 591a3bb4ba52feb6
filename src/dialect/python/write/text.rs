//! Expressions and conditions as Python. Whatever is printed never raises and means what the model means.

use super::constants::Constants;
use super::merge;
use crate::model::{
    Anchor, ArrayMode, Case, Expr, FieldKind, FieldRef, FieldType, FieldTypes, IpClass, JsonKind, Ordering, Predicate,
    Quantifier, RegexFlavour, Segment, Test, TestKind, Typing, Value, Var, function as f,
};

/// How tightly a printed expression holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binds {
    Choice,
    Or,
    And,
    Not,
    Compare,
    Atom,
}

/// Printed Python.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub text: String,
    pub binds: Binds,
}

impl Code {
    pub(super) fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binds: Binds::Atom }
    }

    pub(super) fn at(text: impl Into<String>, binds: Binds) -> Self {
        Self { text: text.into(), binds }
    }

    /// The text, in brackets where it holds together less tightly than `least`.
    pub fn within(&self, least: Binds) -> String {
        if self.binds < least { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// Prints, and remembers which small functions and imports the text needs. `None`: it cannot be said exactly.
pub(super) struct Printer<'t> {
    pub used: Vec<&'static str>,
    /// What the function calls the event.
    pub root: &'static str,
    /// Lists and patterns that stand above the functions.
    pub constants: Constants,
    /// What the fields are known to hold: a text needs no question whether it is one.
    types: Option<&'t dyn FieldTypes>,
    names: Vec<(Var, String)>,
    fresh: usize,
}

impl Default for Printer<'_> {
    fn default() -> Self {
        Self::of("event", None)
    }
}

impl<'t> Printer<'t> {
    /// A printer for functions whose parameter has this name.
    pub fn of(root: &'static str, types: Option<&'t dyn FieldTypes>) -> Self {
        Self { used: Vec::new(), root, constants: Constants::default(), types, names: Vec::new(), fresh: 0 }
    }

    /// The declared type of a field that is read as it stands.
    fn declared(&self, subject: &Expr) -> Option<FieldType> {
        let field = subject.as_field().filter(|field| field.mode == ArrayMode::Whole)?;
        field.path.0.iter().all(|segment| matches!(segment, Segment::Key(_))).then_some(())?;
        self.types?.type_of(&field.path.to_string())
    }

    /// Whether a field is declared as one text.
    pub(super) fn is_text(&self, subject: &Expr) -> bool {
        use FieldKind::{Guid, Ip, Keyword, Text, Wildcard};
        self.declared(subject)
            .is_some_and(|declared| !declared.list && matches!(declared.kind, Keyword | Wildcard | Text | Ip | Guid))
    }

    /// Whether a field is declared as one number.
    fn is_number(&self, subject: &Expr) -> bool {
        self.declared(subject)
            .is_some_and(|declared| !declared.list && matches!(declared.kind, FieldKind::Long | FieldKind::Double))
    }

    /// The text of a value, the empty one where it is none.
    pub(super) fn text_of(&mut self, subject: &Expr, code: &Code) -> String {
        if self.is_text(subject)
            && let Some(field) = subject.as_field()
            && let Some(keys) = keys(&field.path.0)
        {
            return format!("{}.deep_get({keys}, default=\"\")", self.root);
        }
        self.need("text");
        format!("_text({})", code.text)
    }

    pub(super) fn need(&mut self, name: &'static str) {
        if !self.used.contains(&name) {
            self.used.push(name);
        }
    }

    fn fresh(&mut self, hint: &str) -> String {
        let clean: String = hint.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let clean = if clean.is_empty()
            || clean.starts_with(|c: char| c.is_ascii_digit())
            || RESERVED.contains(&clean.as_str())
        {
            "item".to_owned()
        } else {
            clean.to_lowercase()
        };
        self.fresh += 1;
        if self.names.iter().any(|(_, known)| *known == clean) { format!("{clean}_{}", self.fresh) } else { clean }
    }

    /// A value.
    pub fn expr(&mut self, expr: &Expr) -> Option<Code> {
        Some(match expr {
            Expr::Literal(value) => Code::atom(literal(value)?),
            Expr::Field(field) => self.field(field)?,
            Expr::Var(var) => {
                let (_, name) = self.names.iter().rev().find(|(known, _)| known == var)?;
                Code::atom(name.clone())
            }
            Expr::Path(base, path, ArrayMode::Whole) => {
                let base = self.expr(base)?;
                let keys = keys(&path.0)?;
                self.need("path");
                Code::atom(format!("_path({}, {keys})", base.text))
            }
            Expr::Path(..) | Expr::AnyField => return None,
            Expr::Truth(predicate) => {
                let met = self.predicate(predicate)?;
                Code::atom(format!("bool({})", met.text))
            }
            Expr::List(items) => {
                let parts: Option<Vec<String>> =
                    items.iter().map(|item| Some(self.expr(item)?.within(Binds::Choice))).collect();
                Code::atom(format!("[{}]", parts?.join(", ")))
            }
            Expr::Object(members) => {
                let mut parts = Vec::new();
                for (name, value) in members {
                    parts.push(format!("{}: {}", quoted(name), self.expr(value)?.text));
                }
                Code::atom(format!("{{{}}}", parts.join(", ")))
            }
            Expr::Case(arms, otherwise) => {
                let mut text = self.expr(otherwise)?.text;
                for arm in arms.iter().rev() {
                    let when = self.predicate(&arm.when)?;
                    let then = self.expr(&arm.then)?;
                    text = format!("{} if {} else {text}", then.within(Binds::Or), when.within(Binds::Or));
                }
                Code::at(text, Binds::Choice)
            }
            Expr::Collect { list, var, when, value, distinct } => {
                let list = self.each(list)?;
                let name = self.fresh(&var.0);
                self.names.push((var.clone(), name.clone()));
                let inner = self.predicate(when).and_then(|when| Some((when, self.expr(value)?)));
                self.names.pop();
                let (when, value) = inner?;
                let filter =
                    if when.text == "True" { String::new() } else { format!(" if {}", when.within(Binds::Or)) };
                let listed = format!("[{} for {name} in {list}{filter}]", value.within(Binds::Choice));
                if *distinct {
                    self.need("collected");
                    Code::atom(format!("_collected({listed})"))
                } else {
                    Code::atom(listed)
                }
            }
            Expr::Call(name, arguments) => self.call(*name, arguments)?,
            Expr::Aggregate(..) | Expr::Scalar(_) | Expr::Rows(_) | Expr::Unread(_) => return None,
        })
    }

    fn each(&mut self, list: &Expr) -> Option<String> {
        let code = self.expr(list)?;
        if matches!(list, Expr::List(_) | Expr::Collect { .. } | Expr::Literal(Value::Array(_))) {
            return Some(code.text);
        }
        self.need("each");
        Some(format!("_each({})", code.text))
    }

    fn field(&mut self, field: &FieldRef) -> Option<Code> {
        let segments = field.path.0.as_slice();
        if segments.is_empty() {
            return Some(Code::atom(self.root));
        }
        let plain: Option<Vec<&str>> = segments
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect();
        match field.mode {
            ArrayMode::Whole => Some(match plain.as_deref() {
                Some([key]) => Code::atom(format!("{}.get({})", self.root, quoted(key))),
                Some(keys) => {
                    let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
                    Code::atom(format!("{}.deep_get({})", self.root, keys.join(", ")))
                }
                None => {
                    let keys = keys(segments)?;
                    self.need("path");
                    Code::atom(format!("_path({}, {keys})", self.root))
                }
            }),
            ArrayMode::First | ArrayMode::Last | ArrayMode::Distinct | ArrayMode::LastDistinct | ArrayMode::Single => {
                let values = self.all_values(field)?;
                match field.mode {
                    ArrayMode::Distinct => {
                        self.need("distinct");
                        Some(Code::atom(format!("_distinct({values})")))
                    }
                    ArrayMode::LastDistinct => {
                        self.need("distinct");
                        self.need("path");
                        Some(Code::atom(format!("_path(_distinct({values}), -1)")))
                    }
                    ArrayMode::First | ArrayMode::Last => {
                        self.need("path");
                        let index = if field.mode == ArrayMode::First { 0 } else { -1 };
                        Some(Code::atom(format!("_path({values}, {index})")))
                    }
                    _ => None,
                }
            }
            ArrayMode::Any | ArrayMode::All => None,
        }
    }

    /// All values behind a path, as a list.
    fn all_values(&mut self, field: &FieldRef) -> Option<String> {
        let mut parts = Vec::new();
        for segment in &field.path.0 {
            match segment {
                Segment::Key(key) => parts.push(quoted(key)),
                Segment::Any => {}
                _ => return None,
            }
        }
        self.need("values");
        let parts: String = parts.iter().map(|part| format!(", {part}")).collect();
        Some(format!("_values({}{parts})", self.root))
    }

    fn call(&mut self, name: crate::model::Function, arguments: &[Expr]) -> Option<Code> {
        let parts: Vec<Code> = arguments.iter().map(|argument| self.expr(argument)).collect::<Option<_>>()?;
        let part = |index: usize| parts.get(index).cloned();
        let one = part(0)?;
        let two = |operator: &str, one: &Code, other: &Code| {
            Code::at(
                format!(
                    "{0} {operator} {1} if isinstance({0}, (int, float)) and isinstance({1}, (int, float)) else None",
                    one.within(Binds::Atom),
                    other.within(Binds::Atom)
                ),
                Binds::Choice,
            )
        };
        Some(match name {
            f::LOWER | f::UPPER | f::TRIM => {
                let (helper, call) = match name {
                    f::LOWER => ("lower", "_lower"),
                    f::UPPER => ("upper", "_upper"),
                    _ => ("strip", "_strip"),
                };
                self.need(helper);
                Code::atom(format!("{call}({})", one.text))
            }
            f::SPLIT => {
                if !matches!(arguments.get(1), Some(Expr::Literal(Value::String(by))) if !by.is_empty()) {
                    return None;
                }
                self.need("split");
                Code::atom(format!("_split({}, {})", one.text, part(1)?.text))
            }
            f::CONCAT => {
                self.need("concat");
                let parts: Vec<String> = parts.iter().map(|part| part.within(Binds::Choice)).collect();
                Code::atom(format!("_concat({})", parts.join(", ")))
            }
            f::CONCAT_OR_EMPTY => {
                let mut text = String::new();
                for (code, argument) in parts.iter().zip(arguments) {
                    match argument {
                        Expr::Literal(Value::String(fixed)) => text.push_str(&braced(fixed)),
                        _ => text.push_str(&format!("{{{} or ''}}", code.within(Binds::Or).replace('"', "'"))),
                    }
                }
                Code::atom(format!("f\"{text}\""))
            }
            f::COALESCE => {
                if let [Expr::Field(field), Expr::Literal(value)] = arguments
                    && field.mode == ArrayMode::Whole
                    && field.path.0.iter().all(|segment| matches!(segment, Segment::Key(_)))
                {
                    let keys = keys(&field.path.0)?;
                    return Some(Code::atom(format!("{}.deep_get({keys}, default={})", self.root, literal(value)?)));
                }
                self.need("coalesce");
                let parts: Vec<String> = parts.iter().map(|part| part.within(Binds::Choice)).collect();
                Code::atom(format!("_coalesce({})", parts.join(", ")))
            }
            f::ELEMENT_AT => {
                let Some(Expr::Literal(Value::Int(index))) = arguments.get(1) else { return None };
                self.need("path");
                Code::atom(format!("_path({}, {index})", one.text))
            }
            f::LENGTH => {
                Code::at(format!("len({0}) if isinstance({0}, str) else None", one.within(Binds::Atom)), Binds::Choice)
            }
            f::ADD => two("+", &one, &part(1)?),
            f::SUBTRACT => two("-", &one, &part(1)?),
            f::MULTIPLY => two("*", &one, &part(1)?),
            f::PYTHON_STR => Code::atom(format!("str({})", one.text)),
            f::PYTHON_OR => Code::at(format!("{} or {}", one.within(Binds::Or), part(1)?.within(Binds::Or)), Binds::Or),
            f::PYTHON_ZIP => {
                self.need("attempt");
                let parts: Vec<String> = parts.iter().map(|part| part.within(Binds::Choice)).collect();
                Code::atom(format!("_attempt(lambda: [list(items) for items in zip({})])", parts.join(", ")))
            }
            f::PANTHER_DEEP_WALK => {
                self.need("deep_walk");
                let parts: Vec<String> = parts.iter().map(|part| part.within(Binds::Choice)).collect();
                Code::atom(format!("_deep_walk({})", parts.join(", ")))
            }
            name => {
                let (pattern, needs) = super::functions::pattern(name, arguments)?;
                needs.iter().for_each(|need| self.need(need));
                self.need("attempt");
                let filled: Vec<String> = parts.iter().map(|part| part.within(Binds::Atom)).collect();
                Code::atom(format!("_attempt(lambda: {})", super::functions::fill(&pattern, &filled)))
            }
        })
    }

    /// A condition.
    pub fn predicate(&mut self, predicate: &Predicate) -> Option<Code> {
        Some(match predicate {
            Predicate::Always(flag) => Code::atom(if *flag { "True" } else { "False" }),
            Predicate::All(items) => self.joined(items, " and ", Binds::And, "True")?,
            Predicate::Any(items) => {
                let groups = merge::groups(items);
                let parts: Option<Vec<String>> =
                    groups.iter().map(|group| Some(self.group(group)?.within(Binds::Not))).collect();
                match parts?.as_slice() {
                    [] => Code::atom("False"),
                    [one] => match groups.as_slice() {
                        [group] => self.group(group)?,
                        _ => Code::at(one.clone(), Binds::Or),
                    },
                    parts => Code::at(parts.join(" or "), Binds::Or),
                }
            }
            Predicate::ExactlyOne(items) => {
                let parts: Option<Vec<String>> =
                    items.iter().map(|item| Some(format!("bool({})", self.predicate(item)?.text))).collect();
                Code::at(format!("sum([{}]) == 1", parts?.join(", ")), Binds::Compare)
            }
            Predicate::Not(inner) => {
                let inner = self.predicate(inner)?;
                negated(&inner)
            }
            Predicate::Test(test) => self.test(test)?,
            Predicate::Elements { quantifier, list, var, body } => {
                let list = self.each(list)?;
                let name = self.fresh(&var.0);
                self.names.push((var.clone(), name.clone()));
                let body = self.predicate(body);
                self.names.pop();
                let body = body?;
                match quantifier {
                    Quantifier::Any => Code::atom(format!("any({} for {name} in {list})", body.within(Binds::Or))),
                    Quantifier::All => Code::atom(format!("all({} for {name} in {list})", body.within(Binds::Or))),
                    Quantifier::ExactlyOne => {
                        Code::at(format!("sum(bool({}) for {name} in {list}) == 1", body.text), Binds::Compare)
                    }
                    Quantifier::AtLeast(count) => {
                        Code::at(format!("sum(bool({}) for {name} in {list}) >= {count}", body.text), Binds::Compare)
                    }
                }
            }
            Predicate::Unread { .. } => return None,
        })
    }

    /// Conditions of which one must hold: alone, or as one question with several answers.
    fn group(&mut self, group: &merge::Group<'_>) -> Option<Code> {
        let (subject, asks, words, case) = match group {
            merge::Group::One(predicate) => return self.predicate(predicate),
            merge::Group::Patterns { subject, patterns, case } => return self.patterns(subject, patterns, *case),
            merge::Group::Texts { subject, asks, words, case } => (subject, asks, words, case),
        };
        let code = self.expr(subject)?;
        let text = self.text_of(subject, &code);
        let fold = *case != Case::Sensitive;
        let lower = if fold { ".lower()" } else { "" };
        let words: Vec<String> =
            words.iter().map(|word| if fold { word.to_lowercase() } else { (*word).to_owned() }).collect();
        let listed: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        Some(match asks {
            merge::Asks::StartsWith | merge::Asks::EndsWith => {
                let method = if *asks == merge::Asks::StartsWith { "startswith" } else { "endswith" };
                let kind = if method == "startswith" { "prefixes" } else { "suffixes" };
                let values = self.constants.listed(subject, kind, &listed, ('(', ')'));
                Code::atom(format!("{text}{lower}.{method}({values})"))
            }
            merge::Asks::Contains => {
                let values = self.constants.listed(subject, "words", &listed, ('(', ')'));
                Code::atom(format!("any(word in {text}{lower} for word in {values})"))
            }
            merge::Asks::Term => {
                self.need("re");
                let words: Vec<String> = words.iter().map(|word| escaped(word)).collect();
                let pattern = format!("(?<![^\\W_])(?:{})(?![^\\W_])", words.join("|"));
                self.regex(subject, "search", &pattern, *case, &text)
            }
        })
    }

    fn joined(&mut self, items: &[Predicate], by: &str, binds: Binds, none: &str) -> Option<Code> {
        let parts: Option<Vec<String>> = items
            .iter()
            .map(|item| {
                let code = self.predicate(item)?;
                // an `and` inside an `or` reads better in brackets
                let least = Binds::Not;
                Some(code.within(least))
            })
            .collect();
        let parts = parts?;
        Some(match parts.as_slice() {
            [] => Code::atom(none),
            [one] => Code::at(one.clone(), binds),
            _ => Code::at(parts.join(by), binds),
        })
    }

    fn test(&mut self, test: &Test) -> Option<Code> {
        if let Expr::Field(field) = &test.subject
            && matches!(field.mode, ArrayMode::Any | ArrayMode::All)
        {
            if matches!(test.kind, TestKind::KeyPresent) {
                let values = self.all_values(field)?;
                return Some(Code::atom(format!("bool({values})")));
            }
            let values = self.all_values(field)?;
            let var = Var("value".to_owned());
            let name = self.fresh("value");
            self.names.push((var.clone(), name.clone()));
            let inner = self.one(&Expr::Var(var), &test.kind);
            self.names.pop();
            let inner = inner?;
            return Some(match (field.mode, &test.kind) {
                (ArrayMode::All, _) => Code::atom(format!("all({} for {name} in {values})", inner.within(Binds::Or))),
                // nothing at all is empty too
                (_, TestKind::Empty) => {
                    Code::atom(format!("any({} for {name} in ({values} or [None]))", inner.within(Binds::Or)))
                }
                _ => Code::atom(format!("any({} for {name} in {values})", inner.within(Binds::Or))),
            });
        }
        self.one(&test.subject, &test.kind)
    }

    fn one(&mut self, subject: &Expr, kind: &TestKind) -> Option<Code> {
        let code = match kind {
            TestKind::KeyPresent => None,
            _ => Some(self.expr(subject)?),
        };
        let s = code.as_ref().map(|code| code.within(Binds::Atom)).unwrap_or_default();
        let text = |this: &mut Self| this.text_of(subject, code.as_ref().unwrap_or(&Code::atom("None")));
        Some(match kind {
            TestKind::KeyPresent => match subject {
                Expr::Field(field) => match field.path.0.as_slice() {
                    [Segment::Key(key)] => Code::at(format!("{} in {}", quoted(key), self.root), Binds::Compare),
                    segments => {
                        self.need("has");
                        Code::atom(format!("_has({}, {})", self.root, keys(segments)?))
                    }
                },
                Expr::Path(base, path, ArrayMode::Whole) => {
                    let base = self.expr(base)?;
                    self.need("has");
                    Code::atom(format!("_has({}, {})", base.text, keys(&path.0)?))
                }
                _ => return None,
            },
            TestKind::Equals { value, typing: Typing::Typed | Typing::Mapped(_), .. }
                if self.is_number(subject) && matches!(value.as_literal(), Some(Value::Int(_) | Value::Double(_))) =>
            {
                Code::at(format!("{s} == {}", literal(value.as_literal()?)?), Binds::Compare)
            }
            TestKind::Equals { value, case, typing } => self.equals(&s, value, *case, *typing, &text)?,
            TestKind::In { values, case, typing } => {
                let fixed: Option<Vec<&Value>> = values.iter().map(Expr::as_literal).collect();
                let texts = fixed.as_ref().is_some_and(|values| {
                    values.iter().all(|value| value.as_str().is_some_and(|text| !text.is_empty()))
                });
                match (fixed, case) {
                    (Some(values), Case::Sensitive) if texts => {
                        let listed = quotes(&values, |value| value.to_owned())?;
                        let brackets = if self.is_text(subject) { ('{', '}') } else { ('(', ')') };
                        let values = self.constants.listed(subject, "", &listed, brackets);
                        Code::at(format!("{s} in {values}"), Binds::Compare)
                    }
                    (Some(values), Case::Ignore | Case::IgnoreAscii) if texts => {
                        let text = text(self);
                        let listed = quotes(&values, |value| value.to_lowercase())?;
                        let values = self.constants.listed(subject, "", &listed, ('{', '}'));
                        Code::at(format!("{text}.lower() in {values}"), Binds::Compare)
                    }
                    _ => {
                        let mut parts = Vec::new();
                        for value in values {
                            if !matches!(value, Expr::Literal(literal) if !matches!(literal, Value::Array(_))) {
                                return None;
                            }
                            parts.push(self.equals(&s, value, *case, *typing, &text)?.within(Binds::And));
                        }
                        if parts.is_empty() {
                            return Some(Code::atom("False"));
                        }
                        Code::at(parts.join(" or "), Binds::Or)
                    }
                }
            }
            TestKind::Contains { value, case } => self.relation(&s, value, *case, "in", &text)?,
            TestKind::StartsWith { value, case } => self.relation(&s, value, *case, "startswith", &text)?,
            TestKind::EndsWith { value, case } => self.relation(&s, value, *case, "endswith", &text)?,
            TestKind::Term { value, case } => {
                let Some(Value::String(term)) = value.as_literal() else { return None };
                if term.is_empty() {
                    return None;
                }
                let pattern = format!("(?<![^\\W_]){}(?![^\\W_])", escaped(term));
                let text = text(self);
                self.regex(subject, "search", &pattern, *case, &text)
            }
            TestKind::Wildcard { pattern, case } => {
                self.guarded(subject, &s, "fullmatch", &super::patterns::glob(pattern), *case)
            }
            TestKind::Regex { pattern, flavour, anchor, case } => {
                let Some(Value::String(pattern)) = pattern.as_literal() else { return None };
                let pattern = match flavour {
                    RegexFlavour::Python => pattern.clone(),
                    RegexFlavour::Re2 => from_re2(pattern)?,
                    RegexFlavour::Lucene => return None,
                };
                let method = match anchor {
                    Anchor::Search => "search",
                    Anchor::Start => "match",
                    Anchor::Whole => "fullmatch",
                };
                self.guarded(subject, &s, method, &pattern, *case)
            }
            TestKind::Cidr { networks } => {
                self.need("in_networks");
                let networks: String = networks.iter().map(|network| format!(", {}", quoted(network))).collect();
                Code::atom(format!("_in_networks({s}{networks})"))
            }
            TestKind::Ip { class } => {
                self.need("address");
                match class {
                    IpClass::Any => Code::at(format!("_address({s}) is not None"), Binds::Compare),
                    IpClass::V4 => Code::at(format!("getattr(_address({s}), 'version', 0) == 4"), Binds::Compare),
                    IpClass::V6 => Code::at(format!("getattr(_address({s}), 'version', 0) == 6"), Binds::Compare),
                    IpClass::Public => Code::atom(format!("getattr(_address({s}), 'is_global', False)")),
                    IpClass::Private => Code::atom(format!("getattr(_address({s}), 'is_private', False)")),
                }
            }
            TestKind::Compare { ordering, value, typing } => self.order(subject, &s, *ordering, value, *typing)?,
            TestKind::Range { low, high, typing } => {
                let mut parts = vec![format!("{s} is not None")];
                for (bound, open, closed) in
                    [(low, Ordering::Greater, Ordering::GreaterOrEqual), (high, Ordering::Less, Ordering::LessOrEqual)]
                {
                    if let Some((value, inclusive)) = bound {
                        let ordering = if *inclusive { closed } else { open };
                        parts.push(self.order(subject, &s, ordering, value, *typing)?.within(Binds::And));
                    }
                }
                if parts.len() > 1 {
                    parts.remove(0);
                }
                Code::at(parts.join(" and "), Binds::And)
            }
            TestKind::Present if self.declared(subject).is_some_and(|declared| !declared.list) => {
                Code::at(format!("{s} is not None"), Binds::Compare)
            }
            TestKind::Present => Code::at(format!("{s} not in (None, [])"), Binds::Compare),
            TestKind::Empty if self.is_text(subject) => Code::at(format!("not {s}"), Binds::Not),
            TestKind::Empty => Code::at(format!("{s} in (None, \"\", [], {{}})"), Binds::Compare),
            TestKind::Truthy => Code::atom(format!("bool({})", code.map(|code| code.text).unwrap_or_default())),
            TestKind::IsKind { kinds } => {
                let mut parts = Vec::new();
                for kind in kinds {
                    parts.push(match kind {
                        JsonKind::String => format!("isinstance({s}, str)"),
                        JsonKind::Number => {
                            self.need("number");
                            format!("_is_number({s})")
                        }
                        JsonKind::Integer => {
                            self.need("integer");
                            format!("_is_integer({s})")
                        }
                        JsonKind::Boolean => format!("isinstance({s}, bool)"),
                        JsonKind::Array => {
                            self.need("array");
                            format!("_is_list({s})")
                        }
                        JsonKind::Object => {
                            self.need("Mapping");
                            format!("isinstance({s}, Mapping)")
                        }
                    });
                }
                // every kind: there is a value
                if kinds.len() == 5 && !kinds.contains(&JsonKind::Integer) {
                    return Some(Code::at(format!("{s} is not None"), Binds::Compare));
                }
                match parts.as_slice() {
                    [one] => Code::atom(one.clone()),
                    _ => Code::at(parts.join(" or "), Binds::Or),
                }
            }
            TestKind::TermPrefix { .. }
            | TestKind::TermSuffix { .. }
            | TestKind::Phrase { .. }
            | TestKind::Tokens { .. }
            | TestKind::TokenWildcard { .. }
            | TestKind::Fuzzy { .. } => return None,
        })
    }

    fn equals(
        &mut self,
        s: &str,
        value: &Expr,
        case: Case,
        typing: Typing,
        text: &dyn Fn(&mut Self) -> String,
    ) -> Option<Code> {
        let Some(literal_value) = value.as_literal() else {
            if case != Case::Sensitive || !matches!(typing, Typing::Python | Typing::Typed | Typing::Mapped(_)) {
                return None;
            }
            let other = self.expr(value)?.within(Binds::Atom);
            return Some(Code::at(format!("{s} is not None and {s} == {other}"), Binds::And));
        };
        Some(match (literal_value, case, typing) {
            (Value::Null, ..) => Code::atom("False"),
            (_, _, Typing::Text) => match literal_value {
                Value::String(wanted)
                    if !wanted.is_empty()
                        && case == Case::Sensitive
                        && wanted.parse::<f64>().is_err()
                        && wanted != "true"
                        && wanted != "false" =>
                {
                    Code::at(format!("{s} == {}", quoted(wanted)), Binds::Compare)
                }
                _ => return None,
            },
            (Value::String(wanted), Case::Sensitive, _) => {
                Code::at(format!("{s} == {}", quoted(wanted)), Binds::Compare)
            }
            (Value::String(wanted), _, _) if !wanted.is_empty() => {
                Code::at(format!("{}.lower() == {}", text(self), quoted(&wanted.to_lowercase())), Binds::Compare)
            }
            (Value::Bool(flag), _, Typing::Typed | Typing::Mapped(_)) => {
                Code::at(format!("{s} is {}", if *flag { "True" } else { "False" }), Binds::Compare)
            }
            (Value::Int(_) | Value::Double(_), _, Typing::Typed | Typing::Mapped(_)) => {
                self.need("number");
                Code::at(format!("_is_number({s}) and {s} == {}", literal(literal_value)?), Binds::And)
            }
            (_, Case::Sensitive, Typing::Python) => {
                Code::at(format!("{s} == {}", literal(literal_value)?), Binds::Compare)
            }
            (Value::Bool(_) | Value::Int(_) | Value::Double(_), _, Typing::Python) => {
                Code::at(format!("{s} == {}", literal(literal_value)?), Binds::Compare)
            }
            _ => return None,
        })
    }

    fn relation(
        &mut self,
        s: &str,
        value: &Expr,
        case: Case,
        method: &str,
        text: &dyn Fn(&mut Self) -> String,
    ) -> Option<Code> {
        if let Some(Value::String(part)) = value.as_literal()
            && !part.is_empty()
        {
            let part = if case == Case::Sensitive { part.clone() } else { part.to_lowercase() };
            let lower = if case == Case::Sensitive { "" } else { ".lower()" };
            let text = text(self);
            return Some(match method {
                "in" => Code::at(format!("{} in {text}{lower}", quoted(&part)), Binds::Compare),
                method => Code::atom(format!("{text}{lower}.{method}({})", quoted(&part))),
            });
        }
        let other = self.expr(value)?.within(Binds::Atom);
        let lower = if case == Case::Sensitive { "" } else { ".lower()" };
        let asked = match method {
            "in" => format!("{other}{lower} in {s}{lower}"),
            method => format!("{s}{lower}.{method}({other}{lower})"),
        };
        Some(Code::at(format!("isinstance({s}, str) and isinstance({other}, str) and {asked}"), Binds::And))
    }

    fn order(&mut self, subject: &Expr, s: &str, ordering: Ordering, value: &Expr, typing: Typing) -> Option<Code> {
        let sign = match ordering {
            Ordering::Less => "<",
            Ordering::LessOrEqual => "<=",
            Ordering::Greater => ">",
            Ordering::GreaterOrEqual => ">=",
        };
        let guard = match (value.as_literal()?, typing) {
            (Value::Int(_) | Value::Double(_), Typing::Python | Typing::Typed | Typing::Mapped(_))
                if self.is_number(subject) =>
            {
                format!("{s} is not None")
            }
            (Value::String(_), Typing::Python | Typing::Typed) if self.is_text(subject) => format!("{s} is not None"),
            (Value::Int(_) | Value::Double(_), Typing::Python) => format!("isinstance({s}, (int, float))"),
            (Value::Int(_) | Value::Double(_), Typing::Typed | Typing::Mapped(_)) => {
                self.need("number");
                format!("_is_number({s})")
            }
            (Value::String(_), Typing::Python | Typing::Typed) => format!("isinstance({s}, str)"),
            _ => return None,
        };
        let value = literal(value.as_literal()?)?;
        Some(Code::at(format!("{guard} and {s} {sign} {value}"), Binds::And))
    }
}

/// The contrary, in the words that people use.
pub(super) fn negated(code: &Code) -> Code {
    if code.binds == Binds::Compare {
        for (word, contrary) in [(" == ", " != "), (" in ", " not in "), (" is not None", " is None")] {
            if let Some(at) = only_place(&code.text, word) {
                let (before, after) = code.text.split_at(at);
                let after = after.get(word.len()..).unwrap_or("");
                return Code::at(format!("{before}{contrary}{after}"), Binds::Compare);
            }
        }
    }
    if code.binds == Binds::Not
        && let Some(inner) = code.text.strip_prefix("not ")
    {
        return Code::atom(if inner.starts_with("bool(") { inner.to_owned() } else { format!("bool({inner})") });
    }
    Code::at(format!("not {}", code.within(Binds::Not)), Binds::Not)
}

/// Where a word stands, if it stands once in the whole text, outside of quotes and brackets, and nothing else there
/// compares.
fn only_place(text: &str, word: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped, mut bare) = (0usize, None, false, String::with_capacity(text.len()));
    for character in text.chars() {
        let hidden = depth > 0 || quote.is_some();
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        // what is hidden keeps its length
        let mark = if hidden || quote.is_some() { '.' } else { character };
        bare.extend(std::iter::repeat_n(mark, if mark == character { 1 } else { character.len_utf8() }));
    }
    let others = [" and ", " or ", " if ", " not in ", " != ", " for "];
    if others.iter().any(|other| bare.contains(other)) || bare.matches(word).count() != 1 {
        return None;
    }
    let compares = [" == ", " in ", " is not None"].iter().map(|other| bare.matches(other).count()).sum::<usize>();
    if compares == 1 { bare.find(word) } else { None }
}

const RESERVED: &[&str] = &[
    "event", "resource", "and", "or", "not", "in", "is", "if", "else", "for", "while", "def", "class", "return",
    "lambda", "from", "import", "as", "with", "try", "except", "pass", "none", "true", "false", "del", "global",
    "raise", "yield", "re", "str", "list", "dict", "any", "all", "len",
];

fn keys(segments: &[Segment]) -> Option<String> {
    let parts: Option<Vec<String>> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => Some(quoted(key)),
            Segment::Index(index) => Some(index.to_string()),
            _ => None,
        })
        .collect();
    Some(parts?.join(", "))
}

fn quotes(values: &[&Value], change: impl Fn(&str) -> String) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    for value in values {
        let part = quoted(&change(value.as_str()?));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Some(parts)
}

/// A constant as Python writes it.
pub(super) fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) if number.is_finite() => format!("{number:?}"),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Option<Vec<_>>>()?.join(", ")),
        Value::Object(entries) => {
            let mut parts = Vec::new();
            for (key, value) in entries {
                parts.push(format!("{}: {}", quoted(key), literal(value)?));
            }
            format!("{{{}}}", parts.join(", "))
        }
        _ => return None,
    })
}

/// A text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn braced(text: &str) -> String {
    let quoted = quoted(&text.replace('{', "{{").replace('}', "}}"));
    quoted.get(1..quoted.len() - 1).unwrap_or("").to_owned()
}

/// A pattern as a raw text where that is possible.
pub(super) fn raw(pattern: &str) -> String {
    let plain = !pattern.contains('"') && !pattern.ends_with('\\') && !pattern.chars().any(char::is_control);
    if plain { format!("r\"{pattern}\"") } else { quoted(pattern) }
}

pub(super) fn escaped(text: &str) -> String {
    let special = "()[]{}?*+-|^$\\.&~#";
    text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A pattern of RE2 that Python reads the same way; `None` where it does not.
fn from_re2(pattern: &str) -> Option<String> {
    if ["[[:", "\\p", "\\P", "\\Q", "\\C", "\\pN", "(?U"].iter().any(|part| pattern.contains(part)) {
        return None;
    }
    Some(pattern.replace("\\z", "\\Z"))
}
