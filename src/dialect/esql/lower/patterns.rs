//! Patterns: LIKE, DISSECT and GROK.

use super::Gap;
use crate::diagnostic::codes::elastic;
use crate::dialect::esql::tree::*;
use crate::model::{Expr as Value, ParseKind, ParsePart, StepKind, WildcardPart};

/// `*` is any run of characters, `?` is one; a backslash takes the next character as it stands.
pub(super) fn like(pattern: &str) -> Vec<WildcardPart> {
    let mut parts: Vec<WildcardPart> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let (character, escaped) = match character {
            '\\' => (characters.next().unwrap_or('\\'), true),
            other => (other, false),
        };
        match (character, escaped, parts.last_mut()) {
            ('*', false, Some(WildcardPart::Many)) => {}
            ('*', false, _) => parts.push(WildcardPart::Many),
            ('?', false, _) => parts.push(WildcardPart::One),
            (other, _, Some(WildcardPart::Text(text))) => text.push(other),
            (other, _, _) => parts.push(WildcardPart::Text(other.to_string())),
        }
    }
    parts
}

/// `%{name}` takes what stands up to the next text; `%{}` and `%{?name}` skip it.
pub(super) fn dissect(
    pattern: &Literal,
    options: &[(Name, Expr)],
    subject: Value,
) -> Result<(StepKind, Vec<String>), Gap> {
    let refuse = |what: &str| Err((elastic::ESQL_UNREAD, format!("DISSECT with {what} is not read"), pattern.span));
    let (mut parts, mut names) = (Vec::new(), Vec::new());
    for (name, value) in options {
        match (name.name.to_ascii_lowercase().as_str(), &value.kind) {
            ("append_separator", ExprKind::Literal(Literal { value: Constant::Text(between), .. })) => {
                parts.push(ParsePart::Separator(between.clone()));
            }
            (other, _) => return refuse(&format!("the option {}", other.to_uppercase())),
        }
    }
    let Constant::Text(text) = &pattern.value else { return refuse("a pattern that is no text") };
    let mut rest = text.as_str();
    while let Some(at) = rest.find("%{") {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(ParsePart::Text(before.to_owned()));
        }
        let Some((key, left)) = after.get(2..).and_then(|after| after.split_once('}')) else {
            return refuse("a key that is never closed");
        };
        let (inner, padding) = match key.strip_suffix("->") {
            Some(inner) => (inner, "->"),
            None => (key, ""),
        };
        parts.push(match inner.chars().next() {
            None | Some('?') if padding.is_empty() => ParsePart::Skip,
            None => ParsePart::Column(String::new(), Some(padding.to_owned())),
            Some('?') => ParsePart::Column(inner.trim_start_matches('?').to_owned(), Some("?->".to_owned())),
            Some('*' | '&') => return refuse(&format!("the reference `{key}`")),
            Some('+') => {
                let (name, place) = match inner.trim_start_matches('+').split_once('/') {
                    Some((name, place)) if place.parse::<u16>().is_ok() => (name, format!("+/{place}")),
                    Some(_) => return refuse(&format!("the order of `{key}`")),
                    None => (inner.trim_start_matches('+'), "+".to_owned()),
                };
                names.push(name.to_owned());
                ParsePart::Column(name.to_owned(), Some(place + padding))
            }
            Some(_) => {
                names.push(inner.to_owned());
                ParsePart::Column(inner.to_owned(), (!padding.is_empty()).then(|| padding.to_owned()))
            }
        });
        rest = left;
    }
    if !rest.is_empty() {
        parts.push(ParsePart::Text(rest.to_owned()));
    }
    Ok((StepKind::Parse { subject, kind: ParseKind::Dissect, parts, filter: false }, names))
}

/// The patterns as they stand, then the columns that they name (`%{TYPE:name:type}`, `(?<name>..)`).
pub(super) fn grok(patterns: &[Literal], subject: Value) -> (StepKind, Vec<String>) {
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    let mut parts = Vec::new();
    for pattern in patterns {
        if let Constant::Text(text) = &pattern.value {
            named(text, &mut names);
            parts.push(ParsePart::Text(text.clone()));
        }
    }
    parts.extend(names.iter().map(|(name, kind)| ParsePart::Column(name.clone(), kind.clone())));
    let names = names.into_iter().map(|(name, _)| name).collect();
    (StepKind::Parse { subject, kind: ParseKind::Grok, parts, filter: false }, names)
}

/// The columns that a GROK pattern names, each once.
fn named(text: &str, names: &mut Vec<(String, Option<String>)>) {
    let mut add = |name: &str, kind: Option<&str>| {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.to_owned(), kind.map(str::to_owned)));
        }
    };
    let mut rest = text;
    while let Some(at) = rest.find(['%', '(']) {
        rest = rest.get(at..).unwrap_or("");
        if let Some((inside, after)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            let mut pieces = inside.split(':').skip(1);
            if let Some(name) = pieces.next() {
                add(name, pieces.next());
            }
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("(?<").and_then(|rest| rest.split_once('>'))
            && !name.starts_with(['=', '!'])
        {
            add(name, None);
            rest = after;
        } else {
            rest = rest.get(1..).unwrap_or("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn literal(text: &str) -> Literal {
        Literal { value: Constant::Text(text.to_owned()), text: String::new(), span: Span::default() }
    }

    #[test]
    fn like_escapes_its_wildcards() {
        assert_eq!(like("a*"), [WildcardPart::Text("a".into()), WildcardPart::Many]);
        assert_eq!(like(r"C:\\a\*?"), [WildcardPart::Text(r"C:\a*".into()), WildcardPart::One]);
    }

    #[test]
    fn dissect_and_grok_name_their_columns() {
        let (_, names) = dissect(&literal("%{a} - %{?skip}:%{b.c}"), &[], Value::whole("x")).unwrap();
        assert_eq!(names, ["a", "b.c"]);
        assert!(dissect(&literal("%{*a}"), &[], Value::whole("x")).is_err());
        let (_, names) = grok(&[literal("%{IP:ip} %{WORD} (?<rest.of>.+) (?<=x)%{NUMBER:n:int}")], Value::whole("x"));
        assert_eq!(names, ["ip", "rest.of", "n"]);
    }
}
