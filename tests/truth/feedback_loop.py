"""The feedback loop: its legs, what was closed in time, sent to the wrong place or never answered, counted plainly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from statistics import mean, median, quantiles
from typing import Any, NamedTuple

from tests.truth.known import Known, one, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000

LEGS = {
    "dispatch": ("feedback.received", "feedback.dispatched"),
    "solve": ("feedback.dispatched", "feedback.resolved"),
    "communicate": ("feedback.resolved", "feedback.communicated"),
    "whole": ("feedback.received", "feedback.communicated"),
}
ORDER = ("feedback.received", "feedback.dispatched", "feedback.resolved", "feedback.communicated")


class File(NamedTuple):
    """Everything that one person's case_id was on, in order."""

    life: Life
    case_id: str
    events: list[Happening]

    @property
    def begin(self) -> Happening:
        return self.events[0]

    def of(self, *types: str) -> list[Happening]:
        return [event for event in self.events if event.type in types]

    def first(self, type_: str) -> int | None:
        return next((event.at for event in self.events if event.type == type_), None)

    def month(self, opening: str) -> str:
        at = self.first(opening)
        return datetime.fromtimestamp((self.begin.at if at is None else at) / 1_000_000, UTC).strftime("%Y-%m")

    def region(self) -> str:
        return self.begin.segments.get("region", "unknown")

    def channel(self) -> str:
        return self.begin.get("channel") or "unknown"


def files(lives: Iterable[Life], family: str) -> list[File]:
    """Return the files in which something of that family (`case.`, `feedback.`) happened."""
    found = []
    for life in lives:
        of: dict[str, list[Happening]] = defaultdict(list)
        for event in life.events:
            if event.get("case_id"):
                of[event.get("case_id")].append(event)
        found += [
            File(life, name, its) for name, its in of.items() if any(event.type.startswith(family) for event in its)
        ]
    return found


def survived(ended: list[float], still_open: list[float], share: float) -> float | None:
    """Return when so large a share has ended, by Kaplan and Meier's product, worked out from end to end."""
    at_risk, lasting = len(ended) + len(still_open), 1.0
    times = sorted([(time, 0) for time in ended] + [(time, 1) for time in still_open])
    for time, cut in times:
        if not cut:
            lasting *= 1 - 1 / at_risk
            if lasting <= 1 - share + 1e-12:
                return time
        at_risk -= 1
    return None


def nine_tenths(values: list[float]) -> float:
    """Return the 90th percentile, linear."""
    return quantiles(values, n=10, method="inclusive")[8]


def _received(lives: list[Life]) -> list[File]:
    return [file for file in files(lives, "feedback.") if file.first("feedback.received") is not None]


def _leg(lives: list[Life], leg: str) -> tuple[list[float], list[float]]:
    """Return the days of those that went through the leg, and of those still on it."""
    until = observed_until(lives)
    start, end = LEGS[leg]
    ended, still_open = [], []
    for file in _received(lives):
        begun, over = file.first(start), file.first(end)
        if begun is not None and over is not None:
            ended.append((over - begun) / DAY)
        elif begun is not None and not file.of(*ORDER[ORDER.index(end) :]):
            still_open.append((until - begun) / DAY)
    return ended, still_open


def _estimates(share: float) -> Callable[[list[Life]], dict[str, float | None]]:
    return lambda lives: {leg: survived(*_leg(lives, leg), share) for leg in LEGS}


def _completed(of: Callable[[list[float]], float]) -> Callable[[list[Life]], dict[str, float]]:
    return lambda lives: {leg: of(_leg(lives, leg)[0]) for leg in LEGS}


def _mature(lives: list[Life], days: int) -> list[File]:
    until = observed_until(lives)
    return [file for file in _received(lives) if (file.first("feedback.received") or 0) + days * DAY <= until]


def _closed(days: int, of: Callable[[File], Any] = lambda _: "") -> Callable[[list[Life]], Any]:
    def truth(lives: list[Life]) -> Any:
        counted: dict[Any, list[bool]] = defaultdict(list)
        for file in _mature(lives, days):
            back, received = file.first("feedback.communicated"), file.first("feedback.received")
            counted[of(file)].append(back is not None and received is not None and back - received <= days * DAY)
        shares = {key: mean(closed) for key, closed in counted.items()}
        return shares.get("", shares)

    return truth


def _kind(file: File) -> str:
    return str(file.of("feedback.received")[0].data["kind"])


def _wrong(lives: list[Life]) -> list[bool]:
    sent = [[event.data["department"] for event in file.of("feedback.dispatched")] for file in _received(lives)]
    return [any(one != other for one, other in pairwise(places)) for places in sent if places]


def _silent(lives: list[Life]) -> int:
    return sum(not file.of(*ORDER[1:]) for file in _mature(lives, 30))


FIGURES = (
    *(
        Known(
            f"{statistic} days of each leg of the loop, open ones censored",
            "metrics loop_legs",
            lambda rows, statistic=statistic: split(rows, statistic, "leg", method="kaplan_meier"),  # type: ignore[misc]
            _estimates(share),
        )
        for statistic, share in (("median", 0.5), ("p90", 0.9))
    ),
    Known(
        "median days of each leg, completed only",
        "metrics loop_legs",
        lambda rows: split(rows, "median", "leg", method="completed"),
        _completed(median),
    ),
    Known(
        "90th percentile of each leg, completed only",
        "metrics loop_legs",
        lambda rows: split(rows, "p90", "leg", method="completed"),
        _completed(nine_tenths),
    ),
    Known(
        "loops on each leg at the end",
        "metrics loop_legs",
        lambda rows: split(rows, "median", "leg", method="kaplan_meier", field="n"),
        lambda lives: {leg: sum(map(len, _leg(lives, leg))) for leg in LEGS},
    ),
    Known("loops closed within 30 days", "metrics closed_loop", lambda rows: one(rows, "share"), _closed(30)),
    Known(
        "loops closed within 10 days, by kind of feedback",
        "metrics closed_loop --within 10d --by kind",
        lambda rows: split(rows, "share", "kind"),
        _closed(10, _kind),
    ),
    Known(
        "loops closed within 30 days, by region",
        "metrics closed_loop --by segment:region",
        lambda rows: split(rows, "share", "segment:region"),
        _closed(30, File.region),
    ),
    Known(
        "loops closed within 30 days, by month",
        "metrics closed_loop --by month",
        lambda rows: {row["month"]: row["value"] for row in rows if row["n"]},
        _closed(30, lambda file: file.month("feedback.received")),
    ),
    Known(
        "loops too young to be judged",
        "metrics closed_loop",
        lambda rows: one(rows, "share", "excluded").get("immature", 0),
        lambda lives: len(_received(lives)) - len(_mature(lives, 30)),
    ),
    Known(
        "share of dispatches that went wrong",
        "metrics wrong_dispatch",
        lambda rows: one(rows, "share"),
        lambda lives: mean(_wrong(lives)),
    ),
    Known("loops never answered", "metrics never_answered", lambda rows: one(rows, "count"), _silent),
)
