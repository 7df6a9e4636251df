"""The n-th system call on the ledger's files fails, once, ever after or now and then, or kills: nothing is lost.

strace makes the calls fail. Every answer of the victim is held against the tables by the oracle; every error must be
a StorageError; the same events sent again without a fault get their first places, and what was not kept is kept.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger import Ledger, errors
from tests.faults.extent import many
from tests.faults.nursery import End, Task, ended, nursery
from tests.faults.oracle import Key, Place, answers, expect_sound, places, violations
from tests.faults.victim import Answer, noted, sendings
from tests.ledgers import MEMORY, sqlite_copy

pytestmark = pytest.mark.needs("strace")


class Kind(NamedTuple):
    """Calls that are made to fail together, the errors they fail with, and how many of them a thread makes."""

    calls: str
    errors: Sequence[str]
    reach: int
    lasting: Sequence[str] = ()
    """The errors among them that may stay: SQLite repeats an interrupted call for ever."""


KINDS = (
    Kind("pwrite64", ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"), 80, ("EIO", "ENOSPC", "EDQUOT", "EROFS")),
    Kind("fdatasync,fsync", ("EIO", "ENOSPC", "EDQUOT", "EINTR"), 8, ("EIO", "ENOSPC", "EDQUOT")),
    Kind("pread64", ("EIO", "EINTR", "ENOMEM"), 30, ("EIO", "ENOMEM")),
    Kind("openat", ("EIO", "EACCES", "EMFILE", "EROFS", "ENOSPC", "EINTR"), 6, ("EIO", "EACCES", "EMFILE", "EROFS")),
    Kind("ftruncate", ("EIO", "ENOSPC", "EROFS", "EINTR"), 2, ("EIO", "ENOSPC")),
    Kind("mmap", ("ENOMEM", "EACCES", "EIO"), 2, ("ENOMEM", "EIO")),
    Kind("%%stat", ("EIO", "EACCES", "ENOMEM"), 12, ("EIO",)),
    Kind("unlink,unlinkat,close", ("EIO", "EINTR", "EROFS"), 3, ("EIO",)),
)
"""No locks (`fcntl`): no local file system refuses to unlock, and SQLite has no answer to it but being busy."""

KILLED = ("pwrite64", "fdatasync", "ftruncate", "pread64", "unlink")


def drawn(number: int, folder: str) -> Task:
    """Return the fault of this number: every fourth kills, the others fail once, ever after, or each so often."""
    chance = random.Random(number)
    if number % 4 == 3:
        calls = KILLED[number // 4 % len(KILLED)]
        reach = next(kind.reach for kind in KINDS if calls in kind.calls)
        return Task(folder, number, calls, f"signal=SIGKILL:when={chance.randint(1, reach)}", chance.random() < 0.5)
    kind = KINDS[(number - number // 4) % len(KINDS)]
    error = chance.choice(kind.errors)
    again = chance.choice(("", "", "+", f"+{chance.randint(2, 9)}")) if error in kind.lasting else ""
    fault = f"error={error}:when={chance.randint(1, kind.reach)}{again}"
    return Task(folder, number, kind.calls, fault, chance.random() < 0.5)


@pytest.fixture(scope="module")
def faulty() -> Iterator[Callable[[Task], End]]:
    """Give a function that runs a victim under its fault."""
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"the kernel refuses to let one process trace another: {tried.stderr.strip()}")
    with nursery() as process:
        yield lambda task: ended(process, task)


def test_a_system_call_that_fails_loses_nothing_and_is_told_as_the_ledgers_own_error(
    faulty: Callable[[Task], End], tell: Callable[..., None]
) -> None:
    wanted = many(12, 440)
    points = calls = kills = acknowledged = number = 0
    told: Counter[str] = Counter()
    found: list[str] = []
    while points < wanted and number < 4 * wanted:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            url = sqlite_copy(Path(folder))
            task = drawn(number, folder)
            end = faulty(task)
            noted_answers = list(noted(Path(folder, "notes")))
            breaches = judged(url, task, end, noted_answers)
        number += 1
        found += [f"fault {task.number} ({task.calls}:{task.fault}): {breach}" for breach in breaches]
        # A fault whose call was never made is none.
        points += end.injected > 0
        calls += end.injected
        kills += end.code == -9
        acknowledged += sum(1 for answer in noted_answers if answer.key)
        told.update(answer.error for answer in noted_answers if answer.error)
    tell(points=points, calls_failed=calls, killed=kills, acknowledged=acknowledged, violations=len(found), **told)
    assert found == []
    assert points == wanted


def judged(url: str, task: Task, end: End, noted_answers: Sequence[Answer]) -> list[str]:
    """Return what is wrong after a fault, in words."""
    sent = sendings(task.number)
    acknowledged = {answer.key: answer.place for answer in noted_answers if answer.key and answer.place}
    kills = "SIGKILL" in task.fault and end.injected
    found = [] if end.code == (-9 if kills else 0) and not end.hung else [f"the victim ended so: {end}"]
    found += [
        f"{answer.error} was raised: {answer.words}"
        for answer in noted_answers
        if answer.error and not (answer.typed and issubclass(getattr(errors, answer.error), errors.StorageError))
    ]
    found += violations(url, acknowledged, sent.keys)
    found += halved(url, task.number)
    if not kills and "+" not in task.fault:
        # A fault that passes leaves a ledger that works: each thread meets it once, and sends everything twice.
        found += [f"{key} was never kept" for key in expected(task.number) - acknowledged.keys()]
    return found or again(url, task.number, acknowledged)


def expected(number: int) -> set[Key]:
    """Return what is kept under a fault that each thread meets once: what is sent after the threads have ended."""
    sent = sendings(number)
    return {(wire["source"], wire["event_id"]) for wire in (*sent.last, *sent.bulk)}


def halved(url: str, number: int) -> list[str]:
    """Return the parcels of which a part is kept."""
    there = {event_id for (event_id,) in answers(url, IDS)}
    parcels = [[wire["event_id"] for wire in parcel] for parcel in sendings(number).parcels]
    return [f"{parcel} is kept in part" for parcel in parcels if 0 < len(there & set(parcel)) < len(parcel)]


IDS = "SELECT json_extract(CAST(header AS TEXT), '$.event_id') FROM events"


def again(url: str, number: int, acknowledged: dict[Key, Place]) -> list[str]:
    """Send everything again without a fault; return what did not come back at its first place, or was doubled."""
    there = {event_id for (event_id,) in answers(url, IDS)}
    with Ledger.open(url) as ledger:
        outcomes = [outcome for parcel in sendings(number).parcels for outcome in ledger.append(parcel)]
    found = [f"{outcome} came anew" for outcome in outcomes if outcome.recorded == (outcome.event_id in there)]
    now = places(outcomes)
    found += [f"{key} came back at {now[key]}, not {place}" for key, place in acknowledged.items() if now[key] != place]
    expect_sound(url, now, sent=sendings(number).keys, projections=number % 10 == 0)
    return found


def test_a_file_that_cannot_be_looked_at_is_told_as_the_ledgers_own_error(tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match=r"cannot be looked at: check the path and the disk \(File name too"):
        Ledger.open(f"sqlite:///{tmp_path}/{'x' * 300}.db")
