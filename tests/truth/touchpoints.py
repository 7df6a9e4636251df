"""The touchpoint map: coverage, gaps, encounters, trouble by way and cause, and associations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ledger.events.contacts import TOUCHPOINTS
from tests.cli.running import ROOT
from tests.truth.known import Known, one, split
from tests.truth.lives import Happening, Life

FILES = {"catalogue.toml": (ROOT / "examples" / "catalogue.toml").read_text()}

MAP = "touchpoints --catalogue catalogue.toml"

WHAT_IS = {"page:home", "page:prices", "page:help", "page:product", "conversation", "set_up", "order.placed"}
CATALOGUED = {*WHAT_IS, "page:status", "welcome_call"}

PRIMARY = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back")
MONTH = 30 * 86_400_000_000


def _met(life: Life) -> Iterator[tuple[str, Happening]]:
    """Yield every encounter of a life: what the touchpoint is called, and the event."""
    for event in life.events:
        if event.type not in TOUCHPOINTS and not event.get("touchpoint_id"):
            continue
        step = event.data.get("step") if event.type == "obstacle.hit" else None
        name = event.get("touchpoint_id") or step or event.type
        talked = name.startswith("interaction.")
        yield ("conversation" if talked else name), event


def _encounters(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(name for life in lives for name, _ in _met(life)))


def _customers(lives: list[Life]) -> dict[str, int]:
    return dict(Counter(name for life in lives for name in {name for name, _ in _met(life)}))


def _gaps(lives: list[Life]) -> dict[str, int]:
    met = set(_encounters(lives))
    return {
        "missing": len({*WHAT_IS, "page:status"} - met),
        "uncatalogued": len(met - CATALOGUED),
        "unexpected": len({"page:status", "welcome_call"} & met),
        "to_build": 1,
        "planned": 2,
        "unasked": 2,
    }


def _coverage(lives: list[Life]) -> dict[str, float]:
    met = set(_encounters(lives))
    must = {"page:home", "page:prices", "page:help", "page:status", "conversation", "order.placed"}
    should = {"page:help", "page:status", "welcome_call"}
    layers = {"all": CATALOGUED, "what_is": WHAT_IS, "must_be": must, "should_be": should}
    return {layer: len(named & met) / len(named) for layer, named in layers.items()}


def _way(event: Happening) -> str:
    """Return what went wrong; the simulator's feedback and surveys are about no touchpoint in particular."""
    if event.type == "interaction.completed":
        return "" if event.data.get("objective_achieved") is not False else "not_achieved"
    return {
        "obstacle.hit": "obstacle",
        "interaction.abandoned": "abandoned",
        "payment.failed": "payment_failed",
        "opportunity.unsupported": "unsupported",
    }.get(event.type, "")


def _wrong(lives: list[Life]) -> dict[str, float]:
    wrong = Counter(name for life in lives for name, event in _met(life) if _way(event))
    return {name: wrong[name] / n for name, n in _encounters(lives).items()}


def _ways(lives: list[Life]) -> dict[tuple[str, str], int]:
    return dict(Counter((name, _way(event)) for life in lives for name, event in _met(life) if _way(event)))


def _causes(lives: list[Life]) -> dict[tuple[str, str], int]:
    return dict(
        Counter(
            (name, event.data.get("cause", "unknown")) for life in lives for name, event in _met(life) if _way(event)
        )
    )


def _wrong_by_region(lives: list[Life]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for life in lives:
        for name, event in _met(life):
            if name == "page:prices":
                found[event.segments.get("region", "unknown")] += bool(_way(event))
    return dict(found)


def _went_on(lives: list[Life]) -> dict[str, tuple[list[int], list[int]]]:
    """Return of each stage the customers that met a conversation in its first 30 days, and the others: [n, went on]."""
    until = max(event.at for life in lives for event in life.events)
    groups: dict[str, tuple[list[int], list[int]]] = {}
    for life in lives:
        firsts: set[str] = set()
        for place, visit in enumerate(life.visits):
            end = visit.entered_at + MONTH
            if visit.stage in firsts or end > until or visit.stage in ("renewal", "win_back"):
                firsts.add(visit.stage)
                continue
            firsts.add(visit.stage)
            left = until if visit.left_at is None else visit.left_at
            following = life.visits[place + 1].stage if visit.left_at is not None and left <= end else ""
            on = bool(following) and PRIMARY.index(following) > PRIMARY.index(visit.stage)
            if following in ("termination", "win_back") and visit.stage != "termination":
                on = False
            inside = (event for name, event in _met(life) if name == "conversation" and event.stage == visit.stage)
            met = any(event.at <= min(left, end) for event in inside)
            group = groups.setdefault(visit.stage, ([0, 0], [0, 0]))[0 if met else 1]
            group[0] += 1
            group[1] += on
    return {stage: pair for stage, pair in groups.items() if pair[0][0] and pair[1][0]}


def _difference(lives: list[Life]) -> dict[str, float]:
    return {stage: met[1] / met[0] - others[1] / others[0] for stage, (met, others) in _went_on(lives).items()}


def _scores(lives: list[Life]) -> dict[str, tuple[list[int], list[int]]]:
    """Return of each stage the first CSAT scores of those who had a conversation there before, and of the others."""
    groups: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for life in lives:
        stages: set[str] = set()
        for event in life.of("survey.responded"):
            if event.data["metric"] != "csat" or not event.stage or event.stage in stages:
                continue
            stages.add(event.stage)
            before = any(
                name == "conversation" and met.stage == event.stage and met.at < event.at for name, met in _met(life)
            )
            groups[event.stage][0 if before else 1].append(event.data["score"])
    return {stage: pair for stage, pair in groups.items() if pair[0] and pair[1]}


def _means(lives: list[Life]) -> dict[str, float]:
    return {stage: sum(a) / len(a) - sum(b) / len(b) for stage, (a, b) in _scores(lives).items()}


GOING_ON = f"{MAP} touchpoint_conversion_association --within 30d"
RATING = f"{MAP} touchpoint_rating_association"

FIGURES = (
    Known(
        "coverage of each layer of the catalogue",
        f"{MAP} touchpoint_coverage",
        lambda rows: split(rows, "share", "layer"),
        _coverage,
    ),
    Known(
        "touchpoints that are missing, uncatalogued, unexpected, to build, planned, unasked",
        f"{MAP} touchpoint_gaps",
        lambda rows: {row["gap"]: row["value"] for row in rows if row["statistic"] == "count"},
        _gaps,
    ),
    Known(
        "how often each touchpoint was met, catalogued or not",
        f"{MAP} touchpoint_encounters",
        lambda rows: split(rows, "count", "touchpoint"),
        _encounters,
    ),
    Known(
        "how many customers met each touchpoint",
        f"{MAP} touchpoint_encounters",
        lambda rows: split(rows, "share", "touchpoint", field="numerator"),
        _customers,
    ),
    Known(
        "how many customers met each page in each stage",
        "touchpoints touchpoint_encounters --by stage",
        lambda rows: {
            key: n
            for key, n in split(rows, "share", "stage", "touchpoint", field="numerator").items()
            if key[1].startswith("page:")
        },
        lambda lives: dict(
            Counter(
                place
                for life in lives
                for place in {(event.stage, name) for name, event in _met(life) if name.startswith("page:")}
            )
        ),
    ),
    Known(
        "share of encounters that went wrong at each touchpoint",
        f"{MAP} touchpoint_trouble",
        lambda rows: split(rows, "share", "touchpoint", trouble="any", cause="any"),
        _wrong,
    ),
    Known(
        "what went wrong at each touchpoint",
        f"{MAP} touchpoint_trouble",
        lambda rows: {
            key: n
            for key, n in split(rows, "share", "touchpoint", "trouble", field="numerator", cause="any").items()
            if key[1] != "any"
        },
        _ways,
    ),
    Known(
        "by which cause it went wrong",
        f"{MAP} touchpoint_trouble",
        lambda rows: {
            key: n
            for key, n in split(rows, "share", "touchpoint", "cause", field="numerator", trouble="any").items()
            if key[1] != "any"
        },
        _causes,
    ),
    Known(
        "what went wrong at the price list, by region as of the event",
        f"{MAP} touchpoint_trouble --by segment:region",
        lambda rows: split(
            rows, "share", "segment:region", field="numerator", touchpoint="page:prices", trouble="any", cause="any"
        ),
        _wrong_by_region,
    ),
    Known(
        "going on within 30 days: difference between those who had a conversation before and those who had none",
        GOING_ON,
        lambda rows: split(rows, "difference", "stage", touchpoint="conversation"),
        _difference,
    ),
    Known(
        "going on within 30 days: how many had a conversation before",
        GOING_ON,
        lambda rows: split(rows, "share", "stage", field="n", touchpoint="conversation", group="met"),
        lambda lives: {stage: met[0] for stage, (met, _) in _went_on(lives).items()},
    ),
    Known(
        "satisfaction: difference between those who had a conversation before they answered and those who had none",
        RATING,
        lambda rows: split(rows, "difference", "stage", touchpoint="conversation"),
        _means,
    ),
    Known(
        "coverage of what exists, of which the simulator plays all",
        f"{MAP} touchpoint_coverage",
        lambda rows: (one(rows, "share", "low", layer="what_is"), one(rows, "share", "high", layer="what_is")),
        lambda _: 1.0,
    ),
)
