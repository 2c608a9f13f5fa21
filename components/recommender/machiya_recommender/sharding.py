"""Contiguous shards, and the batches in them."""

from collections.abc import Iterator


def shard_range(total: int, shard: int, shards: int) -> range:
    """The part of ``range(total)`` that belongs to one shard; in their order the shards make up the whole.

    Sizes differ by at most 1; with more shards than elements some are empty.
    """
    return range(total * shard // shards, total * (shard + 1) // shards)


def batches(total: int, size: int, part: range) -> Iterator[tuple[range, range]]:
    """The batches that ``part`` needs, each with what of it lies in ``part``.

    Batches begin at multiples of ``size`` whatever the part, so a row is always computed among the same neighbours.
    A matrix product may round a row differently in a batch of another shape; this way a shard cannot show it.
    """
    for start in range(part.start // size * size, part.stop, size):
        batch = range(start, min(start + size, total))
        kept = range(max(batch.start, part.start), min(batch.stop, part.stop))
        if kept:
            yield batch, kept
