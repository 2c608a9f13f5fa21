"""What kind of value a plain YAML scalar is, by the rules of the YAML library of Kubernetes (goyaml.v2: YAML 1.1)."""

import re

from machiya.manifest.lint.node import Kind

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {
    spelling
    for word in ("y", "yes", "true", "on", "n", "no", "false", "off")
    for spelling in (word, word.capitalize(), word.upper())
}
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def kind_of(text: str) -> Kind:
    """The kind of a scalar that is written without quotes.

    Dates stay strings, and so do sexagesimal numbers such as ``12:30``, which other YAML 1.1 libraries convert.
    """
    if text in _NULL:
        return "null"
    if text in _BOOL:
        return "bool"
    if _INT.fullmatch(text):
        return "int"
    return "float" if _FLOAT.fullmatch(text) else "str"
