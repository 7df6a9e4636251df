"""How rows are cut into groups: by the keys a caller asks for, made from the columns that rows carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec.json import decode

from ledger.journey.context import Context
from ledger.metrics.figure import Figure, Scope
from ledger.queries.question import SEGMENT, Question, dimension

UNKNOWN = "unknown"
EPOCH = date(1970, 1, 1)

Key = tuple[str, ...]
Make = Callable[[list[Any], Scope], list[Figure]]
Columns = Mapping[str, str]
"""The column that each dimension is made from."""

PLACE: Columns = {"stage": "stage", "channel": "channel", "department": "department", "segment": "segments"}
"""What rows made of events carry, as of the event's own time."""

COUNTED: Columns = {**PLACE, "month": "period"}
"""What rows that count events of a month or a day carry."""


class Cut:
    """The cut of one question through rows of one table.

    `raw` names the columns that rows must begin with. A column named `period` holds days since 1970; a month made
    of any other holds instants in microseconds.
    """

    def __init__(self, asked: Question, columns: Columns, context: Context) -> None:
        self.by = asked.by
        self.raw = tuple(dict.fromkeys(columns[dimension(key)] for key in asked.keys))
        self._stages = {stage.name: number for number, stage in enumerate(context.journey.stages)}
        self._context = context
        self._parts = [self._part(key, columns) for key in asked.by]
        self._kept = [(*self._part(key, columns), value) for key, value in asked.where]
        self._known: dict[tuple[Any, ...], Key | None] = {}

    def key(self, raw: tuple[Any, ...]) -> Key | None:
        """Return the group of a row that begins with `raw`; None where the question leaves it out."""
        try:
            return self._known[raw]
        except KeyError:
            key = self._known[raw] = self._key(raw)
            return key

    def groups(self, rows: Iterable[Sequence[Any]]) -> dict[Key, list[tuple[Any, ...]]]:
        """Return the rows of each group, without `raw`, in the order of the groups; undivided rows are one group."""
        groups: dict[Key, list[tuple[Any, ...]]] = {} if self.by else {(): []}
        width = len(self.raw)
        for row in rows:
            key = self.key(tuple(row[:width]))
            if key is not None:
                groups.setdefault(key, []).append(tuple(row[width:]))
        return {key: groups[key] for key in sorted(groups, key=self.rank)}

    def figures(self, rows: Iterable[Sequence[Any]], make: Make) -> list[Figure]:
        """Return what `make` says of each group: of its rows without `raw`, and its scope."""
        return [figure for key, group in self.groups(rows).items() for figure in make(group, self.scope(key))]

    def scope(self, key: Key) -> Scope:
        """Return the scope of a group's figures."""
        return Scope(dict(zip(self.by, key, strict=True)))

    def rank(self, key: Key) -> tuple[tuple[int, str], ...]:
        """Return what sorts groups: stages by the journey, all else by name, unknown last."""
        return tuple(self._rank(by, value) for by, value in zip(self.by, key, strict=True))

    def _rank(self, by: str, value: str) -> tuple[int, str]:
        if value == UNKNOWN:
            return (len(self._stages) + 1, "")
        return (self._stages.get(value, len(self._stages)) if by == "stage" else 0, value)

    def _key(self, raw: tuple[Any, ...]) -> Key | None:
        if any(make(raw[place]) != value for place, make, value in self._kept):
            return None
        return tuple(make(raw[place]) for place, make in self._parts)

    def _part(self, key: str, columns: Columns) -> tuple[int, Callable[[Any], str]]:
        column = columns[dimension(key)]
        return self.raw.index(column), self._maker(key, column)

    def _maker(self, key: str, column: str) -> Callable[[Any], str]:
        if dimension(key) == SEGMENT:
            scheme = key.partition(":")[2]
            return lambda segments: str(decode(segments).get(scheme, UNKNOWN)) if segments else UNKNOWN
        if key == "month":
            return month_of_day if column == "period" else self._month_of_instant
        return lambda value: str(value) if value else UNKNOWN

    def _month_of_instant(self, at: int | None) -> str:
        return UNKNOWN if at is None else month_of_day(self._context.month(at))


def month_of_day(day: int) -> str:
    """Return the month of a day since 1970 as `1997-01`."""
    local = EPOCH + timedelta(days=day)
    return f"{local.year:04d}-{local.month:02d}"


def fits(asked: Question, dimensions: Iterable[str]) -> bool:
    """Say whether rows with these dimensions can be cut as asked."""
    return {dimension(key) for key in asked.keys} <= set(dimensions)
