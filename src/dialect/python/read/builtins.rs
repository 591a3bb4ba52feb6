//! Python's own functions.

use super::calls::Arguments;
use super::exec::Exec;
use super::flow::Exc;
use super::pred;
use super::value::{E, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::model::{ArrayMode, Expr, FieldPath, Predicate, Segment, TestKind, function};
use std::rc::Rc;

pub(super) const BUILTINS: &[&str] = &[
    "any",
    "all",
    "bool",
    "len",
    "str",
    "int",
    "float",
    "list",
    "set",
    "tuple",
    "frozenset",
    "sorted",
    "dict",
    "isinstance",
    "min",
    "max",
    "sum",
    "abs",
    "round",
    "enumerate",
    "zip",
    "range",
    "map",
    "filter",
    "next",
    "iter",
    "type",
    "print",
    "repr",
    "reversed",
    "callable",
    "getattr",
    "hasattr",
    "object",
    "Exception",
    "ValueError",
    "KeyError",
    "TypeError",
    "bytes",
    "ord",
    "chr",
    "hash",
    "id",
    "open",
    "AttributeError",
    "IndexError",
    "NotImplementedError",
    "RuntimeError",
    "NotImplemented",
];

/// Numbers that a `range` is written out for.
const MOST_COUNTED: usize = 5000;

impl Exec<'_> {
    /// Python's builtin functions.
    pub fn builtin(&mut self, name: &str, arguments: &Arguments, at: Span) -> V {
        let place = self.at(at);
        let first = arguments.get(0).cloned();
        if let Some(index) = first.as_ref().and_then(V::unknown).filter(|_| !matches!(name, "any" | "all" | "bool")) {
            return V::Unknown(index);
        }
        match (name, first) {
            ("any", Some(value)) => V::truth(self.any_of(&value, at, &mut |this, member| this.truthy(member, at))),
            ("all", Some(value)) => {
                let found = self.any_of(&value, at, &mut |this, member| pred::not(this.truthy(member, at)));
                V::truth(pred::not(found))
            }
            ("bool", Some(value)) => V::truth(self.truthy(&value, at)),
            ("bool", None) => V::Bool(false),
            ("len", Some(value)) => self.leaves(&value, &mut |this, leaf| this.length(leaf, at)),
            ("str", None) => V::str(""),
            ("str" | "repr", Some(value)) => {
                if name == "repr" {
                    return self.leaves(&value, &mut |this, leaf| {
                        this.calls_model(function::PYTHON_REPR, &[leaf], Kinds::STR, at)
                    });
                }
                self.str_of(&value, at)
            }
            ("int" | "float", None) => V::Int(0),
            ("int" | "float", Some(value)) => {
                let base = arguments.either(1, "base").cloned();
                self.leaves(&value, &mut |this, leaf| this.number_of(leaf, name == "int", base.as_ref(), at))
            }
            ("list" | "tuple", None) => V::list(Vec::new()),
            ("set" | "frozenset", None) => V::Seq(SeqKind::Set, Rc::new(Vec::new())),
            ("list" | "tuple" | "reversed" | "iter", Some(value)) => {
                if name == "reversed" {
                    let listed = self.as_list(&value, at);
                    return self.slice(&listed, &V::None, &V::None, &V::Int(-1), at);
                }
                match self.as_list(&value, at) {
                    V::Seq(_, items) if name == "tuple" => V::Seq(SeqKind::Tuple, items),
                    other => other,
                }
            }
            ("set" | "frozenset", Some(value)) => {
                if let V::Seq(_, items) = &value
                    && items.iter().all(V::is_scalar)
                {
                    return V::Seq(SeqKind::Set, Rc::new(super::keys::once(items.iter().cloned())));
                }
                self.map_elements(&value, SeqKind::Set, at, &mut |this, member| {
                    let ok = this.leaf_conditions(member, at, &mut |this, leaf| {
                        pred::not(this.of_kind(leaf, Kinds::LIST.or(Kinds::DICT), at))
                    });
                    this.require(ok, Exc::Type);
                    (Predicate::Always(true), member.clone())
                })
            }
            ("sorted", Some(value)) => {
                if arguments.keyword("key").is_some() {
                    return self.unsupported(at, "sorts by a computed key");
                }
                let listed = self.as_list(&value, at);
                let reverse = arguments.keyword("reverse").cloned().unwrap_or(V::Bool(false));
                let sorted =
                    self.calls_model(function::PYTHON_SORTED, &[&listed, &reverse], Kinds::LIST.or(Kinds::NONE), at);
                self.unless_failed(sorted, Kinds::LIST, Exc::Type, at)
            }
            ("dict", None) => V::Dict(Rc::new(
                arguments.keywords.iter().map(|(name, value)| (V::str(name.clone()), value.clone())).collect(),
            )),
            ("dict", Some(value)) => match &value {
                V::Dict(_) => value,
                V::Expr(e) if e.kinds.within(Kinds::DICT) => V::expr(e.expr.clone(), e.kinds, e.frozen),
                V::Seq(..) | V::Gen(_) => self.dict_of(&value, at),
                _ => self.unsupported(at, "makes a dict of an unknown value"),
            },
            ("isinstance", Some(value)) => match arguments.get(1) {
                Some(types) => V::truth(self.is_instance(&value, types, at)),
                None => V::Bool(false),
            },
            ("min" | "max", Some(value)) => {
                let listed = if arguments.positional.len() > 1 {
                    V::list(arguments.positional.clone())
                } else {
                    self.as_list(&value, at)
                };
                let model = if name == "min" { function::PYTHON_MIN } else { function::PYTHON_MAX };
                let found = self.calls_model(model, &[&listed], Kinds::JSON, at);
                match arguments.keyword("default") {
                    Some(default) => {
                        let some = self.truthy(&listed, at);
                        V::ite(&some, found, default.clone())
                    }
                    None => self.unless_failed(found, Kinds::JSON.without(Kinds::NONE), Exc::Value, at),
                }
            }
            ("sum", Some(value)) => {
                let listed = self.as_list(&value, at);
                let sum = self.calls_model(function::PYTHON_SUM, &[&listed], Kinds::NUMBER.or(Kinds::NONE), at);
                self.unless_failed(sum, Kinds::INT.or(Kinds::FLOAT), Exc::Type, at)
            }
            ("abs" | "round", Some(value)) => self.leaves(&value, &mut |this, leaf| {
                if let (V::Int(number), "abs" | "round") = (leaf, name) {
                    return V::Int(if name == "abs" { number.abs() } else { *number });
                }
                this.require_kind(leaf, Kinds::NUMBER, Exc::Type, at);
                if name == "abs" {
                    return this.calls_model(function::PYTHON_ABS, &[leaf], Kinds::INT.or(Kinds::FLOAT), at);
                }
                let digits = arguments.get(1).cloned().unwrap_or(V::None);
                this.calls_model(function::PYTHON_ROUND, &[leaf, &digits], Kinds::INT.or(Kinds::FLOAT), at)
            }),
            ("enumerate", Some(value)) => {
                if let V::Seq(_, items) = &value {
                    let pairs = items.iter().enumerate().map(|(index, item)| {
                        let index = V::Int(i64::try_from(index).unwrap_or(0));
                        V::Seq(SeqKind::Tuple, Rc::new(vec![index, item.clone()]))
                    });
                    return V::list(pairs.collect());
                }
                let listed = self.as_list(&value, at);
                let frozen = value.frozen();
                match self.calls_model(function::PYTHON_ENUMERATE, &[&listed], Kinds::LIST, at) {
                    V::Expr(e) => V::expr(e.expr.clone(), Kinds::LIST, frozen),
                    other => other,
                }
            }
            ("zip", Some(_)) => {
                let mut lists = Vec::new();
                for argument in &arguments.positional {
                    lists.push(self.as_list(argument, at));
                }
                let refs: Vec<&V> = lists.iter().collect();
                self.calls_model(function::PYTHON_ZIP, &refs, Kinds::LIST, at)
            }
            ("range", Some(value)) => {
                let bounds: Option<Vec<i64>> = arguments.positional.iter().map(V::as_int).collect();
                let (from, to, by) = match bounds.as_deref() {
                    Some([to]) => (0, *to, 1),
                    Some([from, to]) => (*from, *to, 1),
                    Some([from, to, by]) if *by > 0 => (*from, *to, *by),
                    _ => {
                        if arguments.positional.len() == 1 {
                            let listed =
                                self.calls_model(function::PYTHON_RANGE, &[&value], Kinds::LIST.or(Kinds::NONE), at);
                            return self.unless_failed(listed, Kinds::LIST, Exc::Type, at);
                        }
                        return self.unsupported(at, "counts through a range with computed ends");
                    }
                };
                let mut items = Vec::new();
                let mut next = from;
                while next < to {
                    if items.len() >= MOST_COUNTED {
                        return self.unsupported(at, format!("counts through more than {MOST_COUNTED} numbers"));
                    }
                    items.push(V::Int(next));
                    next = next.saturating_add(by);
                }
                V::list(items)
            }
            ("map", Some(callee)) if matches!(&callee, V::Ext(name) if name.starts_with("str.")) => {
                let V::Ext(name) = &callee else { return V::None };
                let name = name.trim_start_matches("str.").to_owned();
                let Some(value) = arguments.get(1).cloned() else { return self.unsupported(at, "maps nothing") };
                self.map_elements(&value, SeqKind::List, at, &mut |this, member| {
                    let none = Arguments { positional: Vec::new(), keywords: Vec::new() };
                    let made = this.leaves(member, &mut |this, leaf| {
                        this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                        this.method(leaf, &name, &none, at)
                    });
                    (Predicate::Always(true), made)
                })
            }
            ("map", Some(callee)) => match arguments.get(1) {
                Some(value) if arguments.positional.len() == 2 => {
                    self.map_elements(&value.clone(), SeqKind::List, at, &mut |this, member| {
                        let inner = Arguments { positional: vec![member.clone()], keywords: Vec::new() };
                        (Predicate::Always(true), this.apply(&callee, &inner, at))
                    })
                }
                _ => self.unsupported(at, "maps a function over several lists"),
            },
            ("filter", Some(callee)) => match arguments.get(1) {
                Some(value) => self.map_elements(&value.clone(), SeqKind::List, at, &mut |this, member| {
                    let kept = if callee == V::None {
                        this.truthy(member, at)
                    } else {
                        let inner = Arguments { positional: vec![member.clone()], keywords: Vec::new() };
                        let kept = this.apply(&callee, &inner, at);
                        this.truthy(&kept, at)
                    };
                    (kept, member.clone())
                }),
                None => self.unsupported(at, "filters nothing"),
            },
            ("next", Some(value)) => {
                let some = match &value {
                    V::Gen(made) => {
                        let made = V::Gen(Rc::new(super::value::Gen { lazy: false, ..(**made).clone() }));
                        self.truthy(&made, at)
                    }
                    other => self.truthy(other, at),
                };
                let Some(expr) = value.to_expr() else { return self.unsupported(at, "takes the next of an iterator") };
                let (kinds, frozen) = match &value {
                    V::Gen(made) if !made.nested => (made.value.kinds(), made.value.frozen()),
                    _ => (Kinds::JSON, value.frozen()),
                };
                let kinds = if kinds.0 == 0 { Kinds::JSON } else { kinds };
                let found = match &value {
                    V::Seq(_, items) => items.first().cloned().unwrap_or(V::None),
                    _ => V::expr(
                        Expr::Path(Box::new(expr), FieldPath(vec![Segment::Index(0)]), ArrayMode::Whole),
                        kinds,
                        frozen,
                    ),
                };
                match arguments.get(1) {
                    Some(default) => V::ite(&some, found, default.clone()),
                    None => {
                        self.require(some, Exc::Other);
                        found
                    }
                }
            }
            ("print", _) => V::None,
            ("hasattr", Some(V::Ip(_))) => match arguments.get(1).and_then(V::as_str) {
                Some(name) if super::library::IP_PROPERTIES.contains(&name) => V::Bool(true),
                _ => self.unsupported(at, "asks for an attribute"),
            },
            ("hasattr", Some(value)) => match (&value, arguments.get(1).and_then(V::as_str)) {
                (V::Expr(e), Some(method)) => {
                    let kinds = match method {
                        "get" | "items" | "keys" | "values" => Kinds::DICT,
                        "lower" | "upper" | "split" | "startswith" | "endswith" | "strip" => Kinds::STR,
                        _ => return self.unsupported(at, format!("asks for the attribute `{method}`")),
                    };
                    V::truth(pred::kind(e, kinds, place))
                }
                _ => self.unsupported(at, "asks for an attribute"),
            },
            ("type", Some(value)) => V::Bound(Rc::new(value), Rc::from("type")),
            (name, _) => self.unsupported(at, format!("calls `{name}`")),
        }
    }

    /// A call whose null means that it raised.
    pub fn unless_failed(&mut self, value: V, kinds: Kinds, exception: Exc, at: Span) -> V {
        let place = self.at(at);
        match value {
            V::Expr(e) => {
                let ok = pred::kind(&E { kinds: e.kinds.or(Kinds::NONE), ..(*e).clone() }, kinds, place);
                self.require(ok, exception);
                V::expr(e.expr.clone(), e.kinds.and(kinds), e.frozen)
            }
            other => other,
        }
    }

    pub fn length(&mut self, leaf: &V, at: Span) -> V {
        match leaf {
            V::Str(text) => V::Int(i64::try_from(text.chars().count()).unwrap_or(0)),
            V::Seq(_, items) => V::Int(i64::try_from(items.len()).unwrap_or(0)),
            V::Dict(items) => V::Int(i64::try_from(items.len()).unwrap_or(0)),
            V::Expr(e) if e.kinds.within(Kinds::STR) => self.calls_model(function::LENGTH, &[leaf], Kinds::INT, at),
            V::Expr(_) | V::Gen(_) | V::Cat(..) => {
                self.require_kind(leaf, Kinds::STR.or(Kinds::LIST).or(Kinds::DICT), Exc::Type, at);
                self.calls_model(function::PYTHON_LEN, &[leaf], Kinds::INT, at)
            }
            _ => {
                self.require(Predicate::Always(false), Exc::Type);
                V::Int(0)
            }
        }
    }

    /// `str(value)`.
    pub fn str_of(&mut self, value: &V, at: Span) -> V {
        self.leaves(value, &mut |this, leaf| match leaf {
            V::Str(_) => leaf.clone(),
            V::None | V::Unbound => V::str("None"),
            V::Bool(flag) => V::str(if *flag { "True" } else { "False" }),
            V::Int(number) => V::str(number.to_string()),
            V::Truth(met) => V::ite(met, V::str("True"), V::str("False")),
            V::Expr(e) if e.kinds.within(Kinds::STR) => leaf.clone(),
            V::Ip(inner) => this.str_of(inner, at),
            V::Expr(e) if e.frozen && e.kinds.meets(Kinds::LIST.or(Kinds::DICT)) => {
                this.calls_model(function::PYTHON_STR, &[leaf, &V::Bool(true)], Kinds::STR, at)
            }
            other => this.calls_model(function::PYTHON_STR, &[other], Kinds::STR, at),
        })
    }

    pub fn number_of(&mut self, leaf: &V, whole: bool, base: Option<&V>, at: Span) -> V {
        match leaf {
            V::Int(_) | V::Bool(_) if base.is_none() && whole => return V::Int(leaf.as_int().unwrap_or(0)),
            V::Float(number) if whole => return V::Int(*number as i64),
            V::Str(text) if base.is_none() => {
                let clean = text.trim().replace('_', "");
                return match (whole, clean.parse::<i64>(), clean.parse::<f64>()) {
                    (true, Ok(number), _) => V::Int(number),
                    (false, _, Ok(number)) => V::Float(number),
                    _ => {
                        self.require(Predicate::Always(false), Exc::Value);
                        V::None
                    }
                };
            }
            V::Truth(met) => return V::ite(met, V::Int(1), V::Int(0)),
            _ => {}
        }
        self.require_kind(leaf, Kinds::STR.or(Kinds::NUMBER), Exc::Type, at);
        let name = if whole { function::PYTHON_INT } else { function::PYTHON_FLOAT };
        let kinds = if whole { Kinds::INT } else { Kinds::FLOAT };
        let none = V::None;
        let made = self.calls_model(name, &[leaf, base.unwrap_or(&none)], kinds, at);
        // null here is an exception
        let place = self.at(at);
        if let V::Expr(e) = &made {
            let there =
                pred::test(e.expr.clone(), TestKind::IsKind { kinds: vec![crate::model::JsonKind::Number] }, place);
            self.require(there, Exc::Value);
        }
        made
    }

    pub fn is_instance(&mut self, value: &V, types: &V, at: Span) -> Predicate {
        let mut names: Vec<String> = Vec::new();
        let collect = |value: &V, names: &mut Vec<String>| match value {
            V::Ext(name) => names.extend(name.split('|').map(|part| part.rsplit('.').next().unwrap_or("").to_owned())),
            V::None => names.push("NoneType".to_owned()),
            _ => names.push(String::new()),
        };
        match types {
            V::Seq(_, items) => items.iter().for_each(|item| collect(item, &mut names)),
            other => collect(other, &mut names),
        }
        let root = V::event();
        self.leaf_conditions(value, at, &mut |this, leaf| {
            let mut kinds = Kinds(0);
            if leaf.kinds().0 == 0 && !matches!(leaf, V::Unbound) {
                return this.unknown_predicate(at, "asks for the type of something that is no value of an event");
            }
            for name in &names {
                let frozen = leaf.frozen();
                let is_event = *leaf == root;
                kinds = kinds.or(match (name.as_str(), leaf) {
                    ("str", _) => Kinds::STR,
                    ("int", _) => Kinds::INT.or(Kinds::BOOL),
                    ("float", _) => Kinds::FLOAT,
                    ("bool", _) => Kinds::BOOL,
                    ("NoneType", _) => Kinds::NONE,
                    ("object", _) => Kinds(u16::MAX),
                    ("list", V::Seq(kind, _) | V::Cat(kind, _)) => list_if(*kind == SeqKind::List),
                    ("list", V::Gen(made)) => list_if(made.kind == SeqKind::List && !made.lazy),
                    ("tuple", V::Seq(kind, _) | V::Cat(kind, _)) => list_if(*kind == SeqKind::Tuple),
                    ("set" | "frozenset", other) => list_if(super::ops::is_set(other)),
                    ("list", _) => list_if(!frozen),
                    ("tuple", _) => Kinds(0),
                    ("dict", _) => {
                        if frozen {
                            Kinds(0)
                        } else {
                            Kinds::DICT
                        }
                    }
                    ("Mapping" | "MutableMapping", _) => Kinds::DICT,
                    ("Sequence", other) => {
                        if super::ops::is_set(other) {
                            Kinds::STR
                        } else {
                            Kinds::LIST.or(Kinds::STR)
                        }
                    }
                    ("Iterable" | "Collection" | "Sized" | "Container", _) => {
                        Kinds::LIST.or(Kinds::STR).or(Kinds::DICT)
                    }
                    ("List", _) => list_if(!frozen),
                    ("Dict", _) => {
                        if frozen {
                            Kinds(0)
                        } else {
                            Kinds::DICT
                        }
                    }
                    ("ImmutableList", _) => list_if(frozen),
                    ("ImmutableCaseInsensitiveDict", _) => {
                        if frozen {
                            Kinds::DICT
                        } else {
                            Kinds(0)
                        }
                    }
                    ("PantherEvent", _) => {
                        if is_event {
                            Kinds::DICT
                        } else {
                            Kinds(0)
                        }
                    }
                    ("Number", _) => Kinds::NUMBER,
                    // mocks stand for values in tests only; the others are never values of an event
                    ("bytes" | "bytearray" | "MagicMock" | "Mock" | "NonCallableMock" | "complex", _) => Kinds(0),
                    ("datetime", _) => Kinds::TIME,
                    _ => return this.unknown_predicate(at, "asks for a type that is not known"),
                });
            }
            this.of_kind(leaf, kinds, at)
        })
    }
}

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// The generators that a value may be.
pub(super) fn generators(value: &V, into: &mut Vec<Rc<super::value::Gen>>) {
    match value {
        V::Ite(_, a, b) => {
            generators(a, into);
            generators(b, into);
        }
        V::Gen(made) if !made.nested => into.push(made.clone()),
        _ => {}
    }
}

pub(super) fn list_if(flag: bool) -> Kinds {
    if flag { Kinds::LIST } else { Kinds(0) }
}
