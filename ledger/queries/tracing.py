"""A projection folded event by event: which event changed which value of which row, and by what.

Whether an event changed a value by moving the journey or by being counted is found by folding it again as if it had
moved nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import MsgspecError, Struct, json, structs
from msgspec.msgpack import Decoder, Encoder

from ledger.events.compiling import compiled
from ledger.events.event import RecordedEvent
from ledger.journey.context import Context
from ledger.journey.moment import Entry
from ledger.journey.stretch import Move, Stretch
from ledger.projections.shape import Projection

Event = RecordedEvent[Any]

Key = tuple[Any, ...]

COUNTED = "counted"

_encode = Encoder().encode


class Cause(Struct, frozen=True):
    """An event that changed a value, from what to what (None: no row), and why: `counted`, or how the journey moved."""

    event: Event
    before: Any
    after: Any
    why: str


class Value(Struct, frozen=True, kw_only=True):
    """A value of a row, and every event that changed it, the last first."""

    column: str
    value: Any
    causes: list[Cause]


class ExplainedRow(Struct, frozen=True, kw_only=True):
    """A row of a projection by its key, its own evidence as (source, event_id), and its values."""

    projection: str
    key: dict[str, Any]
    evidence: list[tuple[str, str]]
    values: list[Value]


def trace(
    projection: Projection[Any], context: Context, stretches: Sequence[Stretch], column: str | None
) -> Iterator[ExplainedRow]:
    """Yield a customer's rows after all stretches, with the causes of their values, or of those of one column."""
    traced = _Traced(projection, context)
    for before, stretch in zip([None, *stretches], stretches, strict=False):
        for event in stretch.events:
            first = event is stretch.events[0]
            traced.take(
                structs.replace(stretch, events=[event], move=stretch.move if first else None),
                before,
            )
    yield from traced.rows(column)


class _Traced:
    """A projection folded event by event, with what each one changed in which row."""

    def __init__(self, projection: Projection[Any], context: Context) -> None:
        self._projection = projection
        self._fold = projection.bind(context)
        self._load = Decoder(compiled(projection.state)).decode
        self._columns = tuple(column.name for column in projection.columns)
        self._places = [self._columns.index(name) for name in projection.key]
        self._state = self._fold.initial()
        self._rows: Sequence[Key] = ()
        self._causes: dict[Key, dict[int, list[Cause]]] = {}

    def rows(self, column: str | None) -> Iterator[ExplainedRow]:
        """Yield the rows as they are by now, with the causes of their values."""
        for row in self._rows:
            named = dict(zip(self._columns, row, strict=True))
            causes = self._causes[self._key(row)]
            yield ExplainedRow(
                projection=self._projection.name,
                key={name: named[name] for name in self._projection.key},
                evidence=_evidence(named),
                values=[
                    Value(column=name, value=row[place], causes=causes.get(place, [])[::-1])
                    for place, name in enumerate(self._columns)
                    if column in (None, name)
                ],
            )

    def take(self, one: Stretch, before: Stretch | None) -> None:
        """Take in a stretch of one event, given the stretch before its own."""
        kept = _encode(self._state) if one.move else b""
        self._fold.evolve(self._state, [one])
        rows = self._fold.rows(self._state)
        was, is_now = self._other(self._rows, rows)
        how, without = "", is_now
        if one.move and is_now:
            how, state = _said(one.move), self._load(kept)
            self._fold.evolve(state, [_still(one, before)])
            without = {self._key(row): row for row in self._fold.rows(state)}
        for key, row in is_now.items():
            self._note(one.events[0], key, was.get(key), row, without.get(key), how)
        for key in was.keys() - is_now.keys():
            del self._causes[key]
        self._rows = rows

    def _other(self, before: Sequence[Key], after: Sequence[Key]) -> tuple[dict[Key, Key], dict[Key, Key]]:
        """Return by their keys the rows that do not stand in the same place in both: few, as new ones come last."""
        pairs = [pair for pair in zip_longest(before, after) if pair[0] != pair[1]]
        was = {self._key(row): row for row, _ in pairs if row is not None}
        is_now = {self._key(row): row for _, row in pairs if row is not None}
        return was, is_now

    def _note(self, event: Event, key: Key, before: Key | None, row: Key, without: Key | None, how: str) -> None:
        """Note what an event changed in a row, given the row as it would be `without` the journey's move."""
        causes = self._causes.setdefault(key, {})
        for place, value in enumerate(row):
            if before is None or before[place] != value:
                why = COUNTED if without is not None and without[place] == value else how
                causes.setdefault(place, []).append(Cause(event, None if before is None else before[place], value, why))

    def _key(self, row: Key) -> Key:
        return tuple([row[place] for place in self._places])


def _said(move: Move) -> str:
    """Return how an event moved the journey, in words."""
    said = []
    if move.entered is not None:
        said.append(f"{move.entered.transition} to {move.entered.stage}, {_by(move.entered)}")
    said += [f"opens {entry.stage}, {_by(entry)}" for entry in move.overlays_entered]
    said += [f"closes {stage}" for stage in move.overlays_left]
    return "; ".join(said) or f"names {move.unknown_stage}, which the journey does not know"


def _by(entry: Entry) -> str:
    return f"rule {entry.rule}" if entry.rule else "said outright"


def _still(one: Stretch, before: Stretch | None) -> Stretch:
    """Return the stretch of one event as if it had moved nothing in the journey."""
    if before is None:
        return Stretch(one.events, None, 1, (), one.segments)
    return structs.replace(before, events=one.events, segments=one.segments, move=None)


def _evidence(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        return json.decode(row.get("evidence") or "[]", type=list[tuple[str, str]])
    except MsgspecError:
        return []
