"""A customer's next stage and the time to it: from their own record once it is long enough, from others' before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec.json import decode

from ledger.errors import InvalidArgument
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.next_stage import ENOUGH, Visit, from_others, from_own_record, longer
from ledger.queries.figure_row import FEW, FigureRow, figure_rows, iso
from ledger.queries.prediction import Outlook, nobody_placed
from ledger.queries.view import View, view
from ledger.schemas.duration import duration_text
from ledger.store.figures.visits import entries
from ledger.store.links import units_of
from ledger.store.log import customer_ids, stream_of
from ledger.store.store import Store


class Stay(NamedTuple):
    """A visit to a stage as it stands in the read model, and the stage after it ('': none yet)."""

    customer: int
    stage: str
    entered: int
    left: int | None
    segments: str
    to: str


def next_stage(store: Store, customer_id: str, outlook: Outlook) -> list[FigureRow]:
    """Return which stage comes next for a customer, and how long it takes, with what it was told from.

    Raises CustomerNotFound, ProjectionStale, InvalidArgument where the customer stands in no stage.
    """
    with view(store, outlook.question, needs_tables=True) as seen:
        stream = stream_of(seen.log, customer_id)
        customer = units_of(seen.log, [stream], seen.until).survivor(stream)
        name = customer_ids(seen.log, [customer])[customer]
        stays = list(_stays(seen))
        own = [stay for stay in stays if stay.customer == customer]
        if not own:
            raise InvalidArgument(
                f"customer {customer_id!r} stood in no stage at {iso(seen.as_of)}: what comes next is told from a "
                "stage; `journey` shows what is known of them"
            )
        return figure_rows(seen, _told(seen, stays, own, Scope({"customer": name}), outlook))


def _told(seen: View, stays: Sequence[Stay], own: Sequence[Stay], scope: Scope, outlook: Outlook) -> list[Figure]:
    here = own[-1]
    spent = max(0, seen.as_of - here.entered)
    mine = longer([_visit(stay, seen.as_of) for stay in own[:-1] if stay.stage == here.stage], spent)
    others = [stay for stay in stays if stay.stage == here.stage and stay is not here]
    segment, alike = _alike(here, stays, others, outlook.scheme)
    theirs = longer([_visit(stay, seen.as_of) for stay in alike], spent)
    scope = scope.split(stage=here.stage, own_visits=len(mine), segment_visits=len(theirs))
    if len(mine) >= ENOUGH:
        return from_own_record(mine, scope.split(basis="own"))
    basis = f"segment:{outlook.scheme}={segment}"
    if len(theirs) < FEW:
        basis, theirs = "all customers", longer([_visit(stay, seen.as_of) for stay in others], spent)
    horizon = (outlook.horizon, duration_text(outlook.horizon))
    return from_others(theirs, seen.context.journey.primary, horizon, scope.split(basis=basis))


def _alike(here: Stay, stays: Sequence[Stay], others: Sequence[Stay], scheme: str | None) -> tuple[str, list[Stay]]:
    """Return the segment of a stay, and the others of it: none where it is not known, or no scheme is asked for.

    Raises InvalidArgument for a scheme in which nobody was placed.
    """
    if scheme is None:
        return "", []
    named = {segments: str(decode(segments).get(scheme, "")) for segments in {stay.segments for stay in stays}}
    if not any(named.values()):
        raise nobody_placed(scheme)
    segment = named[here.segments]
    return segment, [stay for stay in others if segment and named[stay.segments] == segment]


def _stays(seen: View) -> Iterator[Stay]:
    for _, group in groupby(entries(seen.tables, ("left_at", "segments")), key=itemgetter(0)):
        visited: list[Any] = list(group)
        following = [*(row[1] for row in visited[1:]), ""]
        for (customer, stage, entered, left, segments), to in zip(visited, following, strict=True):
            yield Stay(customer, stage, entered, left, segments, to)


def _visit(stay: Stay, as_of: int) -> Visit:
    return Visit((as_of if stay.left is None else stay.left) - stay.entered, stay.to)
