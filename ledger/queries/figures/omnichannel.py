"""Figures of the channels together: switches, preference, self-service, containment, and the departments behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ledger.journey.channels import Channel
from ledger.metrics import handing_over
from ledger.metrics import omnichannel as channels
from ledger.metrics.counts import DIRECTIONS
from ledger.metrics.definitions.omnichannel import DIGITAL_SHARE, SELF_SERVICE_SHARE
from ledger.metrics.figure import Figure
from ledger.metrics.metric import Metric
from ledger.projections.handovers import HANDOVERS
from ledger.projections.interactions import INTERACTIONS
from ledger.queries.cut import COUNTED, PLACE, UNKNOWN, Cut
from ledger.queries.figures import consistency
from ledger.queries.view import Figures, View
from ledger.queries.window import instants, months
from ledger.store.figures.facts import fact_counts, facts
from ledger.store.figures.tallies import tallies

OF_HANDOVERS = {
    "stage": "stage",
    "channel": "channel",
    "segment": "segments",
    "month": "at",
    "kind": "kind",
    "from_department": "from_department",
    "to_department": "to_department",
}

PAIR = ("from_department", "to_department")
"""Between whom a handover is: the giver and the receiver."""

OF_INTERACTIONS = {**PLACE, "month": "first_at", "reason": "reason"}


def switch_matrix(view: View) -> list[Figure]:
    """Return how many contacts follow one on each channel, by the channel they are on."""
    cut = Cut(view.asked, COUNTED, view.context)
    rows = tallies(view.tables, "switching", (*cut.raw, "channel"), months(view.asked, view.context))
    figures = []
    for key, group in cut.groups(rows).items():
        pairs = [(before or channel, channel, n) for channel, before, value, n, _ in group if value]
        unknown = sum(n for _, _, value, n, _ in group if not value)
        figures += channels.switch_matrix(pairs, cut.scope(key).leaving_out(unknown_channel=unknown))
    return figures


def preferred_channel(view: View) -> list[Figure]:
    """Return how many touchpoints are on the channel that the customer prefers."""
    cut = Cut(view.asked, COUNTED, view.context)
    rows = tallies(view.tables, "touchpoint", (*cut.raw, "channel"), months(view.asked, view.context))
    figures = []
    for key, group in cut.groups(rows).items():
        suiting: dict[str, Counter[str]] = {}
        for channel, suits, direction, n, _ in group:
            named = suits or ("no_preference" if channel else "unknown_channel")
            suiting.setdefault(DIRECTIONS[direction], Counter())[named] += n
        figures += channels.preferred_channel(suiting, cut.scope(key))
    return figures


def digital_share(view: View) -> list[Figure]:
    """Return how many touchpoints are on digital channels."""
    return _channel_share(view, DIGITAL_SHARE, lambda channel: channel.modality == "digital")


def self_service_share(view: View) -> list[Figure]:
    """Return how many touchpoints are on channels in which no human of ours takes part."""
    return _channel_share(view, SELF_SERVICE_SHARE, lambda channel: channel.assistance == "unassisted")


def _channel_share(view: View, metric: Metric, such: Callable[[Channel], bool]) -> list[Figure]:
    natures = {name: "yes" if such(channel) else "no" for name, channel in view.context.channels.items()}
    cut = Cut(view.asked, COUNTED, view.context)
    rows = tallies(view.tables, "touchpoint", (*cut.raw, "channel"), months(view.asked, view.context))
    figures = []
    for key, group in cut.groups(rows).items():
        counts: Counter[str] = Counter()
        for channel, _, _, n, _ in group:
            counts[natures.get(channel, "unregistered") if channel else "unknown_channel"] += n
        figures += channels.channel_share(metric, counts, cut.scope(key))
    return figures


def containment(view: View) -> list[Figure]:
    """Return what becomes of interactions that enter on an unassisted channel."""
    cut = Cut(view.asked, OF_INTERACTIONS, view.context)
    columns = (*cut.raw, "assistance", "ending", "achieved", "human", "handed_over")
    rows = fact_counts(view.tables, INTERACTIONS, columns, at="first_at", within=instants(view.asked))
    figures = []
    for key, group in cut.groups(row for row in rows if row[len(cut.raw)] != "assisted").items():
        ways, left_out = _ways(group)
        figures += channels.containment(ways, cut.scope(key).leaving_out(**left_out))
    return figures


def _ways(rows: list[tuple[Any, ...]]) -> tuple[Counter[str], Mapping[str, int]]:
    ways: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for assistance, ending, achieved, human, handed_over, n in rows:
        if not assistance:
            left_out["unknown_channel"] += n
        elif not ending:
            left_out["open"] += n
        else:
            ways[channels.way(ending, achieved, human=bool(human or handed_over))] += n
    return ways, left_out


def silo_map(view: View) -> list[Figure]:
    """Return which department hands over to which.

    It is told by both departments, so neither splits it: a share is of all that the giver gave away, whichever
    receiver is asked for.
    """
    cut = Cut(view.asked.without(PAIR), OF_HANDOVERS, view.context)
    rows = fact_counts(view.tables, HANDOVERS, (*cut.raw, *PAIR), at="at", within=instants(view.asked))
    kept = [(key, value) for key, value in view.asked.where if key in PAIR]
    return [
        figure
        for key, group in cut.groups(rows).items()
        for figure in handing_over.silo_map(
            [(giver or UNKNOWN, receiver or UNKNOWN, n) for giver, receiver, n in group], cut.scope(key)
        )
        if all(figure.by[key] == value for key, value in kept)
    ]


def handover_wait(view: View) -> list[Figure]:
    """Return how long handovers wait, by giver and receiver."""
    cut = _between(view)
    rows = facts(view.tables, HANDOVERS, (*cut.raw, "wait"), at="at", within=instants(view.asked))
    return cut.figures(rows, lambda group, scope: handing_over.handover_wait([wait for (wait,) in group], scope))


def handover_bounces(view: View) -> list[Figure]:
    """Return how much comes back, by giver and receiver."""
    cut = _between(view)
    rows = fact_counts(view.tables, HANDOVERS, cut.raw, at="at", within=instants(view.asked), sums=("bounced",))
    return cut.figures(
        rows,
        lambda group, scope: handing_over.handover_bounces(
            sum(bounced for _, bounced in group), sum(n for n, _ in group), scope
        ),
    )


def _between(view: View) -> Cut:
    giver, receiver = PAIR
    return Cut(view.asked.always_by(giver).always_by(receiver), OF_HANDOVERS, view.context)


FIGURES: Figures = {
    **consistency.FIGURES,
    "switch_matrix": switch_matrix,
    "silo_map": silo_map,
    "handover_wait": handover_wait,
    "handover_bounces": handover_bounces,
    "preferred_channel_adherence": preferred_channel,
    "digital_share": digital_share,
    "self_service_share": self_service_share,
    "containment": containment,
}
