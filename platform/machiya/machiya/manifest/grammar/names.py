"""What things may be called."""

import re

_FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_PARAMETER = re.compile(r"[-a-zA-Z0-9_]+")
_OBJECT = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def is_field_name(text: str) -> bool:
    """Whether templates, steps and tasks can be called so; keys of memoized results are like this, too."""
    return _FIELD.fullmatch(text) is not None


def is_parameter_name(text: str) -> bool:
    """Whether parameters and artifacts can be called so."""
    return _PARAMETER.fullmatch(text) is not None


def is_object_name(text: str) -> bool:
    """Whether objects of Kubernetes can be called so: workflows, ConfigMaps."""
    return _OBJECT.fullmatch(text) is not None
