"""How alike the answers are that one company gets on its channels, and from one customer over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import fsum, sqrt
from statistics import median

from msgspec import Struct

from ledger.metrics.definitions.omnichannel import (
    CHANNEL_CONSISTENCY,
    CHANNEL_SCORES,
    CONSISTENCY_OVER_TIME,
    LAST_ANSWER,
)
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


def _as_percentage(channel: Channel) -> Interval:
    ends = wilson(channel.counts[100], channel.n)
    return ends and (100 * ends[0], 100 * ends[1])


def _as_net(channel: Channel) -> Interval:
    return adjusted_wald(channel.counts[100], channel.counts[-100], channel.n)


_SCORE = Reading("score", lambda score: score, _as_score)

READINGS: dict[str, tuple[Reading, ...]] = {
    "nps": (Reading("net", lambda score: 100 if score >= 9 else -100 if score <= 6 else 0, _as_net),),
    "csat": (Reading("top_two", lambda score: 100 if score >= 4 else 0, _as_percentage), _SCORE),
    "ces": (_SCORE,),
}


def channel_scores(survey: str, answered: Answered, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean of the answers on each channel, in each way of reading them."""
    counts, within = _counted(survey, answered, scope)
    figures = []
    for reading in READINGS[survey]:
        channels, unknown = _read(reading, counts)
        at = within.split(scored_as=reading.name).leaving_out(unknown_channel=unknown)
        figures += [_score(reading, channel, at.split(channel=name)) for name, channel in channels.items()]
    return figures


def _score(reading: Reading, channel: Channel, scope: Scope) -> Figure:
    at = scope.split(compared="yes" if channel.n >= ENOUGH else "no")
    total, interval = float(channel.total), reading.interval(channel)
    return CHANNEL_SCORES.figure("mean", float(channel.mean), channel.n, at, interval=interval, numerator=total)


def channel_consistency(survey: str, answered: Answered, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how far apart the channels with enough answers are, in each way of reading them."""
    counts, within = _counted(survey, answered, scope)
    figures = []
    for reading in READINGS[survey]:
        channels, unknown = _read(reading, counts)
        compared = [channel for channel in channels.values() if channel.n >= ENOUGH]
        n = sum(channel.n for channel in compared)
        few = sum(channel.n for channel in channels.values()) - n
        at = within.split(scored_as=reading.name, channels=len(compared)).leaving_out(few=few, unknown_channel=unknown)
        reach, between, explained = _distances(compared, n)
        figures += [
            CHANNEL_CONSISTENCY.figure("range", reach, n, at),
            CHANNEL_CONSISTENCY.figure("variance", between, n, at),
            CHANNEL_CONSISTENCY.figure("eta_squared", explained, n, at),
        ]
    return figures


def _counted(survey: str, answered: Answered, scope: Scope) -> tuple[Counter[tuple[str, float]], Scope]:
    """Return how often each score was given on each channel, and the scope without other scales."""
    counts: Counter[tuple[str, float]] = Counter()
    other = 0
    for channel, scale, score, n in answered:
        if scale == SCALES[survey]:
            counts[channel, score] += n
        else:
            other += n
    return counts, scope.split(survey=survey).leaving_out(other_scale=other)


def _read(reading: Reading, counts: Counter[tuple[str, float]]) -> tuple[dict[str, Channel], int]:
    """Return the answers of each channel by name, and how many name none."""
    read: dict[str, Counter[int | Fraction]] = {}
    for (channel, score), n in sorted(counts.items()):
        read.setdefault(channel, Counter())[reading.value(Fraction(score))] += n
    unknown = read.pop("", Counter()).total()
    return {name: Channel(values) for name, values in read.items()}, unknown


def _distances(channels: list[Channel], n: int) -> tuple[float | None, float | None, float | None]:
    """Return the range of the channels' means, the variance between them, and its share of all variance."""
    if len(channels) < 2:
        return None, None, None
    means = [channel.mean for channel in channels]
    total = sum((channel.total for channel in channels), Fraction(0))
    middle = total / n
    between = sum((channel.n * (channel.mean - middle) ** 2 for channel in channels), Fraction(0))
    of_all = sum((channel.squares for channel in channels), Fraction(0)) - total * middle
    return float(max(means) - min(means)), float(between / n), float(between / of_all) if of_all else None


def consistency_over_time(survey: str, customers: Iterable[History], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the pooled standard deviation within customers, and the answers it rests on."""
    several, at = _several(survey, customers, scope)
    squares = fsum(fsum((score - _mean(history)) ** 2 for _, score in history) for history in several)
    answers = sum(len(history) for history in several)
    freedom = answers - len(several)
    return [
        CONSISTENCY_OVER_TIME.figure("deviation", sqrt(squares / freedom) if freedom else None, len(several), at),
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
