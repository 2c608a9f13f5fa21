"""Item neighbourhoods, by the library implicit.

M. Deshpande, G. Karypis: Item-Based Top-N Recommendation Algorithms. ACM TOIS 22(1), 2004.
"""

from typing import Literal, get_args

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, normalize
from scipy.sparse import csr_matrix

from machiya_recommender.kernel import best_in_rows

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
    row, column, value, _ = best_in_rows(found.row[kept], found.col[kept], found.data[kept], neighbours)
    items = weights.shape[1]
    matrix = csr_matrix((value.astype(np.float32), (row, column)), shape=(items, items))
    matrix.sort_indices()
    return matrix
