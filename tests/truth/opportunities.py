"""Unsupported opportunities: what the simulated people tried, of all their attempts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger.events.contacts import CONTACTS
from tests.truth.known import Known, one, split
from tests.truth.lives import Happening, Life
from tests.truth.omnichannel import interactions

MISSED = "opportunity.unsupported"

FILES = {
    "hours.toml": """
[[channels]]
name = "phone"
medium = "telephone"
modality = "digital"
assistance = "assisted"
hours = ["mon-fri 09:00-18:00", "sat 10:00-14:00"]

[[channels]]
name = "store"
medium = "face to face"
modality = "physical"
assistance = "assisted"
hours = ["tue-sat 10:00-20:00"]

[[channels]]
name = "web"
medium = "internet"
modality = "digital"
assistance = "unassisted"
hours = ["mon-sun 00:00-24:00"]
""",
}


class Attempt(NamedTuple):
    """Something a person tried, where, and whether it was supported."""

    person: str
    channel: str
    stage: str
    supported: bool


def _tried(event: Happening) -> str:
    return str(event.data.get("channel") or event.get("channel") or "unknown")


def _reason(event: Happening) -> str:
    return str(event.data.get("reason") or event.get("reason"))


def _missed(lives: list[Life]) -> list[Happening]:
    return [event for life in lives for event in life.of(MISSED)]


def direction(events: list[Happening]) -> str:
    """Return who began an interaction: as its start says, else as the first event that says."""
    starts = [event for event in events if event.type == "interaction.started"][:1]
    return next((str(event.get("direction")) for event in [*starts, *events] if event.get("direction")), "")


def first_channel(events: list[Happening]) -> str:
    """Return the first known channel of the steps and contacts of an interaction."""
    own = [event for event in events if event.type.startswith("interaction.") or event.type in CONTACTS]
    return next((str(event.get("channel")) for event in own if event.get("channel")), "unknown")


def _attempts(lives: list[Life]) -> list[Attempt]:
    found = []
    for life in lives:
        taken = set()
        for events in interactions(life):
            if direction(events) == "inbound":
                inside = [event.wire["event_id"] for event in events if event.type == MISSED]
                taken.update(inside)
                found.append(Attempt(life.customer_id, first_channel(events), events[0].stage, not inside))
        found += [
            Attempt(life.customer_id, _tried(event), event.stage, False)
            for event in life.of(MISSED)
            if event.wire["event_id"] not in taken
        ]
    return found


def _demand_by_stage(lives: list[Life]) -> dict[str, float]:
    by_stage: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in _attempts(lives):
        by_stage[attempt.stage or "unknown"].append(attempt)
    return {stage: sum(not a.supported for a in tried) / len(tried) for stage, tried in by_stage.items()}


def _coverage(lives: list[Life]) -> dict[str, float]:
    by_channel: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in _attempts(lives):
        by_channel[attempt.channel].append(attempt)
    return {channel: sum(a.supported for a in tried) / len(tried) for channel, tried in by_channel.items()}


def _reasons(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(_reason(event) for event in _missed(lives) if _reason(event)))


def _open(channel: str, local: datetime) -> bool | None:
    """Say whether a channel of the file is open at a local time; None where it tells no hours."""
    hour = local.hour + local.minute / 60
    if channel == "phone":
        return 9 <= hour < 18 if local.weekday() < 5 else 10 <= hour < 14 and local.weekday() == 5
    if channel == "store":
        return local.weekday() in range(1, 6) and 10 <= hour < 20
    return True if channel == "web" else None


def _hours(zone: str, lives: list[Life]) -> list[tuple[str, bool | None]]:
    """Return the channel of each opportunity, and whether it was open."""
    found = []
    for event in _missed(lives):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event.at)
        found.append((_tried(event), _open(_tried(event), at.astimezone(ZoneInfo(zone)))))
    return found


def _out_of_hours(zone: str, lives: list[Life]) -> dict[str, Any]:
    by_channel: dict[str, list[bool]] = defaultdict(list)
    for channel, is_open in _hours(zone, lives):
        if is_open is not None:
            by_channel[channel].append(not is_open)
    return {channel: sum(outside) / len(outside) for channel, outside in by_channel.items()}


FIGURES = (
    Known(
        "Unsupported opportunities, by stage and channel tried",
        "metrics unsupported --by stage,channel",
        lambda rows: split(rows, "count", "stage", "channel"),
        lambda lives: dict(Counter((event.stage or "unknown", _tried(event)) for event in _missed(lives))),
    ),
    Known(
        "Reasons why it was not supported",
        "metrics unsupported_reasons",
        lambda rows: split(rows, "count", "reason"),
        _reasons,
    ),
    Known(
        "Attempts",
        "metrics unsupported_demand",
        lambda rows: one(rows, "share", field="n"),
        lambda lives: len(_attempts(lives)),
    ),
    Known(
        "Unsupported demand, by stage",
        "metrics unsupported_demand --by stage",
        lambda rows: split(rows, "share", "stage"),
        _demand_by_stage,
    ),
    Known(
        "What each channel covers",
        "metrics channel_coverage",
        lambda rows: split(rows, "share", "channel"),
        _coverage,
    ),
    Known(
        "Customers who tried what is not supported",
        "metrics unsupported_customers",
        lambda rows: one(rows, "count"),
        lambda lives: len({attempt.person for attempt in _attempts(lives) if not attempt.supported}),
    ),
    Known(
        "Out of hours in New York, by channel tried",
        "metrics out_of_hours --channels hours.toml --zone America/New_York --by channel",
        lambda rows: {key: share for key, share in split(rows, "share", "channel").items() if share is not None},
        lambda lives: _out_of_hours("America/New_York", lives),
    ),
    Known(
        "Opportunities of which nobody said when the channel is open",
        "metrics out_of_hours --channels hours.toml",
        lambda rows: one(rows, "share", field="excluded")["unknown_hours"],
        lambda lives: sum(is_open is None for _, is_open in _hours("UTC", lives)),
    ),
)
