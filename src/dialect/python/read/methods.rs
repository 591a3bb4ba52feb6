//! Methods of values: of events, dicts, texts, lists, sets, patterns and addresses.

use super::calls::Arguments;
use super::exec::Exec;
use super::flow::Exc;
use super::pred;
use super::value::{E, Kinds, SeqKind, V, step};
use crate::diagnostic::Span;
use crate::model::{Case, Expr, Predicate, Segment, TestKind, Value, function};
use std::rc::Rc;

/// Tests of all characters of a text.
const CLASSES: &[&str] = &[
    "isdigit",
    "isnumeric",
    "isdecimal",
    "isalpha",
    "isalnum",
    "isupper",
    "islower",
    "isspace",
    "isascii",
    "istitle",
    "isidentifier",
    "isprintable",
];

impl Exec<'_> {
    /// An attribute that is read, not called.
    pub fn attribute(&mut self, base: &V, name: &str, at: Span) -> V {
        match base {
            V::Ext(module) => V::Ext(Rc::from(format!("{module}.{name}"))),
            V::Class(class, module) => {
                let (class, module) = (class.clone(), module.clone());
                self.class_member(&class, &module, name, at)
            }
            V::Member(value, _) if name == "value" => (**value).clone(),
            V::Member(_, own) if name == "name" => V::Str(own.clone()),
            V::Module(module) => {
                let module = module.name.clone();
                self.import(&module, Some(name))
            }
            V::Ip(address) if name == "version" => {
                let (address, place) = (address.clone(), self.at(at));
                self.leaves(&address, &mut |_, leaf| match leaf.to_expr() {
                    Some(expr) => {
                        let six = pred::test(expr, TestKind::Ip { class: crate::model::IpClass::V6 }, place);
                        V::ite(&six, V::Int(6), V::Int(4))
                    }
                    None => V::None,
                })
            }
            V::Ip(address) => {
                let address = address.clone();
                V::truth(self.ip_property(&address, name, at))
            }
            V::Net(network) if name.starts_with("is_") => {
                let network = network.clone();
                self.leaves(&network, &mut |this, leaf| {
                    this.flag(function::PYTHON_NETWORK_IS, &[leaf, &V::str(name)], at)
                })
            }
            V::Net(_) => self.unsupported(at, "reads a part of a network"),
            V::Unknown(index) => V::Unknown(*index),
            V::Ite(..) => self.leaves(base, &mut |this, leaf| this.attribute(leaf, name, at)),
            V::Expr(e) if e.kinds.meets(Kinds::TIME.or(Kinds::DELTA)) => {
                let e = e.clone();
                self.time_attribute(&e, name, at)
            }
            _ => V::Bound(Rc::new(base.clone()), Rc::from(name)),
        }
    }

    /// A method call on one value.
    pub fn method(&mut self, base: &V, name: &str, arguments: &Arguments, at: Span) -> V {
        let place = self.at(at);
        if let Some(index) =
            arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value)).find_map(V::unknown)
            && !matches!(name, "get" | "deep_get")
        {
            return V::Unknown(index);
        }
        match (name, base) {
            ("match" | "search" | "fullmatch" | "findall" | "finditer" | "sub" | "split", V::Regex(pattern)) => {
                let pattern = V::Regex(pattern.clone());
                let inner = Arguments {
                    positional: [pattern].into_iter().chain(arguments.positional.iter().cloned()).collect(),
                    keywords: arguments.keywords.clone(),
                };
                self.library(&format!("re.{name}"), &inner, at)
            }
            ("get", V::Expr(_) | V::Dict(_)) => {
                let key = arguments.get(0).cloned().unwrap_or(V::None);
                let default = arguments.either(1, "default").cloned().unwrap_or(V::None);
                self.get(base, &key, default, at)
            }
            ("deep_get", V::Expr(e)) if e.frozen => {
                let default = arguments.keyword("default").cloned().unwrap_or(V::None);
                self.require_kind(base, Kinds::DICT, Exc::Attribute, at);
                self.deep_get(base, &arguments.positional, default, at)
            }
            ("deep_walk", V::Expr(e)) if e.frozen => {
                if *base != V::event() {
                    self.require(Predicate::Always(false), Exc::Attribute);
                    return V::None;
                }
                self.deep_walk(base, &arguments.positional, arguments, true, at)
            }
            ("udm", V::Expr(e)) if e.frozen => {
                if *base != V::event() {
                    self.require(Predicate::Always(false), Exc::Attribute);
                    return V::None;
                }
                self.udm(&arguments.positional, arguments.keyword("default").cloned().unwrap_or(V::None), at)
            }
            ("udm_path", V::Expr(_)) => self.unsupported(at, "asks for the path behind a data model's name"),
            ("lookup", V::Expr(_)) if *base == V::event() => {
                let (Some(table), Some(key)) = (arguments.get(0), arguments.get(1)) else {
                    self.require(Predicate::Always(false), Exc::Type);
                    return V::None;
                };
                let path = [V::str("_mocked_lookup_data_"), table.clone(), key.clone()];
                let refs: Vec<&V> = [base].into_iter().chain(path.iter()).collect();
                match self.calls_model(function::PANTHER_LOOKUP, &refs, Kinds::JSON, at) {
                    V::Expr(e) => V::expr(e.expr.clone(), Kinds::JSON, true),
                    other => other,
                }
            }
            ("event_time_epoch", V::Expr(_)) if *base == V::event() => {
                self.unsupported(at, "reads a point in time from a text")
            }
            ("copy" | "to_dict" | "as_list" | "raw_view", V::Expr(e)) => {
                self.require_kind(base, Kinds::LIST.or(Kinds::DICT), Exc::Attribute, at);
                V::expr(e.expr.clone(), e.kinds.and(Kinds::LIST.or(Kinds::DICT)), false)
            }
            ("copy", V::Dict(_) | V::Seq(..) | V::Gen(_) | V::Cat(..)) => base.clone(),
            // the keys of a dict are like a set: what has no hash is refused
            ("keys", V::Dict(entries)) => {
                V::Seq(SeqKind::Set, Rc::new(entries.iter().map(|(key, _)| key.clone()).collect()))
            }
            ("values" | "items", V::Dict(entries)) => V::list(
                entries
                    .iter()
                    .map(|(key, value)| match name {
                        "values" => value.clone(),
                        _ => V::Seq(SeqKind::Tuple, Rc::new(vec![key.clone(), value.clone()])),
                    })
                    .collect(),
            ),
            ("keys" | "values" | "items", V::Expr(e)) => {
                self.require_kind(base, Kinds::DICT, Exc::Attribute, at);
                let model = match name {
                    "keys" => function::PYTHON_KEYS,
                    "values" => function::PYTHON_VALUES,
                    _ => function::PYTHON_ITEMS,
                };
                V::expr(Expr::Call(model, vec![e.expr.clone()]), Kinds::LIST, e.frozen)
            }
            ("lower" | "upper" | "casefold" | "title" | "capitalize" | "swapcase", _) => {
                self.text_change(base, name, at)
            }
            ("strip" | "lstrip" | "rstrip" | "removeprefix" | "removesuffix", _) => {
                if let V::Str(text) = base
                    && let Some(constant) = strip_constant(text, name, arguments.get(0))
                {
                    return V::str(constant);
                }
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                match (name, arguments.get(0)) {
                    ("strip", None) => self.calls_model(function::TRIM, &[base], Kinds::STR, at),
                    (_, what) => {
                        let what = what.cloned().unwrap_or(V::None);
                        self.calls_model(function::PYTHON_STRIP, &[base, &V::str(name), &what], Kinds::STR, at)
                    }
                }
            }
            ("startswith" | "endswith", _) => {
                let what = arguments.get(0).cloned().unwrap_or(V::None);
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                let base = base.clone();
                let options: Vec<V> = match &what {
                    V::Seq(_, items) => items.to_vec(),
                    other => vec![other.clone()],
                };
                let mut met = Vec::new();
                for option in &options {
                    met.push(self.leaf_conditions(option, at, &mut |this, option| {
                        this.affix(&base, option, name == "startswith", place)
                    }));
                }
                V::truth(pred::any(met))
            }
            (name, _) if CLASSES.contains(&name) => {
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                self.flag(function::PYTHON_CHARACTERS_ARE, &[base, &V::str(name)], at)
            }
            ("split" | "rsplit", _) => {
                let separator = arguments.either(0, "sep").cloned().unwrap_or(V::None);
                let limit = arguments.either(1, "maxsplit").cloned().unwrap_or(V::None);
                if let (V::Str(text), V::Str(by), V::None) = (base, &separator, &limit)
                    && !by.is_empty()
                {
                    return V::list(text.split(&**by).map(V::str).collect());
                }
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                match (&separator, &limit) {
                    (V::Str(by), V::None) if !by.is_empty() => {
                        self.calls_model(function::SPLIT, &[base, &separator], Kinds::LIST, at)
                    }
                    _ => self.calls_model(
                        function::PYTHON_SPLIT,
                        &[base, &separator, &limit, &V::Bool(name == "rsplit")],
                        Kinds::LIST,
                        at,
                    ),
                }
            }
            ("splitlines" | "partition" | "rpartition", _) => {
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                let by = arguments.get(0).cloned().unwrap_or(V::None);
                self.calls_model(function::PYTHON_PARTITION, &[base, &V::str(name), &by], Kinds::LIST, at)
            }
            ("replace", V::Str(text)) => match (arguments.get(0), arguments.get(1)) {
                (Some(V::Str(from)), Some(V::Str(to))) => V::str(text.replace(&**from, to)),
                (Some(from), Some(to)) => {
                    self.calls_model(function::PYTHON_REPLACE, &[base, from, to, &V::None], Kinds::STR, at)
                }
                _ => self.unsupported(at, "replaces a computed text"),
            },
            ("replace", V::Expr(e)) if e.kinds.meets(Kinds::TIME) => self.unsupported(at, "changes a part of a time"),
            ("replace", _) => {
                let (Some(from), Some(to)) = (arguments.get(0), arguments.get(1)) else {
                    return self.unsupported(at, "replaces nothing");
                };
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                match (from, arguments.get(2)) {
                    (V::Str(known), None) if !known.is_empty() => {
                        self.calls_model(function::REPLACE, &[base, from, to], Kinds::STR, at)
                    }
                    (_, count) => {
                        let count = count.cloned().unwrap_or(V::None);
                        self.calls_model(function::PYTHON_REPLACE, &[base, from, to, &count], Kinds::STR, at)
                    }
                }
            }
            ("join", _) => {
                let over = arguments.get(0).cloned().unwrap_or(V::None);
                let listed = self.as_list(&over, at);
                if let (V::Str(by), V::Seq(_, items)) = (base, &listed) {
                    let mut parts = Vec::new();
                    for (index, item) in items.iter().enumerate() {
                        if index > 0 {
                            parts.push(V::Str(by.clone()));
                        }
                        self.leaves(item, &mut |this, leaf| {
                            this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                            V::None
                        });
                        parts.push(item.clone());
                    }
                    return self.concat(parts, at);
                }
                let joined = self.leaves(&listed, &mut |this, leaf| {
                    this.calls_model(function::PYTHON_JOIN, &[base, leaf], Kinds::STR.or(Kinds::NONE), at)
                });
                self.leaves(&joined, &mut |this, leaf| this.unless_failed(leaf.clone(), Kinds::STR, Exc::Type, at))
            }
            ("format", V::Str(text)) => self.format_text(&text.clone(), arguments, at),
            ("count" | "find" | "rfind" | "index" | "rindex", _) => {
                let what = arguments.get(0).cloned().unwrap_or(V::None);
                self.require_kind(base, Kinds::STR.or(Kinds::LIST), Exc::Attribute, at);
                let found = self.calls_model(
                    function::PYTHON_FIND,
                    &[base, &V::str(name), &what],
                    Kinds::INT.or(Kinds::NONE),
                    at,
                );
                self.unless_failed(found, Kinds::INT, Exc::Value, at)
            }
            ("encode", _) => {
                self.require_kind(base, Kinds::STR, Exc::Attribute, at);
                base.clone()
            }
            ("zfill" | "ljust" | "rjust", _) => self.unsupported(at, format!("pads a text by `{name}`")),
            ("group" | "groups" | "groupdict", V::Expr(e)) if e.kinds.meets(Kinds::MATCH) => {
                self.require_kind(base, Kinds::MATCH, Exc::Attribute, at);
                self.groups(e, name, arguments, at)
            }
            ("group" | "groups" | "start" | "end", V::None) => {
                self.require(Predicate::Always(false), Exc::Attribute);
                V::None
            }
            ("intersection", _) => match arguments.get(0) {
                Some(other) => {
                    let other = self.as_set(other, at);
                    self.intersection(base, &other, at)
                }
                None => base.clone(),
            },
            ("union", _) => {
                let mut parts = vec![base.clone()];
                for other in &arguments.positional {
                    parts.push(self.as_list(other, at));
                }
                V::Cat(SeqKind::Set, Rc::new(parts))
            }
            ("difference", _) => match arguments.get(0) {
                Some(other) => self.difference(base, &other.clone(), at),
                None => base.clone(),
            },
            ("issubset" | "issuperset" | "isdisjoint", _) => {
                let other = arguments.get(0).cloned().unwrap_or(V::None);
                let (members, whole) = if name == "issuperset" { (&other, base) } else { (base, &other) };
                let whole = self.as_list(whole, at);
                let wanted = name == "isdisjoint";
                let found = self.any_of(members, at, &mut |this, member| {
                    let inside = this.contains(member, &whole, at);
                    if wanted { inside } else { pred::not(inside) }
                });
                V::truth(pred::not(found))
            }
            ("subnet_of" | "supernet_of" | "overlaps", V::Net(inner)) => {
                let Some(V::Net(other)) = arguments.get(0) else {
                    return self.unsupported(at, "compares a network with something that is none");
                };
                let other = other.clone();
                self.flag(function::PYTHON_NETWORKS, &[inner, &V::str(name), &other], at)
            }
            (_, V::Expr(e)) if e.kinds.meets(Kinds::TIME.or(Kinds::DELTA)) => {
                let e = e.clone();
                self.time_method(&e, name, arguments, at)
            }
            (
                _,
                V::None
                | V::Bool(_)
                | V::Int(_)
                | V::Float(_)
                | V::Str(_)
                | V::Truth(_)
                | V::Unbound
                | V::Seq(..)
                | V::Dict(_),
            ) => {
                self.require(Predicate::Always(false), Exc::Attribute);
                V::None
            }
            _ => self.unsupported(at, format!("calls the method `{name}`")),
        }
    }

    /// `base.get(key, default)`.
    fn get(&mut self, base: &V, key: &V, default: V, at: Span) -> V {
        let place = self.at(at);
        match base {
            V::Dict(items) => {
                let items = items.clone();
                self.leaves(key, &mut |this, key| this.look_up(&items, key, default.clone(), at).0)
            }
            V::Expr(e) => {
                self.require_kind(base, Kinds::DICT, Exc::Attribute, at);
                let e = e.clone();
                self.leaves(key, &mut |this, key| {
                    if e.frozen {
                        // a key that is no text cannot be put in lower case
                        this.require_kind(key, Kinds::STR, Exc::Attribute, at);
                    }
                    let value = this.at_key(&e, key);
                    if default == V::None {
                        return value;
                    }
                    let there = this.has_key(&e, key, place);
                    V::ite(&there, value, default.clone())
                })
            }
            _ => V::None,
        }
    }

    /// `deep_get`: the value behind keys, the default where it is absent or null.
    pub fn deep_get(&mut self, base: &V, keys: &[V], default: V, at: Span) -> V {
        let place = self.at(at);
        if keys.is_empty() {
            return base.clone();
        }
        if let Some(index) = keys.iter().find_map(V::unknown) {
            return V::Unknown(index);
        }
        self.leaves(base, &mut |this, leaf| {
            let value = match leaf {
                V::Expr(e) => {
                    let mut at_end = (**e).clone();
                    let plain = e.frozen && keys.iter().all(|key| matches!(key, V::Str(_)));
                    if plain {
                        for key in keys {
                            let Some(key) = key.as_str() else { continue };
                            at_end = E {
                                expr: step(&at_end.expr, Segment::Key(key.to_owned())),
                                kinds: Kinds::JSON,
                                frozen: true,
                            };
                        }
                        V::Expr(Rc::new(at_end))
                    } else {
                        let list = V::list(keys.to_vec());
                        let flag = V::Bool(e.frozen);
                        match this.calls_model(function::PYTHON_DEEP_GET, &[leaf, &list, &flag], Kinds::JSON, at) {
                            V::Expr(made) => V::expr(made.expr.clone(), Kinds::JSON, e.frozen),
                            other => other,
                        }
                    }
                }
                V::Dict(items) => {
                    let Some((first, rest)) = keys.split_first() else { return V::None };
                    let items = items.clone();
                    let (value, _) = this.look_up(&items, first, default.clone(), at);
                    if rest.is_empty() { value } else { this.deep_get(&value, rest, default.clone(), at) }
                }
                _ => V::None,
            };
            if default == V::None {
                return value;
            }
            this.leaves(&value, &mut |_, value| match value {
                V::Expr(e) => V::ite(&pred::not_none(e, place), known(e), default.clone()),
                V::None => default.clone(),
                other => other.clone(),
            })
        })
    }

    /// `deep_walk`; `raw` where keys are case-sensitive (the method of the event).
    pub fn deep_walk(&mut self, base: &V, keys: &[V], arguments: &Arguments, raw: bool, at: Span) -> V {
        let default = arguments.keyword("default").cloned().unwrap_or(V::None);
        let which = arguments.keyword("return_val").cloned().unwrap_or(V::str("all"));
        let list = V::list(keys.to_vec());
        let refs = [base, &list, &default, &which, &V::Bool(raw)];
        if default.to_expr().is_none() || which.as_str().is_none() {
            return self.unsupported(at, "walks through the event with a computed mode");
        }
        let ok = self.flag(function::PANTHER_DEEP_WALK_RUNS, &refs, at);
        if let Some(ok) = ok.as_truth() {
            self.require(ok, Exc::Type);
        }
        match self.calls_model(function::PANTHER_DEEP_WALK, &refs, Kinds::JSON, at) {
            V::Expr(e) => V::expr(e.expr.clone(), Kinds::JSON, !raw && base.frozen()),
            other => other,
        }
    }

    /// A function of the model that yields a boolean.
    pub fn flag(&mut self, name: crate::model::Function, arguments: &[&V], at: Span) -> V {
        let place = self.at(at);
        match self.calls_model(name, arguments, Kinds::BOOL, at) {
            V::Expr(e) => V::truth(pred::truthy(e.expr.clone(), place)),
            other => other,
        }
    }

    fn affix(&mut self, base: &V, option: &V, start: bool, place: Span) -> Predicate {
        match (base, option) {
            (V::Str(text), V::Str(part)) => {
                Predicate::Always(if start { text.starts_with(&**part) } else { text.ends_with(&**part) })
            }
            (V::Str(_) | V::Expr(_), V::Str(_) | V::Expr(_)) => {
                if let V::Expr(e) = option {
                    // a tuple of texts is possible too, but no event holds one
                    let ok = pred::kind(e, Kinds::STR, place);
                    self.require(ok, Exc::Type);
                }
                let (Some(subject), Some(value)) = (base.to_expr(), option.to_expr()) else {
                    return Predicate::Always(false);
                };
                let kind = if start {
                    TestKind::StartsWith { value, case: Case::Sensitive }
                } else {
                    TestKind::EndsWith { value, case: Case::Sensitive }
                };
                pred::test(subject, kind, place)
            }
            (V::None | V::Bool(_) | V::Int(_) | V::Float(_), _) => Predicate::Always(false),
            _ => {
                self.require(Predicate::Always(false), Exc::Type);
                Predicate::Always(false)
            }
        }
    }

    fn text_change(&mut self, base: &V, name: &str, at: Span) -> V {
        if let V::Str(text) = base {
            return match name {
                "lower" | "casefold" => V::str(text.to_lowercase()),
                "upper" => V::str(text.to_uppercase()),
                _ => self.calls_model(function::PYTHON_RECASE, &[base, &V::str(name)], Kinds::STR, at),
            };
        }
        self.require_kind(base, Kinds::STR, Exc::Attribute, at);
        match name {
            "lower" => self.calls_model(function::LOWER, &[base], Kinds::STR, at),
            "upper" => self.calls_model(function::UPPER, &[base], Kinds::STR, at),
            _ => self.calls_model(function::PYTHON_RECASE, &[base, &V::str(name)], Kinds::STR, at),
        }
    }

    fn as_set(&mut self, value: &V, at: Span) -> V {
        match value {
            V::Seq(_, items) => V::Seq(SeqKind::Set, items.clone()),
            V::Expr(_) => self.map_elements(value, SeqKind::Set, at, &mut |this, member| {
                let ok = this.leaf_conditions(member, at, &mut |this, leaf| {
                    pred::not(this.of_kind(leaf, Kinds::LIST.or(Kinds::DICT), at))
                });
                this.require(ok, Exc::Type);
                (Predicate::Always(true), member.clone())
            }),
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.as_set(a, at));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.as_set(b, at));
                V::ite(condition, then, otherwise)
            }
            other => other.clone(),
        }
    }

    fn groups(&mut self, e: &E, name: &str, arguments: &Arguments, at: Span) -> V {
        let matched = Kinds::STR.or(Kinds::NONE);
        match (name, arguments.positional.as_slice()) {
            ("group", []) => V::expr(step(&e.expr, Segment::Index(0)), Kinds::STR, false),
            ("group", [V::Int(index)]) => {
                V::expr(step(&e.expr, Segment::Index(*index)), if *index == 0 { Kinds::STR } else { matched }, false)
            }
            ("group", [V::Str(group)]) => {
                let Some(index) = group_index(&e.expr, group) else {
                    return self.unsupported(at, "reads a named group of an unknown pattern");
                };
                V::expr(step(&e.expr, Segment::Index(index)), matched, false)
            }
            ("groups", []) => {
                let whole = V::expr(e.expr.clone(), Kinds::LIST, false);
                self.slice(&whole, &V::Int(1), &V::None, &V::None, at)
            }
            _ => self.unsupported(at, "reads several groups of a match at once"),
        }
    }

    fn format_text(&mut self, text: &str, arguments: &Arguments, at: Span) -> V {
        let (mut parts, mut rest, mut next) = (Vec::new(), text, 0usize);
        while let Some(open) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(open);
            parts.push(V::str(before));
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                parts.push(V::str(from.get(..1).unwrap_or("")));
                rest = after;
                continue;
            }
            let Some(close) = from.find('}') else { return self.unsupported(at, "formats a text that is not closed") };
            let hole = from.get(1..close).unwrap_or("");
            rest = from.get(close + 1..).unwrap_or("");
            let value = if hole.is_empty() {
                next += 1;
                arguments.get(next - 1).cloned()
            } else if let Ok(index) = hole.parse::<usize>() {
                arguments.get(index).cloned()
            } else if hole.chars().all(|c| c.is_alphanumeric() || c == '_') {
                arguments.keyword(hole).cloned()
            } else {
                return self.unsupported(at, "formats a value by a specification");
            };
            match value {
                Some(value) => parts.push(self.str_of(&value, at)),
                None => {
                    self.require(Predicate::Always(false), Exc::Index);
                    return V::None;
                }
            }
        }
        parts.push(V::str(rest));
        self.concat(parts, at)
    }
}

/// The same value without `None`.
fn known(e: &E) -> V {
    V::expr(e.expr.clone(), e.kinds.without(Kinds::NONE), e.frozen)
}

fn strip_constant(text: &str, name: &str, what: Option<&V>) -> Option<String> {
    Some(match (name, what) {
        ("strip", None) => text.trim().to_owned(),
        ("lstrip", None) => text.trim_start().to_owned(),
        ("rstrip", None) => text.trim_end().to_owned(),
        ("strip", Some(V::Str(set))) => text.trim_matches(|c| set.contains(c)).to_owned(),
        ("lstrip", Some(V::Str(set))) => text.trim_start_matches(|c| set.contains(c)).to_owned(),
        ("rstrip", Some(V::Str(set))) => text.trim_end_matches(|c| set.contains(c)).to_owned(),
        ("removeprefix", Some(V::Str(part))) => text.strip_prefix(&**part).unwrap_or(text).to_owned(),
        ("removesuffix", Some(V::Str(part))) => text.strip_suffix(&**part).unwrap_or(text).to_owned(),
        _ => return None,
    })
}

/// The number of a named group in the pattern of a match.
fn group_index(matched: &Expr, group: &str) -> Option<i64> {
    let Expr::Call(_, arguments) = matched else { return None };
    let Some(Expr::Literal(Value::String(pattern))) = arguments.get(1) else { return None };
    let (mut index, mut found, mut escaped, mut class) = (0i64, None, false, false);
    for (at, character) in pattern.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match character {
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => {
                let rest = pattern.get(at + 1..).unwrap_or("");
                let named = rest.strip_prefix("?P<");
                if !rest.starts_with('?') || named.is_some() {
                    index += 1;
                }
                if named.is_some_and(|rest| rest.strip_prefix(group).is_some_and(|rest| rest.starts_with('>'))) {
                    found = Some(index);
                }
            }
            _ => {}
        }
    }
    found
}
