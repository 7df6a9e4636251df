"""Reads journey, channels and types files, each under what the others say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.events.vocabulary import Vocabulary
    from ledger.schemas.definitions import Definitions
    from ledger.store.definitions import DefinitionKind
    from ledger.store.store import Store


def read_definitions(
    vocabulary: Vocabulary, *, journey: str | None = None, channels: str | None = None, types: str | None = None
) -> dict[DefinitionKind, str]:
    """Return the canonical JSON of the files given; `vocabulary` is the one in force.

    A journey is read under the types of the types file, where there is one. Raises InvalidDefinition with every
    problem of a file, InvalidArgument for a file that cannot be read.
    """
    from ledger.events import VOCABULARY
    from ledger.schemas.channels import channels_from_toml, channels_to_json
    from ledger.schemas.journey import journey_from_toml, journey_to_json
    from ledger.schemas.types import types_from_toml, types_to_json

    read: dict[DefinitionKind, str] = {}
    if types is not None:
        own = types_from_toml(text_of(types), types)
        vocabulary = VOCABULARY.extended(own)
        read["types"] = types_to_json(own)
    if channels is not None:
        read["channels"] = channels_to_json(channels_from_toml(text_of(channels), channels))
    if journey is not None:
        read["journey"] = journey_to_json(journey_from_toml(text_of(journey), vocabulary, journey))
    return read


def text_of(file: str) -> str:
    """Return the text of a file. Raises InvalidArgument, with the cure."""
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidArgument(f"cannot read {file}: {error.strerror}; check the path and its permissions") from error
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"{file} is not UTF-8 at byte {error.start}: save it as UTF-8") from error


def under(store: Store, journey: str | None, channels: str | None = None) -> Definitions:
    """Return the definitions in force with the journey, and the channels, of files in the place of theirs."""
    from msgspec import structs

    read = read_definitions(store.context.vocabulary, journey=journey, channels=channels)
    return structs.replace(store.definitions, **read)
