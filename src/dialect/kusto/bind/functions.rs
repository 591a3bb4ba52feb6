//! Built-in functions by their spelling.

use crate::model::Function;
use crate::model::function::{self, kusto};

/// Old and second spellings.
const ALIASES: &[(&str, &str)] = &[
    ("toreal", "todouble"),
    ("toboolean", "tobool"),
    ("parsejson", "parse_json"),
    ("todynamic", "parse_json"),
    ("toobject", "parse_json"),
    ("todate", "todatetime"),
    ("totime", "totimespan"),
    ("touuid", "toguid"),
    ("pack", "bag_pack"),
    ("pack_dictionary", "bag_pack"),
    ("arraylength", "array_length"),
    ("arrayconcat", "array_concat"),
    ("arraysplit", "array_split"),
    ("arrayslice", "array_slice"),
    ("arrayrange", "range"),
    ("packarray", "pack_array"),
    ("bag_pack_columns", "pack_columns"),
    ("extractall", "extract_all"),
    ("extractjson", "extract_json"),
    ("replace", "replace_regex"),
    ("base64_decodestring", "base64_decode_tostring"),
    ("base64_encodestring", "base64_encode_tostring"),
    ("columnifexists", "column_ifexists"),
    ("isnotnull", "notnull"),
    ("weekofyear", "week_of_year"),
    ("getmonth", "monthofyear"),
    ("datepart", "datetime_part"),
    ("min_of", "min_of"),
    ("parseurl", "parse_url"),
    ("parseipv4", "parse_ipv4"),
    ("indexof", "indexof"),
    ("strcat_array", "strcat_array"),
    ("array_strcat", "strcat_array"),
    ("array_iif", "array_iff"),
    ("parseurlquery", "parse_urlquery"),
    ("row_rank", "row_rank_dense"),
    ("setunion", "set_union"),
    ("setdifference", "set_difference"),
    ("setintersect", "set_intersect"),
];

/// Functions that dialects share.
const SHARED: &[(&str, Function)] = &[
    ("tolower", function::LOWER),
    ("toupper", function::UPPER),
    ("array_length", function::COUNT_ELEMENTS),
    ("replace_string", function::REPLACE),
    ("now", function::NOW),
    ("strcat", function::CONCAT_OR_EMPTY),
];

/// Old and second spellings of aggregates.
const AGGREGATE_ALIASES: &[(&str, &str)] = &[
    ("makeset", "make_set"),
    ("makelist", "make_list"),
    ("make_dictionary", "make_bag"),
    ("argmax", "arg_max"),
    ("argmin", "arg_min"),
    ("any", "take_any"),
    ("anyif", "take_anyif"),
    ("makeset_if", "make_set_if"),
    ("makelist_if", "make_list_if"),
    ("dcountif", "dcountif"),
    ("stdev_if", "stdevif"),
];

/// The canonical spelling of a scalar function.
pub(in crate::dialect::kusto) fn canonical(name: &str) -> &str {
    ALIASES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
}

/// The scalar function of this spelling.
pub(in crate::dialect::kusto) fn scalar(name: &str) -> Option<Function> {
    let name = canonical(name);
    if let Some((_, shared)) = SHARED.iter().find(|(spelling, _)| *spelling == name) {
        return Some(*shared);
    }
    kusto::ALL
        .iter()
        .map(|(function, _)| *function)
        .find(|function| function.0.strip_prefix("kusto_") == Some(name) && !is_operator(*function))
}

/// The names of the values that a function yields, where it yields several at once.
pub(in crate::dialect::kusto) fn several(function: Function) -> Option<&'static [&'static str]> {
    Some(match function {
        kusto::SERIES_STATS => &["min", "min_idx", "max", "max_idx", "avg", "stdev", "variance"],
        kusto::SERIES_FIT_LINE => &["rsquare", "slope", "variance", "rvariance", "interception", "line_fit"],
        kusto::SERIES_FIT_2LINES => &[
            "rsquare",
            "split_idx",
            "variance",
            "rvariance",
            "line_fit",
            "right_rsquare",
            "right_slope",
            "right_interception",
            "right_variance",
            "right_rvariance",
            "left_rsquare",
            "left_slope",
            "left_interception",
            "left_variance",
            "left_rvariance",
        ],
        kusto::SERIES_DECOMPOSE => &["baseline", "seasonal", "trend", "residual"],
        kusto::SERIES_DECOMPOSE_ANOMALIES => &["ad_flag", "ad_score", "baseline"],
        kusto::SERIES_PERIODS_DETECT | kusto::SERIES_PERIODS_VALIDATE => &["periods", "scores"],
        _ => return None,
    })
}

/// Whether a function is written as an operator.
fn is_operator(function: Function) -> bool {
    [kusto::ADD, kusto::SUBTRACT, kusto::MULTIPLY, kusto::DIVIDE, kusto::MODULO, kusto::NEGATE, kusto::INDEX]
        .contains(&function)
}

/// The spelling of a scalar function, where the language has it.
pub(in crate::dialect::kusto) fn spelling(function: Function) -> Option<&'static str> {
    if let Some((spelling, _)) = SHARED.iter().find(|(_, shared)| *shared == function) {
        return Some(spelling);
    }
    (kusto::ALL.iter().any(|(known, _)| *known == function) && !is_operator(function))
        .then(|| function.0.strip_prefix("kusto_"))
        .flatten()
}

/// The aggregate of this spelling, and whether its last argument is a condition (`countif`).
pub(in crate::dialect::kusto) fn aggregate(name: &str) -> Option<(Function, bool)> {
    let name = AGGREGATE_ALIASES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new);
    let find = |name: &str| {
        kusto::aggregate::ALL
            .iter()
            .map(|(function, _)| *function)
            .find(|function| function.0.strip_prefix("kusto_agg_") == Some(name))
    };
    if let Some(function) = find(name) {
        return Some((function, false));
    }
    let name = name.strip_suffix("_if").or_else(|| name.strip_suffix("if"))?;
    find(name).map(|function| (function, true))
}

/// The spelling of an aggregate without its condition.
pub(in crate::dialect::kusto) fn aggregate_spelling(function: Function) -> Option<&'static str> {
    function.0.strip_prefix("kusto_agg_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_lead_to_functions_and_back() {
        for name in ["strlen", "toreal", "tolower", "todynamic", "pack", "array_length", "iff_not"] {
            assert_eq!(scalar(name).is_some(), name != "iff_not", "{name}");
        }
        assert_eq!(scalar("add"), None);
        assert_eq!(aggregate("dcountif"), Some((kusto::aggregate::COUNT_DISTINCT, true)));
        assert_eq!(aggregate("countif"), Some((kusto::aggregate::COUNT_ROWS, true)));
        assert_eq!(aggregate("makeset"), Some((kusto::aggregate::MAKE_SET, false)));
        assert_eq!(spelling(function::COUNT_ELEMENTS), Some("array_length"));
    }
}
