//! Rules of our own in the style of Panther's users (`style.txt`, `users.txt`): what each means is written beside it, and Panther's
//! runtime is asked where it is installed.

use super::judge::Judge;
use super::{events, read_with, request, run, written};
use ruleglot::dialect::NoHelpers;
use serde_json::Value as Json;

struct Rule {
    name: String,
    text: String,
    /// Events with the verdict.
    cases: Vec<(Json, bool)>,
    /// Whether something is left unread: `None` where both are right.
    unread: Option<bool>,
}

fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in [include_str!("style.txt"), include_str!("users.txt")].into_iter().flat_map(str::lines) {
        if let Some(name) = line.strip_prefix("=== ") {
            rules.push(Rule { name: name.to_owned(), text: String::new(), cases: Vec::new(), unread: Some(false) });
            continue;
        }
        let Some(rule) = rules.last_mut() else { continue };
        if let Some(event) = line.strip_prefix("# yes ") {
            rule.cases.push((serde_json::from_str(event).unwrap(), true));
        } else if let Some(event) = line.strip_prefix("# no ") {
            rule.cases.push((serde_json::from_str(event).unwrap(), false));
        } else if let Some(what) = line.strip_prefix("# unread ") {
            rule.unread = if what == "any" { None } else { Some(true) };
        } else {
            rule.text.push_str(line);
            rule.text.push('\n');
        }
    }
    rules
}

#[test]
fn rules_in_the_style_of_users_mean_what_panthers_runtime_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut judge = Judge::start(folder.path());
    let only = std::env::var("RULEGLOT_PANTHER_ONLY").ok();
    let (mut whole, mut tried, mut tests, mut wrong) = (0, 0, super::Decided::default(), Vec::new());
    let all = rules();
    assert!(all.len() >= 130);
    for rule in &all {
        if only.as_ref().is_some_and(|only| !rule.name.contains(only)) {
            continue;
        }
        let read = match read_with(&rule.text, &NoHelpers, &[]) {
            Ok(read) => read,
            Err(found) => {
                wrong.push(format!("{}: not read: {found:?}", rule.name));
                continue;
            }
        };
        let filter = read.logic.as_filter().unwrap();
        if std::env::var_os("RULEGLOT_SHOW").is_some() {
            println!("{filter:#?}\n{:#?}", read.unread);
        }
        if rule.unread.is_some_and(|expected| expected == read.unread.is_empty()) {
            wrong.push(format!("{}: unread: {:?}", rule.name, read.unread));
        }
        let own: Vec<Json> = rule.cases.iter().map(|(event, _)| event.clone()).collect();
        let text = read.unread.is_empty().then(|| written(&read));
        for (event, expected) in &rule.cases {
            // a part that is not read must not stop the rest of the rule from deciding
            match run(&filter, event) {
                Ok(found) if found == *expected => {}
                Err(_) if !read.unread.is_empty() => {}
                found => wrong.push(format!("{}: expected {expected}, got {found:?} on {event}", rule.name)),
            }
        }
        if !read.unread.is_empty() {
            assert!(read.unread.iter().all(|part| part.span.is_some() && part.reason.starts_with("line ")));
            // the rest of the rule stays usable: the part that is not read is one condition among others
            if rule.text.contains("\n        return False\n    return ") {
                assert!(filter.conjuncts().len() > 1, "{}: {filter:?}", rule.name);
            }
            println!("  {}: {}", rule.name, read.unread[0].reason);
        } else {
            whole += 1;
        }
        let Some(judge) = &mut judge else { continue };
        let (events, decided) = events(&rule.name, &filter, &own);
        tests.add(decided);
        let asked: Vec<Json> = own.iter().chain(&events).cloned().collect();
        let answers = judge.ask(&request(&rule.text, &asked));
        if answers.len() != asked.len() {
            println!("  {}: Panther's runtime gives no answers", rule.name);
            continue;
        }
        let mut shown = 0;
        for (event, (theirs, error)) in asked.iter().zip(&answers) {
            tried += 1;
            match run(&filter, event) {
                Ok(ours) if ours == *theirs => {}
                Err(_) if !read.unread.is_empty() => {}
                ours if shown < 3 => {
                    shown += 1;
                    wrong.push(format!("{}: theirs {theirs} {error}, ours {ours:?} on {event}", rule.name));
                }
                _ => {}
            }
        }
        match text {
            Some(Ok(text)) => {
                if std::env::var_os("RULEGLOT_SHOW").is_some() {
                    println!("{text}");
                }
                let again = judge.ask(&request(&text, &asked));
                if again.len() != asked.len() {
                    wrong.push(format!("{}: written back, it does not load\n{text}", rule.name));
                }
                for ((event, theirs), ours) in asked.iter().zip(&answers).zip(&again) {
                    if theirs.0 != ours.0 || !ours.1.is_empty() {
                        wrong.push(format!(
                            "{}: theirs {}, written back {} {} on {event}\n{text}",
                            rule.name, theirs.0, ours.0, ours.1
                        ));
                        break;
                    }
                }
            }
            Some(Err(reason)) => wrong.push(format!("{}: not written back: {reason}", rule.name)),
            None => {}
        }
    }
    println!("{} rules, {whole} whole; {tried} verdicts of Panther's runtime; {tests:?}", all.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
