//! ES|QL's `GROK`: regular expressions made of named patterns.

use crate::evaluate::EvalError;
use crate::model::{ParsePart, Value};
use regex::Regex;

/// How deep patterns may name others.
const DEEPEST: usize = 12;

/// The patterns that rules name, each in terms of others or of a regular expression without look-around.
const PATTERNS: &[(&str, &str)] = &[
    ("USERNAME", r"[a-zA-Z0-9._-]+"),
    ("USER", "%{USERNAME}"),
    ("EMAILLOCALPART", r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]+)*"),
    ("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"),
    ("INT", r"[+-]?[0-9]+"),
    ("BASE10NUM", r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"),
    ("NUMBER", "%{BASE10NUM}"),
    ("BASE16NUM", r"[+-]?(?:0x)?[0-9A-Fa-f]+"),
    ("BASE16FLOAT", r"\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b"),
    ("POSINT", r"\b[1-9][0-9]*\b"),
    ("NONNEGINT", r"\b[0-9]+\b"),
    ("WORD", r"\b\w+\b"),
    ("NOTSPACE", r"\S+"),
    ("SPACE", r"\s*"),
    ("DATA", r".*?"),
    ("GREEDYDATA", r".*"),
    ("GREEDYMULTILINE", r"(?s:.*)"),
    ("QUOTEDSTRING", r#""(?:\\.|[^\\"]+)+"|""|'(?:\\.|[^\\']+)+'|''|`(?:\\.|[^\\`]+)+`|``"#),
    ("QS", "%{QUOTEDSTRING}"),
    ("UUID", r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"),
    ("URN", r"urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+"),
    ("MAC", "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})"),
    ("CISCOMAC", r"(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}"),
    ("WINDOWSMAC", r"(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}"),
    ("COMMONMAC", r"(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}"),
    (
        "IPV4",
        r"\b(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\b",
    ),
    (
        "IPV6",
        r"(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?|::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)(?:%.+)?",
    ),
    ("IP", "(?:%{IPV6}|%{IPV4})"),
    ("HOSTNAME", r"\b(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62}))*(?:\.?|\b)"),
    ("IPORHOST", "(?:%{IP}|%{HOSTNAME})"),
    ("HOSTPORT", "%{IPORHOST}:%{POSINT}"),
    ("PATH", "(?:%{UNIXPATH}|%{WINPATH})"),
    ("UNIXPATH", r"(?:/[\w_%!$@:.,+~-]*)+"),
    ("WINPATH", r"(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+"),
    ("TTY", r"/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+)"),
    ("URIPROTO", r"[A-Za-z](?:[A-Za-z0-9+\-.]+)+"),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT})?"),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+"),
    ("URIQUERY", r"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*"),
    ("URIPARAM", r"\?%{URIQUERY}"),
    ("URIPATHPARAM", r"%{URIPATH}(?:\?%{URIQUERY})?"),
    ("URI", r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\?%{URIQUERY})?)?"),
    (
        "MONTH",
        r"\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]un(?:e)?|[Jj]ul(?:y)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\b",
    ),
    ("MONTHNUM", r"(?:0[1-9]|1[0-2]|[1-9])"),
    ("MONTHDAY", r"(?:0[1-9]|[12][0-9]|3[01]|[1-9])"),
    ("DAY", r"(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"),
    ("YEAR", r"[0-9]{2,4}"),
    ("HOUR", r"(?:2[0123]|[01]?[0-9])"),
    ("MINUTE", r"[0-5][0-9]"),
    ("SECOND", r"(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?"),
    ("TIME", "%{HOUR}:%{MINUTE}(?::%{SECOND})"),
    ("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    ("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("DATE", "(?:%{DATE_US}|%{DATE_EU})"),
    ("DATESTAMP", "%{DATE}[- ]%{TIME}"),
    ("ISO8601_TIMEZONE", r"(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"),
    ("TIMESTAMP_ISO8601", r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?"),
    ("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"),
    ("PROG", r"[\x21-\x5a\x5c\x5e-\x7e]+"),
    (
        "LOGLEVEL",
        r"(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)",
    ),
];

/// A column of a pattern: its group, name and type.
struct Capture {
    group: String,
    name: String,
    kind: Option<String>,
}

/// Patterns that are tried one after the other.
pub struct Grok {
    patterns: Vec<(Regex, Vec<Capture>)>,
    columns: Vec<(String, Option<String>)>,
}

impl Grok {
    /// The patterns of these parts.
    ///
    /// # Errors
    /// A pattern that is not known, and what the regular expressions here cannot say (look-around, back references).
    pub fn new(parts: &[ParsePart]) -> Result<Self, EvalError> {
        let mut patterns = Vec::new();
        let mut columns = Vec::new();
        for part in parts {
            match part {
                ParsePart::Text(text) => {
                    let mut captures = Vec::new();
                    let syntax = expand(text, &mut captures, 0)?;
                    let regex = Regex::new(&syntax).map_err(|found| EvalError::Regex {
                        pattern: text.clone(),
                        reason: found.to_string().lines().last().unwrap_or("").to_owned(),
                    })?;
                    patterns.push((regex, captures));
                }
                ParsePart::Column(name, kind) => columns.push((name.clone(), kind.clone())),
                ParsePart::Skip | ParsePart::Separator(_) => {}
            }
        }
        Ok(Self { patterns, columns })
    }

    /// The columns with the types that they are converted to.
    pub fn columns(&self) -> &[(String, Option<String>)] {
        &self.columns
    }

    /// The cells of the columns, in their order; all null where no pattern fits. A name that stands several times has
    /// several values.
    pub fn apply(&self, text: &str) -> Vec<Value> {
        let found = self.patterns.iter().find_map(|(regex, captures)| Some((regex.captures(text)?, captures)));
        let Some((groups, captures)) = found else { return vec![Value::Null; self.columns.len()] };
        let cells = self.columns.iter().map(|(name, _)| {
            let values = captures.iter().filter(|capture| capture.name == *name).filter_map(|capture| {
                let text = groups.name(&capture.group)?.as_str();
                converted(text, capture.kind.as_deref())
            });
            super::elastic::several(values.collect())
        });
        cells.collect()
    }
}

fn converted(text: &str, kind: Option<&str>) -> Option<Value> {
    match kind {
        Some("int" | "long") => text.parse().ok().map(Value::Int),
        Some("float" | "double") => text.parse().ok().map(Value::Double),
        Some("boolean") => Some(Value::Bool(text.eq_ignore_ascii_case("true"))),
        _ => Some(Value::text(text)),
    }
}

/// The regular expression behind a pattern, with a group of its own for each column.
fn expand(text: &str, captures: &mut Vec<Capture>, depth: usize) -> Result<String, EvalError> {
    if depth > DEEPEST {
        return Err(EvalError::TooMuch("a GROK pattern nested this deep".to_owned()));
    }
    let mut out = String::new();
    let mut rest = text;
    let mut group = |name: &str, kind: Option<&str>| {
        let group = format!("g{}", captures.len());
        captures.push(Capture { group: group.clone(), name: name.to_owned(), kind: kind.map(str::to_owned) });
        group
    };
    let mut pieces: Vec<(Option<String>, &str)> = Vec::new();
    while let Some(at) = rest.find(['%', '(', '\\']) {
        let (before, after) = rest.split_at(at);
        pieces.push((None, before));
        if let Some(escaped) = after.strip_prefix('\\') {
            let length = 1 + escaped.chars().next().map_or(0, char::len_utf8);
            let (escape, left) = after.split_at(length);
            pieces.push((None, escape));
            rest = left;
        } else if let Some((inside, left)) = after.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            let mut words = inside.splitn(3, ':');
            let pattern = words.next().unwrap_or("");
            let (name, kind) = (words.next(), words.next());
            let opened = name.map(|name| group(name, kind));
            pieces.push((Some(opened.unwrap_or_default()), pattern));
            rest = left;
        } else if let Some((name, left)) = after.strip_prefix("(?<").and_then(|rest| rest.split_once('>'))
            && !name.starts_with(['=', '!'])
        {
            let opened = group(name, None);
            pieces.push((None, "(?P<"));
            // The name of the group is not part of the text: it is kept as a pattern of no name.
            pieces.push((Some(format!("={opened}")), ""));
            rest = left;
        } else {
            let (one, left) = after.split_at(1);
            pieces.push((None, one));
            rest = left;
        }
    }
    pieces.push((None, rest));
    for (opened, piece) in pieces {
        match opened {
            None => out.push_str(piece),
            Some(name) if name.starts_with('=') => {
                out.push_str(name.trim_start_matches('='));
                out.push('>');
            }
            Some(name) => {
                let inner = PATTERNS
                    .iter()
                    .find(|(known, _)| *known == piece)
                    .ok_or_else(|| EvalError::Unsupported(format!("the GROK pattern `{piece}`")))?;
                let inner = expand(inner.1, &mut Vec::new(), depth + 1)?;
                if name.is_empty() {
                    out.push_str(&format!("(?:{inner})"));
                } else {
                    out.push_str(&format!("(?P<{name}>{inner})"));
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(patterns: &[&str], columns: &[&str], text: &str) -> Vec<String> {
        let mut parts: Vec<ParsePart> = patterns.iter().map(|text| ParsePart::Text((*text).into())).collect();
        parts.extend(columns.iter().map(|name| ParsePart::Column((*name).into(), None)));
        let cells = Grok::new(&parts).unwrap().apply(text);
        cells.iter().map(|cell| format!("{cell:?}")).collect()
    }

    #[test]
    fn patterns_find_their_place_in_the_text() {
        let text = |text: &str| format!("{:?}", Value::text(text));
        let found = run(&["%{IP:ip} %{WORD:verb}"], &["ip", "verb"], "from 10.1.2.3 GET x");
        assert_eq!(found, [text("10.1.2.3"), text("GET")]);
        let found = run(&["%{NUMBER:n:int}"], &["n"], "a 42");
        assert_eq!(found, [format!("{:?}", Value::Int(42))]);
        // Nothing fits: null; the second pattern is tried behind the first.
        assert_eq!(run(&["^%{INT:n}$"], &["n"], "x"), ["Null"]);
        assert_eq!(run(&["^%{INT:n}$", "(?<n>[a-z]+)"], &["n"], "x"), [text("x")]);
        // A group named in the pattern's own syntax, dots and all.
        assert_eq!(run(&[r"(?<a.b>\\[^ ]+)"], &["a.b"], r"run C:\x y"), [text(r"\x")]);
        // One name twice: both values.
        let both = Value::Array(vec![Value::text("a"), Value::text("b")]);
        assert_eq!(run(&["%{WORD:w} %{WORD:w}"], &["w"], "a b"), [format!("{both:?}")]);
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        for (name, _) in PATTERNS {
            let parts = [ParsePart::Text(format!("%{{{name}:x}}")), ParsePart::Column("x".into(), None)];
            assert!(Grok::new(&parts).is_ok(), "{name}");
        }
        assert!(Grok::new(&[ParsePart::Text("%{NOSUCH:x}".into())]).is_err());
    }
}
