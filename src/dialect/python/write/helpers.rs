//! Small functions that stand at the top of a written rule, only those that it calls.

/// The functions with their texts, in the order in which they are written.
const TEXT: &str = include_str!("../../../../templates/python/helpers.py.j2");

/// Names that stand for an import, with its line.
const IMPORTS: &[(&str, &str)] = &[
    ("Mapping", "from collections.abc import Mapping"),
    ("fnmatch", "from fnmatch import fnmatchcase"),
    ("json", "import json"),
    ("re", "import re"),
];

struct Helper {
    name: &'static str,
    needs: Vec<&'static str>,
    text: String,
}

fn all() -> Vec<Helper> {
    let mut helpers: Vec<Helper> = Vec::new();
    for line in TEXT.lines() {
        if let Some(name) = line.strip_prefix("#: ") {
            helpers.push(Helper { name, needs: Vec::new(), text: String::new() });
        } else if let Some(helper) = helpers.last_mut() {
            match line.strip_prefix("#needs: ") {
                Some(need) => helper.needs.push(need),
                None => {
                    helper.text.push_str(line);
                    helper.text.push('\n');
                }
            }
        }
    }
    helpers
}

/// The import lines and function texts that these names need.
pub(super) fn prelude(used: &[&'static str]) -> (Vec<String>, Vec<String>) {
    let helpers = all();
    let mut wanted: Vec<&str> = used.to_vec();
    let mut at = 0;
    while let Some(name) = wanted.get(at).copied() {
        at += 1;
        if let Some(helper) = helpers.iter().find(|helper| helper.name == name) {
            for need in &helper.needs {
                if !wanted.contains(need) {
                    wanted.push(need);
                }
            }
        }
    }
    let mut imports: Vec<String> =
        IMPORTS.iter().filter(|(name, _)| wanted.contains(name)).map(|(_, line)| (*line).to_owned()).collect();
    let addresses: Vec<&str> = ["ip_address", "ip_network"].into_iter().filter(|name| wanted.contains(name)).collect();
    if !addresses.is_empty() {
        imports.push(format!("from ipaddress import {}", addresses.join(", ")));
    }
    imports.sort_by_key(|line| (!line.starts_with("import "), line.clone()));
    let texts = helpers
        .into_iter()
        .filter(|helper| wanted.contains(&helper.name))
        .map(|helper| helper.text.trim_end().to_owned())
        .collect();
    (imports, texts)
}
