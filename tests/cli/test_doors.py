"""What is given wrongly is refused before anything is done, and nothing is touched that was only looked at."""

from __future__ import annotations

import pytest

from ledger.cli.exits import Exit
from tests.cli.running import STORY, Shell, ndjson, wire


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("archive", ""), "DIR is empty: give it a value\n"),
        (("export", "-o", ""), "--output is empty: give it a value, or leave it out\n"),
        (("metrics", "nps", ""), "NAMES is empty: give it a value, or leave it out\n"),
        (("touchpoints", "--catalogue", ""), "--catalogue is empty: give it a value, or leave it out\n"),
        (("history", ""), "CUSTOMER is empty: give it a value\n"),
        (("rebuild", "--to", ""), "--to is empty: give it a value, or leave it out\n"),
    ],
)
def test_an_empty_text_is_refused_where_it_is_given(told: Shell, command: tuple[str, ...], said: str) -> None:
    before = sorted(told.folder.iterdir())
    assert said in told(*command, code=Exit.UNUSABLE).err
    assert sorted(told.folder.iterdir()) == before


def test_an_output_that_cannot_be_made_is_refused_before_the_work(told: Shell) -> None:
    (told.folder / "folder").mkdir()
    assert (
        "cannot write folder (Is a directory): name a file in it"
        in told("rebuild", "-o", "folder", code=Exit.STORAGE).err
    )
    words = "cannot write nowhere/made.csv (No such file or directory): make its folder first"
    assert words in told("rebuild", "-o", "nowhere/made.csv", code=Exit.STORAGE).err
    assert [version["version"] for version in told("projections", "versions").rows] == [1]
    more = ndjson([wire("more", "page.viewed", "2024-05-01T10:00:00Z"), {}])
    assert words in told("append", "-", "--rejects", "nowhere/made.csv", stdin=more, code=Exit.STORAGE).err
    assert len(told("export").rows) == len(STORY)


def test_an_empty_file_that_is_asked_for_as_a_ledger_stays_empty(shell: Shell) -> None:
    (shell.folder / "ledger.db").touch()
    assert "there is no ledger at sqlite:///ledger.db yet" in shell("verify", code=Exit.STORAGE).err
    assert (shell.folder / "ledger.db").read_bytes() == b""
    shell("init")


def test_a_history_of_a_type_or_family_that_is_none_doubts_the_spelling(told: Shell) -> None:
    for option, name, near in (("--type", "order.placd", "order.placed"), ("--family", "purchas", "purchase")):
        said = told("history", "c-42", option, name, code=Exit.UNUSABLE).err
        assert f"no event is of the {option[2:]} {name!r}: did you mean {near!r}?" in said
    assert "check its spelling, or declare it" in told("history", "c-42", "--type", "zzz", code=Exit.UNUSABLE).err
    assert told("history", "c-42", "--type", "order.placed").rows != []
