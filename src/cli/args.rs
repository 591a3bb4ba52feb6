//! The command line's words.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Translates detection rules between Panther, Elastic and Microsoft Sentinel, and shows that the translation is right.
#[derive(Debug, Parser)]
#[command(name = "ruleglot", version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Translate rules to another platform or language
    Translate(TranslateArgs),
    /// Lay queries out afresh, meaning and comments untouched
    Fmt(FmtArgs),
    /// Parse and lint rules, ATT&CK mappings included
    Check(CheckArgs),
    /// Tell what a rule does: condition, exclusions, output fields, where each field maps to
    Explain(ExplainArgs),
    /// Compare two rules on events made from both
    Verify(VerifyArgs),
    /// Tell what changed between two versions of a rule: in meaning, then in text
    Diff(DiffArgs),
    /// Run the rules' own tests
    Test(TestArgs),
    /// Run a query or rule over events, without a SIEM
    Run(RunArgs),
    /// Count ATT&CK coverage
    Coverage(CoverageArgs),
    /// Answer JSON requests, one a line
    Batch,
    /// List what each dialect can read and write, by trying
    Dialects,
}

/// How field names are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FieldsArg {
    /// Map; leave out what only widens the rule, with a named loss
    Map,
    /// Map; refuse a rule with an unmapped field
    Strict,
    /// Leave the names as they are
    Keep,
}

/// The form of written files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// The platform's YAML
    Yaml,
    /// Elastic detection-rules TOML
    Toml,
    /// Kibana NDJSON
    Ndjson,
    /// ARM template
    Arm,
    /// Sentinel hunting query
    Hunting,
    /// Defender XDR custom detection
    Defender,
    /// The query alone
    Query,
}

/// What readers of rules have in common.
#[derive(Debug, Clone, Args)]
pub struct ReadArgs {
    /// Files, folders or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The dialect of bare queries
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Panther's global_helpers folder, where it is not above the rules
    #[arg(long, value_name = "DIR")]
    pub helpers: Option<PathBuf>,
    /// A field table laid over the built-in ones
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
    /// Types of fields, JSON {"field": "keyword"}
    #[arg(long, value_name = "FILE")]
    pub types: Option<PathBuf>,
}

/// translate
#[derive(Debug, Args)]
pub struct TranslateArgs {
    /// What to read
    #[command(flatten)]
    pub read: ReadArgs,
    /// panther, elastic, sentinel or a dialect
    #[arg(long, value_name = "TARGET")]
    pub to: String,
    /// Write files here, mirroring the source tree, instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Form of the written files
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// What becomes of field names
    #[arg(long, value_enum, default_value = "map")]
    pub fields: FieldsArg,
    /// The table that kept names are read from
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The version of the Elastic Stack that the rules are for: it decides the release of ATT&CK [default: before 9.5]
    #[arg(long, value_name = "VERSION")]
    pub stack: Option<String>,
    /// A loss of any scope match is a finding
    #[arg(long)]
    pub strict: bool,
    /// Do not run both sides on events
    #[arg(long)]
    pub no_verify: bool,
    /// Write a report, .json or .md
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write nothing; exit 1 where a file would change
    #[arg(long, requires = "out")]
    pub check: bool,
}

/// fmt
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Query files or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The dialect of queries without a telling file name
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Write nothing; exit 1 where a file would change
    #[arg(long)]
    pub check: bool,
}

/// Form of a list of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingsFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// check
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What to read
    #[command(flatten)]
    pub read: ReadArgs,
    /// Form of the findings
    #[arg(long, value_enum, default_value = "text")]
    pub format: FindingsFormat,
    /// The release of ATT&CK: 19 or 18.1
    #[arg(long, value_name = "V", default_value = "19")]
    pub attack_version: String,
}

/// Form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    Text,
    /// Markdown
    Md,
    /// JSON
    Json,
}

/// explain
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to read
    #[command(flatten)]
    pub read: ReadArgs,
    /// Form of the explanation
    #[arg(long, value_enum, default_value = "text")]
    pub format: ExplainFormat,
}

/// verify
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A rule
    pub source: PathBuf,
    /// Another rule
    pub target: PathBuf,
    /// The dialect of bare queries without a telling name
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Panther's global_helpers folder
    #[arg(long, value_name = "DIR")]
    pub helpers: Option<PathBuf>,
    /// A field table laid over the built-in ones
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
    /// Types of fields, JSON
    #[arg(long, value_name = "FILE")]
    pub types: Option<PathBuf>,
    /// What becomes of field names between platforms
    #[arg(long, value_enum, default_value = "map")]
    pub fields: FieldsArg,
}

/// Form of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Text,
    /// JSON
    Json,
}

/// diff
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The rule as it was
    pub old: PathBuf,
    /// The rule as it is
    pub new: PathBuf,
    /// The dialect of bare queries without a telling name
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Panther's global_helpers folder
    #[arg(long, value_name = "DIR")]
    pub helpers: Option<PathBuf>,
    /// Form of the difference
    #[arg(long, value_enum, default_value = "text")]
    pub format: DiffFormat,
}

/// Form of test results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// JUnit XML
    Junit,
}

/// test
#[derive(Debug, Args)]
pub struct TestArgs {
    /// What to read
    #[command(flatten)]
    pub read: ReadArgs,
    /// Further events: JSON lines {"event": {...}, "expected": true}
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Form of the results
    #[arg(long, value_enum, default_value = "text")]
    pub format: TestFormat,
}

/// run
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A rule or query file
    #[arg(value_name = "PATH", required_unless_present = "query")]
    pub path: Option<PathBuf>,
    /// A query instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "path")]
    pub query: Option<String>,
    /// The dialect of the query
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Panther's global_helpers folder
    #[arg(long, value_name = "DIR")]
    pub helpers: Option<PathBuf>,
    /// Events, JSON lines; - or nothing: standard input
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Rows of a table
    #[arg(long = "table", value_name = "NAME=FILE")]
    pub tables: Vec<String>,
    /// Types of fields, JSON {"field": "keyword"}
    #[arg(long, value_name = "FILE")]
    pub types: Option<PathBuf>,
    /// The time of evaluation, ISO 8601; the newest event's time when left out
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// One line {"index": i, "match": bool} an event, and nothing else
    #[arg(long)]
    pub verdicts: bool,
}

/// Form of coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// Markdown tables
    Md,
    /// JSON
    Json,
    /// CSV
    Csv,
    /// ATT&CK Navigator layer 4.5
    Navigator,
    /// The matrix as an HTML fragment
    Html,
    /// JSON for a badge of shields.io
    Badge,
}

/// coverage
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// What to read
    #[command(flatten)]
    pub read: ReadArgs,
    /// Form of the coverage
    #[arg(long, value_enum, default_value = "md")]
    pub format: CoverageFormat,
    /// The release of ATT&CK: 19 or 18.1
    #[arg(long, value_name = "V", default_value = "19")]
    pub attack_version: String,
    /// ATT&CK data of another release
    #[arg(long, value_name = "FILE")]
    pub attack_data: Option<PathBuf>,
    /// Put the coverage between the markers `BEGIN ruleglot` and `END ruleglot` of this page
    #[arg(long, value_name = "FILE")]
    pub inject: Option<PathBuf>,
    /// Write nothing; exit 1 where the page would change
    #[arg(long, requires = "inject")]
    pub check: bool,
    /// An earlier report (--format json); exit 1 where a technique that it covers has no rule any more
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Exit 1 where fewer techniques than this share have a rule
    #[arg(long, value_name = "PERCENT")]
    pub min: Option<String>,
    /// Exit 1 where one of these techniques has no rule
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub require: Vec<String>,
}
