//! Functions whose null, type and error behaviour is Elasticsearch's own (EQL's scripts; spec/elastic-semantics.md).
//! Null in any argument gives null unless it says otherwise; so does an argument of another type.

use super::super::Function;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Function = Function($text);)*
        /// Every function of this file.
        pub const ALL: &[Function] = &[$($name),*];
    };
}

functions! {
    /// Quotient: truncated towards zero for two whole numbers, else a fraction; null for a zero divisor.
    DIVIDE = "elastic_divide";
    /// Part of a text from an index up to another, in characters from 0; a negative index counts from the end, one out
    /// of range is moved to the nearest end; to the end of the text without the third argument (EQL `substring`).
    SLICE = "slice";
    /// Where the second text first stands in the first, in characters from 0, at or behind the optional third argument;
    /// null where it does not (EQL `indexOf`).
    INDEX_OF = "index_of";
    /// The same, whatever the case.
    INDEX_OF_FOLD = "index_of_fold";
    /// The text between the first occurrence of the second argument and the next occurrence of the third; the empty
    /// text where either is missing; up to the last occurrence where the optional fourth is true (EQL `between`).
    BETWEEN = "between";
    /// The same, whatever the case.
    BETWEEN_FOLD = "between_fold";
    /// ES|QL: Each value as text, of numbers, booleans and times as JSON prints them.
    ES_TO_STRING = "esql_to_string";
    /// ES|QL: Part of a text from a place counted from 1, or from the end where it is negative, of a length; to the end without one.
    ES_SUBSTRING = "esql_substring";
    /// ES|QL: Every place that fits the regular expression (Java's) replaced.
    ES_REPLACE = "esql_replace";
    /// ES|QL: Where the second text first stands in the first, from 1, at or behind the optional third argument; 0 where it does not.
    ES_LOCATE = "esql_locate";
    /// ES|QL: Parts of a text between separators of one character; a single part is no list.
    ES_SPLIT = "esql_split";
    /// ES|QL: So many characters from the start.
    ES_LEFT = "esql_left";
    /// ES|QL: So many characters from the end.
    ES_RIGHT = "esql_right";
    /// ES|QL: Without white space at the start.
    ES_LTRIM = "esql_ltrim";
    /// ES|QL: Without white space at the end.
    ES_RTRIM = "esql_rtrim";
    /// ES|QL: The text so many times.
    ES_REPEAT = "esql_repeat";
    /// ES|QL: The characters in reverse.
    ES_REVERSE = "esql_reverse";
    /// ES|QL: So many spaces.
    ES_SPACE = "esql_space";
    /// ES|QL: The greatest of the values; null where any is.
    ES_GREATEST = "esql_greatest";
    /// ES|QL: The least of the values; null where any is.
    ES_LEAST = "esql_least";
    /// ES|QL: Without its sign.
    ES_ABS = "esql_abs";
    /// ES|QL: The next whole number.
    ES_CEIL = "esql_ceil";
    /// ES|QL: The whole number below.
    ES_FLOOR = "esql_floor";
    /// ES|QL: Rounded to so many decimals, none without the second argument.
    ES_ROUND = "esql_round";
    /// ES|QL: The first to the power of the second.
    ES_POW = "esql_pow";
    /// ES|QL: The square root; null of a negative number.
    ES_SQRT = "esql_sqrt";
    /// ES|QL: A time cut down to a multiple of a length of time.
    ES_DATE_TRUNC = "esql_date_trunc";
    /// ES|QL: A time cut down to a multiple of so many calendar months, counted from January of the year 1.
    ES_DATE_TRUNC_MONTHS = "esql_date_trunc_months";
    /// ES|QL: The time so many calendar months later, at most on the last day of that month.
    ES_ADD_MONTHS = "esql_add_months";
    /// ES|QL: The lower bound of the bucket of this width that holds the value; with four arguments, of the width that
    /// parts the span from the third to the fourth into at most so many buckets.
    ES_BUCKET = "esql_bucket";
    /// ES|QL: How many whole units lie between two times.
    ES_DATE_DIFF = "esql_date_diff";
    /// ES|QL: A part of a time, by the name of the chrono field.
    ES_DATE_EXTRACT = "esql_date_extract";
    /// ES|QL: A time as text.
    ES_DATE_FORMAT = "esql_date_format";
    /// ES|QL: The time in a text.
    ES_DATE_PARSE = "esql_date_parse";
    /// ES|QL: The whole number in a text, number, boolean or time (milliseconds since 1970); null where there is none.
    ES_TO_LONG = "esql_to_long";
    /// ES|QL: Like `to_long`, null outside 32 bits.
    ES_TO_INTEGER = "esql_to_integer";
    /// ES|QL: The number in a text, number or boolean; null where there is none.
    ES_TO_DOUBLE = "esql_to_double";
    /// ES|QL: True for the text `true` in any case, else false; of a number whether it is not 0.
    ES_TO_BOOLEAN = "esql_to_boolean";
    /// ES|QL: The address in a text; null where there is none.
    ES_TO_IP = "esql_to_ip";
    /// ES|QL: Percent escapes and plus signs resolved; null where they are wrong.
    ES_URL_DECODE = "esql_url_decode";
    /// ES|QL: The text behind a base64 text; null where it is none.
    ES_FROM_BASE64 = "esql_from_base64";
    /// ES|QL: The text in base64.
    ES_TO_BASE64 = "esql_to_base64";
    /// ES|QL: The value at a path of a JSON text, as text.
    ES_JSON_EXTRACT = "esql_json_extract";
    /// ES|QL: The values of both; null where either is.
    ES_MV_APPEND = "esql_mv_append";
    /// ES|QL: The mean of the values.
    ES_MV_AVG = "esql_mv_avg";
    /// ES|QL: The texts joined by a separator.
    ES_MV_CONCAT = "esql_mv_concat";
    /// ES|QL: How many values there are.
    ES_MV_COUNT = "esql_mv_count";
    /// ES|QL: Each value once.
    ES_MV_DEDUPE = "esql_mv_dedupe";
    /// ES|QL: The first value.
    ES_MV_FIRST = "esql_mv_first";
    /// ES|QL: The last value.
    ES_MV_LAST = "esql_mv_last";
    /// ES|QL: The greatest value.
    ES_MV_MAX = "esql_mv_max";
    /// ES|QL: The least value.
    ES_MV_MIN = "esql_mv_min";
    /// ES|QL: The median of the values.
    ES_MV_MEDIAN = "esql_mv_median";
    /// ES|QL: The values from an index up to another, both inclusive, negative from the end.
    ES_MV_SLICE = "esql_mv_slice";
    /// ES|QL: The values in order, `ASC` or `DESC`.
    ES_MV_SORT = "esql_mv_sort";
    /// ES|QL: The sum of the values.
    ES_MV_SUM = "esql_mv_sum";
    /// ES|QL: The values that both hold; null for none.
    ES_MV_INTERSECTION = "esql_mv_intersection";
    /// ES|QL: Number of values that are not null, each of several counted.
    AGG_COUNT = "esql_agg_count";
    /// ES|QL: Sum of the values; null for none.
    AGG_SUM = "esql_agg_sum";
    /// ES|QL: Mean of the values; null for none.
    AGG_AVG = "esql_agg_avg";
    /// ES|QL: Median of the values; null for none.
    AGG_MEDIAN = "esql_agg_median";
    /// ES|QL: Standard deviation of a population; null for none.
    AGG_STD_DEV = "esql_agg_std_dev";
    /// ES|QL: Percentile of the values; null for none.
    AGG_PERCENTILE = "esql_agg_percentile";
    /// ES|QL: The first values in order: the values, how many, `asc` or `desc`.
    AGG_TOP = "esql_agg_top";
    /// ES|QL: The value of the row where the second argument is least.
    AGG_FIRST = "esql_agg_first";
    /// ES|QL: The value of the row where the second argument is greatest.
    AGG_LAST = "esql_agg_last";
    /// ES|QL: Variance of a population; null for none.
    AGG_VARIANCE = "esql_agg_variance";
    /// ES|QL: Median of the distances from the median; null for none.
    AGG_MEDIAN_DEVIATION = "esql_agg_median_absolute_deviation";
    /// ES|QL: Mean of the values weighted by the second argument; null for none.
    AGG_WEIGHTED_AVG = "esql_agg_weighted_avg";
    /// ES|QL: Whether there is any value.
    AGG_PRESENT = "esql_agg_present";
    /// ES|QL: Whether there is no value.
    AGG_ABSENT = "esql_agg_absent";
    /// ES|QL: Percent escapes for all but letters, digits and `-._~`; a space becomes a plus sign.
    ES_URL_ENCODE = "esql_url_encode";
    /// ES|QL: The same with `%20` for a space.
    ES_URL_ENCODE_COMPONENT = "esql_url_encode_component";
    /// ES|QL: Length of the text in bytes of UTF-8.
    ES_BYTE_LENGTH = "esql_byte_length";
    /// ES|QL: Length of the text in bits of UTF-8.
    ES_BIT_LENGTH = "esql_bit_length";
    /// ES|QL: Natural logarithm, or that of the first argument's base; null of what is not positive.
    ES_LOG = "esql_log";
    /// ES|QL: Logarithm to base 10; null of what is not positive.
    ES_LOG10 = "esql_log10";
    /// ES|QL: The number e to this power.
    ES_EXP = "esql_exp";
    /// ES|QL: -1, 0 or 1.
    ES_SIGNUM = "esql_signum";
    /// ES|QL: An address with all but so many bits (IPv4, IPv6) set to zero.
    ES_IP_PREFIX = "esql_ip_prefix";
    /// ES|QL: The values of two lists joined pair by pair with a separator.
    ES_MV_ZIP = "esql_mv_zip";
    /// ES|QL: A percentile of the values.
    ES_MV_PERCENTILE = "esql_mv_percentile";
    /// ES|QL: The values of both, each once; null is no value.
    ES_MV_UNION = "esql_mv_union";
    /// ES|QL: The English name of the day of the week.
    ES_DAY_NAME = "esql_day_name";
    /// ES|QL: The English name of the month.
    ES_MONTH_NAME = "esql_month_name";
}

/// ES|QL's functions of values: spelling, least and greatest number of arguments, meaning. Null of null, and of several
/// values except for `mv_...` and `coalesce`.
pub const ESQL: &[(&str, usize, usize, Function)] = &[
    ("to_lower", 1, 1, super::LOWER),
    ("to_upper", 1, 1, super::UPPER),
    ("trim", 1, 1, super::TRIM),
    ("length", 1, 1, super::LENGTH),
    ("concat", 2, 256, super::CONCAT),
    ("coalesce", 1, 256, super::COALESCE),
    ("now", 0, 0, super::NOW),
    ("to_string", 1, 1, ES_TO_STRING),
    ("to_datetime", 1, 1, super::TO_TIME),
    ("substring", 2, 3, ES_SUBSTRING),
    ("replace", 3, 3, ES_REPLACE),
    ("locate", 2, 3, ES_LOCATE),
    ("split", 2, 2, ES_SPLIT),
    ("left", 2, 2, ES_LEFT),
    ("right", 2, 2, ES_RIGHT),
    ("ltrim", 1, 1, ES_LTRIM),
    ("rtrim", 1, 1, ES_RTRIM),
    ("repeat", 2, 2, ES_REPEAT),
    ("reverse", 1, 1, ES_REVERSE),
    ("space", 1, 1, ES_SPACE),
    ("greatest", 1, 64, ES_GREATEST),
    ("least", 1, 64, ES_LEAST),
    ("abs", 1, 1, ES_ABS),
    ("ceil", 1, 1, ES_CEIL),
    ("floor", 1, 1, ES_FLOOR),
    ("round", 1, 2, ES_ROUND),
    ("pow", 2, 2, ES_POW),
    ("sqrt", 1, 1, ES_SQRT),
    ("date_trunc", 2, 2, ES_DATE_TRUNC),
    ("bucket", 2, 4, ES_BUCKET),
    ("date_diff", 3, 3, ES_DATE_DIFF),
    ("date_extract", 2, 2, ES_DATE_EXTRACT),
    ("date_format", 1, 2, ES_DATE_FORMAT),
    ("date_parse", 1, 2, ES_DATE_PARSE),
    ("to_long", 1, 1, ES_TO_LONG),
    ("to_integer", 1, 1, ES_TO_INTEGER),
    ("to_double", 1, 1, ES_TO_DOUBLE),
    ("to_boolean", 1, 1, ES_TO_BOOLEAN),
    ("to_ip", 1, 1, ES_TO_IP),
    ("url_decode", 1, 1, ES_URL_DECODE),
    ("from_base64", 1, 1, ES_FROM_BASE64),
    ("to_base64", 1, 1, ES_TO_BASE64),
    ("json_extract", 2, 2, ES_JSON_EXTRACT),
    ("mv_append", 2, 2, ES_MV_APPEND),
    ("mv_avg", 1, 1, ES_MV_AVG),
    ("mv_concat", 2, 2, ES_MV_CONCAT),
    ("mv_count", 1, 1, ES_MV_COUNT),
    ("mv_dedupe", 1, 1, ES_MV_DEDUPE),
    ("mv_first", 1, 1, ES_MV_FIRST),
    ("mv_last", 1, 1, ES_MV_LAST),
    ("mv_max", 1, 1, ES_MV_MAX),
    ("mv_min", 1, 1, ES_MV_MIN),
    ("mv_median", 1, 1, ES_MV_MEDIAN),
    ("mv_slice", 2, 3, ES_MV_SLICE),
    ("mv_sort", 1, 2, ES_MV_SORT),
    ("mv_sum", 1, 1, ES_MV_SUM),
    ("mv_intersection", 2, 2, ES_MV_INTERSECTION),
    ("url_encode", 1, 1, ES_URL_ENCODE),
    ("url_encode_component", 1, 1, ES_URL_ENCODE_COMPONENT),
    ("byte_length", 1, 1, ES_BYTE_LENGTH),
    ("bit_length", 1, 1, ES_BIT_LENGTH),
    ("log", 1, 2, ES_LOG),
    ("log10", 1, 1, ES_LOG10),
    ("exp", 1, 1, ES_EXP),
    ("signum", 1, 1, ES_SIGNUM),
    ("ip_prefix", 3, 3, ES_IP_PREFIX),
    ("mv_zip", 2, 3, ES_MV_ZIP),
    ("mv_percentile", 2, 2, ES_MV_PERCENTILE),
    ("mv_union", 2, 2, ES_MV_UNION),
    ("day_name", 1, 1, ES_DAY_NAME),
    ("month_name", 1, 1, ES_MONTH_NAME),
];

/// ES|QL's aggregates that Kusto has no equal of, by their spelling.
pub const ESQL_AGGREGATES: &[(&str, Function)] = &[
    ("count", AGG_COUNT),
    ("sum", AGG_SUM),
    ("avg", AGG_AVG),
    ("median", AGG_MEDIAN),
    ("std_dev", AGG_STD_DEV),
    ("percentile", AGG_PERCENTILE),
    ("top", AGG_TOP),
    ("first", AGG_FIRST),
    ("last", AGG_LAST),
    ("variance", AGG_VARIANCE),
    ("median_absolute_deviation", AGG_MEDIAN_DEVIATION),
    ("weighted_avg", AGG_WEIGHTED_AVG),
    ("present", AGG_PRESENT),
    ("absent", AGG_ABSENT),
];
