//! Tokens as Elasticsearch's standard analyser makes them: words by Unicode's rules (UAX #29), lower case, words of
//! more than 255 characters cut.

use unicode_segmentation::UnicodeSegmentation;

/// The analyser's greatest length of a token, in characters.
const LONGEST: usize = 255;

/// The tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.unicode_words() {
        let lower = word.to_lowercase();
        if lower.chars().count() <= LONGEST {
            found.push(lower);
        } else {
            let characters: Vec<char> = lower.chars().collect();
            found.extend(characters.chunks(LONGEST).map(|chunk| chunk.iter().collect::<String>()));
        }
    }
    found
}

/// Whether the tokens stand in the text next to each other and in order, with at most `slop` moves altogether.
pub fn has_phrase(text: &[String], phrase: &[String], slop: u32) -> bool {
    if phrase.is_empty() {
        return false;
    }
    if slop == 0 {
        return text.windows(phrase.len()).any(|window| window == phrase);
    }
    let places: Vec<Vec<i64>> = phrase
        .iter()
        .map(|token| (0i64..).zip(text).filter(|(_, other)| *other == token).map(|(at, _)| at).collect())
        .collect();
    if places.iter().any(Vec::is_empty) {
        return false;
    }
    // Lucene's measure: positions minus their place in the phrase must lie within a width of `slop`. The narrowest
    // window over all choices is found by trying each shifted position as the least.
    let shifted: Vec<Vec<i64>> =
        (0i64..).zip(&places).map(|(index, list)| list.iter().map(|at| at - index).collect::<Vec<i64>>()).collect();
    let width = i64::from(slop);
    shifted.iter().flatten().any(|&least| {
        shifted.iter().all(|list| list.iter().any(|&at| (least..=least.saturating_add(width)).contains(&at)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_the_standard_analyser_cuts_them() {
        for (text, expected) in [
            ("Invoke-Mimikatz -DumpCreds", vec!["invoke", "mimikatz", "dumpcreds"]),
            ("snake_case stays", vec!["snake_case", "stays"]),
            ("example.com 10.0.0.1", vec!["example.com", "10.0.0.1"]),
            ("can't \"quote\"", vec!["can't", "quote"]),
            (r"C:\Windows\cmd.exe", vec!["c", "windows", "cmd.exe"]),
            ("...", vec![]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
        assert_eq!(tokens(&"a".repeat(300)).len(), 2);
    }

    #[test]
    fn phrases_with_and_without_slop() {
        let text = tokens("the quick brown fox");
        for (phrase, slop, fits) in [
            ("quick brown", 0, true),
            ("brown quick", 0, false),
            ("quick fox", 0, false),
            ("quick fox", 1, true),
            ("brown quick", 1, false),
            ("brown quick", 2, true),
            ("missing", 5, false),
            ("", 0, false),
        ] {
            assert_eq!(has_phrase(&text, &tokens(phrase), slop), fits, "{phrase}~{slop}");
        }
    }
}
