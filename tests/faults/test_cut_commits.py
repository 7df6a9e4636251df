"""A commit to SQLite whose process dies or whose disk fails around it: sent again, what was kept is found."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.store.plan import Recorded
from tests.faults.committing import Committer, How, Task, committer
from tests.faults.extent import many
from tests.faults.oracle import Key, Place, expect_sound, places
from tests.ledgers import MEMORY, sqlite_copy
from tests.store.events import order

TOLD = {
    How.FAIL_RECORD: "StorageError",
    How.FULL_RECORD: "StorageFull",
    How.FAIL_UNSYNCED: "StorageError",
    How.FAIL_SYNCED: "StorageError",
}
"""What the caller is told; one that is killed is told nothing."""

SURELY = {How.KILL_AFTER_RECORD: True, How.KILL_BEFORE_SYNC: True, How.KILL_AFTER_SYNC: True} | {
    How.KILL_BEFORE_RECORD: False,
    How.KILL_IN_RECORD: False,
}
"""Whether a killed process has kept its events: the system still writes what it was given."""


WAYS = (1, 4, 150)
"""Events of one append: alone, several together, many each for itself."""


def some_task(seed: random.Random, number: int, versions: Counter[str]) -> Task:
    """Draw an append and what happens at its commit."""
    how = seed.choice(list(How)[1:])
    size = seed.choice(WAYS)
    customer = f"c{seed.randrange(5)}"
    each = size == max(WAYS)
    events = [order(f"{number}-{part}", f"c{part % 7}" if each else customer) for part in range(size)]
    expected = None if each or seed.random() < 0.3 else versions[customer]
    again = not how.kills and seed.random() < 0.3
    return Task(how, events, each, expected, again=again, reads=seed.random() < 0.5)


def sent_until_kept(children: Committer, task: Task, what: str) -> list[Recorded]:
    """Append with what happens at the commit, and again after it; return where the events are."""
    first = children.append(task)
    assert first.errors == ([] if task.how.kills else [TOLD[task.how]]), what
    kept = first.kept if task.again else children.append(task._replace(how=How.NOTHING)).kept
    assert kept is not None, what
    if task.how in SURELY:
        assert {place.recorded for place in kept} == {not SURELY[task.how]}, what
    return kept


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory: a process that dies takes nothing from the system that it had given it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.mark.needs("gcc")
def test_what_is_sent_again_after_a_cut_commit_has_its_first_place(folder: Path, tell: Callable[..., None]) -> None:
    """Every cut is drawn from a seed made of its number, so that a failure comes again."""
    url = sqlite_copy(folder)
    acknowledged: dict[Key, Place] = {}
    versions: Counter[str] = Counter()
    cuts, found_again = Counter[str](), Counter[str]()
    with committer(url, folder) as children:
        for number in range(1, many(24, 1_000) + 1):
            task = some_task(random.Random(f"commit {number}"), number, versions)
            what = f"{number}: {task.how.name}"
            kept = sent_until_kept(children, task, what)
            first = len(acknowledged) + 1
            assert [place.position for place in kept] == list(range(first, first + len(task.events))), what
            cuts[task.how.name.lower()] += 1
            found_again[task.how.name.lower()] += not any(place.recorded for place in kept)
            acknowledged |= places(kept)
            versions.update(event["customer_id"] for event in task.events)
    events = expect_sound(url, acknowledged, sent=acknowledged)
    assert events == len(acknowledged)
    had = {how: f"{found_again[how]} of {count}" for how, count in sorted(cuts.items())}
    tell(cuts=cuts.total(), had_been_kept=found_again.total(), each=had, events=events, lost=0, twice=0, conflicts=0)
