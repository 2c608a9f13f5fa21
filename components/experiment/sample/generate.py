"""Make the sample data of this component: `python sample/generate.py [FOLDER]` (default: the folder of this file).

A job board, with what must come out planted.

For `split`, `control` (two parts) and `candidate` recommend jobs to 400 job seekers. The candidate lacks u0000 ...
u0009, the control lacks u0390 ... u0399, and only the candidate says why it recommends a job (`reason`).

For `analyze`, 1,600 job seekers belong to `control` and `candidate` in equal shares (`assignment`), or to `a`, `b` and
`c` (`assignment-three`). The log of events has views and applications from 20 October to 14 November 2026; from 1
November on, 10% of the control and 20% of the candidate apply. Two of three applications are on a job in `shown`.

For `allocate`, `variants`, `variants-three` and `analysis` are numbers as `analyze` writes them.
"""

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261101
SHOWN_USERS, USERS, ITEMS, LENGTH = 400, 1600, 60, 5
START, SPLIT, DAYS = datetime(2026, 10, 20, tzinfo=UTC), 12, 25
RATES = (0.1, 0.2)
REASONS = ("類似の求人", "Popular with people like you", "新着 <b>now</b>")

Integers = npt.NDArray[np.int64]


def main(folder: Path) -> None:
    """Write every artifact below `folder`."""
    rng = np.random.default_rng(SEED)
    users = np.arange(SHOWN_USERS)
    control, candidate = (recommendations(users, rng) for _ in range(2))
    reasons = pa.array([REASONS[row % len(REASONS)] for row in range(candidate.num_rows)])
    write(folder / "control", *(control[start : start + 195 * LENGTH] for start in (0, 195 * LENGTH)))
    write(folder / "candidate", candidate.append_column("reason", reasons)[10 * LENGTH :])

    bucket = np.array([first_bits(f"2026-12\0u{user:04d}") for user in range(USERS)])
    shown = rng.permuted(np.tile(np.arange(ITEMS), (USERS, 1)), axis=1)[:, :LENGTH]
    write(folder / "assignment", assignment(np.where(bucket < 0.5, "candidate", "control"), bucket))
    write(folder / "assignment-three", assignment(np.digitize(bucket, [0.4, 0.7]).choose(["a", "b", "c"]), bucket))
    write(folder / "shown", lists(np.arange(USERS), shown))
    write(folder / "events", events(bucket < 0.5, shown, rng))

    write(folder / "variants", counts(control=(9000, 450), candidate=(1000, 72)))
    write(folder / "variants-three", counts(a=(4000, 200), b=(3000, 240), c=(3000, 120)))
    (folder / "analysis").mkdir(parents=True, exist_ok=True)
    (folder / "analysis/metrics.json").write_text(json.dumps({"srm_mismatch": 0, "srm_p_value": 0.42}) + "\n")


def first_bits(text: str) -> float:
    """The bucket of a salted id, written out once more: the first 53 bits of its sha256 as a fraction."""
    return (int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") >> (256 - 53)) / 2**53


def recommendations(users: Integers, rng: np.random.Generator) -> pa.Table:
    """`LENGTH` jobs for each user, sorted by user and rank."""
    items = rng.permuted(np.tile(np.arange(ITEMS), (users.size, 1)), axis=1)[:, :LENGTH]
    table = lists(users, items)
    scores = np.tile(1.0 / np.arange(1, LENGTH + 1), users.size)
    return table.append_column("score", pa.array(scores)).append_column("source", pa.array(["model"] * len(scores)))


def lists(users: Integers, items: Integers) -> pa.Table:
    """user_id, item_id and rank of items of shape (n_users, LENGTH)."""
    return pa.table(
        {
            "user_id": ids("u{:04d}", np.repeat(users, LENGTH)),
            "item_id": ids("job-{:03d}", items.ravel()),
            "rank": np.tile(np.arange(1, LENGTH + 1), users.size),
        }
    )


def assignment(variants: npt.NDArray[np.str_], bucket: npt.NDArray[np.float64]) -> pa.Table:
    """Everybody has the rows of the variant they belong to."""
    names = pa.array(variants.tolist())
    return pa.table({"user_id": ids("u{:04d}", np.arange(USERS)), "variant": names, "bucket": bucket, "served": names})


def events(candidate: npt.NDArray[np.bool_], shown: Integers, rng: np.random.Generator) -> pa.Table:
    """Views of most users at any time, applications after the split by the rates, and a few of strangers."""
    viewer = np.flatnonzero(rng.random(USERS + 20) < 0.7)
    viewed, day = rng.integers(0, ITEMS, viewer.size), rng.integers(0, DAYS, viewer.size)
    applies = rng.random(USERS) < np.where(candidate, RATES[1], RATES[0])
    applicant = np.flatnonzero(applies)
    wanted = np.where(applicant % 3 > 0, shown[applicant, 0], rng.integers(0, ITEMS, applicant.size))
    applied = rng.integers(SPLIT, DAYS, applicant.size)
    user, item, days = (np.concatenate(both) for both in ((viewer, applicant), (viewed, wanted), (day, applied)))
    kinds = np.repeat(["view", "apply"], [viewer.size, applicant.size])
    minutes = days * 1440 + rng.integers(0, 1440, days.size)
    order = np.lexsort((user, minutes))
    times = [START + timedelta(minutes=int(minute)) for minute in minutes[order]]
    return pa.table(
        {
            "user_id": ids("u{:04d}", user[order]),
            "item_id": ids("job-{:03d}", item[order]),
            "event": kinds[order].tolist(),
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
        }
    )


def counts(**variants: tuple[int, int]) -> pa.Table:
    """Users and converted users of each variant."""
    users, converted = zip(*variants.values(), strict=True)
    return pa.table({"variant": list(variants), "users": list(users), "converted": list(converted)})


def ids(form: str, numbers: Integers) -> pa.Array:
    """Numbers as ids."""
    return pa.array([form.format(number) for number in numbers])


def write(folder: Path, *parts: pa.Table) -> None:
    """Parquet parts."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"part-{number:05d}.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
