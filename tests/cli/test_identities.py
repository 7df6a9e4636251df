"""`identities` as a user types it: what is proposed, what is decided, and what is refused."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.cli.running import Shell, ndjson, wire


def _known(number: int, customer: str, value: str, namespace: str = "email", source: str = "crm") -> dict[str, Any]:
    told = wire(f"i-{number}", "customer.identified", "2024-05-01T10:00:00Z", customer=customer, source=source)
    return told | {"data": {"namespace": namespace, "value": value}}


@pytest.fixture
def silos(shell: Shell) -> Shell:
    """Give a shell whose ledger knows two people twice, and six by one telephone number."""
    shell("init", "-q")
    events = [
        _known(1, "c-1", "ann@example.org"),
        _known(2, "card-7", "ANN@example.org", source="store"),
        _known(3, "c-2", "bob@example.org"),
        _known(4, "app-9", "bob@example.org", source="app"),
        *(_known(10 + number, f"p-{number}", "020 555", "phone") for number in range(6)),
    ]
    shell("append", "-", "-o", os.devnull, "-q", stdin=ndjson(events))
    return shell


def test_shared_values_are_proposed_without_telling_them(silos: Shell) -> None:
    ran = silos("identities", "suggest")
    assert [(row["verdict"], row["customer_ids"]) for row in ran.rows[:2]] == [
        ("proposed", ["c-1", "card-7"]),
        ("proposed", ["c-2", "app-9"]),
    ]
    assert ran.rows[2]["verdict"] == "too common"
    assert "2 shared values proposed, 1 not" in ran.err
    assert "example.org" not in ran.out + ran.err + silos("identities", "-f", "table").out
    assert "ann@example.org" in silos("identities", "suggest", "--values").out
    assert [row["namespace"] for row in silos("identities", "suggest", "--namespaces", "phone").rows] == ["phone"]


def test_a_rule_shows_what_it_would_merge_and_merges_only_when_told(silos: Shell) -> None:
    ran = silos("identities", "apply", "--namespaces", "email")
    assert [(row["into"], row["from"], row["merged"]) for row in ran.rows] == [
        ("c-1", ["card-7"], False),
        ("c-2", ["app-9"], False),
    ]
    assert "2 merges to record: nothing is recorded without --yes" in ran.err
    assert "differ" not in ran.err
    silos("append", "-", "-o", os.devnull, "-q", stdin=ndjson([
        _known(30, "c-2", "41", "loyalty"), _known(31, "app-9", "42", "loyalty"),
    ]))  # fmt: skip
    ran = silos("identities", "apply", "--namespaces", "email")
    assert "1 of 2 would join customers who differ in something else" in ran.err
    assert [row["differ"] for row in ran.rows] == [[], ["loyalty"]]
    assert silos("identities", "decided").rows == []
    ran = silos("identities", "apply", "--namespaces", "email", "--yes")
    assert all(row["merged"] for row in ran.rows)
    assert "2 merges recorded" in ran.err
    assert silos("identities", "apply", "--namespaces", "email", "--yes").rows == []
    assert [(row["from"], row["into"], row["undone"]) for row in silos("identities", "decided").rows] == [
        ("app-9", "c-2", False),
        ("card-7", "c-1", False),
    ]


def test_a_person_merges_and_unmerges_and_a_repeat_writes_nothing(silos: Shell) -> None:
    merge = ("identities", "merge", "card-7", "c-1", "--evidence", "Ann herself at the counter")
    [made] = silos(*merge).rows
    again = silos(*merge)
    assert (again.rows, again.err) == ([], "nothing to record: they are one customer already\n")
    undo = ("identities", "unmerge", made["source"], made["event_id"], "--why", "mother and daughter")
    assert len(silos(*undo).rows) == 1
    assert "nothing to record: that merge is undone already" in silos(*undo).err
    [row] = [row for row in silos("identities", "suggest").rows if "c-1" in row["customer_ids"]]
    assert row["verdict"] == "rejected"
    assert "rejected" in silos("identities", "-f", "table").out
    [row] = [row for row in silos("identities", "suggest", "--again").rows if "c-1" in row["customer_ids"]]
    assert row["verdict"] == "proposed"


def test_a_merge_of_two_who_were_told_apart_says_whom_it_overrules(silos: Shell) -> None:
    merge = ("identities", "merge", "card-7", "c-1", "--evidence", "one passport")
    silos("identities", "reject", "c-1", "card-7", "--why", "mother and daughter", "--source", "store")
    overruling = silos(*merge)
    assert len(overruling.rows) == 1
    today = silos("identities", "decided").rows[-1]["recorded_at"]
    said = f"this overrules store, by whom they were told apart on {today[:10]} {today[11:16]}: mother and daughter\n"
    assert overruling.err.endswith(said)
    assert "overrules" not in silos(*merge).err
    assert "overrules" not in silos("identities", "merge", "app-9", "c-2", "--evidence", "one passport").err


def test_a_namespace_that_nobody_is_known_in_is_doubted(silos: Shell) -> None:
    for action in ("suggest", "apply"):
        doubting = silos("identities", action, "--namespaces", "emial,phone,cards").err
        assert "nobody is known by a 'emial': did you mean 'email'?\n" in doubting
        assert "nobody is known by a 'cards': there are email, phone\n" in doubting
        assert "'phone'" not in doubting
        assert "nobody" not in silos("identities", action, "--namespaces", "email").err
    assert "nobody" not in silos("identities").err


def test_whose_decision_it_was_is_its_source(silos: Shell) -> None:
    said = ("--evidence", "same voice", "--source", "callcentre")
    [made] = silos("identities", "merge", "card-7", "c-1", *said).rows
    assert made["source"] == "callcentre"


def test_a_person_tells_two_apart_and_every_decision_is_told_with_whose_it_was_and_why(silos: Shell) -> None:
    apart = ("identities", "reject", "card-7", "c-1", "--why", "mother and daughter", "--source", "store")
    assert [row["source"] for row in silos(*apart).rows] == ["store", "store"]
    again = silos(*apart)
    assert (again.rows, again.err) == ([], "nothing to record: they were told apart already\n")
    [row] = [row for row in silos("identities").rows if "c-1" in row["customer_ids"]]
    assert (row["verdict"], row["because"]) == (
        "rejected", "2 customers share email; card-7 and c-1 were told apart before",
    )  # fmt: skip
    silos("identities", "apply", "--namespaces", "email", "--yes")
    rule, person = silos("identities", "decided").rows
    assert (rule["from"], rule["evidence"], rule["undone"]) == ("app-9", "rule: the same email", False)
    assert (person["undone_by"], person["why"]) == ("store", "mother and daughter")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("identities merge c-1", "takes FROM and INTO"),
        ("identities merge c-1 c-1 --evidence x", "one and the same customer: name two"),
        ("identities reject c-1", "takes two customers"),
        ("identities reject c-1 c-1", "are one customer: name two"),
        ("identities reject c-1 nobody", "no customer 'nobody'"),
        ("identities merge card-7 c-1", "with --evidence TEXT"),
        ("identities merge card-7 nobody --evidence x", "no customer 'nobody'"),
        ("identities unmerge crm i-1", "no merge: `identities decided` lists them"),
        ("identities unmerge crm i-99", "no event 'i-99'"),
        ("identities apply", "--namespaces email"),
        ("identities suggest --yes", "--yes has no meaning for `identities suggest`"),
        ("identities suggest c-1", "takes no name"),
        ("identities suggest --most 1", "1 is not in the range"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_cure(silos: Shell, line: str, words: str) -> None:
    code = 4 if "one and the same" in words else 3 if "no customer" in words or "no event" in words else 2
    assert words in silos(*line.split(), code=code).err


def test_nobody_to_propose_is_said(shell: Shell) -> None:
    shell("init", "-q")
    assert shell("identities").rows == []
    assert "no two customers share an identifier" in shell("identities", "-f", "table").out
    assert "nobody was merged" in shell("identities", "decided", "-f", "table").out
    assert shell("identities", "-f", "csv").out.startswith("verdict,namespace,mark,value,customers")


def test_every_table_of_identities_fits_in_80_columns(silos: Shell) -> None:
    key = "anonymous:5a0ef9527f01"
    silos("append", "-", "-o", os.devnull, "-q", stdin=ndjson([_known(40, key, "1")]))
    silos("identities", "reject", key, "c-2")
    silos("identities", "merge", key, "c-2", "--evidence", "x", "-f", "table")
    drawn = silos("identities", "decided", "-f", "table").out
    for one in silos("identities", "decided").rows:
        assert len(one["event_id"]) >= len("merge-") + 32
        assert f"  {one['event_id']}  " in drawn
    assert key in drawn
    lines = ["identities", "identities decided", "identities apply --namespaces email", "identities suggest --values"]
    for line in lines:
        assert max(map(len, silos(*line.split(), "-f", "table").out.splitlines())) <= 80, line
