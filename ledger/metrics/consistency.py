"""How alike the answers are that one company gets on its channels, and from one customer over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import fsum, sqrt
from statistics import median

from msgspec import Struct

from ledger.metrics.definitions.omnichannel import CHANNEL_CONSISTENCY, CONSISTENCY_OVER_TIME, LAST_ANSWER
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import student
from ledger.metrics.proportions import share, wilson
from ledger.metrics.quantiles import spread
from ledger.metrics.ratings import SCALES
from ledger.metrics.scores import adjusted_wald

ENOUGH = 30
"""Answers that a channel needs to be compared with another."""

Answered = Iterable[tuple[str, str, float, int]]
"""Rows of (channel, '' unknown; scale as in `0-10`; score; how many)."""

History = Sequence[tuple[int, float]]
"""One customer's answers to one survey on one scale: (instant in microseconds, score), in the order of time."""

Interval = tuple[float, float] | None


class Reading(Struct, frozen=True):
    """A way of reading an answer as a number, and how the interval of a mean of such numbers is made."""

    name: str
    unit: str
    value: Callable[[Fraction], int | Fraction]
    interval: Callable[[Channel], Interval]


class Channel(Struct, frozen=True):
    """The answers of one channel, by what they are read as."""

    counts: Counter[int | Fraction]

    @property
    def n(self) -> int:
        return self.counts.total()

    @property
    def total(self) -> Fraction:
        return sum((value * Fraction(n) for value, n in self.counts.items()), Fraction(0))

    @property
    def squares(self) -> Fraction:
        return sum((value * value * Fraction(n) for value, n in self.counts.items()), Fraction(0))

    @property
    def mean(self) -> Fraction:
        return self.total / self.n


def _as_score(channel: Channel) -> Interval:
    return student(channel.n, channel.total, channel.squares)


def _as_share(channel: Channel) -> Interval:
    return wilson(channel.counts[1], channel.n)


def _as_net(channel: Channel) -> Interval:
    return adjusted_wald(channel.counts[100], channel.counts[-100], channel.n)


_SCORE = Reading("score", "score", lambda score: score, _as_score)

READINGS: dict[str, tuple[Reading, ...]] = {
    "nps": (Reading("net", "points", lambda score: 100 if score >= 9 else -100 if score <= 6 else 0, _as_net),),
    "csat": (Reading("top_two", "share", lambda score: int(score >= 4), _as_share), _SCORE),
    "ces": (_SCORE,),
}


def channel_consistency(survey: str, answered: Answered, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return each channel's mean, and how far apart the channels with enough answers are, in each way of reading."""
    counts: Counter[tuple[str, float]] = Counter()
    other = 0
    for channel, scale, score, n in answered:
        if scale == SCALES[survey]:
            counts[channel, score] += n
        else:
            other += n
    within = scope.split(survey=survey).leaving_out(other_scale=other)
    return [figure for reading in READINGS[survey] for figure in _compared(reading, counts, within)]


def _compared(reading: Reading, counts: Counter[tuple[str, float]], scope: Scope) -> list[Figure]:
    read: dict[str, Counter[int | Fraction]] = {}
    for (channel, score), n in sorted(counts.items()):
        read.setdefault(channel, Counter())[reading.value(Fraction(score))] += n
    unknown = read.pop("", Counter()).total()
    channels = {name: Channel(values) for name, values in read.items()}
    compared = {name: channel for name, channel in channels.items() if channel.n >= ENOUGH}
    few = sum(channel.n for channel in channels.values()) - sum(channel.n for channel in compared.values())
    at = scope.split(scored_as=reading.name)
    means = [
        CHANNEL_CONSISTENCY.figure(
            "mean",
            float(channel.mean),
            channel.n,
            Scope({**at.by, "channel": name, "compared": "yes" if name in compared else "no"}),
            interval=reading.interval(channel),
            numerator=float(channel.total),
            unit=reading.unit,
        )
        for name, channel in channels.items()
    ]
    return [*means, *_differences(reading, list(compared.values()), at.leaving_out(few=few, unknown_channel=unknown))]


def _differences(reading: Reading, channels: list[Channel], scope: Scope) -> list[Figure]:
    n = sum(channel.n for channel in channels)
    values = dict.fromkeys(("range", "between_variance", "eta_squared"), None) | _distances(channels, n)
    units = {"range": reading.unit, "between_variance": f"{reading.unit}²", "eta_squared": "share"}
    return [
        CHANNEL_CONSISTENCY.figure(
            "score", value, n, scope.split(measure=name, channels=len(channels)), unit=units[name]
        )
        for name, value in values.items()
    ]


def _distances(channels: list[Channel], n: int) -> dict[str, float | None]:
    if len(channels) < 2:
        return {}
    means = [channel.mean for channel in channels]
    total = sum((channel.total for channel in channels), Fraction(0))
    middle = total / n
    between = sum((channel.n * (channel.mean - middle) ** 2 for channel in channels), Fraction(0))
    of_all = sum((channel.squares for channel in channels), Fraction(0)) - total * middle
    return {
        "range": float(max(means) - min(means)),
        "between_variance": float(between / n),
        "eta_squared": float(between / of_all) if of_all else None,
    }


def consistency_over_time(survey: str, customers: Iterable[History], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the pooled standard deviation within customers, and the answers it rests on."""
    several, at = _several(survey, customers, scope)
    squares = fsum(fsum((score - _mean(history)) ** 2 for _, score in history) for history in several)
    answers = sum(len(history) for history in several)
    freedom = answers - len(several)
    return [
        CONSISTENCY_OVER_TIME.figure("score", sqrt(squares / freedom) if freedom else None, len(several), at),
        CONSISTENCY_OVER_TIME.figure("count", answers, len(several), at),
    ]


def last_answer(survey: str, customers: Iterable[History], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return where the last answers lie against each customer's own median of the earlier ones."""
    several, at = _several(survey, customers, scope)
    settled = [history for history in several if history[-1][0] != history[-2][0]]
    at = at.leaving_out(tied=len(several) - len(settled))
    differences = [history[-1][1] - median(score for _, score in history[:-1]) for history in settled]
    n = len(differences)
    counts = {
        "below": sum(difference < 0 for difference in differences),
        "equal": sum(difference == 0 for difference in differences),
        "above": sum(difference > 0 for difference in differences),
    }
    return [
        *(share(LAST_ANSWER, count, n, at.split(last=name)) for name, count in counts.items()),
        LAST_ANSWER.figure("median", spread(differences).median, n, at),
    ]


def _several(survey: str, customers: Iterable[History], scope: Scope) -> tuple[list[History], Scope]:
    histories = list(customers)
    several = [history for history in histories if len(history) > 1]
    return several, scope.split(survey=survey).leaving_out(one_answer=len(histories) - len(several))


def _mean(history: History) -> float:
    return fsum(score for _, score in history) / len(history)
