"""A process of its own that rebuilds: `python -m tests.projecting.rebuilding URL WORKERS`.

It says `begun`, then a line after every range of customers, then `done`, and takes its time between them.
"""

from __future__ import annotations

import sys
import time

from ledger import Ledger
from ledger.projecting import building
from ledger.projecting.rebuild import rebuild
from ledger.runners import tasks, whole
from ledger.runners.run import Run


def main() -> None:
    whole.WORTH_WORKERS, tasks.STREAMS_A_CUT, building.ROWS_A_COMMIT = 0, 4, 40
    with Ledger.open(sys.argv[1], create=False) as ledger:
        say("begun")

        def progress(done: int, total: int) -> None:
            say(f"{done} of {total}")
            time.sleep(0.02)

        rebuild(ledger.store, run=Run(workers=int(sys.argv[2])), progress=progress)
        say("done")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
