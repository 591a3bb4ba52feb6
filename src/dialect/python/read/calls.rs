//! Calls: of functions that are read, of Python's builtins, of statements that change a value in place.

use super::exec::{Exc, Exec};
use super::module::Module;
use super::pred;
use super::value::{E, Env, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::dialect::python::syntax::span;
use crate::model::{ArrayMode, Expr, FieldPath, Predicate, Segment, TestKind, function};
use ruff_python_ast::{self as ast, Expr as Node};
use std::rc::Rc;

const BUILTINS: &[&str] = &[
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

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// The arguments of a call.
pub(super) struct Arguments {
    pub positional: Vec<V>,
    pub keywords: Vec<(String, V)>,
}

impl Arguments {
    pub fn get(&self, index: usize) -> Option<&V> {
        self.positional.get(index)
    }

    pub fn keyword(&self, name: &str) -> Option<&V> {
        self.keywords.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// An argument by place or name.
    pub fn either(&self, index: usize, name: &str) -> Option<&V> {
        self.get(index).or_else(|| self.keyword(name))
    }
}

impl Exec<'_> {
    fn arguments(&mut self, node: &ast::Arguments, env: &mut Env, module: &Rc<Module>) -> Result<Arguments, V> {
        let (mut positional, mut keywords) = (Vec::new(), Vec::new());
        for argument in &node.args {
            if let Node::Starred(starred) = argument {
                match self.eval(&starred.value, env, module) {
                    V::Seq(_, items) => positional.extend(items.iter().cloned()),
                    V::Unknown(index) => return Err(V::Unknown(index)),
                    _ => {
                        return Err(self.unsupported(span(argument), "spreads a list of unknown length over arguments"));
                    }
                }
            } else {
                positional.push(self.eval(argument, env, module));
            }
        }
        for keyword in &node.keywords {
            let value = self.eval(&keyword.value, env, module);
            match (&keyword.arg, value) {
                (Some(name), value) => keywords.push((name.to_string(), value)),
                (None, V::Dict(items)) => {
                    for (key, value) in items.iter() {
                        if let Some(name) = key.as_str() {
                            keywords.push((name.to_owned(), value.clone()));
                        }
                    }
                }
                (None, V::Unknown(index)) => return Err(V::Unknown(index)),
                (None, _) => return Err(self.unsupported(span(keyword), "spreads an unknown dict over arguments")),
            }
        }
        Ok(Arguments { positional, keywords })
    }

    pub fn call(&mut self, node: &ast::ExprCall, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(node);
        if let (Node::Name(name), [Node::Generator(generator)]) = (&*node.func, &*node.arguments.args)
            && matches!(name.id.as_str(), "any" | "all")
            && node.arguments.keywords.is_empty()
            && !env.contains_key(name.id.as_str())
        {
            return V::truth(self.quantify(generator, name.id.as_str() == "all", env, module));
        }
        if let (Node::Name(name), [Node::Generator(generator), rest @ ..]) = (&*node.func, &*node.arguments.args)
            && name.id.as_str() == "next"
            && node.arguments.keywords.is_empty()
            && !env.contains_key("next")
        {
            let mut positional = vec![self.lazily(generator, env, module)];
            for argument in rest {
                positional.push(self.eval(argument, env, module));
            }
            return self.builtin("next", &Arguments { positional, keywords: Vec::new() }, at);
        }
        if let Node::Attribute(attribute) = &*node.func {
            let base = self.eval(&attribute.value, env, module);
            let arguments = match self.arguments(&node.arguments, env, module) {
                Ok(arguments) => arguments,
                Err(value) => return value,
            };
            let name = attribute.attr.as_str();
            if matches!(
                name,
                "append"
                    | "add"
                    | "extend"
                    | "update"
                    | "pop"
                    | "remove"
                    | "insert"
                    | "setdefault"
                    | "clear"
                    | "discard"
                    | "sort"
            ) && !matches!(base, V::Ext(_) | V::Module(_))
            {
                return self.changed(attribute, &base, &arguments, env, module, at);
            }
            return self.call_attribute(&base, name, &arguments, at);
        }
        let mut callee = self.eval(&node.func, env, module);
        // a function of this very scope sees the names as they are now
        if let (Node::Name(_), V::Function(_, seen @ Some(_))) = (&*node.func, &mut callee) {
            *seen = Some(env.clone());
        }
        let arguments = match self.arguments(&node.arguments, env, module) {
            Ok(arguments) => arguments,
            Err(value) => return value,
        };
        self.apply(&callee, &arguments, at)
    }

    /// A generator of which the first member alone is asked: what comes behind it raises nothing.
    fn lazily(&mut self, generator: &ast::ExprGenerator, env: &mut Env, module: &Rc<Module>) -> V {
        let at = span(generator);
        let (value, checks) = self.watched(|this| this.eval(&Node::Generator(generator.clone()), env, module));
        let mut made = Vec::new();
        generators(&value, &mut made);
        for (ok, exception) in checks {
            let ok = match made.iter().find_map(|made| self.until_first(&ok, made, at)) {
                Some(relaxed) => relaxed,
                None => ok,
            };
            self.require(ok, exception);
        }
        value
    }

    fn call_attribute(&mut self, base: &V, name: &str, arguments: &Arguments, at: Span) -> V {
        match base {
            V::Ext(module) => {
                let full = format!("{module}.{name}");
                self.library(&full, arguments, at)
            }
            V::Module(module) => {
                let module = module.clone();
                let callee = self.import(&module.name, Some(name));
                self.apply(&callee, arguments, at)
            }
            other => self.leaves(other, &mut |this, leaf| this.method(leaf, name, arguments, at)),
        }
    }

    /// Calls a value.
    pub fn apply(&mut self, callee: &V, arguments: &Arguments, at: Span) -> V {
        match callee {
            V::Function(function, seen) => {
                let (function, seen) = (function.clone(), seen.clone());
                self.call_function(
                    &function,
                    seen.as_ref(),
                    arguments.positional.clone(),
                    arguments.keywords.clone(),
                    at,
                )
            }
            V::Lambda(lambda) => {
                let lambda = lambda.clone();
                let mut env = lambda.env.clone();
                if let Some(parameters) = &lambda.node.parameters {
                    let mut given = arguments.positional.iter();
                    for parameter in parameters.posonlyargs.iter().chain(parameters.args.iter()) {
                        let name = parameter.parameter.name.to_string();
                        let value = match (given.next(), arguments.keyword(&name), &parameter.default) {
                            (Some(value), ..) | (None, Some(value), _) => value.clone(),
                            (None, None, Some(default)) => self.eval(default, &mut env.clone(), &lambda.module),
                            (None, None, None) => {
                                self.require(Predicate::Always(false), Exc::Type);
                                V::None
                            }
                        };
                        Rc::make_mut(&mut env).insert(name, value);
                    }
                }
                self.eval(&lambda.node.body, &mut env, &lambda.module)
            }
            V::Ext(name) => {
                let name = name.clone();
                if name.contains('.') { self.library(&name, arguments, at) } else { self.builtin(&name, arguments, at) }
            }
            V::Bound(base, name) => {
                let (base, name) = (base.clone(), name.clone());
                self.call_attribute(&base, &name, arguments, at)
            }
            V::Ite(condition, a, b) => {
                let then = self.under(condition, |this| this.apply(a, arguments, at));
                let contrary = pred::not((**condition).clone());
                let otherwise = self.under(&contrary, |this| this.apply(b, arguments, at));
                V::ite(condition, then, otherwise)
            }
            V::Unknown(index) => V::Unknown(*index),
            V::None | V::Bool(_) | V::Int(_) | V::Str(_) | V::Float(_) | V::Unbound => {
                self.require(Predicate::Always(false), Exc::Type);
                V::None
            }
            _ => self.unsupported(at, "calls a value of the event"),
        }
    }

    /// An expression as a statement.
    pub fn effect(&mut self, node: &Node, env: &mut Env, module: &Rc<Module>) {
        if let Node::Call(call) = node {
            let name = super::exec::name_of(&call.func);
            let quiet = match &*call.func {
                Node::Name(_) => matches!(name.as_str(), "print" | "dbprint"),
                Node::Attribute(attribute) => {
                    matches!(&*attribute.value, Node::Name(base) if matches!(base.id.as_str(), "logging" | "logger" | "log"))
                }
                _ => false,
            };
            if quiet {
                return;
            }
        }
        let value = self.eval(node, env, module);
        if let Some(index) = value.unknown() {
            // nothing is done with the value: what it needs to run is all that counts, and that is not known
            self.require(Predicate::Unread { index, span: self.at(span(node)) }, Exc::Other);
        }
    }

    /// A method that changes its value in place.
    fn changed(
        &mut self,
        target: &ast::ExprAttribute,
        base: &V,
        arguments: &Arguments,
        env: &mut Env,
        module: &Rc<Module>,
        at: Span,
    ) -> V {
        let first = arguments.get(0).cloned();
        let after = match (target.attr.as_str(), base, first) {
            (_, V::Unknown(index), _) => V::Unknown(*index),
            ("append" | "add", V::Seq(kind, items), Some(item)) => {
                if *kind == SeqKind::Set && items.contains(&item) {
                    base.clone()
                } else if *kind == SeqKind::Set && !item.is_scalar() {
                    V::Cat(*kind, Rc::new(vec![base.clone(), V::Seq(*kind, Rc::new(vec![item]))]))
                } else {
                    V::Seq(*kind, Rc::new(items.iter().cloned().chain([item]).collect()))
                }
            }
            ("append" | "add", V::Cat(..) | V::Gen(_) | V::Ite(..) | V::Carried(_), Some(item)) => {
                let kind = if target.attr.as_str() == "add" { SeqKind::Set } else { SeqKind::List };
                appended(base, V::Seq(kind, Rc::new(vec![item])), kind)
            }
            ("append", V::Expr(e), Some(item)) if !e.frozen && e.kinds.within(Kinds::LIST) => {
                appended(base, V::list(vec![item]), SeqKind::List)
            }
            ("extend" | "update", V::Seq(..) | V::Cat(..) | V::Gen(_) | V::Carried(_), Some(more))
                if !matches!(more, V::Dict(_)) =>
            {
                let kind = if target.attr.as_str() == "update" { SeqKind::Set } else { SeqKind::List };
                let more = self.as_list(&more, at);
                appended(base, more, kind)
            }
            ("update", V::Dict(items), more) => {
                let mut entries = (**items).clone();
                let mut unknown = None;
                if let Some(more) = &more {
                    match more {
                        V::Dict(more) => {
                            for (key, value) in more.iter() {
                                put(&mut entries, key.clone(), value.clone());
                            }
                        }
                        V::Unknown(index) => unknown = Some(V::Unknown(*index)),
                        _ => unknown = Some(self.unsupported(at, "merges a dict whose keys are not known")),
                    }
                }
                for (name, value) in &arguments.keywords {
                    put(&mut entries, V::str(name.clone()), value.clone());
                }
                unknown.unwrap_or(V::Dict(Rc::new(entries)))
            }
            ("setdefault", V::Dict(items), Some(key)) if key.is_scalar() => {
                if let Some((_, value)) = items.iter().find(|(known, _)| *known == key) {
                    return value.clone();
                }
                let value = arguments.get(1).cloned().unwrap_or(V::None);
                let mut entries = (**items).clone();
                put(&mut entries, key, value.clone());
                self.assign(&target.value, V::Dict(Rc::new(entries)), env, module);
                return value;
            }
            ("pop", V::Dict(items), Some(key)) if key.is_scalar() => {
                let found = items.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
                let rest: Vec<_> = items.iter().filter(|(known, _)| *known != key).cloned().collect();
                self.assign(&target.value, V::Dict(Rc::new(rest)), env, module);
                return match (found, arguments.get(1)) {
                    (Some(value), _) => value,
                    (None, Some(default)) => default.clone(),
                    (None, None) => {
                        self.require(Predicate::Always(false), Exc::Key);
                        V::None
                    }
                };
            }
            ("remove" | "discard", V::Seq(kind, items), Some(item))
                if item.is_scalar() && items.iter().all(V::is_scalar) =>
            {
                match items.iter().position(|known| *known == item) {
                    Some(place) => {
                        let rest: Vec<V> = items
                            .iter()
                            .enumerate()
                            .filter(|(at, _)| *at != place)
                            .map(|(_, item)| item.clone())
                            .collect();
                        V::Seq(*kind, Rc::new(rest))
                    }
                    None => {
                        if target.attr.as_str() == "remove" {
                            self.require(Predicate::Always(false), Exc::Value);
                        }
                        base.clone()
                    }
                }
            }
            // read-only values have none of these methods
            (_, V::Expr(e), _) if e.frozen => {
                self.require(Predicate::Always(false), Exc::Attribute);
                return V::None;
            }
            (name, ..) => self.unsupported(at, format!("changes a value in place by `{name}`")),
        };
        match &*target.value {
            Node::Name(name) if !env.contains_key(name.id.as_str()) && after.unknown().is_none() => {
                let unknown = self.unsupported(at, format!("changes `{}`, a variable of the module", name.id));
                self.assign(&target.value, unknown, env, module);
            }
            Node::Name(_) | Node::Subscript(_) => self.assign(&target.value, after, env, module),
            _ => {
                if after.unknown().is_none() {
                    self.unsupported(at, "changes a value that has no name");
                }
            }
        }
        V::None
    }

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
                    let mut once: Vec<V> = Vec::new();
                    for item in items.iter() {
                        if !once.contains(item) {
                            once.push(item.clone());
                        }
                    }
                    return V::Seq(SeqKind::Set, Rc::new(once));
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
                while next < to && items.len() <= 1000 {
                    items.push(V::Int(next));
                    next += by;
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

    fn length(&mut self, leaf: &V, at: Span) -> V {
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

    fn number_of(&mut self, leaf: &V, whole: bool, base: Option<&V>, at: Span) -> V {
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

/// The generators that a value may be.
fn generators(value: &V, into: &mut Vec<Rc<super::value::Gen>>) {
    match value {
        V::Ite(_, a, b) => {
            generators(a, into);
            generators(b, into);
        }
        V::Gen(made) if !made.nested => into.push(made.clone()),
        _ => {}
    }
}

fn list_if(flag: bool) -> Kinds {
    if flag { Kinds::LIST } else { Kinds(0) }
}

fn appended(base: &V, more: V, kind: SeqKind) -> V {
    match base {
        V::Cat(known, parts) => V::Cat(*known, Rc::new(parts.iter().cloned().chain([more]).collect())),
        _ => V::Cat(kind, Rc::new(vec![base.clone(), more])),
    }
}

fn put(entries: &mut Vec<(V, V)>, key: V, value: V) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, slot)) => *slot = value,
        None => entries.push((key, value)),
    }
}
