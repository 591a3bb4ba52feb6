//! A catalogue page of a Panther rule: the rule file as a catalogue shows it, its structured condition, what it excludes
//! and what its alerts show. Such pages are text taken from a web site: indentation is often lost.

use super::rule;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::model::{ArrayMode, Expr, FieldPath, FieldRef, Logic, OutputField, PlatformId, Predicate, Unread};
use crate::platform::read::{RawQuery, RawRule, ReadEnv, ReadRule, RuleFile, query_logic};
use crate::rewrite::exclusions::exclusions;
use crate::source::{Entry, Format, Node, QueryText, SourceFile, Value};

/// Keys of a Panther rule that a page shows, and whether a list of texts follows.
const KEYS: &[(&str, bool)] = &[
    ("AnalysisType", false),
    ("Filename", false),
    ("RuleID", false),
    ("DisplayName", false),
    ("Enabled", false),
    ("LogTypes", true),
    ("Severity", false),
    ("Description", false),
    ("Tags", true),
    ("Status", false),
    ("DedupPeriodMinutes", false),
    ("Threshold", false),
    ("CreatedBy", false),
    ("Runbook", false),
    ("Reference", false),
    ("SummaryAttributes", true),
];

/// What the page says where the condition is not the whole rule.
const IMPERATIVE: &str = "This rule also runs imperative logic";

struct Page<'a> {
    text: &'a str,
    lines: Vec<(usize, &'a str)>,
}

/// Everything but the logic.
pub(super) fn rules(file: &SourceFile) -> RuleFile {
    let page = Page::new(&file.text);
    let mut diagnostics = Vec::new();
    let Some(condition) = page.condition() else {
        let found = Diagnostic::error(codes::source::NO_QUERY, "the page shows no condition");
        return RuleFile::failed(found.at(Span::new(0, 0)));
    };
    let node = page.node();
    let detection = rule::detection(&node, "rule", &mut diagnostics);
    let query = RawQuery { dialect: "condition".to_owned(), text: QueryText::slice(file, condition), file: None };
    RuleFile {
        rules: vec![RawRule { detection, query: Some(query), node, format: Format::CataloguePage, diagnostics }],
        diagnostics: Vec::new(),
    }
}

/// Reads the logic: the condition, and beside it what the page says it cannot show.
pub(super) fn logic(file: &SourceFile, raw: RawRule, env: &ReadEnv<'_>) -> ReadRule {
    let RawRule { mut detection, query, node: _, format, mut diagnostics } = raw;
    let page = Page::new(&file.text);
    if let Some(query) = &query {
        diagnostics.extend(query_logic(&mut detection, query, PlatformId::Panther, env));
    }
    if let (Some(condition), Some(query)) = (detection.logic.as_filter(), &query) {
        diagnostics.extend(page.compare(&condition));
        if let Some(at) = page.line_of(|line| line.starts_with(IMPERATIVE)) {
            let text = page.lines.get(at).map_or("", |(_, line)| line);
            let reason = "the rule also runs imperative logic, of which the page shows nothing but its structured part";
            let span = Span::new(0, query.text.text.len());
            let index = detection.unread.len();
            detection.unread.push(Unread {
                code: codes::panther::PAGE_IMPERATIVE,
                reason: reason.to_owned(),
                span: Some(span),
                text: text.to_owned(),
            });
            detection.logic = Logic::filter(Predicate::all([condition, Predicate::Unread { index, span }]), span);
        }
    }
    detection.outputs = page
        .table("Output fields")
        .into_iter()
        .filter_map(|(_, cells)| {
            let name = cells.first()?.clone();
            let source = cells.get(1).filter(|source| !source.is_empty()).unwrap_or(&name);
            let value = Expr::Field(FieldRef::new(FieldPath::parse(source), ArrayMode::Any));
            Some(OutputField { name, value })
        })
        .collect();
    ReadRule { bundle: detection.into(), query, format, diagnostics }
}

impl<'a> Page<'a> {
    fn new(text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = line.len() - line.trim_start().len();
            lines.push((at + start, line.trim()));
            at += line.len();
        }
        Self { text, lines }
    }

    fn line_of(&self, test: impl Fn(&str) -> bool) -> Option<usize> {
        self.lines.iter().position(|(_, line)| test(line.trim_start_matches(['#', ' '])))
    }

    fn heading(&self, name: &str) -> Option<usize> {
        self.line_of(|line| line == name)
    }

    /// The place of the condition's text.
    fn condition(&self) -> Option<Span> {
        let logic = self.line_of(|line| line.starts_with("Detection logic"))?;
        let after = |at: usize, test: &dyn Fn(&str) -> bool| {
            self.lines.iter().skip(at).position(|(_, line)| test(line.trim_start_matches(['#', ' ']))).map(|n| n + at)
        };
        let from = after(logic, &|line| line == "Condition")? + 1;
        let ends = |line: &str| line.starts_with(IMPERATIVE) || matches!(line, "Exclusions" | "Output fields");
        let to = after(from, &ends).unwrap_or(self.lines.len());
        let own = self.lines.get(from..to)?;
        let own: Vec<&(usize, &str)> =
            own.iter().filter(|(_, line)| !line.is_empty() && !line.starts_with("```")).collect();
        let ((start, _), (last, line)) = (own.first()?, own.last()?);
        Some(Span::new(*start, last + line.len()))
    }

    /// The rows of the table under a heading, each with its place; header and rule are left out.
    fn table(&self, heading: &str) -> Vec<(Span, Vec<String>)> {
        let Some(at) = self.heading(heading) else { return Vec::new() };
        let mut rows = Vec::new();
        let mut started = false;
        for (start, line) in self.lines.iter().skip(at + 1) {
            if !line.contains('|') {
                if started && !line.is_empty() {
                    break;
                }
                continue;
            }
            let inner = line.strip_prefix('|').unwrap_or(line);
            let inner = inner.strip_suffix('|').unwrap_or(inner);
            let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
            let rule = cells.iter().all(|cell| cell.chars().all(|letter| matches!(letter, '-' | ':' | ' ')));
            if rule && !inner.trim().is_empty() {
                started = true;
                continue;
            }
            if started {
                rows.push((Span::new(*start, start + line.len()), cells));
            }
        }
        rows
    }

    /// Whether the table of exclusions says what the condition says.
    fn compare(&self, condition: &Predicate) -> Vec<Diagnostic> {
        let own = exclusions(condition);
        self.table("Exclusions")
            .into_iter()
            .filter(|(_, cells)| {
                let (field, kind) = (cells.first().map_or("", String::as_str), cells.get(1).map_or("", String::as_str));
                !own.iter().any(|row| row.field == field && row.kind == kind)
            })
            .map(|(span, cells)| {
                let field = cells.first().map_or("", String::as_str);
                let message = format!("the page lists `{field}` as excluded, and its condition does not");
                Diagnostic::warning(codes::panther::PAGE_EXCLUSION, message).at(span)
            })
            .collect()
    }

    /// The rule file as the page shows it, indentation or none.
    fn node(&self) -> Node {
        let from = self.line_of(|line| line.starts_with("Rule body")).map_or(0, |at| at + 1);
        let to = self.line_of(|line| line.starts_with("Detection logic")).unwrap_or(self.lines.len());
        let mut entries = Vec::new();
        let mut at = from;
        while at < to {
            let Some((start, line)) = self.lines.get(at).copied() else { break };
            if line == "Tests:" {
                let (tests, next) = self.tests(at + 1, to);
                entries.push(entry("Tests", tests, start));
                at = next;
                continue;
            }
            if line.starts_with("MITRE ATT&CK:") || line.starts_with("MITRE ATTCK:") {
                let (items, next) = self.items(at + 1, to);
                let span = Span::new(start, start + line.len());
                let report = Node::new(Value::Map(vec![entry("MITRE ATT&CK", items, start)]), span);
                entries.push(entry("Reports", report, start));
                at = next;
                continue;
            }
            let known = KEYS.iter().find_map(|(key, list)| {
                let rest = line.strip_prefix(key)?.strip_prefix(':')?;
                Some((*key, *list, rest.trim()))
            });
            let Some((key, list, rest)) = known else {
                at += 1;
                continue;
            };
            let (value, next) = if list {
                self.items(at + 1, to)
            } else if matches!(rest, ">" | ">-" | "|" | "|-" | "") {
                self.prose(at + 1, to)
            } else {
                (scalar(rest, start + line.len() - rest.len()), at + 1)
            };
            entries.push(entry(key, value, start));
            at = next;
        }
        Node::new(Value::Map(entries), Span::new(0, self.text.len()))
    }

    fn is_key(line: &str) -> bool {
        line == "Tests:"
            || line == "Reports:"
            || line.starts_with("MITRE ATT")
            || KEYS.iter().any(|(key, _)| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')))
    }

    /// `- item` lines, and the line behind them.
    fn items(&self, from: usize, to: usize) -> (Node, usize) {
        let mut items = Vec::new();
        let mut at = from;
        while let Some((start, line)) = self.lines.get(at).copied().filter(|_| at < to) {
            let Some(item) = line.strip_prefix("- ") else { break };
            // A comment behind the item is no part of it.
            let item = item.split(" #").next().unwrap_or(item).trim();
            items.push(scalar(item, start + line.find(item).unwrap_or(0)));
            at += 1;
        }
        let span = items.iter().map(|item| item.span).reduce(Span::to).unwrap_or_default();
        (Node::new(Value::Seq(items), span), at)
    }

    /// Lines of prose up to the next key, as one text.
    fn prose(&self, from: usize, to: usize) -> (Node, usize) {
        let mut words = Vec::new();
        let mut span: Option<Span> = None;
        let mut at = from;
        while let Some((start, line)) = self.lines.get(at).copied().filter(|_| at < to) {
            if Self::is_key(line) {
                break;
            }
            if !line.is_empty() {
                words.push(line);
                let own = Span::new(start, start + line.len());
                span = Some(span.map_or(own, |all| all.to(own)));
            }
            at += 1;
        }
        (Node::new(Value::String(words.join(" ")), span.unwrap_or_default()), at)
    }

    /// The rule's tests: names, expectations and JSON events.
    fn tests(&self, from: usize, to: usize) -> (Node, usize) {
        let mut tests: Vec<Node> = Vec::new();
        let mut current: Vec<Entry> = Vec::new();
        let mut at = from;
        let mut finish = |current: &mut Vec<Entry>| {
            if !current.is_empty() {
                let entries = std::mem::take(current);
                let span = entries.iter().map(|entry| entry.value.span).reduce(Span::to).unwrap_or_default();
                tests.push(Node::new(Value::Map(entries), span));
            }
        };
        while let Some((start, line)) = self.lines.get(at).copied().filter(|_| at < to) {
            let (line, new) = line.strip_prefix("- ").map_or((line, false), |rest| (rest.trim(), true));
            if new {
                finish(&mut current);
            }
            at += 1;
            if let Some(name) = line.strip_prefix("Name:") {
                current.push(entry("Name", scalar(name.trim(), start), start));
            } else if let Some(flag) = line.strip_prefix("ExpectedResult:") {
                current.push(entry("ExpectedResult", scalar(flag.trim(), start), start));
            } else if line == "Log:" {
                let (event, next) = self.json(at, to);
                current.push(entry("Log", event, start));
                at = next;
            } else if Self::is_key(line) {
                at -= 1;
                break;
            }
        }
        finish(&mut current);
        let span = tests.iter().map(|test| test.span).reduce(Span::to).unwrap_or_default();
        (Node::new(Value::Seq(tests), span), at)
    }

    /// The text of a JSON object that starts at a line, and the line behind it.
    fn json(&self, from: usize, to: usize) -> (Node, usize) {
        let begin = self.lines.get(from).map_or(self.text.len(), |(start, _)| *start);
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        let mut end = begin;
        for (offset, letter) in self.text.get(begin..).unwrap_or("").char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '{' | '[' if !quoted => depth += 1,
                '}' | ']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            end = begin + offset + letter.len_utf8();
            if depth == 0 && !letter.is_whitespace() {
                break;
            }
        }
        let span = Span::new(begin, end);
        let next = self.lines.iter().position(|(start, _)| *start >= end).unwrap_or(to).min(to);
        (Node::new(Value::String(span.text(self.text).to_owned()), span), next)
    }
}

fn entry(key: &str, value: Node, at: usize) -> Entry {
    Entry { key: key.to_owned(), key_span: Span::new(at, at + key.len()), value }
}

fn scalar(text: &str, at: usize) -> Node {
    let span = Span::new(at, at + text.len());
    let plain = text.trim_matches(['"', '\'']);
    let value = match (plain.len() == text.len(), plain, plain.parse::<i64>()) {
        (true, "true", _) => Value::Bool(true),
        (true, "false", _) => Value::Bool(false),
        (true, _, Ok(number)) => Value::Int(number),
        _ => Value::String(plain.to_owned()),
    };
    Node::new(value, span)
}
