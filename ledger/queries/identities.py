"""Who may be one person: customers that share an identifier and are not one customer yet; and what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.events.event import utc
from ledger.store.engine import Connection, reading
from ledger.store.figures.identifiers import Identifier, erasures, identifiers, merges, names, random_ids
from ledger.store.figures.scan import Scan
from ledger.store.links import Units, all_units
from ledger.store.log import NOW, customer_ids
from ledger.store.store import Store

MOST = 5
"""A value that more customers share says little of any two of them: a shop's own number, an unknown one's."""

LISTED = 20
"""How many customers and events are listed of a value that too many share."""

ANONYMOUS = "anonymous:"
"""How the key of a visitor who is not known yet begins."""

Verdict = Literal["proposed", "rejected", "too common"]

Pair = tuple[int, int]


class Shared(Struct, frozen=True, kw_only=True):
    """One value that several customers are known by.

    `verdict` is `proposed`, `rejected` where some of them were merged before and that was undone, or `too common`.
    `mark` stands for the value, which is personal: equal marks are equal values within a namespace. `customers` is
    how many share it, `customer_ids` who: first the one the others would be merged into. `agree` are the namespaces
    in which all of them share a value, this one among them. `evidence` are the events that told it, as customer_id,
    source and event_id.
    """

    verdict: Verdict
    namespace: str
    mark: str
    value: str | None
    customers: int
    customer_ids: list[str]
    agree: list[str]
    evidence: list[dict[str, str]]
    because: str


class Cluster(Struct, frozen=True, kw_only=True):
    """Customers that a rule makes one: all of `from_` are merged into `into`, unless `refused` says why not."""

    into: str
    from_: list[str]
    namespaces: list[str]
    evidence: str
    refused: str | None


class Decided(Struct, frozen=True, kw_only=True):
    """A merge that was recorded; `undone` says that an unmerge took it back."""

    from_: str
    into: str
    source: str
    event_id: str
    recorded_at: str
    undone: bool


def normalised(namespace: str, value: str) -> str:
    """Return what two values of a namespace are compared by; "" where nothing is left to compare.

    An `email` without spaces around it and whatever the case of its letters, a `phone` by its digits and plus signs,
    any other as it is.
    """
    if namespace == "email":
        return value.strip().casefold()
    if namespace == "phone":
        return "".join(sign for sign in value if sign in "+0123456789")
    return value


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
        told, key=lambda one: (order.index(one.verdict), -len(one.agree), one.namespace, one.customer_ids, one.mark)
    )


def clusters(store: Store, namespaces: Sequence[str], *, most: int = MOST, again: bool = False) -> list[Cluster]:
    """Return what the rule makes one that customers are one who share a value in one of some namespaces.

    Values that are proposed may chain more customers together than `most`; those are refused.
    """
    if not namespaces:
        raise InvalidArgument("a rule names the namespaces that decide: give --namespaces, as in --namespaces email")
    with reading(store.engine) as connection:
        found = _Found(connection, frozenset(namespaces), most, again)
        return found.clusters()


def decided(store: Store) -> list[Decided]:
    """Return every merge that was recorded, the last first."""
    with reading(store.engine) as connection:
        made = merges(connection)
        events = names(connection, (merge.position for merge in made))
        keys = customer_ids(connection, (stream for merge in made for stream in (merge.from_stream, merge.into_stream)))
    return [
        Decided(
            from_=keys[merge.from_stream],
            into=keys[merge.into_stream],
            source=events[merge.position][0],
            event_id=events[merge.position][1],
            recorded_at=utc(merge.recorded_at).isoformat(),
            undone=merge.undone,
        )
        for merge in reversed(made)
    ]


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
        groups = _shared(identifiers(connection), self._units)
        members = {stream for group in groups for stream in self._streams(group)}
        self._names = customer_ids(connection, members)
        self._random = random_ids(connection, members)
        positions = [one.position for group in groups for one in group]
        self._events = names(connection, positions)
        erased = self._erased(connection)
        retracted = Scan(connection, self._units, NOW).retracted if groups else frozenset()
        standing = [
            [
                one
                for one in group
                if (one.stream, *self._events[one.position]) not in retracted
                and one.position > erased.get(self._units.survivor(one.stream), 0)
            ]
            for group in groups
        ]
        made = [self._group(told) for told in standing if told]
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
        value = normalised(told[0].namespace, told[0].value)
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
        shown = len(group.customers) if verdict != "too common" else LISTED
        return Shared(
            verdict=verdict,
            namespace=group.namespace,
            mark=self._mark(group),
            value=group.value if values else None,
            customers=len(group.customers),
            customer_ids=[self._names[customer] for customer in group.customers[:shown]],
            agree=self._agree[group.customers] if verdict != "too common" else [group.namespace],
            evidence=[self._evidence(one) for one in group.told[:shown]],
            because=self._because(group, verdict),
        )

    def _because(self, group: _Group, verdict: Verdict) -> str:
        n = len(group.customers)
        if verdict == "too common":
            return f"{n} customers share this {group.namespace}, more than {self._most}: it tells nobody from another"
        agree = " and ".join(self._agree[group.customers])
        undone = self._undone(group.customers)
        before = f"; {self._named(undone[0])} were merged and unmerged before" if undone else ""
        return f"{n} customers share {agree}{before}"

    def _named(self, pair: Pair) -> str:
        return " and ".join(self._names[customer] for customer in pair)

    def _evidence(self, one: Identifier) -> dict[str, str]:
        source, event_id = self._events[one.position]
        return {"customer_id": self._names[one.stream], "source": source, "event_id": event_id}

    def _mark(self, group: _Group) -> str:
        # Keyed by an id that nobody outside the ledger knows, so that no list of addresses can be tried against it.
        key = self._random[min(one.stream for one in group.told)]
        return blake2b(f"{group.namespace}\0{group.value}".encode(), key=key, digest_size=4).hexdigest()

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
            refused = f"{self._named(undone[0])} were merged and unmerged before: decide them one by one, or --again"
        return Cluster(
            into=self._names[customers[0]],
            from_=[self._names[customer] for customer in customers[1:]],
            namespaces=namespaces,
            evidence=f"rule: the same {' or '.join(namespaces)}",
            refused=refused,
        )


def _shared(told: Iterable[Identifier], units: Units) -> list[list[Identifier]]:
    """Return the identifiers of each value that more than one customer told, in the order of their first."""
    by_value: dict[tuple[str, str], list[Identifier]] = defaultdict(list)
    for one in told:
        if value := normalised(one.namespace, one.value):
            by_value[one.namespace, value].append(one)
    return [group for group in by_value.values() if len({units.survivor(one.stream) for one in group}) > 1]


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
