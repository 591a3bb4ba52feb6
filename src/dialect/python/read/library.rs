//! Functions of Python's library and of Panther's own, by their meaning.

use super::calls::Arguments;
use super::exec::Exec;
use super::flow::Exc;
use super::pred;
use super::value::{E, Kinds, SeqKind, V};
use crate::diagnostic::Span;
use crate::diagnostic::codes::panther;
use crate::model::{Expr, IpClass, Predicate, TestKind, Value, WildcardPart, function};
use ruff_python_ast::Operator;
use std::rc::Rc;

/// Functions of Panther's helper library that are known by meaning; the others are read from their text.
const HELPERS: &[(&str, &str)] = &[
    ("panther_base_helpers", "deep_get"),
    ("panther_base_helpers", "deep_walk"),
    ("panther_base_helpers", "is_ip_in_network"),
    ("panther_base_helpers", "pattern_match"),
    ("panther_base_helpers", "pattern_match_list"),
    ("panther_base_helpers", "listify"),
    ("panther_base_helpers", "is_base64"),
    ("panther_base_helpers", "resolve_timestamp_string"),
    ("panther_base_helpers", "get_val_from_list"),
    ("panther_base_helpers", "key_value_list_to_dict"),
    ("panther_base_helpers", "defang_ioc"),
];

/// What every address says of itself.
pub(super) const IP_PROPERTIES: &[&str] = &[
    "is_global",
    "is_private",
    "is_loopback",
    "is_multicast",
    "is_reserved",
    "is_link_local",
    "is_unspecified",
    "version",
];

/// Whether a function of a helper module is known by meaning.
pub(super) fn built_in(module: &str, name: &str) -> bool {
    HELPERS.contains(&(module, name))
}

impl Exec<'_> {
    /// A function outside of the text that is read, by its full name.
    pub fn library(&mut self, name: &str, arguments: &Arguments, at: Span) -> V {
        let first = arguments.get(0).cloned();
        let second = arguments.get(1).cloned();
        if let Some(index) = arguments.positional.iter().find_map(V::unknown) {
            return V::Unknown(index);
        }
        let name = name
            .strip_prefix("panther_oss_helpers.")
            .map_or(name.to_owned(), |rest| format!("panther_base_helpers.{rest}"));
        match (name.as_str(), first, second) {
            ("panther_base_helpers.deep_get", Some(base), _) => {
                let default = arguments.keyword("default").cloned().unwrap_or(V::None);
                let keys = arguments.positional.get(1..).unwrap_or(&[]);
                self.deep_get(&base, keys, default, at)
            }
            ("panther_base_helpers.deep_walk", Some(base), _) => {
                let keys = arguments.positional.get(1..).unwrap_or(&[]).to_vec();
                self.leaves(&base, &mut |this, leaf| this.deep_walk(leaf, &keys, arguments, false, at))
            }
            (
                "panther_base_helpers.pattern_match" | "fnmatch.fnmatch" | "fnmatch.fnmatchcase",
                Some(text),
                Some(pattern),
            ) => V::truth(self.glob(&text, &pattern, at)),
            ("panther_base_helpers.pattern_match_list", Some(text), Some(patterns)) => {
                V::truth(self.any_of(&patterns, at, &mut |this, pattern| this.glob(&text, pattern, at)))
            }
            ("panther_base_helpers.listify", Some(value), _) => self.listify(&value, at),
            ("panther_base_helpers.is_ip_in_network", Some(address), Some(networks)) => {
                V::truth(self.any_of(&networks, at, &mut |this, network| this.in_network(&address, network, at)))
            }
            ("panther_base_helpers.is_base64", Some(text), _) => {
                let least = arguments.either(1, "min_length").cloned().unwrap_or(V::Int(28));
                self.leaves(&text, &mut |this, leaf| {
                    this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                    this.calls_model(function::PANTHER_DECODED_BASE64, &[leaf, &least], Kinds::STR, at)
                })
            }
            ("panther_base_helpers.resolve_timestamp_string", ..) => {
                self.unsupported(at, "reads a point in time from a text")
            }
            ("panther_base_helpers.defang_ioc", Some(text), _) => {
                let mut value = text;
                for (from, to) in [("http://", "hxxp://"), ("https://", "hxxps://"), (".", "[.]")] {
                    let inner = Arguments { positional: vec![V::str(from), V::str(to)], keywords: Vec::new() };
                    value = self.leaves(&value, &mut |this, leaf| this.method(leaf, "replace", &inner, at));
                }
                value
            }
            ("panther_base_helpers.get_val_from_list", Some(list), Some(wanted)) => {
                let (key, expected) = (arguments.get(2).cloned(), arguments.get(3).cloned());
                let (Some(key), Some(expected)) = (key, expected) else {
                    return self.unsupported(at, "looks a value up in a list without saying which");
                };
                self.map_elements(&list, SeqKind::Set, at, &mut |this, member| {
                    let get = |this: &mut Self, key: &V| {
                        let inner = Arguments { positional: vec![key.clone()], keywords: Vec::new() };
                        this.leaves(member, &mut |this, leaf| this.method(leaf, "get", &inner, at))
                    };
                    let found = get(this, &key);
                    let when = this.equal(&found, &expected, at);
                    let value = get(this, &wanted);
                    (when, value)
                })
            }
            ("panther_base_helpers.key_value_list_to_dict", Some(list), Some(key)) => {
                let value = arguments.get(2).cloned().unwrap_or(V::None);
                let pairs = self.map_elements(&list, SeqKind::List, at, &mut |this, member| {
                    let pair = vec![this.subscript(member, &key, at), this.subscript(member, &value, at)];
                    (Predicate::Always(true), V::Seq(SeqKind::Tuple, Rc::new(pair)))
                });
                self.dict_of(&pairs, at)
            }
            ("fnmatch.filter", Some(list), Some(pattern)) => {
                self.map_elements(&list, SeqKind::List, at, &mut |this, member| {
                    (this.glob(member, &pattern, at), member.clone())
                })
            }
            ("re.compile", Some(pattern), _) => {
                let flags = arguments.either(1, "flags").cloned();
                match (pattern.as_str(), flags_of(flags.as_ref())) {
                    (Some(pattern), Some(flags)) => V::Regex(Rc::from(with_flags(pattern, &flags))),
                    (None, _) if matches!(pattern, V::Regex(_)) => pattern,
                    (None, Some(flags)) => match pattern.to_expr() {
                        Some(expr) if flags.is_empty() => V::expr(expr, Kinds::STR, false),
                        _ => self.unsupported(at, "compiles a computed pattern with flags"),
                    },
                    _ => self.unsupported(at, "compiles a pattern with computed flags"),
                }
            }
            ("re.match" | "re.search" | "re.fullmatch", Some(pattern), Some(text)) => {
                let mode = name.rsplit('.').next().unwrap_or("search").to_owned();
                let Some(pattern) = self.pattern_text(&pattern, arguments.either(2, "flags")) else {
                    return self.unsupported(at, "matches a pattern with computed flags");
                };
                self.leaves(&text, &mut |this, leaf| {
                    this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                    let mode = V::str(mode.clone());
                    this.calls_model(
                        function::PYTHON_RE_MATCH,
                        &[leaf, &pattern, &mode],
                        Kinds::MATCH.or(Kinds::NONE),
                        at,
                    )
                })
            }
            ("re.findall" | "re.finditer", Some(pattern), Some(text)) if name == "re.findall" => {
                let Some(pattern) = self.pattern_text(&pattern, arguments.either(2, "flags")) else {
                    return self.unsupported(at, "matches a pattern with computed flags");
                };
                self.leaves(&text, &mut |this, leaf| {
                    this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                    this.calls_model(function::PYTHON_RE_FINDALL, &[leaf, &pattern], Kinds::LIST, at)
                })
            }
            ("re.sub", Some(pattern), Some(with)) => {
                let text = arguments.get(2).cloned().unwrap_or(V::None);
                let Some(pattern) = self.pattern_text(&pattern, arguments.keyword("flags")) else {
                    return self.unsupported(at, "matches a pattern with computed flags");
                };
                self.leaves(&text, &mut |this, leaf| {
                    this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                    this.calls_model(function::PYTHON_RE_SUB, &[leaf, &pattern, &with], Kinds::STR, at)
                })
            }
            ("re.split", Some(pattern), Some(text)) => {
                let Some(pattern) = self.pattern_text(&pattern, arguments.keyword("flags")) else {
                    return self.unsupported(at, "matches a pattern with computed flags");
                };
                self.leaves(&text, &mut |this, leaf| {
                    this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                    this.calls_model(function::PYTHON_RE_SPLIT, &[leaf, &pattern], Kinds::LIST, at)
                })
            }
            ("re.escape", Some(text), _) => self.leaves(&text, &mut |this, leaf| {
                this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                this.calls_model(function::PYTHON_RE_ESCAPE, &[leaf], Kinds::STR, at)
            }),
            ("json.loads", Some(text), _) => self.leaves(&text, &mut |this, leaf| {
                this.require_kind(leaf, Kinds::STR, Exc::Type, at);
                let ok = this.flag(function::PYTHON_IS_JSON, &[leaf], at);
                if let Some(ok) = ok.as_truth() {
                    this.require(ok, Exc::Value);
                }
                this.calls_model(function::PYTHON_JSON_LOADS, &[leaf], Kinds::JSON, at)
            }),
            ("json.dumps", Some(value), _) => {
                let encoded = !arguments.keywords.is_empty();
                self.leaves(&value, &mut |this, leaf| {
                    if leaf.frozen() && !encoded {
                        // Panther's read-only lists and dicts are nothing that `json` knows
                        this.require_kind(leaf, Kinds::JSON.without(Kinds::LIST.or(Kinds::DICT)), Exc::Type, at);
                    }
                    this.calls_model(function::PYTHON_JSON_DUMPS, &[leaf], Kinds::STR, at)
                })
            }
            ("ipaddress.ip_address" | "ipaddress.IPv4Address" | "ipaddress.IPv6Address", Some(text), _) => {
                let class = match name.as_str() {
                    "ipaddress.IPv4Address" => IpClass::V4,
                    "ipaddress.IPv6Address" => IpClass::V6,
                    _ => IpClass::Any,
                };
                let place = self.at(at);
                let ok = self.leaf_conditions(&text, at, &mut |_, leaf| match leaf {
                    V::Expr(e) => pred::any([
                        pred::test(e.expr.clone(), TestKind::Ip { class }, place),
                        numbered(e, class, place),
                    ]),
                    V::Str(_) => match leaf.to_expr() {
                        Some(expr) => pred::test(expr, TestKind::Ip { class }, place),
                        None => Predicate::Always(false),
                    },
                    V::Ip(_) => Predicate::Always(true),
                    _ => Predicate::Always(false),
                });
                self.require(ok, Exc::Value);
                match text {
                    V::Ip(_) => text,
                    other => V::Ip(Rc::new(other)),
                }
            }
            ("ipaddress.ip_network" | "ipaddress.IPv4Network" | "ipaddress.IPv6Network", Some(text), _) => {
                match &text {
                    V::Str(_) => {}
                    _ => {
                        let strict = arguments.either(1, "strict").cloned().unwrap_or(V::Bool(true));
                        let ok = self.leaves(&text, &mut |this, leaf| {
                            this.flag(function::PYTHON_IS_NETWORK, &[leaf, &strict], at)
                        });
                        if let Some(ok) = ok.as_truth() {
                            self.require(ok, Exc::Value);
                        }
                    }
                }
                V::Net(Rc::new(text))
            }
            ("collections.Counter" | "collections.OrderedDict" | "collections.defaultdict", None, _) => {
                V::Dict(Rc::new(Vec::new()))
            }
            ("collections.OrderedDict", Some(value), _) => value,
            ("panther_core.PantherEvent" | "panther_core.enriched_event.PantherEvent", Some(value), _) => {
                match &value {
                    V::Expr(e) => V::expr(e.expr.clone(), e.kinds, true),
                    _ => value,
                }
            }
            ("base64.b64decode" | "binascii.a2b_base64", Some(_), _) => self.unsupported(at, "decodes Base64 by hand"),
            ("datetime.timedelta" | "datetime.datetime.timedelta", ..) => self.time_delta(arguments, at),
            (
                "datetime.datetime.strptime"
                | "datetime.datetime.fromisoformat"
                | "dateutil.parser.parse"
                | "dateutil.parser.isoparse"
                | "datetime.datetime.utcfromtimestamp"
                | "datetime.datetime.fromtimestamp",
                ..,
            ) => self.unsupported(at, "reads a point in time from a text"),
            ("typing.cast", _, Some(value)) => value,
            ("copy.deepcopy" | "copy.copy", Some(value), _) => value,
            ("itertools.chain", ..) if arguments.keywords.is_empty() => {
                let plain = |part: &V| matches!(part, V::Seq(..) | V::Gen(_)) || part.kinds() == Kinds::LIST;
                if arguments.positional.iter().all(plain) {
                    V::Cat(SeqKind::List, Rc::new(arguments.positional.clone()))
                } else {
                    self.unsupported(at, "goes through several values of unknown kind as one")
                }
            }
            ("operator.itemgetter", Some(key), _) => V::Bound(Rc::new(key), Rc::from("itemgetter")),
            (
                "datetime.datetime.now"
                | "datetime.datetime.utcnow"
                | "datetime.date.today"
                | "datetime.datetime.today"
                | "time.time"
                | "datetime.now"
                | "datetime.utcnow",
                ..,
            ) => self.unread(at, panther::PYTHON_CLOCK, "asks for the time at which the rule runs"),
            (name, ..) => {
                let (module, short) = name.rsplit_once('.').unwrap_or(("", name));
                if module.starts_with("panther_detection_helpers") || module.contains("caching") {
                    return self.unread(
                        at,
                        panther::PYTHON_CACHE,
                        format!("keeps state between events through a cache (`{short}`)"),
                    );
                }
                if module.starts_with("requests") || module.starts_with("boto3") || module.starts_with("urllib.request")
                {
                    return self.unread(
                        at,
                        panther::PYTHON_LOOK_UP,
                        format!("looks something up outside of the event (`{name}`)"),
                    );
                }
                let known = [
                    "re",
                    "json",
                    "datetime",
                    "collections",
                    "ipaddress",
                    "fnmatch",
                    "math",
                    "random",
                    "hashlib",
                    "base64",
                    "difflib",
                    "string",
                    "itertools",
                    "functools",
                    "urllib",
                    "time",
                    "logging",
                    "os",
                    "sys",
                    "typing",
                    "enum",
                    "unittest",
                    "policyuniverse",
                    "dateutil",
                    "binascii",
                    "operator",
                    "copy",
                    "uuid",
                    "panther_core",
                ];
                let top = module.split('.').next().unwrap_or("");
                if known.contains(&top) {
                    return self.unsupported(at, format!("calls `{name}`"));
                }
                if self.loader.module(module).is_some() {
                    return self.unread(
                        at,
                        panther::PYTHON_HELPER,
                        format!("calls `{short}`, which the module `{module}` does not define"),
                    );
                }
                self.unread(
                    at,
                    panther::PYTHON_HELPER,
                    format!("calls `{short}` of the module `{module}`, which is not beside the rule"),
                )
            }
        }
    }

    fn pattern_text(&mut self, pattern: &V, flags: Option<&V>) -> Option<V> {
        let flags = flags_of(flags)?;
        match pattern {
            V::Regex(text) => Some(V::str(with_flags(text, &flags))),
            V::Str(text) => Some(V::str(with_flags(text, &flags))),
            other if flags.is_empty() => Some(other.clone()),
            other => {
                let prefix = V::str(format!("(?{flags})"));
                Some(self.concat(vec![prefix, other.clone()], Span::default()))
            }
        }
    }

    /// `fnmatch`: the whole text fits a pattern of `*`, `?` and `[...]`; case-sensitive on Panther's systems.
    fn glob(&mut self, text: &V, pattern: &V, at: Span) -> Predicate {
        let place = self.at(at);
        self.leaf_conditions(text, at, &mut |this, text| {
            this.require_kind(text, Kinds::STR, Exc::Type, at);
            let text = text.clone();
            this.leaf_conditions(pattern, at, &mut |this, pattern| {
                this.require_kind(pattern, Kinds::STR, Exc::Type, at);
                let Some(subject) = text.to_expr() else { return Predicate::Always(false) };
                match pattern {
                    V::Str(pattern) if !pattern.contains('[') => {
                        let parts = wildcard(pattern);
                        match parts.as_slice() {
                            [WildcardPart::Text(whole)] => pred::equals(subject, Value::String(whole.clone()), place),
                            _ => pred::test(
                                subject,
                                TestKind::Wildcard { pattern: parts, case: crate::model::Case::Sensitive },
                                place,
                            ),
                        }
                    }
                    other => match this.flag(function::PYTHON_FNMATCH, &[&text, other], at) {
                        V::Unknown(index) => Predicate::Unread { index, span: place },
                        found => found.as_truth().unwrap_or(Predicate::Always(false)),
                    },
                }
            })
        })
    }

    fn listify(&mut self, value: &V, at: Span) -> V {
        let place = self.at(at);
        self.leaves(value, &mut |_, leaf| match leaf {
            V::Seq(..) | V::Gen(_) | V::Cat(..) => leaf.clone(),
            V::Expr(e) => {
                // only Python's own dicts count as single values; read-only ones are gone through by their keys
                let through = if e.frozen { Kinds::LIST.or(Kinds::DICT) } else { Kinds::LIST };
                let met = pred::kind(e, through, place);
                let inside = V::expr(e.expr.clone(), e.kinds.and(through), e.frozen);
                let alone = V::expr(e.expr.clone(), e.kinds.without(through), e.frozen);
                V::ite(&met, inside, V::list(vec![alone]))
            }
            other => V::list(vec![other.clone()]),
        })
    }

    /// Whether an address is in a network. Raises for what is neither.
    pub fn in_network(&mut self, address: &V, network: &V, at: Span) -> Predicate {
        let place = self.at(at);
        let address = match address {
            V::Ip(inner) => (**inner).clone(),
            other => other.clone(),
        };
        let network = match network {
            V::Net(inner) => (**inner).clone(),
            other => other.clone(),
        };
        self.leaf_conditions(&address, at, &mut |this, leaf| {
            let Some(subject) = leaf.to_expr() else { return Predicate::Always(false) };
            let mut is_address = pred::test(subject.clone(), TestKind::Ip { class: IpClass::Any }, place);
            let mut number = Predicate::Always(false);
            if let V::Expr(e) = leaf {
                number = numbered(e, IpClass::Any, place);
                is_address = pred::any([is_address, number.clone()]);
            }
            this.require(is_address, Exc::Value);
            let leaf = leaf.clone();
            this.leaf_conditions(&network, at, &mut |this, network| match network {
                V::Str(text) => {
                    let inside =
                        pred::test(subject.clone(), TestKind::Cidr { networks: vec![text.to_string()] }, place);
                    if number == Predicate::Always(false) {
                        return inside;
                    }
                    let counted = this.flag(function::PYTHON_IN_NETWORK, &[&leaf, network], at);
                    let counted = counted.as_truth().unwrap_or(Predicate::Always(false));
                    pred::any([inside, pred::all([number.clone(), counted])])
                }
                other => {
                    let ok = this.flag(function::PYTHON_IS_NETWORK, &[other, &V::Bool(true)], at);
                    if let Some(ok) = ok.as_truth() {
                        this.require(ok, Exc::Value);
                    }
                    match this.flag(function::PYTHON_IN_NETWORK, &[&leaf, other], at) {
                        V::Unknown(index) => Predicate::Unread { index, span: place },
                        found => found.as_truth().unwrap_or(Predicate::Always(false)),
                    }
                }
            })
        })
    }

    pub fn ip_property(&mut self, address: &V, name: &str, at: Span) -> Predicate {
        let place = self.at(at);
        if !name.starts_with("is_") {
            return self.unknown_predicate(at, "reads a part of an address");
        }
        self.leaf_conditions(address, at, &mut |this, leaf| match this.flag(
            function::PYTHON_IP_IS,
            &[leaf, &V::str(name)],
            at,
        ) {
            V::Unknown(index) => Predicate::Unread { index, span: place },
            found => found.as_truth().unwrap_or(Predicate::Always(false)),
        })
    }

    fn time_delta(&mut self, arguments: &Arguments, at: Span) -> V {
        let units = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        let seconds = [86400.0, 1.0, 1e-6, 1e-3, 60.0, 3600.0, 604_800.0];
        let mut total = 0.0;
        for (index, value) in arguments.positional.iter().enumerate() {
            let (Some(number), Some(unit)) = (super::ops::number(value), seconds.get(index)) else {
                return self.unsupported(at, "makes a length of time from the event");
            };
            total += number * unit;
        }
        for (name, value) in &arguments.keywords {
            let unit = units.iter().position(|unit| unit == name).and_then(|at| seconds.get(at));
            let (Some(number), Some(unit)) = (super::ops::number(value), unit) else {
                return self.unsupported(at, "makes a length of time from the event");
            };
            total += number * unit;
        }
        let ticks = (total * crate::model::TICKS_PER_SECOND as f64).round() as i64;
        V::expr(Expr::Literal(Value::Duration(ticks)), Kinds::DELTA, false)
    }

    pub fn time_arithmetic(&mut self, op: Operator, left: &V, right: &V, at: Span) -> V {
        let (a, b) = (left.kinds(), right.kinds());
        let result = match (op, a, b) {
            (Operator::Sub, Kinds::TIME, Kinds::TIME) => Kinds::DELTA,
            (Operator::Sub | Operator::Add, Kinds::TIME, Kinds::DELTA) => Kinds::TIME,
            (Operator::Add, Kinds::DELTA, Kinds::TIME) => Kinds::TIME,
            (Operator::Sub | Operator::Add, Kinds::DELTA, Kinds::DELTA) => Kinds::DELTA,
            _ => return self.unsupported(at, "computes with times of unknown kind"),
        };
        let name = if op == Operator::Sub { function::SUBTRACT } else { function::ADD };
        self.calls_model(name, &[left, right], result, at)
    }

    pub fn time_attribute(&mut self, e: &E, name: &str, at: Span) -> V {
        let value = V::Expr(Rc::new(e.clone()));
        match name {
            "hour" | "minute" | "second" | "day" | "month" | "year" | "days" | "seconds" | "microsecond" => {
                let kinds = e.kinds.and(Kinds::TIME.or(Kinds::DELTA));
                self.require_kind(&value, kinds, Exc::Attribute, at);
                self.calls_model(function::PYTHON_TIME_PART, &[&value, &V::str(name)], Kinds::INT, at)
            }
            _ => V::Bound(Rc::new(value), Rc::from(name)),
        }
    }

    pub fn time_method(&mut self, e: &E, name: &str, _arguments: &Arguments, at: Span) -> V {
        let value = V::Expr(Rc::new(e.clone()));
        let kinds = e.kinds.and(Kinds::TIME.or(Kinds::DELTA));
        match name {
            "weekday" | "isoweekday" => {
                self.require_kind(&value, kinds, Exc::Attribute, at);
                self.calls_model(function::PYTHON_TIME_PART, &[&value, &V::str(name)], Kinds::INT, at)
            }
            "timestamp" | "total_seconds" => {
                self.require_kind(&value, kinds, Exc::Attribute, at);
                self.calls_model(function::PYTHON_TIME_PART, &[&value, &V::str(name)], Kinds::FLOAT, at)
            }
            _ => self.unsupported(at, format!("calls `{name}` of a time")),
        }
    }
}

/// A number is an address too: a version 4 address up to 32 bits.
fn numbered(e: &E, class: IpClass, place: Span) -> Predicate {
    if !e.kinds.meets(Kinds::INT.or(Kinds::BOOL)) || class == IpClass::V6 {
        return Predicate::Always(false);
    }
    let least = TestKind::Compare {
        ordering: crate::model::Ordering::GreaterOrEqual,
        value: Expr::Literal(Value::Int(0)),
        typing: crate::model::Typing::Python,
    };
    let whole = pred::kind(e, Kinds::INT.or(Kinds::BOOL), place);
    pred::all([whole, pred::test(e.expr.clone(), least, place)])
}

/// The letters of flags such as `re.I | re.M`; `None` where they are not known.
fn flags_of(flags: Option<&V>) -> Option<String> {
    let Some(flags) = flags else { return Some(String::new()) };
    match flags {
        V::Int(0) => Some(String::new()),
        V::Ext(names) => {
            let mut letters = String::new();
            for name in names.split('|') {
                letters.push(match name {
                    "re.I" | "re.IGNORECASE" => 'i',
                    "re.M" | "re.MULTILINE" => 'm',
                    "re.S" | "re.DOTALL" => 's',
                    "re.X" | "re.VERBOSE" => 'x',
                    "re.A" | "re.ASCII" => 'a',
                    "re.U" | "re.UNICODE" => continue,
                    _ => return None,
                });
            }
            Some(letters)
        }
        _ => None,
    }
}

fn with_flags(pattern: &str, flags: &str) -> String {
    if flags.is_empty() { pattern.to_owned() } else { format!("(?{flags}){pattern}") }
}

/// A pattern of `*` and `?` in parts.
fn wildcard(pattern: &str) -> Vec<WildcardPart> {
    let mut parts: Vec<WildcardPart> = Vec::new();
    for character in pattern.chars() {
        match (character, parts.last_mut()) {
            ('*', Some(WildcardPart::Many)) => {}
            ('*', _) => parts.push(WildcardPart::Many),
            ('?', _) => parts.push(WildcardPart::One),
            (other, Some(WildcardPart::Text(text))) => text.push(other),
            (other, _) => parts.push(WildcardPart::Text(other.to_string())),
        }
    }
    if parts.is_empty() {
        parts.push(WildcardPart::Text(String::new()));
    }
    parts
}
