"""The channel registry: what each channel is, kept apart from the events so that history needs no rewrite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Literal

from msgspec import Struct, json

Modality = Literal["physical", "digital"]
Assistance = Literal["assisted", "unassisted"]


class Channel(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The means of a contact; `assistance` says whether a human of ours takes part, `department` who runs it.

    `hours` are lines such as `mon-fri 09:00-18:00`, in the zone that days are counted in; None where nobody said
    when it is open.
    """

    name: str
    medium: str
    modality: Modality
    assistance: Assistance
    department: str | None = None
    hours: tuple[str, ...] | None = None


class ChannelRegistry(Mapping[str, Channel]):
    """The channels in force, by name."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._channels = {channel.name: channel for channel in channels}

    def __getitem__(self, name: str) -> Channel:
        return self._channels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._channels)

    def __len__(self) -> int:
        return len(self._channels)

    @property
    def canonical(self) -> bytes:
        """The content as canonical JSON: a list sorted by name, sorted keys, no spaces."""
        return json.encode(sorted(self._channels.values(), key=lambda channel: channel.name), order="sorted")

    @property
    def hash(self) -> str:
        """The sha256 of the canonical content, in hexadecimal."""
        return sha256(self.canonical).hexdigest()


def default_channels() -> ChannelRegistry:
    """Return the usual channels; a company's own registry replaces them."""
    return ChannelRegistry(
        [
            Channel("web", "internet", "digital", "unassisted"),
            Channel("app", "mobile application", "digital", "unassisted"),
            Channel("portal", "internet", "digital", "unassisted"),
            Channel("chatbot", "messaging", "digital", "unassisted"),
            Channel("chat", "messaging", "digital", "assisted"),
            Channel("email", "e-mail", "digital", "assisted"),
            Channel("newsletter", "e-mail", "digital", "unassisted"),
            Channel("sms", "text message", "digital", "unassisted"),
            Channel("push", "mobile application", "digital", "unassisted"),
            Channel("social", "social network", "digital", "assisted"),
            Channel("video", "video call", "digital", "assisted"),
            Channel("phone", "telephone", "digital", "assisted"),
            Channel("call_centre", "telephone", "digital", "assisted"),
            Channel("ivr", "telephone", "digital", "unassisted"),
            Channel("marketplace", "internet", "digital", "unassisted"),
            Channel("store", "face to face", "physical", "assisted"),
            Channel("branch", "face to face", "physical", "assisted"),
            Channel("desk", "face to face", "physical", "assisted"),
            Channel("field", "face to face", "physical", "assisted"),
            Channel("event", "face to face", "physical", "assisted"),
            Channel("partner", "face to face", "physical", "assisted"),
            Channel("kiosk", "self-service terminal", "physical", "unassisted"),
            Channel("post", "letter", "physical", "unassisted"),
            Channel("delivery", "parcel", "physical", "unassisted"),
            Channel("advertising", "display", "physical", "unassisted"),
        ]
    )
