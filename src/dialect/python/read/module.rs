//! Python modules as text: their functions, constants and imports. Nothing is executed.

use crate::dialect::Helpers;
use ruff_python_ast::{self as ast, Expr, ModModule, Stmt, StmtFunctionDef};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A function with the module it stands in.
#[derive(Debug)]
pub(crate) struct Function {
    pub module: Rc<Module>,
    pub node: Rc<StmtFunctionDef>,
}

/// What a name of a module stands for.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Function(Rc<StmtFunctionDef>),
    /// The expression that is assigned.
    Constant(Rc<Expr>),
    /// `from module import name`, or `import module`.
    Import {
        module: String,
        name: Option<String>,
    },
    Class(Rc<Class>),
    /// What cannot be followed.
    Other,
}

/// What the names of a class are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassKind {
    Plain,
    /// Constants are members: objects that equal nothing of an event.
    Enumeration,
}

/// A class whose body is nothing but names.
#[derive(Debug)]
pub(crate) struct Class {
    pub name: String,
    pub kind: ClassKind,
    pub names: HashMap<String, Binding>,
    /// Functions that get the class as their first argument.
    pub of_the_class: Vec<String>,
}

/// A class as a namespace; `None` for one that does more than bind names.
fn class(node: &ast::StmtClassDef) -> Option<Class> {
    let kind = match node.bases() {
        [] => ClassKind::Plain,
        [base] => match super::scope::name_of(base).as_str() {
            "object" => ClassKind::Plain,
            "Enum" => ClassKind::Enumeration,
            _ => return None,
        },
        _ => return None,
    };
    if !node.decorator_list.is_empty() || !node.keywords().is_empty() {
        return None;
    }
    let mut names = Module { name: String::new(), names: HashMap::new() };
    let mut of_the_class = Vec::new();
    for statement in &node.body {
        match statement {
            Stmt::FunctionDef(inner) => {
                let decorators: Vec<String> =
                    inner.decorator_list.iter().map(|decorator| super::scope::name_of(&decorator.expression)).collect();
                match decorators.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                    [] | ["staticmethod"] => {}
                    ["classmethod"] => of_the_class.push(inner.name.to_string()),
                    _ => {
                        names.names.insert(inner.name.to_string(), Binding::Other);
                        continue;
                    }
                }
                let mut function = inner.clone();
                function.decorator_list.clear();
                names.bind(Stmt::FunctionDef(function), 0);
            }
            Stmt::Assign(_) | Stmt::AnnAssign(_) => names.bind(statement.clone(), 0),
            Stmt::Pass(_) => {}
            Stmt::Expr(inner) if inner.value.is_string_literal_expr() => {}
            _ => return None,
        }
    }
    Some(Class { name: node.name.to_string(), kind, names: names.names, of_the_class })
}

/// A module.
#[derive(Debug)]
pub(crate) struct Module {
    /// The name; empty for the rule itself.
    pub name: String,
    pub names: HashMap<String, Binding>,
}

impl Module {
    /// The names that the statements of a module bind.
    pub fn new(name: &str, syntax: ModModule) -> Self {
        let mut module = Module { name: name.to_owned(), names: HashMap::new() };
        for statement in syntax.body {
            module.bind(statement, 0);
        }
        module
    }

    fn bind(&mut self, statement: Stmt, depth: usize) {
        match statement {
            Stmt::FunctionDef(node) => {
                let binding = if node.is_async || !node.decorator_list.is_empty() {
                    Binding::Other
                } else {
                    Binding::Function(Rc::new(node.clone()))
                };
                self.names.insert(node.name.to_string(), binding);
            }
            Stmt::ClassDef(node) => {
                let binding = class(&node).map_or(Binding::Other, |class| Binding::Class(Rc::new(class)));
                self.names.insert(node.name.to_string(), binding);
            }
            Stmt::Assign(node) => {
                let value = Rc::new(*node.value);
                for target in node.targets {
                    match target {
                        Expr::Name(name) => {
                            self.names.insert(name.id.to_string(), Binding::Constant(value.clone()));
                        }
                        // `CONSTANT["key"] = ...` changes a value after the fact
                        Expr::Subscript(node) => self.spoil(&node.value),
                        Expr::Tuple(node) => node.elts.iter().for_each(|part| self.spoil(part)),
                        Expr::Attribute(node) => self.spoil(&node.value),
                        _ => {}
                    }
                }
            }
            Stmt::AnnAssign(node) => {
                if let (Expr::Name(name), Some(value)) = (*node.target, node.value) {
                    self.names.insert(name.id.to_string(), Binding::Constant(Rc::new(*value)));
                }
            }
            Stmt::AugAssign(node) => self.spoil(&node.target),
            Stmt::ImportFrom(node) => {
                let from = node.module.map(|name| name.to_string()).unwrap_or_default();
                for alias in node.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
                    self.names
                        .insert(bound, Binding::Import { module: from.clone(), name: Some(alias.name.to_string()) });
                }
            }
            Stmt::Import(node) => {
                for alias in node.names {
                    let full = alias.name.to_string();
                    let (bound, module) = match &alias.asname {
                        Some(name) => (name.to_string(), full),
                        None => {
                            let first = full.split('.').next().unwrap_or("").to_owned();
                            (first.clone(), first)
                        }
                    };
                    self.names.insert(bound, Binding::Import { module, name: None });
                }
            }
            Stmt::If(node) if depth < 4 => node.body.into_iter().for_each(|inner| self.bind(inner, depth + 1)),
            Stmt::Try(node) if depth < 4 => node.body.into_iter().for_each(|inner| self.bind(inner, depth + 1)),
            // `NAMES.update(...)`, `NAMES.append(...)` at the top
            Stmt::Expr(node) => {
                if let Expr::Call(call) = *node.value
                    && let Expr::Attribute(attribute) = *call.func
                {
                    self.spoil(&attribute.value);
                }
            }
            // whatever a loop at the top sets or changes has no value that can be followed
            Stmt::For(node) => {
                let mut names = std::collections::BTreeSet::new();
                super::binding::target_names(&node.target, &mut names);
                super::binding::assigned_names(&node.body, &mut names);
                names.into_iter().for_each(|name| drop(self.names.insert(name, Binding::Other)));
            }
            Stmt::While(node) => {
                let mut names = std::collections::BTreeSet::new();
                super::binding::assigned_names(&node.body, &mut names);
                names.into_iter().for_each(|name| drop(self.names.insert(name, Binding::Other)));
            }
            Stmt::With(node) => {
                let mut names = std::collections::BTreeSet::new();
                super::binding::assigned_names(&node.body, &mut names);
                for item in &node.items {
                    item.optional_vars.iter().for_each(|target| super::binding::target_names(target, &mut names));
                }
                names.into_iter().for_each(|name| drop(self.names.insert(name, Binding::Other)));
            }
            _ => {}
        }
    }

    /// What is changed after the fact has no value that can be followed; a part that is changed spoils the whole.
    fn spoil(&mut self, target: &Expr) {
        match target {
            Expr::Name(name)
                if matches!(
                    self.names.get(name.id.as_str()),
                    Some(Binding::Constant(_) | Binding::Class(_)) | None
                ) =>
            {
                self.names.insert(name.id.to_string(), Binding::Other);
            }
            Expr::Attribute(node) => self.spoil(&node.value),
            Expr::Subscript(node) => self.spoil(&node.value),
            _ => {}
        }
    }
}

/// The greatest number of helper modules whose syntax a thread keeps.
const KEPT: usize = 256;

/// Modules by name and text; `None` for text that is no Python.
type Parsed = HashMap<(String, String), Option<Rc<Module>>>;

thread_local! {
    /// Helper modules by name and text: the rules of a repository share them, and parsing one takes longer than most
    /// rules do. What is kept follows from the key alone, so that no rule reads another because of those before it.
    static PARSED: RefCell<Parsed> = RefCell::default();
}

/// The module of this text; `None` where it is no Python.
fn parsed(name: &str, text: String) -> Option<Rc<Module>> {
    let key = (name.to_owned(), text);
    if let Some(known) = PARSED.with_borrow(|kept| kept.get(&key).cloned()) {
        return known;
    }
    let syntax = crate::dialect::python::syntax::parse(&key.1).ok();
    let module = syntax.map(|syntax| Rc::new(Module::new(name, syntax)));
    PARSED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, module.clone());
    });
    module
}

/// Loads helper modules once each.
pub(crate) struct Loader<'a> {
    helpers: &'a dyn Helpers,
    loaded: RefCell<HashMap<String, Option<Rc<Module>>>>,
}

impl<'a> Loader<'a> {
    pub fn new(helpers: &'a dyn Helpers) -> Self {
        Self { helpers, loaded: RefCell::new(HashMap::new()) }
    }

    /// The helper of this name; `None` where there is none, or it is no Python.
    pub fn module(&self, name: &str) -> Option<Rc<Module>> {
        if let Some(known) = self.loaded.borrow().get(name) {
            return known.clone();
        }
        let module = self.helpers.module(name).and_then(|text| parsed(name, text));
        self.loaded.borrow_mut().insert(name.to_owned(), module.clone());
        module
    }

    /// The YAML texts of the data models.
    pub fn data_models(&self) -> Vec<String> {
        self.helpers.data_models()
    }
}
