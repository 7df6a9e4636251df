"""What a command is: its own options, those that every command has, an example in its help, and a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from ledger.cli.options import SHARED
from ledger.cli.session import Session
from ledger.cli.settings import keys

Body = Callable[..., int | None]
"""What a command does, given a session and its own arguments; it may return an exit code."""


class LedgerCommand(click.Command):
    """A command whose help sets its own options apart and ends with examples."""

    examples: Sequence[str] = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [param for param in self.get_params(ctx) if isinstance(param, click.Option) and not _is_shared(param)]
        shared = [param for param in self.get_params(ctx) if _is_shared(param)]
        for title, params in (("Options", own), ("Options of every command", shared)):
            records = [record for param in params if (record := param.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        variable = f"LEDGER_{self.name}_…".upper().replace("-", "_")
        with formatter.section("Each option is also"):
            formatter.write(f"  a variable ({variable}) and a key of the file ([{self.name}])\n")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
            for example in self.examples:
                formatter.write(f"  {example}\n")


def command(name: str, *, examples: Sequence[str], text: bool = False) -> Callable[[Body], LedgerCommand]:
    """Make a function a command of that name; its docstring is the help, whose first line stands in the list.

    `text` says that what it writes has one form only, so that a file of any ending may hold it.
    """

    def make(body: Body) -> LedgerCommand:
        @wraps(body)
        def callback(**given: Any) -> int | None:
            _require_filled(click.get_current_context(), given)
            shared = {option: given.pop(option) for option in SHARED}
            settings = {option: shared[option] for option in ("url", "format", "output", "quiet")}
            settings["format"] = "table" if text else settings["format"]
            source = click.get_current_context().get_parameter_source("format")
            with Session(**settings, insists=source is ParameterSource.COMMANDLINE) as session:
                return body(session, **given)

        params = list(reversed(getattr(callback, "__click_params__", [])))
        for param in params:
            if isinstance(param, click.Option):
                param.envvar = [f"LEDGER_{name}_{key}".upper().replace("-", "_") for key in keys(param)]
        made = LedgerCommand(
            name,
            callback=callback,
            params=[*params, *(option() for option in SHARED.values())],
            help=body.__doc__,
        )
        made.examples = examples
        return made

    return make


GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.DEFAULT_MAP)
"""Where a value was written by somebody: on the command line, or in the settings file."""


def typed(name: str) -> bool:
    """Say whether an option was given on the command line itself: a standing setting is for where it has a meaning."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _require_filled(context: click.Context, given: Mapping[str, Any]) -> None:
    """Refuse an empty text, which a script's variable that was never set leaves: as a path it is the current folder."""
    for param in context.command.params:
        value = given.get(param.name or "")
        if context.get_parameter_source(param.name or "") in GIVEN and (
            value == "" or (isinstance(value, tuple) and "" in value)
        ):
            name = param.opts[-1] if isinstance(param, click.Option) else (param.metavar or "").strip("[]….")
            raise click.UsageError(f"{name} is empty: give it a value{'' if param.required else ', or leave it out'}")


def _is_shared(param: click.Parameter) -> bool:
    return bool(getattr(param, "shared", False))
