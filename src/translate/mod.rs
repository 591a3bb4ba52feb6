//! The way of a rule, one function a stage: normalise, map, plan, print, verify, write (design, "The way of a rule").
//!
//! Reading is `platform`'s. What comes out is a [`Translation`]: files to write, or the reasons why there are none.

mod bare;
mod carried;
mod detection;
mod empty;
mod ground;
mod keep;
mod made_tests;
mod panther_alerts;
mod query;
mod recognised;
mod remaining;
mod report;
mod shapes;
mod shown;
mod source;
mod verification;

pub use query::{QueryTranslation, Refused, translate_query};
pub use report::{LossEntry, Report, RuleEntry, SourceEntry, Summary, TargetEntry, UnmappedEntry, VerificationEntry};
pub use source::choose_schema;
pub use verification::{Comparison, compare};

use crate::diagnostic::codes;
use crate::dialect::{Dialect, Registry};
use crate::fields::{FieldPolicy, Schemas};
use crate::model::{Detection, Direction, FieldTypes, Logic, Loss, PlatformId, Verdict};
use crate::plan::Refusal;
use crate::platform::{self, AttackRelease, OutputFile, OutputFormat, ReadEnv, ReadRule, Role, WriteRequest};

/// What becomes of field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldMode {
    /// They are mapped; conditions on unmapped fields are left out where that only widens.
    Map,
    /// They are mapped; an unmapped field refuses the rule.
    Strict,
    /// They stay as they are.
    Keep,
}

impl FieldMode {
    fn policy(self) -> FieldPolicy {
        if self == FieldMode::Strict { FieldPolicy::Strict } else { FieldPolicy::Map }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal<'a> {
    /// A platform's rule file in the simplest language that is exact.
    Platform(PlatformId),
    /// This language.
    Dialect(&'a str),
}

impl<'a> Goal<'a> {
    /// The names of the languages to try, simplest first.
    pub fn languages(self) -> Vec<&'a str> {
        match self {
            Goal::Dialect(name) => vec![name],
            Goal::Platform(PlatformId::Elastic) => vec!["kuery", "eql", "esql"],
            Goal::Platform(PlatformId::Sentinel) => vec!["kusto"],
            Goal::Platform(PlatformId::Panther) => vec!["panther", "python"],
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// A rule file in this format; the platform's usual one when `None`.
    Rule(Option<OutputFormat>),
    /// The query and nothing else.
    Query,
}

/// Options of a translation.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Target.
    pub goal: Goal<'a>,
    /// Form of the files.
    pub form: FileForm,
    /// Field names.
    pub fields: FieldMode,
    /// The table that kept names are read from.
    pub table: Option<&'a str>,
    /// Whether both sides are run on events.
    pub verify: bool,
    /// The release of ATT&CK that the target takes; its platform's usual one where `None`.
    pub attack: Option<AttackRelease>,
}

/// What a translation may ask for.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The dialects.
    pub registry: &'a Registry,
    /// The field tables.
    pub schemas: &'a Schemas,
    /// Types given by the user, in the source's names.
    pub types: &'a dyn FieldTypes,
    /// How rules are read; the output is read back with it.
    pub read: ReadEnv<'a>,
}

/// A translated rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// What is claimed.
    pub verdict: Verdict,
    /// Verification was switched off.
    pub unverified: bool,
    /// The language of the query written.
    pub dialect: Option<String>,
    /// The query's text.
    pub query: Option<String>,
    /// Files to write; none when refused.
    pub files: Vec<OutputFile>,
    /// The format of the files.
    pub format: String,
    /// Losses; spans count in the source's query text.
    pub losses: Vec<Loss>,
    /// Why there is no translation.
    pub refusals: Vec<Refusal>,
    /// Fields without a counterpart.
    pub unmapped: Vec<String>,
    /// What verification found.
    pub verification: Option<VerificationEntry>,
    /// Assumptions that hold for the whole run and are stated once.
    pub assumptions: Vec<String>,
}

impl Translation {
    fn refused(refusals: Vec<Refusal>, unmapped: Vec<String>) -> Self {
        Self {
            verdict: Verdict::Refused,
            unverified: false,
            dialect: None,
            query: None,
            files: Vec::new(),
            format: String::new(),
            losses: Vec::new(),
            refusals,
            unmapped,
            verification: None,
            assumptions: Vec::new(),
        }
    }
}

/// Translates a rule that was read.
pub fn translate_rule(rule: &ReadRule, env: &Env<'_>, options: &Options<'_>) -> Translation {
    let Some(detection) = rule.detection() else {
        return Translation::refused(vec![refusal("the file holds no rule that raises alerts".to_owned())], Vec::new());
    };
    let from = rule.platform(env.registry);
    let own = carried::own_language(rule, env, options).map(|goal| Options { goal, ..*options });
    let options = own.as_ref().unwrap_or(options);
    // A rule file may count beside its query; a bare query cannot.
    let to = match options.goal {
        Goal::Platform(platform) => Some(platform),
        Goal::Dialect(name) => env.registry.get(name).and_then(Dialect::platform),
    }
    .filter(|_| options.form != FileForm::Query);
    let reshaped = to.and_then(|to| shapes::for_target(detection, from, to));
    let source = reshaped.as_ref().map_or(detection, |reshaped| &reshaped.detection);
    let mut translation = as_it_stands_or_recognised(source, from, env, options);
    if translation.verdict != Verdict::Exact
        && let Some(carried) = carried::carried(rule, &translation, env, options)
    {
        return carried;
    }
    if translation.verdict == Verdict::Refused {
        return translation;
    }
    translation.losses.extend(reshaped.into_iter().flat_map(|reshaped| reshaped.losses));
    if rule.bundle.detections.len() > 1 {
        let message = format!(
            "the file holds {} more detections that this one works with; they are not written",
            rule.bundle.detections.len() - 1
        );
        translation.losses.push(Loss::matching(codes::plan::BUNDLE, Direction::Either, message, None));
        translation.verdict = Verdict::Approximate;
    }
    translation
}

/// Translates the logic as it stands, or as the kind of rule that its steps are.
fn as_it_stands_or_recognised(
    detection: &Detection,
    from: Option<PlatformId>,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Translation {
    let plain = translate_logic(detection, from, env, options);
    if plain.as_ref().is_ok_and(|translated| translated.verdict == Verdict::Exact) {
        return finish(detection, from, plain, env, options);
    }
    // Steps that a kind of rule says on the target are tried as that kind.
    let languages = options.goal.languages();
    let to = languages.iter().filter_map(|name| env.registry.get(name)).find_map(Dialect::platform);
    let Some(recognised) = recognised::detection(detection, from, to) else {
        return finish(detection, from, plain, env, options);
    };
    let shaped = translate_with(&recognised.detection, from, env, options, &recognised.losses);
    match (&plain, &shaped) {
        (Ok(one), Ok(other)) if weight(one) <= weight(other) => finish(detection, from, plain, env, options),
        (_, Ok(_)) => finish(&recognised.detection, from, shaped, env, options),
        _ => finish(detection, from, plain, env, options),
    }
}

fn finish(
    detection: &Detection,
    from: Option<PlatformId>,
    translated: Result<QueryTranslation, Refused>,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Translation {
    match translated {
        Ok(translated) => write(detection, from, translated, env, options),
        Err(refused) => Translation::refused(refused.refusals, refused.unmapped),
    }
}

fn refusal(message: String) -> Refusal {
    Refusal { code: crate::diagnostic::codes::plan::LOGIC_UNREAD, message, span: None }
}

/// The languages to try, simplest first.
fn candidates(
    detection: &Detection,
    registry: &Registry,
    goal: Goal<'_>,
) -> Result<Vec<&'static dyn Dialect>, Refusal> {
    let names = goal.languages();
    let found: Vec<_> =
        names.iter().filter_map(|name| registry.get(name)).filter(|dialect| dialect.target().is_some()).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let message = match detection.logic {
        Logic::Unread(_) => "the rule's logic is not read".to_owned(),
        _ => format!("{} can be read but not written yet", names.join(", ")),
    };
    Err(Refusal { code: crate::diagnostic::codes::plan::NOT_WRITABLE, message, span: None })
}

/// A detection's logic in the language of the goal; of a platform's languages the first that is exact, else the one
/// that loses least, the simplest of equals. `from` is the platform in whose names the logic stands.
///
/// # Errors
/// The reasons why none of them can say it.
pub fn translate_logic(
    detection: &Detection,
    from: Option<PlatformId>,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Result<QueryTranslation, Refused> {
    translate_with(detection, from, env, options, &[])
}

/// As [`translate_logic`], with losses that the logic comes with.
fn translate_with(
    detection: &Detection,
    from: Option<PlatformId>,
    env: &Env<'_>,
    options: &Options<'_>,
    known: &[Loss],
) -> Result<QueryTranslation, Refused> {
    let candidates = candidates(detection, env.registry, options.goal)
        .map_err(|reason| Refused { refusals: vec![reason], unmapped: Vec::new() })?;
    let mut chosen: Option<QueryTranslation> = None;
    let mut refused: Option<Refused> = None;
    for dialect in candidates {
        match query::translate_known(detection, from, dialect, env, options, known) {
            Ok(translated) if translated.verdict == Verdict::Exact => return Ok(translated),
            Ok(translated) => {
                let better = chosen.as_ref().is_none_or(|known| weight(&translated) < weight(known));
                if better {
                    chosen = Some(translated);
                }
            }
            Err(other) => match &mut refused {
                None => refused = Some(other),
                // What a later language cannot say either has been named already.
                Some(known) => {
                    let named = |refusal: &Refusal| known.refusals.iter().any(|other| other.message == refusal.message);
                    let more: Vec<Refusal> = other.refusals.into_iter().filter(|refusal| !named(refusal)).collect();
                    known.refusals.extend(more);
                }
            },
        }
    }
    match (chosen, refused) {
        (Some(translated), _) => Ok(translated),
        (None, Some(refused)) => Err(refused),
        (None, None) => Err(Refused { refusals: Vec::new(), unmapped: Vec::new() }),
    }
}

/// Narrower losses weigh more than wider ones: where a choice exists, wider beats narrower (rule 6). A condition that is
/// left out weighs more than one that is said with a small difference.
fn weight(translated: &QueryTranslation) -> usize {
    use crate::model::{Direction, Scope};
    translated
        .losses
        .iter()
        .filter(|loss| loss.scope == Scope::Match)
        .map(|loss| match loss.direction {
            Direction::Wider if loss.code == crate::diagnostic::codes::plan::LEFT_OUT => 5,
            Direction::Wider => 1,
            Direction::Either if loss.code == crate::diagnostic::codes::plan::PART_CARRIED => 1,
            Direction::Narrower | Direction::Either => 10,
        })
        .sum()
}

/// Writes the files of a translated query.
fn write(
    source: &Detection,
    from: Option<PlatformId>,
    translated: QueryTranslation,
    env: &Env<'_>,
    options: &Options<'_>,
) -> Translation {
    let to = translated.dialect.platform();
    let mut translation = Translation {
        verdict: translated.verdict,
        unverified: translated.unverified,
        dialect: Some(translated.dialect.name().to_owned()),
        query: Some(translated.text.clone()),
        files: Vec::new(),
        format: "query".to_owned(),
        losses: translated.losses.clone(),
        refusals: Vec::new(),
        unmapped: translated.unmapped.clone(),
        verification: translated.verification.clone(),
        assumptions: translated.assumptions.clone(),
    };
    let (FileForm::Rule(format), Some(to)) = (options.form, to) else {
        translation.losses.extend(bare::losses(source));
        translation.files.push(OutputFile {
            suffix: format!(".{}", translated.dialect.extensions().first().copied().unwrap_or("txt")),
            text: with_newline(&translated.text),
            role: Role::Rule,
        });
        return translation;
    };
    let Some(target) = platform::platform(to) else {
        return Translation::refused(
            vec![refusal(format!("rule files of {} cannot be written yet", to.name()))],
            translated.unmapped,
        );
    };
    let format = match format {
        Some(format) if target.output_formats().contains(&format) => format,
        Some(format) => {
            return Translation::refused(
                vec![refusal(format!("{} has no rule files of the format {}", to.name(), format.name()))],
                translated.unmapped,
            );
        }
        None => target.output_formats().first().copied().unwrap_or(OutputFormat::Yaml),
    };
    let mut prepared = detection::for_target(source, from, to, &translated, env, options);
    // On its own platform a rule keeps its tests as they are, unless what is written finds something else.
    let differs = from != Some(to) || translated.losses.iter().any(|loss| loss.scope == crate::model::Scope::Match);
    if to == PlatformId::Panther && differs && options.verify {
        let schema = translated.schema.as_deref().and_then(|name| env.schemas.get(name));
        let mapped = schema.map(|schema| crate::fields::SchemaTypes { schemas: vec![schema], platform: to });
        let types: &dyn FieldTypes = match &mapped {
            Some(types) => types,
            None => env.types,
        };
        let losses = made_tests::complete(&translated.logic, to, types, &mut prepared.detection.tests);
        prepared.losses.extend(losses);
    }
    let mut text = translated.text.clone();
    // Python holds what the alert shows, too: in the names that the rule has now.
    if to == PlatformId::Panther && from != Some(to) {
        let schema = translated.schema.as_deref().and_then(|name| env.schemas.get(name));
        let mapped = schema.map(|schema| crate::fields::SchemaTypes { schemas: vec![schema], platform: to });
        let types: &dyn FieldTypes = match &mapped {
            Some(types) => types,
            None => env.types,
        };
        let context =
            crate::dialect::WriteContext { types, tables: &translated.sources, detection: Some(&prepared.detection) };
        text = translated.dialect.write(&translated.logic, &context);
        translation.query = Some(text.clone());
    }
    let bundle: crate::model::Bundle = prepared.detection.into();
    let connectors: Vec<String> = bundle
        .detections
        .iter()
        .flat_map(|detection| &detection.log_sources)
        .flat_map(|s| s.connectors.clone())
        .collect();
    let written = target.write(&WriteRequest {
        bundle: &bundle,
        source: from,
        format,
        dialect: translated.dialect.name(),
        query: &text,
        carried: false,
        attack: options.attack,
        columns: &translated.columns,
        sources: &translated.sources,
        connectors: &connectors,
    });
    translation.format = format.name().to_owned();
    translation.losses.extend(prepared.losses);
    translation.losses.extend(written.losses);
    translation.files = written.files;
    translation
}

fn with_newline(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}
