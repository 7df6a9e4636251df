"""Health: numbers that an operator can alarm on, a green lag with a missing event among them.

Every event up to the live position is accounted for, customer by customer, without a fold; a few customers taken at
random are folded besides, so that in time whatever else is wrong is seen too.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.projecting.checkup import Found, check_up
from ledger.store.accounting import LogCounts
from ledger.store.activation import hold
from ledger.store.engine import reading
from ledger.store.store import Store

SECOND = 1_000_000


class Thresholds(Struct, frozen=True, kw_only=True):
    """From which numbers on something is wrong; None never. Lengths are in seconds."""

    lag: float | None = 60.0
    lag_events: int | None = None
    parked: int | None = 0
    silence: float | None = None


class Health(Struct, frozen=True, kw_only=True):
    """The ledger's numbers at one moment; `ok` only when `problems` is empty, which says each with its cure.

    `missing_events` are positions, or places in streams, that hold no event; `events_folded`, `events_parked` and
    `events_unfolded` together are `position`. `miscounted_customers` have rows of more or fewer events than theirs,
    `disagreeing_customers` are told otherwise by two projections, `differing_customers` of the `sampled_customers` have
    other rows than a fold makes. A number is None where there is nothing it could be of.
    """

    ok: bool
    problems: list[str]
    head: int
    last_append_seconds: float | None
    missing_events: int
    version: int | None
    current: bool
    position: int
    lag_events: int
    lag_seconds: float
    parked_customers: int
    oldest_parked_seconds: float | None
    events_folded: int
    events_parked: int
    events_unfolded: int
    miscounted_customers: int
    disagreeing_customers: int
    sampled_customers: int
    differing_customers: int


def health(store: Store, thresholds: Thresholds | None = None, *, sample: int = 20) -> Health:
    """Return the ledger's numbers and what is wrong; `sample` customers, taken at random, are folded besides."""
    now = store.clock()
    with reading(store.engine) as connection:
        hold(connection)
        found = check_up(store, connection, sample)
    lag_seconds = max(one.lag_seconds for one in found.statuses)
    silence = None if found.appended_at is None else max(0.0, (now - found.appended_at) / SECOND)
    problems = [
        *_problems_of_the_log(found),
        *_problems_of_the_projections(found),
        *_problems_of_rows(found),
        *_alarms(found, thresholds or Thresholds(), lag_seconds, silence),
    ]
    return Health(
        ok=not problems,
        problems=problems,
        head=found.log.head,
        last_append_seconds=silence,
        missing_events=_missing(found.log),
        version=found.live.version if found.live else None,
        current=found.live is not None and all(one.current for one in found.statuses),
        position=found.position,
        lag_events=found.log.head - found.position,
        lag_seconds=lag_seconds,
        parked_customers=len(found.parked_at),
        oldest_parked_seconds=max(0.0, (now - min(found.parked_at)) / SECOND) if found.parked_at else None,
        events_folded=found.account.folded,
        events_parked=found.account.parked,
        events_unfolded=found.account.unfolded,
        miscounted_customers=len(found.account.miscounted),
        disagreeing_customers=len({customer for _, customers in found.disagreements for customer in customers}),
        sampled_customers=found.sampled,
        differing_customers=len(found.differing),
    )


def _missing(log: LogCounts) -> int:
    return max(abs(log.head - log.events), abs(log.last - log.events), abs(log.heads - log.events), log.first - 1)


def _problems_of_the_log(found: Found) -> Iterator[str]:
    log = found.log
    if (log.first, log.last, log.head) != (1, log.events, log.events):
        yield (
            f"the log's head says {log.head} events and {log.events} are there, at positions {log.first} to "
            f"{log.last}: restore the database from a backup, `verify` says more"
        )
    if found.streams:
        yield (
            f"the heads of the streams tell {log.heads} events and {log.events} are there, and differ with "
            f"{found.who(found.streams)}: restore the database from a backup, `verify` says more"
        )


def _problems_of_the_projections(found: Found) -> Iterator[str]:
    if found.live is None:
        if found.log.events:
            yield f"no read model was built yet: {found.cure}"
        return
    if not all(one.current for one in found.statuses):
        yield f"the read model was made by other definitions or folds than those in force: {found.cure}"
    if len({one.position for one in found.statuses}) > 1:
        yield "the projections stand at different positions: run `customer-ledger rebuild`"
    if found.position > found.log.head:
        yield "the projections stand at a position that the log has not reached: run `customer-ledger rebuild`"


def _problems_of_rows(found: Found) -> Iterator[str]:
    cure = "run `customer-ledger quarantine replay CUSTOMER`, or `customer-ledger rebuild` for many"
    miscounted = found.account.miscounted
    if miscounted:
        first = miscounted[0]
        yield (
            f"rows of more or fewer events than recorded: {found.who([one.customer for one in miscounted])} "
            f"(first {first.expected} expected, {first.found} found): {cure}"
        )
    for what, customers in found.disagreements:
        yield f"{what}, of {found.who(customers)}: {cure}"
    if found.differing:
        yield f"rows that a fold of the log does not make: {found.who(found.differing)}: {cure}"


def _alarms(found: Found, limits: Thresholds, lag_seconds: float, silence: float | None) -> Iterator[str]:
    lag = found.log.head - found.position
    if found.live is not None and limits.lag_events is not None and lag > limits.lag_events:
        yield f"{lag} events wait to be projected, more than {limits.lag_events}: see whether `catch-up --follow` runs"
    if found.live is not None and limits.lag is not None and lag_seconds > limits.lag:
        yield f"an event has waited to be projected for {lag_seconds:.0f} s: see whether `catch-up --follow` runs"
    if limits.parked is not None and len(found.parked_at) > limits.parked:
        count = len(found.parked_at)
        who = "1 customer is" if count == 1 else f"{count} customers are"
        yield f"{who} set aside: `customer-ledger quarantine` says why"
    if limits.silence is not None and silence is not None and silence > limits.silence:
        yield f"nothing was appended for {silence:.0f} s: see whether the producers run"
