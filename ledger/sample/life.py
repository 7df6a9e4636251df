"""What people do in each stage, how often, and one whole life told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from ledger.sample import identity, marketing, using, voice
from ledger.sample.cases import case
from ledger.sample.clock import DAY
from ledger.sample.doors import enter
from ledger.sample.interactions import interaction, unsupported
from ledger.sample.mistakes import mistake
from ledger.sample.parameters import CURRENCIES, PACE, ZEAL
from ledger.sample.person import Person

Scene = Callable[[Person, int], None]


def _nps(person: Person, at: int) -> None:
    voice.survey(person, at, "nps")


def _ces(person: Person, at: int) -> None:
    voice.survey(person, at, "ces")


def _csat(person: Person, at: int) -> None:
    voice.survey(person, at, "csat")


def _contact(person: Person, at: int) -> None:
    interaction(person, at)


_ANYWHERE: tuple[tuple[Scene, float], ...] = (
    (_contact, 1.0), (marketing.campaign, 0.7), (_nps, 0.35), (unsupported, 0.2), (identity.note, 0.25),
    (identity.preference, 0.1), (identity.consent, 0.12), (identity.value, 0.1), (identity.segment, 0.1),
    (mistake, 0.08),
)  # fmt: skip

_WEIGHTS: dict[str, tuple[tuple[Scene, float], ...]] = {
    "awareness": ((marketing.pages, 4.0), (marketing.touchpoint, 1.5), (marketing.campaign, 1.5)),
    "consideration": (
        (marketing.pages, 3.0), (marketing.question, 1.8), (marketing.need, 1.5), (marketing.offer, 1.2),
        (marketing.lead, 0.5), (marketing.application, 0.7), (marketing.touchpoint, 0.8), (_ces, 0.4),
    ),
    "purchase": ((_csat, 0.8), (_ces, 0.5), (marketing.pages, 0.8), (marketing.question, 0.4), (case, 0.5)),
    "onboarding": (
        (using.information, 1.6), (using.obstacle, 0.8), (case, 0.7), (_ces, 0.8), (marketing.pages, 0.8),
        (using.started, 0.2),
    ),
    "use": (
        (using.usage, 5.0), (marketing.pages, 1.2), (case, 1.0), (voice.feedback, 0.6), (using.obstacle, 0.5),
        (voice.delight, 0.3), (voice.referral, 0.25), (voice.review, 0.25), (_csat, 0.4), (using.completed, 0.05),
        (marketing.need, 0.2), (marketing.question, 0.3),
    ),
    "renewal": ((using.renewal, 1.0), (_csat, 0.6), (case, 0.5), (marketing.offer, 0.4), (voice.feedback, 0.3)),
    "termination": (
        (using.retention, 1.5), (using.ended, 0.7), (using.winback, 1.4), (_csat, 0.9), (voice.feedback, 0.5),
        (voice.referral, 0.1),
    ),
    "win_back": ((using.winback, 1.5), (_csat, 0.6), (using.retention, 0.4), (using.won, 0.3)),
}  # fmt: skip


def _menu(stage: str) -> tuple[tuple[Scene, ...], tuple[float, ...]]:
    scenes = (*_WEIGHTS[stage], *_ANYWHERE)
    total = sum(weight for _, weight in scenes)
    shares = [reached / total for reached in accumulate(weight for _, weight in scenes)]
    return tuple(scene for scene, _ in scenes), (*shares[:-1], 1.0)


_MENUS = {stage: _menu(stage) for stage in _WEIGHTS}


def live(person: Person) -> None:
    """Tell the person's life: the entry of every visit and what happens in it."""
    draw = person.draw
    person.currency = CURRENCIES.at(draw())
    zeal = ZEAL.at(draw())
    for place, visit in enumerate(person.visits):
        enter(person, place)
        if visit.stage == "renewal":
            using.renewed(person, place)
        length = (visit.left_at or person.until) - visit.entered_at
        scenes, shares = _MENUS[visit.stage]
        rate, longest = PACE[visit.stage]
        for _ in range(int(rate * zeal * min(length / DAY, longest) + draw())):
            scenes[bisect_right(shares, draw())](person, visit.entered_at + 1 + int(draw() * (length - 1)))
