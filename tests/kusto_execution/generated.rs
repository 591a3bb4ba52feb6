//! Queries from a seeded program: every operator, values with odd letters, negation inside negation, missing fields.

use crate::selection::sweep;
use crate::shared::Ecs;

const TEXTS: [&str; 20] = [
    "cmd.exe",
    "C:\\Windows\\Temp\\a b.exe",
    "it's",
    "über",
    "100%",
    "a*b",
    "x?y",
    "{\"k\":1}",
    "-enc",
    "and",
    "[a]",
    "a/b",
    "$(id)",
    "#1",
    "@x'y",
    "A_B",
    "\\\\srv\\c$",
    "Ünï cödé",
    "a,b;c",
    "(x)",
];
const FIELDS: [&str; 5] = ["process.name", "process.command_line", "user.name", "file.path", "event.action"];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }

    fn text(&mut self) -> &'static str {
        TEXTS[self.below(TEXTS.len())]
    }

    fn field(&mut self) -> &'static str {
        FIELDS[self.below(FIELDS.len())]
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value of KQL or Lucene without quotes: whatever is no letter or digit is escaped.
fn bare(text: &str, lucene: bool) -> String {
    let special = if lucene { "+-=&|!(){}[]^\"~*?:\\/ <>'#@$,;%" } else { "\\():<>\"*{}" };
    text.chars()
        .map(|letter| if special.contains(letter) { format!("\\{letter}") } else { letter.to_string() })
        .collect()
}

fn kuery_test(random: &mut Random) -> String {
    let field = random.field();
    let text = random.text();
    // White space parts words outside of quotes, and operators are words.
    let word = if text.contains(' ') || text == "and" { "temp" } else { text };
    match random.below(9) {
        0 => format!("{field}:{}", quoted(text)),
        1 => format!("{field}:*{}*", bare(word, false)),
        2 => format!("{field}:{}*", bare(word, false)),
        3 => format!("{field}:*{}", bare(word, false)),
        4 => format!("{field}:a*{}", bare(word, false)),
        5 => format!("{field}:({} or {})", quoted(text), quoted(random.text())),
        6 => format!("destination.port:{}", random.below(70_000)),
        7 => format!("destination.port {} {}", ["<", "<=", ">", ">="][random.below(4)], random.below(1000)),
        _ => format!("{field}:({} and not {})", quoted(text), quoted(random.text())),
    }
}

fn lucene_test(random: &mut Random) -> String {
    let field = random.field();
    let text = random.text();
    match random.below(8) {
        0 => format!("{field}:{}", quoted(text)),
        1 => format!("{field}:*{}*", bare(text, true)),
        2 => format!("{field}:{}*", bare(text, true)),
        3 => format!("{field}:{}?{}", bare("a", true), bare(text, true)),
        4 => format!("{field}:({} OR {})", quoted(text), quoted(random.text())),
        5 => format!("destination.port:[{} TO {}}}", random.below(500), 500 + random.below(500)),
        6 => format!("destination.port:>={}", random.below(1000)),
        _ => format!("{field}:/[a-c]+[0-9]*(x|y)?/"),
    }
}

fn eql_test(random: &mut Random) -> String {
    let field = random.field();
    let (text, other) = (quoted(random.text()), quoted(random.text()));
    match random.below(15) {
        0 => format!("{field} == {text}"),
        1 => format!("{field} != {text}"),
        2 => format!("{field} : {text}"),
        3 => format!("{field} : ({text}, {other})"),
        4 => format!("{field} in ({text}, {other})"),
        5 => format!("{field} not in~ ({text}, {other})"),
        6 => format!("{field} like~ \"a*{}", text.trim_start_matches('"')),
        7 => format!("startsWith~({field}, {text})"),
        8 => format!("endsWith({field}, {text})"),
        9 => format!("stringContains~({field}, {text})"),
        10 => format!("{field} regex~ \"[a-c]+[0-9]?\""),
        11 => {
            format!("destination.port {} {}", ["<", "<=", ">", ">=", "==", "!="][random.below(6)], random.below(1000))
        }
        12 => format!("length({field}) {} {}", [">", ">="][random.below(2)], 1 + random.below(20)),
        13 => format!("{field} like \"{}\"", ["*.exe", "a?c", "*x*y"][random.below(3)]),
        // The engine has no addresses: a few are enough.
        _ if random.below(5) == 0 => "cidrMatch(source.ip, \"10.0.0.0/8\")".to_owned(),
        _ => format!("not {field} : \"*.exe\""),
    }
}

fn tree(random: &mut Random, depth: usize, words: [&str; 3], test: &dyn Fn(&mut Random) -> String) -> String {
    if depth == 0 || random.below(4) == 0 {
        return test(random);
    }
    let parts: Vec<String> =
        (0..2 + random.below(2)).map(|_| format!("({})", tree(random, depth - 1, words, test))).collect();
    let joined = parts.join(words[random.below(2)]);
    if random.below(3) == 0 { format!("{}({joined})", words[2]) } else { joined }
}

fn made(language: &str, count: usize) -> Vec<(String, String)> {
    let mut random = Random(20_261_121);
    (0..count)
        .map(|number| {
            let query = match language {
                "kuery" => tree(&mut random, 2, [" and ", " or ", "not "], &kuery_test),
                "lucene" => tree(&mut random, 2, [" AND ", " OR ", "NOT "], &lucene_test),
                _ => format!("any where {}", tree(&mut random, 2, [" and ", " or ", "not "], &eql_test)),
            };
            (format!("{language} {number}: {query}"), query)
        })
        .collect()
}

#[test]
fn generated_queries_written_as_kusto_select_the_same() {
    for language in ["kuery", "lucene", "eql"] {
        sweep(language, Some(made(language, 150)), &Ecs, 1);
    }
}
