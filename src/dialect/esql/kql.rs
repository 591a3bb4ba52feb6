//! Patterns that any value of a field may match, as `KQL("...")`: ES|QL's own LIKE asks one value only.

use crate::model::{Case, FieldRef, Segment, TestKind, WildcardPart};

/// The KQL text of a pattern on a field; `None` where KQL has no such pattern, or not in letters that need no thought.
pub fn pattern(field: &FieldRef, kind: &TestKind) -> Option<String> {
    use WildcardPart::{Many, Text};
    let text = |value: &crate::model::Expr| value.as_text().map(|text| Text(text.to_owned()));
    let parts = match kind {
        TestKind::StartsWith { value, case: Case::Sensitive } => vec![text(value)?, Many],
        TestKind::EndsWith { value, case: Case::Sensitive } => vec![Many, text(value)?],
        TestKind::Contains { value, case: Case::Sensitive } => vec![Many, text(value)?, Many],
        TestKind::Wildcard { pattern, case: Case::Sensitive } => pattern.clone(),
        _ => return None,
    };
    let mut out = name(field)?;
    out.push_str(": ");
    for part in &parts {
        match part {
            Many => out.push('*'),
            Text(text) if plain(text) => {
                for character in text.chars() {
                    if "\\():<>\"*{}".contains(character) {
                        out.push('\\');
                    }
                    out.push(character);
                }
            }
            // KQL has no sign for one character.
            _ => return None,
        }
    }
    Some(out)
}

/// Whether the text is one word that KQL cannot take for an operator.
fn plain(text: &str) -> bool {
    let operator = ["and", "or", "not"].iter().any(|word| text.eq_ignore_ascii_case(word));
    !text.is_empty() && !operator && !text.contains(|one: char| one.is_whitespace() || one.is_control())
}

fn name(field: &FieldRef) -> Option<String> {
    let mut keys = Vec::new();
    for segment in &field.path.0 {
        match segment {
            Segment::Key(key) => keys.push(key.as_str()),
            Segment::Any => {}
            _ => return None,
        }
    }
    let name = keys.join(".");
    let plain = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '_' | '@' | '-');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArrayMode, Expr, FieldPath};

    fn said(kind: &TestKind) -> Option<String> {
        let path = FieldPath(["process", "args"].map(|key| Segment::Key(key.to_owned())).to_vec());
        pattern(&FieldRef::new(path, ArrayMode::Any), kind)
    }

    #[test]
    fn what_kql_says_of_patterns() {
        let case = Case::Sensitive;
        let text = |text: &str| WildcardPart::Text(text.to_owned());
        let starts = |value: &str| TestKind::StartsWith { value: Expr::text(value.to_owned()), case };
        assert_eq!(said(&starts(r"C:\(x)")).as_deref(), Some(r"process.args: C\:\\\(x\)*"));
        let pattern = vec![text("/a/"), WildcardPart::Many, text("/b.sh")];
        let wildcard = TestKind::Wildcard { pattern, case };
        assert_eq!(said(&wildcard).as_deref(), Some("process.args: /a/*/b.sh"));
        assert_eq!(said(&TestKind::Wildcard { pattern: vec![text("a"), WildcardPart::One], case }), None);
        assert_eq!(said(&starts("a b")), None);
        assert_eq!(said(&starts("OR")), None);
        assert_eq!(said(&TestKind::StartsWith { value: Expr::text("a".to_owned()), case: Case::IgnoreAscii }), None);
    }
}
