"""Every error the ledger raises, as one tree; facts are fields, and each message ends with the cure.

    LedgerError
    ├── InvalidInput            what the caller gave cannot be used
    │   ├── InvalidEvent        an event breaks its schema (all problems at once)
    │   ├── InvalidDefinition   a journey, types, channels or mapping file breaks its schema
    │   └── InvalidArgument     an option or argument has no meaning here
    ├── Refused                 the event cannot be true, given what is recorded
    │   ├── CustomerErased
    │   ├── OccurredInFuture
    │   ├── MergeCycle
    │   ├── AlreadyRetracted
    │   └── CannotRetract
    ├── Conflict
    │   ├── VersionConflict     expected_version is not the stream's version
    │   └── ContentConflict     same (source, event_id), other content
    ├── NotFound
    │   ├── CustomerNotFound
    │   ├── EventNotFound
    │   └── ReadModelNotFound   no version of the read model of that number or name
    ├── Undecodable             a stored event cannot be read
    │   └── UnknownEventType
    ├── StorageError            the database says no
    │   ├── LedgerMissing       no ledger at this address yet
    │   ├── LedgerIncompatible  not a ledger, damaged, or of another version
    │   ├── LedgerBusy
    │   │   └── LedgerOverloaded  more appends wait than may
    │   ├── LedgerClosed
    │   ├── StorageFull
    │   ├── PermissionRefused   the database or a folder may not be read or written
    │   ├── LedgerUnreachable
    │   └── ArchiveError        the copy of the log in Parquet cannot be used
    │       ├── ArchiveMissing
    │       ├── ArchiveIncompatible  no archive, or one of another version of the code
    │       ├── ArchiveForeign  of another ledger, or of another past of this one
    │       ├── ArchiveDamaged  a segment is missing, cut off or altered
    │       └── ArchiveBusy     another process writes it
    └── ProjectionError
        ├── ProjectionStale     the read model is missing or was made by another definition
        ├── ProjectionRaced     another projector advanced the checkpoint first
        └── VersionReused       a fold or a journey changed, and its version did not

Exit codes and HTTP statuses live at the edges, never here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class LedgerError(Exception):
    """Any error of the ledger."""


class Problem(NamedTuple):
    """One thing wrong with an input: the dotted field, what is wrong, and the cure."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class InvalidInput(LedgerError):
    """What the caller gave cannot be used."""


class InvalidEvent(InvalidInput):
    """An event breaks its schema; `problems` lists every breach at once."""

    def __init__(
        self,
        problems: Sequence[Problem],
        *,
        source: str | None = None,
        event_id: str | None = None,
        index: int | None = None,
    ) -> None:
        self.problems = tuple(problems)
        self.source = source
        self.event_id = event_id
        self.index = index
        super().__init__("; ".join(str(problem) for problem in self.problems))


class InvalidDefinition(InvalidInput):
    """A configuration file breaks its schema; `problems` lists every breach at once."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.name = name
        self.problems = tuple(problems)
        super().__init__(f"{name}: " + "; ".join(str(problem) for problem in self.problems))


class InvalidArgument(InvalidInput):
    """An option or argument has no meaning here."""


class Refused(LedgerError):
    """The event cannot be true, given what is recorded."""

    def __init__(self, message: str, *, source: str, event_id: str) -> None:
        self.source = source
        self.event_id = event_id
        super().__init__(f"{message} (event {event_id} of source {source})")


class CustomerErased(Refused):
    """The customer was erased and no new consent has returned them."""


class OccurredInFuture(Refused):
    """occurred_at is later than the ledger's clock plus the tolerance."""


class MergeCycle(Refused):
    """The merge would make a customer part of itself."""


class AlreadyRetracted(Refused):
    """The event named by this retraction was retracted before."""


class CannotRetract(Refused):
    """The event named by this retraction is one that no retraction can take back."""


class Conflict(LedgerError):
    """The event contradicts what is recorded."""


class VersionConflict(Conflict):
    """The stream is not at the version the caller expected."""

    def __init__(self, customer_id: str, expected: int, actual: int) -> None:
        self.customer_id = customer_id
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"customer {customer_id!r} is at version {actual}, not {expected}: "
            "read the customer again, decide again, and append with the new version"
        )


class ContentConflict(Conflict):
    """An event of the same source and event_id has other content; `position` is None where it came in the same call."""

    def __init__(self, source: str, event_id: str, position: int | None) -> None:
        self.source = source
        self.event_id = event_id
        self.position = position
        where = "came before in the same call" if position is None else f"is recorded at position {position}"
        super().__init__(
            f"event {event_id!r} of source {source!r} {where} with other content: "
            "give the new fact an event_id of its own, or retract the old one first"
        )


class NotFound(LedgerError):
    """What was asked for is not in the ledger."""


class CustomerNotFound(NotFound):
    """No customer of that customer_id is recorded."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        super().__init__(
            f"no customer {customer_id!r} in this ledger: `customers --search TEXT` finds by part of a key"
        )


class EventNotFound(NotFound):
    """No event of that source and event_id is recorded."""

    def __init__(self, source: str, event_id: str) -> None:
        self.source = source
        self.event_id = event_id
        super().__init__(
            f"no event {event_id!r} of source {source!r} in this ledger: check the source's spelling first"
        )


class ReadModelNotFound(NotFound):
    """No version of the read model has that number or name."""


class Undecodable(LedgerError):
    """A stored event cannot be read with the types in force."""

    def __init__(self, position: int, type_name: str, why: str) -> None:
        self.position = position
        self.type_name = type_name
        self.why = why
        super().__init__(f"the event at position {position} ({type_name}) cannot be read: {why}")


class UnknownEventType(Undecodable):
    """The stored type is neither in the vocabulary nor declared by the company."""

    def __init__(self, position: int, type_name: str) -> None:
        super().__init__(
            position, type_name, "its type is unknown; declare it in the types file and run `init --types`"
        )


class StorageError(LedgerError):
    """The database says no."""


class LedgerMissing(StorageError):
    """There is no ledger at this address yet."""


class LedgerIncompatible(StorageError):
    """The database is not a ledger, is damaged, or belongs to another version of the code.

    `older` says that an upgrade would mend it.
    """

    older: bool = False


class LedgerBusy(StorageError):
    """Another writer held the ledger for longer than the time allowed."""


class LedgerOverloaded(LedgerBusy):
    """So many events wait to be written that no more are taken; this one was not."""

    def __init__(self, waiting: int, capacity: int) -> None:
        self.waiting = waiting
        self.capacity = capacity
        super().__init__(
            f"{waiting} events wait to be written and {capacity} may: nothing of this append was kept, "
            "send it again in a moment"
        )


class LedgerClosed(StorageError):
    """The ledger was closed; nothing of this append was kept."""


class StorageFull(StorageError):
    """The disk or the quota of the database is full."""


class PermissionRefused(StorageError):
    """The database, or a folder, may not be read or written by this account."""


class LedgerUnreachable(StorageError):
    """The database server does not answer."""


class ArchiveError(StorageError):
    """The archive of the log cannot be read or written."""


class ArchiveMissing(ArchiveError):
    """There is no archive at this address yet."""


class ArchiveIncompatible(ArchiveError):
    """What is there is no archive, or one of another version of the code."""


class ArchiveForeign(ArchiveError):
    """The archive is one of another ledger, or holds what this ledger never recorded or no longer knows."""


class ArchiveDamaged(ArchiveError):
    """A segment of the archive is missing, cut off or altered; `path` names it."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(
            f"the segment {path} of the archive {why}: run `verify --archive`, restore the file from a copy, "
            "or make the archive again in an empty folder"
        )


class ArchiveBusy(ArchiveError):
    """Another process is writing the archive; nothing of this one was kept."""


class ProjectionError(LedgerError):
    """The read model cannot serve."""


class ProjectionStale(ProjectionError):
    """The read model is missing, or was made by another definition than the one in force."""


class ProjectionRaced(ProjectionError):
    """Another projector advanced the checkpoint first; nothing of this batch was applied."""


class VersionReused(ProjectionError):
    """A fold or a journey is not what a read model was built by under the same version; raise the version."""
