//! Section "Types the binder enforces" of spec/kusto-semantics.md: what the official binder refuses is an error, and
//! nothing else is. Every pair of types meets every operator; public queries must not be refused where the binder lets
//! them pass.

use super::{TypeMap, judge, read, shared};
use ruleglot::diagnostic::codes;
use serde_json::Value;

const TYPES: [(&str, &str); 8] = [
    ("bool", "true"),
    ("datetime", "datetime(2024-01-01)"),
    ("dynamic", "dynamic({\"a\": 1})"),
    ("guid", "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"),
    ("long", "long(1)"),
    ("real", "real(1.5)"),
    ("string", "\"a\""),
    ("timespan", "1h"),
];

/// The codes of types that do not fit.
const CODES: [&str; 13] = [
    "KS106", "KS107", "KS116", "KS127", "KS137", "KS138", "KS141", "KS142", "KS232", "KS234", "KS235", "KS241", "KS242",
];

/// Whether the engine would refuse a query, as read here.
fn refused(query: &str) -> Option<bool> {
    let read = read(query, &TypeMap::default()).ok()?;
    Some(read.diagnostics.iter().any(|found| found.code == codes::kusto::REFUSED))
}

fn queries() -> Vec<String> {
    let mut all = Vec::new();
    for (one, left) in TYPES {
        for (_, right) in TYPES {
            let row = format!("print x = {left}, y = {right}");
            for op in
                ["==", "!=", "<", "<=", ">", ">=", "=~", "!~", "has", "contains", "startswith", "endswith", "hasprefix"]
            {
                all.push(format!("{row} | where x {op} y"));
            }
            for op in ["in", "!in", "in~", "!in~", "has_any", "has_all"] {
                all.push(format!("{row} | where x {op} (y)"));
            }
            for op in ["+", "-", "*", "/", "%"] {
                all.push(format!("{row} | extend z = x {op} y"));
            }
            all.push(format!("print x = {left} | join kind=inner (print y = {right}) on $left.x == $right.y"));
        }
        let row = format!("print x = {left}");
        for rest in [
            "where x",
            "where not(x)",
            "where x and true",
            "summarize count() by x",
            "sort by x asc",
            "distinct x",
            "mv-expand x",
            "extend z = x.part",
            "extend z = strlen(x)",
            "extend z = startofday(x)",
            "extend z = hourofday(x)",
            "extend z = dayofweek(x)",
            "extend z = format_datetime(x, 'yyyy')",
            "extend z = datetime_part('hour', x)",
            "extend z = extract('a', 0, x)",
            "extend z = trim('a', x)",
            "extend z = replace_string(x, 'a', 'b')",
            "extend z = countof(x, 'a')",
            "extend z = ipv4_is_private(x)",
            "extend z = parse_url(x)",
            "extend z = url_decode(x)",
            "extend z = base64_decode_tostring(x)",
            "extend z = parse_json(x)",
            "extend z = round(x, 1)",
            "extend z = abs(x)",
            "where TimeGenerated > ago(x)",
            "summarize sum(x)",
            "summarize avg(x)",
            "extend z = tolower(x)",
            "extend z = strcat(x, 'a')",
            "extend z = isempty(x)",
            "extend z = tostring(x)",
            "extend z = iff(x, 1, 2)",
            "project x, z = x",
            "take 5",
        ] {
            let row =
                if rest.contains("TimeGenerated") { format!("{row}, TimeGenerated = now()") } else { row.clone() };
            all.push(format!("{row} | {rest}"));
        }
        let _ = one;
    }
    for broken in [
        "print a = 1 | project b",
        "print a = 1 | project a | where b == 1",
        "SigninLogs | project UserPrincipalName | where ResultType == '0'",
        "SigninLogs | summarize count() by UserPrincipalName | where IPAddress has 'x'",
        "SigninLogs | where TimeGenerated > '2024-01-01'",
        "SigninLogs | where ResultType > 5",
        "SigninLogs | where UserPrincipalName between ('a' .. 'b')",
        "SigninLogs | summarize n = count() by UserPrincipalName | where n has 'x'",
        "AuditLogs | summarize count() by InitiatedBy",
        "AuditLogs | mv-expand OperationName",
        "SecurityEvent | where EventID has '4625'",
        "SecurityEvent | where EventID =~ '4625'",
        "SecurityEvent | where EventID == '4625' and Account in (1, 2)",
        "SecurityEvent | extend x = EventID | where x contains '4'",
        "let t = 5; SecurityEvent | where Account > t",
        "SigninLogs | extend Day = startofday(TimeGenerated) | where Day > ago(1d)",
        "SigninLogs | extend n = strlen(UserPrincipalName) | where n > 5 and n has 'x'",
    ] {
        all.push(broken.to_owned());
    }
    all
}

fn theirs(verdict: &Value) -> bool {
    let found = verdict["semantic"].as_array().map(Vec::as_slice).unwrap_or_default();
    found.iter().any(|entry| entry["code"].as_str().is_some_and(|code| CODES.contains(&code)))
}

#[test]
fn what_the_binder_refuses_is_an_error() {
    let Some(shared) = shared() else { return };
    let schema = shared.join("schemas/sentinel_tables.json").display().to_string();
    let all = queries();
    let texts: Vec<&str> = all.iter().map(String::as_str).collect();
    let Some(verdicts) = judge::judge(&texts, &["--schema", &schema]) else { return };
    let (mut agree, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    for (query, verdict) in all.iter().zip(&verdicts) {
        let Some(ours) = refused(query) else { continue };
        match (ours, theirs(verdict)) {
            (one, other) if one == other => agree += 1,
            (true, _) => wrong.push(query.clone()),
            _ => missed.push(query.clone()),
        }
    }
    println!("the binder: {agree} agree, {} refused only here, {} refused only there", wrong.len(), missed.len());
    for query in &wrong {
        println!("   only here: {query}");
    }
    for query in &missed {
        println!("   only there: {query}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(agree * 100 >= all.len() * 97, "{agree} of {}", all.len());
}

#[test]
fn public_queries_that_the_binder_takes_are_not_refused() {
    let Some(shared) = shared() else { return };
    let schema = shared.join("schemas/sentinel_tables.json").display().to_string();
    let Some(corpus) = judge::Corpus::load() else { return };
    let texts: Vec<&str> =
        corpus.queries.iter().filter(|entry| entry.official_ok).step_by(12).map(|entry| entry.text.as_str()).collect();
    let Some(verdicts) = judge::judge(&texts, &["--schema", &schema]) else { return };
    let (mut agree, mut wrong, mut missed) = (0, Vec::new(), 0);
    for (query, verdict) in texts.iter().zip(&verdicts) {
        let Ok(read) = read(query, &TypeMap::default()) else { continue };
        let found: Vec<&str> = read
            .diagnostics
            .iter()
            .filter(|found| found.code == codes::kusto::REFUSED)
            .map(|found| found.message.as_str())
            .collect();
        match (found.is_empty(), theirs(verdict)) {
            (true, false) | (false, true) => agree += 1,
            (false, false) => wrong.push(format!("{found:?}: {query}")),
            // Columns that the schema lacks are warnings here: schemas age.
            (true, true) => missed += 1,
        }
    }
    println!("public queries: {agree} agree, {} refused only here, {missed} refused only there", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}
