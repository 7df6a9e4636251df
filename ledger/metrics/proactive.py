"""Who speaks first, whether a campaign is answered, and how often customers contact us around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ledger.metrics.definitions.proactive import (
    CAMPAIGN_RESPONSE,
    INBOUND_AFTER_OUTREACH,
    PROACTIVE_RATIO,
    TRIGGER_RESPONSE,
)
from ledger.metrics.differences import newcombe
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed


class Outreach(NamedTuple):
    """A campaign's contact: when, what triggered it, when it was first answered, and first by a response naming it."""

    at: int
    trigger: str
    responded_at: int | None
    cause_responded_at: int | None


def proactive_ratio(outbound: Counter[str], inbound: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of proactive contacts; `outbound` counts campaigns' contacts by yes, no and '' (unknown)."""
    within = scope.leaving_out(not_proactive=outbound["no"], unknown=outbound[""])
    return [share(PROACTIVE_RATIO, outbound["yes"], outbound["yes"] + inbound, within)]


def campaign_response(outreach: Iterable[Outreach], window: int, as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share answered within `window` µs, and after how many hours, by any link and by a named cause."""
    mature, within = _mature(outreach, window, as_of, scope)
    figures = []
    answers = {
        "any": [(contact.at, contact.responded_at) for contact in mature],
        "cause": [(contact.at, contact.cause_responded_at) for contact in mature],
    }
    for link, answered in answers.items():
        waits = [wait for at, answer in answered if (wait := _wait(at, answer, window)) is not None]
        split = within.split(link=link)
        figures += [share(CAMPAIGN_RESPONSE, len(waits), len(mature), split), *elapsed(CAMPAIGN_RESPONSE, waits, split)]
    return figures


def trigger_response(outreach: Iterable[Outreach], window: int, as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share answered of what an insight triggered minus that of what a situation did."""
    mature, within = _mature(outreach, window, as_of, scope)
    n = Counter(contact.trigger for contact in mature)
    answered = Counter(
        contact.trigger for contact in mature if _wait(contact.at, contact.responded_at, window) is not None
    )
    insight, situational = n["insight"], n["situational"]
    value = None
    if insight and situational:
        value = answered["insight"] / insight - answered["situational"] / situational
    figure = TRIGGER_RESPONSE.figure(
        "difference",
        value,
        insight + situational if value is not None else 0,
        within.leaving_out(other_trigger=n.total() - insight - situational),
        interval=newcombe((answered["situational"], situational), (answered["insight"], insight)),
    )
    return [figure]


def _mature(outreach: Iterable[Outreach], window: int, as_of: int, scope: Scope) -> tuple[list[Outreach], Scope]:
    every = list(outreach)
    mature = [contact for contact in every if contact.at + window <= as_of]
    return mature, scope.leaving_out(immature=len(every) - len(mature))


def _wait(at: int, answered_at: int | None, window: int) -> int | None:
    """Return how long a contact waited for its answer; None where none came within the window."""
    return None if answered_at is None or answered_at - at > window else answered_at - at


def inbound_after_outreach(
    weeks: Iterable[tuple[int, int, int, int]], span: int, as_of: int, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the mean contacts before and after, and their difference, of (at, first event, before, after)."""
    pairs: list[tuple[int, int]] = []
    immature = not_observed = 0
    for at, first_at, before, after in weeks:
        if at + span > as_of:
            immature += 1
        elif at - span < first_at:
            not_observed += 1
        else:
            pairs.append((before, after))
    within = scope.leaving_out(immature=immature, not_observed=not_observed)
    times = {
        "before": [before for before, _ in pairs],
        "after": [after for _, after in pairs],
        "difference": [after - before for before, after in pairs],
    }
    return [_mean(numbers, within.split(time=time)) for time, numbers in times.items()]


def _mean(numbers: list[int], scope: Scope) -> Figure:
    squares = sum(number * number for number in numbers)
    return mean(INBOUND_AFTER_OUTREACH, len(numbers), sum(numbers), scope, squares=squares)
