"""Latent factors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Factors:
    """users: (users, dimensions) float32, items: (items, dimensions) float32; the score of a pair is their dot product.

    With ``bias`` the last dimension is no latent one: it holds 1 for users, and for items a bias.
    """

    users: NDArray[np.float32]
    items: NDArray[np.float32]
    bias: bool = False
