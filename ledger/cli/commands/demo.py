"""`demo`: simulated customers in a ledger of their own, and what it answers, told for someone who sees it first."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.failures import Failure, resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.words import counted, shown
from ledger.errors import EventNotFound, LedgerError

if TYPE_CHECKING:
    from ledger.queries.figure_row import FigureRow

TELLING = frozenset({"order.placed", "order.delivered", "case.opened", "case.resolved", "survey.responded"})
"""What the customer who is shown has lived through."""


@command("demo", examples=("customer-ledger demo", "customer-ledger demo --customers 500 --seed 3 --file small.db"))
@click.option(
    "--customers", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True, help="How many people."
)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Another seed, other people.")
@click.option("--file", default="demo.db", show_default=True, metavar="FILE", help="The SQLite file to make.")
def run(session: Session, customers: int, seed: int, file: str) -> None:
    """Simulate customers into a new ledger and show what it answers.

    The file is made new. One that is there already is never overwritten: if this very demo made it, it is shown
    again; if not, the demo stops. LEDGER_URL and --url have no part in it.
    """
    if session.out.chosen == "auto":
        session.out.format = "table"
    with Session(url=f"sqlite:///{file}", format="table", output=None, quiet=session.quiet) as own:
        demo = _Demo(own, Path(file), customers, seed)
        how = f"delete {file} to begin anew, or run the same command again to go on"
        with resumable(how):
            if session.out.drawn:
                session.out.one({}, lambda _made, _zone: demo.story())
            else:
                for _ in demo.story():
                    pass
                session.out.one(demo.facts, lambda _made, _zone: ())


class _Demo:
    """The steps of the demo; `facts` holds what they found."""

    def __init__(self, session: Session, file: Path, customers: int, seed: int) -> None:
        self._session = session
        self._file = file
        self._customers = customers
        self._seed = seed
        self._types: dict[str, list[str]] = defaultdict(list)
        self.facts: dict[str, Any] = {"file": str(file), "customers": customers, "seed": seed}

    def story(self) -> Iterator[Any]:
        """Yield what a person sees, each step done when it is asked for."""
        started = time.perf_counter()
        yield from self._record()
        yield from self._rebuild()
        yield from self._one_customer()
        yield from self._everyone()
        yield from self._check()
        self.facts["seconds"] = round(time.perf_counter() - started, 1)
        yield _heading(f"That took {self.facts['seconds']:,.0f} s. Go on yourself")
        yield _text(
            f"export LEDGER_URL=sqlite:///{self._file}\n"
            "customer-ledger customers --stage use\n"
            f"customer-ledger replay {self.facts['shown']} --as-of 2025-01-01\n"
            "customer-ledger metrics csat --by channel\n"
            "customer-ledger --help"
        )

    def _record(self) -> Iterator[Any]:
        from ledger.commands import append_each
        from ledger.opening import open_store
        from ledger.sample import Truth, simulate

        yield _heading("1. What happened is recorded")
        yield _text(
            f"A simulator plays {self._customers:,} people through three years with a company: they look around, "
            "order, get help, answer surveys, leave and come back. It is not kind: events arrive late, twice and out "
            "of order, some times are only dates, one person has several keys until they are merged."
        )
        truth = Truth()
        lines = simulate(self._customers, self._seed, truth=truth)
        first = list(islice(lines, 1))
        if self._file.exists():
            yield _text(self._seen_before(first[0]))
        open_store(self._session.url, create=True).close()
        store, recorded, already, refused = self._session.store, 0, 0, 0
        events = chain(first, lines)
        started = time.perf_counter()
        with Watch(self._session, "recording") as watch:
            for outcome in append_each(store, self._noted(events), make_id=False):
                refused += isinstance(outcome, LedgerError)
                if not isinstance(outcome, LedgerError):
                    recorded += outcome.recorded
                    already += not outcome.recorded
                watch.at(recorded + already + refused)
        self.facts |= {"recorded": recorded, "already_recorded": already, "refused": refused, "truth": truth.report()}
        seconds = time.perf_counter() - started
        yield _text(
            f"{counted(recorded, 'event')} recorded in {seconds:,.1f} s; {already:,} were there already and were not "
            f"written again ({truth.counts['duplicates']:,} were sent twice); {refused:,} refused."
        )

    def _seen_before(self, first: dict[str, Any]) -> str:
        """Return what to say of a file that is there already; refuse it where another made it."""
        from ledger.queries.history import event, export

        try:
            event(self._session.store, first["source"], first["event_id"])
        except EventNotFound:
            if next(iter(export(self._session.store)), None) is None:
                return f"{self._file} is there already, a ledger without an event: it is used."
        else:
            return f"{self._file} is there already, made by this demo before: its events are found again."
        raise Failure(
            f"{self._file} is there already and this demo did not make it: name another with --file, or delete it",
            Exit.REFUSED,
        )

    def _noted(self, events: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass events on, and note what happened to whom."""
        for event in events:
            self._types[event["customer_id"]].append(event["type"])
            yield event

    def _rebuild(self) -> Iterator[Any]:
        import msgspec

        from ledger.cli.commands.rebuild import view
        from ledger.projecting.rebuild import rebuild

        yield _heading("2. Projections are built from it")
        yield _text(
            "Nothing else is ever written by hand: every table below is a fold of the log, and can be thrown away and "
            "made again, whole or customer by customer."
        )
        yield _command("rebuild")
        with Watch(self._session, "rebuilding") as watch:
            made = msgspec.to_builtins(rebuild(self._session.store, progress=watch.at))
        self.facts["rebuild"] = made
        yield from view(made, None)

    def _one_customer(self) -> Iterator[Any]:
        from ledger.cli.commands.journey import view as journey_view
        from ledger.cli.commands.replay import step_row
        from ledger.cli.commands.replay import view as replay_view
        from ledger.queries.journey import journey as journey_of
        from ledger.queries.replay import replay

        key = self._telling()
        self.facts["shown"] = key
        store = self._session.store
        yield _heading(f"3. One customer, replayed: {key}")
        yield _text(
            "For the auditor: each event in the order it occurred (v is the order in which it arrived), what it "
            "changed, and by which rule the stage of the journey moved."
        )
        yield _command(f"replay {key}")
        steps = [step_row(step) for step in replay(store, key)]
        self.facts["replay"] = steps
        yield from replay_view(steps, store.context.zone)
        yield _text("\nThe same customer as a journey: every stay in a stage, and the event that proves it.")
        yield _command(f"journey {key}")
        journey = journey_of(store, key)
        self.facts["journey"] = journey
        yield from journey_view(journey, store.context.zone)

    def _telling(self) -> str:
        """Return a customer with much to tell in few events."""
        rich = [key for key, types in self._types.items() if set(types) >= TELLING]
        return min(rich or self._types, key=lambda key: (abs(len(self._types[key]) - 14), key))

    def _everyone(self) -> Iterator[Any]:
        from ledger.cli.commands.funnel import view as funnel_view
        from ledger.cli.commands.metrics import view
        from ledger.queries.funnel import funnel

        zone = self._session.store.context.zone
        yield _heading("4. All of them: where they stand, and how they feel")
        yield _text(
            "For the analyst: every figure carries the n behind it, a 95 % interval where it has one, and what was "
            "left out and why. The simulator knows the truth it played; the ledger only saw the events."
        )
        yield _command("funnel")
        self.facts["funnel"] = funnel(self._session.store)
        yield from funnel_view(self.facts["funnel"], zone)
        for names, by in ((["nps"], ["stage"]), (["dwell"], []), (SINGLE, [])):
            yield _command(f"metrics {' '.join(names)}" + (f" --by {by[0]}" if by else ""))
            rows = [figure.as_row() for figure in self._figures(names, by)]
            self.facts.setdefault("metrics", []).extend(rows)
            yield from view(rows, zone)
        yield _text(self._against_the_truth())

    def _figures(self, names: Sequence[str], by: Sequence[str]) -> list[FigureRow]:
        from ledger.queries.metrics import metrics

        return metrics(self._session.store, names, by=by)

    def _against_the_truth(self) -> str:
        [row] = [figure.as_row() for figure in self._figures(["nps"], [])]
        played = self.facts["truth"]["surveys"]["nps"]["all"]
        score = 100 * (played["promoters"] - played["detractors"]) / played["n"] if played["n"] else None
        self.facts["nps"] = {"ledger": row["value"], "simulator": score}
        if score is None or row["value"] is None:
            return "Nobody was asked for a rating."
        return (
            f"The NPS of all {row['n']:,} ratings is {row['value']:.1f} by the ledger, "
            f"{score:.1f} ({played['n']:,} ratings) by what the simulator played."
        )

    def _check(self) -> Iterator[Any]:
        import msgspec

        from ledger.cli.commands.verify import view
        from ledger.queries.verify import verify

        yield _heading("5. Is it all true?")
        yield _command("verify")
        found = msgspec.to_builtins(verify(self._session.store))
        self.facts["verify"] = found
        yield from view(found, None)


SINGLE = ["time_to_resolution", "channel_switching", "repeat_purchase"]
"""Metrics that are shown undivided."""


def _heading(words: str) -> Any:
    from rich.text import Text

    return Text(f"\n{words}\n", style="bold")


def _text(words: str) -> Any:
    from rich.text import Text

    return Text(shown(words))


def _command(words: str) -> Any:
    from rich.text import Text

    return Text(f"\n$ customer-ledger {words}\n", style="cyan")
