from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import InvalidDefinition, InvalidInput
from ledger.ingest.mapping import load_mapping, parse_mapping
from ledger.ingest.read import read
from tests.ingest.importing import visits

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/mapping.toml"))

BROKEN = """
[mapping]
nmae = "x"
zone = "Nowhere/X"
[files.Orders]
path = "../x.csv"
format = "xml"
types = { a = 3 }
[files.b]
path = "x.parquet"
format = "parquet"
delimiter = ";"
[queries.q]
rows = "zz"
[defaults]
data = 3
[[events]]
from = "nope"
data = { value = 3, currency = "" }
[[events]]
type = "x.y"
type_version = "1"
occurred_at = { column = "a", zone = "q/q" }
chanel = "a"
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_are_valid(path: Path) -> None:
    mapping = load_mapping(path)
    assert mapping.name == path.parent.name
    assert mapping.events


def test_all_problems_of_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(InvalidDefinition) as caught:
        load_mapping(path)
    assert caught.value.name == str(path)
    assert {problem.field for problem in caught.value.problems} == {
        "mapping.name", "mapping.source", "mapping.nmae", "mapping.zone",
        "files.Orders", "files.Orders.path", "files.Orders.format", "files.Orders.types.a", "files.b.delimiter",
        "queries.q.sql", "queries.q.rows", "defaults.data",
        "events[1].type", "events[1].from", "events[1].data.value", "events[1].data.currency",
        "events[1].event_id", "events[1].customer_id", "events[1].occurred_at",
        "events[2].from", "events[2].type_version", "events[2].occurred_at", "events[2].chanel",
        "events[2].event_id", "events[2].customer_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"), [(b"[mapping", "is no valid TOML"), (b"\xff\xfe", "is not UTF-8"), (b"", "events: is missing")]
)
def test_a_file_that_is_no_mapping_says_so(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidDefinition, match=why):
        load_mapping(path)


def test_a_mapping_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InvalidInput, match="cannot read the mapping"):
            load_mapping(path)


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.TXT", "csv"), ("a.ndjson", "ndjson"), ("a.jsonl.gz", "ndjson"), ("a.parquet", "parquet")],
)
def test_a_file_name_tells_the_format(name: str, form: str) -> None:
    assert parse_mapping(visits(file={"path": name})).files["visits"].format == form


def test_an_event_may_override_what_all_share() -> None:
    document = visits(
        defaults={"channel": "'web'", "data": {"a": "x", "b": "y"}}, event={"channel": "'app'", "data": {"b": "z"}}
    )
    said = {expression.field: expression.sql for expression in parse_mapping(document).events[0].expressions}
    assert (said["channel"], said["data.a"], said["data.b"]) == ("'app'", "x", "z")


def test_the_zone_of_the_mapping_holds_where_none_is_said() -> None:
    event = {"occurred_at": {"column": "at", "zone": "UTC"}, "received_at": "at"}
    rule = parse_mapping(visits(mapping={"zone": "Europe/Rome"}, event=event)).events[0]
    zones = {expression.field: expression.zone for expression in rule.expressions}
    assert (zones["occurred_at"], zones["received_at"]) == ("UTC", "Europe/Rome")


def test_the_mapping_in_the_guide_works(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "howto" / "import.md").read_text(encoding="utf-8")
    path = tmp_path / "shop.toml"
    path.write_text(guide.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    (tmp_path / "orders.csv").write_text(
        "order_id,customer,ordered,total,delivered,promised\n"
        "o1,7,2024-05-01 10:00,12.50,2024-05-03 09:00,2024-05-04 12:00\n"
        "o2,7,2024-05-02 10:00,8.00,,\n",
        encoding="utf-8",
    )
    (tmp_path / "customers.ndjson").write_text('{"id": 7, "key": "ann"}\n', encoding="utf-8")
    events = [event for batch in read(load_mapping(path), tmp_path) for event in batch.events]
    assert [(event["event_id"], event["occurred_at"]) for event in events] == [
        ("o1:placed", "2024-05-01T10:00:00+02:00"),
        ("o2:placed", "2024-05-02T10:00:00+02:00"),
        ("o1:delivered", "2024-05-03T09:00:00+01:00"),
    ]
    assert {event["customer_id"] for event in events} == {"ann"}
