"""Bayesian personalized ranking, by the library implicit.

S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme: BPR: Bayesian Personalized Ranking from Implicit Feedback.
UAI 2009.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.factors import Factors
from machiya_recommender.training import fit_in_place

EVALUATION_TRIPLES = 100_000
"""How many (user, seen item, unseen item) the curves are computed on, at most."""


@dataclass(frozen=True)
class BprTrainer:
    """Trains factors by stochastic gradient descent on pairs of a seen and an unseen item; weights do not matter.

    One thread: implicit's threads write to the same factors without locks (Hogwild), so no two runs would agree.
    Every iteration draws from its own generator, so a resumed training draws the same.
    The last of the factors + 1 dimensions is the bias (1 for users).
    """

    weights: csr_matrix
    factors: int
    learning_rate: float
    regularization: float
    seed: int

    def start(self) -> Factors:
        """Uniform in +-0.5 / factors, float32 (users, factors + 1) and (items, factors + 1); user bias 1."""
        rng = np.random.default_rng(self.seed)
        users, items = self.weights.shape
        shape = self.factors + 1
        user_factors = (rng.random((users, shape), dtype=np.float32) - np.float32(0.5)) / np.float32(self.factors)
        item_factors = (rng.random((items, shape), dtype=np.float32) - np.float32(0.5)) / np.float32(self.factors)
        user_factors[:, -1] = 1
        return Factors(user_factors, item_factors, bias=True)

    def step(self, factors: Factors, iteration: int) -> dict[str, float]:
        """As many draws as there are interactions; the curves are ``loss`` and ``auc`` of ``bpr_curves``."""
        model = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=1,
            num_threads=1,
            random_state=np.random.default_rng([self.seed, iteration]),
        )
        fit_in_place(model, factors, self.weights)
        return bpr_curves(self.triples, factors)

    @cached_property
    def triples(self) -> NDArray[np.int64]:
        """(triples, 3): user, an item seen, an item not seen; drawn once. Empty when everybody has seen everything."""
        rng = np.random.default_rng([self.seed, 0])
        users, items = self.weights.shape
        seen = np.repeat(np.arange(users, dtype=np.int64), np.diff(self.weights.indptr)) * items + self.weights.indices
        drawn = np.sort(rng.choice(len(seen), size=min(EVALUATION_TRIPLES, len(seen)), replace=False))
        user, liked = seen[drawn] // items, seen[drawn] % items
        other = rng.integers(items, size=len(drawn))
        pair = user * items + other
        unseen = seen[np.minimum(np.searchsorted(seen, pair), len(seen) - 1)] != pair  # seen is sorted
        triples: NDArray[np.int64] = np.stack([user, liked, other], axis=1)[unseen]
        return triples


def bpr_curves(triples: NDArray[np.int64], factors: Factors) -> dict[str, float]:
    """How well seen items score above unseen ones, on fixed triples (user, seen, unseen).

    loss: the mean of -ln sigma(difference of scores), BPR-Opt (Rendle et al. 2009, section 4.1) without its
    regularization. auc: the share of triples in the right order. Without triples there is nothing to get wrong:
    loss 0 and auc 1.
    """
    if len(triples) == 0:
        return {"auc": 1.0, "loss": 0.0}
    user, liked, other = triples.T
    difference = np.einsum("tf,tf->t", factors.users[user], factors.items[liked] - factors.items[other])
    loss = np.logaddexp(0, -difference.astype(np.float64)).mean()
    return {"auc": float((difference > 0).mean()), "loss": float(loss)}
