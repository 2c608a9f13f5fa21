"""Shards make up the whole, and batches the shard."""

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
@pytest.mark.parametrize("size", [1, 20, 1000])
def test_batches_are_the_part_in_its_order(part: range, size: int) -> None:
    found = list(batches(part, size))
    assert [row for batch in found for row in batch] == list(part)
    assert all(len(batch) == size for batch in found[:-1])
    assert all(1 <= len(batch) <= size for batch in found)
