//! How fast Kusto text becomes a syntax tree: throughput on the shared corpus, beside the official parser in the same
//! run, and growth up to a query of a megabyte.
//!
//! The corpus and the judge lie outside the repository (`../shared`, or `$RULEGLOT_SHARED`); without them only the
//! queries made here are measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ruleglot::dialect::kusto::{format, parse};

fn shared() -> PathBuf {
    match std::env::var_os("RULEGLOT_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    }
}

/// The queries of the corpus that the official parser accepts.
fn corpus() -> Vec<String> {
    let path = shared().join("corpus/kusto-queries/queries.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let entries = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let accepted = entries.filter(|entry| entry["official_ok"] == true);
    accepted.filter_map(|entry| entry["query"].as_str().map(str::to_owned)).collect()
}

/// One query of about that many bytes: conditions, lists, calls and paths as rules have them.
fn long_query(bytes: usize) -> String {
    let mut query = String::from("SecurityEvent\n");
    let mut count = 0;
    while query.len() < bytes {
        query.push_str(&std::format!(
            "| where EventID in (4624, 4625, {count}) and (Account has \"admin{count}\" or Computer !startswith @\"dc\\{count}\")\n\
             | extend Field{count} = tostring(parse_json(EventData).items[{count}].[\"name\"]), Age = now() - TimeGenerated // note\n\
             | summarize Count = count(), First = min(TimeGenerated) by Account, bin(TimeGenerated, 1h)\n"
        ));
        count += 1;
    }
    query
}

/// The official parser's throughput on its second, warm pass, in MB/s.
fn official(queries: &[String]) -> Option<f64> {
    let folder = std::env::temp_dir();
    let input = folder.join("ruleglot-bench-kusto.jsonl");
    let lines: Vec<String> = queries.iter().map(|query| serde_json::json!({ "query": query }).to_string()).collect();
    std::fs::write(&input, lines.join("\n")).ok()?;
    let output = folder.join("ruleglot-bench-kusto.out.jsonl");
    let program = shared().join("judges/kusto/parse.js");
    let run =
        Command::new("node").arg(program).arg(&input).arg(&output).args(["--bench", "--no-split"]).output().ok()?;
    let report = String::from_utf8_lossy(&run.stderr).into_owned();
    let line = report.lines().find(|line| line.starts_with("Parse pass 2"))?;
    line.split("ms/query ").nth(1)?.split(' ').next()?.parse().ok()
}

/// The most memory this process has had so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn measure(criterion: &mut Criterion) {
    let million = long_query(1 << 20);
    let before = peak();
    let tree = parse(&million).map(|script| script.statements.len());
    eprintln!(
        "memory: a query of {:.2} MB ({tree:?} statements) takes {:.1} MB at its peak, pairs and tree",
        million.len() as f64 / 1e6,
        (peak() - before) as f64 / 1e3
    );

    let queries = corpus();
    if queries.is_empty() {
        eprintln!("skipped: no corpus at {}", shared().display());
    } else {
        let bytes: usize = queries.iter().map(String::len).sum();
        let pass = || queries.iter().filter(|query| parse(black_box(query)).is_ok()).count();
        pass();
        let best = (0..7).map(|_| {
            let start = Instant::now();
            assert_eq!(pass(), queries.len());
            start.elapsed().as_secs_f64()
        });
        let ours = bytes as f64 / 1e6 / best.fold(f64::INFINITY, f64::min);
        match official(&queries) {
            Some(official) => eprintln!(
                "speed: {} queries, {:.2} MB: ours {ours:.2} MB/s, official {official:.3} MB/s, {:.1} times",
                queries.len(),
                bytes as f64 / 1e6,
                ours / official
            ),
            None => eprintln!("speed: ours {ours:.2} MB/s; the official parser cannot be run"),
        }
        let mut group = criterion.benchmark_group("corpus");
        group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
        group.bench_function("parse", |bencher| bencher.iter(pass));
        group.bench_function("format", |bencher| {
            bencher.iter(|| queries.iter().filter(|query| format(black_box(query)).is_ok()).count());
        });
        group.finish();
    }

    let mut group = criterion.benchmark_group("one query");
    group.sample_size(10);
    for bytes in [1 << 14, 1 << 16, 1 << 18, 1 << 20] {
        let query = long_query(bytes);
        group.throughput(Throughput::Bytes(query.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(bytes), &query, |bencher, query| {
            bencher.iter(|| parse(black_box(query)).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
