"""An archiver that is killed, at any moment: the archive can be read as it was, and the next run completes it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.archive.checking import check_archive
from ledger.errors import ArchiveMissing
from tests.archive.logs import archived, files, held, logged, story, tell
from tests.faults.extent import many
from tests.ledgers import MEMORY, sqlite_copy

KILLS = many(3, 200)


def killed(url: str, folder: Path, lines: int, delay: float) -> None:
    """Archive in a process that is killed after some lines and seconds, unless it was done before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.archive.archiving", url, str(folder), "0.001"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(1 + lines):
        process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def readable(ledger: Ledger, folder: Path) -> int:
    """Return the position up to which the archive can be read, having read it; 0 where there is none yet."""
    try:
        archive = open_archive(folder)
    except ArchiveMissing:
        return 0
    assert held(archive) == [row for row in logged(ledger) if row[0] <= archive.position]
    return archive.position


def test_an_archiver_killed_at_any_moment_leaves_an_archive_that_the_next_run_completes() -> None:
    chance = random.Random(11)
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as place,
        Ledger.open(sqlite_copy(Path(place))) as ledger,
    ):
        story(ledger)
        for number in range(KILLS):
            folder = Path(place) / f"archive{number // 20}"
            before = readable(ledger, folder)
            killed(ledger.store.url, folder, chance.randrange(14), chance.random() * 0.02)
            assert readable(ledger, folder) >= before
            tell(ledger, [chance.randrange(30) for _ in range(chance.choice([1, 3, 50]))])
            if number % 3 == 2:
                completed(ledger, folder)


def completed(ledger: Ledger, folder: Path) -> None:
    """Run once more, and expect a whole archive with nothing left over."""
    archived(ledger, folder)
    assert readable(ledger, folder) == len(logged(ledger))
    assert [check.detail for check in check_archive(ledger.store, folder) if not check.ok] == []
    named = open_archive(folder).manifest.paths()
    assert files(folder) == sorted(path.removeprefix("segments/") for path in named)
    assert list((folder / "drafts").iterdir()) == []
