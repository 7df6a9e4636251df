"""Figures over the log itself: the time between two types of event, and which step follows which.

A step that was taken by one case, interaction or customer counts in the window, and in the group, of its first
event; a time between two types, of the event it starts from (the one it ends with where that did not happen).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from ledger.errors import InvalidArgument
from ledger.metrics import durations, sequences
from ledger.metrics.figure import Figure
from ledger.queries.cut import Cut, Key
from ledger.queries.question import Per, Step
from ledger.queries.view import View
from ledger.queries.window import instants
from ledger.store.figures.scan import Seen

COLUMNS = {"channel": "channel", "department": "department", "segment": "segments", "month": "began_at"}

Thing = tuple[int, str | None]
"""A customer's number, and which case or interaction of theirs."""


def time_between(view: View) -> list[Figure]:
    """Return the times from the first event of one type to the first of another. Raises InvalidArgument."""
    start, end = _types(view)
    first: dict[Thing, dict[str, Seen]] = {}
    for thing, seen in _things(view, (start, end)):
        of = first.setdefault(thing, {})
        kind = seen.glance.type
        if kind not in of or seen.at < of[kind].at:
            of[kind] = seen
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = (
        (*raw, _at(of.get(start)), _at(of.get(end)))
        for (customer, _), of in first.items()
        if (raw := _raw(view, cut, customer, of[start] if start in of else of[end])) is not None
    )
    return [
        figure
        for key, group in cut.groups(rows).items()
        for figure in durations.time_between(
            [(began, ended) for began, ended in group], cut.scope(key).split(from_type=start, to_type=end)
        )
    ]


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


def _sequences(view: View) -> Iterable[tuple[Cut, Key, list[list[str]]]]:
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = (
        (*raw, [_STEPS[view.asked.step](seen) for seen in events])
        for (customer, _), events in _ordered(view).items()
        if (raw := _raw(view, cut, customer, events[0])) is not None
    )
    for key, group in cut.groups(rows).items():
        yield cut, key, [row[0] for row in group]


def _ordered(view: View) -> dict[Thing, list[Seen]]:
    gathered: dict[Thing, list[Seen]] = {}
    for thing, seen in _things(view, ()):
        gathered.setdefault(thing, []).append(seen)
    for events in gathered.values():
        events.sort(key=_fold_order)
    return gathered


def _fold_order(seen: Seen) -> tuple[int, str, bool, int, str]:
    # Text compares by code point, which is the order of its bytes in UTF-8.
    glance = seen.glance
    sequence = glance.source_sequence
    return (seen.at, glance.source, sequence is not None, sequence or 0, glance.event_id)


def _things(view: View, types: tuple[str, ...]) -> list[tuple[Thing, Seen]]:
    name = _THINGS[view.asked.per]
    found: list[tuple[Thing, Seen]] = []
    for seen in view.scan.events(types):
        which = name(seen)
        if which is not None:
            found.append(((seen.customer, which), seen))
    parked = view.scan.parked
    return [pair for pair in found if pair[1].customer not in parked] if parked else found


def _raw(view: View, cut: Cut, customer: int, seen: Seen) -> tuple[Any, ...] | None:
    if not instants(view.asked).hold(seen.at):
        return None
    if not cut.raw:
        return ()
    about = {
        "channel": seen.glance.channel,
        "department": seen.glance.department,
        "segments": view.segments.get(customer) if "segments" in cut.raw else None,
        "began_at": seen.at,
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
    return None if seen is None else seen.at


_THINGS: dict[Per, Callable[[Seen], str | None]] = {
    "case": lambda seen: seen.glance.case_id,
    "interaction": lambda seen: seen.glance.interaction_id,
    "customer": lambda seen: "",
}

_STEPS: dict[Step, Callable[[Seen], str]] = {
    "touchpoint": lambda seen: seen.glance.touchpoint_id or seen.glance.type,
    "type": lambda seen: seen.glance.type,
}
