//! Queries and rule files translated as the command does it.

use crate::shared::dialect;
use ruleglot::dialect::{NoHelpers, ReadContext, Registry};
use ruleglot::fields::Schemas;
use ruleglot::model::{Detection, FieldTypes, Logic, Loss, PlatformId, Predicate};
use ruleglot::platform::{ReadEnv, TypeSource, read};
use ruleglot::source::{NoSiblings, SourceFile, detect};
use ruleglot::translate::{Env, FieldMode, FileForm, Goal, Options, Translation, translate_query, translate_rule};
use ruleglot::verify::row_condition;
use std::path::Path;

/// What came of a query, its names kept.
pub struct Translated {
    /// What the source looks for.
    pub logic: Logic,
    /// The source's condition, where it filters single events; else true.
    pub condition: Predicate,
    /// The query.
    pub text: String,
    /// What was lost.
    pub losses: Vec<Loss>,
}

struct Same<'a>(&'a dyn FieldTypes);

impl FieldTypes for Same<'_> {
    fn type_of(&self, name: &str) -> Option<ruleglot::model::FieldType> {
        self.0.type_of(name)
    }
}

impl TypeSource for Same<'_> {
    fn types(&self, _platform: PlatformId, _sources: &[String]) -> Box<dyn FieldTypes + '_> {
        Box::new(Same(self.0))
    }
}

/// A query written in another language, names kept; the reason where it is refused.
pub fn translate(
    from: &str,
    query: &str,
    to: &str,
    types: &dyn FieldTypes,
    verify: bool,
) -> Result<Translated, String> {
    let registry = Registry::default();
    let context = ReadContext { types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    let read = dialect(from).read(query, &context).map_err(|errors| format!("not read: {}", errors[0].message))?;
    let mut detection = Detection::new(read.logic);
    detection.unread = read.unread;
    let source = Same(types);
    let env = Env {
        registry: &registry,
        schemas: Schemas::built_in(),
        types,
        read: ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &source },
    };
    let options = Options {
        goal: Goal::Dialect(to),
        form: FileForm::Query,
        fields: FieldMode::Keep,
        table: None,
        verify,
        attack: None,
    };
    let found = translate_query(&detection, dialect(from).platform(), dialect(to), &env, &options)
        .map_err(|refused| refused.refusals.first().map_or(String::new(), |refusal| refusal.message.clone()))?;
    let condition = row_condition(&detection.logic).unwrap_or(Predicate::Always(true));
    Ok(Translated { logic: detection.logic, condition, text: found.text, losses: found.losses })
}

/// A rule file translated.
pub fn rule(name: &str, text: &str, goal: Goal<'_>, form: FileForm, fields: FieldMode) -> Translation {
    let file = SourceFile::from_text(Path::new(name), text);
    let format = detect(&file).unwrap_or_else(|| panic!("{name}: no format"));
    let registry = Registry::default();
    let types = ruleglot::model::TypeMap::default();
    let source = Same(&types);
    let reading = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &source };
    let (rules, diagnostics) = read(&file, format, &reading).unwrap();
    assert_eq!(rules.len(), 1, "{name}: {diagnostics:?}");
    let env = Env { registry: &registry, schemas: Schemas::built_in(), types: &types, read: reading };
    let options = Options { goal, form, fields, table: None, verify: true, attack: None };
    translate_rule(&rules[0], &env, &options)
}
