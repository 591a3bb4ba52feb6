//! Filters that stand beside a query: Kibana's filter objects with Query DSL inside, as a condition on events.
//!
//! Semantics: spec/elastic-semantics.md ("Rule `filters`"), the Query DSL reference. What is not understood is unread by
//! name, never dropped (rule 5).

use super::join;
use super::lower::{End, Field, Refused, equals, pattern, range};
use crate::diagnostic::codes::elastic as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::dialect::{Read, ReadContext};
use crate::model::walk::{Fold, predicate_parts};
use crate::model::{
    Anchor, Case, Expr, FieldKind, Predicate, RegexFlavour, Test, TestKind, Unread, WildcardPart, lucene_regex,
};
use crate::source::{Node, Value};

/// What filters mean.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// The conditions, one a filter that is switched on; all must hold.
    pub conditions: Vec<Predicate>,
    /// What could not be read; the conditions refer to these by index, from `base` of [`read`] on.
    pub unread: Vec<Unread>,
    /// Warnings and notes, in places as `place` gives them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a list of Kibana filters.
///
/// `place` turns a place of the file into the place that tests carry; `text` is the file's text; `base` is the number of
/// entries that `unread` of the detection has already.
pub fn read(list: &Node, text: &str, base: usize, context: &ReadContext<'_>, place: &dyn Fn(Span) -> Span) -> Filters {
    let mut reading = Reading { text, base, context, place, found: Filters::default() };
    let filters: Vec<&Node> = if list.is_map() { vec![list] } else { list.items().iter().collect() };
    for filter in filters {
        if let Some(condition) = reading.filter(filter) {
            reading.found.conditions.push(condition);
        }
    }
    reading.found
}

struct Reading<'a> {
    text: &'a str,
    base: usize,
    context: &'a ReadContext<'a>,
    place: &'a dyn Fn(Span) -> Span,
    found: Filters,
}

/// Keys of a filter object that are no query.
const NO_QUERY: &[&str] = &["meta", "$state", "query"];

impl Reading<'_> {
    /// A filter; `None` where it is switched off.
    fn filter(&mut self, filter: &Node) -> Option<Predicate> {
        let meta = |key: &str| filter.at(&["meta", key]);
        if meta("disabled").and_then(Node::as_bool) == Some(true) {
            let message = "this filter is switched off and selects nothing";
            let at = (self.place)(filter.span);
            self.found.diagnostics.push(Diagnostic::note(codes::FILTER_OFF, message).at(at));
            return None;
        }
        let condition = match (filter.get("query"), meta("type").and_then(Node::as_str)) {
            (_, Some("combined")) => {
                let parts: Vec<Predicate> = meta("params")
                    .map(Node::items)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|part| self.filter(part))
                    .collect();
                let or =
                    meta("relation").and_then(Node::as_str).is_some_and(|relation| relation.eq_ignore_ascii_case("OR"));
                if or { join::any(parts) } else { join::all(parts) }
            }
            (Some(query), _) if !query.entries().is_empty() => self.query(query),
            _ => {
                // Older exports keep the query beside `meta`.
                let own = filter.entries().iter().find(|entry| !NO_QUERY.contains(&entry.key.as_str()));
                match own {
                    Some(entry) => self.clause(&entry.key, &entry.value, entry.key_span.to(entry.value.extent())),
                    None => self.unread("a filter without a query", filter.span),
                }
            }
        };
        let negated = meta("negate").and_then(Node::as_bool) == Some(true);
        Some(if negated { condition.negate() } else { condition })
    }

    /// An object of one query; several side by side are refused by Elasticsearch.
    fn query(&mut self, query: &Node) -> Predicate {
        match query.entries() {
            [entry] => self.clause(&entry.key, &entry.value, entry.key_span.to(entry.value.extent())),
            _ => self.unread("a query must have exactly one kind", query.span),
        }
    }

    fn queries(&mut self, node: Option<&Node>) -> Vec<Predicate> {
        match node {
            None => Vec::new(),
            Some(one) if one.is_map() => vec![self.query(one)],
            Some(list) => list.items().iter().map(|query| self.query(query)).collect(),
        }
    }

    fn clause(&mut self, kind: &str, body: &Node, span: Span) -> Predicate {
        match kind {
            "match_all" => Predicate::Always(true),
            "match_none" => Predicate::Always(false),
            "bool" => self.boolean(body, span),
            "constant_score" => self.queries(body.get("filter")).pop().unwrap_or(Predicate::Always(true)),
            "dis_max" => join::any(self.queries(body.get("queries"))),
            "exists" => match body.get("field").and_then(Node::as_str) {
                Some(name) => {
                    let field = Field::named(name, self.context.types);
                    Predicate::Test(Test::new(field.subject, TestKind::Present, (self.place)(span)))
                }
                None => self.unread("`exists` without a field", span),
            },
            "query_string" | "kql" => self.inner_query(kind, body, span),
            "term" | "terms" | "match" | "match_phrase" | "prefix" | "wildcard" | "regexp" | "range" | "fuzzy" => {
                let mut fields =
                    body.entries().iter().filter(|entry| !["boost", "_name"].contains(&entry.key.as_str()));
                match (fields.next(), fields.next()) {
                    (Some(entry), None) => self.leaf(kind, &entry.key, &entry.value, span),
                    _ => self.unread(&format!("`{kind}` names exactly one field"), span),
                }
            }
            "multi_match" => self.multi_match(body, span),
            other => self.unread(&format!("the query `{other}` of the Query DSL is not known"), span),
        }
    }

    fn boolean(&mut self, body: &Node, span: Span) -> Predicate {
        let mut all = self.queries(body.get("must"));
        all.extend(self.queries(body.get("filter")));
        let none: Vec<Predicate> = self.queries(body.get("must_not")).into_iter().map(Predicate::negate).collect();
        let some = self.queries(body.get("should"));
        let least = body.get("minimum_should_match").map(Node::scalar_text);
        let default = if all.is_empty() { 1 } else { 0 };
        let least = match least {
            None => Some(default),
            Some(text) => text.and_then(|text| text.trim().parse::<usize>().ok()),
        };
        if !some.is_empty() {
            match least {
                Some(0) => {}
                Some(1) => all.push(join::any(some)),
                Some(count) if count == some.len() => all.extend(some),
                _ => all.push(self.unread("`minimum_should_match` of this kind has no counterpart", span)),
            }
        }
        all.extend(none);
        join::all(all)
    }

    /// A query of one field.
    fn leaf(&mut self, kind: &str, name: &str, body: &Node, span: Span) -> Predicate {
        let types = self.context.types;
        let option = |key: &str| body.get(key).filter(|value| !value.is_null());
        let main = ["value", "query", "wildcard"].iter().find_map(|key| option(key));
        let value = main.or(if body.is_map() { None } else { Some(body) });
        let mut field = Field::named(name, types);
        if option("case_insensitive").and_then(Node::as_bool) == Some(true) && field.case == Case::Sensitive {
            field.case = Case::IgnoreAscii;
        }
        let at = (self.place)(span);
        let text = value.and_then(Node::scalar_text);
        let found: Result<Predicate, Refused> = match (kind, &text) {
            ("terms", _) if !body.is_map() => {
                let each: Result<Vec<_>, _> = body.texts().iter().map(|text| term(&field, text, at)).collect();
                each.map(join::any)
            }
            ("range", _) => self.range(&field, body, at),
            ("term", Some(text)) => term(&field, text, at),
            ("match", Some(text)) => match option("type").and_then(Node::as_str) {
                Some("phrase") => equals(&field, text, true, at),
                _ => matched(&field, text, option("operator").and_then(Node::as_str), at),
            },
            ("match_phrase", Some(text)) => {
                let slop = option("slop").and_then(Node::as_i64).and_then(|slop| u32::try_from(slop).ok()).unwrap_or(0);
                match field.kind {
                    Some(FieldKind::Text) => {
                        Ok(Predicate::Test(Test::new(field.subject, TestKind::Phrase { text: text.clone(), slop }, at)))
                    }
                    _ => equals(&field, text, true, at),
                }
            }
            ("prefix", Some(text)) => pattern(&field, vec![WildcardPart::Text(text.clone()), WildcardPart::Many], at),
            ("wildcard", Some(text)) => pattern(&field, wildcard(text), at),
            ("regexp", Some(text)) => match lucene_regex::parse(text) {
                Ok(_) => {
                    let kind = TestKind::Regex {
                        pattern: Expr::text(text.clone()),
                        flavour: RegexFlavour::Lucene,
                        anchor: Anchor::Whole,
                        case: field.case,
                    };
                    Ok(Predicate::Test(Test::new(field.subject, kind, at)))
                }
                Err(_) => Err(Refused(codes::FILTER, "Lucene refuses the regular expression".to_owned())),
            },
            ("fuzzy", Some(text)) => fuzzy(&field, text, body, at),
            _ => Err(Refused(codes::FILTER, format!("`{kind}` on {name} has no value that can be read"))),
        };
        self.read(found, span)
    }

    fn range(&mut self, field: &Field, body: &Node, at: Span) -> Result<Predicate, Refused> {
        let known =
            ["gt", "gte", "lt", "lte", "from", "to", "include_lower", "include_upper", "boost", "relation", "format"];
        let plain_format = body.get("format").is_none_or(|format| {
            matches!(
                format.as_str(),
                Some("strict_date_optional_time" | "epoch_millis" | "strict_date_optional_time||epoch_millis")
            )
        });
        if !plain_format || body.entries().iter().any(|entry| !known.contains(&entry.key.as_str())) {
            return Err(Refused(
                codes::FILTER,
                "a range with an own date format or time zone has no counterpart".to_owned(),
            ));
        }
        let text = |key: &str| body.get(key).and_then(Node::scalar_text);
        let flag = |key: &str| body.get(key).and_then(Node::as_bool).unwrap_or(true);
        let end = |open: &str, closed: &str, old: &str, include: &str| {
            text(closed)
                .map(|text| (text, true))
                .or_else(|| text(open).map(|text| (text, false)))
                .or_else(|| text(old).map(|text| (text, flag(include))))
        };
        let low = end("gt", "gte", "from", "include_lower");
        let high = end("lt", "lte", "to", "include_upper");
        let as_end = |end: &Option<(String, bool)>| -> Option<(String, bool)> { end.clone() };
        let (low, high) = (as_end(&low), as_end(&high));
        fn borrow(end: &Option<(String, bool)>) -> Option<End<'_>> {
            end.as_ref().map(|(text, closed)| (text.as_str(), *closed))
        }
        range(field, borrow(&low), borrow(&high), at)
    }

    /// A query in a language of its own, read through the registry.
    fn inner_query(&mut self, kind: &str, body: &Node, span: Span) -> Predicate {
        let dialect = if kind == "kql" { "kuery" } else { "lucene" };
        let options = ["query", "analyze_wildcard", "time_zone", "boost"];
        let plain = body.entries().iter().all(|entry| options.contains(&entry.key.as_str()));
        let (Some(query), Some(dialect), true) =
            (body.get("query").and_then(Node::as_str), self.context.registry.get(dialect), plain)
        else {
            return self.unread(&format!("`{kind}` with these options is not known"), span);
        };
        match dialect.read(query, self.context) {
            Ok(Read { logic, unread, .. }) => match logic.as_filter() {
                Some(predicate) => {
                    let shift = self.base + self.found.unread.len();
                    let at = (self.place)(span);
                    self.found.unread.extend(unread.into_iter().map(|entry| Unread { span: Some(at), ..entry }));
                    Replace { shift, at }.predicate(predicate)
                }
                None => self.unread(&format!("`{kind}` holds more than a filter"), span),
            },
            Err(_) => self.unread(&format!("the query in `{kind}` has a syntax error"), span),
        }
    }

    fn multi_match(&mut self, body: &Node, span: Span) -> Predicate {
        let query = body.get("query").and_then(Node::scalar_text);
        let fields = body.get("fields").map(Node::texts).unwrap_or_default();
        let kind = body.get("type").and_then(Node::as_str).unwrap_or("best_fields");
        let (Some(query), false, true) =
            (query, fields.is_empty(), matches!(kind, "best_fields" | "most_fields" | "phrase"))
        else {
            return self.unread("`multi_match` of this kind has no counterpart", span);
        };
        let at = (self.place)(span);
        let operator = body.get("operator").and_then(Node::as_str);
        let types = self.context.types;
        let each = fields.iter().map(|name| {
            let field = Field::named(name.split('^').next().unwrap_or(name), types);
            if kind == "phrase" { equals(&field, &query, true, at) } else { matched(&field, &query, operator, at) }
        });
        let found = each.collect::<Result<Vec<_>, _>>().map(join::any);
        self.read(found, span)
    }

    fn read(&mut self, found: Result<Predicate, Refused>, span: Span) -> Predicate {
        match found {
            Ok(predicate) => predicate,
            Err(Refused(code, reason)) => self.push(Unread { code, reason, span: None, text: String::new() }, span),
        }
    }

    fn unread(&mut self, reason: &str, span: Span) -> Predicate {
        self.push(Unread { code: codes::FILTER, reason: reason.to_owned(), span: None, text: String::new() }, span)
    }

    fn push(&mut self, entry: Unread, span: Span) -> Predicate {
        let index = self.base + self.found.unread.len();
        let at = (self.place)(span);
        self.found.unread.push(Unread { span: Some(at), text: span.text(self.text).to_owned(), ..entry });
        Predicate::Unread { index, span: at }
    }
}

/// Conditions of an inner query: they stand at the filter's place, and their unread entries come later in the list.
struct Replace {
    shift: usize,
    at: Span,
}

impl Fold for Replace {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match predicate {
            Predicate::Unread { index, .. } => Predicate::Unread { index: index + self.shift, span: self.at },
            other => predicate_parts(self, other),
        }
    }

    fn test(&mut self, test: Test) -> Predicate {
        Predicate::Test(Test { span: self.at, ..test })
    }
}

/// `term` is not analysed: on analysed text it asks for one token, which is in lower case.
fn term(field: &Field, text: &str, at: Span) -> Result<Predicate, Refused> {
    if field.kind != Some(FieldKind::Text) {
        return equals(field, text, true, at);
    }
    if text.chars().any(|letter| letter.is_uppercase() || !letter.is_alphanumeric()) && field.case == Case::Sensitive {
        return Ok(Predicate::Always(false));
    }
    Ok(Predicate::Test(Test::new(field.subject.clone(), TestKind::Tokens { text: text.to_owned(), all: true }, at)))
}

fn matched(field: &Field, text: &str, operator: Option<&str>, at: Span) -> Result<Predicate, Refused> {
    let all = operator.is_some_and(|operator| operator.eq_ignore_ascii_case("and"));
    match field.kind {
        Some(FieldKind::Text) => {
            Ok(Predicate::Test(Test::new(field.subject.clone(), TestKind::Tokens { text: text.to_owned(), all }, at)))
        }
        _ => equals(field, text, false, at),
    }
}

fn fuzzy(field: &Field, text: &str, body: &Node, at: Span) -> Result<Predicate, Refused> {
    let written = body.get("fuzziness").and_then(Node::scalar_text).unwrap_or_else(|| "AUTO".to_owned());
    let length = text.chars().count();
    let distance = match written.as_str() {
        "AUTO" | "auto" if length < 3 => 0,
        "AUTO" | "auto" if length < 6 => 1,
        "AUTO" | "auto" => 2,
        other => other
            .parse::<u8>()
            .ok()
            .filter(|distance| *distance <= 2)
            .ok_or_else(|| Refused(codes::FILTER, format!("the fuzziness {other:?} is not known")))?,
    };
    let plain = field.kind.is_none_or(|kind| matches!(kind, FieldKind::Keyword | FieldKind::Wildcard));
    let prefix = matches!(body.get("prefix_length").map(|node| &node.value), None | Some(Value::Int(0)));
    if !plain || !prefix || field.case != Case::Sensitive {
        return Err(Refused(codes::FILTER, "`fuzzy` on this field or with a prefix has no counterpart".to_owned()));
    }
    let transpositions = body.get("transpositions").and_then(Node::as_bool).unwrap_or(true);
    let kind = TestKind::Fuzzy { text: text.to_owned(), distance, transpositions };
    Ok(Predicate::Test(Test::new(field.subject.clone(), kind, at)))
}

/// The parts of a wildcard pattern: `*`, `?`, and a backslash before what stands for itself.
fn wildcard(text: &str) -> Vec<WildcardPart> {
    let mut parts: Vec<WildcardPart> = Vec::new();
    let mut letters = text.chars();
    let push = |parts: &mut Vec<WildcardPart>, letter: char| match parts.last_mut() {
        Some(WildcardPart::Text(text)) => text.push(letter),
        _ => parts.push(WildcardPart::Text(letter.to_string())),
    };
    while let Some(letter) = letters.next() {
        match letter {
            '*' if parts.last() == Some(&WildcardPart::Many) => {}
            '*' => parts.push(WildcardPart::Many),
            '?' => parts.push(WildcardPart::One),
            '\\' => push(&mut parts, letters.next().unwrap_or('\\')),
            other => push(&mut parts, other),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{NoHelpers, Registry};
    use crate::model::{FieldType, TypeMap};
    use crate::source::parse_json;

    fn read_filters(text: &str) -> Filters {
        let mut types = TypeMap::default();
        types.0.insert("message".to_owned(), FieldType::parse("text").unwrap());
        types.0.insert("port".to_owned(), FieldType::parse("long").unwrap());
        let registry = Registry::default();
        let context = ReadContext { types: &types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
        let root = parse_json(text).unwrap().root;
        read(&root, text, 0, &context, &|span| span)
    }

    fn one(query: &str) -> Predicate {
        let found = read_filters(&format!("[{{\"query\": {query}}}]"));
        assert!(found.unread.is_empty(), "{:?}", found.unread);
        found.conditions.into_iter().next().unwrap()
    }

    fn kind(predicate: &Predicate) -> &TestKind {
        match predicate {
            Predicate::Test(test) => &test.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn negate_inverts_and_disabled_is_left_out() {
        let found = read_filters(
            r#"[{"meta": {"negate": true}, "query": {"term": {"a": "x"}}}, {"meta": {"disabled": true}, "query": {"term": {"b": "y"}}}]"#,
        );
        assert!(matches!(found.conditions.as_slice(), [Predicate::Not(_)]));
        assert_eq!(found.diagnostics.len(), 1);
    }

    #[test]
    fn a_wildcard_ignores_case_where_it_says_so() {
        let found = one(r#"{"wildcard": {"file.path": {"case_insensitive": true, "value": "?:\\\\Pro*\\\\x.ps1"}}}"#);
        let TestKind::Wildcard { pattern, case } = kind(&found) else { panic!("{found:?}") };
        assert_eq!(*case, Case::IgnoreAscii);
        let text = |text: &str| WildcardPart::Text(text.to_owned());
        assert_eq!(*pattern, vec![WildcardPart::One, text(":\\Pro"), WildcardPart::Many, text("\\x.ps1")]);
    }

    #[test]
    fn should_is_optional_beside_must() {
        let found = one(r#"{"bool": {"must": [{"term": {"a": "x"}}], "should": [{"term": {"b": "y"}}]}}"#);
        assert!(matches!(found, Predicate::Test(_)), "{found:?}");
        let found = one(
            r#"{"bool": {"should": [{"term": {"a": "x"}}, {"term": {"b": "y"}}], "must_not": {"exists": {"field": "c"}}}}"#,
        );
        assert!(matches!(&found, Predicate::All(items) if items.len() == 2), "{found:?}");
    }

    #[test]
    fn phrases_follow_the_mapping() {
        assert!(matches!(kind(&one(r#"{"match_phrase": {"message": "a b"}}"#)), TestKind::Phrase { .. }));
        assert!(matches!(kind(&one(r#"{"match_phrase": {"a": {"query": "a b"}}}"#)), TestKind::Equals { .. }));
        assert!(matches!(
            kind(&one(r#"{"match": {"message": {"query": "a b", "operator": "and"}}}"#)),
            TestKind::Tokens { all: true, .. }
        ));
    }

    #[test]
    fn ranges_and_older_forms() {
        assert!(matches!(kind(&one(r#"{"range": {"port": {"gte": 1, "lt": 5}}}"#)), TestKind::Range { .. }));
        let found = read_filters(r#"[{"exists": {"field": "a"}, "meta": {"negate": false}}]"#);
        assert!(matches!(kind(&found.conditions[0]), TestKind::Present));
    }

    #[test]
    fn an_unknown_query_is_unread_by_name() {
        let found = read_filters(r#"[{"query": {"geo_distance": {"distance": "1km"}}, "meta": {"negate": true}}]"#);
        assert_eq!(found.unread.len(), 1);
        assert!(found.unread[0].reason.contains("geo_distance"));
        assert!(matches!(&found.conditions[0], Predicate::Not(inner) if matches!(**inner, Predicate::Unread { .. })));
    }

    #[test]
    fn inner_languages_are_read_through_the_registry() {
        let found = one(r#"{"query_string": {"query": "a:x AND b:y"}}"#);
        assert!(matches!(&found, Predicate::All(items) if items.len() == 2), "{found:?}");
    }
}
