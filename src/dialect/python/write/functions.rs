//! Functions of the model as Python expressions. What raises there is None here, as it is in the model.

use crate::model::{Expr, Function, Value, function as f};

/// An expression with `{0}`, `{1}`... for the arguments and `{m}` for a method named by the second argument, and the
/// small functions and imports that it needs.
pub(super) fn pattern(name: Function, arguments: &[Expr]) -> Option<(String, &'static [&'static str])> {
    let fixed = |index: usize| arguments.get(index).and_then(Expr::as_literal);
    let null = |index: usize| fixed(index).is_none_or(Value::is_null);
    let method =
        || fixed(1).and_then(Value::as_str).filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let third = || fixed(2).and_then(Value::as_str).filter(|name| name.chars().all(|c| c.is_ascii_lowercase()));
    let plain = |text: &str, needs: &'static [&'static str]| Some((text.to_owned(), needs));
    match name {
        f::PYTHON_GET => plain("_raw({0}).get({1})", &["raw"]),
        f::PYTHON_HAS => plain("{1} in _raw({0})", &["raw"]),
        f::PYTHON_GET_ANY_CASE => plain("{0}.get({1})", &[]),
        f::PYTHON_HAS_ANY_CASE => plain("{1} in {0}", &[]),
        f::PYTHON_HAS_PATH => plain("_has(_raw({0}), *{1})", &["raw", "has"]),
        f::PYTHON_DEEP_GET => plain("_path({0} if {2} else _raw({0}), *{1})", &["raw", "path"]),
        f::PANTHER_LOOKUP => plain("{0}.lookup({2}, {3})", &[]),
        f::PYTHON_LOOK_UP => plain("{0}.get({1}, {2})", &[]),
        f::PYTHON_ITERATE => plain("list({0})", &[]),
        f::PYTHON_KEYS => plain("list({0}.keys())", &[]),
        f::PYTHON_VALUES => plain("list({0}.values())", &[]),
        f::PYTHON_ITEMS => plain("[[key, item] for key, item in {0}.items()]", &[]),
        f::PYTHON_DICT => plain("dict(tuple(pair) for pair in {0})", &[]),
        f::PYTHON_FLATTEN => plain("[item for part in {0} for item in _each(part)]", &["each"]),
        f::PYTHON_SET => plain("_collected({0})", &["collected"]),
        f::PYTHON_SORTED => plain("sorted({0}, reverse={1})", &[]),
        f::PYTHON_MIN => plain("min({0})", &[]),
        f::PYTHON_MAX => plain("max({0})", &[]),
        f::PYTHON_SUM => plain("sum({0})", &[]),
        f::PYTHON_ABS => plain("abs({0})", &[]),
        f::PYTHON_ROUND => plain("round({0}, {1})", &[]),
        f::PYTHON_FLOOR_DIVIDE => plain("{0} // {1}", &[]),
        f::PYTHON_MODULO => plain("{0} % {1}", &[]),
        f::DIVIDE => plain("{0} / {1}", &[]),
        f::NEGATE => plain("-{0}", &[]),
        f::PYTHON_ENUMERATE => plain("[[index, item] for index, item in enumerate({0})]", &[]),
        f::PYTHON_RANGE => plain("list(range({0}))", &[]),
        f::PYTHON_LEN => plain("len({0})", &[]),
        f::PYTHON_SLICE => plain("{0}[{1}:{2}:{3}]", &[]),
        f::PYTHON_CHARACTER => plain("_text({0})[{1}]", &["text"]),
        f::PYTHON_STRIP if null(2) => Some((format!("{{0}}.{}()", method()?), &[])),
        f::PYTHON_STRIP => Some((format!("{{0}}.{}({{2}})", method()?), &[])),
        f::PYTHON_RECASE | f::PYTHON_CHARACTERS_ARE => Some((format!("{{0}}.{}()", method()?), &[])),
        f::PYTHON_PARTITION if null(2) => Some((format!("list({{0}}.{}())", method()?), &[])),
        f::PYTHON_PARTITION => Some((format!("list({{0}}.{}({{2}}))", method()?), &[])),
        f::PYTHON_FIND => Some((format!("{{0}}.{}({{2}})", method()?), &[])),
        f::PYTHON_SPLIT => {
            let right = fixed(3) == Some(&Value::Bool(true));
            let method = if right { "rsplit" } else { "split" };
            let limit = if null(2) { "-1" } else { "{2}" };
            Some((format!("{{0}}.{method}({{1}}, {limit})"), &[]))
        }
        f::PYTHON_REPLACE if null(3) => plain("{0}.replace({1}, {2})", &[]),
        f::PYTHON_REPLACE => plain("{0}.replace({1}, {2}, {3})", &[]),
        f::REPLACE => plain("{0}.replace({1}, {2})", &[]),
        f::PYTHON_JOIN => plain("{0}.join({1})", &[]),
        f::PYTHON_RE_MATCH => Some((format!("_groups(re.{}({{1}}, {{0}}))", third()?), &["re", "groups"])),
        f::PYTHON_RE_FINDALL => {
            plain("[list(found) if isinstance(found, tuple) else found for found in re.findall({1}, {0})]", &["re"])
        }
        f::PYTHON_RE_SUB => plain("re.sub({1}, {2}, {0})", &["re"]),
        f::PYTHON_RE_SPLIT => plain("re.split({1}, {0})", &["re"]),
        f::PYTHON_RE_ESCAPE => plain("re.escape({0})", &["re"]),
        f::PYTHON_FNMATCH => plain("fnmatchcase({0}, {1})", &["fnmatch"]),
        f::PYTHON_JSON_LOADS => plain("json.loads({0})", &["json"]),
        f::PYTHON_IS_JSON => plain("[json.loads({0})]", &["json"]),
        f::PYTHON_JSON_DUMPS => plain("json.dumps({0}, default=lambda item: item.copy())", &["json"]),
        f::PYTHON_IP_IS => plain("getattr(ip_address({0}), {1})", &["ip_address"]),
        f::PYTHON_IN_NETWORK => plain("ip_address({0}) in ip_network({1})", &["ip_address", "ip_network"]),
        f::PYTHON_IS_NETWORK => plain("[ip_network({0}, {1})]", &["ip_network"]),
        f::PYTHON_NETWORK_IS => plain("getattr(ip_network({0}), {1})", &["ip_network"]),
        f::PYTHON_NETWORKS => Some((format!("ip_network({{0}}).{}(ip_network({{2}}))", method()?), &["ip_network"])),
        f::PYTHON_INT if null(1) => plain("int({0})", &[]),
        f::PYTHON_INT => plain("int({0}, {1})", &[]),
        f::PYTHON_FLOAT => plain("float({0})", &[]),
        f::PYTHON_REPR => plain("repr({0})", &[]),
        f::PYTHON_FORMAT => plain("format({0}, {1})", &[]),
        f::PANTHER_DEEP_WALK_RUNS => plain("[_walk({0}, {1}, {2}, {3}, {4})]", &["deep_walk"]),
        _ => None,
    }
}

/// The pattern with the arguments in their places.
pub(super) fn fill(pattern: &str, arguments: &[String]) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        out.push_str(rest.get(..open).unwrap_or(""));
        let after = rest.get(open + 1..).unwrap_or("");
        let index = after.chars().next().and_then(|digit| digit.to_digit(10));
        match (index, after.get(1..2)) {
            (Some(index), Some("}")) => {
                let index = usize::try_from(index).unwrap_or(0);
                out.push_str(arguments.get(index).map_or("None", String::as_str));
                rest = after.get(2..).unwrap_or("");
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
