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
    let texts = [
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
    for text in texts {
        let start = Instant::now();
        let told = match read_with(&text, &Cycle, &[]) {
            Ok(read) => !read.unread.is_empty(),
            Err(errors) => !errors.is_empty(),
        };
        let head: String = text.chars().take(60).collect();
        assert!(told, "nothing was said of {head}");
        println!("{:?} {head}", start.elapsed());
        // the tests of this binary share the machine
        let most = if cfg!(debug_assertions) { 2000 } else { 1000 };
        assert!(start.elapsed() < Duration::from_millis(most), "too slow: {head}");
    }
}
