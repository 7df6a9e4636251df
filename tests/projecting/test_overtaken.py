"""A rebuild that another one overtakes, whole, at any moment between two of its own transactions."""

from __future__ import annotations

from typing import Any, Self

from sqlalchemy import event

from ledger import Ledger
from ledger.errors import ProjectionRaced
from tests.store.asking import column
from tests.store.events import order

MOST = 60
"""More connections than a rebuild of so small a ledger takes."""


class Overtaking:
    """Lets another ledger's rebuild run, whole, when this one's takes its `number`th connection."""

    def __init__(self, ledger: Ledger, other: Ledger, number: int) -> None:
        self.taken = 0
        self._engine, self._other, self._number = ledger.store.engine, other, number

    def __enter__(self) -> Self:
        event.listen(self._engine, "checkout", self._checkout)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "checkout", self._checkout)

    def _checkout(self, *_: Any) -> None:
        self.taken += 1
        if self.taken == self._number:
            assert self._other.rebuild().live


def test_whenever_a_rebuild_is_overtaken_it_says_so_or_ends_and_the_tables_are_sound(
    ledger: Ledger, quick_url: str
) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    said = set()
    with Ledger.open(quick_url) as other:
        for number in range(1, MOST):
            with Overtaking(ledger, other, number) as overtaking:
                try:
                    assert ledger.rebuild().live
                except ProjectionRaced as error:
                    said.add(str(error))
            assert (
                column(ledger, "SELECT state FROM read_models WHERE state NOT IN ('live', 'retired', 'dropped')") == []
            )
            assert ledger.verify().ok
            if overtaking.taken < number:
                break
    assert overtaking.taken < number
    assert said
