"""What health is judged by, read from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from random import SystemRandom

from msgspec import Struct

from ledger.errors import Undecodable
from ledger.projecting.status import ProjectionStatus, status_in
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.runners.inline import fold_unit
from ledger.store.accounting import Account, LogCounts, account, count_log, wrong_heads
from ledger.store.agreement import disagreements
from ledger.store.engine import Connection
from ledger.store.links import units_of
from ledger.store.log import Until, customer_ids, last_stream, recorded_at, stream_rows
from ledger.store.parking import parked_rows
from ledger.store.read_model import rows_of
from ledger.store.serving import cure
from ledger.store.store import Store
from ledger.store.versions import ReadModel, live_model

NAMED = 3
"""How many customers a problem names."""


class Found(Struct, kw_only=True):
    """What was found: of the log, of the projections' positions, of who is parked, and of their rows.

    `streams` have heads that are not theirs; `names` are the keys of the customers that are told of, and
    `cure` says how the projections come to serve what is in force.
    """

    log: LogCounts
    streams: list[int]
    appended_at: int | None
    live: ReadModel | None
    statuses: list[ProjectionStatus]
    parked_at: list[int]
    account: Account
    disagreements: list[tuple[str, list[int]]]
    sampled: int
    differing: list[int]
    names: dict[int, str]
    cure: str

    @property
    def position(self) -> int:
        """How far the projections are, all of them."""
        return min(one.position for one in self.statuses)

    def who(self, customers: Sequence[int]) -> str:
        """Name the first few customers."""
        named = ", ".join(self.names.get(customer, f"stream {customer}") for customer in customers[:NAMED])
        return named + (f" and {len(customers) - NAMED} more" if len(customers) > NAMED else "")


def check_up(store: Store, connection: Connection, sample: int) -> Found:
    """Look at everything that health is judged by; `sample` customers taken at random are folded."""
    log = count_log(connection)
    live = live_model(connection)
    statuses = status_in(store, connection)
    found = Found(
        log=log,
        streams=wrong_heads(connection),
        appended_at=recorded_at(connection, log.last),
        live=live,
        statuses=statuses,
        parked_at=[],
        account=Account(folded=0, parked=0, unfolded=0, miscounted=[]),
        disagreements=[],
        sampled=0,
        differing=[],
        names={},
        cure=cure(connection, store.context),
    )
    if live is not None:
        found.parked_at = [row.parked_at for row in parked_rows(connection, live.version)]
        found.account = account(connection, live.version, found.position)
        found.disagreements = disagreements(connection, live.version)
        if all(one.current for one in statuses):
            found.sampled, found.differing = _sampled(store, connection, live.version, found.position, sample)
    told = [one.customer for one in found.account.miscounted[:NAMED]]
    told += [customer for _, customers in found.disagreements for customer in customers[:NAMED]]
    found.names = customer_ids(connection, [*found.streams[:NAMED], *told, *found.differing[:NAMED]])
    return found


def _sampled(store: Store, connection: Connection, model: int, position: int, sample: int) -> tuple[int, list[int]]:
    """Return how many customers were folded, and those whose rows are others."""
    last = last_stream(connection)
    streams = SystemRandom().sample(range(1, last + 1), min(sample, last))
    units = units_of(connection, streams, Until(position=position))
    customers = sorted({units.survivor(stream) for stream in streams})
    folds = Folds(store.context)
    kept = {projection.name: rows_of(connection, projection, customers, model) for projection in PROJECTIONS}
    differing = []
    for customer in customers:
        rows = stream_rows(connection, units.streams(customer), Until(position=position))
        try:
            made = fold_unit(folds, store.mapper, rows)
        except Undecodable:
            continue  # the account says whether they are parked, as they should be
        if any(sorted(map(repr, made[name])) != sorted(map(repr, its.get(customer, ()))) for name, its in kept.items()):
            differing.append(customer)
    aside = {row.customer for row in parked_rows(connection, model)}
    return len(customers), [customer for customer in differing if customer not in aside]
