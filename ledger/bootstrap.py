"""The ledger as programs use it: every use case is a method, on the store that `opening` opens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from msgspec import ValidationError, convert

from ledger import commands
from ledger.commands import Merger, Outcome
from ledger.errors import InvalidArgument
from ledger.events.event import Event
from ledger.events.instants import instant
from ledger.journey.context import Context
from ledger.opening import DEFAULT_URL, open_store
from ledger.projecting.activate import Activated, activate, roll_back
from ledger.projecting.catch_up import CaughtUp, catch_up
from ledger.projecting.choosing import chosen, numbered
from ledger.projecting.compare import compare
from ledger.projecting.comparison import Comparison
from ledger.projecting.health import Health, Thresholds, health
from ledger.projecting.quarantine import Parked, Refolded, quarantine, refold, retry
from ledger.projecting.rebuild import Rebuilt, build, rebuild
from ledger.queries.conformance import conformance
from ledger.queries.evaluation import evaluate
from ledger.queries.history import history
from ledger.queries.identities import Shared, suggest
from ledger.queries.journey import journey
from ledger.queries.metrics import metrics
from ledger.queries.next_stage import next_stage
from ledger.queries.prediction import Outlook, risks
from ledger.queries.quality import quality
from ledger.queries.question import question
from ledger.queries.replay import Step, replay
from ledger.queries.subscribe import Subscription
from ledger.queries.touchpoints import touchpoints
from ledger.queries.verify import Verified, verify
from ledger.runners.preparing import EventLike
from ledger.runners.run import Run
from ledger.schemas.catalogue import catalogue_from_toml
from ledger.schemas.definitions import Definitions, compile_context
from ledger.schemas.duration import duration
from ledger.schemas.plan import plan_from_toml
from ledger.store.clock import Clock, system_clock
from ledger.store.log import Until
from ledger.store.plan import Recorded
from ledger.store.store import Store

EVENT = (Event, Mapping, str, bytes)
AN_EVENT = "give what `new_event` returns, a mapping of wire fields, or JSON text"

Instant: TypeAlias = datetime | str | None
"""An aware datetime, or ISO 8601 text with an offset."""


def _until(as_of: Instant, known_at: Instant) -> Until:
    return Until(as_of=_micros(as_of), known_at=_micros(known_at))


def _micros(at: Instant) -> int | None:
    return None if at is None else _moment(at)


def _moment(at: datetime | str) -> int:
    if not isinstance(at, datetime | str):
        raise InvalidArgument(f"{at!r} is no time: give an aware datetime, or text such as 2024-05-01T10:00:00+02:00")
    text = at.isoformat() if isinstance(at, datetime) else at
    try:
        return instant(text)
    except ValueError as error:
        raise InvalidArgument(f"{text!r} {error}: give a time such as 2024-05-01T10:00:00+02:00") from None


def _instants(asked: dict[str, Any]) -> Any:
    """Return keywords of a question with its times in microseconds."""
    return asked | {name: _micros(asked[name]) for name in ("since", "before", "as_of", "known_at") if name in asked}


def _length(text: str) -> int:
    if not isinstance(text, str):
        raise InvalidArgument(f"{text!r} is no length of time: give text such as 90d")
    try:
        return duration(text)
    except ValueError as error:
        raise InvalidArgument(str(error)) from None


def _each(names: Any) -> list[str]:
    """Return names as they were given, one alone as the only one: its letters are never meant."""
    try:
        return convert([names] if isinstance(names, str) else list(names), list[str])
    except (TypeError, ValidationError):
        raise InvalidArgument(f"{names!r} is no name and no list of them: give text, or a list of it") from None


class Ledger:
    """A ledger: append what happened, replay a customer, rebuild the projections, read figures.

    Safe to share between threads. Use it as a context manager, or call `close`.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def open(cls, url: str = DEFAULT_URL, *, create: bool = True, clock: Clock = system_clock) -> Ledger:
        """Open the ledger at `url` (`sqlite:///file.db` or `postgresql://…`), and make it where there is none.

        Raises LedgerMissing with `create=False`, LedgerIncompatible for a foreign, damaged, older or newer
        database, LedgerUnreachable, PermissionRefused, InvalidArgument.
        """
        return cls(open_store(url, create=create, clock=clock))

    def close(self) -> None:
        """Refuse further appends, finish those that were accepted, and close every connection."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, events: EventLike | Sequence[EventLike], *, expected_version: int | None = None) -> list[Recorded]:
        """Append one event, or several together (all or none); return for each its position and whether it was new.

        An event is what `new_event` returns, a mapping of its wire fields, or its JSON text. One without an
        event_id gets a UUIDv7. The same event (source, event_id) appended again returns its first place and
        writes nothing. `expected_version` refuses the append unless the one customer's stream is at that
        version. Threads that append at once share a transaction, and each gets its own outcome. Raises
        InvalidEvent, Refused, Conflict, StorageError (LedgerOverloaded where too many wait already).
        """
        together = [events] if isinstance(events, EVENT) else events
        if not isinstance(together, Iterable):
            raise InvalidArgument(f"{events!r} is no event: {AN_EVENT}, or several in a list")
        if expected_version is not None and not isinstance(expected_version, int):
            raise InvalidArgument(f"{expected_version!r} is no version: give the number of events the stream has")
        return commands.append(self.store, together, expected_version=expected_version)

    def append_many(self, events: Iterable[EventLike]) -> Iterator[Outcome]:
        """Append many events, each for itself, in large transactions; yield for each where it is, or its error.

        Nothing is written unless the iterator is consumed. What was yielded is durable. Up to two transactions of
        5,000 events are read before the first of them is yielded, so do not wait for an outcome to give the next event.
        """
        if isinstance(events, EVENT) or not isinstance(events, Iterable):
            raise InvalidArgument("these are not many events: give a list or another iterable of them")
        return commands.append_each(self.store, events)

    def history(self, customer_id: str, *, as_of: Instant = None, known_at: Instant = None) -> list[dict[str, Any]]:
        """Return a customer's events as wire objects, in the order they occurred.

        Each has its `position`, `version`, `recorded_at`, and whether it was `retracted` beside. It is empty
        where all of it came later. Raises CustomerNotFound where nothing is recorded of them at all.
        """
        return history(self.store, customer_id, until=_until(as_of, known_at))

    def subscribe(self, *, after: int | Literal["end"] = 0, types: str | Sequence[str] = ()) -> Subscription:
        """Return an endless iterator over all events after a position, in the order of the log, that waits for more.

        Each is a wire object as `history` gives it (personal fields too), with `position`, `version` and
        `recorded_at`. None is missed and none comes twice, whoever appends. `after="end"` gives what is recorded from
        now on, `types` only these. `subscription.position` is where to go on from, also after an error;
        `subscription.stop()`, leaving its `with` block, or closing the ledger ends the iteration. Raises
        InvalidArgument for a position that the log has not reached, LedgerClosed; and while iterating Undecodable
        and StorageError.
        """
        return Subscription(self.store, after=after, types=types)

    def replay(
        self, customer_id: str, *, version: int | None = None, as_of: Instant = None, known_at: Instant = None
    ) -> list[Step]:
        """Return the customer after each event, what it changed and by which rule and evidence.

        In the order of occurrence, or with `version` the first so many events of the stream in the order of
        arrival. Raises CustomerNotFound.
        """
        return replay(self.store, customer_id, version=version, until=_until(as_of, known_at))

    def position(self, customer_id: str, *, as_of: Instant = None, known_at: Instant = None) -> dict[str, Any]:
        """Return where a customer stands, folded from the log now: stage, entered_at, cycle, evidence and more.

        Raises CustomerNotFound.
        """
        position: dict[str, Any] = journey(self.store, customer_id, _until(as_of, known_at))["journey_position"]
        return position

    def rebuild(
        self,
        *,
        workers: int | None = None,
        archive: str | None = None,
        journey: Definitions | None = None,
        name: str | None = None,
    ) -> Rebuilt:
        """Fold the whole log anew into a version of the read model, and put it in place where it equals the live one.

        Readers keep the live one meanwhile; where they differ, `difference` says how, and `activate` decides.
        `workers` processes run the folds (default: one per core; 1: this process does), from an `archive` if one is
        named. With a `name` it is a version to look at, made by another `journey` if one is given, and waits
        beside the live one until it is activated or dropped. Raises VersionReused, ProjectionRaced, InvalidArgument.
        """
        run = Run(workers=workers, archive=archive)
        if name is not None:
            return build(self.store, name, definitions=journey, run=run)
        if journey is not None:
            raise InvalidArgument("a version made by another journey needs a name: give it one")
        return rebuild(self.store, run=run)

    def compare(self, before: int | str | None = None, after: int | str | None = None) -> Comparison:
        """Compare two versions of the read model, by number or name: by default the live one and the newest beside it.

        Both are brought to the last event first where that can be. Raises ReadModelNotFound, InvalidArgument.
        """
        return compare(self.store, *chosen(self.store, before, after))

    def activate(self, version: int | str) -> Activated:
        """Put a version of the read model, by number or name, in place, and its definitions in force.

        This ledger goes on under the definitions it was opened with: open it again where others are in force now.
        Raises ReadModelNotFound, InvalidArgument, ProjectionStale for one this code cannot read, LedgerBusy.
        """
        return activate(self.store, numbered(self.store, version))

    def roll_back(self) -> Activated:
        """Put the version that was live before back in place, as `activate` does."""
        return roll_back(self.store)

    def catch_up(self) -> CaughtUp:
        """Apply what was recorded since to the read model. Raises ProjectionStale, ProjectionRaced."""
        return catch_up(self.store)

    def quarantine(self) -> list[Parked]:
        """Return the customers that are set aside because an event of theirs cannot be read or projected."""
        return quarantine(self.store)

    def retry(self, customer_ids: Iterable[str] | None = None) -> Refolded:
        """Fold customers that are set aside again (None: all of them), and take back those with whom it works now.

        Raises CustomerNotFound, InvalidArgument for one who is not set aside, ProjectionStale, ProjectionRaced.
        """
        return retry(self.store, None if customer_ids is None else _each(customer_ids))

    def refold(self, customer_ids: Iterable[str]) -> Refolded:
        """Fold any customers whole from the log, whatever the read model holds of them: a rebuild of a few.

        Raises CustomerNotFound, ProjectionStale, ProjectionRaced.
        """
        return refold(self.store, _each(customer_ids))

    def metrics(self, names: str | Sequence[str] = (), **asked: Any) -> list[dict[str, Any]]:
        """Return the figures of metrics or topics, each a flat object with its n, exclusions, interval and definition.

        `names` default to the usual topics; `asked` are the keywords of `ledger.queries.metrics`: by, where, since,
        before, as_of, known_at (aware datetimes or ISO 8601 text), zone, journey, within (microseconds), … Shares are
        0 to 1, lengths in hours or days as `unit` says. Raises InvalidArgument, ProjectionStale.
        """
        rows = metrics(self.store, _each(names), **_instants(asked))
        return [row.as_row() for row in rows]

    def touchpoints(
        self, catalogue: str | None = None, names: Sequence[str] = (), **asked: Any
    ) -> list[dict[str, Any]]:
        """Return the figures of the touchpoint map, as `metrics` does, against the text of a catalogue file if given.

        Raises InvalidDefinition, InvalidArgument, ProjectionStale.
        """
        stages = self._context(asked).journey.primary
        against = None if catalogue is None else catalogue_from_toml(catalogue, stages)
        return touchpoints(self.store, _each(names), catalogue=against, **_instants(asked))

    def conformance(self, plan: str | None = None, **asked: Any) -> list[dict[str, Any]]:
        """Return the figures of the journeys against the text of a plan file, or against the journey's own stages.

        `asked` is that of `metrics`. Raises InvalidDefinition, InvalidArgument, ProjectionStale.
        """
        against = None if plan is None else plan_from_toml(plan, self._context(asked))
        return conformance(self.store, plan=against, **_instants(asked))

    def _context(self, asked: dict[str, Any]) -> Context:
        """Return what files are read under: the journey that is asked for, else the one in force."""
        journey = question(_instants(asked)).journey
        return self.store.context if journey is None else compile_context(journey)

    def quality(self, **asked: Any) -> list[dict[str, Any]]:
        """Return the figures of how far the log can be trusted, of all sources and of each; `asked` as in `metrics`."""
        return [row.as_row() for row in quality(self.store, **_instants(asked))]

    def next_stage(self, customer_id: str, *, as_of: Instant = None, known_at: Instant = None) -> list[dict[str, Any]]:
        """Return which stage is likely to come next for a customer, and when; raises CustomerNotFound."""
        outlook = Outlook(as_of=_micros(as_of), known_at=_micros(known_at))
        return [row.as_row() for row in next_stage(self.store, customer_id, outlook)]

    def risks(
        self, customer_ids: Collection[str] = (), *, horizon: str = "90d", as_of: Instant = None, top: int | None = None
    ) -> list[dict[str, Any]]:
        """Return how likely customers are to leave within a horizon, the likeliest first.

        It needs scikit-learn (`customer-ledger[predict]`). Raises InvalidArgument where too little is known to learn
        from, CustomerNotFound.
        """
        outlook = Outlook(horizon=_length(horizon), as_of=_micros(as_of))
        return [row.as_row() for row in risks(self.store, outlook, _each(customer_ids), top)]

    def evaluate_risks(
        self, at: datetime | str, *, horizon: str = "90d", known_at: Instant = None
    ) -> list[dict[str, Any]]:
        """Return how well the risks told at `at`, from what was known then, were borne out. Raises as `risks`."""
        rows = evaluate(self.store, at=_moment(at), horizon=_length(horizon), known_at=_micros(known_at))
        return [row.as_row() for row in rows]

    def suggest_identities(self, namespaces: Iterable[str] = ()) -> list[Shared]:
        """Return the identifiers that several customers share, and whether to propose that these are one person."""
        return suggest(self.store, _each(namespaces))

    def merge(self, from_id: str, into_id: str, *, evidence: str) -> list[Recorded]:
        """Record that two customers are one person; a repeat writes nothing. Raises CustomerNotFound, Refused."""
        if evidence is None:
            raise InvalidArgument("say why they are one person: who reads it later must be able to tell")
        return commands.merge(self.store, [Merger(from_=from_id, into=into_id, evidence=evidence)])

    def unmerge(self, source: str, event_id: str, *, why: str | None = None) -> list[Recorded]:
        """Record that the merge which an event told was wrong. Raises EventNotFound, InvalidArgument, Refused."""
        return commands.unmerge(self.store, source, event_id, why=why)

    def reject(self, one_id: str, other_id: str, *, why: str | None = None) -> list[Recorded]:
        """Record that two customers are not one person; a repeat writes nothing. Raises as `merge`, InvalidArgument."""
        return commands.reject(self.store, one_id, other_id, why=why)

    def health(self, thresholds: Thresholds | None = None, *, sample: int = 20) -> Health:
        """Return the ledger's numbers (lag, who is parked, whether every event is accounted for) and what is wrong."""
        if sample < 0:
            raise InvalidArgument(f"{sample} customers cannot be folded: ask for 0 or more")
        return health(self.store, thresholds, sample=sample)

    def verify(self, *, whole: bool = False) -> Verified:
        """Check positions, streams, heads and links, and the read model of a sample of customers, or of all."""
        return verify(self.store, whole=whole)
