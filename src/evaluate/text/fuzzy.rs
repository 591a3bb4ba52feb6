//! Edits between texts, as Lucene's fuzzy terms count them.

/// Whether one text becomes the other with at most `most` insertions, deletions and replacements of a character, and
/// swaps of two neighbours where `transpositions` is set (optimal string alignment). Case-sensitive.
pub fn within_edits(left: &str, right: &str, most: u8, transpositions: bool) -> bool {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let most = usize::from(most);
    if left.len().abs_diff(right.len()) > most {
        return false;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let (mut left_before, far) = (None, usize::MAX / 2);
    for (row, &a) in left.iter().enumerate() {
        let mut now = Vec::with_capacity(right.len() + 1);
        now.push(row + 1);
        let mut right_before = None;
        for (column, &b) in right.iter().enumerate() {
            let get = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(far);
            let mut cost = get(&last, column) + usize::from(a != b);
            cost = cost.min(get(&last, column + 1) + 1).min(get(&now, column) + 1);
            if transpositions && left_before == Some(b) && right_before == Some(a) && column > 0 {
                cost = cost.min(get(&before_last, column - 1) + 1);
            }
            now.push(cost);
            right_before = Some(b);
        }
        if now.iter().all(|cost| *cost > most) {
            return false;
        }
        left_before = Some(a);
        before_last = std::mem::replace(&mut last, now);
    }
    last.last().is_some_and(|cost| *cost <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (left, right, most, swaps, fits) in [
            ("admin", "admin", 0, false, true),
            ("admin", "admim", 1, false, true),
            ("admin", "adimn", 1, true, true),
            ("admin", "adimn", 1, false, false),
            ("admin", "adm", 2, false, true),
            ("admin", "ad", 2, false, false),
            ("", "a", 1, false, true),
        ] {
            assert_eq!(within_edits(left, right, most, swaps), fits, "{left} {right}");
        }
    }
}
