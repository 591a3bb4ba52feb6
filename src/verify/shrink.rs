//! Making an event smaller while something stays true of it.

use serde_json::Value as Json;

/// How often the question may be asked.
const MOST_ASKED: usize = 600;

/// The smallest event found by taking away members, elements and characters for which `holds` still answers true.
/// Greedy and deterministic; `event` itself where nothing can go.
pub fn shrink(event: &Json, holds: impl FnMut(&Json) -> bool) -> Json {
    shrink_within(MOST_ASKED, event, holds)
}

/// [`shrink`], asking at most so often.
pub fn shrink_within(most: usize, event: &Json, mut holds: impl FnMut(&Json) -> bool) -> Json {
    let mut best = event.clone();
    let mut asked = 0;
    loop {
        let mut smaller = false;
        let mut skip = 0;
        // Each candidate is one change; after a change that holds the next ones are made from the smaller event.
        while let Some(candidate) = change(&best, &mut { skip }) {
            if asked >= most {
                return best;
            }
            asked += 1;
            if weight(&candidate) < weight(&best) && holds(&candidate) {
                best = candidate;
                smaller = true;
            } else {
                skip += 1;
            }
        }
        if !smaller {
            return best;
        }
    }
}

/// Length as text; what is to become smaller.
pub fn weight(event: &Json) -> usize {
    event.to_string().len()
}

/// The change of this number, counted down; `None` behind the last.
fn change(value: &Json, number: &mut usize) -> Option<Json> {
    let mut take = || {
        let chosen = *number == 0;
        *number = number.wrapping_sub(1);
        chosen
    };
    match value {
        Json::Object(members) => {
            for key in members.keys() {
                if take() {
                    let mut fewer = members.clone();
                    fewer.shift_remove(key);
                    return Some(Json::Object(fewer));
                }
            }
            for (key, member) in members {
                if let Some(changed) = change(member, number) {
                    let mut other = members.clone();
                    other.insert(key.clone(), changed);
                    return Some(Json::Object(other));
                }
            }
            None
        }
        Json::Array(items) => {
            // Halves and eighths first, or a long list would be taken apart one by one.
            for part in [items.len() / 2, items.len() / 8] {
                for from in (0..items.len()).step_by(part.max(1)).take_while(|_| part > 1) {
                    if take() {
                        let to = items.len().min(from + part);
                        let mut fewer = items.clone();
                        fewer.drain(from..to);
                        return Some(Json::Array(fewer));
                    }
                }
            }
            for at in 0..items.len() {
                if take() {
                    let mut fewer = items.clone();
                    fewer.remove(at);
                    return Some(Json::Array(fewer));
                }
            }
            if items.len() == 1 && take() {
                return items.first().cloned();
            }
            for (at, item) in items.iter().enumerate() {
                if let Some(changed) = change(item, number) {
                    let mut other = items.clone();
                    if let Some(place) = other.get_mut(at) {
                        *place = changed;
                    }
                    return Some(Json::Array(other));
                }
            }
            None
        }
        Json::String(text) => {
            let characters: Vec<char> = text.chars().collect();
            let length = characters.len();
            let half = length / 2;
            let cuts = [(0, half), (half, length), (1, length), (0, length.saturating_sub(1))];
            for (from, to) in cuts {
                if length > 0 && take() {
                    return Some(Json::String(characters.get(from..to).unwrap_or_default().iter().collect()));
                }
            }
            None
        }
        Json::Number(number) if number.as_i64().is_some_and(|number| !(0..10).contains(&number)) => {
            if take() {
                Some(Json::from(0))
            } else {
                None
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_matter_goes() {
        let event = json!({"a": {"b": "xxevilxx", "c": 1}, "list": [1, {"k": "v"}, 3], "n": 4625});
        let small = shrink(&event, |event| {
            event.pointer("/a/b").and_then(Json::as_str).is_some_and(|text| text.contains("evil"))
        });
        assert_eq!(small, json!({"a": {"b": "evil"}}));
        let small = shrink(&event, |event| event.get("n").and_then(Json::as_i64) == Some(4625));
        assert_eq!(small, json!({"n": 4625}));
        assert_eq!(shrink(&json!({}), |_| true), json!({}));
    }
}
