//! What the grammar refuses, in words: where, what was found, what could have stood there, what to do.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::Rule;
use super::scan::Scan;
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};

/// What may stand at a place, for people; the order is the order in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Word(&'static str),
    Query,
    Expression,
    TabularOperator,
    Name,
    Value,
    Type,
    Operator,
    End,
}

impl Expected {
    fn text(self) -> &'static str {
        match self {
            Self::Word(word) => word,
            Self::Query => "a query",
            Self::Expression => "an expression",
            Self::TabularOperator => "a tabular operator such as `where`",
            Self::Name => "a name",
            Self::Value => "a value",
            Self::Type => "a type such as `string`",
            Self::Operator => "an operator",
            Self::End => "the end of the query",
        }
    }
}

/// The operators that may stand behind `|`, for near names.
const OPERATORS: [&str; 54] = [
    "as",
    "assert-schema",
    "consume",
    "count",
    "distinct",
    "evaluate",
    "extend",
    "facet",
    "filter",
    "find",
    "fork",
    "getschema",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "invoke",
    "join",
    "limit",
    "lookup",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "order",
    "parse",
    "parse-kv",
    "parse-where",
    "partition",
    "print",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "range",
    "reduce",
    "render",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "serialize",
    "sort",
    "summarize",
    "take",
    "top",
    "top-hitters",
    "top-nested",
    "union",
    "where",
];

/// The diagnostics for a text that the grammar refused at one place.
pub(super) fn explain(text: &str, error: &Error<Rule>, found: &Scan) -> Vec<Diagnostic> {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let at = at + skip_trivia(text.get(at..).unwrap_or(""));
    let positives: &[Rule] = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => &[],
    };
    let rest = text.get(at..).unwrap_or("");
    if text.trim_start().starts_with('.') {
        return vec![
            Diagnostic::error(syntax::SYNTAX, "a control command is no query")
                .at(Span::new(at, at + token_length(rest)))
                .help("Hand in the query alone."),
        ];
    }
    let open = open_at(text, at, found);
    let expected = expected(positives, open.map(|(_, closer)| closer));
    let (shown, length) = found_at(rest);
    let mut message = format!("found {shown}");
    if !expected.is_empty() {
        message.push_str(", expected ");
        message.push_str(&join(&expected));
    }
    let place = Span::new(at, at + length);
    // A bracket that is never closed explains whatever stands behind it.
    if let Some(opener) = found.unclosed.iter().rev().find(|opener| opener.start < at) {
        let bracket = opener.text(text);
        let closer = closer(bracket);
        let unclosed = Diagnostic::error(syntax::UNCLOSED, format!("`{bracket}` is never closed, expected `{closer}`"))
            .at(*opener);
        return vec![if rest.is_empty() { unclosed } else { unclosed.label(place, message) }];
    }
    if let Some((stray, opener)) = found.stray
        && stray.start == at
    {
        return vec![match opener {
            Some(opener) => Diagnostic::error(syntax::SYNTAX, message).at(stray).label(opener, "this bracket is open"),
            None => Diagnostic::error(syntax::SYNTAX, format!("found {shown}, which closes nothing"))
                .at(stray)
                .help("Remove it, or open it before."),
        }];
    }
    let diagnostic = Diagnostic::error(syntax::SYNTAX, message).at(place);
    vec![match help(rest.get(..length).unwrap_or(""), &expected) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }]
}

/// The length of white space and comments at the start.
fn skip_trivia(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let left = rest.get(at..).unwrap_or("");
        let trimmed = left.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        at += left.len() - trimmed.len();
        if !trimmed.starts_with("//") {
            return at;
        }
        at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
    }
}

fn closer(bracket: &str) -> &'static str {
    match bracket {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// The innermost bracket that is open at a place, and what closes it.
fn open_at(text: &str, at: usize, found: &Scan) -> Option<(usize, &'static str)> {
    let before = text.get(..at)?;
    // The text before the place is balanced but for what is open there; the pass over it is cheap and runs once.
    let unclosed = super::scan::scan(before).ok()?.unclosed;
    let opener = unclosed.last().or_else(|| found.unclosed.iter().rev().find(|opener| opener.start < at))?;
    Some((
        opener.start,
        match opener.text(text) {
            "(" => "`)`",
            "[" => "`]`",
            _ => "`}`",
        },
    ))
}

/// What could have stood there, each thing once, the most telling first.
fn expected(positives: &[Rule], closer: Option<&'static str>) -> Vec<Expected> {
    let mut list: Vec<Expected> = positives.iter().filter_map(describe).collect();
    let behind = positives
        .iter()
        .any(|rule| matches!(rule, Rule::logical | Rule::text_operator | Rule::arithmetic | Rule::compare));
    if behind || list.is_empty() && positives.iter().any(|rule| matches!(rule, Rule::trailing_comma | Rule::arguments))
    {
        list.push(Expected::Word(closer.unwrap_or("`|`")));
    }
    list.sort();
    list.dedup();
    if list.contains(&Expected::Expression) || list.contains(&Expected::Query) {
        list.retain(|it| {
            !matches!(it, Expected::Name | Expected::Value | Expected::Operator | Expected::TabularOperator)
        });
    }
    if list.contains(&Expected::Query) {
        list.retain(|it| *it != Expected::Expression);
    }
    if list.contains(&Expected::TabularOperator) {
        list.retain(|it| *it == Expected::TabularOperator);
    }
    if list.contains(&Expected::Expression) {
        list.retain(|it| *it != Expected::Word("`typeof`"));
    }
    if list.len() > 1 {
        list.retain(|it| *it != Expected::End);
    }
    list.truncate(5);
    list
}

fn describe(rule: &Rule) -> Option<Expected> {
    Some(match rule {
        Rule::script | Rule::query_statement | Rule::let_statement => Expected::Query,
        Rule::expression
        | Rule::item
        | Rule::names
        | Rule::pipe
        | Rule::operators
        | Rule::paren
        | Rule::sign
        | Rule::ordered
        | Rule::mv_item
        | Rule::apply_item
        | Rule::series_item
        | Rule::entity
        | Rule::find_source
        | Rule::call
        | Rule::star
        | Rule::operand_only
        | Rule::toscalar
        | Rule::star_argument
        | Rule::top_nested_of => Expected::Expression,
        Rule::plain_name
        | Rule::extended_name
        | Rule::bracketed_name
        | Rule::plain_identifier
        | Rule::wildcard
        | Rule::reordered
        | Rule::parameter
        | Rule::column
        | Rule::simple_path
        | Rule::typed_column
        | Rule::property
        | Rule::chart
        | Rule::parse_column => Expected::Name,
        Rule::string
        | Rule::boolean
        | Rule::number
        | Rule::typed
        | Rule::dynamic
        | Rule::literal_value
        | Rule::json_array
        | Rule::json_object
        | Rule::json_text
        | Rule::null
        | Rule::json_name => Expected::Value,
        Rule::column_type | Rule::any_type | Rule::table_type => Expected::Type,
        Rule::r#where | Rule::extend | Rule::summarize => Expected::TabularOperator,
        Rule::logical | Rule::compare | Rule::arithmetic | Rule::text_operator | Rule::in_operator | Rule::between => {
            Expected::Operator
        }
        Rule::in_list | Rule::bounds | Rule::schema => Expected::Word("`(`"),
        Rule::groups | Rule::kw_by | Rule::series_by => Expected::Word("`by`"),
        Rule::on | Rule::kw_on => Expected::Word("`on`"),
        Rule::kw_with | Rule::kv_with | Rule::render_with | Rule::properties => Expected::Word("`with`"),
        Rule::kw_of => Expected::Word("`of`"),
        Rule::kw_as => Expected::Word("`as`"),
        Rule::kw_from | Rule::series_from => Expected::Word("`from`"),
        Rule::kw_to | Rule::to_type | Rule::series_to => Expected::Word("`to`"),
        Rule::kw_step | Rule::series_step | Rule::scan_step => Expected::Word("`step`"),
        Rule::kw_in | Rule::in_range => Expected::Word("`in`"),
        Rule::kw_where | Rule::graph_where => Expected::Word("`where`"),
        Rule::kw_database => Expected::Word("`database`"),
        Rule::kw_query_parameters => Expected::Word("`query_parameters`"),
        Rule::kw_typeof | Rule::r#typeof => Expected::Word("`typeof`"),
        Rule::kw_first | Rule::kw_last => Expected::Word("`first` or `last`"),
        Rule::order => Expected::Word("`asc` or `desc`"),
        Rule::function_body => Expected::Word("`{`"),
        Rule::graph_node | Rule::graph_edge | Rule::graph_pattern => Expected::Word("a graph pattern"),
        Rule::EOI => Expected::End,
        _ => return None,
    })
}

fn join(expected: &[Expected]) -> String {
    match expected.split_last() {
        Some((last, [])) => last.text().to_owned(),
        Some((last, others)) => {
            let others: Vec<&str> = others.iter().map(|it| it.text()).collect();
            format!("{} or {}", others.join(", "), last.text())
        }
        None => String::new(),
    }
}

/// The token at the start for people, and its length.
fn found_at(rest: &str) -> (String, usize) {
    let Some(first) = rest.chars().next() else { return ("the end of the query".to_owned(), 0) };
    let length = token_length(rest);
    let token = rest.get(..length).unwrap_or("");
    if first.is_control() || first.is_whitespace() {
        return (format!("`{}`", token.escape_debug()), length);
    }
    let mut shown: String = token.chars().take(40).collect();
    if shown.len() < token.len() {
        shown.push('…');
    }
    (format!("`{shown}`"), length)
}

fn token_length(rest: &str) -> usize {
    let Some(first) = rest.chars().next() else { return 0 };
    if first.is_alphanumeric() || first == '_' || first == '$' {
        return rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
    }
    if first == '"' || first == '\'' {
        let inside = rest.get(1..).unwrap_or("");
        return inside
            .find([first, '\n'])
            .filter(|end| inside.as_bytes().get(*end) != Some(&b'\n'))
            .map_or(1, |end| end + 2);
    }
    let pairs = ["==", "!=", "=~", "!~", "<=", ">=", "<>", "..", "=>"];
    pairs.into_iter().find(|pair| rest.starts_with(pair)).map_or(first.len_utf8(), str::len)
}

/// A next step for mistakes that people make.
fn help(token: &str, expected: &[Expected]) -> Option<String> {
    let word = token.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    if expected.contains(&Expected::TabularOperator) && word {
        let near = OPERATORS.into_iter().map(|name| (distance(token, name), name)).min()?;
        return (near.0 <= 2).then(|| format!("Did you mean `{}`?", near.1));
    }
    if token == "=" {
        return Some("Compare with `==`, or with `=~` to ignore case.".to_owned());
    }
    if ["AND", "OR", "NOT", "IN", "HAS", "CONTAINS", "BY", "WHERE", "ON", "BETWEEN"].contains(&token) {
        return Some(format!("Keywords are lower case: `{}`.", token.to_ascii_lowercase()));
    }
    if token.starts_with("!has_") || token == "!" {
        return Some(
            "Write `not(... has_any (...))`; only the operators that the language lists have a form with `!`."
                .to_owned(),
        );
    }
    let name = expected.iter().any(|it| matches!(it, Expected::Name | Expected::Expression));
    if name && word {
        return Some(format!("If `{token}` is a name, put it in brackets: `['{token}']`."));
    }
    if expected.contains(&Expected::Operator)
        && (word || token.starts_with(['"', '\'']) || token.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Some("Something is missing in front of it: a comma, an operator or `|`.".to_owned());
    }
    None
}

/// How many letters two words differ by.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().take(40).enumerate() {
        let mut before = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in other.iter().zip(row.iter().skip(1)) {
            let cost = usize::from(a != *b);
            left = (before + cost).min(left + 1).min(above + 1);
            before = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
