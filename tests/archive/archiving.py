"""A process of its own that archives in small pieces: `python -m tests.archive.archiving URL DIR PAUSE`.

It says `begun`, then a line after every piece, then `done`, and takes its time (seconds) between them.
"""

from __future__ import annotations

import sys
import time

from ledger import Ledger
from ledger.archive import merging, segments, writing


def main() -> None:
    merging.AT_ONCE, merging.MIN, segments.GROUP_ROWS, writing.SLICE, writing.OFTEN = 6, 3, 5, 16, 0
    with Ledger.open(sys.argv[1], create=False) as ledger:
        say("begun")

        def progress(done: int, total: int) -> None:
            say(f"{done} of {total}")
            time.sleep(float(sys.argv[3]))

        writing.write_archive(ledger.store, sys.argv[2], width=4, compact=True, progress=progress)
        say("done")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
