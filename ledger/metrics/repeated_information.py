"""What customers are asked for again: the rate over contacts, by how it is known, and the fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.metrics.definitions.repeated_information import FIELDS_ASKED_AGAIN, REPEATED_INFORMATION_RATE
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share

Contacts = Iterable[tuple[int | None, int, int, int, int]]
"""Rows of (flag, askings, declared, compared, contacts): what the end of the interaction said (None: nothing), and
whether there was an asking, one that declared a field as held, and one for a field that the ledger holds."""

BASES = ("any", "flagged", "declared", "compared")


def repeated_information_rate(contacts: Contacts, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of contacts that asked again: over all of them, and for each basis over those it knows of."""
    n = 0
    known = dict.fromkeys(BASES, 0)
    again = dict.fromkeys(BASES, 0)
    for flag, asking, declared, compared, count in contacts:
        n += count
        told = {"flagged": flag is not None, "declared": bool(asking), "compared": bool(asking)}
        said = {"flagged": bool(flag), "declared": bool(declared), "compared": bool(compared)}
        told["any"], said["any"] = any(told.values()), any(said.values())
        for basis in BASES:
            known[basis] += count if told[basis] else 0
            again[basis] += count if said[basis] else 0
    everything = share(REPEATED_INFORMATION_RATE, again["any"], n, scope.split(basis="any", over="all"))
    return [everything, *(_known(basis, again[basis], known[basis], n, scope) for basis in BASES)]


def _known(basis: str, again: int, known: int, n: int, scope: Scope) -> Figure:
    left = scope.split(basis=basis, over="known").leaving_out(unknown=n - known)
    return share(REPEATED_INFORMATION_RATE, again, known, left)


def fields_asked_again(
    asked: Mapping[str, int], again: Mapping[str, int], top: int, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the `top` fields that were asked for again most often, of those asked for at all."""
    ranked = sorted(asked.items(), key=lambda item: (-again.get(item[0], 0), -item[1], item[0]))[:top]
    figures = []
    for rank, (field, n) in enumerate(ranked, start=1):
        of, count = scope.split(rank=rank, field=field), again.get(field, 0)
        figures += [FIELDS_ASKED_AGAIN.figure("count", count, n, of), share(FIELDS_ASKED_AGAIN, count, n, of)]
    return figures
