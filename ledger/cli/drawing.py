"""What a person sees on a terminal: tables that stay readable at 80 columns, and values as people write them."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from math import floor, log10
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ledger.cli.words import one_line, shown
from ledger.metrics.registry import METRICS

CURRENCY = re.compile("[A-Z]{3}")
"""An ISO 4217 code."""

ABSENT = "–"

GAP = 2
"""Columns between two columns of a table, where there is room."""

NARROWEST = 8
"""The width that no column goes below to make room for others, while there is another way."""

NUMBER = re.compile(r"(?<!\S)-?\d[\d,.]*%?(?!\S)")
"""A number as it stands in a cell: broken over two lines it would be read as another."""


PART = re.compile(r"(?<=[_.:])(?=\w)")
"""Where a part of a name begins, as in `need_mix`, `survey.sent` and `page:prices`."""


class Shown(NamedTuple):
    """A column of a table: its title, where its value stands in a row, and how it is set."""

    title: str
    key: str
    justify: Literal["left", "right"] = "left"
    fold: bool = True
    style: str = ""


def drawn(part: RenderableType, *, terminal: bool) -> str:
    """Return what a part looks like; colour only on a terminal, and not where NO_COLOR is set."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=screen_width(),
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(part)
    return "".join(line.rstrip(" ") + "\n" for line in file.getvalue().splitlines())


def screen_width() -> int:
    """Return the columns of the terminal, 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def table(columns: Sequence[Shown], rows: Iterable[Mapping[str, Any]], title: str | None = None) -> RenderableType:
    """Return a table of rows, under its title; it is as wide as the screen at most."""
    cells = [[cell(row.get(column.key)) for column in columns] for row in rows]
    gap = _gap(columns, cells)
    made = Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    widths = _widths(columns, cells, screen_width() - gap * (len(columns) - 1))
    for column, width in zip(columns, widths, strict=True):
        header = _broken(plain(column.title), width)
        made.add_column(header, justify=column.justify, style=column.style, overflow="fold", width=width)
    for line in cells:
        made.add_row(*(_broken(text, width) for text, width in zip(line, widths, strict=True)))
    return Group(Text(shown(title), style="bold"), made) if title else made


def cramped(columns: Sequence[Shown], rows: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a table of these rows has no room for its columns, though their words are broken."""
    cells = [[cell(row.get(column.key)) for column in columns] for row in rows]
    return sum(_floors(columns, cells)) > screen_width() - GAP * (len(columns) - 1)


def pairs(entries: Mapping[str, Any], title: str | None = None) -> RenderableType:
    """Return names beside their values."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, its in entries.items():
        made.add_row(plain(name), cell(its))
    return Group(Text(shown(title), style="bold"), made) if title else made


def _gap(columns: Sequence[Shown], cells: Sequence[Sequence[Text]]) -> int:
    """Return how far columns stand apart: closer where that keeps every word whole."""
    between = len(columns) - 1
    words = sum(_least(columns, cells))
    return 1 if words + between <= screen_width() < words + GAP * between else GAP


def _least(columns: Sequence[Shown], cells: Sequence[Sequence[Text]]) -> list[int]:
    """Return how wide each column is with no word in it broken, and no line of one that does not fold."""
    least = []
    for place, column in enumerate(columns):
        lines = _lines(cells, place)
        words = [word for line in lines for word in line.split(" ")] if column.fold else lines
        least.append(max(map(cell_len, [*column.title.split(" "), *words])))
    return least


def _widths(columns: Sequence[Shown], cells: Sequence[Sequence[Text]], room: int) -> list[int]:
    """Return how wide each column is: as its widest line where there is room, else no narrower than its longest word.

    What is left of the room goes to the narrowest that want it. Where even the words have no room, the widest are
    broken, numbers last.
    """
    widths = _least(columns, cells)
    lines = [max(map(cell_len, _lines(cells, place)), default=0) for place in range(len(columns))]
    wanted = [max(pair) for pair in zip(lines, widths, strict=True)]
    floors = _floors(columns, cells)
    for lowest in (floors, [min(NARROWEST, whole) for whole in floors], [1] * len(columns)):
        while sum(widths) > room and (wide := [place for place, low in enumerate(lowest) if widths[place] > low]):
            widths[max(wide, key=lambda place: widths[place])] -= 1
    while sum(widths) < room and (narrow := [place for place, want in enumerate(wanted) if widths[place] < want]):
        widths[min(narrow, key=lambda place: widths[place])] += 1
    return widths


def _floors(columns: Sequence[Shown], cells: Sequence[Sequence[Text]]) -> list[int]:
    """Return how narrow each column may be with no number in it broken, and no line of one that does not fold."""
    floors = []
    for place, column in enumerate(columns):
        lines = _lines(cells, place)
        whole = [word for line in lines for word in NUMBER.findall(line)] if column.fold else lines
        words = [word for line in [column.title, *lines] for word in line.split(" ")]
        floors.append(max([min(NARROWEST, max(map(cell_len, words))), *map(cell_len, whole)]))
    return floors


def _lines(cells: Sequence[Sequence[Text]], place: int) -> list[str]:
    return [line for row in cells for line in row[place].plain.split("\n")]


def _broken(text: Text, width: int) -> Text:
    """Return text whose words that are too long end their lines where a name has its parts: at an underscore, a dot."""
    if not PART.search(text.plain) or max(map(cell_len, text.plain.split())) <= width:
        return text
    return Text(re.sub(r"\S+", lambda word: _in_parts(word[0], width), text.plain), style=text.style)


def _in_parts(word: str, width: int) -> str:
    parts = [""]
    for piece in PART.split(word):
        if parts[-1] and cell_len(parts[-1] + piece) > width:
            parts.append(piece)
        else:
            parts[-1] += piece
    return "\n".join(parts)


def plain(text: str) -> Text:
    """Return text that is printed as it stands, with nothing in it that a terminal would obey."""
    return Text(one_line(text))


def stacked(lines: Iterable[str]) -> Text:
    """Return lines that stand below each other in one cell."""
    return Text("\n").join(plain(line) for line in lines)


def cell(given: Any) -> Text:
    """Return what stands in a cell."""
    return given if isinstance(given, Text) else plain(value(given))


def value(given: Any) -> str:
    """Return a value as people write it."""
    if given is None or given in ("", [], {}, ()):
        return ABSENT
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, int):
        return f"{given:,}"
    if isinstance(given, float):
        return f"{int(given):,}" if given == int(given) and abs(given) < 1e15 else number(given)
    if isinstance(given, dict):
        return ", ".join(f"{name} {value(its)}" for name, its in given.items())
    if isinstance(given, list | tuple | frozenset):
        return ", ".join(value(member) for member in given)
    return str(given)


def number(given: float) -> str:
    """Return a number with the digits that say something: three, or all before the point."""
    if abs(given) >= 1000:
        return f"{given:,.0f}"
    if 0 < abs(given) < 0.01:
        return f"{given:.2g}"
    return f"{given:.1f}" if abs(given) >= 10 else f"{given:.2f}"


def clock(text: str | None, zone: ZoneInfo | None, precision: str = "instant") -> str:
    """Return an ISO 8601 time as `2024-05-01 10:20` in the zone, its own offset where there is none."""
    if not text:
        return ABSENT
    if precision == "date" and len(text) == 10:
        return text
    moment = datetime.fromisoformat(text)
    if zone is not None:
        with suppress(OverflowError):  # on the first and last day of the calendar its own offset must do
            moment = moment.astimezone(zone)
    return moment.strftime("%Y-%m-%d" if precision == "date" else "%Y-%m-%d %H:%M")


def figure(given: Any, unit: str) -> str:
    """Return a figure's value; a share is a percentage, a difference of shares percentage points, money has cents."""
    if given is None:
        return ABSENT
    if unit == "difference of shares":
        return f"{given * 100:.1f}"
    if unit == "share":
        return _percentage(given)
    if CURRENCY.fullmatch(unit):
        return f"{given:,.2f}"
    return number(given) if isinstance(given, float) else value(given)


def _percentage(share: float) -> str:
    """Return a share as a percentage: with one decimal, or so many that what is not 0 or 1 does not look like it."""
    edge = round(min(abs(share), abs(1 - share)), 12)
    decimals = 1 if edge >= 0.01 or edge < 1e-9 else min(9, 1 - floor(log10(edge * 100)))
    return f"{share * 100:.{decimals}f}%"


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Return the ends of an interval; nothing where there is none."""
    return "" if low is None or high is None else f"{figure(low, unit)} to {figure(high, unit)}"


def window(row: Mapping[str, Any]) -> str:
    """Return the window of a figure, in its zone."""
    zone = ZoneInfo(row["zone"])
    return f"{clock(row['from'], zone)} to {clock(row['to'], zone)}"


def length(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """Say how long the time is that the figures of a metric look at, where that is one and no column tells it."""
    metric, told = METRICS[name], {row["window"] for row in rows}
    if len(told) == 1 and "within" not in rows[0] and (its := told.pop()) is not None:
        usual = its == metric.window and "within" in metric.options
        yield plain(f"window: {its}" + (" (--within asks for another)" if usual else ""))


def seen_from(row: Mapping[str, Any]) -> str:
    """Return what a figure was seen from: window, as-of time, zone (its own), position of the log, journey."""
    zone = ZoneInfo(row["zone"])
    known = f", as known at {clock(row['known_at'], zone)}" if row["known_at"] else ""
    return (
        f"{window(row)}, as of {clock(row['as_of'], zone)}{known} "
        f"({row['zone']}); log position {row['position']:,}, journey {row['journey'][:12]}"
    )
