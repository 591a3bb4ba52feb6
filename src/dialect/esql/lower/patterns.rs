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
    if !options.is_empty() {
        return refuse("options");
    }
    let Constant::Text(text) = &pattern.value else { return refuse("a pattern that is no text") };
    let (mut parts, mut names, mut rest) = (Vec::new(), Vec::new(), text.as_str());
    while let Some(at) = rest.find("%{") {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(ParsePart::Text(before.to_owned()));
        }
        let Some((key, left)) = after.get(2..).and_then(|after| after.split_once('}')) else {
            return refuse("a key that is never closed");
        };
        match key {
            "" => parts.push(ParsePart::Skip),
            skipped if skipped.starts_with('?') => parts.push(ParsePart::Skip),
            key if key.starts_with(['+', '*', '&']) || key.contains("->") || key.contains('/') => {
                return refuse(&format!("the modifiers of `{key}`"));
            }
            key => {
                names.push(key.to_owned());
                parts.push(ParsePart::Column(key.to_owned(), None));
            }
        }
        rest = left;
    }
    if !rest.is_empty() {
        parts.push(ParsePart::Text(rest.to_owned()));
    }
    Ok((StepKind::Parse { subject, kind: ParseKind::Dissect, parts, filter: false }, names))
}

/// The pattern as it stands, then the columns that it names (`%{TYPE:name:type}`, `(?<name>..)`).
pub(super) fn grok(pattern: &Literal, subject: Value) -> (StepKind, Vec<String>) {
    let text = match &pattern.value {
        Constant::Text(text) => text.as_str(),
        _ => "",
    };
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['%', '(']) {
        rest = rest.get(at..).unwrap_or("");
        if let Some((inside, after)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            let mut pieces = inside.split(':').skip(1);
            if let Some(name) = pieces.next() {
                names.push((name.to_owned(), pieces.next().map(str::to_owned)));
            }
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("(?<").and_then(|rest| rest.split_once('>'))
            && !name.starts_with(['=', '!'])
        {
            names.push((name.to_owned(), None));
            rest = after;
        } else {
            rest = rest.get(1..).unwrap_or("");
        }
    }
    names.dedup();
    let mut parts = vec![ParsePart::Text(text.to_owned())];
    parts.extend(names.iter().map(|(name, kind)| ParsePart::Column(name.clone(), kind.clone())));
    let names = names.into_iter().map(|(name, _)| name).collect();
    (StepKind::Parse { subject, kind: ParseKind::Grok, parts, filter: false }, names)
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
        assert!(dissect(&literal("%{+a}"), &[], Value::whole("x")).is_err());
        let (_, names) = grok(&literal("%{IP:ip} %{WORD} (?<rest.of>.+) (?<=x)%{NUMBER:n:int}"), Value::whole("x"));
        assert_eq!(names, ["ip", "rest.of", "n"]);
    }
}
