"""The root of the command line: it knows where each command lives and loads only the one that is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from ledger import __version__
from ledger.cli.failures import told
from ledger.cli.options import SHARED

COMMANDS: dict[str, tuple[str, ...]] = {
    "Set up": ("init", "demo", "completion"),
    "Record what happened": ("append", "import", "export"),
    "Look at one customer": ("customers", "event", "history", "replay", "journey", "explain", "identities"),
    "Look at all of them": ("funnel", "channels", "metrics", "touchpoints", "conformance", "predict"),
    "Keep it true": (
        "rebuild",
        "catch-up",
        "projections",
        "quarantine",
        "health",
        "quality",
        "archive",
        "verify",
        "bench",
    ),
}
"""The commands, as the help lists them; each lives in the module of its name."""

NAMES = [name for names in COMMANDS.values() for name in names]


class LedgerGroup(click.Group):
    """Loads a command when it is asked for."""

    def invoke(self, ctx: click.Context) -> object:
        with told(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return NAMES

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NAMES:
            return None
        word = cmd_name.replace("-", "_")
        module = import_module(f"ledger.cli.commands.{word}_" if word == "import" else f"ledger.cli.commands.{word}")
        found: click.Command = module.run
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in NAMES:
            from difflib import get_close_matches

            near = get_close_matches(args[0], NAMES, 1)
            cure = f"did you mean {near[0]!r}?" if near else "see `customer-ledger --help`"
            ctx.fail(f"there is no command {args[0]!r}: {cure}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in COMMANDS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, command.get_short_help_str(120)) for name, command in found if command is not None],
                    col_max=14,
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Start"):
            formatter.write("  customer-ledger demo                 see it work on simulated customers\n")
            formatter.write("  customer-ledger init                 make a ledger, ./ledger.db\n")
            formatter.write("  customer-ledger append events.ndjson record what happened\n")
            formatter.write("  customer-ledger COMMAND --help       what a command does, with an example\n")


@click.group(
    cls=LedgerGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=False,
)
@click.version_option(__version__, "-V", "--version", message="customer-ledger %(version)s")
def ledger(**_given: object) -> None:
    """Append what happened to a customer, replay it, and read the journey and its figures.

    Data goes to stdout, words to stderr. Every option is also a variable (LEDGER_URL, LEDGER_METRICS_BY) and a
    key of ./customer-ledger.toml; the option wins over the variable, the variable over the file.
    """


ledger.params += [SHARED[name]() for name in ("url", "config", "debug")]
