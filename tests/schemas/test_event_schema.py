"""Every problem of an event is told at once, with its field and the cure."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ledger.errors import InvalidEvent
from ledger.events import VOCABULARY
from ledger.schemas.prepare import Preparer

PREPARER = Preparer(VOCABULARY, ZoneInfo("UTC"))


def event(type_: str = "page.viewed", data: dict[str, Any] | None = None, **envelope: Any) -> dict[str, Any]:
    return {
        "event_id": "1",
        "source": "s",
        "type": type_,
        "customer_id": "c",
        "occurred_at": "2024-05-01T10:20Z",
        "data": data or {},
        **envelope,
    }


def told(given: Any) -> dict[str, str]:
    """Return what is told about an event, by field; nothing if it is accepted."""
    try:
        PREPARER.prepare(given, received=0)
    except InvalidEvent as error:
        return dict(error.problems)
    return {}


def test_an_event_with_everything_is_accepted() -> None:
    assert not told(
        event(
            "order.delivered",
            {"promised_at": "2024-05-01T10:20:30+02:00"},
            type_version=1,
            time_precision="minute",
            channel="post",
            direction="outbound",
            actor={"type": "partner", "id": "dhl", "role": "carrier"},
            department="logistics",
            touchpoint_id="t",
            interaction_id="i",
            case_id="o",
            reason="because",
            outcome="done",
            stage_hint="use",
            correlation_id="x",
            causation_id="y",
            source_sequence=-3,
            received_at="2024-05-01T10:21Z",
        )
    )


def test_every_problem_is_told_at_once() -> None:
    wrong = {
        "type": "survey.responded",
        "source": "",
        "occurred_at": "2024-05-01 10:20",
        "direction": "sideways",
        "actor": {"type": "user", "name": "Joe"},
        "colour": "red",
        "data": {"metric": "NPS", "score": "9", "scale_min": 0, "comment": None, "more": 1},
    }
    assert set(told(wrong)) == {
        "event_id", "source", "customer_id", "occurred_at", "direction", "actor.type", "actor.name", "colour",
        "data.metric", "data.score", "data.scale_max", "data.more",
    }  # fmt: skip


CURES = [
    ("order.placed", {"value": 12.5, "currency": "EUR"}, "data.value", 'must be a decimal string like "12.50"'),
    ("order.placed", {"value": "12,50", "currency": "EUR"}, "data.value", "decimal string"),
    ("order.placed", {"value": "1E+1000000", "currency": "EUR"}, "data.value", "decimal string"),
    ("order.placed", {"value": "1", "currency": "eur"}, "data.currency", "three capital letters"),
    ("order.placed", {"value": "1", "currency": "EUR\n"}, "data.currency", "three capital letters"),
    ("order.placed", {"value": "1"}, "data.currency", "is required where value is given"),
    ("order.placed", {"quantity": 1.0}, "data.quantity", "a whole number"),
    ("order.placed", {"quantity": "1_000"}, "data.quantity", "a whole number"),
    ("order.placed", {"quantity": "٣"}, "data.quantity", "a whole number"),
    ("order.placed", {"quantity": True}, "data.quantity", "a whole number"),
    ("order.placed", {"quantity": -1}, "data.quantity", "from 0"),
    ("order.placed", {"quantity": 2**53}, "data.quantity", "within ±9007199254740991"),
    ("order.placed", {"items": {}}, "data.items", "a list of JSON objects"),
    ("order.placed", {"items": [{"n": {"m": 2**53}}]}, "data.items.0.n.m", "write a longer number as a string"),
    ("order.placed", {"items": [{"n": float("nan")}]}, "data.items.0.n", "must be a finite number"),
    ("order.placed", {"items": [{"n\0": 1}]}, "data.items.0", "the character NUL"),
    ("order.placed", {"items": [{"n": "\ud800"}]}, "data.items.0.n", "half of a surrogate pair"),
    ("order.delivered", {"promised_at": "2024-05-01"}, "data.promised_at", "with its offset like"),
    ("order.delivered", {"promised_at": "2024-05-01T10:20"}, "data.promised_at", "has no offset from UTC"),
    ("customer.merged", {"into": "b"}, "data.from", "is required"),
    ("customer.merged", {"from": "a", "into": None}, "data.into", "must not be null"),
    ("note.added", {}, "data.text", "is required"),
    ("note.added", {"text": "x" * 16_385}, "data.text", "1 to 16384 characters"),
    ("survey.responded", {"metric": "NPS", "score": 9, "scale_min": 0, "scale_max": 10}, "data.metric", '"nps"'),
    ("survey.responded", {"metric": "nps", "score": 11, "scale_min": 0, "scale_max": 10}, "data.score", "outside its"),
    ("survey.responded", {"metric": "nps", "score": 9, "scale_min": 10, "scale_max": 0}, "data.scale_max", "greater"),
    ("feedback.received", {"kind": "complaint", "sentiment": 1.1}, "data.sentiment", "from -1 to 1"),
    ("information.requested", {"fields": ["name", ""]}, "data.fields", "a list of at most 256"),
    ("interaction.completed", {"objective_achieved": 1}, "data.objective_achieved", "true or false"),
]


@pytest.mark.parametrize(("type_", "data", "field", "cure"), CURES)
def test_an_own_field_that_breaks_its_kind_is_named_with_its_cure(
    type_: str, data: dict[str, Any], field: str, cure: str
) -> None:
    assert cure in told(event(type_, data)).get(field, "accepted")


ENVELOPES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "ordr.placed"}, "type", "did you mean 'order.placed'?"),
    ({"type": "zzz"}, "type", "declare it in the types file"),
    ({"type_version": 2}, "type_version", "up to version 1"),
    ({"type_version": 0}, "type_version", "from 1"),
    ({"type_version": "1"}, "type_version", "a whole number"),
    ({"customer_id": ""}, "customer_id", "1 to 255 characters"),
    ({"customer_id": "x" * 256}, "customer_id", "1 to 255 characters"),
    ({"event_id": 7}, "event_id", "a string"),
    ({"source": "a\0b"}, "source", "the character NUL"),
    ({"occurred_at": "2024-05-01"}, "occurred_at", '"time_precision": "date"'),
    ({"occurred_at": "2024-05-01T10:20:30"}, "occurred_at", "has no offset"),
    ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at", "outside the years"),
    ({"occurred_at": 1714551630}, "occurred_at", "ISO 8601"),
    ({"time_precision": "day"}, "time_precision", '"date"'),
    ({"time_precision": None}, "time_precision", "must not be null"),
    ({"source_sequence": 1.9}, "source_sequence", "a whole number"),
    ({"source_sequence": 2**53}, "source_sequence", "within"),
    ({"actor": "joe"}, "actor", "must be a JSON object"),
    ({"actor": {}}, "actor.type", "is required"),
    ({"data": None}, "data", "must be a JSON object"),
    ({"data": [1]}, "data", "must be a JSON object"),
    ({"received_at": "yesterday"}, "received_at", "ISO 8601"),
    ({"recorded_at": "2024-05-01T10:20Z"}, "recorded_at", "is no field of an event"),
]


@pytest.mark.parametrize(("change", "field", "cure"), ENVELOPES)
def test_an_envelope_field_that_breaks_its_kind_is_named_with_its_cure(
    change: dict[str, Any], field: str, cure: str
) -> None:
    assert cure in told(event() | change).get(field, "accepted")


TEXTS = [
    (b"", "is not JSON"),
    (b"null", "must be one JSON object"),
    (b"[]", "must be one JSON object"),
    (b'{"a":1', "is not JSON at character 6"),
    (b'{"a":"\xff"}', "is not UTF-8 at byte 6"),
    (b"\xef\xbb\xbf{}", "is not JSON"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper than 32 levels"),
    (b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000, "send one event at a time"),
    (b"[" * 1_000_000, "nested deeper than 32 levels"),
]


@pytest.mark.parametrize(("text", "told_"), TEXTS, ids=[why for _, why in TEXTS])
def test_what_is_no_event_at_all_is_told_in_a_sentence(text: bytes, told_: str) -> None:
    assert told_ in told(text)[""]


def test_nesting_is_allowed_to_a_depth_and_not_beyond() -> None:
    def nested(levels: int) -> dict[str, Any]:
        inner: Any = 1
        for _ in range(levels):
            inner = {"a": inner}
        return event("order.placed", {"items": [inner]})

    assert not told(nested(29))  # the event, data and items are three levels of the 32
    assert "nested deeper than 32 levels" in next(iter(told(nested(30)).values()))
    assert "nested deeper than 32 levels" in next(iter(told(json.dumps(nested(900))).values()))


def test_a_name_that_stands_twice_is_told() -> None:
    twice = json.dumps(event(channel="web"))[:-1] + ', "channel": "phone"}'
    assert "more than once" in told(twice)["channel"]
    inner = json.dumps(event("order.placed", {"quantity": 1})).replace('"quantity"', '"quantity": 2, "quantity"')
    assert "more than once" in told(inner)["quantity"]


def test_an_event_may_be_64_kib_of_compact_json_and_not_a_byte_more() -> None:
    def sized(size: int) -> dict[str, Any]:
        fit = event("order.placed", {"items": [{"a": ""}]})
        fit["data"]["items"][0]["a"] = "x" * (size - len(msgspec.json.encode(fit)))
        return fit

    assert not told(sized(65_536))
    assert not told(json.dumps(sized(65_536), indent=8))
    assert "is 65537 bytes of compact JSON" in told(sized(65_537))[""]


def test_numbers_that_compact_json_writes_longer_count_as_long_as_they_are() -> None:
    text = json.dumps(event("order.placed", {"items": [{"a": "PLACE"}]})).replace('"PLACE"', f"[{'9E15,' * 5_000}1]")
    assert len(text) < 65_536
    assert "bytes of compact JSON" in told(text)[""]


def test_an_error_can_be_printed_whatever_the_event_held() -> None:
    with pytest.raises(InvalidEvent) as caught:
        PREPARER.prepare(event("a\ud800b") | {"x\0\udfff": "\ud800"}, received=0)
    assert "\0" not in str(caught.value).encode().decode()
