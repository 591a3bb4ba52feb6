//! Alert titles: text with `{{Column}}` in it.

use crate::model::{ArrayMode, Expr, FieldPath, FieldRef, Value, function};

/// The most columns that a title may name (documented limit of alert details).
const MAX_COLUMNS: usize = 3;

/// A column of the query's result.
pub(super) fn column(name: &str) -> Expr {
    Expr::Field(FieldRef::new(FieldPath::parse(name), ArrayMode::Whole))
}

/// The value of a title: texts and columns joined, a missing column as nothing.
pub(super) fn parse(format: &str) -> Expr {
    let (mut parts, mut rest) = (Vec::new(), format);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        if !before.is_empty() {
            parts.push(Expr::text(before));
        }
        parts.push(column(name.trim()));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Expr::text(rest));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => Expr::Call(function::CONCAT_OR_EMPTY, parts),
    }
}

/// The title as a format over these columns; `None` where it computes something, or names a column that is not there.
pub(super) fn print(title: &Expr, columns: &[String]) -> Option<String> {
    let (mut out, mut count) = (String::new(), 0);
    part(title, columns, &mut out, &mut count)?;
    (count <= MAX_COLUMNS && out.chars().count() <= 256).then_some(out)
}

fn part(expr: &Expr, columns: &[String], out: &mut String, count: &mut usize) -> Option<()> {
    match expr {
        Expr::Literal(Value::String(text)) => out.push_str(text),
        Expr::Field(field) => {
            let name = field.path.as_column()?;
            if !columns.iter().any(|column| column == name) {
                return None;
            }
            *count += 1;
            out.push_str(&format!("{{{{{name}}}}}"));
        }
        Expr::Call(name, parts) if *name == function::CONCAT_OR_EMPTY || *name == function::CONCAT => {
            parts.iter().try_for_each(|inner| part(inner, columns, out, count))?;
        }
        Expr::Call(name, parts) if [function::TO_TEXT, function::TO_TEXT_OR_EMPTY].contains(name) => {
            part(parts.first()?, columns, out, count)?;
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_back() {
        let columns = ["User".to_owned(), "Ip".to_owned()];
        for format in ["Plain", "By {{User}} from {{Ip}}", "{{User}}", "{{User}} did it"] {
            assert_eq!(print(&parse(format), &columns).as_deref(), Some(format));
        }
        assert_eq!(print(&parse("By {{Other}}"), &columns), None);
    }
}
