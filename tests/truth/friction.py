"""Task success, productive minutes and friction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import fmean

from ledger.events.contacts import TOUCHPOINTS
from tests.truth.known import Known, one, split
from tests.truth.lives import Happening, Life
from tests.truth.omnichannel import achieved, ending, interactions

KINDS = {
    "obstacle.hit": "obstacle",
    "interaction.abandoned": "abandoned",
    "payment.failed": "payment_failed",
    "opportunity.unsupported": "unsupported",
}

ACHIEVED = 0.78
"""The share of completed interactions that the simulator lets achieve their objective."""


def _known(lives: list[Life]) -> Iterator[tuple[list[Happening], bool]]:
    """Yield the interactions whose success is known; what was given up did not succeed."""
    for life in lives:
        for events in interactions(life):
            end = ending(events)
            said = achieved(events)
            if end is not None and (end.type == "interaction.abandoned" or said is not None):
                yield events, end.type != "interaction.abandoned" and bool(said)


def _success_by_channel(lives: list[Life]) -> dict[str, float]:
    found: dict[str, list[bool]] = defaultdict(list)
    for events, success in _known(lives):
        channels = [event.get("channel") for event in events if event.get("channel")]
        found[channels[0] if channels else "unknown"].append(success)
    return {channel: fmean(successes) for channel, successes in found.items()}


def _productive(lives: list[Life]) -> float:
    minutes: Counter[bool] = Counter()
    for events, success in _known(lives):
        starts = [event.at for event in events if event.type == "interaction.started"]
        end = ending(events)
        if starts and end is not None:
            minutes[success] += end.at - starts[0]
    return minutes[True] / minutes.total()


def _friction(lives: list[Life]) -> dict[tuple[str, str], float]:
    met: dict[str, Counter[str]] = defaultdict(Counter)
    for life in lives:
        for event in life.of(*TOUCHPOINTS):
            met[event.stage or "unknown"][KINDS.get(event.type, "")] += 1
    return {
        (stage, kind): (counts[kind] if kind != "any" else counts.total() - counts[""]) / counts.total()
        for stage, counts in met.items()
        for kind in (*KINDS.values(), "any")
    }


def _causes(lives: list[Life]) -> dict[str, int]:
    causes: Counter[str] = Counter({"people": 0, "process": 0, "technology": 0})
    causes.update(event.data["cause"] for life in lives for event in life.of("obstacle.hit") if "cause" in event.data)
    return causes


def _painless(lives: list[Life]) -> dict[str, float]:
    met: dict[str, dict[str, bool]] = defaultdict(dict)
    for life in lives:
        for event in life.of(*TOUCHPOINTS):
            of_region = met[event.segments.get("region", "unknown")]
            of_region[life.customer_id] = of_region.get(life.customer_id, False) or event.type in KINDS
    return {region: fmean(not any_met for any_met in customers.values()) for region, customers in met.items()}


FIGURES = (
    Known(
        "task success by channel, given up counted as failed",
        "metrics task_success --by channel",
        lambda rows: split(rows, "share", "channel", abandoned="failed"),
        _success_by_channel,
    ),
    Known(
        "task success of completed interactions, as the simulator draws it",
        "metrics task_success",
        lambda rows: (
            one(rows, "share", "low", abandoned="left_out"),
            one(rows, "share", "high", abandoned="left_out"),
        ),
        lambda _: ACHIEVED,
    ),
    Known("productive minutes", "metrics productive", lambda rows: one(rows, "share"), _productive),
    Known(
        "friction by stage and kind",
        "metrics friction --by stage",
        lambda rows: split(rows, "share", "stage", "friction"),
        _friction,
    ),
    Known("obstacles by cause", "metrics obstacle_causes", lambda rows: split(rows, "count", "cause"), _causes),
    Known(
        "customers who met no friction, by region",
        "metrics painless --by segment:region",
        lambda rows: split(rows, "share", "segment:region"),
        _painless,
    ),
)
