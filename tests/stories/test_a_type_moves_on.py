"""A company's type gets a new version: what was recorded stays as it was sent, and is read in the new shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.bootstrap import Ledger
from ledger.opening import define
from ledger.queries.history import event, export
from ledger.schemas.types import types_from_dict, types_to_json

FIRST: dict[str, Any] = {
    "name": "loyalty.points_earned",
    "family": "use",
    "summary": "Points were earned.",
    "fields": {"amount": {"kind": "count", "required": True}, "remark": {"kind": "text", "personal": True}},
}
SECOND: dict[str, Any] = {
    **FIRST,
    "fields": {"points": {"kind": "count", "required": True}, "note": {"kind": "text", "personal": True}},
    "upcasts": [{"from": 1, "rename": {"amount": "points", "remark": "note"}}],
}
SENT = {
    "event_id": "1",
    "source": "till",
    "type": "loyalty.points_earned",
    "customer_id": "ana",
    "occurred_at": "2024-05-01T10:20:00+02:00",
    "data": {"amount": 3, "remark": "for Ana"},
}


def declare(url: str, declared: dict[str, Any]) -> None:
    define(url, {"types": types_to_json(types_from_dict({"types": [declared]}))})


def test_an_old_event_is_read_in_the_new_shape_and_exported_as_it_was_sent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url).close()
    declare(url, FIRST)
    with Ledger.open(url) as ledger:
        assert ledger.append(SENT)[0].recorded
    declare(url, SECOND)
    with Ledger.open(url) as ledger:
        read = event(ledger.store, "till", "1")
        assert (read["type_version"], read["data"]) == (2, {"points": 3, "note": "for Ana"})
        exported = list(export(ledger.store))
        assert [{name: wire[name] for name in SENT} for wire in exported] == [SENT]
        assert not ledger.append(exported[0])[0].recorded
        assert not ledger.append(SENT)[0].recorded
    other = f"sqlite:///{tmp_path / 'other.db'}"
    Ledger.open(other).close()
    declare(other, SECOND)
    with Ledger.open(other) as ledger:
        assert ledger.append(exported[0])[0].recorded
        assert event(ledger.store, "till", "1")["data"] == read["data"]
