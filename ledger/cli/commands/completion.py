"""`completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ledger.cli.command import command
from ledger.cli.session import Session

PROGRAM = "customer-ledger"
VARIABLE = "_CUSTOMER_LEDGER_COMPLETE"


@command(
    "completion",
    examples=(
        'eval "$(customer-ledger completion bash)"  # in ~/.bashrc',
        'eval "$(customer-ledger completion zsh)"  # in ~/.zshrc',
        "customer-ledger completion fish | source  # in ~/.config/fish/config.fish",
    ),
    text=True,
)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]), help="bash, zsh or fish.")
def run(session: Session, shell: str) -> None:
    """Print what makes a shell complete commands and options with Tab."""
    from ledger.cli.group import ledger

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"there is no completion for {shell}")
    session.out.text(made(ledger, {}, PROGRAM, VARIABLE).source() + "\n")
