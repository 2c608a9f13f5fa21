"""Drawing users at random, with all their rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def count_users(table: pa.Table) -> int:
    """How many different users `table` has, by its column `user_id`."""
    return int(pc.count_distinct(table["user_id"]).as_py())


def draw_users(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Keep the rows of `share` (0 < share <= 1) of the users: rounded, and at least one of them.

    Users are drawn without replacement from their sorted ids, so the order of the rows has no influence on who is drawn.
    The rows that are kept stay in their order.
    """
    users = table["user_id"].unique().sort()
    wanted = max(1, round(share * len(users)))
    chosen = users.take(pa.array(rng.choice(len(users), size=wanted, replace=False)))
    return table.filter(pc.is_in(table["user_id"], value_set=chosen))
