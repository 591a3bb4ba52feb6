//! Python that is hostile, broken or endless ends in a diagnostic within a second.

use super::read_with;
use ruleglot::dialect::Helpers;
use std::time::{Duration, Instant};

struct Cycle;

impl Helpers for Cycle {
    fn module(&self, name: &str) -> Option<String> {
        match name {
            "panther_cycle_a" => {
                Some("from panther_cycle_b import second\n\ndef first(e):\n    return second(e)\n".into())
            }
            "panther_cycle_b" => {
                Some("from panther_cycle_a import first\n\ndef second(e):\n    return first(e)\n".into())
            }
            _ => None,
        }
    }
}

#[test]
fn hostile_python_ends_in_a_diagnostic_within_a_second() {
    let nested = format!("def rule(event):\n    return {}1{}\n", "(".repeat(5000), ")".repeat(5000));
    let negated = format!("def rule(event):\n    return {}event\n", "not ".repeat(5000));
    let wide = format!(
        "X = [{}]\n\ndef rule(event):\n    return any(x in event.get('a') for x in X)\n",
        "'a', ".repeat(100_000)
    );
    let doubling = format!(
        "def rule(event):\n    x = event.get('a')\n{}    return x == 1\n",
        "    x = x + x if event.get('b') else x or event.get('c')\n".repeat(60)
    );
    let named = |open: &str, close: &str, count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        format!("X = {open}{}{close}\n\ndef rule(event):\n    return event.get('a') in X\n", items.join(", "))
    };
    let chain: String =
        (0..150).map(|at| format!("    if event.get('a{at}') == {at}:\n        return True\n")).collect();
    // the parser alone takes a second for a million when it is not optimised
    let members = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
    // these may be followed to their end, as long as that takes no longer
    let long = [
        named("[", "]", members, &|_| "1".to_owned()),
        named("{", "}", members, &|at| at.to_string()),
        named("{", "}", members, &|at| format!("'k{at}': {at}")),
        format!(
            "import re\n\ndef rule(event):\n    return bool(re.search('{}', event.get('a')))\n",
            "(a|b)*".repeat(20_000)
        ),
        format!("def rule(event):\n{chain}    return event.get('b').c()\n"),
        format!("def rule(event):\n    return {}\n", "event.get('a') == 1 and ".repeat(100) + "undefined(event)"),
        "X = 'a' * 10 ** 12\n\ndef rule(event):\n    return event.get('a') == X\n".to_owned(),
    ];
    let texts = [
        "class A:\n    B = A.B\n\ndef rule(event):\n    return event.get('a') == A.B\n".to_owned(),
        nested,
        negated,
        wide,
        doubling,
        "def f(e):\n    return f(e)\n\ndef rule(event):\n    return f(event)\n".to_owned(),
        "from panther_cycle_a import first\n\ndef rule(event):\n    return first(event)\n".to_owned(),
        "from panther_nowhere import helper\n\ndef rule(event):\n    return helper(event)\n".to_owned(),
        "def rule(event):\n    print event\n    return True\n".to_owned(),
        "def title(event):\n    return 'x'\n".to_owned(),
        "def rule(event):\n    while event.get('a'):\n        pass\n    return True\n".to_owned(),
    ];
    let all = long.into_iter().map(|text| (text, false)).chain(texts.into_iter().map(|text| (text, true)));
    for (text, told_of) in all {
        let start = Instant::now();
        let told = match read_with(&text, &Cycle, &[]) {
            Ok(read) => !read.unread.is_empty(),
            Err(errors) => !errors.is_empty(),
        };
        let head: String = text.chars().take(60).collect();
        assert!(told || !told_of, "nothing was said of {head}");
        println!("{:?} {head}", start.elapsed());
        // the tests of this binary share the machine
        let most = if cfg!(debug_assertions) { 2000 } else { 1000 };
        assert!(start.elapsed() < Duration::from_millis(most), "too slow: {head}");
    }
}
