"""Repeated information: what the simulated people were asked for, against what they had given before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.truth.known import Known, Rows, split
from tests.truth.lives import Happening, Life
from tests.truth.omnichannel import interactions
from tests.truth.opportunities import first_channel

STEPS = ("scheduled", "started", "completed")


class Asking(NamedTuple):
    """The first event of a request, the fields it asked for, and those held: as declared, and as given before."""

    event: Happening
    fields: set[str]
    declared: set[str]
    compared: set[str]


class Contact(NamedTuple):
    """An interaction or an asking on its own: where, what it said of itself, and its askings."""

    channel: str
    department: str
    flag: bool | None
    askings: list[Asking]

    @property
    def again(self) -> bool:
        return bool(self.flag) or any(asking.declared or asking.compared for asking in self.askings)


def _askings(life: Life) -> list[Asking]:
    found = []
    given: dict[str, int] = {}
    reached: dict[str, int] = {}
    for event in life.of("information.requested"):
        step = event.data.get("lifecycle")
        # What stands in the instant in which a field was given is of that request.
        names = {name for name in event.data["fields"] if given.get(name) != event.at}
        place = STEPS.index(step) if step else 0
        fields = {name for name in names if step is None or name not in reached or place <= reached[name]}
        if fields:
            found.append(Asking(event, fields, fields & set(event.data.get("already_held", ())), fields & set(given)))
        for name in names:
            if step == "completed":
                reached.pop(name, None)
                given[name] = event.at
            else:
                reached[name] = place
    return found


def _contacts(lives: list[Life]) -> list[Contact]:
    found = []
    for life in lives:
        askings = _askings(life)
        for events in interactions(life):
            name = events[0].get("interaction_id")
            inside = [asking for asking in askings if name and asking.event.get("interaction_id") == name]
            found.append(Contact(first_channel(events), _first(events, "department"), _flag(events), inside))
        found += [
            Contact(_first([asking.event], "channel"), _first([asking.event], "department"), None, [asking])
            for asking in askings
            if not asking.event.get("interaction_id")
        ]
    return found


def _first(events: list[Happening], field: str) -> str:
    return next((str(event.get(field)) for event in events if event.get(field)), "unknown")


def _flag(events: list[Happening]) -> bool | None:
    said = [event.data.get("repeated_information") for event in events if event.type == "interaction.completed"]
    known = [word for word in said if word is not None]
    return known[-1] if known else None


def _rates(of: Callable[[Contact], str]) -> Callable[[list[Life]], dict[str, float]]:
    def rates(lives: list[Life]) -> dict[str, float]:
        groups: dict[str, list[Contact]] = defaultdict(list)
        for contact in _contacts(lives):
            groups[of(contact)].append(contact)
        return {key: sum(contact.again for contact in group) / len(group) for key, group in groups.items()}

    return rates


def _by_basis(lives: list[Life]) -> dict[str, tuple[int, int]]:
    """Return, by how it is known, how many asked again of how many of which it is known."""
    contacts = _contacts(lives)
    asking = [contact for contact in contacts if contact.askings]
    told = [contact for contact in contacts if contact.flag is not None]
    known = [contact for contact in contacts if contact.askings or contact.flag is not None]
    return {
        "any": (sum(contact.again for contact in known), len(known)),
        "flagged": (sum(bool(contact.flag) for contact in told), len(told)),
        "declared": (sum(any(a.declared for a in contact.askings) for contact in asking), len(asking)),
        "compared": (sum(any(a.compared for a in contact.askings) for contact in asking), len(asking)),
    }


def _told_by_basis(rows: Rows) -> dict[str, Any]:
    counted = split(rows, "share", "basis", field="numerator", over="known")
    n = split(rows, "share", "basis", field="n", over="known")
    return {basis: [counted[basis], n[basis]] for basis in n}


def _fields(lives: list[Life]) -> dict[str, int]:
    asked: Counter[str] = Counter()
    for life in lives:
        for asking in _askings(life):
            asked.update(dict.fromkeys(asking.fields, 0))
            asked.update(asking.declared | asking.compared)
    return dict(asked)


FIGURES = (
    Known(
        "Contacts that asked again, by channel",
        "metrics repeated_information_rate --by channel",
        lambda rows: split(rows, "share", "channel", over="all"),
        _rates(lambda contact: contact.channel),
    ),
    Known(
        "Contacts that asked again, by department",
        "metrics repeated_information_rate --by department",
        lambda rows: split(rows, "share", "department", over="all"),
        _rates(lambda contact: contact.department),
    ),
    Known(
        "Contacts that asked again, of those that tell, by how it is known",
        "metrics repeated_information_rate",
        _told_by_basis,
        lambda lives: {basis: list(counts) for basis, counts in _by_basis(lives).items()},
    ),
    Known(
        "Fields asked for again",
        "metrics fields_asked_again",
        lambda rows: split(rows, "count", "field"),
        _fields,
    ),
)
