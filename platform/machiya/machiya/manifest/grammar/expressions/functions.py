"""The functions that expressions can call, by name."""

PREDICATES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("all", "any", "none", "one", "map", "filter"), (2, 2)),
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex", "groupBy"), (2, 2)),
    **dict.fromkeys(("count", "sum"), (1, 2)),
    **dict.fromkeys(("sortBy", "reduce"), (2, 3)),
}
"""Functions whose second argument is evaluated for each element of the first; how many arguments they take."""

CLOCK = frozenset({"now", "duration", "date", "timezone"})
"""Functions of points in time."""

_LISTS = ("concat", "flatten", "uniq", "first", "last", "take", "reverse", "sort", "len", "join")
_MAPS = ("keys", "values", "get", "toPairs", "fromPairs")
_NUMBERS = ("type", "abs", "ceil", "floor", "round", "int", "float", "string", "min", "max", "mean", "median")
_BITS = ("bitand", "bitor", "bitxor", "bitnand", "bitnot", "bitshl", "bitshr", "bitushr")
_STRINGS = ("trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "splitAfter", "replace", "repeat")
_MORE_STRINGS = ("indexOf", "lastIndexOf", "hasPrefix", "hasSuffix")
_CONVERSIONS = ("toJSON", "fromJSON", "toBase64", "fromBase64")
_OF_ARGO = ("asInt", "asFloat", "jsonpath", "toJson")

FUNCTIONS: frozenset[str] = CLOCK.union(
    PREDICATES, _LISTS, _MAPS, _NUMBERS, _BITS, _STRINGS, _MORE_STRINGS, _CONVERSIONS, _OF_ARGO
)
"""The functions of expr-lang and those that Argo adds; Sprig's stand below ``sprig``."""
