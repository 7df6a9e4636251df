"""The options with which metrics and the funnel are asked: split, window, times, zone and journey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ledger.cli.command import typed
from ledger.cli.times import TIME

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ledger.cli.session import Session
    from ledger.queries.question import Asked

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--by", metavar="KEYS", multiple=True, help="Split by channel, month, segment:SCHEME, …"),
    click.option("--where", metavar="KEY=VALUE", multiple=True, help="Only rows of this channel, month, …"),
    click.option("--since", type=TIME, metavar="TIME", help="The window's start."),
    click.option("--before", type=TIME, metavar="TIME", help="The window's end, not included."),
    click.option("--as-of", type=TIME, metavar="TIME", help="As of this time: what had happened by then."),
    click.option("--known-at", type=TIME, metavar="TIME", help="As known at this time: what was recorded by then."),
    click.option("--zone", metavar="ZONE", help="Count days and read dates in this time zone, not the journey's."),
    click.option("--journey", metavar="FILE", help="By the journey of this TOML file, not the one in force."),
    click.option("--channels", metavar="FILE", help="By the channels of this TOML file: opening hours, assistance."),
)


def asks(body: F) -> F:
    """Give a command the options with which figures are asked."""
    for option in reversed(_OPTIONS):
        body = option(body)
    return body


def asked(session: Session, given: dict[str, Any]) -> Asked:
    """Return the question that the options ask; what is not given is left to its default."""
    question: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    question["by"] = [key for keys in given.get("by", ()) for key in keys.split(",") if key]
    question["where"] = _where(given.get("where", ()))
    channels = question.pop("channels", None)
    if channels is not None or "journey" in question:
        from ledger.cli.definitions import under

        question["journey"] = under(session.store, given.get("journey"), channels)
    zone = _zone(session, question)
    for name in ("since", "before", "as_of", "known_at"):
        question[name] = session.instant(given.get(name), zone)
    doubt_future(session, question["as_of"])
    return question  # type: ignore[return-value]  # the options are named as its keys


def useful(question: Asked, names: Sequence[str]) -> Asked:
    """Return the question without the standing settings that change none of these metrics."""
    from ledger.metrics.registry import METRICS, unmoved
    from ledger.queries.question import options

    among = [METRICS[name] for name in names]
    idle = {option for option in options(question) if not typed(option) and len(unmoved(option, among)) == len(among)}
    return cast("Asked", {name: value for name, value in question.items() if name not in idle})


def doubt_future(session: Session, as_of: int | None) -> None:
    """Say that a time to come is not known yet."""
    if as_of is not None and as_of > session.store.clock():
        session.say("as of a time to come: what has not happened yet is told as if it did not happen until then")


def doubt_spelling(session: Session, rows: Sequence[Mapping[str, Any]], question: Asked, count: str = "n") -> None:
    """Say which value or scheme nothing is known of, as of a misspelt one; `count` is what rows rest on.

    Where nothing is counted at all in some window or as of some time, say of when there is something.
    """
    if not any(row[count] for row in rows):
        for key, value in question["where"].items():
            one = f"; a condition is of one value: split --by {key} for several" if "," in value else ""
            session.say(
                f"nothing to count with {key}={value}: is it spelt so? `--by {key}` shows the values there are{one}"
            )
        if any(question.get(bound) is not None for bound in ("since", "before", "as_of", "known_at")):
            _say_extent(session)
    for key in question["by"]:
        if key.startswith("segment:") and rows and all(row.get(key) == "unknown" for row in rows):
            scheme = key.removeprefix("segment:")
            session.say(f"nobody here is in a segment of the scheme {scheme!r}: is it spelt so?")
    currency = question.get("currency")
    if currency is not None and not any(row[count] for row in rows if row.get("currency") == currency):
        session.say(f"nothing to count in the currency {currency!r}: is it spelt so, in capital letters?")


def _say_extent(session: Session) -> None:
    from ledger.cli.drawing import clock
    from ledger.queries.figure_row import iso
    from ledger.queries.view import extent

    zone = session.store.context.zone
    first, last = (clock(iso(at), zone) for at in extent(session.store))
    session.say(f"nothing to count then: the log's first event occurred {first}, its last {last} ({zone.key})")


def say_unmoved(session: Session, rows: Sequence[Mapping[str, Any]], question: Asked) -> None:
    """Say which of the metrics told an option does not change, or which alone it changes where these are fewer."""
    from ledger.metrics.registry import METRICS, called, unmoved
    from ledger.queries.question import options

    told = [METRICS[name] for name in dict.fromkeys(row["metric"] for row in rows)]
    for option in options(question):
        same = unmoved(option, told)
        moved = [metric.name for metric in told if metric.name not in same]
        if same and len(same) <= len(moved):
            session.say(f"--{called(option)} changes nothing in {', '.join(same)}")
        elif same:
            session.say(f"--{called(option)} changes {', '.join(moved)}, and none of the others")


def _where(given: Sequence[str]) -> dict[str, str]:
    where: dict[str, str] = {}
    for key, value in conditions(given, "--where", "channel=web"):
        if where.setdefault(key, value) != value:
            raise click.BadParameter(
                f"{key} cannot be two things at once: ask for one, or split --by {key}", param_hint="--where"
            )
    return where


def _zone(session: Session, question: dict[str, Any]) -> ZoneInfo:
    """Return the zone in which days are counted, and so the one in which a date begins."""
    from ledger.schemas.definitions import compile_context, zone_named

    if question.get("zone") is not None:
        return zone_named(question["zone"])
    return compile_context(question["journey"]).zone if "journey" in question else session.store.context.zone


def conditions(given: Sequence[str], option: str, example: str) -> list[tuple[str, str]]:
    """Return the parts of each KEY=VALUE."""
    parts = [condition.partition("=") for condition in given]
    for key, is_, value in parts:
        if not (key and is_ and value):
            raise click.BadParameter(f"{key!r} is no condition: write KEY=VALUE, as in {example}", param_hint=option)
    return [(key, value) for key, _, value in parts]
