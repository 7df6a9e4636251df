from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger.errors import InvalidDefinition, InvalidInput
from ledger.ingest.mapping import parse_mapping
from ledger.ingest.read import read
from tests.ingest.importing import HEADER, ROW, imported, visits, write


def test_a_row_becomes_a_wire_event_that_knows_its_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "1,ann,2024-05-01T10:00:00+02:00,hello\n")
    result = imported(visits(event={"channel": "'web'", "data": {"page": "note"}, "actor": {"id": "who"}}), tmp_path)
    assert result.events == [
        {
            "event_id": "1",
            "source": "web",
            "type": "page.viewed",
            "customer_id": "ann",
            "occurred_at": "2024-05-01T10:00:00+02:00",
            "channel": "web",
            "actor": {"id": "ann"},
            "data": {"page": "hello"},
        }
    ]
    assert result.places == [("visits.csv", 2)]


def test_what_has_no_value_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, HEADER + '1,ann,2024-05-01T10:00:00Z,\n2,bob,2024-05-01T10:00:00Z,""\n')
    result = imported(visits(event={"reason": "note", "data": {"page": "note"}}), tmp_path)
    assert [(event.get("reason"), event["data"]) for event in result.events] == [(None, {}), (None, {})]


def test_the_texts_that_mean_no_value_can_be_named(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "1,ann,2024-05-01T10:00:00Z,n/a\n")
    assert (
        imported(visits(file={"null": ["", "n/a"]}, event={"reason": "note"}), tmp_path).events[0].get("reason") is None
    )


def test_a_row_gives_as_many_events_as_there_are_rules_that_apply(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW + "2,bob,2024-05-01T10:00:00Z,\n")
    second = {
        "from": "visits", "type": "question.asked", "when": "note is not null", "event_id": "id || ':q'",
        "customer_id": "who", "occurred_at": "at", "data": {"topic": "note"},
    }  # fmt: skip
    result = imported(visits(events=[second]), tmp_path)
    assert [event["event_id"] for event in result.events] == ["1", "2", "1:q"]
    assert (result.tally.events[1].rows, result.tally.events[1].left_out) == (2, 1)


def test_every_bad_row_is_a_reject_with_file_line_and_reason(tmp_path: Path) -> None:
    good = "{},ann,2024-05-01T10:00:00Z,{}\n"
    text = (
        HEADER
        + good.format(1, '"two\r\nlines"')  # 2-3
        + good.format("", "x")  # 4
        + "4,ann,yesterday,x\n"  # 5
        + "5,ann\n"  # 6
        + good.format(6, "x,too,many")  # 7
        + good.format(7, "nul\0")  # 8
        + "\n"  # 9
        + good.format(8, '"open')  # 10
        + good.format(9, "twelve")  # 11
        + good.format(10, "11")  # 12
    )
    write(tmp_path, text.encode() + b"11,ann,2024-05-01T10:00:00Z,\xff\n")  # 13
    result = imported(visits(event={"data": {"page": "case when id = '9' then note::int else 1 end"}}), tmp_path)
    assert [place.line for place in result.places] == [2, 12]
    reasons = {reject.line: reject.reason for reject in result.rejects}
    assert {reject.file for reject in result.rejects} == {"visits.csv"}
    assert reasons.keys() == {4, 5, 6, 7, 8, 10, 11, 13}
    assert reasons[4] == "event_id: has no value"
    assert "occurred_at: 'yesterday' is no ISO 8601 time" in reasons[5]
    assert "fewer values" in reasons[6]
    assert "more values" in reasons[7]
    assert "NUL" in reasons[8]
    assert "quote" in reasons[10]
    assert "data.page: cannot compute" in reasons[11]
    assert "'twelve'" in reasons[11]
    assert "UTF-8" in reasons[13]
    # Two records were not counted as rows: the blank line is none.
    assert (result.tally.files[0].records, result.tally.files[0].rows, result.tally.files[0].rejected) == (10, 5, 5)


def test_all_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "1,,never,x\n")
    (reject,) = imported(visits(event={"data": {"page": "note::int"}}), tmp_path).rejects
    assert reject.event == "page.viewed"
    for part in ("customer_id: has no value", "occurred_at: 'never'", "data.page: cannot compute note::int"):
        assert part in reject.reason


def test_a_condition_that_cannot_be_computed_rejects_the_row_and_loses_nothing(tmp_path: Path) -> None:
    write(
        tmp_path, HEADER + "1,ann,2024-05-01T10:00:00Z,5\n2,ann,2024-05-01T10:00:00Z,x\n3,ann,2024-05-01T10:00:00Z,\n"
    )
    result = imported(visits(event={"when": "note::int > 3"}), tmp_path)
    assert [event["event_id"] for event in result.events] == ["1"]
    assert result.lines == [3]
    assert result.tally.events[0].left_out == 1


def test_more_rejects_than_are_explained_are_still_all_named(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "".join(f"{n},ann,2024-05-01T10:00:00Z,x\n" for n in range(300)))
    result = imported(visits(event={"data": {"page": "note::int"}}), tmp_path)
    assert result.lines == list(range(2, 302))
    assert all(reject.reason.startswith("data.page: cannot") for reject in result.rejects)


def test_a_column_type_rejects_the_rows_it_does_not_fit_before_any_query_adds_them_up(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    write(tmp_path, "visit,price\n1,1.50\n1,abc\n1,\n1,2.25\n", "items.csv")
    result = imported(
        visits(
            files={"items": {"path": "items.csv", "types": {"price": "DECIMAL(10,2)"}}},
            queries={
                "sold": {
                    "rows": "visits",
                    "sql": "select v.*, sum(price) as total from visits v join items on visit = id group by all;",
                }
            },
            event={"from": "sold", "data": {"value": "total"}},
        ),
        tmp_path,
    )
    assert result.events[0]["data"] == {"value": "3.75"}
    assert [(reject.file, reject.line) for reject in result.rejects] == [("items.csv", 3)]
    assert "price: 'abc' is no DECIMAL(10,2)" in result.rejects[0].reason


def test_a_row_that_a_join_loses_is_a_reject(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW + "2,bob,2024-05-01T10:00:00Z,x\n")
    write(tmp_path, "name,key\nann,7\n", "people.csv")
    query = {"rows": "visits", "sql": "select visits.*, key from visits join people on who = name"}
    result = imported(
        visits(
            files={"people": {"path": "people.csv"}},
            queries={"known": query},
            event={"from": "known", "customer_id": "key"},
        ),
        tmp_path,
    )
    assert [event["customer_id"] for event in result.events] == ["7"]
    assert [(reject.file, reject.line, reject.reason) for reject in result.rejects] == [
        ("visits.csv", 3, "query known gives no row for it")
    ]


def test_a_query_that_forgets_where_its_rows_come_from_is_refused(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    query = {"rows": "visits", "sql": "select id, who from visits"}
    with pytest.raises(InvalidDefinition, match=r"queries\.q\.sql: loses where its rows come from: select visits\.\*"):
        imported(visits(queries={"q": query}, event={"from": "q"}), tmp_path)


def test_a_row_may_fan_out_into_several_events(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "1,ann,2024-05-01T10:00:00Z,a|b|c\n")
    query = {"rows": "visits", "sql": "select * replace (unnest(string_split(note, '|')) as note) from visits"}
    result = imported(visits(queries={"q": query}, event={"from": "q", "event_id": "id || note"}), tmp_path)
    assert {event["event_id"] for event in result.events} == {"1a", "1b", "1c"}
    assert {place.line for place in result.places} == {2}


def test_a_second_import_gives_the_very_same_events(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "".join(f"{n},c{n % 7},2024-05-01T10:00:0{n % 10}Z,{n}\n" for n in range(1_000)))
    mapping = visits(event={"event_id": "'line-' || _line", "data": {"page": "note::decimal(10,2) / 3"}})
    first, second = (imported(mapping, tmp_path) for _ in range(2))
    assert sorted(map(json.dumps, first.events)) == sorted(map(json.dumps, second.events))


def test_equal_rows_that_are_told_apart_by_their_line_are_different_events(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW * 3)
    result = imported(visits(event={"event_id": "_file || ':' || _line"}), tmp_path)
    assert [event["event_id"] for event in result.events] == ["visits.csv:2", "visits.csv:3", "visits.csv:4"]
    assert result.tally.repeated == 0


def test_ids_that_are_used_twice_are_counted(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW * 3)
    assert imported(visits(), tmp_path).tally.repeated == 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"delimiter": ";"}, "id;who;at\n1;ann;2024-05-01T10:00:00Z\n"),
        ({"delimiter": "\t", "quote": ""}, 'id\twho\tat\n1\tann\t2024-05-01T10:00:00Z\n'),
        ({"delimiter": "||"}, "id||who||at\n1||ann||2024-05-01T10:00:00Z\n"),
        ({"delimiter": "whitespace"}, " id   who\tat\r\n 1  ann   2024-05-01T10:00:00Z\r\n"),
        ({"quote": "'"}, "'id',who,at\n'1','ann',2024-05-01T10:00:00Z\n"),
        ({"escape": "\\"}, '"id",who,at\n1,"ann",2024-05-01T10:00:00Z\n'),
        ({"header": False, "columns": ["id", "who", "at"]}, "1,ann,2024-05-01T10:00:00Z\n"),
        ({}, "\ufeffid,who,at\r\n1,ann,2024-05-01T10:00:00Z\r\n"),
        ({}, "\n\nid , who,at\n1,ann,2024-05-01T10:00:00Z"),
    ],
)  # fmt: skip
def test_any_shape_of_delimited_text_is_read(options: dict[str, Any], text: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    result = imported(visits(file=options), tmp_path)
    assert [(event["event_id"], event["customer_id"]) for event in result.events] == [("1", "ann")]
    assert not result.rejects


def test_an_escaped_quote_stays_in_its_value(tmp_path: Path) -> None:
    write(tmp_path, HEADER + '1,ann,2024-05-01T10:00:00Z,"say \\"hi\\", ok"\n')
    assert (
        imported(visits(file={"escape": "\\"}, event={"reason": "note"}), tmp_path).events[0]["reason"]
        == 'say "hi", ok'
    )


def test_a_value_keeps_its_line_breaks_commas_and_accents(tmp_path: Path) -> None:
    write(tmp_path, HEADER + '1,ann,2024-05-01T10:00:00Z,"não, ""x""\r\n\ry"\n')
    assert imported(visits(event={"reason": "note"}), tmp_path).events[0]["reason"] == 'não, "x"\r\n\ry'


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "latin-1"])
def test_other_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    write(tmp_path, (HEADER + "1,josé,2024-05-01T10:00:00Z,x\n").encode(encoding))
    assert imported(visits(file={"encoding": encoding}), tmp_path).events[0]["customer_id"] == "josé"


def test_a_byte_that_the_encoding_does_not_know_rejects_its_line(tmp_path: Path) -> None:
    write(tmp_path, (HEADER + ROW).encode("cp1252") + b"2,jos\x81,2024-05-01T10:00:00Z,x\n")
    assert imported(visits(file={"encoding": "cp1252"}), tmp_path).lines == [3]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, gzip.compress((HEADER + ROW).encode()), "visits.csv.gz")
    assert len(imported(visits(file={"path": "visits.csv.gz"}), tmp_path).events) == 1


def test_a_compressed_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    write(tmp_path, gzip.compress((HEADER + ROW * 9_000).encode())[:-200], "visits.csv.gz")
    with pytest.raises(InvalidInput, match=r"visits\.csv\.gz cannot be read to its end"):
        imported(visits(file={"path": "visits.csv.gz"}), tmp_path)


def test_several_files_of_one_shape_are_one_table(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW, "visits-1.csv")
    write(tmp_path, "note,at,who,id\ny,2024-05-01T10:00:00Z,bob,2\nshort\n", "visits-2.csv")
    result = imported(visits(file={"path": "visits-*.csv"}), tmp_path)
    assert [tuple(place) for place in result.places] == [("visits-1.csv", 2), ("visits-2.csv", 2)]
    assert [event["customer_id"] for event in result.events] == ["ann", "bob"]
    assert [(reject.file, reject.line) for reject in result.rejects] == [("visits-2.csv", 3)]


def test_json_lines_are_read_with_the_bad_ones_rejected(tmp_path: Path) -> None:
    big, page = "1180591620717411303424", '{"name": "home", "tags": ["a", "b"]}'
    lines = [
        '{"id": 1, "who": "ann", "at": "2024-05-01T10:00:00Z", "big": ' + big + ', "page": ' + page + "}",
        "[1, 2]",
        '{"id": 2, "who": "ann", "at": "2024-05-01T10:00:00Z", "odd": "\\ud800"}',
        "",
        '{"id": 3, "who": null, "at": "2024-05-01T10:00:00Z"}',
        '{"id": 4, "who": "bob\\n", "at": "2024-05-01T10:00:00Z", "page": null}\r',
        '{"id": 5, "who": "bob"',
        '{"id": 6, "who": "eve", "at": "2024-05-01T10:00:00Z", "deep": ' + "[" * 3_000 + "]" * 3_000 + "}",
    ]
    write(tmp_path, "\n".join(lines), "visits.ndjson")
    event = {"data": {"page": "page->>'name'", "tags": "(page->'tags')::varchar[]", "big": "big", "all": "page::json"}}
    result = imported(visits(file={"path": "visits.ndjson"}, event=event), tmp_path)
    assert [event["event_id"] for event in result.events] == ["1", "4"]
    assert result.events[0]["data"] == {
        "page": "home",
        "tags": ["a", "b"],
        "big": big,
        "all": json.loads(page),
    }
    assert result.events[1]["customer_id"] == "bob\n"
    assert sorted(result.lines) == [2, 3, 5, 7, 8]


def test_a_key_that_json_lines_have_only_later_can_be_declared(tmp_path: Path) -> None:
    first = '{"id": 1, "who": "ann", "at": "2024-05-01T10:00:00Z"}\n'
    write(tmp_path, first * 2_000 + '{"id": 2, "who": "ann", "at": "2024-05-01T10:00:00Z", "late": "x"}\n', "v.jsonl")
    file = {"path": "v.jsonl", "columns": ["id", "who", "at", "late"]}
    assert imported(visits(file=file, event={"reason": "late"}), tmp_path).events[-1]["reason"] == "x"
    with pytest.raises(InvalidDefinition, match=r"events\[1\] \(page\.viewed\)\.reason: there is no column late"):
        imported(visits(file={"path": "v.jsonl"}, event={"reason": "late"}), tmp_path)


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int64()),
            "who": ["ann", None],
            "at": pa.array([1_714_557_600_000_000, 0], pa.timestamp("us", "UTC")),
            "score": [4.5, 1.0],
            "worth": pa.array(["1.50", None]).cast(pa.decimal128(10, 2)),
        }
    )
    pq.write_table(table, tmp_path / "visits.parquet")
    event = {"data": {"score": "score", "worth": "worth", "at": "at"}}
    result = imported(visits(file={"path": "visits.parquet"}, event=event), tmp_path)
    assert result.events == [
        {
            "event_id": "1", "source": "web", "type": "page.viewed", "customer_id": "ann",
            "occurred_at": "2024-05-01T10:00:00+00:00",
            "data": {"score": 4.5, "worth": "1.50", "at": "2024-05-01T10:00:00+00:00"},
        }
    ]  # fmt: skip
    assert [(reject.file, reject.line) for reject in result.rejects] == [("visits.parquet", 2)]


def test_a_date_keeps_the_precision_of_a_date(tmp_path: Path) -> None:
    write(tmp_path, "id,who,at\n1,ann,19970101\n2,ann,1997-01-02\n3,ann,1997-01-02 10:00\n")
    result = imported(visits(event={"time_precision": "date"}), tmp_path)
    assert [(event["occurred_at"], event["time_precision"]) for event in result.events] == [
        ("1997-01-01", "date"),
        ("1997-01-02", "date"),
    ]
    assert result.lines == [4]


def test_each_time_may_have_a_zone_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "id,who,at,due\n1,ann,2018-07-29 13:54:51,03/09/2018\n")
    event = {
        "occurred_at": {"column": "at", "zone": "America/Sao_Paulo"},
        "data": {"due_at": {"column": "strptime(due, '%d/%m/%Y')"}},
    }
    result = imported(visits(mapping={"zone": "Europe/Amsterdam"}, event=event), tmp_path)
    assert result.events[0]["occurred_at"] == "2018-07-29T13:54:51-03:00"
    assert result.events[0]["data"] == {"due_at": "2018-09-03T00:00:00+02:00"}


def test_what_all_events_share_is_said_once(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    document = visits(defaults={"customer_id": "upper(who)", "channel": "'web'", "data": {"page": "note"}})
    del document["events"][0]["customer_id"]
    assert imported(document, tmp_path).events[0]["customer_id"] == "ANN"


def test_batches_hold_no_more_events_than_asked_for(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW * 25)
    result = imported(visits(event={"event_id": "_line"}), tmp_path, batch=10)
    assert [size for size in result.sizes if size] == [10, 10, 5]


def test_the_watcher_is_told_how_far_the_import_is(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW * 25)
    seen: list[tuple[int, int, int]] = []
    imported(visits(), tmp_path, batch=10, watch=lambda tally: seen.append((tally.records, tally.made, tally.expected)))
    assert seen[0] == (25, 0, 0)
    assert seen[-1] == (25, 25, 25)
    assert seen == sorted(seen)


def test_every_file_that_is_missing_is_named_before_anything_is_read(tmp_path: Path) -> None:
    mapping = parse_mapping(visits(files={"other": {"path": "other.csv"}}))
    with pytest.raises(InvalidInput, match=r"files\.visits: there is no file visits\.csv.*files\.other.*--data"):
        read(mapping, tmp_path)


def test_every_expression_that_fits_no_column_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    event = {
        "customer_id": "whom", "channel": "web", "when": "at >", "reason": "(select 1)", "outcome": "sum(1)",
        "data": {"page": "note + 1", "blob": "note::blob"},
    }  # fmt: skip
    with pytest.raises(InvalidDefinition) as caught:
        imported(visits(event=event), tmp_path)
    said = {problem.field.rpartition("(page.viewed).")[2]: problem.message for problem in caught.value.problems}
    assert said.keys() == {"customer_id", "channel", "when", "reason", "outcome", "data.page", "data.blob"}
    assert said["customer_id"].startswith("there is no column whom in visits (it has _file, _line, id, who, at, note)")
    assert "'quotes'" in said["channel"]
    assert "under [queries]" in said["reason"]
    assert "under [queries]" in said["outcome"]
    assert "BLOB" in said["data.blob"]


def test_a_query_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    for sql in ("select visits.*, nothing from visits", "select", "drop table visits"):
        with pytest.raises(InvalidDefinition, match=r"queries\.q"):
            imported(visits(queries={"q": {"rows": "visits", "sql": sql}}, event={"from": "q"}), tmp_path)


def test_a_query_that_fails_on_a_value_stops_the_import_with_its_name(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ROW)
    query = {"rows": "visits", "sql": "select * replace (note::int as note) from visits"}
    with pytest.raises(InvalidInput, match=r"queries\.q: Conversion Error: Could not convert string 'x'.*types"):
        imported(visits(queries={"q": query}, event={"from": "q"}), tmp_path)


@pytest.mark.parametrize(
    ("header", "why"), [("id,id,who,at", "there twice"), ("id,,who,at", "empty"), ("id,_LINE,who,at", "ours")]
)
def test_columns_that_cannot_be_told_apart_are_refused(header: str, why: str, tmp_path: Path) -> None:
    write(tmp_path, header + "\n")
    with pytest.raises(InvalidInput, match=why):
        imported(visits(), tmp_path)


def test_an_empty_file_and_one_with_other_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(InvalidInput, match="empty: it lacks even a header"):
        imported(visits(), tmp_path)
    write(tmp_path, HEADER)
    with pytest.raises(InvalidInput, match="not those the mapping lists"):
        imported(visits(file={"columns": ["id", "who", "at"]}), tmp_path)
    assert imported(visits(), tmp_path).tally.records == 0


def test_a_header_in_another_encoding_says_so(tmp_path: Path) -> None:
    write(tmp_path, "id,who,at,não\n".encode("cp1252"))
    with pytest.raises(InvalidInput, match="is not UTF-8: say its encoding"):
        imported(visits(), tmp_path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    write(tmp_path, HEADER, "visits.parquet")
    with pytest.raises(InvalidInput, match=r"visits\.parquet is no Parquet file"):
        imported(visits(file={"path": "visits.parquet"}), tmp_path)


def test_an_import_left_early_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    write(tmp_path, HEADER + ROW * 100)
    with read(parse_mapping(visits()), tmp_path, batch=10) as reading:
        assert next(reading).rejects == []
        assert list(scratch.iterdir())
    assert not list(scratch.iterdir())


def test_names_that_need_quoting_are_quoted(tmp_path: Path) -> None:
    write(tmp_path, '"id ""x""",who\'s,at\n1,ann,2024-05-01T10:00:00Z\n')
    event = {"event_id": '"id ""x"""', "customer_id": '"who\'s"'}
    assert imported(visits(event=event), tmp_path).events[0]["customer_id"] == "ann"


def test_a_value_that_fails_in_two_places_of_a_rule_rejects_its_row_alone(tmp_path: Path) -> None:
    """DuckDB's common_subexpressions would take it out of both TRYs, and the whole import would stop."""
    write(tmp_path, HEADER + ROW + "2,bob,2024-05-01T10:00:00Z,5\n")
    event = {"when": "note::int > 3", "data": {"page": "note::int", "again": "note::int + note::int"}}
    result = imported(visits(event=event), tmp_path)
    assert [event["data"] for event in result.events] == [{"page": 5, "again": 10}]
    assert result.lines == [2]
