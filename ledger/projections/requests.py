"""Requests: every time a customer was asked for information, and which of it the ledger already held.

A request of a field goes from its asking (its first event) over later steps (scheduled, started, completed) to
completed, when the field is given; a step that does not come later in that order begins another request, and an event
that names no step always asks. A completed step whose asking was lost asks and gives at once. A field is held after
the instant in which it was given. One instant is often a whole day: what stands in it after a completed step is
of the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.onboarding import InformationRequested
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.canonical import canonical
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]

STEPS = {None: 0, "scheduled": 0, "started": 1, "completed": 2}
"""The places of the steps of a request; what names no step stands first, so that it always asks."""

COMPLETED = STEPS["completed"]


class RequestsState(Struct, array_like=True, gc=False):
    """The rows of one customer's askings; when each field was last given; the last step of open requests."""

    requests: list[Row] = []
    given: dict[str, int] = {}
    open: dict[str, int] = {}


class RequestsFold:
    """Tells an asking from the further steps of its request, and what was asked again."""

    def __init__(self, context: Context) -> None:
        pass

    def initial(self) -> RequestsState:
        return RequestsState()

    def evolve(self, state: RequestsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                if event.type == "information.requested":
                    _request(state, event, stretch)

    def rows(self, state: RequestsState) -> list[Row]:
        return [tuple(row) for row in state.requests]


def _request(state: RequestsState, event: Event, stretch: Stretch) -> None:
    data = cast(InformationRequested, event.data)
    held = set(state.given)
    asked = asking(state.open, state.given, data, event.at)
    if asked:
        state.requests.append(_row(event, stretch, asked, held))


def asking(underway: dict[str, int], given: dict[str, int], data: InformationRequested, at: int) -> list[str]:
    """Return the fields of which an event begins a request, and take in its step.

    `underway` holds the last step of open requests by field, `given` when (µs) each field was last given.
    """
    step = STEPS[data.lifecycle]
    running = [name for name in sorted(set(data.fields)) if given.get(name) != at]
    asked = [name for name in running if name not in underway or step <= underway[name]]
    for name in running:
        if step == COMPLETED:
            underway.pop(name, None)
            given[name] = at
        else:
            underway[name] = step
    return asked


def _row(event: Event, stretch: Stretch, asked: list[str], held: set[str]) -> Row:
    data = cast(InformationRequested, event.data)
    declared = [name for name in asked if name in (data.already_held or ())]
    compared = [name for name in asked if name in held]
    again = sorted({*declared, *compared})
    return (
        event.source,
        event.event_id,
        event.at,
        data.lifecycle or "",
        event.interaction_id or "",
        stretch.stage or "",
        stretch.cycle,
        event.channel or "",
        event.department or "",
        stretch.segments,
        canonical(asked),
        canonical(again),
        len(asked),
        len(again),
        len(declared),
        len(compared),
    )


IGNORED = frozenset(
    {
        "identity",
        "onboarding.started", "onboarding.completed",
        "awareness", "consideration", "purchase", "use", "interaction", "support", "voice", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

REQUESTS: Projection[RequestsState] = Projection(
    name="information_requests",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("lifecycle", "text"),
        Column("interaction_id", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("fields", "json"),
        Column("fields_again", "json"),
        Column("asked", "integer"),
        Column("again", "integer"),
        Column("declared", "integer"),
        Column("compared", "integer"),
    ),
    key=("source", "event_id"),
    state=RequestsState,
    bind=RequestsFold,
    handles=frozenset({"information.requested"}),
    ignores=IGNORED,
    sparse=True,
)
