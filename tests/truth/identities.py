"""Who may be one person: the values that simulated people share."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.truth.known import Known, Rows
from tests.truth.lives import Life

MOST = 5


def _shared(lives: list[Life]) -> dict[tuple[str, str], set[str]]:
    """Return who is known by each value that several people are known by."""
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for life in lives:
        if not life.told.erased:
            for event in life.of("customer.identified"):
                namespace, value = event.data["namespace"], event.data["value"]
                plain = value.strip().lower() if namespace == "email" else value.replace(" ", "")
                people[namespace, plain].add(life.customer_id)
    return {value: who for value, who in people.items() if len(who) > 1}


def _verdicts(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(f"{namespace}, {_verdict(who)}" for (namespace, _), who in _shared(lives).items()))


def _verdict(who: set[str]) -> str:
    return "proposed" if len(who) <= MOST else "too common"


def _proposed(lives: list[Life]) -> int:
    return len({person for who in _shared(lives).values() if _verdict(who) == "proposed" for person in who})


def _merges(rows: Rows) -> int:
    return sum(len(row["from"]) for row in rows if row["refused"] is None)


FIGURES = (
    Known(
        "values that several customers share, by verdict",
        "identities suggest",
        lambda rows: dict(Counter(f"{row['namespace']}, {row['verdict']}" for row in rows)),
        _verdicts,
    ),
    Known(
        "customers who are proposed",
        "identities suggest",
        lambda rows: len({who for row in rows if row["verdict"] == "proposed" for who in row["customer_ids"]}),
        _proposed,
    ),
    Known(
        "customers who share the most common value",
        "identities suggest",
        lambda rows: max(row["customers"] for row in rows),
        lambda lives: max(map(len, _shared(lives).values())),
    ),
    Known(
        "merges by the rule that one telephone number is one person",
        "identities apply --namespaces phone",
        _merges,
        lambda lives: sum(len(who) - 1 for who in _shared(lives).values() if _verdict(who) == "proposed"),
    ),
)
