"""What is recommended to some users, from a serving copy: `python -m machiya_publish.serving FOLDER USER...`."""

import argparse
import sys
from collections.abc import Sequence

from machiya_publish.serving import CopyError, Recommendations, ServingCopy


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every user has a list; 1: some have none; 65: the copy cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m machiya_publish.serving", description=__doc__)
    parser.add_argument("folder", help="what the operation pack wrote: the folder, or packed.bin in it")
    parser.add_argument("user", nargs="*", help="whom to look up")
    parser.add_argument("-k", type=int, default=10, help="how many items of each list (default: 10)")
    parser.add_argument("--verify", action="store_true", help="read the whole copy and compare its digest first")
    given = parser.parse_args(arguments)
    try:
        copy = ServingCopy(given.folder)
        if given.verify:
            copy.verify()
    except CopyError as error:
        sys.stderr.write(f"{error}\n")
        return 65
    header = copy.header
    sys.stdout.write(f"{header.users:,} users, {header.rows:,} rows, {header.items:,} items\n")
    found = {user: copy.recommend(user, given.k) for user in given.user}
    for user, recommendations in found.items():
        sys.stdout.write(f"\n{user}\n{_lines(recommendations)}")
    return int(None in found.values())


def _lines(found: Recommendations | None) -> str:
    if found is None:
        return "  has no list\n"
    rows = enumerate(zip(found.items, found.scores.tolist(), found.sources, strict=True), start=1)
    width = max(map(len, found.items), default=0)
    return "".join(f"{rank:5}  {item:{width}}  {score:10.4f}  {source}\n" for rank, (item, score, source) in rows)


if __name__ == "__main__":
    sys.exit(main())
