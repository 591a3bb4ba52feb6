//! Which format a file is in, told by its name and a glance at its text.

use super::SourceFile;

/// A format of rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Panther's YAML, with or without a Python file beside it.
    PantherYaml,
    /// A catalogue page of a Panther rule, as text.
    CataloguePage,
    /// Sentinel analytics rule, YAML.
    SentinelYaml,
    /// Sentinel hunting query, YAML.
    SentinelHunting,
    /// ARM template, single resource or portal export, JSON.
    SentinelArm,
    /// Defender XDR custom detection, YAML or JSON.
    DefenderYaml,
    /// Elastic's detection-rules, TOML.
    ElasticToml,
    /// Kibana's export, one rule a line; a single rule as JSON too.
    KibanaNdjson,
    /// Elastic's documentation page of a prebuilt rule, Markdown.
    PrebuiltPage,
    /// A query and nothing else, in the dialect of this name.
    Query(&'static str),
}

impl Format {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Format::PantherYaml => "panther-yaml",
            Format::CataloguePage => "catalogue-page",
            Format::SentinelYaml => "sentinel-yaml",
            Format::SentinelHunting => "sentinel-hunting",
            Format::SentinelArm => "sentinel-arm",
            Format::DefenderYaml => "defender-yaml",
            Format::ElasticToml => "elastic-toml",
            Format::KibanaNdjson => "kibana-ndjson",
            Format::PrebuiltPage => "prebuilt-page",
            Format::Query(_) => "query",
        }
    }
}

/// File name extensions of bare query files with the dialect they hold.
const QUERY_FILES: &[(&str, &str)] = &[
    ("kql", "kusto"),
    ("kusto", "kusto"),
    ("csl", "kusto"),
    ("kuery", "kuery"),
    ("lucene", "lucene"),
    ("eql", "eql"),
    ("esql", "esql"),
    ("condition", "condition"),
];

/// The format of a file; `None` where it is no rule file that is known. Never fails: a damaged file is told by what is
/// left of it, and its reader says what is wrong.
pub fn detect(file: &SourceFile) -> Option<Format> {
    let extension = file.extension();
    if let Some((_, dialect)) = QUERY_FILES.iter().find(|(name, _)| *name == extension) {
        return Some(Format::Query(dialect));
    }
    match extension.as_str() {
        "toml" => Some(Format::ElasticToml).filter(|_| file.text.contains("rule")),
        "yml" | "yaml" => yaml(&file.text),
        "ndjson" | "jsonl" => Some(Format::KibanaNdjson),
        "json" => json(&file.text),
        "md" | "markdown" | "mdx" => page(&file.text),
        "" | "txt" => any(&file.text),
        _ => None,
    }
}

/// A text without a telling name (standard input).
fn any(text: &str) -> Option<Format> {
    let start = text.trim_start();
    if start.starts_with('{')
        || (start.starts_with('[') && !start.starts_with("[metadata]") && !start.starts_with("[rule"))
    {
        return json(text);
    }
    if has_line(text, |line| line.trim_end() == "[rule]") {
        return Some(Format::ElasticToml);
    }
    page(text).or_else(|| yaml(text))
}

fn has_line(text: &str, test: impl Fn(&str) -> bool) -> bool {
    text.lines().any(test)
}

/// The keys at the left margin.
fn top_keys(text: &str) -> Vec<&str> {
    let flow = text.trim_start().starts_with('{');
    text.lines()
        .filter_map(|line| {
            let line = if flow { line.trim_start_matches([' ', '\t', '{']) } else { line };
            let (key, _) = line.split_once(':')?;
            let key = key.trim_matches(['"', '\'']).trim_end();
            let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            word.then_some(key)
        })
        .collect()
}

fn yaml(text: &str) -> Option<Format> {
    let keys = top_keys(text);
    let has = |key: &str| keys.contains(&key);
    if ["AnalysisType", "RuleID", "PolicyID", "Detection", "LogTypes", "DataModelID", "PackID", "QueryName", "GlobalID"]
        .into_iter()
        .any(has)
    {
        return Some(Format::PantherYaml);
    }
    if has("queryCondition") || has("detectionAction") {
        return Some(Format::DefenderYaml);
    }
    if !has("query") && !has("Query") {
        let resource = text.contains("alertRules") && (has("resources") || has("properties"));
        return resource.then_some(Format::SentinelArm).or_else(|| {
            let header =
                ["queryFrequency", "queryPeriod", "triggerOperator", "relevantTechniques", "requiredDataConnectors"];
            header.into_iter().any(has).then_some(Format::SentinelYaml)
        });
    }
    let scheduled = ["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold", "kind", "severity"];
    let known =
        ["id", "name", "tactics", "relevantTechniques", "description", "requiredDataConnectors", "entityMappings"];
    if ["queryFrequency", "queryPeriod", "triggerOperator", "kind"].into_iter().any(has) {
        Some(Format::SentinelYaml)
    } else if known.into_iter().chain(scheduled).any(has) {
        Some(Format::SentinelHunting)
    } else {
        None
    }
}

fn json(text: &str) -> Option<Format> {
    let has = |key: &str| text.contains(key);
    if has("alertRules") || has("AlertRuleTemplates") || (has("\"queryFrequency\"") && has("\"properties\"")) {
        Some(Format::SentinelArm)
    } else if has("\"queryCondition\"") || has("\"detectionAction\"") {
        Some(Format::DefenderYaml)
    } else if has("\"rule_id\"") || (has("\"risk_score\"") && has("\"type\"")) {
        Some(Format::KibanaNdjson)
    } else if has("\"AnalysisType\"") || has("\"RuleID\"") {
        Some(Format::PantherYaml)
    } else {
        None
    }
}

fn page(text: &str) -> Option<Format> {
    let starts = |prefix: &'static str| has_line(text, |line| line.starts_with(prefix));
    if (starts("**Rule type**") || starts("## Rule query")) && has_line(text, |line| line.starts_with("# ")) {
        Some(Format::PrebuiltPage)
    } else if starts("Detection logic") && has_line(text, |line| line.trim() == "Condition") {
        Some(Format::CataloguePage)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_content_tell_the_format() {
        let of = |name: &str, text: &str| detect(&SourceFile::from_text(name, text));
        assert_eq!(of("a.kql", "T"), Some(Format::Query("kusto")));
        assert_eq!(of("a.kuery", "a:b"), Some(Format::Query("kuery")));
        assert_eq!(of("a.toml", "[rule]\n"), Some(Format::ElasticToml));
        assert_eq!(of("a.yml", "AnalysisType: rule\n"), Some(Format::PantherYaml));
        assert_eq!(of("a.yaml", "id: x\nqueryPeriod: 1d\nquery: T\n"), Some(Format::SentinelYaml));
        assert_eq!(of("a.yaml", "id: x\nkind: NRT\nquery: T\n"), Some(Format::SentinelYaml));
        assert_eq!(of("a.yaml", "id: x\ntactics: [A]\nquery: T\n"), Some(Format::SentinelHunting));
        assert_eq!(of("a.yaml", "queryCondition:\n  queryText: T\n"), Some(Format::DefenderYaml));
        assert_eq!(of("a.yaml", "on: push\njobs: {}\n"), None);
        assert_eq!(of("a.json", "{\"type\": \"Microsoft.SecurityInsights/alertRules\"}"), Some(Format::SentinelArm));
        assert_eq!(of("a.ndjson", "{}"), Some(Format::KibanaNdjson));
        assert_eq!(of("a.md", "# T [x]\n\n**Rule type**: query\n"), Some(Format::PrebuiltPage));
        assert_eq!(of("-", "[metadata]\n[rule]\nname = 'x'\n"), Some(Format::ElasticToml));
        assert_eq!(of("README.md", "# Hello\n"), None);
    }
}
