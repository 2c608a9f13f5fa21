"""Quantities of memory as Kubernetes writes them."""

_UNITS = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def bytes_of(quantity: str) -> float:
    """``4Gi``, ``1.5G`` or ``1024`` in bytes; ``ValueError`` for anything else."""
    number = quantity.rstrip("kKMGTi")
    unit = quantity[len(number) :]
    if unit and unit not in _UNITS | _BINARY_UNITS:
        raise ValueError(f"{quantity!r} is no quantity of memory")
    return float(number) * (_UNITS | _BINARY_UNITS).get(unit, 1)
