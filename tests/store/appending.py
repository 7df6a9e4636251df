"""A process of its own that appends: `python -m tests.store.appending URL FIRST COUNT`.

It waits for a line on standard input, so that several start at once, then appends the orders FIRST to FIRST+COUNT-1
one by one and prints the position and whether it was new of each.
"""

from __future__ import annotations

import json
import sys

from ledger import Ledger
from tests.store.events import order


def main() -> None:
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with Ledger.open(url) as ledger:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for number in range(first, first + count):
            [place] = ledger.append(order(f"o{number}", f"c{number % 3}", source=f"till{number % 2}"))
            sys.stdout.write(json.dumps([place.position, place.recorded]) + "\n")


if __name__ == "__main__":
    main()
