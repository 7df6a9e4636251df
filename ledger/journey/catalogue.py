"""The catalogue of touchpoints: which there are, which must be and which should be, kept apart from the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Literal

from msgspec import Struct, json

Layer = Literal["what_is", "must_be", "should_be"]
"""What exists today, what customers expect, what is wished or planned."""


class Touchpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A touchpoint as the company sees it.

    `id` is the events' touchpoint_id, or their type where they have none; `also` are further ones that are the same
    touchpoint. Without `stages` or `channels` it belongs to all of them.
    """

    id: str
    name: str
    layers: tuple[Layer, ...]
    stages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    department: str | None = None

    def belongs(self, stage: str | None, channel: str | None) -> bool:
        """Say whether it is catalogued for a stage and a channel; None asks for none in particular."""
        return (stage is None or not self.stages or stage in self.stages) and (
            channel is None or not self.channels or channel in self.channels
        )


class Catalogue(Mapping[str, Touchpoint]):
    """The touchpoints of a catalogue file, by id, in the order of the file."""

    def __init__(self, touchpoints: Iterable[Touchpoint]) -> None:
        self._touchpoints = {touchpoint.id: touchpoint for touchpoint in touchpoints}

    def __getitem__(self, name: str) -> Touchpoint:
        return self._touchpoints[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._touchpoints)

    def __len__(self) -> int:
        return len(self._touchpoints)

    @property
    def also(self) -> dict[str, str]:
        """The id behind each further name."""
        return {name: touchpoint.id for touchpoint in self.values() for name in touchpoint.also}

    @property
    def canonical(self) -> bytes:
        """The content as canonical JSON: a list sorted by id, sorted keys, no spaces."""
        return json.encode(sorted(self._touchpoints.values(), key=lambda touchpoint: touchpoint.id), order="sorted")

    @property
    def hash(self) -> str:
        """The sha256 of the canonical content, in hexadecimal."""
        return sha256(self.canonical).hexdigest()
