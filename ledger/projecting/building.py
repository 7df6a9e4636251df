"""A version of the read model under construction: begun or gone on with, filled range by range, finished."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from ledger.projections import PROJECTIONS
from ledger.runners.inline import Built, Range, park_too_large
from ledger.store.checkpoints import Checkpoint, write_checkpoints
from ledger.store.engine import Connection, writing
from ledger.store.log import last_position, last_stream
from ledger.store.parking import park
from ledger.store.read_model import create_tables, index_tables, insert_rows, table_of
from ledger.store.serving import fingerprints, made_by
from ledger.store.store import Store
from ledger.store.versions import (
    BuiltRange,
    ReadModel,
    add_model,
    add_ranges,
    built_ranges,
    claim,
    definitions_of,
    finish_model,
    hold_versions,
    read_models,
    require_claim,
    set_state,
)

ROWS_A_COMMIT = 10_000


class Building(Struct, kw_only=True):
    """A version being filled by this process, and what waits to be written.

    `resumed` are the events it held when it was taken up; `events` and `customers` count those too.
    """

    store: Store
    model: ReadModel
    token: str
    held: list[BuiltRange]
    resumed: int
    events: int
    customers: int
    waiting: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    ranges: list[BuiltRange] = field(default_factory=list)
    parked: dict[int, tuple[int, str]] = field(default_factory=dict)
    peaks_kib: dict[int, int] = field(default_factory=dict)

    @property
    def gaps(self) -> list[Range]:
        """The ranges of streams that it does not hold yet."""
        gaps, after = [], 0
        for held in self.held:
            if held.first > after + 1:
                gaps.append((after + 1, held.first - 1))
            after = held.last
        return [*gaps, (after + 1, self.model.last_stream)] if after < self.model.last_stream else gaps

    def take(self, built: Built) -> None:
        """Take in what one range made, and write once enough waits."""
        self.ranges.append(BuiltRange(built.first, built.last, built.events, built.customers))
        self.events += built.events
        self.customers += built.customers
        self.parked.update(built.parked)
        if built.worker:
            self.peaks_kib[built.worker] = built.peak_kib
        for name, rows in built.rows.items():
            self.waiting.setdefault(name, []).extend(rows)
        if sum(map(len, self.waiting.values())) >= ROWS_A_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction; set aside the customers whose numbers no column holds."""
        try:
            self._write()
        except OverflowError:
            # A customer's rows are taken in together, so none of theirs was written before.
            self.customers -= park_too_large(self.waiting, self.parked, self.model.position)
            self._write()
        self.waiting, self.ranges, self.parked = {}, [], {}

    def finish(self) -> None:
        """Say that the version is whole: what it was made of is indexed, and its projections stand at its position."""
        for projection in PROJECTIONS:
            with writing(self.store.engine, much=True) as connection:
                require_claim(connection, self.model.version, self.token)
                index_tables(connection, projection, self.model.version)
        now = self.store.clock()
        with writing(self.store.engine) as connection:
            require_claim(connection, self.model.version, self.token)
            finish_model(connection, self.model.version, now)
            write_checkpoints(connection, self._checkpoints(now))

    def _checkpoints(self, now: int) -> Sequence[Checkpoint]:
        by = fingerprints(self.store.context)
        return [
            Checkpoint(
                model=self.model.version,
                projection=projection.name,
                version=projection.version,
                fingerprint=by[projection.name],
                position=self.model.position,
                built_at=now,
                caught_up_at=now,
            )
            for projection in PROJECTIONS
        ]

    def _write(self) -> None:
        version = self.model.version
        with writing(self.store.engine, much=True) as connection:
            require_claim(connection, version, self.token)
            for projection in PROJECTIONS:
                insert_rows(connection, table_of(projection, version), self.waiting.get(projection.name, ()))
            park(connection, self.parked, (), self.store.clock(), version)
            if self.ranges:
                add_ranges(connection, version, self.ranges)


def begin(store: Store, name: str, archived: int | None) -> Building:
    """Go on with the version of that name that was broken off, else begin one under the store's definitions.

    `archived` is the position of the archive it is to be folded from, None for the log. What was broken off under
    other definitions or folds, or at a position that the archive has not reached, is given up.
    """
    token = secrets.token_hex(8)
    with writing(store.engine) as connection:
        hold_versions(connection)
        model = _unfinished(connection, store, name, archived)
        if model is None:
            position = last_position(connection) if archived is None else archived
            model = add_model(
                connection,
                store.definitions,
                name=name,
                made_by=made_by(store.context),
                position=position,
                last_stream=last_stream(connection),
                token=token,
                now=store.clock(),
            )
            create_tables(connection, model.version)
        else:
            claim(connection, model.version, token)
        held = built_ranges(connection, model.version)
    events = sum(one.events for one in held)
    return Building(
        store=store,
        model=model,
        token=token,
        held=held,
        resumed=events,
        events=events,
        customers=sum(one.customers for one in held),
    )


def _unfinished(connection: Connection, store: Store, name: str, archived: int | None) -> ReadModel | None:
    found = None
    for model in read_models(connection):
        if model.state != "building" or model.name != name:
            continue
        same = (
            model.made_by == made_by(store.context)
            and definitions_of(connection, model) == store.definitions
            and (archived is None or archived >= model.position)
        )
        if same and found is None:
            found = model
        else:
            set_state(connection, model.version, "abandoned")
    return found
