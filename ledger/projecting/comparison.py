"""What is said of two versions of the read model that were compared."""

from __future__ import annotations

from msgspec import Struct

from ledger.projecting.sampling import DifferingCustomer


class ProjectionDifference(Struct, frozen=True, kw_only=True):
    """One table in both versions: its rows, how many customers differ in it, and columns that only one has."""

    name: str
    rows_before: int
    rows_after: int
    customers: int
    columns_removed: list[str]
    columns_added: list[str]


class Moved(Struct, frozen=True):
    """How many customers stand in another stage of the primary track; None is no stage."""

    before: str | None
    after: str | None
    customers: int


class Comparison(Struct, frozen=True, kw_only=True):
    """What differs between two versions of the read model, both read in one snapshot.

    `equal` says that both hold the same rows of every customer. `differing` customers are in both, with other rows;
    `only_before` and `only_after` are in one. `not_compared` have events that only one of the two has taken in.
    `changed` says what the versions were made by that is not the same. `sample` holds the first differing customers.
    """

    before: int
    after: int
    position_before: int
    position_after: int
    equal: bool
    customers_before: int
    customers_after: int
    differing: int
    only_before: int
    only_after: int
    not_compared: int
    changed: list[str]
    projections: list[ProjectionDifference]
    moved: list[Moved]
    sample: list[DifferingCustomer]
