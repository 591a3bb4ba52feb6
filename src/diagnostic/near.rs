//! "Did you mean": the names that a misspelt one is nearest to.

/// The candidates nearest to `name`, best first, at most three: within a third of its length in edits (insert, delete,
/// replace, swap of neighbours), case ignored.
pub fn near_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = |text: &str| text.chars().take(64).flat_map(char::to_lowercase).collect::<Vec<_>>();
    let wanted = folded(name);
    let limit = (wanted.len() / 3).max(1);
    let mut found: Vec<(usize, usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (distance(&wanted, &folded(candidate)), candidate.len().abs_diff(name.len()), candidate))
        .filter(|(edits, ..)| *edits <= limit)
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(.., candidate)| candidate).collect()
}

/// A next step that names the nearest candidates; `None` where nothing is near.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = near_names(name, candidates);
    if near.is_empty() {
        return None;
    }
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("Did you mean {}?", quoted.join(" or ")))
}

/// Edits between two texts, a swap of neighbours counting as one.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let get = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (get(&last, column) + usize::from(a != b)).min(get(&last, column + 1) + 1).min(get(&line, column) + 1);
            let swapped = row > 0 && column > 0 && left.get(row - 1) == Some(b) && right.get(column - 1) == Some(a);
            if swapped {
                best = best.min(get(&before, column - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_best_first() {
        let names = ["Equals", "IEquals", "EndsWith", "Contains"];
        assert_eq!(near_names("Equal", names), ["Equals"]);
        assert_eq!(near_names("Contians", names), ["Contains"]);
        assert!(near_names("MatchesRegex", names).is_empty());
        assert_eq!(did_you_mean("IEqual", names).as_deref(), Some("Did you mean `IEquals` or `Equals`?"));
    }
}
