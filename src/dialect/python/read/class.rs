//! Classes as namespaces: constants, functions without a `self`, and the members of enumerations. Objects are not made.

use super::exec::Exec;
use super::module::{Binding, Class, ClassKind, Function, Module};
use super::value::{Env, V};
use crate::diagnostic::Span;
use std::rc::Rc;

impl Exec<'_> {
    /// A name of a class that is read through the class.
    pub fn class_member(&mut self, class: &Rc<Class>, module: &Rc<Module>, name: &str, at: Span) -> V {
        match (class.names.get(name), class.kind) {
            (Some(Binding::Function(node)), ClassKind::Plain) => {
                // a function of a class sees the names of the module, not those of the class
                let function = V::Function(Rc::new(Function { module: module.clone(), node: node.clone() }), None);
                if class.of_the_class.iter().any(|known| known == name) {
                    return V::Bound(Rc::new(V::Class(class.clone(), module.clone())), Rc::from(name));
                }
                function
            }
            (Some(Binding::Constant(value)), kind) => {
                let scope = self.class_scope(class, module);
                let key = (Rc::as_ptr(&scope) as usize, name.to_owned());
                let known = self.constants.get(&key).cloned();
                let value = match known {
                    Some(known) => known,
                    None if !self.resolving.insert(key.clone()) => {
                        return self.unsupported(at, format!("uses `{name}`, which refers to itself"));
                    }
                    None => {
                        let (made, _) = self.watched(|this| this.eval(value, &mut Env::default(), &scope));
                        self.resolving.remove(&key);
                        self.constants.insert(key, made.clone());
                        made
                    }
                };
                match kind {
                    ClassKind::Plain => value,
                    ClassKind::Enumeration => V::Member(Rc::new(value), Rc::from(name)),
                }
            }
            _ => {
                self.unsupported(at, format!("reads `{name}` of the class `{}`, which cannot be followed", class.name))
            }
        }
    }

    /// A function of a class, called through the class.
    pub fn call_of_class(
        &mut self,
        class: &Rc<Class>,
        module: &Rc<Module>,
        name: &str,
        arguments: &super::calls::Arguments,
        at: Span,
    ) -> V {
        if class.of_the_class.iter().any(|known| known == name)
            && let Some(Binding::Function(node)) = class.names.get(name)
        {
            let function = Rc::new(Function { module: module.clone(), node: node.clone() });
            let mut positional = vec![V::Class(class.clone(), module.clone())];
            positional.extend(arguments.positional.iter().cloned());
            return self.call_function(&function, None, positional, arguments.keywords.clone(), at);
        }
        let callee = self.class_member(class, module, name, at);
        self.apply(&callee, arguments, at)
    }

    /// The names that the statements of a class see: its own before those of its module.
    fn class_scope(&mut self, class: &Rc<Class>, module: &Rc<Module>) -> Rc<Module> {
        let key = Rc::as_ptr(class) as usize;
        if let Some(known) = self.class_scopes.get(&key) {
            return known.clone();
        }
        let mut names = module.names.clone();
        names.extend(class.names.iter().map(|(name, binding)| (name.clone(), binding.clone())));
        let scope = Rc::new(Module { name: module.name.clone(), names });
        self.class_scopes.insert(key, scope.clone());
        scope
    }
}
