"""Who belongs to which side, and whose rows each user is served."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_experiment.arrays import Booleans, Floats
from machiya_experiment.buckets import buckets


@dataclass(frozen=True)
class Assignment:
    """Users of the sides that take part.

    Attributes:
        users: Ids, large_string, ascending, length n.
        bucket: See `buckets`: float64, shape (n,).
        candidate: Whether the user belongs to the candidate: bool, shape (n,).
        served: Whether the user is served the candidate's rows; it differs from `candidate` for users who are missing
            on the side they belong to: bool, shape (n,).
    """

    users: pa.Array
    bucket: Floats
    candidate: Booleans
    served: Booleans


def assign(control: pa.Array | None, candidate: pa.Array | None, share: float, salt: str) -> Assignment:
    """Divide the users of two sides.

    Args:
        control: Users of the control, large_string, ascending; None if it takes no part.
        candidate: Likewise of the candidate.
        share: Users with a bucket below it belong to the candidate. A side that takes no part has no users, whatever
            the share.
        salt: See `buckets`.
    """
    sides = [side for side in (control, candidate) if side is not None]
    users = pc.unique(pa.chunked_array(sides, pa.large_string()))
    users = users.take(pc.sort_indices(users))
    bucket = buckets(users, salt)
    if control is None or candidate is None:
        everybody = np.full(len(users), control is None)
        return Assignment(users, bucket, everybody, everybody)
    belongs = bucket < share
    served = np.where(belongs, _among(users, candidate), ~_among(users, control))
    return Assignment(users, bucket, belongs, served)


def _among(users: pa.Array, some: pa.Array) -> Booleans:
    among: Booleans = pc.is_in(users, value_set=some).to_numpy(zero_copy_only=False)
    return among
