//! Paths of registry values: one text in Elastic (`HKLM\Software\Key\Value`), key and value apart in Defender
//! (`HKEY_LOCAL_MACHINE\Software\Key`, `Value`).
//!
//! A pattern of the whole path is taken apart at its last backslash; a `*` behind it may itself stand for more of the
//! key. Agents name the roots of the registry in their own ways; all of them mean one root in Defender.

use crate::model::{Anchor, Case, Expr, TestKind, Value, WildcardPart};

/// A condition on the two columns: of the key, of the value's name; `None` where anything will do.
pub(super) type KeyAndValue = (TestKind, Option<TestKind>);

/// The roots as agents write them, and as Defender does.
const ROOTS: [(&str, &[&str]); 12] = [
    (r"HKLM\", &["HKEY_LOCAL_MACHINE\\"]),
    (r"HKEY_LOCAL_MACHINE\", &["HKEY_LOCAL_MACHINE\\"]),
    (r"\REGISTRY\MACHINE\", &["HKEY_LOCAL_MACHINE\\"]),
    (r"REGISTRY\MACHINE\", &["HKEY_LOCAL_MACHINE\\"]),
    (r"MACHINE\", &["HKEY_LOCAL_MACHINE\\"]),
    // Defender shows a loaded user's hive as the current user's, with the user's SID behind it.
    (r"HKU\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    (r"HKEY_USERS\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    (r"\REGISTRY\USER\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    (r"USER\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    (r"HKCU\", &["HKEY_CURRENT_USER\\"]),
    (r"HKCR\", &["HKEY_CLASSES_ROOT\\"]),
    (r"HKEY_CURRENT_USER\", &["HKEY_CURRENT_USER\\"]),
];

/// A test of the whole path as conditions of which one must hold; `None` where the two columns cannot answer it.
pub(super) fn apart(kind: &TestKind) -> Option<Vec<KeyAndValue>> {
    let text = |value: &Expr| match value.as_literal()? {
        Value::String(text) => Some(WildcardPart::Text(text.clone())),
        _ => None,
    };
    match kind {
        TestKind::Equals { value, case, .. } => pattern(&[text(value)?], *case),
        TestKind::In { values, case, .. } => {
            let each: Option<Vec<Vec<KeyAndValue>>> =
                values.iter().map(|value| pattern(&[text(value)?], *case)).collect();
            Some(distinct(each?.into_iter().flatten()))
        }
        TestKind::Wildcard { pattern: parts, case } => pattern(parts, *case),
        TestKind::StartsWith { value, case } => pattern(&[text(value)?, WildcardPart::Many], *case),
        TestKind::EndsWith { value, case } => pattern(&[WildcardPart::Many, text(value)?], *case),
        TestKind::Contains { value, case } => pattern(&[WildcardPart::Many, text(value)?, WildcardPart::Many], *case),
        TestKind::Present => Some(vec![(TestKind::Present, None)]),
        _ => None,
    }
}

fn distinct(items: impl Iterator<Item = KeyAndValue>) -> Vec<KeyAndValue> {
    let mut once: Vec<KeyAndValue> = Vec::new();
    for item in items {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    once
}

fn pattern(parts: &[WildcardPart], case: Case) -> Option<Vec<KeyAndValue>> {
    let mut found = Vec::new();
    for parts in rooted(parts) {
        let (key, value) = at_last_backslash(&parts)?;
        found.push((test(&key, case), (value.as_slice() != [WildcardPart::Many]).then(|| test(&value, case))));
        // A `*` behind the last backslash may stand for more of the key.
        for (at, _) in value.iter().enumerate().filter(|(_, part)| **part == WildcardPart::Many) {
            let mut longer = key.clone();
            push(&mut longer, WildcardPart::Text("\\".to_owned()));
            for part in value.iter().take(at + 1) {
                push(&mut longer, part.clone());
            }
            let rest: Vec<WildcardPart> = value.iter().skip(at).cloned().collect();
            found.push((test(&longer, case), (rest.as_slice() != [WildcardPart::Many]).then(|| test(&rest, case))));
        }
    }
    Some(distinct(found.into_iter()))
}

/// The pattern with the roots that Defender writes.
fn rooted(parts: &[WildcardPart]) -> Vec<Vec<WildcardPart>> {
    let Some((WildcardPart::Text(first), rest)) = parts.split_first() else { return vec![parts.to_vec()] };
    let starts = |root: &str| first.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root));
    match ROOTS.iter().find(|(root, _)| starts(root)) {
        Some((root, ours)) => ours
            .iter()
            .map(|own| {
                let text = format!("{own}{}", first.get(root.len()..).unwrap_or(""));
                std::iter::once(WildcardPart::Text(text)).chain(rest.iter().cloned()).collect()
            })
            .collect(),
        None => vec![parts.to_vec()],
    }
}

/// What stands before and behind the last backslash of a pattern.
fn at_last_backslash(parts: &[WildcardPart]) -> Option<(Vec<WildcardPart>, Vec<WildcardPart>)> {
    let of = |part: &WildcardPart| matches!(part, WildcardPart::Text(text) if text.contains('\\'));
    let Some(at) = parts.iter().rposition(of) else {
        // Without one, an open start may still reach over it.
        return match parts.split_first() {
            Some((WildcardPart::Many, _)) => Some((vec![WildcardPart::Many], parts.to_vec())),
            _ => None,
        };
    };
    let WildcardPart::Text(text) = parts.get(at)? else { return None };
    let (before, behind) = text.rsplit_once('\\')?;
    let mut key: Vec<WildcardPart> = parts.iter().take(at).cloned().collect();
    if !before.is_empty() {
        key.push(WildcardPart::Text(before.to_owned()));
    }
    let mut value = Vec::new();
    if !behind.is_empty() {
        value.push(WildcardPart::Text(behind.to_owned()));
    }
    value.extend(parts.iter().skip(at + 1).cloned());
    (!key.is_empty()).then_some((key, value))
}

fn push(parts: &mut Vec<WildcardPart>, part: WildcardPart) {
    match (parts.last_mut(), part) {
        (Some(WildcardPart::Text(known)), WildcardPart::Text(more)) => known.push_str(&more),
        (Some(WildcardPart::Many), WildcardPart::Many) => {}
        (_, part) => parts.push(part),
    }
}

/// The simplest test that says a pattern.
fn test(parts: &[WildcardPart], case: Case) -> TestKind {
    use WildcardPart::{Many, Text};
    let text = |text: &String| Expr::text(text.clone());
    match parts {
        [] => TestKind::Equals { value: Expr::text(""), case, typing: crate::model::Typing::Typed },
        [Text(one)] => TestKind::Equals { value: text(one), case, typing: crate::model::Typing::Typed },
        [Text(one), Many] => TestKind::StartsWith { value: text(one), case },
        [Many, Text(one)] => TestKind::EndsWith { value: text(one), case },
        [Many, Text(one), Many] => TestKind::Contains { value: text(one), case },
        [Many] => TestKind::Regex {
            pattern: Expr::text(".*"),
            flavour: crate::model::RegexFlavour::Re2,
            anchor: Anchor::Search,
            case,
        },
        _ => TestKind::Wildcard { pattern: parts.to_vec(), case },
    }
}

/// A path as Defender keeps it: key, name of the value.
pub(super) fn split(path: &str) -> (String, String) {
    let (key, value) = path.rsplit_once('\\').unwrap_or((path, ""));
    let key = format!("{key}\\");
    let root =
        ROOTS.iter().find(|(root, _)| key.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root)));
    let key = match root {
        Some((root, [own, ..])) => format!("{own}{}", key.get(root.len()..).unwrap_or("")),
        _ => key,
    };
    (key.trim_end_matches('\\').to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use WildcardPart::{Many, Text};

    fn text(text: &str) -> WildcardPart {
        Text(text.to_owned())
    }

    #[test]
    fn a_path_is_taken_apart_at_its_last_backslash() {
        let case = Case::Ignore;
        let exact = apart(&TestKind::Wildcard { pattern: vec![text(r"HKLM\SYSTEM\Setup\CmdLine")], case }).unwrap();
        assert_eq!(exact.len(), 1);
        assert_eq!(exact[0].0, test(&[text(r"HKEY_LOCAL_MACHINE\SYSTEM\Setup")], case));
        assert_eq!(exact[0].1, Some(test(&[text("CmdLine")], case)));
        let open = apart(&TestKind::Wildcard { pattern: vec![text(r"HKLM\Run\"), Many], case }).unwrap();
        assert_eq!(
            open,
            vec![
                (test(&[text(r"HKEY_LOCAL_MACHINE\Run")], case), None),
                (test(&[text(r"HKEY_LOCAL_MACHINE\Run\"), Many], case), None),
            ]
        );
        let both = apart(&TestKind::Wildcard { pattern: vec![text(r"HKU\"), Many, text(r"\Run\x")], case }).unwrap();
        assert_eq!(both.len(), 2, "a user's hive has two names");
        assert_eq!(apart(&TestKind::Wildcard { pattern: vec![text("Run")], case }), None);
    }

    #[test]
    fn a_path_is_kept_as_key_and_value() {
        assert_eq!(split(r"HKLM\SOFTWARE\A\B"), (r"HKEY_LOCAL_MACHINE\SOFTWARE\A".to_owned(), "B".to_owned()));
        assert_eq!(split("B"), ("B".to_owned(), String::new()));
    }
}
