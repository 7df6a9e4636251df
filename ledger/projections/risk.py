"""Risk periods: what was known of a customer at the start of each stretch of time, and when in it they left.

It is folded when a prediction is asked for, and no table keeps it. Time is cut into horizons of equal length on a grid
that ends at `at`. At the start of each horizon a customer who stands in a stage that is not the last one is a row: what
had occurred strictly before, and nothing else, because the row is made before any later event is looked at. A customer
who enters the terminal stage within the horizon marks the row with the period of it; the row's own columns stay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, cast

from msgspec import Struct

from ledger.events.contacts import is_contact, is_touchpoint
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerSegmentAssigned
from ledger.events.instants import occurred
from ledger.events.interaction import InteractionCompleted
from ledger.events.voice import FeedbackReceived, SurveyResponded
from ledger.journey.context import Context
from ledger.journey.moment import Entry
from ledger.journey.segments import NO_SEGMENTS, with_segment
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

PERIODS = 3
"""Into how many equal periods a horizon is cut."""

DAY = 86_400_000_000
LATELY = 30 * DAY
"""How far back contacts are counted; all else is counted over LONG."""
LONG = 90 * DAY

BEGINNING = -(2**63)

COUNTED = {
    "obstacle.hit": "obstacles",
    "payment.failed": "payments_failed",
    "opportunity.unsupported": "unsupported",
}
"""Types of which each event counts, over LONG, and as what."""

COUNTS = ("contacts", "complaints", "obstacles", "payments_failed", "unsupported", "repeated")


class Assigned(NamedTuple):
    """A segment that was assigned, in the order of what it is valid from; `said_at` is when that occurred."""

    said_at: int
    scheme: str
    segment: str


class RiskState(Struct, array_like=True, gc=False):
    """What is known of one customer so far; `next_at` is the start of the horizon to come.

    `recent` are the instants of what is counted, back to LONG before the last start; `left_in` is that of the row that
    runs.
    """

    rows: list[Row] = []
    running: Row | None = None
    left_in: int = 0
    next_at: int = BEGINNING
    stage: str = ""
    entered_at: int = 0
    cycle: int = 1
    touched_at: int | None = None
    recent: dict[str, list[int]] = {}
    cases: set[str] = set()
    rating: float | None = None
    assigned: list[Assigned] = []


class RiskFold:
    """Makes a row at each start of a horizon, from what came before it."""

    def __init__(self, context: Context, *, at: int, horizon: int) -> None:
        self._at = at
        self._horizon = horizon
        self._zone = context.zone
        self._terminal = frozenset(stage.name for stage in context.journey.stages if stage.terminal)
        self._touchpoints = frozenset(t.name for t in context.vocabulary.values() if is_touchpoint(t))
        self._contacts = frozenset(t.name for t in context.vocabulary.values() if is_contact(t))

    def initial(self) -> RiskState:
        return RiskState()

    def evolve(self, state: RiskState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            first = stretch.events[0].at
            if first >= state.next_at:
                self._start(state, first)
            if stretch.move is not None and stretch.move.entered is not None:
                self._enter(state, stretch.move.entered)
            for event in stretch.events:
                self._take(state, event)

    def _take(self, state: RiskState, event: Event) -> None:
        at, kind = event.at, event.type
        if at >= state.next_at:
            self._start(state, at)
        if kind in self._touchpoints:
            state.touched_at = at
            if kind in self._contacts:
                _count(state, "contacts", at)
        learn = LEARN.get(kind)
        if learn is not None:
            learn(state, event)
        elif kind == "customer.segment_assigned":
            self._assign(state, event)

    def _assign(self, state: RiskState, event: Event) -> None:
        """Keep a segment; one that was assigned from a day gone by is known only once that had occurred."""
        data = cast(CustomerSegmentAssigned, event.data)
        said_at = event.at
        if data.valid_from is not None:
            said_at = max(said_at, occurred(event.occurred_at, event.time_precision, self._zone))
        state.assigned.append(Assigned(said_at, data.scheme, data.segment))

    def _enter(self, state: RiskState, entry: Entry) -> None:
        if entry.stage in self._terminal and state.running is not None and not state.left_in:
            start = state.next_at - self._horizon
            state.left_in = min(PERIODS, (entry.at - start) * PERIODS // self._horizon + 1)
        state.stage, state.entered_at, state.cycle = entry.stage, entry.at, entry.cycle

    def _start(self, state: RiskState, at: int) -> None:
        """Start every horizon that begins by `at`, from what came before it."""
        if state.next_at == BEGINNING:
            state.next_at = self._at - (self._at - at - 1) // self._horizon * self._horizon
        while state.next_at <= at:
            if state.running is not None:
                state.rows.append((*state.running, state.left_in))
            state.running, state.left_in = self._row(state, state.next_at), 0
            _forget(state, state.next_at)
            state.next_at += self._horizon

    def _row(self, state: RiskState, start: int) -> Row | None:
        """Return what is known at a start of who stands in a stage that they can leave for good; else None."""
        if not state.stage or state.stage in self._terminal:
            return None
        return (
            start,
            state.stage,
            state.cycle,
            start - state.entered_at,
            None if state.touched_at is None else start - state.touched_at,
            *(_counted(state, name, start) for name in COUNTS),
            len(state.cases),
            state.rating,
            _segments(state, start),
        )

    def rows(self, state: RiskState) -> list[Row]:
        made = list(state.rows)
        if state.running is not None:
            made.append((*state.running, state.left_in))
        if state.next_at == BEGINNING:
            return made
        # Nothing occurred after the last event, and whoever is silent is at risk all the same.
        quiet = (self._row(state, start) for start in range(state.next_at, self._at + 1, self._horizon))
        return made + [(*row, 0) for row in quiet if row is not None]


def _count(state: RiskState, name: str, at: int) -> None:
    state.recent.setdefault(name, []).append(at)


def _counted(state: RiskState, name: str, start: int) -> int:
    times = state.recent.get(name, ())
    return len(times) - bisect_left(times, start - (LATELY if name == "contacts" else LONG))


def _segments(state: RiskState, start: int) -> str:
    segments = NO_SEGMENTS
    for assigned in state.assigned:
        if assigned.said_at < start:
            segments = with_segment(segments, assigned.scheme, assigned.segment)
    return segments


def _forget(state: RiskState, start: int) -> None:
    for times in state.recent.values():
        del times[: bisect_left(times, start - LONG)]


def _named(state: RiskState, event: Event) -> None:
    _count(state, COUNTED[event.type], event.at)


def _complained(state: RiskState, event: Event) -> None:
    if cast(FeedbackReceived, event.data).kind == "complaint":
        _count(state, "complaints", event.at)


def _completed(state: RiskState, event: Event) -> None:
    if cast(InteractionCompleted, event.data).repeated_information:
        _count(state, "repeated", event.at)


def _opened(state: RiskState, event: Event) -> None:
    if event.case_id is not None:
        state.cases.add(event.case_id)


def _closed(state: RiskState, event: Event) -> None:
    if event.case_id is not None:
        state.cases.discard(event.case_id)


def _rated(state: RiskState, event: Event) -> None:
    survey = cast(SurveyResponded, event.data)
    if survey.scale_max > survey.scale_min:
        place = (survey.score - survey.scale_min) / (survey.scale_max - survey.scale_min)
        state.rating = 1 - place if survey.high_is == "bad" else place


LEARN: dict[str, Callable[[RiskState, Event], None]] = {
    "case.opened": _opened,
    "case.reopened": _opened,
    "case.resolved": _closed,
    "case.closed": _closed,
    "feedback.received": _complained,
    "interaction.completed": _completed,
    "survey.responded": _rated,
    **dict.fromkeys(COUNTED, _named),
}

IGNORED = frozenset(
    {
        "customer.registered", "customer.identified", "customer.merged", "customer.unmerged", "value.assessed",
        "preference.set", "consent.granted", "consent.withdrawn", "customer.erased",
        "order.placed", "order.approved", "order.shipped", "order.delivered", "order.cancelled", "payment.settled",
        "contract.started", "contract.registered", "contract.activated",
        "usage.recorded", "experience.highlighted",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "interaction.abandoned",
        "case.triaged", "case.assigned", "case.reassigned", "case.in_progress", "case.awaiting_customer",
        "case.awaiting_third_party", "case.awaiting_internal", "case.escalated", "case.progressed",
        "work.scheduled", "work.started", "work.completed",
        "survey.sent", "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "onboarding", "renewal", "advocacy", "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

COLUMNS = (
    Column("start", "instant"),
    Column("stage", "text"),
    Column("cycle", "integer"),
    Column("in_stage", "integer"),
    Column("quiet", "integer", nullable=True),
    *(Column(name, "integer") for name in COUNTS),
    Column("cases_open", "integer"),
    Column("rating", "real", nullable=True),
    Column("segments", "json"),
    Column("left_in", "integer"),
)
"""What a row says: `in_stage` and `quiet` (since the last touchpoint) in microseconds, `rating` the last one from 0
(worst) to 1, `left_in` the period of the horizon in which the customer left, 0 where they did not."""


def risk(at: int, horizon: int) -> Projection[RiskState]:
    """Return the projection whose horizons, of so many microseconds, begin at `at`, one horizon before it, and so on.

    Rows that start at `at` know no outcome, because nothing after `at` belongs into the fold.
    """
    return Projection(
        name="risk",
        version=1,
        columns=COLUMNS,
        key=("start",),
        state=RiskState,
        bind=partial(RiskFold, at=at, horizon=horizon),
        handles=frozenset({"customer.segment_assigned", *LEARN}),
        ignores=IGNORED,
    )
