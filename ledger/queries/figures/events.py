"""Figures over the log itself: the time between two types of event, and which step follows which.

A step that was taken by one case, interaction or customer counts in the window, and in the group, of its first
event; a time between two types, of the event it starts from (the one it ends with where that did not happen).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from ledger.errors import InvalidArgument
from ledger.metrics import durations, sequences
from ledger.metrics.figure import Figure
from ledger.queries.cut import Cut, Key
from ledger.queries.question import Per, Step
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.scan import Glance, Seen

COLUMNS = {"channel": "channel", "department": "department", "segment": "segments", "month": "began_at"}

Thing = tuple[int, str]
"""A customer's number, and which case or interaction of theirs."""


def time_between(view: View) -> list[Figure]:
    """Return the times from the first event of one type to the first of another. Raises InvalidArgument."""
    start, end = _types(view)
    which = _THINGS[view.asked.per]

    def take(events: Iterator[Seen]) -> dict[Thing, dict[str, Seen]]:
        first: dict[Thing, dict[str, Seen]] = {}
        for seen in events:
            name = which(seen[2])
            if name is not None:
                kind = seen[2].type
                of = first.setdefault((seen[0], name), {})
                if kind not in of or seen[1] < of[kind][1]:
                    of[kind] = seen
        return first

    cut = Cut(view.asked, COLUMNS, view.context)
    rows = (
        (*raw, _at(of.get(start)), _at(of.get(end)))
        for of in view.scan.gather(take, (start, end)).values()
        if (raw := _raw(view, cut, of[start] if start in of else of[end])) is not None
    )
    return cut.figures(
        rows, lambda group, scope: durations.time_between(group, scope.split(from_type=start, to_type=end))
    )


def transitions(view: View) -> list[Figure]:
    """Return which step follows which, in the cases (or interactions, or customers) of each group."""
    return [figure for cut, key, steps in _sequences(view) for figure in sequences.transitions(steps, cut.scope(key))]


def variants(view: View) -> list[Figure]:
    """Return the distinct sequences of steps, and the most common ones."""
    return [
        figure
        for cut, key, steps in _sequences(view)
        for figure in sequences.variants(steps, cut.scope(key), top=view.asked.top)
    ]


def _sequences(view: View) -> Iterator[tuple[Cut, Key, list[list[str]]]]:
    which, named = _THINGS[view.asked.per], _STEPS[view.asked.step]

    def take(events: Iterator[Seen]) -> dict[Thing, list[Seen]]:
        gathered: dict[Thing, list[Seen]] = {}
        for seen in events:
            name = which(seen[2])
            if name is not None:
                gathered.setdefault((seen[0], name), []).append(seen)
        return gathered

    cut = Cut(view.asked, COLUMNS, view.context)
    rows = (
        (*raw, [named(glance) for _, _, glance in ordered])
        for ordered in map(_in_order, view.scan.gather(take).values())
        if (raw := _raw(view, cut, ordered[0])) is not None
    )
    for key, group in cut.groups(rows).items():
        yield cut, key, [row[0] for row in group]


def _in_order(events: list[Seen]) -> list[Seen]:
    return sorted(events, key=_fold_order)


def _fold_order(seen: Seen) -> tuple[int, str, bool, int, str]:
    # Text compares by code point, which is the order of its bytes in UTF-8.
    _, at, glance = seen
    sequence = glance.source_sequence
    return (at, glance.source, sequence is not None, sequence or 0, glance.event_id)


def _raw(view: View, cut: Cut, seen: Seen) -> tuple[Any, ...] | None:
    customer, at, glance = seen
    if not instants(view.asked).hold(at):
        return None
    if not cut.raw:
        return ()
    about = {
        "channel": glance.channel,
        "department": glance.department,
        "segments": view.segments.get(customer) if "segments" in cut.raw else None,
        "began_at": at,
    }
    return tuple(about[name] for name in cut.raw)


def _types(view: View) -> tuple[str, str]:
    start, end = view.asked.from_type, view.asked.to_type
    if start is None or end is None:
        raise InvalidArgument("time_between needs the types of event it starts from and ends with: give both")
    for name in (start, end):
        if name not in view.context.vocabulary:
            close = get_close_matches(name, view.context.vocabulary, n=3)
            cure = f"did you mean {' or '.join(close)}?" if close else "docs/reference lists them all"
            raise InvalidArgument(f"there is no type of event {name!r}: {cure}")
    if start == end:
        raise InvalidArgument(f"the time from {start} to itself has no meaning: name two types of event")
    return start, end


def _at(seen: Seen | None) -> int | None:
    return None if seen is None else seen[1]


_THINGS: dict[Per, Callable[[Glance], str | None]] = {
    "case": lambda glance: glance.case_id,
    "interaction": lambda glance: glance.interaction_id,
    "customer": lambda glance: "",
}

_STEPS: dict[Step, Callable[[Glance], str]] = {
    "touchpoint": lambda glance: glance.touchpoint_id or glance.type,
    "type": lambda glance: glance.type,
}


FIGURES: Figures = {
    "time_between": time_between,
    "transitions": transitions,
    "variants": variants,
}
