"""A process of its own that archives in small pieces: `python -m tests.archive.archiving URL DIR PAUSE`.

It says `begun`, then a line after every piece, then `done`, and takes its time (seconds) between them.
"""

from __future__ import annotations

import sys
import time

import pytest

from ledger import Ledger
from ledger.archive.writing import write_archive
from tests.archive.logs import small


def main() -> None:
    with pytest.MonkeyPatch.context() as patch, small(patch, OFTEN=0), Ledger.open(sys.argv[1], create=False) as ledger:
        say("begun")

        def progress(done: int, total: int) -> None:
            say(f"{done} of {total}")
            time.sleep(float(sys.argv[3]))

        write_archive(ledger.store, sys.argv[2], width=4, compact=True, progress=progress)
        say("done")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
