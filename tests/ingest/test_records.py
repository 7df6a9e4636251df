from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.ingest import records
from ledger.ingest.grammar import Quoting
from ledger.ingest.records import first_record, pieces
from tests.ingest.importing import imported, visits, write

COMMAS = Quoting(",", '"', '"')

Cut = tuple[dict[int, bytes], dict[int, str]]


def keep(number: int, record: bytes) -> bytes | None:
    return b"%d,%b\0" % (number, record) if record else None


def cut(data: bytes, quoting: Quoting | None = COMMAS, first_line: int = 1) -> Cut:
    """Return the records and the rejects of `data` by their line."""
    found: dict[int, bytes] = {}
    rejects: dict[int, str] = {}
    for piece in pieces(io.BytesIO(data), keep, quoting, first_line):
        for text in piece.text.split(b"\0")[:-1]:
            number, _, record = text.partition(b",")
            found[int(number)] = record
        rejects |= dict(piece.rejects)
        assert len(piece.text.split(b"\0")) - 1 == len(piece.numbers)
    return found, rejects


def test_a_record_is_numbered_by_the_line_on_which_an_editor_shows_its_start() -> None:
    assert cut(b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z') == ({1: b"a,b", 2: b'1,"x\r\ny"', 5: b"2,z"}, {})


def test_a_quote_inside_an_unquoted_value_is_an_ordinary_sign() -> None:
    assert cut(b'1,5" disk\n2,x\n') == ({1: b'1,5" disk', 2: b"2,x"}, {})


def test_a_quote_that_nothing_closes_costs_its_own_line_alone() -> None:
    found, rejects = cut(b'1,a\n2,"open\n3,b\n4,"c"\n5,d\n')
    assert set(found) == {1, 3, 4, 5}
    assert set(rejects) == {2}
    assert "nothing closes" in rejects[2]


def test_a_quote_that_nothing_closes_before_the_end_costs_its_own_line_alone() -> None:
    found, rejects = cut(b'1,a\n2,"open\n3,b\n4,c')
    assert set(found) == {1, 3, 4}
    assert set(rejects) == {2}


def test_text_behind_a_closing_quote_costs_its_own_line_alone() -> None:
    found, rejects = cut(b'1,a\n2,"b" c\n3,d\n')
    assert (set(found), set(rejects)) == ({1, 3}, {2})


def test_a_quote_does_not_swallow_more_than_a_thousand_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    found, rejects = cut(b'1,"open\n' + b"x,y\n" * 3_000)
    assert (len(found), set(rejects)) == (3_000, {1})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"2,a\0b", "NUL"),
        (b"2,\xff\xfe", "not UTF-8 from its byte 3"),
        (b"2,\xed\xa0\x80", "not UTF-8"),
        (b"2,a\rb", "carriage returns"),
        (b"2," + b"x" * records.LONGEST, "longer than"),
        (b"2," + b"x" * (9 << 20), "longer than"),
    ],
)
def test_a_line_that_no_reader_could_read_is_set_aside_alone(bad: bytes, reason: str) -> None:
    found, rejects = cut(b"1,a\n" + bad + b"\n3,b\n")
    assert set(found) == {1, 3}
    assert list(rejects) == [2]
    assert reason in rejects[2]


def test_a_bad_sign_inside_a_quoted_value_of_several_lines_rejects_the_record_by_its_first_line() -> None:
    found, rejects = cut(b'1,"a\nb\0c"\n3,d\n')
    assert (set(found), set(rejects)) == ({3}, {1})


def test_a_header_may_go_over_several_lines() -> None:
    stream = io.BytesIO(b'\n"a\nb",c\n1,2\n')
    assert first_record(stream, COMMAS) == (b'"a\nb",c', 3)
    assert stream.read() == b"1,2\n"


def test_without_quotes_every_line_is_a_record() -> None:
    assert cut(b'1,"a\n2,b"\n', quoting=None) == ({1: b'1,"a', 2: b'2,b"'}, {})


@pytest.mark.parametrize("block", [7, 64, 4 << 20])
def test_the_size_of_the_blocks_read_changes_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'a,b\r\n1,"x\r\n\r\ny"\n2,"open\n3,\0\n4,"z""\n"\n5,\xff\n6,last'
    whole = cut(data)
    monkeypatch.setattr(records, "BLOCK", block)
    assert cut(data) == whole


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(
    rows=st.lists(
        st.lists(VALUES | st.sampled_from(['"', ",", "\n", "\r\n", "\r", 'x"y', "a\nb"]), min_size=2, max_size=4)
    ),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_records_start_on_the_lines_on_which_the_csv_module_finds_them(
    rows: list[list[str]], ending: str, quoting: int, delimiter: str
) -> None:
    if any("\r" in value for row in rows for value in row):
        quoting = csv.QUOTE_ALL  # the csv module writes a bare carriage return that no reader takes for a value
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=quoting, delimiter=delimiter).writerows(rows)  # type: ignore[arg-type]  # an int stands for each Literal of typeshed
    data = text.getvalue()
    found, rejects = cut(data.encode(), Quoting(delimiter, '"', '"'))
    assert not rejects
    line, expected = 1, {}
    for row in rows:
        one = io.StringIO(newline="")
        csv.writer(one, lineterminator=ending, quoting=quoting, delimiter=delimiter).writerow(row)  # type: ignore[arg-type]  # as above
        expected[line] = one.getvalue().removesuffix(ending).encode()
        line += one.getvalue().count("\n")
    assert found == expected


@given(
    st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"1"]), max_size=40)
)
def test_every_line_that_is_not_blank_is_in_exactly_one_record_or_is_rejected(signs: list[bytes]) -> None:
    data = b"".join(signs)
    found, rejects = cut(data)
    lines = data.removesuffix(b"\n").split(b"\n")
    covered: list[int] = list(rejects)
    for number, record in found.items():
        covered += range(number, number + record.count(b"\n") + 1)
    # A record that is rejected for a sign it holds may go over several lines, named by its first.
    held = [number for number, line in enumerate(lines, start=1) if line.removesuffix(b"\r")]
    assert len(set(covered)) == len(covered)
    for number in held:
        assert number in covered or any(start < number for start in rejects)


def test_a_json_line_in_which_a_name_stands_twice_is_rejected_as_append_rejects_it(tmp_path: Path) -> None:
    lines = [
        '{"id": 1, "who": "ann", "who": "bob", "at": "2024-05-01T10:00:00Z"}',
        '{"id": 2, "who": "ann", "at": "2024-05-01T10:00:00Z", "page": {"name": "a", "name": "b"}}',
        '{"id": 3, "who": "ann", "at": "2024-05-01T10:00:00Z", "page": [{"name": "a"}, {"name": "b"}]}',
    ]
    write(tmp_path, "\n".join(lines), "visits.ndjson")
    result = imported(visits(file={"path": "visits.ndjson"}), tmp_path)
    assert [event["event_id"] for event in result.events] == ["3"]
    assert [reject.reason for reject in result.rejects] == [
        f"{name}: stands more than once in one object: keep the one that is meant" for name in ("who", "name")
    ]
