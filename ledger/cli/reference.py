"""The reference page of the command line, written from the commands: `python -m ledger.cli.reference` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from ledger.cli.command import LedgerCommand
from ledger.cli.exits import MEANINGS
from ledger.cli.group import COMMANDS, ledger
from ledger.cli.options import SHARED
from ledger.cli.settings import DEFAULT_FILE, keys

_HEAD = f"""# The command line

Written from the commands by `python -m ledger.cli.reference`; a test holds it up to date.

`customer-ledger`, `python -m ledger` and, from a checkout, `python cli.py` are the same program. Data goes to stdout;
words, progress and errors go to stderr.

## Where a value comes from
An option on the command line wins over its variable, the variable over its key in the settings file, the key over the
default. The settings file is the one `--config` names, else `./{DEFAULT_FILE}` where it is there. Its keys are the
options without the dashes: those of every command at the top, those of one command in a table of its name.

```toml
url = "postgresql://me@localhost/ledger"

[metrics]
by = ["stage", "channel"]
```

## Formats
| `-f` | what it is |
|---|---|
| `auto` | a table on a terminal, NDJSON in a pipe; with `-o FILE` what its ending says (`.json`, `.csv`, `.parquet`) |
| `table` | for people, as wide as the terminal at most, else 80 columns; colour on a terminal without `NO_COLOR` |
| `json` | one list of objects, or one object where a command answers with one |
| `ndjson` | one object a line |
| `csv` | a header, then rows; nested values are JSON text; text that a spreadsheet would run has a `'` before it |
| `parquet` | the same columns, each of one type; nested values are JSON text |

A spreadsheet would run text that starts with `=`, `+`, `-` or `@`; a negative number is left alone. Times in data are
ISO 8601 with their offset; tables show them in the journey's zone. A file given by `-o` takes its name only once it is
whole.

## Times on the command line
An instant (`2024-05-01T10:20:30+02:00`, or `Z`), a date (`2024-05-01`: its start in the journey's zone), how long ago
(`7d`; also `w`, `h`, `m`, `s`), or `now`. `--as-of` and `--known-at` include the instant they name; the end of a window
(`--before`, `--to`) does not.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [_HEAD, "## Exit codes", "| code | meaning |", "|---|---|"]
    lines += [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    lines += ["", "## Options of every command", *_options([option() for option in SHARED.values()], "")]
    context = click.Context(ledger, info_name="customer-ledger")
    for title, names in COMMANDS.items():
        lines += ["", f"## {title}"]
        for name in names:
            command = ledger.get_command(context, name)
            if isinstance(command, LedgerCommand):
                lines += ["", *_section(command)]
    return "\n".join(lines) + "\n"


def _section(command: LedgerCommand) -> Iterator[str]:
    yield f"### {command.name}"
    yield ""
    yield "\n".join(line.strip() for line in (command.help or "").strip().splitlines())
    yield ""
    yield "```"
    yield from command.examples
    yield "```"
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    if arguments:
        yield ""
        yield "| argument | |"
        yield "|---|---|"
        yield from (f"| `{_cell(param.metavar or '')}` | {_cell(param.help or '')} |" for param in arguments)
    own = [param for param in command.params if isinstance(param, click.Option) and not getattr(param, "shared", False)]
    if own:
        yield ""
        yield from _options(own, f"[{command.name}] ")


def _options(options: list[click.Option], table: str) -> Iterator[str]:
    yield "| option | variable | key | |"
    yield "|---|---|---|---|"
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.opts)
        variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
        variable = ", ".join(f"`{name}`" for name in variables)
        key = ", ".join(f"`{table}{name}`" for name in keys(option))
        yield f"| {names} {_cell(_takes(option))} | {variable} | {key} | {_cell(_help(option))} |"


def _takes(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return "/".join(map(str, option.type.choices))
    return option.metavar or "N"


def _help(option: click.Option) -> str:
    default = f" [default: {option.default}]" if option.show_default else ""
    return f"{option.help}{default}".replace("  [", " [")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
