//! How fast Elastic's query languages are parsed, in bytes a second: the project's own queries, joined until they make
//! a text of some size for each run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;

/// The project's own queries of a dialect.
fn queries(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == name) {
            texts.extend(std::fs::read_to_string(path));
        }
    }
    texts
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    let mut run = |name: &str, parse: &dyn Fn(&str) -> bool| {
        let texts = queries(name);
        let bytes: usize = texts.iter().map(String::len).sum();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), &texts, |bencher, texts| {
            bencher.iter(|| texts.iter().filter(|text| parse(black_box(text))).count());
        });
    };
    run("kuery", &|text| ruleglot::dialect::kuery::parse::parse(text).is_ok());
    run("lucene", &|text| ruleglot::dialect::lucene::parse::parse(text).is_ok());
    run("eql", &|text| ruleglot::dialect::eql::parse(text).is_ok());
    run("esql", &|text| ruleglot::dialect::esql::parse(text).is_ok());
}

criterion_group!(benches, parse);
criterion_main!(benches);
