"""The channels together: pairs of contacts, preferences, self-service, handovers and the answers of each channel."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from statistics import fmean, median
from typing import Any, NamedTuple

from ledger.events.contacts import CONTACTS, TOUCHPOINTS
from ledger.journey.channels import default_channels
from tests.truth.known import Known, Rows, one, split
from tests.truth.lives import Happening, Life

HOUR = 3_600_000_000
WEEK = 7 * 24 * HOUR
CHANNELS = default_channels()

Pair = tuple[str, str]


class Handover(NamedTuple):
    """One department that passed something on to another; `wait` is None where nothing followed."""

    giver: str
    receiver: str
    wait: int | None
    back: bool


def interactions(life: Life) -> list[list[Happening]]:
    """Return the events of each interaction of a person."""
    found: dict[str, list[Happening]] = defaultdict(list)
    for event in life.events:
        name = event.get("interaction_id")
        if not name and event.type in ("interaction.completed", "interaction.abandoned"):
            name = f"alone {event.wire['event_id']}"
        if name:
            found[name].append(event)
    return list(found.values())


def ending(events: list[Happening]) -> Happening | None:
    """Return the last event that ended an interaction."""
    ends = [event for event in events if event.type in ("interaction.completed", "interaction.abandoned")]
    return ends[-1] if ends else None


def achieved(events: list[Happening]) -> bool | None:
    """Return what an interaction last said of its objective."""
    said = [event.data.get("objective_achieved") for event in events if event.type == "interaction.completed"]
    known = [word for word in said if word is not None]
    return known[-1] if known else None


def _pairs(lives: list[Life]) -> Counter[Pair]:
    pairs: Counter[Pair] = Counter()
    for life in lives:
        before: Happening | None = None
        for event in life.events:
            if event.type not in CONTACTS or not event.get("channel"):
                continue
            if before is not None and _follows(before, event):
                pairs[before.get("channel"), event.get("channel")] += 1
            before = event
    return pairs


def _follows(before: Happening, event: Happening) -> bool:
    same = [before.get(name) == event.get(name) != "" for name in ("case_id", "interaction_id", "channel")]
    of_one_case, of_one_interaction, on_one_channel = same
    return (event.at - before.at <= WEEK or of_one_case) and not (of_one_interaction and on_one_channel)


def _shares(pairs: Counter[Pair]) -> dict[Pair, float]:
    given: Counter[str] = Counter()
    for (giver, _), n in pairs.items():
        given[giver] += n
    return {pair: n / given[pair[0]] for pair, n in pairs.items()}


def _touchpoints(lives: list[Life]) -> Iterator[tuple[Happening, str]]:
    """Yield each touchpoint with the channel preferred then, '' where none was said."""
    for life in lives:
        preferred = ""
        for event in life.events:
            if event.type == "preference.set":
                preferred = event.data["preferred_channel"]
            elif event.type in TOUCHPOINTS:
                yield event, preferred


def _of_nature(lives: list[Life], **nature: str) -> float:
    known = [CHANNELS[event.get("channel")] for event, _ in _touchpoints(lives) if event.get("channel") in CHANNELS]
    return fmean(all(getattr(channel, name) == value for name, value in nature.items()) for channel in known)


def _adherence(lives: list[Life]) -> dict[str, float]:
    kept: dict[str, list[bool]] = defaultdict(list)
    for event, preferred in _touchpoints(lives):
        if preferred and event.get("channel"):
            kept[event.get("direction") or "undirected"].append(event.get("channel") == preferred)
    return {direction: fmean(suits) for direction, suits in kept.items()}


def _ways(lives: list[Life]) -> dict[str, float]:
    ways: Counter[str] = Counter()
    for life in lives:
        for events in interactions(life):
            channels = [event.get("channel") for event in events if event.get("channel")]
            end = ending(events)
            if end is not None and channels and CHANNELS[channels[0]].assistance == "unassisted":
                ways[_way(events, channels, end)] += 1
    return {way: n / ways.total() for way, n in ways.items()}


def _way(events: list[Happening], channels: list[str], end: Happening) -> str:
    actors = {(event.get("actor") or {}).get("type") for event in events}
    handed_over = any(event.type == "interaction.handed_over" for event in events)
    if (
        handed_over
        or actors & {"agent", "partner"}
        or any(CHANNELS[name].assistance == "assisted" for name in channels)
    ):
        return "human"
    if end.type == "interaction.abandoned":
        return "abandoned"
    return "unachieved" if achieved(events) is False else "contained"


def _handovers(lives: list[Life]) -> list[Handover]:
    found: list[Handover] = []
    for life in lives:
        threads: dict[str, list[Happening]] = defaultdict(list)
        for event in life.events:
            name = event.get("case_id") or event.get("interaction_id")
            if name:
                threads[name].append(event)
        for events in threads.values():
            found += _passed(events)
    return found


def _passed(events: list[Happening]) -> Iterator[Handover]:
    """Yield the handovers of one file or interaction."""
    here, since = "", 0
    gave: set[str] = set()
    expected: tuple[str, str] | None = None
    for place, event in enumerate(events):
        if event.type == "interaction.handed_over":
            giver, receiver, name = event.data["from"], event.data["to"], event.get("interaction_id")
            then = [later.at for later in events[place + 1 :] if later.get("interaction_id") == name]
            yield Handover(giver, receiver, then[0] - event.at if then else None, receiver in gave)
            gave.add(giver)
            expected, here, since = (receiver, name), here or giver, since or event.at
            continue
        department = (event.type == "feedback.dispatched" and event.data.get("department")) or event.get("department")
        if department and here and department != here:
            if expected and (department == expected[0] or event.get("interaction_id") == expected[1]):
                expected = None
            else:
                yield Handover(here, department, event.at - since, department in gave)
            gave.add(here)
        if department:
            here, since = department, event.at


def _by_pair(lives: list[Life]) -> dict[Pair, list[Handover]]:
    found: dict[Pair, list[Handover]] = defaultdict(list)
    for handover in _handovers(lives):
        found[handover.giver, handover.receiver].append(handover)
    return found


def _waits(lives: list[Life]) -> dict[Pair, float | None]:
    waits = {
        pair: [handover.wait for handover in handovers if handover.wait is not None]
        for pair, handovers in _by_pair(lives).items()
    }
    return {pair: median(lengths) / HOUR if lengths else None for pair, lengths in waits.items()}


def _scores(lives: list[Life], survey: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for life in lives:
        for event in life.of("survey.responded"):
            if event.data["metric"] == survey and event.get("channel"):
                found[event.get("channel")].append(event.data["score"])
    return {channel: scores for channel, scores in found.items() if len(scores) >= 30}


def _apart(lives: list[Life], survey: str) -> dict[str, float | None]:
    channels = _scores(lives, survey)
    if len(channels) < 2:
        return dict.fromkeys(("range", "variance", "eta_squared"))
    everything = [score for scores in channels.values() for score in scores]
    middle = fmean(everything)
    between = sum(len(scores) * (fmean(scores) - middle) ** 2 for scores in channels.values())
    means = [fmean(scores) for scores in channels.values()]
    return {
        "range": max(means) - min(means),
        "variance": between / len(everything),
        "eta_squared": between / sum((score - middle) ** 2 for score in everything),
    }


def _histories(lives: list[Life], survey: str) -> list[list[tuple[int, float]]]:
    found = [
        [(event.at, event.data["score"]) for event in life.of("survey.responded") if event.data["metric"] == survey]
        for life in lives
    ]
    return [history for history in found if len(history) > 1]


def _deviation(lives: list[Life]) -> float:
    histories = _histories(lives, "nps")
    squares = sum((score - fmean(s for _, s in history)) ** 2 for history in histories for _, score in history)
    return float((squares / sum(len(history) - 1 for history in histories)) ** 0.5)


def _last(lives: list[Life]) -> dict[str, float]:
    words: list[str] = []
    for history in _histories(lives, "nps"):
        instants = [list(answers) for _, answers in groupby(sorted(history), key=lambda answer: answer[0])]
        if len(instants[-1]) == 1:
            apart = instants[-1][0][1] - median(score for answers in instants[:-1] for _, score in answers)
            words.append("below" if apart < 0 else "above" if apart > 0 else "equal")
    return {word: n / len(words) for word, n in Counter(words).items()}


def _apart_as_told(survey: str) -> Callable[[Rows], dict[str, Any]]:
    def told(rows: Rows) -> dict[str, Any]:
        return {
            name: one(rows, name, survey=survey, scored_as="score") for name in ("range", "variance", "eta_squared")
        }

    return told


FIGURES = (
    Known(
        "CES between channels: range, between-channel variance, η²",
        "metrics channel_consistency",
        _apart_as_told("ces"),
        lambda lives: _apart(lives, "ces"),
    ),
    Known(
        "CSAT between channels, as scores",
        "metrics channel_consistency",
        _apart_as_told("csat"),
        lambda lives: _apart(lives, "csat"),
    ),
    Known(
        "standard deviation of NPS answers within customers",
        "metrics consistency_over_time",
        lambda rows: one(rows, "deviation", survey="nps"),
        _deviation,
    ),
    Known(
        "last NPS answer against the customer's own median",
        "metrics last_answer",
        lambda rows: split(rows, "share", "last", survey="nps"),
        _last,
    ),
    Known(
        "pairs of contacts by channel",
        "metrics switch_matrix",
        lambda rows: split(rows, "count", "from_channel", "to_channel"),
        _pairs,
    ),
    Known(
        "onward contacts of a channel by the channel they are on",
        "metrics switch_matrix",
        lambda rows: split(rows, "share", "from_channel", "to_channel"),
        lambda lives: _shares(_pairs(lives)),
    ),
    Known(
        "handovers between departments",
        "metrics silo_map",
        lambda rows: split(rows, "count", "from_department", "to_department"),
        lambda lives: {pair: len(found) for pair, found in _by_pair(lives).items()},
    ),
    Known(
        "median wait of a handover, hours",
        "metrics handover_wait",
        lambda rows: split(rows, "median", "from_department", "to_department"),
        _waits,
    ),
    Known(
        "handovers that come back",
        "metrics handover_bounces",
        lambda rows: split(rows, "share", "from_department", "to_department"),
        lambda lives: {pair: fmean(handover.back for handover in found) for pair, found in _by_pair(lives).items()},
    ),
    Known(
        "touchpoints on the preferred channel",
        "metrics preferred_channel_adherence",
        lambda rows: split([row for row in rows if row["n"]], "share", "direction"),
        _adherence,
    ),
    Known(
        "digital share",
        "metrics digital_share",
        lambda rows: one(rows, "share"),
        lambda lives: _of_nature(lives, modality="digital"),
    ),
    Known(
        "self-service share",
        "metrics self_service_share",
        lambda rows: one(rows, "share"),
        lambda lives: _of_nature(lives, assistance="unassisted"),
    ),
    Known(
        "what becomes of interactions that enter an automated channel",
        "metrics containment",
        lambda rows: split(rows, "share", "how"),
        _ways,
    ),
)
