//! Damaged queries: one token deleted, doubled, or swapped with the next, by a seeded program.

use std::collections::BTreeMap;

use ruleglot::dialect::kusto;

use crate::judge::{Corpus, judge};

/// A small generator of numbers (SplitMix64), so that every run damages the same way.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// The tokens of a query as ranges, white space and comments left out.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = text[at..].find('\n').map_or(text.len(), |end| at + end);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                let verbatim = at > 0 && bytes[at - 1] == b'@';
                at += 1;
                while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' && !verbatim { 2 } else { 1 };
                }
                at += 1;
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'$')) {
                    at += 1;
                }
            }
            _ => {
                let two = text.get(at..at + 2).unwrap_or("");
                let long = ["==", "!=", "=~", "!~", "<=", ">=", "<>", ".."].contains(&two);
                at += if long { 2 } else { text[at..].chars().next().map_or(1, char::len_utf8) };
            }
        }
        at = at.min(bytes.len());
        while !text.is_char_boundary(at) {
            at += 1;
        }
        found.push(start..at);
    }
    found
}

/// One damaged copy of a query.
fn damage(text: &str, numbers: &mut Numbers) -> Option<String> {
    let tokens = tokens(text);
    if tokens.len() < 3 {
        return None;
    }
    let index = numbers.below(tokens.len() - 1);
    let (token, next) = (tokens[index].clone(), tokens[index + 1].clone());
    let (before, this, after) = (&text[..token.start], &text[token.clone()], &text[token.end..]);
    Some(match numbers.below(3) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{this} {this}{after}"),
        _ => format!("{before}{}{}{this}{}", &text[next.clone()], &text[token.end..next.start], &text[next.end..]),
    })
}

/// The classes of disagreement. None is left on this sweep; what is known to differ elsewhere:
///
/// - `control command`: a text that starts with `.` is read by the official library's grammar of control commands.
fn class(text: &str, ours: bool) -> &'static str {
    match ours {
        _ if text.trim_start().starts_with('.') => "control command",
        true => "accepted by us only",
        false => "accepted by the official parser only",
    }
}

#[test]
fn agrees_with_the_official_parser_on_damaged_queries() {
    const COUNT: usize = 5_000;
    // Another seed damages in other places.
    let seed = std::env::var("RULEGLOT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_120);
    let Some(corpus) = Corpus::load() else { return };
    let mut numbers = Numbers(seed);
    let mut damaged = Vec::with_capacity(COUNT);
    let accepted: Vec<&str> =
        corpus.queries.iter().filter(|entry| entry.official_ok).map(|entry| entry.text.as_str()).collect();
    for text in accepted.iter().cycle() {
        if damaged.len() == COUNT {
            break;
        }
        damaged.extend(damage(text, &mut numbers));
    }
    let texts: Vec<&str> = damaged.iter().map(String::as_str).collect();
    let Some(verdicts) = judge(&texts, &[]) else { return };
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut still_accepted = 0;
    for (text, verdict) in texts.iter().zip(&verdicts) {
        let official = verdict["ok"].as_bool().unwrap();
        let ours = kusto::parse(text).is_ok();
        still_accepted += usize::from(official);
        if ours != official {
            classes.entry(class(text, ours)).or_default().push(text);
        }
    }
    let differ: usize = classes.values().map(Vec::len).sum();
    println!(
        "{COUNT} damaged queries, {still_accepted} of them still accepted by the official parser, {differ} differ"
    );
    for (class, texts) in &classes {
        println!("{class}: {}", texts.len());
        if std::env::var_os("RULEGLOT_SHOW").is_some() {
            for text in texts {
                println!("----\n{text}\n");
            }
        }
    }
    assert!(differ * 50 <= COUNT, "{differ} of {COUNT} differ");
}
