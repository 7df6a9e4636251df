"""The settings file: what an option is when neither the command line nor a variable says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

DEFAULT_FILE = "customer-ledger.toml"
"""Read from the folder a command runs in, where it is there."""


def read_settings(named: str | None) -> tuple[dict[str, Any], str]:
    """Return what the settings file says, and its name; nothing where none is named and none is there."""
    path = Path(named or DEFAULT_FILE)
    if named is None and not path.is_file():
        return {}, str(path)
    import tomllib  # like all that only some commands need: help is to be quick

    try:
        return tomllib.loads(path.read_bytes().decode()), str(path)
    except OSError as error:
        raise click.BadParameter(f"cannot read {path}: {error.strerror}", param_hint="--config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise click.BadParameter(f"{path} is not TOML in UTF-8 ({error})", param_hint="--config") from error


def defaults(document: dict[str, Any], file: str, command: click.Command, commands: list[str]) -> dict[str, Any]:
    """Return the defaults of a command's options: those at the top of the file, then those of its own table.

    A name at the top that is no shared option and no command, or in the table no option of the command, is refused.
    """
    options = {key: param for param in command.params if isinstance(param, click.Option) for key in keys(param)}
    shared = {key for key, option in options.items() if getattr(option, "shared", False) and key != "config"}
    top = {key: value for key, value in document.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    _require_known(top, shared, file, "")
    _require_known(tables, set(commands), file, "")
    own = tables.get(command.name or "", {})
    _require_known(own, set(options), file, f"[{command.name}] ")
    return {str(options[key].name): _as_given(value, options[key]) for key, value in {**top, **own}.items()}


def keys(option: click.Option) -> list[str]:
    """Return what an option is called in the settings file: its long names without the dashes."""
    return [name.removeprefix("--") for name in option.opts if name.startswith("--")]


def _require_known(given: dict[str, Any], known: set[str], file: str, where: str) -> None:
    for name in given:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1)
            cure = f"did you mean {near[0]!r}?" if near else "leave it out"
            raise click.BadParameter(f"{file}: {where}{name!r} is no setting: {cure}", param_hint="--config")


def _as_given(value: Any, option: click.Option) -> Any:
    """Return a value as it would come from the command line, so that it is checked in the same way."""
    if isinstance(value, list):
        return [str(member) for member in value] if option.multiple else ",".join(map(str, value))
    if isinstance(value, bool) or option.multiple:
        return [str(value)] if option.multiple else value
    return str(value)
