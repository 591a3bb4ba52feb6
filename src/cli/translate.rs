//! `translate`: rules in, rule files of another platform out, with a verdict each.

use super::Status;
use super::args::{FieldsArg, FormatArg, TranslateArgs};
use super::input::{Loaded, Types, Workspace};
use super::output::Session;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::dialect::NoHelpers;
use crate::model::{PlatformId, Scope, Verdict};
use crate::platform::{AttackRelease, OutputFormat, ReadEnv, ReadRule};
use crate::source::NoSiblings;
use crate::translate::{
    Env, FieldMode, FileForm, Goal, Options, Report, SourceEntry, TargetEntry, Translation, translate_rule,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Carries out the command.
pub fn run(args: &TranslateArgs, session: &mut Session) {
    let workspace = Workspace::new(&args.read, session);
    let Some(goal) = goal(&args.to, &workspace, session) else { return };
    let Ok(attack) = attack_release(args.stack.as_deref(), goal, &workspace, session) else { return };
    let mut report = Report::default();
    let mut loaded = Vec::new();
    let files = workspace.files(&args.read.paths, session);
    for (found, read) in files.iter().zip(workspace.load_all(&files, session)) {
        match read {
            Some(file) => loaded.push(file),
            None if found.named => report.summary.unreadable += 1,
            None => {}
        }
    }
    let options = Options {
        goal,
        form: form(args.format),
        fields: field_mode(args.fields),
        table: args.table.as_deref(),
        verify: !args.no_verify,
        attack,
    };
    let jobs: Vec<(&Loaded, &ReadRule)> =
        loaded.iter().flat_map(|file| file.rules.iter().map(move |rule| (file, rule))).collect();
    let translations = translate_all(&jobs, &workspace, &options);
    for file in &loaded {
        tell_reading(file, session);
    }
    let mut names = Names::default();
    let several = jobs.len() > 1;
    for ((file, rule), translation) in jobs.iter().zip(&translations) {
        if rule.failed() {
            continue;
        }
        let targets = deliver(args, file, translation, several, &mut names, session);
        tell_outcome(args, file, rule, translation, session);
        report.add(
            rule_id(file, rule),
            SourceEntry {
                path: file.file.path.display().to_string(),
                dialect: rule.dialect().map(str::to_owned),
                format: rule.format.name().to_owned(),
            },
            targets,
            translation,
            |span| place(rule, span),
            source_text(file, rule),
        );
    }
    if report.summary.rules == 0 && loaded.is_empty() && report.summary.unreadable == 0 {
        let found = Diagnostic::error(codes::cli::NO_RULES, "no rule file was found");
        session.report(&found, &paths(&args.read.paths), "", Status::Unusable);
    }
    for assumption in &report.summary.assumptions {
        session.say(&format!("assumed: {assumption}"));
    }
    if several {
        let summary = &report.summary;
        session.say(&format!(
            "{} rules: {} exact, {} approximate, {} refused",
            summary.rules, summary.exact, summary.approximate, summary.refused
        ));
    }
    if let Some(path) = &args.report {
        write_report(path, &report, session);
    }
}

/// Translates every rule, on all cores; the order of the answers is that of the rules.
fn translate_all(jobs: &[(&Loaded, &ReadRule)], workspace: &Workspace, options: &Options<'_>) -> Vec<Translation> {
    let progress = ProgressBar::new(jobs.len() as u64);
    let quiet = !std::io::stderr().is_terminal() || jobs.len() < 50;
    progress.set_draw_target(if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() });
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} rules {wide_bar} {eta}") {
        progress.set_style(style);
    }
    let translations = jobs
        .par_iter()
        .map(|(_, rule)| {
            let types = Types { schemas: &workspace.schemas, given: &workspace.types };
            let env = Env {
                registry: &workspace.registry,
                schemas: &workspace.schemas,
                types: &workspace.types,
                read: ReadEnv {
                    registry: &workspace.registry,
                    helpers: &NoHelpers,
                    siblings: &NoSiblings,
                    types: &types,
                },
            };
            let translation = translate_rule(rule, &env, options);
            progress.inc(1);
            translation
        })
        .collect();
    progress.finish_and_clear();
    translations
}

/// What the command line asks for; reported where it is nothing.
fn goal<'a>(name: &'a str, workspace: &Workspace, session: &mut Session) -> Option<Goal<'a>> {
    if let Some(platform) = PlatformId::by_name(name) {
        return Some(Goal::Platform(platform));
    }
    if workspace.registry.get(name).is_some() {
        return Some(Goal::Dialect(name));
    }
    let names: Vec<&str> = PlatformId::ALL
        .iter()
        .map(|platform| platform.name())
        .chain(workspace.registry.iter().map(|dialect| dialect.name()))
        .collect();
    let found = Diagnostic::error(codes::cli::UNKNOWN_DIALECT, format!("there is no platform or dialect `{name}`"))
        .help(format!("there are {}", names.join(", ")));
    session.report(&found, "--to", "", Status::Unusable);
    None
}

/// The release of ATT&CK that `--stack` asks for; what is wrong with it is reported.
fn attack_release(
    stack: Option<&str>,
    goal: Goal<'_>,
    workspace: &Workspace,
    session: &mut Session,
) -> Result<Option<AttackRelease>, ()> {
    let Some(version) = stack else { return Ok(None) };
    let to = match goal {
        Goal::Platform(platform) => Some(platform),
        Goal::Dialect(name) => workspace.registry.get(name).and_then(|dialect| dialect.platform()),
    };
    let found = AttackRelease::of_stack(version);
    let (message, help) = match (found, to) {
        (Some(release), Some(PlatformId::Elastic)) => return Ok(Some(release)),
        (Some(_), _) => {
            ("only rules for Elastic are written for a version of the stack".to_owned(), "leave --stack out")
        }
        (None, _) => (format!("`{version}` is no version of the Elastic Stack"), "write it like 9.4 or 9.5.1"),
    };
    let found = Diagnostic::error(codes::cli::BAD_OPTION, message).help(help);
    session.report(&found, "--stack", "", Status::Unusable);
    Err(())
}

/// The field mode of an option.
pub fn field_mode(fields: FieldsArg) -> FieldMode {
    match fields {
        FieldsArg::Map => FieldMode::Map,
        FieldsArg::Strict => FieldMode::Strict,
        FieldsArg::Keep => FieldMode::Keep,
    }
}

fn form(format: Option<FormatArg>) -> FileForm {
    FileForm::Rule(match format {
        None => None,
        Some(FormatArg::Query) => return FileForm::Query,
        Some(FormatArg::Yaml) => Some(OutputFormat::Yaml),
        Some(FormatArg::Toml) => Some(OutputFormat::Toml),
        Some(FormatArg::Ndjson) => Some(OutputFormat::Ndjson),
        Some(FormatArg::Arm) => Some(OutputFormat::Arm),
        Some(FormatArg::Hunting) => Some(OutputFormat::Hunting),
        Some(FormatArg::Defender) => Some(OutputFormat::Defender),
    })
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What reading has to say: errors make the file unusable, the rest is told.
pub fn tell_reading(file: &Loaded, session: &mut Session) {
    let path = file.file.path.display().to_string();
    for found in &file.diagnostics {
        session.report(found, &path, &file.file.text, Status::Unusable);
    }
    for rule in &file.rules {
        let (path, text) = match rule.query.as_ref().and_then(|query| query.file.as_ref()) {
            Some(own) => (own.path.display().to_string(), own.text.as_str()),
            None => (path.clone(), file.file.text.as_str()),
        };
        for found in &rule.diagnostics {
            session.report(found, &path, text, Status::Unusable);
        }
        // Kept as it is written, on every platform: who deploys the translation must know.
        if rule.dialect() == Some("kusto") {
            for found in crate::check::age::inverted(rule) {
                session.report(&found, &path, text, Status::Unusable);
            }
        }
    }
}

/// The file that the spans of a rule's query lead to.
pub fn source_text<'a>(file: &'a Loaded, rule: &'a ReadRule) -> &'a str {
    rule.query.as_ref().and_then(|query| query.file.as_ref()).map_or(file.file.text.as_str(), |own| own.text.as_str())
}

fn place(rule: &ReadRule, span: Span) -> Span {
    rule.to_file(span)
}

/// The rule's id; its path where it has none.
pub fn rule_id(file: &Loaded, rule: &ReadRule) -> String {
    rule.detection()
        .and_then(|detection| detection.meta.id.clone())
        .unwrap_or_else(|| file.relative.display().to_string())
}

/// Losses and refusals at their places, and the verdict.
fn tell_outcome(
    args: &TranslateArgs,
    file: &Loaded,
    rule: &ReadRule,
    translation: &Translation,
    session: &mut Session,
) {
    let (path, text) = match rule.query.as_ref().and_then(|query| query.file.as_ref()) {
        Some(own) => (own.path.display().to_string(), own.text.as_str()),
        None => (file.file.path.display().to_string(), file.file.text.as_str()),
    };
    let placed = |found: Diagnostic, span: Option<Span>| match span.filter(|span| *span != Span::default()) {
        Some(span) => found.at(rule.to_file(span)),
        None => found,
    };
    for refusal in &translation.refusals {
        let found = placed(Diagnostic::error(refusal.code, format!("refused: {}", refusal.message)), refusal.span);
        session.report(&found, &path, text, Status::Findings);
    }
    for loss in &translation.losses {
        let message = format!("{}, {}: {}", loss.scope.name(), loss.direction.name(), loss.message);
        let found = match loss.scope {
            Scope::Match if args.strict => Diagnostic::error(loss.code, message),
            Scope::Match => Diagnostic::warning(loss.code, message),
            Scope::Alerting | Scope::Output => Diagnostic::note(loss.code, message),
        };
        session.report(&placed(found, loss.span), &path, text, Status::Findings);
    }
    if translation.verdict == Verdict::Refused {
        session.raise(Status::Findings);
    }
    session.say(&verdict_line(&path, translation));
}

fn verdict_line(path: &str, translation: &Translation) -> String {
    let mut line = format!("{path}: {}", translation.verdict.name());
    if let Some(dialect) = &translation.dialect {
        line.push_str(&format!(" ({dialect})"));
    }
    if translation.unverified && translation.verdict != Verdict::Refused {
        line.push_str(", not verified");
    }
    if let Some(verification) = &translation.verification {
        line.push_str(&format!(
            ", {} of {} events agree, {} of {} tests decided one",
            verification.agree, verification.events, verification.decided, verification.tests
        ));
    }
    line
}

/// File names given out so far; a name taken twice gets a number.
#[derive(Default)]
struct Names(BTreeSet<PathBuf>);

impl Names {
    /// The stem for a rule's files: free for every suffix. The flag tells that a number was added.
    fn stem(&mut self, stem: &Path, suffixes: &[&str]) -> (PathBuf, bool) {
        let with = |number: usize| {
            if number < 2 {
                return stem.to_owned();
            }
            let mut name = stem.file_name().unwrap_or_default().to_os_string();
            name.push(format!("-{number}"));
            stem.with_file_name(name)
        };
        let mut number = 1;
        while suffixes.iter().any(|suffix| self.0.contains(&joined(&with(number), suffix))) {
            number += 1;
        }
        let chosen = with(number);
        self.0.extend(suffixes.iter().map(|suffix| joined(&chosen, suffix)));
        (chosen, number > 1)
    }
}

fn joined(stem: &Path, suffix: &str) -> PathBuf {
    let mut name = stem.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    stem.with_file_name(name)
}

/// Writes a rule's files below `--out`, or prints them.
fn deliver(
    args: &TranslateArgs,
    file: &Loaded,
    translation: &Translation,
    several: bool,
    names: &mut Names,
    session: &mut Session,
) -> Vec<TargetEntry> {
    let mut targets = Vec::new();
    if translation.files.is_empty() || (args.strict && lossy(translation)) {
        return targets;
    }
    let suffixes: Vec<&str> = translation.files.iter().map(|written| written.suffix.as_str()).collect();
    let relative = file.relative.with_extension("");
    let (stem, numbered) = names.stem(&relative, &suffixes);
    let stem_name = stem.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for written in &translation.files {
        let name = joined(&stem, &written.suffix);
        // A Panther rule names its Python file.
        let text = written.text.replace(crate::platform::panther::STEM, &stem_name);
        let path = match &args.out {
            None => {
                if several || translation.files.len() > 1 {
                    session.print(&format!("# {}\n", name.display()));
                }
                session.print(&text);
                if several || translation.files.len() > 1 {
                    session.print("\n");
                }
                "-".to_owned()
            }
            Some(out) => {
                let path = out.join(&name);
                if numbered {
                    let found = Diagnostic::warning(
                        codes::cli::NAME_TAKEN,
                        format!("another rule has this name already; written as {}", path.display()),
                    );
                    session.report(&found, &file.file.path.display().to_string(), "", Status::Findings);
                }
                if !put_file(args, &path, &text, session) {
                    continue;
                }
                path.display().to_string()
            }
        };
        targets.push(TargetEntry {
            path,
            dialect: translation.dialect.clone(),
            format: translation.format.clone(),
            role: written.role.name().to_owned(),
        });
    }
    targets
}

fn lossy(translation: &Translation) -> bool {
    translation.losses.iter().any(|loss| loss.scope == Scope::Match)
}

/// Writes a file aside and renames it, so that a broken run leaves no half file. Answers whether it stands there.
fn put_file(args: &TranslateArgs, path: &Path, text: &str, session: &mut Session) -> bool {
    let shown = path.display().to_string();
    let present = std::fs::read_to_string(path).ok();
    if args.check {
        if present.as_deref() != Some(text) {
            let found = Diagnostic::error(codes::cli::STALE, "the file is not what would be written now");
            session.report(&found, &shown, "", Status::Findings);
        }
        return true;
    }
    if present.as_deref() == Some(text) {
        return true;
    }
    if path.exists() && !args.force {
        let found = Diagnostic::error(codes::cli::EXISTS, "the file is there already, and differs");
        session.report(&found, &shown, "", Status::Findings);
        return false;
    }
    match write_aside(path, text) {
        Ok(()) => true,
        Err(error) => {
            let found = Diagnostic::error(codes::cli::NOT_WRITTEN, format!("cannot be written: {error}"));
            session.report(&found, &shown, "", Status::Unusable);
            false
        }
    }
}

/// Writes a text to a file of another name and renames it.
pub fn write_aside(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let aside = path.with_file_name(name);
    std::fs::write(&aside, text)?;
    std::fs::rename(&aside, path).inspect_err(|_| {
        // The rename failed; leaving the part behind would only add to the trouble.
        let _ = std::fs::remove_file(&aside);
    })
}

fn write_report(path: &Path, report: &Report, session: &mut Session) {
    let text = match path.extension().and_then(|name| name.to_str()) {
        Some("json") => report.json().map_err(|error| error.to_string()),
        Some("md") => report.markdown().map_err(|error| error.to_string()),
        _ => Err("a report is written as .json or .md".to_owned()),
    };
    let written = text.and_then(|text| write_aside(path, &text).map_err(|error| error.to_string()));
    if let Err(reason) = written {
        let found = Diagnostic::error(codes::cli::NOT_WRITTEN, format!("the report is not written: {reason}"));
        session.report(&found, &path.display().to_string(), "", Status::Unusable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_taken_twice_gets_a_number_on_all_its_files() {
        let mut names = Names::default();
        assert_eq!(names.stem(Path::new("a/rule"), &[".yml", ".py"]), (PathBuf::from("a/rule"), false));
        assert_eq!(names.stem(Path::new("a/rule"), &[".py"]), (PathBuf::from("a/rule-2"), true));
        assert_eq!(names.stem(Path::new("b/rule"), &[".yml"]), (PathBuf::from("b/rule"), false));
    }
}
