"""Predictions from a ledger: nothing of the future is known, and what is foretold is what comes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec.structs import replace

from ledger import Ledger
from ledger.errors import CustomerNotFound, InvalidArgument
from ledger.projecting.catch_up import catch_up
from ledger.queries.at_risk import Horizons, horizons
from ledger.queries.evaluation import evaluate
from ledger.queries.figure_row import FigureRow
from ledger.queries.prediction import Outlook, model, risks
from ledger.store.log import Until
from tests.ledgers import SetClock
from tests.queries.telling import Wire, iso, micros, only, told, write

DAY = 86_400_000_000
HORIZON = 30 * DAY


def used(customer: str, days: float, **more: Any) -> Wire:
    return told("usage.recorded", customer, days, data_feature="search", **more)


def left(customer: str, days: float) -> Wire:
    return told("contract.terminated", customer, days)


def complained(customer: str, days: float) -> Wire:
    return told("feedback.received", customer, days, data_kind="complaint")


def lives(people: int, seed: int = 4, days: int = 240) -> list[Wire]:
    """People who ask and complain at random, and whose odds to leave are threefold for 90 days after a complaint."""
    chance = random.Random(seed)
    events = []
    for number in range(people):
        name = f"c{number}"
        events.append(used(name, chance.random() * 20))
        unhappy_until = 0
        for start in range(30, days, 30):
            # The complaint comes before a start of a horizon, so that it is known at it.
            if chance.random() < 0.15:
                unhappy_until = start + 80
                events.append(complained(name, start - 1 - chance.random()))
            if chance.random() < 0.4:
                events.append(told("question.asked", name, start - 1 - chance.random(), data_topic="price"))
            odds = 0.03 / 0.97 * (3 if start < unhappy_until else 1)
            gone = next((at for at in (5, 15, 25) if chance.random() < odds / (1 + odds)), None)
            if gone is not None:
                events.append(left(name, start + gone))
                break
    events.append(told("page.viewed", "last", days))
    return events


def figure(rows: list[FigureRow], metric: str, statistic: str, **by: Any) -> Any:
    return only([row for row in rows if (row.figure.metric, row.figure.statistic) == (metric, statistic)], **by).figure


def at_risk(ledger: Ledger, at: float, **until: Any) -> Horizons:
    with ledger.store.engine.connect() as connection:
        position = connection.exec_driver_sql("SELECT position FROM log_head").scalar_one()
    bounds = Until(position=position, **until)
    return horizons(ledger.store, ledger.store.definitions, bounds, at=micros(at), horizon=HORIZON)


def test_an_evaluation_finds_that_those_who_complained_leave(ledger: Ledger) -> None:
    write(ledger, *lives(500))
    known_now = ledger.store.clock()
    rows = evaluate(ledger.store, at=micros(150), horizon=HORIZON, known_at=known_now)
    ranking = figure(rows, "prediction_ranking", "auc")
    assert ranking.low > 0.5
    everyone = figure(rows, "prediction_calibration", "share", tenth="all")
    assert everyone.n == ranking.n
    assert ranking.numerator == everyone.numerator > 10
    bias = figure(rows, "prediction_bias", "ratio")
    assert bias.low < 1 < bias.high
    slope = figure(rows, "prediction_slope", "slope")
    assert slope.low < 1 < slope.high
    assert figure(rows, "prediction_error", "skill").value > 0
    assert sum(row.figure.n for row in rows if row.figure.by.get("tenth") not in (None, "all")) == 2 * everyone.n


def test_the_coefficients_say_what_was_told_in_the_lives(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(500), build=False)
    rows = model(small_ledger.store, Outlook(horizon=HORIZON, as_of=micros(240)))
    complaints = figure(rows, "hazard_coefficients", "log_odds", term="complaints in 90 days")
    assert complaints.low > 0
    training = figure(rows, "hazard_training", "share")
    assert (training.n, training.by) == (rows[0].figure.n, {"horizon": "30d"})
    assert complaints.n > training.n > training.numerator > 100


def test_a_figure_says_from_when_to_when_it_looks_and_what_it_was_seen_from(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(300))
    row = evaluate(small_ledger.store, at=micros(150), horizon=HORIZON, known_at=small_ledger.store.clock())[0].as_row()
    assert (row["from"], row["to"], row["as_of"]) == (iso(150), iso(180), iso(240))
    assert (row["at"], row["horizon"], row["definition"]) == (iso(150), "30d", "hazard_training@1")
    assert row["position"] > 300


def test_who_complained_lately_is_likelier_to_leave_and_is_told_why(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(500), used("calm", 235), used("cross", 235), complained("cross", 239), build=False)
    found = {str(row.figure.by["customer"]): row.figure for row in risks(small_ledger.store, Outlook(horizon=HORIZON))}
    calm, cross = found["calm"], found["cross"]
    assert (calm.value or 1) < (cross.low or 0) < (cross.value or 0)
    assert "complaints in 90 days +" in str(cross.by["because"])
    assert (cross.by["stage"], cross.by["horizon"]) == ("use", "30d")
    values = [row.figure.value for row in risks(small_ledger.store, Outlook(horizon=HORIZON))]
    assert values == sorted(values, key=lambda value: -(value or 0))
    assert [row.figure.by["customer"] for row in risks(small_ledger.store, Outlook(horizon=HORIZON), ["cross"])] == [
        "cross"
    ]
    assert len(risks(small_ledger.store, Outlook(horizon=HORIZON), top=3)) == 3


def test_who_has_left_is_not_at_risk(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(500), used("gone", 100), left("gone", 200), build=False)
    assert risks(small_ledger.store, Outlook(horizon=HORIZON), ["gone"]) == []


def test_a_customer_who_is_not_recorded_is_said_not_to_be(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(500), build=False)
    with pytest.raises(CustomerNotFound):
        risks(small_ledger.store, Outlook(horizon=HORIZON), ["nobody"])


def test_a_segment_goes_into_the_model_where_its_scheme_is_named(small_ledger: Ledger) -> None:
    tiers = [
        told(
            "customer.segment_assigned",
            f"c{number}",
            1,
            data_scheme="tier",
            data_segment="gold" if number % 2 else "base",
        )
        for number in range(150)
    ]
    write(small_ledger, *lives(300), *tiers, build=False)
    without = [row.figure.by["term"] for row in model(small_ledger.store, Outlook(horizon=HORIZON))[1:]]
    named = [row.figure.by["term"] for row in model(small_ledger.store, Outlook(horizon=HORIZON, scheme="tier"))[1:]]
    assert {term for term in named if term not in without} < {"segment unknown", "segment base", "segment gold"}
    assert len(named) == len(without) + 2


def test_what_was_recorded_late_is_not_known_before(clocked: Ledger, clock: SetClock) -> None:
    clock.now = micros(50)
    write(clocked, used("a", 5), build=False)
    clock.now = micros(61)
    write(clocked, complained("a", 40), build=False)
    then, now = at_risk(clocked, 60, known_at=micros(60)), at_risk(clocked, 60)
    assert list(then.present.known.counts["complaints"]) == [0]
    assert list(now.present.known.counts["complaints"]) == [1]


def test_a_case_that_is_resolved_later_is_open_though_the_log_knows_its_end(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        used("a", 5),
        told("case.opened", "a", 50, case_id="k"),
        told("case.resolved", "a", 70, case_id="k"),
        build=False,
    )
    assert list(at_risk(small_ledger, 60).present.known.counts["cases_open"]) == [1]
    assert list(at_risk(small_ledger, 75).present.known.counts["cases_open"]) == [0]


def test_a_segment_assigned_later_from_a_day_gone_by_is_not_known_before(small_ledger: Ledger) -> None:
    own = {"data_scheme": "tier", "data_segment": "gold", "data_valid_from": iso(10)}
    write(small_ledger, used("a", 5), told("customer.segment_assigned", "a", 70, **own), build=False)
    with small_ledger.store.engine.connect() as connection:
        position = connection.exec_driver_sql("SELECT position FROM log_head").scalar_one()
    found = horizons(
        small_ledger.store, small_ledger.store.definitions, Until(position=position),
        at=micros(90), horizon=HORIZON, scheme="tier",
    )  # fmt: skip
    assert (list(found.past.known.segment), list(found.present.known.segment)) == (["", ""], ["gold"])


def test_a_leaving_after_the_time_of_the_prediction_is_learnt_from_by_no_row(small_ledger: Ledger) -> None:
    write(small_ledger, used("a", 5), left("a", 61), build=False)
    found = at_risk(small_ledger, 60)
    assert (list(found.past.left_in), list(found.present.left_in)) == ([0], [0])
    assert list(at_risk(small_ledger, 90).past.left_in) == [0, 1]


def test_who_had_left_by_then_as_is_known_only_now_is_left_out_and_counted(clocked: Ledger, clock: SetClock) -> None:
    clock.now = micros(150)
    write(clocked, *[event for event in lives(300) if event["occurred_at"] < iso(150)], used("late", 10), build=False)
    clock.now = micros(241)
    write(clocked, left("late", 120), *[event for event in lives(300) if event["occurred_at"] >= iso(150)])
    strict = evaluate(clocked.store, at=micros(150), horizon=HORIZON)
    ranking = figure(strict, "prediction_ranking", "auc")
    assert ranking.excluded == {"gone": 1}
    assert ranking.by["trained_known_at"] == iso(150)
    hindsight = evaluate(clocked.store, at=micros(150), horizon=HORIZON, known_at=micros(241))
    assert figure(hindsight, "prediction_ranking", "auc").excluded == {}
    assert figure(hindsight, "prediction_ranking", "auc").n == ranking.n
    training = [figure(rows, "hazard_training", "share").numerator for rows in (strict, hindsight)]
    assert training == [training[0], training[0] + 1]


def test_what_is_foretold_from_the_whole_log_is_what_a_log_that_ended_then_foretold(
    clocked: Ledger, clock: SetClock, quick_ledger: Ledger
) -> None:
    segment = {"data_scheme": "tier", "data_segment": "gold"}
    before = [
        *(event for event in lives(300) if event["occurred_at"] < iso(150)),
        *(told("customer.segment_assigned", f"c{number}", 30, **segment) for number in range(0, 300, 3)),
        *(complained("taken back", day) for day in (20, 140)),
        told("feedback.received", "taken back", 149, "mistaken", data_kind="complaint"),
        told("stage.entered", "corrected", 100, "entered", data_stage="use"),
        *(used(name, 10) for name in ("old", "new", "one", "two")),
        told("customer.merged", "one", 50, "merge", data_from="two", data_into="one"),
    ]
    since = [
        *(event for event in lives(300) if event["occurred_at"] >= iso(150)),
        *(complained(f"c{number}", 145) for number in range(300)),
        told("customer.segment_assigned", "new", 200, data_valid_from=iso(20), **segment),
        told("event.retracted", "taken back", 200, data_source="test", data_event_id="mistaken"),
        told("stage.corrected", "corrected", 200, data_source="test", data_event_id="entered", data_stage="renewal"),
        told("customer.merged", "new", 200, data_from="old", data_into="new"),
        told("customer.unmerged", "one", 200, data_source="test", data_event_id="merge"),
    ]
    clock.now = micros(150)
    write(clocked, *before, build=False)
    write(quick_ledger, *before, build=False)
    clock.now = micros(241)
    write(clocked, *since, build=False)
    outlook = Outlook(horizon=HORIZON, as_of=micros(150) - 1, scheme="tier")
    known_then = replace(outlook, known_at=micros(150))
    for asked in (model, risks):
        then = [row.figure for row in asked(quick_ledger.store, outlook)]
        assert [row.figure for row in asked(clocked.store, known_then)] == then
        assert [row.figure for row in asked(clocked.store, outlook)] != then


def test_customers_merged_since_have_the_fate_of_the_one_they_became(clocked: Ledger, clock: SetClock) -> None:
    clock.now = micros(150)
    events = lives(300)
    write(clocked, *[e for e in events if e["occurred_at"] < iso(150)], used("old", 10), used("new", 11), build=False)
    clock.now = micros(241)
    merged = told("customer.merged", "new", 200, data_from="old", data_into="new")
    write(clocked, *[e for e in events if e["occurred_at"] >= iso(150)], left("new", 160), merged)
    apart = evaluate(clocked.store, at=micros(150), horizon=HORIZON)
    events_of = figure(apart, "prediction_ranking", "auc").numerator
    catch_up(clocked.store)
    leavings = [event["occurred_at"] for event in events if event["type"] == "contract.terminated"]
    came = sum(iso(150) <= at < iso(180) for at in leavings)
    assert events_of == came + 2


def test_who_was_one_customer_then_and_is_several_now_is_left_out_and_counted(clocked: Ledger, clock: SetClock) -> None:
    clock.now = micros(150)
    events = lives(300)
    merged = told("customer.merged", "new", 20, "merge", data_from="old", data_into="new")
    write(clocked, *[e for e in events if e["occurred_at"] < iso(150)], used("old", 10), used("new", 11), merged)
    clock.now = micros(241)
    write(clocked, *[e for e in events if e["occurred_at"] >= iso(150)], left("new", 160))
    one = figure(evaluate(clocked.store, at=micros(150), horizon=HORIZON), "prediction_ranking", "auc")
    write(clocked, told("customer.unmerged", "new", 200, data_source="test", data_event_id="merge"))
    several = figure(evaluate(clocked.store, at=micros(150), horizon=HORIZON), "prediction_ranking", "auc")
    assert (one.excluded, several.excluded) == ({}, {"several": 1})
    assert (several.n, several.numerator) == (one.n - 1, one.numerator - 1)


def test_an_evaluation_needs_time_after_it(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(200))
    with pytest.raises(InvalidArgument, match=r"latest time to evaluate at is 2024-07-29.* or a shorter horizon"):
        evaluate(small_ledger.store, at=micros(215), horizon=HORIZON, known_at=small_ledger.store.clock())


def test_an_evaluation_says_where_the_log_was_imported_later(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(200))
    with pytest.raises(InvalidArgument, match=r"nothing was recorded by .* --known-at now"):
        evaluate(small_ledger.store, at=micros(150), horizon=HORIZON)


def test_an_evaluation_refuses_to_learn_from_too_few(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(20))
    with pytest.raises(InvalidArgument, match="not learnt from fewer than 20"):
        evaluate(small_ledger.store, at=micros(60), horizon=HORIZON, known_at=small_ledger.store.clock())


def test_where_nobody_leaves_a_rule_that_says_who_does_is_asked_for(small_ledger: Ledger) -> None:
    write(small_ledger, used("a", 5), used("a", 200), build=False)
    with pytest.raises(InvalidArgument, match=r"none of \d horizons .* give your journey's last stage a rule"):
        model(small_ledger.store, Outlook(horizon=HORIZON))


def test_what_is_too_much_to_learn_from_is_refused_before_it_is_folded(small_ledger: Ledger) -> None:
    own = [
        told("customer.segment_assigned", f"c{number}", 1, data_scheme="own", data_segment=f"s{number}")
        for number in range(80)
    ]
    write(small_ledger, *lives(200), *own, build=False)
    with pytest.raises(
        InvalidArgument, match=r"201 customers' past, cut into horizons of 1s, .* take a longer horizon, at le"
    ):
        model(small_ledger.store, Outlook(horizon=1_000_000))
    with pytest.raises(InvalidArgument, match="'own' has 80 segments, and a model that can be read takes at most 50"):
        model(small_ledger.store, Outlook(horizon=HORIZON, scheme="own"))


def test_a_horizon_longer_than_the_log_is_said_to_be_too_long(small_ledger: Ledger) -> None:
    write(small_ledger, *lives(50))
    with pytest.raises(InvalidArgument, match="take a shorter horizon"):
        model(small_ledger.store, Outlook(horizon=400 * DAY))
    with pytest.raises(InvalidArgument, match="take a shorter horizon"):
        evaluate(small_ledger.store, at=micros(90), horizon=100 * DAY, known_at=small_ledger.store.clock())


def test_an_empty_ledger_has_nothing_to_foretell(small_ledger: Ledger) -> None:
    write(small_ledger)
    with pytest.raises(InvalidArgument, match="nothing to learn from"):
        risks(small_ledger.store, Outlook())
    with pytest.raises(InvalidArgument, match="the log is empty"):
        evaluate(small_ledger.store, at=micros(1))
