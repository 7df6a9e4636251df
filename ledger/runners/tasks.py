"""How the customers are cut into pieces of work: a task is read in one go and handed on cut by cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.runners.inline import Range, ranges

STREAMS_A_CUT = 256
"""What is handed on, written and gone on from at a time: about 10,000 events of customers with forty."""

CUTS_A_TASK = 16
"""Cuts of a task at most: together a bucket of the archive, as wide as it is by default."""

TASKS_A_WORKER = 8
"""Tasks a worker has at least where there are customers enough: so that all end at about the same time."""


def tasks(gaps: Sequence[Range], workers: int) -> Iterator[list[Range]]:
    """Yield the tasks that ranges of streams are cut into: each some cuts that follow each other."""
    streams = sum(last - first + 1 for first, last in gaps)
    cuts = max(1, min(CUTS_A_TASK, streams // (STREAMS_A_CUT * workers * TASKS_A_WORKER)))
    for first, last in ranges(gaps, STREAMS_A_CUT * cuts):
        yield list(ranges([(first, last)], STREAMS_A_CUT))
