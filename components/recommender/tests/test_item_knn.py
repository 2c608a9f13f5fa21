"""Item neighbourhoods."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from machiya_recommender.item_knn import BM25_B, BM25_K1, SIMILARITIES, Similarity, item_neighbours


def test_cosine_equals_the_dense_computation(random_weights: csr_matrix) -> None:
    dense = random_weights.toarray().astype(np.float64)
    unit = dense / np.linalg.norm(dense, axis=0)
    expected = unit.T @ unit
    np.fill_diagonal(expected, 0)
    found = item_neighbours(random_weights, neighbours=35, similarity="cosine", threads=2)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-6)


def test_bm25_equals_the_dense_computation(random_weights: csr_matrix) -> None:
    counts = random_weights.toarray().T.astype(np.float64)  # (items, users): items are the documents
    rarity = np.log(len(counts)) - np.log1p((counts > 0).sum(axis=0))
    length = counts.sum(axis=1, keepdims=True)
    norm = 1 - BM25_B + BM25_B * length / length.mean()
    weighted = counts * (BM25_K1 + 1) / (BM25_K1 * norm + counts) * rarity
    expected = weighted @ weighted.T
    np.fill_diagonal(expected, 0)
    found = item_neighbours(random_weights, neighbours=35, similarity="bm25", threads=2)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-5)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_only_the_nearest_are_kept(random_weights: csr_matrix, similarity: Similarity) -> None:
    full = item_neighbours(random_weights, 35, similarity, threads=1).toarray()
    cut = item_neighbours(random_weights, 4, similarity, threads=1).toarray()
    for all_of_it, kept in zip(full, cut, strict=True):
        best = np.sort(all_of_it)[::-1][:4]
        np.testing.assert_allclose(np.sort(kept)[::-1][:4], best)
        assert (kept > 0).sum() <= 4


def test_an_item_is_not_its_own_neighbour_even_among_equals() -> None:
    alike = csr_matrix(np.ones((3, 6), np.float32))
    found = item_neighbours(alike, neighbours=2, similarity="cosine", threads=1)
    assert found.diagonal().sum() == 0
    assert (np.diff(found.indptr) == 2).all()


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_same_bytes_with_any_number_of_threads(random_weights: csr_matrix, similarity: Similarity) -> None:
    one, other = (item_neighbours(random_weights, 5, similarity, threads) for threads in (1, 3))
    for name in ("data", "indices", "indptr"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 4)])
def test_tiny_matrices(shape: tuple[int, int], similarity: Similarity) -> None:
    found = item_neighbours(csr_matrix(np.ones(shape, np.float32)), 10, similarity, threads=1)
    assert found.shape == (shape[1], shape[1])
    assert np.isfinite(found.data).all()
    assert found.diagonal().sum() == 0


def test_items_without_a_common_user_are_no_neighbours(checkerboard: csr_matrix) -> None:
    found = item_neighbours(checkerboard, 20, "cosine", threads=1).toarray()
    same_colour = np.indices(found.shape).sum(axis=0) % 2 == 0
    assert (found[~same_colour] == 0).all()
    np.fill_diagonal(same_colour, False)
    assert (found[same_colour] > 0.8).all()
