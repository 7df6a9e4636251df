"""The figures again, said plainly over the exported wire events: no fold, no SQL, nothing of the package's own."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

Wire = dict[str, Any]

ABOUT_THE_RECORD = {"event.retracted", "stage.corrected", "customer.merged", "customer.unmerged"}
LASTING = {"event.retracted", "customer.merged", "customer.unmerged", "customer.erased"}


def at(event: Wire) -> float:
    """Return when an event occurred, in seconds; a date is the start of its day in UTC."""
    text = event["occurred_at"]
    return datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00+00:00").timestamp()


def month(event: Wire) -> str:
    """Return the month in UTC of an event."""
    return datetime.fromtimestamp(at(event), UTC).strftime("%Y-%m")


class Plain:
    """A log as it stands: who is who after merges and unmerges, without what was retracted."""

    def __init__(self, events: list[Wire]) -> None:
        gone = {
            (event["customer_id"], event["data"]["source"], event["data"]["event_id"])
            for event in events
            if event["type"] == "event.retracted"
        }
        self._root = _roots(events)
        self.events = [
            event
            for event in events
            if event["type"] not in ABOUT_THE_RECORD
            and (event["type"] in LASTING or (event["customer_id"], event["source"], event["event_id"]) not in gone)
        ]

    def who(self, event: Wire) -> str:
        """Return one name for all the names of a customer."""
        name: str = event["customer_id"]
        return self._root.get(name, name)

    def of(self, kind: str) -> list[Wire]:
        """Return the events of one type."""
        return [event for event in self.events if event["type"] == kind]

    def counts(self, *keys: str) -> Counter[Any]:
        """Return how many events there are by fields of the envelope."""
        return Counter(tuple(event.get(key) or "unknown" for key in keys) for event in self.events)

    def nps(self, key: str) -> dict[str, float]:
        """Return the NPS by a field of the envelope, or by month."""
        scores: dict[str, list[float]] = defaultdict(list)
        for event in self.of("survey.responded"):
            said = event["data"]
            if said["metric"] == "nps" and (said["scale_min"], said["scale_max"]) == (0, 10):
                scores[month(event) if key == "month" else event.get(key) or "unknown"].append(said["score"])
        return {
            name: 100 * (sum(score >= 9 for score in its) - sum(score <= 6 for score in its)) / len(its)
            for name, its in scores.items()
        }

    def between(self, start: str, end: str, thing: str) -> list[float]:
        """Return the hours from the first event of one type to the first of another, of each case or other thing."""
        first: dict[Any, dict[str, float]] = defaultdict(dict)
        for event in [*self.of(start), *self.of(end)]:
            if thing == "customer" or event.get(f"{thing}_id"):
                times = first[self.who(event), event.get(f"{thing}_id") if thing != "customer" else ""]
                times[event["type"]] = min(at(event), times.get(event["type"], at(event)))
        return [(times[end] - times[start]) / 3600 for times in first.values() if start in times and end in times]

    def transitions(self) -> Counter[tuple[str, str]]:
        """Return which type follows which in each case."""
        cases: dict[Any, list[Wire]] = defaultdict(list)
        for event in self.events:
            if event.get("case_id"):
                cases[self.who(event), event["case_id"]].append(event)
        pairs: Counter[tuple[str, str]] = Counter()
        for events in cases.values():
            ordered = sorted(events, key=_in_order)
            pairs.update((one["type"], other["type"]) for one, other in pairwise(ordered))
        return pairs

    def order_days(self) -> dict[str, set[int]]:
        """Return the days in UTC on which each customer ordered."""
        days: dict[str, set[int]] = defaultdict(set)
        for event in self.of("order.placed"):
            days[self.who(event)].add(int(at(event) // 86_400))
        return days

    def days_between_orders(self) -> float:
        """Return the median days between the order days of customers."""
        return median(b - a for days in self.order_days().values() for a, b in pairwise(sorted(days)))

    def spent(self) -> dict[str, float]:
        """Return the sum of order values by currency."""
        sums: dict[str, float] = defaultdict(float)
        for event in self.of("order.placed"):
            if "value" in event["data"]:
                sums[event["data"]["currency"]] += float(event["data"]["value"])
        return sums


def _in_order(event: Wire) -> tuple[Any, ...]:
    sequence = event.get("source_sequence")
    return (at(event), event["source"], sequence is not None, sequence or 0, event["event_id"])


def _roots(events: list[Wire]) -> dict[str, str]:
    undone = {
        (event["data"]["source"], event["data"]["event_id"]) for event in events if event["type"] == "customer.unmerged"
    }
    groups: dict[str, set[str]] = {}
    for event in events:
        if event["type"] == "customer.merged" and (event["source"], event["event_id"]) not in undone:
            one, other = event["data"]["from"], event["data"]["into"]
            joined = groups.get(one, {one}) | groups.get(other, {other})
            groups.update(dict.fromkeys(joined, joined))
    return {name: min(joined) for name, joined in groups.items()}
