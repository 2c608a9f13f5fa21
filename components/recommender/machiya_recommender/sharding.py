"""Contiguous shards, and the batches in them."""

from collections.abc import Iterator


def shard_range(total: int, shard: int, shards: int) -> range:
    """The part of ``range(total)`` that belongs to one shard; in their order the shards make up the whole.

    Sizes differ by at most 1; with more shards than elements some are empty.
    """
    return range(total * shard // shards, total * (shard + 1) // shards)


def batches(part: range, size: int) -> Iterator[range]:
    """The part cut into batches of ``size``; the last may be smaller."""
    for start in range(part.start, part.stop, size):
        yield range(start, min(start + size, part.stop))
