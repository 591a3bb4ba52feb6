//! How fast Panther's Python becomes the model: every rule of panther-analysis, helpers and data models included, and
//! the memory that this takes.
//!
//! The rules lie outside the repository (`$RULEGLOT_PANTHER_ANALYSIS`, else `../shared/panther-analysis`); without them
//! the corpus of the project is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test or bench fails by panicking"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ruleglot::dialect::{Helpers, ReadContext, Registry};
use ruleglot::model::TypeMap;
use ruleglot::platform::panther::Repository;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("RULEGLOT_PANTHER_ANALYSIS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| own.join("../shared/panther-analysis"));
    if folder.join("rules").is_dir() { folder } else { own.join("corpus/panther") }
}

/// The Python texts below a folder with the log types of the YAML beside each.
fn rules(folder: &Path, into: &mut Vec<(String, Vec<String>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            rules(&path, into);
        } else if path.extension().is_some_and(|name| name == "py") {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let yaml = std::fs::read_to_string(path.with_extension("yml")).unwrap_or_default();
            let types = yaml
                .lines()
                .skip_while(|line| !line.starts_with("LogTypes:"))
                .skip(1)
                .map_while(|line| line.trim().strip_prefix("- ").map(str::to_owned))
                .collect();
            if text.contains("def rule(") {
                into.push((text, types));
            }
        }
    }
}

/// The most memory that the process held, in KiB, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn reading(criterion: &mut Criterion) {
    let root = root();
    let mut all = Vec::new();
    let folder = if root.join("rules").is_dir() { root.join("rules") } else { root.clone() };
    rules(&folder, &mut all);
    let bytes: usize = all.iter().map(|(text, _)| text.len()).sum();
    let (registry, types) = (Registry::default(), TypeMap::default());
    let python = registry.get("python").unwrap();
    let read_all = |helpers: &dyn Helpers| {
        let mut whole = 0;
        for (text, log_sources) in &all {
            let context = ReadContext { types: &types, registry: &registry, helpers, log_sources };
            whole += usize::from(python.read(black_box(text), &context).is_ok_and(|read| read.unread.is_empty()));
        }
        whole
    };
    let repository = Repository::named(&root);
    let start = Instant::now();
    let whole = read_all(&repository);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} rules ({bytes} bytes), {whole} whole, once from cold: {:.0} rules a second, peak {} KiB",
        all.len(),
        all.len() as f64 / seconds,
        peak().map_or("unknown".to_owned(), |most| most.to_string())
    );
    let mut group = criterion.benchmark_group("panther_python");
    group.sample_size(10);
    group.throughput(Throughput::Elements(all.len() as u64));
    group.bench_function("read", |bencher| bencher.iter(|| read_all(&repository)));
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
