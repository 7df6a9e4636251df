"""A process of its own that projects for as long as it runs: `python -m tests.projecting.leading URL REPORT`.

It writes a line after every batch: events applied, customers, position.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger import Ledger
from ledger.projecting import leading


def main() -> None:
    leading.SILENCE = 2.0
    with Ledger.open(sys.argv[1], create=False) as ledger, Path(sys.argv[2]).open("w") as report:
        for made in leading.lead(ledger.store, 0.02):
            report.write(f"{made.events} {made.customers} {made.position}\n")
            report.flush()


if __name__ == "__main__":
    main()
