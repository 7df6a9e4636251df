"""The options every command has, and where their values come from: the option, then the variable, then the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from ledger.cli.failures import DEBUG
from ledger.cli.settings import defaults, read_settings

FORMATS = ("auto", "table", "json", "ndjson", "csv", "parquet")


class SharedOption(click.Option):
    """An option of every command; one given before the command's name counts for the command too."""

    shared = True

    def consume_value(self, ctx: click.Context, opts: Any) -> tuple[Any, ParameterSource]:
        value, source = super().consume_value(ctx, opts)
        parent, name = ctx.parent, self.name or ""
        if (
            source is not ParameterSource.COMMANDLINE
            and parent is not None
            and parent.get_parameter_source(name) is ParameterSource.COMMANDLINE
        ):
            return parent.params[name], ParameterSource.COMMANDLINE
        return value, source


def _settle(context: click.Context, _option: click.Parameter, named: str | None) -> str | None:
    """Take the settings file in, before any other option is looked at."""
    from ledger.cli.group import NAMES

    if context.parent is not None and not context.resilient_parsing:
        document, file = read_settings(named)
        context.default_map = defaults(document, file, context.command, NAMES)
    return named


def _debugs(context: click.Context, _option: click.Parameter, wanted: bool) -> bool:
    context.meta[DEBUG] = wanted or bool(context.meta.get(DEBUG))
    return wanted


SHARED: dict[str, Callable[[], click.Option]] = {
    "url": lambda: SharedOption(
        ["--url"],
        envvar="LEDGER_URL",
        default="sqlite:///ledger.db",
        show_default=True,
        metavar="URL",
        help="Where the ledger is: sqlite:///FILE or postgresql://USER@HOST/DATABASE.",
    ),
    "format": lambda: SharedOption(
        ["-f", "--format"],
        envvar="LEDGER_FORMAT",
        type=click.Choice(FORMATS),
        metavar="FORMAT",
        default="auto",
        help="table, json, ndjson, csv or parquet.  [default: auto, a table on a terminal and NDJSON in a pipe]",
    ),
    "output": lambda: SharedOption(
        ["-o", "--output"],
        envvar="LEDGER_OUTPUT",
        metavar="FILE",
        help="Write data to FILE; its ending (.csv, .json, .ndjson, .parquet) says the format where -f does not.",
    ),
    "config": lambda: SharedOption(
        ["--config"],
        envvar="LEDGER_CONFIG",
        metavar="FILE",
        is_eager=True,
        callback=_settle,
        help="The settings file.  [default: ./customer-ledger.toml, if there]",
    ),
    "quiet": lambda: SharedOption(
        ["-q", "--quiet"], envvar="LEDGER_QUIET", is_flag=True, help="No progress and no words but errors."
    ),
    "debug": lambda: SharedOption(
        ["--debug"],
        envvar="LEDGER_DEBUG",
        is_flag=True,
        is_eager=True,
        callback=_debugs,
        help="Show where an error comes from.",
    ),
}
