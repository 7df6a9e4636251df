"""The step from one version of a company's type to the next, as its configuration declares it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Upcasting(Struct, frozen=True, kw_only=True):
    """Renames fields, gives new ones the value they would have had, and drops those that are gone, in this order."""

    rename: dict[str, str] = {}
    set: dict[str, Any] = {}
    drop: list[str] = []

    def __call__(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the own fields in the shape of the next version."""
        renamed = {self.rename.get(name, name): value for name, value in fields.items() if name not in self.drop}
        return {**self.set, **renamed}
