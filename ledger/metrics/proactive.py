"""Who speaks first, whether a campaign is answered, and how often customers contact us around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ledger.metrics.definitions.proactive import CAMPAIGN_RESPONSE, INBOUND_AFTER_OUTREACH, PROACTIVE_RATIO
from ledger.metrics.differences import newcombe
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import mean
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import elapsed

BY_CAUSE = "event"
"""The link of a response that names the event it answers."""


class Outreach(NamedTuple):
    """A campaign's contact: when, what triggered it, when it was answered and by which link the answer is known."""

    at: int
    trigger: str
    responded_at: int | None
    link: str


def proactive_ratio(outbound: Counter[str], inbound: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of proactive contacts; `outbound` counts campaigns' contacts by yes, no and '' (unknown)."""
    within = scope.leaving_out(not_proactive=outbound["no"], unknown=outbound[""])
    return [share(PROACTIVE_RATIO, outbound["yes"], outbound["yes"] + inbound, within)]


def campaign_response(outreach: Iterable[Outreach], window: int, as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share answered within `window` µs, after how many hours, and insight against situational."""
    every = list(outreach)
    mature = [contact for contact in every if contact.at + window <= as_of]
    within = scope.leaving_out(immature=len(every) - len(mature))
    answered = [(contact, wait) for contact in mature if (wait := _wait(contact)) is not None and wait <= window]
    by_cause = [wait for contact, wait in answered if contact.link == BY_CAUSE]
    every_link, cause = within.split(link="any"), within.split(link="cause")
    return [
        share(CAMPAIGN_RESPONSE, len(answered), len(mature), every_link),
        *elapsed(CAMPAIGN_RESPONSE, [wait for _, wait in answered], every_link)[:1],
        share(CAMPAIGN_RESPONSE, len(by_cause), len(mature), cause),
        *elapsed(CAMPAIGN_RESPONSE, by_cause, cause)[:1],
        _difference(Counter(c.trigger for c in mature), Counter(c.trigger for c, _ in answered), within),
    ]


def _wait(contact: Outreach) -> int | None:
    return None if contact.responded_at is None else contact.responded_at - contact.at


def _difference(n: Counter[str], answered: Counter[str], scope: Scope) -> Figure:
    insight, situational = n["insight"], n["situational"]
    value = None
    if insight and situational:
        value = answered["insight"] / insight - answered["situational"] / situational
    compared = insight + situational
    return CAMPAIGN_RESPONSE.figure(
        "mean",
        value,
        compared if value is not None else 0,
        scope.leaving_out(other_trigger=n.total() - compared).split(compared="insight − situational"),
        interval=newcombe((answered["situational"], situational), (answered["insight"], insight)),
    )


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
