//! Functions whose null, type and error behaviour is Kusto's own (spec/kusto-semantics.md). A text of type string is
//! never null in Kusto: these functions take null for the empty text where a text is asked for.

use super::super::{FieldKind, Function};

/// How the type of a result follows from the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always this type.
    Kind(FieldKind),
    /// The type of the first argument.
    First,
    /// The type of the second argument.
    Second,
    /// The type that the arguments share; a number with a fraction where they mix.
    Common,
    /// By the rules of arithmetic on numbers, times and lengths of time.
    Arithmetic,
}

macro_rules! returns {
    (First) => {
        Returns::First
    };
    (Second) => {
        Returns::Second
    };
    (Common) => {
        Returns::Common
    };
    (Arith) => {
        Returns::Arithmetic
    };
    ($kind:ident) => {
        Returns::Kind(FieldKind::$kind)
    };
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal => $returns:ident;)*) => {
        $($(#[doc = $doc])+ pub const $name: Function = Function($text);)*
        /// Every function with the type of its result.
        pub const ALL: &[(Function, Returns)] = &[$(($name, returns!($returns))),*];
    };
}

functions! {
    /// Sum of numbers or lengths of time, or a time moved by a length; whole numbers wrap at 64 bits; null where either is null.
    ADD = "kusto_add" => Arith;
    /// Difference, as `add`; the difference of two times is a length of time.
    SUBTRACT = "kusto_subtract" => Arith;
    /// Product of numbers, or of a length of time and a number; null where either is null.
    MULTIPLY = "kusto_multiply" => Arith;
    /// Quotient: truncated for whole numbers and null for a zero divisor, IEEE for fractions, a number for two lengths of time.
    DIVIDE = "kusto_divide" => Arith;
    /// Euclidean remainder, never negative; null for a zero divisor.
    MODULO = "kusto_modulo" => Arith;
    /// The contrary number or length of time.
    NEGATE = "kusto_negate" => First;
    /// Text of a value of a scalar type: `True`, seven digits of a second, `d.hh:mm:ss`; empty for null.
    TOSTRING = "kusto_tostring" => Keyword;
    /// Whole number of a number (truncated), boolean, time, length of time or decimal text; null otherwise.
    TOLONG = "kusto_tolong" => Long;
    /// As `tolong`, null outside 32 bits.
    TOINT = "kusto_toint" => Long;
    /// Number of a number, boolean, length of time in ticks or text; null otherwise.
    TODOUBLE = "kusto_todouble" => Double;
    /// As `todouble`.
    TODECIMAL = "kusto_todecimal" => Double;
    /// Truth of a boolean, number or the texts true, false, 1, 0; null otherwise.
    TOBOOL = "kusto_tobool" => Boolean;
    /// Time of a text, a time, or a number of ticks; null otherwise.
    TODATETIME = "kusto_todatetime" => Date;
    /// Length of time of a text such as `1.02:03:04` or `1d`, or of a length; null otherwise.
    TOTIMESPAN = "kusto_totimespan" => Timespan;
    /// Lower-case GUID of a text; null where it is none.
    TOGUID = "kusto_toguid" => Guid;
    /// Hexadecimal text of a whole number, padded with zeros to the second argument.
    TOHEX = "kusto_tohex" => Keyword;
    /// JSON of a text; the text itself where it is none, null where it is empty; other values as they are.
    PARSE_JSON = "kusto_parse_json" => Dynamic;
    /// Compact JSON with sorted keys.
    DYNAMIC_TO_JSON = "kusto_dynamic_to_json" => Keyword;
    /// Value at a JSON path of a JSON text, as text.
    EXTRACT_JSON = "kusto_extract_json" => Keyword;
    /// The first argument that is not null, and not empty if it is text; null or empty when there is none.
    COALESCE = "kusto_coalesce" => Common;
    /// Name of the type of a value.
    GETTYPE = "kusto_gettype" => Keyword;
    /// Element of a list at an index (negative from the end), or member of a bag by name; null where there is none.
    INDEX = "kusto_index" => Dynamic;
    /// Whether a value is null; false of every text of type string.
    ISNULL = "kusto_isnull" => Boolean;
    /// Whether a value is null or empty text.
    ISEMPTY = "kusto_isempty" => Boolean;
    /// Number of characters of a text; 0 for none.
    STRLEN = "kusto_strlen" => Long;
    /// Bytes of a text in UTF-8.
    STRING_SIZE = "kusto_string_size" => Long;
    /// Part of a text by characters: start (negative from the end), optional length.
    SUBSTRING = "kusto_substring" => Keyword;
    /// Parts of a text between separators, or the one at an index in a list.
    SPLIT = "kusto_split" => Dynamic;
    /// Texts joined by the first argument.
    STRCAT_DELIM = "kusto_strcat_delim" => Keyword;
    /// Elements of a list joined by a text.
    STRCAT_ARRAY = "kusto_strcat_array" => Keyword;
    /// A text repeated, with an optional separator.
    STRREP = "kusto_strrep" => Keyword;
    /// -1, 0 or 1 by code points.
    STRCMP = "kusto_strcmp" => Long;
    /// Characters in reverse order.
    REVERSE = "kusto_reverse" => Keyword;
    /// Characters of the first argument replaced by those of the second in the third.
    TRANSLATE = "kusto_translate" => Keyword;
    /// Matches of a regular expression removed at both ends of a text.
    TRIM = "kusto_trim" => Keyword;
    /// A match of a regular expression removed at the start.
    TRIM_START = "kusto_trim_start" => Keyword;
    /// A match of a regular expression removed at the end.
    TRIM_END = "kusto_trim_end" => Keyword;
    /// Matches of a regular expression in the first argument replaced by a rewrite with `\\1`.
    REPLACE_REGEX = "kusto_replace_regex" => Keyword;
    /// Each text of a list replaced by the one at its place in another list.
    REPLACE_STRINGS = "kusto_replace_strings" => Keyword;
    /// Place of a text in a text by characters, -1 where it is not; start, length and occurrence optional.
    INDEXOF = "kusto_indexof" => Long;
    /// As `indexof`, by regular expression.
    INDEXOF_REGEX = "kusto_indexof_regex" => Long;
    /// Occurrences of a text (overlapping) or, with `regex`, of a regular expression.
    COUNTOF = "kusto_countof" => Long;
    /// Group of the first match of a regular expression; empty where there is none.
    EXTRACT = "kusto_extract" => Keyword;
    /// Groups of all matches of a regular expression; null where there is none.
    EXTRACT_ALL = "kusto_extract_all" => Dynamic;
    /// Index of the first element of a list that the text has as a term, -1 for none.
    HAS_ANY_INDEX = "kusto_has_any_index" => Long;
    /// Text with percent escapes resolved.
    URL_DECODE = "kusto_url_decode" => Keyword;
    /// Text with percent escapes.
    URL_ENCODE = "kusto_url_encode" => Keyword;
    /// Text of a base64 text; empty where it is none.
    BASE64_DECODE_TOSTRING = "kusto_base64_decode_tostring" => Keyword;
    /// Base64 of a text.
    BASE64_ENCODE_TOSTRING = "kusto_base64_encode_tostring" => Keyword;
    /// Not computed here.
    HASH_MD5 = "kusto_hash_md5" => Keyword;
    /// Parts of a URL in a bag.
    PARSE_URL = "kusto_parse_url" => Dynamic;
    /// Parts of a file path in a bag.
    PARSE_PATH = "kusto_parse_path" => Dynamic;
    /// Arguments of a Windows command line as a list.
    PARSE_COMMAND_LINE = "kusto_parse_command_line" => Dynamic;
    /// XML as a bag.
    PARSE_XML = "kusto_parse_xml" => Dynamic;
    /// Number of an IPv4 address; null where it is none.
    PARSE_IPV4 = "kusto_parse_ipv4" => Long;
    /// A version text as one comparable number.
    PARSE_VERSION = "kusto_parse_version" => Double;
    /// Whether an IPv4 address (or network) is private; null where it is none.
    IPV4_IS_PRIVATE = "kusto_ipv4_is_private" => Boolean;
    /// Whether two IPv4 addresses share the shorter prefix; null where either is none.
    IPV4_IS_MATCH = "kusto_ipv4_is_match" => Boolean;
    /// Whether an IPv4 address lies in a network; null where either is none.
    IPV4_IS_IN_RANGE = "kusto_ipv4_is_in_range" => Boolean;
    /// Whether an IPv4 address lies in any of these networks; null where it is none.
    IPV4_IS_IN_ANY_RANGE = "kusto_ipv4_is_in_any_range" => Boolean;
    /// As `ipv4_is_match`, for both versions.
    IPV6_IS_MATCH = "kusto_ipv6_is_match" => Boolean;
    /// As `ipv4_is_in_range`, for both versions.
    IPV6_IS_IN_RANGE = "kusto_ipv6_is_in_range" => Boolean;
    /// As `ipv4_is_in_any_range`, for both versions.
    IPV6_IS_IN_ANY_RANGE = "kusto_ipv6_is_in_any_range" => Boolean;
    /// -1, 0 or 1 between two IPv4 addresses; null where either is none.
    IPV4_COMPARE = "kusto_ipv4_compare" => Long;
    /// IPv4 address of a number or text, with an optional prefix.
    FORMAT_IPV4 = "kusto_format_ipv4" => Keyword;
    /// The greatest multiple of the second argument not above the first; times count from 0001-01-01.
    BIN = "kusto_bin" => First;
    /// As `bin`, counted from the third argument.
    BIN_AT = "kusto_bin_at" => First;
    /// The least whole number not below.
    CEILING = "kusto_ceiling" => Double;
    /// As `bin`.
    FLOOR = "kusto_floor" => First;
    /// Rounded half away from zero to this many digits.
    ROUND = "kusto_round" => Double;
    /// Without its sign.
    ABS = "kusto_abs" => First;
    /// -1, 0 or 1.
    SIGN = "kusto_sign" => Double;
    /// Square root; NaN below zero.
    SQRT = "kusto_sqrt" => Double;
    /// Power.
    POW = "kusto_pow" => Double;
    /// Power of e.
    EXP = "kusto_exp" => Double;
    /// Power of 2.
    EXP2 = "kusto_exp2" => Double;
    /// Power of 10.
    EXP10 = "kusto_exp10" => Double;
    /// Natural logarithm.
    LOG = "kusto_log" => Double;
    /// Logarithm to base 2.
    LOG2 = "kusto_log2" => Double;
    /// Logarithm to base 10.
    LOG10 = "kusto_log10" => Double;
    /// Sine.
    SIN = "kusto_sin" => Double;
    /// Cosine.
    COS = "kusto_cos" => Double;
    /// Tangent.
    TAN = "kusto_tan" => Double;
    /// Inverse sine.
    ASIN = "kusto_asin" => Double;
    /// Inverse cosine.
    ACOS = "kusto_acos" => Double;
    /// Inverse tangent.
    ATAN = "kusto_atan" => Double;
    /// Inverse tangent of a quotient.
    ATAN2 = "kusto_atan2" => Double;
    /// The number pi.
    PI = "kusto_pi" => Double;
    /// Degrees of radians.
    DEGREES = "kusto_degrees" => Double;
    /// Radians of degrees.
    RADIANS = "kusto_radians" => Double;
    /// Whether a number is NaN.
    ISNAN = "kusto_isnan" => Boolean;
    /// Whether a number is infinite.
    ISINF = "kusto_isinf" => Boolean;
    /// Whether a number is neither NaN nor infinite.
    ISFINITE = "kusto_isfinite" => Boolean;
    /// The greatest argument, nulls aside.
    MAX_OF = "kusto_max_of" => Common;
    /// The least argument, nulls aside.
    MIN_OF = "kusto_min_of" => Common;
    /// Bitwise and.
    BINARY_AND = "kusto_binary_and" => Long;
    /// Bitwise or.
    BINARY_OR = "kusto_binary_or" => Long;
    /// Bitwise exclusive or.
    BINARY_XOR = "kusto_binary_xor" => Long;
    /// Bitwise contrary.
    BINARY_NOT = "kusto_binary_not" => Long;
    /// Bits moved left.
    BINARY_SHIFT_LEFT = "kusto_binary_shift_left" => Long;
    /// Bits moved right.
    BINARY_SHIFT_RIGHT = "kusto_binary_shift_right" => Long;
    /// Start of the day, moved by the second argument.
    STARTOFDAY = "kusto_startofday" => Date;
    /// Start of the week (Sunday), moved by the second argument.
    STARTOFWEEK = "kusto_startofweek" => Date;
    /// Start of the month, moved by the second argument.
    STARTOFMONTH = "kusto_startofmonth" => Date;
    /// Start of the year, moved by the second argument.
    STARTOFYEAR = "kusto_startofyear" => Date;
    /// Last tick of the day, moved by the second argument.
    ENDOFDAY = "kusto_endofday" => Date;
    /// Last tick of the week, moved by the second argument.
    ENDOFWEEK = "kusto_endofweek" => Date;
    /// Last tick of the month, moved by the second argument.
    ENDOFMONTH = "kusto_endofmonth" => Date;
    /// Last tick of the year, moved by the second argument.
    ENDOFYEAR = "kusto_endofyear" => Date;
    /// Days since Sunday as a length of time.
    DAYOFWEEK = "kusto_dayofweek" => Timespan;
    /// Day in the month from 1.
    DAYOFMONTH = "kusto_dayofmonth" => Long;
    /// Day in the year from 1.
    DAYOFYEAR = "kusto_dayofyear" => Long;
    /// Hour in the day.
    HOUROFDAY = "kusto_hourofday" => Long;
    /// Month from 1.
    MONTHOFYEAR = "kusto_monthofyear" => Long;
    /// Year.
    GETYEAR = "kusto_getyear" => Long;
    /// ISO week.
    WEEK_OF_YEAR = "kusto_week_of_year" => Long;
    /// A time moved by this many parts of this name.
    DATETIME_ADD = "kusto_datetime_add" => Date;
    /// Boundaries of the named part between two times.
    DATETIME_DIFF = "kusto_datetime_diff" => Long;
    /// The named part of a time.
    DATETIME_PART = "kusto_datetime_part" => Long;
    /// Time of its parts; null where there is no such time.
    MAKE_DATETIME = "kusto_make_datetime" => Date;
    /// Length of time of its parts.
    MAKE_TIMESPAN = "kusto_make_timespan" => Timespan;
    /// A time by a pattern.
    FORMAT_DATETIME = "kusto_format_datetime" => Keyword;
    /// A length of time by a pattern.
    FORMAT_TIMESPAN = "kusto_format_timespan" => Keyword;
    /// Time of seconds since 1970.
    UNIXTIME_SECONDS = "kusto_unixtime_seconds_todatetime" => Date;
    /// Time of milliseconds since 1970.
    UNIXTIME_MILLISECONDS = "kusto_unixtime_milliseconds_todatetime" => Date;
    /// Time of microseconds since 1970.
    UNIXTIME_MICROSECONDS = "kusto_unixtime_microseconds_todatetime" => Date;
    /// Time of nanoseconds since 1970.
    UNIXTIME_NANOSECONDS = "kusto_unixtime_nanoseconds_todatetime" => Date;
    /// Not computed here: needs a time zone table.
    DATETIME_LOCAL_TO_UTC = "kusto_datetime_local_to_utc" => Date;
    /// Not computed here: needs a time zone table.
    DATETIME_UTC_TO_LOCAL = "kusto_datetime_utc_to_local" => Date;
    /// When the row was stored: the event's own time here.
    INGESTION_TIME = "kusto_ingestion_time" => Date;
    /// List of the arguments.
    PACK_ARRAY = "kusto_pack_array" => Dynamic;
    /// Bag of names and values in turn.
    BAG_PACK = "kusto_bag_pack" => Dynamic;
    /// Bag of all columns of the row.
    PACK_ALL = "kusto_pack_all" => Dynamic;
    /// Names of a bag; null of anything else.
    BAG_KEYS = "kusto_bag_keys" => Dynamic;
    /// Bags as one; the first wins.
    BAG_MERGE = "kusto_bag_merge" => Dynamic;
    /// Whether a bag has a name.
    BAG_HAS_KEY = "kusto_bag_has_key" => Boolean;
    /// A bag without these names.
    BAG_REMOVE_KEYS = "kusto_bag_remove_keys" => Dynamic;
    /// A bag with a value under a name.
    BAG_SET_KEY = "kusto_bag_set_key" => Dynamic;
    /// Bag of a list of names and a list of values.
    BAG_ZIP = "kusto_bag_zip" => Dynamic;
    /// Paths of all leaves of a value.
    TREEPATH = "kusto_treepath" => Dynamic;
    /// Lists as one.
    ARRAY_CONCAT = "kusto_array_concat" => Dynamic;
    /// Elements from start to end, both inclusive, negative from the end.
    ARRAY_SLICE = "kusto_array_slice" => Dynamic;
    /// Index of a value in a list, -1 for none; null where it is no list.
    ARRAY_INDEX_OF = "kusto_array_index_of" => Long;
    /// Sum of a list of numbers; null where there is anything else.
    ARRAY_SUM = "kusto_array_sum" => Double;
    /// Elements in reverse order.
    ARRAY_REVERSE = "kusto_array_reverse" => Dynamic;
    /// Elements from the least.
    ARRAY_SORT_ASC = "kusto_array_sort_asc" => Dynamic;
    /// Elements from the greatest.
    ARRAY_SORT_DESC = "kusto_array_sort_desc" => Dynamic;
    /// Elements rotated to the left.
    ARRAY_ROTATE_LEFT = "kusto_array_rotate_left" => Dynamic;
    /// Elements rotated to the right.
    ARRAY_ROTATE_RIGHT = "kusto_array_rotate_right" => Dynamic;
    /// Elements moved to the left.
    ARRAY_SHIFT_LEFT = "kusto_array_shift_left" => Dynamic;
    /// Elements moved to the right.
    ARRAY_SHIFT_RIGHT = "kusto_array_shift_right" => Dynamic;
    /// A list split at indexes.
    ARRAY_SPLIT = "kusto_array_split" => Dynamic;
    /// Element of the second or third list by the truth of the first's.
    ARRAY_IFF = "kusto_array_iff" => Dynamic;
    /// List of a value this many times.
    REPEAT = "kusto_repeat" => Dynamic;
    /// List of values from, to, by.
    RANGE = "kusto_range" => Dynamic;
    /// Lists side by side.
    ZIP = "kusto_zip" => Dynamic;
    /// Values that all lists share.
    SET_INTERSECT = "kusto_set_intersect" => Dynamic;
    /// Values of all lists, once each.
    SET_UNION = "kusto_set_union" => Dynamic;
    /// Values of the first list that no other has.
    SET_DIFFERENCE = "kusto_set_difference" => Dynamic;
    /// Whether a list has a value.
    SET_HAS_ELEMENT = "kusto_set_has_element" => Boolean;
    /// Whether lists have the same values.
    SET_EQUALS = "kusto_set_equals" => Boolean;
    /// Size of the intersection by that of the union.
    JACCARD_INDEX = "kusto_jaccard_index" => Double;
    /// Not computed here: needs an address database.
    GEO_INFO_FROM_IP = "kusto_geo_info_from_ip_address" => Dynamic;
    /// Not computed here: differs each time.
    NEW_GUID = "kusto_new_guid" => Guid;
    /// Not computed here: differs each time.
    RAND = "kusto_rand" => Double;
    /// Not computed here.
    HASH = "kusto_hash" => Long;
    /// Not computed here.
    HASH_SHA256 = "kusto_hash_sha256" => Keyword;
    /// Not computed here.
    HASH_SHA1 = "kusto_hash_sha1" => Keyword;
    /// A number of bytes in words.
    FORMAT_BYTES = "kusto_format_bytes" => Keyword;
    /// Value in an earlier row; null, or the third argument, where there is none.
    PREV = "kusto_prev" => First;
    /// Value in a later row; null, or the third argument, where there is none.
    NEXT = "kusto_next" => First;
    /// Number of the row, from the first argument; anew where the second is true.
    ROW_NUMBER = "kusto_row_number" => Long;
    /// Running sum; anew where the second argument is true.
    ROW_CUMSUM = "kusto_row_cumsum" => First;
    /// Dense rank of the row by a value.
    ROW_RANK_DENSE = "kusto_row_rank_dense" => Long;
    /// Rank of the row by a value, ties share the least.
    ROW_RANK_MIN = "kusto_row_rank_min" => Long;
    /// Start of the session that the row's time belongs to.
    ROW_WINDOW_SESSION = "kusto_row_window_session" => Date;
    /// List with nulls replaced by the last value before.
    SERIES_FILL_FORWARD = "kusto_series_fill_forward" => Dynamic;
    /// List with nulls replaced by the next value behind.
    SERIES_FILL_BACKWARD = "kusto_series_fill_backward" => Dynamic;
    /// List with nulls replaced by a value.
    SERIES_FILL_CONST = "kusto_series_fill_const" => Dynamic;
    /// Sums of two lists by place.
    SERIES_ADD = "kusto_series_add" => Dynamic;
    /// Differences of two lists by place.
    SERIES_SUBTRACT = "kusto_series_subtract" => Dynamic;
    /// Products of two lists by place.
    SERIES_MULTIPLY = "kusto_series_multiply" => Dynamic;
    /// Quotients of two lists by place.
    SERIES_DIVIDE = "kusto_series_divide" => Dynamic;
    /// List with nulls replaced on the line between their neighbours.
    SERIES_FILL_LINEAR = "kusto_series_fill_linear" => Dynamic;
    /// Least, greatest, mean, spread of a list, and where they stand: several values.
    SERIES_STATS = "kusto_series_stats" => Dynamic;
    /// The line that fits a list best: several values.
    SERIES_FIT_LINE = "kusto_series_fit_line" => Dynamic;
    /// Sum of a list.
    SERIES_SUM = "kusto_series_sum" => Double;
    /// Product of a list.
    SERIES_PRODUCT = "kusto_series_product" => Double;
    /// Numbers of a list without their signs.
    SERIES_ABS = "kusto_series_abs" => Dynamic;
    /// Whether each number is greater than its partner.
    SERIES_GREATER = "kusto_series_greater" => Dynamic;
    /// Whether each number is at least its partner.
    SERIES_GREATER_EQUALS = "kusto_series_greater_equals" => Dynamic;
    /// Whether each number is less than its partner.
    SERIES_LESS = "kusto_series_less" => Dynamic;
    /// Whether each number is at most its partner.
    SERIES_LESS_EQUALS = "kusto_series_less_equals" => Dynamic;
    /// Whether each number equals its partner.
    SERIES_EQUALS = "kusto_series_equals" => Dynamic;
    /// Whether each number differs from its partner.
    SERIES_NOT_EQUALS = "kusto_series_not_equals" => Dynamic;
    /// Sum of the products of two lists.
    SERIES_DOT_PRODUCT = "kusto_series_dot_product" => Double;
    /// Correlation of two lists.
    SERIES_PEARSON_CORRELATION = "kusto_series_pearson_correlation" => Double;
    /// A filter of a list by its own and its earlier results.
    SERIES_IIR = "kusto_series_iir" => Dynamic;
    /// Not computed here: parts of a list's course: several values.
    SERIES_DECOMPOSE = "kusto_series_decompose" => Dynamic;
    /// Not computed here: outliers of a list's course: several values.
    SERIES_DECOMPOSE_ANOMALIES = "kusto_series_decompose_anomalies" => Dynamic;
    /// Not computed here: a list's course to come.
    SERIES_DECOMPOSE_FORECAST = "kusto_series_decompose_forecast" => Dynamic;
    /// Not computed here: how far each number lies outside.
    SERIES_OUTLIERS = "kusto_series_outliers" => Dynamic;
    /// Not computed here: the two lines that fit a list best: several values.
    SERIES_FIT_2LINES = "kusto_series_fit_2lines" => Dynamic;
    /// Not computed here: the periods of a list: several values.
    SERIES_PERIODS_DETECT = "kusto_series_periods_detect" => Dynamic;
    /// Not computed here: how well periods fit a list: several values.
    SERIES_PERIODS_VALIDATE = "kusto_series_periods_validate" => Dynamic;
    /// Not computed here: the seasonal part of a list.
    SERIES_SEASONAL = "kusto_series_seasonal" => Dynamic;
    /// Not computed here: `series_stats` as a bag.
    SERIES_STATS_DYNAMIC = "kusto_series_stats_dynamic" => Dynamic;
    /// Not computed here: `series_fit_line` as a bag.
    SERIES_FIT_LINE_DYNAMIC = "kusto_series_fit_line_dynamic" => Dynamic;
    /// Not computed here: a filter of a list.
    SERIES_FIR = "kusto_series_fir" => Dynamic;
    /// Not computed here: needs a list of user agents.
    PARSE_USER_AGENT = "kusto_parse_user_agent" => Dynamic;
    /// Not computed here: IPv6 address in its long form.
    PARSE_IPV6 = "kusto_parse_ipv6" => Keyword;
    /// Not computed here: IPv6 address in its long form, masked.
    PARSE_IPV6_MASK = "kusto_parse_ipv6_mask" => Keyword;
    /// Not computed here: -1, 0 or 1 between two addresses.
    IPV6_COMPARE = "kusto_ipv6_compare" => Long;
    /// IPv4 network of a number or text and a prefix.
    FORMAT_IPV4_MASK = "kusto_format_ipv4_mask" => Keyword;
    /// Prefix length of an IPv4 network; 32 for an address.
    IPV4_NETMASK_SUFFIX = "kusto_ipv4_netmask_suffix" => Long;
    /// Whether a text holds this IPv4 address as a term.
    HAS_IPV4 = "kusto_has_ipv4" => Boolean;
    /// Whether a text holds one of these IPv4 addresses as a term.
    HAS_ANY_IPV4 = "kusto_has_any_ipv4" => Boolean;
    /// Whether a text holds an IPv4 address that starts so.
    HAS_IPV4_PREFIX = "kusto_has_ipv4_prefix" => Boolean;
    /// Whether a text holds an IPv4 address that starts with one of these.
    HAS_ANY_IPV4_PREFIX = "kusto_has_any_ipv4_prefix" => Boolean;
    /// Not computed here: metres between two places.
    GEO_DISTANCE_2POINTS = "kusto_geo_distance_2points" => Double;
    /// Not computed here: whether a place lies in a circle.
    GEO_POINT_IN_CIRCLE = "kusto_geo_point_in_circle" => Boolean;
    /// Not computed here: whether a place lies in an area.
    GEO_POINT_IN_POLYGON = "kusto_geo_point_in_polygon" => Boolean;
    /// Not computed here: the cell of a place.
    GEO_POINT_TO_GEOHASH = "kusto_geo_point_to_geohash" => Keyword;
    /// Not computed here: the cell of a place.
    GEO_POINT_TO_S2CELL = "kusto_geo_point_to_s2cell" => Keyword;
    /// Not computed here.
    HASH_XXHASH64 = "kusto_hash_xxhash64" => Long;
    /// Not computed here.
    HASH_COMBINE = "kusto_hash_combine" => Long;
    /// Not computed here.
    HASH_MANY = "kusto_hash_many" => Long;
    /// Not computed here: needs the engine's compression.
    GZIP_DECOMPRESS = "kusto_gzip_decompress_from_base64_string" => Keyword;
    /// Not computed here: needs the engine's compression.
    ZLIB_DECOMPRESS = "kusto_zlib_decompress_from_base64_string" => Keyword;
    /// Not computed here: a host's name in letters beyond ASCII.
    PUNYCODE_TO_STRING = "kusto_punycode_to_string" => Keyword;
    /// Not computed here: a host's name in ASCII.
    PUNYCODE_FROM_STRING = "kusto_punycode_from_string" => Keyword;
    /// Not computed here: a domain's name in letters beyond ASCII.
    PUNYCODE_DOMAIN_TO_STRING = "kusto_punycode_domain_to_string" => Keyword;
    /// Not computed here: bytes that a value takes.
    ESTIMATE_DATA_SIZE = "kusto_estimate_data_size" => Long;
    /// A pattern that finds this text.
    REGEX_QUOTE = "kusto_regex_quote" => Keyword;
    /// Whether every letter of a text is ASCII.
    ISASCII = "kusto_isascii" => Boolean;
    /// Fields of a line of comma-separated values.
    PARSE_CSV = "kusto_parse_csv" => Dynamic;
    /// Names and values of a URL's query.
    PARSE_URLQUERY = "kusto_parse_urlquery" => Dynamic;
    /// A column, or a value where there is no such column.
    COLUMN_IFEXISTS = "kusto_column_ifexists" => Common;
}

/// How the type of a function's result follows; `None` for a function that is not of this list.
pub fn returns(function: Function) -> Option<Returns> {
    ALL.iter().find(|(known, _)| *known == function).map(|(_, returns)| *returns)
}

/// Aggregates over the rows of a group, as Kusto counts nulls.
pub mod aggregate {
    use super::super::super::{FieldKind, Function};
    use super::Returns;

    functions! {
    /// Number of rows.
        COUNT_ROWS = "kusto_agg_count" => Long;
        /// Number of distinct values; exact here, estimated by the engine above a few thousand.
        COUNT_DISTINCT = "kusto_agg_dcount" => Long;
        /// Number of distinct values, exact, null included.
        COUNT_DISTINCT_ALL = "kusto_agg_count_distinct" => Long;
        /// Sum of the values that are not null; 0 for none.
        SUM = "kusto_agg_sum" => First;
        /// Mean of the values that are not null; NaN for none.
        AVG = "kusto_agg_avg" => Double;
        /// The least value, nulls aside; null for none.
        MIN = "kusto_agg_min" => First;
        /// The greatest value, nulls aside; null for none.
        MAX = "kusto_agg_max" => First;
        /// List of the values that are not null; optional greatest length.
        MAKE_LIST = "kusto_agg_make_list" => Dynamic;
        /// List of the values.
        MAKE_LIST_WITH_NULLS = "kusto_agg_make_list_with_nulls" => Dynamic;
        /// Distinct values that are not null, in order of appearance; lists are taken apart; optional greatest length.
        MAKE_SET = "kusto_agg_make_set" => Dynamic;
        /// Bags as one; the first wins.
        MAKE_BAG = "kusto_agg_make_bag" => Dynamic;
        /// Second argument in the row where the first is greatest.
        ARG_MAX = "kusto_agg_arg_max" => Second;
        /// Second argument in the row where the first is least.
        ARG_MIN = "kusto_agg_arg_min" => Second;
        /// A value that is not empty, of some row; the first here.
        TAKE_ANY = "kusto_agg_take_any" => First;
        /// Standard deviation of a sample; 0 for a single value.
        STDEV = "kusto_agg_stdev" => Double;
        /// Standard deviation of a population.
        STDEVP = "kusto_agg_stdevp" => Double;
        /// Variance of a sample; 0 for a single value.
        VARIANCE = "kusto_agg_variance" => Double;
        /// Variance of a population.
        VARIANCEP = "kusto_agg_variancep" => Double;
        /// Nearest-rank percentile.
        PERCENTILE = "kusto_agg_percentile" => First;
        /// Nearest-rank percentiles in a list.
        PERCENTILES_ARRAY = "kusto_agg_percentiles_array" => Dynamic;
        /// Bitwise and of all values.
        BINARY_ALL_AND = "kusto_agg_binary_all_and" => Long;
        /// Bitwise or of all values.
        BINARY_ALL_OR = "kusto_agg_binary_all_or" => Long;
        /// Bitwise exclusive or of all values.
        BINARY_ALL_XOR = "kusto_agg_binary_all_xor" => Long;
    }

    /// How the type of an aggregate's result follows; `None` for one that is not of this list.
    pub fn returns(function: Function) -> Option<Returns> {
        ALL.iter().find(|(known, _)| *known == function).map(|(_, returns)| *returns)
    }
}
