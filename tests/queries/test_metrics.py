"""Figures are asked for: split, filtered, in a window, from the live read model or one folded for the question."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import InvalidArgument, ProjectionStale
from ledger.metrics.registry import METRICS, USUAL
from ledger.opening import define
from ledger.queries.metrics import FIGURES, OF_THE_LOG, metrics
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.store.engine import writing
from tests.queries.telling import figures, iso, micros, numbers, only, ordered, rated, told, values, write

JAN, FEB, MARCH = 0, 31, 60


def test_every_registered_metric_has_its_figures() -> None:
    assert FIGURES.keys() == {metric.name for metric in METRICS.values() if metric.command is None}


def test_every_metric_answers_an_empty_ledger(ledger: Ledger) -> None:
    write(ledger)
    rows = metrics(ledger.store)
    assert {row.figure.n for row in rows} == {0}
    assert {row.figure.metric for row in rows} >= {"nps", "conversion", "time_to_resolution"}
    assert all((row.from_, row.to, row.as_of, row.position) == (None, None, None, 0) for row in rows)


def test_a_row_has_the_shape_that_scripts_rely_on(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 10, channel="web"), rated("b", 2, 3, channel="phone"))
    (row,) = figures(ledger, "nps", by=["channel"], where={"channel": "web"})
    shown = row.as_row()
    assert (shown["low"], shown["high"]) == (row.figure.low, row.figure.high)
    assert {name: shown[name] for name in shown if name not in ("low", "high")} == {
        "metric": "nps",
        "statistic": "score",
        "channel": "web",
        "value": 100.0,
        "n": 1,
        "excluded": {},
        "unit": "points",
        "numerator": 1,
        "negative": None,
        "few": True,
        "definition": "nps@1",
        "window": None,
        "from": iso(1),
        "to": iso(2),
        "as_of": iso(2),
        "known_at": None,
        "zone": "UTC",
        "position": 2,
        "journey": ledger.store.context.journey.hash,
    }


def test_a_score_is_split_by_every_key_it_has(ledger: Ledger) -> None:
    write(
        ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="gold"),
        ordered("a", 1, channel="web"),
        rated("a", 2, 10, channel="web", department="sales"),
        rated("b", FEB + 1, 0),
    )
    assert values(figures(ledger, "nps", by=["stage"]), "stage") == {"purchase": 100.0, "unknown": -100.0}
    assert values(figures(ledger, "nps", by=["channel"]), "channel") == {"web": 100.0, "unknown": -100.0}
    assert values(figures(ledger, "nps", by=["department"]), "department") == {"sales": 100.0, "unknown": -100.0}
    assert values(figures(ledger, "nps", by=["segment:tier"]), "segment:tier") == {"gold": 100.0, "unknown": -100.0}
    assert values(figures(ledger, "nps", by=["month"]), "month") == {"2024-01": 100.0, "2024-02": -100.0}
    both = values(figures(ledger, "nps", by=["month", "channel"]), "month", "channel")
    assert both == {("2024-01", "web"): 100.0, ("2024-02", "unknown"): -100.0}


def test_a_rating_is_split_by_the_punctuality_of_its_delivery(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.delivered", "a", 3, case_id="o1", data_promised_at=iso(2)),
        rated("a", 1, 1, "csat", case_id="o1"),
        told("order.delivered", "b", 3, case_id="o2", data_promised_at=iso(4)),
        rated("b", 5, 5, "csat", case_id="o2"),
        rated("c", 5, 4, "csat"),
    )
    shares = values(figures(ledger, "csat", "share", by=["punctuality"]), "punctuality")
    assert shares == {"late": 0.0, "on_time": 1.0, "unknown": 1.0}


def test_one_key_may_be_asked_for_by_its_name(small_ledger: Ledger) -> None:
    write(small_ledger, rated("a", 1, 9))
    assert small_ledger.metrics("ratings", by="stage") == small_ledger.metrics("ratings", by=["stage"])


def test_stages_come_in_the_journeys_order_and_unknown_last(ledger: Ledger) -> None:
    write(
        ledger,
        rated("n", 1, 9),
        told("usage.recorded", "a", 1, data_feature="x"),
        rated("a", 2, 9),
        told("page.viewed", "b", 1),
        rated("b", 2, 9),
    )
    rows = figures(ledger, "nps", by=["stage"])
    assert [row.figure.by["stage"] for row in rows] == ["awareness", "use", "unknown"]


def test_a_filter_keeps_the_rows_of_one_value(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 10, channel="web"), rated("b", 2, 3, channel="phone"), rated("c", 3, 8))
    assert only(figures(ledger, "nps", where={"channel": "phone"})).figure.value == -100.0
    assert only(figures(ledger, "nps", where={"channel": "unknown"})).figure.n == 1
    assert only(figures(ledger, "nps", where={"channel": "pigeon"})).figure.n == 0


def test_a_window_holds_its_start_and_not_its_end(ledger: Ledger) -> None:
    write(ledger, *(rated(f"c{day}", day, 9) for day in (1, 2, 3)))
    (row,) = figures(ledger, "nps", since=micros(2), before=micros(3))
    assert (row.figure.n, row.from_, row.to) == (1, iso(2), iso(3))


def test_a_window_is_rounded_out_to_what_the_rows_can_tell(ledger: Ledger) -> None:
    write(ledger, *(rated(f"c{day}", day, 9) for day in (1, 2, 3, FEB + 3)))
    (row,) = figures(ledger, "nps", since=micros(2.5), before=micros(3.5))
    assert (row.figure.n, row.from_, row.to) == (2, iso(2), iso(4))
    row = only(figures(ledger, "contacts", since=micros(2.5), before=micros(3.5)), direction="undirected")
    assert (row.figure.n, row.from_, row.to) == (3, iso(JAN), iso(FEB))
    row = only(figures(ledger, "contacts", since=micros(JAN), before=micros(FEB)), direction="undirected")
    assert (row.figure.n, row.from_, row.to) == (3, iso(JAN), iso(FEB))


def test_a_window_that_ends_before_it_begins_is_refused(small_ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="ends before it begins"):
        metrics(small_ledger.store, ["nps"], since=2, before=2)


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("npss", {}, "there is no metric 'npss'"),
        ("nps", {"by": ["kind"]}, "nps cannot be split by 'kind'"),
        ("nps", {"where": {"kind": "x"}}, "nps cannot be split by 'kind'"),
        ("nps", {"by": ["segment"]}, "segment:SCHEME"),
        ("volume", {"by": ["type", "stage"]}, "no measure can be split"),
        ("volume", {"measure": "steps"}, "there is no measure 'steps'"),
        ("throughput", {"kind": "story"}, "there is no kind of case 'story'"),
        ("conversion", {"from_type": "order.placed", "to_type": "use"}, "no stage of the primary track"),
        ("nps", {"zone": "Mars/Olympus"}, "no time zone"),
    ],
)
def test_what_cannot_be_asked_is_refused(small_ledger: Ledger, name: str, asked: Any, message: str) -> None:
    write(small_ledger)
    with pytest.raises(InvalidArgument, match=message):
        metrics(small_ledger.store, [name], **asked)


def test_without_names_every_metric_that_can_be_split_so_is_told(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 9), ordered("a", 2))
    told_of = {row.figure.metric for row in metrics(ledger.store, by=["stage"])}
    assert {"nps", "dwell", "volume", "contacts"} <= told_of
    assert not told_of & ({"retention", "conversion"} | OF_THE_LOG)


def test_figures_are_as_of_a_time_by_what_is_known(ledger: Ledger) -> None:
    write(
        ledger,
        rated("a", 1, 10),
        rated("b", 2, 0),
        told("survey.responded", "c", 2, "gone", data_metric="nps", data_score=0, data_scale_min=0, data_scale_max=10),
        told("event.retracted", "c", 9, data_source="test", data_event_id="gone"),
    )
    assert only(figures(ledger, "nps")).figure.n == 2
    then = only(figures(ledger, "nps", as_of=micros(1.5)))
    assert (then.figure.value, then.figure.n, then.as_of) == (100.0, 1, iso(1.5))
    assert only(figures(ledger, "nps", as_of=micros(3))).figure.n == 2


def test_a_customer_whose_sum_no_column_holds_is_left_out_of_figures_as_of_a_time_too(ledger: Ledger) -> None:
    beyond = {"data_metric": "csat", "data_score": 1e15, "data_scale_min": 1, "data_scale_max": 1e15}
    write(ledger, *(told("survey.responded", "b", day, **beyond) for day in (1, 2)), rated("a", 1, 5, "csat"))
    now, then = figures(ledger, "csat", "share"), figures(ledger, "csat", "share", as_of=micros(2))
    assert (only(now).figure.n, only(now).figure.excluded) == (1, {"parked": 1})
    assert [row.figure for row in then] == [row.figure for row in now]


def test_figures_are_as_known_at_a_time(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 10), build=False)
    known = ledger.store.clock()
    write(ledger, rated("b", 0, 0))
    row = only(figures(ledger, "nps", known_at=known))
    assert (row.figure.value, row.position) == (100.0, 1)
    assert row.known_at is not None
    assert only(figures(ledger, "nps")).figure.n == 2
    assert only(figures(ledger, "nps", known_at=1)).position == 0


def test_as_of_and_live_figures_are_the_same_at_the_end(ledger: Ledger) -> None:
    write(
        ledger,
        told("page.viewed", "a", 0, channel="web"),
        ordered("a", 1, channel="web", case_id="o"),
        told("order.delivered", "a", 3, case_id="o", data_promised_at=iso(2)),
        told("case.opened", "a", 4, case_id="k", channel="phone"),
        told("case.resolved", "a", 5, case_id="k"),
        rated("a", 6, 4, "csat", case_id="o"),
        ordered("b", FEB, channel="store"),
    )
    named = [name for name in FIGURES if name not in OF_THE_LOG]
    live = [row.as_row() for row in metrics(ledger.store, named)]
    then = [row.as_row() for row in metrics(ledger.store, named, as_of=micros(FEB))]
    assert live == then


def test_without_names_it_is_the_usual_topics(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1, channel="web"))
    usual = {name for name, metric in METRICS.items() if metric.topic in USUAL} - OF_THE_LOG
    found = {row.figure.metric for row in metrics(ledger.store)}
    assert {"nps", "conversion", "contacts", "time_to_resolution", "customer_value"} <= found <= usual


def test_another_zone_moves_what_lies_at_the_edge_of_a_month(ledger: Ledger) -> None:
    write(ledger, rated("a", FEB - 1 / 24, 9))
    assert values(figures(ledger, "nps", by=["month"]), "month") == {"2024-01": 100.0}
    (row,) = figures(ledger, "nps", by=["month"], zone="Europe/Berlin")
    assert (row.figure.by["month"], row.zone) == ("2024-02", "Europe/Berlin")


def test_another_journey_gives_its_own_figures_and_names_itself(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), rated("a", 2, 9))
    plain = structs.replace(default_journey(), rules=(), name="plain")
    other = structs.replace(ledger.store.definitions, journey=journey_to_json(plain))
    (row,) = figures(ledger, "nps", by=["stage"], journey=other)
    assert (row.figure.by["stage"], row.journey) == ("unknown", plain.hash)


def test_a_read_model_of_another_journey_is_stale(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        with pytest.raises(ProjectionStale, match="has not been built"):
            metrics(ledger.store, ["nps"])
        write(ledger, rated("a", 1, 9))
    plain = structs.replace(default_journey(), rules=(), name="plain")
    define(sqlite_url, {"journey": journey_to_json(plain)})
    with Ledger.open(sqlite_url) as ledger:
        with pytest.raises(ProjectionStale, match="another fold, journey"):
            metrics(ledger.store, ["nps"])
        assert metrics(ledger.store, ["variants"])[0].figure.n == 0


def test_figures_that_lag_say_where_they_stand(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 9))
    write(ledger, rated("b", 2, 9), build=False)
    (row,) = figures(ledger, "nps")
    assert (row.figure.n, row.position) == (1, 1)
    (row,) = figures(ledger, "volume", measure="events")
    assert (row.figure.n, row.position) == (1, 1)


def test_parked_customers_are_left_out_and_counted(ledger: Ledger) -> None:
    write(ledger, rated("a", 1, 9, case_id="k"), told("order.placed", "bad", 1, case_id="k"), build=False)
    with writing(ledger.store.engine) as connection:
        # A type that was declared once and is no longer known.
        same = "stream, source, type_version, occurred_at, received_at, recorded_at, header"
        connection.execute(
            text(
                f"INSERT INTO events (position, version, type, event_key, {same}) "
                f"SELECT 3, 2, 'ufo.seen', :key, {same} FROM events WHERE position = 2"
            ),
            {"key": bytes(16)},
        )
        connection.execute(text("UPDATE log_head SET position = 3"))
    write(ledger)
    (row,) = figures(ledger, "nps")
    assert (row.figure.n, row.figure.excluded) == (1, {"parked": 1})
    assert numbers(figures(ledger, "volume", by=["type"]), "type") == {"survey.responded": 1}
    (row,) = figures(ledger, "variants", "count")
    assert (row.figure.n, row.figure.excluded) == (1, {"parked": 1})
