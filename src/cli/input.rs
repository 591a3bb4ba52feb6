//! Opening what the command line names: files, folders, standard input, helpers, types and events.

use super::Status;
use super::args::ReadArgs;
use super::output::Session;
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::Registry;
use crate::fields::{SchemaTypes, Schemas, ecs_type};
use crate::model::{FieldType, FieldTypes, PlatformId, TypeMap};
use crate::platform::panther::Repository;
use crate::platform::{self, ReadEnv, ReadRule, TypeSource};
use crate::source::{Folder, Format, SourceFile, detect};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Files larger than this number of levels deep are not walked; symbolic links are not followed.
const MAX_FOLDER_DEPTH: usize = 64;

/// What every command that reads rules needs.
pub struct Workspace {
    /// The dialects.
    pub registry: Registry,
    /// The field tables, the user's laid over them.
    pub schemas: Cow<'static, Schemas>,
    /// Types given by the user.
    pub types: TypeMap,
    from: Option<String>,
    helpers: Option<PathBuf>,
    /// The repositories of helpers by the folder of the rules that use them.
    repositories: Mutex<HashMap<PathBuf, Arc<Repository>>>,
}

/// A file with its rules.
pub struct Loaded {
    /// The file.
    pub file: SourceFile,
    /// Its format.
    pub format: Format,
    /// Where it stands below the path that the user named.
    pub relative: PathBuf,
    /// Its rules.
    pub rules: Vec<ReadRule>,
    /// What is to be said of the file as a whole.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file that was found.
pub struct Found {
    /// Its path; `-` for standard input.
    pub path: PathBuf,
    /// Where it stands below the path that the user named.
    pub relative: PathBuf,
    /// The user named the file itself.
    pub named: bool,
}

impl Workspace {
    /// Reads options; what cannot be used is reported.
    pub fn new(args: &ReadArgs, session: &mut Session) -> Self {
        Self::with(
            args.from.as_deref(),
            args.helpers.as_deref(),
            args.overlay.as_deref(),
            args.types.as_deref(),
            session,
        )
    }

    /// The same from single options.
    pub fn with(
        from: Option<&str>,
        helpers: Option<&Path>,
        overlay: Option<&Path>,
        types: Option<&Path>,
        session: &mut Session,
    ) -> Self {
        let registry = Registry::default();
        if let Some(name) = from
            && registry.get(name).is_none()
        {
            let names: Vec<&str> = registry.iter().map(|dialect| dialect.name()).collect();
            let found = Diagnostic::error(codes::cli::UNKNOWN_DIALECT, format!("there is no dialect `{name}`"))
                .help(format!("the dialects are {}", names.join(", ")));
            session.report(&found, "--from", "", Status::Unusable);
        }
        let mut schemas = Cow::Borrowed(Schemas::built_in());
        if let Some(path) = overlay {
            let laid = SourceFile::open(path).and_then(|file| {
                Schemas::built_in()
                    .clone()
                    .overlay(&file.text)
                    .map_err(|error| Diagnostic::error(codes::cli::BAD_OPTION, error.to_string()))
            });
            match laid {
                Ok(all) => schemas = Cow::Owned(all),
                Err(found) => session.report(&found, &path.display().to_string(), "", Status::Unusable),
            }
        }
        let types = types.map(|path| read_types(path, session)).unwrap_or_default();
        Self {
            registry,
            schemas,
            types,
            from: from.map(str::to_owned),
            helpers: helpers.map(Path::to_owned),
            repositories: Mutex::default(),
        }
    }

    /// The files of the paths, folders walked with .gitignore respected.
    pub fn files(&self, paths: &[PathBuf], session: &mut Session) -> Vec<Found> {
        let mut found = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" || !path.is_dir() {
                let relative = path.file_name().map_or_else(|| PathBuf::from("stdin"), PathBuf::from);
                found.push(Found { path: path.clone(), relative, named: true });
                continue;
            }
            let mut below = Vec::new();
            for entry in ignore::WalkBuilder::new(path).max_depth(Some(MAX_FOLDER_DEPTH)).require_git(false).build() {
                match entry {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                        let relative = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_owned();
                        below.push(Found { path: entry.into_path(), relative, named: false });
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let found = Diagnostic::error(codes::source::UNREADABLE, format!("cannot be read: {error}"));
                        session.report(&found, &path.display().to_string(), "", Status::Unusable);
                    }
                }
            }
            below.sort_by(|left, right| left.path.cmp(&right.path));
            found.extend(below);
        }
        found
    }

    /// Opens a file and reads its rules; `None` where it holds none and that was to be expected, or was reported.
    pub fn load(&self, found: &Found, session: &mut Session) -> Option<Loaded> {
        told(found, self.read(found), session)
    }

    /// The same of many files, read on all cores and told of in their order.
    pub fn load_all(&self, files: &[Found], session: &mut Session) -> Vec<Option<Loaded>> {
        let read: Vec<_> = files.par_iter().map(|found| self.read(found)).collect();
        files.iter().zip(read).map(|(found, read)| told(found, read, session)).collect()
    }

    /// Reads a file; what is wrong with it goes with its text.
    fn read(&self, found: &Found) -> Result<Option<Loaded>, (Diagnostic, String)> {
        // Only names that rule files have are opened in a folder; a named file is always opened.
        if !found.named && !has_rule_name(&found.path) {
            return Ok(None);
        }
        let file = open(&found.path).map_err(|error| (error, String::new()))?;
        let given = self.from.as_deref().and_then(|name| self.registry.get(name)).map(|dialect| dialect.name());
        let format = match (detect(&file), given) {
            (Some(format), None) => format,
            // A rule file says itself which language its query is in.
            (Some(format), Some(_)) if !matches!(format, Format::Query(_)) && found.named => format,
            (_, Some(dialect)) if found.named => Format::Query(dialect),
            (Some(format), Some(_)) => format,
            _ if found.named => {
                let error = Diagnostic::error(codes::source::UNKNOWN_FORMAT, "this is no rule file that is known");
                return Err((error, String::new()));
            }
            _ => return Ok(None),
        };
        let folder = found.path.parent().map(Path::to_owned).unwrap_or_default();
        let helpers = self.helpers_for(&folder);
        let siblings = Folder(folder);
        let types = Types { schemas: &self.schemas, given: &self.types };
        let env = ReadEnv { registry: &self.registry, helpers: helpers.as_ref(), siblings: &siblings, types: &types };
        match platform::read(&file, format, &env) {
            Ok((rules, diagnostics)) => {
                Ok(Some(Loaded { file, format, relative: found.relative.clone(), rules, diagnostics }))
            }
            Err(error) => Err((error, file.text)),
        }
    }

    /// Helpers of the folder that `--helpers` names, else of the nearest repository above the rule.
    fn helpers_for(&self, folder: &Path) -> Arc<Repository> {
        let key = self.helpers.as_deref().unwrap_or(folder);
        let Ok(mut known) = self.repositories.lock() else { return Arc::default() };
        if let Some(found) = known.get(key) {
            return found.clone();
        }
        let made = match &self.helpers {
            Some(named) => Repository::named(named),
            None => Repository::above(folder),
        };
        // folders of one repository share it
        let same = known.values().find(|other| other.folder().is_some() && other.folder() == made.folder()).cloned();
        let shared = same.unwrap_or_else(|| Arc::new(made));
        known.insert(key.to_owned(), shared.clone());
        shared
    }
}

/// The file, or a word about what is wrong with it.
fn told(found: &Found, read: Result<Option<Loaded>, (Diagnostic, String)>, session: &mut Session) -> Option<Loaded> {
    read.unwrap_or_else(|(error, text)| {
        session.report(&error, &found.path.display().to_string(), &text, Status::Unusable);
        None
    })
}

/// Types from the field tables, the user's first; of Elastic's other fields those of the Elastic Common Schema.
pub struct Types<'a> {
    /// The field tables.
    pub schemas: &'a Schemas,
    /// The user's types.
    pub given: &'a TypeMap,
}

impl TypeSource for Types<'_> {
    fn types(&self, platform: PlatformId, sources: &[String]) -> Box<dyn FieldTypes + '_> {
        let named = |names: &[String]| names.iter().any(|name| sources.iter().any(|source| source == name));
        let mut schemas: Vec<_> = self
            .schemas
            .all
            .iter()
            .filter(|schema| {
                schema.scopes.get(&platform).is_some_and(|scope| named(&scope.names) || named(&scope.also))
            })
            .collect();
        if schemas.is_empty() {
            schemas = self.schemas.all.iter().filter(|schema| schema.scopes.contains_key(&platform)).collect();
        }
        Box::new(Layered { given: self.given, schema: SchemaTypes { schemas, platform } })
    }
}

struct Layered<'a> {
    given: &'a TypeMap,
    schema: SchemaTypes<'a>,
}

impl FieldTypes for Layered<'_> {
    fn type_of(&self, name: &str) -> Option<FieldType> {
        let common = || ecs_type(name).filter(|_| self.schema.platform == PlatformId::Elastic);
        self.given.type_of(name).or_else(|| self.schema.type_of(name)).or_else(common)
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.given.names();
        names.extend(self.schema.names());
        names
    }

    fn matching(&self, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut names = self.given.matching(fits);
        names.extend(self.schema.matching(fits));
        names
    }

    fn is_empty(&self) -> bool {
        self.given.is_empty() && self.schema.is_empty()
    }
}

fn has_rule_name(path: &Path) -> bool {
    let extension = path.extension().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    // Tests travel beside the rules; they are no rules.
    !name.ends_with(".tests.yml")
        && [
            "yml",
            "yaml",
            "toml",
            "json",
            "ndjson",
            "md",
            "mdx",
            "kql",
            "kusto",
            "csl",
            "kuery",
            "lucene",
            "eql",
            "esql",
            "condition",
        ]
        .contains(&extension.as_str())
}

/// Opens a file, or standard input for `-`.
///
/// # Errors
/// One diagnostic: a folder, or what [`SourceFile`] cannot take.
pub fn open(path: &Path) -> Result<SourceFile, Diagnostic> {
    if path.as_os_str() != "-" {
        if path.is_dir() {
            return Err(Diagnostic::error(codes::source::UNREADABLE, "this is a folder"));
        }
        return SourceFile::open(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Diagnostic::error(codes::source::UNREADABLE, format!("standard input: {error}")))?;
    SourceFile::from_bytes(Path::new("-"), bytes)
}

fn read_types(path: &Path, session: &mut Session) -> TypeMap {
    let parsed = SourceFile::open(path).and_then(|file| {
        let map: HashMap<String, String> = serde_json::from_str(&file.text)
            .map_err(|error| Diagnostic::error(codes::cli::BAD_OPTION, format!("no JSON object of types: {error}")))?;
        type_map(&map)
    });
    match parsed {
        Ok(types) => types,
        Err(found) => {
            session.report(&found, &path.display().to_string(), "", Status::Unusable);
            TypeMap::default()
        }
    }
}

/// Types by name, as `--types` and `batch` take them.
///
/// # Errors
/// A name that is no type.
pub fn type_map(names: &HashMap<String, String>) -> Result<TypeMap, Diagnostic> {
    let mut types = TypeMap::default();
    for (field, name) in names {
        match FieldType::parse(name) {
            Some(kind) => {
                types.0.insert(field.clone(), kind);
            }
            None => {
                return Err(Diagnostic::error(codes::cli::BAD_OPTION, format!("`{field}`: there is no type `{name}`")));
            }
        }
    }
    Ok(types)
}

/// Events of a file: one JSON object a line, or one array of objects. `-` is standard input.
///
/// # Errors
/// An unreadable file, or a line that is no JSON.
pub fn read_events(path: &Path) -> Result<Vec<Json>, Diagnostic> {
    let file = if path.as_os_str() == "-" {
        open(path)?
    } else {
        let bytes = std::fs::read(path)
            .map_err(|error| Diagnostic::error(codes::source::UNREADABLE, format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Diagnostic::error(codes::cli::BAD_EVENTS, "the events are no UTF-8 text"))?;
        SourceFile::from_text(path, text)
    };
    if file.text.trim_start().starts_with('[') {
        return serde_json::from_str(&file.text)
            .map_err(|error| Diagnostic::error(codes::cli::BAD_EVENTS, format!("no JSON array of events: {error}")));
    }
    let mut events = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        events.push(serde_json::from_str(line).map_err(|error| {
            Diagnostic::error(codes::cli::BAD_EVENTS, format!("line {}: no JSON: {error}", number + 1))
        })?);
    }
    Ok(events)
}
