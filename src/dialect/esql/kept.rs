//! What is kept as it was written: a command, a condition or a value that the model cannot hold stands in `unread` with
//! its text, and goes into ES|QL again as that text (rule 5).

use super::parse;
use super::tree::*;
use crate::diagnostic::codes::elastic;
use crate::model::Unread;

/// Whether this part was read from ES|QL, so that its text can be written as it stands.
pub(super) fn is_own(entry: &Unread) -> bool {
    entry.code == elastic::ESQL_UNREAD
        && (commands(&entry.text).is_some()
            || settings(&entry.text).is_some()
            || condition(&entry.text).is_some()
            || aggregate(&entry.text).is_some())
}

/// The text as a command.
pub(super) fn command(text: &str) -> Option<Command> {
    let mut found = commands(text)?;
    if found.len() == 1 { found.pop() } else { None }
}

/// The text as a command that does nothing but add columns.
pub(super) fn column_command(text: &str) -> Option<Command> {
    command(text).filter(|command| match &command.kind {
        CommandKind::Dissect { .. } | CommandKind::Grok { .. } => true,
        CommandKind::Other { name, .. } => ADD_COLUMNS.contains(name),
        _ => false,
    })
}

/// Commands that add columns to each row and change nothing else.
pub(super) const ADD_COLUMNS: &[&str] =
    &["completion", "enrich", "uri_parts", "registered_domain", "user_agent", "ip_location"];

fn commands(text: &str) -> Option<Vec<Command>> {
    let query = parse(&format!("FROM x | {text}")).ok()?;
    Some(query.commands.into_iter().skip(1).map(unplaced).collect())
}

/// The text as the settings in front of a query.
pub(super) fn settings(text: &str) -> Option<Vec<Setting>> {
    let query = parse(&format!("{text} FROM x")).ok()?;
    (!query.settings.is_empty()).then_some(query.settings)
}

/// The text as a condition or a value.
pub(super) fn condition(text: &str) -> Option<Expr> {
    match parse(&format!("FROM x | WHERE {text}")).ok()?.commands.into_iter().nth(1)?.kind {
        CommandKind::Where(condition) => Some(condition),
        _ => None,
    }
}

/// The text as an aggregate with its own filter.
pub(super) fn aggregate(text: &str) -> Option<Aggregate> {
    match parse(&format!("FROM x | STATS {text}")).ok()?.commands.into_iter().nth(1)?.kind {
        CommandKind::Stats { mut aggregates, by, .. } if by.is_empty() && aggregates.len() == 1 => aggregates.pop(),
        _ => None,
    }
}

/// A command without its place, which is one of another text.
fn unplaced(command: Command) -> Command {
    Command { span: crate::diagnostic::Span::default(), ..command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_for_what_they_are() {
        assert!(command("COMPLETION a = b WITH {\"inference_id\": \"x\"}").is_some());
        assert!(column_command("ENRICH p ON a WITH b").is_some());
        assert!(column_command("LOOKUP JOIN l ON a").is_none());
        assert!(command("a == 1").is_none());
        assert!(condition("a == 1 OR TO_DOUBLE(b) > 0.7").is_some());
        assert!(condition("COMPLETION a = b").is_none());
        assert!(aggregate("COUNT(*) WHERE a == 1").is_some_and(|found| found.filter.is_some()));
        assert_eq!(settings("SET time_zone = \"UTC\";").map(|found| found.len()), Some(1));
    }
}
