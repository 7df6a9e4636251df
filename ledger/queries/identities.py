"""Who may be one person: customers that share an identifier and are not one customer yet."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b, sha256
from itertools import combinations
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.queries.spelling import meant
from ledger.store.engine import Connection, reading
from ledger.store.figures.identifiers import (
    Identifier,
    erasures,
    identifiers,
    merges,
    names,
    random_ids,
    told_namespaces,
)
from ledger.store.figures.scan import Scan
from ledger.store.links import Units, all_units
from ledger.store.log import NOW, customer_ids
from ledger.store.store import Store

MOST = 5
"""A value that more customers share says little of any two of them: a shop's own number, an unknown one's."""

LISTED = 20
"""How many customers and events are listed of a value that too many share."""

HASHED = re.compile("[0-9a-f]{64}")
"""A SHA-256 as it is written."""

ANONYMOUS = "anonymous:"
"""How the key of a visitor who is not known yet begins."""

Verdict = Literal["proposed", "rejected", "too common"]

Pair = tuple[int, int]


class Shared(Struct, frozen=True, kw_only=True):
    """One value that several customers are known by.

    `verdict` is `proposed`, `rejected` where some two of them were told apart before, or `too common`.
    `mark` stands for the value, which is personal: equal marks are equal values within a namespace. `customers` is
    how many share it, `customer_ids` who: first the one the others would be merged into; the first LISTED of them where
    it is too common. `agree` are the namespaces in which all of them share a value, this one among them, `differ` those
    in which some two of them told values and share none. `evidence` is for each of `customer_ids` the first event that
    told it, as customer_id, source and event_id.
    """

    verdict: Verdict
    namespace: str
    mark: str
    value: str | None
    customers: int
    customer_ids: list[str]
    agree: list[str]
    differ: list[str]
    evidence: list[dict[str, str]]
    because: str


class Cluster(Struct, frozen=True, kw_only=True):
    """Customers that a rule makes one: all of `from_` are merged into `into`, unless `refused` says why not.

    `differ` is as in `Shared`.
    """

    into: str
    from_: list[str]
    namespaces: list[str]
    differ: list[str]
    evidence: str
    refused: str | None


def normalised(namespace: str, value: str) -> str:
    """Return what two values of a namespace are compared by; "" where nothing is left to compare.

    An `email` without spaces around it and whatever the case of its letters, a `phone` by its digits and plus signs,
    the SHA-256 of either whatever the case of its letters, any other as it is.
    """
    if namespace not in ("email", "phone"):
        return value
    bare = value.strip().casefold()
    if namespace == "email" or HASHED.fullmatch(bare):
        return bare
    number = "".join(sign for sign in bare if sign in "+0123456789")
    return number if number.strip("+") else ""


def compared(namespace: str, value: str) -> str:
    """Return what stands for a normalised value: the hash of an address or a number, which a source may tell instead.

    "" stays "".
    """
    if not value or namespace not in ("email", "phone") or HASHED.fullmatch(value):
        return value
    return sha256(value.encode()).hexdigest()


def suggest(
    store: Store, namespaces: Iterable[str] = (), *, most: int = MOST, again: bool = False, values: bool = False
) -> list[Shared]:
    """Return the values that customers share, those of some namespaces or of all: the proposed ones first.

    A value that more than `most` share is never proposed; what was rejected is, with `again`. `values`
    tells the values themselves.
    """
    with reading(store.engine) as connection:
        found = _Found(connection, frozenset(namespaces), most, again)
        told = [found.told(group, values=values) for group in found.groups]
    order: list[Verdict] = ["proposed", "rejected", "too common"]
    return sorted(
        told,
        key=lambda one: (
            order.index(one.verdict),
            -len(one.agree),
            len(one.differ),
            one.namespace,
            one.customer_ids,
            one.mark,
        ),
    )


def unknown_namespaces(store: Store, namespaces: Iterable[str]) -> dict[str, str]:
    """Return those of some namespaces in which nobody was told to be known, each with what may have been meant."""
    with reading(store.engine) as connection:
        told = told_namespaces(connection)
    return {name: meant(name, told) for name in namespaces if name not in told}


def clusters(store: Store, namespaces: Sequence[str], *, most: int = MOST, again: bool = False) -> list[Cluster]:
    """Return what the rule makes one that customers are one who share a value in one of some namespaces.

    Values that are proposed may chain more customers together than `most`; those are refused.
    """
    if not namespaces:
        raise InvalidArgument("a rule names the namespaces that decide: give --namespaces, as in --namespaces email")
    with reading(store.engine) as connection:
        found = _Found(connection, frozenset(namespaces), most, again)
        return found.clusters()


class _Group(NamedTuple):
    """A value, the customers that share it (survivors, by whom they would live on in first), and who told it."""

    namespace: str
    value: str
    customers: tuple[int, ...]
    told: list[Identifier]


class _Found:
    """All values that several customers share, and what there is to say of each."""

    def __init__(self, connection: Connection, namespaces: frozenset[str], most: int, again: bool) -> None:
        self._units = all_units(connection)
        self._most, self._again = most, again
        told = identifiers(connection)
        groups = _shared(told, self._units)
        members = {stream for group in groups for stream in self._streams(group)}
        self._names = customer_ids(connection, members)
        self._random = random_ids(connection, members)
        theirs = [one for one in told if one.stream in members]
        self._events = names(connection, (one.position for one in theirs))
        erased = self._erased(connection)
        retracted = Scan(connection, self._units, NOW).retracted if groups else frozenset()
        standing = {
            one
            for one in theirs
            if (one.stream, *self._events[one.position]) not in retracted
            and one.position > erased.get(self._units.survivor(one.stream), 0)
        }
        made = [self._group(those) for group in groups if (those := [one for one in group if one in standing])]
        self._told = _by_customer(standing, self._units)
        self._all = [group for group in made if len(group.customers) > 1]
        self.groups = [group for group in self._all if not namespaces or group.namespace in namespaces]
        self._rejected = _rejected(merges(connection), self._units)
        self._agree = self._agreeing()

    def _erased(self, connection: Connection) -> dict[int, int]:
        """Return where each customer was last erased: what was told before is not theirs, also where they returned."""
        last: dict[int, int] = {}
        for stream, position in erasures(connection):
            survivor = self._units.survivor(stream)
            last[survivor] = max(position, last.get(survivor, 0))
        return last

    def _streams(self, group: list[Identifier]) -> set[int]:
        survivors = {self._units.survivor(one.stream) for one in group}
        return {stream for survivor in survivors for stream in self._units.streams(survivor)}

    def _group(self, told: list[Identifier]) -> _Group:
        customers = {self._units.survivor(one.stream) for one in told}
        values = [normalised(one.namespace, one.value) for one in told]
        value = next((value for value in values if not HASHED.fullmatch(value)), values[0])
        return _Group(told[0].namespace, value, tuple(sorted(customers, key=self._rank)), told)

    def _rank(self, customer: int) -> tuple[bool, int]:
        """Order who the others live on in: a known customer before a visitor, then whom the ledger heard of first."""
        return self._names[customer].startswith(ANONYMOUS), customer

    def _agreeing(self) -> dict[tuple[int, ...], list[str]]:
        """Return for each set of customers that share a value the namespaces in which all of them do."""
        by_customer: dict[int, list[tuple[str, frozenset[int]]]] = defaultdict(list)
        for group in self._all:
            if len(group.customers) <= self._most:
                for customer in group.customers:
                    by_customer[customer].append((group.namespace, frozenset(group.customers)))
        return {
            group.customers: sorted(
                {name for name, who in by_customer[group.customers[0]] if who.issuperset(group.customers)}
                | {group.namespace}
            )
            for group in self._all
        }

    def verdict(self, group: _Group) -> Verdict:
        """Say what is to be done about a value that is shared."""
        if len(group.customers) > self._most:
            return "too common"
        return "rejected" if not self._again and self._undone(group.customers) else "proposed"

    def _undone(self, customers: tuple[int, ...]) -> list[Pair]:
        return [pair for pair in self._rejected if pair[0] in customers and pair[1] in customers]

    def told(self, group: _Group, *, values: bool) -> Shared:
        """Return what is told of a value."""
        verdict = self.verdict(group)
        listed = group.customers if verdict != "too common" else group.customers[:LISTED]
        firsts = {self._units.survivor(one.stream): one for one in reversed(group.told)}
        return Shared(
            verdict=verdict,
            namespace=group.namespace,
            mark=self._mark(group),
            value=group.value if values else None,
            customers=len(group.customers),
            customer_ids=[self._names[customer] for customer in listed],
            agree=self._agree[group.customers] if verdict != "too common" else [group.namespace],
            differ=self._differ(group.customers) if verdict != "too common" else [],
            evidence=[self._evidence(firsts[customer]) for customer in listed],
            because=self._because(group, verdict),
        )

    def _because(self, group: _Group, verdict: Verdict) -> str:
        n = len(group.customers)
        if verdict == "too common":
            why = f"{n} customers share this {group.namespace}, more than {self._most}: it tells nobody from another"
            return why if n <= LISTED else f"{why}; {LISTED} of them are listed, --most {n} lists all"
        agree = " and ".join(self._agree[group.customers])
        differ = self._differ(group.customers)
        agree += f" and differ in {' and '.join(differ)}" if differ else ""
        undone = self._undone(group.customers)
        before = f"; {self._named(undone[0])} were told apart before" if undone else ""
        return f"{n} customers share {agree}{before}"

    def _differ(self, customers: Iterable[int]) -> list[str]:
        """Return the namespaces in which two of the customers told values of which none is the same."""
        told = [self._told[customer] for customer in customers]
        return sorted(
            {
                namespace
                for one, other in combinations(told, 2)
                for namespace in one.keys() & other.keys()
                if one[namespace].isdisjoint(other[namespace])
            }
        )

    def _named(self, pair: Pair) -> str:
        return " and ".join(self._names[customer] for customer in pair)

    def _evidence(self, one: Identifier) -> dict[str, str]:
        source, event_id = self._events[one.position]
        return {"customer_id": self._names[one.stream], "source": source, "event_id": event_id}

    def _mark(self, group: _Group) -> str:
        # Keyed by an id that nobody outside the ledger knows, so that no list of addresses can be tried against it.
        key = self._random[min(one.stream for one in group.told)]
        value = compared(group.namespace, group.value)
        return blake2b(f"{group.namespace}\0{value}".encode(), key=key, digest_size=4).hexdigest()

    def clusters(self) -> list[Cluster]:
        """Return the customers that the proposed values chain together."""
        proposed = [group for group in self.groups if self.verdict(group) == "proposed"]
        component = _components(group.customers for group in proposed)
        by_root: dict[int, list[_Group]] = defaultdict(list)
        for group in proposed:
            by_root[component[group.customers[0]]].append(group)
        return [self._cluster(groups) for groups in by_root.values()]

    def _cluster(self, groups: list[_Group]) -> Cluster:
        customers = sorted({customer for group in groups for customer in group.customers}, key=self._rank)
        namespaces = sorted({group.namespace for group in groups})
        undone = [] if self._again else self._undone(tuple(customers))
        refused = None
        if len(customers) > self._most:
            refused = f"{len(customers)} customers would become one, more than {self._most}: decide them one by one"
        elif undone:
            refused = f"{self._named(undone[0])} were told apart before: decide them one by one, or --again"
        return Cluster(
            into=self._names[customers[0]],
            from_=[self._names[customer] for customer in customers[1:]],
            namespaces=namespaces,
            differ=self._differ(customers) if len(customers) <= self._most else [],
            evidence=f"rule: the same {' or '.join(namespaces)}",
            refused=refused,
        )


def _shared(told: Iterable[Identifier], units: Units) -> list[list[Identifier]]:
    """Return the identifiers of each value that more than one customer told, in the order of their first."""
    by_value: dict[tuple[str, str], list[Identifier]] = defaultdict(list)
    for one in told:
        if value := compared(one.namespace, normalised(one.namespace, one.value)):
            by_value[one.namespace, value].append(one)
    return [group for group in by_value.values() if len({units.survivor(one.stream) for one in group}) > 1]


def _by_customer(told: Iterable[Identifier], units: Units) -> dict[int, dict[str, set[str]]]:
    """Return the values that each customer is known by, by namespace."""
    values: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in told:
        if value := compared(one.namespace, normalised(one.namespace, one.value)):
            values[units.survivor(one.stream)][one.namespace].add(value)
    return values


def _rejected(made: Iterable[Any], units: Units) -> list[Pair]:
    """Return the customers that were merged before and are not one now."""
    pairs = ((units.survivor(merge.from_stream), units.survivor(merge.into_stream)) for merge in made if merge.undone)
    return [(one, other) for one, other in dict.fromkeys(pairs) if one != other]


def _components(sets: Iterable[tuple[int, ...]]) -> dict[int, int]:
    parent: dict[int, int] = {}

    def root(one: int) -> int:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for first, *others in sets:
        for other in others:
            parent[root(other)] = root(first)
    return {one: root(one) for one in parent}
