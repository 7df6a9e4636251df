"""A company declares types of its own, which work like ours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import InvalidDefinition, InvalidEvent
from ledger.events import VOCABULARY
from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import KINDS
from ledger.schemas.prepare import Prepared, Preparer
from ledger.schemas.types import types_from_dict, types_from_json, types_from_toml, types_to_dict, types_to_json

FILE = """
[[types]]
name = "loyalty.points_earned"
family = "use"
summary = "Points were earned."
stage = "use"
upcasts = [
    { from = 1, rename = { amount = "points" }, drop = ["phone"] },
    { from = 2, set = { tier = "silver" } },
]

[types.fields]
points = { kind = "count", required = true, unit = "points" }
tier = { kind = "choice", choices = ["gold", "silver"] }
note = { kind = "text", personal = true, required = true }
from = { kind = "key" }
weight = { kind = "number" }

[[types]]
name = "loyalty.card_lost"
family = "support"
summary = "A card was lost."
"""


def declared() -> list[EventType]:
    return types_from_toml(FILE)


def preparer(types: list[EventType]) -> Preparer:
    return Preparer(VOCABULARY.extended(types), ZoneInfo("UTC"))


def earned(data: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    return {
        "event_id": "1",
        "source": "s",
        "type": "loyalty.points_earned",
        "customer_id": "c",
        "occurred_at": "2024-05-01T10:20Z",
        "data": data,
        **envelope,
    }


def prepare(data: dict[str, Any], **envelope: Any) -> Prepared:
    return preparer(declared()).prepare(earned(data, **envelope), received=0)


def told(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        types_from_dict(document)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_a_declared_type_says_what_its_file_says() -> None:
    points, lost = declared()
    assert (points.name, points.family, points.stage, points.version, points.company) == (
        "loyalty.points_earned",
        "use",
        "use",
        3,
        True,
    )
    assert (lost.summary, lost.stage, lost.version) == ("A card was lost.", None, 1)


def test_types_are_written_back_as_they_were_declared() -> None:
    text = types_to_json(declared())
    assert types_to_json(types_from_json(text)) == text
    assert json.loads(text) == types_to_dict(declared())
    assert types_to_dict(declared())["types"][0]["upcasts"][0] == {
        "from": 1,
        "rename": {"amount": "points"},
        "drop": ["phone"],
    }


def test_an_event_of_a_declared_type_is_parted_like_ours() -> None:
    prepared = prepare({"points": 3, "note": "hi", "from": "x"}, type_version=3)
    assert json.loads(prepared.header)["data"] == {"points": 3, "from": "x"}
    assert json.loads(prepared.sealed or b"") == {"data": {"note": "hi"}}


def test_an_event_of_a_declared_type_is_refused_like_ours() -> None:
    with pytest.raises(InvalidEvent) as caught:
        prepare({"points": "3", "tier": "bronze", "more": 1}, type_version=3)
    assert {problem.field for problem in caught.value.problems} == {
        "data.points",
        "data.tier",
        "data.note",
        "data.more",
    }


def test_an_earlier_version_is_read_as_the_current_one_and_kept_as_sent() -> None:
    prepared = prepare({"amount": 3, "note": "hi", "phone": "555"})
    data: Any = prepared.event.data
    assert (data.points, data.tier, data.note, prepared.event.type_version) == (3, "silver", "hi", 1)
    header = json.loads(prepared.header)
    assert header["data"] == {"amount": 3}
    assert "type_version" not in header


def test_what_an_earlier_version_dropped_is_kept_apart_because_nobody_knows_whom_it_names() -> None:
    prepared = prepare({"amount": 3, "note": "hi", "phone": "555"})
    assert json.loads(prepared.sealed or b"") == {"data": {"note": "hi", "phone": "555"}}


def test_an_earlier_version_is_checked_by_what_it_becomes() -> None:
    with pytest.raises(InvalidEvent) as caught:
        prepare({"amount": -3, "note": "hi", "other": 1})
    assert {problem.field for problem in caught.value.problems} == {"data.points", "data.other"}


def test_an_event_sent_again_after_its_type_moved_on_has_the_content_it_had() -> None:
    now = declared()
    first_version = types_to_dict(now)
    del first_version["types"][0]["upcasts"]
    for _ in range(2):
        event = earned({"points": 3, "note": "hi", "weight": 2, "tier": None}, time_precision="instant", channel=None)
        before = preparer(types_from_dict(first_version)).prepare(event, received=0)
        assert preparer(now).prepare(event, received=0).digest == before.digest


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_declared_and_comes_back(kind: str) -> None:
    fields = {"one": {"kind": kind}, "two": {"kind": kind, "personal": True}, "three": {"kind": kind, "required": True}}
    fields["currency"] = {"kind": "currency"}
    document = {"types": [{"name": "a.b_done", "family": "use", "summary": "It was done.", "fields": fields}]}
    assert types_to_dict(types_from_dict(document)) == document


def test_every_problem_of_a_file_is_told_at_once() -> None:
    problems = told(
        {
            "typos": 1,
            "types": [
                {
                    "name": "order.placed",
                    "family": "suport",
                    "summary": "",
                    "fields": {
                        "Bad Name": {"kind": "key"},
                        "amount": {"kind": "money"},
                        "odd": {"kind": "color", "personal": 1},
                        "pick": {"kind": "choice"},
                        "length": {"kind": "minutes", "unit": "hours"},
                    },
                    "upcasts": [{"from": 2}, 3],
                },
                5,
                {"name": "Loyalty", "family": "use", "summary": "s"},
            ],
        }
    )
    assert set(problems) == {
        "typos",
        "types[order.placed]",
        "types[order.placed].summary",
        "types[order.placed].family",
        "types[order.placed].fields.Bad Name",
        "types[order.placed].fields.amount",
        "types[order.placed].fields.odd.kind",
        "types[order.placed].fields.odd.personal",
        "types[order.placed].fields.pick",
        "types[order.placed].fields.length.unit",
        "types[order.placed].upcasts[1].from",
        "types[order.placed].upcasts[2]",
        "types[2]",
        "types[Loyalty].name",
    }


def test_a_name_is_declared_once() -> None:
    one = {"name": "a.b_done", "family": "use", "summary": "It was done."}
    assert "twice" in told({"types": [one, one]})["types[a.b_done]"]


def test_the_last_upcast_may_not_make_a_field_that_is_not_there() -> None:
    one = {"name": "a.b_done", "family": "use", "summary": "s", "upcasts": [{"from": 1, "set": {"gone": 1}}]}
    assert "makes 'gone'" in told({"types": [one]})["types[a.b_done].upcasts[1]"]


@pytest.mark.parametrize("text", ["[[types]", "types = 5", "types = [{name = 1979-05-27}]"])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidDefinition, match=r"types\.toml"):
        types_from_toml(text)


def test_what_the_guide_shows_can_be_declared() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "howto" / "types.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert [types_from_toml(text)[0].version for text in shown] == [1, 2]
