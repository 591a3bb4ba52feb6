//! `event.udm`: names that the data model of the event's log type maps to a path or a method.

use super::exec::Exec;
use super::flow::Exc;
use super::module::{Binding, Function};
use super::pred;
use super::value::{Kinds, V, step};
use crate::diagnostic::Span;
use crate::model::{Expr, Predicate, Segment, Value, function};
use crate::source::parse_yaml;
use std::collections::HashMap;
use std::rc::Rc;

/// What a name of a data model stands for.
enum Mapping {
    /// A path into the raw event.
    Path(Option<Vec<Segment>>),
    /// A function of the data model's module.
    Method { module: Option<String>, name: String },
}

/// The data models by log type.
#[derive(Default)]
pub(super) struct Models(HashMap<String, Rc<HashMap<String, Mapping>>>);

impl Models {
    /// Those of these log types; all of them where none is named.
    fn read(texts: &[String], log_types: &[String]) -> Self {
        let mut models = Models::default();
        for text in texts {
            if !log_types.is_empty() && !log_types.iter().any(|name| text.contains(name.as_str())) {
                continue;
            }
            let Ok(parsed) = parse_yaml(text) else { continue };
            let root = &parsed.root;
            if root.get("AnalysisType").and_then(|node| node.as_str()) != Some("datamodel")
                || root.get("Enabled").and_then(|node| node.as_bool()) == Some(false)
            {
                continue;
            }
            let module = root
                .get("Filename")
                .and_then(|node| node.as_str())
                .map(|name| name.strip_suffix(".py").unwrap_or(name).to_owned());
            let mut names = HashMap::new();
            for entry in root.get("Mappings").map(|node| node.items()).unwrap_or(&[]) {
                let text = |key: &str| entry.get(key).and_then(|node| node.as_str()).map(str::to_owned);
                let Some(name) = text("Name") else { continue };
                let mapping = match (text("Path"), text("Method")) {
                    (Some(path), _) => Mapping::Path(json_path(&path)),
                    (None, Some(method)) => Mapping::Method { module: module.clone(), name: method },
                    _ => continue,
                };
                names.insert(name, mapping);
            }
            let names = Rc::new(names);
            for log_type in root.get("LogTypes").map(|node| node.texts()).unwrap_or_default() {
                models.0.insert(log_type, names.clone());
            }
        }
        models
    }
}

/// A JSONPath of names and indexes; `None` for anything else.
fn json_path(text: &str) -> Option<Vec<Segment>> {
    let mut rest = text.trim();
    rest = rest.strip_prefix('$').unwrap_or(rest);
    let mut segments = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = inner.split_once(']')?;
            let inside = inside.trim();
            if let Ok(index) = inside.parse::<i64>() {
                segments.push(Segment::Index(index));
            } else {
                let name = inside.trim_matches(|c| c == '\'' || c == '"');
                if name == inside {
                    return None;
                }
                segments.push(Segment::Key(name.to_owned()));
            }
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(mark) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let inner = rest.get(1..)?;
            let (name, after) = inner.split_once(mark)?;
            segments.push(Segment::Key(name.to_owned()));
            rest = after;
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || name.contains(['*', '?', '(', '@', '`', ',', '|']) {
            return None;
        }
        segments.push(Segment::Key(name.to_owned()));
        rest = after;
    }
    (!segments.is_empty()).then_some(segments)
}

impl Exec<'_> {
    /// `event.udm(*keys, default=default)`.
    pub fn udm(&mut self, keys: &[V], default: V, at: Span) -> V {
        let place = self.at(at);
        if let Some(index) = keys.iter().find_map(V::unknown) {
            return V::Unknown(index);
        }
        let models = match &self.models {
            Some(models) => models.clone(),
            None => {
                let models = Rc::new(Models::read(&self.loader.data_models(), self.log_sources));
                self.models = Some(models.clone());
                models
            }
        };
        if let [one @ V::Ite(condition, a, b)] = keys {
            let _ = one;
            let then = self.under(condition, |this| this.udm(&[(**a).clone()], default.clone(), at));
            let contrary = pred::not((**condition).clone());
            let otherwise = self.under(&contrary, |this| this.udm(&[(**b).clone()], default.clone(), at));
            return V::ite(condition, then, otherwise);
        }
        // without a data model: `p_udm`, then the event itself, as long as that is true
        let event = V::event();
        let inside: Vec<V> = [V::str("p_udm")].into_iter().chain(keys.iter().cloned()).collect();
        let enriched = self.deep_get(&event, &inside, V::None, at);
        let plain = self.deep_get(&event, keys, V::None, at);
        let (first, second) = (self.truthy(&enriched, at), self.truthy(&plain, at));
        let mut value = V::ite(&first, enriched, V::ite(&second, plain, default.clone()));
        let [V::Str(name)] = keys else { return value };
        let mut log_types: Vec<String> =
            if self.log_sources.is_empty() { models.0.keys().cloned().collect() } else { self.log_sources.to_vec() };
        log_types.sort();
        // log types whose data model maps the name the same way stand together
        let mut groups: Vec<(V, Vec<String>)> = Vec::new();
        for log_type in log_types {
            let Some(model) = models.0.get(&log_type) else { continue };
            let Some(mapping) = model.get(&**name) else { continue };
            let (mapped, checks) = self.watched(|this| match mapping {
                Mapping::Path(Some(path)) => this.mapped_path(path, default.clone(), place),
                Mapping::Path(None) => this
                    .unsupported(at, format!("reads `{name}` by a path of the data model that yields several values")),
                Mapping::Method { module, name } => this.mapped_method(module.as_deref(), name, at),
            });
            let this_type = self.log_type_is(std::slice::from_ref(&log_type), place);
            self.under(&this_type, |this| {
                for (ok, exception) in checks {
                    this.require(ok, exception);
                }
            });
            match groups.iter_mut().find(|(known, _)| *known == mapped) {
                Some((_, names)) => names.push(log_type),
                None => groups.push((mapped, vec![log_type])),
            }
        }
        for (mapped, names) in groups.into_iter().rev() {
            let met = self.log_type_is(&names, place);
            value = V::ite(&met, mapped, value);
        }
        value
    }

    fn log_type_is(&mut self, names: &[String], place: Span) -> Predicate {
        let V::Expr(event) = V::event() else { return Predicate::Always(false) };
        // the data model is chosen by this key as it is written
        let field =
            Expr::Call(function::PYTHON_GET, vec![event.expr.clone(), Expr::Literal(Value::text("p_log_type"))]);
        pred::any(names.iter().map(|name| pred::equals(field.clone(), Value::String(name.clone()), place)))
    }

    fn mapped_path(&mut self, path: &[Segment], default: V, place: Span) -> V {
        let V::Expr(event) = V::event() else { return V::None };
        let expr = path.iter().fold(event.expr.clone(), |base, segment| step(&base, segment.clone()));
        // the path is found in the raw event, whose keys have one case
        let keys = path
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => Value::String(key.clone()),
                Segment::Index(index) => Value::Int(*index),
                _ => Value::Null,
            })
            .collect();
        let there = Expr::Call(function::PYTHON_HAS_PATH, vec![event.expr.clone(), Expr::Literal(Value::Array(keys))]);
        V::ite(&pred::truthy(there, place), V::expr(expr, Kinds::JSON, true), default)
    }

    fn mapped_method(&mut self, module: Option<&str>, name: &str, at: Span) -> V {
        let found = module.and_then(|module| self.loader.module(module));
        let Some(module) = found else {
            return self.unsupported(at, format!("calls `{name}` of a data model whose module is not beside it"));
        };
        match module.names.get(name) {
            Some(Binding::Function(node)) => {
                let function = Rc::new(Function { module: module.clone(), node: node.clone() });
                self.call_function(&function, None, vec![V::event()], Vec::new(), at)
            }
            Some(Binding::Import { module, name: Some(name) }) => {
                let (module, name) = (module.clone(), name.clone());
                let callee = self.import(&module, Some(&name));
                let arguments = super::calls::Arguments { positional: vec![V::event()], keywords: Vec::new() };
                self.apply(&callee, &arguments, at)
            }
            _ => {
                self.require(Predicate::Always(false), Exc::Name);
                V::None
            }
        }
    }
}
