"""The vocabulary: one frozen class per event type, one file per family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.events.families import VOCABULARY

__all__ = ["VOCABULARY"]


def __getattr__(name: str) -> Any:
    """Return VOCABULARY, made at first use so that importing one family costs only that family."""
    if name == "VOCABULARY":
        from ledger.events.families import VOCABULARY

        return VOCABULARY
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
