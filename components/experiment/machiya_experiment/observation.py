"""What an analysis saw of the variants that have a share."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from machiya_experiment.allocation import Observed
from machiya_experiment.arrays import Integers
from machiya_experiment.errors import InputError, SettingError
from machiya_experiment.shares import check_shares, control_first


def observe(table: pa.Table, shares: Mapping[str, float], control: str) -> Observed:
    """Counts in the order of the shares, the control first.

    Args:
        table: variant, users and converted; a variant that is not in it has no users yet.
        shares: Current share of each variant.
        control: The variant that is in use, one of `shares`.

    Raises:
        SettingError: Shares and variants do not fit.
        InputError: More users converted than there are.
    """
    rows = {row["variant"]: row for row in table.to_pylist()}
    check_shares(shares, rows)
    if control not in shares:
        raise SettingError(f"control: {control!r} has no share.", f"Shares are given for {', '.join(shares)}.")
    for name, row in rows.items():
        if (row["converted"] or 0) > row["users"]:
            raise InputError(
                f"variants: {name} has {row['converted']} converted users of {row['users']}.",
                "Count users, not conversions: a user converts once.",
            )
    names = control_first(shares, control)
    nothing = {"users": 0, "converted": 0}
    users, converted = (np.array([rows.get(name, nothing)[column] for name in names]) for column in nothing)
    return Observed(names, np.array([shares[name] for name in names], np.float64), users, _known(converted))


def _known(converted: np.typing.NDArray[np.object_]) -> Integers | None:
    """The counts, or None if one of them is not known."""
    return None if None in converted.tolist() else converted.astype(np.int64)
