"""The number from 0 to 1 that decides which side a user belongs to."""

import hashlib

import numpy as np
import pyarrow as pa

from machiya_experiment.arrays import Floats

SEPARATOR = b"\0"
"""Between salt and id, so that ("ab", "c") and ("a", "bc") are different inputs."""
BITS = 53
"""Of the hash that are used: as many as a double holds exactly, so that no bucket is rounded up to 1."""


def buckets(users: pa.Array, salt: str) -> Floats:
    """The bucket of each user: float64, shape (n_users,), uniform on [0, 1).

    The first 53 bits of sha256(salt, a zero byte, id), salt and id in UTF-8, read as a binary fraction. Any language
    with sha256 gives the same: salt "2026-11" and user "u0001" are in bucket 0.3547687485666585. About a second for a
    million users.
    """
    salted = hashlib.sha256(salt.encode() + SEPARATOR, usedforsecurity=False)
    heads = bytearray()
    for user in users.cast(pa.large_binary()).to_pylist():
        hashed = salted.copy()
        hashed.update(user)
        heads += hashed.digest()[:8]
    whole = np.frombuffer(bytes(heads), ">u8")
    fraction: Floats = (whole >> np.uint64(64 - BITS)).astype(np.float64) * 2.0**-BITS
    return fraction
