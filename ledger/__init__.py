"""An event-sourced ledger of customer interactions.

`from ledger import Ledger` is the whole door; every public name is resolved when it is first asked for, so that
`import ledger` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.bootstrap import Ledger as Ledger
    from ledger.errors import Conflict as Conflict
    from ledger.errors import InvalidInput as InvalidInput
    from ledger.errors import LedgerError as LedgerError
    from ledger.errors import NotFound as NotFound
    from ledger.errors import ProjectionError as ProjectionError
    from ledger.errors import Refused as Refused
    from ledger.errors import StorageError as StorageError
    from ledger.errors import Undecodable as Undecodable
    from ledger.events.event import Event as Event
    from ledger.events.event import RecordedEvent as RecordedEvent
    from ledger.events.new import new_event as new_event

__version__ = "0.1.0"

__all__ = [
    "Conflict",
    "Event",
    "InvalidInput",
    "Ledger",
    "LedgerError",
    "NotFound",
    "ProjectionError",
    "RecordedEvent",
    "Refused",
    "StorageError",
    "Undecodable",
    "__version__",
    "new_event",
]

_HOMES = {
    "Conflict": "ledger.errors",
    "Event": "ledger.events.event",
    "InvalidInput": "ledger.errors",
    "Ledger": "ledger.bootstrap",
    "LedgerError": "ledger.errors",
    "NotFound": "ledger.errors",
    "ProjectionError": "ledger.errors",
    "RecordedEvent": "ledger.events.event",
    "Refused": "ledger.errors",
    "StorageError": "ledger.errors",
    "Undecodable": "ledger.errors",
    "new_event": "ledger.events.new",
}


def __getattr__(name: str) -> object:
    """Return the public name, from the module that is its home."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
