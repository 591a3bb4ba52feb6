//! EQL and ES|QL against rules and judges that others wrote. Everything here that needs `../shared` or a judge prints
//! "skipped: ..." where it is absent.

mod elastic_ee_support;

use elastic_ee_support::{Language, damage, judge, report_differences, rules};
use ruleglot::dialect::eql;

/// EQL: the query parses and `check` finds nothing that Elasticsearch would refuse.
fn eql_accepts(query: &str) -> bool {
    eql::parse(query).is_ok_and(|tree| eql::check::check(&tree).is_empty())
}

#[test]
fn eql_corpus_parses_and_formatting_is_stable() {
    for (path, query) in rules(Language::Eql) {
        let tree = eql::parse(&query).unwrap_or_else(|error| panic!("{path}: {} {:?}", error.message, error.span));
        let out = eql::format::print(&tree, &query);
        let again = eql::parse(&out).unwrap_or_else(|error| panic!("{path}: {}\n{out}", error.message));
        assert_eq!(eql::format::print(&again, &out), out, "{path}: formatting twice differs");
        assert_eq!(again.comments.len(), tree.comments.len(), "{path}: a comment was lost");
    }
}

#[test]
fn eql_agrees_with_the_judge_on_the_corpus_and_on_damaged_queries() {
    let corpus: Vec<String> = rules(Language::Eql).into_iter().map(|(_, query)| query).collect();
    let mut queries = corpus.clone();
    queries.extend(damage(&corpus, 3_000, 20_261_120));
    let Some(verdicts) = judge("eql_judge.py", &["parse", "-"], queries.iter().map(|query| serde_json::json!(query)))
    else {
        return;
    };
    let mut differences = Vec::new();
    for (query, verdict) in queries.iter().zip(&verdicts) {
        let theirs = verdict["ok"] == true;
        if theirs != eql_accepts(query) {
            let ours = eql::parse(query).map(|tree| eql::check::check(&tree)).map_err(|error| error.message);
            differences.push((
                theirs,
                verdict["error"].as_str().unwrap_or("").to_owned(),
                format!("{ours:?}"),
                query.clone(),
            ));
        }
    }
    report_differences("EQL", queries.len(), &differences);
    let share = 1.0 - differences.len() as f64 / queries.len() as f64;
    assert!(share >= 0.98, "agreement {share}");
}
