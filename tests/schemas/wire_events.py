"""Events on the wire, made by hypothesis from the classes: good ones, and ones with something done to them."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from ledger.events import VOCABULARY
from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import Field, actor_fields, envelope_fields, fields_of
from ledger.schemas.types import types_from_toml

COMPANY = types_from_toml(
    """
    [[types]]
    name = "loyalty.points_earned"
    family = "use"
    summary = "Points were earned."
    stage = "use"
    fields.points = { kind = "count", required = true, unit = "points" }
    fields.note = { kind = "text", personal = true, required = true }
    fields.born = { kind = "instant", personal = true, required = true }
    fields.tier = { kind = "choice", choices = ["gold", "silver"] }
    fields.weight = { kind = "number" }
    fields.more = { kind = "object" }
    fields.type = { kind = "integer" }
    fields.amount = { kind = "money" }
    fields.currency = { kind = "currency" }
    """
)
TYPES = VOCABULARY.extended(COMPANY)

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
FREE = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e3, 1e3) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, FREE, max_size=3)
INSTANTS = st.sampled_from(["2024-05-01T10:20:30.5+02:00", "1997-01-12 00:00Z", "0001-01-01T00:00:00Z"])

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "key": WORDS,
    "text": WORDS,
    "integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "count": st.integers(0, 2**53 - 1),
    "number": st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15),
    "minutes": st.floats(0, 1e9) | st.integers(0, 10**9),
    "sentiment": st.floats(-1, 1) | st.sampled_from([-1, 0, 1]),
    "money": st.sampled_from(["0", "12.50", "-3.0001", "999999999999.9999"]),
    "currency": st.sampled_from(["EUR", "BRL"]),
    "instant": INSTANTS,
    "boolean": st.booleans(),
    "keys": st.lists(WORDS, max_size=3),
    "object": OBJECTS,
    "objects": st.lists(OBJECTS, max_size=2),
}

NASTY: list[Any] = [
    None, True, 0, -1, 1, 1.0, 1.5, -0.0, 1e300, 2**53, -(2**53), 2**64, 2**70, 10**50,
    "", " ", "a", "1", "12.50", "1E3", "12.", "EUR\n", "eur", "x" * 256, "x" * 16_385, "ü" * 255,
    "\0", "a\0b", "\\u0000", "\u2028", "😀", ":", '":"', "\ud800",
    [], [None], [[]], {}, {"a": None}, {"a": {"b": [1.5, 2**53]}}, [{"n": 2**60}], [{"": "\0"}], {"\udfff": 1},
    "2024-05-01", "2024-05-01T10:20:30", "9999-12-31T23:59:59-14:00",
    "order.placed", "nps", "date", "instant", "customer", float("nan"), float("inf"),
]  # fmt: skip


def _value(field: Field) -> st.SearchStrategy[Any]:
    return st.sampled_from(field.choices) if field.choices else VALUES[field.kind.name]


def _object(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {field.name: _value(field) | _absence(field) for field in fields if not field.required}
    return st.fixed_dictionaries({field.name: _value(field) for field in fields if field.required}, optional=optional)


def _absence(field: Field) -> st.SearchStrategy[Any]:
    return st.none() if field.nullable else st.nothing()


@st.composite
def good_events(draw: st.DrawFn, types: list[EventType] | None = None) -> dict[str, Any]:
    """Draw an event that may be recorded."""
    event_type = draw(st.sampled_from(types or list(TYPES.values())))
    event = draw(_object(tuple(field for field in envelope_fields() if field.name != "type_version")))
    event["type"] = event_type.name
    event["occurred_at"] = draw(INSTANTS | st.just("1997-01-12"))
    if event["occurred_at"] == "1997-01-12":
        event["time_precision"] = "date"
    if draw(st.booleans()):
        event["actor"] = draw(_object(actor_fields()))
    fields = fields_of(event_type.data)
    event["data"] = _true(draw(_object(fields)), {field.kind.name for field in fields})
    names = draw(st.permutations(list(event)))
    return {name: event[name] for name in names}


def _true(data: dict[str, Any], kinds: set[str]) -> dict[str, Any]:
    """Return own fields with what one of them demands of another."""
    if "money" in kinds:
        data["currency"] = "EUR"
    if "scale_min" in data or "scale_max" in data:
        data |= {"scale_min": 1, "scale_max": 5.0, "score": 4}
    return data


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Draw the JSON text of an event to which something may have been done."""
    event = copy.deepcopy(draw(good_events()))
    for _ in range(draw(st.integers(0, 2))):
        _harm(draw, event)
    text = json.dumps(
        event,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")])),
    )
    if draw(st.integers(0, 4)) == 0:
        old, new = draw(st.sampled_from(_REWRITES))
        text = text.replace(old, new, draw(st.integers(1, 2)))
    return text.encode("utf-8", "surrogatepass")


_REWRITES = [
    ("{", '{"source":"x",'),
    ('"source"', '"sourc\\u0065"'),
    ('"source"', '"source":"twice","source"'),
    ('"data"', '"data":{"a":1},"data"'),
    (":", "\\u003a"),
    ("{", "[{"),
    ("}", "},"),
    ('"', "'"),
    ("1", "1.0"),
    ("1", "1e0"),
    ("1", "01"),
    ("1", "1" * 5000),
    (" ", "\ufeff"),
    ("a", "\\u0061"),
    ("a", "\\u0000"),
    ("a", "\\ud800"),
]


def _harm(draw: st.DrawFn, event: dict[str, Any]) -> None:
    place: Any = event
    while True:
        inner = [
            value for value in (place.values() if isinstance(place, dict) else place) if isinstance(value, dict | list)
        ]
        if not inner or draw(st.booleans()):
            break
        place = draw(st.sampled_from(inner))
    value = copy.deepcopy(draw(st.sampled_from(NASTY)))
    if isinstance(place, list):
        place.append(value)
        return
    names = [*place, "unknown", "from", "stage", "currency", "type_version"]
    name = draw(st.sampled_from(names))
    if name in place and draw(st.booleans()):
        del place[name]
    else:
        place[name] = value
