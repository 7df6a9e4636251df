"""Terminations: every leaving, from the first word of it to its end or the stay, and whether the customer came back.

A leaving begins with `termination.requested`, `contract.terminated` or `contract.lapsed`. What is told of an end after
that belongs to it until the customer stays, comes back or the journey begins another cycle; then a new leaving begins.
Why, and by whose will, is what its first event that says so says.

The customer stays when a contract is renewed, upgraded or downgraded, or an order or contract is begun, after the
request and before an end; after an end the same is a return. A `winback.succeeded`, or an entry of a stage that is
won back, is a return whether an end is recorded or not, and the named event tells when where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.termination import ContractTerminated, RetentionAttempted, TerminationRequested
from ledger.events.winback import WinbackAttempted
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class Leaving(Struct, array_like=True, gc=False):
    """One leaving, in instants; None is not yet, or never.

    `attempted_at`, `attempts` and `offer` are the attempts to keep the customer before the end and the first one's
    offer, `stayed_at` that they were kept; `tried_at`, `tries` and `campaign` are the attempts to win them back,
    `succeeded_at` the named success, `returned_at` the first other sign of a return and `returned_by` what it was.
    `referred_at` is the first referral after the end.
    """

    source: str
    event_id: str
    at: int
    stage: str
    cycle: int
    channel: str
    department: str
    segments: str
    requested_at: int | None = None
    ended_at: int | None = None
    ended_by: str = ""
    reason: str = ""
    category: str = ""
    voluntary: str = ""
    attempts: int = 0
    attempted_at: int | None = None
    offer: str = ""
    stayed_at: int | None = None
    tries: int = 0
    tried_at: int | None = None
    campaign: str = ""
    succeeded_at: int | None = None
    returned_at: int | None = None
    returned_by: str = ""
    referred_at: int | None = None

    @property
    def back(self) -> bool:
        """Whether the customer came back after they left."""
        return self.succeeded_at is not None or self.returned_at is not None


class TerminationsState(Struct, array_like=True, gc=False):
    """Every leaving of one customer; `stage` is the last one that ends no journey."""

    leavings: list[Leaving] = []
    stage: str = ""


class TerminationsFold:
    """Opens a leaving at the first word of it, and adds what happens until the customer is back."""

    def __init__(self, context: Context) -> None:
        self._terminal = frozenset(stage.name for stage in context.journey.stages if stage.terminal)
        self._won_back = frozenset(stage.name for stage in context.journey.stages if stage.win_back)

    def initial(self) -> TerminationsState:
        return TerminationsState()

    def evolve(self, state: TerminationsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            if stretch.stage is not None and stretch.stage not in self._terminal:
                state.stage = stretch.stage
            entered = None if stretch.move is None else stretch.move.entered
            if entered is not None and entered.stage in self._won_back and state.leavings:
                _returned(state.leavings[-1], entered.at, "stage")
            for event in stretch.events:
                step = STEPS.get(event.type)
                if step is not None:
                    step(state, event, stretch)

    def rows(self, state: TerminationsState) -> list[Row]:
        return [_row(leaving) for leaving in state.leavings]


def _leaving(state: TerminationsState, event: Event, stretch: Stretch) -> Leaving:
    """Return the leaving that a word of an end belongs to, a new one where none goes on."""
    last = state.leavings[-1] if state.leavings else None
    if last is not None and last.stayed_at is None and not last.back and last.cycle == stretch.cycle:
        return last
    channel, department = event.channel or "", event.department or ""
    made = Leaving(
        event.source, event.event_id, event.at, state.stage, stretch.cycle, channel, department, stretch.segments
    )
    state.leavings.append(made)
    return made


def _requested(state: TerminationsState, event: Event, stretch: Stretch) -> None:
    leaving, data = _leaving(state, event, stretch), cast(TerminationRequested, event.data)
    if leaving.requested_at is None:
        leaving.requested_at = event.at
    _why(leaving, event, data.reason, data.voluntary)


def _terminated(state: TerminationsState, event: Event, stretch: Stretch) -> None:
    leaving, data = _leaving(state, event, stretch), cast(ContractTerminated, event.data)
    _end(leaving, event.at, "terminated")
    _why(leaving, event, data.reason, data.voluntary)
    leaving.category = leaving.category or data.category or ""


def _lapsed(state: TerminationsState, event: Event, stretch: Stretch) -> None:
    leaving = _leaving(state, event, stretch)
    _end(leaving, event.at, "lapsed")
    _why(leaving, event, None, None)


def _end(leaving: Leaving, at: int, how: str) -> None:
    if leaving.ended_at is None:
        leaving.ended_at, leaving.ended_by = at, how


def _why(leaving: Leaving, event: Event, reason: str | None, voluntary: bool | None) -> None:
    leaving.reason = leaving.reason or reason or event.reason or ""
    if not leaving.voluntary and voluntary is not None:
        leaving.voluntary = "voluntary" if voluntary else "involuntary"


def _attempted(state: TerminationsState, event: Event, _: Stretch) -> None:
    leaving = state.leavings[-1] if state.leavings else None
    if leaving is None or leaving.ended_at is not None or leaving.stayed_at is not None or leaving.back:
        return
    leaving.attempts += 1
    if leaving.attempted_at is None:
        leaving.attempted_at = event.at
        leaving.offer = cast(RetentionAttempted, event.data).offer or ""


def _bought(state: TerminationsState, event: Event, _: Stretch) -> None:
    leaving = state.leavings[-1] if state.leavings else None
    if leaving is None or leaving.stayed_at is not None or leaving.back:
        return
    if leaving.ended_at is None:
        leaving.stayed_at = event.at
    else:
        _returned(leaving, event.at, event.type)


def _tried(state: TerminationsState, event: Event, _: Stretch) -> None:
    leaving = state.leavings[-1] if state.leavings else None
    if leaving is None or leaving.stayed_at is not None or leaving.back:
        return
    leaving.tries += 1
    if leaving.tried_at is None:
        leaving.tried_at = event.at
        leaving.campaign = cast(WinbackAttempted, event.data).campaign or ""


def _succeeded(state: TerminationsState, event: Event, _: Stretch) -> None:
    leaving = state.leavings[-1] if state.leavings else None
    if leaving is not None and leaving.stayed_at is None and leaving.succeeded_at is None:
        leaving.succeeded_at = event.at


def _returned(leaving: Leaving, at: int, by: str) -> None:
    if leaving.stayed_at is None and not leaving.back:
        leaving.returned_at, leaving.returned_by = at, by


def _referred(state: TerminationsState, event: Event, _: Stretch) -> None:
    for leaving in state.leavings:
        # Within one instant (often a whole day) the order of the fold says nothing about which came first.
        if leaving.ended_at is not None and leaving.ended_at < event.at and leaving.referred_at is None:
            leaving.referred_at = event.at


def _row(leaving: Leaving) -> Row:
    named = leaving.succeeded_at is not None
    return (
        leaving.source,
        leaving.event_id,
        leaving.at,
        leaving.requested_at,
        leaving.ended_at,
        leaving.ended_by,
        _outcome(leaving),
        leaving.reason,
        leaving.category,
        leaving.voluntary or ("lapsed" if leaving.ended_by == "lapsed" else ""),
        leaving.attempts,
        leaving.attempted_at,
        leaving.offer,
        leaving.stayed_at,
        leaving.tries,
        leaving.tried_at,
        leaving.campaign,
        leaving.succeeded_at if named else leaving.returned_at,
        "winback.succeeded" if named else leaving.returned_by,
        leaving.referred_at,
        leaving.stage,
        leaving.cycle,
        leaving.channel,
        leaving.department,
        leaving.segments,
    )


def _outcome(leaving: Leaving) -> str:
    if leaving.stayed_at is not None:
        return "retained"
    if leaving.ended_at is not None:
        return "ended"
    return "won_back" if leaving.back else "requested"


STEPS: dict[str, Callable[[TerminationsState, Event, Stretch], None]] = {
    "termination.requested": _requested,
    "contract.terminated": _terminated,
    "contract.lapsed": _lapsed,
    "retention.attempted": _attempted,
    "contract.renewed": _bought,
    "contract.upgraded": _bought,
    "contract.downgraded": _bought,
    "contract.started": _bought,
    "order.placed": _bought,
    "winback.attempted": _tried,
    "winback.succeeded": _succeeded,
    "referral.made": _referred,
}

IGNORED = frozenset(
    {
        "identity",
        "order.approved", "order.shipped", "order.delivered", "order.cancelled", "payment.settled", "payment.failed",
        "contract.registered", "contract.activated", "renewal.offered", "referral.converted", "review.published",
        "awareness", "consideration", "onboarding", "use", "interaction", "support", "voice", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

TERMINATIONS: Projection[TerminationsState] = Projection(
    name="terminations",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("requested_at", "instant", nullable=True),
        Column("ended_at", "instant", nullable=True),
        Column("ended_by", "text"),
        Column("outcome", "text"),
        Column("reason", "text"),
        Column("category", "text"),
        Column("voluntary", "text"),
        Column("attempts", "integer"),
        Column("attempted_at", "instant", nullable=True),
        Column("offer", "text"),
        Column("stayed_at", "instant", nullable=True),
        Column("tries", "integer"),
        Column("tried_at", "instant", nullable=True),
        Column("campaign", "text"),
        Column("won_at", "instant", nullable=True),
        Column("won_by", "text"),
        Column("referred_at", "instant", nullable=True),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
    ),
    key=("source", "event_id"),
    state=TerminationsState,
    bind=TerminationsFold,
    handles=frozenset(STEPS),
    ignores=IGNORED,
)
