"""The items nearest to each item."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.kernel import best_in_rows
from machiya_recommender.model import Model
from machiya_recommender.products import Excluded, ItemIndex, best_products


@dataclass(frozen=True)
class SimilarItems:
    """Rows sorted by item and rank: positions of the item and its neighbour in the model, rank from 1, similarity."""

    item: NDArray[np.int64]
    similar: NDArray[np.int64]
    rank: NDArray[np.int64]
    score: NDArray[np.float32]


def similar_items(model: Model, n: int, batch_rows: int) -> Iterator[SimilarItems]:
    """At most ``n`` neighbours of each item, never the item itself, ``batch_rows`` items at a time in their order.

    als, bpr: all other items by the cosine of the latent factors (a bias is not part of it), -1 to 1; an item whose
    factors are all zero has no neighbours and is none. item-knn: the stored neighbours by their similarity.
    Equal similarities are ordered by item id. To be used inside ``single_threaded_blas``.

    Raises InvalidInputError for a popularity model, which knows no similarity, and for factors that are not finite.
    """
    if model.factors is not None:
        return _by_factors(model.factors, n, batch_rows)
    if model.neighbours is not None:
        return _by_neighbours(model.neighbours, n, batch_rows)
    raise InvalidInputError(
        f"A model of the algorithm {model.algorithm} knows no similarity between items.",
        "Give a model trained with als, bpr or item-knn.",
    )


def unit_vectors(factors: Factors) -> NDArray[np.float32]:
    """Latent factors of the items scaled to length 1, (items, dimensions without bias) float32; zero stays zero."""
    vectors = factors.items[:, :-1] if factors.bias else factors.items
    lengths = np.sqrt(np.einsum("if,if->i", vectors, vectors, dtype=np.float64))
    if not np.isfinite(lengths).all():
        raise InvalidInputError("The item factors of the model are not finite.", "Train it again with lower weights.")
    lengths[lengths == 0] = 1
    units: NDArray[np.float32] = (vectors / lengths[:, None]).astype(np.float32)
    return units


def _by_factors(factors: Factors, n: int, batch_rows: int) -> Iterator[SimilarItems]:
    vectors = unit_vectors(factors)
    named = np.flatnonzero(np.any(vectors != 0, axis=1))
    index = ItemIndex.of(vectors[named])
    for start in range(0, len(named), batch_rows):
        block = np.arange(start, min(start + batch_rows, len(named)), dtype=np.int32)
        itself = Excluded(np.arange(len(block) + 1, dtype=np.int64), block)
        lists = best_products(vectors[named[block]], index, itself, n, most=1)
        row, place = np.nonzero(np.arange(lists.items.shape[1]) < lists.counts[:, None])
        yield SimilarItems(named[block[row]], named[lists.items[row, place]], place + 1, lists.scores[row, place])


def _by_neighbours(neighbours: csr_matrix, n: int, batch_rows: int) -> Iterator[SimilarItems]:
    for start in range(0, neighbours.shape[0], batch_rows):
        near = neighbours[start : start + batch_rows].tocoo()
        row, similar, score, place = best_in_rows(near.row, near.col, near.data, n)
        yield SimilarItems(row + start, similar, place + 1, score)
