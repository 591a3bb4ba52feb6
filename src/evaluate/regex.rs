//! Regular expressions of each flavour, compiled once per evaluation.

use super::EvalError;
use crate::model::{Anchor, Case, RegexFlavour};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

type Key = (String, RegexFlavour, Anchor, Case);

/// Compiled expressions by what was asked for.
#[derive(Default)]
pub struct Cache(RefCell<HashMap<Key, Rc<Regex>>>);

impl Cache {
    /// The compiled expression.
    ///
    /// # Errors
    /// [`EvalError::Regex`] where the pattern is wrong or cannot be matched in linear time.
    pub fn get(&self, pattern: &str, flavour: RegexFlavour, anchor: Anchor, case: Case) -> Result<Rc<Regex>, EvalError> {
        let key = (pattern.to_owned(), flavour, anchor, case);
        if let Some(found) = self.0.borrow().get(&key) {
            return Ok(Rc::clone(found));
        }
        let compiled = Rc::new(Regex::new(pattern).map_err(|error| EvalError::Regex {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        })?);
        self.0.borrow_mut().insert(key, Rc::clone(&compiled));
        Ok(compiled)
    }
}
