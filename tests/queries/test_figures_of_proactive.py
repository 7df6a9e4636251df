"""Who speaks first, whether campaigns are answered, and customers' own contacts around them."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import Wire, figures, numbers, only, told, values, write

DAY = 86_400_000_000


def contacted(customer: str, days: float, *name: str, **own: Any) -> Wire:
    own = {"data_campaign": "spring", **own}
    return told("campaign.contacted", customer, days, *name, direction="outbound", **own)


def responded(customer: str, days: float, cause: str | None = None, **own: Any) -> Wire:
    more = {} if cause is None else {"causation_id": cause}
    return told("campaign.responded", customer, days, direction="inbound", **more, **own)


def asked(customer: str, days: float, **more: Any) -> Wire:
    return told("question.asked", customer, days, direction="inbound", data_topic="price", **more)


def until(days: float) -> Wire:
    return told("note.added", "watcher", days, data_text="end")


def test_the_ratio_is_of_proactive_contacts_and_inbound_ones(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        contacted("a", 1, data_proactive=True, channel="email"),
        contacted("a", 2, data_proactive=False, channel="email"),
        contacted("a", 3, channel="email"),
        asked("a", 4, channel="email"),
        asked("b", 5, channel="phone"),
        responded("a", 6, data_campaign="spring"),
        told("page.viewed", "a", 7, direction="inbound"),
    )
    (row,) = figures(small_ledger, "proactive_ratio")
    assert (row.figure.value, row.figure.n, row.figure.excluded) == (1 / 3, 3, {"not_proactive": 1, "unknown": 1})
    assert (row.figure.low, row.figure.high) == wilson(1, 3)
    assert values(figures(small_ledger, "proactive_ratio", by=["channel"]), "channel") == {"email": 0.5, "phone": 0.0}
    assert numbers(figures(small_ledger, "proactive_ratio", by=["stage"]), "stage") == {
        "awareness": 1, "consideration": 2,
    }  # fmt: skip


def test_a_response_counts_within_its_window_of_what_had_so_long(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        contacted("a", 0, "one", data_trigger="insight"),
        responded("a", 2, "one"),
        contacted("b", 0, data_trigger="insight"),
        responded("b", 31, data_campaign="spring"),
        contacted("c", 0, data_trigger="situational"),
        responded("c", 1, data_campaign="spring"),
        contacted("d", 0),
        contacted("e", 20, "late", data_trigger="insight"),
        responded("e", 21, "late"),
        until(40),
    )
    rows = figures(small_ledger, "campaign_response", "share")
    assert {row.figure.by["link"]: (row.figure.numerator, row.figure.n) for row in rows} == {
        "any": (2, 4), "cause": (1, 4),
    }  # fmt: skip
    assert rows[0].figure.excluded == {"immature": 1}
    assert values(figures(small_ledger, "campaign_response", "median"), "link") == {"any": 36, "cause": 48}
    split = figures(small_ledger, "campaign_response", "share", by=["trigger"])
    assert values([row for row in split if row.figure.by["link"] == "any"], "trigger") == {
        "insight": 0.5, "situational": 1.0, "unknown": 0.0,
    }  # fmt: skip
    (difference,) = figures(small_ledger, "trigger_response")
    assert (difference.figure.value, difference.figure.n) == (-0.5, 3)
    assert difference.figure.excluded == {"immature": 1, "other_trigger": 1}
    assert difference.figure.low is not None
    assert difference.figure.low < -0.5
    longer = figures(small_ledger, "campaign_response", "share", within=31 * DAY)
    assert longer[0].figure.numerator == 3


def test_an_answer_within_the_window_counts_though_one_that_names_its_cause_comes_after_it(
    small_ledger: Ledger,
) -> None:
    answers = (responded("a", 2, data_campaign="spring"), responded("a", 35, "one", data_campaign="spring"))
    write(small_ledger, contacted("a", 0, "one"), *answers, until(80))
    for within, shares, hours in ((30, [1, 0], [48, None]), (60, [1, 1], [48, 840])):
        asked_of = {"within": within * DAY}
        assert [row.figure.value for row in figures(small_ledger, "campaign_response", "share", **asked_of)] == shares
        assert [row.figure.value for row in figures(small_ledger, "campaign_response", "median", **asked_of)] == hours


def test_without_both_triggers_there_is_no_difference(small_ledger: Ledger) -> None:
    write(small_ledger, contacted("a", 0, data_trigger="insight"), until(40))
    (row,) = figures(small_ledger, "trigger_response")
    assert (row.figure.value, row.figure.n, row.figure.low) == (None, 0, None)


def test_a_response_before_its_cause_counts_with_a_negative_time(small_ledger: Ledger) -> None:
    write(small_ledger, contacted("a", 2, "one"), responded("a", 1, "one"), until(40))
    assert figures(small_ledger, "campaign_response", "share")[0].figure.value == 1
    median = only(figures(small_ledger, "campaign_response", "median"), link="any")
    assert (median.figure.value, median.figure.negative) == (-24, 1)


def test_a_late_response_finds_its_campaign_and_a_retracted_one_leaves_it_unanswered(small_ledger: Ledger) -> None:
    write(small_ledger, contacted("a", 1, "one"), until(40))
    assert figures(small_ledger, "campaign_response", "share")[0].figure.value == 0
    write(small_ledger, {**responded("a", 2, "one"), "event_id": "answer"}, build=False)
    small_ledger.catch_up()
    assert figures(small_ledger, "campaign_response", "share")[0].figure.value == 1
    write(small_ledger, told("event.retracted", "a", 41, data_source="test", data_event_id="answer"), build=False)
    small_ledger.catch_up()
    assert figures(small_ledger, "campaign_response", "share")[0].figure.value == 0


def test_inbound_contacts_are_compared_over_whole_weeks_that_were_observed(ledger: Ledger) -> None:
    write(
        ledger,
        told("page.viewed", "a", 0),
        asked("a", 5),
        contacted("a", 10, data_proactive=True),
        asked("a", 11),
        asked("a", 17),
        asked("a", 17.01),
        told("page.viewed", "b", 0),
        asked("b", 4),
        asked("b", 9),
        contacted("b", 10, data_proactive=True),
        contacted("new", 10),
        contacted("b", 38),
        until(40),
    )
    rows = figures(ledger, "inbound_after_outreach")
    assert values(rows, "time") == {"before": 1.5, "after": 1.0, "difference": -0.5}
    assert rows[0].figure.n == 2
    assert rows[0].figure.excluded == {"immature": 1, "not_observed": 1}
    difference = only(rows, time="difference").figure
    assert difference.low is not None
    assert difference.low < -0.5 < (difference.high or 0)
    assert numbers(figures(ledger, "inbound_after_outreach", by=["proactive"]), "proactive", "time")[
        "unknown", "before"
    ] == 0  # fmt: skip


def test_campaigns_are_split_by_what_they_said_and_where_they_came(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="gold"),
        contacted("a", 1, data_trigger="insight", data_proactive=True, channel="email", department="sales"),
        contacted("b", 40, data_campaign="winter", data_proactive=False),
        until(100),
    )
    for by, expected in {
        "campaign": {"spring", "winter"}, "trigger": {"insight", "unknown"}, "proactive": {"yes", "no"},
        "channel": {"email", "unknown"}, "department": {"sales", "unknown"}, "segment:tier": {"gold", "unknown"},
        "month": {"2024-01", "2024-02"}, "stage": {"awareness"},
    }.items():  # fmt: skip
        assert {row.figure.by[by] for row in figures(small_ledger, "campaign_response", by=[by])} == expected
