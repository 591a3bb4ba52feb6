//! Bad input: one clear diagnostic, quickly, whatever the format.

use super::support::read_as;
use ruleglot::source::{Format, SourceFile, detect};
use std::path::Path;
use std::time::{Duration, Instant};

const FORMATS: &[(&str, Format)] = &[
    ("a.yaml", Format::SentinelYaml),
    ("a.yaml", Format::SentinelHunting),
    ("a.yaml", Format::DefenderYaml),
    ("a.json", Format::SentinelArm),
    ("a.toml", Format::ElasticToml),
    ("a.json", Format::KibanaNdjson),
    ("a.md", Format::PrebuiltPage),
];

fn errors(name: &str, format: Format, bytes: Vec<u8>) -> Vec<String> {
    let start = Instant::now();
    let found = match SourceFile::from_bytes(Path::new(name), bytes) {
        Err(error) => vec![error],
        Ok(file) => {
            let _ = detect(&file);
            let (rules, mut found) = read_as(&file, format);
            found.extend(rules.into_iter().flat_map(|rule| rule.diagnostics));
            found
        }
    };
    assert!(start.elapsed() < Duration::from_secs(5), "{name} {format:?} took {:?}", start.elapsed());
    let errors = found.iter().filter(|found| found.severity == ruleglot::diagnostic::Severity::Error);
    errors.map(|error| error.code.name().to_owned()).collect()
}

#[test]
fn bad_files_are_one_diagnostic_each() {
    for (name, format) in FORMATS {
        let check = |what: &str, bytes: Vec<u8>| {
            let found = errors(name, *format, bytes);
            assert_eq!(found.len(), 1, "{what} as {format:?}: {found:?}");
            found.into_iter().next().unwrap()
        };
        assert_eq!(check("binary", b"\x7fELF\x01\x00\x00\xff".to_vec()), "binary-file");
        assert_eq!(check("not UTF-8", b"name: \xff\xfe".to_vec()), "binary-file");
        assert_eq!(check("empty", Vec::new()), "empty-file");
        assert_eq!(check("blank", b"  \r\n \n".to_vec()), "empty-file");
        if *format != Format::PrebuiltPage {
            check("unclosed bracket", b"{\"name\": [1, 2\n".to_vec());
            check("brackets", [b"a = ".to_vec(), vec![b'['; 10_000]].concat());
            check("brackets in a member", [b"{\"a\": ".to_vec(), vec![b'['; 10_000]].concat());
            check("a scalar", b"just words".to_vec());
        }
        let large = vec![b'a'; 10 << 20];
        check("10 MB", large);
    }
    for format in [Format::SentinelYaml, Format::SentinelHunting, Format::DefenderYaml] {
        let found = errors("a.yaml", format, b"name: x\nquery:\n\tT\n".to_vec());
        assert_eq!(found, ["yaml-tab"]);
    }
}

#[test]
fn a_large_file_of_lines_is_read_in_time() {
    let mut text = String::from("id: x\nname: y\nquery: |\n");
    while text.len() < 3 << 20 {
        text.push_str("  | where A == \"b\" and not (c has 'd')\n");
    }
    let start = Instant::now();
    let file = SourceFile::from_bytes(Path::new("a.yaml"), text.into_bytes()).unwrap();
    assert_eq!(detect(&file), Some(Format::SentinelHunting));
    let parsed = ruleglot::source::parse_yaml(&file.text).unwrap();
    let query = ruleglot::source::QueryText::of(&file, parsed.root.get("query").unwrap()).unwrap();
    assert!(query.text.len() > 2 << 20);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
