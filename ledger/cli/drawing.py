"""What a person sees on a terminal: tables that stay readable at 80 columns, and values as people write them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ledger.cli.words import one_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ABSENT = "–"


class Shown(NamedTuple):
    """A column of a table: its title, where its value stands in a row, and how it is set."""

    title: str
    key: str
    justify: Literal["left", "right"] = "left"
    style: str = ""
    fold: bool = True


def drawn(part: RenderableType, *, terminal: bool) -> str:
    """Return what a part looks like; colour only on a terminal, and not where NO_COLOR is set."""
    file = io.StringIO()
    width = shutil.get_terminal_size((80, 24)).columns
    console = Console(
        file=file,
        width=width,
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(part)
    return "".join(line.rstrip(" ") + "\n" for line in file.getvalue().splitlines())


def table(columns: Sequence[Shown], rows: Iterable[Mapping[str, Any]], title: str | None = None) -> Table:
    """Return a table of rows whose values are text already or are shown by `value`."""
    made = Table(
        title=plain(title) if title else None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for column in columns:
        made.add_column(
            plain(column.title),
            justify=column.justify,
            style=column.style,
            overflow="fold" if column.fold else "ellipsis",
            no_wrap=not column.fold,
        )
    for row in rows:
        made.add_row(*(cell(row.get(column.key)) for column in columns))
    return made


def pairs(entries: Mapping[str, Any], title: str | None = None) -> Table:
    """Return names beside their values."""
    made = Table(
        title=plain(title) if title else None,
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
        pad_edge=False,
    )
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, its in entries.items():
        made.add_row(plain(name), cell(its))
    return made


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
        return number(given)
    if isinstance(given, dict):
        return ", ".join(f"{name} {value(its)}" for name, its in given.items())
    if isinstance(given, list | tuple | frozenset):
        return ", ".join(value(member) for member in given)
    return str(given)


def number(given: float) -> str:
    """Return a number with as many digits as say something: four, or all before the point."""
    if given == int(given) and abs(given) < 1e15:
        return f"{int(given):,}"
    if abs(given) >= 1000:
        return f"{given:,.0f}"
    return f"{given:.4g}"


def clock(text: str | None, zone: ZoneInfo | None, precision: str = "instant") -> str:
    """Return an ISO 8601 time as `2024-05-01 10:20` in the zone, its own offset where there is none."""
    if not text:
        return ABSENT
    if precision == "date" and len(text) == 10:
        return text
    moment = datetime.fromisoformat(text)
    if zone is not None:
        moment = moment.astimezone(zone)
    return moment.strftime("%Y-%m-%d" if precision == "date" else "%Y-%m-%d %H:%M")
