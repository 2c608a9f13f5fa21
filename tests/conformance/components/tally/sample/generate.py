"""Makes the sample data of tally: the same bytes every time."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def main() -> None:
    """Two parts of one table, and the same table with a file that was cut off."""
    generator = np.random.default_rng(20261122)
    parts = [
        pa.table(
            {
                "user_id": [f"u{number:03}" for number in generator.integers(0, 200, 60)],
                "weight": generator.gamma(2.0, 1.0, 60).round(3),
            }
        )
        for _ in range(2)
    ]
    for folder in ("events", "cut"):
        (HERE / folder).mkdir(exist_ok=True)
    for number, part in enumerate(parts):
        pq.write_table(part, HERE / "events" / f"part-{number:05}.parquet")
    whole = (HERE / "events" / "part-00000.parquet").read_bytes()
    (HERE / "cut" / "part-00000.parquet").write_bytes(whole[:-100])


if __name__ == "__main__":
    main()
