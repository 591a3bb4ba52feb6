//! Elastic's documentation page of a prebuilt rule, Markdown, to the canonical shape.

use crate::diagnostic::Span;
use crate::source::{Entry, Node, Value};

/// The lines of a page with their offsets.
struct Page<'a> {
    lines: Vec<(usize, &'a str)>,
}

/// Bold labels of the page with the key of the rule and whether a list follows.
const LABELS: &[(&str, &str, bool)] = &[
    ("Rule type", "type", false),
    ("Rule indices", "index", true),
    ("Severity", "severity", false),
    ("Risk score", "risk_score", false),
    ("Runs every", "interval", false),
    ("Searches indices from", "from", false),
    ("Maximum alerts per execution", "max_signals", false),
    ("References", "references", true),
    ("Tags", "tags", true),
    ("Version", "version", false),
    ("Rule authors", "author", true),
    ("Rule license", "license", false),
];

/// The rule of a page. What the page does not state is not there.
pub(super) fn rule(text: &str) -> Node {
    let page = Page::new(text);
    let mut entries = Vec::new();
    let mut put = |key: &str, value: Node| {
        entries.push(Entry { key: key.to_owned(), key_span: value.span, value });
    };
    let title = page.lines.iter().position(|(_, line)| line.starts_with("# "));
    if let Some(at) = title {
        let (offset, line) = page.lines.get(at).copied().unwrap_or((0, ""));
        let (name, anchor) = split_anchor(line.trim_start_matches("# "));
        let start = offset + line.find(name).unwrap_or(0);
        put("name", text_node(name, Span::new(start, start + name.len())));
        if let Some(anchor) = anchor {
            put("rule_id", text_node(anchor, Span::new(offset, offset + line.len())));
        }
        let (from, to) = (at + 1, page.next(at + 1, |line| line.starts_with("**") || line.starts_with("## ")));
        if let Some(node) = page.block(from, to) {
            put("description", node);
        }
    }
    for (label, key, list) in LABELS {
        let prefix = format!("**{label}**:");
        let Some(at) = page.lines.iter().position(|(_, line)| line.starts_with(&prefix)) else { continue };
        let (offset, line) = page.lines.get(at).copied().unwrap_or((0, ""));
        if *list {
            let items = page.bullets(at + 1);
            let span =
                items.iter().map(|item| item.span).reduce(Span::to).unwrap_or(Span::new(offset, offset + line.len()));
            let items = if *key == "references" { items.into_iter().map(link).collect() } else { items };
            put(key, Node::new(Value::Seq(items), span));
            continue;
        }
        let rest = line.get(prefix.len()..).unwrap_or("");
        // `now-25m ([Date Math format](...), see also ...)`: the value is the first word; a licence has several.
        let value = match *key {
            "license" => rest.trim(),
            _ => rest.split_whitespace().next().unwrap_or(""),
        };
        let start = offset + prefix.len() + rest.find(value).unwrap_or(0);
        let span = Span::new(start, start + value.len());
        put(
            key,
            match (*key, value.parse::<i64>()) {
                ("risk_score" | "max_signals" | "version", Ok(number)) => {
                    Node { value: Value::Int(number), span, written: Some(value.to_owned()) }
                }
                _ => text_node(value, span),
            },
        );
    }
    for (heading, key) in [("Investigation guide", "note"), ("Setup", "setup")] {
        if let Some(node) = page.section(heading) {
            put(key, node);
        }
    }
    if let Some(node) = page.query() {
        put("query", node);
    }
    let threat = threat(&page);
    if !threat.items().is_empty() {
        put("threat", threat);
    }
    Node::new(Value::Map(entries), Span::new(0, text.len()))
}

fn text_node(text: &str, span: Span) -> Node {
    Node::new(Value::String(text.to_owned()), span)
}

/// `Title [anchor]` as title and anchor.
fn split_anchor(line: &str) -> (&str, Option<&str>) {
    match line.trim().strip_suffix(']').and_then(|line| line.rsplit_once('[')) {
        Some((title, anchor)) if !anchor.contains(' ') => (title.trim(), Some(anchor)),
        _ => (line.trim(), None),
    }
}

/// A Markdown link as its address.
fn link(node: Node) -> Node {
    let Some(text) = node.as_str() else { return node };
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.rsplit_once("](")) {
        Some((_, address)) => text_node(address, node.span),
        None => node,
    }
}

impl<'a> Page<'a> {
    fn new(text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            lines.push((at, line.trim_end()));
            at += line.len();
        }
        Self { lines }
    }

    /// The next line from `from` on that meets the test; the end where none does.
    fn next(&self, from: usize, test: impl Fn(&str) -> bool) -> usize {
        let found = self.lines.iter().skip(from).position(|(_, line)| test(line));
        found.map_or(self.lines.len(), |at| from + at)
    }

    /// Lines `from..to` as one text without blank lines around it; `None` where nothing is left.
    fn block(&self, from: usize, to: usize) -> Option<Node> {
        let lines: Vec<_> = self.lines.get(from..to)?.to_vec();
        let first = lines.iter().position(|(_, line)| !line.is_empty())?;
        let last = lines.iter().rposition(|(_, line)| !line.is_empty())?;
        let kept = lines.get(first..=last)?;
        let text: Vec<&str> = kept.iter().map(|(_, line)| *line).collect();
        let start = kept.first()?.0;
        let (offset, line) = kept.last()?;
        Some(text_node(&text.join("\n"), Span::new(start, offset + line.len())))
    }

    /// The bullets behind a label, up to the next line that is neither bullet nor blank.
    fn bullets(&self, from: usize) -> Vec<Node> {
        let mut items = Vec::new();
        for (offset, line) in self.lines.iter().skip(from) {
            match line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
                Some(item) => {
                    let start = offset + line.len() - item.len();
                    items.push(text_node(item, Span::new(start, start + item.len())));
                }
                None if line.is_empty() => {}
                None => break,
            }
        }
        items
    }

    fn section(&self, heading: &str) -> Option<Node> {
        let at = self
            .lines
            .iter()
            .position(|(_, line)| line.strip_prefix("## ").is_some_and(|line| split_anchor(line).0 == heading))?;
        self.block(at + 1, self.next(at + 1, |line| line.starts_with("## ") || line.starts_with("**Framework**")))
    }

    /// The first fenced block below "Rule query".
    fn query(&self) -> Option<Node> {
        let at = self.lines.iter().position(|(_, line)| line.starts_with("## Rule query"))?;
        let open = self.next(at + 1, |line| line.trim_start().starts_with("```"));
        let close = self.next(open + 1, |line| line.trim_start().starts_with("```"));
        let start = self.lines.get(open + 1)?.0;
        let end = self.lines.get(close).or_else(|| self.lines.last())?.0;
        let lines: Vec<&str> = self.lines.get(open + 1..close)?.iter().map(|(_, line)| *line).collect();
        let text = lines.join("\n");
        Some(text_node(text.trim_end(), Span::new(start, end.max(start))))
    }
}

/// Which list of the mapping the lines belong to.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    None,
    Tactic,
    Technique,
    Sub,
}

/// An id with its name and address.
#[derive(Default, Clone)]
struct Item {
    members: Vec<Entry>,
    inner: Vec<Item>,
}

/// The mapping to ATT&CK behind "**Framework**".
fn threat(page: &Page<'_>) -> Node {
    let start = page.lines.iter().position(|(_, line)| line.starts_with("**Framework**")).unwrap_or(page.lines.len());
    let mut tactics: Vec<Item> = Vec::new();
    let mut level = Level::None;
    for (offset, line) in page.lines.iter().skip(start) {
        let trimmed = line.trim_start();
        let Some(item) = trimmed.strip_prefix("* ") else { continue };
        let (key, value) = item.split_once(':').unwrap_or((item, ""));
        let value = value.trim();
        let span = Span::new(offset + line.len() - value.len(), offset + line.len());
        let new_level = match key.trim().to_ascii_lowercase().replace(['-', ' '], "").as_str() {
            "tactic" => Level::Tactic,
            "technique" => Level::Technique,
            "subtechnique" => Level::Sub,
            _ => Level::None,
        };
        if new_level != Level::None {
            level = new_level;
            let list = match level {
                Level::Technique => tactics.last_mut().map(|tactic| &mut tactic.inner),
                Level::Sub => {
                    tactics.last_mut().and_then(|tactic| tactic.inner.last_mut()).map(|technique| &mut technique.inner)
                }
                _ => Some(&mut tactics),
            };
            if let Some(list) = list {
                list.push(Item::default());
            }
            continue;
        }
        let name = match key.trim() {
            "Name" => "name",
            "ID" => "id",
            "Reference URL" => "reference",
            _ => continue,
        };
        let target = match level {
            Level::None => None,
            Level::Tactic => tactics.last_mut(),
            Level::Technique => tactics.last_mut().and_then(|tactic| tactic.inner.last_mut()),
            Level::Sub => tactics
                .last_mut()
                .and_then(|tactic| tactic.inner.last_mut())
                .and_then(|technique| technique.inner.last_mut()),
        };
        if let Some(target) = target {
            target.members.push(Entry { key: name.to_owned(), key_span: span, value: link(text_node(value, span)) });
        }
    }
    let node = |item: &Item, inner: Option<(&str, Vec<Node>)>| {
        let mut entries = item.members.clone();
        let span = entries.iter().map(|entry| entry.value.span).reduce(Span::to).unwrap_or_default();
        if let Some((key, list)) = inner.filter(|(_, list)| !list.is_empty()) {
            entries.push(Entry { key: key.to_owned(), key_span: span, value: Node::new(Value::Seq(list), span) });
        }
        Node::new(Value::Map(entries), span)
    };
    let threats = tactics.iter().map(|tactic| {
        let techniques = tactic.inner.iter().map(|technique| {
            let subs = technique.inner.iter().map(|sub| node(sub, None)).collect();
            node(technique, Some(("subtechnique", subs)))
        });
        let own = node(tactic, None);
        let span = own.span;
        let mut entries = vec![
            Entry { key: "framework".to_owned(), key_span: span, value: text_node("MITRE ATT&CK", span) },
            Entry { key: "tactic".to_owned(), key_span: span, value: own },
        ];
        let techniques: Vec<Node> = techniques.collect();
        if !techniques.is_empty() {
            entries.push(Entry {
                key: "technique".to_owned(),
                key_span: span,
                value: Node::new(Value::Seq(techniques), span),
            });
        }
        Node::new(Value::Map(entries), span)
    });
    let list: Vec<Node> = threats.collect();
    let span = list.iter().map(|item| item.span).reduce(Span::to).unwrap_or_default();
    Node::new(Value::Seq(list), span)
}
