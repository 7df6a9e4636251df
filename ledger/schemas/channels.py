"""The contract of a channels file, and a registry as tables and as canonical JSON."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from marshmallow import Schema, ValidationError, fields, validate

from ledger.errors import InvalidDefinition, Problem
from ledger.events.compiling import compiled
from ledger.events.fields import MAX_KEY
from ledger.journey.channels import Assistance, Channel, ChannelRegistry, Modality
from ledger.journey.hours import wrong_with
from ledger.schemas import limits
from ledger.schemas.tables import checked, labelled, toml_document

_LENGTH = validate.Length(min=1, max=MAX_KEY, error=f"is empty or longer than {MAX_KEY} characters: shorten it")


def _one_of(words: tuple[str, ...]) -> validate.OneOf:
    return validate.OneOf(words, error="is none of {choices}: use one of them")


def _readable(written: str) -> None:
    if problem := wrong_with(written):
        raise ValidationError(problem)


class _File(Schema):
    channels = fields.List(fields.Raw(), required=True)


class _Channel(Schema):
    name = fields.String(required=True, validate=_LENGTH)
    medium = fields.String(required=True, validate=_LENGTH)
    modality = fields.String(required=True, validate=_one_of(get_args(Modality)))
    assistance = fields.String(required=True, validate=_one_of(get_args(Assistance)))
    department = fields.String(validate=_LENGTH)
    hours = fields.List(
        fields.String(validate=_readable),
        validate=validate.Length(min=1, error="is empty: leave it out where it is not known when it is open"),
    )


def channels_from_toml(text: str, name: str = "channels.toml") -> ChannelRegistry:
    """Return the registry that a TOML text describes; raise InvalidDefinition with every problem."""
    document = toml_document(text, name)
    file, problems = checked(_File(), document)
    problems += limits.breaches(document)
    channels: dict[str, Channel] = {}
    for where, table in labelled("channels", file.get("channels", [])):
        channel, wrong = checked(_Channel(), table, where)
        problems += wrong
        if wrong:
            continue
        if channel["name"] in channels:
            problems.append(Problem(where, "is declared twice: keep one of them"))
        channels[channel["name"]] = _channel(**channel)
    if problems:
        raise InvalidDefinition(name, problems)
    return ChannelRegistry(channels.values())


def _channel(hours: list[str] | None = None, **fields_: Any) -> Channel:
    return Channel(**fields_, hours=None if hours is None else tuple(hours))


def channels_to_json(registry: ChannelRegistry) -> str:
    """Return the registry as canonical JSON, whose sha256 is its hash."""
    return registry.canonical.decode()


def channels_from_json(text: str) -> ChannelRegistry:
    """Return the registry that `channels_to_json` wrote; raise InvalidDefinition when it is not one."""
    try:
        return ChannelRegistry(msgspec.json.decode(text, type=compiled(list[Channel])))
    except msgspec.DecodeError as error:
        raise InvalidDefinition("channels", [Problem("", f"the stored registry cannot be read: {error}")]) from error
