"""Figures over a simulated log, with late, retracted and merged events, are those that plain Python counts."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pytest

from ledger import Ledger
from ledger.projecting.rebuild import rebuild
from ledger.queries.history import export
from ledger.runners.run import Run
from ledger.sample import simulate_lines
from tests.queries.plain import Plain
from tests.queries.telling import figures, numbers, only, values


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('simulated') / 'ledger.db'}") as ledger:
        for outcome in ledger.append_many(simulate_lines(150, 11)):
            assert not isinstance(outcome, Exception), outcome
        rebuild(ledger.store, run=Run(workers=1))
        yield ledger


@pytest.fixture(scope="module")
def plain(simulated: Ledger) -> Plain:
    return Plain(list(export(simulated.store)))


def test_events_are_as_many(simulated: Ledger, plain: Plain) -> None:
    by_type = numbers(figures(simulated, "volume", by=["type"]), "type")
    assert by_type == {kind: n for (kind,), n in plain.counts("type").items()}
    both = numbers(figures(simulated, "volume", measure="events", by=["type", "channel"]), "type", "channel")
    assert both == dict(plain.counts("type", "channel"))


@pytest.mark.parametrize("key", ["channel", "department", "month"])
def test_the_nps_is_the_same(simulated: Ledger, plain: Plain, key: str) -> None:
    assert values(figures(simulated, "nps", by=[key]), key) == pytest.approx(plain.nps(key))


@pytest.mark.parametrize(
    ("start", "end", "per"),
    [
        ("order.placed", "order.delivered", "case"),
        ("case.opened", "case.resolved", "case"),
        ("interaction.started", "interaction.completed", "interaction"),
        ("page.viewed", "order.placed", "customer"),
    ],
)
def test_the_time_between_is_the_same(simulated: Ledger, plain: Plain, start: str, end: str, per: str) -> None:
    figure = only(figures(simulated, "time_between", "median", from_type=start, to_type=end, per=per)).figure
    hours = plain.between(start, end, per)
    assert (figure.n, figure.negative) == (len(hours), sum(hour < 0 for hour in hours))
    assert figure.value == pytest.approx(median(hours))


def test_the_transitions_are_the_same(simulated: Ledger, plain: Plain) -> None:
    assert values(figures(simulated, "transitions", step="type"), "from_step", "to_step") == dict(plain.transitions())


def test_purchases_are_the_same(simulated: Ledger, plain: Plain) -> None:
    days = plain.order_days()
    share = only(figures(simulated, "repeat_purchase", "share"), occasion="day").figure
    assert (share.n, share.numerator) == (len(days), sum(len(its) >= 2 for its in days.values()))
    assert only(figures(simulated, "purchase_interval", "median")).figure.value == plain.days_between_orders()
    assert values(figures(simulated, "volume", "sum", measure="orders"), "currency") == pytest.approx(plain.spent())


def test_a_time_to_resolution_is_a_time_between(simulated: Ledger, plain: Plain) -> None:
    rows = figures(simulated, "time_to_resolution", "median")
    figure = only(rows, resolution="first", clock="calendar", method="completed").figure
    hours = plain.between("case.opened", "case.resolved", "case")
    assert figure.n == len(hours)
    assert figure.value == pytest.approx(median(hours))


def test_figures_as_of_the_end_are_the_live_ones(simulated: Ledger) -> None:
    (live,) = figures(simulated, "nps")
    (then,) = figures(simulated, "nps", as_of=4_000_000_000_000_000)
    assert live.figure == then.figure
