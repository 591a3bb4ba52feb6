//! Python modules and data models beside the rules of a repository.

use crate::dialect::Helpers;
use crate::source::SourceFile;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// How deep data models are looked for below their folder.
const DEPTH: usize = 4;

/// A repository of rules: `global_helpers/` for Python modules, `data_models/` for data models and their Python.
#[derive(Debug, Default)]
pub struct Repository {
    helpers: Option<PathBuf>,
    data_models: Option<PathBuf>,
    models: OnceLock<Vec<(PathBuf, String)>>,
    /// Modules that were asked for, by name: a repository is read once for all of its rules.
    modules: Mutex<HashMap<String, Option<String>>>,
}

impl Repository {
    /// The repository that a rule's folder belongs to: the nearest folder above with `global_helpers/`.
    pub fn above(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let root = folder.ancestors().find(|above| above.join("global_helpers").is_dir());
        root.map(Self::at).unwrap_or_default()
    }

    /// The folder with the repository's modules; `None` for a repository without any.
    pub fn folder(&self) -> Option<&Path> {
        self.helpers.as_deref()
    }

    /// The repository of a given folder: one with `global_helpers/` inside, or that folder itself.
    pub fn named(folder: &Path) -> Self {
        if folder.join("global_helpers").is_dir() {
            return Self::at(folder);
        }
        let beside = folder.parent().map(|root| root.join("data_models")).filter(|models| models.is_dir());
        Self { helpers: Some(folder.to_owned()), data_models: beside, ..Self::default() }
    }

    fn at(root: &Path) -> Self {
        let data_models = Some(root.join("data_models")).filter(|folder| folder.is_dir());
        Self { helpers: Some(root.join("global_helpers")), data_models, ..Self::default() }
    }

    /// Paths and texts of the data models' YAML, sorted by path.
    fn models(&self) -> &[(PathBuf, String)] {
        self.models.get_or_init(|| {
            let mut found = Vec::new();
            if let Some(folder) = &self.data_models {
                collect(folder, DEPTH, &mut found);
            }
            found.sort();
            found
        })
    }
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, found);
        } else if path.extension().is_some_and(|name| name == "yml" || name == "yaml")
            && let Ok(file) = SourceFile::open(&path)
        {
            found.push((path, file.text));
        }
    }
}

impl Helpers for Repository {
    fn module(&self, name: &str) -> Option<String> {
        if let Ok(known) = self.modules.lock()
            && let Some(text) = known.get(name)
        {
            return text.clone();
        }
        let text = self.read_module(name);
        if let Ok(mut known) = self.modules.lock() {
            known.insert(name.to_owned(), text.clone());
        }
        text
    }

    fn data_models(&self) -> Vec<String> {
        self.models().iter().map(|(_, text)| text.clone()).collect()
    }
}

impl Repository {
    fn read_module(&self, name: &str) -> Option<String> {
        // A module's name, never a path out of the folder.
        let plain = name
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_'));
        if !plain {
            return None;
        }
        let file = format!("{}.py", name.replace('.', "/"));
        let open = |folder: &Path| {
            let path = folder.join(&file);
            path.is_file().then(|| SourceFile::open(&path).ok()).flatten().map(|found| found.text)
        };
        self.helpers.as_deref().and_then(open).or_else(|| {
            // The Python of a data model stands beside its YAML.
            self.models().iter().filter_map(|(path, _)| path.parent()).find_map(open)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_come_from_the_nearest_folder_above() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["global_helpers", "data_models", "rules/okta"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("global_helpers/own_helpers.py"), "X = 1\n").unwrap();
        std::fs::write(root.path().join("data_models/okta.yml"), "AnalysisType: datamodel\n").unwrap();
        std::fs::write(root.path().join("data_models/okta_model.py"), "Y = 2\n").unwrap();
        for repository in [
            Repository::above(&root.path().join("rules/okta")),
            Repository::named(root.path()),
            Repository::named(&root.path().join("global_helpers")),
        ] {
            assert_eq!(repository.module("own_helpers").as_deref(), Some("X = 1\n"));
            assert_eq!(repository.module("okta_model").as_deref(), Some("Y = 2\n"));
            assert_eq!(repository.data_models(), ["AnalysisType: datamodel\n"]);
            assert_eq!(repository.module("../rules"), None);
            assert_eq!(repository.module("other"), None);
        }
    }
}
