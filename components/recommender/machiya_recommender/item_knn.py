"""Item neighbourhoods, by the library implicit.

M. Deshpande, G. Karypis: Item-Based Top-N Recommendation Algorithms. ACM TOIS 22(1), 2004.
"""

from typing import Literal, get_args

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, normalize
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Similarity = Literal["cosine", "bm25"]
SIMILARITIES: tuple[Similarity, ...] = get_args(Similarity)

BM25_K1, BM25_B = 1.2, 0.75


def item_neighbours(weights: csr_matrix, neighbours: int, similarity: Similarity, threads: int) -> csr_matrix:
    """The nearest other items of each item: CSR (items, items), float32, at most ``neighbours`` in a row.

    cosine: of the columns of the weights. bm25: inner product of columns weighted by Okapi BM25, which counts users
    with few items for more. Only similarities above 0 are stored; equal ones are preferred in the order of items where
    implicit's own cut (one more than asked for, for the item itself) leaves the choice.
    """
    columns = csr_matrix(weights.T, dtype=np.float64)
    weighted = normalize(columns) if similarity == "cosine" else bm25_weight(columns, BM25_K1, BM25_B)
    model = ItemItemRecommender(K=min(neighbours + 1, weights.shape[1]), num_threads=threads)
    model.fit(weighted.T.tocsr(), show_progress=False)
    found = model.similarity.tocoo()
    kept = (found.row != found.col) & (found.data > 0)
    return _cut(found.row[kept], found.col[kept], found.data[kept], weights.shape[1], neighbours)


def _cut(
    row: NDArray[np.int32], column: NDArray[np.int32], value: NDArray[np.float64], items: int, neighbours: int
) -> csr_matrix:
    """The best ``neighbours`` of each row, by value and then column, as CSR (items, items) with sorted indices."""
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    kept = np.arange(len(row)) - np.searchsorted(row, row) < neighbours
    matrix = csr_matrix((value[kept].astype(np.float32), (row[kept], column[kept])), shape=(items, items))
    matrix.sort_indices()
    return matrix
