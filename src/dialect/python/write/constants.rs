//! Lists of values and long patterns stand above the functions under names, as in a rule that people write.

use super::WIDTH;
use super::layout::snake;
use crate::model::{Expr, Segment};

/// More values than this stand in a list of their own.
const IN_PLACE: usize = 3;
/// Values longer than this, all together, stand in a list of their own.
const LENGTH: usize = 60;
/// Patterns longer than this get a name.
const PATTERN: usize = 50;

/// Named values, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Constants {
    found: Vec<Constant>,
}

#[derive(Debug)]
struct Constant {
    name: String,
    /// The value on one line, by which equal ones are known.
    line: String,
    /// The value as it is written.
    text: String,
}

impl Constants {
    /// A list of values in brackets: in its place where it is short, else a name.
    pub(super) fn listed(
        &mut self,
        subject: &Expr,
        kind: &str,
        values: &[String],
        (open, close): (char, char),
    ) -> String {
        let together = values.join(", ");
        let comma = if values.len() == 1 && open == '(' { "," } else { "" };
        if values.len() <= IN_PLACE && together.len() <= LENGTH {
            // a set of a few values is no shorter to read than a tuple
            let comma = if values.len() == 1 { "," } else { "" };
            return format!("({together}{comma})");
        }
        let noun = if kind.is_empty() { plural(&of(subject)) } else { format!("{}_{kind}", of(subject)) };
        let line = format!("{open}{together}{comma}{close}");
        let name = self.name(&noun.to_ascii_uppercase(), &line);
        let text = if name.len() + 3 + line.len() <= WIDTH {
            line.clone()
        } else {
            format!("{open}\n{}{close}", values.iter().map(|value| format!("    {value},\n")).collect::<String>())
        };
        self.keep(&name, &line, text);
        name
    }

    /// The name of a compiled pattern; `None` where it is short enough to stand in its place.
    pub(super) fn pattern(&mut self, subject: &Expr, pattern: &str, compiled: &str) -> Option<String> {
        if pattern.len() <= PATTERN {
            return None;
        }
        let name = self.name(&format!("{}_PATTERN", of(subject).to_ascii_uppercase()), compiled);
        let text = super::layout::call(&format!("{name} = "), compiled);
        self.keep(&name, compiled, text);
        Some(name)
    }

    /// A name for a value: that of an equal one, else one that is free.
    fn name(&self, wanted: &str, line: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1;
        while self.found.iter().any(|known| known.name == name && known.line != line) {
            count += 1;
            name = format!("{wanted}_{count}");
        }
        name
    }

    /// Keeps a value under a name, unless it has one.
    fn keep(&mut self, name: &str, line: &str, text: String) {
        if !self.found.iter().any(|known| known.name == name) {
            self.found.push(Constant { name: name.to_owned(), line: line.to_owned(), text });
        }
    }

    /// The lines that define them.
    pub(super) fn lines(&self) -> Vec<String> {
        self.found.iter().map(|known| format!("{} = {}", known.name, known.text)).collect()
    }
}

/// What a value is called.
fn of(subject: &Expr) -> String {
    let name = match subject {
        Expr::Field(field) => field.path.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(snake(key)),
            _ => None,
        }),
        Expr::Path(_, path, _) => path.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(snake(key)),
            _ => None,
        }),
        Expr::Call(_, arguments) => arguments.first().map(of),
        _ => None,
    };
    name.filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
        .unwrap_or_else(|| "value".to_owned())
}

fn plural(noun: &str) -> String {
    if noun.ends_with("ss") || noun.ends_with("us") || noun.ends_with('x') || noun.ends_with("ch") {
        format!("{noun}es")
    } else if noun.ends_with('s') {
        format!("{noun}_values")
    } else if let Some(stem) = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        format!("{stem}ies")
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_get_a_name_and_short_ones_stay() {
        let mut constants = Constants::default();
        let values = |count: usize| (0..count).map(|at| format!("\"value {at}\"")).collect::<Vec<_>>();
        assert_eq!(
            constants.listed(&Expr::whole("eventName"), "", &values(2), ('{', '}')),
            "(\"value 0\", \"value 1\")"
        );
        assert_eq!(constants.listed(&Expr::whole("eventName"), "", &values(5), ('{', '}')), "EVENT_NAMES");
        assert_eq!(constants.listed(&Expr::whole("eventName"), "", &values(5), ('{', '}')), "EVENT_NAMES");
        assert_eq!(constants.listed(&Expr::whole("eventName"), "", &values(30), ('{', '}')), "EVENT_NAMES_2");
        assert_eq!(constants.listed(&Expr::whole("eventName"), "", &values(30), ('{', '}')), "EVENT_NAMES_2");
        assert_eq!(constants.lines().len(), 2);
        assert!(constants.lines()[1].ends_with("    \"value 29\",\n}"));
    }

    #[test]
    fn nouns_have_plurals() {
        for (one, many) in
            [("event_name", "event_names"), ("category", "categories"), ("status", "statuses"), ("key", "keys")]
        {
            assert_eq!(plural(one), many);
        }
    }
}
