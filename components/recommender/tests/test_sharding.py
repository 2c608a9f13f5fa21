"""Shards make up the whole, and batches do not depend on the shard."""

import pytest

from machiya_recommender.sharding import batches, shard_range


@pytest.mark.parametrize("total", [0, 1, 5, 100])
@pytest.mark.parametrize("shards", [1, 2, 3, 7, 100, 130])
def test_the_shards_in_their_order_are_the_whole(total: int, shards: int) -> None:
    parts = [shard_range(total, shard, shards) for shard in range(shards)]
    assert [row for part in parts for row in part] == list(range(total))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("part", [range(100), range(13, 14), range(5, 77), range(40, 40), range(20, 40)])
def test_batches_cover_a_part_and_begin_where_they_would_without_it(part: range) -> None:
    whole = [batch for batch, _ in batches(100, 20, range(100))]
    found = list(batches(100, 20, part))
    assert [row for _, kept in found for row in kept] == list(part)
    assert all(batch in whole and set(kept) <= set(batch) for batch, kept in found)


def test_the_last_batch_ends_with_the_rows() -> None:
    assert list(batches(7, 5, range(7))) == [(range(5), range(5)), (range(5, 7), range(5, 7))]
