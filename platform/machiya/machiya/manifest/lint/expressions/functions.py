"""The functions that expressions can call."""

_WITH_PREDICATES = ("all", "any", "none", "one", "map", "filter", "find", "findIndex", "findLast", "findLastIndex")
_LISTS = ("groupBy", "sortBy", "reduce", "count", "sum", "concat", "flatten", "uniq", "first", "last", "take")
_MORE_LISTS = ("reverse", "sort", "len", "join", "min", "max", "mean", "median", "keys", "values", "get")
_NUMBERS = ("type", "abs", "ceil", "floor", "round", "int", "float", "string")
_BITS = ("bitand", "bitor", "bitxor", "bitnand", "bitnot", "bitshl", "bitshr", "bitushr")
_STRINGS = ("trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "splitAfter", "replace", "repeat")
_MORE_STRINGS = ("indexOf", "lastIndexOf", "hasPrefix", "hasSuffix")
_CONVERSIONS = ("toJSON", "fromJSON", "toBase64", "fromBase64", "toPairs", "fromPairs")
_DATES = ("now", "duration", "date", "timezone")
_OF_ARGO = ("asInt", "asFloat", "jsonpath", "toJson")

FUNCTIONS: frozenset[str] = frozenset(
    {
        *(*_WITH_PREDICATES, *_LISTS, *_MORE_LISTS, *_NUMBERS, *_BITS),
        *(*_STRINGS, *_MORE_STRINGS, *_CONVERSIONS, *_DATES, *_OF_ARGO),
    }
)
"""The functions of expr-lang and those that Argo adds; Sprig's stand below ``sprig``."""
