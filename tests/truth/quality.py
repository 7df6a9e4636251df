"""How far the log can be trusted: what simulated sources leave out, round off and send late."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ledger.events.contacts import CONTACTS, TOUCHPOINTS
from tests.truth.known import Known, Rows
from tests.truth.lives import Happening, Life

DAY = 86_400_000_000
SUPPORT = ("case.", "work.")


def _all(lives: list[Life]) -> Iterable[Happening]:
    return (event for life in lives for event in life.events)


def _told(metric: str, column: str = "numerator", **by: Any) -> Callable[[Rows], Any]:
    """Return what takes one column of the share of each source, and of all of them together."""

    def told(rows: Rows) -> dict[str, Any]:
        return {
            row.get("source", "all"): row[column]
            for row in rows
            if row["metric"] == metric and by.items() <= row.items()
        }

    return told


def _counted(of: Callable[[Happening], bool], keeps: Callable[[Happening], bool]) -> Callable[[list[Life]], Any]:
    """Return what counts the events of each source, and of all of them together, among those that count at all."""

    def truth(lives: list[Life]) -> dict[str, int]:
        found: dict[str, int] = {"all": 0}
        for event in _all(lives):
            if of(event):
                source = event.get("source")
                found[source] = found.get(source, 0) + keeps(event)
                found["all"] += keeps(event)
        return found

    return truth


def _touchpoint(event: Happening) -> bool:
    return event.type in TOUCHPOINTS


def _contact(event: Happening) -> bool:
    return event.type in CONTACTS


def _departmental(event: Happening) -> bool:
    return event.type in CONTACTS or event.type.startswith(SUPPORT)


def _timed(event: Happening) -> bool:
    return event.get("time_precision") not in ("date", "unknown")


def _delay(event: Happening) -> int:
    received = datetime.fromisoformat(event.wire["received_at"])
    return round((received - datetime.fromisoformat(event.wire["occurred_at"])).total_seconds() * 1e6)


def _always(_event: Happening) -> bool:
    return True


def _precision(named: str) -> Callable[[Happening], bool]:
    return lambda event: bool(event.get("time_precision") == named)


def _lacks(field: str) -> Callable[[Happening], bool]:
    return lambda event: not event.get(field)


def _visitors(lives: list[Life]) -> tuple[int, int]:
    """Return how many visitors never became known, and how many visitors there were."""
    visitors = [life for life in lives if any(key.startswith("anonymous:") for key in life.told.keys)]
    return sum(life.customer_id.startswith("anonymous:") for life in visitors), len(visitors)


FIGURES = (
    *(
        Known(
            f"events that do not say the {field}, by source",
            "quality",
            _told("unknown_fields", field=field),
            _counted(expected, _lacks(field)),
        )
        for field, expected in (
            ("channel", _touchpoint),
            ("direction", _contact),
            ("actor", _contact),
            ("department", _departmental),
        )
    ),
    *(
        Known(
            f"events known to the {named}, by source" if named != "unknown" else "events of unknown time, by source",
            "quality",
            _told("rough_times", precision=named),
            _counted(_always, _precision(named)),
        )
        for named in ("date", "minute", "unknown")
    ),
    Known(
        "events more than a day late, by source",
        "quality",
        _told("late_events"),
        _counted(_timed, lambda event: _delay(event) > DAY),
    ),
    Known(
        "events more than three hours late, by source",
        "quality --late 3h",
        _told("late_events"),
        _counted(_timed, lambda event: _delay(event) > DAY // 8),
    ),
    Known(
        "events that stand, by source",
        "quality",
        _told("out_of_order_events", "n"),
        _counted(_always, _always),
    ),
    Known(
        "cases of which no opening is recorded",
        "quality",
        lambda rows: next(
            row["numerator"] for row in rows if row["metric"] == "unopened_cases" and row["kind"] == "case"
        ),
        lambda lives: sum(case.opened_at is None for life in lives for case in life.told.cases),
    ),
    Known(
        "visitors who never became known, of all visitors",
        "quality",
        lambda rows: [[row["numerator"], row["n"]] for row in rows if row["metric"] == "unknown_visitors"],
        lambda lives: [list(_visitors(lives))],
    ),
)
