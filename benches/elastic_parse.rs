//! How fast Elastic's query languages are parsed, in bytes a second (the project's own queries), and how fast 1,000 rule
//! files of Elastic become rule files of Sentinel, from bytes to text, on one core and on all: those of `../shared`
//! (`$RULEGLOT_SHARED`) where they are there, else the project's own, again and again. Without verification.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use ruleglot::dialect::{NoHelpers, Registry};
use ruleglot::fields::Schemas;
use ruleglot::model::{PlatformId, TypeMap};
use ruleglot::platform::{self, ReadEnv, UntypedSource};
use ruleglot::source::{NoSiblings, SourceFile, detect};
use ruleglot::translate::{Env, FieldMode, FileForm, Goal, Options, translate_rule};
use std::hint::black_box;
use std::path::{Path, PathBuf};

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

/// The bytes of 1,000 rule files.
fn rule_files() -> Vec<(PathBuf, Vec<u8>)> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RULEGLOT_SHARED").map_or_else(|| manifest.join("../shared"), PathBuf::from);
    let mut folders = vec![shared.join("corpus/elastic-rules")];
    if !folders[0].is_dir() {
        folders = vec![manifest.join("corpus")];
    }
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                found.push((path.clone(), std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    let own = found.clone();
    found.extend(own.iter().cycle().take(1_000usize.saturating_sub(own.len())).cloned());
    found.truncate(1_000);
    found
}

fn end_to_end(criterion: &mut Criterion) {
    let registry = Registry::default();
    let schemas = Schemas::built_in();
    let types = TypeMap::default();
    let files = rule_files();
    let one = |(path, bytes): &(PathBuf, Vec<u8>)| {
        let file = SourceFile::from_bytes(path, bytes.clone()).unwrap();
        let read = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &UntypedSource };
        let env = Env { registry: &registry, schemas, types: &types, read };
        let goal = Goal::Platform(PlatformId::Sentinel);
        let options = Options {
            goal,
            form: FileForm::Rule(None),
            fields: FieldMode::Map,
            table: None,
            verify: false,
            attack: None,
        };
        let Some(format) = detect(&file) else { return 0 };
        let Ok((rules, _)) = platform::read(&file, format, &read) else { return 0 };
        rules.iter().map(|rule| translate_rule(rule, &env, &options).files.len()).sum::<usize>()
    };
    let mut group = criterion.benchmark_group("toml to sentinel");
    group.sample_size(10).throughput(Throughput::Elements(files.len() as u64));
    group.bench_function("one core", |bencher| bencher.iter(|| files.iter().map(one).sum::<usize>()));
    group.bench_function("all cores", |bencher| bencher.iter(|| files.par_iter().map(one).sum::<usize>()));
    group.finish();
}

criterion_group!(benches, parse, end_to_end);
criterion_main!(benches);
