//! Functions with the meaning that they have in Python and in Panther's runtime (CPython 3, `panther_core`).
//!
//! Each is null where Python raises an exception, unless its comment says otherwise; the reader asks beside it whether
//! it runs. Dicts and lists are JSON objects and arrays. `any case`: keys of dicts are found whatever their case, the
//! exact key first.

use super::Function;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        $($(#[doc = $doc])+ pub const $name: Function = Function($text);)*
        /// Every function of Python and Panther.
        pub const PYTHON_ALL: &[Function] = &[$($name),*];
    };
}

functions! {
    /// `str(x)`: the text itself of a text, `None`, `True`, `1.0`, lists and dicts as Python prints them.
    PYTHON_STR = "python_str";
    /// `repr(x)`.
    PYTHON_REPR = "python_repr";
    /// `format(x, spec)`.
    PYTHON_FORMAT = "python_format";
    /// `x or y` as a value: the first where it is true, else the second.
    PYTHON_OR = "python_or";
    /// `int(x, base)`; base null where it is not given.
    PYTHON_INT = "python_int";
    /// `float(x)`; the second argument is not used.
    PYTHON_FLOAT = "python_float";
    /// `len(x)` of a text (code points), list or dict.
    PYTHON_LEN = "python_len";
    /// `x[low:high:step]` of a text or list; bounds null where they are not given.
    PYTHON_SLICE = "python_slice";
    /// The character of a text at an index, negative from the end.
    PYTHON_CHARACTER = "python_character";
    /// The value behind a key of a dict, case-sensitive; null where there is none.
    PYTHON_GET = "python_get";
    /// Whether a dict has a key, case-sensitive; false of what is no dict.
    PYTHON_HAS = "python_has";
    /// The value behind a key of a dict in any case; null where there is none.
    PYTHON_GET_ANY_CASE = "python_get_any_case";
    /// Whether a dict has a key in any case; false of what is no dict.
    PYTHON_HAS_ANY_CASE = "python_has_any_case";
    /// The value behind a list of keys; null where one is missing. Third argument: in any case.
    PYTHON_DEEP_GET = "python_deep_get";
    /// Whether a list of keys and indexes (second) leads to a value, case-sensitive.
    PYTHON_HAS_PATH = "python_has_path";
    /// The value of a key (second) in a constant dict (first), else the third argument.
    PYTHON_LOOK_UP = "python_look_up";
    /// What `for` goes through: the list, the characters of a text, the keys of a dict.
    PYTHON_ITERATE = "python_iterate";
    /// `x.keys()` as a list.
    PYTHON_KEYS = "python_keys";
    /// `x.values()` as a list.
    PYTHON_VALUES = "python_values";
    /// `x.items()` as a list of lists of two.
    PYTHON_ITEMS = "python_items";
    /// The dict of a list of pairs; the last of equal keys wins.
    PYTHON_DICT = "python_dict";
    /// The elements of the lists in a list.
    PYTHON_FLATTEN = "python_flatten";
    /// The distinct elements in order of appearance.
    PYTHON_SET = "python_set";
    /// `sorted(x, reverse=second)`.
    PYTHON_SORTED = "python_sorted";
    /// `min(x)`.
    PYTHON_MIN = "python_min";
    /// `max(x)`.
    PYTHON_MAX = "python_max";
    /// `sum(x)`.
    PYTHON_SUM = "python_sum";
    /// `abs(x)`.
    PYTHON_ABS = "python_abs";
    /// `round(x, digits)`; digits null where they are not given. Half to even.
    PYTHON_ROUND = "python_round";
    /// `x // y`.
    PYTHON_FLOOR_DIVIDE = "python_floor_divide";
    /// `x % y` of numbers, with the sign of the divisor.
    PYTHON_MODULO = "python_modulo";
    /// `enumerate(x)` as a list of pairs.
    PYTHON_ENUMERATE = "python_enumerate";
    /// `zip(...)` as a list of lists.
    PYTHON_ZIP = "python_zip";
    /// `range(n)` as a list.
    PYTHON_RANGE = "python_range";
    /// `strip`, `lstrip`, `rstrip`, `removeprefix`, `removesuffix` (second) with their argument or null (third).
    PYTHON_STRIP = "python_strip";
    /// `title`, `capitalize`, `casefold`, `swapcase` (second) of a text.
    PYTHON_RECASE = "python_recase";
    /// `isdigit` and its like (second) of a text.
    PYTHON_CHARACTERS_ARE = "python_characters_are";
    /// `split(separator, limit)`, from the right where the fourth argument is true; null: white space, no limit.
    PYTHON_SPLIT = "python_split";
    /// `partition`, `rpartition`, `splitlines` (second) with their argument.
    PYTHON_PARTITION = "python_partition";
    /// `replace(from, to, count)`; count null where it is not given.
    PYTHON_REPLACE = "python_replace";
    /// `separator.join(list)`.
    PYTHON_JOIN = "python_join";
    /// `find`, `rfind`, `index`, `rindex`, `count` (second) of a text or list.
    PYTHON_FIND = "python_find";
    /// `re.match`, `re.search` or `re.fullmatch` (third) of a text and a pattern: the list of its groups, the whole match
    /// first; null where it does not fit.
    PYTHON_RE_MATCH = "python_re_match";
    /// `re.findall` of a text and a pattern.
    PYTHON_RE_FINDALL = "python_re_findall";
    /// `re.sub` of a text, a pattern and a replacement.
    PYTHON_RE_SUB = "python_re_sub";
    /// `re.split` of a text and a pattern.
    PYTHON_RE_SPLIT = "python_re_split";
    /// `re.escape(x)`.
    PYTHON_RE_ESCAPE = "python_re_escape";
    /// `fnmatch.fnmatchcase(text, pattern)`.
    PYTHON_FNMATCH = "python_fnmatch";
    /// `json.loads(x)`.
    PYTHON_JSON_LOADS = "python_json_loads";
    /// Whether a text is JSON as Python reads it.
    PYTHON_IS_JSON = "python_is_json";
    /// `json.dumps(x)`.
    PYTHON_JSON_DUMPS = "python_json_dumps";
    /// `is_private`, `is_global` and its like (second) of an address.
    PYTHON_IP_IS = "python_ip_is";
    /// Whether an address (first) is in a network (second).
    PYTHON_IN_NETWORK = "python_in_network";
    /// Whether `ipaddress.ip_network(x, strict)` runs.
    PYTHON_IS_NETWORK = "python_is_network";
    /// `is_private`, `is_global` and its like (second) of a network.
    PYTHON_NETWORK_IS = "python_network_is";
    /// `subnet_of`, `supernet_of`, `overlaps` (second) of two networks.
    PYTHON_NETWORKS = "python_networks";
    /// A part of a point in time (`hour`, `weekday`, `timestamp`) or length of time (`total_seconds`).
    PYTHON_TIME_PART = "python_time_part";
    /// Panther's `deep_walk`: base, keys, default, `all`/`first`/`last`, and whether keys are case-sensitive. Distinct
    /// values in order of appearance; the default stands for elements without the keys; a single value stands alone.
    PANTHER_DEEP_WALK = "panther_deep_walk";
    /// Whether `deep_walk` of these arguments runs: a dict or list cannot be a distinct value.
    PANTHER_DEEP_WALK_RUNS = "panther_deep_walk_runs";
    /// `event.lookup(table, key)`: event, the member of mocked tables, table and key.
    PANTHER_LOOKUP = "panther_lookup";
    /// `is_base64(text, least)` of Panther's helpers: the decoded text, empty where there is none.
    PANTHER_DECODED_BASE64 = "panther_decoded_base64";
}
