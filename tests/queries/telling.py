"""Short ways to tell a ledger what happened, and to read the figures it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from ledger import Ledger
from ledger.projecting.rebuild import rebuild
from ledger.queries.figure_row import FigureRow
from ledger.queries.metrics import metrics
from ledger.runners.run import Run

_START = datetime(2024, 1, 1, tzinfo=UTC)
_number = count(1)

Wire = dict[str, Any]


class Ticking:
    """A clock that moves a second at every look."""

    def __init__(self, start: int = 1_800_000_000_000_000) -> None:
        self.now = start

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


def moment(days: float) -> datetime:
    """Return the time so many days after 2024-01-01 in UTC."""
    return _START + timedelta(days=days)


def micros(days: float) -> int:
    """Return that time in microseconds since 1970."""
    return round(moment(days).timestamp() * 1_000_000)


def iso(days: float) -> str:
    """Return that time as the queries print it."""
    return moment(days).isoformat()


def told(type_: str, customer: str, days: float, event_id: str | None = None, /, **more: Any) -> Wire:
    """Return an event on the wire; `data_…` arguments are its own fields."""
    own = {name.removeprefix("data_"): more.pop(name) for name in list(more) if name.startswith("data_")}
    return {
        "event_id": event_id or f"e{next(_number)}",
        "source": "test",
        "type": type_,
        "customer_id": customer,
        "occurred_at": iso(days),
        "data": own,
        **more,
    }


def rated(customer: str, days: float, score: int, metric: str = "nps", **more: Any) -> Wire:
    """Return an answer to a survey on the scale of its metric."""
    low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[metric]
    own = {"data_metric": metric, "data_score": score, "data_scale_min": low, "data_scale_max": high}
    return told("survey.responded", customer, days, **own, **more)


def ordered(customer: str, days: float, value: str | None = "10", currency: str | None = "EUR", **more: Any) -> Wire:
    """Return an order."""
    own = {name: said for name, said in (("data_value", value), ("data_currency", currency)) if said is not None}
    return told("order.placed", customer, days, **own, **more)


def write(ledger: Ledger, *events: Wire, build: bool = True) -> None:
    """Append events, and rebuild the read model."""
    for outcome in ledger.append_many(events):
        assert not isinstance(outcome, Exception), outcome
    if build:
        rebuild(ledger.store, run=Run(workers=1))


def figures(ledger: Ledger, name: str, statistic: str | None = None, **asked: Any) -> list[FigureRow]:
    """Return the figures of a metric, of one statistic."""
    return [row for row in metrics(ledger.store, [name], **asked) if statistic in (None, row.figure.statistic)]


def only(rows: Iterable[FigureRow], **by: Any) -> FigureRow:
    """Return the one figure with these keys of the split."""
    (row,) = [row for row in rows if by.items() <= row.figure.by.items()]
    return row


def values(rows: Iterable[FigureRow], *keys: str) -> dict[Any, Any]:
    """Return the value of each figure by keys of its split."""
    return {_key(row, keys): row.figure.value for row in rows}


def numbers(rows: Iterable[FigureRow], *keys: str) -> dict[Any, int]:
    """Return the n of each figure by keys of its split."""
    return {_key(row, keys): row.figure.n for row in rows}


def _key(row: FigureRow, keys: tuple[str, ...]) -> Any:
    found = tuple(row.figure.by[key] for key in keys)
    return found[0] if len(found) == 1 else found


def opened(url: str) -> Iterator[Ledger]:
    """Give a new ledger with a ticking clock."""
    with Ledger.open(url, clock=Ticking()) as ledger:
        yield ledger
